"""Pictures for slides, 1920 by 1080: the map, and the places with their teams."""

import textwrap
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from riskindex.outputs.overview_map import draw_index, draw_legend
from riskindex.outputs.pages import PROFILE_MARKS
from riskindex.outputs.pictures import INK, STYLE, png
from riskindex.publication.released import Released

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Beside = Callable[[Released, "Figure", "Axes"], None]

WIDE, HIGH, DPI = 16.0, 9.0, 120
"""Inches and dots an inch: 1,920 by 1,080 dots."""
MOST_PLACES = 14
"""Places in the table of a slide; the others are counted."""
_MAP = (0.03, 0.12, 0.6, 0.72)
"""Left, bottom, width and height that the map may take, of the slide."""


def map_slide(released: Released) -> bytes:
    """The index on a map with title, period, source, scale and legend, as PNG."""
    return _slide(released, released.title, _legend_beside)


def places_slide(released: Released) -> bytes | None:
    """The places on the map and in a table, with the answer as its title; None without places."""
    plan = released.team_plan
    if plan is None or plan.choice is None or released.places.empty:
        return None
    return _slide(released, plan.sentences.answer, _table_beside)


def _slide(released: Released, title: str, beside: "Beside") -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        # Without pyplot, which keeps figures and a backend for the whole process.
        figure = Figure(figsize=(WIDE, HIGH), dpi=DPI)
        FigureCanvasAgg(figure)
        # A title that is a sentence takes two or three lines, which must end above the map.
        size = 24 if len(title) < 70 else 17
        heading = "\n".join(textwrap.wrap(_plain(title), 70 if size == 24 else 104)[:3])
        figure.text(0.03, 0.96, heading, fontsize=size, weight="bold", va="top")
        axes = _map_axes(released, figure)
        draw_index(released, axes, WIDE)
        beside(released, figure, axes)
        _scale_bar(axes)
        figure.text(0.03, 0.025, _foot(released), fontsize=9, va="bottom", color="#505A5F")
        return png(figure, dpi=DPI)


def _plain(text: str) -> str:
    """Text in which a dollar sign begins no formula, and every sign can be drawn."""
    drawn = "".join(sign if sign == "\n" or ord(sign) in _signs() else "□" for sign in text)
    return drawn.replace("$", r"\$")


@cache
def _signs() -> frozenset[int]:
    """Signs that the font of the slides has; Matplotlib warns of every other one."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def _map_axes(released: Released, figure: "Figure") -> "Axes":
    """Axes as large as the areas allow, so that one inch is as long on both."""
    west, south, east, north = released.areas.total_bounds
    wide, high = max(east - west, 1.0) * 1.02, max(north - south, 1.0) * 1.02
    left, bottom, width, height = _MAP
    # The smaller of the two, or a tall county would run into the title.
    scale = min(width * WIDE / wide, height * HIGH / high)
    # Axes are given in shares of a slide that is wider than high.
    w, h = wide * scale / WIDE, high * scale / HIGH
    axes = figure.add_axes((left + (width - w) / 2, bottom + (height - h) / 2, w, h))
    middle = (west + east) / 2, (south + north) / 2
    axes.set_xlim(middle[0] - wide / 2, middle[0] + wide / 2)
    axes.set_ylim(middle[1] - high / 2, middle[1] + high / 2)
    # Eastings and northings in metres tell a reader of slides nothing.
    axes.set_axis_off()
    return axes


def _foot(released: Released) -> str:
    """Who it is for, the period, what it does not say, and whose data it is."""
    # On the picture itself: a slide is copied out of its deck and loses everything around it.
    mark = PROFILE_MARKS.get(released.profile, released.profile)
    lines = [
        f"{mark}. Data period: {released.period_label}. {' '.join(released.limits)}",
        # A licence may ask for a line that begins with the word itself.
        f"Source: {' '.join(released.attribution).removeprefix('Source: ')}",
    ]
    return "\n".join("\n".join(textwrap.wrap(_plain(line), 190)) for line in lines)


def _scale_bar(axes: "Axes") -> None:
    """A bar of a round number of kilometres, about a fifth of the map's width."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    about = (east - west) / 5 / 1000
    # From ten metres to 50,000 km: any study area has a round number that fits.
    steps = [k * 10.0**e for e in range(-2, 5) for k in (1, 2, 5)]
    # The longest round number that fits; on a tiny map the shortest of all.
    km = max((step for step in steps if step <= about), default=steps[0])
    y = south - 0.03 * (north - south)
    axes.plot([west, west + 1000 * km], [y, y], color=INK, linewidth=2, clip_on=False)
    axes.annotate(
        f"{km:g} km",
        (west + 1000 * km, y),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=10,
        annotation_clip=False,
    )


def _legend_beside(released: Released, figure: "Figure", axes: "Axes") -> None:
    draw_legend(released, axes, figure=figure, at=(0.66, 0.84))


def _table_beside(released: Released, figure: "Figure", _: "Axes") -> None:
    """Number, name, areas and people of the places, those that teams reach in bold."""
    plan = released.team_plan
    assert plan is not None
    assert plan.choice is not None
    # The order of the table is that of need, so that the first places are those to talk about.
    table, reached = plan.places.table, set(plan.choice.best.places)
    heads = (("", 0.655), ("Place", 0.68), ("Areas", 0.9), ("Aged 10–24", 0.97))
    for words, x in heads:
        # Numbers are set right, so that their digits stand under each other.
        right = "left" if words in ("", "Place") else "right"
        figure.text(x, 0.83, words, fontsize=11, weight="bold", ha=right)
    for line, (number, place) in enumerate(table.head(MOST_PLACES).iterrows()):
        y = 0.79 - line * 0.044
        weight = "bold" if number in reached else "normal"
        # What the column holds beside the number of areas.
        name = textwrap.shorten(str(place["name"]), 33, placeholder="…")
        young = place["residents_10_24"]
        cells = [
            (0.655, str(number), "left"),
            (0.68, _plain(name), "left"),
            (0.9, f"{int(place['areas']):,}", "right"),
            (0.97, "–" if pd.isna(young) else f"{int(young):,}", "right"),
        ]
        for x, words, side in cells:
            figure.text(x, y, words, fontsize=11, weight=weight, ha=side)
    more = len(table) - MOST_PLACES
    note = "Bold, and filled on the map: reached by the plan."
    note = f"And {more:,} smaller places. {note}" if more > 0 else note
    y = 0.79 - (min(len(table), MOST_PLACES) + 0.4) * 0.044
    figure.text(0.655, y, note, fontsize=10, color="#505A5F")
