"""The law of a window's sum: weighted events of areas whose risks vary as gamma variables.

Every area has a risk of mean 1 and variance w (the dispersion), shared by its event groups.
Given the risks, the events of group g in area j are Poisson with mean mu_jg and count a_g
each. With A_j = 1 + w sum_g mu_jg, the generating function of a window's sum is

    G(s) = prod_j (A_j - w sum_g mu_jg s^a_g)^(-1/w),

so that, with H_j = G / (1 - sum_g q_jg s^a_g) and q_jg = w mu_jg / A_j,

    k G_k = sum_j sum_g (a_g mu_jg / A_j) H_j,k-a_g,      H_j,k = G_k + sum_g q_jg H_j,k-a_g.

This is Panjer's recursion (1981), carried along for all windows together: every term is
positive, and a step costs one operation per area of a window instead of one per count so far.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from riskindex.arrays import Array, Flags, Integers
from riskindex.statistics.exact_sums.window_sum_by_transform import log_tails_by_inversion
from riskindex.statistics.tails import log_upper_tail

Law = tuple[Array, csr_array, float, Integers]
Form = Callable[[Array, Array, csr_array, float, Integers], tuple[Array, Array]]

ALWAYS_EXACT = 500
"""Windows with more (weighted) events than this are first matched to three moments ..."""
MAY_MATTER = {"counts": np.log(0.2), "weighted": np.log(0.5)}
"""... and computed exactly where that leaves a tail that may matter. Few heavy events make a law
that three moments do not know: .5 then stands for anything down to .28."""
ONE_BY_ONE = 20_000
LARGEST_JUMP = 100
"""Sums above these are not gone through one by one, but had by inversion."""
MOST_NUMBERS = 320_000
"""Windows are taken in batches of about so many terms, which a processor keeps at hand."""
LEAST_FILLED, WORTH_A_BATCH = 0.8, 1_000
"""A batch holds windows of more than .8 of its largest, and others up to a thousand windows."""
COMPLEMENT_ABOVE = 0.05
"""Tails above this are 1 - P(X < x), at no loss of digits; smaller ones are summed upwards."""
NEGLIGIBLE = 1e-14
"""A tail is complete when its next terms, and all that follow, are this small a part of it."""
LOOK_EVERY = 8
MOST_TERMS = 200_000
SHIFT = 500
"""Terms are multiplied by this power of two (or its inverse) when they leave the range."""


class LogTails(NamedTuple):
    """Logarithms of P(X >= x) and of P(X > x)."""

    strict: Array
    above: Array


def log_window_tails(
    observed: Array, means: Array, windows: csr_array, *, dispersion: float, jumps: Integers
) -> LogTails:
    """Upper tails of every window's sum of weighted events.

    Parameters
    ----------
    observed
        The windows' sums, shape `(n,)`, whole numbers.
    means
        Expected events per area and group, shape `(n, groups)`, positive.
    windows
        Binary, shape `(n, n)`; row `i` holds the areas of window `i`.
    dispersion
        Variance w of the areas' risks; 0 for a compound Poisson sum.
    jumps
        What an event of each group counts, positive whole numbers, shape `(groups,)`.

    References
    ----------
    Panjer (1981), ASTIN Bulletin 12, 22-26.
    """
    # A sum of Poisson counts is Poisson: no recursion is needed.
    if len(jumps) == 1 and dispersion == 0:
        mean, counts = windows @ means[:, 0], observed / jumps[0]
        return LogTails(
            *(log_upper_tail(c, mean, dispersion=dispersion) for c in (counts, counts + 1))
        )
    # Steps of the largest common weight, since costs grow with the sum in steps.
    unit = np.gcd.reduce(jumps)
    observed, jumps = np.round(observed / unit), jumps // unit
    law = (means, windows, dispersion, jumps)
    tails = LogTails(np.zeros_like(observed), np.zeros_like(observed))
    # Large sums first by moments: most are ordinary, and the exact law is kept for those that may
    # be hot.
    _fill(tails, np.flatnonzero(observed > ALWAYS_EXACT), observed, _three_moment_tails, law)
    matters = MAY_MATTER["counts" if len(jumps) == 1 else "weighted"]
    asked = (observed <= ALWAYS_EXACT) | (tails.strict < matters)
    # The recursion takes a step for each event, inversion one transform whatever their number.
    small = (observed <= ONE_BY_ONE) & (jumps.max() <= LARGEST_JUMP)
    _fill(tails, np.flatnonzero(asked & ~small), observed, log_tails_by_inversion, law)
    _fill(tails, np.flatnonzero(asked & small), observed, _exact_tails, law)
    return tails


def _fill(tails: LogTails, rows: Integers, observed: Array, form: Form, law: Law) -> None:
    means, windows, w, jumps = law
    if len(rows):
        log_tails = form(observed[rows], means, windows[rows], w, jumps)
        tails.strict[rows], tails.above[rows] = log_tails


def _three_moment_tails(
    observed: Array, means: Array, windows: csr_array, w: float, jumps: Integers
) -> tuple[Array, Array]:
    """Tails of a shifted and scaled negative binomial with the sum's first three cumulants."""
    k1, k2, k3 = cumulants(means, windows, w, jumps)
    step = windows @ (means @ jumps.astype(float) ** 2) / k1
    # Three cumulants determine shift, size and mean of a negative binomial in steps.
    excess = np.maximum((k3 / (step * k2) - 1) / 2, 0.0)
    mean = k2 / (step**2 * (1 + excess))
    shift = k1 / step - mean
    counts = (observed / step - shift, (observed + 1) / step - shift)
    strict, above = (log_upper_tail(c, mean, dispersion=excess / mean) for c in counts)
    return strict, above


