"""When events happen, what and to whom; and inside an area, on which street and in which hours."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.events.periods import Period, month_label
from riskindex.events.places import LOST, Reason
from riskindex.events.source_events import Group, Scope
from riskindex.events.sources import BOTH, RECORDED_ASPECTS
from riskindex.events.sql import category, identifier, store, wrapped_sum
from riskindex.events.tally import Tally
from riskindex.statistics.time_patterns import aoristic, default_minutes

LEVELS = ["factor", "group", "place", "aspect", "value"]
"""Index of the table: factor, group of its events, place, what is asked, and the answer."""
BY_PERIOD = ["factor", "group", "period", "place", "aspect", "value"]
"""Index of the table that keeps the periods apart."""
COUNTED = {"records": "int64", "fingerprint": "uint64"}
"""Columns of the table."""
ASPECTS = ("month", "weekday", "hour", *RECORDED_ASPECTS)
"""What can be asked, in the order of the columns."""
MAY_LACK = ("hour", *RECORDED_ASPECTS)
"""What a record may not say."""
IN_NO_AREA = "(in no area)"
"""Place of events in no area of the map: elsewhere, or without a recorded place."""
NOT_RECORDED = ""
"""Value of records whose hour, age or the like is not recorded."""

STREET, HOURS = "street", "hours"
"""What records inside an area are counted by."""
INSIDE_LEVELS = ["factor", "group", "area_code", "aspect", "value"]
"""Index of the table of `count_inside`."""
MOST_AREAS = 5_000
"""Areas up to which streets are counted: those of a whole country would fill the memory, and a team
is sent by a force or a council."""
PARTS_OF_DAY: Mapping[str, int] = MappingProxyType({"01": 5, "06": 6, "12": 6, "18": 6})
"""First hour of each part of a day, to its length. The hour after midnight is in none: there stand
records whose time is not known."""
PARTS = tuple(f"{day} {first}" for day in range(1, 8) for first in PARTS_OF_DAY)
"""Parts of the week, from the early hours of Monday to the evening of Sunday."""

DEFAULT_TIME = "default time"
"""Hour of records whose time of day stands for one not known."""
UNKNOWN_HOUR = "unknown hour"
"""Hour of records whose two times say nothing of it: over a day apart, or the wrong way round."""
NO_HOUR = (DEFAULT_TIME, UNKNOWN_HOUR)
"""What stands among the hours and is none."""


class DefaultTime(NamedTuple):
    """A time of day that stands for one not known, of the records of a source."""

    minute: int
    """Minutes since midnight."""
    records: int
    """Records at it, of the whole source, whatever its rules say."""
    expected: float
    """Records that the rest of its hour and the other hours lead to expect at it."""
    timed: int
    """Records of the source that say their time to the minute."""


def default_times(tally: Tally) -> tuple[DefaultTime, ...]:
    """Times of day that stand for one not known, of `default_minutes`; none without minutes."""
    # Of the source as a whole and not of each factor: it is the system that writes a default, and
    # small factors would each be judged otherwise.
    if "minute" not in tally.events.relation.columns:
        return ()
    rows = tally.events.connection.execute(
        f"SELECT hour::INTEGER * 60 + minute, count(*) FROM {identifier(tally.events.table)} "
        # A time that begins a range was written by a person, and no system's default.
        f"WHERE hour IS NOT NULL AND minute IS NOT NULL AND {_at_one_time(tally)} GROUP BY 1"
    ).fetchall()
    count = np.zeros(24 * 60)
    for minute, n in rows:
        count[minute] = n
    defaults = default_minutes(count)
    return tuple(
        DefaultTime(int(minute), int(count[minute]), float(expected), int(count.sum()))
        for minute, expected in zip(defaults.minute, defaults.expected, strict=True)
    )


def default_time_notes(name: str, defaults: Sequence[DefaultTime]) -> Iterator[str]:
    """Say of each default time of a source how many records have it."""
    for default in defaults:
        yield (
            f"{name}: {default.records:,} of {default.timed:,} records with a time of day are at "
            f"{default.minute // 60:02d}:{default.minute % 60:02d}, where the rest of that hour "
            f"and the other hours lead to expect about {default.expected:,.0f}. It is taken to "
            f"stand for a time not known: these are listed as {DEFAULT_TIME!r}, in no hour."
        )


def has_ranges(tally: Tally) -> bool:
    """Whether the source says from when until when its events may have happened."""
    return "lasts" in tally.events.relation.columns


def _at_one_time(tally: Tally) -> str:
    """Condition for a record of one moment, as SQL."""
    return "coalesce(lasts, 0) = 0" if has_ranges(tally) else "true"


def range_notes(name: str, tally: Tally) -> Iterator[str]:
    """Say how many records of a source are between two times, or of no hour for their two times.

    Parameters
    ----------
    name, tally
        The source; all of its records are told of, whatever its rules say.
    """
    if not has_ranges(tally):
        return
    asked = f"FROM {identifier(tally.events.table)} WHERE lasts"
    spread = tally.number(f"SELECT count(*) {asked} BETWEEN 1 AND {DAY}")
    yield (
        f"{name}: {spread:,} records lie between two times; the hours between share each of them "
        "by their part of it (aoristic), and everywhere else each counts once, on its first day."
    )
    # Shared among hours, such a range would spread an error over the day.
    of = {"last longer than a day": f"> {DAY}", "end before they begin or without a time": "< 0"}
    for words, test in of.items():
        if number := tally.number(f"SELECT count(*) {asked} {test}"):
            ((file, row),) = tally.events.connection.execute(
                f"SELECT file, row {asked} {test} ORDER BY file, row LIMIT 1"
            ).fetchall()
            yield (
                f"{name}: {number:,} records {words} (first: {file}, row {row}); these are listed "
                f"as {UNKNOWN_HOUR!r}, in no hour."
            )


DAY = 24 * 60
"""Minutes of the longest stretch that is spread over its hours: a longer one says nothing of
them."""


def count_by_group(
    tally: Tally,
    groups: Sequence[Group],
    places: "pd.Series[str]",
    *,
    defaults: Sequence[DefaultTime] = (),
    aspects: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Count a source's records by place and month, weekday, hour, and what its columns tell.

    Records are counted, each once by its key; a person with two records counts twice here, because
    a person counted once a year would fall into the first month of it.

    Parameters
    ----------
    tally
        The source, its events placed in the study area.
    groups
        What counts them; each in its own periods.
    places
        Name of the place of each area, in the order of the areas; "" where it has none.
    defaults
        Times of day that stand for one not known, of `default_times`.
    aspects
        What is asked in place of these, each as SQL over a record.

    Returns
    -------
    DataFrame
        Index `BY_PERIOD`; columns `records`, and `fingerprint` of these records (uint64, of
        `fingerprints`; for noise alone, and in no output). `month` has values such as
        2022-03, `weekday` 1 (Monday) to 7, `hour` 00 to 23, `DEFAULT_TIME` or `UNKNOWN_HOUR`,
        the others what the columns hold; hours share an event between two times, so that their
        records may have fractions;
        pairs of aspects both values with `BOTH` between them.
        Weekdays are left out where the source only knows months; hours where it only knows
        days. Events that are in no area have the place `IN_NO_AREA`.
    """
    asked = _aspects(tally, defaults) if aspects is None else aspects
    connection = tally.events.connection
    # Numbers stand for names in the query: places are compared millions of times.
    names = [*sorted(set(places)), IN_NO_AREA]
    numbers = pd.Series({name: i for i, name in enumerate(names)})
    # What has no area is nowhere a cell that leaves, and needs no fingerprint.
    lookup = pd.DataFrame(
        {
            "area": np.append(np.arange(len(places)), _NO_AREA),
            "place": np.append(numbers[places].to_numpy(), len(names) - 1),
            "area_print": np.append(tally.study.prints.astype(np.int64), 0),
        }
    )
    store(connection, "place_of_area", lookup)
    parts = [
        _of_group(counted, tally, group, list(asked)).assign(factor=group.factor, group=group.label)
        for group, counted in _counted(tally, groups, asked)
    ]
    if not parts:
        return no_rhythm()
    table = pd.concat(parts, ignore_index=True)
    table["place"] = np.asarray(names, dtype=object)[table["place"].to_numpy(dtype=np.intp)]
    return table.set_index(BY_PERIOD)[[*COUNTED]].sort_index()


