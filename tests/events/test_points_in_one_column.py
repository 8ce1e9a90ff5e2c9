"""Both coordinates in one column."""

import pytest
from small_events import count, factor, line, squares

from riskindex.errors import ConfigError, InputError

TWO = squares("E01000001", "E01000002")


def counted(*texts, areas=TWO, **options):
    rows = [{"date": "2022-01-01", "spot": text} for text in texts]
    return count(rows, areas, factor(), area=None, point="spot", **options)


@pytest.mark.parametrize(
    "text",
    ["1500 500", "1500,500", "(1500.0; 500.0)", "POINT (1500 500)", "E 1500 N 500", " 1500 , 500 "],
)
def test_metres_come_easting_first_however_they_are_written(text):
    found = counted(text)
    assert found.counts["f", "all", "2022"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "text", ["0.71, 51.54", "51.54, 0.71", "POINT(0.71 51.54)", "51.54 0.71", "[0.71,51.54]"]
)
def test_degrees_of_britain_say_themselves_which_is_which(text):
    areas = squares("E01000001", "E01000002")
    areas.geometry = areas.geometry.translate(587_000, 185_000)
    found = counted(text, areas=areas, crs="EPSG:4326")
    assert found.counts["f", "all", "2022"].sum() == 1


def test_degrees_west_of_greenwich_keep_their_sign():
    areas = squares("E01000001")
    areas.geometry = areas.geometry.translate(379_500, 398_000)
    for text in ("-2.31, 53.48", "53.48,-2.31"):
        assert counted(text, areas=areas, crs="EPSG:4326").counts["f", "all", "2022"].sum() == 1


def test_empty_ones_have_no_place_and_odd_ones_are_a_fault():
    assert line(counted("1500 500", "", None)) == {"read": 3, "counted": 1, "no_location": 2}
    with pytest.raises(InputError, match=r"'spot', value 'near the church'.*not a coordinate"):
        counted("1500 500", "near the church")
    with pytest.raises(InputError, match="value '1500'"):
        counted("1500")


def test_one_column_and_two_do_not_go_together():
    with pytest.raises(ConfigError, match="point holds both coordinates"):
        counted("1 2", x="x", y="y")
