"""Events in an area profile: counts, changes and rates of every factor, by month and by period."""

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from riskindex.outputs.needs.blocks import Free, Sentence
from riskindex.outputs.needs.markup import sentence_html
from riskindex.outputs.needs.rows import Row, count, limits, period, rank, value
from riskindex.outputs.pages import Html, drawing, escape, paragraphs, record_table
from riskindex.outputs.plots import Dot, Line, draw_dots, draw_lines
from riskindex.outputs.profiles.numbers import Book, Place, PlaceRows, as_float, given

METHOD_NOTES = (
    "Every number is a row of figures.csv, whose name it carries: hover over it. Numbers of events "
    "are unweighted. Where a source counts persons, a number of a period counts each person once "
    "per area, and a month, weekday or hour counts every record.",
    "Limits in brackets are 95% and exact, as if events were independent of each other; as some "
    "come together, the true ones are wider. Periods that do not cover the same months are not "
    "compared.",
    "A weekday or hour is named only where an exact test finds more records in it than the days it "
    "had lead to expect. Midnight is not tested, and neither are protected numbers.",
)
MOST_PERIODS = 12
"""Columns of the table by period, the last ones; figures.csv has the others."""
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def factor_label(book: Book, factor: str) -> str:
    """Name of a factor in words."""
    return str(book.released.factors.at[factor, "label"])


def change_sentences(book: Book, place: Place) -> Iterator[Html]:
    """Each factor's change from the period before, beside that of the whole."""
    for factor in book.counted:
        row = _change(book.rows(place), factor)
        # What is not compared, or not shown, stands in the table with the reason.
        if row is None or not given(row):
            continue
        start = f"{factor_label(book, factor)}: "
        # On one line: 2022-23 broken after the hyphen reads as two numbers.
        before = Free(str(row.compared_with), is_whole=True)
        yield sentence_html(
            (start, count(row), " in ", period(row), ", "),
            (count(row, "base"), " in ", before, ": ", *_changed(row)),
            _beside_whole(book, place, factor),
            ".",
        )


def _beside_whole(book: Book, place: Place, factor: str) -> Sentence:
    # The change of the whole beside it: a fall everywhere is no merit of one district.
    whole = None if place.is_whole else _change(book.rows(book.whole), factor)
    return (f"; {book.whole_word} ", value(whole)) if whole is not None and given(whole) else ()


def _change(rows: PlaceRows, factor: str) -> Row | None:
    """The change of the last period from the one before it."""
    counts = rows.all(f"{factor}.count")
    if len(counts) < 2:
        return None
    # Rows are in order of time; the change is looked up by both labels, as figures hold several.
    now, before = counts[-1].period, counts[-2].period
    return rows.last(f"{factor}.change", period=now, compared_with=before)


def _changed(row: Row) -> Sentence:
    """A change with its limits, and whether chance alone could make it."""
    # By the limits and not by the size of the change: a third fewer of fifteen is chance.
    is_clear = row.low > 0 or row.high < 0
    return (value(row), *limits(row), ", more than chance" if is_clear else ", could be chance")


def events_part(book: Book, place: Place) -> str:
    """What every factor that counts events counted: the last period, months, rates, periods."""
    rows = book.rows(place)
    factors = [factor for factor in book.counted if rows.all(f"{factor}.count")]
    if not factors:
        return ""
    # Named places are small: their months are mostly noise, and they are no peers of districts.
    drawn = [] if place.is_named else [_plots(book, place, factor) for factor in factors]
    return (
        record_table([_last_period(book, place, factor) for factor in factors])
        + paragraphs(_living(book, place))
        + paragraphs([_ROUNDED] if book.released.rules else [])
        + (f'<div class="pairs">{"".join(drawn)}</div>' if any(drawn) else "")
        + _by_period(book, place, factors)
    )


def _living(book: Book, place: Place) -> Iterator[Html]:
    row = book.rows(place).last("residents.share")
    if row is not None and given(row):
        yield sentence_html(value(row), f" of the {book.whole_word}'s residents live here.")


_ROUNDED = (
    "Numbers of events of restricted sources have noise and are rounded; changes, rates, limits, "
    "ranks and shares follow from these numbers."
)


