"""Data frames in place of files: the same columns are looked for, and the same faults told."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from riskindex.errors import ConfigError, InputError, with_article
from riskindex.files.boundary_files import VectorRows, check_columns
from riskindex.files.csv_files import CsvSheet, find_columns
from riskindex.files.formats import FileRecord, nearest

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection
    from geopandas import GeoDataFrame

BOUNDARIES = "boundaries"
"""What messages call boundaries that come from no file."""
FRAME = "data frame"
"""What provenance calls a table that comes from no file."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Frames:
    """What is given in memory, in place of the files that a config names."""

    boundaries: "GeoDataFrame | None" = None
    """The areas; column names as the config has them."""
    events: Mapping[str, Any] = field(default_factory=dict)
    """Source of events to a pandas or polars DataFrame, pyarrow Table, DuckDB relation, ibis table,
    or anything else that gives an Arrow stream."""
    tables: Mapping[str, Any] = field(default_factory=dict)
    """Table or series to the same."""


def check_frames(frames: Frames) -> None:
    """Refuse what is no table.

    Raises
    ------
    ConfigError
        Each argument that cannot be read, with what can.
    """
    import geopandas

    faults = []
    land = frames.boundaries
    if land is not None and not isinstance(land, geopandas.GeoDataFrame):
        faults.append(f"boundaries: a GeoDataFrame is needed, not {with_article(land)}.")
    for argument, given in (("events", frames.events), ("tables", frames.tables)):
        if not isinstance(given, Mapping):
            faults.append(
                f"{argument}: a dictionary of the source's name to its table is needed, not "
                f"{with_article(given)}."
            )
            continue
        faults += [
            f"{argument}[{name!r}]: a pandas or polars DataFrame, a pyarrow Table, a DuckDB "
            f"relation or an ibis table is needed, not {with_article(table)}{_collected(table)}."
            for name, table in given.items()
            # The Arrow PyCapsule interface: whatever speaks it can be read, without a word about
            # its library.
            if not hasattr(table, "__arrow_c_stream__")
        ]
    if faults:
        raise ConfigError(faults)


def _collected(table: object) -> str:
    return "; collect() it first" if hasattr(table, "collect") else ""


def frame_vector(frame: "GeoDataFrame", columns: Sequence[str], role: str) -> VectorRows:
    """Named columns and the geometry of a GeoDataFrame, as `read_vector` has them of a file.

    Raises
    ------
    InputError
        No geometry is set, or a column is not there (with the nearest that is).
    """
    import geopandas
    import shapely

    if frame.active_geometry_name is None:
        raise InputError(f"{BOUNDARIES}: the GeoDataFrame has no geometry; set one.")
    table = _plain(frame)
    others = [str(c) for c in table.columns if c != table.active_geometry_name]
    check_columns(columns, others, BOUNDARIES)
    # Shapes are matched to rows by the index, which may hold repeats.
    table = table.reset_index(drop=True)
    kept = geopandas.GeoDataFrame(table[list(columns)], geometry=table.geometry, crs=table.crs)
    # Signs that no text holds stand between the parts, so that two tables cannot run into one hash.
    written = [kept[column].map(str).str.cat(sep="\x1e") for column in columns]
    parts = [text.encode() for text in [str(kept.crs), *written]]
    parts += [shape or b"" for shape in shapely.to_wkb(kept.geometry.to_numpy())]
    return VectorRows(kept, _record(role, parts, len(kept))._replace(name=BOUNDARIES), ())


def frame_sheet(frame: Any, columns: Sequence[str], label: str) -> CsvSheet:  # noqa: ANN401
    """Named columns of a table as text, as `read_sheet` has them of a file.

    Parameters
    ----------
    frame
        As in `Frames`; an index of pandas that has a name is a column too.
    columns
        Columns to read.
    label
        What messages call it; row 1 is the first record.

    Raises
    ------
    InputError
        No rows, or a column that is not there or there twice.
    """
    table = _in_pandas(frame, label)
    places = find_columns([str(column) for column in table.columns], columns, label)
    if not len(table):
        raise InputError(f"{label}: the table has no rows.")
    # As text, so that cells of frames and of files pass the same checks.
    texts = {column: _texts(table.iloc[:, place]) for column, place in places.items()}
    return CsvSheet(label, list(range(1, len(table) + 1)), texts, ())


