"""Files in: events, from the police.uk download or any table with a date and a place."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from riskindex.areas.editions import first_few
from riskindex.areas.grids import is_of_grid
from riskindex.areas.postcodes import Postcodes, read_postcodes
from riskindex.errors import ConfigError, InputError, Together
from riskindex.events.count_tables.options import CountsSource
from riskindex.events.count_tables.read import as_events, read_counts
from riskindex.events.coverage import Coverage, Months, months_listed
from riskindex.events.people_clauses import columns_about_people, with_people
from riskindex.events.records.find_files import find_events
from riskindex.events.records.person_keys import keys_in_words
from riskindex.events.records.repeated_records import copies, repeated_rows
from riskindex.events.records.source_reader import SourceReader
from riskindex.events.records.table import (
    connect,
    create_table,
    load_frame,
    unreadable,
)
from riskindex.events.records.values import POSTCODE, Layout
from riskindex.events.rhythm import MOST_AREAS
from riskindex.events.source_events import Events
from riskindex.events.sources import (
    FORCES_AROUND,
    EventSource,
    PoliceSource,
    coverage_of,
    layout_of,
    names_points,
    people_of,
    street_column,
    street_of,
    with_forces_around,
)
from riskindex.events.sql import category, events_table, identifier, literal, store
from riskindex.events.warehouses.answer import open_warehouse
from riskindex.events.warehouses.query import SourceOfEvents, WarehouseSource
from riskindex.factors import Factor
from riskindex.files.csv_files import capped, read_sheet
from riskindex.files.formats import (
    FileRecord,
    find_file,
    record,
    refuse_full,
)

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection


class Opened(NamedTuple):
    """Event sources ready to be counted, and what was read."""

    events: dict[str, Events]
    """Name of a source to its events."""
    files: tuple[FileRecord, ...]
    """Provenance of every file."""
    notes: tuple[str, ...]
    """What an analyst should know about the files, in sentences."""


@contextmanager
def open_events(
    sources: Mapping[str, object],
    *,
    folder: str | Path = ".",
    factors: Sequence[Factor] = (),
    threads: int | None = None,
    memory: str = "1GB",
    temporary: Path | None = None,
    areas: "pd.DataFrame | None" = None,
    postcodes: Postcodes | None = None,
    frames: Mapping[str, Any] = MappingProxyType({}),
    more: Mapping[str, Sequence[str]] = MappingProxyType({}),
    say: Callable[[str], None] | None = None,
) -> Iterator[Opened]:
    """Read event sources into one shape, for as long as the context lasts.

    CSV files are loaded into a private DuckDB file; Parquet files are read where they are, each
    time they are asked. Only columns that the sources and the rules of the factors name are read.

    Parameters
    ----------
    sources
        Name to `EventSource`, `PoliceSource` or `WarehouseSource`; others are passed over.
    folder
        Folder that relative paths start from.
    factors
        Whose `where` names further columns.
    threads
        Of DuckDB; as many as there are cores where it is left out. Results do not depend on it.
    memory
        What DuckDB may use before it spills to the temporary folder, such as `500MB`.
    temporary
        Existing folder for the private temporary folder, which is removed at the end; the
        system's where it is left out.
    areas
        Index area_code with their geometry, in which a warehouse places events without codes; with
        `is_context` and `force`, by which police.uk says what its files cover.
    postcodes
        Directory by which events with a postcode find their area.
    frames
        Name of a source to its events in memory, in place of its files; see `Frames`. Where all
        are in memory, so is the database, until `memory` is full.
    more
        Name of a source to further columns that are read, such as those that figures look at.
    say
        Told at each file how many rows and files of its source are read, and its name.

    Yields
    ------
    Opened
        Events with the columns `file`, `row` (the header of a CSV is row 1, blank lines are not
        counted; the first record of a Parquet file is row 1), `date`, `area_code`, `x`, `y`,
        `person`, `key`, `hour`. Coordinates that are incomplete, or both zero, are missing.

    Raises
    ------
    InputError
        Every fault that was found, with file, row, column and value.
    ConfigError
        The date format is none.
    """
    chosen = {
        name: with_forces_around(source, areas) if isinstance(source, PoliceSource) else source
        for name, source in sources.items()
        if isinstance(source, SourceOfEvents)
    }
    layouts = _layouts(chosen, factors, more, areas)
    # Everything unpacked or loaded lies in one private folder, which goes with the context even
    # after a fault.
    with TemporaryDirectory(prefix="riskindex-", dir=temporary, ignore_cleanup_errors=True) as home:
        connection = connect(
            folder=Path(home),
            threads=threads,
            memory=memory,
            on_disk=not set(chosen) <= set(frames),
        )
        opened, together = Opened({}, (), ()), Together()
        try:
            for name, source in chosen.items():
                with together.trying():
                    one = _open_source(
                        connection,
                        name,
                        source,
                        factors=factors,
                        layout=layouts.get(name),
                        folder=Path(folder),
                        home=Path(home),
                        areas=areas,
                        frame=frames.get(name),
                        say=say or _silent,
                    )
                    one = _with_areas_of_postcodes(one, name, postcodes, areas, Path(folder))
                    # A source is added whole or not at all; the faults of all sources are told
                    # together.
                    files, notes = opened.files + one.files, opened.notes + one.notes
                    opened = Opened(opened.events | one.events, files, notes)
            together.raise_any()
            # Only once every source is there can one look at the people of another.
            yield opened._replace(events=with_people(connection, opened.events, chosen, factors))
        # A full disk shows up as any error of the database, and has its own sentence.
        except Exception as error:
            refuse_full(error)
            raise
        finally:
            connection.close()


def _layouts(
    sources: Mapping[str, SourceOfEvents],
    factors: Sequence[Factor],
    more: Mapping[str, Sequence[str]],
    areas: "pd.DataFrame | None",
) -> dict[str, Layout]:
    """Which columns are read of each source that is no warehouse."""
    # Clauses about people look through the offence at another source, whose columns must be read as
    # well.
    further = columns_about_people(sources, factors)
    # The streets of a whole country would be millions of texts.
    streets = areas is not None and len(areas) <= MOST_AREAS
    key = secrets.token_hex(16)  # as long as every run is another, nobody can look a hash up
    layouts = {
        name: layout_of(
            name,
            as_events(source) if isinstance(source, CountsSource) else source,
            factors,
            more=(*further.get(name, ()), *more.get(name, ())),
            secret=key,
            streets=streets,
        )
        for name, source in sources.items()
        if not isinstance(source, WarehouseSource)
    }
    # Cells of a grid are made here, so that no record can carry their codes.
    if areas is not None and is_of_grid(areas.index):
        layouts = {name: by_points(name, layout) for name, layout in layouts.items()}
    return layouts


def _silent(_name: str) -> None:
    """Take the name of a file and say nothing."""


def frame_events(
    frame: Any,  # noqa: ANN401 (any kind of table)
    source: EventSource,
    *,
    name: str = "events",
    factors: Sequence[Factor] = (),
) -> Events:
    """Events of a data frame as `count_events` takes them, for notebooks: no file is needed.

    Parameters
    ----------
    frame
        One row per event; see `Frames` for what it may be.
    source
        What its columns mean; the path is not looked at.
    name
        Name of the source, in the column `file` and in messages.
    factors
        Whose `where` names further columns.

    Raises
    ------
    InputError
        A column is not there, or values are no dates or coordinates; row 1 is the first record.
    """
    connection = connect()
    # A key of this call: hashes of persons are of no use outside it.
    layout = layout_of(name, source, factors, secret=secrets.token_hex(16), streets=True)
    create_table(connection, events_table(name), layout)
    load_frame(connection, events_table(name), frame, name, layout=layout)
    faults = [
        fault
        for look in (unreadable, keys_in_words)
        for fault in look(connection, events_table(name), layout)
    ]
    if faults:
        raise InputError(faults)
    return _events(connection, name, source)


def _telling(reader: SourceReader, files: int, say: Callable[[str], None]) -> Callable[[str], None]:
    """Say in a line how far the reading of a source is as a file begins."""

    def tell(label: str) -> None:
        read = f"{reader.rows_read:,} rows of {reader.files_read:,} of {files:,} files read"
        say(f"{reader.name}, {read}, now {label}")

    return tell


def _open_source(
    connection: "DuckDBPyConnection",
    name: str,
    source: SourceOfEvents,
    *,
    factors: Sequence[Factor],
    layout: Layout | None,
    folder: Path,
    home: Path,
    areas: "pd.DataFrame | None",
    frame: Any,  # noqa: ANN401
    say: Callable[[str], None],
) -> Opened:
    if isinstance(source, WarehouseSource) or layout is None:
        assert isinstance(source, WarehouseSource)
        say(name)
        counted, answer = open_warehouse(
            connection, name, source, factors=factors, folder=folder, home=home, areas=areas
        )
        listed, lists = _listed(name, source.coverage, folder, home)
        return Opened({name: replace(counted, listed=listed)}, (answer, *lists), ())
    reader = SourceReader(connection, name, layout, home)
    if not isinstance(source, CountsSource):
        return _open_records(reader, source, folder, frame, say)
    table = read_counts(name, source, layout.categories, folder)
    given = _open_records(reader, as_events(source), folder, table.events, say)
    # An area without a row in the table is not covered, which is missing and not 0.
    events = replace(given.events[name], own_periods=table.periods, areas=table.areas)
    return Opened({name: events}, (table.file,), (*table.notes, *given.notes))


def by_points(name: str, layout: Layout) -> Layout:
    """A layout that reads no area code: none is that of a cell of a grid.

    Raises
    ------
    ConfigError
        It has no coordinates.
    """
    if layout.x is None and layout.point is None and layout.person is None:
        raise ConfigError(
            f"sources.{name}: areas of a grid need coordinates: name the columns x and y, or point."
        )
    return layout._replace(area=None, postcode=None)


def _with_areas_of_postcodes(
    opened: Opened,
    name: str,
    postcodes: Postcodes | None,
    areas: "pd.DataFrame | None",
    folder: Path,
) -> Opened:
    """Events with the area of their postcode in place of it, so that no postcode is kept."""
    events = opened.events[name]
    has_postcode = f"starts_with(area_code, {literal(POSTCODE)})"
    rows = [] if postcodes is None else _distinct_codes(events, has_postcode)
    if postcodes is None or not rows:
        return opened
    wanted = [row.removeprefix(POSTCODE) for row in rows]
    codes = [] if areas is None else list(areas.index)
    lookup = read_postcodes(postcodes, wanted, codes, folder)
    table, view = f"postcodes of {name}", f"{events.table} by postcode"
    area_of_postcode = (
        lookup.areas.rename("area").rename_axis("postcode").reset_index().astype("str")
    )
    store(events.connection, "looked_up", area_of_postcode)
    area = (
        # No code of an area: unlike NULL it is told apart from a record without a place.
        f"CASE WHEN {has_postcode} THEN coalesce(p.area, 'unknown postcode') ELSE e.area_code END"
    )
    events.connection.execute(
        f"CREATE TABLE {identifier(table)} AS SELECT * FROM looked_up; "
        f"CREATE VIEW {identifier(view)} AS SELECT e.* REPLACE ({area} AS area_code) "
        f"FROM {identifier(events.table)} e LEFT JOIN {identifier(table)} p "
        f"ON e.area_code = {literal(POSTCODE)} || p.postcode"
    )
    note = (
        f"{name}: {len(wanted):,} postcodes, {len(area_of_postcode):,} of them in "
        f"{lookup.file.name}."
    )
    events = replace(events, table=view)
    return Opened({name: events}, (*opened.files, lookup.file), (*opened.notes, note))


def _distinct_codes(events: Events, condition: str) -> list[str]:
    rows = events.connection.execute(
        f"SELECT DISTINCT area_code FROM {identifier(events.table)} WHERE {condition} ORDER BY 1"
    ).fetchall()
    return [str(code) for (code,) in rows]


def _open_records(
    reader: SourceReader,
    source: EventSource | PoliceSource,
    folder: Path,
    frame: Any,  # noqa: ANN401
    say: Callable[[str], None],
) -> Opened:
    """A source of one record for each event, from files or from a table in memory."""
    connection, name = reader.connection, reader.name
    if frame is None:
        files, passed = _read_files(reader, source, folder, say)
    else:
        say(name)
        files, passed = [reader.read_frame(frame)], ""
    reader.finish()
    # Whole files first, by hash; only then months by content, which needs a scan.
    faults = [*reader.faults, *_read_twice(name, files)]
    if not faults:
        faults = list(copies(connection, events_table(name), f"sources.{name}"))
    # A source without a record would make every area of its factors safe.
    if not faults and not sum(file.rows or 0 for file in files):
        faults = [
            f"sources.{name}: no records in {', '.join(file.name for file in files)}. "
            "Save them again, whole."
        ]
    if faults:
        raise InputError(capped(faults))
    notes = [f"{name}: passed over {passed}."] if passed else []
    # Said and not refused: rare events have months without one.
    notes += [f"{name}: {empty}" for empty in _without_records(files)]
    if isinstance(source, PoliceSource):
        # Of police.uk alone, whose crimes carry a number: rows alike with their number are copies.
        alike = repeated_rows(connection, events_table(name))
        notes += [f"{name}: {sentence}" for sentence in alike]
    listed, lists = _listed(name, source.coverage, folder, reader.home)
    # A file of headings alone covers its month: nothing happened, which is 0, not missing.
    empty = frozenset(_months_named(file.name for file in files if file.rows == 0))
    events = replace(_events(connection, name, source), listed=listed, empty_months=empty)
    # Copies without the column of the force cannot say whose files they are; then all areas count
    # as covered.
    if source.coverage == FORCES_AROUND and not _names_units(events):
        events = replace(events, coverage=Coverage())
    return Opened({name: events}, (*files, *lists), (*notes, *reader.notes))


def _read_files(
    reader: SourceReader,
    source: EventSource | PoliceSource,
    folder: Path,
    say: Callable[[str], None],
) -> tuple[list[FileRecord], str]:
    """Read the files of a source; their provenance, and what was passed over."""
    patterns = [source.path] if isinstance(source.path, str) else list(source.path)
    place, police = f"sources.{reader.name}.path", isinstance(source, PoliceSource)
    files, passed = find_events(patterns, folder, place=place, police=police)
    total = sum(len(file.members) or 1 for file in files)
    return [reader.read(file, _telling(reader, total, say)) for file in files], passed


def _listed(
    name: str, coverage: Coverage, folder: Path, home: Path
) -> tuple[Months | None, tuple[FileRecord, ...]]:
    """The months of each unit by the inventory, if there is one."""
    inventory = coverage.inventory
    if inventory is None:
        return None, ()
    path = find_file(folder, inventory.path, place=f"sources.{name}.coverage.inventory.path")
    columns = [c for c in (inventory.unit, inventory.month, inventory.records) if c is not None]
    sheet = read_sheet(path, columns, home)
    months = months_listed(inventory, sheet.columns, sheet.label)
    return months, (record(path, f"{name} inventory", rows=len(sheet.rows)),)


def _names_units(events: Events) -> bool:
    """Whether any record names the unit that made it, which copies of police.uk may leave out."""
    unit = category(str(events.coverage.column))
    query = f"SELECT 1 FROM {identifier(events.table)} WHERE {unit} IS NOT NULL LIMIT 1"
    return bool(events.connection.execute(query).fetchall())


def _read_twice(name: str, files: Sequence[FileRecord]) -> Iterator[str]:
    """The same bytes under two names would be counted twice."""
    first: dict[str, str] = {}
    for file in files:
        if not file.rows:  # headings alone, of months in which nothing happened
            continue
        if file.sha256 in first:
            yield (
                f"sources.{name}: {first[file.sha256]} and {file.name} are the same file, so that "
                "its events would be counted twice. Take one away."
            )
        first.setdefault(file.sha256, file.name)


def _without_records(files: Sequence[FileRecord]) -> Iterator[str]:
    """Files of headings alone say that nothing happened, if they are whole."""
    empty = [file.name for file in files if file.rows == 0]
    if empty:
        held = "holds no records" if len(empty) == 1 else "hold no records"
        yield f"{first_few(empty)} {held}: nothing happened, says the count."


def _months_named(names: Iterable[str]) -> Iterator[int]:
    """Numbers of the months that files are named after: fires_2024_02.csv, 2024-02-essex.csv."""
    for name in names:
        # Digits around it are none: 20240215 is a day, and 120240 no year.
        for year, month in re.findall(r"(?<!\d)(\d{4})[-_ ]?(0[1-9]|1[0-2])(?!\d)", name):
            yield int(year) * 12 + int(month) - 1


def _events(
    connection: "DuckDBPyConnection", name: str, source: EventSource | PoliceSource
) -> Events:
    events = Events(
        connection=connection,
        table=events_table(name),
        where=source.where,
        coverage=coverage_of(source),
        compare=source.compare,
    )
    column = street_column(source)
    # In large study areas the column is not read.
    if column is None or f"category {column}" in events.relation.columns:
        events = replace(events, street=street_of(source))
    if isinstance(source, PoliceSource):
        # police.uk gives longitude and latitude.
        return replace(events, crs="EPSG:4326", has_points=True)
    _refuse_dates_of_birth(events, people_of(source).get("age"))
    return replace(
        events,
        crs=source.crs,
        has_key=source.key is not None,
        has_person=source.distinct is not None,
        names_people=(source.person or source.distinct) is not None,
        people=people_of(source),
        pairs=source.pairs,
        has_points=names_points(source),
    )


_DATE = r"^\d{4}-\d{1,2}-\d{1,2}|^\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|^\d{1,2}[- ][A-Za-z]{3}"


def _refuse_dates_of_birth(events: Events, column: str | None) -> None:
    """Refuse an age that is a date: every age stands in tables of figures.

    Raises
    ------
    InputError
        The column holds dates; their values are in no message.
    """
    if column is None:
        return
    rows = events.connection.execute(
        f"SELECT file, count(*), min(row) FROM {identifier(events.table)} "
        f"WHERE regexp_matches({category(column)}, ?) GROUP BY file ORDER BY file",
        [_DATE],
    ).fetchall()
    # Without the value, which every other fault shows: it is a date of birth.
    reason = (
        "a date and no age. Dates of birth must not be read: give ages in years at the event, in a "
        "column of their own."
    )
    others = {file: f" (and {n - 1:,} more)" if n > 1 else "" for file, n, _ in rows}
    if rows:
        raise InputError(
            [
                f"{file}: row {row}, column {column!r}{others[file]}: {reason}"
                for file, _, row in rows
            ]
        )
