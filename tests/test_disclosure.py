"""Marks, rounding and tenths."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.disclosure import MARKS, decile, round_half_up


def test_halves_are_rounded_up():
    assert round_half_up(np.array([2.5, 7.5, 12.4, -2.5]), 5).tolist() == [5, 10, 10, 0]


def test_every_mark_is_explained():
    assert set(MARKS) == {"[c]", "[x]", "[z]"}
    assert all(len(words) > 10 for words in MARKS.values())


def test_areas_that_tie_share_the_tenth_of_their_middle():
    ranks = pd.Series([1, *[2] * 98, 100])
    assert decile(ranks).tolist() == [1, *[6] * 98, 10]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_tenths_follow_the_ranks(scores):
    rank = pd.Series(scores).rank(ascending=False, method="min")
    tenths = decile(rank)
    assert tenths.between(1, 10).all()
    for one, other in zip(np.argsort(rank)[:-1], np.argsort(rank)[1:], strict=True):
        assert tenths[one] <= tenths[other]


def test_what_has_no_rank_has_no_tenth():
    assert decile(pd.Series([1, pd.NA, 2], dtype="Int64")).isna().tolist() == [False, True, False]


@pytest.mark.parametrize("n", [1, 9, 10, 11, 1_111])
def test_there_are_at_most_ten_tenths(n):
    tenths = decile(pd.Series(range(1, n + 1)))
    assert tenths.nunique() == min(n, 10)
    assert tenths.max() == 10
