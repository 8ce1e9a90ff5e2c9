"""The styles in the GeoPackage: the classes of the map, as QGIS saves them."""

import sqlite3
from xml.etree import ElementTree as ET

import pyogrio
import pytest

from riskindex.outputs.geopackage import write_geopackage
from riskindex.outputs.gis_styles import LAYER, style_table
from riskindex.outputs.profiles.numbers import class_words, index_classes


def renderer(qml):
    return ET.fromstring(qml.partition(">")[2]).find("renderer-v2")


def test_every_score_falls_into_the_class_that_the_map_has(county_released):
    (style,) = style_table(county_released, layers=("areas",))["styleQML"]
    found = renderer(style)
    assert found.get("attr") == "score"
    ranges = found.findall("ranges/range")
    assert [r.get("label") for r in ranges] == list(class_words(county_released).values())
    kinds = list(class_words(county_released))
    classes, scores = index_classes(county_released), county_released.all_areas["score"]
    for kind, one in zip(kinds, ranges, strict=True):
        inside = scores.between(float(one.get("lower")) - 1e-9, float(one.get("upper")) + 1e-9)
        assert (classes[inside] == kind).all()
        assert (classes == kind).sum() == inside.sum()
    assert len(found.findall("symbols/symbol")) == len(ranges)


@pytest.mark.parametrize("profile", ["public"])
def test_without_scores_areas_are_coloured_by_tenths(profile, county_release):
    released = county_release(profile)
    (style,) = style_table(released, layers=("areas",))["styleQML"]
    assert renderer(style).get("attr") == "decile"


def test_the_file_names_each_layer_and_its_default_style(county_released, tmp_path):
    path = tmp_path / "areas.gpkg"
    write_geopackage(county_released, path)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["areas", "places", LAYER]
    with sqlite3.connect(path) as file:
        named = file.execute(f"SELECT f_table_name, f_geometry_column, useAsDefault FROM {LAYER}")
        geometry = dict(file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        lines = named.fetchall()
    file.close()
    assert {(layer, geometry[layer], 1) for layer in ("areas", "places")} == set(lines)
