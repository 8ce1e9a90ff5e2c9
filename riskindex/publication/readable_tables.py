"""Tables as one reads them: areas with places and kinds of hotspots, factors with what they are."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskindex.assessment.shown_counts import definition_of, what_is_counted
from riskindex.factors import Factor, scale_of_factor
from riskindex.planning.inside_places import inside_places, nothing_told
from riskindex.planning.team_plan import TeamPlan, place_names
from riskindex.publication.protection import restricted_columns
from riskindex.result import Result
from riskindex.tables import rows


def with_places(table: pd.DataFrame, plan: TeamPlan | None) -> pd.DataFrame:
    """A table of areas with the name of the place of each selected one, after its rank.

    Parameters
    ----------
    table
        Index area_code.
    plan
        Of the run that the profile may see.
    """
    if plan is None:
        return table
    name = place_names(plan)
    # After the rank where there is one; outside the internal profile the rank is not shown.
    at = int("rank" in table)
    named = table.copy()
    named.insert(at, "place", name.reindex(table.index).fillna("").astype(object))
    return named


def told_inside(result: Result, plan: TeamPlan | None, names: Collection[str]) -> pd.DataFrame:
    """Streets and hours of each place for the named factors, with true counts.

    Parameters
    ----------
    result
        The run.
    plan
        Its places are the rows of the table.
    names
        Factors whose records may be shown as counted.
    """
    if plan is None or result.inside.empty:
        return nothing_told()
    counted, config = result.inside, result.config
    factor, group, code = (counted.index.get_level_values(level) for level in range(3))
    # As in the counts of areas, restricted events in sensitive places are not shown.
    closed = {(f, g) for f, g, _ in restricted_columns(result.group_counts, config)}
    # By factor and group: a factor may mix an open and a restricted group of events.
    is_closed = [pair in closed for pair in zip(factor, group, strict=True)]
    apart = np.array(is_closed, dtype=bool) & code.isin(list(result.places.codes))
    return inside_places(
        counted[factor.isin(list(names)) & ~apart],
        plan.places.place_of,
        [one for one in config.factors if one.name in names],
        units={one.name: config.unit_of(one.name) for one in config.factors},
    )


KIND_COLUMNS = ["factors_own", "factors_neighbourhood", "factors_both", "factors_next_door"]


def table_of_all_areas(result: Result, groups: tuple[str, ...]) -> pd.DataFrame:
    """Every area with its groups, bases, index and reasons, in the order of the areas."""
    bases = [c for c in ("residents", "residents_10_24") if c in result.areas]
    named = pd.DataFrame(result.areas[["name", *groups]])
    table = named.join(result.index)
    # Estimates by area come with decimals, which would claim that part of a person was counted.
    people = result.areas[bases].round().astype("Int64")
    names = [f.name for f in result.config.factors]
    table = with_kinds(table, result, names, lone=result.through_one_area)
    # Place names last: the column goes beside the rank, which must be in the table by then.
    table = with_places(table.join(pd.DataFrame(people)), result.team_plan)
    order = [
        "rank",
        "place",
        "name",
        *groups,
        "score",
        "companion",
        "factors_hot",
        *KIND_COLUMNS,
        "through_one_area",
        "selected",
        "tied_at_cut",
        "p_selected",
        "p_top",
        "tier",
        "rank_low",
        "rank_high",
        "reasons",
        *bases,
        "override",
        "override_reason",
    ]
    return table[[c for c in order if c in table]]


def with_kinds(
    table: pd.DataFrame, result: Result, names: Sequence[str], *, lone: "pd.Series[str]"
) -> pd.DataFrame:
    """A table of areas with how their hot factors are hot: by themselves, or through neighbours.

    Parameters
    ----------
    table
        Index area_code.
    result
        Of the run.
    names
        Factors whose flags the profile may see.
    lone
        Of `through_one_area`, for these factors.
    """
    kinds = _hot_kinds(result, names)
    return table.join(kinds).assign(through_one_area=lone.reindex(table.index).fillna(""))


def _hot_kinds(result: Result, names: Sequence[str]) -> pd.DataFrame:
    """Which of the hot factors are so by the area, its neighbours or both, when they last were."""
    scored = {f.name: f.label for f in result.config.factors if f.scored and f.name in set(names)}
    # Areas next door to a hotspot are not hot, but a reader of the map asks why they are marked.
    named = result.scores["is_hot"].astype(bool) | (result.scores["kind"] == "next door")
    hot = result.scores.loc[named, ["kind"]].reset_index()
    hot = hot[hot["factor"].isin(list(scored))]
    hot = hot.assign(label=hot["factor"].map(scored))
    # Text and not lists, as spreadsheets and GIS columns hold text alone.
    table = pd.DataFrame("", index=result.areas.index, columns=KIND_COLUMNS)
    for column in KIND_COLUMNS:
        of_kind = hot[hot["kind"] == column.removeprefix("factors_").replace("_", " ")]
        labels = of_kind.groupby("area_code", sort=True)["label"].agg("; ".join)
        table.loc[labels.index, column] = labels
    return table


def table_of_list(every: pd.DataFrame) -> pd.DataFrame:
    """The selected areas of the table of all, by rank."""
    chosen = every[every["selected"].astype(bool)].drop(columns=["selected", "tied_at_cut"])
    return (
        # The code is the last key: ties must fall alike on every platform and in every version of
        # pandas.
        chosen.assign(_code=chosen.index)
        .sort_values(
            ["rank", "companion", "factors_hot", "_code"], ascending=[True, False, False, True]
        )
        .drop(columns="_code")
    )


def new_hotspots(result: Result, groups: tuple[str, ...]) -> pd.DataFrame:
    """Areas hot in the last period and in none of the earlier ones, with names and groups."""
    new = result.persistence[result.persistence["is_new"].astype(bool)].reset_index()
    named = pd.DataFrame(result.areas[["name", *groups]])
    # A left join keeps the order of the factors and of the area codes in it.
    return new[["factor", "area_code"]].join(named, on="area_code").reset_index(drop=True)


def factor_table(result: Result) -> pd.DataFrame:
    """What each factor is and how many areas it found hot, index factor."""
    rows = [_factor_row(factor, result) for factor in result.config.factors]
    return pd.DataFrame(rows).set_index("factor")


def _factor_row(factor: Factor, result: Result) -> dict[str, Any]:
    tests = rows(result.tests, factor=factor.name)
    # The last period is the one that is scored and mapped.
    last = tests.iloc[-1]
    return {
        "factor": factor.name,
        "label": factor.label,
        "method": factor.method,
        "score": factor.score if factor.scored else "",
        "estimate": estimate_words(factor) if factor.scored else "",
        "scale": scale_of_factor(factor) if factor.scored else "",
        "measured_as": factor.measured_as,
        "exposure": factor.exposure or "",
        "weight": weights_taken(result).get(factor.name, 0.0),
        "scored": factor.scored,
        "recorded": factor.recorded,
        "periods": ", ".join(factor.periods),
        "counted": what_is_counted(factor, result.config.sources),
        "unit": result.config.unit_of(factor.name),
        "definition": definition_of(factor),
        "weighted": factor.is_weighted,
        # A factor read from a table has no groups of events; its source is its own.
        "sources": ", ".join(sorted({g.source for g in factor.groups} or {factor.source or ""})),
        "threshold": factor.threshold,
        "level": factor.level,
        "null": last["null"],
        "total_last": last["total"],
        "hot_last": last["hot"],
        "hot_without_dispersion_last": last["hot_without_dispersion"],
        "hot_by_period": ", ".join(str(int(hot)) for hot in tests["hot"]),
    }


def estimate_words(factor: Factor) -> str:
    """How the risk of a factor is estimated, in words; empty for a mean of independent risks."""
    turned = "turned round, as less of it means more risk" if factor.direction == -1 else ""
    if factor.score != "risk":
        return turned
    wording = {
        "mean": "",
        "exceedance": f"the probability that it is above {factor.above:g} times what was expected",
        "rank": "its mean rank among the other areas",
    }
    # A spatial prior smooths an isolated peak towards its neighbours, so that a reader must know of
    # it.
    near = "areas taken to be like their neighbours" if factor.prior == "spatial" else ""
    return "; ".join(filter(None, [wording[factor.estimate], near, turned]))


def weights_taken(result: Result) -> dict[str, float]:
    """Weight of every scored factor as the index took it, as files have it."""
    # Weights found from data have 16 digits, of which the last differ between platforms.
    return {str(name): round(float(w), 6) for name, w in result.weights_taken.items()}
