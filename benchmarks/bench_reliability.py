r"""Is the probability of selection right? The table and the plot of docs/real-data.md.

    python benchmarks/bench_reliability.py --counties 60 --plot docs/reliability.svg \
        --table riskindex/outputs/assets/reliability.csv

Every generated county is observed twice. The first data set gives each area a probability of
selection from 200 repeats with the weights fixed; the second says who is selected again.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "shared"))

from reliability import one_county, reliability

SIDE, EDGE = 360, 60


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counties", type=int, default=60)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--table", type=Path, help="CSV that reports draw")
    given = parser.parse_args()
    seeds = range(1, given.counties + 1)
    table = reliability(pd.concat([one_county(seed, draws=given.draws) for seed in seeds]))
    print(table.round(3).to_string())
    if given.table:
        bands = table[["areas", "p", "again"]].round(3)
        bands.to_csv(given.table, index=False, lineterminator="\n")
    if given.plot:
        given.plot.write_text(plot(table, given.counties), encoding="utf-8", newline="\n")


def plot(table: pd.DataFrame, counties: int) -> str:
    """Probability against the share selected again, as SVG; the same table, the same bytes."""
    size = SIDE + 2 * EDGE
    title = f"Probability of selection against selection on a second data set, {counties} counties"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 120} {size}" '
        f'font-family="sans-serif" font-size="13"><title>{title}</title>'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(_axes())}'
        f"{''.join(_points(table))}</svg>\n"
    )


def _at(x: float, y: float) -> tuple[str, str]:
    return f"{EDGE + SIDE * x:.1f}", f"{EDGE + SIDE * (1 - y):.1f}"


def _line(start: tuple[float, float], end: tuple[float, float], style: str) -> str:
    (x1, y1), (x2, y2) = _at(*start), _at(*end)
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {style}/>'


def _axes() -> Iterator[str]:
    for step in range(6):
        share = step / 5
        yield _line((share, 0), (share, 1), 'stroke="#ddd"')
        yield _line((0, share), (1, share), 'stroke="#ddd"')
        x, y = _at(share, 0)
        yield f'<text x="{x}" y="{float(y) + 18:.1f}" text-anchor="middle">{share:.1f}</text>'
        x, y = _at(0, share)
        beside = f'x="{float(x) - 8:.1f}" y="{float(y) + 4:.1f}" text-anchor="end"'
        yield f"<text {beside}>{share:.1f}</text>"
    yield _line((0, 0), (1, 1), 'stroke="#555" stroke-dasharray="5 4"')
    middle, low = _at(0.5, 0)
    yield (
        f'<text x="{middle}" y="{float(low) + 42:.1f}" text-anchor="middle">'
        "Probability of selection, mean of the band</text>"
    )
    yield (
        f'<text transform="translate(18 {EDGE + SIDE / 2}) rotate(-90)" text-anchor="middle">'
        "Share of the areas selected</text>"
    )


_SERIES = (
    ("again", "on a second data set", "#0b3d91", "circle"),
    ("truly", "by the true risks", "#b34700", "square"),
)


def _points(table: pd.DataFrame) -> Iterator[str]:
    for number, (column, words, colour, shape) in enumerate(_SERIES):
        marks = [*zip(table["p"], table[column], strict=True)]
        path = " ".join(",".join(_at(*mark)) for mark in marks)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}"/>'
        yield "".join(_mark(*_at(*mark), colour, shape) for mark in marks)
        x, y = f"{EDGE + 20:.1f}", f"{EDGE + 20 + 20 * number:.1f}"
        yield _mark(x, y, colour, shape)
        yield f'<text x="{float(x) + 12:.1f}" y="{float(y) + 4:.1f}">{words}</text>'


def _mark(x: str, y: str, colour: str, shape: str) -> str:
    if shape == "circle":
        return f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>'
    corner = f'x="{float(x) - 4:.1f}" y="{float(y) - 4:.1f}"'
    return f'<rect {corner} width="8" height="8" fill="{colour}"/>'


if __name__ == "__main__":
    main()
