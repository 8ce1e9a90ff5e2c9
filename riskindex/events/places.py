"""Where events happened: codes and coordinates become areas of the study area, or a reason."""

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.editions import is_well_formed
from riskindex.arrays import Array, Flags, Integers, SmallIntegers
from riskindex.events.older_codes import (
    UNKNOWN_ROUTES,
    Parts,
    describe_irregular,
    describe_older,
    recognise,
    refuse_unconverted,
    share_out_bare,
)
from riskindex.events.sql import literal, store
from riskindex.events.study_area import StudyArea

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


VECTORS_AT_ONCE = 100
"""Vectors of 2,048 points that are placed at once, from west to east."""


class Reason(IntEnum):
    """What became of an event; of several reasons the first in this order wins."""

    COUNTED = 0
    OUTSIDE_PERIODS = 1
    NO_LOCATION = 2
    UNKNOWN_AREA = 3
    OUTSIDE_STUDY_AREA = 4
    NOT_COVERED = 5
    DUPLICATES = 6
    EXCLUDED_BY_RULE = 7


LOST = (Reason.NO_LOCATION, Reason.UNKNOWN_AREA, Reason.OUTSIDE_STUDY_AREA)
"""Why events are in no area of the map."""


class How(IntEnum):
    """How the area of an event was found."""

    CODE = 0
    """Its area code, as it is."""
    POINT = 1
    """Its coordinates; it has no code."""
    LOOKUP = 2
    """An older code that became one area."""
    PART = 3
    """An older code that became several; its coordinates lie in one of them."""
    NEAREST_PART = 4
    """The same; its coordinates lie in none of them, and this is the nearest."""
    SHARED = 5
    """The same without coordinates: shared out."""


_BY_CODE = "span >= 0 AND c.area >= 0 AND sort > 0"
COVERED = "(c.area, span) NOT IN (SELECT area, span FROM lacking)"
PLAIN = f"{_BY_CODE} AND {COVERED}"
"""What is plain about an event whose code `c` says the area: it can be counted in bulk."""


class Apart(NamedTuple):
    """Which events are looked at one by one."""

    every: bool = False
    """All of them: none is counted in bulk."""
    counted: bool = False
    """Rows stand for as many as their column `events` says, and are looked at together."""


def store_lacking(connection: "DuckDBPyConnection", lacking: Flags) -> None:
    """Say in which areas and spans events are not counted, because the source does not cover them.

    Parameters
    ----------
    connection
        Where the table `lacking` is made, which the views of `place_events` read.
    lacking
        Shape (areas, spans).
    """
    # Narrow types: the table is joined to every event of a national file.
    area, span = np.nonzero(lacking)
    table = pd.DataFrame({"area": area.astype(np.int32), "span": span.astype(np.int16)})
    store(connection, "lacking", table)


