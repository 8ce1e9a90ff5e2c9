"""Files in, where the file is a warehouse: its answer, asked for or read, becomes a table."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from riskindex.errors import ConfigError, InputError
from riskindex.events.spark_points import NOWHERE, ask_spark, count_points
from riskindex.events.sql import events_table, identifier, literal, store
from riskindex.events.study_area import StudyArea
from riskindex.events.tally import Events
from riskindex.events.warehouse import (
    WarehouseSource,
    counting_query,
    describe_rules,
    title,
    warehouse_faults,
)
from riskindex.factors import Factor
from riskindex.files.csv_files import read_sheet
from riskindex.files.formats import FileRecord, find_file, record, sniff
from riskindex.files.text import MISSING_WORDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TOLD = ("area_code", "month", "events")


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
    """Have a warehouse count, and make a table of its answer.

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
    if source.answer is not None:
        path = find_file(folder, source.answer, place=f"sources.{name}.answer")
        answer = _read_answer(connection, path, [*_TOLD, *rules], home, name)
        written = record(path, name, rows=None)
    else:
        query = counting_query(name, source, factors=factors)
        answer = _ask(name, source, query, _runner(name, source, areas))
        # Only the columns that were asked for: a view of a warehouse may add some.
        answer = answer[[*_TOLD, *rules, *(["is_outside"] if source.x is not None else [])]]
        # A database gives rows in any order; sorted, the same events have the same hash.
        text = answer.sort_values([*answer], na_position="first").to_csv(index=False)
        whole = text.encode()
        asked = f"{source.engine}: {title(source)}"
        written = FileRecord(name, asked, len(whole), sha256(whole).hexdigest(), None)
    events = _numbers(answer["events"], name)
    outside = answer["is_outside"] if source.x is not None else False
    dates = _first_days(answer, source, name)
    store(connection, "answer", answer.assign(date=dates, events=events, is_outside=outside))
    flags = ", ".join(f"{identifier(rule)}::INTEGER = 1 AS {identifier(rule)}" for rule in rules)
    words = ", ".join(map(literal, MISSING_WORDS))
    connection.execute(
        # From here on an answer looks like any other source: the same counting, the same losses.
        f"CREATE TABLE {identifier(events_table(name))} AS SELECT {literal(written.name)} AS file, "
        "NULL::BIGINT AS row, date, x AS x, x AS y, NULL::VARCHAR AS person, "
        f"NULL::VARCHAR AS key, events, {flags}, CASE WHEN lower(code) NOT IN ({words}) "
        # A point that no area holds lies nowhere near; its coordinates stay where they are.
        "THEN code END AS area_code FROM (SELECT *, CASE WHEN is_outside THEN 'inf'::DOUBLE END "
        "AS x, "
        "nullif(trim(area_code::VARCHAR), '') AS code FROM answer)"
    )
    counted = Events(
        connection=connection,
        table=events_table(name),
        where=source.where,
        is_counted=True,
        coverage=source.coverage,
    )
    return counted, written._replace(rows=int(events.sum()))


Runner = Callable[[str, str], "pd.DataFrame"]
"""Address and query to the answer."""


def _runner(name: str, source: WarehouseSource, areas: "pd.DataFrame | None") -> Runner:
    """What asks the engine of a source."""
    place = f"sources.{name}"
    if source.engine not in _RUNNERS:
        raise ConfigError(
            f"{place}: {source.engine} is not asked from here. Have the query run that "
            "`riskindex sql` prints, save its answer as CSV, and name the file under answer."
        )
    if source.x is None:
        return _RUNNERS[source.engine]
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


def _ask(name: str, source: WarehouseSource, query: str, run: Runner) -> "pd.DataFrame":
    """The answer of the warehouse itself."""
    place = f"sources.{name}"
    address = os.environ.get(source.connection or "")
    if source.connection is None or not address:
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
            f"{place}: {source.engine} did not answer: {_what(error)}. See the query with "
            "`riskindex sql`."
        ) from None


def _what(error: Exception) -> str:
    """What went wrong in a line: the last one of a worker of Spark, which tells its whole story."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    # A worker's traceback begins with pages of paths of the cluster, and ends with the cause.
    return lines[-1 if "Python worker" in lines[0] else 0].strip()[:300]


class _NotConnected(Exception):  # noqa: N818
    """There is no connection."""


def _ask_postgresql(address: str, query: str) -> "pd.DataFrame":
    import psycopg

    # Whatever the account may do, this session only reads.
    # Dates of timestamps are those of London, whatever zone the server or this machine is in.
    options = "-c default_transaction_read_only=on -c TimeZone=Europe/London"
    try:
        session = psycopg.connect(address, options=options)
    except psycopg.Error as error:
        raise _NotConnected(type(error).__name__) from None
    with session, session.cursor() as cursor:
        cursor.execute(query)
        columns = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


_RUNNERS: Mapping[str, Runner] = {
    "postgresql": _ask_postgresql,
    "spark": ask_spark,
}


def _read_answer(
    connection: "DuckDBPyConnection", path: Path, columns: Sequence[str], home: Path, name: str
) -> "pd.DataFrame":
    """The answer to a query that somebody else ran."""
    if sniff(path) == "parquet":
        read = connection.execute(f"SELECT * FROM read_parquet({literal(str(path))})").df()
        lacking = [column for column in columns if column not in read]
        if not lacking:
            return read[list(columns)]
    else:
        try:
            sheet = read_sheet(path, columns, home)
            return pd.DataFrame(sheet.columns).replace({"": None})
        except InputError as error:
            told = " ".join(error.faults)
            lacking = [column for column in columns if f"no column '{column}'" in told]
            if not lacking:
                raise
    raise InputError(
        f"sources.{name}.answer: {path.name} has no column {lacking[0]!r}: it is the answer to "
        "another query. Print the query again with `riskindex sql`, and have it run."
    )


def _first_days(answer: "pd.DataFrame", source: WarehouseSource, name: str) -> "pd.Series[Any]":
    """First day of each month of an answer; missing where the event has no date."""
    given = answer["month"]
    texts = given.astype("object").where(given.notna(), "").astype(str)
    # Pandas makes 202203 a float where one month is missing.
    texts = texts.str.removesuffix(".0")  # a number beside missing ones
    found = texts.str.extract(r"^(\d{4})-?(0[1-9]|1[0-2])$")
    wrong = found[0].isna() & ~texts.str.strip().str.lower().isin(["", *MISSING_WORDS])
    if wrong.any():
        value = texts[wrong].iloc[0]
        raise InputError(
            f"{name}: {title(source)}: column {source.date!r}: {value!r} is no month. Dates that "
            "are text must be ISO (2022-03 or 2022-03-01); others must be dates or timestamps, "
            "and date_is_text says which."
        )
    days = pd.to_datetime(found[0] + "-" + found[1] + "-01", format="%Y-%m-%d")
    return days.astype("datetime64[s]")


def _numbers(events: "pd.Series[Any]", name: str) -> "pd.Series[int]":
    numbers = pd.to_numeric(events, errors="coerce")
    # A count of 0 or a fraction is no answer to a GROUP BY, so that the file was edited or is
    # another one.
    wrong = numbers.isna() | (numbers < 1) | (numbers % 1 != 0)
    if wrong.any():
        value = events[wrong].iloc[0]
        raise InputError(f"{name}: the answer's column events holds {value!r}, no whole number.")
    return numbers.astype("int64")
