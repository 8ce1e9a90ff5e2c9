"""Scores of 0 to 100: what was measured for one factor, as a flag, a band, a share of the years."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import Array, Flags, Texts
from riskindex.errors import ConfigError, DataError
from riskindex.factors import CONFIDENCE_SCORES, Factor
from riskindex.hotspots.samples import ALL_ZERO
from riskindex.index.aggregation import quantise
from riskindex.index.normalise import normalise
from riskindex.statistics.own_risk import own_risk, risk_exceeds, risk_rank, spatial_prior
from riskindex.statistics.posterior_risks import SpatialPrior
from riskindex.tables import in_level, rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def score_factor(
    hotspots: pd.DataFrame,
    persistence: pd.DataFrame,
    factor: Factor,
    *,
    neighbours: "csr_array[Any] | None" = None,
) -> pd.DataFrame:
    """Score of every area for one factor.

    Parameters
    ----------
    hotspots
        One row per factor, period and area, as `find_hotspots` returns it.
    persistence
        One row per factor and area, as `classify_persistence` returns it.
    factor
        The factor; with several periods the last one is scored, or their persistence.
    neighbours
        Shape (n, n), in the order of the areas; a risk with a spatial prior needs them.

    Returns
    -------
    DataFrame
        Index area_code; columns `value`, `score`, `intensity`, `weight`, `group`, `is_hot`,
        `kind` and `reason`, as `score_factors` describes them.

    Raises
    ------
    DataError
        No area could be assessed, or the normalisation is undefined on the values.
    ConfigError
        A spatial prior without neighbours.
    """
    last = _period(hotspots, factor, -1)
    measured = _measure(hotspots, persistence, factor, neighbours)
    reason = last["reason"].fillna("").to_numpy(dtype=object)
    # Nothing was counted anywhere: that is a result, and it is the same for every area.
    # 0 for all keeps the factor in the index without moving anything; missing would take every area
    # out of it.
    silent = reason == ALL_ZERO

    def zero_where_silent(scored: Array) -> Array:
        return np.where(silent & np.isnan(scored), 0.0, scored)

    score = zero_where_silent(SCORES[factor.score](measured, factor))
    # Without this an index of nothing would come out as not assessed for every area.
    if np.isnan(score).all():
        raise DataError(
            f"{factor.label}: no area could be assessed ({_first(reason)}). "
            "Set scored = false to leave it out of the index."
        )
    columns = {
        "value": measured.value,
        "score": score,
        "intensity": zero_where_silent(intensity(measured, factor)),
        "weight": float(factor.weight),
        "group": factor.group or "",
        "is_hot": (score > 0) if factor.score == "persistence" else measured.is_hot,
        "kind": _kind(hotspots, factor),
        "reason": np.where(np.isnan(score), np.where(reason == "", "no value", reason), ""),
    }
    return pd.DataFrame(columns, index=last.index)


def silent_sentences(hotspots: pd.DataFrame, factors: Sequence[Factor]) -> tuple[str, ...]:
    """Factors that counted no event anywhere in their last period, one sentence for each."""
    return tuple(
        f"{factor.label}: no event was counted in any area in {factor.periods[-1]}"
        + (", so that it adds nothing to the index." if factor.scored else ".")
        for factor in factors
        if factor.counts_events and (_period(hotspots, factor, -1)["reason"] == ALL_ZERO).any()
    )


class Risks(NamedTuple):
    """The areas' own risk; shape `(n,)` or `(draws, n)`, NaN where no period assesses it."""

    mean: Array
    """Of the posterior, as a ratio to what was expected."""
    statistic: Array
    """The statistic of it that the factor's `estimate` names."""


