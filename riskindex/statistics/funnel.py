"""Many places against one benchmark: funnel limits, and better, similar or worse by interval."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from riskindex.arrays import Array, Words
from riskindex.statistics.intervals import Estimate

WINSORISED = 0.1
"""Share of the places at either end whose z is drawn in before dispersion is estimated."""

VERDICTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"low": ("better", "worse"), "high": ("worse", "better"), "neither": ("lower", "higher")}
)
"""Which values are good, to what is said of an interval below, and above, the benchmark."""


class CountLaw(Protocol):
    """A discrete law, one per place."""

    def ppf(self, q: float, /) -> ArrayLike:
        """Smallest count that is reached with chance q."""

    def cdf(self, k: Array, /) -> ArrayLike:
        """Chance of k or fewer."""

    def pmf(self, k: Array, /) -> ArrayLike:
        """Chance of exactly k."""


def poisson_funnel(
    expected: ArrayLike, *, level: float = 0.95, dispersion: float = 1.0
) -> Estimate:
    """Limits within which observed over expected lies if a place is like the benchmark.

    Parameters
    ----------
    expected
        Events expected at the benchmark's rate, above 0; NaN is returned elsewhere.
    level
        .95 and .998 (two and three standard errors) are usual.
    dispersion
        From `overdispersion`: the limits are moved away from 1 by its root.

    Returns
    -------
    Estimate
        `value` is 1. Exact quantiles of the Poisson law, interpolated between whole numbers so
        that the funnel has no steps.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202, appendix A.1.

    Examples
    --------
    >>> [limit.round(3).tolist() for limit in poisson_funnel([4.0, 400.0])]
    [[1.0, 1.0], [0.023, 0.902], [1.969, 1.098]]
    """
    from scipy import stats

    e = np.asarray(expected, dtype=np.float64)
    return _funnel(stats.poisson(np.where(e > 0, e, np.nan)), e, np.ones_like(e), level, dispersion)


def binomial_funnel(
    base: ArrayLike, benchmark: ArrayLike, *, level: float = 0.95, dispersion: float = 1.0
) -> Estimate:
    """Limits within which a share lies if a place is like the benchmark.

    Parameters
    ----------
    base
        Of how many each share is, whole numbers above 0; NaN is returned elsewhere.
    benchmark
        The benchmark's share, between 0 and 1.
    level, dispersion
        As for `poisson_funnel`; limits stay within 0 and 1.

    Returns
    -------
    Estimate
        `value` is the benchmark.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202, appendix A.1.

    Examples
    --------
    >>> [limit.round(3).tolist() for limit in binomial_funnel([20, 2000], 0.3)]
    [[0.3, 0.3], [0.081, 0.28], [0.487, 0.32]]
    """
    from scipy import stats

    n, theta = np.broadcast_arrays(
        np.asarray(base, dtype=np.float64), np.asarray(benchmark, dtype=np.float64)
    )
    limits = _funnel(stats.binom(np.where(n > 0, n, np.nan), theta), n, theta, level, dispersion)
    return Estimate(limits.value, np.maximum(limits.low, 0), np.minimum(limits.high, 1))


def overdispersion(observed: ArrayLike, expected: ArrayLike, variance: ArrayLike) -> float:
    """How much more places vary around the benchmark than chance explains.

    Parameters
    ----------
    observed, expected
        What was counted, and what the benchmark leads to expect, shape `(places,)`; places where
        either is missing are left out.
    variance
        Of what was counted, if there were no overdispersion: `expected` for counts, and
        base x share x (1 - share) for shares.

    Returns
    -------
    float
        The mean of z squared, after the highest and lowest tenth of all z have been drawn in to
        the next ones, so that the places that a funnel should find do not widen it; 1 or more.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202, section 4.1.

    Examples
    --------
    >>> overdispersion([14, 18, 15, 17], 16, 16), overdispersion([0, 32], 16, 16)
    (1.0, 16.0)
    """
    # Variance is the caller's: that of counts and that of shares differ.
    o, e, v = (np.asarray(x, dtype=np.float64) for x in (observed, expected, variance))
    z = (o - e) / np.sqrt(np.where(v > 0, v, np.nan))
    z = np.sort(z[~np.isnan(z)])
    if not len(z):
        return 1.0
    # Winsorised rather than trimmed, as Spiegelhalter does: extreme places still count as far out.
    drawn_in = int(WINSORISED * len(z))
    z = np.clip(z, z[drawn_in], z[len(z) - 1 - drawn_in])
    # Never below 1: underdispersion would narrow the funnel and flag places by chance.
    return max(1.0, float((z**2).mean()))


def against_benchmark(
    low: ArrayLike,
    high: ArrayLike,
    benchmark: ArrayLike,
    *,
    good: Literal["low", "high", "neither"] = "low",
) -> Words:
    """Better, similar or worse than a benchmark, as public-health profiles colour it.

    Parameters
    ----------
    low, high
        Limits of each place's interval.
    benchmark
        A value that is taken as known, such as that of England.
    good
        Which values are good: "low" of violence, "high" of cases detected. "neither" says lower
        and higher instead of better and worse.

    Returns
    -------
    Array
        Words: "similar" where the benchmark lies in the interval, limits included, and "not
        assessed" where one of the three is missing.

    References
    ----------
    Eayres (2008), Technical Briefing 3: Commonly used public health statistics and their
    confidence intervals, Association of Public Health Observatories.

    Examples
    --------
    >>> against_benchmark([41.2, 30.0, 20.0], [43.8, 36.0, 25.0], 34.4).tolist()
    ['worse', 'similar', 'better']
    """
    lower, upper, b = (np.asarray(x, dtype=np.float64) for x in (low, high, benchmark))
    # Worse depends on the measure: more detected cases are good, more violence is not.
    below, above = VERDICTS[good]
    # Named first: comparisons with NaN are False, and would read as similar.
    unknown = np.isnan(lower) | np.isnan(upper) | np.isnan(b)
    return np.select([unknown, upper < b, lower > b], ["not assessed", below, above], "similar")


def _funnel(law: CountLaw, size: Array, target: Array, level: float, dispersion: float) -> Estimate:
    """Limits of count / size around the target, apart by the root of the dispersion."""
    value = np.where(size > 0, target, np.nan)
    # Avoids dividing by 0 there; the value itself is missing already.
    safe = np.where(size > 0, size, 1.0)
    limits = []
    for p in ((1 - level) / 2, (1 + level) / 2):
        count = np.asarray(law.ppf(p), dtype=np.float64)
        # How far the quantile of a continuous law lies below the whole number that reaches p.
        short = (np.asarray(law.cdf(count)) - p) / np.asarray(law.pmf(count))
        limits.append(value + np.sqrt(dispersion) * ((count - short) / safe - value))
    return Estimate(value, np.maximum(limits[0], 0), limits[1])
