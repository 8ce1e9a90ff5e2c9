"""Clauses about the people of an offence: columns that say whether any or every one meets them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from riskindex.definitions import Clause, Dictionary, people_tests
from riskindex.errors import ConfigError
from riskindex.events.source_events import Events
from riskindex.events.sources import EventSource
from riskindex.events.sql import category, condition, events_table, identifier, literal
from riskindex.factors import Factor
from riskindex.rules import EVERY_RECORD, Has, Rule, tests_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class _Named(NamedTuple):
    """A source that names people of an offence, as far as a clause is about them."""

    source: str
    of_role: Rule
    met: Rule
    missing: Rule


def columns_about_people(
    sources: Mapping[str, object], factors: Sequence[Factor]
) -> dict[str, tuple[str, ...]]:
    """Columns of each source that clauses about people look at.

    Raises
    ------
    ConfigError
        A source whose people cannot be found, with what it would need.
    """
    columns_of_source: dict[str, list[str]] = {}
    faults = []
    for name, definition, clause in _clauses(factors):
        # Without the key of its offence a record cannot be joined to the people of it.
        if getattr(sources.get(name), "offence", None) is None:
            faults.append(_no_offence(name, definition, clause, sources.get(name)))
            continue
        named = list(_named(clause, sources))
        if not named:
            roles = " or ".join(clause.role)
            faults.append(
                f"The definition {definition} asks for {clause.words!r}, and no source names people"
                f" who are {roles}: set offence, and role or everyone_is, on one that does."
            )
        for one in named:
            rules = (one.of_role, one.met, one.missing)
            columns_of_source.setdefault(one.source, []).extend(
                test.column for rule in rules for test in tests_of(rule)
            )
    if faults:
        # Factors share definitions, and would tell a fault once for each of them.
        raise ConfigError(list(dict.fromkeys(faults)))
    return {name: tuple(dict.fromkeys(columns)) for name, columns in columns_of_source.items()}


def _no_offence(name: str, definition: str, clause: Clause, source: object) -> str:
    opening = f"sources.{name}: the definition {definition} asks for {clause.words!r}, and "
    if isinstance(source, EventSource):
        return opening + "its people are named elsewhere: set offence, the column with their key."
    return opening + (
        "people of an offence are only found in files of events: a warehouse gives back counts by "
        "area and month, and no keys."
    )


def _clauses(factors: Sequence[Factor]) -> Iterator[tuple[str, str, Clause]]:
    """Source, definition and clause of everything that asks for people."""
    for factor in factors:
        for group in factor.groups:
            for clause in group.defined.about_people if group.defined else ():
                assert group.defined is not None
                yield group.source, group.defined.name or group.defined.label, clause


def _named(clause: Clause, sources: Mapping[str, object]) -> Iterator[_Named]:
    """Sources that name people of the roles of a clause, with the key of their offence."""
    for name, source in sources.items():
        if not isinstance(source, EventSource) or source.offence is None:
            continue
        dictionary = Dictionary(source.columns, source.words)
        if source.role is not None:
            # A definition has its own words for roles; each source may write them in others.
            called = source.words.get("role", {})
            roles = tuple(word for role in clause.role for word in called.get(role, (role,)))
            of_role: Rule = Has(source.role, roles)
        # A file of suspects alone has no column of roles: the config says whom it names.
        elif source.everyone_is in clause.role:
            of_role = EVERY_RECORD
        else:
            continue
        yield _Named(name, of_role, *people_tests(clause, dictionary))


def with_people(
    connection: "DuckDBPyConnection",
    events: Mapping[str, Events],
    sources: Mapping[str, object],
    factors: Sequence[Factor],
) -> dict[str, Events]:
    """Sources with a column for each clause about people that a definition asks of them.

    Parameters
    ----------
    connection
        That all the tables live in.
    events
        Name of a source to its events, with the columns that `columns_about_people` names.
    sources, factors
        Of the config.

    Returns
    -------
    dict
        The sources; of those that are asked, the table is a view with a `category ...` column for
        each clause: yes, no, or missing where it cannot be told of a person who matters, or nobody
        is named.
    """
    asked: dict[str, dict[str, Clause]] = {}
    for name, _, clause in _clauses(factors):
        # By column: a clause that several definitions share is looked at once.
        asked.setdefault(name, {})[clause.looks_at or ""] = clause
    return dict(events) | {
        name: replace(events[name], table=_joined(connection, events[name], clauses, sources))
        for name, clauses in asked.items()
        if name in events
    }


def _joined(
    connection: "DuckDBPyConnection",
    events: Events,
    clauses: Mapping[str, Clause],
    sources: Mapping[str, object],
) -> str:
    view, columns, joins = f"{events.table} and people", [], []
    for number, (column, clause) in enumerate(clauses.items()):
        table = identifier(f"{events.table} clause {number}")
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS {_verdicts(clause, sources)}")
        # Otherwise the clause is open for every offence, and the factor silently 0.
        if not connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall():
            raise ConfigError(
                f"A definition asks for {clause.words!r}, and no record names a person who is "
                f"{' or '.join(clause.role)} with the key of an offence. See role, everyone_is and "
                "words of the sources that name people."
            )
        columns.append(f"c{number}.verdict AS {category(column)}")
        # LEFT JOIN: an offence of which nobody is named stays, with the clause open.
        joins.append(f"LEFT JOIN {table} c{number} ON c{number}.offence = e.offence")
    connection.execute(
        f"CREATE OR REPLACE VIEW {identifier(view)} AS SELECT e.*, {', '.join(columns)} "
        f"FROM {identifier(events.table)} e {' '.join(joins)}"
    )
    return view


def _verdicts(clause: Clause, sources: Mapping[str, object]) -> str:
    """Query for what a clause says of each offence: yes, no, or nothing."""
    # Suspects and victims of one offence may be in files of their own.
    people = " UNION ALL ".join(
        f"SELECT offence, CASE WHEN {condition(one.met)} THEN true "
        f"WHEN {condition(one.missing)} THEN NULL ELSE false END AS met "
        f"FROM {identifier(events_table(one.source))} "
        f"WHERE offence IS NOT NULL AND {condition(one.of_role)}"
        for one in _named(clause, sources)
    )
    # What one person settles is settled; else one person of whom it is not known leaves it open.
    verdict, other = ("yes", "no") if clause.who == "any" else ("no", "yes")
    settled = "bool_or(met)" if clause.who == "any" else "bool_or(NOT met)"
    return (
        f"SELECT offence, CASE WHEN {settled} THEN {literal(verdict)} "
        f"WHEN count(*) = count(met) THEN {literal(other)} END AS verdict "
        f"FROM ({people}) GROUP BY offence"
    )
