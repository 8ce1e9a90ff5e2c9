import numpy as np
import pandas as pd
import pytest
from small_events import squares

from riskindex.areas.editions import Crosswalk
from riskindex.errors import DataError
from riskindex.events.fingerprints import area_prints
from riskindex.events.study_area import StudyArea

AREAS = squares("E01000001", "E01000002", "E01000003", residents=[100, 300, 600])


def test_areas_have_their_positions_and_prints():
    study = StudyArea(AREAS)
    assert study.position == {"E01000001": 0, "E01000002": 1, "E01000003": 2}
    assert (study.prints == area_prints(AREAS.index)).all()


def test_points_are_held_by_the_first_area_there_or_by_none():
    study = StudyArea(AREAS)
    x = np.array([500.0, 1000, 2500, 5000])
    assert study.holding(x, np.full(4, 500.0)).tolist() == [0, 0, 2, -1]


def test_the_nearest_of_some_areas():
    study = StudyArea(AREAS)
    assert study.nearest(np.array([1900.0, 100]), np.array([500.0, 500]), [0, 2]).tolist() == [2, 0]


def test_points_in_degrees_come_to_the_grid_of_the_shapes():
    study = StudyArea(AREAS)
    lon, lat = study.located(np.array([500.0]), np.array([500.0]), "EPSG:27700")
    assert (lon[0], lat[0]) == (500, 500)
    west, south, east, north = study.box("EPSG:4326")
    assert west < east
    assert south < north
    assert east - west > 3000 / 111_000 / 2


def test_codes_that_are_known_elsewhere_tell_their_kind():
    assert StudyArea(AREAS, known_codes=["E01000001"]).prefixes == frozenset()
    study = StudyArea(AREAS, known_codes=["E01000001", "W01000009"])
    assert study.prefixes == {"W01"}
    assert "W01000009" in study.known_codes


def test_events_of_a_split_area_are_shared_out_by_the_lookup_residents_or_alike():
    children = {"E01009999": ("E01000001", "E01000002")}
    plain = StudyArea(AREAS, crosswalk=Crosswalk(children))
    shares, by = plain.shares("E01009999", [0, 1])
    assert (shares.tolist(), by) == ([100, 300], "residents")
    given = StudyArea(AREAS, crosswalk=Crosswalk(children, shares={"E01009999": (0.9, 0.1)}))
    assert given.shares("E01009999", [0, 1])[1] == "lookup"
    outside, by = plain.shares("E01009999", [0, -1])
    assert (outside.tolist(), by) == ([1, 1], "equal")


def test_without_shapes_nothing_can_be_placed():
    study = StudyArea(pd.DataFrame(index=AREAS.index))
    with pytest.raises(DataError, match="the areas have no shapes"):
        study.holding(np.zeros(1), np.zeros(1))
