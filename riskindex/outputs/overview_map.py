"""The map of the whole as a picture: classes of the index, selected areas, places, a legend."""

import itertools
import textwrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import AnyArray, Array
from riskindex.cut import areas
from riskindex.outputs.outlines import simplified
from riskindex.outputs.pages import PROFILE_MARKS
from riskindex.outputs.profiles.numbers import class_words, index_classes
from riskindex.publication.released import Released

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch
    from matplotlib.path import Path
from riskindex.outputs.pictures import INK, STYLE, png

RAMP = ("#E8F1FA", "#B5D4EE", "#6BACE6", "#2073BC", "#12436D")


# Grey and outside the ramp: an area that was not assessed must not look like one of low risk.
NOT_ASSESSED = "#D9D9D9"


LEGEND = 2.4
"""Inches beside the map for its legend."""


MOST_EDGED = 5_000
"""Areas up to which each has a white edge; of more, the edges would cover towns."""


def overview_map(released: Released) -> bytes:
    """The areas by class of the index, the selected ones outlined, the largest groups labelled."""
    import matplotlib as mpl

    # Only for this picture: a notebook's own settings of matplotlib stay as they are.
    with mpl.rc_context(STYLE):
        figure, axes = _frame(released.areas.total_bounds)
        draw_index(released, axes, figure.get_figwidth())
        draw_legend(released, axes)
        # Pictures are copied out of reports into slides, so the mark must be in the picture itself.
        mark = "\n".join(textwrap.wrap(PROFILE_MARKS.get(released.profile, released.profile), 26))
        axes.annotate(mark, (1, 0.02), xycoords="axes fraction", fontsize=8, fontweight="bold")
        return png(figure)


def draw_index(released: Released, axes: "Axes", width: float) -> None:
    """Draw the areas by class, the names of the largest groups, and places or outlines.

    Parameters
    ----------
    released
        What the profile may see.
    axes
        Whose limits are set.
    width
        Of the figure, in inches.
    """
    from matplotlib.collections import PathCollection

    shapes = simplified(released.areas)
    classes = index_classes(released)
    axes.add_collection(
        PathCollection(
            _paths(shapes),
            facecolors=[NOT_ASSESSED if c < 0 else RAMP[c] for c in classes],
            linewidths=0.2,
            # Without an edge of their own, adjoining areas show hairs of white between them
            # where they are smoothed.
            edgecolors="white" if len(shapes) <= MOST_EDGED else "face",
        ),
        autolim=False,
    )
    # Dots have a size on paper and places one on the ground: overlaps are measured on paper.
    inch = (axes.get_xlim()[1] - axes.get_xlim()[0]) / (axes.get_position().width * width)
    dots = _dots(released, inch)
    _label_groups(released, shapes, axes, dots, inch)
    if released.places.empty:
        _outline_selected(shapes[released.all_areas["selected"].to_numpy(dtype=bool)], axes)
    else:
        _number_places(released, axes, dots, inch)


def _class_lines(released: Released, classes: "pd.Series[int]") -> dict[int, str]:
    """What each class is, and how many areas are in it; classes without any are left out."""
    # With numbers of areas, since a map gives large rural areas most of the ink.
    held = classes.value_counts()
    words = class_words(released)
    return {c: f"{word}: {areas(int(held[c]))}" for c, word in words.items() if c in held}


def _outline_selected(shapes: AnyArray, axes: "Axes") -> None:
    """A heavy line around selected areas, one around those that adjoin each other."""
    import shapely
    from matplotlib.collections import PathCollection

    if not len(shapes):
        return
    # United first, or the line between two selected neighbours would be drawn twice.
    around = _paths(shapely.get_parts(shapely.coverage_union_all(shapes)))
    # A pale casing under the dark line: on the darkest class the line alone would be lost.
    for colour, width in (("white", 2.6), (INK, 1.5)):
        lines = PathCollection(around, facecolors="none", edgecolors=colour, linewidths=width)
        axes.add_collection(lines, autolim=False)


class Dots(NamedTuple):
    """Dots of the places, in inches on paper."""

    at: Array
    """Shape (n, 2)."""
    radius: Array


