"""p-values of Gi and Gi*: exact, by permutation, by saddlepoint, or by the normal approximation."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import gammainc, gammaincc, log_ndtr

from riskindex.arrays import Array, Flags, Integers
from riskindex.errors import DataError
from riskindex.statistics.exact_sums.exact_draws import LOG_2, Tail, fits, log_p_of_sums
from riskindex.statistics.exact_sums.saddlepoint import Places, saddlepoint_log_tails
from riskindex.statistics.permutations import Permutations, Reached, reached_by_permutation

Null = Literal["total", "conditional"]
Method = Literal["auto", "exact", "permutation", "approximate", "normal"]

RARE = 100
"""Sums that fewer permutations than this reach have a p that permutations know to 10% at best."""
DOUBTFUL = 1e-4
"""Where the saddlepoint's p would make the permutations' count rarer than this, it is not taken."""


class GiTest(NamedTuple):
    """What is asked of p."""

    null: Null
    tail: Tail
    method: Method
    permutations: Permutations


class Draw(NamedTuple):
    """The sums to test: rows of weights over areas drawn under the null, where z is defined."""

    values: Array
    rows: sparse.csr_array
    areas: Integers
    z: Array
    test: GiTest

    @property
    def held(self) -> bool:
        """Whether each area's own value stays in place."""
        return self.test.null == "conditional"


class PValues(NamedTuple):
    """p-values, their natural logarithms, and how they were had."""

    p: Array
    log_p: Array
    how: str


def _auto(draw: Draw) -> PValues:
    """Exact where there is an exact law, permutation elsewhere."""
    # Rates and other values without steps have no law that can be written out.
    counts = _lattice(draw.values)
    equal = _equal_weights(draw.rows) & (counts is not None)
    if counts is None or not equal.any():
        return _permuted(draw) if len(equal) else PValues(np.empty(0), np.empty(0), "exact")
    # Islands and unequal rows alone go to permutation; the others keep their exact p.
    part = draw if equal.all() else _part(draw, equal)
    sizes, sums, held = _sums(part, counts)
    # Minutes and gigabytes are not spent unasked; permutation says what it is.
    if not fits(counts, sizes, sums):
        return _permuted(draw)
    log_p = np.empty(len(equal))
    log_p[equal] = log_p_of_sums(counts, sizes, sums, tail=draw.test.tail, held=held)
    p, how = np.exp(log_p), "exact"
    if not equal.all():
        others = _permuted(_part(draw, ~equal))
        p[~equal], log_p[~equal] = others.p, others.log_p
        how = f"exact; {others.how} for {(~equal).sum():,} areas with unequal weights"
    return PValues(p, log_p, how)


def _exact(draw: Draw) -> PValues:
    """Exact for every area, or an error that says why not."""
    if _lattice(draw.values) is None:
        raise DataError('p="exact" needs counts, or values in equal steps: use p="permutation".')
    if not _equal_weights(draw.rows).all():
        raise DataError('p="exact" needs equal weights in each window: use p="permutation".')
    result = _auto(draw)
    if result.how != "exact":
        raise DataError('The values range too widely for p="exact": use p="permutation".')
    return result


def _permuted(draw: Draw) -> PValues:
    return _of_permutations(_reached(draw), draw)


def _reached(draw: Draw) -> Reached:
    own = draw.areas if draw.held else None
    return reached_by_permutation(
        centred(draw.values),
        draw.rows,
        tail=draw.test.tail,
        own=own,
        options=draw.test.permutations,
    )


def _of_permutations(reached: Reached, draw: Draw) -> PValues:
    p = reached.p(draw.test.tail)
    return PValues(p, np.log(p), f"{draw.test.permutations.number:,} permutations")


def _approximate(draw: Draw) -> PValues:
    """By permutation, and where few permutations reach a sum by a saddlepoint that fits them."""
    reached = _reached(draw)
    p, log_p, how = _of_permutations(reached, draw)
    times = reached.times(draw.test.tail)
    rare = np.flatnonzero(times < RARE)
    # Few hits make a poor p, and with 999 permutations a corrected p never gets below .05 in a
    # large map.
    tails = _saddlepoints(draw, rare)
    expected = reached.of[rare] * np.exp(SIDES[draw.test.tail](*tails))
    # The chance of so many permutations or more, and of so few or fewer, if the saddlepoint holds.
    more = np.where(times[rare] > 0, gammainc(np.maximum(times[rare], 1), expected), 1.0)
    fewer = gammaincc(times[rare] + 1, expected)
    # Trusted only where the permutations themselves do not contradict it.
    fits_ = np.minimum(more, fewer) >= DOUBTFUL
    log_p[rare[fits_]] = np.minimum(TWICE[draw.test.tail](*tails)[fits_], 0.0)
    p[rare[fits_]] = np.exp(log_p[rare[fits_]])
    return PValues(p, log_p, f"{how}; saddlepoint approximation for {fits_.sum():,} areas")


