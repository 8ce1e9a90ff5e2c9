"""Events counted per area and period, every one of them accounted for."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.errors import ConfigError, DataError
from riskindex.factors import Factor, Where
from riskindex.periods import (
    Period,
    Periods,
    missing_months,
    month_label,
    parse_period,
    parse_periods,
)
from riskindex.places import How, Reason, place_events
from riskindex.sql import category, condition, identifier
from riskindex.study import Study
from riskindex.vintages import Crosswalk, first_few

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation
    from geopandas import GeoDataFrame

__all__ = ["Counted", "Events", "Period", "Periods", "count_events", "parse_period"]

RECONCILIATION = ["read", *(reason.name.lower() for reason in Reason)]
"""Columns of the reconciliation; the first is the sum of the rest."""
UNCOUNTED = ["source", "file", "row", "date", "area_code", "reason"]
"""Columns of the list of what was not counted."""
PLAUSIBLY_NONE = 20
"""So many events may all lie outside the study area; more mean wrong codes or coordinates."""


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

    @property
    def relation(self) -> "DuckDBPyRelation":
        """The events, for looking at them in a notebook."""
        return self.connection.table(self.table)


class Counted(NamedTuple):
    """Counts, and what became of every event."""

    counts: pd.DataFrame
    """Index area_code; columns (factor, group, period) of Int64, unweighted; NA where the source
    does not cover the period."""
    reconciliation: pd.DataFrame
    """Index (source, factor), the factor '' being the source's own line; the columns of
    `RECONCILIATION`."""
    uncounted: pd.DataFrame
    """One line per event that its source does not count: source, file, row, date, area_code,
    reason."""
    notes: tuple[str, ...]
    """What an analyst should know, in sentences."""


def count_events(
    events: Mapping[str, Events],
    areas: "GeoDataFrame",
    factors: Sequence[Factor],
    periods: Periods | None = None,
    *,
    crosswalk: Crosswalk | None = None,
    known_codes: Collection[str] = (),
) -> Counted:
    """Count events per area, factor, group of events and period, and account for each of them.

    Parameters
    ----------
    events
        Name of a source to its events.
    areas
        Index `area_code`, sorted; geometry for events with coordinates, `residents` to share
        out events of areas that were split.
    factors
        What is counted; those that count no events are passed over.
    periods
        What the labels of the factors' periods mean; calendar years where it is left out.
    crosswalk
        From the codes of an older edition to those of the areas.
    known_codes
        Codes that exist inside or outside the study area, such as those of a national lookup.
        Without any, a code that has the form of a British area code is outside the study area.

    Returns
    -------
    Counted
        For each source, and each factor on it, `read` is the sum of what was counted, outside
        the periods, without location, in an unknown area, outside the study area, a duplicate,
        and excluded by a rule: the first of these that applies. Of several records of one key,
        or of one person in one area and period, one is counted (one that the rules keep, if
        there is one) and the others are duplicates.

    Raises
    ------
    ConfigError
        A period, column or value of a rule that does not exist.
    DataError
        Older codes that cannot be converted, a source that covers none of a factor's periods,
        or no event of many in the study area.
    """
    study = Study(areas, crosswalk, known_codes)
    unit = (periods or Periods()).unit
    asked = [group for factor in factors for group in _groups(factor, unit)]
    missing = sorted({group.source for group in asked} - set(events))
    if missing:
        raise ConfigError(f"factors: no event source {', '.join(missing)}; known: {list(events)}.")
    sources = [
        _Source(name, events[name], [group for group in asked if group.source == name], study)
        for name in events
    ]
    unused = [f"{s.name}: no factor counts it." for s in sources if not s.asked]
    parts = {source.name: source.counted() for source in sources if source.asked}
    return _together(parts, asked, areas.index, unused)


class _Group(NamedTuple):
    """One kind of events of one factor."""

    factor: str
    label: str
    source: str
    where: Where
    periods: tuple[Period, ...]


def _groups(factor: Factor, unit: Any) -> Iterator[_Group]:
    if factor.counts_events:
        periods = parse_periods(factor.periods, unit, place=f"factors.{factor.name}")
        for group in factor.groups:
            yield _Group(factor.name, group.label, group.source, group.where, periods)


class _Part(NamedTuple):
    """What one source contributes."""

    counts: dict[tuple[str, str], NDArray[np.int64]]
    missing: Mapping[Period, tuple[int, ...]]
    reconciliation: dict[tuple[str, str], list[int]]
    uncounted: pd.DataFrame
    notes: list[str]


class _Source:
    """One source on its way through the count; one scan of its events tells nearly all."""

    def __init__(self, name: str, events: Events, asked: list[_Group], study: Study) -> None:
        self.name, self.events, self.asked, self.study = name, events, asked, study
        self.periods = sorted({p for group in asked for p in group.periods}, key=lambda p: p.start)
        self.spans = _spans(self.periods)
        # Bit 0 of an event's mask is the source's own rule, the others are its groups'.
        self.bits = {(g.factor, g.label): 1 << (i + 1) for i, g in enumerate(asked)}

    def counted(self) -> _Part:
        """Counts, reconciliation and uncounted events."""
        notes = _check_rules(self)
        self.events.connection.execute(_dated(self))
        notes += place_events(
            self.events.connection, self.study, name=self.name, crs=self.events.crs
        )
        _refuse_all_outside(self)
        if self.is_unique:
            self.events.connection.execute(_LOCATED)
        missing = _coverage(self)
        counts = {(g.factor, g.label): _count_table(self, g) for g in self.asked}
        lines = {(self.name, ""): _line(self, 1, self.spans)}
        for factor in dict.fromkeys(group.factor for group in self.asked):
            lines[self.name, factor] = _line(self, *_scope(self, factor))
        notes += [*_coverage_notes(self, missing), *_conversion_notes(self), *_other_notes(self)]
        return _Part(counts, missing, lines, _uncounted(self), notes)

    @property
    def is_unique(self) -> bool:
        """Whether records may repeat one another."""
        return self.events.has_key or self.events.has_person

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Number of events by span, area, reason, how placed, and mask of rules."""
        return self.events.connection.execute(
            "SELECT span, area, reason, how, mask, count(*) AS n FROM placed GROUP BY ALL "
            "ORDER BY ALL"
        ).df()


