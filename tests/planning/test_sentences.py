import pandas as pd
import pytest

from riskindex.planning.sentences import describe_plan
from riskindex.planning.teams import Plan, choose_places

NAMES = [
    "Southend",
    "Basildon",
    "Harlow",
    "Colchester",
    "Chelmsford",
    "Clacton",
    "Pitsea",
    "West Thurrock",
    "Tilbury",
    "Takeley",
]
PLACES = pd.DataFrame(
    {
        "name": NAMES,
        "district": NAMES,
        "areas": [14, 9, 7, 6, 6, 5, 6, 1, 1, 1],
        "residents_10_24": [4768, 2851, 2234, 1877, 1931, 1308, 1813, 461, 352, 204],
        "need": [3604.0, 1665, 1368, 1156, 1080, 943, 802, 231, 147, 85],
    },
    index=pd.RangeIndex(1, 11, name="place"),
)


def answer(places=PLACES, **plan):
    return describe_plan(places, choose_places(places, Plan(**plan)), areas=1111)


def test_the_answer_says_areas_places_teams_and_whom_they_reach():
    assert answer(teams=4, maximise="residents_10_24").answer == (
        "56 of 1,111 areas, in seven places and three single areas; 4 teams reach 11,784 of "
        "17,799 people aged 10 to 24: Southend, Basildon, Harlow and Chelmsford."
    )


def test_what_is_maximised_is_said_when_it_is_not_what_is_counted():
    sentences = answer(teams=4)
    # Colchester has more need than Chelmsford, and fewer young people.
    assert "4 teams reach 11,730 of 17,799 people aged 10 to 24: " in sentences.answer
    assert sentences.aim == (
        "Chosen so that as many people aged 10 to 24 weighted by the index as possible are reached."
    )


def test_the_next_best_set_and_one_team_more_are_told_as_changes():
    sentences = answer(teams=4)
    assert sentences.next_best == (
        "The next best set has Chelmsford instead of Colchester and reaches 11,784 people aged "
        "10 to 24, 1.0% less when weighted by the index."
    )
    assert sentences.one_more == (
        "With 1 team more, Chelmsford would be reached: 1,931 more people aged 10 to 24."
    )


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"teams": 1}, "1 team reaches 4,768 of 17,799 people aged 10 to 24: Southend."),
        ({"teams": 0}, "0 teams reach no place."),
        ({"hours": 35, "each": 17.5}, "35 hours reach 7,619 of 17,799"),
        ({"budget": 40_000, "each": 40_000}, "£40,000 reaches 4,768 of"),
        ({"teams": 1, "maximise": "areas"}, "1 team reaches 14 of 56 areas: Southend."),
    ],
)
def test_teams_hours_and_money_are_told_alike(plan, said):
    assert said in answer(**plan).answer


def test_where_all_places_are_reached_nothing_more_is_promised():
    sentences = answer(teams=10)
    assert sentences.one_more == ""
    assert sentences.next_best.startswith("The next best set leaves out Takeley and reaches 17,595")
    assert answer(teams=0).next_best == ""


def test_how_near_the_next_best_set_is_is_told():
    alike = answer(PLACES.assign(need=1.0), teams=1).next_best
    assert alike.endswith(" aged 10 to 24, no less when weighted by the index.")
    near = answer(PLACES.assign(need=[10_000.0, 9999, *[1.0] * 8]), teams=1).next_best
    assert near.endswith(", under 0.1% less when weighted by the index.")
    assert answer(teams=1, maximise="areas").next_best.endswith("reaches 9 areas.")


def test_an_exchange_for_one_team_more_is_told_as_one():
    costly = {"Southend": 2.0, **dict.fromkeys(NAMES[3:], 9.0)}
    sentences = answer(
        PLACES.assign(need=[3000.0, 1700, 1600, 0, 0, 0, 0, 0, 0, 0]),
        teams=2,
        costs=costly | {"Harlow": 2.0},
    )
    assert sentences.answer.endswith(": Southend.")
    assert sentences.one_more == (
        "With 1 team more, Basildon would be reached: 2,851 more people aged 10 to 24."
    )


def test_unknown_people_are_not_told_as_none():
    places = PLACES.assign(residents_10_24=pd.array([None] * 10, dtype="Int64"))
    assert "4 teams reach 7,793 of 11,081 points of need" in answer(places, teams=4).answer


def test_without_places_the_sentence_ends_at_the_areas():
    assert answer(PLACES.iloc[:0], teams=4).answer == "0 of 1,111 areas."
