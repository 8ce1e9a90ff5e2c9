"""Scores of 0 to 100 per factor, weighted into one index, with each factor's contribution.

`score_factors` gives each area a score per factor, `build_index` combines the scores: by default
their mean with weights that add up to 1, so that a factor contributes its weight times its score.
Where factors have groups, the mean is taken inside each group and then over the groups
(`Ingredients.combine`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import Array, Integers, Positions
from riskindex.errors import ConfigError, DataError, refuse_other_than
from riskindex.factors import Factor
from riskindex.index.aggregation import AGGREGATE, Combined, quantise
from riskindex.index.scores import score_factor
from riskindex.index.weights import WEIGHTS, WeightInputs

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, kw_only=True)
class Index:
    """How the factors' scores become one number."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    aggregation: Literal["arithmetic", "geometric", "harmonic", "general", "copeland"] = (
        "arithmetic"
    )
    """Weighted mean of the scores, or Copeland's count of duels won between areas."""
    within_groups: Literal["arithmetic", "geometric", "harmonic", "general"] | None = None
    """How the factors of one group are combined; left out, as the groups are. The geometric mean of
    groups whose factors have an arithmetic one orders areas as the product of means does."""
    power: float = 0.5
    """Exponent of the general mean: 1 is arithmetic, near 0 geometric, -1 harmonic."""
    weights: Literal["normalised", "as-given", "equal", "pca", "elicited"] = "normalised"
    """The factors' weights divided by their sum, used as they are, all the same, the first
    principal component's, or the mean of the points that people gave."""
    points: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """For elicited weights: person to factor to points, such as 100 shared out by each."""
    groups: Mapping[str, float] = field(default_factory=dict)
    """Weight of each group of factors; a group that is not named has the weight 1, or with elicited
    weights the points that its factors got."""
    missing: Literal["not-assessed", "rest"] = "not-assessed"
    """An area that lacks a factor: no index, or an index of the factors that it has."""
    digits: int = 10
    """Significant digits of the index that are kept: what differs by less is a tie. 16 keeps every
    digit of a published index, and a sum in another order may then break a tie."""
    minimum_factors: int = 1
    """With missing = "rest": an area with fewer factors than this has no index."""


def score_factors(
    hotspots: pd.DataFrame,
    persistence: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    options: Index = Index(),
    neighbours: "csr_array[Any] | None" = None,
) -> pd.DataFrame:
    """Score of every area for every scored factor.

    Parameters
    ----------
    hotspots
        One row per factor, period and area, as `find_hotspots` returns it.
    persistence
        One row per factor and area, as `classify_persistence` returns it.
    factors
        The factors; those that are only mapped and tested are left out.
    options
        How the scores will become an index; it decides the contributions.
    neighbours
        Shape (n, n), in the order of the areas; risks with a spatial prior need them.

    Returns
    -------
    DataFrame
        Index (factor, area_code); columns `value` (what was measured: z, shrunken ratio or share),
        `score` (0-100), `intensity` (0-100, the percentile of the area's own risk, or of the value
        where none is expected of it), `weight` (as given), `group`, `is_hot`, `kind`, `reason` (why
        not assessed) and `contribution` (points of the index score; they add up to it). Missing
        values are `not assessed`.

    Raises
    ------
    DataError
        A normalisation is undefined on a factor's values, or no area could be assessed for it.
    """
    scored = [factor for factor in factors if factor.scored]
    if not scored:
        raise DataError("No factor is scored, so there is no index.")
    tables = {
        factor.name: score_factor(hotspots, persistence, factor, neighbours=neighbours)
        for factor in scored
    }
    scores = pd.concat(tables, names=["factor"])
    return scores.assign(contribution=contributions(scores, options=options))


def build_index(scores: pd.DataFrame, *, options: Index = Index()) -> pd.DataFrame:
    """The index of every area: its score, its rank and what breaks a tie.

    Parameters
    ----------
    scores
        Index (factor, area_code), every factor with the same areas; column `score`. Columns
        `weight` (1 where absent), `group`, `intensity`, `is_hot` and `reason` are used where they
        are there.
    options
        Aggregation, weights and the rule for missing scores.

    Returns
    -------
    DataFrame
        Index area_code; columns `score` and `companion` (the same weights over intensities),
        quantised (`score` to `digits` significant digits) so that ties are ties everywhere; `rank`
        (1 = highest risk, ties share the best rank); `factors_hot`, missing as the score and rank
        are where there is no index; `reason` why there is none.

    Raises
    ------
    DataError
        A weight is negative, the weights add up to nothing, no area has an index, scores are no
        numbers, or the table has another index.
    """
    refuse_other_than(pd.DataFrame, scores, place="scores", words="the table of score_factors")
    refuse_other_than(Index, options, place="options", words="Index(...)")
    frame = Ingredients.of(scores, options)
    # Sums in another order differ in the last digit, by machine and by library. Rounded, what is
    # equal is equal on every machine.
    score = quantise(frame.combine(frame.scores).score, digits=options.digits)
    if np.isnan(score).all():
        raise DataError(_nothing_assessed(scores))
    table = pd.DataFrame({"score": score}, index=frame.areas)
    # Competition ranks, "1224": no area looks better placed than one that it is tied with.
    table["rank"] = table["score"].rank(ascending=False, method="min").astype("Int64")
    table["companion"] = quantise(_companion(scores, frame))
    # Of an area without an index 0 would say that it was looked at and found cold.
    hot = pd.Series(_factors_hot(scores, frame.areas), index=frame.areas, dtype="Int64")
    table["factors_hot"] = hot.mask(table["score"].isna())
    table["reason"] = _reasons_not_assessed(scores, table["score"])
    return table


