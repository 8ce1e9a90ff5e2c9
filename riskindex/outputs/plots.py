"""Plots as SVG inside a page: the same bytes for the same numbers, readable without a script."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from riskindex.outputs.pages import escape

WIDTH, HEIGHT = 400, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 10, 12, 28


class Line(NamedTuple):
    """A line over time."""

    name: str
    values: Sequence[float]
    """One per point in time; NaN leaves a gap."""
    kind: str
    """`place` is drawn solid and dark, `whole` dashed and orange."""


class Dot(NamedTuple):
    """A value with its interval."""

    name: str
    value: float
    low: float
    high: float
    chosen: bool = False
    """Drawn in the dark colour, its name in bold."""


def svg(
    title: str,
    body: str,
    *,
    width: float = WIDTH,
    height: float = HEIGHT,
    about: str = "",
    fills: bool = False,
    role: str = "img",
) -> str:
    """An SVG that names itself to a screen reader.

    Parameters
    ----------
    title, about
        Plain text: what it is, and what it shows.
    body
        Marks, already markup.
    width, height
        Of the drawing; a narrower page makes it smaller.
    fills
        Whether it takes all the width that it is given, as a map does.
    role
        `group` where there are links in it.
    """
    size = "" if fills else f'width="{_n(width)}" height="{_n(height)}" '
    detail = f"<desc>{escape(about)}</desc>" if about else ""
    return (
        f'<svg role="{role}" {size}viewBox="0 0 {_n(width)} {_n(height)}" '
        f'aria-label="{escape(f"{title}. {about}".strip())}"><title>{escape(title)}</title>{detail}'
        f"{body}</svg>"
    )


def draw_lines(
    title: str, lines: Sequence[Line], labels: Sequence[str], *, about: str = "", unit: str = ""
) -> str:
    """Lines over time, from zero.

    Parameters
    ----------
    title, about
        Plain text.
    lines
        As long as `labels`.
    labels
        Under the points; empty ones are not drawn.
    unit
        What the numbers are, above the axis.
    """
    top = max((v for line in lines for v in line.values if not math.isnan(v)), default=0.0)
    ticks = _ticks(top)
    # From zero: a cut axis makes small changes look large.
    x, y = _scale(len(labels) - 1, _LEFT, WIDTH - _RIGHT), _scale(ticks[-1], *_DOWN)
    body = _axis(ticks, y) + _under(labels, x) + _unit(unit)
    # The place last, on top of the whole that it is compared with.
    for line in sorted(lines, key=lambda one: one.kind == "place"):
        body += f'<path class="line {line.kind}" d="{_path(line.values, x, y)}"/>'
    return svg(title, body, about=about)


def draw_bars(
    title: str,
    labels: Sequence[str],
    values: Sequence[float],
    marks: Sequence[float],
    *,
    about: str = "",
    unit: str = "",
) -> str:
    """Bars with a mark across each, such as the county's value.

    Parameters
    ----------
    title, about
        Plain text.
    labels
        Under the bars; with many, only every so many are drawn.
    values, marks
        Height of each bar and of its mark; NaN draws none.
    unit
        What the numbers are, above the axis.
    """
    ticks = _ticks(max((v for v in (*values, *marks) if not math.isnan(v)), default=0.0))
    y = _scale(ticks[-1], *_DOWN)
    step = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    # More than twelve labels would run into each other at this width.
    every = -(-len(labels) // 12)
    body = _axis(ticks, y) + _unit(unit)
    for i, (label, value, mark) in enumerate(zip(labels, values, marks, strict=True)):
        left = _LEFT + i * step
        if not math.isnan(value):
            body += (
                f'<rect class="bar" x="{_n(left + step * 0.15)}" y="{_n(y(value))}" '
                f'width="{_n(step * 0.7)}" height="{_n(max(y(0) - y(value), 0))}"/>'
            )
        if not math.isnan(mark):
            body += (
                f'<path class="mark-line" d="M{_n(left + step * 0.05)} {_n(y(mark))}'
                f'h{_n(step * 0.9)}"/>'
            )
        if i % every == 0:
            body += _text(label, left + step / 2, HEIGHT - 10, "middle")
    return svg(title, body, about=about)


def draw_dots(
    title: str, dots: Sequence[Dot], *, whole: float = math.nan, about: str = "", unit: str = ""
) -> str:
    """Values with their intervals, one under the other, and a line for the whole.

    Parameters
    ----------
    title, about
        Plain text.
    dots
        From top to bottom.
    whole
        Where the line stands; NaN draws none.
    unit
        What the numbers are, under the axis.
    """
    # Room for twenty bold letters, to which names are cut.
    left, row = 176, 16
    height = 8 + row * len(dots) + 34
    # Intervals belong to the picture: an axis that ends at the values would cut the uncertainty
    # off.
    ends = [v for d in dots for v in (d.value, d.high) if not math.isnan(v)]
    ticks = _ticks(max(ends, default=0.0))
    x = _scale(ticks[-1], left, WIDTH - 16)
    foot = 8 + row * len(dots)
    body = "".join(
        f'<path class="grid" d="M{_n(x(tick))} 4V{_n(foot)}"/>'
        + _text(_tick(tick), x(tick), foot + 14, "middle")
        for tick in ticks
    )
    body += _text(unit, WIDTH - 16, foot + 28, "end")
    if not math.isnan(whole):
        body += f'<path class="line whole" d="M{_n(x(whole))} 4V{_n(foot)}"/>'
    for i, dot in enumerate(dots):
        at = 8 + row * (i + 0.5)
        kind = " chosen" if dot.chosen else ""
        body += _text(_short(dot.name, 20), left - 8, at + 4, "end", kind=kind)
        if not math.isnan(dot.value):
            body += (
                f'<path class="whisker{kind}" d="M{_n(x(dot.low))} {_n(at)}H{_n(x(dot.high))}"/>'
                f'<circle class="dot{kind}" cx="{_n(x(dot.value))}" cy="{_n(at)}" r="4"/>'
            )
    return svg(title, body, height=height, about=about)


class _Scale(NamedTuple):
    top: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        # What lies beyond the axis ends at its edge instead of outside the drawing.
        share = min(value / self.top, 1.0) if self.top > 0 else 0.0
        return self.start + share * (self.end - self.start)


def _scale(top: float, start: float, end: float) -> _Scale:
    """From 0..top to a stretch of the drawing."""
    return _Scale(top, start, end)


_DOWN = (HEIGHT - _BOTTOM, _TOP + 10)


def _ticks(top: float) -> list[float]:
    """Zero to at least `top` in three to six even steps of 1, 2 or 5 times a power of ten."""
    # Also for NaN, which is neither above nor below 0.
    if not top > 0:
        return [0.0, 1.0]
    rough = top / 4
    power = 10.0 ** math.floor(math.log10(rough))
    # Steps that people count in: a third of a hundred is no help on an axis.
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough)
    # Multiples of .1 are not exact; a hair above must not add a tick, nor print as
    # 0.30000000000000004.
    return [round(i * step, 10) for i in range(math.ceil(top / step - 1e-9) + 1)]


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.10g}"


def _axis(ticks: Sequence[float], y: _Scale) -> str:
    return "".join(
        f'<path class="grid" d="M{_LEFT} {_n(y(tick))}H{WIDTH - _RIGHT}"/>'
        + _text(_tick(tick), _LEFT - 6, y(tick) + 4, "end")
        for tick in ticks
    )


def _under(labels: Sequence[str], x: _Scale) -> str:
    return "".join(
        f'<path class="grid" d="M{_n(x(i))} {HEIGHT - _BOTTOM}v4"/>'
        + _text(label, x(i), HEIGHT - 10, "start" if i == 0 else "middle")
        for i, label in enumerate(labels)
        if label
    )


def _unit(words: str) -> str:
    return _text(words, 0, _TOP, "start", kind=" unit") if words else ""


def _path(values: Sequence[float], x: _Scale, y: _Scale) -> str:
    """Steps of a line; a gap where a value is missing."""
    steps, joined = [], False
    for i, value in enumerate(values):
        if math.isnan(value):
            # A line across a gap would claim values that nobody knows.
            joined = False
            continue
        steps.append(f"{'L' if joined else 'M'}{_n(x(i))} {_n(y(value))}")
        joined = True
    return "".join(steps)


def _text(words: str, x: float, y: float, anchor: str, *, kind: str = "") -> str:
    name = f' class="{kind.strip()}"' if kind.strip() else ""
    return f'<text{name} x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{escape(words)}</text>'


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def _n(value: float) -> str:
    """A number with one decimal at most."""
    # A tenth of a pixel is more than a screen shows; more decimals only make the page larger.
    return f"{value:.1f}".removesuffix(".0")
