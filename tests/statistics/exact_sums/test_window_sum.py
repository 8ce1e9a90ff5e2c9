import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, eye_array
from scipy.stats import nbinom, poisson

from riskindex.statistics.exact_sums import window_sum
from riskindex.statistics.exact_sums.window_sum import log_window_tails
from riskindex.statistics.tails import log_upper_tail

ONE = np.array([1])
SPREAD = np.array([0.02, 0.3, 1.4, 3.0, 0.7])


def one_window(count, means, w, jumps=ONE):
    """Tails of a single window that holds all areas."""
    means = np.asarray(means, float).reshape(-1, len(jumps))
    windows = csr_array(np.ones((1, len(means))))
    tails = log_window_tails(np.array([float(count)]), means, windows, dispersion=w, jumps=jumps)
    return np.exp(tails.strict[0]), np.exp(tails.above[0])


def area_law(means, w, jumps, most):
    """Weighted events of one area, by summing over its number of events of all groups."""
    total = np.sum(means)
    severity = np.zeros(max(jumps) + 1)
    severity[list(jumps)] = np.asarray(means) / total
    number = nbinom(1 / w, 1 / (1 + w * total)) if w else poisson(total)
    law, events = np.zeros(most), np.ones(1)
    for k in range(most):
        law[: len(events)] += number.pmf(k) * events[:most]
        events = np.convolve(events, severity)[:most]
    return law


def convolved(means, w, jumps, most=600):
    law = np.ones(1)
    for area in np.asarray(means, float).reshape(-1, len(jumps)):
        law = np.convolve(law, area_law(area, w, jumps, most))[:most]
    return law


@pytest.mark.parametrize("w", [0.05, 0.5, 2.5])
@pytest.mark.parametrize("count", [0, 1, 5, 12, 40])
def test_the_sum_of_uneven_areas_is_their_convolution(count, w):
    law = convolved(SPREAD, w, [1])
    strict, above = one_window(count, SPREAD, w)
    np.testing.assert_allclose(
        [strict, above], [law[count:].sum(), law[count + 1 :].sum()], rtol=1e-11
    )


@pytest.mark.parametrize("w", [0.0, 0.3, 1.5])
@pytest.mark.parametrize("count", [0, 3, 10, 45])
def test_weighted_events_are_convolved_severities(count, w):
    means = [[0.4, 0.1, 0.05], [1.0, 0.02, 0.3], [0.2, 0.2, 0.2]]
    law = convolved(means, w, [1, 3, 5], most=200)
    found = one_window(count, means, w, np.array([1, 3, 5]))
    np.testing.assert_allclose(found, [law[count:].sum(), law[count + 1 :].sum()], rtol=1e-9)


def test_equal_areas_make_one_negative_binomial():
    for count in (2, 30, 150):
        found = one_window(count, np.full(6, 1.7), 0.8)
        exact = np.exp([log_upper_tail(k, 6 * 1.7, dispersion=0.8 / 6) for k in (count, count + 1)])
        np.testing.assert_allclose(found, exact, rtol=1e-12)


def test_far_tails_agree_with_forty_digits():
    mp.mp.dps = 40
    w, count, means = mp.mpf("0.5"), 400, [mp.mpf("0.3"), mp.mpf(1), mp.mpf(2)]
    q = [w * m / (1 + w * m) for m in means]
    terms = [mp.fprod((1 + w * m) ** (-1 / w) for m in means)]
    for k in range(1, 1_500):
        parts = (
            mp.fsum(terms[k - i] * mp.fsum(x**i for x in q) for i in range(1, k + 1))
            if k < 60
            else None
        )
        terms.append(parts / (w * k) if parts is not None else _next(terms, q, w, k))
    exact = mp.fsum(terms[count:])
    assert abs(float(one_window(count, [0.3, 1, 2], 0.5)[0] / exact) - 1) < 1e-12


def _next(terms, q, w, k):
    """The linear recurrence of the generating function, harmless in 40 digits."""
    e = [sum(q), q[0] * q[1] + q[0] * q[2] + q[1] * q[2], q[0] * q[1] * q[2]]
    n = 1 / w
    return (
        e[0] * (k - 1 + n) * terms[k - 1]
        - e[1] * (k - 2 + 2 * n) * terms[k - 2]
        + e[2] * (k - 3 + 3 * n) * terms[k - 3]
    ) / k


def test_many_expected_events_do_not_underflow():
    found = one_window(450, np.full(5, 300.0), 0.01)
    exact = np.exp([log_upper_tail(k, 1500, dispersion=0.002) for k in (450, 451)])
    np.testing.assert_allclose(found, exact, rtol=1e-12)
    found = one_window(5_000, np.full(5, 800.0), 0.01)
    exact = np.exp([log_upper_tail(k, 4000, dispersion=0.002) for k in (5_000, 5_001)])
    np.testing.assert_allclose(found, exact, rtol=1e-9)


