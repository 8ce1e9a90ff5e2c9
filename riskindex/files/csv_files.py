"""CSV files as they come: zipped or not, any encoding of Windows or UTF-8, every fault placed."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TextIO

from riskindex.errors import InputError
from riskindex.files.boundary_files import check_columns
from riskindex.files.formats import as_utf8, members, nearest, open_member, sniff, unpack
from riskindex.files.official_headings import TWINS
from riskindex.files.workbooks import LOOKED_AT, WORKBOOKS, above, below, read_grid, without_footer

MOST_FAULTS = 20
"""Faults of one file that are listed; the rest is counted."""

_DELIMITERS = (",", "\t", ";", "|")


class CsvSheet(NamedTuple):
    """Text of the columns that were asked for, row by row, with the place of each row."""

    label: str
    """File name, and member where it lay in a zip."""
    rows: list[int]
    """Line of each row in the file, the header being line 1."""
    columns: dict[str, list[str]]
    """Column name to one text per row."""
    notes: tuple[str, ...]


def read_sheet(
    path: Path,
    columns: Sequence[str],
    scratch: Path,
    *,
    member: str | None = None,
    sheet: str | int | None = None,
    header_row: int | None = None,
) -> CsvSheet:
    """Read named columns of a CSV or workbook as text.


    Parameters
    ----------
    path
        A CSV, a gzip of one, a zip with one, or an Excel or ODS workbook; its name does not decide
        what it is.
    columns
        Columns to read; no others are kept. A heading of an official lookup is found under that of
        a tidy copy too, and the other way about: LSOA21CD and lsoa21_code.
    scratch
        Private folder for what has to be unpacked or converted.
    member
        File inside a zip; without it the only CSV, or the only one that ends in -lsoa.csv.
    sheet
        Of a workbook: its name, or number from 1; found by the columns where it is left out.
    header_row
        Row with the names of the columns; found among the first 50 where it is left out.

    Raises
    ------
    InputError
        Not a CSV; a column that is not there or there twice; rows with more or fewer fields than
        the header, all of them reported.
    """
    # By its first bytes: a workbook is often called .csv.
    if member is None and sniff(path) in WORKBOOKS:
        grid = read_grid(path, columns, path.name, sheet=sheet, header_row=header_row)
        places = find_columns(grid.header, columns, path.name)
        # Columns that nobody asked for may hold names or addresses and go no further.
        values = [[row[place] for place in places.values()] for row in grid.values]
        return _sheet(path.name, grid.rows, values, list(places), grid.notes)
    label, inner = _unpacked(path, member, scratch)
    if sheet is not None:
        raise InputError(f"{label}: a CSV has no sheets; leave sheet = {sheet!r} out.")
    text = as_utf8(inner, scratch, label=label)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        skipped = _rows_above(file, columns, header_row, label)
        # The header decides the delimiter, by the columns that it finds with each.
        first = file.readline()
        delimiter = _delimiter(first, columns)
        _start_at(file, skipped)
        lines = _lines(file, delimiter, label, start=skipped + 1)
        _, header = next(lines, (1, []))
        # Only the named columns are kept in memory.
        places = find_columns(header, columns, label)
        rows, values, passed = _rows_that_fit(lines, len(header), list(places.values()), label)
    notes = [*([text.note] if text.note else []), *above(skipped, label), *below(passed, label)]
    return _sheet(label, rows, values, list(places), notes)


def _sheet(
    label: str,
    rows: list[int],
    values: Sequence[Sequence[str]],
    columns: Sequence[str],
    notes: Sequence[str],
) -> CsvSheet:
    if not rows:
        raise InputError(f"{label}: the table has a header and no rows. Save it again, whole.")
    table = {column: [row[k] for row in values] for k, column in enumerate(columns)}
    return CsvSheet(label, rows, table, tuple(notes))


def find_columns(found: Sequence[str], columns: Sequence[str], label: str) -> dict[str, int]:
    """Position of each column that is asked for.

    Parameters
    ----------
    found
        The header.
    columns
        Columns that are asked for.
    label
        What messages call the table.

    Raises
    ------
    InputError
        A column that is not there or there twice.
    """
    # Official headings and those of tidy copies count as one, so a config fits both.
    names = _as_asked(found, columns)
    _check_header(names, columns, label)
    return {column: names.index(column) for column in dict.fromkeys(columns)}


def _rows_above(file: TextIO, columns: Sequence[str], header_row: int | None, label: str) -> int:
    """How many lines stand above the header; the file is left at it."""
    lines = [first_line(file, label)]
    lines += [file.readline(LONGEST_HEADER) for _ in range(LOOKED_AT - 1)]
    at = 0 if header_row is None else header_row - 1
    # Titles and blank lines stand above the tables of Nomis and of most exports.
    if header_row is None and not _found(lines[0], columns):
        # All the columns and not most: a title may happen to hold the name of one.
        whole = (i for i, line in enumerate(lines) if _found(line, columns) == len(set(columns)))
        at = next(whole, 0)
    _start_at(file, at)
    return at


def _start_at(file: TextIO, line: int) -> None:
    file.seek(0)
    for _ in range(line):
        file.readline()


def _found(header: str, columns: Sequence[str]) -> int:
    """How many of the columns a line names, by the delimiter that finds most."""
    return max(_found_by(delimiter, header, columns) for delimiter in _DELIMITERS)


def read_header(
    path: Path,
    columns: Sequence[str],
    scratch: Path,
    *,
    member: str | None = None,
    sheet: str | int | None = None,
    header_row: int | None = None,
) -> list[str]:
    """Names of all columns of a table of which `read_sheet` reads some.

    Parameters
    ----------
    path, columns, scratch, member, sheet, header_row
        As for `read_sheet`.
    """
    if member is None and sniff(path) in WORKBOOKS:
        return read_grid(path, columns, path.name, sheet=sheet, header_row=header_row).header
    label, inner = _unpacked(path, member, scratch)
    text = as_utf8(inner, scratch, label=label)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        _rows_above(file, columns, header_row, label)
        first = file.readline()
        tried = [next(csv.reader([first], delimiter=delimiter), []) for delimiter in _DELIMITERS]
    # Without wanted columns the delimiter that gives most of them is the likeliest.
    return [name.strip() for name in max(tried, key=len)]


def capped(faults: Sequence[str]) -> list[str]:
    """The first faults, and a sentence that counts the rest."""
    rest = len(faults) - MOST_FAULTS
    return [*faults[:MOST_FAULTS], f"... and {rest:,} more."] if rest > 0 else list(faults)


def first_line(file: TextIO, label: str) -> str:
    """The first line of a table, if it can be one.

    Raises
    ------
    InputError
        It is longer, or has more columns, than that of any table; or it is a note to Excel.
    """
    # A file without line ends would be one line of gigabytes.
    line = file.readline(LONGEST_HEADER + 1)
    is_wide = max(map(line.count, _DELIMITERS)) >= MOST_COLUMNS
    if is_wide or len(line) > LONGEST_HEADER:
        what = f"{MOST_COLUMNS:,} columns" if is_wide else f"{LONGEST_HEADER:,} characters"
        raise InputError(
            f"{label}: line 1 has over {what}, more than any table has. Are its line ends missing, "
            "or is it turned on its side? Save it again with one row per line."
        )
    refuse_separator_line(line, label)
    return line


LONGEST_HEADER, MOST_COLUMNS = 4_000_000, 20_000
"""Characters and columns of a header; a sheet of Excel has 16,384 columns."""


def refuse_separator_line(first: str, label: str) -> None:
    """Say that the first line of a CSV is a note to Excel, where it is."""
    if first.lower().startswith(("sep=", '"sep=')):
        raise InputError(
            f"{label}: line 1 is {first.strip()!r}, a note to Excel, and no header. Take it out."
        )


def _unpacked(path: Path, member: str | None, scratch: Path) -> tuple[str, Path]:
    kind = sniff(path)
    # A zip of one table is read as it is downloaded.
    if kind == "zip":
        name = _choose(members(path), member, path.name)
        return f"{path.name}/{name}", open_member(path, name, scratch)
    if member is not None:
        raise InputError(f"{path.name}: not a zip, so it has no member {member!r}.")
    if kind == "gzip":
        return path.name, unpack(path, scratch)
    if kind in ("text", "utf-16"):
        return path.name, path
    raise InputError(f"{path.name}: {_HINTS.get(kind, f'a {kind} file')}. Save it as CSV UTF-8.")


_HINTS = {
    "empty": "the file is empty",
    "xlsx": "an Excel workbook",
    "xml": "an XML or HTML file (a web page saved by mistake?)",
}


def _choose(names: Sequence[str], member: str | None, label: str) -> str:
    if member is not None:
        # By name or by whole path, since zips of several years repeat file names.
        chosen = [n for n in names if member in (n, PurePosixPath(n).name)]
        if len(chosen) != 1:
            raise InputError(f"{label}: no one member {member!r}{nearest(member, names)}.")
        return chosen[0]
    tables = [n for n in names if n.lower().endswith(".csv")]
    if not tables:
        raise InputError(f"{label}: no table in it (looked for *.csv){nearest('', names)}.")
    # Nomis bulk files hold one table for each level of geography.
    by_lsoa = [n for n in tables if n.lower().endswith("-lsoa.csv")]
    # A lone table first, whatever it is called.
    for candidates in (tables, by_lsoa):
        if len(candidates) == 1:
            return candidates[0]
    raise InputError(f"{label}: which member? Name one as member{nearest('', tables)}.")


def _delimiter(header: str, columns: Sequence[str]) -> str:
    """The delimiter that finds most of the columns; the comma where several do."""
    return max(_DELIMITERS, key=lambda delimiter: _found_by(delimiter, header, columns))


def _found_by(delimiter: str, header: str, columns: Sequence[str]) -> int:
    # A delimiter under which the header is no CSV is none; another may fit.
    with suppress(csv.Error):
        names = set(_as_asked(next(csv.reader([header], delimiter=delimiter), []), columns))
        return sum(column in names for column in set(columns))
    return 0


def _lines(
    file: Iterable[str], delimiter: str, label: str, *, start: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """First line and fields of each row; rows without any text are no rows."""
    # Strict: a quote left open would swallow the rest of the file as one cell.
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    above = start - 1
    try:
        for fields in reader:
            if any(fields):
                yield start, fields
            # Rows are numbered as a spreadsheet shows them, cells with line ends counted as they
            # stand.
            start = above + reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{label}: row {start} cannot be read as CSV ({error}). Is a quote left open there, or "
            "are quotes inside a text not doubled? Save it again as CSV UTF-8."
        ) from None


def _as_asked(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The header, with a column that is not in it under its twin's place."""
    here, asked = set(names), set(columns)
    # Tidy copies of official files rename their columns in known ways.
    twins = {TWINS[column]: column for column in asked if column in TWINS and column not in here}
    return [name if name in asked else twins.get(name, name) for name in names]


