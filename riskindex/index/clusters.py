"""Selected areas that adjoin each other, each such cluster with a name, for planning."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from riskindex.errors import DataError


def find_clusters(
    selected: "pd.Series[bool]",
    weights: csr_array,
    places: "pd.Series[Any]",
) -> pd.DataFrame:
    """Put the selected areas into clusters of adjoining areas.

    Parameters
    ----------
    selected
        Whether each area is selected, index area_code.
    weights
        Neighbours, shape `(n, n)`, in the order of the areas.
    places
        Name of the place that each area lies in, such as its district; same index.

    Returns
    -------
    DataFrame
        Index area_code, the selected areas alone, in their order; columns `cluster` (1 is the
        largest; among equals the one with the first area) and `name`, such as "Basildon: 4
        adjoining areas". Clusters of one place are told apart: "Basildon 2: 3 adjoining areas".

    Raises
    ------
    DataError
        The tables and the neighbours are not about the same areas.

    Examples
    --------
    >>> neighbours = csr_array(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]))
    >>> areas = pd.Index(["a", "b", "c"], name="area_code")
    >>> chosen = pd.Series([True, True, False], index=areas)
    >>> find_clusters(chosen, neighbours, pd.Series("Basildon", index=areas))["name"].iloc[0]
    'Basildon: 2 adjoining areas'
    """
    if weights.shape != (len(selected), len(selected)) or not places.index.equals(selected.index):
        raise DataError("Selected areas, neighbours and places must be about the same areas.")
    inside = np.flatnonzero(selected.to_numpy(bool))
    _, labels = connected_components(weights[inside][:, inside], directed=False)
    table = pd.DataFrame({"label": labels}, index=selected.index[inside])
    table["place"] = places.to_numpy(dtype=object)[inside]
    clusters = table.groupby("label", sort=True).agg(
        size=("place", "size"), place=("place", _place_words)
    )
    clusters = clusters.sort_values("size", ascending=False, kind="stable")
    clusters["cluster"] = np.arange(1, len(clusters) + 1)
    clusters["name"] = _names(clusters)
    named = clusters.reindex(table["label"])[["cluster", "name"]]
    return named.set_axis(table.index.rename("area_code"))


def _place_words(places: "pd.Series[Any]") -> str:
    counts = places.astype(str).value_counts()
    names = sorted(counts.index, key=lambda name: (-counts[name], name))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _names(clusters: pd.DataFrame) -> list[str]:
    number = clusters.groupby("place").cumcount() + 1
    several = clusters.groupby("place")["place"].transform("size") > 1
    return [
        f"{place}{f' {k}' if told_apart else ''}: {_areas(size)}"
        for place, k, told_apart, size in zip(
            clusters["place"], number, several, clusters["size"], strict=True
        )
    ]


def _areas(size: int) -> str:
    return "1 area" if size == 1 else f"{size} adjoining areas"
