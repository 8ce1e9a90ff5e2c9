"""Pictures for the report: the map as PNG for slides too, the plots as SVG inside the page."""

import io
import itertools
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.arrays import Array, Integers
from riskindex.cut import areas
from riskindex.outputs.outlines import simplified
from riskindex.outputs.pages import PROFILE_MARKS, asset, escape
from riskindex.outputs.plots import Dot, draw_dots, svg
from riskindex.outputs.profiles.numbers import class_words, index_classes
from riskindex.publication.released import Released
from riskindex.tables import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch
    from matplotlib.path import Path

INK = "#0B0C0C"
RAMP = ("#E8F1FA", "#B5D4EE", "#6BACE6", "#2073BC", "#12436D")
# Grey and outside the ramp: an area that was not assessed must not look like one of low risk.
NOT_ASSESSED = "#D9D9D9"
STYLE: dict[Any, Any] = {"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK}
LEGEND = 2.4
"""Inches beside the map for its legend."""
MOST_EDGED = 5_000
"""Areas up to which each has a white edge; of more, the edges would cover towns."""
MOST_ROWS = 60
"""Selected areas in the picture of their periods; the workbook has them all."""


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
    _label_groups(released, shapes, axes)
    if released.places.empty:
        _outline_selected(shapes[released.all_areas["selected"].to_numpy(dtype=bool)], axes)
    else:
        _number_places(released, axes, width)


def _class_lines(released: Released, classes: "pd.Series[int]") -> dict[int, str]:
    """What each class is, and how many areas are in it; classes without any are left out."""
    held = classes.value_counts()
    words = class_words(released)
    return {c: f"{word}: {areas(int(held[c]))}" for c, word in words.items() if c in held}


def _outline_selected(shapes: NDArray[Any], axes: "Axes") -> None:
    """A heavy line around selected areas, one around those that adjoin each other."""
    import shapely
    from matplotlib.collections import PathCollection

    if not len(shapes):
        return
    around = _paths(shapely.get_parts(shapely.coverage_union_all(shapes)))
    # A pale casing under the dark line: on the darkest class the line alone would be lost.
    for colour, width in (("white", 2.6), (INK, 1.5)):
        lines = PathCollection(around, facecolors="none", edgecolors=colour, linewidths=width)
        axes.add_collection(lines, autolim=False)


def _number_places(released: Released, axes: "Axes", width: float) -> None:
    """A numbered dot for each place, filled where teams go, its area as many as live there."""
    plan = released.team_plan
    assert plan is not None
    table = plan.places.table
    reached = plan.choice.best.places if plan.choice else ()
    people = table["residents_10_24"].astype("Float64").to_numpy(float, na_value=np.nan)
    # Where no number of people may be shown, all dots are alike, or their size would tell it.
    share = np.nan_to_num(people / np.nanmax(people)) if np.isfinite(people).any() else 0.3
    # By area and not by radius: a circle of twice the radius looks four times as large.
    radius = (5.5 + 5.5 * np.sqrt(np.broadcast_to(share, len(table)))) / 72
    inch = (axes.get_xlim()[1] - axes.get_xlim()[0]) / (axes.get_position().width * width)
    at = part_dots(table[["x", "y"]].to_numpy(float) / inch, radius) * inch
    for number, (x, y), r in zip(table.index, at, radius, strict=True):
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
        moved = False
        for a, b in itertools.combinations(range(len(at)), 2):
            apart = at[b] - at[a]
            far = float(np.hypot(*apart))
            lacks = radius[a] + radius[b] - far
            if lacks <= 1e-9:
                continue
            # Two dots at the same point are parted sideways, the same way each time.
            way = apart / far if far > 0 else np.array([1.0, 0.0])
            share = radius[a] / (radius[a] + radius[b])
            at[b] += way * lacks * share
            at[a] -= way * lacks * (1 - share)
            moved = True
        if not moved:
            break
    return at


def _paths(shapes: NDArray[Any]) -> "list[Path]":
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


def _label_groups(released: Released, shapes: NDArray[Any], axes: "Axes") -> None:
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
        axes.annotate(
            # matplotlib sets what stands between two dollar signs as a formula.
            str(name).replace("$", r"\$"),
            (point.x, point.y),
            ha="center",
            fontsize=8,
            path_effects=[effects.withStroke(linewidth=2.5, foreground="white")],
        )


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
        Patch(facecolor=RAMP[4], edgecolor="white", label="filled dot: place with a team"),
        Patch(facecolor="white", edgecolor=INK, label="white dot: other place"),
    ]


