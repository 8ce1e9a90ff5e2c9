"""Rules checked against the records: missing columns, values that no record has, shared events."""

import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from riskindex.areas.editions import first_few
from riskindex.errors import ConfigError, DataError
from riskindex.events.source_events import Events, Group
from riskindex.events.sql import category, condition, identifier
from riskindex.events.tally import Tally
from riskindex.rules import AllOf, Has, Value, rule_of, tests_of


def unrecorded_values(tally: Tally) -> Iterator[str]:
    """How many records meet the rest of a rule and have nothing in a column that it looks at.

    Not of a warehouse, which tells of its rules alone.
    """
    if tally.events.is_counted:
        return
    rules = {tally.name: tally.events.where}
    for group in tally.groups:
        rules[f"factors.{group.factor}: {group.label}"] = group.events.where
    for what, where in rules.items():
        for column, values in where.items():
            # Of the records that meet everything else: how many of all have the column empty says
            # nothing about this rule.
            own = {} if what == tally.name else tally.events.where
            rest = [own, {other: where[other] for other in where if other != column}]
            met = AllOf(tuple(map(rule_of, rest)))
            bare = AllOf((met, Has(column, ("",))))
            n, empty = tally.records(condition(met)), tally.records(condition(bare))
            if empty:
                fate = "are counted" if "" in values else "are left out"
                yield (
                    f"{what}: in {empty:,} of {n:,} records of {tally.name} that its rule may name "
                    f"the column {column!r} is not recorded; they {fate}."
                )
            elif "" in values:
                yield f"{what}: where: every record has something in the column {column!r}."


def refuse_unequal_groups(tally: Tally) -> list[str]:
    """Say which groups of a factor share events; refuse those of different weights."""
    notes, faults = [], []
    for factor in dict.fromkeys(group.factor for group in tally.groups):
        for (i, j), n in tally.in_several(factor).items():
            one, other = tally.groups[i], tally.groups[j]
            both = f"factors.{factor}: {n:,} events of {tally.name} meet both {one.label!r}"
            # Of equal weight it does not matter for the sum in which group the event counts; of
            # unequal ones only the analyst can say.
            if one.events.weight == other.events.weight:
                notes.append(f"{both} and {other.label!r}; each counts once, in {one.label!r}.")
                continue
            faults.append(
                f"{both} (weight {one.events.weight:g}) and {other.label!r} "
                f"(weight {other.events.weight:g}), "
                "and an event counts once. Write the rules so that no event meets both."
            )
    if faults:
        raise DataError(faults)
    return notes


def check_rules(name: str, events: Events, asked: Sequence[Group]) -> list[str]:
    """Refuse rules about columns that are not there and values that look like a slip."""
    if events.is_counted:  # its rules were looked at where the events are
        return [f"{name}: events stay in the warehouse; those not counted are not listed."]
    notes: list[str] = []
    faults: list[str] = []
    rules = [rule_of(events.where), *(rule for group in asked for rule in group.events.asked)]
    looked_for: dict[str, set[Value]] = {}
    # Rules share columns, and each column is looked at once.
    for test in (test for rule in rules for test in tests_of(rule)):
        looked_for.setdefault(test.column, set()).update(test.values)
    defined = {
        (test.column, value)
        for group in asked
        if group.events.defined
        for test in group.events.asked
        if isinstance(test, Has)
        for value in test.values
    }
    notes += [
        f"{name}: the offence codes of the definition {definition} were not held against the "
        "counting rules in force: check them before its numbers are used."
        for definition in dict.fromkeys(
            g.events.defined.name
            for g in asked
            if g.events.defined
            if g.events.defined.unchecked_codes
        )
    ]
    made = {c.looks_at for g in asked if g.events.defined for c in g.events.defined.about_people}
    for column, wanted in sorted(looked_for.items()):
        # Such a column is made from the people of the offence, and is in no file.
        if column in made:
            continue
        if category(column) not in map(identifier, events.relation.columns):
            faults.append(f"{name}: where: the column {column!r} was not read.")
            continue
        rows = events.connection.execute(
            f"SELECT DISTINCT {category(column)} FROM {identifier(events.table)} "
            f"WHERE {category(column)} IS NOT NULL ORDER BY 1"
        ).fetchall()
        recorded = [row[0] for row in rows]
        # A value near one that exists is a slip and stops the run; one that is near nothing may
        # just not have happened, and is noted.
        for value in sorted({v for v in wanted if isinstance(v, str)} - {"", *recorded}):
            near = _nearest(value, recorded)
            none = f"{name}: where: no record has {value!r} in the column {column!r}"
            # A definition is not corrected for one source: its words are translated in the config.
            advice = _IF_DEFINED if (column, value) in defined else ""
            (faults if near else notes).append(
                f"{none}; did you mean {near!r}?{advice}" if near else f"{none}."
            )
        notes += _made_dates(name, column, wanted, recorded)
        faults += _spelt_otherwise(name, column, wanted, recorded)
    if faults:
        raise ConfigError(faults)
    return notes


_IF_DEFINED = (
    " A definition looks for it: say under words of the source which values stand for it here, or "
    "[] for none."
)


_RANGE = re.compile(r"\d{1,2} ?[-–] ?\d{1,2}")


_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"


_MADE_DATE = re.compile(
    rf"\d{{1,2}}-({_MONTHS})|({_MONTHS})-\d{{1,2}}|\d{{4}}-\d\d-\d\d.*|4\d{{4}}"
)


def _made_dates(
    name: str, column: str, wanted: Collection[Any], found: Sequence[str]
) -> Iterator[str]:
    """Values that a spreadsheet made of ranges such as 10-14, and that a rule then misses."""
    if any(isinstance(value, str) and _RANGE.fullmatch(value) for value in wanted):
        # A spreadsheet turns 10-14 into a date as soon as it opens the file.
        dates = [value for value in found if _MADE_DATE.fullmatch(value)]
        if dates:
            yield (
                f"{name}: where: the column {column!r} holds dates ({first_few(dates)}), which a "
                "spreadsheet makes of ranges such as 10-14. Save it again with the column as text."
            )


def _spelt_otherwise(
    name: str, column: str, wanted: Collection[Any], found: Sequence[str]
) -> Iterator[str]:
    """Values beside those of a rule that differ in capitals or blanks alone, and are left out."""
    asked = {value for value in wanted if isinstance(value, str)}
    # "Robbery" beside "ROBBERY " is one kind in two systems; counting one of them loses the other
    # in silence.
    plain = {" ".join(value.casefold().split()): value for value in asked & set(found)}
    for value in found:
        configured = plain.get(" ".join(value.casefold().split()))
        if configured is not None and value not in asked:
            yield (
                f"{name}: where: records have {value!r} beside {configured!r} in the column "
                f"{column!r}. Name both, or correct them."
            )


def _nearest(value: str, found: Sequence[str]) -> str | None:
    folded = {spelling.casefold(): spelling for spelling in found}
    # .85 finds a letter that is missing or doubled, and not "theft" for "thefts from vehicles".
    close = difflib.get_close_matches(value.casefold(), list(folded), n=1, cutoff=0.85)
    return folded[close[0]] if close else None
