"""What is printed about the counts of one factor in one period, as equations in whole numbers."""

from itertools import islice
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, vstack

from riskindex.suppression import Bounds

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.intp]


class System(NamedTuple):
    """Whole numbers `x` with `low <= x <= high` and `least <= sums @ x <= most`."""

    low: Array
    """Shape `(n,)`."""
    high: Array
    sums: csr_array
    """Shape `(m, n)`, zeros and ones."""
    least: Array
    """Shape `(m,)`."""
    most: Array
    is_total: Flags
    """Which sums are totals of a group or of all, and no windows, shape `(m,)`."""

    def only(self, which: Flags) -> "System":
        """The system with some of its sums."""
        kept = csr_array(self.sums[np.flatnonzero(which)])
        return self._replace(
            sums=kept, least=self.least[which], most=self.most[which],
            is_total=self.is_total[which],
        )  # fmt: skip


class Sums(NamedTuple):
    """Some sums and what is printed of them."""

    of: csr_array
    least: Array
    most: Array
    are_totals: bool = False


def joined(low: Array, high: Array, parts: list[Sums]) -> System:
    """A system of bounds and of sums; sums that say nothing are left out."""
    sums = csr_array(vstack([csr_array((0, len(low))), *(part.of for part in parts)], format="csr"))
    least, most, totals = (
        np.concatenate([np.zeros(0), *columns])
        for columns in (
            [part.least for part in parts],
            [part.most for part in parts],
            [np.full(len(part.least), part.are_totals) for part in parts],
        )
    )
    system = System(low, high, sums, least, most, totals > 0)
    return system.only((least > 0) | np.isfinite(most))


def without_false(system: System, x: Array) -> System:
    """The system without sums that the numbers do not fulfil: of data that was revised since."""
    totals = system.sums @ x
    true = (totals >= system.least) & (totals <= system.most)
    wide = system._replace(low=np.minimum(system.low, x), high=np.maximum(system.high, x))
    return wide.only(true)


def intervals(system: System, x: Array, asked: Flags, *, width: int) -> Bounds:
    """How closely some of the numbers can be told, from all that is printed together.

    Parameters
    ----------
    system
        What is printed.
    x
        A solution: the true numbers, shape `(n,)`.
    asked
        Which numbers, shape `(n,)`.
    width
        Numbers that can plainly be so many values or more are not looked at any closer.

    Returns
    -------
    Bounds
        Shape `(n,)`. Each end is the number's value in some solution, so that no number is taken
        for safer than it is. Exact where fewer values than the width were found, unless there are
        too many numbers for one programme. Numbers that were not asked for are left as printed.

    Notes
    -----
    To show that a number could be another one is to find another solution. First one number moves,
    and others far from it make up for it in the totals. What has fewer values than the width then
    is moved by integer programmes (HiGHS) over the numbers around it, over more of them, and at
    last over all.
    """
    search, n = _Search(system, x, asked, width), len(x)
    for reach in (*(r for r in REACH if r < n), *((n,) if n <= MOST_AT_ONCE else ())):
        for i in search.close():
            search.widen(int(i), reach)
    return search.found


REACH = (60, 250, 1000)
"""Numbers that one programme moves, before it moves all of them."""
MOST_AT_ONCE = 2_000
"""Above so many numbers no programme is about all of them."""