def contributions(scores: pd.DataFrame, *, options: Index = Index()) -> pd.Series:
    """Points that each factor adds to each area's index score.

    Parameters
    ----------
    scores
        As for `build_index`.
    options
        As for `build_index`.

    Returns
    -------
    Series
        Index (factor, area_code). The contributions of an area add up to its score. For means
        other than the arithmetic one they are Euler's: the slope of the
        index in a score, times the score. Copeland's has none: missing.
    """
    frame = Ingredients.of(scores, options)
    combined = frame.combine(frame.scores)
    # A factor that is missing adds no points; an area without an index has no contributions at all.
    scores_known = np.where(np.isnan(frame.scores), 0.0, frame.scores)
    points = np.where(np.isnan(combined.score)[:, None], np.nan, combined.slope * scores_known)
    return pd.Series(points.T.ravel(), index=scores.index, name="contribution")


def factor_weights(scores: pd.DataFrame, *, options: Index = Index()) -> pd.Series:
    """Weight of each factor in the index, over both levels, where an area lacks none.

    Parameters
    ----------
    scores
        As for `build_index`.
    options
        As for `build_index`.

    Returns
    -------
    Series
        Index factor, in the factors' order; adds up to 1 unless the weights are as given.
    """
    frame = Ingredients.of(scores, options)
    # For an area with all factors the slope of the arithmetic mean is the weight over both levels.
    complete = np.ones((1, len(frame.factors)))
    weights = frame.arithmetic().combine(complete).slope[0]
    return pd.Series(weights, index=frame.factors, name="weight")


def given_weights(scores: pd.DataFrame, *, options: Index = Index()) -> tuple[pd.Series, Index]:
    """The weights that an index took, and the options with which they are simply given.

    With them an index is computed again from fewer figures, or with one weight changed, without
    finding weights anew; and the points that people gave need not be told.

    Parameters
    ----------
    scores
        As for `build_index`.
    options
        As for `build_index`.

    Returns
    -------
    Series, Index
        Index factor, in the factors' order. Weights normalised or as given stay as they are.
    """
    frame = Ingredients.of(scores, options)
    # PCA and elicited weights are found from scores and people: found anew on fewer figures they
    # would be others, and the page would not repeat the list that it shows.
    weights = pd.Series(frame.weighting.factors, index=frame.factors, name="weight")
    if options.weights in ("normalised", "as-given"):
        return weights, options
    parts = zip(frame.parts, frame.weighting.parts.tolist(), strict=True)
    groups = {part.name: weight for part, weight in parts if part.is_group}
    return weights, replace(options, weights="normalised", points={}, groups=groups)


class Weighting(NamedTuple):
    """Weights at both levels; one row for all areas, or a row each."""

    factors: Array
    """Shape `(factors,)` or `(n, factors)`: inside the groups."""
    parts: Array
    """Shape `(parts,)` or `(n, parts)`: of the groups, and of factors that stand by themselves."""


class Part(NamedTuple):
    """A group of factors, or a factor that stands by itself."""

    members: list[int]
    is_group: bool
    name: str


