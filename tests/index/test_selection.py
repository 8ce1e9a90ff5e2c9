import re
from dataclasses import FrozenInstanceError, fields, replace
from fractions import Fraction
from math import ceil, floor
from typing import get_args, get_type_hints

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from tables import scores

from riskindex.cut import TIE_WORDS, Cut, without_score
from riskindex.errors import ConfigError, DataError
from riskindex.index.build import build_index
from riskindex.index.selection import (
    ROUNDING,
    TIES,
    Override,
    Selection,
    SelectionChanges,
    flags_tie,
    select_top,
    selection_faults,
)

FOUR = pd.Series([9, 7, 7, 1], index=["a", "b", "c", "d"])


def codes(index, **options):
    return list(select_top(index, **options).index)


def table(score, companion, factors_hot, areas):
    columns = {"score": score, "companion": companion, "factors_hot": factors_hot}
    return pd.DataFrame(columns, index=pd.Index(areas, name="area_code"))


def test_ties_at_the_cut_are_kept_together():
    assert codes(FOUR, share=0.5, ties="include") == ["a", "b", "c"]


def test_the_arithmetic_of_a_plain_cut():
    assert (
        select_top(FOUR, number=1).cut[:-3]
        == Cut(
            assessed=4,
            rule="1 area, a fixed number",
            target=1,
            score_at_cut=9.0,
            above_cut=0,
            tied_at_cut=1,
            positive=4,
            selected=1,
            overridden_in=0,
            overridden_out=0,
            explanation="",
        )[:-3]
    )
    assert select_top(FOUR, number=1).cut[-2:] == (0, 0)
    assert select_top(FOUR, number=1).cut.computed == 1


def test_ties_at_the_cut_are_left_out_together():
    assert codes(FOUR, share=0.5, ties="exclude") == ["a"]


def test_ties_at_the_cut_are_put_in_order_by_code_where_nothing_else_is_known():
    assert codes(FOUR, share=0.5) == ["a", "b"]


def test_ties_are_put_in_order_by_companion_then_factors_hot_then_code():
    areas = ["d", "c", "b", "a"]
    index = table([7, 7, 7, 7], [10, 20, 20, 20], [9, 1, 2, 1], areas)
    assert codes(index, number=4) == ["b", "a", "c", "d"]
    assert codes(index, number=2) == ["b", "a"]


def test_a_companion_is_compared_after_quantising():
    index = table([7, 7], [0.1 + 0.2 + 0.3, 0.6], [1, 2], ["a", "b"])
    assert codes(index, number=1) == ["b"]


def test_areas_that_tie_and_fit_are_all_in_under_every_rule():
    for ties in ("order", "include", "exclude"):
        assert codes(FOUR, number=3, ties=ties) == ["a", "b", "c"]


def test_scores_that_differ_in_the_last_bit_tie():
    close = pd.Series([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, 0.0], index=["b", "a", "c"])
    assert codes(close, number=1, ties="include") == ["a", "b"]


def test_a_score_of_zero_is_never_selected_and_a_short_list_says_so():
    chosen = select_top(pd.Series([5.0, 0, 0, 0], index=list("abcd")), number=3)
    assert list(chosen.index) == ["a"]
    assert "Only 1 area scored above 0, so the list is short of the 3." in chosen.cut.explanation


def test_nothing_above_zero_selects_nothing():
    chosen = select_top(pd.Series([0.0, -1, 0, 0], index=list("abcd")), share=0.5)
    assert list(chosen.index) == []
    assert np.isnan(chosen.cut.score_at_cut)
    assert chosen.cut.explanation == (
        "50% of the 4 areas assessed is 2. No area scored above 0, so the list is short of the 2. "
        "That makes 0 areas."
    )


def test_the_share_is_of_the_assessed_areas():
    scored = pd.Series([*range(1, 21), *[np.nan] * 20], index=[f"{k:02d}" for k in range(40)])
    chosen = select_top(scored, share=0.1)
    assert list(chosen.index) == ["19", "18"]
    assert chosen.cut.assessed == 20


