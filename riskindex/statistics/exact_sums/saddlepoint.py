"""Tails of a weighted sum of values shuffled over areas, by a double saddlepoint approximation.

A window has places j = 1..m of weight w_j, and each value x_i may stand in at most one of them.
All ways to fill the places, each with its sum, are in the product over the values

    prod_i (1 + sum_j exp(theta_j + t w_j x_i)),

in which every place is taken once where theta is such that sum_i p_ij = 1, with p_ij the share of
place j in the factor of value i. The tail of the sum given that every place is taken follows from
the saddlepoints with and without t. No p is too small for it, as it is for permutations.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr

from riskindex.arrays import Array

MOST_NUMBERS = 2_000_000
"""Windows are taken in batches of so many numbers at most."""
MOST_STEPS, MOST_PASSES = 60, 400
CLOSE, FILLED = 1e-8, 1e-11
"""How near, in standard deviations, the mean of the sum comes to what was observed; and how near
to 1 every place is filled."""
LEAST_SPREAD = -600.0
"""Logarithm of the determinant below which all places have their values."""
MOST_STRIDE = 3.0
"""Standard deviations that a step may go."""


class Places(NamedTuple):
    """Windows of one size, and what may stand in their places."""

    weights: Array
    """Shape (q, m)."""
    values: Array
    """The distinct values, shape (d,)."""
    often: Array
    """How often each may be drawn, shape (q, d)."""


class _Point(NamedTuple):
    """Where the sums have their mean, at one tilt t for each window."""

    mean: Array
    variance: Array
    """Of the sum, given that every place is taken."""
    log_spread: Array
    """Logarithm of the determinant of the covariance of how often places are taken."""
    log_mass: Array
    """Logarithm of the product above, less the sum of theta."""


def saddlepoint_log_tails(places: Places, observed: Array) -> tuple[Array, Array]:
    """Logarithms of the upper and the lower tail of every window's sum.

    Parameters
    ----------
    places
        Windows of one size.
    observed
        Their sums, shape `(q,)`.

    Returns
    -------
    two Arrays
        As for sums without ties: between P(S > s) and P(S >= s). NaN where there is no
        saddlepoint (the largest or the smallest sum of all) or where the sum is its own mean.

    References
    ----------
    Skovgaard (1987), Journal of Applied Probability 24, 875-887; Robinson (1982), Journal of the
    Royal Statistical Society B 44, 91-101.
    """
    q, m = places.weights.shape
    upper, lower = np.full(q, np.nan), np.full(q, np.nan)
    # Arrays of windows by places by values would fill the memory of a national map.
    batch = max(MOST_NUMBERS // (m * len(places.values)), 1)
    for start in range(0, q, batch):
        rows = slice(start, start + batch)
        part = Places(places.weights[rows], places.values, places.often[rows])
        with np.errstate(all="ignore"):
            root = _signed_root(part, observed[rows])
        # Both tails from the normal deviate, so that none is lost in 1 - p.
        upper[rows], lower[rows] = log_ndtr(-root), log_ndtr(root)
    return upper, lower


def _signed_root(places: Places, observed: Array) -> Array:
    """The normal deviate whose tail is that of the sum (Barndorff-Nielsen's r*)."""
    t = np.zeros(len(observed))
    start = _point(places, t)
    point = _Point(*(column.copy() for column in start))
    low, high = np.full(len(t), -np.inf), np.full(len(t), np.inf)
    for _ in range(MOST_STEPS):
        spread = np.sqrt(point.variance)
        missing = (observed - point.mean) / spread
        open_ = np.flatnonzero(np.abs(missing) > CLOSE)
        if not len(open_):
            break
        # The mean grows with t, so that what was too low or too high holds Newton's steps in.
        low, high = np.where(missing > 0, t, low), np.where(missing < 0, t, high)
        # Newton's step, held to a few standard deviations while it is far away.
        step = np.clip(missing, -MOST_STRIDE, MOST_STRIDE) / spread
        t[open_] = _within(t + step, low, high)[open_]
        part = Places(places.weights[open_], places.values, places.often[open_])
        for column, signed in zip(point, _point(part, t[open_]), strict=True):
            column[open_] = signed
    distance = 2 * (start.log_mass - point.log_mass + t * observed)
    root = np.sign(t) * np.sqrt(np.maximum(distance, 0.0))
    speed = t * np.sqrt(point.variance) * np.exp((point.log_spread - start.log_spread) / 2)
    # At the mean itself root is 0 and r* undefined; the caller has permutations there.
    signed = root + np.log(speed / root) / root
    signed[open_] = np.nan
    return np.asarray(signed)


def _within(t: Array, low: Array, high: Array) -> Array:
    """Tilts that lie between their bounds, and the middle of the bounds for those that do not."""
    return np.where((t > low) & (t < high), t, (low + high) / 2)


def _point(places: Places, t: Array) -> _Point:
    """The saddlepoint of theta at a tilt, by filling every place in turn."""
    weights, values, often = places
    # Exponents are shifted by their largest, so that none overflows.
    exponent = t[:, None, None] * weights[:, :, None] * values
    most = exponent.max(axis=2)
    tilted = np.exp(exponent - most[:, :, None])
    theta = -np.log((often[:, None] * tilted).sum(axis=2))
    for _ in range(MOST_PASSES):
        terms = np.exp(theta)[:, :, None] * tilted
        all_terms = terms.sum(axis=1)
        filled = ((often / (1 + all_terms))[:, None] * terms).sum(axis=2)
        if np.nanmax(np.abs(filled - 1), initial=0.0) < FILLED:
            break
        # Iterative proportional fitting: each place is scaled until it is taken once.
        theta -= np.log(filled)
    share = terms / (1 + all_terms)[:, None]
    log_mass = (often * np.log1p(all_terms)).sum(axis=1) - (theta - most).sum(axis=1)
    taken = np.abs(filled - 1).max(axis=1) < 1e3 * FILLED
    return _moments(places, share, np.where(taken, log_mass, np.nan))


def _moments(places: Places, share: Array, log_mass: Array) -> _Point:
    """Mean and variance of the sum from the shares of the places in each value."""
    weights, values, often = places
    of_places = share * weights[:, :, None] * values
    of_values = of_places.sum(axis=1)
    weighted = often[:, None] * share
    mean = (weighted * weights[:, :, None] * values).sum(axis=(1, 2))
    squares = (weighted * (weights[:, :, None] * values) ** 2).sum(axis=(1, 2))
    variance = squares - (often * of_values**2).sum(axis=1)
    across = (often[:, None] * of_places - weighted * of_values[:, None]).sum(axis=2)
    taken = -weighted @ share.swapaxes(1, 2)
    places_ = np.arange(weights.shape[1])
    taken[:, places_, places_] += weighted.sum(axis=2)
    # At the largest sum of all nothing varies any more.
    sign, log_spread = np.linalg.slogdet(taken)
    taken[(sign <= 0) | (log_spread < LEAST_SPREAD)] = np.nan
    # The variance given filled places is the Schur complement of the joint covariance.
    variance -= (across * np.linalg.solve(taken, across[:, :, None])[:, :, 0]).sum(axis=1)
    return _Point(mean, variance, log_spread, log_mass)
