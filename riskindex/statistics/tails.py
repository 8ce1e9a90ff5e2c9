"""Upper tails of Poisson, negative binomial and binomial counts, to any depth, as logarithms."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from riskindex.arrays import Array

FAR = 1e-280
"""Below this a tail comes from its continued fraction: the library's value nears underflow."""
LARGE_SIZE = 1e5
"""Above this size the library's incomplete beta function loses digits."""
NO_DISPERSION = 1e-30
"""A dispersion below this is none; its inverse might overflow."""


def log_upper_tail(count: ArrayLike, mean: ArrayLike, *, dispersion: ArrayLike = 0.0) -> Array:
    """Logarithm of P(X >= count), never through 1 - cdf.

    X is Poisson where `dispersion` is 0, otherwise negative binomial of size
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
        missing or the mean is not positive.

    References
    ----------
    Loader (2000), Fast and accurate computation of binomial probabilities;
    Press et al. (2007), Numerical Recipes, section 6.4 (the continued fraction).
    """
    k, mu, w = (np.asarray(a, float) for a in np.broadcast_arrays(count, mean, dispersion))
    # Poisson is the limit, and 1/w must not overflow.
    w = np.where(w < NO_DISPERSION, 0.0, w)
    defined = ~np.isnan(k) & ~np.isnan(w) & (mu > 0)
    log_p = np.where(defined, 0.0, np.nan)
    asked = defined & (k > 0)
    k, mu, w = k[asked], mu[asked], w[asked]
    p = _library_tail(k, mu, w)
    # Where the library's value nears underflow, or its sizes lose digits, the continued fraction
    # takes over.
    far = (k > mu) & ((p < FAR) | ((w > 0) & (w * LARGE_SIZE < 1)))
    log_tail = np.log(p, out=np.zeros_like(p), where=~far)
    log_tail[far] = _log_far_tail(k[far], mu[far], w[far])
    log_p[asked] = log_tail
    return log_p


def nearly_log_upper_tail(count: Array, mean: Array, dispersion: Array) -> Array:
    """`log_upper_tail` by a formula: twenty times as fast, for tests of many repeats.

    From 2 expected events and a dispersion of .1 at most, p is within 1% down to .001 (in 99 of
    100 cases); up to a dispersion of 1, within 13%; beyond it comes from `log_upper_tail`. A
    count of .5 or less has the logarithm 0.

    References
    ----------
    Peizer and Pratt (1968), Journal of the American Statistical Association 63, 1416-1456.
    """
    count, mean, dispersion = np.broadcast_arrays(count, mean, dispersion)
    log_p = np.zeros(count.shape)
    # Above 1 the formula is no longer near enough, and the tail itself is taken.
    wide = dispersion > 1
    log_p[wide] = log_upper_tail(count[wide], mean[wide], dispersion=dispersion[wide])
    asked = (count > 0.5) & ~wide
    log_p[asked] = _peizer_pratt(count[asked], mean[asked], dispersion[asked])
    return log_p


def _peizer_pratt(k: Array, mu: Array, w: Array) -> Array:
    size = 1 / np.maximum(w, 1e-9)
    x, q, n = mu / (size + mu), size / (size + mu), k + size - 1
    distance = k - 1 / 3 - (n + 1 / 3) * x + 0.02 * (q / k - x / size + (q - 0.5) / (n + 1))
    bend = 1 + q * _bend((k - 0.5) / (n * x)) + x * _bend((size - 0.5) / (n * q))
    return np.asarray(special.log_ndtr(-distance * np.sqrt(bend / ((n + 1 / 6) * x * q))))


def _bend(x: Array) -> Array:
    """Peizer and Pratt's g, (1 - x^2 + 2 x log x) / (1 - x)^2, safe near 1."""
    e = 1 - x
    near = np.abs(e) < 0.02
    far = np.where(near, 0.5, x)
    direct = (1 - far**2 + 2 * far * np.log(far)) / (1 - far) ** 2
    return np.where(near, e * (1 / 3 + e * (1 / 6 + e / 10)), direct)


def log_binomial_tail(count: ArrayLike, trials: ArrayLike, share: ArrayLike) -> Array:
    """Logarithm of P(X >= count) of a binomial count: `trials` events, each with chance `share`.

    NaN where an argument is missing or `share` is not above 0 and at most 1; minus infinity
    where the count is above the number of trials.
    """
    k, n, s = (np.asarray(a, float) for a in np.broadcast_arrays(count, trials, share))
    defined = ~np.isnan(k) & ~np.isnan(n) & (s > 0) & (s <= 1)
    log_p = np.where(defined, np.where(k > n, -np.inf, 0.0), np.nan)
    asked = defined & (k > 0) & (k <= n) & (s < 1)
    k, n, s = k[asked], n[asked], s[asked]
    p = special.betainc(k, n - k + 1, s)
    far = p < FAR
    log_tail = np.log(p, out=np.zeros_like(p), where=~far)
    log_tail[far] = _log_far_binomial(k[far], n[far], s[far])
    log_p[asked] = log_tail
    return log_p


