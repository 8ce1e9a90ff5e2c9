"""Excel and ODS workbooks as text: which sheet, where its header is, what stands below it."""

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from riskindex.errors import InputError
from riskindex.files.formats import CHUNK, nearest, refuse_unsafe

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

WORKBOOKS = ("xlsx", "ods", "legacy Excel or Word")
"""Kinds of files, as `sniff` calls them, that are opened as workbooks."""
LARGEST_UNPACKED = 1 << 30
"""Bytes of a workbook's parts together; a sheet of a million rows has half of it."""
MOST_CELLS = 20_000_000
"""Cells between the first and the last of a sheet; each takes memory, empty or not."""
LOOKED_AT = 50
"""Rows in which the header is looked for."""

Cells = list[list[str]]


class SheetTable(NamedTuple):
    """One table of a workbook as text."""

    header: list[str]
    rows: list[int]
    """Number of each row in the sheet, the first being 1."""
    values: Cells
    """As wide as the header."""
    notes: tuple[str, ...]


def read_grid(
    path: Path,
    columns: Sequence[str],
    label: str,
    *,
    sheet: str | int | None = None,
    header_row: int | None = None,
    date_format: str | None = None,
) -> SheetTable:
    """Read the table of a workbook that has some columns.

    Parameters
    ----------
    path
        An .xlsx, .xlsb, .xls or .ods file; its name does not decide what it is.
    columns
        By which the sheet and its header are found, where they are not named.
    label
        What the file is called in messages.
    sheet
        Name, or number from 1; left out, the only sheet, or the only one with the columns.
    header_row
        Row with the names of the columns, from 1; left out, the first with most of them.
    date_format
        How cells that hold dates are written; ISO where it is left out.

    Raises
    ------
    InputError
        Not whole, protected, too large, no such sheet, or several that it may be.
    """
    book = _opened(path, label)
    # A sheet is found by its columns where it is not named.
    chosen = [_named(book, sheet, label)] if sheet is not None else _with_table(book)
    tables = [(name, _cells(book, name, label, date_format)) for name in chosen]
    # A lone sheet is taken even where columns are missing, so that the fault names them.
    if len(tables) > 1:
        having = [(n, c) for n, c in tables if _matches(c, columns, header_row) == len(columns)]
        if len(having) != 1:
            names = [name for name, _ in tables]
            raise InputError(f"{label}: which sheet? Name one as sheet{nearest('', names)}.")
        tables = having
    if not tables:
        raise InputError(f"{label}: every sheet is empty. Save it again, whole.")
    ((name, cells),) = tables
    at = (header_row or _header_row(cells, columns)) - 1
    if not 0 <= at < len(cells) or not any(cells[at]):
        raise InputError(f"{label}: header_row {at + 1} of sheet {name!r} is empty.")
    header = [text.strip() for text in cells[at]]
    # Cells that were once formatted reach on to the right, without a heading.
    header = header[: max(i for i, text in enumerate(header) if text) + 1]
    # Numbered as the sheet shows them.
    rows = [(i + 1, row[: len(header)]) for i, row in enumerate(cells) if i > at and any(row)]
    # "Total" as an area would count the county twice.
    kept, passed = without_footer(rows)
    notes = [*above(sum(map(any, cells[:at])), label), *below(passed, label)]
    return SheetTable(header, [row for row, _ in kept], [row for _, row in kept], tuple(notes))