def in_areas(table: pd.DataFrame) -> pd.DataFrame:
    """The table of `count_by_group` without events that are in no area."""
    return table[table.index.get_level_values("place") != IN_NO_AREA]


def over_periods(table: pd.DataFrame) -> pd.DataFrame:
    """The table of `count_by_group` with all periods of a factor together, index `LEVELS`."""
    if table.empty:
        return no_rhythm(levels=LEVELS)
    # Unsigned sums of pandas wrap, as those of the query do.
    return table.groupby(level=LEVELS, sort=True)[[*COUNTED]].sum()


def no_rhythm(*, levels: Sequence[str] = BY_PERIOD) -> pd.DataFrame:
    """The table without a line in it."""
    index = pd.MultiIndex.from_arrays([[]] * len(levels), names=list(levels))
    return pd.DataFrame({"records": [], "fingerprint": []}, index=index).astype(COUNTED)


def _counted(
    tally: Tally, groups: Sequence[Group], aspects: Mapping[str, str]
) -> Iterator[tuple[Group, pd.DataFrame]]:
    """Cells of each group. Without keys one scan serves all; with keys each factor has its own."""
    rules = tuple(range(1, len(tally.groups) + 1))
    # By factor and not by group: an event of two groups counts in the first alone.
    scopes = {group.factor: tally.of_factor(group.factor) for group in groups}
    # Without keys a record counts for every group that it meets, and one scan serves all.
    if not tally.events.has_key:
        every = _cells(tally, aspects, Scope(rules, ()), range(len(tally.spans)))
        cells = dict.fromkeys(scopes, every)
    else:
        cells = {
            factor: _cells(tally, aspects, scope, _spans(tally, scope.periods))
            for factor, scope in scopes.items()
        }
    for group in groups:
        of_factor, kept = cells[group.factor], tally.counted_sorts(tally.of_group(group))
        yield group, of_factor[kept[of_factor["sort"].to_numpy()]]


