"""What an area's true risk may be, given what was counted there and around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse
from scipy.sparse.linalg import SuperLU, splu

from riskindex.errors import DataError
from riskindex.smoothing import shrink

if TYPE_CHECKING:
    Weights = sparse.csr_array[Any]
    SparseColumns = sparse.csc_array[Any]

Array = NDArray[np.float64]
Prior = Literal["spatial", "gamma"]

DENSE_UP_TO = 3_000
"""Up to so many areas draws go through a dense root, which is faster."""
FITTED_ON = 3_000
"""The prior's two parameters are fitted on at most so many areas; the risks on all of them."""


class Risks(Protocol):
    """The posterior of the areas' relative risks."""

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        """Risks of shape `(draws, n)`, zero or more, that multiply what was expected."""


def posterior_risks(
    observed: Array,
    expected: Array,
    neighbours: Weights,
    *,
    prior: Prior = "spatial",
) -> Risks:
    """The posterior of every area's risk relative to what was expected there.

    Parameters
    ----------
    observed
        Events per area, shape `(n,)`, none missing.
    expected
        What was expected, positive, shape `(n,)`.
    neighbours
        Shape `(n, n)`, binary, symmetric, zero diagonal.
    prior
        `spatial`: log risks are a Leroux conditional autoregression over the neighbours, so that
        an area borrows strength from those around it. `gamma`: risks are independent gammas.

    Returns
    -------
    Risks
        To draw from. The mean total of the draws is the total that was observed.

    References
    ----------
    Leroux, Lei and Breslow (2000), in Statistical Models in Epidemiology, the Environment, and
    Clinical Trials, 179-191; Clayton and Kaldor (1987), Biometrics 43, 671-681.
    """
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
        found = shrink(observed, expected)
        # No more variation than chance makes: a prior as narrow as matters to nothing.
        k = np.minimum(found.k, 1e8)
        return cls(k + observed, k / found.m + expected)

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        return np.asarray(rng.gamma(self.shape, 1 / self.rate, (draws, len(self.rate))))


@dataclass(frozen=True)
class _Leroux:
    """Normal approximation of the log risks at their mode."""

    mode: Array
    noise: Callable[[Array], Array]
    """Standard normals of shape `(length, draws)` to deviations of the log risks `(n, draws)`."""
    length: int
    scale: float = 1.0
    """Brings the mean total of the draws to the observed total."""

    @classmethod
    def fit(cls, observed: Array, expected: Array, neighbours: Weights) -> _Leroux:
        base = expected * (observed.sum() / expected.sum())
        part = _connected_part(neighbours, FITTED_ON)
        tau, rho = _fit_prior(observed[part], base[part], _Field(neighbours[part][:, part]))
        field = _Field(neighbours)
        mode, factors, mean = field.mode(observed, base, tau, rho, np.zeros(len(base)))
        if len(base) <= DENSE_UP_TO:
            found = cls(mode, _dense_noise(field.precision(tau, rho, mean)), len(base))
        else:
            roots = field.roots(tau, rho, mean).T
            found = cls(mode, lambda normals: factors.solve(roots @ normals), roots.shape[1])
        typical = found.draw(np.random.default_rng(0), 200).mean(axis=0)
        return replace(found, scale=float(observed.sum() / (typical @ expected)))

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        deviations = self.noise(rng.standard_normal((self.length, draws)))
        return np.asarray(self.scale * np.exp(self.mode[:, None] + deviations).T)


def _dense_noise(precision: SparseColumns) -> Callable[[Array], Array]:
    root = linalg.cholesky(precision.toarray())
    return lambda normals: np.asarray(linalg.solve_triangular(root, normals))


