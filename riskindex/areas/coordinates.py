"""Coordinate systems: anything that fits its coordinates becomes the British National Grid."""

from typing import TYPE_CHECKING, Any

import numpy as np

from riskindex.arrays import Array
from riskindex.errors import ConfigError, InputError

if TYPE_CHECKING:
    from geopandas import GeoSeries

CRS = Any  # pyproj.CRS, which takes long to import

NATIONAL_GRID = "EPSG:27700"
"""British National Grid: the coordinate system of every geometry inside, in metres."""

# Wide enough for a made county of any size; null island, UTM and web Mercator lie outside.
_NEAR_BRITAIN = (-500_000.0, -500_000.0, 1_500_000.0, 2_000_000.0)


def to_national_grid(
    geometry: "GeoSeries", *, crs: str | None = None, label: str = "boundaries"
) -> tuple["GeoSeries", tuple[str, ...]]:
    """Project geometry to the British National Grid, if what is said of it can be true.

    Parameters
    ----------
    geometry
        Any coordinate system; no empty shape.
    crs
        Coordinate system of geometry that states none, or an impossible one.
    label
        What error messages call it, such as the file's name.

    Returns
    -------
    tuple
        The geometry in EPSG:27700, and notes for the screen.

    Raises
    ------
    ConfigError
        `crs` is not known.
    InputError
        Metres labelled as degrees or degrees as metres, latitude before longitude, no coordinate
        system at all, two that contradict each other, or a place that is not in Great Britain.
    """
    geometry, notes = _with_crs(geometry, crs, label)
    # Files write the same grid with either axis first; to project it onto itself would move points
    # by rounding.
    if not geometry.crs.equals(NATIONAL_GRID, ignore_axis_order=True):
        geometry = geometry.to_crs(NATIONAL_GRID)
    west, south, east, north = geometry.total_bounds
    low_x, low_y, high_x, high_y = _NEAR_BRITAIN
    if not (low_x < west and low_y < south and east < high_x and north < high_y):
        raise InputError(
            f"{label}: the areas are not in Great Britain: easting {west:,.0f} to {east:,.0f}, "
            f"northing {south:,.0f} to {north:,.0f}. Check the coordinate "
            "system that the file states, or set crs under [areas]."
        )
    return geometry, notes


def _with_crs(
    geometry: "GeoSeries", crs: str | None, label: str
) -> tuple["GeoSeries", tuple[str, ...]]:
    """The geometry with a coordinate system that fits its coordinates, or an error."""
    own_crs, given = geometry.crs, _parsed_crs(crs)
    # Judged by the coordinates: what a file states is often left over from another one.
    fault = _misfit(own_crs, geometry.total_bounds)
    if given is None or given == own_crs:
        if fault:
            raise InputError(f"{label}: {fault}")
        return geometry, ()
    # A system that fits is not overruled by an option, which may be left over itself.
    if not fault:
        raise InputError(
            f"{label}: states {own_crs.name}, areas.crs says {given.name}. Leave areas.crs out."
        )
    still = _misfit(given, geometry.total_bounds)
    if still:
        raise InputError(f"{label}: {still}")
    # What the file states does not fit its coordinates, and what the analyst says does.
    geometry = geometry.set_crs(given, allow_override=True)
    if own_crs is None:
        return geometry, ()
    return geometry, (
        f"{label}: read as {given.name}, as areas.crs says, and not as {own_crs.name}.",
    )


def is_known_crs(crs: str) -> bool:
    """Whether a coordinate system is one that PROJ knows, such as EPSG:27700."""
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        return bool(pyproj.CRS.from_user_input(crs))
    except CRSError:
        return False


def _parsed_crs(crs: str | None) -> CRS:
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        return pyproj.CRS.from_user_input(crs) if crs is not None else None
    except CRSError:
        raise ConfigError(f"areas.crs: {crs!r} is not known; write it like 'EPSG:27700'.") from None


def _misfit(crs: CRS, bounds: Array) -> str:
    """Why coordinates cannot be in a coordinate system; an ordered table, first match wins."""
    low, high = bounds[:2], bounds[2:]
    # No degree is above 180; metres of a study area are far above it.
    small = bool(np.abs(bounds).max() <= 180)
    span = f"{low[0]:,.6g} to {high[0]:,.6g} and {low[1]:,.6g} to {high[1]:,.6g}"
    if crs is None:
        # A guess is told and not taken: a map in the wrong place looks like a map all the same.
        guess = "degrees, EPSG:4326" if small else f"metres, perhaps {NATIONAL_GRID}"
        return (
            f"no coordinate system is stated. The coordinates ({span}) look like {guess}; "
            "say which under [areas], crs = '...'."
        )
    # Latitudes of Great Britain where longitudes should be.
    swapped = 49 <= low[0] <= high[0] <= 61 and -9 <= low[1] <= high[1] <= 3
    degrees = bool(crs.is_geographic)
    rules = (
        (
            degrees and not (small and high[1] <= 90 and low[1] >= -90),
            f"the coordinates ({span}) are not degrees, but {crs.name} is stated. If they are "
            f"metres of the British National Grid, set crs = '{NATIONAL_GRID}' under [areas].",
        ),
        (
            degrees and swapped,
            f"latitude and longitude are swapped ({span}). Write longitude first.",
        ),
        (
            not degrees and small,
            f"the coordinates ({span}) look like degrees, but {crs.name} is stated, which is in "
            "metres. If so, set crs = 'EPSG:4326' under [areas].",
        ),
    )
    return next((fault for applies, fault in rules if applies), "")
