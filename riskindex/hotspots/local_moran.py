"""Local Moran's I, of esda: like beside like, with p-values that are exact for counts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from riskindex.arrays import Array, Bands
from riskindex.statistics.getis_ord import gi
from riskindex.statistics.gi_p_values import Method
from riskindex.statistics.permutations import Permutations

QUADRANTS = ("", "high-high", "low-high", "low-low", "high-low")
"""What an area and its neighbours are, by esda's number of the quadrant."""


class LocalMoran(NamedTuple):
    """Local Moran's I of every area."""

    statistic: Array
    """Shape `(n,)`; above zero: the neighbours are like the area. NaN without neighbours, or where
    all values are equal."""
    quadrant: Bands
    """Position in `QUADRANTS`; 0 where there is no statistic."""
    p: Array
    """Two-sided: twice the smaller tail, at most 1."""
    log_p: Array
    """Its natural logarithm."""
    null: str
    """What is exchangeable if there is no pattern, and how p was computed."""


def local_moran(
    values: ArrayLike,
    weights: sparse.csr_array,
    *,
    p: Method = "auto",
    permutations: Permutations = Permutations(),  # noqa: B008 (frozen)
) -> LocalMoran:
    """Local Moran's I of every area: the area's value times the mean of its neighbours'.

    With the area's own value held fixed, I grows (or falls) with the sum of its neighbours'
    values, so that its p is that of Gi under the conditional null: exact where the weights of a
    window are equal and the values lie on a lattice, as counts do.

    Parameters
    ----------
    values
        One count or value per area, shape `(n,)`, no missing values.
    weights
        Shape `(n, n)`; row i holds the neighbours of area i and not area i; rows are standardised.
    p, permutations
        As for `gi`. esda's `p_sim` is by permutation, and the smaller tail alone: half of this p.

    Raises
    ------
    DataError
        Missing values, shapes that do not fit, an area that is in its own window.

    References
    ----------
    Anselin (1995), Geographical Analysis 27, 93-115.
    """
    from esda import Moran_Local
    from libpysal.graph import Graph

    tested = gi(values, weights, tail="two-sided", p=p, permutations=permutations)
    x = np.asarray(values, dtype=np.float64)
    if np.isnan(tested.z).all():
        nothing = np.full(len(x), np.nan)
        return LocalMoran(nothing, np.zeros(len(x), np.int8), tested.p, tested.log_p, tested.null)
    moran = Moran_Local(x, Graph.from_sparse(weights).transform("r"), permutations=0)
    # esda gives 0 to an area without neighbours, which would read as no autocorrelation.
    alone = np.diff(weights.indptr) == 0
    statistic = np.where(alone, np.nan, moran.Is)
    quadrant = np.where(alone, 0, moran.q).astype(np.int8)
    return LocalMoran(statistic, quadrant, tested.p, tested.log_p, tested.null)
