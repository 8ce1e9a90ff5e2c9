"""The saved map in headless Chromium, with every request refused."""

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from example_release import example_release, grid_areas
from map_pages import assert_equal_choices, page_choice, python_choice, rows, set_slider

from riskindex import read_config
from riskindex.cut import areas
from riskindex.index.build import Index, build_index, given_weights
from riskindex.index.selection import Override, Selection, select_top
from riskindex.outputs.interactive_map import write_map
from riskindex.outputs.profiles.numbers import class_words, index_classes
from riskindex.publication.released import Released
from riskindex.result import Result

pytestmark = pytest.mark.browser

Open = Any


@pytest.fixture(scope="module")
def release() -> Released:
    return example_release(selection=Selection(share=0.1))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, release: Released) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(release, path)
    return path


@pytest.fixture
def page(opened: Open, saved: Path) -> Any:
    return opened(saved)


# What a reader sees first


def test_the_list_holds_the_selected_areas_in_order(page: Any, release: Released):
    assert rows(page) == list(release.top["name"])
    assert page.locator("#answer").inner_text() == "8 of 80 areas selected"


def test_the_legend_counts_every_area(page: Any, release: Released):
    words = page.locator("#legend-rows li").all_inner_texts()
    counts = [int(text.split()[-2].replace(",", "")) for text in words]
    assert sum(counts[:-1]) == 80
    assert counts[-1] == 8


def test_the_classes_are_named_by_their_scores_as_on_the_other_pages(page: Any, release: Released):
    legend = page.locator("#legend-rows li").all_inner_texts()
    held = index_classes(release).value_counts()
    words = [f"{w[0].upper()}{w[1:]}: {areas(held[c])}" for c, w in class_words(release).items()]
    assert legend[: len(words)] == words


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("hot:suspects", "Hot, 99% sure"),
        ("hot:deprivation", "Over 25%"),
        ("years:domestic_abuse", "Hot in 5 of 5"),
        ("new:domestic_abuse", "Hot in 2022 for the first time"),
        ("selected", "Tied at the cut, not selected"),
    ],
)
def test_every_layer_has_a_legend_that_explains(page: Any, layer: str, expected: str):
    page.select_option("#layer", layer)
    assert expected in page.locator("#legend").inner_text()


def test_what_is_hotter_than_its_surroundings_is_a_layer_where_it_was_asked(
    page: Any, release: Released, opened: Open, tmp_path: Path
):
    choices = page.locator("#layer option").all_inner_texts()
    assert not any("surroundings" in words for words in choices)
    hotspots = release.hotspots.assign(local_p_adjusted=np.nan, is_hot_local=False)
    here = hotspots.index.get_level_values("factor") == "suspects"
    hot = here & hotspots["is_hot"].eq(True).to_numpy()
    hotspots.loc[here, "local_p_adjusted"] = 1.0
    hotspots.loc[hotspots.index[hot][:1], "is_hot_local"] = True
    write_map(replace(release, hotspots=hotspots), tmp_path / "map.html")
    other = opened(tmp_path / "map.html")
    other.select_option("#layer", "local:suspects")
    legend = other.locator("#legend").inner_text()
    assert "Hot, and hotter than its surroundings 1 area" in legend
    assert f"Hot, as its surroundings are {int(hot.sum()) - 1} area" in legend


def test_a_factor_of_several_periods_can_be_seen_for_each(page: Any, release: Released):
    page.select_option("#layer", "hot:domestic_abuse")
    page.select_option("#period", "2019")
    hot = release.hotspots.loc[("domestic_abuse", "2019"), "confidence"].eq(99).sum()
    assert f"Hot, 99% sure {hot} area" in page.locator("#legend").inner_text()


def test_an_area_without_data_is_shown_as_such(page: Any):
    page.select_option("#layer", "hot:violence")
    legend = page.locator("#legend").inner_text()
    assert "Not assessed: not covered by the source 1 area" in legend


def without_files(release: Released, codes: list[str]) -> Released:
    """The same, had no source covered some areas."""
    here = release.hotspots.index.get_level_values("area_code").isin(codes)
    hotspots = release.hotspots.copy()
    hotspots.loc[here, "reason"] = "not covered"
    hotspots.loc[here, "confidence"] = pd.NA
    hotspots.loc[here, "is_hot"] = False
    scores, every = release.scores.copy(), release.all_areas.copy()
    scores.loc[scores.index.get_level_values("area_code").isin(codes), ["score", "intensity"]] = (
        np.nan
    )
    every.loc[codes, ["score", "rank"]] = pd.NA
    every["p_selected"], every["tier"] = 0.0, "out"
    return replace(release, hotspots=hotspots, scores=scores, all_areas=every)


