"""How closely each protected count can be told from all that is printed, now and before."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskindex.atoms import Counting
from riskindex.disclosure import NOT_RECORDED, Rules
from riskindex.equations import intervals, joined
from riskindex.forms import Known
from riskindex.periods import Unit, parse_period, unit_of
from riskindex.printed import Key, Release
from riskindex.shared_events import Count, Group, ask, groups_of, tell
from riskindex.stated import both, counts_told, system_of
from riskindex.suppression import bounds_of
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


class Recovered(NamedTuple):
    """The protected counts with their intervals."""

    cells: tuple[Cell, ...]
    derived: tuple[Cell, ...]
    """Counts that no release names, told too closely: of a year less its first quarters, of a
    factor less another that is a part of it, of what two rolling years share. Their `factor` or
    `period` says which; they are small, or could be where the counts are not known."""
    revised: int
    """Numbers and flags of earlier releases that today's counts do not fulfil: they were left
    out."""


def told_cells(
    now: Release, known: Known, truth: Truth | None, earlier: Sequence[Earlier] = ()
) -> Recovered:
    """Every protected count with its interval.

    Parameters
    ----------
    now
        What the release prints; what of it is `untrue` says nothing here.
    known
        Its areas and groups.
    truth
        The counts, what they count, and the tests as an attacker could make them again. Without
        it only what periods leave of each other is looked at, from the counts of areas.
    earlier
        What earlier releases of the same data printed. Sums that the counts of today do not
        fulfil are left out: the data was revised since.

    Notes
    -----
    Counts that share events (factors of one source, periods that overlap, in one release or in
    several) are solved together: unknown is how many events of each area are in which of them.
    """
    counts, revised = _counts(now, known, truth, earlier)
    cells: dict[str, Cell] = {}
    more: list[Cell] = []
    for group in groups_of(counts):
        one = _together(group, known) if isinstance(group, Group) else _alone(group, known)
        revised += one.revised
        more += one.derived
        for cell in one.cells:
            before = cells.get(cell.name, cell)
            cells[cell.name] = min(before, cell, key=lambda of: of.values)
    return Recovered(tuple(cells.values()), tuple(dict.fromkeys(more)), revised)


def _counts(
    now: Release, known: Known, truth: Truth | None, earlier: Sequence[Earlier]
) -> tuple[list[Count], int]:
    """Every count, with what all releases print of it; and how much of it is not so any more."""
    codes = sorted(known.codes)
    found = {count.key: count for count in true_counts(now, known, truth)} if truth else {}
    revised = 0
    for before in (*earlier, *(() if truth else [Earlier(now, known.rules)])):
        unit = unit_of(
            [[p for of, p in before.printed if of == f and p] for f, _ in before.printed]
        )
        then = replace(known, rules=before.rules)
        for (factor, period), printed in before.printed.items():
            counting = _counting(factor, period, unit, truth)
            key = _same(factor, counting, found) or (factor, period)
            count = found.get(key)
            if count is not None and count.x is not None and truth is not None:
                # The tests of an earlier release are taken to be today's, where the key is.
                of = {key: printed}
                made, gone = system_of(key, of, then, truth, count.x, rated=False)
                revised += gone
            else:
                shown = [printed.cells.get(code, NOT_RECORDED) for code in codes]
                told = bounds_of(np.array(shown, dtype=object), before.rules)
                made = joined(told.low, told.high, [])
                count = count or Count(key=key, counting=counting, system=made)
            found[key] = replace(count, system=both(count.system, made))
    return list(found.values()), revised


def _unit(printed: Release) -> Unit | None:
    """What the labels of a release's periods mean."""
    factors = {factor for factor, _ in printed}
    return unit_of([[p for of, p in printed if of == factor and p] for factor in factors])


def _same(factor: str, counting: Counting | None, found: Mapping[Key, Count]) -> Key | None:
    """The count of a factor that counts the same, under whatever label."""
    alike = (k for k, c in found.items() if k[0] == factor and c.counting == counting)
    return next(alike, None) if counting else None


def true_counts(
    now: Release, known: Known, truth: Truth, keys: Collection[Key] | None = None
) -> Iterator[Count]:
    """The counts of a release, or some of them, with what it prints of each."""
    counts = counts_told(known, truth)
    protected = truth.protected_of(counts, known.rules)
    for cell in counts:
        key = (str(cell[0]), str(cell[1]))
        if keys is not None and key not in keys:
            continue
        x = counts[cell].to_numpy(dtype=float)
        system, _ = system_of(key, now, known, truth, x)
        yield Count(
            key=key, counting=counting_of(key, truth),
            system=system, x=x, protected=protected[cell].to_numpy(dtype=bool),
            least=0 if key[0] in truth.sensitive else 1,
        )  # fmt: skip


def counting_of(key: Key, truth: Truth) -> Counting | None:
    """What a count of today's run counts."""
    return _counting(*key, truth.unit or unit_of([[key[1]]]), truth)


def _counting(factor: str, period: str, unit: Unit | None, truth: Truth | None) -> Counting | None:
    """What a count counts; a factor that nothing is known of has a source of its own."""
    rules = truth.rules.get(factor) if truth else None
    if unit is None or not period:
        return None
    return Counting(rules or ((factor, {}),), parse_period(period, unit).months)


def _alone(count: Count, known: Known) -> Recovered:
    """A count that shares no events with others."""
    if count.x is None or count.protected is None:
        return Recovered((), (), 0)
    x, asked = np.nan_to_num(count.x), count.protected
    found = intervals(count.system, x, asked, width=known.rules.width)
    codes = sorted(known.codes)
    cells = (Cell(*count.key, codes[i], float(found.low[i]), float(found.high[i]))
             for i in np.flatnonzero(asked))  # fmt: skip
    return Recovered(tuple(cells), (), 0)


def _together(group: Group, known: Known) -> Recovered:
    """Counts that share events, and what they tell of counts that none of them is."""
    asked, codes = ask(group, known.rules), sorted(known.codes)
    told = tell(group, asked, width=known.rules.width)
    close = asked.close(told, known.rules)
    cells: list[Cell] = []
    between: list[Cell] = []
    for row, (number, area) in enumerate(zip(asked.number, asked.area, strict=True)):
        key, _, is_named = asked.of[number]
        cell = Cell(key[0], key[1], codes[area], float(told.low[row]), float(told.high[row]))
        if is_named:
            cells.append(cell)
        elif close[row]:
            between.append(cell)
    return Recovered(tuple(cells), tuple(between), group.freed)


def narrowest(cells: Sequence[Cell]) -> int | None:
    """Fewest values that a protected count could have; None where none is protected."""
    return min((cell.values for cell in cells), default=None)
