"""Hexagons in place of areas."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from small_events import count, factor, source, squares

from riskindex.areas.grids import Grid, is_of_grid, lay_grid
from riskindex.areas.read import AreaSource, read_areas
from riskindex.areas.weights import build_weights
from riskindex.errors import ConfigError
from riskindex.events.read import open_events

TWO_KM = squares("E01000001", "E01000002", district=["West", "East"])


def test_hexagons_cover_the_ground_once():
    cells, note = lay_grid(TWO_KM, Grid(hex=250))
    shapes = cells.geometry.to_numpy()
    assert shapely.area(shapes).sum() == pytest.approx(2e6, rel=1e-9)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(2e6, rel=1e-9)
    whole = shapely.area(shapes).round(6) == round(250**2 * np.sqrt(3) / 2, 6)
    assert f"{(~whole).sum()} of them cut at the edge" in note
    assert 0 < whole.sum() < len(cells)
    assert is_of_grid(cells.index)
    assert not is_of_grid(TWO_KM.index)


def test_a_whole_hexagon_has_six_neighbours_at_the_asked_distance():
    cells, _ = lay_grid(TWO_KM, Grid(hex=200))
    graph = build_weights(cells).to_graph()
    whole = cells.index[cells.area.round(3) == round(200**2 * np.sqrt(3) / 2, 3)]
    middle = cells.centroid
    inner = [code for code in whole if set(graph[code].index) <= set(whole)]
    assert inner
    for code in inner:
        apart = middle[graph[code].index].distance(middle[code])
        np.testing.assert_allclose(apart, [200] * 6, rtol=1e-9)


def test_a_place_has_the_same_code_whatever_boundary_is_around_it():
    both, _ = lay_grid(TWO_KM, Grid(hex=250))
    west, _ = lay_grid(TWO_KM.iloc[:1], Grid(hex=250))
    assert set(west.index) < set(both.index)
    inside = west.index[west.area.round(3) == round(250**2 * np.sqrt(3) / 2, 3)]
    assert len(inside)
    assert both.geometry[inside].geom_equals(west.geometry[inside]).all()


def test_a_hexagon_is_in_the_groups_of_the_area_under_it():
    cells, _ = lay_grid(TWO_KM, Grid(hex=100))
    west = cells.centroid.x < 950
    assert set(cells.loc[west, "district"]) == {"West"}
    assert set(cells.loc[cells.centroid.x > 1050, "district"]) == {"East"}


def test_every_event_inside_the_boundary_is_in_one_hexagon():
    cells, _ = lay_grid(TWO_KM, Grid(hex=150))
    points = np.random.default_rng(1).uniform([-200, 0], [2200, 1000], (500, 2))
    rows = [{"date": "2022-05-05", "e": str(x), "n": str(y)} for x, y in points]
    counted = count(rows, cells, factor(), area=None, x="e", y="n")
    inside = ((points[:, 0] > 0) & (points[:, 0] < 2000)).sum()
    assert counted.counts.sum().tolist() == [inside]


def test_grids_too_fine_are_refused():
    with pytest.raises(ConfigError, match="hex: 10 must be 50 metres or more"):
        lay_grid(TWO_KM, Grid(hex=10))
    country = gpd.GeoDataFrame(
        {"name": ["a"]}, geometry=[shapely.box(0, 0, 6e5, 6e5)], index=["a"], crs=27700
    )
    with pytest.raises(ConfigError, match="at most 200,000 areas can be tested"):
        lay_grid(country, Grid(hex=100))


KINDS = {
    "MSOA": ("E02000001", "E02000002", "E02006534"),
    "output area": ("E00000001", "W00000001", "E00174208"),
    "Scottish data zone": ("S01006506", "S01006507", "S01013481"),
    "Northern Irish data zone": ("N20000001", "N20000002", "N20003780"),
}


@pytest.mark.parametrize("here", KINDS.values(), ids=list(KINDS))
def test_areas_of_other_official_kinds_are_counted_like_lsoas(here):
    one, two, elsewhere = here
    rows = [{"date": "2022-05-05", "area": code} for code in (one, one, two.lower(), elsewhere)]
    counted = count(rows, squares(one, two))
    assert counted.counts.iloc[:, 0].to_dict() == {one: 2, two: 1}
    line = counted.reconciliation.loc[("s", "")]
    assert (line["counted"], line["outside_study_area"]) == (3, 1)


def test_a_config_lays_the_grid_over_its_study_area_alone(tmp_path):
    TWO_KM.reset_index().to_file(tmp_path / "areas.gpkg")
    options = {"code": "area_code", "groups": {"district": "district"}}
    asked = AreaSource(
        boundaries="areas.gpkg", within={"district": ["West"]}, grid=Grid(hex=250), **options
    )
    read = read_areas(asked, tmp_path)
    assert read.areas.area.sum() == pytest.approx(1e6)
    assert "is_context" not in read.areas
    assert any("hexagons of 250 m" in note for note in read.notes)


def test_events_with_a_code_alone_have_no_hexagon():
    cells, _ = lay_grid(TWO_KM, Grid(hex=250))
    wanted = {"s": source(path="events.csv")}
    with (
        pytest.raises(ConfigError, match="areas of a grid need coordinates"),
        open_events(wanted, areas=cells),
    ):
        pass
