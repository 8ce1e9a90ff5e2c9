"""Events in an area profile: trend, change, rate with rank and interval."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from riskindex.areas.groups import WHOLE
from riskindex.disclosure import NOT_APPLICABLE, NOT_RECORDED, WITHHELD
from riskindex.outputs.pages import drawing, escape, in_words, paragraphs, record_table
from riskindex.outputs.plots import Dot, Line, draw_dots, draw_lines
from riskindex.outputs.profiles.numbers import Book, Place, Record, months_of
from riskindex.statistics.intervals import count_ratio, percent_change

METHOD_NOTES = (
    "Numbers of events are unweighted. Where a source counts persons, a number of a period counts "
    "each person once per area, and a month, weekday or hour counts every record.",
    "Rates are per 1,000 residents, with a 95% interval (Byar) as if events were independent of "
    "each other; as some come together, the true one is wider.",
    "Changes have the exact 95% interval of the ratio of two counts, given their sum, rounded "
    "half away from zero. Periods that do not cover the same months are not compared.",
    "A weekday, hour or month is named only where an exact test finds more records in it than "
    "the days it had lead to expect, allowing for all such patterns of a page, as if records were "
    "independent of each other. Midnight is not tested.",
    "A rank is followed by the ranks that the intervals would allow.",
)
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class RatioToEarlier(NamedTuple):
    """How a number differs from an earlier one, with the interval of their ratio."""

    now: float
    before: float
    ratio: float
    """Infinite after none."""
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether no change at all lies outside the interval."""
        return self.low > 1 or self.high < 1

    @property
    def words(self) -> str:
        """Up 12%, down 8%, up from none, or unchanged."""
        if self.before == 0:
            return "up from none"
        # The percentage as printed decides on the words, or "up 0%" could be read.
        percent = int(percent_change(self.now, self.before))
        return "unchanged" if percent == 0 else f"{'up' if percent > 0 else 'down'} {abs(percent)}%"

    @property
    def interval(self) -> str:
        """The interval of the change in percent, such as -73% to +59%."""
        low = f"{_percent(self.low)}"
        interval = f"{low} or more" if math.isinf(self.high) else f"{low} to {_percent(self.high)}"
        return interval.replace("-", "−")


def _percent(ratio: float) -> str:
    """A ratio as a change in percent, half a percent rounded away from none."""
    # Half away from zero, as everywhere: Python's own rounding takes halves to the even number.
    change = 100 * (ratio - 1)
    return f"{math.copysign(math.floor(abs(change) + 0.5), change):+.0f}%"


def change(now: float, before: float) -> RatioToEarlier | None:
    """Change between two counts of independent events; None where both are 0 or one is missing.

    Parameters
    ----------
    now, before
        Numbers of events, whole numbers, in stretches of time of the same length.

    Returns
    -------
    Change or None
        With the exact 95% interval of the ratio given the sum of both counts (`count_ratio`).

    Examples
    --------
    >>> found = change(10, 15)
    >>> found.words, found.interval
    ('down 33%', '−73% to +59%')
    """
    # Of 0 and 0 the ratio is any number at all.
    if math.isnan(now) or math.isnan(before) or not (now > 0 or before > 0):
        return None
    return RatioToEarlier(now, before, *(float(limit) for limit in count_ratio(now, before)))


def change_sentences(book: Book, place: Place) -> list[str]:
    """Each factor's change from the period before, beside that of the whole."""
    found = []
    for factor, periods in book.counts[place.kind].items():
        labels = list(periods)
        # A place may lack a line where all its counts are withheld.
        if len(labels) < 2 or place.name not in periods[labels[-1]]:
            continue
        now, before = (periods[p][place.name]["events"] for p in labels[:-3:-1])
        if math.isnan(now) or math.isnan(before):
            continue
        numbers = f"{now:,.0f} in {labels[-1]}, {before:,.0f} in {labels[-2]}"
        told = f"{factor_label(book, factor)}: {numbers}"
        # A part year against a whole one would read as a fall.
        unlike = _unlike(book, factor, labels[-1], labels[-2])
        if unlike:
            found.append(f"{told}. The two are not compared: {unlike}.")
            continue
        whole = change(*(periods[p][WHOLE]["events"] for p in labels[:-3:-1]))
        found.append(
            f"{told}{_change_words(change(now, before))}"
            f"{f'; {book.whole} {whole.words}' if whole else ''}."
        )
    return found


