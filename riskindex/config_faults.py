"""What can be wrong with a config, as sentences: a factor beside the rest of it, a key, a value."""

import difflib
import math
import reprlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from riskindex.areas.table_files import TableSource
from riskindex.errors import DataError
from riskindex.events.count_tables.options import CountsSource
from riskindex.events.periods import Unit, period_faults
from riskindex.events.sources import EventSource, PoliceSource, names_points
from riskindex.events.warehouses.query import SourceOfEvents, WarehouseSource
from riskindex.factors import Factor
from riskindex.index.normalise import direction_faults, normalise_faults
from riskindex.statistics.getis_ord import GetisOrd
from riskindex.statistics.weight_steps import weight_steps


def listed(names: Iterable[str]) -> str:
    """Names in their order, or the word for there being none."""
    return ", ".join(sorted(names)) or "none"


Sources = Mapping[str, object]
"""The sources of a config, by name; of which kind each is decides what may be asked of it."""


def column_faults(sources: Sources, place: str, reference: str) -> Iterator[str]:
    """Say what is wrong with a reference to the column of a table, such as age.residents."""
    source, _, column = reference.partition(".")
    table = sources.get(source)
    if not isinstance(table, TableSource):
        tables = [name for name, s in sources.items() if isinstance(s, TableSource)]
        yield (
            f"{place}: {reference!r} must be a table source and a column; tables: {listed(tables)}."
        )
    elif column not in table.columns:
        yield f"{place}: {source} has no column {column!r}; it names {listed(table.columns)}."


_LARGEST_WEIGHT = 1_000_000


def factor_faults(
    factor: Factor, *, sources: Sources, bases: Collection[str], unit: Unit
) -> Iterator[str]:
    """Say what is wrong with a factor, alone and with the sources, bases and periods of its config.

    Parameters
    ----------
    factor
        One of the config's; its own parts are checked already.
    sources
        The config's sources, by name.
    bases
        Names of what rates and expectations are of.
    unit
        What a period is.
    """
    # Names become columns of files and parts of queries.
    if not factor.name.isidentifier():
        yield f"the name {factor.name!r} must be letters, digits and underscores."
    if not 0 <= factor.weight <= _LARGEST_WEIGHT:
        yield f"the weight {factor.weight} must be a number from 0 to {_LARGEST_WEIGHT:,}."
    if not 0 < factor.level < 1:
        yield f"the level {factor.level} must lie between 0 and 1."
    yield from normalise_faults(factor.normalisation)
    yield from direction_faults(factor.normalisation, factor.direction)
    if factor.counts_events:
        yield from period_faults(factor.periods, unit)
        yield from _event_faults(factor, sources, bases)
    else:
        yield from _table_faults(factor, sources)
    yield from _test_faults(factor)
    if factor.scan and factor.method in ("threshold", "value"):
        yield f"scan is for factors that are tested, and the method {factor.method} tests nothing."
    if factor.score == "threshold" and factor.threshold is None and factor.method != "threshold":
        yield "the score threshold needs a threshold, such as 0.25."
    if factor.score == "risk":
        yield from _risk_faults(factor)
    # An option that does nothing would let its author believe that it does.
    elif factor.estimate != "mean" or factor.prior != "gamma":
        yield f"estimate and prior are for the score risk, and the score is {factor.score}."
    if factor.score == "persistence" and len(factor.periods) < 2:
        yield "the score persistence needs two periods or more."


def _event_faults(factor: Factor, sources: Sources, bases: Collection[str]) -> Iterator[str]:
    # Events without periods would be counted over whatever the files hold.
    if not factor.periods:
        yield "events need periods, such as periods = [2022]."
    # Labels become columns, so that two of one label would be added up.
    labels = [group.label for group in factor.groups]
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        yield f"event_groups: the label {label!r} is used {labels.count(label)} times."
    for group in factor.groups:
        if not isinstance(sources.get(group.source), SourceOfEvents):
            yield f"{group.source!r} is not an event source; known: {listed(sources)}."
    try:
        # The same function that the tests use decides which weights can be used.
        weight_steps([group.weight for group in factor.groups])
    except DataError as error:
        yield f"event_groups: {error}"
    if factor.method == "threshold":
        yield "the method threshold is for tables, not for events."
    if factor.method == "value" and (factor.score != "value" or len(factor.periods) != 1):
        yield 'the method value is a rate of one period, without a test: score = "value".'
    if factor.standardised:
        yield from _strata_faults(factor)
    elif factor.method in ("window", "poisson", "value") and factor.exposure is None:
        yield f"the method {factor.method} needs an exposure: the name of a base."
    named = {factor.exposure, *(group.exposure for group in factor.groups)} - {None}
    for base in sorted(named - set(bases), key=str):
        yield f"exposure: no base {base!r}; bases: {listed(bases)}."


