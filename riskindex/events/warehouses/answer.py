"""Files in, where the file is a warehouse: its answer, asked for or read, becomes a table."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

import pandas as pd

from riskindex.errors import ConfigError, InputError
from riskindex.events.source_events import Events
from riskindex.events.sql import events_table, identifier, literal
from riskindex.events.study_area import StudyArea
from riskindex.events.warehouses.query import (
    WarehouseSource,
    counting_query,
    describe_rules,
    title,
    warehouse_faults,
)
from riskindex.events.warehouses.spark import NOWHERE, ask_spark, count_points, runs_already
from riskindex.factors import Factor
from riskindex.files.csv_files import read_sheet
from riskindex.files.formats import FileRecord, as_utf8, find_file, record, sniff
from riskindex.files.text import MISSING_WORDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ALWAYS = ("area_code", "month", "events")


def open_warehouse(
    connection: "DuckDBPyConnection",
    name: str,
    source: WarehouseSource,
    *,
    factors: Sequence[Factor],
    folder: Path,
    home: Path,
    areas: "pd.DataFrame | None" = None,
) -> tuple[Events, FileRecord]:
    """Send the counting query to a warehouse, and store the counts that it answers as a table.

    Parameters
    ----------
    connection
        Where the table is made.
    name, source, factors
        What is counted, and by which rules.
    folder, home
        Where relative paths start from; private folder.
    areas
        Where points are placed, for a source without codes.

    Raises
    ------
    ConfigError
        Neither an answer nor an address in the environment; the engine needs an answer; or
        points are to be placed in no areas.
    InputError
        The warehouse does not answer, or the answer is to another query.
    """
    faults = list(warehouse_faults(name, source))
    if faults:
        raise ConfigError(faults)
    rules = list(describe_rules(name, source, factors=factors))
    columns = [*_ALWAYS, *rules, *(["is_outside"] if source.x is not None else [])]
    if source.answer is not None:
        path = find_file(folder, source.answer, place=f"sources.{name}.answer")
        label, answer = path.name, _read_answer(connection, path, columns, home, name)
    else:
        query = counting_query(name, source, factors=factors)
        label = f"{source.engine}: {title(source)}"
        answer = _ask(name, source, query, _runner(name, source, areas, home))
    # From here on an answer looks like any other source: the same counting, the same losses.
    flags = ", ".join(f"{identifier(rule)}::INTEGER = 1 AS {identifier(rule)}" for rule in rules)
    # The same words stand for missing as in files.
    words = ", ".join(map(literal, MISSING_WORDS))
    # A point that no area holds lies nowhere near; its coordinates stay where they are.
    x = "CASE WHEN is_outside THEN 'inf'::DOUBLE END" if source.x is not None else "NULL::DOUBLE"
    table = identifier(events_table(name))
    connection.execute(
        f"CREATE TABLE {table} AS SELECT {literal(label)} AS file, NULL::BIGINT AS row, "
        f"CASE WHEN {_IS_MONTH} THEN make_date(left(month_text, 4)::INTEGER, "
        f"right(month_text, 2)::INTEGER, 1) END AS date, {x} AS x, {x} AS y, "
        "NULL::VARCHAR AS person, NULL::VARCHAR AS key, try_cast(number AS BIGINT) AS events, "
        f"{flags}, CASE WHEN lower(code) NOT IN ({words}) THEN code END AS area_code, "
        f"CASE WHEN NOT {_IS_MONTH} AND lower(trim(month_text)) NOT IN ('', {words}) "
        "THEN month_text END AS bad_month, "
        # A count of 0 or a fraction is no answer to a GROUP BY, so that the file was edited or is
        # another one.
        "CASE WHEN NOT coalesce(number BETWEEN 1 AND 1e15 AND number % 1 = 0, false) "
        "THEN coalesce(events::VARCHAR, '') END AS bad_events "
        "FROM (SELECT *, coalesce(month::VARCHAR, '').replace('.0', '') AS month_text, "
        "try_cast(events AS DOUBLE) AS number, nullif(trim(area_code::VARCHAR), '') AS code "
        f"FROM {_scan(connection, answer)})"
    )
    # The table holds all of it by now; the frame would be a second copy in memory.
    connection.unregister(_ANSWER)
    _refuse_nonsense(connection, table, source, name)
    counted = Events(
        connection=connection,
        table=events_table(name),
        where=source.where,
        is_counted=True,
        coverage=source.coverage,
    )
    provenance = _provenance(connection, events_table(name), name, label)
    if source.answer is not None:
        return counted, record(path, name, rows=provenance.rows)
    return counted, provenance


_ANSWER = "answer_of_warehouse"
_IS_MONTH = "regexp_full_match(month_text, '[0-9]{4}-?(0[1-9]|1[0-2])')"
"""Of a month as text; a number beside missing ones may have been a decimal."""


def _scan(connection: "DuckDBPyConnection", answer: "pd.DataFrame | str") -> str:
    """What follows FROM for an answer: a table in memory, or a file that DuckDB reads itself."""
    if isinstance(answer, str):
        return answer
    connection.register(_ANSWER, answer)
    return _ANSWER


def _refuse_nonsense(
    connection: "DuckDBPyConnection", table: str, source: WarehouseSource, name: str
) -> None:
    """Refuse months and numbers that no counting query gives."""
    ((month, number),) = connection.execute(
        f"SELECT any_value(bad_month), any_value(bad_events) FROM {table}"
    ).fetchall()
    if month is not None:
        raise InputError(
            f"{name}: {title(source)}: column {source.date!r}: {month!r} is no month. Dates that "
            "are text must be ISO (2022-03 or 2022-03-01); others must be dates or timestamps, "
            "and date_is_text says which."
        )
    if number is not None:
        raise InputError(f"{name}: the answer's column events holds {number!r}, no whole number.")
    connection.execute(
        f"ALTER TABLE {table} DROP COLUMN bad_month; ALTER TABLE {table} DROP COLUMN bad_events"
    )


def _provenance(connection: "DuckDBPyConnection", table: str, name: str, label: str) -> FileRecord:
    """How many events an answer has, and its hash.

    A database gives rows in any order, so that their hashes are joined without one: no two rows
    are alike.
    """
    # file and row are the same in every line, and y is what x is.
    columns = [c for c in connection.table(table).columns if c not in ("file", "row", "y")]
    line = f"concat({', '.join(f'{identifier(c)}, chr(31)' for c in columns)})"
    ((size, rows, total, events),) = connection.execute(
        f"SELECT coalesce(sum(strlen({line})), 0), count(*), bit_xor(md5_number({line})), "
        f"coalesce(sum(events), 0) FROM {identifier(table)}"
    ).fetchall()
    # With the number of rows, because XOR cancels out a row that comes twice.
    digest = sha256(f"{rows} {total}".encode()).hexdigest()
    return FileRecord(name, label, int(size), digest, int(events))


Runner = Callable[[str, str], "pd.DataFrame | str"]
"""Address and query to the answer: a table, or a file as DuckDB reads it."""


def _runner(name: str, source: WarehouseSource, areas: "pd.DataFrame | None", home: Path) -> Runner:
    """What asks the engine of a source."""
    place = f"sources.{name}"
    if source.engine not in _RUNNERS:
        raise ConfigError(
            f"{place}: {source.engine} is not asked from here. Have the query run that "
            "`riskindex sql` prints, save its answer as CSV, and name the file under answer."
        )
    if source.x is None:
        return partial(_RUNNERS[source.engine], home=home)
    if areas is None:
        raise ConfigError(f"{place}: its points can only be placed where the areas are given.")
    return partial(_in_areas, study=StudyArea(areas), crs=source.crs)


def _in_areas(address: str, query: str, *, study: StudyArea, crs: str) -> "pd.DataFrame":
    """Points counted by the code of their area, and whether there is a point in none."""
    counted = count_points(address, query, study, crs)
    # The last two are what NOWHERE and NO_POINT, which are negative, find.
    codes = pd.Series([*study.codes, None, None], dtype="object").array
    area = counted["area"].to_numpy()
    return counted.assign(area_code=codes[area], is_outside=area == NOWHERE)


def _ask(name: str, source: WarehouseSource, query: str, run: Runner) -> "pd.DataFrame | str":
    """The answer of the warehouse itself."""
    place = f"sources.{name}"
    address = os.environ.get(source.connection or "") or ""
    # In a notebook on the cluster the session is there, and no address is needed.
    is_running = source.engine == "spark" and runs_already()
    if not address and not is_running:
        raise ConfigError(
            f"{place}.connection: name an environment variable that holds the address of the "
            f"{source.engine} server (now {source.connection!r}, which is not set); or name the "
            "file with the answer to the query that `riskindex sql` prints."
        )
    try:
        return run(address, query)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None
    except ImportError as error:
        raise ConfigError(
            f"{place}: {source.engine} needs the Python package {error.name}; "
            # Named by its import, which may differ from what one installs.
            "pip install 'riskindex[engines]' (postgresql) or pyspark (spark)."
        ) from None
    except _NotConnected as error:
        # What a driver says about an address may hold the password.
        raise InputError(
            f"{place}: cannot connect to {source.engine} with the address in "
            f"{source.connection} ({error})."
        ) from None
    except Exception as error:
        raise InputError(
            f"{place}: {source.engine} did not answer: {_cause(error)}. See the query with "
            "`riskindex sql`."
        ) from None


def _cause(error: Exception) -> str:
    """The error in one line: of a Spark worker, whose error is a whole trace, its last line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    # A worker's traceback begins with pages of paths of the cluster, and ends with the cause.
    return lines[-1 if "Python worker" in lines[0] else 0].strip()[:300]


