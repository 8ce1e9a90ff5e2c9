"""Numbers of hot and listed areas, of the whole and of districts: four areas by hand."""

import pandas as pd

from riskindex.assessment.area_rows import ALWAYS, HOT, NEW, hot_rows, list_rows
from riskindex.assessment.figure_rows import ByArea
from riskindex.assessment.place_counts import WHOLE_KIND

CODES = pd.Index(["a", "b", "c", "d"], name="area_code")
PLACES = {
    WHOLE_KIND: pd.Series("whole", index=CODES),
    "district": pd.Series(["N", "N", "S", "S"], index=CODES),
}


def hotspots(**periods):
    """Flags of the four areas in each period; None where an area is not assessed."""
    parts = {
        ("f", period): pd.DataFrame(
            {
                "is_hot": [bool(flag) for flag in flags],
                "reason": ["" if flag is not None else "not covered" for flag in flags],
            },
            index=CODES,
        )
        for period, flags in periods.items()
    }
    return pd.concat(parts, names=["factor", "period"])


def rows(table):
    made = pd.concat(hot_rows(table, PLACES, labels={"f": "The f"}, whole="Shire"))
    return made.set_index(["category", "period", "place"])


def test_hot_areas_are_counted_of_those_assessed():
    found = rows(hotspots(y2022=(1, 0, None, 1)))
    assert tuple(found.loc[(HOT, "y2022", "Shire"), ["count", "base", "value"]]) == (2, 3, 66.7)
    assert tuple(found.loc[(HOT, "y2022", "S"), ["count", "base", "value"]]) == (1, 1, 100)


def test_always_and_newly_hot_need_every_period():
    found = rows(hotspots(y2021=(1, 0, None, 0), y2022=(1, 1, 1, 0)))
    assert found.loc[(ALWAYS, "y2021 to y2022", "N"), "count"] == 1
    assert found.loc[(NEW, "y2022", "N"), "count"] == 1
    # The third area was not assessed in 2021: whether it is new cannot be said.
    assert tuple(found.loc[(NEW, "y2022", "S"), ["count", "base"]]) == (0, 1)


def test_of_one_period_nothing_is_always_or_newly_hot():
    assert set(rows(hotspots(y2022=(1, 0, 0, 0))).index.get_level_values("category")) == {HOT}


def test_a_place_without_an_assessed_area_has_no_row():
    found = rows(hotspots(y2022=(1, 0, None, None)))
    assert "S" not in found.index.get_level_values("place")


def test_listed_areas_are_counted_by_place():
    listed = pd.Series([True, False, True, True], index=CODES)
    by_area = ByArea(places=PLACES, period="2022")
    found = pd.concat(list_rows(by_area, listed, whole="Shire")).set_index("place")
    assert found["count"].to_dict() == {"Shire": 3, "N": 1, "S": 2}
    assert found["value"].to_dict() == {"Shire": 75, "N": 50, "S": 100}
