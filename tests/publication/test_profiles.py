"""What partners and the public see is named column by column; open data leaves as it is."""

import dataclasses
import re
import tomllib

import numpy as np
import pandas as pd
import pytest
from list_refusals import ask_no_other_choices, listed_once

from riskindex import parse_config, release, run, save
from riskindex.analysis import analyse
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.disclosure import WITHHELD
from riskindex.errors import DisclosureError
from riskindex.publication.profiles import check_profile, only_internal
from riskindex.publication.protection import restricted_factors
from riskindex.publication.released import TOGETHER
from riskindex.publication.view import View
from riskindex.result import Given

AREAS = {
    "place",
    "name",
    "ward",
    "district",
    "decile",
    "factors_hot",
    "factors_own",
    "factors_neighbourhood",
    "factors_next_door",
    "factors_both",
    "through_one_area",
    "selected",
    "tier",
    "reasons",
    "residents",
    "residents_10_24",
}
"""Columns that others see of every area."""
CLOSED = ["suspects", "domestic_abuse", "disorder", "possession", "supply"]
TABLES = ("hotspots", "scores", "persistence", "tests")


@pytest.fixture(scope="module", params=["public", "partner"])
def reduced(request, county_release):
    return county_release(request.param)


@pytest.fixture(scope="module")
def public(county_release):
    return county_release("public")


@pytest.fixture(scope="module")
def partner(county_release):
    return county_release("partner")


def test_a_profile_is_named_and_known():
    assert check_profile("public") == "public"
    with pytest.raises(DisclosureError, match="No release profile is named"):
        check_profile(None)
    with pytest.raises(DisclosureError, match="No profile 'press'"):
        check_profile("press")


def test_some_things_are_internal_alone():
    assert only_internal("internal", "A backtest") == "internal"
    with pytest.raises(DisclosureError, match="A backtest is made for the profile internal alone"):
        only_internal("public", "A backtest")


def test_the_columns_are_those_that_are_named(reduced):
    assert set(reduced.all_areas) == AREAS
    assert set(reduced.top) == AREAS - {"selected"}


def test_places_hold_the_list_and_tell_no_score(reduced):
    place_of = reduced.team_plan.places.place_of
    assert set(place_of.index) == set(reduced.top.index)
    assert not {"need", "score_max"} & set(reduced.places)
    assert (reduced.places["areas"] == place_of.value_counts().sort_index()).all()


def test_the_public_reads_of_places_what_is_hot_by_open_factors_alone(public):
    factors = " ".join(public.places["factors"])
    for label in public.factors.loc[CLOSED, "label"]:
        assert label not in factors


def test_the_public_sees_no_line_of_a_restricted_factor_for_areas(public, county_result):
    closed = set(restricted_factors(county_result.config))
    assert closed == {*CLOSED, "offences"}
    for name in ("hotspots", "scores", "persistence"):
        table = getattr(public, name)
        assert not closed & set(table.index.get_level_values("factor")), name
    assert set(public.scores.index.get_level_values("factor")) == {
        "deprivation",
        "not_worked",
        TOGETHER,
    }
    for label in public.factors.loc[CLOSED, "label"]:
        assert not public.all_areas["reasons"].str.contains(label, regex=False).any()


def test_partners_see_flags_and_years_without_a_number(partner, county_result):
    shown = partner.hotspots.loc[CLOSED]
    true = county_result.hotspots.loc[CLOSED]
    for column in ("confidence", "is_hot", "kind"):
        assert (shown[column].fillna(-1) == true[column].fillna(-1)).all()
    numbers = shown.drop(columns=["confidence", "is_hot", "kind", "reason"])
    assert numbers.isna().all(axis=None)
    lasting = partner.persistence.loc["domestic_abuse"]
    assert (
        lasting["periods_hot"] == county_result.persistence.loc["domestic_abuse", "periods_hot"]
    ).all()


def test_open_factors_leave_whole(reduced, county_result):
    for factor in ("deprivation", "not_worked"):
        for name in ("hotspots", "tests"):
            full = getattr(county_result, name).loc[[factor]]
            shown = getattr(reduced, name).loc[[factor]]
            columns = [c for c in shown if c in full]
            pd.testing.assert_frame_equal(
                pd.DataFrame(shown[columns]), full[columns], check_dtype=False
            )


def test_no_score_of_a_restricted_factor_is_the_true_one(partner, county_result):
    strong = partner.scores.loc[CLOSED]
    assert (strong["intensity"] == strong["score"]).all()
    assert not strong["is_hot"].any()


def test_one_list_for_all(reduced, county_result):
    chosen = county_result.index.index[county_result.index["selected"]]
    assert set(reduced.top.index) == set(chosen)
    assert reduced.cut.selected == len(chosen)
    assert f"{len(chosen)} areas" in reduced.cut.explanation


