"""Known pairs that count one thing twice: each rule on factors made for it, both ways round."""

import pandas as pd
import pytest

from riskindex.config import parse_config
from riskindex.index.double_counting import find_double_counting, warn_of_double_counting

EVENTS = {"method": "getis-ord", "score": "confidence", "periods": ["2022"]}
TABLE = {"method": "value", "score": "value", "denominator": "all"}


def config(*factors, columns=("all",), path="t.csv"):
    named = {c: c for f in factors for c in [f.get("numerator")] if c} | {c: c for c in columns}
    return parse_config(
        {
            "title": "T",
            "place": "P",
            "areas": {"boundaries": "a.gpkg", "code": "c"},
            "sources": {
                "police": {"kind": "police.uk", "path": "p.zip"},
                "table": {"kind": "table", "path": path, "columns": named},
            },
            "factors": [{"label": f["name"].replace("_", " "), "weight": 1, **f} for f in factors],
        }
    )


def events(name, *types, **options):
    where = {"Crime type": list(types)} if types else {}
    return {"name": name, "source": "police", "where": where, **EVENTS, **options}


def table(name, numerator, **options):
    return {"name": name, "source": "table", "numerator": numerator, **TABLE, **options}


def pairs_of(asked, correlations=None):
    correlated = pd.DataFrame() if correlations is None else correlations
    return find_double_counting(asked.factors, asked.sources, correlated)


def found(*factors, **options):
    pairs = pairs_of(config(*factors, **options))
    return pairs["rule"].tolist()


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        (events("crime"), events("drugs", "Drugs"), "part"),
        (
            events("theft", "Shoplifting", "Burglary"),
            events("home", "Burglary", "Drugs"),
            "overlap",
        ),
        (events("theft", "Burglary"), events("drugs", "Drugs"), None),
        (table("poor", "x"), table("poorer", "x"), "same column"),
        (table("imd", "imd_crime_score"), events("robbery", "Robbery"), "crime domain"),
        (table("imd", "score"), events("robbery", "Robbery"), "crime in the index"),
        (table("imd", "score"), table("poor", "income"), "domain of the index"),
        (table("poor", "income"), table("idle", "unemployed"), "income and work"),
        (
            table("hard", "deprived in two"),
            table("idle", "not_worked"),
            "household deprivation and work",
        ),
        (
            events("drugs", "Drugs", recorded="police-generated"),
            events("knives", "Possession of weapons", recorded="police-generated"),
            "police activity",
        ),
        (events("drugs", "Drugs", recorded="police-generated"), events("robbery", "Robbery"), None),
        (table("old", "aged"), events("robbery", "Robbery"), None),
    ],
)
def test_each_rule_names_its_pair_both_ways_round(one, other, rule):
    assert found(one, other) == found(other, one) == ([rule] if rule else [])


def test_what_is_not_scored_counts_nothing_twice():
    assert found(events("crime"), events("drugs", "Drugs", scored=False)) == []


def test_events_under_two_conditions_are_part_of_those_under_one():
    narrow = events("a", "Drugs") | {"where": {"Crime type": ["Drugs"], "Month": ["2022-01"]}}
    assert found(narrow, events("b", "Drugs")) == ["part"]


def test_the_pairs_are_told_in_one_sentence():
    pairs = pairs_of(config(events("crime"), events("drugs", "Drugs")))
    (warning,) = warn_of_double_counting(pairs, {"crime": "Crime", "drugs": "Drugs"})
    assert warning.startswith("1 pair of factors may count one thing twice")
    assert "Crime and Drugs" in warning
    assert not warn_of_double_counting(pairs.iloc[:0], {})


def test_the_correlation_stands_beside_the_pair():
    columns = pd.MultiIndex.from_tuples([("factor", "crime"), ("factor", "drugs")])
    correlated = pd.DataFrame([[1.0, 0.7], [0.7, 1.0]], index=["crime", "drugs"], columns=columns)
    asked = config(events("crime"), events("drugs", "Drugs"))
    assert pairs_of(asked, correlated)["rho"].tolist() == [0.7]
    assert pairs_of(asked)["rho"].isna().all()
