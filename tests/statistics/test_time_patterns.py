from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskindex.errors import DataError
from riskindex.statistics.time_patterns import (
    SURELY,
    aoristic,
    days_by_month,
    days_by_weekday,
    default_minutes,
    stand_out,
)

DATES = st.dates(date(1950, 1, 1), date(2050, 1, 1))
MINUTES = st.integers(-3_000_000, 30_000_000)
"""Since 1970, some before it."""


def test_a_coin_by_hand():
    # 8 heads of 10: P(8 or more) is (45 + 10 + 1) / 1024, and there are two sides.
    found = stand_out([8, 2])
    assert found.p_largest == pytest.approx(2 * 56 / 1024)
    assert found.expected.tolist() == [5, 5]
    assert found.ratio.tolist() == [1.6, 0.4]
    assert (found.largest, found.p[1]) == (0, 1)


def test_a_fifth_of_126_records_on_one_weekday_is_no_pattern():
    weekdays = [16, 17, 17, 26, 16, 17, 17]
    assert 26 / 126 > 0.2
    assert stand_out(weekdays).largest == 3
    assert stand_out(weekdays).p_largest > 0.2


def test_what_stands_out_by_itself_may_not_among_many_patterns():
    weekdays = [14, 14, 14, 33, 17, 17, 17]
    alone, among = stand_out(weekdays), stand_out(weekdays, patterns=30)
    assert alone.p_largest < 0.05 < among.p_largest
    assert among.p_largest == pytest.approx(30 * alone.p_largest)


def test_longer_months_have_more_events():
    days = days_by_month("2023-01-01", "2024-01-01")
    found = stand_out(10_000 * days, days)
    np.testing.assert_allclose(found.ratio, 1)
    assert found.p_largest > 0.9
    assert stand_out(10_000 * days).p_largest < 0.05 < found.p_largest


def test_several_hours_may_stand_out():
    hours = np.full(24, 20)
    hours[[15, 16, 23]] = 60
    assert np.flatnonzero(stand_out(hours).p <= 0.05).tolist() == [15, 16, 23]


def test_without_events_nothing_stands_out():
    for counts in ([0, 0, 0], [1, np.nan, 2]):
        found = stand_out(counts)
        assert np.isnan(found.p).all()
        assert np.isnan(found.p_largest)
        assert found.largest == 0


def test_a_category_that_was_never_there_is_refused():
    with pytest.raises(DataError, match="without exposure"):
        stand_out([1, 0], [3, 0])


@given(st.lists(st.integers(0, 300), min_size=2, max_size=24), st.data())
def test_tails_are_those_of_the_binomial_test(counts, data):
    exposure = np.array([data.draw(st.integers(1, 9)) for _ in counts])
    found = stand_out(counts, exposure)
    if any(counts):
        tails = stats.binom.sf(np.array(counts) - 1, sum(counts), exposure / exposure.sum())
        np.testing.assert_allclose(found.p, np.minimum(1, tails * len(counts)), rtol=1e-9)
        assert found.p_largest == found.p.min()


@given(st.lists(st.integers(0, 300), min_size=2, max_size=24), st.randoms(use_true_random=False))
def test_the_order_of_categories_does_not_matter(counts, random):
    order = random.sample(range(len(counts)), len(counts))
    here, there = stand_out(counts), stand_out(np.array(counts)[order])
    np.testing.assert_allclose(here.p[order], there.p)
    np.testing.assert_allclose(here.p_largest, there.p_largest)


def test_places_side_by_side_are_as_one_by_one():
    table = np.random.default_rng(1).poisson(9, (5, 7))
    table[2] = 0
    together = stand_out(table)
    for row, counts in enumerate(table):
        for mine, alone in zip(together, stand_out(counts), strict=True):
            np.testing.assert_array_equal(mine[row], alone)