def test_firm_areas_come_first_then_districts(reduced):
    loose = (reduced.top["tier"] != "firm").to_numpy()
    assert (np.diff(loose.astype(int)) >= 0).all()
    firm = reduced.top[~loose]
    assert list(firm["district"]) == sorted(firm["district"])


def test_the_arithmetic_of_the_cut_is_not_told(reduced):
    assert np.isnan(reduced.cut.score_at_cut)
    assert "scored above" not in reduced.cut.explanation


def test_names_and_members_of_places_are_those_of_the_one_list(reduced, county_result):
    shown, true = reduced.team_plan.places, county_result.team_plan.places
    chosen = reduced.all_areas["selected"].astype(bool)
    names = shown.place_of.map(shown.table["name"])
    assert set(names.index) == set(chosen.index[chosen])
    assert names.to_dict() == true.place_of.map(true.table["name"]).to_dict()
    assert (reduced.all_areas["place"][~chosen] == "").all()
    assert reduced.all_areas["place"][chosen].to_dict() == names.to_dict()
    columns = ["wards", "district", "areas", "residents", "residents_10_24", "x", "y", "km_across"]
    shown_by_name, true_by_name = (
        p.table.set_index("name").sort_index()[columns] for p in (shown, true)
    )
    pd.testing.assert_frame_equal(shown_by_name, true_by_name)


def test_need_order_and_teams_of_places_follow_the_released_scores(reduced, county_result):
    plan, true = reduced.team_plan, county_result.team_plan
    place_of, table = plan.places.place_of, plan.places.table
    score = reduced.scores["contribution"].groupby("area_code").sum()[place_of.index]
    young = county_result.areas["residents_10_24"][place_of.index]
    need = (score * young / 100).groupby(place_of).sum()
    assert need.is_monotonic_decreasing
    true_need = true.places.table.set_index("name")["need"][table["name"]]
    assert not np.allclose(need, true_need)
    assert not {"need", "score_max", "again"} & set(table)
    for step in plan.steps:
        assert step.reached == pytest.approx(need[list(step.places)].sum())
        assert step.places == tuple(range(1, len(step.places) + 1))


def test_what_is_hot_in_a_place_is_counted_from_the_flags_that_are_shown(reduced):
    place_of, label = reduced.team_plan.places.place_of, reduced.factors["label"]
    flags = reduced.hotspots["is_hot"].astype("boolean").fillna(False)
    last = reduced.factors["periods"].str.split(", ").str[-1]
    for number, words in reduced.places["factors"].items():
        codes = place_of.index[place_of == number]
        numbers = {name: int(n) for name, n in re.findall(r"(?:^|; )(.+?) \((\d+)\)", words)}
        hot = {label[f]: flags.loc[f, last[f]][codes].sum() for f in flags.index.unique("factor")}
        assert numbers == {name: n for name, n in hot.items() if n}


def test_without_any_flag_to_show_what_is_next_door_is_not_known(
    county_result, small_lists_leave, no_other_choices, monkeypatch, tmp_path
):
    shown = View.hotspots
    monkeypatch.setattr(View, "hotspots", lambda view: shown(view).iloc[:0])
    released = release(county_result, profile="public")
    assert (released.places["factors"] == "").all()
    assert released.places["next_door"].isna().all()
    save(released, tmp_path / "result")
    table = pd.read_csv(tmp_path / "result" / "places.csv")
    assert table["next_door"].isna().all()


def test_counts_of_groups_are_protected_cells(reduced, county_result):
    closed = reduced.figure_counts.loc[CLOSED]
    places = closed.drop(index=WHOLE_KIND, level="place_kind")
    shown = places.loc[places["mark"] == "", "count"]
    assert len(shown) > 10
    assert (shown % 5 == 0).all()
    assert (shown >= 10).all()
    assert places.loc[places["mark"] == WITHHELD, "count"].isna().all()
    assert reduced.figure_counts.index.is_unique


def test_who_and_when_are_protected_cells_for_the_whole_and_districts(reduced, county_result):
    table = reduced.rhythm.loc[CLOSED].reset_index()
    assert set(table["place"]) == {"", *county_result.areas["district"]}
    shown = table["records"].dropna()
    assert (shown % 5 == 0).all()
    days = table[table["aspect"] == "weekday"].groupby(["factor", "group", "place"]).size()
    assert (days == 7).all()
    assert "fingerprint" not in table


def test_what_counts_records_is_internal(reduced, county_result):
    assert reduced.uncounted.empty
    assert reduced.files.empty
    assert reduced.apart.empty
    assert not set(reduced.reconciliation.index.get_level_values("factor")) & set(CLOSED)
    kept = set(reduced.config) - {"title", "place", "about"}
    assert kept == {"factors", "index", "selection", "neighbours", "periods", "declared_open"}


