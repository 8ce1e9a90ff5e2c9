"""Counts against an expectation: the area by itself, and its window (with its neighbours)."""

from collections.abc import Callable
from typing import Literal, NamedTuple, Unpack

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from riskindex.arrays import Array, Flags
from riskindex.errors import DataError
from riskindex.statistics.exact_sums.window_sum import LogTails, log_window_tails
from riskindex.statistics.expectation import (
    AssessedAreas,
    Background,
    ComparisonOptions,
    Dispersion,
    compare,
)
from riskindex.statistics.tails import log_binomial_tail, log_upper_tail

Tail = Literal["strict", "mid"]

TAILS: dict[str, Callable[[LogTails], Array]] = {
    "strict": lambda tails: tails.strict,
    "mid": lambda tails: np.asarray(np.logaddexp(tails.strict, tails.above) - np.log(2.0)),
}

ONE_GROUP = np.ones(1, dtype=np.int64)


class Excess(NamedTuple):
    """How far counts lie above their expectation."""

    ratio: Array
    """Count over expected."""
    p: Array
    """Upper tail; 0 only where it is below the smallest floating-point number."""
    log_p: Array
    """Its natural logarithm, always finite."""


class WindowExcess(NamedTuple):
    """Observed against expected, per area or per window, and what the p-value assumes."""

    observed: Array
    expected: Array
    ratio: Array
    p: Array
    log_p: Array
    dispersion: float
    """Variance of the areas' relative risks that the tail allows for."""
    estimator: str
    """How it was found: pair-ratio, moments, none, given-total or given."""
    null: str
    """What is assumed if there is no hotspot, in words."""
    dispersion_of_all: float
    """The dispersion with the extreme areas that it leaves out."""
    left_out: Flags
    """Extreme areas that would make most of the dispersion, which is estimated without them."""


def poisson_excess(
    observed: ArrayLike, expected: ArrayLike, *, dispersion: float = 0.0, tail: Tail = "strict"
) -> Excess:
    """Upper tail of counts against their expectation.

    Parameters
    ----------
    observed, expected
        Counts and positive means, broadcast together. NaN where either is missing, or
        nothing is expected.
    dispersion
        Variance w of relative risk: counts vary by `expected + w expected^2` (negative
        binomial); 0 is the Poisson tail.
    tail
        "strict" is P(X >= observed), "mid" is P(X > observed) + P(X = observed) / 2.

    Returns
    -------
    Excess
        Relative accuracy of p is 1e-11 or better for means up to 1e5, and log_p goes on
        where p itself underflows.

    Raises
    ------
    DataError
        A count below zero, or a dispersion that is no number of 0 or more.

    Examples
    --------
    >>> poisson_excess([9], [3.0]).p.round(6)
    array([0.003803])
    """
    x, mu = _broadcast(observed, expected)
    if not 0 <= dispersion < np.inf:
        raise DataError(f"The dispersion {dispersion:g} is a variance: give a number of 0 or more.")
    log_p = TAILS[tail](
        # Fractions, as shared-out counts have, are rounded up: the tail is never too small.
        LogTails(*(log_upper_tail(np.ceil(x) + m, mu, dispersion=dispersion) for m in (0, 1)))
    )
    return Excess(x / mu, np.exp(log_p), log_p)


def window_excess(
    observed: ArrayLike,
    exposure: ArrayLike,
    neighbours: csr_array,
    *,
    dispersion: Dispersion = "pair-ratio",
    tail: Tail = "mid",
    background: Background = "county",
    centroids: ArrayLike | None = None,
) -> WindowExcess:
    """Count of every window (an area with its neighbours) against its expectation.

    Parameters
    ----------
    observed
        Events per area, whole numbers, shape `(n,)`; NaN where not assessed.
    exposure
        What events are expected from: residents, households. Areas where it is missing or
        zero are not assessed and leave the windows of their neighbours.
    neighbours
        Binary, shape `(n, n)`, zero diagonal.
    dispersion
        How the variance of the areas' risks is found: "pair-ratio", "moments", "none"
        (Poisson), "given-total" (none, and the binomial tail given the total), or a number.
    tail
        "mid" is P(X > observed) + P(X = observed) / 2, "strict" is P(X >= observed).
    background
        "county" expects the study area's rate everywhere, "local" that of the 200 areas
        nearest to each: hotter than the surroundings instead of hotter than the county.
    centroids
        Points of the areas, shape `(n, 2)`, for the background "local".

    Returns
    -------
    WindowExcess
        NaN for areas that are not assessed, or where nothing is expected.

    Raises
    ------
    DataError
        Counts that are negative or not whole, or choices that do not fit together.

    Notes
    -----
    The tail is exact for independent areas with gamma distributed risks (negative binomial
    counts). Windows of more than 500 events are matched to three moments where the tail is
    plainly large (above .2; above .5 for weighted events). Heavy events, and sums above 20,000,
    are had from a transform (`log_tails_by_inversion`). Calibrated for gamma-like
    variation: heavier tails, such as lognormal ones, give more false alarms.
    """
    study = compare(
        observed,
        exposure,
        neighbours,
        jumps=ONE_GROUP,
        dispersion=dispersion,
        background=background,
        centroids=centroids,
    )
    return _excess(study, study.windows, tail)


