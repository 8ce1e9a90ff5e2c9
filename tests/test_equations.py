"""Sums that are printed bound the numbers behind them no more and no less than they do."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from riskindex.equations import (
    Moves,
    Parts,
    Sums,
    group_sums,
    intervals,
    joined,
    solution,
    without_false,
)

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


def solutions_of(system):
    """All solutions, by trying all numbers."""
    every = np.array(list(product(range(MOST + 1), repeat=len(system.low))), dtype=float)
    sums = every @ system.sums.toarray().T
    return every[((sums >= system.least) & (sums <= system.most)).all(axis=1)]


def by_trying(system):
    """Least and greatest of every number over all solutions."""
    solutions = solutions_of(system)
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


def test_one_far_away_makes_up_in_the_total_and_one_in_the_same_window_cannot():
    x = np.array([3.0, 4.0, 2.0])
    rows = [[1, 1, 1], [1, 1, 0]]  # a total, and a window of the first two
    moves = Moves(system_of(x, rows, [(0, 0), (1, 1)], totals=1), x)
    assert moves.room(1).tolist() == [1, 1, 1]
    assert moves.room(-1).tolist() == [1, 1, 1]
    alone = Moves(system_of(x, rows[:1] * 2, [(0, 0), (0, 0)], totals=1), x)
    assert alone.room(1).tolist() == [0, 0, 0]


def test_what_moves_alone_stops_at_its_ends_and_at_the_sums_of_its_windows():
    x = np.array([3.0, 4.0])
    moves = Moves(system_of(x, [[1, 1], [0, 1]], [(9, 3), (1, 9)]), x)
    assert moves.room(1).tolist() == [3, 2]
    assert moves.room(-1).tolist() == [3, 1]


def test_around_a_number_are_those_that_share_a_window_then_those_that_share_one_with_these():
    x = np.zeros(6)
    chain = system_of(x, np.eye(5, 6) + np.eye(5, 6, k=1), [(0, 9)] * 5)
    moves = Moves(chain, x)
    moves.loose, moves.loosest = [[]], []
    assert [moves.around(2, reach).tolist() for reach in (1, 3, 5, 9)] == [
        [2], [1, 2, 3], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5]
    ]  # fmt: skip


def test_with_some_around_a_number_go_others_of_the_same_total(monkeypatch):
    monkeypatch.setattr("riskindex.equations.MOST_GIVERS", 2)
    x = np.zeros(5)
    two = system_of(x, [[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]], [(0, 9), (0, 9)], totals=2)
    assert Moves(two, x).around(0, 1).tolist() == [0, 1, 2]


def test_for_the_only_number_of_a_total_one_of_each_other_total_makes_up(monkeypatch):
    monkeypatch.setattr("riskindex.equations.REACH", (1,))
    monkeypatch.setattr("riskindex.equations.MOST_AT_ONCE", 0)
    x = np.array([3.0, 3.0, 3.0, 3.0])
    every, places = [1, 1, 1, 1], [[0, 1, 0, 0], [0, 0, 1, 1]]
    system = system_of(x, [every, *places], [(0, 0), (2, 2), (2, 2)], totals=3)
    assert Moves(system, x).around(0, 1).tolist() == [0, 1, 2]
    found = intervals(system, x, np.array([True, False, False, False]), width=6)
    assert (found.low[0], found.high[0]) == (0, 6)


def test_numbers_that_are_fixed_make_up_for_nothing(monkeypatch):
    monkeypatch.setattr("riskindex.equations.MOST_GIVERS", 2)
    x = np.array([3.0, 0.0, 0.0, 0.0, 3.0])
    system = system_of(x, [[1, 1, 1, 1, 1], [0, 0, 0, 0, 1]], [(0, 0), (2, 2)], totals=2)
    system.high[1:4] = 0
    assert Moves(system, x).around(0, 1).tolist() == [0, 4]


def test_a_part_is_what_is_left_to_the_others_of_a_sum():
    x = np.array([1.0, 5.0, 2.0])
    whole = system_of(x, [[1, 1, 0], [0, 1, 1], [1, 0, 0]], [(1, 1), (0, 9), (0, 0)])
    some = Parts(whole, x).of(np.array([1, 2]))
    assert some.sums.toarray().tolist() == [[1, 0], [1, 1]]
    assert (some.least.tolist(), some.most.tolist()) == ([4, 7], [6, 16])
    near = Parts(whole, x).of(np.array([1, 2]), by=1)
    assert (near.low.tolist(), near.high.tolist()) == ([4, 1], [6, 3])
    assert near.sums.toarray().tolist() == [[1, 1]]  # 4 to 6 is all that the second can be


def test_inside_a_part_are_the_sums_of_no_others():
    x = np.array([1.0, 5.0, 2.0])
    whole = system_of(x, [[1, 1, 0], [0, 1, 1], [1, 0, 0]], [(1, 1), (0, 9), (0, 0)])
    some = Parts(whole, x).inside(np.array([1, 2]))
    assert some.sums.toarray().tolist() == [[1, 1]]
    assert (some.least.tolist(), some.most.tolist()) == ([7], [16])
    assert (some.low.tolist(), some.high.tolist()) == ([0, 0], [MOST, MOST])


@pytest.mark.parametrize(("slack", "programmes"), [((0, 0), 6), ((2, 2), 6)])
def test_what_the_sums_around_a_number_give_away_is_not_looked_for_further_off(
    slack, programmes, monkeypatch
):
    asked = []

    def solved(*given):
        asked.append(given)
        return solution(*given)

    monkeypatch.setattr("riskindex.equations.solution", solved)
    monkeypatch.setattr("riskindex.equations.REACH", (2, 3))
    x = np.array([3.0, 4.0, 1.0, 1.0])
    system = system_of(x, [[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1]], [slack, (0, 0), (9, 9)])
    found = intervals(system, x, np.array([False, True, False, False]), width=6)
    assert found.values[1] == 1 + sum(slack)
    assert len(asked) == programmes


small = st.integers(0, MOST)


@settings(max_examples=40)
@given(
    x=st.lists(small, min_size=3, max_size=3),
    rows=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=3),
    slack=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=3),
    totals=st.integers(0, 2),
    width=st.integers(2, 7),
    reach=st.lists(st.integers(1, 2), max_size=2),
)
def test_intervals_are_those_of_all_solutions(x, rows, slack, totals, width, reach):
    x = np.array(x, dtype=float)
    system = system_of(x, rows, slack[: len(rows)], totals=totals)
    with pytest.MonkeyPatch.context() as only:
        only.setattr("riskindex.equations.REACH", tuple(reach))
        only.setattr("riskindex.equations.MOST_GIVERS", 0)
        found = intervals(system, x, np.ones(3, dtype=bool), width=width)
    low, high = by_trying(system)
    assert (found.low >= low).all()
    assert (found.high <= high).all()
    close = found.values < width
    assert np.array_equal(found.low[close], low[close])
    assert np.array_equal(found.high[close], high[close])


@settings(max_examples=40)
@given(
    x=st.lists(small, min_size=4, max_size=4),
    rows=st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=4),
    slack=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=4),
    totals=st.integers(0, 2),
    reach=st.integers(1, 3),
    givers=st.integers(0, 2),
)
def test_what_is_found_around_a_number_is_a_solution_of_all(x, rows, slack, totals, reach, givers):
    x = np.array(x, dtype=float)
    system = system_of(x, rows, slack[: len(rows)], totals=totals)
    with pytest.MonkeyPatch.context() as only:
        only.setattr("riskindex.equations.REACH", (reach,))
        only.setattr("riskindex.equations.MOST_AT_ONCE", 0)
        only.setattr("riskindex.equations.MOST_GIVERS", givers)
        found = intervals(system, x, np.ones(4, dtype=bool), width=7)
    solutions = solutions_of(system)
    assert ((found.low <= x) & (x <= found.high)).all()
    for i, ends in enumerate(zip(found.low, found.high, strict=True)):
        assert np.isin(ends, solutions[:, i]).all()
