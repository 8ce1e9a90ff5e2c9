"""Monthly counts: do they have a season, did their level change, and when?"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from riskindex.arrays import Array
from riskindex.errors import DataError

MARGIN = 6
"""Months at least before and after a change of level."""
STEPS = 50
"""Steps of Fisher scoring; four or five are enough unless a rate is 0."""


class PoissonFit(NamedTuple):
    """A Poisson regression by quasi-likelihood."""

    coefficients: Array
    """Logarithms of rate ratios, shape `(columns,)`."""
    mean: Array
    """Fitted events, shape `(n,)`."""
    deviance: float
    dispersion: float
    """Pearson's chi-square over its degrees of freedom: 1 if events come by chance alone."""
    freedom: int
    """Months less columns."""


class Season(NamedTuple):
    """The yearly wave of a monthly series."""

    p: float
    """Of no season; NaN where there are no events."""
    peak: int
    """Calendar month in which the fitted wave is highest, 1 to 12."""
    ratio: float
    """Highest fitted rate over the lowest."""
    dispersion: float
    """Variance of a month's events over their mean."""


class LevelChange(NamedTuple):
    """The change of level that explains most of a monthly series."""

    p: float
    """Of no change, adjusted for all months at which it was looked for; NaN without events."""
    month: int
    """Position of the first month of the new level."""
    ratio: float
    """Rate from then on over the rate before; too far from 1 where p is not small."""
    dispersion: float
    """Variance of a month's events over their mean, if there was no change."""


def fit_poisson(count: ArrayLike, columns: ArrayLike, exposure: ArrayLike) -> PoissonFit:
    """Poisson regression of counts on columns, log link, with overdispersion.

    Parameters
    ----------
    count
        Events, shape `(n,)`, not all 0.
    columns
        Design, shape `(n, k)`, its first column 1, of full rank, k below n.
    exposure
        What events are expected from, such as days of the month, above 0, shape `(n,)`.

    References
    ----------
    McCullagh and Nelder (1989), Generalized Linear Models, chapters 2 and 9.
    """
    y, X = np.asarray(count, dtype=np.float64), np.asarray(columns, dtype=np.float64)
    e = np.asarray(exposure, dtype=np.float64)
    beta = np.zeros(X.shape[1])
    # Starts at the overall rate, the fit if no other column mattered.
    beta[0] = np.log(y.sum() / e.sum())
    for _ in range(STEPS):
        mu = e * np.exp(X @ beta)
        step = np.linalg.lstsq(np.sqrt(mu)[:, None] * X, (y - mu) / np.sqrt(mu), rcond=None)[0]
        # A month of a rate near 0 would send the first steps far away.
        step = step * min(1.0, 2 / max(np.abs(X @ step).max(), 1e-300))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    mu = e * np.exp(X @ beta)
    freedom = len(y) - X.shape[1]
    deviance = 2 * float((special.xlogy(y, y / mu) - (y - mu)).sum())
    return PoissonFit(beta, mu, deviance, float(((y - mu) ** 2 / mu).sum() / freedom), freedom)


def seasonality(
    count: ArrayLike, exposure: ArrayLike, *, first_month: int = 1, waves: int = 1
) -> Season:
    """Whether a monthly series rises and falls with the time of the year.

    Poisson regression with overdispersion on a straight trend, without and with a yearly wave;
    the two are compared by an F test of their deviances.

    Parameters
    ----------
    count
        Events of consecutive months, shape `(n,)`, two years or more, none missing.
    exposure
        Days of each month (or days times residents), above 0, shape `(n,)`.
    first_month
        Calendar month of the first, 1 to 12.
    waves
        1 finds one high and one low season; 2 also allows for two of each.

    Raises
    ------
    DataError
        The series is shorter than two years.

    Notes
    -----
    Months are taken to be independent given the trend and the season: a series that wanders, so
    that neighbouring months err together, has seasons found in it too often.

    References
    ----------
    Stolwijk, Straatman and Zielhuis (1999), Journal of Epidemiology and Community Health 53,
    235-238; McCullagh and Nelder (1989), Generalized Linear Models, chapter 9.
    """
    y, e = _series(count, exposure)
    if not y.any():
        return Season(np.nan, first_month, np.nan, np.nan)
    # With a trend in both models, a steady rise is not taken for a season.
    trend, wave = _trend(len(y)), _waves(len(y), waves)
    before = fit_poisson(y, trend, e)
    after = fit_poisson(y, np.hstack([trend, wave]), e)
    by = wave.shape[1]
    # Quasi-Poisson: an F test, because months vary more than counting alone.
    gain = (before.deviance - after.deviance) / by
    # Where months vary less than by chance, the test is that of chance, and not a sharper one.
    f = gain / max(after.dispersion, 1.0)
    p = float(special.fdtrc(by, after.freedom, max(f, 0.0)))
    # One year of the fitted wave, free of the trend.
    height = (wave @ after.coefficients[2:])[:12]
    peak = (first_month - 1 + int(height.argmax())) % 12 + 1
    return Season(p, peak, float(np.exp(np.ptp(height))), after.dispersion)