def test_areas_that_no_file_covers_say_so_in_legend_and_card(opened: Open, release, tmp_path):
    low = release.all_areas.index[~release.all_areas["selected"]][-2:].tolist()
    write_map(without_files(release, low), tmp_path / "map.html")
    page = opened(tmp_path / "map.html", f"#area={low[0]}")
    legend = page.locator("#legend").inner_text()
    assert "Not assessed: not covered by the source 2 areas" in legend
    panel = page.locator("#panel-area").inner_text()
    assert "was not assessed: not covered by the source." in panel
    assert "Not assessed: not covered by the source." in panel  # beside each factor
    assert "repeats" not in panel
    assert "How sure" not in panel


def test_limits_and_attribution_are_in_sight(page: Any, release: Released):
    foot = page.locator("#foot").inner_text()
    assert all(limit in foot for limit in release.limits)
    assert release.attribution[0] in foot
    assert page.locator("#foot").bounding_box()["y"] < 900


# List, map and profile are one thing


def test_hovering_shows_name_rank_and_reasons(page: Any):
    box = page.locator(".folium-map").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 5, box["y"] + box["height"] / 2 + 5)
    hint = page.locator("#hint")
    assert hint.is_visible()
    assert hint.locator("strong").inner_text().startswith("Place ")
    assert "rank" in hint.inner_text()


def test_clicking_the_map_opens_the_profile(page: Any):
    box = page.locator(".folium-map").bounding_box()
    at = (box["x"] + box["width"] / 2 + 5, box["y"] + box["height"] / 2 + 5)
    page.mouse.move(*at)
    name = page.locator("#hint strong").inner_text()
    page.mouse.click(*at)
    assert page.locator("#profile-name").inner_text() == name


def test_the_profile_says_why_and_what_it_does_not_say(page: Any, release: Released):
    page.locator("#list-rows button").first.click()
    first = release.top.iloc[0]
    panel = page.locator("#panel-area")
    assert panel.locator("#profile-name").inner_text() == first["name"]
    assert first["reasons"] in panel.inner_text()
    assert "nothing here says anything about any person" in panel.inner_text()
    points = [float(text) for text in panel.locator(".bars tbody td").all_inner_texts()]
    assert sum(points) == pytest.approx(first["score"], abs=0.2)
    assert page.locator("#list-rows tr.chosen th").count() == 1


def test_the_strip_shows_each_period_in_words_too(page: Any):
    page.locator("#list-rows button").first.click()
    words = page.locator(".strips tr").first.locator("li").all_text_contents()
    assert len(words) == 5
    assert all("2018" in words[0] or "20" in text for text in words)
    assert all("hot" in text for text in words)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("place 03c", ["Place 03C"]),
        ("E00000001", ["Place 01A"]),
        ("E00000003, E00000001", {"Place 01A", "Place 01C"}),
        ("Place 01A\nPlace 02B\n", {"Place 01A", "Place 02B"}),
        ("nowhere at all", []),
    ],
)
def test_areas_are_found_by_name_code_or_a_pasted_list(page: Any, query: str, found: Any):
    page.fill("#search", query)
    assert type(found)(rows(page)) == found


def test_the_list_can_be_filtered_and_sorted(page: Any, release: Released):
    page.select_option("#district", "East")
    east = release.top[release.top["district"] == "East"]
    assert rows(page) == list(east["name"])
    page.select_option("#sort", "name")
    assert rows(page) == sorted(east["name"])


def test_the_list_downloads_as_csv_without_formulae(opened: Open, tmp_path: Path):
    areas = grid_areas()
    areas["name"] = ["=HYPERLINK(1)", *areas["name"][1:]]
    write_map(example_release(areas), tmp_path / "map.html")
    page = opened(tmp_path / "map.html")
    page.fill("#search", "E00000001")
    with page.expect_download() as download:
        page.locator("#download").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert text.startswith("rank,area_code,name,ward,district,score,selected")
    assert ",E00000001,'=HYPERLINK(1)," in text


def test_the_address_keeps_the_state(opened: Open, saved: Path, page: Any):
    page.select_option("#layer", "hot:domestic_abuse")
    page.select_option("#period", "2019")
    page.select_option("#district", "East")
    set_slider(page, 3, 2)
    page.locator("#list-rows button").first.click()
    again = opened(saved, page.evaluate("location.hash"))
    for part in ("#list-rows", "#legend", "#panel-area", "#what-if-words"):
        assert again.locator(part).text_content() == page.locator(part).text_content()
    assert again.input_value("#period") == "2019"


