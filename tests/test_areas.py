import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from shapely import MultiPolygon, Point, Polygon, box
from shapely.affinity import translate

from riskindex.areas import (
    Neighbours,
    build_weights,
    describe_neighbours,
    on_boundary,
    prepare_areas,
    with_bases,
    with_context,
)
from riskindex.errors import ConfigError, DataError, InputError

EAST, NORTH, SIDE = 560_000.0, 200_000.0, 1000.0
"""The lower left corner of the made areas, somewhere in Essex, and their side."""


def square(column, row, width=1.0, height=1.0):
    left, bottom = EAST + SIDE * column, NORTH + SIDE * row
    return box(left, bottom, left + SIDE * width, bottom + SIDE * height)


def raw(shapes, crs="EPSG:27700", **columns):
    codes = [f"A{i:02}" for i in range(len(shapes))]
    table = {"code": codes, "title": [f"Area {c}" for c in codes], **columns}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs)


def lattice(columns=3, rows=3):
    return raw([square(c, r) for r in range(rows) for c in range(columns)])


def prepared(frame, **options):
    return prepare_areas(frame, code="code", name="title", **options).areas


def weights_of(shapes, **options):
    return build_weights(prepared(raw(shapes)), Neighbours(**options)).toarray()


def faults_of(frame, **options):
    with pytest.raises(InputError) as error:
        prepare_areas(frame, code="code", **options)
    return error.value.faults


# Checked once, on entry


def test_areas_come_sorted_by_code_in_national_grid_metres():
    areas = prepared(lattice().sample(frac=1, random_state=1))
    assert areas.index.name == "area_code"
    assert list(areas.index) == [f"A{i:02}" for i in range(9)]
    assert list(areas.columns) == ["name", "geometry"]
    assert areas.crs.to_epsg() == 27700
    assert areas.loc["A04", "name"] == "Area A04"


def test_the_raw_boundaries_are_left_as_they_were():
    frame = lattice()
    before = frame.copy()
    prepared(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_whole_numbers_are_codes():
    frame = raw([square(0, 0), square(1, 0)])
    areas = prepare_areas(frame.assign(code=[12, 7]), code="code").areas
    assert list(areas.index) == ["12", "7"]
    assert list(areas["name"]) == ["12", "7"]


def test_a_missing_name_is_the_code_and_a_missing_group_is_not_recorded():
    frame = raw([square(0, 0), square(1, 0)], area=["North", None]).assign(title=["First", None])
    areas = prepare_areas(frame, code="code", name="title", groups={"district": "area"}).areas
    assert list(areas["name"]) == ["First", "A01"]
    assert list(areas["district"]) == ["North", "not recorded"]


def test_a_group_cannot_take_a_name_that_is_in_use():
    with pytest.raises(ConfigError, match="'geometry'"):
        prepare_areas(lattice(), code="code", groups={"geometry": "title"})


def test_a_column_that_is_not_there_is_named():
    assert faults_of(lattice(), name="nom") == ("boundaries: no column 'nom'.",)


def test_all_faults_of_codes_and_shapes_come_together_with_their_rows():
    shapes = [square(0, 0), square(1, 0), None, Polygon(), Point(EAST, NORTH), square(5, 0)]
    shapes += [square(6, 0), square(5, 0)]
    frame = raw(shapes).assign(code=["A", "A", "B", "C", "D", " E", None, "G"])
    faults = faults_of(frame, label="areas.gpkg")
    assert len(faults) == 6
    assert all(fault.startswith("areas.gpkg: ") for fault in faults)
    assert "1 rows without an area code (row 7: '')" in faults[0]
    assert "white space around the area code (row 6: ' E')" in faults[1]
    assert "used again (row 1: 'A', row 2: 'A')" in faults[2]
    assert "2 rows without a shape (row 3: 'B', row 4: 'C')" in faults[3]
    assert "no polygon (row 5: 'D')" in faults[4]
    assert "share one shape (row 6: ' E', row 8: 'G')" in faults[5]


def test_coordinates_that_are_no_numbers_are_a_fault():
    with np.errstate(invalid="ignore"):
        astray = Polygon([(EAST, NORTH), (EAST, np.nan), (EAST + 9, NORTH), (EAST, NORTH)])
    assert "no numbers (row 2: 'A01')" in faults_of(raw([square(0, 0), astray]))[0]


def test_many_faults_are_counted_not_listed():
    fault = faults_of(raw([None] * 9))[0]
    assert "9 rows" in fault
    assert "row 5: 'A04' and 4 more" in fault


# Invalid shapes


def touching_itself():
    """A square with a hole that is drawn as a bay closed in one point of its border."""
    ring = [(0, 0), (4, 0), (4, 4), (2, 4), (3, 2), (1, 2), (2, 4), (0, 4), (0, 0)]
    return Polygon([(EAST + 100 * x, NORTH + 100 * y) for x, y in ring])


def nested(hole_direction):
    outer, inner = square(0, 0), square(0.25, 0.25, 0.5, 0.5)
    ring = shapely.orient_polygons(inner, exterior_cw=hole_direction == "cw")
    return MultiPolygon([shapely.orient_polygons(outer), ring])


def test_a_border_that_touches_itself_is_repaired_and_listed():
    done = prepare_areas(raw([touching_itself(), square(2, 0)]), code="code")
    assert done.areas.geometry.is_valid.all()
    assert list(done.repaired.index) == ["A00"]
    assert done.repaired.loc["A00", "area_after"] == pytest.approx(160_000 - 20_000)
    assert done.repaired.loc["A00", "change"] == pytest.approx(0)
    assert "A00): a border that touches itself; 140,000 square metres before" in done.notes[0]


def test_a_hole_written_as_a_part_of_its_own_becomes_a_hole_again():
    done = prepare_areas(raw([nested("cw"), square(0.25, 0.25, 0.5, 0.5)]), code="code")
    assert done.areas.geometry.iloc[0].area == pytest.approx(750_000)
    assert done.repaired["change"].iloc[0] == pytest.approx(0)
    assert "a hole written as a part of its own" in done.notes[0]


def test_a_repair_that_changes_the_area_is_refused():
    bowtie = Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 8)])
    faults = faults_of(raw([bowtie, square(2, 0), nested("ccw")]))
    assert len(faults) == 2
    assert "A00" in faults[0]
    assert "Over 0.1% is refused" in faults[1]


