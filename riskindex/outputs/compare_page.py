"""Two lists side by side: one page, two CSV files and a manifest."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from riskindex.files.whole_folder import written_whole
from riskindex.outputs.compare import CAUSES, Comparison
from riskindex.outputs.manifest import seal, versions
from riskindex.outputs.page_parts import bullets, html_table, marks_line, paragraphs, record_table
from riskindex.outputs.page_shell import asset, document, escape, page_head, style_block
from riskindex.outputs.workbook import write_csv

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
        told = {
            "title": TITLE,
            "profile": result.a.profile,
            "runs": [result.a.config.title, result.b.config.title],
            "versions": versions(),
            "differences": list(result.differences),
            "notes": [summary(result), *result.notes],
        }
        seal(told, out)


def summary(result: Comparison) -> str:
    """How many areas stay, enter and leave, in a sentence."""
    change = result.movers["change"]
    entered, left = int((change == "entered").sum()), int((change == "left").sum())
    causes = result.movers["cause"].value_counts()
    why = ", ".join(f"{CAUSES[c]} {causes[c]:,}" for c in CAUSES if c in causes)
    told = f"From {_name(result, 'a')} to {_name(result, 'b')}: "
    told += f"{result.stays:,} areas stay, {entered:,} enter, {left:,} leave."
    return f"{told} Moved by: {why}." if why else told


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
    told = ["–" if pd.isna(value) else f"{round(value, 3):,g}" for value in (a, b)]
    return " to ".join(dict.fromkeys(told)) if a == b else " to ".join(told)


def _name(result: Comparison, end: str) -> str:
    run = result.a if end == "a" else result.b
    return run.name if result.a.name != result.b.name else f"{run.name} ({end.upper()})"


def _page(result: Comparison) -> str:
    body = "".join(
        f"<section><h2>{escape(title)}</h2>{content}</section>" for title, content in _parts(result)
    )
    lead = f"A: {result.a.config.title}. B: {result.b.config.title}."
    head = page_head(TITLE, profile=result.a.profile, lead=lead)
    return document(
        title=TITLE,
        head=style_block(asset("page.css"), asset("report.css")),
        body=f'{head}<main class="report">{marks_line(body)}{body}</main>',
    )


def _parts(result: Comparison) -> Iterator[tuple[str, str]]:
    yield "In short", paragraphs([summary(result), *result.notes])
    yield "What differs", bullets(result.differences or ["Nothing."])
    steps = result.steps.rename(index=lambda c: f"{CAUSES[c][0].upper()}{CAUSES[c][1:]}")
    words = {"cause": "Cause", "selected": "Selected", "entered": "Entered", "left": "Left"}
    order = (
        "The first list is turned into the second one cause at a time, in this order; an area "
        "moved by the cause at which it last changed sides. Where causes work together, another "
        "order would share them out otherwise."
    )
    yield (
        "Cause by cause",
        paragraphs([order]) + html_table(steps.reset_index().rename(columns=words)),
    )
    if len(result.movers):
        table = mover_table(result).drop(columns="Points")
        yield "Who entered and who left", html_table(table)
        yield "Their scores taken apart", "".join(_taken_apart(result))


def _taken_apart(result: Comparison) -> Iterator[str]:
    labels = {f.name: f.label for run in (result.a, result.b) for f in run.config.factors}
    for code, row in result.movers.iterrows():
        part = result.parts.xs(code, level="area_code")
        records = [
            {
                "Factor": labels[str(factor)],
                "Score": _from_to(*line[["score_a", "score_b"]].round(1)),
                "Weight": _from_to(line["weight_a"], line["weight_b"]),
                "Points of the index": _from_to(
                    *line[["contribution_a", "contribution_b"]].round(1)
                ),
                "Difference": f"{line['difference']:+.1f}",
            }
            for factor, line in part.iterrows()
        ]
        yield f"<h3>{escape(row['name'])} ({escape(code)}): {escape(row['change'])}</h3>"
        yield record_table(records)