def _spans(periods: Sequence[Period]) -> list[tuple[Any, Any]]:
    """Stretches of time that no period cuts: the periods themselves, unless they overlap."""
    cuts = sorted({day for period in periods for day in (period.start, period.end)})
    return [
        (start, end)
        for start, end in zip(cuts, cuts[1:], strict=False)
        if any(period.start <= start and end <= period.end for period in periods)
    ]


def _scope(source: _Source, factor: str) -> tuple[int, list[tuple[Any, Any]]]:
    """Rules of a factor on a source, any of which may keep an event, and its spans."""
    groups = [group for group in source.asked if group.factor == factor]
    bits = sum(source.bits[group.factor, group.label] for group in groups)
    return bits, [span for span in source.spans if _period_of(span, groups[0].periods) >= 0]


def _period_of(span: tuple[Any, Any], periods: Sequence[Period]) -> int:
    inside = (p.start <= span[0] and span[1] <= p.end for p in periods)
    return next((i for i, is_inside in enumerate(inside) if is_inside), -1)


def _dated(source: _Source) -> str:
    """The events with the span of time that they fall into, and a mask of the rules they meet."""
    spans = " ".join(
        f"WHEN date >= DATE '{start}' AND date < DATE '{end}' THEN {i}"
        for i, (start, end) in enumerate(source.spans)
    )
    rules = "".join(
        f" + ({condition(g.where)})::BIGINT * {source.bits[g.factor, g.label]}"
        for g in source.asked
    )
    return (
        f"CREATE OR REPLACE TEMP VIEW dated AS SELECT file, row, date, area_code, x, y, person, "
        f"key, CASE {spans} ELSE -1 END AS span, "
        f"CASE WHEN {condition(source.events.where)} THEN 1{rules} ELSE 0 END AS mask "
        f"FROM {identifier(source.events.table)}"
    )


