"""The hotspot stage for England and Wales: seven factors over five years at 35,672 areas.

    python benchmarks/bench_hotspot_stage.py --boundaries lsoa21.parquet

Without a boundary file the map is a lattice of 35,672 areas. Four factors are tested by window (one
of them with four weighted kinds of event), two by Gi* with exact p, one by the area itself, with
.3 to 20 events an area and year, relative risks of variance .5 and a hundred clusters at three
times the rate. Timed are `find_hotspots` and `classify_persistence`, twice: the first run is cold.
"""

import argparse
import os
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from riskindex.factors import EventGroup, Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence

AREAS, BAR = 35_672, 15.0
YEARS = ("2018", "2019", "2020", "2021", "2022")
FIRES = tuple(
    EventGroup(label=f"kind {weight}", source="fires", weight=weight) for weight in (1, 2, 3, 5)
)
CASES = (
    ("suspects", "window", 1.0),
    ("victims", "window", 5.0),
    ("violence", "window", 20.0),
    ("fires", "window", 2.0),
    ("knives", "getis-ord", 0.3),
    ("drugs", "getis-ord", 1.0),
    ("robbery", "poisson", 0.5),
)


def lattice(rows: int = 182, columns: int = 196) -> sparse.csr_array:
    """Queen neighbours of a lattice of 35,672 areas."""
    line = [
        sparse.eye_array(n, k=-1) + sparse.eye_array(n) + sparse.eye_array(n, k=1)
        for n in (rows, columns)
    ]
    return sparse.csr_array(sparse.kron(*line) - sparse.eye_array(rows * columns))


def read_neighbours(boundaries: Path) -> sparse.csr_array:
    """Areas of a boundary file that touch, within a hundredth of a metre."""
    read = gpd.read_parquet if boundaries.suffix == ".parquet" else gpd.read_file
    shapes = read(boundaries).geometry
    i, j = shapes.sindex.query(shapes, predicate="dwithin", distance=0.01)
    other = i != j
    ones = np.ones(int(other.sum()))
    return sparse.csr_array((ones, (i[other], j[other])), shape=(len(shapes),) * 2)


def factor(name: str, method: str) -> Factor:
    source = {"event_groups": FIRES} if name == "fires" else {"source": name}
    return Factor(
        name=name,
        label=name,
        method=method,
        periods=YEARS,
        score="persistence",
        exposure="residents",
        **source,
    )


def drawn(
    factors: list[Factor], neighbours: sparse.csr_array, residents: np.ndarray
) -> pd.DataFrame:
    rng, n = np.random.default_rng(1), len(residents)
    share, columns = residents / residents.mean(), {}
    for of, (_, _, mean) in zip(factors, CASES, strict=True):
        centres = rng.choice(n, 100, replace=False)
        risk = rng.gamma(2, 0.5, n)
        risk[np.unique(neighbours[centres].indices)] *= 3
        for group in of.groups:
            for year in YEARS:
                events = rng.poisson(mean / len(of.groups) * share * risk)
                columns[of.name, group.label, year] = events
    index = pd.Index([f"E{i:06d}" for i in range(n)], name="area_code")
    return pd.DataFrame(columns, index=index).astype("Int64")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--boundaries", type=Path, help="a boundary file; otherwise a lattice")
    asked = options.parse_args()
    neighbours = read_neighbours(asked.boundaries) if asked.boundaries else lattice()
    residents = np.random.default_rng(0).lognormal(7.4, 0.2, neighbours.shape[0])
    factors = [factor(name, method) for name, method, _ in CASES]
    counts = drawn(factors, neighbours, residents)
    east, north = np.arange(len(counts)) % 196, np.arange(len(counts)) // 196
    areas = gpd.GeoDataFrame(
        {"residents": residents},
        geometry=gpd.points_from_xy(1000.0 * east, 1000.0 * north),
        index=counts.index,
        crs="EPSG:27700",
    )
    print(
        f"{len(areas):,} areas, {len(factors)} factors, {len(YEARS)} years, "
        f"{int(counts.to_numpy().sum()):,} events, {os.cpu_count()} cores"
    )
    for run in ("cold", "warm"):
        started, cpu = time.perf_counter(), time.process_time()
        found = find_hotspots(counts, areas, pd.DataFrame(), neighbours, factors)
        middle = time.perf_counter()
        classify_persistence(found.table, found.pooled, factors)
        ended, spent = time.perf_counter(), time.process_time() - cpu
        print(
            f"{run}: {ended - started:.1f} s (hotspots {middle - started:.1f}, persistence "
            f"{ended - middle:.1f}; {spent:.1f} s of CPU); bar {BAR:.0f} s"
        )
    print(found.tests.xs("2022", level="period")[["method", "dispersion", "hot"]].to_string())


if __name__ == "__main__":
    main()
