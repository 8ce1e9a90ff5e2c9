"""Getis-Ord Gi and Gi*: where high values cluster, with p-values that are exact for counts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.special import ndtr

from riskindex.arrays import Array, Flags, IdentityKey
from riskindex.errors import DataError
from riskindex.statistics.exact_sums.exact_draws import Tail
from riskindex.statistics.gi_p_values import METHODS, Draw, GiTest, Method, Null, centred
from riskindex.statistics.permutations import Permutations

NULLS: dict[str, str] = {
    "total": "counts exchangeable between areas",
    "conditional": "counts of the other areas exchangeable, the area's own held fixed",
}


Variance = Literal["n", "n-1"]


@dataclass(frozen=True, kw_only=True)
class GetisOrd:
    """Which statistic, null hypothesis and p-value the method getis-ord takes."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    statistic: Literal["gi-star", "gi"] = "gi-star"
    """gi-star adds the area to its neighbours, gi leaves it out."""
    null: Null | None = None
    """What is shuffled: total, all counts; conditional, the other areas' around a count that stays.
    Left out, the one that the statistic's z standardises: total for gi-star, conditional for gi."""
    p: Method = "auto"
    """auto: exact, and permutation where there is no exact law; exact, permutation, approximate
    (permutation, and a saddlepoint where fewer than 100 permutations reach a sum) or normal by
    name only. The normal p finds hotspots in most maps of sparse counts that have none."""
    variance: Variance = "n"
    """Divisor of the variance that z, and a normal p, is standardised by: n, as in the formulae of
    Ord and Getis (1995) and of Getis and Ord (1996, eq. 14.2), or n-1, as in the worked example of
    1996 (p. 267). Of gi, n is how many the other areas are. No exact p and no p by permutation
    depends on it."""
    permutations: int = 9_999
    """How many, for p by permutation."""
    enough: int | None = None
    """Stop permuting for an area whose sum has been reached this often: its p is plainly large."""
    seed: int = 0
    """Of the permutations."""

    @property
    def drawn_with_itself(self) -> bool:
        """Whether an area's own count is among those that p draws."""
        return self.statistic == "gi-star" and self.null in (None, "total")

    @property
    def held(self) -> bool:
        """Whether an area's own count stays in place, so that p draws from the others."""
        return (self.null or NATURAL[self.statistic]) == "conditional"


NATURAL: dict[str, Null] = {"gi-star": "total", "gi": "conditional"}
"""The null that the z of a statistic standardises."""


class Gi(NamedTuple):
    """z-scores, exact p-values and the null hypothesis they belong to."""

    z: Array
    """Shape `(n,)`; above zero: more than expected around this area."""
    p: Array
    """Shape `(n,)`; NaN where z or the null is undefined."""
    log_p: Array
    """Natural logarithm of p, finite where p is too small for a floating-point number."""
    null: str
    """What is exchangeable if there are no hotspots, and how p was computed."""


class Global(NamedTuple):
    """One statistic of the whole map, against no spatial pattern; NaN where undefined."""

    statistic: float
    expected: float
    z: float
    p: float
    """Two-sided, by the normal approximation (which holds for a whole map)."""


def with_self(weights: sparse.csr_array) -> sparse.csr_array:
    """The same weights with every area in its own window, at weight 1; the argument is unchanged.

    For row-standardised Gi* add the areas themselves first and standardise afterwards (or do
    not: scaling a row changes nothing).
    """
    own = sparse.eye_array(weights.shape[0], format="csr")
    return sparse.csr_array(_without_self(sparse.csr_array(weights)) + own)