def as_csv(grid: SheetTable, target: Path) -> Path:
    """Write a table as a CSV, one line per row of the sheet: rows keep their distance."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(grid.header)
        at = grid.rows[0] if grid.rows else 0
        for row, texts in zip(grid.rows, grid.values, strict=True):
            writer.writerows([[""] * len(grid.header)] * (row - at))  # blank rows keep their place
            writer.writerow(texts)
            at = row + 1
    target.chmod(0o600)
    return target


def _opened(path: Path, label: str) -> "CalamineWorkbook":
    try:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError
    except ImportError:
        raise InputError(
            f"{label}: a workbook needs python-calamine, which is not installed: pip install "
            "python-calamine, or save the sheet as CSV UTF-8."
        ) from None
    # Looked at before it is opened: a small file may unpack to fill the memory.
    if zipfile.is_zipfile(path):
        _refuse_large(path, label)
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise InputError(f"{label}: has a password. Save a copy without it.") from None
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(
            f"{label}: cannot be read as a workbook ({_first_line(error)}). Save the sheet as CSV "
            "UTF-8."
        ) from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _refuse_large(path: Path, label: str) -> None:
    """A sheet with one cell in its last corner takes as much memory as a full one."""
    refuse_unsafe(path)
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if sum(info.file_size for info in infos) > LARGEST_UNPACKED:
            raise InputError(
                f"{label}: would unpack to over {LARGEST_UNPACKED:,} bytes. Save the sheet as CSV "
                "UTF-8."
            )
        for info in infos:
            if _SHEET.fullmatch(info.filename):
                # A single cell at the far corner makes a sheet of millions, each of which takes
                # memory.
                cells = _extent(archive, info.filename)
                if cells > MOST_CELLS:
                    raise InputError(
                        f"{label}: a sheet reaches over {cells:,} cells, most of them empty. "
                        "Delete the empty rows and columns, or save the table as CSV UTF-8."
                    )


_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')


def _extent(archive: zipfile.ZipFile, name: str) -> int:
    """Cells between the first one of a sheet and its last row and column."""
    columns, last, before = set[bytes](), 0, b""
    with archive.open(name) as part:
        while chunk := part.read(CHUNK):
            # By a pattern and not by a parser: a part of a gigabyte must be looked at without being
            # held.
            cells = _CELL.findall(before + chunk)
            columns.update(column for column, _ in cells)
            last = max([last, *(int(row) for _, row in cells)])
            # A cell's name may be cut by the end of a piece.
            before = chunk[-64:]
    return last * max(map(_column_number, columns), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _named(book: "CalamineWorkbook", sheet: str | int, label: str) -> str:
    names = list(book.sheet_names)
    if isinstance(sheet, int):
        if not 1 <= sheet <= len(names):
            raise InputError(f"{label}: no sheet {sheet}; it has {len(names)}, from 1.")
        return names[sheet - 1]
    if sheet not in names:
        raise InputError(f"{label}: no sheet {sheet!r}{nearest(sheet, names)}.")
    return sheet


def _with_table(book: "CalamineWorkbook") -> list[str]:
    """Names of the sheets that hold anything."""
    return [name for name in book.sheet_names if book.get_sheet_by_name(name).height > 0]


def _cells(book: "CalamineWorkbook", name: str, label: str, date_format: str | None) -> Cells:
    try:
        # Empty rows above count, so that row numbers are those of the sheet.
        values = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except Exception as error:
        raise InputError(
            f"{label}: sheet {name!r} cannot be read ({_first_line(error)}). Save it as CSV UTF-8."
        ) from None
    return [[_text(value, date_format) for value in row] for row in values]


def _text(value: Any, date_format: str | None) -> str:  # noqa: ANN401 (a cell)
    """A cell as a CSV would hold it."""
    # Before the numbers: Python counts true among the whole numbers.
    if isinstance(value, bool):
        return "true" if value else "false"
    # Spreadsheets hold every number as a float; 12.0 is a code or a count, and is written 12.
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, date) and date_format is not None:
        return value.strftime(date_format)
    if isinstance(value, datetime):
        # Dates are moments at midnight to a spreadsheet.
        has_time = value.time() != time(0)
        return value.isoformat(sep=" ") if has_time else value.date().isoformat()
    return str(value)


def _matches(cells: Cells, columns: Sequence[str], header_row: int | None) -> int:
    """How many of the columns the header of a table has."""
    row = header_row or _header_row(cells, columns)
    names = {text.strip() for text in cells[row - 1]} if 0 < row <= len(cells) else set()
    return sum(column in names for column in columns)


def _header_row(cells: Cells, columns: Sequence[str]) -> int:
    """The first row with most of the columns; the first that holds anything where none has one."""
    wanted = set(columns)
    # The row that holds most of the wanted names; titles hold none.
    matches = [len(wanted & {text.strip() for text in row}) for row in cells[:LOOKED_AT]]
    if any(matches):
        return matches.index(max(matches)) + 1
    return next((i + 1 for i, row in enumerate(cells) if any(row)), 1)


_FOOTER = re.compile(
    r"(grand |sub-?)?totals?\b.*|sum|end of (report|file|table|data).*|notes?\b.*|source\b.*"
    r"|footnotes?\b.*|©.*|crown copyright.*|\*.*",
    re.IGNORECASE | re.DOTALL,
)
"""What stands first in a row below a table that is none of its rows."""


def without_footer(
    rows: list[tuple[int, list[str]]],
) -> tuple[list[tuple[int, list[str]]], list[tuple[int, list[str]]]]:
    """The rows of the table, and those below it: totals, and notes in a single cell."""
    end = len(rows)
    while end and _is_footer(rows[end - 1][1]):
        end -= 1
    return rows[:end], rows[end:]


def _is_footer(row: Sequence[str]) -> bool:
    texts = [text.strip() for text in row if text.strip()]
    if not texts:
        return True
    # One sentence alone in a wide row is a note.
    is_lone = len(texts) == 1 and len(row) > 1
    return _FOOTER.fullmatch(texts[0]) is not None or (is_lone and " " in texts[0])


def above(rows: int, label: str) -> Iterator[str]:
    """How many rows stand above the header."""
    if rows:
        yield f"{label}: {rows:,} rows above the header were passed over."


def below(passed: Sequence[tuple[int, list[str]]], label: str) -> Iterator[str]:
    """What was taken for no row of the table is said, because it may be one."""
    if passed:
        rows = [f"row {row}: {next(t for t in texts if t.strip())[:60]!r}" for row, texts in passed]
        more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        yield (
            f"{label}: {len(passed):,} rows below the table were not read ({', '.join(rows[:5])}"
            f"{more})."
        )
