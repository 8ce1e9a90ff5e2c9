"""The law of a sum of draws: against counting by hand, every draw, and whole-number arithmetic."""

from collections import defaultdict
from fractions import Fraction
from itertools import combinations
from math import comb, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskindex.statistics.exact_sums import exact_draws as draws
from riskindex.statistics.exact_sums.exact_draws import TAILS, fits, log_p_of_sums, p_of_sums


def every_draw(values, size):
    return np.array([sum(drawn) for drawn in combinations(values, size)])


def p_by_counting(sums, observed):
    upper, lower = np.mean(sums >= observed), np.mean(sums <= observed)
    return {
        "upper": upper,
        "lower": lower,
        "mid": (upper + np.mean(sums > observed)) / 2,
        "two-sided": min(1.0, 2 * min(upper, lower)),
    }


def whole_number_tail(values, size, least):
    """P(S >= least) with no rounding at all."""
    ways = [defaultdict(int) for _ in range(size + 1)]
    ways[0][0] = 1
    for v, m in zip(*np.unique(values, return_counts=True), strict=True):
        for k in range(size, 0, -1):
            for c in range(1, min(k, int(m)) + 1):
                for s, number in ways[k - c].items():
                    ways[k][s + c * int(v)] += comb(int(m), c) * number
    return Fraction(sum(w for s, w in ways[size].items() if s >= least), comb(len(values), size))


@pytest.fixture(params=["positive terms", "tilted transforms"])
def way(request, monkeypatch):
    """Either way to the law, whatever would have been cheaper."""
    seconds = (0.0, 1.0) if request.param == "positive terms" else (1.0, 0.0)
    monkeypatch.setattr(draws, "_seconds", lambda *_: seconds)
    return request.param


def test_two_draws_from_four_counts():
    # Pairs from 0 0 1 2 add up to 0 1 1 2 2 3.
    p = p_of_sums(np.array([0, 0, 1, 2]), np.full(4, 2), np.arange(4))
    np.testing.assert_allclose(p, [1, 5 / 6, 3 / 6, 1 / 6], rtol=1e-15)


def test_a_value_held_out_is_not_drawn():
    # Without the 2, pairs from 0 0 1 add up to 0 1 1.
    p = p_of_sums(np.array([0, 0, 1, 2]), np.array([2, 2]), np.array([1, 0]), held=np.array([2, 2]))
    np.testing.assert_allclose(p, [2 / 3, 1], rtol=1e-15)


@settings(deadline=None, max_examples=40)
@given(
    values=st.lists(st.integers(0, 9) | st.integers(0, 2000), min_size=3, max_size=9),
    seed=st.integers(0, 99),
)
@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("forced", [(0.0, 1.0), (1.0, 0.0)], ids=["positive", "tilted"])
def test_every_p_is_the_share_of_draws(values, seed, tail, forced):
    rng = np.random.default_rng(seed)
    x = np.array(values) - min(values)
    own = int(rng.integers(len(x)))
    others = np.delete(x, own)
    size = int(rng.integers(1, len(others) + 1))
    observed = int(rng.choice(others, size, replace=False).sum())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draws, "_seconds", lambda *_: forced)
        query = np.array([size]), np.array([observed])
        total = p_of_sums(x, *query, tail=tail)
        conditional = p_of_sums(x, *query, tail=tail, held=x[[own]])
    assert total[0] == pytest.approx(
        p_by_counting(every_draw(x.tolist(), size), observed)[tail], rel=1e-10
    )
    assert conditional[0] == pytest.approx(
        p_by_counting(every_draw(others.tolist(), size), observed)[tail], rel=1e-10
    )


SPARSE = np.random.default_rng(1).poisson(0.8, 1_000)
LARGE = np.random.default_rng(2).poisson(300, 400) - 230
SPIKED = np.concatenate([np.random.default_rng(3).poisson(20, 300), [900, 901, 4_000]])


@pytest.mark.parametrize(
    ("values", "size", "sums"),
    [
        (SPARSE, 8, (4, 10, 20, 30)),
        (LARGE, 4, (200, 260, 320, 370)),
        (SPIKED, 5, (120, 160, 950, 1_900, 5_000)),
    ],
    ids=["sparse", "mean 300", "spiked"],
)
def test_tails_equal_whole_number_arithmetic(values, size, sums, way):
    p = p_of_sums(values, np.full(len(sums), size), np.array(sums))
    exact = [whole_number_tail(values, size, s) for s in sums]
    error = [abs(float(Fraction(a) / b - 1)) for a, b in zip(p, exact, strict=True)]
    assert max(error) < (1e-13 if way == "positive terms" else 1e-10)


