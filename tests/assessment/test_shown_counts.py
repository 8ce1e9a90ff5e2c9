import numpy as np
import pandas as pd
import pytest
from generated_counties import EXACT, coverage
from small_events import source
from tables import factor

from riskindex.assessment.options import Figure
from riskindex.assessment.shown_counts import (
    about_factors,
    definition_of,
    hot_by_factor,
    what_is_counted,
)

SOURCES = {"records": source(), "people": source(distinct="who")}
CODES = pd.Index(["a", "b"], name="area_code")
OVERLAP = Figure(name="o", kind="overlap", of="f", against="g")


def test_people_are_counted_where_a_source_tells_them_apart():
    assert what_is_counted(factor("f", source="records"), SOURCES) == "records"
    assert what_is_counted(factor("f", source="people"), SOURCES) == "people"
    table = factor("f", method="value", score="value", source="t", numerator="n", denominator="d")
    assert what_is_counted(table, SOURCES) == ""


def test_factors_are_told_in_the_order_of_the_report():
    asked = [factor("g", source="people"), factor("f", source="records")]
    table = about_factors(asked, SOURCES, {"f": "calendar-year", "g": "month"})
    assert list(table.index) == ["g", "f"]
    assert table.loc["g", ["label", "counted", "periods", "unit"]].tolist() == [
        "The g",
        "people",
        "2022",
        "month",
    ]
    assert definition_of(asked[0]) == "g"


def hotspots():
    index = pd.MultiIndex.from_product(
        [["f"], ["2021", "2022"], CODES], names=["factor", "period", "area_code"]
    )
    hot, why = [True, True, True, False], ["", "", "", "not covered"]
    return pd.DataFrame({"is_hot": hot, "reason": why}, index=index)


def test_hot_is_that_of_the_last_period_and_missing_where_not_assessed():
    found = hot_by_factor(hotspots(), CODES, asked=[OVERLAP])
    assert found["f"].iloc[0] is True
    assert found["f"].isna().tolist() == [False, True]


def test_flags_are_made_only_where_a_figure_compares_them():
    count = Figure(name="c", kind="count", of="f")
    assert hot_by_factor(hotspots(), CODES, asked=[count]).empty
    assert hot_by_factor(hotspots().iloc[:0], CODES, asked=[OVERLAP]).empty
    assert np.shape(hot_by_factor(hotspots(), CODES, asked=[OVERLAP])) == (2, 1)


def test_limits_of_generated_counties_hold_the_truth():
    found = coverage(np.random.default_rng(1), 12)
    assert found.loc[list(EXACT), "held"].min() >= 0.935
    assert found["held"].min() >= 0.9


@pytest.mark.long
def test_exact_limits_hold_the_truth_in_935_of_a_thousand_whatever_the_seed():
    seed = np.random.SeedSequence().entropy
    found = coverage(np.random.default_rng(seed), 1_000)
    print(seed, found.round(3), sep="\n")
    assert found.loc[list(EXACT), "held"].min() >= 0.935, (seed, found)
