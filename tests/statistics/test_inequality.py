from functools import partial
from itertools import product
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskindex.errors import DataError
from riskindex.statistics.inequality import (
    by_chance,
    most_deprived_against_all,
    relative_index,
    slope_index,
    top_shares,
)
from riskindex.statistics.intervals import clopper_pearson

FIFTHS = np.array([21_000, 19_500, 20_400, 22_000, 18_100])


def groups(least=1):
    """Counts and residents of two to six groups."""
    group = st.tuples(st.integers(least, 500), st.integers(1_000, 9_000))
    return st.lists(group, min_size=2, max_size=6).map(lambda rows: np.array(rows).T)


def test_three_equal_groups_by_hand():
    # Ranks 1/6, 1/2 and 5/6; the line through 1, 2 and 3 per 100 runs from 0.5 to 3.5.
    counts, people = [10, 20, 30], [1_000] * 3
    assert slope_index(counts, people).value == pytest.approx(0.03)
    assert relative_index(counts, people).value == pytest.approx(7)
    assert most_deprived_against_all(counts, people).value == pytest.approx(1.5)


def test_equal_rates_are_no_inequality():
    counts = FIFTHS / 100
    slope, ratio = slope_index(counts, FIFTHS), relative_index(counts, FIFTHS)
    assert slope.value == pytest.approx(0, abs=1e-12)
    assert slope.low < 0 < slope.high
    assert ratio.value == pytest.approx(1)
    assert ratio.low < 1 < ratio.high


def test_the_fifth_against_all_is_a_share_of_the_total():
    counts = [40, 50, 60, 80, 100]
    share = clopper_pearson(100, 330)
    found = most_deprived_against_all(counts, FIFTHS)
    np.testing.assert_allclose(found, np.array(share) * FIFTHS.sum() / FIFTHS[-1])


def test_without_events_there_is_no_ratio():
    assert np.isnan(relative_index([0, 0, 0], [1, 2, 3])).all()
    assert np.isnan(most_deprived_against_all([0, 0], [1, 2])).all()
    none = slope_index([0, 0, 0], [100, 100, 100])
    assert none.low < none.value == 0 < none.high


def test_a_line_that_reaches_zero_has_no_upper_limit():
    up, down = relative_index([0, 3, 6], [100] * 3), relative_index([6, 3, 0], [100] * 3)
    assert (up.value, up.high) == (np.inf, np.inf)
    assert (down.value, down.low) == (0, 0)
    assert up.low == pytest.approx(1 / down.high)


@pytest.mark.parametrize(("counts", "people"), [([3], [100]), ([3, 2], [100, 0])])
def test_a_slope_needs_two_groups_with_residents(counts, people):
    for index in (slope_index, relative_index):
        with pytest.raises(DataError, match="two groups or more, each with residents"):
            index(counts, people)


@given(groups())
def test_the_slope_is_that_of_weighted_least_squares(table):
    counts, people = table
    ranks = (np.cumsum(people) - people / 2) / people.sum()
    slope, least = np.polyfit(ranks, counts / people, 1, w=np.sqrt(people))
    assert slope_index(counts, people).value == pytest.approx(slope, abs=1e-9)
    most = least + slope
    if min(least, most) > 1e-6:
        assert relative_index(counts, people).value == pytest.approx(most / least, rel=1e-6)


@given(groups())
def test_from_the_other_end_slopes_change_sign_and_ratios_turn_over(table):
    counts, people = table
    there, back = (slope_index(c, n) for c, n in ((counts, people), (counts[::-1], people[::-1])))
    np.testing.assert_allclose(there, [-back.value, -back.high, -back.low], atol=1e-12)
    up, down = relative_index(counts, people), relative_index(counts[::-1], people[::-1])
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(up, 1 / np.array([down.value, down.high, down.low]), rtol=1e-6)


@given(groups(), st.integers(2, 9))
def test_the_unit_of_population_scales_the_slope_and_no_ratio(table, unit):
    counts, people = table
    np.testing.assert_allclose(
        slope_index(counts, people * unit),
        np.array(slope_index(counts, people)) / unit,
        atol=1e-15,  # of a slope of nothing
    )
    np.testing.assert_allclose(
        relative_index(counts, people * unit), relative_index(counts, people), rtol=1e-6
    )


@given(groups(), groups())
def test_places_side_by_side_are_as_one_by_one(table, other):
    k = min(table.shape[1], other.shape[1])
    counts, people = np.stack([table[:, :k], other[:, :k]], axis=1)
    for index in (slope_index, relative_index, most_deprived_against_all):
        together = index(counts, people)
        alone = [index(c, n) for c, n in zip(counts, people, strict=True)]
        np.testing.assert_allclose(np.array(together), np.array(alone).T, rtol=1e-9, atol=1e-12)


def test_with_many_events_limits_are_those_of_normal_theory():
    rng = np.random.default_rng(3)
    counts = rng.poisson(FIFTHS * np.linspace(0.2, 0.5, 5))
    ranks = (np.cumsum(FIFTHS) - FIFTHS / 2) / FIFTHS.sum()
    draws = rng.normal(counts, np.sqrt(counts), (100_000, 5)) / FIFTHS
    slopes = np.polyfit(ranks, draws.T, 1, w=np.sqrt(FIFTHS))
    ends = np.array([slopes[0], (slopes[0] + slopes[1]) / slopes[1]])
    expected = np.quantile(ends, [0.025, 0.975], axis=1)
    slope, ratio = slope_index(counts, FIFTHS), relative_index(counts, FIFTHS)
    np.testing.assert_allclose([slope.low, slope.high], expected[:, 0], rtol=0.005)
    np.testing.assert_allclose([ratio.low, ratio.high], expected[:, 1], rtol=0.005)