def _change_words(found: RatioToEarlier | None) -> str:
    if found is None:
        return ""
    # By the interval and not by the size of the change: a third fewer of fifteen is chance.
    told = "more than chance" if found.is_clear else "could be chance"
    return f": {found.words} ({found.interval}; {told})"


def _unlike(book: Book, factor: str, label: str, other: str) -> str:
    """Why two periods of a factor cannot be compared, "" where they can."""
    periods = {
        period.label: (len(period.months), lacking)
        for period, lacking in book.lacking(factor).items()
    }
    (n, here), (_, there) = periods[label], periods[other]
    # Periods that lack the same months of the year are alike, seasons included.
    if {month % 12 for month in here} == {month % 12 for month in there}:
        # A part period that lacks no month lacks days, or records of a rule.
        part = [one for one in (label, other) if (factor, one) in book.released.part_periods]
        return f"{in_words(part)} {_PART[len(part)]}" if part and not here else ""
    return in_words(
        [
            f"{one} has no records of {len(lacking)} of its {n} months"
            for one, lacking in ((label, here), (other, there))
            if lacking
        ]
    )


_PART = {1: "is a part period", 2: "are part periods"}


def factor_label(book: Book, factor: str) -> str:
    """Label of a factor, as text that is not yet escaped."""
    return str(book.released.factors.at[factor, "label"])


def events_part(book: Book, place: Place) -> str:
    """Per factor that counts events: the months, the rates of all districts, and a table."""
    parts = "".join(
        f"<h3>{escape(factor_label(book, factor))}</h3>{_one_factor(book, place, factor)}"
        for factor, periods in book.counts[place.kind].items()
        if place.name in next(iter(periods.values()))
    )
    rounded = _ROUNDED if parts and book.released.rules else ""
    return paragraphs([rounded]) + parts


_ROUNDED = (
    "Numbers of events of restricted sources have noise and are rounded; changes, rates, "
    "intervals, ranks and shares follow from these numbers."
)


def _one_factor(book: Book, place: Place, factor: str) -> str:
    periods = book.counts[place.kind][factor]
    # Named places are small: their months are mostly noise, and they are no peers of districts.
    plots = [_trend(book, place, factor), _rates(book, place, factor)] if place.is_district else []
    drawn = "".join(plots)
    return (
        paragraphs([_standing(book, place, factor)])
        + (f'<div class="plots">{drawn}</div>' if drawn else "")
        + (record_table(_period_records(book, place, factor)) if len(periods) > 1 else "")
    )


def _standing(book: Book, place: Place, factor: str) -> str:
    """The rate of the last period in words."""
    periods = book.counts[place.kind][factor]
    last = list(periods)[-1]
    row, whole = periods[last][place.name], periods[last][WHOLE]
    if math.isnan(row["events"]):
        return f"{_MISSING[row['mark']]} in {last}."
    parts = [f"{row['events']:,.0f} in {last}"]
    if not math.isnan(row["rate_per_1000"]):
        county = f"{book.whole} {_rate(whole['rate_per_1000'])}"
        parts.append(f"{_interval(row)} per 1,000 residents ({county})")
    if place.is_district and not math.isnan(row["rank"]):
        # The rank is among those that have one, and not among all districts.
        among = sum(not math.isnan(one["rank"]) for one in periods[last].values())
        parts.append(f"rank {row['rank']:.0f} of {among} ({_allowed_words(row)})")
    # Beside the share of residents, or a share of events says only how large the district is.
    share, people = row["share"], row["residents"] / whole["residents"]
    if math.isnan(share):
        return f"{'; '.join(parts)}."
    living = "" if math.isnan(people) else f", with {people:.1%} of its residents"
    return f"{'; '.join(parts)}. That is {share:.1%} of the {book.whole}'s events{living}."


_MISSING = {
    WITHHELD: f"Withheld ({WITHHELD})",
    NOT_RECORDED: "Not assessed, because the source has no data,",
    NOT_APPLICABLE: "Does not apply",
}
"""Mark of a number that is missing to what is said instead."""


def _rate(value: float) -> str:
    # Some three significant digits: 0.4 and 0.44 differ, 412.3 and 412.4 do not.
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f}"


def _interval(row: Record) -> str:
    return f"{_rate(row['rate_per_1000'])} ({_rate(row['low'])} to {_rate(row['high'])})"


def _allowed(row: Record) -> str:
    low, high = int(row["rank_low"]), int(row["rank_high"])
    return f"{low} to {high}" if low < high else f"{low} only"


def _allowed_words(row: Record) -> str:
    same = row["rank_low"] == row["rank_high"]
    return "the intervals allow no other" if same else f"the intervals allow {_allowed(row)}"


