"""No place may belong to two areas."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from riskindex.areas.overlaps import find_overlaps
from riskindex.areas.prepare import prepare_areas
from riskindex.errors import InputError


def squares(*corners, side=100.0):
    return np.array([box(x, y, x + side, y + side) for x, y in corners], dtype=object)


def pairs(shapes):
    found = find_overlaps(shapes)
    return list(zip(found.first.tolist(), found.second.tolist(), strict=True))


def every_pair(shapes):
    """The independent answer: all pairs intersected."""
    i, j = np.triu_indices(len(shapes), 1)
    smaller = np.minimum(shapely.area(shapes)[i], shapely.area(shapes)[j])
    some = shapely.area(shapely.intersection(shapes[i], shapes[j])) > 1e-6 * smaller
    return list(zip(i[some].tolist(), j[some].tolist(), strict=True))


def test_a_grid_of_squares_has_no_overlap():
    assert pairs(squares(*[(100 * x, 100 * y) for x in range(4) for y in range(3)])) == []


def test_the_share_is_of_the_smaller_area():
    shapes = np.array([box(0, 0, 100, 100), box(90, 0, 110, 100)], dtype=object)
    assert find_overlaps(shapes).share == pytest.approx([0.5])


@pytest.mark.parametrize(
    "shapes",
    [
        [box(0, 0, 100, 100), box(20, 20, 30, 30)],  # one inside the other
        [box(0, 0, 100, 100), box(0, 0, 50, 100)],  # three edges shared, on the same side
        [box(0, 0, 100, 100), shapely.segmentize(box(0, 0, 100, 100), 30)],  # one place twice
        [box(0, 0, 100, 100), box(0, 0, 100, 100).reverse()],  # the same, written the other way
        [box(0, 40, 100, 60), box(40, 0, 60, 100)],  # a cross, no vertex in the other
    ],
)
def test_every_way_to_overlap_is_found(shapes):
    assert pairs(np.array(shapes, dtype=object)) == [(0, 1)]


def test_a_hole_that_another_area_fills_is_no_overlap():
    ring = box(0, 0, 100, 100).difference(box(20, 20, 40, 40))
    assert pairs(np.array([ring, box(20, 20, 40, 40)], dtype=object)) == []


def test_borders_that_differ_by_less_than_a_millimetre_are_one_border():
    shapes = np.array([box(0, 0, 1000.0001, 1000), box(1000, 0, 2000, 1000)], dtype=object)
    assert pairs(shapes) == []


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=8, unique=True)
)
def test_overlaps_are_found_where_every_pair_finds_them(corners):
    shapes = squares(*[(50.0 * x, 50.0 * y) for x, y in corners])
    assert bool(pairs(shapes)) == bool(every_pair(shapes))
    assert set(pairs(shapes)) <= set(every_pair(shapes))


def prepared(*shapes):
    table = {"code": [f"E0100000{i}" for i in range(len(shapes))]}
    frame = gpd.GeoDataFrame(table, geometry=list(shapes), crs=27700)
    return prepare_areas(frame, code="code", label="areas.gpkg")


def test_areas_that_overlap_are_refused_with_both_codes_and_the_share():
    with pytest.raises(InputError) as caught:
        prepared(box(0, 0, 100, 100), box(95, 0, 195, 100), box(195, 0, 295, 100))
    (fault,) = caught.value.faults
    assert fault.startswith("areas.gpkg: E01000000 and E01000001 overlap by 5.0000% of the smaller")
    assert "keep one edition" in fault


def test_a_tiny_overlap_is_noted():
    done = prepared(box(0, 0, 1000, 1000), box(999.5, 0, 2000, 1000))
    assert "E01000000 and E01000001 overlap by 0.0500% of the smaller" in "".join(done.notes)


def test_many_overlaps_are_counted_not_listed():
    with pytest.raises(InputError, match="and 280 more") as caught:
        prepared(*[Point(1000 + k, 0).buffer(100) for k in range(25)])
    assert len(caught.value.faults) == 21
