"""Release: the only way out. What partners and the public may see, column by column."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from riskindex.analysis import without_places
from riskindex.cut import without_score
from riskindex.diagnostics import shares_told
from riskindex.disclosure import (
    NOT_RECORDED,
    WITHHELD,
    Rules,
    decile,
    periods_band,
    persistence_score_band,
    quarter_band,
    rank_band,
    shown_people,
)
from riskindex.errors import DisclosureError
from riskindex.factors import Factor
from riskindex.groups import group_kinds
from riskindex.hotspots import long_index
from riskindex.index import build_index, contributions, given_weights
from riskindex.memory import bounded
from riskindex.reasons import not_assessed
from riskindex.released import (
    LIMITS,
    Released,
    Result,
    new_hotspots,
    period_label,
    weights_taken,
    whole,
)
from riskindex.released_counts import (
    ReleasedCounts,
    is_sensitive,
    periods_shown,
    released_counts,
    released_districts,
    released_rhythm,
)
from riskindex.scores import CONFIDENCE_SCORES, rows
from riskindex.single_areas import (
    band_of_level,
    flags_withheld,
    measures_counts,
    refuse_telling_tests,
    shown_confidence,
    tests_one_area,
)


def release(result: Result, profile: str | None = None) -> Released:
    """Reduce a result to what one profile may see.

    Parameters
    ----------
    result
        What a run found out.
    profile
        internal, partner or public; the config's own where it is left out.

    Raises
    ------
    DisclosureError
        No profile was named, or there are no rules for the one that was.
    DataError
        It takes more memory than the config allows.
    """
    reduce = PROFILES[check_profile(profile or result.config.profile)]
    with bounded(result.config.memory):
        return reduce(result)


def check_profile(profile: str | None) -> str:
    """The profile, once it is known to be named and to have rules; see `release`."""
    if profile is None:
        raise DisclosureError(
            "No release profile is named. Give --profile internal, or set profile in the config."
        )
    if profile not in PROFILES:
        raise DisclosureError(f"No profile {profile!r}; there are {', '.join(PROFILES)}.")
    return profile


def only_internal(profile: str | None, what: str) -> str:
    """The profile, once it is known to be the internal one."""
    if check_profile(profile) != "internal":
        raise DisclosureError(
            f"{what} is made for the profile internal alone: it shows counts as they are."
        )
    return "internal"


def _reduced(result: Result, profile: str) -> Released:
    """A release by allow-list: a column that is not named here is in no file."""
    config, groups = result.config, group_kinds(result.areas)
    rules, result = config.release.rules(profile), without_places(result)
    refuse_telling_tests(result, rules)
    counts = released_counts(result, profile, rules)
    scores = _scores(result, profile, counts)
    every = _all_areas(result, profile, scores, rules)
    lasting = _persistence(result, profile, counts)
    return Released(
        profile=profile,
        title=config.title,
        place=config.place,
        about=config.about,
        period_label=period_label(config.factors),
        attribution=result.attribution,
        limits=LIMITS,
        cut=without_score(result.cut),
        flags_tie=result.flags_tie,
        how_sure=result.how_sure,
        group_kinds=groups,
        areas=result.areas[["name", *groups, "geometry"]],
        neighbours=result.neighbours,
        top=every[every["selected"]].drop(columns="selected"),
        all_areas=every,
        factors=_factors(result, profile, counts),
        scores=scores,
        hotspots=_hotspots(result, profile, counts),
        tests=_tests(result, profile, counts),
        persistence=lasting,
        new_hotspots=new_hotspots(replace(result, persistence=lasting), groups),
        reconciliation=result.reconciliation.iloc[:0],
        uncounted=result.uncounted.iloc[:0],
        correlations=result.correlations.iloc[:0],
        notes=tuple(rules.sentences),
        files=pd.DataFrame(columns=["role", "name"]),
        clusters_found=result.clusters_found.iloc[:0],
        district_counts=released_districts(counts, result, rules),
        rhythm=released_rhythm(result, rules),
        config=_config(result),
        rules=rules,
        sensitivity=result.sensitivity.in_short(),
        composition=_composition(result),
        double_counting=result.double_counting.drop(columns="rho", errors="ignore"),
    )


PROFILES: Mapping[str, Callable[[Result], Released]] = MappingProxyType({
    "internal": whole,
    "partner": partial(_reduced, profile="partner"),
    "public": partial(_reduced, profile="public"),
})  # fmt: skip
"""Who a release is for, and what makes it."""


def _hotspots(result: Result, profile: str, counts: ReleasedCounts) -> pd.DataFrame:
    asked = [(f, period) for f in result.config.factors for period in periods_shown(f, profile)]
    parts = [_hotspot_rows(result, f, period, profile, counts) for f, period in asked]
    index = long_index([(f.name, period) for f, period in asked], result.areas.index)
    return pd.concat(parts).set_axis(index)


def _hotspot_rows(
    result: Result, factor: Factor, period: str, profile: str, counts: ReleasedCounts
) -> pd.DataFrame:
    found = rows(result.hotspots, factor=factor.name, period=period)
    sensitive, one = is_sensitive(factor, result), tests_one_area(factor, result)
    observed = counts.shown[factor.name, period].cells
    table = pd.DataFrame(
        {
            "observed": observed,
            "confidence": shown_confidence(found, one, factor.level),
            "is_hot": found["is_hot"].astype(bool),
            "reason": _told(found["reason"]),
        },
        index=found.index,
    )
    hidden = flags_withheld(result, factor, counts, period)
    if hidden.any():
        table.loc[hidden, "confidence"] = pd.NA
        table.loc[hidden, "is_hot"] = False
        table.loc[hidden, "reason"] = "withheld"
    if profile == "partner":
        hidden = pd.Series(observed == WITHHELD, index=found.index) | sensitive
        table["kind"] = found["kind"].astype(object).where(~hidden, "")
    return table


_TELLING = ("all zero", "constant")
"""Reasons that say what was counted."""


def _told(reason: "pd.Series[Any]") -> "pd.Series[Any]":
    return reason.fillna("").astype(object).mask(reason.isin(_TELLING), "not assessed")


def _tests(result: Result, profile: str, counts: ReleasedCounts) -> pd.DataFrame:
    columns = ["method", "null", "correction", "assessed", "not_assessed", "hot"]
    asked = [
        (f.name, period) for f in result.config.factors for period in periods_shown(f, profile)
    ]
    full = result.tests.loc[asked]
    table = full[columns].copy()
    nothing = table["null"] == "nothing was observed"
    table["null"] = table["null"].mask(nothing, "not assessed")
    if profile == "partner":
        table["total"] = [counts.shown[key].whole for key in asked]
    return table


def _persistence(result: Result, profile: str, counts: ReleasedCounts) -> pd.DataFrame:
    full = result.persistence
    table = pd.DataFrame(
        {"periods_band": periods_band(full["periods_hot"], full["periods_assessed"])},
        index=full.index,
    )
    if profile == "partner":
        more = ("periods_hot", "periods_assessed", "category")
        table = table.join(full[[column for column in more if column in full]])
    table["is_new"] = full["is_new"].astype(bool)
    for factor in result.config.factors:
        each = [flags_withheld(result, factor, counts, str(period)) for period in factor.periods]
        if len(each) > 1 and (hidden := np.any(each, axis=0)).any():
            codes = [(factor.name, code) for code in result.areas.index[hidden]]
            table.loc[codes, "periods_band"] = WITHHELD
            table.loc[codes, "is_new"] = False
            table.loc[codes, table.columns.intersection(["periods_hot", "category"])] = pd.NA
    return table


def _scores(result: Result, profile: str, counts: ReleasedCounts) -> pd.DataFrame:
    scored = [factor for factor in result.config.factors if factor.scored]
    parts = {factor.name: _score_rows(result, factor, profile, counts) for factor in scored}
    table = pd.concat(parts, names=["factor"])
    weights, options = given_weights(result.scores, result.config.index)
    table["weight"] = table.index.get_level_values("factor").map(weights).astype(float)
    return table.assign(contribution=contributions(table, options))


def _score_rows(
    result: Result, factor: Factor, profile: str, counts: ReleasedCounts
) -> pd.DataFrame:
    full = rows(result.scores, factor=factor.name)
    score = full["score"].to_numpy(dtype=float)
    is_hot = full["is_hot"].to_numpy(dtype=bool)
    banded = _BANDED[factor.score](score, profile)
    one = tests_one_area(factor, result).reindex(full.index).to_numpy(dtype=bool)
    if factor.score in _COLLAPSED:
        flag = _COLLAPSED[factor.score](factor) * is_hot
        told_as_flag = one | measures_counts(factor)
        banded = np.where(told_as_flag & ~np.isnan(score), flag, banded)
    hidden = flags_withheld(result, factor, counts)
    if factor.score == "persistence":
        periods = [flags_withheld(result, factor, counts, str(period)) for period in factor.periods]
        hidden = np.any([hidden, *periods], axis=0)
    banded, is_hot = np.where(hidden & ~np.isnan(score), 0.0, banded), is_hot & ~hidden
    columns = {
        "score": banded,
        "intensity": banded,
        "weight": full["weight"],
        "group": full["group"],
        "is_hot": is_hot,
    }
    return pd.DataFrame(columns, index=full.index)


_BANDED: Mapping[str, Callable[[Any, str], Any]] = MappingProxyType({
    "flag": lambda score, _: score,
    "confidence": lambda score, _: score,
    "threshold": lambda score, _: score,
    "persistence": lambda score, profile: (
        score if profile == "partner" else persistence_score_band(score)
    ),
    "value": lambda score, _: quarter_band(score),
    "intensity": lambda score, _: quarter_band(score),
})  # fmt: skip
"""Kind of score to the bands that it is shown in."""

_COLLAPSED: Mapping[str, Callable[[Factor], float]] = MappingProxyType({
    "confidence": lambda factor: CONFIDENCE_SCORES[band_of_level(factor.level)],
    "value": lambda _: 100.0,
    "intensity": lambda _: 100.0,
})  # fmt: skip
"""Kind of score to what it is where only hot or not hot is told."""


def _all_areas(result: Result, profile: str, scores: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    areas, index, groups = result.areas, result.index, group_kinds(result.areas)
    table = pd.DataFrame(areas[["name", *groups]]).sort_index()
    rank = _rank_told(result, scores).reindex(table.index)
    table["decile"] = decile(rank)
    table["rank_band"] = rank_band(rank, result.cut.target)
    table["factors_hot"] = scores["is_hot"].groupby("area_code").sum().astype("Int64")
    table["selected"] = index["selected"].astype(bool)
    if profile == "partner" and "p_selected" in index:
        table["p_selected"] = index["p_selected"].astype(float).round(1)
    if "tier" in index:
        table["tier"] = index["tier"]
    table["reasons"] = _reasons(result, scores).reindex(table.index, fill_value="")
    if "residents" in areas:
        people = pd.Series(shown_people(areas["residents"], rules), index=areas.index)
        if not people.isin([WITHHELD, NOT_RECORDED]).all():
            table["residents"] = people
    return table


def _rank_told(result: Result, scores: pd.DataFrame) -> "pd.Series[Any]":
    """The rank, or that of the scores as shown where its order would be one of counts."""
    if not any(measures_counts(f) for f in result.config.factors if f.scored):
        return result.index["rank"]
    _, options = given_weights(result.scores, result.config.index)
    return build_index(scores, options)["rank"]


def _reasons(result: Result, scores: pd.DataFrame) -> "pd.Series[str]":
    """Why an area scores, from its bands alone; the largest contribution first."""
    named = {factor.name: factor for factor in result.config.factors}
    scoring = scores[(scores["score"] > 0).to_numpy()]
    order = np.argsort(-scoring["contribution"].to_numpy(dtype=float), kind="stable")
    scoring = scoring.iloc[order].reset_index()
    said = [
        _sentence(named[factor], score, is_hot)
        for factor, score, is_hot in zip(
            scoring["factor"], scoring["score"], scoring["is_hot"], strict=True
        )
    ]
    why = pd.Series(said, dtype=object).groupby(scoring["area_code"]).agg(" ".join)
    lacking = not_assessed(scores, result.config.factors)
    both = why.index.union(lacking.index)
    said_of = [table.reindex(both, fill_value="") for table in (why, lacking)]
    return (said_of[0] + " " + said_of[1]).str.strip()


def _sentence(factor: Factor, score: float, is_hot: bool) -> str:
    sure = {round(s, 6): c for c, s in CONFIDENCE_SCORES.items()}.get(round(score, 6))
    often = {33.333333: "in some periods", 66.666667: "in most periods", 100.0: "in every period"}
    details = {
        "confidence": f"{sure}% sure",
        "persistence": often.get(round(score, 6), "in some periods"),
        "value": f"score about {score:.0f} of 100",
        "intensity": f"score about {score:.0f} of 100",
    }
    start = "Hot" if is_hot else "High" if factor.score != "confidence" else "Possibly hot"
    detail = f" ({details[factor.score]})" if factor.score in details else ""
    return f"{start}: {factor.label}{detail}."


def _factors(result: Result, profile: str, counts: ReleasedCounts) -> pd.DataFrame:
    tests = _tests(result, profile, counts)
    table = [_factor_row(factor, result, profile, tests) for factor in result.config.factors]
    return pd.DataFrame(table).set_index("factor")


def _factor_row(
    factor: Factor, result: Result, profile: str, tests: pd.DataFrame
) -> dict[str, Any]:
    tests = rows(tests, factor=factor.name)
    row = {
        "factor": factor.name,
        "label": factor.label,
        "method": factor.method,
        "score": factor.score if factor.scored else "",
        "weight": weights_taken(result).get(factor.name, 0.0),
        "scored": factor.scored,
        "recorded": factor.recorded,
        "sensitive": is_sensitive(factor, result),
        "periods": ", ".join(factor.periods),
        "threshold": factor.threshold,
        "level": factor.level,
        "null": tests["null"].iloc[-1],
        "hot_last": tests["hot"].iloc[-1],
    }
    if profile == "partner":
        row["hot_by_period"] = ", ".join(str(int(hot)) for hot in tests["hot"])
    return row


def _composition(result: Result) -> pd.DataFrame:
    """Who lives in the selected areas, in whole percent; nothing from a sensitive table."""
    config, table = result.config, result.composition
    shares = shares_told(config.shares, config.factors)
    named = [shares[str(name)].numerator.partition(".")[0] for name in table.index]
    shown = [not getattr(config.sources.get(name), "sensitive", False) for name in named]
    return table[shown].round(2)


def _config(result: Result) -> dict[str, Any]:
    """What was asked, as far as it is about the method: no paths, columns, values or reasons."""
    full = result.config.model_dump(mode="json", exclude_none=True)
    told = ("name", "label", "method", "threshold", "score", "weight", "scored")
    factors = [{key: f[key] for key in told if key in f} for f in full["factors"]]
    taken = weights_taken(result)
    factors = [factor | {"weight": taken.get(factor["name"], 0.0)} for factor in factors]
    index = asdict(given_weights(result.scores, result.config.index)[1])
    selection = {key: value for key, value in full["selection"].items() if key != "overrides"}
    return {
        "title": full["title"],
        "place": full["place"],
        "about": full["about"],
        "factors": factors,
        "index": index,
        "selection": selection,
        "neighbours": full["neighbours"],
    }