class _Search:
    """A look for other solutions near the true one."""

    def __init__(self, system: System, x: Array, asked: Flags, width: int) -> None:
        self.asked, self.width = asked, width
        self.parts, self.moves = Parts(system, x), Moves(system, x)
        self.known = np.zeros(len(x), dtype=bool)
        low, high = x - self.moves.room(-1), x + self.moves.room(1)
        self.found = Bounds(np.where(asked, low, system.low), np.where(asked, high, system.high))

    def close(self) -> Positions:
        """Numbers that are asked for, with fewer values than the width as far as is known."""
        return np.flatnonzero(self.asked & ~self.known & (self.found.values < self.width))

    def widen(self, i: int, reach: int) -> None:
        """Move a number: at first together with all that are close around it, then alone."""
        if self.found.values[i] >= self.width:
            return
        whole = reach == len(self.asked)
        which = np.arange(reach) if whole else self.moves.around(i, reach)
        system = self.parts.of(which, by=np.inf if whole else float(self.width))
        together, alone = np.isin(which, self.close()).astype(float), (which == i).astype(float)
        for aim in (together, -together, alone, -alone):
            if self.found.values[i] < self.width:
                self._take(which, solution(system, aim))
        if self.found.values[i] < self.width and not whole:
            self.known[i] = self._has_no_more(i, which, alone)

    def _has_no_more(self, i: int, which: Positions, aim: Array) -> bool:
        """Whether the sums of these numbers alone leave one of them no further value."""
        system = self.parts.inside(which)
        ends = (solution(system, -aim), solution(system, aim))
        low, high = (np.nan if end is None else end[aim > 0].item() for end in ends)
        return bool((low, high) == (self.found.low[i], self.found.high[i]))

    def _take(self, which: Positions, solution: Array | None) -> None:
        """Take the values of a solution for possible."""
        if solution is not None:
            at, values = which[self.asked[which]], solution[self.asked[which]]
            self.found.low[at] = np.minimum(self.found.low[at], values)
            self.found.high[at] = np.maximum(self.found.high[at], values)


class Parts:
    """Systems of some of the numbers."""

    def __init__(self, system: System, x: Array) -> None:
        self.system, self.x, self.totals = system, x, system.sums @ x
        self.by_number, self.size = csr_array(system.sums.T), np.diff(system.sums.indptr)

    def of(self, which: Positions, *, by: float = np.inf) -> System:
        """The numbers in some places, which move by so much at most; all others stay.

        Each of its solutions, put in these places, is one of the whole. Sums that hold wherever
        the numbers go are left out.
        """
        touched, sums = self._sums(which)
        x = self.x[which]
        others = self.totals[touched] - sums @ x
        small = System(
            np.maximum(self.system.low[which], x - by),
            np.minimum(self.system.high[which], x + by),
            sums, self.system.least[touched] - others, self.system.most[touched] - others,
            self.system.is_total[touched],
        )  # fmt: skip
        return small.only((sums @ small.low < small.least) | (sums @ small.high > small.most))

    def inside(self, which: Positions) -> System:
        """The numbers in some places, with the sums of no others.

        What is in these places of a solution of the whole is one of its solutions.
        """
        touched, sums = self._sums(which)
        small = System(
            self.system.low[which], self.system.high[which], sums,
            self.system.least[touched], self.system.most[touched], self.system.is_total[touched],
        )  # fmt: skip
        return small.only(np.diff(sums.indptr) == self.size[touched])

    def _sums(self, which: Positions) -> tuple[Positions, csr_array]:
        """The sums that some numbers are in, and how."""
        touched = np.unique(self.by_number[which].indices).astype(np.intp)
        return touched, csr_array(self.system.sums[touched][:, which])


