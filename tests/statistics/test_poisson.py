from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom
from small_maps import from_edges, joined, lattice, shuffled

from riskindex.errors import DataError
from riskindex.statistics.corrections import adjust
from riskindex.statistics.poisson import (
    compound_excess,
    own_excess,
    poisson_excess,
    window_excess,
)

GROUPS = np.array([1, 2, 3, 5])


def without_largest_excess(counts, exposure, neighbours, **options):
    """Events of weight one, in windows without their most excessive area."""
    groups = np.asarray(counts, float)[:, None]
    of = "window without largest"
    return compound_excess(groups, [1], exposure, neighbours, of=of, **options)


TESTS = [window_excess, own_excess, without_largest_excess]


def drawn(neighbours, *, mean=2.0, dispersion=0.5, seed=1, uneven=True):
    rng, n = np.random.default_rng(seed), neighbours.shape[0]
    exposure = rng.lognormal(0, 0.6, n) if uneven else np.ones(n)
    risk = rng.gamma(1 / dispersion, dispersion, n) if dispersion else np.ones(n)
    return rng.poisson(mean * exposure * risk / exposure.mean()).astype(float), exposure


def is_hot(excess):
    return adjust(excess.p, "benjamini-hochberg") <= 0.05


def weighted(neighbours, *, seed=1):
    rng, n = np.random.default_rng(seed), neighbours.shape[0]
    risk = rng.gamma(2, 0.5, (n, 1))
    return rng.poisson(risk * [3.0, 0.4, 0.3, 0.1]).astype(float), rng.lognormal(0, 0.3, n)


def test_a_count_on_its_own():
    found = poisson_excess([0, 2], [1.0, 1.0])
    np.testing.assert_allclose(found.p, [1, 1 - 2 / np.e])
    np.testing.assert_allclose(found.ratio, [0, 2])
    np.testing.assert_allclose(found.log_p, np.log(found.p))


def test_mid_p_counts_half_of_what_was_observed():
    strict, mid = (poisson_excess([3], [1.2], tail=tail).p for tail in ("strict", "mid"))
    at_three = np.exp(-1.2) * 1.2**3 / 6
    np.testing.assert_allclose(strict - mid, at_three / 2)


def test_dispersion_makes_the_same_count_less_surprising():
    found = poisson_excess([9], [3.0], dispersion=0.5)
    np.testing.assert_allclose(found.p, nbinom.sf(8, 2, 1 / (1 + 0.5 * 3)))
    assert found.p > poisson_excess([9], [3.0]).p


def test_nothing_expected_or_nothing_known_is_not_assessed():
    for column in poisson_excess([1, np.nan, 0], [0.0, 1.0, np.nan]):
        assert np.isnan(column).all()


def test_probabilities_may_underflow_but_their_logarithms_do_not():
    found = poisson_excess([5_000], [3.0], tail="mid")
    assert found.p == 0
    assert -40_000 < found.log_p[0] < -30_000


def test_a_window_is_an_area_with_its_neighbours():
    line = joined(4, (0, 1), (1, 2), (2, 3))
    found = window_excess([4, 0, 1, 3], [1.0, 1, 1, 1], line, dispersion="none")
    np.testing.assert_allclose(found.observed, [4, 5, 4, 4])
    np.testing.assert_allclose(found.expected, [4, 6, 6, 4])
    np.testing.assert_allclose(found.ratio, [1, 5 / 6, 2 / 3, 1])
    np.testing.assert_allclose(
        found.p, poisson_excess(found.observed, found.expected, tail="mid").p
    )
    assert (found.dispersion, found.estimator) == (0, "none")


def test_leaving_the_largest_out_leaves_the_rest_of_the_window():
    line = joined(4, (0, 1), (1, 2), (2, 3))
    found = without_largest_excess([9, 0, 1, 2], [1.0, 1, 1, 1], line, dispersion="none")
    np.testing.assert_allclose(found.observed, [0, 1, 1, 1])
    np.testing.assert_allclose(found.expected, [3, 6, 6, 3])


