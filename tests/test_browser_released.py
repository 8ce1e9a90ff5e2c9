"""The map for partners and the public: what is in the page, and what a reader can do with it."""

import base64
import csv
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from map_pages import assert_equal_choices, python_choice, rows, set_slider

from riskindex import release
from riskindex.disclosure import MARKS
from riskindex.index import Index
from riskindex.maps import write_map
from riskindex.released import Released, Result
from riskindex.selection import Selection

pytestmark = pytest.mark.browser

Open = Any
PROFILES = ("partner", "public")
BANDS = {0, 25, 50, 75, 100, *np.round([100 / 3, 200 / 3], 6)}


@pytest.fixture(scope="module")
def releases(county_result: Result) -> dict[str, Released]:
    return {profile: release(county_result, profile) for profile in PROFILES}


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
    return opened(saved["public"])


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


# What is in the page


@pytest.mark.parametrize("profile", PROFILES)
def test_the_page_holds_the_named_columns_and_nothing_else(saved: dict[str, Path], profile: str):
    data, more = packed(saved[profile]), profile == "partner"
    assert set(data) == {
        "title", "place", "period", "period_words", "profile", "mark", "attribution", "limits",
        "marks", "notes", "how_sure", "codes", "place_kind", "groups", "columns", "cut", "index",
        "weights_found", "selection", "factors",
    }  # fmt: skip
    assert set(data["columns"]) == {
        "name", "decile", "rank_band", "factors_hot", "selected", "reasons", "residents", "tier",
        *(["p_selected"] if more else []),
    }  # fmt: skip
    assert data["cut"]["score_at_cut"] is None
    assert "overrides" not in data["selection"]
    for factor in data["factors"]:
        assert set(factor) <= {
            "name", "label", "method", "score", "weight", "scored", "recorded", "threshold",
            "sensitive", "scores", "group", "weighted", "periods", "years", "spans",
        }  # fmt: skip
        years = {"hot", "assessed", "new", "category"} if more else {"band", "new"}
        assert set(factor["years"]) <= years
        assert len(factor["periods"]) == (max(1, len(factor["spans"])) if more else 1)


@pytest.mark.parametrize("profile", PROFILES)
def test_scores_are_bands_and_break_ties_by_nothing_hidden(saved: dict[str, Path], profile: str):
    for factor in packed(saved[profile])["factors"]:
        if not factor["scored"]:
            continue
        assert factor["scores"]["intensity"] == factor["scores"]["score"]
        found = set(np.round([s for s in factor["scores"]["score"] if s is not None], 6))
        assert found <= BANDS | {20, 40, 60, 80} if profile == "partner" else found <= BANDS


@pytest.mark.parametrize("profile", PROFILES)
def test_counts_are_rounded_or_marked_and_those_of_sensitive_sources_absent(
    saved: dict[str, Path], profile: str
):
    told = 0
    for factor in packed(saved[profile])["factors"]:
        for period in factor["periods"]:
            assert set(period) <= {"period", "hot", "is_hot", "observed", "kind"}
            assert "observed" not in period or not factor["sensitive"]
            counts = set(period.get("observed", []))
            assert all(c in MARKS if isinstance(c, str) else c % 5 == 0 for c in counts)
            told += len(counts)
    assert told > 0


def test_every_fraction_in_the_public_page_is_a_setting_or_a_band(saved: dict[str, Path]):
    data = packed(saved["public"])
    settings = {data["selection"]["share"], data["index"]["power"]}
    settings |= {factor["threshold"] for factor in data["factors"]}
    fractions = {round(x, 6) for x in numbers_in(data) if x != int(x)}
    assert fractions <= settings | BANDS


def test_areas_lie_in_the_order_of_their_codes(saved: dict[str, Path], public: Any):
    data = packed(saved["public"])
    assert data["codes"] == sorted(data["codes"])
    listed = public.evaluate("riskindex.app.listed.map((i) => riskindex.app.data.codes[i])")
    assert listed == sorted(listed)


# What a reader sees


def test_the_list_is_the_released_one(public: Any, releases: dict[str, Released]):
    top = releases["public"].top
    assert rows(public) == list(top["name"])
    assert public.locator("#answer").inner_text() == f"{len(top)} of 160 areas selected"
    bands = public.locator("#list-rows tr:not(.why) td:first-child").all_inner_texts()
    assert bands == list(top["rank_band"])


