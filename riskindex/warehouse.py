"""Files in, where the file is a warehouse: one query goes there, only counts come back."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from riskindex.coverage import Coverage
from riskindex.errors import ConfigError, InputError
from riskindex.factors import Factor, Where
from riskindex.files import FileRecord, find_file, record, sniff
from riskindex.sheets import read_sheet
from riskindex.sql import identifier, literal, rule_name, store
from riskindex.tally import Events
from riskindex.words import MISSING_WORDS

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

Engine = Literal["postgresql", "spark", "databricks", "sql-server"]
DIALECTS: Mapping[Engine, str] = {
    "postgresql": "postgres",
    "spark": "spark",
    "databricks": "databricks",
    "sql-server": "tsql",
}
"""Engine to sqlglot's word for its dialect."""


@dataclass(frozen=True, kw_only=True)
class WarehouseSource:
    """A table of events that stays where it is; only counts per area and month leave it."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["warehouse"]
    """A table in a database or on a cluster, with one event per row."""
    engine: Engine
    """What runs the query: postgresql, spark; databricks and sql-server need an answer."""
    table: str | Sequence[str]
    """Name of the table with its schema, crime.recorded; a list where a name has a dot in it."""
    date: str
    """Column with the date."""
    date_is_text: bool = False
    """True where dates are text such as 2022-03 or 2022-03-01, not dates or timestamps."""
    area: str
    """Column with the area code."""
    connection: str | None = None
    """Name of the environment variable that holds the address; never the address itself."""
    answer: str | None = None
    """CSV or Parquet file with the answer to the query that riskindex sql prints."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all; the rest is excluded by a rule."""
    coverage: Coverage = field(default_factory=Coverage)
    """Which areas the records come from, and when, by an inventory; it takes no column."""
    sensitive: bool = True
    """False only where a count per area could harm nobody; never for domestic abuse, sexual
    offences, suspects' or victims' homes."""


def counting_query(
    name: str,
    source: WarehouseSource,
    factors: Sequence[Factor] = (),
    *,
    engine: Engine | None = None,
) -> str:
    """The query whose answer is all that a run needs to know of a table of events.

    Parameters
    ----------
    name
        Of the source.
    source
        The table, its columns and its rule.
    factors
        Whose rules become columns of the answer.
    engine
        For which engine it is written; the source's own where it is left out.

    Returns
    -------
    str
        One SELECT, names quoted and values escaped. Its answer has `area_code` (as the table has
        it), `month` (202203, or 2022-03 where dates are text), a column `rule_...` for each rule
        (1 where events meet it, else 0), and `events`.

    Raises
    ------
    ConfigError
        The extra that writes queries is not installed.
    """
    exp = _expressions()
    rules = {rule_name(where): where for where in _wheres(name, source, factors)}
    told: dict[str, Any] = {"area_code": _column(source.area), "month": _month(source)}
    told |= {rule: _flag(where) for rule, where in rules.items()}
    events = exp.select(*(exp.alias_(told[column], column) for column in told)).from_(
        _table(source)
    )
    counts = (
        exp.select(*told, exp.alias_(exp.Count(this=exp.Star()), "events"))
        .from_(events.subquery("e"))
        .group_by(*told)
    )
    return str(counts.sql(dialect=DIALECTS[engine or source.engine], pretty=True, identify=True))


def describe_rules(
    name: str, source: WarehouseSource, factors: Sequence[Factor] = ()
) -> dict[str, str]:
    """What each `rule_...` column of the answer stands for, in one line each."""
    return {rule_name(where): _in_words(where) for where in _wheres(name, source, factors)}


def queries(
    sources: Mapping[str, object], factors: Sequence[Factor], *, engine: str | None = None
) -> list[str]:
    """The query of every warehouse source, each under comments that say what its columns are.

    Parameters
    ----------
    sources
        Name to source; only a `WarehouseSource` has a query.
    factors
        Whose rules are asked.
    engine
        For another engine than the source's own.

    Raises
    ------
    ConfigError
        No such engine, or no warehouse source.
    """
    chosen = next((known for known in DIALECTS if known == engine), None)
    if engine is not None and chosen is None:
        raise ConfigError(f"--engine: no engine {engine!r}; there are {', '.join(DIALECTS)}.")
    found = {name: s for name, s in sources.items() if isinstance(s, WarehouseSource)}
    if not found:
        raise ConfigError('No source has kind = "warehouse", so that there is no query to print.')
    return [_commented(name, source, factors, chosen) for name, source in found.items()]


