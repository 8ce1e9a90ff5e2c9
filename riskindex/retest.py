"""The tests of one factor and period on many repeats of the counts at once, as fast as they go."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.sparse import csr_array, eye_array

from riskindex.corrections import adjust, confidence_of
from riskindex.draws import p_of_sums
from riskindex.expectation import compare
from riskindex.factors import Factor
from riskindex.poisson import TAILS
from riskindex.samples import Sample
from riskindex.tails import nearly_log_upper_tail
from riskindex.window_sum import LogTails

if TYPE_CHECKING:
    Weights = csr_array[Any]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

EXACT_UP_TO = 60
"""Windows with at most so many events keep the exact law; fuller ones take three moments."""


class Repeated(NamedTuple):
    """The tests of every repeat, shape `(draws, n)`; NaN where the test is undefined."""

    value: Array
    """The intensity: z for getis-ord, the shrunken ratio for the others."""
    p_adjusted: Array
    confidence: Array
    is_hot: Flags


def retest(sample: Sample, counts: Array, factor: Factor) -> Repeated:
    """Test repeats of the counts of one factor and period.

    Parameters
    ----------
    sample
        The areas, their exposure and neighbours; its own counts are not used.
    counts
        Shape `(draws, n, groups)`, whole numbers.
    factor
        Names the method, correction and level.

    Returns
    -------
    Repeated
        A repeat in which nothing was counted has no hot area. Where windows hold many events the
        tail is matched to three moments instead of exact; on average the flag of at most one
        area in a repeat differs (measured in the tests).
    """
    p, value = RETESTS[factor.method](sample, counts, factor)
    undefined = (_sizes(sample, factor) == counts.shape[1]) | ~sample.asked
    p[:, undefined] = np.nan
    value[:, undefined] = np.nan
    adjusted = np.array([adjust(row, factor.correction) for row in p])
    hot = adjusted <= factor.level
    return Repeated(value, adjusted, confidence_of(adjusted).astype(float), hot)


def _sizes(sample: Sample, factor: Factor) -> NDArray[np.int64]:
    return np.diff(_windows(sample, factor).indptr).astype(np.int64)


def _windows(sample: Sample, factor: Factor) -> "Weights":
    if factor.method == "poisson":
        return csr_array(eye_array(len(sample.exposure), format="csr"))
    return sample.windows


def _gi_star(sample: Sample, counts: Array, factor: Factor) -> tuple[Array, Array]:
    x = counts @ sample.event_weights.astype(float)
    sums = (sample.windows @ x.T).T
    m = _sizes(sample, factor)
    n, mean = x.shape[1], x.mean(axis=1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=1, keepdims=True) * m * (n - m) / (n - 1)
    some = variance > 0
    z = np.divide(sums - m * mean, np.sqrt(variance), out=np.zeros_like(sums), where=some)
    if sums.max(initial=0) <= EXACT_UP_TO:
        values, totals = x.astype(np.int64), np.rint(sums).astype(np.int64)
        p = [p_of_sums(v, m, t) for v, t in zip(values, totals, strict=True)]
        return np.where(some, np.array(p), 1.0), z
    return np.where(some, _three_moments(x, sums, m), 1.0), z


def _three_moments(x: Array, sums: Array, m: NDArray[np.int64]) -> Array:
    """Upper tail of a sum of m draws without replacement, as a gamma with its three moments."""
    n = x.shape[1]
    mean = x.mean(axis=1, keepdims=True)
    second, third = (((x - mean) ** r).mean(axis=1, keepdims=True) for r in (2, 3))
    variance = second * m * (n - m) / (n - 1)
    skew = third * m * (n - m) * (n - 2 * m) / ((n - 1) * (n - 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        root = 2 * variance**1.5 / skew
        # Sums go up in steps of 1 at least: half a step is the correction for continuity.
        z = (sums - m * mean - 0.5) / np.sqrt(variance)
        p = special.gammaincc(root**2, np.maximum(root**2 + z * root, 0.0))
    return np.asarray(np.where(skew > 0, p, special.ndtr(-z)))


def _against_expectation(sample: Sample, counts: Array, factor: Factor) -> tuple[Array, Array]:
    """Windows, or areas by themselves, against what is expected of them."""
    windows = _windows(sample, factor)
    p, value = np.ones(counts.shape[:2]), np.zeros(counts.shape[:2])
    events = counts.any(axis=(1, 2))
    moments = np.array([_moments(sample, x, windows, factor) for x in counts[events]])
    if not len(moments):
        return p, value
    observed, k1, k2, k3, step = np.moveaxis(moments, 1, 0)
    excess = np.maximum((k3 / (step * k2) - 1) / 2, 0.0)
    mean = k2 / (step**2 * (1 + excess))
    above = (observed - k1) / step + mean
    tails = LogTails(*(nearly_log_upper_tail(above + m, mean, excess / mean) for m in (0, 1)))
    p[events] = np.exp(TAILS[factor.tail](tails))
    value[events] = _shrunken(observed / step, k1 / step)
    return p, value


def _moments(sample: Sample, counts: Array, windows: "Weights", factor: Factor) -> Array:
    """Observed sum, three cumulants of the expected one, and its step; shape `(5, n)`."""
    study = compare(
        counts,
        sample.exposure,
        sample.neighbours,
        jumps=sample.event_weights,
        dispersion=factor.dispersion,
        background="county" if sample.centroids is None else "local",
        centroids=sample.centroids,
    )
    w = study.dispersion
    m1, m2, m3 = (study.means @ sample.event_weights.astype(float) ** r for r in (1, 2, 3))
    parts = [
        study.intensity.total,
        m1,
        m2 + w * m1**2,
        m3 + 3 * w * m1 * m2 + 2 * w**2 * m1**3,
        m2,
    ]
    observed, k1, k2, k3, second = (windows @ np.column_stack(parts)).T
    return np.array([observed, k1, k2, k3, second / k1])


def _shrunken(observed: Array, expected: Array) -> Array:
    """Ratios drawn towards the mean of their repeat, by Marshall's moments, as `shrink` does."""
    base = expected.sum(axis=1, keepdims=True)
    m = observed.sum(axis=1, keepdims=True) / base
    ratio = observed / expected
    spread = (expected * (ratio - m) ** 2).sum(axis=1, keepdims=True) / base
    a = np.maximum(spread - m / expected.mean(axis=1, keepdims=True), 0.0)
    kept = np.divide(a, a + m / expected, out=np.zeros_like(ratio), where=a > 0)
    return np.asarray(m + (ratio - m) * kept)


RETESTS: Mapping[str, Callable[[Sample, Array, Factor], tuple[Array, Array]]] = MappingProxyType(
    {
        "getis-ord": _gi_star,
        "window": _against_expectation,
        "poisson": _against_expectation,
    }
)
"""Methods that test areas, by their config word: p and value."""