def test_a_lone_area_has_nothing_left():
    found = without_largest_excess([9, 0, 1], [1.0, 1, 1], joined(3, (0, 1)))
    assert np.isnan(found.p[2])
    assert window_excess([9, 0, 1], [1.0, 1, 1], joined(3, (0, 1))).observed[2] == 1


def test_the_windows_of_others_stay_as_they_are():
    neighbours = lattice(5, 5)
    counts, exposure = drawn(neighbours)
    first = without_largest_excess(counts, exposure, neighbours)
    again = without_largest_excess(counts, exposure, neighbours)
    np.testing.assert_array_equal(first.p, again.p)


def test_a_spike_does_not_survive_without_itself_and_a_cluster_does():
    neighbours = lattice(20, 20)
    counts, exposure = drawn(neighbours, mean=3, dispersion=0.2)
    spike, cluster = counts.copy(), counts.copy()
    spike[210] += 60
    cluster[[188, 189, 190, 208, 209, 210, 228, 229, 230]] += 12
    for test, survivors in (
        (window_excess, {"spike", "cluster"}),
        (without_largest_excess, {"cluster"}),
    ):
        maps = {"spike": spike, "cluster": cluster}
        hot = {name for name, x in maps.items() if is_hot(test(x, exposure, neighbours))[209]}
        assert hot == survivors


def test_windows_are_exact_for_uneven_areas():
    neighbours = lattice(5, 6)
    counts, exposure = drawn(neighbours, mean=3)
    found = window_excess(counts, exposure, neighbours, dispersion=0.7, tail="strict")
    means = exposure * counts.sum() / exposure.sum()
    laws = nbinom(1 / 0.7, 1 / (1 + 0.7 * means[:, None])).pmf(np.arange(800))
    for i in range(30):
        law = laws[i]
        for j in neighbours[[i]].indices:
            law = np.convolve(law, laws[j])[:800]
        assert found.p[i] == pytest.approx(law[int(found.observed[i]) :].sum(), rel=1e-10)


@pytest.mark.parametrize(("of", "alone"), [("window", window_excess), ("own", own_excess)])
def test_events_of_weight_one_are_events(of, alone):
    neighbours = lattice(8, 9)
    counts, exposure = drawn(neighbours)
    found = compound_excess(counts[:, None], [1], exposure, neighbours, of=of)
    expected = alone(counts, exposure, neighbours)
    np.testing.assert_array_equal(found.log_p, expected.log_p)


def test_groups_of_equal_weight_may_be_merged():
    neighbours = lattice(8, 9)
    counts, exposure = weighted(neighbours)
    split = compound_excess(counts, [2, 2, 2, 2], exposure, neighbours, dispersion=0.4)
    merged = window_excess(counts.sum(axis=1), exposure, neighbours, dispersion=0.4)
    np.testing.assert_allclose(split.p, merged.p, rtol=1e-11)
    np.testing.assert_allclose(split.observed, 2 * merged.observed)


def test_weighted_sums_are_as_rare_as_simulated():
    neighbours, rng = lattice(3, 3), np.random.default_rng(5)
    counts, exposure = weighted(neighbours)
    found = compound_excess(counts, GROUPS, exposure, neighbours, dispersion=0.5, tail="strict")
    rates = counts.sum(axis=0) / exposure.sum()
    risk = rng.gamma(2, 0.5, (200_000, 9, 1))
    sums = (
        rng.poisson(risk * exposure[:, None] * rates) @ GROUPS @ (neighbours.toarray() + np.eye(9))
    )
    np.testing.assert_allclose(found.p, (sums >= found.observed).mean(axis=0), atol=0.005)


def test_dispersion_of_weighted_events_is_that_of_the_shared_risk():
    neighbours = lattice(60, 60)
    counts, _ = weighted(neighbours)
    found = compound_excess(counts, GROUPS, np.ones(3_600), neighbours)
    assert found.dispersion == pytest.approx(0.5, abs=0.1)
    assert found.estimator == "pair-ratio"


