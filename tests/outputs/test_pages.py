import base64
import gzip
import re

import pandas as pd
import pytest

from riskindex.factors import inside
from riskindex.outputs.pages import (
    Html,
    bullets,
    data_block,
    digest,
    document,
    escape,
    html_table,
    in_words,
    link,
    marks_line,
    packed_block,
    paragraphs,
    print_mark,
    record_table,
    slug,
)

NASTY = '<script>alert("x")</script>'


def cells(html):
    return re.findall(r"<td[^>]*>(.*?)</td>", html)


def test_text_is_only_ever_text():
    for html in (
        escape(NASTY),
        link("a.html", NASTY),
        paragraphs([NASTY]),
        bullets([NASTY]),
        record_table([{NASTY: NASTY}]),
        html_table(pd.DataFrame({NASTY: [NASTY]})),
    ):
        assert "<script" not in html


def test_markup_of_our_own_stays_markup():
    assert cells(record_table([{"a": Html("<b>1</b>")}])) == ["<b>1</b>"]
    assert bullets([Html("<b>1</b>"), "<b>"]) == "<ul><li><b>1</b></li><li>&lt;b&gt;</li></ul>"


def test_a_page_can_run_its_own_scripts_alone():
    page = document(title="T & U", head="<style>p{}</style>", body="", script="go()")
    policy = re.search(r'content="(default-src[^"]*)"', page).group(1)
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest('go()')}'" in policy
    assert f"style-src 'sha256-{digest('p{}')}'" in policy
    assert "<title>T &amp; U</title>" in page
    assert "Content-Security-Policy" not in document(title="T", body="", policy=False)


def test_line_ends_do_not_change_a_digest():
    assert digest("a\r\nb\rc\n") == digest("a\nb\nc\n")


def test_data_cannot_close_their_block():
    html = data_block("x", {"a": "</script><b>", "b": [1, None]})
    assert html.count("<") == 2
    assert "\\u003c/script\\u003e" in html


def test_packed_data_come_back_and_are_the_same_bytes_every_time():
    one = packed_block("x", b"a county")
    assert one == packed_block("x", b"a county")
    raw = base64.b64decode(re.search(r">([^<]+)<", one).group(1))
    assert gzip.decompress(raw).decode() == "a county"


def test_numbers_stand_to_the_right_with_the_decimals_of_their_column():
    html = record_table([{"n": 1.0, "x": 0.5, "w": "a"}, {"n": 20_000.0, "x": 2.0, "w": "b"}])
    assert cells(html) == ["1", "0.5", "a", "20,000", "2.0", "b"]
    assert html.count('<th scope="col" class="number">') == 2


def test_what_is_missing_is_a_dash_that_says_so():
    html = html_table(pd.DataFrame({"n": [1.5, None]}))
    assert cells(html)[1].startswith('<abbr title="not assessed')
    assert "not assessed, or does not apply" in marks_line(html)
    assert marks_line("<p>1</p>") == ""


def test_lines_of_a_table_can_be_found_by_name():
    html = record_table([{"a": 1}, {"b": 2}], ids=["x", "y"])
    assert '<tr id="x">' in html
    assert cells(html) == ["1", "", "", "2"]


@pytest.mark.parametrize(
    ("title", "name"), [("How sure?", "how-sure"), ("A & B", "a-b"), ("…", "part")]
)
def test_a_title_becomes_a_fragment(title, name):
    assert slug(title) == name


def test_labels_inside_a_sentence_keep_their_abbreviations():
    assert inside("Class A drugs") == "class A drugs"
    assert inside("ASB") == "ASB"
    assert in_words(["a", "b", "c"]) == "a, b and c"
    assert in_words(["a"]) == "a"


def test_each_printed_page_repeats_the_profile():
    assert 'counter(page) " / " counter(pages)' in print_mark("internal")
    assert print_mark("internal") != print_mark("public")
