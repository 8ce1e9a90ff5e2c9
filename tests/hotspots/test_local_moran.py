import warnings

import numpy as np
import pytest
from grids import lattice
from scipy.sparse import csr_array

from riskindex.errors import DataError
from riskindex.hotspots.local_moran import QUADRANTS, local_moran
from riskindex.statistics.permutations import Permutations

NEAR = lattice(8)
LINE = csr_array(np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]], float))


def test_a_line_of_four_by_hand():
    found = local_moran([4, 4, 0, 0], LINE)
    # Deviations 2, 2, -2, -2, of which the squares add up to 16: I is 3 x 2 x 2 / 16 at both ends,
    # and 0 where the neighbours' mean is.
    assert found.statistic.tolist() == [0.75, 0.0, 0.0, 0.75]
    assert [QUADRANTS[q] for q in found.quadrant[[0, 3]]] == ["high-high", "low-low"]
    # The first area's neighbour is drawn from 4, 0, 0: P(4) = 1/3, twice that two-sided.
    assert found.p[0] == pytest.approx(2 / 3)
    # The second's two from 4, 0, 0: a sum of 4 has probability 2/3, and no tail is smaller.
    assert found.p[1] == pytest.approx(1.0)


def test_the_order_of_areas_does_not_matter():
    rng = np.random.default_rng(3)
    values, order = rng.poisson(2, 64), rng.permutation(64)
    one, other = local_moran(values, NEAR), local_moran(values[order], NEAR[order][:, order])
    np.testing.assert_allclose(other.statistic, one.statistic[order], atol=1e-15)
    np.testing.assert_allclose(other.p, one.p[order])


def test_p_is_that_of_the_permutations_of_esda():
    from esda import Moran_Local
    from libpysal.graph import Graph

    values = np.random.default_rng(5).poisson(1.5, 64).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what its next release will call its p
        theirs = Moran_Local(
            values, Graph.from_sparse(NEAR).transform("r"), permutations=19_999, seed=1
        )
    sims = theirs.rlisas
    reached = np.minimum(
        (sims >= theirs.Is[:, None] - 1e-9).mean(axis=1),
        (sims <= theirs.Is[:, None] + 1e-9).mean(axis=1),
    )
    ours = local_moran(values, NEAR)
    np.testing.assert_allclose(ours.statistic, theirs.Is)
    assert np.abs(ours.p - np.minimum(1, 2 * reached)).max() < 0.03
    drawn = local_moran(values, NEAR, p="permutation", permutations=Permutations(number=9_999))
    assert np.abs(drawn.p - ours.p).max() < 0.03


def test_areas_without_neighbours_and_equal_values_have_no_statistic():
    alone = csr_array(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], float))
    found = local_moran([1, 2, 4], alone)
    assert np.isnan([found.statistic[2], found.p[2]]).all()
    assert found.quadrant[2] == 0
    assert np.isnan(local_moran([1, 1, 1, 1], LINE).statistic).all()


def test_an_area_is_not_its_own_neighbour():
    with pytest.raises(DataError, match="in their own window"):
        local_moran([1, 2, 3], csr_array(np.eye(3)))
