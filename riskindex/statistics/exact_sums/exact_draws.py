"""The exact law of a sum of draws without replacement: no simulation, no seed, no smallest p.

Two ways to the same numbers, the cheaper one taken: positive terms alone (relative error a few
units in the last place), or, for large counts, exponentially tilted Fourier transforms (relative
error below 1e-10, checked query by query; what fails the check goes the first way). Where a tail
is too small for floating-point numbers, the positive terms are tilted, too.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from riskindex.arrays import Array, Flags, Integers
from riskindex.statistics.exact_sums.urns import (
    ROUNDING,
    Side,
    Tails,
    Urn,
    positive_tails,
    tilted_positive_tails,
    tilted_tails,
    urn_of,
)

Tail = Literal["upper", "lower", "two-sided", "mid"]

MOST_TILTS = 24
# Beyond these an exact law is not tried: cells of one table, minutes of work.
MOST_CELLS = 5e7
MINUTES = 2

# Below this a stored tail may have lost terms that floating-point numbers cannot hold.
SMALLEST = 1e-280
LOG_2 = np.log(2.0)

# Logarithm of p by tail, from those of P(S >= s + j) and of P(S <= s).
TAILS: dict[str, Callable[[Callable[[int], Array], Callable[[], Array]], Array]] = {
    "upper": lambda above, below: above(0),
    "lower": lambda above, below: below(),
    "mid": lambda above, below: np.logaddexp(above(0), above(1)) - LOG_2,
    "two-sided": lambda above, below: LOG_2 + np.minimum(above(0), below()),
}
TiltedLaw = Callable[[Urn, int, int, float, Side], Tails]


class Queries(NamedTuple):
    """Observed sums whose tails are asked for, each array of shape `(q,)`."""

    sizes: Integers
    """How many values were drawn."""
    sums: Integers
    """What they added up to."""
    held: Integers | None
    """A value that is held out of each draw; None draws from all."""

    def at(self, which: Flags) -> "Queries":
        """The queries that a mask picks."""
        held = None if self.held is None else self.held[which]
        return Queries(self.sizes[which], self.sums[which], held)


def log_p_of_sums(
    values: Integers,
    sizes: Integers,
    sums: Integers,
    *,
    tail: Tail = "upper",
    held: Integers | None = None,
) -> Array:
    """Logarithm of the exact p-value of each observed sum of some of the values.

    Parameters
    ----------
    values
        Whole numbers from 0 up, shape `(n,)`.
    sizes, sums
        How many of the values were drawn, and what they added up to; shape `(q,)`.
    tail
        `upper` P(S >= s), `lower` P(S <= s), `mid` P(S > s) + P(S = s)/2, or `two-sided`:
        twice the smaller of the first two, at most 1.
    held
        One value per query that is held out of its draw; the other `n - 1` are drawn from.

    Returns
    -------
    Array
        Shape `(q,)`; relative error of p below 1e-12 by positive terms and 1e-10 by tilted
        transforms, however small p is, and far below the smallest floating-point number.
    """
    if held is not None:
        # Areas alike in all three share one answer, and most sparse counts are alike.
        # One number for the three, so that one sort finds those alike.
        key = (held * (sizes.max() + 1) + sizes) * (sums.max() + 1) + sums
        _, first, back = np.unique(key, return_index=True, return_inverse=True)
        log_p = _log_p(urn_of(values), Queries(sizes[first], sums[first], held[first]), tail)
        return log_p[back]
    return _log_p(urn_of(values), Queries(sizes, sums, None), tail)


def p_of_sums(
    values: Integers,
    sizes: Integers,
    sums: Integers,
    *,
    tail: Tail = "upper",
    held: Integers | None = None,
) -> Array:
    """Exact p-value of each observed sum of some of the values; see `log_p_of_sums`."""
    return np.asarray(np.exp(log_p_of_sums(values, sizes, sums, tail=tail, held=held)))


def _log_p(urn: Urn, queries: Queries, tail: Tail) -> Array:
    sizes, sums, held = queries
    tails = _tails_if_cheap(urn, queries)
    # Tails are asked for by what they need: mid-p looks one step further, a lower tail at the other
    # side.
    log_p = TAILS[tail](
        lambda j: _log_upper(urn, Queries(sizes, sums + j, held), tails),
        lambda: _log_probabilities(urn, queries, "lower", tails),
    )
    # Rounding may leave a probability above 1 by its last digit.
    return np.minimum(log_p, 0.0)


def _log_upper(urn: Urn, queries: Queries, tails: dict[Side, Tails] | None) -> Array:
    """Logarithm of P(S >= s), minus infinity for sums that no draw reaches."""
    log_p = np.full(len(queries.sums), -np.inf)
    # Sums that no draw reaches have probability 0, and no law is made for them.
    reached = queries.sums <= _greatest(urn, queries)
    if reached.any():
        log_p[reached] = _log_probabilities(urn, queries.at(reached), "upper", tails)
    return log_p


def _greatest(urn: Urn, queries: Queries) -> Integers:
    """The largest sum that each draw could have."""
    sizes, _, held = queries
    falling, sums = urn.largest(int(sizes.max()) + 1)
    if held is None:
        return np.asarray(sums[sizes])
    among = (sizes > 0) & (held >= falling[sizes - 1])
    return np.where(among, sums[np.minimum(sizes + 1, len(sums) - 1)] - held, sums[sizes])


def _log_probabilities(
    urn: Urn, queries: Queries, side: Side, tails: dict[Side, Tails] | None
) -> Array:
    """Logarithms of one side's tails, from positive terms or by tilting."""
    if tails is None:
        log_p = _tilted(urn, queries, side, tilted_tails)
    else:
        log_p = _read(tails[side], side, queries)
    lost = np.isnan(log_p)
    if queries.held is None:
        if lost.any() and tails is None:
            positive = positive_tails(urn, *_extent(queries))[side]
            log_p[lost] = _read(positive, side, queries.at(lost))
            lost = np.isnan(log_p)
        if lost.any():
            log_p[lost] = _tilted(urn, queries.at(lost), side, tilted_positive_tails)
        return log_p
    for value in np.unique(queries.held[lost]):
        # Here the held value rules the tail and subtracting it costs digits: start without it.
        at = lost & (queries.held == value)
        others, rest = urn.without(value), queries.at(at)._replace(held=None)
        log_p[at] = _log_probabilities(others, rest, side, _tails_if_cheap(others, rest))
    return log_p