def test_the_card_gives_bands_in_place_of_numbers(public: Any, releases: dict[str, Released]):
    public.locator("#list-rows th button").first.click()
    first = releases["public"].top.iloc[0]
    panel = public.locator("#panel-area").inner_text()
    assert first["rank_band"] in panel
    assert first["reasons"] in panel
    assert "[c] withheld" in panel
    assert public.locator(".strips").count() == 0
    assert not re.search(r"where [\d.]+ (were|was) expected", panel)
    assert "of 100 repeats" not in panel


def test_partners_see_every_year_and_about_how_often(opened: Open, saved: dict[str, Path]):
    page = opened(saved["partner"])
    page.locator("#list-rows th button").first.click()
    assert page.locator(".strips li").count() >= 5
    assert re.search(r"elected in about \d+ of 100 repeats", page.inner_text("#panel-area"))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_layer_is_classed_and_counts_every_area(
    opened: Open, saved: dict[str, Path], profile: str
):
    page = opened(saved[profile])
    page.uncheck("#outline")
    for layer in page.locator("#layer option").evaluate_all("all => all.map((o) => o.value)"):
        page.select_option("#layer", layer)
        words = page.locator("#legend-rows li").all_inner_texts()
        assert sum(int(text.split()[-2].replace(",", "")) for text in words) == 160, layer


def test_the_tenths_of_the_legend_are_the_released_ones(public: Any, releases: dict[str, Released]):
    highest = (releases["public"].all_areas["decile"] == 1).sum()
    assert f"Highest tenth {highest} area" in public.locator("#legend").inner_text()


def test_the_download_has_bands_and_marks(public: Any, releases: dict[str, Released]):
    with public.expect_download() as download:
        public.locator("#download").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    table = list(csv.DictReader(text.splitlines()))
    assert list(table[0]) == [
        "rank_band", "area_code", "name", "ward", "district", "decile", "selected", "published",
        "reasons", "tier", "residents",
    ]  # fmt: skip
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


def test_what_happens_if_drugs_count_double(public: Any, releases: dict[str, Released]):
    released = releases["public"]
    names = list(released.scores.index.get_level_values("factor").unique())
    set_slider(public, names.index("possession"), 2)
    lists = {
        times: set(
            python_choice(
                released, Index(), [times if n == "possession" else 1 for n in names], Selection()
            ).index
        )
        for times in (1, 2)
    }
    words = public.locator("#what-if-words").inner_text()
    label = released.factors.loc["possession", "label"]
    assert words.lower().startswith(f"with {label} counted double, ".lower())
    published = set(released.top.index)
    moving = public.locator("#what-if-names button").all_inner_texts()
    assert set(moving) == set(released.areas.loc[list(lists[2] ^ published), "name"])
    if lists[1] != published:
        enter, leave = len(lists[2] - lists[1]), len(lists[1] - lists[2])
        told = f"{enter} enter" if enter or leave else "nothing moves"
        assert f"Against what the classes give with nothing changed, {told}" in words


# What if


@pytest.mark.parametrize("profile", PROFILES)
def test_index_ranks_and_selection_equal_pythons_from_the_same_table(
    opened: Open, saved: dict[str, Path], releases: dict[str, Released], profile: str
):
    draws = 200 if profile == "public" else 20
    assert_equal_choices(opened(saved[profile]), releases[profile], Index(), draws=draws)


def test_a_what_if_says_what_it_is_computed_from(public: Any, releases: dict[str, Released]):
    released = releases["public"]
    public.locator("#tab-whatif").click()
    note = public.locator("#classes-note").inner_text()
    assert note.startswith(
        "Computed from the released classes; the published list was computed from the full figures."
    )
    factors = released.scores.index.get_level_values("factor").nunique()
    alone = set(python_choice(released, Index(), [1] * factors, Selection()).index)
    others = len(alone - set(released.top.index))
    assert (f"put {others} other area" if others else "give the published list") in note


def test_changes_are_told_against_the_published_list(public: Any, releases: dict[str, Released]):
    released = releases["public"]
    factors = released.scores.index.get_level_values("factor").nunique()
    set_slider(public, 0, 3)
    after = set(python_choice(released, Index(), [3, *[1] * (factors - 1)], Selection()).index)
    before = set(released.top.index)
    names = public.locator("#what-if-names button").all_inner_texts()
    assert set(names) == set(released.areas.loc[list(before ^ after), "name"])
    assert public.locator("#sort option").first.text_content() == "Rank by classes"
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
