"""What codes and coordinates say of the same events, side by side."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from small_events import KM, count, events, factor, squares

from riskindex import release
from riskindex.events.codes_against_points import compare
from riskindex.events.count import count_events
from riskindex.events.read import open_events
from riskindex.events.source_events import Group
from riskindex.events.sources import PoliceSource
from riskindex.events.study_area import StudyArea
from riskindex.events.tally import Tally
from riskindex.factors import EventGroup
from riskindex.outputs.workbook import write_workbook

THREE = squares("E01000001", "E01000002", "E01000003")
POINTS = {"x": "x", "y": "y"}


def event(code, east, north=0.5, date="2022-05-01"):
    """An event with a code, and a point so many kilometres east and north."""
    return {"date": date, "area": code, "x": east * KM, "y": north * KM}


ROWS = [
    *[event("E01000001", 0.5)] * 3,
    event("E01000001", 1.5),
    *[event("E01000002", 2.5)] * 2,
    event("E01000002", 5.0),
    event("E01000003", np.nan),
    event("E01099999", 0.5),
    event("E01099999", 99.0),
    event(None, 0.5),
    event("E01000001", 1.5, date="2020-05-01"),
]


def compared(rows, areas=THREE, **options):
    """What is found when one source of one factor is placed."""
    factors = (factor(),)
    source = events(rows, *factors, **POINTS, **options)
    tally = Tally("s", source, [_group()], StudyArea(areas))
    return compare(tally.events.connection, tally.study, tally.events.crs)


def _group():
    from riskindex.events.periods import parse_periods

    events = EventGroup(label="f", source="s")
    return Group("f", events, parse_periods(("2022",), "calendar-year", place="f"))


def test_each_event_of_the_periods_is_told_by_both():
    found = compared(ROWS)
    assert (found.agree, found.differ, found.nowhere, found.inside, found.bare) == (3, 3, 1, 1, 1)
    assert (found.located, found.points, found.most) == (10, 5, 5)
    assert found.pairs.to_numpy().tolist() == [
        ["E01000002", "E01000003", 2],
        ["E01000001", "E01000002", 1],
        ["E01099999", "E01000001", 1],
    ]


def test_the_code_decides_and_the_notes_say_so():
    counted = count(ROWS, THREE, **POINTS)
    assert counted.counts.iloc[:, 0].tolist() == [5, 3, 1]  # one without a code by its point
    (both,) = [note for note in counted.notes if "The code decides" in note]
    assert both == (
        "s: 7 events have a code of the study area and coordinates: 42.9% of the points lie in the "
        "area of the code, 3 in another area, 1 in none. The code decides. Events with a code "
        "alone: 1; with a code of elsewhere and a point here: 1. So little agreement is more than "
        "generalised boundaries and points explain: look whether the crs, the columns or the "
        "edition of the codes are others than the config says."
    )
    assert not any("different points" in note for note in counted.notes)
    assert set(counted.disagreements["source"]) == {"s"}


def test_many_events_on_few_points_look_moved():
    notes = count([event("E01000001", 0.5)] * 9 + [event("E01000001", 0.6)], THREE, **POINTS).notes
    assert any(
        "s: 10 events lie on 2 different points, at most 9 on one. Points that so many "
        "share were probably moved" in note
        for note in notes
    )


def test_it_is_compared_where_that_is_asked_or_cheap(monkeypatch):
    def has_pairs(**options):
        return not count(ROWS, THREE, **POINTS, **options).disagreements.empty

    assert has_pairs()
    assert not has_pairs(compare=False)
    monkeypatch.setattr("riskindex.events.count.CHEAP_UP_TO", 5)
    assert not has_pairs()
    assert has_pairs(compare=True)


def test_nothing_is_said_without_coordinates_or_without_shapes():
    assert not any("different points" in note for note in count(ROWS, THREE).notes)
    bare = pd.DataFrame(THREE.drop(columns="geometry"))
    coded = [row for row in ROWS if row["area"]]
    assert not any("The code decides" in note for note in count(coded, bare, **POINTS).notes)


def test_the_order_of_the_events_makes_no_difference():
    first, second = compared(ROWS), compared(ROWS[::-1])
    pd.testing.assert_frame_equal(first.pairs, second.pairs)
    assert first[:-1] == second[:-1]


def test_real_points_agree_as_the_sources_say(shared):
    areas = gpd.read_file(shared / "data/essex/lsoa21_boundaries.gpkg")
    areas = areas.set_index("LSOA21CD").rename_axis("area_code").sort_index()
    source = PoliceSource(kind="police.uk", path=str(shared / "data/essex/police_uk_2025.zip"))
    drugs = factor(periods=("2025",), where={"Crime type": ["Drugs"]})
    with open_events({"s": source}, factors=[drugs]) as opened:
        counted = count_events(opened.events, areas, [drugs])
        raw = opened.events["s"].relation.df()
    raw = raw[raw["area_code"].isin(areas.index) & raw["x"].notna()]
    points = gpd.GeoSeries.from_xy(raw["x"], raw["y"], crs="EPSG:4326").to_crs(areas.crs)
    shapes = gpd.GeoSeries(areas.geometry.loc[raw["area_code"]].array, index=raw.index)
    agree = shapes.intersects(points).sum()
    share = f"{agree / len(points):.1%}"
    assert share == "96.0%"
    assert any(
        f"155,922 events have a code of the study area and coordinates: {share}" in note
        for note in counted.notes
    )
    assert any("156,077 events lie on 18,720 different points" in note for note in counted.notes)
    assert len(counted.disagreements) == 100


@pytest.mark.parametrize("profile", ["internal", "public"])
def test_only_the_internal_workbook_lists_the_pairs(
    county_result, profile, tmp_path, small_lists_leave, no_other_choices
):
    one, other = county_result.areas.index[:2]
    pair = {"source": ["fires"], "area_code": [one], "area_by_point": [other], "events": [77]}
    result = replace(county_result, disagreements=pd.DataFrame(pair))
    released = release(result, profile=profile)
    assert released.disagreements.empty == (profile != "internal")
    if not released.disagreements.empty:
        write_workbook(released, tmp_path / "all.xlsx")
        sheet = load_workbook(tmp_path / "all.xlsx")["Codes and points"]
        assert ["fires", one, other, 77] in [list(row) for row in sheet.values]


def test_one_point_that_many_share_is_named():
    spread = [event(None, 0.1 + i / 500) for i in range(300)]
    counted = count([*spread, *[event(None, 1.5)] * 20], THREE, **POINTS)
    assert any(
        "20 of 320 events lie on one point (1500, 500, in E01000002)." in n for n in counted.notes
    )
    fewer = count([*spread, *[event(None, 1.5)] * 19], THREE, **POINTS)
    assert not any("lie on one point" in n for n in fewer.notes)
