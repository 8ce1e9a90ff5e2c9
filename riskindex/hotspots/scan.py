"""Scan for clusters: which group of areas stands out, and how likely that is by chance."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import pi, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike
from scipy.special import xlogy

from riskindex.arrays import AnyArray, Array, Flags, Integers, Positions
from riskindex.errors import DataError
from riskindex.factors import Factor
from riskindex.hotspots.samples import Land, Observation, Sample, context_of, observe
from riskindex.statistics.expectation import AssessedAreas, compare
from riskindex.statistics.multinomial import draw_multinomial

if TYPE_CHECKING:
    from scipy.sparse import csr_array


SHARE = 0.05
"""A cluster holds at most this share of the exposure ..."""
MOST_AREAS = 50
"""... and at most so many areas."""
REPLICATES = 999
QUICK_REPLICATES, QUICK_AREAS = 199, 2_000
"""Unless a factor says whether it is scanned: so many simulated maps, up to so many areas."""
RANKED = 10
"""Where fewer simulated maps than this reach a cluster, a Gumbel law gives its p-value."""

COLUMNS = (
    "factor",
    "period",
    "cluster",
    "areas",
    "area_codes",
    "observed",
    "expected",
    "ratio",
    "p",
    "log_likelihood_ratio",
    "dispersion",
)


class Zones(NamedTuple):
    """Groups of areas that may be a cluster: each area with its 0, 1, 2, ... nearest areas."""

    near: Positions
    """Shape (k, n): row 0 is the area itself, row j its j-th nearest area."""
    inside: Flags
    """Shape (k, n): whether the zone that ends with this area is small enough."""


class Cluster(NamedTuple):
    """A group of areas with more events than expected."""

    areas: Positions
    """Positions of its areas, its centre first."""
    observed: float
    expected: float
    log_likelihood_ratio: float
    """Of a rate of its own against the rate of all, over the zone's variance-to-mean ratio."""
    p: float
    """Chance that any zone of a map without a cluster stands out as much."""


class Law(NamedTuple):
    """What is known if there is no cluster."""

    means: Array
    """Events expected per area and event group, shape (n, groups)."""
    jumps: Integers
    """What an event of each group counts, shape (groups,)."""
    dispersion: float
    """Variance of the areas' relative risks, which are gamma distributed; 0 for none."""


def scan(
    counts: ArrayLike,
    means: ArrayLike,
    centroids: ArrayLike,
    *,
    jumps: Sequence[int] = (1,),
    dispersion: float = 0.0,
    share: float = SHARE,
    most: int = MOST_AREAS,
    replicates: int = REPLICATES,
    level: float = 0.05,
    seed: int = 0,
) -> list[Cluster]:
    """Clusters that no map without one would be likely to show.

    Every area is the centre of zones that grow by its nearest areas, one by one. Each zone has
    Kulldorff's Poisson log likelihood ratio, divided by the ratio of the variance to the mean that
    the zone's count has without a cluster (1 for plain events without dispersion, which is his
    statistic). The largest of a map is compared with the largest of simulated maps.

    Parameters
    ----------
    counts
        Events per area and event group, shape `(n, groups)`, or `(n,)` for one group.
    means
        Events expected, in the same shape, positive; only their proportions matter.
    centroids
        Points of the areas, shape `(n, 2)`.
    jumps
        What an event of each group counts, whole numbers.
    dispersion
        Variance of the areas' relative risks. 0 simulates multinomial counts given the totals,
        more than 0 negative binomial ones.
    share, most
        A zone holds at most this share of all that is expected, and so many areas.
    replicates
        How many maps are simulated.
    level
        Clusters of at most this p-value are returned.
    seed
        Of the simulation; the result does not depend on the number of threads.

    Returns
    -------
    list of Cluster
        The most likely first; the others share no area with it or with each other, and their
        p-values, against the largest of each simulated map, are on the safe side. p is the rank
        among the simulated maps, and where fewer than 10 of them reach the cluster a Gumbel tail
        fitted to all.

    Raises
    ------
    DataError
        Counts and means that do not fit together, or a mean that is not positive.

    References
    ----------
    Kulldorff (1997), Communications in Statistics 26, 1481-1496 (the statistic); Abrams, Kleinman
    and Kulldorff (2010), International Journal of Health Geographics 9:61 (the Gumbel tail).
    """
    x, mu = (_by_group(values) for values in (counts, means))
    points = np.asarray(centroids, float)
    if x.shape != mu.shape or len(points) != len(x) or not (mu > 0).all():
        raise DataError(
            f"counts of shape {x.shape} and means of shape {mu.shape} must be about the same areas,"
            " and every mean positive; leave out areas where nothing is expected."
        )
    if not x.any():
        return []
    # Expectations add up to what was counted: the scan asks where events are, not how many.
    law = Law(mu * (x.sum(axis=0) / mu.sum(axis=0)), np.asarray(jumps, np.int64), dispersion)
    weighted = law.means @ law.jumps
    zones = growing_zones(weighted, points, share=share, most=most)
    scores = _Scores(zones, law)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        maps = pool.map(partial(_simulated, scores, law, seed), range(replicates))
    return _clusters(scores, x @ law.jumps, np.array(list(maps)), level)


