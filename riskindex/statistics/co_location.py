"""Co-location: whether two sets share more areas than random, or equally clumped, sets do."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from riskindex.arrays import Array, Flags
from riskindex.errors import DataError

LARGEST = 6_000
"""Areas of which all eigenvectors are found at once: a minute, and 1 GB."""
PILOT = 50
"""Random sets by which the tilt of the spectrum is found."""
TILTS = (np.arange(0, 9.1, 0.5), np.arange(0, -3.1, -0.5))
"""Tilts to try, as logarithms: towards sets of one piece, and towards chequerboards."""


class MoranBasis(NamedTuple):
    """Moran eigenvector maps: patterns on the areas, from the broadest to the finest."""

    roughness: Array
    """How much neighbours differ in each pattern, 1 for noise, shape `(n - 1,)`, rising from 0."""
    patterns: Array
    """The patterns, orthonormal columns of mean 0, shape `(n, n - 1)`."""
    neighbours: "csr_array[Any]"
    """Who adjoins whom, binary and symmetric."""


class CoLocation(NamedTuple):
    """How far two sets of areas coincide."""

    shared: int
    """Areas in both."""
    expected: float
    """Areas in both if the second lay anywhere, whatever the first."""
    lift: float
    """Shared over expected; NaN if a set is empty."""
    p_chance: float
    """Upper tail if all areas were alike and independent (hypergeometric): too small for sets
    that are clumped."""
    p_spatial: float
    """Upper tail over random sets as large and as clumped as the first."""


def moran_basis(weights: "csr_array[Any]") -> MoranBasis:
    """Map patterns from broad to fine scale: eigenvectors of the graph of neighbours.

    They are those of Geary's c, which looks at differences between neighbours: of Moran's I alone
    the patterns vanish towards the edge of the map, and so would random sets made of them.

    Parameters
    ----------
    weights
        Neighbours of the assessed areas, shape `(n, n)`, zero diagonal; made symmetric where they
        are not. Where areas are of very different sizes, weigh neighbours by the inverse of the
        distance between their centroids: a map is smoother between the small areas of a town.
        To be found once for all sets of the same areas.

    Raises
    ------
    DataError
        There are fewer than 3 areas, or more than `LARGEST`.

    References
    ----------
    Dray, Legendre and Peres-Neto (2006), Ecological Modelling 196, 483-493.
    """
    # All eigenvectors of a dense matrix are needed: a random set must be clumped at every scale as
    # the given one is.
    n = weights.shape[0]
    if not 3 <= n <= LARGEST:
        raise DataError(
            f"Random maps of the same autocorrelation need 3 to {LARGEST:,} areas, and there are "
            f"{n:,}. Compare larger areas, or one part of the map at a time."
        )
    # Only a symmetric matrix has real eigenvalues and orthogonal patterns.
    joined = csr_array((weights + weights.T) / 2)
    matrix = -joined.toarray()
    degree = -matrix.sum(axis=1)
    mean = float(degree.mean()) or 1.0
    # An area without neighbours is as noise is.
    np.fill_diagonal(matrix, np.where(degree > 0, degree, mean))
    matrix -= matrix.mean(axis=0)
    matrix -= matrix.mean(axis=1, keepdims=True)
    # Moves the constant map, which is no pattern, to the end of the spectrum, to be cut off.
    matrix += 4 * max(float(degree.max()), mean) / n
    values, patterns = np.linalg.eigh(matrix)
    neighbours = csr_array((joined > 0).astype(np.float64))
    return MoranBasis(values[:-1] / mean, np.ascontiguousarray(patterns[:, :-1]), neighbours)


def co_location(
    first: ArrayLike,
    second: ArrayLike,
    basis: MoranBasis,
    rng: np.random.Generator,
    *,
    draws: int = 999,
) -> CoLocation:
    """How many areas two sets share, against chance and against sets that are as clumped.

    Parameters
    ----------
    first, second
        Whether each assessed area is in the set, shape `(n,)`.
    basis
        From `moran_basis`, the areas in the same order.
    rng
        Where the random sets come from.
    draws
        Random sets in place of the first; p is at least 1 / (draws + 1).

    Raises
    ------
    DataError
        The sets or the basis are of different numbers of areas.

    References
    ----------
    Wagner and Dray (2015), Methods in Ecology and Evolution 6, 1169-1178.

    Examples
    --------
    >>> ring = csr_array(np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0))
    >>> first, second = np.arange(12) < 4, np.arange(12) >= 8
    >>> found = co_location(first, second, moran_basis(ring), np.random.default_rng(1))
    >>> found.shared, round(found.expected, 2), found.p_spatial
    (0, 1.33, 1.0)
    """
    from scipy import stats

    a, b = np.asarray(first, dtype=np.bool_), np.asarray(second, dtype=np.bool_)
    n, k, m = len(a), int(a.sum()), int(b.sum())
    if not n == len(b) == len(basis.patterns):
        raise DataError(
            f"The sets are of {n:,} and {len(b):,} areas, the map of {len(basis.patterns):,}."
        )
    shared, expected = int((a & b).sum()), k * m / n
    # Independent areas: too sharp where hotspots are clumped, and given beside the other for
    # comparison.
    chance = float(stats.hypergeom.sf(shared - 1, n, k, m))
    reached = random_sets(a, basis, rng, draws=draws)[b].sum(axis=0) >= shared
    # The observed set counts as one of the draws, so that p is never 0.
    spatial = float((1 + reached.sum()) / (1 + draws))
    return CoLocation(shared, expected, shared / expected if expected else np.nan, chance, spatial)


def random_sets(
    areas: ArrayLike, basis: MoranBasis, rng: np.random.Generator, *, draws: int = 999
) -> Flags:
    """Random sets as large and as clumped as a given one, elsewhere on the map.

    The set is taken apart into the patterns of the basis, each pair of patterns of like scale is
    turned by a random angle (Wagner and Dray's pairs), and the areas that come out highest are
    the new set. Cutting off at a height makes sets more ragged than the one that they come from:
    broad patterns are therefore raised against fine ones until the new sets have as many
    neighbours within the set, on average, as the given one. Heights are standardised area by area,
    so that each is as likely to be chosen, be it at the edge of the map, inside, or an island.

    Parameters
    ----------
    areas
        Whether each area is in the set, shape `(n,)`.
    basis, rng, draws
        As for `co_location`.

    Returns
    -------
    Flags
        Shape `(n, draws)`, each column with as many areas as the set.

    References
    ----------
    Wagner and Dray (2015), Methods in Ecology and Evolution 6, 1169-1178.
    """
    a = np.asarray(areas, dtype=np.bool_)
    size = int(a.sum())
    # None, or all, of the areas is the same set wherever it lies.
    if size in (0, len(a)):
        return np.repeat(a[:, None], draws, axis=1)
    amplitude = basis.patterns.T @ (a - a.mean())

    def cut(turned: Array, tilt: float) -> Flags:
        power = -np.sign(tilt) * np.expm1(abs(tilt)) * basis.roughness
        raised = np.exp(power - power.max())
        spread = _spread(raised * amplitude, basis.patterns)
        return _highest(basis.patterns @ (raised[:, None] * turned) / spread[:, None], size)

    # Joins between areas of the set say how clumped it is; random sets must have as many.
    pilot, wanted = _turned(amplitude, rng, PILOT), _joins(a[:, None], basis)

    def excess(tilt: float) -> float:
        return _joins(cut(pilot, tilt), basis) - wanted

    return cut(_turned(amplitude, rng, draws), _nearest_tilt(excess))


def _nearest_tilt(excess: Callable[[float], float]) -> float:
    """The tilt closest to none with as many joins as wanted, or else the one that comes nearest."""
    # From no tilt outwards: the least change of the spectrum is the most faithful set.
    tried = [(0.0, excess(0.0))]
    for tilt in TILTS[int(tried[0][1] > 0)][1:]:
        tried.append((float(tilt), excess(float(tilt))))
        (before, last), (after, new) = tried[-2:]
        if (last > 0) != (new > 0):
            return before + (after - before) * last / (last - new)
    return min(tried, key=lambda pair: abs(pair[1]))[0]


def _turned(amplitude: Array, rng: np.random.Generator, draws: int) -> Array:
    """Amplitudes of the patterns, pair by pair turned by an angle; an odd last one by its sign."""
    length = np.hypot(*_pairs(amplitude))[:, None]
    # A turn keeps the power of each pair of patterns, and with it the scale of clumping.
    angle = rng.uniform(0, 2 * np.pi, (len(length), draws))
    if len(amplitude) % 2:
        angle[-1] = np.pi * rng.integers(0, 2, draws)
    turned = np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1)
    return np.asarray(turned.reshape(-1, draws)[: len(amplitude)])


def _spread(amplitude: Array, patterns: Array) -> Array:
    """Standard deviation of each area's height when all pairs are turned."""
    first, second = _pairs(amplitude)
    # Mean square of a turned pair: each of the two has half of the power on average.
    power = np.repeat((first**2 + second**2) / 2, 2)[: len(amplitude)]
    if len(amplitude) % 2:
        power[-1] = amplitude[-1] ** 2
    variance = patterns**2 @ power
    return np.asarray(np.sqrt(np.where(variance > 0, variance, 1.0)))


def _pairs(amplitude: Array) -> tuple[Array, Array]:
    padded = np.append(amplitude, 0.0) if len(amplitude) % 2 else amplitude
    return padded[::2], padded[1::2]


def _highest(heights: Array, size: int) -> Flags:
    """The `size` highest areas of every column."""
    chosen = np.zeros(heights.shape, dtype=np.bool_)
    # Partition and not sorting: only membership counts, for a thousand maps at once.
    top = np.argpartition(-heights, size - 1, axis=0)[:size]
    np.put_along_axis(chosen, top, True, axis=0)
    return chosen


def _joins(sets: Flags, basis: MoranBasis) -> float:
    """Neighbours within a set, counted from both sides, on average over the columns."""
    within = sets.astype(np.float64)
    return float((within * (basis.neighbours @ within)).sum() / sets.shape[1])
