import numpy as np
import pandas as pd
import pytest

from riskindex.areas.groups import (
    WHOLE,
    all_or_none,
    by_factor,
    count_groups,
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


def test_places_and_the_whole_by_hand():
    table = count_groups(counts([1, 3, 6, 2]), TOWN, residents=RESIDENTS)
    ash, birch, whole = (table.loc[("f", "2022", place)] for place in ("Ash", "Birch", WHOLE))
    assert (ash["events"], birch["events"], whole["events"]) == (4, 8, 12)
    assert (ash["share"], whole["share"]) == (pytest.approx(1 / 3), 1)
    assert (ash["rate_per_1000"], birch["rate_per_1000"]) == (2, pytest.approx(8 / 6))
    assert (ash["rank"], birch["rank"]) == (1, 2)
    assert ash["low"] < 2 < ash["high"]
    assert np.isnan(whole["rank"])


def test_intervals_that_overlap_leave_the_rank_open():
    table = count_groups(counts([1, 3, 6, 2]), TOWN, residents=RESIDENTS)
    assert list(table.loc[("f", "2022", "Ash"), ["rank_low", "rank_high"]]) == [1, 2]
    apart = count_groups(counts([100, 300, 6, 2]), TOWN, residents=RESIDENTS)
    assert list(apart.loc[("f", "2022", "Ash"), ["rank_low", "rank_high"]]) == [1, 1]


def test_an_area_that_is_not_covered_takes_its_residents_along():
    table = count_groups(counts([4, None, 6, 2]), TOWN, residents=RESIDENTS)
    ash = table.loc[("f", "2022", "Ash")]
    assert (ash["events"], ash["residents"], ash["rate_per_1000"]) == (4, 1000, 4)


def test_a_factor_lacks_what_one_of_its_groups_lacks():
    found = by_factor(counts([1, 2, 3, 4], [1, None, 1, 1]))
    assert found["f", "2022"].fillna(-1).tolist() == [2, -1, 4, 5]


def test_a_sum_with_a_missing_part_is_none():
    holes = RESIDENTS.where(RESIDENTS.index != "d").to_frame("n")
    found = all_or_none(holes, TOWN)["n"]
    assert found["Ash"] == 2000
    assert np.isnan(found["Birch"])
    assert residents_of(None, TOWN, by_factor(counts([1, 1, 1, 1]))).empty


def test_without_counts_there_is_a_table_without_lines():
    nothing = counts()
    assert count_groups(nothing, TOWN).empty
