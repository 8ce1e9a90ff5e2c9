"""Residents of groups of areas: a part of them is no sum."""

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE, count_groups, residents_of

CODES = ["a", "b", "c"]
PLACES = pd.Series(["x", "x", "y"], index=CODES)


def totals(*counts):
    columns = pd.MultiIndex.from_tuples([("f", "2022")], names=["factor", "period"])
    return pd.DataFrame([[n] for n in counts], index=CODES, columns=columns, dtype=float)


def residents(*people):
    return pd.Series(people, index=CODES, dtype=float)


def test_residents_of_a_place_are_those_of_its_areas():
    found = residents_of(residents(100, 200, 400), PLACES, totals(1, 2, 3))
    assert found.to_dict() == {"x": 300, "y": 400, WHOLE: 700}


def test_only_areas_with_data_count():
    found = residents_of(residents(100, 200, 400), PLACES, totals(1, np.nan, 3))
    assert found["f", "2022"].to_dict() == {"x": 100, "y": 400, WHOLE: 500}


def test_residents_are_missing_where_those_of_an_area_with_data_are():
    for people in ((np.nan, 200, 400), (100, np.nan, 400)):
        found = residents_of(residents(*people), PLACES, totals(1, 2, 3))
        assert np.isnan(found["x"])
        assert np.isnan(found[WHOLE])
        assert found["y"] == 400


def test_residents_of_an_area_without_data_may_be_missing():
    found = residents_of(residents(100, np.nan, 400), PLACES, totals(1, np.nan, 3))
    assert found["f", "2022"].to_dict() == {"x": 100, "y": 400, WHOLE: 500}
    gone = residents_of(residents(np.nan, 200, 400), PLACES, totals(1, np.nan, 3))["f", "2022"]
    assert np.isnan(gone["x"])
    assert np.isnan(gone[WHOLE])


def test_a_rate_of_too_few_residents_is_none():
    counts = totals(5, 5, 5).set_axis(
        pd.MultiIndex.from_tuples([("f", "all", "2022")], names=["factor", "group", "period"]),
        axis=1,
    )
    found = count_groups(counts, PLACES, residents=residents(np.nan, 200, 400)).loc["f", "2022"]
    assert np.isnan(found.loc["x", "rate_per_1000"])
    assert found.loc["x", "events"] == 10
    assert found.loc["y", "rate_per_1000"] == 12.5