def _read(tails: Tails, side: Side, queries: Queries) -> Array:
    """Logarithms of the queries' tails; NaN where these are not accurate enough."""
    k, s, held = queries
    with np.errstate(all="ignore"):
        r, error = tails.tail[k, s], tails.error[k]
        if held is not None:
            r, error = _read_held(tails, side, k, s, held)
        log_p = np.log(r) + tails.log_scale[k] - tails.tilt * s
        # Errors are carried along with the terms, so that a tail is given only with digits that are
        # known.
        good = (r > SMALLEST) & (error + ROUNDING * r <= tails.tolerance * r)
        return np.where(good, log_p, np.nan)


def _read_held(
    tails: Tails, side: Side, sizes: Integers, sums: Integers, held: Integers
) -> tuple[Array, Array]:
    """Tails of draws that leave the held value out, and their absolute error.

    A draw of k from all n leaves the value u out or takes it and k - 1 others:
    `A_k(s) = (1 - k/n) B_k(s) + k/n B_{k-1}(s - u)`, solved for B from k = 0 up.
    """
    n, tilt = tails.n, tails.tilt
    # Draws without the held value follow from draws with it, one fewer at a time: no law is made
    # for each area.
    step = np.concatenate([[-np.inf], tails.log_scale[:-1] - tails.log_scale[1:]])
    b, error = np.zeros(len(held)), np.zeros(len(held))
    for left in range(int(sizes.max()), -1, -1):
        k, s = np.maximum(sizes - left, 0), sums - left * held
        below_all = np.exp(tilt * np.minimum(s, 0)) if side == "upper" else s >= 0
        a = tails.tail[k, np.maximum(s, 0)] * below_all
        taken = k / n * np.exp(step[k] + tilt * held)
        b = (a - taken * b) * (n / (n - k))
        error = (tails.error[k] + ROUNDING * a + taken * error) * (n / (n - k))
    return b, error


def _tilted(urn: Urn, queries: Queries, side: Side, law: TiltedLaw) -> Array:
    """Logarithms of tails by tilts set where they are needed; NaN where none will do."""
    tilts = _tilts(urn, queries, side)
    p, open_ = np.full(len(tilts), np.nan), np.ones(len(tilts), dtype=bool)
    for _ in range(MOST_TILTS):
        left = np.flatnonzero(open_)
        if not len(left):
            break
        # The median of what is open: a tilt serves sums near it, and halves what is left.
        middle = left[np.argsort(tilts[left])[len(left) // 2]]
        tails = law(urn, *_extent(queries), float(tilts[middle]), side)
        p[open_] = _read(tails, side, queries.at(open_))
        open_ &= np.isnan(p)
        # Not tried again, whether or not it was found: the loop ends.
        open_[middle] = False
    return p


def _tilts(urn: Urn, queries: Queries, side: Side) -> Array:
    """The tilt that makes each observed sum the expected one, of the sign that fits the side."""
    mean = np.average(urn.distinct, weights=urn.often)
    spread = np.sqrt(np.average((urn.distinct - mean) ** 2, weights=urn.often)) or 1.0
    grid = np.geomspace(1e-4, 1e3, 200) / spread
    grid = np.concatenate([-grid[::-1], [0.0], grid])
    logs = np.log(urn.often) + grid[:, None] * urn.distinct
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    means = (shares * urn.distinct).sum(axis=1) / shares.sum(axis=1)
    # Found on a grid: the tilt need only be near, for the tail is exact at any.
    tilts: Array = np.interp(queries.sums / queries.sizes, means, grid)
    return np.maximum(tilts, 0.0) if side == "upper" else np.minimum(tilts, 0.0)


def fits(values: Integers, sizes: Integers, sums: Integers) -> bool:
    """Whether the exact law of these sums takes no more than minutes and a gigabyte or two."""
    return min(_seconds(urn_of(values), int(sizes.max()), int(sums.max()))) <= MINUTES * 60


def _tails_if_cheap(urn: Urn, queries: Queries) -> dict[Side, Tails] | None:
    """Tails from positive terms, unless tilted transforms are the cheaper way."""
    positive, tilted = _seconds(urn, *_extent(queries))
    return positive_tails(urn, *_extent(queries)) if positive <= tilted else None


def _seconds(urn: Urn, largest: int, top: int) -> tuple[float, float]:
    """Rough time of positive terms and of tilted transforms, measured on one core; inf: too big."""
    copies, length = np.minimum(urn.often, largest), largest * int(urn.distinct[-1])
    cells = largest * np.minimum(top, largest * urn.distinct / 2)
    positive = float((copies * (1e-5 + 6e-10 * cells)).sum())
    tilted = 6 * (2e-3 + 6e-8 * largest * length)
    return (
        positive if largest * top <= MOST_CELLS else np.inf,
        tilted if largest * length <= MOST_CELLS else np.inf,
    )


def _extent(queries: Queries) -> tuple[int, int]:
    """The largest draw and the largest sum that are asked for."""
    return int(queries.sizes.max()), int(queries.sums.max())
