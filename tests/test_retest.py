from dataclasses import replace

import numpy as np
import pytest
from grids import lattice
from scipy.sparse import csr_array
from tables import factor

from riskindex.corrections import adjust
from riskindex.evidence import first_test
from riskindex.retest import retest
from riskindex.samples import Sample

DRAWS = 12


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
    found = retest(sample, counts, factor())
    p, z = one_by_one(sample, counts, factor())
    np.testing.assert_allclose(found.p_adjusted, p, rtol=1e-10)
    np.testing.assert_allclose(found.value, z, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("mean", "groups"), [(8, 1), (30, 1), (4, 3)])
def test_full_windows_have_nearly_the_same_flags(mean, groups):
    sample, counts = repeats(mean, groups=groups)
    found = retest(sample, counts, factor())
    p, z = one_by_one(sample, counts, factor())
    np.testing.assert_allclose(found.value, z, rtol=1e-10, atol=1e-12)
    agree(found.is_hot, p <= 0.05)


@pytest.mark.parametrize("method", ["window", "poisson"])
@pytest.mark.parametrize(("mean", "groups"), [(0.4, 1), (8, 1), (4, 3)])
def test_counts_against_expectation_have_nearly_the_same_flags(method, mean, groups):
    sample, counts = repeats(mean, groups=groups)
    wanted = factor(method=method, exposure="residents")
    found = retest(sample, counts, wanted)
    p, ratio = one_by_one(sample, counts, wanted)
    np.testing.assert_allclose(found.value, ratio, rtol=1e-9)
    agree(found.is_hot, p <= 0.05)


def agree(found, expected):
    """On average at most one flag in a repeat differs."""
    assert expected.sum() > 0
    assert (found != expected).sum() <= DRAWS


def test_a_repeat_without_events_has_no_hot_area():
    sample, counts = repeats(0.4)
    counts[3] = 0
    for method in ("getis-ord", "window", "poisson"):
        found = retest(sample, counts, factor(method=method, exposure="residents"))
        assert not found.is_hot[3].any()
        assert (found.p_adjusted[3] == 1).all()
        assert (found.confidence[3] == 0).all()


def test_a_window_that_is_the_whole_map_is_undefined():
    sample, counts = repeats(0.4)
    joined = sample.neighbours.toarray()
    joined[0, 1:] = joined[1:, 0] = 1
    found = retest(replace(sample, neighbours=csr_array(joined)), counts, factor())
    assert np.isnan(found.p_adjusted[:, 0]).all()
    assert np.isnan(found.value[:, 0]).all()
    assert not np.isnan(found.value[:, 1:]).any()
