import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine import examples
from scipy.sparse import csr_array

from riskindex.errors import DataError
from riskindex.factors import EventGroup, Factor
from riskindex.hotspots.find import METHODS, find_hotspots
from riskindex.statistics.corrections import adjust
from riskindex.statistics.expectation import expected_by_strata
from riskindex.statistics.getis_ord import GetisOrd, gi_star, local_g, moran, with_self
from riskindex.statistics.poisson import compound_excess, own_excess, window_excess

FLOATS = ["observed", "expected", "window_observed", "z", "p", "p_adjusted", "own_p", "value"]


def grid(rows, columns):
    """Queen neighbours of a grid of areas."""
    n = rows * columns
    r, c = np.divmod(np.arange(n), columns)
    near = (abs(r[:, None] - r) <= 1) & (abs(c[:, None] - c) <= 1) & ~np.eye(n, dtype=bool)
    return csr_array(near.astype(float))


def codes(n):
    return pd.Index([f"E{i:04}" for i in range(n)], name="area_code")


def a_factor(method="window", *, periods=("2022",), **options):
    given = {"name": "f", "label": "The f", "score": "flag", "method": method}
    if "numerator" not in options:
        given |= {"periods": periods, "exposure": "residents"}
        given |= {} if "event_groups" in options else {"source": "s"}
    return Factor(**given | options)


def counted(values, factor):
    """Counts of a factor from an array (periods, groups, n), or (n,) for one of each."""
    values = np.asarray(values, dtype=float)
    values = values.reshape(len(factor.periods), len(factor.groups), -1)
    columns = {
        (factor.name, group.label, period): values[t, g]
        for t, period in enumerate(factor.periods)
        for g, group in enumerate(factor.groups)
    }
    frame = pd.DataFrame(columns, index=codes(values.shape[-1])).astype("Int64")
    frame.columns = frame.columns.set_names(["factor", "group", "period"])
    return frame


def land(n, **columns):
    return pd.DataFrame({"residents": np.full(n, 1500.0)} | columns, index=codes(n))


def find(values, factor, weights, areas=None):
    counts = counted(values, factor)
    areas = land(len(counts)) if areas is None else areas
    return find_hotspots(counts, areas, pd.DataFrame(index=counts.index), weights, [factor])


def rates(table, factor, weights):
    """Hotspots of a factor that reads a table with the columns `of` and `all`."""
    table = pd.DataFrame(table, index=codes(len(table["of"])))
    table.columns = pd.MultiIndex.from_product([["census"], table.columns])
    nothing = pd.DataFrame(index=table.index)
    return find_hotspots(nothing, land(len(table)), table, weights, [factor])


def of_period(found, period="2022"):
    return found.table.loc[("f", period)]


def by_age(**options):
    """A factor with two strata, each expected from its own residents."""
    groups = tuple(
        EventGroup(label=band, source="s", where={"age": [band]}, exposure=band)
        for band in ("young", "old")
    )
    return a_factor(event_groups=groups, exposure=None, **options)


def ages():
    rng = np.random.default_rng(3)
    return land(120, young=rng.uniform(50, 500, 120), old=rng.uniform(500, 900, 120))


CLUSTER = [44, 45, 46, 54, 55, 56, 64, 65, 66]


@pytest.fixture(scope="module")
def clustered():
    """Counts of a 12 x 10 grid: about 3 everywhere, five times as many in a block of nine."""
    rng = np.random.default_rng(7)
    mean = np.full(120, 3.0)
    mean[CLUSTER] *= 5
    return rng.poisson(mean)


@pytest.mark.parametrize("method", ["window", "getis-ord", "poisson"])
def test_a_planted_cluster_is_found_where_it_is(clustered, method):
    table = of_period(find(clustered, a_factor(method), grid(12, 10)))
    hot = np.flatnonzero(table["is_hot"])
    assert 55 in hot
    r, c = np.divmod(hot, 10)
    assert ((r >= 3) & (r <= 7) & (c >= 3) & (c <= 7)).all()
    assert (table["confidence"].iloc[hot] >= 95).all()
    assert (table["p_adjusted"].iloc[hot] <= 0.05).all()


def test_strata_are_expected_from_a_base_each(clustered):
    half = clustered // 3
    areas, factor = ages(), by_age()
    found = of_period(find([[half, clustered - half]], factor, grid(12, 10), areas))
    expected = expected_by_strata(
        [half.sum(), (clustered - half).sum()], areas[["young", "old"]].to_numpy()
    )
    np.testing.assert_allclose(found["expected"], expected)
    np.testing.assert_array_equal(found["observed"], clustered)
    np.testing.assert_allclose(found["p"], window_excess(clustered, expected, grid(12, 10)).p)


