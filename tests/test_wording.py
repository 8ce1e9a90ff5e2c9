"""Words and numbers in texts: phrases are found as a pattern of all of them would."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.wording import Phrases, without


def test_the_longest_phrase_goes_first():
    phrases = Phrases(["Colne 1", "Colne 10", "10"])
    assert list(phrases.in_turn("in Colne 10, not 10")) == [(3, "Colne 10"), (17, "10")]


def test_every_phrase_is_found_also_within_another():
    assert Phrases(["Colne", "Colne 10", "10"]).all_in("Colne 10") == ["Colne", "Colne 10", "10"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Colne 10 is hot", " ;  is hot"),
        ("Colne ten is hot", "Colne ten is hot"),
        ("Colne", "Colne"),
    ],
)
def test_names_that_hold_a_number_are_taken_out(text, left):
    assert without(text, Phrases(["Colne 10"])) == left


@given(st.lists(st.text("ab1 ", max_size=6), max_size=6), st.text("ab1 ", max_size=20))
def test_phrases_are_found_as_a_pattern_finds_them(phrases, text):
    of = sorted({phrase for phrase in phrases if phrase}, key=len, reverse=True)
    found = Phrases(phrases)
    pattern = re.compile("|".join(map(re.escape, of)) if of else r"(?!)")
    assert [phrase for _, phrase in found.in_turn(text)] == pattern.findall(text)
    assert found.replaced(text, "-") == pattern.sub("-", text)
    assert set(found.all_in(text)) == {phrase for phrase in of if phrase in text}
