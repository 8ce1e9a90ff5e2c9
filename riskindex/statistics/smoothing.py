"""Rates of small numbers: intervals, probability maps, and shrinkage by empirical Bayes."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from scipy.sparse import csr_array, eye_array

from riskindex.arrays import Array, Flags, Integers

STEPS = 100
"""Steps of the EM algorithm that finds how many areas have each count."""
NEVER = 36.0
"""Noise k of epsilon |k| beyond this (one in 10^15) is taken for none."""


class Interval(NamedTuple):
    """Lower and upper limit of the ratio of a count to its expectation."""

    low: Array
    high: Array


class Shrunken(NamedTuple):
    """Gamma-Poisson empirical Bayes: the posterior of the ratio is Gamma(k + O, k / m + E)."""

    k: Array
    """Shape of the prior; infinite where the ratios vary no more than by chance."""
    m: Array
    """Mean of the prior."""
    ratio: Array
    """Mean of the posterior: observed over expected, drawn towards m."""
    low: Array
    high: Array
    observed: Array
    expected: Array


def byar(observed: ArrayLike, expected: ArrayLike, *, level: float = 0.95) -> Interval:
    """Byar's approximate interval of observed / expected for a Poisson count.

    NaN where either is missing or nothing is expected. The lower limit of a count of 0 is 0.

    References
    ----------
    Breslow and Day (1987), Statistical Methods in Cancer Research II, 69.
    """
    o, e = _with_base(observed, expected)
    z = special.ndtri((1 + level) / 2)
    # Byar's cube root needs an event; with none the lower limit is 0.
    low = np.where(o > 0, o, np.nan)
    low = o * (1 - 1 / (9 * low) - z / (3 * np.sqrt(low))) ** 3
    high = (o + 1) * (1 - 1 / (9 * (o + 1)) + z / (3 * np.sqrt(o + 1))) ** 3
    return Interval(np.where(o == 0, 0.0, low) / e, high / e)


def garwood(observed: ArrayLike, expected: ArrayLike, *, level: float = 0.95) -> Interval:
    """Garwood's exact interval of observed / expected for a Poisson count.

    NaN where either is missing or nothing is expected. The lower limit of a count of 0 is 0.

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442.
    """
    o, e = _with_base(observed, expected)
    # The gamma law of shape 0 is a point at 0, which the inverse does not know.
    low = np.where(o == 0, 0.0, special.gammaincinv(np.where(o > 0, o, np.nan), (1 - level) / 2))
    return Interval(low / e, special.gammainccinv(o + 1, (1 - level) / 2) / e)


def shrink(
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    neighbours: csr_array | None = None,
    centring: Literal["window", "area"] = "window",
    level: float = 0.95,
) -> Shrunken:
    """Empirical Bayes ratios: observed over expected, drawn to the mean where numbers are small.

    Parameters
    ----------
    observed, expected
        Counts and what is expected, shape `(n,)`. Areas where either is missing, or nothing
        is expected, are not assessed.
    neighbours
        Binary, zero diagonal: shrink towards every area's own window instead of towards the
        whole study area.
    centring
        For windows, whether the spread of ratios is taken about the mean of the window (as
        GeoDa does), or about the mean of each area's own window (as Marshall wrote it).
    level
        Of the posterior's central interval.

    References
    ----------
    Marshall (1991), Applied Statistics 40, 283-294 (estimates by moments);
    Clayton and Kaldor (1987), Biometrics 43, 671-681.
    """
    o, e = _with_base(observed, expected)
    # An area without exposure has no ratio, whatever was counted there.
    o = np.where(np.isnan(e), np.nan, o)
    m, a = _global_prior(o, e) if neighbours is None else _local_prior(o, e, neighbours, centring)
    # Mean m and variance a of a gamma: its shape is m^2 / a, infinite where ratios do not vary.
    k = np.divide(m**2, a, out=np.where(np.isnan(a), np.nan, np.inf), where=a > 0)
    ratio = _drawn_in(o, e, m, a)
    shrunken = Shrunken(k, m, ratio, ratio, ratio, o, e)
    low, high = _interval(shrunken, level)
    return shrunken._replace(low=low, high=high)


def shrunken_ratio(observed: ArrayLike, expected: ArrayLike) -> Array:
    """The ratio of `shrink` towards the whole study area alone, without its interval.

    Areas are on the last axis, so that repeats of a study area are rows: each has its own prior.
    """
    o, e = _with_base(observed, expected)
    return _drawn_in(o, e, *_global_prior(o, e))


class Gammas(NamedTuple):
    """A gamma law of every area's ratio, shape `(n,)` each."""

    shape: Array
    """NaN where the ratio is taken to be known: it does not vary."""
    rate: Array
    mean: Array


