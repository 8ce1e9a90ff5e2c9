"""Definitions in three values: in, out, and set apart for what is not recorded."""

import pandas as pd
import pytest
from random_definitions import definition, every_record, reads
from small_events import count, factor, line, squares

from riskindex.definitions import Clause, Definition, definition_faults

ONE = squares("E01000001")
WEAPON = Clause(label="a weapon", column="weapon", values=("knife", "gun"), not_recorded="out")
OUTSIDE = Clause(label="outside", column="place", values=("street",), not_recorded="apart")
DOMESTIC = Clause(label="domestic", column="domestic", values=(True,), not_recorded="apart")
SERIOUS = Definition(label="serious violence", all=(WEAPON, OUTSIDE), none=(DOMESTIC,))


def record(weapon="knife", place="street", domestic="false", **more):
    said = {"weapon": weapon, "place": place, "domestic": domestic}
    return {"date": "2022-05-01", "area": "E01000001", **said, **more}


def counted(rows, asked, **options):
    return count(rows, ONE, factor(definition=asked, **options))


def funnel(found, column="left"):
    steps = found.funnels[found.funnels["alternative"] == ""]
    return steps[column].tolist()


def number(found):
    return int(found.counts.to_numpy().sum())


def test_a_record_is_in_where_every_clause_is_met():
    rows = [record(), record(weapon="fist"), record(place="home"), record(domestic="true")]
    assert number(counted(rows, SERIOUS)) == 1


def test_what_is_not_recorded_is_out_in_or_set_apart_as_the_clause_says():
    rows = [record(weapon=None), record(place=None), record(place="")]
    found = counted([*rows, record()], SERIOUS)
    assert number(found) == 1
    assert found.funnels["set_apart"].tolist()[-1] == 2
    kept = Clause(column="weapon", values=("knife",), not_recorded="in")
    assert number(counted(rows, Definition(label="kept", all=(kept,)))) == 3


def test_in_means_in_under_none_too():
    def without(fate):
        clause = Clause(column="domestic", values=(True,), not_recorded=fate)
        return Definition(label=fate, none=(clause,))

    rows = [record(domestic="true"), record(domestic=None), record()]
    assert number(counted(rows, without("in"))) == 2
    assert number(counted(rows, without("out"))) == 1
    assert number(counted(rows, without("apart"))) == 1


def test_the_funnel_reconciles_at_every_step():
    rows = [
        *[record()] * 5,
        *[record(weapon="fist")] * 4,
        *[record(weapon=None)] * 3,
        *[record(place=None)] * 2,
        record(domestic="true"),
        record(date="2021-01-01"),
        record(area=None),
    ]
    found = counted(rows, SERIOUS)
    assert funnel(found) == [16, 16, 9, 7, 6, 5]
    assert funnel(found, "left_out") == [0, 0, 7, 0, 1, 1]
    assert funnel(found, "set_apart") == [0, 0, 0, 2, 2, 2]
    assert funnel(found, "not_recorded")[2:5] == [3, 2, 0]
    steps = found.funnels
    assert (steps["left"] + steps["set_apart"] + steps["left_out"].cumsum() == 16).all()
    assert line(found, "f") == {"read": 7, "counted": 5, "no_location": 1, "outside_periods": 1}


def test_alternatives_are_told_and_what_becomes_of_them_in_the_end():
    kinds = tuple(
        Clause(label=kind, column="kind", values=(kind,), not_recorded="out")
        for kind in ("robbery", "domestic manslaughter")
    )
    asked = Definition(label="d", all=(Clause(label="kinds", any=kinds),), none=(DOMESTIC,))
    rows = [record(kind="robbery"), record(kind="domestic manslaughter", domestic="true")]
    funnel = counted(rows, asked).funnels
    funnel = funnel[funnel["alternative"] != ""].set_index("alternative")
    assert funnel["left"].to_dict() == {"robbery": 1, "domestic manslaughter": 1}
    assert funnel["in_the_end"].to_dict() == {"robbery": 1, "domestic manslaughter": 0}


def test_ages_from_and_under_a_year_and_what_is_no_age_is_not_recorded():
    young = Clause(column="age", at_least=10, under=25, not_recorded="apart")
    ages = ["9", "10", "24", "24.0", "25", "not known", None, "130"]
    found = counted([record(age=age) for age in ages], Definition(label="young", all=(young,)))
    assert number(found) == 3
    assert found.funnels["set_apart"].tolist()[-1] == 2


def test_a_group_of_a_factor_and_a_rule_of_the_source_know_definitions():
    rows = [record(), record(used="no"), record(weapon="fist")]
    rows = [{"used": "yes", **row} for row in rows]
    found = count(rows, ONE, factor(definition=SERIOUS), where={"used": ["yes"]})
    assert funnel(found) == [3, 2, 1, 1, 1, 1]


@pytest.mark.parametrize("block", range(8))
def test_random_definitions_count_what_a_plain_filter_counts(block):
    of_each(range(5 * block, 5 * block + 5))


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
def test_five_hundred_random_definitions_count_what_a_plain_filter_counts(block):
    of_each(range(1000 + 50 * block, 1000 + 50 * block + 50))


def of_each(seeds):
    records = every_record()
    rows = pd.DataFrame(records).assign(date="2022-05-01", area="E01000001").to_dict("records")
    asked = {f"f{seed}": definition(seed) for seed in seeds}
    factors = [factor(name, definition=one) for name, one in asked.items()]
    found = count(rows, ONE, *factors)
    for name, one in asked.items():
        kept = [reads(one, row) for row in records]
        steps = found.funnels[found.funnels["factor"] == name]
        assert found.counts[name].to_numpy().sum() == kept.count(True), one
        assert steps["set_apart"].iloc[-1] == kept.count(None), one
        plain = steps[steps["alternative"] == ""]
        total = plain["left"] + plain["set_apart"] + plain["left_out"].cumsum()
        assert (total == len(records)).all(), one


@pytest.mark.parametrize(
    ("clause", "what"),
    [
        ({"column": "a", "values": ["b"]}, 'not_recorded = "in", "out" or "apart"'),
        ({"column": "a", "not_recorded": "in"}, "name the values"),
        ({"column": "a", "values": [""], "not_recorded": "in"}, "an empty value"),
        ({"column": "a", "under": 0, "not_recorded": "in"}, "whole numbers from 0"),
        ({}, "name a column"),
        ({"column": "a", "any": [WEAPON]}, "or a definition: one"),
        (
            {"column": "a", "values": ["b"], "unknown": ["b"], "not_recorded": "in"},
            "cannot both meet the clause and be unknown",
        ),
    ],
)
def test_a_clause_that_does_not_fit_together_is_refused(clause, what):
    asked = Definition(label="d", any=(Clause(**clause),))
    assert what in " ".join(definition_faults(asked))


def test_a_definition_without_a_clause_is_refused():
    assert list(definition_faults(Definition(label="d"))) == [
        "name at least one clause under all, any or none."
    ]


def test_a_list_of_clauses_says_what_it_is_made_of():
    either = Clause(any=(WEAPON, OUTSIDE))
    assert either.words == "a weapon or outside"
    assert Clause(none=(WEAPON, OUTSIDE)).words == "not (a weapon or outside)"
    assert Clause(all=(WEAPON,), none=(DOMESTIC,)).words == "(a weapon) and not (domestic)"
    young = Clause(who="any", role=("suspect", "victim"), column="age", under=25)
    assert young.words == "any suspect or victim with age under 25"
