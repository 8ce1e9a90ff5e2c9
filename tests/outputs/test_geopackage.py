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
