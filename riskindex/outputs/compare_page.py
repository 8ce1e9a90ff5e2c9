"""Two lists side by side in words and tables: a page of its own, or a part of the report."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from riskindex.errors import RiskindexError
from riskindex.files.whole_folder import MANIFEST, written_whole
from riskindex.outputs.compare import CAUSES, Comparison, compare
from riskindex.outputs.compare_map import draw_comparison
from riskindex.outputs.manifest import seal, versions
from riskindex.outputs.pages import (
    asset,
    bullets,
    document,
    drawing,
    escape,
    free,
    html_table,
    marks_line,
    of_rows,
    page_head,
    paragraphs,
    record_table,
    style_block,
)
from riskindex.outputs.read_result import read_run, run_of
from riskindex.outputs.workbook import write_csv
from riskindex.publication.released import Released

TITLE = "Two lists compared"


def save_comparison(result: Comparison, folder: str | Path) -> None:
    """Write a comparison into one folder, whole or not at all.

    Parameters
    ----------
    result
        From `compare_runs`.
    folder
        New, empty, or holding an earlier result, which is replaced when all is written.

    Raises
    ------
    InputError
        The folder cannot be written, holds something else, or another run holds it.
    """
    with written_whole(Path(folder)) as out:
        write_csv(result.movers.reset_index(), out / "compare.csv")
        write_csv(result.parts.reset_index(), out / "compare_factors.csv")
        (out / "compare.html").write_text(_page(result), encoding="utf-8", newline="\n")
        content = {
            "title": TITLE,
            "profile": result.a.profile,
            "runs": [result.a.config.title, result.b.config.title],
            "versions": versions(),
            "differences": list(result.differences),
            "notes": [summary(result), *result.notes],
            "steps": result.steps.reset_index().to_dict("records"),
        }
        # Last of all, as the manifest has the hash of every file.
        seal(content, out)


def summary(result: Comparison) -> str:
    """How many areas stay, enter and leave, in a sentence."""
    change = result.movers["change"]
    entered, left = int((change == "entered").sum()), int((change == "left").sum())
    causes = result.movers["cause"].value_counts()
    # In the order in which run A is turned into run B, and not by number.
    why = ", ".join(f"{CAUSES[c]} {causes[c]:,}" for c in CAUSES if c in causes)
    sentence = f"From {_name(result, 'a')} to {_name(result, 'b')}: "
    sentence += f"{result.stays:,} areas stay, {entered:,} enter, {left:,} leave."
    return f"{sentence} Moved by: {why}." if why else sentence


def mover_table(result: Comparison) -> pd.DataFrame:
    """The areas that moved, one line each, with headings in words."""
    movers = result.movers.reset_index()
    area = movers["name"].astype(str) + " (" + movers["area_code"] + ")"
    return pd.DataFrame(
        {
            "Area": area,
            "Change": movers["change"],
            "Rank": list(map(_from_to, movers["rank_a"], movers["rank_b"])),
            "Score": list(map(_from_to, movers["score_a"].round(1), movers["score_b"].round(1))),
            "Cause": movers["cause"],
            "Points": movers["points"],
            "Why": movers["why"],
        }
    )


def _from_to(a: float, b: float) -> str:
    """Two numbers, or one where they are the same; a dash for an area that was not assessed."""
    texts = ["–" if pd.isna(value) else f"{round(value, 3):,g}" for value in (a, b)]
    # A comparison with a missing number is neither true nor false.
    both_assessed = not (pd.isna(a) or pd.isna(b))
    return texts[0] if (both_assessed and a == b) or texts == ["–", "–"] else " to ".join(texts)


def _signed(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:+.1f}"


def _name(result: Comparison, end: str) -> str:
    run = result.a if end == "a" else result.b
    # Result folders are often both called "results"; then only the letter tells them apart.
    return run.name if result.a.name != result.b.name else f"{run.name} ({end.upper()})"


def _page(result: Comparison) -> str:
    body = "".join(
        f"<section><h2>{escape(title)}</h2>{content}</section>" for title, content in _parts(result)
    )
    names = [_name(result, end) for end in ("a", "b")]
    title = f"{names[0]} and {names[1]}: {TITLE[0].lower()}{TITLE[1:]}"
    # Titles beside the names: two folders of one analyst are often called by a date alone.
    lead = f"{names[0]}: {result.a.config.title}. {names[1]}: {result.b.config.title}."
    head = page_head(title, profile=result.a.profile, lead=lead)
    return document(
        title=title,
        head=style_block(asset("page.css"), asset("report.css"), asset("plots.css")),
        body=f'{head}<main class="report">{marks_line(body)}{body}</main>',
    )


def _parts(result: Comparison) -> Iterator[tuple[str, str]]:
    said = (of_rows(line, "manifest:/notes") for line in (summary(result), *result.notes))
    yield "In short", paragraphs(said)
    if drawn := draw_comparison(result):
        yield "Map", f'<div class="scroll strip" tabindex="0">{drawing(drawn, _SIGNS)}</div>'
    # "Nothing." is said: an empty list could be one that nobody made.
    differences = [of_rows(line, "manifest:/differences") for line in result.differences]
    yield "What differs", bullets(differences or ["Nothing."])
    steps = result.steps.rename(index=lambda c: f"{CAUSES[c][0].upper()}{CAUSES[c][1:]}")
    words = {"cause": "Cause", "selected": "Selected", "entered": "Entered", "left": "Left"}
    order = (
        "The first list is turned into the second one cause at a time, in this order; an area "
        "moved by the cause at which it last changed sides. Where causes work together, another "
        "order would share them out otherwise."
    )
    named = [f"manifest:/steps/{k}" for k in range(len(steps))]
    table = html_table(steps.reset_index().rename(columns=words), named=named)
    yield "Cause by cause", paragraphs([order]) + table
    if len(result.movers):
        # The sentence of each mover has the points already.
        table = mover_table(result).drop(columns="Points")
        # The numbers of the signs on the map above, which stand in no file.
        signs = pd.Series([free(number) for number in range(1, len(table) + 1)], dtype=object)
        table.insert(0, "No.", signs)
        codes = [str(code) for code in result.movers.index]
        yield "Who entered and who left", html_table(table, named=codes)
        yield "Their scores taken apart", "".join(_taken_apart(result))


_SIGNS = (
    "Dark, with a white number: came onto the list. White, dashed: went. Small grey dots: stay. "
    "Numbers are those of the table below; where signs would cover each other, a line leads to the "
    "area."
)


def _taken_apart(result: Comparison) -> Iterator[str]:
    # The later run's words where both have the factor: the page is read today.
    labels = {f.name: f.label for run in (result.a, result.b) for f in run.config.factors}
    for code, row in result.movers.iterrows():
        part = result.parts.xs(code, level="area_code")
        # Score, weight and points side by side, since either of the first two can move the third.
        records = [
            {
                "Factor": labels[str(factor)],
                "Score": _from_to(*line[["score_a", "score_b"]].round(1)),
                "Weight": _from_to(line["weight_a"], line["weight_b"]),
                "Points of the index": _from_to(
                    *line[["contribution_a", "contribution_b"]].round(1)
                ),
                "Difference": _signed(line["difference"]),
            }
            for factor, line in part.iterrows()
        ]
        yield f"<h3>{escape(row['name'])} ({escape(code)}): {escape(row['change'])}</h3>"
        yield record_table(records, named=[f"{factor}:{code}" for factor in part.index])


EARLIER, PRESENT = "the earlier result", "this one"
MOST_NAMED = 40
"""Areas that are named; `riskindex compare` lists all."""
MOST_DIFFERENCES = 12
_NOT_COMPARED = (
    "The folder held an earlier result that cannot be compared with this one: it has another "
    "profile, covers other areas, was written by another version, or is damaged."
)


def changed_since_last(released: Released, folder: Path) -> str:
    """What entered and left the list since the result in a folder, and why, as HTML.

    Parameters
    ----------
    released
        What one profile may see.
    folder
        Where the earlier result is; it may be missing or empty.

    Returns
    -------
    str
        With the causes of `compare`; empty where there was no earlier result, or nothing differs,
        and in profiles other than `internal`: what the folder held may never have left it, and an
        area that is no longer listed because a refuge is there would be named.
    """
    if released.profile != "internal" or not (folder / MANIFEST).is_file():
        return ""
    try:
        return _with_causes(released, folder)
    # An earlier result that cannot be read must not cost the new one: the report says so and goes
    # on.
    except (RiskindexError, OSError, KeyError, ValueError):
        return paragraphs([_NOT_COMPARED])


def _with_causes(released: Released, folder: Path) -> str:
    # Both results have the name of one folder, which the new one is about to take.
    earlier = replace(read_run(folder), name=EARLIER)
    comparison = compare(earlier, run_of(released, name=PRESENT))
    # A run that is made again without a change has nothing to tell.
    if not (comparison.differences or len(comparison.movers)):
        return ""
    # Inside the report the table must stay narrow; its sentence names the cause and the points.
    movers = mover_table(comparison).drop(columns=["Cause", "Points"])
    shown = html_table(movers.iloc[:MOST_NAMED]) if len(movers) else ""
    return (
        paragraphs([summary(comparison), *comparison.notes])
        + shown
        + paragraphs([_how_many_more(len(movers))])
        + "<h3>What was asked or given otherwise</h3>"
        + bullets(_differences(comparison))
    )


def _differences(comparison: Comparison) -> Iterator[str]:
    yield from comparison.differences[:MOST_DIFFERENCES]
    more = len(comparison.differences) - MOST_DIFFERENCES
    if more > 0:
        yield f"And {more:,} more, which riskindex compare lists."


def _how_many_more(number: int) -> str:
    more = number - MOST_NAMED
    return f"And {more:,} more, which riskindex compare lists." if more > 0 else ""
