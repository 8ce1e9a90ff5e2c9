"""The map's panels, the report and the workbook say the same number of the same thing."""

import re
from typing import Any

import pytest
from one_number import compare_panels, list_lines, report_rows
from rows_of_pages import Tables, numbers_of_none

from riskindex.publication.released import TOGETHER, TOGETHER_LABEL

pytestmark = pytest.mark.browser

MOST = 4
"""Areas of the list whose panels are read."""


def test_an_area_has_the_same_numbers_on_map_report_and_workbook(
    opened: Any, county_saved, county_released
):
    folder = county_saved("internal")
    page = opened(folder / "map.html", "#view=areas")
    table = report_rows((folder / "report.html").read_text(encoding="utf-8"))
    lines = list_lines(folder / "workbook.xlsx")
    assert compare_panels(page, county_released, lines, table, most=MOST) >= 2 * MOST


FIXED = (
    r"(?:19|20)\d\d(?: to (?:19|20)\d\d)?|E\d{8}|[Aa]ged 10 to 24|\b9[059]% sure|\bof 100\b"
    r"|\bper 1,000\b"
)
"""Digits of a panel that are no figures: years, codes, ages, levels, and what a score is of."""


def looked_at(released):
    """Some areas of the list and some off it, by code."""
    every = released.all_areas
    chosen = every["selected"].astype(bool)
    parts = (every[chosen], every[~chosen])
    return [str(code) for part in parts for code in part.index[:: max(len(part) // MOST, 1)][:MOST]]


@pytest.mark.parametrize("profile", ["internal", "public"])
def test_every_number_of_a_panel_is_that_of_its_area_in_the_files(
    opened: Any, county_saved, county_release, profile
):
    folder, released = county_saved(profile), county_release(profile)
    tables = Tables(folder)
    labels, names = released.factors["label"], released.all_areas["name"]
    words = sorted(map(re.escape, {*labels, *names}), key=len, reverse=True)
    # A threshold is one of the config, beside which the value stands.
    limits = [rf"limit of {100 * limit:g}%" for limit in released.factors["threshold"].dropna()]
    allowed = re.compile("|".join([*words, FIXED, *limits]))
    listed = released.row_of("list.selected", category="selected")
    lines = labels.to_dict() | {TOGETHER: TOGETHER_LABEL}
    read, wrong = 0, []
    for code in looked_at(released):
        panel = opened(folder / "map.html", f"#area={code}").locator("#panel-area")
        assert panel.locator("#profile-name").inner_text() == names[code]
        # Sentences at the head are of the area, of its factors, and of how many were assessed.
        of_area = [code, *(f"{name}:{code}" for name in labels.index)]
        every = " ".join([listed, *(name for name in of_area if tables.rows.get(name))])
        texts = [(text, every) for text in panel.locator("dd, p, li, .strips tr").all_inner_texts()]
        bars = panel.locator(".bars tbody tr").all_inner_texts()
        # How many factors there are is how many lines stand below.
        texts = [(text.replace(f"of {len(bars)} raise", ""), of) for text, of in texts]
        for line in bars:
            # What stands in a factor's line is of that factor, and of no other.
            (name,) = [name for name, label in lines.items() if line.startswith(label)]
            if name == TOGETHER:
                # One line of several factors, which is no line of any table by factor.
                points = released.scores.at[(TOGETHER, code), "contribution"]
                assert line.split()[-1] == f"{points:.1f}"
                continue
            texts.append((line, f"{name}:{code}"))
        for text, of in texts:
            # Areas that it is shown beside have their own rank behind their name.
            others = " ".join(str(other) for other, name in names.items() if str(name) in text)
            found = numbers_of_none(text, f"{of} {others}", tables, allowed)
            wrong += [(code, text, found)] if found else []
            read += len(re.findall(r"\d+", allowed.sub(" ", text)))
    assert wrong == []
    assert read > 10 * MOST
