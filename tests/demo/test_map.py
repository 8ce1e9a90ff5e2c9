from itertools import islice

import numpy as np
import pytest
import shapely

from riskindex.demo.map import draw_map, place_names, stream
from riskindex.errors import DataError


@pytest.fixture(scope="module")
def areas():
    return draw_map(seed=3, n=60, districts=4)


def test_streams_have_their_own_numbers_for_ever():
    assert stream(1, "map").integers(1000, size=3).tolist() == (
        stream(1, "map").integers(1000, size=3).tolist()
    )
    assert stream(1, "map").random() != stream(1, "events").random()
    assert stream(1, "map").random() != stream(2, "map").random()


def test_a_map_has_as_many_areas_and_districts_as_asked(areas):
    assert len(areas) == 60
    assert areas["district"].nunique() == 4
    assert areas.index[0] == "E01800001"
    assert areas.index.is_monotonic_increasing
    assert areas["name"].is_unique


def test_areas_cover_the_county_without_gap_or_overlap(areas):
    shapes = areas.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum())


def test_districts_are_in_one_piece(areas):
    for _, part in areas.groupby("district"):
        assert shapely.get_num_geometries(shapely.union_all(part.geometry.to_numpy())) == 1


def test_the_same_seed_draws_the_same_county(areas):
    again = draw_map(seed=3, n=60, districts=4)
    assert (shapely.to_wkb(areas.geometry) == shapely.to_wkb(again.geometry)).all()
    other = draw_map(seed=4, n=60, districts=4)
    assert not np.array_equal(areas.total_bounds, other.total_bounds)


@pytest.mark.parametrize(("n", "districts"), [(39, 2), (60, 0), (60, 16)])
def test_a_county_too_small_for_its_districts_is_refused(n, districts):
    with pytest.raises(DataError, match="synthetic county: n = "):
        draw_map(seed=1, n=n, districts=districts)


def test_names_never_repeat():
    names = list(islice(place_names(), 3000))
    assert len(set(names)) == 3000
