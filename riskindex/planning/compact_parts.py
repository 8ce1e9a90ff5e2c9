"""Clusters of adjoining areas, and compact connected parts of those that are too large."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from riskindex.arrays import Flags, Positions, Shapes
from riskindex.errors import DataError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


MOST_CENTRES = 120
"""Areas that are tried as centres of the two parts; of more, so many spread over the codes."""


class Ground(NamedTuple):
    """What clusters are made on: where the areas lie, and how far from each other neighbours are.

    Everything is in the order of the area codes, so that the order of the tables decides nothing.
    """

    order: Positions
    """Position of each area in the tables."""
    hulls: Shapes
    """Convex hulls of the areas, in metres."""
    lengths: "csr_array[Any]"
    """Whole metres between the centroids of neighbours, shape `(n, n)`, symmetric."""

    def parts(self, selected: Flags, fits: Callable[[Positions], bool]) -> Positions:
        """Put the selected areas into connected parts that fit.

        Parameters
        ----------
        selected
            In the order of the tables, shape `(n,)`.
        fits
            Whether the areas of a part are few and near enough; positions in the order of codes.

        Returns
        -------
        array of int
            Number of the part, 0 and up, in the order of the tables; -1 for the others.
        """
        from scipy.sparse.csgraph import connected_components

        inside = np.flatnonzero(selected[self.order])
        label = np.full(len(selected), -1, dtype=np.intp)
        if not len(inside):
            return label
        _, cluster = connected_components(self.lengths[inside][:, inside], directed=False)
        pieces = [
            part
            for k in range(cluster.max() + 1)
            for part in self._divided(inside[cluster == k], fits)
        ]
        # By the first code in each: the order in which parts were cut decides nothing.
        for number, part in enumerate(sorted(pieces, key=lambda part: int(part[0]))):
            label[self.order[part]] = number
        return label

    def _divided(self, areas: Positions, fits: Callable[[Positions], bool]) -> list[Positions]:
        """Halve what does not fit until everything does; a single area always does."""
        waiting, done = [areas], []
        while waiting:
            part = waiting.pop()
            if len(part) == 1 or fits(part):
                done.append(part)
            else:
                # Halved and not cut to size: slices of fifteen areas would leave remainders that
                # nobody would send a team to.
                first = two_parts(self.lengths[part][:, part])
                waiting += [part[first], part[~first]]
        return done

    def km_across(self, areas: Positions) -> float:
        """Kilometres between the two points of the areas that lie farthest from each other."""
        return across(self.hulls[areas]) / 1000


def survey_ground(
    areas: "GeoDataFrame", weights: "csr_array[Any]", *, groups: "pd.Series[Any] | None" = None
) -> Ground:
    """Measure what clusters are made on.

    Parameters
    ----------
    areas
        Index area_code; `geometry` valid, in metres.
    weights
        Neighbours, shape `(n, n)`, in the order of the areas; either direction is enough.
    groups
        Where given, areas of different groups are no neighbours, so that no cluster crosses the
        border of a district, say.

    Raises
    ------
    DataError
        Neighbours are of another number of areas.
    """
    n = len(areas)
    if weights.shape != (n, n):
        raise DataError(f"Neighbours are of {weights.shape[0]:,} areas, and there are {n:,}.")
    order = np.argsort(areas.index.astype(str).to_numpy(dtype=str), kind="stable")
    shapes = areas.geometry.to_numpy()[order]
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    sorted_weights = csr_array(weights)[order][:, order]
    # Nearest neighbours go one way; whoever can be walked to can be walked from.
    i, j = sorted_weights.maximum(sorted_weights.T).nonzero()
    joined = i != j
    if groups is not None:
        group = groups.fillna("").astype(str).to_numpy(dtype=object)[order]
        joined &= group[i] == group[j]
    i, j = i[joined], j[joined]
    # Whole metres add up without rounding, so that equal distances are seen to be equal.
    length = np.maximum(np.rint(np.hypot(*(centre[i] - centre[j]).T)), 1.0)
    return Ground(order, shapely.convex_hull(shapes), csr_array((length, (i, j)), shape=(n, n)))


def two_parts(lengths: "csr_array[Any]") -> Flags:
    """Divide connected areas into two connected parts around two centres.

    The centres are the two areas to which all are nearest along the neighbours, added up (the
    2-median of the graph); every area goes to its nearer centre, and with it all areas on its
    shortest way there, so that both parts hang together. Among equals the first areas win.

    Parameters
    ----------
    lengths
        Metres between neighbours, shape `(m, m)`, symmetric, whole numbers, connected, `m > 1`.

    Returns
    -------
    array of bool
        Whether each area is in the first part.

    References
    ----------
    Hakimi (1964), Operations Research 12, 450-459.

    Examples
    --------
    >>> chain = csr_array(np.diag([1.0, 5.0, 1.0], 1) + np.diag([1.0, 5.0, 1.0], -1))
    >>> two_parts(chain).tolist()
    [True, True, False, False]
    """
    from scipy.sparse.csgraph import dijkstra

    m = lengths.shape[0]
    # All pairs of centres of a very large cluster would take minutes; areas with near codes mostly
    # lie near each other, so that a spread of codes is one of places.
    centres = np.unique(np.linspace(0, m - 1, min(m, MOST_CENTRES)).astype(np.intp))
    far = np.asarray(dijkstra(lengths, directed=False, indices=centres))
    best, first, second = np.inf, 0, 1
    for a in range(len(centres) - 1):
        # Each pair once: the second centre comes after the first.
        sums = np.minimum(far[a], far[a + 1 :]).sum(axis=1)
        b = int(np.argmin(sums))
        # Below and not at: among equals the first pair wins.
        if sums[b] < best:
            best, first, second = float(sums[b]), a, a + 1 + b
    # An area as near to both goes to the first, so that no area is left over.
    return np.asarray(far[first] <= far[second])


def across(shapes: Shapes) -> float:
    """Greatest distance between two points of the shapes, in their unit."""
    from scipy.spatial.distance import pdist

    # The farthest two points of shapes are corners of their hull, which has few.
    hull = shapely.convex_hull(shapely.geometrycollections(shapes))
    return float(pdist(shapely.get_coordinates(hull)).max(initial=0.0))
