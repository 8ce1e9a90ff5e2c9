import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import factor

from riskindex.factors import EventGroup, Share, apart, reported_shares, scored_shares

VALUES = st.lists(st.sampled_from(["a", "b", "1", 1, True]), min_size=1)
WHERE = st.dictionaries(st.sampled_from(["kind", "month"]), VALUES)


@pytest.mark.parametrize(
    ("one", "other", "are_apart"),
    [
        ({"kind": ["arson"]}, {"kind": ["theft"]}, True),
        ({"kind": ["arson"]}, {"month": [3]}, False),
        ({"injury": [True]}, {"injury": ["1"]}, False),
        ({"injury": ["true"]}, {"injury": [False]}, True),
    ],
)
def test_rules_are_apart_where_no_event_can_meet_both(one, other, are_apart):
    assert apart(one, other) is are_apart


@given(WHERE, WHERE)
def test_apart_is_symmetric_and_no_rule_is_apart_from_itself(one, other):
    assert apart(one, other) == apart(other, one)
    assert not apart(one, one)


def test_a_single_source_is_one_group_of_weight_one():
    (group,) = factor("arson").groups
    assert (group.label, group.source, group.weight) == ("all", "arson", 1)
    several = factor("fires", source=None, event_groups=[EventGroup(label="a", source="s")])
    assert [g.label for g in several.groups] == ["a"]


def test_a_column_is_of_the_factors_own_source_unless_it_names_another():
    poor = factor("poor", source="census", numerator="none", denominator="all", method="value")
    assert poor.column("none") == ("census", "none")
    assert poor.column("age.residents") == ("age", "residents")
    assert not poor.counts_events


def test_a_factor_with_an_event_that_counts_more_is_weighted():
    plain, heavy = EventGroup(label="a", source="s"), EventGroup(label="b", source="s", weight=2)
    assert factor(source=None, event_groups=(plain, heavy)).is_weighted
    assert not factor(source=None, event_groups=(plain,)).is_weighted


def test_a_share_is_scored_under_whatever_name_where_a_scored_factor_is_made_of_it():
    made = {"numerator": "n", "denominator": "d", "source": "s", "method": "value"}
    shares = {
        "Poor": Share(numerator="s.n", denominator="s.d"),
        "Old": Share(numerator="s.o", denominator="s.d"),
    }
    assert scored_shares(shares, [factor(**made)]) == {"Poor"}
    assert scored_shares(shares, [factor(**made, scored=False)]) == frozenset()


def test_a_share_that_a_factor_is_made_of_is_reported_once():
    poor = factor("poor", source="census", numerator="none", denominator="all", method="value")
    named = {"Deprived": Share(numerator="census.none", denominator="census.all")}
    assert reported_shares(named, [poor]) == named
    assert list(reported_shares({}, [poor])) == [poor.label]
