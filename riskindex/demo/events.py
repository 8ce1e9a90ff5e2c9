"""Events of an invented county, in the form of the restricted extracts that no open data has."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import AnyArray, Array, Dates, Flags, Integers
from riskindex.demo.draws import multinomial
from riskindex.demo.event_tables import (
    EVENT_TABLES,
    NEEDS,
    STUDY_YEARS,
    Records,
    Table,
)
from riskindex.demo.history import draw_history
from riskindex.demo.map import stream
from riskindex.demo.night_time import lay_in_night_time
from riskindex.demo.offences import (
    OTHER,
    SERIOUS,
    UNARMED,
    describe_offences,
    hours,
    minutes_of_day,
    outcomes,
)
from riskindex.demo.persons import (
    UNKNOWN_AGE,
    describe_people,
    link_to_offences,
    make_some_both,
    person_keys,
)

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

HISTORY = "person_history"
"""Table of dated records of people, which has no places."""
SOURCES = (*EVENT_TABLES, HISTORY)
"""Names of all tables that can be drawn."""
_ADDRESSES = 12
ELSEWHERE = np.array([f"S01{790_001 + i}" for i in range(300)], dtype=object)
"""Homes outside the county: codes that no area has, of a kind that no lookup of England and Wales
lists, so that they count as outside the study area and not as unknown."""


def expected_events(
    residents: "pd.Series[float]", risk: pd.DataFrame, *, scale: float
) -> pd.DataFrame:
    """True mean counts of every factor, group and year, of the events located in the county."""
    means: dict[tuple[str, str, str], Array] = {}
    for table in EVENT_TABLES.values():
        # Only events in the county can be expected of its areas.
        located = 1 - table.outside - table.nowhere
        for kind in (k for k in table.kinds if k.factor):
            for year in table.years:
                total = kind.in_year(year) * scale * located
                mean = total * _chances(residents, risk, kind.risk, year)
                key = (kind.factor, kind.group, str(year))
                means[key] = means.get(key, 0) + mean
    columns = pd.MultiIndex.from_tuples(list(means), names=["factor", "group", "period"])
    return pd.DataFrame(dict(enumerate(means.values())), index=residents.index).set_axis(
        columns, axis=1
    )


class EventLand(NamedTuple):
    """Where events are laid."""

    areas: "GeoDataFrame"
    addresses: Array | None
    """Shape `(areas, addresses, 2)`; None where no table has points."""
    night_time: "GeoDataFrame"
    """Of `draw_night_time`."""


class DrawnTable(NamedTuple):
    """One table drawn: where, when and who as numbers, and what is told of each record."""

    records: Records
    about: pd.DataFrame
    """One line per record: day, moment where there are times, number of the person, offence."""


def draw_events(
    areas: "GeoDataFrame",
    risk: pd.DataFrame,
    names: Sequence[str],
    *,
    night_time: "GeoDataFrame",
    scale: float,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Draw the event tables that are named, each from its own random streams."""
    # Points inside shapes take long to draw; homes need none.
    pointed = any(name in EVENT_TABLES and EVENT_TABLES[name].place == "point" for name in names)
    addresses = _addresses(areas, stream(seed, "addresses")) if pointed else None
    land = EventLand(areas, addresses, night_time)
    drawn: dict[str, DrawnTable] = {}
    # In the order of the tables, so that a victim's offence and suspect are drawn before the
    # victim.
    for name in _with_needed(names):
        records = _records(areas, risk, name, scale, seed)
        describe = ABOUT.get(name, _days_alone)
        about = describe(Undescribed(name, records, drawn, stream(seed, f"{name} about"), scale))
        drawn[name] = _by_day(records, about)
    written = {}
    for name in names:
        if name == HISTORY:
            written[name] = _history(drawn, stream(seed, name), scale)
        else:
            rng = stream(seed, f"{name} places")
            written[name] = _written(name, drawn[name], land, rng)
    return written


def _with_needed(names: Sequence[str]) -> list[str]:
    """Tables to draw, those that others speak of first."""
    wanted = {name for name in names if name in EVENT_TABLES}
    if HISTORY in names:
        wanted |= {"violence_suspects", "violence_victims"}
    # A table alone must be drawn as it is drawn among all, from the same offences.
    wanted |= {needed for name in wanted for needed in NEEDS.get(name, ())}
    return [name for name in EVENT_TABLES if name in wanted]


