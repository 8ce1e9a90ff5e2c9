"""Profiles hold the numbers of the release, link to each other, and load nothing."""

import dataclasses
import html
import re

import pandas as pd
import pytest
from small_events import events, factor, squares

from riskindex.areas.groups import profile_kind
from riskindex.disclosure import CellRules
from riskindex.events.count import count_events
from riskindex.outputs.profiles.page import write_profiles
from riskindex.outputs.report.places import place_line


@pytest.fixture(scope="module")
def folder(county_released, tmp_path_factory):
    folder = tmp_path_factory.mktemp("profiles") / "profiles"
    write_profiles(county_released, folder)
    return folder


def pages(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_every_district_and_place_has_a_page_that_the_index_links(folder, county_released):
    districts = {f"district-{name.lower()}.html" for name in county_released.areas["district"]}
    districts.add("whole.html")
    places = {f"place-{number}.html" for number in county_released.places.index}
    assert len(districts) == 5
    assert len(places) == len(county_released.places) > 1
    assert set(pages(folder)) == {"index.html", *districts, *places}
    linked = set(re.findall(r'href="([^"./#]+\.html)"', pages(folder)["index.html"]))
    assert linked == set(pages(folder)) - {"index.html"}


def test_every_area_of_a_district_that_scores_has_its_line_and_the_others_are_counted(
    folder, county_released
):
    for name, part in county_released.all_areas.groupby("district"):
        page = pages(folder)[f"district-{name.lower()}.html"]
        scores = part.index[part["score"] > 0]
        assert set(re.findall(r'<tr id="([^"]+)"', page)) == set(scores)
        assert ("No area here has a score above zero." in page) == (len(scores) == 0)


def test_the_page_of_a_place_has_its_name_its_sentence_and_a_line_for_each_of_its_areas(
    folder, county_released
):
    place_of = county_released.team_plan.places.place_of
    for number, place in county_released.places.iterrows():
        page = html.unescape(pages(folder)[f"place-{number}.html"])
        assert f"<h1>{place['name']}</h1>" in page
        line = place_line(county_released, number)
        assert f'<p class="answer" data-row="place-{number}">{line}</p>' in page
        codes = set(place_of.index[place_of == number])
        assert len(codes) == place["areas"]
        assert set(re.findall(r'<tr id="([^"]+)"', page)) == codes


def test_selected_areas_are_counted_in_the_answer(folder, county_released):
    for name, part in county_released.all_areas.groupby("district"):
        page = pages(folder)[f"district-{name.lower()}.html"]
        answer = re.sub(r"<[^>]+>", "", re.search('class="answer">(.+?)</p>', page)[1])
        number = int(part["selected"].sum())
        assert answer.startswith(f"{number or 'None'} of the {len(part)} areas in {name}")


def test_pages_load_nothing_and_run_nothing(folder):
    for page in pages(folder).values():
        assert "default-src 'none'" in page
        assert "script-src 'none'" in page
        assert re.findall(r'\s(?:src|style|on\w+)="', page) == []
        links = re.findall(r'href="([^"]+)"', page)
        assert all(re.fullmatch(r"#[\w-]+|[\w-]+\.html|\.\./\w+\.html", link) for link in links)


def test_names_inside_a_page_are_used_once(folder):
    for page in pages(folder).values():
        names = re.findall(r' id="([^"]+)"', page)
        assert len(names) == len(set(names))


def test_two_writes_give_the_same_bytes(folder, county_released, tmp_path):
    write_profiles(county_released, tmp_path)
    assert pages(tmp_path) == pages(folder)


def test_text_from_data_stays_text(county_released, tmp_path):
    payload = "<img src=x onerror=alert(1)>"
    every = county_released.all_areas.assign(name=payload, ward=payload, reasons=payload)
    labels = county_released.factors.assign(label=payload)
    write_profiles(
        dataclasses.replace(
            county_released,
            all_areas=every,
            factors=labels,
            title=payload,
            notes=(payload,),
            attribution=(payload,),
        ),
        tmp_path,
    )
    assert all("<img" not in page for page in pages(tmp_path).values())


def test_a_release_without_groups_has_one_page_for_the_whole(county_released, tmp_path):
    bare = dataclasses.replace(
        county_released,
        group_kinds=(),
        rhythm=pd.DataFrame(),
    )
    write_profiles(dataclasses.replace(bare, team_plan=None), tmp_path / "whole")
    assert set(pages(tmp_path / "whole")) == {"index.html", "whole.html"}
    write_profiles(bare, tmp_path / "places")
    places = {f"place-{number}.html" for number in bare.places.index}
    assert set(pages(tmp_path / "places")) == {"index.html", "whole.html", *places}


def test_tiers_are_told_where_the_run_was_repeated(county_released, tmp_path):
    every = county_released.all_areas.assign(p_selected=0.6, tier="borderline")
    write_profiles(dataclasses.replace(county_released, all_areas=every), tmp_path)
    page = pages(tmp_path)["place-1.html"]
    # All areas of a place are selected: a column that says so would say nothing.
    assert '<th scope="col">Selected</th>' not in page
    assert ">60<" in page
    assert 'class="borderline"' in page


def test_there_is_a_page_for_each_group_of_the_kinds_that_the_config_names(
    county_released, tmp_path
):
    released = dataclasses.replace(county_released, page_kinds=("ward",), team_plan=None)
    write_profiles(released, tmp_path)
    wards = county_released.areas.groupby("ward").size()
    found = {name for name in pages(tmp_path) if name.startswith("ward-")}
    assert len(found) == len(wards) > 4
    assert set(pages(tmp_path)) == {"index.html", "whole.html", *found}
    for name, page in pages(tmp_path).items():
        if name in found:
            ward = html.unescape(re.search(r"<h1>(.*?)</h1>", page)[1])
            assert f"of the {wards[ward]} areas in {ward}" in re.sub(r"<[^>]+>", "", page)


def test_small_groups_are_withheld_on_their_pages(county_release, small_lists_leave, tmp_path):
    released = dataclasses.replace(county_release("public"), page_kinds=("ward",))
    write_profiles(released, tmp_path)
    rows = released.figures.query("figure == 'suspects.count' and place_kind == 'ward'")
    held = set(rows.loc[rows["status"] == "[c]", "place"])
    assert held
    wards = [page for file, page in pages(tmp_path).items() if file.startswith("ward-")]
    for page in wards:
        name = html.unescape(re.search(r"<h1>(.*?)</h1>", page)[1])
        number = re.search(
            r"suspects&#x27; homes</td><td[^>]*><[^>]*>2022</span></td>(.*?)</td>", page
        )
        assert (re.sub(r"<[^>]+>", "", number[1]) == "[c]") == (name in held)


def test_partnerships_come_before_districts():
    assert profile_kind(("ward", "csp", "district")) == "csp"
    assert profile_kind(("ward", "district", "region")) == "district"
    assert profile_kind(()) is None


def rhythm(rows, **options):
    areas = squares("E01000001", "E01000002")
    places = pd.Series(["west", "east"], index=areas.index)
    opened = {"s": events(rows, factor(), **options)}
    return count_events(opened, areas, [factor()], places=places).rhythm["records"]


def test_hours_and_weekdays_come_from_dates_with_a_time():
    rows = [
        {"date": "2022-05-06 23:15", "area": "E01000001"},
        {"date": "2022-05-07T01:00:00", "area": "E01000001"},
    ]
    found = rhythm(rows).xs(("f", "all", "west"), level=["factor", "group", "place"])
    assert found.to_dict() == {
        ("hour", "01"): 1,
        ("hour", "23"): 1,
        ("month", "2022-05"): 2,
        ("weekday", "5"): 1,
        ("weekday", "6"): 1,
    }


def test_months_alone_have_no_weekdays():
    found = rhythm([{"date": "2022-05", "area": "E01000002"}])
    assert set(found.index.get_level_values("aspect")) == {"month"}


def test_age_and_sex_are_counted_where_the_config_names_them():
    rows = [
        {"date": "2022-05-06", "area": "E01000001", "years": 17, "gender": "F"},
        {"date": "2022-05-07", "area": "E01000001", "years": None, "gender": None},
    ]
    found = rhythm(rows, age="years", sex="gender")
    sex = found.xs("sex", level="aspect").droplevel(["factor", "group", "place"])
    assert sex.to_dict() == {"": 1, "F": 1}


def test_a_repeated_record_is_counted_once_and_a_repeated_person_twice():
    rows = [
        {"date": "2022-05-06", "area": "E01000001", "key": "k1", "person": "p"},
        {"date": "2022-05-06", "area": "E01000001", "key": "k1", "person": "p"},
        {"date": "2022-06-06", "area": "E01000001", "key": "k2", "person": "p"},
    ]
    found = rhythm(rows, key="key", distinct="person").xs("month", level="aspect")
    assert found.tolist() == [1, 1]


def test_events_outside_the_factor_s_periods_are_left_out():
    rows = [
        {"date": "2021-12-31", "area": "E01000001"},
        {"date": "2022-01-02", "area": "E01000001"},
    ]
    assert rhythm(rows).index.get_level_values("value").unique().tolist() == ["2022-01", "7"]


def without_mondays(rhythm, place):
    """The table without its records of Mondays in a place, as if they were withheld."""
    names = rhythm.index.to_frame()
    monday = (names["aspect"] == "weekday") & (names["value"] == "1") & (names["place"] == place)
    return rhythm.astype({"records": float}).mask(monday)


def test_a_pattern_with_a_withheld_number_is_named_and_not_drawn(county_released, tmp_path):
    place = county_released.rhythm.index.unique("place")[0]
    held = {
        name: without_mondays(getattr(county_released, name), place)
        for name in ("rhythm", "period_rhythm")
    }
    write_profiles(dataclasses.replace(county_released, **held), tmp_path)
    (page,) = (text for text in pages(tmp_path).values() if f"<h1>{place}</h1>" in text)
    when = page[page.index('<section id="when">') : page.index('<section id="notes">')]
    assert "by day of the week" in when[when.index("Not shown, because numbers") :]
    assert "day of the week:" not in when


@pytest.mark.parametrize(("rules", "is_said"), [(None, True), (CellRules(), False)])
def test_a_release_does_not_say_of_a_place_that_all_are_of_one_sex(
    county_released, tmp_path, rules, is_said
):
    rhythm = county_released.rhythm.astype({"records": float})
    factor, group, place = rhythm.xs("offences", drop_level=False).index[0][:3]
    sexes = {
        (factor, group, name, "sex", sex): (200.0 if sex == "F" or name != place else 0.0)
        for name in rhythm.index.unique("place")
        for sex in ("F", "M")
    }
    more = pd.DataFrame({"records": sexes}).rename_axis(rhythm.index.names)
    released = dataclasses.replace(
        county_released, rules=rules, rhythm=pd.concat([rhythm, more]).sort_index()
    )
    write_profiles(released, tmp_path)
    (page,) = (text for text in pages(tmp_path).values() if f"<h1>{place}</h1>" in text)
    text = re.sub(r"<[^>]+>", "", page)
    assert ("Most: F, 100%." in text) == is_said
    assert ("by sex." in text) != is_said  # the last of what is not shown
