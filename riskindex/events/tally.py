"""One source of events on its way through the count: placed, then tallied by its factors."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.editions import first_few
from riskindex.areas.groups import group_kinds
from riskindex.arrays import Fingerprints, Flags, Integers, Positions, WholeNumbers
from riskindex.events.coverage import Gaps, find_units, gaps_by_number, gaps_by_unit
from riskindex.events.fingerprints import day_prints
from riskindex.events.periods import Period
from riskindex.events.places import (
    LOST,
    PLAIN,
    Apart,
    Reason,
    leave_out,
    place_events,
    store_lacking,
)
from riskindex.events.sorts import columns_of_rules, first_of_each, store_sorts
from riskindex.events.source_events import Events, Group, Scope
from riskindex.events.sql import category, identifier, store, wrapped_sum
from riskindex.events.study_area import StudyArea

CELLS_AT_ONCE = 1_000_000
"""Cells of a source's events that are looked at together."""


class Tally:
    """One source, its events placed in the study area.

    Nearly all events are told by one scan, grouped by area code, month and the rules they meet.
    Those that are not plain (outside the periods, of a code that is none of the study area, left
    out by the source's own rule) are set apart and looked at one by one; so are all of them where
    records may repeat one another (a key, or persons).

    Parameters
    ----------
    name
        Of the source.
    events
        Its events.
    groups
        What counts them.
    study
        The study area.
    """

    def __init__(
        self, name: str, events: Events, groups: Sequence[Group], study: StudyArea
    ) -> None:
        self.name, self.events, self.groups, self.study = name, events, groups, study
        # Factors share periods, and each event is placed and dated once for all of them.
        periods = {period for group in groups for period in group.periods}
        self.periods = tuple(sorted(periods, key=lambda period: period.start))
        self.spans = _spans(self.periods)
        self.units = find_units(
            events.connection, events.table, events.coverage, events.listed, study.areas, name=name
        )
        self.columns = columns_of_rules(events, groups, self.units)
        self.meets = store_sorts(events, groups, self.units)
        self.counts_in = first_of_each(self.meets, groups)
        # Prints of days are joined and not computed by SQL: hash functions differ between versions
        # of the database.
        store(events.connection, "days", _days(self.spans))
        events.connection.execute(self._dated())
        # HUGEINT: events times prints of 31 bits, summed, outgrow 64 bits; they must wrap.
        counted = {"n": "sum(events)", "prints": wrapped_sum("events::HUGEINT * print")}
        each = {"n": "count(*)", "prints": wrapped_sum("print")}
        events.connection.execute(_KINDS.format(**(counted if events.is_counted else each)))
        self.gaps, notes = self._place()
        self.notes = (*notes, *(f"{name}: {n}" for n in (*self.units.notes, *self.gaps.notes)))
        events.connection.execute(self._located())

    @property
    def may_repeat(self) -> bool:
        """Whether records may repeat one another."""
        return self.events.has_key or self.events.has_person

    @property
    def whole_source(self) -> Scope:
        """The source's own rule in all the periods; parts of them, where they overlap."""
        return Scope((0,), self.spans)

    def of_factor(self, factor: str) -> Scope:
        """All that one factor counts of the source."""
        at = [i for i, group in enumerate(self.groups) if group.factor == factor]
        return Scope(tuple(i + 1 for i in at), self.groups[at[0]].periods)

    def of_group(self, group: Group) -> Scope:
        """What one group counts of its factor: an event counts once, in its first group."""
        return self.of_factor(group.factor)._replace(only=self.groups.index(group) + 1)

    def _place(self) -> tuple[Gaps, tuple[str, ...]]:
        """Say where each event is, and what the source does not cover; notes about the places."""
        connection, crs, coverage = self.events.connection, self.events.crs, self.events.coverage
        areas, apart = self.study.areas, Apart(self.may_repeat, self.events.is_counted)
        gaps = self._with_missing_rows(gaps_by_unit(self.units, areas, self.spans, coverage))
        store_lacking(connection, gaps.lacking)
        notes = place_events(connection, self.study, name=self.name, crs=crs, apart=apart)
        if group_kinds(areas):
            # A unit whose file holds two stray rows has a file of every month, by its records.
            few = gaps_by_number(self.frame(_BY_MONTH), areas, self.spans, coverage)
            if (few.lacking & ~gaps.lacking).any():
                gaps = Gaps(gaps.lacking | few.lacking, (*gaps.notes, *few.notes))
                leave_out(connection, gaps.lacking, apart)
        return gaps, notes

    def _with_missing_rows(self, gaps: Gaps) -> Gaps:
        """Gaps with the areas that have no row in a table of counts: they are missing, not 0."""
        if self.events.areas is None:
            return gaps
        crosswalk = self.study.crosswalk
        # A row of an older code covers every area that it became.
        newer = crosswalk.children if crosswalk else {}
        with_rows = {new for old in self.events.areas for new in (old, *newer.get(old, ()))}
        bare = [code for code in self.study.codes if code not in with_rows]
        if not bare:
            return gaps
        lacking = gaps.lacking | np.isin(self.study.codes, bare)[:, None]
        of = f"{len(bare):,} of {len(self.study.codes):,} areas"
        note = f"{of} have no row in the table ({first_few(bare)}); they are not assessed."
        return Gaps(lacking, (*gaps.notes, note))

    def lacking(self, scope: Scope) -> Flags:
        """Areas that the source does not cover in a part of a period, shape (areas, periods)."""
        of_span = self._period_of_span(scope)
        return np.column_stack(
            [self.gaps.lacking[:, of_span == i].any(axis=1) for i in range(len(scope.periods))]
        )

    def counted_sorts(self, scope: Scope) -> Flags:
        """Whether a scope counts events of each sort, shape (sorts,)."""
        # Where groups overlap, an event counts in the first group alone, so that the factor's total
        # is that of its events.
        rules = list(scope.rules) if scope.only is None else [scope.only]
        return np.asarray(self.counts_in[:, rules].any(axis=1))

    def first_rule(self, scope: Scope) -> str:
        """Place among the rules of a scope of the one that counts a record, by its sort, as SQL.

        Where no rule keeps it, their number.
        """
        sorts = [_listed(np.flatnonzero(self.counts_in[:, rule])) for rule in scope.rules]
        cases = " ".join(f"WHEN sort IN ({of}) THEN {i}" for i, of in enumerate(sorts))
        return f"CASE {cases} ELSE {len(sorts)} END"

    def in_several(self, factor: str) -> dict[tuple[int, int], int]:
        """Number of events that meet the rules of two groups of a factor, in its periods.

        Where records may repeat one another, the records of one key, or of one person in one area
        and period, are one event.

        Parameters
        ----------
        factor
            Its name.

        Returns
        -------
        dict
            Places of the two groups to the number of events, where there are any.
        """
        scope = self.of_factor(factor)
        # Counted by sort: events that meet the same rules are one line, however many there are.
        cells = self.cells[self._inside(scope, self.cells)]
        of_sort = np.bincount(cells["sort"], weights=cells["n"], minlength=len(self.meets))
        met = [np.array(scope.rules)[row[list(scope.rules)]] for row in self.meets]
        shared = _in_pairs(met, of_sort.astype(np.int64))
        repeated = {"key": self.events.has_key, "person, area, period": self.events.has_person}
        for by in (by for by, is_asked in repeated.items() if is_asked and len(scope.rules) > 1):
            table = self.frame(
                f"SELECT rules, count(*) AS n FROM (SELECT list_sort(list(DISTINCT rule)) AS rules "
                f"FROM (SELECT *, {self._period(scope)} AS period, {self.first_rule(scope)} AS "
                f"rule FROM located) WHERE period IS NOT NULL AND rule < {len(scope.rules)} "
                f"AND {by.partition(',')[0]} IS NOT NULL GROUP BY {by}) GROUP BY 1"
            )
            rules = [np.array(scope.rules)[one] for one in table["rules"]]
            for pair, n in _in_pairs(rules, table["n"].to_numpy()).items():
                # One record may meet both rules, or two records of a person one each; the larger
                # number is the one that would have been counted twice.
                shared[pair] = max(n, shared.get(pair, 0))
        return shared

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Number n of events, and sum of days' prints, by span, area, reason, how placed, sort."""
        # A span of one month needs no second grouping, which is the slow part of a national file.
        months = max((len(span.months) for span in self.spans), default=1)
        return self.frame(_CELLS if months > 1 else _CELLS_OF_MONTHS)

    def line(self, scope: Scope) -> list[int]:
        """One line of the reconciliation: events asked for, then these by `Reason`."""
        cells = self.cells[self._sorts_looked_at(scope)[self.cells["sort"].to_numpy()]]
        inside = self._inside(scope, cells)
        # What is lost for its place is lost under every rule; duplicates and rules come with the
        # outcomes.
        lost = inside & (cells["reason"].to_numpy() != Reason.COUNTED)
        numbers = _sums(cells["reason"].to_numpy()[lost], cells["n"].to_numpy()[lost])
        for part in self._outcomes(scope):
            numbers += _sums(part.reason, part.n)
        # First in the order of reasons: an event outside the periods is nothing else, so that the
        # line adds up to what was read.
        numbers[Reason.OUTSIDE_PERIODS] = int(cells["n"].to_numpy()[~inside].sum())
        return [int(cells["n"].sum()), *map(int, numbers)]

    def table(self, scope: Scope) -> tuple[Integers, Fingerprints]:
        """Events counted, shape (areas, periods of the scope), each period in one piece; the same
        of their fingerprints.
        """
        shape = (len(scope.periods), len(self.study.codes))
        sums, prints = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.uint64)
        of_span = self._period_of_span(scope)
        for part in self._outcomes(scope):
            counted = part.reason == Reason.COUNTED
            at = of_span[part.span[counted]], part.area[counted]
            # `add.at` and not `+=`: several cells fall into one area and period, and fancy indexing
            # would keep the last.
            np.add.at(sums, at, part.n[counted])
            np.add.at(prints, at, part.prints[counted])
        # All of a cell's records are in one area, so that its print can be taken out of the sum.
        prints *= self.study.prints
        return sums.T, prints.T

    def points(self, group: Group) -> pd.DataFrame:
        """Where the events lie that a group counts.

        Returns
        -------
        DataFrame
            `period`, the position among the group's; `x` and `y` in the coordinate system of the
            source, missing where not recorded; `n` events there.
        """
        scope = self.of_group(group)
        sorts = _listed(np.flatnonzero(self.counted_sorts(scope)))
        if self.may_repeat:
            counted = (
                f"SELECT d.span, s.area, d.x, d.y FROM ({self.settled(scope)}) s "
                f"JOIN dated d USING (file, row) WHERE s.reason = {Reason.COUNTED}"
            )
        else:
            counted = (
                "SELECT d.span, c.area, d.x, d.y FROM dated d JOIN codes c "
                f"ON c.code = d.area_code WHERE {PLAIN} AND sort IN ({sorts}) "
                "UNION ALL SELECT p.span, p.area, d.x, d.y FROM placed p "
                "JOIN dated d USING (file, row) "
                f"WHERE p.reason = {Reason.COUNTED} AND p.sort IN ({sorts})"
            )
        by_point = self.frame(
            f"SELECT span, area, x, y, count(*) AS n FROM ({counted}) GROUP BY ALL ORDER BY ALL"
        )
        period = self._period_of_span(scope)[by_point["span"].to_numpy()]
        # An event in a period that its area has no whole data of counts nowhere.
        covered = (period >= 0) & ~self.lacking(scope)[by_point["area"].to_numpy(), period]
        return by_point.assign(period=period).loc[covered, ["period", "x", "y", "n"]]

    def elsewhere(self, group: Group, *, reasons: Sequence[Reason] = LOST) -> Integers:
        """Events of a group that meet its rule and are in no area, shape (periods,).

        Those that are in none for one of the reasons; left out, for any.

        Those of a key that has a record in an area are not among them.
        """
        scope = self.of_group(group)
        sorts = _listed(np.flatnonzero(self.counted_sorts(scope)))
        # A key with a record in an area counts there; of the others one record stands for the key.
        once = (
            "AND key NOT IN (SELECT key FROM located WHERE key IS NOT NULL) "
            "QUALIFY row_number() OVER (PARTITION BY key, period ORDER BY file, row) = 1"
        )
        asked = f"SELECT {self._period(scope)} AS period, key, file, row FROM placed WHERE "
        asked += f"reason IN ({_listed(reasons)}) AND sort IN ({sorts}) AND period IS NOT NULL "
        parts = [f"{asked} AND key IS NULL", f"{asked} AND key IS NOT NULL {once}"]
        by_period = self.frame(
            f"SELECT period, count(*) AS n FROM ({' UNION ALL '.join(parts)}) GROUP BY period"
        )
        numbers = np.zeros(len(scope.periods), dtype=np.int64)
        numbers[by_period["period"].to_numpy(dtype=np.intp)] = by_period["n"].to_numpy()
        return numbers

    def records(self, met: str) -> int:
        """Number of the source's records, of any time and place, that meet a condition in SQL about
        the columns of its rules.
        """
        return self.number(f"SELECT coalesce(sum(n), 0) FROM sorts WHERE {met}")

    def number(self, query: str) -> int:
        """The one number that a query gives."""
        return int(self.events.connection.execute(query).fetchall()[0][0])

    def frame(self, query: str) -> pd.DataFrame:
        """The table that a query gives."""
        return self.events.connection.execute(query).df()

    def _dated(self) -> str:
        """Views of the events with their sort and month, and with the span they fall into."""
        # NULL matches NULL: not recorded is a value of its own, and `=` would lose those events.
        equal_columns = " AND ".join(f"s.{c} IS NOT DISTINCT FROM e.{c}" for c in self.columns)
        events = ", events" if self.events.is_counted else ""
        join, sort = (f"JOIN sorts s ON {equal_columns}", "s.sort") if equal_columns else ("", "1")
        months = [(month, i) for i, span in enumerate(self.spans) for month in span.months]
        calendar = pd.DataFrame(months, columns=["month", "span"])
        store(self.events.connection, "calendar", calendar)
        return f"""
            CREATE OR REPLACE TEMP VIEW coded AS
            SELECT e.*, year(e.date) * 12 + month(e.date) - 1 AS month, {sort}::INTEGER AS sort
            FROM {identifier(self.events.table)} e {join};
            CREATE OR REPLACE TEMP VIEW dated AS
            SELECT file, row, date, area_code, x, y, person, key{self._extra(made=True)}{events},
                sort, coalesce(c.span, -1)::SMALLINT AS span
            FROM coded LEFT JOIN calendar c USING (month)"""

    def _located(self) -> str:
        """View of the records that are in an area, whatever the groups' rules say of them."""
        if self.may_repeat:
            # Records that may repeat are all looked at one by one already.
            return _LOCATED.format(columns="* EXCLUDE (area_code, reason, how)")
        columns = f"area, span, sort, date{self._extra()}"
        return (
            f"{_LOCATED.format(columns=columns)} UNION ALL SELECT {columns} "
            f"FROM dated d JOIN codes c ON c.code = d.area_code WHERE {PLAIN}"
        )

    def _extra(self, *, made: bool = False) -> str:
        """Columns that say more about an event than the count needs; `made`: from the records."""
        # A warehouse's answer has months and no hours.
        time = [
            name for name in ("hour", "minute", "lasts") if name in self.events.relation.columns
        ]
        people = [category(column) for column in dict.fromkeys(self.events.people.values())]
        # Made of the coordinates, which an event loses once it has an area.
        street = f"{self.events.street} AS street" if made else "street"
        streets = [street] if self.events.street else []
        return "".join(f", {column}" for column in (*time, *people, *streets))

    def spans_of(self, group: Group) -> dict[str, list[int]]:
        """Label of each period of a group to the stretches of time that it is made of."""
        of_span = self._period_of_span(self.of_group(group))
        labels = [period.label for period in group.periods]
        return {label: np.flatnonzero(of_span == i).tolist() for i, label in enumerate(labels)}

    def _period_of_span(self, scope: Scope) -> Positions:
        """Position of the scope's period that holds each span, -1 where none does."""
        return np.array(
            [
                next(
                    (
                        i
                        for i, p in enumerate(scope.periods)
                        # Spans are cut where any period begins or ends, so that each lies in a
                        # period of a scope whole or not at all.
                        if p.start <= span.start and span.end <= p.end
                    ),
                    -1,
                )
                for span in self.spans
            ],
            dtype=np.intp,
        )

    def _sorts_looked_at(self, scope: Scope) -> Flags:
        """Whether a scope looks at events of each sort: the source at all of them, its factors at
        those that the source uses and that one of their rules names.
        """
        if scope.rules == self.whole_source.rules:
            return np.ones(len(self.meets), dtype=bool)
        return np.asarray(self.meets[:, list(scope.rules)].any(axis=1))

    def _inside(self, scope: Scope, cells: pd.DataFrame) -> Flags:
        """Whether each cell lies in the periods of a scope."""
        # The span -1 is the last entry: outside all of them.
        inside = np.append(self._period_of_span(scope) >= 0, False)
        return np.asarray(inside[cells["span"].to_numpy()])

    def _outcomes(self, scope: Scope) -> Iterator["_Outcomes"]:
        """Numbers of located events under the rules of a scope, in parts that fit into memory."""
        lacking, of_span = self.lacking(scope), self._period_of_span(scope)
        for part in self._by_record(scope) if self.may_repeat else self._by_cell(scope):
            gap = lacking[part.area, of_span[part.span]]
            # Nothing counts in a period of which the source covers a part.
            yield part._replace(reason=np.where(gap, np.int8(Reason.NOT_COVERED), part.reason))

    def _by_record(self, scope: Scope) -> Iterator["_Outcomes"]:
        # Rules are looked at once for each combination of values, which are thousands, and not for
        # each event, which are millions.
        outcomes = self.frame(
            f"SELECT span, area, reason, count(*) AS n, {wrapped_sum('print')} AS prints "
            f"FROM ({self.settled(scope)}) JOIN days USING (date) GROUP BY ALL"
        )
        yield _Outcomes(*(outcomes[name].to_numpy() for name in _Outcomes._fields))

    def _by_cell(self, scope: Scope) -> Iterator["_Outcomes"]:
        # The rule decides last: events of a kind that is not counted are still accounted for, by
        # their place.
        kept = self.counted_sorts(scope)
        of_sort = np.where(kept, np.int8(Reason.COUNTED), np.int8(Reason.EXCLUDED_BY_RULE))
        located = (
            self._inside(scope, self.cells)
            & self._sorts_looked_at(scope)[self.cells["sort"].to_numpy()]
        )
        located &= self.cells["reason"].to_numpy() == Reason.COUNTED
        columns = [self.cells[name].to_numpy() for name in _COLUMNS]
        # In parts: a national source of five years has millions of cells, and every mask is a copy.
        for start in range(0, len(located), CELLS_AT_ONCE):
            part = slice(start, start + CELLS_AT_ONCE)
            span, area, sort, n, prints = (column[part][located[part]] for column in columns)
            yield _Outcomes(span, area, of_sort[sort], n, prints)

    def settled(self, scope: Scope) -> str:
        """Query for the reason of every located record where records may repeat one another."""
        # Coverage goes into the order of equal records: one that the source does not cover must not
        # push out one that counts.
        area, of_scope = np.nonzero(self.lacking(scope))
        gaps = pd.DataFrame({"area": area, "period": of_scope})
        store(self.events.connection, "gaps_of_scope", gaps)
        # Among equals one that is covered, and of the first rule, comes first, then by file.
        later = "ORDER BY gap, rule, file, row) > 1"
        # A key of people that figures look for is no reason to count a record once.
        of_persons = "true" if self.events.has_person else "false"
        kept, asked = (
            _listed(np.flatnonzero(one))
            for one in (self.counted_sorts(scope), self._sorts_looked_at(scope))
        )
        return f"""
            WITH scope AS (
                SELECT *, coalesce(sort IN ({kept}), false) AS keep,
                    {self.first_rule(scope)} AS rule, {self._period(scope)} AS period
                FROM located WHERE sort IN ({asked})
            ), covered AS (
                SELECT *, (area, period) IN (FROM gaps_of_scope) AS gap
                FROM scope WHERE period IS NOT NULL
            ), keyed AS (
                SELECT *, key IS NOT NULL
                    AND row_number() OVER (PARTITION BY key {later} AS again
                FROM covered
            ), personal AS (
                SELECT *, again OR ({of_persons} AND person IS NOT NULL AND row_number() OVER (
                    PARTITION BY person, area, period, again {later}) AS repeated
                FROM keyed
            )
            SELECT file, row, date, area, span, CASE WHEN repeated THEN {Reason.DUPLICATES}
                WHEN keep THEN {Reason.COUNTED} ELSE {Reason.EXCLUDED_BY_RULE} END AS reason
            FROM personal"""

    def _period(self, scope: Scope) -> str:
        """Which period of a scope a record lies in, as SQL that is NULL outside them."""
        of_span = self._period_of_span(scope)
        period = " ".join(f"WHEN {i} THEN {p}" for i, p in enumerate(of_span) if p >= 0)
        return f"CASE span {period} END" if period else "NULL::INTEGER"


