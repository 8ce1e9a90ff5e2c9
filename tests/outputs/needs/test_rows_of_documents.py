"""Each number of five published documents has its row in one run, or a line that says why not."""

import csv
import re
from pathlib import Path

import pytest
from plain_sql import NUMBERS

DOCS = Path(__file__).parents[3] / "docs" / "needs.md"
FILES = ("essex_numbers.csv", "other_documents_numbers.csv")
ELSEWHERE = ("needs/NAME.html", "top_areas.csv, scores.csv", "the map: ")
"""What some rows of the documents are here: no number but a page, the list or a layer."""


TOLD_ELSEWHERE = {
    "E22": "a note of the row of E24, which has its own test",
    "E61": "two layers of the map",
    "E73": "the index",
    "E75": "a page for each partnership",
}
"""Numbers of Essex that are no count of records, people or areas."""


def lines():
    """Identifier of a number to the row that the documentation names, and what it says of it."""
    found = {}
    for line in DOCS.read_text("utf-8").splitlines():
        if re.match(r"\| [EKWCVB]\d\d \|", line):
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            found[cells[0]] = cells[3], cells[4] if len(cells) > 4 else ""
    return found


@pytest.fixture(scope="module")
def numbers(shared):
    if not (shared / "needs").is_dir():
        pytest.skip("no lists of the documents' numbers")
    found = []
    for name in FILES:
        with (shared / "needs" / name).open(encoding="utf-8", newline="") as file:
            found += [row["id"] for row in csv.DictReader(file)]
    return found


def test_every_number_of_the_documents_has_a_line(numbers):
    assert len(numbers) > 140
    assert list(lines()) == numbers


def test_every_count_of_essex_is_held_against_plain_sql():
    of_essex = [number for number in lines() if number.startswith("E")]
    assert sorted({*NUMBERS, *TOLD_ELSEWHERE}) == of_essex
    assert not NUMBERS.keys() & TOLD_ELSEWHERE


def named_rows(cell):
    """Figure, and the words that its category and period must hold, of each row that is named."""
    for name in re.findall(r"`([^`]+)`", cell):
        if not name.startswith(ELSEWHERE):
            figure, _, rest = re.sub(r" (by|per) .*| \(note\)", "", name).partition(", ")
            yield figure.partition(":")[0].strip(), rest.split(", ") if rest else []


@pytest.mark.parametrize("number", lines())
def test_its_row_is_in_one_run_or_the_reason_why_not_is_told(number, needs_result):
    cell, sentence = lines()[number]
    rows = list(named_rows(cell))
    if not rows:
        assert sentence, f"{number} has neither a row nor a reason"
        assert cell == "no row" or cell.strip("`").startswith(ELSEWHERE), cell
        return
    figures = needs_result.figures
    for figure, words in rows:
        mine = figures[figures["figure"] == figure]
        assert len(mine), f"{number}: no row of {figure}"
        text = mine["category"] + ", " + mine["period"] + ", " + mine["place_kind"]
        for word in words:
            assert text.str.contains(word, regex=False).any(), f"{number}: {figure} has no {word}"
