"""Duplicate records: a month in a second format, a row several times in one file."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from riskindex.areas.editions import first_few
from riskindex.events.periods import month_label
from riskindex.events.sql import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ENOUGH_ALIKE = 20
"""Records of a month from which on two files that hold the very same ones are copies; fewer may be
alike by chance where all that is known is a month and an area."""


def copies(connection: "DuckDBPyConnection", table: str, place: str) -> Iterator[str]:
    """Faults: files that hold the same records of a month, whatever their names and formats.

    Months are compared, because a copy of the whole year may lie beside the months. Only files
    with the same number of records in a month are compared record by record.

    Parameters
    ----------
    connection, table
        Where the events are.
    place
        Config key in the messages.
    """
    # Equal numbers of records in a month are cheap to find and rare by chance; only those files are
    # compared by content.
    query = _ALIKE.format(
        table=identifier(table), content=what_a_record_says(connection, table), least=ENOUGH_ALIKE
    )
    rows = connection.execute(query).fetchall()
    for one, other, months, records in rows:
        named_months = first_few([month_label(int(month)) for month in months], shown=3)
        yield (
            f"{place}: {one} and {other} hold the same {records:,} records of {named_months}, "
            "which would be counted twice. Take one away."
        )


def what_a_record_says(connection: "DuckDBPyConnection", table: str) -> str:
    """What a record says, as a list of columns."""
    # Compared by all that was read, so that a copy with rows in another order is found too.
    named = [c for c, *_ in connection.execute(f"DESCRIBE {identifier(table)}").fetchall()]
    return ", ".join(identifier(column) for column in named if column not in _PLACES)


_PLACES = ("file", "row", "bad_date", "bad_x", "bad_y")
"""Columns that say where a record stands, and not what it says."""

_MONTH = "year(date) * 12 + month(date) - 1"
# A sum of hashes does not hang on the order of rows, so that a sorted copy is found, too.
_ALIKE = f"""
WITH months AS (
    SELECT file, {_MONTH} AS month, count(*) AS n FROM {{table}}
    WHERE date IS NOT NULL GROUP BY ALL HAVING n >= {{least}}
), suspects AS (
    SELECT file, month FROM months
    QUALIFY count(*) OVER (PARTITION BY month, n) > 1
), prints AS (
    SELECT e.file, s.month, count(*) AS n, sum(hash({{content}})) AS print
    FROM {{table}} e JOIN suspects s ON s.file = e.file AND s.month = {_MONTH}
    GROUP BY ALL
)
SELECT a.file, b.file, list(a.month ORDER BY a.month), sum(a.n)::BIGINT
FROM prints a JOIN prints b USING (month, n, print)
WHERE a.file < b.file GROUP BY ALL ORDER BY ALL
"""


def repeated_rows(connection: "DuckDBPyConnection", table: str) -> Iterator[str]:
    """Sentences about rows that stand several times in a file, their number included.

    Real downloads hold none: of 323,593 records of Essex with a number no two are alike. Records
    without a number, such as anti-social behaviour, may be: they are separate events.

    Parameters
    ----------
    connection, table
        Where the events are, with the column `number` (hash of a record's number).
    """
    rows = connection.execute(
        f"""
        SELECT file, n, area_code, sum(n) OVER (), count(*) OVER ()
        FROM (
            SELECT file, count(*) AS n, any_value(area_code) AS area_code
            FROM {identifier(table)} WHERE number IS NOT NULL
            GROUP BY file, {what_a_record_says(connection, table)} HAVING n > 1
        ) ORDER BY n DESC, file, area_code LIMIT 1
        """
    ).fetchall()
    for file, n, code, every, kinds in rows:
        # One example with its place is enough to find the rows; a list of thousands is not read.
        where = f" (area code {code})" if code else ""
        more = f", and {every - n:,} of {kinds - 1:,} other records" if kinds > 1 else ""
        yield (
            f"{n:,} rows of {file}{where} are alike in every column, their Crime ID included{more}"
            "; each is counted. Take out all but one, or download the file again."
        )
