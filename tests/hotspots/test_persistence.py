from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from riskindex.factors import Factor
from riskindex.hotspots.changes import change_test, period_variation
from riskindex.hotspots.persistence import classify_persistence, mann_kendall

COUNTS = arrays(np.int64, st.tuples(st.just(6), st.integers(2, 5)), elements=st.integers(0, 6))


def kendall_s(row):
    return sum(np.sign(b - a) for i, a in enumerate(row) for b in row[i + 1 :])


@pytest.mark.parametrize("row", [(1, 2, 3, 4, 5), (3, 1, 1, 0, 2), (0, 0, 0, 1, 1), (2, 2, 2, 2)])
def test_mann_kendall_counts_all_orders_of_the_same_values(row):
    every = np.array([abs(kendall_s(order)) for order in permutations(row)])
    found = mann_kendall(np.array([row]))
    assert found.s[0] == kendall_s(row)
    assert found.p[0] == pytest.approx((every >= abs(kendall_s(row))).mean(), rel=1e-14)


def test_a_perfect_trend_of_five_periods_has_two_orders_of_120():
    assert mann_kendall(np.array([[1.0, 2, 3, 4, 5], [5, 4, 3, 2, 1]])).p == pytest.approx(2 / 120)


def test_mann_kendall_equals_kendalls_tau_where_nothing_ties():
    rows = np.random.default_rng(1).permuted(np.tile(np.arange(9.0), (50, 1)), axis=1)
    p = [stats.kendalltau(np.arange(9), row, method="exact").pvalue for row in rows]
    np.testing.assert_allclose(mann_kendall(rows).p, p, rtol=1e-12)


def test_many_periods_take_the_normal_law_with_ties_and_continuity():
    row = np.array([[*range(12), *range(12)]], dtype=float)
    s = kendall_s(row[0])
    variance = (24 * 23 * 53 - 12 * 2 * 1 * 9) / 18
    assert mann_kendall(row).p[0] == pytest.approx(2 * stats.norm.sf((s - 1) / variance**0.5))


def test_mann_kendall_leaves_missing_periods_out():
    gap = mann_kendall(np.array([[1, np.nan, 2, 3], [np.nan, np.nan, np.nan, 4.0]]))
    assert gap.p[0] == mann_kendall(np.array([[1.0, 2, 3]])).p[0]
    assert np.isnan(gap.p[1])
    assert np.isnan(gap.s[1])


@settings(deadline=None)
@given(x=COUNTS)
def test_reversing_time_turns_the_trend_and_keeps_its_p(x):
    forwards, backwards = mann_kendall(x), mann_kendall(x[:, ::-1])
    np.testing.assert_array_equal(forwards.s, -backwards.s)
    np.testing.assert_allclose(forwards.p, backwards.p, rtol=1e-14)


def test_change_without_dispersion_is_the_binomial_given_the_total():
    observed = np.array([[2.0, 1, 9], [4, 4, 4], [9, 3, 0]])
    expected = np.ones((3, 3)) * [1, 1, 2]
    found = change_test(observed, expected, dispersion=0.0)
    np.testing.assert_allclose(found.rising, stats.binom.sf([8, 3, -1], 12, 0.5), rtol=1e-12)
    np.testing.assert_allclose(found.falling, stats.binom.cdf([9, 4, 0], 12, 0.5), rtol=1e-12)
    np.testing.assert_allclose(found.attainable, 2 * 0.5**12)


def test_change_with_dispersion_is_the_beta_binomial():
    observed = np.array([[2.0, 1, 9], [4, 4, 4], [9, 3, 0], [0, 1, 30]])
    found = change_test(observed, np.ones((4, 3)), dispersion=0.6)
    n, k = observed.sum(axis=1), observed[:, -1]
    law = stats.betabinom(n, 3 / 0.6 / 3, 3 / 0.6 * 2 / 3)
    np.testing.assert_allclose(found.rising, law.sf(k - 1), rtol=1e-9)
    np.testing.assert_allclose(found.falling, law.cdf(k), rtol=1e-9)
    np.testing.assert_allclose(found.attainable, 2 * np.minimum(law.pmf(0), law.pmf(n)), rtol=1e-9)


