"""Counts that share events, solved together: of areas, and of which counts an event is in."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, kron, vstack

from riskindex.equations import MOST_AT_ONCE, REACH, Moves, Parts, System, solution
from riskindex.suppression import Bounds

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.intp]


class Ways(NamedTuple):
    """Events of each area by the counts that they are in, as far as the counts tell."""

    table: Flags
    """Shape `(counts, ways)`: in which counts an event can be; the unknowns are events of every
    way in every area, area by area within a way."""
    events: Array
    """Shape `(ways, n)`: one solution of them."""
    fits: Flags
    """Areas whose counts can be made of events in these ways, shape `(n,)`."""

    def sums(self, of: Flags) -> csr_array:
        """Events of some ways in each area, as sums of the unknowns, shape `(n, ways * n)`."""
        each = eye_array(self.events.shape[1], format="csr")
        return csr_array(kron(csr_array(of.astype(float)[None, :]), each, format="csr"))


def split_up(table: Flags, low: Array, high: Array, *, all_or_none: bool = False) -> Ways:
    """Events of every way that make up counts.

    Parameters
    ----------
    table
        Of `patterns`.
    low, high
        Least and most of every count, shape `(counts, n)`; the same where it is known.
    all_or_none
        Look no further once the counts of an area do not fit.
    """
    events = _greedily(table, np.where(low == high, low, 0.0))
    wrong = ((table @ events < low) | (table @ events > high)).any(axis=0)
    fits = np.ones(low.shape[1], dtype=bool)
    sort, of = np.unique(np.vstack([low, high])[:, wrong], axis=1, return_inverse=True)
    for number, column in enumerate(sort.T):
        at = np.flatnonzero(wrong)[of.ravel() == number]
        found = _by_programme(table, *np.split(column, 2))
        fits[at] = found is not None
        if found is not None:
            events[:, at] = found[:, None]
        elif all_or_none:
            break
    return Ways(table, events, fits)


def _greedily(table: Flags, counts: Array) -> Array:
    """As many events as can be in the most counts, then in fewer."""
    left, events = counts.copy(), np.zeros((table.shape[1], counts.shape[1]))
    for way in np.argsort(-table.sum(axis=0), kind="stable"):
        inside = table[:, way]
        events[way] = left[inside].min(axis=0)
        left[inside] -= events[way]
    return events


def _by_programme(table: Flags, low: Array, high: Array) -> Array | None:
    sums, n = csr_array(table.astype(float)), table.shape[1]
    none = np.zeros(len(low), dtype=bool)
    return solution(System(np.zeros(n), np.full(n, np.inf), sums, low, high, none), np.zeros(n))


def together(ways: Ways, systems: Sequence[System]) -> System:
    """What is printed of several counts, as one system.

    Parameters
    ----------
    ways
        How the counts are made up, in all areas.
    systems
        Of each count by itself, as rows of `ways.table`.

    Returns
    -------
    System
        Its unknowns are events of every way in every area.
    """
    high = np.full(ways.events.shape, np.inf)
    sums, least, most, totals = [], [], [], []
    for row, system in zip(ways.table, systems, strict=True):
        high[row] = np.minimum(high[row], system.high)
        each = ways.sums(row)
        # The count of an area is a sum even where nothing is told of it: its events are close.
        sums += [each, csr_array(system.sums @ each)]
        least += [system.low, system.least]
        most += [system.high, system.most]
        totals += [np.zeros(len(system.low), dtype=bool), system.is_total]
    low, above = np.zeros(ways.events.size), high.ravel()
    of = csr_array(vstack(sums, format="csr"))
    return System(low, above, of, *map(np.concatenate, (least, most, totals)))


def told_sums(system: System, x: Array, sums: csr_array, *, width: int) -> Bounds:
    """`intervals`, of sums of a few unknowns that are close to each other.

    Parameters
    ----------
    system, x
        What is printed, and a solution.
    sums
        Shape `(m, n)`, zeros and ones: what is asked for.
    width
        Sums that can plainly be so many values or more are not looked at any closer.

    Returns
    -------
    Bounds
        Shape `(m,)`; each end is the value of the sum in some solution.
    """
    search = _Search(system, x, sums, width)
    n = len(x)
    for reach in (*(r for r in REACH if r < n), *((n,) if n <= MOST_AT_ONCE else ())):
        for row in search.close():
            search.widen(int(row), reach)
    return search.found


class _Search:
    """A look for other solutions in which sums have other values."""

    def __init__(self, system: System, x: Array, sums: csr_array, width: int) -> None:
        self.x, self.sums, self.width = x, sums, width
        self.parts, self.moves = Parts(system, x), Moves(system, x)
        self.values, self.known = sums @ x, np.zeros(sums.shape[0], dtype=bool)
        # One unknown of a sum moves, and none of the others: they are close to it.
        room = [_most(sums, self.moves.room(sign)) for sign in (-1, 1)]
        self.found = Bounds(self.values - room[0], self.values + room[1])

    def close(self) -> Positions:
        """Sums that have fewer values than the width, as far as is known."""
        return np.flatnonzero(~self.known & (self.found.values < self.width))

    def widen(self, row: int, reach: int) -> None:
        """Move a sum: at first together with all that are close around it, then alone."""
        if self.found.values[row] >= self.width:
            return
        n = len(self.x)
        mine = self.sums.indices[self.sums.indptr[row] : self.sums.indptr[row + 1]]
        which = np.arange(n) if reach == n else self.moves.around(int(mine[0]), reach)
        which = np.union1d(which, mine)
        system = self.parts.of(which, by=np.inf if reach == n else float(self.width))
        sums = csr_array(self.sums[:, which])
        alone = sums[[row]].toarray()[0]
        around = np.asarray((sums[self.close()].sum(axis=0) > 0), dtype=float)
        for aim in (around, -around, alone, -alone):
            if self.found.values[row] < self.width:
                self._take(which, sums, solution(system, aim))
        if self.found.values[row] < self.width and reach < n:
            # Where the sums of these numbers alone leave no further value, no others will.
            inside = self.parts.inside(which)
            ends = [solution(inside, aim) for aim in (-alone, alone)]
            low, high = (np.nan if end is None else float(alone @ end) for end in ends)
            self.known[row] = (low, high) == (self.found.low[row], self.found.high[row])

    def _take(self, which: Positions, sums: csr_array, found: Array | None) -> None:
        """Take the values of a solution for possible."""
        if found is not None:
            values = self.values + sums @ (found - self.x[which])
            np.minimum(self.found.low, values, out=self.found.low)
            np.maximum(self.found.high, values, out=self.found.high)


def _most(sums: csr_array, room: Array) -> Array:
    """The greatest room among the unknowns of each sum."""
    found = np.zeros(sums.shape[0])
    np.maximum.at(found, np.repeat(np.arange(len(found)), np.diff(sums.indptr)), room[sums.indices])
    return found
