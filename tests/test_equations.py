"""Sums that are printed bound the numbers behind them no more and no less than they do."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from riskindex.equations import Sums, group_sums, intervals, joined, without_false

MOST = 6


def system_of(x, rows, slack, *, totals=0):
    """Sums of some of the numbers, each known to so many less or more."""
    of = csr_array(np.array(rows, dtype=float))
    sums = of @ x
    least, most = sums - [low for low, _ in slack], sums + [high for _, high in slack]
    parts = [
        Sums(of[k : k + 1], least[k : k + 1], most[k : k + 1], are_totals=k < totals)
        for k in range(len(rows))
    ]
    return joined(np.zeros(len(x)), np.full(len(x), float(MOST)), parts)


def by_trying(system):
    """Least and greatest of every number over all solutions."""
    every = np.array(list(product(range(MOST + 1), repeat=len(system.low))), dtype=float)
    sums = every @ system.sums.toarray().T
    solutions = every[((sums >= system.least) & (sums <= system.most)).all(axis=1)]
    return solutions.min(axis=0), solutions.max(axis=0)


def test_a_total_that_is_known_exactly_gives_the_last_number_away():
    x = np.array([3.0, 4.0])
    system = system_of(x, [[1, 1], [1, 0]], [(0, 0), (0, 0)])
    found = intervals(system, x, np.array([False, True]), width=6)
    assert (found.low[1], found.high[1]) == (4, 4)


def test_a_rounded_total_leaves_as_many_values_as_it_rounds():
    x = np.array([3.0, 4.0])
    system = system_of(x, [[1, 1], [1, 0]], [(2, 2), (0, 0)])
    found = intervals(system, x, np.array([False, True]), width=9)
    assert (found.low[1], found.high[1]) == (2, 6)


def test_two_windows_that_overlap_are_solved_together():
    x = np.array([1.0, 5.0, 2.0])
    system = system_of(x, [[1, 1, 0], [0, 1, 1], [1, 1, 1]], [(0, 0), (0, 0), (0, 0)])
    found = intervals(system, x, np.ones(3, dtype=bool), width=6)
    assert found.values.tolist() == [1, 1, 1]


def test_what_was_revised_since_is_left_out():
    old = system_of(np.array([3.0, 4.0]), [[1, 1]], [(0, 0)])
    assert without_false(old, np.array([5.0, 5.0])).sums.shape[0] == 0
    assert without_false(old, np.array([6.0, 1.0])).sums.shape[0] == 1


def test_groups_add_up():
    assert group_sums(np.array([0, 1, -1, 0]), 2).toarray().tolist() == [[1, 0, 0, 1], [0, 1, 0, 0]]


small = st.integers(0, MOST)


@settings(max_examples=40)
@given(
    x=st.lists(small, min_size=3, max_size=3),
    rows=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=3),
    slack=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=3),
    totals=st.integers(0, 2),
    width=st.integers(2, 7),
)
def test_intervals_are_those_of_all_solutions(x, rows, slack, totals, width):
    x = np.array(x, dtype=float)
    system = system_of(x, rows, slack[: len(rows)], totals=totals)
    found = intervals(system, x, np.ones(3, dtype=bool), width=width)
    low, high = by_trying(system)
    assert (found.low >= low).all()
    assert (found.high <= high).all()
    close = found.values < width
    assert np.array_equal(found.low[close], low[close])
    assert np.array_equal(found.high[close], high[close])