@given(DATES, st.integers(0, 3_000))
def test_days_are_those_of_the_calendar(start, length):
    days = [start + timedelta(i) for i in range(length)]
    span = start, start + timedelta(length)
    weekdays = [sum(day.weekday() == k for day in days) for k in range(7)]
    months = [sum(day.month == k for day in days) for k in range(1, 13)]
    assert days_by_weekday(*span).tolist() == weekdays
    assert days_by_month(*span).tolist() == months


def named(rng, series, events):
    """How often a weekday is named where events fall on a year's days evenly."""
    days = days_by_weekday("2022-04-01", "2023-04-01")
    counts = rng.multinomial(events, days / days.sum(), size=series)
    return np.mean(stand_out(counts, days).p_largest <= 0.05)


@pytest.mark.parametrize("events", [12, 126, 3_000])
def test_a_weekday_is_named_in_at_most_65_of_a_thousand_even_series(events):
    assert named(np.random.default_rng(2), 1_000, events) <= 0.065


@pytest.mark.long
def test_naming_is_calibrated():
    sizes = {
        n: named(np.random.default_rng(3), 100_000, n) for n in (5, 12, 50, 126, 3_000, 80_000)
    }
    print(sizes)
    assert max(sizes.values()) <= 0.052
    assert sizes[3_000] >= 0.04


def test_a_planted_weekday_is_named():
    shares = np.where(np.arange(7) == 5, 1.6, 1) / 7.6
    counts = np.random.default_rng(4).multinomial(500, shares, size=200)
    found = stand_out(counts)
    assert np.mean((found.p_largest <= 0.05) & (found.largest == 5)) > 0.9


def at(minutes):
    return np.array(minutes, dtype="datetime64[m]")


def test_a_burglary_while_people_were_at_work():
    weights = aoristic(["2023-05-01T08:00"], ["2023-05-01T18:00"])
    np.testing.assert_allclose(weights[0], np.repeat([0, 0.1, 0], [8, 10, 6]))


def test_a_night_goes_over_midnight_and_over_the_end_of_the_week():
    sunday = ["2023-05-07T23:00"], ["2023-05-08T01:00"]
    day, week = aoristic(*sunday), aoristic(*sunday, cycle="week")
    assert day[0, [23, 0]].tolist() == [0.5, 0.5]
    assert week[0, [167, 0]].tolist() == [0.5, 0.5]
    assert week.shape == (1, 168)


def test_an_event_of_one_moment_is_in_its_hour():
    moments = ["2023-05-01T00:00", "2023-05-01T17:59:59", "1969-12-31T23:10"]
    weights = aoristic(moments, moments)
    assert weights.argmax(axis=1).tolist() == [0, 17, 23]
    assert weights.sum() == 3


def test_whole_hours_belong_to_the_hour_before_their_end():
    assert aoristic(["2023-05-01T16:00"], ["2023-05-01T17:00"])[0, 16] == 1


def test_a_moment_that_is_missing_leaves_the_event_out():
    start = pd.Series(pd.to_datetime(["2023-05-01 10:00", None, "2023-05-01 10:00"]))
    end = pd.Series(pd.to_datetime(["2023-05-01 11:00", "2023-05-01 11:00", None]))
    weights = aoristic(start, end)
    assert np.isnan(weights).all(axis=1).tolist() == [False, True, True]
    assert weights[0, 10] == 1


def test_an_event_cannot_end_before_it_starts():
    with pytest.raises(DataError, match="1 of 2 events end before they start"):
        aoristic(["2023-05-01T10", "2023-05-01T10"], ["2023-05-01T11", "2023-05-01T09"])