def leave_out(connection: "DuckDBPyConnection", lacking: Flags, apart: Apart) -> None:
    """Store areas and spans as not covered after placing, where their few events show it.

    Events that were plain and lie in a gap are set apart, too, so that each of them is listed.

    Parameters
    ----------
    connection, lacking
        As in `store_lacking`; at least what was lacking when the events were placed.
    apart
        Which events are looked at one by one already.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE lacked AS FROM lacking")
    store_lacking(connection, lacking)
    # All of them are in `looked_at` already, and the view reads the new gaps by itself.
    if apart.every:
        return
    query = (
        f"SELECT d.* EXCLUDE (x, y), c.area, {Reason.COUNTED} AS reason, c.how FROM dated d "
        f"JOIN codes c ON c.code = d.area_code WHERE {_BY_CODE} AND NOT ({COVERED}) "
        "AND (c.area, span) NOT IN (SELECT area, span FROM lacked)"
    )
    connection.execute(f"INSERT INTO looked_at BY NAME ({query})")


def place_events(
    connection: "DuckDBPyConnection",
    study: StudyArea,
    *,
    name: str,
    crs: str,
    apart: Apart | None = None,
) -> tuple[str, ...]:
    """Say where each event is: in bulk in the view `plain`, one by one in the view `placed`.

    An event's area is, by the first that applies: its code, where the study area has it; its
    coordinates, where it has no code; for a code of an older edition the only area that it
    became, the part that holds its coordinates, the nearest part, or its share of the parts.

    Parameters
    ----------
    connection
        With a view `dated` of one source's events, their `span` (-1: outside the periods) and
        `sort` (0: left out by the source's own rule), a table `kinds` of the number of events by
        area code, month, span and sort, with the sum of their days' prints, and the table of
        `store_lacking`.
    study
        The study area.
    name
        Of the source, in sentences.
    crs
        Coordinate system of its coordinates.
    apart
        Which events are looked at one by one; those that are not plain where it is left out.

    Returns
    -------
    tuple of str
        Notes. The view `plain` has the number of `events` and the sum of their days' `prints` by
        `area` (position), `month`, `span`, `sort` and `how`. The view `placed` has the columns of
        `dated`, `area` (-1: none), `reason` (a `Reason`, before duplicates and rules) and `how`,
        but for x and y.

    Raises
    ------
    DataError
        Older codes that cannot be converted: they are named, never dropped.
    """
    # Codes, not events: a national file of 6 million records has 35,000 codes, each decided once.
    codes = _codes(connection, study)
    _store_codes(connection, codes)
    connection.execute(_sql_of_parts(connection, apart or Apart()))
    number = "events" if apart is not None and apart.counted else "1"
    codes["points"] = connection.execute(_POINTS.format(number)).df().set_index("code")["points"]
    codes = codes.fillna({"points": 0}).astype({"points": "int64"})
    _store_spots(connection, codes, study, crs)
    recognised = recognise(connection, codes)
    # Refused before anything is counted: older codes that are dropped lower the counts of exactly
    # the areas that were redrawn.
    refuse_unconverted(connection, codes, recognised, study, name)
    notes = describe_older(name, codes, list(recognised), study)
    notes += describe_irregular(name, codes, study.crosswalk)
    # Recognised codes go the way of split ones: their points decide.
    codes.loc[list(recognised), "route"] = "split"
    _store_codes(connection, codes)
    parts = _parts(codes, study) | recognised
    _put_into_parts(connection, codes, parts, study, crs)
    shared, shared_notes = share_out_bare(connection, codes, parts, study, name)
    store(connection, "shared", shared)
    connection.execute(_placed(with_shared=len(shared) > 0, number=number))
    return (*notes, *shared_notes)


def _sql_of_parts(connection: "DuckDBPyConnection", asked: Apart) -> str:
    """SQL that parts the plain events, counted in bulk, from the few that are placed one by one."""
    # Where records may repeat, bulk counting would count them twice.
    plain = "false" if asked.every else PLAIN
    query = "SELECT * FROM dated" if asked.every else _not_plain(connection)
    rows = _EXPANDED.format(query) if asked.counted and not asked.every else query
    # The view of one source would hide the table of the next.
    apart = "OR REPLACE TEMP VIEW" if asked.every else "OR REPLACE TABLE"
    return f"""
        CREATE OR REPLACE TEMP VIEW plain AS
        SELECT k.month, k.span, k.sort, k.events, k.prints, c.area, c.how
        FROM kinds k JOIN codes c ON c.code = k.area_code WHERE {plain};
        DROP VIEW IF EXISTS temp.apart;
        CREATE {apart} apart AS {rows}"""


# Only events of split codes are shared out one by one: those outside may be fifty million.
_SPLIT = (
    "coalesce(span >= 0 AND area_code IN (SELECT code FROM codes WHERE route = 'split'), false)"
)
_EXPANDED = f"""
WITH rest AS ({{}})
SELECT * EXCLUDE (one)
    REPLACE (1 AS events, row_number() OVER (ORDER BY area_code, date, sort) AS row)
FROM (SELECT *, unnest(range(events)) AS one FROM rest WHERE {_SPLIT})
UNION ALL BY NAME
SELECT * FROM rest WHERE NOT {_SPLIT}
"""
NAMED_CODES = 1000
"""So many codes can be asked for by name, which a Parquet file's dictionary answers quickly."""


def _not_plain(connection: "DuckDBPyConnection") -> str:
    """Query for the events that are not plain, by their codes where these identify all of them."""
    rows = connection.execute(_CODES_APART).fetchall()
    # A code with plain and other events needs the join; else its name says it all, and the scan can
    # skip.
    if len(rows) > NAMED_CODES or any(has_plain for _, has_plain in rows):
        return (
            "SELECT d.* FROM dated d LEFT JOIN codes c ON c.code = d.area_code "
            f"WHERE NOT coalesce({PLAIN}, false)"
        )
    named = ", ".join(literal(code) for code, _ in rows if code is not None)
    tests = ["area_code IS NULL"] if any(code is None for code, _ in rows) else []
    if named:
        tests.append(f"area_code IN ({named})")
    return f"SELECT * FROM dated WHERE {' OR '.join(tests) or 'false'}"


_CODES_APART = f"""
WITH parted AS (
    SELECT k.area_code, coalesce({PLAIN}, false) AS is_plain
    FROM kinds k LEFT JOIN codes c ON c.code = k.area_code
)
SELECT area_code, bool_or(is_plain) FROM parted GROUP BY 1 HAVING NOT bool_and(is_plain) ORDER BY 1
"""
_POINTS = """
SELECT coalesce(area_code, '') AS code, coalesce(sum({}) FILTER (x IS NOT NULL), 0) AS points
FROM apart WHERE span >= 0 GROUP BY 1
"""


def _placed(*, with_shared: bool, number: str) -> str:
    """The table of where each event is, and the view that knows what is not covered.

    In the view `n` is the number of events that a row stands for.
    """
    # A code decides unless it is unsure (none, or a split area's): then the point, or the share.
    by_share = "h.area" if with_shared else "NULL"
    shared = "LEFT JOIN shared h ON h.file = d.file AND h.row = d.row" if with_shared else ""
    return f"""
        CREATE OR REPLACE TABLE looked_at AS
        WITH found AS (
            SELECT d.* EXCLUDE (x, y), c.reason AS reason_of_code,
                d.area_code IS NULL AND d.x IS NOT NULL AS has_point_only,
                CASE WHEN c.is_unsure AND d.x IS NOT NULL THEN s.area
                     WHEN c.is_unsure THEN {by_share} ELSE c.area END AS place,
                CASE WHEN c.is_unsure AND d.x IS NOT NULL THEN s.how
                     WHEN c.is_unsure THEN {How.SHARED} ELSE c.how END AS how_placed
            FROM apart d
            LEFT JOIN codes c ON c.code = coalesce(d.area_code, '')
            LEFT JOIN spots s ON s.id = c.id AND s.x = d.x AND s.y = d.y
            {shared}
        )
        SELECT * EXCLUDE (reason_of_code, has_point_only, place, how_placed),
            (CASE WHEN span >= 0 AND place >= 0 THEN place ELSE -1 END)::INTEGER AS area,
            (CASE WHEN span < 0 THEN {Reason.OUTSIDE_PERIODS}
                  WHEN place >= 0 THEN {Reason.COUNTED}
                  WHEN has_point_only THEN {Reason.OUTSIDE_STUDY_AREA}
                  ELSE reason_of_code END)::TINYINT AS reason,
            (CASE WHEN span >= 0 AND place >= 0 THEN how_placed ELSE {How.CODE} END)::TINYINT AS how
        FROM found;
        CREATE OR REPLACE TEMP VIEW placed AS
        SELECT * REPLACE ((CASE WHEN reason = {Reason.COUNTED} AND NOT ({COVERED})
            THEN {Reason.NOT_COVERED} ELSE reason END)::TINYINT AS reason), {number} AS n
        FROM looked_at c"""


def _store_codes(connection: "DuckDBPyConnection", codes: pd.DataFrame) -> None:
    how = np.where(codes["route"] == "moved", How.LOOKUP, How.CODE)
    # Here alone coordinates decide: the code of an area goes before the point.
    unsure = codes["route"].isin(["nowhere", "split"])
    store(connection, "codes", codes.assign(how=how, is_unsure=unsure).reset_index())


class _Fate(NamedTuple):
    route: str
    reason: Reason = Reason.COUNTED
    area: int = -1


def _codes(connection: "DuckDBPyConnection", study: StudyArea) -> pd.DataFrame:
    """The codes that events inside the periods carry, and which way each of them goes."""
    codes = connection.execute(
        "SELECT coalesce(area_code, '') AS code, sum(events)::BIGINT AS events "
        "FROM kinds WHERE span >= 0 GROUP BY 1 ORDER BY 1"
    ).df()
    # Exact first, capitals second: an index that has small letters of its own keeps them.
    area = study.areas.index.get_indexer(codes["code"])
    # Small letters are read as capitals where only these are the code of an area.
    capitals = study.areas.index.get_indexer(codes["code"].str.upper())
    area = np.where(area < 0, capitals, area)
    codes = codes.assign(
        id=np.arange(len(codes)), route="area", reason=int(Reason.COUNTED), area=area
    )
    others = np.flatnonzero(area < 0)
    fates = [_fate(_in_capitals(code), study) for code in codes["code"].iloc[others]]
    for name in _Fate._fields:
        codes.loc[others, name] = [getattr(fate, name) for fate in fates]
    return codes.set_index("code")


def _in_capitals(code: str) -> str:
    return code.upper() if is_well_formed(code.upper()) else code


def _fate(code: str, study: StudyArea) -> _Fate:
    """The way a code that is no area's goes: an ordered table, first match wins."""
    # A code may be in the crosswalk and lead out of the study area; then it is known to be
    # elsewhere.
    children = study.crosswalk.children.get(code, ()) if study.crosswalk else ()
    here = [study.position[child] for child in children if child in study.position]
    rules = (
        (code == "", _Fate("nowhere", Reason.NO_LOCATION)),
        (bool(here) and len(children) == 1, _Fate("moved", area=here[0] if here else -1)),
        (bool(here), _Fate("split", Reason.OUTSIDE_STUDY_AREA)),
        (bool(children) or code in study.known_codes, _Fate("away", Reason.OUTSIDE_STUDY_AREA)),
        (not is_well_formed(code), _Fate("away", Reason.UNKNOWN_AREA)),
        (code[:3] in study.prefixes, _Fate("unlisted", Reason.UNKNOWN_AREA)),
        (True, _Fate("foreign", Reason.OUTSIDE_STUDY_AREA)),
    )
    return next(fate for applies, fate in rules if applies)


def _parts(codes: pd.DataFrame, study: StudyArea) -> dict[str, tuple[int, ...]]:
    """Positions of the areas that each split code became; -1 for one outside the study area."""
    if study.crosswalk is None:
        return {}
    return {
        # A part outside the study area stays in the list: it may be the one that holds the event.
        code: tuple(study.position.get(child, -1) for child in study.crosswalk.children[code])
        for code in codes.index[(codes["route"] == "split")]
        if code in study.crosswalk.children
    }


def _store_spots(
    connection: "DuckDBPyConnection", codes: pd.DataFrame, study: StudyArea, crs: str
) -> None:
    """Make a table of the distinct places of events whose code does not say the area.

    Its `area` holds them (-1: none does). Places are sorted on the disk where they are many, and
    only a batch of them is in memory beside the shapes.
    """
    connection.execute(_NO_SPOTS)
    routes = ["nowhere", "split", *(UNKNOWN_ROUTES if "geometry" in study.areas else ())]
    if not (codes["route"].isin(routes) & (codes["points"] > 0)).any():
        return
    connection.execute(_SPOTS, list(study.box(crs)))
    # A cursor of its own, as the connection writes spots while the batches are read.
    reader = connection.cursor()
    reader.execute("SELECT * FROM spots_to_place")
    while len(batch := reader.fetch_df_chunk(VECTORS_AT_ONCE)):
        _add_spots(connection, batch.assign(area=study.holding(*_located(batch, study, crs))))


_NO_SPOTS = """
CREATE OR REPLACE TEMP TABLE spots (id INTEGER, x DOUBLE, y DOUBLE, area INTEGER, how TINYINT)
"""
# Only what lies near the study area can be in it; a split code's events are in it anyway.
_SPOTS = """
CREATE OR REPLACE TABLE spots_to_place AS
SELECT c.id, d.x, d.y FROM apart d JOIN codes c ON c.code = coalesce(d.area_code, '')
WHERE d.span >= 0 AND d.x IS NOT NULL AND (
    c.route = 'split' OR (
        c.route IN ('nowhere', 'unlisted', 'foreign')
        AND d.x BETWEEN $1 AND $3 AND d.y BETWEEN $2 AND $4))
GROUP BY ALL ORDER BY d.x
"""


def _add_spots(
    connection: "DuckDBPyConnection", spots: pd.DataFrame, *, how: int | Integers = How.POINT
) -> None:
    connection.register("new_spots", spots.assign(how=how))
    connection.execute("INSERT INTO spots BY NAME SELECT * FROM new_spots")
    connection.unregister("new_spots")


def _located(spots: pd.DataFrame, study: StudyArea, crs: str) -> tuple[Array, Array]:
    return study.located(spots["x"].to_numpy(), spots["y"].to_numpy(), crs)


def _put_into_parts(
    connection: "DuckDBPyConnection", codes: pd.DataFrame, parts: Parts, study: StudyArea, crs: str
) -> None:
    """Spots of older codes go to the part that holds them, or to the nearest."""
    for code, among in parts.items():
        of_code = f"FROM spots WHERE id = {codes.at[code, 'id']}"
        # Each distinct point once: police.uk snaps thousands of events to one of its points.
        spots = connection.execute(f"SELECT id, x, y, area {of_code}").df()
        if len(spots):
            x, y = _located(spots, study, crs)
            area, how = _among(x, y, spots["area"].to_numpy(), among, study)
            connection.execute(f"DELETE {of_code}")
            _add_spots(connection, spots.assign(area=area), how=how)


def _among(
    x: Array, y: Array, area: SmallIntegers, parts: tuple[int, ...], study: StudyArea
) -> tuple[SmallIntegers, Integers]:
    # Coordinates are moved for anonymity by up to hundreds of metres, often over a border, so that
    # the nearest part stands in.
    inside = np.isin(area, [part for part in parts if part >= 0])
    # Where a part lies outside the study area, it may be the one that holds the others.
    nearest = np.full(len(area), -1) if min(parts) < 0 else study.nearest(x, y, parts)
    how = np.where(inside, How.PART, How.NEAREST_PART)
    return np.where(inside, area, nearest), how
