"""Pictures for slides: as wide as a screen, and the same bytes each time."""

import dataclasses
import struct

import pytest

from riskindex.outputs.slides import map_slide, places_slide


def size_of(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("make", [map_slide, places_slide])
def test_a_slide_is_as_wide_as_a_screen_and_the_same_each_time(make, county_released):
    picture = make(county_released)
    assert size_of(picture) == (1920, 1080)
    assert make(county_released) == picture


def test_what_data_call_a_formula_is_drawn_as_text(county_released):
    odd = dataclasses.replace(county_released, title="a $x^2$ b $\\frac$", attribution=("$5",))
    assert size_of(map_slide(odd)) == (1920, 1080)


def test_without_places_there_is_no_slide_of_them(county_released):
    assert places_slide(dataclasses.replace(county_released, team_plan=None)) is None
