import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from row_of_places import ROW, county, listed

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.errors import ConfigError, DataError
from riskindex.planning.named_places import PlaceRules, name_places


def made(selected, gazetteer=None, *, areas=None, index=None, hot=None, labels=None, **rules):
    areas = county() if areas is None else areas
    index = listed(selected, areas=areas) if index is None else index
    return name_places(
        index,
        areas,
        neighbour_matrix(areas),
        gazetteer,
        rules=PlaceRules(**rules),
        hot=hot,
        labels=labels,
    )


def test_adjoining_areas_are_one_place_with_its_figures():
    tiers = ["firm", "borderline", "firm", "out", "out", "out", "firm", "out"]
    index = listed([ROW[0], ROW[1], ROW[2], ROW[6]], tier=tiers)
    index.loc[ROW[0], "score"] = 80.0
    table, place_of = made(None, index=index)
    first = table.loc[1]
    assert place_of.to_dict() == {ROW[0]: 1, ROW[1]: 1, ROW[2]: 1, ROW[6]: 2}
    assert first["wards"] == "Pier, Milton"
    assert first["district"] == "South"
    assert (first["areas"], first["firm"]) == (3, 2)
    assert (first["residents"], first["residents_10_24"]) == (3500, 600)
    assert first["need"] == pytest.approx(200 * 0.8 + 100 * 0.5 + 300 * 0.5)
    assert first["score_max"] == 80
    assert first["km_across"] == pytest.approx(10**0.5)
    assert first["x"] == pytest.approx((500 * 1000 + 1500 * 1000 + 2500 * 1500) / 3500)
    assert table["name"].tolist() == ["Pier and Milton", "Mark"]


def test_the_place_with_most_need_comes_first():
    index = listed([ROW[0], ROW[2], ROW[4]])
    assert made(None, index=index)[1].to_dict() == {ROW[0]: 2, ROW[2]: 1, ROW[4]: 3}


@pytest.mark.parametrize("rules", [{"largest_areas": 2}, {"largest_km": 2.3}])
def test_a_place_too_large_for_a_team_is_divided(rules):
    table, place_of = made(ROW[:4], **rules)
    assert place_of.groupby(place_of).size().tolist() == [2, 2]
    assert table["name"].tolist() == ["Milton", "Pier"]


def test_one_area_is_a_place_however_large():
    assert len(made(ROW[:1], largest_km=0.1).table) == 1


def test_places_may_end_at_the_border_of_a_district():
    assert len(made(ROW[2:6]).table) == 1
    assert made(ROW[2:6], within="district").table["district"].tolist() == ["South", "North"]


def test_the_analysts_name_wins_over_the_settlement():
    towns = pd.DataFrame({"name": ["Southend"], "x": [500.0], "y": [500.0], "population": [9e4]})
    assert made(ROW[:2], towns).table["name"].tolist() == ["Southend"]
    names = {ROW[1]: "Seafront", ROW[7]: "Of an area that is not selected"}
    assert made(ROW[:2], towns, names=names).table["name"].tolist() == ["Seafront"]


def test_places_of_one_settlement_are_told_apart_by_their_wards():
    towns = pd.DataFrame({"name": ["Southend"], "x": [2500.0], "y": [500.0], "population": [9e4]})
    named = made([ROW[0], ROW[2], ROW[3]], towns).table["name"].tolist()
    assert named == ["Southend: Milton", "Southend: Pier"]


def test_without_settlements_and_wards_places_have_their_districts_or_first_areas_name():
    assert made(ROW[:1], areas=county().drop(columns="ward")).table["name"].tolist() == ["South"]
    plain = county()[["name", "geometry"]]
    assert made(ROW[2:4], areas=plain).table["name"].tolist() == ["Row 2"]


def test_what_is_hot_is_counted_and_so_is_what_is_hot_only_next_door():
    rows = [
        (ROW[0], "asb", True, "own"),
        (ROW[0], "drugs", False, ""),
        (ROW[1], "asb", True, "neighbourhood"),
        (ROW[1], "drugs", True, "neighbourhood"),
        (ROW[3], "asb", False, "next door"),
        (ROW[5], "asb", True, "both"),
    ]
    hot = pd.DataFrame(rows, columns=["area_code", "factor", "is_hot", "kind"])
    hot = hot.set_index(["area_code", "factor"])
    table = made([ROW[0], ROW[1], ROW[3]], hot=hot, labels={"asb": "Nuisance"}).table
    words = ["Nuisance (2); drugs (1, with neighbours)", "Nuisance (next door)"]
    assert table["factors"].tolist() == words
    assert table["next_door"].tolist() == [1, 1]


def test_what_one_area_lacks_is_missing_for_its_place_and_never_zero():
    areas = county()
    areas.loc[ROW[0], "residents_10_24"] = np.nan
    table = made([ROW[0], ROW[1], ROW[5]], areas=areas).table
    assert table["residents_10_24"].isna().tolist() == [False, True]
    assert table["need"].isna().tolist() == [False, True]


def test_an_area_put_in_by_hand_has_the_mean_score_of_the_others():
    index = listed(ROW[4:6])
    index.loc[ROW[5], "score"] = np.nan
    assert made(None, index=index).table["need"].tolist() == [100.0]


def test_a_list_of_nothing_has_no_places():
    table, place_of = made([])
    assert table.empty
    assert place_of.empty
    assert "km_across" in table


def test_firm_is_read_from_the_repeats_or_is_missing():
    assert made(ROW[:2]).table["firm"].isna().all()
    index = listed(ROW[:2], p_selected=[0.95, 0.94, *[0.0] * 6])
    assert made(None, index=index).table["firm"].tolist() == [1]


def test_impossible_rules_are_told_together():
    rules = {"largest_areas": 0, "largest_km": 0.0, "within": "parish", "names": {"E9": "X"}}
    with pytest.raises(ConfigError) as caught:
        made(ROW, **rules)
    assert len(caught.value.faults) == 4


def test_tables_of_other_areas_are_refused():
    with pytest.raises(DataError, match="same areas"):
        made(None, index=listed(ROW).iloc[::-1])


@given(st.permutations(range(8)), st.sets(st.sampled_from(ROW)))
def test_the_order_of_the_areas_decides_nothing(order, selected):
    areas = county().iloc[list(order)]
    expected, got = made(selected, largest_areas=2), made(selected, areas=areas, largest_areas=2)
    pd.testing.assert_frame_equal(got.table, expected.table)
    pd.testing.assert_series_equal(got.place_of.sort_index(), expected.place_of)
