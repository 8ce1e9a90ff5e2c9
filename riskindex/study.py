"""The study area, as far as it says where an event is: its codes, shapes and spatial index."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.errors import DataError
from riskindex.vintages import Crosswalk

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pyproj import Transformer
    from shapely import STRtree

Array = NDArray[np.float64]
Positions = NDArray[np.intp]
Geometries = NDArray[np.object_]


class Study:
    """The study area, as far as it says where an event is.

    Parameters
    ----------
    areas
        Index `area_code`, sorted; geometry is needed only where events have coordinates, and
        the column `residents` only to share out events of areas that were split.
    crosswalk
        Lookup from an older edition of the codes.
    known
        Codes that exist, here or elsewhere, such as all of a national lookup.
    """

    def __init__(
        self,
        areas: "GeoDataFrame | pd.DataFrame",
        crosswalk: Crosswalk | None = None,
        known: Collection[str] = (),
    ) -> None:
        self.areas = areas
        self.codes: list[str] = areas.index.tolist()
        self.position = {code: i for i, code in enumerate(self.codes)}
        self.crosswalk = crosswalk
        self.known = frozenset(known) | (crosswalk.newer if crosswalk else frozenset())
        # A list of nothing but the study area says nothing about codes elsewhere.
        self.prefixes = frozenset(code[:3] for code in self.known - self.position.keys())

    @cached_property
    def shapes(self) -> Geometries:
        """Geometries in the order of the codes, prepared for many questions.

        Raises
        ------
        DataError
            The areas have none.
        """
        import shapely

        if "geometry" not in self.areas:
            raise DataError("Events are placed by their coordinates, but the areas have no shapes.")
        shapes = np.asarray(self.areas["geometry"].array, dtype=object)
        shapely.prepare(shapes)
        return shapes

    @cached_property
    def _tree(self) -> "STRtree":
        import shapely

        return shapely.STRtree(self.shapes)

    @property
    def crs(self) -> object:
        """Coordinate system of the shapes; the National Grid where nothing else is said."""
        return getattr(self.areas, "crs", None) or "EPSG:27700"

    def box(self, crs: str) -> tuple[float, float, float, float]:
        """West, south, east, north in another coordinate system, a little wider than the areas."""
        import shapely

        west, south, east, north = shapely.total_bounds(self.shapes)
        wider = 0.01 * max(east - west, north - south)
        bounds = (west - wider, south - wider, east + wider, north + wider)
        box: tuple[float, float, float, float] = _transformer(self.crs, crs).transform_bounds(
            *bounds, densify_pts=21
        )
        return box

    def points(self, x: Array, y: Array, crs: str) -> Geometries:
        """Points in the coordinate system of the shapes."""
        import shapely

        points: Geometries = shapely.points(*_transformer(crs, self.crs).transform(x, y))
        return points

    def holding(self, points: Geometries) -> Positions:
        """Position of the area that holds each point, -1 where none does.

        A point on a border between areas is in the first of them.
        """
        point, area = self._tree.query(points, predicate="intersects")
        found = np.full(len(points), len(self.codes), dtype=np.intp)
        np.minimum.at(found, point, area)
        found[found == len(self.codes)] = -1
        return found

    def nearest(self, points: Geometries, among: Sequence[int]) -> Positions:
        """Position of the nearest of some areas, for each point."""
        import shapely

        distance = shapely.distance(points[:, None], self.shapes[list(among)][None, :])
        nearest: Positions = np.asarray(among, dtype=np.intp)[distance.argmin(axis=1)]
        return nearest

    def shares(self, parts: Sequence[int]) -> tuple[Array, bool]:
        """What each part of a split area gets, and whether that is by residents or equal.

        Parameters
        ----------
        parts
            Positions; -1 is a part outside the study area, whose residents are not known.
        """
        residents = np.full(len(parts), np.nan)
        if "residents" in self.areas and min(parts) >= 0:
            residents = self.areas["residents"].to_numpy(dtype=float)[list(parts)]
        by_residents = bool((residents > 0).all())
        return (residents if by_residents else np.ones(len(parts))), by_residents


def _transformer(source: object, target: object) -> "Transformer":
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)
