"""Files in, where the file is a warehouse: the one query that goes there; counts come back."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from riskindex.areas.coordinates import is_known_crs
from riskindex.errors import ConfigError
from riskindex.events.count_tables.options import CountsSource
from riskindex.events.coverage import Coverage
from riskindex.events.sources import EventSource, PoliceSource
from riskindex.events.sql import rule_name
from riskindex.factors import Factor
from riskindex.rules import AllOf, Has, NoneOf, Rule, Value, Where, in_words, rule_of, tests_of

Engine = Literal["postgresql", "spark", "databricks", "sql-server"]
DIALECTS: Mapping[Engine, str] = {
    "postgresql": "postgres",
    "spark": "pyspark",
    "databricks": "databricks",
    "sql-server": "mssql",
}
"""Engine to ibis' word for its dialect."""


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
    area: str | None = None
    """Column with the area code."""
    x: str | None = None
    """Column with the easting or longitude, in place of a code: Spark alone places points."""
    y: str | None = None
    """Column with the northing or latitude."""
    crs: str = "EPSG:27700"
    """Coordinate system of x and y."""
    connection: str | None = None
    """Name of the environment variable that holds the address; never the address itself."""
    answer: str | None = None
    """CSV or Parquet file with the answer to the query that riskindex sql prints."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all; the rest is excluded by a rule."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column that a definition names to what it is called here: { weapon = "WEAPON_USED" }."""
    words: Mapping[str, Mapping[str, Sequence[Value]]] = field(default_factory=dict)
    """Column that a definition names to its values, each with those that stand for it here:
    { weapon = { knife = ["K", "BLADE"] } }; none where the source has no word for it."""
    offence_columns: Sequence[str] = ()
    """Columns that say something of the offence and nothing of a person, such as its code. Yearly
    counts of the whole that read no other column leave as counted, like official statistics; all
    others as protected cells."""
    coverage: Coverage = field(default_factory=Coverage)
    """Which areas the records come from, and when, by an inventory; it takes no column."""
    accept_losses: bool = False
    """Whether a run goes on although more than 10% of the events in the periods are lost."""
    protection: Literal["open", "restricted"] | None = None
    """Whether anybody can look the records up; left out, restricted. Open records leave as they
    are, and need an address and a licence."""
    address: str | None = None
    """Where anybody can look an open source up; printed for sign-off."""
    licence: str | None = None
    """Licence of an open source; printed for sign-off."""


SourceOfEvents = CountsSource | EventSource | PoliceSource | WarehouseSource
"""Every kind of source that holds events."""


def warehouse_faults(name: str, source: WarehouseSource) -> Iterator[str]:
    """Say what is wrong with the options of a source, whatever its table holds."""
    place = f"sources.{name}"
    if (source.x is None) != (source.y is None):
        yield f"{place}: x and y belong together; one of them is not named."
    elif (source.area is None) == (source.x is None):
        yield f"{place}: name the column area, or on Spark x and y where events have no code."
    # Only Spark's workers can run the code that places points.
    elif source.x is not None and source.engine != "spark":
        yield (
            f"{place}: {source.engine} does not put points into areas from here. Make a view there "
            f"that joins the boundaries ({_JOINS[source.engine]}) and has a column with the area "
            "code, and name it under area."
        )
    elif source.x is not None and source.answer is not None:
        yield f"{place}: an answer holds codes; name the column area in place of x and y."
    if not is_known_crs(source.crs):
        yield f"{place}: crs {source.crs!r} is not known; write it like 'EPSG:27700'."


_JOINS: Mapping[Engine, str] = {
    "postgresql": "PostGIS: ST_Intersects",
    "sql-server": "STIntersects",
    "databricks": "ST_Intersects",
}


