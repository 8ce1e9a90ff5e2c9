"""Areas as files give them: checked, repaired, in the National Grid, with bases and context."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box
from squares import EAST, NORTH, lattice, prepared, raw, square

from riskindex.areas.prepare import prepare_areas, with_bases, with_context
from riskindex.errors import ConfigError, InputError


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
    assert len(faults) == 5
    assert all(fault.startswith("areas.gpkg: ") for fault in faults)
    assert "1 rows without an area code (row 7: '')" in faults[0]
    assert "used again (row 1: 'A', row 2: 'A')" in faults[1]
    assert "2 rows without a shape (row 3: 'B', row 4: 'C')" in faults[2]
    assert "no polygon (row 5: 'D')" in faults[3]
    assert "share one shape (row 6: 'E', row 8: 'G')" in faults[4]


def test_codes_are_trimmed_and_official_ones_written_in_capitals():
    frame = raw([square(0, 0), square(1, 0), square(2, 0)])
    found = prepare_areas(frame.assign(code=[" E01000002", "e01000001", "plain x"]), code="code")
    assert list(found.areas.index) == ["E01000001", "E01000002", "plain x"]
    (note,) = [n for n in found.notes if "area codes had" in n]
    assert "2 area codes had white space or small letters (first: ' E01000002')" in note


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


# What lies around the study area


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


def test_a_collection_is_its_polygons_and_what_an_overlay_left_goes():
    line = shapely.LineString([(EAST, NORTH), (EAST + 9, NORTH)])
    nested = shapely.GeometryCollection([shapely.GeometryCollection([square(1, 0)]), line])
    frame = raw([square(0, 0), nested, shapely.GeometryCollection([square(2, 0)])])
    found = prepare_areas(frame, code="code")
    assert list(found.areas.geometry.geom_type) == ["Polygon"] * 3
    assert found.areas.geometry.area.tolist() == pytest.approx([1e6] * 3)
    assert found.notes == (
        "boundaries: 2 shapes are collections of polygons with what else an overlay left (A01, "
        "A02). The polygons are kept; lines and points are not.",
    )
    (fault,) = faults_of(raw([square(0, 0), shapely.GeometryCollection([line])]))
    assert "whose shape is no polygon" in fault
