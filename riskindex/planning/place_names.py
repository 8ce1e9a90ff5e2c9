"""What places are called: by the analyst, by the settlement that they lie in, by their wards."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from riskindex.arrays import Array, IdentityKey, Shapes, Texts
from riskindex.errors import DataError

RESIDENTS_PER_KM2 = 3500.0
"""Usual density of a British town, by which a number of residents becomes a radius."""
REACH = (500.0, 5000.0)
"""Metres: least and largest radius of a settlement. A city of any size has suburbs by 5 km."""
RADII = 1.5
"""A settlement names what lies within so many of its radii."""


class Gazetteer(NamedTuple):
    """Settlements by name: points with residents, and polygons."""

    points: Shapes
    point_names: Texts
    reach: Array
    """Radius of the settlement around each point, in metres."""
    polygons: Shapes
    polygon_names: Texts


def arrange_gazetteer(table: pd.DataFrame | None) -> Gazetteer:
    """Sort settlements into points and polygons, checked.

    Parameters
    ----------
    table
        `name`, and `x` and `y` in metres or `geometry` (points or polygons, in metres); residents
        as `population`, missing or 0 where not known. Rows in any order. None: no settlements.

    Raises
    ------
    DataError
        A column is missing, or a settlement has no name or no location.
    """
    if table is None:
        table = pd.DataFrame({"name": [], "x": [], "y": []})
    missing = [c for c in ("name",) if c not in table]
    missing += [] if "geometry" in table else [c for c in ("x", "y") if c not in table]
    if missing:
        raise DataError(f"Place names: no column {' or '.join(missing)}.")
    shapes = _shapes(table)
    lost = table["name"].isna().to_numpy() | shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if lost.any():
        row = int(np.flatnonzero(lost)[0]) + 1
        raise DataError(
            f"Place names: {int(lost.sum()):,} without a name or a location (first: row {row})."
        )
    people = pd.to_numeric(table["population"]) if "population" in table else None
    residents = np.zeros(len(table)) if people is None else people.fillna(0).to_numpy(float)
    names = table["name"].astype(str).to_numpy(dtype=object)
    # By residents, then by name, so that the first of equals is the more important one.
    order = np.lexsort((names.astype(str), -residents))
    order_points = order[shapely.get_dimensions(shapes[order]) == 0]
    order_polygons = order[shapely.get_dimensions(shapes[order]) == 2]
    return Gazetteer(
        shapes[order_points],
        names[order_points],
        np.clip(np.sqrt(residents[order_points] / RESIDENTS_PER_KM2 / np.pi) * 1000, *REACH),
        shapes[order_polygons],
        names[order_polygons],
    )


def _shapes(table: pd.DataFrame) -> Shapes:
    if "geometry" in table:
        return np.asarray(table["geometry"].to_numpy(dtype=object))
    xy = table[["x", "y"]].to_numpy(float)
    points = np.full(len(xy), None, dtype=object)
    located = np.isfinite(xy).all(axis=1)
    points[located] = shapely.points(xy[located])
    return points


def within_reach(gazetteer: Gazetteer, areas: Shapes) -> Gazetteer:
    """The gazetteer without points that lie more than 500 m outside the areas.

    A town across the border is nobody's place here, however large it is.
    """
    tree = shapely.STRtree(areas)
    # Points are imprecise, so that a coastal town may lie a little outside the outline.
    near = np.unique(tree.query(gazetteer.points, predicate="dwithin", distance=REACH[0])[0])
    return gazetteer._replace(
        points=gazetteer.points[near],
        point_names=gazetteer.point_names[near],
        reach=gazetteer.reach[near],
    )


def settlement_name(
    shapes: Shapes, people: Array, gazetteer: Gazetteer, *, ward: str = ""
) -> str | None:
    """The settlement that a place is named after, by the first rule that finds one.

    1. The polygon that most of its residents live in. An area belongs to the polygon that covers
       most of it; of several that cover it alike (to a hundredth), to the smallest.
    2. The point within 5 km with whose name the name of the main ward begins: "Canvey Island"
       for Canvey Island Central. Of several the longest name.
    3. The point with the smallest distance divided by the settlement's own radius, up to 1.5
       radii. The radius is that of a disc at 3,500 residents a square kilometre, at least 0.5 km
       and at most 5 km: a town wins over a hamlet beside it, a suburb over a city centre far
       away. Among equals the larger settlement wins, then the alphabet.

    Distances are means over the residents of the place, from the point to their area, 0 inside it.

    Parameters
    ----------
    shapes
        The areas of the place, in metres, shape `(m,)`.
    people
        Residents of each, shape `(m,)`, positive.
    gazetteer
        The settlements.
    ward
        Where most of the residents live.

    Returns
    -------
    str or None
        The settlement's name; None where no rule finds one.
    """
    return _covering(shapes, people, gazetteer) or _near(shapes, people, gazetteer, ward)


@lru_cache(maxsize=2)
def _tree(shapes: IdentityKey[Shapes]) -> shapely.STRtree:
    """Points or outlines of settlements by where they lie; every place of a run asks the same."""
    return shapely.STRtree(shapes.value)


def _covering(shapes: Shapes, people: Array, gazetteer: Gazetteer) -> str | None:
    polygons = gazetteer.polygons
    # Only pairs that meet are intersected: a national file has thousands of outlines.
    area, polygon = _tree(IdentityKey(polygons)).query(shapes, predicate="intersects")
    covered = shapely.area(shapely.intersection(shapes[area], polygons[polygon]))
    # To a hundredth: outlines of settlements and of areas are drawn by different hands.
    share = np.round(covered / shapely.area(shapes[area]), 2)
    # The smallest of those that cover an area alike: a suburb lies inside its city's outline.
    order = np.lexsort((polygon, shapely.area(polygons[polygon]), -share))
    order = order[share[order] > 0]
    votes: Counter[str] = Counter()
    for k in order[np.unique(area[order], return_index=True)[1]]:
        votes[gazetteer.polygon_names[polygon[k]]] += people[area[k]]
    return min(votes, key=lambda name: (-votes[name], name)) if votes else None


def _near(shapes: Shapes, people: Array, gazetteer: Gazetteer, ward: str) -> str | None:
    tree = _tree(IdentityKey(gazetteer.points))
    farthest = RADII * REACH[1]
    near = np.unique(tree.query(shapes, predicate="dwithin", distance=farthest)[1])
    if not len(near):
        return None
    # To each area by itself: the mean over residents, not the nearest corner, decides.
    far = shapely.distance(gazetteer.points[near][:, None], shapes[None, :])
    # Whole metres, so that equal distances are seen to be equal.
    mean = np.round(far @ (people / people.sum()))
    names = [str(name) for name in gazetteer.point_names[near]]
    of_ward = [_begins(ward, name) and d <= REACH[1] for name, d in zip(names, mean, strict=True)]
    if any(of_ward):
        # The longest: "Canvey Island" says more than "Canvey".
        return max((name for name, fits in zip(names, of_ward, strict=True) if fits), key=len)
    ratio = np.round(mean / gazetteer.reach[near], 6)
    best = int(np.argmin(ratio))
    return names[best] if ratio[best] <= RADII else None


def _begins(ward: str, name: str) -> bool:
    """Whether the ward's name begins with the settlement's, in whole words."""
    return f"{_plain(ward)} ".startswith(f"{_plain(name)} ")


def _plain(name: str) -> str:
    """A name as different lists of names write it alike: "st osyth" for Saint Osyth."""
    # Spelling differs between the ONS, Ordnance Survey and gazetteers.
    letters = name.casefold().replace("-", " ").replace("'", "").replace("’", "")
    return " ".join("st" if word in ("saint", "st.") else word for word in letters.split())


def tell_apart(names: Sequence[str], wards: Sequence[Sequence[str]]) -> list[str]:
    """Make the names of places unique by their wards, and by numbers where wards do not suffice.

    Parameters
    ----------
    names
        One per place.
    wards
        The wards of each place, the one with most residents first; may be empty.

    Examples
    --------
    >>> tell_apart(["Southend", "Harlow", "Southend"], [["Milton", "Pier"], [], ["Kursaal"]])
    ['Southend: Milton and Pier', 'Harlow', 'Southend: Kursaal']
    >>> tell_apart(["Southend", "Southend"], [["Milton"], ["Milton"]])
    ['Southend: Milton (1)', 'Southend: Milton (2)']
    """
    unique = list(names)
    # Two wards first, so that names stay short; all only where two places still share a name.
    for most in (2, None):
        unique = [
            _with_wards(name, own[:most]) if several and own else now
            for name, now, own, several in zip(names, unique, wards, _shared(unique), strict=True)
        ]
    # Again: a name with a number may be the name of another place.
    while any(shared := _shared(unique)):
        number: Counter[str] = Counter()
        for k, name in enumerate(unique):
            number[name] += 1
            unique[k] = f"{name} ({number[name]})" if shared[k] else name
    return unique


def _with_wards(name: str, wards: Sequence[str]) -> str:
    # A place that is called by its wards would repeat them.
    if name == in_words(wards) or (len(wards) == 1 and _begins(wards[0], name)):
        return in_words(wards)
    return f"{name}: {in_words(wards)}"


def _shared(names: Sequence[str]) -> list[bool]:
    count = Counter(names)
    return [count[name] > 1 for name in names]


def in_words(names: Iterable[str]) -> str:
    """Names in a sentence: "Pier", "Pier and Milton", "Pier, Milton and Kursaal".

    Names that hold a comma or an "and" themselves are parted so that each is seen as one.

    Examples
    --------
    >>> in_words(["Pier", "Milton", "Kursaal"])
    'Pier, Milton and Kursaal'
    >>> in_words(["Castle", "New Town and Christ Church"])
    'Castle, and New Town and Christ Church'
    """
    every = list(names)
    # "Crays Hill, Ramsden and Downham" in a list would be read as three places.
    inner = any(sign in name for name in every for sign in (",", ";", " and ", "&"))
    if len(every) < 2:
        return "".join(every)
    if inner and len(every) > 2:
        return f"{'; '.join(every[:-1])}; and {every[-1]}"
    return f"{', '.join(every[:-1])}{',' if inner else ''} and {every[-1]}"
