"""The map of an invented county: a coast, towns and villages, and small areas that fit exactly."""

import zlib
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi, cKDTree

from riskindex.arrays import AnyArray, Array, Flags, Integers
from riskindex.errors import DataError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from shapely import Polygon


FIRST_AREA, LAST_AREA = 1_800_001, 1_999_999
"""ONS has numbered areas up to E01035762; these codes are well formed and nobody's."""

_AREA_KM2 = 3.3
_CENTRE = (655_000.0, 535_000.0)  # the Dogger Bank: open sea, so nobody's home is on the map

# A county between hills and sea: corners in the unit square, counter-clockwise, each with how
# rough the border is to the next corner. Coast lies east and south, with an estuary in each.
_CORNERS = np.array(
    [
        (0.02, 0.30, 0.10), (0.16, 0.09, 0.16), (0.38, 0.12, 0.16), (0.52, 0.165, 0.05),
        (0.585, 0.215, 0.05), (0.60, 0.14, 0.14), (0.78, 0.06, 0.14), (0.90, 0.17, 0.14),
        (0.93, 0.33, 0.05), (0.80, 0.375, 0.04), (0.70, 0.41, 0.04), (0.715, 0.435, 0.04),
        (0.81, 0.415, 0.05), (0.94, 0.41, 0.14), (0.98, 0.60, 0.14), (0.90, 0.80, 0.10),
        (0.68, 0.84, 0.12), (0.50, 0.95, 0.12), (0.28, 0.88, 0.12), (0.10, 0.76, 0.12),
        (0.07, 0.52, 0.12),
    ]
)  # fmt: skip

_STARTS = (
    "Har",
    "Wyver",
    "Osmer",
    "Thorl",
    "Brack",
    "Pell",
    "Quen",
    "Merl",
    "Tarn",
    "Fenn",
    "Eller",
    "Dray",
    "Cuth",
    "Wend",
    "Skel",
    "Hazel",
    "Marl",
    "Ember",
    "Cors",
    "Ravel",
    "Ling",
    "Stane",
    "Aver",
    "Gild",
    "Holm",
    "Ister",
    "Kester",
    "Lorn",
    "Nether",
    "Orle",
    "Penn",
    "Rusk",
    "Sall",
    "Tever",
    "Uld",
    "Vinter",
    "Wych",
    "Yarl",
    "Bram",
    "Cald",
    "Dunn",
    "Everl",
    "Farl",
    "Gorse",
    "Hern",
    "Jess",
    "Kyne",
    "Loxe",
)
_ENDS = (
    "combe",
    "stead",
    "mere",
    "wick",
    "holt",
    "ness",
    "haven",
    "bourne",
    "worth",
    "ley",
    "ham",
    "ton",
    "bury",
    "ford",
    "field",
    "by",
    "low",
    "den",
)
_VARIANTS = ("{}", "Upper {}", "{} Green", "Lower {}", "{} Heath", "{} St Wystan", "Great {}")


class Town(NamedTuple):
    """Centre (metres), radius (metres), number of areas and district of every town."""

    centre: Array
    radius: Array
    size: Integers
    district: Integers


class Cells(NamedTuple):
    """Polygons of the areas, pairs of adjoining areas, and the area each is built around."""

    polygons: AnyArray
    pairs: Integers
    points: Array


def stream(seed: int, name: str) -> np.random.Generator:
    """Random stream of one named thing: another thing's draws never change it."""
    return np.random.default_rng(
        # CRC of the name: Python's own hash of a string differs from process to process.
        np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),))
    )


