"""Everything that a config names is read and checked, nothing is computed, every fault is told."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from riskindex.areas import read as inputs
from riskindex.areas.groups import group_kinds
from riskindex.areas.neighbours import describe_neighbours, neighbour_matrix, with_edge
from riskindex.areas.place_files import read_polygons
from riskindex.areas.prepare import with_bases
from riskindex.areas.read import ReadAreas
from riskindex.areas.table_files import read_tables
from riskindex.assessment.benchmarks import check_benchmarks
from riskindex.assessment.people_counts import columns_for_people, of_factors
from riskindex.assessment.series import read_series
from riskindex.check_choices import (
    constant_factors,
    copies_without_key,
    idle_options,
    missing_names,
    mixed_units,
)
from riskindex.config import Config
from riskindex.errors import ConfigError, DataError, Together
from riskindex.events import read as events
from riskindex.events.count import count_events
from riskindex.events.losses import losses
from riskindex.events.periods import Periods
from riskindex.factors import scale_notes
from riskindex.files.memory import memory_of_database
from riskindex.hotspots.find import find_hotspots
from riskindex.index.selection import unknown_overrides
from riskindex.outputs.report.records import source_lines
from riskindex.publication.sensitive_places import read_sensitive_places
from riskindex.setup.official_files import absent_files

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from scipy.sparse import csr_array


class CheckReport(Together):
    """What `look` found: lines for the screen, and faults."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []


def _silent(_stage: str) -> None:
    return


def look(config: Config, *, say: Callable[[str], None] = _silent) -> CheckReport:
    """Read everything that a config names, compute nothing, and collect every fault.

    Parameters
    ----------
    config
        What is asked.
    say
        Told the name of each stage as it begins.
    """
    report = CheckReport()
    # Of the config alone, before a file is opened: a fault of the first line costs no minute.
    report.lines.extend(
        [*idle_options(config), *missing_names(config), *scale_notes(config.factors)]
    )
    say("Reading areas")
    land = _areas(config, report)
    say("Reading tables")
    with report.trying():
        # Without areas the tables are read all the same: a wrong column is a fault of its own.
        codes = pd.Index([]) if land is None else land.areas.index
        census = read_tables(config.sources, config.folder, codes)
        report.lines.extend([_tables_line(census.tables), *census.notes])
        if land is not None:
            _try_tables(config, land.areas, census.tables, report)
            report.lines.extend(constant_factors(config, census.tables))
    with report.trying():
        check_benchmarks(config.figures, read_series(config.sources, config.folder).table)
    say("Reading events")
    with (
        # One fault must not hide the next: each part is tried by itself, and what it raises is
        # collected.
        report.trying(),
        events.open_events(
            config.sources,
            folder=config.folder,
            factors=[*config.factors, *config.measured],
            memory=memory_of_database(config.memory),
            areas=None if land is None else land.areas,
            more=columns_for_people(config.asked_people),
            postcodes=config.areas.postcodes,
            say=lambda file: say(f"Reading events: {file}"),
        ) as opened,
    ):
        report.lines.extend(opened.notes)
        with report.trying():
            if faults := list(mixed_units(opened.events)):
                raise DataError(faults)
        report.lines.extend(copies_without_key(opened.events))
        if land is not None:
            with report.trying():
                _count(config, opened, land, report)
            _count_measures(config, opened, land, report)
    # Last, beside what was found: the one fault that a single command mends.
    absent = [*absent_files(config)]
    report.lines.extend(["Not there yet (riskindex fetch gets it):", *absent] if absent else [])
    return report