@given(MINUTES, st.integers(1, 20_000))
def test_weights_are_those_of_counting_minutes(start, length):
    minutes = start + np.arange(length)
    days = np.bincount(minutes // 60 % 24, minlength=24) / length
    weeks = np.bincount((minutes // 60 + 72) % 168, minlength=168) / length
    span = at([start]), at([start + length])
    np.testing.assert_allclose(aoristic(*span)[0], days, atol=1e-9)
    np.testing.assert_allclose(aoristic(*span, cycle="week")[0], weeks, atol=1e-9)


@given(st.lists(st.tuples(MINUTES, st.integers(0, 100_000)), min_size=1, max_size=20))
def test_every_event_counts_once_and_weeks_add_up_to_days(spans):
    start, length = np.array(spans).T
    weeks = aoristic(at(start), at(start + length), cycle="week")
    days = aoristic(at(start), at(start + length))
    assert (weeks >= 0).all()
    np.testing.assert_allclose(weeks.sum(axis=1), 1)
    np.testing.assert_allclose(weeks.reshape(-1, 7, 24).sum(axis=1), days, atol=1e-9)


@given(MINUTES, st.integers(1, 20_000), st.integers(0, 23))
def test_later_by_some_hours_is_the_same_pattern_later(start, length, hours):
    here = aoristic(at([start]), at([start + length]))[0]
    there = aoristic(at([start + 60 * hours]), at([start + length + 60 * hours]))[0]
    np.testing.assert_allclose(there, np.roll(here, hours), atol=1e-9)


def a_day(on_the_hour=4, later=6, **more):
    """Events at the full hour and at 25 past every hour; more at times such as h0000."""
    count = np.zeros((24, 60))
    count[:, 0], count[:, 25] = on_the_hour, later
    for time, n in more.items():
        count[int(time[1:3]), int(time[3:])] = n
    return count.ravel()


def test_a_default_is_far_more_than_its_hour_and_the_others_lead_to_expect():
    found = default_minutes(a_day(h0000=60))
    # Of its hour 6 lie later; of the others 23 x 4 at the full hour and 23 x 6 later: 6 x 92 / 138.
    assert found.minute.tolist() == [0]
    assert found.expected.tolist() == [4]


def test_several_defaults_are_found_and_no_time_beside_them():
    found = default_minutes(a_day(h0000=300, h1200=60, h2359=40))
    assert found.minute.tolist() == [0, 12 * 60, 23 * 60 + 59]


def test_a_busy_hour_and_rounding_are_no_default():
    count = a_day(later=1).reshape(24, 60)
    count[22] *= 20
    assert len(default_minutes(count.ravel()).minute) == 0


def test_hours_alone_and_nothing_at_all_have_no_default():
    count = np.zeros(1440)
    assert len(default_minutes(count).minute) == 0
    count[[0, 60, 120]] = 500, 20, 10
    assert len(default_minutes(count).minute) == 0


def test_few_events_are_no_default():
    # 12 at midnight and nothing else in that hour: more than is expected, by chance.
    count = a_day(h0000=12, h0025=3)
    assert len(default_minutes(count).minute) == 0


def test_the_chance_of_a_default_is_that_of_the_exact_test():
    # 23 hours with 92 at the full hour and 138 later: the default is called where Fisher's p is
    # below one in a million, and not with one event less.
    def p(n):
        return stats.fisher_exact([[n, 6], [92, 138]], alternative="greater").pvalue

    least = next(n for n in range(1, 200) if p(n) < SURELY)
    assert len(default_minutes(a_day(h0000=least)).minute) == 1
    assert len(default_minutes(a_day(h0000=least - 1)).minute) == 0


@given(st.integers(0, 23))
def test_a_clock_that_is_some_hours_late_finds_the_default_as_much_later(hours):
    count = np.roll(a_day(h0000=60), 60 * hours)
    assert default_minutes(count).minute.tolist() == [60 * hours]


def test_of_two_hundred_days_of_rounded_times_none_has_a_default():
    rng = np.random.default_rng(5)
    by_hour = rng.dirichlet(np.full(24, 3.0), size=200)
    past = np.zeros(60)
    past[::5], past[0] = 0.05, 0.45
    days = np.array(
        [rng.multinomial(2000, np.outer(h, past / past.sum()).ravel()) for h in by_hour]
    )
    assert sum(len(default_minutes(day).minute) for day in days) == 0


def test_a_day_has_1440_minutes():
    with pytest.raises(DataError, match="A day has 1440 minutes, not 24"):
        default_minutes(np.ones(24))