def test_one_rate_for_all_strata_is_no_standardisation(clustered):
    areas = land(120, young=np.linspace(50, 500, 120), old=np.linspace(100, 1000, 120))
    strata = find([[clustered, clustered]], by_age(), grid(12, 10), areas)
    plain = find(2 * clustered, a_factor(exposure="old"), grid(12, 10), areas)
    np.testing.assert_allclose(of_period(strata)["p"], of_period(plain)["p"], rtol=1e-9)


def test_strata_of_several_periods_add_up(clustered):
    areas, factor = ages(), by_age(periods=("2021", "2022"))
    rng = np.random.default_rng(8)
    values = rng.poisson(clustered / 2, (2, 2, 120))
    values[1, 0] *= 3
    found = find(values, factor, grid(12, 10), areas)
    by_year = found.table["expected"].groupby("area_code").sum()
    np.testing.assert_allclose(found.pooled["expected"].to_numpy(), by_year.to_numpy())


def test_an_area_whose_stratum_is_unknown_is_not_assessed_and_sets_no_rate(clustered):
    areas, quiet = ages(), np.zeros(120, int)
    areas.iloc[3, areas.columns.get_loc("young")] = np.nan
    found = of_period(find([[clustered, clustered]], by_age(), grid(12, 10), areas))
    assert found["reason"].iloc[3] == "exposure missing"
    kept = clustered.sum() - clustered[3]
    np.testing.assert_allclose(found["expected"].sum(), 2 * kept)
    nothing = of_period(find([[quiet, quiet]], by_age(), grid(12, 10), ages()))
    assert (nothing["reason"] == "all zero").all()


@pytest.mark.parametrize("method", ["window", "poisson"])
def test_given_the_total_every_test_of_a_factor_is_binomial(clustered, method):
    found = of_period(find(clustered, a_factor(method, dispersion="given-total"), grid(12, 10)))
    asked = (clustered, np.ones(120), grid(12, 10))
    own, window = (test(*asked, dispersion="given-total").p for test in (own_excess, window_excess))
    np.testing.assert_allclose(found["own_p"], own, rtol=1e-9)
    np.testing.assert_allclose(found["p"], own if method == "poisson" else window, rtol=1e-9)
    assert found["is_hot"].any()


def test_the_named_dispersion_is_taken_and_printed(clustered):
    for asked, word in (("moments", "moments"), ("none", "none"), (0.25, "given")):
        found = find(clustered, a_factor(dispersion=asked), grid(12, 10))
        expected = window_excess(clustered, np.ones(120), grid(12, 10), dispersion=asked)
        np.testing.assert_allclose(of_period(found)["p"], expected.p, rtol=1e-9)
        about = found.tests.loc[("f", "2022")]
        assert about["estimator"] == word
        assert about["dispersion"] == pytest.approx(expected.dispersion)


CHOICES = [
    GetisOrd(null="conditional"),
    GetisOrd(statistic="gi"),
    GetisOrd(statistic="gi", null="total"),
    GetisOrd(p="normal"),
    GetisOrd(p="permutation", permutations=199, seed=4),
    GetisOrd(p="permutation", permutations=999, enough=20),
    GetisOrd(p="approximate", permutations=199),
]


@pytest.mark.parametrize("choice", CHOICES)
def test_getis_ord_takes_the_statistic_null_and_p_that_are_named(clustered, choice):
    weights = grid(12, 10)
    found = find(clustered, a_factor("getis-ord", getis_ord=choice, level=0.2), weights)
    expected = local_g(clustered, weights, options=choice)
    table = of_period(found)
    np.testing.assert_array_equal(table["p"], expected.p)
    np.testing.assert_array_equal(table["log_p"], expected.log_p)
    np.testing.assert_array_equal(table["z"], expected.z)
    null = found.tests.at[("f", "2022"), "null"]
    assert null.endswith(expected.null)
    assert null.startswith("Gi, ") == (choice.statistic == "gi")
    hot = table[table["is_hot"]]
    assert hot["hot_without_largest"].notna().all()
    assert hot.loc[codes(120)[[55]], "hot_without_largest"].all()


@pytest.mark.parametrize("method", ["window", "poisson"])
def test_the_logarithm_of_p_goes_on_where_p_is_too_small_for_a_number(method):
    events = np.zeros(400, dtype=np.int64)
    events[np.add.outer(np.arange(8, 12), np.arange(8, 12) * 20).ravel()] = 400
    table = of_period(
        find(events, a_factor(method, dispersion="none", neighbourhood="score"), grid(20, 20))
    )
    assert np.isfinite(table["log_p"]).all()
    assert table["log_p"].min() < -800
    shown = table["p"] > 1e-300
    np.testing.assert_allclose(np.exp(table["log_p"][shown]), table["p"][shown], rtol=1e-10)
    assert table.loc[table["p"] == 0, "is_hot"].all()


