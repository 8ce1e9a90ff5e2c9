"""What partners and the public see is named column by column, and says no small number."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from riskindex import publication, release, save
from riskindex.disclosure import MARKS, WITHHELD
from riskindex.errors import DisclosureError
from riskindex.groups import WHOLE
from riskindex.publication import only_internal
from riskindex.released_counts import released_counts, released_districts

COLUMNS = {
    "public": {
        "all_areas": {"name", "ward", "district", "decile", "rank_band", "factors_hot", "selected",
                      "tier", "reasons", "residents"},
        "scores": {"score", "intensity", "weight", "group", "contribution", "is_hot"},
        "hotspots": {"observed", "confidence", "is_hot", "reason"},
        "tests": {"method", "null", "correction", "assessed", "not_assessed", "hot"},
        "persistence": {"periods_band", "is_new"},
    },
    "partner": {
        "all_areas": {"p_selected"},
        "hotspots": {"kind"},
        "tests": {"total"},
        "persistence": {"periods_hot", "periods_assessed", "category"},
    },
}  # fmt: skip
TABLES = tuple(COLUMNS["public"])


@pytest.fixture(scope="module", params=["public", "partner"])
def reduced(request, county_result):
    return release(county_result, request.param)


@pytest.fixture(scope="module")
def public(county_result):
    return release(county_result, "public")


def allowed(profile, table):
    more = COLUMNS["partner"].get(table, set()) if profile == "partner" else set()
    return COLUMNS["public"][table] | more


@pytest.mark.parametrize("table", TABLES)
def test_the_columns_are_those_that_are_named(reduced, table):
    assert set(getattr(reduced, table)) == allowed(reduced.profile, table)


def test_a_column_that_nobody_named_reaches_no_release(county_result, reduced):
    tables = {
        name: getattr(county_result, name).assign(canary=range(len(getattr(county_result, name))))
        for name in ("areas", "hotspots", "persistence", "scores", "index", "tests", "pooled")
    }
    again = release(dataclasses.replace(county_result, **tables), reduced.profile)
    for field in dataclasses.fields(again):
        value = getattr(again, field.name)
        if isinstance(value, pd.DataFrame):
            assert "canary" not in value
            pd.testing.assert_frame_equal(
                pd.DataFrame(value), pd.DataFrame(getattr(reduced, field.name))
            )


def test_no_count_of_a_sensitive_source_is_given_for_an_area(reduced):
    sensitive = reduced.factors.index[reduced.factors["sensitive"]]
    assert {"suspects", "domestic_abuse", "supply"} <= set(sensitive)
    assert set(reduced.hotspots.loc[list(sensitive), "observed"]) == {WITHHELD}


def test_no_number_from_1_to_7_is_shown(reduced):
    shown = [v for v in reduced.hotspots["observed"] if v not in MARKS]
    assert all(v == 0 or (v >= 10 and v % 5 == 0) for v in shown)


def test_the_list_is_in_the_order_of_the_codes(reduced):
    assert list(reduced.top.index) == sorted(reduced.top.index)
    assert "rank" not in reduced.all_areas
    assert "score" not in reduced.all_areas


def test_the_public_sees_the_last_period_alone(public):
    periods = public.hotspots.reset_index().groupby("factor")["period"].nunique()
    assert set(periods) == {1}


def test_scores_are_bands(public):
    assert set(public.scores["score"].dropna().round(1)) <= {0, 25, 33.3, 50, 66.7, 75, 100}
    assert (public.scores["intensity"] == public.scores["score"]).all()


def test_the_score_at_the_cut_is_not_told(reduced, county_result):
    assert pd.isna(reduced.cut.score_at_cut)
    told = f"{county_result.cut.score_at_cut:.4g}"
    assert told in county_result.cut.explanation
    assert told not in reduced.cut.explanation


def test_the_explanation_without_the_score_still_adds_up(reduced):
    cut = reduced.cut
    assert f"{cut.above_cut} areas scored above the score at the cut and " in cut.explanation
    assert cut.above_cut + cut.tied_at_cut == cut.selected == len(reduced.top)
    assert cut.explanation.endswith(f"That makes {cut.selected} areas.")


def test_the_config_is_about_the_method_alone(reduced):
    assert set(reduced.config) == {
        "title", "place", "about", "factors", "index", "selection", "neighbours"
    }  # fmt: skip
    assert "overrides" not in reduced.config["selection"]


def test_what_could_count_is_empty(reduced):
    for table in ("reconciliation", "uncounted", "correlations", "files", "clusters_found"):
        assert getattr(reduced, table).empty


def test_the_result_releases_itself(county_result, public):
    again = county_result.release("public")
    pd.testing.assert_frame_equal(again.all_areas, public.all_areas)


def test_some_things_are_internal_alone():
    assert only_internal("internal", "A backtest") == "internal"
    with pytest.raises(DisclosureError, match="A backtest is made for the profile internal alone"):
        only_internal("public", "A backtest")


def test_a_reduced_release_is_saved(reduced, tmp_path):
    save(reduced, tmp_path / "result")
    names = {path.name for path in (tmp_path / "result").iterdir()}
    assert {"top_areas.csv", "all_areas.csv", "workbook.xlsx", "areas.gpkg"} <= names
    assert not names & {"uncounted_events.csv", "scores.csv"}


def test_districts_are_told_where_it_is_safe(reduced):
    table = reduced.district_counts
    told = table.loc[table["mark"] == "", "events"]
    assert (told % 5 == 0).all()
    assert table.loc[table["mark"] != "", "events"].isna().all()
    assert set(table["mark"]) <= {"", WITHHELD}
    rate = table["events"] / table["residents"] * 1000
    assert ((rate - table["rate_per_1000"]).abs().fillna(0) < 1e-9).all()


def test_rates_of_districts_are_of_those_who_live_where_the_source_has_data(county_result):
    rules = county_result.config.release.rules("public")
    shown = released_counts(county_result, "public", rules)
    district = county_result.areas["district"]
    gone = district.index[district == district.iloc[0]][:5]
    counts = county_result.counts.astype("Int64")
    counts.loc[gone, ("disorder", slice(None), "2022")] = pd.NA
    partly = released_districts(shown, dataclasses.replace(county_result, counts=counts), rules)
    whole = released_districts(shown, county_result, rules)
    people = county_result.areas["residents"]
    lost = people[gone].sum()
    for place in (district.iloc[0], WHOLE):
        at = ("disorder", "2022", place)
        base = whole.loc[at, "residents"] - lost
        assert partly.loc[at, "residents"] == base
        assert partly.loc[at, "rate_per_1000"] == 1000 * whole.loc[at, "events"] / base
    others = partly.index.get_level_values("factor") != "disorder"
    pd.testing.assert_frame_equal(partly[others], whole[others])


def test_months_are_told_of_sources_that_harm_nobody(reduced):
    sensitive = set(reduced.factors.index[reduced.factors["sensitive"]])
    assert not set(reduced.rhythm.index.get_level_values("factor")) & sensitive
    shown = reduced.rhythm["records"].dropna()
    assert len(shown)
    assert (shown % 5 == 0).all()


def test_counts_of_other_sources_are_told(reduced):
    shown = reduced.hotspots.loc["disorder", "observed"]
    assert (shown != WITHHELD).mean() > 0.5


def test_a_flag_that_is_withheld_takes_the_bands_of_periods_with_it(county_result, monkeypatch):
    scores = county_result.scores.loc["domestic_abuse", "score"]
    area = scores.idxmax()
    assert scores[area] > 0
    flags = np.asarray(county_result.areas.index == area)
    counted = publication.released_counts

    def one_flag_less(*asked):
        found = counted(*asked)
        return found._replace(hidden={**found.hidden, ("domestic_abuse", "2020"): flags})

    monkeypatch.setattr(publication, "released_counts", one_flag_less)
    found = release(county_result, "partner")
    lasting = found.persistence.loc["domestic_abuse"]
    assert lasting.loc[area, "periods_band"] == WITHHELD
    assert not lasting.loc[area, "is_new"]
    assert lasting.loc[area, ["periods_hot", "category"]].isna().all()
    assert (lasting["periods_band"] == WITHHELD).sum() == 1
    table = found.hotspots.loc["domestic_abuse"].xs(area, level="area_code")
    assert (table["reason"] == "withheld").tolist() == [False, False, True, False, False]
    assert table["confidence"].isna().sum() == 1
    assert found.scores.loc[("domestic_abuse", area), "score"] == 0
