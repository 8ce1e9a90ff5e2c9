"""What is told of a count: dates, codes and persons that are not what they seem."""

import pytest
from small_events import count, line, squares

from riskindex.errors import DataError

AREAS = squares("E01000001", "E01000002")


def rows(*places, **columns):
    return [{"date": "2022-05-01", "area": place, **columns} for place in places]


def test_records_without_a_date_are_outside_the_periods_and_noted():
    counted = count([*rows("E01000001"), {"date": None, "area": "E01000001"}], AREAS)
    assert line(counted) == {"read": 2, "counted": 1, "outside_periods": 1}
    assert any(
        note.startswith("s: 1 records have no date (first: s, row ") for note in counted.notes
    )


def test_many_events_of_which_none_is_in_the_study_area_are_refused():
    with pytest.raises(DataError, match=r"none of its 20 events .* codes there: E01999999; the ar"):
        count(rows("E01999999") * 20, AREAS)
    assert line(count(rows("E01999999") * 19, AREAS)) == {"read": 19, "outside_study_area": 19}


def test_a_word_for_not_known_among_the_persons_is_pointed_out():
    rows = [{"date": "2022-05-01", "area": "E01000001", "person": f"p{k}"} for k in range(30)]
    rows += [{**rows[0], "person": "unknown"}] * 25
    counted = count(rows, AREAS, distinct="person")
    assert line(counted) == {"read": 55, "counted": 31, "duplicates": 24}
    assert any("25 of 55 located records share one person" in note for note in counted.notes)


def test_codes_in_small_letters_are_read_in_capitals():
    counted = count(rows("e01000001", "E01000001"), AREAS)
    assert list(counted.counts["f", "all", "2022"]) == [2, 0]
    assert any("1 events are written in small letters (e01000001)" in n for n in counted.notes)


def test_a_code_that_has_lost_a_nought_is_named_beside_the_right_one():
    with pytest.raises(DataError, match="E0100001 is nearly E01000001, so look at what differs"):
        count(rows("E0100001") * 20, AREAS)


def test_a_month_in_which_half_of_the_events_have_no_place_is_named():
    records = [
        {"date": f"2022-{month:02d}-01", "area": None if month == 3 and k % 2 else "E01000001"}
        for month in range(1, 7)
        for k in range(60)
    ]
    assert any("but 50% in 2022-03" in note for note in count(records, AREAS).notes)
