"""The sentence about the single years of age."""

from small_topic import line, text, topic

from riskindex.outputs.needs.ages import shape_of_ages

CURVE = {"name": "c", "kind": "curve", "of": "f"}


def said(*lines):
    found = list(shape_of_ages(topic(*lines, requested=[CURVE]), "f"))
    return [text(paragraph.parts) for paragraph in found]


RISE = line("c", category="steepest rise", value=12, low=11, high=13, count=38, base=9)
PEAK = line("c", category="17 against 16 and 18", ratio=1.53, note="stands out, adjusted p 0.01")
LEVEL = line("c", category="level from", value=23)


def test_it_says_where_the_curve_rises_stands_out_and_is_level():
    assert said(RISE, PEAK, LEVEL) == [
        "Ages, 2022: the steepest rise is at age 12 (11 to 13); 38 records of two years of age, "
        "after 9 before. Above the two years beside it stands out age 17 (1.5 times). From age 23 "
        "on records fall no more than chance may make it."
    ]


def test_what_no_test_found_is_not_said():
    none = {"status": "[z]", "value": float("nan")}
    plain = line("c", category="17 against 16 and 18", ratio=1.1)
    assert said(RISE | none, plain, LEVEL | none) == [
        "Ages, 2022: no rise is steeper than chance may make it. No single age stands out above "
        "the two beside it by more than chance. "
    ]


def test_the_last_period_is_told():
    old = {"period": "2021"}
    assert said(RISE | old, LEVEL | old, RISE, LEVEL)[0].startswith("Ages, 2022: ")


def test_a_curve_that_is_not_shown_has_no_sentence():
    assert said(line("c", status="[c]", value=float("nan"))) == []
    assert said(line("f.count")) == []
