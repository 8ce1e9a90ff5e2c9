"""How each stage grows with the number of areas: 1,111, 35,672 and 188,880 generated ones.

    python benchmarks/bench_growth.py [--areas 1111 35672 188880] [--runs 3]

Areas are squares, about as many to the east as to the north, with residents and a few hundred
clusters of higher risk for each thousand areas. Two factors count events in two periods (by
window against residents, and by Getis-Ord Gi*), one is a share of a table. Each size runs in a
process of its own; CPU seconds are the least of the runs. The exponent of a stage is that of the
power of the number of areas by which it grew from the size before: 1 is linear.
"""

import argparse
import resource
from concurrent.futures import ProcessPoolExecutor
from math import ceil, log, sqrt
from multiprocessing import get_context
from time import process_time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.factors import Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import build_index, score_factors
from riskindex.index.selection import select_top

PERIODS = ("2021", "2022")
FACTORS = [
    Factor(
        name="asb",
        label="asb",
        source="s",
        method="window",
        score="confidence",
        exposure="residents",
        periods=PERIODS,
    ),
    Factor(
        name="drugs",
        label="drugs",
        source="s",
        method="getis-ord",
        score="persistence",
        periods=PERIODS,
    ),
    Factor(
        name="hardship",
        label="hardship",
        source="t",
        numerator="some",
        denominator="all",
        method="threshold",
        threshold=0.25,
        score="threshold",
    ),
]


def invented(n):
    """Areas, counts and a table; the same whatever else runs."""
    rng, wide = np.random.default_rng(1), ceil(sqrt(n))
    x, y = np.arange(n) % wide * 250.0, np.arange(n) // wide * 250.0
    codes = pd.Index([f"E{i:08d}" for i in range(n)], name="area_code")
    areas = gpd.GeoDataFrame(
        {"name": codes, "residents": rng.integers(150, 600, n).astype(float)},
        geometry=shapely.box(x, y, x + 250, y + 250),
        index=codes,
        crs="EPSG:27700",
    )
    middle = rng.integers(n, size=max(n // 300, 1))
    hot = np.zeros((ceil(n / wide) + 2, wide + 2))
    for dy, dx in np.ndindex(3, 3):
        hot[middle // wide + dy, middle % wide + dx] = 1
    risk = np.where(hot[1:-1, 1:-1].ravel()[:n] > 0, 3.0, 1.0) * rng.gamma(5, 1 / 5, n)
    mean = risk * areas["residents"].to_numpy() / 375
    counts = pd.DataFrame(
        {
            (name, "all", period): rng.poisson(each * mean)
            for name, each in (("asb", 8.0), ("drugs", 1.0))
            for period in PERIODS
        },
        index=codes,
        dtype="Int64",
    )
    counts.columns = counts.columns.set_names(["factor", "group", "period"])
    tables = pd.DataFrame(
        {("t", "all"): 100.0, ("t", "some"): rng.binomial(100, 0.2, n)}, index=codes
    )
    return areas.assign(on_boundary=False), counts, tables


def measured(n):
    """CPU seconds of each stage, and megabytes."""
    areas, counts, tables = invented(n)
    stages, now = {}, process_time()

    def done(stage):
        nonlocal now
        stages[stage], now = process_time() - now, process_time()

    weights = neighbour_matrix(areas)
    done("neighbours")
    found = find_hotspots(counts, areas, tables, weights, FACTORS)
    done("hotspots")
    persistence = classify_persistence(found.table, found.pooled, FACTORS)
    done("persistence")
    index = build_index(score_factors(found.table, persistence, FACTORS))
    done("scores and index")
    chosen = select_top(index).table
    done("selection")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return stages, peak, int(chosen["selected"].sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--areas", type=int, nargs="+", default=[1_111, 35_672, 188_880])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    found = {}
    for n in given.areas:
        runs = []
        for _ in range(given.runs):
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                runs.append(alone.submit(measured, n).result())
        found[n] = {stage: min(run[0][stage] for run in runs) for stage in runs[0][0]}
        peak = max(run[1] for run in runs)
        print(f"{n:,} areas: {runs[0][2]:,} selected, at most {peak:,.0f} MB", flush=True)
    for stage in found[given.areas[0]]:
        line = f"{stage:18}"
        for i, n in enumerate(given.areas):
            line += f" {found[n][stage]:9.3f}"
            if i:
                before = given.areas[i - 1]
                power = log(found[n][stage] / found[before][stage]) / log(n / before)
                line += f" ({power:.2f})"
        print(line)


if __name__ == "__main__":
    main()