def level_change(
    count: ArrayLike,
    exposure: ArrayLike,
    rng: np.random.Generator,
    *,
    draws: int = 999,
) -> LevelChange:
    """Whether, and from which month on, a monthly series has another level.

    Poisson regression with overdispersion on a yearly wave; a step at each month but the first
    and the last six is added in turn, by its score test. The largest of these is compared with
    the largest after the residuals have changed places (Freedman and Lane), so that looking
    everywhere is paid for.

    Parameters
    ----------
    count
        Events of consecutive months, shape `(n,)`, two years or more, none missing.
    exposure
        Days of each month (or days times residents), above 0, shape `(n,)`.
    rng
        Where the permutations come from.
    draws
        How many; p is at least 1 / (draws + 1).

    Raises
    ------
    DataError
        The series is shorter than two years.

    Notes
    -----
    A steady trend is found as a change of level too, and so is a slow wave of several years.
    Months are taken to be independent given the season.

    References
    ----------
    Andrews (1993), Econometrica 61, 821-856 (the largest of the tests); Freedman and Lane (1983),
    Journal of Business and Economic Statistics 1, 292-298.
    """
    y, e = _series(count, exposure)
    if not y.any():
        return LevelChange(np.nan, 0, np.nan, np.nan)
    n = len(y)
    base = np.hstack([np.ones((n, 1)), _waves(n, 1)])
    # The season is fitted first: a winter at the end is no new level.
    null = fit_poisson(y, base, e)
    at = np.arange(MARGIN, n - MARGIN + 1)
    steps = (np.arange(n)[:, None] >= at).astype(np.float64)
    root = np.sqrt(null.mean)
    space = np.linalg.qr(root[:, None] * base)[0]
    # Each step as far as the season does not explain it.
    directions = _apart(root[:, None] * steps, space)
    directions /= np.sqrt((directions**2).sum(axis=0))
    residuals = _apart(((y - null.mean) / root)[:, None], space)
    leverage = np.maximum(1 - (space**2).sum(axis=1), 1e-9)
    # Residuals of one variance, which may change places.
    alike = residuals[:, 0] / np.sqrt(leverage)
    shuffled = rng.permuted(np.broadcast_to(alike, (draws, n)), axis=1).T
    # Score tests need one fit for all steps, where likelihood ratios need a fit for each.
    score = _scores(residuals, directions)[:, 0]
    largest = _scores(_apart(shuffled, space), directions).max(axis=0)
    best = int(score.argmax())
    # The largest of all months against the largest in shuffled series: looking everywhere is paid
    # for.
    p = float((1 + (largest >= score[best] - 1e-9).sum()) / (1 + draws))
    fit = fit_poisson(y, np.c_[base, steps[:, best]], e)
    ratio = float(np.exp(fit.coefficients[-1]))
    return LevelChange(p, int(at[best]), ratio, null.dispersion)


def _scores(residuals: Array, directions: Array) -> Array:
    """Square of each step's share of the residuals, `(steps, draws)`; F rises with it."""
    total = (residuals**2).sum(axis=0)
    return np.asarray((directions.T @ residuals) ** 2 / np.where(total > 0, total, 1))


def _apart(columns: Array, space: Array) -> Array:
    """Residuals of the columns after projection on the space."""
    return np.asarray(columns - space @ (space.T @ columns))


def _trend(n: int) -> Array:
    # Centred, so that the level and the slope are nearly uncorrelated.
    return np.column_stack([np.ones(n), (np.arange(n) - (n - 1) / 2) / n])


def _waves(n: int, waves: int) -> Array:
    angle = 2 * np.pi / 12 * np.arange(n)[:, None] * np.arange(1, waves + 1)
    return np.hstack([np.cos(angle), np.sin(angle)])


def _series(count: ArrayLike, exposure: ArrayLike) -> tuple[Array, Array]:
    y, e = np.asarray(count, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    if len(y) < 24:
        raise DataError(f"A series of {len(y)} months is too short: two years are needed, or more.")
    return y, e
