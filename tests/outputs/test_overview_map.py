"""The map of the whole: the same bytes twice, dots apart, a map without a selected area."""

import dataclasses

import numpy as np
import pytest
from example_release import example_release

from riskindex.outputs.overview_map import Dots, height_free_of, overview_map, part_dots


@pytest.fixture(scope="module")
def released():
    return example_release()


def test_the_map_is_a_picture_of_its_own_shape_and_repeats(released):
    first = overview_map(released)
    assert first.startswith(b"\x89PNG")
    assert overview_map(released) == first


def test_dots_that_cover_each_other_move_apart_and_others_stay():
    centres = np.array([[0.0, 0], [1, 0], [10, 0]])
    parted = part_dots(centres, np.array([1.0, 1, 1]))
    assert parted.tolist() == [[-0.5, 0], [1.5, 0], [10, 0]]


def test_two_dots_in_one_place_are_both_seen():
    parted = part_dots(np.zeros((2, 2)), np.array([2.0, 1]))
    assert np.hypot(*(parted[1] - parted[0])) == pytest.approx(3)
    assert np.hypot(*parted[0]) < np.hypot(*parted[1])


def test_a_map_without_a_selected_area_is_drawn(released):
    none = dataclasses.replace(released, all_areas=released.all_areas.assign(selected=False))
    assert overview_map(none).startswith(b"\x89PNG")


def test_a_name_makes_way_for_a_dot_and_stays_where_there_is_none():
    dot = Dots(np.array([[1.0, 1.0]]), np.array([0.1]))
    moved = height_free_of(dot, np.array([1.0, 1.0]), "Chelmsford")
    assert abs(moved - 1) > 0.1
    assert height_free_of(dot, np.array([1.0, 3.0]), "Chelmsford") == 3
    assert height_free_of(Dots(np.empty((0, 2)), np.empty(0)), np.array([1.0, 1.0]), "Maldon") == 1
