"""The tests of one factor and period, vectorised over many repeats of the counts."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special
from scipy.sparse import csr_array, eye_array

from riskindex.arrays import Array, Flags, Integers, Positions
from riskindex.factors import Factor
from riskindex.hotspots.samples import Sample
from riskindex.statistics.corrections import adjust, confidence_of
from riskindex.statistics.exact_sums.exact_draws import p_of_sums
from riskindex.statistics.exact_sums.window_sum import LogTails
from riskindex.statistics.expectation import compare
from riskindex.statistics.getis_ord import GetisOrd, Variance, deviation_of
from riskindex.statistics.poisson import TAILS, without_largest
from riskindex.statistics.tails import log_binomial_tail, nearly_log_upper_tail

if TYPE_CHECKING:
    Weights = csr_array[Any]


EXACT_UP_TO = 60
"""Windows with at most so many events keep the exact law; fuller ones take three moments."""


class Repeated(NamedTuple):
    """The tests of every repeat, shape `(draws, n)`; NaN where the test is undefined."""

    value: Array
    """The intensity: z for getis-ord, the shrunken ratio for the others."""
    p_adjusted: Array
    confidence: Array
    is_hot: Flags
    near: Flags
    """Next door to a hotspot: its window is hot, through events of others."""
    near_confidence: Array
    """That of the window of an area which has none by itself, else 0."""


def repeat_tests(sample: Sample, counts: Array, factor: Factor) -> Repeated:
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
    # All repeats of a factor in one array; the exact tests of the run look at one map at a time.
    p, value = RETESTS[factor.method](sample, counts, factor)
    # A window that is the whole map has nothing to be compared with.
    undefined = (_sizes(sample, factor) == counts.shape[1]) | ~sample.asked
    # As in the run itself: repeats must leave out the same areas.
    p[:, undefined] = np.nan
    value[:, undefined] = np.nan
    adjusted = np.array([adjust(row, factor.correction) for row in p])
    hot = adjusted <= factor.level
    confidence = np.nan_to_num(confidence_of(adjusted).astype(float))
    # With dispersion, an area below its expectation may have a small mid-p; it is never hot.
    if factor.method == "poisson" and factor.dispersion not in ("none", "given-total"):
        excess = counts @ sample.event_weights - expected_again(sample, counts, factor)
        hot, confidence = hot & (excess > 0), np.where(excess > 0, confidence, 0.0)
    nothing = np.zeros(p.shape)
    repeated = Repeated(value, adjusted, confidence, hot, nothing.astype(bool), nothing)
    if factor.neighbourhood == "score" or factor.method not in REST_TESTS:
        return repeated
    return _apart_from_next_door(repeated, p, sample, counts, factor)


def _apart_from_next_door(
    repeated: Repeated, p: Array, sample: Sample, counts: Array, factor: Factor
) -> Repeated:
    """Take the confidence from areas whose window is hot through events of others."""
    excess = counts @ sample.event_weights.astype(float) - expected_again(sample, counts, factor)
    # Fewer than expected in the area itself: hot through others, next door.
    near = (repeated.is_hot | (repeated.confidence > 0)) & (excess <= 0)
    windows = _windows(sample, factor)
    most = np.maximum.reduceat(excess[:, windows.indices], windows.indptr[:-1], axis=1)
    # An area with the largest excess of its window is hot by itself; only the others need the
    # second test.
    asked = repeated.is_hot & ~near & (excess < most)
    # Hot areas are few, so that a loop over repeats that have any is quick.
    for draw in np.flatnonzero(asked.any(axis=1)):
        rows = np.flatnonzero(asked[draw])
        rest = without_largest(csr_array(windows[rows]), excess[draw])
        # The p that the correction let through in this repeat, which the rest of the window is held
        # against.
        cut = p[draw][repeated.is_hot[draw]].max()
        near[draw, rows] = REST_TESTS[factor.method](sample, counts[draw], rest, rows, factor) > cut
    return repeated._replace(
        is_hot=repeated.is_hot & ~near,
        confidence=np.where(near, 0.0, repeated.confidence),
        near=near & repeated.is_hot,
        near_confidence=np.where(near, repeated.confidence, 0.0),
    )


def _sizes(sample: Sample, factor: Factor) -> Integers:
    return np.diff(_windows(sample, factor).indptr).astype(np.int64)


def _windows(sample: Sample, factor: Factor) -> "Weights":
    if factor.method in ("poisson", "value"):
        return csr_array(eye_array(len(sample.exposure), format="csr"))
    return sample.windows


def _getis_ord(sample: Sample, counts: Array, factor: Factor) -> tuple[Array, Array]:
    x, options = counts @ sample.event_weights.astype(float), factor.getis_ord
    # z follows the statistic, p the null: Gi* may be tested with the own value held.
    by_star = options.statistic == "gi-star"
    rows = sample.windows if by_star else sample.neighbours
    # Intensity is that of the run, whatever null the p-value is of.
    standard = _drawn(x, rows, held=not by_star, variance=options.variance)
    tested = standard
    if options.held == by_star:
        rows = sample.windows if options.drawn_with_itself else sample.neighbours
        tested = _drawn(x, rows, held=options.held, variance=options.variance)
    # All values alike: nothing is unusual.
    p = np.where(tested.variance > 0, P_OF_DRAWS[options.p](x, tested, options), 1.0)
    # A window of the area alone has no sum of neighbours.
    p[:, _sizes(sample, factor) == 1] = np.nan
    return p, np.where(np.isnan(p), np.nan, standard.z)


class _Drawn(NamedTuple):
    """Sums of draws without replacement with the moments of the law of each; shape `(draws, n)`."""

    sums: Array
    sizes: Integers
    """How many values each sum adds up, shape `(n,)`."""
    mean: Array
    variance: Array
    third: Array
    """Third central moment."""
    held: bool
    """Whether each area's own value is left out of the draw."""
    deviation: float = 1.0
    """What z divides by beside the standard deviation of the law."""

    @property
    def z(self) -> Array:
        """The sums in standard deviations; 0 where they cannot vary."""
        spread, some = np.sqrt(self.variance), self.variance > 0
        nothing = np.zeros_like(self.sums)
        spread = spread * self.deviation
        return np.divide(self.sums - self.mean, spread, out=nothing, where=some)


