"""What counts are compared with: expected events of every assessed area, and dispersion."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple, TypedDict

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, eye_array

from riskindex.arrays import Array, Flags, IdentityKey, Integers
from riskindex.errors import DataError
from riskindex.statistics.dispersion import (
    Intensity,
    Spread,
    against_overall_rate,
    assessed,
    pair_ratio_spread,
)

Dispersion = Literal["pair-ratio", "moments", "none", "given-total"] | float
Background = Literal["county", "local"]

NEAREST = 200
"""How many areas make the surroundings of an area under the background "local"."""


def _of_all(w: float, intensity: Intensity) -> Spread:
    """A dispersion that leaves no area out."""
    return Spread(w, w, w, np.zeros(len(intensity.total), bool))


ESTIMATORS: dict[str | float, Callable[[Intensity, csr_array], Spread]] = {
    "pair-ratio": pair_ratio_spread,
    "moments": lambda intensity, _: _of_all(against_overall_rate(intensity), intensity),
    "none": lambda intensity, _: _of_all(0.0, intensity),
    "given-total": lambda intensity, _: _of_all(0.0, intensity),
}


class ComparisonOptions(TypedDict, total=False):
    """Choices about what counts are compared with."""

    dispersion: Dispersion
    """How the variance of the areas' risks is found: "pair-ratio" (unless said), "moments",
    "none" (Poisson), "given-total" (none, and the binomial tail given the total), a number."""
    background: Background
    """"county" (unless said) expects the study area's rate everywhere, "local" that of the 200
    areas nearest to each: hotter than the surroundings instead of hotter than the county."""
    centroids: ArrayLike | None
    """Points of the areas, shape `(n, 2)`, for the background "local"."""


class AssessedAreas(NamedTuple):
    """The assessed areas of a test, and what is expected of them."""

    keep: Flags
    """Which of all areas are assessed; everything below has those alone."""
    intensity: Intensity
    means: Array
    """Expected events per area and group."""
    jumps: Integers
    """What an event of each group counts."""
    neighbours: csr_array
    spread: Spread
    """Dispersion of the areas' risks, and the extreme areas that it leaves out."""
    estimator: str
    """A key of `ESTIMATORS`, or "given"."""
    background: str

    @property
    def dispersion(self) -> float:
        """Variance of the areas' relative risks."""
        return self.spread.dispersion

    @property
    def itself(self) -> csr_array:
        """Every area by itself, as windows."""
        return csr_array(eye_array(len(self.means)))

    @property
    def windows(self) -> csr_array:
        """Every area with its assessed neighbours."""
        return windows_of(IdentityKey(self.neighbours))

    @property
    def null(self) -> str:
        """What is assumed if there is no hotspot, in words."""
        rate = {
            "county": "one rate everywhere",
            "local": f"the rate of the {NEAREST} nearest areas",
        }
        law = f"events independent (dispersion 0, {self.estimator})"
        if self.estimator == "given-total":
            law = "events independent, given their total"
        elif self.dispersion > 0:
            spread = f"{self.dispersion:.3g} ({self.estimator})"
            if self.spread.dispersion > self.spread.variance:
                spread += f", raised from {self.spread.variance:.3g} for a heavier tail"
            law = f"areas independent, relative risks gamma distributed with variance {spread}"
        return f"{rate[self.background]}; {law}"

    def over_all(self, found: Array) -> Array:
        """A column of the assessed areas as a column of all areas, NaN elsewhere."""
        column = np.full(len(self.keep), np.nan)
        column[self.keep] = found
        return column


def compare(
    counts: ArrayLike,
    exposure: ArrayLike,
    neighbours: csr_array,
    *,
    jumps: Integers,
    dispersion: Dispersion = "pair-ratio",
    background: Background = "county",
    centroids: ArrayLike | None = None,
) -> AssessedAreas:
    """Expected events of every assessed area, and the dispersion of their risks.

    Parameters
    ----------
    counts
        Events per area and group, shape `(n, groups)`, or `(n,)` for one group.
    exposure
        What events are expected from; areas where it is missing or zero, or where a count
        is missing, are not assessed and leave the windows of their neighbours.
    neighbours
        Binary, shape `(n, n)`, zero diagonal.
    jumps
        What an event of each group counts, positive whole numbers, shape `(groups,)`.
    dispersion, background, centroids
        As in `ComparisonOptions`.

    Raises
    ------
    DataError
        Counts that are negative or not whole, or choices that do not fit together.
    """
    x, e = np.asarray(counts, float), np.asarray(exposure, float)
    # One group of events is the common case of several.
    x = x[:, None] if x.ndim == 1 else x
    _check(x, e, neighbours)
    # An area with one group missing is not assessed, since its weighted sum is not known.
    keep = assessed(x.sum(axis=1), e)
    x, e, kept = x[keep], e[keep], neighbours if keep.all() else neighbours[keep][:, keep]
    # Chance adds the square of an event's weight: three fires that count 5 vary more than fifteen
    # that count 1.
    intensity = Intensity(x @ jumps, x @ jumps**2, e)
    # Always from the whole county, whatever the background: 200 areas are too few to estimate it.
    spread, estimator = _dispersion(dispersion, intensity, kept)
    # The binomial law is that of one total shared out by exposure.
    if estimator == "given-total" and (len(jumps) > 1 or background != "county"):
        raise DataError('"given-total" takes one group of events and the background "county".')
    points = None if centroids is None else np.asarray(centroids, float)
    points = points if points is None or keep.all() else points[keep]
    means = BACKGROUNDS[background](x, e, points)
    return AssessedAreas(keep, intensity, means, jumps, kept, spread, estimator, background)