@pytest.mark.parametrize("fragment", ["#area=nobody&layer=x&times=9_9", "#share=0&ties=__proto__"])
def test_a_fragment_that_the_page_did_not_write_changes_nothing(
    opened: Open, saved: Path, page: Any, fragment: str
):
    assert rows(opened(saved, fragment)) == rows(page)


# Text is text


EVIL = [
    "<img src=x onerror=\"document.title='hit'\">",
    "</script><script>document.title='hit'</script>",
    "{{ 7 * 7 }} <b>bold</b> & 'quotes\"",
]


def test_a_script_in_a_name_does_not_act(opened: Open, tmp_path: Path):
    areas = grid_areas()
    areas["name"] = [EVIL[k % len(EVIL)] for k in range(len(areas))]
    areas["ward"] = EVIL[0]
    write_map(example_release(areas, about=EVIL[1]), tmp_path / "map.html")
    page = opened(tmp_path / "map.html")
    page.locator("#list-rows button").first.click()
    box = page.locator(".folium-map").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.title() == "Essex violence risk index 2022"
    assert page.locator("#list-rows img, #hint img, .panel img, .panel b").count() == 0
    assert set(rows(page)) <= {name.strip() for name in EVIL}


def test_the_policy_stops_a_script_that_got_in(opened: Open, page: Any):
    refused = page.evaluate(
        """async () => {
            const seen = new Promise((resolve) => document.addEventListener(
                'securitypolicyviolation', (event) => resolve(event.violatedDirective)));
            const script = document.createElement('script');
            script.textContent = 'document.title = "hit"';
            document.body.append(script);
            return seen;
        }"""
    )
    assert refused.startswith("script-src")
    assert page.title() != "hit"
    assert [text for text in opened.wrong if "Content Security Policy" in text]
    opened.wrong.clear()


# What if


def test_index_ranks_and_selection_equal_pythons(page: Any, release: Released):
    assert_equal_choices(page, release, Index(), draws=200)


POINTS = {"suspects": 40, "deprivation": 10, "domestic_abuse": 30, "drugs": 20}


@pytest.mark.parametrize(
    "options",
    [
        Index(aggregation="geometric"),
        Index(aggregation="harmonic"),
        Index(aggregation="general", power=0.5),
        Index(weights="as-given"),
        Index(weights="equal"),
        Index(missing="rest"),
        Index(missing="rest", minimum_factors=3),
        Index(groups={"harm": 2.0}),
        Index(groups={"harm": 2.0}, weights="equal"),
        Index(aggregation="geometric", within_groups="arithmetic", groups={"harm": 2.0}),
        Index(aggregation="copeland"),
        Index(aggregation="copeland", groups={"harm": 2.0}, missing="rest"),
        Index(weights="pca"),
        Index(weights="elicited", points={"A": POINTS, "B": dict.fromkeys(POINTS, 25)}),
    ],
    ids=lambda options: "-".join(
        [options.aggregation, options.weights, options.missing, *options.groups]
    ),
)
def test_every_way_to_combine_equals_pythons(opened: Open, tmp_path: Path, options: Index):
    release = example_release()
    scores = release.scores.copy()
    scores.iloc[[5, 85, 90], scores.columns.get_loc("score")] = np.nan
    if options.groups:
        inside = scores.index.get_level_values("factor").isin(["suspects", "drugs"])
        scores["group"] = np.where(inside, "harm", "")
    if options.weights == "pca":
        common = scores["score"].groupby(level="area_code").transform("mean")
        scores["score"] = (scores["score"] + common) / 2
    config = release.config | {"index": vars(options) | {"groups": dict(options.groups)}}
    changed = example_release(scores=scores, config=config)
    write_map(changed, tmp_path / "map.html")
    page = opened(tmp_path / "map.html")
    assert_equal_choices(page, changed, given_weights(scores, options=options)[1], draws=10)
    assert_starts_from(page, changed, options)


def assert_starts_from(page: Any, release: Released, options: Index) -> None:
    used = page.evaluate("riskindex.app.data.scored.map((factor) => factor.weight)")
    found = page_choice(page, used, Selection())
    index = build_index(release.scores, options=options)
    score = [np.nan if value is None else value for value in found["score"]]
    np.testing.assert_allclose(score, index["score"].to_numpy(float), rtol=1e-9)


