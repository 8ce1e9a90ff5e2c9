"""Persistence: how often an area was hot, and whether it rises or falls."""

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from riskindex.arrays import Array
from riskindex.factors import Factor
from riskindex.hotspots.categories import History, categorise
from riskindex.hotspots.samples import ALL_ZERO
from riskindex.statistics.corrections import adjust

EXACT_PERIODS = 20
"""Mann-Kendall is exact up to this many periods; above, normal with ties and continuity."""


class MannKendall(NamedTuple):
    """Kendall's S and its two-sided p-value, exact given the ties; NaN below two values."""

    s: Array
    p: Array


class LastPeriodTest(NamedTuple):
    """The last period against the earlier ones, given the total of all of them."""

    rising: Array
    """P(last period at least as high), NaN where not assessed."""
    falling: Array
    """P(last period at most as high), NaN where not assessed."""
    attainable: Array
    """Smallest two-sided p that this total allows; it depends on the total alone."""
    dispersion: float
    """Variance of an area's relative risk from period to period, 0 for the binomial."""


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
    earlier, later = np.triu_indices(values.shape[1], 1)
    s = np.zeros(len(values))
    for i, j in zip(earlier, later, strict=True):
        s += np.nan_to_num(np.sign(values[:, j] - values[:, i]))
    sharing = np.array([(values == values[:, [t]]).sum(axis=1) for t in range(values.shape[1])]).T
    patterns, which = np.unique(np.sort(sharing, axis=1), axis=0, return_inverse=True)
    p = np.empty(len(values))
    for k, pattern in enumerate(patterns):
        rows = which.reshape(-1) == k
        p[rows] = _kendall_p(np.abs(s[rows]), _tie_sizes(pattern))
    return MannKendall(np.where(np.isnan(p), np.nan, s), p)


def change_test(
    observed: Array, expected: Array, *, dispersion: float | None = None
) -> LastPeriodTest:
    """Exact test of the last period against the earlier ones, given their total.

    Parameters
    ----------
    observed, expected
        Counts and expectations, shape `(n, periods)`, oldest first; each period's expectations
        carry that period's own total. NaN where a period is not assessed.
    dispersion
        Variance of relative risk between periods; `period_dispersion` where it is left out.

    Returns
    -------
    Change
        Binomial tails where areas do not vary between periods beyond chance, beta-binomial where
        they do. NaN where the last period, all the earlier ones or any event is missing.

    References
    ----------
    Przyborowski and Wilenski (1940), Biometrika 31, 313-323 (the binomial conditional).
    """
    known = np.isfinite(observed) & np.isfinite(expected) & (expected > 0)
    x, e = np.where(known, observed, 0.0), np.where(known, expected, 0.0)
    total, periods = x.sum(axis=1), known.sum(axis=1)
    if dispersion is None:
        dispersion = period_dispersion(observed, expected)
    usable = known[:, -1] & (periods >= 2) & (total > 0)
    share = np.divide(e[:, -1], e.sum(axis=1), out=np.full(len(x), np.nan), where=usable)
    size = periods[usable] / dispersion if dispersion > 0 else np.full(int(usable.sum()), np.inf)
    found = _conditional_tails(x[usable, -1], total[usable], share[usable], size)
    rising, falling, attainable = (np.full(len(x), np.nan) for _ in range(3))
    for column, values in zip((rising, falling, attainable), found, strict=True):
        column[usable] = values
    return LastPeriodTest(rising, falling, attainable, dispersion)


def period_dispersion(observed: Array, expected: Array) -> float:
    """Variance of an area's relative risk between periods, by pair ratio.

    The area's own lasting risk cancels: pairs of events in one period are compared with pairs of
    events in two periods of the same area. Shapes as in `change_test`; floored at 0.
    """
    known = np.isfinite(observed) & np.isfinite(expected) & (expected > 0)
    e = np.where(known, expected, 1.0)
    ratio = np.where(known, observed, 0.0) / e
    periods = known.sum(axis=1)
    within = (ratio * (ratio - known / e)).sum(axis=1)
    between = ratio.sum(axis=1) ** 2 - (ratio**2).sum(axis=1)
    usable = periods >= 2
    t, within, between = periods[usable], within[usable], between[usable]
    mu = np.where(known, expected, 0.0)[usable].sum(axis=1) / t
    w = 0.0
    for _ in range(3):
        v = mu**2 / (2 * (1 + w * mu) ** 2 + 1 / mu)
        apart = float((v * between / (t * (t - 1))).sum())
        w = max(float((v * within / t).sum()) / apart - 1, 0.0) if apart > 0 else 0.0
    return w


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
        the value of each period), category.
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
    "periods_hot", "periods_assessed", "first_hot", "last_hot", "pooled_p_adjusted",
    "change_p_adjusted", "change", "is_new", "trend_s", "trend_p", "category",
)  # fmt: skip


def _of_factor(
    factor: Factor, hotspots: pd.DataFrame, pooled: pd.DataFrame, table: str
) -> pd.DataFrame:
    rows = hotspots[hotspots.index.get_level_values("factor") == factor.name]
    whole = pooled[pooled.index.get_level_values("factor") == factor.name]
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
    return frame


