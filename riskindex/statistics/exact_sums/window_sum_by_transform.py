"""Tails of a window's sum from its generating function, for sums too large to go one by one.

The law of `window_sum`, tilted by exp(tilt * sum) where the observed sum lies far out, is read off
by a fast Fourier transform. Sums are exact while they fit the transform; beyond, every event's
weight is laid on a grid of `LENGTH` steps in three shares that keep its mean and its square; the
heaviest ones, whose ties matter most, lie on it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import fft
from scipy.sparse import csr_array
from scipy.special import log_ndtr

from riskindex.arrays import Array, Flags, Integers
from riskindex.statistics.tails import NO_DISPERSION

LENGTH = 8192
"""Steps of the grid; longer sums are binned."""
MOST_NUMBERS = 1_000_000
"""Windows are taken in batches of at most so many numbers."""
FAR = 13.0
"""A sum whose tail is below exp(-13) is tilted until it is that likely: the transform's own error
is 1e-15 or so of the largest probability."""
NOTHING = 32.0
"""The grid ends where no more than exp(-32) of the tilted law is left."""
HALVINGS = 50
MARGIN = 8
"""Steps beyond the last that matters."""
STEEP, LONGEST = 0.25, 64 * LENGTH
"""Where the tilt grows by more than this in a step of the grid, its shares do not stand for the
events any more, and above so many events of the heaviest kind transforms take minutes; with so
many events the saddlepoint is within two per cent."""
GREATEST_EXPONENT = 700.0


class Windows(NamedTuple):
    """The areas of some windows, one after the other, and what is expected in them."""

    starts: Integers
    sizes: Integers
    means: Array
    """Expected events per entry and jump, shape `(entries, jumps)`."""
    w: float
    jumps: Array
    """What an event of each kind counts, in steps of the grid."""

    def total(self, of_entries: Array) -> Array:
        """Sums over the areas of each window."""
        return np.asarray(np.add.reduceat(of_entries, self.starts, axis=0))

    def cumulant(self, tilt: Array) -> tuple[Array, Array]:
        """Logarithm of E exp(tilt * sum) of each window, and its slope; infinite where it ends."""
        at = np.repeat(tilt, self.sizes)[:, None] * self.jumps
        grown = self.means * np.exp(np.minimum(at, GREATEST_EXPONENT))
        excess, slope = (grown - self.means).sum(axis=1), grown @ self.jumps
        if self.w == 0:
            return self.total(excess), self.total(slope)
        # 1 - w excess is the base of a negative binomial's generating function; it ends where that
        # reaches 0.
        used = self.w * excess
        inside = used < 1
        used = np.where(inside, used, 0.0)
        values = np.where(inside, -np.log1p(-used) / self.w, np.inf)
        slopes = np.where(inside, slope / (1 - used), np.inf)
        return self.total(values), self.total(slopes)

    def curvature(self, tilt: Array) -> Array:
        """Second derivative of the logarithm at a tilt where it is finite."""
        at = np.repeat(tilt, self.sizes)[:, None] * self.jumps
        grown = self.means * np.exp(np.minimum(at, GREATEST_EXPONENT))
        left = 1 - self.w * (grown - self.means).sum(axis=1)
        slope, bend = grown @ self.jumps, grown @ self.jumps**2
        return self.total(bend / left + self.w * (slope / left) ** 2)

    def of(self, rows: Integers) -> "Windows":
        """Some of the windows."""
        sizes = self.sizes[rows]
        ends = np.cumsum(sizes)
        entries = np.arange(ends[-1]) + np.repeat(self.starts[rows] - (ends - sizes), sizes)
        return self._replace(starts=ends - sizes, sizes=sizes, means=self.means[entries])

    def on_grid(self, rows: Integers, unit: float) -> "Windows":
        """Some of the windows, with events that count whole steps of so many units."""
        jumps, share = _on_grid(self.jumps / unit)
        some = self.of(rows)
        return some._replace(means=some.means @ share, jumps=jumps)


def log_tails_by_inversion(
    observed: Array, means: Array, windows: csr_array, w: float, jumps: Integers
) -> tuple[Array, Array]:
    """Logarithms of P(X >= x) and P(X > x) of every window's sum.

    Parameters
    ----------
    observed
        The windows' sums, shape `(n,)`, whole numbers.
    means, windows, w, jumps
        As in `log_window_tails`.

    Returns
    -------
    tuple of arrays
        Relative error below 1e-6 for sums on the grid. Binned sums take x from two steps below
        to two steps above as ties, so that the mean of both is the mid-p.
    """
    # Its inverse would overflow.
    w = 0.0 if w < NO_DISPERSION else w
    starts, sizes = windows.indptr[:-1].astype(np.int64), np.diff(windows.indptr)
    whole = Windows(starts, sizes, means[windows.indices], w, jumps.astype(float))
    tilt = _tilt(whole, observed)
    reach = np.maximum(_reach(whole, tilt), observed + 2)
    # Missing marks what the transform does not reach, for the saddlepoint below.
    strict, above = np.full_like(observed, np.nan), np.full_like(observed, np.nan)
    # Binning moves events by half a step; tilted steeply, that changes their weight.
    steep = (reach > LENGTH) & (tilt * reach > STEEP * LENGTH)
    # Windows of a reach share one length of transform.
    order = np.argsort(reach, kind="stable")
    order = order[~(steep | (reach > LONGEST * jumps.max()))[order]]
    # Batches of equal work: one window of a long reach costs as much as many short ones.
    work = np.cumsum(sizes[order] * np.minimum(reach[order], LENGTH))
    for rows in np.split(order, np.flatnonzero(np.diff(work // MOST_NUMBERS)) + 1):
        if len(rows):
            strict[rows], above[rows] = _inverted(whole, observed, rows, tilt, reach)
    # What no transform reaches has a saddlepoint, which needs no grid.
    lost = np.flatnonzero(~(np.isfinite(strict) & np.isfinite(above)))
    if len(lost):
        strict[lost], above[lost] = _saddlepoint_tails(whole.of(lost), observed[lost])
    return strict, above


def _inverted(
    whole: Windows, observed: Array, rows: Integers, tilt: Array, reach: Array
) -> tuple[Array, Array]:
    """Tails of some windows, whose reach rises, from one transform."""
    longest = float(reach[rows[-1]])
    unit = _unit(longest, float(whole.jumps.max()))
    length = fft.next_fast_len(int(np.ceil(longest / unit)) + MARGIN, real=True)
    # The tilt is that of the weights themselves: negative shares have no law of their own.
    law = _tilted_law(whole.on_grid(rows, unit), tilt[rows] * unit, length)
    return _tails(law, observed[rows] / unit, binned=unit > 1)


def _saddlepoint_tails(windows: Windows, observed: Array) -> tuple[Array, Array]:
    """Lugannani and Rice's tails for sums in steps of 1, as a normal deviate (Jensen 1992)."""
    s = _full_tilt(windows, observed)
    root = np.sqrt(2 * (s * observed - windows.cumulant(s)[0]))
    spread = np.sqrt(windows.curvature(s))
    strict, above = (
        log_ndtr(-(root + np.log(step * spread / root) / root))
        for step in (-np.expm1(-s), np.expm1(s))
    )
    return strict, above