def test_the_tests_are_those_of_the_statistics(clustered):
    weights, ones = grid(12, 10), np.full(120, 1500.0)
    table = of_period(find(clustered, a_factor("window"), weights))
    expected = window_excess(clustered, ones, weights)
    np.testing.assert_allclose(table["p"], expected.p, rtol=1e-12)
    np.testing.assert_allclose(table["window_expected"], expected.expected)
    np.testing.assert_allclose(table["own_p"], own_excess(clustered, ones, weights).p, rtol=1e-9)
    np.testing.assert_array_equal(
        table["p_adjusted"], adjust(table["p"].to_numpy(), "benjamini-hochberg")
    )
    table = of_period(find(clustered, a_factor("getis-ord"), weights))
    gi = gi_star(clustered, with_self(weights))
    np.testing.assert_array_equal(table["p"], gi.p)
    np.testing.assert_array_equal(table["z"], gi.z)
    np.testing.assert_array_equal(table["value"], gi.z)


def test_correction_level_and_tail_are_the_factors(clustered):
    weights = grid(12, 10)
    loose = find(
        clustered,
        a_factor(correction="none", level=0.1, tail="strict", neighbourhood="score"),
        weights,
    )
    p = window_excess(clustered, np.full(120, 1500.0), weights, tail="strict").p
    np.testing.assert_array_equal(of_period(loose)["is_hot"], p <= 0.1)
    assert loose.tests.loc[("f", "2022"), "hot"] == (p <= 0.1).sum()


def test_kind_says_which_of_the_two_tests_is_significant():
    x = np.full(120, 10)
    x[55] = 60
    x[[2, 12, 3, 13, 4, 14]] = 30
    x[23] = 14
    table = of_period(find(x, a_factor("window", dispersion="none"), grid(12, 10)))
    assert table["kind"].iloc[55] == "both"
    assert table["kind"].iloc[54] == "next door"
    assert table["kind"].iloc[23] == "neighbourhood"
    assert table["kind"].iloc[100] == ""
    alone = of_period(find(x, a_factor("poisson", dispersion="none"), grid(12, 10)))
    assert alone["is_hot"].tolist() == (alone["own_p_adjusted"] <= 0.05).tolist()
    assert alone["kind"].iloc[54] == "neighbourhood"
    assert not alone["is_hot"].iloc[54]


def a_spike():
    spike = np.random.default_rng(2).poisson(3.0, 120)
    spike[55] = 40
    return spike


def test_a_lone_spike_is_not_hot_without_its_largest_area():
    table = of_period(find(a_spike(), a_factor(dispersion="none"), grid(12, 10)))
    assert table["is_hot"].iloc[55]
    assert not table["hot_without_largest"].iloc[55]


def test_a_lone_spike_is_never_hot_by_gi_star_because_any_draw_may_hold_it():
    table = of_period(find(a_spike(), a_factor("getis-ord"), grid(12, 10)))
    assert table["p"].iloc[55] > 0.04
    assert not table["is_hot"].any()


@pytest.mark.parametrize("method", ["window", "getis-ord"])
def test_a_cluster_stays_hot_without_its_largest_area(clustered, method):
    table = of_period(find(clustered, a_factor(method), grid(12, 10)))
    assert table["hot_without_largest"].iloc[55]
    assert table["hot_without_largest"].isna().tolist() == (~table["is_hot"]).tolist()


DISORDER = (
    EventGroup(label="asb", source="s", weight=1),
    EventGroup(label="arson", source="s", weight=5),
)


@pytest.mark.parametrize("method", ["window", "getis-ord", "poisson"])
def test_weighted_events_add_up_and_name_the_group_that_makes_them_hot(method):
    rng = np.random.default_rng(4)
    asb, arson = rng.poisson(8.0, 120), rng.poisson(0.2, 120)
    asb[CLUSTER] += 25
    arson[[98, 99, 109]] += 12
    factor = a_factor(method, event_groups=DISORDER, dispersion="none")
    found = find([asb, arson], factor, grid(12, 10))
    table = of_period(found)
    np.testing.assert_array_equal(table["observed"], asb + 5 * arson)
    assert table["is_hot"].iloc[[55, 99]].all()
    assert table["largest_group"].iloc[[55, 99, 0]].tolist() == ["asb", "arson", ""]
    assert not table["hot_without_group"].iloc[[55, 99]].any()
    assert table["hot_without_group"].isna().tolist() == (~table["is_hot"]).tolist()
    assert found.tests["total"].iloc[0] == (asb + 5 * arson).sum()
    assert found.tests["average"].iloc[0] == pytest.approx((asb + 5 * arson).mean())


