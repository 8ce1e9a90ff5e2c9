"""When events happen and to whom, in an area profile: weekdays, hours, ages and sexes."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from riskindex.assessment.figure_rows import span
from riskindex.assessment.figures import MIX_OF_ALL, UNSAID
from riskindex.events.rhythm import DEFAULT_TIME
from riskindex.factors import inside
from riskindex.outputs.needs.blocks import Free, Number, Sentence, joined
from riskindex.outputs.needs.markup import sentence_html
from riskindex.outputs.needs.rows import Row, value
from riskindex.outputs.pages import Html, drawing, escape, in_words, paragraphs
from riskindex.outputs.plots import draw_bars
from riskindex.outputs.profiles.events import factor_label
from riskindex.outputs.profiles.numbers import Book, Place, PlaceRows, as_float

FEWEST = 30
"""Records below which a pattern over days or hours is not drawn: it would be chance."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_BANDS = ((0, 9), (10, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 150))


class Mix:
    """Records of a factor in a place by one aspect, its groups of events together.

    Parameters
    ----------
    rows
        Of the place.
    factor
        Its name.
    aspect
        weekday, hour, age or sex.
    periods
        Labels of the periods of the factor; of several the mix is of all of them.
    """

    def __init__(self, rows: PlaceRows, factor: str, aspect: str, periods: Sequence[str]) -> None:
        stem = f"{factor}.{MIX_OF_ALL if len(periods) > 1 else 'mix'}"
        self.period = span(periods) if len(periods) > 1 else periods[-1]
        # All periods together where there are several: one year has too few records per hour.
        groups = rows.mixes(stem, by=aspect, period=self.period)
        self.rows = [row for group in groups.values() for row in group]
        self._firsts = [group[0] for group in groups.values()]
        self._of: dict[str, list[Row]] = {}
        for row in self.rows:
            self._of.setdefault(str(row.category), []).append(row)

    @property
    def is_withheld(self) -> bool:
        """Whether a number is withheld, so that the others are no shares of a whole."""
        return any(math.isnan(as_float(row.count)) for row in self.rows)

    @property
    def total(self) -> float:
        """Records, those that do not say it among them; NaN where their number is withheld."""
        # Every row of a group repeats the base, so that one row of each is enough.
        return sum(as_float(row.base) for row in self._firsts)

    @property
    def total_told(self) -> Number:
        """The total as a printed number, with the rows that it is from."""
        return Number(f"{self.total:,.0f}", " ".join(str(row.row) for row in self._firsts))

    def shares(self, bins: Mapping[str, Callable[[str], bool]]) -> list[float]:
        """Percent of the records in each bin of categories."""
        counts = {category: sum(as_float(r.count) for r in of) for category, of in self._of.items()}
        return [
            100 * sum(n for category, n in counts.items() if falls(category)) / self.total
            if self.total > 0
            else math.nan
            for falls in bins.values()
        ]

    def number_of(self, category: str) -> Sentence:
        """How many records say a category, as a number; nothing where none does."""
        of = self._of.get(category, [])
        number = sum(as_float(row.count) for row in of)
        return (Number(f"{number:,.0f}", " ".join(row.row for row in of)),) if number > 0 else ()

    def alone(self, category: str) -> Row | None:
        """The row of a category, where the factor has one group of events."""
        of = self._of.get(category, [])
        # Tests were made for each group of events by itself, so that no p-value belongs to their
        # sum.
        return of[0] if len(of) == 1 == len(self._firsts) else None

    @property
    def categories(self) -> list[str]:
        """What records say, but for those that do not."""
        return [name for name in self._of if name not in (UNSAID, DEFAULT_TIME)]


def when_part(book: Book, place: Place) -> str:
    """Weekday and hour, beside the whole."""
    return _aspect_part(book, place, ("weekday", "hour"))


def who_part(book: Book, place: Place) -> str:
    """Age and sex, where the sources give them."""
    return _aspect_part(book, place, ("age", "sex"))


def _aspect_part(book: Book, place: Place, aspects: Sequence[str]) -> str:
    plots, few, held = [], list[str](), []
    for factor, aspect, here, whole in _mixes(book, place, aspects):
        words = inside(factor_label(book, factor))
        # Shares around a withheld number would let a reader work it out by subtraction.
        if here.is_withheld or _are_alike(here, aspect, book):
            held.append(f"{words} by {_TITLES[aspect].lower()}")
        elif not here.total >= FEWEST:
            # Twice where neither days nor hours are shown.
            few += [words] if words not in few else []
        else:
            marks = whole if book.draws_whole and not place.is_whole else None
            label = factor_label(book, factor)
            plots.append(_drawn(label, place.name, aspect, here, marks))
    if not plots and not few and not held:
        return ""
    bars = "Bars: share of the records here, in percent."
    bars += (
        f" Lines across: the {book.whole_word}." if book.draws_whole and not place.is_whole else ""
    )
    last = f"Too few records to show a pattern: {in_words(few)}. " if few else ""
    last += f"Not shown, because numbers in it are withheld: {in_words(held)}." if held else ""
    drawn = f'<div class="plots">{"".join(plots)}</div>' if plots else ""
    return paragraphs([bars] if plots else []) + drawn + paragraphs([last])


def _mixes(book: Book, place: Place, aspects: Sequence[str]) -> Iterator[tuple[str, str, Mix, Mix]]:
    """Factor, aspect, and the mixes of the place and of the whole, where the place has one."""
    for factor in book.counted:
        periods = str(book.released.factors.at[factor, "periods"]).split(", ")
        for aspect in aspects:
            here, whole = (
                Mix(book.rows(one), factor, aspect, periods) for one in (place, book.whole)
            )
            if here.categories:
                yield factor, aspect, here, whole


