import numpy as np
import pytest
from figure_tables import monthly, records, shown

from riskindex.assessment.changes import change_rows, pairs_of_periods


def changed(about, last="2022", earlier="2021"):
    table = about.places.reset_index()
    return change_rows(table, about, "f", last, earlier).set_index("place")


def test_the_last_period_is_held_against_the_one_before_and_the_first():
    about = shown({"2020": [1, 1, 1], "2021": [1, 1, 1], "2022": [1, 1, 1]})
    assert list(pairs_of_periods(about)) == [("f", "2022", "2021"), ("f", "2022", "2020")]
    two = shown({"2021": [1, 1, 1], "2022": [1, 1, 1]})
    assert list(pairs_of_periods(two)) == [("f", "2022", "2021")]
    assert list(pairs_of_periods(shown({"2022": [1, 1, 1]}))) == []


def test_a_quarter_is_compared_with_the_same_of_another_year():
    quarters = {label: [1, 1, 1] for label in ("2021-Q4", "2022-Q1", "2022-Q4")}
    about = shown(quarters, unit="quarter")
    assert list(pairs_of_periods(about)) == [("f", "2022-Q4", "2021-Q4")]


def test_a_change_by_hand_with_its_exact_limits():
    rows = changed(shown({"2021": [15, 40, 10], "2022": [10, 27, 0]}))
    north, east, south = (rows.loc[place] for place in "NES")
    assert (north["value"], north["low"], north["high"]) == (-33, -73, 59)
    assert east["value"] == -33
    assert (south["value"], south["low"], south["high"]) == (-100, -100, -55)
    assert north["base"] == 15
    assert north["base_name"] == "Violence, 2021"


def test_from_none_there_is_no_change_and_it_is_said():
    south = changed(shown({"2021": [5, 5, 0], "2022": [5, 5, 3]})).loc["S"]
    assert np.isnan(south["value"])
    assert south["status"] == "[z]"
    assert south["note"] == "nothing was counted in 2021"


def test_a_period_that_is_covered_in_part_has_no_change():
    north = changed(shown({"2021": [5, 5, 5], "2022": [5, 5, 5]}, part_periods=["2022"])).loc["N"]
    assert np.isnan(north["value"])
    assert "part of a period" in north["note"]


def test_the_same_months_are_compared_where_some_are_missing():
    months = [f"{year}-{month:02d}" for year in (2021, 2022) for month in range(1, 13)]
    kept = [month for month in months if month not in ("2022-11", "2022-12")]
    about = shown({"2021": [108, 0, 0], "2022": [90, 0, 0]}, rhythm=records(monthly(*kept, n=9)))
    north = changed(about).loc["N"]
    assert (north["count"], north["base"], north["value"]) == (90, 90, pytest.approx(0))
