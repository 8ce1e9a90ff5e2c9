"""A table of counts by area and period, turned into as many events."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast, get_args

import numpy as np
import pandas as pd

from riskindex.areas.editions import first_few
from riskindex.areas.table_files import cell_numbers
from riskindex.arrays import Integers, Texts
from riskindex.errors import ConfigError, InputError
from riskindex.events.count_tables.options import CountsSource
from riskindex.events.periods import Period, Unit, parse_period, parse_periods
from riskindex.events.sources import EventSource
from riskindex.files.csv_files import CsvSheet, capped, read_header, read_sheet
from riskindex.files.formats import FileRecord, find_file, record

DATE = "first day of the period"
"""Column of the events with the first day of what their number was of."""
MOST_EVENTS = 50_000_000
"""Events of a table; London has a million a year."""
_MONTH = re.compile(r"(\d{4})[-/ ]?(0[1-9]|1[0-2])")


class CountTable(NamedTuple):
    """The events of a table of counts, and what its numbers are of."""

    events: pd.DataFrame
    """One row per event: `DATE`, the area, and the columns that rules look at."""
    periods: tuple[range, ...]
    """Months, counted from the year 0, of each period of the table, in their order."""
    areas: frozenset[str]
    """Areas that have a row."""
    notes: tuple[str, ...]
    file: FileRecord


def as_events(source: CountsSource) -> EventSource:
    """The source of its events: one row each, with the first day of the period as the date."""
    # As records the numbers pass through the same count, losses and reconciliation as others.
    return EventSource(
        kind="events",
        path=source.path,
        date=DATE,
        area=source.area,
        where=source.where,
        columns=source.columns,
        words=source.words,
        coverage=source.coverage,
        accept_losses=source.accept_losses,
    )


def read_counts(
    name: str, source: CountsSource, categories: Sequence[str], folder: Path
) -> CountTable:
    """Read a table of counts, and make as many events as it says.

    Parameters
    ----------
    name, source
        The source.
    categories
        Columns that rules look at.
    folder
        Folder that relative paths start from.

    Raises
    ------
    InputError
        No column or row of a period, a cell that is no whole number, or more events than any
        table has.
    """
    path = find_file(folder, source.path, place=f"sources.{name}.path")
    # A rule may look at the column of the area, too; each column is read once.
    texts = list(dict.fromkeys([source.area, *categories]))
    # Zips and workbooks are unpacked into a private folder that goes with this block.
    with TemporaryDirectory(prefix="riskindex-") as private:
        read = partial(
            read_sheet,
            path,
            scratch=Path(private),
            member=source.member,
            sheet=source.sheet,
            header_row=source.header_row,
        )
        # The headings first: only columns that are named after a period are read as numbers.
        header = read_header(
            path,
            texts,
            Path(private),
            member=source.member,
            sheet=source.sheet,
            header_row=source.header_row,
        )
        # A column that rules look at is no column of counts, even if a year is its name.
        given = [column for column in header if _plain(column) and column not in texts]
        numbers = given if source.value is None else [source.value]
        if source.value is None and not given:
            raise InputError(
                f"{path.name}: no column is called by a period, such as 2022 or 202203. Name the "
                f"column with the period and the one with the number: period and value of {name}."
            )
        wanted = [*texts, *([source.period] if source.period else []), *numbers]
        sheet = read(wanted)
    spans = _spans(sheet, source, numbers)
    counts, labels = _counts(sheet, source, numbers)
    events = _as_many(sheet, texts, counts, labels, spans)
    areas = frozenset(text.strip() for text in sheet.columns[source.area])
    periods = tuple(sorted((span.months for span in spans.values()), key=lambda m: m.start))
    file = record(path, name, rows=len(sheet.rows))
    return CountTable(events, periods, areas, sheet.notes, file)


def _plain(label: str) -> str:
    """A label of a period as riskindex writes it; empty where it is none."""
    text = label.strip()
    month = _MONTH.fullmatch(text)
    # 2011-12 is a month or a financial year, which only all the labels together can tell.
    if month and len(text) != len("2011-12"):
        return f"{month[1]}-{month[2]}"
    return text if re.fullmatch(r"\d{4}(-\d\d|/\d\d|-Q[1-4])?", text) else ""


def _spans(sheet: CsvSheet, source: CountsSource, numbers: Sequence[str]) -> dict[str, Period]:
    """Labels of the table's periods to the periods themselves, which do not overlap."""
    given = sheet.columns[source.period] if source.period else list(numbers)
    labels = list(dict.fromkeys(given))
    # A row of totals would count every event of the table again.
    wrong = [label for label in labels if not _plain(label)]
    if wrong:
        at = sheet.rows[given.index(wrong[0])]
        raise InputError(
            f"{sheet.label}: row {at}, column {source.period!r}, value {wrong[0]!r}: no period "
            "such as 2022, 2022-23 or 202203. Take out totals, or name another column."
        )
    plain = {label: _plain(label) for label in labels}
    unit = source.unit or _kind_of(sorted(plain.values()))
    if unit is None:
        raise InputError(
            f"{sheet.label}: the periods {first_few(labels)} are of several kinds, or share "
            "months. Say under unit which kind they are."
        )
    try:
        return {label: parse_period(text, unit=unit) for label, text in plain.items()}
    except ConfigError as error:
        raise InputError(f"{sheet.label}: {fault}" for fault in error.faults) from None


