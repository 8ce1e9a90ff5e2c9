"""Pictures for the report: the map as PNG for slides too, the plots as SVG inside the page."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import Integers
from riskindex.assessment.run_rows import Concentrated, concentrate
from riskindex.outputs.pages import asset, escape
from riskindex.outputs.plots import Dot, draw_dots, svg
from riskindex.publication.released import Released
from riskindex.tables import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#0B0C0C"
STYLE: dict[Any, Any] = {"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK}
MOST_ROWS = 60
"""Selected areas in the picture of their periods; the workbook has them all."""


def canvas(width: float, height: float, *, columns: int = 1) -> "tuple[Figure, list[Axes]]":
    """A figure of so many inches with panels side by side, drawn without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Without pyplot, which keeps every figure of a process in memory.
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
    # Two digits of a calendar year, or the end of a longer label, fit over a column of 24 steps.
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
    # A value as it is makes no area hot, and rows of zeros would say that it was looked for.
    tested = released.factors.index[released.factors["method"] != "value"]
    names = [str(name) for name in tested if str(name) in last]
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
        lines = _wrapped(label, left - 40)
        for k, line in enumerate(lines):
            body += _t(line, left - 30, y + cell / 2 + 4 + 14 * (k - (len(lines) - 1) / 2), "end")
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
    bands = "; ".join(
        f"{p:.0%} given, {again:.0%} selected"
        for p, again in zip(table["p"], table["again"], strict=True)
    )
    return svg(
        "Is the probability of selection right",
        body,
        width=left + size + 24,
        height=top + size + 24,
        about=f"On generated counties: {bands}.",
    )


def _grid(left: float, top: float, wide: float, high: float) -> str:
    """Lines and words at none, half and all of something."""
    return "".join(
        f'<path class="grid" d="M{left:g} {top + high * (1 - s):g}h{wide:g}"/>'
        + _t(f"{s:.0%}", left - 4, top + high * (1 - s) + 4, "end")
        for s in (0, 0.5, 1)
    )


def concentrations(released: Released) -> dict[str, Concentrated]:
    """By factor how its events of the last period lie in few areas, unassessed areas out."""
    chosen = released.all_areas["selected"].astype(bool)
    curves = {}
    for name, about in released.factors.loc[released.numbered].iterrows():
        if not about["periods"]:
            continue
        last = str(about["periods"]).split(", ")[-1]
        # Areas that were not assessed have no number, and no part in the share of areas either.
        observed = rows(released.hotspots, factor=str(name), period=last)["observed"].dropna()
        found = concentrate(observed, chosen)
        if found is not None:
            curves[str(name)] = found
    return curves


def concentration_curve(concentration: Concentrated, label: str) -> str:
    """Share of the events in the areas that have most of them, against an even spread."""
    size, left, top = 170, 44, 10
    n = len(concentration.curve) - 1
    # Sixty points draw the curve as well as thousands would, in a page that opens at once.
    at = np.unique(np.linspace(0, n, 61).round().astype(int))
    points = " ".join(
        f"{left + size * i / n:.1f},{top + size * (1 - concentration.curve[i]):.1f}" for i in at
    )
    body = "".join(_t(f"{s:.0%}", left + size * s, top + size + 16, "middle") for s in (0, 0.5, 1))
    body += _grid(left, top, size, size)
    body += f'<path class="line whole" d="M{left} {top + size}L{left + size} {top}"/>'
    body += f'<polyline class="line place" points="{points}"/>'
    x, y = left + 0.05 * size, top + size * (1 - concentration.top)
    body += f'<circle class="dot chosen" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    return svg(
        f"Concentration: {label}",
        body,
        width=left + size + 24,
        height=top + size + 24,
        about=f"The 5% of areas with most events hold {concentration.top:.0%} of them.",
    )


def _t(words: str, x: float, y: float, anchor: str, *, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def _cut(words: object, most: int) -> str:
    text = str(words)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _wrapped(words: str, width: float, *, lines: int = 2) -> list[str]:
    """Words on up to so many lines of a width in steps; about 6.6 steps a letter."""
    # SVG does not wrap text, and letters of the font are about 6.6 steps wide.
    most, wrapped = max(int(width / 6.6), 8), [""]
    for word in words.split():
        if wrapped[-1] and len(wrapped[-1]) + 1 + len(word) > most:
            wrapped.append("")
        wrapped[-1] = f"{wrapped[-1]} {word}".strip()
    if len(wrapped) > lines:
        wrapped = [*wrapped[: lines - 1], _cut(" ".join(wrapped[lines - 1 :]), most)]
    return wrapped
