"""A config is read whole, refused whole, and every fault says where it is."""

import copy
from dataclasses import replace
from typing import get_args

import pytest
from small_config import SMALL, changed, faults_of

from riskindex.config import parse_config, read_config
from riskindex.errors import ConfigError
from riskindex.events.periods import Categories
from riskindex.hotspots.categories import CATEGORY_TABLES
from riskindex.statistics.getis_ord import GetisOrd


def test_periods_are_labels_even_when_they_look_like_numbers():
    assert parse_config(SMALL).factors[0].periods == ["2022"]


def test_all_faults_come_together():
    config = changed(method="magic", tail=3)
    config["areas"]["cod"] = 1
    del config["title"]
    places = {fault.split(":")[1].strip() for fault in faults_of(config)}
    assert places == {"title", "areas.cod", "factors.asb.method", "factors.asb.tail"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "a b"}, "letters, digits"),
        ({"weight": -1}, "must be a number from 0"),
        ({"level": 2}, "between 0 and 1"),
        ({"periods": []}, "events need periods"),
        ({"source": "age"}, "not an event source"),
        ({"source": "nothing"}, "not an event source"),
        ({"method": "threshold"}, "for tables"),
        ({"exposure": None}, "needs an exposure"),
        ({"exposure": "people"}, "no base 'people'"),
        ({"score": "persistence"}, "two periods"),
        ({"scored": False}, "none is scored"),
        ({"numerator": "old", "denominator": "all", "source": "age"}, "no column 'all'"),
        ({"numerator": "old", "source": "age"}, "numerator and denominator"),
        ({"bases": {"residents": "asb.n"}}, "must be a table source"),
        ({"bases": {"residents": "age.young"}}, "no column 'young'"),
        ({"dispersion": -0.5}, "is a variance"),
        ({"dispersion": float("inf")}, "is a variance"),
        ({"dispersion": "guess"}, "factors.asb.dispersion"),
        ({"dispersion": "given-total", "background": "local"}, "one kind of event"),
        ({"getis_ord": {"statistic": "gi"}}, "getis_ord is for the method getis-ord"),
        ({"getis_ord": {"permutations": 0}}, "must be 1 or more"),
        ({"getis_ord": {"seed": -1}}, "must be 0 or more"),
        ({"getis_ord": {"enough": 0}}, "must be 1 or more, or left out"),
        ({"getis_ord": {"nul": "total"}}, "did you mean null?"),
        ({"bases": {"residents": {"age.young": 2.0}}}, "no column 'young'"),
        ({"bases": {"residents": {"age.old": -2.0}}}, "must be a number of 0 or more"),
        ({"bases": {"residents": {"age.old": 0.0}}}, "with a rate above 0"),
        ({"shares": {"old": {"numerator": "x.y", "denominator": "age.residents"}}}, "shares.old"),
    ],
)
def test_names_that_do_not_fit_together_are_named(change, words):
    assert any(words in fault for fault in faults_of(changed(**change)))


def by_age(*groups, **options):
    given = ({"label": f"age {i}", "source": "asb"} | group for i, group in enumerate(groups))
    factor = {"source": None, "exposure": None, "event_groups": list(given)}
    return changed(bases={"residents": "age.residents", "old": "age.old"}, **factor | options)


def test_groups_of_events_may_be_expected_from_a_base_each():
    config = by_age({"exposure": "residents"}, {"exposure": "old"})
    assert parse_config(config).factors[0].standardised


def test_an_event_may_count_decimal_days():
    config = parse_config(by_age({"weight": 182.25}, {"weight": 7}, exposure="residents"))
    assert [group.weight for group in config.factors[0].groups] == [182.25, 7]


@pytest.mark.parametrize(
    ("groups", "options", "words"),
    [
        ([{"exposure": "old"}, {}], {}, "age 1 need an exposure"),
        ([{"exposure": "young"}], {}, "no base 'young'"),
        ([{"exposure": "old", "weight": 2}], {}, "must have the weight 1"),
        ([{"weight": 0}], {"exposure": "residents"}, "the event weight 0 must be above 0"),
        ([{"weight": 0.125}], {"exposure": "residents"}, "0.125 has more than two decimals"),
        ([{"exposure": "old"}], {"exposure": "residents"}, "leave the factor's exposure out"),
        ([{"exposure": "old"}], {"method": "getis-ord"}, "takes no exposure"),
        ([{}, {}], {"exposure": "residents", "dispersion": "given-total"}, "one kind of event"),
    ],
)
def test_groups_whose_bases_do_not_fit_together_are_named(groups, options, words):
    assert any(words in fault for fault in faults_of(by_age(*groups, **options)))


def test_the_table_of_categories_is_a_word_of_the_config():
    assert set(get_args(Categories)) == set(CATEGORY_TABLES)
    for word in CATEGORY_TABLES:
        config = parse_config(changed() | {"periods": {"categories": word}})
        assert config.periods.categories == word


