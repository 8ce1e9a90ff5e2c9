"""What is told of a whole group is found: areas that are all the same, events that all are."""

import numpy as np
import pandas as pd

from riskindex.disclosure import Rules
from riskindex.forms import Known
from riskindex.group_disclosure import same_areas, same_events, same_persons
from riskindex.outsider import Seen, Text
from riskindex.printed import Printed
from riskindex.recovery import told_cells
from riskindex.truth import Truth

CODES = ("E01000001", "E01000002", "E01000003")
RULES = {"violence": (("crimes", {}),), "injury": (("crimes", {"injury": ["yes"]}),)}


def known(**rules):
    of = dict(zip(CODES, ("West", "West", "East"), strict=True))
    return Known(
        profile="public", codes=CODES, names=dict.fromkeys(CODES, ""), kinds=("district",),
        groups={"district": of}, factors={"violence": "Violence", "injury": "Injury"},
        periods=("2022",), texts=frozenset(), rules=Rules(**rules),
    )  # fmt: skip


def truth(whole, part, *, sensitive=("violence", "injury"), **more):
    table = pd.DataFrame({("violence", "2022"): whole, ("injury", "2022"): part},
                         index=pd.Index(CODES, name="area_code"), dtype=float)  # fmt: skip
    return Truth(counts=table, sensitive=frozenset(sensitive), rules=RULES, **more)


def totals(whole, part):
    return {("violence", "2022"): Printed(totals=whole), ("injury", "2022"): Printed(totals=part)}


def test_a_district_without_an_event_tells_of_all_its_areas():
    now = totals({"West": 0.0}, {})
    of = truth([0, 0, 30], [0, 0, 9])
    found = list(same_areas(told_cells(now, known(rounding=1), of).cells, known()))
    assert [(one.name, one.what) for one in found] == [
        ("West", "each of the 2 areas of West has 0"),
        ("West", "each of the 2 areas of West has 0"),  # of injury, too: it is a part
    ]


def test_areas_that_differ_or_of_which_one_is_not_told_are_no_group():
    cells = told_cells(totals({}, {}), known(), truth([0, 1, 30], [0, 0, 9])).cells
    assert not list(same_areas(cells, known()))


def told(whole, part, printed_whole, printed_part, sensitive=("violence", "injury"), **rules):
    found = same_events(totals(printed_whole, printed_part), known(**rules),
                        truth(whole, part, sensitive=sensitive))  # fmt: skip
    return [(one.name, one.what) for one in found]


def test_all_events_of_a_district_are_of_one_kind():
    said = told([9, 9, 30], [9, 9, 9], {"West": 18.0}, {"West": 18.0}, rounding=1)
    assert said == [("West", "of violence 2022 in West, all but 0 are of injury 2022")]


def test_totals_that_round_alike_tell_of_a_few():
    said = told([9, 9, 30], [9, 8, 9], {"West": 20.0}, {"West": 15.0})
    assert said == []  # 18 to 22 less 13 to 17 are up to nine
    said = told([10, 9, 30], [9, 9, 9], {"West": 20.0}, {"West": 20.0})
    assert said == [("West", "of violence 2022 in West, all but 0 to 4 are of injury 2022")]


def test_no_events_beside_a_part_are_told_of_sources_that_harm_nobody():
    assert told([9, 9, 30], [9, 9, 9], {"West": 18.0}, {"West": 18.0}, (), rounding=1) == []


def test_a_withheld_total_tells_nothing():
    assert told([10, 9, 30], [9, 9, 9], {"West": 20.0}, {"West": "[c]"}) == []


def test_areas_around_the_study_are_in_no_total():
    of = truth([9, 9, 30], [9, 9, 9], around=frozenset(CODES[:2]))
    assert not list(same_events(totals({"West": 18.0}, {"West": 18.0}), known(rounding=1), of))


def test_a_page_on_which_all_records_are_of_one_sex():
    words = "Violence, sex: 40 records. Most: Female, {}%."
    for share, found in ((100, 1), (95, 0)):
        text = Text("profiles/district-west.html", "<p>", words.format(share))
        said = list(same_persons(Seen(texts=[text]), known()))
        assert len(said) == found
        assert not np.isfinite([one.low for one in said]).any()