def _dots(released: Released, inch: float) -> Dots:
    """Where the dot of each place stands, its area as many as live there."""
    plan = released.team_plan
    if plan is None or released.places.empty:
        return Dots(np.empty((0, 2)), np.empty(0))
    table = plan.places.table
    people = table["residents_10_24"].astype("Float64").to_numpy(float, na_value=np.nan)
    # Where no number of people may be shown, all dots are alike, or their size would tell it.
    share = np.nan_to_num(people / np.nanmax(people)) if np.isfinite(people).any() else 0.3
    # By area and not by radius: a circle of twice the radius looks four times as large.
    radius = (5.5 + 5.5 * np.sqrt(np.broadcast_to(share, len(table)))) / 72
    return Dots(part_dots(table[["x", "y"]].to_numpy(float) / inch, radius), radius)


def _number_places(released: Released, axes: "Axes", dots: Dots, inch: float) -> None:
    """A numbered dot for each place, filled where the plan reaches it."""
    plan = released.team_plan
    assert plan is not None
    reached = plan.choice.best.places if plan.choice else ()
    for number, (x, y), r in zip(plan.places.table.index, dots.at * inch, dots.radius, strict=True):
        filled = number in reached
        axes.plot(
            x,
            y,
            "o",
            markersize=144 * r,
            clip_on=False,
            # Small dots on top, so that a large one cannot hide them.
            zorder=5 - r,
            markerfacecolor=RAMP[4] if filled else "white",
            markeredgecolor="white" if filled else INK,
        )
        axes.annotate(
            str(number),
            (x, y),
            ha="center",
            va="center_baseline",
            weight="bold",
            fontsize=7,
            color="white" if filled else INK,
            zorder=6,
        )


def part_dots(centres: Array, radius: Array) -> Array:
    """Move dots that would cover each other apart, a smaller one farther than a larger one.

    Parameters
    ----------
    centres
        Shape `(n, 2)`.
    radius
        Of each dot, shape `(n,)`, in the same unit.

    Returns
    -------
    array
        Where the dots are drawn; after sixty rounds some of a crowd may still touch.
    """
    at = centres.copy()
    for _ in range(60):
        moved = [_part_from_later(at, radius, a) for a in range(len(at))]
        if not any(moved):
            break
    return at


def _part_from_later(at: Array, radius: Array, a: int) -> bool:
    """Move a dot and those after it that it covers apart, in place; whether any was moved."""
    moved, b = False, a + 1
    reach = (radius[a] + radius) ** 2
    while b < len(at):
        # The next one near enough, found among all at once: a country has hundreds of dots.
        away = at[b:] - at[a]
        near = np.flatnonzero((away * away).sum(axis=1) < reach[b:])
        if not len(near):
            break
        b += int(near[0])
        apart = at[b] - at[a]
        far = float(np.hypot(*apart))
        lack = radius[a] + radius[b] - far
        if lack <= 1e-9:
            b += 1
            continue
        # Two dots at the same point are parted sideways, the same way each time.
        way = apart / far if far > 0 else np.array([1.0, 0.0])
        share = radius[a] / (radius[a] + radius[b])
        at[b] += way * lack * share
        at[a] -= way * lack * (1 - share)
        moved, b = True, b + 1
    return moved


def _paths(shapes: AnyArray) -> "list[Path]":
    """Each shape with all its rings as one path."""
    import shapely
    from matplotlib.path import Path

    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(points), Path.LINETO, dtype=np.uint8)
    # All rings of a shape in one path: holes stay holes only where outer and inner ring are filled
    # together.
    starts = np.searchsorted(ring, np.arange(len(rings)))
    codes[starts] = Path.MOVETO
    codes[np.append(starts[1:], len(points)) - 1] = Path.CLOSEPOLY
    ends = np.searchsorted(owner[part[ring]], np.arange(len(shapes) + 1))
    return [Path(points[a:b], codes[a:b]) for a, b in itertools.pairwise(ends)]


