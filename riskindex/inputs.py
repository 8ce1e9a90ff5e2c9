"""Everything that a run reads: areas, tables and events, counted and accounted for."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from riskindex.areas import read as area_files
from riskindex.areas.groups import WHOLE, group_kinds, profile_kind
from riskindex.areas.map_context import read_context
from riskindex.areas.neighbours import with_edge
from riskindex.areas.place_files import ReadPolygons, read_gazetteer, read_polygons, read_services
from riskindex.areas.postcodes import read_postcodes_inside
from riskindex.areas.prepare import with_bases
from riskindex.areas.shipped_lookups import read_places
from riskindex.areas.table_files import read_tables
from riskindex.assessment.benchmarks import check_benchmarks
from riskindex.assessment.options import OF_ASPECTS
from riskindex.assessment.people_counts import columns_for_people, count_people, of_factors
from riskindex.assessment.place_counts import (
    WHOLE_KIND,
    Measured,
    count_polygons,
    no_places,
    places_by_kind,
)
from riskindex.assessment.series import read_series
from riskindex.config import Config
from riskindex.errors import DataError
from riskindex.events import read as event_files
from riskindex.events.count import Counted, FurtherPlaces, MixPlaces, count_events
from riskindex.events.definition_funnel import in_one_table
from riskindex.events.losses import losses
from riskindex.events.periods import Periods
from riskindex.events.rhythm import IN_NO_AREA, MOST_AREAS
from riskindex.events.source_events import Events
from riskindex.files.formats import FileRecord
from riskindex.files.frames import Frames
from riskindex.files.memory import memory_of_database
from riskindex.planning.team_plan import Surroundings
from riskindex.publication.protection import (
    restricted_columns,
)
from riskindex.publication.sensitive_places import read_sensitive_places, without_events
from riskindex.result import Given, Say, silent

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


def read_inputs(config: Config, frames: Frames, *, say: Say = silent) -> Given:
    """Read and count what a config names.

    Parameters
    ----------
    config
        What is asked.
    frames
        Tables in memory that stand in place of some of its files.
    say
        Told the name of each stage as it begins, and each file of events.

    Raises
    ------
    InputError, DataError
        Every fault of a file; or so many events are lost that a list made without them would look
        like a finding.
    """
    say("Reading areas")
    land = area_files.read_areas(config.areas, config.folder, boundaries=frames.boundaries)
    codes = area_files.read_codes(config.areas, config.folder)
    say("Reading tables")
    census = read_tables(config.sources, config.folder, land.areas.index, frames=frames.tables)
    areas = with_bases(land.areas, census.tables, config.bases)
    private = read_sensitive_places(config.release.sensitive_places, config.folder, areas)
    around, around_files = _read_around(config, areas)
    # Before counting: events with coordinates are assigned to polygons in the same pass.
    polygons = read_polygons(config.areas.polygons, config.folder, areas)
    further = FurtherPlaces(polygons.shapes, _places_of_mixes(config, areas))
    series = read_series(config.sources, config.folder, frames=frames.tables)
    # Before hours of counting, and not when the figures are made.
    check_benchmarks(config.figures, series.table)
    say("Counting events")
    seen = _count(config, frames, areas, codes, further=further, say=say)
    counted = seen.of_factors
    # After counting: an area outside whose force has no file is as blind as the sea, which only the
    # counts show.
    areas, edge = with_edge(areas, counted.counts, snap=config.neighbours.snap)
    warnings = _refuse_losses(config, counted)
    # Open events stay: where anybody can look them up, hiding them protects nobody.
    closed = restricted_columns(counted.counts, config)
    parts = (land, codes, census, series, seen.opened)
    return Given(
        areas=areas,
        tables=census.tables,
        # Events of sensitive places, such as a refuge, are taken out of what areas are judged by,
        # in columns of restricted sources; sums over groups of areas keep them.
        counts=without_events(counted.counts, private.codes, closed),
        fingerprints=without_events(counted.fingerprints, private.codes, closed),
        group_counts=counted.counts,
        group_fingerprints=counted.fingerprints,
        reconciliation=counted.reconciliation,
        uncounted=counted.uncounted,
        rhythm=counted.rhythm,
        inside=counted.inside,
        notes=(
            *land.notes,
            *edge,
            *codes.notes,
            *census.notes,
            *seen.opened.notes,
            *counted.notes,
            *warnings,
        ),
        files=_table_of_files(
            [*(file for part in parts for file in part.files), *around_files, *polygons.files]
        ),
        places=private,
        disagreements=counted.disagreements,
        around=around,
        part_periods=counted.part_periods.union(*(part.part_periods for part in seen.of_measures)),
        measured=_measured(config, seen, series.table, polygons, land.areas),
        funnels=in_one_table([part.funnels for part in seen.all_parts]),
    )


class EventCounts(NamedTuple):
    """What was made of the records of events."""

    opened: event_files.Opened
    """The files that were read, and what was noticed in them."""
    of_factors: Counted
    of_measures: list[Counted]
    """One for each kind of period that measures have."""
    people: pd.DataFrame
    """Numbers of people, where figures ask for them."""

    @property
    def all_parts(self) -> list[Counted]:
        """Counts of the factors first, then those of the measures."""
        return [self.of_factors, *self.of_measures]


def _count(
    config: Config,
    frames: Frames,
    areas: "GeoDataFrame",
    codes: area_files.ReadCodes,
    *,
    further: FurtherPlaces,
    say: Say,
) -> EventCounts:
    """Events counted for the factors, for the measures, and by person."""
    asked = config.asked_people
    with event_files.open_events(
        config.sources,
        folder=config.folder,
        factors=[*config.factors, *config.measured],
        memory=memory_of_database(config.memory),
        areas=areas,
        postcodes=config.areas.postcodes,
        frames=frames.events,
        more=columns_for_people(asked),
        say=lambda file: say(f"Counting events: {file}"),
    ) as opened:
        counted = count_events(
            # Sources that only measures or people are looked for in are left to the counts below.
            of_factors(opened.events, config.factors, config.measured, asked),
            areas,
            config.factors,
            periods=config.periods,
            crosswalk=codes.crosswalk,
            known_codes=codes.existing,
            places=_place_of_area(areas, config.place),
            further=further,
            inside=len(areas) <= MOST_AREAS,
        )
        measures = _count_measures(config, opened.events, areas, codes, further)
        if asked:
            say("Counting people")
        # By person and not by event: someone recorded twice counts once.
        people = count_people(
            opened.events,
            areas,
            asked,
            crosswalk=codes.crosswalk,
            known_codes=codes.existing,
            elsewhere=codes.elsewhere,
        )
        return EventCounts(opened, counted, measures, people)


def _count_measures(
    config: Config,
    opened: Mapping[str, Events],
    areas: "GeoDataFrame",
    codes: area_files.ReadCodes,
    further: FurtherPlaces,
) -> list[Counted]:
    """Counts of the measures, those of one kind of period together."""
    parts = []
    # Periods of one count share a unit; a measure may be of months where the factors are of years.
    units = {factor.name: config.unit_of(factor.name) for factor in config.measured}
    for unit in dict.fromkeys(units.values()):
        mine = [factor for factor in config.measured if units[factor.name] == unit]
        # A source that no measure of this unit counts would be read for nothing.
        sources = {group.source for factor in mine for group in factor.groups}
        parts.append(
            count_events(
                {name: events for name, events in opened.items() if name in sources},
                areas,
                mine,
                periods=Periods(unit=unit),
                crosswalk=codes.crosswalk,
                known_codes=codes.existing,
                places=_place_of_area(areas, config.place),
                further=further,
            )
        )
    return parts


def _refuse_losses(config: Config, counted: Counted) -> tuple[str, ...]:
    """Warnings of events that are lost; too many of them are a fault of the input."""
    # Before any test: a list made without them would look like a finding.
    warnings, faults = losses(
        counted.reconciliation, counted.elsewhere, config.sources, within=bool(config.areas.within)
    )
    if faults:
        raise DataError(faults)
    return tuple(warnings)


def _in_polygons(
    config: Config, counted: Sequence[Counted], polygons: ReadPolygons, areas: "GeoDataFrame"
) -> pd.DataFrame:
    """Events in the named polygons, of the factors and measures whose sources have points."""
    # Sources with area codes alone cannot say on which side of a polygon's line an event was.
    with_points = config.with_points
    everywhere = [name for name, measure in config.measures.items() if measure.everywhere]
    parts = [
        count_polygons(
            part.in_polygons,
            part.counts,
            polygons.shapes,
            areas,
            with_points=with_points,
            everywhere=everywhere,
        )
        for part in counted
    ]
    return pd.concat([part for part in parts if len(part)] or [no_places()])


def _measured(
    config: Config,
    seen: EventCounts,
    series: pd.DataFrame,
    polygons: ReadPolygons,
    areas: "GeoDataFrame",
) -> Measured:
    """What figures count beside the factors, and when records of both happened."""
    measures = seen.of_measures
    finer = pd.concat([part.finer for part in seen.all_parts])
    everywhere = [name for name, measure in config.measures.items() if measure.everywhere]
    nowhere = [part.in_no_area.groupby(["factor", "period"]).sum() for part in measures]
    elsewhere = pd.concat(nowhere).to_frame("count") if nowhere else pd.DataFrame()
    rhythms = [_of_the_document(part.period_rhythm, everywhere) for part in seen.all_parts]
    # Empty tables have no index levels to be joined by.
    rhythms = [table for table in rhythms if len(table)]
    return Measured(
        pd.concat([part.counts for part in measures], axis=1) if measures else pd.DataFrame(),
        pd.concat([part.fingerprints for part in measures], axis=1) if measures else pd.DataFrame(),
        pd.concat(rhythms).sort_index() if rhythms else pd.DataFrame(),
        series,
        elsewhere[elsewhere.index.isin(everywhere, level="factor")] if nowhere else elsewhere,
        seen.people,
        _in_polygons(config, seen.all_parts, polygons, areas),
        finer,
    )


def _of_the_document(rhythm: pd.DataFrame, everywhere: Sequence[str]) -> pd.DataFrame:
    """Records in areas, and those in none of the measures that count them."""
    counts_all = rhythm.index.isin(list(everywhere), level="factor")
    return rhythm[counts_all | ~rhythm.index.isin([IN_NO_AREA], level="place")]


def _read_around(config: Config, areas: "GeoDataFrame") -> tuple[Surroundings, list[FileRecord]]:
    """Place names, those of the package where no file is named, services, and what is drawn."""
    places, plan = config.places, config.plan
    named = read_gazetteer(places.gazetteer, config.folder) if places.gazetteer else None
    there = read_services(plan.services, config.folder) if plan and plan.services else None
    drawn = read_context(config.map.context, config.folder, areas)
    files = [file for read in (named, there, drawn) if read for file in read.files]
    settlements = named.table if named else read_places()
    # Without a directory the map has no search by postcode, and the list is the same.
    postcodes = None
    if config.areas.postcodes is not None:
        inside = read_postcodes_inside(config.areas.postcodes, areas.index, config.folder)
        postcodes, files = inside.areas, [*files, inside.file]
    services = there.table if there else None
    return Surroundings(settlements, services, drawn.layers, postcodes), files


def _place_of_area(areas: pd.DataFrame, place: str) -> "pd.Series[str]":
    """The district of each area, or the study area where there are none."""
    # The kind that pages are made for, since rhythms are shown on pages.
    kind = profile_kind(group_kinds(areas))
    named = areas[kind] if kind else pd.Series(place, index=areas.index)
    # Areas around the study area are in no place: "" keeps their records out of every sum.
    counted = ~areas["is_context"] if "is_context" in areas else True
    return named.astype("object").where(named.notna() & counted, "").astype(str)


def _places_of_mixes(config: Config, areas: "GeoDataFrame") -> dict[str, MixPlaces]:
    """Places below those of pages in which figures ask for months, hours, ages and the like."""
    places, pages = places_by_kind(areas), {WHOLE_KIND, profile_kind(group_kinds(areas))}
    mixes = [figure for figure in config.figures if figure.kind in OF_ASPECTS and figure.by]
    asked = {
        kind: [figure for figure in mixes if kind in figure.places]
        for kind in places
        if kind not in pages
    }
    return {
        kind: MixPlaces(
            # Areas around the study area are in no place.
            places[kind].reindex(areas.index).fillna(WHOLE).astype(str),
            frozenset(figure.of for figure in of_kind),
            frozenset(str(figure.by) for figure in of_kind),
        )
        for kind, of_kind in asked.items()
        if of_kind
    }


def _table_of_files(records: list[FileRecord]) -> pd.DataFrame:
    # A directory of postcodes places events and is searched by the map, and is one file.
    return pd.DataFrame(list(dict.fromkeys(records)), columns=list(FileRecord._fields))
