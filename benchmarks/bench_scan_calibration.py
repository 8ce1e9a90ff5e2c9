"""How often a scan finds a cluster in maps without any, and how much of one that is planted.

    python benchmarks/bench_scan_calibration.py --maps 300 --planted 60

Counts are drawn on a square of 400 areas; relative risks vary independently, gamma distributed
with variance w. A map without a cluster is a false alarm if any cluster has p of .05 or less, with
w known to the scan and, for a fifth of the maps, with w ignored. Planted is one cluster of 13
areas at three times the rate: found is the share of maps in which a cluster of the scan holds
some of it, and the share of its areas that are in one.
"""

import argparse
import time
from itertools import product

import numpy as np
import pandas as pd

from riskindex.hotspots.scan import scan

SIDE, RATIO, SIZE = 20, 3.0, 13
MEANS, DISPERSIONS = (0.3, 1.0, 5.0), (0.0, 0.2, 1.0, 2.5)


def square() -> np.ndarray:
    y, x = np.divmod(np.arange(SIDE**2), SIDE)
    return np.column_stack([x, y]).astype(float)


def drawn(mean: float, w: float, rng: np.random.Generator, planted: np.ndarray) -> np.ndarray:
    risk = rng.gamma(1 / w, w, SIDE**2) if w > 0 else np.ones(SIDE**2)
    return rng.poisson(mean * risk * np.where(planted, RATIO, 1.0)).astype(float)


def found(counts: np.ndarray, w: float, replicates: int, seed: int) -> np.ndarray:
    """Which areas are in a cluster."""
    clusters = scan(
        counts, np.ones(len(counts)), square(), dispersion=w, replicates=replicates, seed=seed
    )
    inside = np.zeros(len(counts), bool)
    inside[[area for cluster in clusters for area in cluster.areas]] = True
    return inside


def some_cluster(rng: np.random.Generator) -> np.ndarray:
    points = square()
    centre = points[rng.integers(len(points))]
    planted = np.zeros(len(points), bool)
    planted[np.argsort(((points - centre) ** 2).sum(axis=1), kind="stable")[:SIZE]] = True
    return planted


def of_case(mean: float, w: float, asked: argparse.Namespace) -> dict[str, float]:
    rng = np.random.default_rng([1, int(10 * mean), int(10 * w)])
    none, alarms, ignored, hits, shares = np.zeros(SIDE**2, bool), 0, 0, 0, 0.0
    for seed in range(asked.maps):
        counts = drawn(mean, w, rng, none)
        alarms += found(counts, w, asked.replicates, seed).any()
        if seed < asked.maps // 5:
            ignored += found(counts, 0.0, asked.replicates, seed).any()
    for seed in range(asked.planted):
        planted = some_cluster(rng)
        inside = found(drawn(mean, w, rng, planted), w, asked.replicates, seed)[planted]
        hits, shares = hits + inside.any(), shares + inside.mean()
    return {
        "false": alarms / asked.maps,
        "false, w ignored": ignored / (asked.maps // 5),
        "found": hits / asked.planted,
        "share of areas": shares / asked.planted,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--maps", type=int, default=300)
    options.add_argument("--planted", type=int, default=60)
    options.add_argument("--replicates", type=int, default=199)
    asked = options.parse_args()
    started = time.process_time()
    cases = list(product(MEANS, DISPERSIONS))
    rows = [of_case(mean, w, asked) for mean, w in cases]
    index = pd.MultiIndex.from_tuples(cases, names=["mean", "w"])
    print(pd.DataFrame(rows, index=index).to_string(float_format="{:.3f}".format))
    print(f"{time.process_time() - started:.0f} s of CPU")


if __name__ == "__main__":
    main()
