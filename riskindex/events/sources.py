"""What a config says of a source of events: which files, columns and rules."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from riskindex.areas.coordinates import is_known_crs
from riskindex.definitions import Clause
from riskindex.errors import ConfigError
from riskindex.events.coverage import Coverage
from riskindex.events.records.person_keys import shared_column_faults
from riskindex.events.records.table import is_date_format
from riskindex.events.records.values import Layout
from riskindex.events.sql import category
from riskindex.factors import Factor
from riskindex.rules import Value, Where, tests_of

if TYPE_CHECKING:
    import pandas as pd

PERSONAL = ("age", "sex", "ethnicity")
"""Attributes of a person that a column of a source may hold."""
RECORDED_ASPECTS = (*PERSONAL, "type", "code", "outcome")
"""Attributes of a record that a column may hold, beside where and when."""
BOTH = " and "
"""Between the names of two aspects that are counted together, and between their values."""


@dataclass(frozen=True, kw_only=True)
class EventSource:
    """A table of events: one row each, with a date and an area code or coordinates."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["events"]
    """A table with one event per row."""
    path: str | Sequence[str]
    """CSV (may be compressed) or Parquet files, Excel or ODS workbooks, a folder, a zip, or
    patterns: `suspects/*.csv`. Workbooks are named, or matched by a pattern."""
    sheet: str | int | None = None
    """Sheet of a workbook, by name or number from 1; left out, the one that has the columns."""
    header_row: int | None = None
    """Row of a sheet with the names of the columns, from 1; left out, it is found."""
    date: str
    """Column with the date; a month such as 2022-03 is enough."""
    date_format: str | None = None
    """Such as %d/%m/%Y; ISO dates need none."""
    until: str | None = None
    """Column with the latest moment of events that happened at some time after `date`: the hours
    between share the event. Everywhere else an event counts once, on its date."""
    area: str | None = None
    """Column with the area code."""
    postcode: str | None = None
    """Column with the postcode, for events without a code; needs [areas.postcodes]. Only the area
    is kept of it."""
    point: str | None = None
    """Column with both coordinates, such as "0.71, 51.54" or "POINT (585000 186000)": easting or
    longitude first, but for degrees, which say themselves which is which."""
    x: str | None = None
    """Column with the easting or longitude."""
    y: str | None = None
    """Column with the northing or latitude."""
    crs: str = "EPSG:27700"
    """Coordinate system of x and y."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all; the rest is excluded by a rule."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column that a definition names to what it is called here: { weapon = "WEAPON_USED" }."""
    words: Mapping[str, Mapping[str, Sequence[Value]]] = field(default_factory=dict)
    """Column that a definition names to its values, each with those that stand for it here:
    { weapon = { knife = ["K", "BLADE"] } }; none where the source has no word for it."""
    key: str | None = None
    """Column that identifies an event; later rows with the same key are duplicates."""
    distinct: str | None = None
    """Column with a pseudonymous person key: persons are counted, once per area and period."""
    person: str | None = None
    """Column with a pseudonymous key of the person, the same in every source: figures count people
    by it, and find them in other sources. A hash of it under a key of the run is kept for as long
    as the run reads, and nothing of it is written. A source with persons needs no place."""
    role: str | None = None
    """Column with the person's role, such as suspect or victim."""
    everyone_is: str | None = None
    """The role of every person of the source, in place of a column."""
    offence: str | None = None
    """Column with the key of the offence, the same in every source: clauses about people find those
    of an offence by it. It is kept as the person is."""
    age: str | None = None
    """Column with the age: in years, or in bands, as profiles of districts show it then."""
    sex: str | None = None
    """Column with the sex: shown in the profiles of districts."""
    offence_columns: Sequence[str] = ()
    """Columns that say something of the offence and nothing of a person, such as its code. Yearly
    counts of the whole that read no other column leave as counted, like official statistics; all
    others as protected cells."""
    ethnicity: str | None = None
    """Column with the ethnic group of the person."""
    type: str | None = None
    """Column with the type of offence or incident, in words."""
    code: str | None = None
    """Column with the code of the offence, which weights of harm are given for."""
    outcome: str | None = None
    """Column with the outcome of the case."""
    street: str | None = None
    """Column with the street, or the name of the place, that a record is on or near: pages of
    places say which hold most events. Left out, squares of 100 metres are told of where x and y
    are in EPSG:27700. Never of a source that counts persons, whose places are homes."""
    pairs: Sequence[str] = ()
    """What is counted together, such as "weekday and hour", "age and sex", "month and outcome"."""
    coverage: Coverage = field(default_factory=Coverage)
    """Which areas the records come from, and when; what no file covers is not zero."""
    compare: bool | None = None
    """Whether area codes are compared with coordinates; left out, in up to five million events."""
    accept_losses: bool = False
    """Whether a run goes on although more than 10% of the events in the periods are lost."""
    protection: Literal["open", "restricted"] | None = None
    """Whether anybody can look the records up; left out, restricted. Open records leave as they
    are, and need an address and a licence."""
    address: str | None = None
    """Where anybody can look an open source up; printed for sign-off."""
    licence: str | None = None
    """Licence of an open source; printed for sign-off."""