def _unit(longest: float, heaviest: float) -> float:
    """One step of the grid: 1, or where that is too short a whole part of the heaviest event."""
    unit = longest / (LENGTH - MARGIN)
    return 1.0 if unit <= 1 else heaviest / max(np.floor(heaviest / unit), 1.0)


def _reach(windows: Windows, tilt: Array) -> Array:
    """Where the tilted law has nothing left worth counting."""
    value, _ = windows.cumulant(tilt)

    def beyond(further: Array) -> Flags:
        there, slope = windows.cumulant(tilt + further)
        with np.errstate(invalid="ignore"):
            return ~(further * slope - (there - value) < NOTHING)

    most = np.full(len(tilt), GREATEST_EXPONENT / windows.jumps.max()) - tilt
    return windows.cumulant(tilt + _boundary(beyond, most))[1]


def _tilt(windows: Windows, observed: Array) -> Array:
    """No tilt where the sum is likely enough; elsewhere as much as makes it so."""
    full = _full_tilt(windows, observed)
    # Chernoff's exponent: about the logarithm of how small the tail is.
    rate = full * observed - windows.cumulant(full)[0]

    def enough(s: Array) -> Flags:
        return s * observed - windows.cumulant(s)[0] >= rate - FAR

    return np.where(rate > FAR, _boundary(enough, full), 0.0)


