"""Dispersion: variance of areas' relative risks beyond Poisson, and its spatial structure."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array

from riskindex.arrays import Array, Flags, IdentityKey, Positions, SmallIntegers
from riskindex.statistics.heavy_tails import lognormal_over_gamma
from riskindex.statistics.tails import log_upper_tail

CALM_EVENTS = 3.0
"""Pairs weigh ((expected + 3) / (observed + 3))^3 of the areas around them, at most 1."""

MOST_LEFT_OUT = 5
"""So many single areas at most are left out of a dispersion that they alone make, and no more than
one in 20."""
HEAVIER = 1.5
"""By how much the variance is raised where risks have a heavier tail than gamma."""
LIKELIER = 1.0
"""By so much must the log likelihood of lognormal risks be above that of gamma ones."""
IMPLAUSIBLE = 0.001
"""An area is extreme where no more than so many of all areas would have a count like its own."""


class Intensity(NamedTuple):
    """Weighted events per unit of exposure, with what is needed to study their variation."""

    total: Array
    """Weighted sum of events y per area."""
    noise: Array
    """What chance alone adds to y squared: the sum of a^2 x over the groups (x itself if a = 1)."""
    exposure: Array
    """What events are expected from, positive."""

    @property
    def step(self) -> float:
        """The average weight, as far as chance is concerned: 1 for counts."""
        return float(self.noise.sum() / self.total.sum()) if self.total.any() else 1.0

    @property
    def mean(self) -> Array:
        """Expected number of events of the average weight, at the overall rate."""
        return np.asarray(self.exposure * self.total.sum() / self.exposure.sum() / self.step)


def pair_ratio_dispersion(
    observed: ArrayLike, exposure: ArrayLike, neighbours: csr_array, *, passes: int = 3
) -> float:
    """Variance of the areas' relative risks, by pair ratio over neighbours.

    It compares x (x - 1) within areas with x_i x_j between neighbours: risk that is locally
    constant cancels, so that real clusters barely inflate the estimate. What their edges add is
    held down by weighing pairs less where the areas around the pair (without the pair itself,
    whose counts the weight must not know) have more events than expected.

    Parameters
    ----------
    observed
        Counts x, shape `(n,)`; NaN for areas that are not assessed.
    exposure
        What events are expected from; areas where it is missing or zero are left out.
    neighbours
        Binary, shape `(n, n)`, zero diagonal.
    passes
        How often the weights of the pairs are renewed with the dispersion found.

    Returns
    -------
    float
        w, floored at 0. Counts are then taken to vary by `mean + w mean^2`. Where no two
        neighbours have events, the estimate compares with the overall rate instead.
    """
    x, e = np.asarray(observed, float), np.asarray(exposure, float)
    keep = assessed(x, e)
    return pair_ratio(
        Intensity(x[keep], x[keep], e[keep]), neighbours[keep][:, keep], passes=passes
    )


def assessed(observed: Array, exposure: Array) -> Flags:
    """Areas with a count and a positive exposure."""
    return np.asarray(~np.isnan(observed) & (exposure > 0))


class Spread(NamedTuple):
    """The dispersion that tests use, that of all areas, and the extreme areas left out of it."""

    dispersion: float
    """What tests allow for: the variance, raised where the risks' tail is heavier than gamma."""
    variance: float
    """Of the areas' relative risks."""
    of_all: float
    """The same with the extreme areas."""
    left_out: Flags
    """Areas whose counts alone make most of the dispersion of all."""


def pair_ratio(intensity: Intensity, neighbours: csr_array, *, passes: int = 3) -> float:
    """`pair_ratio_dispersion` of weighted events, for assessed areas only."""
    return _robust(intensity, neighbours, passes).variance


def pair_ratio_spread(intensity: Intensity, neighbours: csr_array, *, passes: int = 3) -> Spread:
    """The dispersion by pair ratio that tests allow for.

    Tests take gamma risks. Where areas in calm places (no more events around them than expected,
    so that clusters have no say) are more like lognormal ones, the variance is raised by
    `HEAVIER`, so that the tails of windows reach as far. Weighted events are not asked.
    Parameters are those of `_robust`.
    """
    spread = _robust(intensity, neighbours, passes)
    raised = HEAVIER if _is_heavy(intensity, neighbours, spread) else 1.0
    return spread._replace(dispersion=raised * spread.variance)


def _is_heavy(intensity: Intensity, neighbours: csr_array, spread: Spread) -> bool:
    """Whether risks in calm places are more like lognormal than gamma ones."""
    # Only counts have a lognormal law to compare with; a weighted sum has none.
    x, e = intensity.total, intensity.exposure
    if spread.variance == 0 or not np.array_equal(x, intensity.noise):
        return False
    # Clusters look like a heavy tail: only places whose neighbours have no more than expected are
    # compared.
    calm = (neighbours @ x <= neighbours @ intensity.mean) & ~spread.left_out
    events = x[calm].sum()
    if events == 0:
        return False
    means = e[calm] * (events / e[calm].sum())
    return lognormal_over_gamma(x[calm], means, spread.variance) > LIKELIER


