"""The GeoPackage opens in any GIS, with the list's columns and the areas' shapes."""

import geopandas as gpd

from riskindex.outputs.geopackage import write_geopackage


def test_the_layer_holds_every_area_with_its_shape(county_released, tmp_path):
    write_geopackage(county_released, tmp_path / "areas.gpkg")
    read = gpd.read_file(tmp_path / "areas.gpkg", layer="areas")
    assert list(read["area_code"]) == list(county_released.all_areas.index)
    assert read.crs.to_epsg() == 27700
    assert (read.geometry.area.to_numpy() > 0).all()
    assert read["selected"].astype(bool).sum() == county_released.cut.selected
    assert set(read["profile"]) == {"internal"}


def test_two_writes_give_the_same_bytes(county_released, tmp_path):
    for name in ("a.gpkg", "b.gpkg"):
        write_geopackage(county_released, tmp_path / name)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_the_places_are_a_layer_of_their_own_with_the_outlines_of_their_areas(
    county_released, tmp_path
):
    write_geopackage(county_released, tmp_path / "areas.gpkg")
    read = gpd.read_file(tmp_path / "areas.gpkg", layer="places").set_index("place")
    table, place_of = county_released.places, county_released.team_plan.places.place_of
    assert list(read["name"]) == list(table["name"])
    shapes = county_released.areas.geometry.reindex(place_of.index).area.groupby(place_of).sum()
    assert (abs(read.geometry.area / shapes - 1) < 1e-9).all()
    assert list(read["teams"]) == ["yes"] * len(table)