_LOCATED = f"""
CREATE OR REPLACE TEMP TABLE located AS
SELECT file, row, area, span, mask, person, key FROM placed WHERE reason = {Reason.COUNTED}
"""


def _settled(source: _Source, bits: int, spans: Sequence[tuple[Any, Any]]) -> str:
    """Query for the reason of every located record where records may repeat one another."""
    periods = next(
        (g.periods for g in source.asked if bits & source.bits[g.factor, g.label]), source.periods
    )
    period = " ".join(
        f"WHEN span = {source.spans.index(span)} THEN {_period_of(span, periods)}"
        for span in spans
        if bits != 1
    )
    inside = ", ".join(str(source.spans.index(span)) for span in spans)
    first = "ORDER BY keep DESC, file, row) > 1"
    return f"""
        WITH scope AS (
            SELECT *, mask & {bits} <> 0 AS keep,
                {f"CASE {period} END" if period else "span"} AS period
            FROM located WHERE span IN ({inside})
        ), keyed AS (
            SELECT *, key IS NOT NULL
                AND row_number() OVER (PARTITION BY key {first} AS again
            FROM scope
        ), personal AS (
            SELECT *, again OR (person IS NOT NULL AND row_number() OVER (
                PARTITION BY person, area, period, again {first}) AS repeated
            FROM keyed
        )
        SELECT file, row, area, span, CASE WHEN repeated THEN {Reason.DUPLICATES}
            WHEN keep THEN {Reason.COUNTED} ELSE {Reason.EXCLUDED_BY_RULE} END AS reason
        FROM personal"""


def _outcome(source: _Source, bits: int, spans: Sequence[tuple[Any, Any]]) -> pd.DataFrame:
    """Number of located events by span, area and reason, under some of the rules."""
    if source.is_unique:
        return source.events.connection.execute(
            "SELECT span, area, reason, count(*) AS n "
            f"FROM ({_settled(source, bits, spans)}) GROUP BY ALL ORDER BY ALL"
        ).df()
    cells = source.cells
    inside = cells["span"].isin([source.spans.index(span) for span in spans])
    located = cells[inside & (cells["reason"] == Reason.COUNTED)]
    kept = (located["mask"] & bits) != 0
    return located.assign(reason=np.where(kept, Reason.COUNTED, Reason.EXCLUDED_BY_RULE))


def _line(source: _Source, bits: int, spans: Sequence[tuple[Any, Any]]) -> list[int]:
    """One line of the reconciliation."""
    cells = source.cells
    inside = cells["span"].isin([source.spans.index(span) for span in spans])
    lost = cells[inside & (cells["reason"] != Reason.COUNTED)]
    sums = pd.concat([lost, _outcome(source, bits, spans)]).groupby("reason")["n"].sum()
    line = [int(sums.get(reason, 0)) for reason in Reason]
    line[Reason.OUTSIDE_PERIODS] = int(cells.loc[~inside, "n"].sum())
    return [int(cells["n"].sum()), *line]


def _count_table(source: _Source, group: _Group) -> NDArray[np.int64]:
    """Events of one group, shape (areas, periods)."""
    bits = source.bits[group.factor, group.label]
    spans = [span for span in source.spans if _period_of(span, group.periods) >= 0]
    found = _outcome(source, bits, spans)
    found = found[found["reason"] == Reason.COUNTED]
    period = np.array([_period_of(span, group.periods) for span in source.spans])
    table = np.zeros((len(source.study.codes), len(group.periods)), dtype=np.int64)
    np.add.at(table, (found["area"].to_numpy(), period[found["span"].to_numpy()]), found["n"])
    return table


