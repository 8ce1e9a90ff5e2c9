"""Definitions of published documents: source, date, what is ours, and what they count."""

import pytest

from riskindex.definitions import definition_faults
from riskindex.named_definitions import known_definitions, shipped_definitions
from riskindex.rules import AllOf, AnyOf, Has

DEFINITIONS = known_definitions({})
ROWS_OF_RECORDS = {
    "essex-2024",
    "essex-2024-or",
    "essex-wide-2023",
    "essex-kpi-knife",
    "essex-kpi-homicide",
    "essex-kpi-knife-homicide",
    "essex-trauma",
    "act-2022",
    "london-2023",
    "kent-2024",
    "kent-public-place",
    "kent-sexual",
    "wolverhampton-youth",
}


def meets(rule, record):
    if isinstance(rule, Has):
        return record.get(rule.column, "") in rule.values
    met = [meets(part, record) for part in rule.rules]
    return all(met) if isinstance(rule, AllOf) else any(met) is isinstance(rule, AnyOf)


def verdict(name, **record):
    meaning = DEFINITIONS[name].meaning
    return (
        "in"
        if meets(meaning.certain, record)
        else "apart"
        if meets(meaning.possible, record)
        else "out"
    )


def offence(kind="robbery", weapon="knife", place="street", domestic="no", **more):
    said = {"weapon": weapon, "place": place, "domestic": domestic}
    return {"offence_type": kind, **said, **more}


def test_every_definition_that_documents_print_is_there_and_fits_together():
    assert set(DEFINITIONS) >= ROWS_OF_RECORDS
    for name, definition in shipped_definitions().items():
        assert list(definition_faults(definition)) == [], name
        assert definition.document, name
        assert definition.readings, name


def test_codes_that_were_not_checked_say_so():
    for name, definition in DEFINITIONS.items():
        assert definition.unchecked_codes == ("offence_code" in definition.columns), name


def test_essex_asks_for_weapon_place_and_not_domestic_or_for_one_of_the_first_two():
    cases = {
        "in": offence(),
        "out": offence(weapon="none"),
        "apart": offence(place=""),
    }
    assert {wanted: verdict("essex-2024", **case) for wanted, case in cases.items()} == {
        wanted: wanted for wanted in cases
    }
    assert verdict("essex-2024", **offence(place="dwelling")) == "out"
    assert verdict("essex-2024", **offence(weapon="")) == "out"
    assert verdict("essex-2024", **offence("homicide", weapon="none")) == "out"
    for either in (offence(weapon="none"), offence(place="dwelling"), offence(place="")):
        assert verdict("essex-2024-or", **either) == "in"
    assert verdict("essex-2024-or", **offence(weapon="none", place="")) == "apart"
    assert verdict("essex-2024-or", **offence(weapon="none", place="dwelling")) == "out"
    assert verdict("essex-2024-or", **offence(domestic="")) == "apart"


def test_no_domestic_manslaughter_can_be_counted_but_the_funnel_holds_it():
    kind = "domestic manslaughter"
    assert verdict("essex-2024", **offence(kind, domestic="yes")) == "out"
    step = DEFINITIONS["essex-2024"].steps[0]
    assert kind in [other.words for other in step.alternatives]


def test_the_key_figures_of_essex_are_made_of_one_another():
    assert verdict("essex-kpi-knife", **offence(place="dwelling")) == "in"
    assert verdict("essex-kpi-knife", **offence(domestic="yes")) == "out"
    assert verdict("essex-kpi-knife-homicide", **offence("homicide")) == "in"
    assert verdict("essex-kpi-knife-homicide", **offence("homicide", weapon="none")) == "out"
    assert verdict("essex-kpi-homicide", **offence("homicide", weapon="none")) == "in"


@pytest.mark.parametrize(("age", "wanted"), [("yes", "in"), ("no", "out"), ("", "apart")])
def test_london_asks_for_any_victim_or_suspect_under_25(age, wanted):
    (clause,) = DEFINITIONS["london-2023"].about_people
    assert (clause.who, set(clause.role)) == ("any", {"victim", "suspect"})
    assert verdict("london-2023", **offence(**{clause.looks_at: age})) == wanted
    assert verdict("london-2023", **offence("rape", **{clause.looks_at: "no"})) == "in"
    assert verdict("london-2023", **offence(domestic="yes", **{clause.looks_at: "no"})) == "in"


def test_the_act_is_an_outer_limit():
    assert [name for name, one in DEFINITIONS.items() if one.outer_limit] == ["act-2022"]
    assert verdict("act-2022", **offence("criminal damage and arson")) == "in"
    assert verdict("act-2022", **offence("theft")) == "out"
    assert verdict("act-2022", **offence("terrorism", domestic="yes")) == "out"


def test_a_union_counts_an_offence_once_whatever_it_meets():
    both = offence("robbery", weapon="firearm", domestic="yes")
    assert verdict("kent-2024", **both) == "in"
    assert verdict("kent-2024", **offence("theft", weapon="none", gang="yes")) == "in"
    assert verdict("kent-2024", **offence("theft", weapon="none")) == "out"
