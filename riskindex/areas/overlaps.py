"""Areas that lie on top of each other: no place may belong to two of them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import shapely

from riskindex.arrays import Array, Flags, Positions, Shapes
from riskindex.errors import InputError

LARGEST_OVERLAP = 0.001
"""Share of the smaller of two areas above which their overlap is refused."""
NOTED_OVERLAP = 1e-6
"""Share above which it is noted; official files, whose vertices differ by less than 0.1 mm, stay
below 1e-8."""
_MOST = 20
_CELL = 0.01  # Metres: vertices in one cell are one vertex, as `areas.Neighbours.snap` has it.


class Overlaps(NamedTuple):
    """Pairs of areas that share ground; all of shape `(pairs,)`."""

    first: Positions
    """Position of the one."""
    second: Positions
    """Position of the other, a larger one."""
    share: Array
    """Shared ground as a share of the smaller of the two."""


def find_overlaps(shapes: Shapes) -> Overlaps:
    """Pairs of shapes whose interiors meet.

    Ground that two shapes cover is bounded by edges that no neighbour shares in the opposite
    direction. So only the shapes that such edges of others meet are looked at; where the vertices
    of neighbours match, these lie at the coast and at the edge of the map.

    Parameters
    ----------
    shapes
        Valid polygons in metres, shape `(n,)`.

    Returns
    -------
    Overlaps
        Where some shapes overlap, at least one pair of every stretch of shared ground; none
        where none do.
    """
    # Where two areas overlap, an edge of one has no partner: only those few are intersected.
    owner, edges = _unmatched(shapes)
    met, other = shapely.STRtree(shapes).query(edges, predicate="intersects")
    pairs = np.unique(np.sort(np.column_stack([owner[met], other]), axis=1), axis=0)
    first, second = pairs[pairs[:, 0] != pairs[:, 1]].T
    area = shapely.area(shapes)
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    # Of the smaller area: an island inside a district overlaps it wholly.
    share = shared / np.maximum(np.minimum(area[first], area[second]), 1e-300)
    some = share > NOTED_OVERLAP
    return Overlaps(first[some], second[some], share[some])


def refuse_overlaps(shapes: Shapes, codes: Sequence[str], label: str) -> tuple[str, ...]:
    """Notes about tiny overlaps; larger ones are refused.

    Parameters
    ----------
    shapes
        Valid polygons in metres, shape `(n,)`.
    codes
        Their area codes.
    label
        What error messages call the boundaries.

    Raises
    ------
    InputError
        Two areas share more than `LARGEST_OVERLAP` of the smaller one; all are listed.
    """
    overlaps = find_overlaps(shapes)
    large = overlaps.share > LARGEST_OVERLAP
    # An event on shared ground would belong to two areas, and the first code would win in silence.
    if large.any():
        lines = list(_lines(overlaps, large, codes))
        more = [f"{label}: ... and {len(lines) - _MOST:,} more overlaps."] * (len(lines) > _MOST)
        raise InputError([*(f"{label}: {line}. {_MEND}" for line in lines[:_MOST]), *more])
    if not len(large):
        return ()
    lines = list(_lines(overlaps, ~large, codes))
    more = [f"and {len(lines) - _MOST:,} more"] * (len(lines) > _MOST)
    return (f"{label}: tiny overlaps: {'; '.join([*lines[:_MOST], *more])}.",)


_MEND = "An event there would have two areas: mend it in a GIS, or keep one edition of the areas."


def _lines(overlaps: Overlaps, chosen: Flags, codes: Sequence[str]) -> Iterator[str]:
    # The largest first: it tells whether two editions were mixed or a border was drawn carelessly.
    order = np.argsort(-overlaps.share[chosen], kind="stable")
    columns = (column[chosen][order] for column in overlaps)
    for i, j, share in zip(*columns, strict=True):
        yield f"{codes[i]} and {codes[j]} overlap by {share:.4%} of the smaller"


def _unmatched(shapes: Shapes) -> tuple[Positions, Shapes]:
    """Edges of each shape that no other runs along the other way, as one line per shape."""
    rings, owner, turn = _rings(shapes)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    cell = np.rint(points / _CELL).astype(np.int64)
    # One whole number for each vertex, so that edges can be sorted and matched.
    node = (cell[:, 0] << 32) + (cell[:, 1] & 0xFFFFFFFF)
    joined = (ring[1:] == ring[:-1]) & (node[1:] != node[:-1])
    at = np.flatnonzero(joined)
    start, end = node[at], node[at + 1]
    # Neighbours run along a shared edge in opposite directions; in the same one they lie on top of
    # each other.
    forward = np.where(start < end, 1, -1) * turn[ring[at]]
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((high, low))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    edge = np.empty(len(order), dtype=np.intp)
    edge[order] = np.cumsum(new) - 1
    # One each way cancels out; more than two runs along an edge mean that shapes lie on each other.
    alone = (np.bincount(edge, forward) != 0)[edge] | (np.bincount(edge) > 2)[edge]
    at = at[alone]
    lines = shapely.linestrings(np.stack([points[at], points[at + 1]], axis=1))
    of = owner[ring[at]]
    owners, starts = np.unique(of, return_index=True)
    return owners, np.array(
        [shapely.multilinestrings(part) for part in np.split(lines, starts[1:]) if len(part)],
        dtype=object,
    )


def _rings(shapes: Shapes) -> tuple[Shapes, Positions, Positions]:
    """Rings, the shape that each belongs to, and 1 where its inside lies to the left, else -1."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    outer = np.ones(len(part), dtype=bool)
    outer[1:] = part[1:] != part[:-1]
    return rings, owner[part], np.where(shapely.is_ccw(rings) == outer, 1, -1)
