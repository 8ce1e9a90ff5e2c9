"""Posterior of areas' relative risks, given counts there and in their neighbourhoods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
from scipy import special
from scipy.sparse import csr_array, eye_array

from riskindex.arrays import Array
from riskindex.statistics.dispersion import pair_ratio_dispersion
from riskindex.statistics.smoothing import Gammas, shrink

if TYPE_CHECKING:
    Weights = csr_array[Any]

Prior = Literal["spatial", "gamma"]

GRID = np.exp(np.linspace(np.log(0.02), np.log(50.0), 120))
"""Relative risks of a neighbourhood that the spatial prior may give a share to."""
IMPLAUSIBLE = 1e-22
"""Likelihoods below so small a part of an area's largest are taken for none while shares are
found."""
TYPICAL = 250_000
"""Risks that are drawn to see what they are on average: 10 to 200 of each area."""
AS_A_POINT = 1e6
"""Shape of the gamma around a neighbourhood inside which areas do not vary."""
STEPS = 300
"""Steps of the EM algorithm that finds these shares."""


class Posterior(Protocol):
    """The posterior of the areas' relative risks."""

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        """Risks of shape `(draws, n)`, zero or more, that multiply what was expected."""


def posterior_risks(
    observed: Array,
    expected: Array,
    neighbours: Weights,
    *,
    prior: Prior = "spatial",
) -> Posterior:
    """The posterior of every area's risk relative to what was expected there.

    An area's risk is Gamma(k + O, k / m + E) with O counted and E expected.

    Parameters
    ----------
    observed
        Events per area, shape `(n,)`, none missing.
    expected
        What was expected, positive, shape `(n,)`.
    neighbours
        Shape `(n, n)`, binary, symmetric, zero diagonal.
    prior
        `spatial`: m is the risk of the neighbourhood, itself drawn from its posterior, and 1/k
        the dispersion of areas within neighbourhoods (by pair ratio). What neighbourhoods are
        like is estimated without assuming a shape: the nonparametric maximum-likelihood
        distribution over a grid. `gamma`: one m and one k for all areas, by Marshall's moments.

    Returns
    -------
    Posterior
        To draw from. The mean total of the draws is the total that was observed.

    References
    ----------
    Kiefer and Wolfowitz (1956), Annals of Mathematical Statistics 27, 887-906; Laird (1978),
    Journal of the American Statistical Association 73, 805-811; Clayton and Kaldor (1987),
    Biometrics 43, 671-681.
    """
    # Posteriors of nothing observed are priors, and there is nothing to fit one by.
    if not observed.any():
        return _NoEvents(len(observed))
    return PRIORS[prior](observed, expected, neighbours)


@dataclass(frozen=True)
class _NoEvents:
    """Nothing was counted anywhere, so nothing is drawn."""

    n: int

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        return np.zeros((draws, self.n))


@dataclass(frozen=True)
class _Gamma:
    """Independent gammas: shape k + observed, rate k / m + expected."""

    shape: Array
    rate: Array

    @classmethod
    def fit(cls, observed: Array, expected: Array, neighbours: Weights) -> _Gamma:
        fitted = shrink(observed, expected)
        # No more variation than chance makes: a prior as narrow as matters to nothing.
        k = np.minimum(fitted.k, 1e8)
        return cls(k + observed, k / fitted.m + expected)

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        return np.asarray(rng.gamma(self.shape, 1 / self.rate, (draws, len(self.rate))))


