"""Tables by area from CSV files and workbooks, each cell checked."""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.area_names import recognise_texts
from riskindex.areas.editions import first_few, is_well_formed, looks_like, new_in_2021
from riskindex.areas.long_tables import added_up, is_repeated, kept_rows, refuse_long
from riskindex.arrays import Array
from riskindex.errors import InputError, Together
from riskindex.files.boundary_files import check_columns
from riskindex.files.csv_files import CsvSheet, capped, read_header, read_sheet
from riskindex.files.formats import FileRecord, find_file, record
from riskindex.files.frames import frame_header, frame_sheet, record_of_sheet
from riskindex.files.text import MISSING_WORDS
from riskindex.rules import Where


@dataclass(frozen=True, kw_only=True)
class TableSource:
    """A table by area code, such as a Nomis census bulk file."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["table"]
    """A table with one row per area."""
    path: str
    """A CSV (may be compressed), a zip with one, or an Excel or ODS workbook."""
    member: str | None = None
    """File inside a zip that holds several; the `*-lsoa.csv` one is found by itself."""
    sheet: str | int | None = None
    """Sheet of a workbook, by name or number from 1; left out, the one that has the columns."""
    header_row: int | None = None
    """Row with the names of the columns, from 1; left out, it is found among the first 50."""
    code: str = "geography code"
    """Column with the area code."""
    columns: Mapping[str, str | Sequence[str]]
    """Short name to a column, or to several columns that are added up; of a table with a category,
    to one of its values, or several."""
    where: Where = field(default_factory=dict)
    """For a long table, of several rows per area: the rows that are used, which are added up."""
    category: str | None = None
    """For a long table: the column whose values become columns, such as "Age (6 categories)"."""
    value: str | None = None
    """For a long table: the column with the number of each row, such as Observation."""
    accept_losses: bool = False
    """Whether a run goes on although more than half of the areas are not in it."""
    protection: Literal["open", "restricted"] | None = None
    """Whether anybody can look the table up; left out, open where boundaries/sources.toml knows its
    columns, else restricted. Another open table needs an address and a licence."""
    address: str | None = None
    """Where anybody can look an open table up; printed for sign-off."""
    licence: str | None = None
    """Licence of an open table; printed for sign-off."""


class ReadTables(NamedTuple):
    """Tables by area, what was noticed, and which files they came from."""

    tables: pd.DataFrame
    """Index `area_code` as given; columns (source, column), float; NaN is not assessed."""
    notes: tuple[str, ...]
    """Sentences for the screen and the report."""
    files: tuple[FileRecord, ...]
    """Provenance."""


def read_tables(
    sources: Mapping[str, Any],
    folder: Path,
    area_codes: pd.Index,
    *,
    scratch: Path | None = None,
    frames: Mapping[str, Any] = MappingProxyType({}),
) -> ReadTables:
    """Read every table by area code.

    Parameters
    ----------
    sources
        The config's sources by name; those that are no `TableSource` are left alone.
    folder
        Folder that relative paths start from.
    area_codes
        Codes of the study area; rows of other areas are not used. Where there is none, every
        row is checked and the result is empty.
    scratch
        Folder for private temporary files, which are removed; the system's by default.
    frames
        Name of a source to its table in memory, in place of its file; see `Frames`.

    Raises
    ------
    InputError
        Cells that are no count, codes that are missing, repeated or misspelt, and tables that
        hold none of the areas: of all tables together, each with its file, row, column and value.
        An empty cell is no fault: the area is not assessed there.
    """
    read: dict[tuple[str, str], pd.Series[float]] = {}
    notes: list[str] = []
    files: list[FileRecord] = []
    together = Together()
    for name, source in sources.items():
        if not isinstance(source, TableSource):
            continue
        with together.trying():
            columns, noted, file = _read_table(
                name, source, folder, area_codes, scratch=scratch, frame=frames.get(name)
            )
            read.update(columns)
            notes.extend(noted)
            files.append(file)
    together.raise_any()
    # Aligned to the study area; an area that a table lacks is missing there, never 0.
    tables = pd.DataFrame(read, index=area_codes, dtype=float)
    tables.columns = pd.MultiIndex.from_tuples(list(read), names=["source", "column"])
    return ReadTables(tables, tuple(notes), tuple(files))


def no_match(sheet: CsvSheet, column: str, found: Sequence[str], areas: Sequence[str]) -> str:
    """Say that a file holds none of the areas, and what its codes look like instead."""
    # A code that nearly fits has lost a digit or gained a letter, and that is another advice than
    # another edition.
    near = difflib.get_close_matches(found[0] if found else "", areas, n=1, cutoff=0.85)
    advice = "Use a table of the boundaries' edition."
    if near and not is_well_formed(found[0]):
        advice = f"{found[0]!r} is nearly {near[0]!r}: look at what differs."
    # Names and postcodes in place of codes are the likelier mistake, with advice of its own.
    texts = recognise_texts(list(found[:_LOOKED_AT]))
    if texts is not None:
        return (
            f"{sheet.label}: none of the {len(areas):,} areas is in column {column!r}: these are "
            f"{texts[0]} (first: {found[0]!r}); {texts[1]}."
        )
    return (
        f"{sheet.label}: none of the {len(areas):,} areas is in column {column!r}, which holds "
        f"{looks_like(found)} (first: {found[0] if found else ''!r}); the boundaries have "
        f"{looks_like(areas)} (first: {areas[0]!r}). {advice}"
    )


_LOOKED_AT = 200
"""Texts of a column that are looked at to say what they are."""


def lacking(label: str, missing: pd.Index, n: int, then: str) -> Iterator[str]:
    """A note where a file lacks some of n areas, with what follows from that."""
    if len(missing):
        which = first_few(list(missing))
        yield f"{label}: {len(missing):,} of {n:,} areas are not in it ({which}); {then}."


def _read_table(
    name: str,
    source: TableSource,
    folder: Path,
    areas: pd.Index,
    *,
    scratch: Path | None,
    frame: Any,  # noqa: ANN401 (any kind of table)
) -> tuple[dict[tuple[str, str], "pd.Series[float]"], list[str], FileRecord]:
    # One column or several: the rest of the reading knows lists only.
    parts = {short: [c] if isinstance(c, str) else list(c) for short, c in source.columns.items()}
    # A column may serve several short names and is read once.
    wanted = list(dict.fromkeys(column for columns in parts.values() for column in columns))
    numbers = wanted if source.value is None else [source.value]
    is_long = bool(source.where) or source.category is not None
    apart = [*source.where, *([] if source.category is None else [source.category])]
    with _opened(name, source, folder, scratch, frame) as table_file:
        columns = [source.code, *numbers, *apart]
        sheet = table_file.read(columns)
        # Told as what it is: a fault for every repeated code would be thousands of lines.
        if not is_long and is_repeated(sheet, source.code):
            names = table_file.header(columns)
            refuse_long(sheet, table_file.read, names, code=source.code, wanted=wanted)
        file = table_file.record(sheet)
    given = sheet.columns[source.code]
    sheet, noted = with_plain_codes(sheet, source.code, areas)
    codes = sheet.columns[source.code]
    if len(areas) and not set(codes) & set(areas):
        raise InputError(no_match(sheet, source.code, given, list(areas)))
    table = (
        _long(sheet, source, numbers, areas) if is_long else _wide(sheet, source, numbers, areas)
    )
    check_columns(wanted, [str(column) for column in table], sheet.label)
    present = set(table.index)
    is_missing = table.index.unique().get_indexer(areas) < 0
    table = table[wanted].reindex(areas)
    sums = {
        # A sum without an unknown part would be too small; the area is not assessed.
        (name, short): table[columns].sum(axis=1, skipna=False)
        for short, columns in parts.items()
    }
    # After the sums, as only then is it known which areas the table really holds.
    if not source.accept_losses:
        _refuse_half(name, sheet.label, areas[is_missing], len(areas))
    notes = [*sheet.notes, *noted, *_gaps(sheet, table, areas, present)]
    return sums, notes, file


def _refuse_half(name: str, label: str, missing: pd.Index, n: int) -> None:
    """Half a table is mostly a file cut short, or one of another county than the boundaries."""
    if 2 * len(missing) > n:
        raise InputError(
            f"{label}: {len(missing):,} of {n:,} areas are not in it ({first_few(list(missing))}). "
            "Add the rest of the table, or name the study area under [areas] within; where it is "
            f"meant so, accept_losses = true under [sources.{name}] leaves these areas "
            "not assessed."
        )


class _Opened(NamedTuple):
    """A table, be it a file or in memory."""

    read: Callable[[Sequence[str]], CsvSheet]
    """Columns to their texts."""
    header: Callable[[Sequence[str]], list[str]]
    """Columns that it must have to the names of all."""
    record: Callable[[CsvSheet], FileRecord]
    """Its provenance, from what was read."""


@contextmanager
def _opened(
    name: str,
    source: TableSource,
    folder: Path,
    scratch: Path | None,
    frame: Any,  # noqa: ANN401
) -> Iterator[_Opened]:
    if frame is not None:
        yield _Opened(
            partial(frame_sheet, frame, label=name),
            lambda _columns: frame_header(frame, name),
            partial(record_of_sheet, role=name),
        )
        return
    path = find_file(folder, source.path, place=f"sources.{name}.path")
    where: dict[str, Any] = {
        "member": source.member,
        "sheet": source.sheet,
        "header_row": source.header_row,
    }
    with TemporaryDirectory(prefix="riskindex-", dir=scratch) as private:
        yield _Opened(
            partial(read_sheet, path, scratch=Path(private), **where),
            partial(read_header, path, scratch=Path(private), **where),
            lambda sheet: record(path, name, rows=len(sheet.rows)),
        )


def _wide(
    sheet: CsvSheet, source: TableSource, columns: Sequence[str], areas: pd.Index
) -> pd.DataFrame:
    """Numbers by area code of a table with one row per area."""
    codes = sheet.columns[source.code]
    used = _rows_of(codes, areas)
    # Cells are checked although codes are at fault: every fault of a file is reported at once.
    faults = [*_code_faults(sheet, source.code, areas)]
    values = {column: cell_numbers(sheet, column, used, faults) for column in columns}
    if faults:
        raise InputError(capped(faults))
    return pd.DataFrame(values, index=[codes[i] for i in used], dtype=float)


def _long(
    sheet: CsvSheet, source: TableSource, columns: Sequence[str], areas: pd.Index
) -> pd.DataFrame:
    """Numbers by area code of a table with several rows per area."""
    codes, study_area = sheet.columns[source.code], set(areas)
    used = [i for i in kept_rows(sheet, source.where) if not study_area or codes[i] in study_area]
    faults: list[str] = []
    values = {column: cell_numbers(sheet, column, used, faults) for column in columns}
    if faults:
        raise InputError(capped(faults))
    here = [codes[i] for i in used]
    return added_up(sheet, here, values, used, apart=list(source.where), category=source.category)


def with_plain_codes(sheet: CsvSheet, column: str, areas: pd.Index) -> tuple[CsvSheet, list[str]]:
    """The table with codes as the areas have them, and a note about blanks and small letters."""
    study_area, given = set(areas), sheet.columns[column]
    # A code that fits as it stands is left alone: elsewhere small letters may be another area.
    codes = [code if code in study_area else _plain_code(code, study_area) for code in given]
    changed = [one for one, other in zip(given, codes, strict=True) if one != other]
    if not changed:
        return sheet, []
    note = (
        f"{sheet.label}: {len(changed):,} codes in column {column!r} had white space or small "
        f"letters (first: {changed[0]!r}); they were read without."
    )
    return sheet._replace(columns={**sheet.columns, column: codes}), [note]


def _plain_code(code: str, study_area: Collection[str]) -> str:
    plain = code.strip()
    return plain.upper() if plain.upper() in study_area else plain


def _rows_of(codes: Sequence[str], areas: pd.Index) -> list[int]:
    study_area = set(areas)
    # Without areas, as in a check whose boundaries could not be read, every row is looked at.
    return [i for i, code in enumerate(codes) if not study_area or code in study_area]


def _code_faults(sheet: CsvSheet, column: str, areas: pd.Index) -> Iterator[str]:
    """Codes that are missing or repeated."""
    study_area, first = set(areas), dict[str, int]()
    for row, code in zip(sheet.rows, sheet.columns[column], strict=True):
        place = f"{sheet.label}: row {row}, column {column!r}, value {code!r}"
        if not code or code.lower() in MISSING_WORDS:
            yield f"{place}: no area code. Fill it in or take the row out."
        # Repeats of areas elsewhere in a national file harm nobody here.
        elif code in first and (code in study_area or not study_area):
            yield f"{place}: the code is in row {first[code]} already. Keep one row per area."
        # The first row stays on record, as the one that a repeat is compared with.
        first.setdefault(code, row)


def cell_numbers(sheet: CsvSheet, column: str, used: Sequence[int], faults: list[str]) -> Array:
    """Cells as numbers, NaN where empty; what is no count is added to the faults."""
    cells = sheet.columns[column]
    texts = [cells[i].strip() for i in used]
    # All cells at once where they are plain digits, as in official tables; the rules below go cell
    # by cell.
    together, lengths = "".join(texts), set(map(len, texts))
    if together.isascii() and together.isdecimal() and 0 < min(lengths) <= max(lengths) < _LONG:
        return np.array(texts, dtype=object).astype(np.float64)
    # An empty cell stays missing: the area is not assessed, and not 0.
    values = np.full(len(used), np.nan)
    for k, (i, text) in enumerate(zip(used, texts, strict=True)):
        if not text:
            continue
        advice = next((advice for is_so, advice in _CELL_RULES if is_so(text)), "")
        if advice:
            place = f"{sheet.label}: row {sheet.rows[i]}, column {column!r}, value {text!r}"
            faults.append(f"{place}: {advice}")
        else:
            values[k] = float(text)
    return values


_LONG = 10
"""Digits from which a whole number may be above `LARGEST_COUNT`."""


LARGEST_COUNT = 1e9
"""No country has as many people."""


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


_SEPARATED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)


_CELL_RULES: tuple[tuple[Callable[[str], Any], str], ...] = (
    (_SEPARATED.fullmatch, "a thousands separator. Save the column without it."),
    (
        lambda text: not _NUMBER.fullmatch(text),
        "not a number. Leave the cell empty where it is not known: missing is never zero.",
    ),
    (
        lambda text: not abs(float(text)) <= LARGEST_COUNT,
        "too large for a count of people or households in one area. Correct it, or leave it empty.",
    ),
    (
        lambda text: float(text) < 0,
        "negative, which no count of people or households is. Correct it, or leave it empty.",
    ),
)
"""What is wrong with a cell, and what to do; first match wins."""


def _fractions(sheet: CsvSheet, column: str, values: "pd.Series[float]") -> Iterator[str]:
    """A note where a column of whole numbers has a few that are not."""
    present = values[values.notna()]
    # A few fractions among whole numbers are usually a rate pasted into counts.
    odd = present[present % 1 != 0]
    # More than a tenth, and the column is one of decimals.
    if 0 < len(odd) <= len(present) / 10:
        yield (
            f"{sheet.label}: column {column!r} holds whole numbers, but not for {len(odd):,} areas "
            f"({odd.index[0]}: {odd.iloc[0]:,g}). They are used as they are; check them."
        )


def _gaps(
    sheet: CsvSheet, table: pd.DataFrame, areas: pd.Index, present: Collection[str]
) -> Iterator[str]:
    # A row that is absent and a cell that is empty are different faults with different remedies.
    here = np.array([code in present for code in areas], dtype=bool)
    missing = areas[~here]
    # All new codes missing and no other is what a table of an older edition looks like.
    new = new_in_2021(list(areas))
    older = " Its codes look like an edition before 2021." if new and new <= set(missing) else ""
    for note in lacking(sheet.label, missing, len(areas), "they are not assessed there"):
        yield note + older
    for column in table:
        yield from _fractions(sheet, column, table[column])
        empty = table.index[table[column].isna().to_numpy() & here]
        if len(empty):
            yield (
                f"{sheet.label}: column {column!r} is empty for {len(empty):,} areas "
                f"({first_few(list(empty))}); they are not assessed there."
            )