def test_a_bowtie_of_no_area_is_refused():
    even = Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])
    assert "+inf%" in faults_of(raw([even]))[0]


# Coordinate systems


def test_degrees_become_national_grid_metres():
    chelmsford = box(0.46, 51.73, 0.47, 51.74)
    areas = prepared(raw([chelmsford], crs="EPSG:4326"))
    x, y = areas.geometry.iloc[0].centroid.coords[0]
    assert x == pytest.approx(570_500, abs=500)
    assert y == pytest.approx(206_500, abs=500)


def test_metres_called_degrees_are_refused():
    fault = faults_of(raw([square(0, 0)], crs="EPSG:4326"))[0]
    assert "are not degrees, but WGS 84 is stated" in fault
    assert "crs = 'EPSG:27700'" in fault


def test_degrees_called_metres_are_refused():
    fault = faults_of(raw([box(0.4, 51.7, 0.5, 51.8)]))[0]
    assert "look like degrees" in fault
    assert "crs = 'EPSG:4326'" in fault


def test_latitude_before_longitude_is_refused():
    assert "swapped" in faults_of(raw([box(51.7, 0.4, 51.8, 0.5)], crs="EPSG:4326"))[0]


def test_a_false_label_can_be_put_right():
    done = prepare_areas(raw([square(0, 0)], crs="EPSG:4326"), code="code", crs="EPSG:27700")
    assert done.areas.geometry.iloc[0].equals(square(0, 0))
    assert "as areas.crs says, and not as WGS 84" in done.notes[0]


def test_a_missing_label_must_be_given():
    frame = raw([square(0, 0)], crs=None)
    assert "look like metres, perhaps EPSG:27700" in faults_of(frame)[0]
    assert prepare_areas(frame, code="code", crs="EPSG:27700").notes == ()


def test_a_wrong_correction_is_refused_too():
    assert "not degrees" in faults_of(raw([square(0, 0)], crs=None), crs="EPSG:4326")[0]


def test_a_label_that_fits_cannot_be_overruled():
    assert "Leave areas.crs out" in faults_of(raw([square(0, 0)]), crs="EPSG:32630")[0]


def test_an_unknown_coordinate_system_is_a_config_error():
    with pytest.raises(ConfigError, match="'British'"):
        prepare_areas(lattice(), code="code", crs="British")


def test_web_mercator_called_national_grid_is_refused():
    far = box(51_000, 6_750_000, 52_000, 6_751_000)
    assert "not in Great Britain" in faults_of(raw([far]))[0]


# Neighbours


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
    weights = build_weights(prepared(lattice()))
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


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_moving_every_vertex_by_millimetres_changes_no_neighbour(seed):
    rng = np.random.default_rng(seed)
    exact = lattice(4, 3).geometry
    corners = [np.array(shape.exterior.coords[:-1]) for shape in exact]
    moved = [Polygon(xy + rng.uniform(-3e-3, 3e-3, xy.shape)) for xy in corners]
    for method in ("queen", "rook"):
        assert (weights_of(moved, method=method) == weights_of(list(exact), method=method)).all()