def _robust(intensity: Intensity, neighbours: csr_array, passes: int) -> Spread:
    """The dispersion by pair ratio, without single areas that would decide it for all.

    Where a few areas make more than half of the dispersion, and their counts are out of reach of
    a negative binomial law with the dispersion of the others (raised by three of its standard
    errors, as the most extreme areas were taken out of it), the others decide: a prison among
    quiet areas says nothing of how quiet areas vary. Areas whose exposure cannot be that of their
    count are of this kind.

    Parameters
    ----------
    intensity
        Of assessed areas only.
    neighbours, passes
        As in `pair_ratio_dispersion`.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202 (dispersion of funnel plots without
    the most extreme units); Cook (1977), Technometrics 19, 15-18 (influence by leaving out).
    """
    n = len(intensity.total)
    w, parts = _pair_ratio(intensity, neighbours, passes)
    everyone = Spread(w, w, w, np.zeros(n, bool))
    # At most a twentieth: more areas are no single extremes but the spread itself.
    most = np.argsort(-parts.own, kind="stable")[: min(MOST_LEFT_OUT, n // 20)]
    # What is left at the same weights tells cheaply that others hold the dispersion up.
    if w == 0 or not len(most) or parts.without(most) > 2 * w / 3:
        return everyone
    out = np.zeros(n, bool)
    out[most] = True
    trimmed, _ = _pair_ratio(*_without(intensity, neighbours, out), passes)
    out[most] = _out_of_reach(intensity, most, trimmed)
    # Only counts that are implausible for the others stay out; the rest come back, and the estimate
    # is made again.
    if not out[most].all():
        trimmed, _ = _pair_ratio(*_without(intensity, neighbours, out), passes)
    # Left out only where it halves the dispersion: what does not decide it needs no exception that
    # must be explained.
    return Spread(trimmed, trimmed, w, out) if trimmed < w / 2 and out.any() else everyone


class _Parts(NamedTuple):
    """What the pairs of each area add to the two sums whose ratio the dispersion is."""

    own: Array
    """What each area's own pairs of events add to the upper sum."""
    top_of: Array
    bottom_of: Array
    top: float
    bottom: float

    def without(self, some: Positions) -> float:
        """The dispersion without some areas, at the same weights."""
        # At the same weights, which is cheap and good enough to say whether to look closer.
        left = self.bottom - self.bottom_of[some].sum()
        top = max(self.top - self.top_of[some].sum(), 0.0)
        return float(top / left) - 1 if left > 1e-9 * self.bottom else 0.0


def _out_of_reach(intensity: Intensity, some: Positions, w: float) -> Flags:
    """Whether counts of some areas are implausible given the rate and dispersion of the others."""
    rest = np.ones(len(intensity.total), bool)
    rest[some] = False
    rate = intensity.total[rest].sum() / intensity.exposure[rest].sum() / intensity.step
    if rate == 0:
        return np.ones(len(some), bool)
    information = (_precision(intensity.exposure[rest] * rate, w) ** 2).sum()
    counts = np.ceil(intensity.total[some] / intensity.step)
    # Three standard errors are added to the dispersion: that of few areas is not well known, and an
    # area is not extreme for that.
    spread = w + 3 / np.sqrt(information)
    log_p = log_upper_tail(counts, intensity.exposure[some] * rate, dispersion=spread)
    return np.asarray(log_p < np.log(IMPLAUSIBLE / len(intensity.total)))


def _without(
    intensity: Intensity, neighbours: csr_array, out: Flags
) -> tuple[Intensity, csr_array]:
    kept = Intensity(*(column[~out] for column in intensity))
    return kept, neighbours[~out][:, ~out]


def _pair_ratio(intensity: Intensity, neighbours: csr_array, passes: int) -> tuple[float, "_Parts"]:
    """The dispersion of all areas, and what each adds to it."""
    y, noise, e = intensity
    zeros = np.zeros(len(y))
    nothing = _Parts(zeros, zeros, zeros, 0.0, 0.0)
    if not y.any():
        return 0.0, nothing
    # Pairs of neighbours: where risk is locally constant it cancels in the ratio, so that real
    # clusters hardly inflate the dispersion.
    mu = intensity.mean
    pairs = _pairs_of(IdentityKey(neighbours))
    share = pairs.share * _calm(y / intensity.step, mu, pairs)
    # Row i holds the pairs of i with later areas, so that sums over pairs are products.
    later = _matrix(share, pairs)
    # y(y - 1) in place of y^2: what Poisson noise adds by itself is taken off.
    within, rate = (y**2 - noise) / e**2, y / e
    w = 0.0
    for _ in range(passes):
        # The best weights depend on the dispersion itself; three passes settle.
        u = _precision(mu, w)
        # Not `@` between vectors: BLAS would add up in an order that depends on its threads.
        top = np.sum(u * within * (later @ u) + u * (later @ (u * within))) / 2
        bottom = np.sum(u * rate * (later @ (u * rate)))
        # Without events in two adjoining areas no pair tells anything; the overall rate does.
        if bottom <= 0:
            return against_overall_rate(intensity), nothing
        w = max(float(top / bottom) - 1, 0.0)
    around = [later @ a + later.T @ a for a in (u, u * within, u * rate)]
    own = u * within * around[0] / 2
    return w, _Parts(own, own + u * around[1] / 2, u * rate * around[2], float(top), float(bottom))


def moment_dispersion(observed: ArrayLike, exposure: ArrayLike) -> float:
    """Variance of the areas' relative risks by moments, against the overall rate.

    Clusters and smooth backgrounds count in full, unlike in `pair_ratio_dispersion`.
    Areas with a missing count, or missing or zero exposure, are left out.
    """
    x, e = np.asarray(observed, float), np.asarray(exposure, float)
    keep = assessed(x, e)
    return against_overall_rate(Intensity(x[keep], x[keep], e[keep]))


def against_overall_rate(intensity: Intensity) -> float:
    """`moment_dispersion` of weighted events, for assessed areas only."""
    y, noise, e = intensity
    if not y.any():
        return 0.0
    # Against one rate for all: clusters count as dispersion, which is why it is not the default.
    expected = e * y.sum() / e.sum()
    return max(float((y**2 - noise).sum() / (expected**2).sum()) - 1, 0.0)


class NeighbourCovariance(NamedTuple):
    """How alike the risks of neighbours are: a structured background, or clusters."""

    covariance: float
    """Mean product of neighbours' relative risks minus 1, with the weights of the pair ratio."""
    z: float
    """The same in standard errors, if areas were independent; NaN where undefined."""


def neighbour_covariance(
    observed: ArrayLike, exposure: ArrayLike, neighbours: csr_array, *, dispersion: float
) -> NeighbourCovariance:
    """Covariance of relative risks (count over expected) between neighbours.

    A large z says that "hot" means hotter than the study area as a whole, which whole
    quarters of it may be; `background="local"` asks for hotter than the surroundings.
    Arguments are those of `pair_ratio_dispersion`.
    """
    x, e = np.asarray(observed, float), np.asarray(exposure, float)
    keep = assessed(x, e)
    mu = e[keep] * x[keep].sum() / e[keep].sum()
    # The same neighbours are asked about in every period.
    kept = neighbours if keep.all() else neighbours[keep][:, keep]
    i, j, share, _ = _pairs_of(IdentityKey(kept))
    if not len(i) or not mu.all():
        return NeighbourCovariance(np.nan, np.nan)
    u = _precision(mu, dispersion)
    v = u[i] * u[j] * share
    excess, variance = x[keep] / mu - 1, 1 / mu + dispersion
    # If areas were independent, products of neighbours would be so, too.
    spread = np.sqrt(v**2 @ (variance[i] * variance[j]))
    covariance = v @ (excess[i] * excess[j])
    return NeighbourCovariance(float(covariance / v.sum()), float(covariance / spread))


def _precision(mu: Array, w: float) -> Array:
    """Weight of an area's count in the estimate of the variance: its precision."""
    return np.asarray(mu / np.sqrt(2 * (1 + w * mu) ** 2 + 1 / mu))


class _Pairs(NamedTuple):
    """Each pair of neighbours once, in the order of the first area."""

    i: SmallIntegers
    j: SmallIntegers
    share: Array
    """(1/d_i + 1/d_j) / 2 of the degrees d."""
    indptr: SmallIntegers
    """Where the pairs of each first area begin, shape `(n + 1,)`."""


def _calm(x: Array, mu: Array, pairs: _Pairs) -> Array:
    """Weight of every pair by what the other neighbours of its two areas have, at most 1."""
    i, j, later = pairs.i, pairs.j, _matrix(np.ones(len(pairs.i)), pairs)
    # Without the other end of the pair itself, which would lower its own weight.
    others = (later @ a + later.T @ a - a for a in (x, mu))
    seen, usual = (of[i] + of[j] for of in others)
    ratio = (usual + CALM_EVENTS) / (seen + CALM_EVENTS)
    return np.asarray(np.minimum(1.0, ratio * ratio * ratio))


def _matrix(values: Array, pairs: _Pairs) -> "csr_array[Any]":
    """A value for each pair, in the row of its first area and the column of its second."""
    n = len(pairs.indptr) - 1
    return csr_array((values, pairs.j, pairs.indptr), shape=(n, n))


@lru_cache(maxsize=4)
def _pairs_of(key: IdentityKey[csr_array]) -> _Pairs:
    """`_pairs`, kept for the many repeats that ask about the same neighbours."""
    return _pairs(key.value)


def _pairs(neighbours: csr_array) -> _Pairs:
    """Each pair of neighbours once, i < j, with (1/d_i + 1/d_j) / 2."""
    # Nearest neighbours need not be mutual; a pair is one if either end says so.
    both = coo_array(neighbours.maximum(neighbours.T))
    degree = np.bincount(both.row, minlength=both.shape[0])
    once = both.row < both.col
    i, j = both.row[once], both.col[once]
    indptr = np.append(0, np.cumsum(np.bincount(i, minlength=both.shape[0])))
    return _Pairs(i, j, (1 / degree[i] + 1 / degree[j]) / 2, indptr.astype(np.int32))
