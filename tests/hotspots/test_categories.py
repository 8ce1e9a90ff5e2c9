from itertools import product

import numpy as np
import pandas as pd
import pytest

from riskindex.errors import DataError
from riskindex.hotspots.categories import (
    CATEGORY_TABLES,
    History,
    categorise,
    unreachable_categories,
)

SIGNS = {"H": 1, "C": -1, ".": 0, "?": 0}


def history(sequences, *, trend=0, pooled=False):
    """Areas from words such as "H.C?": hot, neither, cold, not assessed; oldest first."""
    signs = np.array([[SIGNS[c] for c in word] for word in sequences])
    assessed = np.array([[c != "?" for c in word] for word in sequences])
    n = len(signs)
    return History(
        signs > 0,
        signs < 0,
        assessed,
        np.broadcast_to(trend, n).astype(np.int64),
        np.broadcast_to(pooled, n),
    )


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("arcgis-pro", "esri_pro3_reading"),
        ("arcgis-2018", "esri_2018_reading"),
        ("sfhotspot", "sfhotspot_as_documented"),
        ("sfhotspot-as-coded", "sfhotspot_as_coded"),
    ],
)
def test_every_sequence_of_five_periods_has_its_published_category(oracles, table, column):
    truth = pd.read_csv(oracles / "hotspots" / "emerging_truth_T5.csv")
    areas = history(truth["sequence_oldest_first"], trend=truth["mk_trend"].to_numpy())
    assert categorise(areas, table=table).tolist() == truth[column].tolist()


@pytest.mark.parametrize(
    ("sequence", "pooled", "category"),
    [
        ("....H", False, "new"),
        ("??..H", False, "new"),
        ("HHHHH", True, "persistent"),
        ("HH.HH", True, "persistent"),
        ("HHHHH", False, "recurring"),
        ("H...H", True, "recurring"),
        ("HHH..", True, "former"),
        (".....", True, "raised throughout"),
        (".....", False, "not hot"),
        ("HHHH?", True, "last period not assessed"),
        ("????H", True, "no earlier period assessed"),
        ("?????", False, "not assessed"),
    ],
)
def test_our_categories_read_as_they_are_written(sequence, pooled, category):
    assert categorise(history([sequence], pooled=pooled)).tolist() == [category]


@pytest.mark.parametrize("table", CATEGORY_TABLES)
def test_every_history_has_a_category(table):
    words = ["".join(word) for word in product("HC.?", repeat=4)]
    for trend, pooled in product((-1, 0, 1), (False, True)):
        assert (categorise(history(words, trend=trend, pooled=pooled), table=table) != "").all()


@pytest.mark.parametrize("table", CATEGORY_TABLES)
def test_a_table_names_each_category_once(table):
    names = [rule.category for rule in CATEGORY_TABLES[table]]
    assert len(names) == len(set(names))


def test_five_periods_cannot_be_historical_because_nine_tenths_of_five_is_five():
    assert "historical hot" in unreachable_categories(5, table="arcgis-pro")
    assert "historical hot" not in unreachable_categories(10, table="arcgis-pro")


def test_four_periods_cannot_show_a_trend():
    unreachable = unreachable_categories(4, table="arcgis-pro")
    assert {"intensifying hot", "diminishing hot"} <= set(unreachable)
    assert "intensifying hot" not in unreachable_categories(5, table="arcgis-pro")


def test_cold_areas_are_reached_only_where_they_are_tested():
    assert "new cold" in unreachable_categories(5, table="arcgis-pro")
    assert unreachable_categories(10, table="arcgis-pro", cold=True) == ()


def test_our_table_has_nothing_out_of_reach_of_two_periods():
    assert unreachable_categories(2) == ()


def test_one_period_has_no_history():
    with pytest.raises(DataError, match="two periods"):
        categorise(history(["H"]))