@dataclass(frozen=True)
class Ingredients:
    """The scores as one array, with the weights and groups that combine them."""

    areas: pd.Index
    factors: pd.Index
    scores: Array
    parts: tuple[Part, ...]
    weighting: Weighting
    options: Index

    @classmethod
    def of(cls, scores: pd.DataFrame, options: Index) -> "Ingredients":
        """Take the long table apart; every factor must have the same areas in the same order."""
        wide = _wide(scores, "score")
        # Weight and group are the factor's, the same in all of its rows.
        of_factor = [column for column in ("weight", "group") if column in scores]
        first = scores[of_factor].groupby(level="factor", sort=False).first()
        weights = first["weight"] if "weight" in first else pd.Series(1.0, index=first.index)
        groups = first["group"].fillna("") if "group" in first else pd.Series("", index=first.index)
        _check_weights(weights)
        if faults := list(index_faults(options, set(groups))):
            raise ConfigError(faults)
        given = WeightInputs(
            factors=tuple(wide.columns),
            weights=weights.to_numpy(float),
            groups=tuple(groups),
            scores=wide.to_numpy(float),
            points=options.points,
        )
        parts = tuple(_parts(given))
        weighting = _weighting(given, parts, options)
        return cls(wide.index, wide.columns, given.scores, parts, weighting, options)

    def arithmetic(self) -> "Ingredients":
        """The same with arithmetic means."""
        means = replace(self.options, aggregation="arithmetic", within_groups=None)
        return replace(self, options=means)

    def combine(self, scores: Array, *, weighting: Weighting | None = None) -> Combined:
        """Combine scores of shape `(n, factors)` inside each group, then the groups."""
        within, among = weighting or self.weighting
        scores = self._with_enough(scores)
        word = self.options.aggregation
        word_inside = self.options.within_groups or word
        inner = [
            self._mean(scores[:, part.members], within[..., part.members], word_inside)
            if part.is_group
            else Combined(scores[:, part.members[0]], np.ones((len(scores), 1)))
            for part in self.parts
        ]
        outer = self._mean(np.column_stack([part.score for part in inner]), among, word)
        slope = np.zeros_like(scores)
        for position, (part, combined) in enumerate(zip(self.parts, inner, strict=True)):
            # Chain rule: how the index answers to a group, times how the group answers to one of
            # its factors.
            slope[:, part.members] = outer.slope[:, [position]] * combined.slope
        return Combined(outer.score, slope)

    def _with_enough(self, scores: Array) -> Array:
        """The scores without those of areas that lack too many factors."""
        if self.options.minimum_factors <= 1:
            return scores
        # A factor of weight 0 is shown and decides nothing; it does not help an area to its minimum
        # either.
        assessed_factors = (~np.isnan(scores) & (self.weighting.factors > 0)).sum(axis=1)
        return np.where((assessed_factors >= self.options.minimum_factors)[:, None], scores, np.nan)

    def _mean(self, scores: Array, weights: Array, word: str) -> Combined:
        assessed, counts = ~np.isnan(scores), np.broadcast_to(weights > 0, scores.shape)
        available = assessed & counts
        rest = self.options.missing == "rest"
        enough = available.any(axis=1) if rest else (assessed | ~counts).all(axis=1)
        # By area: the factors that it has share out the weight of those that it lacks.
        per_area = np.where(available, weights, 0.0)
        # As given means the published sum stays: with weights of .999 the highest index is 99.9.
        as_given = self.options.weights == "as-given"
        target = weights.sum(axis=-1, keepdims=True) if as_given else np.ones(1)
        total = per_area.sum(axis=1, keepdims=True)
        per_area *= np.divide(target, total, out=np.zeros_like(total), where=total > 0)
        # A score without weight must not spoil a mean, whatever its power: 1 never does.
        # Missing stays missing in the result; only the arithmetic needs a number.
        filled = np.where(available, scores, 1.0)
        mean, slope = np.full(len(scores), np.nan), np.zeros_like(scores)
        mean[enough], slope[enough] = AGGREGATE[word](
            filled[enough], per_area[enough], self.options.power
        )
        return Combined(mean, slope)


def _parts(given: WeightInputs) -> Iterator[Part]:
    for name in dict.fromkeys(given.groups):
        members = [k for k, group in enumerate(given.groups) if group == name]
        if name:
            yield Part(members, True, name)
        else:
            yield from (Part([k], False, given.factors[k]) for k in members)


def _weighting(given: WeightInputs, parts: Sequence[Part], options: Index) -> Weighting:
    factors = WEIGHTS[options.weights](given)
    # A factor that stands by itself takes its own weight to the top level; a group takes the one it
    # is given there.
    among = np.array([float(factors[part.members].sum()) for part in parts])
    for position, part in enumerate(parts):
        if part.is_group and among[position] > 0:
            among[position] = _group_weight(part.name, among[position], options)
    return Weighting(factors, among)


def _group_weight(name: str, inside: float, options: Index) -> float:
    # Equal means equal parts: a group of three factors counts once.
    if options.weights == "equal":
        return 1.0
    return float(options.groups.get(name, inside if options.weights == "elicited" else 1.0))


def _companion(scores: pd.DataFrame, frame: Ingredients) -> Array:
    if "intensity" not in scores:
        return np.full(len(frame.areas), np.nan)
    # Always arithmetic: any percentile of 0 would make a geometric mean 0, and leave ties.
    return frame.arithmetic().combine(_wide(scores, "intensity").to_numpy(float)).score


