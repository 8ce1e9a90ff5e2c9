"""The method on one page: from what was read to a result, without a file being opened."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.aggregate import quantise
from riskindex.choices import Made, ask_what_if
from riskindex.config import Config
from riskindex.diagnostics import compose, correlate, shares_of, shares_told, warn_of_correlations
from riskindex.double_counting import find_double_counting, warn_of_double_counting
from riskindex.hotspots import find_hotspots
from riskindex.index import build_index, score_factors
from riskindex.neighbours import build_weights, describe_neighbours
from riskindex.official import attributions
from riskindex.persistence import classify_persistence
from riskindex.reasons import explain
from riskindex.released import Result
from riskindex.repeats import Data
from riskindex.replay import Replay
from riskindex.robustness import prepare, repeat_list
from riskindex.scan import scan_for_clusters
from riskindex.scores import silent_sentences
from riskindex.selection import Selected, Selection, flags_tie, select_top
from riskindex.sensitive_places import NO_PLACES, SensitivePlaces, plain_rhythm, without_events

if TYPE_CHECKING:
    import geopandas as gpd

Say = Callable[[str], None]
"""Told the name of each stage as it begins."""


def silent(_stage: str) -> None:
    """Say nothing."""


class Given(NamedTuple):
    """Everything that a run reads."""

    areas: "gpd.GeoDataFrame"
    """Names, groups, bases and geometry, index area_code."""
    tables: pd.DataFrame
    """Tables by area; columns (source, column)."""
    counts: pd.DataFrame
    """Events per area; columns (factor, group, period)."""
    reconciliation: pd.DataFrame
    """Events read and what became of them."""
    uncounted: pd.DataFrame
    """One line per event that was not counted."""
    rhythm: pd.DataFrame
    """Records by place and month, weekday, hour, age and sex."""
    notes: tuple[str, ...]
    """What was noticed."""
    files: pd.DataFrame
    """Input files: role, name, bytes, sha256, rows."""
    places: SensitivePlaces = NO_PLACES
    """Areas with a refuge or the like."""
    disagreements: pd.DataFrame = pd.DataFrame()
    """Events whose codes and coordinates lie in different areas."""


def analyse(
    config: Config,
    given: Given,
    *,
    held_back: Collection[str] = frozenset(),
    say: Say = silent,
) -> Result:
    """Go from what was read to the selected areas.

    Parameters
    ----------
    config
        What is asked.
    given
        What was read.
    held_back
        Codes of areas that are never selected: the next area is; see `hold_back`.
    say
        Told the name of each stage as it begins.
    """
    areas, tables, counts = given.areas, given.tables, given.counts
    say("Finding neighbours")
    weights = build_weights(areas, config.neighbours)
    say("Testing for hotspots")
    found = find_hotspots(counts, areas, tables, weights, config.factors)
    clusters = scan_for_clusters(counts, areas, tables, weights, config.factors, seed=config.seed)
    say("Following them over the periods")
    persistence = classify_persistence(
        found.table, found.pooled, config.factors, table=config.periods.categories
    )
    say("Scoring and selecting")
    scores = score_factors(found.table, persistence, config.factors, config.index)
    chosen = _choose(config, build_index(scores, config.index), areas, held_back)
    made = Made(
        data=Data(counts, areas, weights), hotspots=found.table, pooled=found.pooled,
        persistence=persistence, scores=_without(scores, held_back), chosen=chosen,
        factors=config.factors, index=config.index, selection=config.selection,
    )  # fmt: skip
    say("Repeating the run")
    replay = _replay(config, made.data, made.scores)
    robust = repeat_list(replay, chosen, seed=config.seed) if replay else None
    say("Choosing otherwise")
    sensitivity = ask_what_if(made, replay, seed=config.seed)
    reasons = _reasons(config, found.table, persistence, scores).reindex(areas.index, fill_value="")
    correlations = correlate(found.table, shares_of(tables, config.shares), config.factors)
    twice = find_double_counting(config, correlations)
    return Result(
        config=config,
        areas=areas,
        tables=tables,
        weights=weights,
        neighbours=describe_neighbours(weights, areas),
        counts=counts,
        reconciliation=given.reconciliation,
        uncounted=given.uncounted,
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
               *not_assessed_notes(chosen.table["reason"], areas)),
        files=given.files,
        attribution=tuple(config.attribution) or attributions(config.areas, config.sources),
        rhythm=given.rhythm,
        clusters_found=clusters,
        sensitivity=sensitivity,
        composition=_composition(config, given, chosen.table["selected"]),
        double_counting=twice,
        places=given.places,
        disagreements=given.disagreements,
    )  # fmt: skip


def without_places(result: Result) -> Result:
    """The same run had nothing happened in sensitive places, and with their areas held back.

    Events leave the counts, and so the windows of neighbours and all totals; tables stay as they
    are, because anybody can look them up, and a gap would show where the place is.
    """
    codes = result.places.codes
    if not codes:
        return result
    given = Given(
        areas=result.areas,
        tables=result.tables,
        counts=without_events(result.counts, codes),
        reconciliation=result.reconciliation.iloc[:0],
        uncounted=result.uncounted.iloc[:0],
        rhythm=plain_rhythm(result.rhythm),
        notes=(),
        files=result.files,
        places=result.places,
    )
    return analyse(result.config, given, held_back=codes)


def hold_back(
    index: pd.DataFrame,
    codes: Collection[str],
    selection: Selection,
    *,
    groups: "pd.Series[Any] | None" = None,
) -> pd.DataFrame:
    """Let some areas stand where they are not selected, so that the next ones are instead.

    Parameters
    ----------
    index
        The table of `build_index`.
    codes
        Areas that must not be selected, whatever their score.
    selection, groups
        As for `select_top`.

    Returns
    -------
    DataFrame
        The same with these areas lowered as little as will do: to the end of the areas that tie at
        the cut, where strength decides and some are left out anyway; else to the highest score
        below those that are selected without them. Ranks follow; the number assessed stays.
    """
    barred = index.index.isin(list(codes))
    score = pd.Series(quantise(index["score"].to_numpy(float)), index=index.index)
    without = index.assign(score=score.mask(barred & score.notna(), 0.0))
    chosen = select_top(without, selection, groups=groups).table["selected"].to_numpy(bool)
    cut = float(score[chosen].min()) if chosen.any() else 0.0
    for highest in (*_shared(score, cut, selection), _below(score[~barred], cut), 0.0):
        lowered = index.assign(score=score.mask(barred, score.clip(upper=highest)))
        if "companion" in index:
            lowered["companion"] = index["companion"].mask(barred, 0.0)
        if not select_top(lowered, selection, groups=groups).table["selected"][barred].any():
            break
    ranks = lowered["score"].rank(ascending=False, method="min").astype("Int64")
    return lowered.assign(rank=ranks)


def _shared(score: "pd.Series[float]", cut: float, selection: Selection) -> list[float]:
    """The score at the cut, where several areas have it and strength puts them in order."""
    return [cut] if selection.ties == "order" and int((score == cut).sum()) > 1 else []


def _below(score: "pd.Series[float]", cut: float) -> float:
    """The highest score below the cut."""
    highest = score[score < cut].max()
    return 0.0 if np.isnan(highest) else float(highest)


def _choose(
    config: Config, index: pd.DataFrame, areas: pd.DataFrame, held_back: Collection[str]
) -> Selected:
    selection, groups = config.selection, areas.get(config.selection.group)
    if held_back:
        kept = tuple(o for o in selection.overrides if o.area_code not in held_back)
        selection = replace(selection, overrides=kept)
        index = hold_back(index, held_back, selection, groups=groups)
    return select_top(index, selection, groups=groups)


def _without(scores: pd.DataFrame, held_back: Collection[str]) -> pd.DataFrame:
    """The scores with 0 for areas that no repeat may select either."""
    if not held_back:
        return scores
    keep = ~scores.index.get_level_values("area_code").isin(list(held_back))
    return scores.assign(score=scores["score"].where(keep | scores["score"].isna(), 0.0))


def _replay(config: Config, data: Data, scores: pd.DataFrame) -> Replay | None:
    if config.robustness is None:
        return None
    groups = data.areas.get(config.selection.group)
    return prepare(
        data, scores, config.factors, index=config.index, selection=config.selection,
        options=config.robustness, groups=groups,
    )  # fmt: skip


def _reasons(
    config: Config, hotspots: pd.DataFrame, persistence: pd.DataFrame, scores: pd.DataFrame
) -> "pd.Series[str]":
    unit, whole = config.periods.unit, config.whole
    return explain(hotspots, persistence, scores, config.factors, unit=unit, whole=whole)


def _warnings(config: Config, correlations: pd.DataFrame, twice: pd.DataFrame) -> tuple[str, ...]:
    labels = {factor.name: factor.label for factor in config.factors}
    return (*warn_of_correlations(correlations, labels), *warn_of_double_counting(twice, labels))


def _composition(config: Config, given: Given, chosen: "pd.Series[bool]") -> pd.DataFrame:
    around = given.areas.get("is_context")
    study = chosen if around is None else chosen[~around]
    return compose(given.tables, shares_told(config.shares, config.factors), study)


def not_assessed_notes(reasons: "pd.Series[str]", areas: pd.DataFrame) -> list[str]:
    """Areas that no rule can select, by name and with the reason: a missing value is no zero."""
    context = areas.get("is_context", False)
    lacking = reasons[(reasons != "") & ~pd.Series(context, index=areas.index)]
    if lacking.empty:
        return []
    number = "1 area has" if len(lacking) == 1 else f"{len(lacking):,} areas have"
    alike = sorted(lacking.groupby(lacking).groups.items(), key=lambda item: -len(item[1]))
    told = [f"{_named(codes, areas)}, {why}" for why, codes in alike[:_NAMED]]
    more = sum(len(codes) for _, codes in alike[_NAMED:])
    return [f"{number} no index and cannot be on the list: {'; '.join(told)}"
            f"{f'; and {more:,} more' if more else ''}."]  # fmt: skip


def _named(codes: "pd.Index[str]", areas: pd.DataFrame) -> str:
    """Areas by name and code, the first few of many."""
    named = [f"{areas.at[code, 'name']} ({code})" for code in codes[:_NAMED_ALIKE]]
    more = len(codes) - _NAMED_ALIKE
    return ", ".join(named) + (f" and {more:,} more" if more > 0 else "")


_NAMED, _NAMED_ALIKE = 20, 10
