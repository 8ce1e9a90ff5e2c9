"""Six records of three people, by hand: who they are in a period, and where else they are named."""

import pandas as pd
import pytest
from small_events import factor, source, squares

from riskindex.assessment.options import OtherRecords
from riskindex.assessment.people import ELSEWHERE, NOWHERE, People
from riskindex.events.read import open_events
from riskindex.events.study_area import StudyArea

AREAS = squares("E01000001", "E01000002")
RECORDS = [
    ("ann", "2021-06-01", "E01000001", "17"),
    ("ann", "2022-02-01", "E01000001", "18"),
    ("ann", "2022-09-01", "E01000002", ""),
    ("bob", "2022-03-01", "W01000001", "40"),
    ("cat", "2022-04-01", "", "30"),
    ("", "2022-05-01", "E01000001", "20"),
]
OTHERS = [("ann", "2022-08-31", "x"), ("ann", "2022-09-01", "y"), ("bob", "2021-01-01", "x")]


@pytest.fixture
def people(tmp_path):
    columns = ["person", "date", "area", "age"]
    pd.DataFrame(RECORDS, columns=columns).to_csv(tmp_path / "s.csv", index=False)
    others = pd.DataFrame(OTHERS, columns=["person", "date", "kind"])
    others.to_csv(tmp_path / "others.csv", index=False)
    asked = factor(periods=("2021", "2022"))
    sources = {
        "s": source(path="s.csv", person="person", age="age"),
        "others": source(path="others.csv", person="person", area=None),
    }
    with open_events(sources, folder=tmp_path, factors=[asked], more={"others": ["kind"]}) as found:
        yield People(found.events, asked, "calendar-year", StudyArea(AREAS)), found.events


def test_each_person_is_one_line_of_a_period_without_a_key(people):
    lines = people[0].lines
    assert "person" not in lines
    assert lines["period"].tolist() == [0, 1, 1, 1]
    assert lines["n"].tolist() == [1, 2, 1, 1]
    assert len(people[0].unnamed) == 1


def test_the_latest_record_says_where_they_live_and_an_earlier_one_how_old_they_are(people):
    lines = people[0].lines
    assert lines["home"].tolist() == [0, 1, ELSEWHERE, NOWHERE]
    assert lines["age"].tolist() == ["17", "18", "40", "30"]


def test_the_day_of_the_last_record_before_the_first_of_the_period_is_known(people):
    before = people[0].lines["before"]
    assert before.notna().tolist() == [False, True, False, False]
    assert before.iloc[1] == pd.Timestamp("2021-06-01")


@pytest.mark.parametrize(
    ("when", "named"),
    [("before", [(1, "x"), (2, "x")]), ("period", [(1, "x"), (1, "y")])],
)
def test_other_records_name_them_before_their_latest_or_in_the_period(people, when, named):
    other = OtherRecords(label="o", source="others", by="kind", when=when)
    found = people[0].dates_elsewhere(other, people[1]["others"])
    assert list(zip(found["line"], found["value"], strict=True)) == named


def test_other_records_may_be_a_part_of_their_source(people):
    other = OtherRecords(label="o", source="others", where={"kind": ["y"]}, when="ever")
    assert people[0].dates_elsewhere(other, people[1]["others"])["line"].tolist() == [0, 1]
