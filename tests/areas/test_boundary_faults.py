import numpy as np
import pandas as pd
from shapely.geometry import LineString, Polygon, box

from riskindex.areas.boundary_faults import code_faults, shape_faults, sliver_notes
from riskindex.areas.editions import first_few


def shapes(*given):
    return np.array(given, dtype=object)


def test_a_strip_a_hundred_times_as_long_as_wide_is_a_sliver():
    square, strip = box(0, 0, 100, 100), box(0, 0, 1, 10_000)
    codes = pd.Index(["A", "B"])
    assert list(sliver_notes(shapes(square, square), codes, "x.gpkg")) == []
    (note,) = sliver_notes(shapes(square, strip), codes, "x.gpkg")
    assert note.startswith("x.gpkg: 1 areas are slivers")
    assert "(B)" in note


def test_a_long_list_is_cut_with_what_it_leaves_out():
    assert first_few(["a", "b"]) == "a, b"
    assert first_few(list("abcdefg"), shown=3) == "a, b, c and 4 more"


def test_codes_are_there_and_there_once():
    assert list(code_faults(pd.Series(["A", "B"]))) == []
    missing, again = code_faults(pd.Series(["", "B", "C", "C"]))
    assert missing.startswith("1 rows without an area code (row 1: ''")
    assert "used again (row 3: 'C', row 4: 'C')" in again


def test_shapes_are_polygons_of_numbers_each_there_once():
    square = box(0, 0, 1, 1)
    good = shape_faults(shapes(square, box(1, 0, 2, 1)), pd.Series(["A", "B"]))
    assert list(good) == []
    flat = LineString([(0, 0), (1, 1)])
    with np.errstate(invalid="ignore"):
        astray = Polygon([(0, 0), (1, np.nan), (1, 1)])
    given = shapes(None, flat, astray, square, square)
    found = list(shape_faults(given, pd.Series(list("ABCDE"))))
    assert [fault.partition(" (")[0] for fault in found] == [
        "1 rows without a shape",
        "1 rows whose shape is no polygon",
        "1 rows with coordinates that are no numbers",
        "2 rows share one shape",
    ]