@pytest.mark.parametrize("method", ["window", "getis-ord", "poisson"])
def test_decimal_weights_are_tested_as_their_steps_and_told_in_days(method):
    rng = np.random.default_rng(4)
    counts = rng.poisson([[8.0], [0.4]], (2, 120))
    counts[:, CLUSTER] += [[25], [3]]
    found, whole = (
        find(
            counts,
            a_factor(
                method,
                dispersion="none",
                event_groups=tuple(
                    EventGroup(label=f"{i}", source="s", weight=w) for i, w in enumerate(weights)
                ),
            ),
            grid(12, 10),
        )
        for weights in ((7.5, 182.25), (10, 243))
    )
    table, steps = of_period(found), of_period(whole)
    assert table["observed"].tolist() == (7.5 * counts[0] + 182.25 * counts[1]).tolist()
    numbers = ["observed", "expected", "window_observed", "window_expected"]
    np.testing.assert_allclose(table[numbers], 0.75 * steps[numbers], rtol=1e-12)
    unchanged = [
        "p",
        "p_adjusted",
        "z",
        "ratio",
        "ratio_low",
        "window_ratio",
        "value",
        "is_hot",
        "events",
    ]
    pd.testing.assert_frame_equal(table[unchanged], steps[unchanged])
    assert table["is_hot"].any()
    assert found.tests["total"].iloc[0] == pytest.approx(table["observed"].sum())


def test_a_rate_of_weighted_events_is_in_days_per_resident():
    harm = (EventGroup(label="a", source="s", weight=7.5), EventGroup(label="b", source="s"))
    asked = Factor(
        name="f",
        label="The f",
        score="value",
        method="value",
        periods=("2022",),
        exposure="residents",
        event_groups=harm,
    )
    table = of_period(find(np.array([[2, 0, 1], [3, 1, 0]]), asked, grid(1, 3)))
    assert table["value"].tolist() == [18 / 1500, 1 / 1500, 7.5 / 1500]


