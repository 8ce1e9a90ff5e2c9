"""Periods: what a label such as 2022, 2022-23 or 2022-Q1 means, and what part of it data covers."""

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Literal, NamedTuple

from riskindex.errors import ConfigError

Unit = Literal[
    "calendar-year", "financial-year", "academic-year", "year-ending", "quarter", "month"
]

Categories = Literal["riskindex", "sfhotspot", "sfhotspot-as-coded", "arcgis-pro", "arcgis-2018"]

UNLIKELY = 7.0
"""Events expected in a stretch of months that has none, from which on it counts as not covered:
the chance of such a gap is below exp(-7), 1 in 1,000."""


FEW_DAYS = 7
"""Days without an event, from Christmas to New Year, are no sign of a file cut short."""


@dataclass(frozen=True, kw_only=True)
class Periods:
    """What a period is; factors name their periods by label."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    unit: Unit = "calendar-year"
    """Labels: 2022, 2022-23 (April), 2022/23 (September), 2022-03 (the last month), 2022-Q1, or
    2022-01."""
    categories: Categories = "riskindex"
    """Whose categories name an area's history: ours; sfhotspot's as documented or as coded; or
    ArcGIS's emerging ones, by the help of ArcGIS Pro or by that of 2018."""


class Period(NamedTuple):
    """A stretch of whole months."""

    label: str
    """As the config writes it."""
    start: date
    """First day."""
    end: date
    """First day after."""

    @property
    def months(self) -> range:
        """Numbers of its months, counted from the year 0."""
        return range(month_number(self.start), month_number(self.end))


def month_number(day: date) -> int:
    """Months since January of the year 0."""
    return day.year * 12 + day.month - 1


