"""Events in an area profile: trend, change, rate with rank and interval, when, and who."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE
from riskindex.assessment.patterns import LEVEL
from riskindex.disclosure import NOT_APPLICABLE, NOT_RECORDED, WITHHELD
from riskindex.events.periods import month_label
from riskindex.factors import inside
from riskindex.outputs.pages import drawing, escape, in_words, paragraphs, percent, record_table
from riskindex.outputs.plots import Dot, Line, draw_bars, draw_dots, draw_lines
from riskindex.outputs.profile_numbers import Book, Place, Record, months_of, summed
from riskindex.statistics.intervals import count_ratio, percent_change
from riskindex.statistics.time_patterns import days_by_month, days_by_weekday, stand_out

FEWEST = 30
"""Records below which a pattern over days or hours is not drawn: it would be chance."""
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
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BANDS = ((0, 9), (10, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 150))


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
        told = f"{_label(book, factor)}: {now:,.0f} in {labels[-1]}, {before:,.0f} in {labels[-2]}"
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


def _label(book: Book, factor: str) -> str:
    return str(book.released.factors.at[factor, "label"])


def events_part(book: Book, place: Place) -> str:
    """Per factor that counts events: the months, the rates of all districts, and a table."""
    parts = "".join(
        f"<h3>{escape(_label(book, factor))}</h3>{_one_factor(book, place, factor)}"
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
    lines = [Line(place.name, _scaled(records[place.name], per / here if compared else 1), "place")]
    if compared and book.draws_whole:
        lines.append(Line(book.whole, _scaled(records[WHOLE], per / whole), "whole"))
    picture = draw_lines(
        f"{_label(book, factor)} by month in {place.name}",
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


def _scaled(values: Sequence[float], by: float) -> list[float]:
    return [value * by for value in values]


def _month_ticks(months: Sequence[str]) -> list[str]:
    """Years at their January over more than eighteen months, else every third month."""
    if len(months) > 18:
        every = -(-len(months) // 96)
        return [
            month[:4] if month.endswith("-01") and int(month[:4]) % every == 0 else ""
            for month in months
        ]
    return [_MONTHS[int(month[5:]) - 1] if i % 3 == 0 else "" for i, month in enumerate(months)]


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
        f"{_label(book, factor)}: rates of all districts in {last}",
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


def when_part(book: Book, place: Place) -> str:
    """Month of the year, weekday and hour, beside the whole."""
    return _aspect_part(book, place, ("season", "weekday", "hour"))


def who_part(book: Book, place: Place) -> str:
    """Age and sex, where the sources give them."""
    return _aspect_part(book, place, ("age", "sex"))


def _aspect_part(book: Book, place: Place, aspects: Sequence[str]) -> str:
    plots, few, partly = [], [], []
    for factor in book.counts[place.kind]:
        records = sum(v for v in book.monthly.get(factor, {}).get(place.name, ()) if v > 0)
        known = [aspect for aspect in aspects if _by_value(book, factor, aspect) is not None]
        # Withheld is not few: to say "few" of a withheld number would tell it.
        if known and records < FEWEST and not _is_withheld(book, place, factor, "month"):
            # The sum of the months is a count that the release has not protected as such.
            number = f" ({records:,.0f})" if book.released.rules is None else ""
            few.append(f"{inside(_label(book, factor))}{number}")
        else:
            partly += [
                f"{inside(_label(book, factor))} by {_TITLES[aspect].lower()}"
                for aspect in known
                if _is_withheld(book, place, factor, aspect)
            ]
            plots += [_aspect(book, place, factor, aspect) for aspect in known]
    if not any(plots) and not few and not partly:
        return ""
    bars = "Bars: share of the records here."
    bars += f" Lines across: the {book.whole}." if book.draws_whole else ""
    told = bars if any(plots) else ""
    last = f"Too few records to show a pattern: {in_words(few)}. " if few else ""
    last += f"Not shown, because numbers in it are withheld: {in_words(partly)}." if partly else ""
    drawn = f'<div class="plots">{"".join(plots)}</div>' if plots else ""
    return paragraphs([told]) + drawn + paragraphs([last])


def _is_withheld(book: Book, place: Place, factor: str, aspect: str) -> bool:
    """Whether a number of a pattern is withheld, so that the others are no shares of a whole."""
    found = _by_value(book, factor, aspect)
    if found is None or place.name not in found:
        return False
    numbers = found[place.name]
    return bool(numbers.isna().any()) or (aspect in ("age", "sex") and _are_alike(numbers, book))


def _are_alike(numbers: "pd.Series[Any]", book: Book) -> bool:
    """Whether a release would say of a place that all are of one age or sex, to a whole percent."""
    # Those that do not say are no age and no sex; without them all may be of one.
    said = numbers.drop("", errors="ignore")
    said = said.groupby([_band(str(value)) for value in said.index]).sum()
    most: float = said.max()
    return book.released.rules is not None and most > 0 and most / said.sum() >= 0.995


def _aspect(book: Book, place: Place, factor: str, aspect: str) -> str:
    found = _by_value(book, factor, aspect)
    if found is None or place.name not in found or _is_withheld(book, place, factor, aspect):
        return ""
    labels = _LABELS[aspect](found.index.tolist())
    # An hour without a record has no line, but is an hour without a record.
    shares = found.reindex(list(labels), fill_value=0.0)
    here, whole = shares[place.name].tolist(), shares[WHOLE].tolist()
    # The share is of those that say; how many do not is told in words beside it.
    total = int(sum(here))
    if total < FEWEST:
        return ""
    said = found[place.name].drop([label for label in labels if label in found.index])
    unknown = int(said.sum())
    words = list(labels.values())
    told = _TELL[aspect](book, place, factor, labels, here)
    of_whole = 100 / max(sum(value for value in whole if not math.isnan(value)), 1)
    picture = draw_bars(
        f"{_label(book, factor)} by {_TITLES[aspect].lower()} in {place.name}",
        words,
        _scaled(here, 100 / total),
        _scaled(whole, of_whole if book.draws_whole else math.nan),
        about=told,
        unit="% of records",
    )
    missing = f", {unknown:,} more do not say" if unknown else ""
    periods = book.lacking(factor).items()
    years = in_words([p.label for p, lacking in periods if len(lacking) < len(p.months)])
    midnight = " Midnight may stand for a time not known." if aspect == "hour" else ""
    start = f"{_label(book, factor)}, {_TITLES[aspect].lower()}"
    return drawing(picture, f"{start}: {total:,} records in {years}{missing}. {told}{midnight}")


def _by_value(book: Book, factor: str, aspect: str) -> pd.DataFrame | None:
    """Records by value and place; every page asks for the same, so that they are added up once."""
    key = factor, aspect
    if key not in book.by_value:
        book.by_value[key] = _added_up(book, factor, aspect)
    return book.by_value[key]


def _added_up(book: Book, factor: str, aspect: str) -> pd.DataFrame | None:
    found = _asked(book, factor, aspect)
    if found is None:
        return None
    if aspect == "season":
        return summed(found, found.index.str[5:])
    if aspect == "age":
        # One band among single years makes the whole column bands: years cannot be told from a
        # band.
        is_year = all(_is_year(value) for value in found.index if value)
        return summed(found, [(_year if is_year else _band)(value) for value in found.index])
    return found


def _asked(book: Book, factor: str, aspect: str) -> pd.DataFrame | None:
    """What an aspect is made of. Months of the year need two years to differ from a trend."""
    found = book.rhythm(factor, "month" if aspect == "season" else aspect)
    return None if found is not None and aspect == "season" and len(found) < 24 else found


def _is_year(value: str) -> bool:
    """Whether an age is a number of years, and no band."""
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _year(value: str) -> str:
    """An age in whole years, the oldest together; "" where it cannot be one."""
    years = math.floor(float(value)) if value else -1
    # Above 150 or below 0 it is a slip of the keyboard, and counts as not said.
    return OLDEST if 90 <= years <= 150 else f"{years}" if 0 <= years < 90 else ""


OLDEST = "90 and over"
_YEARS = [*(f"{year}" for year in range(90)), OLDEST]


def _band(value: str) -> str:
    """The band of an age in years, beside bands as they were given, which stay."""
    try:
        years = math.floor(float(value))
    except ValueError:
        return value
    for low, high in _BANDS:
        if low <= years <= high:
            return f"{low} to {high}" if high < 150 else f"{low} and over"
    return ""


def _age_labels(values: Sequence[str]) -> dict[str, str]:
    """Single years from the youngest to the oldest; where the source gives bands, these."""
    years = [90 if value == OLDEST else int(value) for value in values if value in _YEARS]
    if years and all(value in _YEARS for value in values if value):
        return {
            _YEARS[year]: f"{year}" + "+" * (year == 90)
            for year in range(min(years), max(years) + 1)
        }
    ours = [f"{low} to {high}" if high < 150 else f"{low} and over" for low, high in _BANDS]
    given = sorted(value for value in values if value and value not in ours)
    known = given + [band for band in ours if band in values]
    return {value: value.replace(" to ", "–").replace(" and over", "+") for value in known}


def _most(
    _book: Book, _place: Place, _factor: str, labels: Mapping[str, str], records: Sequence[float]
) -> str:
    """The largest share, or of single years of age the middle: a description and no pattern."""
    if all(label in _YEARS for label in labels):
        half = sum(records) / 2
        # The commonest single year of age is chance in small numbers; the median is not.
        middle = next(i for i, n in enumerate(itertools.accumulate(records)) if n >= half)
        return f"Half are aged {list(labels.values())[middle]} or younger."
    most = records.index(max(records))
    return f"Most: {list(labels.values())[most]}, {percent(records[most] / sum(records))}."


def _in_time(aspect: str) -> Callable[..., str]:
    """What the sentence about an aspect of time is made by."""

    def tell(
        book: Book, place: Place, factor: str, labels: Mapping[str, str], records: Sequence[float]
    ) -> str:
        """The one value that a test finds to stand out, with how much; or that none does."""
        days = _days(book, factor, aspect)
        # Midnight may stand for not known, and months outside all periods have no day.
        tested = {key: n for key, n in zip(labels, records, strict=True) if days.get(key, 0) > 0}
        if not tested:
            return ""
        # By days and not by twelfths: February has three days fewer, and part years lack months.
        n, exposure = list(tested.values()), [days[key] for key in tested]
        found = stand_out(n, exposure, patterns=_patterns(book, place))
        most, word = int(found.largest), _NOUNS[aspect]
        if book.released.rules is not None:
            # What noise and rounding may have added is no pattern.
            n[most] = max(n[most] - book.released.rules.rounding, 0)
            found = stand_out(n, exposure, patterns=_patterns(book, place))
        if int(found.largest) != most or not found.p_largest <= LEVEL:
            return f"No {word} stands out from chance."
        # The share is of the records as released; the lowered number was only for the test.
        share = list(tested.values())[most] / sum(records)
        return (
            f"{labels[list(tested)[most]]} stands out: {percent(share)} of the records, "
            f"{found.ratio[most]:.1f} times what its number of {_EXPOSED[aspect]} leads to expect."
        )

    return tell


_NOUNS = {"season": "month", "weekday": "day", "hour": "hour"}
_EXPOSED = {"season": "days", "weekday": "days", "hour": "hours"}


def _days(book: Book, factor: str, aspect: str) -> dict[str, int]:
    """How often each weekday, hour or month of the year came in the months that are covered."""
    by_month, by_weekday = np.zeros(12, dtype=int), np.zeros(7, dtype=int)
    for period, lacking in book.lacking(factor).items():
        for month in (month for month in period.months if month not in lacking):
            start, end = f"{month_label(month)}-01", f"{month_label(month + 1)}-01"
            by_month += days_by_month(start, end)
            by_weekday += days_by_weekday(start, end)
    if aspect == "season":
        return {f"{i + 1:02d}": int(n) for i, n in enumerate(by_month)}
    if aspect == "weekday":
        return {str(i + 1): int(n) for i, n in enumerate(by_weekday)}
    # Every day has each hour once; from 1, as midnight is not tested.
    return {f"{hour:02d}": int(by_month.sum()) for hour in range(1, 24)}


def _patterns(book: Book, place: Place) -> int:
    """How many patterns of time a page looks at."""
    return sum(
        _asked(book, factor, aspect) is not None
        for factor in book.counts[place.kind]
        for aspect in _NOUNS
    )


_TITLES = {
    "season": "Month of the year",
    "weekday": "Day of the week",
    "hour": "Hour of the day",
    "age": "Age",
    "sex": "Sex",
}
_LABELS: dict[str, Callable[[Sequence[str]], dict[str, str]]] = {
    "season": lambda _: {f"{i + 1:02d}": name for i, name in enumerate(_MONTHS)},
    "weekday": lambda _: {str(i + 1): name for i, name in enumerate(_DAYS)},
    "hour": lambda _: {f"{hour:02d}": f"{hour:02d}" for hour in range(24)},
    "age": _age_labels,
    "sex": lambda values: {value: value for value in sorted(values) if value},
}
_TELL: dict[str, Callable[..., str]] = {
    **{aspect: _in_time(aspect) for aspect in _NOUNS},
    "age": _most,
    "sex": _most,
}