def draw_map(*, seed: int, n: int, districts: int) -> "GeoDataFrame":
    """Draw an invented county.

    Parameters
    ----------
    seed
        Same seed, same county.
    n
        Number of areas; the county grows with it, so that areas keep their size.
    districts
        Number of districts, at most a quarter of `n`.

    Returns
    -------
    GeoDataFrame
        Index `area_code`; `name`, `district`, `ward` and `geometry` in EPSG:27700. The areas
        cover the county without gap or overlap and share their vertices exactly. Codes run
        from E01800001, a range that the Office for National Statistics does not use.

    Raises
    ------
    DataError
        Too few areas for the districts, or more than there are codes.
    """
    if not 40 <= n <= LAST_AREA - FIRST_AREA + 1 or not 1 <= districts <= n // 4:
        raise DataError(
            f"synthetic county: n = {n:,} and districts = {districts:,}; n must lie between 40 and "
            f"{LAST_AREA - FIRST_AREA + 1:,}, with four areas or more per district."
        )
    rng = stream(seed, "map")
    outline = _outline(rng, n)
    towns = _towns(rng, outline, n, districts)
    points, of_town = _points(rng, outline, towns, n)
    cells = _cells(rng, outline, points)
    district = _districts(cells, towns, of_town)
    return _labelled(cells, district)


def _outline(rng: np.random.Generator, n: int) -> "Polygon":
    """The county's edge as a polygon in metres, of 3.3 square kilometres per area."""
    import shapely

    corners = _CORNERS[:, :2] + rng.normal(0, 0.008, (len(_CORNERS), 2))
    for roughness in (1.0, 0.6, 0.3, 0.0):
        line = _fractal(rng, corners, roughness * _CORNERS[:, 2], rounds=5)
        outline = shapely.Polygon(line)
        # A rough coast may cross itself; smoother ones are tried until one does not.
        if outline.is_valid:
            break
    # Areas keep their size, so that distances in tests mean the same on any map.
    scale = np.sqrt(n * _AREA_KM2 * 1e6 / outline.area)
    return shapely.transform(outline, lambda p: (p - 0.5) * scale + _CENTRE)


def _fractal(rng: np.random.Generator, corners: Array, rough: Array, *, rounds: int) -> Array:
    """Midpoint displacement: every edge bends by a share of its length, again and again."""
    line = corners
    for _ in range(rounds):
        following = np.roll(line, -1, axis=0)
        along = following - line
        across = np.column_stack([-along[:, 1], along[:, 0]])
        # Clipped: a single wild draw would fold the coast over itself.
        bend = np.clip(rng.normal(0, 1, len(line)), -2, 2) * rough
        middle = (line + following) / 2 + bend[:, None] * across
        line = np.stack([line, middle], axis=1).reshape(-1, 2)
        rough = np.repeat(rough, 2)
    return line


def _towns(rng: np.random.Generator, outline: "Polygon", n: int, districts: int) -> Town:
    """A main town in every district, smaller towns, and villages of one to four areas."""
    seats = _spread(rng, outline, districts)
    mains = _sizes(rng, round(0.52 * n), districts, spread=0.45)
    small = _sizes(rng, round(0.26 * n), max(1, round(n * 0.26 / 11)), spread=0.7)
    village = _sizes(rng, round(0.10 * n), max(1, round(n * 0.10 / 2)), spread=0.4)
    others = _inside(rng, outline, len(small) + len(village))
    centre = np.vstack([seats, others])
    size = np.concatenate([mains, small, village])
    km2 = np.repeat([0.34, 0.42, 1.5], [len(mains), len(small), len(village)])
    # Denser in larger towns, as the areas of a census have about the same residents.
    radius = 1e3 * np.sqrt(size * km2 / np.pi)
    return Town(centre, radius, size, _nearest(seats, centre))


def _nearest(places: Array, points: Array) -> Integers:
    return np.asarray(cKDTree(places).query(points)[1], dtype=np.int64)


def _sizes(rng: np.random.Generator, total: int, number: int, *, spread: float) -> Integers:
    share = np.exp(rng.normal(0, spread, number))
    # By rounded sums and not by rounded parts, which need not add up to the total.
    edges = np.rint(np.cumsum(share) / share.sum() * total).astype(np.int64)
    return np.asarray(np.diff(edges, prepend=0))