def gi_star(
    values: ArrayLike,
    weights: sparse.csr_array,
    *,
    null: Null = "total",
    tail: Tail = "upper",
    p: Method = "auto",
    variance: Variance = "n",
    permutations: Permutations = Permutations(),  # noqa: B008 (frozen)
) -> Gi:
    """Getis-Ord Gi* of every area: the area and its neighbours against the whole map.

    Parameters
    ----------
    values
        One count or value per area, shape `(n,)`, no missing values.
    weights
        Shape `(n, n)`; row i holds the neighbours of area i and area i itself (`with_self`).
        Scaling a row changes neither z nor p.
    null
        What p assumes: `total`, all values exchangeable (the null that z standardises), or
        `conditional`, the area's own value held fixed and its neighbours' drawn from the other
        areas. Gi* and Gi are the same test then, and a lone spike is never hot; esda, GeoDa
        and spdep permute that way.
    tail
        `upper` (hot), `lower` (cold), `two-sided` (twice the smaller of them, at most 1), or
        `mid` (upper, with half the probability of a tie).
    p
        `auto`: exact where the weights of a window are equal and the values lie on a lattice
        (counts do), permutation elsewhere. `exact` refuses what has no exact law. By name only:
        `permutation`; `approximate`, which is permutation, and where fewer than 100 permutations
        reach a sum a saddlepoint that agrees with how many do; and `normal`: with no hotspot at
        all it finds some in 30-50% of maps of sparse counts.
    variance
        Divisor of the variance that z is standardised by: `n`, of the formulae of 1995 and 1996
        and of spdep, or `n-1`, of the example that the chapter of 1996 works out.
    permutations
        How permutation is done.

    Returns
    -------
    Gi
        NaN where it is undefined: all values equal, an area without neighbours, or a window
        that is the whole map. Exact p has a relative error below 1e-10 however small it is; the
        saddlepoint's is about a tenth, and where values tie by the hundred up to a half.

    Raises
    ------
    DataError
        Missing values, shapes that do not fit, an area that is not in its own window.

    References
    ----------
    Getis and Ord (1992), Geographical Analysis 24, 189-206; Ord and Getis (1995), Geographical
    Analysis 27, 286-306; Getis and Ord (1996), in Longley and Batty, Spatial Analysis: Modelling
    in a GIS Environment, 261-277.
    """
    x, window = _checked(values, weights)
    # Gi* without the area itself is Gi: the analyst should say which is meant.
    _refuse(window.diagonal() == 0, "not in their own window: pass with_self(weights)")
    z = _z_total(x, window, variance)
    # A window of the area alone tests a lone spike, which is no cluster.
    z[np.diff(window.indptr) == 1] = np.nan
    drawn = window if null == "total" else _without_self(window)
    test = GiTest(null, tail, p, permutations)
    return _with_p(x, drawn, z, test, natural="total", variance=variance)


def gi(
    values: ArrayLike,
    weights: sparse.csr_array,
    *,
    null: Null = "conditional",
    tail: Tail = "upper",
    p: Method = "auto",
    variance: Variance = "n",
    permutations: Permutations = Permutations(),  # noqa: B008 (frozen)
) -> Gi:
    """Getis-Ord Gi of every area: its neighbours, without itself, against the other areas.

    As `gi_star`, except: row i of `weights` holds the neighbours of area i and not area i, and
    the null is `conditional` unless `total` is named.
    """
    x, neighbours = _checked(values, weights)
    _refuse(neighbours.diagonal() != 0, "in their own window: use gi_star for these weights")
    z = _z_conditional(x, neighbours, variance)
    test = GiTest(null, tail, p, permutations)
    return _with_p(x, neighbours, z, test, natural="conditional", variance=variance)


def local_g(
    values: ArrayLike,
    neighbours: sparse.csr_array,
    *,
    options: GetisOrd = GetisOrd(),
) -> Gi:
    """Gi* or Gi of every area, with the choices of a config.

    Parameters
    ----------
    values
        As in `gi_star`.
    neighbours
        Shape `(n, n)`, zero diagonal, whichever the statistic.
    options
        Statistic, null and p.
    """
    return STATISTICS[options.statistic](
        values,
        neighbours,
        null=options.null or NATURAL[options.statistic],
        p=options.p,
        variance=options.variance,
        permutations=Permutations(
            number=options.permutations, seed=options.seed, enough=options.enough
        ),
    )


STATISTICS: dict[str, Callable[..., Gi]] = {
    "gi-star": lambda values, neighbours, **choices: gi_star(
        values, with_self(neighbours), **choices
    ),
    "gi": gi,
}


def moran(values: ArrayLike, weights: sparse.csr_array) -> Global:
    """Global Moran's I with row-standardised weights, its moments under randomisation.

    References
    ----------
    Cliff and Ord (1981), Spatial Processes, 42-46.
    """
    x, _ = _checked(values, weights)
    w, (s0, s1, s2) = _row_standardised(IdentityKey(weights))
    n, c = len(x), centred(x)
    squares = (c**2).sum()
    if n < 4 or squares == 0 or s0 == 0:
        return Global(np.nan, np.nan, np.nan, np.nan)
    # Notation of Cliff and Ord: under randomisation the variance depends on the kurtosis.
    kurtosis = n * (c**4).sum() / squares**2
    a = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    b = kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    expected = -1 / (n - 1)
    # Cliff and Ord (1981): moments when the values are exchangeable, which sparse counts need; a
    # normal law they have not.
    variance = (a - b) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    return _global(n / s0 * (c * (w @ c)).sum() / squares, expected, variance)


