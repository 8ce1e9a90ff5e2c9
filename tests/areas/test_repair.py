import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Polygon, box

from riskindex.areas.repair import polygons_of_collections, repair, repair_notes
from riskindex.errors import InputError

BOW_TIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
"""Crosses itself in the middle: its triangles run opposite ways round, so that it has no area."""
SQUARE_WITH_A_SPIKE = Polygon([(0, 0), (4, 0), (4, 4), (4, 8), (4, 4), (0, 4)])


def mended(*shapes):
    names = pd.Series([f"name {i}" for i in range(len(shapes))], index=list("abc")[: len(shapes)])
    return repair(np.array(shapes, dtype=object), names, "x")


def test_valid_shapes_stay_as_they_are():
    square = box(0, 0, 1, 1)
    shapes, table = mended(square)
    assert shapes[0] is square
    assert table.empty
    assert repair_notes(table, "x") == ()


def test_a_spike_goes_and_the_area_stays():
    shapes, table = mended(box(9, 9, 10, 10), SQUARE_WITH_A_SPIKE)
    assert shapes[1].equals(box(0, 0, 4, 4))
    assert list(table.index) == ["b"]
    assert table.loc["b", "area_after"] == 16
    assert table.loc["b", "change"] == pytest.approx(0)
    (note,) = repair_notes(table, "x")
    assert note.startswith("x: invalid shapes repaired: 1. name 1 (b): ")


def test_a_repair_that_changes_the_area_is_refused_by_name():
    with pytest.raises(InputError, match=r"x: name 0 \(a\): .* before the repair and 2 after"):
        mended(BOW_TIE)


def test_a_hole_written_as_a_part_becomes_a_hole():
    outer = shapely.orient_polygons(box(0, 0, 4, 4), exterior_cw=False)
    hole = shapely.orient_polygons(box(1, 1, 2, 2), exterior_cw=True)
    shapes, table = mended(MultiPolygon([outer, hole]))
    assert shapes[0].area == 15
    assert table["fault"].tolist() == ["Nested shells"]


def test_only_the_polygons_of_a_collection_stay():
    square, line = box(0, 0, 1, 1), LineString([(0, 0), (5, 5)])
    inner = GeometryCollection([GeometryCollection([square]), line])
    given = np.array([square, inner, GeometryCollection([line]), None], dtype=object)
    shapes, found = polygons_of_collections(given)
    assert found.tolist() == [1]
    assert shapes[1].equals(square)
    assert shapes[2] is given[2]
    assert given[1] is inner
