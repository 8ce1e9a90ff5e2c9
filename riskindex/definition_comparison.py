"""Two definitions side by side: the events, hot areas and areas of the list that differ."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from riskindex import pipeline
from riskindex.areas import read as inputs
from riskindex.areas.prepare import with_bases
from riskindex.areas.table_files import read_tables
from riskindex.config import Config
from riskindex.definitions import Clause, Definition
from riskindex.errors import ConfigError
from riskindex.events.count import count_events
from riskindex.events.periods import Periods
from riskindex.events.read import open_events
from riskindex.factors import EventGroup, Factor
from riskindex.files.memory import bounded, memory_of_database
from riskindex.named_definitions import known_definitions, with_meaning
from riskindex.result import Result, Say, silent
from riskindex.tables import rows

BOTH = "both"


class DefinitionComparison(NamedTuple):
    """What changes where one definition stands in place of another."""

    events: pd.DataFrame
    """Factor or measure, period, and the number of events that are counted by the first alone, by
    both and by the second alone."""
    hot: pd.DataFrame
    """Factor, areas hot in its last period by the first alone, by both and by the second alone, and
    their codes where they differ."""
    selected: pd.DataFrame
    """Areas that only one of the two lists holds: area_code, name, by which definition."""
    in_both: int
    """Number of areas that both lists hold."""


def compare_definitions(
    config: Config, one: str, other: str, *, of: str | None = None, say: Say = silent
) -> DefinitionComparison:
    """Run a config by each of two definitions, and count what they share.

    Parameters
    ----------
    config
        In which factors or measures count by one of them.
    one, other
        Names of definitions, of the config or of the package.
    of
        Factor or measure that is counted by them whatever it counts by otherwise; left out, all
        those that count by one of the two.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    ConfigError
        No definition has the name, or nothing counts by either of them.
    InputError, DataError
        As of a run.
    """
    _refuse_unknown(config, (one, other))
    factors = [_by(factor, one, other, of, config) for factor in config.factors]
    # Only what the two count differently; the rest would be the same line twice.
    asked = {a.name: (a, b) for a, b in factors if a != b}
    measures = [_by(measure, one, other, of, config) for measure in config.measured]
    measured = {a.name: (a, b) for a, b in measures if a != b}
    if not asked and not measured:
        raise ConfigError(
            f"No factor or measure counts by {one!r} or {other!r}. Name one with --of: "
            f"{', '.join(f.name for f in (*config.factors, *config.measured) if f.counts_events)}."
        )
    with bounded(config.memory):
        say("Counting events by both")
        events = _events({**asked, **measured}, config, (one, other))
        results: list[Result] = []
        # Measures are in no list: where only they differ, no run is needed.
        for at, name in enumerate((one, other) if asked else ()):
            say(f"Running by {name}")
            results.append(pipeline.run(_with(config, [pair[at] for pair in factors])))
    return _compared(events, results, (one, other), list(asked))


def _refuse_unknown(config: Config, names: Sequence[str]) -> None:
    definitions = known_definitions(config.definitions)
    faults = [
        f"There is no definition {name!r}; there are {', '.join(sorted(definitions))}."
        for name in names
        if name not in definitions
    ]
    if faults or names[0] == names[1]:
        raise ConfigError(faults or "Name two different definitions.")


def _by(
    factor: Factor, one: str, other: str, of: str | None, config: Config
) -> tuple[Factor, Factor]:
    """A factor by the first definition, and by the second; the same where it counts by neither."""
    definitions = known_definitions(config.definitions)

    def counted_by(name: str) -> Factor:
        def changed(group: EventGroup) -> EventGroup:
            asked = group.defined.name if group.defined else ""
            if asked not in (one, other) and factor.name != of:
                return group
            # A where would stand beside the definition and narrow both; it is one or the other.
            bare = replace(group, definition=name, where={})
            return with_meaning(bare, definitions, config.sources)

        if not factor.counts_events:
            return factor
        groups = tuple(changed(group) for group in factor.groups)
        if factor.event_groups:
            return replace(factor, event_groups=groups)
        return replace(factor, where=groups[0].where, definition=groups[0].definition)

    return counted_by(one), counted_by(other)


def _with(config: Config, factors: Sequence[Factor]) -> Config:
    """The config with other factors, and nothing that the list does not need."""
    # They take longer than the list and are not compared.
    without: dict[str, Any] = {"measures": {}, "figures": [], "robustness": None}
    return config.model_copy(update={"factors": list(factors), **without})


def _events(
    pairs: dict[str, tuple[Factor, Factor]], config: Config, names: tuple[str, str]
) -> pd.DataFrame:
    """Events of each period that the first counts alone, that both count, that the second does."""
    land = inputs.read_areas(config.areas, config.folder)
    codes = inputs.read_codes(config.areas, config.folder)
    census = read_tables(config.sources, config.folder, land.areas.index)
    areas = with_bases(land.areas, census.tables, config.bases)
    # Both definitions are counted together, so that they see the same records.
    factors = [_parted(*pair, names) for pair in pairs.values()]
    sources = {group.source for factor in factors for group in factor.groups}
    parts = []
    with open_events(
        {name: source for name, source in config.sources.items() if name in sources},
        folder=config.folder,
        factors=factors,
        memory=memory_of_database(config.memory),
        areas=areas,
        postcodes=config.areas.postcodes,
    ) as opened:
        for factor in factors:
            of_factor = {group.source for group in factor.groups}
            # One factor at a time, since factors may have periods of different units.
            counted = count_events(
                {name: events for name, events in opened.events.items() if name in of_factor},
                areas,
                [factor],
                periods=Periods(unit=config.unit_of(factor.name)),
                crosswalk=codes.crosswalk,
                known_codes=codes.existing,
            )
            parts.append(counted.counts.sum())
    table = pd.concat(parts).rename("events").reset_index()
    # From the last colon: the label of a group may have one itself.
    table["group"] = table["group"].str.rpartition(": ")[2]
    # A factor of several groups is parted in each; the parts of one name are one number.
    wide = table.pivot_table("events", ["factor", "period"], "group", "sum", sort=False)
    columns = [f"only {names[0]}", BOTH, f"only {names[1]}"]
    # In the order first, both, second, whichever the pivot meets first.
    return wide.reindex(columns=columns).astype("int64").rename_axis(columns=None).reset_index()


def _parted(first: Factor, second: Factor, names: tuple[str, str]) -> Factor:
    """A factor that parts its events: an event counts in the first group that it meets."""
    groups: list[EventGroup] = []
    for a, b in zip(first.groups, second.groups, strict=True):
        # A group that counts alike by both has no events that differ.
        if a == b or a.defined is None or b.defined is None:
            continue
        # First in the list: an event counts in the first group that it meets, so that each "only"
        # is what is left.
        both = Definition(label=BOTH, all=(_clause(a.defined), _clause(b.defined)), name=BOTH)
        asked = ((BOTH, both), (f"only {names[0]}", a.defined), (f"only {names[1]}", b.defined))
        groups += [
            EventGroup(label=f"{a.label}: {label}", source=a.source, definition=definition)
            for label, definition in asked
        ]
    return replace(first, where={}, definition=None, event_groups=tuple(groups))


def _clause(definition: Definition) -> Clause:
    """A definition as one clause of another."""
    return Clause(
        label=definition.label, all=definition.all, any=definition.any, none=definition.none
    )


def _compared(
    events: pd.DataFrame,
    results: Sequence[Result],
    names: tuple[str, str],
    factors: Sequence[str],
) -> DefinitionComparison:
    empty = pd.DataFrame()
    if not results:
        return DefinitionComparison(events, empty, empty, 0)
    hot = pd.DataFrame([{"factor": name, **_hot(name, results, names)} for name in factors])
    one, other = (
        set(result.index.index[result.index["selected"].astype(bool)]) for result in results
    )
    lines = [
        {"area_code": code, "name": results[0].areas.at[code, "name"], "selected by": name}
        for name, only in zip(names, (one - other, other - one), strict=True)
        for code in sorted(only)
    ]
    columns = ["area_code", "name", "selected by"]
    return DefinitionComparison(events, hot, pd.DataFrame(lines, columns=columns), len(one & other))


def _hot(name: str, results: Sequence[Result], names: tuple[str, str]) -> dict[str, object]:
    """Areas that are hot in the last period of a factor, by either or both."""
    one, other = (_hot_areas(result, name) for result in results)
    return {
        f"only {names[0]}": len(one - other),
        BOTH: len(one & other),
        f"only {names[1]}": len(other - one),
        "areas that differ": ", ".join(sorted(one ^ other)),
    }


def _hot_areas(result: Result, name: str) -> set[str]:
    table = rows(result.hotspots, factor=name)
    last = table.xs(table.index.get_level_values("period")[-1], level="period")
    return set(map(str, last.index[last["is_hot"].astype(bool)]))
