import itertools
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.errors import ConfigError, DataError
from riskindex.planning.teams import Plan, choose_places

PLACES = pd.DataFrame(
    {
        "name": ["Southend", "Basildon", "Harlow", "Colchester", "Pitsea"],
        "district": ["Southend", "Basildon", "Harlow", "Colchester", "Basildon"],
        "need": [3604.0, 1665, 1368, 1156, 802],
        "areas": [14, 9, 7, 6, 6],
    },
    index=pd.RangeIndex(1, 6, name="place"),
)


def test_teams_go_where_the_need_is_greatest():
    choice = choose_places(PLACES, Plan(teams=2))
    assert choice.best == ((1, 2), 5269.0, 2.0)
    assert choice.next_best == ((1, 3), 4972.0, 2.0)
    assert choice.one_more == ((1, 2, 3), 6637.0, 3.0)


def test_the_curve_says_what_each_team_adds():
    curve = choose_places(PLACES, Plan(teams=2)).curve
    assert curve["available"].tolist() == [0, 1, 2, 3, 4, 5]
    assert curve["gain"].iloc[1:].tolist() == [3604, 1665, 1368, 1156, 802]
    assert curve["places"].iloc[2] == (1, 2)


def test_money_buys_the_places_that_reach_most_together():
    costs = {"Southend": 70.0, "Harlow": 40.0, "Colchester": 40.0}
    choice = choose_places(PLACES, Plan(budget=80, each=45, costs=costs))
    assert choice.best == ((1,), 3604.0, 70.0)  # and not Harlow with Colchester, 2,524
    assert choice.step == 45


def test_costs_are_kept_to_the_penny():
    assert choose_places(PLACES, Plan(hours=35.0, each=17.5)).best.places == (1, 2)
    assert choose_places(PLACES, Plan(hours=34.99, each=17.5)).best.places == (1,)
    # Three times a tenth is three tenths.
    assert choose_places(PLACES, Plan(hours=0.3, each=0.1)).best.places == (1, 2, 3)


def test_each_district_has_its_minimum_as_far_as_it_has_places():
    choice = choose_places(PLACES, Plan(teams=4, minimum=1))
    assert choice.best.places == (1, 2, 3, 4)
    assert choose_places(PLACES, Plan(teams=5, minimum=2)).best.places == (1, 2, 3, 4, 5)
    assert choice.curve["reached"].isna().tolist() == [True] * 4 + [False] * 2


def test_districts_by_name_have_minimums_and_maximums():
    plan = Plan(teams=2, minimum={"Basildon": 1}, maximum={"Southend": 0, "Rochford": 3})
    assert choose_places(PLACES, plan).best.places == (2, 3)


def test_another_measure_can_be_maximised():
    assert choose_places(PLACES, Plan(teams=1, maximise="areas")).best.reached == 14


def test_ties_go_to_the_first_places():
    alike = PLACES.assign(need=[1.0, 2, 1, 2, 3])
    assert choose_places(alike, Plan(teams=2)).best.places == (2, 5)
    assert choose_places(alike, Plan(teams=2)).next_best.places == (4, 5)
    assert choose_places(PLACES.assign(need=0.0), Plan(teams=2)).best.places == (1, 2)
    # One place of 3 against 1 and 2.
    costly = Plan(teams=2, costs={"Pitsea": 2.0})
    assert choose_places(alike, costly).best.places == (2, 4)
    assert choose_places(alike.assign(need=[1.0, 2, 1, 1, 3]), costly).best.places == (1, 2)


def test_no_team_no_place_and_no_places_no_choice():
    choice = choose_places(PLACES, Plan(teams=0))
    assert choice.best == ((), 0.0, 0.0)
    assert choice.next_best is None
    nothing = choose_places(PLACES.iloc[:0], Plan(teams=3))
    assert nothing.best.places == ()
    assert nothing.curve["reached"].tolist() == [0]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan(), "one of teams, hours and budget is needed, and none is given"),
        (Plan(teams=1, hours=2), "teams and hours are given"),
        (Plan(teams=-1), "plan.teams: -1 must be 0 or more"),
        (Plan(budget=9), "say what Southend, Basildon, Harlow, Colchester and Pitsea takes of the"),
        (Plan(teams=1, each=0.0), "plan.each: 0.0 must be above 0"),
        (Plan(teams=1, costs={"Harlwo": 1}), "there is no place Harlwo; the nearest name is Har"),
        (Plan(teams=1, costs={"Harlow": -1}), "plan.costs: -1 for Harlow must be 0 or more"),
        (Plan(teams=1, maximise="people"), "the places have no column people"),
        (Plan(teams=9, minimum={"Harlow": 2}), "2 places asked of Harlow, which has 1"),
        (Plan(teams=9, minimum={"Maldon": 1}), "1 asked of Maldon, and there is no place in Mald"),
        (Plan(teams=9, minimum=1, maximum=0), "1 places asked of Basildon, and plan.maximum all"),
        (Plan(teams=3, minimum=1), "4 places in 4 districts take 4 teams at least, and there are"),
        (Plan(budget=5000, each=2500.5, minimum=1), "take £10,002 at least, and there is £5,000"),
        (Plan(teams=1, minimum=-1), "must be 0 or more"),
    ],
)
def test_a_plan_that_cannot_be_met_says_why(plan, said):
    with pytest.raises(ConfigError) as caught:
        choose_places(PLACES, plan)
    assert said in str(caught.value)