class Moves:
    """How far numbers can move, alone or with others that make up for them in the totals."""

    def __init__(self, system: System, x: Array) -> None:
        windows, totals = system.only(~system.is_total), system.only(system.is_total)
        self.near = csr_array(windows.sums.T @ windows.sums + eye_array(len(x), format="csr"))
        self.alone = {
            sign: np.minimum(np.minimum(end, _least_slack(windows, x, sign)), FAR)
            for sign, end in ((-1, x - system.low), (1, system.high - x))
        }
        self.in_totals = {sign: _least_slack(totals, x, sign) for sign in (-1, 1)}
        self.kind = _in_the_same(totals.sums)
        room = np.minimum(self.alone[-1], NEAR) + np.minimum(self.alone[1], NEAR)
        self.loose = [[j for j in alike if room[j] > 0] for alike in self._in_order(room)]
        loosest = [alike[0] for alike in self.loose if alike]
        self.loosest = sorted(loosest, key=lambda j: (-room[j], j))

    def _in_order(self, room: Array) -> list[list[int]]:
        """The numbers of each kind, those with the most room first."""
        order = np.lexsort((-room, self.kind))
        starts = np.searchsorted(self.kind[order], np.arange(1, self.kind.max(initial=0) + 1))
        return [part.tolist() for part in np.split(order, starts)]

    def room(self, sign: int) -> Array:
        """How far each number can move up (1) or down (-1), shape `(n,)`."""
        given = np.zeros(len(self.kind))
        for members in self._in_order(self.alone[-sign]):
            givers = self._apart(members, self.alone[-sign])
            given[givers] = self.alone[-sign][givers]
        row = np.repeat(np.arange(len(given)), np.diff(self.near.indptr))
        alike = self.kind[row] == self.kind[self.near.indices]
        # A number that shares a window with another, or is it, cannot make up for it.
        beside = np.where(alike, given[self.near.indices], 0.0)
        of_kind = np.bincount(self.kind, given)
        made_up = of_kind[self.kind] - np.bincount(row, beside, len(given))
        return np.asarray(np.minimum(self.alone[sign], self.in_totals[sign] + made_up))

    def _apart(self, members: list[int], room: Array) -> list[int]:
        """Numbers that can move together, because no two of them are in one window."""
        taken: set[int] = set()
        apart: list[int] = []
        for i in members:
            if room[i] <= 0 or len(apart) == MOST_GIVERS:
                break
            if i not in taken:
                taken.update(self._beside(i))
                apart.append(i)
        return apart

    def _beside(self, i: int) -> list[int]:
        """A number and those in its windows."""
        return list(self.near.indices[self.near.indptr[i] : self.near.indptr[i + 1]].tolist())

    def around(self, i: int, reach: int) -> Positions:
        """So many numbers around one, with some that can make up for them in the totals."""
        found = dict.fromkeys([i])
        edge = [i]
        while edge and len(found) < reach:
            edge = [k for k in dict.fromkeys(k for j in edge for k in self._beside(j))
                    if k not in found]  # fmt: skip
            found |= dict.fromkeys(edge[: reach - len(found)])
        for kind in dict.fromkeys(self.kind[list(found)].tolist()):
            # A place of one area has none of its kind: one of each other place makes up for it.
            some = (self.loosest,) if len(self.loose[kind]) <= MOST_GIVERS else ()
            for others in (self.loose[kind], *some):
                found |= dict.fromkeys(islice((j for j in others if j not in found), MOST_GIVERS))
        return np.sort(np.fromiter(found, dtype=np.intp))


MOST_GIVERS = 12
"""Numbers that make up for another one."""
NEAR, FAR = 10.0, 1000.0
"""How far a number that makes up for others need move, and any number at most."""


def _least_slack(system: System, x: Array, sign: int) -> Array:
    """How far each number can move before a sum that it is in stops it; no end where none does."""
    sums = system.sums @ x
    slack = system.most - sums if sign > 0 else sums - system.least
    found = np.full(len(x), np.inf)
    np.minimum.at(found, system.sums.indices, np.repeat(slack, np.diff(system.sums.indptr)))
    return found


def _in_the_same(sums: csr_array) -> Positions:
    """A number of the kind for each number: of one kind are those that are in the same sums."""
    of = csr_array(sums.T)
    of.sort_indices()
    rows = [row.tobytes() for row in np.split(of.indices, of.indptr[1:-1])]
    return np.asarray(pd.factorize(np.array(rows, dtype=object))[0], dtype=np.intp)


def solution(system: System, aim: Array) -> Array | None:
    """The solution in whole numbers that makes a weighted sum greatest; None if none was found."""
    from scipy.optimize import Bounds as Box
    from scipy.optimize import LinearConstraint, milp

    n = len(system.low)
    # A number without an end is as good as protected: it needs none that is out of reach.
    high = np.where(aim == 0, system.high, np.minimum(system.high, system.low + FAR))
    answer = milp(
        -aim, integrality=np.ones(n, dtype=np.int64), bounds=Box(system.low, high),
        constraints=LinearConstraint(system.sums, system.least, system.most),
        options={"node_limit": NODES},
    )  # fmt: skip
    return None if answer.x is None else np.asarray(np.rint(answer.x))


NODES = 2_000
"""For one integer programme; the best solution found until then is one, and counts."""


def group_sums(of: NDArray[np.intp], k: int) -> csr_array:
    """Sums of groups as a matrix, from the group of each number; -1 for none."""
    inside = np.flatnonzero(of >= 0)
    return csr_array((np.ones(len(inside)), (of[inside], inside)), shape=(k, len(of)))
