"""The exact law of a sum of draws without replacement: no simulation, no seed, no smallest p."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Tail = Literal["upper", "lower", "two-sided", "mid"]
Above = Callable[[int], Array]
Below = Callable[[], Array]

# Relative error at which a subtraction is given up and the tail computed from positive terms alone.
TOLERANCE = 2e-13
ROUNDING = 1e-15

# P-value by tail, from P(S >= s + j) and P(S <= s).
TAILS: dict[str, Callable[[Above, Below], Array]] = {
    "upper": lambda above, below: above(0),
    "lower": lambda above, below: below(),
    "mid": lambda above, below: (above(0) + above(1)) / 2,
    "two-sided": lambda above, below: np.minimum(1.0, 2 * np.minimum(above(0), below())),
}


class SumLaw(NamedTuple):
    """Tails of the sum of k draws without replacement from n whole numbers, for k = 0..K."""

    upper: Array
    """P(S >= s), shape `(K + 1, top + 2)`: row k, column s."""
    lower: Array
    """P(S <= s), shape `(K + 1, top + 1)`."""
    n: int
    """How many numbers are drawn from."""


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
        Shape `(q,)`; relative error below 1e-12 however small p is.
    """
    if held is not None:
        queries, back = np.unique(np.stack([held, sizes, sums]), axis=1, return_inverse=True)
        return _p_held(values, queries, tail)[back.ravel()]
    law = law_of_sums(values, int(sizes.max()), int(sums.max()))
    return TAILS[tail](lambda j: law.upper[sizes, sums + j], lambda: law.lower[sizes, sums])


def _p_held(values: Integers, queries: Integers, tail: Tail) -> Array:
    """P-values of queries (held value, size, sum)."""
    held, sizes, sums = queries
    law = law_of_sums(values, int(sizes.max()), int(sums.max()))
    p = TAILS[tail](
        lambda j: _without(law.upper, law.n, held, sizes, sums + j),
        lambda: _without(law.lower, law.n, held, sizes, sums),
    )
    for value in np.unique(held[np.isnan(p)]):
        at = np.flatnonzero((held == value) & np.isnan(p))
        others = np.delete(values, np.flatnonzero(values == value)[0])
        p[at] = p_of_sums(others, sizes[at], sums[at], tail=tail)
    return p


def _without(tails: Array, n: int, held: Integers, sizes: Integers, sums: Integers) -> Array:
    """Tails of draws that leave one value out; NaN where the subtraction costs too many digits.

    A draw of k from all n either leaves the held value u out or takes it and k - 1 others:
    `A_k(s) = (1 - k/n) B_k(s) + k/n B_{k-1}(s - u)`, solved for B from k = 0 up.
    """
    b, error = np.zeros(len(held)), np.zeros(len(held))
    starts_at_one = tails[0, -1] == 0
    for left in range(int(sizes.max()), -1, -1):
        k, s = np.maximum(sizes - left, 0), sums - left * held
        a = np.where((s >= 0) | starts_at_one, tails[k, np.maximum(s, 0)], 0.0)
        b = (a - k / n * b) * (n / (n - k))
        error = (a * ROUNDING + k / n * error) * (n / (n - k))
    return np.where(error > TOLERANCE * b, np.nan, b)


def law_of_sums(values: Integers, largest: int, top: int) -> SumLaw:
    """Both tails of the sum of k of the values, for every k up to `largest` and sum up to `top`.

    The coefficients of `prod_v (1 + y t^v)^(m_v)` over the distinct values v (m_v: how often),
    carried as probabilities. Every term is positive and tails are added from their far end, so
    the relative error is a few units in the last place, however small the tail.
    """
    distinct, often = np.unique(values, return_counts=True)
    table = _coefficients(distinct, often, largest, top)
    upper = table[:, ::-1].cumsum(axis=1)[:, ::-1]
    return SumLaw(upper, table[:, :-1].cumsum(axis=1), len(values))


def _coefficients(distinct: Integers, often: Integers, largest: int, top: int) -> Array:
    """P(S = s) for s = 0..top, and P(S > top) in one more column; row k is the law of k draws."""
    n = int(often.sum())
    table = np.zeros((largest + 1, top + 2))
    table[0, 0] = 1.0
    for v, m in zip(distinct.tolist(), often.tolist(), strict=True):
        table = _with_value(table, v, _choices(m, n, largest))
    return table


def _choices(m: int, n: int, largest: int) -> Array:
    """C(m, c) C(n, k - c) / C(n, k) in row k, column c: what taking c of m equal values weighs."""
    k, c = np.ogrid[: largest + 1, : min(m, largest) + 1]
    taken = np.maximum(c - 1, 0)
    factors = (m - taken) / np.maximum(c, 1) * np.maximum(k - taken, 0) / (n - k + np.maximum(c, 1))
    return np.where(c > 0, factors, 1.0).cumprod(axis=1)


def _with_value(table: Array, v: int, choices: Array) -> Array:
    """The law once the m copies of one more value v may be drawn too."""
    top = table.shape[1] - 2
    beyond = table[:, ::-1].cumsum(axis=1)[:, ::-1]
    new = table.copy()
    for c in range(1, choices.shape[1]):
        rows, shift = choices[c:, c], c * v
        if shift <= top:
            new[c:, shift:-1] += rows[:, None] * table[:-c, : top + 1 - shift]
        new[c:, -1] += rows * beyond[:-c, max(top + 1 - shift, 0)]
    return new
