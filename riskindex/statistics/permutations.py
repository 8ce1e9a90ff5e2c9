"""p-values by permutation, for weights and values that have no exact law."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy import sparse

from riskindex.arrays import Array, Integers
from riskindex.statistics.exact_sums.exact_draws import Tail

# Permutations share a random stream block by block, and a wave of blocks is looked at together.
BLOCK = 32
WAVE = 8


@dataclass(frozen=True, kw_only=True)
class Permutations:
    """How many permutations, from which seed, and when an area needs no more."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    number: int = 9_999
    """Permutations P; p = (b + 1) / (P + 1), where b of them reach the observed value."""
    seed: int = 0
    """Same seed, same p, at any number of threads."""
    threads: int = 1
    """How many blocks of permutations are worked on at once."""
    enough: int | None = None
    """Stop for an area that has been reached this often: its p is plainly large."""


# p from how many of P permutations were at least (a) and at most (b) the observed value.
COUNTED: dict[str, Callable[[Array, Array, Array], Array]] = {
    "upper": lambda a, b, P: (a + 1) / (P + 1),
    "lower": lambda a, b, P: (b + 1) / (P + 1),
    "mid": lambda a, b, P: (P - b + (a + b - P + 1) / 2) / (P + 1),
    "two-sided": lambda a, b, P: np.minimum(1.0, 2 * (np.minimum(a, b) + 1) / (P + 1)),
}


class Reached(NamedTuple):
    """How many permutations of each sum were at least, and at most, what was observed."""

    at_least: Array
    at_most: Array
    of: Array
    """Permutations made: fewer where an area was stopped early."""

    def p(self, tail: Tail) -> Array:
        """The p-value, (b + 1) / (P + 1), never 0."""
        return COUNTED[tail](self.at_least, self.at_most, self.of)

    def times(self, tail: Tail) -> Array:
        """How often the observed value was reached, on the side that the tail looks at."""
        sides = {"upper": self.at_least, "mid": self.at_least, "lower": self.at_most}
        return sides.get(tail, np.minimum(self.at_least, self.at_most))


def reached_by_permutation(
    values: Array,
    weights: sparse.csr_array,
    *,
    tail: Tail = "upper",
    own: Integers | None = None,
    options: Permutations = Permutations(),
) -> Reached:
    """How often each weighted sum is reached when the values are shuffled over the areas.

    Parameters
    ----------
    values
        One value per area, shape `(n,)`.
    weights
        Shape `(q, n)`: one row per sum.
    tail
        As in `p_of_sums`; values equal within rounding count as ties.
    own
        The area whose value stays in place, per row; shape `(q,)`. None shuffles all.
    options
        How many permutations, from which seed, on how many threads, and when to stop.

    Returns
    -------
    Reached
        Counts of shape `(q,)`; `Reached.p` is never below 1 / (P + 1).

    References
    ----------
    Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9, 39.
    Besag and Clifford (1991), Biometrika 78, 301-304, for stopping early.
    """
    q = weights.shape[0]
    # Permutations are counted per sum, since sums stop at different times.
    at_least, at_most, done = np.zeros(q), np.zeros(q), np.zeros(q)
    open_ = np.arange(q)
    # Streams go with blocks and not with threads, so that any number of threads gives the same p.
    starts = range(0, options.number, BLOCK)
    with ThreadPoolExecutor(options.threads) as pool:
        for wave in (starts[i : i + WAVE] for i in range(0, len(starts), WAVE)):
            own_open = None if own is None else own[open_]
            count = partial(_count, values, weights[open_], own_open, options)
            for size, above, below in pool.map(count, wave):
                done[open_] += size
                at_least[open_] += above
                at_most[open_] += below
            if options.enough is not None:
                reached = Reached(at_least[open_], at_most[open_], done[open_])
                # Besag and Clifford's sequential p: an area that many permutations reached need not
                # be known better.
                open_ = open_[reached.times(tail) < options.enough]
            if not len(open_):
                break
    return Reached(at_least, at_most, done)


def _count(
    values: Array,
    weights: sparse.csr_array,
    own: Integers | None,
    options: Permutations,
    start: int,
) -> tuple[int, Integers, Integers]:
    """How many permutations of one block are at least, and at most, what was observed."""
    size, n = min(BLOCK, options.number - start), len(values)
    rng = np.random.default_rng([options.seed, start])
    order = rng.permuted(np.broadcast_to(np.arange(n), (size, n)), axis=1)
    sums = weights @ np.ascontiguousarray(values[order].T)
    if own is not None:
        sums += _kept_in_place(values, weights, own, order)
    observed = (weights @ values)[:, None]
    # Sums of the same values in another order differ in the last digit and are ties.
    slack = 1e-12 * np.abs(values).max() * abs(weights).sum(axis=1)[:, None]
    above, below = sums >= observed - slack, sums <= observed + slack
    return size, above.sum(axis=1), below.sum(axis=1)


def _kept_in_place(
    values: Array, weights: sparse.csr_array, own: Integers, order: Integers
) -> Array:
    """Correction of shuffled sums where each row's own value is held fixed (conditional null).

    Swapping the own value with the one that took its place gives every permutation of the
    others the same chance; it matters only where the own value had landed in the window.
    """
    rows = np.repeat(np.arange(len(own)), np.diff(weights.indptr))
    change = np.zeros((len(own), len(order)))
    for b, shuffled in enumerate(order):
        # Cheaper than shuffling n - 1 values for each area: all are shuffled, and the own value is
        # put back.
        hits = np.flatnonzero(shuffled[weights.indices] == own[rows])
        row, area = rows[hits], own[rows[hits]]
        change[row, b] = weights.data[hits] * (values[shuffled[area]] - values[area])
    return change