def _cells(
    tally: Tally, aspects: Mapping[str, str], scope: Scope, spans: Sequence[int]
) -> pd.DataFrame:
    sorts = np.flatnonzero(tally.counted_sorts(scope)).tolist() or [-1]
    asked = f"sort IN ({_listed(sorts)}) AND span IN ({_listed(spans)})"
    # Each aspect by itself: all of them crossed would be as many cells as events.
    sets = [*((name,) for name in aspects), *_pairs(tally, aspects)]
    if not has_ranges(tally) or "hour" not in aspects:
        return _grouped(tally, aspects, asked, scope, sets)
    # Hours share records between two times, and every other aspect counts each of them once.
    apart = [names for names in sets if "hour" in names]
    rest = [names for names in sets if "hour" not in names]
    ranged = _grouped(tally, aspects, asked, scope, apart, with_times=True)
    parts = [_grouped(tally, aspects, asked, scope, rest), _spread(ranged)]
    return pd.concat(parts, ignore_index=True)


def _spread(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells of the rhythm: records of a known time, and shares of those between two times."""
    between = cells["begins"].notna()
    part = cells[between]
    start = part["begins"].to_numpy(dtype="timedelta64[m]")
    # Any day will do: only the time of day decides which hours share the record.
    first = np.datetime64("2000-01-01", "m") + start
    shares = aoristic(first, first + part["lasts"].to_numpy(dtype="timedelta64[m]"))
    row, hour = np.nonzero(shares)
    spread = part.iloc[row].assign(
        hour=hour, records=part["records"].to_numpy(float)[row] * shares[row, hour]
    )
    return pd.concat([cells[~between], spread], ignore_index=True)


def _grouped(
    tally: Tally,
    aspects: Mapping[str, str],
    asked: str,
    scope: Scope,
    asked_sets: Sequence[tuple[str, ...]],
    *,
    with_times: bool = False,
) -> pd.DataFrame:
    """Cells of some aspects; `with_times` by the first time and the length of each range, too."""
    times = ["begins", "lasts"] if with_times else []
    used = {name for names in asked_sets for name in names}
    # A bit for each aspect, the first the highest, set where the line is of all its values.
    bits = " + ".join(
        f"{1 << i} * {f'grouping({name})' if name in used else 1}"
        for i, name in enumerate(reversed(list(aspects)))
    )
    columns = [name if name in used else f"NULL AS {name}" for name in aspects]
    sets = ", ".join(f"(place, span, sort, {', '.join([*names, *times])})" for names in asked_sets)
    return tally.events.connection.execute(
        f"""
        SELECT place, span, sort, {", ".join([*columns, *times])}, {bits} AS aspect,
            max(day) AS last_day, sum(n)::BIGINT AS records,
            {wrapped_sum("area_print * prints")} AS fingerprint
        FROM ({_records(tally, aspects, asked, scope, with_times)}) JOIN place_of_area USING (area)
        GROUP BY GROUPING SETS ({sets}) ORDER BY ALL
        """
    ).df()


def _records(
    tally: Tally, aspects: Mapping[str, str], asked: str, scope: Scope, with_times: bool
) -> str:
    """Query for the records in areas; of a source that knows months alone, its counts by month."""
    columns = ", ".join(f"{sql} AS {name}" for name, sql in aspects.items())
    columns += _RANGE if with_times else ""
    lost = f"reason IN ({_listed(LOST)})"
    # police.uk knows months alone, which the grouped table holds already: no record is looked at.
    if list(aspects) == ["month"] and not tally.events.has_key:
        return (
            f"SELECT area, span, sort, 1 AS day, events AS n, prints::HUGEINT AS prints, month "
            f"FROM plain WHERE {asked} "
            f"UNION ALL SELECT CASE WHEN {lost} THEN {_NO_AREA} ELSE area END, span, sort, 1, n, "
            f"n::HUGEINT * print, {columns} FROM placed JOIN days USING (date) "
            f"WHERE (reason = {Reason.COUNTED} OR {lost}) AND {asked}"
        )
    # Of the records of one key one counts: in an area before in none, then by the first rule.
    once = (
        "QUALIFY key IS NULL OR row_number() OVER "
        f"(PARTITION BY key ORDER BY area < 0, {tally.first_rule(scope)}, file, row) = 1"
        if tally.events.has_key
        else ""
    )
    return (
        f"SELECT area, span, sort, day(date) AS day, 1 AS n, print AS prints, {columns} "
        f"FROM (FROM located UNION ALL BY NAME "
        f"SELECT * EXCLUDE (area_code, reason, how) REPLACE ({_NO_AREA} AS area) FROM placed "
        f"WHERE {lost}) JOIN days USING (date) "
        f"WHERE {asked} {once}"
    )


_BETWEEN = f"(hour IS NOT NULL AND lasts BETWEEN 1 AND {DAY})"
_RANGE = (
    f", CASE WHEN {_BETWEEN} THEN hour::INTEGER * 60 + coalesce(minute, 0) END AS begins, "
    f"CASE WHEN {_BETWEEN} THEN lasts END AS lasts"
)
"""Minute of the day at which a range begins, and its length; missing of records of one time."""


_NO_AREA = -1


_DEFAULT, _UNKNOWN = -1, -2
"""Numbers of `DEFAULT_TIME` and `UNKNOWN_HOUR` among the hours in queries."""


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _aspects(tally: Tally, defaults: Sequence[DefaultTime]) -> dict[str, str]:
    """Aspects that a source records, as SQL; a default time is an hour of its own."""
    table = identifier(tally.events.table)
    aspects = {"month": "year(date) * 12 + month(date) - 1"}
    # Where every date is the first of a month, weekdays would all be those of the first.
    if tally.number(f"SELECT count(*) FROM {table} WHERE day(date) > 1"):
        aspects["weekday"] = "isodow(date)"
    if "hour" in tally.events.relation.columns and tally.number(
        # Midnight alone is what systems write where the hour is not known.
        f"SELECT count(*) FROM {table} WHERE hour > 0"
    ):
        aspects["hour"] = _hour_or_none(tally, defaults)
    for aspect, column in tally.events.people.items():
        aspects[aspect] = category(column)
    return aspects


def _hour_or_none(tally: Tally, defaults: Sequence[DefaultTime]) -> str:
    """The hour as SQL, `_DEFAULT` or `_UNKNOWN` where a record is of none; of a range the first."""
    tests = []
    if has_ranges(tally):
        # A range that is longer than a day, or ends before it begins, is of no hour.
        tests.append(f"WHEN lasts NOT BETWEEN 0 AND {DAY} THEN {_UNKNOWN}::TINYINT")
    if defaults:
        minutes = _listed([default.minute for default in defaults])
        at_default = f"hour::INTEGER * 60 + minute IN ({minutes}) AND {_at_one_time(tally)}"
        tests.append(f"WHEN {at_default} THEN {_DEFAULT}::TINYINT")
    return f"CASE {' '.join(tests)} ELSE hour END" if tests else "hour"


def _pairs(tally: Tally, aspects: Collection[str]) -> list[tuple[str, ...]]:
    """Aspects that are counted together, those alone that the source knows."""
    pairs = [tuple(pair.split(BOTH)) for pair in tally.events.pairs]
    return [pair for pair in pairs if set(pair) <= set(aspects)]


def _of_group(
    cells: pd.DataFrame, tally: Tally, group: Group, aspects: Sequence[str]
) -> pd.DataFrame:
    """Cells of the group's own periods, each aspect's values as text."""
    periods = _periods_of_spans(tally, group.periods)
    cells = cells[cells["span"].isin(list(periods))]
    cells = cells.assign(period=cells["span"].map(periods).astype(object))
    parts = []
    for names in [*((name,) for name in aspects), *_pairs(tally, aspects)]:
        # A bit for each aspect, the first the highest, set where the line is of all its values.
        others = sum(1 << i for i, name in enumerate(reversed(aspects)) if name not in names)
        part = cells[cells["aspect"] == others]
        # A group whose dates are all the first of a month knows its months alone.
        if "weekday" in names and not (part["last_day"] > 1).any():
            continue
        # Records that are all at midnight have dates and no times.
        if "hour" in names and not (part["hour"] > 0).any():
            continue
        values = _words(names[0], part[names[0]])
        for name in names[1:]:
            values = values + BOTH + _words(name, part[name])
        # Unsigned sums of pandas wrap, as those of the query do.
        by = [part["period"], part["place"], values.rename("value")]
        sums = part.groupby(by)[[*COUNTED]].sum()
        parts.append(sums.reset_index().assign(aspect=BOTH.join(names)))
    return pd.concat(parts, ignore_index=True)


def _spans(tally: Tally, periods: Sequence[Period]) -> list[int]:
    """Stretches of time that lie in some periods."""
    return list(_periods_of_spans(tally, periods))


def _periods_of_spans(tally: Tally, periods: Sequence[Period]) -> dict[int, str]:
    """Label of the period that each stretch of time lies in; those in none are left out."""
    return {
        i: period.label
        for i, span in enumerate(tally.spans)
        for period in periods
        if period.start <= span.start and span.end <= period.end
    }


def _words(aspect: str, values: "pd.Series[float] | pd.Series[str]") -> "pd.Series[str]":
    if aspect not in _NUMBERED:
        # Not recorded is a category: without it, shares would be of those alone who say it.
        return values.astype("object").where(values.notna(), NOT_RECORDED).astype(str)
    write = _NUMBERED[aspect]
    texts = [NOT_RECORDED if pd.isna(value) else write(int(value)) for value in values]
    return pd.Series(texts, index=values.index, dtype=object)


def _hour_word(hour: int) -> str:
    return {_DEFAULT: DEFAULT_TIME, _UNKNOWN: UNKNOWN_HOUR}.get(hour, f"{hour:02d}")


_NUMBERED: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {"month": month_label, "weekday": str, "hour": _hour_word}
)
"""Aspects that are numbers in queries, and how each number is written; others are texts."""


def count_inside(
    tally: Tally, groups: Sequence[Group], *, defaults: Sequence[DefaultTime] = ()
) -> pd.DataFrame:
    """Count a source's records by area and street, and by area and part of the week.

    Parameters
    ----------
    tally
        The source, its events placed in the study area.
    groups
        What counts them, over all periods of a factor together.
    defaults
        Times of day that stand for one not known, of `default_times`.

    Returns
    -------
    DataFrame
        Index `INSIDE_LEVELS`; columns as `count_by_group` has them. Values of `street` are as the
        source has them, of `hours` those of `PARTS`; "" where it is not recorded. Nothing of a
        source that counts persons, whose places are homes; of an aspect that a source does not
        know, no line.
    """
    # Persons are placed by their homes, so that streets would be addresses.
    aspects = {} if tally.events.has_person else _aspects_inside(tally, defaults)
    if not aspects:
        return nothing_inside()
    codes = pd.Series(np.asarray(tally.study.codes, dtype=object))
    records = count_by_group(tally, groups, codes, defaults=defaults, aspects=aspects)
    records = over_periods(in_areas(records))
    return records.rename_axis(index={"place": "area_code"})


def part_in_words(part: str) -> str:
    """A part of the week as people say it.

    Examples
    --------
    >>> part_in_words("5 18")
    'Fri 18 to 24'
    """
    day, first = part.split()
    return f"{_DAYS[int(day) - 1]} {first} to {int(first) + PARTS_OF_DAY[first]:02d}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def nothing_inside() -> pd.DataFrame:
    """The table without a line in it."""
    return no_rhythm(levels=INSIDE_LEVELS)


def _aspects_inside(tally: Tally, defaults: Sequence[DefaultTime]) -> dict[str, str]:
    """What the source knows, as SQL over a record."""
    table, events = identifier(tally.events.table), tally.events
    aspects = {}
    if events.street and tally.number(
        f"SELECT count(*) FROM {table} WHERE {events.street} IS NOT NULL"
    ):
        aspects[STREET] = STREET
    # As for weekdays and hours alone: midnight or the first of a month alone are no times.
    if "hour" in events.relation.columns and tally.number(
        f"SELECT count(*) FROM {table} WHERE hour > 0 AND day(date) > 1"
    ):
        # CASE takes the first that fits, so that each part need only name its end.
        first = " ".join(
            f"WHEN hour < {int(start) + length} THEN ' {start}'"
            for start, length in PARTS_OF_DAY.items()
        )
        # A record between two times is of no one part, unless the two are one.
        has_hour = f"{_hour_or_none(tally, defaults)} > 0 AND {_at_one_time(tally)}"
        aspects[HOURS] = f"CASE WHEN {has_hour} THEN isodow(date)::VARCHAR || CASE {first} END END"
    return aspects