def _by_period(column: "pd.Series[Any]", periods: int) -> NDArray[Any]:
    """Values of one factor, shape (n, periods): its rows are periods, areas in order inside."""
    return np.asarray(column.to_numpy()).reshape(periods, -1).T


def _direction(trend: MannKendall, level: float) -> NDArray[np.int64]:
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


def _changed(rows: pd.DataFrame, factor: Factor) -> tuple[Array, NDArray[np.object_]]:
    observed, expected = (
        _by_period(rows[name], len(factor.periods)).astype(np.float64)
        for name in ("events", "events_expected")
    )
    found = change_test(observed, expected)
    two_sided = np.minimum(1, 2 * np.fmin(found.rising, found.falling))
    # An area whose total can never reach the level costs power and cannot be found (Tarone 1990).
    p = adjust(np.where(found.attainable <= factor.level, two_sided, np.nan), factor.correction)
    direction = np.where(found.rising < found.falling, "rising", "falling")
    return p, np.where(p <= factor.level, direction, "").astype(object)


@lru_cache(maxsize=4096)
def _inversions(ties: tuple[int, ...]) -> tuple[int, ...]:
    """How many distinct orders of a multiset have 0, 1, 2, ... inversions."""
    counts = [1]
    for k in range(2, sum(ties) + 1):
        counts = [sum(counts[max(i - k + 1, 0) : i + 1]) for i in range(len(counts) + k - 1)]
    for k in (k for tie in ties for k in range(2, tie + 1)):
        counts = _divided(counts, k)
    return tuple(counts)


def _divided(counts: list[int], k: int) -> list[int]:
    """Coefficients divided by 1 + q + ... + q^(k-1), which goes without a remainder here."""
    quotient: list[int] = []
    for i in range(len(counts) - k + 1):
        quotient.append(counts[i] - sum(quotient[max(i - k + 1, 0) : i]))
    return quotient


def _tie_sizes(sharing: NDArray[np.int64]) -> tuple[int, ...]:
    sizes, values = np.unique(sharing[sharing > 0], return_counts=True)
    return tuple(int(s) for s, v in zip(sizes, values, strict=True) for _ in range(v // s))


def _kendall_p(s: Array, ties: tuple[int, ...]) -> Array:
    n = sum(ties)
    if n < 2:
        return np.full(len(s), np.nan)
    if n > EXACT_PERIODS:
        spread = n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
        z = np.maximum(s - 1, 0) / sqrt(spread / 18) if spread else np.zeros(len(s))
        return np.asarray(np.minimum(1, 2 * special.ndtr(-z)))
    counts = _inversions(ties)
    size = np.abs(len(counts) - 1 - 2 * np.arange(len(counts)))
    probability = np.array(counts, dtype=np.float64) / sum(counts)
    return np.asarray(np.minimum(1, (probability * (size >= s[:, None])).sum(axis=1)))


def _conditional_tails(k: Array, n: Array, share: Array, size: Array) -> tuple[Array, Array, Array]:
    """Upper tail, lower tail and smallest two-sided p of k of n; size inf is the binomial."""
    a, b = share * size, (1 - share) * size
    if not np.isfinite(size).all():
        upper = np.where(k > 0, special.betainc(np.maximum(k, 1), n - k + 1, share), 1.0)
        lower = np.where(k < n, special.betainc(np.maximum(n - k, 1), k + 1, 1 - share), 1.0)
        return upper, lower, np.minimum(1, 2 * np.minimum(share**n, (1 - share) ** n))
    high = k >= n * share
    tail = _beta_binomial_tail(
        np.where(high, k, n - k), n, np.where(high, a, b), np.where(high, b, a)
    )
    other = np.minimum(1, 1 - tail + np.exp(_log_beta_binomial(k, n, a, b)))
    ends = np.minimum(_log_beta_binomial(n, n, a, b), _log_beta_binomial(np.zeros_like(n), n, a, b))
    attainable = np.minimum(1, 2 * np.exp(ends))
    return np.where(high, tail, other), np.where(high, other, tail), attainable


def _log_beta_binomial(k: Array, n: Array, a: Array, b: Array) -> Array:
    choose = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(choose + special.betaln(k + a, n - k + b) - special.betaln(a, b))


def _beta_binomial_tail(k: Array, n: Array, a: Array, b: Array) -> Array:
    """P(X >= k), summed term by term away from the mean, all areas at once."""
    term = np.exp(_log_beta_binomial(k, n, a, b))
    total, k = term.copy(), k.copy()
    # With a or b below 1 the law rises again at its ends, so only the end itself stops the sum.
    stops = np.where(np.minimum(a, b) >= 1, 1e-17, -1.0)
    going = np.flatnonzero(k < n)
    while going.size:
        j, left = k[going], n[going] - k[going]
        step = term[going] * left / (j + 1) * (j + a[going]) / (left - 1 + b[going])
        term[going] = step
        total[going] += step
        k[going] += 1
        going = going[(j + 1 < n[going]) & (step > stops[going] * total[going])]
    return np.minimum(1, total)
