import dataclasses
import re

from riskindex.outputs.report.places import first_page, place_line


def test_without_places_there_is_no_first_page(county_released):
    assert first_page(dataclasses.replace(county_released, team_plan=None)) == ""


def test_every_place_has_a_line_with_its_areas(county_released):
    for number, place in county_released.places.iterrows():
        line = place_line(county_released, number)
        assert re.search(rf"\b{place['areas']:,}\b", line) or place["areas"] == 1


def test_the_first_page_names_every_place_of_several_areas(county_released):
    html = first_page(county_released)
    table = county_released.places
    for number, place in table[table["areas"] > 1].iterrows():
        assert f"profiles/place-{number}.html" in html
        assert place["name"].replace("'", "&#x27;") in html


def test_columns_that_tell_nothing_are_left_out(county_released):
    plan = county_released.team_plan
    quiet = plan.places.table.assign(next_door=0)
    silent = plan._replace(places=plan.places._replace(table=quiet))
    html = first_page(dataclasses.replace(county_released, team_plan=silent))
    assert "Hot only with neighbours, or next door" not in html
