"""Areas made of squares, somewhere in Essex."""

import geopandas as gpd
from shapely import box

from riskindex.areas.prepare import prepare_areas

EAST, NORTH, SIDE = 560_000.0, 200_000.0, 1000.0
"""The lower left corner of the made areas, somewhere in Essex, and their side."""


def square(column, row, width=1.0, height=1.0):
    left, bottom = EAST + SIDE * column, NORTH + SIDE * row
    return box(left, bottom, left + SIDE * width, bottom + SIDE * height)


def raw(shapes, crs="EPSG:27700", **columns):
    codes = [f"A{i:02}" for i in range(len(shapes))]
    table = {"code": codes, "title": [f"Area {c}" for c in codes], **columns}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs)


def lattice(columns=3, rows=3):
    return raw([square(c, r) for r in range(rows) for c in range(columns)])


def prepared(frame, **options):
    return prepare_areas(frame, code="code", name="title", **options).areas