def test_the_table_keeps_every_area_in_its_order():
    chosen = select_top(FOUR[["d", "c", "b", "a"]], number=2)
    assert list(chosen.table.index) == ["d", "c", "b", "a"]
    assert chosen.table["selected"].tolist() == [False, False, True, True]
    assert chosen.table["tied_at_cut"].tolist() == [False, True, True, False]


def test_areas_are_not_marked_as_tied_where_they_all_fit():
    assert not select_top(FOUR, number=3).table["tied_at_cut"].any()


def test_nothing_is_written_into_the_table_that_was_given():
    index = table([7, 7], [1, 2], [1, 1], ["a", "b"])
    before = index.copy()
    select_top(index, number=1)
    pd.testing.assert_frame_equal(index, before)


@pytest.mark.parametrize(
    ("rounding", "n", "target"),
    [
        ("ceil", 1111, 56),
        ("floor", 1111, 55),
        ("round", 1111, 56),
        ("round", 1110, 56),
        ("round", 1109, 55),
    ],
)
def test_five_percent_is_exactly_a_twentieth(rounding, n, target):
    assert select_top(falling(n), share=0.05, rounding=rounding).cut.target == target


def test_a_share_has_no_binary_dust():
    # 0.07 * 100 is 7.000000000000001 in floating point, whose ceiling is 8.
    assert select_top(falling(100), share=0.07).cut.target == 7


def falling(n):
    return pd.Series(np.arange(n, 0, -1.0), index=[f"{k:06d}" for k in range(n)])


def test_the_explanation_in_full():
    chosen = select_top(FOUR, share=0.4, ties="order")
    assert chosen.cut.explanation == (
        "40% of the 4 areas assessed is 1.6, rounded up to 2. 1 area scored above the score at "
        "the cut, 7, and 2 have exactly it: 1 of these 2 taken, highest intensity first. "
        "That makes 2 areas."
    )
    cut = chosen.cut
    assert (cut.assessed, cut.target, cut.score_at_cut, cut.above_cut) == (4, 2, 7.0, 1)
    assert (cut.tied_at_cut, cut.positive, cut.selected) == (2, 4, 2)


@pytest.mark.parametrize(
    ("rounding", "words"),
    [
        ("ceil", "40% of the 4 areas assessed is 1.6, rounded up to 2. "),
        ("floor", "40% of the 4 areas assessed is 1.6, rounded down to 1. "),
        ("round", "40% of the 4 areas assessed is 1.6, rounded to the nearest, half up to 2. "),
    ],
)
def test_the_rounding_is_told(rounding, words):
    assert select_top(FOUR, share=0.4, rounding=rounding).cut.explanation.startswith(words)


def test_a_cut_without_a_tie_is_told_in_full():
    assert select_top(FOUR, number=1).cut.explanation == (
        "1 area, a fixed number. 0 areas scored above the score at the cut, 9, and 1 has exactly "
        "it. That makes 1 area."
    )
    assert select_top(FOUR, number=3).cut.explanation == (
        "3 areas, a fixed number. 1 area scored above the score at the cut, 7, and 2 have exactly "
        "it. That makes 3 areas."
    )


@pytest.mark.parametrize(
    ("ties", "how"),
    [
        ("include", "all of these 2 taken, though only 1 would fit. That makes 3 areas."),
        ("exclude", "none of these 2 taken, because only 1 would fit. That makes 1 area."),
    ],
)
def test_what_becomes_of_a_tie_is_told_in_full(ties, how):
    explanation = select_top(FOUR, number=2, ties=ties).cut.explanation
    assert explanation.endswith(f"the cut, 7, and 2 have exactly it: {how}")


def test_a_target_that_takes_all_is_not_short():
    assert select_top(FOUR, number=4).cut.explanation == (
        "4 areas, a fixed number. 3 areas scored above the score at the cut, 1, and 1 has exactly "
        "it. That makes 4 areas."
    )


def test_a_tie_that_takes_nothing_is_told():
    nothing = select_top(pd.Series([5, 5], index=["a", "b"]), number=1, ties="exclude")
    assert nothing.cut.explanation == (
        "1 area, a fixed number. 0 areas scored above the score at the cut, 5, and 2 have exactly "
        "it: none of these 2 taken, because only 1 would fit. That makes 0 areas."
    )