@pytest.mark.parametrize("minimum", [1, 6])
def test_a_minimum_for_every_district_holds_in_the_page(opened: Open, tmp_path: Path, minimum: int):
    release = example_release()
    selection = release.config["selection"] | {"minimum_per_group": minimum, "group": "district"}
    changed = example_release(config=release.config | {"selection": selection})
    write_map(changed, tmp_path / "map.html")
    page = opened(tmp_path / "map.html")
    assert_equal_choices(page, changed, Index(), draws=20, minimum=minimum)


def test_overrides_hold_whatever_the_weights(opened: Open, tmp_path: Path):
    hand = (
        Override(area_code="E00000080", action="in", reason="Asked for by the board."),
        Override(area_code=example_release().top.index[0], action="out", reason="Built over."),
    )
    write_map(example_release(selection=Selection(overrides=hand)), tmp_path / "map.html")
    page = opened(tmp_path / "map.html")
    set_slider(page, 0, 3)
    listed = page.locator("#list-rows").inner_text()
    assert "put in by hand" in listed
    page.fill("#search", hand[1].area_code)
    assert "taken out by hand" in page.locator("#list-rows").inner_text()


def test_counting_drugs_double_says_who_enters_and_leaves(page: Any, release: Released):
    set_slider(page, 3, 2)
    after = set(python_choice(release, Index(), [1, 1, 1, 2], Selection(share=0.1)).index)
    before = set(release.top.index)
    moved = len(after - before)
    assert moved > 0
    words = page.locator("#what-if-words").inner_text()
    areas = "area enters" if moved == 1 else "areas enter"
    assert words.startswith(f"With class A drug suspects' homes counted double, {moved} {areas}")
    names = page.locator("#what-if-names button").all_inner_texts()
    assert set(names) == set(release.areas.loc[list(before ^ after), "name"])


def test_reset_brings_the_published_list_back(page: Any, release: Released):
    set_slider(page, 0, 0)
    assert page.locator("#what-if-note").is_visible()
    page.locator("#reset").click()
    assert rows(page) == list(release.top["name"])
    assert not page.locator("#what-if-note").is_visible()


def test_without_any_weight_nothing_is_selected(page: Any):
    for place in range(4):
        set_slider(page, place, 0)
    assert "no index" in page.locator("#what-if-words").inner_text()
    assert page.locator("#answer").inner_text().startswith("0 of ")


def test_chosen_weights_come_out_as_config(page: Any):
    set_slider(page, 1, 0.5)
    page.fill("#number", "12")
    chosen = tomllib.loads(page.locator("#config-text").text_content())
    weights = {factor["name"]: factor["weight"] for factor in chosen["factors"]}
    assert weights == {"suspects": 1, "deprivation": 0.5, "domestic_abuse": 1, "drugs": 1}
    assert chosen["selection"] == {"number": 12, "rounding": "ceil", "ties": "order"}


def test_a_config_with_the_chosen_weights_gives_the_list_of_the_page(
    county: Any, county_config: Path, county_result: Result, tmp_path: Path
):
    for place, times in ((0, 0), (1, 2.5), (3, 0.5)):
        set_slider(county, place, times)
    county.fill("#share", "12.5")
    county.select_option("#ties", "include")
    with county.expect_download() as download:
        county.get_by_role("button", name="Download as config").click()
    chosen = tomllib.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    config = read_config(with_choices(county_config, chosen, tmp_path))
    scores = county_result.scores
    weights = {factor.name: factor.weight for factor in config.factors}
    given = scores.index.get_level_values("factor").map(weights)
    index = build_index(scores.assign(weight=given), options=config.index)
    assert rows_selected(county) == set(select_top(index, selection=config.selection).index)


def with_choices(config: Path, chosen: dict[str, Any], folder: Path) -> Path:
    """The config as its owner changes it: weights by name, and the section of the selection."""
    text = config.read_text(encoding="utf-8")
    for factor in chosen["factors"]:
        start = text.index(f'name = "{factor["name"]}"')
        block = re.sub(r"(?m)^weight = \S+", f"weight = {factor['weight']}", text[start:], count=1)
        text = text[:start] + block
    section = "".join(f"{key} = {json.dumps(v)}\n" for key, v in chosen["selection"].items())
    text = re.sub(r"(?ms)^\[selection\]\n.*?(?=^\[|\Z)", f"[selection]\n{section}\n", text)
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def rows_selected(page: Any) -> set[str]:
    return set(
        page.evaluate(
            "riskindex.app.data.codes.filter((_, i) => riskindex.app.now.cut.selected[i])"
        )
    )