def _trend(book: Book, place: Place, factor: str) -> str:
    """Records per month and residents beside those of the whole; a line alone without them."""
    records, table = book.monthly.get(factor, {}), book.rhythm(factor, "month")
    if table is None or place.name not in records or not _is_mostly_known(records[place.name]):
        return ""
    # Every month between the first and the last, so that one without a record is not skipped.
    months = months_of(table)
    # The residents of the last period for all months: a line must not jump where an estimate of
    # people does.
    last = list(book.counts["district"][factor].values())[-1]
    here, whole = last[place.name]["residents"], last[WHOLE]["residents"]
    # False for missing numbers, too.
    compared = here > 0 and whole > 0
    most = max((v for v in records[place.name] if not math.isnan(v)), default=0.0)
    # Per 100,000 where per 1,000 would be a line of zeros.
    per = 1000 if compared and 1000 * most / here >= 0.5 else 100_000
    lines = [Line(place.name, scaled(records[place.name], per / here if compared else 1), "place")]
    if compared and book.draws_whole:
        lines.append(Line(book.whole, scaled(records[WHOLE], per / whole), "whole"))
    picture = draw_lines(
        f"{factor_label(book, factor)} by month in {place.name}",
        lines,
        _month_ticks(months),
        about=f"From {months[0]} to {months[-1]}.",
        unit=f"records per {per:,} residents" if compared else "records",
    )
    legend = f" Solid: {place.name}. Dashed: {book.whole}." if len(lines) > 1 else ""
    return drawing(picture, f"By month.{legend}")


def _is_mostly_known(values: Sequence[float]) -> bool:
    """Whether a line of these values would be more line than gap."""
    return 2 * sum(not math.isnan(value) for value in values) > len(values)


def scaled(values: Sequence[float], by: float) -> list[float]:
    """Each value times a number."""
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
    """All districts' rates in the last period with their intervals, the highest first."""
    periods = book.counts[place.kind][factor]
    last = list(periods)[-1]
    rows = [
        Dot(name, row["rate_per_1000"], row["low"], row["high"], name == place.name)
        for name, row in periods[last].items()
        if name != WHOLE and not math.isnan(row["rate_per_1000"])
    ]
    if len(rows) < 2:
        return ""
    # By name where rates are the same: two runs draw the same picture.
    rows.sort(key=lambda dot: (-dot.value, dot.name))
    picture = draw_dots(
        f"{factor_label(book, factor)}: rates of all districts in {last}",
        _around(rows),
        whole=periods[last][WHOLE]["rate_per_1000"] if book.draws_whole else math.nan,
        about="With 95% intervals, the highest first.",
        unit="per 1,000 residents",
    )
    legend = f" Dashed: {book.whole}." if book.draws_whole else ""
    return drawing(picture, f"Rates in {last} with 95% intervals.{legend}")


def _around(dots: Sequence[Dot], *, most: int = 16) -> Sequence[Dot]:
    """The lines around the chosen one, where there are many."""
    at = next((i for i, dot in enumerate(dots) if dot.chosen), 0)
    # In the middle where it can be, and still a full window at either end.
    start = min(max(at - most // 2, 0), max(len(dots) - most, 0))
    return dots[start : start + most]


def _period_records(book: Book, place: Place, factor: str) -> list[dict[str, object]]:
    periods = book.counts[place.kind][factor]
    records, before, last = [], math.nan, ""
    for label, part in periods.items():
        row, whole = part[place.name], part[WHOLE]
        now = row["events"]
        found = change(now, before)
        unlike = _unlike(book, factor, label, last) if found else ""
        told = "not compared: other months or days" if unlike else found.words if found else ""
        shown: dict[str, object] = {
            "Period": label + " (a part)" * ((factor, label) in book.released.part_periods),
            "Events": row["mark"] if math.isnan(now) else int(now),
            "Change": told,
        }
        if not math.isnan(whole["rate_per_1000"]):
            known = not math.isnan(row["rate_per_1000"])
            shown["Per 1,000 residents (95% interval)"] = _interval(row) if known else ""
            shown[f"{book.whole.capitalize()}, per 1,000"] = _rate(whole["rate_per_1000"])
        if place.is_district and not math.isnan(row["rank"]):
            shown["Rank (allowed)"] = f"{row['rank']:.0f} ({_allowed(row)})"
        known_share = not math.isnan(row["share"])
        shown[f"Share of the {book.whole}"] = f"{row['share']:.1%}" if known_share else ""
        records.append(shown)
        before, last = now, label
    return records
