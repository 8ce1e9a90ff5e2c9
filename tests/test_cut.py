import math

import pytest

from riskindex.cut import (
    Cut,
    areas,
    by_hand,
    by_noised_counts,
    exchanged,
    explained,
    of_100,
    without_score,
)

CUT = Cut(
    assessed=100,
    rule="5% of 100 areas, rounded up: 5",
    target=5,
    score_at_cut=40.0,
    above_cut=3,
    tied_at_cut=2,
    positive=60,
    selected=5,
    overridden_in=0,
    overridden_out=0,
    explanation="",
)


def test_the_sentences_give_the_rule_what_is_above_and_at_the_cut_and_the_sum():
    assert explained(CUT, "").explanation == (
        "5% of 100 areas, rounded up: 5. 3 areas scored above the score at the cut, 40, and 2 have "
        "exactly it. That makes 5 areas."
    )


def test_a_list_that_is_short_says_why():
    short = CUT._replace(positive=2, above_cut=1, tied_at_cut=1, selected=2)
    assert "Only 2 areas scored above 0, so the list is short of the 5." in (
        explained(short, "").explanation
    )


@pytest.mark.parametrize(("put_in", "taken_out"), [(1, 0), (0, 1), (2, 1)])
def test_overrides_add_up_to_the_number_selected(put_in, taken_out):
    made = by_hand(explained(CUT, ""), put_in, taken_out, given=3)
    assert made.selected == 5 + put_in - taken_out
    assert made.computed == 5
    assert made.explanation.endswith(f": {areas(made.selected)} selected.")


def test_no_override_and_no_exchange_change_nothing():
    assert by_hand(CUT, 0, 0, given=0) == CUT
    assert exchanged(CUT, 0, 0, group="district", minimum=1) == CUT


def test_a_minimum_per_group_names_the_groups_that_fall_short():
    made = exchanged(CUT, 2, 1, group="district", minimum=1, short=["Harlow"])
    assert (made.selected, made.entered, made.left) == (6, 2, 1)
    assert "(fewer score above 0 in Harlow)" in made.explanation


def test_the_score_at_the_cut_can_be_left_out():
    words = without_score(explained(CUT, ""))
    assert "40" not in words.explanation
    assert math.isnan(words.score_at_cut)


def test_a_list_of_noised_counts_is_called_one_before_its_arithmetic():
    made = by_noised_counts(explained(CUT, ""))
    assert made.explanation.startswith("The list was selected by counts with noise, ")
    assert made.explanation.endswith(explained(CUT, "").explanation)


@pytest.mark.parametrize(
    ("share", "words"),
    [(1, "100"), (0.995, "99"), (0.949, "94"), (0.95, "95"), (0.004, "under 1"), (0, "0")],
)
def test_repeats_of_a_hundred_are_cut_so_that_none_is_said_to_be_all_or_firm(share, words):
    assert of_100(share) == words
    assert of_100(float("nan")) == ""
