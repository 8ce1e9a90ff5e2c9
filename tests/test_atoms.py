"""Which counts share events, and in which of them one event can be."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskindex.atoms import Counting, closed, derived, in_groups, nested, patterns


def counting(where=None, months=(0, 12), source="s"):
    return Counting(((source, where or {}),), range(*months))


def ways(table):
    return {tuple(column.astype(int)) for column in table.T}


def test_a_part_is_in_the_whole():
    whole, part = counting(), counting({"injury": ["yes"]})
    assert ways(patterns([whole, part])) == {(1, 0), (1, 1)}


def test_two_parts_that_fill_a_whole_leave_nothing_beside_them():
    whole = counting({"kind": ["arson", "theft"]})
    parts = [counting({"kind": [kind]}) for kind in ("arson", "theft")]
    assert ways(patterns([whole, *parts])) == {(1, 1, 0), (1, 0, 1)}


def test_two_parts_of_all_events_leave_the_rest():
    parts = [counting({"kind": [kind]}) for kind in ("arson", "theft")]
    assert ways(patterns([counting(), *parts])) == {(1, 0, 0), (1, 1, 0), (1, 0, 1)}


def test_rules_about_different_columns_may_meet():
    assert ways(patterns([counting({"a": [1]}), counting({"b": [True]})])) == {
        (1, 0), (0, 1), (1, 1)
    }  # fmt: skip


def test_true_is_the_word_or_1():
    assert ways(patterns([counting({"a": [True]}), counting({"a": ["true"]})])) == {(1, 1)}


def test_rolling_years_share_their_middle():
    first, second = counting(months=(3, 15)), counting(months=(9, 21))
    assert ways(patterns([first, second])) == {(1, 0), (0, 1), (1, 1)}
    assert in_groups([first, second]) == [[0, 1]]


def test_other_years_sources_and_values_are_apart():
    some = [counting(), counting(months=(12, 24)), counting(source="t"),
            counting({"a": ["x"]}, source="u"), counting({"a": ["y"]}, source="u")]  # fmt: skip
    assert in_groups(some) == [[0], [1], [2], [3], [4]]


def test_a_factor_of_several_sources_joins_them():
    both = Counting((("s", {}), ("t", {})), range(12))
    assert in_groups([counting(), counting(source="t"), both]) == [[0, 1, 2]]
    assert ways(patterns([counting(), counting(source="t"), both])) == {(1, 0, 1), (0, 1, 1)}


def test_a_person_may_be_in_two_quarters():
    quarters = [counting(months=(0, 3)), counting(months=(3, 6))]
    table = patterns([counting(months=(0, 6)), *quarters])
    assert ways(table) == {(1, 1, 0), (1, 0, 1)}
    assert ways(closed(table)) == {(1, 1, 0), (1, 0, 1), (1, 1, 1)}


def test_too_many_ways_are_none():
    assert closed(np.eye(9, dtype=bool)) is None


def test_what_a_whole_has_beside_its_parts():
    year = counting(months=(0, 12))
    quarters = [counting(months=(m, m + 3)) for m in (0, 3, 6)]
    found = nested(patterns([year, *quarters]))
    assert found == [(0, (1,)), (0, (2,)), (0, (3,)), (0, (1, 2, 3))]
    last = counting(months=(9, 12))
    assert (0, (1, 2, 3, 4)) not in nested(patterns([year, *quarters, last]))
    assert nested(patterns([year, year])) == []


def test_what_is_told_and_not_named():
    first, second = counting(months=(3, 15)), counting(months=(9, 21))
    (shared,) = derived(patterns([first, second]))
    assert (shared.whole, shared.others, shared.less) == (0, (1,), False)
    assert shared.ways.sum() == 1
    (rest,) = derived(patterns([counting(), counting({"a": [1]})]))
    assert (rest.whole, rest.others, rest.less) == (0, (1,), True)


values = st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=2)
rules = st.dictionaries(st.sampled_from(["a", "b"]), values, max_size=2)
spans = st.tuples(st.integers(0, 5), st.integers(1, 5)).map(lambda m: (m[0], m[0] + m[1]))


@given(counted=st.lists(st.builds(counting, rules, spans), min_size=1, max_size=4))
def test_the_ways_are_those_of_every_event(counted):
    every = {
        tuple(
            int(month in one.months
                and all(event[c] in kept for c, kept in one.rules[0][1].items()))
            for one in counted
        )
        for month in range(10)
        for a, b in product("xyzw", repeat=2)
        for event in [{"a": a, "b": b}]
    }  # fmt: skip
    assert ways(patterns(counted)) == {one for one in every if any(one)}
