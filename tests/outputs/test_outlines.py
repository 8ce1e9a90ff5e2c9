from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from example_release import grid_areas

from riskindex.outputs.outlines import CodedOutlines, code_rings, draw_outlines, simplified


def numbers(coded: bytes) -> list[int]:
    out, value, place = [], 0, 0
    for byte in coded:
        value |= (byte & 127) << (7 * place)
        place += 1
        if byte < 128:
            out.append(value)
            value = place = 0
    return out


def rings(outlines: CodedOutlines) -> list[list[np.ndarray]]:
    """The reading that the page does: rings of every area, in steps from the corner."""
    values = numbers(outlines.coded)
    n = values[0]
    per_area, rest = values[1 : n + 1], values[n + 1 :]
    sizes, rest = rest[: sum(per_area)], rest[sum(per_area) :]
    moves = np.array(rest).reshape(2, -1).T
    points = np.where(moves % 2, -(moves + 1) // 2, moves // 2).cumsum(axis=0)
    parts = iter(np.split(points, np.cumsum(sizes)[:-1]))
    return [[next(parts) for _ in range(count)] for count in per_area]


def test_a_square_is_four_corners_as_differences():
    points = np.array([[0, 0], [5, 0], [5, 300], [0, 300]])
    coded = code_rings(points, np.zeros(4, int), np.zeros(1, int), n=1)
    assert numbers(coded) == [1, 1, 4, 0, 10, 0, 9, 0, 0, 600, 0]


def test_large_numbers_take_more_bytes():
    points = np.array([[0, 0], [100, 0], [2_000_000, 40_000]])
    coded = code_rings(points, np.zeros(3, int), np.zeros(1, int), n=1)
    assert numbers(coded)[3:] == [0, 200, 2 * 1_999_900, 0, 0, 80_000]


def test_every_area_keeps_its_place_on_the_grid():
    areas = grid_areas()
    outlines = draw_outlines(areas)
    west, south, east, north = areas.to_crs(4326).total_bounds
    assert np.allclose(outlines.bounds, (west, south, east, north), atol=1e-5)
    squares = rings(outlines)
    assert len(squares) == len(areas)
    assert all(len(parts) == 1 and len(parts[0]) == 4 for parts in squares)


def test_neighbours_share_their_corners_exactly():
    corners = [{tuple(p) for p in parts[0]} for parts in rings(draw_outlines(grid_areas()))]
    assert len(corners[0] & corners[1]) == 2
    assert len(corners[0] & corners[11]) == 1


def test_simplifying_opens_no_gap(shared: Path):
    areas = gpd.read_file(shared / "data/essex/lsoa21_boundaries.gpkg")
    simple = simplified(areas)
    assert shapely.coverage_is_valid(simple)
    assert not shapely.is_empty(simple).any()
    assert shapely.get_num_coordinates(simple).sum() < 100 * len(areas)
    assert shapely.area(simple).sum() == pytest.approx(areas.area.sum(), rel=1e-3)


def test_edges_that_differ_in_their_last_digits_still_meet(shared: Path):
    areas = gpd.read_file(shared / "data/essex/lsoa11_boundaries_unsnapped.gpkg").to_crs(27700)
    edges: dict[tuple[tuple[int, ...], ...], int] = {}
    for parts in rings(draw_outlines(areas)):
        for ring in parts:
            for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
                edge = tuple(sorted((tuple(a.tolist()), tuple(b.tolist()))))
                edges[edge] = edges.get(edge, 0) + 1
    shared_edges = sum(times == 2 for times in edges.values())
    assert shared_edges > 0.6 * len(edges)
