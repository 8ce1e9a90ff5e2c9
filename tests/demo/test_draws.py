"""Draws of an invented county: of the laws that they are said to be of, alike everywhere."""

import numpy as np
import pytest
from scipy import stats

from riskindex.demo.draws import binomial, multinomial

FIXED_BY_NUMPY = np.lib.NumpyVersion(np.__version__) >= "2.5.0"


def test_draws_are_these_whatever_the_version_of_numpy():
    rng = np.random.default_rng(2022)
    assert binomial(rng, [700, 700, 700, 24_500], [0.45, 0.02, 0.97, 0.3]).tolist() == BINOMIAL
    assert multinomial(rng, [700, 1600], [0.5, 0.3, 0.15, 0.05]).tolist() == MULTINOMIAL


BINOMIAL = [322, 15, 686, 7369]
MULTINOMIAL = [[353, 213, 101, 33], [841, 447, 219, 93]]


@pytest.mark.parametrize(("n", "p"), [(100, 0.5), (700, 0.08), (700, 0.93), (20_000, 0.3)])
def test_large_binomials_are_of_their_law(n, p):
    drawn = binomial(np.random.default_rng(5), np.full(4000, n), p)
    cuts = np.unique(stats.binom.ppf(np.linspace(0, 1, 21)[1:-1], n, p))
    found = np.bincount(np.searchsorted(cuts, drawn), minlength=len(cuts) + 1)
    chance = np.diff(stats.binom.cdf([-1, *cuts, n], n, p))
    assert stats.chisquare(found, chance * 4000).pvalue > 1e-4


def test_nothing_and_certainty_leave_no_chance():
    rng = np.random.default_rng(1)
    assert binomial(rng, [0, 500, 500], [0.5, 0.0, 1.0]).tolist() == [0, 0, 500]


def test_classes_add_up_to_what_is_shared_out():
    n = np.array([[0, 1], [700, 24_500]])
    drawn = multinomial(np.random.default_rng(3), n, [0.1, 0.0, 0.6, 0.3])
    assert drawn.shape == (2, 2, 4)
    assert (drawn.sum(axis=-1) == n).all()
    assert (drawn[..., 1] == 0).all()


@pytest.mark.skipif(not FIXED_BY_NUMPY, reason="NumPy before 2.5 accepts some large draws wrongly")
def test_draws_are_those_of_numpy_since_it_was_corrected():
    rng = np.random.default_rng(8)
    n, p = rng.integers(0, 5000, 2000), rng.random(2000)
    ours, theirs = (binomial(np.random.default_rng(4), n, p), np.random.default_rng(4))
    assert (ours == theirs.binomial(n, p)).all()
    shares = rng.dirichlet(np.ones(5), 300)
    ours = multinomial(np.random.default_rng(4), n[:300], shares)
    assert (ours == np.random.default_rng(4).multinomial(n[:300], shares)).all()