@settings(max_examples=25, deadline=None)
@given(
    order=st.permutations(range(12)),
    method=st.sampled_from(["queen", "rook", "nearest", "distance"]),
)
def test_the_order_of_the_file_changes_nothing(order, method):
    options = Neighbours(method=method, k=3, distance=1500.0)
    frame = lattice(4, 3)
    once, again = prepared(frame), prepared(frame.iloc[list(order)])
    pd.testing.assert_frame_equal(pd.DataFrame(once), pd.DataFrame(again))
    expected = build_weights(once, options).toarray()
    assert (build_weights(again, options).toarray() == expected).all()
    permuted = build_weights(once.iloc[list(order)], options).toarray()
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
    summary = describe_neighbours(build_weights(areas), areas)
    assert summary.mean == 0.5
    assert summary.maximum == 1
    assert summary.components == 3
    assert dict(summary.islands) == {"A02": "Area A02", "A03": "Area A03"}
    assert "Without a neighbour: Area A02 (A02); Area A03 (A03)." in summary.sentence


def test_one_area_is_an_island():
    areas = prepared(raw([square(0, 0)]))
    summary = describe_neighbours(build_weights(areas), areas)
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


# Bases


def test_bases_stand_before_the_geometry():
    areas = prepared(lattice(2, 1))
    tables = pd.DataFrame({("age", "total"): [5.0]}, index=["A01"])
    based = with_bases(areas, tables, {"residents": "age.total"})
    assert list(based.columns) == ["name", "residents", "geometry"]
    assert based["residents"].isna().tolist() == [True, False]
    assert "residents" not in areas


@pytest.mark.parametrize(
    ("bases", "fault"),
    [
        ({"residents": "age.all"}, "no column 'age.all'"),
        ({"geometry": "age.total"}, "'geometry'"),
        ({"district": "age.total"}, "already"),
    ],
)
def test_bases_that_do_not_fit_are_config_errors(bases, fault):
    areas = prepare_areas(lattice(), code="code", groups={"district": "title"}).areas
    tables = pd.DataFrame({("age", "total"): 1.0}, index=areas.index)
    with pytest.raises(ConfigError, match=fault):
        with_bases(areas, tables, bases)


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
    ours = pairs_of(build_weights(areas, Neighbours(method=method)), areas)
    assert ours == libpysal_pairs(areas, rook=method == "rook")


def test_essex_of_2021_has_5_608_neighbours_and_no_island(shared):
    areas = real(shared, "essex/lsoa21_boundaries.gpkg", "LSOA21CD").areas
    summary = describe_neighbours(build_weights(areas), areas)
    assert len(areas) == 1111
    assert round(summary.mean, 3) == 5.608
    assert summary.islands.empty


def test_vertices_that_nearly_match_make_no_islands(shared):
    done = real(shared, "essex/lsoa11_boundaries_unsnapped.gpkg", "LSOA11CD")
    summary = describe_neighbours(build_weights(done.areas), done.areas)
    assert len(done.areas) == 1077
    assert round(summary.mean, 3) == 5.603
    assert summary.islands.empty
    assert summary.components == 2
    assert list(done.repaired["name"]) == ["Maldon 001B"]


def test_england_and_wales_has_one_island(shared):
    done = real(shared, "england_wales/lsoa21_boundaries.parquet", "LSOA21CD")
    summary = describe_neighbours(build_weights(done.areas), done.areas)
    assert len(done.areas) == 35_672
    assert list(summary.islands.index) == ["E01019077"]
    assert (summary.components, summary.maximum) == (6, 25)
    assert len(done.repaired) == 8
    assert (done.repaired["change"].abs() < 1e-9).all()


def a_row(*districts):
    """Squares in a row, each in a district."""
    codes = pd.Index([f"E{i}" for i in range(len(districts))], name="area_code")
    shapes = [box(i, 0, i + 1, 1) for i in range(len(districts))]
    table = {"name": list(codes), "district": list(districts)}
    return gpd.GeoDataFrame(table, geometry=shapes, index=codes, crs=27700)


def test_the_areas_that_adjoin_the_study_area_are_context():
    found = with_context(a_row("far", "near", "in", "in", "near", "far"), {"district": ["in"]})
    assert found.areas.index.tolist() == ["E1", "E2", "E3", "E4"]
    assert found.areas["is_context"].tolist() == [True, False, False, True]
    assert found.notes[0].startswith("2 areas are the study area and 2 around it are context")
    assert "2 further away are left out" in found.notes[0]


def test_several_districts_may_be_the_study_area():
    found = with_context(a_row("a", "b", "c"), {"district": ["a", "b"]})
    assert found.areas["is_context"].tolist() == [False, False, True]


@pytest.mark.parametrize("within", [{"district": ["x"]}, {"ward": ["a"]}, {"district": []}])
def test_a_study_area_that_is_not_there_is_an_error(within):
    with pytest.raises(ConfigError, match=r"areas\.within"):
        with_context(a_row("a", "b"), within)