def general_g(values: ArrayLike, weights: sparse.csr_array) -> Global:
    """Getis-Ord general G with binary weights: do high values (z > 0) or low ones cluster?

    Values must not be negative: G has a natural zero. NaN where they are.

    References
    ----------
    Getis and Ord (1992), Geographical Analysis 24, 189-206.
    """
    x, _ = _checked(values, weights)
    w, (s0, s1, s2) = _binary(IdentityKey(weights))
    n = len(x)
    # Fourth powers of large counts lose digits; G does not depend on the scale.
    x = x / max(np.abs(x).max(initial=0.0), 1e-300)
    m1, m2, m3, m4 = ((x**k).sum() for k in range(1, 5))
    pairs = m1**2 - m2
    if n < 4 or s0 == 0 or pairs <= 0 or x.min() < 0 or np.ptp(x) == 0:
        return Global(np.nan, np.nan, np.nan, np.nan)
    b0 = (n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2
    b1 = -((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    b2 = -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2)
    b3 = 4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2
    b4 = s1 - s2 + s0**2
    square = b0 * m2**2 + b1 * m4 + b2 * m1**2 * m2 + b3 * m1 * m3 + b4 * m1**4
    expected = s0 / (n * (n - 1))
    variance = square / (pairs**2 * n * (n - 1) * (n - 2) * (n - 3)) - expected**2
    return _global((x * (w @ x)).sum() / pairs, expected, variance)


def _with_p(
    x: Array,
    drawn: sparse.csr_array,
    z: Array,
    test: GiTest,
    *,
    natural: Null,
    variance: Variance,
) -> Gi:
    """The statistic with its p-values; `natural` is the null that z standardises."""
    # Where p draws under another null than z standardises, an area may be undefined under that one
    # alone.
    under_null = z if test.null == natural else Z[test.null](x, drawn, variance)
    areas = np.flatnonzero(~(np.isnan(z) | np.isnan(under_null)))
    p, log_p = np.full(len(x), np.nan), np.full(len(x), np.nan)
    rows = drawn if len(areas) == len(x) else drawn[areas]
    # z only says where p is defined; p itself is that of the sums.
    p_values = METHODS[test.method](Draw(x, rows, areas, under_null[areas], test))
    p[areas], log_p[areas] = p_values.p, p_values.log_p
    return Gi(z, p, log_p, f"{NULLS[test.null]} ({p_values.how})")


def _z_total(x: Array, weights: sparse.csr_array, variance: Variance) -> Array:
    """Weighted sums standardised by their moments when all n values are exchangeable."""
    n, c = len(x), centred(x)
    w, w2 = _row_sums(weights)
    # Ord and Getis (1995) with values centred first, which keeps the digits that a large mean would
    # cost.
    s = float(c.std()) * deviation_of(variance, n)
    return _ratio(weights @ c, s, n * w2 - w**2, n * w2, n - 1)


def _z_conditional(x: Array, weights: sparse.csr_array, variance: Variance) -> Array:
    """The same when the n - 1 other values are exchangeable."""
    n, c = len(x), centred(x)
    if n < 3:
        return np.full(n, np.nan)
    w, w2 = _row_sums(weights)
    # Less what the others have on average, which of centred values is -c / (n - 1) each.
    excess = weights @ c + w * c / (n - 1)
    rest = (c**2).sum() - c**2 * n / (n - 1)
    # A value that holds most of the variance leaves too few digits for the rest.
    for i in np.flatnonzero(rest < 0.1 * (c**2).sum()):
        others = np.insert(centred(np.delete(x, i)), i, 0.0)
        excess[i], rest[i] = (weights[[i]] @ others)[0], (others**2).sum()
    s = np.sqrt(rest / (n - 1)) * deviation_of(variance, n - 1)
    return _ratio(excess, s, (n - 1) * w2 - w**2, (n - 1) * w2, n - 2)


def deviation_of(variance: Variance, n: int) -> float:
    """The standard deviation by a divisor over that by n, of n values."""
    return float(np.sqrt(n / (n - 1))) if variance == "n-1" and n > 1 else 1.0


def _row_sums(weights: sparse.csr_array) -> tuple[Array, Array]:
    """Sums of the weights and of their squares, per row."""
    w = np.asarray(weights.sum(axis=1), dtype=np.float64)
    return w, w if (weights.data == 1).all() else np.asarray(weights.power(2).sum(axis=1))


def _ratio(excess: Array, s: Array | float, spread: Array, scale: Array, freedom: int) -> Array:
    """excess / (s sqrt(spread / freedom)), NaN where the spread is nil but for rounding."""
    defined = (spread > 1e-12 * scale) & (s > 0)
    # A window of the whole map has no spread but rounding.
    deviation = s * np.sqrt(np.where(defined, spread, np.nan) / max(freedom, 1))
    out = np.full(len(excess), np.nan)
    np.divide(excess, deviation, out=out, where=defined)
    return out


def _checked(values: ArrayLike, weights: sparse.csr_array) -> tuple[Array, sparse.csr_array]:
    """Finite values, and weights whose rows are scaled so that equal weights are exactly 1."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not len(x) or weights.shape != (len(x), len(x)):
        raise DataError(f"{x.shape} values do not fit weights of shape {weights.shape}.")
    _refuse(~np.isfinite(x), "without a value: take the areas that are not assessed out first")
    w = sparse.csr_array(weights)
    # A zero that is stored would count as a neighbour, and a pair stored twice as two.
    if not w.data.all() or not w.has_canonical_format:
        w = w.copy()
        w.sum_duplicates()
        w.eliminate_zeros()
    if not np.isfinite(w.data).all():
        raise DataError("weights must be finite numbers.")
    return x, w if (w.data == 1).all() else _unit_rows(w)


def _unit_rows(w: sparse.csr_array) -> sparse.csr_array:
    """Each row divided by the size of its first weight, so that its scale is gone."""
    sizes = np.diff(w.indptr)
    # Scaling a row changes neither z nor p; scaled to 1, row-standardised weights are seen to be
    # equal and have the exact law.
    first = np.abs(w.data[w.indptr[:-1][sizes > 0]])
    data = w.data / np.repeat(first, sizes[sizes > 0])
    data[np.abs(data - 1) < 1e-12] = 1.0
    return sparse.csr_array((data, w.indices, w.indptr), shape=w.shape)


def _without_self(w: sparse.csr_array) -> sparse.csr_array:
    rows = np.repeat(np.arange(w.shape[0]), np.diff(w.indptr))
    keep = w.indices != rows
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows[keep], minlength=w.shape[0]))])
    return sparse.csr_array((w.data[keep], w.indices[keep], ends), shape=w.shape)


def _refuse(areas: Flags, why: str) -> None:
    if areas.any():
        raise DataError(f"{areas.sum():,} areas (first: row {areas.argmax()}) are {why}.")


class _OfMap(NamedTuple):
    """Weights of a whole map without the areas themselves, and S0, S1 and S2 of Cliff and Ord."""

    weights: sparse.csr_array
    sums: tuple[float, float, float]


@lru_cache(maxsize=4)
def _row_standardised(key: IdentityKey[sparse.csr_array]) -> _OfMap:
    """Kept, as the statistics of every factor and period ask about the same neighbours."""
    # Moran's I is about neighbours: an area's likeness to itself would raise it.
    w = _without_self(_checked(np.zeros(key.value.shape[0]), key.value)[1])
    sums = np.repeat(w.sum(axis=1), np.diff(w.indptr))
    scaled = sparse.csr_array((w.data / sums, w.indices, w.indptr), shape=w.shape)
    return _OfMap(scaled, _sums_of_weights(scaled))


@lru_cache(maxsize=4)
def _binary(key: IdentityKey[sparse.csr_array]) -> _OfMap:
    # General G compares like pairs; weights of different size would mix distance into it.
    w = _without_self(_checked(np.zeros(key.value.shape[0]), key.value)[1])
    ones = sparse.csr_array((np.ones_like(w.data), w.indices, w.indptr), shape=w.shape)
    return _OfMap(ones, _sums_of_weights(ones))


def _sums_of_weights(w: sparse.csr_array) -> tuple[float, float, float]:
    # S1 and S2 of Cliff and Ord; both sums count a pair in each direction.
    both = (w + w.T).power(2).sum() / 2
    ends = w.sum(axis=1) + w.sum(axis=0)
    return float(w.sum()), float(both), float((ends**2).sum())


def _global(statistic: float, expected: float, variance: float) -> Global:
    if not variance > 0:
        return Global(float(statistic), expected, np.nan, np.nan)
    z = float((statistic - expected) / np.sqrt(variance))
    return Global(float(statistic), expected, z, float(2 * ndtr(-abs(z))))


Z: dict[str, Callable[[Array, sparse.csr_array, Variance], Array]] = {
    "total": _z_total,
    "conditional": _z_conditional,
}
