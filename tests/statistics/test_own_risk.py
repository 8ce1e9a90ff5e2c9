import numpy as np
import pytest
from grids import lattice
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from scipy import stats as laws

from riskindex.statistics.own_risk import (
    own_risk,
    period_weights,
    risk_exceeds,
    risk_rank,
    spatial_prior,
)
from riskindex.statistics.posterior_risks import posterior_risks
from riskindex.statistics.smoothing import shrink

FOUR, OF_FOUR = np.array([[0.0, 2.0, 4.0, 10.0]]), np.full((1, 4), 4.0)
K_OF_FOUR = 1 / (np.mean((FOUR[0] / 4 - 1) ** 2) - 1 / 4)
"""Shape of the prior of these four, by Marshall's moments."""


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


def test_a_probability_of_more_is_the_tail_of_the_posterior():
    by_hand = laws.gamma.sf(1.5, K_OF_FOUR + FOUR[0], scale=1 / (K_OF_FOUR + 4))
    np.testing.assert_allclose(risk_exceeds(FOUR, OF_FOUR, above=1.5), by_hand)


def test_a_mean_rank_is_how_often_an_area_is_above_each_other_one():
    # X with shape a is above Y with shape b, of the same rate, where Y/(X + Y) is below a half.
    shape = K_OF_FOUR + FOUR[0]
    above = special.betainc(shape[None, :], shape[:, None], 0.5)
    by_hand = 100 * (above.sum(axis=1) - 0.5) / 3
    np.testing.assert_allclose(risk_rank(FOUR, OF_FOUR), by_hand, atol=0.1)


def many(n=400, seed=11):
    rng = np.random.default_rng(seed)
    expected = rng.uniform(0.5, 30, n)
    observed = rng.poisson(expected * rng.gamma(3, 1 / 3, n)).astype(float)
    return observed, expected * observed.sum() / expected.sum()


def test_probabilities_and_ranks_are_those_of_draws_from_the_posterior():
    observed, expected = many()
    found = shrink(observed, expected)
    rng = np.random.default_rng(1)
    drawn = rng.gamma(found.k + observed, 1 / (found.k / found.m + expected), (4000, 400))
    sure = risk_exceeds(observed[None], expected[None], above=2.0)
    np.testing.assert_allclose(sure, (drawn > 2).mean(axis=0), atol=0.03)
    ranks = 100 * (laws.rankdata(drawn, axis=1) - 1).mean(axis=0) / 399
    np.testing.assert_allclose(risk_rank(observed[None], expected[None]), ranks, atol=1.5)


def test_a_spatial_prior_tells_what_its_draws_do():
    near = lattice(20)
    observed, expected = many()
    prior = spatial_prior(observed[None], expected[None], near)
    drawn = posterior_risks(observed, expected, near).draw(np.random.default_rng(2), 4000)
    mean = own_risk(observed[None], expected[None], prior=prior)
    capped = np.where(observed <= expected, np.minimum(drawn.mean(axis=0), 1), drawn.mean(axis=0))
    np.testing.assert_allclose(mean, capped, rtol=0.06)
    sure = risk_exceeds(observed[None], expected[None], above=1.5, prior=prior)
    np.testing.assert_allclose(sure, (drawn > 1.5).mean(axis=0), atol=0.04)
    ranks = 100 * (laws.rankdata(drawn, axis=1) - 1).mean(axis=0) / 399
    np.testing.assert_allclose(
        risk_rank(observed[None], expected[None], prior=prior), ranks, atol=3
    )


def test_under_a_spatial_prior_an_area_borrows_from_its_neighbours():
    near, expected = lattice(12), np.ones((1, 144))
    risk = np.where(np.arange(144) < 24, 3.0, 1.0)
    observed = np.random.default_rng(1).poisson(2 * risk).astype(float)[None]
    observed[0, [13, 130]] = 5.0
    expected *= observed.mean()
    prior = spatial_prior(observed, expected, near)
    beside, apart = own_risk(observed, expected, prior=prior)[[13, 130]]
    assert beside > 1.2 * apart
    alone = own_risk(observed, expected)
    assert alone[13] == alone[130]


def test_counts_that_vary_by_chance_alone_have_one_rank_and_no_probability_between():
    observed, expected = np.array([[7.0, 8, 8, 9]]), np.full((1, 4), 8.0)
    assert risk_rank(observed, expected).tolist() == [50] * 4
    assert risk_exceeds(observed, expected, above=1.2).tolist() == [0] * 4
    assert risk_exceeds(observed, expected, above=0.8).tolist() == [1] * 4


@pytest.mark.parametrize("spatial", [False, True])
def test_estimates_of_repeats_are_those_of_each_alone(spatial):
    rng = np.random.default_rng(4)
    expected = np.broadcast_to(rng.uniform(1, 9, 36), (2, 3, 36)).copy()
    observed = rng.poisson(expected * rng.gamma(2, 0.5, 36)).astype(float)
    observed[:, :, 5] = np.nan
    prior = spatial_prior(observed[:, 0], expected[:, 0], lattice(6)) if spatial else None
    for estimate in (own_risk, risk_rank, lambda o, e, **k: risk_exceeds(o, e, above=2, **k)):
        found = estimate(observed, expected, prior=prior)
        assert np.isnan(found[:, 5]).all()
        for draw in range(3):
            alone = estimate(observed[:, draw], expected[:, draw], prior=prior)
            np.testing.assert_allclose(found[draw], alone)


def test_nothing_counted_anywhere_has_no_spatial_prior():
    assert spatial_prior(np.zeros((1, 9)), np.ones((1, 9)), lattice(3)) is None


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
    assert (np.diff(risk_rank(observed, expected)) >= -1e-9).all()
    assert (np.diff(risk_exceeds(observed, expected, above=2.0)) >= -1e-12).all()


@given(counts, st.floats(0.5, 20))
def test_ranks_are_50_on_average_and_more_is_no_more_likely_than_less(events, size):
    observed = np.array([events], dtype=float)
    expected = np.linspace(size, 3 * size, len(events))[None]
    assert risk_rank(observed, expected).mean() == pytest.approx(50)
    less, more = (risk_exceeds(observed, expected, above=c) for c in (1.0, 2.0))
    assert (more <= less).all()
    assert ((more >= 0) & (less <= 1)).all()
