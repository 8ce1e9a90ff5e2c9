"""What a definition's name in a config means: one of its own, or one of the package."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import NamedTuple, TypeVar

from riskindex.assessment.options import Measure
from riskindex.config_faults import Sources, listed
from riskindex.definitions import (
    Clause,
    Definition,
    Dictionary,
    definition_faults,
    translated,
    with_others,
)
from riskindex.events.sources import PUBLISHED, PoliceSource
from riskindex.events.warehouses.query import SourceOfEvents
from riskindex.factors import EventGroup, Factor

Definitions = Mapping[str, Definition]
Asked = TypeVar("Asked", EventGroup, Factor, Measure)


class DefinitionWords(NamedTuple):
    """What any reader may be told of a definition: words that were written to be printed."""

    name: str
    label: str
    document: str
    """Where it was published; empty where the config made it."""
    clauses: tuple[str, ...]
    readings: tuple[str, ...]
    """What the document leaves open, and how it is read."""
    unchecked_codes: bool
    """Whether its offence codes were not held against the counting rules in force."""


@cache
def shipped_definitions() -> Definitions:
    """Definitions of published documents, by name, with their source and what is our reading."""
    from pydantic import TypeAdapter

    file = resources.files("riskindex.presets").joinpath("definitions", "serious_violence.toml")
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    definitions = TypeAdapter(dict[str, Definition]).validate_python(values)
    return {name: replace(definition, name=name) for name, definition in definitions.items()}


def known_definitions(own: Definitions) -> Definitions:
    """Those of a config, and those of the package whose names it does not use itself.

    Raises
    ------
    ConfigError
        A clause names a definition that there is not, or that it is a part of.
    """
    named = {name: replace(definition, name=name) for name, definition in own.items()}
    # The config's own come last and win: a force may mean something else by the same word.
    every = {**shipped_definitions(), **named}
    # A definition of the package that names another takes the config's, where that has the name.
    return {name: with_others(one, every) for name, one in every.items()}


def definition_words(name: str, own: Definitions) -> DefinitionWords | None:
    """A definition in words for readers outside; None where there is no such name.

    Parameters
    ----------
    name
        Of a definition.
    own
        Definitions of the config, as they were written.
    """
    # As written and not translated: a source's own words may be confidential.
    every = {**shipped_definitions(), **own}
    if name not in every:
        return None
    definition = every[name]

    def label(clause: Clause) -> str:
        # Columns and values may name units or offences that the open page must not: only a label
        # was written to be printed.
        named = every.get(clause.definition or "")
        return clause.label or (named.label if named else "") or "a clause without a label"

    clauses = [label(clause) for clause in definition.all]
    if definition.any:
        clauses.append("any of: " + ", ".join(map(label, definition.any)))
    clauses += [f"not: {label(clause)}" for clause in definition.none]
    where = ", ".join(filter(None, [definition.document, definition.date]))
    words = (tuple(clauses), tuple(definition.readings), definition.unchecked_codes)
    return DefinitionWords(name, definition.label, where, *words)


def faults_of_definitions(own: Definitions) -> Iterator[str]:
    """Say what is wrong with the definitions of a config, whatever the files hold."""
    for name, definition in own.items():
        if definition.name:
            yield f"definitions.{name}: its name is {name!r}; leave the key name out."
        yield from (f"definitions.{name}: {fault}" for fault in definition_faults(definition))


def name_faults(
    place: str, asked: EventGroup | Factor | Measure, definitions: Definitions
) -> Iterator[str]:
    """Say which names of definitions mean nothing, or stand beside a where.

    Parameters
    ----------
    place
        Of the factor, measure or group of events in the config.
    asked
        What counts by the definition.
    definitions
        Of `known_definitions`.
    """
    definition = asked.definition
    if definition is None:
        return
    # Both together would silently count the events that meet both.
    if asked.where:
        yield f"{place}: a definition stands in place of where; leave one of them out."
    if isinstance(definition, Definition) and not definition.name:
        yield from (f"{place}: definition: {fault}" for fault in definition_faults(definition))
    elif isinstance(definition, str) and definition not in definitions:
        yield f"{place}: there is no definition {definition!r}; there are {listed(definitions)}."
    elif isinstance(definition, str) and definitions[definition].outer_limit and _scores(asked):
        yield (
            f"{place}: {definition} is an outer limit and no list to filter by: count it in a "
            "measure, and give the factor a definition of your own that is narrower."
        )


def _scores(asked: EventGroup | Factor | Measure) -> bool:
    """Whether what counts by a definition is a part of the index."""
    # Groups of events only stand in factors, whose score is not known here: the cautious answer.
    return isinstance(asked, EventGroup) or (isinstance(asked, Factor) and asked.scored)


def with_meaning(asked: Asked, definitions: Definitions, sources: Sources) -> Asked:
    """What counts by a definition, with it, in the words of its source, in place of its name."""
    return replace(asked, definition=_meaning(asked, definitions, sources))


def _meaning(
    asked: EventGroup | Factor | Measure, definitions: Definitions, sources: Sources
) -> Definition | None:
    """The definition in the words of the source; one with a name has been given its meaning."""
    definition = asked.definition
    if definition is None or (isinstance(definition, Definition) and definition.name):
        return definition
    source = sources.get(asked.source or "")
    # Each source calls columns and categories its own names; the definition has one set.
    dictionary = Dictionary(getattr(source, "columns", {}), getattr(source, "words", {}))
    meaning = definitions[definition] if isinstance(definition, str) else definition
    return translated(meaning, dictionary)


def column_faults_of_definitions(
    place: str, asked: EventGroup | Factor | Measure, definitions: Definitions, sources: Sources
) -> Iterator[str]:
    """Say which columns of a definition the published files of police.uk cannot have.

    Parameters
    ----------
    place, asked, definitions
        As for `name_faults`, which found none.
    sources
        Of the config, by name.
    """
    source, definition = sources.get(asked.source or ""), _meaning(asked, definitions, sources)
    if not isinstance(source, PoliceSource) or not isinstance(definition, Definition):
        return
    # Columns that are made of the people of an offence are in no file, whatever the source.
    made = {clause.looks_at for clause in definition.about_people}
    lacking = [c for c in definition.columns if c not in PUBLISHED and c not in made]
    lacking += ["who the people of an offence were"] if made else []
    if lacking:
        yield (
            f"{place}: police.uk cannot say {listed(lacking)}, which the definition "
            f"{definition.name or definition.label} looks at: it publishes "
            f"{listed(PUBLISHED)}. Count by it from records of the force that have these "
            "columns, or name what police.uk calls them under columns."
        )


def unused_words(
    sources: Sources, used: Sequence[EventGroup | Factor | Measure], definitions: Definitions
) -> Iterator[str]:
    """Say which columns and words of a source belong to no definition that counts it.

    Parameters
    ----------
    sources
        Of the config, by name.
    used
        All that counts events; what has a meaning already is passed over, with its source.
    definitions
        Of `known_definitions`.
    """
    asked: dict[str, set[str]] = {}
    people = {
        str(clause.column)
        for one in used
        if isinstance(one.definition, str)
        for clause in definitions[one.definition].about_people
    }
    for name, source in sources.items():
        if getattr(source, "offence", None) is not None:
            # A source that names people by offence is looked at by clauses about them.
            asked[name] = {*people, "role"}
    # Already in the words of its source, from which nobody can tell what was translated.
    given_already = {one.source for one in used if isinstance(one.definition, Definition)}
    for one in used:
        columns = definitions[one.definition].columns if isinstance(one.definition, str) else ()
        asked.setdefault(one.source or "", set()).update(columns)
    for name in (name for name in sources if name not in given_already):
        source = sources[name]
        for key in ("columns", "words"):
            given = getattr(source, key, {}) if isinstance(source, SourceOfEvents) else {}
            for column in sorted(set(given) - asked.get(name, set())):
                named = listed(asked.get(name, ()))
                yield (
                    f"sources.{name}.{key}: no definition that counts it looks at {column!r}; "
                    f"columns of definitions: {named}."
                )
