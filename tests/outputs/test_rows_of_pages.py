"""Every printed figure of a page carries its row's name and digits; other digits are allowed."""

import re

import pytest
from rows_of_pages import Page, Tables, loose_digits, wrong_numbers

from riskindex.outputs.report.factors import SCORES


@pytest.fixture(scope="module", params=["internal", "public"])
def saved(request, county_saved):
    return county_saved(request.param)


OF_THE_REPORT = (
    # What the method is, and how much of a table the page shows.
    *map(re.escape, sorted(SCORES.values(), key=len, reverse=True)),
    r"95 or more of 100",
    r"\bbeyond 0\.5\b|\bAbove 0\.5\b|\babove 0\b",
    r"\b(?:[Tt]he|at) 5% of (?:the )?areas",
    r"\bof 100\b|\bWith \d+ periods\b|\b[Aa]t 9[059]%",
    r"<0\.001|\bunder 1\b",
    r"[Aa]nd \d+ more(?:, in the workbook| places)",
    r"SHA-256|\b[0-9a-f]{16}\b",
    r"\b90, 95 and 99% confidence|the factor scores 0 everywhere",
    r"middle 90%",
    # Of the governance page: what is left to write, and headings of a template.
    r"\b\d+ places marked TO COMPLETE|\bTier \d(?:, \d)?:|, 0 to 100,",
)
"""Digits of the report that are no figures, beside those of every page."""


def allowed(tables):
    """Names, codes, dates, and the fixed words of the pages that hold digits."""
    areas = [row for rows in tables.rows.values() for row in rows if "residents" in row]
    names = {row[column] for row in areas for column in ("name", "place") if row[column]}
    names = {name for name in names if not name.isdigit()}
    factors = {row["measure"] for rows in tables.rows.values() for row in rows if "measure" in row}
    fixed = [
        r"E\d{8}",
        r"\b(?:19|20)\d\d\b(?: to (?:19|20)\d\d\b)?",
        r"[Aa]ged 10 to 24",
        r"\b[Pp]er (?:1,000|100,000)\b",
        r"\b(?:[Oo]f )?100 (?:repeats|metres)",
        r"\b9[059]%",
        r"Rank of \d+",
        r"4 of 5: hot in four",
        r"[Ss]core [\d.]+(?: to [\d.]+)?|tenth \d+",
        r"Place \d+ of \d+|reached with [^.]*",
        r"v3\.0",
        *OF_THE_REPORT,
    ]
    words = sorted(map(re.escape, names | factors), key=len, reverse=True)
    return re.compile("|".join([*words, *fixed]), re.IGNORECASE)


def test_every_figure_of_a_profile_is_that_of_the_row_it_names(saved):
    tables = Tables(saved)
    numbers = 0
    for path in sorted((saved / "profiles").glob("*.html")):
        page = Page(path)
        numbers += len(page.of_rows)
        assert wrong_numbers(page, tables, allowed(tables)) == [], path.name
        assert loose_digits(page, allowed(tables)) == [], path.name
    assert numbers > 500


@pytest.mark.parametrize("name", ["report", "governance"])
def test_every_figure_of_a_page_for_review_is_that_of_the_row_it_names(saved, name):
    tables, page = Tables(saved), Page(saved / f"{name}.html")
    assert wrong_numbers(page, tables, allowed(tables)) == []
    assert loose_digits(page, allowed(tables)) == []
    assert len(page.of_rows) > 150


def test_the_number_of_places_that_a_rank_is_of_is_that_of_their_rows(saved):
    tables = Tables(saved)
    rows = [row for rows in tables.rows.values() for row in rows if "place_kind" in row]
    districts = {row["place"] for row in rows if row["place_kind"] == "district"}
    for path in (saved / "profiles").glob("district-*.html"):
        assert set(re.findall(r"Rank of (\d+)", path.read_text("utf-8"))) <= {str(len(districts))}


def test_a_number_that_its_row_does_not_hold_is_found(saved, tmp_path):
    tables = Tables(saved)
    name, (row, *_) = next((k, v) for k, v in tables.rows.items() if v[0].get("unit") == "people")
    (tmp_path / "page.html").write_text(
        f'<p>7 and <data data-row="{name}">{int(float(row["value"])) + 1}</data></p>', "utf-8"
    )
    page = Page(tmp_path / "page.html")
    assert [names for names, _ in wrong_numbers(page, tables, allowed(tables))] == [name]
    assert loose_digits(page, allowed(tables)) == ["7 and "]