# A whole run


def test_the_pages_of_a_whole_run_open_offline(
    opened: Open, county_released: Released, county_saved: Any
):
    released = county_released
    page = opened(county_saved("internal") / "map.html")
    assert rows(page) == list(released.top["name"])
    assert_equal_choices(page, released, Index(), draws=20)
    report = opened(county_saved("internal") / "report.html", ready="h1")
    assert report.locator("h1").inner_text() == released.title


# The five questions that a reader asks


@pytest.fixture(scope="module")
def county_page(tmp_path_factory: pytest.TempPathFactory, county_released: Released) -> Path:
    path = tmp_path_factory.mktemp("county-map") / "map.html"
    write_map(county_released, path)
    return path


@pytest.fixture
def county(opened: Open, county_page: Path) -> Any:
    return opened(county_page, "#view=areas")


def test_how_many_areas(county: Any, county_released: Released):
    cut = county_released.cut
    answer = county.locator("#answer").inner_text()
    assert answer.startswith(f"{cut.selected} of {cut.assessed} areas, in ")
    assert answer == county_released.team_plan.sentences.answer


def test_which_are_the_first_five(county: Any, county_released: Released):
    assert rows(county)[:5] == list(county_released.top["name"][:5])
    invited = county.locator("#panel-area ol button").all_inner_texts()
    assert invited == list(county_released.top["name"][:5])


def test_why_the_third_is_in(county: Any, county_released: Released):
    third = county_released.top.iloc[2]
    hot = county_released.scores.xs(third.name, level="area_code")
    strongest = hot["contribution"].idxmax()
    label = county_released.factors.loc[strongest, "label"]
    row = county.locator("#list-rows tr.why").nth(2).inner_text().strip()
    assert row.lower().startswith(label.lower())
    county.locator("#list-rows th button").nth(2).click()
    panel = county.locator("#panel-area")
    assert panel.locator("#profile-name").inner_text() == third["name"]
    assert third["reasons"] in panel.inner_text()
    first = panel.locator(".bars tbody tr").first
    assert first.locator("td").inner_text() == f"{hot['contribution'].max():.1f}"
    assert f"rank was {third['rank_low']} to {third['rank_high']}" in panel.inner_text()


def test_which_are_uncertain(county: Any, county_released: Released):
    every = county_released.all_areas
    by_tier = {
        "firm": every[every["selected"] & (every["tier"] == "firm")],
        "borderline": every[every["selected"] & (every["tier"] == "borderline")],
        "outside": every[~every["selected"] & (every["tier"] == "borderline")],
    }
    assert len(by_tier["borderline"]) > 0
    for tier, members in by_tier.items():
        button = county.locator(f"#tier-{tier}")
        assert button.inner_text().startswith(f"{len(members)} ")
        button.click()
        assert set(rows(county)) == set(members["name"])
    county.select_option("#layer", "selected")
    legend = county.locator("#legend").inner_text()
    assert f"Selected, borderline {len(by_tier['borderline'])} area" in legend
    assert f"Not selected, borderline {len(by_tier['outside'])} area" in legend


def test_what_happens_if_drugs_count_double(county: Any, county_released: Released):
    names = list(county_released.scores.index.get_level_values("factor").unique())
    drugs = names.index("possession")
    set_slider(county, drugs, 2)
    weights = [2 if name == "possession" else 1 for name in names]
    after = python_choice(county_released, Index(), weights, Selection())
    before = set(county_released.top.index)
    enter, leave = set(after.index) - before, before - set(after.index)
    words = county.locator("#what-if-words").inner_text()
    label = county_released.factors.loc["possession", "label"]
    assert words.lower().startswith(f"with {label} counted double, ".lower())
    assert moved(enter, leave) in words
    moving = county.locator("#what-if-names button").all_inner_texts()
    assert set(moving) == set(county_released.areas.loc[[*enter, *leave], "name"])
    assert not county.locator("#tiers").is_visible()


def moved(enter: set[str], leave: set[str]) -> str:
    if not enter and not leave:
        return "the list stays the same"
    moves = ((enter, "enter"), (leave, "leave"))
    return " and ".join(
        f"{len(areas)} area{'' if len(areas) == 1 else 's'} {verb}{'s' if len(areas) == 1 else ''}"
        for areas, verb in moves
    )


# Everybody can use it


