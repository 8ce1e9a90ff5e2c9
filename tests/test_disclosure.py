"""Rounding and bands, on numbers that fit on paper; what is shown never says 1 to 7."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.disclosure import (
    MARKS,
    WITHHELD,
    Release,
    Rules,
    decile,
    periods_band,
    persistence_score_band,
    quarter_band,
    rank_band,
    release_faults,
    shown_counts,
    shown_people,
)

RULES = Rules()
counts = st.integers(0, 300)


def shown(*values, rules=RULES, events=None):
    events = None if events is None else np.array(events, dtype=float)
    return shown_counts(np.array(values, dtype=float), rules, events=events).tolist()


def test_counts_as_they_are_shown():
    assert shown(0, 1, 7, 8, 12, 13, np.nan) == [0, "[c]", "[c]", 10, 10, 15, "[x]"]


def test_events_decide_what_is_small_where_they_carry_weights():
    assert shown(35, 35, events=[7, 8]) == ["[c]", 35]


def test_partners_may_have_other_numbers():
    rules = Release(partner_threshold=3, partner_rounding=1, width=2).rules("partner")
    assert shown(2, 3, 4, rules=rules) == ["[c]", 3, 4]
    assert Release(partner_threshold=3, width=2).rules("public").threshold == 8


@given(counts)
def test_no_small_number_is_shown_and_no_other_is_far_off(count):
    (found,) = shown(count)
    if 1 <= count <= 7:
        assert found == WITHHELD
    else:
        assert found % 5 == 0
        assert abs(found - count) <= 2


@given(counts, counts)
def test_every_small_number_looks_the_same(a, b):
    small = [1 <= value <= 7 for value in (a, b)]
    if all(small):
        assert shown(a) == shown(b)
    elif any(small):
        assert shown(a) != shown(b)


def test_people_below_the_smallest_base_are_withheld():
    people = pd.Series([999, 1000, None, 0])
    assert shown_people(people, RULES).tolist() == ["[c]", 1000, "[x]", "[c]"]


def test_tenths_and_bands_of_ranks():
    ranks = pd.Series([*range(1, 101), None])
    assert decile(ranks).iloc[[0, 9, 10, 99]].tolist() == [1, 1, 2, 10]
    assert decile(ranks).isna().tolist() == [False] * 100 + [True]
    bands = rank_band(ranks, 5)
    assert list(bands.iloc[[0, 4, 5, 9, 10, 99, 100]]) == [
        "1 to 5", "1 to 5", "6 to 20", "6 to 20", "6 to 20", "91 to 100", "[x]",
    ]  # fmt: skip


@given(st.integers(1, 400), st.integers(1, 40))
def test_bands_of_ranks_leave_no_gap(n, target):
    bands = rank_band(pd.Series(range(1, n + 1)), min(target, n))
    for rank, band in enumerate(bands, start=1):
        first, _, last = band.partition(" to ")
        assert int(first) <= rank <= int(last or first)


def test_periods_in_bands():
    found = periods_band(pd.Series([0, 1, 2, 3, 4, 5, 0]), pd.Series([5] * 6 + [0]))
    assert list(found) == ["never", "some", "some", "most", "most", "every", "[x]"]
    assert list(periods_band(pd.Series([1, 2]), pd.Series([2, 4]))) == ["most", "most"]


def test_scores_in_bands():
    scores = np.array([0, 20, 40, 60, 80, 100, np.nan])
    np.testing.assert_allclose(
        persistence_score_band(scores), [0, 100 / 3, 100 / 3, 200 / 3, 200 / 3, 100, np.nan]
    )
    np.testing.assert_array_equal(
        quarter_band(np.array([0, 12, 13, 50, 99, np.nan])), [0, 0, 25, 50, 100, np.nan]
    )


def test_every_mark_is_explained():
    assert set(MARKS) == {"[c]", "[x]", "[z]"}
    assert all(MARKS.values())


def test_the_rules_are_said_in_words():
    text = " ".join(dataclasses.replace(RULES, threshold=10, rounding=10).sentences)
    assert "1 to 9" in text
    assert "nearest 10" in text


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"threshold": 5}, "fewer values than the width of 6"),
        ({"partner_threshold": 3}, r"release.threshold \(partner\)"),
        ({"rounding": 0}, "must be 1 or more"),
        ({"width": 1}, "must be 2 or more"),
    ],
)
def test_rules_that_protect_nothing_are_faults(options, fault):
    import re

    assert any(re.search(fault, line) for line in release_faults(Release(**options)))


def test_the_rules_as_they_come_have_no_fault():
    assert list(release_faults(Release())) == []