def test_a_column_that_nobody_named_reaches_no_release(
    county_result, reduced, small_lists_leave, no_other_choices
):
    tables = {
        name: getattr(county_result, name).assign(canary=range(len(getattr(county_result, name))))
        for name in ("areas", "hotspots", "persistence", "scores", "index", "tests", "pooled")
    }
    again = release(dataclasses.replace(county_result, **tables), profile=reduced.profile)
    for field in dataclasses.fields(again):
        value = getattr(again, field.name)
        if isinstance(value, pd.DataFrame):
            assert "canary" not in value, field.name


def test_it_is_saved(reduced, tmp_path):
    save(reduced, tmp_path / "result")
    names = {path.name for path in (tmp_path / "result").iterdir()}
    assert {
        "top_areas.csv",
        "all_areas.csv",
        "places.csv",
        "figures.csv",
        "datapackage.json",
        "workbook.xlsx",
        "areas.gpkg",
        "map.html",
    } <= names
    places = pd.read_csv(tmp_path / "result" / "places.csv")
    assert list(places) == [
        "place",
        "name",
        "wards",
        "district",
        "teams",
        "areas",
        "firm",
        "residents",
        "residents_10_24",
        "factors",
        "next_door",
        "km_across",
        "x",
        "y",
    ]
    assert not names & {
        "uncounted_events.csv",
        "scores.csv",
        "sensitive_places.csv",
        "hotspots.csv",
    }


def test_counts_of_rolling_years_are_released(
    county_config, tmp_path, small_lists_leave, no_other_choices
):
    """The pages of others need the kind of period as much as the internal ones."""
    values = tomllib.loads(county_config.read_text(encoding="utf-8"))
    values["periods"] = {"unit": "year-ending"}
    values["release"]["membership"] = "true"
    named = {factor["name"]: factor for factor in values["factors"]}
    ends = {"december": ["2021-12", "2022-12"], "june": ["2021-06", "2022-06"]}
    rolling = [
        {**named["offences"], "name": name, "label": f"To {name}", "periods": periods}
        for name, periods in ends.items()
    ]
    values["factors"] = [named["deprivation"], *rolling]
    result = run(listed_once(parse_config(values, folder=county_config.parent)))
    for profile in ("public", "partner"):
        save(release(result, profile), tmp_path / profile)
        counts = pd.read_csv(tmp_path / profile / "figures.csv")
        assert {"2022-12", "2022-06"} <= set(counts["period"].dropna())


def test_a_list_that_two_factors_decide_does_not_leave_as_it_is(county_result):
    config = county_result.config
    true = config.release.__class__(key=config.release.key)
    again = dataclasses.replace(county_result, config=config.model_copy(update={"release": true}))
    with pytest.MonkeyPatch.context() as patch:
        from riskindex.publication import membership

        patch.setattr("riskindex.pipeline.refuse_telling_list", membership.refuse_telling_list)
        with pytest.raises(DisclosureError, match='membership = "protected"'):
            release(again, profile="public")
    assert len(release(again, profile="partner").top) == again.cut.selected


@pytest.mark.parametrize("profile", ["internal", "partner", "public"])
def test_an_area_that_was_not_assessed_is_neither_cold_nor_out(
    profile, unassessed, no_other_choices, tmp_path
):
    """Blanks in every table; a 0 would be a finding about an area that nobody looked at."""
    result, code = unassessed
    released = release(result, profile)
    area = released.all_areas.loc[code]
    present = [c for c in ("factors_hot", "p_selected", "rank_low", "decile") if c in area]
    assert present
    assert area[present].isna().all()
    assert area["tier"] == ""
    others = released.all_areas.drop(code)
    assert (others["tier"] != "").all()
    assert others[present].notna().all(axis=None)
    save(released, tmp_path / profile)
    table = pd.read_csv(tmp_path / profile / "all_areas.csv").set_index("area_code")
    assert table.loc[code, [*present, "tier"]].isna().all()


@pytest.fixture(scope="module")
def unassessed(county_result, small_lists_leave):
    """A run in which the sources cover all areas but one."""
    code = str(county_result.areas.index[5])
    counts = county_result.counts.copy()
    counts.loc[code] = pd.NA
    given = Given(
        areas=county_result.areas,
        tables=county_result.tables,
        counts=counts,
        fingerprints=county_result.fingerprints,
        reconciliation=county_result.reconciliation,
        uncounted=county_result.uncounted,
        rhythm=county_result.rhythm,
        notes=(),
        files=county_result.files,
    )
    with pytest.MonkeyPatch.context() as patch:
        ask_no_other_choices(patch)
        return analyse(county_result.config, given), code