def _commented(
    name: str, source: WarehouseSource, factors: Sequence[Factor], engine: Engine | None
) -> str:
    """A query under comments; JSON has no line ends, so that no value can leave its comment."""
    rules = describe_rules(name, source, factors)
    lines = [f"riskindex: source {json.dumps(name)}, for {engine or source.engine}"]
    lines += ["It only reads. Save its answer as CSV with these column names."]
    lines += [f"{rule}: {words}" for rule, words in rules.items()]
    comments = "\n".join(f"-- {line}" for line in lines)
    return f"{comments}\n{counting_query(name, source, factors, engine=engine)};"


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
        title = f"{source.engine}: {_title(source)}"
        written = FileRecord(name, title, len(whole), sha256(whole).hexdigest(), None)
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


_TOLD = ("area_code", "month", "events")
LONGEST_TEXT = 4000
"""Characters of a value that rules look at: databases want a number."""


def _expressions() -> Any:  # noqa: ANN401 (a module that may not be there)
    try:
        from sqlglot import exp
    except ImportError:
        raise ConfigError(
            "A warehouse needs the extra engines: pip install 'riskindex[engines]'."
        ) from None
    return exp


def _wheres(name: str, source: WarehouseSource, factors: Sequence[Factor]) -> Iterator[Where]:
    yield source.where
    for factor in factors:
        yield from (group.where for group in factor.groups if group.source == name)


def _in_words(where: Where) -> str:
    """A rule in one line, whatever its values hold."""
    return " and ".join(
        f"{json.dumps(column)} is {' or '.join(map(json.dumps, values))}"
        for column, values in where.items()
    ) or "every event"  # fmt: skip


def _title(source: WarehouseSource) -> str:
    return source.table if isinstance(source.table, str) else ".".join(source.table)


def _column(name: str) -> Any:  # noqa: ANN401
    return _expressions().column(name, quoted=True)


def _table(source: WarehouseSource) -> Any:  # noqa: ANN401
    exp = _expressions()
    parts = source.table.split(".") if isinstance(source.table, str) else list(source.table)
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise ConfigError(f"sources: the table {_title(source)!r} must be 1 to 3 names with dots.")
    names = [exp.to_identifier(part, quoted=True) for part in reversed(parts)]
    return exp.Table(**dict(zip(("this", "db", "catalog"), names, strict=False)))


def _month(source: WarehouseSource) -> Any:  # noqa: ANN401
    """The month of an event: the first seven letters of a text, or a number such as 202203."""
    exp, date = _expressions(), _column(source.date)
    number = exp.Literal.number
    if source.date_is_text:
        return exp.Substring(this=date, start=number(1), length=number(7))
    year, month = (exp.Extract(this=exp.var(part), expression=date) for part in ("YEAR", "MONTH"))
    return exp.Add(this=exp.Mul(this=year, expression=number(100)), expression=month)


def _flag(where: Where) -> Any:  # noqa: ANN401
    """1 where events meet a rule, else 0."""
    exp = _expressions()
    one, none = (exp.Literal.number(n) for n in (1, 0))
    if not where:
        return one
    tests = [exp.or_(*_tests(column, values)) for column, values in where.items() if values]
    if len(tests) < len(where):
        return none
    return exp.Case().when(exp.and_(*tests), one).else_(none)


def _tests(column: str, values: Sequence[str | int | bool]) -> Iterator[Any]:
    """Text is compared as it is written, whole numbers and truth as a database spells them."""
    exp = _expressions()
    kind = exp.DataType.build(f"varchar({LONGEST_TEXT})")
    text = exp.Trim(this=exp.cast(_column(column), kind))
    for value in values:
        spellings = _spellings(value)
        shown = exp.Lower(this=text.copy()) if isinstance(value, bool) else text.copy()
        yield exp.In(this=shown, expressions=[exp.Literal.string(word) for word in spellings])


def _spellings(value: str | int | bool) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true", "1") if value else ("false", "0")
    return (value,) if isinstance(value, str) else (str(value), f"{value}.0")


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
            f"{name}: {_title(source)}: column {source.date!r}: {value!r} is no month. Dates that "
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
