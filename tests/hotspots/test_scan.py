from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine import examples
from scipy.stats import gumbel_r
from small_maps import lattice

from riskindex.errors import DataError
from riskindex.factors import EventGroup, Factor
from riskindex.hotspots import scan as module
from riskindex.hotspots.scan import (
    growing_zones,
    gumbel_tail,
    log_likelihood_ratio,
    scan,
    scan_for_clusters,
)

LINE = np.column_stack([np.arange(6.0), np.zeros(6)])


def points(rows, columns):
    y, x = np.divmod(np.arange(rows * columns), columns)
    return np.column_stack([x, y]).astype(float)


def drawn(n, *, mean, dispersion, seed):
    rng = np.random.default_rng(seed)
    risk = rng.gamma(1 / dispersion, dispersion, n) if dispersion else np.ones(n)
    return rng.poisson(mean * risk).astype(float)


def members(found):
    return [sorted(one.areas.tolist()) for one in found]


# By hand


def test_log_likelihood_ratio_by_hand():
    # 6 of 10 events where 2 were expected.
    expected = 6 * log(6 / 2) + 4 * log(4 / 8)
    assert log_likelihood_ratio([6], [2.0], 10) == pytest.approx([expected], rel=1e-14)


def test_no_excess_has_no_likelihood_ratio():
    assert list(log_likelihood_ratio([2, 1, 0], [2.0, 2.0, 2.0], 10)) == [0, 0, 0]


def test_all_events_in_a_zone():
    assert log_likelihood_ratio([10], [2.0], 10) == pytest.approx([10 * log(5)])


def test_zones_grow_by_the_nearest_area():
    zones = growing_zones(np.ones(6), LINE, share=0.5, most=50)
    assert zones.near[:, 0].tolist() == [0, 1, 2]
    assert zones.near[:, 5].tolist() == [5, 4, 3]


def test_of_areas_as_near_as_each_other_the_first_comes_first():
    assert growing_zones(np.ones(6), LINE, share=1, most=3).near[:, 2].tolist() == [2, 1, 3]


def test_a_zone_holds_no_more_than_its_share_but_an_area_by_itself_is_one():
    zones = growing_zones([9.0, 1, 1, 1, 1, 1], LINE, share=3 / 14)
    assert zones.inside.sum(axis=0).tolist() == [1, 1, 3, 3, 3, 3]


def test_a_zone_holds_no_more_areas_than_are_allowed():
    assert growing_zones(np.ones(100), points(10, 10), share=1, most=7).near.shape == (7, 100)


def test_a_planted_block_is_found_with_its_counts():
    counts, means = np.ones(400), np.ones(400)
    block = [r * 20 + c for r in (4, 5, 6) for c in (4, 5, 6)]
    counts[block] = 6
    first, *others = scan(counts, means, points(20, 20), replicates=99)
    assert sorted(first.areas.tolist()) == block
    assert first.areas[0] == 5 * 20 + 5
    assert first.observed == 54
    assert first.expected == pytest.approx(9 * (400 + 45) / 400)
    assert first.p < 1e-6
    assert others == []


def test_two_clusters_share_no_area():
    counts, means = np.ones(400), np.ones(400)
    counts[[0, 1, 20, 21]], counts[[378, 379, 398, 399]] = 12, 9
    found = scan(counts, means, points(20, 20), replicates=99)
    assert members(found) == [[0, 1, 20, 21], [378, 379, 398, 399]]
    assert found[0].log_likelihood_ratio > found[1].log_likelihood_ratio


def test_nothing_happened():
    assert scan(np.zeros(25), np.ones(25), points(5, 5)) == []


def test_one_area():
    assert scan([3], [1.0], [[0.0, 0.0]], replicates=9) == []


def test_counts_like_the_means_have_no_cluster():
    means = np.arange(1.0, 26)
    assert scan(means, means, points(5, 5), replicates=19, level=1) == []


@pytest.mark.parametrize(
    ("counts", "means"), [([1, 2], [1.0]), ([1, 2], [1.0, 0.0]), ([1, 2], [1.0, np.nan])]
)
def test_counts_and_means_must_fit_together(counts, means):
    with pytest.raises(DataError, match="about the same areas"):
        scan(counts, means, LINE[:2])


def test_gumbel_tail_is_that_of_scipy():
    maxima = gumbel_r.rvs(3, 2, size=500, random_state=1)
    scale = maxima.std(ddof=1) * 6**0.5 / np.pi
    law = gumbel_r(maxima.mean() - np.euler_gamma * scale, scale)
    values = np.array([1.0, 5, 20, 100])
    assert gumbel_tail(values, maxima) == pytest.approx(law.sf(values), rel=1e-12)


def test_maxima_that_are_all_the_same_give_no_tail_beyond():
    assert gumbel_tail([3.0], [1.0, 1.0, 1.0]) == [0]


# Laws


