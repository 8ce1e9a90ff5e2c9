"""Risks of several kinds of events that go together, drawn from one posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskindex.arrays import Array, Flags

NO_RISK = 1e-3
"""Ratios below so little are taken for it: their logarithms would have no end."""
LEAST_VARIANCE = 1e-12
"""Of a logarithm: what varies less is rounding."""
FEWEST_AREAS = 20
"""Fewer areas show nothing of what goes together."""
LEAST_SPREAD = 0.05
"""Of the eigenvalues of correlations: estimated pair by pair, they need not fit together."""


@dataclass(frozen=True)
class JointRisks:
    """What the risks of one kind of events say about those of the others, area by area.

    Risks that were estimated kind by kind are drawn too near to the average where kinds share
    their causes: an area with many events of five kinds has more of the sixth than its own few
    events show. Logarithms of the risks are taken for multivariate normal, with the correlations
    that the estimates have once their uncertainty is taken out.

    References
    ----------
    Efron and Morris (1972), Biometrika 59, 335-347 (several means at once); Spearman (1904),
    American Journal of Psychology 15, 72-101 (correlations of uncertain measures).
    """

    kinds: Flags
    """Which kinds have risks that vary, shape `(kinds,)`; the others are left as they are."""
    areas: Flags
    """Which areas have a risk of all of these, shape `(n,)`."""
    correlations: Array
    """Of the logarithms of the true risks, shape `(k, k)` for the k kinds that vary."""
    means: Array
    """Of an area's posterior, given that kind alone; logarithms, shape `(m, k)` for m areas."""
    deviations: Array
    """Its standard deviation, shape `(m, k)`."""
    joint_means: Array
    """Of an area's posterior given all kinds, shape `(m, k)`."""
    joint_roots: Array
    """Cholesky factors of its covariances, shape `(m, k, k)`."""

    @classmethod
    def fit(cls, risks: Array) -> JointRisks:
        """Find the correlations, and every area's joint posterior.

        Parameters
        ----------
        risks
            Draws from each kind's own posterior, shape `(draws, n, kinds)`, at least 20; zero or
            more. NaN where an area has no risk of a kind.
        """
        logs = np.log(np.maximum(risks, NO_RISK))
        kinds = np.nanvar(logs, axis=(0, 1)) > LEAST_VARIANCE
        areas = np.isfinite(logs[0][:, kinds]).all(axis=1)
        if kinds.sum() < 2 or areas.sum() < FEWEST_AREAS:
            none = np.empty((0, 0))
            nowhere = np.zeros_like(kinds), np.zeros_like(areas)
            return cls(*nowhere, none, none, none, none, np.empty((0, 0, 0)))
        logs = logs[:, areas][:, :, kinds]
        means, variances = logs.mean(axis=0), np.maximum(logs.var(axis=0), LEAST_VARIANCE)
        # Law of total variance: posteriors of all areas together are the prior.
        prior = means.mean(axis=0), variances.mean(axis=0) + means.var(axis=0)
        correlations = _correlations(means, prior[1])
        joint, covariance = _posterior(means, variances, prior, correlations)
        roots = np.asarray(np.linalg.cholesky(covariance), dtype=float)
        return cls(kinds, areas, correlations, means, np.sqrt(variances), joint, roots)

    def adjust(self, risks: Array) -> Array:
        """Draws of each kind by itself made draws of all kinds together.

        Parameters
        ----------
        risks
            As for `fit`: further draws from the same posteriors.

        Returns
        -------
        Array
            Same shape. Kinds that do not go together stay as they were, as do areas without a
            risk of some kind.
        """
        every = np.arange(len(risks))
        place = np.ix_(every, np.flatnonzero(self.areas), np.flatnonzero(self.kinds))
        # Noise of the draws is kept, and with it its skewness and what neighbours share.
        noise = (np.log(np.maximum(risks[place], NO_RISK)) - self.means) / self.deviations
        adjusted = np.array(risks, dtype=float)
        moved = (self.joint_roots @ noise[..., None])[..., 0]
        adjusted[place] = np.exp(self.joint_means + moved)
        return adjusted


def _correlations(means: Array, spread: Array) -> Array:
    """Of true log risks, from those of their posterior means; positive definite, shape (k, k)."""
    reliability = means.var(axis=0) / spread
    # A posterior mean has moved towards the average by its reliability, and so has a covariance,
    # twice.
    moved = reliability * np.sqrt(spread)
    found = np.cov(means, rowvar=False, ddof=0).reshape(len(spread), -1) / np.outer(moved, moved)
    # Few areas or unsure risks make any correlation: as much as chance would make is taken off
    # (positive-part shrinkage).
    chance = 1 / (len(means) * np.outer(reliability, reliability))
    kept = np.clip(found, -1, 1) * np.clip(1 - chance / np.maximum(found**2, 1e-12), 0, 1)
    np.fill_diagonal(kept, 1)
    values, eigenvectors = np.linalg.eigh(kept)
    near = (eigenvectors * np.maximum(values, LEAST_SPREAD)) @ eigenvectors.T
    scale = np.sqrt(np.diag(near))
    return np.asarray(near / np.outer(scale, scale))


def _posterior(
    means: Array, variances: Array, prior: tuple[Array, Array], correlations: Array
) -> tuple[Array, Array]:
    """Means and covariances given all kinds, from those given each by itself.

    What an area's own events say is its posterior without its prior; the joint prior is put in
    the place of the separate ones.
    """
    centre, spread = prior
    # An area of few events may be less sure than the average prior: its prior is as wide.
    wide = np.maximum(spread, 1.05 * variances)
    root = 1 / np.sqrt(wide)
    together = np.linalg.inv(correlations) * root[:, :, None] * root[:, None, :]
    precision = together.copy()
    diagonal = np.arange(len(centre))
    precision[:, diagonal, diagonal] += 1 / variances - 1 / wide
    pull = means / variances - centre / wide + together @ centre
    covariance = np.asarray(np.linalg.inv(precision), dtype=float)
    return (covariance @ pull[:, :, None])[..., 0], covariance