def _are_alike(mix: Mix, aspect: str, book: Book) -> bool:
    """Whether a release would say of a place that all are of one age or sex, to a whole percent."""
    if book.released.rules is None or aspect not in ("age", "sex"):
        return False
    # Those that do not say are no age and no sex; without them all may be of one.
    said = mix.shares(_bins(aspect, mix.categories, in_bands=True))
    return max(said, default=0) > 0 and max(said) / sum(said) >= 0.995


def _drawn(label: str, place: str, aspect: str, here: Mix, whole: Mix | None) -> str:
    bins = _bins(aspect, here.categories)
    marks = whole.shares(bins) if whole is not None else [math.nan] * len(bins)
    title = _TITLES[aspect].lower()
    picture = draw_bars(
        f"{label} by {title} in {place}",
        list(bins),
        here.shares(bins),
        marks,
        unit="% of records",
    )
    start = (here.total_told, " records in ", Free(here.period), ". ")
    caption = (Html(f"<b>{escape(label)}</b>, {title}: "), *start, *_finding(aspect, here, bins))
    return drawing(picture, sentence_html(*caption, *_lacking(aspect, here)))


def _finding(aspect: str, mix: Mix, bins: Mapping[str, Callable[[str], bool]]) -> Sentence:
    """What stands out by its test; of ages the middle, and of sexes the largest share."""
    if aspect in ("weekday", "hour"):
        return _standing_out(aspect, mix)
    shares = mix.shares(bins)
    # The commonest single year of age is chance in small numbers; the median is not.
    if aspect == "age" and any(map(str.isdigit, mix.categories)):
        # An exact half is one within rounding: `sum` of floats differs from Python 3.12 on.
        half = math.fsum(shares) / 2 * (1 - 1e-9)
        middle = next(i for i, n in enumerate(itertools.accumulate(shares)) if n >= half)
        return ("Half are aged ", Free(list(bins)[middle]), " or younger. ")
    most = max(mix.categories, key=lambda name: mix.shares({name: name.__eq__})[0])
    row = mix.alone(most)
    return ("Most: ", Free(most), *((", ", value(row)) if row is not None else ()), ". ")


def _standing_out(aspect: str, mix: Mix) -> Sentence:
    rows = [row for row in map(mix.alone, mix.categories) if row is not None]
    if not any(row.compared_with for row in rows):
        # Groups of events are tested one by one, and protected numbers not at all.
        return ()
    # Only what is above even: a quiet hour stands out too, and would read as a busy one.
    significant = [row for row in rows if row.note and row.ratio > 1 and row.category != "00"]
    if not significant:
        return (f"No {_NOUNS[aspect]} stands out from chance. ",)
    significant.sort(key=lambda row: -row.ratio)
    named = [(Free(_label(aspect, str(r.category))), " (", value(r), ")") for r in significant[:3]]
    return (*joined(named), " stand out. " if len(named) > 1 else " stands out. ")


def _lacking(aspect: str, mix: Mix) -> Sentence:
    apart, unsaid = mix.number_of(DEFAULT_TIME), mix.number_of(UNSAID)
    sentence = (*apart, " are at a default time, which is no hour. ") if apart else ()
    sentence += (*unsaid, " do not say. ") if unsaid else ()
    # Where default times stand apart, the records left at midnight are of that hour.
    doubt = aspect == "hour" and not apart
    return (*sentence, "Midnight may stand for a time not known.") if doubt else sentence


def _bins(
    aspect: str, categories: Sequence[str], *, in_bands: bool = False
) -> dict[str, Callable[[str], bool]]:
    """Label of each bar to the categories that fall into it."""
    if aspect in ("weekday", "hour"):
        values = [f"{d}" for d in range(1, 8)] if aspect == "weekday" else _HOURS
        return {_label(aspect, name): name.__eq__ for name in values}
    years = sorted({int(name) for name in categories if name.isdigit() and int(name) <= OLDEST})
    if aspect == "sex" or not years:
        return {_label(aspect, name): name.__eq__ for name in sorted(categories)}
    # One band among single years makes the whole column bands: years cannot be told from a band.
    bands = [name for name in categories if not name.isdigit()]
    if in_bands or bands:
        given = {_label(aspect, name): name.__eq__ for name in sorted(bands)}
        ours = {
            f"{low}–{high}" if high < OLDEST else f"{low}+": (low, high) for low, high in _BANDS
        }
        used = {label: ends for label, ends in ours.items() if any(map(_in(*ends), categories))}
        return given | {label: _in(*ends) for label, ends in used.items()}
    # Every year between the first and the last, as a gap in the axis would hide the empty ones.
    singles = range(years[0], min(years[-1], _TOP - 1) + 1)
    oldest = {f"{_TOP}+": _in(_TOP, OLDEST)} if years[-1] >= _TOP else {}
    return {f"{year}": _in(year, year) for year in singles} | oldest


OLDEST, _TOP = 150, 90
"""Above 150 an age is a slip of the keyboard; years from 90 share one bar."""
_HOURS = [f"{hour:02d}" for hour in range(24)]


def _in(low: int, high: int) -> Callable[[str], bool]:
    return lambda name: name.isdigit() and low <= int(name) <= high


def _label(aspect: str, category: str) -> str:
    if aspect == "weekday":
        return _DAYS[int(category) - 1]
    return category.replace(" to ", "–").replace(" and over", "+")


_NOUNS = {"weekday": "day", "hour": "hour"}
_TITLES = {
    "weekday": "Day of the week",
    "hour": "Hour of the day",
    "age": "Age",
    "sex": "Sex",
}