def gamma_posteriors(observed: Array, expected: Array) -> Gammas:
    """The posteriors of `shrink` towards the whole study area, of areas that are all assessed.

    Parameters
    ----------
    observed, expected
        Shape `(n,)`, expectations above 0, none missing.
    """
    m, a = _global_prior(observed, expected)
    k = np.divide(m**2, a, out=np.full(len(m), np.nan), where=a > 0)
    return Gammas(k + observed, k / m + expected, _drawn_in(observed, expected, m, a))


def counts_behind(noised: ArrayLike, total: float, *, epsilon: float = 1.0) -> Integers:
    """Counts that are expected behind counts with discrete Laplace noise, with a known total.

    A count y with noise is expected to be E[x | y], by the distribution of x over the areas that
    makes all y most likely (of no assumed shape). Where most areas have none or one, noise is
    most of what is seen, and is taken down as far; a large count stays about what it is. A
    negative y says exactly as much as 0 does, because exp(-epsilon |x - y|) is then exp(-epsilon
    x) times a constant: nothing is lost by cutting there, and no bias stays.

    Parameters
    ----------
    noised
        Whole numbers, negative ones among them, shape `(n,)`, none missing. Neighbours should
        stand near each other: fractions are carried along to the next area, so that sums over
        neighbours keep them.
    total
        What the counts without noise add up to, a whole number of 0 or more.
    epsilon
        The noise is k with a probability proportional to exp(-epsilon |k|).

    Returns
    -------
    array
        Whole numbers of 0 or more that add up to the total. Counts that are so already come back
        as they are; where nothing is seen at all, the total is spread evenly.

    References
    ----------
    Ghosh, Roughgarden and Sundararajan (2012), SIAM Journal on Computing 41, 1673-1693 (the
    noise); Laird (1978), Journal of the American Statistical Association 73, 805-811 (the prior).

    Examples
    --------
    >>> counts_behind([-2, 0, 1, -1, 12], 12)
    array([ 0,  0,  0,  0, 12])
    """
    # The noise is public: its law is undone on average, and what the total says is kept.
    given = np.asarray(noised).astype(np.int64)
    if given.min(initial=0) >= 0 and given.sum() == total:
        return given
    seen = np.maximum(given, 0)
    expected = _behind_each(np.bincount(seen), epsilon)[seen]
    # Noise may leave nothing above 0 of a total that is; then all areas are alike.
    expected = expected if expected.any() else np.ones(len(seen))
    # Rounded along the sum, so that whole numbers add up to the total.
    reached = np.rint(np.cumsum(expected * (total / expected.sum())))
    return np.asarray(np.diff(reached, prepend=0.0), dtype=np.int64)


