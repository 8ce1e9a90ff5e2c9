"""Events over hours, weekdays and months: spread, tested for what stands out, and default times."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from riskindex.arrays import Array, Flags, Integers, Positions
from riskindex.errors import DataError
from riskindex.statistics.tails import log_binomial_tail

Day = date | str


class StandingOut(NamedTuple):
    """Categories against what their exposure leads to expect."""

    expected: Array
    """Events per category, shape `(..., categories)`."""
    ratio: Array
    """Counted over expected, the same shape."""
    p: Array
    """Upper tail of each category, adjusted for all categories and patterns looked at."""
    largest: Positions
    """Position of the category that stands out most, shape `(...)`; ties go to the first."""
    p_largest: Array
    """Its adjusted p: above .05, "no day stands out"."""


def stand_out(
    count: ArrayLike, exposure: ArrayLike | None = None, *, patterns: int = 1
) -> StandingOut:
    """Whether any category has more of the events than its exposure leads to expect.

    Given their total, events fall on the categories by the multinomial law; each category by
    itself is then binomial, and its exact upper tail is multiplied by the number of categories
    and of patterns (Bonferroni: the chance that any is named without cause is at most 5 in 100).

    Parameters
    ----------
    count
        Events per category, shape `(..., categories)`: weekdays, hours, months. Events must be
        independent: count an incident with many records once.
    exposure
        Days, or hours, of each category in the period, broadcast against `count`, above 0. Without
        it, all categories are alike.
    patterns
        How many patterns are looked at together: 3 for weekday, hour and month.

    Returns
    -------
    StandingOut
        NaN, and position 0, where a count is missing or there are no events.

    Raises
    ------
    DataError
        A category has no exposure.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, section 35.5.

    Examples
    --------
    Of 126 records, 26 on Thursdays are no pattern; 46 are one.

    >>> stand_out([16, 17, 17, 26, 16, 17, 17]).p_largest.round(2).tolist()
    0.23
    >>> found = stand_out([13, 13, 14, 46, 13, 14, 13])
    >>> found.largest.tolist(), found.p_largest < 0.001
    (3, np.True_)
    """
    x = np.asarray(count, dtype=np.float64)
    e = np.ones(x.shape[-1]) if exposure is None else np.asarray(exposure, dtype=np.float64)
    if not (e > 0).all():
        raise DataError("A category without exposure cannot stand out: leave it out.")
    total = x.sum(axis=-1, keepdims=True)
    share = np.broadcast_to(e / e.sum(axis=-1, keepdims=True), x.shape)
    expected = np.where(total > 0, total, np.nan) * share
    # Given the total a category's count is binomial under its share of the exposure.
    log_p = log_binomial_tail(np.where(np.isnan(expected), np.nan, x), total, share)
    # Bonferroni over the categories and over the patterns of a page: of seven even days the largest
    # looks remarkable.
    p = np.minimum(1, np.exp(log_p) * x.shape[-1] * patterns)
    # Logarithms tell apart what as p would be 0 several times, or 1 after adjustment.
    largest = np.argmin(np.where(np.isnan(log_p), 0, log_p), axis=-1)
    named = np.take_along_axis(p, largest[..., None], axis=-1)[..., 0]
    return StandingOut(expected, x / expected, p, largest, named)


def days_by_weekday(start: Day, end: Day) -> Integers:
    """Number of Mondays, Tuesdays and so on in a period.

    Parameters
    ----------
    start, end
        First day, and first day after; text is in ISO form.

    Returns
    -------
    Array
        Shape `(7,)`, Monday first.

    Examples
    --------
    2023 began and ended on a Sunday.

    >>> days_by_weekday("2023-01-01", "2024-01-01").tolist()
    [52, 52, 52, 52, 52, 52, 53]
    """
    # 1 January 1970 was a Thursday.
    return np.bincount((_days(start, end) + 3) % 7, minlength=7)


def days_by_month(start: Day, end: Day) -> Integers:
    """Number of days in January, February and so on of a period.

    Parameters
    ----------
    start, end
        First day, and first day after; text is in ISO form.

    Returns
    -------
    Array
        Shape `(12,)`, January first; 0 for months that the period does not touch.

    Examples
    --------
    >>> days_by_month("2023-12-25", "2024-03-01").tolist()
    [31, 29, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]
    """
    # By the calendar: leap years and part months have their own days.
    months = _days(start, end).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.bincount(months % 12, minlength=12)


def _days(start: Day, end: Day) -> Integers:
    first, after = (int(np.datetime64(day, "D").astype(np.int64)) for day in (start, end))
    return np.arange(first, after, dtype=np.int64)


class DefaultMinutes(NamedTuple):
    """Minutes of the day that stand for a time not known."""

    minute: Positions
    """Minutes since midnight, ascending."""
    expected: Array
    """Events that the rest of the hour and the other hours lead to expect at each of them."""


LEAST_SHARE = 0.01
"""Share of the events with a time that a default holds at least."""
TIMES_EXPECTED = 2
"""How many times what is expected a default holds at least: of fewer, most would be true times."""
SURELY = 1e-6
"""Chance below which a default is called one: far below .05 over the 1,440 minutes of a day."""


def default_minutes(count: ArrayLike) -> DefaultMinutes:
    """Minutes of the day, such as 00:00, that systems write where the time is not known.

    People round times, so that the full hour is common in every hour. A default is more than that:
    of the events in its hour far more lie at this minute than lie at the same minute past the other
    hours. It holds at least `LEAST_SHARE` of all events and `TIMES_EXPECTED` times the number
    expected, by Fisher's exact test of its hour against the others below `SURELY`. The largest
    is found first and left out of the search for the next.

    Parameters
    ----------
    count
        Events per minute of the day, shape `(1440,)`, the first from midnight.

    Returns
    -------
    DefaultMinutes
        None where times have no minutes: if all lie at the full hour, no hour is unlike another.

    Raises
    ------
    DataError
        Another number of minutes than a day has.

    References
    ----------
    Fisher (1935), The Logic of Inductive Inference, Journal of the Royal Statistical Society 98,
    39-82.

    Examples
    --------
    Each hour has 4 events at the full hour and 6 later, but 60 are at midnight.

    >>> count = np.zeros((24, 60))
    >>> count[:, 0], count[:, 25], count[0, 0] = 4, 6, 60
    >>> found = default_minutes(count.ravel())
    >>> found.minute.tolist(), found.expected.tolist()
    ([0], [4.0])
    """
    n = np.asarray(count, dtype=np.float64)
    if n.shape != (_MINUTES,):
        raise DataError(f"A day has {_MINUTES} minutes, not {n.size}.")
    # Defaults that were found already would raise what is expected of the others.
    free = np.ones((24, 60), dtype=bool)
    expected_at: dict[int, float] = {}
    while (best := _largest_default(n.reshape(24, 60), free)) is not None:
        minute, expected = best
        expected_at[minute] = expected
        free.flat[minute] = False
    minutes = sorted(expected_at)
    return DefaultMinutes(
        np.array(minutes, dtype=np.intp), np.array([expected_at[minute] for minute in minutes])
    )


_MINUTES = 1440


def _largest_default(count: Array, free: Flags) -> tuple[int, float] | None:
    """The default with most events beyond those expected, of minutes not found yet."""
    here = np.where(free, count, 0)
    rest = here.sum(axis=1, keepdims=True) - here
    # An hour whose minute was found already is no comparison for the same minute of others.
    compared = np.where(free, rest, 0)
    elsewhere, others = here.sum(axis=0) - here, compared.sum(axis=0) - compared
    expected = rest * elsewhere / np.where(others > 0, others, np.nan)
    asked = free & (here >= max(LEAST_SHARE * count.sum(), 1))
    # NaN is more than nothing: where no other event has another minute, nothing can be expected.
    asked &= here >= TIMES_EXPECTED * expected
    best: tuple[int, float] | None = None
    # The largest first: it distorts the comparison of all other minutes of its hour.
    excess = here - expected
    if asked.any():
        # Slow to import, and most sources have no time of day or no default among them.
        from scipy.stats import hypergeom
    for minute in np.flatnonzero(asked):
        a, b, c, d = (float(part.flat[minute]) for part in (here, rest, elsewhere, others))
        p = hypergeom.sf(a - 1, a + b + c + d, a + c, a + b)
        if p < SURELY and (best is None or excess.flat[minute] > excess.flat[best[0]]):
            best = int(minute), float(expected.flat[minute])
    return best


HOUR = np.timedelta64(1, "h") // np.timedelta64(1, "s")
MONDAY = np.datetime64("1970-01-05", "s")
"""Where hours of the week are counted from; any Monday will do."""
HOURS: Mapping[str, int] = MappingProxyType({"day": 24, "week": 168})
"""Hours after which each cycle starts again."""


def aoristic(start: ArrayLike, end: ArrayLike, *, cycle: Literal["day", "week"] = "day") -> Array:
    """Share of each event that falls into each hour of the day, or of the week.

    An event that may have happened at any moment from `start` to `end` counts in each hour by the
    part of that stretch which lies in it; the sum of the column is the expected number of events.

    Parameters
    ----------
    start, end
        Earliest and latest moment of each event, local clock times, shape `(n,)`, of any type
        that NumPy turns into `datetime64`. Events of one moment have both alike.
    cycle
        "day": 24 columns, the first from midnight. "week": 168, the first from Monday midnight.

    Returns
    -------
    Array
        Shape `(n, 24)` or `(n, 168)`; a row sums to 1, or is NaN where a moment is missing.

    Raises
    ------
    DataError
        Some events end before they start.

    References
    ----------
    Ratcliffe and McCullagh (1998), International Journal of Geographical Information Science 12,
    751-764; Ratcliffe (2000), the same 14, 669-679.

    Examples
    --------
    >>> weights = aoristic(["2023-05-01T22:30"], ["2023-05-02T00:30"])
    >>> weights[0, [22, 23, 0]].tolist()
    [0.25, 0.5, 0.25]
    """
    first, last = (_seconds(moments) for moments in (start, end))
    if (last < first).any():
        wrong = int((last < first).sum())
        raise DataError(f"{wrong} of {len(first)} events end before they start: check both times.")
    length = (last - first)[:, None]
    # Time spent in each hour until the end, less that until the start: any number of days between
    # takes no loop.
    spent = _spent(last, HOURS[cycle]) - _spent(first, HOURS[cycle])
    # A known moment lies in its own hour.
    within = np.floor(first / HOUR)[:, None] % HOURS[cycle] == np.arange(HOURS[cycle])
    weights = np.where(length > 0, spent / np.where(length > 0, length, 1), within)
    return np.where(np.isnan(length), np.nan, weights)


def _seconds(moments: ArrayLike) -> Array:
    """Seconds since a Monday, NaN where missing."""
    at = np.asarray(moments, dtype="datetime64[s]")
    return np.where(np.isnat(at), np.nan, (at - MONDAY) / np.timedelta64(1, "s"))


def _spent(until: Array, hours: int) -> Array:
    """Seconds that lie in each hour of the cycle, from the first Monday until a moment."""
    # Full cycles give every hour the same; only the rest needs its place.
    whole, rest = np.divmod(until, hours * HOUR)
    into = rest[:, None] - HOUR * np.arange(hours)
    return np.asarray(HOUR * whole[:, None] + np.clip(into, 0, HOUR))
