"""What an analyst is told of a source's count, and its refusal where no event is in the area."""

import difflib
from collections.abc import Iterator, Sequence
from math import sqrt

from riskindex.areas.area_names import recognise_texts
from riskindex.areas.editions import first_few, is_well_formed
from riskindex.errors import DataError
from riskindex.events.codes_against_points import PLACEHOLDER_FROM, PLACEHOLDER_SHARE
from riskindex.events.periods import month_label
from riskindex.events.places import How, Reason
from riskindex.events.records.person_keys import NOT_SHOWN, is_shown
from riskindex.events.sql import identifier
from riskindex.events.tally import Tally

DRIFT = 0.05
"""Events without a place are noted in months whose share of them is higher than that of all months
by so much and four standard errors."""


PLAUSIBLY_NONE = 20
"""Fewer events may all lie outside the study area; so many mean wrong codes or coordinates."""


def refuse_all_outside(tally: Tally) -> None:
    """Refuse a source of many events in the periods of which none is in the study area.

    Raises
    ------
    DataError
        With what its codes and coordinates look like beside those of the areas.
    """
    inside = tally.cells[tally.cells["span"] >= 0]
    n = int(inside["n"].sum())
    # All events outside is nearly always a wrong column or projection, and an empty map would look
    # like a safe county.
    if n < PLAUSIBLY_NONE or (inside["reason"] == Reason.COUNTED).any():
        return
    rows = tally.events.connection.execute(
        "SELECT DISTINCT area_code FROM kinds WHERE span >= 0 AND area_code IS NOT NULL "
        "ORDER BY 1 LIMIT 200"
    ).fetchall()
    shown = _shown_codes(tally, [row[0] for row in rows])
    codes = ", ".join(shown[:3]) or (NOT_SHOWN if rows else "none")
    # Postcodes or names in the place of codes are the usual slip, and have advice of their own.
    texts = recognise_texts([row[0] for row in rows]) if rows else None
    if texts is not None:
        raise DataError(
            f"{tally.name}: none of its {n:,} events in the periods has an area code: these are "
            f"{texts[0]} ({codes}); {texts[1]}."
        )
    area_codes = first_few(tally.study.codes, shown=3)
    area_codes += _nearly(shown[0] if shown else "", tally.study.codes)
    raise DataError(
        f"{tally.name}: none of its {n:,} events in the periods is in the study area (area codes "
        f"there: {codes}; the areas': {area_codes}{_reach(tally)}). Check the "
        "columns area, x and y, the crs, and the boundaries."
    )


def _shown_codes(tally: Tally, codes: Sequence[str]) -> list[str]:
    """Those that a message may show: of a source that names people no text that could be a key."""
    return [code for code in codes if is_shown(code, names_people=tally.events.names_people)]


def _nearly(code: str, area_codes: Sequence[str]) -> str:
    """Which code of the areas a misspelt one is nearest to: E1020001 has lost a nought."""
    # A well-formed code is that of another place, and no slip of the pen.
    if not code or is_well_formed(code):
        return ""
    near = difflib.get_close_matches(code, area_codes, n=1, cutoff=0.85)
    return f"; {code} is nearly {near[0]}, so look at what differs" if near else ""


def _reach(tally: Tally) -> str:
    """From where to where the coordinates of a source go, in the system that it is said to use."""
    if tally.events.is_counted:
        return ""
    # The extent shows at once where degrees are read as metres, or x and y are exchanged.
    ((west, east, south, north),) = tally.events.connection.execute(
        f"SELECT min(x), max(x), min(y), max(y) FROM {identifier(tally.events.table)}"
    ).fetchall()
    if west is None:
        return ""
    return f"; x {west:,g} to {east:,g} and y {south:,g} to {north:,g}, read as {tally.events.crs}"


def notes_on_count(tally: Tally) -> Iterator[str]:
    """What became of events that are not as plain as an area code, a date and a person."""
    n = {How(how): int(m) for how, m in tally.cells.groupby("how")["n"].sum().items()}
    older = {words: n[how] for how, words in _CONVERTED.items() if how in n}
    if older:
        share = sum(older.values()) / tally.cells.loc[tally.cells["span"] >= 0, "n"].sum()
        ways = ", ".join(f"{number:,} {words}" for words, number in older.items())
        yield (
            f"{tally.name}: {sum(older.values()):,} events ({share:.1%}) with area codes of an "
            f"older edition were converted: {ways}."
        )
    if How.POINT in n:
        yield f"{tally.name}: {n[How.POINT]:,} events were placed by their coordinates alone."
    # In the reconciliation they are outside the periods, where nobody would look for them.
    undated = tally.number("SELECT coalesce(sum(events), 0) FROM kinds WHERE month IS NULL")
    if undated:
        yield (
            f"{tally.name}: {undated:,} records have no date (first: {_first_undated(tally)}); "
            "they are outside the periods."
        )
    if tally.events.has_person:
        bare = tally.number("SELECT count(*) FROM located WHERE person IS NULL")
        if bare:
            yield f"{tally.name}: {bare:,} records have no person; each counts as one person."
    yield from _placeholders(tally)
    yield from _misspelt_codes(tally)
    yield from _drifting_places(tally)


