"""Hit rate, PAI, PEI and RRI: answers that fit on paper, laws, and every list tried in turn."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.statistics.prediction import (
    MEASURES,
    HeldOut,
    area_repeats,
    best_pai,
    hit_rate,
    interval,
    pai,
    pei,
    random_lists,
    rri,
)

EVENTS = np.array([6.0, 3.0, 1.0, 0.0])
LAND = np.array([1.0, 1.0, 2.0, 6.0])
FIRST_TWO = np.array([True, True, False, False])


def test_the_hit_rate_is_the_share_of_the_events_on_the_list():
    assert hit_rate(EVENTS, FIRST_TWO) == pytest.approx(0.9)


def test_pai_is_the_share_of_the_events_over_the_share_of_the_land():
    assert pai(EVENTS, FIRST_TWO, LAND) == pytest.approx(0.9 / 0.2)


def test_pai_of_everything_is_one():
    assert pai(EVENTS, np.ones(4, dtype=bool), LAND) == pytest.approx(1)


def test_an_area_without_a_size_is_left_out_with_its_events():
    size = np.array([np.nan, 1.0, 2.0, 7.0])
    assert pai(EVENTS, FIRST_TWO, size) == pytest.approx((3 / 4) / (1 / 10))


def test_pei_is_one_for_the_best_list_and_the_share_of_the_most_events_else():
    ones = np.ones(4)
    assert pei(EVENTS, FIRST_TWO, ones) == pytest.approx(1)
    assert pei(EVENTS, np.array([False, True, True, False]), ones) == pytest.approx(4 / 9)


def test_the_best_list_by_land_may_leave_out_the_area_with_most_events():
    events, land = np.array([10.0, 8.0, 7.0]), np.array([10.0, 1.0, 1.0])
    assert best_pai(events, land, 2) == pytest.approx((15 / 25) / (2 / 12))


def test_rri_is_one_where_the_list_keeps_its_share():
    assert rri(EVENTS, 10 * EVENTS, FIRST_TWO) == pytest.approx(1)
    assert rri(EVENTS, np.array([1.0, 1, 1, 1]), FIRST_TWO) == pytest.approx(0.5 / 0.9)


def test_measures_without_events_are_undefined():
    nothing = np.zeros(4)
    held = HeldOut(later=nothing, earlier=nothing, land=LAND, residents=np.full(4, np.nan))
    for name, function in MEASURES.items():
        assert np.isnan(function(held, FIRST_TWO, None)), name


@st.composite
def counties(draw):
    n = draw(st.integers(2, 7))
    events = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    size = draw(st.lists(st.floats(0.1, 50), min_size=n, max_size=n))
    return np.array([*events, 1.0]), np.array([*size, 1.0]), draw(st.integers(1, n))


@given(counties())
def test_the_best_pai_is_that_of_the_best_of_all_lists(county):
    events, size, number = county
    every = [list(c) for c in combinations(range(len(events)), number)]
    best = max(events[c].sum() / size[c].sum() for c in every) * size.sum() / events.sum()
    assert best_pai(events, size, number) == pytest.approx(best, rel=1e-9)


@given(counties(), st.floats(0.01, 100))
def test_the_unit_of_land_does_not_matter(county, unit):
    events, size, number = county
    selected = np.arange(len(events)) < number
    for function in (pai, pei):
        assert function(events, selected, size * unit) == pytest.approx(
            function(events, selected, size), rel=1e-9, nan_ok=True
        )


def test_random_lists_have_the_number_asked_for_and_average_to_one():
    rng = np.random.default_rng(1)
    lists = random_lists(40, 5, 4_000, rng)
    assert (lists.sum(axis=1) == 5).all()
    events = rng.poisson(10, 40).astype(float)
    assert hit_rate(events, lists).mean() == pytest.approx(5 / 40, rel=0.02)


def test_a_repeat_of_every_area_once_changes_nothing():
    held = HeldOut(later=EVENTS, earlier=EVENTS[::-1] + 1, land=LAND, residents=LAND + 1)
    for function in MEASURES.values():
        once = function(held, FIRST_TWO, np.ones((1, 4)))
        assert once[0] == pytest.approx(float(function(held, FIRST_TWO, None)))


@pytest.mark.parametrize("measure", ["hit_rate", "pai_land", "rri"])
def test_the_interval_of_the_bootstrap_covers_what_it_should(measure):
    """Lists of 30 of 300 areas, whose events are drawn anew 200 times: 95% within 4 points."""
    rng = np.random.default_rng(5)
    n, selected = 300, np.arange(300) < 30
    covered = []
    for _ in range(200):
        risk = rng.gamma(2.0, 3.0, n) * np.where(selected, 3, 1)
        later, earlier = rng.poisson(risk).astype(float), rng.poisson(risk).astype(float)
        held = HeldOut(later, earlier, rng.uniform(1, 2, n), np.ones(n))
        repeats = area_repeats(n, 200, rng)
        low, high = interval(MEASURES[measure](held, selected, repeats))
        true = {"hit_rate": 3 * 30 / (3 * 30 + 270), "pai_land": 3 / 1.2, "rri": 1.0}[measure]
        covered.append(low <= true <= high)
    assert 0.90 <= np.mean(covered) <= 0.99