class FactorMeasures(NamedTuple):
    """What was measured for one factor; all of shape `(n,)`, or `(draws, n)` for repeats."""

    value: Array
    """Intensity of the last period; the mean of the periods where persistence is scored, and what
    is told of the area's own risk over all periods where that is."""
    is_hot: Flags
    """In the last period, or in the table."""
    confidence: Array
    """0, 90, 95 or 99, in the last period."""
    assessed: Flags
    """In the last period, or in the table."""
    periods_hot: Array
    """NaN for a factor of one period or none, as are the next two."""
    periods_assessed: Array
    pooled_p_adjusted: Array
    near: Array | float = 0.0
    """1 where an area is next door to a hotspot, in the last period, else 0."""
    near_confidence: Array | float = 0.0
    """That of its window; 0 where the area has its own."""
    periods_near: Array | float = 0.0
    """In how many periods it was."""
    own: Array | None = None
    """Posterior mean of the area's own risk, of the last period or of all that are scored; None
    where nothing is expected of an area by itself, as of a share."""


def measured_risk(risks: Risks) -> FactorMeasures:
    """What was measured where risks alone were computed, and nothing was tested."""
    shape = risks.mean.shape
    nothing = np.full(shape, np.nan)
    return FactorMeasures(
        value=risks.statistic,
        own=risks.mean,
        is_hot=np.zeros(shape, dtype=bool),
        confidence=np.zeros(shape),
        assessed=~np.isnan(risks.statistic),
        periods_hot=nothing,
        periods_assessed=nothing,
        pooled_p_adjusted=nothing,
    )


def _period(hotspots: pd.DataFrame, factor: Factor, position: int) -> pd.DataFrame:
    label = factor.periods[position] if factor.periods else ""
    return rows(hotspots, factor=factor.name, period=label)


def _measure(
    hotspots: pd.DataFrame,
    persistence: pd.DataFrame,
    factor: Factor,
    neighbours: "csr_array[Any] | None",
) -> FactorMeasures:
    periods = [_period(hotspots, factor, k) for k in range(max(len(factor.periods), 1))]
    last = periods[-1]
    # Flags and bands are of the last period; persistence and risk look at all.
    scored = periods if factor.score in POOLED else periods[-1:]
    values = np.array([table["value"].to_numpy(float) for table in periods])
    value = mean_of_known(values) if factor.score == "persistence" else values[-1]
    assessed = (last["reason"].fillna("") == "").to_numpy(bool)
    own = None
    # A share or a measure has no expected count that it could be shrunk towards.
    if factor.method not in ("threshold", "value"):
        risks = risk_of(scored, factor, neighbours=neighbours)
        own = risks.mean
    if factor.score == "risk" and own is not None:
        value = risks.statistic
        # A risk is estimated from all periods, so that a last period without data does not undo it.
        assessed = np.ones(len(value), dtype=bool)
    next_door = np.array([(table["kind"] == "next door").to_numpy(bool) for table in periods])
    lasting = _lasting(persistence, factor).reindex(last.index).astype("Float64")
    return FactorMeasures(
        value=value,
        # A flag has no missing value: `assessed` makes the score of such an area NaN.
        is_hot=last["is_hot"].to_numpy(dtype=bool, na_value=False),
        confidence=last["confidence"].to_numpy(dtype=float, na_value=0.0),
        assessed=assessed & ~np.isnan(value),
        own=own,
        near=next_door[-1].astype(float),
        near_confidence=last.get("near_confidence", 0 * last["value"]).to_numpy(dtype=float),
        periods_near=next_door.sum(axis=0).astype(float),
        **{name: lasting[name].to_numpy(dtype=float, na_value=np.nan) for name in LASTING},
    )


