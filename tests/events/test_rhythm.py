"""Records by what their columns tell, by pairs of it, and of events that are in no area."""

import pandas as pd
import pytest
from small_events import events, factor, squares

from riskindex.errors import ConfigError
from riskindex.events.count import count_events
from riskindex.events.rhythm import IN_NO_AREA

ROWS = [
    {"key": "1", "date": "2022-05-06 23:15", "area": "E01000001", "sort": "rape", "end": "open"},
    {"key": "1", "date": "2022-05-06 23:15", "area": "E01000001", "sort": "rape", "end": "open"},
    {"key": "2", "date": "2022-05-07 01:00", "area": "E01000001", "sort": "robbery", "end": None},
    {"key": "3", "date": "2022-06-01 01:10", "area": None, "sort": "robbery", "end": "charged"},
    {"key": "3", "date": "2022-06-01 01:10", "area": None, "sort": "robbery", "end": "charged"},
    {"key": "4", "date": "2021-06-01 01:10", "area": None, "sort": "robbery", "end": "charged"},
]


@pytest.fixture(scope="module")
def counted():
    told = {"type": "sort", "outcome": "end", "pairs": ("weekday and hour", "month and outcome")}
    areas = squares("E01000001", "E01000002")
    places = pd.Series(["west", "east"], index=areas.index)
    opened = {"s": events(ROWS, factor(), key="key", **told)}
    return count_events(opened, areas, [factor()], places=places)


def of(counted, aspect, place="west"):
    found = counted.period_rhythm["records"].xs(("f", "all", "2022", place), level=[0, 1, 2, 3])
    return found.xs(aspect, level="aspect").to_dict()


def test_types_and_outcomes_are_counted_as_the_columns_have_them(counted):
    assert of(counted, "type") == {"rape": 1, "robbery": 1}
    assert of(counted, "outcome") == {"": 1, "open": 1}


def test_pairs_are_counted_together(counted):
    assert of(counted, "weekday and hour") == {"5 and 23": 1, "6 and 01": 1}
    assert of(counted, "month and outcome") == {"2022-05 and ": 1, "2022-05 and open": 1}


def test_events_in_no_area_are_counted_once_by_their_key(counted):
    assert of(counted, "type", IN_NO_AREA) == {"robbery": 1}
    assert counted.in_no_area.to_dict() == {("f", "all", "2022"): 1}


def test_they_are_in_none_of_the_places_of_pages(counted):
    assert IN_NO_AREA not in counted.rhythm.index.get_level_values("place")


def test_records_of_a_key_that_is_in_an_area_are_not_elsewhere_too():
    rows = [*ROWS[:1], {**ROWS[0], "area": None}]
    counted = count_events(
        {"s": events(rows, factor(), key="key")}, squares("E01000001"), [factor()]
    )
    assert counted.in_no_area.sum() == 0


@pytest.mark.parametrize("pair", ["hour", "hour and hour", "hour and age", "sex and hour"])
def test_a_pair_of_what_the_source_does_not_know_is_refused(pair):
    with pytest.raises(ConfigError, match="must be two of"):
        events(ROWS, factor(), type="sort", pairs=(pair,))
