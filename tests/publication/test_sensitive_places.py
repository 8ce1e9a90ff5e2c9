"""The list is decided without the restricted events at a refuge, in every profile alike."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from list_refusals import ask_no_other_choices

from riskindex import read_config, release, run, save
from riskindex.assessment.place_counts import NAMED_KIND
from riskindex.errors import InputError
from riskindex.publication.protection import restricted_columns
from riskindex.publication.sensitive_places import read_sensitive_places, without_events
from riskindex.result import NO_PLACES

NAME = "private-list-of-refuges.csv"


@pytest.fixture(scope="module")
def refuge(county_result) -> str:
    """The area of the list that is hot for most factors."""
    chosen = county_result.index[county_result.index["selected"]]
    return str(chosen.sort_values("factors_hot").index[-1])


@pytest.fixture(scope="module")
def with_list(county_config, refuge):
    """A run of the county with a private list of one place."""
    county_config.with_name(NAME).write_text(f"area_code,name\n{refuge},A secret\n")
    path = county_config.with_name("with-list.toml")
    text = county_config.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^\[release\].*$", f'[release]\nsensitive_places = "{NAME}"', text))
    with pytest.MonkeyPatch.context() as patch:
        ask_no_other_choices(patch)
        return run(read_config(path))


@pytest.fixture(scope="module")
def released_with_list(with_list, small_lists_leave):
    """The release of that run to a profile."""

    def made(profile):
        with pytest.MonkeyPatch.context() as patch:
            ask_no_other_choices(patch)
            return release(with_list, profile=profile)

    return cache(made)


def test_restricted_events_there_decide_nothing(with_list, county_result, refuge):
    closed = restricted_columns(with_list.counts, with_list.config)
    assert with_list.counts.loc[refuge, closed].sum() == 0
    assert county_result.counts.loc[refuge, closed].sum() > 0
    others = with_list.counts.index != refuge
    pd.testing.assert_frame_equal(with_list.counts[others], county_result.counts[others])
    events = [f.name for f in with_list.config.factors if f.counts_events]
    hot = with_list.hotspots.loc[events].xs(refuge, level="area_code")
    assert not hot["kind"].isin(["own", "both"]).any()


def test_groups_keep_the_events(with_list, released_with_list, county_result, county_release):
    pd.testing.assert_frame_equal(with_list.group_counts, county_result.group_counts)
    pd.testing.assert_frame_equal(with_list.group_fingerprints, county_result.group_fingerprints)
    for profile in ("internal", "partner"):
        groups = [of(profile).figure_counts for of in (released_with_list, county_release)]
        named = [table.index.isin([NAMED_KIND], level="place_kind") for table in groups]
        pd.testing.assert_frame_equal(*(t[~n] for t, n in zip(groups, named, strict=True)))


def test_the_list_is_the_same_in_every_profile(released_with_list):
    lists = [set(released_with_list(p).top.index) for p in ("internal", "partner", "public")]
    assert lists[0] == lists[1] == lists[2]


def test_what_is_in_the_census_stays_as_anybody_can_look_it_up(with_list, county_result):
    for factor in ("deprivation", "not_worked"):
        pd.testing.assert_frame_equal(
            with_list.scores.loc[[factor]], county_result.scores.loc[[factor]]
        )


def test_internal_shows_what_was_set_apart(with_list, released_with_list, refuge, tmp_path):
    inside = released_with_list("internal")
    assert set(inside.apart["area_code"]) == {refuge}
    lost = with_list.group_counts.loc[refuge].sum() - with_list.counts.loc[refuge].sum()
    assert inside.apart["events"].sum() == lost > 0
    save(inside, tmp_path / "internal")
    assert (tmp_path / "internal" / "sensitive_places.csv").is_file()


def test_no_file_for_others_says_that_there_is_a_list(released_with_list, tmp_path):
    for profile in ("partner", "public"):
        released = released_with_list(profile)
        assert released.apart.empty
        save(released, tmp_path / profile)
        names = {path.name for path in (tmp_path / profile).rglob("*")}
        assert "sensitive_places.csv" not in names
        for path in (tmp_path / profile).rglob("*.*"):
            text = path.read_bytes().lower()
            assert NAME.encode() not in text
            assert b"refuge" not in text
            assert b"sensitive place" not in text, path.name
            assert b"sensitive_place" not in text, path.name


def test_open_counts_and_what_is_not_covered_stay():
    counts = pd.DataFrame({"open": [1, 2], "closed": [3, 4], "gap": [pd.NA, 5]}, index=["a", "b"])
    counts = counts.astype("Int64")
    found = without_events(counts, {"a"}, pd.Index(["closed", "gap"]))
    assert found["open"].tolist() == [1, 2]
    assert found["closed"].tolist() == [0, 4]
    assert found["gap"].isna().tolist() == [True, False]
    prints = pd.DataFrame({"closed": np.array([9, 8], dtype=np.uint64)}, index=["a", "b"])
    assert without_events(prints, {"a"}, prints.columns)["closed"].dtype == np.uint64
    assert without_events(counts, set(), counts.columns) is counts


@pytest.mark.parametrize(
    ("text", "found"),
    [("area_code\nE00000001\n", "E00000001"), ("x,y\n580250,200250\n", "E00000001")],
)
def test_places_are_codes_or_points(tmp_path, text, found):
    from example_release import grid_areas

    (tmp_path / "list.csv").write_text(text)
    assert read_sensitive_places("list.csv", tmp_path, grid_areas()).codes == {found}
    assert read_sensitive_places(None, tmp_path, grid_areas()) == NO_PLACES


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("area_code\nE00000001\nE99999999\n", "row 3 is in no area"),
        ("x,y\n1,1\n", "row 2 is in no area"),
        ("name\nA secret\n", "must be a CSV with a column area_code"),
    ],
)
def test_a_place_that_would_be_left_out_is_refused_without_naming_it(tmp_path, text, fault):
    from example_release import grid_areas

    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(InputError, match=fault) as error:
        read_sensitive_places("list.csv", tmp_path, grid_areas())
    assert "secret" not in str(error.value)
    assert "E99999999" not in str(error.value)
