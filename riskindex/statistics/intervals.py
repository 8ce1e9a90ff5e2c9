"""Exact and score intervals of counts, shares, ratios and differences; percentages as printed."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from riskindex.arrays import Array, Flags, Integers, Words
from riskindex.errors import DataError
from riskindex.statistics.smoothing import garwood

VERDICTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"low": ("better", "worse"), "high": ("worse", "better"), "neither": ("lower", "higher")}
)
"""Which values are good, to what is said of an interval below, and above, the benchmark."""


class Estimate(NamedTuple):
    """A value with its lower and upper limit, arrays of one shape; NaN where undefined."""

    value: Array
    low: Array
    high: Array


def count_interval(count: ArrayLike, exposure: ArrayLike = 1.0, *, level: float = 0.95) -> Estimate:
    """A Poisson count, or its rate per unit of exposure, with Garwood's exact interval.

    Parameters
    ----------
    count
        Events, whole numbers of 0 or more. Of 0 events the lower limit is 0.
    exposure
        What the events are expected from, such as thousands of residents. NaN is returned where
        it is 0 or missing.
    level
        Least coverage of the interval.

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442.

    Examples
    --------
    >>> [limit.round(2).tolist() for limit in count_interval([0, 10])]
    [[0.0, 10.0], [0.0, 4.8], [3.69, 18.39]]
    """
    o, e = _broadcast(count, exposure)
    e = np.where(e > 0, e, np.nan)
    return Estimate(o / e, *garwood(o, e, level=level))


def clopper_pearson(count: ArrayLike, base: ArrayLike, *, level: float = 0.95) -> Estimate:
    """A share with its exact binomial interval, which covers `level` or more at every true share.

    Parameters
    ----------
    count, base
        How many of how many; NaN is returned where the base is 0 or either is missing.
    level
        Least coverage of the interval.

    Raises
    ------
    DataError
        More are counted than the base has.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413.

    Examples
    --------
    >>> [limit.round(3).tolist() for limit in clopper_pearson([0, 10], [10, 25])]
    [[0.0, 0.4], [0.0, 0.211], [0.308, 0.613]]
    """
    k, n = _part_of(count, base)
    # Equal tails: each limit is exceeded with at most half of what is left of the level.
    tail = (1 - level) / 2
    # The limits at none and at all are 0 and 1; the beta law has no shape of 0.
    low = special.betaincinv(np.where(k == 0, 1.0, k), n - k + 1, tail)
    high = special.betaincinv(k + 1, np.where(k == n, 1.0, n - k), 1 - tail)
    low, high = np.where(k == 0, k / n, low), np.where(k == n, k / n, high)
    return Estimate(k / n, np.asarray(low, np.float64), np.asarray(high, np.float64))


def wilson(count: ArrayLike, base: ArrayLike, *, level: float = 0.95) -> Estimate:
    """A share with Wilson's score interval: narrower than the exact one, `level` on average.

    Parameters
    ----------
    count, base
        How many of how many; NaN is returned where the base is 0 or either is missing.
    level
        Average coverage of the interval.

    Raises
    ------
    DataError
        More are counted than the base has.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> [limit.round(3).tolist() for limit in wilson([0, 10], [10, 25])]
    [[0.0, 0.4], [0.0, 0.234], [0.278, 0.593]]
    """
    k, n = _part_of(count, base)
    z = special.ndtri((1 + level) / 2)
    middle = (k + z**2 / 2) / (n + z**2)
    half = z * np.sqrt(k * (n - k) / n + z**2 / 4) / (n + z**2)
    # At none and at all the formula leaves a rounding error of the limit 0 or 1.
    low = np.where(k == 0, np.minimum(k, n), np.maximum(middle - half, 0))
    high = np.where(k == n, k / n, np.minimum(middle + half, 1))
    return Estimate(k / n, low, high)


def count_ratio(
    now: ArrayLike,
    before: ArrayLike,
    exposure_now: ArrayLike = 1.0,
    exposure_before: ArrayLike = 1.0,
    *,
    level: float = 0.95,
) -> Estimate:
    """The ratio of two Poisson rates, with the exact interval given the sum of both counts.

    Given the sum, the later count is binomial; its Clopper-Pearson limits are those of the ratio.

    Parameters
    ----------
    now, before
        Counts of independent events; subtract 1 from the results for a relative change.
    exposure_now, exposure_before
        What they are expected from: residents, or months. NaN is returned where one is 0.
    level
        Least coverage of the interval.

    Returns
    -------
    Estimate
        After a count of 0 the ratio and its upper limit are infinite. NaN where nothing was
        counted either time: nothing is then known of the ratio.

    References
    ----------
    Przyborowski and Wilenski (1940), Biometrika 31, 313-323.

    Examples
    --------
    >>> [(100 * limit - 100).round().tolist() for limit in count_ratio([10, 0], [15, 10])]
    [[-33.0, -100.0], [-73.0, -100.0], [59.0, -55.0]]
    """
    a, b = _broadcast(now, before)
    e, f = (np.where(x > 0, x, np.nan) for x in map(np.asarray, (exposure_now, exposure_before)))
    # Given their sum, one of two Poisson counts is binomial; its limits turn into those of the
    # ratio (both at 0 included).
    shares = clopper_pearson(a, a + b, level=level)
    with np.errstate(divide="ignore"):
        return Estimate(*(share / (1 - share) * (f / e) for share in shares))


def share_of_rate(
    count: ArrayLike,
    total: ArrayLike,
    exposure: ArrayLike,
    total_exposure: ArrayLike,
    *,
    level: float = 0.95,
) -> Estimate:
    """The rate of a part over the rate of the whole that it belongs to, with an exact interval.

    The most deprived fifth against all areas is such a ratio: the two are not independent, but
    given the total the part is binomial, so that the limits of its share are those of the ratio.

    Parameters
    ----------
    count, exposure
        Events and residents of the part.
    total, total_exposure
        Events and residents of the whole, the part included. NaN is returned where one is 0.
    level
        Least coverage of the interval.

    Examples
    --------
    >>> [limit.round(2).tolist() for limit in share_of_rate(40, 100, 20, 100)]
    [2.0, 1.52, 2.51]
    """
    e, total_e = _broadcast(exposure, total_exposure)
    # A part shares its events with the whole, so that two independent counts would be wrong: the
    # share of the total is binomial.
    scale = np.where(total_e > 0, total_e, np.nan) / np.where(e > 0, e, np.nan)
    return Estimate(*(share * scale for share in clopper_pearson(count, total, level=level)))


def share_difference(
    count: ArrayLike,
    base: ArrayLike,
    other_count: ArrayLike,
    other_base: ArrayLike,
    *,
    level: float = 0.95,
) -> Estimate:
    """The first share minus the second, with Newcombe's interval from Wilson's limits of each.

    Parameters
    ----------
    count, base, other_count, other_base
        How many of how many, in two separate groups. NaN is returned where a base is 0.
    level
        Average coverage of the interval.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    Examples
    --------
    >>> [limit.round(4).tolist() for limit in share_difference(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    p, q = wilson(count, base, level=level), wilson(other_count, other_base, level=level)
    difference = p.value - q.value
    # Newcombe's method 10: the squares of the distances to Wilson's limits add up.
    low = difference - np.hypot(p.value - p.low, q.high - q.value)
    high = difference + np.hypot(p.high - p.value, q.value - q.low)
    return Estimate(difference, low, high)


def share_difference_p(
    count: ArrayLike, base: ArrayLike, other_count: ArrayLike, other_base: ArrayLike
) -> Array:
    """Two-sided p of two shares being one, by Fisher's exact test given their sum.

    Parameters
    ----------
    count, base, other_count, other_base
        Whole numbers: how many of how many, in two separate groups. NaN is returned where one is
        missing or a base is 0.

    References
    ----------
    Fisher (1935), The Logic of Inductive Inference, Journal of the Royal Statistical Society 98,
    39-82.

    Examples
    --------
    >>> share_difference_p([3, 56], [4, 70], [1, 48], [4, 80]).round(4).tolist()
    [0.4857, 0.0083]
    """
    from scipy.stats import fisher_exact

    k, n, j, m = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (count, base, other_count, other_base))
    )
    p = np.full(k.shape, np.nan)
    for at in np.ndindex(k.shape):
        if n[at] > 0 and m[at] > 0 and not np.isnan(k[at] + j[at]):
            # One by one, as the exact test has no form for arrays.
            table = [[k[at], n[at] - k[at]], [j[at], m[at] - j[at]]]
            p[at] = fisher_exact(np.rint(table).astype(np.int64)).pvalue
    return p


