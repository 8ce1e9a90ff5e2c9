"""Squares in rows, and a county of eight areas in a row: for tests of places and teams."""

import geopandas as gpd
import pandas as pd
import shapely

ROW = [f"E{k:03}" for k in range(8)]


def squares(columns, rows, side=1000.0):
    """Squares in rows, coded from the south-west: their neighbours are known without a tool."""
    shapes = [
        shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side)
        for y in range(rows)
        for x in range(columns)
    ]
    codes = pd.Index([f"E{k:03}" for k in range(len(shapes))], name="area_code")
    return gpd.GeoDataFrame(geometry=shapes, index=codes, crs=27700)


def county():
    """Eight areas in a row, of a kilometre each; two districts, four wards."""
    return squares(8, 1).assign(
        name=[f"Row {k}" for k in range(8)],
        ward=["Pier", "Pier", "Milton", "Milton", "Lea", "Lea", "Mark", "Mark"],
        district=["South"] * 4 + ["North"] * 4,
        residents=[1000.0, 1000, 1500, 1500, 1000, 1000, 1000, 1000],
        residents_10_24=[200.0, 100, 300, 100, 100, 100, 100, 100],
    )


def listed(selected, *, areas=None, **columns):
    areas = county() if areas is None else areas
    table = pd.DataFrame({"selected": areas.index.isin(list(selected))}, index=areas.index)
    return table.assign(score=50.0, **columns)