def _last_period(book: Book, place: Place, factor: str) -> dict[str, object]:
    rows, word = book.rows(place), book.whole_word
    last = rows.all(f"{factor}.count")[-1]
    rate, share = (rows.last(f"{factor}.{kind}", period=last.period) for kind in ("rate", "share"))
    change, parts = _change(rows, factor), book.released.part_periods
    labels = [(factor, str(row.period)) for row in rows.all(f"{factor}.count")[-2:]]
    # A period that its sources cover in part has fewer events without anything having changed.
    is_part = labels[-1] in parts
    record: dict[str, object] = {
        "Events": factor_label(book, factor),
        "Period": sentence_html(period(last), " (a part)" * is_part),
        "Number": sentence_html(count(last)),
        "Change on the period before": "not compared: a part period"
        if change is None and parts.intersection(labels)
        else sentence_html(*_change_cell(change)),
    }
    # Without residents there is no rate, and no rank or share of one.
    if rate is None:
        return record
    record["Per 1,000 residents"] = sentence_html(value(rate), *limits(rate))
    if place.is_whole:
        return record
    whole = book.rows(book.whole).last(f"{factor}.rate", period=last.period)
    record[f"{word.capitalize()}, per 1,000"] = _value(whole)
    if not place.is_named:
        # Ranked among places of its own kind: a ward among districts would always be the smallest.
        peers = book.rates.get((f"{factor}.rate", place.kind, str(last.period)), [])
        record[f"Rank of {len(peers)}"] = sentence_html(rank(rate))
    record[f"Share of the {word}'s"] = _value(share)
    return record


def _value(row: Row | None) -> Html | str:
    return sentence_html(value(row)) if row is not None else ""


def _change_cell(row: Row | None) -> Sentence:
    if row is None:
        return ()
    if given(row):
        return (value(row), *limits(row))
    return (str(row.status),) if not row.note else ("not compared: ", Free(str(row.note)))


def _plots(book: Book, place: Place, factor: str) -> str:
    """Months and rates of a factor, side by side."""
    drawn = _trend(book, place, factor) + _rates(book, place, factor)
    label = f"<h3>{escape(factor_label(book, factor))}</h3>"
    return f'<div class="pair">{label}{drawn}</div>' if drawn else ""


def _trend(book: Book, place: Place, factor: str) -> str:
    """Records per month and residents beside those of the whole; a line alone without them."""
    months_here, whole = (records_by_month(book.rows(one), factor) for one in (place, book.whole))
    # A month without a line had no record, where any of the place has one.
    here = {month: months_here.get(month, 0.0) for month in whole} if months_here else {}
    if not _is_mostly_known(here):
        return ""
    people, everybody = (_residents(book.rows(one)) for one in (place, book.whole))
    # False for missing numbers, too.
    compared = people > 0 and everybody > 0
    most = max((v for v in here.values() if not math.isnan(v)), default=0.0)
    # Per 100,000 where per 1,000 would be a line of zeros.
    per = 1000 if compared and 1000 * most / people >= 0.5 else 100_000
    lines = [
        Line(place.name, scaled(list(here.values()), per / people if compared else 1), "place")
    ]
    if compared and book.draws_whole and not place.is_whole:
        lines.append(Line(book.whole_word, scaled(list(whole.values()), per / everybody), "whole"))
    label, months = factor_label(book, factor), list(here)
    picture = draw_lines(
        f"{label} by month in {place.name}",
        lines,
        _month_ticks(months),
        about=f"From {months[0]} to {months[-1]}.",
        unit=f"records per {per:,} residents" if compared else "records",
    )
    legend = f" Dashed: {book.whole_word}." if len(lines) > 1 else ""
    return drawing(picture, f"By month.{legend}")


def _residents(rows: PlaceRows) -> float:
    row = rows.last("residents.count")
    return math.nan if row is None else float(row.value)


def records_by_month(rows: PlaceRows, factor: str) -> dict[str, float]:
    """Every month from the first to the last, with the records of all groups of events in it."""
    groups = rows.mixes(f"{factor}.mix", by="month").values()
    counted: dict[str, float] = {}
    for group in groups:
        # Rolling periods share months, which are the same records in each.
        for month, n in {str(row.category): as_float(row.count) for row in group}.items():
            counted[month] = counted.get(month, 0.0) + n
    if not counted:
        return {}
    # Months without a record have no row, and a line would jump over them.
    every = pd.period_range(min(counted), max(counted), freq="M").astype(str)
    return {month: counted.get(month, 0.0) for month in every}


