"""What a command shows: lines, tables, and the stage at work."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from riskindex.files.text import seen

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from riskindex.result import Say


def show(line: str) -> None:
    """One line on the screen, in which no text of a file can steer a terminal."""
    console().print(seen(line), markup=False, highlight=False, soft_wrap=True)


def show_table(title: str, table: "pd.DataFrame") -> None:
    """A table under a title, long texts to the left and numbers to the right."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=Text(title), title_justify="left")
    for number, column in enumerate(table):
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

    return Console(stderr=stderr)


@contextmanager
def stages(quiet: bool) -> Iterator["Say"]:
    """Show the stage at work while there is somebody to see it."""
    screen = console(stderr=True)
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