@dataclass(frozen=True, kw_only=True)
class PoliceSource:
    """The police.uk download as it comes: a zip of month folders, a folder, or CSVs."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["police.uk"]
    """The published street-level files."""
    path: str | Sequence[str]
    """The zip, the folder, or files; only `*-street.csv` members are read, and Parquet copies."""
    rename: Mapping[str, str] = field(default_factory=dict)
    """Column of the download to what a copy calls it: { "LSOA code" = "lsoa21cd" }. Capitals,
    blanks and underscores make no difference as it is."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all; the rest is excluded by a rule."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column that a definition names to what it is called here: { weapon = "WEAPON_USED" }."""
    words: Mapping[str, Mapping[str, Sequence[Value]]] = field(default_factory=dict)
    """Column that a definition names to its values, each with those that stand for it here:
    { weapon = { knife = ["K", "BLADE"] } }; none where the source has no word for it."""
    coverage: Coverage = field(default_factory=Coverage)
    """Which areas the files come from, and when; what no file covers is not zero."""
    compare: bool | None = None
    """Whether area codes are compared with coordinates; left out, in up to five million events."""
    accept_losses: bool = False
    """Whether a run goes on although more than 10% of the events in the periods are lost."""
    protection: Literal["open", "restricted"] | None = None
    """Open, unless the files are no copy of what is published."""


FORCE = "Falls within"
"""Column in which police.uk names the force."""
STREET = "Location"
"""Column in which police.uk says what a record was on or near."""
NUMBER = "Crime ID"
"""Column in which police.uk numbers a crime; anti-social behaviour has no number."""


PUBLISHED = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)
"""Columns of the street-level files of police.uk."""


def coverage_of(source: EventSource | PoliceSource) -> Coverage:
    """Coverage that the config states; of police.uk with the column that names the force."""
    coverage = source.coverage
    # The files of police.uk name their force; others name none by themselves.
    if isinstance(source, PoliceSource) and coverage.by and not coverage.column:
        return replace(coverage, column=FORCE)
    return coverage


FORCES_AROUND = Coverage(by="force", others="count")
"""What a police.uk source is taken to cover where the config says nothing: by force, as far as the
records name one; those of forces on rails count where they are."""


def with_forces_around(source: PoliceSource, areas: "pd.DataFrame | None") -> PoliceSource:
    """A police.uk source that says by which force its files come, where areas around the study
    area may be of another force, whose files may not be there.

    Parameters
    ----------
    source
        Of the config; what it says of its coverage stays.
    areas
        With `is_context` and `force`, where they have them.
    """
    # Only where areas of other forces are in sight does it matter whose files are there.
    has_forces = areas is not None and {"is_context", "force"} <= set(areas.columns)
    if not has_forces or source.coverage != Coverage():
        return source
    return replace(source, coverage=FORCES_AROUND)


def layout_of(
    name: str,
    source: EventSource | PoliceSource,
    factors: Sequence[Factor],
    *,
    more: Collection[str] = (),
    secret: str = "",
    streets: bool = False,
) -> Layout:
    """Which columns are read of a source; faults in its options.

    Parameters
    ----------
    name, source
        The source.
    factors
        Whose rules look at columns.
    more
        Further columns, that figures or clauses about people look at.
    secret
        Key of the run, for keys of persons and offences.
    streets
        Whether the column of the street is read.
    """
    rules = [r for factor in factors for g in factor.groups if g.source == name for r in g.asked]
    # Columns that are made from people of the same offence are in no file.
    made = {clause.looks_at for clause in _about_people(name, factors)}
    ruled = {*source.where, *(test.column for rule in rules for test in tests_of(rule))}
    ruled = {*more, *(column for column in ruled if column not in made)}
    unit = {coverage_of(source).column, street_column(source) if streets else None} - {None}
    # Sorted, so that the order of columns never hangs on that of a set.
    categories = tuple(sorted({*ruled, *people_of(source).values(), *map(str, unit)}))
    for one, other in pairwise(sorted(categories, key=str.casefold)):
        # DuckDB takes both for one column.
        if one.casefold() == other.casefold():
            raise ConfigError(
                f"sources.{name}: the columns {one!r} and {other!r} differ in capitals alone. "
                "Correct the rules, or rename one of the columns."
            )
    if isinstance(source, PoliceSource):
        place = ("LSOA code", "Longitude", "Latitude")
        force = [FORCE] if source.coverage == FORCES_AROUND else []
        # Copies of police.uk that others trimmed lack some of these, and still count.
        may_lack = (*place, NUMBER, STREET, *force)
        return Layout(
            "Month",
            None,
            *place,
            number=NUMBER,
            categories=categories,
            may_lack=may_lack,
            headings=source.rename,
            any_case=True,
        )
    faults = [
        *source_faults(name, source),
        *_key_faults(name, source, ruled),
        *shared_column_faults(name, source),
    ]
    if faults:
        raise ConfigError(faults)
    return Layout(
        source.date,
        source.date_format,
        source.area,
        source.x,
        source.y,
        # One key serves both: to follow a person, or to count each person once.
        person=source.person or source.distinct,
        postcode=source.postcode,
        point=source.point,
        offence=source.offence,
        until=source.until,
        secret=secret,
        key=source.key,
        categories=categories,
        needed_by=_definitions_by_column(name, factors),
        sheet=source.sheet,
        header_row=source.header_row,
    )


def _about_people(name: str, factors: Sequence[Factor]) -> list[Clause]:
    """Clauses about people of the definitions that count a source."""
    groups = [group for factor in factors for group in factor.groups if group.source == name]
    return [clause for g in groups if g.defined for clause in g.defined.about_people]


def _key_faults(name: str, source: EventSource, ruled: Collection[str]) -> Iterator[str]:
    """Rules show values in messages, which keys of people must never be."""
    for key in ("person", "distinct", "offence"):
        if getattr(source, key) in ruled:
            yield (
                f"sources.{name}: no rule can look at the column of {key}, whose keys are hashed "
                "as they are read."
            )


def _definitions_by_column(name: str, factors: Sequence[Factor]) -> dict[str, str]:
    """Columns of a source that definitions look at, and the name of a definition that does."""
    return {
        column: group.defined.name or group.defined.label
        for factor in factors
        for group in factor.groups
        if group.source == name and group.defined
        for column in group.defined.columns
    }


def people_of(source: EventSource | PoliceSource) -> dict[str, str]:
    """Attributes of people and cases, each with the column that holds it."""
    # police.uk tells nothing of people, and has none of these options.
    given = {aspect: getattr(source, aspect, None) for aspect in RECORDED_ASPECTS}
    return {aspect: column for aspect, column in given.items() if column is not None}


def names_points(source: object) -> bool:
    """Whether the records of a source can have coordinates of their own."""
    if isinstance(source, EventSource):
        return source.x is not None or source.point is not None
    return isinstance(source, PoliceSource)


def street_column(source: EventSource | PoliceSource) -> str | None:
    """Column that names the street of an event; None where there is none, or places are homes."""
    if isinstance(source, PoliceSource):
        return STREET
    # Records of persons are placed by their homes, whose street is no place of an event.
    return None if source.distinct else source.street


def street_of(source: EventSource | PoliceSource) -> str | None:
    """Street or square of an event as SQL, for `Events.street`."""
    column = street_column(source)
    if column is not None:
        return category(column)
    # Squares are cut in metres; of degrees they would differ in size from place to place.
    if isinstance(source, PoliceSource) or source.distinct or source.crs != _METRES:
        return None
    if source.x is None and source.point is None:
        return None
    # Coordinates of single events would be addresses; their square is what a team walks.
    x, y = (f"floor({c} / 100)::BIGINT * 100" for c in "xy")
    return f"printf('100 m square at %d %d', {x}, {y})"


_METRES = "EPSG:27700"


def _of_persons(source: EventSource) -> set[str]:
    """Columns that hold an attribute of a person."""
    return {column for aspect, column in people_of(source).items() if aspect in PERSONAL}


def source_faults(name: str, source: EventSource) -> Iterator[str]:
    """Say what is wrong with the options of a source, whatever its files hold."""
    if (source.x is None) != (source.y is None):
        yield f"sources.{name}: x and y belong together; one of them is not named."
    if source.point is not None and source.x is not None:
        yield f"sources.{name}: point holds both coordinates; leave x and y out, or point."
    if not any((source.area, source.x, source.point, source.postcode, source.person)):
        yield f"sources.{name}: name the column area, x and y, point, or postcode."
    # Both become the one hashed column of persons.
    if source.person and source.distinct and source.person != source.distinct:
        yield f"sources.{name}: person and distinct must be one column where both are named."
    if source.role and source.everyone_is:
        yield f"sources.{name}: role and everyone_is both say the role; leave one of them out."
    if (source.role or source.everyone_is) and not (source.person or source.offence):
        yield f"sources.{name}: a role is of people: name the column person, or offence, too."
    if source.until is not None and source.until == source.date:
        yield f"sources.{name}: until and date are one column; leave until out."
    if not is_known_crs(source.crs):
        yield f"sources.{name}: crs {source.crs!r} is not known; write it like 'EPSG:27700'."
    # Counts by columns of the offence alone leave unprotected; one about a person must not.
    for column in sorted(_of_persons(source) & {*source.offence_columns}):
        yield f"sources.{name}: offence_columns: {column!r} says something of a person."
    aspects = {"month", "weekday", "hour", *people_of(source)}
    for pair in source.pairs:
        names = pair.split(BOTH)
        if len(names) != 2 or names[0] == names[1] or not {*names} <= aspects:
            listed = ", ".join(sorted(aspects))
            yield f"sources.{name}: pairs: {pair!r} must be two of {listed}, with and between them."
    if source.date_format is not None and not is_date_format(source.date_format):
        yield f"sources.{name}: date_format {source.date_format!r} is none; write it like %d/%m/%Y."
