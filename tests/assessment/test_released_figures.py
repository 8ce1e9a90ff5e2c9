"""Figures of a release are made of what leaves, and of nothing else."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from riskindex.disclosure import LEAST_BASE
from riskindex.publication.protection import restricted_factors


@pytest.fixture(scope="module", params=["partner", "public"])
def released(request, county_release):
    return county_release(request.param)


@pytest.fixture(scope="module")
def closed(released, county_result):
    """Rows of restricted factors."""
    names = restricted_factors(county_result.config)
    return released.figures[released.figures["definition"].str.partition(":")[0].isin(names)]


def test_counts_below_the_whole_are_protected_cells(closed):
    # How many areas are hot is counted from flags, which partners have and the public has not.
    inner = closed[(closed["place_kind"] != "whole") & (closed["counted"] != "areas")]
    assert len(inner) > 100
    assert (inner["count"].dropna() % 5 == 0).all()
    assert (inner["count"].dropna() >= 5).all()


def test_yearly_counts_of_the_whole_are_as_counted(closed, county_result):
    mine = county_result.figures
    for kind in ("count", "rate"):
        of = closed[(closed["place_kind"] == "whole") & (closed["kind"] == kind)]
        true = mine[(mine["place_kind"] == "whole") & mine["figure"].isin(of["figure"])]
        assert list(of["value"]) == list(true["value"])


def test_small_groups_have_a_mark_and_no_number(closed):
    marked = closed[closed["status"] == "[c]"]
    assert len(marked)
    assert marked[["value", "low", "high", "ratio", "rank"]].isna().all(axis=None)


def test_no_share_stands_on_a_small_base(closed):
    shares = closed[closed["kind"].isin(["share", "mix"]) & (closed["status"] == "given")]
    assert {"share", "mix"} == set(shares["kind"])
    assert (shares["base"] >= LEAST_BASE).all()


def test_open_factors_are_as_inside(released, county_result):
    for figure in ("deprivation.share", "residents.count"):
        mine, theirs = (
            table[table["figure"] == figure].reset_index(drop=True)
            for table in (county_result.figures, released.figures)
        )
        pd.testing.assert_frame_equal(mine, theirs)


def test_figures_are_made_of_the_tables_of_the_release(released):
    rows = released.figure_counts.index.get_level_values("factor") == "offences"
    changed = released.figure_counts.copy()
    changed.loc[rows, "count"] = np.nan
    before = released.figures
    assert before.loc[before["figure"] == "offences.count", "value"].notna().sum() > 3
    other = dataclasses.replace(released, figure_counts=changed).figures
    gone = other.loc[other["figure"] == "offences.count", "value"]
    assert len(gone) > 3
    assert gone.isna().all()
