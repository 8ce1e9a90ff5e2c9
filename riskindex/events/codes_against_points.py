"""Agreement of area codes with coordinates: the area of an event by its code and by its point."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskindex.events.study_area import StudyArea

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHEAP_UP_TO = 5_000_000
"""Records of a source up to which codes and points are compared without being asked."""
PAIRS = 100
"""Pairs of areas that are listed per source, the largest first."""
SNAPPED_FROM = 5.0
"""Events to a point from which coordinates look as if they were moved to a list of points."""
PLAUSIBLE = 0.9
"""A smaller share of agreement is hardly due to how boundaries and points are generalised."""
PLACEHOLDER_FROM, PLACEHOLDER_SHARE = 20, 0.02
"""One point, key or person in so many records, and in such a share of them, is hardly one. Of the
points of police.uk none has such a share of a force."""
POINTS_AT_ONCE = 100
"""Vectors of 2,048 points that are placed at once."""


class Agreement(NamedTuple):
    """Events of one source in the periods, by what their codes and their coordinates say."""

    agree: int
    """The point lies in the area of the code."""
    differ: int
    """It lies in another area of the study area."""
    nowhere: int
    """It lies in no area of the study area."""
    inside: int
    """It lies in an area of the study area; the code is one of elsewhere."""
    bare: int
    """There is a code of the study area, and no point."""
    located: int
    """Events with a point, whatever their code."""
    points: int
    """Distinct points."""
    most: int
    """Events on the point that most of them share."""
    where: str
    """That point as the source writes it, and its area; "" where they are too few."""
    pairs: pd.DataFrame
    """Columns area_code (as the file has it), area_by_point and events: where the two differ."""


PAIR_COLUMNS = ["area_code", "area_by_point", "events"]


def compare(connection: "DuckDBPyConnection", study: StudyArea, crs: str) -> Agreement:
    """Compare what codes and coordinates say; codes of areas that were split say nothing alone.

    Parameters
    ----------
    connection
        With the view `dated` of one source's events and the table `codes` of `place_events`.
    study
        The study area.
    crs
        Coordinate system of the coordinates.
    """
    connection.execute(_BY_CODE_AND_POINT)
    # The point that most events share is often a police station, or stands for not known.
    ((located, points, most, x, y),) = connection.execute(_POINTS).fetchall()
    ((bare,),) = connection.execute(_BARE).fetchall()
    table = _placed(connection, study, crs) if points else _NOTHING
    by_code, by_point, n = (table[name].to_numpy() for name in ("area", "place", "n"))
    here, held = by_code >= 0, by_point >= 0
    # The code decides in the count: it was given by the force from the true address, while open
    # points are moved.
    agrees = here & (by_code == by_point)
    return Agreement(
        agree=int(n[agrees].sum()),
        differ=int(n[here & held & ~agrees].sum()),
        nowhere=int(n[here & ~held].sum()),
        inside=int(n[~here & held].sum()),
        bare=bare,
        located=located,
        points=points,
        most=most,
        where=_point(x, y, study, crs) if _is_placeholder(most, located) else "",
        pairs=_pairs(table[held & ~agrees], study),
    )


def agreement_notes(name: str, found: Agreement) -> Iterator[str]:
    """What an analyst should know about the places of a source, in sentences.

    Parameters
    ----------
    name
        Of the source.
    found
        What was compared.
    """
    both = found.agree + found.differ + found.nowhere
    if both:
        share = found.agree / both
        # Said always and not only when it is bad: an analyst should see 99% as well as 80%.
        yield (
            f"{name}: {both:,} events have a code of the study area and coordinates: {share:.1%} "
            f"of the points lie in the area of the code, {found.differ:,} in another area, "
            f"{found.nowhere:,} in none. The code decides. Events with a code alone: "
            f"{found.bare:,}; with a code of elsewhere and a point here: {found.inside:,}."
            + (_ODD if share < PLAUSIBLE else "")
        )
    if found.points and found.located >= SNAPPED_FROM * found.points:
        yield (
            f"{name}: {found.located:,} events lie on {found.points:,} different points, "
            f"at most {found.most:,} on one. {_SNAPPED}"
        )
    if found.where:
        yield (
            f"{name}: {found.most:,} of {found.located:,} events lie on one point ({found.where})."
            " If it stands for a place that is not known, such as a police station, empty those "
            "cells."
        )


_ODD = (
    " So little agreement is more than generalised boundaries and points explain: look whether "
    "the crs, the columns or the edition of the codes are others than the config says."
)
_SNAPPED = (
    "Points that so many share were probably moved to a list of points, as police.uk does: they "
    "say no more about a place than its area."
)
_BY_CODE_AND_POINT = """
CREATE OR REPLACE TEMP TABLE told_twice AS
SELECT c.id, d.x, d.y, count(*) AS n
FROM dated d JOIN codes c ON c.code = coalesce(d.area_code, '') WHERE d.span >= 0 GROUP BY ALL
"""
_POINTS = """
SELECT coalesce(sum(n), 0)::BIGINT, count(*), coalesce(max(n), 0)::BIGINT,
    (arg_max({'x': x, 'y': y}, (n, x, y))).x, (arg_max({'x': x, 'y': y}, (n, x, y))).y