def brute_force(counts, means, where, *, share, most, dispersion, jumps):
    """The largest statistic, zone by zone."""
    x, mu = counts @ jumps, means * (counts.sum(0) / means.sum(0))
    m1, m2 = mu @ jumps, mu @ jumps**2
    best = 0.0
    for i in range(len(x)):
        distance = np.round(np.hypot(*(where - where[i]).T), 6)
        distance[i] = -1
        order = np.lexsort((np.arange(len(x)), distance))
        for k in range(1, most + 1):
            zone = order[:k]
            c, e, total = x[zone].sum(), m1[zone].sum(), x.sum()
            if (k > 1 and e > share * total * (1 + 1e-12)) or c <= e:
                continue
            ratio = c * log(c / e) + (
                (total - c) * log((total - c) / (total - e)) if c < total else 0
            )
            variance = (m2 + dispersion * m1**2)[zone].sum()
            best = max(best, ratio / (variance / e))
    return best


@examples(10)
@given(
    seed=st.integers(0, 10**6),
    dispersion=st.sampled_from([0, 0.5, 3.0]),
    jumps=st.sampled_from([(1,), (1, 3)]),
    share=st.sampled_from([0.05, 0.3]),
)
def test_the_largest_statistic_is_that_of_brute_force(seed, dispersion, jumps, share):
    rng = np.random.default_rng(seed)
    means = rng.lognormal(0, 0.6, (30, len(jumps)))
    counts, where, jumps = rng.poisson(means), rng.uniform(0, 9, (30, 2)), np.array(jumps)
    if not counts.any(axis=0).all():
        return
    options = {"share": share, "most": 12, "dispersion": dispersion}
    found = scan(counts, means, where, jumps=jumps, replicates=3, level=1, **options)
    expected = brute_force(counts, means, where, jumps=jumps, **options)
    assert found[0].log_likelihood_ratio == pytest.approx(expected, abs=2e-9)


@examples(5)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-6, 7.0, 1e9]))
def test_the_unit_of_exposure_changes_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    counts, means = rng.poisson(2, 49), rng.uniform(1, 2, 49)
    plain, scaled = (
        scan(counts, m, points(7, 7), replicates=9, level=1) for m in (means, means * scale)
    )
    assert members(plain) == members(scaled)
    assert [one.p for one in plain] == pytest.approx([one.p for one in scaled])


@examples(5)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_areas_changes_no_statistic(seed):
    rng = np.random.default_rng(seed)
    counts, means, where = rng.poisson(2, 40), rng.uniform(1, 2, 40), rng.uniform(0, 9, (40, 2))
    order = rng.permutation(40)
    first, again = (
        scan(counts[o], means[o], where[o], replicates=3, level=1) for o in (np.arange(40), order)
    )
    ratios = [[one.log_likelihood_ratio for one in found] for found in (first, again)]
    assert ratios[0] == pytest.approx(ratios[1], abs=2e-9)


@examples(5)
@given(seed=st.integers(0, 10**6))
def test_clusters_fall_and_their_p_rises(seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(1, 1, 100)).astype(float)
    found = scan(counts, np.ones(100), points(10, 10), replicates=39, level=1)
    ratios, p = [one.log_likelihood_ratio for one in found], [one.p for one in found]
    assert ratios == sorted(ratios, reverse=True)
    assert p == sorted(p)
    areas = np.concatenate([one.areas for one in found])
    assert len(areas) == len(set(areas.tolist()))


def test_a_group_twice_as_heavy_is_the_same_map():
    counts = drawn(100, mean=2, dispersion=0, seed=3)
    plain, heavy = (
        scan(counts, np.ones(100), points(10, 10), jumps=[a], replicates=19, level=1)
        for a in (1, 2)
    )
    assert members(plain) == members(heavy)
    assert [one.p for one in plain] == pytest.approx([one.p for one in heavy])


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(monkeypatch, threads):
    counts = drawn(100, mean=2, dispersion=1, seed=5)
    expected = scan(counts, np.ones(100), points(10, 10), dispersion=0.5, replicates=49, level=1)
    monkeypatch.setattr(module.os, "cpu_count", lambda: threads)
    found = scan(counts, np.ones(100), points(10, 10), dispersion=0.5, replicates=49, level=1)
    assert [one.p for one in found] == [one.p for one in expected]


def test_another_seed_is_another_simulation():
    counts = drawn(100, mean=2, dispersion=1, seed=5)
    p = {scan(counts, np.ones(100), points(10, 10), seed=s, level=1)[0].p for s in (1, 2)}
    assert len(p) == 2
    assert max(p) - min(p) < 0.05


# Calibration


def false_alarms(maps, *, mean, dispersion, rows=12, replicates=99):
    where, n = points(rows, rows), rows**2
    found = [
        scan(
            drawn(n, mean=mean, dispersion=dispersion, seed=s),
            np.ones(n),
            where,
            dispersion=dispersion,
            replicates=replicates,
            seed=s,
        )
        for s in range(maps)
    ]
    return sum(bool(clusters) for clusters in found) / maps


@pytest.mark.parametrize("dispersion", [0, 1.0])
def test_a_map_without_a_cluster_rarely_shows_one(dispersion):
    # .05 with a standard error of .022 in 100 maps.
    assert false_alarms(100, mean=1, dispersion=dispersion) <= 0.13


