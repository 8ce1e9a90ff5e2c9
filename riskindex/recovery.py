"""How closely each protected count can be told from all that is printed, now and before."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, vstack

from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules, round_half_up
from riskindex.equations import Sums, System, group_sums, intervals, joined, without_false
from riskindex.errors import ConfigError
from riskindex.flags import KnownTests, bounds_of_windows
from riskindex.forms import Known
from riskindex.groups import WHOLE
from riskindex.periods import Unit, parse_period
from riskindex.printed import AREAS, Key, Printed, Release, Value, places_of
from riskindex.suppression import Bounds, bounds_of
from riskindex.truth import Truth

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Cell(NamedTuple):
    """A protected count, and what it could be to a reader."""

    factor: str
    period: str
    area: str
    low: float
    """Least and greatest number that it could be; more may be possible where they are far apart."""
    high: float

    @property
    def values(self) -> int:
        """Whole numbers that it could be."""
        return int(self.high - self.low) + 1

    @property
    def name(self) -> str:
        """Factor, period and area."""
        return f"{self.factor} {self.period} {self.area}"


class Earlier(NamedTuple):
    """What an earlier release printed, and by what rules."""

    printed: Release
    rules: Rules


class Untrue(NamedTuple):
    """Something printed that the true counts do not fulfil: false, or not read as it is meant."""

    factor: str
    period: str
    what: str
    """Which count, total or window, and what it should be."""
    file: str


def untrue(now: Release, known: Known, truth: Truth) -> Iterator[Untrue]:
    """Everything that a release prints of counts and that is not so.

    Solving leaves such numbers out, because nothing fulfils them: unnoticed, a page that is
    misread would make the attack weaker.
    """
    counts = _counts(known, truth)
    for key in now:
        if key not in counts and key[0] in counts:
            yield Untrue(*key, "a period in which nothing was counted", _file(now[key], AREAS))
    for cell in counts:
        key = (str(cell[0]), str(cell[1]))
        x, printed = counts[cell].to_numpy(dtype=float), now.get(key, Printed())
        for part in _parts(key, now, known, truth, x):
            yield from _false(part, np.nan_to_num(x), key, printed)


def _file(printed: Printed, place: str) -> str:
    return printed.files.get(place) or printed.files.get(AREAS) or "all files"


def _false(part: "_Part", x: Array, key: Key, printed: Printed) -> Iterator[Untrue]:
    true = part.sums.of @ x
    for row in np.flatnonzero((true < part.sums.least) | (true > part.sums.most)):
        name, least, most = part.names[row], part.sums.least[row], part.sums.most[row]
        limits = f"{least:.0f} or more" if np.isinf(most) else f"{least:.0f} to {most:.0f}"
        what = f"{part.what} {name or 'all'}, shown as {part.shown[row]}, is not {limits}"
        yield Untrue(*key, what, _file(printed, name if part.sums.are_totals else AREAS))


class _Part(NamedTuple):
    """What is printed of one kind, with the names of the sums."""

    what: str
    names: list[str]
    shown: list[str]
    """How each is printed."""
    sums: Sums


class Recovered(NamedTuple):
    """The protected counts with their intervals."""

    cells: tuple[Cell, ...]
    revised: int
    """Numbers and flags of earlier releases that today's counts do not fulfil: they were left
    out."""


def told_cells(
    now: Release, known: Known, truth: Truth, earlier: Sequence[Earlier] = ()
) -> Recovered:
    """Every protected count with its interval.

    Parameters
    ----------
    now
        What the release prints; what of it is `untrue` says nothing here.
    known
        Its areas and groups.
    truth
        The counts, and the tests as an attacker could make them again.
    earlier
        What earlier releases of the same data printed. Sums that the counts of today do not
        fulfil are left out: the data was revised since.
    """
    counts = _counts(known, truth)
    protected = truth.protected_of(counts, known.rules)
    cells, revised = [], 0
    for cell in counts:
        key = (str(cell[0]), str(cell[1]))
        x, asked = counts[cell].to_numpy(dtype=float), protected[cell].to_numpy(dtype=bool)
        system, _ = _system(key, now, known, truth, x)
        for before in earlier:
            then = replace(known, rules=before.rules)
            made, gone = _system(key, before.printed, then, truth, x, rated=False)
            system, revised = _both(system, made), revised + gone
        found = intervals(system, np.nan_to_num(x), asked, width=known.rules.width)
        cells += [
            Cell(*key, str(counts.index[i]), float(found.low[i]), float(found.high[i]))
            for i in np.flatnonzero(asked)
        ]
    return Recovered(tuple(cells), revised)


def _counts(known: Known, truth: Truth) -> pd.DataFrame:
    counts = truth.told if truth.told is not None else truth.counts
    return counts.reindex(sorted(known.codes))


def _system(
    key: Key, release: Release, known: Known, truth: Truth, x: Array, *, rated: bool = True
) -> tuple[System, int]:
    """What one release prints of one factor and period, and how much of it is not so."""
    cells, *parts = _parts(key, release, known, truth, x, rated=rated)
    n, true = len(x), np.nan_to_num(x)
    whole = joined(np.zeros(n), np.full(n, np.inf), [part.sums for part in parts])
    system = without_false(whole._replace(low=cells.sums.least, high=cells.sums.most), true)
    wide = np.count_nonzero((true < cells.sums.least) | (true > cells.sums.most))
    return system, whole.sums.shape[0] - system.sums.shape[0] + int(wide)


def _parts(
    key: Key, release: Release, known: Known, truth: Truth, x: Array, *, rated: bool = True
) -> Iterator[_Part]:
    """Counts of areas, totals, and what flags say of windows; of all, where rates tell of it."""
    printed, codes = release.get(key, Printed()), sorted(known.codes)
    each = csr_array(eye_array(len(codes), format="csr"))
    cells = _cells(printed, codes, x, known.rules)
    shown = [str(printed.cells.get(code, NOT_RECORDED)) for code in codes]
    yield _Part("the count of", codes, shown, Sums(each, cells.low, cells.high))
    inside = ~np.isin(codes, list(truth.around))
    yield _totals(printed, codes, known, inside, x if rated else None)
    if key in truth.tests:
        hot = [_HOT.get(printed.hot.get(code, -1), "nothing") for code in codes]
        shown = [f"{printed.bands.get(c, 0):.0f}% and {h}" for c, h in zip(codes, hot, strict=True)]
        windows = _windows(printed, codes, truth.tests[key])
        yield _Part("the window of", codes, shown, windows)


_HOT = {0.0: "not hot", 1.0: "hot"}


def _cells(printed: Printed, codes: list[str], x: Array, rules: Rules) -> Bounds:
    """Counts of areas as printed; what is not recorded is no unknown.

    A mark may stand for any number: it is no less than the true one, and hides the next.
    """
    shown = np.array([printed.cells.get(code, NOT_RECORDED) for code in codes], dtype=object)
    found, true = bounds_of(shown, rules), np.nan_to_num(x)
    marked = (shown == WITHHELD) | np.isnan(x)
    low = np.where(marked, np.minimum(found.low, true), found.low)
    high = np.where(marked, np.maximum(found.high, true), found.high)
    return Bounds(np.where(np.isnan(x), 0.0, low), np.where(np.isnan(x), 0.0, high))


def _totals(
    printed: Printed, codes: list[str], known: Known, inside: Flags, x: Array | None
) -> _Part:
    """Totals of places and of all; that of all is known rounded wherever a rate beside it is."""
    of = places_of(known)
    places = sorted(set(of.values()))
    member = np.array([places.index(of[code]) if code in of else -1 for code in codes])
    whole: Value = printed.totals.get(WHOLE, WITHHELD)
    some = any(not isinstance(value, str) for value in printed.totals.values())
    if x is not None and some and WHOLE not in printed.totals:
        whole = float(round_half_up(np.array([np.nansum(x[inside])]), known.rules.rounding)[0])
    shown = np.array([*(printed.totals.get(p, WITHHELD) for p in places), whole], dtype=object)
    # Areas around the study are counted for the windows of others, and in no total.
    sums = group_sums(np.where(inside, member, -1).astype(np.intp), len(places))
    every = group_sums(np.where(inside, 0, -1).astype(np.intp), 1)
    found, hidden = bounds_of(shown, known.rules), shown == WITHHELD
    least, most = np.where(hidden, 0.0, found.low), np.where(hidden, np.inf, found.high)
    of_all = csr_array(vstack([sums, every], format="csr"))
    told = Sums(of_all, least, most, are_totals=True)
    return _Part("the total of", [*places, WHOLE], list(map(str, shown)), told)


def _windows(printed: Printed, codes: list[str], made: KnownTests) -> Sums:
    """What being hot or not says of the sums of windows."""
    band, hot = (
        np.array([of.get(code, np.nan) for code in codes]) for of in (printed.bands, printed.hot)
    )
    least, most = np.zeros(len(codes)), np.full(len(codes), np.inf)
    for low, high in bounds_of_windows(made, band, hot):
        least, most = np.maximum(least, low), np.minimum(most, high)
    return Sums(made.windows, least, most)


def _both(one: System, other: System) -> System:
    """Two systems of the same numbers together."""
    parts = [Sums(s.sums, s.least, s.most) for s in (one, other)]
    low, high = np.maximum(one.low, other.low), np.minimum(one.high, other.high)
    system = joined(low, high, parts)
    totals = np.concatenate([one.is_total, other.is_total])
    return system._replace(is_total=totals)


def differences(now: Earlier, before: Earlier) -> Iterator[Cell]:
    """What periods that lie in each other leave of a third: counts that could be few numbers.

    A year less its first three quarters is its last; a small number of it is protected as any
    other, although no release names it.

    Returns
    -------
    Cells
        Their `period` is "longer less shorter". The width is not kept, and the number may be
        small.
    """
    rules = now.rules
    for (factor, period), one in now.printed.items():
        for (other, span), two in before.printed.items():
            if factor != other or not one.cells or not two.cells:
                continue
            first, second = (one, now.rules), (two, before.rules)
            if _lies_in(span, period):
                yield from _left((factor, f"{period} less {span}"), (first, second), rules)
            elif _lies_in(period, span):
                yield from _left((factor, f"{span} less {period}"), (second, first), rules)


def _left(
    key: Key, longer_shorter: tuple[tuple[Printed, Rules], ...], rules: Rules
) -> Iterator[Cell]:
    codes = sorted(set.intersection(*(set(printed.cells) for printed, _ in longer_shorter)))
    whole, part = (
        bounds_of(np.array([printed.cells[code] for code in codes], dtype=object), own)
        for printed, own in longer_shorter
    )
    low, high = np.maximum(whole.low - part.high, 0), whole.high - part.low
    told = (high >= 1) & (low < rules.threshold) & (high - low + 1 < rules.width)
    for i in np.flatnonzero(told):
        yield Cell(*key, codes[i], float(low[i]), float(high[i]))


def _lies_in(shorter: str, longer: str) -> bool:
    """Whether a period is a part of another, by their labels."""
    first, second = _span(shorter), _span(longer)
    if first is None or second is None or first == second:
        return False
    return second[0] <= first[0] and first[1] <= second[1]


@cache
def _span(label: str) -> tuple[date, date] | None:
    """First day, and the first day after; of the first unit that a label is one of."""
    for unit in get_args(Unit):
        try:
            period = parse_period(label, unit)
        except ConfigError:
            continue
        return period.start, period.end
    return None


def narrowest(cells: Sequence[Cell]) -> int | None:
    """Fewest values that a protected count could have; None where none is protected."""
    return min((cell.values for cell in cells), default=None)