def _check_header(names: Sequence[str], columns: Sequence[str], label: str) -> None:
    check_columns(columns, names, label)
    twice = [column for column in dict.fromkeys(columns) if names.count(column) > 1]
    if twice:
        raise InputError(
            [
                f"{label}: the column {c!r} is there {names.count(c)} times; rename all but one."
                for c in twice
            ]
        )


def _rows_that_fit(
    lines: Iterator[tuple[int, list[str]]], width: int, places: Sequence[int], label: str
) -> tuple[list[int], list[list[str]], list[tuple[int, list[str]]]]:
    """Rows that fit the header, and what stands below the table: one cell with a note."""
    rows, values, odd = [], [], []
    for row, fields in lines:
        if len(fields) == width:
            rows.append(row)
            values.append([fields[place] for place in places])
        else:
            odd.append((row, fields))
    last = rows[-1] if rows else 0
    # Odd rows below the table are notes; inside it they are faults.
    inside = [(row, fields) for row, fields in odd if row < last]
    # One empty cell more: a note alone in its row is told by the empty cells beside it.
    notes, passed = without_footer([(r, [*f, ""]) for r, f in odd if r > last])
    faults = [
        f"{label}: row {row} has {width_of} fields, the header {width}. Take out "
        "notes below the table, and put quotes around text with commas."
        for row, width_of in [(r, len(f)) for r, f in inside] + [(r, len(f) - 1) for r, f in notes]
    ]
    if faults:
        raise InputError(capped(faults))
    return rows, values, passed
