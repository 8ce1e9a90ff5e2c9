import numpy as np
import pandas as pd
from tables import factor, hotspots

from riskindex.hotspots.exposure_in_doubt import exposure_notes

CODES = list("abcd")
BY_RESIDENTS = {"method": "window", "exposure": "residents"}


def notes(observed, factors, *, communal=None, **columns):
    tables = {
        (f.name, f.periods[-1]): {"observed": observed, "expected": 10.0, **columns}
        for f in factors
    }
    areas = pd.DataFrame(
        {"name": [f"Area {code}" for code in CODES], "residents": 1000.0},
        index=pd.Index(CODES, name="area_code"),
    )
    if communal is not None:
        areas["communal_residents"] = communal
    return list(exposure_notes(hotspots(CODES, tables), areas, factors))


def test_areas_of_many_events_for_their_base_and_of_communal_establishments_are_named():
    (note,) = notes(
        [120, 50, 49, 2], [factor("x", **BY_RESIDENTS)], communal=[0.0, 10.0, 199.0, 640.0]
    )
    assert note == (
        "Exposure: residents, which events are expected from, say least of who is there in areas "
        "that have 5 times the events or more that these let expect, as town centres, stations and "
        "airports do: Area a (a, 12.0 times), Area b (b, 5.0 times); and in areas that have 20% of "
        "residents or more in communal establishments, such as prisons, halls of residence and "
        "hospitals: Area d (d, 64%). What if shows the list by every other base under [bases]."
    )


def test_factors_of_one_base_are_counted_together():
    both = [factor("x", **BY_RESIDENTS), factor("y", **BY_RESIDENTS)]
    (note,) = notes([50, 10, 10, 10], both)
    assert "Area a (a, 5.0 times)" in note


def test_bases_are_told_apart_and_communal_residents_are_no_matter_of_premises():
    factors = [factor("x", **BY_RESIDENTS), factor("y", method="poisson", exposure="premises")]
    found = notes([50, 10, 10, 10], factors, communal=[0, 0, 0, 500.0])
    assert [note.split(",")[0] for note in found] == ["Exposure: residents", "Exposure: premises"]
    assert ["Area d (d, 50%)" in note for note in found] == [True, False]


def test_nothing_is_said_where_no_base_is_in_doubt():
    assert notes([10, 11, 9, 10], [factor("x", **BY_RESIDENTS)], communal=[0.0] * 4) == []
    assert notes([90, 11, 9, 10], [factor("x")]) == []


def test_areas_that_are_not_assessed_are_not_named():
    columns = {"reason": ["not covered", "", "", ""]}
    assert notes([np.nan, 11, 9, 10], [factor("x", **BY_RESIDENTS)], **columns) == []


def test_a_long_list_of_areas_is_cut_short():
    codes = [f"E{k:02}" for k in range(30)]
    only = factor("x", **BY_RESIDENTS)
    table = hotspots(codes, {("x", "2022"): {"observed": np.arange(30.0) + 100, "expected": 10.0}})
    areas = pd.DataFrame({"name": codes, "residents": 9.0}, index=codes)
    (note,) = exposure_notes(table, areas, [only])
    assert note.count("times)") == 10
    assert "E29 (E29, 12.9 times)" in note
    assert " and 20 more" in note