def test_weighted_windows_follow_the_compound_law(clustered):
    counts = np.array([clustered, clustered[::-1] // 4])
    weights, ones = grid(12, 10), np.full(120, 1500.0)
    table = of_period(find(counts, a_factor(event_groups=DISORDER), weights))
    found = compound_excess(counts.T, [1, 5], ones, weights)
    np.testing.assert_allclose(table["p"], found.p, rtol=1e-12)
    assert table["events"].sum() == pytest.approx((with_self(weights) @ counts.sum(axis=0)).sum())


def test_nothing_anywhere_is_a_reason_and_no_number():
    found = find(np.zeros(9), a_factor(), grid(3, 3))
    table = of_period(found)
    assert (table["reason"] == "all zero").all()
    assert (table["observed"] == 0).all()
    assert table[["p", "p_adjusted", "ratio", "value"]].isna().all(axis=None)
    assert not table["is_hot"].any()
    assert found.tests.loc[("f", "2022"), "hot"] == 0


def test_the_same_count_everywhere_is_constant_for_gi_star_and_plain_for_a_window():
    constant = of_period(find(np.full(16, 4), a_factor("getis-ord"), grid(4, 4)))
    assert (constant["reason"] == "constant").all()
    assert constant["p"].isna().all()
    window = of_period(find(np.full(16, 4), a_factor("window"), grid(4, 4)))
    assert (window["reason"] == "").all()
    assert not window["is_hot"].any()


@pytest.mark.parametrize("method", ["window", "getis-ord"])
def test_a_window_that_is_the_whole_map_cannot_be_tested(method):
    everyone = csr_array(np.ones((3, 3)) - np.eye(3))
    table = of_period(find([9, 1, 1], a_factor(method), everyone))
    assert (table["reason"] == "window is the whole map").all()
    assert table[["p", "value"]].isna().all(axis=None)
    assert table["confidence"].isna().all()


def test_one_area_is_its_own_map():
    table = of_period(find([9], a_factor("poisson"), csr_array((1, 1))))
    assert table["reason"].tolist() == ["window is the whole map"]


def island(n):
    """A grid of areas with one more that has no neighbour."""
    weights = grid(n, n).toarray()
    alone = np.zeros((n * n + 1, n * n + 1))
    alone[:-1, :-1] = weights
    return csr_array(alone)


def test_an_island_is_flagged_and_its_window_is_itself():
    x = np.array([*np.random.default_rng(1).poisson(3, 25), 30])
    table = of_period(find(x, a_factor("window"), island(5)))
    assert table["flag"].iloc[-1] == "no neighbour"
    assert table["window_observed"].iloc[-1] == 30
    assert table["reason"].iloc[-1] == ""
    gi = of_period(find(x, a_factor("getis-ord"), island(5)))
    assert gi["reason"].iloc[-1] == "no neighbour"
    assert (gi["flag"].iloc[:-1] == "").all()


def test_areas_at_the_edge_are_flagged_where_that_is_known():
    areas = land(9, on_boundary=[True] * 4 + [False] + [True] * 4)
    table = of_period(find(np.arange(9), a_factor(), grid(3, 3), areas))
    assert table["flag"].tolist().count("edge of the study area") == 8


def test_what_cannot_be_assessed_leaves_its_neighbours_windows():
    x = np.arange(1.0, 10)
    x[0] = np.nan
    areas = land(9)
    areas.loc["E0001", "residents"] = np.nan
    areas.loc["E0002", "residents"] = 0
    found = find(x, a_factor(), grid(3, 3), areas)
    table = of_period(found)
    assert table["reason"].tolist()[:4] == ["not covered", "exposure missing", "no exposure", ""]
    assert table["window_observed"].iloc[4] == x[3:].sum()
    assert table["expected"].sum() == pytest.approx(x[3:].sum())
    # The middle, and the middle of the lower row, have all six that are left in their windows.
    whole_map = ["", "window is the whole map", "", "", "window is the whole map", ""]
    assert table["reason"].tolist()[3:] == whole_map
    assert table["p"].isna().tolist() == [True] * 3 + [reason != "" for reason in whole_map]
    assert found.tests.loc[("f", "2022"), ["not_assessed", "total"]].tolist()[1] == x[3:].sum()


def test_a_factor_without_a_hot_area_is_a_result():
    found = find(np.tile([2, 3], 60), a_factor(), grid(12, 10))
    summary = found.tests.loc[("f", "2022")]
    assert summary["hot"] == 0
    assert summary["assessed"] == 120
    assert (of_period(found)["confidence"] == 0).all()


def test_a_share_above_the_threshold_is_hot_and_at_it_is_not():
    factor = a_factor(
        "threshold", source="census", numerator="of", denominator="all", threshold=0.25
    )
    of, everyone = [25.0, 26, 10, np.nan, 3], [100.0, 100, 40, 100, 0]
    found = rates({"of": of, "all": everyone}, factor, grid(1, 5))
    table = of_period(found, "")
    assert table["is_hot"].tolist() == [False, True, False, False, False]
    assert table["value"].tolist()[:3] == [0.25, 0.26, 0.25]
    assert table["reason"].tolist() == ["", "", "", "missing", "no exposure"]
    assert table["p"].isna().all()
    assert table["confidence"].isna().all()
    assert found.tests.loc[("f", ""), "hot"] == 1
    assert "0.25" in found.tests.loc[("f", ""), "null"]


def test_a_value_is_taken_as_it_is():
    factor = a_factor("value", source="census", numerator="of", denominator="all")
    table = of_period(rates({"of": [1.0, 3], "all": [4.0, 4]}, factor, grid(1, 2)), "")
    assert table["value"].tolist() == [0.25, 0.75]
    assert not table["is_hot"].any()


def test_a_table_is_tested_against_its_own_denominator():
    rng = np.random.default_rng(6)
    everyone = rng.integers(800, 2000, 100).astype(float)
    of = rng.binomial(everyone.astype(int), 0.1).astype(float)
    of[50] = everyone[50] * 0.3
    of = of.round()
    factor = a_factor("poisson", source="census", numerator="of", denominator="all")
    table = of_period(rates({"of": of, "all": everyone}, factor, grid(10, 10)), "")
    expected = own_excess(of, everyone, grid(10, 10))
    np.testing.assert_allclose(table["p"], expected.p, rtol=1e-9)
    assert table["is_hot"].to_numpy().nonzero()[0].tolist() == [50]
    np.testing.assert_allclose(table["expected"], everyone * of.sum() / everyone.sum())


def test_intervals_are_byars_and_hold_the_ratio(clustered):
    table = of_period(find(clustered, a_factor(), grid(12, 10)))
    assert (table["ratio_low"] <= table["ratio"]).all()
    assert (table["ratio"] <= table["ratio_high"]).all()


def test_dispersion_and_what_it_does_to_the_number_of_hot_areas_are_told():
    rng = np.random.default_rng(11)
    x = rng.poisson(rng.gamma(2, 0.5, 400) * 8)
    found = find(x, a_factor(neighbourhood="score"), grid(20, 20)).tests.loc[("f", "2022")]
    plain = find(x, a_factor(dispersion="none", neighbourhood="score"), grid(20, 20))
    assert found["dispersion"] == pytest.approx(0.5, abs=0.25)
    assert found["estimator"] == "pair-ratio"
    assert found["hot_without_dispersion"] == of_period(plain)["is_hot"].sum()
    assert found["hot"] < found["hot_without_dispersion"]
    assert plain.tests["hot_without_dispersion"].iloc[0] == plain.tests["hot"].iloc[0]


def test_the_summary_counts_bands_and_names_its_null(clustered):
    weights = grid(12, 10)
    found = find(clustered, a_factor("getis-ord"), weights)
    table, summary = of_period(found), found.tests.loc[("f", "2022")]
    for band in (90, 95, 99):
        assert summary[f"hot_{band}"] == (table["confidence"] >= band).sum()
    assert "exchangeable" in summary["null"]
    assert np.isnan(summary["dispersion"])
    assert pd.isna(summary["hot_without_dispersion"])
    assert summary["moran_i"] == pytest.approx(moran(clustered, weights).statistic)


TWO = ("2021", "2022")


def test_all_periods_together_are_tested_as_their_sum(clustered):
    weights = grid(12, 10)
    later = np.roll(clustered, 1)
    for method in ("window", "getis-ord", "poisson"):
        pooled = find([clustered, later], a_factor(method, periods=TWO), weights).pooled.loc["f"]
        added = of_period(find(clustered + later, a_factor(method), weights))
        np.testing.assert_allclose(pooled["p_adjusted"], added["p_adjusted"], rtol=1e-9)
        np.testing.assert_allclose(pooled["expected"], added["expected"])


def test_an_area_covered_in_some_periods_is_pooled_over_those():
    first = np.array([np.nan, 4, 4, 4, 4, 4, 4, 4, 4])
    second = np.full(9, 8.0)
    pooled = find([first, second], a_factor(periods=TWO), grid(3, 3)).pooled.loc["f"]
    np.testing.assert_allclose(pooled["observed"], [8] + [12] * 8)
    np.testing.assert_allclose(pooled["expected"], [8] + [12] * 8)
    gi = find([first, second], a_factor("getis-ord", periods=TWO), grid(3, 3)).pooled.loc["f"]
    assert gi["reason"].iloc[0] == "not covered in every period"


def test_one_period_has_nothing_to_pool(clustered):
    pooled = find(clustered, a_factor(), grid(12, 10)).pooled
    assert pooled.empty
    assert "p_adjusted" in pooled.columns
    assert pooled.index.names == ["factor", "area_code"]


@pytest.mark.parametrize("turned", [False, True])
def test_tables_are_long_in_the_order_of_factors_periods_and_areas(clustered, turned):
    b, a = a_factor(name="b", periods=TWO), a_factor("getis-ord", name="a")
    counts = pd.concat([counted([clustered, clustered], b), counted(clustered, a)], axis=1)
    factors = [a, b] if turned else [b, a]
    found = find_hotspots(counts, land(120), pd.DataFrame(index=codes(120)), grid(12, 10), factors)
    assert found.table.index.names == ["factor", "period", "area_code"]
    keys = [("b", "2021"), ("b", "2022"), ("a", "2022")]
    keys = [keys[2], *keys[:2]] if turned else keys
    assert [*dict.fromkeys(found.table.index.droplevel(2))] == keys
    assert found.tests.index.tolist() == keys
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found.table.loc[("b", "2022")].index.equals(codes(120))
        assert found.table.loc[("a", "2022", "E0003"), "observed"] == clustered[3]


def test_an_area_that_nothing_covers_is_not_assessed_rather_than_zero():
    found = find(np.full(9, np.nan), a_factor(), grid(3, 3))
    assert (of_period(found)["reason"] == "not covered").all()
    assert of_period(found)["observed"].isna().all()
    assert found.tests["assessed"].iloc[0] == 0


@examples(5)
@given(seed=st.integers(0, 2**16), method=st.sampled_from(["window", "getis-ord", "poisson"]))
def test_the_order_of_the_areas_does_not_matter(seed, method):
    rng = np.random.default_rng(seed)
    x, order, weights = rng.poisson(2.0, 30), rng.permutation(30), grid(6, 5)
    x[0] += 3
    shuffled = csr_array(weights.toarray()[np.ix_(order, order)])
    one = of_period(find(x, a_factor(method), weights))
    two = of_period(find(x[order], a_factor(method), shuffled))
    np.testing.assert_allclose(two[FLOATS], one[FLOATS].iloc[order], rtol=1e-8, atol=1e-9)


@examples(5)
@given(scale=st.floats(0.01, 1000))
def test_the_unit_of_the_exposure_does_not_matter(scale):
    rng = np.random.default_rng(3)
    x, residents = rng.poisson(2.0, 30), rng.uniform(500, 3000, 30)
    one = of_period(find(x, a_factor(), grid(6, 5), land(30, residents=residents)))
    two = of_period(find(x, a_factor(), grid(6, 5), land(30, residents=residents * scale)))
    np.testing.assert_allclose(two[FLOATS], one[FLOATS], rtol=1e-7)


def test_hotter_than_the_surroundings_is_a_named_choice():
    gpd = pytest.importorskip("geopandas")
    n = 15
    x, y = (part.ravel() for part in np.meshgrid(np.arange(n * 2), np.arange(n * 2)))
    areas = gpd.GeoDataFrame(
        {"residents": np.full(len(x), 1500.0)},
        geometry=gpd.points_from_xy(x, y, crs="EPSG:27700").buffer(0.5),
        index=codes(len(x)),
    )
    slope = np.random.default_rng(5).poisson(2 + x)
    weights = grid(n * 2, n * 2)
    county = find(slope, a_factor(), weights, areas)
    local = find(slope, a_factor(background="local"), weights, areas)
    assert of_period(county)["is_hot"].sum() > 5 * of_period(local)["is_hot"].sum()
    assert "200 nearest" in local.tests["null"].iloc[0]
    east = of_period(local)["expected"].to_numpy()[x == 29].mean()
    assert east > 2 * of_period(county)["expected"].mean() - 10


def test_absent_counts_and_bases_are_named():
    factor = a_factor()
    counts = counted(np.ones(9), factor)
    nothing = pd.DataFrame(index=counts.index)
    with pytest.raises(DataError, match="residents"):
        find_hotspots(counts, nothing, nothing, grid(3, 3), [factor])
    with pytest.raises(DataError, match="2021"):
        find_hotspots(counts, land(9), nothing, grid(3, 3), [a_factor(periods=TWO)])


def test_every_method_of_the_config_is_there():
    assert set(METHODS) == {"window", "getis-ord", "poisson", "threshold", "value"}


def lattice(oracles):
    folder = oracles / "hotspots"
    data = pd.read_csv(folder / "lattice_data.csv")
    edges = pd.read_csv(folder / "lattice_queen.csv")
    weights = csr_array((np.ones(len(edges)), (edges["i"], edges["j"])), shape=(len(data),) * 2)
    return folder, data, weights


def test_a_plain_window_test_equals_that_of_spdep(oracles):
    folder, data, weights = lattice(oracles)
    areas = land(len(data), residents=data["pop"].to_numpy(float))
    factor = a_factor(dispersion="none", tail="strict", correction="none")
    table = of_period(find(data["y2025"], factor, weights, areas))
    truth = pd.read_csv(folder / "spdep_lattice_y2025_rates.csv")
    np.testing.assert_allclose(table["p"], truth["win_pois_upper"], rtol=1e-10)
    np.testing.assert_allclose(table["own_p"], truth["pois_upper"], rtol=1e-10)
    np.testing.assert_allclose(table["window_expected"], truth["win_E"], rtol=1e-12)
    np.testing.assert_allclose(
        table["ratio_low"] * table["expected"], truth["byar_lo95"], atol=1e-9
    )


def test_gi_star_of_the_lattice_equals_brute_force_and_spdep(oracles):
    folder, data, weights = lattice(oracles)
    table = of_period(find(data["y2025"], a_factor("getis-ord"), weights))
    exact = pd.read_csv(folder / "exact_lattice_y2025.csv")
    np.testing.assert_allclose(table["p"], exact["Gstar_total_upper"], rtol=1e-11)
    z = pd.read_csv(folder / "spdep_lattice_y2025_localG.csv")["Gstar_B_z"]
    np.testing.assert_allclose(table["z"], z, atol=1e-10)


def test_the_number_of_threads_changes_nothing(clustered, monkeypatch):
    factor = a_factor(periods=TWO)
    many = find([clustered, clustered[::-1]], factor, grid(12, 10))
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    one = find([clustered, clustered[::-1]], factor, grid(12, 10))
    for a, b in zip(one, many, strict=True):
        pd.testing.assert_frame_equal(a, b)


# Context: areas around the study area


@pytest.mark.parametrize("method", ["window", "poisson", "getis-ord"])
def test_context_is_in_windows_and_is_not_assessed(method):
    rng = np.random.default_rng(3)
    values, weights, factor = rng.poisson(3, 64), grid(8, 8), a_factor(method)
    around = np.isin(np.arange(64) // 8, (0, 7))
    whole = find(values, factor, weights).table
    found = find(values, factor, weights, land(64).assign(is_context=around)).table
    assert found["p"].isna().tolist() == around.tolist()
    assert (found["reason"] == np.where(around, "context", "")).all()
    assert found["p"].to_numpy()[~around] == pytest.approx(whole["p"].to_numpy()[~around])
    expected = adjust(whole["p"].to_numpy()[~around], "benjamini-hochberg")
    assert found["p_adjusted"].to_numpy()[~around] == pytest.approx(expected)
    assert not found["is_hot"].to_numpy()[around].any()
    assert (found["kind"].to_numpy()[around] == "").all()
    assert found["own_p"].isna().tolist() == around.tolist()


def test_context_has_no_share():
    factor = a_factor(
        "threshold",
        numerator="few",
        denominator="all",
        threshold=0.25,
        score="threshold",
        source="t",
    )
    tables = pd.DataFrame({("t", "few"): [1.0, 2, 3], ("t", "all"): 4.0}, index=codes(3))
    areas = land(3).assign(is_context=[False, False, True])
    counts = pd.DataFrame(index=codes(3))
    found = find_hotspots(counts, areas, tables, grid(1, 3), [factor])
    assert found.table["is_hot"].tolist() == [False, True, False]
    assert found.table["reason"].tolist() == ["", "", "context"]
    assert found.table["value"].isna().tolist() == [False, False, True]
    assert found.tests[["assessed", "not_assessed", "hot"]].to_numpy().tolist() == [[2, 0, 1]]


def test_a_share_above_one_is_refused():
    codes = pd.Index(["a", "b"], name="area_code")
    columns = pd.MultiIndex.from_tuples([("t", "part"), ("t", "all")])
    tables = pd.DataFrame([[5.0, 10.0], [11.0, 10.0]], index=codes, columns=columns)
    factor = Factor(
        name="f",
        label="F",
        source="t",
        numerator="part",
        denominator="all",
        method="threshold",
        threshold=0.25,
        score="threshold",
    )
    areas = pd.DataFrame(index=codes)
    with pytest.raises(DataError, match="larger than all in 1 areas"):
        find_hotspots(pd.DataFrame(index=codes), areas, tables, csr_array((2, 2)), [factor])


# Next door is not here


def takeley():
    """An area without an event beside one of fifty, as beside an airport."""
    x = np.random.default_rng(8).poisson(2.0, 120)
    x[55], x[54] = 50, 0
    return x


@pytest.mark.parametrize("neighbourhood", ["none", "half"])
def test_an_area_without_events_of_its_own_is_next_door_and_never_hot(neighbourhood):
    wanted = a_factor("window", dispersion="none", neighbourhood=neighbourhood)
    found = find(takeley(), wanted, grid(12, 10))
    table = of_period(found)
    beside = table.iloc[54]
    assert beside["window_observed"] >= 50 > 3 * beside["window_expected"] / 2
    assert beside["p_adjusted"] < 0.01
    assert (beside["kind"], beside["is_hot"], beside["confidence"]) == ("next door", False, 0)
    assert beside["near_confidence"] == 99
    assert table.iloc[55][["kind", "is_hot", "confidence"]].tolist() == ["both", True, 99]
    assert found.tests["next_door"].iloc[0] == (table["kind"] == "next door").sum()


def test_a_window_that_is_hot_through_one_area_gives_it_the_confidence():
    table = of_period(find(takeley(), a_factor("window", dispersion="none"), grid(12, 10)))
    around = [44, 45, 46, 54, 56, 64, 65, 66]
    assert (table["kind"].iloc[around] == "next door").all()
    assert (table["observed"].iloc[around] > table["expected"].iloc[around]).any()
    assert table.index[table["is_hot"]].tolist() == [table.index[55]]
    assert not table["hot_without_largest"].iloc[55]
    assert table["hot_without_largest"].iloc[around].isna().all()


def test_a_published_list_of_hotspots_keeps_what_is_next_door_and_says_so():
    wanted = a_factor("window", dispersion="none", neighbourhood="score")
    table = of_period(find(takeley(), wanted, grid(12, 10)))
    assert table.iloc[54][["kind", "is_hot", "confidence"]].tolist() == ["next door", True, 99]
    np.testing.assert_array_equal(table["is_hot"], table["p_adjusted"] <= 0.05)
    assert (table["near_confidence"] == 0).all()


counts_of_a_map = st.lists(st.integers(0, 30), min_size=120, max_size=120)


@examples(8)
@given(counts_of_a_map, st.sampled_from(["window", "getis-ord"]))
def test_nothing_is_hot_on_fewer_events_of_its_own_than_expected(x, method):
    found = find(np.array(x), a_factor(method), grid(12, 10))
    table = of_period(found)
    hot = table["is_hot"].to_numpy(bool)
    assert (table["observed"][hot] > table["expected"][hot]).all()
    assert not (table["kind"][hot] == "next door").any()
    significant = (table["p_adjusted"] <= 0.05).to_numpy()
    np.testing.assert_array_equal(significant, hot | (table["kind"] == "next door").to_numpy())
