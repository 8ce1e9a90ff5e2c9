"""Two hundred payloads in every text of a county: none acts in any file that is written."""

import csv
import re
import sqlite3
import sys
import zipfile
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from list_refusals import lists_may_leave
from payloads import CODES, DISTRICTS, OTHERS, PAYLOADS, write_county

from riskindex import release, run, save
from riskindex.cli import main
from riskindex.config import parse_config
from riskindex.files.text import inert, seen
from riskindex.outputs.pages import digest
from riskindex.result import Result

PROFILES = ("internal", "partner", "public")
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
SAFE_LINK = re.compile(
    r"#|data:image/(png|svg\+xml)[;,]|https://([\w-]+\.)+(gov\.uk|uk|org|com)/|[\w./#-]+$"
)


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Result:
    folder = tmp_path_factory.mktemp("hostile")
    return run(parse_config(write_county(folder), folder=folder))


@pytest.fixture(scope="module")
def county(result, tmp_path_factory) -> Path:
    """A folder with the result under every profile."""
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        # The list of so few areas is mostly noise; what would act is looked at all the same.
        lists_may_leave(patch)
        for profile in PROFILES:
            save(release(result, profile=profile), folder / profile)
    return folder


def files(county: Path, ending: str) -> list[Path]:
    return [path for p in PROFILES for path in sorted((county / p).rglob(f"*{ending}"))]


