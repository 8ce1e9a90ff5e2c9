"""Boundaries page by page, as the documentation of feature services has it."""

import geopandas as gpd
import pytest
from web import Layer

from riskindex.errors import InputError
from riskindex.setup.feature_service import fetch_layer

PATH = "/arcgis/rest/services/areas/FeatureServer/0"
COLUMNS = ("LSOA21CD", "LSOA21NM", "LSOA21NMW")


def squares(n):
    return [
        ({"LSOA21CD": f"E0100000{k}", "LSOA21NM": f"Ash {k}"}, (500_000 + 1_000 * k, 200_000))
        for k in range(n)
    ]


def silent(*_):
    pass


def test_all_pages_become_one_geopackage_in_metres(web, tmp_path):
    web.layers[PATH] = Layer(squares(5))
    said = []
    target = tmp_path / "areas.gpkg"
    fetch_layer(web.root + PATH, COLUMNS, target, say=lambda *given: said.append(given[1:]))
    table = gpd.read_file(target)
    assert list(table["LSOA21CD"]) == [f"E0100000{k}" for k in range(5)]
    assert list(table.columns) == ["LSOA21CD", "LSOA21NM", "geometry"]
    assert table.crs == "EPSG:27700"
    assert table.total_bounds.tolist() == [500_000, 200_000, 505_000, 201_000]
    assert said == [(2, 5), (4, 5), (5, 5)]
    assert [path.name for path in tmp_path.iterdir()] == ["areas.gpkg"]


def test_the_same_layer_makes_the_same_bytes(web, tmp_path):
    web.layers[PATH] = Layer(squares(5))
    for name in ("a.gpkg", "b.gpkg"):
        fetch_layer(web.root + PATH, COLUMNS, tmp_path / name, say=silent)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_answers_that_name_no_system_are_read_by_their_numbers(web, tmp_path):
    web.layers[PATH] = Layer(squares(3), crs=False)
    fetch_layer(web.root + PATH, COLUMNS, tmp_path / "a.gpkg", say=silent)
    assert gpd.read_file(tmp_path / "a.gpkg").total_bounds[0] == 500_000
    in_degrees = [(p, (0.5 + 0.01 * k, 51.5)) for k, (p, _) in enumerate(squares(3))]
    web.layers[PATH] = Layer(in_degrees, crs=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.square", lambda x, y: _square(x, y, 0.01))
        fetch_layer(web.root + PATH, COLUMNS, tmp_path / "b.gpkg", say=silent)
    assert 560_000 < gpd.read_file(tmp_path / "b.gpkg").total_bounds[0] < 580_000


def _square(x, y, side):
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_a_fetch_that_was_stopped_goes_on_with_the_next_page(web, tmp_path):
    web.layers[PATH] = Layer(squares(5))
    target = tmp_path / "areas.gpkg"

    def stop(_name, there, _total):
        if there == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_layer(web.root + PATH, COLUMNS, target, say=stop)
    web.asked.clear()
    fetch_layer(web.root + PATH, COLUMNS, target, say=silent)
    assert len(web.asked) == 3  # what it is, how many, and the last page
    assert len(gpd.read_file(target)) == 5


def test_pages_of_a_layer_that_has_changed_are_not_mixed(web, tmp_path):
    web.layers[PATH] = Layer(squares(5))
    target = tmp_path / "areas.gpkg"

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_layer(web.root + PATH, COLUMNS, target, say=stop)
    web.layers[PATH] = Layer(squares(6))
    fetch_layer(web.root + PATH, COLUMNS, target, say=silent)
    assert len(gpd.read_file(target)) == 6


def test_an_error_with_the_status_of_a_success_is_an_error(web, tmp_path):
    web.layers[PATH] = Layer(squares(2), error="Cannot perform query. Invalid query parameters.")
    with pytest.raises(InputError, match=r"Cannot perform query.*'Invalid field'.*code 400"):
        fetch_layer(web.root + PATH, COLUMNS, tmp_path / "a.gpkg", say=silent)


def test_fewer_areas_than_are_counted_are_no_boundaries(web, tmp_path):
    web.layers[PATH] = Layer(squares(4), counted=5)
    with pytest.raises(InputError, match="4 of 5 areas came, and then none"):
        fetch_layer(web.root + PATH, COLUMNS, tmp_path / "a.gpkg", say=silent)
    assert not (tmp_path / "a.gpkg").exists()


def test_a_service_that_holds_nothing_says_so(web, tmp_path):
    web.layers[PATH] = Layer([])
    with pytest.raises(InputError, match="no layer of areas"):
        fetch_layer(web.root + PATH, COLUMNS, tmp_path / "a.gpkg", say=silent)


def test_a_page_cut_short_is_asked_for_again(web, tmp_path):
    web.layers[PATH] = Layer(squares(3))
    web.faults = [None, None, "cut", 504]
    fetch_layer(web.root + PATH, COLUMNS, tmp_path / "a.gpkg", say=silent)
    assert len(gpd.read_file(tmp_path / "a.gpkg")) == 3
