"""Maps as SVG inside a page: areas by class, the selected ones outlined, a name on each."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskindex.arrays import Integers
from riskindex.outputs.outlines import simplified
from riskindex.outputs.pages import escape
from riskindex.outputs.plots import svg

if TYPE_CHECKING:
    import geopandas as gpd

METRES = 10
"""A step of the drawing in metres."""
View = tuple[int, int, int, int]
"""West, north, width and height, in steps."""


class AreaPaths(NamedTuple):
    """Areas as paths in steps of ten metres, north at the top."""

    codes: dict[str, int]
    """Area code to the number of its path."""
    paths: list[str]
    boxes: Integers
    """West, north, east, south of each area, shape `(n, 4)`, in steps."""

    def view(self, codes: Iterable[str], *, margin: float = 0.04) -> View:
        """West, north, width and height that hold some areas, with a margin around them."""
        boxes = self.boxes[[self.codes[code] for code in codes]]
        west, north = boxes[:, :2].min(axis=0)
        east, south = boxes[:, 2:].max(axis=0)
        wide = max(east - west, south - north)
        # Two steps at least, or an outline on the edge would be cut in half.
        edge = int(margin * wide) + 2
        return (
            int(west) - edge,
            int(north) - edge,
            int(east - west) + 2 * edge,
            int(south - north) + 2 * edge,
        )

    def inside(self, view: View) -> list[str]:
        """Areas that may be seen in a view, in order."""
        west, north, width, height = view
        boxes = self.boxes
        seen = (
            (boxes[:, 0] <= west + width)
            & (boxes[:, 2] >= west)
            & (boxes[:, 1] <= north + height)
            & (boxes[:, 3] >= north)
        )
        codes = list(self.codes)
        return [codes[i] for i in np.flatnonzero(seen)]


def outline(areas: "gpd.GeoDataFrame") -> AreaPaths:
    """Simplify areas together, without gaps, and write each as an SVG path.

    Parameters
    ----------
    areas
        Geometry in metres, index area_code.
    """
    import shapely

    simple = simplified(areas)
    parts, area_of_part = shapely.get_parts(simple, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    # SVG counts downwards, northings upwards.
    steps = np.rint(points / METRES).astype(np.int64) * [1, -1]
    starts = np.searchsorted(ring, np.arange(len(rings)))
    moves = np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    # The first point of a ring is absolute (M), the others relative to the one before (l): short to
    # write.
    moves[starts] = steps[starts]
    moved = [f"{x} {y}" for x, y in moves.tolist()]
    ends = [*starts[1:].tolist(), len(moved)]
    paths = [""] * len(areas)
    owner = area_of_part[part_of_ring].tolist()
    for first, last, area in zip(starts.tolist(), ends, owner, strict=True):
        # The last point of a ring repeats the first; z closes it.
        paths[area] += f"M{moved[first]}l{' '.join(moved[first + 1 : last - 1])}z"
    bounds = np.rint(shapely.bounds(simple) / METRES).astype(np.int64)
    boxes = np.column_stack([bounds[:, 0], -bounds[:, 3], bounds[:, 2], -bounds[:, 1]])
    return AreaPaths({code: i for i, code in enumerate(areas.index)}, paths, boxes)


def define(outlines: AreaPaths, codes: Iterable[str]) -> str:
    """The shapes of areas for all the maps of one page, which draw them by reference.

    Parameters
    ----------
    outlines
        From `outline`.
    codes
        Areas that any map of the page shows.
    """
    # Each shape once per page, drawn by reference: a page of many maps would repeat the county in
    # each.
    numbers = [outlines.codes[code] for code in codes]
    paths = "".join(f'<path id="p{i}" d="{outlines.paths[i]}"/>' for i in numbers)
    return f'<svg class="unseen" aria-hidden="true"><defs>{_HATCH}{paths}</defs></svg>'


_HATCH = (
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path class="hatch" d="M0 6L6 0"/></pattern>'
)


def draw_areas(
    title: str,
    outlines: AreaPaths,
    classes: Mapping[str, str],
    *,
    view: View,
    names: Mapping[str, str] | None = None,
    outlined: Mapping[str, str] | None = None,
    linked: Collection[str] = (),
    about: str = "",
) -> str:
    """A map of the areas in a view, whose shapes `define` has put on the page.

    Parameters
    ----------
    title, about
        Plain text.
    outlines
        From `outline`.
    classes
        Style class of each area that is of interest; the others are drawn as land around them.
    view
        From `AreaPaths.view`.
    names
        What is shown on hover. Plain text.
    outlined
        Areas with an outline, and its style class.
    linked
        Areas where a click goes to the fragment of their code.
    """
    west, north, width, height = view
    marks = []
    for code in outlines.inside(view):
        shape = f'<use href="#p{outlines.codes[code]}" class="{classes.get(code, "around")}"/>'
        if names and code in names:
            # tabindex -1: by keyboard the table has the same links, and hundreds of shapes would
            # have to be passed.
            tag = f'a href="#{escape(code)}" tabindex="-1"' if code in linked else "g"
            shape = f"<{tag}><title>{escape(names[code])}</title>{shape}</{tag[0]}>"
        marks.append(shape)
    shown = [(f"#p{outlines.codes[code]}", kind) for code, kind in (outlined or {}).items()]
    # Outlines after all areas, pale casings first: a neighbour drawn later would cover half of a
    # line.
    marks += [f'<use href="{at}" class="casing"/>' for at, _ in shown]
    marks += [f'<use href="{at}" class="{kind}"/>' for at, kind in shown]
    moved = f'<g transform="translate({-west} {-north})">{"".join(marks)}</g>'
    # A screen reader treats an image as one thing, and would hide the links in it.
    role = "group" if linked else "img"
    return svg(title, moved, width=width, height=height, about=about, fills=True, role=role)