def growing_zones(
    expected: ArrayLike, centroids: ArrayLike, *, share: float = SHARE, most: int = MOST_AREAS
) -> Zones:
    """Zones of every area: the area by itself, then with its nearest areas, one by one.

    Parameters
    ----------
    expected
        Exposure or expected events per area, shape `(n,)`.
    centroids
        Points of the areas, shape `(n, 2)`; of areas as near as each other the first comes first.
    share, most
        Zones that hold more of the sum of `expected`, or more areas, are not inside. An area by
        itself always is.
    """
    from scipy.spatial import KDTree

    e, points = np.asarray(expected, float), np.asarray(centroids, float)
    n = len(e)
    k = min(most, n)
    # A few more than asked, so that ties at the end are decided by order and not by the tree.
    distance, near = KDTree(points).query(points, k=range(1, min(n, k + 8) + 1))
    # The area itself comes first, also where another has the same centre.
    distance = np.where(near == np.arange(n)[:, None], -1.0, np.round(distance, 6))
    order = np.lexsort((near, distance), axis=1)[:, :k]
    near = np.take_along_axis(near, order, axis=1).T.copy()
    # By expected events and not by areas: a zone of half the county is no cluster.
    inside = np.cumsum(e[near], axis=0) <= share * e.sum() * (1 + 1e-12)
    inside[0] = True
    kept = int(inside.any(axis=1).sum())
    return Zones(near[:kept], inside[:kept])


def log_likelihood_ratio(observed: ArrayLike, expected: ArrayLike, total: float) -> Array:
    """Kulldorff's log likelihood ratio of a rate of its own inside a zone; 0 without an excess.

    Parameters
    ----------
    observed, expected
        Events inside the zone, and expected there if `total` is shared out by exposure.
    total
        Events of all areas.
    """
    c, e = np.asarray(observed, float), np.asarray(expected, float)
    # A zone may hold all that is expected, where the rest has no rate.
    rest, rest_expected = np.maximum(total - c, 0), np.maximum(total - e, np.finfo(float).tiny)
    # xlogy is 0 where nothing was counted.
    ratio = xlogy(c, np.where(c > 0, c / e, 1)) + xlogy(rest, rest / rest_expected)
    return np.asarray(np.where(c > e, ratio, 0.0))


def gumbel_tail(value: ArrayLike, maxima: ArrayLike) -> Array:
    """Upper tail of a Gumbel law that has the mean and the variance of some maxima."""
    m = np.asarray(maxima, float)
    # By moments, whose equations need no iteration and suffice for a tail.
    scale = max(float(m.std(ddof=1)), np.finfo(float).tiny) * sqrt(6) / pi
    location = float(m.mean()) - np.euler_gamma * scale
    with np.errstate(over="ignore"):
        return np.asarray(-np.expm1(-np.exp(-(np.asarray(value, float) - location) / scale)))


