"""A report is read: at most 3,000 words of running text, and nothing is said twice."""

import re

import pytest
from running_text import SENTENCE, running_words

from riskindex.outputs.report.page import write_report

MOST_WORDS = 3_000


def test_words_outside_tables_and_sentences_inside_them_are_counted():
    sentence = " ".join(["word"] * SENTENCE)
    page = f"<p>one two</p><table><tr><th>no</th><td>{sentence}</td></tr></table><nav>no</nav>"
    assert running_words(page) == 2 + SENTENCE


def report_of(released, folder) -> str:
    write_report(released, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", ["internal", "partner", "public"])
def test_the_report_of_a_county_is_read_in_a_quarter_of_an_hour(profile, county_release, tmp_path):
    page = report_of(county_release(profile), tmp_path)
    assert 500 < running_words(page) <= MOST_WORDS


def test_no_section_is_empty_and_no_paragraph_stands_twice(county_released, tmp_path):
    page = report_of(county_released, tmp_path)
    for section in re.findall(r"<section.*?</section>", page, flags=re.DOTALL):
        text = re.sub(r"<h2>.*?</h2>|<[^>]+>", "", section)
        assert len(text.split()) > 5 or "<svg" in section
    paragraphs = [p for p in re.findall(r"<p>(.*?)</p>", page) if len(p.split()) > 5]
    assert len(paragraphs) == len(set(paragraphs))