def _is_mostly_known(values: dict[str, float]) -> bool:
    """Whether a line of these values would be more line than gap."""
    return 2 * sum(not math.isnan(value) for value in values.values()) > len(values)


def scaled(values: Sequence[float], by: float) -> list[float]:
    """Values times a factor."""
    return [value * by for value in values]


def _month_ticks(months: Sequence[str]) -> list[str]:
    """Years at their January over more than eighteen months, else every third month."""
    if len(months) > 18:
        every = -(-len(months) // 96)
        return [
            month[:4] if month.endswith("-01") and int(month[:4]) % every == 0 else ""
            for month in months
        ]
    return [MONTH_NAMES[int(month[5:]) - 1] if i % 3 == 0 else "" for i, month in enumerate(months)]


def _rates(book: Book, place: Place, factor: str) -> str:
    """Rates of all groups of a kind in the last period with their limits, the highest first."""
    last = book.rows(place).all(f"{factor}.count")[-1].period
    # On the page of the whole, the groups that have pages of their own.
    kind = next(iter(book.groups), "") if place.is_whole else place.kind
    peers = book.rates.get((f"{factor}.rate", kind, str(last)), [])
    dots = [
        Dot(str(row.place), row.value, row.low, row.high, row.place == place.name)
        for row in peers
        if given(row)
    ]
    # A single rate has nothing to be compared with.
    if len(dots) < 2:
        return ""
    # By name where rates are the same: two runs draw the same picture.
    dots.sort(key=lambda dot: (-dot.value, dot.name))
    whole = book.rows(book.whole).last(f"{factor}.rate", period=last)
    drawn = book.draws_whole and whole is not None and given(whole)
    label = factor_label(book, factor)
    picture = draw_dots(
        f"{label}: rates by {kind.replace('_', ' ')} in {last}",
        _around(dots),
        whole=whole.value if drawn and whole is not None else math.nan,
        about="With 95% intervals, the highest first.",
        unit="per 1,000 residents",
    )
    legend = f" Dashed: {book.whole_word}." if drawn else ""
    return drawing(picture, sentence_html("Rates in ", Free(str(last)), f", with limits.{legend}"))


def _around(dots: Sequence[Dot], *, most: int = 14) -> Sequence[Dot]:
    """The lines around the chosen one, where there are many."""
    at = next((i for i, dot in enumerate(dots) if dot.chosen), 0)
    # In the middle where it can be, and still a full window at either end.
    start = min(max(at - most // 2, 0), max(len(dots) - most, 0))
    return dots[start : start + most]


def _by_period(book: Book, place: Place, factors: Sequence[str]) -> str:
    """Counts and rates of the factors that have several periods, a column per period."""
    rows = book.rows(place)
    counts = {factor: rows.all(f"{factor}.count") for factor in factors}
    several = [factor for factor in factors if len(counts[factor]) > 1]
    if not several:
        return ""
    labels = list(dict.fromkeys(str(row.period) for factor in several for row in counts[factor]))
    # Labels of one unit sort in order of time.
    shown, records = sorted(labels)[-MOST_PERIODS:], []
    for factor in several:
        cells = {str(row.period): sentence_html(count(row)) for row in counts[factor]}
        records.append({"Events": factor_label(book, factor), **_columns(shown, cells)})
        for one, words in ((place, "per 1,000 residents"), (book.whole, f"{book.whole_word}")):
            rates = book.rows(one).all(f"{factor}.rate")
            if not rates or (one is book.whole and place.is_whole):
                continue
            # Limits of the whole are so narrow that they only widen the table.
            ends = one is not book.whole or place.is_whole
            cells = {
                str(row.period): sentence_html(value(row), *(limits(row) if ends else ()))
                for row in rates
            }
            records.append({"Events": Html(f'<span class="quiet">{escape(words)}</span>')})
            records[-1] |= _columns(shown, cells)
    earlier = len(labels) - len(shown)
    more = "Earlier periods are in figures.csv." if earlier else ""
    return record_table(records) + paragraphs([more])


def _columns(periods: Sequence[str], cells: dict[str, Html]) -> dict[str, object]:
    return {label: cells.get(label, "") for label in periods}