def own_excess(
    observed: ArrayLike,
    exposure: ArrayLike,
    neighbours: csr_array,
    *,
    tail: Tail = "mid",
    **comparison: Unpack[ComparisonOptions],
) -> WindowExcess:
    """Count of every area by itself; neighbours serve to estimate the dispersion.

    Arguments, choices and result are those of `window_excess`.
    """
    study = compare(observed, exposure, neighbours, jumps=ONE_GROUP, **comparison)
    return _excess(study, study.itself, tail)


def compound_excess(
    counts: ArrayLike,
    weights: ArrayLike,
    exposure: ArrayLike,
    neighbours: csr_array,
    *,
    of: Literal["window", "own", "window without largest"] = "window",
    tail: Tail = "mid",
    **comparison: Unpack[ComparisonOptions],
) -> WindowExcess:
    """Weighted sum of events of several groups against its expectation.

    Parameters
    ----------
    counts
        Events per area and group, whole numbers, shape `(n, groups)`; an area with a
        missing group is not assessed.
    weights
        What an event of each group counts, positive whole numbers, shape `(groups,)`.
    exposure, neighbours, tail, comparison
        As in `window_excess`.
    of
        "window" tests an area with its neighbours, "own" the area by itself, "window
        without largest" the window without its most excessive area.

    Returns
    -------
    WindowExcess
        Weighted sums. Each group is expected from its own total; an area's risk, and so the
        dispersion, is shared by its groups (compound negative binomial).
    """
    # Exact tails walk over whole sums; fractional weights are brought to steps first.
    x, a = np.asarray(counts, float), np.asarray(weights)
    if x.ndim != 2 or a.shape != x.shape[1:] or np.any(a < 1) or np.any(a != np.round(a)):
        raise DataError(
            f"weights {a.tolist()} do not fit counts of shape {x.shape}: "
            "give one positive whole number per group of events."
        )
    study = compare(x, exposure, neighbours, jumps=a.astype(np.int64), **comparison)
    return _excess(study, WINDOWS[of](study), tail)


def _broadcast(observed: ArrayLike, expected: ArrayLike) -> tuple[Array, Array]:
    try:
        x, mu = np.broadcast_arrays(np.asarray(observed, float), np.asarray(expected, float))
    except ValueError as error:
        raise DataError(
            f"Counts and what is expected of them must be numbers of one shape: {error}."
        ) from error
    if np.any(x < 0):
        raise DataError(f"{int((x < 0).sum()):,} counts are below zero (lowest {x.min():g}).")
    # Where nothing is expected no count is surprising; it is not assessed.
    return x, np.where(mu > 0, mu, np.nan)


def _without_largest(study: AssessedAreas) -> csr_array:
    """Windows without the area that has the largest excess of observed over expected."""
    return without_largest(study.windows, study.intensity.total - study.means @ study.jumps)


def without_largest(windows: csr_array, excess: Array) -> csr_array:
    """Windows without the area of the largest excess in each.

    Parameters
    ----------
    windows
        Shape `(m, n)`, binary, no row empty.
    excess
        Observed less expected of each area, shape `(n,)`; of equals the last one is left out.
    """
    rank = np.empty(len(excess), np.int64)
    # By rank and not by value, so that of equals exactly one goes.
    rank[np.argsort(excess, kind="stable")] = np.arange(1, len(excess) + 1)
    ranks = rank[windows.indices]
    largest = np.maximum.reduceat(ranks, windows.indptr[:-1])
    others = (ranks < np.repeat(largest, np.diff(windows.indptr))).astype(float)
    # Copies: zeros are taken out in place, and the windows are shared by all factors and periods.
    rest = csr_array((others, windows.indices, windows.indptr), windows.shape, copy=True)
    rest.eliminate_zeros()
    return rest


WINDOWS: dict[str, Callable[[AssessedAreas], csr_array]] = {
    "window": lambda study: study.windows,
    "own": lambda study: study.itself,
    "window without largest": _without_largest,
}


def _excess(study: AssessedAreas, windows: csr_array, tail: Tail) -> WindowExcess:
    observed = windows @ study.intensity.total
    expected = windows @ (study.means @ study.jumps)
    # A window without its only area is empty.
    asked = expected > 0
    log_p = np.full(len(asked), np.nan)
    # Mid-p by default: the strict tail of sparse counts is conservative, with fewer false alarms
    # than its level and less power.
    log_p[asked] = TAILS[tail](_log_tails(study, windows[asked], observed[asked]))
    return WindowExcess(
        observed=study.over_all(observed),
        expected=study.over_all(expected),
        ratio=study.over_all(observed / np.where(asked, expected, np.nan)),
        p=study.over_all(np.exp(log_p)),
        log_p=study.over_all(log_p),
        dispersion=study.dispersion,
        estimator=study.estimator,
        null=study.null,
        dispersion_of_all=study.spread.of_all,
        left_out=study.over_all(study.spread.left_out.astype(float)) == 1,
    )


def _log_tails(study: AssessedAreas, windows: csr_array, observed: Array) -> LogTails:
    # Given the total, a window's count is binomial with its share of the exposure.
    if study.estimator == "given-total":
        total, e = study.intensity.total.sum(), study.intensity.exposure
        share = windows @ e / e.sum()
        return LogTails(*(log_binomial_tail(observed + more, total, share) for more in (0, 1)))
    # Means differ between areas, so with dispersion a window sum has no standard law.
    return log_window_tails(
        observed, study.means, windows, dispersion=study.dispersion, jumps=study.jumps
    )