class _Outcomes(NamedTuple):
    """Numbers of events, and sums of their days' prints, by span, area and reason."""

    span: WholeNumbers
    area: WholeNumbers
    reason: WholeNumbers
    n: Integers
    prints: Fingerprints


_COLUMNS = ("span", "area", "sort", "n", "prints")


_KINDS = """
CREATE OR REPLACE TEMP TABLE kinds AS
SELECT k.*, coalesce(c.span, -1)::SMALLINT AS span
FROM (
    SELECT area_code, month, sort, {n}::BIGINT AS events, {prints} AS prints,
        max(day(date)) AS last_day
    FROM coded LEFT JOIN days USING (date) GROUP BY ALL
) k
LEFT JOIN calendar c USING (month)
"""

_BY_MONTH = f"""
SELECT area, month, sum(n)::BIGINT AS n FROM (
    SELECT area, month, events AS n FROM plain
    UNION ALL
    SELECT area, year(date) * 12 + month(date) - 1, sum(n) FROM placed
    WHERE reason = {Reason.COUNTED} GROUP BY ALL
) GROUP BY ALL
"""

_APART = f"""
UNION ALL
SELECT span, area::INTEGER, reason::TINYINT, how::TINYINT, sort, sum(n)::BIGINT,
    {wrapped_sum("n::HUGEINT * print")}
FROM placed LEFT JOIN days USING (date) GROUP BY ALL
"""
_CELLS = f"""
SELECT span, area::INTEGER AS area, {Reason.COUNTED}::TINYINT AS reason, how::TINYINT AS how, sort,
    sum(events)::BIGINT AS n, {wrapped_sum("prints")} AS prints
FROM plain GROUP BY ALL {_APART}
"""
_CELLS_OF_MONTHS = f"""
SELECT span, area::INTEGER AS area, {Reason.COUNTED}::TINYINT AS reason, how::TINYINT AS how, sort,
    events AS n, prints
FROM plain {_APART}
"""

