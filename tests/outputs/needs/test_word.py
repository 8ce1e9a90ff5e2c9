"""The document has the sentences and numbers of the page, to be finished in a word processor."""

import re

import pytest

from riskindex.outputs.needs.rows import DocumentPlace, Rows
from riskindex.outputs.needs.sections import write_text
from riskindex.outputs.needs.topic import Topic
from riskindex.outputs.needs.word import write_word

docx = pytest.importorskip("docx", reason="the extra docx is not installed")


@pytest.fixture(scope="module")
def text(needs_released):
    place = DocumentPlace("whole", needs_released.place)
    rows = Rows(needs_released.figures)
    return write_text(Topic(needs_released, needs_released.document, rows, place))


@pytest.fixture(scope="module")
def made(text, needs_released, tmp_path_factory):
    path = tmp_path_factory.mktemp("word") / "needs.docx"
    write_word(text, needs_released, path)
    return docx.Document(str(path))


def test_headings_are_those_of_the_text(made, text):
    found = [p.text for p in made.paragraphs if p.style.name == "Heading 1"]
    assert found == [section.title for section in text.sections]


def test_tables_have_the_same_lines(made, text):
    from riskindex.outputs.needs.blocks import DocumentTable

    tables = [block for section in text.sections for block in section.blocks]
    tables = [block for block in tables if isinstance(block, DocumentTable)]
    assert [len(t.rows) - 1 for t in made.tables] == [len(block.rows) for block in tables]


def test_a_person_finds_where_to_write(made):
    assert sum("TO COMPLETE" in p.text for p in made.paragraphs) >= 9


def test_every_page_says_who_it_is_for(made):
    assert made.sections[0].header.paragraphs[0].text.startswith("Internal")


def test_no_clock_and_no_author_is_in_it(text, needs_released, tmp_path):
    first, second = tmp_path / "a.docx", tmp_path / "b.docx"
    write_word(text, needs_released, first)
    write_word(text, needs_released, second)
    assert first.read_bytes() == second.read_bytes()
    assert docx.Document(str(first)).core_properties.author == ""


def test_signs_that_no_page_can_hold_are_shown(text, needs_released, tmp_path):
    from dataclasses import replace

    write_word(replace(text, title="a\x07b\u202ec"), needs_released, tmp_path / "n.docx")
    title = docx.Document(str(tmp_path / "n.docx")).paragraphs[0].text
    assert re.fullmatch(r"a.b.c", title)
    assert "\u202e" not in title
