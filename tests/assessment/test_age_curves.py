"""Where a curve of ages rises, stands out and is level, each by a test."""

import numpy as np
import pandas as pd
import pytest

from riskindex.assessment.age_curves import (
    LEVEL,
    RISE,
    beside,
    change_point,
    curve_rows,
    level_from,
    steps,
)


def mix(counts, first=0):
    """Rows of a mix by single years of age."""
    table = pd.DataFrame({"category": [str(first + i) for i in range(len(counts))]})
    fixed = {"definition": "f", "measure": "Suspects", "counted": "records"}
    place = {"place_kind": "whole", "place": "Shire", "period": "2022"}
    return table.assign(count=counts, **fixed, **place)


def words_of(rows, category):
    return rows.set_index("category").loc[category]


def test_two_years_against_the_two_before():
    found = steps(np.array([1.0, 2, 6, 8, 0]))
    # At age 2: 14 records after 3; at ages 0, 1 and 4 a side has fewer than two years.
    assert found.records.tolist()[2:4] == [14, 8]
    assert found.others.tolist()[2:4] == [3, 8]
    assert found.ratio.value[2] == pytest.approx(14 / 3)
    assert np.isnan(found.p[[0, 1, 4]]).all()
    # Of 17 records 14 or more in one half: by hand from the binomial coefficients.
    ways = 680 + 136 + 17 + 1
    assert np.exp(found.log_p[2]) == pytest.approx(ways / 2**17)
    assert found.p[2] == pytest.approx(2 * ways / 2**17)


def test_an_age_against_the_two_beside_it():
    found = beside(np.array([0.0, 4, 10, 4, 0]))
    assert found.records[2] == 10
    assert found.others[2] == 8
    assert found.ratio.value[2] == pytest.approx(2.5)


def test_counts_on_a_straight_line_are_even_with_their_neighbours():
    assert np.allclose(beside(np.arange(1.0, 9)).ratio.value[1:-1], 1)


def test_more_of_all_records_leaves_every_ratio_as_it_was():
    counts = np.array([3.0, 5, 9, 20, 18, 7])
    assert np.allclose(steps(counts).ratio.value, steps(7 * counts).ratio.value, equal_nan=True)
    assert (steps(7 * counts).p[2:5] <= steps(counts).p[2:5]).all()


def test_the_change_point_is_where_a_level_jumps():
    counts = np.array([[5.0] * 12 + [40.0] * 12, [40.0] * 3 + [90.0] * 21])
    assert change_point(counts).tolist() == [12, 3]


def test_a_curve_is_level_where_it_falls_no_more():
    counts = np.array([90.0, 80, 70, 60, 50, 40, *[30.0] * 10])
    age, p = level_from(counts, 1)
    # Eight years with one of 40 and seven of 30 have no trend that chance would not make.
    assert age in (4, 5, 6)
    assert p > 0.05
    assert np.isnan(level_from(np.array([4.0] * 20), 0)[0])


def test_rows_say_the_age_of_the_rise_and_what_stands_out():
    counts = [2, 2, 2, 30, 30, 30, 90, 30, *[20] * 12]
    rows = curve_rows(mix(counts, first=9), seed=1)
    rise = words_of(rows, RISE)
    assert rise["value"] == 12
    assert rise["low"] <= 12 <= rise["high"]
    assert rise["base_name"] == "records of ages 10 and 11"
    assert (rise["count"], rise["base"]) == (60, 4)
    peak = words_of(rows, "15 against 14 and 16")
    assert peak["value"] == pytest.approx(3)
    assert peak["note"].startswith("stands out")
    assert words_of(rows, LEVEL)["value"] >= 16
    assert rows["place"].eq("Shire").all()


def test_an_even_curve_has_no_rise():
    rows = curve_rows(mix([10] * 40), seed=1)
    rise = words_of(rows, RISE)
    # Before age 0 there is nobody; the first years with a side on both ends are even.
    assert rise["status"] == "[z]"
    assert np.isnan(rise["value"])


def test_few_records_are_no_curve():
    rows = curve_rows(mix([1, 2, 3, 4]), seed=1)
    assert rows["status"].tolist() == ["[z]"]
    assert rows["note"].tolist() == ["under 50 records of known age"]


def test_ages_not_recorded_are_no_age():
    table = pd.concat([mix([10] * 20), mix([900]).assign(category="not recorded")])
    assert curve_rows(table, seed=1)["count"].max() == 20


def test_by_chance_alone_a_rise_is_named_in_at_most_one_of_twenty_curves():
    rng = np.random.default_rng(11)
    curves = rng.poisson(12.0, size=(600, 60)).astype(float)
    named = [np.nanmin(steps(curve).p) <= 0.05 for curve in curves]
    # The rate is at most .05, and of 600 more than .07 has a chance of 1 in 50.
    assert np.mean(named) <= 0.07