def counting_query(
    name: str,
    source: WarehouseSource,
    *,
    factors: Sequence[Factor] = (),
    engine: str | None = None,
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
        For which engine it is written, or in which dialect of ibis; the source's own where it is
        left out.

    Returns
    -------
    str
        One SELECT, names quoted and values escaped, of what `counting_expression` says.
        Of a source whose points are placed on Spark, one row for each event.

    Raises
    ------
    ConfigError
        The extra that writes queries is not installed.
    """
    counts = counting_expression(name, source, factors=factors)
    asked = engine or source.engine
    return str(_ibis().to_sql(counts, dialect=_dialects().get(asked, asked)))


def counting_expression(
    name: str, source: WarehouseSource, *, factors: Sequence[Factor] = ()
) -> Any:  # noqa: ANN401 (of a package that may not be there)
    """The same as an ibis expression, which any of its dialects can write.

    Parameters
    ----------
    name, source, factors
        As `counting_query` has them.

    Returns
    -------
    ibis.Table
        `area_code` (as the table has it), `month` (202203, or 2022-03 where dates are text), a
        column `rule_...` for each rule (1 where events meet it, else 0), and `events`; of a
        source without codes one row for each event, with `x` and `y` as numbers.

    Raises
    ------
    ConfigError
        The extra that writes queries is not installed, or the table's name is none.
    """
    ibis = _ibis()
    rules = _rules(name, source, factors)
    table = _table(source, [test.column for rule in rules.values() for test in tests_of(rule)])
    # A flag for each rule in place of the columns it reads: no value of a record leaves.
    flags = {column: _flag(table, rule) for column, rule in rules.items()}
    flagged = table.select(**_place(table, source), month=_month(table, source), **flags)
    if source.x is not None:
        return flagged
    # Codes are counted where they are, so that only counts by area and month leave.
    return flagged.group_by(flagged.columns).aggregate(events=ibis._.count())


_SAVED = "It only reads. Save its answer as CSV with these column names."
_PLACED = (
    "It only reads. Spark puts the points of its rows into areas, and counts them by area, month "
    "and rules; only these counts leave it."
)


def describe_rules(
    name: str, source: WarehouseSource, *, factors: Sequence[Factor] = ()
) -> dict[str, str]:
    """What each `rule_...` column of the answer stands for, in one line each."""
    return {column: in_words(rule) for column, rule in _rules(name, source, factors).items()}


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
    if engine is not None and engine not in (dialects := _dialects()):
        raise ConfigError(f"--engine: no engine {engine!r}; there are {', '.join(dialects)}.")
    warehouses = {name: s for name, s in sources.items() if isinstance(s, WarehouseSource)}
    if not warehouses:
        raise ConfigError('No source has kind = "warehouse", so that there is no query to print.')
    return [_commented(name, source, factors, engine) for name, source in warehouses.items()]


def _commented(
    name: str, source: WarehouseSource, factors: Sequence[Factor], engine: str | None
) -> str:
    """A query under comments; JSON has no line ends, so that no value can leave its comment."""
    rules = describe_rules(name, source, factors=factors)
    lines = [f"riskindex: source {json.dumps(name)}, for {engine or source.engine}"]
    lines += [_PLACED if source.x is not None else _SAVED]
    lines += [f"{rule}: {words}" for rule, words in rules.items()]
    comments = "\n".join(f"-- {line}" for line in lines)
    return f"{comments}\n{counting_query(name, source, factors=factors, engine=engine)};"


def title(source: WarehouseSource) -> str:
    """Name of the table as a person writes it."""
    return source.table if isinstance(source.table, str) else ".".join(source.table)


def _dialects() -> dict[str, str]:
    """Engine, or ibis' own word, to ibis' word for the dialect."""
    import importlib.metadata

    # Asked of ibis itself, so that a dialect it learns needs no change here.
    backends = importlib.metadata.entry_points(group="ibis.backends")
    return dict(DIALECTS) | {backend.name: backend.name for backend in sorted(backends)}


def _ibis() -> Any:  # noqa: ANN401
    try:
        import ibis
    except ImportError:
        raise ConfigError(
            "A warehouse needs the extra engines: pip install 'riskindex[engines]'."
        ) from None
    return ibis


def _rules(name: str, source: WarehouseSource, factors: Sequence[Factor]) -> dict[str, Rule]:
    """Rules with a column of their own in the answer, by the name of that column."""
    # The source's own rule as well: what it leaves out is counted as excluded by rule.
    asked = [rule_of(source.where)]
    for factor in factors:
        asked += [rule for group in factor.groups if group.source == name for rule in group.asked]
    return {rule_name(rule): rule for rule in asked}


def _table(source: WarehouseSource, columns: Iterable[str]) -> Any:  # noqa: ANN401
    """An ibis table of the named columns, of unknown types: rules cast what they test to text."""
    # A name with a dot in it can be given as a list of its parts.
    parts = source.table.split(".") if isinstance(source.table, str) else list(source.table)
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise ConfigError(f"sources: the table {title(source)!r} must be 1 to 3 names with dots.")
    ibis = _ibis()
    named = [column for column in (source.area, source.x, source.y) if column is not None]
    # No column but those named is known to the expression, so that the query cannot read another.
    types = dict.fromkeys([*named, *columns], ibis.expr.datatypes.unknown)
    types[source.date] = ibis.dtype("string" if source.date_is_text else "timestamp")
    # From the right: the schema stands before the table, and a catalog before the schema.
    where = dict(zip(("database", "catalog"), reversed(parts[:-1]), strict=False))
    return ibis.table(types, name=parts[-1], **where)


def _place(table: Any, source: WarehouseSource) -> dict[str, Any]:  # noqa: ANN401
    """Columns that say where an event was."""
    if source.x is None:
        # Codes are trimmed on this side: what the column looks like is the warehouse's own
        # business.
        return {"area_code": table[source.area]}
    return {
        # What is no number becomes missing, as in files, and does not stop the query.
        name: table[column].try_cast("float64")
        for name, column in (("x", source.x), ("y", source.y))
    }


def _month(table: Any, source: WarehouseSource) -> Any:  # noqa: ANN401
    """The month of an event: the first seven letters of a text, or a number such as 202203."""
    date = table[source.date]
    if source.date_is_text:
        # Dates as text must be ISO, whose first seven letters are the month in every dialect.
        return _ibis().udf.scalar.builtin(left)(date, 7)
    # A number and no text: engines pad months differently.
    return date.year() * 100 + date.month()


def _flag(table: Any, rule: Rule) -> Any:  # noqa: ANN401
    """1 where events meet a rule, else 0."""
    return _ibis().ifelse(_met(table, rule), 1, 0)


def _met(table: Any, rule: Rule) -> Any:  # noqa: ANN401
    """Whether events meet a rule; a missing value meets no test but that of an empty text."""
    ibis = _ibis()
    if isinstance(rule, Has):
        return ibis.or_(*_tests(table[rule.column], rule.values))
    parts = [_met(table, part) for part in rule.rules]
    if isinstance(rule, AllOf):
        return ibis.and_(*parts)
    either = ibis.or_(*parts)
    # NOT of NULL is NULL in SQL, and would drop events in which the column is not recorded.
    return ~either.fill_null(False) if isinstance(rule, NoneOf) else either


def _tests(column: Any, values: Sequence[str | int | bool]) -> Iterator[Any]:  # noqa: ANN401
    """Text is compared as it is written, whole numbers and truth as a database spells them."""
    text = _ibis().udf.scalar.builtin(trim)(column.cast("string"))
    for value in values:
        if value == "":  # not recorded, missing as in files or empty
            yield column.isnull()
        yield (text.lower() if isinstance(value, bool) else text).isin(_spellings(value))
        if isinstance(value, int) and not isinstance(value, bool):
            # A decimal as text has all its places: 1.00, or 1.000.
            bare = _ibis().udf.scalar.builtin(replace)(text, "0", "")
            yield text.like(f"{value}.0%") & (bare == f"{value}.".replace("0", ""))


def trim(text: str) -> str:
    """A database's own TRIM: spaces alone, as files lose them; ibis' strip takes line ends, too."""
    return text.strip(" ")


def left(text: str, length: int) -> str:
    """A database's own LEFT: ibis writes one as a page of conditions, and people read the query."""
    return text[:length]


def replace(text: str, old: str, new: str) -> str:
    """A database's own REPLACE, which shows that a decimal has nothing but noughts behind it."""
    return text.replace(old, new)


def _spellings(value: str | int | bool) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true", "1") if value else ("false", "0")
    if isinstance(value, str):
        return (value,)
    # A column of whole numbers with gaps is often stored as decimals: 1 and 1.0 are alike.
    return str(value), f"{value}.0"
