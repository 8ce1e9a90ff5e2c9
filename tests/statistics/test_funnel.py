import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskindex.statistics.funnel import (
    against_benchmark,
    binomial_funnel,
    overdispersion,
    poisson_funnel,
)
from riskindex.statistics.intervals import count_interval

LEVELS = st.sampled_from([0.8, 0.95, 0.998])


def test_a_funnel_by_hand():
    # Of a mean of 1, P(0) = .3679 and P(0 to 1) = .7358: no count is below the lower quartile.
    found = poisson_funnel(1.0, level=0.5)
    assert found.low == 0
    assert found.high == pytest.approx(2 - (2.5 / np.e - 0.75) / (0.5 / np.e))
    two = binomial_funnel(2, 0.5, level=0.5)
    # P(0) = P(0 or fewer) = .25 is reached at 0 exactly, and .75 at 1.
    assert (two.low, two.high) == (0, 0.5)


def test_spiegelhalter_interpolates_between_quantiles():
    expected, p = 7.3, 0.975
    r = stats.poisson(expected).ppf(p)
    upper, lower = stats.poisson(expected).cdf([r, r - 1])
    alpha = (upper - p) / (upper - lower)
    assert poisson_funnel(expected).high == pytest.approx((r - alpha) / expected)


@given(st.floats(0.5, 1e5), LEVELS)
def test_limits_lie_within_one_event_of_the_quantiles(expected, level):
    found = poisson_funnel(expected, level=level)
    for limit, p in ((found.low, (1 - level) / 2), (found.high, (1 + level) / 2)):
        quantile = stats.poisson(expected).ppf(p)
        assert max(quantile - 1, 0) - 1e-9 <= limit * expected <= quantile + 1e-9


def test_wide_funnels_are_those_of_normal_theory():
    large = poisson_funnel(1e6)
    assert large.high - 1 == pytest.approx(1.96e-3, rel=0.01)
    share = binomial_funnel(1_000_000, 0.3)
    assert 0.3 - share.low == pytest.approx(1.96 * np.sqrt(0.21) / 1_000, rel=0.01)


@given(st.integers(1, 5_000), st.floats(0.01, 0.99), LEVELS)
def test_shares_and_their_rest_mirror_each_other(base, share, level):
    here, there = (
        binomial_funnel(base, share, level=level),
        binomial_funnel(base, 1 - share, level=level),
    )
    assert 0 <= here.low <= share + 1 / base
    # An interpolated quantile counts from below, and lies up to one event further up.
    assert here.low + there.high == pytest.approx(1, abs=1.0001 / base)


@given(st.floats(5, 1e4), st.floats(1, 9))
def test_dispersion_moves_limits_by_its_root(expected, dispersion):
    plain, wide = poisson_funnel(expected), poisson_funnel(expected, dispersion=dispersion)
    assert wide.high - 1 == pytest.approx(np.sqrt(dispersion) * (plain.high - 1))
    assert wide.low == pytest.approx(max(0, 1 - np.sqrt(dispersion) * (1 - plain.low)), abs=1e-12)


def test_where_nothing_is_expected_there_is_no_limit():
    assert np.isnan(poisson_funnel([0.0, np.nan])).all()
    assert np.isnan(binomial_funnel([0, np.nan], 0.5)).all()


def test_dispersion_by_hand():
    # z is -3, -1, 0, 1, ..., 1 and 9: of ten places the first and last are drawn in.
    z = np.array([-3, -1, 0, 1, 1, 1, 1, 1, 1, 9.0])
    assert overdispersion(100 + 10 * z, [100] * 10, [100] * 10) == 1
    assert overdispersion(100 + 30 * z, [100] * 10, [100] * 10) == pytest.approx(9 * 9 / 10)
    with_gaps = np.r_[100 + 30 * z, np.nan], [100] * 10 + [0], [100] * 10 + [0]
    assert overdispersion(*with_gaps) == pytest.approx(9 * 9 / 10)
    assert overdispersion([np.nan], [1], [1]) == 1


def test_a_few_places_apart_do_not_widen_the_funnel():
    rng = np.random.default_rng(1)
    counts, expected = rng.poisson(100, 60), np.full(60, 100.0)
    counts[:5] = 300
    assert overdispersion(counts, expected, expected) < 2
    assert ((counts - 100) ** 2 / 100).mean() > 20


def test_districts_against_the_county():
    found = count_interval([150, 100, 60], 1.0)
    assert against_benchmark(found.low, found.high, 100).tolist() == ["worse", "similar", "better"]
    assert against_benchmark(found.low, found.high, 100, good="high").tolist() == [
        "better",
        "similar",
        "worse",
    ]
    assert against_benchmark(found.low, found.high, 100, good="neither").tolist() == [
        "higher",
        "similar",
        "lower",
    ]


def test_a_benchmark_on_the_limit_is_similar_and_a_missing_one_no_verdict():
    assert against_benchmark([1, 2, np.nan, 1], [2, 3, 3, 2], [2, 2, 2, np.nan]).tolist() == [
        "similar",
        "similar",
        "not assessed",
        "not assessed",
    ]


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_turning_the_scale_turns_the_verdict(a, b, benchmark):
    low, high = min(a, b), max(a, b)
    here = against_benchmark(low, high, benchmark)
    assert here == against_benchmark(-high, -low, -benchmark, good="high")


@pytest.mark.parametrize("level", [0.95, 0.998])
def test_places_like_the_benchmark_lie_in_the_funnel(level):
    rng = np.random.default_rng(2)
    expected = rng.uniform(5, 200, 20_000)
    ratio = rng.poisson(expected) / expected
    found = poisson_funnel(expected, level=level)
    inside = np.mean((found.low <= ratio) & (ratio <= found.high))
    assert inside == pytest.approx(level, abs=0.01)