def expected_by_strata(counts: ArrayLike, populations: ArrayLike) -> Array:
    """Expected counts per area by indirect standardisation.

    Parameters
    ----------
    counts
        Events per stratum in the whole study area, shape `(strata,)`, or per area and
        stratum, shape `(n, strata)`.
    populations
        People per area and stratum (age bands), shape `(n, strata)`.

    Returns
    -------
    Array
        Events expected in each area if every stratum had the study area's rate, shape
        `(n,)`; NaN where a population is missing. Use it as the exposure.
    """
    x, people = np.asarray(counts, float), np.asarray(populations, float)
    # Each stratum at its own rate over all areas: an area of many young people is expected to have
    # more.
    events = np.nansum(x, axis=0) if x.ndim == 2 else x
    base = np.nansum(people, axis=0)
    return np.asarray(people @ np.divide(events, base, out=np.zeros_like(base), where=base > 0))


def _check(x: Array, e: Array, neighbours: csr_array) -> None:
    if not x.shape[:1] == e.shape == neighbours.shape[:1] == neighbours.shape[1:]:
        raise DataError(
            f"counts of shape {x.shape}, exposure of shape {e.shape} and neighbours of shape "
            f"{neighbours.shape} are not about the same areas."
        )
    # A window that held its area twice would count its events twice.
    if neighbours.diagonal().any():
        raise DataError("neighbours must leave the area itself out; its window adds it.")
    if np.any(x < 0) or np.any((x != np.round(x)) & ~np.isnan(x)):
        raise DataError("counts must be whole numbers of 0 or more; give weighted events by group.")


def _dispersion(
    asked: Dispersion, intensity: Intensity, neighbours: csr_array
) -> tuple[Spread, str]:
    if asked in ESTIMATORS:
        return ESTIMATORS[asked](intensity, neighbours), str(asked)
    if isinstance(asked, str) or not asked >= 0:
        raise DataError(f"dispersion {asked!r} is not 0 or more, or one of {list(ESTIMATORS)}.")
    return _of_all(float(asked), intensity), "given"


def _overall_means(x: Array, e: Array, _: Array | None) -> Array:
    # Each group from its own total, so that rare kinds are not expected by the frequent ones.
    return np.asarray(e[:, None] * (x.sum(axis=0) / max(e.sum(), np.finfo(float).tiny)))


def _local_means(x: Array, e: Array, centroids: Array | None) -> Array:
    if centroids is None:
        raise DataError('the background "local" needs the centroids of the areas.')
    # In a small county the surroundings are the county.
    if len(e) <= NEAREST:
        return _overall_means(x, e, None)
    near = _surroundings(IdentityKey(centroids))
    # Ratio of sums and not mean of ratios, which small areas would dominate.
    return np.asarray(e[:, None] * (near @ x) / (near @ e)[:, None])


@lru_cache(maxsize=4)
def _surroundings(key: "IdentityKey[Array]") -> csr_array:
    """The nearest areas of each, itself included, shape `(n, n)`; kept for further tests."""
    from scipy.spatial import KDTree

    points, n = key.value, len(key.value)
    # The area itself is among its nearest: its own events weigh one in 200.
    _, near = KDTree(points).query(points, k=NEAREST, workers=-1)
    starts = np.arange(0, n * NEAREST + 1, NEAREST, dtype=np.int32)
    return csr_array((np.ones(n * NEAREST), near.ravel().astype(np.int32), starts), shape=(n, n))


@lru_cache(maxsize=4)
def windows_of(key: "IdentityKey[csr_array]") -> csr_array:
    """Every area with its neighbours, kept for further tests; not to be changed in place."""
    return csr_array(key.value + eye_array(key.value.shape[0], format="csr"))


BACKGROUNDS: dict[str, Callable[[Array, Array, Array | None], Array]] = {
    "county": _overall_means,
    "local": _local_means,
}
