"""Places and teams of the real Essex: 56 areas with most recorded events per resident."""

import time
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer
from scipy.sparse.csgraph import connected_components

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.planning.named_places import PlaceRules, name_places
from riskindex.planning.sentences import describe_plan
from riskindex.planning.stability import repeat_choice
from riskindex.planning.teams import Plan, choose_places

YOUNG = [f"Age: Aged {low} to {low + 4} years" for low in (10, 15, 20)]


@pytest.fixture(scope="module")
def county(shared):
    """Areas of Essex with wards and people, neighbours, and events of windows per resident."""
    data = shared / "data"
    areas = gpd.read_file(data / "essex/lsoa21_boundaries.gpkg").to_crs(27700)
    areas = areas.rename(columns={"LSOA21NM": "name", "LAD24NM": "district"})
    areas = areas.set_index("LSOA21CD").rename_axis("area_code")[["name", "district", "geometry"]]
    wards = pd.read_csv(data / "lookups/lsoa21_ward24_lad24.csv.gz", index_col="lsoa21_code")
    with zipfile.ZipFile(data / "census/census2021-ts007a.zip") as ages:
        census = pd.read_csv(
            ages.open("census2021-ts007a-lsoa.csv"), index_col="geography code"
        ).reindex(areas.index)
    areas = areas.assign(
        ward=wards["ward24_name"].reindex(areas.index),
        residents=census["Age: Total"],
        residents_10_24=census[YOUNG].sum(axis=1),
    )
    with zipfile.ZipFile(data / "essex/police_uk_2025.zip") as months:
        codes = [
            pd.read_csv(months.open(name), usecols=["LSOA code"]) for name in months.namelist()
        ]
    count = pd.concat(codes)["LSOA code"].value_counts().reindex(areas.index, fill_value=0)
    weights = neighbour_matrix(areas)
    return areas, weights, count


@pytest.fixture(scope="module")
def gazetteer(shared):
    path = shared / "data/places/places_great_britain_geonames.csv"
    if not path.exists():
        pytest.skip(f"no place names in {path}")
    table = pd.read_csv(path)
    degrees = table["longitude"], table["latitude"]
    x, y = Transformer.from_crs(4326, 27700, always_xy=True).transform(*degrees)
    return table.assign(x=x, y=y)


def most_events(areas, weights, count, *, number=56):
    """The index table of a list by events of the window per 1,000 residents."""
    rate = (weights @ count + count) / (weights @ areas["residents"] + areas["residents"])
    selected = rate.rank(ascending=False, method="first") <= number
    return pd.DataFrame({"score": 100 * rate / rate.max(), "selected": selected})


@pytest.fixture(scope="module")
def places(county, gazetteer):
    areas, weights, _ = county
    return name_places(most_events(*county), areas, weights, gazetteer)


def test_places_have_the_names_that_people_use(places):
    names = set(places.table["name"])
    assert len(names) == len(places.table)
    towns = {name.partition(":")[0] for name in names}
    assert {"Southend-on-Sea", "Basildon", "Harlow", "Colchester", "Chelmsford"} <= towns
    assert "Clacton-on-Sea" in towns
    # Across the border, however near.
    assert not towns & {"Chingford", "Romford", "Bishops Stortford", "Gravesend", "London"}


def test_every_settlement_lies_in_the_district_of_its_place(places):
    district = places.table.set_index("name")["district"]
    for town, lies_in in {
        "Southend-on-Sea": "Southend-on-Sea",
        "Clacton-on-Sea": "Tendring",
        "Harlow": "Harlow",
        "Chelmsford": "Chelmsford",
    }.items():
        of_town = district[[name for name in district.index if name.startswith(town)]]
        assert set(of_town) == {lies_in}


@pytest.mark.parametrize("rules", [PlaceRules(), PlaceRules(largest_areas=5, largest_km=3.0)])
def test_all_areas_are_in_one_connected_place_that_is_not_too_large(county, gazetteer, rules):
    areas, weights, _ = county
    index = most_events(*county)
    table, place_of = name_places(index, areas, weights, gazetteer, rules=rules)
    assert place_of.index.equals(index.index[index["selected"]])
    assert table["areas"].sum() == 56
    assert table["residents_10_24"].sum() == areas["residents_10_24"][index["selected"]].sum()
    for place, size in table["areas"].items():
        members = np.flatnonzero(areas.index.isin(place_of.index[place_of == place]))
        assert connected_components(weights[members][:, members])[0] == 1
        assert size == 1 or (
            size <= rules.largest_areas and table.at[place, "km_across"] <= rules.largest_km
        )


def test_teams_are_chosen_in_under_a_second(places, county):
    start = time.process_time()
    choice = choose_places(places.table, Plan(teams=4))
    assert time.process_time() - start < 1
    # One team each: no more than the four places of greatest need.
    assert choice.best.places == (1, 2, 3, 4)
    assert choice.next_best.places == (1, 2, 3, 5)
    assert choice.curve["gain"].iloc[1:].is_monotonic_decreasing
    answer = describe_plan(places.table, choice, areas=len(county[0])).answer
    assert answer.startswith("56 of 1,111 areas, in ")


def test_the_choice_is_repeated_where_counts_are_drawn_again(places, county):
    areas, weights, count = county
    rng = np.random.default_rng(17)
    draws = [most_events(areas, weights, rng.poisson(count)) for _ in range(20)]
    repeats = np.array([draw["selected"] for draw in draws])
    choice = choose_places(places.table, Plan(teams=4))
    table = repeat_choice(
        repeats, most_events(*county), areas, weights, places=places, choice=choice
    )
    assert table["chosen"].sum() == 4
    # Poisson noise of thousands of events changes little.
    assert table.loc[table["chosen"], "again"].min() >= 0.5
    assert table.loc[1, "again"] == 1
