import dataclasses
import re

import pandas as pd

from riskindex.outputs.report.places import first_page, place_line


def test_without_places_there_is_no_first_page(county_released):
    assert first_page(dataclasses.replace(county_released, team_plan=None)) == ""


def test_every_place_has_a_line_with_its_areas(county_released):
    for number, place in county_released.places.iterrows():
        line = place_line(county_released, number)
        assert re.search(rf"\b{place['areas']:,}\b", line) or place["areas"] == 1
        assert line.startswith(f"Place {number} of {len(county_released.places)}: ")


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


def test_what_is_there_already_stands_beside_each_place(county_released):
    plan = county_released.team_plan
    index = pd.MultiIndex.from_product(
        [plan.places.table.index, ["station", "youth club"]], names=["place", "kind"]
    )
    services = pd.DataFrame({"within": [k % 2 for k in range(len(index))]}, index=index)
    near = dataclasses.replace(county_released, team_plan=plan._replace(services=services))
    words = "Within 1 km: station 0, youth club 1"
    assert words in first_page(near)
    assert place_line(near, 1).endswith(f". {words}.")
    assert "Within" not in place_line(county_released, 1)


def test_a_step_that_gives_a_place_up_says_so(county_released):
    plan = county_released.team_plan
    one, two = (plan.steps[k]._replace(places=places) for k, places in ((1, (1,)), (2, (2,))))
    steps = (plan.steps[0], one, two, *plan.steps[3:])
    html = first_page(dataclasses.replace(county_released, team_plan=plan._replace(steps=steps)))
    names = plan.places.table["name"].str.replace("'", "&#x27;")
    assert f"{names[2]}, instead of {names[1]}" in html
