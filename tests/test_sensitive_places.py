"""Nothing leads to a refuge: its events leave every map, and no file says that there is a list."""

import dataclasses
import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from riskindex import read_config, release, run, save
from riskindex.analysis import hold_back
from riskindex.disclosure import MARKS, WITHHELD
from riskindex.errors import InputError
from riskindex.released import Result
from riskindex.selection import Selection, select_top
from riskindex.sensitive_places import (
    KEY,
    NO_PLACES,
    plain_rhythm,
    read_sensitive_places,
    set_apart,
    whole_rhythm,
    without_events,
)

PROFILES = ("partner", "public")


@pytest.fixture(scope="module")
def refuge(county_result: Result) -> str:
    """The area that the events alone would put on the list."""
    chosen = county_result.index[county_result.index["selected"]]
    return str(chosen.sort_values("factors_hot").index[-1])


@pytest.fixture(scope="module")
def config_with_list(county_config, refuge):
    """The county's config with a private list of one place."""
    private = county_config.with_name("private-list-of-refuges.csv")
    private.write_text(f"area_code,name\n{refuge},A secret name\n", encoding="utf-8")
    path = county_config.with_name("with-list.toml")
    text = county_config.read_text(encoding="utf-8")
    path.write_text(f'{text}\n[release]\nsensitive_places = "{private.name}"\n', encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def with_list(config_with_list):
    return run(read_config(config_with_list))


@pytest.fixture(scope="module", params=PROFILES)
def both(request, county_result, with_list):
    """A release without the list, and one with it."""
    return release(county_result, request.param), release(with_list, request.param)


def test_the_area_is_not_selected_and_the_next_one_is(both, refuge):
    without, held_back = both
    assert refuge in without.top.index
    assert refuge not in held_back.top.index
    assert held_back.cut.selected == without.cut.selected
    assert held_back.cut.assessed == without.cut.assessed


def test_the_area_is_not_hot_by_events(both, refuge):
    _, held_back = both
    events = held_back.factors.index[~held_back.factors["method"].isin(["threshold", "value"])]
    events = [factor for factor in events if factor != "not_worked"]
    found = held_back.hotspots.loc[events].xs(refuge, level="area_code")
    own = found[found["kind"].isin(["own", "both"])] if "kind" in found else found.iloc[:0]
    assert len(own) == 0
    assert set(found["observed"]) == {WITHHELD}


def test_its_events_leave_every_count(with_list, refuge, both):
    from riskindex.analysis import without_places

    again = without_places(with_list)
    assert again.counts.loc[refuge].sum() == 0
    others = with_list.counts.index != refuge
    pd.testing.assert_frame_equal(again.counts[others], with_list.counts[others])
    totals = with_list.tests["total"] - again.tests["total"]
    lost = with_list.hotspots["observed"].xs(refuge, level="area_code")
    events = [f.name for f in with_list.config.factors if f.counts_events]
    assert (totals.loc[events] == lost.loc[events]).all()


def test_what_is_in_the_census_stays_as_anybody_can_look_it_up(both, refuge):
    without, held_back = both
    for factor in ("deprivation", "not_worked"):
        pd.testing.assert_frame_equal(without.scores.loc[[factor]], held_back.scores.loc[[factor]])


def test_no_band_of_ranks_shows_who_was_passed_over(both, refuge):
    _, held_back = both
    first = held_back.all_areas["rank_band"] == f"1 to {held_back.cut.target}"
    listed = held_back.all_areas["selected"]
    assert first[listed].all()
    assert not first[refuge] or (first & ~listed).sum() > 1


def test_areas_of_the_same_bands_stand_at_the_same_rank_listed_or_not():
    index = pd.DataFrame(
        {"score": [30.0, 20, 20, 20, 20, 10], "companion": [9.0, 8, 7, 6, 5, 4], "factors_hot": 1},
        index=list("abcdef"),
    )
    held = hold_back(index, {"b"}, Selection(number=3))
    assert held["rank"].tolist() == [1, 2, 2, 2, 2, 6]
    assert list(select_top(held, number=3).index) == ["a", "c", "d"]
    above = hold_back(index, {"a"}, Selection(number=3))
    assert above["rank"].tolist() == [1, 1, 1, 1, 1, 6]
    assert list(select_top(above, number=3).index) == ["b", "c", "d"]
    alone = hold_back(index, {"a"}, Selection(number=3, ties="exclude"))
    assert not select_top(alone, Selection(number=3, ties="exclude")).table["selected"]["a"]


def test_both_releases_have_the_same_shape(both):
    without, held_back = both
    for field in dataclasses.fields(without):
        a, b = (getattr(one, field.name) for one in both)
        assert type(a) is type(b)
        if isinstance(a, pd.DataFrame) and field.name not in ("top", "new_hotspots"):
            assert list(a.columns) == list(b.columns)
            assert len(a) == len(b)
    assert without.config == held_back.config
    assert without.notes == held_back.notes
    assert without.limits == held_back.limits


def fingerprints(path):
    """Everything that could betray a file: its name, its words, its hashes."""
    content = path.read_bytes()
    found = [path.name, path.stem, "sensitive_places", "A secret name", "refuge", "places_seal"]
    hashes = ("md5", "sha1", "sha256", "sha512", "blake2b")
    found += [hashlib.new(name, content).hexdigest() for name in hashes]
    return [text.encode() for text in found]


@pytest.mark.parametrize("profile", PROFILES)
def test_no_file_says_that_there_is_a_list(
    with_list, config_with_list, tmp_path, profile, monkeypatch
):
    monkeypatch.setenv(KEY, "a key")
    save(release(with_list, profile), tmp_path / "result")
    traces = fingerprints(config_with_list.with_name("private-list-of-refuges.csv"))
    for path in (tmp_path / "result").rglob("*"):
        if path.is_file():
            content = path.read_bytes().lower()
            assert [trace for trace in traces if trace.lower() in content] == [], path.name


def test_the_internal_manifest_has_a_seal_under_a_key_alone(
    config_with_list, with_list, tmp_path, monkeypatch
):
    internal = release(with_list, "internal")
    assert internal.places_seal == ""
    assert "sensitive_places" not in json.dumps(internal.config)
    monkeypatch.setenv(KEY, "a key")
    config = read_config(config_with_list)
    areas = with_list.areas
    places = read_sensitive_places(config.release.sensitive_places, config.folder, areas)
    plain = hashlib.sha256((config.folder / config.release.sensitive_places).read_bytes())
    assert len(places.seal) == 64
    assert places.seal != plain.hexdigest()
    monkeypatch.setenv(KEY, "another key")
    other = read_sensitive_places(config.release.sensitive_places, config.folder, areas)
    assert other.seal != places.seal


def test_without_a_list_there_are_no_places(county_result, tmp_path):
    assert read_sensitive_places(None, tmp_path, county_result.areas) is NO_PLACES


def test_points_are_put_into_areas(county_result, tmp_path):
    code = county_result.areas.index[3]
    point = county_result.areas.geometry[code].representative_point()
    (tmp_path / "p.csv").write_text(f"x,y\n{point.x},{point.y}\n", encoding="utf-8")
    assert read_sensitive_places("p.csv", tmp_path, county_result.areas).codes == {code}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("area_code\nE01999999\n", "row 2 is in no area"),
        ("area_code\n\nE01999999\n", "row 3 is in no area"),
        (
            "x,y\n0.5,51.7\n",
            r"row 2 is in no area .* \(x and y are metres of EPSG:27700\)\. Correct",
        ),
        ("x,y\nhere,there\n", "row 2 is in no area"),
        ("code\nE01000001\n", "must be a CSV with a column area_code"),
    ],
)
def test_a_place_that_cannot_be_protected_is_a_fault_that_tells_nothing(
    county_result, tmp_path, text, fault
):
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=fault) as stopped:
        read_sensitive_places("p.csv", tmp_path, county_result.areas)
    assert "E01999999" not in str(stopped.value)


