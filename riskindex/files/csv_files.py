"""CSV files as they come: zipped or not, any encoding of Windows or UTF-8, every fault placed."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from riskindex.errors import InputError
from riskindex.files.boundary_files import check_columns
from riskindex.files.formats import as_utf8, members, nearest, open_member, sniff, unpack
from riskindex.files.official_headings import TWINS

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
    path: Path, columns: Sequence[str], scratch: Path, *, member: str | None = None
) -> CsvSheet:
    """Read named columns of a CSV as text.

    Parameters
    ----------
    path
        A CSV, a gzip of one, or a zip with one; its name does not decide what it is.
    columns
        Columns to read; no others are kept. A heading of an official lookup is found under that of
        a tidy copy too, and the other way about: LSOA21CD and lsoa21_code.
    scratch
        Private folder for what has to be unpacked or converted.
    member
        File inside a zip; without it the only CSV, or the only one that ends in -lsoa.csv.

    Raises
    ------
    InputError
        Not a CSV; a column that is not there or there twice; rows with more or fewer fields than
        the header, all of them reported.
    """
    label, inner = _unpacked(path, member, scratch)
    text = as_utf8(inner, scratch, label=label)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        refuse_separator_line(first, label)
        delimiter = _delimiter(first, columns)
        file.seek(0)
        lines = _lines(file, delimiter, label)
        _, found = next(lines, (1, []))
        names = _as_asked(found, columns)
        _check_header(names, columns, label)
        places = {column: names.index(column) for column in dict.fromkeys(columns)}
        rows, values = _kept(lines, len(names), list(places.values()), label)
    if not rows:
        raise InputError(f"{label}: the table has a header and no rows. Save it again, whole.")
    table = {column: [row[k] for row in values] for k, column in enumerate(places)}
    return CsvSheet(label, rows, table, (text.note,) if text.note else ())


def capped(faults: Sequence[str]) -> list[str]:
    """The first faults, and a sentence that counts the rest."""
    rest = len(faults) - MOST_FAULTS
    return [*faults[:MOST_FAULTS], f"... and {rest:,} more."] if rest > 0 else list(faults)


def refuse_separator_line(first: str, label: str) -> None:
    """Say that the first line of a CSV is a note to Excel, where it is."""
    if first.lower().startswith(("sep=", '"sep=')):
        raise InputError(
            f"{label}: line 1 is {first.strip()!r}, a note to Excel, and no header. Take it out."
        )


def _unpacked(path: Path, member: str | None, scratch: Path) -> tuple[str, Path]:
    kind = sniff(path)
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
        chosen = [n for n in names if member in (n, PurePosixPath(n).name)]
        if len(chosen) != 1:
            raise InputError(f"{label}: no one member {member!r}{nearest(member, names)}.")
        return chosen[0]
    tables = [n for n in names if n.lower().endswith(".csv")]
    if not tables:
        raise InputError(f"{label}: no table in it (looked for *.csv){nearest('', names)}.")
    by_lsoa = [n for n in tables if n.lower().endswith("-lsoa.csv")]
    for candidates in (tables, by_lsoa):
        if len(candidates) == 1:
            return candidates[0]
    raise InputError(f"{label}: which member? Name one as member{nearest('', tables)}.")


def _delimiter(header: str, columns: Sequence[str]) -> str:
    """The delimiter that finds most of the columns; the comma where several do."""

    def found(delimiter: str) -> int:
        with suppress(csv.Error):
            names = _as_asked(next(csv.reader([header], delimiter=delimiter), []), columns)
            return sum(column in names for column in columns)
        return 0

    return max(_DELIMITERS, key=found)


def _lines(file: Iterable[str], delimiter: str, label: str) -> Iterator[tuple[int, list[str]]]:
    """First line and fields of each row; rows without any text are no rows."""
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    start = 1
    try:
        for fields in reader:
            if any(fields):
                yield start, fields
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{label}: row {start} cannot be read as CSV ({error}). Is a quote left open there, or "
            "are quotes inside a text not doubled? Save it again as CSV UTF-8."
        ) from None


def _as_asked(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The header, with a column that is not in it under its twin's place."""
    twins = {TWINS[column]: column for column in columns if column in TWINS and column not in names}
    return [name if name in columns else twins.get(name, name) for name in names]


def _check_header(names: Sequence[str], columns: Sequence[str], label: str) -> None:
    check_columns(columns, names, label)
    twice = [column for column in dict.fromkeys(columns) if names.count(column) > 1]
    if twice:
        raise InputError([f"{label}: the column {c!r} is there {names.count(c)} times; "
                          "rename all but one." for c in twice])  # fmt: skip


def _kept(
    lines: Iterator[tuple[int, list[str]]], width: int, places: Sequence[int], label: str
) -> tuple[list[int], list[list[str]]]:
    rows, values, faults = [], [], []
    for row, fields in lines:
        if len(fields) == width:
            rows.append(row)
            values.append([fields[place] for place in places])
        else:
            faults.append(
                f"{label}: row {row} has {len(fields)} fields, the header {width}. Take out "
                "notes below the table, and put quotes around text with commas."
            )
    if faults:
        raise InputError(capped(faults))
    return rows, values
