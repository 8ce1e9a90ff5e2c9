from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.errors import ConfigError
from riskindex.events.periods import (
    missing_days,
    missing_months,
    month_label,
    month_number,
    parse_period,
    parse_periods,
)


@pytest.mark.parametrize(
    ("unit", "label", "start", "end"),
    [
        ("calendar-year", "2022", date(2022, 1, 1), date(2023, 1, 1)),
        ("financial-year", "2022-23", date(2022, 4, 1), date(2023, 4, 1)),
        ("financial-year", "1999-00", date(1999, 4, 1), date(2000, 4, 1)),
        ("academic-year", "2022/23", date(2022, 9, 1), date(2023, 9, 1)),
        ("year-ending", "2022-03", date(2021, 4, 1), date(2022, 4, 1)),
        ("year-ending", "2022-12", date(2022, 1, 1), date(2023, 1, 1)),
        ("quarter", "2022-Q1", date(2022, 1, 1), date(2022, 4, 1)),
        ("quarter", "2022-Q4", date(2022, 10, 1), date(2023, 1, 1)),
        ("month", "2022-12", date(2022, 12, 1), date(2023, 1, 1)),
    ],
)
def test_a_label_names_its_months(unit, label, start, end):
    assert parse_period(label, unit=unit) == (label, start, end)


@pytest.mark.parametrize(
    ("unit", "label"),
    [
        ("calendar-year", "22"),
        ("calendar-year", "2022-23"),
        ("calendar-year", "0000"),
        ("financial-year", "2022-24"),
        ("financial-year", "2022/23"),
        ("academic-year", "2022-23"),
        ("year-ending", "2022-13"),
        ("quarter", "2022-Q5"),
        ("month", "2022-00"),
        ("month", "2022-1"),
    ],
)
def test_another_units_label_is_refused_with_an_example(unit, label):
    with pytest.raises(ConfigError, match=f"'{label}' is no {unit}; write it as 2022"):
        parse_period(label, unit=unit)


def test_periods_that_share_months_are_refused():
    with pytest.raises(ConfigError, match=r"factors.f: the periods 2022-03 and 2022-06 share"):
        parse_periods(["2022-06", "2022-03"], "year-ending", place="factors.f")
    with pytest.raises(ConfigError, match="2022 and 2022 share"):
        parse_periods(["2022", "2022"], "calendar-year", place="factors.f")
    assert len(parse_periods(["2021-03", "2022-03"], "year-ending", place="f")) == 2


@given(st.integers(12, 9000 * 12))
def test_a_months_number_and_label_are_the_same_month(number):
    period = parse_period(month_label(number), unit="month")
    assert list(period.months) == [number] == [month_number(period.start)]


def months(*labels):
    return {month_number(parse_period(label, unit="month").start): n for label, n in labels}


def test_an_empty_month_of_a_busy_source_is_missing():
    year = parse_period("2022")
    busy = {month: 100 for month in year.months if month % 12 not in (0, 5)}
    assert [month_label(m) for m in missing_months(year, busy)] == ["2022-01", "2022-06"]


def test_an_empty_month_of_a_sparse_source_may_be_chance():
    year = parse_period("2022")
    assert missing_months(year, dict.fromkeys(list(year.months)[1::2], 6)) == ()


def test_a_year_before_the_first_event_is_missing_and_so_is_one_without_any():
    events = months(("2022-01", 3), ("2022-05", 3))
    assert len(missing_months(parse_period("2021"), events)) == 12
    assert missing_months(parse_period("2022"), events) == tuple(parse_period("2022").months)[5:]
    assert len(missing_months(parse_period("2022"), {})) == 12


def test_periods_that_are_not_in_order_are_refused():
    with pytest.raises(ConfigError, match="2018, 2020, 2022"):
        parse_periods(["2022", "2018", "2020"], "calendar-year", place="factors.f")


def days(start, n):
    return {start + timedelta(i): 1 for i in range(n)}


def test_days_at_the_end_or_inside_without_an_event_are_missing():
    quarter = parse_period("2024-Q2", unit="quarter")
    cut = days(date(2024, 1, 1), 161)  # to 9 June
    assert missing_days(quarter, cut) == [(date(2024, 6, 10), date(2024, 6, 30))]
    hole = days(date(2024, 1, 1), 120) | days(date(2024, 5, 20), 60)
    assert missing_days(quarter, hole) == [(date(2024, 4, 30), date(2024, 5, 19))]
    assert missing_days(quarter, cut, months=[month_number(date(2024, 6, 1))]) == []


def test_weekends_and_sparse_days_are_not_missing():
    quarter = parse_period("2024-Q2", unit="quarter")
    working = {day: 9 for day in days(date(2024, 1, 1), 182) if day.weekday() < 5}
    assert missing_days(quarter, working) == []
    batches = dict.fromkeys((date(2024, month, 15) for month in range(1, 7)), 500)
    assert missing_days(quarter, batches) == []
