"""Upper tails of Poisson and negative binomial counts, to any depth, on the log scale."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]

_FAR = 1e-280
"""Below this a tail is taken from its continued fraction: the library's value nears underflow."""
_LARGE_SIZE = 1e5
"""Above this size the library's incomplete beta function loses digits."""


def log_upper_tail(count: ArrayLike, mean: ArrayLike, dispersion: ArrayLike = 0.0) -> Array:
    """Logarithm of P(X >= count), never through 1 - cdf.

    X is Poisson where `dispersion` is 0, otherwise negative binomial with size
    1 / dispersion: its variance is `mean + dispersion * mean ** 2`.

    Parameters
    ----------
    count
        Real numbers; the incomplete gamma and beta functions interpolate between integers.
    mean, dispersion
        Positive means and non-negative dispersions, broadcast against `count`.

    Returns
    -------
    Array
        Finite for every count; 0 where the count is 0 or less; NaN where an argument is
        NaN or the mean is not positive.

    References
    ----------
    Loader (2000), Fast and accurate computation of binomial probabilities;
    Press et al. (2007), Numerical Recipes, section 6.4 (continued fraction).
    """
    k, mu, w = np.broadcast_arrays(
        np.asarray(count, float), np.asarray(mean, float), np.asarray(dispersion, float)
    )
    known = ~(np.isnan(k) | np.isnan(w)) & (mu > 0)
    log_p = np.where(known, 0.0, np.nan)
    asked = known & (k > 0)
    k, mu, w = k[asked], mu[asked], w[asked]
    p = _library_tail(k, mu, w)
    far = (k > mu) & ((p < _FAR) | (w * _LARGE_SIZE < 1) & (w > 0))
    found = np.log(p, out=np.zeros_like(p), where=~far)
    found[far] = _log_far_tail(k[far], mu[far], w[far])
    log_p[asked] = found
    return log_p


def log_binomial_tail(count: ArrayLike, trials: ArrayLike, share: ArrayLike) -> Array:
    """Logarithm of P(X >= count) for a binomial count of `trials` with probability `share`.

    NaN where an argument is NaN or `share` is outside 0 to 1; minus infinity where the
    count is above the number of trials.
    """
    k, n, s = np.broadcast_arrays(
        np.asarray(count, float), np.asarray(trials, float), np.asarray(share, float)
    )
    known = ~(np.isnan(k) | np.isnan(n)) & (s >= 0) & (s <= 1)
    log_p = np.where(known, np.where(k > n, -np.inf, 0.0), np.nan)
    asked = known & (k > 0) & (k <= n)
    k, n, s = k[asked], n[asked], s[asked]
    p = special.betainc(k, n - k + 1, s)
    far = p < _FAR
    found = np.log(p, out=np.zeros_like(p), where=~far)
    # A binomial is a negative binomial of size -n: the same fraction holds, with w = -1/n.
    found[far] = _log_far_binomial(k[far], n[far], s[far])
    log_p[asked] = found
    return log_p


def log_mid_tail(strict: Array, above: Array) -> Array:
    """Logarithm of the mid-p, P(X > x) + P(X = x) / 2, from the logs of P(X >= x) and P(X > x)."""
    return np.asarray(np.logaddexp(strict, above) - np.log(2.0))


def _library_tail(k: Array, mu: Array, w: Array) -> Array:
    dispersed = w > 0
    p = special.gammainc(k, mu)
    k, mu, w = k[dispersed], mu[dispersed], w[dispersed]
    q = w * mu / (1 + w * mu)
    # Both are the same number; each is accurate where its last argument is far from 1.
    direct, mirrored = special.betainc(k, 1 / w, q), special.betaincc(1 / w, k, 1 / (1 + w * mu))
    p[dispersed] = np.where(q < 0.5, direct, mirrored)
    return np.asarray(p)


def _log_far_tail(k: Array, mu: Array, w: Array) -> Array:
    tilt = mu / (1 + w * mu)
    fraction = _continued_fraction(k, lambda m: tilt * (1 + w * (k + m)), lambda m: tilt * (1 - w * m))
    return np.asarray(_log_probability(k, mu, w) + np.log(fraction))


def _log_probability(k: Array, mu: Array, w: Array) -> Array:
    """Logarithm of P(X = k), by Loader's saddle-point expansion."""
    dispersed = w > 0
    n = 1 / np.where(dispersed, w, 1.0)
    growth = (1 + w * k) / (1 + w * mu)
    log_f = -0.5 * np.log(2 * np.pi * k * (1 + w * k)) - _stirling_error(k) - _deviance(k, mu * growth)
    size = _stirling_error(n + k) - _stirling_error(n) - _deviance(n, n * growth)
    return np.asarray(log_f + np.where(dispersed, size, 0.0))


def _log_far_binomial(k: Array, n: Array, s: Array) -> Array:
    odds = s / 1.0
    fraction = _continued_fraction(
        k, lambda m: odds * (n + 1 + m), lambda m: odds * (n - k + 1 - m)
    )
    rest = n - k
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = (
            _stirling_error(n) - _stirling_error(k) - _stirling_error(rest)
            - _deviance(k, n * s) - _deviance(rest, n * (1 - s))
            - 0.5 * np.log(2 * np.pi * k * rest / n)
        )  # fmt: skip
    log_f = np.where(rest == 0, k * np.log(s), inner)
    # The fraction belongs to x^a (1-x)^b / (a B(a, b)), which is (1 - s) times P(X = k).
    return np.asarray(log_f + np.log1p(-s) + np.log(fraction))


def _continued_fraction(k: Array, odd, even) -> Array:  # type: ignore[no-untyped-def]
    raise NotImplementedError
