"""Every number of the page is a number of the row whose name it carries; no other digit stands."""

import re

import pytest
from needs_pages import is_of_row, read

from riskindex.outputs.needs.page import write_needs


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
