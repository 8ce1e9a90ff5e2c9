"""Words that stand for nothing are not names of places."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from riskindex.areas import NOT_RECORDED, prepare_areas
from riskindex.words import MISSING_WORDS, known_texts


def test_words_for_nothing_become_empty_and_names_stay():
    texts = pd.Series(["NULL", " n/a ", "NaN", "", "Nantwich", "None the Less"])
    assert known_texts(texts).tolist() == ["", "", "", "", "Nantwich", "None the Less"]


@pytest.mark.parametrize("word", MISSING_WORDS)
def test_no_district_and_no_area_is_called_by_such_a_word(word):
    table = {"code": ["E1"], "name": [word.upper()], "lad": [word]}
    frame = gpd.GeoDataFrame(table, geometry=[box(0, 0, 1000, 1000)], crs=27700)
    areas = prepare_areas(frame, code="code", name="name", groups={"district": "lad"}).areas
    assert areas.loc["E1", ["name", "district"]].tolist() == ["E1", NOT_RECORDED]
