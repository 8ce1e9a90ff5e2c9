"""What a profile says of numbers of events: changes with intervals, periods that are alike."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from riskindex.outputs.profiles.events import change, change_sentences
from riskindex.outputs.profiles.numbers import Book


@pytest.mark.parametrize(
    ("now", "before", "words", "interval", "is_clear"),
    [
        (27, 40, "down 33%", "−60% to +13%", False),
        (10, 15, "down 33%", "−73% to +59%", False),
        (0, 10, "down 100%", "−100% to −55%", True),
        (3, 10, "down 70%", "−95% to +17%", False),
        (10, 0, "up from none", "+124% or more", True),
    ],
)
def test_changes_are_rounded_in_whole_numbers_and_their_intervals_exact(
    now, before, words, interval, is_clear
):
    found = change(now, before)
    assert (found.words, found.interval, found.is_clear) == (words, interval, is_clear)
    # The later of the two counts is binomial given their sum.
    low, high = stats.binomtest(now, now + before).proportion_ci(0.95, method="exact")
    assert found.low == pytest.approx(low / (1 - low), abs=1e-12)
    assert found.high == (np.inf if high == 1 else pytest.approx(high / (1 - high)))


def test_nothing_is_said_where_nothing_is_known():
    assert change(0, 0) is change(float("nan"), 10) is change(10, float("nan")) is None


def test_a_part_period_is_not_compared_with_a_whole_one(county_released):
    table = county_released.rhythm
    months = table.index.get_level_values("value")
    late = (table.index.get_level_values("aspect") == "month") & (months > "2022-07")
    part = dataclasses.replace(county_released, rhythm=table[~late & (months < "2023")])
    book = Book(part)
    place = book.districts[0]
    told = [s for s in change_sentences(book, place) if " 2022" in s]
    assert told
    assert all("not compared: 2022 has no records of 5 of its 12 months." in s for s in told)
    whole = change_sentences(Book(county_released), place)
    assert whole
    assert not any("not compared" in sentence for sentence in whole)
