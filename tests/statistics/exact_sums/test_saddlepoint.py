"""Tails by saddlepoint: against every order, exact laws, and a million permutations."""

from itertools import permutations

import numpy as np
import pytest
from scipy import sparse

from riskindex.statistics.exact_sums.exact_draws import log_p_of_sums
from riskindex.statistics.exact_sums.saddlepoint import Places, saddlepoint_log_tails
from riskindex.statistics.getis_ord import gi, gi_star, with_self
from riskindex.statistics.gi_p_values import METHODS
from riskindex.statistics.permutations import Permutations, reached_by_permutation

KERNEL = np.array([1.0, 0.9, 0.8, 0.6, 0.5, 0.3])


def tails(values, weights, sums):
    distinct, often = np.unique(values, return_counts=True)
    rows = np.tile(weights, (len(sums), 1))
    places = Places(rows, distinct, np.tile(often.astype(float), (len(sums), 1)))
    return [np.exp(log_p) for log_p in saddlepoint_log_tails(places, np.asarray(sums))]


def ring(n):
    """Areas in a circle, each with the three before and the three after, the near ones heavier."""
    i = np.arange(n)
    steps = {1: 1.0, 2: 0.6, 3: 0.3, -1: 0.9, -2: 0.5, -3: 0.25}
    near = np.concatenate([(i + step) % n for step in steps])
    heavy = np.repeat(list(steps.values()), n)
    return sparse.csr_array((heavy, (np.tile(i, 6), near)), shape=(n, n))


def test_it_is_near_the_share_of_all_orders():
    values, weights = np.array([0.1, 0.4, 0.7, 1.3, 1.9, 2.2, 3.1, 4.8]), np.array([1.0, 0.7, 0.4])
    sums = np.array([np.dot(weights, order) for order in permutations(values, 3)])
    observed = np.quantile(sums, [0.05, 0.2, 0.8, 0.9, 0.97])
    upper, lower = tails(values, weights, observed)
    above = ((sums > observed[:, None]).mean(axis=1) + (sums >= observed[:, None]).mean(axis=1)) / 2
    np.testing.assert_allclose(upper[2:], above[2:], rtol=0.15)
    np.testing.assert_allclose(lower[:2], 1 - above[:2], rtol=0.15)
    np.testing.assert_allclose(upper + lower, 1, rtol=1e-12)


@pytest.mark.parametrize("size", [4, 7, 20, 60])
def test_it_is_near_the_exact_law_of_equal_weights_to_any_depth(size):
    values = np.random.default_rng(0).poisson(20 * np.random.default_rng(1).gamma(2, 0.5, 1_111))
    sums = np.linspace(size * values.mean() * 1.2, np.sort(values)[-size:].sum() * 0.9, 8).astype(
        int
    )
    exact = log_p_of_sums(values, np.full(8, size), sums, tail="mid")
    assert exact.min() < -15
    upper, _ = tails(values, np.ones(size), sums)
    np.testing.assert_allclose(upper, np.exp(exact), rtol=0.06)


@pytest.mark.parametrize("mean", [0.3, 1])
def test_sparse_counts_that_tie_cost_it_up_to_a_half_in_far_tails(mean):
    values = np.random.default_rng(0).poisson(mean, 1_111)
    sums = np.arange(int(7 * mean) + 2, int(np.sort(values)[-7:].sum() * 0.8))
    exact = np.exp(log_p_of_sums(values, np.full(len(sums), 7), sums, tail="mid"))
    share = tails(values, np.ones(7), sums)[0] / exact
    assert exact.min() < 1e-6
    assert share.min() > 0.5
    assert share.max() < 1.1


DRAWN = {
    "sparse counts": lambda rng: rng.poisson(0.3, 500),
    "counts of 5": lambda rng: rng.poisson(5, 500),
    "dispersed counts": lambda rng: rng.poisson(rng.gamma(1, 1, 500)),
    "shares": lambda rng: rng.beta(2, 8, 500),
    "lognormal": lambda rng: rng.lognormal(0, 1, 500),
}
NEAR = dict.fromkeys(DRAWN, 0.12) | {"lognormal": 0.25}
"""A few values that outweigh all others make a law with bumps, which it smooths."""


@pytest.mark.parametrize("kind", DRAWN)
def test_it_is_near_two_hundred_thousand_permutations(kind):
    rng = np.random.default_rng(2)
    values = DRAWN[kind](rng).astype(float)
    orders = rng.permuted(np.tile(np.arange(500), (2_000, 1)), axis=1)[:, :498].reshape(-1, 6)
    sums = np.sort(values[orders] @ KERNEL)
    observed = np.unique(np.quantile(sums, [0.95, 0.99, 0.999], method="nearest"))
    upper, _ = tails(values, KERNEL, observed)
    at_least, above = (len(sums) - np.searchsorted(sums, observed + e) for e in (-1e-9, 1e-9))
    share = (at_least + above) / 2 / len(sums)
    error = 3 * np.sqrt(share / len(sums))
    assert np.all(np.abs(upper - share) < NEAR[kind] * share + error)