class _NotConnected(Exception):  # noqa: N818
    """The warehouse could not be reached, so that nothing was asked of it."""


def _ask_postgresql(address: str, query: str, *, home: Path) -> str:
    import psycopg

    # Whatever the account may do, this session only reads.
    # Dates of timestamps are those of London, whatever zone the server or this machine is in.
    options = "-c default_transaction_read_only=on -c TimeZone=Europe/London"
    try:
        session = psycopg.connect(address, options=options)
    except psycopg.Error as error:
        raise _NotConnected(type(error).__name__) from None
    with session, session.cursor() as cursor:
        # The answer goes to a file as it comes: millions of rows never become Python's.
        number, path = mkstemp(".csv", dir=home)
        with os.fdopen(number, "wb") as file, cursor.copy(_COPY.format(query)) as copy:
            for part in copy:
                file.write(part)
    return _read_csv(Path(path))


_COPY = "COPY ({}) TO STDOUT (FORMAT csv, HEADER)"


def _read_csv(path: Path) -> str:
    """A CSV with commas, every value as text."""
    return (
        f"read_csv({literal(str(path))}, all_varchar = true, header = true, delim = ',', "
        "quote = '\"', escape = '\"', auto_detect = true, parallel = false)"
    )


def _ask_spark(address: str, query: str, *, home: Path) -> "pd.DataFrame":
    return ask_spark(address, query)


