import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from riskindex.areas.coordinates import is_known_crs, to_national_grid
from riskindex.errors import ConfigError, InputError

CHELMSFORD = box(570_000, 206_000, 571_000, 207_000)
"""A square kilometre, in metres of the National Grid."""


def given(shape, crs):
    return gpd.GeoSeries([shape], crs=crs)


def in_degrees():
    return given(CHELMSFORD, "EPSG:27700").to_crs(4326)


def test_metres_stay_and_degrees_become_metres():
    stays, notes = to_national_grid(given(CHELMSFORD, "EPSG:27700"))
    assert stays.iloc[0].equals(CHELMSFORD)
    assert notes == ()
    turned, _ = to_national_grid(in_degrees())
    assert turned.iloc[0].area == pytest.approx(1_000_000, rel=1e-3)
    assert turned.iloc[0].centroid.distance(CHELMSFORD.centroid) < 5


def test_a_missing_system_is_given_by_the_config():
    bare = given(CHELMSFORD, None)
    with pytest.raises(InputError, match=r"x: no coordinate system is stated.*look like metres"):
        to_national_grid(bare, label="x")
    found, notes = to_national_grid(bare, crs="EPSG:27700")
    assert found.iloc[0].equals(CHELMSFORD)
    assert notes == ()


def test_an_impossible_system_is_corrected_by_the_config_and_said():
    metres_called_degrees = given(CHELMSFORD, "EPSG:4326")
    with pytest.raises(InputError, match="are not degrees, but WGS 84 is stated"):
        to_national_grid(metres_called_degrees)
    found, (note,) = to_national_grid(metres_called_degrees, crs="EPSG:27700")
    assert found.iloc[0].equals(CHELMSFORD)
    assert "read as OSGB36 / British National Grid" in note


def test_a_possible_system_is_not_overruled():
    with pytest.raises(InputError, match=r"states OSGB36.*Leave areas.crs out"):
        to_national_grid(given(CHELMSFORD, "EPSG:27700"), crs="EPSG:3857")


def test_latitude_before_longitude_is_seen():
    swapped = given(Point(51.7, 0.5).buffer(0.01), "EPSG:4326")
    with pytest.raises(InputError, match="latitude and longitude are swapped"):
        to_national_grid(swapped)


def test_degrees_called_metres_and_places_abroad_are_refused():
    with pytest.raises(InputError, match="look like degrees, but OSGB36"):
        to_national_grid(given(Point(0.5, 51.7).buffer(0.01), "EPSG:27700"))
    with pytest.raises(InputError, match="not in Great Britain"):
        to_national_grid(given(Point(-3.7, 40.4).buffer(0.01), "EPSG:4326"))


def test_a_system_is_known_by_proj():
    assert is_known_crs("EPSG:27700")
    assert not is_known_crs("EPSG:99999999")
    with pytest.raises(ConfigError, match="'British' is not known"):
        to_national_grid(given(CHELMSFORD, "EPSG:27700"), crs="British")
