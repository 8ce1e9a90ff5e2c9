"""The area's own risk: its events over those expected, pooled over periods and shrunken."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from riskindex.arrays import Array, Flags
from riskindex.statistics.posterior_risks import SpatialPrior
from riskindex.statistics.smoothing import Gammas, gamma_posteriors, shrunken_ratio

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ageing = Literal["linear", "equal"] | float
"""How periods weigh by their age: a word of AGEING, or a half-life in periods."""
QUANTILES, FEWEST, MOST = 40_000, 16, 400
"""Quantiles that stand for the posteriors of all areas where they are ranked, and for that of one
area at least and at most."""


def own_risk(
    observed: Array,
    expected: Array,
    *,
    steps: ArrayLike = 1.0,
    ageing: Ageing = "linear",
    prior: SpatialPrior | None = None,
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
    prior
        What risks are like before counting, as `spatial_prior` found it; the gamma prior of each
        study area unless given.

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
    pooled = _pooled(observed, expected, steps, ageing)
    if prior is None:
        ratio = shrunken_ratio(pooled.counted, pooled.expected)
    else:
        ratio = _each(pooled, prior.means)
    # No more than expected is never a risk above 1: a spatial prior would lift quiet areas beside
    # busy ones over the line.
    return np.asarray(np.where(pooled.no_excess, np.minimum(ratio, 1.0), ratio))


def risk_exceeds(
    observed: Array,
    expected: Array,
    *,
    above: float,
    steps: ArrayLike = 1.0,
    ageing: Ageing = "linear",
    prior: SpatialPrior | None = None,
) -> Array:
    """Posterior probability that every area's own ratio is above a number.

    Parameters
    ----------
    observed, expected, steps, ageing, prior
        As for `own_risk`.
    above
        The ratio, above 0.

    Returns
    -------
    Array
        Shape `(n,)` or `(draws, n)`, 0 to 1; NaN where no period assesses the area.

    References
    ----------
    Richardson and others (2004), Environmental Health Perspectives 112, 1016-1025.
    """

    def chance(counted: Array, base: Array) -> Array:
        if prior is not None:
            return prior.exceedance(counted, base, above)
        posteriors = gamma_posteriors(counted, base)
        # Where ratios do not vary beyond chance the posterior is a point: above or not.
        varies = special.gammaincc(posteriors.shape, posteriors.rate * above)
        return np.asarray(np.where(np.isnan(varies), posteriors.mean > above, varies))

    return _each(_pooled(observed, expected, steps, ageing), chance)


def risk_rank(
    observed: Array,
    expected: Array,
    *,
    steps: ArrayLike = 1.0,
    ageing: Ageing = "linear",
    prior: SpatialPrior | None = None,
) -> Array:
    """Posterior mean rank of every area's own ratio, as a percentage of the other areas.

    Parameters
    ----------
    observed, expected, steps, ageing, prior
        As for `own_risk`.

    Returns
    -------
    Array
        Shape `(n,)` or `(draws, n)`: of how many of a hundred other areas the area has the higher
        ratio on average, independent of each other given the counts; 50 on average. Where all
        ratios are alike, 50 for each. Under a spatial prior each posterior is taken for the gamma
        with its mean and variance. NaN where no period assesses the area.

    References
    ----------
    Laird and Louis (1989), Journal of Educational Statistics 14, 29-46.
    """

    def rank(counted: Array, base: Array) -> Array:
        posteriors = (
            gamma_posteriors(counted, base) if prior is None else prior.gammas(counted, base)
        )
        return _mean_ranks(posteriors)

    return _each(_pooled(observed, expected, steps, ageing), rank)


def _mean_ranks(posteriors: Gammas) -> Array:
    """Each area's mean rank among quantiles that stand for all posteriors, 0 to 100."""
    n = len(posteriors.mean)
    if n < 2 or np.isnan(posteriors.shape).any():
        return np.full(n, 50.0)
    # All posteriors compared by quantiles and not by draws: the rank has no seed.
    # Fewer quantiles per area on large maps, as all of them are sorted together.
    number = int(np.clip(QUANTILES // n, FEWEST, MOST))
    # Quantiles of a gamma are those of its shape over its rate, and counts repeat themselves.
    shapes, which = np.unique(posteriors.shape, return_inverse=True)
    middles = (np.arange(number) + 0.5) / number
    risks = special.gammaincinv(shapes[:, None], middles)[which] / posteriors.rate[:, None]
    ranks = pd.Series(risks.ravel()).rank().to_numpy().reshape(risks.shape).mean(axis=1)
    # Among its own quantiles an area's mean rank is (number + 1) / 2, whatever they are.
    return np.asarray(100 * (ranks - (number + 1) / 2) / ((n - 1) * number))


def spatial_prior(
    observed: Array,
    expected: Array,
    neighbours: "csr_array[Any]",
    *,
    steps: ArrayLike = 1.0,
    ageing: Ageing = "linear",
) -> SpatialPrior | None:
    """The prior under which neighbourhoods differ, for `own_risk`; None where nothing happened.

    Parameters
    ----------
    observed, expected, steps, ageing
        As for `own_risk`, without draws.
    neighbours
        Shape `(n, n)`, binary, symmetric, zero diagonal.
    """
    pooled = _pooled(observed, expected, steps, ageing)
    assessed = ~np.isnan(pooled.expected)
    counted, base = pooled.counted[assessed], pooled.expected[assessed]
    if not counted.any():
        return None
    return SpatialPrior.fit(counted, base, neighbours[assessed][:, assessed])[0]


class _Pooled(NamedTuple):
    """Periods pooled by weight: a sum that varies as a count does, and its expectation."""

    counted: Array
    expected: Array
    """NaN where no period assesses the area."""
    no_excess: Flags


def _pooled(observed: Array, expected: Array, steps: ArrayLike, ageing: Ageing) -> _Pooled:
    covered = (expected > 0) & ~np.isnan(observed)
    # Older years say less of next year; weights sum events before shrinking, so that the posterior
    # is of one pooled count.
    weights = period_weights(len(expected), ageing).reshape(-1, *[1] * (expected.ndim - 1))
    spread = np.asarray(steps, dtype=float)
    # Steps belong to periods; draws and areas come after them on the axes.
    spread = spread.reshape(spread.shape + (1,) * (expected.ndim - spread.ndim))
    o = np.where(covered, weights * observed, 0.0).sum(axis=0)
    e = np.where(covered, weights * expected, 0.0).sum(axis=0)
    variance = np.where(covered, weights**2 * spread * expected, 0.0).sum(axis=0)
    base = np.where(e > 0, e, np.nan)
    # Weighted and aged events vary more or less than a count: divided by this, they vary as one,
    # which the gamma-Poisson law needs.
    step = variance / base
    return _Pooled(o / step, base / step, o <= e)


def _each(pooled: _Pooled, of: Callable[[Array, Array], Array]) -> Array:
    """A function applied to the assessed areas of each draw; NaN elsewhere."""
    n = np.size(pooled.expected, axis=-1)
    results = np.full(np.shape(pooled.expected), np.nan)
    counted, base = (np.reshape(part, (-1, n)) for part in (pooled.counted, pooled.expected))
    # Repeats are study areas of their own: each has its own mean to be shrunk towards.
    for row, one, its_base in zip(results.reshape(-1, n), counted, base, strict=True):
        assessed = ~np.isnan(its_base)
        row[assessed] = of(one[assessed], its_base[assessed])
    return results


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
