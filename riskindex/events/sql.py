"""The little SQL that several modules share: names, values and rules, safely quoted."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

Value = str | int | bool


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A column or table name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def category(column: str) -> str:
    """Quoted name, in a table of events, of a column of the file that rules look at.

    The prefix keeps a file's own `date` or `person` apart from ours.
    """
    return identifier(f"category {column}")


def events_table(source: str) -> str:
    """Name of the table or view of a source's events, which no table of ours can have."""
    return f"events of {source}"


def rule_name(where: Mapping[str, Sequence[Value]]) -> str:
    """Name of the column that says whether events meet a rule, the same for the same rule."""
    plain = sorted((column, sorted(map(json.dumps, values))) for column, values in where.items())
    return f"rule_{sha256(json.dumps(plain).encode()).hexdigest()[:10]}"


def condition(where: Mapping[str, Sequence[Value]]) -> str:
    """A rule as SQL that is true or false, never null.

    Parameters
    ----------
    where
        Column to the values that are kept; several columns must all match. Text is compared as
        it is written, whole numbers as numbers, and true or false as the words or 1 and 0. An empty
        text asks for records in which the column is not recorded.
    """
    tests = [f"({_any(category(column), values)})" for column, values in where.items()]
    return f"coalesce({' AND '.join(tests)}, false)" if tests else "true"


def _any(column: str, values: Sequence[Value]) -> str:
    return " OR ".join(_matches(column, value) for value in values) or "false"


def _matches(column: str, value: Value) -> str:
    if isinstance(value, bool):
        words = "('true', '1')" if value else "('false', '0')"
        return f"lower({column}) IN {words}"
    if isinstance(value, int):
        return f"try_cast({column} AS DOUBLE) = {value}"
    return f"{column} = {literal(value)}" if value else f"({column} IS NULL OR {column} = '')"


def wrapped_sum(values: str) -> str:
    """Sum of whole numbers modulo 2**64 as SQL, 0 where there are none, as numpy's uint64 wraps."""
    return f"(coalesce(sum({values}), 0)::HUGEINT % {1 << 64})::UBIGINT"


def store(connection: "DuckDBPyConnection", name: str, table: "pd.DataFrame") -> None:
    """Make a temporary table of a data frame, in place of an earlier one of that name."""
    connection.register("frame_to_store", table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM frame_to_store")
    connection.unregister("frame_to_store")
