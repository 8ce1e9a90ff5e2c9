"""The exact law of a sum of draws without replacement: no simulation, no seed, no smallest p.

Two ways to the same numbers, the cheaper one taken: positive terms alone (relative error a few
units in the last place), or, for large counts, exponentially tilted Fourier transforms (relative
error below 1e-10, checked query by query; what fails the check goes the first way).
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Tail = Literal["upper", "lower", "two-sided", "mid"]
Side = Literal["upper", "lower"]

# Relative rounding of one stored tail, and the relative error at which a tail is not accepted.
ROUNDING = 1e-15
POSITIVE = 2e-13
TILTED = 2e-11
# Absolute error of a normalised tail after the transforms, as measured against positive terms.
TRANSFORM = 2e-15
MOST_TILTS = 24
# Beyond these an exact law is not tried: cells of one table, minutes of work.
MOST_CELLS = 5e7
MINUTES = 2

# P-value by tail, from P(S >= s + j) and P(S <= s).
TAILS: dict[str, Callable[[Callable[[int], Array], Callable[[], Array]], Array]] = {
    "upper": lambda above, below: above(0),
    "lower": lambda above, below: below(),
    "mid": lambda above, below: (above(0) + above(1)) / 2,
    "two-sided": lambda above, below: np.minimum(1.0, 2 * np.minimum(above(0), below())),
}


class Urn(NamedTuple):
    """What is drawn from: the distinct whole numbers from 0 up, ascending, and how many of each."""

    distinct: Integers
    often: Integers

    @property
    def n(self) -> int:
        """How many numbers there are."""
        return int(self.often.sum())

    def without(self, value: int) -> "Urn":
        """The urn once one copy of a value is taken out."""
        often = self.often - (self.distinct == value)
        return Urn(self.distinct[often > 0], often[often > 0])


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


class Tails(NamedTuple):
    """One side's tails of the sum of k draws from n values, for every k = 0..K.

    The probability is `exp(log_scale[k] - tilt * s) * tail[k, s]`.
    """

    tail: Array
    n: int
    tilt: float
    log_scale: Array
    error: Array
    """Absolute error of each row of `tail`, besides rounding."""
    tolerance: float
    """Relative error above which a tail is not taken from here."""


def p_of_sums(
    values: Integers,
    sizes: Integers,
    sums: Integers,
    *,
    tail: Tail = "upper",
    held: Integers | None = None,
) -> Array:
    """Exact p-value of each observed sum of some of the values.

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
        Shape `(q,)`; relative error below 1e-12 by positive terms and 1e-10 by tilted
        transforms, however small p is.
    """
    if held is not None:
        # Areas alike in all three share one answer, and most sparse counts are alike.
        key = (held * (sizes.max() + 1) + sizes) * (sums.max() + 1) + sums
        _, first, back = np.unique(key, return_index=True, return_inverse=True)
        return _p(urn_of(values), Queries(sizes[first], sums[first], held[first]), tail)[back]
    return _p(urn_of(values), Queries(sizes, sums, None), tail)


def _p(urn: Urn, queries: Queries, tail: Tail) -> Array:
    sizes, sums, held = queries
    tails = _tails_if_cheap(urn, queries)
    p = TAILS[tail](
        lambda j: _probabilities(urn, Queries(sizes, sums + j, held), "upper", tails),
        lambda: _probabilities(urn, queries, "lower", tails),
    )
    return np.minimum(p, 1.0)


def _probabilities(
    urn: Urn, queries: Queries, side: Side, tails: dict[Side, Tails] | None
) -> Array:
    """Tail probabilities of the queries on one side, from positive terms or by tilting."""
    p = _tilted(urn, queries, side) if tails is None else _read(tails[side], side, queries)
    lost = np.isnan(p)
    if queries.held is None:
        if lost.any():
            p[lost] = _read(positive_tails(urn, *_extent(queries))[side], side, queries.at(lost))
        return p
    for value in np.unique(queries.held[lost]):
        # Here the held value rules the tail and subtracting it costs digits: start without it.
        at = lost & (queries.held == value)
        others, rest = urn.without(value), queries.at(at)._replace(held=None)
        p[at] = _probabilities(others, rest, side, _tails_if_cheap(others, rest))
    return p


def _read(tails: Tails, side: Side, queries: Queries) -> Array:
    """Probabilities of the queries; NaN where these tails are not accurate enough."""
    k, s, held = queries
    with np.errstate(all="ignore"):
        r, error = tails.tail[k, s], tails.error[k]
        if held is not None:
            r, error = _read_held(tails, side, k, s, held)
        p = r * np.exp(tails.log_scale[k] - tails.tilt * s)
        return np.where(error + ROUNDING * r <= tails.tolerance * r, p, np.nan)


def _read_held(
    tails: Tails, side: Side, sizes: Integers, sums: Integers, held: Integers
) -> tuple[Array, Array]:
    """Tails of draws that leave the held value out, and their absolute error.

    A draw of k from all n leaves the value u out or takes it and k - 1 others:
    `A_k(s) = (1 - k/n) B_k(s) + k/n B_{k-1}(s - u)`, solved for B from k = 0 up.
    """
    n, tilt = tails.n, tails.tilt
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


def positive_tails(urn: Urn, largest: int, top: int) -> dict[Side, Tails]:
    """Both tails of the sum of k values, k up to `largest`, sums up to `top`, from positive terms.

    The coefficients of `prod_v (1 + y t^v)^(m_v)` over the distinct values v (m_v: how often),
    carried as probabilities; tails are added from their far end.
    """
    table = _coefficients(urn, largest, top)
    upper, lower = table[:, ::-1].cumsum(axis=1)[:, ::-1], table[:, :-1].cumsum(axis=1)
    zero = np.zeros(largest + 1)
    return {
        "upper": Tails(upper, urn.n, 0.0, zero, zero, POSITIVE),
        "lower": Tails(lower, urn.n, 0.0, zero, zero, POSITIVE),
    }


def _coefficients(urn: Urn, largest: int, top: int) -> Array:
    """P(S = s) for s = 0..top, and P(S > top) in one more column; row k is the law of k draws."""
    n, reach = urn.n, 0
    table = np.zeros((largest + 1, top + 2))
    table[0, 0] = 1.0
    for v, m in zip(urn.distinct.tolist(), urn.often.tolist(), strict=True):
        table = _with_value(table, v, _choices(m, n, largest), reach)
        reach = v
    return table


def _choices(m: int, n: int, largest: int) -> Array:
    """C(m, c) C(n, k - c) / C(n, k) in row k, column c: what taking c of m equal values weighs."""
    k, c = np.ogrid[: largest + 1, 1 : min(m, largest) + 1]
    steps = (m - c + 1) / c * (np.maximum(k - c + 1, 0) / (n - k + c))
    return np.concatenate([np.ones((largest + 1, 1)), steps.cumprod(axis=1)], axis=1)


def _with_value(table: Array, v: int, choices: Array, reach: int) -> Array:
    """The law once the m copies of a value v may be drawn too; the values before are <= reach."""
    largest, end = table.shape[0] - 1, table.shape[1] - 1
    new = table.copy() if choices.shape[1] > 2 else table
    overflow, fit = table[:, end].copy(), end
    for c in range(1, choices.shape[1]):
        before, fit = fit, max(end - c * v, 0)
        overflow += table[:, fit:before].sum(axis=1)
        rows, width = choices[c:, c], min(fit, (largest - c) * reach + 1)
        new[c:, c * v : c * v + width] += rows[:, None] * table[:-c, :width]
        new[c:, end] += rows * overflow[:-c]
    return new


def _tilted(urn: Urn, queries: Queries, side: Side) -> Array:
    """Probabilities of the queries by tilts set where they are needed; NaN where none will do."""
    tilts = _tilts(urn, queries, side)
    p, open_ = np.full(len(tilts), np.nan), np.ones(len(tilts), dtype=bool)
    for _ in range(MOST_TILTS):
        left = np.flatnonzero(open_)
        if not len(left):
            break
        middle = left[np.argsort(tilts[left])[len(left) // 2]]
        tails = tilted_tails(urn, *_extent(queries), float(tilts[middle]), side)
        p[open_] = _read(tails, side, queries.at(open_))
        open_ &= np.isnan(p)
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
    tilts: Array = np.interp(queries.sums / queries.sizes, means, grid)
    return np.maximum(tilts, 0.0) if side == "upper" else np.minimum(tilts, 0.0)


def tilted_tails(urn: Urn, largest: int, top: int, tilt: float, side: Side) -> Tails:
    """One side's tails of the sum of k values, from transforms of the law tilted by `exp(tilt s)`.

    Tilting puts the weight of the law where the observed sums are, so that the absolute error of
    a transform is a small relative one there. Valid with `tilt >= 0` above and `<= 0` below.
    """
    greatest, k = int(urn.distinct[-1]), np.arange(largest + 1)
    length = fft.next_fast_len(largest * greatest + 2, real=True)
    anchor = greatest if tilt > 0 else 0
    weight = np.exp(tilt * (urn.distinct - anchor))
    total = (urn.often * weight).sum()
    e, worst = _elementary(urn, weight / total, largest, length)
    # Rows that cannot be had under this tilt become NaN, and are read from elsewhere.
    with np.errstate(all="ignore"):
        scale = np.where(e[:, 0].real > 0, e[:, 0].real, np.nan)
        log_choices = np.concatenate([[0.0], np.log((urn.n - k[:-1]) / k[1:]).cumsum()])
        log_scale = np.log(scale) + k * (np.log(total) + tilt * anchor) - log_choices
        e /= scale[:, None]
        pmf = fft.irfft(e, length, axis=1, overwrite_x=True)
        _add_up(pmf[:, ::-1] if side == "upper" else pmf, abs(tilt))
    return Tails(pmf[:, : top + 2], urn.n, tilt, log_scale, TRANSFORM * worst / scale, TILTED)


def _add_up(rows: Array, rate: float) -> None:
    """Cumulative sums along the rows, in place, in which earlier terms fade by `exp(-rate)`."""
    length = rows.shape[1]
    piece = max(min(length, int(600 / max(rate, 1e-9))), 1)
    carried = np.zeros(len(rows))
    for start in range(0, length, piece):
        part = rows[:, start : start + piece]
        growth = np.exp(rate * np.arange(part.shape[1]))
        part[:, 0] += carried * np.exp(-rate)
        part *= growth
        part.cumsum(axis=1, out=part)
        part /= growth
        carried = part[:, -1].copy()


def _elementary(urn: Urn, share: Array, largest: int, length: int) -> tuple[Complex, Array]:
    """Elementary symmetric polynomials e_k of `share e^(-iwv)` at every frequency w, k = 0..K.

    Newton's identities for the many values of small share; the few large ones, for which the
    identities lose digits, are multiplied in one by one. Beside them the sums of the same
    terms without signs: rounding errors are relative to these.
    """
    order = np.argsort(share, kind="stable")
    below = (urn.often * share)[order].cumsum()
    few = int(np.flatnonzero(share[order] * 4 * largest <= below).max(initial=-1)) + 1
    small, large = order[:few], order[few:]
    e, worst = _newton(Urn(urn.distinct[small], urn.often[small]), share[small], largest, length)
    turn = -2j * np.pi * np.arange(length // 2 + 1) / length
    for i in np.repeat(large, urn.often[large]):
        e[1:] += share[i] * np.exp(turn * urn.distinct[i]) * e[:-1]
        worst[1:] += share[i] * worst[:-1]
    return e, worst


def _newton(urn: Urn, share: Array, largest: int, length: int) -> tuple[Complex, Array]:
    """`k e_k = sum_j (-1)^(j-1) e_(k-j) p_j` with power sums p_j, and the sums without signs."""
    e, worst = np.zeros((largest + 1, length // 2 + 1), np.complex128), np.zeros(largest + 1)
    e[0], worst[0] = 1.0, 1.0
    sums = _power_sums(urn, share, largest, length)
    for k in range(1, largest + 1):
        for j, p in enumerate(sums[:k], start=1):
            e[k] += (-1) ** (j - 1) / k * (e[k - j] * p)
            worst[k] += worst[k - j] * p[0].real / k
    return e, worst


def _power_sums(urn: Urn, share: Array, largest: int, length: int) -> list[Complex]:
    """Transforms of the powers j = 1, 2, ... of the shares, as many as can matter."""
    sums: list[Complex] = []
    total = (urn.often * share).sum()
    for j in range(1, largest + 1):
        weights = urn.often * share**j
        if weights.sum() <= 1e-18 * (total / largest) ** (j - 1) * total:
            break
        sums.append(fft.rfft(np.bincount(j * urn.distinct % length, weights, length)))
    return sums


def urn_of(values: Integers) -> Urn:
    """The urn of these numbers."""
    if int(values.max()) > 8 * len(values) + 1000:
        return Urn(*np.unique(values, return_counts=True))
    often = np.bincount(values)
    distinct = np.flatnonzero(often)
    return Urn(distinct, often[distinct])


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