SIDES: dict[Tail, Callable[[Array, Array], Array]] = {
    "upper": lambda upper, lower: upper,
    "lower": lambda upper, lower: lower,
    "mid": lambda upper, lower: upper,
    "two-sided": np.minimum,
}
"""Which side of the saddlepoint's law a tail looks at."""
TWICE: dict[Tail, Callable[[Array, Array], Array]] = SIDES | {
    "two-sided": lambda upper, lower: LOG_2 + np.minimum(upper, lower)
}


def _saddlepoints(draw: Draw, asked: Integers) -> tuple[Array, Array]:
    """Logarithms of the upper and lower tails of some of the sums, by windows of a size."""
    x = centred(draw.values)
    # The tilt is searched on a scale of standard deviations.
    x /= x.std()
    distinct, which, often = np.unique(x, return_inverse=True, return_counts=True)
    upper, lower = np.full(len(asked), np.nan), np.full(len(asked), np.nan)
    rows = draw.rows[asked]
    sizes, sums = np.diff(rows.indptr), rows @ x
    for size in np.unique(sizes):
        of_size = np.flatnonzero(sizes == size)
        left = np.tile(often.astype(np.float64), (len(of_size), 1))
        if draw.held:
            # The held value is one fewer of its kind to draw from.
            left[np.arange(len(of_size)), which[draw.areas[asked[of_size]]]] -= 1
        places = Places(rows[of_size].data.reshape(-1, size), distinct, left)
        upper[of_size], lower[of_size] = saddlepoint_log_tails(places, sums[of_size])
    return upper, lower


def _normal(draw: Draw) -> PValues:
    log_p = TWICE[draw.test.tail](log_ndtr(-draw.z), log_ndtr(draw.z))
    return PValues(np.exp(log_p), log_p, "normal approximation, not for sparse counts")


METHODS: dict[Method, Callable[[Draw], PValues]] = {
    "auto": _auto,
    "exact": _exact,
    "permutation": _permuted,
    "approximate": _approximate,
    "normal": _normal,
}


def _part(draw: Draw, which: Flags) -> Draw:
    return draw._replace(
        rows=draw.rows[np.flatnonzero(which)], areas=draw.areas[which], z=draw.z[which]
    )


def _sums(draw: Draw, counts: Integers) -> tuple[Integers, Integers, Integers | None]:
    """How many areas each window draws, their sum, and the own value where it is held."""
    sums = np.rint(draw.rows @ counts.astype(np.float64)).astype(np.int64)
    sizes = np.diff(draw.rows.indptr).astype(np.int64)
    return sizes, sums, counts[draw.areas] if draw.held else None


def _lattice(x: Array) -> Integers | None:
    """The values as whole steps above their minimum, or None if they do not lie on a lattice."""
    steps = x - x.min()
    # Values such as 0.5, 1.0, 1.5 are whole steps, too.
    if (x != np.rint(x)).any():
        steps = steps / np.diff(np.unique(x)).min(initial=np.inf)
    whole = np.rint(steps)
    # Rates with many decimals make a lattice of too many steps; they have no exact law.
    if whole.max() > 2**31 or (np.abs(steps - whole) > 1e-6).any():
        return None
    k: Integers = whole.astype(np.int64)
    # The exact law has a cell per step, so that counts in tens need a tenth of the work.
    k //= max(int(np.gcd.reduce(k)), 1)
    return k


def centred(x: Array) -> Array:
    """Deviations from the mean, exactly 0 where all are equal; twice, so that a shift cancels."""
    if np.ptp(x) == 0:
        return np.zeros(len(x))
    c: Array = x - x.mean()
    c -= c.mean()
    return c


def _equal_weights(rows: sparse.csr_array) -> Flags:
    """Rows whose weights are all alike, and above zero."""
    # Row-standardised or binary: only weights that differ within a row break the exact law.
    others = rows.data != 1
    unequal = np.zeros(rows.shape[0], dtype=bool)
    if others.any():
        unequal[np.repeat(np.arange(len(unequal)), np.diff(rows.indptr))[others]] = True
    return ~unequal