def test_beta_binomials_that_rise_at_their_ends_are_summed_to_the_end():
    found = change_test(np.array([[3.0, 37], [1, 39]]), np.ones((2, 2)), dispersion=4.0)
    law = stats.betabinom(40, 0.25, 0.25)
    np.testing.assert_allclose(found.rising, law.sf([36, 38]), rtol=1e-9)


@settings(deadline=None)
@given(x=COUNTS, w=st.sampled_from([0.0, 0.3, 2.0]))
def test_both_tails_of_a_change_share_the_observed_count(x, w):
    found = change_test(x.astype(float), np.ones(x.shape), dispersion=w)
    both = found.rising + found.falling
    assert (both[np.isfinite(both)] >= 1 - 1e-9).all()
    assert (np.isnan(found.rising) == (x.sum(axis=1) == 0)).all()


@settings(deadline=None)
@given(x=arrays(np.int64, (8, 4), elements=st.integers(0, 9)))
def test_earlier_periods_may_be_added_up_first(x):
    apart = change_test(x.astype(float), np.ones((8, 4)), dispersion=0.0)
    together = np.column_stack([x[:, :-1].sum(axis=1), x[:, -1]]).astype(float)
    added = change_test(together, np.ones((8, 2)) * [3, 1], dispersion=0.0)
    np.testing.assert_allclose(added.rising, apart.rising, rtol=1e-12)


def test_change_needs_the_last_period_an_earlier_one_and_an_event():
    observed = np.array([[1, 2, np.nan], [np.nan, np.nan, 3], [0, 0, 0], [np.nan, 1, 2]])
    found = change_test(observed, np.ones((4, 3)))
    assert np.isnan(found.rising).tolist() == [True, True, True, False]


def varied(rng, w, *, n=3000, periods=5, mean=3.0, lasting=0.5):
    """Counts of areas whose lasting risk varies, and whose risk per period varies by w."""
    risk = rng.gamma(1 / lasting, lasting, size=(n, 1)) * mean
    swing = rng.gamma(1 / w, w, size=(n, periods)) if w else np.ones((n, periods))
    return rng.poisson(risk * swing).astype(float)


@pytest.mark.parametrize("w", [0.0, 0.2, 0.8])
def test_the_swing_of_risk_is_found_and_not_the_lasting_risk(w):
    x = varied(np.random.default_rng(5), w)
    found = period_variation(x, np.full(x.shape, x.mean()))
    # Two events of an area with gamma swings w in t periods are as one at w / (t + w).
    assert found.quadratic == pytest.approx(w / (5 + w), abs=0.02)
    assert found.linear == pytest.approx(0, abs=0.1)


def test_bursts_are_told_from_swings():
    rng = np.random.default_rng(6)
    means = rng.lognormal(2, 1, (3000, 1))
    pairs = 2 * rng.poisson(means / 2 * np.ones((1, 5)))
    found = period_variation(pairs.astype(float), np.ones(pairs.shape))
    # Events in twos: the variance is twice the mean, whatever the mean.
    assert found.linear == pytest.approx(1, abs=0.1)
    assert found.quadratic < 0.005
    assert found.periods_of_others == 20


def test_variation_by_hand():
    # 4 and 0 of four events: Pearson's statistic is 4, which is 1 + 3 (quadratic + linear / 4).
    found = period_variation(np.array([[4.0, 0.0]]), np.ones((1, 2)))
    assert found.quadratic + found.linear / 4 == pytest.approx(1)
    assert found.periods_of_others == 20


def test_an_area_with_bursts_of_its_own_is_not_rising_when_one_comes_last():
    rng = np.random.default_rng(7)
    x = rng.poisson(10, (400, 12)).astype(float)
    for area in range(40):
        x[area, rng.integers(12)] += 40
    x[0] = [10] * 11 + [50]
    expected = np.full(x.shape, 10.0)
    burst = change_test(x, expected).rising[0]
    alone = change_test(np.vstack([x[:1], x[40:]]), expected[:361]).rising[0]
    assert burst > 1e-3 > 5e-5 > alone


@pytest.mark.parametrize("w", [0.0, 0.3])
def test_where_nothing_changes_few_maps_show_a_change(w):
    factor, maps = a_factor(), 40
    rng = np.random.default_rng(8)
    shown = 0
    for _ in range(maps):
        x = varied(rng, w, n=400, periods=3)
        table = classify_persistence(*tables(x), [factor])
        shown += bool((table["change"] != "").any())
    assert shown / maps <= 0.15


