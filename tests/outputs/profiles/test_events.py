"""What a profile says of numbers of events: changes with limits, rates beside those of others."""

import dataclasses
import html
import re

import pytest

from riskindex.outputs.profiles.events import change_sentences, events_part
from riskindex.outputs.profiles.numbers import Book


@pytest.fixture(scope="module")
def book(county_released):
    return Book(county_released)


def plain(page):
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def row_of(book, figure, **asked):
    return book.rows(book.groups["district"][0]).last(figure, **asked)


def test_a_change_is_told_with_both_counts_its_limits_and_the_whole(book):
    row = row_of(book, "offences.change", compared_with="2021")
    whole = book.rows(book.whole).last("offences.change", compared_with="2021")
    sentences = map(plain, change_sentences(book, book.groups["district"][0]))
    (sentence,) = (
        one for one in sentences if f" {row.count:,} in 2022, {row.base:,} in 2021: " in one
    )
    assert f"{abs(row.value):g}% (" in sentence
    assert (", more than chance" in sentence) == (row.low > 0 or row.high < 0)
    assert f"; county {'+' if whole.value > 0 else '−' if whole.value < 0 else ''}" in sentence


def test_a_change_that_is_withheld_is_not_told(county_released):
    counts = county_released.figure_counts.copy()
    place = Book(county_released).groups["district"][0]
    here = counts.index.get_level_values("place") == place.name
    counts.loc[here, "count"] = float("nan")
    counts.loc[here, "mark"] = "[c]"
    book = Book(dataclasses.replace(county_released, figure_counts=counts))
    assert list(change_sentences(book, place)) == []
    assert "[c]" in plain(events_part(book, place))


def test_the_table_has_the_rate_its_limits_rank_and_share(book):
    place = book.groups["district"][0]
    rate, share = (row_of(book, f"offences.{kind}", period="2022") for kind in ("rate", "share"))
    table = plain(events_part(book, place))
    assert f"{rate.value:g} ({rate.low:g} to {rate.high:g})" in table
    assert f"Rank of {len(book.groups['district'])}" in table
    assert f"{share.value:g}%" in table


def test_a_factor_with_several_periods_has_a_column_for_each(book):
    page = events_part(book, book.whole)
    assert re.search(r"<th[^>]*>2021</th><th[^>]*>2022</th>", page)
