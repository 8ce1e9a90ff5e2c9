"""Faults that pydantic finds in a config, as sentences: where, what, and which key was meant."""

import difflib
import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from riskindex.factor_faults import listed

Node = dict[str, Any]
"""A part of a JSON schema."""


def tell_fault(fault: Mapping[str, Any], values: Mapping[str, Any], document: Node) -> str:
    """A fault in words.

    Parameters
    ----------
    fault
        As pydantic describes it.
    values
        What was checked: the config as it was written.
    document
        The JSON schema of a config, which knows every key at every place.
    """
    place = ".".join(_named(fault["loc"], values))
    # Two words of pydantic for one mistake, of models and of dataclasses.
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{place}: unknown key{_renamed(fault['loc']) or _nearest(fault['loc'], document)}"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    if fault["type"] in _OF_KIND:
        what = _OF_KIND[fault["type"]].format(**fault["ctx"])
        return f"{place}.kind: {what}; known: {listed(_KINDS)}."
    # pydantic speaks of sequences and models, which an analyst who writes TOML has not met.
    message = _PLAIN.get(fault["type"], fault["msg"])
    given = "" if fault["type"] == "missing" else f", not {_short(fault['input'])}"
    return f"{place}: {message[0].lower()}{message[1:]}{given}."


def _short(value: object) -> str:
    # A whole table in the place of a number would fill the screen.
    text = reprlib.repr(value) if isinstance(value, dict | list) else repr(value)
    return text if len(text) <= _LONGEST_INPUT else f"{text[:_LONGEST_INPUT]}..."


_LONGEST_INPUT = 200


_OF_KIND = {
    "union_tag_not_found": "field required",
    "union_tag_invalid": "there is no {tag!r}",
}


_PLAIN = {"sequence_str": "input should be a list in [ ]"}


_KINDS = (
    "counts",
    "events",
    "police.uk",
    "series",
    "table",
    "warehouse",
)  # tags of a source's kind, no keys of the file


def _named(place: tuple[str | int, ...], values: Any) -> Iterator[str]:  # noqa: ANN401 (TOML)
    """The parts of a place, an entry of a list by its name where it has one."""
    for part in (part for part in place if part not in _KINDS):
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            values = {}
        name = values.get("name") if isinstance(part, int) and isinstance(values, dict) else None
        yield str(part if name is None else name)


def _renamed(place: tuple[str | int, ...]) -> str:
    return _RENAMED.get(str(place[-1]), "")


_RENAMED = {
    "sensitive": '; it is protection = "restricted" now (the default of events), or "open" for '
    "what anybody can look up.",
}


def _nearest(place: tuple[str | int, ...], document: Node) -> str:
    keys = sorted(_known_keys(place[:-1], document))
    close = difflib.get_close_matches(str(place[-1]), keys, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known here: {listed(keys)}."


def _known_keys(place: tuple[str | int, ...], document: Node) -> set[str]:
    # From the schema: it knows every key at every place, so that no second list can fall behind.
    nodes = [document]
    for part in place:
        nodes = [child for node in nodes for child in _children(document, node, part)]
    return {key for node in nodes for key in _resolved(document, node).get("properties", {})}


def _children(document: Node, node: Node, part: str | int) -> Iterator[Node]:
    node = _resolved(document, node)
    # A source's kind decides which keys it has; pydantic puts it into the place of the fault.
    if part in node.get("discriminator", {}).get("mapping", {}):
        yield {"$ref": node["discriminator"]["mapping"][part]}
    elif isinstance(part, int):
        yield node.get("items", {})
    elif part in node.get("properties", {}):
        yield node["properties"][part]
    elif isinstance(node.get("additionalProperties"), dict):
        yield node["additionalProperties"]
    # An option that may be left out is "this or null" in a schema.
    for choice in node.get("anyOf", []):
        yield from _children(document, choice, part)


def _resolved(document: Node, node: Node) -> Node:
    return document["$defs"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node


def chosen_twice(values: Mapping[str, Any]) -> list[str]:
    """One of two ways to say how many areas are selected would be passed over in silence."""
    selection = values.get("selection")
    if not isinstance(selection, Mapping):
        return []
    given = [key for key in ("share", "number", "at_least") if key in selection]
    if len(given) > 1:
        return [f"selection: {given[0]} and {given[1]} are both given; leave one of them out."]
    return []
