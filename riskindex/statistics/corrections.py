"""Corrections for testing many areas at once, and what a corrected p-value is called."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from riskindex.arrays import Array, Bands

BANDS = ((0.10, 90), (0.05, 95), (0.01, 99))
"""Largest adjusted p of each confidence band, the widest first."""


def adjust(p: Array, method: str) -> Array:
    """p-values corrected for how many areas were tested.

    Parameters
    ----------
    p
        One p-value per area, any shape; NaN where not assessed, which counts for nothing.
    method
        A word of CORRECTIONS.

    Returns
    -------
    Array
        Adjusted p-values, at most 1, NaN where p is. The order of the areas does not matter.

    References
    ----------
    Benjamini and Hochberg (1995), JRSS B 57, 289-300; Benjamini and Yekutieli (2001), Annals of
    Statistics 29, 1165-1188.
    """
    p = np.asarray(p, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    # Areas that were not tested must not make the correction stricter for the others.
    assessed = ~np.isnan(p)
    if assessed.any():
        adjusted[assessed] = CORRECTIONS[method](p[assessed])
    return adjusted


def confidence_of(p_adjusted: Array) -> Bands:
    """Confidence band of adjusted p-values: 99, 95, 90, or 0 for none and for not assessed."""
    confidence = np.zeros(np.shape(p_adjusted), dtype=np.int8)
    # The widest first: narrower bands overwrite.
    for largest, band in BANDS:
        confidence[np.asarray(p_adjusted) <= largest] = band
    return confidence


def _bonferroni(p: Array) -> Array:
    return np.minimum(1, p * len(p))


def _step_up(p: Array, *, penalty: float = 1.0) -> Array:
    # From the largest p down, so that an adjusted p is never above that of a larger one (step-up).
    order = np.argsort(p, kind="stable")[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate(np.minimum(1, p[order] * (penalty * len(p) / ranks)))
    return adjusted


def _benjamini_yekutieli(p: Array) -> Array:
    # Valid under any dependence, which windows that overlap have; the price is the harmonic sum.
    return _step_up(p, penalty=float((1 / np.arange(1, len(p) + 1)).sum()))


CORRECTIONS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "none": np.copy,
        "bonferroni": _bonferroni,
        "benjamini-hochberg": _step_up,
        "benjamini-yekutieli": _benjamini_yekutieli,
    }
)
"""Corrections by their config word; each takes the p-values of the assessed areas."""