FROM (SELECT x, y, sum(n) AS n FROM told_twice WHERE x IS NOT NULL GROUP BY x, y)
"""
_BARE = """
SELECT coalesce(sum(n), 0)::BIGINT FROM told_twice JOIN codes USING (id)
WHERE x IS NULL AND area >= 0
"""
# What lies far from the study area under a code of elsewhere is nobody's question.
_BOTH = """
SELECT code, area, x, y, n FROM told_twice JOIN codes USING (id)
WHERE x IS NOT NULL AND code <> '' AND route <> 'split'
    AND (area >= 0 OR (x BETWEEN $1 AND $2 AND y BETWEEN $3 AND $4))
ORDER BY x, y
"""
_NOTHING = pd.DataFrame({"code": [""], "area": [0], "place": [0], "n": [0]}).iloc[:0]


def _is_placeholder(most: int, every: int) -> bool:
    return most >= PLACEHOLDER_FROM and most > PLACEHOLDER_SHARE * every


def _point(x: float, y: float, study: StudyArea, crs: str) -> str:
    at = int(study.holding(*study.located(np.array([x]), np.array([y]), crs))[0])
    return f"{x:.9g}, {y:.9g}, in {study.codes[at] if at >= 0 else 'no area'}"


def _placed(connection: "DuckDBPyConnection", study: StudyArea, crs: str) -> pd.DataFrame:
    """Events by their code and the area that holds their point."""
    west, south, east, north = study.box(crs)
    result = connection.execute(_BOTH, [west, east, south, north])
    parts = [_NOTHING]
    # In batches sorted from west to east, so that neighbouring points ask for the same shapes.
    while len(batch := result.fetch_df_chunk(POINTS_AT_ONCE)):
        x, y = study.located(batch["x"].to_numpy(), batch["y"].to_numpy(), crs)
        placed = batch.assign(place=study.holding(x, y))
        # Summed batch by batch: a national file has millions of points and few pairs of areas.
        parts.append(_by_place(placed))
    return _by_place(pd.concat(parts, ignore_index=True))


def _by_place(table: pd.DataFrame) -> pd.DataFrame:
    return table.groupby(["code", "area", "place"], as_index=False)["n"].sum()


def _pairs(table: pd.DataFrame, study: StudyArea) -> pd.DataFrame:
    """Where a code and the points under it differ, the most events first."""
    # Ties by code and place, so that the same data always list the same pairs.
    largest = table.sort_values(["n", "code", "place"], ascending=[False, True, True]).head(PAIRS)
    places = np.array(study.codes, dtype=object)[largest["place"].to_numpy(dtype=np.intp)]
    columns = [largest["code"].to_numpy(), places, largest["n"].to_numpy()]
    return pd.DataFrame(dict(zip(PAIR_COLUMNS, columns, strict=True)))
