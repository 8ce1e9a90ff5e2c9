"""Words that stand for nothing are not names of places."""

import unicodedata

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from riskindex.areas.prepare import NOT_RECORDED, prepare_areas
from riskindex.files.text import MISSING_WORDS, garbled_notes, inert, known_texts, retold, seen


def test_words_for_nothing_become_empty_and_names_stay():
    texts = pd.Series(["NULL", " n/a ", "NaN", "", "Nantwich", "None the Less"])
    assert known_texts(texts).tolist() == ["", "", "", "", "Nantwich", "None the Less"]


@pytest.mark.parametrize("word", MISSING_WORDS)
def test_no_district_and_no_area_is_called_by_such_a_word(word):
    table = {"code": ["E1"], "name": [word.upper()], "lad": [word]}
    frame = gpd.GeoDataFrame(table, geometry=[box(0, 0, 1000, 1000)], crs=27700)
    areas = prepare_areas(frame, code="code", name="name", groups={"district": "lad"}).areas
    assert areas.loc["E1", ["name", "district"]].tolist() == ["E1", NOT_RECORDED]


def test_hidden_signs_are_named_with_their_place_and_how_many_there_are():
    (note,) = garbled_notes("a.csv", "name", ["plain", "West\u202e", "bell\x07"], [2, 3, 4])
    assert note.startswith("a.csv: row 3, column 'name', value 'West\\u202e' (and 1 more): holds")


def test_garbled_texts_are_named_with_what_they_were():
    (note,) = garbled_notes("a.csv", "name", ["plain", "ChÃ¢teau", "Ã©"], [2, 3, 4])
    assert "row 3, column 'name', value 'ChÃ¢teau' (and 1 more)" in note
    assert "'Château'" in note


def test_what_outputs_show_can_steer_nothing():
    assert seen("a\x1b[31mb\u202ec\td\ne") == "a\ufffd[31mb\ufffdc\td\ne"


@given(st.text())
def test_odd_signs_are_seen_and_nothing_else_changes(text):
    shown = seen(text)
    assert len(shown) == len(text)
    for was, now in zip(text, shown, strict=True):
        odd = was in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" or (
            unicodedata.category(was) in ("Cc", "Cs") and was not in "\t\n\r"
        )
        assert now == ("\ufffd" if odd else was)


def test_texts_are_retold_and_what_is_none_stays():
    texts = pd.Series(["=a", "b", None, "=a"])
    assert retold(texts, inert).tolist()[:2] == ["'=a", "b"]
    assert retold(texts, inert).isna().tolist() == [False, False, True, False]
    assert retold(texts.astype("category"), inert).tolist()[3] == "'=a"
    mixed = pd.Series(["=a", 1, 1.5], dtype="object")
    assert retold(mixed, inert).tolist() == ["'=a", 1, 1.5]
    for plain in (pd.Series([1.5, None]), pd.Series([1, None], dtype="Int64"), pd.Series(["b"])):
        pd.testing.assert_series_equal(retold(plain, inert), plain)
