import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, eye_array
from scipy.stats import nbinom, poisson

from riskindex.statistics.exact_sums import window_sum_by_transform as by_transform
from riskindex.statistics.exact_sums.window_sum import log_window_tails
from riskindex.statistics.exact_sums.window_sum_by_transform import log_tails_by_inversion
from riskindex.statistics.tails import log_upper_tail

ONE = np.array([1])


def tails(observed, means, w, jumps=ONE):
    """Tails of one window of all areas at several sums."""
    observed, means = np.asarray(observed, float), np.asarray(means, float)
    means = means.reshape(-1, len(jumps))
    windows = csr_array(np.ones((len(observed), len(means))))
    return np.exp(log_tails_by_inversion(observed, means, windows, w, np.asarray(jumps)))


@pytest.mark.parametrize("w", [0.0, 1e-40, 0.05, 0.8, 4.0])
def test_equal_areas_make_one_negative_binomial(w):
    sums = [0, 1, 9, 30, 90, 200, 900]
    strict, above = tails(sums, np.full(6, 5.0), w)
    exact = [np.exp(log_upper_tail(np.add(sums, more), 30.0, dispersion=w / 6)) for more in (0, 1)]
    np.testing.assert_allclose([strict, above], exact, rtol=1e-6)


def test_far_tails_are_finite_logarithms():
    windows = csr_array(np.ones((1, 3)))
    means = np.array([[0.1], [0.2], [0.3]])
    found = log_tails_by_inversion(np.array([4_000.0]), means, windows, 0.2, ONE)
    exact = log_window_tails(np.array([4_000.0]), means, windows, dispersion=0.2, jumps=ONE)
    np.testing.assert_allclose(found, exact, rtol=1e-7)
    assert found[0] < -2_000


@settings(max_examples=30)
@given(
    st.lists(st.floats(1e-3, 20), min_size=1, max_size=6),
    st.floats(0, 4),
    st.integers(0, 300),
    st.integers(1, 60),
)
def test_sums_on_the_grid_are_those_of_the_recursion(means, w, count, jump):
    jumps = np.array([1, jump])
    both = np.stack([means, np.full(len(means), 0.1)], axis=1)
    windows, observed = csr_array(np.ones((1, len(means)))), np.array([float(count)])
    found = log_tails_by_inversion(observed, both, windows, w, jumps)
    exact = log_window_tails(observed, both, windows, dispersion=w, jumps=jumps)
    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("w", [0.0, 0.4])
def test_binned_sums_are_close_to_exact_ones(monkeypatch, w):
    rng = np.random.default_rng(2)
    jumps, means = np.array([1, 7, 190, 365]), rng.gamma(2, 1, (7, 4)) * [3, 2, 1, 0.3]
    mean = float((means @ jumps).sum())
    sums = np.round(mean * np.array([0.8, 1.0, 1.3, 1.8, 2.5]))
    exact = sum(tails(sums, means, w, jumps)) / 2
    monkeypatch.setattr(by_transform, "LENGTH", 1024)
    binned = sum(tails(sums, means, w, jumps)) / 2
    assert (binned != exact).all()
    np.testing.assert_allclose(binned, exact, rtol=0.02)


def test_a_single_heavy_event_ties_with_itself_where_it_is_binned():
    # P(X > x) + P(X = x) / 2 of one kind of event, 100,003 units each.
    sums = 100_003.0 * np.arange(1, 4)
    strict, above = tails(sums, [0.7], 0.0, [100_003])
    number = poisson(0.7)
    np.testing.assert_allclose(strict, number.sf([0, 1, 2]), rtol=1e-6)
    np.testing.assert_allclose(above, number.sf([1, 2, 3]), rtol=1e-6)


def test_three_shares_keep_mean_and_square():
    jumps = np.array([0.2, 0.5, 1.0, 3.4, 7.5, 12.0])
    steps, share = by_transform._on_grid(jumps)
    np.testing.assert_allclose(share.sum(axis=1), 1)
    np.testing.assert_allclose(share @ steps, jumps)
    np.testing.assert_allclose(share @ steps**2, jumps**2)
    assert steps.min() >= 0


def test_batches_change_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    means, windows = rng.gamma(1, 1, (30, 2)), csr_array(eye_array(30) + eye_array(30, k=1))
    observed = np.round(windows @ rng.integers(0, 9, 30))
    arguments = (observed, means, windows, 0.3, np.array([1, 2]))
    whole = log_tails_by_inversion(*arguments)
    monkeypatch.setattr(by_transform, "MOST_NUMBERS", 200)
    np.testing.assert_allclose(whole, log_tails_by_inversion(*arguments), rtol=1e-9, atol=1e-12)


def test_counts_beyond_the_grid_are_close_to_one_negative_binomial():
    found = tails([30_000, 60_000, 90_000], np.full(4, 10_000.0), 0.3)
    exact = nbinom(4 / 0.3, 1 / (1 + 3_000)).sf([29_999.5, 59_999.5, 89_999.5])
    np.testing.assert_allclose(sum(found) / 2, exact, rtol=1e-3)


@pytest.mark.parametrize("w", [0.0, 0.5])
@pytest.mark.parametrize(("mean", "count"), [(2, 9_000), (400, 14_000)])
def test_far_sums_of_many_light_events_are_within_two_per_cent(w, mean, count):
    windows, means = csr_array(np.ones((1, 3))), np.full((3, 2), mean / 2)
    observed, jumps = np.array([float(count)]), np.array([1, 5])
    exact = log_window_tails(observed, means, windows, dispersion=w, jumps=jumps)
    found = log_tails_by_inversion(observed, means, windows, w, jumps)
    assert np.exp(np.logaddexp(*found) - np.logaddexp(*exact)) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("w", [0.0, 0.01, 0.5, 2.5])
@pytest.mark.parametrize("jumps", [(1,), (1, 5), (3, 730), (1, 547, 5475)])
def test_the_logarithm_is_finite_and_falls_however_far_out(w, jumps):
    observed = np.array([5e2, 5e3, 3e4, 3e5, 3e6])
    means = np.full((5, len(jumps)), 2 / len(jumps))
    windows = csr_array(np.ones((5, 5)))
    strict, above = log_tails_by_inversion(observed, means, windows, w, np.array(jumps))
    middle = np.logaddexp(strict, above)
    assert np.isfinite(strict).all()
    assert np.isfinite(above).all()
    assert (np.diff(middle) < 0).all()
