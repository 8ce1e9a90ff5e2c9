import numpy as np
import pandas as pd
import pytest
from small_events import events, factor, group, squares

from riskindex.errors import ConfigError, InputError
from riskindex.events.count import count_events
from riskindex.events.periods import Periods, parse_periods
from riskindex.events.rhythm import (
    BY_PERIOD,
    COUNTED,
    HOURS,
    LEVELS,
    PARTS,
    STREET,
    no_rhythm,
    over_periods,
    part_in_words,
)
from riskindex.statistics.time_patterns import aoristic

AREAS = squares("E01000001", "E01000002", "E01000003")
PLACES = pd.Series(["North", "North", "South"], index=AREAS.index)


def rhythm(rows, *factors, **options):
    factors = factors or (factor(),)
    opened = {"s": events(rows, *factors, **options)}
    return count_events(opened, AREAS, factors, places=PLACES).period_rhythm


def records_of(table, aspect, place="North"):
    part = table.xs((aspect, place), level=["aspect", "place"])["records"]
    return {str(value): int(n) for (*_, value), n in part.items()}


def at(when, area="E01000001", **more):
    return {"date": when, "area": area, **more}


def test_records_are_counted_by_month_weekday_and_hour():
    # 2 May 2022 was a Monday.
    table = rhythm([at("2022-05-02 17:30"), at("2022-05-03 17:05"), at("2022-06-06 00:10")])
    assert records_of(table, "month") == {"2022-05": 2, "2022-06": 1}
    assert records_of(table, "weekday") == {"1": 2, "2": 1}
    assert records_of(table, "hour") == {"00": 1, "17": 2}


def test_places_are_told_apart_and_add_up():
    rows = [at("2022-05-02"), at("2022-05-02", "E01000002"), at("2022-05-09", "E01000003")]
    table = rhythm(rows)
    assert records_of(table, "month") == {"2022-05": 2}
    assert records_of(table, "month", "South") == {"2022-05": 1}


def test_months_alone_say_nothing_of_weekdays():
    table = rhythm([at("2022-05"), at("2022-06")])
    assert set(table.index.get_level_values("aspect")) == {"month"}


def test_midnight_alone_is_no_hour():
    table = rhythm([at("2022-05-02 00:00"), at("2022-05-03 00:00")])
    assert "hour" not in table.index.get_level_values("aspect")


def test_ages_keep_what_is_not_recorded():
    rows = [at("2022-05-02", age="17"), at("2022-05-03", age=None), at("2022-05-04", age="17")]
    table = rhythm(rows, age="age")
    assert records_of(table, "age") == {"": 1, "17": 2}


def test_a_key_counts_once():
    rows = [at("2022-05-02", id="a"), at("2022-06-02", id="a"), at("2022-06-03", id="b")]
    table = rhythm(rows, key="id")
    assert records_of(table, "month") == {"2022-05": 1, "2022-06": 1}


def test_groups_have_their_own_records():
    rows = [at("2022-05-02", kind="a"), at("2022-06-02", kind="b")]
    wanted = factor(
        source=None, event_groups=(group("first", kind=["a"]), group("second", kind=["b"]))
    )
    table = rhythm(rows, wanted)
    assert records_of(table.xs("first", level="group", drop_level=False), "month") == {"2022-05": 1}
    assert records_of(table.xs("second", level="group", drop_level=False), "month") == {
        "2022-06": 1
    }


def test_all_periods_together_are_the_sum_of_each():
    wanted = factor(periods=("2021", "2022"))
    rows = [at("2021-05-03 09:00"), at("2022-05-02 09:00"), at("2022-05-02 11:00")]
    table = rhythm(rows, wanted)
    assert list(table.index.names) == BY_PERIOD
    whole = over_periods(table)
    assert list(whole.index.names) == LEVELS
    assert whole["records"].sum() == table["records"].sum()
    assert whole.loc[("f", "all", "North", "hour", "09"), "records"] == 2


def test_the_empty_table_has_the_columns_of_a_full_one():
    assert list(no_rhythm().columns) == list(COUNTED)
    assert over_periods(no_rhythm()).empty


def a_source(midnights):
    """Each hour has a record at the full hour and two later; more at midnight."""
    times = [f"{hour:02d}:{minute}" for hour in range(24) for minute in ("00", "10", "25")]
    times += ["00:00"] * midnights
    return [at(f"2022-05-02 {time}") for time in times]


