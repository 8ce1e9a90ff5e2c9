import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from riskindex.errors import DataError
from riskindex.planning.place_names import (
    arrange_gazetteer,
    in_words,
    settlement_name,
    tell_apart,
    within_reach,
)

PLACE = np.array([shapely.box(0, 0, 1000, 1000)], dtype=object)
ONE = np.ones(1)


def points(*rows):
    return pd.DataFrame(rows, columns=["name", "x", "y", "population"])


def named(table, shapes=PLACE, people=ONE, **options):
    return settlement_name(shapes, people, arrange_gazetteer(table), **options)


def test_a_town_wins_over_a_hamlet_that_is_nearer():
    town, hamlet = ("Basildon", 2500, 500, 140_000), ("Dunton", 500, 1700, 0)
    # 1.5 km of 3.57 km, against .7 km of .5 km.
    assert named(points(town, hamlet)) == "Basildon"


def test_a_suburb_wins_over_a_city_centre_far_away():
    city, suburb = ("London", 7400, 500, 9_000_000), ("Bow", 1500, 500, 28_000)
    # 6.4 km of 5 km, the most that a city reaches; .5 km of 1.6 km.
    assert named(points(city, suburb)) == "Bow"


def test_what_is_too_far_for_its_size_names_nothing():
    assert named(points(("Dunton", 500, 1800, 0))) is None
    assert named(points(("Dunton", 500, 1700, 0))) == "Dunton"
    assert named(points()) is None


def test_of_settlements_inside_the_largest_wins_and_then_the_alphabet():
    inside = points(("B", 100, 100, 900), ("C", 200, 200, 8000), ("A", 300, 300, 8000))
    assert named(inside) == "A"


def test_distance_counts_where_the_residents_are():
    two = np.array([shapely.box(0, 0, 1000, 1000), shapely.box(3000, 0, 4000, 1000)], dtype=object)
    table = points(("West", 500, 500, 20_000), ("East", 3500, 500, 20_000))
    assert named(table, two, np.array([900.0, 100.0])) == "West"
    assert named(table, two, np.array([100.0, 900.0])) == "East"


@pytest.mark.parametrize(
    ("ward", "name"),
    [
        ("Canvey Island Central", "Canvey Island"),
        ("CANVEY-ISLAND", "Canvey Island"),
        ("Canveyside", "Benfleet"),
        ("Central Canvey Island", "Benfleet"),
        ("", "Benfleet"),
    ],
)
def test_the_settlement_that_the_main_ward_is_called_after_wins(ward, name):
    table = points(("Benfleet", 500, 500, 50_000), ("Canvey Island", 3000, 500, 38_000))
    assert named(table, ward=ward) == name


def test_saint_is_written_in_two_ways():
    table = points(("Saint Osyth", 3000, 500, 2000), ("Clacton", 500, 500, 50_000))
    assert named(table, ward="St. Osyth & Point Clear") == "Saint Osyth"


def test_a_polygon_that_covers_wins_over_any_point():
    built_up = shapely.box(-5000, -5000, 900, 5000)
    table = pd.DataFrame(
        {
            "name": ["Pier", "Clacton built-up area"],
            "population": [90_000, None],
            "geometry": [shapely.Point(500, 500), built_up],
        }
    )
    assert named(table) == "Clacton built-up area"


def test_of_polygons_that_cover_alike_the_smallest_wins():
    table = pd.DataFrame(
        {
            "name": ["Thames Gateway", "Pitsea"],
            "geometry": [shapely.box(-9e4, -9e4, 9e4, 9e4), shapely.box(-100, -100, 1100, 1100)],
        }
    )
    assert named(table) == "Pitsea"


def test_a_settlement_across_the_border_names_nothing_here():
    here = arrange_gazetteer(points(("Chingford", -600, 500, 70_000), ("Pier", 1400, 500, 10)))
    assert within_reach(here, PLACE).point_names.tolist() == ["Pier"]


def test_names_without_columns_or_locations_are_refused():
    with pytest.raises(DataError, match="no column y"):
        arrange_gazetteer(pd.DataFrame({"name": ["A"], "x": [1.0]}))
    with pytest.raises(DataError, match=r"1 without a name or a location \(first: row 2\)"):
        arrange_gazetteer(points(("A", 1.0, 1.0, 0), ("B", np.nan, 1.0, 0)))


def test_wards_tell_places_of_one_settlement_apart_two_of_them_first():
    wards = [["Milton", "Pier", "Kursaal"], ["Milton", "Pier", "Victoria"], ["Pier"]]
    assert tell_apart(["Southend"] * 3, wards) == [
        "Southend: Milton, Pier and Kursaal",
        "Southend: Milton, Pier and Victoria",
        "Southend: Pier",
    ]


def test_a_ward_that_has_the_settlements_name_needs_it_only_once():
    wards = [["Pitsea North West"], ["Pitsea South East"]]
    assert tell_apart(["Pitsea", "Pitsea"], wards) == ["Pitsea North West", "Pitsea South East"]


@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.lists(st.sampled_from("PQR"), unique=True)),
        max_size=8,
    )
)
def test_every_name_stands_once(places):
    names = tell_apart([name for name, _ in places], [wards for _, wards in places])
    assert len(set(names)) == len(places)
    for (base, wards), name in zip(places, names, strict=True):
        assert name.startswith((base, *wards))


def test_names_with_an_and_are_parted_so_that_each_is_seen():
    assert in_words([]) == ""
    assert in_words(["A", "B"]) == "A and B"
    assert in_words(["A and B", "C", "D"]) == "A and B; C; and D"
