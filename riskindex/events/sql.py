"""The little SQL that several modules share: names, values and rules, safely quoted."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from riskindex.rules import AllOf, Has, NoneOf, Rule, Value, canonical

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection


def literal(value: str) -> str:
    """A text as an SQL literal."""
    # Doubling is the whole of SQL's escaping for a standard string; nothing from a config is put
    # into a query without it.
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


def rule_name(rule: Rule) -> str:
    """Name of the column that says whether events meet a rule, the same for the same rule."""
    # The name comes from the rule, so that an answer to another query lacks the column and is
    # refused.
    return f"rule_{sha256(canonical(rule).encode()).hexdigest()[:10]}"


def condition(rule: Rule, *, test: Callable[[Has], str] | None = None) -> str:
    """A rule as SQL that is true or false, never null.

    Parameters
    ----------
    rule
        Text is compared as it is written, whole numbers as numbers, and true or false as the words
        or 1 and 0. An empty text asks for records in which the column is not recorded.
    test
        Gives the SQL of one test of a column; left out, it looks at the values.
    """
    if isinstance(rule, Has):
        met = _any_of_values(category(rule.column), rule.values)
        # NULL must count as not met, or NOT of it would be NULL and drop the record.
        return test(rule) if test else f"coalesce({met}, false)"
    parts = [condition(part, test=test) for part in rule.rules]
    if isinstance(rule, AllOf):
        return f"({' AND '.join(parts)})" if parts else "true"
    either = f"({' OR '.join(parts)})" if parts else "false"
    return f"(NOT {either})" if isinstance(rule, NoneOf) else either


def _any_of_values(column: str, values: Sequence[Value]) -> str:
    numbers = [str(v) for v in values if isinstance(v, int) and not isinstance(v, bool)]
    tests = [_matches(column, v) for v in values if isinstance(v, str | bool)]
    if numbers:
        # As numbers: a column of codes may hold 1, 01 or 1.0, and a config says 1.
        tests.append(f"try_cast({column} AS DOUBLE) IN ({', '.join(numbers)})")
    return " OR ".join(tests) or "false"


def _matches(column: str, value: str | bool) -> str:
    if isinstance(value, bool):
        words = "('true', '1')" if value else "('false', '0')"
        return f"lower({column}) IN {words}"
    # Spreadsheets write an empty text where a database has NULL; both are not recorded.
    return f"{column} = {literal(value)}" if value else f"({column} IS NULL OR {column} = '')"


def wrapped_sum(values: str) -> str:
    """Sum of whole numbers modulo 2**64 as SQL, 0 where there are none, as numpy's uint64 wraps."""
    return f"(coalesce(sum({values}), 0)::HUGEINT % {1 << 64})::UBIGINT"


def store(connection: "DuckDBPyConnection", name: str, table: "pd.DataFrame") -> None:
    """Make a temporary table of a data frame, in place of an earlier one of that name."""
    connection.register("frame_to_store", table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM frame_to_store")
    # A registered frame is kept alive by the connection.
    connection.unregister("frame_to_store")
