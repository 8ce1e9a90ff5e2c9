from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from grids import lattice
from scipy.sparse import csr_array
from tables import factor as any_factor

from riskindex.hotspots.area_tests import first_test
from riskindex.hotspots.samples import Sample
from riskindex.statistics.corrections import adjust
from riskindex.statistics.getis_ord import GetisOrd
from riskindex.uncertainty.fast_tests import expected_again, repeat_tests

DRAWS = 12
factor = partial(any_factor, neighbourhood="score")
"""Hot is what the test says; what is next door to a hotspot is looked at below."""


def repeats(mean, *, groups=1, seed=5):
    """Repeats of counts with one cluster of double to fourfold risk."""
    rng = np.random.default_rng(seed)
    neighbours = lattice()
    n = neighbours.shape[0]
    exposure = rng.uniform(0.5, 1.5, n)
    risk = 1 + 2 * (neighbours.toarray()[210] > 0) + (neighbours.toarray()[105] > 0)
    counts = rng.poisson((mean * risk * exposure)[None, :, None], (DRAWS, n, groups)).astype(float)
    weights = np.arange(1, groups + 1)
    return Sample(
        counts=counts[0], event_weights=weights, exposure=exposure, neighbours=neighbours
    ), counts


def one_by_one(sample, counts, wanted):
    tests = [first_test(replace(sample, counts=x), wanted) for x in counts]
    p = np.array([adjust(test.p, wanted.correction) for test in tests])
    return p, np.array([test.value for test in tests])


