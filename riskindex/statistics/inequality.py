"""How unevenly events fall: on groups in an order, and on the few areas that hold most of them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from riskindex.arrays import Array, Integers
from riskindex.errors import DataError
from riskindex.statistics.intervals import Estimate, rate_sum, share_of_rate
from riskindex.statistics.multinomial import draw_multinomial

HALVINGS = 50
"""Bisections for the limits of the relative index: more than its digits on paper."""


class RankLine(NamedTuple):
    """The rates that a line over the population's ranks gives at its ends, as weights of rates."""

    least: Array
    """Weights of the groups' rates whose sum is the rate at the first group's end."""
    most: Array
    """The same at the last group's end."""


def slope_index(count: ArrayLike, population: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Slope index of inequality: how far the rate rises from one end of the population to other.

    A weighted least-squares line is drawn through the groups' rates, at the middle of each group
    among the population in order; the slope is the difference between its two ends.

    Parameters
    ----------
    count, population
        Events and residents per group, shape `(..., groups)`, the least deprived first: then a
        slope above 0 says that the more deprived have the higher rate. Two groups at least;
        population above 0.
    level
        Coverage, as far as chance in the counts goes; a bend in the line is not in it.

    Returns
    -------
    Estimate
        Events per resident, shape `(...)`.

    Raises
    ------
    DataError
        There is one group only, or one without residents.

    References
    ----------
    Mackenbach and Kunst (1997), Social Science and Medicine 44, 757-771; Zou and Donner (2008),
    Statistics in Medicine 27, 1693-1702 (the interval).

    Examples
    --------
    >>> [limit.round(3).tolist() for limit in slope_index([10, 20, 30], [1000, 1000, 1000])]
    [0.03, 0.011, 0.051]
    """
    line = _line(population)
    return rate_sum(line.most - line.least, count, population, level=level)


def relative_index(count: ArrayLike, population: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Relative index of inequality: the rate at the most deprived end over that at the least.

    Both are read off the line of `slope_index`.

    Parameters
    ----------
    count, population, level
        As for `slope_index`.

    Returns
    -------
    Estimate
        The limits are the ratios R at which the interval of (most - R least) just holds 0, as
        Fieller's are. Infinite where the line reaches 0 at the least deprived end, or may; 0 where
        it does at the other; NaN without an event.

    Raises
    ------
    DataError
        There is one group only, or one without residents.

    References
    ----------
    Mackenbach and Kunst (1997), Social Science and Medicine 44, 757-771; Fieller (1954), JRSS B
    16, 175-185.

    Examples
    --------
    >>> [limit.round(2).tolist() for limit in relative_index([10, 20, 30], [1000, 1000, 1000])]
    [7.0, 1.74, inf]
    """
    line, o = _line(population), np.asarray(count, dtype=np.float64)
    # A line may run below 0 at its end, where no rate can.
    rates = o / np.asarray(population, dtype=np.float64)
    ends = [np.maximum((weights * rates).sum(axis=-1), 0) for weights in line]
    least, most = np.broadcast_arrays(*ends)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.asarray(most / least)

    def root(side: int) -> Array:
        # R = t / (1 - t), so that no ratio is out of reach.
        low, high = np.zeros(ratio.shape), np.ones(ratio.shape)
        for _ in range(HALVINGS):
            t = (low + high) / 2
            tilt = t[..., None]
            contrast = (1 - tilt) * line.most - tilt * line.least
            above = rate_sum(contrast, o, population, level=level)[side] > 0
            low, high = np.where(above, t, low), np.where(above, high, t)
        t = np.where(high == 1, 1.0, np.where(low == 0, 0.0, (low + high) / 2))
        with np.errstate(divide="ignore"):
            return np.asarray(np.where(np.isnan(ratio), np.nan, t / (1 - t)))

    return Estimate(ratio, root(1), root(2))


def most_deprived_against_all(
    count: ArrayLike, population: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """The rate of the last group over the rate of all, with its exact interval.

    Parameters
    ----------
    count, population
        Events and residents per group, shape `(..., groups)`, the most deprived last. NaN is
        returned where nothing was counted, or nobody lives.
    level
        Least coverage of the interval.

    Examples
    --------
    >>> found = most_deprived_against_all([20, 40, 40], [4000, 4000, 2000])
    >>> [limit.round(2).tolist() for limit in found]
    [2.0, 1.52, 2.51]
    """
    o, n = np.asarray(count, dtype=np.float64), np.asarray(population, dtype=np.float64)
    return share_of_rate(o[..., -1], o.sum(axis=-1), n[..., -1], n.sum(axis=-1), level=level)


def _line(population: ArrayLike) -> RankLine:
    n = np.asarray(population, dtype=np.float64)
    if n.shape[-1] < 2 or not (n > 0).all():
        raise DataError("An index of inequality needs two groups or more, each with residents.")
    share = n / n.sum(axis=-1, keepdims=True)
    # Ridit scores: each group stands at the middle of its share of the population.
    rank = np.cumsum(share, axis=-1) - share / 2
    # The mean rank is 1/2 whatever the sizes, so that the line passes there at the overall rate.
    lean = share * (rank - 0.5)
    slope = lean / (lean * (rank - 0.5)).sum(axis=-1, keepdims=True)
    return RankLine(share - slope / 2, share + slope / 2)


class ByChance(NamedTuple):
    """What a measure of concentration is where events fall by chance alone."""

    mean: Array
    """Expectation of the measure."""
    low: Array
    """Lower end of the middle `level` of the draws."""
    high: Array
    """Upper end."""
    p: Array
    """Share of draws that are as concentrated as what was counted, or more; never 0."""


def top_shares(count: ArrayLike, tops: ArrayLike) -> Array:
    """Share of the events in the areas that have most.

    Parameters
    ----------
    count
        Events per area (or ward, or hour), shape `(n,)`, none missing.
    tops
        Numbers of areas k, 0 to n, any shape; k of p percent is `ceil(n * p / 100)`.

    Returns
    -------
    Array
        The shape of `tops`; NaN where there are no events.

    Raises
    ------
    DataError
        More areas are asked for than there are.

    References
    ----------
    Weisburd (2015), Criminology 53, 133-157 (the law of crime concentration).

    Examples
    --------
    >>> top_shares([1, 6, 0, 3], [1, 2, 4]).tolist()
    [0.6, 0.9, 1.0]
    """
    x, k = np.asarray(count, dtype=np.float64), np.asarray(tops, dtype=np.int64)
    if ((k < 0) | (k > len(x))).any():
        raise DataError(f"The top {k.max()} areas are asked for, and there are {len(x)}.")
    # The largest first; ties do not matter to a sum.
    sums = np.concatenate([[0.0], np.cumsum(np.sort(x)[::-1])])
    return np.asarray(sums[k] / sums[-1] if sums[-1] > 0 else np.full(k.shape, np.nan))


def by_chance(
    measure: Callable[[Integers], Array],
    count: ArrayLike,
    rng: np.random.Generator,
    *,
    exposure: ArrayLike | None = None,
    draws: int = 999,
    level: float = 0.95,
) -> ByChance:
    """What a measure of concentration is where as many events fall on the areas by chance.

    Events are drawn from the multinomial law, each alone. Of the top shares of one area, two
    areas and so on this is the chance curve.

    Parameters
    ----------
    measure
        Takes counts of shape `(n,)` and returns a number or an array of any shape, such as
        `partial(top_shares, tops=[10, 50])`; the more concentrated, the larger.
    count
        Whole numbers of events per area, shape `(n,)`, none missing.
    rng
        Where the draws come from.
    exposure
        Chances are in proportion to it; without it, all areas have the same.
    draws
        How many times the events are drawn.
    level
        Of the draws, how many lie between the limits.

    Examples
    --------
    Of 2 events on 2 areas, both fall on one in half of all cases: the fullest area has 3/4.

    >>> from functools import partial
    >>> fullest = partial(top_shares, tops=1)
    >>> found = by_chance(fullest, [2, 0], np.random.default_rng(1), draws=10_000)
    >>> found.mean.round(2).tolist(), found.p.round(1).tolist()
    (0.75, 0.5)
    """
    x = np.asarray(count, dtype=np.int64)
    chances = np.ones(len(x)) if exposure is None else np.asarray(exposure, dtype=np.float64)
    # Where events are fewer than areas, most areas must be empty: concentration needs this to be
    # read at all.
    seen = measure(x)
    total = int(x.sum())
    # One by one: the draws of a whole country would not fit into memory together.
    maps = (draw_multinomial(rng, total, chances, draws=1)[0] for _ in range(draws))
    drawn = np.array([measure(one) for one in maps])
    # Shares of the same count may differ in their last digit by the order of a sum.
    reached = drawn >= seen - 1e-12
    p = (1 + reached.sum(axis=0)) / (1 + draws)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ByChance(drawn.mean(axis=0), low, high, np.where(np.isnan(seen), np.nan, p))