def rate_sum(
    coefficients: ArrayLike, count: ArrayLike, exposure: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """A weighted sum of independent rates, with an interval from Garwood's limits of each.

    Parameters
    ----------
    coefficients
        Weight of each rate, shape `(..., groups)`, of either sign.
    count, exposure
        Events and what they are expected from, shape `(..., groups)`, exposure above 0.
    level
        Coverage: about `level`, rather more where counts are small.

    Returns
    -------
    Estimate
        Shape `(...)`. The distances of the limits are added as squares (MOVER), so that a group
        without events adds what it may have had, and limits are not symmetric.

    References
    ----------
    Zou and Donner (2008), Statistics in Medicine 27, 1693-1702.

    Examples
    --------
    >>> [limit.round(2).tolist() for limit in rate_sum([1, -1], [10, 4], [1, 1])]
    [6.0, -2.13, 14.88]
    """
    c = np.asarray(coefficients, dtype=np.float64)
    rate = count_interval(count, exposure, level=level)
    # Each rate has its own exact limits, and the sum has none; MOVER combines them.
    value = (c * rate.value).sum(axis=-1)
    # A negative coefficient turns limits round. Squares add up (MOVER).
    below = np.where(c > 0, rate.value - rate.low, rate.high - rate.value)
    above = np.where(c > 0, rate.high - rate.value, rate.value - rate.low)
    return Estimate(
        value,
        value - np.sqrt((c**2 * below**2).sum(axis=-1)),
        value + np.sqrt((c**2 * above**2).sum(axis=-1)),
    )


def percent_change(now: ArrayLike, before: ArrayLike, *, decimals: int = 0) -> Array:
    """Change between two counts in percent, rounded half away from zero by whole numbers alone.

    27 from 40 is 32.5 less in 100, printed as -33: floating point makes 32.499... of it.

    Parameters
    ----------
    now, before
        Counts. NaN is returned where one is missing, or after a count of 0.
    decimals
        Digits after the point, 0 or more.

    Raises
    ------
    DataError
        A count is negative or no whole number.

    Examples
    --------
    >>> percent_change([27, 53, 3], [40, 40, 0]).tolist()
    [-33.0, 33.0, nan]
    """
    a, b, present = _whole(now, before)
    return _rounded_percent(a - b, b, present, decimals)


def percent_share(count: ArrayLike, base: ArrayLike, *, decimals: int = 0) -> Array:
    """A share in percent, rounded half away from zero by whole numbers alone.

    Parameters
    ----------
    count, base
        How many of how many. NaN is returned where one is missing or the base is 0.
    decimals
        Digits after the point, 0 or more.

    Raises
    ------
    DataError
        A count is negative or no whole number.

    Examples
    --------
    >>> percent_share([1, 89], [8, 715], decimals=1).tolist()
    [12.5, 12.4]
    """
    k, n, present = _whole(count, base)
    return _rounded_percent(k, n, present, decimals)


def round_half_away(values: ArrayLike, *, decimals: int = 0) -> Array:
    """Numbers rounded half away from zero as they are written in decimals; NaN and inf stay.

    2.675 becomes 2.68 though its nearest floating-point number lies below. It cannot mend what
    arithmetic has lost before: percentages of counts come from `percent_change`, `percent_share`.

    Parameters
    ----------
    values
        Any shape.
    decimals
        Digits after the point; below 0, zeros before it.

    Examples
    --------
    >>> round_half_away([0.5, -2.5, 2.4]).tolist(), round_half_away(2.675, decimals=2).tolist()
    ([1.0, -3.0, 2.0], 2.68)
    """
    x = np.array(values, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.abs(x) * 10.0**decimals
        steps = np.floor(scaled + 0.5)
        # Far from a half and small enough for every digit: no text can say otherwise.
        clear = (np.abs(scaled - np.floor(scaled) - 0.5) > 1e-6) & (scaled < 1e9)
    # A power of ten is exact, so that one division gives the number nearest to the decimals.
    whole = steps / 10.0**decimals if decimals > 0 else steps * 10.0**-decimals
    # By the decimal text of a number: 2.675 in binary is below itself, and would be rounded down.
    step = Decimal(1).scaleb(-decimals)
    rest = np.isfinite(x) & ~clear
    # Adding 0 turns the minus zero of -0.4 into 0.
    x[rest] = [
        float(Decimal(repr(v)).quantize(step, ROUND_HALF_UP)) + 0.0 for v in x[rest].tolist()
    ]
    x[clear] = np.copysign(whole, x)[clear] + 0.0
    return x


def _rounded_percent(part: Integers, base: Integers, present: Flags, decimals: int) -> Array:
    # Integers up to the last division: percentages of counts must not depend on binary halves.
    scale = 10**decimals
    whole = np.where(present & (base > 0), base, 1)
    # 27 from 40 is -32.5 exactly, and in floats 32.499...: whole numbers alone decide a half.
    nearest = (200 * scale * np.abs(part) + whole) // (2 * whole)
    percent = np.sign(part) * nearest / scale
    return np.where(present & (base > 0), percent, np.nan)


def _whole(first: ArrayLike, second: ArrayLike) -> tuple[Integers, Integers, Flags]:
    """Two counts as whole numbers, and where both are known; 0 where one is not."""
    x, y = _broadcast(first, second)
    present = ~np.isnan(x + y)
    x, y = np.where(present, x, 0.0), np.where(present, y, 0.0)
    for counts in (x, y):
        wrong = counts[(counts < 0) | (counts != np.rint(counts))]
        if wrong.size:
            raise DataError(f"Counts are whole numbers of 0 or more, and {wrong[0]:g} is not.")
    return x.astype(np.int64), y.astype(np.int64), present


def _part_of(count: ArrayLike, base: ArrayLike) -> tuple[Array, Array]:
    k, n = _broadcast(count, base)
    if (k > n).any():
        at = np.argmax(k > n)
        raise DataError(
            f"A share cannot be above 1: {k.flat[at]:g} are counted of a base of {n.flat[at]:g}."
        )
    return k, np.where(n > 0, n, np.nan)


def _broadcast(first: ArrayLike, second: ArrayLike) -> tuple[Array, Array]:
    x, y = np.broadcast_arrays(
        np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    )
    return x, y


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
