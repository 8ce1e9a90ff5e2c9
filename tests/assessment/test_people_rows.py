"""Who lives in some areas, and rows of figures about people, made by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
from figure_tables import row, shown

from riskindex.areas.groups import WHOLE
from riskindex.assessment.options import Figure
from riskindex.assessment.people_counts import AREA, COLUMNS
from riskindex.assessment.people_rows import people_rows, with_homes

HOMES = Figure(name="homes", kind="living-in", of="f", against="f")
AGAIN = Figure(name="again", kind="repeats", of="f")


def lines(figure, place_kind, numbers, **fixed):
    """Lines of one figure in 2022, from place and item to the number."""
    table = pd.DataFrame(
        [{"place": place, "item": item, "count": float(n)} for (place, item), n in numbers.items()]
    )
    blank = {
        "figure": figure,
        "factor": "f",
        "period": "2022",
        "by": "",
        "category": "",
        "note": "",
    }
    table = table.assign(**blank | fixed, place_kind=place_kind, fingerprint=np.uint64(7))
    return table[list(COLUMNS)]


def rows(figure, table):
    reader = shown({"2022": (40, 50, 60)})
    return people_rows(figure, replace(reader, people=table.assign(mark="")))


def of_areas():
    people = {"a": 10, "b": 20, "c": 30}
    return lines("homes", AREA, {(area, "people"): n for area, n in people.items()})


def test_people_of_hot_areas_are_a_share_of_those_of_areas_that_were_assessed():
    flags = {"homes": pd.Series([True, False, None], index=["a", "b", "c"], dtype=object)}
    residents = pd.Series({"a": 1000.0, "b": 3000.0, "c": 6000.0})
    table = with_homes(of_areas(), [HOMES], flags, residents)
    numbers = table.set_index("item")["count"]
    assert (table["place_kind"] != AREA).all()
    assert (numbers["people"], numbers["in areas\x1fpeople"]) == (30, 10)
    assert (numbers["residents"], numbers["in areas\x1fresidents"]) == (4000, 1000)
    assert (numbers["areas"], numbers["in areas\x1fareas"]) == (2, 1)
    found = row(rows(HOMES, table), counted="people")
    assert (found["count"], found["base"], found["value"]) == (10, 30, 33.3)
    assert found["ratio"] == round(0.333 / 0.25, 4)
    assert found["note"] == "residents 25.0%"


def test_areas_that_the_reader_may_not_see_give_no_row():
    assert with_homes(of_areas(), [HOMES], {}, None).empty


def test_a_share_of_no_residents_is_compared_with_nothing():
    flags = {"homes": pd.Series([False] * 3, index=["a", "b", "c"], dtype=object)}
    table = with_homes(of_areas(), [HOMES], flags, pd.Series({"a": 1.0, "b": 1.0, "c": 1.0}))
    found = row(rows(HOMES, table), counted="people")
    assert (found["count"], found["value"]) == (0, 0.0)
    assert np.isnan(found["ratio"])


def again(**numbers):
    return lines("again", "whole", {(WHOLE, item): n for item, n in numbers.items()})


def test_further_records_and_several_are_two_figures_with_bounds():
    table = again(records=715, people=626, several=70, unnamed=35)
    found = rows(AGAIN, table)
    further = row(found, category="further records of people who had one")
    assert (further["count"], further["base"], further["value"]) == (89, 715, 12.4)
    assert further["note"].startswith("between 11.9% and 16.5% whoever is in the 35 records")
    assert row(found, category="people with two records or more")["value"] == 11.2
    assert row(found, category="records per person")["value"] == 1.14


def test_without_the_distribution_a_mean_has_no_limits():
    found = rows(AGAIN, again(records=30, people=20, several=5, unnamed=0))
    assert np.isnan(row(found, category="records per person")["low"])
    table = again(**{"records": 30, "people": 20, "with\x1f1": 15, "with\x1f3": 5})
    mean = row(rows(AGAIN, table), category="records per person")
    assert mean["low"] < mean["value"] == 1.5 < mean["high"]


def test_earlier_records_are_beside_people_for_the_first_time():
    table = again(**{"records": 90, "people": 80, "earlier\x1f1": 8, "earlier\x1f5": 20})
    found = rows(AGAIN, table)
    earlier = found[found["category"] == "people with an earlier record"]
    assert earlier["value"].tolist() == [10.0, 25.0]
    first = row(found, category="people for the first time")
    assert (first["count"], first["compared_with"]) == (60, "5 years before")