def _spread(rng: np.random.Generator, outline: "Polygon", number: int) -> Array:
    """Points that keep their distance from each other; two in three from the edge as well."""
    import shapely

    chosen = _inside(rng, outline, 1)
    while len(chosen) < number:
        # The best of a dozen: as far apart as towns are, and not as regular as a grid.
        candidates = _inside(rng, outline, 12)
        room = cKDTree(chosen).query(candidates)[0]
        if rng.random() < 2 / 3:
            edge = shapely.distance(outline.exterior, shapely.points(candidates))
            # Most towns keep away from the border, and some lie on the coast.
            room = np.minimum(room, 3 * edge)
        chosen = np.vstack([chosen, candidates[np.argmax(room)]])
    return chosen


def _inside(rng: np.random.Generator, outline: "Polygon", number: int) -> Array:
    """Points uniform inside a polygon."""
    import shapely

    shapely.prepare(outline)
    low, high = np.reshape(outline.bounds, (2, 2))
    kept: list[Array] = [np.empty((0, 2))]
    while sum(map(len, kept)) < number:
        drawn = rng.uniform(low, high, (2 * number + 16, 2))
        kept.append(drawn[shapely.contains_xy(outline, drawn)])
    return np.vstack(kept)[:number]


def _points(
    rng: np.random.Generator, outline: "Polygon", towns: Town, n: int
) -> tuple[Array, Integers]:
    """One point per area, dense in towns, and the town it belongs to (-1: countryside)."""
    import shapely

    town = np.repeat(np.arange(len(towns.size)), towns.size)
    built = np.empty((len(town), 2))
    wanting = np.arange(len(town))
    for _ in range(40):
        angle = rng.uniform(0, 2 * np.pi, len(wanting))
        # A power of .5 would fill the disc evenly; .58 crowds the middle, as towns do.
        far = towns.radius[town[wanting]] * rng.uniform(0, 1, len(wanting)) ** 0.58
        step = far[:, None] * np.column_stack([np.cos(angle), 0.8 * np.sin(angle)])
        built[wanting] = towns.centre[town[wanting]] + step
        wanting = wanting[~shapely.contains_xy(outline, built[wanting])]
        if not len(wanting):
            break
    # A town on a narrow cape may not find land; its last areas go anywhere.
    built[wanting] = _inside(rng, outline, len(wanting))
    rural = n - len(town)
    points = np.vstack([built, _inside(rng, outline, rural)])
    return points, np.concatenate([town, np.full(rural, -1)])


def _cells(rng: np.random.Generator, outline: "Polygon", points: Array) -> Cells:
    """Voronoi cells of the points, evened out once, with borders that bend."""
    n = len(points)
    # One round of Lloyd's: cells of random points alone vary more in size than census areas do.
    points = _centroids(_voronoi(outline, points), n)
    diagram = _voronoi(outline, points)
    ridges = _ridges(diagram, n)
    pairs = diagram.ridge_points[ridges].astype(np.int64)
    polygons = _polygons(_bent(rng, diagram, ridges), pairs, diagram.points, n)
    inner = pairs[(pairs < n).all(axis=1)]
    return Cells(polygons, inner, points)


def _voronoi(outline: "Polygon", points: Array) -> Voronoi:
    """Voronoi diagram with points beyond the county's edge, which hold the edge in its place."""
    import shapely

    edge = outline.exterior
    near = points[shapely.distance(edge, shapely.points(points)) < 0.12 * np.sqrt(outline.area)]
    at = shapely.line_interpolate_point(edge, shapely.line_locate_point(edge, shapely.points(near)))
    # A point and its mirror image part at the line between them: the county's edge becomes a border
    # of cells.
    mirrored = 2 * shapely.get_coordinates(at) - near
    outside = mirrored[~shapely.contains_xy(outline, mirrored)]
    return Voronoi(np.vstack([points, outside, _beyond(outline)]))


