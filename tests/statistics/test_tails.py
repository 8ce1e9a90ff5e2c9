import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.statistics.tails import log_binomial_tail, log_upper_tail, nearly_log_upper_tail

mp.mp.dps = 40


def exact_log_tail(k, mu, w=0.0):
    """The first term of the tail, and the rest of it relative to the first, in 40 digits."""
    mu, w = mp.mpf(mu), mp.mpf(w)
    if w == 0:
        first = k * mp.log(mu) - mu - mp.loggamma(k + 1)
    else:
        n = 1 / w
        first = mp.loggamma(n + k) - mp.loggamma(n) - mp.loggamma(k + 1)
        first += k * mp.log(w * mu / (1 + w * mu)) - n * mp.log1p(w * mu)
    rest = term = mp.mpf(1)
    while term > mp.mpf("1e-25") * rest:
        k += 1
        term *= mu * (1 + w * (k - 1)) / (1 + w * mu) / k
        rest += term
    return first + mp.log(rest)


def relative_error(log_p, exact):
    return abs(float(mp.expm1(mp.mpf(float(log_p)) - exact)))


@pytest.mark.parametrize("mu", [1e-6, 0.3, 5, 100, 3_000, 1e5])
@pytest.mark.parametrize("deviations", [0.5, 3, 9, 20, 36])
def test_poisson_tails_agree_with_forty_digits(mu, deviations):
    k = int(mu + deviations * mu**0.5) + 1
    assert relative_error(log_upper_tail(k, mu), exact_log_tail(k, mu)) < 1e-11


@pytest.mark.parametrize("w", [1e-7, 1e-3, 0.2, 0.5, 2.5])
@pytest.mark.parametrize("mu", [1e-6, 0.3, 5, 100])
@pytest.mark.parametrize("deviations", [0.5, 4, 30])
def test_negative_binomial_tails_agree_with_forty_digits(mu, w, deviations):
    k = int(mu + deviations * (mu + w * mu**2) ** 0.5) + 1
    assert relative_error(log_upper_tail(k, mu, dispersion=w), exact_log_tail(k, mu, w)) < 1e-11


@pytest.mark.parametrize(
    ("k", "mu", "w"), [(3_000, 1.0, 0.0), (100_000, 3_000.0, 0.0), (9_000, 2.0, 0.2)]
)
def test_log_tails_go_on_where_probabilities_underflow(k, mu, w):
    found, exact = float(log_upper_tail(k, mu, dispersion=w)), exact_log_tail(k, mu, w)
    assert found < -745
    assert abs(found / float(exact) - 1) < 1e-14


def test_nothing_observed_is_certain_to_be_reached():
    np.testing.assert_array_equal(log_upper_tail([0, -1], [3.0, 3.0], dispersion=0.4), [0, 0])


def test_missing_and_impossible_arguments_have_no_tail():
    assert np.isnan(log_upper_tail([np.nan, 1, 1], [1, 0, -1])).all()
    assert np.isnan(log_binomial_tail([np.nan, 1], [5, 5], [0.5, 0])).all()


@given(st.integers(1, 400), st.floats(0.01, 300), st.floats(0, 3))
def test_tails_fall_as_the_count_grows(k, mu, w):
    assert log_upper_tail(k, mu, dispersion=w) >= log_upper_tail(k + 1, mu, dispersion=w)
    assert log_upper_tail(k, mu, dispersion=w) <= 0


@given(st.integers(0, 60), st.floats(0.05, 30))
def test_no_dispersion_is_the_limit_of_little_dispersion(k, mu):
    np.testing.assert_allclose(
        log_upper_tail(k, mu, dispersion=1e-12), log_upper_tail(k, mu), atol=1e-6
    )


@pytest.mark.parametrize(("n", "share"), [(50, 1e-9), (1_000, 1e-3), (2_000, 0.3)])
def test_binomial_tails_agree_with_forty_digits(n, share):
    s = mp.mpf(share)
    for k in (1, 7, n // 2, n - 1, n):
        exact = mp.log(
            mp.fsum(mp.binomial(n, i) * s**i * (1 - s) ** (n - i) for i in range(k, n + 1))
        )
        assert relative_error(log_binomial_tail(k, n, share), exact) < 1e-11


def test_no_more_events_than_there_are_trials():
    assert log_binomial_tail(6, 5, 0.2) == -np.inf
    assert log_binomial_tail(5, 5, 1.0) == 0


@pytest.mark.parametrize(
    ("mean", "dispersion", "error"),
    [
        (3.0, 0.0, 0.01),
        (30.0, 0.1, 0.01),
        (1000.0, 0.05, 0.01),
        (3.0, 0.9, 0.13),
        (0.3, 0.5, 0.13),
        (3.0, 2.5, 1e-12),
    ],
)
def test_the_fast_tail_is_near_the_exact_one(mean, dispersion, error):
    sd = (mean + dispersion * mean**2) ** 0.5
    count = np.arange(1.0, mean + 5 * sd)
    exact = log_upper_tail(count, mean, dispersion=dispersion)
    shown = exact > np.log(0.001)
    fast = nearly_log_upper_tail(count, np.float64(mean), np.float64(dispersion))
    assert np.abs(np.expm1(fast - exact))[shown].max() < error


def test_the_fast_tail_of_nothing_is_everything():
    assert nearly_log_upper_tail(np.zeros(1), np.ones(1), np.zeros(1)).tolist() == [0.0]