def cumulants(means: Array, windows: csr_array, w: float, jumps: Integers) -> tuple[Array, ...]:
    """Mean, variance and third central moment of every window's sum."""
    m1, m2, m3 = (means @ jumps.astype(float) ** r for r in (1, 2, 3))
    # Cumulants of independent areas add up; within an area the shared gamma risk ties its groups
    # together.
    of_areas = (m1, m2 + w * m1**2, m3 + 3 * w * m1 * m2 + 2 * w**2 * m1**3)
    return tuple(windows @ k for k in of_areas)


def _exact_tails(
    observed: Array, means: Array, windows: csr_array, w: float, jumps: Integers
) -> tuple[Array, Array]:
    """Tails by the recursion, all terms positive."""
    below, at, sizes = np.empty_like(observed), np.empty_like(observed), np.diff(windows.indptr)
    for rows in _batches(np.arange(len(observed)), observed, sizes, int(jumps.max())):
        recursion = _Recursion(means, windows[rows], w, jumps)
        below[rows], at[rows] = _lower_sums(recursion, observed[rows])
    # From below where the tail is large; small tails would lose their digits in 1 - cdf and are
    # summed upwards.
    strict, above = np.clip(1 - (below - at), 0, 1), np.clip(1 - below, 0, 1)
    with np.errstate(divide="ignore"):
        log_strict, log_above = np.log(strict), np.log(above)
    small = np.flatnonzero(strict < COMPLEMENT_ABOVE)
    for rows in _batches(small, observed, sizes, int(jumps.max())):
        recursion = _Recursion(means, windows[rows], w, jumps)
        log_strict[rows], log_above[rows] = _upper_sums(recursion, observed[rows])
    return log_strict, log_above


