import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskindex.events.points import areas_of_points, events_inside

LEFT, RIGHT = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
RING = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])


def held(points, *shapes):
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    return list(areas_of_points(x, y, np.array(shapes, dtype=object)))


def by_one_and_one(x, y, shapes):
    """Every point asked of every area, with nothing prepared or sorted."""
    fresh = shapely.from_wkb(shapely.to_wkb(shapes))
    inside = shapely.intersects(fresh[:, None], shapely.points(x, y)[None, :])
    return np.where(inside.any(axis=0), inside.argmax(axis=0), -1)


def test_a_point_is_in_the_area_that_holds_it():
    assert held([(1.5, 0.5), (0.5, 0.5), (2.5, 0.5)], LEFT, RIGHT) == [1, 0, -1]


def test_an_event_counts_in_every_polygon_that_holds_its_point():
    shapes = np.array([LEFT, shapely.box(0.5, 0, 3, 1), RING], dtype=object)
    x, y, n = np.array([0.2, 0.7, 1.0, 4.0]), np.array([0.5, 0.5, 0.5, 4.0]), np.array([1, 2, 4, 8])
    assert list(events_inside(x, y, n, shapes)) == [7, 6, 7]
    assert list(events_inside(x[:0], y[:0], n[:0], shapes)) == [0, 0, 0]


def test_on_a_border_the_first_area_has_it():
    assert held([(1, 0.5), (1, 0), (2, 1)], LEFT, RIGHT) == [0, 0, 1]
    assert held([(1, 0.5)], RIGHT, LEFT) == [0]


def test_a_hole_belongs_to_whoever_fills_it():
    points = [(1, 1), (4, 4), (3, 4)]
    assert held(points, RING) == [0, -1, 0]
    assert held(points, shapely.box(3, 3, 6, 6), RING) == [1, 0, 0]


def test_what_is_missing_or_empty_holds_nothing():
    assert held([(0.5, 0.5)], None, shapely.Polygon(), LEFT) == [2]
    assert held([(0.5, 0.5)], None) == [-1]
    assert held([(np.nan, 0.5), (0.5, np.inf), (0.5, 0.5)], LEFT) == [-1, -1, 0]
    assert held([(np.nan, np.nan)], LEFT) == [-1]
    assert held([], LEFT) == []


def test_an_area_without_height_holds_what_lies_on_it():
    assert held([(0.5, 3), (0.5, 4)], shapely.LineString([(0, 3), (1, 3)])) == [0, -1]


WHOLE = st.integers(0, 12)
CORNERS = st.lists(st.tuples(WHOLE, WHOLE), min_size=3, max_size=7, unique=True)
SHAPES = st.one_of(
    CORNERS.map(lambda corners: shapely.convex_hull(shapely.multipoints(corners))),
    CORNERS.map(lambda corners: shapely.make_valid(shapely.Polygon(corners))),
)


@settings(max_examples=100)
@given(
    st.lists(SHAPES, min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(-2, 28), st.integers(-2, 28)), max_size=30),
    st.sampled_from([1.0, 0.1, 1000 / 3]),
)
def test_sorting_and_preparing_change_nothing(shapes, points, scale):
    shapes = shapely.transform(np.array(shapes, dtype=object), lambda at: at * scale)
    x, y = np.array(points, dtype=float).reshape(-1, 2).T / 2 * scale
    assert (areas_of_points(x, y, shapes) == by_one_and_one(x, y, shapes)).all()


@pytest.fixture(scope="module")
def shapes(essex):
    return np.asarray(essex.geometry.array, dtype=object)


def test_nor_on_the_borders_of_a_real_county(shapes):
    rng = np.random.default_rng(7)
    corners = rng.permutation(shapely.get_coordinates(shapes))[:1500]
    west, south, east, north = shapely.total_bounds(shapes)
    anywhere = rng.uniform((west, south), (east, north), (500, 2))
    rings = [shapely.get_coordinates(shape) for shape in shapes[:50]]
    middles = np.concatenate([(ring[:-1] + ring[1:]) / 2 for ring in rings])
    x, y = np.concatenate([corners, middles, anywhere]).T
    found = areas_of_points(x, y, shapes)
    assert (found == by_one_and_one(x, y, shapes)).all()
    assert (found[: len(corners)] >= 0).all()
    assert (found == -1).any()


def test_points_may_come_in_parts_and_in_any_order(shapes):
    rng = np.random.default_rng(8)
    west, south, east, north = shapely.total_bounds(shapes)
    x, y = rng.uniform((west, south), (east, north), (20_000, 2)).T
    found = areas_of_points(x, y, shapes)
    at = rng.permutation(len(x))
    parts = [areas_of_points(x[part], y[part], shapes) for part in np.array_split(at, 7)]
    assert (np.concatenate(parts) == found[at]).all()