def coverage(rng, draws, mean):
    """Share of intervals that hold the slope, the ratio of the ends, and the last against all."""
    people = rng.integers(5_000, 15_000, (draws, 5))
    ranks = (np.cumsum(people, axis=1) - people / 2) / people.sum(axis=1, keepdims=True)
    lean = rng.uniform(-0.9, 0.9, (draws, 1))
    rates = mean / 10_000 * (1 + lean * (2 * ranks - 1))
    counts = rng.poisson(rates * people)
    # The rates are linear in the ranks, so that the ends of the line are known.
    start, slope = mean / 10_000 * (1 - lean[:, 0]), mean / 10_000 * 2 * lean[:, 0]
    last = rates[:, -1] * people.sum(axis=1) / (rates * people).sum(axis=1)
    cases = (
        (slope_index(counts, people), slope),
        (relative_index(counts, people), (start + slope) / start),
        (most_deprived_against_all(counts, people), last),
    )
    return [
        float(np.mean(((i.low <= truth) & (truth <= i.high)) | np.isnan(i.low)))
        for i, truth in cases
    ]


def test_intervals_hold_the_truth():
    assert min(coverage(np.random.default_rng(5), 300, 20)) >= 0.92


@pytest.mark.long
def test_intervals_hold_the_truth_in_935_of_a_thousand():
    for mean in (3, 10, 40, 400):
        for seed in range(5):
            found = coverage(np.random.default_rng(seed), 1_000, mean)
            assert found[2] >= 0.935, (mean, seed)  # the exact one
            assert min(found[:2]) >= 0.93, (mean, seed, found)
        print(mean, coverage(np.random.default_rng(77), 20_000, mean))


COUNTS = st.lists(st.integers(0, 50), min_size=1, max_size=30).filter(any)


def test_a_small_town_by_hand():
    counts = [1, 6, 0, 3]
    assert top_shares(counts, [0, 1, 2, 3, 4]).tolist() == [0, 0.6, 0.9, 1, 1]


def test_without_events_nothing_is_concentrated():
    none = [0, 0, 0]
    assert np.isnan(top_shares(none, [1, 2])).all()
    fullest = partial(top_shares, tops=1)
    assert np.isnan(by_chance(fullest, none, np.random.default_rng(1), draws=9).p)


def test_more_areas_than_there_are_cannot_be_asked_for():
    with pytest.raises(DataError, match="top 5 areas are asked for, and there are 4"):
        top_shares([1, 2, 3, 4], [1, 5])


@pytest.mark.parametrize("exposure", [None, [1, 2, 3]])
def test_the_chance_curve_is_that_of_every_possible_fall(exposure):
    counts, tops = [4, 0, 1], [1, 2, 3]
    chances = np.ones(3) / 3 if exposure is None else np.array(exposure) / 6
    falls = [np.bincount(fall, minlength=3) for fall in product(range(3), repeat=5)]
    weight = [np.prod(chances[list(fall)]) for fall in product(range(3), repeat=5)]
    shares = np.array([top_shares(fall, tops) for fall in falls])
    found = by_chance(
        partial(top_shares, tops=tops),
        counts,
        np.random.default_rng(2),
        exposure=exposure,
        draws=20_000,
    )
    np.testing.assert_allclose(found.mean, weight @ shares, atol=0.005)
    np.testing.assert_allclose(
        found.p, weight @ (shares >= top_shares(counts, tops) - 1e-9), atol=0.015
    )
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high + 1e-12).all()


def test_sparse_events_are_concentrated_by_chance_alone():
    # 50 events on 1,000 areas: some 5% of the areas must hold all, and that shows nothing.
    counts = np.random.default_rng(4).multinomial(50, np.ones(1_000) / 1_000)
    fullest = partial(top_shares, tops=50)
    found = by_chance(fullest, counts, np.random.default_rng(5), draws=199)
    assert fullest(counts) == 1
    assert found.low <= 1 <= found.high
    assert found.p > 0.05


@given(COUNTS, st.randoms(use_true_random=False), st.integers(1, 9))
def test_neither_order_nor_multiples_matter(counts, random, times):
    other = times * np.array(random.sample(counts, len(counts)))
    tops = np.arange(len(counts) + 1)
    np.testing.assert_allclose(top_shares(other, tops), top_shares(counts, tops), atol=1e-12)


def false_alarms(rng, series, draws):
    """How often chance itself is called concentrated, of equal and of unequal chances."""
    exposure = rng.lognormal(0, 0.5, 60)
    law = stats.multinomial(150, exposure / exposure.sum(), seed=rng)
    share = partial(top_shares, tops=ceil(60 / 20))
    p = [
        by_chance(share, counts, rng, exposure=exposure, draws=draws).p
        for counts in law.rvs(series)
    ]
    return np.mean(np.array(p) <= 0.05)


def test_chance_is_seldom_called_concentrated():
    assert false_alarms(np.random.default_rng(6), 100, 99) <= 0.11


@pytest.mark.long
def test_chance_is_called_concentrated_in_at_most_65_of_a_thousand():
    assert false_alarms(np.random.default_rng(7), 1_000, 199) <= 0.065
