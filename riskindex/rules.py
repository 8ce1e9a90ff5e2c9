"""Rules say which records are meant: tests of columns, joined by all, any and none."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Value = str | int | bool
Where = Mapping[str, Sequence[Value]]
"""Column name to the values that are kept, "" where nothing is recorded; several columns must all
match."""


@dataclass(frozen=True)
class Has:
    """Records with one of some values in a column, "" where nothing is recorded."""

    column: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class AllOf:
    """Records that meet every one of some rules; every record where there are none."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True)
class AnyOf:
    """Records that meet at least one of some rules; no record where there are none."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True)
class NoneOf:
    """Records that meet not one of some rules; every record where there are none."""

    rules: tuple["Rule", ...]


Rule = Has | AllOf | AnyOf | NoneOf
EVERY_RECORD: Rule = AllOf(())


def rule_of(where: Where) -> Rule:
    """A `where` of a config as a rule."""
    return AllOf(tuple(Has(column, tuple(values)) for column, values in where.items()))


def tests_of(rule: Rule) -> Iterator[Has]:
    """Every test of a column in a rule, in its order."""
    if isinstance(rule, Has):
        yield rule
    else:
        for part in rule.rules:
            yield from tests_of(part)


def required(rule: Rule) -> Where:
    """Values of columns of which every record that meets the rule has one; there may be more."""
    values_of: dict[str, list[Value]] = {}
    # Only what stands under "all" binds every record; an alternative binds none.
    for part in _flat(rule.rules, AllOf) if isinstance(rule, AllOf) else [rule]:
        tests = _flat(part.rules, AnyOf) if isinstance(part, AnyOf) else [part]
        columns = {test.column for test in tests if isinstance(test, Has)}
        # Alternatives in several columns need none of these columns to have a certain value.
        if len(columns) != 1 or not all(isinstance(test, Has) for test in tests):
            continue
        (column,) = columns
        values = [v for test in tests if isinstance(test, Has) for v in test.values]
        # Two tests of one column leave the values that both allow.
        values_of[column] = [v for v in values if v in values_of.get(column, values)]
    return values_of


def canonical(rule: Rule) -> str:
    """One text for the rule however it is spelled: the order of its parts and values, parts that
    are there twice, and one list inside another of the same kind make no difference.

    Examples
    --------
    >>> canonical(AllOf((Has("level", (2, 1)), AllOf((Has("injury", (True,)),)))))
    '[["injury", ["true"]], ["level", ["1", "2"]]]'
    """
    # A single test and a list of one are the same rule, and must have one text.
    return json.dumps(_parts(rule) if isinstance(rule, AllOf) else [_plain(rule)])


def _plain(rule: Rule) -> list[object]:
    if isinstance(rule, Has):
        # As JSON, in which 1, "1" and true stay three values.
        return [rule.column, sorted({*map(json.dumps, rule.values)})]
    parts = _parts(rule)
    # All of one and any of one are that one; none of one is its opposite.
    if len(parts) == 1 and not isinstance(rule, NoneOf):
        return parts[0]
    return [_KINDS[type(rule)], *parts]


_KINDS = {AllOf: "all of", AnyOf: "any of", NoneOf: "none of"}


def _parts(rule: AllOf | AnyOf | NoneOf) -> list[list[object]]:
    """Parts of a list of rules in one order, those of lists inside it that say the same."""
    # Not any of a list in a "none of" is none of its parts.
    flat = _flat(rule.rules, AllOf if isinstance(rule, AllOf) else AnyOf)
    by_text = {json.dumps(_plain(part)): _plain(part) for part in flat}
    return [by_text[text] for text in sorted(by_text)]


def _flat(rules: Sequence[Rule], kind: type[AllOf] | type[AnyOf]) -> list[Rule]:
    """The rules, with those of lists of a kind in place of the lists."""
    flat: list[Rule] = []
    for rule in rules:
        flat += _flat(rule.rules, kind) if isinstance(rule, kind) else [rule]
    return flat


def in_words(rule: Rule) -> str:
    """A rule in one line, whatever its values hold: JSON has no line ends."""
    if rule == EVERY_RECORD:
        return "every event"
    if isinstance(rule, Has):
        return f"{json.dumps(rule.column)} is {' or '.join(map(json.dumps, rule.values))}"
    between = " and " if isinstance(rule, AllOf) else " or "
    words = between.join(
        in_words(part) if isinstance(part, Has) else f"({in_words(part)})" for part in rule.rules
    )
    return f"not ({words})" if isinstance(rule, NoneOf) else words
