from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array
from small_maps import joined, lattice, shuffled

from riskindex.errors import DataError
from riskindex.statistics.co_location import co_location, moran_basis, random_sets

SIDE = 20


@pytest.fixture(scope="module")
def square():
    return moran_basis(lattice(SIDE, SIDE))


def smooth_set(rng, reach, share):
    """The highest areas of a smooth surface, cut out of a larger one: no edge is special."""
    margin = int(4 * reach)
    surface = gaussian_filter(rng.standard_normal((SIDE + 2 * margin,) * 2), reach)
    surface = surface[margin : margin + SIDE, margin : margin + SIDE].ravel()
    return np.argsort(np.argsort(-surface)) < share * SIDE**2


def joins(sets, neighbours):
    return (sets * (neighbours @ sets.astype(float))).sum(axis=0)


def test_two_sets_by_hand():
    first, second = np.arange(10) < 4, np.arange(10) % 2 == 0
    line = moran_basis(joined(10, *((i, i + 1) for i in range(9))))
    found = co_location(first, second, line, np.random.default_rng(1))
    assert (found.shared, found.expected, found.lift) == (2, 2, 1)
    ways = sum(comb(5, i) * comb(5, 4 - i) for i in (2, 3, 4))
    assert found.p_chance == pytest.approx(ways / comb(10, 4))
    assert 0.3 < found.p_spatial <= 1


def test_a_set_shares_all_with_itself(square):
    hot = smooth_set(np.random.default_rng(2), 2.0, 0.1)
    found = co_location(hot, hot, square, np.random.default_rng(3), draws=199)
    assert (found.shared, found.lift) == (40, 10)
    assert found.p_spatial == 1 / 200
    assert found.p_chance < 1e-40


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_set_of_none_or_of_all_coincides_with_nothing(square, share):
    some, hot = np.full(400, share == 1), smooth_set(np.random.default_rng(2), 2.0, 0.1)
    found = co_location(some, hot, square, np.random.default_rng(3), draws=19)
    assert (found.p_chance, found.p_spatial) == (1, 1)
    assert found.lift == 1 or (share == 0 and np.isnan(found.lift))


def test_sets_are_of_the_areas_of_the_map(square):
    with pytest.raises(DataError, match="sets are of 3 and 4 areas, the map of 400"):
        co_location(np.ones(3), np.ones(4), square, np.random.default_rng(1))
    with pytest.raises(DataError, match="need 3 to 6,000 areas, and there are 6,001"):
        moran_basis(csr_array((6_001, 6_001)))


def test_patterns_are_those_of_geary():
    neighbours = lattice(5, 6)
    basis = moran_basis(neighbours)
    laplacian = np.diag(neighbours.sum(axis=1)) - neighbours.toarray()
    expected = np.linalg.eigvalsh(laplacian)[1:] / neighbours.sum(axis=1).mean()
    np.testing.assert_allclose(basis.roughness, expected, atol=1e-10)
    np.testing.assert_allclose(basis.patterns.T @ basis.patterns, np.eye(29), atol=1e-10)
    np.testing.assert_allclose(basis.patterns.sum(axis=0), 0, atol=1e-10)


@pytest.mark.parametrize(("reach", "share"), [(0.1, 0.2), (1.0, 0.05), (2.0, 0.2), (4.0, 0.05)])
def test_random_sets_are_as_large_and_as_clumped(square, reach, share):
    hot = smooth_set(np.random.default_rng(4), reach, share)
    sets = random_sets(hot, square, np.random.default_rng(5), draws=199)
    assert (sets.sum(axis=0) == hot.sum()).all()
    assert joins(sets, square.neighbours).mean() == pytest.approx(
        joins(hot, square.neighbours), rel=0.05
    )


def test_random_sets_lie_anywhere(square):
    hot = smooth_set(np.random.default_rng(6), 1.5, 0.1)
    often = random_sets(hot, square, np.random.default_rng(7), draws=2_000).mean(axis=1)
    edge = np.ones((SIDE, SIDE), dtype=bool)
    edge[1:-1, 1:-1] = False
    assert often[edge.ravel()].mean() == pytest.approx(0.1, abs=0.03)
    assert often.min() > 0.03
    assert often.max() < 0.25


def test_a_pattern_of_alternating_areas_stays_alternating():
    ring = csr_array(np.roll(np.eye(40), 1, axis=0) + np.roll(np.eye(40), -1, axis=0))
    sets = random_sets(
        np.arange(40) % 2 == 0, moran_basis(ring), np.random.default_rng(8), draws=99
    )
    assert joins(sets, ring).mean() < 8  # 20 by chance


def test_islands_are_areas_like_others():
    neighbours = joined(30, *((i, i + 1) for i in range(24)))
    sets = random_sets(np.arange(30) % 5 == 0, moran_basis(neighbours), np.random.default_rng(9))
    assert 0.05 < sets[25:].mean() < 0.5


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(1, 29), st.integers(1, 29))
def test_the_order_of_areas_and_of_sets_does_not_matter(random, k, m):
    neighbours = lattice(5, 6)
    order = np.array(random.sample(range(30), 30))
    first, second = np.arange(30) < k, np.isin(np.arange(30), random.sample(range(30), m))
    rng = np.random.default_rng(1)
    found = co_location(first, second, moran_basis(neighbours), rng, draws=9)
    turned = co_location(second[order], first[order], moran_basis(shuffled(neighbours, order)), rng)
    assert found[:4] == pytest.approx(turned[:4])


def false_alarms(square, rng, maps, *, reach, share, draws=199):
    """How often two independent maps are called co-located, and how often by chance alone."""
    found = [
        co_location(
            smooth_set(rng, reach, share), smooth_set(rng, reach, share), square, rng, draws=draws
        )
        for _ in range(maps)
    ]
    return [np.mean([getattr(x, p) <= 0.05 for x in found]) for p in ("p_spatial", "p_chance")]


def test_independent_smooth_maps_seldom_coincide(square):
    spatial, chance = false_alarms(
        square, np.random.default_rng(10), 60, reach=3.0, share=0.2, draws=99
    )
    # At 65 in 1,000, which are allowed, 9 in 60 would be a chance of 1 in 50.
    assert spatial < 9 / 60
    assert chance > 0.15


@pytest.mark.long
@pytest.mark.parametrize("reach", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("share", [0.05, 0.2])
def test_at_most_65_in_a_thousand_independent_smooth_maps_coincide(square, reach, share):
    found = false_alarms(square, np.random.default_rng(12), 1_000, reach=reach, share=share)
    print(reach, share, found)
    assert found[0] <= 0.065


@pytest.mark.long
def test_maps_that_have_half_in_common_are_often_found(square):
    rng, found = np.random.default_rng(13), 0
    for _ in range(200):
        common, one, other = (
            gaussian_filter(rng.standard_normal((SIDE, SIDE)), 1.5) for _ in range(3)
        )
        sets = [np.argsort(np.argsort(-(common + x).ravel())) < 40 for x in (one, other)]
        found += co_location(*sets, square, rng, draws=199).p_spatial <= 0.05
    print(found)
    assert found >= 90