def test_there_are_two_hundred_and_all_are_names_of_areas(county: Path):
    assert len(set(PAYLOADS)) == 200
    for path in files(county, "all_areas.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = {row["area_code"]: row["name"] for row in csv.DictReader(file)}
        assert [names[code] for code in CODES] == [inert(name.strip()) for name in PAYLOADS]


def test_names_of_files_are_letters_and_digits(county: Path):
    for profile in PROFILES:
        for path in (county / profile).rglob("*"):
            assert re.fullmatch(r"[A-Za-z0-9_-]+(\.[a-z]+)?", path.name)


# Pages


class Page(HTMLParser):
    """Every tag, attribute, script and style of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.blocks.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.blocks and self.tags[-1][0] in ("script", "style") and self.cdata_elem:
            tag, attributes, text = self.blocks[-1]
            self.blocks[-1] = (tag, attributes, text + data)


def test_no_page_has_a_script_a_style_an_event_or_a_link_that_is_not_ours(county: Path):
    paths = files(county, ".html")
    assert len(paths) >= len(PROFILES) * (4 + len(DISTRICTS))
    for path in paths:
        text = path.read_text(encoding="utf-8")
        page, policy = Page(text), re.search(r'Security-Policy" content="([^"]*)"', text)[1]
        assert policy.startswith("default-src 'none'; script-src ")
        assert "unsafe" not in policy
        for tag, attributes, block in page.blocks:
            data = attributes.get("type", "").startswith("application/")
            assert data or f"'sha256-{digest(block)}'" in policy, (path, tag, block[:80])
        for tag, attributes in page.tags:
            assert tag not in ("iframe", "object", "embed", "base", "form", "frame"), path
            assert not [name for name in attributes if name.startswith("on") or name == "srcdoc"]
            for name in ("href", "src", "xlink:href", "action", "formaction"):
                assert SAFE_LINK.match(attributes.get(name) or "#"), (path, attributes)
        assert not set(text) & set("\u202a\u202e\u2066\x00\x07\x1b")


WATCH = """() => {
    window.riskindex_marks = [];
    for (const name of ['alert', 'confirm', 'prompt', 'open', 'fetch'])
        window[name] = (...given) => window.riskindex_marks.push([name, String(given[0])]);
}"""
EVERY_CARD = """(list) => [...document.querySelectorAll(`${list} th button`)].map((one) => {
    one.click();
    return document.querySelectorAll('#panel-area script, #panel-area img, iframe').length;
})"""
STIR = """() => {
    for (const one of document.querySelectorAll('body *')) {
        for (const kind of ['mouseover', 'focus', 'toggle', 'load', 'error'])
            one.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    return [window.hit, window.riskindex_marks, [...document.querySelectorAll('*')].filter(
        (one) => [...one.attributes].some((a) => a.name.startsWith('on'))).length];
}"""


def stirred(page: Any) -> None:
    """Nothing has acted, and nothing acts when every element is pointed at."""
    hit, marks, handlers = page.evaluate(
        STIR.replace("window.riskindex_marks", "window.riskindex_marks ?? []")
    )
    assert (hit, marks, handlers) == (None, [], 0)
    assert page.title() != "hit"
    assert page.locator("iframe, main img[src=x], [autofocus], svg[onload]").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize(
    ("profile", "step"),
    [
        ("public", 10),
        ("partner", 20),
        pytest.param("public", 1, marks=pytest.mark.long),
        pytest.param("partner", 1, marks=pytest.mark.long),
        pytest.param("internal", 1, marks=pytest.mark.long),
    ],
)
def test_no_payload_acts_on_the_map(
    county: Path, opened: Any, tmp_path: Path, profile: str, step: int
):
    page = opened(county / profile / "map.html")
    page.evaluate(WATCH)
    assert set(page.evaluate(EVERY_CARD, "#place-rows")) == {0}
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "places.csv"
    download.value.save_as(tmp_path / "places.csv")
    assert active_cells(tmp_path / "places.csv") == []
    page.click("#view-areas")
    page.fill("#search", "\n".join(CODES[::step]))
    while page.locator("#list-more").is_visible():
        page.click("#list-more")
    assert page.locator("#list-rows th button").count() == len(CODES[::step])
    assert set(page.evaluate(EVERY_CARD, "#list-rows")) == {0}
    for layer in page.locator("#layer option").evaluate_all("all => all.map((o) => o.value)"):
        page.select_option("#layer", layer)
    for tab in ("whatif", "about"):
        page.click(f"#tab-{tab}")
    for payload in (OTHERS[0], PAYLOADS[5], *DISTRICTS[:2]):
        page.fill("#search", payload)
    page.fill("#search", "\n".join(CODES))
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "areas.csv"
    download.value.save_as(tmp_path / "list.csv")
    assert active_cells(tmp_path / "list.csv") == []
    page.fill("#search", "\n".join(CODES[::step]))
    stirred(page)


@pytest.mark.browser
def test_no_payload_acts_on_a_page_of_each_kind(county: Path, opened: Any):
    one_each = ("report.html", "governance.html", "index.html", "district-*")
    kinds = [("internal", "place-1.html"), *zip(PROFILES * 2, one_each, strict=False)]
    for profile, name in kinds:
        stirred(opened(next((county / profile).rglob(name)), ready="h1"))


@pytest.mark.browser
@pytest.mark.long
def test_no_payload_acts_on_any_page(county: Path, opened: Any):
    for path in (path for path in files(county, ".html") if path.name != "map.html"):
        stirred(opened(path, ready="h1"))


# Tables


def active_cells(path: Path) -> list[str]:
    """Cells of a CSV that a spreadsheet would take for a formula."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert cells
    return [cell for cell in cells if FORMULA.match(cell) and not NUMBER.fullmatch(cell)]


def test_no_cell_of_a_csv_is_a_formula(county: Path):
    paths = files(county, ".csv")
    star = {path.name for path in paths if path.parent.name == "star"}
    assert {"dim_area.csv", "fact_score.csv"} <= star
    assert {path.name for path in paths} - star == {
        "all_areas.csv",
        "top_areas.csv",
        "places.csv",
        "figures.csv",
        "hotspots.csv",
        "scores.csv",
        "uncounted_events.csv",
    }
    assert [(path, cell) for path in paths for cell in active_cells(path)] == []


def test_no_cell_of_a_workbook_is_a_formula_or_leads_outside(county: Path):
    for path in files(county, ".xlsx"):
        book = openpyxl.load_workbook(path)
        cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
        assert len(cells) > 1000
        assert [cell.value for cell in cells if cell.data_type == "f"] == []
        links = [cell.hyperlink for cell in cells if cell.hyperlink]
        assert all(link.target is None for link in links)  # to its own sheets only
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
            text = "".join(
                packed.read(name).decode() for name in names if name.endswith((".xml", ".rels"))
            )
        assert not [
            name for name in names if re.search(r"external|vba|ddeLink|connections|query", name)
        ]
        assert not re.search(r"<f[ >]|TargetMode=\"External\"|<ddeLink|<oleLink", text)


def test_no_text_of_a_gis_file_is_more_than_text(county: Path):
    for path in files(county, ".gpkg"):
        table = pyogrio.read_dataframe(path, layer="areas", read_geometry=False)
        assert list(table["name"]) == [seen(name.strip()) for name in PAYLOADS]
        assert [name for name, _ in pyogrio.list_layers(path)] == [
            "areas",
            "places",
            "layer_styles",
        ]
        places = pyogrio.read_dataframe(path, layer="places", read_geometry=False)
        assert len(places)
        assert set(places["district"]) <= set(map(seen, DISTRICTS))
        with closing(sqlite3.connect(path)) as inside:
            kinds = inside.execute(
                "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')"
            )
            assert not [
                name
                for _, name in kinds
                if not re.match(
                    r"rtree_(areas|places)_geom_|gpkg_\w+$|"
                    r"trigger_\w+_feature_count_(areas|places|layer_styles)",
                    name,
                )
            ]


def test_no_text_steers_a_terminal(county: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    monkeypatch.setattr(sys, "argv", ["riskindex", "verify", str(county / "internal")])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 0
    assert PAYLOADS[1] in said.out
    assert "\x1b" not in said.out + said.err
