import pandas as pd
import pytest
from small_events import count, line, squares

from riskindex.areas.editions import Crosswalk
from riskindex.errors import DataError
from riskindex.events.older_codes import describe_irregular

AREAS = squares("E01000001", "E01000002", residents=[100, 300])
SPLIT = {"E01009999": ("E01000001", "E01000002")}


def at(code, n, **more):
    return [{"date": f"2022-01-{day + 1:02d}", "area": code, **more} for day in range(n)]


def values(counted):
    return counted.counts.iloc[:, 0].tolist()


def test_a_code_that_became_one_area_is_that_area():
    counted = count(at("E01009999", 3), AREAS, crosswalk=Crosswalk({"E01009999": ("E01000002",)}))
    assert values(counted) == [0, 3]
    assert any("3 events (100.0%) with area codes of an older edition" in n for n in counted.notes)


def test_events_of_a_split_area_are_shared_out_by_residents():
    counted = count(at("E01009999", 8), AREAS, crosswalk=Crosswalk(SPLIT))
    assert values(counted) == [2, 6]
    assert any(
        "8 events without coordinates carry 1 codes of areas that were split since; they were "
        "shared out in proportion to residents." in note
        for note in counted.notes
    )


def test_a_person_is_never_divided_between_parts():
    rows = at("E01009999", 8, who="x")
    counted = count(rows, AREAS, crosswalk=Crosswalk(SPLIT), distinct="who")
    assert sorted(values(counted)) == [0, 1]
    assert line(counted)["duplicates"] == 7


def test_coordinates_decide_where_there_are_any():
    rows = at("E01009999", 4, x=500.0, y=500.0)
    counted = count(rows, AREAS, crosswalk=Crosswalk(SPLIT), x="x", y="y")
    assert values(counted) == [4, 0]


def test_who_wants_records_and_no_shares_is_refused_an_estimate():
    with pytest.raises(DataError, match="8 events without coordinates lie in areas that"):
        count(at("E01009999", 8), AREAS, crosswalk=Crosswalk(SPLIT, split="refuse"))


def test_redrawn_areas_are_named():
    codes = pd.DataFrame({"events": [5], "route": ["split"]}, index=["E01009999"])
    plain = Crosswalk(SPLIT)
    assert describe_irregular("s", codes, plain) == []
    odd = Crosswalk(SPLIT | {"E01008888": ("E01000002",)})
    (note,) = describe_irregular("s", codes, odd)
    assert "5 events carry 1 codes of areas that were redrawn together with others" in note
    assert "E01009999 became E01000001 and E01000002" in note
