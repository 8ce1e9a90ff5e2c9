"""The matrix of reasons: dark by itself, light only with neighbours, own numbers apart."""

import dataclasses
import re

import pandas as pd
import pytest
from example_release import example_release

from riskindex import release
from riskindex.outputs.report.cells import NOTHING, Cell, reason_cells
from riskindex.outputs.report.matrix import reason_matrix
from riskindex.publication.protection import restricted_factors

HOT = {"observed": 62.0, "expected": 31.0, "window_observed": 120.0, "window_expected": 60.0}
AREA = "E00000001"


def cell(factor="suspects", **columns):
    """What the factor says of one area whose test has these columns."""
    example = example_release()
    hotspots = example.hotspots.copy()
    period = hotspots.xs(factor, level="factor").index.get_level_values("period")[-1]
    for name, value in ({"is_hot": False, "kind": "", "confidence": 0} | HOT | columns).items():
        hotspots.loc[(factor, period, AREA), name] = value
    scores = example.scores.copy()
    scores.loc[(factor, AREA), "score"] = columns.get("score", 50.0)
    released = dataclasses.replace(example, hotspots=hotspots, scores=scores)
    return reason_cells(released, [AREA])[factor].get(AREA, NOTHING)


@pytest.mark.parametrize(
    ("kind", "is_hot", "shade"),
    [
        ("own", True, "own"),
        ("both", True, "own"),
        ("neighbourhood", True, "near"),
        ("next door", False, "near"),
        ("next door", True, "near"),
        ("own", False, ""),
    ],
)
def test_dark_is_hot_by_itself_and_light_only_with_neighbours(kind, is_hot, shade):
    assert cell(kind=kind, is_hot=is_hot) == Cell(shade, "62 here, 2.0×", "120 near, 2.0×")


def test_a_cell_that_adds_nothing_is_empty():
    assert cell(score=0.0) == NOTHING
    assert cell(observed=20.0) == NOTHING  # fewer than expected, and not hot


def test_periods_hot_stand_before_the_numbers_of_the_last_one():
    told = cell("domestic_abuse", kind="own", is_hot=True)
    assert re.fullmatch(r"\d of 5; 62 here, 2\.0×", told.here)


def test_a_share_over_its_limit_is_marked_and_one_below_only_told():
    assert cell("deprivation", value=0.125, is_hot=True) == Cell("over", "13%", "")
    assert cell("deprivation", value=0.2, is_hot=False) == Cell("", "20%", "")


@pytest.fixture(scope="module")
def page(county_released):
    return reason_matrix(county_released, list(county_released.top.index))


def test_every_area_of_the_list_has_one_row(page, county_released):
    rows = re.findall(r"<tr><td.*?</tr>", page)
    assert len(rows) == len(county_released.top)
    for row, (code, area) in zip(rows, county_released.top.iterrows(), strict=True):
        assert code in row
        assert area["name"] in row


def test_the_last_row_counts_the_shades_of_its_column(page, county_released):
    cells = reason_cells(county_released, list(county_released.top.index))
    counts = [sum(cell.shade == "own" for cell in of.values()) for of in cells.values() if len(of)]
    foot = re.findall(r"<td>(.*?)</td>", page.partition("<tfoot>")[2])
    assert [int(m[1]) if (m := re.match(r"(\d+) by itself", t)) else 0 for t in foot] == counts


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
    assert page.count('<td class="own">') == page.count('class="unseen">hot by itself:')


def test_a_long_list_is_cut_and_says_so(county_released, monkeypatch):
    monkeypatch.setattr("riskindex.outputs.report.matrix.MOST_ROWS", 3)
    page = reason_matrix(county_released, list(county_released.top.index))
    assert f"And {len(county_released.top) - 3} areas more, in the workbook." in page


@pytest.fixture(scope="module", params=["partner", "public"])
def others(request, county_result, small_lists_leave):
    return release(county_result, profile=request.param)


def test_of_restricted_factors_partners_see_flags_and_the_public_nothing(others, county_result):
    cells = reason_cells(others, list(others.top.index))
    closed = set(restricted_factors(county_result.config)) & set(cells)
    assert bool(closed) == (others.profile == "partner")
    told = {cell.here for factor in closed for cell in cells[factor].values()}
    assert all(re.fullmatch(r"\d+% sure|hot|\d of \d", words) for words in told)
    assert not any(cell.around for factor in closed for cell in cells[factor].values())


def test_text_from_data_stays_text(county_released):
    name = pd.Series("<b>x</b>", county_released.all_areas.index)
    odd = dataclasses.replace(
        county_released, all_areas=county_released.all_areas.assign(name=name)
    )
    assert "<b>x</b>" not in reason_matrix(odd, list(odd.top.index))
