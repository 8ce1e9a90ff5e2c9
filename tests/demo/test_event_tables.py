import pytest

from riskindex.demo.event_tables import EVENT_TABLES, RISKS, STUDY_YEARS, TREND, YEARS, Kind


def test_a_kind_follows_the_trend_and_may_end_elsewhere():
    plain = Kind("a", "r", 1000)
    assert plain.in_year(2022) == 1000
    assert plain.in_year(2018) == pytest.approx(920)
    assert plain._replace(last=700).in_year(2023) == 700
    assert plain._replace(last=700).in_year(2022) == 1000


def test_every_year_has_its_trend():
    assert set(TREND) == set(YEARS)
    assert set(STUDY_YEARS) < set(YEARS)


def test_every_kind_has_a_risk_that_is_drawn():
    risks = {kind.risk for table in EVENT_TABLES.values() for kind in table.kinds}
    assert risks <= set(RISKS)


def test_tables_hold_events_of_their_years_most_of_them_in_the_county():
    for table in EVENT_TABLES.values():
        assert table.kinds
        assert 0 <= table.outside + table.nowhere < 0.5
        assert set(table.years) <= set(YEARS)
