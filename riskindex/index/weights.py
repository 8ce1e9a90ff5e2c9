"""Weights of the factors: as given, equal, from the data, or from points that people gave."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import Array
from riskindex.errors import ConfigError, DataError

Points = Mapping[str, Mapping[str, float]]


class WeightInputs(NamedTuple):
    """What weights can be made from, one entry per factor."""

    factors: tuple[str, ...]
    weights: Array
    """As the config gives them."""
    groups: tuple[str, ...]
    """Group of each factor; empty for a factor that stands by itself."""
    scores: Array
    """Shape `(n, factors)`; NaN where not assessed."""
    points: Points
    """Points that each person gave to each factor."""


def equal_weights(given: WeightInputs) -> Array:
    """1 for every factor that has a weight at all."""
    return np.where(given.weights > 0, 1.0, 0.0)


def pca_weights(given: WeightInputs) -> Array:
    """Loadings of the first principal component of the correlations, inside each group.

    The sign is fixed so that the loadings add up to more than zero. A factor that is the same
    everywhere has no loading and so no weight.

    Raises
    ------
    DataError
        A factor loads against the others: as a weight that would be below zero.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators, section 6.1.
    """
    weights = np.zeros(len(given.weights))
    for group in dict.fromkeys(given.groups):
        members = [
            k for k, name in enumerate(given.groups) if name == group and given.weights[k] > 0
        ]
        loadings = first_component(given.scores[:, members])
        # A negative loading would reward risk; a component that runs against a factor is no weight
        # for it.
        against = [given.factors[k] for k, x in zip(members, loadings, strict=True) if x < 0]
        if against:
            raise DataError(
                f"index.weights: {against[0]} runs against the other factors, so the first "
                "principal component gives it a weight below zero. Give the weights yourself."
            )
        # Inside a group PCA only shares out the weight that its factors were given together.
        weights[members] = loadings * (given.weights[members].sum() / loadings.sum())
    return weights


def first_component(scores: Array) -> Array:
    """Loadings of the first principal component of standardised scores.

    Parameters
    ----------
    scores
        Shape `(n, factors)`; areas that lack one are left out.

    Returns
    -------
    Array
        Shape `(factors,)`, length 1, sum above zero; 0 for a constant factor, all equal where no
        factor varies.
    """
    # Correlations of areas that have all factors: pairwise ones may not fit together.
    complete = scores[~np.isnan(scores).any(axis=1)]
    varies = np.ptp(complete, axis=0) > 0 if len(complete) > 1 else np.zeros(scores.shape[1], bool)
    count = scores.shape[1]
    loadings = np.zeros(count)
    if not varies.any():
        return np.repeat(count**-0.5, count)
    correlations = np.atleast_2d(np.corrcoef(complete[:, varies], rowvar=False))
    # eigh orders by size, the largest last.
    first = np.linalg.eigh(correlations)[1][:, -1]
    # The sign of an eigenvector is arbitrary.
    loadings[varies] = first * (1.0 if first.sum() >= 0 else -1.0)
    # Rounding must not make a loading of nothing into one below zero.
    loadings[np.abs(loadings) < 1e-12] = 0.0
    return loadings


def elicited_weights(given: WeightInputs) -> Array:
    """Mean over people of the share of the points that each gave to each factor."""
    # Budget allocation: each person's points are shares first, so that nobody counts more by giving
    # more points.
    return np.asarray(elicited_shares(given.points, given.factors).mean(axis=0), dtype=float)


def elicited_shares(points: Points, factors: tuple[str, ...]) -> pd.DataFrame:
    """Share of each person's points that each factor got: the budget, and how people differ.

    Parameters
    ----------
    points
        Person to factor to points, zero or more; a factor that is not named got none.
    factors
        Names of the scored factors.

    Returns
    -------
    DataFrame
        One row per person, one column per factor; every row adds up to 1.

    Raises
    ------
    ConfigError
        Every fault: nobody gave points, points for an unknown factor, below zero, or none at all.
    """
    faults = list(points_faults(points, factors))
    if faults:
        raise ConfigError(faults)
    table = pd.DataFrame.from_dict(
        {person: dict(given) for person, given in points.items()}, "index"
    )
    # Who does not name a factor gave it no points, which is an answer and not missing.
    table = table.reindex(columns=list(factors)).fillna(0.0).astype(float)
    return table.div(table.sum(axis=1), axis=0)


def points_faults(points: Points, factors: Collection[str]) -> Iterator[str]:
    """Say what is wrong with the points that people gave to these factors."""
    if not points:
        yield 'index.points: weights = "elicited" needs points from people.'
    for person, given in points.items():
        place = f"index.points.{person}"
        yield from (f"{place}: no scored factor {name!r}." for name in given if name not in factors)
        yield from (
            f"{place}: {name} has {x:g} points, and must have a number of 0 or more."
            for name, x in given.items()
            if not 0 <= x < np.inf
        )
        # A person's points are divided by their sum.
        if not sum(given.values()) > 0:
            yield f"{place}: gave no points at all."


def elicited_spread(points: Points, factors: tuple[str, ...]) -> pd.DataFrame:
    """How far people are apart over each factor: what repeats with elicited weights mix.

    Parameters
    ----------
    points, factors
        As for `elicited_shares`.

    Returns
    -------
    DataFrame
        Index factor; `mean` (the weight), `sd` (divisor n - 1; NaN for one person), `low` and
        `high` of each person's points out of 100, and `people`, how many gave points.
    """
    table = 100 * elicited_shares(points, factors)
    columns = {
        "mean": table.mean(),
        "sd": table.std(ddof=1),
        "low": table.min(),
        "high": table.max(),
    }
    return pd.DataFrame(columns).rename_axis("factor").assign(people=len(table))


WEIGHTS: dict[str, Callable[[WeightInputs], Array]] = {
    "normalised": lambda given: given.weights,
    "as-given": lambda given: given.weights,
    "equal": equal_weights,
    "pca": pca_weights,
    "elicited": elicited_weights,
}
"""Config word to function; all but as-given are divided by their sum afterwards."""