def _wide(scores: pd.DataFrame, column: str) -> pd.DataFrame:
    if not {"factor", "area_code"} <= set(scores.index.names):
        have = ", ".join(str(name) for name in scores.index.names)
        raise DataError(
            "Scores are told by factor and area: give them an index (factor, area_code), "
            f"not ({have})."
        )
    of_factor, of_area = (
        np.asarray(scores.index.codes[scores.index.names.index(name)])
        for name in ("factor", "area_code")
    )
    factors = pd.unique(of_factor)
    areas = of_area[: len(of_area) // len(factors)]
    each, every = np.repeat(factors, len(areas)), np.tile(areas, len(factors))
    # Aligned by position for speed, so that the order is checked and not assumed.
    if not (np.array_equal(of_factor, each) and np.array_equal(of_area, every)):
        raise DataError("Every factor must be scored for the same areas, in the same order.")
    named = scores.index.levels[scores.index.names.index("factor")].take(factors)
    codes = scores.index.levels[scores.index.names.index("area_code")].take(areas)
    try:
        numbers = scores[column].to_numpy(float)
    except (TypeError, ValueError) as error:
        raise DataError(f"The column {column} must hold numbers ({error}).") from None
    values = numbers.reshape(len(factors), len(areas)).T
    return pd.DataFrame(values, index=codes.rename("area_code"), columns=named)


def _check_weights(weights: pd.Series) -> None:
    negative = weights[weights < 0]
    if len(negative):
        raise DataError(f"The weight of {negative.index[0]} is {negative.iloc[0]:g}, below zero.")
    if np.isinf(weights).any():
        raise DataError(f"The weight of {weights.idxmax()} is infinite; give a number.")
    if weights.isna().any() or not weights.sum() > 0:
        raise DataError("The weights of the factors add up to zero, so there is no index.")


def index_faults(options: Index, groups: set[str]) -> Iterator[str]:
    """Say what is wrong with the options, given the groups that factors are in."""
    for name in sorted(set(options.groups) - groups):
        yield (
            f"index.groups: no factor is in the group {name!r}. Correct the name, or set group "
            "under a factor."
        )
    for name, weight in options.groups.items():
        if not 0 <= weight < math.inf:
            yield f"index.groups: the weight of {name!r} is {weight:g}; give a number of 0 or more."
    if not math.isfinite(options.power):
        yield f"index.power: {options.power:g} must be a finite number."
    if not 1 <= options.digits <= 16:
        yield f"index.digits: {options.digits} must be 1 to 16."
    words = {options.aggregation, options.within_groups or options.aggregation}
    # Power means need weights that add up to 1, which weights as given need not.
    if options.weights == "as-given" and words != {"arithmetic"}:
        yield 'index: weights = "as-given" goes with aggregation = "arithmetic" only.'


def _factors_hot(scores: pd.DataFrame, areas: pd.Index) -> Integers:
    if "is_hot" not in scores:
        return np.zeros(len(areas), dtype=np.int64)
    return np.asarray(_wide(scores, "is_hot").sum(axis=1), dtype=np.int64)


def _reasons_not_assessed(scores: pd.DataFrame, score: pd.Series) -> pd.Series:
    """What each area without an index lacks, in words; "" for the others."""
    lacks = score.isna().to_numpy()
    sentence_of_area = np.full(len(score), "", dtype=object)
    if not lacks.any():
        return pd.Series(sentence_of_area, index=score.index, dtype="str")
    reasons = scores["reason"] if "reason" in scores else pd.Series("", index=scores.index)
    of_row, texts = pd.factorize(reasons)
    missing = _wide(scores, "score").isna()
    why = np.where(missing, of_row.reshape(missing.shape[::-1]).T, -1)
    # Whole forces lack the same for the same reason: few sentences for many areas.
    # Reasons are put into words once for each pattern.
    kinds, of_area = np.unique(why[lacks], axis=0, return_inverse=True)
    sentences = np.array([_lacking(kind, missing.columns, texts) for kind in kinds], dtype=object)
    sentence_of_area[lacks] = sentences[of_area.ravel()]
    return pd.Series(sentence_of_area, index=score.index, dtype="str")


def _lacking(kind: Positions, factors: pd.Index, texts: pd.Index) -> str:
    """A sentence about the factors that an area lacks; `kind` has their reasons, -1 for none."""
    reasons = [(factor, texts[at]) for factor, at in zip(factors, kind, strict=True) if at >= 0]
    named = "; ".join(f"{factor}: {text}" if text else str(factor) for factor, text in reasons)
    return f"not assessed for {named}" if named else ""


def _nothing_assessed(scores: pd.DataFrame) -> str:
    lacking = scores["score"].isna().groupby(level="factor", sort=False).sum()
    return (
        f"No area has an index: each lacks a factor (most often {lacking.idxmax()}, in "
        f"{lacking.max():,} "
        'areas). Set missing = "rest" under [index] to score areas on the factors they have.'
    )
