from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskindex.errors import DataError
from riskindex.statistics.intervals import (
    against_benchmark,
    clopper_pearson,
    count_interval,
    count_ratio,
    percent_change,
    percent_share,
    rate_sum,
    round_half_away,
    share_difference,
    share_difference_p,
    share_of_rate,
    wilson,
)

COUNTS = st.integers(0, 10_000)
LEVELS = st.floats(0.5, 0.999)
OF_SHARES = {"exact": clopper_pearson, "wilson": wilson}
"""SciPy's word for an interval of a share, and ours."""


def in_percent(estimate):
    """Changes as they are printed."""
    return [round_half_away(100 * (limit - 1)).tolist() for limit in estimate]


def test_changes_are_those_that_a_document_prints():
    assert in_percent(count_ratio(10, 15)) == [-33, -73, 59]
    assert in_percent(count_ratio(10, 15, [12.0], [12.0])) == [[-33], [-73], [59]]
    assert in_percent(count_ratio(0, 10)) == [-100, -100, -55]
    assert [float(x) for x in count_ratio(3, 10)][2] > 1  # not clear, though it is by logarithms


def test_after_none_the_ratio_has_a_lower_limit_only():
    found = count_ratio(10, 0)
    assert (float(found.value), float(found.high)) == (np.inf, np.inf)
    assert found.low == pytest.approx(1 / count_ratio(0, 10).high)


def test_what_is_of_nothing_is_not_known():
    for found in (
        count_ratio(0, 0),
        count_ratio(3, 4, 0, 1),
        clopper_pearson(0, 0),
        wilson(0, 0),
        wilson(np.nan, 4),
        clopper_pearson(3, np.nan),
        count_interval(3, 0),
        count_interval(np.nan),
        share_difference(1, 2, 0, 0),
        share_of_rate(0, 0, 1, 2),
        share_of_rate(1, 2, 0, 2),
    ):
        assert np.isnan(found).all()


def test_limits_at_none_and_at_all():
    assert count_interval(0).low == 0
    assert count_interval(0).high == pytest.approx(-np.log(0.025))
    for interval in OF_SHARES.values():
        none, every = interval(0, 10), interval(10, 10)
        assert (none.low, every.high) == (0, 1)
        assert none.high == pytest.approx(1 - every.low)
    assert clopper_pearson(0, 10).high == pytest.approx(1 - 0.025**0.1)


def test_a_part_cannot_be_more_than_the_whole():
    for interval in OF_SHARES.values():
        with pytest.raises(DataError, match="11 are counted of a base of 10"):
            interval([3, 11], 10)


# Newcombe (1998), table II, method 10: counts and bases, then limits as printed.
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]


@pytest.mark.parametrize("row", NEWCOMBE)
def test_differences_of_shares_are_those_printed_by_newcombe(row):
    found = share_difference(*row[:4])
    np.testing.assert_allclose([found.low, found.high], row[4:], atol=5.1e-5)


def test_garwood_limits_are_quantiles_of_chi_square():
    counts = np.arange(1, 200)
    found = count_interval(counts, 2.0)
    np.testing.assert_allclose(found.low, stats.chi2.ppf(0.025, 2 * counts) / 4)
    np.testing.assert_allclose(found.high, stats.chi2.ppf(0.975, 2 * counts + 2) / 4)


@given(st.integers(1, 2_000), st.floats(0, 1), LEVELS)
def test_shares_agree_with_scipy(base, share, level):
    count = int(share * base)
    for method, interval in OF_SHARES.items():
        found = interval(count, base, level=level)
        oracle = stats.binomtest(count, base).proportion_ci(level, method=method)
        np.testing.assert_allclose([found.low, found.high], oracle, rtol=1e-8, atol=1e-12)


@given(COUNTS, COUNTS, st.floats(0.1, 10), st.floats(0.1, 10))
def test_limits_of_a_ratio_are_where_the_exact_test_turns(now, before, e, f):
    found = count_ratio(now, before, e, f)
    if now == 0 or before == 0:
        return
    assert found.low < found.value < found.high

    def tails(ratio):
        law = stats.binom(now + before, ratio * e / (ratio * e + f))
        return law.sf(now - 1), law.cdf(now)

    assert tails(found.low)[0] == pytest.approx(0.025, rel=1e-6)
    assert tails(found.high)[1] == pytest.approx(0.025, rel=1e-6)


@given(COUNTS, COUNTS, st.floats(0.1, 10), LEVELS)
def test_the_other_way_round_a_ratio_is_its_inverse(now, before, e, level):
    there = count_ratio(now, before, e, level=level)
    back = count_ratio(before, now, 1.0, e, level=level)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(there.low, 1 / back.high, rtol=1e-9)
        np.testing.assert_allclose(there.high, 1 / back.low, rtol=1e-9)


@given(COUNTS, COUNTS, st.floats(0.1, 10))
def test_a_part_against_the_whole_says_the_same_as_against_the_rest(part, rest, e):
    whole = share_of_rate(part, part + rest, e, e + 1)
    other = count_ratio(part, rest, e, 1)
    for ratio, against_rest in zip(whole, other, strict=True):
        if np.isfinite(against_rest):
            assert ratio == pytest.approx(against_rest * (e + 1) / (against_rest * e + 1))


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_a_difference_changes_its_sign_with_the_order(n, m, data):
    k, j = (data.draw(st.integers(0, base)) for base in (n, m))
    there, back = share_difference(k, n, j, m), share_difference(j, m, k, n)
    np.testing.assert_allclose(there, [-back.value, -back.high, -back.low], atol=1e-12)
    assert -1 <= there.low <= there.value <= there.high <= 1