def test_every_choice_of_a_test_is_a_word_or_a_number_of_the_config():
    for choice in ("pair-ratio", "moments", "none", "given-total", 0.5, 0):
        assert parse_config(changed(dispersion=choice)).factors[0].dispersion == choice
    wanted = {"statistic": "gi", "null": "total", "p": "permutation", "permutations": 999}
    asked = changed(method="getis-ord", getis_ord=wanted)
    assert parse_config(asked).factors[0].getis_ord == GetisOrd(**wanted)


def test_every_fault_stands_on_a_line_of_its_own():
    faults = faults_of(changed(bases={"residents": "age.young"}, weight=-1))
    assert [fault.partition(": ")[2].partition(":")[0] for fault in faults] == [
        "bases.residents",
        "factors.asb",
    ]


def test_a_selection_that_cannot_be_is_refused_before_anything_is_read():
    config = changed() | {"selection": {"share": 5}}
    assert "5% is 0.05" in faults_of(config)[0]


def test_two_factors_may_not_share_a_name():
    config = changed()
    config["factors"] *= 2
    assert any("used 2 times" in fault for fault in faults_of(config))


def test_paths_start_from_the_folder_of_the_config(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(
        'title="t"\nplace="p"\nareas={boundaries="a.gpkg",code="c"}\n'
        'sources.t={kind="table",path="t.csv",columns={a="A",b="B"}}\n'
        '[[factors]]\nname="f"\nlabel="F"\nsource="t"\nnumerator="a"\ndenominator="b"\n'
        'method="value"\nscore="value"\n'
    )
    assert read_config(path).folder == tmp_path


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("weight", float("inf"), "must be a number from 0"),
        ("weight", float("nan"), "must be a number from 0"),
        ("score", "threshold", "needs a threshold"),
    ],
)
def test_numbers_that_no_factor_can_use_are_refused(key, value, words):
    config = copy.deepcopy(SMALL)
    config["factors"][0][key] = value
    with pytest.raises(ConfigError, match=words):
        parse_config(config)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"score": "risk", "ageing": 0}, "the half-life 0 must be above 0 periods"),
        ({"score": "risk", "method": "getis-ord", "exposure": None}, "Use window or poisson"),
    ],
)
def test_a_risk_needs_an_expectation_and_an_age(options, words):
    assert any(words in fault for fault in faults_of(changed(**options)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"score": "risk", "estimate": "exceedance", "above": 0}, "above: 0 must be a number"),
        ({"score": "confidence", "estimate": "rank"}, "estimate and prior are for the score risk"),
        ({"score": "confidence", "prior": "spatial"}, "estimate and prior are for the score risk"),
        ({"score": "risk", "estimate": "median"}, "mean"),
    ],
)
def test_what_is_told_of_a_risk_is_one_of_three(options, words):
    assert any(words in fault for fault in faults_of(changed(**options)))


def test_a_probability_or_rank_is_not_winsorised():
    given = parse_config(changed(score="risk", estimate="rank")).factors[0]
    assert given.normalisation == "min-max"


def test_a_risk_is_winsorised_unless_said_otherwise():
    given = parse_config(changed(score="risk")).factors[0]
    assert (given.normalisation, given.ageing) == ("winsorise+min-max", "linear")
    assert replace(given, normalise="z").normalisation == "z"
    assert parse_config(changed(score="intensity")).factors[0].normalisation == "min-max"


def test_a_threshold_in_per_cent_is_refused():
    config = copy.deepcopy(SMALL)
    config["factors"].append(
        {
            "name": "old",
            "label": "Old",
            "source": "age",
            "numerator": "old",
            "denominator": "residents",
            "method": "threshold",
            "threshold": 25,
            "score": "threshold",
        }
    )
    with pytest.raises(ConfigError, match=r"25% is 0\.25"):
        parse_config(config)


def test_places_and_plan_are_sections_of_the_config():
    places = {"largest_areas": 9, "names": {"E01000001": "Pier"}}
    plan = {"hours": 30, "each": 10, "minimum": {"Basildon": 1}, "services": ["clubs.csv"]}
    config = parse_config({**SMALL, "places": places, "plan": plan})
    assert config.places.largest_areas == 9
    assert config.plan.resource == "hours"
    assert config.plan.services == ("clubs.csv",)
    assert parse_config(SMALL).plan is None


def test_what_no_plan_can_be_is_told_at_once():
    plan = {"teams": 2, "budget": 10, "within_km": 0}
    faults = faults_of({**SMALL, "places": {"largest_areas": 0}, "plan": plan})
    assert any("places.largest_areas: 0 must be 1 or more." in line for line in faults)
    assert any("teams and budget are given" in line for line in faults)
    assert any("plan.within_km" in line for line in faults)


def test_profiles_are_for_kinds_of_groups_that_the_areas_have():
    config = changed()
    config["areas"]["groups"] = {"district": "LAD24NM"}
    config["profiles"] = {"groups": ["district"]}
    assert parse_config(config).profiles.groups == ["district"]
    config["profiles"] = {"groups": ["parish"]}
    (fault,) = faults_of(config)
    assert "profiles.groups: the areas are in no group 'parish'; there is district." in fault
