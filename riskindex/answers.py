"""Files in, where the file is a warehouse: its answer, asked for or read, becomes a table."""

import os
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskindex.errors import ConfigError, InputError
from riskindex.factors import Factor
from riskindex.files import FileRecord, find_file, record, sniff
from riskindex.sheets import read_sheet
from riskindex.sql import identifier, literal, store
from riskindex.tally import Events
from riskindex.warehouse import WarehouseSource, counting_query, describe_rules, title
from riskindex.words import MISSING_WORDS

if TYPE_CHECKING:
    import pandas as pd
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

    Raises
    ------
    ConfigError
        Neither an answer nor an address in the environment; the engine needs an answer.
    InputError
        The warehouse does not answer, or the answer is to another query.
    """
    rules = list(describe_rules(name, source, factors))
    if source.answer is not None:
        path = find_file(folder, source.answer, place=f"sources.{name}.answer")
        answer = _read_answer(connection, path, [*_TOLD, *rules], home, name)
        written = record(path, name, None)
    else:
        answer = _ask(name, source, counting_query(name, source, factors))
        answer = answer[[*_TOLD, *rules]]
        text = answer.sort_values([*answer], na_position="first").to_csv(index=False)
        whole = text.encode()
        asked = f"{source.engine}: {title(source)}"
        written = FileRecord(name, asked, len(whole), sha256(whole).hexdigest(), None)
    events = _numbers(answer["events"], name)
    table = answer.assign(date=_first_days(answer, source, name), events=events)
    store(connection, "answer", table)
    flags = ", ".join(f"{identifier(rule)}::INTEGER = 1 AS {identifier(rule)}" for rule in rules)
    words = ", ".join(map(literal, MISSING_WORDS))
    connection.execute(
        f"CREATE TABLE {identifier(name)} AS SELECT {literal(written.name)} AS file, "
        "NULL::BIGINT AS row, date, x AS x, x AS y, NULL::VARCHAR AS person, "
        f"NULL::VARCHAR AS key, events, {flags}, CASE WHEN lower(code) NOT IN ({words}) "
        "THEN code END AS area_code FROM (SELECT *, NULL::DOUBLE AS x, "
        "nullif(trim(area_code::VARCHAR), '') AS code FROM answer)"
    )
    counted = Events(connection=connection, table=name, where=source.where, is_counted=True,
                     coverage=source.coverage)  # fmt: skip
    return counted, written._replace(rows=int(events.sum()))


def _ask(name: str, source: WarehouseSource, query: str) -> "pd.DataFrame":
    """The answer of the warehouse itself."""
    place = f"sources.{name}"
    if source.engine not in _RUNNERS:
        raise ConfigError(
            f"{place}: {source.engine} is not asked from here. Have the query run that "
            "`riskindex sql` prints, save its answer as CSV, and name the file under answer."
        )
    address = os.environ.get(source.connection or "")
    if source.connection is None or not address:
        raise ConfigError(
            f"{place}.connection: name an environment variable that holds the address of the "
            f"{source.engine} server (now {source.connection!r}, which is not set); or name the "
            "file with the answer to the query that `riskindex sql` prints."
        )
    try:
        return _RUNNERS[source.engine](address, query)
    except ImportError as error:
        raise ConfigError(
            f"{place}: {source.engine} needs the Python package {error.name}; "
            "pip install 'riskindex[engines]' (postgresql) or pyspark (spark)."
        ) from None
    except _NotConnected as error:
        # What a driver says about an address may hold the password.
        raise InputError(
            f"{place}: cannot connect to {source.engine} with the address in "
            f"{source.connection} ({error})."
        ) from None
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"{place}: {source.engine} did not answer: {first[:300]}. See the query with "
            "`riskindex sql`."
        ) from None


class _NotConnected(Exception):  # noqa: N818
    """There is no connection."""


def _ask_postgresql(address: str, query: str) -> "pd.DataFrame":
    import pandas as pd
    import psycopg

    # Whatever the account may do, this session only reads.
    options = "-c default_transaction_read_only=on -c TimeZone=Europe/London"
    try:
        session = psycopg.connect(address, options=options)
    except psycopg.Error as error:
        raise _NotConnected(type(error).__name__) from None
    with session, session.cursor() as cursor:
        cursor.execute(query)
        columns = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


def _ask_spark(address: str, query: str) -> "pd.DataFrame":
    import pandas as pd
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("riskindex")
    builder = builder.remote(address) if address.startswith("sc:") else builder.master(address)
    session = running or builder.getOrCreate()
    try:
        session.conf.set("spark.sql.session.timeZone", "Europe/London")
        answer = session.sql(query)
        return pd.DataFrame([tuple(row) for row in answer.collect()], columns=answer.columns)
    finally:
        if running is None:
            session.stop()


_RUNNERS: Mapping[str, Callable[[str, str], "pd.DataFrame"]] = {
    "postgresql": _ask_postgresql,
    "spark": _ask_spark,
}


def _read_answer(
    connection: "DuckDBPyConnection", path: Path, columns: Sequence[str], home: Path, name: str
) -> "pd.DataFrame":
    """The answer to a query that somebody else ran."""
    import pandas as pd

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
    import pandas as pd

    given = answer["month"]
    texts = given.astype("object").where(given.notna(), "").astype(str)
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
    import pandas as pd

    numbers = pd.to_numeric(events, errors="coerce")
    wrong = numbers.isna() | (numbers < 1) | (numbers % 1 != 0)
    if wrong.any():
        value = events[wrong].iloc[0]
        raise InputError(f"{name}: the answer's column events holds {value!r}, no whole number.")
    return numbers.astype("int64")
