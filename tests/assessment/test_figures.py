"""The table of figures: hand-sized places, published roundings, and laws."""

import numpy as np
import pandas as pd
import pytest
from figure_tables import monthly, records, row, shown
from hypothesis import given
from hypothesis import strategies as st
from machine import examples
from scipy import stats

from riskindex.assessment.figure_rows import COLUMNS, KEY, no_figures
from riskindex.assessment.figures import make_figures


def test_the_columns_are_those_of_the_design_and_a_key_names_each_row():
    table = make_figures(shown({"2021": (5, 10, 15), "2022": (10, 10, 20)}))
    assert tuple(table) == COLUMNS == tuple(no_figures())
    assert not table.duplicated(list(KEY)).any()
    assert not table["status"].isin([""]).any()


def test_a_rate_has_its_base_exact_limits_and_two_ranks():
    table = make_figures(shown({"2022": (10, 10, 20)}))
    found = row(table, kind="rate", place="N")
    assert (found["count"], found["base"], found["value"]) == (10, 1000, 10.0)
    low, high = stats.chi2.ppf(0.025, 20) / 2, stats.chi2.ppf(0.975, 22) / 2
    assert (found["low"], found["high"]) == (round(low, 1), round(high, 1))
    assert (found["rank"], found["rank_by_count"]) == (1, 2)
    assert row(table, kind="rate", place="S")["rank"] == 2
    assert pd.isna(row(table, kind="rate", place="the county")["rank"])
    assert found["ratio"] == pytest.approx(10 / 4)


def test_a_share_stands_beside_the_share_of_residents():
    table = make_figures(shown({"2022": (10, 10, 20)}))
    found = row(table, figure="f.share", place="N")
    assert (found["value"], found["base"]) == (25.0, 40)
    assert row(table, figure="residents.share", place="N")["value"] == 10.0
    assert found["ratio"] == 2.5
    limits = stats.binomtest(10, 40).proportion_ci(method="exact")
    assert found["low"] == pytest.approx(100 * limits.low, abs=0.05)
    assert found["ratio_high"] == pytest.approx(10 * limits.high, abs=1e-4)


@pytest.mark.parametrize(
    ("before", "now", "value", "low", "high"),
    [
        (40, 27, -33, -60, 13),
        (15, 10, -33, -73, 59),
        (10, 0, -100, -100, -55),
        (1176, 1066, -9, -17, -1),
        (35, 27, -23, -55, 31),
        (10, 3, -70, -95, 17),
    ],
)
def test_changes_are_those_that_are_published(before, now, value, low, high):
    table = make_figures(shown({"2021": (before, 9, 9), "2022": (now, 9, 9)}))
    found = row(table, kind="change", place="N")
    assert (found["count"], found["base"], found["compared_with"]) == (now, before, "2021")
    assert (found["value"], found["low"], found["high"]) == (value, low, high)


def test_nothing_before_has_no_percentage_but_a_lower_limit():
    table = make_figures(shown({"2021": (0, 9, 9), "2022": (10, 9, 9)}))
    found = row(table, kind="change", place="N")
    assert found["status"] == "[z]"
    assert np.isnan(found["value"])
    assert np.isnan(found["high"])
    assert found["low"] > 0
    assert found["note"] == "nothing was counted in 2021"


def test_the_last_period_is_held_against_the_one_before_and_the_first():
    table = make_figures(shown({str(y): (y, y, y) for y in (2018, 2019, 2020)}))
    changes = table[(table["kind"] == "change") & (table["place"] == "N")]
    assert list(zip(changes["period"], changes["compared_with"], strict=True)) == [
        ("2020", "2019"),
        ("2020", "2018"),
    ]


def test_quarters_are_held_against_the_same_of_another_year():
    periods = dict.fromkeys(("2021-Q1", "2021-Q4", "2022-Q1"), (9, 9, 9))
    table = make_figures(shown(periods, unit="quarter"))
    assert set(table.loc[table["kind"] == "change", "compared_with"]) == {"2021-Q1"}


def test_not_recorded_is_a_row_and_in_the_base():
    rhythm = records({("N", "sex", "F"): 30, ("N", "sex", ""): 20, ("E", "sex", "F"): 50})
    table = make_figures(shown({"2022": (50, 50, 0)}, rhythm=rhythm))
    found = row(table, kind="mix", place="N", category="F")
    assert (found["count"], found["base"], found["value"]) == (30, 50, 60.0)
    assert row(table, kind="mix", place="N", category="not recorded")["value"] == 40.0
    assert row(table, kind="mix", place="E", category="not recorded")["count"] == 0
    assert row(table, kind="mix", place="the county", category="F")["count"] == 80


def test_what_is_withheld_has_its_mark_and_no_number():
    table = make_figures(
        shown({"2021": (9, 9, 99), "2022": (9, 9, 99)}, restricted=["f"], marks={"N": "[c]"})
    )
    hidden = table[
        (table["place"] == "N")
        & (table["figure"] != "residents.count")
        & (table["figure"] != "residents.share")
    ]
    assert set(hidden["status"]) == {"[c]"}
    numbers = ["count", "value", "low", "high", "ratio", "ratio_low", "ratio_high", "rank"]
    assert hidden[numbers].isna().all(axis=None)


