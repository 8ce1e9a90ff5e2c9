"""Permutation p-values: the same for a seed, near the exact ones, never zero, ties counted."""

import numpy as np
import pytest
from scipy import sparse

from riskindex.statistics.exact_sums.exact_draws import TAILS, p_of_sums
from riskindex.statistics.permutations import COUNTED, Permutations, reached_by_permutation

COUNTS = np.random.default_rng(0).poisson(1.0, 60)
WINDOWS = sparse.csr_array(
    (np.random.default_rng(1).random((60, 60)) < 0.1).astype(float) + np.eye(60) > 0
).astype(float)
NEIGHBOURS = sparse.csr_array(WINDOWS - sparse.diags_array(WINDOWS.diagonal()))
NEIGHBOURS.eliminate_zeros()


def permuted_p(values, weights, tail="upper", **options):
    return reached_by_permutation(values, weights, tail=tail, **options).p(tail)


def exact(weights, tail, held=None):
    sums = (weights @ COUNTS).astype(np.int64)
    return p_of_sums(COUNTS, np.diff(weights.indptr).astype(np.int64), sums, tail=tail, held=held)


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("own", [None, np.arange(60)], ids=["total", "conditional"])
def test_permutation_comes_close_to_the_exact_p(tail, own):
    weights = WINDOWS if own is None else NEIGHBOURS
    p = permuted_p(COUNTS - 1.0, weights, tail=tail, own=own)
    truth = exact(weights, tail, None if own is None else COUNTS)
    error = 2 * np.sqrt(truth * (1 - truth) / 9_999) + 1e-4
    assert np.all(np.abs(p - truth) < 4.5 * error)


def test_same_seed_same_p_at_any_number_of_threads():
    p = [
        permuted_p(COUNTS.astype(float), WINDOWS, options=Permutations(number=500, threads=t))
        for t in (1, 2, 3)
    ]
    np.testing.assert_array_equal(p[0], p[1])
    np.testing.assert_array_equal(p[0], p[2])


def test_another_seed_gives_another_p():
    p = [
        permuted_p(COUNTS.astype(float), WINDOWS, options=Permutations(number=99, seed=s))
        for s in (0, 1)
    ]
    assert not np.array_equal(*p)


def test_an_answer_does_not_depend_on_the_other_areas_asked_for():
    options = Permutations(number=200)
    whole = permuted_p(COUNTS * 1.0, NEIGHBOURS, own=np.arange(60), options=options)
    part = permuted_p(COUNTS * 1.0, NEIGHBOURS[5:9], own=np.arange(5, 9), options=options)
    np.testing.assert_array_equal(whole[5:9], part)


def test_p_is_never_below_one_in_one_more_than_the_permutations():
    values = np.zeros(400)
    values[:5] = 1000.0
    window = sparse.csr_array((np.ones(5), (np.zeros(5, int), np.arange(5))), shape=(1, 400))
    p = permuted_p(values, window, options=Permutations(number=99))
    assert p[0] == pytest.approx(1 / 100)


def test_equal_sums_are_ties_whatever_their_rounding():
    # 0.1 + 0.2 + 0.3 depends on the order of adding; every permutation is the same sum.
    values = np.array([0.1, 0.2, 0.3])
    everyone = sparse.csr_array(np.ones((1, 3)))
    assert permuted_p(values, everyone, options=Permutations(number=99))[0] == 1.0


def test_plain_areas_stop_early_and_the_others_are_unchanged():
    full = permuted_p(COUNTS * 1.0, WINDOWS, options=Permutations(number=2_000))
    early = permuted_p(COUNTS * 1.0, WINDOWS, options=Permutations(number=2_000, enough=50))
    rare = full < 50 / 2_001
    assert rare.any()
    np.testing.assert_array_equal(early[rare], full[rare])
    np.testing.assert_allclose(early[~rare], full[~rare], atol=0.1)


def test_the_observed_map_counts_as_one_permutation():
    # 9 permutations: 3 above, 2 equal, 4 below.
    a, b, number = np.array([5.0]), np.array([6.0]), np.array([9.0])
    p = {tail: float(f(a, b, number)[0]) for tail, f in COUNTED.items()}
    assert p == pytest.approx({"upper": 0.6, "lower": 0.7, "mid": 0.45, "two-sided": 1.0})