def test_far_tails_are_accurate_below_1e_20(way):
    size, sums = 18, (25, 40, 50, 60)
    exact = [whole_number_tail(SPARSE, size, s) for s in sums]
    assert float(exact[-1]) < 1e-20
    p = p_of_sums(SPARSE, np.full(4, size), np.array(sums))
    for a, b in zip(p, exact, strict=True):
        assert abs(float(Fraction(a) / b - 1)) < (1e-12 if way == "positive terms" else 1e-10)


def test_the_two_ways_agree_on_large_overdispersed_counts(monkeypatch):
    rng = np.random.default_rng(5)
    values = rng.poisson(100 * rng.gamma(2, 0.5, 3_000))
    sizes = rng.integers(1, 12, 300)
    sums = np.array([rng.choice(np.sort(values)[-2_000:], k).sum() for k in sizes])
    held = rng.choice(values, 300)
    p = {}
    for way, seconds in {"positive": (0.0, 1.0), "tilted": (1.0, 0.0)}.items():
        monkeypatch.setattr(draws, "_seconds", lambda *_, seconds=seconds: seconds)
        p[way] = p_of_sums(values, sizes, sums, held=held)
    np.testing.assert_allclose(p["tilted"], p["positive"], rtol=1e-10)


def test_an_outlier_that_rules_the_tail_can_be_held_out():
    values = np.array([0] * 50 + [1] * 20 + [40])
    p = p_of_sums(values, np.array([3]), np.array([3]), held=np.array([40]))
    assert p[0] == pytest.approx(comb(20, 3) / comb(70, 3), rel=1e-13)


def test_whole_map_but_one_is_drawn_without_loss():
    values = np.random.default_rng(8).poisson(2, 60)
    p = p_of_sums(values, np.array([59]), np.array([values.sum() - 1]))
    assert p[0] == pytest.approx(np.mean(values <= 1), rel=1e-12)


def test_tiny_p_do_not_turn_into_zero():
    values = np.array([0] * 9_990 + [1] * 10)
    p = p_of_sums(values, np.array([10]), np.array([10]))
    assert p[0] == pytest.approx(1 / comb(10_000, 10), rel=1e-12)


def test_windows_of_hundreds_of_areas():
    values = np.array([0] * 600 + [1] * 400)
    sizes, sums = np.full(3, 300), np.array([120, 150, 190])
    exact = [
        sum(comb(400, j) * comb(600, 300 - j) for j in range(s, 301)) / comb(1_000, 300)
        for s in sums.tolist()
    ]
    np.testing.assert_allclose(p_of_sums(values, sizes, sums), exact, rtol=1e-12)


def test_what_would_take_hours_does_not_fit():
    assert fits(SPARSE, np.array([8]), np.array([30]))
    wide = np.random.default_rng(4).integers(0, 10**8, 30_000)
    assert not fits(wide, np.array([20]), np.array([10**9]))


@pytest.mark.parametrize("tail", TAILS)
def test_logarithms_go_on_where_probabilities_underflow(tail, way):
    # 2,000 of 40,000 areas hold one event each, and 380 of the 400 of a window.
    values = np.repeat([0, 1], [38_000, 2_000])
    size, least = 400, 380
    log_p = log_p_of_sums(values, np.array([size]), np.array([least]), tail=tail)[0]
    terms = [comb(2_000, j) * comb(38_000, size - j) for j in range(least, size + 1)]
    whole = comb(40_000, size)
    strict, above = (Fraction(sum(some), whole) for some in (terms, terms[1:]))
    expected = {"upper": strict, "mid": (strict + above) / 2, "two-sided": 2 * strict}
    exact = log_of(expected[tail]) if tail in expected else 0.0
    assert exact == 0 or exact < -800
    assert log_p == pytest.approx(exact, rel=1e-12)


def log_of(share):
    """Natural logarithm of a fraction that a floating-point number cannot hold."""
    bits = share.denominator.bit_length() - share.numerator.bit_length()
    return log(float(share * 2**bits)) - bits * log(2)


def test_no_draw_reaches_more_than_the_largest_values():
    x = np.array([0, 0, 1, 2, 5])
    log_p = log_p_of_sums(x, np.array([2, 2, 0]), np.array([7, 8, 1]))
    assert log_p[0] == pytest.approx(log(1 / 10))
    assert log_p[1:].tolist() == [-np.inf, -np.inf]
    held = log_p_of_sums(x, np.array([2, 2]), np.array([3, 4]), held=np.array([5, 5]))
    assert held[0] == pytest.approx(log(1 / 6))
    assert held[1] == -np.inf
