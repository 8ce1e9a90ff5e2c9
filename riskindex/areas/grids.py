"""Areas of one size, laid over any boundary: a grid of hexagons, for events that have points."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import shapely

from riskindex.arrays import AnyArray, Array, Integers
from riskindex.errors import ConfigError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

SMALLEST = 50.0
"""Metres; points of police records are rarely good to less, and hexagons below it are mostly 0."""
MOST_HEXAGONS = 200_000
"""More than the output areas of England and Wales, to which the method has been taken."""
_CODE = re.compile(r"HEX[\d.]+_-?\d+_-?\d+")


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Hexagons in place of the areas of the boundary file."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    hex: float
    """Metres from the centre of a hexagon to that of each of its six neighbours, at least 50."""


def is_of_grid(codes: Iterable[str]) -> bool:
    """Whether areas are hexagons of a grid, by their codes."""
    first = next(iter(codes), "")
    return _CODE.fullmatch(str(first)) is not None


def lay_grid(areas: "GeoDataFrame", grid: Grid) -> tuple["GeoDataFrame", str]:
    """Hexagons over the ground of some areas, cut at its outer edge.

    Parameters
    ----------
    areas
        Index `area_code`; groups; `geometry` in metres, without overlaps.
    grid
        How large the hexagons are.

    Returns
    -------
    tuple
        Areas of the same columns, index `area_code`, sorted: the name is the easting and northing
        of the centre, the groups are those of the area at a point inside. The same place has the
        same code whatever is around it, as the lattice starts at the origin of the coordinates.
        And a sentence about them.

    Raises
    ------
    ConfigError
        The hexagons are too small, or too many.
    """
    import geopandas as gpd

    # One shape, so that inner borders of areas do not cut hexagons.
    ground = shapely.union_all(areas.geometry.to_numpy())
    column, row = _lattice(np.asarray(shapely.bounds(ground)), grid.hex)
    shapes = _hexagons(column, row, grid.hex)
    # Prepared once: the same ground is asked about for each hexagon.
    shapely.prepare(ground)
    near = shapely.intersects(ground, shapes)
    column, row, shapes = column[near], row[near], shapes[near]
    cut = ~shapely.contains(ground, shapes)
    shapes[cut] = [_polygons(one) for one in shapely.intersection(shapes[cut], ground)]
    # A hexagon that only touches the edge has no ground.
    some = shapely.area(shapes) > 0
    column, row, shapes, cut = column[some], row[some], shapes[some], cut[some]
    # Of the whole hexagon, though it may be cut: names then form a regular lattice.
    x, y = _centres(column, row, grid.hex)
    table = {
        "area_code": [f"HEX{grid.hex:g}_{r:05d}_{c:05d}" for c, r in zip(column, row, strict=True)],
        "name": [f"{e:.0f}, {n:.0f}" for e, n in zip(x, y, strict=True)],
    }
    at = _areas_at(areas, shapes)
    groups = areas.columns.drop(["name", "geometry", "is_context"], errors="ignore")
    table |= {kind: areas[kind].to_numpy()[at] for kind in groups}
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=areas.crs).set_index("area_code")
    return frame.sort_index(), (
        f"grid: {len(frame):,} hexagons of {grid.hex:g} m from centre to centre "
        f"({grid.hex**2 * np.sqrt(3) / 2 / 1e6:.3g} square km), {int(cut.sum()):,} of them cut at "
        f"the edge, in place of {len(areas):,} areas. Events are placed by their points alone."
    )


def _lattice(bounds: Array, size: float) -> tuple[Integers, Integers]:
    """Column and row of every hexagon that may meet a box."""
    if size < SMALLEST:
        raise ConfigError(f"areas.grid.hex: {size:g} must be {SMALLEST:g} metres or more.")
    west, south, east, north = bounds
    step = size * np.sqrt(3) / 2
    # One more on each side: a hexagon reaches beyond its centre.
    columns = np.arange(np.floor(west / size) - 1, np.ceil(east / size) + 1, dtype=np.int64)
    rows = np.arange(np.floor(south / step) - 1, np.ceil(north / step) + 2, dtype=np.int64)
    if len(columns) * len(rows) > 4 * MOST_HEXAGONS:
        raise ConfigError(
            f"areas.grid.hex: {size:g} metres make {len(columns) * len(rows):,} hexagons over "
            f"{(east - west) / 1000:,.0f} by {(north - south) / 1000:,.0f} km; at most "
            f"{MOST_HEXAGONS:,} areas can be tested. Make them larger, or name within."
        )
    column, row = np.meshgrid(columns, rows)
    return column.ravel(), row.ravel()


def _hexagons(column: Integers, row: Integers, size: float) -> AnyArray:
    # Corners stand on a lattice of half columns and half radii, counted in whole numbers: the
    # corner that three hexagons share has the very same coordinates in each.
    across = np.array([0, 1, 1, 0, -1, -1, 0])
    up = np.array([2, 1, -1, -2, -1, 1, 2])
    x = (2 * column + row % 2)[:, None] + across
    y = 3 * row[:, None] + up
    corners = np.stack([x * (size / 2), y * (size / np.sqrt(12))], axis=-1)
    return np.asarray(shapely.polygons(corners))


def _centres(column: Integers, row: Integers, size: float) -> tuple[Array, Array]:
    return (column + row % 2 / 2) * size, row * (size * np.sqrt(3) / 2)


def _polygons(shape: Any) -> Any:  # noqa: ANN401 (a geometry)
    """The ground of a cut: along an edge it may hold lines and points, too."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _areas_at(areas: "GeoDataFrame", shapes: AnyArray) -> Integers:
    """Position of the area that a point inside each shape lies in, or nearest to."""
    tree = shapely.STRtree(areas.geometry.to_numpy())
    nearest_areas = tree.query_nearest(shapely.point_on_surface(shapes))
    # On a shared border two are as near: the first in the order of codes, in every run.
    first = pd.Series(nearest_areas[1]).groupby(nearest_areas[0]).min()
    return np.asarray(first.reindex(range(len(shapes))), dtype=np.int64)
