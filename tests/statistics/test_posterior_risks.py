import numpy as np
import pytest
from grids import lattice
from scipy.sparse import csr_array

from riskindex.statistics.posterior_risks import posterior_risks
from riskindex.statistics.smoothing import shrink

SIDE = 12
NEAR = lattice(SIDE)
ONES = np.ones(SIDE**2)


def counts(mean=2.0, seed=1):
    rng = np.random.default_rng(seed)
    risk = np.where(np.arange(SIDE**2) < 24, 3.0, 1.0)
    return rng.poisson(mean * risk).astype(float)


def draws(observed, *, prior="spatial", number=2000, expected=ONES, seed=3):
    found = posterior_risks(observed, expected, NEAR, prior=prior)
    return found.draw(np.random.default_rng(seed), number)


@pytest.mark.parametrize("prior", ["spatial", "gamma"])
def test_the_mean_total_is_the_total_that_was_counted(prior):
    observed = counts()
    drawn = draws(observed, prior=prior)
    assert drawn.shape == (2000, SIDE**2)
    assert (drawn > 0).all()
    assert drawn.sum(axis=1).mean() == pytest.approx(observed.sum(), rel=0.02)


@pytest.mark.parametrize("prior", ["spatial", "gamma"])
def test_no_events_mean_no_risk(prior):
    assert not draws(0 * ONES, prior=prior).any()


@pytest.mark.parametrize("prior", ["spatial", "gamma"])
def test_an_area_that_counted_more_has_more_risk(prior):
    observed = counts()
    found = draws(observed, prior=prior).mean(axis=0)
    assert np.corrcoef(found, observed)[0, 1] > 0.8


def test_the_gamma_prior_gives_the_gamma_posterior():
    observed = counts(5.0)
    expected = np.full(SIDE**2, observed.mean())
    drawn = draws(observed, prior="gamma", expected=expected, number=20_000)
    shrunken = shrink(observed, expected)
    shape, rate = shrunken.k + observed, shrunken.k / shrunken.m + expected
    np.testing.assert_allclose(drawn.mean(axis=0), shape / rate, rtol=0.03)
    np.testing.assert_allclose(drawn.var(axis=0), shape / rate**2, rtol=0.15)


def test_an_area_borrows_strength_from_its_neighbours():
    observed = counts()
    observed[[13, 130]] = 0.0
    found = draws(observed).mean(axis=0)
    assert found[13] > 1.3 * found[130]


def test_counts_that_vary_by_chance_alone_give_nearly_equal_risks():
    observed = np.random.default_rng(4).poisson(3.0, SIDE**2).astype(float)
    found = draws(observed).mean(axis=0)
    assert found.std() / found.mean() < 0.15


def test_risks_multiply_what_was_expected():
    observed, expected = counts(), np.linspace(0.5, 4.0, SIDE**2)
    drawn = draws(observed, expected=expected)
    assert (drawn @ expected).mean() == pytest.approx(observed.sum(), rel=0.02)


def test_a_lone_cluster_on_a_flat_map_keeps_most_of_its_risk():
    cluster = NEAR.toarray()[65] > 0
    observed = np.random.default_rng(6).poisson(np.where(cluster, 8.0, 2.0)).astype(float)
    found = draws(observed).mean(axis=0)
    assert found[cluster].mean() / found[~cluster].mean() > 2.0


def test_neighbourhoods_that_overlap_err_together():
    drawn = np.log(draws(counts(0.6, seed=3)))
    beside, apart = (np.corrcoef(drawn[:, 64], drawn[:, k])[0, 1] for k in (65, 70))
    assert beside > 0.25
    assert abs(apart) < 0.1


def test_an_area_without_neighbours_has_its_own_risk():
    alone = NEAR.toarray()
    alone[5, :] = alone[:, 5] = 0
    observed = counts()
    found = posterior_risks(observed, ONES, csr_array(alone)).draw(np.random.default_rng(1), 50)
    assert (found[:, 5] > 0).all()


def test_the_same_seed_gives_the_same_draws():
    observed = counts()
    np.testing.assert_array_equal(draws(observed, number=5), draws(observed, number=5))
