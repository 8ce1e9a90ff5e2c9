"""Persistence: how often an area was hot, and whether it rises or falls."""

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from riskindex.arrays import AnyArray, Array, Integers, Texts
from riskindex.factors import Factor
from riskindex.hotspots.categories import History, categorise
from riskindex.hotspots.changes import change_test
from riskindex.hotspots.samples import ALL_ZERO
from riskindex.statistics.corrections import adjust
from riskindex.tables import in_level

EXACT_PERIODS = 20
"""Mann-Kendall is exact up to this many periods; above, normal with ties and continuity."""


class MannKendall(NamedTuple):
    """Kendall's S and its two-sided p-value, exact given the ties; NaN below two values."""

    s: Array
    p: Array


def mann_kendall(values: Array) -> MannKendall:
    """Mann-Kendall test for trend of every row.

    Parameters
    ----------
    values
        One row per area, one column per period, oldest first; NaN is left out.

    Returns
    -------
    MannKendall
        S = pairs that rise minus pairs that fall, and P(|S'| >= |S|) over all orders of the row's
        own values, ties kept: inversions of a multiset follow the q-multinomial coefficients.

    References
    ----------
    Mann (1945), Econometrica 13, 245-259; Kendall (1975), Rank Correlation Methods, ch. 4.
    """
    values = np.asarray(values, dtype=np.float64)
    # Every pair of periods: the sign of each change, summed.
    earlier, later = np.triu_indices(values.shape[1], 1)
    s = np.zeros(len(values))
    for i, j in zip(earlier, later, strict=True):
        s += np.nan_to_num(np.sign(values[:, j] - values[:, i]))
    sharing = np.array([(values == values[:, [t]]).sum(axis=1) for t in range(values.shape[1])]).T
    # p depends on the pattern of ties alone, and patterns are few.
    patterns, which = np.unique(np.sort(sharing, axis=1), axis=0, return_inverse=True)
    p = np.empty(len(values))
    for k, pattern in enumerate(patterns):
        rows = which.reshape(-1) == k
        p[rows] = _kendall_p(np.abs(s[rows]), _tie_sizes(pattern))
    return MannKendall(np.where(np.isnan(p), np.nan, s), p)


def classify_persistence(
    hotspots: pd.DataFrame,
    pooled: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    table: str = "riskindex",
) -> pd.DataFrame:
    """Persistence of every area, for each factor with two periods or more.

    Parameters
    ----------
    hotspots, pooled
        Tables of `find_hotspots`.
    factors
        The factors that were tested.
    table
        Which category table, a word of `categories.CATEGORY_TABLES`.

    Returns
    -------
    DataFrame
        Index (factor, area_code); periods_hot and periods_assessed (hot is NA where none was
        assessed), first_hot and last_hot (labels, "" where never), pooled_p_adjusted,
        change_p_adjusted (two-sided, corrected over the areas whose total could reach the factor's
        level), change ("rising", "falling" or ""), is_new, trend_s and trend_p (Mann-Kendall on
        the value of each period), category, periods_hot_all (corrected over all periods
        together), has_emerged (new, and rising by more than chance: of maps in which nothing
        changes at most 5% have such an area, whatever is hot in them), trend_p_adjusted (trend_p
        corrected over the areas tested).
    """
    parts = {
        factor.name: _of_factor(factor, hotspots, pooled, table)
        for factor in factors
        if len(factor.periods) >= 2
    }
    if not parts:
        index = pd.MultiIndex.from_arrays([[], []], names=["factor", "area_code"])
        return pd.DataFrame({name: [] for name in _COLUMNS}, index=index)
    return pd.concat(parts, names=["factor", "area_code"])


_COLUMNS = (
    "periods_hot",
    "periods_assessed",
    "first_hot",
    "last_hot",
    "pooled_p_adjusted",
    "change_p_adjusted",
    "change",
    "is_new",
    "trend_s",
    "trend_p",
    "category",
    "periods_hot_all",
    "has_emerged",
    "trend_p_adjusted",
)


def _of_factor(
    factor: Factor, hotspots: pd.DataFrame, pooled: pd.DataFrame, table: str
) -> pd.DataFrame:
    rows = hotspots[in_level(hotspots.index, "factor", [factor.name])]
    whole = pooled[in_level(pooled.index, "factor", [factor.name])]
    areas = whole.index.get_level_values("area_code")
    periods = len(factor.periods)
    hot = _by_period(rows["is_hot"].astype(bool), periods)
    # A period in which nothing happened anywhere was looked at, and no area was hot in it.
    assessed = _by_period(rows["p"].notna() | (rows.get("reason") == ALL_ZERO), periods)
    trend = mann_kendall(_by_period(rows["value"], periods).astype(np.float64))
    pooled_p = whole["p_adjusted"].to_numpy(dtype=np.float64)
    history = History(
        hot, np.zeros_like(hot), assessed, _direction(trend, factor.level), pooled_p <= factor.level
    )
    frame = _counted(history, [str(label) for label in factor.periods], areas)
    frame["pooled_p_adjusted"] = pooled_p
    frame["change_p_adjusted"], frame["change"] = _changed(rows, factor)
    frame["is_new"] = history.new
    frame["trend_s"], frame["trend_p"] = trend
    frame["category"] = categorise(history, table=table)
    sure = _by_period(rows.get("is_hot_all", rows["is_hot"]).astype(bool), periods)
    times = pd.array(sure.sum(axis=1), dtype="Int64")
    # Hot in 0 periods is a finding; an area that was never assessed has none.
    times[~assessed.any(axis=1)] = pd.NA
    frame["periods_hot_all"] = times
    frame["has_emerged"] = history.new & (frame["change"] == "rising").to_numpy()
    frame["trend_p_adjusted"] = adjust(trend.p, factor.correction)
    return frame