def _beyond(outline: "Polygon") -> Array:
    """A lattice of points around the county, so that no cell runs out of it."""
    import shapely

    low, high = np.reshape(outline.bounds, (2, 2))
    step = np.sqrt(outline.area) / 25
    x, y = (np.arange(a - 6 * step, b + 6 * step, step) for a, b in zip(low, high, strict=True))
    east, north = np.meshgrid(x, y)
    # Every other row is shifted: a square lattice has corners where four cells meet.
    east[::2] += step / 2
    lattice = np.column_stack([east.ravel(), north.ravel()])
    shapely.prepare(outline)
    return np.asarray(lattice[shapely.distance(outline, shapely.points(lattice)) > step / 2])


def _ridges(diagram: Voronoi, n: int) -> Integers:
    """Ridges that border at least one of the first n points."""
    return np.flatnonzero((diagram.ridge_points < n).any(axis=1))


def _centroids(diagram: Voronoi, n: int) -> Array:
    """Centroids of the first n cells, each summed from triangles around its point."""
    ridges = _ridges(diagram, n)
    ends = diagram.vertices[np.array(diagram.ridge_vertices)[ridges]]
    total, moment = np.zeros(n), np.zeros((n, 2))
    for side in (0, 1):
        cell = diagram.ridge_points[ridges, side]
        own = cell < n
        cell, (a, b) = cell[own], (ends[own, 0], ends[own, 1])
        p = diagram.points[cell]
        # Twice the area of each triangle; the factor cancels in the centroid.
        size = np.abs(_cross(a - p, b - p))
        np.add.at(total, cell, size)
        np.add.at(moment, cell, size[:, None] * (a + b + p) / 3)
    return np.asarray(moment / total[:, None])


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _bent(rng: np.random.Generator, diagram: Voronoi, ridges: Integers) -> Array:
    """Every ridge as a bent line, shape `(ridges, k, 2)`.

    A bend stays inside a rhombus that fits both triangles between the ridge and the two points it
    parts, so that no two borders can cross: the areas stay a coverage by construction.
    """
    ends = diagram.vertices[np.array(diagram.ridge_vertices)[ridges]]
    a, along = ends[:, 0], ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(along, axis=1)
    site = diagram.points[diagram.ridge_points[ridges, 0]]
    height = np.abs(_cross(along, site - a)) / length
    foot = ((site - a) * along).sum(axis=1) / length
    # The foot of the height may lie beyond the ridge, where the triangle is obtuse.
    widest = np.maximum(np.maximum(foot, length - foot), length)
    slope = np.minimum(0.6, 0.8 * height / widest)
    # Fewer points a border on larger maps, or a country would be slow to draw and to read.
    k = 9 if len(ridges) < 20_000 else 5 if len(ridges) < 200_000 else 3
    even = np.linspace(0, 1, k)
    shift = rng.uniform(-0.3, 0.3, (len(ridges), k)) / k * ((even > 0) & (even < 1))
    # A border of less than a metre stays straight: bends would drown in the rounding.
    t = np.where(length[:, None] < 1, even > 0.5, even + shift)
    waves = np.arange(1, 5)
    # Long waves swing more than short ones, as borders along rivers and roads do.
    swing = rng.normal(0, 0.5, (len(ridges), 4)) / waves
    bend = np.einsum("rw,rkw->rk", swing, np.sin(np.pi * waves * t[..., None]))
    limit = np.minimum(t, 1 - t) * slope[:, None]
    bend = np.clip(bend * slope[:, None], -limit, limit)
    across = np.column_stack([-along[:, 1], along[:, 0]])
    lines = a[:, None] + t[..., None] * along[:, None] + bend[..., None] * across[:, None]
    # Rounded before rings are made: both areas at a border get the same numbers, and so the same
    # vertices.
    return np.asarray(np.round(lines, 3))