def test_areas_that_treble_are_found_rising():
    rng = np.random.default_rng(3)
    x = varied(rng, 0.05, n=500, periods=5, mean=20)
    x[:5, -1] = rng.poisson(x[:5, :-1].mean(axis=1) * 4 + 20)
    change = classify_persistence(*tables(x), [a_factor(periods=5)])["change"].to_numpy()
    assert (change[:5] == "rising").all()
    assert (change[5:] != "").mean() < 0.02


def a_factor(*, periods=3, **options):
    labels = [str(2018 + t) for t in range(periods)]
    return Factor(
        name="f",
        label="F",
        source="s",
        method="window",
        score="flag",
        exposure="residents",
        periods=labels,
        **options,
    )


def tables(observed, hot=None, pooled_p=None):
    """Tables as `find_hotspots` gives them, for one factor; NaN is a period not assessed."""
    observed = np.asarray(observed, dtype=float)
    n, periods = observed.shape
    codes = [f"E{i:04}" for i in range(n)]
    index = pd.MultiIndex.from_product(
        [["f"], [str(2018 + t) for t in range(periods)], codes],
        names=["factor", "period", "area_code"],
    )
    events = observed.T.reshape(-1)
    expected = np.repeat(np.nanmean(observed, axis=0), n)
    is_hot = np.zeros(len(events), bool) if hot is None else np.asarray(hot, bool).T.reshape(-1)
    hotspots = pd.DataFrame(
        {
            "events": events,
            "events_expected": np.where(np.isnan(events), np.nan, expected),
            "is_hot": is_hot,
            "p": np.where(np.isnan(events), np.nan, 0.5),
            "value": events,
        },
        index=index,
    )
    pooled = pd.DataFrame(
        {"p_adjusted": np.ones(n) if pooled_p is None else pooled_p},
        index=pd.MultiIndex.from_product([["f"], codes], names=["factor", "area_code"]),
    )
    return hotspots, pooled


def test_persistence_reads_off_a_hand_sized_map():
    observed = [[5, 5, 5], [0, 0, 5], [5, np.nan, 0], [np.nan, np.nan, np.nan]]
    hot = [[1, 1, 1], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
    table = classify_persistence(*tables(observed, hot, [0.01, 0.2, 0.3, np.nan]), [a_factor()])
    table = table.loc["f"]
    assert table["periods_hot"].tolist()[:3] == [3, 1, 1]
    assert table["periods_hot"].isna().tolist() == [False, False, False, True]
    assert table["periods_assessed"].tolist() == [3, 3, 2, 0]
    assert table["first_hot"].tolist() == ["2018", "2020", "2018", ""]
    assert table["last_hot"].tolist() == ["2020", "2020", "2018", ""]
    assert table["is_new"].tolist() == [False, True, False, False]
    assert table["category"].tolist() == ["persistent", "new", "former", "not assessed"]
    assert table["pooled_p_adjusted"].tolist()[:3] == [0.01, 0.2, 0.3]


@settings(deadline=None, max_examples=25)
@given(hot=arrays(np.bool_, (5, 4)), cut=st.integers(1, 3))
def test_recent_and_earlier_periods_add_up(hot, cut):
    x = np.ones(hot.shape)

    def periods_hot(part):
        if part.shape[1] < 2:
            return part.sum(axis=1)
        factor = a_factor(periods=part.shape[1])
        found = classify_persistence(*tables(np.ones(part.shape), part), [factor])
        return found["periods_hot"].to_numpy(dtype=int)

    whole = classify_persistence(*tables(x, hot), [a_factor(periods=4)])["periods_hot"]
    parts = periods_hot(hot[:, :cut]) + periods_hot(hot[:, cut:])
    assert whole.to_numpy(dtype=int).tolist() == parts.tolist()


def test_a_factor_of_one_period_has_no_persistence():
    table = classify_persistence(*tables([[1], [2]]), [a_factor(periods=1)])
    assert table.empty
    assert {"category", "is_new", "periods_hot"} <= set(table.columns)


def test_another_table_names_the_same_history_differently():
    hotspots, pooled = tables(np.ones((1, 3)), [[1, 0, 1]])
    table = classify_persistence(hotspots, pooled, [a_factor()], table="sfhotspot")
    assert table["category"].tolist() == ["intermittent hotspot"]