@pytest.mark.parametrize("weights", [[1, 2], [1, 2, 0, 3], [1, 2, 2.5, 3]])
def test_weights_are_one_positive_whole_number_per_group(weights):
    neighbours = lattice(3, 3)
    counts, exposure = weighted(neighbours)
    with pytest.raises(DataError, match="one positive whole number per group"):
        compound_excess(counts, weights, exposure, neighbours)


@pytest.mark.parametrize("data", ["nc_sids_SID74", "lattice_y2025"])
def test_tails_are_those_of_spdep(oracles: Path, data):
    rates = pd.read_csv(oracles / "hotspots" / f"spdep_{data}_rates.csv")
    edges = pd.read_csv(oracles / "hotspots" / f"{data.rsplit('_', 1)[0]}_queen.csv")
    neighbours = from_edges(edges["i"], edges["j"], len(rates))
    count, people, expected = rates["n"], rates["pop"], rates["expCount"]
    window = partial(window_excess, count, people, neighbours, tail="strict")
    pairs = {
        "pois_upper": poisson_excess(count, expected).p,
        "pois_midp_upper": poisson_excess(count, expected, tail="mid").p,
        "binom_upper_cond": own_excess(
            count, people, neighbours, dispersion="given-total", tail="strict"
        ).p,
        "win_O": window().observed,
        "win_E": window().expected,
        "win_pois_upper": window(dispersion="none").p,
        "win_binom_upper": window(dispersion="given-total").p,
    }
    for column, found in pairs.items():
        np.testing.assert_allclose(found, rates[column], rtol=1e-12, err_msg=column)


@pytest.mark.parametrize("test", TESTS)
def test_areas_that_are_not_assessed_are_as_if_they_were_not_there(test):
    neighbours = lattice(7, 7)
    counts, exposure = drawn(neighbours)
    kept = np.arange(49) % 5 > 0
    gaps = test(np.where(kept, counts, np.nan), exposure, neighbours)
    unexposed = test(counts, np.where(kept, exposure, np.nan), neighbours)
    alone = test(counts[kept], exposure[kept], shuffled(neighbours, kept))
    for column in ("observed", "expected", "ratio", "p", "log_p"):
        found = getattr(gaps, column)
        np.testing.assert_array_equal(np.isnan(found), ~kept | np.isnan(found))
        np.testing.assert_array_equal(found, getattr(unexposed, column))
        np.testing.assert_allclose(found[kept], getattr(alone, column), rtol=1e-10)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    "neighbours", [joined(4), joined(4, (0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3))]
)
@pytest.mark.parametrize("dispersion", ["pair-ratio", "moments", "none", "given-total"])
@pytest.mark.parametrize("counts", [[0, 0, 0, 0], [3, 3, 3, 3], [9, 8, 0, 0], [np.nan] * 4])
def test_odd_maps_give_a_probability_or_nothing(test, neighbours, dispersion, counts):
    for exposure in ([1.0, 1, 1, 1], [0.0, 1, 2, np.nan], [0.0, 0, 0, 0]):
        p = test(counts, exposure, neighbours, dispersion=dispersion).p
        assert (np.isnan(p) | ((p > 0) & (p <= 1))).all()
        assert np.isnan(p).all() or np.nansum(counts) > 0


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.sampled_from(TESTS), st.floats(1e-3, 1e3))
def test_neither_order_nor_units_of_exposure_matter(random, test, unit):
    neighbours = lattice(5, 6)
    counts, exposure = drawn(neighbours)
    order = np.array(random.sample(range(30), 30))
    found = test(counts, exposure, neighbours)
    again = test(counts[order], exposure[order] * unit, shuffled(neighbours, order))
    np.testing.assert_allclose(found.log_p[order], again.log_p, rtol=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 29), st.integers(1, 30), st.floats(0, 3))
def test_more_events_never_make_an_area_less_hot(area, more, dispersion):
    neighbours = lattice(5, 6)
    counts, exposure = drawn(neighbours)
    raised = counts + more * (np.arange(30) == area)
    few, many = (
        poisson_excess(x, 2 * exposure, dispersion=dispersion).log_p for x in (counts, raised)
    )
    assert (many <= few).all()