def test_thousands_have_their_comma():
    said = select_top(falling(2000), number=1500).cut.explanation
    assert said.startswith("1,500 areas, a fixed number. 1,499 areas scored above")


OUT = Override(area_code="a", action="out", reason="A prison stands there.")
IN = Override(area_code="d", action="in", reason="Youth workers asked for it.")


def test_overrides_are_applied_last_and_logged_beside_the_computed_list():
    chosen = select_top(FOUR, number=2, overrides=(OUT, IN))
    assert list(chosen.index) == ["b", "d"]
    assert chosen.table["override"].tolist() == ["out", "", "", "in"]
    assert chosen.table["override_reason"].tolist() == [OUT.reason, "", "", IN.reason]
    assert (chosen.cut.overridden_in, chosen.cut.overridden_out) == (1, 1)
    assert chosen.cut.computed == 2
    assert chosen.cut.explanation.endswith(
        "That makes 2 areas. By hand 1 put in and 1 taken out: 2 areas selected."
    )


def test_an_override_that_changes_nothing_is_not_counted_but_said():
    chosen = select_top(FOUR, number=1, overrides=(replace(OUT, action="in"),))
    assert (chosen.cut.selected, chosen.cut.overridden_in) == (1, 0)
    assert chosen.cut.explanation.endswith(
        "By hand 0 put in and 0 taken out (1 more changed nothing): 1 area selected."
    )


def test_an_area_that_was_not_assessed_can_be_put_in_by_hand_and_comes_last():
    scored = pd.Series([np.nan, 5.0, 7.0], index=["a", "b", "c"])
    assert codes(scored, number=2, overrides=(replace(OUT, action="in"),)) == ["c", "b", "a"]


def test_all_faults_of_a_selection_are_told_together():
    wrong = (OUT, OUT, replace(IN, reason=" "), replace(IN, area_code="x"))
    with pytest.raises(ConfigError) as refused:
        select_top(FOUR, share=5, overrides=wrong)
    assert refused.value.faults == (
        "selection.share: 5 must be above 0 and at most 1 (5% is 0.05).",
        "selection.overrides: a stands 2 times; keep one.",
        "selection.overrides: d needs a reason, which is printed.",
        "selection.overrides: no area has the code 'x'. Correct it, or take the override out.",
    )


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"share": 0}, "selection.share: 0 must be above 0 and at most 1 (5% is 0.05)."),
        ({"share": 1.5}, "selection.share: 1.5 must be above 0 and at most 1 (5% is 0.05)."),
        ({"at_least": 0}, "selection.at_least: 0 must be above 0."),
        ({"at_least": 5, "number": 3}, "selection: give at_least or number, not both."),
        ({"minimum_per_group": -1}, "selection.minimum_per_group: -1 is below 0."),
    ],
)
def test_each_fault_of_a_selection_says_what_is_wrong(wrong, fault):
    assert list(selection_faults(Selection(**wrong))) == [fault]


def test_words_of_the_config_are_those_of_the_dictionaries():
    hints = get_type_hints(Selection)
    assert get_args(hints["rounding"]) == tuple(ROUNDING)
    assert get_args(hints["ties"]) == tuple(TIES) == tuple(TIE_WORDS)
    assert get_args(get_type_hints(Override)["action"]) == ("in", "out")


def test_a_call_may_change_every_field_and_need_not_change_any():
    assert set(SelectionChanges.__optional_keys__) == {field.name for field in fields(Selection)}


@pytest.mark.parametrize("option", [Selection(), OUT, select_top(FOUR)])
def test_options_and_results_are_given_by_name_and_stay_as_they_are(option):
    first = fields(option)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(option, first, None)
    with pytest.raises(TypeError, match="takes 1 positional"):
        type(option)(getattr(option, first))


@pytest.mark.parametrize(("kind", "given"), [(Selection, {}), (Override, vars(OUT))])
def test_a_key_that_is_no_option_is_refused(kind, given):
    assert TypeAdapter(kind).validate_python(given)
    with pytest.raises(ValidationError, match="unexpected"):
        TypeAdapter(kind).validate_python({**given, "tie": "order"})


def test_a_number_must_be_one_or_more():
    assert list(selection_faults(Selection(number=0))) == ["selection.number: 0 must be 1 or more."]
    assert not list(selection_faults(Selection()))


