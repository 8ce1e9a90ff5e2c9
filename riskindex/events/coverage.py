"""Coverage: which areas a source has records of, and when; where it has no file is not zero."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.area_names import words_of_name
from riskindex.areas.editions import first_few
from riskindex.areas.groups import group_kinds
from riskindex.areas.prepare import NOT_RECORDED
from riskindex.arrays import Array, Flags, Positions
from riskindex.errors import ConfigError, DataError, InputError
from riskindex.events.periods import Period, month_label
from riskindex.events.sql import category, identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Months = Mapping[str, frozenset[int]]
"""Name of a unit or group to the numbers of the months that are covered."""

PLAINLY_ABSENT = 0.02
"""A group with so small a part of the events that its number of areas would have has no file."""
ENOUGH_EXPECTED, ENOUGH_AREAS = 100.0, 20
"""Below so many events, or areas, hardly any event may be a fact about the place."""


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """A list of the files that there are: one row per unit and month."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    path: str
    """A CSV (may be compressed)."""
    unit: str
    """Column with the unit that recorded, such as a police force."""
    month: str
    """Column with the month, such as 2025-01."""
    records: str | None = None
    """Column with the number of records; 0, empty or no number (absent) is no file."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Which areas a source covers in which months, and what becomes of the others."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    by: str | None = None
    """Kind of group of areas that records come by: force. Large groups with hardly any event are
    found by their numbers, whether or not it is given."""
    inventory: Inventory | None = None
    """List of the files that there are; left out, a unit covers the months it has events in."""
    column: str | None = None
    """Column of the events with the unit that recorded them; for police.uk Falls within."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Unit to the group that it covers, where their names differ: { met = "Metropolitan Police" }.
    Words such as police and constabulary, and, of, capitals and order make no difference."""
    others: Literal["exclude", "count"] = "exclude"
    """Events of units that cover no group, such as the British Transport Police, which records
    inside the areas of forces: left out by rule, or counted where they are."""
    missing: Literal["not-assessed", "refuse", "zero"] = "not-assessed"
    """What is not covered: not assessed there, or the run is refused; or zero, which says that the
    source does cover it and nothing happened."""


class Units(NamedTuple):
    """Who records the events of a source."""

    months: Months = MappingProxyType({})
    """Unit to the months that it covers."""
    groups: Mapping[str, str] = MappingProxyType({})
    """Unit to the group of areas that it covers."""
    left_out: frozenset[str] = frozenset()
    """Units that cover no group, and whose events are left out."""
    notes: tuple[str, ...] = ()
    """A sentence about units that cover no group."""
    seen: Months = MappingProxyType({})
    """Unit to the months it has records in, where there is an inventory beside them."""


class Gaps(NamedTuple):
    """What a source does not cover."""

    lacking: Flags
    """Whether an area is not covered in a period, shape (areas, periods)."""
    notes: tuple[str, ...] = ()
    """Sentences that name the groups and months."""


def coverage_faults(place: str, coverage: Coverage, kinds: Collection[str]) -> Iterator[str]:
    """Say what does not fit together in a coverage, whatever the files hold.

    Parameters
    ----------
    place
        Config key in error messages.
    coverage
        What the config says.
    kinds
        Kinds of groups that the areas have.
    """
    if coverage.by is not None and coverage.by not in kinds:
        listed = ", ".join(sorted(kinds)) or "none"
        yield f"{place}.coverage.by: the areas have no group {coverage.by!r}; there is {listed}."
    given = [key for key in ("inventory", "column", "names") if getattr(coverage, key)]
    if coverage.by is None and given:
        yield f"{place}.coverage: {given[0]} needs by, the kind of group that records come by."


def months_listed(inventory: Inventory, columns: Mapping[str, Sequence[str]], label: str) -> Months:
    """The months of each unit that an inventory lists.

    Parameters
    ----------
    inventory
        What its columns mean.
    columns
        Their texts.
    label
        What the file is called in messages.

    Raises
    ------
    InputError
        A month that is none.
    """
    table = pd.DataFrame({"unit": columns[inventory.unit], "month": columns[inventory.month]})
    if inventory.records is not None:
        numbers = pd.Series(columns[inventory.records], dtype="object")
        # An inventory that counts records lists months of 0 as well: the force was asked and sent
        # nothing.
        table = table[(pd.to_numeric(numbers, errors="coerce") > 0).to_numpy()]
    year_month = table["month"].str.strip().str.extract(r"^(\d{4})-(0[1-9]|1[0-2])(?:-\d\d)?$")
    # A month that is misread would make areas not assessed, or count a gap as 0.
    wrong = year_month[0].isna()
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{label}: column {inventory.month!r}, value {table['month'].iloc[at]!r}: no month "
            "such as 2025-01."
        )
    number = year_month[0].astype(int) * 12 + year_month[1].astype(int) - 1
    by_unit = number.groupby(table["unit"].str.strip())
    return {str(unit): frozenset(map(int, months)) for unit, months in by_unit}


def groups_of_units(
    units: Collection[str], groups: Collection[str], names: Mapping[str, str], *, place: str
) -> dict[str, str]:
    """Which group each unit covers; units that cover none are left out.

    Parameters
    ----------
    units
        As files or an inventory write them: metropolitan, Essex Police.
    groups
        As the areas write them: Metropolitan Police, Essex.
    names
        Unit to group, where a config says so.
    place
        Config key in error messages.

    Raises
    ------
    ConfigError
        A name of `names` is none, or no unit covers any group.

    Examples
    --------
    >>> groups_of_units(["devon-and-cornwall", "btp"], ["Devon & Cornwall"], {}, place="")
    {'devon-and-cornwall': 'Devon & Cornwall'}
    """
    strange = [group for group in names.values() if group not in groups]
    if strange:
        raise ConfigError(f"{place}.coverage.names: no group {first_few(strange)}.")
    # Files say devon-and-cornwall and lookups Devon & Cornwall: compared by their words.
    by_words = {words_of_name(group): group for group in groups}
    group_of_unit = {unit: names.get(unit, by_words.get(words_of_name(unit))) for unit in units}
    matched = {unit: group for unit, group in group_of_unit.items() if group is not None}
    # Units that match nothing are the usual slip of a wrong kind of group, and would mark
    # everything as not covered.
    if not matched:
        raise ConfigError(
            f"{place}.coverage: none of the units ({first_few(sorted(units)) or 'there is none'}) "
            f"is a group ({first_few(sorted(groups))}). Say under names which covers which."
        )
    return matched


def find_units(
    connection: "DuckDBPyConnection",
    table: str,
    coverage: Coverage,
    listed: Months | None,
    areas: pd.DataFrame,
    *,
    name: str,
) -> Units:
    """The units of a source, what they cover, and which are left out.

    Parameters
    ----------
    connection, table
        Where the events are, with a `category ...` column for the one that names the unit.
    coverage
        What the config says; without `by` there is nothing to find.
    listed
        Months of each unit by an inventory; None where there is none.
    areas
        With the column that puts them into groups.
    name
        Of the source, in messages.

    Raises
    ------
    ConfigError
        No unit covers any group.
    """
    if coverage.by is None:
        return Units()
    seen = {} if coverage.column is None else _months_of_units(connection, table, coverage.column)
    units, groups = {*seen, *(listed or {})}, areas[coverage.by].unique()
    matched = groups_of_units(units, groups, coverage.names, place=f"sources.{name}")
    others = {unit: events for unit, (_, events) in seen.items() if unit not in matched}
    # The transport police record inside the areas of forces: the config says if these count.
    left_out = frozenset(others) if coverage.others == "exclude" else frozenset()
    # With an inventory, that decides what is covered; records only show where the two disagree.
    months = {unit: months for unit, (months, _) in seen.items()} if listed is None else listed
    of_records = {} if listed is None else {unit: months for unit, (months, _) in seen.items()}
    return Units(months, matched, left_out, _about_others(others, coverage), of_records)


def _about_others(others: Mapping[str, int], coverage: Coverage) -> tuple[str, ...]:
    if not others:
        return ()
    named = first_few([f"{unit} ({events:,} events)" for unit, events in sorted(others.items())])
    verb = "left out" if coverage.others == "exclude" else "counted where they happened"
    return (f"records of units that cover no {coverage.by} of the areas are {verb}: {named}.",)


def _months_of_units(
    connection: "DuckDBPyConnection", table: str, column: str
) -> dict[str, tuple[frozenset[int], int]]:
    """The months in which each unit has events, and how many it has."""
    rows = connection.execute(
        f"SELECT {category(column)}, list(DISTINCT year(date) * 12 + month(date) - 1), count(*) "
        f"FROM {identifier(table)} WHERE {category(column)} IS NOT NULL AND date IS NOT NULL "
        "GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {str(unit): (frozenset(months), int(events)) for unit, months, events in rows}


def gaps_by_unit(
    units: Units, areas: pd.DataFrame, spans: Sequence[Period], coverage: Coverage
) -> Gaps:
    """Areas whose group lacks a month that another group has.

    A month that no group has leaves a part period to all of them alike, which is no gap.

    Parameters
    ----------
    units
        What each covers.
    areas
        With the column that puts them into groups.
    spans
        The periods, which do not overlap.
    coverage
        Which column that is, and what becomes of a gap.

    Raises
    ------
    DataError
        There is a gap, and it is to be refused.
    """
    if coverage.by is None:
        return Gaps(np.zeros((len(areas), len(spans)), dtype=bool))
    groups = areas[coverage.by]
    covered = _by_group(units.months, units.groups, groups)
    gaps = _as_asked(_gaps(covered, groups, spans, "no file of"), coverage)
    if not units.seen:
        return gaps
    # Where the two disagree the inventory is out of date, or files are missing.
    recorded = _by_group(units.seen, units.groups, groups)
    return gaps._replace(notes=(*gaps.notes, *_disagreements(covered, recorded, spans)))


def _by_group(
    months: Months, groups_of: Mapping[str, str], groups: "pd.Series[str]"
) -> dict[str, set[int]]:
    covered: dict[str, set[int]] = {str(group): set() for group in groups.unique()}
    for unit, group in groups_of.items():
        # Several units may cover one group, each in months of its own.
        covered[group] |= months.get(unit, frozenset())
    return covered


def _disagreements(
    listed: Mapping[str, set[int]], recorded: Mapping[str, set[int]], spans: Sequence[Period]
) -> Iterator[str]:
    """Where an inventory and the records say different things about the periods."""
    # Only months that are counted: what lies outside the periods is nobody's gap.
    asked = {month for span in spans for month in span.months}
    for one, other, words in (
        (
            listed,
            recorded,
            "the inventory lists files of {} of which no record is there: nothing "
            "happened there, says the count. Add the files, or correct the inventory",
        ),
        (
            recorded,
            listed,
            "there are records of {} which the inventory does not list: their areas "
            "are not assessed then. Correct the inventory, or take the files away",
        ),
    ):
        more = {group: sorted((one[group] - other[group]) & asked) for group in one}
        more = {group: months for group, months in more.items() if months}
        if more:
            yield words.format(_gaps_in_words(more, len(asked))) + "."


def gaps_by_number(
    events: pd.DataFrame, areas: pd.DataFrame, spans: Sequence[Period], coverage: Coverage
) -> Gaps:
    """Areas of large groups that have hardly any of the events their number would have.

    Groups that records come by, and large ones, are held against their own other months, too.

    Parameters
    ----------
    events
        Columns area (a position), month and n: events that have a place.
    areas
        Any number of columns that put areas into groups.
    spans
        The periods, which do not overlap.
    coverage
        What becomes of a gap.

    Raises
    ------
    DataError
        There is a gap, and it is to be refused.
    """
    lacking = np.zeros((len(areas), len(spans)), dtype=bool)
    notes: list[str] = []
    # Large groups first: a gap of a whole force is told once, and not again for each of its
    # districts.
    for kind in reversed(group_kinds(areas.drop(columns="is_context", errors="ignore"))):
        codes, names = pd.factorize(areas[kind], sort=True)
        sizes = np.bincount(codes, minlength=len(names))
        # A hamlet without events is quiet; a district of hundreds of areas without any lacks its
        # file.
        large = (sizes >= ENOUGH_AREAS) & (names != NOT_RECORDED)
        own = large | ((kind == coverage.by) & (names != NOT_RECORDED))
        covered = _by_number(events, codes, sizes, spans, large=large, own=own)
        named = dict(zip(map(str, names), covered, strict=True))
        gaps = _gaps(named, areas[kind], spans, f"hardly any event in the {kind}")
        if (gaps.lacking & ~lacking).any():
            notes += gaps.notes
            lacking |= gaps.lacking
    return _as_asked(Gaps(lacking, tuple(notes)), coverage)


def _by_number(
    events: pd.DataFrame,
    codes: Positions,
    sizes: Positions,
    spans: Sequence[Period],
    *,
    large: Flags,
    own: Flags,
) -> list[set[int]]:
    """Months that each group covers; small groups cover what any other does.

    `large` groups are held against their number of areas, those of `own` against the middle one
    of their other months.
    """
    months = [month for span in spans for month in span.months]
    column = {month: i for i, month in enumerate(months)}
    table = np.zeros((len(sizes), len(months)))
    inside = events[events["month"].isin(months)]
    np.add.at(table, (codes[inside["area"]], inside["month"].map(column)), inside["n"])
    # Census areas hold like numbers of people, so that their number stands for the size.
    expected = np.outer(sizes / sizes.sum(), table.sum(axis=0))
    absent = _absent(table, expected)
    for span in spans:
        at = [column[month] for month in span.months]
        # Over a whole span too: rare events show their gap only when months are added up.
        absent[:, at] |= _absent(table[:, at].sum(axis=1), expected[:, at].sum(axis=1))[:, None]
    # By its areas too little is expected of a busy group; its other months show the gap.
    few = _absent(table, _by_own_months(table)) & own[:, None]
    here = ~((absent & large[:, None]) | few)
    return [{month for month in months if row[column[month]]} for row in here]


def _by_own_months(table: Array) -> Array:
    """Events expected in each month of a group: the median of its other months."""
    expected = np.zeros_like(table)
    # Of two months the other one alone is no middle.
    for i in range(table.shape[1]) if table.shape[1] > 2 else ():
        # The middle one: a single month of disorder must not make the others look empty.
        expected[:, i] = np.median(np.delete(table, i, axis=1), axis=1)
    return expected


def _absent(observed: Array, expected: Array) -> Flags:
    # Enough must be expected: no event in a small group is chance and no gap.
    is_absent = (expected >= ENOUGH_EXPECTED) & (observed <= PLAINLY_ABSENT * expected)
    return np.asarray(is_absent, dtype=bool)


def _gaps(
    covered: Mapping[str, Collection[int]],
    groups: "pd.Series[str]",
    spans: Sequence[Period],
    what: str,
) -> Gaps:
    # A month that nobody has is a part period of all, and no gap of some.
    somewhere = frozenset().union(*covered.values())
    lacking, notes = np.zeros((len(groups), len(spans)), dtype=bool), []
    for i, span in enumerate(spans):
        asked = somewhere.intersection(span.months)
        gaps = {group: sorted(asked.difference(months)) for group, months in covered.items()}
        gaps = {group: months for group, months in gaps.items() if months}
        lacking[:, i] = groups.isin(list(gaps))
        if gaps:
            n = f"{int(lacking[:, i].sum()):,} of {len(groups):,} areas"
            notes.append(
                f"{_name(span)}: {n} are not assessed: {what} {_gaps_in_words(gaps, len(asked))}."
            )
    return Gaps(lacking, tuple(notes))


def _name(span: Period) -> str:
    months = span.months
    return span.label or f"{month_label(months[0])} to {month_label(months[-1])}"


def _gaps_in_words(gaps: Mapping[str, Sequence[int]], of: int) -> str:
    """Groups with their months: those that lack all of them first."""
    whole = sorted(group for group, months in gaps.items() if len(months) == of)
    part = [
        f"{group} ({first_few([month_label(m) for m in months], shown=12)})"
        for group, months in sorted(gaps.items())
        if len(months) < of
    ]
    return first_few([*whole, *part], shown=50)


def _as_asked(gaps: Gaps, coverage: Coverage) -> Gaps:
    """Gaps as the config wants them: kept, refused, or none."""
    if coverage.missing == "refuse" and gaps.lacking.any():
        raise DataError(list(gaps.notes))
    return Gaps(np.zeros_like(gaps.lacking)) if coverage.missing == "zero" else gaps
