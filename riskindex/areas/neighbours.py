"""Which areas adjoin which, how they hang together, and which lie at the edge."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array

from riskindex.arrays import Array, Flags, Positions, Shapes
from riskindex.errors import ConfigError, DataError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

Pairs = tuple[Positions, Positions]
"""Positions of the first and the second of each pair."""
_CORNER = 10  # A shared border shorter than ten snaps is a corner.


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Which areas count as neighbours."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    method: Literal["queen", "rook", "nearest", "distance"] = "queen"
    """Shared border or corner, shared border, k nearest centroids, or a distance band."""
    snap: float = 0.01
    """Vertices closer than this many metres are the same vertex."""
    k: int = 8
    """Number of neighbours, for the method nearest."""
    distance: float | None = None
    """Metres between centroids, for the method distance."""


class NeighbourSummary(NamedTuple):
    """How the areas hang together."""

    mean: float
    """Neighbours per area."""
    maximum: int
    """Most neighbours of one area."""
    islands: "pd.Series[str]"
    """Names of the areas without a neighbour, by `area_code`."""
    components: int
    """Pieces that are not connected with each other; an island is one."""

    @property
    def sentence(self) -> str:
        """The summary in words."""
        alone = "; ".join(f"{name} ({code})" for code, name in self.islands.items())
        tail = f"Without a neighbour: {alone}." if alone else "No area is without a neighbour."
        pieces = f"{self.components} connected piece{'s' if self.components != 1 else ''}"
        return f"{self.mean:.3f} neighbours per area, {self.maximum} at most, in {pieces}. {tail}"


def neighbour_faults(options: Neighbours) -> Iterator[str]:
    """Say what is wrong with the numbers of the method, whatever the areas."""
    if not 0 <= options.snap < math.inf:
        yield f"neighbours.snap: {options.snap} must be metres of 0 or more."
    if options.k < 1:
        yield f"neighbours.k: {options.k} must be 1 or more."
    if options.distance is not None and not 0 < options.distance < math.inf:
        yield f"neighbours.distance: {options.distance} must be metres above 0."
    if options.method == "distance" and options.distance is None:
        yield "neighbours.distance: the method distance needs metres above 0."


def neighbour_matrix(
    areas: "GeoDataFrame", *, options: Neighbours = Neighbours()
) -> "csr_array[Any]":
    """Who adjoins whom.

    Queen: shapes that come within `snap` metres of each other, be it in one point. Rook: shapes
    that share a border, not only a corner. Both find neighbours whose vertices do not coincide
    exactly, and those that touch an edge between two vertices. Nearest: the k nearest centroids
    (not symmetric; ties by `area_code`). Distance: centroids within the distance.

    Parameters
    ----------
    areas
        Index `area_code`; `geometry` valid, in metres.
    options
        The method and its numbers.

    Returns
    -------
    csr_array
        Shape `(n, n)`, order of `areas`: 1 where the column's area is a neighbour of the row's
        area, zero diagonal.

    Raises
    ------
    ConfigError
        A number that the method needs is missing or impossible.
    DataError
        The areas lie in degrees; `nearest` asks for more neighbours than there are areas.
    """
    faults = list(neighbour_faults(options))
    if faults:
        raise ConfigError(faults)
    # A degree of longitude is 70 km here and one of latitude 111: no distance in degrees means
    # anything.
    refuse_degrees(areas)
    shapes = areas.geometry.to_numpy()
    rows, columns = METHODS[options.method](shapes, areas.index, options)
    n = len(areas)
    weights = coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))
    return csr_array(weights)


def refuse_degrees(areas: "GeoDataFrame") -> None:
    """Refuse areas whose coordinates are degrees, where distances are metres.

    Raises
    ------
    DataError
        Their coordinate system is geographic.
    """
    if areas.crs is not None and areas.crs.is_geographic:
        raise DataError(
            f"areas: their coordinates are degrees ({areas.crs.name}), and distances between areas "
            "are in metres. Project them first: areas.to_crs(27700)."
        )


def describe_neighbours(weights: "csr_array[Any]", areas: "GeoDataFrame") -> NeighbourSummary:
    """Mean and maximum number of neighbours, the areas without any, and connected pieces.

    Parameters
    ----------
    weights
        As `neighbour_matrix` makes them.
    areas
        The same areas in the same order, with `name`.
    """
    from scipy.sparse.csgraph import connected_components

    # Entries of each row of a matrix in CSR form.
    counts = np.diff(weights.indptr)
    # Nearest neighbours need not be mutual; one direction connects.
    pieces, _ = connected_components(weights, directed=True, connection="weak")
    islands = areas["name"][counts == 0]
    mean = float(counts.mean()) if len(counts) else 0.0
    return NeighbourSummary(mean, int(counts.max(initial=0)), islands, int(pieces))


def on_boundary(areas: "GeoDataFrame", *, snap: float = Neighbours.snap) -> "pd.Series[bool]":
    """Whether a stretch of the area's border has no area on its other side.

    Parameters
    ----------
    areas
        Index `area_code`; `geometry` valid, in metres.
    snap
        Borders closer than this many metres are the same border.

    Returns
    -------
    Series
        True for areas at the coast, at the edge of the study area, or around a hole in it: what
        happens beyond is not known, so that their windows are incomplete.
    """
    refuse_degrees(areas)
    shapes = areas.geometry.to_numpy()
    exposed = np.zeros(len(shapes), dtype=bool)
    # Most borders match point by point; only the others need to be measured.
    odd = np.flatnonzero(~_matched(shapes, snap))
    at, other = shapely.STRtree(shapes).query(shapes[odd], predicate="dwithin", distance=snap)
    # A shape is within any distance of itself.
    at, other = at[odd[at] != other], other[odd[at] != other]
    covered = np.bincount(at, _shared_border(shapes, odd[at], other, snap), len(odd))
    # A few centimetres without a neighbour are rounding at a corner where three areas meet.
    exposed[odd] = shapely.length(shapes[odd]) - covered > _CORNER * snap
    return pd.Series(exposed, index=areas.index, name="on_boundary")


def with_edge(
    areas: "GeoDataFrame", counts: pd.DataFrame, *, snap: float = Neighbours.snap
) -> tuple["GeoDataFrame", tuple[str, ...]]:
    """Areas with `on_boundary`, and a note about those beyond whose border nothing is counted.

    Parameters
    ----------
    areas
        Index `area_code`; `geometry` valid, in metres; `is_context` where areas lie around the
        study area.
    counts
        Index `area_code`; missing where a source has no file of the area.
    snap
        Borders closer than this many metres are the same border.

    Returns
    -------
    tuple
        The areas, `on_boundary` True where the window is incomplete: at the coast, at the edge of
        the map, or beside an area around the study area that a source does not cover; and the note.
    """
    context = areas.get("is_context", pd.Series(False, index=areas.index)).to_numpy(bool)
    # Areas of another force, whose file is not there, are as blind as the sea: the areas beside
    # them lie at the edge.
    bare = context & counts.reindex(areas.index).isna().any(axis=1).to_numpy(bool)
    edge = on_boundary(areas, snap=snap).to_numpy(copy=True)
    if bare.any():
        first, second = adjoining(areas.geometry.to_numpy(), snap)
        edge[second[bare[first]]] = True
    n = int((edge & ~context).sum())
    beyond = f" {int(bare.sum()):,} areas around it have no records and are not assessed."
    note = (
        f"{n:,} areas lie at the edge of the study area: what happens beyond it is not in their "
        f"windows.{beyond if bare.any() else ''}"
    )
    return areas.assign(on_boundary=edge), (note,) if n else ()


def _matched(shapes: Shapes, snap: float) -> Flags:
    """Whether every edge of a shape is an edge of another, both ends within `snap`."""
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    # Cells whose diagonal is shorter than the distance; what they part is measured after all.
    cells = np.floor((points - points.min(axis=0)) / (max(snap, 1e-6) / 2)).astype(np.int64)
    _, vertex = np.unique(cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1], return_inverse=True)
    edges = (ring_of[1:] == ring_of[:-1]) & (vertex[1:] != vertex[:-1])
    # Neighbours run along a shared edge in opposite directions; sorted, its ends are the same.
    low, high = np.minimum(vertex[1:], vertex[:-1]), np.maximum(vertex[1:], vertex[:-1])
    edge = (low * (vertex.max() + 1) + high)[edges]
    owner = shape_of[part_of[ring_of[1:][edges]]]
    _, which = np.unique(edge, return_inverse=True)
    pairs = np.unique(which * len(shapes) + owner)  # each shape once per edge
    alone = np.bincount(pairs // len(shapes)) == 1
    matched = np.ones(len(shapes), dtype=bool)
    matched[pairs[alone[pairs // len(shapes)]] % len(shapes)] = False
    return matched


def adjoining(shapes: Shapes, snap: float) -> Pairs:
    """Pairs of shapes within a distance of each other, each pair both ways."""
    return _both_ways(*_touching(shapes, snap))


def _touching(shapes: Shapes, snap: float) -> Pairs:
    """Pairs of shapes within a distance, each pair once, the smaller position first."""
    # Within a centimetre and not touching: real files differ by 1e-13 degrees along a shared
    # border, which would make islands.
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=snap)
    once = first < second
    return first[once], second[once]


def _shared_border(shapes: Shapes, first: Positions, second: Positions, snap: float) -> Array:
    """Metres of the first shape's border within `snap` of the second shape, per pair."""
    lines = shapely.boundary(shapes[first])
    needed, at = np.unique(second, return_inverse=True)
    # A border is shared where it runs inside the other's outline, grown by the snap.
    grown = shapely.buffer(shapes[needed], max(snap, 1e-6), join_style="mitre")
    return np.asarray(shapely.length(shapely.intersection(lines, grown[at])))


