"""A config turned back in time: what could have been built before the periods that are held out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from riskindex.areas import read as inputs
from riskindex.config import Config
from riskindex.errors import ConfigError
from riskindex.events import read as events
from riskindex.events.periods import Period, Unit, missing_months, month_number, parse_periods
from riskindex.events.warehouses.query import WarehouseSource
from riskindex.factors import Factor


class Split(NamedTuple):
    """A config of earlier periods, and what is held out for testing it."""

    earlier: Config
    """The same questions, of periods that end before those held out begin."""
    targets: tuple[str, ...]
    """Factors whose events are counted in the periods held out."""
    held_out: tuple[str, ...]
    """Labels of those periods, in the order of time."""
    notes: tuple[str, ...]
    """What had to be changed, in sentences."""


def split_config(config: Config, *, targets: Sequence[str] = (), hold_out: int = 1) -> Split:
    """Turn a config back to before its last periods.

    Parameters
    ----------
    config
        What is asked. Tables stay as they are: they have no periods.
    targets
        Names of event factors whose events are predicted; left out, all those that have the
        latest period.
    hold_out
        How many of the last periods are held out, together.

    Returns
    -------
    Split
        Every factor keeps its periods that end before the first one held out begins. A factor
        without any is moved to the period just before, where its sources cover it, and is left
        out where they do not. Overrides by hand are dropped: hands knew what came later.

    Raises
    ------
    ConfigError
        A target that counts no events, targets of different periods, or nothing earlier.
    """
    unit = config.periods.unit
    # Tables have no dates, so that only factors of events can be held out.
    dated = {f.name: _in_time(f, unit) for f in config.factors if f.counts_events}
    targets = _targets(dated, targets)
    held_out = _held_out(dated, targets, hold_out)
    before = _Before(config, held_out[0].start)
    factors, notes = [], []
    for factor in config.factors:
        turned, note = before.turn(factor, dated.get(factor.name, ()))
        factors += [turned] if turned else []
        notes += [note] if note else []
    if config.selection.overrides:
        notes.append("Areas put in or taken out by hand are not: hands knew what came later.")
    _check(factors)
    # Not validated again: periods that are gone may be named elsewhere in the config.
    earlier = config.model_copy(
        update={"factors": factors, "selection": replace(config.selection, overrides=())}
    )
    labels = tuple(period.label for period in held_out)
    return Split(earlier, tuple(targets), labels, tuple(notes))


def _in_time(factor: Factor, unit: Unit) -> tuple[Period, ...]:
    periods = parse_periods(factor.periods, unit, place=f"factors.{factor.name}")
    return tuple(sorted(periods, key=lambda period: period.start))


def _targets(dated: Mapping[str, Sequence[Period]], asked: Sequence[str]) -> list[str]:
    if not dated:
        raise ConfigError("No factor counts events, so there is nothing to predict.")
    unknown = [name for name in asked if name not in dated]
    if unknown:
        raise ConfigError(
            f"target: {unknown[0]!r} is no factor that counts events; there are {', '.join(dated)}."
        )
    latest = max(periods[-1] for periods in dated.values())
    # Without a wish all that have the latest period, which can be held out together.
    return list(asked) or [name for name, periods in dated.items() if periods[-1] == latest]


def _held_out(
    dated: Mapping[str, Sequence[Period]], targets: Sequence[str], number: int
) -> tuple[Period, ...]:
    if number < 1:
        raise ConfigError(f"hold-out: {number} must be 1 or more.")
    ends = {name: tuple(dated[name][-number:]) for name in targets}
    first = ends[targets[0]]
    for name, periods in ends.items():
        # Lists held against unlike stretches of time could not stand in one table.
        if periods != first and name != targets[0]:
            raise ConfigError(
                f"target: {targets[0]} ends with {_labels(first)}, {name} with {_labels(periods)}. "
                "Name targets of the same periods."
            )
    return first


def _labels(periods: Sequence[Period]) -> str:
    return ", ".join(period.label for period in periods)


class _Before:
    """What the sources of a config hold before a day."""

    def __init__(self, config: Config, start: date) -> None:
        self.config, self.start = config, start
        self.months: dict[str, dict[int, int]] = {}

    def turn(self, factor: Factor, periods: Sequence[Period]) -> tuple[Factor | None, str]:
        """The factor as of this day, or None, and what had to be changed."""
        if not factor.counts_events:
            return factor, ""
        # Ends before, and not begins before: a period that reaches into what is held out knows it.
        kept = tuple(p.label for p in periods if p.end <= self.start)
        if kept:
            return replace(factor, periods=kept), ""
        # A factor of the last year alone can be tested on the year before, if its records reach so
        # far.
        moved = previous_period(periods[0], self.start, self.config.periods.unit)
        if all(self._covers(group.source, moved) for group in factor.groups):
            return replace(factor, periods=(moved.label,)), f"{factor.label}: of {moved.label}."
        return None, (
            f"{factor.label}: left out, because its sources do not cover {moved.label}, "
            "the period before."
        )

    def _covers(self, source: str, period: Period) -> bool:
        # Read once and only where a factor has no earlier period: files may be large.
        if not self.months:
            self.months = _months(self.config)
        # One covered month is enough; that the period is a part is told by the run itself.
        return len(missing_months(period, self.months[source])) < len(period.months)


def _months(config: Config) -> dict[str, dict[int, int]]:
    """Events of every source by month number, whatever their place and kind."""
    asked = {group.source for factor in config.factors for group in factor.groups}
    sources = {name: source for name, source in config.sources.items() if name in asked}
    # Where a warehouse has to place events before it counts them, it needs the areas for it.
    bare = any(isinstance(s, WarehouseSource) and s.x is not None for s in sources.values())
    areas = inputs.read_areas(config.areas, config.folder).areas if bare else None
    with events.open_events(
        sources, folder=config.folder, factors=config.factors, areas=areas
    ) as opened:
        return {
            name: {
                month_number(first): int(number)
                for first, number in source.relation.filter("date IS NOT NULL")
                .aggregate(
                    "date_trunc('month', date)::DATE AS first, "
                    f"{'sum(events)' if source.is_counted else 'count(*)'} AS number"
                )
                .fetchall()
            }
            for name, source in opened.events.items()
        }


def previous_period(period: Period, start: date, unit: Unit) -> Period:
    """The period of the same length that ends on the day where another starts.

    Parameters
    ----------
    period
        Any period of the unit; it gives the length.
    start
        First day of the other.
    unit
        How the label is written.

    Examples
    --------
    >>> from riskindex.events.periods import parse_period
    >>> previous_period(parse_period("2022-Q1", unit="quarter"), date(2022, 1, 1), "quarter").label
    '2021-Q4'
    """
    # Periods are whole months, whatever the unit.
    end = month_number(start)
    first = end - len(period.months)
    return Period(_LABELS[unit](first, end - 1), _day(first), start)


def _day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


_LABELS: Mapping[Unit, Callable[[int, int], str]] = MappingProxyType(
    {
        # Month numbers count from year 0, so that a label is made by division alone.
        "calendar-year": lambda first, last: f"{first // 12}",
        "financial-year": lambda first, last: f"{first // 12}-{last // 12 % 100:02d}",
        "academic-year": lambda first, last: f"{first // 12}/{last // 12 % 100:02d}",
        "year-ending": lambda first, last: f"{last // 12}-{last % 12 + 1:02d}",
        "quarter": lambda first, last: f"{first // 12}-Q{first % 12 // 3 + 1}",
        "month": lambda first, last: f"{first // 12}-{first % 12 + 1:02d}",
    }
)
"""Unit to the label of a period, from its first and last month number."""


def _check(factors: Sequence[Factor]) -> None:
    faults = list(_faults(factors))
    if faults:
        raise ConfigError(faults)


def _faults(factors: Sequence[Factor]) -> Iterator[str]:
    if not any(factor.counts_events for factor in factors):
        yield "No factor has an earlier period, so there is nothing to build on. Add periods."
    elif not any(factor.scored for factor in factors):
        yield "No scored factor has an earlier period, so there is no earlier index. Add periods."
    for factor in factors:
        if factor.score == "persistence" and factor.scored and len(factor.periods) < 2:
            yield (
                f"factors.{factor.name}: only {factor.periods[0]} is left before the periods held "
                "out, and the score persistence needs two. Add an earlier period, or hold out "
                "fewer."
            )
