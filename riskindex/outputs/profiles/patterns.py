"""When events happen and to whom, in an area profile: months, weekdays, hours, ages and sexes."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE
from riskindex.assessment.patterns import LEVEL
from riskindex.events.periods import month_label
from riskindex.events.rhythm import DEFAULT_TIME
from riskindex.factors import inside
from riskindex.outputs.pages import drawing, in_words, paragraphs, percent
from riskindex.outputs.plots import draw_bars
from riskindex.outputs.profiles.events import MONTH_NAMES, factor_label, scaled
from riskindex.outputs.profiles.numbers import Book, Place, summed
from riskindex.statistics.time_patterns import days_by_month, days_by_weekday, stand_out

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


FEWEST = 30
"""Records below which a pattern over days or hours is not drawn: it would be chance."""
_BANDS = ((0, 9), (10, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 150))


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
            few.append(f"{inside(factor_label(book, factor))}{number}")
        else:
            partly += [
                f"{inside(factor_label(book, factor))} by {_TITLES[aspect].lower()}"
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
    # The share is of those that say; how many do not is told in words beside it. Hours that share
    # events between two times have fractions, which add up to a whole number but for rounding.
    total = round(sum(here))
    if total < FEWEST:
        return ""
    others = found[place.name].drop([label for label in labels if label in found.index])
    apart = int(others.get(DEFAULT_TIME, 0))
    unknown = int(others.sum()) - apart
    words = list(labels.values())
    told = _TELL[aspect](book, place, factor, labels, here)
    of_whole = 100 / max(sum(value for value in whole if not math.isnan(value)), 1)
    picture = draw_bars(
        f"{factor_label(book, factor)} by {_TITLES[aspect].lower()} in {place.name}",
        words,
        scaled(here, 100 / total),
        scaled(whole, of_whole if book.draws_whole else math.nan),
        about=told,
        unit="% of records",
    )
    missing = f", {apart:,} more at a default time, which is no hour" if apart else ""
    missing += f", {unknown:,} more do not say" if unknown else ""
    periods = book.lacking(factor).items()
    years = in_words([p.label for p, lacking in periods if len(lacking) < len(p.months)])
    # Where default times stand apart, the records left at midnight are of that hour.
    doubt = aspect == "hour" and DEFAULT_TIME not in found.index
    midnight = " Midnight may stand for a time not known." if doubt else ""
    start = f"{factor_label(book, factor)}, {_TITLES[aspect].lower()}"
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
    "season": lambda _: {f"{i + 1:02d}": name for i, name in enumerate(MONTH_NAMES)},
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