class _Field:
    """Leroux's prior of log risks on a map: precision `tau ((1 - rho) I + rho L)`."""

    def __init__(self, neighbours: Weights) -> None:
        pairs = sparse.triu(neighbours, k=1).tocoo()
        n, m = neighbours.shape[0], pairs.nnz
        across = np.concatenate([np.ones(m), -np.ones(m)])
        rows = np.concatenate([np.arange(m), np.arange(m)])
        columns = np.concatenate([pairs.row, pairs.col])
        self.n = n
        self.difference = sparse.csr_array((across, (rows, columns)), shape=(m, n))
        self.laplacian = sparse.csc_array(self.difference.T @ self.difference)
        self.identity = sparse.csc_array(sparse.eye_array(n))

    def precision(self, tau: float, rho: float, mean: Array | None = None) -> SparseColumns:
        """Of the prior, or with mean counts of the posterior."""
        prior = tau * ((1 - rho) * self.identity + rho * self.laplacian)
        return sparse.csc_array(prior if mean is None else prior + sparse.diags_array(mean))

    def roots(self, tau: float, rho: float, mean: Array) -> Weights:
        """R with R'R the posterior precision: R' spreads unit noise with that covariance."""
        parts = [
            np.sqrt(tau * (1 - rho)) * self.identity,
            np.sqrt(tau * rho) * self.difference,
            sparse.diags_array(np.sqrt(mean)),
        ]
        return sparse.csr_array(sparse.vstack(parts))

    def mode(
        self, observed: Array, base: Array, tau: float, rho: float, start: Array
    ) -> tuple[Array, SuperLU, Array]:
        """Most likely log risks by Newton's method, with the factors there and the mean counts."""
        prior, eta = self.precision(tau, rho), start
        for _ in range(100):
            mean = base * np.exp(eta)
            factors = _factors(self.precision(tau, rho, mean))
            step = factors.solve(observed - mean - prior @ eta)
            eta = eta + np.clip(step, -2, 2)
            if np.abs(step).max() < 1e-6:
                return eta, factors, mean
        raise DataError("The risks of the areas could not be fitted: counts too uneven.")


def _factors(matrix: SparseColumns) -> SuperLU:
    return splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


def _log_determinant(factors: SuperLU) -> float:
    return float(np.log(np.abs(factors.U.diagonal())).sum())


def _fit_prior(observed: Array, base: Array, field: _Field) -> tuple[float, float]:
    """Precision and spatial share that make the counts most likely (Laplace's approximation)."""
    eta = np.zeros(field.n)

    def surprise(parameters: Array) -> float:
        nonlocal eta
        tau, rho = np.exp(parameters[0]), 1 / (1 + np.exp(-parameters[1]))
        eta, factors, mean = field.mode(observed, base, tau, rho, eta)
        prior = field.precision(tau, rho)
        likelihood = observed @ np.log(mean) - mean.sum() - eta @ (prior @ eta) / 2
        return -float(
            likelihood + (_log_determinant(_factors(prior)) - _log_determinant(factors)) / 2
        )

    # Away from the edges, where risks do not vary (tau) or one smooth surface explains all (rho).
    bounds = [(np.log(0.05), np.log(1e4)), (-4.0, 6.0)]
    found = optimize.minimize(
        surprise,
        np.array([1.0, 1.0]),
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": 0.1, "fatol": 0.05, "maxfev": 60},
    )
    return float(np.exp(found.x[0])), float(1 / (1 + np.exp(-found.x[1])))


def _connected_part(neighbours: Weights, most: int) -> NDArray[np.intp]:
    """All areas, or twenty connected pieces grown until they hold so many together."""
    n = neighbours.shape[0]
    if n <= most:
        return np.arange(n)
    inside = np.zeros(n, dtype=bool)
    inside[:: max(n // 20, 1)] = True
    while inside.sum() < most:
        grown = inside | (neighbours @ inside > 0)
        if grown.sum() == inside.sum():
            break
        inside = grown
    return np.flatnonzero(inside)


PRIORS: dict[str, Callable[[Array, Array, Any], Risks]] = {
    "spatial": _Leroux.fit,
    "gamma": _Gamma.fit,
}
"""Config word to function."""
