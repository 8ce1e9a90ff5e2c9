"""Files in: events, from the police.uk download or any table with a date and a place."""

import glob
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from riskindex.counts import Events
from riskindex.errors import ConfigError, InputError
from riskindex.event_table import (
    Layout,
    Raw,
    connect,
    create_parquet_view,
    create_table,
    load_csv,
    select_events,
    unreadable,
)
from riskindex.factors import Factor, Where
from riskindex.files import FileRecord, find_file, members, open_members, record, sniff, unpack
from riskindex.sheets import capped
from riskindex.sql import identifier, literal

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, kw_only=True)
class EventSource:
    """A table of events: one row each, with a date and an area code or coordinates."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["events"]
    """A table with one event per row."""
    path: str | Sequence[str]
    """CSV (may be compressed) or Parquet files, a folder, a zip, or patterns like suspects/*.csv."""
    date: str
    """Column with the date; a month such as 2022-03 is enough."""
    date_format: str | None = None
    """Such as %d/%m/%Y; ISO dates need none."""
    area: str | None = None
    """Column with the area code."""
    x: str | None = None
    """Column with the easting or longitude."""
    y: str | None = None
    """Column with the northing or latitude."""
    crs: str = "EPSG:27700"
    """Coordinate system of x and y."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all; the rest is excluded by a rule."""
    key: str | None = None
    """Column that identifies an event; later rows with the same key are duplicates."""
    distinct: str | None = None
    """Column with a pseudonymous person key: persons are counted, once per area and period."""
    sensitive: bool = False
    """True for domestic abuse, sexual offences, suspects' and victims' homes."""


@dataclass(frozen=True, kw_only=True)
class PoliceSource:
    """The police.uk download as it comes: a zip of month folders, a folder, or CSVs."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["police.uk"]
    """The published street-level files."""
    path: str | Sequence[str]
    """The zip, the folder, or files; only *-street.csv members are read, and Parquet copies."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all; the rest is excluded by a rule."""
    sensitive: bool = False
    """True where the published categories are treated as sensitive."""


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
    folder: str | Path = ".",
    *,
    factors: Sequence[Factor] = (),
    threads: int | None = None,
    memory: str = "1GB",
    temporary: Path | None = None,
    say: Callable[[str], None] | None = None,
) -> Iterator[Opened]:
    """Read event sources into one shape, for as long as the context lasts.

    CSV files are loaded into a private DuckDB file; Parquet files are read where they are, each
    time they are asked. Only columns that the sources and the rules of the factors name are read.

    Parameters
    ----------
    sources
        Name to `EventSource` or `PoliceSource`; other kinds are passed over.
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
    say
        Told the name of each file as it is read.

    Yields
    ------
    Opened
        Events with the columns `file`, `row` (the header of a CSV is row 1, blank lines are not
        counted; the first record of a Parquet file is row 1), `date`, `area_code`, `x`, `y`,
        `person`, `key`. Coordinates that are incomplete, or both zero, are missing.

    Raises
    ------
    InputError
        Every fault that was found, with file, row, column and value.
    ConfigError
        The date format is none.
    """
    chosen = {
        name: source
        for name, source in sources.items()
        if isinstance(source, EventSource | PoliceSource)
    }
    with TemporaryDirectory(prefix="riskindex-", dir=temporary, ignore_cleanup_errors=True) as home:
        connection = connect(Path(home), threads=threads, memory=memory)
        try:
            yield _open_all(connection, chosen, Path(folder), Path(home), factors, say)
        finally:
            connection.close()


def frame_events(
    frame: "pd.DataFrame",
    source: EventSource,
    *,
    name: str = "events",
    factors: Sequence[Factor] = (),
) -> Events:
    """Events from a data frame, for notebooks: no file is needed.

    Parameters
    ----------
    frame
        One row per event.
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
    layout = _layout(name, source, factors)
    lacking = [column for column in layout.columns if column not in frame]
    if lacking:
        raise InputError([f"{name}: the data frame has no column {c!r}." for c in lacking])
    plain = frame[list(layout.columns)].reset_index(drop=True)
    texts = {c: plain[c].astype("str") for c in plain if str(plain[c].dtype).startswith("period")}
    connection.register("frame", plain.assign(**texts))
    described = connection.execute("DESCRIBE frame").fetchall()
    raw = {column: Raw(identifier(column), str(type_)) for column, type_, *_ in described}
    create_table(connection, name, layout)
    scan = "(SELECT row_number() OVER () AS frame_row, * FROM frame)"
    query = select_events(scan, raw, layout, name, row="frame_row")
    connection.execute(f"INSERT INTO {identifier(name)} {query}")
    connection.unregister("frame")
    faults = list(unreadable(connection, name, layout))
    if faults:
        raise InputError(faults)
    return _events(connection, name, source)


class _File(NamedTuple):
    """A file that is there, and its short name; members are empty unless it is a zip."""

    path: Path
    label: str
    members: tuple[str, ...] = ()


class _Reader:
    """Reads one source into its table and views."""

    def __init__(
        self, connection: "DuckDBPyConnection", name: str, layout: Layout, home: Path
    ) -> None:
        self.connection, self.name, self.layout, self.home = connection, name, layout, home
        self.views: list[str] = []
        self.notes: list[str] = []
        self.faults: list[str] = []
        self.table = f"{name} rows"
        create_table(connection, self.table, layout)

    def read(self, file: _File) -> int:
        """Add the events of one file, or of all its members; how many there are."""
        before = self._rows()
        viewed = 0
        try:
            if not file.members:
                viewed = self._read_plain(file.path, file.label)
            unpacked = open_members(file.path, file.members, self.home) if file.members else ()
            for member, path in zip(file.members, unpacked, strict=True):
                viewed += self._read_plain(path, f"{file.label}/{member}")
                if sniff(path) != "parquet":
                    path.unlink()
        except InputError as error:
            self.faults += error.faults
        return self._rows() - before + viewed

    def _rows(self) -> int:
        count = f"SELECT count(*) FROM {identifier(self.table)}"
        return int(self.connection.execute(count).fetchall()[0][0])

    def _read_plain(self, path: Path, label: str) -> int:
        """Add the events of a file that is not a zip; how many are in a view, not in the table."""
        kind = sniff(path)
        if kind == "parquet":
            self.views.append(f"{self.name} view {len(self.views)}")
            return create_parquet_view(self.connection, self.views[-1], path, label, self.layout)
        if kind not in ("text", "utf-16", "gzip"):
            raise InputError(f"{label}: {_NO_TABLE.get(kind, f'a {kind} file')}. {_SAVE_AS}")
        inner = unpack(path, self.home) if kind == "gzip" else path
        note = load_csv(self.connection, self.table, inner, label, self.layout, self.home)
        self.notes += [note] if note else []
        if inner != path:
            inner.unlink()
        return 0

    def finish(self) -> None:
        """Make one view of everything, named like the source, and look for unreadable values."""
        parts = [name for name in (self.table, *self.views)]
        query = " UNION ALL BY NAME ".join(f"SELECT * FROM {identifier(part)}" for part in parts)
        self.connection.execute(f"CREATE VIEW {identifier(self.name)} AS {query}")
        self.faults += unreadable(self.connection, self.name, self.layout)


_SAVE_AS = "Save the table as CSV UTF-8 or Parquet."
_NO_TABLE = {
    "empty": "the file is empty",
    "xlsx": "an Excel workbook",
    "xml": "an XML or HTML file (a web page saved by mistake?)",
    "zip": "a zip inside a zip",
}


def _open_all(
    connection: "DuckDBPyConnection",
    sources: Mapping[str, EventSource | PoliceSource],
    folder: Path,
    home: Path,
    factors: Sequence[Factor],
    say: Callable[[str], None] | None,
) -> Opened:
    events, files, notes, faults = {}, [], [], []
    for name, source in sources.items():
        try:
            found, ignored = _find(name, source, folder)
        except InputError as error:
            faults += error.faults
            continue
        reader = _Reader(connection, name, _layout(name, source, factors), home)
        records = []
        for file in found:
            if say is not None:
                say(file.label)
            records.append(record(file.path, name, reader.read(file)))
        reader.finish()
        faults += capped([*reader.faults, *_read_twice(name, records)])
        if not reader.faults and not sum(r.rows or 0 for r in records):
            faults.append(f"sources.{name}: no records in {', '.join(r.name for r in records)}.")
        events[name] = _events(connection, name, source)
        files += records
        notes += [*ignored, *reader.notes]
    if faults:
        raise InputError(faults)
    return Opened(events, tuple(files), tuple(notes))


def _events(
    connection: "DuckDBPyConnection", name: str, source: EventSource | PoliceSource
) -> Events:
    if isinstance(source, PoliceSource):
        return Events(connection=connection, table=name, crs="EPSG:4326", where=source.where)
    return Events(
        connection=connection,
        table=name,
        crs=source.crs,
        where=source.where,
        has_key=source.key is not None,
        has_person=source.distinct is not None,
    )


def _layout(name: str, source: EventSource | PoliceSource, factors: Sequence[Factor]) -> Layout:
    wheres = [g.where for factor in factors for g in factor.groups if g.source == name]
    categories = tuple(sorted({column for where in (source.where, *wheres) for column in where}))
    if isinstance(source, PoliceSource):
        place = ("LSOA code", "Longitude", "Latitude")
        return Layout("Month", None, *place, categories=categories, may_lack=place)
    _check_options(name, source)
    return Layout(
        source.date,
        source.date_format,
        source.area,
        source.x,
        source.y,
        person=source.distinct,
        key=source.key,
        categories=categories,
    )


def _check_options(name: str, source: EventSource) -> None:
    import duckdb

    faults = []
    if (source.x is None) != (source.y is None):
        faults.append(f"sources.{name}: x and y belong together; one of them is not named.")
    if source.area is None and source.x is None:
        faults.append(f"sources.{name}: name the column area, or x and y.")
    try:
        duckdb.execute(f"SELECT try_strptime('', {literal(source.date_format or '%Y')})")
    except duckdb.Error:
        faults.append(
            f"sources.{name}.date_format: {source.date_format!r} is no format; write it like "
            "%d/%m/%Y."
        )
    if faults:
        raise ConfigError(faults)


_TABLES = (".csv", ".csv.gz", ".txt", ".tsv", ".parquet")
_STREET = ("-street.csv", "-street.csv.gz", ".parquet")
_OTHER_POLICE = ("-outcomes.csv", "-stop-and-search.csv")


def _find(
    name: str, source: EventSource | PoliceSource, folder: Path
) -> tuple[list[_File], list[str]]:
    """The files of a source in the order of their names, and a note about files passed over."""
    patterns = [source.path] if isinstance(source.path, str) else list(source.path)
    paths = [path for pattern in patterns for path in _matches(pattern, folder, name)]
    endings = _STREET if isinstance(source, PoliceSource) else _TABLES
    other: Counter[str] = Counter()
    files: list[Path] = []
    for path in dict.fromkeys(paths):
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        wanted = endings if path.is_dir() else _named_endings(source)
        files += [p for p in inside if _is_wanted(p.name, wanted, other)]
    root = os.path.commonpath([path.parent for path in files]) if files else folder
    found = []
    for path in sorted(set(files)):
        label = path.relative_to(root).as_posix()
        inside_zip = sorted(members(path)) if sniff(path) == "zip" else []
        kept = tuple(m for m in inside_zip if _is_wanted(PurePosixPath(m).name, endings, other))
        if kept or not inside_zip:
            found.append(_File(path, label, kept))
    if not found:
        raise InputError(
            f"sources.{name}.path: no table in {', '.join(patterns)} (looked for *"
            f"{', *'.join(endings)})."
        )
    passed = ", ".join(f"{n} *{ending}" for ending, n in sorted(other.items()))
    return found, [f"{name}: passed over {passed}."] if passed else []


def _named_endings(source: EventSource | PoliceSource) -> tuple[str, ...]:
    """A file that is named, or that a pattern finds, may be called anything."""
    return ("",) if isinstance(source, EventSource) else ("", *_OTHER_POLICE)


def _is_wanted(name: str, endings: tuple[str, ...], other: "Counter[str]") -> bool:
    lower = name.lower()
    is_police = endings is not _TABLES and endings != ("",)
    passed = next((e for e in _OTHER_POLICE if is_police and lower.endswith(e)), None)
    if passed is None and lower.endswith(endings) and not lower.startswith("."):
        return True
    other[passed or PurePosixPath(lower).suffix] += 1
    return False


def _matches(pattern: str, folder: Path, name: str) -> list[Path]:
    if glob.has_magic(pattern) and not (folder / pattern).exists():
        found = [Path(p) for p in sorted(glob.glob(str(folder / pattern), recursive=True))]
        if not found:
            raise InputError(f"sources.{name}.path: no file matches {pattern!r}.")
        return found
    return [find_file(folder, pattern, place=f"sources.{name}.path")]


def _read_twice(name: str, records: Sequence[FileRecord]) -> Iterator[str]:
    """The same bytes under two names would be counted twice."""
    first: dict[str, str] = {}
    for file in records:
        if file.sha256 in first:
            yield (
                f"sources.{name}: {file.name} and {first[file.sha256]} are the same file, so that "
                "its events would be counted twice. Take one away."
            )
        first.setdefault(file.sha256, file.name)