def risk_of(
    periods: Sequence[pd.DataFrame],
    factor: Factor,
    *,
    neighbours: "csr_array[Any] | None" = None,
) -> Risks:
    """The areas' own risk over the periods of a factor; NaN where no period assesses it.

    Parameters
    ----------
    periods
        `observed`, `expected`, `step` and `reason` of each area, the oldest period first.
    factor
        Says how periods weigh by their age, and what is told of a risk.
    neighbours
        As for `score_factor`.
    """
    observed, expected = (
        np.array([table[name].to_numpy(float) for table in periods])
        for name in ("observed", "expected")
    )
    # Variance over mean of the weighted events: 1 where they are Poisson.
    steps = [table["step"].max() if "step" in table else 1.0 for table in periods]
    # A period in which nothing happened anywhere says nothing of where risk is.
    # Left as it is, one empty year would make every risk missing.
    steps = np.nan_to_num(steps, nan=1.0)
    prior = prior_of(observed, expected, steps, factor, neighbours)
    risks = tell_risks(observed, expected, steps, factor, prior=prior)
    context = (periods[-1]["reason"] == "context").to_numpy(bool)
    # Areas around the study area inform the prior, and are not ranked.
    return Risks(*(np.where(context, np.nan, part) for part in risks))


def prior_of(
    observed: Array,
    expected: Array,
    steps: Array,
    factor: Factor,
    neighbours: "csr_array[Any] | None",
) -> SpatialPrior | None:
    """The spatial prior of a risk that asks for it, else None; arguments as of `tell_risks`."""
    if factor.score != "risk" or factor.prior != "spatial":
        return None
    if neighbours is None:
        raise ConfigError(f'{factor.label}: prior = "spatial" needs the neighbours of the areas.')
    return spatial_prior(observed, expected, neighbours, steps=steps, ageing=factor.ageing)


def tell_risks(
    observed: Array,
    expected: Array,
    steps: Array,
    factor: Factor,
    *,
    prior: SpatialPrior | None = None,
) -> Risks:
    """The areas' own risk, and the statistic of it that the factor names.

    Parameters
    ----------
    observed, expected
        Weighted events, shape `(periods, n)` or `(periods, draws, n)`; NaN where not assessed.
    steps
        Variance over mean of the events of each period.
    factor
        Says how periods weigh by their age, and what is told of a risk.
    prior
        From `prior_of`.
    """
    given: dict[str, Any] = {"steps": steps, "ageing": factor.ageing, "prior": prior}
    mean = own_risk(observed, expected, **given)
    if factor.score != "risk" or factor.estimate == "mean":
        return Risks(mean, mean)
    return Risks(mean, ESTIMATES[factor.estimate](observed, expected, factor, given))


ESTIMATES: Mapping[str, Callable[[Array, Array, Factor, dict[str, Any]], Array]] = MappingProxyType(
    {
        "exceedance": lambda o, e, factor, given: risk_exceeds(o, e, above=factor.above, **given),
        "rank": lambda o, e, factor, given: risk_rank(o, e, **given),
    }
)
"""Statistics of a risk besides its mean: config word to function."""


POOLED = ("persistence", "risk")
"""Scores that all periods of a factor go into; the others are of the last one."""
LASTING = ("periods_hot", "periods_assessed", "pooled_p_adjusted")
"""Columns of the persistence table that are scored."""


def _lasting(persistence: pd.DataFrame, factor: Factor) -> pd.DataFrame:
    if not in_level(persistence.index, "factor", [factor.name]).any():
        return pd.DataFrame(columns=list(LASTING))
    return rows(persistence, factor=factor.name)[list(LASTING)]


def mean_of_known(values: Array) -> Array:
    """Mean over the first axis of the values that are known; NaN where none is."""
    has_value = ~np.isnan(values)
    return _ratio(np.where(has_value, values, 0.0).sum(axis=0), has_value.sum(axis=0).astype(float))


