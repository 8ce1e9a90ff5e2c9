"""What changed since the result that a folder held before this one was written into it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from riskindex.blocks import bullets, html_table, in_words, paragraphs
from riskindex.compare import Comparison, compare
from riskindex.compare_page import mover_table, summary
from riskindex.errors import RiskindexError
from riskindex.folder import MANIFEST
from riskindex.released import Released
from riskindex.result_folder import read_run, run_of

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
        Empty where there was no earlier result, or nothing differs. Under `internal` with the
        causes of `compare`; in other profiles the names alone, as the earlier release gave them.
    """
    if not (folder / MANIFEST).is_file():
        return ""
    internal = released.profile == "internal"
    try:
        return (_with_causes if internal else _names_alone)(released, folder)
    except (RiskindexError, OSError, KeyError, ValueError):
        return paragraphs([_NOT_COMPARED]) if internal else ""


def _with_causes(released: Released, folder: Path) -> str:
    earlier = replace(read_run(folder), name=EARLIER)
    found = compare(earlier, run_of(released, name=PRESENT))
    if not (found.differences or len(found.movers)):
        return ""
    movers = mover_table(found).drop(columns=["Cause", "Points"])
    shown = html_table(movers.iloc[:MOST_NAMED]) if len(movers) else ""
    return (
        paragraphs([summary(found), *found.notes])
        + shown
        + paragraphs([_more(len(movers))])
        + "<h3>What was asked or given otherwise</h3>"
        + bullets(_differences(found))
    )


def _differences(found: Comparison) -> Iterator[str]:
    yield from found.differences[:MOST_DIFFERENCES]
    more = len(found.differences) - MOST_DIFFERENCES
    if more > 0:
        yield f"And {more:,} more, which riskindex compare lists."


def _more(number: int) -> str:
    more = number - MOST_NAMED
    return f"And {more:,} more, which riskindex compare lists." if more > 0 else ""


def _names_alone(released: Released, folder: Path) -> str:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest["profile"] != released.profile:
        return ""
    earlier = pd.read_csv(folder / "all_areas.csv", dtype=str, encoding="utf-8-sig")
    was = earlier.set_index("area_code")["selected"].eq("True")
    now = released.all_areas["selected"].astype(bool)
    before, after = was.index[was], now.index[now]
    entered, left = after.difference(before), before.difference(after)
    if not len(entered) + len(left):
        return ""
    stays = len(after.intersection(before))
    return paragraphs(
        [
            f"Since {EARLIER} {stays:,} areas stay on the list, {len(entered):,} enter and "
            f"{len(left):,} leave.",
            _named("Entered", entered, released),
            _named("Left", left, released),
        ]
    )


def _named(word: str, codes: pd.Index, released: Released) -> str:
    names = released.all_areas["name"]
    told = [f"{names[code]} ({code})" if code in names.index else str(code) for code in codes]
    more = f" {_more(len(told))}".rstrip()
    return f"{word}: {in_words(told[:MOST_NAMED])}.{more}" if told else ""
