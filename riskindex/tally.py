"""One source of events on its way through the count: placed, then tallied by its factors."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.factors import Where
from riskindex.periods import Period
from riskindex.places import Reason, place_events
from riskindex.sql import category, condition, identifier
from riskindex.study import Study

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

UNCOUNTED = ["source", "file", "row", "date", "area_code", "reason"]
"""Columns of the list of what was not counted."""


@dataclass(frozen=True, kw_only=True)
class Events:
    """One source of events in one shape, whatever file they came from."""

    connection: "DuckDBPyConnection"
    """The DuckDB connection that the table lives in."""
    table: str
    """Table or view with the columns file, row, date, area_code, x, y, person, key and one
    `category ...` column for each column that a rule looks at; missing is NULL."""
    crs: str = "EPSG:27700"
    """Coordinate system of x and y."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all."""
    has_key: bool = False
    """Whether later rows with the same key are duplicates."""
    has_person: bool = False
    """Whether persons are counted, once per area and period."""
    people: Mapping[str, str] = field(default_factory=dict)
    """`age` and `sex` to the column that holds it, which has its `category ...` column, too."""

    @property
    def relation(self) -> "DuckDBPyRelation":
        """The events, for looking at them in a notebook."""
        return self.connection.table(self.table)


class Group(NamedTuple):
    """One kind of events of one factor."""

    factor: str
    label: str
    source: str
    where: Where
    periods: tuple[Period, ...]


class Scope(NamedTuple):
    """What one line of the reconciliation, or one group's count, looks at."""

    bits: int
    """Rules, any of which keeps an event."""
    periods: tuple[Period, ...]
    """Periods that do not overlap."""


