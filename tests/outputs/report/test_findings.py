import dataclasses
import html

import pandas as pd
import pytest
from example_release import example_release

from riskindex.hotspots.scan import COLUMNS
from riskindex.outputs.report.findings import (
    category_table,
    change_sentences,
    new_by_district,
    new_sentences,
    over_time,
    scan_part,
    stays_hot,
    unreachable_sentences,
)
from riskindex.outputs.report.page import write_report


@pytest.fixture(scope="module")
def example():
    return example_release()


def with_new(released, *codes, factor="domestic_abuse"):
    return dataclasses.replace(
        released, new_hotspots=pd.DataFrame({"factor": factor, "area_code": list(codes)})
    )


WEST, EAST = ("E00000001", "E00000002"), ("E00000010",)


def test_new_hotspots_are_counted_by_district_the_most_first(example):
    table = new_by_district(with_new(example, *EAST, *WEST))
    assert table.index.tolist() == ["West", "East"]
    assert table["Domestic abuse victims' homes"].tolist() == [2, 1]


def test_a_sentence_says_how_many_are_new_and_where_most_are(example):
    (line,) = new_sentences(with_new(example, *EAST, *WEST)).values()
    assert line == (
        "Domestic abuse victims' homes: 3 areas hot in the last period and in none before; "
        "2 areas in West."
    )


def test_of_the_new_ones_those_that_rise_are_counted_of_all(example):
    rising = example.persistence.assign(has_emerged=False)
    rising.loc[("domestic_abuse", EAST[0]), "has_emerged"] = True
    released = dataclasses.replace(with_new(example, *EAST, *WEST), persistence=rising)
    (line,) = new_sentences(released).values()
    assert line.endswith("; 1 of the 3 rise by more than chance.")


def test_where_districts_draw_level_none_is_named(example):
    (line,) = new_sentences(with_new(example, EAST[0], WEST[0])).values()
    assert "West" not in line


def test_without_a_new_hotspot_or_districts_there_is_no_table(example):
    assert new_by_district(with_new(example)).empty
    assert new_by_district(dataclasses.replace(with_new(example, *WEST), group_kinds=())).empty


def test_rising_and_falling_areas_are_named(example):
    persistence = example.persistence.assign(change="")
    persistence.loc[("domestic_abuse", "E00000003"), "change"] = "rising"
    lines = change_sentences(dataclasses.replace(example, persistence=persistence))
    assert html.unescape(lines[0]) == (
        "Domestic abuse victims' homes: 1 area rising (Place 01C (E00000003)); 0 areas falling."
    )


def test_every_area_has_one_history(example):
    table = category_table(example)
    assert table.drop(columns="Factor").sum(axis=1).tolist() == [len(example.areas)] * 2


def test_five_periods_cannot_reach_historical(example):
    (line,) = unreachable_sentences(example)
    assert line.startswith("With 5 periods")
    assert "historical hot" in line
    assert "cold" not in line


def test_categories_of_another_table_that_are_out_of_reach_are_its_own(example):
    chosen = {"periods": {"unit": "calendar-year", "categories": "arcgis-2018"}}
    named = dataclasses.replace(example, config=example.config | chosen)
    (line,) = unreachable_sentences(named)
    assert line == (
        "With 5 periods and upper tails alone no area can be historical hot and oscillating hot."
    )


def test_part_periods_are_labelled(example):
    noted = dataclasses.replace(example, notes=("abuse: 2022 is a part period; 2 of its 12.",))
    assert "2022 is a part period" in over_time(noted)


def test_hot_areas_that_stay_hot_without_their_largest_area_are_counted():
    index = pd.MultiIndex.from_product([["f"], ["2022"], list("abcd")])
    index = index.set_names(["factor", "period", "area_code"])
    hotspots = pd.DataFrame(
        {
            "is_hot": [True, True, True, False],
            "hot_without_largest": pd.array([True, True, False, pd.NA], dtype="boolean"),
        },
        index=index,
    )
    tests = pd.DataFrame({"hot": [3]}, index=index.droplevel("area_code")[:1])
    released = example_release(hotspots=hotspots, tests=tests)
    assert stays_hot(released, "f") == "2 of 3"


def scanned(example, *lines):
    config = example.config | {
        "factors": [
            {"name": "drugs", "label": "Class A drug suspects' homes", "scan": True},
            {"name": "violence", "label": "Serious violence offences", "scan": False},
        ]
    }
    found = pd.DataFrame(list(lines), columns=list(COLUMNS))
    return dataclasses.replace(example, config=config, clusters_found=found)


def test_clusters_are_a_short_table(example):
    line = ("drugs", "2022", 1, 2, "E00000001; E00000002", 9.0, 3.0, 3.0, 0.00123, 4.5, 0.1)
    html = scan_part(scanned(example, line))
    assert "E00000001; E00000002" in html
    assert "0.0012" in html
    assert "None was found" not in html


def test_a_scan_that_finds_nothing_says_so_and_one_not_asked_for_says_nothing(example):
    assert "None was found for Class A drug suspects&#x27; homes." in scan_part(scanned(example))
    assert scan_part(example) == ""


def test_the_report_of_a_county_has_them(county_released, tmp_path):
    write_report(county_released, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    for words in ("Histories", "Rising and falling areas", "could not be reached", "General G"):
        assert words in page
