"""The plan on the saved map: places, teams, search, and a map that flies there and back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from example_release import example_release

from riskindex.areas.map_context import DrawnLayer
from riskindex.outputs.interactive_map import write_map
from riskindex.publication.released import Released

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, county_released: Released) -> Path:
    path = tmp_path_factory.mktemp("plan-map") / "map.html"
    write_map(county_released, path)
    return path


@pytest.fixture
def page(opened: Any, saved: Path) -> Any:
    return opened(saved)


def centre(page: Any) -> list[float]:
    return page.evaluate(
        "() => { const c = riskindex.app.map.getCenter(); return [c.lat, c.lng]; }"
    )


def zoom(page: Any) -> float:
    return float(page.evaluate("riskindex.app.map.getZoom()"))


def settled(page: Any) -> None:
    """Wait until the map has stopped moving."""
    page.wait_for_timeout(900)


def shown_inside(page: Any, areas: str) -> bool:
    """Whether the map's view holds the areas that an expression of the page names."""
    return bool(
        page.evaluate(
            "(areas) => riskindex.app.map.getBounds().pad(0.01)"
            ".contains(riskindex.app.boundsOf(areas))",
            page.evaluate(areas),
        )
    )


def test_the_answer_comes_first_and_follows_the_teams(page: Any, county_released: Released):
    plan = county_released.team_plan
    assert page.inner_text("#answer") == plan.sentences.answer
    page.click("#fewer")
    fewer = plan.steps[plan.now - 1]
    assert page.inner_text("#answer") == f"{plan.listed}; {fewer.reach}."
    assert page.inner_text("#team-words") == fewer.amount
    assert page.inner_text("#one-more") == fewer.one_more
    marked = page.locator("#place-rows .reached").all_inner_texts()
    assert marked == [str(place) for place in fewer.places]


def test_one_place_in_every_district_can_be_asked_for(page: Any, county_released: Released):
    plan = county_released.team_plan
    page.check("#spread")
    assert page.inner_text("#answer") == f"{plan.listed}; {plan.spread[plan.now].reach}."


def test_a_link_holds_the_teams_and_the_place(opened: Any, saved: Path, county_released: Released):
    plan = county_released.team_plan
    page = opened(saved, "#teams=1&place=2")
    assert page.inner_text("#answer") == f"{plan.listed}; {plan.steps[1].reach}."
    assert page.inner_text("#profile-name") == f"2. {plan.places.table.at[2, 'name']}"
    assert shown_inside(page, "riskindex.app.areasOfPlace(2)")


def test_choosing_a_place_flies_there_and_back(page: Any):
    before, far = centre(page), zoom(page)
    page.locator("#place-rows button").nth(1).click()
    settled(page)
    assert zoom(page) > far
    assert shown_inside(page, "riskindex.app.areasOfPlace(2)")
    page.click("#back")
    settled(page)
    assert centre(page) == pytest.approx(before, abs=1e-6)
    assert zoom(page) == far
    assert not page.locator("#panel-side").is_visible()


def test_choosing_a_district_fills_the_map_with_it(page: Any, county_released: Released):
    name = county_released.top["district"].iloc[0]
    far = zoom(page)
    page.select_option("#district", name)
    settled(page)
    assert zoom(page) > far
    assert shown_inside(page, "riskindex.app.areasOfDistrict()")
    page.click("#whole")
    settled(page)
    assert zoom(page) == far
    assert page.input_value("#district") == ""


def test_searching_a_place_finds_its_areas(page: Any, county_released: Released):
    table, top = county_released.places, county_released.top
    name = str(table.at[1, "name"])
    page.fill("#search", name)
    page.keyboard.press("Enter")
    settled(page)
    assert shown_inside(page, "riskindex.app.areasOfPlace(1)")
    found = page.locator("#list-rows tr th button").all_inner_texts()
    assert set(top.loc[top["place"] == name, "name"]) <= set(found)