def test_no_share_of_a_restricted_measure_on_a_small_base():
    small, large = {"2022": (10, 10, 29)}, {"2022": (10, 10, 30)}
    for counts, status in ((small, "[c]"), (large, "given")):
        table = make_figures(shown(counts, restricted=["f"]))
        assert row(table, figure="f.share", place="N")["status"] == status
    assert row(make_figures(shown(small)), figure="f.share", place="N")["status"] == "given"


def test_what_is_not_assessed_is_said():
    table = make_figures(shown({"2022": (pd.NA, 10, 20)}))
    assert row(table, figure="f.count", place="N")["status"] == "[x]"


@examples(8)
@given(st.lists(st.tuples(*[st.integers(0, 500)] * 3), min_size=1, max_size=3))
def test_parts_add_up_and_limits_hold_the_value(years):
    table = make_figures(shown({str(2020 + i): n for i, n in enumerate(years)}))
    counts = table[table["figure"] == "f.count"]
    whole = counts[counts["place_kind"] == "whole"].set_index("period")["count"]
    parts = counts[counts["place_kind"] == "district"].groupby("period")["count"].sum()
    assert (whole == parts).all()
    complete = table.dropna(subset=["value", "low", "high"])
    assert (complete["low"] <= complete["value"]).all()
    assert (complete["value"] <= complete["high"]).all()


def test_a_part_of_a_year_is_held_against_the_same_months():
    whole = [f"2021-{m:02d}" for m in range(1, 13)]
    rhythm = records(monthly(*whole) | monthly(*[f"2022-{m:02d}" for m in range(1, 7)], n=6))
    table = make_figures(shown({"2021": (108, 0, 0), "2022": (36, 0, 0)}, rhythm=rhythm))
    found = row(table, kind="change", place="N")
    assert (found["count"], found["base"], found["value"]) == (36, 54, -33)
    assert found["note"].startswith("the same months of both: 2022-01, ")
    assert row(table, kind="change", place="the county")["base"] == 54


def test_parts_of_years_without_a_common_month_are_not_compared():
    rhythm = records(monthly("2021-11", "2021-12", n=40) | monthly("2022-01", "2022-02", n=40))
    table = make_figures(shown({"2021": (80, 0, 0), "2022": (80, 0, 0)}, rhythm=rhythm))
    found = row(table, kind="change", place="N")
    assert np.isnan(found["value"])
    assert found["status"] == "[z]"
    assert found["note"] == "no month of the year is in both"


def test_a_part_of_a_period_of_unknown_months_is_not_compared():
    years = {"2021": (90, 90, 90), "2022": (40, 40, 40)}
    for part in (["2021"], ["2022"]):
        table = make_figures(shown(years, part_periods=part))
        for place in ("N", "the county"):
            found = row(table, kind="change", place=place)
            assert (found["status"], found["note"]) == ("[z]", "a part of a period")
            assert found[["value", "low", "high", "ratio"]].isna().all()
            for kind in ("count", "rate"):
                noted = row(table, kind=kind, place=place, period=part[0])
                assert noted["note"] == "a part of a period"
    whole = make_figures(shown(years))
    assert row(whole, kind="change", place="N")["status"] == "given"
    assert row(whole, figure="f.count", place="N", period="2022")["note"] == ""


def test_the_months_of_a_part_period_are_compared_where_they_are_known():
    months = [f"2021-{m:02d}" for m in range(1, 13)]
    rhythm = records(monthly(*months) | monthly(*[f"2022-{m:02d}" for m in range(1, 7)], n=6))
    years = {"2021": (108, 0, 0), "2022": (36, 0, 0)}
    table = make_figures(shown(years, rhythm=rhythm, part_periods=["2022"]))
    assert row(table, kind="change", place="N")["value"] == -33


def test_withheld_months_of_a_part_period_are_no_months_of_nothing():
    cells = {(place, "month", f"2021-{m:02d}"): 40 for place in ("", "N") for m in range(1, 13)}
    cells |= {(place, "month", f"2022-{m:02d}"): 40 for place in ("", "N") for m in range(1, 7)}
    cells["N", "month", "2022-03"] = np.nan
    rhythm = records(cells).assign(base=np.nan, mark="")
    rhythm["mark"] = rhythm["mark"].mask(rhythm["records"].isna(), "[c]")
    table = make_figures(
        shown({"2021": (480, 0, 0), "2022": (240, 0, 0)}, rhythm=rhythm, restricted=["f"])
    )
    found = row(table, kind="change", place="N")
    assert found["status"] == "[c]"
    assert pd.isna(found["count"])
    assert row(table, kind="change", place="the county")["count"] == 240


def test_a_place_of_unknown_residents_has_no_rate():
    table = make_figures(shown({"2022": (10, 10, 20)}, residents=(np.nan, 3000, 6000)))
    for place in ("N", "the county"):
        found = row(table, kind="rate", place=place)
        assert found["status"] == "[z]"
        assert found["note"] == "the residents of an area of it are not known"
        assert found[["value", "low", "high", "rank"]].isna().all()
        assert row(table, figure="residents.count", place=place)["status"] == "[x]"
    assert row(table, kind="rate", place="S")["value"] == 3.3
    assert pd.isna(row(table, kind="rate", place="S")["ratio"])
