"""What is printed about the counts of one factor in one period, as equations in whole numbers."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from riskindex.suppression import Bounds

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


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
        Shape `(n,)`. Exact, by an integer programme (HiGHS), where fewer values than the width
        could be shown to be possible by moving one or a few numbers away from `x`; elsewhere
        values that are certainly possible. Numbers that were not asked for are left as printed.

    Notes
    -----
    To move a number is to find another solution: others far from it make up for it in the totals.
    A programme has one unknown per area, of which those far away only pass through the totals.
    """
    low, high = _moved(system, x)
    found = Bounds(np.where(asked, low, system.low), np.where(asked, high, system.high))
    for aim in _aims(asked & (found.values < width)):
        close = asked & (found.values < width)
        if close.any():
            _widen(found, asked, _solution(system, np.where(close, aim, 0.0)))
    for i in np.flatnonzero(asked):
        for sign in (1, -1):
            if found.values[i] < width:
                aim = np.zeros(len(x))
                aim[i] = sign
                _widen(found, asked, _solution(system, aim))
    return found


def _aims(asked: Flags) -> Iterator[Array]:
    """Ways to move many numbers together: each solution shows values of all of them."""
    rng = np.random.default_rng(0)
    every = np.ones(len(asked))
    yield from (every, -every)
    for _ in range(TOGETHER if asked.sum() > 2 * TOGETHER else 0):
        aim = rng.choice([-1.0, 1.0], len(asked))
        yield from (aim, -aim)


TOGETHER = 4
"""Pairs of directions in which many numbers are moved at once, before they are one by one."""


def _widen(found: Bounds, asked: Flags, solution: Array | None) -> None:
    """Take the values of a solution for possible."""
    if solution is not None:
        found.low[asked] = np.minimum(found.low, solution)[asked]
        found.high[asked] = np.maximum(found.high, solution)[asked]


def _moved(system: System, x: Array) -> tuple[Array, Array]:
    """Values of each number that other numbers can make up for, so that all sums stay in range."""
    room = _Room(system, x)
    low, high = x.copy(), x.copy()
    for i in range(len(x)):
        low[i] -= room.of(i, -1)
        high[i] += room.of(i, 1)
    return low, high


class _Room:
    """How far numbers can move, alone or with others that make up for them in the totals."""

    def __init__(self, system: System, x: Array) -> None:
        totals = system.sums @ x
        self.by_area = csr_array(system.sums.T)
        self.large = system.is_total
        self.slack = {-1: totals - system.least, 1: system.most - totals}
        self.alone = {
            sign: self._alone(bound, sign)
            for sign, bound in ((-1, x - system.low), (1, system.high - x))
        }
        self.members = {
            int(r): system.sums.indices[system.sums.indptr[r] : system.sums.indptr[r + 1]]
            for r in np.flatnonzero(self.large)
        }
        self.givers = {
            (r, sign): self._apart(members, self.alone[sign])
            for r, members in self.members.items()
            for sign in (-1, 1)
        }

    def rows(self, i: int) -> NDArray[np.int32]:
        """Sums that a number is in."""
        return np.asarray(self.by_area.indices[self.by_area.indptr[i] : self.by_area.indptr[i + 1]])

    def totals(self, i: int) -> set[int]:
        """Totals that a number is in."""
        return {int(r) for r in self.rows(i) if self.large[r]}

    def _alone(self, bound: Array, sign: int) -> Array:
        """How far each number can move before a bound or a sum of a few stops it."""
        room = bound.copy()
        for i in range(len(room)):
            few = self.rows(i)[~self.large[self.rows(i)]]
            room[i] = min(room[i], self.slack[sign][few].min(initial=np.inf))
        return np.minimum(room, FAR)

    def _apart(self, members: NDArray[np.int32], room: Array) -> list[int]:
        """Numbers that can move together, because no two of them are in one sum of a few."""
        taken: set[int] = set()
        apart = []
        for i in members[np.argsort(-room[members], kind="stable")]:
            few = {int(r) for r in self.rows(i) if not self.large[r]}
            if room[i] > 0 and not few & taken:
                taken |= few
                apart.append(int(i))
            if len(apart) == MOST_GIVERS:
                break
        return apart

    def of(self, i: int, sign: int) -> float:
        """How far one number can move."""
        mine = self.rows(i)
        few = {int(r) for r in mine if not self.large[r]}
        room, totals = float(self.alone[sign][i]), self.totals(i)
        if not totals:
            return room
        # The smallest total that a number is in: what makes up there does so in the larger ones.
        smallest = min(sorted(totals), key=lambda r: len(self.members[r]))
        given = sum(
            self.alone[-sign][j]
            for j in self.givers[smallest, -sign]
            if j != i and not few & {int(r) for r in self.rows(j)} and self.totals(j) == totals
        )
        return min(room, float(min(self.slack[sign][r] for r in totals)) + float(given))


MOST_GIVERS = 12
"""Numbers that make up for another one."""
FAR = 1000.0
"""How far a number moves at most."""


def _solution(system: System, aim: Array) -> Array | None:
    """The solution in whole numbers that makes a weighted sum greatest; None if none was found."""
    from scipy.optimize import Bounds as Box
    from scipy.optimize import LinearConstraint, milp

    n = len(system.low)
    # A number without an end is as good as protected: it needs none that is out of reach.
    high = np.where(aim == 0, system.high, np.minimum(system.high, system.low + FAR))
    answer = milp(
        -aim, integrality=np.ones(n, dtype=np.int64), bounds=Box(system.low, high),
        constraints=LinearConstraint(system.sums, system.least, system.most),
        options={"time_limit": SECONDS},
    )  # fmt: skip
    return None if answer.x is None else np.asarray(np.rint(answer.x))


SECONDS = 20.0
"""For one integer programme; the best solution found until then is one, and counts."""


def group_sums(of: NDArray[np.intp], k: int) -> csr_array:
    """Sums of groups as a matrix, from the group of each number; -1 for none."""
    inside = np.flatnonzero(of >= 0)
    return csr_array((np.ones(len(inside)), (of[inside], inside)), shape=(k, len(of)))
