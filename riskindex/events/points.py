"""Which area holds each of many points: exact, and quick for millions of them."""

import numpy as np

from riskindex.arrays import Array, Flags, Integers, Positions, Shapes, SmallIntegers


def areas_of_points(x: Array, y: Array, shapes: Shapes) -> SmallIntegers:
    """Position of the area that holds each point.

    Points are sorted into strips from west to east, so that those in the box of an area are found
    by halving, and each of them is asked of the area itself. Areas are prepared, not points: an
    area answers for all of its points by one index of its edges.

    Parameters
    ----------
    x, y
        In the coordinate system of the shapes, shape `(n,)`. Points that are neighbours are best
        asked together.
    shapes
        Geometries of the areas, which stay prepared afterwards; missing and empty ones hold
        nothing.

    Returns
    -------
    array
        Shape `(n,)`; -1 where no area holds the point (or it is not finite). A point on a border
        is in the first of the areas there.
    """
    import shapely

    shapely.prepare(shapes)
    point, area = _in_boxes(x, y, shapely.bounds(shapes))
    # Intersects and not contains: a point on the outer border is in the study area.
    held = shapely.intersects_xy(shapes[area], x[point], y[point])
    first_area = np.full(len(x), len(shapes), dtype=np.int32)
    # On a shared border the first area, so that no event counts twice.
    np.minimum.at(first_area, point[held], area[held].astype(np.int32))
    first_area[first_area == len(shapes)] = -1
    return first_area


def events_inside(x: Array, y: Array, n: Integers, shapes: Shapes) -> Integers:
    """Number of events in each of some shapes, which may overlap: an event counts in every one.

    Parameters
    ----------
    x, y
        Points in the coordinate system of the shapes, shape `(m,)`, finite.
    n
        Events at each point.
    shapes
        Polygons, shape `(k,)`; a point on a border is inside.

    Returns
    -------
    array of int
        Shape `(k,)`.
    """
    import shapely

    shapely.prepare(shapes)
    point, shape = _in_boxes(x, y, shapely.bounds(shapes))
    held = shapely.intersects_xy(shapes[shape], x[point], y[point])
    sums = np.bincount(shape[held], weights=n[point[held]], minlength=len(shapes))
    return sums.astype(np.int64)


def _in_boxes(x: Array, y: Array, boxes: Array) -> tuple[Positions, Positions]:
    """Pairs of a point and an area whose box holds it, in the order of the areas."""
    at = np.flatnonzero(_overlap(boxes, x, y))
    if not len(at):
        return at, at
    west, south, east, north = boxes[at].T
    # Four strips to the mean box: few strips to an area, and few points beside it in them.
    height = (north - south).mean() / 4 or 1.0
    left, bottom, width = west.min(), south.min(), east.max() - west.min() + 1.0
    inside = np.flatnonzero((x >= left) & (x <= east.max()) & (y >= bottom) & (y <= north.max()))
    key = np.floor((y[inside] - bottom) / height) * width + (x[inside] - left)
    order = np.argsort(key)
    key, point = key[order], inside[order]
    first, last = (np.floor((edge - bottom) / height) for edge in (south, north))
    area, nth = _ranges((last - first + 1).astype(np.intp))
    strip = (first[area] + nth) * width
    # The keys of points and of edges are rounded alike, so that none is lost.
    start = np.searchsorted(key, strip + (west - left)[area], "left")
    stop = np.searchsorted(key, strip + (east - left)[area], "right")
    run, nth = _ranges(stop - start)
    # Only boxes are compared so far; shapes decide below, and are asked as rarely as can be.
    point, area = point[start[run] + nth], area[run]
    held = (y[point] >= south[area]) & (y[point] <= north[area])
    return point[held], at[area[held]]


def _overlap(boxes: Array, x: Array, y: Array) -> Flags:
    """Which boxes may hold one of the points; missing boxes, and missing points, never."""
    # What a projection cannot place comes back as infinite.
    x, y = x[np.isfinite(x)], y[np.isfinite(y)]
    if not len(x) or not len(y):
        return np.zeros(len(boxes), dtype=bool)
    west, south, east, north = boxes.T
    overlaps = (west <= x.max()) & (east >= x.min()) & (south <= y.max()) & (north >= y.min())
    return np.asarray(overlaps, dtype=bool)


def _ranges(lengths: Positions) -> tuple[Positions, Positions]:
    """For runs of these lengths laid end to end: which run each element is in, and its place."""
    run = np.repeat(np.arange(len(lengths)), lengths)
    return run, np.arange(len(run)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
