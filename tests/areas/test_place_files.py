import warnings

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from riskindex.areas.place_files import (
    NamedPolygons,
    read_gazetteer,
    read_polygons,
    read_services,
)
from riskindex.errors import InputError


def written(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return name


def test_names_are_read_from_a_csv(tmp_path):
    name = written(tmp_path, "names.csv", "name,x,y,population\nClacton,617500,215000,53000\n")
    read = read_gazetteer(name, tmp_path)
    assert read.table.to_dict("records") == [
        {"name": "Clacton", "x": 617500, "y": 215000, "population": 53000}
    ]
    assert [(file.role, file.name, file.rows) for file in read.files] == [
        ("place names", "names.csv", 1)
    ]


def test_residents_may_be_left_out(tmp_path):
    name = written(tmp_path, "names.csv", "name,x,y\nClacton,617500,215000\n")
    assert list(read_gazetteer(name, tmp_path).table) == ["name", "x", "y"]


def test_names_are_read_from_a_geopackage_in_degrees(tmp_path):
    point = gpd.GeoDataFrame({"name": ["Clacton"]}, geometry=[Point(1.155, 51.79)], crs=4326)
    point.to_file(tmp_path / "names.gpkg")
    at = read_gazetteer("names.gpkg", tmp_path).table["geometry"].iloc[0]
    assert at.x == pytest.approx(617_600, abs=300)
    assert at.y == pytest.approx(215_000, abs=700)


def test_services_of_several_files_are_one_table(tmp_path):
    clubs = written(tmp_path, "clubs.csv", "kind,name,x,y\nyouth club,Hythe,1,2\n")
    stations = written(tmp_path, "stations.csv", "kind,name,x,y\nstation,Town,3,4\n")
    read = read_services((clubs, stations), tmp_path)
    assert read.table["kind"].tolist() == ["youth club", "station"]
    assert read.table["name"].tolist() == ["Hythe", "Town"]
    assert len(read.files) == 2


def test_every_row_without_a_name_or_a_location_is_told(tmp_path):
    text = "name,x,y\n,617500,215000\nClacton,east,215000\nHarwich,625000,232000\n"
    name = written(tmp_path, "names.csv", text)
    with pytest.raises(InputError) as refused:
        read_gazetteer(name, tmp_path)
    assert "row 2 lacks name" in str(refused.value)
    assert "row 3 lacks name" in str(refused.value)
    assert "row 4" not in str(refused.value)


def test_a_file_that_is_not_there_is_told_with_its_place_in_the_config(tmp_path):
    with pytest.raises(InputError, match=r"places\.gazetteer"):
        read_gazetteer("none.csv", tmp_path)


AREAS = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], crs=27700)


def polygons(folder, names, shapes, *, crs=27700, column="centre"):
    table = gpd.GeoDataFrame({"centre": names}, geometry=shapes, crs=crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a file without a CRS is what is asked for
        table.to_file(folder / "centres.gpkg")
    asked = {"town_centre": NamedPolygons(path="centres.gpkg", name=column)}
    return read_polygons(asked, folder, AREAS)


def test_polygons_of_one_name_are_one_place(tmp_path):
    read = polygons(tmp_path, ["B", "A", "B "], [box(0, 0, 1, 1), box(2, 2, 4, 4), box(5, 5, 6, 7)])
    assert read.shapes["town_centre"].map(lambda shape: shape.area).to_dict() == {"A": 4, "B": 3}
    assert [(file.role, file.rows) for file in read.files] == [("named polygons", 3)]


def test_polygons_without_a_column_of_names_are_one_place_named_like_their_kind(tmp_path):
    read = polygons(tmp_path, ["B", None], [box(0, 0, 1, 1), box(2, 2, 4, 4)], column=None)
    assert read.shapes["town_centre"].map(lambda shape: shape.area).to_dict() == {"town_centre": 5}


@pytest.mark.parametrize(
    ("names", "shapes", "crs", "said"),
    [
        (["A", " "], [box(0, 0, 1, 1), box(2, 2, 4, 4)], 27700, "row 2, column 'centre': no name"),
        (["A"], [Point(1, 1)], 27700, "row 1 is no polygon"),
        (["A"], [box(0, 0, 1, 1)], None, "does not say its coordinate system"),
        (["A"], [box(90, 90, 99, 99)], 27700, "none of its polygons lies in the study area"),
    ],
)
def test_polygons_that_cannot_hold_an_event_are_refused(tmp_path, names, shapes, crs, said):
    with pytest.raises(InputError, match=said):
        polygons(tmp_path, names, shapes, crs=crs)
