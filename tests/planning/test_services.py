import numpy as np
import pandas as pd
import pytest
from row_of_places import squares

from riskindex.errors import DataError
from riskindex.planning.services import count_services

PLACE_OF = pd.Series({"E000": 1, "E001": 1, "E004": 2}, name="place")


def services(*rows):
    return pd.DataFrame(rows, columns=["kind", "name", "x", "y"])


def counted(*rows, **options):
    return count_services(squares(5, 1), PLACE_OF, services(*rows), **options)


def test_services_in_and_near_a_place_are_counted_from_its_border():
    table = counted(
        ("youth club", "Inside", 500, 500),
        ("youth club", "At the limit", 3000, 500),
        ("youth club", "Just beyond", 2500, 2000.5),
        ("station", "Far", 9000, 500),
    )
    assert table.loc[(1, "youth club")].tolist() == [2, 0.0, "Inside"]
    # "At the limit" is a kilometre from both places.
    assert table.loc[(2, "youth club")].tolist() == [1, 1.0, "At the limit"]
    assert table.loc[(1, "station")].tolist() == [0, 7.0, "Far"]
    assert table.loc[(2, "station")].tolist() == [0, 4.0, "Far"]


def test_the_distance_can_be_chosen():
    at = ("school", "A", 2250, 500)
    assert counted(at, within_km=0.25).loc[(1, "school"), "within"] == 1
    assert counted(at, within_km=0.2).loc[(1, "school"), "within"] == 0


def test_a_service_listed_twice_is_one_and_of_equals_the_first_name_is_told():
    rows = [("club", "B", 100, 100), ("club", "A", 200, 200), ("club", "B", 100, 100)]
    assert counted(*rows).loc[(1, "club")].tolist() == [2, 0.0, "A"]


def test_no_services_give_no_rows():
    assert counted().empty


def test_services_without_a_location_are_refused():
    with pytest.raises(DataError, match=r"1 without a kind or a location \(first: row 2\)"):
        counted(("club", "A", 1, 1), ("club", "B", np.nan, 1))
    with pytest.raises(DataError, match="no column y"):
        count_services(squares(5, 1), PLACE_OF, services().drop(columns="y"))
    with pytest.raises(DataError, match="must be kilometres above 0"):
        counted(within_km=0)
