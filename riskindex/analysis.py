"""The method on one page: from what was read to a result, without a file being opened.

`list_areas` goes as far as the list; `analyse` adds how sure it is, why each area is on it, and
where teams reach most. `protected_run` is the same on counts with noise.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.neighbours import describe_neighbours, neighbour_matrix
from riskindex.areas.official_data import attributions
from riskindex.areas.postcodes import CREDITS as POSTCODE_CREDITS
from riskindex.arrays import Flags
from riskindex.config import Config
from riskindex.errors import DataError
from riskindex.factors import BOUNDED, reported_shares, scale_notes, scale_of_index, scored_shares
from riskindex.hotspots.exposure_in_doubt import exposure_notes
from riskindex.hotspots.find import Hotspots, find_hotspots
from riskindex.hotspots.method_limits import method_notes
from riskindex.hotspots.persistence import classify_persistence
from riskindex.hotspots.samples import context_of
from riskindex.hotspots.scan import scan_for_clusters
from riskindex.index.build import build_index, given_weights, score_factors
from riskindex.index.diagnostics import (
    compose,
    correlate,
    shares_of,
    warn_of_correlations,
    warn_of_directions,
)
from riskindex.index.double_counting import find_double_counting, warn_of_double_counting
from riskindex.index.reasons import averages_last, explain, through_one_area
from riskindex.index.scores import silent_sentences
from riskindex.index.selection import Selected, flags_tie, select_top
from riskindex.planning.named_places import hot_last
from riskindex.planning.team_plan import TeamPlan, make_plan
from riskindex.result import Given, Result, Say, silent
from riskindex.statistics.smoothing import counts_behind
from riskindex.tables import Sensitivity, in_level
from riskindex.uncertainty.other_choices import ListMade, ask_what_if, what_matters_most
from riskindex.uncertainty.repeats import Data
from riskindex.uncertainty.replay import Replay
from riskindex.uncertainty.robustness import Robust, prepare_repeats, repeat_list

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Listed(NamedTuple):
    """The list, and the tables of each stage on the way to it."""

    weights: "csr_array"
    """Neighbours, shape (n, n), in the order of the areas."""
    hotspots: Hotspots
    """Which areas are hot, in which period, and what the tests assumed."""
    persistence: pd.DataFrame
    """Periods hot and what changed, index (factor, area_code)."""
    scores: pd.DataFrame
    """Scores and contributions, index (factor, area_code)."""
    chosen: Selected
    """Index, ranks and the selected areas."""


def list_areas(config: Config, given: Given, *, say: Say = silent) -> Listed:
    """The method as far as the list: neighbours, tests, persistence, scores, index, selection."""
    areas, tables, counts = given.areas, given.tables, given.counts
    say("Finding neighbours")
    weights = neighbour_matrix(areas, options=config.neighbours)
    say("Testing for hotspots")
    hotspots = find_hotspots(counts, areas, tables, weights, config.factors)
    say("Following them over the periods")
    persistence = classify_persistence(
        hotspots.table, hotspots.pooled, config.factors, table=config.periods.categories
    )
    say("Scoring and selecting")
    scores = score_factors(
        hotspots.table, persistence, config.factors, options=config.index, neighbours=weights
    )
    index = build_index(scores, options=config.index)
    # The group of areas is optional in a config; a selection that asks for it and lacks it refuses
    # by itself.
    chosen = select_top(index, selection=config.selection, groups=areas.get(config.selection.group))
    return Listed(weights, hotspots, persistence, scores, chosen)


def analyse(
    config: Config,
    given: Given,
    *,
    choices: bool = True,
    places: bool = True,
    say: Say = silent,
) -> Result:
    """Go from what was read to the selected areas.

    Parameters
    ----------
    config
        What is asked.
    given
        What was read.
    choices
        Whether the list is made again under every other choice; False where another list will
        replace this one.
    places
        Whether places are named and teams sent to them; False likewise.
    say
        Told the name of each stage as it begins.
    """
    areas, tables, counts = given.areas, given.tables, given.counts
    listed = list_areas(config, given, say=say)
    weights, hotspots, persistence, scores, chosen = listed
    say("Scanning for clusters")
    # Beside the list and not for it: a cluster does not make each of its areas hot.
    clusters = scan_for_clusters(counts, areas, tables, weights, config.factors, seed=config.seed)
    robust, sensitivity = _how_sure(config, given, listed, choices=choices, say=say)
    # Reasons come after clusters: being part of one is told as a reason.
    reasons = _reasons(config, listed, clusters).reindex(areas.index, fill_value="")
    # With shares as well, because a factor that follows age or poverty may only measure these.
    correlations = correlate(hotspots.table, shares_of(tables, config.shares), config.factors)
    # Repeats describe the list and never change it: they are joined after the selection is made.
    index = chosen.table.join(robust.table if robust else []).assign(reasons=reasons)
    plan = _named_places(config, given, listed, index, robust, say=say) if places else None
    # What-if on the map and protected lists combine again with the weights that this run took.
    taken, index_taken = given_weights(scores, options=config.index)
    # Two factors of the same events would weigh them twice without anybody having said so.
    twice = find_double_counting(config.factors, config.sources, correlations)
    return Result(
        **given.handed_on(),
        config=config,
        weights=weights,
        neighbours=describe_neighbours(weights, areas),
        hotspots=hotspots.table,
        pooled=hotspots.pooled,
        tests=hotspots.tests,
        persistence=persistence,
        scores=scores,
        index=index,
        how_sure=robust.sentence if robust else "",
        weights_taken=taken,
        index_taken=index_taken,
        through_one_area=through_one_area(hotspots.table, config.factors),
        cut=chosen.cut,
        # How much the list owes to the strength of findings, which plain flags would leave to
        # chance.
        flags_tie=flags_tie(scores, options=config.index, selection=config.selection),
        correlations=correlations,
        notes=(*given.notes, *_notes(config, listed, areas, correlations, twice)),
        # What the config says goes first: it may know of a licence that the package does not.
        attribution=_credits(config, given),
        clusters_found=clusters,
        sensitivity=sensitivity,
        composition=composition_of(config, given, chosen.table["selected"]),
        double_counting=twice,
        team_plan=plan,
    )


def _credits(config: Config, given: Given) -> tuple[str, ...]:
    """Whose data it is; postcodes, where the map finds them, ask for words of their own."""
    said = tuple(config.attribution) or attributions(config.areas, config.sources)
    more = POSTCODE_CREDITS if given.around.postcodes is not None else ()
    return tuple(dict.fromkeys([*said, *more]))


def _named_places(
    config: Config,
    given: Given,
    listed: Listed,
    index: pd.DataFrame,
    robust: Robust | None,
    *,
    say: Say,
) -> TeamPlan:
    """Places of the list, with what is hot in each and how often repeats select its areas."""
    say("Naming places")
    repeats = robust.repeats if robust else None
    hotspots = listed.hotspots.table
    return plan_of(config, given, index, listed.weights, hotspots=hotspots, repeats=repeats)


def _how_sure(
    config: Config, given: Given, listed: Listed, *, choices: bool, say: Say
) -> tuple[Robust | None, Sensitivity]:
    """Repeats of the list, where the config asks for them, and what other choices would change.

    Without `choices` only which of them matter most is told, beside chance.
    """
    made = _list_made(config, given, listed)
    say("Repeating the run")
    replay = _replay(config, made.data, made.scores)
    robust = repeat_list(replay, made.chosen, seed=config.seed) if replay else None
    say("Asking what other choices would change")
    if not choices:
        return robust, Sensitivity(matters=what_matters_most(made, replay, seed=config.seed))
    return robust, ask_what_if(made, replay=replay, seed=config.seed)


def _list_made(config: Config, given: Given, listed: Listed) -> ListMade:
    """All that a list was made of, so that one choice can be changed at a time."""
    return ListMade(
        data=Data(given.counts, given.areas, listed.weights),
        hotspots=listed.hotspots.table,
        pooled=listed.hotspots.pooled,
        persistence=listed.persistence,
        scores=listed.scores,
        chosen=listed.chosen,
        factors=config.factors,
        index=config.index,
        selection=config.selection,
        bases=tuple(config.bases),
    )


def list_with_choices(config: Config, given: Given) -> tuple[Selected, Sensitivity]:
    """The list, and what other choices would change, without repeats and all that a page tells.

    Parameters
    ----------
    config, given
        As for `analyse`.
    """
    listed = list_areas(config, given)
    return listed.chosen, ask_what_if(_list_made(config, given, listed), seed=config.seed)


def protected_run(
    config: Config,
    given: Given,
    noised: pd.DataFrame,
    *,
    totals: "pd.Series[Any]",
    epsilon: float = 1.0,
    say: Say = silent,
) -> Result:
    """The method run on counts with noise: its results may leave where true counts may not.

    It names no places: those are of the list that leaves, which may be another.

    Parameters
    ----------
    config, given, say
        As for `analyse`. What was read besides the counts is handed on as it is.
    noised, totals, epsilon
        As for `without_noise`.

    Raises
    ------
    DataError
        The counts with noise are not about the same areas, columns and coverage.
    """
    behind = without_noise(given, noised, totals=totals, epsilon=epsilon)
    return analyse(config, behind, places=False, say=say)


def without_noise(
    given: Given, noised: pd.DataFrame, *, totals: "pd.Series[Any]", epsilon: float = 1.0
) -> Given:
    """What was read, with noised columns replaced by the counts expected behind the noise.

    Every noised column becomes whole numbers of 0 or more that add up to the published total, which
    expectations are then made from (`counts_behind`). Of the true counts only their coverage
    is looked at: which areas have a count at all.

    Parameters
    ----------
    given
        What was read.
    noised
        Columns of `given.counts` from restricted sources, with discrete Laplace noise; negative
        numbers too, NA where not covered.
    totals
        Published total of each of these columns over the study area; NA where it is not
        published, and the sum of the noised counts stands in.
    epsilon
        Of the noise.
    """
    counts = given.counts
    # Coverage is no secret, and a gap filled with noise would pass for a count.
    if not noised.isna().equals(counts[noised.columns].isna()):
        raise DataError("Counts with noise must be of the same areas, columns and coverage.")
    # Published totals are of the study area. Areas around it are fitted to the sum of their own
    # noised counts; otherwise they would take a part of the total inside.
    context = context_of(given.areas)
    inside = np.ones(len(counts), bool) if context is None else ~context
    behind = counts.copy()
    for column in noised:
        for part, total in ((inside, totals[column]), (~inside, pd.NA)):
            covered = part & noised[column].notna().to_numpy(bool)
            seen = noised.loc[covered, column].to_numpy(np.int64)
            # The sum of noised counts may fall below 0, where no total can be.
            whole = max(seen.sum(), 0) if pd.isna(total) else total
            behind.loc[covered, column] = counts_behind(seen, whole, epsilon=epsilon)
    return given._replace(counts=behind)


def plan_of(
    config: Config,
    given: Given,
    index: pd.DataFrame,
    weights: "csr_array",
    *,
    hotspots: pd.DataFrame | None = None,
    repeats: Flags | None = None,
) -> TeamPlan:
    """Named places of a list, and where teams reach most.

    Parameters
    ----------
    config, given
        What is asked, and what was read.
    index
        Index area_code: `selected`, `score`, `rank`; tiers where repeats were made.
    weights
        Neighbours, shape (n, n), in the order of the areas.
    hotspots
        Index (factor, period, area_code): what may be told of as hot in a place, in its last
        period; None: nothing.
    repeats
        Which areas each repeat selects, shape (draws, n).
    """
    return make_plan(
        index,
        given.areas,
        weights,
        rules=config.places,
        plan=config.plan,
        around=given.around,
        hot=None if hotspots is None else hot_last(hotspots),
        labels={factor.name: factor.label for factor in config.factors},
        repeats=repeats,
    )


def explain_some_factors(
    result: Result, names: Collection[str]
) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    """Reasons of some factors, as if there were no others; those hot through one area alone."""
    config = result.config
    mine = [factor for factor in config.factors if factor.name in names]
    if not any(factor.scored for factor in mine):
        # No scored factor among these: no reason may be told, not even that there are others.
        nothing = pd.Series("", index=result.areas.index, dtype=object)
        return nothing, nothing.iloc[:0]
    hotspots, persistence, scores = (
        table[in_level(table.index, "factor", names)]
        for table in (result.hotspots, result.persistence, result.scores)
    )
    # Unscored factors gave no area its place on the list.
    scored = [factor for factor in mine if factor.scored]
    words = explain(
        hotspots,
        persistence,
        scores,
        scored,
        unit=config.periods.unit,
        whole=config.whole,
        averages=averages_last(result.tests),
        clusters=result.clusters_found,
    )
    return words, through_one_area(hotspots, scored)


def _replay(config: Config, data: Data, scores: pd.DataFrame) -> Replay | None:
    """What repeats of the list need; None where the config asks for none."""
    if config.robustness is None:
        return None
    groups = data.areas.get(config.selection.group)
    return prepare_repeats(
        data,
        scores,
        config.factors,
        index=config.index,
        selection=config.selection,
        options=config.robustness,
        groups=groups,
    )


def _reasons(config: Config, listed: Listed, clusters: pd.DataFrame) -> "pd.Series[str]":
    hotspots = listed.hotspots
    return explain(
        hotspots.table,
        listed.persistence,
        listed.scores,
        config.factors,
        unit=config.periods.unit,
        whole=config.whole,
        averages=averages_last(hotspots.tests),
        clusters=clusters,
    )


def _notes(
    config: Config,
    listed: Listed,
    areas: pd.DataFrame,
    correlations: pd.DataFrame,
    twice: pd.DataFrame,
) -> list[str]:
    """What a reader of the list must know: doubtful factors, weights, and who is not assessed."""
    labels = {factor.name: factor.label for factor in config.factors}
    return [
        *warn_of_directions(correlations, config.factors),
        *warn_of_correlations(correlations, labels),
        *warn_of_double_counting(twice, labels),
        *scale_notes(config.factors),
        *weight_notes(config),
        *silent_sentences(listed.hotspots.table, config.factors),
        *method_notes(listed.hotspots, areas, config.factors, weights=listed.weights),
        *exposure_notes(listed.hotspots.table, areas, config.factors),
        *not_assessed_notes(listed.chosen.table["reason"], areas),
    ]


def weight_notes(config: Config) -> list[str]:
    """A note where weights are used as given and the index cannot reach 100."""
    scored = [factor for factor in config.factors if factor.scored]
    # With groups the sum of the factors' weights is not the top of the index.
    if config.index.weights != "as-given" or any(factor.group for factor in scored):
        return []
    total = sum(factor.weight for factor in scored)
    # On other scales 100 is no top that weights could miss.
    if scale_of_index(scored) != BOUNDED:
        return []
    if abs(total - 1) <= _ROUNDED_WEIGHTS:
        return []
    return [f"Index: the weights add up to {total:g}; scores go to {100 * total:g}, not 100."]


_ROUNDED_WEIGHTS = 0.005
"""Published weights that are rounded to three digits may add up to .999."""


def composition_of(config: Config, given: Given, chosen: "pd.Series[bool]") -> pd.DataFrame:
    """Who lives in the areas of a list, beside the rest of the study area."""
    # Areas around the study area are neighbours only; their people do not belong beside the list.
    around = given.areas.get("is_context")
    study = chosen if around is None else chosen[~around]
    shares = reported_shares(config.shares, config.factors)
    table = compose(given.tables, shares, study)
    return table.assign(scored=table.index.isin(list(scored_shares(shares, config.factors))))


def not_assessed_notes(reasons: "pd.Series[str]", areas: pd.DataFrame) -> list[str]:
    """Areas that no rule can select, by name and with the reason: a missing value is no zero."""
    context = areas.get("is_context", False)
    # Areas around the study area are not assessed by design, and nobody misses them on the list.
    lacking = reasons[(reasons != "") & ~pd.Series(context, index=areas.index)]
    if lacking.empty:
        return []
    number = "1 area has" if len(lacking) == 1 else f"{len(lacking):,} areas have"
    # The commonest reason first: it is usually one file that does not cover a force.
    alike = sorted(lacking.groupby(lacking).groups.items(), key=lambda item: -len(item[1]))
    sentences = [f"{_named(codes, areas)}, {why}" for why, codes in alike[:_NAMED]]
    more = sum(len(codes) for _, codes in alike[_NAMED:])
    return [
        f"{number} no index and cannot be on the list: {'; '.join(sentences)}"
        f"{f'; and {more:,} more' if more else ''}."
    ]


def _named(codes: "pd.Index[str]", areas: pd.DataFrame) -> str:
    """Areas by name and code, the first few of many."""
    named = [f"{areas.at[code, 'name']} ({code})" for code in codes[:_NAMED_ALIKE]]
    more = len(codes) - _NAMED_ALIKE
    return ", ".join(named) + (f" and {more:,} more" if more > 0 else "")


_NAMED, _NAMED_ALIKE = 20, 10
