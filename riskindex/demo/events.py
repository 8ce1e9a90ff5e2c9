"""Events of an invented county, in the form of the restricted extracts that no open data has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.arrays import Array
from riskindex.demo.map import Indices, stream

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

YEARS = (2018, 2019, 2020, 2021, 2022)
_TREND = {2018: 0.92, 2019: 0.97, 2020: 0.94, 2021: 0.98, 2022: 1.0}
_ADDRESSES = 12
_ELSEWHERE = np.array([f"S01{790_001 + i}" for i in range(300)], dtype=object)
"""Homes outside the county: codes that no area has, of a kind that no lookup of England and Wales
lists, so that they count as outside the study area and not as unknown."""


class Kind(NamedTuple):
    """One kind of event in a table: its risk, its total in 2022, and the factor it counts in."""

    label: str
    risk: str
    total: int
    factor: str = ""
    group: str = "all"


class Table(NamedTuple):
    """An event table: what its columns are called, and what happens in it."""

    id: str
    date: str
    kind: str
    place: Literal["home", "point"]
    kinds: tuple[Kind, ...]
    years: Sequence[int] = YEARS
    outside: float = 0.002
    nowhere: float = 0.01
    again: float = 0.0
    """Share of records whose person has another record of that kind and year; 0: no persons."""
    duplicates: float = 0.0
    """Share of records that stand in the extract twice."""


EVENT_TABLES = {
    "violence_offences": Table(
        "offence_id",
        "offence_date",
        "offence_group",
        "point",
        (
            Kind("serious violence", "offences", 1140, "offences"),
            Kind("other violence", "background", 2400),
        ),
        duplicates=0.003,
    ),
    "violence_suspects": Table(
        "record_id",
        "offence_date",
        "offence_group",
        "home",
        (
            Kind("serious violence", "suspects", 715, "suspects"),
            Kind("other violence", "background", 1500),
        ),
        outside=0.2,
        nowhere=0.02,
        again=0.12,
    ),
    "violence_victims": Table(
        "record_id",
        "offence_date",
        "offence_group",
        "home",
        (Kind("serious violence", "victims", 1013), Kind("other violence", "background", 2200)),
        outside=0.1,
        nowhere=0.02,
        again=0.05,
    ),
    "drug_suspects": Table(
        "record_id",
        "offence_date",
        "offence_group",
        "home",
        (
            Kind("possession class A", "possession", 900, "possession"),
            Kind("possession with intent to supply", "supply", 700, "supply"),
            Kind("possession class B", "background", 2400),
        ),
        outside=0.2,
        nowhere=0.02,
        again=0.1,
    ),
    "domestic_abuse_victims": Table(
        "record_id",
        "incident_date",
        "incident_type",
        "home",
        (
            Kind("crime", "domestic_abuse", 14_500, "domestic_abuse"),
            Kind("incident", "domestic_abuse", 5_500, "domestic_abuse"),
        ),
        outside=0.04,
        nowhere=0.01,
        again=0.25,
    ),
    "anti_social_behaviour": Table(
        "incident_id",
        "incident_date",
        "incident_type",
        "point",
        (
            Kind("nuisance", "disorder", 24_500, "disorder", "anti-social behaviour"),
            Kind("personal", "disorder", 7_700, "disorder", "anti-social behaviour"),
            Kind("environmental", "disorder", 2_800, "disorder", "anti-social behaviour"),
        ),
        years=(2022,),
        duplicates=0.001,
    ),
    "fires": Table(
        "incident_id",
        "incident_date",
        "fire_type",
        "point",
        (
            Kind("deliberate", "disorder", 640, "disorder", "deliberate fire"),
            Kind("accidental", "background", 900),
        ),
        years=(2022,),
    ),
    "arson": Table(
        "offence_id",
        "offence_date",
        "offence",
        "point",
        (
            Kind(
                "arson not endangering life",
                "disorder",
                470,
                "disorder",
                "arson not endangering life",
            ),
            Kind("arson endangering life", "disorder", 110, "disorder", "arson endangering life"),
        ),
        years=(2022,),
    ),
    "ambulance_trauma": Table(
        "call_id",
        "call_date",
        "complaint",
        "point",
        (
            Kind("assault", "trauma", 1900),
            Kind("stab or gunshot wound", "trauma", 160),
            Kind("other trauma", "background", 2600),
        ),
        years=(2022,),
    ),
}
"""Event tables by name. Totals are those of a county of 1.8 million residents in 2022."""

RISKS = tuple(dict.fromkeys(k.risk for t in EVENT_TABLES.values() for k in t.kinds))
"""Names of the risks that the events follow; `background` is never planted."""


def expected_events(
    residents: "pd.Series[float]", risk: pd.DataFrame, *, scale: float
) -> pd.DataFrame:
    """True mean counts of every factor, group and year, of the events located in the county."""
    found: dict[tuple[str, str, str], Array] = {}
    for table in EVENT_TABLES.values():
        located = 1 - table.outside - table.nowhere
        for kind in (k for k in table.kinds if k.factor):
            for year in table.years:
                total = kind.total * _TREND[year] * scale * located
                mean = total * _chances(residents, risk, kind.risk, year)
                key = (kind.factor, kind.group, str(year))
                found[key] = found.get(key, 0) + mean
    columns = pd.MultiIndex.from_tuples(list(found), names=["factor", "group", "period"])
    return pd.DataFrame(dict(enumerate(found.values())), index=residents.index).set_axis(
        columns, axis=1
    )


def draw_events(
    areas: "GeoDataFrame", risk: pd.DataFrame, names: Sequence[str], *, scale: float, seed: int
) -> dict[str, pd.DataFrame]:
    """Draw the event tables that are named, each from its own random stream."""
    addresses = None
    if any(EVENT_TABLES[name].place == "point" for name in names):
        addresses = _addresses(areas, stream(seed, "addresses"))
    drawn = {}
    for name in names:
        table = EVENT_TABLES[name]
        records = _records(areas, risk, table, scale, stream(seed, name))
        drawn[name] = _written(records, table, areas, addresses, stream(seed, f"{name} places"))
    return drawn


def _chances(residents: "pd.Series[float]", risk: pd.DataFrame, name: str, year: int) -> Array:
    """Each area's share of the events of a year."""
    weight = residents.to_numpy() * risk[name, year].to_numpy()
    return np.asarray(weight / weight.sum())


