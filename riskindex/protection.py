"""What is withheld beside counts and totals: flags that would tell a protected count too well."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from riskindex.disclosure import NOT_RECORDED, WITHHELD, Rules
from riskindex.equations import Sums, System, group_sums, intervals, joined, without_false
from riskindex.errors import DisclosureError
from riskindex.flags import KnownTests, bounds_of_windows
from riskindex.suppression import Bounds, Shown, bounds_of

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass
class Guarded:
    """Everything that is shown of one factor in one period, while flags and totals are withheld."""

    counts: Array
    """Events of each area, shape `(n,)`; NaN where not recorded."""
    group: NDArray[np.intp]
    """Group of each area, -1 for none."""
    shown: Shown
    each: bool
    """Whether counts of areas are shown."""
    made: KnownTests
    band: Array
    """Confidence of each area as it would be shown, NaN where it is not."""
    hot: Array
    """1 or 0 as it would be shown, NaN where it is not."""
    protected: Flags
    counted: Flags
    """Areas of the study: totals are of them."""
    hidden: Flags = field(init=False)
    """Areas whose flags are withheld."""

    def __post_init__(self) -> None:
        self.hidden = np.zeros(len(self.counts), dtype=bool)

    def guard(self, rules: Rules) -> tuple[Shown, Flags]:
        """Withhold flags, then totals, until each protected count could be enough numbers.

        Raises
        ------
        DisclosureError
            Nothing is left to withhold.
        """
        x, asked = np.nan_to_num(self.counts), self.protected
        while True:
            least, most = self.told_windows()
            system = self.system(rules)
            found = intervals(system, x, asked, width=rules.width)
            # What is withheld makes no solution false: the others keep the values they had.
            asked = asked & (found.values < rules.width)
            close = np.flatnonzero(asked)
            if not len(close):
                return self.shown, self.hidden
            before = self.hidden.copy()
            for i in close:
                if self._withhold(int(i), (least, most), self.hidden & ~before):
                    break  # a total is gone: the others may be safe now

    def told_windows(self) -> tuple[Array, Array]:
        """Fewest and most events of each window, by what is shown of it."""
        nothing = np.full(len(self.counts), np.nan)
        band, hot = (np.where(self.hidden, nothing, told) for told in (self.band, self.hot))
        least, most = np.zeros(len(band)), np.full(len(band), np.inf)
        for low, high in bounds_of_windows(self.made, band, hot):
            least, most = np.maximum(least, low), np.minimum(most, high)
        return least, most

    def system(self, rules: Rules) -> System:
        """All that is shown, as equations."""
        x, (least, most) = np.nan_to_num(self.counts), self.told_windows()
        missing = np.isnan(self.counts)
        cells = np.where(self.each, self.shown.cells, NOT_RECORDED)
        found = bounds_of(cells, rules)
        # A mark that hides no small count may stand for any number.
        other = (cells == WITHHELD) & ((x < found.low) | (x > found.high))
        low = np.where(missing | other, 0.0, found.low)
        high = np.where(missing, 0.0, np.where(other, np.inf, found.high))
        k = len(self.shown.totals)
        every = np.where(self.counted, 0, -1).astype(np.intp)
        totals = total_bounds(self.shown.totals, rules)
        whole = total_bounds(np.array([self.shown.whole], dtype=object), rules)
        parts = [
            Sums(self.made.windows, least, most),
            Sums(group_sums(self.group, k), totals.low, totals.high, are_totals=True),
            Sums(group_sums(every, 1), whole.low, whole.high, are_totals=True),
        ]
        return without_false(joined(low, high, parts), x)

    def _withhold(self, i: int, told: tuple[Array, Array], just: Flags) -> bool:
        """The closest flag about a window that an area is in; its total if there is none left.

        Returns whether it was a total.
        """
        least, most = told
        of = self.made.windows.T.tocsr()
        rows = of.indices[of.indptr[i] : of.indptr[i + 1]]
        if just[rows].any():
            return False
        telling = rows[~self.hidden[rows] & ((least[rows] > 0) | np.isfinite(most[rows]))]
        if len(telling):
            self.hidden[telling[np.argmin(most[telling] - least[telling])]] = True
            return False
        if not self.withhold_total(i):
            raise DisclosureError("A withheld count cannot keep its possible values.")
        return True

    def withhold_total(self, i: int) -> bool:
        """The total of an area's group, or of all; whether there was one."""
        group = int(self.group[i])
        if group >= 0 and self.shown.totals[group] != WITHHELD:
            self.shown.totals[group] = WITHHELD
        elif self.shown.whole != WITHHELD:
            self.shown = self.shown._replace(whole=WITHHELD)
        else:
            return False
        return True


def total_bounds(shown: NDArray[np.object_], rules: Rules) -> Bounds:
    """What totals can be, by what is shown of them: a withheld one is any number."""
    found, hidden = bounds_of(shown, rules), shown == WITHHELD
    return Bounds(np.where(hidden, 0.0, found.low), np.where(hidden, np.inf, found.high))
