import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from row_of_places import squares
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.errors import DataError
from riskindex.planning.compact_parts import across, survey_ground, two_parts


def connected(weights, members):
    return connected_components(weights[members][:, members], directed=False)[0] == 1


def at_most(number):
    return lambda part: len(part) <= number


def test_a_cluster_that_fits_stays_whole():
    areas = squares(4, 1)
    ground = survey_ground(areas, neighbour_matrix(areas))
    assert ground.parts(np.array([1, 1, 0, 1], bool), at_most(9)).tolist() == [0, 0, -1, 1]


def test_a_row_too_long_is_halved_in_the_middle():
    areas = squares(6, 1)
    ground = survey_ground(areas, neighbour_matrix(areas))
    assert ground.parts(np.ones(6, bool), at_most(3)).tolist() == [0, 0, 0, 1, 1, 1]


def test_a_dumbbell_is_divided_at_its_handle():
    areas = squares(7, 2)
    keep = np.ones(14, bool)
    keep[[2, 3, 4]] = False  # the handle is the upper row's middle
    ground = survey_ground(areas, neighbour_matrix(areas))
    part = ground.parts(keep, at_most(6))
    assert len(set(part[[0, 1, 7, 8]])) == len(set(part[[5, 6, 12, 13]])) == 1
    assert part[0] != part[6]


def test_no_cluster_crosses_the_border_of_a_group():
    areas = squares(4, 1)
    groups = pd.Series(["A", "A", "B", "B"], index=areas.index)
    ground = survey_ground(areas, neighbour_matrix(areas), groups=groups)
    assert ground.parts(np.ones(4, bool), at_most(9)).tolist() == [0, 0, 1, 1]


def test_nothing_selected_makes_no_part():
    areas = squares(3, 1)
    ground = survey_ground(areas, neighbour_matrix(areas))
    assert ground.parts(np.zeros(3, bool), at_most(1)).tolist() == [-1, -1, -1]


def test_a_square_is_as_wide_as_its_diagonal():
    ground = survey_ground(squares(3, 1), csr_array((3, 3)))
    assert across(squares(1, 1).geometry.to_numpy()) == pytest.approx(1000 * 2**0.5)
    assert ground.km_across(np.array([0, 2])) == pytest.approx(10**0.5)


def test_neighbours_of_other_areas_are_refused():
    with pytest.raises(DataError, match="Neighbours are of 2 areas, and there are 3"):
        survey_ground(squares(3, 1), csr_array((2, 2)))


selections = st.lists(st.booleans(), min_size=36, max_size=36)


@given(selections, st.integers(1, 8), st.randoms(use_true_random=False))
def test_parts_are_connected_small_and_the_same_in_any_order(selected, most, random):
    areas = squares(6, 6)
    weights, chosen = neighbour_matrix(areas), np.array(selected)
    part = survey_ground(areas, weights).parts(chosen, at_most(most))
    assert ((part >= 0) == chosen).all()
    for k in range(part.max() + 1):
        members = np.flatnonzero(part == k)
        assert 0 < len(members) <= most
        assert connected(weights, members)
    order = np.array(random.sample(range(36), 36))
    shuffled = survey_ground(areas.iloc[order], weights[order][:, order])
    assert (shuffled.parts(chosen[order], at_most(most)) == part[order]).all()


@given(st.integers(2, 12), st.randoms(use_true_random=False))
def test_two_parts_are_connected_and_as_near_to_two_centres_as_can_be(m, random):
    """Against every pair of centres, by plain shortest paths."""
    lengths = np.zeros((m, m))
    for i in range(1, m):  # a tree, and some edges more
        for j in {random.randrange(i), random.randrange(i)}:
            lengths[i, j] = lengths[j, i] = random.randint(1, 9)
    first = two_parts(csr_array(lengths))
    assert 0 < first.sum() < m
    graph = csr_array(lengths)
    assert connected(graph, np.flatnonzero(first))
    assert connected(graph, np.flatnonzero(~first))
    far = np.where(lengths > 0, lengths, np.inf)
    np.fill_diagonal(far, 0)
    for k in range(m):
        far = np.minimum(far, far[:, [k]] + far[[k]])
    least = min(np.minimum(far[a], far[b]).sum() for a in range(m) for b in range(a))
    inside = [far[np.ix_(part, part)].sum(axis=1).min() for part in (first, ~first)]
    assert sum(inside) <= least
