"""Laws of the sum of numbers drawn from an urn without replacement.

From positive terms alone (relative error a few units in the last place), or from exponentially
tilted Fourier transforms (relative error below 1e-10, stated row by row).
"""

from typing import Literal, NamedTuple

import numpy as np
from scipy import fft

from riskindex.arrays import Array, Complex, Integers

Side = Literal["upper", "lower"]

# Relative rounding of one stored tail, and the relative error at which a tail is not accepted.
ROUNDING = 1e-15
POSITIVE = 2e-13
TILTED = 2e-11
# Absolute error of a normalised tail after the transforms, as measured against positive terms.
TRANSFORM = 2e-15


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

    def largest(self, most: int) -> tuple[Integers, Integers]:
        """Its largest numbers, up to so many, and the sums of the first 0, 1, 2, ... of them."""
        # More copies than draws cannot matter, and a count of 0 may stand a thousand times.
        often = np.minimum(self.often[::-1], most)
        falling = np.repeat(self.distinct[::-1], often)[:most]
        return falling, np.concatenate([[0], falling.cumsum()])


def urn_of(values: Integers) -> Urn:
    """The urn of these numbers."""
    # A few large values would make a table of mostly nothing.
    if int(values.max()) > 8 * len(values) + 1000:
        return Urn(*np.unique(values, return_counts=True))
    often = np.bincount(values)
    distinct = np.flatnonzero(often)
    return Urn(distinct, often[distinct])


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


def positive_tails(urn: Urn, largest: int, top: int) -> dict[Side, Tails]:
    """Both tails of the sum of k values, k up to `largest`, sums up to `top`, from positive terms.

    The coefficients of `prod_v (1 + y t^v)^(m_v)` over the distinct values v (m_v: how often),
    carried as probabilities; tails are added from their far end.
    """
    # All terms are probabilities and positive: no digit is lost by cancelling.
    table = _coefficients(urn, largest, top)
    upper, lower = table[:, ::-1].cumsum(axis=1)[:, ::-1], table[:, :-1].cumsum(axis=1)
    zero = np.zeros(largest + 1)
    return {
        "upper": Tails(upper, urn.n, 0.0, zero, zero, POSITIVE),
        "lower": Tails(lower, urn.n, 0.0, zero, zero, POSITIVE),
    }


def tilted_positive_tails(urn: Urn, largest: int, top: int, tilt: float, side: Side) -> Tails:
    """One side's tails from positive terms of the law tilted by `exp(tilt s)`.

    Slower than the others, and never lost: for tails that floating-point numbers cannot hold.
    """
    _, log_unit = _factors(urn, tilt)
    reach = int(urn.largest(largest)[1][-1])
    table = _coefficients(urn, largest, reach, tilt=tilt)[:, :-1]
    _add_up(table[:, ::-1] if side == "upper" else table, abs(tilt))
    log_scale: Array = np.arange(largest + 1) * np.float64(log_unit)
    return Tails(table, urn.n, tilt, log_scale, np.zeros(largest + 1), POSITIVE)


def _factors(urn: Urn, tilt: float) -> tuple[Array, float]:
    """Weight of a copy of each value under a tilt, 1 on average, and the logarithm of its unit."""
    # The largest weight is 1, so that no exponential overflows.
    anchor = tilt * (urn.distinct[-1] if tilt > 0 else 0)
    weight = np.exp(tilt * urn.distinct - anchor)
    # Weights of mean 1 keep the coefficients of k draws near probabilities.
    mean = np.average(weight, weights=urn.often)
    return weight / mean, float(anchor + np.log(mean))


def _coefficients(urn: Urn, largest: int, top: int, *, tilt: float = 0.0) -> Array:
    """P(S = s) for s = 0..top, and P(S > top) in one more column; row k is the law of k draws.

    Under a tilt, `P(S = s) exp(tilt s - k log_unit)`, with the unit of `_factors`.
    """
    n, reach = urn.n, 0
    table = np.zeros((largest + 1, top + 2))
    table[0, 0] = 1.0
    factors, _ = _factors(urn, tilt)
    values = zip(urn.distinct.tolist(), urn.often.tolist(), factors.tolist(), strict=True)
    for v, m, factor in values:
        # Value after value: the law of k draws from what was allowed so far.
        table = _with_value(table, v, _choices(m, n, largest, factor), reach)
        reach = v
    return table


def _choices(m: int, n: int, largest: int, factor: float) -> Array:
    """C(m, c) C(n, k - c) / C(n, k) factor^c in row k, column c: the weight of c of m equals."""
    k, c = np.ogrid[: largest + 1, 1 : min(m, largest) + 1]
    steps = factor * (m - c + 1) / c * (np.maximum(k - c + 1, 0) / (n - k + c))
    return np.concatenate([np.ones((largest + 1, 1)), steps.cumprod(axis=1)], axis=1)


def _with_value(table: Array, v: int, choices: Array, reach: int) -> Array:
    """The law once the m copies of a value v may be drawn too; the values before are <= reach."""
    largest, end = table.shape[0] - 1, table.shape[1] - 1
    # One copy of a value is added in one step, which reads all rows before it writes any.
    new = table.copy() if choices.shape[1] > 2 else table
    overflow, fit = table[:, end].copy(), end
    for c in range(1, choices.shape[1]):
        before, fit = fit, max(end - c * v, 0)
        overflow += table[:, fit:before].sum(axis=1)
        rows, width = choices[c:, c], min(fit, (largest - c) * reach + 1)
        new[c:, c * v : c * v + width] += rows[:, None] * table[:-c, :width]
        new[c:, end] += rows * overflow[:-c]
    return new


def tilted_tails(urn: Urn, largest: int, top: int, tilt: float, side: Side) -> Tails:
    """One side's tails of the sum of k values, from transforms of the law tilted by `exp(tilt s)`.

    Tilting puts the weight of the law where the observed sums are, so that the absolute error of
    a transform is a small relative one there. Valid with `tilt >= 0` above and `<= 0` below.
    """
    greatest, k = int(urn.distinct[-1]), np.arange(largest + 1)
    # Long enough that no sum wraps round into another.
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
    # In pieces over which the growth stays below exp(600).
    piece = max(min(length, int(600 / max(rate, 1e-9))), 1)
    carried = np.zeros(len(rows))
    for start in range(0, length, piece):
        part = rows[:, start : start + piece]
        # A fading sum is a plain one of grown terms, which NumPy adds up in one pass.
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
    # Newton's identities lose digits where single shares are large: those are multiplied in one by
    # one.
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
        # Higher powers of small shares are below the last digit.
        if weights.sum() <= 1e-18 * (total / largest) ** (j - 1) * total:
            break
        sums.append(fft.rfft(np.bincount(j * urn.distinct % length, weights, length)))
    return sums