def counted(rows, **options):
    opened = {"s": events(rows, factor(), **options)}
    return count_events(opened, AREAS, [factor()], places=PLACES)


def test_default_times_are_in_no_hour_and_are_said():
    found = counted(a_source(40))
    hours = records_of(found.period_rhythm, "hour")
    assert hours["default time"] == 41
    # The two at 00:10 and 00:25 are known.
    assert hours["00"] == 2
    assert hours["12"] == 3
    assert sum(hours.values()) == records_of(found.period_rhythm, "weekday")["1"] == 112
    assert [note for note in found.notes if "default time" in note] == [
        "s: 41 of 112 records with a time of day are at 00:00, where the rest of that hour and the "
        "other hours lead to expect about 1. It is taken to stand for a time not known: these are "
        "listed as 'default time', in no hour."
    ]


def test_default_times_are_said_where_no_hours_are_counted():
    found = count_events({"s": events(a_source(40), factor())}, AREAS, [factor()])
    assert sum("default time" in note for note in found.notes) == 1


def test_midnight_as_often_as_any_hour_is_an_hour():
    found = counted(a_source(0))
    assert records_of(found.period_rhythm, "hour")["00"] == 3
    assert "default time" not in records_of(found.period_rhythm, "hour")
    assert not any("default time" in note for note in found.notes)


def test_hours_without_minutes_have_no_default():
    rows = [at(f"2022-05-02 {hour:02d}") for hour in range(24)] + [at("2022-05-02 00")] * 40
    found = counted(rows, date_format="%Y-%m-%d %H")
    assert records_of(found.period_rhythm, "hour")["00"] == 41


def test_default_times_are_told_apart_in_hours_of_the_week():
    found = counted(a_source(40), pairs=["weekday and hour"])
    week = records_of(found.period_rhythm, "weekday and hour")
    assert week["1 and default time"] == 41
    assert week["1 and 00"] == 2


def between(begin, end, **more):
    return {**at(begin, **more), "until": end}


def shares(table, aspect="hour", place="North"):
    part = table.xs((aspect, place), level=["aspect", "place"])["records"]
    return {str(value): round(float(n), 9) for (*_, value), n in part.items() if n}


def test_hours_share_an_event_between_two_times():
    rows = [
        between("2022-05-02 22:30", "2022-05-03 00:30"),
        between("2022-05-02 23:10", "2022-05-02 23:10"),
        between("2022-05-02 09:00", None),
        between("2022-05-02 17:59", "2022-05-02 18:01"),
    ]
    table = rhythm(rows, until="until")
    assert shares(table) == {"00": 0.25, "09": 1, "17": 0.5, "18": 0.5, "22": 0.25, "23": 1.5}
    # Everywhere else an event counts once, on the day on which it begins.
    assert shares(table, "weekday") == {"1": 4}
    assert shares(table, "month") == {"2022-05": 4}


def test_ranges_that_say_nothing_of_the_hour_are_apart_and_reported_with_their_row():
    rows = [
        between("2022-05-02 10:00", "2022-05-03 10:00"),
        between("2022-05-02 10:00", "2022-05-03 10:01"),
        between("2022-05-02 10:00", "2022-05-02 09:00"),
        between("2022-05-02 10:00", "2022-05-02"),
        between("2022-05-02", "2022-05-02 09:00"),
    ]
    found = counted(rows, until="until")
    hours = shares(found.period_rhythm)
    assert hours.pop("unknown hour") == 3
    assert hours.pop("") == 1
    assert hours == {f"{hour:02d}": round(1 / 24, 9) for hour in range(24)}
    notes = [note for note in found.notes if "times" in note or "unknown hour" in note]
    assert notes[0].startswith("s: 1 records lie between two times")
    assert "1 records last longer than a day (first: s, row 2)" in notes[1]
    assert "2 records end before they begin or without a time (first: s, row 3)" in notes[2]


def test_hours_of_the_week_share_an_event_on_the_day_on_which_it_begins():
    rows = [between("2022-05-02 22:30", "2022-05-03 00:30"), between("2022-05-02 22:05", None)]
    week = shares(rhythm(rows, until="until", pairs=["weekday and hour"]), "weekday and hour")
    assert week == {"1 and 00": 0.25, "1 and 22": 1.25, "1 and 23": 0.5}


def test_a_key_between_two_times_is_one_event():
    rows = [between("2022-05-02 22:30", "2022-05-03 00:30", id="a") for _ in range(2)]
    assert sum(shares(rhythm(rows, until="until", key="id")).values()) == 1


