"""The whole run on one page: from a config to a result, and from a release to a folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from riskindex import events, inputs
from riskindex.areas import build_weights, describe_neighbours, on_boundary, with_bases
from riskindex.choices import Made, ask_what_if
from riskindex.config import Config
from riskindex.counts import Counted, count_events
from riskindex.diagnostics import compose, correlate, shares_of, shares_told, warn_of_correlations
from riskindex.double_counting import find_double_counting, warn_of_double_counting
from riskindex.errors import RiskindexError
from riskindex.files import FileRecord
from riskindex.folder import written_whole
from riskindex.gis import write_geopackage
from riskindex.groups import profile_kind
from riskindex.hotspots import find_hotspots
from riskindex.index import build_index, score_factors
from riskindex.manifest import write_manifest
from riskindex.maps import write_map
from riskindex.official import attributions
from riskindex.persistence import classify_persistence
from riskindex.profiles import write_profiles
from riskindex.reasons import explain
from riskindex.released import Released, Result, group_kinds
from riskindex.repeats import Data
from riskindex.replay import Replay
from riskindex.report import source_lines, write_report
from riskindex.robustness import prepare, repeat_list
from riskindex.scan import scan_for_clusters
from riskindex.scores import silent_sentences
from riskindex.selection import flags_tie, select_top, unknown_overrides
from riskindex.workbook import list_table, write_csv, write_workbook

if TYPE_CHECKING:
    import geopandas as gpd

Say = Callable[[str], None]
"""Told the name of each stage as it begins."""

STAGES = 16
"""How many stages a run and its saving name."""


def _silent(_stage: str) -> None:
    return


def run(config: Config, *, say: Say = _silent) -> Result:
    """Go from files to the selected areas.

    Parameters
    ----------
    config
        What is asked, from `read_config` or `parse_config`.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    ConfigError, InputError, DataError
        With every fault found, its place, and what to do.
    """
    given = _read(config, say)
    areas, tables, counts = given.areas, given.tables, given.counted.counts
    say("Finding neighbours")
    weights = build_weights(areas, config.neighbours)
    say("Testing for hotspots")
    found = find_hotspots(counts, areas, tables, weights, config.factors)
    clusters = scan_for_clusters(counts, areas, tables, weights, config.factors, seed=config.seed)
    say("Following them over the periods")
    persistence = classify_persistence(found.table, found.pooled, config.factors)
    say("Scoring and selecting")
    scores = score_factors(found.table, persistence, config.factors, config.index)
    index = build_index(scores, config.index)
    chosen = select_top(index, config.selection, groups=areas.get(config.selection.group))
    made = Made(
        data=Data(counts, areas, weights), hotspots=found.table, pooled=found.pooled,
        persistence=persistence, scores=scores, chosen=chosen, factors=config.factors,
        index=config.index, selection=config.selection,
    )  # fmt: skip
    say("Repeating the run")
    replay = _replay(config, made.data, scores)
    robust = repeat_list(replay, chosen, seed=config.seed) if replay else None
    say("Choosing otherwise")
    sensitivity = ask_what_if(made, replay, seed=config.seed)
    reasons = _reasons(config, found.table, persistence, scores).reindex(areas.index, fill_value="")
    correlations = correlate(found.table, shares_of(tables, config.shares), config.factors)
    twice = find_double_counting(config, correlations)
    return Result(
        config=config,
        areas=areas,
        weights=weights,
        neighbours=describe_neighbours(weights, areas),
        counts=counts,
        reconciliation=given.counted.reconciliation,
        uncounted=given.counted.uncounted,
        hotspots=found.table,
        pooled=found.pooled,
        tests=found.tests,
        persistence=persistence,
        scores=scores,
        index=chosen.table.join(robust.table if robust else []).assign(reasons=reasons),
        how_sure=robust.sentence if robust else "",
        cut=chosen.cut,
        flags_tie=flags_tie(scores, config.index, config.selection),
        correlations=correlations,
        notes=(*given.notes, *_warnings(config, correlations, twice),
               *silent_sentences(found.table, config.factors),
               *_not_assessed_notes(chosen.table["reason"], areas)),
        files=_files(given.files),
        attribution=tuple(config.attribution) or attributions(config.areas, config.sources),
        rhythm=given.counted.rhythm,
        clusters_found=clusters,
        sensitivity=sensitivity,
        composition=_composition(config, given, chosen.table["selected"]),
        double_counting=twice,
    )  # fmt: skip


class _Given(NamedTuple):
    """Everything that a run reads."""

    areas: "gpd.GeoDataFrame"
    tables: pd.DataFrame
    counted: Counted
    notes: list[str]
    files: list[FileRecord]


def _read(config: Config, say: Say) -> _Given:
    say("Reading areas")
    land = inputs.read_areas(config.areas, config.folder)
    codes = inputs.read_codes(config.areas, config.folder)
    say("Reading tables")
    census = inputs.read_tables(config.sources, config.folder, land.areas.index)
    areas = with_bases(land.areas, census.tables, config.bases)
    areas = areas.assign(on_boundary=on_boundary(areas, snap=config.neighbours.snap))
    say("Counting events")
    with events.open_events(config.sources, config.folder, factors=config.factors) as opened:
        counted = count_events(
            opened.events, areas, config.factors, config.periods,
            crosswalk=codes.crosswalk, known_codes=codes.known, places=_places(areas, config.place),
        )  # fmt: skip
    notes = [*land.notes, *_edge_note(areas), *codes.notes, *census.notes]
    files = [*land.files, *codes.files, *census.files, *opened.files]
    return _Given(areas, census.tables, counted, [*notes, *opened.notes, *counted.notes], files)


def _reasons(
    config: Config, hotspots: pd.DataFrame, persistence: pd.DataFrame, scores: pd.DataFrame
) -> "pd.Series[str]":
    unit, whole = config.periods.unit, config.whole
    return explain(hotspots, persistence, scores, config.factors, unit=unit, whole=whole)


def _warnings(config: Config, correlations: pd.DataFrame, twice: pd.DataFrame) -> tuple[str, ...]:
    labels = {factor.name: factor.label for factor in config.factors}
    return (*warn_of_correlations(correlations, labels), *warn_of_double_counting(twice, labels))


def _composition(config: Config, given: "_Given", chosen: "pd.Series[bool]") -> pd.DataFrame:
    around = given.areas.get("is_context")
    study = chosen if around is None else chosen[~around]
    return compose(given.tables, shares_told(config.shares, config.factors), study)


def _replay(config: Config, data: Data, scores: pd.DataFrame) -> Replay | None:
    if config.robustness is None:
        return None
    groups = data.areas.get(config.selection.group)
    return prepare(
        data, scores, config.factors, index=config.index, selection=config.selection,
        options=config.robustness, groups=groups,
    )  # fmt: skip


def save(released: Released, folder: str | Path, *, say: Say = _silent) -> None:
    """Write every output of a release into one folder, whole or not at all.

    Parameters
    ----------
    released
        What one profile may see; nothing else can be saved.
    folder
        New, empty, or holding an earlier result, which is replaced when all is written.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    InputError
        The folder cannot be written, holds something else, or another run holds it.
    """
    with written_whole(Path(folder)) as out:
        say("Writing the list")
        write_csv(list_table(released), out / "top_areas.csv")
        write_csv(released.all_areas.reset_index(), out / "all_areas.csv")
        if released.profile == "internal":
            write_csv(released.uncounted, out / "uncounted_events.csv")
            write_csv(released.scores.reset_index(), out / "scores.csv")
        say("Writing the workbook")
        write_workbook(released, out / "workbook.xlsx")
        say("Writing the GIS file")
        write_geopackage(released, out / "areas.gpkg")
        say("Drawing the map")
        if released.profile in _PAGES["map.html"]:
            write_map(released, out / "map.html")
        say("Writing the report")
        if released.profile in _PAGES["report.html"]:
            write_report(released, out / "report.html", earlier=Path(folder))
        say("Writing the profiles")
        if released.profile in _PAGES["profiles"]:
            write_profiles(released, out / "profiles")
        say("Writing the manifest")
        write_manifest(released, out)


_PAGES = {"map.html": ("internal",), "report.html": ("internal",), "profiles": ("internal",)}
"""Profiles that each page is written for."""


class Found(NamedTuple):
    """What `look` found: lines for the screen, and faults."""

    lines: list[str]
    faults: list[str]


def look(config: Config, *, say: Say = _silent) -> Found:
    """Read everything that a config names, compute nothing, and collect every fault.

    Parameters
    ----------
    config
        What is asked.
    say
        Told the name of each stage as it begins.
    """
    found = Found([], [])
    say("Reading areas")
    with _collected(found):
        land = inputs.read_areas(config.areas, config.folder)
        found.lines.extend([_areas_line(land.areas), *land.notes])
    codes = pd.Index([]) if found.faults else land.areas.index
    say("Reading tables")
    with _collected(found):
        census = inputs.read_tables(config.sources, config.folder, codes)
        found.lines.extend([_tables_line(census.tables), *census.notes])
    say("Reading events")
    factors = config.factors
    with (
        _collected(found),
        events.open_events(config.sources, config.folder, factors=factors) as opened,
    ):
        found.lines.extend(opened.notes)
        if len(codes):
            found.faults.extend(unknown_overrides(config.selection, codes))
            edition = inputs.read_codes(config.areas, config.folder)
            counted = count_events(
                opened.events, land.areas, factors, config.periods,
                crosswalk=edition.crosswalk, known_codes=edition.known,
            )  # fmt: skip
            found.lines.extend([*source_lines(counted.reconciliation), *counted.notes])
    return found


@contextmanager
def _collected(found: Found) -> Iterator[None]:
    try:
        yield
    except RiskindexError as error:
        found.faults.extend(error.faults)


def _areas_line(areas: pd.DataFrame) -> str:
    groups = [f"groups by {kind}: {areas[kind].nunique():,}" for kind in group_kinds(areas)]
    return "; ".join([f"Areas: {len(areas):,}", *groups]) + "."


def _tables_line(tables: pd.DataFrame) -> str:
    sources = tables.columns.get_level_values(0)
    named = {s: ", ".join(tables[s].columns) for s in sources.unique()}
    return "Tables: " + ("; ".join(f"{s} ({c})" for s, c in named.items()) or "none") + "."


def _places(areas: pd.DataFrame, place: str) -> "pd.Series[str]":
    """The district of each area, or the study area where there are none."""
    kind = profile_kind(group_kinds(areas))
    named = areas[kind] if kind else pd.Series(place, index=areas.index)
    counted = ~areas["is_context"] if "is_context" in areas else True
    return named.astype("object").where(named.notna() & counted, "").astype(str)


def _edge_note(areas: pd.DataFrame) -> list[str]:
    assessed = ~areas["is_context"] if "is_context" in areas else True
    at_edge = int((areas["on_boundary"] & assessed).sum())
    return [f"{at_edge:,} areas lie at the edge of the study area: what happens beyond it is not "
            "in their windows."] if at_edge else []  # fmt: skip


def _not_assessed_notes(reasons: "pd.Series[str]", areas: pd.DataFrame) -> list[str]:
    """Areas that no rule can select, by name and with the reason: a missing value is no zero."""
    context = areas.get("is_context", False)
    lacking = reasons[(reasons != "") & ~pd.Series(context, index=areas.index)]
    named = [f"{areas.at[code, 'name']} ({code}), {why}" for code, why in lacking.items()]
    number = "1 area has" if len(named) == 1 else f"{len(named):,} areas have"
    return [f"{number} no index and cannot be on the list: {'; '.join(named[:_NAMED])}"
            f"{f'; and {len(named) - _NAMED:,} more' if len(named) > _NAMED else ''}."
            ] if named else []  # fmt: skip


_NAMED = 20


def _files(records: list[FileRecord]) -> pd.DataFrame:
    return pd.DataFrame(records, columns=list(FileRecord._fields))