def _frame(bounds: Array) -> "tuple[Figure, Axes]":
    """A figure that the map fills, whatever its shape, without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    west, south, east, north = bounds
    # A single area without extent must not divide by zero.
    wide, high = max(east - west, 1.0), max(north - south, 1.0)
    scale = 6.4 / max(wide, high)
    width, height = max(wide * scale, 3.0), max(high * scale, 3.0)
    figure = Figure(figsize=(width + LEGEND, height))
    # pyplot keeps figures and a backend for the whole process; a figure with its own canvas leaves
    # a notebook's settings alone, and is freed.
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, width / (width + LEGEND), 1))
    # A metre is as long north as east, or shapes that people know look wrong.
    axes.set(xlim=(west - 0.01 * wide, east + 0.01 * wide), aspect="equal")
    axes.set_ylim(south - 0.01 * high, north + 0.01 * high)
    axes.set_axis_off()
    return figure, axes


def _label_groups(
    released: Released, shapes: AnyArray, axes: "Axes", dots: Dots, inch: float
) -> None:
    """Outlines and names of the largest groups, each name beside the dots and not beneath."""
    # More than some thirty names cover each other and the map beneath them.
    if not released.group_kinds or released.areas[released.group_kinds[-1]].nunique() > 30:
        return
    import matplotlib.patheffects as effects
    import shapely
    from matplotlib.collections import PathCollection

    groups = released.areas[released.group_kinds[-1]].astype(str)
    members = groups.groupby(groups.to_numpy()).indices
    unions = {name: shapely.coverage_union_all(shapes[at]) for name, at in members.items()}
    outlines = _paths(np.array(list(unions.values()), dtype=object))
    axes.add_collection(
        PathCollection(outlines, facecolors="none", edgecolors="#505A5F", linewidths=0.8),
        autolim=False,
    )
    for name, shape in unions.items():
        # The centroid of a bent or ring-shaped district may lie in its neighbour.
        point = shapely.point_on_surface(shape)
        beside = height_free_of(dots, np.array([point.x, point.y]) / inch, str(name)) * inch
        axes.annotate(
            # matplotlib sets what stands between two dollar signs as a formula.
            str(name).replace("$", r"\$"),
            (point.x, beside),
            ha="center",
            va="center",
            fontsize=8,
            path_effects=[effects.withStroke(linewidth=2.5, foreground="white")],
        )


def height_free_of(dots: Dots, at: Array, name: str) -> float:
    """How high a name stands, in inches, so that no dot covers it; as asked where none is free."""
    # Half a letter of eight points is about 0.03 inches wide, and a line 0.12 high.
    half = np.array([0.033 * len(name), 0.06])
    for step in (0.0, 0.14, -0.14, 0.22, -0.22, 0.3, -0.3):
        moved = at + np.array([0.0, step])
        gap = np.maximum(np.abs(dots.at - moved) - half, 0)
        if (np.hypot(*gap.T) > dots.radius).all():
            return float(at[1] + step)
    return float(at[1])


def draw_legend(
    released: Released,
    axes: "Axes",
    *,
    figure: "Figure | None" = None,
    at: tuple[float, float] = (1, 0.98),
) -> None:
    """Draw what the colours mean, beside the map.

    Parameters
    ----------
    released
        What the profile may see.
    axes
        Of the map.
    figure
        The slide, if the legend has a place of its own on it.
    at
        Upper left corner, of the figure or else of the axes.
    """
    from matplotlib.patches import Patch

    classes = index_classes(released)
    patches = [
        Patch(facecolor=RAMP[kind], edgecolor="#B1B4B6", label=word)
        for kind, word in _class_lines(released, classes).items()
    ]
    if (classes < 0).any():
        # Told only where it occurs: a legend of what is not on the map makes readers look for it.
        patches.append(Patch(facecolor=NOT_ASSESSED, edgecolor="#B1B4B6", label="not assessed"))
    patches += _selected_patches(released)
    on = figure or axes
    on.legend(
        handles=patches,
        loc="upper left",
        bbox_to_anchor=at,
        frameon=False,
        title="Index",
        alignment="left",
        fontsize=None if figure is None else 13,
        title_fontsize=None if figure is None else 14,
    )


def _selected_patches(released: Released) -> "list[Patch]":
    """Selected areas are outlined, or stand as the numbered dots of their places."""
    from matplotlib.patches import Patch

    if released.places.empty:
        return [Patch(facecolor="white", edgecolor=INK, linewidth=1.6, label="selected")]
    return [
        Patch(facecolor=RAMP[4], edgecolor="white", label="filled dot: reached by the plan"),
        Patch(facecolor="white", edgecolor=INK, label="white dot: other place"),
    ]