def test_what_is_not_found_is_said_with_the_nearest_name(page: Any, county_released: Released):
    ward = str(county_released.top["ward"].iloc[0])
    page.fill("#search", f"{ward}q")
    assert page.inner_text("#found").startswith(f"Not found: {ward.lower()}q. Nearest:")
    page.locator("#found button").first.click()
    assert page.locator("#list-rows th button").count() > 0
    assert not page.locator("#found").is_visible()


def test_a_changed_fragment_changes_the_page(page: Any, county_released: Released):
    page.evaluate("location.hash = '#place=1'")
    page.wait_for_selector("#profile-name")
    assert page.inner_text("#profile-name") == f"1. {county_released.places.at[1, 'name']}"
    assert shown_inside(page, "riskindex.app.areasOfPlace(1)")


def test_places_have_no_teams_in_a_what_if(page: Any):
    page.locator("#tab-whatif").click()
    page.locator("#on-0").uncheck()
    assert not page.locator("#teams").is_visible()
    assert page.locator("#list-rows").is_visible()
    page.click("#reset")
    assert page.locator("#teams").is_visible()
    assert page.locator("#place-rows").is_visible()


@pytest.mark.parametrize("width", [320, 390, 1024, 1440, 1920])
def test_nothing_sticks_out_at_any_width(opened: Any, saved: Path, width: int):
    page = opened(saved, "#place=1", width=width, height=800)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_in_forced_colours_the_chosen_tab_is_told_from_the_others(page: Any):
    page.emulate_media(forced_colors="active", color_scheme="dark")
    lines = page.locator("#views button").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).borderBottomColor)"
    )
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert [line == ground for line in lines] == [False, True]


