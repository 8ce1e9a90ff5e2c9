import pandas as pd
from small_events import count, events, factor, squares

from riskindex.definitions import Clause, Definition
from riskindex.events.count import count_events
from riskindex.events.definition_funnel import COUNTED, FUNNEL, READ, USED, in_one_table, no_funnels
from riskindex.events.periods import Periods
from riskindex.factors import EventGroup

AREAS = squares("E01000001", "E01000002")
KINDS = Clause(label="kinds", column="kind", values=("a", "b"), not_recorded="out")
WEAPON = Clause(label="a weapon", column="weapon", values=("knife",), not_recorded="apart")
ARMED = Definition(label="armed", all=(KINDS, WEAPON))
ROWS = [
    ("a", "knife", "E01000001"),
    ("a", "knife", None),
    ("b", "none", "E01000001"),
    ("a", None, "E01000002"),
    ("c", "knife", "E01000002"),
]


def funnel(definition, **options):
    rows = [
        {"date": f"2022-05-0{day}", "kind": kind, "weapon": weapon, "area": area}
        for day, (kind, weapon, area) in enumerate(ROWS, start=1)
    ]
    return count(rows, AREAS, factor(definition=definition), **options).funnels


def test_each_clause_takes_its_records_out_or_sets_them_apart():
    table = funnel(ARMED).set_index("clause")
    assert list(table.index) == [READ, USED, "kinds", "a weapon", COUNTED]
    assert table["left"].tolist() == [5, 5, 4, 2, 1]
    assert table["left_out"].tolist() == [0, 0, 1, 1, 1]
    assert table["set_apart"].tolist() == [0, 0, 0, 1, 1]
    assert table.loc["a weapon", ["not_recorded", "fate"]].tolist() == [1, "apart"]


def test_what_is_left_out_and_set_apart_is_always_all_that_was_read():
    table = funnel(ARMED)
    so_far = table["left_out"].cumsum()
    assert (table["left"] + table["set_apart"] + so_far == table["left"].iloc[0]).all()


def test_rows_say_how_many_of_those_left_are_counted_in_the_end():
    assert funnel(ARMED)["in_the_end"].dropna().tolist() == [2, 2, 2, 2]


def test_the_sources_own_rule_is_a_step_before_the_clauses():
    table = funnel(ARMED, where={"kind": ["a"]}).set_index("clause")
    assert table.loc[USED, ["left", "left_out"]].tolist() == [3, 2]
    assert table.loc["kinds", "left"] == 3


def test_ways_to_meet_a_clause_stand_under_it_and_may_overlap():
    either = Clause(
        label="either",
        any=(KINDS, Clause(column="weapon", values=("knife",), not_recorded="out")),
    )
    table = funnel(Definition(label="either", all=(either,)))
    ways = table[table["alternative"] != ""]
    assert ways["alternative"].tolist() == ["kinds", "weapon: knife"]
    assert ways["left"].tolist() == [4, 3]
    assert table.loc[table["clause"].eq("either") & table["alternative"].eq(""), "left"].item() == 5


def test_the_empty_table_joins_a_full_one():
    full = funnel(ARMED)
    assert tuple(no_funnels().columns) == FUNNEL
    assert in_one_table([]).empty
    pd.testing.assert_frame_equal(in_one_table([no_funnels(), full]), full[list(FUNNEL)])


ONE = squares("E01000001")
KNIFE = Definition(
    label="a knife",
    all=(Clause(label="knife", column="weapon", values=("knife",), not_recorded="apart"),),
)


def record(day, weapon="knife", person="p"):
    return {"date": day, "area": "E01000001", "weapon": weapon, "person": person}


def left(found, clause):
    steps = found.funnels[found.funnels["clause"] == clause]
    return dict(zip(steps["period"], steps["left"], strict=True))


def test_each_period_has_a_funnel_of_its_own_and_what_lies_outside_is_in_none():
    days = ["2021-03-01", "2022-03-01", "2022-04-01", "2019-01-01"]
    found = count(
        [*map(record, days), record("2022-05-01", None)],
        ONE,
        factor(definition=KNIFE, periods=("2021", "2022")),
    )
    assert left(found, READ) == {"2021": 1, "2022": 3}
    assert left(found, "knife") == {"2021": 1, "2022": 2}
    assert left(found, COUNTED) == {"2021": 1, "2022": 2}
    assert found.funnels["set_apart"].tolist()[-1] == 1


def test_rolling_years_that_overlap_each_have_their_records():
    rows = [record(day) for day in ("2021-02-01", "2021-11-01", "2022-02-01")]
    asked = [
        factor(name, definition=KNIFE, periods=(year,))
        for name, year in (("a", "2021-12"), ("b", "2022-06"))
    ]
    found = count_events(
        {"s": events(rows, *asked)}, ONE, asked, periods=Periods(unit="year-ending")
    )
    assert left(found, READ) == {"2021-12": 2, "2022-06": 2}


def test_persons_are_counted_once_in_the_last_step():
    rows = [record(f"2022-0{month}-01") for month in (1, 2, 3)]
    found = count(rows, ONE, factor(definition=KNIFE), distinct="person")
    assert left(found, "knife") == {"2022": 3}
    assert left(found, COUNTED) == {"2022": 1}


def test_a_group_with_a_definition_stands_beside_one_with_a_rule():
    groups = (
        EventGroup(label="knives", source="s", definition=KNIFE),
        EventGroup(label="guns", source="s", where={"weapon": ["gun"]}),
    )
    found = count(
        [record("2022-01-01"), record("2022-01-02", "gun")], ONE, factor(event_groups=groups)
    )
    assert set(found.funnels["group"]) == {"knives"}
    assert found.counts.sum().tolist() == [1, 1]
