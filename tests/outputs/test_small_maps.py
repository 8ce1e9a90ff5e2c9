import re

import geopandas as gpd
from shapely.geometry import MultiPolygon, box

from riskindex.outputs.small_maps import define, draw_areas, outline


def row():
    """Three squares of a kilometre in a row, the last with an island 9 km to the east."""
    shapes = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]
    shapes.append(MultiPolygon([box(2000, 0, 3000, 1000), box(12_000, 0, 13_000, 1000)]))
    return gpd.GeoDataFrame(geometry=shapes, index=["A", "B", "C"], crs="EPSG:27700")


def test_paths_are_closed_rings_in_steps_of_ten_metres():
    drawn = outline(row())
    assert list(drawn.codes) == ["A", "B", "C"]
    assert drawn.boxes[0].tolist() == [0, -100, 100, 0]
    assert drawn.paths[0].startswith("M")
    assert drawn.paths[0].endswith("z")
    assert drawn.paths[0].count("z") == 1
    assert drawn.paths[2].count("z") == 2
    moves = re.findall(r"-?\d+ -?\d+", drawn.paths[0])
    assert {abs(int(n)) for move in moves[1:] for n in move.split()} <= {0, 100}


def test_a_view_holds_its_areas_and_shows_those_around():
    drawn = outline(row())
    view = drawn.view(["A"])
    west, north, width, height = view
    assert west < 0
    assert north < -100
    assert (width, height) == (112, 112)
    assert drawn.inside(view) == ["A", "B"]


def test_a_map_draws_by_reference_and_names_its_areas():
    drawn = outline(row())
    shapes = define(drawn, ["A", "B"])
    assert shapes.count("<path id=") == 2
    html = draw_areas(
        "The map",
        drawn,
        {"A": "c1"},
        view=drawn.view(["A"]),
        names={"A": "Ash <1>", "B": "Birch"},
        outlined={"A": "chosen"},
        linked=["A"],
    )
    assert '<use href="#p0" class="c1"/>' in html
    assert '<use href="#p1" class="around"/>' in html
    assert "<title>Ash &lt;1&gt;</title>" in html
    assert '<a href="#A" tabindex="-1">' in html
    assert '<use href="#p0" class="chosen"/>' in html
    assert 'href="#p2"' not in html