def test_need_that_is_not_known_is_not_taken_for_none():
    with pytest.raises(DataError, match="need is missing or negative for Basildon and Pitsea"):
        choose_places(PLACES.assign(need=[1, None, 2, 3, -1.0]), Plan(teams=1))


def enumerated(places, plan, costs, available):
    """Every set that the plan allows, the best first, ties by the first places: brute force."""
    flags = np.array(list(itertools.product([True, False], repeat=len(places))))
    fits = flags @ costs <= available
    for district in sorted(set(places["district"])):
        inside = (places["district"] == district).to_numpy()
        asked = plan.minimum
        least = asked.get(district, 0) if isinstance(asked, dict) else min(asked, inside.sum())
        count = flags @ inside.astype(int)
        fits &= (count >= least) & (count <= (99 if plan.maximum is None else plan.maximum))
    flags = flags[fits]  # The first places come first already.
    order = np.argsort(-(flags @ places["need"].to_numpy()), kind="stable")
    return [tuple(places.index[chosen]) for chosen in flags[order]]


@pytest.mark.parametrize("seed", range(200))
def test_the_choice_equals_full_enumeration(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    # Few values, so that ties are many.
    need = rng.integers(0, [4, 1000][seed % 2], n).astype(float)
    costs = rng.integers(1, [2, 5][seed // 2 % 2], n).astype(float)
    places = pd.DataFrame(
        {
            "name": [f"P{k}" for k in range(n)],
            "district": rng.choice(["A", "B", "C"], n),
            "need": need,
        },
        index=pd.RangeIndex(1, n + 1, name="place"),
    )
    first = str(places["district"].iloc[0])
    plan = Plan(
        teams=int(rng.integers(0, 9)),
        costs=dict(zip(places["name"], costs, strict=True)),
        minimum=[0, 1, {first: 1}][seed % 3],
        maximum=[None, 2][seed // 3 % 2],
    )
    expected = enumerated(places, plan, costs, plan.available)
    if not expected:
        with pytest.raises(ConfigError, match=r"plan.minimum: .* at least, and there"):
            choose_places(places, plan)
        return
    choice = choose_places(places, plan)
    assert choice.best.places == expected[0]
    assert (choice.next_best.places if choice.next_best else None) == next(iter(expected[1:]), None)
    for step, reached in zip(choice.curve["available"], choice.curve["places"], strict=True):
        sets = enumerated(places, plan, costs, step)
        assert reached == (sets[0] if sets else ())


@given(
    st.lists(st.floats(0, 1e5), min_size=1, max_size=12), st.integers(0, 12), st.floats(0.01, 99)
)
def test_a_larger_unit_of_need_changes_no_choice_and_more_teams_reach_no_less(need, teams, scale):
    need = np.round(need, 1)
    places = pd.DataFrame(
        {"name": [f"P{k}" for k in range(len(need))], "district": "A", "need": need}
    )
    choice = choose_places(places, Plan(teams=teams))
    by_need = np.sort(need)[::-1]
    tolerance = 1e-6 * max(need.max(), 1e-9) * len(need)
    assert choice.best.reached == pytest.approx(by_need[:teams].sum(), abs=tolerance)
    assert (choice.curve["gain"].iloc[1:] >= -tolerance).all()
    scaled = choose_places(places.assign(need=need * 10), Plan(teams=teams))
    assert scaled.best.places == choice.best.places


def test_a_county_takes_less_than_a_second():
    """Forty places are four times those of a real county of 1,111 areas."""
    rng = np.random.default_rng(5)
    county = many(rng, 40, 14)
    start = time.process_time()
    choice = choose_places(county, Plan(teams=16, minimum=1))
    assert time.process_time() - start < 1
    assert len(choice.best.places) == 16
    assert len(choice.curve) == 41


def many(rng, n, districts):
    need = np.sort(rng.gamma(2, 500, n))[::-1]
    district = [f"D{k}" for k in rng.integers(0, districts, n)]
    return pd.DataFrame({"name": [f"P{k}" for k in range(n)], "district": district, "need": need})


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ABC")), min_size=1, max_size=8),
    st.integers(0, 9),
    st.integers(0, 2),
    st.integers(1, 3),
)
def test_where_all_cost_the_same_the_greedy_set_is_the_enumerated_one(places, teams, least, most):
    table = pd.DataFrame(places, columns=["need", "district"])
    table = table.assign(name=[f"P{k}" for k in range(len(table))])
    plan = Plan(teams=teams, minimum=min(least, most), maximum=most)
    size = table["district"].value_counts()
    if (size.clip(upper=plan.minimum)).sum() > teams:
        with pytest.raises(ConfigError):
            choose_places(table, plan)
        return
    best = choose_places(table, plan).best.places
    allowed = [
        chosen
        for chosen in itertools.product([True, False], repeat=len(table))
        if sum(chosen) <= teams
        and all(
            min(plan.minimum, size[d]) <= table["district"][list(chosen)].eq(d).sum() <= most
            for d in size.index
        )
    ]
    # The first of the best in the order of the product has the first places.
    expected = max(allowed, key=lambda chosen: table["need"][list(chosen)].sum())
    assert best == tuple(np.flatnonzero(expected))
