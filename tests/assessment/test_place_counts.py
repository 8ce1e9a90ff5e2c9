"""What is counted in the whole and in every kind of group, by hand."""

import numpy as np
import pandas as pd

from riskindex.assessment.place_counts import (
    RESIDENTS,
    count_places,
    places_by_kind,
    sum_residents,
    sum_tables,
)
from riskindex.factors import Factor

CODES = pd.Index(["a", "b", "c", "d"], name="area_code")
AREAS = pd.DataFrame(
    {
        "name": list("ABCD"),
        "ward": ["Trinity", "Trinity", "Trinity", "Park"],
        "district": ["North", "North", "South", "South"],
        "residents": [100.0, 200.0, 300.0, 400.0],
    },
    index=CODES,
)
COUNTS = pd.DataFrame({("f", "all", "2022"): [1, 2, 3, 4]}, index=CODES)
COUNTS.columns = COUNTS.columns.set_names(["factor", "group", "period"])


def test_wards_of_one_name_are_told_apart_by_district_or_code():
    assert list(places_by_kind(AREAS)) == ["whole", "district", "ward"]
    assert list(places_by_kind(AREAS)["ward"]) == [
        "Trinity (North)",
        "Trinity (North)",
        "Trinity (South)",
        "Park",
    ]
    coded = AREAS.assign(ward_code=["E1", "E1", "E2", "E3"])
    assert list(places_by_kind(coded)) == ["whole", "district", "ward"]
    assert list(places_by_kind(coded)["ward"])[:3] == [
        "Trinity (E1)",
        "Trinity (E1)",
        "Trinity (E2)",
    ]


def test_groups_that_span_districts_stay_one():
    areas = AREAS.assign(urban_rural=["Urban", "Rural", "Urban", "Rural"])
    assert set(places_by_kind(areas)["urban_rural"]) == {"Urban", "Rural"}


def test_areas_around_the_study_area_are_in_no_place():
    places = places_by_kind(AREAS.assign(is_context=[False, False, True, False]))
    assert list(places["whole"].index) == ["a", "b", "d"]


def test_every_kind_of_place_adds_up_to_the_whole():
    table = count_places(COUNTS, places_by_kind(AREAS), AREAS["residents"])
    for column in ("count", "residents"):
        sums = table[column].groupby(level="place_kind").sum()
        assert sums.nunique() == 1
    assert table.loc[("f", "2022", "ward", "Trinity (North)"), "count"] == 3
    assert table.loc[("f", "2022", "ward", "Trinity (North)"), "residents"] == 300


def test_what_is_not_assessed_is_not_zero_and_its_residents_do_not_count():
    counts = COUNTS.astype("Int64").copy()
    counts.iloc[[0, 3], 0] = pd.NA
    table = count_places(counts, places_by_kind(AREAS), AREAS["residents"]).loc["f"].loc["2022"]
    assert table.loc[("whole", ""), ["count", "residents"]].tolist() == [5, 500]
    assert table.loc[("district", "North"), ["count", "residents"]].tolist() == [2, 200]
    assert np.isnan(table.loc[("ward", "Park"), "count"])


def test_shares_of_a_table_are_sums_over_areas_with_both_numbers():
    tables = pd.DataFrame(
        {("c", "two"): [10.0, np.nan, 30.0, 40.0], ("c", "all"): [100.0, 200.0, 300.0, 400.0]},
        index=CODES,
    )
    asked = Factor(
        name="g",
        label="G",
        source="c",
        numerator="two",
        denominator="all",
        method="threshold",
        threshold=0.1,
        score="threshold",
    )
    table = sum_tables(tables, [asked], places_by_kind(AREAS), AREAS["residents"]).loc["g"].loc[""]
    assert table.loc[("whole", ""), ["count", "base"]].tolist() == [80, 800]
    assert table.loc[("district", "North"), ["count", "base"]].tolist() == [10, 100]


def test_residents_are_a_measure_of_their_own():
    table = sum_residents(places_by_kind(AREAS), AREAS["residents"])
    assert table.loc[(RESIDENTS, "", "district", "South"), "count"] == 700
    assert sum_residents(places_by_kind(AREAS), None).empty