def _drawn(x: Array, rows: "Weights", *, held: bool, variance: Variance) -> _Drawn:
    """Observed sums of the rows, and their moments if the values are shuffled."""
    m = np.diff(rows.indptr).astype(np.int64)
    n, mean = x.shape[1], x.mean(axis=1, keepdims=True)
    c = x - mean
    own = c if held else np.zeros_like(c)
    # Moments of what is drawn from, about the mean of all: without the own value where it is held.
    n -= held
    r1, r2, r3 = ((np.sum(c**k, axis=1, keepdims=True) - own**k) / n for k in (1, 2, 3))
    second = np.maximum(r2 - r1**2, 0.0)
    # What is left of equal numbers is rounding, and no variance.
    second = np.where(second > 1e-12 * np.maximum(r2, 1e-300), second, 0.0)
    # Central moments of the values drawn from, then of a sum of m of n without replacement.
    third = r3 - 3 * r1 * r2 + 2 * r1**3
    return _Drawn(
        sums=(rows @ x.T).T,
        sizes=m,
        mean=m * (mean + r1),
        variance=second * m * (n - m) / (n - 1),
        third=third * m * (n - m) * (n - 2 * m) / ((n - 1) * max(n - 2, 1)),
        held=held,
        deviation=deviation_of(variance, n),
    )