def _both_ways(first: Positions, second: Positions) -> Pairs:
    return np.concatenate([first, second]), np.concatenate([second, first])


def _queen(shapes: Shapes, codes: pd.Index, options: Neighbours) -> Pairs:
    return adjoining(shapes, options.snap)


def _rook(shapes: Shapes, codes: pd.Index, options: Neighbours) -> Pairs:
    first, second = _touching(shapes, options.snap)
    # Areas that meet in a corner share a few centimetres by the snap alone.
    long = _shared_border(shapes, first, second, options.snap) > _CORNER * options.snap
    return _both_ways(first[long], second[long])


def _nearest(shapes: Shapes, codes: pd.Index, options: Neighbours) -> Pairs:
    from scipy.spatial import KDTree

    k, n = options.k, len(shapes)
    if k >= n:
        raise DataError(
            f"neighbours.k: {k} neighbours are asked for, and must be fewer than the {n} areas."
        )
    points = centroids(shapes)
    tree = KDTree(points)
    # One more, since each area is its own nearest.
    reach = np.asarray(tree.query(points, k=k + 1)[0])[:, -1]
    # All that are as near as the k-th, so that the code and not the tree decides a tie.
    within_reach = tree.query_ball_point(points, reach + 1e-6)
    # Place of each code in their order, by which ties are decided.
    place = np.argsort(np.argsort(codes.to_numpy()))
    chosen = []
    for i, near in enumerate(within_reach):
        others = np.array([j for j in near if j != i])
        # To the micrometre: distances that tie on paper differ in their last digit.
        far = np.round(np.hypot(*(points[others] - points[i]).T), 6)
        chosen.append(others[np.lexsort((place[others], far))][:k])
    return np.repeat(np.arange(n), k), np.concatenate(chosen)


def _within(shapes: Shapes, codes: pd.Index, options: Neighbours) -> Pairs:
    from scipy.spatial import KDTree

    tree = KDTree(centroids(shapes))
    pairs = tree.query_pairs(options.distance or 0.0, output_type="ndarray")
    return _both_ways(pairs[:, 0], pairs[:, 1])


def centroids(shapes: Shapes) -> Array:
    """Centre of each shape, shape `(n, 2)`, in metres."""
    return np.asarray(shapely.get_coordinates(shapely.centroid(shapes)))


METHODS: Mapping[str, Callable[[Shapes, pd.Index, Neighbours], Pairs]] = {
    "queen": _queen,
    "rook": _rook,
    "nearest": _nearest,
    "distance": _within,
}
"""Method of `Neighbours` to the function that finds the pairs."""