@dataclass(frozen=True)
class SpatialPrior:
    """Spatial prior: neighbourhood risks of any law, estimated by maximum likelihood.

    An area's risk is gamma around that of its neighbourhood, with the variance that areas have
    inside neighbourhoods.
    """

    shares: Array
    """How many neighbourhoods have each risk of the grid."""
    dispersion: float
    """Variance of areas around their neighbourhood, of its square (by pair ratio)."""
    rate: float
    """The overall rate, which risks are relative to."""
    neighbours: Weights

    @classmethod
    def fit(
        cls, observed: Array, expected: Array, neighbours: Weights
    ) -> tuple[SpatialPrior, Array]:
        """The prior that makes the counts most likely, and what it makes of them (`around`).

        Arguments as of `posterior_risks`.
        """
        # Risks are taken about 1, so that the grid covers them whatever the unit.
        rate = float(observed.sum() / expected.sum())
        # Between neighbours, so that it holds what areas differ by within a neighbourhood and not
        # between neighbourhoods.
        w = pair_ratio_dispersion(observed, expected * rate, neighbours)
        empty = cls(np.ones(len(GRID)), w, rate, neighbours)
        likelihood = empty._likelihood(observed, expected)
        fitted = replace(empty, shares=_mixture(likelihood))
        return fitted, fitted._posterior(likelihood)

    def around(self, observed: Array, expected: Array) -> Array:
        """Posterior of each neighbourhood's risk over the grid, shape `(n, grid)`."""
        return self._posterior(self._likelihood(observed, expected))

    def means(self, observed: Array, expected: Array) -> Array:
        """Posterior mean of every area's ratio; times the expectations they add up to the counts.

        Parameters
        ----------
        observed, expected
            Of the areas that the prior was found on, shape `(n,)`: their counts, or counts drawn
            again, for which the prior is held.
        """
        return self._mixture_of(observed, expected).mean

    def exceedance(self, observed: Array, expected: Array, above: float) -> Array:
        """Posterior probability that every area's ratio is above a number; see `means`."""
        mixture = self._mixture_of(observed, expected)
        if not mixture.scale > 0:
            return np.zeros(len(observed))
        chance = special.gammaincc(mixture.shape[:, None], mixture.rates * (above / mixture.scale))
        return np.asarray((mixture.shares * chance).sum(axis=1))

    def gammas(self, observed: Array, expected: Array) -> Gammas:
        """The gamma law with the mean and variance of every area's posterior; see `means`."""
        mixture = self._mixture_of(observed, expected)
        squares = (mixture.shape * (mixture.shape + 1))[:, None] / mixture.rates**2
        # Moments of a mixture: gammas of each neighbourhood's risk, weighed by how likely that risk
        # is.
        second = mixture.scale**2 * (mixture.shares * squares).sum(axis=1)
        variance = second - mixture.mean**2
        varies = variance > 0
        # Ranks and quantiles need one law; a gamma with the same mean and variance stands for the
        # mixture.
        rate = np.divide(mixture.mean, variance, out=np.full(len(variance), np.nan), where=varies)
        return Gammas(mixture.mean * rate, rate, mixture.mean)

    def _mixture_of(self, observed: Array, expected: Array) -> _MixtureOfGammas:
        k = min(1 / self.dispersion, AS_A_POINT) if self.dispersion > 0 else AS_A_POINT
        shape, rates = k + observed, k / GRID + (expected * self.rate)[:, None]
        shares = self.around(observed, expected)
        mean = (shares / rates).sum(axis=1) * shape
        # Shrinkage loses events where the prior is wrong; scaled, the posterior means reproduce the
        # county's total.
        scale = observed.sum() / (mean @ expected)
        return _MixtureOfGammas(shares, shape, rates, float(scale), scale * mean)

    def _posterior(self, likelihood: Array) -> Array:
        posterior = likelihood * self.shares
        return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))

    def _likelihood(self, observed: Array, expected: Array) -> Array:
        """Likelihood of the counts around each area at each risk, scaled to 1 at most."""
        base, w = expected * self.rate, self.dispersion
        around, near = self.neighbours @ base, self.neighbours @ observed
        squares = self.neighbours @ base**2
        # Satterthwaite: areas of a neighbourhood are of unequal size, and one negative binomial has
        # the variance of their sum.
        size = np.divide(
            around**2, w * squares, out=np.full(len(base), np.inf), where=w * squares > 0
        )
        own = np.full(len(base), 1 / w if w > 0 else np.inf)
        chance = _log_likelihood(near, around, size) + _log_likelihood(observed, base, own)
        return np.asarray(np.exp(chance - chance.max(axis=1, keepdims=True)))


class _MixtureOfGammas(NamedTuple):
    """Posteriors of areas: gammas around each risk that the neighbourhood may have."""

    shares: Array
    """Of the neighbourhood's risks, shape `(n, grid)`."""
    shape: Array
    rates: Array
    """Shape `(n, grid)`."""
    scale: float
    """Brings these risks to ratios of what was expected."""
    mean: Array
    """Of the ratio, shape `(n,)`."""


