"""What the classes of the index are called."""

from dataclasses import replace

import pandas as pd
import pytest

from riskindex.outputs.profiles.numbers import class_words, index_class, score_range


def test_classes_are_named_by_the_scores_that_they_hold(county_released):
    scores = [87.5, 25.0, 6.25, *[0.0] * 7]
    every = county_released.all_areas.iloc[:10].assign(score=scores)
    assert list(index_class(every["score"])) == [4, 3, 2, *[0] * 7]
    assert class_words(replace(county_released, all_areas=every)) == {
        4: "score 87.5",
        3: "score 25",
        2: "score 6.3",
        0: "score 0",
    }


def test_areas_without_a_score_are_in_no_named_class(county_released):
    every = county_released.all_areas.iloc[:2].assign(score=[10.0, None])
    words = class_words(replace(county_released, all_areas=every))
    assert list(words.values()) == ["score 10"]


@pytest.mark.parametrize(
    ("scores", "words"),
    [([25, 87.5], "25 to 87.5"), ([0, 0], "0"), ([6.24, 6.25], "6.2 to 6.3"), ([3.01, 3], "3")],
)
def test_a_range_has_one_decimal_where_there_is_one(scores, words):
    assert score_range(pd.Series(scores, dtype=float)) == words
