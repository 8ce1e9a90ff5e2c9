"""Numbers drawn from a binomial or multinomial law, the same with every version of NumPy.

NumPy 2.5 corrected how `Generator.binomial` accepts a large draw: some values, and those of
`multinomial`, differ from those of earlier versions. An invented county must not.
"""

from math import floor, lgamma, log, log1p, sqrt

import numpy as np
from numpy.typing import ArrayLike

from riskindex.arrays import Integers

_LARGE = 30
"""Mean count above which NumPy does not draw by inversion; below it, all versions agree."""


def binomial(rng: np.random.Generator, n: ArrayLike, p: ArrayLike) -> Integers:
    """Successes in n trials, broadcast over arrays of n and p.

    Examples
    --------
    >>> binomial(np.random.default_rng(1), [0, 10, 1000], 0.5).tolist()
    [0, 5, 453]
    """
    # One by one on purpose: the order of the draws is what keeps the county the same.
    trials, chance = np.broadcast_arrays(np.asarray(n), np.asarray(p, dtype=float))
    pairs = zip(trials.ravel().tolist(), chance.ravel().tolist(), strict=True)
    drawn = np.fromiter((_binomial(rng, n, p) for n, p in pairs), np.int64, trials.size)
    return drawn.reshape(trials.shape)


def multinomial(rng: np.random.Generator, n: ArrayLike, shares: ArrayLike) -> Integers:
    """n things shared out by chance over classes, the last axis of the shares, which add up to 1.

    Examples
    --------
    >>> multinomial(np.random.default_rng(1), [10, 1000], [0.2, 0.8]).sum(axis=1).tolist()
    [10, 1000]
    """
    totals, p = np.asarray(n), np.asarray(shares, dtype=float)
    shape = np.broadcast_shapes(totals.shape, p.shape[:-1])
    rows = np.broadcast_to(p, (*shape, p.shape[-1])).reshape(-1, p.shape[-1])
    drawn = np.zeros(rows.shape, dtype=np.int64)
    each = np.broadcast_to(totals, shape).ravel().tolist()
    for line, total, row in zip(drawn, each, rows.tolist(), strict=True):
        left, rest = total, 1.0
        # Each class is binomial in what the classes before it have left.
        for k, share in enumerate(row[:-1]):
            if left <= 0:
                break
            line[k] = _binomial(rng, left, share / rest)
            left, rest = left - int(line[k]), rest - share
        line[-1] = left
    return drawn.reshape(*shape, p.shape[-1])


def _binomial(rng: np.random.Generator, n: int, p: float) -> int:
    # The rarer of success and failure is drawn; the mean decides how.
    rare = min(p, 1 - p)
    if n * rare <= _LARGE:
        return int(rng.binomial(n, p))
    drawn = _large_binomial(rng, n, rare)
    return drawn if p <= 0.5 else n - drawn


def _large_binomial(rng: np.random.Generator, n: int, p: float) -> int:
    """By rejection from triangle, parallelogram and two exponential tails; p at most a half.

    The acceptance is exact, by log-gamma functions in place of Stirling's series.

    References
    ----------
    Kachitvichyanukul and Schmeiser (1988), Communications of the ACM 31, 216-222.
    """
    q = 1 - p
    mode = floor(n * p + p)
    half = floor(2.195 * sqrt(n * p * q) - 4.6 * q) + 0.5
    middle = mode + 0.5
    left, right = middle - half, middle + half
    # Constants of the paper, which make the envelope touch the binomial law closely.
    c = 0.134 + 20.5 / (15.3 + mode)
    # Each exponential tail falls as fast as the law does at the edge of the parallelogram.
    slope = (n * p + p - left) / (n * p + p - left * p)
    fall_left = slope * (1 + slope / 2)
    slope = (right - n * p - p) / (right * q)
    fall_right = slope * (1 + slope / 2)
    # Cumulated areas of the four regions, from which one is chosen by a uniform draw.
    area_2 = half * (1 + 2 * c)
    area_3 = area_2 + c / fall_left
    area_4 = area_3 + c / fall_right
    while True:
        u, v = rng.random() * area_4, rng.random()
        if u <= half:
            # Under the triangle no value is ever refused.
            return floor(middle - half * v + u)
        if u <= area_2:
            x = left + (u - half) / c
            v = v * c + 1 - abs(mode - x + 0.5) / half
            if v > 1:
                continue
            y = floor(x)
        elif v == 0:
            continue
        elif u <= area_3:
            y = floor(left + log(v) / fall_left)
            v *= (u - area_2) * fall_left
        else:
            y = floor(right - log(v) / fall_right)
            v *= (u - area_3) * fall_right
        if 0 <= y <= n and (v <= 0 or log(v) <= _log_ratio(n, p, y, mode)):
            return y


def _log_ratio(n: int, p: float, y: int, mode: int) -> float:
    """Logarithm of how likely y is beside the mode."""
    return (
        lgamma(mode + 1)
        + lgamma(n - mode + 1)
        - lgamma(y + 1)
        - lgamma(n - y + 1)
        + (y - mode) * (log(p) - log1p(-p))
    )