def test_no_serious_fault_of_accessibility(opened: Any, saved: Path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core")
    for fragment, width in (("", 1440), ("#place=1", 1440), ("#find=nowhere", 390)):
        found = axe.Axe().run(opened(saved, fragment, width=width)).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_roads_and_stations_are_drawn_told_and_named(opened, county_released, tmp_path):
    west, south, east, north = county_released.areas.total_bounds
    middle = [(west + east) / 2, (south + north) / 2]
    road = shapely.linestrings([[west, south], middle, [east, north]])
    drawn = (
        DrawnLayer("Main roads", "line", np.array([road], dtype=object), ()),
        DrawnLayer(
            "Stations", "point", np.array([shapely.Point(middle)], dtype=object), ("Central",)
        ),
    )
    write_map(replace(county_released, drawn=drawn), tmp_path / "map.html")
    page = opened(tmp_path / "map.html")
    legend = page.inner_text("#legend-rows")
    assert "Main roads" in legend
    assert "Stations" in legend
    # The station stands where the middle of the study area is, to some metres.
    at = page.evaluate("riskindex.app.drawing.context[1].points[0]")
    width = page.evaluate("riskindex.app.drawing.width")
    assert abs(at["x"]) + abs(at["y"]) < width
    assert page.evaluate("riskindex.app.drawing.names.points[0].text") == "Central"


def pixels(page: Any) -> list[list[int]]:
    """Colours along a row through the middle of the map, a tenth of its width apart."""
    return page.evaluate(
        """() => {
            const [sheet] = riskindex.app.areas._sheets;
            const copy = new OffscreenCanvas(sheet.width, sheet.height);
            const pen = copy.getContext("2d", { willReadFrequently: true });
            pen.drawImage(sheet, 0, 0);
            const at = (k) => pen.getImageData((sheet.width * k) / 60, sheet.height / 2, 1, 1);
            return Array.from({ length: 60 }, (_, k) => [...at(k).data]);
        }"""
    )


def test_a_second_layer_shows_on_the_right_of_the_line_alone(page: Any):
    page.uncheck("#outline")
    height = page.evaluate("document.getElementById('map-frame').clientHeight")
    before = pixels(page)
    factor = page.evaluate("riskindex.app.data.factors.find((f) => f.last).name")
    page.select_option("#beside", f"hot:{factor}")
    after = pixels(page)
    assert page.evaluate("document.getElementById('map-frame').clientHeight") == height
    left = [k for k in range(25) if before[k] != after[k]]
    right = [k for k in range(35, 60) if before[k] != after[k]]
    assert left == []
    assert right != []
    assert page.inner_text("#legend-title").startswith("Left: ")
    assert page.inner_text("#beside-title").startswith("Right: ")

    page.focus("#split")
    page.keyboard.press("End")
    moved = pixels(page)
    assert [k for k in range(48) if before[k] != moved[k]] == []
    assert f"beside=hot%3A{factor}" in page.evaluate("location.hash")
    page.select_option("#beside", "")
    assert pixels(page) == before
    assert page.is_hidden("#split")


@pytest.mark.parametrize("room", [60_000, 10])
def test_a_postcode_finds_its_area_or_where_room_is_short_its_sector(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
):
    monkeypatch.setattr("riskindex.outputs.map_data.MOST_OF_POSTCODES", room)
    release = example_release()
    one, other, third = release.areas.index[:3]
    postcodes = pd.Series({"CO151QS": one, "CO151QT": other, "CO169ZZ": third})
    write_map(replace(release, postcodes=postcodes), tmp_path / "map.html")
    page = opened(tmp_path / "map.html")
    names = release.areas["name"]

    def found(query: str) -> set[str]:
        page.fill("#search", query)
        return set(page.locator("#list-rows tr th button").all_inner_texts())

    sector = {names[one], names[other]}
    assert found("co15 1qs") == ({names[one]} if room > 10 else sector)
    assert page.locator("#found").is_visible() == (room == 10)
    assert found("CO15 1") == found("CO15") == sector
    assert found("CO16 9ZZ") == {names[third]}
    assert found("CO99 9ZZ") == set()
    assert page.inner_text("#found").startswith("Not found: co99 9zz.")


def test_on_a_coarser_grid_a_click_finds_the_same_area(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    release = example_release()
    found = []
    for most in (20_000, 10):
        monkeypatch.setattr("riskindex.outputs.outlines.MOST_ON_METRES", most)
        write_map(release, tmp_path / f"{most}.html")
        page = opened(tmp_path / f"{most}.html")
        box = page.locator(".folium-map").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2 + 5, box["y"] + box["height"] / 2 + 5)
        width = page.evaluate("riskindex.app.drawing.width")
        found.append((page.inner_text("#profile-name"), width))
    assert found[0][0] == found[1][0]
    # The drawing plane is the same, whatever grid its points come from.
    assert found[0][1] == pytest.approx(found[1][1], rel=0.02)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768)])
def test_the_map_takes_most_of_the_screen_and_the_legend_hides_no_area(
    opened: Any, saved: Path, width: int, height: int
):
    page = opened(saved, width=width, height=height)
    box = page.locator(".folium-map").bounding_box()
    # The invented county has longer sentences at the foot than most, and a line more.
    assert box["width"] * box["height"] >= 0.58 * width * height
    assert page.evaluate("document.documentElement.scrollHeight") == height
    card = page.locator("#legend").bounding_box()
    corner = page.evaluate(
        "() => { const all = Array.from({ length: riskindex.app.data.n }, (_, i) => i);"
        " const west = riskindex.app.boundsOf(all).getSouthWest();"
        " return riskindex.app.map.latLngToContainerPoint(west).x; }"
    )
    assert box["x"] + corner >= card["x"] + card["width"]


def test_beside_an_open_panel_a_narrow_map_has_no_open_legend(opened: Any, saved: Path):
    page = opened(saved, width=1024, height=768)
    legend = page.locator("#legend-rows")
    assert legend.is_visible()
    page.locator("#place-rows button").first.click()
    settled(page)
    assert not legend.is_visible()
    page.locator("#legend summary").click()
    assert legend.is_visible()
