"""Tables without areas: exclusions by authority, admissions, benchmarks of forces, of England."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd

from riskindex.errors import ConfigError, InputError
from riskindex.files.csv_files import CsvSheet, capped, read_sheet
from riskindex.files.formats import FileRecord, find_file, record
from riskindex.files.frames import frame_sheet, record_of_sheet
from riskindex.rules import Where

COLUMNS = (
    "series",
    "label",
    "place",
    "period",
    "category",
    "count",
    "base",
    "value",
    "unit",
    "citation",
)
"""Columns of a table of series."""


@dataclass(frozen=True, kw_only=True)
class SeriesSource:
    """A table by place and period that has no areas, such as exclusions by authority and year."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["series"]
    """A table with one row per place and period."""
    path: str
    """A CSV (may be compressed), or a zip with one."""
    where: Where = field(default_factory=dict)
    """Which rows are read, such as those of one indicator of a table of many."""
    label: str
    """What it counts, in words."""
    place: str
    """Column with the place: an authority, a force, England."""
    period: str
    """Column with the period, as it is printed."""
    group: str | None = None
    """Column that parts the rows of a place and period further, such as an age band."""
    count: str | None = None
    """Column with the number counted."""
    base: str | None = None
    """Column with what it is a share or rate of."""
    value: str | None = None
    """Column with a value as it was published, which is printed as it is."""
    unit: Literal["%", "per 1,000", "per 10,000", "per 100,000"] | str = "count"
    """Unit of the value; with count and base it is worked out in this unit."""
    citation: str = ""
    """Where the numbers were published, which stands beside each; left out, the address. A quoted
    value with neither says that its source is not named."""
    protection: Literal["open", "restricted"] | None = None
    """Whether anybody can look the table up; left out, restricted. An open table needs an address
    and a licence."""
    address: str | None = None
    """Where anybody can look an open table up; printed for sign-off."""
    licence: str | None = None
    """Licence of an open table; printed for sign-off."""


class ReadSeries(NamedTuple):
    """Series, and which files they came from."""

    table: pd.DataFrame
    """Columns `COLUMNS`; numbers that are not there are missing."""
    files: tuple[FileRecord, ...]
    """Provenance."""


def read_series(
    sources: Mapping[str, object],
    folder: Path,
    *,
    frames: Mapping[str, Any] = MappingProxyType({}),
) -> ReadSeries:
    """Read every series that a config names.

    Parameters
    ----------
    sources
        The config's sources by name; those that are no `SeriesSource` are left alone.
    folder
        Folder that relative paths start from.
    frames
        Name of a source to its table in memory, in place of its file; see `Frames`.

    Raises
    ------
    ConfigError
        A series with neither a count nor a value.
    InputError
        A file, column or number that is not as it should be; all faults of a file together.
    """
    parts, files = [], []
    for name, source in sources.items():
        if isinstance(source, SeriesSource):
            part, file = _read(name, source, folder, frames.get(name))
            parts.append(part)
            files.append(file)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return ReadSeries(table, tuple(files))


def _read(
    name: str,
    source: SeriesSource,
    folder: Path,
    frame: Any,  # noqa: ANN401 (any kind of table)
) -> tuple[pd.DataFrame, FileRecord]:
    if source.count is None and source.value is None:
        raise ConfigError(f"sources.{name}: name the column count, or value.")
    texts = {"place": source.place, "period": source.period, "category": source.group}
    numbers = {"count": source.count, "base": source.base, "value": source.value}
    wanted = [column for column in (texts | numbers).values() if column is not None]
    wanted += list(source.where)
    # One column may serve twice, such as a period that is also filtered.
    wanted = list(dict.fromkeys(wanted))
    if frame is not None:
        sheet = frame_sheet(frame, wanted, name)
        file = record_of_sheet(sheet, name)
    else:
        path = find_file(folder, source.path, place=f"sources.{name}.path")
        with TemporaryDirectory(prefix="riskindex-") as private:
            sheet = read_sheet(path, wanted, Path(private))
        file = record(path, name, rows=len(sheet.rows))
    # Before numbers are read: rows of other indicators may hold text where a number is wanted.
    sheet = _rows_of_rules(name, sheet, source.where)
    faults: list[str] = []
    columns: dict[str, Any] = {"series": name, "label": source.label}
    for key, column in texts.items():
        columns[key] = "" if column is None else [text.strip() for text in sheet.columns[column]]
    for key, column in numbers.items():
        given = pd.Series(sheet.columns[column] if column else [""] * len(sheet.rows), dtype=object)
        # Published tables write thousands with a comma.
        plain = given.str.strip().str.replace(",", "")
        columns[key] = pd.to_numeric(plain.where(plain != ""), errors="coerce").astype(float)
        # Empty is missing; anything else that is no number is a fault, or c and z would pass for
        # missing.
        wrong = columns[key].isna() & (plain != "")
        faults += [
            f"{sheet.label}: row {row}, column {column!r}, value {value!r}: no number."
            for row, value, is_wrong in zip(sheet.rows, given, wrong, strict=True)
            if is_wrong
        ]
    if faults:
        raise InputError(capped(faults))
    table = pd.DataFrame(columns, index=range(len(sheet.rows)))
    reference = source.citation or source.address or ""
    # A quoted value that nobody can look up says so; our own of a count says how it was made.
    bare = "" if reference or source.value is None else NO_SOURCE
    citation = pd.Series(reference, index=table.index).mask(
        table["value"].notna() & (bare != ""), bare
    )
    return _checked(table.assign(unit=source.unit, citation=citation), sheet.label), file


NO_SOURCE = "its source is not named"
"""What is noted of a quoted value without citation and address."""


def _rows_of_rules(name: str, sheet: CsvSheet, where: Where) -> CsvSheet:
    """The rows that all the values of the rules are in."""
    kept = np.ones(len(sheet.rows), dtype=bool)
    for column, values in where.items():
        texts_of_column = pd.Series(sheet.columns[column], dtype=object).str.strip()
        # A file holds texts alone: the number 2022 of a config must find the text 2022.
        asked = list(map(str, values))
        # A misspelt value would keep no row, and the series would silently be empty.
        if missing := [value for value in asked if value not in set(texts_of_column)]:
            some = ", ".join(sorted(set(texts_of_column))[:9])
            raise ConfigError(
                f"sources.{name}.where: no row has {column} = {missing[0]!r}; there is {some}."
            )
        kept &= texts_of_column.isin(asked).to_numpy(bool)
    at = np.flatnonzero(kept).tolist()
    columns = {c: [texts[i] for i in at] for c, texts in sheet.columns.items()}
    return sheet._replace(rows=[sheet.rows[i] for i in at], columns=columns)


def _checked(table: pd.DataFrame, label: str) -> pd.DataFrame:
    key = ["place", "period", "category"]
    # Two rows of one place and period are usually two indicators of one file: ask for where.
    again = table[table.duplicated(key)]
    if len(again):
        first, n = ", ".join(filter(None, again.iloc[0][key])), len(again)
        raise InputError(f"{label}: {n:,} rows repeat a place and period (first: {first}).")
    # A share above 100% is a wrong column; a rate may well be above 1.
    above = table["unit"].eq("%") & (table["count"] > table["base"])
    if above.any():
        where = ", ".join(table[above].iloc[0][["place", "period"]])
        raise InputError(f"{label}: {where}: the count is more than its base.")
    return table[list(COLUMNS)]
