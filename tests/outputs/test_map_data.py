"""Data of the map: what is told of an area arrives as it is, and what is withheld does not."""

import json

import numpy as np
import pandas as pd
import pytest
from example_release import example_release

from riskindex.index.selection import Override, Selection
from riskindex.outputs import map_data as page_data
from riskindex.outputs import outlines
from riskindex.outputs.map_data import map_data


def test_a_column_that_a_profile_withholds_is_left_out():
    release = example_release()
    hotspots = release.hotspots[["confidence", "is_hot", "p_adjusted", "reason"]]
    every = release.all_areas.drop(columns=["score", "companion", "residents_10_24"])
    data = map_data(example_release(hotspots=hotspots, all_areas=every))
    assert "residents_10_24" not in data["columns"]
    assert "observed" not in data["factors"][0]["periods"][0]


def test_hot_signs_say_how_sure_and_not_assessed():
    release = example_release()
    (violence,) = (f for f in map_data(release)["factors"] if f["name"] == "violence")
    signs = violence["periods"][-1]["hot"]
    table = release.hotspots.loc[("violence", "2022")]
    assert signs[0] == "-"
    sure = table["confidence"].map({0: "0", 90: "1", 95: "2", 99: "3"}).fillna("-")
    assert signs == "".join(sure)
    why = violence["periods"][-1]["why"]
    assert why == {"labels": ["not covered by the source"], "of": "0" + "-" * (len(signs) - 1)}
    assert all("why" not in f["periods"][-1] for f in map_data(release)["factors"][:2])


def test_areas_hotter_than_their_surroundings_are_told_where_that_was_asked():
    release = example_release()
    hotspots = release.hotspots.assign(local_p_adjusted=np.nan, is_hot_local=False)
    asked = hotspots.loc[("violence", "2022")].index[1:]
    of_violence = [("violence", "2022", code) for code in asked]
    hotspots.loc[of_violence, "local_p_adjusted"] = 1.0
    hotspots.loc[of_violence[:2], ["local_p_adjusted", "is_hot_local"]] = [0.01, True]
    factors = map_data(example_release(hotspots=hotspots))["factors"]
    found = {f["name"]: f["periods"][-1].get("local") for f in factors if f["periods"]}
    assert found.pop("violence") == "-11" + "0" * (len(asked) - 2)
    assert set(found.values()) == {None}


def test_a_share_over_its_threshold_is_hot_without_confidence():
    release = example_release()
    (census,) = (f for f in map_data(release)["factors"] if f["name"] == "deprivation")
    over = release.hotspots.loc[("deprivation", ""), "is_hot"].astype(bool)
    assert census["periods"][0]["hot"] == "".join(np.where(over, "2", "0"))
    assert census["years"] == {}


def test_scores_arrive_with_every_digit():
    release = example_release()
    suspects = map_data(release)["factors"][0]["scores"]
    expected = release.scores.loc["suspects"].reindex(release.areas.index)
    assert suspects["score"] == pytest.approx(expected["score"].tolist(), abs=0, rel=0)
    assert suspects["intensity"] == pytest.approx(expected["intensity"].tolist(), abs=0, rel=0)


def test_overrides_arrive_with_their_reason():
    hand = Override(area_code="E00000001", action="in", reason="Asked for by the board.")
    data = map_data(example_release(selection=Selection(overrides=(hand,))))
    assert data["columns"]["override"][0] == "in"
    assert data["columns"]["override_reason"][0] == "Asked for by the board."


def test_missing_numbers_are_null():
    every = example_release().all_areas
    every["residents"] = pd.Series([np.nan, 12.0, *[1.5] * (len(every) - 2)], index=every.index)
    assert map_data(example_release(all_areas=every))["columns"]["residents"][:3] == [
        None,
        12.0,
        1.5,
    ]


def test_postcodes_are_packed_by_sector_and_alone_where_there_is_room(monkeypatch):
    found = pd.Series({"SS11AA": "a", "SS11AB": "b", "SS12ZZ": "b", "CO151QS": "a", "GIR0AA": "a"})
    units = page_data.postcode_data(found, ["a", "b"])
    assert units == {
        "sectors": {"CO151": ["QS", [0]], "SS11": ["AAAB", [0, 1]], "SS12": ["ZZ", [1]]}
    }
    monkeypatch.setattr(page_data, "MOST_OF_POSTCODES", 10)
    sectors = page_data.postcode_data(found, ["a", "b"])
    assert sectors == {"sectors": {"CO151": ["", [0]], "SS11": ["", [0, 1]], "SS12": ["", [1]]}}
    assert page_data.postcode_data(None, ["a"]) is None


def test_a_page_of_a_country_has_eight_digits_of_a_score_and_gives_the_same_list(monkeypatch):
    release = example_release()
    exact = map_data(release)
    monkeypatch.setattr(page_data, "MOST_EXACT", 10)
    rounded, scored = map_data(release), set(release.scores.index.unique("factor"))
    sums = {}
    for name, data in (("exact", exact), ("rounded", rounded)):
        scores = [f["scores"]["score"] for f in data["factors"] if f["name"] in scored]
        sums[name] = np.nansum(np.array(scores, dtype=float), axis=0)
    assert np.allclose(sums["exact"], sums["rounded"], rtol=1e-7)
    # As an index of equal weights, kept to seven digits, it puts the areas in the same order.
    ranks = {name: pd.Series(total).round(6).rank() for name, total in sums.items()}
    assert ranks["exact"].equals(ranks["rounded"])
    size = {name: len(json.dumps(data)) for name, data in (("e", exact), ("r", rounded))}
    assert size["r"] <= size["e"]


def test_many_areas_lie_on_a_coarser_grid(monkeypatch):
    areas = example_release().areas
    fine = outlines.draw_outlines(areas)
    monkeypatch.setattr(outlines, "MOST_ON_METRES", 10)
    coarse = outlines.draw_outlines(areas)
    assert (fine.grid["steps"], coarse.grid["steps"]) == (100_000, 10_000)
    assert len(coarse.coded) < len(fine.coded)
    # Within half a step of ten metres.
    assert np.allclose(fine.bounds, coarse.bounds, atol=0.5 / 10_000 + 1e-9)
