"""A fault is a sentence: where it is, what is wrong, which key was meant."""

from dataclasses import replace

import pytest
from small_config import SMALL, changed, faults_of
from small_events import source
from tables import factor

from riskindex.areas.table_files import TableSource
from riskindex.config_faults import column_faults, factor_faults, listed
from riskindex.factors import EventGroup
from riskindex.statistics.getis_ord import GetisOrd

SOURCES = {
    "suspects": source(),
    "census": TableSource(kind="table", path="-", code="c", columns={"poor": "p", "all": "a"}),
}
SHARE = {
    "source": "census",
    "numerator": "poor",
    "denominator": "all",
    "method": "threshold",
    "threshold": 0.25,
    "score": "threshold",
}


def faults(**options):
    asked = factor("suspects", **options)
    return list(factor_faults(asked, sources=SOURCES, bases=["residents"], unit="calendar-year"))


def test_sound_factors_have_no_fault():
    assert faults() == []
    assert faults(method="window", exposure="residents", score="risk") == []
    assert faults(**SHARE) == []


def test_names_are_listed_in_order():
    assert listed(["b", "a"]) == "a, b"
    assert listed([]) == "none"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"periods": ()}, "events need periods"),
        ({"weight": -1.0}, "the weight -1.0 must be a number from 0"),
        ({"level": 1.0}, "the level 1.0 must lie between 0 and 1"),
        ({"source": "knives"}, "'knives' is not an event source; known: census, suspects"),
        ({"method": "window"}, "needs an exposure"),
        ({"method": "window", "exposure": "homes"}, "no base 'homes'; bases: residents"),
        ({"score": "persistence"}, "persistence needs two periods"),
        ({"score": "risk"}, "the method getis-ord expects nothing of an area's base"),
        ({"estimate": "rank"}, "estimate and prior are for the score risk"),
        ({"dispersion": -0.5}, "the dispersion -0.5 is a variance"),
        ({"getis_ord": GetisOrd(permutations=0)}, "permutations: 0 must be 1 or more"),
        ({"score": "threshold"}, "the score threshold needs a threshold"),
        (SHARE | {"threshold": 25.0}, "a share from 0 to below 1: 25% is 0.25"),
        (SHARE | {"threshold": None}, "needs a threshold, such as 0.25"),
        (SHARE | {"periods": ("2022",)}, "a table has no periods"),
        (SHARE | {"numerator": "rich"}, "census has no column 'rich'; it names all, poor"),
    ],
)
def test_each_fault_says_what_is_wrong(options, words):
    assert any(words in fault for fault in faults(**options))


def test_getis_ord_options_are_for_its_method_alone():
    asked = {"method": "window", "exposure": "residents", "getis_ord": GetisOrd(statistic="gi")}
    assert "getis_ord is for the method getis-ord" in faults(**asked)[0]


def test_strata_need_a_base_each_and_weight_one():
    young = EventGroup(label="young", source="suspects", exposure="residents")
    old = EventGroup(label="old", source="suspects", weight=2)
    asked = {"source": None, "event_groups": (young, old), "method": "window"}
    found = faults(**asked)
    assert any(fault.startswith("event_groups: old need an exposure") for fault in found)
    assert any("must have the weight 1" in fault for fault in found)
    twin = replace(old, label="young", weight=1, exposure="residents")
    again = faults(**asked | {"event_groups": (young, twin)})
    assert any("the label 'young' is used 2 times" in fault for fault in again)


def test_a_column_is_one_of_a_table():
    assert list(column_faults(SOURCES, "bases.x", "census.all")) == []
    (fault,) = column_faults(SOURCES, "bases.x", "suspects.area")
    assert fault == "bases.x: 'suspects.area' must be a table source and a column; tables: census."


def test_an_unknown_key_is_refused_with_the_nearest_known_one():
    assert faults_of(changed(wieght=2)) == (
        "config: factors.asb.wieght: unknown key; did you mean weight?",
    )


def test_a_key_of_a_source_is_found_without_the_tag_of_its_kind():
    config = changed()
    config["sources"]["asb"]["pth"] = "x"
    assert faults_of(config) == ("config: sources.asb.pth: unknown key; did you mean path?",)


def test_a_long_value_is_cut_in_the_sentence_about_it():
    (fault,) = faults_of({**SMALL, "seed": "x" * 5000})
    assert len(fault) < 400
