import pandas as pd
from small_events import count, factor, squares

from riskindex.definitions import Clause, Definition
from riskindex.events.definition_funnel import COUNTED, FUNNEL, READ, USED, in_one_table, no_funnels

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