def _kind_of(labels: Sequence[str]) -> Unit | None:
    """The first kind of period that labels can be without sharing a month: 2022-03 is the month or
    the year that ends with it.
    """
    for unit in get_args(Unit):
        with suppress(ConfigError):
            parse_periods(labels, unit, place="periods")
            return cast(Unit, unit)
    return None


def _counts(
    sheet: CsvSheet, source: CountsSource, numbers: Sequence[str]
) -> tuple[Integers, Texts]:
    """Counts by row and column of numbers, and the label of the period of each."""
    rows, faults = range(len(sheet.rows)), list[str]()
    columns = [cell_numbers(sheet, column, rows, faults) for column in numbers]
    for column, values in zip(numbers, columns, strict=True):
        # Tables withhold small numbers with a letter; as 0 they would make areas look safe.
        odd = np.flatnonzero(np.isnan(values) | (values % 1 != 0))
        faults += [
            f"{sheet.label}: row {sheet.rows[i]}, column {column!r}, value "
            f"{sheet.columns[column][i]!r}: no whole number. Write 0 where nothing happened; what "
            "was withheld cannot be counted."
            for i in odd
            # `cell_numbers` has told of cells that hold no number at all.
            if not any(f": row {sheet.rows[i]}, column {column!r}," in fault for fault in faults)
        ]
    if faults:
        raise InputError(capped(faults))
    counts = np.column_stack(columns).astype(np.int64)
    # A wide table has its periods in the headings, a long one in each of its rows.
    labels = (
        np.broadcast_to(np.array(numbers, dtype=object), counts.shape)
        if source.period is None
        else np.array(sheet.columns[source.period], dtype=object)[:, None]
    )
    return counts, labels


def _as_many(
    sheet: CsvSheet,
    texts: Sequence[str],
    counts: Integers,
    labels: Texts,
    spans: Mapping[str, Period],
) -> pd.DataFrame:
    """One row for each event."""
    total = int(counts.sum())
    # Before rows are made: a column of residents in place of events would fill the memory.
    if total > MOST_EVENTS:
        raise InputError(f"{sheet.label}: {total:,} events, more than any table of counts has.")
    starts = {label: np.datetime64(span.start, "s") for label, span in spans.items()}
    first = np.array([starts[label] for label in labels.ravel()])
    row = np.repeat(np.arange(len(counts)), counts.shape[1])
    times = counts.ravel()
    columns = {DATE: np.repeat(first, times)}
    for column in texts:
        # Codes are repeated and named afterwards: repeated texts would fill the memory.
        codes, words = pd.factorize(np.array(sheet.columns[column], dtype=object))
        columns[column] = pd.Categorical.from_codes(np.repeat(codes[row], times), words).astype(str)
    return pd.DataFrame(columns)