def _behind_each(often: Integers, epsilon: float) -> Array:
    """The count expected behind each of 0, 1, 2, ... that was seen, and how often; 0 elsewhere."""
    reach = int(np.ceil(NEVER / epsilon))
    # Without its constant, which cancels between numerator and denominator.
    law = np.exp(-epsilon * np.abs(np.arange(-reach, reach + 1)))
    count, is_seen = np.arange(len(often), dtype=float), often > 0

    def with_noise(shares: Array) -> Array:
        return np.convolve(shares, law)[reach : reach + len(count)]

    def over(part: Array, whole: Array) -> Array:
        return np.divide(part, whole, out=np.zeros(len(count)), where=is_seen)

    # Starts flat: EM never moves a share of exactly 0.
    prior = np.full(len(count), 1 / len(count))
    for _ in range(STEPS):
        # EM for a mixture: how many areas have each count, made likelier step by step.
        prior = prior * with_noise(over(often / often.sum(), with_noise(prior)))
    return over(with_noise(count * prior), with_noise(prior))


def _with_base(observed: ArrayLike, expected: ArrayLike) -> tuple[Array, Array]:
    o, e = np.broadcast_arrays(np.asarray(observed, float), np.asarray(expected, float))
    return o, np.where((e > 0) & ~np.isnan(o), e, np.nan)


def _drawn_in(o: Array, e: Array, m: Array, a: Array) -> Array:
    """Ratios drawn towards the mean m of a prior of variance a."""
    kept = np.divide(a, a + m / e, out=np.zeros_like(a), where=a > 0)
    return np.asarray(m + (o / e - m) * kept)


def _global_prior(o: Array, e: Array) -> tuple[Array, Array]:
    """Mean and variance of the ratios in the study area, by Marshall's moments."""
    assessed = ~np.isnan(e)
    # A study area without exposure divides by next to nothing and stays missing.
    total = np.maximum(_sum_of(e, assessed), np.finfo(float).tiny)
    m = _sum_of(o, assessed) / total
    # Marshall (1991): variance of ratios about their mean, weighed by exposure, less what counting
    # noise makes of it.
    spread = _sum_of(e * (o / e - m) ** 2, assessed) / total
    a = np.maximum(spread - m * assessed.sum(axis=-1, keepdims=True) / total, 0.0)
    return np.where(assessed, m, np.nan), np.where(assessed, a, np.nan)


def _sum_of(values: Array, assessed: Flags) -> Array:
    """Sum over the areas that are known, which stay an axis."""
    return np.asarray(np.where(assessed, values, 0.0).sum(axis=-1, keepdims=True))


def _local_prior(
    o: Array, e: Array, neighbours: csr_array, centring: Literal["window", "area"]
) -> tuple[Array, Array]:
    """The same in every area's window."""
    assessed = ~np.isnan(e)
    # Unassessed neighbours leave the window.
    windows = csr_array(neighbours[assessed][:, assessed] + eye_array(int(assessed.sum())))
    x, base = o[assessed], e[assessed]
    total = windows @ base
    mean = windows @ x / total
    if centring == "area":
        spread = windows @ (base * (x / base - mean) ** 2) / total
    else:
        # sum e (x/e - m)^2 over a window, with one m per window
        spread = windows @ (x**2 / base) / total - mean**2
    size = total / (windows @ np.ones_like(base))
    m, a = np.full_like(o, np.nan), np.full_like(o, np.nan)
    # Where a window holds no event its ratios are all zero, however its neighbours' windows vary.
    m[assessed], a[assessed] = mean, np.where(mean > 0, np.maximum(spread - mean / size, 0.0), 0.0)
    return m, a


def _posterior(shrunken: Shrunken) -> tuple[Array, Array]:
    varies = np.isfinite(shrunken.k)
    k = np.where(varies, shrunken.k, np.nan)
    return k + shrunken.observed, k / np.where(varies, shrunken.m, np.nan) + shrunken.expected


def _interval(shrunken: Shrunken, level: float) -> tuple[Array, Array]:
    shape, rate = _posterior(shrunken)
    limits = (special.gammaincinv(shape, p) / rate for p in ((1 - level) / 2, (1 + level) / 2))
    low, high = (np.where(np.isinf(shrunken.k), shrunken.m, limit) for limit in limits)
    return low, high