def _batches(rows: Integers, observed: Array, sizes: Integers, lags: int) -> Iterator[Integers]:
    """Windows of about the same size together, in falling order of their sums."""
    # Arrays are filled up to the largest window of a batch, so that windows of a size go together.
    rows = rows[np.argsort(-sizes[rows], kind="stable")]
    while len(rows):
        most = int(sizes[rows[0]])
        alike = int((sizes[rows] > LEAST_FILLED * most).sum())
        number = max(alike, min(len(rows), WORTH_A_BATCH))
        some, rows = rows[:number], rows[number:]
        some = some[np.argsort(-observed[some], kind="stable")]
        parts = -(-len(some) * most * lags // MOST_NUMBERS)
        yield from np.array_split(some, parts)


def _lower_sums(recursion: "_Recursion", observed: Array) -> tuple[Array, Array]:
    """P(X <= x) and P(X = x) of windows in falling order of x."""
    below, at = np.ones_like(observed), np.ones_like(observed)
    steps = np.arange(1, int(observed.max(initial=0)) + 1)
    # Windows in falling order: those that still have terms to come are always the first.
    for active in np.searchsorted(-observed, -steps, side="right").tolist():
        term = recursion.step(active)
        below[:active] += term
        at[:active] = term
        recursion.rescale(active, below, at)
    scale = recursion.log_scale
    with np.errstate(divide="ignore"):
        return np.exp(np.log(below) + scale), np.exp(np.log(at) + scale)


def _upper_sums(recursion: "_Recursion", observed: Array) -> tuple[Array, Array]:
    """Logarithms of P(X >= x) and P(X > x), term by term until the rest is negligible."""
    strict, above = np.zeros_like(observed), np.zeros_like(observed)
    # The rest of a tail is at most its last term over the decay per step, as in a geometric series.
    enough = NEGLIGIBLE * recursion.decay()
    together = max(LOOK_EVERY, len(recursion.past))
    # In falling order of the sums, the windows whose sums a step has reached stand last.
    reached = np.searchsorted(-observed, -np.arange(int(observed.max(initial=0)) + 2.0)).tolist()
    active, k, at, beyond = len(observed), 0, reached[0], reached[0]
    while active and k < MOST_TERMS:
        k += 1
        term = recursion.step(active)
        at, beyond = (reached[k] if k < len(reached) else 0), at
        strict[at:active] += term[at:]
        above[beyond:active] += term[beyond:]
        # Looked at now and then: the comparison costs more than a term.
        if k % together == 0:
            matters = recursion.largest(active) > enough[:active] * above[:active]
            going = np.flatnonzero(matters | (observed[:active] > k - together))
            active = int(going[-1]) + 1 if len(going) else 0
        recursion.rescale(active, strict, above)
    return np.log(strict) + recursion.log_scale, np.log(above) + recursion.log_scale


class _Recursion:
    """The terms G_k of many windows, one k after the other, for the first so many of them.

    Terms are scaled by exp(-log_scale) per window, which starts as log G_0 and moves
    when they leave the range of floating-point numbers.
    """

    def __init__(self, means: Array, windows: csr_array, w: float, jumps: Integers) -> None:
        starts, members = windows.indptr[:-1].astype(np.int64), windows.indices
        sizes = np.diff(windows.indptr)
        column = np.repeat(np.arange(len(sizes)), sizes)
        slot = np.arange(len(members)) - starts[column]
        of_areas = means.sum(axis=1)
        # q = w mu / (1 + w mu) of Panjer's recursion, one for each area.
        norm = 1 + w * of_areas[:, None]
        self.log_scale = -(windows @ (np.log1p(w * of_areas) / w if w > 0 else of_areas))
        # Areas of a window below each other, so that a step goes along all windows; 0 fills up.
        shape = (len(jumps), int(sizes.max(initial=1)), len(sizes))
        self.push, self.keep = np.zeros(shape), np.zeros(shape)
        self.push[:, slot, column] = (means * jumps / norm)[members].T
        self.keep[:, slot, column] = (w * means / norm)[members].T
        self.lags, self.k = jumps.tolist(), 0
        # The terms H of the last max(jumps) steps, those of step k in row k modulo their number.
        self.past = np.zeros((int(jumps.max()), *shape[1:]))
        self.past[0] = 1.0

    def step(self, active: int) -> Array:
        """The next term of the first `active` windows."""
        self.k += 1
        rows = len(self.past)
        # A ring of the last terms: an event of weight a reaches back a steps.
        lagged = self.past[(self.k - self.lags[0]) % rows, :, :active]
        term = np.einsum("mn,mn->n", self.push[0, :, :active], lagged)
        kept = self.keep[0, :, :active] * lagged
        for g in range(1, len(self.lags)):
            lagged = self.past[(self.k - self.lags[g]) % rows, :, :active]
            term += np.einsum("mn,mn->n", self.push[g, :, :active], lagged)
            kept += self.keep[g, :, :active] * lagged
        term /= self.k
        np.add(kept, term, out=self.past[self.k % rows, :, :active])
        return np.asarray(term)

    def largest(self, active: int) -> Array:
        """A bound of the last max(jumps) terms: H is never below G."""
        return np.asarray(self.past[:, :, :active].max(axis=(0, 1)))

    def decay(self) -> Array:
        """A lower bound of how much smaller, in proportion, terms get per step in the end."""
        slowest = self.keep.sum(axis=0).max(axis=0)
        return np.asarray(1 - slowest ** (1 / len(self.past)))

    def rescale(self, active: int, *sums: Array) -> None:
        """Every few steps, bring terms back into range, and the `sums` made of them."""
        if self.k % 8 or not active:
            return
        begun = np.logical_or.reduce([s[:active] > 0 for s in sums])
        moves = _moves(self.past[self.k % len(self.past), :, :active].max(axis=0), begun)
        if not moves.any():
            return
        moves = _moves(self.largest(active), begun)
        # Powers of two lose no digit.
        self.past[:, :, :active] = np.ldexp(self.past[:, :, :active], moves)
        self.log_scale[:active] -= moves * np.log(2.0)
        for total in sums:
            total[:active] = np.ldexp(total[:active], moves)


def _moves(level: Array, begun: Flags) -> Integers:
    """Powers of two that bring terms into range: up only before a sum has begun."""
    # Once a sum has begun its terms may underflow: they are negligible beside it.
    down = np.where(level > 2.0**SHIFT, -SHIFT, 0)
    return np.where((level < 2.0**-SHIFT) & ~begun, SHIFT, down)