def _ratio(part: Array, whole: Array) -> Array:
    out = np.full(part.shape, np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def _kind(hotspots: pd.DataFrame, factor: Factor) -> Texts:
    """Own, neighbourhood or both: of the last period in which the area was hot."""
    periods = [_period(hotspots, factor, k)["kind"] for k in range(max(len(factor.periods), 1))]
    kind = periods.pop()
    # An area that is not hot now shows how it was when it last was.
    while periods:
        kind = kind.where(kind != "", periods.pop())
    return np.asarray(kind, dtype=object)


def intensity(measured: FactorMeasures, factor: Factor) -> Array:
    """0 to 100: the percentile of the areas' own risk, which puts ties between scores in order.

    Of what was measured where an area by itself has no expectation. The strength of a window would
    put an area first for what happens around it.
    """
    # Ties go by the area's own risk and not by its window's: the neighbour of a hotspot must not
    # win a tie by it.
    strength = measured.value if measured.own is None else measured.own
    return _normalised(factor.direction * strength, "percentile", factor)


def _normalised(values: Array, method: str, factor: Factor) -> Array:
    # Sums in another order differ in their last digit, which must not make ranks of ties.
    values = quantise(values)
    if values.ndim == 1:
        return normalise(values, method, name=factor.label)
    return np.array([normalise(row, method, name=factor.label) for row in values])


NEXT_DOOR: Mapping[str, float] = {"none": 0.0, "half": 0.5, "score": 0.0}
"""What an area next door to a hotspot scores of a hot area's points. Under `score` it is hot."""


def _flag(measured: FactorMeasures, factor: Factor) -> Array:
    near = 100 * NEXT_DOOR[factor.neighbourhood] * measured.near
    return np.where(measured.assessed, np.where(measured.is_hot, 100.0, near), np.nan)


def _confidence(measured: FactorMeasures, factor: Factor) -> Array:
    bands, scores = np.array(list(CONFIDENCE_SCORES)), np.array(list(CONFIDENCE_SCORES.values()))
    own, near = (
        scores[np.searchsorted(bands, confidence, side="right") - 1]
        for confidence in (measured.confidence, measured.near_confidence)
    )
    # The better of its own band and half of its window's, never both.
    score = np.maximum(own, NEXT_DOOR[factor.neighbourhood] * near)
    return np.where(measured.assessed, score, np.nan)


def _persistence(measured: FactorMeasures, factor: Factor) -> Array:
    near = NEXT_DOOR[factor.neighbourhood] * measured.periods_near
    # Of the assessed periods: an area that lacks a year is judged by the years it has.
    score = 100 * _ratio(measured.periods_hot + near, measured.periods_assessed)
    if factor.persistence == "counted":
        return score
    pooled = measured.pooled_p_adjusted
    # Hot in some years by luck is common among a thousand areas; all years together must be
    # significant, too.
    return np.where(np.isnan(pooled), np.nan, np.where(pooled <= factor.level, score, 0 * score))


def _value(measured: FactorMeasures, factor: Factor) -> Array:
    values = np.where(measured.assessed, factor.direction * measured.value, np.nan)
    return _normalised(values, factor.normalisation, factor)


def _risk(measured: FactorMeasures, factor: Factor) -> Array:
    values = np.where(measured.assessed, factor.direction * measured.value, np.nan)
    rows = np.atleast_2d(quantise(values))
    # Where counts vary no more than by chance every ratio is 1, and no area is above another.
    scored = [
        0 * row if _is_constant(row) else _normalised(row, factor.normalisation, factor)
        for row in rows
    ]
    return np.reshape(scored, values.shape)


def _is_constant(values: Array) -> bool:
    assessed = values[~np.isnan(values)]
    return len(assessed) > 0 and bool(np.ptp(assessed) == 0)


def _threshold(measured: FactorMeasures, factor: Factor) -> Array:
    if factor.threshold is None:
        raise ConfigError(f"{factor.label}: the score threshold needs a threshold, such as 0.25.")
    # Above and not at: "more than a quarter of households".
    above = np.where(measured.value > factor.threshold, 100.0, 0.0)
    return np.where(measured.assessed, above, np.nan)


SCORES: dict[str, Callable[[FactorMeasures, Factor], Array]] = {
    "flag": _flag,
    "confidence": _confidence,
    "persistence": _persistence,
    "intensity": _value,
    "value": _value,
    "risk": _risk,
    "threshold": _threshold,
}
"""Config word to function."""


def _first(reasons: Texts) -> str:
    return next((str(reason) for reason in reasons if reason), "no value")
