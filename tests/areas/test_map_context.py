"""Layers to find one's way by: cut to the study area, simplified, of one kind."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from riskindex.areas import map_context
from riskindex.areas.map_context import ContextLayer, read_context
from riskindex.errors import InputError

AREAS = gpd.GeoDataFrame(geometry=[box(500_000, 200_000, 510_000, 210_000)], crs=27700)


def layer(folder: Path, shapes, **columns) -> ContextLayer:
    table = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=27700)
    table.to_file(folder / "layer.gpkg", driver="GPKG")
    return ContextLayer(path="layer.gpkg", label="A layer", name=next(iter(columns), None))


def drawn(folder: Path, shapes, **columns):
    return read_context([layer(folder, shapes, **columns)], folder, AREAS).layers[0]


def test_a_road_is_drawn_to_two_kilometres_beyond_the_study_area(tmp_path):
    road = drawn(tmp_path, [LineString([(400_000, 205_000), (600_000, 205_000)])])
    assert road.kind == "line"
    assert shapely.total_bounds(road.shapes).tolist() == [498_000, 205_000, 512_000, 205_000]


def test_points_keep_their_names_and_those_far_away_are_left_out(tmp_path):
    places = [Point(505_000, 205_000), Point(700_000, 205_000)]
    stations = drawn(tmp_path, places, name=["Near", "Far"])
    assert (stations.kind, stations.names, len(stations.shapes)) == ("point", ("Near",), 1)


def test_a_water_of_several_parts_is_several_polygons(tmp_path):
    lakes = shapely.union_all(
        [box(501_000, 201_000, 502_000, 202_000), box(505_000, 205_000, 506_000, 206_000)]
    )
    water = drawn(tmp_path, [lakes])
    assert (water.kind, len(water.shapes)) == ("polygon", 2)


def test_a_fine_layer_is_simplified_until_a_page_can_hold_it(tmp_path, monkeypatch):
    monkeypatch.setattr(map_context, "MOST_POINTS", 100)
    x = np.linspace(500_000, 510_000, 2_000)
    wavy = LineString(np.column_stack([x, 205_000 + 30 * np.sin(x / 50)]))
    simple = drawn(tmp_path, [wavy])
    assert shapely.get_num_coordinates(simple.shapes).sum() <= 100


def test_a_layer_that_stays_too_fine_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(map_context, "MOST_POINTS", 3)
    lines = [LineString([(501_000 + k, 201_000), (501_000 + k, 209_000)]) for k in range(5)]
    with pytest.raises(InputError, match=r"layer\.gpkg: too fine for a map"):
        drawn(tmp_path, lines)


def test_lines_and_points_together_are_refused(tmp_path):
    with pytest.raises(InputError, match="of one kind"):
        drawn(
            tmp_path,
            [Point(505_000, 205_000), LineString([(501_000, 201_000), (502_000, 202_000)])],
        )


def test_a_layer_of_another_place_is_refused(tmp_path):
    with pytest.raises(InputError, match="nothing in or near the study area"):
        drawn(tmp_path, [Point(100_000, 900_000)])


def test_what_is_drawn_is_among_the_inputs(tmp_path):
    read = read_context([layer(tmp_path, [Point(505_000, 205_000)])], tmp_path, AREAS)
    assert [(file.name, file.role) for file in read.files] == [("layer.gpkg", "map context")]
