"""Invalid shapes mended without moving a border, each with its change of area."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from riskindex.arrays import Positions, Shapes
from riskindex.errors import InputError

Shape = Any  # one shapely geometry; shapely ships no types

LARGEST_REPAIR = 0.001
"""Relative change of area above which a mended shape is refused."""


def repair(shapes: Shapes, names: "pd.Series[str]", label: str) -> tuple[Shapes, pd.DataFrame]:
    """Mend invalid shapes, and refuse those whose area the mending changes.

    Parameters
    ----------
    shapes
        Polygons, shape `(n,)`.
    names
        Name of each area, index `area_code`.
    label
        What error messages call the boundaries.

    Returns
    -------
    tuple
        All shapes, valid; and a table of the mended ones by `area_code`: name, fault, area_before,
        area_after (square metres), change (share).

    Raises
    ------
    InputError
        A repair changes an area by more than `LARGEST_REPAIR`; all of them are listed.
    """
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    # The caller's shapes stay as they were read.
    shapes = shapes.copy()
    rows = []
    for i in broken:
        # What follows the bracket is where the fault is, in coordinates that help nobody here.
        fault = shapely.is_valid_reason(shapes[i]).partition("[")[0]
        # GEOS keeps the even-odd interior, as a GIS draws an invalid ring.
        fixed = _polygons_of(shapely.make_valid(shapes[i]))
        before, after = _area_as_written(shapes[i], fixed.area), fixed.area
        rows.append((names.iloc[i], fault, before, after, _change(before, after)))
        shapes[i] = fixed
    columns = ["name", "fault", "area_before", "area_after", "change"]
    repaired = pd.DataFrame(rows, columns=columns, index=names.index[broken]).sort_index()
    # A tenth of a percent is rounding; more is another shape than the office published.
    refused = repaired[repaired["change"].abs() > LARGEST_REPAIR]
    if len(refused):
        raise InputError([f"{label}: {line}. {_MEND}" for line in _repair_lines(refused)])
    return shapes, repaired


_MEND = f"Over {LARGEST_REPAIR:.1%} is refused: mend it in a GIS, or download the file again."


def polygons_of_collections(shapes: Shapes) -> tuple[Shapes, Positions]:
    """Geometry collections as the polygons in them; what an overlay or `make_valid` left over goes.

    Parameters
    ----------
    shapes
        Of any type, shape `(n,)`; missing ones stay so.

    Returns
    -------
    tuple
        The shapes, and the positions of those that were collections and hold a polygon. A
        collection without one stays as it is.
    """
    collections = np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION)
    collections = collections[shapely.get_dimensions(shapes[collections]) == 2]
    shapes = shapes.copy()
    for i in collections:
        shapes[i] = _polygons_of(shapes[i])
    return shapes, collections


_COLLECTION = 7
"""What GEOS numbers a geometry collection."""


def _polygons_of(shape: Shape) -> Shape:
    """The polygons of a shape or collection; lines and points that a fault left over go."""
    parts = shapely.get_parts(shape)
    while (shapely.get_type_id(parts) > _POLYGON).any():  # a collection may hold collections
        parts = shapely.get_parts(parts)
    polygons = parts[shapely.get_type_id(parts) == _POLYGON]
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


_POLYGON = 3


def _area_as_written(shape: Shape, after: float) -> float:
    """Area of an invalid shape: its parts added up, or by their direction, whichever is nearer.

    Official files hold holes that were written as a part of their own (nested shells), which
    still run the other way round.
    """
    parts = shapely.get_parts(shape)
    sign = np.where(shapely.is_ccw(shapely.get_exterior_ring(parts)), 1.0, -1.0)
    area = shapely.area(parts)
    readings = np.array([area.sum(), abs((sign * area).sum())])
    return float(readings[np.abs(readings - after).argmin()])


def _change(before: float, after: float) -> float:
    # A shape without an area that gains one by mending is always refused.
    return (after - before) / before if before > 0 else np.inf


def _repair_lines(repaired: pd.DataFrame) -> list[str]:
    return [
        f"{row['name']} ({code}): {_FAULTS.get(row['fault'], str(row['fault']).lower())}; "
        f"{row['area_before']:,.0f} square metres before the repair and {row['area_after']:,.0f} "
        f"after ({round(row['change'], 5) + 0.0:+.3%})"
        for code, row in repaired.iterrows()
    ]


_FAULTS = {
    "Nested shells": "a hole written as a part of its own",
    "Ring Self-intersection": "a border that touches itself",
    "Self-intersection": "a border that crosses itself",
}
"""What GEOS calls a fault, to what it means."""


def repair_notes(repaired: pd.DataFrame, label: str) -> tuple[str, ...]:
    """The table of mended shapes as a sentence; none where nothing was mended."""
    if repaired.empty:
        return ()
    lines = "; ".join(_repair_lines(repaired))
    return (f"{label}: invalid shapes repaired: {len(repaired)}. {lines}.",)