def test_events_leave_and_gaps_stay():
    counts = pd.DataFrame({"a": [3, 4], "b": [5, pd.NA]}, index=["x", "y"]).astype("Int64")
    found = without_events(counts, {"y"})
    assert found.loc["x"].tolist() == [3, 5]
    assert found.loc["y", "a"] == 0
    assert found.loc["y", "b"] is pd.NA


def test_records_that_were_set_apart_come_together_again():
    places = set_apart(pd.Series(["West", "West", ""], index=list("abc")), {"a", "c"})
    assert len(set(places)) == 3
    index = pd.MultiIndex.from_arrays(
        [["f", "f"], ["all", "all"], [places["a"], places["b"]], ["month"] * 2, ["2022-01"] * 2],
        names=["factor", "group", "place", "aspect", "value"],
    )
    rhythm = pd.DataFrame({"records": [2, 3]}, index=index)
    assert whole_rhythm(rhythm)["records"].tolist() == [5]
    assert whole_rhythm(rhythm).index.get_level_values("place").tolist() == ["West"]
    assert plain_rhythm(rhythm)["records"].tolist() == [3]


def test_no_mark_stands_out(both):
    _, held_back = both
    events = held_back.factors.index[~held_back.factors["method"].isin(["threshold", "value"])]
    for factor in events.difference(["not_worked"]):
        assert set(held_back.hotspots.loc[factor, "observed"]) == {WITHHELD}


def test_marks_and_numbers_are_told_apart_from_zeros(both, refuge):
    _, held_back = both
    shown = held_back.hotspots["observed"].xs(refuge, level="area_code")
    assert all(value in MARKS or isinstance(value, int | np.integer) for value in shown)