@dataclass(frozen=True)
class _Spatial:
    """Risks of neighbourhoods, and gammas of areas around them."""

    observed: Array
    expected: Array
    """At the overall rate, so that risks are about 1."""
    scale: float
    """The overall rate, and what brings the mean total of the draws to the observed one."""
    dispersion: float
    cumulated: Array
    """Posterior distribution of each neighbourhood's risk, shape `(n, grid + 1)`, row i from i
    to i + 1."""
    mixing: Weights
    """Noise of areas to noise of neighbourhoods: they err together as far as they overlap."""

    @classmethod
    def fit(cls, observed: Array, expected: Array, neighbours: Weights) -> _Spatial:
        prior, posterior = SpatialPrior.fit(observed, expected, neighbours)
        base = expected * prior.rate
        # Row after row in one rising line, so that one interpolation draws for all areas.
        steps = np.hstack([np.zeros((len(base), 1)), np.cumsum(posterior, axis=1)])
        cumulated = steps / steps[:, -1:] + np.arange(len(base))[:, None]
        windows = csr_array(neighbours + eye_array(len(base), format="csr"))
        # Each area's noise is a mean of its window's, with variance 1 again: neighbours share most
        # of theirs and err together.
        lengths = np.sqrt(np.diff(windows.indptr))
        mixing = csr_array(windows.multiply(1 / lengths[:, None]))
        fitted = cls(observed, base, prior.rate, prior.dispersion, cumulated, mixing)
        draws = max(10, min(200, TYPICAL // len(base)))
        # Overlapping neighbourhoods pull the mean of draws away from what was counted; measured
        # once with a fixed seed, and taken out.
        typical = fitted.draw(np.random.default_rng(0), draws).mean(axis=0)
        scale = prior.rate * observed.sum() / (typical @ expected)
        return cls(observed, base, float(scale), prior.dispersion, cumulated, mixing)

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        n = len(self.observed)
        # A Gaussian copula: correlated normal noise, turned into levels of each neighbourhood's own
        # posterior.
        noise = special.ndtr(self.mixing @ rng.standard_normal((n, draws))).T
        edges = np.log(GRID) + np.log(GRID[1] / GRID[0]) / 2
        # Risks are drawn between the points of the grid, on a logarithmic scale.
        levels = np.tile(np.concatenate([[2 * edges[0] - edges[1]], edges]), n)
        around = np.exp(np.interp(noise + np.arange(n), self.cumulated.ravel(), levels))
        if self.dispersion == 0:
            return np.asarray(self.scale * around)
        k = 1 / self.dispersion
        return np.asarray(
            self.scale * rng.gamma(k + self.observed, 1 / (k / around + self.expected))
        )


def _log_likelihood(counts: Array, means: Array, size: Array) -> Array:
    """Of negative binomial counts at each risk of the grid, up to a constant; `(n, grid)`."""
    # Beyond this size it is Poisson to all digits that matter.
    r = np.minimum(size, 1e7)[:, None]
    # An area without neighbours expects none there, and its logarithm must stay finite.
    mu = np.maximum(means, 1e-12)[:, None] * GRID
    return np.asarray(counts[:, None] * np.log(mu / (r + mu)) + r * np.log(r / (r + mu)))


def _mixture(likelihood: Array) -> Array:
    """The prior shares over the grid that make the counts most likely, by EM."""
    shares = np.full(likelihood.shape[1], 1 / likelihood.shape[1])
    # Most of the grid is out of the question for an area: what is, is not multiplied.
    plausible = csr_array(np.where(likelihood > IMPLAUSIBLE, likelihood, 0.0))
    by_share = plausible.T  # as it lies: a copy by shares is read across memory
    for _ in range(STEPS):
        shares *= by_share @ (1 / (plausible @ shares)) / len(likelihood)
    return shares


PRIORS: dict[str, Callable[[Array, Array, Any], Posterior]] = {
    "spatial": _Spatial.fit,
    "gamma": _Gamma.fit,
}
"""Config word to function."""
