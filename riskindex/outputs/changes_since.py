"""What changed since the result that a folder held before this one was written into it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from riskindex.errors import RiskindexError
from riskindex.files.whole_folder import MANIFEST
from riskindex.outputs.compare import Comparison, compare
from riskindex.outputs.compare_page import mover_table, summary
from riskindex.outputs.page_parts import bullets, html_table, paragraphs
from riskindex.outputs.read_result import read_run, run_of
from riskindex.publication.released import Released

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
    except (RiskindexError, OSError, KeyError, ValueError):
        return paragraphs([_NOT_COMPARED])


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
