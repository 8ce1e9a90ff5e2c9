"""What a factor says of an area: hot by itself or only with its neighbours, and its own numbers."""

import dataclasses
import re

import pytest
from example_release import example_release

from riskindex.outputs.report.cells import NOTHING, Cell, own_numbers, reason_cells
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
    text = cell("domestic_abuse", kind="own", is_hot=True)
    assert re.fullmatch(r"\d of 5; 62 here, 2\.0×", text.here)


def test_a_share_over_its_limit_is_marked_and_one_below_only_told():
    assert cell("deprivation", value=0.125, is_hot=True) == Cell("over", "13%", "")
    assert cell("deprivation", value=0.2, is_hot=False) == Cell("", "20%", "")


@pytest.fixture(scope="module", params=["partner", "public"])
def others(request, county_release):
    return county_release(request.param)


def test_of_restricted_factors_partners_see_flags_and_the_public_nothing(others, county_result):
    cells = reason_cells(others, list(others.top.index))
    closed = set(restricted_factors(county_result.config)) & set(cells)
    assert bool(closed) == (others.profile == "partner")
    texts = {cell.here for factor in closed for cell in cells[factor].values()}
    assert all(re.fullmatch(r"\d+% sure|hot|\d of \d", words) for words in texts)
    assert not any(cell.around for factor in closed for cell in cells[factor].values())


def test_own_numbers_say_in_the_heading_what_an_average_area_has():
    example = example_release()
    found = own_numbers(example, [AREA])
    heading = next(c for c in found if c.startswith("Serious violence suspects' homes"))
    tests = example.hotspots.xs("suspects", level="factor")
    last = tests.index.get_level_values("period")[-1]
    assert found.at[AREA, heading] == tests.at[(last, AREA), "observed"]
    share = "Households deprived in two or more ways, %"
    value = example.hotspots.xs("deprivation", level="factor")["value"].xs(AREA, level="area_code")
    assert found.at[AREA, share] == pytest.approx(100 * value.iloc[0], abs=0.5)
