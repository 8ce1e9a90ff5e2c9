"""A map of two lists: which areas came, which went, and which stayed, by sign and number."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskindex.areas.groups import profile_kind
from riskindex.arrays import Array
from riskindex.outputs.compare import Comparison, groups_of_areas, selected_areas
from riskindex.outputs.outlines import simplified
from riskindex.outputs.pages import escape
from riskindex.outputs.plots import svg
from riskindex.outputs.read_result import Run
from riskindex.outputs.small_maps import outline

if TYPE_CHECKING:
    import geopandas as gpd

WIDTH = 900
"""Of the drawing, in pixels."""
EDGE = 24
"""Pixels round the land, so that a sign at its border is whole."""
APART = 21
"""Pixels between the middles of two signs: numbers that overlap cannot be read."""
PUSHES = 200
"""Times that signs which overlap are pushed apart; dozens in one town need most of them."""
ENTERED, LEFT, STAYS = "came", "went", "stays"


def draw_comparison(result: Comparison) -> str:
    """The districts, a dot for each area that stays, and a numbered sign for each that moved.

    Parameters
    ----------
    result
        From `compare_runs`: its runs were read from folders, whose areas.gpkg has the shapes.

    Returns
    -------
    str
        SVG whose numbers are those of `result.movers` from 1; empty where a folder has no shapes.
    """
    areas = _areas(result)
    if areas is None:
        return ""
    land = _districts(areas, result.b)
    outlines = outline(land)
    # Without a margin of its own: signs need one in pixels.
    west, north, width, height = outlines.view(land.index, margin=0)
    scale = (WIDTH - 2 * EDGE) / width
    paths = "".join(f'<path class="land" d="{path}"/>' for path in outlines.paths)
    ground = f"translate({EDGE} {EDGE}) scale({scale:.5f}) translate({-west} {-north})"
    # Outlines are drawn in steps of ten metres with y downwards, as SVG has it.
    at = _middles(areas) / 10 * [1, -1] - [west, north]
    at = pd.DataFrame(at * scale + EDGE, index=areas.index, columns=["x", "y"])
    # Unsorted: the number of a sign is the line of its area in the table.
    movers = result.movers.index.intersection(at.index, sort=False)
    stay = selected_areas(result.a).intersection(selected_areas(result.b)).intersection(at.index)
    dots = "".join(
        f"<g><title>{escape(_name(result, code))}: stays</title>"
        f'<circle class="{STAYS}" cx="{at.x[code]:.0f}" cy="{at.y[code]:.0f}" r="4"/></g>'
        for code in stay
    )
    body = f'<g transform="{ground}">{paths}</g>{dots}{_signs(result, at.loc[movers])}'
    change = result.movers["change"]
    about = (
        f"{len(stay):,} areas stay, {int((change == 'entered').sum()):,} came, "
        f"{int((change == 'left').sum()):,} went."
    )
    high = height * scale + 2 * EDGE
    return svg("Where the two lists differ", body, width=WIDTH, height=high, about=about)


def _signs(result: Comparison, at: pd.DataFrame) -> str:
    """A numbered sign for each area that moved, and a line to where it is."""
    placed = moved_apart(at.to_numpy(float))
    lines, signs = [], []
    for (code, home), (x, y) in zip(at.iterrows(), placed, strict=True):
        number = result.movers.index.get_loc(code) + 1
        change = str(result.movers.at[code, "change"])
        kind = ENTERED if change == "entered" else LEFT
        # A sign that hardly moved still covers its area and needs no line.
        if np.hypot(x - home.x, y - home.y) > 2:
            lines.append(f'<path class="leader" d="M{home.x:.0f} {home.y:.0f}L{x:.0f} {y:.0f}"/>')
        light = " light" if kind == ENTERED else ""
        signs.append(
            f"<g><title>{number}: {escape(_name(result, str(code)))}, {change}</title>"
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="9.5"/>'
            f'<text class="strong{light}" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">'
            f"{number}</text></g>"
        )
    # Lines first: none may cross a number.
    return "".join([*lines, *signs])


def _name(result: Comparison, code: str) -> str:
    run = result.b if code in result.b.areas.index else result.a
    return str(run.areas.at[code, "name"])


def moved_apart(at: Array) -> Array:
    """Points pushed apart until no two are nearer than `APART`, each as little as may be.

    Parameters
    ----------
    at
        Shape `(n, 2)`.

    Examples
    --------
    >>> moved_apart(np.array([[0.0, 0.0], [1.0, 0.0], [500.0, 0.0]])).round(1).tolist()
    [[-10.0, 0.0], [11.0, 0.0], [500.0, 0.0]]
    """
    placed = at.copy()
    if len(placed) < 2:
        return placed
    for _ in range(PUSHES):
        between = placed[:, None] - placed[None]
        far = np.hypot(*np.moveaxis(between, -1, 0))
        # Two areas at one point are parted by their order, and the same in every run.
        at_one_point = (far < 1e-9) & ~np.eye(len(placed), dtype=bool)
        order = np.sign(np.subtract.outer(np.arange(len(placed)), np.arange(len(placed))))
        between[at_one_point] = np.column_stack([order[at_one_point], np.zeros(at_one_point.sum())])
        far = np.where(at_one_point, 1.0, far)
        short = np.where(far < APART, APART - np.where(at_one_point, 0, far), 0.0)
        np.fill_diagonal(short, 0)
        if short.max() < 0.01:
            break
        # Half to each of the pair, so that a cluster spreads and does not drift.
        push = between / np.maximum(far, 1e-9)[..., None] * short[..., None] / 2
        placed += push.sum(axis=1)
    return placed


def _middles(areas: "gpd.GeoDataFrame") -> Array:
    """A point inside each area, in metres."""
    # The centroid of a crescent-shaped area may lie in its neighbour.
    points = areas.geometry.representative_point()
    return np.column_stack([points.x, points.y])


def _areas(result: Comparison) -> "gpd.GeoDataFrame | None":
    """Shapes of the areas of both runs; None where a file is not there or does not have them."""
    import geopandas as gpd

    parts = []
    for run in (result.b, result.a):
        path = None if run.folder is None else run.folder / "areas.gpkg"
        # Without a map the page still says who moved and why.
        if path is None or not path.is_file() or path.name in run.changed:
            return None
        shapes = gpd.read_file(path, layer="areas", columns=["area_code"]).set_index("area_code")
        # In metres: one may have been written in other coordinates than the other.
        parts.append(shapes.to_crs("EPSG:27700"))
    later, earlier = parts
    # The later shape where both have one: boundaries may have been redrawn between the runs.
    return gpd.GeoDataFrame(pd.concat([later, earlier[~earlier.index.isin(later.index)]]))


def _districts(areas: "gpd.GeoDataFrame", run: Run) -> "gpd.GeoDataFrame":
    """The largest groups of areas as shapes; the whole where there are none."""
    import geopandas as gpd
    import shapely

    kinds = [kind for kind in groups_of_areas(run.areas) if kind in run.areas]
    kind = profile_kind(tuple(kinds))
    names = run.areas[kind].reindex(areas.index) if kind else pd.Series("", areas.index)
    shapes = pd.Series(simplified(areas), index=areas.index)
    merged = {
        str(name): shapely.union_all(part.to_numpy())
        # An area of the earlier run alone has no district in the later one; grouping would drop it.
        for name, part in shapes.groupby(names.fillna("").astype(str))
    }
    return gpd.GeoDataFrame(geometry=list(merged.values()), index=list(merged), crs=areas.crs)