def month_label(number: int) -> str:
    """A month number as 2022-03."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def parse_period(label: str, *, unit: Unit = "calendar-year") -> Period:
    """The first day of a period and the first day after it.

    Parameters
    ----------
    label
        2022 (calendar-year), 2022-23 (financial-year, from April), 2022/23 (academic-year, from
        September), 2022-03 (year-ending, April 2021 to March 2022), 2022-Q1 (quarter), 2022-01
        (month).
    unit
        What the label names.

    Raises
    ------
    ConfigError
        The label is not one of this unit.

    Examples
    --------
    >>> parse_period("2022-23", unit="financial-year")[1:]
    (datetime.date(2022, 4, 1), datetime.date(2023, 4, 1))
    """
    pattern, example, first_and_length = _UNITS[unit]
    found = re.fullmatch(pattern, label)
    span = first_and_length(*map(int, found.groups())) if found else None
    # Python's dates reach from year 1 to 9999.
    if span is None or not 12 <= span[0] < 9999 * 12:
        raise ConfigError(f"periods: {label!r} is no {unit}; write it as {example}.")
    first, length = span
    return Period(label, _first_day(first), _first_day(first + length))


def parse_periods(labels: Sequence[str], unit: Unit, *, place: str) -> tuple[Period, ...]:
    """The periods of one factor, which must not share a month.

    Parameters
    ----------
    labels
        Labels of one unit.
    unit
        What the labels name.
    place
        Who asks, in error messages.

    Raises
    ------
    ConfigError
        A label is not one of the unit; two periods overlap, so that what is said about several
        would count the same events twice; or they are not in order, the last of them being scored.
    """
    periods = tuple(parse_period(label, unit=unit) for label in labels)
    in_time = sorted(periods, key=lambda period: period.start)
    for earlier, later in itertools.pairwise(in_time):
        if later.start < earlier.end:
            raise ConfigError(
                f"{place}: the periods {earlier.label} and {later.label} share months, so that "
                "events would be counted twice. Leave one out."
            )
    # The last period is scored and "new" means new in it, so that the order is not a matter of
    # taste.
    if list(periods) != in_time:
        order = ", ".join(period.label for period in in_time)
        raise ConfigError(f"{place}: write the periods from the first to the last: {order}.")
    return periods


def period_faults(labels: Sequence[str], unit: Unit) -> Iterator[str]:
    """Say what is wrong with the periods of one factor; see `parse_periods`."""
    try:
        parse_periods(labels, unit, place="periods")
    except ConfigError as error:
        yield from error.faults


def missing_months(period: Period, events: Mapping[int, int]) -> tuple[int, ...]:
    """Months of a period that a source does not seem to cover.

    A month without an event may be chance. A stretch of empty months counts as missing where
    the source's own rate, of n events over the months from its first to its last (n - 1 of them,
    because the ends are chosen by events), would have put `UNLIKELY` events or more into it.

    Parameters
    ----------
    period
        A stretch of months.
    events
        Month number to the number of events read in it, whatever their place and kind.
    """
    if not events:
        return tuple(period.months)
    # Poisson at the source's own rate: P(none) = exp(-expected).
    rate = (sum(events.values()) - 1) / (max(events) - min(events) + 1)
    missing: list[int] = []
    stretch: list[int] = []
    # The None closes the last stretch.
    for month in (*period.months, None):
        if month is not None and not events.get(month):
            stretch.append(month)
            continue
        if rate * len(stretch) >= UNLIKELY:
            missing += stretch
        stretch = []
    return tuple(missing)


def missing_days(
    period: Period, events: Mapping[date, int], *, months: Collection[int] = ()
) -> list[tuple[date, date]]:
    """Stretches of days of a period that a source does not seem to cover: first and last day.

    The rule of `missing_months` for days. Days with an event are counted, not events, because
    records are entered in batches; weekends and holidays leave stretches shorter than `FEW_DAYS`.

    Parameters
    ----------
    period
        A stretch of months.
    events
        Day to the number of events read on it; at least one.
    months
        Numbers of months that are not looked at.
    """
    # Less one, as for months: the first and the last day are chosen by having events.
    rate = (len(events) - 1) / ((max(events) - min(events)).days + 1)
    found: list[tuple[date, date]] = []
    stretch: list[date] = []
    days = (period.start + timedelta(i) for i in range((period.end - period.start).days))
    for day in (*days, None):
        if day is not None and day not in events and month_number(day) not in months:
            stretch.append(day)
            continue
        # Days and not events: a batch of 200 records on one day says nothing about the next.
        if len(stretch) >= FEW_DAYS and rate * len(stretch) >= UNLIKELY:
            found.append((stretch[0], stretch[-1]))
        stretch = []
    return found


def _first_day(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _year_from(month: int) -> Callable[[int, int], tuple[int, int] | None]:
    """Years that start in a month and are named by both the calendar years they touch."""

    def span(year: int, second: int) -> tuple[int, int] | None:
        # 2022-24 would be two years, and is refused.
        return (year * 12 + month - 1, 12) if second == (year + 1) % 100 else None

    return span


def _in_year(
    per_year: int, length: int, last: bool
) -> Callable[[int, int], tuple[int, int] | None]:
    """A numbered part of a year; or the twelve months that end with it."""

    def span(year: int, part: int) -> tuple[int, int] | None:
        if not 1 <= part <= per_year:
            return None
        first = year * 12 + (part - 1) * (12 // per_year)
        # The year that ends with a month begins eleven months before it.
        return (first - 11, 12) if last else (first, length)

    return span


_Span = Callable[..., tuple[int, int] | None]
_UNITS: dict[Unit, tuple[str, str, _Span]] = {
    "calendar-year": (r"(\d{4})", "2022", lambda year: (year * 12, 12)),
    "financial-year": (r"(\d{4})-(\d\d)", "2022-23, from April 2022", _year_from(4)),
    "academic-year": (r"(\d{4})/(\d\d)", "2022/23, from September 2022", _year_from(9)),
    "year-ending": (r"(\d{4})-(\d\d)", "2022-03, its last month", _in_year(12, 12, last=True)),
    "quarter": (r"(\d{4})-Q(\d)", "2022-Q1", _in_year(4, 3, last=False)),
    "month": (r"(\d{4})-(\d\d)", "2022-01", _in_year(12, 1, last=False)),
}
"""Unit to the form of its labels, an example, and (first month number, months)."""
