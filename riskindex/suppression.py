"""Counts beside their totals: what is withheld so that no small count can be told from the rest."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules, shown_counts
from riskindex.errors import DisclosureError

Array = NDArray[np.float64]
Objects = NDArray[np.object_]
Positions = NDArray[np.intp]
Flags = NDArray[np.bool_]


class Bounds(NamedTuple):
    """What a number can be, to a reader of a release: lowest and highest, whole numbers."""

    low: Array
    high: Array

    @property
    def values(self) -> Array:
        """How many values each number may have; without end where nothing is known."""
        return np.maximum(self.high - self.low + 1, 0)


def bounds_of(shown: Objects, rules: Rules) -> Bounds:
    """What each shown count says about the count behind it.

    Examples
    --------
    >>> bounds_of(np.array([0, "[c]", 10, "[x]"], dtype=object), Rules())
    Bounds(low=array([0., 1., 8., 0.]), high=array([ 0.,  7., 12., inf]))
    """
    numbers = np.array([np.nan if isinstance(v, str) else float(v) for v in shown])
    low = np.maximum(np.ceil(numbers - rules.rounding / 2), rules.threshold)
    high = np.ceil(numbers + rules.rounding / 2) - 1
    zero = numbers == 0
    low, high = np.where(zero, 0.0, low), np.where(zero & (high < rules.threshold), 0.0, high)
    small = np.array([v == WITHHELD for v in shown])
    low = np.where(small, 1.0, np.where(np.isnan(numbers), 0.0, low))
    return Bounds(
        low, np.where(small, rules.threshold - 1.0, np.where(np.isnan(numbers), np.inf, high))
    )


def tighten(parts: Bounds, member: Positions, totals: Bounds) -> tuple[Bounds, Bounds]:
    """What parts and their totals say about each other; exact, because parts add up to one total.

    Parameters
    ----------
    parts
        Shape `(n,)`.
    member
        Which total each part belongs to, shape `(n,)`.
    totals
        Shape `(k,)`.

    Returns
    -------
    tuple
        Tighter bounds of the parts and of the totals.
    """
    k = len(totals.low)
    low_sum = np.bincount(member, weights=parts.low, minlength=k)
    open_ended = np.isinf(parts.high)
    finite = np.where(open_ended, 0.0, parts.high)
    high_sum = np.bincount(member, weights=finite, minlength=k)
    ends = np.bincount(member, weights=open_ended, minlength=k)
    low = np.maximum(totals.low, low_sum)
    high = np.minimum(totals.high, np.where(ends > 0, np.inf, high_sum))
    others_low = low_sum[member] - parts.low
    others_open = ends[member] - open_ended > 0
    others_high = np.where(others_open, np.inf, high_sum[member] - finite)
    part_high = np.minimum(parts.high, high[member] - others_low)
    part_low = np.maximum(parts.low, low[member] - others_high)
    return Bounds(part_low, part_high), Bounds(low, high)


class Shown(NamedTuple):
    """Counts of areas and totals of groups as they are shown."""

    cells: Objects
    """Shape `(n,)`: numbers and marks."""
    totals: Objects
    """Shape `(k,)`: one per group."""
    whole: Any
    """The total of all: a number or a mark."""


def show_counts(
    counts: Array,
    group: Positions,
    rules: Rules,
    *,
    sensitive: bool = False,
    cells: bool = True,
    private: Flags | None = None,
) -> Shown:
    """Counts of areas with the totals that give none of the withheld ones away.

    A total is withheld, and with complementary suppression further counts before it, until every
    small count that is withheld has as many possible values left as the rules ask for.

    Parameters
    ----------
    counts
        Events per area, shape `(n,)`; NaN where not recorded.
    group
        Group of each area, 0 to k - 1; -1 for none.
    rules
        Threshold, rounding, width and suppression.
    sensitive
        No count of an area is shown, and no total of few areas or few events.
    cells
        Whether counts of areas are shown at all.
    private
        Areas whose count is always withheld, shape `(n,)`.

    Raises
    ------
    DisclosureError
        The rules leave a withheld count fewer values than the width even without any total.

    Examples
    --------
    A withheld count of 7 beside 22, shown as 20: a total of 30 would leave it only 6 and 7.

    >>> show_counts(np.array([7.0, 22.0]), np.array([0, 0]), Rules())
    Shown(cells=array(['[c]', 20], dtype=object), totals=array(['[c]'], dtype=object), whole='[c]')
    """
    each = cells and not sensitive
    shown = shown_counts(counts, rules)
    hidden = np.full(len(counts), not each) | (False if private is None else private)
    shown[hidden & (shown != NOT_RECORDED)] = WITHHELD
    totals, whole = _totals(counts, group, rules, sensitive=sensitive)
    told = _Told(counts, group, shown, totals, whole, each, rules)
    while (unsafe := told.unsafe()) is not None:
        told.withhold(*unsafe)
    return Shown(told.cells, told.totals, told.whole[0])


def _totals(
    counts: Array, group: Positions, rules: Rules, *, sensitive: bool
) -> tuple[Objects, Objects]:
    """Totals of the groups and of all, small ones withheld."""
    known, k = ~np.isnan(counts), int(group.max(initial=-1)) + 1
    inside = known & (group >= 0)
    sums = np.bincount(group[inside], weights=counts[inside], minlength=k)
    sizes = np.bincount(group[inside], minlength=k)
    totals = shown_counts(np.where(sizes > 0, sums, np.nan), rules)
    whole = shown_counts(np.array([counts[known].sum() if known.any() else np.nan]), rules)
    if sensitive:
        totals[(sizes > 0) & ((sums < rules.threshold) | (sizes < rules.smallest_group))] = WITHHELD
        whole[(whole == 0) | (0 < known.sum() < rules.smallest_group)] = WITHHELD
    return totals, whole


@dataclass
class _Told:
    """What is told of one source in one period, while more and more of it is withheld."""

    counts: Array
    group: Positions
    cells: Objects
    totals: Objects
    whole: Objects
    each: bool
    rules: Rules
    small: Flags = field(init=False)
    """Cells that must not be told: withheld, and small in truth."""
    small_totals: Flags = field(init=False)
    further: Flags = field(init=False)
    """Cells withheld only to protect others: they may be any number."""

    def __post_init__(self) -> None:
        self.small = (self.cells == WITHHELD) & (self.counts < self.rules.threshold)
        self.small_totals = self.totals == WITHHELD
        self.further = np.zeros(len(self.cells), dtype=bool)

    def unsafe(self) -> tuple[str, int] | None:
        """A withheld count or total that can be told too closely: its kind and its group."""
        cells, totals = self._bounds()
        narrow = np.flatnonzero(self.small & (cells.values < self.rules.width))
        if len(narrow):
            return "cell", int(self.group[narrow[0]])
        narrow = np.flatnonzero(self.small_totals & (totals.values < self.rules.width))
        return ("total", int(narrow[0])) if len(narrow) and self.whole[0] != WITHHELD else None

    def _bounds(self) -> tuple[Bounds, Bounds]:
        """What a reader can tell of the cells and the totals, from all of them together."""
        k, loose = len(self.totals), self.group < 0
        # Areas in no group are groups of one, of which no total is shown.
        member = np.where(loose, k + np.cumsum(loose) - 1, self.group)
        nothing = Bounds(np.zeros(int(loose.sum())), np.full(int(loose.sum()), np.inf))
        totals = _joined(self._known(self.totals), nothing)
        cells, totals = tighten(self._known_cells(), member, totals)
        one = np.zeros(len(totals.low), dtype=np.intp)
        totals, _ = tighten(totals, one, self._known(self.whole))
        cells, totals = tighten(cells, member, totals)
        return cells, Bounds(totals.low[:k], totals.high[:k])

    def _known(self, shown: Objects) -> Bounds:
        """Bounds of totals: one that is withheld may be any number."""
        found = bounds_of(shown, self.rules)
        hidden = shown == WITHHELD
        return Bounds(np.where(hidden, 0.0, found.low), np.where(hidden, np.inf, found.high))

    def _known_cells(self) -> Bounds:
        found, missing = bounds_of(self.cells, self.rules), self.cells == NOT_RECORDED
        if not self.each:
            found = Bounds(np.zeros(len(missing)), np.full(len(missing), np.inf))
        high = np.where(self.further, np.inf, found.high)
        return Bounds(np.where(missing, 0.0, found.low), np.where(missing, 0.0, high))

    def withhold(self, kind: str, group: int) -> None:
        """Withhold one thing more: a further count, the group's total, or the total of all."""
        if kind == "cell" and self.rules.suppression == "complementary" and self._one_more(group):
            return
        if kind == "cell" and group >= 0 and self.totals[group] != WITHHELD:
            self.totals[group] = WITHHELD
        elif self.whole[0] != WITHHELD:
            self.whole[0] = WITHHELD
        else:
            raise DisclosureError(
                f"Withheld counts below {self.rules.threshold} cannot keep {self.rules.width} "
                "possible values. Raise the threshold or lower the width under [release]."
            )

    def _one_more(self, group: int) -> bool:
        """Withhold the smallest shown count of a group, if there is one above 0."""
        shown = np.array([not isinstance(value, str) and value > 0 for value in self.cells])
        places = np.flatnonzero(shown & (self.group == group))
        if not len(places):
            return False
        smallest = places[np.argmin(self.counts[places])]
        self.cells[smallest], self.further[smallest] = WITHHELD, True
        return True


def _joined(first: Bounds, second: Bounds) -> Bounds:
    return Bounds(np.r_[first.low, second.low], np.r_[first.high, second.high])
