import numpy as np
import pandas as pd

from riskindex.areas.groups import (
    WHOLE,
    all_or_none,
    by_factor,
    group_kinds,
    profile_kind,
    residents_of,
)

CODES = pd.Index(list("abcd"), name="area_code")
TOWN = pd.Series(["Ash", "Ash", "Birch", "Birch"], index=CODES)
RESIDENTS = pd.Series([1000.0, 1000.0, 2000.0, 4000.0], index=CODES)


def counts(*columns):
    keys = [("f", f"g{i}", "2022") for i in range(len(columns))]
    table = pd.DataFrame(dict(enumerate(columns)), index=CODES).astype("Int64")
    table.columns = pd.MultiIndex.from_tuples(keys, names=["factor", "group", "period"])
    return table


def test_the_smallest_groups_come_first_and_a_single_one_says_nothing():
    areas = pd.DataFrame(
        {
            "name": list("abcd"),
            "county": "Essex",
            "town": TOWN,
            "ward": list("wxyz"),
            "residents": RESIDENTS,
        },
        index=CODES,
    )
    assert group_kinds(areas) == ("ward", "town")
    assert profile_kind(group_kinds(areas)) == "town"
    assert profile_kind(()) is None


def test_an_area_that_is_not_covered_takes_its_residents_along():
    people = residents_of(RESIDENTS, TOWN, by_factor(counts([4, None, 6, 2])))
    assert people["f", "2022"].to_dict() == {"Ash": 1000, "Birch": 6000, WHOLE: 7000}


def test_where_every_area_is_covered_residents_are_those_of_the_place():
    people = residents_of(RESIDENTS, TOWN, by_factor(counts([4, 1, 6, 2])))
    assert people.to_dict() == {"Ash": 2000, "Birch": 6000, WHOLE: 8000}


def test_a_factor_lacks_what_one_of_its_groups_lacks():
    found = by_factor(counts([1, 2, 3, 4], [1, None, 1, 1]))
    assert found["f", "2022"].fillna(-1).tolist() == [2, -1, 4, 5]


def test_a_sum_with_a_missing_part_is_none():
    holes = RESIDENTS.where(RESIDENTS.index != "d").to_frame("n")
    found = all_or_none(holes, TOWN)["n"]
    assert found["Ash"] == 2000
    assert np.isnan(found["Birch"])
    assert residents_of(None, TOWN, by_factor(counts([1, 1, 1, 1]))).empty
