import base64
import gzip
import json
import re
from pathlib import Path

import folium
import geopandas as gpd
import pytest
from example_release import example_release, grid_areas
from folium.plugins import MarkerCluster

from riskindex.errors import DataError
from riskindex.files.leaflet import leaflet_script, leaflet_styles
from riskindex.outputs import pages
from riskindex.outputs.interactive_map import build_map, save_map, write_map


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(example_release(), path)
    return path.read_text(encoding="utf-8")


def block(html: str, name: str) -> bytes:
    found = re.search(rf'id="{name}">(.*?)</script>', html)
    assert found
    return gzip.decompress(base64.b64decode(found[1]))


# The page


def test_the_same_release_gives_the_same_bytes(tmp_path: Path):
    for name in ("one.html", "two.html"):
        write_map(example_release(), tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_nothing_in_the_page_points_elsewhere(page: str):
    assert not re.search(r"<(script|link|img|iframe)\b[^>]*\b(src|href)=", page)
    text = re.sub(r'<script type="application/gzip".*?</script>', "", page)
    assert "cdn" not in text.lower()
    assert "sourceMappingURL" not in page
    assert "url(" not in leaflet_styles()


def test_leaflet_keeps_its_notice(page: str):
    assert "Leaflet 1." in page
    assert "Vladimir Agafonkin" in page
    assert leaflet_script() in page


def test_the_policy_forbids_everything_but_our_own_scripts(page: str):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert all(pages.digest(text) in policy[1] for text in scripts)
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_text_in_the_body_never_becomes_a_script(tmp_path: Path):
    evil = "</script><script>alert(1)</script>"
    write_map(example_release(title=evil, about=evil, place=evil), tmp_path / "map.html")
    html = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_areas_may_have_any_name(tmp_path: Path):
    areas = grid_areas()
    areas["name"] = '"><script>alert(1)</script>'
    write_map(example_release(areas), tmp_path / "map.html")
    assert "alert(1)" not in (tmp_path / "map.html").read_text(encoding="utf-8")


def test_a_map_drawn_in_a_notebook_has_no_policy():
    html = build_map(example_release())._repr_html_()
    assert "riskindex.start" in html
    assert "Content-Security-Policy" not in html


def test_an_analyst_can_add_a_layer(tmp_path: Path):
    page = build_map(example_release())
    folium.CircleMarker([51.67, 0.63], radius=6).add_to(page)
    save_map(page, tmp_path / "map.html")
    html = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "L.circleMarker" in html
    assert not re.search(r"_[0-9a-f]{32}\b", html)


def test_a_layer_that_needs_another_host_is_refused(tmp_path: Path):
    page = build_map(example_release())
    MarkerCluster().add_to(page)
    with pytest.raises(DataError, match="must open offline"):
        save_map(page, tmp_path / "map.html")


def test_tiles_are_refused(tmp_path: Path):
    page = build_map(example_release())
    folium.TileLayer("OpenStreetMap").add_to(page)
    with pytest.raises(DataError, match="must open offline"):
        save_map(page, tmp_path / "map.html")


def test_essex_fits_in_a_megabyte(shared: Path, tmp_path: Path):
    areas = gpd.read_file(shared / "data/essex/lsoa21_boundaries.gpkg")
    areas = areas.rename(
        columns={"LSOA21CD": "area_code", "LSOA21NM": "name", "LAD24NM": "district"}
    )
    areas = areas.set_index("area_code").sort_index()[["name", "district", "geometry"]]
    write_map(example_release(areas), tmp_path / "map.html")
    assert (tmp_path / "map.html").stat().st_size < 1_000_000


# What the page is given


def test_only_named_columns_reach_the_page(page: str):
    data = json.loads(block(page, "map-data"))
    assert set(data["columns"]) <= {
        "name",
        "rank",
        "score",
        "factors_hot",
        "selected",
        "tied_at_cut",
        "reasons",
        "residents",
        "residents_10_24",
        "override",
        "override_reason",
    }
    assert "reason" not in data["columns"]
    assert [factor["name"] for factor in data["factors"]][:2] == ["suspects", "deprivation"]


# The shell that pages share


def test_a_data_block_cannot_close_itself():
    html = pages.data_block("x", {"name": "</script><b>&\u2028"})
    assert html.count("</script>") == 1
    text = html.removeprefix('<script type="application/json" id="x">').removesuffix("</script>")
    assert json.loads(text) == {"name": "</script><b>&\u2028"}


def test_a_page_without_scripts_may_run_none():
    html = pages.document(title="<T>", body="<p>x</p><script>alert(1)</script>")
    assert "script-src 'none'" in html
    assert "<title>&lt;T&gt;</title>" in html


def test_the_mark_says_who_the_page_is_for():
    assert "Internal: counts of small areas" in pages.page_head("A", profile="internal")