_RUNNERS: Mapping[str, Callable[..., "pd.DataFrame | str"]] = {
    "postgresql": _ask_postgresql,
    "spark": _ask_spark,
}


def _read_answer(
    connection: "DuckDBPyConnection", path: Path, columns: Sequence[str], home: Path, name: str
) -> "pd.DataFrame | str":
    """The answer to a query that somebody else ran."""
    kind = sniff(path)
    scan = {
        "parquet": f"read_parquet({literal(str(path))})",
        "text": _read_csv(as_utf8(path, home).path) if kind == "text" else "",
    }.get(kind, "")
    if scan:
        # DuckDB reads these by itself, so that millions of rows never become Python's.
        given = [str(c) for c, *_ in connection.execute(f"DESCRIBE FROM {scan}").fetchall()]
        lacking = [column for column in columns if column not in given]
        if not lacking:
            return scan
    if kind != "parquet":  # other delimiters, zips and workbooks, whose columns are found
        try:
            sheet = read_sheet(path, columns, home)
            return pd.DataFrame(sheet.columns).replace({"": None})
        except InputError as error:
            faults = " ".join(error.faults)
            lacking = [column for column in columns if f"no column '{column}'" in faults]
            if not lacking:
                raise
    raise InputError(
        f"sources.{name}.answer: {path.name} has no column {lacking[0]!r}: it is the answer to "
        "another query. Print the query again with `riskindex sql`, and have it run."
    )
