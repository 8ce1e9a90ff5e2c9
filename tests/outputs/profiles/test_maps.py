"""Maps of an area profile: which areas are hot, for what, since when, and where they lie."""

import re
from types import SimpleNamespace

import pytest

from riskindex.outputs.profiles.maps import (
    factor_records,
    hot_sentences,
    hotspot_part,
    place_map,
    place_view,
)
from riskindex.outputs.profiles.numbers import Book


@pytest.fixture(scope="module")
def book(county_released):
    return Book(county_released)


def small(hot, *, new=(), factors=2):
    """A book and a place of three areas, with the areas that are hot for each factor."""
    found = {name: SimpleNamespace(label=label) for name, label in LABELS.items()}
    book = SimpleNamespace(
        hot=found,
        new=set(new),
        released=SimpleNamespace(factors=[""] * factors),
        hot_codes=lambda place, name: [code for code in place.codes if code in hot.get(name, ())],
    )
    return book, SimpleNamespace(codes=["a", "b", "c"])


LABELS = {"offences": "Serious violence", "drugs": "Drug possession"}


def test_factors_are_told_by_how_many_areas_are_hot_and_areas_elsewhere_do_not_count():
    told = hot_sentences(*small({"offences": {"a", "z"}, "drugs": {"b", "c"}}))
    assert told == [
        "Areas hot in the last period: 2 for drug possession and 1 for serious violence."
    ]


def test_new_hotspots_are_counted_apart():
    told = hot_sentences(*small({"offences": {"a", "b"}}, new=[("offences", "b"), ("drugs", "z")]))
    assert told[1:] == ["New, hot in none of the earlier periods: serious violence (1)."]


@pytest.mark.parametrize(("factors", "shown"), [(2, ""), (3, " shown")])
def test_no_hotspot_is_said_of_the_factors_that_are_shown(factors, shown):
    told = hot_sentences(*small({}, factors=factors))
    assert told == [f"No area is hot for any factor{shown} in the last period."]


def test_a_district_fills_its_map_and_a_place_lies_in_what_is_around_it(book):
    for place, around in ((book.districts[0], 0.04), (book.named_places[0], 0.5)):
        own = book.outlines.view(place.codes, margin=0)
        view = place_view(book, place)
        wide = max(own[2:]) - 4
        assert view[2] - own[2] == pytest.approx(2 * around * wide, abs=6)


def test_each_selected_area_of_the_district_is_outlined_once(book):
    place = next(place for place in book.districts if book.selected(place))
    picture = place_map(book, place)
    assert picture.count('class="casing"') == len(book.selected(place))
    for code in book.selected(place):
        assert f'href="#p{book.outlines.codes[code]}" class="casing"' in picture


def test_a_factor_has_a_map_where_it_has_a_hot_area_and_a_word_where_it_has_none(book):
    place = book.districts[0]
    part = hotspot_part(book, place)
    hot = [name for name in book.hot if book.hot_codes(place, name)]
    assert part.count("<figure>") == len(hot)
    assert ("No area is hot here for" in part) == (len(hot) < len(book.hot))
    counted = [int(n) for n in re.findall(r": (\d+) hot</figcaption>", part)]
    assert counted == [len(book.hot_codes(place, name)) for name in hot]


def test_hot_areas_of_all_districts_are_those_of_the_county(book):
    records = [factor_records(book, place) for place in book.districts]
    for k, hot in enumerate(book.hot.values()):
        assert sum(record[k]["Areas hot"] for record in records) == len(hot.codes)