def canvas(width: float, height: float, *, columns: int = 1) -> "tuple[Figure, list[Axes]]":
    """A figure of so many inches with panels side by side, drawn without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def png(figure: "Figure", *, dpi: int = 130) -> bytes:
    """The figure as PNG, the same bytes for the same content."""
    out = io.BytesIO()
    # The library's name and version would change the bytes from one version to the next.
    figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def persistence_strip(released: Released) -> str:
    """Periods hot of each selected area, a square per period; "" without several periods."""
    table = released.persistence
    if table.empty or released.top.empty or "periods_assessed" not in table:
        return ""
    # A strip of one period is no history.
    most = table["periods_assessed"].groupby(level="factor").max()
    factors = [str(f) for f in released.factors.index if most.get(f, 0) > 1]
    if not factors:
        return ""
    codes = list(released.top.index[:MOST_ROWS])
    cell, row, left, top = 24, 16, 190, 64
    body = "".join(
        _t(_cut(released.top.at[code, "name"], 28), left - 8, top + row * i + 12, "end")
        for i, code in enumerate(codes)
    )
    for factor in factors:
        hot = rows(released.hotspots, factor=factor)
        periods = list(dict.fromkeys(hot.index.get_level_values("period")))
        width = max(cell * len(periods), 150)
        body += "".join(
            _t(line, left, 14 + 14 * i, "start", kind="strong")
            for i, line in enumerate(_wrapped(str(released.factors.at[factor, "label"]), width))
        )
        for k, period in enumerate(periods):
            # More labels than eight would run into each other; the first and the last say the span.
            if len(periods) <= 8 or k in (0, len(periods) - 1):
                body += _t(_short_period(str(period)), left + cell * (k + 0.5), top - 5, "middle")
            body += _squares(hot.xs(period, level="period"), codes, left + cell * k, top)
        left += width + 24
    return svg(
        "Periods hot of the selected areas",
        body,
        width=left,
        height=top + row * len(codes) + 4,
        about=f"The first {len(codes)} areas of the list; dark where an area is hot in a period.",
    )


def _squares(tests: pd.DataFrame, codes: Sequence[str], x: float, top: float) -> str:
    part = tests.reindex(codes)
    # An area without a test is drawn by its reason, which comes first, and never as cold.
    hot = part["is_hot"].astype("boolean").fillna(False)
    reason = part["reason"].fillna("") if "reason" in part else pd.Series("", index=part.index)
    kinds = [
        "na" if why else "hot" if is_hot else "cold"
        for is_hot, why in zip(hot, reason, strict=True)
    ]
    return "".join(
        f'<rect class="{kind}" x="{x + 1:g}" y="{top + 16 * i:g}" width="22" height="14"/>'
        for i, kind in enumerate(kinds)
    )


def _short_period(label: str) -> str:
    return f"’{label[2:]}" if len(label) == 4 else label[-5:]


class Overlap(NamedTuple):
    """How many areas are hot for two factors at once."""

    labels: list[str]
    counts: Integers
    """Shape (factors, factors); the diagonal holds how many are hot for the factor itself."""


def factor_overlap(released: Released) -> Overlap:
    """Areas hot for each pair of factors, in the last period of each."""
    last: dict[str, pd.Series[bool]] = {}
    for key, part in released.hotspots["is_hot"].groupby(level=["factor", "period"], sort=False):
        # Periods are in order of time, so that what is kept is the last.
        last[str(key[0])] = part.droplevel(["factor", "period"])
    names = [str(name) for name in released.factors.index if str(name) in last]
    order = released.all_areas.index
    hot = np.array(
        [
            last[name].reindex(order).astype("boolean").fillna(False).to_numpy(dtype=bool)
            for name in names
        ],
        dtype=np.int64,
    ).reshape(len(names), len(order))
    labels = [str(released.factors.at[name, "label"]) for name in names]
    # Of 0 and 1, the product counts the areas in which both are 1.
    return Overlap(labels, hot @ hot.T)


def overlap_matrix(released: Released) -> str:
    """How many areas two factors share, darker where they share more of their areas."""
    labels, counts = factor_overlap(released)
    if len(labels) < 2:
        return ""
    left, top, cell = 270, 26, 44
    body = ""
    for i, label in enumerate(labels):
        # Letters at the top, as the words of a factor would not fit over a column of 44 steps.
        letter = chr(65 + i % 26)
        y = top + cell * i
        told = _wrapped(label, left - 40)
        for k, line in enumerate(told):
            body += _t(line, left - 30, y + cell / 2 + 4 + 14 * (k - (len(told) - 1) / 2), "end")
        body += _t(letter, left - 10, y + cell / 2 + 4, "end", kind="strong")
        body += _t(letter, left + cell * (i + 0.5), top - 8, "middle", kind="strong")
        for j in range(len(labels)):
            # Jaccard's share of those hot for either: the number shared grows with how many are hot
            # at all.
            either = counts[i, i] + counts[j, j] - counts[i, j]
            share = counts[i, j] / either if either else 0.0
            # The diagonal would always be darkest, and says nothing of a pair.
            kind = "self" if i == j else f"o{int(np.searchsorted((0, 0.1, 0.2, 0.4), share))}"
            # Light words on the two darkest shades, or the number could not be read.
            x, words = left + cell * j, "light" if kind in ("o3", "o4") else ""
            body += f'<rect class="{kind}" x="{x}" y="{y}" width="{cell - 2}" height="{cell - 2}"/>'
            body += _t(
                f"{counts[i, j]:,}", x + cell / 2 - 1, y + cell / 2 + 4, "middle", kind=words
            )
    return svg(
        "Areas that two factors share",
        body,
        width=left + cell * len(labels) + 2,
        height=top + cell * len(labels) + 2,
        about="Numbers of areas hot for both; on the diagonal, hot for the factor itself.",
    )


def rank_intervals(released: Released, *, around: int = 14) -> str:
    """Ranks that repeats give the areas on both sides of the cut; "" where none were made."""
    every = released.all_areas
    if "rank_low" not in every or every["rank_low"].isna().all():
        return ""
    order = every.assign(_code=every.index).sort_values(
        ["selected", "rank", "companion", "_code"], ascending=[False, True, False, True]
    )
    # Only the areas around the cut: far from it nobody doubts the list.
    cut = int(every["selected"].sum())
    near = order.iloc[max(cut - around, 0) : cut + around]
    # Areas put in by hand may have no rank and no repeats.
    near = near[near["rank_low"].notna()]
    dots = [
        Dot(
            str(row["name"]),
            float(row["rank"]),
            float(row["rank_low"]),
            float(row["rank_high"]),
            bool(row["selected"]),
        )
        for _, row in near.iterrows()
    ]
    return draw_dots(
        "Ranks of the areas at the cut",
        dots,
        whole=float(cut),
        about="Dark: selected. Bars: the middle 90% of ranks in repeats of the run.",
        unit="rank",
    )


def selection_curve(released: Released) -> str:
    """How often repeats select the areas, in the order of their ranks, to twice the cut.

    Empty where no area is selected.
    """
    every = released.all_areas
    if not every["selected"].any():
        return ""
    order = every.assign(_code=every.index).sort_values(
        ["selected", "rank", "companion", "_code"], ascending=[False, True, False, True]
    )
    cut = int(every["selected"].sum())
    # An area that is not assessed is selected in no repeat.
    often = order["p_selected"].astype(float).fillna(0.0).to_numpy()[: 2 * cut]
    wide, high, left, top = 330, 180, 44, 12
    x = [left + wide * i / max(len(often) - 1, 1) for i in range(len(often))]
    dots = "".join(
        f'<circle class="{"dot chosen" if i < cut else "dot"}" cx="{a:.1f}" '
        f'cy="{top + high * (1 - p):.1f}" r="2.5"/>'
        for i, (a, p) in enumerate(zip(x, often, strict=True))
    )
    at = left + wide * (cut - 0.5) / max(len(often) - 1, 1)
    body = _grid(left, top, wide, high) + f'<path class="line whole" d="M{at:.1f} {top}v{high}"/>'
    places = [(0, "1"), (cut - 1, f"{cut:,}"), (len(often) - 1, f"{len(often):,}")]
    body += "".join(_t(name, x[i], top + high + 16, "middle") for i, name in places)
    return svg(
        "How often each rank is selected",
        body + dots,
        width=left + wide + 24,
        height=top + high + 24,
        about="Areas by rank, to twice the number selected.",
    )


def reliability_plot() -> str:
    """Probabilities of selection against what a second observation selected, as measured before."""
    # Measured once on generated counties, where the truth is known; a run on real data has no
    # second observation.
    table = pd.read_csv(io.StringIO(asset("reliability.csv")))
    size, left, top = 180, 44, 12
    body = _grid(left, top, size, size)
    body += f'<path class="line whole" d="M{left} {top + size}L{left + size} {top}"/>'
    body += "".join(_t(f"{s:.0%}", left + size * s, top + size + 16, "middle") for s in (0, 0.5, 1))
    body += "".join(
        f'<circle class="dot chosen" cx="{left + size * p:.1f}" '
        f'cy="{top + size * (1 - again):.1f}" r="4"/>'
        for p, again in zip(table["p"], table["again"], strict=True)
    )
    told = "; ".join(
        f"{p:.0%} given, {again:.0%} selected"
        for p, again in zip(table["p"], table["again"], strict=True)
    )
    return svg(
        "Is the probability of selection right",
        body,
        width=left + size + 24,
        height=top + size + 24,
        about=f"On generated counties: {told}.",
    )


def _grid(left: float, top: float, wide: float, high: float) -> str:
    """Lines and words at none, half and all of something."""
    return "".join(
        f'<path class="grid" d="M{left:g} {top + high * (1 - s):g}h{wide:g}"/>'
        + _t(f"{s:.0%}", left - 4, top + high * (1 - s) + 4, "end")
        for s in (0, 0.5, 1)
    )


class Concentration(NamedTuple):
    """How far the events of a factor lie in few areas."""

    label: str
    total: float
    top: float
    """Share of the events in the twentieth of the areas that have most."""
    by_chance: float
    """The same if all areas had the same risk."""
    selected: float
    """Share of the events in the selected areas."""
    curve: Array
    """Share of events in the areas that have most, from none to all of the areas."""


def concentrations(released: Released) -> list[Concentration]:
    """Concentration of each factor that counts events, in its last period, unassessed areas out."""
    chosen = released.all_areas["selected"].astype(bool)
    found = []
    for name, about in released.factors.loc[released.numbered].iterrows():
        if not about["periods"]:
            continue
        last = str(about["periods"]).split(", ")[-1]
        # Areas that were not assessed have no number, and no part in the share of areas either.
        observed = rows(released.hotspots, factor=str(name), period=last)["observed"].dropna()
        total = float(observed.sum())
        if total <= 0:
            continue
        # The most first: the curve then shows the fewest areas that hold a given share.
        ordered = np.sort(observed.to_numpy(dtype=float))[::-1]
        curve = np.concatenate([[0.0], np.cumsum(ordered) / total])
        within = float(observed[chosen.reindex(observed.index)].sum()) / total
        place = max(round(0.05 * len(ordered)), 1)
        found.append(
            Concentration(
                str(about["label"]),
                total,
                float(curve[place]),
                _share_by_chance(total / len(ordered)),
                within,
                curve,
            )
        )
    return found


def _share_by_chance(mean: float, *, part: float = 0.05) -> float:
    """Share of the events that the highest `part` of areas holds if counts are Poisson."""
    from scipy.stats import poisson

    # Twelve standard deviations above the mean hold all of a Poisson count that a double can tell
    # from none.
    counts = np.arange(int(mean + 12 * math.sqrt(mean) + 20))[::-1]
    chance = poisson.pmf(counts, mean)
    areas = np.cumsum(chance)
    # The count at which the twentieth is full is taken in part, as areas with that count tie.
    taken = np.clip(part - (areas - chance), 0, chance)
    return float((taken * counts).sum() / mean)


def concentration_curve(found: Concentration) -> str:
    """Share of the events in the areas that have most of them, against an even spread."""
    size, left, top = 170, 44, 10
    n = len(found.curve) - 1
    # Sixty points draw the curve as well as thousands would, in a page that opens at once.
    at = np.unique(np.linspace(0, n, 61).round().astype(int))
    points = " ".join(
        f"{left + size * i / n:.1f},{top + size * (1 - found.curve[i]):.1f}" for i in at
    )
    body = "".join(_t(f"{s:.0%}", left + size * s, top + size + 16, "middle") for s in (0, 0.5, 1))
    body += _grid(left, top, size, size)
    body += f'<path class="line whole" d="M{left} {top + size}L{left + size} {top}"/>'
    body += f'<polyline class="line place" points="{points}"/>'
    x, y = left + 0.05 * size, top + size * (1 - found.top)
    body += f'<circle class="dot chosen" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    return svg(
        f"Concentration: {found.label}",
        body,
        width=left + size + 24,
        height=top + size + 24,
        about=f"The 5% of areas with most events hold {found.top:.0%} of them.",
    )


def _t(words: str, x: float, y: float, anchor: str, *, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def _cut(words: object, most: int) -> str:
    text = str(words)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _wrapped(words: str, width: float, *, lines: int = 2) -> list[str]:
    """Words on up to so many lines of a width in steps; about 6.6 steps a letter."""
    most, found = max(int(width / 6.6), 8), [""]
    for word in words.split():
        if found[-1] and len(found[-1]) + 1 + len(word) > most:
            found.append("")
        found[-1] = f"{found[-1]} {word}".strip()
    if len(found) > lines:
        found = [*found[: lines - 1], _cut(" ".join(found[lines - 1 :]), most)]
    return found
