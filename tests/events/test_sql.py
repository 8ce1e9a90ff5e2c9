import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.events.sql import (
    category,
    condition,
    events_table,
    identifier,
    literal,
    rule_name,
    store,
    wrapped_sum,
)
from riskindex.rules import AllOf, AnyOf, Has, NoneOf

ANY_TEXT = st.text().filter(lambda text: "\x00" not in text)


def asked(query):
    return duckdb.execute(query).fetchall()[0][0]


@given(ANY_TEXT)
def test_a_value_comes_back_as_it_is_and_never_as_a_query(text):
    assert asked(f"SELECT {literal(text)}") == text


@given(ANY_TEXT.filter(bool))
def test_a_name_is_only_a_name(name):
    assert asked(f"SELECT {identifier(name)} FROM (SELECT 1 AS {identifier(name)})") == 1


def test_columns_of_files_and_tables_of_sources_stand_apart_from_ours():
    assert category("date") == '"category date"'
    assert events_table("codes") == "events of codes"


def test_a_rule_has_one_name_however_it_is_ordered():
    young, male = Has("age", (10, 17)), Has("sex", ("M",))
    assert rule_name(AllOf((young, male))) == rule_name(AllOf((male, young)))
    assert rule_name(AllOf((young, male))) != rule_name(AnyOf((young, male)))


def met(rule, **row):
    values = ", ".join(
        f"{'NULL' if v is None else literal(v)}::VARCHAR AS {category(c)}" for c, v in row.items()
    )
    return asked(f"SELECT {condition(rule)} FROM (SELECT {values})")


@pytest.mark.parametrize(
    ("values", "cell", "expected"),
    [
        (("knife",), "knife", True),
        (("knife",), "Knife", False),
        (("knife",), None, False),
        ((1,), "1", True),
        ((1,), "01", True),
        ((1,), "1.0", True),
        ((1,), "one", False),
        ((True,), "TRUE", True),
        ((True,), "1", True),
        ((False,), "1", False),
        (("",), None, True),
        (("",), "", True),
        (("",), "x", False),
    ],
)
def test_one_test_of_one_value(values, cell, expected):
    assert met(Has("w", values), w=cell) is expected


def test_rules_are_true_or_false_and_never_null():
    knife = Has("w", ("knife",))
    assert met(NoneOf((knife,)), w=None) is True
    assert met(AllOf(()), w=None) is True
    assert met(AnyOf(()), w=None) is False
    assert met(AllOf((knife, Has("p", ("",)))), w="knife", p=None) is True


def test_sums_wrap_as_those_of_numpy():
    assert asked(f"SELECT {wrapped_sum('x::HUGEINT')} FROM range(0) r(x)") == 0
    big = 2**62
    query = f"SELECT {wrapped_sum(f'{big}::HUGEINT')} FROM range(5) r(x)"
    assert asked(query) == (5 * big) % 2**64


def test_a_stored_table_takes_the_place_of_the_one_before():
    connection = duckdb.connect()
    store(connection, "t", pd.DataFrame({"a": [1, 2]}))
    store(connection, "t", pd.DataFrame({"a": [3]}))
    assert connection.execute("SELECT * FROM t").fetchall() == [(3,)]
