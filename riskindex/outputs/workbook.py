"""The list as CSV, and a workbook laid out as the Government Statistical Service advises."""

import re
import warnings
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from riskindex.disclosure import NOT_APPLICABLE, NOT_RECORDED
from riskindex.files.csv_writer import write_table
from riskindex.files.text import inert, retold, seen
from riskindex.outputs.workbook_sheets import Sheet, mark_words, sheets_of
from riskindex.publication.released import Released

if TYPE_CHECKING:
    import gptables


_EPOCH = datetime(2000, 1, 1)  # no clock in any output: two runs give the same bytes


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that opens in Excel and in which no text can become a formula."""
    # A name that begins with = runs as a formula when Excel opens the file (CSV injection); whoever
    # names a place in a source could put one there.
    columns = {i: retold(column, inert) for i, (_, column) in enumerate(table.items())}
    safe = pd.DataFrame(columns, index=table.index, copy=False)
    safe.columns = [inert(str(column)) for column in table.columns]
    # Without the byte order mark Excel reads UTF-8 as the Windows code page; CRLF is the line end
    # of RFC 4180.
    write_table(safe, path, line_end="\r\n", encoding="utf-8-sig")


def write_parquet(released: Released, path: Path) -> None:
    """Write the table of figures as Parquet, where pyarrow is installed."""
    # Optional: pyarrow is large, and locked-down machines may not have it.
    if find_spec("pyarrow") is not None:
        released.figures.to_parquet(path, engine="pyarrow", index=False)


def write_workbook(released: Released, path: Path) -> None:
    """Write cover, contents, list with reasons, all areas, factors, events and notes.

    Parameters
    ----------
    released
        What the profile may see.
    path
        The `.xlsx` file.

    References
    ----------
    Government Analysis Function, "Releasing statistics in spreadsheets".
    """
    gptables = _gptables()
    released_sheets = {sheet.label: sheet for sheet in sheets_of(released)}
    sheets = {label: _gptable(sheet, released) for label, sheet in released_sheets.items()}
    with warnings.catch_warnings():
        # gptables warns that it made no notes sheet; ours is one of the tables.
        warnings.simplefilter("ignore")
        workbook = gptables.produce_workbook(
            filename=str(path),
            sheets=sheets,
            cover=_cover(released),
            auto_width=False,  # measured cell by cell, and set anew below
            workbook_options={
                # xlsxwriter makes formulas and links of texts that look like them; as a number, a
                # code such as 00123 would lose its zeros.
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
    for page in workbook.worksheets():
        page.set_footer(f"&L{_plain(released.title)[:80]}&C&P / &N&R{released.profile}")
        sheet = released_sheets.get(page.get_name())
        _lay_out(page, sheet, released)
        if sheet is not None and {"Value", "Note"} <= set(sheet.table):
            _colour(workbook, page, sheet, released)
    workbook.set_properties(
        # xlsxwriter writes the time of the run into the file otherwise.
        {"title": released.title, "comments": f"Profile: {released.profile}", "created": _EPOCH}
    )
    workbook.close()


WIDEST = 60
"""Characters of the widest column; longer text goes on in the next line of its cell."""
_NARROWEST = 8
_ABOVE_TABLE = 2
"""Rows above every table beside its subtitles: the title, and a line for screen readers."""


def _lay_out(page: Any, sheet: Sheet | None, released: Released) -> None:  # noqa: ANN401
    """Widths, what stays in sight when one scrolls, and how a sheet is printed."""
    # Tables of many columns; the width is made to fit one page, the length is left free.
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    if sheet is None:
        page.set_column(0, 0, WIDEST)
        page.set_column(1, 1, WIDEST)
        return
    # Headings stay in sight on the screen and are repeated on every printed page.
    head = _ABOVE_TABLE + len(_subtitles(sheet, released))
    page.freeze_panes(head + 1, _frozen(sheet.table))
    page.repeat_rows(head)
    for place, (name, column) in enumerate(sheet.table.items()):
        page.set_column(place, place, _width(str(name), column))


VERDICT_COLOURS = {
    "better": ("#12436D", "#FFFFFF"),
    "worse": ("#F46A25", "#0B0C0C"),
    **dict.fromkeys(("similar", "lower", "higher"), ("#F3F2F1", "#0B0C0C")),
}
"""Ground and text of a value beside a benchmark, those of the pages."""


def _colour(workbook: Any, page: Any, sheet: Sheet, released: Released) -> None:  # noqa: ANN401
    """Colour values beside a benchmark by what their note says at its end."""
    first = _ABOVE_TABLE + len(_subtitles(sheet, released)) + 1
    last = first + max(len(sheet.table), 1) - 1
    value, note = (sheet.table.columns.get_loc(name) for name in ("Value", "Note"))
    of_note = xl_rowcol_to_cell(first, note, col_abs=True)
    for verdict, (ground, text) in VERDICT_COLOURS.items():
        ending = f": {verdict}"
        rule = {
            "type": "formula",
            # A rule and not a fixed fill: it goes with its line where a reader sorts the table.
            "criteria": f'=RIGHT({of_note},{len(ending)})="{ending}"',
            "format": workbook.add_format({"bg_color": ground, "font_color": text}),
        }
        page.conditional_format(first, value, last, value, rule)


def _width(name: str, column: "pd.Series[Any]") -> int:
    """Characters that the longest cell takes, or the longest word of the heading."""
    cells = max((len(str(value)) for value in column), default=0)
    # A heading may break between words, but not inside one.
    words = max(map(len, name.split()), default=0)
    return min(max(cells, words, len(name) // 3, _NARROWEST) + 2, WIDEST)


def _frozen(table: pd.DataFrame) -> int:
    """Columns up to the name of an area, which stay in sight; one where there is none."""
    return table.columns.get_loc("Name") + 1 if "Name" in table.columns[:6] else 1


def _gptables() -> ModuleType:
    with warnings.catch_warnings():
        # It leaves the file of its theme open on import, for the garbage collector to close.
        warnings.simplefilter("ignore", ResourceWarning)
        return import_module("gptables")


def _subtitles(sheet: Sheet, released: Released) -> list[str]:
    """What stands between the title of a sheet and its table."""
    return [*sheet.about, f"Profile: {released.profile}."]


def _gptable(sheet: Sheet, released: Released) -> "gptables.GPTable":
    table = sheet.table.reset_index(drop=True)
    if table.empty:  # gptables refuses a table without rows, such as a list that nobody is on
        table = pd.DataFrame({column: [""] for column in table.columns})
    # Only where text is cut off otherwise: wrapped cells make rows of uneven height.
    wrapped = [_plain(str(c)) for c in table if _width(str(c), table[c]) == WIDEST]
    wrap = {"text_wrap": True, "valign": "top"}
    formats: list[dict[str, Any]] = [
        {"column": {"columns": [name], "format": wrap}} for name in wrapped
    ]
    formats += [
        {"column": {"columns": [_plain(name)], "format": {"num_format": "0." + "0" * places}}}
        for name, places in sheet.decimals.items()
        if name in table
    ]
    return _gptables().GPTable(
        table=pd.DataFrame({_plain(str(c)): [_cell(v) for v in table[c]] for c in table}),
        table_name=re.sub(r"\W", "_", sheet.label.lower()),
        title=_plain(sheet.title),
        subtitles=[_plain(line) for line in _subtitles(sheet, released)],
        # The guidance asks that a sheet says how many tables it has, for who hears it read out.
        instructions="This worksheet contains one table. " + "; ".join(mark_words(released)) + ".",
        index_columns={},
        additional_formatting=formats,
    )


def _cell(value: Any) -> Any:  # noqa: ANN401  (a cell holds what it holds)
    if isinstance(value, str):
        # The advice on accessible spreadsheets: no empty cells in a table, a mark says why nothing
        # is there.
        text = _plain(value) or NOT_APPLICABLE
        # gptables refuses a cell without a Latin letter or digit, such as a ward called "-".
        return text if _HAS_WORD.search(text) else f"{text} (as recorded)"
    if pd.isna(value):
        return NOT_RECORDED
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    # xlsxwriter knows Python's numbers, and not NumPy's.
    return value.item() if hasattr(value, "item") else value


_HAS_WORD = re.compile("[A-Za-z0-9]")


def _plain(text: str) -> str:
    """Text that gptables takes as text: it would read [a](b) as a link and $$a$$ as a note."""
    return seen(text).replace("](", "] (").replace("$$", "$ $")


def _cover(released: Released) -> "gptables.Cover":
    return _gptables().Cover(
        title=_plain(released.title),
        intro=[
            f"Release profile: {released.profile}",
            f"Data period: {released.period_label}",
            *([_plain(released.about)] if released.about else []),
            released.cut.explanation,
        ],
        about=[
            _plain(line)
            for line in (*released.limits, *released.attribution, *mark_words(released))
        ],
    )
