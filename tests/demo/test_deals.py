"""Labels are dealt in whole numbers, as near to their shares as can be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskindex.demo.deals import choose, deal, deal_words, whole_numbers


def test_seven_in_halves_and_quarters():
    assert whole_numbers(7, np.array([2.0, 1.0, 1.0])).tolist() == [3, 2, 2]


@given(st.integers(0, 500), st.lists(st.floats(0.01, 10), min_size=1, max_size=6))
def test_parts_add_up_and_are_less_than_one_off(total, shares):
    wanted = total * np.array(shares) / sum(shares)
    parts = whole_numbers(total, np.array(shares))
    assert parts.sum() == total
    assert (np.abs(parts - wanted) < 1).all()


def test_a_deal_holds_every_share_in_another_order_each_time():
    rng = np.random.default_rng(1)
    first, second = (deal(rng, 1000, np.array([0.7, 0.3])) for _ in range(2))
    assert np.bincount(first).tolist() == np.bincount(second).tolist() == [700, 300]
    assert (first != second).any()


def test_words_are_dealt_within_their_groups():
    groups = ["a"] * 10 + ["b"] * 4
    words = deal_words(np.random.default_rng(1), groups, {"a": {"x": 1, "y": 1}, "": {"z": 1}})
    assert sorted(words[:10]) == ["x"] * 5 + ["y"] * 5
    assert list(words[10:]) == ["z"] * 4


def test_no_more_are_chosen_than_there_are():
    rows = np.arange(3)
    assert sorted(choose(np.random.default_rng(1), rows, 5)) == [0, 1, 2]
    assert len(choose(np.random.default_rng(1), rows, -2)) == 0
