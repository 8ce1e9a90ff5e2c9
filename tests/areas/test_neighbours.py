"""Who adjoins whom, by hand, by law, and as an independent tool has it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from machine import examples
from scipy.sparse import csr_array
from shapely import Polygon
from shapely.affinity import translate
from squares import lattice, prepared, raw, square

from riskindex.areas.neighbours import (
    Neighbours,
    describe_neighbours,
    neighbour_matrix,
    on_boundary,
    with_edge,
)
from riskindex.areas.prepare import prepare_areas
from riskindex.errors import ConfigError, DataError


def weights_of(shapes, **options):
    return neighbour_matrix(prepared(raw(shapes)), options=Neighbours(**options)).toarray()


def test_queen_counts_corners_and_rook_does_not():
    shapes = list(lattice().geometry)
    queen, rook = weights_of(shapes), weights_of(shapes, method="rook")
    assert list(queen.sum(axis=1)) == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert list(rook.sum(axis=1)) == [2, 3, 2, 3, 4, 3, 2, 3, 2]
    for weights in (queen, rook):
        assert set(np.unique(weights)) == {0, 1}
        assert (weights == weights.T).all()
        assert not weights.diagonal().any()


def test_weights_are_a_sparse_row_matrix_of_floats():
    weights = neighbour_matrix(prepared(lattice()))
    assert isinstance(weights, csr_array)
    assert weights.dtype == np.float64
    assert weights.shape == (9, 9)
    assert weights.nnz == 40


@pytest.mark.parametrize(("gap", "neighbours"), [(1e-9, 1), (0.009, 1), (0.02, 0)])
def test_borders_within_a_centimetre_are_one_border(gap, neighbours):
    shapes = [square(0, 0), translate(square(1, 0), gap)]
    assert weights_of(shapes)[0, 1] == neighbours
    assert weights_of(shapes, method="rook")[0, 1] == neighbours


def test_the_snap_is_a_choice():
    shapes = [square(0, 0), translate(square(1, 0), 0.5)]
    assert weights_of(shapes, snap=1.0)[0, 1] == 1
    with pytest.raises(ConfigError, match="snap"):
        weights_of(shapes, snap=-1.0)


def test_an_area_that_meets_an_edge_between_two_vertices_is_a_neighbour():
    tall = square(0, 0, 1, 3)
    beside = [square(1, 0), square(1, 1), square(1, 2)]
    assert weights_of([tall, *beside])[0].sum() == 3
    assert weights_of([tall, *beside], method="rook")[0].sum() == 3


@examples(8)
@given(seed=st.integers(0, 2**32 - 1))
def test_moving_every_vertex_by_millimetres_changes_no_neighbour(seed):
    rng = np.random.default_rng(seed)
    exact = lattice(4, 3).geometry
    corners = [np.array(shape.exterior.coords[:-1]) for shape in exact]
    moved = [Polygon(xy + rng.uniform(-3e-3, 3e-3, xy.shape)) for xy in corners]
    for method in ("queen", "rook"):
        assert (weights_of(moved, method=method) == weights_of(list(exact), method=method)).all()


@examples(8)
@given(
    order=st.permutations(range(12)),
    method=st.sampled_from(["queen", "rook", "nearest", "distance"]),
)
def test_the_order_of_the_file_changes_nothing(order, method):
    options = Neighbours(method=method, k=3, distance=1500.0)
    frame = lattice(4, 3)
    once, again = prepared(frame), prepared(frame.iloc[list(order)])
    pd.testing.assert_frame_equal(pd.DataFrame(once), pd.DataFrame(again))
    expected = neighbour_matrix(once, options=options).toarray()
    assert (neighbour_matrix(again, options=options).toarray() == expected).all()
    permuted = neighbour_matrix(once.iloc[list(order)], options=options).toarray()
    assert (permuted == expected[np.ix_(order, order)]).all()


def test_nearest_takes_k_and_breaks_ties_by_code():
    row = weights_of(list(lattice().geometry), method="nearest", k=2)
    assert (row.sum(axis=1) == 2).all()
    assert list(np.flatnonzero(row[4])) == [1, 3]  # four are as near; the smallest codes win


def test_nearest_needs_enough_areas():
    with pytest.raises(DataError, match="9 neighbours are asked for, and must be fewer than the 9"):
        weights_of(list(lattice().geometry), method="nearest", k=9)
    with pytest.raises(ConfigError, match="1 or more"):
        weights_of(list(lattice().geometry), method="nearest", k=0)


def test_a_distance_band_counts_centroids_up_to_the_distance():
    shapes = list(lattice().geometry)
    assert list(weights_of(shapes, method="distance", distance=1000.0).sum(axis=1))[4] == 4
    assert list(weights_of(shapes, method="distance", distance=1500.0).sum(axis=1))[4] == 8
    for distance in (None, 0.0):
        with pytest.raises(ConfigError, match="metres above 0"):
            weights_of(shapes, method="distance", distance=distance)


def test_islands_and_pieces_are_described_by_name():
    areas = prepared(raw([square(0, 0), square(1, 0), square(5, 5), square(9, 9)]))
    summary = describe_neighbours(neighbour_matrix(areas), areas)
    assert summary.mean == 0.5
    assert summary.maximum == 1
    assert summary.components == 3
    assert dict(summary.islands) == {"A02": "Area A02", "A03": "Area A03"}
    assert "Without a neighbour: Area A02 (A02); Area A03 (A03)." in summary.sentence


def test_one_area_is_an_island():
    areas = prepared(raw([square(0, 0)]))
    summary = describe_neighbours(neighbour_matrix(areas), areas)
    assert (summary.mean, summary.maximum, summary.components) == (0, 0, 1)
    assert "in 1 connected piece." in summary.sentence


# The edge of the study area


def test_only_the_middle_of_a_block_lies_inside():
    inside = ~on_boundary(prepared(lattice()))
    assert list(inside.index[inside]) == ["A04"]


def test_a_hole_in_the_study_area_is_an_edge_too():
    areas = prepared(lattice(5, 5))
    assert (~on_boundary(areas)).sum() == 9
    assert on_boundary(areas.drop("A12"))["A11"]
    assert (~on_boundary(areas.drop("A12"))).sum() == 4  # those that meet the hole in a corner


def test_gaps_of_millimetres_are_no_edge():
    areas = prepared(lattice())
    shrunk = areas.set_geometry(areas.geometry.buffer(-0.004, join_style="mitre"))
    assert list(on_boundary(shrunk)) == list(on_boundary(areas))


def test_areas_beside_those_without_records_lie_at_the_edge_too():
    areas = prepared(lattice(5, 5))
    west = [f"A{k:02d}" for k in range(0, 25, 5)]
    around = areas.assign(is_context=areas.index.isin(west))
    counts = pd.DataFrame({"f": 1.0}, index=areas.index)
    whole, (note,) = with_edge(around, counts)
    assert note.startswith("11 areas lie at the edge")
    assert "no records" not in note
    counts.loc[west] = np.nan
    bare, (note,) = with_edge(around, counts)
    assert list(bare.index[bare["on_boundary"] & ~whole["on_boundary"]]) == ["A06", "A11", "A16"]
    assert note.startswith("14 areas lie at the edge")
    assert "5 areas around it have no records and are not assessed." in note


def test_a_study_area_without_an_edge_says_nothing():
    areas = prepared(lattice())
    inside = areas.assign(is_context=areas.index != "A04")
    assert with_edge(inside, pd.DataFrame({"f": 1}, index=areas.index))[1] == ()


# An independent tool, and the real boundaries


def libpysal_pairs(areas, rook):
    from libpysal.graph import Graph

    snapped = areas.set_geometry(shapely.set_precision(areas.geometry.to_numpy(), 0.01))
    graph = Graph.build_contiguity(snapped, rook=rook)
    pairs = graph.adjacency.index[graph.adjacency > 0]
    return set(pairs)


def pairs_of(weights, areas):
    found = weights.tocoo()
    return set(zip(areas.index[found.coords[0]], areas.index[found.coords[1]], strict=True))


def real(shared, name, code):
    path = shared / "data" / name
    frame = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    return prepare_areas(frame, code=code, name=code.replace("CD", "NM"))


@pytest.mark.parametrize("method", ["queen", "rook"])
def test_contiguity_is_that_of_libpysal_on_real_boundaries(shared, method):
    areas = real(shared, "essex/lsoa21_boundaries.gpkg", "LSOA21CD").areas
    ours = pairs_of(neighbour_matrix(areas, options=Neighbours(method=method)), areas)
    assert ours == libpysal_pairs(areas, rook=method == "rook")


def test_essex_of_2021_has_5_608_neighbours_and_no_island(shared):
    areas = real(shared, "essex/lsoa21_boundaries.gpkg", "LSOA21CD").areas
    summary = describe_neighbours(neighbour_matrix(areas), areas)
    assert len(areas) == 1111
    assert round(summary.mean, 3) == 5.608
    assert summary.islands.empty


def test_vertices_that_nearly_match_make_no_islands(shared):
    done = real(shared, "essex/lsoa11_boundaries_unsnapped.gpkg", "LSOA11CD")
    summary = describe_neighbours(neighbour_matrix(done.areas), done.areas)
    assert len(done.areas) == 1077
    assert round(summary.mean, 3) == 5.603
    assert summary.islands.empty
    assert summary.components == 2
    assert list(done.repaired["name"]) == ["Maldon 001B"]


@pytest.mark.long
def test_england_and_wales_has_one_island(shared):
    done = real(shared, "england_wales/lsoa21_boundaries.parquet", "LSOA21CD")
    summary = describe_neighbours(neighbour_matrix(done.areas), done.areas)
    assert len(done.areas) == 35_672
    assert list(summary.islands.index) == ["E01019077"]
    assert (summary.components, summary.maximum) == (6, 25)
    assert len(done.repaired) == 8
    assert (done.repaired["change"].abs() < 1e-9).all()