def test_the_largest_sum_of_all_has_no_saddlepoint():
    upper, lower = tails(np.arange(20.0), np.array([1.0, 0.5]), [19 + 9.0, 20.0])
    assert np.isnan(upper).tolist() == np.isnan(lower).tolist() == [True, False]


# As p of Gi and Gi* --------------------------------------------------------------------------

NAMED = {"gi_star": (gi_star, with_self(ring(400))), "gi": (gi, ring(400))}


def spotted(times=8):
    """Lognormal values with one hot stretch."""
    values = np.random.default_rng(3).lognormal(0, 0.5, 400)
    values[100:106] *= times
    return values


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("tail", ["upper", "two-sided", "mid"])
def test_rare_sums_get_a_p_below_what_permutations_can(name, tail):
    statistic, weights = NAMED[name]
    few = Permutations(number=999)
    found = statistic(spotted(), weights, p="approximate", tail=tail, permutations=few)
    plain = statistic(spotted(), weights, p="permutation", tail=tail, permutations=few)
    assert 0 < found.p[103] < 1e-5 < 4e-4 < plain.p[103]
    common = plain.p > 0.25
    np.testing.assert_array_equal(found.p[common], plain.p[common])
    np.testing.assert_allclose(np.exp(found.log_p), found.p, rtol=1e-12)
    assert "999 permutations; saddlepoint approximation for" in found.null


@pytest.mark.parametrize("name", NAMED)
def test_cold_is_hot_with_the_sign_turned(name):
    statistic, weights = NAMED[name]
    cold = statistic(-spotted(), weights, p="approximate", tail="lower")
    hot = statistic(spotted(), weights, p="approximate")
    np.testing.assert_allclose(cold.log_p, hot.log_p, rtol=1e-6)


@pytest.mark.parametrize("name", NAMED)
def test_it_agrees_with_more_permutations_than_it_was_given(name):
    statistic, weights = NAMED[name]
    few, many = Permutations(number=999), Permutations(number=20_000, seed=5)
    found = statistic(spotted(3), weights, p="approximate", permutations=few).p
    truth = statistic(spotted(3), weights, p="permutation", permutations=many).p
    asked = (truth < 0.03) & (truth > 0.0004)
    assert asked.sum() > 3
    np.testing.assert_allclose(found[asked], truth[asked], rtol=0.45)
    np.testing.assert_allclose(np.median(found[asked] / truth[asked]), 1, atol=0.1)


def test_where_it_does_not_fit_the_permutations_stand(monkeypatch):
    wrong = lambda draw, rare: (np.full(len(rare), np.log(0.2)),) * 2  # noqa: E731
    monkeypatch.setattr("riskindex.statistics.gi_p_values._saddlepoints", wrong)
    weights = with_self(ring(400))
    found = gi_star(spotted(), weights, p="approximate")
    np.testing.assert_array_equal(found.p, gi_star(spotted(), weights, p="permutation").p)
    assert found.null.endswith("saddlepoint approximation for 0 areas)")


def test_a_repeat_gives_the_same_and_early_stopping_leaves_rare_sums_alone():
    weights = with_self(ring(400))
    p = [
        gi_star(spotted(), weights, p="approximate", permutations=Permutations(enough=e)).p
        for e in (None, None, 100)
    ]
    np.testing.assert_array_equal(p[0], p[1])
    np.testing.assert_array_equal(p[0][p[0] < 0.005], p[2][p[0] < 0.005])


def test_every_way_to_p_is_a_word():
    assert set(METHODS) == {"auto", "exact", "permutation", "approximate", "normal"}


@pytest.mark.long
@pytest.mark.parametrize("kind", DRAWN)
def test_it_is_near_a_million_permutations(kind):
    values = DRAWN[kind](np.random.default_rng(4)).astype(float)
    row = np.zeros(500)
    row[:6] = KERNEL
    for top in (3, 5, 8):
        ordered = np.r_[
            np.sort(values)[::-1][top : top + 6], np.sort(values)[: -top - 6], values[:0]
        ]
        shuffled = np.r_[ordered, np.sort(values)[::-1][:top]]
        reached = reached_by_permutation(
            shuffled, sparse.csr_array(row[None]), options=Permutations(number=999_999)
        )
        p = reached.p("upper")
        upper, _ = tails(values, KERNEL, [shuffled[:6] @ KERNEL])
        assert upper[0] == pytest.approx(p[0], rel=0.3, abs=3e-6)
