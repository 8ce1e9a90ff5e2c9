"""Neighbours that know the codes of their areas, from and to libpysal."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

import numpy as np
import pandas as pd
from scipy import sparse

from riskindex.areas.neighbours import METHODS, Neighbours, neighbour_matrix
from riskindex.errors import ConfigError, DataError, refuse_other_than
from riskindex.statistics import getis_ord

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from libpysal.graph import Graph
    from libpysal.weights import W


@dataclass(frozen=True, eq=False)
class Weights:
    """Which areas are neighbours, by their codes."""

    matrix: sparse.csr_array
    """Shape `(n, n)`; row i holds the weights of the neighbours of area i."""
    areas: "pd.Index[Any]"
    """Codes in the order of the rows, and of the columns."""

    def __repr__(self) -> str:
        return f"Weights({len(self.areas):,} areas, {self.matrix.nnz:,} links)"

    def to_graph(self) -> "Graph":
        """The same as a libpysal Graph."""
        from libpysal.graph import Graph

        return Graph.from_sparse(self.matrix, ids=self.areas)

    def to_w(self) -> "W":
        """The same as a libpysal W."""
        return self.to_graph().to_W()

    def of(self, labels: "pd.Index[Any]", what: str) -> sparse.csr_array:
        """The matrix, for values that have the same labels in the same order.

        Parameters
        ----------
        labels
            Index of the values.
        what
            What messages call them.

        Raises
        ------
        DataError
            A label that does not match, named.
        """
        # The same order, too: a matrix does not know which row is whose.
        if labels.equals(self.areas):
            return self.matrix
        raise DataError(f"{what}: {_mismatch(labels, self.areas)}")


def _mismatch(labels: "pd.Index[Any]", areas: "pd.Index[Any]") -> str:
    """What is wrong with labels, by the first that applies, and what to do."""
    twice = labels[labels.duplicated()]
    if isinstance(areas, pd.RangeIndex) and not isinstance(labels, pd.RangeIndex):
        return "the weights have no labels. Take those of build_weights, or a libpysal Graph."
    # Extra labels are told before missing ones: together they mean another edition of codes.
    strange, lacking = labels.difference(areas), areas.difference(labels)
    if len(twice):
        return f"the label {twice[0]!r} stands more than once."
    if len(strange):
        more = f" and {len(strange) - 1:,} more" if len(strange) > 1 else ""
        return (
            f"{strange[0]!r}{more} of {len(labels):,} labels are not among the {len(areas):,} "
            f"areas of the weights (first: {areas[0]!r}). Set the area code as the index of both."
        )
    if len(lacking):
        return (
            f"{len(lacking):,} of the {len(areas):,} areas of the weights have no value (first: "
            f"{lacking[0]!r}). Build the weights from the areas that have one."
        )
    return (
        "the labels are those of the weights, in another order. Put them in one order: "
        "values.reindex(weights.areas)."
    )


class NeighbourChanges(TypedDict, total=False):
    """Fields of `Neighbours` that a call changes."""

    method: Literal["queen", "rook", "nearest", "distance"]
    snap: float
    k: int
    distance: float | None


def build_weights(
    areas: "GeoDataFrame",
    *,
    options: Neighbours = Neighbours(),  # noqa: B008 (frozen)
    **changes: Unpack[NeighbourChanges],
) -> Weights:
    """Who adjoins whom, by area code.

    Parameters
    ----------
    areas
        One row per area, the code as index; `geometry` valid, in metres.
    options
        The method and its numbers: queen, rook, nearest or distance.
    **changes
        Single fields of the options: `method="nearest", k=6`.

    Returns
    -------
    Weights
        1 for each neighbour, no area its own (see `with_self`), in the order of `areas`.
        `to_graph()` and `to_w()` give libpysal's.

    Raises
    ------
    ConfigError
        A number that the method needs is missing or impossible.
    DataError
        The areas are none, have a code twice, or lie in degrees; `nearest` asks for more
        neighbours than there are areas.
    """
    from geopandas import GeoDataFrame

    if not isinstance(areas, GeoDataFrame):
        raise DataError(f"areas: a GeoDataFrame is needed, not a {type(areas).__name__}.")
    if areas.index.has_duplicates:
        raise DataError(f"areas: {_mismatch(areas.index, areas.index)}")
    # A dictionary or a method's name in this place would fail later and less plainly.
    refuse_other_than(Neighbours, options, place="options", words="Neighbours(...)")
    asked = replace(options, **changes)
    if asked.method not in METHODS:
        raise ConfigError(f"method: there is no {asked.method!r}; there are {', '.join(METHODS)}.")
    return Weights(neighbour_matrix(areas, options=asked), areas.index)


def as_weights(given: object) -> Weights:
    """Neighbours from whatever says them.

    Parameters
    ----------
    given
        `Weights`, a libpysal Graph or W, or a matrix of shape `(n, n)`, whose areas are numbered
        from 0.

    Raises
    ------
    DataError
        It is none of them.
    """
    if isinstance(given, Weights):
        return given
    # By its name and not by isinstance, which would have to import libpysal for every matrix.
    kind = type(given).__module__.partition(".")[0], type(given).__name__
    if kind == ("libpysal", "Graph"):
        return _of_graph(given)
    if kind[0] == "libpysal" and hasattr(given, "id_order"):
        from libpysal.graph import Graph

        return _of_graph(Graph.from_W(given))
    if sparse.issparse(given) or isinstance(given, np.ndarray):
        matrix = _csr(given)
        # Numbered: a bare matrix does not know its areas, and values with codes are then refused.
        return Weights(matrix, pd.RangeIndex(matrix.shape[0]))
    raise DataError(
        "weights: those of build_weights, a libpysal Graph or W, or a sparse matrix are needed, "
        f"not a {type(given).__name__}."
    )


def _of_graph(graph: Any) -> Weights:  # noqa: ANN401
    return Weights(_csr(graph.sparse), pd.Index(graph.unique_ids))


def _csr(matrix: Any) -> sparse.csr_array:  # noqa: ANN401
    return sparse.csr_array(matrix)


def with_self(weights: Any) -> Any:  # noqa: ANN401 (what is given is what comes back)
    """The same weights with every area in its own window, at weight 1; the argument is unchanged.

    Parameters
    ----------
    weights
        `Weights`, or a libpysal Graph or W, which become `Weights`; or a matrix, which stays one.
    """
    # A matrix stays a matrix, so that code written for SciPy need not change.
    if sparse.issparse(weights):
        return getis_ord.with_self(_csr(weights))
    labelled = as_weights(weights)
    return Weights(getis_ord.with_self(labelled.matrix), labelled.areas)