def _first_undated(tally: Tally) -> str:
    """File and row of the first record without a date; a warehouse keeps its rows to itself."""
    if tally.events.is_counted:
        return "in the warehouse"
    ((file, row),) = tally.events.connection.execute(
        f"SELECT file, row FROM {identifier(tally.events.table)} WHERE date IS NULL "
        "ORDER BY file, row LIMIT 1"
    ).fetchall()
    return f"{file}, row {row}"


def _misspelt_codes(tally: Tally) -> Iterator[str]:
    """Codes that no area has: not counted; and those that were read in capitals."""
    rows = tally.events.connection.execute(
        f"SELECT area_code, sum(n)::BIGINT FROM placed WHERE reason = {Reason.UNKNOWN_AREA} "
        "AND area_code IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    if rows:
        # Where the texts are postcodes or names, a lookup of codes would be the wrong advice.
        texts = recognise_texts([code for code, _ in rows])
        shown = [repr(code) for code in _shown_codes(tally, [code for code, _ in rows])]
        advice = "Correct them, or name the lookup that knows them under [areas]."
        yield (
            f"{tally.name}: {sum(n for _, n in rows):,} events are not counted, because no area is "
            f"known to have their codes ({first_few(shown) if shown else NOT_SHOWN}). "
            f"{f'These are {texts[0]}; {texts[1]}.' if texts else advice}"
        )
    rows = tally.events.connection.execute(
        "SELECT code, events FROM codes WHERE area >= 0 AND code <> upper(code) ORDER BY code"
    ).fetchall()
    small = {code: n for code, n in rows if code not in tally.study.position}
    if small:
        yield (
            f"{tally.name}: the area codes of {sum(small.values()):,} events are written in small "
            f"letters ({first_few(list(small))}); they were read in capitals."
        )


def _drifting_places(tally: Tally) -> Iterator[str]:
    """Months in which far more events than usual have no place: files may have changed."""
    rows = tally.events.connection.execute(
        "SELECT month, sum(events) FROM kinds WHERE span >= 0 GROUP BY 1 ORDER BY 1"
    ).fetchall()
    events = {int(month): int(n) for month, n in rows}
    lost = tally.events.connection.execute(
        "SELECT year(date) * 12 + month(date) - 1, sum(n)::BIGINT FROM placed "
        f"WHERE reason = {Reason.NO_LOCATION} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    # Four standard errors beside the five points: in a month of 20 events, one more without a place
    # is chance.
    usual = sum(n for _, n in lost) / max(sum(events.values()), 1)
    odd = [
        f"{n / events[month]:.0%} in {month_label(month)}"
        for month, n in lost
        if n / events[month] > usual + DRIFT + 4 * sqrt(usual * (1 - usual) / events[month])
    ]
    if odd:
        yield (
            f"{tally.name}: {usual:.1%} of the events have no place, but {first_few(odd)}. Look "
            "for a column that those files lack, and read changes over time with care."
        )


def _placeholders(tally: Tally) -> Iterator[str]:
    """A word such as "unknown" in a column of keys makes one event or person of many."""
    asked = {"key": tally.events.has_key, "person": tally.events.has_person}
    for column in (column for column, is_asked in asked.items() if is_asked):
        ((most, all_),) = tally.events.connection.execute(
            f"SELECT coalesce(max(n), 0), coalesce(sum(n), 0) FROM (SELECT count(*) AS n "
            f"FROM located WHERE {column} IS NOT NULL GROUP BY {column})"
        ).fetchall()
        # "UNKNOWN" as a person makes hundreds of people one, who is then counted once.
        if most >= PLACEHOLDER_FROM and most > PLACEHOLDER_SHARE * all_:
            yield (
                f"{tally.name}: {most:,} of {all_:,} located records share one {column}, so that "
                "most of them are not counted. If it stands for not known, empty those cells."
            )


_CONVERTED = {
    How.LOOKUP: "by the lookup alone",
    How.PART: "by their own coordinates",
    How.NEAREST_PART: "to the part of their old area that is nearest to their coordinates",
    How.SHARED: "shared out",
}
