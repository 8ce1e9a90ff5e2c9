"""Keys of people where they must not be: in an option, a word, a place or a message."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from riskindex.areas.editions import is_well_formed
from riskindex.events.records.values import Layout, keyed
from riskindex.events.sql import category, identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN = (
    *("date", "until", "area", "postcode", "point", "x", "y", "key", "offence", "role"),
    *("age", "sex", "ethnicity", "type", "code", "outcome", "street"),
)
"""Options whose values stand in tables, lists or messages, or that say which record is which."""
LEAST_LENGTH = 6
"""Letters of a key below which a word or number may be the same by chance, as an age of 34."""
NOT_SHOWN = "not shown, as the source names people"


def shared_column_faults(name: str, source: Any) -> Iterator[str]:  # noqa: ANN401 (EventSource)
    """Say which other options name the column with the keys of people.

    Parameters
    ----------
    name
        Of the source.
    source
        An `EventSource`.
    """
    for option in ("person", "distinct"):
        column = getattr(source, option)
        others = [other for other in SHOWN if column and getattr(source, other) == column]
        if others:
            yield (
                f"sources.{name}: the column {column!r} holds keys of people ({option}), which "
                f"are shown nowhere; name another column for {', '.join(others)}."
            )


def keys_in_words(connection: "DuckDBPyConnection", table: str, layout: Layout) -> Iterator[str]:
    """Say which columns of words, or of area codes, hold the key of a person of the source.

    Rows that have slipped by a column put a key where a sex, a type or an area is looked for, and
    words stand in tables. Keys of fewer than six letters cannot be told from words by this. A
    sentence has file, row and column, and no key.
    """
    if layout.person is None:
        return
    places = {"area_code": "area"} | {category(c): c for c in layout.categories}
    asked, by_number = identifier(table), dict(enumerate(places))
    # Distinct words of all columns first: they are few, and a hash of every record's would take
    # seconds.
    words = " UNION ALL ".join(
        f"SELECT DISTINCT {number} AS place, {column} AS word FROM {asked} "
        f"WHERE length({column}) >= {LEAST_LENGTH}"
        for number, column in by_number.items()
    )
    found = connection.execute(
        f"SELECT place, word FROM ({words}) WHERE {keyed('word', layout.secret)} IN "
        f"(SELECT person FROM {asked}) ORDER BY ALL"
    ).fetchall()
    for number in dict.fromkeys(number for number, _ in found):
        column = by_number[number]
        keys = [word for n, word in found if n == number]
        yield from _where_it_is(connection, asked, column, keys, places[column])


def _where_it_is(
    connection: "DuckDBPyConnection", table: str, column: str, words: list[str], expected: str
) -> Iterator[str]:
    rows = connection.execute(
        f"SELECT file, count(*), min(row) FROM {table} WHERE list_contains(?, {column}) "
        "GROUP BY file ORDER BY file",
        [words],
    ).fetchall()
    for file, n, row in rows:
        others = f" (and {n - 1:,} more)" if n > 1 else ""
        yield (
            f"{file}: row {row}{others}: where {expected!r} should be is the key of a person. Look "
            "whether the row has slipped by a column."
        )


def is_shown(code: str, *, names_people: bool) -> bool:
    """Whether a text that stands in place of an area code may be in messages and lists.

    Of a source that names people only codes in the form of a British area code: any other text
    may be the key of somebody whose row has slipped by a column.
    """
    return not names_people or is_well_formed(code)


def value_words(value: object, layout: Layout) -> str:
    """An unreadable value in a message, or that it is not shown."""
    # A date of birth or a key may stand in a row that has slipped by a column.
    return f"value {NOT_SHOWN}" if layout.person is not None else f"value {value!r}"