def _exact(x: Array, drawn: _Drawn, options: GetisOrd) -> Array:
    """The exact law where the sums are small, and three moments where they are not."""
    # The exact law costs by the size of the largest sum.
    if drawn.sums.max(initial=0) > EXACT_UP_TO:
        return _three_moments(drawn)
    values, sums = x.astype(np.int64), np.rint(drawn.sums).astype(np.int64)
    return np.array(
        [
            p_of_sums(v, drawn.sizes, s, held=v if drawn.held else None)
            for v, s in zip(values, sums, strict=True)
        ]
    )


def _permuted(x: Array, drawn: _Drawn, options: GetisOrd) -> Array:
    """Expected permutation p-value (P p + 1) / (P + 1), without the noise of P permutations."""
    return (options.permutations * _exact(x, drawn, options) + 1) / (options.permutations + 1)


def _three_moments(drawn: _Drawn) -> Array:
    """Upper tail of a sum of draws without replacement, as a gamma with its three moments."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # A gamma shifted and scaled to three moments: 2 over the skewness is the root of its shape.
        root = 2 * drawn.variance**1.5 / drawn.third
        # Sums go up in steps of 1 at least: half a step is the correction for continuity.
        z = (drawn.sums - drawn.mean - 0.5) / np.sqrt(drawn.variance)
        p = special.gammaincc(root**2, np.maximum(root**2 + z * root, 0.0))
    return np.asarray(np.where(drawn.third > 0, p, special.ndtr(-z)))


P_OF_DRAWS: Mapping[str, Callable[[Array, _Drawn, GetisOrd], Array]] = MappingProxyType(
    {
        "auto": _exact,
        "exact": _exact,
        "permutation": _permuted,
        "approximate": _exact,
        "normal": lambda x, drawn, options: np.asarray(special.ndtr(-drawn.z)),
    }
)
"""How p is had from sums of draws, by the config word."""


def _against_expectation(sample: Sample, counts: Array, factor: Factor) -> tuple[Array, Array]:
    """Windows, or areas by themselves, against what is expected of them."""
    windows = _windows(sample, factor)
    p, value = np.ones(counts.shape[:2]), np.zeros(counts.shape[:2])
    # A repeat without an event has no rate to test against.
    events = counts.any(axis=(1, 2))
    moments = np.array([_moments(sample, x, windows, factor) for x in counts[events]])
    if not len(moments):
        return p, value
    observed, k1, k2, k3, step = np.moveaxis(moments, 1, 0)
    # In units of the average event's weight, so that shrinkage sees counts and not days of harm.
    value[events] = _shrunken(observed / step, k1 / step)
    if factor.dispersion == "given-total":
        p[events] = _given_total(sample, counts[events], observed, factor)
        return p, value
    p[events] = _tail_of_moments(observed, (k1, k2, k3), step, factor)
    return p, value


def _tail_of_moments(
    observed: Array, cumulants: tuple[Array, Array, Array], step: Array, factor: Factor
) -> Array:
    """Upper tail of a sum with three cumulants, as a negative binomial in steps."""
    k1, k2, k3 = cumulants
    # Three cumulants of a negative binomial in steps, solved for its mean and dispersion; below
    # Poisson's skewness the dispersion is 0.
    excess = np.maximum((k3 / (step * k2) - 1) / 2, 0.0)
    mean = k2 / (step**2 * (1 + excess))
    above = (observed - k1) / step + mean
    tails = LogTails(*(nearly_log_upper_tail(above + m, mean, excess / mean) for m in (0, 1)))
    return np.asarray(np.exp(TAILS[factor.tail](tails)))


def _rest_against_expectation(
    sample: Sample, counts: Array, rest: "Weights", rows: Positions, factor: Factor
) -> Array:
    """p of what is left of some windows, with the dispersion of all."""
    observed, k1, k2, k3, step = _moments(sample, counts, rest, factor)
    if factor.dispersion == "given-total":
        share = rest @ (sample.exposure / sample.exposure.sum())
        tails = LogTails(*(log_binomial_tail(observed + m, counts.sum(), share) for m in (0, 1)))
        return np.exp(TAILS[factor.tail](tails))
    return _tail_of_moments(observed, (k1, k2, k3), step, factor)


def _rest_of_draws(
    sample: Sample, counts: Array, rest: "Weights", rows: Positions, factor: Factor
) -> Array:
    """p of what is left of some windows, as draws of so many values without replacement."""
    x, options = counts @ sample.event_weights.astype(float), factor.getis_ord
    whole = sample.windows if options.drawn_with_itself else sample.neighbours
    windows = csr_array(whole[rows])
    values = x[windows.indices]
    most = np.maximum.reduceat(values, windows.indptr[:-1])
    sizes = np.diff(windows.indptr).astype(np.int64) - 1
    sums = np.rint(windows @ x - most).astype(np.int64)
    held = x[rows].astype(np.int64) if options.held else None
    return p_of_sums(x.astype(np.int64), sizes, sums, held=held)


REST_TESTS: Mapping[str, Callable[..., Array]] = MappingProxyType(
    {"window": _rest_against_expectation, "getis-ord": _rest_of_draws}
)
"""How windows without their most excessive area are tested, by the config word of the method."""


def _given_total(sample: Sample, counts: Array, observed: Array, factor: Factor) -> Array:
    """Binomial tails of windows, given how many events each repeat has in all."""
    share = _windows(sample, factor) @ (sample.exposure / sample.exposure.sum())
    total = counts.sum(axis=(1, 2))[:, None]
    tails = LogTails(*(log_binomial_tail(observed + more, total, share) for more in (0, 1)))
    return np.exp(TAILS[factor.tail](tails))


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
    # Estimated anew in each repeat, as the run does.
    w = study.dispersion
    # Moments of a compound sum: the mean number of each group times powers of its weight.
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


def expected_again(sample: Sample, counts: Array, factor: Factor) -> Array:
    """Weighted events expected of each area in repeats of the counts; shape `(draws, n)`.

    Parameters
    ----------
    sample, counts, factor
        As for `repeat_tests`.
    """
    weights = sample.event_weights.astype(float)
    if sample.centroids is None:
        # The repeat's own total: expectations follow what was drawn.
        return np.outer(counts.sum(axis=1) @ weights, sample.exposure / sample.exposure.sum())
    studies = (
        compare(
            one,
            sample.exposure,
            sample.neighbours,
            jumps=sample.event_weights,
            dispersion="none",
            background=factor.background,
            centroids=sample.centroids,
        )
        for one in counts
    )
    return np.array([study.means @ weights for study in studies])


def _shrunken(observed: Array, expected: Array) -> Array:
    """Ratios drawn towards the mean of their repeat, by Marshall's moments, as `shrink` does."""
    base = expected.sum(axis=1, keepdims=True)
    m = observed.sum(axis=1, keepdims=True) / base
    ratio = observed / expected
    spread = (expected * (ratio - m) ** 2).sum(axis=1, keepdims=True) / base
    # Variance of risks beyond that of counting; none is left where counting explains it all.
    a = np.maximum(spread - m / expected.mean(axis=1, keepdims=True), 0.0)
    kept = np.divide(a, a + m / expected, out=np.zeros_like(ratio), where=a > 0)
    return np.asarray(m + (ratio - m) * kept)


def _rate(sample: Sample, counts: Array, factor: Factor) -> tuple[Array, Array]:
    """The rate as it is, for the method value, which tests nothing."""
    value = counts @ (sample.event_weights * sample.unit) / sample.exposure
    return np.ones(value.shape), value


RETESTS: Mapping[str, Callable[[Sample, Array, Factor], tuple[Array, Array]]] = MappingProxyType(
    {
        "getis-ord": _getis_ord,
        "window": _against_expectation,
        "poisson": _against_expectation,
        "value": _rate,
    }
)
"""Methods that test areas, by their config word: p and value."""
