"""What became of the records: read, counted or lost, by source and by factor; files and notes."""

import re
from collections.abc import Iterable

import pandas as pd

from riskindex.factors import inside
from riskindex.outputs.pages import Html, bullets, html_table, in_words, of_rows, paragraphs
from riskindex.publication.released import Released


def data_part(released: Released) -> str:
    """Events read, counted and lost, notes, and files; empty where a release has none of it."""
    reconciliation = released.reconciliation
    own = own_lines(reconciliation)
    if reconciliation.empty and released.files.empty:
        return ""
    at = [f"manifest:/reconciliation/{k}" for k in range(len(reconciliation))]
    parts = []
    if not own.empty:
        of_sources = [at[k] for k, key in enumerate(reconciliation.index) if key in own.index]
        parts.append(paragraphs([of_rows(counted_sentence(own), *of_sources)]))
    if not reconciliation.empty:
        parts.append(html_table(_reconciled(released), named=at))
        about = "The line of a factor is about those events of its source that its own rule names."
        parts.append(paragraphs([about]))
    if released.notes and not released.rules:
        parts.append("<h3>Notes</h3>" + bullets(_notes(released)))
    if len(released.files):
        inputs = [f"manifest:/inputs/{k}" for k in range(len(released.files))]
        parts.append("<h3>Files read</h3>" + html_table(_file_table(released), named=inputs))
    return "".join(parts)


def _notes(released: Released) -> list[Html]:
    return [of_rows(note, "manifest:/notes") for note in notes_in_short(released)]


def _reconciled(released: Released) -> pd.DataFrame:
    """One line per source, then per factor; reasons that never applied are left out."""
    lines = [
        f"{source}: {released.factors['label'].get(factor, 'the whole source')}"
        for source, factor in released.reconciliation.index
    ]
    numbers = released.reconciliation.reset_index(drop=True)
    # Read and counted always: a reader looks for the difference, also where there is none.
    kept = [c for c in numbers if c in ("read", "counted") or (numbers[c] != 0).any()]
    words = {c: LOSSES.get(str(c), str(c)).capitalize() for c in kept}
    return pd.concat([pd.Series(lines, name="Source"), numbers[kept].rename(columns=words)], axis=1)


def _file_table(released: Released) -> pd.DataFrame:
    names = {
        "role": "Read as",
        "name": "File",
        "bytes": "Bytes",
        "rows": "Rows",
        "sha256": "SHA-256 (start)",
    }
    table = released.files
    if "sha256" in table:
        # Enough to compare by eye; the manifest has the whole.
        table = table.assign(sha256=table["sha256"].astype(str).str[:16])
    return table[[name for name in names if name in table]].rename(columns=names)


def own_lines(reconciliation: pd.DataFrame) -> pd.DataFrame:
    """The lines of whole sources, without those of factors."""
    if reconciliation.empty:
        return reconciliation
    return reconciliation[reconciliation.index.get_level_values("factor") == ""]


def source_lines(reconciliation: pd.DataFrame) -> list[str]:
    """What became of the events of each source, in one sentence a source."""
    own = own_lines(reconciliation)
    return [
        f"{source}: {counted_sentence(own.loc[[(source, factor)]])}" for source, factor in own.index
    ]


def counted_sentence(own: pd.DataFrame) -> str:
    """How many events of some sources were read and counted, and why the others were not."""
    total = own.sum()
    # Only losses that happened: a list of zeros would hide the one that matters.
    lost = [
        f"{int(total[column]):,} {words}"
        for column, words in LOSSES.items()
        if int(total.get(column, 0))
    ]
    tail = f"; not counted: {in_words(lost)}" if lost else "; none was lost"
    return f"{int(total['read']):,} events read, {int(total['counted']):,} counted{tail}."


LOSSES = {
    "outside_periods": "outside the periods",
    "no_location": "without a location",
    "unknown_area": "with an unknown area",
    "outside_study_area": "outside the study area",
    "not_covered": "where or when the source is not covered",
    "duplicates": "repeats of a record or a person",
    "excluded_by_rule": "excluded by a rule",
}


def notes_in_short(released: Released) -> list[str]:
    """The notes, those that say the same of several factors as one.

    What goes together is told in the questions to ask, once. The workbook has every note in full.
    """
    by_words: dict[str, list[str]] = {}
    kept: dict[str, str] = {}
    for note in released.notes:
        # Told once, in the questions to ask; here it would be read as a second finding.
        if _IS_QUESTION.search(note):
            continue
        # Numbers in brackets differ from factor to factor, and what is said is the same.
        label, words = _of_factor(note, released.factors["label"])
        by_words.setdefault(words, []).append(label)
        kept.setdefault(words, note)
    return [
        _joined(labels, words) if len(labels) > 1 else kept[words]
        for words, labels in by_words.items()
    ]


_IS_QUESTION = re.compile("[Rr]ank correlations? |pairs? of factors may count one thing twice")


def _of_factor(note: str, labels: Iterable[str]) -> tuple[str, str]:
    """The factor that a note begins with, and its words without the numbers in brackets."""
    for label in labels:
        if note.startswith(f"{label}: "):
            words = note.removeprefix(f"{label}: ")
            # Innermost brackets first, until none is left: brackets can stand inside brackets.
            while (plain := re.sub(r" \([^()]*\)", "", words)) != words:
                words = plain
            return label, words
    return "", note


def _joined(labels: list[str], words: str) -> str:
    named = in_words([inside(label) for label in labels])
    return f"{named[:1].upper()}{named[1:]}: {words}"
