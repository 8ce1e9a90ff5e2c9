import numpy as np
import pandas as pd
import pytest
from row_of_places import ROW, county, listed

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.errors import ConfigError
from riskindex.planning.named_places import PlaceRules
from riskindex.planning.team_plan import (
    Surroundings,
    make_plan,
    reach_table,
    sizes_of_places,
)
from riskindex.planning.teams import Plan

LIST = [ROW[0], ROW[1], ROW[4], ROW[6]]
"""Three places: Pier with 300 young people in the south, Lea and Mark with 100 in the north."""


def made(selected=LIST, *, areas=None, **options):
    areas = county() if areas is None else areas
    return make_plan(listed(selected, areas=areas), areas, neighbour_matrix(areas), **options)


def test_a_county_without_a_plan_has_a_team_for_each_of_its_few_places():
    plan = made()
    assert plan.listed == "4 of 8 areas, in one place and two single areas"
    assert plan.sentences.answer == (
        "4 of 8 areas, in one place and two single areas; 3 teams reach 500 of 500 people aged "
        "10 to 24: Pier, Lea and Mark."
    )
    assert plan.now == 3


def test_every_number_of_teams_has_its_places_and_sentence():
    steps = made(plan=Plan(teams=1)).steps
    assert [step.places for step in steps] == [(), (1,), (1, 2), (1, 2, 3)]
    assert [step.reached for step in steps] == [0, 150, 200, 250]
    assert steps[0].reach == "0 teams reach no place"
    assert steps[1].reach == "1 team reaches 300 of 500 people aged 10 to 24: Pier"
    assert steps[1].one_more.startswith("With 1 team more, Lea would be reached: 100 more")
    assert steps[3].one_more == ""


def test_with_one_place_in_each_district_fewer_teams_than_districts_are_not_enough():
    spread = made(plan=Plan(teams=1)).spread
    assert [step.places for step in spread] == [(), (), (1, 2), (1, 2, 3)]
    assert [step.reached for step in spread] == [None, None, 200, 250]
    assert spread[1].reach == "one place in each of 2 districts takes 2 teams at least"


def test_a_maximum_may_forbid_one_place_in_each_district():
    assert made(plan=Plan(teams=2, maximum={"South": 0})).spread == ()


def test_a_plan_between_two_steps_has_a_step_of_its_own():
    plan = made(plan=Plan(hours=25, each=10))
    assert [step.amount for step in plan.steps] == [
        "0 hours",
        "10 hours",
        "20 hours",
        "25 hours",
        "30 hours",
    ]
    assert plan.now == 3
    assert plan.steps[3].places == plan.steps[2].places == (1, 2)
    assert [len(step.places) for step in plan.spread] == [0, 0, 2, 2, 3]


def test_more_teams_than_places_reach_them_all():
    plan = made(plan=Plan(teams=9))
    assert plan.now == 3
    assert plan.choice.best.places == (1, 2, 3)


def test_an_empty_list_has_no_plan():
    plan = made([])
    assert plan.choice is None
    assert plan.steps == ()
    assert plan.sentences.answer == "0 of 8 areas."


def test_where_people_are_not_known_areas_are_counted():
    areas = county().assign(residents_10_24=[np.nan] * 8)
    plan = made(areas=areas)
    assert plan.choice.plan.maximise == "areas"
    assert "3 teams reach 4 of 4 areas" in plan.sentences.answer


def test_other_groups_stand_in_for_wards_and_districts():
    areas = county().rename(columns={"ward": "estate", "district": "csp"})
    table = made(areas=areas).places.table
    assert table["wards"].tolist() == ["Pier", "Lea", "Mark"]
    assert table["district"].tolist() == ["South", "North", "North"]


def test_repeats_say_how_firm_the_choice_is():
    repeats = np.array([[code in chosen for code in ROW] for chosen in (LIST, LIST[2:])])
    plan = made(plan=Plan(teams=1), repeats=repeats)
    assert plan.places.table["again"].tolist() == [0.5, 0.5, 0.0]


def test_services_are_counted_around_each_place():
    services = pd.DataFrame({"kind": ["youth club"], "name": ["A"], "x": [500.0], "y": [500.0]})
    plan = made(around=Surroundings(services=services))
    assert plan.services_nearby["youth club"].tolist() == [1, 0, 0]
    assert made().services_nearby.empty


def test_settlements_name_the_places():
    settlements = pd.DataFrame({"name": ["Clacton"], "x": [900.0], "y": [500.0]})
    assert made(around=Surroundings(settlements)).places.table["name"].iloc[0] == "Clacton"


def test_a_minimum_that_no_place_can_meet_is_told():
    with pytest.raises(ConfigError, match=r"plan\.minimum: 2 places asked of South"):
        made(plan=Plan(teams=3, minimum={"South": 2}))


def test_the_name_that_the_analyst_gives_wins():
    plan = made(rules=PlaceRules(names={ROW[0]: "The seafront"}))
    assert plan.places.table.at[1, "name"] == "The seafront"


def test_what_steps_reach_is_told_in_people_with_how_much_the_next_best_is_less():
    plan = made(plan=Plan(teams=1))
    table = reach_table(plan).set_index(["unit", "step"])
    people = table.loc["people aged 10 to 24"]
    places = plan.places.table["residents_10_24"]
    assert people.at["1 team", "reached"] == places.loc[list(plan.choice.best.places)].sum()
    assert (people["of"] == places.sum()).all()
    best, other = plan.choice.best.reached, plan.choice.next_best.reached
    assert people.at["the next best set", "less"] == 1 - other / best
    assert people["less"].notna().sum() == 1
    assert reach_table(None).empty


def test_where_people_and_need_are_withheld_reach_is_told_in_areas_alone():
    plan = made(plan=Plan(teams=1))
    table = plan.places.table.drop(columns="need").assign(residents_10_24=pd.NA)
    hidden = plan._replace(places=plan.places._replace(table=table))
    reach = reach_table(hidden)
    assert set(reach["unit"]) == {"areas"}
    assert reach["of"].tolist() == [float(table["areas"].sum())] * len(reach)
    assert sizes_of_places(hidden) == sizes_of_places(plan)