def frame_header(frame: Any, label: str) -> list[str]:  # noqa: ANN401
    """Names of all columns of a table."""
    return list(map(str, _in_pandas(frame, label).columns))


def record_of_sheet(sheet: CsvSheet, role: str) -> FileRecord:
    """Provenance of a table that came from no file: the hash of the texts that were read."""
    parts = ["\x1e".join([name, *values]).encode() for name, values in sheet.columns.items()]
    return _record(role, parts, len(sheet.rows))


def _record(role: str, parts: Collection[bytes], rows: int) -> FileRecord:
    whole = b"\x1f".join(parts)
    return FileRecord(role, FRAME, len(whole), hashlib.sha256(whole).hexdigest(), rows)


def _texts(column: "pd.Series[Any]") -> list[str]:
    """Cells as a CSV would have them."""
    return list(map(str, column.astype(object).where(column.notna(), "")))


def _plain(frame: Any) -> Any:  # noqa: ANN401
    """A frame whose index, where it has a name, is a column."""
    # Analysts often hold the area code as the index, where no column search would find it.
    named = [name for name in frame.index.names if name is not None and name not in frame]
    return frame.reset_index(level=named) if named else frame


def _in_pandas(frame: Any, label: str) -> "pd.DataFrame":  # noqa: ANN401
    import pandas as pd

    if isinstance(frame, pd.DataFrame):
        return _plain(frame)
    # Through the Arrow stream: no library of frames need be imported here.
    read: pd.DataFrame = _stream(frame, label).read_pandas()
    return read


def _stream(frame: Any, label: str) -> Any:  # noqa: ANN401
    """The Arrow batches of any kind of table."""
    try:
        import pyarrow
    except ImportError:
        raise ConfigError(
            f"{label}: only a pandas DataFrame can be read without pyarrow: "
            "pip install 'riskindex[parquet]'."
        ) from None
    return pyarrow.RecordBatchReader.from_stream(frame)


@contextmanager
def registered(
    connection: "DuckDBPyConnection",
    frame: Any,  # noqa: ANN401
    is_read: Callable[[str], bool],
    label: str,
) -> Iterator[list[str]]:
    """Let DuckDB read a table where it is, once, as `GIVEN`; the names of all its columns.

    Parameters
    ----------
    connection
        Where it is read.
    frame
        As in `Frames`.
    is_read
        Whether a column is looked at; of a pandas DataFrame no others are touched.
    label
        What messages call it.
    """
    import pandas as pd

    if isinstance(frame, pd.DataFrame):
        table = _plain(frame)
        columns = [str(column) for column in table.columns]
        connection.register(GIVEN, _readable(table, is_read))
    else:
        table = _stream(frame, label)
        columns = list(table.schema.names)
        connection.register(GIVEN, table)
    try:
        yield columns
    finally:
        # DuckDB would keep the table alive, and its memory, for as long as the connection.
        connection.unregister(GIVEN)


GIVEN = "given_frame"
"""What DuckDB calls a table of somebody else, as long as it is read."""


def _readable(table: "pd.DataFrame", is_read: Callable[[str], bool]) -> "pd.DataFrame":
    """The columns that are read; months as text, which DuckDB does not know otherwise."""
    import pandas as pd

    kept = [k for k, name in enumerate(table.columns) if is_read(str(name))]
    part = table.iloc[:, kept].reset_index(drop=True)
    # Arrow has no type for periods of pandas.
    months = [c for c in part if isinstance(part.dtypes[c], pd.PeriodDtype)]
    return part.astype(dict.fromkeys(months, "str"))


def refuse_unknown(given: Collection[str], names: Sequence[str], argument: str) -> None:
    """Refuse tables that no source of a config asks for.

    Raises
    ------
    ConfigError
        Each of them, with the nearest source that there is.
    """
    faults = [
        f"{argument}[{name!r}]: the config has no source of that name whose {argument} a table can "
        f"be{nearest(name, names)}."
        for name in given
        if name not in names
    ]
    if faults:
        raise ConfigError(faults)
