"""Pictures: numbers on paper, the same bytes twice, and text that stays text."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from example_release import example_release

from riskindex.outputs import pictures


@pytest.fixture(scope="module")
def released():
    return example_release()


def test_the_strip_has_a_square_for_each_area_and_period(released):
    strip = pictures.persistence_strip(released)
    squares = re.findall('<rect class="(hot|cold|na)"', strip)
    assert len(squares) == len(released.top) * 5 * 2  # two factors of five years
    hot = released.hotspots["is_hot"].unstack("area_code")[list(released.top.index)]
    followed = hot.loc[["domestic_abuse", "violence"]].astype(bool)
    assert squares.count("hot") == int(followed.to_numpy().sum())


def test_there_is_no_strip_without_several_periods(released):
    assert (
        pictures.persistence_strip(dataclasses.replace(released, top=released.top.iloc[:0])) == ""
    )
    assert (
        pictures.persistence_strip(dataclasses.replace(released, persistence=pd.DataFrame())) == ""
    )


def test_overlap_is_symmetric_and_no_larger_than_either_factor(released):
    labels, counts = pictures.factor_overlap(released)
    assert (counts == counts.T).all()
    assert (counts <= np.minimum.outer(np.diag(counts), np.diag(counts))).all()
    hot = released.hotspots.loc["suspects", "is_hot"].astype(bool)
    assert counts[labels.index("Serious violence suspects' homes")].max() == hot.sum()


def test_concentration_of_the_example_is_what_it_holds(released):
    one = pictures.concentrations(released)["drugs"]
    observed = released.hotspots.loc[("drugs", "2022"), "observed"]
    assert one.total == observed.sum()
    assert one.top == pytest.approx(observed.nlargest(4).sum() / observed.sum())  # 5% of 80
    assert one.curve[0] == 0
    assert one.curve[-1] == pytest.approx(1)
    assert (np.diff(one.curve) >= 0).all()


def test_rank_intervals_stand_on_both_sides_of_the_cut(released):
    assert pictures.rank_intervals(released) == ""
    ranks = released.all_areas["rank"]
    every = released.all_areas.assign(rank_low=ranks - 1, rank_high=ranks + 1)
    plot = pictures.rank_intervals(dataclasses.replace(released, all_areas=every), around=3)
    assert plot.count("<circle") == 6
    assert plot.count("dot chosen") == 3
