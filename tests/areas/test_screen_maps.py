import matplotlib as mpl
import numpy as np
import pytest
from squares import lattice, prepared

from riskindex.areas.screen_maps import INK, NOT_ASSESSED, RAMP, draw_areas, explore_areas
from riskindex.errors import DataError

mpl.use("Agg")
SCORES = [0, 0, 0, 0, 0, 10, 20, 30, np.nan]
AREAS = prepared(lattice()).assign(score=SCORES, selected=[False] * 7 + [True, False])


def colours(axes):
    return [mpl.colors.to_hex(c).upper() for c in axes.collections[0].get_facecolor()]


def test_ties_at_zero_are_the_lowest_and_what_is_missing_is_grey():
    drawn = colours(draw_areas(AREAS, "score"))
    assert drawn == [RAMP[0]] * 5 + [RAMP[3], RAMP[3], RAMP[4], NOT_ASSESSED]


def test_selected_areas_have_a_line_around_them():
    axes = draw_areas(AREAS, "score")
    assert len(axes.collections) == 2
    assert "a line around those that are selected" in axes.get_title()
    assert len(draw_areas(AREAS.drop(columns="selected"), "score").collections) == 1


def test_the_map_to_move_asks_nobody_for_anything():
    page = explore_areas(AREAS, "score", tooltip=["name"]).get_root().render()
    assert "<script src" not in page
    assert "<link" not in page
    assert "L.tileLayer(" not in page
    assert page.count(INK) >= 1
    assert "Area A07" in page


def test_names_are_text_on_the_map():
    odd = AREAS.assign(name="</script><script>alert(1)</script>")
    page = explore_areas(odd, "score", tooltip=["name"]).get_root().render()
    assert "<script>alert(1)" not in page


def test_a_column_that_cannot_be_drawn_is_named():
    with pytest.raises(DataError, match="no column 'scor'; the nearest is 'score'"):
        draw_areas(AREAS, "scor")
    with pytest.raises(DataError, match="'name' holds no numbers"):
        explore_areas(AREAS, "name")
