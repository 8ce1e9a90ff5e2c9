import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.statistics.own_risk import own_risk, period_weights
from riskindex.statistics.smoothing import shrink


def test_one_period_is_the_posterior_mean_of_each_area():
    # Expected 4 each: variance of the ratios 5.625/4 less 1/4 by chance; m = 1, k = 1 / a
    observed, expected = np.array([[0.0, 2.0, 4.0, 10.0]]), np.full((1, 4), 4.0)
    a = np.mean((observed / 4 - 1) ** 2) - 1 / 4
    k = 1 / a
    by_hand = (k + observed[0]) / (k + 4)
    np.testing.assert_allclose(own_risk(observed, expected), by_hand)


def test_it_is_the_ratio_of_shrink_where_one_period_is_all_there_is():
    rng = np.random.default_rng(1)
    expected = rng.uniform(0.5, 30, 200)
    observed = rng.poisson(expected * rng.gamma(2, 0.5, 200)).astype(float)
    expected *= observed.sum() / expected.sum()
    found = own_risk(observed[None], expected[None])
    np.testing.assert_allclose(found, shrink(observed, expected).ratio)


def test_the_newest_period_weighs_most():
    before, now = [90.0, 10.0, 50.0, 50.0], [10.0, 90.0, 50.0, 50.0]
    found = own_risk(np.array([before, now]), np.full((2, 4), 50.0))
    assert found[1] > 1 > found[0]
    equal = own_risk(np.array([before, now]), np.full((2, 4), 50.0), ageing="equal")
    np.testing.assert_allclose(equal, 1)


def test_ages_are_linear_equal_or_halved():
    assert period_weights(5, "linear").tolist() == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert period_weights(3, "equal").tolist() == [1, 1, 1]
    np.testing.assert_allclose(period_weights(3, 2.0), [0.5, 0.5**0.5, 1])
    assert period_weights(3, float("inf")).tolist() == [1, 1, 1]


def test_equal_periods_are_one_long_period():
    rng = np.random.default_rng(2)
    expected = rng.uniform(1, 9, (3, 50))
    observed = rng.poisson(expected * rng.gamma(2, 0.5, 50)).astype(float)
    together = own_risk(observed.sum(axis=0)[None], expected.sum(axis=0)[None])
    np.testing.assert_allclose(own_risk(observed, expected, ageing="equal"), together)


def test_an_area_keeps_the_periods_that_cover_it():
    observed = np.array([[8.0, 2.0, np.nan, np.nan, 2.0], [4.0, 4.0, 4.0, np.nan, 1.0]])
    expected = np.array([[4.0, 4.0, np.nan, np.nan, 4.0], [4.0, 4.0, 4.0, np.nan, 4.0]])
    found = own_risk(observed, expected)
    assert np.isnan(found).tolist() == [False, False, False, True, False]
    assert found[2] == pytest.approx(own_risk(observed[1:], expected[1:])[2], abs=0.2)


def test_whole_harm_days_shrink_as_the_events_behind_them():
    # Ten times the weight of every event is ten times the step: nothing else changes.
    rng = np.random.default_rng(3)
    expected = rng.uniform(1, 9, (2, 40))
    observed = rng.poisson(expected * rng.gamma(2, 0.5, 40)).astype(float)
    plain, weighted = (
        own_risk(observed, expected),
        own_risk(10 * observed, 10 * expected, steps=[10.0, 10.0]),
    )
    np.testing.assert_allclose(weighted, plain)


def test_each_repeat_is_a_study_area_of_its_own():
    rng = np.random.default_rng(4)
    expected = np.broadcast_to(rng.uniform(1, 9, (2, 1, 30)), (2, 5, 30))
    observed = rng.poisson(expected * rng.gamma(2, 0.5, 30)).astype(float)
    found = own_risk(observed, expected, steps=[1.0, 1.0])
    for draw in range(5):
        alone = own_risk(observed[:, draw], expected[:, draw])
        np.testing.assert_allclose(found[draw], alone, rtol=1e-12)


counts = st.lists(st.integers(0, 60), min_size=3, max_size=12)


@given(counts, st.floats(0.5, 20), st.floats(0.5, 2))
def test_no_area_without_an_excess_is_above_its_expectation(events, size, scale):
    observed = np.array([events], dtype=float)
    expected = scale * np.linspace(size, 3 * size, len(events))[None]
    found = own_risk(observed, expected)
    assert (found[observed[0] <= expected[0]] <= 1).all()


@given(counts)
def test_more_events_in_an_area_of_equal_size_are_no_less_risk(events):
    observed = np.array([sorted(events)], dtype=float)
    expected = np.full(observed.shape, max(observed.mean(), 0.1))
    assert (np.diff(own_risk(observed, expected)) >= -1e-12).all()