class Records(NamedTuple):
    """Events as numbers: area (n: outside, n + 1: nowhere), kind, day, person."""

    area: Indices
    kind: Indices
    day: NDArray[Any]
    person: Indices


def _records(
    areas: "GeoDataFrame", risk: pd.DataFrame, table: Table, scale: float, rng: np.random.Generator
) -> Records:
    parts: list[Records] = []
    persons = 0
    for year in table.years:
        for number, kind in enumerate(table.kinds):
            total = round(kind.total * _TREND[year] * scale)
            chances = _chances(areas["residents"], risk, kind.risk, year)
            area = _areas_of(rng, total, chances, table)
            person = np.arange(total)
            repeats = (rng.random(total) < table.again) & (person > 0)
            firsts = np.flatnonzero(~repeats)
            person[repeats] = rng.choice(firsts, repeats.sum())
            start, end = np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01")
            day = start + rng.integers(0, (end - start).astype(int), total)
            parts.append(Records(area[person], np.full(total, number), day, person + persons))
            persons += total
    whole = Records(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return Records(*(column[np.argsort(whole.day, kind="stable")] for column in whole))


def _areas_of(rng: np.random.Generator, total: int, chances: Array, table: Table) -> Indices:
    """Area of every event, in random order."""
    located = (1 - table.outside - table.nowhere) * chances
    counts = rng.multinomial(total, [*located, table.outside, table.nowhere])
    return rng.permutation(np.repeat(np.arange(len(counts)), counts))


def _written(
    records: Records,
    table: Table,
    areas: "GeoDataFrame",
    addresses: Array | None,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The records as an extract: identifiers, dates, words, and where it was."""
    size = len(records.area)
    columns: dict[str, Any] = {table.id: np.arange(size) + 100_001}
    if table.again:
        keys = rng.permutation(records.person.max() + 1) + 1_000_001
        columns["person"] = keys[records.person]
    columns[table.date] = records.day.astype("datetime64[s]")
    words = [kind.label for kind in table.kinds]
    columns[table.kind] = pd.Categorical.from_codes(records.kind, categories=words)
    if table.place == "home":
        columns["home_lsoa21"] = _homes(records, areas, rng)
    else:
        assert addresses is not None
        columns |= _points(records.area, areas, addresses, rng)
    twice = np.flatnonzero(rng.random(size) < table.duplicates)
    rows = np.sort(np.concatenate([np.arange(size), twice]))
    return pd.DataFrame(columns).iloc[rows].reset_index(drop=True)


def _homes(records: Records, areas: "GeoDataFrame", rng: np.random.Generator) -> NDArray[Any]:
    n = len(areas)
    codes = np.concatenate([areas.index.to_numpy(dtype=object), [None, None]])[records.area]
    elsewhere = rng.choice(_ELSEWHERE, records.person.max() + 1)  # one home for each person
    outside = records.area == n
    codes[outside] = elsewhere[records.person[outside]]
    return np.asarray(codes)


def _points(
    area: Indices, areas: "GeoDataFrame", addresses: Array, rng: np.random.Generator
) -> dict[str, Any]:
    """Whole metres; a point outside lies some miles west of the map."""
    n = len(areas)
    pick = addresses[np.minimum(area, n - 1), rng.integers(0, addresses.shape[1], len(area))]
    west, south, _, north = areas.total_bounds
    outside = area == n
    beyond = rng.uniform((west - 20_000, south), (west - 2_000, north), (outside.sum(), 2))
    pick[outside] = np.rint(beyond)
    found = {}
    for axis, name in enumerate(("easting", "northing")):
        found[name] = pd.array(pick[:, axis], dtype="Int64")
        found[name][area == n + 1] = pd.NA
    return found


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
        points[wanting] = np.rint(rng.uniform(low[wanting], high[wanting]))
        inside = shapely.contains_xy(shapes[owner[wanting]], points[wanting])
        wanting = wanting[~inside]
        if not len(wanting):
            break
    # A shape that fills next to nothing of its box: the point farthest from its border.
    roomiest = shapely.maximum_inscribed_circle(shapes[owner[wanting]], tolerance=1)
    points[wanting] = np.rint(shapely.get_coordinates(roomiest)[::2])
    return points.reshape(n, _ADDRESSES, 2)