def test_splitting_an_area_of_uniform_risk_changes_no_window():
    whole = joined(4, (0, 1), (1, 2), (2, 3))
    # Area 1 in two halves, 1 and 4, that touch whatever area 1 touched, and each other.
    split = joined(5, (0, 1), (1, 2), (2, 3), (4, 0), (4, 1), (4, 2))
    before = window_excess([2, 6, 1, 4], [1.0, 2, 1, 1], whole, dispersion="none")
    after = window_excess([2, 4, 1, 4, 2], [1.0, 1, 1, 1, 1], split, dispersion="none")
    np.testing.assert_allclose(before.p, after.p[:4], rtol=1e-12)
    np.testing.assert_allclose(before.p[1], after.p[4], rtol=1e-12)


def test_hotter_than_the_county_need_not_be_hotter_than_the_surroundings():
    neighbours = lattice(20, 40)
    y, x = np.divmod(np.arange(800), 40)
    counts = np.random.default_rng(4).poisson(np.where(x < 20, 1.0, 8.0)).astype(float)
    test = partial(window_excess, counts, np.ones(800), neighbours, dispersion=0.05)
    hot = {
        background: is_hot(test(background=background, centroids=np.c_[x, y]))
        for background in ("county", "local")
    }
    inner = x > 28
    assert hot["county"][inner].mean() > 0.9
    assert hot["local"][inner].mean() < 0.02


def false_alarms(neighbours, maps, **case):
    """Share of maps without a hotspot in which one is found."""
    drawings = (drawn(neighbours, seed=seed, **case) for seed in range(maps))
    return np.mean([is_hot(window_excess(*drawing, neighbours)).any() for drawing in drawings])


@pytest.mark.parametrize(("mean", "dispersion"), [(0.3, 0.5), (1, 0), (1, 1.0), (5, 0.2)])
def test_maps_without_hotspots_seldom_show_one(mean, dispersion):
    # At 6 in 100, which are allowed, 12 would be a chance of 1 in 50.
    assert false_alarms(lattice(25, 40), 100, mean=mean, dispersion=dispersion) < 0.12


@pytest.mark.long
@pytest.mark.parametrize("mean", [0.3, 1, 5])
@pytest.mark.parametrize("dispersion", [0, 0.2, 0.5, 1, 2.5])
@pytest.mark.parametrize("uneven", [False, True])
def test_at_most_six_maps_in_a_hundred_show_a_hotspot_that_is_not_there(
    essex, mean, dispersion, uneven
):
    assert false_alarms(essex, 2_000, mean=mean, dispersion=dispersion, uneven=uneven) <= 0.06


@pytest.fixture(scope="module")
def essex(shared: Path):
    """Real neighbours."""
    shapes = gpd.read_file(shared / "data/essex/lsoa21_boundaries.gpkg").geometry
    i, j = shapes.sindex.query(shapes, predicate="dwithin", distance=0.01)
    return from_edges(i[i != j], j[i != j], len(shapes))


@pytest.mark.parametrize("dispersion", [-0.1, float("nan"), float("inf")])
def test_a_dispersion_that_is_no_variance_is_refused(dispersion):
    with pytest.raises(DataError, match="is a variance"):
        poisson_excess([3], [1.0], dispersion=dispersion)


def test_counts_below_zero_are_refused():
    with pytest.raises(DataError, match=r"1 counts are below zero \(lowest -3\)"):
        poisson_excess([-3, 2], [1.0, 1.0])
    assert np.isnan(poisson_excess([np.nan, 2], [1.0, 1.0]).p).tolist() == [True, False]


@pytest.mark.parametrize("pair", [(["a"], [1.0]), ([1.0], ["b"]), ([1, 2], [1, 2, 3])])
def test_texts_and_other_shapes_are_refused(pair):
    with pytest.raises(DataError, match="must be numbers of one shape"):
        poisson_excess(*pair)