def test_a_code_that_stands_twice_is_refused():
    with pytest.raises(DataError, match=r"^The area code a stands more than once\.$"):
        select_top(pd.Series([1, 2], index=["a", "a"]))


def test_a_share_given_to_the_call_replaces_a_number_in_the_selection():
    assert codes(FOUR, selection=Selection(number=1), share=0.75) == ["a", "b", "c"]


EIGHT = pd.Series([9, 8, 7, 6, 5, 4, 0, 0], index=list("abcdefgh"))
PLACES = pd.Series(["north"] * 4 + ["south"] * 2 + ["west"] * 2, index=EIGHT.index)


def test_every_district_has_its_minimum_as_far_as_it_has_areas_that_score():
    chosen = select_top(EIGHT, number=4, minimum_per_group=1, groups=PLACES)
    assert list(chosen.index) == ["a", "b", "c", "e"]
    assert (chosen.cut.selected, chosen.cut.entered, chosen.cut.left) == (4, 1, 1)
    assert chosen.cut.explanation.endswith(
        "That makes 4 areas. So that every district has at least 1 (fewer score above 0 in west), "
        "1 from below the cut put in and 1 of the lowest left out: 4 areas."
    )


def test_a_district_gives_up_areas_down_to_its_own_minimum_and_no_further():
    two = PLACES.replace("west", "")
    assert codes(EIGHT, number=4, minimum_per_group=2, groups=two) == ["a", "b", "e", "f"]
    assert codes(EIGHT, number=3, minimum_per_group=2, groups=two) == ["a", "b", "e", "f"]


def test_a_minimum_that_is_met_changes_nothing():
    two = PLACES.replace("west", "south")
    plain = select_top(EIGHT, number=5)
    again = select_top(EIGHT, number=5, minimum_per_group=1, groups=two)
    assert list(again.index) == list(plain.index)
    assert again.cut == plain.cut


def test_a_minimum_is_told_in_full():
    def said(number, groups):
        chosen = select_top(EIGHT, number=number, minimum_per_group=1, groups=groups)
        return chosen.cut.explanation.partition(" So that ")[2]

    assert said(4, PLACES.replace("west", "south")) == (
        "every district has at least 1, 1 from below the cut put in and 1 of the lowest left out: "
        "4 areas."
    )
    assert "1 (fewer score above 0 in east, west), 1 from" in said(
        4, PLACES.where(PLACES.index != "h", "east")
    )


def test_a_minimum_that_nothing_can_meet_is_said():
    chosen = select_top(EIGHT, number=5, minimum_per_group=1, groups=PLACES)
    assert list(chosen.index) == list("abcde")
    assert chosen.cut.explanation.endswith(
        "at least 1 (fewer score above 0 in west), 0 from below the cut put in and 0 of the lowest "
        "left out: 5 areas."
    )


def test_the_list_grows_where_no_area_can_be_spared():
    chosen = select_top(EIGHT, number=2, minimum_per_group=2, groups=PLACES)
    assert list(chosen.index) == ["a", "b", "e", "f"]
    assert chosen.cut.explanation.endswith(
        "2 from below the cut put in and 0 of the lowest left out: 4 areas."
    )


def test_areas_without_a_district_make_room_first_and_have_no_minimum():
    some = PLACES.where(PLACES != "north")
    chosen = select_top(EIGHT, number=2, minimum_per_group=1, groups=some)
    assert list(chosen.index) == ["a", "e"]


def test_areas_without_a_district_are_no_district_of_their_own():
    some = PLACES.where(PLACES != "north")
    chosen = select_top(EIGHT, number=1, minimum_per_group=1, groups=some)
    assert list(chosen.index) == ["e"]
    assert "at least 1 (fewer score above 0 in west), 1 from" in chosen.cut.explanation


def test_the_least_score_above_nothing_lets_a_district_have_its_minimum():
    few = pd.Series([9, 8, 0.5], index=list("abc"))
    chosen = select_top(few, number=2, minimum_per_group=1, groups=few.map({9: "n", 8: "n"}))
    assert list(chosen.index) == ["a", "b"]
    south = pd.Series(["n", "n", "s"], index=few.index)
    assert codes(few, number=2, minimum_per_group=1, groups=south) == ["a", "c"]


