"""Sorts of events, alike to every rule: a rule is looked at once a sort, not once an event."""

from collections.abc import Sequence

import numpy as np

from riskindex.arrays import Flags
from riskindex.events.coverage import Units
from riskindex.events.source_events import Events, Group
from riskindex.events.sql import category, condition, identifier, rule_name, store
from riskindex.rules import Rule, rule_of, tests_of


def store_sorts(events: Events, groups: Sequence[Group], units: Units) -> Flags:
    """Number the sorts of a source's events in its table `sorts`; say which rules each meets.

    Sort 0 is what the source's own rule leaves out, and so does every other.

    Returns
    -------
    array of bool, shape (sorts, rules)
        The rules are the source's own, then one for each group.
    """
    names = ", ".join(columns_of_rules(events, groups, units)) or "NULL AS nothing"
    rules = [_own_test(events), *(condition_of(events, group) for group in groups)]
    tests = ", ".join(f"{rule} AS met_{i}" for i, rule in enumerate(rules))
    n = "sum(events)" if events.is_counted else "count(*)"
    # Rules are tested once for each combination of values, and not for each event.
    combinations = events.connection.execute(
        f"SELECT *, {tests} FROM (SELECT {names}, {n}::BIGINT AS n "
        f"FROM {identifier(events.table)} GROUP BY ALL)"
    ).df()
    met = combinations.iloc[:, -len(rules) :].to_numpy(dtype=bool)
    used = met[:, 0]
    if units.left_out:
        unit = f"category {events.coverage.column}"
        # A file of a unit that covers no group of the areas (another force, the transport police)
        # is no event of the study area.
        used = used & ~combinations[unit].isin(units.left_out).to_numpy()
    # Values that meet the same rules are one sort from here on.
    sorts, of_used = np.unique(met[used], axis=0, return_inverse=True)
    sort = np.zeros(len(combinations), dtype=np.int32)
    sort[used] = of_used.ravel() + 1
    table = combinations.iloc[:, : -len(rules)].assign(sort=sort)
    store(events.connection, "sorts", table)
    # Line 0 is the sort of what the source leaves out.
    return np.vstack([np.zeros((1, len(rules)), dtype=bool), sorts])


def _own_test(events: Events) -> str:
    """Whether an event meets the source's own rule, as SQL."""
    rule = rule_of(events.where)
    return _answer_column(rule) if events.is_counted else condition(rule)


def condition_of(events: Events, group: Group, *, rule: Rule | None = None) -> str:
    """Whether an event meets the rule of a group, or another made of its tests, as SQL.

    A warehouse has answered for each rule of a `where`, and for each test of a definition.
    """
    asked = group.events.rule if rule is None else rule
    if not events.is_counted:
        return condition(asked)
    if group.events.defined is None:
        return _answer_column(asked)
    # A definition is put together here from its tests, each of which the warehouse answered.
    return condition(asked, test=_answer_column)


def _answer_column(rule: Rule) -> str:
    """Column of a warehouse's answer that says whether events meet a rule, quoted."""
    return identifier(rule_name(rule))


def columns_of_rules(events: Events, groups: Sequence[Group], units: Units) -> list[str]:
    """Columns from which it follows which rules an event meets, quoted."""
    rules = [rule_of(events.where), *(rule for group in groups for rule in group.events.asked)]
    # The columns of a warehouse's records stay there; its answer has one for each rule.
    if events.is_counted:
        return sorted({_answer_column(rule) for rule in rules})
    unit = [str(events.coverage.column)] if units.left_out else []
    columns = {*unit, *(test.column for rule in rules for test in tests_of(rule))}
    return [category(column) for column in sorted(columns)]


def first_of_each(meets: Flags, groups: Sequence[Group]) -> Flags:
    """Which rules count events of each sort: of the groups of a factor the first that they meet.

    Parameters
    ----------
    meets
        Which rules events of each sort meet, shape (sorts, rules): the source's own, then one for
        each group.
    groups
        The groups.

    Returns
    -------
    array of bool, shape (sorts, rules)
        In each line at most one group of a factor.
    """
    first, taken = meets.copy(), {group.factor: np.zeros(len(meets), bool) for group in groups}
    for rule, group in enumerate(groups, start=1):
        # In the order of the config, so that the groups of a factor add up to its events.
        first[:, rule] &= ~taken[group.factor]
        taken[group.factor] |= meets[:, rule]
    return first