def test_matching_three_moments_is_within_a_tenth(monkeypatch):
    means = np.array([5.0, 200, 60, 90, 30, 150])
    counts = range(300, 1_400, 100)
    exact = np.array([one_window(k, means, 0.4)[0] for k in counts])
    monkeypatch.setattr(window_sum, "MAY_MATTER", dict.fromkeys(("counts", "weighted"), -np.inf))
    monkeypatch.setattr(window_sum, "ALWAYS_EXACT", 0)
    matched = np.array([one_window(k, means, 0.4)[0] for k in counts])
    np.testing.assert_allclose(matched, exact, rtol=0.1)


def harm(areas=40, seed=4):
    """Days of harm: many light events, a few that count thousands; some areas at high risk."""
    jumps = np.array([2, 19, 365, 5475])
    rng = np.random.default_rng(seed)
    means = rng.lognormal(0, 0.5, (areas, 1)) * np.array([4.0, 1.5, 0.3, 0.01])
    windows = csr_array(sum(eye_array(areas, k=k) for k in (-1, 0, 1)))
    risk = np.where(np.arange(areas) % 13 == 5, 4, 1)[:, None] * rng.gamma(2, 0.5, (areas, 1))
    return windows @ (rng.poisson(means * risk) @ jumps.astype(float)), means, windows, jumps


def test_events_that_count_thousands_are_had_by_inversion(monkeypatch):
    observed, means, windows, jumps = harm()
    found = log_window_tails(observed, means, windows, dispersion=0.5, jumps=jumps)
    monkeypatch.setattr(window_sum, "LARGEST_JUMP", 10_000)
    monkeypatch.setattr(window_sum, "ALWAYS_EXACT", 20_000)
    one_by_one = log_window_tails(observed, means, windows, dispersion=0.5, jumps=jumps)
    p, exact = ((np.exp(t.strict) + np.exp(t.above)) / 2 for t in (found, one_by_one))
    asked = exact < 0.2
    assert asked.sum() >= 5
    np.testing.assert_allclose(p[asked], exact[asked], rtol=0.01)
    assert (p[~asked] > 0.2).all()


def test_three_moments_are_the_moments_of_the_sum():
    means = np.array([[0.4, 0.1], [1.0, 0.3], [0.2, 0.2]])
    jumps = np.array([1, 4])
    law = convolved(means, 0.6, [1, 4], most=400)
    k = np.arange(len(law))
    centred = k - law @ k
    windows = csr_array(np.ones((1, 3)))
    k1, k2, k3 = window_sum.cumulants(means, windows, 0.6, jumps)
    np.testing.assert_allclose([k1[0], k2[0], k3[0]], [law @ k, law @ centred**2, law @ centred**3])


@pytest.mark.parametrize("w", [1e-9, 1e-20, 1e-300])
def test_a_trace_of_dispersion_is_none(w):
    found = one_window(9, [0.4, 1.0, 3.0], w)
    exact = np.exp([log_upper_tail(k, 4.4) for k in (9, 10)])
    np.testing.assert_allclose(found, exact, rtol=1e-7)


def test_batches_change_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    means, windows = rng.gamma(1, 1, (30, 2)), csr_array(eye_array(30) + eye_array(30, k=1))
    counts = np.round(windows @ rng.integers(0, 9, 30))
    arguments = {"dispersion": 0.3, "jumps": np.array([1, 2])}
    whole = log_window_tails(counts, means, windows, **arguments)
    monkeypatch.setattr(window_sum, "MOST_NUMBERS", 20)
    parts = log_window_tails(counts, means, windows, **arguments)
    np.testing.assert_allclose(whole.strict, parts.strict, rtol=1e-13)


@settings(max_examples=40)
@given(
    st.lists(st.floats(1e-3, 20), min_size=1, max_size=8),
    st.floats(0, 4),
    st.integers(0, 120),
    st.integers(1, 4),
)
def test_tails_fall_as_the_count_grows_and_rise_with_the_means(means, w, count, jump):
    jumps = np.array([1, jump])
    both = np.stack([means, np.full(len(means), 0.1)], axis=1)
    strict, above = one_window(count, both, w, jumps)
    following, _ = one_window(count + 1, both, w, jumps)
    np.testing.assert_allclose(above, following, rtol=1e-9)
    assert 0 <= above <= strict <= 1
    assert one_window(count, both * 1.1, w, jumps)[0] >= strict * (1 - 1e-9)


@given(st.integers(2, 9), st.integers(0, 30))
def test_scaling_all_weights_changes_nothing(scale, count):
    means = np.array([[0.4, 0.1], [1.0, 0.3]])
    once = one_window(count, means, 0.5, np.array([1, 3]))
    scaled = one_window(count * scale, means, 0.5, np.array([1, 3]) * scale)
    np.testing.assert_allclose(once, scaled, rtol=1e-12)