def test_a_minimum_needs_districts():
    with pytest.raises(ConfigError) as refused:
        select_top(EIGHT, minimum_per_group=1, group="ward")
    assert refused.value.faults == (
        "selection.minimum_per_group: no area has a 'ward' to count. Name that group under "
        "[areas], or set selection.group.",
    )
    assert list(selection_faults(Selection(minimum_per_group=-1)))


def test_flags_alone_tie_more_than_the_scores_do():
    scored = scores({"x": [100, 67, 33, 0], "y": [0, 0, 0, 0]})
    scored["is_hot"] = [True, True, True, False] + [False] * 4
    assert flags_tie(scored, selection=Selection(number=1)) == 3
    assert flags_tie(scored, selection=Selection(number=3)) == 0
    assert flags_tie(scored, selection=Selection(number=4)) == 0
    assert select_top(build_index(scored), number=1).cut.tied_at_cut == 1


def test_what_is_not_hot_ties_with_nothing():
    scored = scores({"x": [100, 67, 33, 0, 0]})
    scored["is_hot"] = [True, True, True, False, False]
    assert flags_tie(scored, selection=Selection(number=4)) == 0


def test_the_targets_are_those_of_the_table_of_cut_off_rules(oracles):
    rules = pd.read_csv(oracles / "index" / "cutoff_rules.csv")
    words = {"floor(.05N)": "floor", "round(.05N)": "round", "ceil(.05N)": "ceil"}
    rows = rules[rules["rule"].isin(words)]
    assert len(rows) == 9
    for row in rows.itertuples():
        cut = select_top(falling(row.N), share=0.05, rounding=words[row.rule]).cut
        assert cut.target == cut.selected == row.n_selected_no_ties


# Laws

score_lists = st.lists(st.one_of(st.none(), st.integers(-1, 6)), min_size=1, max_size=25)
rules = st.fixed_dictionaries(
    {
        "share": st.sampled_from([0.05, 0.1, 0.3, 0.5, 1.0]),
        "rounding": st.sampled_from(["ceil", "floor", "round"]),
        "ties": st.sampled_from(["order", "include", "exclude"]),
    }
)


def series(values):
    return pd.Series(values, index=[f"{k:02d}" for k in range(len(values))], dtype=float)


targets = st.one_of(
    rules,
    st.fixed_dictionaries({"number": st.integers(1, 30), "ties": rules.map(lambda r: r["ties"])}),
    st.fixed_dictionaries({"at_least": st.integers(1, 6)}),
)
some_areas = st.sets(st.integers(0, 24), max_size=6)


@settings(deadline=None, max_examples=400)
@given(score_lists, targets, some_areas, some_areas, st.integers(0, 3), st.data())
def test_the_printed_explanation_always_adds_up(values, rule, put_in, taken_out, minimum, data):
    """With overrides, a minimum per district and a least score."""
    scored = series(values)
    overrides = tuple(
        Override(area_code=f"{k:02d}", action=action, reason="Known on the ground.")
        for action, chosen in (("in", put_in - taken_out), ("out", taken_out))
        for k in sorted(chosen)
        if k < len(values)
    )
    names = data.draw(
        st.lists(st.sampled_from(["n", "s", ""]), min_size=len(values), max_size=len(values))
    )
    groups = pd.Series(names, index=scored.index)
    selection = Selection(minimum_per_group=minimum, overrides=overrides, **rule)
    chosen = select_top(scored.to_frame("score"), selection=selection, groups=groups)
    said = chosen.cut.explanation
    assert read_aloud(said) == len(chosen.index) == chosen.table["selected"].sum()
    short = without_score(chosen.cut)
    assert read_aloud(short.explanation) == len(chosen.index)
    assert f"at the cut, {chosen.cut.score_at_cut:.4g}" not in short.explanation
    assert np.isnan(short.score_at_cut)