def _strata_faults(factor: Factor) -> Iterator[str]:
    """Groups of events that are expected from a base each."""
    without = [group.label for group in factor.groups if group.exposure is None]
    # Events that are expected from nothing would all be excess.
    if without:
        yield f"event_groups: {listed(without)} need an exposure, because other groups name one."
    if factor.exposure is not None:
        yield "event_groups name exposures of their own, so leave the factor's exposure out."
    # Indirect standardisation expects numbers of events, which weights are not.
    if factor.is_weighted:
        yield "event_groups with exposures of their own must have the weight 1."
    if factor.method == "getis-ord":
        yield "the method getis-ord takes no exposure; use window or poisson."


def _test_faults(factor: Factor) -> Iterator[str]:
    """Choices of a test that do not go together."""
    w, options = factor.dispersion, factor.getis_ord
    # Written so that NaN is refused, too.
    if not isinstance(w, str) and not 0 <= w < math.inf:
        yield f"the dispersion {w:g} is a variance: write a number of 0 or more."
    # One total is shared out over one map: other kinds or local backgrounds have totals of their
    # own.
    if w == "given-total" and (len(factor.groups) > 1 or factor.background != "county"):
        yield 'the dispersion "given-total" takes one kind of event and the background "county".'
    if options != GetisOrd() and factor.method != "getis-ord":
        yield f"getis_ord is for the method getis-ord, and the method is {factor.method}."
    if options.permutations < 1:
        yield f"getis_ord.permutations: {options.permutations} must be 1 or more."
    if options.enough is not None and options.enough < 1:
        yield f"getis_ord.enough: {options.enough} must be 1 or more, or left out."
    if options.seed < 0:
        yield f"getis_ord.seed: {options.seed} must be 0 or more."


def _risk_faults(factor: Factor) -> Iterator[str]:
    """A risk is a ratio to what was expected, which not every method expects."""
    if factor.method not in ("window", "poisson"):
        yield (
            f"the score risk compares counts with what was expected; the method {factor.method} "
            "expects nothing of an area's base. Use window or poisson, which need an exposure."
        )
    if not 0 < factor.above < math.inf:
        yield f"above: {factor.above:g} must be a number of times above 0, such as 2."
    if not isinstance(factor.ageing, str) and not factor.ageing > 0:
        yield f"ageing: the half-life {factor.ageing:g} must be above 0 periods."


def _table_faults(factor: Factor, sources: Sources) -> Iterator[str]:
    alone = factor.method == "value"  # a measure needs no denominator
    if not factor.source or not factor.numerator or not (factor.denominator or alone):
        yield "needs an event source, event_groups, or a table with numerator and denominator."
        return
    for column in filter(None, (factor.numerator, factor.denominator)):
        yield from column_faults(sources, column, ".".join(factor.column(column)))
    # A census is of one day; periods would promise a history that there is not.
    if factor.periods:
        yield "a table has no periods; leave them out."
    if factor.method == "threshold" and factor.threshold is None:
        yield "the method threshold needs a threshold, such as 0.25."
    # 25 for 25% would never be exceeded, and the factor would silently score nobody.
    if factor.method == "threshold" and not 0 <= (factor.threshold or 0) < 1:
        yield f"the threshold {factor.threshold:g} must be a share from 0 to below 1: 25% is 0.25."


def why_no_people(factor: Factor, sources: Sources) -> str:
    """Why the people of a factor cannot be found; nothing where they can."""
    named = dict.fromkeys(group.source for group in factor.groups)
    if len(named) > 1:
        return f"{factor.name} counts several sources, and people are counted of one."
    return next((why for name in named if (why := why_nobody_is_named(name, sources))), "")


def why_nobody_is_named(name: str, sources: Sources) -> str:
    """Why the records of a source do not name people; nothing where they do."""
    source = sources.get(name)
    if isinstance(source, WarehouseSource):
        return (
            f"{name} is a warehouse, which gives back counts by area, month and rules: no record "
            "and no key leaves it, so that nobody can be found again. Name a file with person."
        )
    if isinstance(source, PoliceSource):
        return f"{name} is police.uk, which names nobody. Name a file with person."
    if not isinstance(source, EventSource):
        return f"{name} is no source of events."
    return "" if source.person else f"sources.{name}: name the column person."


def why_without_points(factor: Factor, sources: Sources) -> str:
    """Why the events of a factor have no points; nothing where they have."""
    for name in dict.fromkeys(group.source for group in factor.groups):
        source = sources.get(name)
        if isinstance(source, WarehouseSource | CountsSource):
            return f"{name} gives counts by area and no points. Name a file with x and y."
        if not names_points(source):
            return f"sources.{name} has area codes alone: name its columns x and y, or point."
    return ""


def rate_faults(place: str, rates: Mapping[str, float]) -> Iterator[str]:
    """Say what is wrong with a base that adds up columns at rates."""
    # Written so that NaN is refused, too.
    wrong = [column for column, rate in rates.items() if not 0 <= rate < math.inf]
    if wrong:
        yield f"{place}: the rate of {listed(wrong)} must be a number of 0 or more."
    # A base of zeros would make every area one where nothing is expected.
    if not any(rates.values()):
        yield f"{place}: name at least one column with a rate above 0."


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
