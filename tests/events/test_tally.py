import numpy as np
from small_events import count, events, factor, group, line, squares

from riskindex.events.periods import parse_periods
from riskindex.events.source_events import Group
from riskindex.events.study_area import StudyArea
from riskindex.events.tally import Tally
from riskindex.events.uncounted import list_uncounted

AREAS = squares("E01000001", "E01000002")
ROWS = [
    {"date": "2021-03-01", "area": "E01000001", "kind": "a"},
    {"date": "2022-03-01", "area": "E01000001", "kind": "a"},
    {"date": "2022-04-01", "area": "E01000001", "kind": "b"},
    {"date": "2022-05-01", "area": "E01000002", "kind": "c"},
    {"date": "2022-06-01", "area": None, "kind": "a"},
]


def tally(*groups, periods=("2022",), rows=ROWS, **options):
    wanted = factor(source=None, event_groups=groups, periods=periods)
    spans = parse_periods(periods, "calendar-year", place="f")
    made = [Group("f", one, spans) for one in groups]
    return Tally("s", events(rows, wanted, **options), made, StudyArea(AREAS))


def test_events_of_a_group_by_area_and_period():
    made = tally(group("a", kind=["a"]), periods=("2021", "2022"))
    table, prints = made.table(made.of_group(made.groups[0]))
    assert table.tolist() == [[1, 1], [0, 0]]
    assert (prints[1] == 0).all()
    assert (prints[0] > 0).all()


def test_a_line_adds_up_to_what_was_read():
    made = tally(group("a", kind=["a"]))
    read, *parts = made.line(made.whole_source)
    assert read == sum(parts) == 5
    asked, *parts = made.line(made.of_factor("f"))
    assert asked == sum(parts) == 3


def test_an_event_counts_once_in_the_first_group_that_it_meets():
    made = tally(group("ab", kind=["a", "b"]), group("bc", kind=["b", "c"]))
    first, second = (made.table(made.of_group(one))[0].sum() for one in made.groups)
    assert (first, second) == (2, 1)
    assert made.in_several("f") == {(0, 1): 1}
    assert made.table(made.of_factor("f"))[0].sum() == 3


def test_what_is_not_counted_is_listed_by_row_with_its_reason():
    lost = list_uncounted(tally(group("a", kind=["a"])))
    assert lost[["row", "reason"]].astype(str).to_numpy().tolist() == [
        ["1", "outside_periods"],
        ["5", "no_location"],
    ]


def test_one_person_counts_once_in_an_area_and_period():
    rows = [row | {"who": "x"} for row in ROWS if row["area"]]
    counted = count(rows, AREAS, factor(periods=("2021", "2022")), distinct="who")
    assert counted.counts["f", "all", "2021"].tolist() == [1, 0]
    assert counted.counts["f", "all", "2022"].tolist() == [1, 1]
    assert line(counted)["duplicates"] == 1


def test_overlapping_periods_are_cut_where_either_begins_or_ends():
    years = [parse_periods([label], "year-ending", place="f") for label in ("2022-06", "2022-12")]
    one = group("a", kind=["a"])
    wanted = factor(source=None, event_groups=(one,))
    made = Tally(
        "s",
        events(ROWS, wanted),
        [Group("f", one, years[0]), Group("g", one, years[1])],
        StudyArea(AREAS),
    )
    assert [str(span.start) for span in made.spans] == ["2021-07-01", "2022-01-01", "2022-07-01"]
    assert made.spans_of(made.groups[1]) == {"2022-12": [1, 2]}
    sums = [int(made.table(made.of_group(g))[0].sum()) for g in made.groups]
    assert sums == [1, 1]
    assert np.shape(made.table(made.of_group(made.groups[0]))[0]) == (2, 1)
