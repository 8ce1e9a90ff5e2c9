"""Harm is exact, names its weights, and says what a document that rounds has."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from figure_tables import row, shown
from hypothesis import given
from hypothesis import strategies as st

from riskindex.assessment.harm import harm_of, rounded
from riskindex.assessment.options import Figure
from riskindex.assessment.requested import request_figures

WEIGHTS = {"1": "5475", "5D": "1981.05", "8N": "182.5", "20": "365", "34B": "365"}
SERIOUS = {"1": 8, "5D": 400, "8N": 240, "20": 32, "34B": 420}


def days(weights):
    return {code: Decimal(value) for code, value in weights.items()}


def series(name, **columns):
    table = pd.DataFrame({"series": name, "label": name, **columns})
    empty = {"place": "the county", "period": "2023", "count": None, "base": None, "value": None}
    for column, value in {**empty, "unit": "count", "citation": ""}.items():
        if column not in table:
            table[column] = value
    return table.astype({"count": float, "base": float, "value": float})


def of_codes(counts):
    index = pd.MultiIndex.from_tuples(
        [("f", "all", "2023", "N", "code", code) for code in counts],
        names=["factor", "group", "period", "place", "aspect", "value"],
    )
    return pd.DataFrame({"records": list(counts.values())}, index=index)


@pytest.fixture(scope="module")
def figures():
    given = shown({"2023": (1100, 0, 0)}, rhythm=of_codes(SERIOUS))
    numbers = [*(float(v) for v in WEIGHTS.values()), 0.0]
    weights = series("days", category=[*WEIGHTS, "0"], value=numbers)
    weights = weights.assign(place="of 2023", unit="days")
    # 157,000 offences of 73 days in the mean: two in five of 182.5 days, the others of none.
    crime = series("crime", category=["8N", "0"], count=[62_800.0, 94_200.0])
    asked = Figure(name="harm", kind="harm", of="f", against="crime", weights="days")
    return request_figures([asked], replace(given, series=pd.concat([weights, crime])))


def test_people_are_weighted_by_the_ratio_of_the_offences():
    people = pd.DataFrame(
        {
            "figure": ["again"],
            "factor": "f",
            "item": "people",
            "place_kind": "whole",
            "by": "",
            "period": "2023",
            "count": [626.0],
        }
    )
    given = shown({"2023": (1100, 0, 0)}, rhythm=of_codes(SERIOUS))
    weights = series("days", category=list(WEIGHTS), value=[float(v) for v in WEIGHTS.values()])
    weights = weights.assign(place="of 2023", unit="days")
    crime = series("crime", category=["8N", "0"], count=[62_800.0, 94_200.0])
    weights = pd.concat([weights, weights.iloc[:1].assign(category="0", value=0.0)])
    asked = Figure(name="harm", kind="harm", of="f", against="crime", weights="days", people=["f"])
    given = replace(given, series=pd.concat([weights, crime]), people=people)
    line = request_figures([asked], given).iloc[-1]
    assert (line["count"], line["value"], line["unit"]) == (626, 8_147, "people")
    assert "rounds it first has 8,138" in line["note"]


def test_950_days_against_73_is_13_times_and_1100_of_them_14315(figures):
    assert row(figures, category="mean of an offence")["value"] == 950
    assert row(figures, category="times the mean")["value"] == 13.01
    weighted = row(figures, category="as offences of the mean")
    assert weighted["value"] == 14_315
    assert "rounds the ratio first has 14,300" in weighted["note"]


def test_the_version_of_the_weights_stands_beside_each_row(figures):
    assert figures["note"].str.startswith("weights: of 2023").all()


def test_limits_of_the_mean_hold_it(figures):
    line = row(figures, category="mean of an offence")
    assert line["low"] < line["value"] < line["high"]


def test_decimal_days_are_summed_without_loss():
    found = harm_of(pd.Series({"a": 3, "b": 1}), days({"a": "182.25", "b": "7.5"}))
    assert found.days == Fraction("554.25")
    assert found.mean == Fraction("138.5625")


def test_offences_without_a_weight_are_left_out_and_counted():
    found = harm_of(pd.Series({"a": 3, "": 2, "z": 4}), days({"a": "10"}))
    assert (found.weighed, found.unweighed, found.mean) == (3, 6, 10)


def test_no_offence_has_no_mean():
    assert harm_of(pd.Series({"z": 4}), days({"a": "10"})).mean is None


@given(st.fractions(-1000, 1000), st.integers(0, 3))
def test_a_fraction_is_rounded_half_away_from_zero(value, decimals):
    found = Fraction(str(rounded(value, decimals)))
    half = Fraction(1, 2 * 10**decimals)
    assert abs(found - value) <= half
    if abs(found - value) == half:
        assert abs(found) > abs(value)


def test_harm_of_restricted_offences_is_not_shown_to_others():
    given = shown({"2023": (1100, 0, 0)}, rhythm=of_codes(SERIOUS), restricted=["f"])
    weights = series("days", category=["1"], value=[1.0])
    asked = Figure(name="harm", kind="harm", of="f", weights="days")
    assert request_figures([asked], replace(given, series=weights))["value"].isna().all()
