"""Points into areas, beside geopandas.sjoin, on the same points.

    python benchmarks/bench_points.py lsoa21.parquet --points 10000000

Points are scattered around the middles of the areas, more where areas are small. riskindex reads
them from Parquet, counts them per area and accounts for each; sjoin gets them as geometries that
are made already, and its time is given with and without making them. Each way has a process of
its own. Counts must be equal, but for points on a border, which sjoin puts into every area there.
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd

from riskindex.events.count import count_events
from riskindex.events.read import open_events
from riskindex.events.sources import EventSource
from riskindex.factors import Factor


def read(boundaries, code):
    areas = gpd.read_parquet(boundaries).set_index(code).rename_axis("area_code").sort_index()
    return areas[["geometry"]]


def scatter(boundaries, code, n, path):
    """Write n points to a Parquet file."""
    areas, rng = read(boundaries, code), np.random.default_rng(1)
    middle, size = areas.representative_point(), np.sqrt(areas.area.to_numpy())
    at = rng.integers(len(areas), size=n)
    x = middle.x.to_numpy()[at] + rng.normal(size=n) * size[at] * 0.4
    y = middle.y.to_numpy()[at] + rng.normal(size=n) * size[at] * 0.4
    pd.DataFrame({"date": "2025-06", "x": x.round(1), "y": y.round(1)}).to_parquet(path)


def by_riskindex(path, areas):
    start = time.perf_counter(), time.process_time()
    factor = Factor(
        name="all",
        label="all",
        source="events",
        method="getis-ord",
        score="flag",
        periods=("2025",),
    )
    source = EventSource(kind="events", path=str(path), date="date", x="x", y="y")
    with open_events({"events": source}, factors=[factor]) as opened:
        counted = count_events(opened.events, areas, [factor])
    found = counted.counts.iloc[:, 0].to_numpy(dtype="int64")
    return start, start, found


def by_sjoin(path, areas):
    outer = time.perf_counter(), time.process_time()
    table = pd.read_parquet(path, columns=["x", "y"])
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(table["x"], table["y"]), crs=areas.crs)
    inner = time.perf_counter(), time.process_time()
    joined = gpd.sjoin(points, areas, predicate="intersects")
    found = joined["area_code"].value_counts().reindex(areas.index, fill_value=0).to_numpy()
    return outer, inner, found


WAYS = {"riskindex": by_riskindex, "geopandas.sjoin": by_sjoin}


def measured(way, path, boundaries, code):
    areas = read(boundaries, code)
    outer, inner, found = WAYS[way](path, areas)
    now = time.perf_counter(), time.process_time()
    taken = [now[0] - outer[0], now[1] - outer[1], now[0] - inner[0], now[1] - inner[1]]
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("boundaries", type=Path)
    parser.add_argument("--code", default="LSOA21CD")
    parser.add_argument("--points", type=int, default=10_000_000)
    given = parser.parse_args()
    found = {}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "points.parquet"
        scatter(given.boundaries, given.code, given.points, path)
        for way in WAYS:
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                task = (way, path, given.boundaries, given.code)
                taken, peak, found[way] = alone.submit(measured, *task).result()
            wall, cpu, wall_join, cpu_join = taken
            print(
                f"{way:16} {wall:7.1f} s wall {cpu:7.1f} s CPU {peak:7,.0f} MB; the join alone "
                f"{wall_join:.1f} s wall, {cpu_join:.1f} s CPU"
            )
    ours, theirs = found.values()
    print(f"{ours.sum():,} points in areas; sjoin puts {theirs.sum() - ours.sum():,} into a second")
    assert (theirs >= ours).all() or abs(theirs - ours).sum() < 1e-4 * ours.sum()


if __name__ == "__main__":
    main()