def test_sparse_counts_are_tested_exactly():
    sample, counts = repeats(0.4)
    found = repeat_tests(sample, counts, factor())
    p, z = one_by_one(sample, counts, factor())
    np.testing.assert_allclose(found.p_adjusted, p, rtol=1e-10)
    np.testing.assert_allclose(found.value, z, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("statistic", ["gi-star", "gi"])
def test_the_variance_of_a_sample_is_taken_where_it_is_named(statistic):
    sample, counts = repeats(4.0)
    wanted = factor(getis_ord=GetisOrd(statistic=statistic, variance="n-1", p="normal"))
    found = repeat_tests(sample, counts, wanted)
    p, z = one_by_one(sample, counts, wanted)
    np.testing.assert_allclose(found.value, z, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.p_adjusted, p, rtol=1e-8)


@pytest.mark.parametrize(("mean", "groups"), [(8, 1), (30, 1), (4, 3)])
def test_full_windows_have_nearly_the_same_flags(mean, groups):
    sample, counts = repeats(mean, groups=groups)
    found = repeat_tests(sample, counts, factor())
    p, z = one_by_one(sample, counts, factor())
    np.testing.assert_allclose(found.value, z, rtol=1e-10, atol=1e-12)
    agree(found.is_hot, p <= 0.05)


@pytest.mark.parametrize("method", ["window", "poisson"])
@pytest.mark.parametrize(("mean", "groups"), [(0.4, 1), (8, 1), (4, 3)])
def test_counts_against_expectation_have_nearly_the_same_flags(method, mean, groups):
    sample, counts = repeats(mean, groups=groups)
    wanted = factor(method=method, exposure="residents")
    found = repeat_tests(sample, counts, wanted)
    p, ratio = one_by_one(sample, counts, wanted)
    np.testing.assert_allclose(found.value, ratio, rtol=1e-9)
    agree(found.is_hot, p <= 0.05)


CHOICES = [
    {"statistic": "gi-star", "null": "conditional"},
    {"statistic": "gi"},
    {"statistic": "gi", "null": "total"},
    {"p": "normal"},
]


@pytest.mark.parametrize("choice", CHOICES)
def test_repeats_take_the_statistic_null_and_p_of_the_factor(choice):
    sample, counts = repeats(0.4)
    wanted = factor(getis_ord=GetisOrd(**choice))
    found = repeat_tests(sample, counts, wanted)
    p, z = one_by_one(sample, counts, wanted)
    np.testing.assert_allclose(found.p_adjusted, p, rtol=1e-9)
    np.testing.assert_allclose(found.value, z, rtol=1e-9, atol=1e-11)


def test_repeats_by_permutation_keep_its_smallest_p_without_its_noise():
    sample, counts = repeats(0.4)
    few = factor(correction="none", getis_ord=GetisOrd(p="permutation", permutations=99))
    exact = repeat_tests(sample, counts, factor(correction="none")).p_adjusted
    found = repeat_tests(sample, counts, few).p_adjusted
    np.testing.assert_allclose(found, (99 * exact + 1) / 100)
    p, _ = one_by_one(sample, counts[:2], few)
    assert abs(p - found[:2]).max() < 0.25
    assert abs((p - found[:2]).mean()) < 0.01


@pytest.mark.parametrize("choice", CHOICES[:3])
def test_fuller_windows_have_nearly_the_same_flags_under_every_null(choice):
    sample, counts = repeats(8)
    wanted = factor(getis_ord=GetisOrd(**choice))
    p, z = one_by_one(sample, counts, wanted)
    found = repeat_tests(sample, counts, wanted)
    np.testing.assert_allclose(found.value, z, rtol=1e-9, atol=1e-11)
    agree(found.is_hot, p <= 0.05)


def test_an_area_without_neighbours_is_not_tested_by_getis_ord():
    sample, counts = repeats(0.4)
    alone = sample.neighbours.toarray()
    alone[7], alone[:, 7] = 0, 0
    sample = replace(sample, neighbours=csr_array(alone))
    for choice in ({}, *CHOICES):
        found = repeat_tests(sample, counts, factor(getis_ord=GetisOrd(**choice)))
        assert np.flatnonzero(np.isnan(found.p_adjusted[0])).tolist() == [7]
        assert np.isnan(found.value[:, 7]).all()


@pytest.mark.parametrize("method", ["window", "poisson"])
@pytest.mark.parametrize("dispersion", ["moments", "none", "given-total", 0.05])
def test_repeats_take_the_dispersion_of_the_factor(method, dispersion):
    sample, counts = repeats(2)
    wanted = factor(method=method, exposure="residents", dispersion=dispersion)
    found = repeat_tests(sample, counts, wanted)
    p, ratio = one_by_one(sample, counts, wanted)
    np.testing.assert_allclose(found.value, ratio, rtol=1e-9)
    agree(found.is_hot, p <= 0.05)
    if dispersion == "given-total":
        np.testing.assert_allclose(found.p_adjusted, p, rtol=1e-9)


def agree(found, expected):
    """On average at most one flag in a repeat differs."""
    assert expected.sum() > 0
    assert (found != expected).sum() <= DRAWS


def test_a_repeat_without_events_has_no_hot_area():
    sample, counts = repeats(0.4)
    counts[3] = 0
    for method in ("getis-ord", "window", "poisson"):
        found = repeat_tests(sample, counts, factor(method=method, exposure="residents"))
        assert not found.is_hot[3].any()
        assert (found.p_adjusted[3] == 1).all()
        assert (found.confidence[3] == 0).all()


def test_a_window_that_is_the_whole_map_is_undefined():
    sample, counts = repeats(0.4)
    joined = sample.neighbours.toarray()
    joined[0, 1:] = joined[1:, 0] = 1
    found = repeat_tests(replace(sample, neighbours=csr_array(joined)), counts, factor())
    assert np.isnan(found.p_adjusted[:, 0]).all()
    assert np.isnan(found.value[:, 0]).all()
    assert not np.isnan(found.value[:, 1:]).any()


@pytest.mark.parametrize("method", ["window", "getis-ord"])
@pytest.mark.parametrize("mean", [0.4, 8])
def test_areas_next_door_are_those_of_the_hotspots(method, mean):
    sample, counts = repeats(mean)
    wanted = any_factor(method=method, exposure="residents")
    found, plain = (
        repeat_tests(sample, counts, f) for f in (wanted, replace(wanted, neighbourhood="score"))
    )
    assert (found.near & found.is_hot).sum() == 0
    np.testing.assert_array_equal(found.near | found.is_hot, plain.is_hot)
    np.testing.assert_array_equal(
        np.maximum(found.confidence, found.near_confidence), plain.confidence
    )
    assert found.near.any()
    expected = expected_again(sample, counts, wanted)
    assert (counts[..., 0][found.is_hot] > expected[found.is_hot]).all()


def test_an_own_test_has_nothing_next_door():
    sample, counts = repeats(8)
    assert not repeat_tests(
        sample, counts, any_factor(method="poisson", exposure="residents")
    ).near.any()
