import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from riskindex.errors import DataError
from riskindex.index.clusters import find_clusters

AREAS = pd.Index(list("abcdefg"), name="area_code")


def neighbours(*pairs):
    matrix = np.zeros((len(AREAS), len(AREAS)))
    for pair in pairs:
        i, j = (AREAS.get_loc(code) for code in pair)
        matrix[i, j] = matrix[j, i] = 1
    return csr_array(matrix)


CHAIN = neighbours("ab", "bc", "cd", "de", "ef", "fg")


def clusters(selected, places, weights=CHAIN):
    flags = pd.Series([code in selected for code in AREAS], index=AREAS)
    return find_clusters(flags, weights, pd.Series(places, index=AREAS))


def test_areas_that_adjoin_are_one_cluster():
    found = clusters("abce", "Basildon")
    assert found["cluster"].to_dict() == {"a": 1, "b": 1, "c": 1, "e": 2}
    assert found["name"].unique().tolist() == [
        "Basildon 1: 3 adjoining areas",
        "Basildon 2: 1 area",
    ]


def test_an_area_between_that_is_not_selected_keeps_clusters_apart():
    assert clusters("ac", "Basildon")["cluster"].tolist() == [1, 2]


def test_one_cluster_of_a_place_needs_no_number():
    places = ["Basildon"] * 4 + ["Thurrock"] * 3
    found = clusters("abfg", places)
    assert found["name"].unique().tolist() == [
        "Basildon: 2 adjoining areas", "Thurrock: 2 adjoining areas",
    ]  # fmt: skip


def test_a_cluster_across_a_border_names_both_sides_the_larger_part_first():
    places = ["Basildon"] * 3 + ["Castle Point"] + ["Thurrock"] * 3
    assert clusters("bcde", places)["name"].iloc[0] == (
        "Basildon, Castle Point and Thurrock: 4 adjoining areas"
    )


def test_the_largest_cluster_comes_first():
    assert clusters("acdef", "Basildon")["cluster"].to_dict() == {
        "a": 2, "c": 1, "d": 1, "e": 1, "f": 1,
    }  # fmt: skip


def test_nothing_selected_has_no_clusters():
    assert clusters("", "Basildon").empty


def test_tables_of_other_areas_are_refused():
    flags = pd.Series(True, index=AREAS)
    with pytest.raises(DataError, match="same areas"):
        find_clusters(flags, CHAIN, pd.Series("Basildon", index=AREAS[::-1]))