def scan_for_clusters(
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    tables: pd.DataFrame,
    weights: "csr_array[Any]",
    factors: Sequence[Factor],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Clusters in the last period of every factor that is scanned.

    A factor says so itself; one that says nothing is scanned where that is quick (`is_quick`).

    Parameters
    ----------
    counts, areas, tables, weights, factors
        As `find_hotspots` takes them; `areas` with `geometry`.
    seed
        Of the simulation.

    Returns
    -------
    DataFrame
        One line per cluster, the most likely of a factor first: factor, period, cluster (1, 2,
        ...), areas (how many), area_codes (the centre first), observed and expected (weighted
        events), ratio, p, log_likelihood_ratio, dispersion. Empty where there is none.
    """
    lines: list[dict[str, Any]] = []
    for factor in factors:
        if not (is_quick(factor, len(areas)) if factor.scan is None else factor.scan):
            continue
        seen = observe(factor, _last(factor), counts, areas, tables)
        lines += _of_factor(factor, seen, areas, weights, seed)
    return pd.DataFrame(lines, columns=list(COLUMNS))


def is_quick(factor: Factor, n: int) -> bool:
    """Whether so many areas are scanned in a moment for a factor that does not ask for it."""
    # Gi* has no expectation of its own, which a scan would have to make up.
    return factor.scored and factor.method in ("window", "poisson") and n <= QUICK_AREAS


def _of_factor(
    factor: Factor, seen: Observation, areas: pd.DataFrame, weights: "csr_array[Any]", seed: int
) -> list[dict[str, Any]]:
    points = shapely.get_coordinates(shapely.centroid(areas["geometry"].to_numpy()))
    land = Land(neighbours=weights, centroids=lambda: points, context=context_of(areas))
    sample = land.sample(seen, factor)
    if not sample.events.any():
        return []
    study = _study(sample, factor)
    counts, means = _by_group(sample.counts), _by_group(study.means)
    # A group without an event in this period expects none anywhere, and adds nothing to any zone.
    some = counts.any(axis=0)
    clusters = scan(
        counts[:, some],
        means[:, some],
        points[seen.assessed],
        jumps=np.atleast_1d(sample.event_weights)[some].tolist(),
        dispersion=study.dispersion,
        replicates=REPLICATES if factor.scan else QUICK_REPLICATES,
        level=factor.level,
        seed=seed,
    )
    about = {"factor": factor.name, "period": _last(factor), "dispersion": study.dispersion}
    codes = areas.index[seen.assessed].to_numpy()
    # Clusters that lie around the study area alone are another force's.
    within = [one for one in clusters if sample.asked[one.areas].any()]
    return [about | _line(number, one, codes, sample.unit) for number, one in enumerate(within, 1)]


def _last(factor: Factor) -> str:
    return str(factor.periods[-1]) if factor.periods else ""


def _study(sample: Sample, factor: Factor) -> AssessedAreas:
    return compare(
        sample.counts,
        sample.exposure,
        sample.neighbours,
        jumps=sample.event_weights,
        dispersion=factor.dispersion,
        background="county" if sample.centroids is None else "local",
        centroids=sample.centroids,
    )


def _line(number: int, cluster: Cluster, codes: AnyArray, unit: float) -> dict[str, Any]:
    return {
        "cluster": number,
        "areas": len(cluster.areas),
        "area_codes": "; ".join(codes[cluster.areas].tolist()),
        "observed": cluster.observed * unit,
        "expected": cluster.expected * unit,
        "ratio": cluster.observed / cluster.expected,
        "p": cluster.p,
        "log_likelihood_ratio": cluster.log_likelihood_ratio,
    }


def _by_group(values: ArrayLike) -> Array:
    array = np.asarray(values, float)
    return array[:, None] if array.ndim == 1 else array


class _Scores:
    """The statistic of every zone, for the observed map and for simulated ones."""

    def __init__(self, zones: Zones, law: Law) -> None:
        # The mean of a weighted Poisson sum goes with the weights, its variance with their squares.
        first, second = (law.means @ law.jumps**r for r in (1, 2))
        self.zones = zones
        self.expected = np.cumsum(first[zones.near], axis=0)
        variance = np.cumsum((second + law.dispersion * first**2)[zones.near], axis=0)
        # Over the variance-to-mean ratio of the zone: without it, dispersion alone makes large
        # zones stand out.
        self.spread = variance / self.expected
        self.share = self.expected / first.sum()
        # With d = observed - expected: log likelihood ratio <= d^2 (1 / 2 expected + 1 / rest).
        rest = np.maximum(1 - self.share, np.finfo(float).eps)
        self.bound = zones.inside * (0.5 / self.share + 1 / rest) / self.spread

    def sums(self, counts: Array) -> Array:
        """Counts added up over every zone."""
        return np.asarray(np.cumsum(counts[self.zones.near], axis=0))

    def of(self, sums: Array, total: float, where: Flags) -> Array:
        """The statistic of some zones."""
        ratio = log_likelihood_ratio(sums[where], self.share[where] * total, total)
        return np.asarray(ratio / self.spread[where])

    def largest(self, counts: Array) -> float:
        """The largest statistic of a map, from logarithms of those zones alone that may have it."""
        total = float(counts.sum())
        if total == 0:
            return 0.0
        sums = self.sums(counts)
        bound = np.maximum(sums - self.share * total, 0.0) ** 2 * (self.bound / total)
        best = bound == bound.max()
        # The bound is cheap; logarithms are taken only of zones whose bound reaches the best one
        # found.
        least = float(self.of(sums, total, best).max())
        return float(self.of(sums, total, bound >= least * (1 - 1e-9)).max(initial=least))


def _simulated(scores: _Scores, law: Law, seed: int, replicate: int) -> float:
    """Largest statistic of one map without a cluster; its stream depends on its number alone."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(replicate,)))
    if law.dispersion > 0:
        # Simulated maps vary as the real one does where it has no cluster.
        # One risk per area for all of its event groups: what makes an area busy makes it busy in
        # each of them.
        risk = rng.gamma(1 / law.dispersion, law.dispersion, (len(law.means), 1))
        counts = rng.poisson(law.means * risk)
    else:
        # Without dispersion the total is held, as Kulldorff's test is conditional on it.
        columns = [
            draw_multinomial(rng, round(of_group.sum()), of_group, draws=1)[0]
            for of_group in law.means.T
        ]
        counts = np.column_stack(columns)
    return scores.largest((counts @ law.jumps).astype(float))


def _clusters(scores: _Scores, observed: Array, largest: Array, level: float) -> list[Cluster]:
    """Zones in falling order of the statistic, none of which shares an area with one before."""
    near, inside = scores.zones
    sums = scores.sums(observed)
    clusters: list[Cluster] = []
    statistic = np.zeros(near.shape)
    statistic[inside] = scores.of(sums, float(observed.sum()), inside)
    # Zones of the same areas around different centres differ in their last digits.
    statistic, taken = np.round(statistic, 9), np.zeros(len(observed), bool)
    while True:
        size, centre = np.unravel_index(int(statistic.argmax()), near.shape)
        value = float(statistic[size, centre])
        p = _p_value(value, largest) if value > 0 else 1.0
        if p > level or value <= 0:
            return clusters
        members = near[: size + 1, centre]
        clusters.append(
            Cluster(
                members, float(sums[size, centre]), float(scores.expected[size, centre]), value, p
            )
        )
        taken[members] = True
        # A zone that shares areas with a stronger one would tell of the same cluster again.
        statistic[np.logical_or.accumulate(taken[near], axis=0)] = 0.0


def _p_value(value: float, largest: Array) -> float:
    """Rank among the simulated maps, or a Gumbel tail where too few of them are as large."""
    reached, of = int((largest >= value * (1 - 1e-9)).sum()), len(largest) + 1
    if reached >= RANKED or of <= 2:
        # The observed map is one of those that chance gives, so that p is never 0 (Davison and
        # Hinkley 1997).
        return (reached + 1) / of
    # A Gumbel law reaches below 1 over the number of maps; it is never more than what the rank
    # allows.
    return min(float(gumbel_tail(value, largest)), (RANKED + 1) / of)
