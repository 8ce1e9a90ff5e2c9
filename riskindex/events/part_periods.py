"""What part of a period a source covers: months, days and rules without a record are not all 0."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from riskindex.areas.editions import first_few
from riskindex.errors import DataError
from riskindex.events.periods import UNLIKELY, Period, missing_days, missing_months, month_label
from riskindex.events.source_events import Group
from riskindex.events.tally import Tally

Months = Mapping[Period, tuple[int, ...]]
"""Period to the numbers of its months that hold no record and should."""


class PartPeriods:
    """Which months and days of each period a source does not seem to cover.

    Parameters
    ----------
    tally
        The source. Where its coverage says `missing = "zero"`, it covers everything.

    Raises
    ------
    DataError
        It covers none of a factor's periods; or a month is missing and is to be refused.
    """

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        # "zero" is for sources so rare that whole months without an event are plausible.
        missing = tally.events.coverage.missing
        self.is_whole = missing == "zero"
        self.covered = tally.events.covered_months
        self._refuse_parts_of_numbers()
        self.months = {period: self._months(period) for period in tally.periods}
        if self.is_whole:
            return
        self._refuse_none_covered()
        notes = list(self._month_notes())
        # For those who would rather stop than publish a part year as a year.
        if missing == "refuse" and notes:
            raise DataError(notes)
        for group in tally.groups:
            # A factor without any period has nothing to test, which is a fault of the config and no
            # result.
            if all(self.lacks(group, period) for period in group.periods):
                raise DataError(list(self._rule_notes(group)))

    def lacks(self, group: Group, period: Period) -> bool:
        """Whether a period is not assessed for a group of events: none of its months is covered."""
        # Missing either for the source or for the rule: a renamed category looks the same from here
        # as a lost file.
        gone = {*self.months[period], *self._of_rule(group).get(period, ())}
        return len(gone) == len(period.months)

    def is_bare(self, period: Period) -> bool:
        """Whether the source has no record in any month of a period, whatever its kind."""
        return len(self.months[period]) == len(period.months)

    def is_part(self, group: Group, period: Period) -> bool:
        """Whether some of a period is not covered, so that its number is no period's number."""
        gone = self.months[period] or self._of_rule(group).get(period)
        return bool(gone) or period in self.days

    def notes(self) -> Iterator[str]:
        """Sentences about months, days and rules."""
        yield from self._month_notes()
        yield from self._day_notes()
        for group in self.tally.groups:
            yield from self._rule_notes(group)

    def _months(self, period: Period) -> tuple[int, ...]:
        if self.covered is not None:
            return tuple(month for month in period.months if month not in self.covered)
        if self.is_whole:
            return ()
        # A file of headings alone says that nothing happened in its month.
        empty_months = self.tally.events.empty_months
        # Without such a file an empty month of a busy source is taken for a lost one.
        return tuple(m for m in missing_months(period, self._by_month) if m not in empty_months)

    @cached_property
    def _by_month(self) -> dict[int, int]:
        """Number of records in each month, whatever their place and kind."""
        return _counts(self._of_sort.groupby("month")["n"].sum())

    @cached_property
    def _of_sort(self) -> pd.DataFrame:
        query = (
            "SELECT month, sort, sum(events)::BIGINT AS n FROM kinds WHERE month IS NOT NULL "
            "GROUP BY ALL ORDER BY ALL"
        )
        return self.tally.events.connection.execute(query).df()

    def _refuse_parts_of_numbers(self) -> None:
        """A number of a year cannot be divided into the months of a period."""
        for period in self.tally.periods:
            asked = set(period.months)
            for months in self.tally.events.own_periods or ():
                # A yearly number in a part of its year would need a guess of its months.
                if asked & set(months) and not asked >= set(months):
                    span = f"{month_label(months[0])} to {month_label(months[-1])}"
                    raise DataError(
                        f"{self.tally.name}: the table has one number for {span}, which the period "
                        f"{period.label} divides. Ask for whole periods of the table."
                    )

    def _refuse_none_covered(self) -> None:
        for group in self.tally.groups:
            if all(len(self.months[period]) == len(period.months) for period in group.periods):
                months = [month_label(month) for month in self._by_month] or ["no month"]
                raise DataError(
                    f"factors.{group.factor}: {self.tally.name} has no events in "
                    f"{', '.join(period.label for period in group.periods)}; it has some from "
                    f"{months[0]} to {months[-1]}. Change the periods, or add the files."
                )

    def _month_notes(self) -> Iterator[str]:
        for period, months in self.months.items():
            names = first_few([month_label(month) for month in months], shown=12)
            if self.is_bare(period):
                yield bare_note(self.tally.name, period.label)
            elif months:
                yield (
                    f"{self.tally.name}: {period.label} is a part period; {len(months)} of its "
                    f"{len(period.months)} months have no events ({names})."
                )

    @cached_property
    def days(self) -> dict[Period, list[tuple[date, date]]]:
        """Stretches of days without an event, first and last day, where some should be."""
        if self.is_whole or not len(self._by_day):
            return {}
        gaps = {}
        for period in self.tally.periods:
            # Days of a month that is missing whole are told once, with the month.
            gone = set(self.months[period]) | self.tally.events.empty_months
            stretches = missing_days(period, self._by_day, months=gone)
            if stretches:
                gaps[period] = stretches
        return gaps

    @cached_property
    def _by_day(self) -> dict[date, int]:
        """Number of records on each day; nothing where the source knows months alone."""
        # Where every date is the first of a month the source knows no days, as police.uk does.
        if self.tally.number("SELECT coalesce(max(last_day), 1) FROM kinds") == 1:
            return {}
        rows = self.tally.events.connection.execute(
            "SELECT date, count(*) FROM coded WHERE date IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
        return dict(rows)

    def _day_notes(self) -> Iterator[str]:
        for period, stretches in self.days.items():
            gaps = [self._stretch(period, *stretch) for stretch in stretches]
            yield f"{self.tally.name}: {period.label} is a part period; {first_few(gaps, shown=6)}."

    def _stretch(self, period: Period, first: date, last: date) -> str:
        days, days_in_order = self._by_day, sorted(self._by_day)
        length = (last - first).days + 1
        rate = sum(days.values()) / ((days_in_order[-1] - days_in_order[0]).days + 1)
        where = f"from {first} to {last}"
        if last + timedelta(1) == period.end:
            # Extracts cut on the day of the export are the usual case, and worth their own words.
            where = f"on its last {length} days (from {first})"
        return f"it has no events {where}, where some {rate * length:,.0f} would be expected"

    def _of_rule(self, group: Group) -> Months:
        return self._of_rules[self.tally.groups.index(group)]

    @cached_property
    def _of_rules(self) -> list[Months]:
        """For each group, months of each period before the first or after the last record that
        meets its rule, where the source goes on and some should meet it.
        """
        # A published 0 is no sign of a renamed category.
        is_told = self.is_whole or self.covered is not None
        return [{} if is_told else self._without_rule(group) for group in self.tally.groups]

    def _without_rule(self, group: Group) -> Months:
        meets = self._meets(group)
        if not meets:
            return {}  # which is told, value by value
        gone = {m for stretch in self._beyond(meets) for m in self._unlikely(stretch, meets)}
        lacking = {p: tuple(m for m in p.months if m in gone) for p in group.periods}
        return {period: months for period, months in lacking.items() if months}

    def _meets(self, group: Group) -> dict[int, int]:
        """Number of records of each month that meet a group's rule, whatever others they meet."""
        rule = self.tally.groups.index(group) + 1
        meets = self.tally.meets[:, rule]
        table = self._of_sort[meets[self._of_sort["sort"].to_numpy()]]
        return _counts(table.groupby("month")["n"].sum())

    def _beyond(self, meets: Mapping[int, int]) -> Iterator[list[int]]:
        """Months of the source before the rule's first record, and those after its last."""
        # Only before the first and after the last: a rule that is new, or was renamed, leaves one
        # side empty; a gap in the middle is rarity.
        yield [month for month in self._by_month if month < min(meets)]
        yield [month for month in self._by_month if month > max(meets)]

    def _unlikely(self, months: list[int], meets: Mapping[int, int]) -> list[int]:
        # So many expected and none seen is not chance.
        return months if self._expected(months, meets) >= UNLIKELY else []

    def _expected(self, months: Iterable[int], meets: Mapping[int, int]) -> float:
        """Records that would meet a rule at its share of the source's records in its own time."""
        every = sum(n for m, n in self._by_month.items() if min(meets) <= m <= max(meets))
        # One is taken off because first and last record define the stretch.
        share = (sum(meets.values()) - 1) / every  # the ends are chosen by its records
        return share * sum(self._by_month.get(month, 0) for month in months)

    def _rule_notes(self, group: Group) -> Iterator[str]:
        lacking = self._of_rule(group)
        months = sorted({month for gone in lacking.values() for month in gone})
        if not months:
            return
        name = group.factor if group.label == "all" else f"{group.factor} ({group.label})"
        whole = [p.label for p in lacking if self.lacks(group, p)]
        part = [p.label for p in lacking if not self.lacks(group, p)]
        then = [f"{first_few(whole)} is not assessed for it"] if whole else []
        then += [f"{first_few(part)} is a part period"] if part else []
        read = sum(self._by_month.get(month, 0) for month in months)
        yield (
            f"{self.tally.name}: no record meets the rule of {name} in "
            f"{first_few(_runs(months))}, where the source has {read:,} and "
            f"{self._expected(months, self._meets(group)):,.0f} would be expected to: "
            f"{', '.join(then)}. Was a value renamed? Name the old one and the new one under where."
        )


def bare_note(source: str, period: str) -> str:
    """Say that a source has no event in a period."""
    return f"{source}: {period} is not assessed; it has no events there."


class JoinedSources(NamedTuple):
    """Sources of one factor that follow one another in time."""

    columns: frozenset[tuple[str, str, str]]
    """Factor, group and period of which another source of the factor has the events."""
    notes: tuple[str, ...]
    """A sentence for each factor that is joined."""
    untrue: frozenset[str]
    """Sentences about periods that are assessed from another source after all."""


def join_sources(groups: Sequence[Group], bare: Collection[tuple[str, str]]) -> JoinedSources:
    """Find factors each of whose periods has the events of exactly one of several sources.

    A new records system begins where the old one ends. Where two sources have a period, or none
    has, nothing is joined: a sum that lacks one of its parts is no number of the period.

    Parameters
    ----------
    groups
        What is counted.
    bare
        Source and label of each period in which that source has no event.
    """
    columns, notes, kept = set[tuple[str, str, str]](), [], set[tuple[str, str]]()
    for factor in dict.fromkeys(group.factor for group in groups):
        own = [group for group in groups if group.factor == factor]
        labels = list(dict.fromkeys(p.label for group in own for p in group.periods))
        sources = dict.fromkeys(group.source for group in own)
        having = {label: [s for s in sources if (s, label) not in bare] for label in labels}
        used = {tuple(names) for names in having.values()}
        # One source needs no joining, and a period of two sources or of none allows none.
        if len(used) < 2 or any(len(names) != 1 for names in used):
            kept |= {(source, label) for source in sources for label in labels}
            continue
        starts = [f"{label} from {names[0]}" for label, names in having.items()]
        columns |= {
            (factor, g.label, p.label)
            for g in own
            for p in g.periods
            if (g.source, p.label) in bare
        }
        notes.append(
            f"{factor}: its sources follow one another and are joined: {'; '.join(starts)}. Two "
            "sources rarely record alike: a change where one ends may be one of recording."
        )
    # These periods are assessed after all, from another source of the factor.
    gone = {bare_note(source, label) for source, label in set(bare) - kept}
    return JoinedSources(frozenset(columns), tuple(notes), frozenset(gone))


def _counts(events: "pd.Series[int]") -> dict[int, int]:
    return {int(month): int(n) for month, n in events.items()}


def _runs(months: Sequence[int]) -> list[str]:
    """Months in words, those that follow one another as from and to."""
    cuts = [i for i in range(1, len(months)) if months[i] != months[i - 1] + 1]
    runs = [months[i:j] for i, j in pairwise([0, *cuts, len(months)])]
    return [
        month_label(run[0]) + (f" to {month_label(run[-1])}" if len(run) > 1 else "")
        for run in runs
    ]