@given(st.lists(COUNTS, min_size=1, max_size=6), st.floats(0.1, 10))
def test_one_rate_is_a_sum_of_one(counts, exposure):
    alone = count_interval(counts, exposure)
    as_sum = rate_sum([1.0], np.array(counts)[:, None], exposure)
    turned = rate_sum([-1.0], np.array(counts)[:, None], exposure)
    np.testing.assert_allclose(as_sum, alone, atol=1e-9)
    np.testing.assert_allclose(turned.low, -alone.high)


@given(st.floats(0.5, 0.98), COUNTS)
def test_intervals_widen_with_the_level(level, count):
    for interval in (count_interval, lambda x, level: clopper_pearson(x, 10_000, level=level)):
        narrow, wide = interval(count, level=level), interval(count, level=level + 0.01)
        assert wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high


def test_percentages_are_rounded_half_away_from_zero():
    assert percent_change([27, 53, 40, 0], 40).tolist() == [-33, 33, 0, -100]
    assert percent_change(908, 1000, decimals=1).tolist() == -9.2
    assert percent_share([1, 3], 8).tolist() == [13, 38]
    np.testing.assert_array_equal(percent_change([3, np.nan, 3], [0, 1, np.nan]), np.nan)
    np.testing.assert_array_equal(percent_share(0, 0), np.nan)


@pytest.mark.parametrize("wrong", [2.5, -1])
def test_percentages_are_of_whole_numbers(wrong):
    with pytest.raises(DataError, match=f"and {wrong:g} is not"):
        percent_change([3, wrong], 4)


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 3))
def test_percentages_are_those_of_exact_fractions(now, before, decimals):
    exact = Fraction(100 * 10**decimals * (now - before), before)
    nearest = floor(exact + Fraction(1, 2)) if exact >= 0 else ceil(exact - Fraction(1, 2))
    found = percent_change(now, before, decimals=decimals)
    assert found == nearest / 10**decimals
    assert percent_share(now, before, decimals=decimals) == pytest.approx(found + 100)


@given(st.integers(-(10**6), 10**6), st.integers(0, 3))
def test_decimals_are_rounded_as_they_are_written(number, decimals):
    written = float(f"{number}e-4")
    found = round_half_away(written, decimals=decimals)
    steps = abs(number) * 10**decimals
    assert found == np.copysign((steps + 5_000) // 10_000 / 10**decimals, number)
    assert round_half_away(-written, decimals=decimals) == -found


def test_rounding_keeps_what_has_no_digits():
    np.testing.assert_array_equal(round_half_away([np.nan, np.inf, -0.2]), [np.nan, np.inf, 0.0])
    assert not np.signbit(round_half_away(-0.2))
    assert round_half_away(14_315, decimals=-2) == 14_300


def coverage(rng, draws):
    """Share of intervals that hold the truth, of counts, shares, ratios, parts and differences."""
    mean, other = rng.uniform(0.5, 60, (2, draws))
    e, f = rng.uniform(0.5, 2, (2, draws))
    n, m = rng.integers(5, 200, (2, draws))
    p, q = rng.beta(0.7, 2, (2, draws))
    k, j, x, y = (
        rng.binomial(n, p),
        rng.binomial(m, q),
        rng.poisson(mean * e),
        rng.poisson(other * f),
    )
    part = (mean * (e + f)) / (mean * e + other * f)
    cases = {
        "count": (count_interval(x), mean * e),
        "share": (clopper_pearson(k, n), p),
        "ratio": (count_ratio(x, y, e, f), mean / other),
        "part": (share_of_rate(x, x + y, e, e + f), part),
        "wilson": (wilson(k, n), p),
        "difference": (share_difference(k, n, j, m), p - q),
        "sum": (rate_sum([1, -1], np.c_[x, y], np.c_[e, f]), mean - other),
    }
    return {
        name: np.mean(((i.low <= truth) & (truth <= i.high)) | np.isnan(i.low))
        for name, (i, truth) in cases.items()
    }


EXACT = ["count", "share", "ratio", "part"]


def test_intervals_hold_the_truth():
    # Of 300 intervals that hold it 95 times in 100, fewer than 91.5% do once in 200 such tests.
    found = coverage(np.random.default_rng(11), 300)
    assert min(found[name] for name in EXACT) >= 0.935
    assert min(found.values()) >= 0.915


@pytest.mark.long
def test_exact_intervals_hold_the_truth_in_935_of_a_thousand():
    for seed in range(20):
        found = coverage(np.random.default_rng(seed), 1_000)
        assert min(found[name] for name in EXACT) >= 0.935, (seed, found)
    print(coverage(np.random.default_rng(99), 100_000))


def test_the_p_of_two_shares_is_that_of_a_lady_who_tastes_tea():
    # 3 of 4 cups against 1 of 4: .486 two-sided, as Fisher's example has it; and one share is 1.
    found = share_difference_p([3, 5, 0, np.nan], [4, 10, 0, 3], [1, 5, 1, 1], [4, 10, 4, 4])
    assert found[:2].round(3).tolist() == [0.486, 1.0]
    assert np.isnan(found[2:]).all()


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
