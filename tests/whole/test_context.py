"""A run on one district of a larger boundary file: the areas around it are context alone."""

import tomllib

import pytest
from list_refusals import ask_no_other_choices, listed_once
from tables import assess_repeats

from riskindex import release, run
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.config import parse_config
from riskindex.index.build import build_index
from riskindex.index.selection import select_top
from riskindex.outputs.report.page import write_report
from riskindex.uncertainty.repeats import Data
from riskindex.uncertainty.replay import Robustness


@pytest.fixture(scope="module")
def result(county_config, county_result):
    values = tomllib.loads(county_config.read_text(encoding="utf-8"))
    district = county_result.areas["district"].value_counts().index[0]
    values["areas"]["within"] = {"district": [district]}
    values["factors"][0]["scan"] = True
    with pytest.MonkeyPatch.context() as patch:
        ask_no_other_choices(patch)
        return run(listed_once(parse_config(values, folder=county_config.parent)))


def test_context_is_not_scored_ranked_or_selected(result):
    context = result.areas["is_context"]
    assert 0 < context.sum() < len(context)
    assert result.areas.loc[~context, "district"].nunique() == 1
    assert result.index.loc[context, ["score", "rank"]].isna().all(axis=None)
    assert not result.index.loc[context, "selected"].any()
    assert result.cut.assessed <= (~context).sum()
    assert any("around it are context" in note for note in result.notes)


def test_no_test_says_anything_about_context(result):
    context = result.areas.index[result.areas["is_context"]]
    tests = result.hotspots.loc[(slice(None), slice(None), list(context)), :]
    assert tests[["p", "p_adjusted", "own_p", "confidence", "value"]].isna().all(axis=None)
    assert not tests["is_hot"].any()
    assert (tests["reason"] != "").all()


def test_context_is_counted_in_its_neighbours_windows(result, county_result):
    inside = result.areas.index[~result.areas["is_context"]]
    for table in ("observed", "window_observed"):
        mine = result.hotspots[table].unstack("area_code")[inside]
        whole = county_result.hotspots[table].unstack("area_code")[inside]
        assert mine.equals(whole.loc[mine.index])


def test_the_district_is_counted_without_its_context(result):
    released = release(result, profile="internal")
    (district,) = set(result.areas.loc[~result.areas["is_context"], "district"])
    counts = released.figure_counts["count"].xs("offences", level="factor")
    districts = counts.xs("district", level="place_kind")
    assert set(districts.index.unique("place")) == {district}
    whole = counts.xs(WHOLE_KIND, level="place_kind").droplevel("place")
    assert districts.droplevel("place").equals(whole)


def test_the_report_is_written(result, tmp_path):
    write_report(release(result, profile="internal"), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "around it are context" in page
    assert "Clusters by scan" in page


def test_repeats_never_select_context(result):
    config = result.config
    chosen = select_top(
        build_index(result.scores, options=config.index), selection=config.selection
    )
    found = assess_repeats(
        Data(result.counts, result.areas, result.weights),
        result.scores,
        chosen,
        config.factors,
        index=config.index,
        selection=config.selection,
        options=Robustness(draws=20),
    )
    context = result.areas["is_context"]
    assert found.table.loc[context, "p_selected"].isna().all()
    assert found.table.loc[context, "rank_low"].isna().all()
    assert found.table.loc[~context, "p_selected"].sum() > 0