class Tally:
    """One source, its events placed in the study area.

    Nearly everything is told by one scan, grouped by time, area and the rules that events meet.
    Only where records may repeat one another (a key, or persons) are they looked at one by one.

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

    def __init__(self, name: str, events: Events, groups: Sequence[Group], study: Study) -> None:
        self.name, self.events, self.groups, self.study = name, events, groups, study
        periods = {period for group in groups for period in group.periods}
        self.periods = tuple(sorted(periods, key=lambda period: period.start))
        self.spans = _spans(self.periods)
        # Bit 0 of an event's mask is the source's own rule, the others are its groups'.
        self.bits = {(g.factor, g.label): 1 << (i + 1) for i, g in enumerate(groups)}
        events.connection.execute(self._dated())
        events.connection.execute(_MONTHS)
        self.notes = place_events(events.connection, study, name=name, crs=events.crs)
        if self.may_repeat:
            events.connection.execute(_LOCATED)

    @property
    def may_repeat(self) -> bool:
        """Whether records may repeat one another."""
        return self.events.has_key or self.events.has_person

    @property
    def own(self) -> Scope:
        """The source's own rule in all the periods; parts of them, where they overlap."""
        return Scope(1, self.spans)

    def of_factor(self, factor: str) -> Scope:
        """All that one factor counts of the source."""
        groups = [group for group in self.groups if group.factor == factor]
        bits = sum(self.bits[group.factor, group.label] for group in groups)
        return Scope(bits, groups[0].periods)

    def of_group(self, group: Group) -> Scope:
        """What one group counts."""
        return Scope(self.bits[group.factor, group.label], group.periods)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Number n of events by span, area, reason, how placed, and mask of rules."""
        return self._frame(
            "SELECT span, area, reason, how, mask, count(*) AS n FROM placed GROUP BY ALL "
            "ORDER BY ALL"
        )

    def line(self, scope: Scope) -> list[int]:
        """One line of the reconciliation: events read, then events by `Reason`."""
        cells = self.cells
        inside = cells["span"].isin(np.flatnonzero(self._period_of_span(scope) >= 0))
        lost = cells[inside & (cells["reason"] != Reason.COUNTED)]
        sums = pd.concat([lost, self._outcome(scope)]).groupby("reason")["n"].sum()
        numbers = [int(sums.get(reason, 0)) for reason in Reason]
        numbers[Reason.OUTSIDE_PERIODS] = int(cells.loc[~inside, "n"].sum())
        return [int(cells["n"].sum()), *numbers]

    def table(self, scope: Scope) -> NDArray[np.int64]:
        """Events counted, shape (areas, periods of the scope)."""
        found = self._outcome(scope)
        found = found[found["reason"] == Reason.COUNTED]
        period = self._period_of_span(scope)[found["span"].to_numpy()]
        table = np.zeros((len(self.study.codes), len(scope.periods)), dtype=np.int64)
        np.add.at(table, (found["area"].to_numpy(), period), found["n"].to_numpy())
        return table

    def uncounted(self) -> pd.DataFrame:
        """One line per event that the source does not count, in the order of file and row."""
        for name, column in (("file_name", "file"), ("code_name", "area_code")):
            self.events.connection.execute(
                f"DROP TYPE IF EXISTS {name}; CREATE TYPE {name} AS ENUM (SELECT DISTINCT "
                f"{column} FROM {identifier(self.events.table)} WHERE {column} IS NOT NULL "
                "ORDER BY 1)"
            )
        lost = self._frame(
            "SELECT file::file_name AS file, row, date, area_code::code_name AS area_code, why "
            f"FROM ({self._why()}) WHERE why <> {Reason.COUNTED} ORDER BY file, row"
        )
        reasons = [reason.name.lower() for reason in Reason]
        return lost.assign(
            source=_texts(pd.Categorical.from_codes(np.zeros(len(lost), dtype=int), [self.name])),
            file=_texts(lost["file"].array),
            area_code=_texts(lost["area_code"].array),
            reason=_texts(pd.Categorical.from_codes(lost["why"], reasons)),
        )[UNCOUNTED]

    def number(self, query: str) -> int:
        """The one number that a query gives."""
        return int(self.events.connection.execute(query).fetchall()[0][0])

    def _frame(self, query: str) -> pd.DataFrame:
        return self.events.connection.execute(query).df()

    def _dated(self) -> str:
        """View of the events with the span they fall into, and a mask of the rules they meet."""
        spans = " ".join(
            f"WHEN date >= DATE '{span.start}' AND date < DATE '{span.end}' THEN {i}"
            for i, span in enumerate(self.spans)
        )
        rules = "".join(
            f" + ({condition(g.where)})::BIGINT * {self.bits[g.factor, g.label]}"
            for g in self.groups
        )
        return (
            "CREATE OR REPLACE TEMP VIEW dated AS "
            f"SELECT file, row, date, area_code, x, y, person, key{self._extra()}, "
            f"CASE {spans} ELSE -1 END AS span, {condition(self.events.where)} AS used, "
            f"CASE WHEN {condition(self.events.where)} THEN 1{rules} ELSE 0 END AS mask "
            f"FROM {identifier(self.events.table)}"
        )

    def _extra(self) -> str:
        """Columns that say more about an event than the count needs."""
        hour = ["hour"] * ("hour" in self.events.relation.columns)
        people = [category(column) for column in dict.fromkeys(self.events.people.values())]
        return "".join(f", {column}" for column in (*hour, *people))

    def _period_of_span(self, scope: Scope) -> NDArray[np.intp]:
        """Position of the scope's period that holds each span, -1 where none does."""
        return np.array([
            next((i for i, p in enumerate(scope.periods)
                  if p.start <= span.start and span.end <= p.end), -1)
            for span in self.spans
        ], dtype=np.intp)  # fmt: skip

    def _outcome(self, scope: Scope) -> pd.DataFrame:
        """Number n of located events by span, area and reason, under the rules of a scope."""
        if self.may_repeat:
            return self._frame(
                f"SELECT span, area, reason, count(*) AS n FROM ({self._settled(scope)}) "
                "GROUP BY ALL ORDER BY ALL"
            )
        cells = self.cells
        inside = cells["span"].isin(np.flatnonzero(self._period_of_span(scope) >= 0))
        located = cells[inside & (cells["reason"] == Reason.COUNTED)]
        kept = (located["mask"] & scope.bits) != 0
        return located.assign(reason=np.where(kept, Reason.COUNTED, Reason.EXCLUDED_BY_RULE))

    def _settled(self, scope: Scope) -> str:
        """Query for the reason of every located record where records may repeat one another."""
        of_span = self._period_of_span(scope)
        period = " ".join(f"WHEN {i} THEN {p}" for i, p in enumerate(of_span) if p >= 0)
        # Among equals a record that the rules keep comes first, then the order of the files.
        later = "ORDER BY keep DESC, file, row) > 1"
        return f"""
            WITH scope AS (
                SELECT *, mask & {scope.bits} <> 0 AS keep, CASE span {period} END AS period
                FROM located
            ), keyed AS (
                SELECT *, key IS NOT NULL
                    AND row_number() OVER (PARTITION BY key {later} AS again
                FROM scope WHERE period IS NOT NULL
            ), personal AS (
                SELECT *, again OR (person IS NOT NULL AND row_number() OVER (
                    PARTITION BY person, area, period, again {later}) AS repeated
                FROM keyed
            )
            SELECT file, row, area, span, CASE WHEN repeated THEN {Reason.DUPLICATES}
                WHEN keep THEN {Reason.COUNTED} ELSE {Reason.EXCLUDED_BY_RULE} END AS reason
            FROM personal"""

    def _why(self) -> str:
        """Query for the reason of every event under the source's own rule."""
        if self.may_repeat:
            return (
                "SELECT p.*, coalesce(s.reason, p.reason) AS why FROM placed p LEFT JOIN "
                f"({self._settled(self.own)}) s ON s.file = p.file AND s.row = p.row"
            )
        return (
            f"SELECT *, CASE WHEN reason = {Reason.COUNTED} AND NOT used "
            f"THEN {Reason.EXCLUDED_BY_RULE} ELSE reason END AS why FROM placed"
        )


_MONTHS = """
CREATE OR REPLACE TEMP TABLE months AS
SELECT area_code, span, year(date) * 12 + month(date) - 1 AS month,
    count(*) AS events, count(x) AS points
FROM dated GROUP BY ALL
"""

_LOCATED = f"""
CREATE OR REPLACE TEMP TABLE located AS
SELECT * EXCLUDE (area_code, x, y, used, reason, how) FROM placed WHERE reason = {Reason.COUNTED}
"""


def _spans(periods: Sequence[Period]) -> tuple[Period, ...]:
    """Stretches of time that no period cuts: the periods themselves, unless they overlap."""
    cuts = sorted({day for period in periods for day in (period.start, period.end)})
    return tuple(
        Period("", start, end)
        for start, end in itertools.pairwise(cuts)
        if any(period.start <= start and end <= period.end for period in periods)
    )


def _texts(values: Any) -> "pd.api.extensions.ExtensionArray":  # noqa: ANN401
    """Text from categories: millions of rows, few different ones."""
    categories = pd.Series(values.categories).astype("str").array
    return categories.take(values.codes, allow_fill=True)