def _chances(residents: "pd.Series[float]", risk: pd.DataFrame, name: str, year: int) -> Array:
    """Each area's share of the events of a year."""
    # Conditional on the county's total, Poisson counts of areas are multinomial in these shares.
    weight = residents.to_numpy() * risk[name, year].to_numpy()
    return np.asarray(weight / weight.sum())


def _records(
    areas: "GeoDataFrame", risk: pd.DataFrame, name: str, scale: float, seed: int
) -> Records:
    """Where each event was, on which day, and of whom, by year and kind."""
    table, shared = EVENT_TABLES[name], stream(seed, name)
    parts: list[Records] = []
    persons = 0
    for year in table.years:
        for number, kind in enumerate(table.kinds):
            # Kinds and years that were added later draw from streams of their own, so that the
            # records of the others stay as they were.
            own = kind.beside or year not in STUDY_YEARS
            rng = stream(seed, f"{name} {kind.label} {year}") if own else shared
            total = round(kind.in_year(year) * scale)
            # Risk times residents: what the maps must find is the risk, not where people live.
            chances = _chances(areas["residents"], risk, kind.risk, year)
            area = _areas_of(rng, total, chances, table)
            person = np.arange(total)
            repeats = _further(rng, total, table, to_the_record=own)
            firsts = np.flatnonzero(~repeats)
            # Of first records only: a chain of repeats would make persons of more records than
            # planted.
            person[repeats] = rng.choice(firsts, repeats.sum())
            start, end = np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01")
            day = start + rng.integers(0, (end - start).astype(int), total)
            of = (np.full(total, number), np.full(total, year), day, person + persons)
            # The home of a person's first record: nobody moves within a year.
            parts.append(Records(area[person], *of))
            persons += total
    return Records(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _further(rng: np.random.Generator, total: int, table: Table, *, to_the_record: bool) -> Flags:
    """Which records are further ones of a person of the year."""
    if not to_the_record:
        # The first record cannot be a further one: there is nobody before it.
        return (rng.random(total) < table.again) & (np.arange(total) > 0)
    further = np.zeros(total, dtype=bool)
    further[1 + rng.permutation(max(total - 1, 0))[: round(table.further * total)]] = True
    return further


def _areas_of(rng: np.random.Generator, total: int, chances: Array, table: Table) -> Integers:
    """Area of every event, in random order."""
    located = (1 - table.outside - table.nowhere) * chances
    # A multinomial keeps the county's total to the record, as planted; Poisson counts of each area
    # would not.
    counts = multinomial(rng, total, [*located, table.outside, table.nowhere])
    return rng.permutation(np.repeat(np.arange(len(counts)), counts))


def _by_day(records: Records, about: pd.DataFrame) -> DrawnTable:
    """Both in the order of days, as an extract is."""
    order = np.argsort(about["day"].to_numpy(), kind="stable")
    ordered = Records(*(column[order] for column in records))
    # Days moved when records were linked to offences, and the order follows the new ones.
    ordered = ordered._replace(day=about["day"].to_numpy()[order])
    return DrawnTable(ordered, about.iloc[order].reset_index(drop=True))


class Undescribed(NamedTuple):
    """Records of one table of which only place, day and person are drawn so far."""

    name: str
    records: Records
    drawn: Mapping[str, DrawnTable]
    """Tables that were drawn before."""
    rng: np.random.Generator
    scale: float

    def moments(self, day: Dates) -> Dates:
        """A time of day, by no offence in particular, for each day."""
        hour = hours(day, np.zeros(len(day), dtype=bool), self.rng)
        return np.asarray(day.astype("datetime64[m]") + minutes_of_day(hour, self.rng))


def _days_alone(of: Undescribed) -> pd.DataFrame:
    return pd.DataFrame({"day": of.records.day})


def _offences(of: Undescribed) -> pd.DataFrame:
    return describe_offences(of.records, of.rng, scale=of.scale)


def _people_of_offences(of: Undescribed) -> pd.DataFrame:
    """Suspects or victims, with the day and the type of the offence that they are of."""
    offences, records = of.drawn["violence_offences"], of.records
    kinds = {SERIOUS: (SERIOUS,), OTHER: (OTHER, UNARMED)}
    at = link_to_offences(records, offences.about, kinds, of.rng)
    offence = offences.about.iloc[at].reset_index(drop=True)
    sexual = offence["type"].isin(["rape", "other sexual offences"])
    sort = np.where(sexual, "sexual", "").astype(object)
    # Several records of a person are of one sort here, so that a person has one sex and age.
    about = describe_people(records, of.name, sort, of.rng)
    about = about.assign(kind=records.kind, year=records.year, offence=at, day=offence["day"])
    about["type"] = offence["type"].to_numpy()
    if of.name == "violence_victims":
        # Victims come after suspects, as some of them are the same people.
        suspects = of.drawn["violence_suspects"].about
        about["number"] = make_some_both(about, suspects, _VICTIMS_TOO, of.rng)
        chances = list(_RELATIONS.values())
        about["relation"] = of.rng.choice(list(_RELATIONS), len(about), p=chances)
    return about


_VICTIMS_TOO = 0.08
_RELATIONS = {"": 0.78, "stranger": 0.09, "acquaintance": 0.08, "family or partner": 0.05}
"""Relation to the suspect: mostly not recorded."""


def _people(of: Undescribed) -> pd.DataFrame:
    """People of no sort in particular."""
    sort = np.full(len(of.records.day), "", dtype=object)
    return describe_people(of.records, of.name, sort, of.rng).assign(day=of.records.day)


def _domestic_abuse(of: Undescribed) -> pd.DataFrame:
    people, day = _people(of), of.records.day
    size = len(people)
    is_crime = of.records.kind == 0
    result = outcomes(day, np.full(size, "domestic"), of.rng)
    moment = of.moments(day)
    return people.assign(
        injury=np.where(is_crime & (of.rng.random(size) < _HURT), "yes", "no"),
        outcome=np.where(is_crime, result, ""),
        moment=moment,
    )


_HURT = 0.28


def _ambulance(of: Undescribed) -> pd.DataFrame:
    """Calls whose months rise and fall with those of serious violence."""
    offences = of.drawn["violence_offences"].about
    then = (offences["kind"] == SERIOUS) & (offences["year"] == of.records.year[0])
    of_month = offences.loc[then, "month"].value_counts().sort_index()
    # Less than in proportion: two series that follow each other, and are not the same one twice.
    weight = (of_month / of_month.mean()).to_numpy() ** _FOLLOWS
    first = of_month.index.to_numpy().astype("datetime64[M]")
    month = of.rng.choice(len(first), len(of.records.day), p=weight / weight.sum())
    lengths = (
        (first + np.timedelta64(1, "M")).astype("datetime64[D]") - first.astype("datetime64[D]")
    ).astype(int)
    # As a share of the month, so that months of any length are filled evenly.
    on = (of.rng.random(len(month)) * lengths[month]).astype(int)
    day = first[month].astype("datetime64[D]") + on
    return pd.DataFrame({"day": day, "moment": of.moments(day)})


_FOLLOWS = 0.8

ABOUT: Mapping[str, Callable[[Undescribed], pd.DataFrame]] = MappingProxyType(
    {
        "violence_offences": _offences,
        "violence_suspects": _people_of_offences,
        "violence_victims": _people_of_offences,
        "drug_suspects": _people,
        "domestic_abuse_victims": _domestic_abuse,
        "ambulance_trauma": _ambulance,
    }
)
"""Table to what describes its records; of the others the day alone is known."""

ASPECTS = MappingProxyType(
    {
        "violence_offences": (
            *("type", "code", "weapon", "place", "domestic", "injury", "outcome", "until"),
        ),
        "violence_suspects": ("type", "age", "sex", "ethnicity"),
        "violence_victims": ("type", "age", "sex", "ethnicity", "relation"),
        "drug_suspects": ("age", "sex", "ethnicity"),
        "domestic_abuse_victims": ("age", "sex", "ethnicity", "injury", "outcome"),
    }
)
"""Table to the columns of its extract beside date, kind and place."""
_HEADINGS = {"type": "offence_type", "code": "offence_code", "until": "offence_until"}
_FIRST_ID = 100_001


def _history(
    drawn: Mapping[str, DrawnTable], rng: np.random.Generator, scale: float
) -> pd.DataFrame:
    suspects, victims = (
        about.loc[about["kind"] == SERIOUS, ["number", "year", "day"]]
        for about in (drawn["violence_suspects"].about, drawn["violence_victims"].about)
    )
    return draw_history(suspects, victims, rng, scale=scale)


def _written(name: str, of: DrawnTable, land: EventLand, rng: np.random.Generator) -> pd.DataFrame:
    """The records as an extract: identifiers, dates, words, and where it was."""
    table, about, size = EVENT_TABLES[name], of.about, len(of.about)
    columns: dict[str, Any] = {table.id: np.arange(size) + _FIRST_ID}
    if "offence" in about:
        columns["offence_id"] = about["offence"].to_numpy() + _FIRST_ID
    if table.again:
        columns["person"] = person_keys(about["number"].to_numpy())
    columns[table.date] = about.get("moment", about["day"]).to_numpy().astype("datetime64[s]")
    # Categories: a million records hold each word once.
    words = [kind.label for kind in table.kinds]
    columns[table.kind] = pd.Categorical.from_codes(of.records.kind, categories=words)
    columns |= {_HEADINGS.get(c, c): _as_written(about[c]) for c in ASPECTS.get(name, ())}
    if table.place == "home":
        columns["home_lsoa21"] = _homes(of, land.areas, rng)
    else:
        columns |= _points(of, land, rng, has_night_time=name == "violence_offences")
    # Extracts hold some records twice, as those do that are joined from several systems: reading
    # has to find them.
    twice = np.flatnonzero(rng.random(size) < table.duplicates)
    # Sorted, so that a copy follows its record as in a joined extract.
    rows = np.sort(np.concatenate([np.arange(size), twice]))
    return pd.DataFrame(columns).iloc[rows].reset_index(drop=True)


def _as_written(column: "pd.Series[Any]") -> object:
    """A column as an extract has it: empty where it is not recorded."""
    if column.name == "age":
        return pd.array(column.where(column != UNKNOWN_AGE), dtype="Int64")
    if column.name == "until":
        return column.to_numpy().astype("datetime64[s]")
    return pd.Categorical(column.mask(column == ""))


def _homes(of: DrawnTable, areas: "GeoDataFrame", rng: np.random.Generator) -> AnyArray:
    n, records = len(areas), of.records
    codes = np.concatenate([areas.index.to_numpy(dtype=object), [None, None]])[records.area]
    elsewhere = rng.choice(ELSEWHERE, records.person.max() + 1)  # one home for each year's person
    outside = records.area == n
    # By person: somebody with several records has one home.
    codes[outside] = elsewhere[records.person[outside]]
    return np.asarray(codes)


def _points(
    of: DrawnTable, land: EventLand, rng: np.random.Generator, *, has_night_time: bool
) -> dict[str, Any]:
    """Whole metres; a point outside lies some miles west of the map."""
    assert land.addresses is not None
    area, n = of.records.area, len(land.areas)
    number = rng.integers(0, land.addresses.shape[1], len(area))
    if has_night_time:
        own = np.flatnonzero(of.records.kind == SERIOUS)
        where = {"area": area[own], "year": of.records.year[own], "address": number[own]}
        moved = lay_in_night_time(pd.DataFrame(where), land.addresses, land.night_time, rng)
        number[own] = moved
    # Events outside or nowhere get some address first, which is replaced below.
    pick = land.addresses[np.minimum(area, n - 1), number]
    west, south, _, north = land.areas.total_bounds
    outside = area == n
    # Two kilometres of distance, so that no tolerance takes them for events at the border.
    beyond = rng.uniform((west - 20_000, south), (west - 2_000, north), (outside.sum(), 2))
    pick[outside] = np.rint(beyond)
    columns = {}
    for axis, name in enumerate(("easting", "northing")):
        columns[name] = pd.array(pick[:, axis], dtype="Int64")
        columns[name][area == n + 1] = pd.NA
    return columns


def _addresses(areas: "GeoDataFrame", rng: np.random.Generator) -> Array:
    """A dozen points on whole metres inside every area, shape `(n, 12, 2)`, as maps snap to."""
    import shapely

    shapes = areas.geometry.to_numpy()
    shapely.prepare(shapes)
    n = len(shapes)
    low, high = np.split(np.repeat(areas.bounds.to_numpy(), _ADDRESSES, axis=0), 2, axis=1)
    owner = np.repeat(np.arange(n), _ADDRESSES)
    points = np.empty((len(owner), 2))
    wanting = np.arange(len(owner))
    for _ in range(200):
        # Drawn in the box of each shape, and again until inside: even over the shape.
        points[wanting] = np.rint(rng.uniform(low[wanting], high[wanting]))
        inside = shapely.contains_xy(shapes[owner[wanting]], points[wanting])
        wanting = wanting[~inside]
        if not len(wanting):
            break
    # A shape that fills next to nothing of its box: the point farthest from its border.
    roomiest = shapely.maximum_inscribed_circle(shapes[owner[wanting]], tolerance=1)
    points[wanting] = np.rint(shapely.get_coordinates(roomiest)[::2])
    return points.reshape(n, _ADDRESSES, 2)
