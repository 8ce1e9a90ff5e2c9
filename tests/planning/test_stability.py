import numpy as np
import pandas as pd
import pytest
from row_of_places import ROW, county, listed

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.errors import ConfigError, DataError
from riskindex.planning.named_places import PlaceRules, name_places
from riskindex.planning.stability import repeat_choice
from riskindex.planning.teams import Plan, choose_places

LIST = [ROW[0], ROW[1], ROW[2], ROW[6]]
"""Two places: Pier and Milton with 600 young people, and Mark with 100."""


def repeated(*repeats, plan=Plan(teams=1), names=None):  # noqa: B008 (frozen)
    areas, rules = county(), PlaceRules(names=names or {})
    weights, index = neighbour_matrix(areas), listed(LIST)
    places = name_places(index, areas, weights, rules=rules)
    flags = np.array([[code in repeat for code in ROW] for repeat in repeats]).reshape(-1, 8)
    return repeat_choice(
        flags,
        index,
        areas,
        weights,
        places=places,
        choice=choose_places(places.table, plan),
        rules=rules,
    )


def test_the_same_list_leads_to_the_same_choice():
    table = repeated(LIST, LIST)
    assert table["chosen"].tolist() == [True, False]
    assert table["again"].tolist() == [1.0, 0.0]


def test_a_place_counts_as_chosen_again_by_half_of_its_need():
    half = [ROW[2], ROW[6]]  # 300 of 600 young people, and still the most
    less = [ROW[0], ROW[4]]  # 200 of 600
    other = [ROW[6], ROW[7]]
    assert repeated(half, less, other, LIST)["again"].tolist() == [0.5, 0.25]


def test_a_place_that_grows_over_its_border_is_the_same_place():
    assert repeated([*LIST, ROW[3], ROW[4]])["again"].tolist() == [1.0, 0.0]


def test_costs_and_minimums_hold_for_what_a_repeat_has():
    plan = Plan(teams=3, costs={"Pier and Milton": 3.0}, minimum={"South": 1})
    # Without a place in the south its minimum is void, and the north is affordable.
    assert repeated(LIST, [ROW[6]], plan=plan)["again"].tolist() == [0.5, 0.5]


def test_repeats_that_select_nothing_or_too_much_choose_nothing():
    plan = Plan(teams=1, minimum={"South": 1})
    both_ends = [ROW[0], ROW[3]]
    assert repeated([], both_ends, plan=plan)["again"].tolist() == [0.0, 0.0]
    assert repeated()["again"].isna().all()


@pytest.mark.parametrize("measure", ["areas", "residents", "residents_10_24"])
def test_other_measures_are_repeated_too(measure):
    assert repeated(LIST, plan=Plan(teams=1, maximise=measure))["again"].tolist() == [1.0, 0.0]


def test_what_is_no_sum_over_areas_is_not_repeated():
    with pytest.raises(ConfigError, match="score_max is no sum over areas"):
        repeated(LIST, plan=Plan(teams=1, maximise="score_max"))


def test_repeats_of_other_areas_are_refused():
    areas = county()
    weights, index = neighbour_matrix(areas), listed(LIST)
    places = name_places(index, areas, weights)
    choice = choose_places(places.table, Plan(teams=1))
    with pytest.raises(DataError, match="Repeats must tell of every area"):
        repeat_choice(np.ones((2, 7), bool), index, areas, weights, places=places, choice=choice)


def test_the_order_of_the_areas_decides_nothing():
    areas = county()
    weights, index = neighbour_matrix(areas), listed(LIST)
    draws = np.random.default_rng(3).random((20, 8)) < 0.5
    tables = []
    for order in (np.arange(8), np.arange(8)[::-1]):
        given = index.iloc[order], areas.iloc[order], weights[order][:, order]
        places = name_places(*given)
        choice = choose_places(places.table, Plan(teams=1))
        tables.append(repeat_choice(draws[:, order], *given, places=places, choice=choice))
    pd.testing.assert_frame_equal(*tables)
