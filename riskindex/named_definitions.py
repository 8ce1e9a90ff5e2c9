"""What a definition's name in a config means: one of its own, or one of the package."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TypeVar

from riskindex.assessment.options import Measure
from riskindex.definitions import Definition, definition_faults
from riskindex.factors import EventGroup, Factor

Definitions = Mapping[str, Definition]


@cache
def shipped_definitions() -> Definitions:
    """Definitions of published documents, by name, with their source and what is our reading."""
    from pydantic import TypeAdapter

    file = resources.files("riskindex.presets").joinpath("definitions", "serious_violence.toml")
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    found = TypeAdapter(dict[str, Definition]).validate_python(values)
    return {name: replace(definition, name=name) for name, definition in found.items()}


def known_definitions(own: Definitions) -> Definitions:
    """Those of a config, and those of the package whose names it does not use itself."""
    named = {name: replace(definition, name=name) for name, definition in own.items()}
    return {**shipped_definitions(), **named}


def faults_of_definitions(own: Definitions) -> Iterator[str]:
    """Say what is wrong with the definitions of a config, whatever the files hold."""
    for name, definition in own.items():
        if definition.name:
            yield f"definitions.{name}: its name is {name!r}; leave the key name out."
        yield from (f"definitions.{name}: {fault}" for fault in definition_faults(definition))


def unknown_names(place: str, asked: Factor | Measure, known: Definitions) -> Iterator[str]:
    """Say which names of definitions a factor or measure uses mean nothing, or stand beside where.

    Parameters
    ----------
    place
        Of the factor or measure in the config.
    asked
        The factor or measure.
    known
        Of `known_definitions`.
    """
    groups = getattr(asked, "event_groups", ())
    for part in (asked, *groups):
        at = f"{place}: {part.label!r}" if part in groups else place
        if part.definition is None:
            continue
        if part.where:
            yield f"{at}: a definition stands in place of where; leave one of them out."
        if isinstance(part.definition, str) and part.definition not in known:
            listed = ", ".join(sorted(known))
            yield f"{at}: there is no definition {part.definition!r}; there are {listed}."


_Asked = TypeVar("_Asked", EventGroup, Factor, Measure)


def with_meanings(factor: Factor, known: Definitions) -> Factor:
    """A factor with its definitions, and those of its groups, in place of their names."""
    groups = tuple(with_meaning(group, known) for group in factor.event_groups)
    return replace(with_meaning(factor, known), event_groups=groups)


def with_meaning(asked: _Asked, known: Definitions) -> _Asked:
    """What has a definition, with it in place of its name."""
    return replace(asked, definition=_meaning(asked.definition, known))


def _meaning(definition: Definition | str | None, known: Definitions) -> Definition | None:
    return known[definition] if isinstance(definition, str) else definition
