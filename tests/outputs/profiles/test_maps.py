"""Maps of an area profile: which areas are hot, for what, since when, and where they lie."""

import html
import re
from dataclasses import replace

import pandas as pd
import pytest

from riskindex.factors import inside
from riskindex.outputs.profiles.maps import (
    factor_records,
    hot_sentences,
    place_map,
    place_view,
    small_maps,
)
from riskindex.outputs.profiles.numbers import Book


@pytest.fixture(scope="module")
def book(county_released):
    return Book(county_released)


def plain(lines):
    return [html.unescape(re.sub(r"<[^>]+>", "", line)) for line in lines]


def test_factors_are_told_by_how_many_areas_are_hot(book):
    for place in book.groups["district"]:
        sentence = plain(hot_sentences(book, place))[0]
        counts = [(len(book.hot_codes(place, name)), hot.label) for name, hot in book.hot.items()]
        for number, label in counts:
            assert (f"{number} for {inside(label)}" in sentence) == (number > 0)


def test_new_hotspots_are_named(county_released, book):
    code = book.whole.codes[0]
    new = pd.DataFrame({"factor": ["offences"], "area_code": [code]})
    sentences = plain(hot_sentences(Book(replace(county_released, new_hotspots=new)), book.whole))
    assert sentences[1].startswith("New, hot in none of the earlier periods: ")
    assert sentences[1].endswith(f" in {county_released.areas.at[code, 'name']}.")


@pytest.mark.parametrize(("kept", "shown"), [(1, " shown"), (99, "")])
def test_no_hotspot_is_said_of_the_factors_that_are_shown(county_released, kept, shown):
    some = list(county_released.factors.index)[:kept]
    cold = county_released.hotspots.assign(is_hot=False)
    cold = cold[cold.index.isin(some, level="factor")]
    book = Book(replace(county_released, hotspots=cold))
    sentences = plain(hot_sentences(book, book.whole))
    assert sentences == [f"No area is hot for any factor{shown} in the last period."]


def test_a_district_fills_its_map_and_a_place_lies_in_what_is_around_it(book):
    for place, around in ((book.groups["district"][0], 0.04), (book.named_places[0], 0.5)):
        own = book.outlines.view(place.codes, margin=0)
        view = place_view(book, place)
        wide = max(own[2:]) - 4
        assert view[2] - own[2] == pytest.approx(2 * around * wide, abs=6)


def test_each_selected_area_of_the_district_is_outlined_once(book):
    place = next(place for place in book.groups["district"] if book.selected(place))
    picture = place_map(book, place)
    assert picture.count('class="casing"') == len(book.selected(place))
    for code in book.selected(place):
        assert f'href="#p{book.outlines.codes[code]}" class="casing"' in picture


def test_a_factor_has_a_map_where_it_has_a_hot_area_and_a_word_where_it_has_none(book):
    place = book.groups["district"][0]
    part = small_maps(book, place)
    hot = [name for name in book.hot if book.hot_codes(place, name)]
    assert part.count("<figure>") == len(hot)
    assert ("No area is hot here for" in part) == (len(hot) < len(book.hot))
    counted = [int(n) for n in re.findall(r"(\d+)</data> hot</figcaption>", part)]
    assert counted == [len(book.hot_codes(place, name)) for name in hot]


def test_hot_areas_of_all_districts_are_those_of_the_county(book):
    rows = [book.rows(place) for place in book.groups["district"]]
    for name, hot in book.hot.items():
        parts = [of.last(f"{name}.hot", category="hot").count for of in rows]
        assert sum(parts) == len(hot.codes)


def test_a_line_per_factor_says_how_many_areas_are_hot_here(book):
    place = book.groups["district"][0]
    records = factor_records(book, place)
    numbers = [int(re.sub(r"<[^>]+>", "", record["Areas hot"])) for record in records]
    assert numbers == [len(book.hot_codes(place, name)) for name in book.hot]
