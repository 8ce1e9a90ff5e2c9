"""Every number of the page is a number of the row whose name it carries; no other digit stands."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from riskindex.outputs.needs.page import write_needs

NUMBERS = ("count", "base", "value", "low", "high", "rank", "ratio")
FREE = ("style", "script", "svg", "title", "header")
"""Elements whose digits are no figures: the look of the page, plots, its own title."""


class Texts(HTMLParser):
    """Texts of a page: those with the row that they are from, and those of no row."""

    def __init__(self):
        super().__init__()
        self.open, self.of_rows, self.others = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "br", "link"):
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        row = next((a["data-row"] for _, a in self.open if "data-row" in a), None)
        classes = {c for _, a in self.open for c in (a.get("class") or "").split()}
        if row is not None:
            self.of_rows.append((row, text))
        elif "free" not in classes and not {tag for tag, _ in self.open} & {*FREE}:
            self.others.append(text)


def read(page):
    texts = Texts()
    texts.feed(page.read_text("utf-8"))
    return texts


def is_of_row(text, row):
    """Whether a printed number is one of a row, rounded as it is printed."""
    plain = text.replace(",", "").strip("%+−")
    places = len(plain.partition(".")[2])
    known = [abs(float(row[c])) for c in NUMBERS if not pd.isna(row[c])]
    return any(abs(n - float(plain)) <= 0.5 * 10**-places + 1e-9 for n in known)


@pytest.fixture(scope="module")
def folder(needs_released, tmp_path_factory):
    made = tmp_path_factory.mktemp("pages")
    write_needs(needs_released, made)
    return made


@pytest.fixture(scope="module")
def pages(folder):
    return [folder / "needs.html", *sorted((folder / "needs").glob("*.html"))]


def test_there_is_a_page_for_the_whole_and_one_for_each_district(pages, needs_result):
    assert len(pages) == 1 + needs_result.areas["district"].nunique()


def test_every_number_is_one_of_its_row(pages, needs_released):
    rows = needs_released.figures.set_index("row")
    assert rows.index.is_unique
    for page in pages:
        of_rows = read(page).of_rows
        assert len(of_rows) > 100
        wrong = [(row, text) for row, text in of_rows if not is_of_row(text, rows.loc[row])]
        assert wrong == []


def test_no_digit_stands_outside_a_row_or_what_is_free(pages):
    for page in pages:
        assert [text for text in read(page).others if re.search(r"\d", text)] == []


def test_a_person_finds_where_to_write(folder):
    text = (folder / "needs.html").read_text("utf-8")
    assert text.count("TO COMPLETE: ") >= 9


def test_sections_follow_the_guidance(folder):
    text = (folder / "needs.html").read_text("utf-8")
    found = re.findall(r"<h2>(.*?)</h2>", text)
    assert found == [
        "On one page",
        "Definition",
        "What has happened",
        "Who",
        "When",
        "Where",
        "Risk factors, and what lies beside violence",
        "The list",
        "Data quality",
        "What follows",
    ]


def test_the_first_page_says_the_count_its_change_and_the_list(folder, needs_released):
    text = (folder / "needs.html").read_text("utf-8")
    first = text[: text.index("<h2>Definition")]
    figures = needs_released.figures
    count = figures[(figures["figure"] == "serious_violence.count") & (figures["period"] == "2023")]
    whole = count[count["place_kind"] == "whole"].iloc[0]
    assert f'data-row="{whole["row"]}"' in first
    assert "are on the list" in first


def test_pages_load_nothing(pages):
    for page in pages:
        text = page.read_text("utf-8")
        assert "default-src 'none'" in text
        assert "http://" not in text.replace("http://www.w3.org", "")


def test_without_a_document_nothing_is_written(county_released, tmp_path):
    write_needs(county_released, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_same_release_gives_the_same_bytes(folder, needs_released, tmp_path):
    write_needs(needs_released, tmp_path)
    for path in (p for p in folder.rglob("*") if p.is_file()):
        assert (tmp_path / path.relative_to(folder)).read_bytes() == path.read_bytes(), path.name
