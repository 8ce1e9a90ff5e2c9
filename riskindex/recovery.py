"""How closely each protected count can be told from all that is printed, now and before."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from riskindex.allowed import Known
from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules, round_half_up
from riskindex.equations import Sums, System, group_sums, intervals, joined, without_false
from riskindex.errors import ConfigError
from riskindex.flags import KnownTests, bounds_of_windows
from riskindex.groups import WHOLE
from riskindex.periods import Unit, parse_period
from riskindex.printed import Key, Printed, Release, Value, places_of
from riskindex.suppression import Bounds, bounds_of
from riskindex.truth import Truth

Array = NDArray[np.float64]


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


def told_cells(
    now: Release, known: Known, truth: Truth, earlier: Sequence[Earlier] = ()
) -> Iterator[Cell]:
    """Every protected count with its interval.

    Parameters
    ----------
    now
        What the release prints.
    known
        Its areas and groups.
    truth
        The counts, and the tests as an attacker could make them again.
    earlier
        What earlier releases of the same data printed. Sums that the counts of today do not
        fulfil are left out: the data was revised since.
    """
    counts = truth.told if truth.told is not None else truth.counts
    counts = counts.reindex(sorted(known.codes))
    protected = truth.protected_of(counts, known.rules)
    for cell in counts:
        key = (str(cell[0]), str(cell[1]))
        x, asked = counts[cell].to_numpy(dtype=float), protected[cell].to_numpy(dtype=bool)
        system = _system(key, now, known, truth, x)
        for before in earlier:
            then = replace(known, rules=before.rules)
            made = _system(key, before.printed, then, truth, x, rated=False)
            system = _both(system, without_false(made, np.nan_to_num(x)))
        x = np.nan_to_num(x)
        found = intervals(without_false(system, x), x, asked, width=known.rules.width)
        for i in np.flatnonzero(asked):
            yield Cell(*key, str(counts.index[i]), float(found.low[i]), float(found.high[i]))


def _system(
    key: Key, release: Release, known: Known, truth: Truth, x: Array, *, rated: bool = True
) -> System:
    """What one release prints of one factor and period; of all, where rates tell of it."""
    printed, codes = release.get(key, Printed()), sorted(known.codes)
    cells = _cells(printed, codes, x, known.rules)
    parts = [_totals(printed, codes, known, x if rated else None)]
    if key in truth.tests:
        parts += _windows(printed, codes, truth.tests[key])
    return joined(cells.low, cells.high, parts)


def _cells(printed: Printed, codes: list[str], x: Array, rules: Rules) -> Bounds:
    """Counts of areas as printed; what is not recorded is no unknown."""
    shown = np.array([printed.cells.get(code, NOT_RECORDED) for code in codes], dtype=object)
    found, missing = bounds_of(shown, rules), np.isnan(x)
    return Bounds(np.where(missing, 0.0, found.low), np.where(missing, 0.0, found.high))


def _totals(printed: Printed, codes: list[str], known: Known, x: Array | None) -> Sums:
    """Totals of places and of all; that of all is known rounded wherever a rate beside it is."""
    of = places_of(known)
    places = sorted(set(of.values()))
    member = np.array([places.index(of[code]) if code in of else -1 for code in codes])
    whole: Value = printed.totals.get(WHOLE, WITHHELD)
    some = any(not isinstance(value, str) for value in printed.totals.values())
    if x is not None and some and WHOLE not in printed.totals:
        whole = float(round_half_up(np.array([np.nansum(x)]), known.rules.rounding)[0])
    shown = [printed.totals.get(place, WITHHELD) for place in places]
    sums = group_sums(member.astype(np.intp), len(places))
    every = group_sums(np.zeros(len(codes), dtype=np.intp), 1)
    found = bounds_of(np.array([*shown, whole], dtype=object), known.rules)
    hidden = np.array([value == WITHHELD for value in [*shown, whole]])
    least = np.where(hidden, 0.0, found.low)
    most = np.where(hidden, np.inf, found.high)
    return Sums(csr_array(vstack([sums, every], format="csr")), least, most, are_totals=True)


def _windows(printed: Printed, codes: list[str], made: KnownTests) -> list[Sums]:
    """What being hot or not says of the sums of windows."""
    band, hot = (
        np.array([of.get(code, np.nan) for code in codes]) for of in (printed.bands, printed.hot)
    )
    least, most = np.zeros(len(codes)), np.full(len(codes), np.inf)
    for low, high in bounds_of_windows(made, band, hot):
        least, most = np.maximum(least, low), np.minimum(most, high)
    return [Sums(made.windows, least, most)]


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
