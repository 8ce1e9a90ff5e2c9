"""Boundaries made small for a page: simplified without gaps, on a grid, as differences."""

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from riskindex.arrays import AnyArray, IdentityKey, Integers

if TYPE_CHECKING:
    import geopandas as gpd


TOLERANCES = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
"""Metres by which boundaries may be simplified, the finest first."""
MOST_POINTS = 1_200_000
"""Points of all areas together, above which the next tolerance is tried."""
MOST_POINTS_PER_AREA = 80
"""Points of an area, on average, above which the next tolerance is tried."""
SAMPLE = 2000
"""Areas by which the tolerance is judged."""
STEPS_PER_DEGREE = 100_000
"""Grid of the page: a step is about a metre."""
STEPS_OF_MANY = 10_000
"""Grid of a page of more than `MOST_ON_METRES` areas: a step is about ten metres, far less than
their outlines are simplified by, and most differences take one byte."""
MOST_ON_METRES = 20_000


class CodedOutlines(NamedTuple):
    """Boundaries as bytes for a page, and where they lie.

    `coded` is a row of variable-length whole numbers: how many areas; rings of each area; points
    of each ring; then, for all points, how far east of the last point, and how far north (zigzag
    coded, in steps of the grid, from its south-west corner). `bounds` is west, south, east, north
    in degrees; `grid` the corner and the steps per degree.
    """

    coded: bytes
    bounds: tuple[float, float, float, float]
    grid: dict[str, int]


def draw_outlines(areas: "gpd.GeoDataFrame") -> CodedOutlines:
    """Simplify areas together and code them for a page.

    Parameters
    ----------
    areas
        Geometry in metres; neighbours share their vertices, to the centimetre.
    """
    import shapely
    from pyproj import Transformer

    simple = simplified(areas)
    parts, area_of_part = shapely.get_parts(simple, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    to_degrees = Transformer.from_crs(areas.crs, 4326, always_xy=True)
    degrees = np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))
    per_degree = steps_per_degree(len(areas))
    steps = np.rint(degrees * per_degree).astype(np.int64)
    # On a grid of metres neighbouring vertices often fall together.
    steps, ring = _without_repeats(steps, ring)
    # From the corner on, no step is negative, and the first difference of the page is small, too.
    corner, far = steps.min(axis=0), steps.max(axis=0)
    coded = code_rings(steps - corner, ring, area_of_part[part_of_ring], n=len(areas))
    west, south, east, north = (float(v) / per_degree for v in (*corner, *far))
    grid = {"west": int(corner[0]), "south": int(corner[1]), "steps": per_degree}
    return CodedOutlines(coded, (west, south, east, north), grid)


def steps_per_degree(areas: int) -> int:
    """Steps of the grid on which a page of so many areas has its coordinates."""
    return STEPS_PER_DEGREE if areas <= MOST_ON_METRES else STEPS_OF_MANY


def simplified(areas: "gpd.GeoDataFrame") -> AnyArray:
    """Shapes simplified together, so that no gap opens between them.

    Parameters
    ----------
    areas
        Polygons and multipolygons in metres. The map, the report and the profiles draw the same
        ones, which are simplified once.
    """
    return _simplified(IdentityKey(areas))


@lru_cache(maxsize=1)
def _simplified(key: "IdentityKey[gpd.GeoDataFrame]") -> AnyArray:
    import shapely

    shapes = key.value.geometry.to_numpy()

    # Real files differ in the last digits along a shared edge; a centimetre makes it one again.
    exact = shapely.transform(shapes, lambda points: np.round(points, 2))
    # Together: simplified one by one, a shared edge becomes two, with slivers and overlaps between
    # neighbours.
    drawn = shapely.coverage_simplify(exact, _tolerance(exact))
    # A small area may vanish at a coarse tolerance. It is on the list like any other, and is drawn
    # as it was.
    lost = shapely.is_empty(drawn) | shapely.is_missing(drawn)
    drawn = np.where(lost, exact, drawn)
    # Cached and shared by map, report and profiles: nobody may change it for the others.
    drawn.flags.writeable = False
    return cast("AnyArray", drawn)


def _tolerance(shapes: AnyArray) -> float:
    """The finest tolerance that leaves the page small, judged by every so many areas."""
    import shapely

    most = min(MOST_POINTS_PER_AREA, MOST_POINTS / len(shapes))
    # Every so many areas in order of code, which lie all over the country.
    sample = shapes[:: -(-len(shapes) // SAMPLE)]
    for tolerance in TOLERANCES[:-1]:
        if shapely.get_num_coordinates(shapely.coverage_simplify(sample, tolerance)).mean() <= most:
            return tolerance
    return TOLERANCES[-1]


def code_rings(points: Integers, ring: Integers, area_of_ring: Integers, *, n: int) -> bytes:
    """Rings as one row of variable-length whole numbers, as `CodedOutlines` says.

    Parameters
    ----------
    points
        Shape `(points, 2)`, steps east and north, ring after ring.
    ring
        Number of the ring of every point, ascending; a ring may have lost all its points.
    area_of_ring
        Number of the area of every ring, ascending.
    n
        Number of areas.
    """
    sizes = np.bincount(ring, minlength=len(area_of_ring))
    kept = sizes > 0
    rings_per_area = np.bincount(area_of_ring[kept], minlength=n)
    # Neighbouring points are few steps apart, so that most differences fit one byte where a
    # coordinate takes four.
    moves = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    # Small negative numbers become small positive ones, which variable length needs.
    zigzag = np.where(moves < 0, -2 * moves - 1, 2 * moves)
    return _variable_length(
        np.concatenate([[n], rings_per_area, sizes[kept], zigzag[:, 0], zigzag[:, 1]])
    )


def _without_repeats(steps: Integers, ring: Integers) -> tuple[Integers, Integers]:
    """Drop points that fall on the one before them; a ring's last point repeats its first."""
    new_ring = np.diff(ring, prepend=-1) != 0
    moved = (np.diff(steps, axis=0, prepend=steps[:1] - 1) != 0).any(axis=1)
    last = np.append(new_ring[1:], True)
    # A page closes rings by itself, so that the last point, which repeats the first, is left out.
    keep = (new_ring | moved) & ~last
    # Fewer than three points enclose nothing, such as a hole smaller than a step.
    large = np.bincount(ring, weights=keep, minlength=ring[-1] + 1) >= 3
    keep &= large[ring]
    return steps[keep], ring[keep]


def _variable_length(numbers: Integers) -> bytes:
    """Seven bits a byte, the low ones first, the top bit set on all but the last byte."""
    # Five bytes hold 35 bits, far more than the steps across a country.
    lengths = 1 + np.sum([numbers >> bits > 0 for bits in (7, 14, 21, 28)], axis=0)
    ends = np.cumsum(lengths)
    out = np.zeros(int(ends[-1]), dtype=np.uint8)
    for place in range(int(lengths.max())):
        has = lengths > place
        more = (lengths[has] > place + 1).astype(np.int64) << 7
        at = ends[has] - lengths[has] + place
        out[at] = ((numbers[has] >> (7 * place)) & 127) | more
    return out.tobytes()
