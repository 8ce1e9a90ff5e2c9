"""The area's own risk: its events over those expected, pooled over periods and shrunken."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskindex.statistics.smoothing import shrunken_ratio

Array = NDArray[np.float64]
Ageing = Literal["linear", "equal"] | float
"""How periods weigh by their age: a word of AGEING, or a half-life in periods."""


def own_risk(
    observed: Array, expected: Array, *, steps: ArrayLike = 1.0, ageing: Ageing = "linear"
) -> Array:
    """Posterior mean of every area's own ratio of events to what was expected of it.

    A gamma prior of the ratios, by moments, and counts that are Poisson given the ratio make the
    posterior mean (k + O) / (k / m + E). Periods are added up with their weights; a weighted sum
    over its step (its variance over its mean, under Poisson events) varies about as a count does.

    Parameters
    ----------
    observed, expected
        Weighted events and their expectation, shape `(periods, n)` or `(periods, draws, n)`, the
        oldest period first. NaN where a period does not assess an area, which then keeps its
        other periods.
    steps
        Variance over mean of the weighted events of each period; 1 without weights. Broadcast
        against the periods, and draws where there are any.
    ageing
        How periods weigh; see `period_weights`.

    Returns
    -------
    Array
        Shape `(n,)` or `(draws, n)`: 1 is the expectation. At most 1 where no more was counted
        than expected, so that a prior can lift no area above what was expected of it. NaN where
        no period assesses the area.

    References
    ----------
    Clayton and Kaldor (1987), Biometrics 43, 671-681; Marshall (1991), Applied Statistics 40,
    283-294.
    """
    known = (expected > 0) & ~np.isnan(observed)
    weights = period_weights(len(expected), ageing).reshape(-1, *[1] * (expected.ndim - 1))
    spread = np.asarray(steps, dtype=float)
    spread = spread.reshape(spread.shape + (1,) * (expected.ndim - spread.ndim))
    o = np.where(known, weights * observed, 0.0).sum(axis=0)
    e = np.where(known, weights * expected, 0.0).sum(axis=0)
    variance = np.where(known, weights**2 * spread * expected, 0.0).sum(axis=0)
    base = np.where(e > 0, e, np.nan)
    step = variance / base
    ratio = shrunken_ratio(o / step, base / step)
    return np.asarray(np.where(o <= e, np.minimum(ratio, 1.0), ratio))


def period_weights(periods: int, ageing: Ageing) -> Array:
    """Weights of periods, the oldest first; the newest weighs 1.

    Parameters
    ----------
    periods
        How many.
    ageing
        `linear`: k of n for the k-th of n periods. `equal`: 1 each. A number: the half-life, so
        that a period which is so many periods older than the newest weighs a half.

    Examples
    --------
    >>> period_weights(4, "linear").tolist()
    [0.25, 0.5, 0.75, 1.0]
    >>> period_weights(3, 1.0).tolist()
    [0.25, 0.5, 1.0]
    """
    if isinstance(ageing, str):
        return AGEING[ageing](periods)
    return np.asarray(0.5 ** (np.arange(periods - 1, -1, -1) / ageing))


AGEING: Mapping[str, Callable[[int], Array]] = MappingProxyType(
    {
        "linear": lambda periods: np.arange(1, periods + 1) / periods,
        "equal": np.ones,
    }
)
"""Config word to the weights of so many periods."""