def _full_tilt(windows: Windows, observed: Array) -> Array:
    """The tilt that makes the observed sum the expected one; 0 where it is less."""
    most = np.full(len(observed), GREATEST_EXPONENT / windows.jumps.max())
    return _boundary(lambda s: windows.cumulant(s)[1] > observed, most)


def _boundary(beyond: Callable[[Array], Flags], most: Array) -> Array:
    """The largest number from 0 to `most` that is not beyond, by halving."""
    # Halving and not Newton: the cumulant is infinite beyond its end, where Newton gets lost.
    low, high = np.zeros_like(most), most
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        out = beyond(middle)
        low, high = np.where(out, low, middle), np.where(out, middle, high)
    return low


def _on_grid(jumps: Array) -> tuple[Array, Array]:
    """Whole steps that stand for the jumps, and the share of each jump that goes to each step.

    Shares on three neighbouring steps keep mean and square (quadratic interpolation); some are
    negative, which a transform does not mind. A whole number stands for itself.
    """
    middle = np.maximum(np.rint(jumps), 1.0)
    f = jumps - middle
    steps = middle[:, None] + np.array([-1.0, 0.0, 1.0])
    shares = np.column_stack([f * (f - 1) / 2, 1 - f**2, f * (f + 1) / 2])
    grid, where = np.unique(steps[shares != 0], return_inverse=True)
    share = np.zeros((len(jumps), len(grid)))
    np.add.at(share, (np.nonzero(shares)[0], where), shares[shares != 0])
    return grid, share


class TiltedLaw(NamedTuple):
    """Probabilities of 0, 1, 2, ... steps, times exp(tilt * steps - log_scale)."""

    probability: Array
    tilt: Array
    log_scale: Array


def _tilted_law(windows: Windows, tilt: Array, length: int) -> TiltedLaw:
    grown = windows.means * np.exp(np.repeat(tilt, windows.sizes)[:, None] * windows.jumps)
    placed = np.zeros((len(grown), length))
    placed[:, windows.jumps.astype(np.int64)] = grown
    # As a difference from its value at 0, where the tilted law's probabilities add up to 1.
    missing = grown.sum(axis=1, keepdims=True) - fft.rfft(placed, axis=1)
    if windows.w == 0:
        exponent = -windows.total(missing)
    else:
        left = 1 - windows.w * (grown - windows.means).sum(axis=1, keepdims=True)
        exponent = -windows.total(np.log1p(windows.w * missing / left)) / windows.w
    # The product over areas is a sum of logarithms, so one transform back serves the window.
    law = fft.irfft(np.exp(exponent), length, axis=1)
    return TiltedLaw(law, tilt, windows.cumulant(tilt)[0])


def _tails(law: TiltedLaw, observed: Array, *, binned: bool) -> tuple[Array, Array]:
    at = np.floor(observed).astype(np.int64)
    # Relative to the observed sum; what lies further below than two steps is not looked at.
    further = np.maximum(np.arange(law.probability.shape[1]) - at[:, None], -3)
    terms = law.probability * np.exp(-law.tilt[:, None] * further)
    # Summed from the far end, so that the smallest terms are added first.
    tails = np.pad(terms[:, ::-1].cumsum(axis=1)[:, ::-1], ((0, 0), (2, 0)), mode="edge")
    rows, part = np.arange(len(at)), observed - at
    if binned:
        strict, above = (_between(tails, rows, at + offset, part) for offset in (0, 4))
    else:
        strict, above = tails[rows, at + 2], tails[rows, at + 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = (np.log(tail) + law.log_scale - law.tilt * at for tail in (strict, above))
        strict, above = (np.minimum(log, 0.0) for log in logs)
    return strict, above


def _between(tails: Array, rows: Integers, at: Integers, part: Array) -> Array:
    """Tail at a point between two steps, with half of what lies on it."""
    halves = [(tails[rows, at + i] + tails[rows, at + i + 1]) / 2 for i in (0, 1)]
    return np.asarray((1 - part) * halves[0] + part * halves[1])
