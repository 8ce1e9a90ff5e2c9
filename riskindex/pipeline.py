"""The whole run: from a config to a result, and from a release to a folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskindex.analysis import (
    analyse,
    composition_of,
    explain_some_factors,
    list_areas,
    plan_of,
    protected_run,
    without_noise,
)
from riskindex.areas import read as inputs
from riskindex.areas.groups import WHOLE, group_kinds, profile_kind
from riskindex.areas.map_context import read_context
from riskindex.areas.neighbours import with_edge
from riskindex.areas.place_files import ReadPolygons, read_gazetteer, read_polygons, read_services
from riskindex.areas.postcodes import read_postcodes_inside
from riskindex.areas.prepare import with_bases
from riskindex.areas.shipped_lookups import read_places
from riskindex.areas.table_files import read_tables
from riskindex.assessment.options import OF_ASPECTS
from riskindex.assessment.people_counts import columns_for_people, count_people, of_factors
from riskindex.assessment.place_counts import (
    Measured,
    count_polygons,
    no_places,
    places_by_kind,
    places_of_pages,
)
from riskindex.assessment.series import read_series
from riskindex.config import Config, as_config
from riskindex.cut import by_noised_counts
from riskindex.errors import ConfigError, DataError, DisclosureError
from riskindex.events import read as event_files
from riskindex.events.count import Counted, FurtherPlaces, MixPlaces, count_events
from riskindex.events.definition_funnel import in_one_table
from riskindex.events.losses import losses
from riskindex.events.periods import Periods
from riskindex.events.rhythm import IN_NO_AREA, MOST_AREAS
from riskindex.events.source_events import Events
from riskindex.files.formats import FileRecord
from riskindex.files.frames import Frames, with_article
from riskindex.files.memory import bounded, memory_of_database
from riskindex.files.whole_folder import HeldFolder, written_whole
from riskindex.index.build import contributions
from riskindex.index.selection import Selected
from riskindex.planning.team_plan import Surroundings
from riskindex.publication.counts import noised_areas, noised_tables, published_totals
from riskindex.publication.key import read_key
from riskindex.publication.membership import refuse_telling_list, refuse_unsteady_list
from riskindex.publication.profiles import (
    OpenFactors,
    check_profile,
    release_open,
    release_protected,
)
from riskindex.publication.protection import (
    refuse_bare_tables,
    restricted_columns,
    restricted_factors,
    restricted_measures,
)
from riskindex.publication.released import Released, whole
from riskindex.publication.sensitive_places import read_sensitive_places, without_events
from riskindex.result import Given, Result, Say, logged, silent
from riskindex.uncertainty.robustness import tier

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

STAGES = 20
"""How many stages a run and its saving name."""


def run(
    config: Config | Mapping[str, Any] | str | Path,
    *,
    boundaries: "GeoDataFrame | None" = None,
    events: Mapping[str, Any] = MappingProxyType({}),
    tables: Mapping[str, Any] = MappingProxyType({}),
    say: Say = silent,
) -> Result:
    """Go from files, or data frames, to the selected areas.

    Parameters
    ----------
    config
        What is asked: a config file, a dictionary with the same keys, or what `read_config` or
        `parse_config` made of it.
    boundaries
        The areas in place of the boundary file, with the columns that the config names.
    events
        Name of an event source to its records in place of its files: a pandas or polars
        DataFrame, a pyarrow Table, a DuckDB relation, an ibis table, or anything else that gives
        an Arrow stream. Checked, counted and accounted for as files are.
    tables
        Name of a table (or series) to the same, in place of its file.
    say
        Told the name of each stage as it begins, and of those that take files each file, after
        the name of the stage and a colon.

    Raises
    ------
    ConfigError, InputError, DataError
        With every fault found, its place, and what to do.
    """
    frames = Frames(boundaries=boundaries, events=events, tables=tables)
    asked, say = as_config(config, frames), logged(say)
    with bounded(asked.memory):
        # By true counts the list itself may tell of a count. With "protected", noised counts make
        # it, for every profile alike: two lists of one run could be compared.
        final = asked.release.membership == "true" or not restricted_factors(asked)
        # What is told of a list is told of the one that is shown, below.
        read = _read(asked, frames, say)
        result = analyse(asked, read, choices=final, places=final, say=say)
        if final:
            return result
        say("Selecting by protected cells")
        return _with_protected_list(result, say)


def _read(config: Config, frames: Frames, say: Say) -> Given:
    say("Reading areas")
    land = inputs.read_areas(config.areas, config.folder, boundaries=frames.boundaries)
    codes = inputs.read_codes(config.areas, config.folder)
    say("Reading tables")
    census = read_tables(config.sources, config.folder, land.areas.index, frames=frames.tables)
    areas = with_bases(land.areas, census.tables, config.bases)
    private = read_sensitive_places(config.release.sensitive_places, config.folder, areas)
    around, around_files = _read_around(config, areas)
    polygons = read_polygons(config.areas.polygons, config.folder, areas)
    further = FurtherPlaces(polygons.shapes, _places_of_mixes(config, areas))
    say("Counting events")
    opened, counted, measures, people = _count(
        config, frames, areas, codes, further=further, say=say
    )
    # After counting: an area outside whose force has no file is as blind as the sea, which only the
    # counts show.
    areas, edge = with_edge(areas, counted.counts, snap=config.neighbours.snap)
    # Before any test: events that fell out are a fault of the input, and a list made without them
    # would look like a finding.
    warnings, faults = losses(
        counted.reconciliation, counted.elsewhere, config.sources, within=bool(config.areas.within)
    )
    if faults:
        raise DataError(faults)
    notes = [*land.notes, *edge, *codes.notes, *census.notes]
    series = read_series(config.sources, config.folder, frames=frames.tables)
    files = [
        *land.files,
        *codes.files,
        *census.files,
        *series.files,
        *opened.files,
        *around_files,
        *polygons.files,
    ]
    closed = restricted_columns(counted.counts, config)
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
        notes=(*notes, *opened.notes, *counted.notes, *warnings),
        files=_files(files),
        places=private,
        disagreements=counted.disagreements,
        around=around,
        part_periods=counted.part_periods.union(*(part.part_periods for part in measures)),
        measured=_measured(
            config,
            [counted, *measures],
            series.table,
            people,
            in_polygons=_in_polygons(config, [counted, *measures], polygons, land.areas),
        ),
        funnels=in_one_table([part.funnels for part in (counted, *measures)]),
    )


def _count(
    config: Config,
    frames: Frames,
    areas: "GeoDataFrame",
    codes: inputs.ReadCodes,
    *,
    further: FurtherPlaces,
    say: Say,
) -> tuple[event_files.Opened, Counted, list[Counted], pd.DataFrame]:
    """What was read of events, the counts of the factors, of the measures, and of people."""
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
            known_codes=codes.known,
            places=_places(areas, config.place),
            further=further,
            inside=len(areas) <= MOST_AREAS,
        )
        measures = _count_measures(config, opened.events, areas, codes, further)
        if asked:
            say("Counting people")
        people = count_people(
            opened.events, areas, asked, crosswalk=codes.crosswalk, known_codes=codes.known
        )
        return opened, counted, measures, people


def _count_measures(
    config: Config,
    opened: Mapping[str, Events],
    areas: "GeoDataFrame",
    codes: inputs.ReadCodes,
    further: FurtherPlaces,
) -> list[Counted]:
    """Counts of the measures, those of one kind of period together."""
    parts = []
    # Periods of one count share a unit; a measure may be of months where the factors are of years.
    units = {factor.name: config.unit_of(factor.name) for factor in config.measured}
    for unit in dict.fromkeys(units.values()):
        mine = [factor for factor in config.measured if units[factor.name] == unit]
        sources = {group.source for factor in mine for group in factor.groups}
        parts.append(
            count_events(
                {name: events for name, events in opened.items() if name in sources},
                areas,
                mine,
                periods=Periods(unit=unit),
                crosswalk=codes.crosswalk,
                known_codes=codes.known,
                places=_places(areas, config.place),
                further=further,
            )
        )
    return parts


def _in_polygons(
    config: Config, counted: Sequence[Counted], polygons: ReadPolygons, areas: "GeoDataFrame"
) -> pd.DataFrame:
    """Events in the named polygons, of the factors and measures whose sources have points."""
    with_points = config.with_points
    parts = [
        count_polygons(
            part.in_polygons, part.counts, polygons.shapes, areas, with_points=with_points
        )
        for part in counted
    ]
    return pd.concat([part for part in parts if len(part)] or [no_places()])


def _measured(
    config: Config,
    counted: Sequence[Counted],
    series: pd.DataFrame,
    people: pd.DataFrame,
    *,
    in_polygons: pd.DataFrame,
) -> Measured:
    """What figures count beside the factors, whose counts come first; rhythms of both."""
    measures = counted[1:]
    finer = pd.concat([part.finer for part in counted])
    everywhere = [name for name, measure in config.measures.items() if measure.everywhere]
    nowhere = [part.in_no_area.groupby(["factor", "period"]).sum() for part in measures]
    elsewhere = pd.concat(nowhere).to_frame("count") if nowhere else pd.DataFrame()
    rhythms = [_of_the_document(part.period_rhythm, everywhere) for part in counted]
    rhythms = [table for table in rhythms if len(table)]
    return Measured(
        pd.concat([part.counts for part in measures], axis=1) if measures else pd.DataFrame(),
        pd.concat([part.fingerprints for part in measures], axis=1) if measures else pd.DataFrame(),
        pd.concat(rhythms).sort_index() if rhythms else pd.DataFrame(),
        series,
        elsewhere[elsewhere.index.isin(everywhere, level="factor")] if nowhere else elsewhere,
        people,
        in_polygons,
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
    postcodes = None
    if config.areas.postcodes is not None:
        found = read_postcodes_inside(config.areas.postcodes, areas.index, config.folder)
        postcodes, files = found.areas, [*files, found.file]
    services = there.table if there else None
    return Surroundings(settlements, services, drawn.layers, postcodes), files


def release(result: Result, profile: str | None = None, *, say: Say = silent) -> Released:
    """Reduce a result to what one profile may see.

    Parameters
    ----------
    result
        What a run found out.
    profile
        internal, partner or public; the config's own where it is left out.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    DisclosureError
        No profile was named, restricted sources have no key, or the list itself would tell of
        counts; each with what to do.
    DataError
        It takes more memory than the config allows.
    """
    if not isinstance(result, Result):
        raise ConfigError(f"What `run` found can be released, not {with_article(result)}.")
    config, say = result.config, logged(say)
    profile = check_profile(profile or config.profile)
    if profile == "internal":
        return whole(result)
    closed = restricted_factors(config)
    if not closed and not restricted_measures(config):
        return release_open(result, profile)
    # Refusals come before the protected run, which takes as long as the run itself.
    refuse_bare_tables(config)
    # Who is on the list is an inequality in the counts of each area, which may be inverted where
    # one or two restricted factors decide it.
    if profile == "public" and closed:
        effective = result.sensitivity.effective
        shares = effective["share"] if "share" in effective else pd.Series(dtype=float)
        refuse_telling_list(config, shares, closed)
    key = read_key(config.release.key, config.folder, result.areas.index)
    say("Running the method on protected cells")
    with bounded(config.memory):
        if profile == "public" and closed and config.release.membership == "protected":
            _refuse_unsteady_list(result, key)
        protected = _protected(result, key)
        # Reasons about open factors may be told of true figures; those about restricted ones come
        # from the protected run.
        opened = OpenFactors(*explain_some_factors(result, _open_names(config)))
        released = release_protected(result, protected, profile, key=key, opened=opened)
        # Again, of the scores that leave, so that they add up to the index that leaves.
        points = contributions(released.scores, options=protected.index_taken)
        return replace(released, scores=released.scores.assign(contribution=points))


def _open_names(config: Config) -> list[str]:
    closed = set(restricted_factors(config))
    return [factor.name for factor in config.factors if factor.name not in closed]


def _protected(result: Result, key: bytes, *, places: bool = True) -> Result:
    """The same run on counts with noise; its tiers and places are of the list that leaves."""
    noised, totals = noised_areas(result, key), published_totals(result)
    epsilon = result.config.release.epsilon
    # Tables of restricted sources leave with noise as well, and count in the index.
    given = _given(result, noised_tables(result, key))
    made = protected_run(result.config, given, noised, totals=totals, epsilon=epsilon)
    index = _with_tiers(made.index, result.index["selected"])
    if not places:
        return replace(made, index=index)
    # Who is in a place follows the list that leaves; its order and the teams follow the noise.
    listed = index.assign(selected=result.index["selected"])
    plan = plan_of(made.config, given, listed, made.weights)
    return replace(made, index=index, team_plan=plan)


def _with_tiers(index: pd.DataFrame, chosen: "pd.Series[bool]") -> pd.DataFrame:
    """The index with the tiers of a list, where repeats were made."""
    if "p_selected" not in index:
        return index
    p = index["p_selected"].to_numpy(float, na_value=np.nan)
    listed = chosen.reindex(index.index).to_numpy(bool)
    return index.assign(tier=tier(p, listed))


def _protected_list(result: Result, key: bytes) -> Selected:
    """The list that noised counts select."""
    # Steadiness is judged by the same steps that make the list that leaves.
    noised, totals = noised_areas(result, key), published_totals(result)
    epsilon = result.config.release.epsilon
    given = without_noise(
        _given(result, noised_tables(result, key)), noised, totals=totals, epsilon=epsilon
    )
    return list_areas(result.config, given).chosen


def _given(result: Result, tables: pd.DataFrame) -> Given:
    return Given(
        areas=result.areas,
        tables=tables,
        counts=result.counts,
        fingerprints=result.fingerprints,
        # True numbers that the method does not need stay out of the protected run.
        reconciliation=result.reconciliation.iloc[:0],
        uncounted=result.uncounted.iloc[:0],
        rhythm=result.rhythm.iloc[:0],
        notes=(),
        files=result.files,
        places=result.places,
        around=result.around,
        part_periods=result.part_periods,
    )


def _with_protected_list(result: Result, say: Say) -> Result:
    """The result with the list of the protected run, which is then that of every profile."""
    config = result.config
    key = read_key(config.release.key, config.folder, result.areas.index)
    # What other choices would change is asked of the list that is shown; repeats are the run's.
    plain = replace(result, config=config.model_copy(update={"robustness": None}))
    found, given = _protected(plain, key, places=False), _given(result, result.tables)
    chosen = found.index["selected"].astype(bool)
    index = result.index.assign(selected=chosen, tied_at_cut=found.index["tied_at_cut"])
    index = _with_tiers(index, chosen)
    say("Naming places")
    return replace(
        result,
        index=index,
        team_plan=plan_of(config, given, index, result.weights, hotspots=result.hotspots),
        cut=by_noised_counts(found.cut),
        composition=composition_of(config, given, chosen),
        sensitivity=replace(found.sensitivity, matters=result.sensitivity.matters),
    )


def _refuse_unsteady_list(result: Result, key: bytes) -> None:
    """Refuse a protected list that five other keys would change too much."""
    # Keys derived from the release key: as random as any, and the same in every run, so that the
    # refusal is too.
    others = [blake2b(bytes([k]), key=key, digest_size=32).digest() for k in range(1, 6)]
    lists = [_protected_list(result, other).table["selected"].astype(bool) for other in others]
    refuse_unsteady_list([result.index["selected"].astype(bool), *lists])


def save(
    released: Released,
    folder: str | Path | HeldFolder,
    *,
    memory: str | None = None,
    replace: bool = False,
    say: Say = silent,
) -> None:
    """Write every output of a release into one folder, whole or not at all.

    Parameters
    ----------
    released
        What one profile may see; nothing else can be saved.
    folder
        New, empty, or holding an earlier result, which is replaced when all is written; or one
        that is held already.
    memory
        Most memory that the writing may take, such as 3GB; None sets no cap.
    replace
        An internal result in the folder may be replaced by one that is not internal.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    DisclosureError
        It is not a release, or the folder holds an internal result that one for partners or the
        public would replace.
    InputError
        The folder cannot be written, holds something else, or another run holds it.
    DataError
        It takes more memory than the config allows.
    """
    # Imported late: what draws and writes takes long to load, and a run that saves nothing needs
    # none of it.
    from riskindex.outputs.every_output import write_every_output
    from riskindex.outputs.read_result import refuse_to_replace

    if not isinstance(released, Released):
        raise DisclosureError(
            f"Only what was released can be saved, not a {type(released).__name__}: give "
            'release(result, "internal"), or the profile that the readers have.'
        )
    say = logged(say)
    place = folder if isinstance(folder, HeldFolder) else Path(folder)
    target = place.target if isinstance(place, HeldFolder) else place
    with written_whole(place) as out, bounded(memory):  # past the cap, nothing is put in place
        if not replace:
            refuse_to_replace(target, released.profile)
        write_every_output(released, out, earlier=target, say=say)


def _places(areas: pd.DataFrame, place: str) -> "pd.Series[str]":
    """The district of each area, or the study area where there are none."""
    kind = profile_kind(group_kinds(areas))
    named = areas[kind] if kind else pd.Series(place, index=areas.index)
    # Areas around the study area are in no place: "" keeps their records out of every sum.
    counted = ~areas["is_context"] if "is_context" in areas else True
    return named.astype("object").where(named.notna() & counted, "").astype(str)


def _places_of_mixes(config: Config, areas: "GeoDataFrame") -> dict[str, MixPlaces]:
    """Places below those of pages in which figures ask for months, hours, ages and the like."""
    known, pages = places_by_kind(areas), places_of_pages(areas)
    mixes = [figure for figure in config.figures if figure.kind in OF_ASPECTS and figure.by]
    asked = {
        kind: [figure for figure in mixes if kind in figure.places]
        for kind in known
        if kind not in pages
    }
    return {
        kind: MixPlaces(
            # Areas around the study area are in no place.
            known[kind].reindex(areas.index).fillna(WHOLE).astype(str),
            frozenset(figure.of for figure in of_kind),
            frozenset(str(figure.by) for figure in of_kind),
        )
        for kind, of_kind in asked.items()
        if of_kind
    }


def _files(records: list[FileRecord]) -> pd.DataFrame:
    # A directory of postcodes places events and is searched by the map, and is one file.
    return pd.DataFrame(list(dict.fromkeys(records)), columns=list(FileRecord._fields))