_LOCATED = (
    "CREATE OR REPLACE TEMP VIEW located AS "
    f"SELECT {{columns}} FROM placed WHERE reason = {Reason.COUNTED}"
)


def _sums(reason: WholeNumbers, n: Integers) -> Integers:
    """Sum of n for each `Reason`."""
    return np.bincount(reason, weights=n, minlength=len(Reason)).astype(np.int64)


def _in_pairs(rules: Iterable[WholeNumbers], n: Integers) -> dict[tuple[int, int], int]:
    """Sum of n for each pair of groups among the rules, in rising order, that stand together."""
    numbers: Counter[tuple[int, int]] = Counter()
    for of_one, number in zip(rules, n.tolist(), strict=True):
        for pair in itertools.combinations((of_one - 1).tolist(), 2):
            numbers[pair] += number
    return {pair: number for pair, number in sorted(numbers.items()) if number}


def _listed(numbers: Iterable[int]) -> str:
    """Numbers as a list in SQL, which is never empty."""
    return ", ".join(map(str, numbers)) or "NULL"


def _spans(periods: Sequence[Period]) -> tuple[Period, ...]:
    """Stretches of time that no period cuts: the periods themselves, unless they overlap."""
    cuts = sorted({day for period in periods for day in (period.start, period.end)})
    labels = {(period.start, period.end): period.label for period in periods}
    return tuple(
        Period(labels.get((start, end), ""), start, end)
        for start, end in itertools.pairwise(cuts)
        # The time between periods is in none of them, and is no span.
        if any(period.start <= start and end <= period.end for period in periods)
    )


def _days(spans: Sequence[Period]) -> pd.DataFrame:
    """The days on which records can count, and their prints."""
    # Only days inside the periods: a date of the year 9999, a common placeholder, must not fill
    # memory.
    days = [np.arange(np.datetime64(span.start), np.datetime64(span.end)) for span in spans]
    dates = np.concatenate([np.empty(0, dtype="datetime64[D]"), *days])
    return pd.DataFrame({"date": dates.astype(object), "print": day_prints(dates).astype(np.int64)})
