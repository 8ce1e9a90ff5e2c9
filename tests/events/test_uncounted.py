"""Events that are not counted: one line each, small, and cut where they are too many."""

from small_events import count, events, factor, line, squares

from riskindex.events.count import count_events
from riskindex.factors import Factor

AREAS = squares("E01000001", "E01000002")
ROWS = [
    {"date": "2021-03-01", "area": "E01000001", "kind": "a"},
    {"date": "2022-03-01", "area": "E01000001", "kind": "a"},
    {"date": "2022-04-01", "area": "E01000001", "kind": "b"},
    {"date": "2022-05-01", "area": "E01000002", "kind": "c"},
    {"date": "2022-06-01", "area": None, "kind": "a"},
]


def test_lists_of_two_sources_are_one():
    asked = [
        Factor(name=name, label=name, source=name, method="window", score="flag", periods=("2022",))
        for name in ("b", "a")
    ]
    rows = [{"date": "2022-05-01", "area": "Z"}, {"date": "2022-05-01", "area": "A"}]
    opened = {name: events([*rows, {"date": None, "area": "A"}]) for name in ("b", "a")}
    listed = count_events(opened, squares("A"), asked).uncounted
    assert list(listed["source"]) == ["b", "b", "a", "a"]
    assert list(listed["area_code"]) == ["Z", "A"] * 2
    assert set(listed["reason"].cat.categories) == {"outside_periods", "unknown_area"}


def test_the_list_of_what_is_not_counted_is_small():
    records = [{"date": "2022-05-01", "area": f"Z{i % 50}"} for i in range(5000)]
    listed = count([*records, ROWS[1]], AREAS).uncounted
    assert len(listed) == 5000
    assert listed.memory_usage(deep=True, index=False).sum() < 25 * 5000


def test_a_list_of_what_is_not_counted_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr("riskindex.events.uncounted.MOST_LISTED", 1)
    found = count(ROWS, AREAS, factor())
    assert line(found) == {"read": 5, "counted": 3, "outside_periods": 1, "no_location": 1}
    assert list(found.uncounted["row"]) == [1]
    assert (
        "s: 2 events are not counted; the first 1 are listed, by file and row, and the "
        "reconciliation has the totals of all." in found.notes
    )
