import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph
from scipy.sparse import csr_array
from shapely import box
from squares import lattice, prepared, raw

from riskindex import ConfigError, DataError, Neighbours, build_weights, with_self
from riskindex.areas.weights import as_weights

AREAS = prepared(lattice())


def scattered(n=60, seed=4):
    points = np.random.default_rng(seed).uniform(200_000, 250_000, (n, 2))
    return prepared(raw([box(x, y, x + 1, y + 1) for x, y in points]))


def pairs(graph):
    table = graph.adjacency
    return {pair for pair, weight in table.items() if weight}


def test_weights_have_the_codes_of_the_areas():
    weights = build_weights(AREAS)
    assert list(weights.areas) == list(AREAS.index)
    assert weights.matrix.nnz == 40
    assert repr(weights) == "Weights(9 areas, 40 links)"


def test_graph_and_w_come_back_as_they_went():
    apart = prepared(raw([*lattice(2, 1).geometry, box(590_000, 200_000, 590_001, 200_001)]))
    for areas in (AREAS, apart):
        weights = build_weights(areas)
        for there in (weights.to_graph(), weights.to_w()):
            back = as_weights(there)
            assert list(back.areas) == list(areas.index)
            assert (back.matrix != weights.matrix).nnz == 0


def test_single_choices_are_given_by_keyword():
    named = build_weights(AREAS, method="rook")
    given = build_weights(AREAS, options=Neighbours(method="rook"))
    assert (named.matrix != given.matrix).nnz == 0
    with pytest.raises(ConfigError, match="no 'bishop'; there are queen, rook"):
        build_weights(AREAS, method="bishop")


def test_nearest_and_distance_are_those_of_libpysal():
    areas = scattered()
    points = areas.geometry.centroid
    nearest = build_weights(areas, method="nearest", k=5).to_graph()
    assert pairs(nearest) == pairs(Graph.build_knn(points, k=5))
    near = build_weights(areas, method="distance", distance=9000.0).to_graph()
    assert pairs(near) == pairs(Graph.build_distance_band(points, 9000.0, binary=True))


def test_areas_in_degrees_are_refused():
    with pytest.raises(DataError, match=r"degrees \(WGS 84\).*to_crs\(27700\)"):
        build_weights(AREAS.to_crs(4326))


def test_an_area_itself_joins_its_window_whatever_says_the_weights():
    weights = build_weights(AREAS)
    for given in (weights, weights.to_graph(), weights.to_w()):
        own = with_self(given)
        assert list(own.areas) == list(AREAS.index)
        assert (own.matrix.diagonal() == 1).all()
        assert own.matrix.nnz == 49
    assert isinstance(with_self(weights.matrix), csr_array)
    assert not weights.matrix.diagonal().any()


def test_what_is_no_weights_is_refused_in_a_sentence():
    with pytest.raises(DataError, match=r"a libpysal Graph or W, .* not a list"):
        as_weights([1, 2])
    with pytest.raises(DataError, match="a GeoDataFrame is needed, not a DataFrame"):
        build_weights(pd.DataFrame())
    twice = AREAS.set_axis(["A00", *AREAS.index[:-1]])
    with pytest.raises(DataError, match="the label 'A00' stands more than once"):
        build_weights(twice)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.sample(frac=1, random_state=1), "the labels are .* in another order"),
        (lambda s: s.rename({"A03": "B03", "A04": "B04"}), "'B03' and 1 more of 9 labels are not"),
        (lambda s: s.iloc[:-2], "2 of the 9 areas of the weights have no value .*'A07'"),
        (lambda s: s.rename({"A03": "A02"}), "the label 'A02' stands more than once"),
    ],
)
def test_a_label_that_does_not_match_is_named(change, words):
    labels = change(pd.Series(0, index=AREAS.index)).index
    with pytest.raises(DataError, match=f"values: {words}"):
        build_weights(AREAS).of(labels, "values")


def test_a_bare_matrix_has_no_labels():
    bare = as_weights(build_weights(AREAS).matrix)
    assert bare.of(pd.RangeIndex(9), "values") is bare.matrix
    with pytest.raises(DataError, match=r"have no labels\. Take those of build_weights"):
        bare.of(AREAS.index, "values")
