"""Gi and Gi*: worked on paper, laws, R's spdep, exact tails, and the map as a whole."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.special import ndtr

from riskindex.errors import DataError
from riskindex.statistics.exact_sums.exact_draws import TAILS
from riskindex.statistics.getis_ord import (
    NULLS,
    GetisOrd,
    general_g,
    gi,
    gi_star,
    local_g,
    moran,
    with_self,
)
from riskindex.statistics.permutations import Permutations


def chain(n):
    """Areas in a row, each next to the one before and the one after."""
    i = np.arange(n - 1)
    edges = (np.ones(2 * n - 2), (np.r_[i, i + 1], np.r_[i + 1, i]))
    return sparse.csr_array(edges, shape=(n, n))


def grid(rows, columns):
    """Queen neighbours on a rectangle of squares."""
    r, c = np.divmod(np.arange(rows * columns), columns)
    near = (abs(r[:, None] - r) <= 1) & (abs(c[:, None] - c) <= 1)
    return sparse.csr_array((near & ~np.eye(len(r), dtype=bool)).astype(float))


def row_standardised(weights):
    return sparse.csr_array(sparse.diags_array(1 / weights.sum(axis=1)) @ weights)


def queen(folder, data):
    edges = pd.read_csv(folder / f"{data}_queen.csv")
    n = len(pd.read_csv(folder / f"{data}_data.csv"))
    return sparse.csr_array((np.ones(len(edges)), (edges["i"], edges["j"])), shape=(n, n))


UNEQUAL = sparse.csr_array(chain(4) @ sparse.diags_array([1.0, 2.0, 3.0, 4.0]))


# On paper ------------------------------------------------------------------------------------


def test_gi_star_of_four_areas_on_paper():
    # Mean 3/4, s^2 = 11/16; the last window sums to 3 of 2 areas: z = 1.5 / sqrt(11/16 * 4/3).
    # Pairs from 0 0 1 2 reach 3 once in 6; triples reach 1 always and 3 in 2 of 4.
    found = gi_star([0, 0, 1, 2], with_self(chain(4)))
    assert found.z[3] == pytest.approx(1.5 / np.sqrt(11 / 16 * 4 / 3), rel=1e-14)
    np.testing.assert_allclose(found.p, [1, 1, 2 / 4, 1 / 6], rtol=1e-14)


def test_gi_of_four_areas_on_paper():
    # The last area's one neighbour has 1; the others are 0 0 1: one in three.
    assert gi([0, 0, 1, 2], chain(4)).p[3] == pytest.approx(1 / 3, rel=1e-14)


def test_the_tails_of_one_window_on_paper():
    # Pairs from 0 0 1 2: 0 1 1 2 2 3; the first window holds 0.
    p = {tail: gi_star([0, 0, 1, 2], with_self(chain(4)), tail=tail).p[0] for tail in TAILS}
    assert p == pytest.approx({"upper": 1, "lower": 1 / 6, "two-sided": 2 / 6, "mid": 11 / 12})


def test_a_lone_spike_is_hot_only_if_its_own_count_is_drawn_too():
    counts = np.r_[np.zeros(20), 9, np.zeros(19), 1]
    window = with_self(chain(41))
    assert gi_star(counts, window).p[20] < 0.08
    assert gi_star(counts, window, null="conditional").p[20] == 1


def test_the_null_is_named_in_the_answer():
    window = with_self(chain(4))
    assert gi_star([0, 0, 1, 2], window).null == f"{NULLS['total']} (exact)"
    assert gi([0, 0, 1, 2], chain(4)).null == f"{NULLS['conditional']} (exact)"
    assert "normal approximation" in gi_star([0, 0, 1, 2], window, p="normal").null


# Edges: never a number that looks like a result ----------------------------------------------


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        ([3, 3, 3, 3], chain(4)),
        ([0.1, 0.1, 0.1, 0.1], chain(4)),
        ([0, 0, 0], chain(3)),
        ([1, 2, 3], sparse.csr_array(np.ones((3, 3)) - np.eye(3))),
        ([5], sparse.csr_array((1, 1))),
        ([1, 2], chain(2)),
        ([1, 2, 3], sparse.csr_array((3, 3))),
    ],
    ids=["constant", "constant tenths", "zero", "complete", "one area", "two areas", "islands"],
)
def test_undefined_is_nan(values, weights):
    for found in (
        gi_star(values, with_self(weights)),
        gi_star(values, with_self(weights), null="conditional"),
        gi(values, weights),
    ):
        assert np.isnan(found.z).all()
        assert np.isnan(found.p).all()
    for whole in (moran(values, weights), general_g(values, weights)):
        assert np.isnan(whole.z)


def test_an_island_is_nan_and_the_others_are_not():
    weights = sparse.block_diag([chain(5), sparse.csr_array((1, 1))], format="csr")
    for found in (gi_star([0, 1, 2, 0, 1, 7], with_self(weights)), gi([0, 1, 2, 0, 1, 7], weights)):
        assert np.isnan(found.p).tolist() == [False] * 5 + [True]


def test_gi_is_undefined_where_all_other_areas_are_equal():
    found = gi([0, 0, 0, 5, 0], chain(5))
    assert np.isnan(found.z).tolist() == [False, False, False, True, False]
    assert np.isnan(found.p).tolist() == [False, False, False, True, False]


def test_a_giant_among_small_counts_does_not_cost_gi_its_digits():
    counts = np.r_[np.random.default_rng(0).poisson(3, 30), 10.0**9]
    others = np.delete(counts, 30)
    z = (others[29] - others.mean()) / others.std()
    assert gi(counts, chain(31)).z[30] == pytest.approx(z, rel=1e-10)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gi_star([1, 2, 3], chain(3)), "pass with_self"),
        (lambda: gi([1, 2, 3], with_self(chain(3))), "use gi_star"),
        (lambda: gi([1, np.nan, 3], chain(3)), "1 areas .first: row 1. are without a value"),
        (lambda: gi([1, 2], chain(3)), "do not fit"),
        (lambda: gi([1, 2, np.pi], chain(3), p="exact"), "in equal steps"),
        (lambda: gi([1, 2, 4, 7], UNEQUAL, p="exact"), "equal weights"),
        (lambda: gi([1, 2, 10**9, 5], chain(4), p="exact"), "range too widely"),
        (lambda: gi([1, 2, 4, 7], UNEQUAL * np.inf), "finite"),
    ],
)
def test_faults_say_what_to_do(call, words):
    with pytest.raises(DataError, match=words):
        call()


def test_arguments_are_left_as_they_were():
    weights = sparse.csr_array(
        (np.array([1.0, 0.0, 2.0, 2.0]), np.array([1, 2, 0, 1]), np.array([0, 2, 3, 4])),
        shape=(3, 3),
    )
    before, values = weights.copy(), np.array([1.0, 2.0, 4.0])
    gi(values, weights)
    assert np.array_equal(weights.data, before.data)
    assert np.array_equal(weights.indices, before.indices)
    assert values.tolist() == [1, 2, 4]


# Laws ----------------------------------------------------------------------------------------

MAP = grid(4, 5)
counts_of_a_map = st.lists(st.integers(0, 6), min_size=20, max_size=20).filter(
    lambda counts: len(set(counts)) > 2
)
laws = settings(deadline=None, max_examples=20)
STATISTICS = {"gi_star": (gi_star, with_self(MAP)), "gi": (gi, MAP)}


def assert_equal(found, expected):
    np.testing.assert_allclose(found.z, expected.z, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.p, expected.p, rtol=1e-12)


@laws
@given(counts=counts_of_a_map, shift=st.sampled_from([-3, 7, 10**8, -(10**8)]))
@pytest.mark.parametrize("name", STATISTICS)
def test_a_shift_changes_nothing(name, counts, shift):
    statistic, weights = STATISTICS[name]
    assert_equal(statistic(np.array(counts) + shift, weights), statistic(counts, weights))


@laws
@given(counts=counts_of_a_map, factor=st.sampled_from([2, 0.1, 1 / 3, 2.5, 1e6]))
@pytest.mark.parametrize("name", STATISTICS)
def test_a_scale_changes_nothing(name, counts, factor):
    statistic, weights = STATISTICS[name]
    assert_equal(statistic(np.array(counts) * factor, weights), statistic(counts, weights))


@laws
@given(counts=counts_of_a_map)
@pytest.mark.parametrize("name", STATISTICS)
def test_a_change_of_sign_turns_hot_into_cold(name, counts):
    statistic, weights = STATISTICS[name]
    turned = statistic(-np.array(counts), weights, tail="lower")
    assert_equal(turned._replace(z=-turned.z), statistic(counts, weights))


@laws
@given(counts=counts_of_a_map, order=st.permutations(range(20)))
@pytest.mark.parametrize("name", STATISTICS)
def test_the_order_of_areas_changes_nothing(name, counts, order):
    statistic, weights = STATISTICS[name]
    found = statistic(np.array(counts)[order], sparse.csr_array(weights[order][:, order]))
    expected = statistic(counts, weights)
    assert_equal(found, expected._replace(z=expected.z[order], p=expected.p[order]))


@laws
@given(
    counts=counts_of_a_map,
    scale=st.lists(st.floats(1e-6, 1e6), min_size=20, max_size=20),
)
@pytest.mark.parametrize("name", STATISTICS)
def test_scaling_a_row_of_weights_changes_nothing(name, counts, scale):
    statistic, weights = STATISTICS[name]
    scaled = sparse.csr_array(sparse.diags_array(scale) @ weights)
    assert_equal(statistic(counts, scaled), statistic(counts, weights))


@laws
@given(counts=counts_of_a_map, area=st.integers(0, 19), more=st.integers(1, 20))
@pytest.mark.parametrize("name", STATISTICS)
def test_a_higher_count_in_the_window_never_raises_p(name, counts, area, more):
    statistic, weights = STATISTICS[name]
    place = weights.indices[weights.indptr[area]]
    higher = np.array(counts)
    higher[place] += more
    assert statistic(higher, weights).p[area] <= statistic(counts, weights).p[area] * (1 + 1e-12)


@laws
@given(counts=counts_of_a_map)
@pytest.mark.parametrize("tail", TAILS)
def test_held_fixed_gi_star_and_gi_are_the_same_test(tail, counts):
    star = gi_star(counts, with_self(MAP), null="conditional", tail=tail)
    np.testing.assert_allclose(star.p, gi(counts, MAP, tail=tail).p, rtol=1e-12)


@laws
@given(counts=counts_of_a_map)
@pytest.mark.parametrize("null", NULLS)
def test_tails_fit_together(null, counts):
    p = {tail: gi_star(counts, with_self(MAP), null=null, tail=tail).p for tail in TAILS}
    assert np.all(p["upper"] + p["lower"] > 1)
    assert np.all((p["mid"] > 0) & (p["mid"] < p["upper"]))
    doubled = np.minimum(1, 2 * np.minimum(p["upper"], p["lower"]))
    np.testing.assert_allclose(p["two-sided"], doubled, rtol=1e-12)


# Independent answers -------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["nc_sids_SID74", "columbus_CRIME", "lattice_y2025"])
@pytest.mark.parametrize("style", ["B", "W"])
def test_z_equals_spdep(oracles, data, style):
    folder = oracles / "hotspots"
    table = pd.read_csv(folder / f"spdep_{data}_localG.csv")
    weights = queen(folder, data.rpartition("_")[0])
    shape = row_standardised if style == "W" else sparse.csr_array
    star = gi_star(table["x"], shape(with_self(weights)), p="normal")
    plain = gi(table["x"], shape(weights), p="normal")
    np.testing.assert_allclose(star.z, table[f"Gstar_{style}_z"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(plain.z, table[f"G_{style}_z"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(star.p, table[f"Gstar_{style}_pgt"], rtol=1e-10)
    np.testing.assert_allclose(plain.p, table[f"G_{style}_pgt"], rtol=1e-10)


@pytest.mark.parametrize("data", ["nc_sids_SID74", "columbus_CRIME"])
def test_z_with_the_variance_of_a_sample_is_spdeps_with_its_variance_enlarged(oracles, data):
    folder = oracles / "hotspots"
    table = pd.read_csv(folder / f"spdep_{data}_localG.csv")
    weights, n = queen(folder, data.rpartition("_")[0]), len(table)
    for name, values, found in (
        ("Gstar_B", n, gi_star(table["x"], with_self(weights), p="normal", variance="n-1")),
        ("G_B", n - 1, gi(table["x"], weights, p="normal", variance="n-1")),
    ):
        enlarged = table[f"{name}_V"] * values / (values - 1)
        z = (table[f"{name}_stat"] - table[f"{name}_E"]) / np.sqrt(enlarged)
        np.testing.assert_allclose(found.z, z, rtol=0, atol=1e-9)
        np.testing.assert_allclose(found.p, ndtr(-z), rtol=1e-8)


def test_no_exact_p_depends_on_the_variance(oracles):
    folder = oracles / "hotspots"
    table = pd.read_csv(folder / "spdep_nc_sids_SID74_localG.csv")
    weights = queen(folder, "nc_sids")
    for options in ({}, {"statistic": "gi"}, {"null": "conditional"}):
        one, other = (
            local_g(table["x"], weights, options=GetisOrd(**options, variance=variance))
            for variance in ("n", "n-1")
        )
        np.testing.assert_array_equal(one.p, other.p)
        assert (abs(other.z) <= abs(one.z)).all()


@pytest.mark.parametrize("data", ["nc_sids_SID74", "lattice_y2025"])
@pytest.mark.parametrize("tail", ["upper", "lower"])
def test_p_equals_the_exact_tails(oracles, data, tail):
    folder = oracles / "hotspots"
    table = pd.read_csv(folder / f"exact_{data}.csv")
    weights = queen(folder, data.rpartition("_")[0])
    star = gi_star(table["x"], with_self(weights), tail=tail)
    plain = gi(table["x"], row_standardised(weights), tail=tail)
    np.testing.assert_allclose(star.p, table[f"Gstar_total_{tail}"], rtol=1e-12)
    np.testing.assert_allclose(plain.p, table[f"G_cond_{tail}"], rtol=1e-12)


def test_global_statistics_equal_esda():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import esda
        from libpysal.weights import WSP, WSP2W

        weights = grid(7, 9)
        counts = np.random.default_rng(4).poisson(2, 63)
        whole = esda.Moran(counts, WSP2W(WSP(weights)), permutations=0)
        high = esda.G(counts, WSP2W(WSP(weights)), permutations=0)
    found = moran(counts, weights)
    assert found == pytest.approx((whole.I, whole.EI, whole.z_rand, whole.p_rand), rel=1e-10)
    found = general_g(counts, weights)
    assert found == pytest.approx((high.G, high.EG, high.z_norm, 2 * high.p_norm), rel=1e-9)


def test_general_g_has_no_meaning_below_zero():
    assert np.isnan(general_g([-1, 2, 3, 4, 5], chain(5)).statistic)


# Where there is no exact law -----------------------------------------------------------------


def test_unequal_weights_are_permuted_and_the_rest_stay_exact():
    counts = np.random.default_rng(2).poisson(1, 20)
    weights = with_self(MAP).tolil()
    weights[0, 1] = 0.5
    found = gi_star(counts, sparse.csr_array(weights), permutations=Permutations(number=199))
    exact = gi_star(counts, with_self(MAP))
    np.testing.assert_array_equal(found.p[1:], exact.p[1:])
    assert found.p[0] * 200 == pytest.approx(round(found.p[0] * 200))
    assert "199 permutations for 1 areas" in found.null


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("tail", TAILS)
def test_permutation_by_name_comes_close_to_the_exact_p(null, tail):
    counts = np.random.default_rng(6).poisson(1, 20)
    window = with_self(MAP)
    exact = gi_star(counts, window, null=null, tail=tail).p
    found = gi_star(counts, window, null=null, tail=tail, p="permutation")
    np.testing.assert_allclose(found.p, exact, atol=0.03)
    assert "9,999 permutations" in found.null


def test_counts_too_wide_for_an_exact_law_are_permuted():
    counts = np.random.default_rng(3).integers(0, 10**9, 20)
    assert "99 permutations" in gi(counts, MAP, permutations=Permutations(number=99)).null


def test_exact_by_name_is_what_counts_get_anyway():
    counts = np.random.default_rng(2).poisson(1, 20)
    np.testing.assert_array_equal(gi(counts, MAP, p="exact").p, gi(counts, MAP).p)


def test_values_without_steps_are_permuted():
    values = np.random.default_rng(3).lognormal(size=20)
    found = gi(values, MAP, permutations=Permutations(number=99))
    assert "99 permutations" in found.null
    np.testing.assert_allclose(found.p, gi(values * 7, MAP, permutations=Permutations(number=99)).p)


def test_large_counts_stay_exact_and_quick():
    rng = np.random.default_rng(1)
    counts = rng.poisson(100 * rng.gamma(2, 0.5, 900))
    found = gi_star(counts, with_self(grid(30, 30)))
    near = gi_star(counts, with_self(grid(30, 30)), p="permutation").p
    assert found.null.endswith("(exact)")
    np.testing.assert_allclose(found.p, near, atol=0.03)