def _uncounted(source: _Source) -> pd.DataFrame:
    """One line per event that the source does not count, in the order of file and row."""
    settled = (
        f"SELECT p.*, coalesce(s.reason, p.reason) AS why FROM placed p "
        f"LEFT JOIN ({_settled(source, 1, source.spans)}) s ON s.file = p.file AND s.row = p.row"
    )
    plain = (
        f"SELECT *, CASE WHEN reason = {Reason.COUNTED} AND mask & 1 = 0 "
        f"THEN {Reason.EXCLUDED_BY_RULE} ELSE reason END AS why FROM placed"
    )
    connection = source.events.connection
    for name, column in (("file_name", "file"), ("code_name", "area_code")):
        connection.execute(
            f"DROP TYPE IF EXISTS {name}; CREATE TYPE {name} AS ENUM (SELECT DISTINCT {column} "
            f"FROM placed WHERE {column} IS NOT NULL ORDER BY 1)"
        )
    lost = connection.execute(
        "SELECT file::file_name AS file, row, date, area_code::code_name AS area_code, why "
        f"FROM ({settled if source.is_unique else plain}) WHERE why <> {Reason.COUNTED} "
        "ORDER BY file, row"
    ).df()
    reasons = pd.Categorical.from_codes(lost["why"], [reason.name.lower() for reason in Reason])
    return lost.assign(
        source=_texts(pd.Categorical.from_codes(np.zeros(len(lost), dtype=int), [source.name])),
        file=_texts(lost["file"].array),
        area_code=_texts(lost["area_code"].array),
        reason=_texts(reasons),
    )[UNCOUNTED]


def _texts(values: Any) -> Any:
    """Text from categories: millions of rows, few different ones."""
    categories = pd.Series(values.categories).astype("str").array
    return categories.take(values.codes, allow_fill=True)


def _coverage(source: _Source) -> dict[Period, tuple[int, ...]]:
    """Months of each period that the source does not seem to cover."""
    months = source.events.connection.execute(
        "SELECT year(date) * 12 + month(date) - 1 AS month, count(*) AS n "
        f"FROM {identifier(source.events.table)} WHERE date IS NOT NULL GROUP BY 1"
    ).df()
    events = dict(zip(months["month"].tolist(), months["n"].tolist(), strict=True))
    missing = {period: missing_months(period, events) for period in source.periods}
    for group in source.asked:
        if all(len(missing[period]) == len(period.months) for period in group.periods):
            raise DataError(
                f"factors.{group.factor}: {source.name} has no events in "
                f"{', '.join(period.label for period in group.periods)}; it has some from "
                f"{month_label(min(events))} to {month_label(max(events))}. "
                "Change the periods, or add the files."
            )
    return missing


def _coverage_notes(
    source: _Source, missing: Mapping[Period, tuple[int, ...]]
) -> Iterator[str]:
    for period, months in missing.items():
        names = first_few([month_label(month) for month in months], 12)
        if len(months) == len(period.months):
            yield f"{source.name}: has no events in {period.label}; not assessed there."
        elif months:
            yield (
                f"{source.name}: {period.label} is a part period: {len(months)} of its "
                f"{len(period.months)} months have no events ({names})."
            )


def _conversion_notes(source: _Source) -> Iterator[str]:
    """How many events of older codes went which way."""
    cells = source.cells
    n = cells.groupby("how")["n"].sum()
    lookup, part, nearest = (int(n.get(how, 0)) for how in (How.LOOKUP, How.PART, How.NEAREST_PART))
    if lookup + part + nearest:
        share = (lookup + part + nearest) / cells.loc[cells["span"] >= 0, "n"].sum()
        yield (
            f"{source.name}: {lookup + part + nearest:,} events ({share:.1%}) with area codes of "
            f"an older edition were converted: {lookup:,} by the lookup alone, {part:,} by their "
            f"own coordinates, {nearest:,} to the nearest part of their old area."
        )
    if How.POINT in n.index:
        yield f"{source.name}: {n[How.POINT]:,} events were placed by their coordinates alone."


