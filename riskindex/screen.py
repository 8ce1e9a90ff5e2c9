"""What a command shows: lines, tables, the stage at work, and what came of it."""

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from riskindex.errors import InputError, RiskindexError
from riskindex.files.text import seen

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from riskindex.definition_comparison import DefinitionComparison
    from riskindex.outputs.backtest_page import ReleasedBacktest
    from riskindex.outputs.compare import Comparison
    from riskindex.publication.released import Released
    from riskindex.result import Say


STAGES_AS_LINES, STAGE_LINE = "RISKINDEX_STAGES_AS_LINES", "stage: "
"""Environment variable under which each stage is a line of its own, and how such a line begins."""


def show(line: str, *, stderr: bool = False) -> None:
    """One line on the screen, in which no text of a file can steer a terminal."""
    screen = console(stderr=stderr)
    # markup off: a name with [brackets] would be taken for a style and vanish. Words are kept whole
    # on a screen; in a file or a pipe a line stays a line, which programs look for.
    whole = not screen.is_terminal
    screen.print(seen(line), markup=False, emoji=False, highlight=False, soft_wrap=whole)


def show_table(title: str, table: "pd.DataFrame") -> None:
    """A table under a title, long texts to the left and numbers to the right."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=Text(title), title_justify="left")
    for number, column in enumerate(table):
        # Numbers align right so that digits stand below each other.
        long = number == 0 or table[column].astype(str).str.len().max() > 20
        shown.add_column(Text(str(column)), justify="left" if long else "right")
    for row in table.itertuples(index=False):
        shown.add_row(
            *(Text(f"{cell:,}" if isinstance(cell, int) else seen(str(cell))) for cell in row)
        )
    console().print(shown)


def console(*, stderr: bool = False) -> "Console":
    """The screen, or where errors go."""
    from rich.console import Console

    # Made anew each time: tests and notebooks exchange the streams under a program.
    return Console(stderr=stderr)


@contextmanager
def logging_to(path: Path | None) -> Iterator[None]:
    """Add what a run says to a file, with the time: for runs that nobody watches.

    Parameters
    ----------
    path
        The file, which is made if it is not there; None logs nowhere.

    Raises
    ------
    InputError
        It cannot be written.
    """
    if path is None:
        yield
        return
    try:
        file = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--log: {path} cannot be written ({error.strerror}).") from None
    # Local time, since the analyst compares it with the clock of the job.
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(file)
    # Without files of each stage, which are told at a finer level.
    LOG.setLevel(logging.INFO)
    try:
        yield
    except Exception as error:
        faults = error.faults if isinstance(error, RiskindexError) else (str(error),)
        for fault in faults:
            LOG.error("%s", seen(fault))
        raise
    finally:
        LOG.removeHandler(file)
        file.close()


def log_end(headline: str, notes: Iterable[str]) -> None:
    """Tell the log what came of a run."""
    for note in notes:
        LOG.info("Note: %s", seen(note))
    LOG.info("Done: %s.", seen(headline))


LOG = logging.getLogger("riskindex")


@contextmanager
def stages(quiet: bool) -> Iterator["Say"]:
    """Show the stage at work while there is somebody to see it."""
    screen = console(stderr=True)
    # For the page of riskindex ui, which reads the stages from a pipe.
    if os.environ.get(STAGES_AS_LINES):
        # Flushed: who reads the pipe must see a stage when it begins and not when it is over.
        yield lambda stage: print(f"{STAGE_LINE}{seen(stage)}", file=sys.stderr, flush=True)
        return
    # In a log file a moving bar would be thousands of lines.
    if quiet or not screen.is_terminal:
        yield lambda _stage: None
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from riskindex.pipeline import STAGES

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("Starting", total=STAGES + 1)

        def say(stage: str) -> None:
            # A part of a stage, such as a file, comes after its name and a colon.
            progress.update(task, description=stage, advance=":" not in stage)

        yield say


@contextmanager
def downloads(quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show how far each file is while there is somebody to see it.

    Yields
    ------
    Callable
        Takes the name of a file, how much of it is there, and how much there will be if known.
    """
    screen = console(stderr=True)
    if quiet or not screen.is_terminal:
        yield lambda _name, _there, _total: None
        return
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[file]}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.fields[whole]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def say(name: str, there: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task("", file=seen(name), whole="?")
            whole = "?" if total is None else f"{total:,}"
            progress.update(tasks[name], completed=there, total=total, whole=whole)

        yield say


def show_end(released: "Released", folder: Path) -> None:
    """What came of a run: the list in a sentence or two, definitions, notes, and where to look."""
    from riskindex.assessment.funnel_rows import funnel_tables
    from riskindex.outputs.report.page import summary

    show("")
    for line in summary(released):
        show(line)
    # Measures have definitions, too.
    labels = {**released.factors["label"], **released.measures["label"]}
    for number, (title, table) in enumerate(funnel_tables(released.funnels, labels)):
        if number < MOST_FUNNELS:
            show_table(title, table)
        else:
            show(f"{title}: {table['Left'].iloc[-1]} of {table['Left'].iloc[0]} records")
    if released.notes:
        show("Notes:")
    for note in released.notes:
        show(f"  {note}")
    # Where to look comes last, as the last lines of a long output are the ones that are seen.
    show(f"Result: {folder}")
    for name in (name for name in _TO_OPEN if (folder / name).exists()):
        show(f"  {folder / name}")


MOST_FUNNELS = 3
"""Definitions that are shown clause by clause; of the others definitions.csv has the clauses."""


_TO_OPEN = (
    "map.html",
    "top_areas.csv",
    "report.html",
    "profiles/index.html",
    "workbook.xlsx",
    "areas.gpkg",
)


def show_backtest(released: "ReleasedBacktest", folder: Path) -> None:
    """What each list caught of the later events."""
    from riskindex.outputs.backtest_page import hit_rates, stays

    show_table("Share of the later events in the areas of each list", hit_rates(released))
    show("+ more than the index beyond what the intervals allow for, - fewer.")
    show(stays(released))
    show(f"Result: {folder / 'backtest.html'}")


def show_comparison(result: "Comparison", folder: Path | None) -> None:
    """Which areas entered and left, what differs between the runs, and why."""
    from riskindex.outputs.compare_page import mover_table, summary

    for line in (*result.differences, *result.notes):
        show(line)
    if len(result.movers):
        show_table("Who entered and who left", mover_table(result).drop(columns="Why"))
        show("Points: what the factors added to the index or took from it. Causes in full below.")
    show(summary(result))
    if folder is not None:
        show(f"Result: {folder / 'compare.html'}")


def show_definitions(comparison: "DefinitionComparison", one: str, other: str) -> None:
    """Events, hot areas and areas of the list by which two definitions differ."""
    show_table("Events that each counts", comparison.events)
    if comparison.hot.empty:
        show("No factor counts by them, so that hot areas and the list are the same.")
        return
    show_table("Areas hot in the last period", comparison.hot)
    if len(comparison.selected):
        show_table("Areas that one list has and the other has not", comparison.selected)
    show(f"The lists by {one} and by {other} share {comparison.in_both:,} areas.")
