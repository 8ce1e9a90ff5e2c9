"""Whether areas' risks have a heavier tail than the gamma law, told from areas in calm places."""

import numpy as np
from scipy import special

from riskindex.arrays import Array

NODES, STEPS = 20, 12
"""Of the quadrature over an area's risk, and of Newton's way to its most likely one."""
_AT, _WEIGHT = np.polynomial.hermite_e.hermegauss(NODES)


def lognormal_over_gamma(counts: Array, means: Array, variance: float) -> float:
    """Log likelihood of lognormal risks less that of gamma risks, with the same variance.

    Parameters
    ----------
    counts
        Events per area, shape `(n,)`: whole numbers.
    means
        What is expected of each area, positive.
    variance
        Of relative risk, w; at 0 the two laws are one.

    Returns
    -------
    float
        Summed over the areas. Above 0 the counts are more like lognormal risks: more areas far
        above the others, fewer that hardly have an event.

    References
    ----------
    Bulmer (1974), Biometrics 30, 101-110 (the Poisson lognormal); the integral is by
    Gauss-Hermite about its mode (Liu and Pierce 1994, Biometrika 81, 624-629).
    """
    if variance <= 0 or not len(counts):
        return 0.0
    return float(
        (log_lognormal(counts, means, variance) - _log_gamma(counts, means, variance)).sum()
    )


def log_lognormal(counts: Array, means: Array, variance: float) -> Array:
    """Log probability of counts that are Poisson given lognormal risks of mean 1."""
    # Log variance and centre of the lognormal law with mean 1 and the variance asked for.
    s2 = np.log1p(variance)
    centre = np.log(means) - s2 / 2
    # Near the mode from the start; the small addend keeps the logarithm finite at no events.
    mode = np.log((counts + np.exp(centre) / s2) / (1 + 1 / s2) + 1e-3)
    for _ in range(STEPS):
        # Steps of at most 1 on the log scale, so that Newton cannot overshoot from far away.
        slope = counts - np.exp(mode) - (mode - centre) / s2
        mode = mode + np.clip(slope / (np.exp(mode) + 1 / s2), -1, 1)
    width = 1 / np.sqrt(np.exp(mode) + 1 / s2)
    at = mode[:, None] + width[:, None] * _AT
    inside = counts[:, None] * at - np.exp(at) - (at - centre[:, None]) ** 2 / (2 * s2)
    # Hermite weights contain exp(-x^2 / 2), which the integrand does not.
    inside += _AT**2 / 2
    # Largest term taken out first (log-sum-exp): likelihoods of large counts underflow.
    most = inside.max(axis=1)
    whole = most + np.log(np.exp(inside - most[:, None]) @ _WEIGHT)
    scale = np.log(width) - np.log(2 * np.pi * s2) / 2
    return np.asarray(whole + scale - special.gammaln(counts + 1))


def _log_gamma(x: Array, mu: Array, w: float) -> Array:
    """Log probability of counts that are Poisson given gamma risks of mean 1: negative binomial."""
    choose = special.gammaln(x + 1 / w) - special.gammaln(1 / w) - special.gammaln(x + 1)
    return np.asarray(choose + x * np.log(w * mu / (1 + w * mu)) - np.log1p(w * mu) / w)