def _by_period(column: "pd.Series[Any]", periods: int) -> AnyArray:
    """Values of one factor, shape (n, periods): its rows are periods, areas in order inside."""
    return np.asarray(column.to_numpy()).reshape(periods, -1).T


def _direction(trend: MannKendall, level: float) -> Integers:
    # A trend of five periods can reach p = .017 at the least, and of four none below .05: short
    # histories are mostly steady here.
    return np.where(trend.p <= level, np.sign(np.nan_to_num(trend.s)), 0).astype(np.int64)


def _counted(history: History, labels: list[str], areas: "pd.Index[Any]") -> pd.DataFrame:
    ever, periods = history.hot.any(axis=1), history.assessed.sum(axis=1)
    named = np.array(labels, dtype=object)
    first = named[history.hot.argmax(axis=1)]
    last = named[len(labels) - 1 - history.hot[:, ::-1].argmax(axis=1)]
    times = pd.array(history.hot.sum(axis=1), dtype="Int64")
    times[periods == 0] = pd.NA
    return pd.DataFrame(
        {
            "periods_hot": times,
            "periods_assessed": pd.array(periods, dtype="Int64"),
            "first_hot": np.where(ever, first, "").astype(object),
            "last_hot": np.where(ever, last, "").astype(object),
        },
        index=areas,
    )


def _changed(rows: pd.DataFrame, factor: Factor) -> tuple[Array, Texts]:
    observed, expected = (
        _by_period(rows[name], len(factor.periods)).astype(np.float64)
        for name in ("events", "events_expected")
    )
    change = change_test(observed, expected)
    # Both directions were asked, so that the smaller of two one-sided p counts twice; capped, since
    # both may be above .5.
    two_sided = np.minimum(1, 2 * np.fmin(change.rising, change.falling))
    # An area whose total can never reach the level costs power and cannot be found (Tarone 1990).
    p = adjust(np.where(change.attainable <= factor.level, two_sided, np.nan), factor.correction)
    direction = np.where(change.rising < change.falling, "rising", "falling")
    return p, np.where(p <= factor.level, direction, "").astype(object)


@lru_cache(maxsize=4096)
def _orders_by_inversions(ties: tuple[int, ...]) -> tuple[int, ...]:
    """How many distinct orders of a multiset have 0, 1, 2, ... inversions."""
    counts = [1]
    for k in range(2, sum(ties) + 1):
        # q-factorials: multiplying by 1 + q + ... + q^(k-1) adds up each k neighbouring
        # coefficients.
        counts = [sum(counts[max(i - k + 1, 0) : i + 1]) for i in range(len(counts) + k - 1)]
    # Orders of equal values are one order: each tie divides by its own q-factorial.
    for k in (k for tie in ties for k in range(2, tie + 1)):
        counts = _divided(counts, k)
    return tuple(counts)


def _divided(counts: list[int], k: int) -> list[int]:
    """Coefficients divided by 1 + q + ... + q^(k-1), which goes without a remainder here."""
    quotient: list[int] = []
    for i in range(len(counts) - k + 1):
        quotient.append(counts[i] - sum(quotient[max(i - k + 1, 0) : i]))
    return quotient


def _tie_sizes(sharing: Integers) -> tuple[int, ...]:
    sizes, values = np.unique(sharing[sharing > 0], return_counts=True)
    return tuple(int(s) for s, v in zip(sizes, values, strict=True) for _ in range(v // s))


def _kendall_p(s: Array, ties: tuple[int, ...]) -> Array:
    n = sum(ties)
    if n < 2:
        return np.full(len(s), np.nan)
    if n > EXACT_PERIODS:
        spread = n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
        # Continuity: S moves in steps of two, so that one step's half is taken off.
        z = np.maximum(s - 1, 0) / sqrt(spread / 18) if spread else np.zeros(len(s))
        return np.asarray(np.minimum(1, 2 * special.ndtr(-z)))
    counts = _orders_by_inversions(ties)
    # S is the number of pairs less twice the inversions.
    size = np.abs(len(counts) - 1 - 2 * np.arange(len(counts)))
    probability = np.array(counts, dtype=np.float64) / sum(counts)
    return np.asarray(np.minimum(1, (probability * (size >= s[:, None])).sum(axis=1)))