def test_hours_are_those_of_the_shares_of_each_event():
    rng = np.random.default_rng(3)
    begin = np.datetime64("2022-03-01T00:00") + rng.integers(0, 60 * 24 * 60, 500)
    end = begin + rng.integers(0, 24 * 60 + 1, 500)
    rows = [between(str(a), str(b)) for a, b in zip(begin, end, strict=True)]
    hours = shares(rhythm(rows, until="until"))
    wanted = aoristic(begin, end).sum(axis=0)
    assert [hours[f"{hour:02d}"] for hour in range(24)] == pytest.approx(list(wanted))


def test_a_latest_moment_that_is_none_is_refused_with_its_row():
    rows = [between("2022-05-02 22:30", "midnight")]
    with pytest.raises(InputError, match="row 1, column 'until', value 'midnight'"):
        rhythm(rows, until="until")


def test_rolling_years_of_two_factors_that_share_months_have_all_their_months():
    wanted = [factor("a", periods=("2022-03",)), factor("b", periods=("2022-06",))]
    rows = [at(f"{2021 + m // 12}-{m % 12 + 1:02d}-05") for m in range(3, 18)]
    for options in ({}, {"key": "id"}):
        keyed = [row | {"id": str(i)} for i, row in enumerate(rows)]
        opened = {"s": events(keyed, *wanted, **options)}
        found = count_events(
            opened, AREAS, wanted, periods=Periods(unit="year-ending"), places=PLACES
        )
        by = found.period_rhythm["records"].xs("month", level="aspect").groupby("factor").size()
        assert by.to_dict() == {"a": 12, "b": 12}
        assert found.counts.sum().to_list() == [12, 12]


def test_rolling_years_of_one_factor_that_share_months_are_refused():
    with pytest.raises(ConfigError, match="share months, so that events would be counted twice"):
        parse_periods(("2022-03", "2022-06"), "year-ending", place="factors.a")


def inside(rows, *, areas=AREAS, **options):
    """Records inside areas, by aspect, area and value."""
    opened = {"s": events(rows, factor(), **options)}
    table = count_events(opened, areas, (factor(),), places=PLACES, inside=True).inside
    return {key[2:]: int(n) for key, n in table["records"].items()}


def test_streets_are_counted_by_area_under_the_names_that_the_source_gives():
    rows = [
        at("2022-05", where="High Street"),
        at("2022-06", where="High Street"),
        at("2022-06", "E01000002", where="High Street"),
        at("2022-06", where=None),
        at("2021-06", where="High Street"),
    ]
    assert inside(rows, street="where") == {
        ("E01000001", STREET, ""): 1,
        ("E01000001", STREET, "High Street"): 2,
        ("E01000002", STREET, "High Street"): 1,
    }


def test_points_are_told_as_squares_of_a_hundred_metres():
    rows = [
        {"date": "2022-05", "area": "E01000001", "x": 120.0, "y": 199.0},
        {"date": "2022-05", "area": "E01000001", "x": 180.0, "y": 101.0},
        {"date": "2022-05", "area": "E01000001", "x": 201.0, "y": 101.0},
    ]
    assert inside(rows, x="x", y="y") == {
        ("E01000001", STREET, "100 m square at 100 100"): 2,
        ("E01000001", STREET, "100 m square at 200 100"): 1,
    }


def test_parts_of_the_week_begin_after_the_hour_of_unknown_times():
    # 6 May 2022 was a Friday.
    hours = ["00:30", "01:00", "05:59", "06:00", "18:00", "23:59"]
    found = inside([at(f"2022-05-06 {hour}") for hour in hours])
    assert found == {
        ("E01000001", HOURS, ""): 1,
        ("E01000001", HOURS, "5 01"): 2,
        ("E01000001", HOURS, "5 06"): 1,
        ("E01000001", HOURS, "5 18"): 2,
    }
    assert len(PARTS) == 28
    assert part_in_words("7 01") == "Sun 01 to 06"


def test_homes_have_no_street_and_months_no_hours():
    rows = [at("2022-05-06 20:00", where="High Street", who="a")]
    assert inside(rows, street="where", distinct="who") == {}
    assert inside([at("2022-05")]) == {}
    assert inside([at("2022-05-06 20:00")], street=None) != {}


def test_nothing_inside_areas_is_counted_unless_asked():
    opened = {"s": events([at("2022-05-06 20:00")], factor())}
    assert count_events(opened, AREAS, (factor(),), places=PLACES).inside.empty