def read_aloud(explanation):
    """Do the sum as a reader would, from the words alone."""
    total = 0
    if parts := re.search(
        r"(\d+) areas? scored above the score.*? and (\d+) ha\w+ exactly it(.*?)\. That",
        explanation,
    ):
        above, tied, how = int(parts[1]), int(parts[2]), parts[3]
        taken = re.search(r": (\d+|all|none) of these", how)
        words = {None: tied, "all": tied, "none": 0}
        word = taken[1] if taken else None
        total = above + (words[word] if word in words else int(word))
    assert f"That makes {total} area" in explanation
    if exchange := re.search(
        r"(\d+) from below the cut put in and (\d+) of the lowest left out: (\d+) area", explanation
    ):
        total += int(exchange[1]) - int(exchange[2])
        assert total == int(exchange[3])
    if by_hand := re.search(
        r"By hand (\d+) put in and (\d+) taken out.*?: (\d+) areas? sel", explanation
    ):
        total += int(by_hand[1]) - int(by_hand[2])
        assert total == int(by_hand[3])
    return total


@settings(deadline=None)
@given(score_lists, rules)
def test_every_selected_area_scores_at_least_as_high_as_every_other(values, rule):
    chosen = select_top(series(values), **rule).table
    inside, outside = (chosen.loc[chosen["selected"] == s, "score"].dropna() for s in (True, False))
    assert (inside > 0).all()
    if len(inside) and len(outside):
        assert inside.min() >= outside.max()


@settings(deadline=None)
@given(score_lists, rules)
def test_the_three_tie_rules_nest(values, rule):
    found = {
        t: set(codes(series(values), **rule | {"ties": t})) for t in ("exclude", "order", "include")
    }
    assert found["exclude"] <= found["order"] <= found["include"]
    positive = sum(value is not None and value > 0 for value in values)
    target = select_top(series(values), **rule).cut.target
    assert len(found["order"]) == min(target, positive)


@settings(deadline=None)
@given(score_lists, rules, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(values, rule, random):
    scored = series(values)
    shuffled = list(scored.index)
    random.shuffle(shuffled)
    assert codes(scored, **rule) == codes(scored[shuffled], **rule)


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 100))
def test_targets_are_those_of_exact_fractions(n, percent):
    exact = Fraction(percent, 100) * n
    for rounding, whole in (("floor", floor), ("ceil", ceil)):
        cut = select_top(falling(n), share=percent / 100, rounding=rounding).cut
        assert cut.target == whole(exact)


def test_every_area_with_a_least_score_is_listed_however_many():
    scores = pd.Series([300, 200, 200, 199, np.nan], index=list("abcde"))
    chosen = select_top(scores, at_least=200)
    assert list(chosen.index) == ["a", "b", "c"]
    assert "Areas that score 200 or more: 3." in chosen.cut.explanation
    assert chosen.cut.target == chosen.cut.selected == 3
    none = select_top(scores, at_least=301)
    assert none.cut.selected == 0
    with pytest.raises(ConfigError, match="at_least: -1"):
        select_top(scores, at_least=-1)
    with pytest.raises(ConfigError, match="not both"):
        select_top(scores, at_least=200, number=3)


# Changing the code of selection and cut one operator, constant or name at a time makes 337 mutants
# (mutmut 2.5); the tests of this file tell all but eight, which do the same as the original:
# - three aliases for types, which only the type checker reads;
# - `minimum_per_group and groups is not None` with `or`: a minimum without groups was refused
#   above, and without a minimum the exchange moves nothing;
# - flags of 101 for 100: every mean of a hundredfold is in the same order;
# - 1 factor hot everywhere for 0 where the table does not say: no tie is broken by it;
# - another explanation in the first `Cut`, which `explained` replaces;
# - the words without the score replaced twice: they stand there once.


def test_scores_must_be_numbers():
    with pytest.raises(DataError, match="Scores must be numbers"):
        select_top(pd.Series(["high", "low"], index=["a", "b"]), number=1)
    with pytest.raises(DataError, match="The score of b is infinite"):
        select_top(pd.Series([1.0, np.inf], index=["a", "b"]), number=1)


def test_a_number_above_the_areas_there_are_selects_them_all_and_says_so():
    found = select_top(pd.Series([3.0, 2, 1], index=list("abc")), number=9)
    assert found.cut.selected == 3
    assert "the list is short of the 9" in found.cut.explanation
