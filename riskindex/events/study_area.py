"""The study area, as far as it says where an event is: its codes, shapes and spatial index."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskindex.areas.editions import Crosswalk
from riskindex.arrays import Array, Fingerprints, Shapes, SmallIntegers
from riskindex.errors import DataError
from riskindex.events.fingerprints import area_prints
from riskindex.events.points import areas_of_points

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pyproj import Transformer


class StudyArea:
    """The study area, as far as it says where an event is.

    Parameters
    ----------
    areas
        Index `area_code`, sorted; geometry is needed only where events have coordinates, and
        the column `residents` only to share out events of areas that were split.
    crosswalk
        Lookup from an older edition of the codes.
    known_codes
        Codes that exist, here or elsewhere, such as all of a national lookup.
    """

    def __init__(
        self,
        areas: "GeoDataFrame | pd.DataFrame",
        *,
        crosswalk: Crosswalk | None = None,
        known_codes: Collection[str] = (),
    ) -> None:
        self.areas = areas
        self.codes: list[str] = areas.index.tolist()
        self.position = {code: i for i, code in enumerate(self.codes)}
        self.crosswalk = crosswalk
        # Codes of the newer edition in a lookup exist too, inside or outside.
        self.known_codes = frozenset(known_codes) | (crosswalk.newer if crosswalk else frozenset())
        # A list of nothing but the study area says nothing about codes elsewhere.
        self.prefixes = frozenset(code[:3] for code in self.known_codes - self.position.keys())

    @cached_property
    def prints(self) -> Fingerprints:
        """Prints of the areas in the order of the codes, of `area_prints`."""
        return area_prints(self.codes)

    @cached_property
    def shapes(self) -> Shapes:
        """Geometries in the order of the codes.

        Raises
        ------
        DataError
            The areas have none.
        """
        if "geometry" not in self.areas:
            raise DataError("Events are placed by their coordinates, but the areas have no shapes.")
        return np.asarray(self.areas["geometry"].array, dtype=object)

    @property
    def crs(self) -> object:
        """Coordinate system of the shapes; the National Grid where nothing else is said."""
        return getattr(self.areas, "crs", None) or "EPSG:27700"

    def box(self, crs: str) -> tuple[float, float, float, float]:
        """West, south, east, north in another coordinate system, a little wider than the areas."""
        import shapely

        west, south, east, north = shapely.total_bounds(self.shapes)
        # Generalised boundaries and moved points differ by metres at the edge; a percent is far
        # more.
        wider = 0.01 * max(east - west, north - south)
        bounds = (west - wider, south - wider, east + wider, north + wider)
        box: tuple[float, float, float, float] = _transformer(self.crs, crs).transform_bounds(
            # Edges of a box are curves in another projection; corners alone would cut off a strip.
            *bounds,
            densify_pts=21,
        )
        return box

    def located(self, x: Array, y: Array, crs: str) -> tuple[Array, Array]:
        """Coordinates in the system of the shapes."""
        x, y = _transformer(crs, self.crs).transform(x, y)
        return x, y

    def holding(self, x: Array, y: Array) -> SmallIntegers:
        """Position of the area that holds each point, -1 where none does.

        A point on a border between areas is in the first of them.
        """
        return areas_of_points(x, y, self.shapes)

    def nearest(self, x: Array, y: Array, among: Sequence[int]) -> SmallIntegers:
        """Position of the nearest of some areas, for each point."""
        import shapely

        points, shapes = shapely.points(x, y), self.shapes[list(among)]
        # All pairs: a split area has a handful of parts, so that no spatial index pays.
        distance = shapely.distance(points[:, None], shapes[None, :])
        nearest: SmallIntegers = np.asarray(among, dtype=np.int32)[distance.argmin(axis=1)]
        return nearest

    def shares(self, code: str, parts: Sequence[int]) -> tuple[Array, str]:
        """What each part of a split area gets, and by what: lookup, residents or equal.

        Parameters
        ----------
        code
            Of the area that was split.
        parts
            Positions; -1 is a part outside the study area, whose residents are not known.
        """
        if self.crosswalk is not None and code in self.crosswalk.shares:
            return np.array(self.crosswalk.shares[code]), "lookup"
        # A part outside the study area has unknown residents, so that shares by residents would be
        # a guess: equal shares say so.
        residents = np.full(len(parts), np.nan)
        if "residents" in self.areas and min(parts) >= 0:
            residents = self.areas["residents"].to_numpy(dtype=float)[list(parts)]
        if (residents > 0).all():
            return residents, "residents"
        return np.ones(len(parts)), "equal"


def _transformer(source: object, target: object) -> "Transformer":
    from pyproj import Transformer

    # Otherwise EPSG:4326 wants latitude first, unlike every file with columns x and y.
    return Transformer.from_crs(source, target, always_xy=True)
