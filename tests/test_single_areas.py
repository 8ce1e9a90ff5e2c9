"""Where an area is tested by itself, no band tells its count: withheld, or the release refused."""

import dataclasses

import numpy as np
import pytest

from riskindex import release
from riskindex.disclosure import WITHHELD
from riskindex.errors import DisclosureError
from riskindex.single_areas import band_of_level


def with_factor(result, name, **changes):
    """The result as if one factor had been asked otherwise."""
    factors = [dataclasses.replace(f, **changes) if f.name == name else f
               for f in result.config.factors]  # fmt: skip
    return dataclasses.replace(result, config=result.config.model_copy(update={"factors": factors}))


def test_a_rate_of_a_sensitive_source_in_single_areas_is_refused(county_result):
    with pytest.raises(DisclosureError, match=r"factors\.suspects: its bands say"):
        release(with_factor(county_result, "suspects", method="value"), "public")


def test_a_test_of_single_areas_that_few_events_make_hot_is_refused(county_result):
    with pytest.raises(DisclosureError, match="fewer than 8 events"):
        release(with_factor(county_result, "suspects", method="poisson"), "partner")


def test_an_area_tested_by_itself_tells_nothing_where_its_count_is_withheld(county_result):
    found = release(with_factor(county_result, "disorder", method="poisson"), "public")
    table = found.hotspots.loc["disorder"].droplevel("period")
    hidden = table.index[table["observed"] == WITHHELD]
    assert table.loc[hidden, "confidence"].isna().all()
    assert not table.loc[hidden, "is_hot"].any()
    assert (found.scores.loc["disorder"].loc[hidden, "score"] == 0).all()


@pytest.mark.parametrize(("name", "score"), [("suspects", "intensity"), ("disorder", "value")])
def test_the_strength_of_counts_is_told_as_hot_or_not_alone(county_result, name, score):
    found = release(with_factor(county_result, name, score=score), "partner")
    told = found.scores.loc[name]
    assert set(told["score"]) <= {0.0, 100.0}
    assert ((told["score"] == 100) == told["is_hot"]).all()


def test_a_list_made_of_the_strength_of_counts_alone_is_refused(county_result):
    measured = with_factor(county_result, "disorder", method="value", score="value")
    for factor in county_result.config.factors:
        if factor.name != "disorder":
            measured = with_factor(measured, factor.name, scored=False)
    with pytest.raises(DisclosureError, match="nothing but the strength of counts"):
        release(measured, "public")


def test_tenths_and_ranks_are_no_order_of_counts(county_result):
    measured = with_factor(county_result, "disorder", method="value", score="value")
    rng = np.random.default_rng(3)
    hidden = dataclasses.replace(
        measured, index=measured.index.assign(rank=rng.permutation(len(measured.index)) + 1)
    )
    told = release(hidden, "public").all_areas[["decile", "rank_band"]]
    assert told.equals(release(measured, "public").all_areas[["decile", "rank_band"]])


@pytest.mark.parametrize(
    ("level", "band"), [(0.01, 99), (0.02, 95), (0.05, 95), (0.1, 90), (0.2, 0), (0.001, 99)]
)
def test_hot_stands_for_the_confidence_that_its_level_reaches(level, band):
    assert band_of_level(level) == band
