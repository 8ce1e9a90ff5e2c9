import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_maps import joined, lattice, shuffled

from riskindex.statistics.dispersion import (
    Intensity,
    moment_dispersion,
    neighbour_covariance,
    pair_ratio_dispersion,
    pair_ratio_spread,
)


def drawn(neighbours, *, mean, dispersion, seed=1, risk=1.0):
    rng, n = np.random.default_rng(seed), neighbours.shape[0]
    exposure = rng.lognormal(0, 0.6, n)
    gamma = rng.gamma(1 / dispersion, dispersion, n) if dispersion else 1.0
    return rng.poisson(mean * exposure * gamma * risk).astype(float), exposure


def test_two_neighbours_by_hand():
    # Every weight cancels: ((4*3 + 1*0) / 2) / (4*1) - 1.
    assert pair_ratio_dispersion([4, 1], [1.0, 1.0], joined(2, (0, 1))) == pytest.approx(0.5)


def test_moments_by_hand():
    # (4*3 + 0) / (2 * 2.5^2) - 1 is below zero.
    assert moment_dispersion([4, 1], [1.0, 1.0]) == 0
    assert moment_dispersion([6, 0], [1.0, 1.0]) == pytest.approx(30 / 18 - 1)


@pytest.mark.parametrize("dispersion", [0, 0.2, 0.5, 2.5])
def test_the_dispersion_that_was_drawn_is_found(dispersion):
    neighbours = lattice(60, 60)
    for mean in (1, 5):
        observed, exposure = drawn(neighbours, mean=mean, dispersion=dispersion)
        found = pair_ratio_dispersion(observed, exposure, neighbours)
        assert found == pytest.approx(dispersion, abs=0.05 + 0.1 * dispersion)
        assert moment_dispersion(observed, exposure) == pytest.approx(
            dispersion, abs=0.08 + 0.3 * dispersion
        )


def test_risk_that_is_locally_constant_cancels():
    neighbours = lattice(40, 40)
    half = np.repeat([1.0, 4.0], 800)
    observed, exposure = drawn(neighbours, mean=3, dispersion=0.2, risk=half)
    assert pair_ratio_dispersion(observed, exposure, neighbours) == pytest.approx(0.2, abs=0.08)
    assert moment_dispersion(observed, exposure) > 0.4


def test_the_edges_of_clusters_add_little():
    neighbours = lattice(30, 30)
    y, x = np.divmod(np.arange(900), 30)
    hot = np.where(np.hypot(y - 8, x - 8) < 2.3, 3.0, 1.0) + 2.0 * (np.hypot(y - 20, x - 20) < 2.3)
    found = [
        pair_ratio_dispersion(
            *drawn(neighbours, mean=5, dispersion=0.2, seed=s, risk=hot), neighbours
        )
        for s in range(30)
    ]
    assert np.mean(found) == pytest.approx(0.2, abs=0.05)


def test_no_events_and_no_neighbours_with_events_are_no_trouble():
    line = joined(4, (0, 1), (1, 2), (2, 3))
    assert pair_ratio_dispersion(np.zeros(4), np.ones(4), line) == 0
    lone = np.array([3.0, 0, 3, 0])
    assert pair_ratio_dispersion(lone, np.ones(4), line) == moment_dispersion(lone, np.ones(4))
    assert pair_ratio_dispersion([5.0], [1.0], joined(1)) == 0


def test_areas_that_are_not_assessed_are_left_out():
    neighbours = lattice(10, 10)
    observed, exposure = drawn(neighbours, mean=3, dispersion=0.5)
    kept = np.arange(100) % 7 > 0
    found = pair_ratio_dispersion(observed[kept], exposure[kept], shuffled(neighbours, kept))
    with_gaps = pair_ratio_dispersion(np.where(kept, observed, np.nan), exposure, neighbours)
    without_exposure = pair_ratio_dispersion(observed, np.where(kept, exposure, 0), neighbours)
    assert found == pytest.approx(with_gaps, rel=1e-12)
    assert found == pytest.approx(without_exposure, rel=1e-12)


@given(st.floats(0.01, 1e6), st.randoms(use_true_random=False))
def test_neither_units_nor_order_matter(unit, random):
    neighbours = lattice(6, 6)
    observed, exposure = drawn(neighbours, mean=3, dispersion=0.5)
    order = np.array(random.sample(range(36), 36))
    found = pair_ratio_dispersion(observed, exposure, neighbours)
    again = pair_ratio_dispersion(
        observed[order], exposure[order] * unit, shuffled(neighbours, order)
    )
    assert found == pytest.approx(again, rel=1e-9)


def test_independent_areas_have_no_covariance_and_a_background_has():
    neighbours = lattice(30, 30)
    z = [
        neighbour_covariance(
            *drawn(neighbours, mean=2, dispersion=0.5, seed=s), neighbours, dispersion=0.5
        ).z
        for s in range(40)
    ]
    assert abs(np.mean(z)) < 0.5
    assert 0.7 < np.std(z) < 1.3
    half = np.repeat([1.0, 2.0], 450)
    observed, exposure = drawn(neighbours, mean=2, dispersion=0.5, risk=half)
    found = neighbour_covariance(observed, exposure, neighbours, dispersion=0.5)
    assert found.z > 5
    assert found.covariance == pytest.approx(1 / 9, abs=0.05)


def test_covariance_is_undefined_without_events_or_neighbours():
    assert np.isnan(neighbour_covariance([0, 0], [1, 1], joined(2, (0, 1)), dispersion=0)).all()
    assert np.isnan(neighbour_covariance([3, 1], [1, 1], joined(2), dispersion=0)).all()


def one_extreme(events, *, others, side=12):
    """A square map in which so many areas have an event, the rest none, and one has `events`."""
    counts = np.zeros(side**2)
    counts[np.random.default_rng(3).choice(np.arange(1, side**2), others, replace=False)] = 1
    counts[0] = events
    return counts, lattice(side, side)


@pytest.mark.parametrize("others", [20, 80])
def test_one_extreme_area_does_not_decide_for_all(others):
    counts, neighbours = one_extreme(300, others=others)
    found = pair_ratio_spread(Intensity(counts, counts, np.ones(144)), neighbours)
    assert np.flatnonzero(found.left_out).tolist() == [0]
    assert found.of_all > 100
    rest = neighbours[1:][:, 1:]
    assert found.dispersion == pair_ratio_dispersion(counts[1:], np.ones(143), rest)
    assert found.dispersion < 0.5


def test_two_extreme_areas_do_not_hide_behind_each_other():
    counts, neighbours = one_extreme(300, others=80)
    counts[143] = 250
    found = pair_ratio_spread(Intensity(counts, counts, np.ones(144)), neighbours)
    assert np.flatnonzero(found.left_out).tolist() == [0, 143]


def test_an_exposure_that_cannot_be_that_of_its_count_is_left_out():
    counts, exposure = np.full(144, 10.0), np.full(144, 1500.0)
    counts[70], exposure[70] = 240, 12
    found = pair_ratio_spread(Intensity(counts, counts, exposure), lattice(12, 12))
    assert np.flatnonzero(found.left_out).tolist() == [70]
    assert found.dispersion < 0.1 < 1 < found.of_all


@pytest.mark.parametrize("dispersion", [0.5, 2.5])
def test_gamma_risks_have_hardly_an_extreme_area(dispersion):
    neighbours = lattice(10, 10)
    some = 0
    for seed in range(40):
        x, e = drawn(neighbours, mean=1, dispersion=dispersion, seed=seed)
        some += pair_ratio_spread(Intensity(x, x, e), neighbours).left_out.any()
    assert some <= 1
