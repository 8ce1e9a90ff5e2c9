"""Sorts of events: alike to every rule, numbered once, each counted in the first group it meets."""

import numpy as np
from small_events import events, factor, group, squares

from riskindex.events.coverage import Coverage, find_units
from riskindex.events.periods import parse_periods
from riskindex.events.sorts import columns_of_rules, condition_of, first_of_each, store_sorts
from riskindex.events.source_events import Group

AREAS = squares("E01000001", "E01000002")
ROWS = [
    {"date": "2022-03-01", "area": "E01000001", "kind": kind, "weapon": weapon}
    for kind, weapon in (("a", "knife"), ("a", "gun"), ("b", "knife"), ("c", "knife"))
]


def opened(*groups, **options):
    """Events of one source, and what counts them."""
    wanted = factor(source=None, event_groups=groups)
    periods = parse_periods(["2022"], "calendar-year", place="f")
    source = events(ROWS, wanted, **options)
    units = find_units(source.connection, source.table, Coverage(), None, AREAS, name="s")
    return source, [Group("f", one, periods) for one in groups], units


def test_events_that_meet_the_same_rules_are_of_one_sort():
    source, groups, units = opened(group("a", kind=["a"]), group("knife", weapon=["knife"]))
    meets = store_sorts(source, groups, units)
    # The source's own rule, then a, then knife; sort 0 is what the source leaves out.
    assert sorted(meets.tolist()) == [
        [False, False, False],
        [True, False, True],
        [True, True, False],
        [True, True, True],
    ]
    stored = source.connection.execute("SELECT sort, sum(n) FROM sorts GROUP BY 1").fetchall()
    assert sum(n for _, n in stored) == len(ROWS)
    assert dict(stored)[meets.tolist().index([True, False, True])] == 2


def test_what_the_sources_own_rule_leaves_out_is_of_sort_0():
    source, groups, units = opened(group("a", kind=["a"]), where={"weapon": ["knife"]})
    meets = store_sorts(source, groups, units)
    assert not meets[0].any()
    (left_out,) = source.connection.execute("SELECT sum(n) FROM sorts WHERE sort = 0").fetchone()
    assert left_out == 1


def test_only_columns_that_a_rule_looks_at_tell_sorts_apart():
    source, groups, units = opened(group("a", kind=["a"]))
    assert columns_of_rules(source, groups, units) == ['"category kind"']
    assert condition_of(source, groups[0]).count("category kind") >= 1


def test_a_sort_counts_in_the_first_group_of_a_factor_that_it_meets():
    periods = parse_periods(["2022"], "calendar-year", place="f")
    groups = [Group(name, group(label, kind=["a"]), periods) for name, label in ("fa", "fb", "ga")]
    first = first_of_each(np.array([[True, True, True, True], [True, False, True, False]]), groups)
    assert first.tolist() == [[True, True, False, True], [True, False, True, False]]
