"""What the list alone tells of one count, to somebody who knows everything else."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from worlds import HOMES, KEY, PEOPLE, POOR, SHAPES, Shape, given_of, make_world, result_of

from riskindex import read_config, release, run
from riskindex.analysis import list_areas, without_noise
from riskindex.demo.county import synthetic_county
from riskindex.demo.write_files import write_county
from riskindex.errors import DisclosureError
from riskindex.publication.counts import noised_areas, published_totals
from riskindex.publication.key import INVENTED, VARIABLE, write_key
from riskindex.result import Result

PLAUSIBLE = range(8)
"""Counts that the outsider takes to be possible."""
LEAST = 6
"""So many of them must stay possible."""
POSSIBLE = 0.01
"""A count with which the published list is at least so likely is possible."""
REACH = 6
"""How far beyond the plausible counts noise is followed."""

Cell = tuple[str, str, str]


class Narrowed(NamedTuple):
    """What is known of one area's count once the list is seen."""

    area: str
    possible: int
    """How many of the plausible counts could be behind the published list."""


def likelihood(kept: list[int], count: int, epsilon: float) -> float:
    """Chance of a noised count with which the list is as published, where this many is true."""
    q = np.exp(-epsilon)
    return float(sum((1 - q) / (1 + q) * q ** abs(noised - count) for noised in kept))


def told_by_protected_list(result: Result, key: bytes, cell: Cell, area: str) -> Narrowed:
    """The outsider knows all other noised counts, tries each for this one, and knows no key."""
    noised, totals = noised_areas(result, key), published_totals(result)
    epsilon = result.config.release.epsilon

    def listed(value: int) -> tuple[str, ...]:
        tried = noised.copy()
        tried.loc[area, cell] = value
        given = without_noise(given_of(result), tried, totals=totals, epsilon=epsilon)
        table = list_areas(result.config, given).chosen.table
        return tuple(table.index[table["selected"]])

    published = listed(int(noised.at[area, cell]))
    reach = range(-REACH, len(PLAUSIBLE) + REACH)
    kept = [value for value in reach if listed(value) == published]
    chances = [likelihood(kept, count, epsilon) for count in PLAUSIBLE]
    return Narrowed(area, sum(chance >= POSSIBLE for chance in chances))


def told_by_true_list(result: Result, cell: Cell, area: str) -> Narrowed:
    """The outsider knows all other counts, tries each for this one, and asks for the same list."""

    def listed(value: int) -> tuple[str, ...]:
        counts = result.counts.copy()
        counts.loc[area, cell] = value
        given = given_of(replace(result, counts=counts))
        table = list_areas(result.config, given).chosen.table
        return tuple(table.index[table["selected"]])

    published = listed(int(result.counts.at[area, cell]))
    return Narrowed(area, sum(listed(value) == published for value in PLAUSIBLE))


def at_the_cut(result: Result, cell: Cell, number: int) -> list[str]:
    """Areas whose count is plausible, those nearest to the cut first."""
    few = result.counts[cell].astype(int).isin(list(PLAUSIBLE))
    rank = (result.index["score"] * 1000 + result.index["companion"]).rank(ascending=False)
    cut = int(result.index["selected"].sum())
    return [str(code) for code in (rank[few] - cut).abs().sort_values().index[:number]]


# One restricted factor beside two open ones


OLD = {
    **POOR,
    "name": "old",
    "label": "Older people",
    "numerator": "old",
    "denominator": "people",
    "threshold": 0.22,
}
ALONE = Shape(
    8,
    7,
    SHAPES["districts"].districts,
    (HOMES, POOR, OLD),
    PEOPLE,
    config={"robustness": {"draws": 10}, "selection": {"share": 0.25}},
)


@pytest.fixture(scope="module")
def alone() -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SHAPES, "alone", ALONE)
        return result_of(make_world("alone", seed=2))


@pytest.fixture
def _key(tmp_path, monkeypatch):
    write_key(tmp_path / "release.key", KEY)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "release.key"))


CELL: Cell = ("homes", "all", "2022")


def test_the_true_list_would_tell_counts_of_a_single_factor(alone):
    found = [told_by_true_list(alone, CELL, area) for area in at_the_cut(alone, CELL, 2)]
    assert min(one.possible for one in found) < LEAST


@pytest.mark.usefixtures("_key")
def test_so_the_public_gets_no_true_list_of_a_single_factor(alone):
    with pytest.raises(DisclosureError, match="would tell of the counts of single factors"):
        release(alone, profile="public")


@pytest.mark.parametrize(
    "number", [2, pytest.param(56, marks=pytest.mark.long)], ids=["at the cut", "all"]
)
def test_the_protected_list_of_a_single_factor_narrows_no_area(alone, number):
    areas = at_the_cut(alone, CELL, number)
    found = [told_by_protected_list(alone, KEY, CELL, area) for area in areas]
    assert [one for one in found if one.possible < LEAST] == []


def test_the_protected_list_depends_on_noised_counts_alone(alone):
    """Other true counts behind the same noised ones have the same list."""
    noised, totals = noised_areas(alone, KEY), published_totals(alone)

    def listed(counts: pd.DataFrame) -> list[str]:
        given = given_of(replace(alone, counts=counts))
        table = list_areas(alone.config, without_noise(given, noised, totals=totals)).chosen.table
        return list(table.index[table["selected"]])

    other = alone.counts.copy()
    other[CELL] = other[CELL].to_numpy()[::-1]
    assert not other.equals(alone.counts)
    assert listed(other) == listed(alone.counts)


# The seven factors of the invented county


def county_of(areas: int, districts: int, folder) -> Result:
    path = write_county(synthetic_county(seed=7, n=areas, districts=districts), folder)
    config = read_config(path)
    plain = config.release.__class__(key=config.release.key)  # the list is asked for below
    return run(config.model_copy(update={"robustness": None, "release": plain}))


DEMO = (
    ("suspects", "all", "2022"),
    ("domestic_abuse", "all", "2022"),
    ("supply", "all", "2022"),
)


@pytest.mark.long
def test_the_list_of_seven_factors_narrows_no_area(tmp_path):
    result = county_of(1_100, 12, tmp_path)
    for cell in DEMO:
        some = at_the_cut(result, cell, 12)
        found = [told_by_protected_list(result, INVENTED, cell, area) for area in some]
        assert found
        assert [one for one in found if one.possible < LEAST] == []


def test_the_list_of_a_small_county_would_narrow_some_and_is_refused(county_result):
    """Eight areas of 160: mostly noise, and an area at the cut has fewer possible counts."""
    with pytest.raises(DisclosureError, match="mostly noise"):
        release(county_result, profile="public")


def test_the_chance_by_hand():
    # Noise 0 has the chance (e - 1) / (e + 1), and 1 and -1 that over e each.
    none = (np.e - 1) / (np.e + 1)
    assert likelihood([2], 2, 1.0) == pytest.approx(none)
    assert likelihood([1, 2, 3], 2, 1.0) == pytest.approx(none * (1 + 2 / np.e))
    assert likelihood([], 2, 1.0) == 0
