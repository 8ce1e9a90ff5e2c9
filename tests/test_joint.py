"""Counts that share events are told, together, no more and no less closely than they can be."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, eye_array

from riskindex.equations import Sums, joined
from riskindex.joint import split_up, together, told_sums

PART = np.array([[1, 1], [0, 1]], dtype=bool)
"""A whole, and a part of it."""
ROLLING = np.array([[1, 0, 1], [0, 1, 1]], dtype=bool)
"""Two years that share some months."""
MOST = 5


def exactly(table, counts):
    counts = np.array(counts, dtype=float)
    return split_up(table, counts, counts)


def test_a_part_leaves_the_rest_of_the_whole():
    ways = exactly(PART, [[5, 3], [2, 3]])
    assert ways.events.tolist() == [[3, 0], [2, 3]]
    assert ways.fits.all()


def test_a_part_that_is_more_than_the_whole_does_not_fit():
    assert exactly(PART, [[5, 3], [2, 4]]).fits.tolist() == [True, False]


def test_a_count_that_is_known_in_part_is_filled_up():
    ways = split_up(PART, np.array([[4.0], [1.0]]), np.array([[4.0], [9.0]]))
    whole, part = PART @ ways.events
    assert (whole[0], 1 <= part[0] <= 4) == (4, True)


def bounds(low, high):
    return joined(np.array(low, dtype=float), np.array(high, dtype=float), [])


def told(ways, systems, row, *, width=6):
    system = together(ways, systems)
    found = told_sums(system, ways.events.ravel(), ways.sums(row), width=width)
    return list(zip(found.low.tolist(), found.high.tolist(), strict=True))


def test_a_whole_bounds_its_part():
    ways = exactly(PART, [[3], [2]])
    systems = [bounds([0], [3]), bounds([1], [7])]
    assert told(ways, systems, PART[1]) == [(1, 3)]
    assert told(ways, systems, PART[0]) == [(1, 3)]
    assert told(ways, systems, PART[0] & ~PART[1]) == [(0, 2)]


def test_two_rolling_years_bound_what_they_share():
    ways = exactly(ROLLING, [[2], [9]])
    systems = [bounds([0], [2]), bounds([8], [12])]
    assert told(ways, systems, ROLLING[0] & ROLLING[1]) == [(0, 2)]


def test_windows_of_a_whole_bound_those_of_its_part():
    ways = exactly(PART, [[1, 2, 1], [1, 1, 0]])
    window = csr_array(np.ones((1, 3)))
    most = joined(np.zeros(3), np.full(3, np.inf), [Sums(window, np.zeros(1), np.array([4.0]))])
    systems = [most, bounds([0] * 3, [np.inf] * 3)]
    assert told(ways, systems, PART[1]) == [(0, 4)] * 3


small = st.integers(0, MOST)


@settings(max_examples=25)
@given(
    table=st.sampled_from([PART, ROLLING, np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0]], dtype=bool)]),
    events=st.lists(st.integers(0, 2), min_size=6, max_size=6),
    slack=st.lists(st.integers(0, 2), min_size=12, max_size=12),
    totals=st.booleans(),
)
def test_sums_are_told_as_by_trying_everything(table, events, slack, totals):
    n, events = 2, np.array(events[: 2 * table.shape[1]], dtype=float).reshape(-1, 2)
    counts = table @ events
    left = iter(slack)
    systems = [
        joined(
            np.maximum(of - next(left), 0), of + next(left),
            [Sums(csr_array(np.ones((1, n))), np.array([of.sum() - next(left)]),
                  np.array([of.sum() + next(left)]), are_totals=True)] if totals else [],
        )
        for of in counts
    ]  # fmt: skip
    ways = exactly(table, counts)
    system = together(ways, systems)
    every = np.array(list(product(range(MOST + 4), repeat=table.shape[1])), dtype=float)
    per_area = [
        every[all_in(every @ table.T.astype(float), systems, area)] for area in range(n)
    ]  # fmt: skip
    joint = [(a, b) for a in per_area[0] for b in per_area[1] if in_totals(table, a, b, systems)]
    for row in (table[0], table[0] & ~table[1]):
        found = told_sums(system, ways.events.ravel(), ways.sums(row), width=9)
        for area in range(n):
            values = [pair[area][row].sum() for pair in joint]
            assert (found.low[area], found.high[area]) == (min(values), max(values))


def all_in(counts, systems, area):
    return np.all(
        [(s.low[area] <= counts[:, k]) & (counts[:, k] <= s.high[area])
         for k, s in enumerate(systems)], axis=0,
    )  # fmt: skip


def in_totals(table, a, b, systems):
    both = table @ (a + b)
    return all(
        (s.least <= both[k]).all() and (both[k] <= s.most).all() for k, s in enumerate(systems)
    )


def test_the_unknowns_of_a_way_stand_area_by_area():
    ways = exactly(PART, [[5, 3], [2, 3]])
    assert (ways.sums(PART[0]) @ ways.events.ravel()).tolist() == [5, 3]
    assert (ways.sums(PART[1]) != csr_array(eye_array(4).tocsr()[2:])).nnz == 0
