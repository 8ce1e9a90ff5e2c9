"""The report and the area profiles in headless Chromium: hostile text, phones, accessibility."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from riskindex.assessment.options import Document
from riskindex.outputs.compare import compare_runs
from riskindex.outputs.compare_page import save_comparison
from riskindex.outputs.needs.page import write_needs
from riskindex.outputs.profiles.page import write_profiles
from riskindex.outputs.report.page import write_report

pytestmark = pytest.mark.browser

EVIL = (
    "<img src=x onerror=\"document.title='hit'\">",
    "</title><script>document.title='hit'</script>",
    "</style><svg onload=document.title='hit'>",
    "' onmouseover='document.title=1' x='",
    '" autofocus onfocus="document.title=1" x="',
    "javascript:document.title='hit'",
    "<a href=\"javascript:document.title='hit'\">click</a>",
    "--><iframe srcdoc='<script>parent.document.title=1</script>'></iframe><!--",
    "&lt;script&gt;document.title=1&lt;/script&gt;",
    "West \u202egnitnuoc\u202c 1,234",
    "nul \x00 and \x1b[31m",
    "../../etc/passwd",
    "CON.html?x=1#top%2e%2e",
)
HOSTILE = "img, script, iframe, svg[onload], [onmouseover], [onfocus], a[href^=javascript]"


def poisoned(released):
    """Every text of the release replaced by something that would act if it were no text."""
    n = len(released.all_areas)
    evil = [EVIL[k % len(EVIL)] for k in range(n)]
    names = dict.fromkeys(released.areas["district"])
    districts = {name: EVIL[k % len(EVIL)] for k, name in enumerate(names)}
    every = released.all_areas.assign(name=evil, ward=evil[::-1], reasons=evil)
    every["district"] = every["district"].map(districts)
    areas = released.areas.assign(name=evil, ward=evil[::-1], district=every["district"])
    swap = {"district": districts}
    counts, rhythm = (
        table.rename(index=districts, level="place")
        for table in (released.figure_counts, released.rhythm)
    )
    return dataclasses.replace(
        released,
        title=EVIL[1],
        place=EVIL[9],
        about=EVIL[0],
        notes=EVIL,
        attribution=EVIL,
        all_areas=every,
        areas=areas,
        figure_counts=counts,
        rhythm=rhythm,
        factors=released.factors.assign(label=list(EVIL[: len(released.factors)])),
        top=released.top.assign(name=EVIL[4], reasons=EVIL[7]).replace(swap),
    )


@pytest.fixture(scope="module")
def evil_folder(county_released, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("evil")
    released = poisoned(county_released)
    write_profiles(released, folder / "profiles")
    write_report(released, folder / "report.html")
    return folder


def test_hostile_text_stays_text_in_every_profile(opened: Any, evil_folder: Path):
    paths = sorted((evil_folder / "profiles").iterdir())
    assert all(path.parent == evil_folder / "profiles" for path in paths)
    for path in paths:
        page = opened(path, ready="h1")
        assert page.locator(HOSTILE).count() == 0
        page.locator("main a, main summary, main [tabindex]").evaluate_all(
            "(all) => all.forEach((one) => { one.focus(); "
            "one.dispatchEvent(new MouseEvent('mouseover', { bubbles: true })); })"
        )
        assert page.title().endswith(EVIL[1])


def test_hostile_text_stays_text_in_the_report(opened: Any, evil_folder: Path):
    page = opened(evil_folder / "report.html", ready="h1")
    assert page.locator("h1").inner_text() == EVIL[1]
    assert page.locator("main script, main iframe, main [onfocus], main [onmouseover]").count() == 0
    assert page.locator("main img").count() == 1  # the map
    assert page.title() == f"{EVIL[1]}: report"


def test_no_sign_turns_the_text_after_it_around(evil_folder: Path):
    for path in evil_folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b")


@pytest.fixture(scope="module")
def folder(county_saved) -> Path:
    return county_saved("internal")


@pytest.fixture(scope="module")
def one_of_each(folder: Path, county_released, tmp_path_factory) -> list[Path]:
    """A page of every kind beside the map."""
    profiles, more = folder / "profiles", tmp_path_factory.mktemp("more")
    save_comparison(compare_runs(folder, folder), more / "compared")
    document = Document(main="offences", people=("suspects",))
    write_needs(dataclasses.replace(county_released, document=document), more)
    return [
        folder / "report.html",
        folder / "governance.html",
        profiles / "index.html",
        next(profiles.glob("district-*.html")),
        profiles / "place-1.html",
        more / "compared" / "compare.html",
        more / "needs.html",
    ]


def test_at_no_width_anything_sticks_out(opened: Any, one_of_each: list[Path]):
    for path in one_of_each:
        page = opened(path, ready="h1")
        for width in (320, 390, 1024, 1920):
            page.set_viewport_size({"width": width, "height": 844})
            found = page.evaluate("document.documentElement.scrollWidth")
            assert found == width, path.name


def test_in_forced_colours_pictures_keep_a_ground_on_which_they_can_be_read(
    opened: Any, one_of_each: list[Path]
):
    """Their lines and words are dark by themselves, whatever colours the reader has chosen."""
    drawn = 0
    for path in one_of_each:
        page = opened(path, ready="h1")
        page.emulate_media(forced_colors="active", color_scheme="dark")
        grounds = page.locator("figure > svg").evaluate_all(
            "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"
        )
        assert set(grounds) <= {"rgb(255, 255, 255)"}, path.name
        drawn += len(grounds)
    assert drawn


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.long)])
def test_no_serious_fault_of_accessibility(opened: Any, one_of_each: list[Path], width: int):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core")
    for path in one_of_each:
        page = opened(path, width=width, ready="h1")
        found = axe.Axe().run(page).response["violations"]
        serious = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], path.name


def test_pointing_at_an_area_of_the_map_names_it_and_a_click_finds_its_line(
    opened: Any, folder: Path
):
    pages = sorted((folder / "profiles").glob("district-*.html"))
    scored = next(path for path in pages if '<a href="#E' in path.read_text(encoding="utf-8"))
    page = opened(scored, ready="h1")
    area = page.locator("svg a[href^='#']").first
    name = area.locator("title").text_content()
    assert "rank" in name
    code = area.get_attribute("href")[1:]
    area.dispatch_event("click")
    assert page.locator(f"tr:target#{code}").count() == 1


def test_a_person_can_write_into_the_governance_page(opened: Any, folder: Path):
    page = opened(folder / "governance.html", ready="h1")
    field = page.get_by_role("textbox").first
    field.fill("Choosing where to offer youth work.")
    assert field.inner_text() == "Choosing where to offer youth work."