def _polygons(lines: Array, pairs: Integers, points: Array, n: int) -> AnyArray:
    """Rings of the first n cells, joined from their borders in order of angle."""
    import shapely

    k = lines.shape[1]
    cell = np.concatenate([pairs[:, 0], pairs[:, 1]])
    line = np.tile(np.arange(len(pairs)), 2)[cell < n]
    cell = cell[cell < n]
    out = lines[line] - points[cell][:, None]
    # Counter-clockwise around the cell's own point, as the borders are put in order by angle.
    backwards = _cross(out[:, 0], out[:, -1]) < 0
    path = np.where(backwards[:, None, None], lines[line][:, ::-1], lines[line])
    middle = lines[line][:, [0, -1]].mean(axis=1) - points[cell]
    order = np.lexsort([np.arctan2(middle[:, 1], middle[:, 0]), cell])
    corners = path[order, :-1].reshape(-1, 2)
    ring = np.repeat(cell[order], k - 1)
    # Rounding may have put two corners into one.
    fresh = (corners != np.roll(corners, 1, axis=0)).any(axis=1)
    return np.asarray(shapely.polygons(shapely.linearrings(corners[fresh], indices=ring[fresh])))


def _districts(cells: Cells, towns: Town, of_town: Integers) -> Integers:
    """District of every area: its town's, else the nearest seat's, each in one piece."""
    number = towns.district.max() + 1
    nearest = _nearest(towns.centre[:number], cells.points)
    district = np.where(of_town >= 0, towns.district[of_town], nearest)
    for _ in range(50):
        stray = _stray(cells.pairs, district)
        a, b = np.vstack([cells.pairs, cells.pairs[:, ::-1]]).T
        # Real districts are in one piece but for islands; pieces that are cut off join a district
        # that they touch, ring by ring.
        moves = stray[a] & ~stray[b]
        if not moves.any():
            break
        district[a[moves]] = district[b[moves]]
    return np.asarray(district)


def _stray(pairs: Integers, district: Integers) -> Flags:
    """Areas that are cut off from the largest piece of their district."""
    n = len(district)
    inside = pairs[district[pairs[:, 0]] == district[pairs[:, 1]]]
    graph = coo_array((np.ones(len(inside)), inside.T), shape=(n, n))
    piece = connected_components(graph, directed=False)[1]
    # Written in order of size, so that what stays is the largest piece of each district.
    by_size = np.argsort(np.bincount(piece)[piece], kind="stable")
    largest = np.empty(district.max() + 1, dtype=np.int64)
    largest[district[by_size]] = piece[by_size]
    return np.asarray(largest[district] != piece)


def _labelled(cells: Cells, district: Integers) -> "GeoDataFrame":
    """Names and codes in the manner of the Office for National Statistics."""
    import geopandas as gpd

    names = place_names()
    label = np.array(sorted(next(names) for _ in range(district.max() + 1)))[district]
    points = gpd.GeoSeries.from_xy(*cells.points.T)
    # Numbers along a Hilbert curve: neighbours have codes that are near each other, as census codes
    # mostly do.
    order = np.lexsort([points.hilbert_distance().to_numpy(), label])
    label = label[order]
    turn = pd.Series(label).groupby(label).cumcount().to_numpy()
    # Five LSOAs or so make an MSOA, whose number their names share.
    number, letter = np.divmod(turn, 5)
    # Seven areas or so to a ward, which lie next to each other on the curve.
    ward = pd.factorize(pd.Series(label) + (turn // 7).astype(str))[0]
    wards = np.array([next(names) for _ in range(ward.max() + 1)])
    codes = pd.Index([f"E0{FIRST_AREA + i}" for i in range(len(label))], name="area_code")
    name = [f"{d} {m + 1:03d}{'ABCDE'[i]}" for d, m, i in zip(label, number, letter, strict=True)]
    columns = {"name": name, "district": label, "ward": wards[ward]}
    return gpd.GeoDataFrame(columns, index=codes, geometry=cells.polygons[order], crs="EPSG:27700")


def place_names() -> Iterator[str]:
    """Invented English place names, without end and without repeating one."""
    # Invented stems: no real place may be told to be dangerous.
    stems = [a + b for a, b in product(_STARTS, _ENDS)]
    stride = 389  # shares no factor with the number of stems, so all are met, far apart
    for turn in range(10**6):
        form = _VARIANTS[turn] if turn < len(_VARIANTS) else "{} " + str(turn)
        yield from (form.format(stems[i * stride % len(stems)]) for i in range(len(stems)))
