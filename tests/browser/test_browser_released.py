"""The map for partners and the public: what is in the page, and what a reader can do with it."""

import base64
import csv
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from map_pages import assert_equal_choices, python_choice, rows, set_slider
from shapely.geometry import Point

from riskindex.index.build import Index
from riskindex.index.selection import Selection
from riskindex.outputs.interactive_map import write_map
from riskindex.publication.released import TOGETHER, TOGETHER_LABEL, Released
from riskindex.result import Result

pytestmark = pytest.mark.browser

Open = Any
PROFILES = ("partner", "public")
LIST = "#view=areas"
"""The page opens with the places; this fragment has the areas in their stead."""
TENTHS = (
    "highest",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "lowest",
)


@pytest.fixture(scope="module")
def releases(county_release: Callable[[str], Released]) -> dict[str, Released]:
    return {profile: county_release(profile) for profile in PROFILES}


@pytest.fixture(scope="module")
def saved(
    tmp_path_factory: pytest.TempPathFactory, releases: dict[str, Released]
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("released-maps")
    for profile, released in releases.items():
        write_map(released, folder / f"{profile}.html")
    return {profile: folder / f"{profile}.html" for profile in releases}


@pytest.fixture
def public(opened: Open, saved: dict[str, Path]) -> Any:
    return opened(saved["public"], LIST)


def packed(path: Path) -> dict[str, Any]:
    found = re.search(r'id="map-data">(.*?)</script>', path.read_text(encoding="utf-8"))
    assert found
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


def numbers_in(value: Any) -> list[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for part in value for number in numbers_in(part)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def areas_in(page: Any, rows: str) -> list[int]:
    """The numbers of areas at the end of lines of the legend."""
    return [int(text.split()[-2].replace(",", "")) for text in page.locator(rows).all_inner_texts()]


def striped_in(released: Released, layer: str) -> list[int]:
    """Areas hot only with their neighbours, and those next door to a hotspot, if there are any."""
    what, _, factor = layer.partition(":")
    if what != "hot":
        return []
    tests = released.hotspots.loc[factor]
    kinds = tests.loc[tests.index.unique("period")[-1], "kind"]
    counts = [int((kinds == kind).sum()) for kind in ("neighbourhood", "next door")]
    return [number for number in counts if number]


# What is in the page

OF_THE_PAGE = {
    "title",
    "place",
    "period",
    "period_words",
    "profile",
    "mark",
    "attribution",
    "limits",
    "marks",
    "notes",
    "how_sure",
    "codes",
    "place_kind",
    "groups",
    "columns",
    "cut",
    "index",
    "weights_found",
    "selection",
    "factors",
    "whole",
    "plan",
    "scale",
    "settlements",
    "context",
    "postcodes",
}
"""What the data of a page hold, in every profile."""
OF_A_FACTOR = {
    "name",
    "label",
    "method",
    "score",
    "weight",
    "scored",
    "recorded",
    "threshold",
    "restricted",
    "fixed",
    "scores",
    "group",
    "weighted",
    "periods",
    "years",
    "spans",
    "measured_as",
    "exposure",
}
"""What they may hold of a factor."""


@pytest.mark.parametrize("profile", PROFILES)
def test_the_page_holds_the_named_columns_and_nothing_else(saved: dict[str, Path], profile: str):
    data, partner = packed(saved[profile]), profile == "partner"
    assert set(data) == OF_THE_PAGE
    assert data["postcodes"] is None  # no directory of postcodes was named
    assert set(data["columns"]) == {
        "name",
        "decile",
        "factors_hot",
        "selected",
        "reasons",
        "residents",
        "residents_10_24",
        "tier",
    }
    assert data["cut"]["score_at_cut"] is None
    assert "overrides" not in data["selection"]
    for factor in data["factors"]:
        assert set(factor) <= OF_A_FACTOR
        assert set(factor["years"]) <= {"hot", "assessed", "new", "category"}
        has_reasons = partner or not factor["restricted"]
        assert len(factor["periods"]) == (max(1, len(factor["spans"])) if has_reasons else 0)
        assert bool(factor["years"]) == (has_reasons and len(factor["spans"]) > 1)
    fixed = [factor["name"] for factor in data["factors"] if factor.get("fixed")]
    assert fixed == ([] if partner else [TOGETHER])


@pytest.mark.parametrize("profile", PROFILES)
def test_scores_of_restricted_factors_are_of_the_protected_run_and_break_no_tie(
    saved: dict[str, Path], releases: dict[str, Released], county_result: Result, profile: str
):
    scores, moved = releases[profile].scores, 0
    for factor in packed(saved[profile])["factors"]:
        if not factor["restricted"]:
            own = county_result.scores.loc[factor["name"], "score"]
            np.testing.assert_allclose(factor["scores"]["score"], own.to_numpy(float))
            continue
        assert not factor["scores"] or factor["scores"]["intensity"] == factor["scores"]["score"]
        if factor["scores"] and not factor.get("fixed"):
            true = county_result.scores.loc[factor["name"], "score"].to_numpy(float)
            assert factor["scores"]["score"] == scores.loc[factor["name"], "score"].tolist()
            moved += (true != factor["scores"]["score"]).sum()
    assert (moved > 0) == (profile == "partner")


@pytest.mark.parametrize("profile", PROFILES)
def test_counts_of_areas_are_those_of_open_sources_alone(
    saved: dict[str, Path], county_result: Result, profile: str
):
    numbers = 0
    for factor in packed(saved[profile])["factors"]:
        for period in factor["periods"]:
            if factor["restricted"]:
                assert set(period) <= {"period", "hot", "is_hot", "kind", "why"}
                continue
            true = county_result.hotspots.loc[factor["name"], "observed"].to_numpy(float)
            np.testing.assert_allclose(period["observed"], true, rtol=1e-3)
            numbers += len(true)
    assert numbers > 0


@pytest.mark.parametrize("profile", PROFILES)
def test_places_in_the_page_have_no_score_and_are_those_of_the_release(
    saved: dict[str, Path], releases: dict[str, Released], profile: str
):
    data, released = packed(saved[profile]), releases[profile]
    plan, page_plan = released.team_plan, data["plan"]
    assert plan is not None
    assert set(page_plan) == {
        "listed",
        "aim",
        "next_best",
        "resource",
        "now",
        "is_spread",
        "steps",
        "spread",
        "places",
        "services",
        "at",
        "of",
    }
    assert set(page_plan["places"]) == {
        "name",
        "wards",
        "district",
        "areas",
        "firm",
        "residents",
        "residents_10_24",
        "factors",
        "next_door",
    }
    for column, values in page_plan["places"].items():
        assert values == plan.places.table[column].tolist(), column
    assert page_plan["of"] == plan.places.place_of.reindex(data["codes"], fill_value=0).tolist()
    assert [step[3] for step in page_plan["steps"]] == [list(step.places) for step in plan.steps]
    numbers = numbers_in({key: page_plan[key] for key in set(page_plan) - {"at"}})
    assert numbers
    assert all(number == int(number) for number in numbers)


@pytest.mark.parametrize("profile", PROFILES)
def test_dots_of_places_lie_in_their_areas(
    saved: dict[str, Path], county_result: Result, profile: str
):
    page_plan = packed(saved[profile])["plan"]
    codes, of = np.array(packed(saved[profile])["codes"]), np.array(page_plan["of"])
    shapes = county_result.areas.geometry.to_crs(4326)
    for place, at in enumerate(page_plan["at"], start=1):
        inside = shapes[codes[of == place]].union_all().buffer(1e-4)
        assert inside.covers(Point(at)), place


def test_no_fraction_in_the_public_page_is_a_true_score(
    saved: dict[str, Path], county_result: Result
):
    true = county_result.index[["score", "companion"]].to_numpy(float).ravel()
    strong = county_result.scores["intensity"].to_numpy(float)
    need = county_result.team_plan.places.table[["need", "score_max"]].to_numpy(float).ravel()
    open_factors = county_result.scores.loc[["deprivation", "not_worked"], ["score", "intensity"]]
    hidden = {round(x, 4) for x in (*true, *strong, *need) if x == x and abs(x - round(x)) > 1e-6}
    hidden -= {round(x, 4) for x in open_factors.to_numpy(float).ravel()}
    assert len(hidden) > 50
    together = next(f for f in packed(saved["public"])["factors"] if f.get("fixed"))
    fractions = {round(x, 4) for x in numbers_in(packed(saved["public"])) if x != int(x)}
    noised = {round(x, 4) for x in numbers_in(together["scores"])}
    assert not hidden & (fractions - noised)


def test_the_list_is_in_the_published_order(
    saved: dict[str, Path], public: Any, releases: dict[str, Released]
):
    data = packed(saved["public"])
    assert data["codes"] == sorted(data["codes"])
    listed = public.evaluate("riskindex.app.listed.map((i) => riskindex.app.data.codes[i])")
    assert listed == list(releases["public"].top.index)
    assert public.locator("#sort option").first.text_content() == "Firm areas first"


# What a reader sees


def test_the_list_is_the_released_one(public: Any, releases: dict[str, Released]):
    top = releases["public"].top
    assert rows(public) == list(top["name"])
    plan, answer = releases["public"].team_plan, public.locator("#answer").inner_text()
    assert plan is not None
    assert answer == plan.sentences.answer
    assert answer.startswith(f"{len(top)} of 160 areas, in ")
    tenths = public.locator("#list-rows tr:not(.why) td:first-child").all_inner_texts()
    assert tenths == [str(tenth) for tenth in top["decile"]]


def test_the_card_gives_tenths_in_place_of_ranks(public: Any, releases: dict[str, Released]):
    public.locator("#list-rows th button").first.click()
    first = releases["public"].top.iloc[0]
    panel = public.locator("#panel-area").inner_text()
    assert TENTHS[int(first["decile"]) - 1] in panel
    assert first["reasons"] in panel
    assert public.locator(".strips").count() == 0
    assert TOGETHER_LABEL in panel
    assert not re.search(r"\b(rank|Rank|Score) *\d", panel)
    assert "of 100 repeats" not in panel


def test_partners_see_every_year_and_no_count(opened: Open, saved: dict[str, Path]):
    page = opened(saved["partner"], LIST)
    page.locator("#list-rows th button").first.click()
    assert page.locator(".strips li").count() >= 5
    panel = page.inner_text("#panel-area")
    counted = re.findall(r"where [\d.,]+ were expected", panel)
    assert len(counted) <= 2  # of the one open factor that is tested: own and with its neighbours
    assert "of 100 repeats" not in panel


@pytest.mark.parametrize("profile", PROFILES)
def test_every_layer_is_classed_and_counts_every_area(
    opened: Open, saved: dict[str, Path], releases: dict[str, Released], profile: str
):
    page = opened(saved[profile])
    page.uncheck("#outline")
    for layer in page.locator("#layer option").evaluate_all("all => all.map((o) => o.value)"):
        page.select_option("#layer", layer)
        classes = areas_in(page, "#legend-rows li:not(:has([class*=striped]))")
        assert sum(classes) == 160, layer
        striped = areas_in(page, "#legend-rows li:has([class*=striped])")
        assert striped == striped_in(releases[profile], layer), layer


def test_the_tenths_of_the_legend_are_the_released_ones(public: Any, releases: dict[str, Released]):
    highest = (releases["public"].all_areas["decile"] == 1).sum()
    assert f"Highest tenth {highest} area" in public.locator("#legend").inner_text()


def test_the_download_has_tenths_and_no_rank(public: Any, releases: dict[str, Released]):
    with public.expect_download() as download:
        public.locator("#download").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    table = list(csv.DictReader(text.splitlines()))
    assert list(table[0]) == [
        "area_code",
        "name",
        "ward",
        "district",
        "decile",
        "selected",
        "published",
        "reasons",
        "tier",
        "residents",
        "residents_10_24",
    ]
    top = releases["public"].top
    assert [row["area_code"] for row in table] == list(top.index)
    assert [row["residents"] for row in table] == [str(people) for people in top["residents"]]


# The questions that a reader asks of the public page


def test_why_the_third_is_in(public: Any, releases: dict[str, Released]):
    third = releases["public"].top.iloc[2]
    public.locator("#list-rows th button").nth(2).click()
    panel = public.locator("#panel-area")
    assert panel.locator("#profile-name").inner_text() == third["name"]
    assert third["reasons"] in panel.inner_text()
    bands = releases["public"].scores.xs(third.name, level="area_code")["score"]
    raised = panel.locator(".bars tbody tr:not(.zero)")
    assert raised.count() == (bands > 0).sum() > 0


def test_which_are_uncertain(public: Any, releases: dict[str, Released]):
    every = releases["public"].all_areas
    chosen = every["selected"].astype(bool)
    for tier, areas in {
        "firm": every[chosen & (every["tier"] == "firm")],
        "borderline": every[chosen & (every["tier"] == "borderline")],
        "outside": every[~chosen & (every["tier"] == "borderline")],
    }.items():
        button = public.locator(f"#tier-{tier}")
        assert button.inner_text().startswith(f"{len(areas)} ")
        button.click()
        assert rows(public) == list(areas["name"])


def test_what_happens_if_deprivation_counts_double(public: Any, releases: dict[str, Released]):
    released = releases["public"]
    names = list(released.scores.index.get_level_values("factor").unique())
    given = released.scores.groupby(level="factor", sort=False)["weight"].first()
    place = names.index("deprivation")
    set_slider(public, place, 2)
    lists = {
        times: set(
            python_choice(
                released,
                Index(),
                [times * given[n] if n == "deprivation" else given[n] for n in names],
                Selection(),
            ).index
        )
        for times in (1, 2)
    }
    words = public.locator("#what-if-words").inner_text()
    label = released.factors.loc["deprivation", "label"]
    assert words.lower().startswith(f"with {label} counted double, ".lower())
    published = set(released.top.index)
    moving = public.locator("#what-if-names button").all_inner_texts()
    assert set(moving) == set(released.areas.loc[list(lists[2] ^ published), "name"])
    if lists[1] != published:
        enter, leave = len(lists[2] - lists[1]), len(lists[1] - lists[2])
        moved = f"{enter} enter" if enter or leave else "nothing moves"
        assert f"Against what these scores give with nothing changed, {moved}" in words


def test_no_slider_moves_the_restricted_factors(
    opened: Open, saved: dict[str, Path], releases: dict[str, Released]
):
    page = opened(saved["public"], "#tab=whatif")
    sliders = page.locator("#panel-whatif input[type=range]")
    assert sliders.count() == 2
    assert "counts with noise" in page.inner_text("#panel-whatif")
    assert TOGETHER not in page.locator("#config-text").text_content()
    page.locator("#tab-about").click()
    table = page.locator("#panel-about table tbody tr")
    assert table.count() == len(releases["public"].factors)


# What if


@pytest.mark.parametrize("profile", PROFILES)
def test_index_ranks_and_selection_equal_pythons_from_the_same_table(
    opened: Open, saved: dict[str, Path], releases: dict[str, Released], profile: str
):
    draws = 200 if profile == "public" else 20
    assert_equal_choices(opened(saved[profile]), releases[profile], Index(), draws=draws)


def given_weights(released: Released) -> list[float]:
    return released.scores.groupby(level="factor", sort=False)["weight"].first().tolist()


def test_a_what_if_says_what_it_is_computed_from(public: Any, releases: dict[str, Released]):
    released = releases["public"]
    public.locator("#tab-whatif").click()
    note = public.locator("#noise-note").inner_text()
    assert note.startswith(
        "Computed from the released scores; those of restricted factors come from counts with "
        "noise."
    )
    alone = set(python_choice(released, Index(), given_weights(released), Selection()).index)
    others = len(alone - set(released.top.index))
    assert (f"put {others} other area" if others else "give the published list") in note


def test_changes_are_told_against_the_published_list(public: Any, releases: dict[str, Released]):
    released = releases["public"]
    first, *others = given_weights(released)
    set_slider(public, 0, 3)
    after = set(python_choice(released, Index(), [3 * first, *others], Selection()).index)
    before = set(released.top.index)
    names = public.locator("#what-if-names button").all_inner_texts()
    assert set(names) == set(released.areas.loc[list(before ^ after), "name"])
    assert public.locator("#sort option").first.text_content() == "Rank by released scores"
    public.locator("#reset").click()
    assert rows(public) == list(released.top["name"])


# Everybody can use it


def test_no_serious_fault_of_accessibility(opened: Open, saved: dict[str, Path]):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core")
    first = packed(saved["public"])["codes"][0]
    for fragment, width in (("", 1440), (f"#area={first}", 390), ("#tab=whatif", 390)):
        found = axe.Axe().run(opened(saved["public"], fragment, width=width))
        faults = found.response["violations"]
        assert [v["id"] for v in faults if v["impact"] in ("serious", "critical")] == []
