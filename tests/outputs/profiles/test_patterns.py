"""Patterns of time and of people in a profile: only what the numbers bear."""

import dataclasses
import html
import re

import numpy as np
import pandas as pd
import pytest

from riskindex.disclosure import CellRules
from riskindex.events.rhythm import DEFAULT_TIME
from riskindex.outputs.profiles.events import events_part
from riskindex.outputs.profiles.numbers import Book
from riskindex.outputs.profiles.patterns import when_part, who_part


def told_of(released, part, **counts):
    """What a section of the first district says of offences, with some records there."""
    return text_of(part(*with_records(released, **counts)))


def text_of(page):
    inline = re.sub(r"</?(data|span|b)\b[^>]*>", "", page)
    return html.unescape(re.sub(r"<[^>]+>", " ", inline))


def with_records(released, **counts):
    """A book and its first district, with records of offences there and 20 a month."""
    name = min(released.areas["district"])
    factor = "offences"
    group = released.rhythm.xs(factor, level="factor").index[0][0]
    rows = {
        (factor, group, name, aspect, value): n
        for aspect, of in counts.items()
        for value, n in of.items()
    }
    months = {
        (factor, group, name, "month", f"{year}-{month:02d}"): 20
        for year in (2021, 2022)
        for month in range(1, 13)
    }
    table = pd.DataFrame({"records": {**months, **rows}}, dtype=float)
    table.index.names = released.rhythm.index.names
    book = Book(dataclasses.replace(released, rhythm=table))
    return book, next(place for place in book.groups["district"] if place.name == name)


WEEK = dict(zip("1234567", (16, 17, 17, 26, 16, 17, 17), strict=True))


def test_a_largest_weekday_that_is_chance_is_not_named(county_released):
    words = told_of(county_released, when_part, weekday=WEEK)
    assert "126 records in 2018 to 2022. No day stands out from chance." in words
    assert "Most" not in words


def test_a_weekday_or_hour_that_is_no_chance_is_named_with_its_share(county_released):
    hours = {f"{hour:02d}": 20 for hour in range(24)} | {"00": 400, "15": 90}
    words = told_of(county_released, when_part, weekday={**WEEK, "4": 80}, hour=hours)
    assert "Thu (44.4%) stands out." in words
    assert "15 (9.7%) stands out." in words  # midnight may be a default, and is not named


def test_midnight_is_in_doubt_only_where_default_times_do_not_stand_apart(county_released):
    hours = {f"{hour:02d}": 20 for hour in range(24)}
    doubt = "Midnight may stand for a time not known."
    assert doubt in told_of(county_released, when_part, hour=hours)
    words = told_of(county_released, when_part, hour={**hours, DEFAULT_TIME: 31, "": 5})
    assert doubt not in words
    assert "31 are at a default time, which is no hour. 5 do not say." in words


def test_protected_numbers_are_tested_for_no_pattern(county_released):
    week = {**WEEK, "4": 80}
    closed = county_released.factors.assign(restricted=True)
    released = dataclasses.replace(county_released, rules=CellRules(), factors=closed)
    words = told_of(released, when_part, weekday=week)
    assert "stands out" not in words


def test_a_largest_weekday_is_seldom_named_where_all_are_even(county_released):
    """At most 6.5% of even series have one named, by the rule that the pages have."""
    from riskindex.statistics.time_patterns import days_by_weekday, stand_out

    days = days_by_weekday("2022-01-01", "2023-01-01")
    even = np.random.default_rng(11).multinomial(126, days / days.sum(), size=1000)
    assert (stand_out(even, days).p_largest <= 0.05).mean() <= 0.065
    assert (even.max(axis=1) >= 26).mean() > 0.1  # what was called a pattern


def test_who_names_its_years(county_released):
    words = told_of(county_released, who_part, sex={"F": 60, "M": 56})
    assert "116 records in 2018 to 2022. Most: F, 51.7%." in words


def heights(page, title):
    """Label to the height of its bar, in the picture with a title; labels not drawn are counted."""
    picture = next(svg for svg in re.findall(r"<svg.*?</svg>", page, re.S) if title in svg)
    return [float(h) for h in re.findall(r'class="bar"[^>]*height="([0-9.]+)"', picture)]


def test_every_year_of_age_has_a_bar(county_released):
    ages = {f"{age}": 10 for age in range(8, 30)} | {"15": 60, "17": 45, "": 7, "94": 1, "900": 2}
    book, place = with_records(county_released, age=ages)
    page = who_part(book, place)
    bars = heights(page, "by age")
    assert len(bars) == 90 - 8 + 1
    by_age = dict(enumerate(bars, start=8))
    assert sorted(by_age, key=by_age.get)[-2:] == [17, 15]
    assert by_age[15] == pytest.approx(6 * by_age[16], rel=0.02)
    text = text_of(page)
    assert "315 records in 2018 to 2022. Half are aged 17 or younger. 7 do not say." in text


def test_bands_that_a_source_gives_stay(county_released):
    ages = {"10 to 17": 40, "18 to 24": 30, "25 and over": 30}
    book, place = with_records(county_released, age=ages)
    page = who_part(book, place)
    assert len(heights(page, "by age")) == 3
    assert "Most: 10 to 17, 40%." in text_of(page)
    book, place = with_records(county_released, age={**ages, "30": 10})
    assert "110 records in" in text_of(who_part(book, place))
    # Its three bands, and ours, into one of which the single year falls.
    assert sum(height > 0 for height in heights(who_part(book, place), "by age")) == 4


OF_THE_WHOLE = ('class="line whole"', 'class="mark-line"', "Dashed: county", "Lines across")


def test_plots_leave_the_whole_out_where_the_config_says_so(county_released):
    drawn = {}
    for asked in (True, False):
        config = {**county_released.config, "whole_in_plots": asked}
        released = dataclasses.replace(county_released, config=config)
        week = {str(day): 20 for day in range(1, 8)}
        book, place = with_records(released, weekday=week)
        drawn[asked] = events_part(book, place) + when_part(book, place)
    assert all(sign in drawn[True] for sign in OF_THE_WHOLE)
    assert not any(sign in drawn[False] for sign in OF_THE_WHOLE)
    # The place itself is drawn as before, and tables compare it with the whole.
    for sign in ('class="line place"', 'class="bar"', "County, per 1,000"):
        assert drawn[True].count(sign) == drawn[False].count(sign) > 0