def _library_tail(k: Array, mu: Array, w: Array) -> Array:
    # Direct and mirrored are the same number, each accurate where its last argument is not near 1.
    forms = (
        (w <= 0, lambda k, mu, _: special.gammainc(k, mu)),
        ((w > 0) & (w * mu < 1), lambda k, mu, w: special.betainc(k, 1 / w, w * mu / (1 + w * mu))),
        (w * mu >= 1, lambda k, mu, w: special.betaincc(1 / w, k, 1 / (1 + w * mu))),
    )
    p = np.empty_like(k)
    for where, form in forms:
        p[where] = form(k[where], mu[where], w[where])
    return p


def _log_far_tail(k: Array, mu: Array, w: Array) -> Array:
    tilt = mu / (1 + w * mu)
    fraction = _beta_fraction(k, lambda m: tilt * (1 + w * (k + m)), lambda m: tilt * (1 - w * m))
    return np.asarray(_log_probability(k, mu, w) + np.log(fraction))


def _log_probability(k: Array, mu: Array, w: Array) -> Array:
    """Logarithm of P(X = k), by Loader's saddle-point expansion."""
    growth = (1 + w * k) / (1 + w * mu)
    log_f = -np.log(2 * np.pi * k * (1 + w * k)) / 2 - _stirling(k) - _deviance(k, mu * growth)
    # Loader: deviances and Stirling errors cancel where factorials would overflow.
    n = 1 / np.where(w > 0, w, 1.0)
    size = _stirling(n + k) - _stirling(n) - _deviance(n, n * growth)
    return np.asarray(log_f + np.where(w > 0, size, 0.0))


def _log_far_binomial(k: Array, n: Array, s: Array) -> Array:
    fraction = _beta_fraction(k, lambda m: s * (n + 1 + m), lambda m: s * (n - k + 1 - m))
    # At k = n the formula divides by 0; that case has its own form below.
    rest = np.maximum(n - k, 1)
    log_f = _stirling(n) - _stirling(k) - _stirling(rest) - np.log(2 * np.pi * k * rest / n) / 2
    log_f -= _deviance(k, n * s) + _deviance(rest, n * (1 - s))
    log_f = np.where(k == n, k * np.log(s), log_f)
    # The fraction multiplies s^k (1-s)^(n-k+1) / (k B(k, n-k+1)), which is (1 - s) P(X = k).
    return np.asarray(log_f + np.log1p(-s) + np.log(fraction))


def _beta_fraction(
    k: Array, odd: Callable[[int], Array], even: Callable[[int], Array], *, steps: int = 20_000
) -> Array:
    """The incomplete beta function over its leading factor, by Lentz's method.

    `odd(m)` is x (a + b + m) and `even(m)` is x (b - m), so that the Poisson limit, b
    infinite, needs no case of its own. Fast for counts above the mean.
    """
    fraction, c, d = np.ones_like(k), np.ones_like(k), np.zeros_like(k)
    for m in range(steps):
        before = fraction
        for numerator in (
            m * even(m) / ((k + 2 * m - 1) * (k + 2 * m)) if m else None,
            -(k + m) * odd(m) / ((k + 2 * m) * (k + 2 * m + 1)),
        ):
            if numerator is not None:
                # Lentz: numerator and denominator stay finite where the recurrences overflow.
                d = 1 / (1 + numerator * d)
                c = 1 + numerator / c
                fraction = fraction * c * d
        if np.all(np.abs(fraction - before) <= 1e-15 * fraction):
            break
    return 1 / fraction


def _stirling(n: Array) -> Array:
    """The error of Stirling's formula for log(n!), n > 0."""
    # The series is exact to the last digit from 16 on; below, the factorial itself is.
    big = np.maximum(n, 16.0)
    u = (1 / big) ** 2
    series = (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u / 1188)))) / big
    small = np.minimum(n, 16.0)
    direct = special.gammaln(small + 1) - (small + 0.5) * np.log(small) + small
    return np.where(n > 16, series, direct - np.log(2 * np.pi) / 2)


def _deviance(x: Array, m: Array) -> Array:
    """The deviance x log(x/m) + m - x of positive numbers, safe where they are close."""
    v = (x - m) / (x + m)
    # x log(x/m) + m - x cancels where x is near m: a series in the relative difference does not.
    near = np.abs(v) < 0.1
    v2 = np.where(near, v, 0.0) ** 2
    series = sum(v2**j / (2 * j + 1) for j in range(9, 0, -1))
    close = (x - m) * v + 2 * x * v * series
    return np.where(near, close, x * np.log(x / m) + m - x)
