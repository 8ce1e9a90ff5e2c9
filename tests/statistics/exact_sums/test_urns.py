from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskindex.statistics.exact_sums.urns import (
    positive_tails,
    tilted_positive_tails,
    tilted_tails,
    urn_of,
)

VALUES = np.array([0, 0, 1, 1, 2, 5])


def law(values, k):
    """Upper tails of the sum of k of the values, by going through every draw."""
    sums = np.array([sum(draw) for draw in combinations(values.tolist(), k)])
    return np.array([(sums >= s).mean() for s in range(int(values.sum()) + 1)])


def upper(tails, k, top):
    """A stored row as probabilities."""
    s = np.arange(top + 1)
    return tails.tail[k, : top + 1] * np.exp(tails.log_scale[k] - tails.tilt * s)


def test_an_urn_has_each_value_as_often_as_it_is_there():
    urn = urn_of(VALUES)
    assert urn.distinct.tolist() == [0, 1, 2, 5]
    assert urn.often.tolist() == [2, 2, 1, 1]
    assert urn.n == 6


def test_a_value_is_taken_out_once():
    assert urn_of(VALUES).without(1).often.tolist() == [2, 1, 1, 1]
    assert urn_of(VALUES).without(5).distinct.tolist() == [0, 1, 2]


def test_the_largest_numbers_and_their_sums():
    falling, sums = urn_of(VALUES).largest(3)
    assert falling.tolist() == [5, 2, 1]
    assert sums.tolist() == [0, 5, 7, 8]


def test_sparse_large_values_have_the_same_urn():
    wide = np.array([0, 3, 3, 100_000])
    urn = urn_of(wide)
    assert (urn.distinct.tolist(), urn.often.tolist()) == ([0, 3, 100_000], [1, 2, 1])


def test_two_of_three_by_hand():
    # Of 0, 1 and 2 two are drawn: the sums 1, 2 and 3, one third each.
    tails = positive_tails(urn_of(np.array([0, 1, 2])), 2, 3)
    assert upper(tails["upper"], 2, 3) == pytest.approx([1, 1, 2 / 3, 1 / 3])
    assert tails["lower"].tail[2, :4] == pytest.approx([0, 1 / 3, 2 / 3, 1])


@settings(max_examples=30)
@given(st.lists(st.integers(0, 6), min_size=3, max_size=8).filter(any), st.data())
def test_all_three_forms_are_the_law_of_every_draw(values, data):
    values = np.array(values)
    k, top = data.draw(st.integers(1, len(values) - 1)), int(values.sum())
    expected = law(values, k)
    urn = urn_of(values)
    found = positive_tails(urn, k, top)["upper"]
    assert upper(found, k, top) == pytest.approx(expected, rel=1e-10)
    for tilt in (0.0, 0.4):
        reach = int(urn.largest(k)[1][-1])
        tilted = tilted_positive_tails(urn, k, top, tilt, "upper")
        assert upper(tilted, k, reach) == pytest.approx(expected[: reach + 1], rel=1e-10)
        turned = tilted_tails(urn, k, reach, tilt, "upper")
        assert upper(turned, k, reach) == pytest.approx(expected[: reach + 1], abs=1e-9)
