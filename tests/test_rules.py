"""Rules: one text for each, what they need, and what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.rules import AllOf, AnyOf, Has, NoneOf, canonical, in_words, required, rule_of

HAS = st.builds(
    Has, st.sampled_from("ab"), st.lists(st.sampled_from(["x", "y", 1]), min_size=1).map(tuple)
)
KINDS = (AllOf, AnyOf, NoneOf)


def lists(inner):
    some = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(*(st.builds(kind, some) for kind in KINDS))


RULES = st.recursive(HAS, lists, max_leaves=6)


def meets(rule, record):
    if isinstance(rule, Has):
        return record[rule.column] in rule.values
    met = [meets(part, record) for part in rule.rules]
    return all(met) if isinstance(rule, AllOf) else any(met) is isinstance(rule, AnyOf)


RECORDS = [{"a": a, "b": b} for a in ("x", "y", 1) for b in ("x", "y", 1)]


@given(RULES, RULES)
def test_rules_of_one_text_are_met_by_the_same_records(one, other):
    if canonical(one) == canonical(other):
        assert [meets(one, r) for r in RECORDS] == [meets(other, r) for r in RECORDS]


@given(RULES)
def test_lists_inside_lists_and_repeated_parts_make_no_difference(rule):
    assert canonical(AllOf((rule, AllOf((rule,))))) == canonical(AllOf((rule,)))


@given(RULES)
def test_every_record_that_meets_a_rule_has_what_it_requires(rule):
    for record in RECORDS:
        if meets(rule, record):
            assert all(record[column] in values for column, values in required(rule).items())


def test_a_where_requires_its_values():
    where = {"a": ["x", "y"], "b": [1]}
    assert required(rule_of(where)) == where


def test_a_rule_reads_as_a_sentence():
    rule = AllOf((Has("a", ("x",)), NoneOf((Has("b", (1, 2)),))))
    assert in_words(rule) == '"a" is "x" and (not ("b" is 1 or 2))'
    assert in_words(AllOf(())) == "every event"
    assert "\n" not in in_words(Has("a", ("x\ny",)))


@pytest.mark.parametrize("kind", [AnyOf, NoneOf])
def test_an_empty_list_is_not_a_list_of_everything(kind):
    assert canonical(kind(())) != canonical(AllOf(()))
