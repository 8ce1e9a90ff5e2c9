"""The files of one source, each read into its table whatever its format."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskindex.errors import InputError
from riskindex.events.records.find_files import FoundFile
from riskindex.events.records.person_keys import keys_in_words
from riskindex.events.records.table import (
    create_parquet_view,
    create_table,
    frame_record,
    load_csv,
    load_frame,
    unreadable,
)
from riskindex.events.records.values import Layout
from riskindex.events.sql import events_table, identifier
from riskindex.files.formats import FileRecord, open_members, record, sniff, unpack
from riskindex.files.workbooks import WORKBOOKS, as_csv, read_grid

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class SourceReader:
    """Reads the files of one source into a table and views of its own."""

    def __init__(
        self, connection: "DuckDBPyConnection", name: str, layout: Layout, home: Path
    ) -> None:
        self.connection, self.name, self.layout, self.home = connection, name, layout, home
        self.table = f"{name} rows"
        self.rows = 0
        self.rows_read, self.files_read = 0, 0
        self.views: list[str] = []
        self.notes: list[str] = []
        self.faults: list[str] = []
        create_table(connection, self.table, layout)

    def read(self, file: FoundFile, say: Callable[[str], None]) -> FileRecord:
        """Add the events of one file, or of all the members that are read of a zip."""
        # Faults of one file are kept while the others are read, so that all of them are told at
        # once.
        rows = 0
        try:
            if file.members:
                unpacked = open_members(file.path, file.members, self.home)
                for member, path in zip(file.members, unpacked, strict=True):
                    say(f"{file.label}/{member}")
                    rows += self._read(path, f"{file.label}/{member}")
                    # A national archive unpacks to more than the disk may hold: each file goes once
                    # it is loaded.
                    if sniff(path) != "parquet":  # that one is read again, each time it is asked
                        path.unlink()
            else:
                say(file.label)
                rows += self._read(file.path, file.label)
        except InputError as error:
            self.faults += error.faults
        return record(file.path, self.name, rows=rows)._replace(name=file.label)

    def read_frame(self, frame: Any) -> FileRecord:  # noqa: ANN401 (any kind of table)
        """Add the events of a table in memory."""
        try:
            load_frame(self.connection, self.table, frame, self.name, layout=self.layout)
        except InputError as error:
            self.faults += error.faults
        file = frame_record(self.connection, self.table, self.layout, self.name)
        self.rows = file.rows or 0
        return file

    def _read(self, path: Path, label: str) -> int:
        rows = self._add(path, label)
        self.rows_read, self.files_read = self.rows_read + rows, self.files_read + 1
        return rows

    def _add(self, path: Path, label: str) -> int:
        kind = sniff(path)
        if kind == "parquet":
            view = f"{self.name} view {len(self.views)}"
            rows = create_parquet_view(self.connection, view, path, label, layout=self.layout)
            self.views.append(view)
            return rows
        if kind in WORKBOOKS:
            return self._add_workbook(path, label)
        # Judged by its first bytes: a web page saved as .csv is the usual result of an expired
        # login.
        if kind not in ("text", "utf-16", "gzip"):
            raise InputError(f"{label}: {_NO_TABLE.get(kind, f'a {kind} file')}. {_SAVE_AS}")
        inner = unpack(path, self.home) if kind == "gzip" else path
        rows = self._load(inner, label)
        if inner != path:
            inner.unlink()
        return rows

    def _add_workbook(self, path: Path, label: str) -> int:
        """Add the events of a sheet, by way of a private CSV of it."""
        layout = self.layout
        # The header row of a workbook is looked for by these names, below titles and logos.
        wanted = [layout.headings.get(c, c) for c in layout.columns if c not in layout.may_lack]
        grid = read_grid(
            path,
            wanted,
            label,
            sheet=layout.sheet,
            header_row=layout.header_row,
            date_format=layout.date_format,
        )
        copy = as_csv(grid, self.home / "sheet.csv")
        rows = self._load(copy, label, offset=grid.rows[0] - 2 if grid.rows else 0)
        # The copy of a workbook is plain text with every record, and goes once it is loaded.
        copy.unlink()
        self.notes += grid.notes
        return rows

    def _load(self, path: Path, label: str, *, offset: int = 0) -> int:
        before = self.rows
        note = load_csv(
            self.connection,
            self.table,
            path,
            label,
            layout=self.layout,
            home=self.home,
            offset=offset,
        )
        count = f"SELECT count(*) FROM {identifier(self.table)}"
        # Counted and not taken from the file: blank lines are no records.
        self.rows = int(self.connection.execute(count).fetchall()[0][0])
        self.notes += [note] if note else []
        return self.rows - before

    def finish(self) -> None:
        """Make one view of everything, named like the source, and look for unreadable values."""
        # A source of Parquet files alone needs no empty table in its union.
        parts = [self.table, *self.views] if self.rows or not self.views else self.views
        query = " UNION ALL BY NAME ".join(f"SELECT * FROM {identifier(part)}" for part in parts)
        view = events_table(self.name)
        self.connection.execute(f"CREATE VIEW {identifier(view)} AS {query}")
        self.faults += unreadable(self.connection, view, self.layout)
        self.faults += keys_in_words(self.connection, view, self.layout)


_SAVE_AS = "Save the table as CSV UTF-8 or Parquet."


_NO_TABLE = {
    "empty": "the file is empty",
    "xml": "an XML or HTML file (a web page saved by mistake?)",
    "zip": "a zip inside a zip",
}
