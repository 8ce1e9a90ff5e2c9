"""The matrix of reasons: a row for each area, a column for each factor that says something."""

import dataclasses
import re

import pandas as pd
import pytest

from riskindex.outputs.report.cells import reason_cells
from riskindex.outputs.report.matrix import reason_matrix


@pytest.fixture(scope="module")
def page(county_released):
    return reason_matrix(county_released, list(county_released.top.index))


def test_every_area_of_the_list_has_one_row(page, county_released):
    rows = re.findall(r"<tr data-row=.*?</tr>", page)
    assert len(rows) == len(county_released.top)
    for row, (code, area) in zip(rows, county_released.top.iterrows(), strict=True):
        assert code in row
        assert area["name"] in row


def test_the_last_row_counts_the_shades_of_its_column(page, county_released):
    cells = reason_cells(county_released, list(county_released.top.index))
    counts = [sum(cell.shade == "own" for cell in of.values()) for of in cells.values() if len(of)]
    foot = re.findall(r"<td>(.*?)</td>", page.partition("<tfoot>")[2])
    assert [int(m[1]) if (m := re.search(r">(\d+) by itself", t)) else 0 for t in foot] == counts


def test_a_factor_that_says_nothing_of_any_area_has_no_column(county_released):
    scores = county_released.scores.assign(score=0.0)
    flat = county_released.hotspots.assign(is_hot=False, kind="", value=float("nan"))
    silent = dataclasses.replace(county_released, scores=scores, hotspots=flat)
    page = reason_matrix(silent, list(county_released.top.index))
    assert "Nothing is told of these areas by" in page
    assert '<td class="own"' not in page


def test_areas_stand_under_their_places(county_released):
    page = reason_matrix(county_released, list(county_released.top.index), grouped=True)
    named = re.findall(r'scope="rowgroup">(.*?)</th>', page)
    table = county_released.places
    assert len(named) == (table["areas"] > 1).sum() + (table["areas"] == 1).any()


def test_who_does_not_see_shades_is_told_them(page):
    assert page.count('<td class="own"') == page.count('class="unseen">hot by itself:')


def test_a_long_list_is_cut_and_says_so(county_released, monkeypatch):
    monkeypatch.setattr("riskindex.outputs.report.matrix.MOST_ROWS", 3)
    page = reason_matrix(county_released, list(county_released.top.index))
    assert f"And {len(county_released.top) - 3} areas more, in the workbook." in page


def test_text_from_data_stays_text(county_released):
    name = pd.Series("<b>x</b>", county_released.all_areas.index)
    odd = dataclasses.replace(
        county_released, all_areas=county_released.all_areas.assign(name=name)
    )
    assert "<b>x</b>" not in reason_matrix(odd, list(odd.top.index))
