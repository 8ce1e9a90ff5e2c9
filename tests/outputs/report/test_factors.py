"""The part on factors: how each scores in words, and that finding nothing is a result."""

import dataclasses
import html
import re

import pandas as pd
from tables import factor

from riskindex.factors import inside
from riskindex.outputs.report.factors import METHODS, SCORES, factors_part, score_words
from riskindex.publication.readable_tables import estimate_words


def words_of(released):
    """The part as plain text."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", factors_part(released))))


def test_a_score_is_told_in_words_and_with_its_estimate_where_there_is_one():
    factors = pd.DataFrame({"score": ["flag", "risk", ""], "estimate": ["", "Gamma prior", ""]})
    assert list(score_words(factors)) == [
        "100 where hot, else 0",
        f"{SCORES['risk']}: Gamma prior",
        "not scored: mapped and tested only",
    ]


def test_what_is_turned_round_is_said_to_be():
    homes = factor(method="value", score="value", direction=-1)
    assert estimate_words(homes) == "turned round, as less of it means more risk"
    assert estimate_words(factor(method="value", score="value")) == ""


def test_every_method_and_score_of_a_factor_has_its_words(county_released):
    assert set(county_released.factors["method"]) <= set(METHODS)
    assert set(county_released.factors["score"]) <= set(SCORES)


def test_each_factor_has_its_line_and_its_method_a_sentence(county_released):
    text = words_of(county_released)
    for label in county_released.factors["label"]:
        assert label in text
    for method in set(county_released.factors["method"]):
        assert METHODS[method] in text


def test_what_police_find_by_looking_is_named(county_released):
    factors = county_released.factors.assign(recorded="victim-reported")
    plain = words_of(dataclasses.replace(county_released, factors=factors))
    assert "Found by police activity" not in plain
    factors.loc[factors.index[0], "recorded"] = "police-generated"
    text = words_of(dataclasses.replace(county_released, factors=factors))
    label = inside(factors["label"].iloc[0])
    assert f"so they show where police look, too: {label}." in text


def test_a_factor_that_is_hot_nowhere_has_found_that(county_released):
    tests = county_released.tests.copy()
    tested = (tests["method"] != "value") & (tests["hot"] > 0)
    factor = tests.index[tested][0][0]
    tests.loc[[factor], "hot"] = 0
    text = words_of(dataclasses.replace(county_released, tests=tests))
    label = county_released.factors.at[factor, "label"]
    assert f"{label}: no area is hot. That is a result" in text