def _count(config: Config, opened: events.Opened, land: ReadAreas, report: CheckReport) -> None:
    """Count the events, and say what is lost and what lies beyond the edge."""
    edition = inputs.read_codes(config.areas, config.folder)
    counted = count_events(
        of_factors(opened.events, config.factors, config.measured, config.asked_people),
        land.areas,
        config.factors,
        periods=config.periods,
        crosswalk=edition.crosswalk,
        known_codes=edition.existing,
    )
    # Lines before faults: an analyst finds the cause of a loss in what was counted.
    report.lines.extend([*source_lines(counted.reconciliation), *counted.notes])
    warnings, faults = losses(
        counted.reconciliation,
        counted.elsewhere,
        config.sources,
        within=bool(config.areas.within),
    )
    report.lines.extend(warnings)
    _, edge = with_edge(land.areas, counted.counts, snap=config.neighbours.snap)
    report.lines.extend(edge)
    if faults:
        raise DataError(faults)


def _count_measures(
    config: Config, opened: events.Opened, land: ReadAreas, report: CheckReport
) -> None:
    """Count what measures ask for, each kind of period by itself, as a run does."""
    edition = inputs.read_codes(config.areas, config.folder)
    units = {factor.name: config.unit_of(factor.name) for factor in config.measured}
    for unit in dict.fromkeys(units.values()):
        mine = [factor for factor in config.measured if units[factor.name] == unit]
        sources = {group.source for factor in mine for group in factor.groups}
        with report.trying():
            counted = count_events(
                {name: one for name, one in opened.events.items() if name in sources},
                land.areas,
                mine,
                periods=Periods(unit=unit),
                crosswalk=edition.crosswalk,
                known_codes=edition.existing,
            )
            report.lines.extend(n for n in counted.notes if n not in report.lines)


def _areas(config: Config, report: CheckReport) -> ReadAreas | None:
    """The areas, if they can be read, and whether what is asked of them can be done."""
    # Stays None after a fault, so that later parts are still checked without areas.
    land = None
    with report.trying():
        land = inputs.read_areas(config.areas, config.folder)
        report.lines.extend([_areas_line(land.areas), *land.notes])
        with report.trying():
            read_sensitive_places(config.release.sensitive_places, config.folder, land.areas)
        with report.trying():
            read_polygons(config.areas.polygons, config.folder, land.areas)
        with report.trying():
            _check_choices(config, land.areas)
        with report.trying():
            # Neighbours need no event: a wrong setting is told before files of events are read.
            weights = neighbour_matrix(land.areas, options=config.neighbours)
            report.lines.append(describe_neighbours(weights, land.areas).sentence)
    return land


def _check_choices(config: Config, areas: "GeoDataFrame") -> None:
    """Refuse a selection of areas or groups that are not there."""
    # A misspelt code in an override would leave the area as it was without a word.
    faults = list(unknown_overrides(config.selection, areas.index))
    chosen = config.selection
    if chosen.minimum_per_group and chosen.group not in areas:
        faults.append(
            f"selection.minimum_per_group: no area has a {chosen.group!r} to count. Name that "
            "group under [areas], or set selection.group."
        )
    if faults:
        raise ConfigError(faults)


def _try_tables(
    config: Config, areas: "GeoDataFrame", tables: pd.DataFrame, report: CheckReport
) -> None:
    """Add what rates are of, and look at every share; no event is needed for either."""
    with report.trying():
        with_bases(areas, tables, config.bases)
    for factor in (factor for factor in config.factors if not factor.counts_events):
        with report.trying():
            # With an empty table of counts: a share needs none, and its faults are told before
            # events are read.
            find_hotspots(pd.DataFrame(index=areas.index), areas, tables, _alone(areas), [factor])


def _alone(areas: "GeoDataFrame") -> "csr_array":
    """No neighbours: shares are looked at, not their windows."""
    from scipy.sparse import csr_array

    return csr_array((len(areas), len(areas)))


def _areas_line(areas: pd.DataFrame) -> str:
    groups = [f"groups by {kind}: {areas[kind].nunique():,}" for kind in group_kinds(areas)]
    return "; ".join([f"Areas: {len(areas):,}", *groups]) + "."


def _tables_line(tables: pd.DataFrame) -> str:
    sources = tables.columns.get_level_values(0)
    named = {s: ", ".join(tables[s].columns) for s in sources.unique()}
    return "Tables: " + ("; ".join(f"{s} ({c})" for s, c in named.items()) or "none") + "."