def _other_notes(source: _Source) -> Iterator[str]:
    if source.events.has_person:
        (bare,) = source.events.connection.execute(
            "SELECT count(*) FROM located WHERE person IS NULL"
        ).fetchall()[0]
        if bare:
            yield f"{source.name}: {bare:,} records have no person; each counts as a person."
    (undated,) = source.events.connection.execute(
        f"SELECT count(*) FROM {identifier(source.events.table)} WHERE date IS NULL"
    ).fetchall()[0]
    if undated:
        yield f"{source.name}: {undated:,} records have no date; they are outside the periods."


def _check_rules(source: _Source) -> list[str]:
    """Refuse rules about columns that are not there and values that look like a slip."""
    notes, faults = [], []
    table = source.events.table
    columns = set(source.events.relation.columns)
    wheres = [source.events.where, *(group.where for group in source.asked)]
    for column in sorted({column for where in wheres for column in where}):
        if category(column).strip('"') not in columns:
            faults.append(f"{source.name}: where: the column {column!r} was not read.")
            continue
        rows = source.events.connection.execute(
            f"SELECT DISTINCT {category(column)} FROM {identifier(table)} "
            f"WHERE {category(column)} IS NOT NULL"
        ).fetchall()
        found = sorted(row[0] for row in rows)
        wanted = {value for where in wheres for value in where.get(column, ())}
        for value in sorted({v for v in wanted if isinstance(v, str)} - set(found)):
            near = _nearest(value, found)
            if near:
                faults.append(
                    f"{source.name}: where: no record has {column} {value!r}; did you mean "
                    f"{near!r}?"
                )
            notes.append(f"{source.name}: no record has {column} {value!r}.")
    if faults:
        raise ConfigError(faults)
    return notes


def _nearest(value: str, found: Sequence[str]) -> str | None:
    folded = {known.casefold(): known for known in found}
    close = difflib.get_close_matches(value.casefold(), list(folded), n=1, cutoff=0.85)
    return folded[close[0]] if close else None


def _refuse_all_outside(source: _Source) -> None:
    cells = source.cells
    inside = cells[cells["span"] >= 0]
    n = int(inside["n"].sum())
    if n < PLAUSIBLY_NONE or (inside["reason"] == Reason.COUNTED).any():
        return
    rows = source.events.connection.execute(
        "SELECT DISTINCT area_code FROM dated WHERE span >= 0 AND area_code IS NOT NULL "
        "ORDER BY 1 LIMIT 3"
    ).fetchall()
    codes = ", ".join(row[0] for row in rows) or "none"
    raise DataError(
        f"{source.name}: none of its {n:,} events in the periods is in the study area (area codes "
        f"there: {codes}; the areas': {first_few(source.study.codes, 3)}). Check the columns "
        "area, x and y, the crs, and the boundaries."
    )


def _together(
    parts: Mapping[str, _Part], asked: Sequence[_Group], index: pd.Index, notes: list[str]
) -> Counted:
    columns = {}
    for group in asked:
        part = parts[group.source]
        table = part.counts[group.factor, group.label]
        for i, period in enumerate(group.periods):
            covered = len(part.missing[period]) < len(period.months)
            column = pd.array(table[:, i], dtype="Int64")
            columns[group.factor, group.label, period.label] = (
                column if covered else pd.array([pd.NA] * len(table), dtype="Int64")
            )
    counts = pd.DataFrame(columns, index=index)
    counts.columns = pd.MultiIndex.from_tuples(columns, names=["factor", "group", "period"])
    lines = {key: line for part in parts.values() for key, line in part.reconciliation.items()}
    keys = pd.MultiIndex.from_tuples(lines, names=["source", "factor"])
    reconciliation = pd.DataFrame(list(lines.values()), index=keys, columns=RECONCILIATION)
    uncounted = pd.concat([part.uncounted for part in parts.values()], ignore_index=True)
    said = [note for part in parts.values() for note in part.notes]
    return Counted(counts, reconciliation, uncounted, (*said, *notes))