@pytest.mark.long
@pytest.mark.parametrize("dispersion", [0, 0.2, 1.0, 2.5])
@pytest.mark.parametrize("mean", [0.3, 1, 5])
def test_the_chance_of_a_false_cluster_is_as_stated(mean, dispersion):
    found = false_alarms(400, mean=mean, dispersion=dispersion, rows=20, replicates=199)
    # Three standard errors of .011 around .05.
    assert 0.015 <= found <= 0.085


def test_dispersed_counts_without_a_cluster_look_clustered_to_the_plain_scan():
    where = points(12, 12)
    maps = [drawn(144, mean=5, dispersion=1, seed=s) for s in range(10)]
    plain = [scan(x, np.ones(144), where, replicates=39) for x in maps]
    allowed = [scan(x, np.ones(144), where, replicates=39, dispersion=1) for x in maps]
    assert sum(map(bool, plain)) == 10
    assert sum(map(bool, allowed)) <= 3


# The stage


def a_county(counts, groups=("all",)):
    shapely = pytest.importorskip("shapely")
    codes = pd.Index([f"E{i:03}" for i in range(100)], name="area_code")
    shapes = [shapely.box(x, y, x + 1, y + 1) for x, y in points(10, 10)]
    areas = pd.DataFrame({"residents": 1500.0, "geometry": shapes}, index=codes)
    columns = {("f", group, period): counts for group in groups for period in ("2021", "2022")}
    return pd.DataFrame(columns, index=codes).astype("Int64"), areas


def asked(**options):
    given = {"name": "f", "label": "F", "source": "s", "method": "window", "score": "flag"}
    given |= {"periods": ("2021", "2022"), "exposure": "residents", "scan": True}
    return Factor(**given | options)


def find(counts, factor, groups=("all",)):
    counts, areas = a_county(counts, groups)
    return scan_for_clusters(counts, areas, pd.DataFrame(), lattice(10, 10), [factor], seed=1)


SPOT = np.where(np.isin(np.arange(100), [23, 32, 33, 34, 43]), 15.0, 1.0)


@pytest.mark.parametrize("method", ["window", "poisson", "getis-ord"])
def test_the_stage_names_the_areas_of_a_cluster_in_the_last_period(method):
    (line,) = find(SPOT, asked(method=method)).to_dict("records")
    assert line["period"] == "2022"
    assert line["area_codes"] == "E033; E023; E032; E034; E043"
    assert (line["cluster"], line["areas"], line["observed"]) == (1, 5, 75)
    assert line["ratio"] == pytest.approx(75 / (5 * 1.7))
    assert line["p"] < 0.05


def test_weighted_events_of_several_groups():
    groups = (EventGroup(label="a", source="s"), EventGroup(label="b", source="s", weight=3))
    (line,) = find(SPOT, asked(source=None, event_groups=groups), ("a", "b")).to_dict("records")
    assert line["observed"] == 4 * 75
    days = (
        EventGroup(label="a", source="s", weight=0.25),
        EventGroup(label="b", source="s", weight=0.75),
    )
    (cluster,) = find(SPOT, asked(source=None, event_groups=days), ("a", "b")).to_dict("records")
    assert cluster == {**line, "observed": 75, "expected": line["expected"] / 4}


def test_a_group_without_an_event_adds_nothing():
    groups = (EventGroup(label="a", source="s"), EventGroup(label="b", source="s", weight=3))
    counts, areas = a_county(SPOT, ("a", "b"))
    counts.loc[:, pd.IndexSlice[:, "b"]] = 0
    factor = asked(source=None, event_groups=groups)
    found = scan_for_clusters(counts, areas, pd.DataFrame(), lattice(10, 10), [factor], seed=1)
    assert found["observed"].tolist() == [75]


def test_a_factor_that_wants_no_scan_has_none():
    found = find(SPOT, asked(scan=False))
    assert found.empty
    assert list(found) == list(module.COLUMNS)


@pytest.mark.parametrize("method", ["window", "poisson"])
def test_a_factor_that_says_nothing_is_scanned_where_that_is_quick(method, monkeypatch):
    (line,) = find(SPOT, asked(method=method, scan=None)).to_dict("records")
    assert line["area_codes"] == "E033; E023; E032; E034; E043"
    assert line["p"] < 0.01
    monkeypatch.setattr(module, "QUICK_AREAS", 99)
    assert find(SPOT, asked(method=method, scan=None)).empty


@pytest.mark.parametrize("options", [{"method": "getis-ord"}, {"scored": False}])
def test_what_is_not_scored_or_has_no_expectation_is_scanned_on_request_only(options):
    assert find(SPOT, asked(scan=None, **options)).empty
    assert len(find(SPOT, asked(**options))) == 1


def test_areas_that_are_not_assessed_are_in_no_cluster():
    counts, areas = a_county(SPOT)
    areas.loc["E034", "residents"] = np.nan
    found = scan_for_clusters(counts, areas, pd.DataFrame(), lattice(10, 10), [asked()], seed=1)
    assert found.loc[0, "area_codes"] == "E033; E023; E032; E043"


def test_a_period_without_events_has_no_cluster():
    assert find(np.zeros(100), asked()).empty
