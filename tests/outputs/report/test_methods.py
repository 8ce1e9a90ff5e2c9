from example_release import example_release

from riskindex.outputs.report.methods import (
    concentration_part,
    how_made_part,
    how_sure_part,
    neighbour_words,
    overlap_part,
    protection_part,
    why_sentences,
)
from riskindex.outputs.report.methods import test_words as words_of_tests


def test_why_tells_of_the_selected_areas_and_who_lives_there(county_released):
    words = " ".join(why_sentences(county_released))
    assert (
        f"The selected areas hold {int(county_released.top['residents'].sum()):,} residents"
        in words
    )


def test_how_the_list_was_made_says_areas_neighbours_and_the_mean(county_released):
    html = how_made_part(county_released)
    assert f"Areas: {len(county_released.all_areas):,}." in html
    assert neighbour_words(county_released) in html
    assert "Index: the arithmetic mean of the factors" in html


def test_the_correction_of_the_tests_is_told_by_its_name(county_released):
    words = words_of_tests(county_released)
    assert "Benjamini and Hochberg's step-up rule" in words
    assert "adjusted p of 0.05 or less" in words


def test_how_sure_shows_the_borderline_areas_off_the_list(county_released):
    html = how_sure_part(county_released)
    borderline = county_released.all_areas["tier"] == "borderline"
    off = county_released.all_areas[borderline & ~county_released.all_areas["selected"]]
    likely = off.sort_values("p_selected", ascending=False).index
    assert len(likely) > 0
    assert likely[0] in html


def test_without_repeats_nothing_is_drawn_of_how_sure():
    bare = example_release()
    assert "p_selected" not in bare.all_areas
    assert "<svg" not in how_sure_part(bare)


def test_what_was_not_released_under_protection_needs_no_words_of_it(county_released):
    assert protection_part(county_released) == ""


def test_parts_are_the_same_twice(county_released):
    for part in (how_made_part, overlap_part, concentration_part):
        assert part(county_released) == part(county_released)