def test_on_a_phone_the_list_comes_first_and_nothing_sticks_out(opened: Open, saved: Path):
    page = opened(saved, "#tab=about", width=390, height=844)
    tops = [
        page.locator(part).bounding_box()["y"]
        for part in (".list-side", ".map-side", ".panel-side")
    ]
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def focused(page: Any) -> str:
    """Id of what has the focus; of the list and the map the name of what it is."""
    return page.evaluate(
        """() => {
            const it = document.activeElement;
            if (it.closest("#list-rows")) return "a line of the list";
            if (it.classList.contains("leaflet-container")) return "the map";
            return it.id || it.getAttribute("aria-label") || it.textContent;
        }"""
    )


def test_every_control_is_reached_by_the_tab_key_in_the_order_of_the_page(page: Any):
    found = []
    for _ in range(60):
        page.keyboard.press("Tab")
        found.append(focused(page))
        if found[-1] == "outline":
            break
    reached = list(dict.fromkeys(found))
    order = [
        "print",
        "to-list-title",
        "to-layer",
        "to-tab-area",
        "to-tab-whatif",
        "to-tab-about",
        "search",
        "district",
        "sort",
        "list-scroll",
        "a line of the list",
        "download",
        "copy-link",
        "layer",
        "beside",
        "tab-area",
        "the map",
        "Zoom in",
        "Zoom out",
        "whole",
        "Legend",
        "outline",
    ]
    assert reached == order


def test_a_reader_goes_the_whole_way_by_keyboard(page: Any, release: Released):
    page.locator("#search").focus()
    page.keyboard.type("place 03c")
    for _ in range(4):
        page.keyboard.press("Tab")
    assert focused(page) == "a line of the list"
    page.keyboard.press("Enter")
    assert focused(page) == "profile-name"
    assert page.locator("#profile-name").inner_text() == "Place 03C"
    page.keyboard.press("Escape")
    assert focused(page) == "a line of the list"
    page.locator("#to-tab-whatif").focus()
    page.keyboard.press("Enter")
    assert focused(page) == "tab-whatif"
    page.locator("#weight-3").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    words = page.locator("#what-if-words").inner_text()
    assert words.startswith("With class A drug suspects' homes counted double")
    page.locator("#reset").focus()
    page.keyboard.press("Enter")
    assert page.locator("#answer").inner_text() == f"{len(release.top)} of 80 areas selected"
    page.locator("#layer").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#legend-title").inner_text() == "Selected areas"
    page.locator(".leaflet-container").focus()
    page.evaluate(
        "() => { window.zoomed = new Promise((done) => riskindex.app.map.once('zoomend', done)); }"
    )
    page.keyboard.press("+")
    assert page.evaluate("window.zoomed.then(() => true)")


def test_on_a_phone_a_chosen_area_comes_into_sight(opened: Open, saved: Path):
    page = opened(saved, width=390, height=844)
    page.locator("#list-rows th button").first.click()
    assert 0 <= page.locator("#profile-name").bounding_box()["y"] < 400
    page.get_by_role("button", name="Close").click()
    assert focused(page) == "a line of the list"
    assert 0 <= page.locator("#list-rows th button").first.bounding_box()["y"] < 844


def test_the_list_and_tabs_work_from_the_keyboard(page: Any):
    page.locator("#list-rows button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#profile-name").is_visible()
    page.locator("#tab-area").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel-whatif").is_visible()
    page.locator("#on-0").focus()
    page.keyboard.press("Space")
    assert page.locator("#what-if-note").is_visible()


def test_print_has_one_page_per_district_with_selected_areas(page: Any, release: Released):
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    titles = page.locator(".print-page h2").all_inner_texts()
    assert titles == [f"{release.title}: {name}" for name in sorted(set(release.top["district"]))]
    assert page.locator(".print-page tbody tr").count() == len(release.top)
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert len(sheets) == len(titles)


def test_a_district_of_many_selected_areas_is_printed_on_one_page(opened: Open, tmp_path: Path):
    areas = grid_areas().assign(district="West")
    release = example_release(areas, selection=Selection(share=0.6))
    write_map(release, tmp_path / "map.html")
    page = opened(tmp_path / "map.html")
    assert len(release.top) == 22
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1


def test_no_serious_fault_of_accessibility(opened: Open, saved: Path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core")
    for fragment, width in (
        ("", 1440),
        ("#area=E00000001", 1440),
        ("#tab=whatif&times=2_1_1_1", 390),
    ):
        found = axe.Axe().run(opened(saved, fragment, width=width)).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
