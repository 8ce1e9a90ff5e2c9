"""Several scores of an area made into one: weighted means and Copeland's duels."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from riskindex.arrays import Array
from riskindex.errors import DataError

Aggregation = Callable[[Array, Array, float], "Combined"]


class Combined(NamedTuple):
    """A mean of several scores and how it moves with each of them."""

    score: Array
    """Shape `(n,)`; NaN where not assessed."""
    slope: Array
    """Shape `(n, factors)`: change of the mean per point of each score; NaN where it has none."""


def power_mean(scores: Array, weights: Array, *, power: float) -> Combined:
    """Weighted mean of a power: `(sum w s^p)^(1/p)`, and `exp(sum w ln s)` for p = 0.

    Parameters
    ----------
    scores
        Shape `(n, factors)`, none missing; zero or more unless the power is 1. At a power of
        zero or less a score of 0 with a weight makes the mean 0.
    weights
        Shape `(n, factors)`, adding up to 1 per area unless the power is 1.
    power
        1 arithmetic, 0 geometric, -1 harmonic.

    Raises
    ------
    DataError
        A negative score, and the power is not 1.
    """
    # A sum of weighted points; its slope is the weight, and contributions add up.
    if power == 1:
        return Combined((weights * scores).sum(axis=1), weights)
    if (scores < 0).any():
        raise DataError("Scores below zero have only an arithmetic mean; normalise to 0-100 first.")
    with np.errstate(divide="ignore", invalid="ignore"):
        # An area that scores 0 on one weighted factor has a geometric mean of 0: that is what the
        # choice means.
        if power == 0:
            mean = np.exp(np.where(weights > 0, weights * np.log(scores), 0.0).sum(axis=1))
        else:
            mean = _mean_of_powers(scores, weights, power)
        # Derivative of the mean, from which Euler's contributions are made.
        slope = weights * (mean[:, None] / scores) ** (1 - power)
    return Combined(mean, np.where((scores > 0) & (mean > 0)[:, None], slope, 0.0))


def _mean_of_powers(scores: Array, weights: Array, power: float) -> Array:
    """Relative to the score that dominates each sum, so that no power of it is too large."""
    counted = weights > 0
    most = np.where(counted, scores, -np.inf).max(axis=1)
    least = np.where(counted, scores, np.inf).min(axis=1)
    size = np.maximum(most if power > 0 else least, 0.0)
    relative = np.divide(scores, size[:, None], out=np.zeros_like(scores), where=size[:, None] > 0)
    # A score of 0 without weight would be infinite under a power below zero.
    relative = np.where(counted, relative, 1.0)
    total = np.where(counted, weights * relative**power, 0.0).sum(axis=1)
    return np.asarray(np.where(size > 0, size * total ** (1 / power), 0.0))


def copeland(scores: Array, weights: Array) -> Array:
    """Duels won less duels lost, each area against every other.

    An area wins a duel where the factors on which it scores higher weigh more than those on which
    the other does; a factor counts with the smaller of its weights in the two areas.

    Parameters
    ----------
    scores
        Shape `(n, factors)`, none missing, n at most 5,000: every pair of areas is compared.
    weights
        Shape `(n, factors)`.

    Returns
    -------
    Array
        Shape `(n,)`, whole numbers from -(n - 1) to n - 1.

    References
    ----------
    Copeland (1951); Munda and Nardo (2009), Applied Economics 41, 1513-1523.
    """
    n, factors = scores.shape
    if n > COPELAND_LIMIT:
        raise DataError(
            f"Copeland compares every pair of areas, which is for at most {COPELAND_LIMIT:,} of "
            f"them, not {n:,}. Take a mean."
        )
    won = np.empty(n)
    # In blocks: all pairs at once would need n squared numbers for each factor.
    for start in range(0, n, 256):
        mine = slice(start, min(start + 256, n))
        margin = np.zeros((mine.stop - start, n))
        for k in range(factors):
            # A factor that one of two areas lacks decides nothing between them.
            weight = np.minimum(weights[mine, k, None], weights[:, k])
            margin += weight * np.sign(scores[mine, k, None] - scores[:, k])
        # Weights such as .1 + .2 against .3 must draw.
        won[mine] = np.where(np.abs(margin) < 1e-12, 0.0, np.sign(margin)).sum(axis=1)
    return won


COPELAND_LIMIT = 5_000


def _copeland_score(scores: Array, weights: Array) -> Combined:
    """Copeland's count as 0 to 100; an area without any score has 0. It is no sum of points."""
    share = (copeland(scores, weights) / max(len(scores) - 1, 1) + 1) / 2
    # An area that scores 0 on every factor has no risk to rank, whatever duels it draws.
    nothing = (np.where(weights > 0, scores, 0.0) == 0).all(axis=1)
    return Combined(np.where(nothing, 0.0, 100 * share), np.full(scores.shape, np.nan))


AGGREGATE: dict[str, Aggregation] = {
    "arithmetic": lambda scores, weights, _: power_mean(scores, weights, power=1),
    "geometric": lambda scores, weights, _: power_mean(scores, weights, power=0),
    "harmonic": lambda scores, weights, _: power_mean(scores, weights, power=-1),
    "general": lambda scores, weights, power: power_mean(scores, weights, power=power),
    "copeland": lambda scores, weights, _: _copeland_score(scores, weights),
}
"""Config word to a function of scores, weights and the power of the general mean."""


SMALLEST = 1e-280
"""Smaller numbers are rounded to a fixed place, which is zero for all purposes."""
MOST_DIGITS = 15
"""Decimal digits that every floating-point number keeps."""
POWERS = 10.0 ** np.arange(308)


def quantise(values: Array, *, digits: int = 10) -> Array:
    """Round to significant digits, so that sums in another order still tie.

    Parameters
    ----------
    values
        Any shape; NaN stays NaN.
    digits
        Significant decimal digits that are kept; with 16 or more the values stay as they are.
    """
    x = np.asarray(values, dtype=float)
    # All digits are kept: rounding to 16 is none.
    if digits > MOST_DIGITS:
        return x
    # Significant digits and not decimals: scores may be thousandths.
    size = np.abs(x)
    exponent = np.floor(np.log10(np.where((size > SMALLEST) & (size < np.inf), size, 1.0)))
    places = digits - 1 - exponent.astype(np.int64)
    # Powers of ten are exact only upwards, so large values are divided and small ones multiplied.
    up, down = POWERS[np.maximum(places, 0)], POWERS[np.maximum(-places, 0)]
    return np.asarray(np.rint(x * up / down) / up * down, dtype=float)
