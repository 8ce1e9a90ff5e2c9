"""Scores of 0 to 100: what was measured for one factor, as a flag, a band, a share of the years."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.errors import ConfigError, DataError
from riskindex.factors import Factor
from riskindex.normalise import normalise

Array = NDArray[np.float64]

CONFIDENCE_SCORES: Mapping[int, float] = {0: 0.0, 90: 100 / 3, 95: 200 / 3, 99: 100.0}
"""Score of each confidence band."""


def score_factor(hotspots: pd.DataFrame, persistence: pd.DataFrame, factor: Factor) -> pd.DataFrame:
    """Score of every area for one factor.

    Parameters
    ----------
    hotspots
        One row per factor, period and area, as `find_hotspots` returns it.
    persistence
        One row per factor and area, as `classify_persistence` returns it.
    factor
        The factor; with several periods the last one is scored, or their persistence.

    Returns
    -------
    DataFrame
        Index area_code; columns `value`, `score`, `intensity`, `weight`, `group`, `is_hot`,
        `kind` and `reason`, as `score_factors` describes them.

    Raises
    ------
    DataError
        No area could be assessed, or the normalisation is undefined on the values.
    """
    measured = _measure(hotspots, persistence, factor)
    score = SCORES[factor.score](measured, factor)
    if np.isnan(score).all():
        raise DataError(
            f"{factor.label}: no area could be assessed ({_first(measured.reason)}). "
            "Set scored = false to leave it out of the index."
        )
    intensity = normalise(factor.direction * measured.value, "percentile", name=factor.label)
    columns = {
        "value": measured.value,
        "score": score,
        "intensity": intensity,
        "weight": float(factor.weight),
        "group": factor.group or "",
        "is_hot": (score > 0) if factor.score == "persistence" else measured.is_hot,
        "kind": measured.kind,
        "reason": _why(score, measured.reason),
    }
    return pd.DataFrame(columns, index=measured.areas)


class Measured(NamedTuple):
    """What was measured for one factor, all with the same areas."""

    areas: pd.Index
    value: Array
    """Intensity: of the last period, or the mean of the periods where persistence is scored."""
    is_hot: NDArray[np.bool_]
    """In the last period, or in the table."""
    confidence: Array
    """0, 90, 95 or 99, in the last period."""
    kind: NDArray[np.object_]
    """Of the last period in which the area was hot."""
    reason: NDArray[np.object_]
    """Why the area was not assessed in the last period; empty where it was."""
    persistence: pd.DataFrame
    """Rows of the factor in the persistence table; all missing for a table."""


def _measure(hotspots: pd.DataFrame, persistence: pd.DataFrame, factor: Factor) -> Measured:
    labels = list(factor.periods) or [""]
    periods = [rows(hotspots, factor=factor.name, period=label) for label in labels]
    last = periods[-1]
    values = np.array([table["value"].to_numpy(float) for table in periods])
    kind = last["kind"]
    for table in reversed(periods[:-1]):
        kind = kind.where(kind != "", table["kind"])
    return Measured(
        areas=last.index,
        value=_mean(values) if factor.score == "persistence" else values[-1],
        is_hot=last["is_hot"].to_numpy(dtype=bool, na_value=False),
        confidence=last["confidence"].to_numpy(dtype=float, na_value=np.nan),
        kind=kind.to_numpy(dtype=object),
        reason=last["reason"].fillna("").to_numpy(dtype=object),
        persistence=_lasting(persistence, factor).reindex(last.index),
    )


def _mean(values: Array) -> Array:
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return _ratio(total, known.sum(axis=0).astype(float))


def _ratio(part: Array, whole: Array) -> Array:
    out = np.full(len(part), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def _lasting(persistence: pd.DataFrame, factor: Factor) -> pd.DataFrame:
    if factor.name not in persistence.index.get_level_values("factor"):
        return pd.DataFrame(columns=["periods_hot", "periods_assessed", "pooled_p_adjusted"])
    return rows(persistence, factor=factor.name)


def rows(table: pd.DataFrame, **levels: str) -> pd.DataFrame:
    """Rows of a long table, such as those of one factor and period, by area_code."""
    part = table.xs(tuple(levels.values()), level=tuple(levels))
    assert isinstance(part, pd.DataFrame)
    return part


def _why(score: Array, reasons: NDArray[np.object_]) -> NDArray[np.object_]:
    given = np.where(reasons == "", "no value", reasons)
    return np.where(np.isnan(score), given, "")


def _flag(measured: Measured, factor: Factor) -> Array:
    return _assessed(measured, np.where(measured.is_hot, 100.0, 0.0))


def _confidence(measured: Measured, factor: Factor) -> Array:
    bands = [
        CONFIDENCE_SCORES.get(int(band), np.nan) for band in np.nan_to_num(measured.confidence)
    ]
    return _assessed(measured, np.array(bands))


def _persistence(measured: Measured, factor: Factor) -> Array:
    columns = ["periods_hot", "periods_assessed", "pooled_p_adjusted"]
    table = measured.persistence[columns].astype("Float64")
    hot, assessed, pooled = (table[c].to_numpy(dtype=float, na_value=np.nan) for c in columns)
    score = 100 * _ratio(hot, assessed)
    if factor.persistence == "counted":
        return score
    return np.where(np.isnan(pooled), np.nan, np.where(pooled <= factor.level, score, 0 * score))


def _value(measured: Measured, factor: Factor) -> Array:
    values = factor.direction * _assessed(measured, measured.value)
    return normalise(values, factor.normalise, name=factor.label)


def _threshold(measured: Measured, factor: Factor) -> Array:
    if factor.threshold is None:
        raise ConfigError(f"{factor.label}: the score threshold needs a threshold, such as 0.25.")
    return _assessed(measured, np.where(measured.value > factor.threshold, 100.0, 0.0))


SCORES: dict[str, Callable[[Measured, Factor], Array]] = {
    "flag": _flag,
    "confidence": _confidence,
    "persistence": _persistence,
    "intensity": _value,
    "value": _value,
    "threshold": _threshold,
}
"""Config word to function."""


def _assessed(measured: Measured, score: Array) -> Array:
    known = (measured.reason == "") & ~np.isnan(measured.value)
    return np.where(known, score, np.nan)


def _first(reasons: NDArray[np.object_]) -> str:
    return next((str(reason) for reason in reasons if reason), "no value")
