"""Exact Gi* beside its peers: `python benchmarks/bench_getis_ord.py [n] [permutations]`.

Same map (a grid of squares, queen neighbours), same counts, one process, warm, median of the
runs. Peers (esda with numba, pygeoda) take part if they are installed; they are needed for
nothing else. esda's 9,999 permutations may be scaled from fewer, which its time is proportional to.
"""

import sys
import time
import warnings
from importlib.util import find_spec

import numpy as np
from scipy import sparse

from riskindex.statistics.getis_ord import gi, gi_star, with_self
from riskindex.statistics.permutations import Permutations

ESDA_PERMUTATIONS = 9_999


def sides(n):
    rows = next(r for r in range(int(n**0.5), 0, -1) if n % r == 0)
    return rows, n // rows


def queen_grid(rows, columns):
    def line(m):
        return sparse.diags_array([np.ones(m - 1), np.ones(m), np.ones(m - 1)], offsets=[-1, 0, 1])

    windows = sparse.csr_array(sparse.kron(line(rows), line(columns)))
    return sparse.csr_array(windows - sparse.eye_array(rows * columns))


def seconds(call, runs=7):
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def ours(counts, large, uneven, weights):
    window = with_self(weights)
    few = Permutations(number=99)
    yield "total null", "exact, sparse counts", seconds(lambda: gi_star(counts, window))
    yield "conditional null", "exact, sparse counts", seconds(lambda: gi(counts, weights))
    yield "total null", "exact, mean 100", seconds(lambda: gi_star(large, window))
    yield "conditional null", "exact, mean 100", seconds(lambda: gi(large, weights))
    yield "total null", "exact, mean 100, variance 5,100", seconds(lambda: gi_star(uneven, window))
    yield (
        "conditional null",
        "exact, mean 100, variance 5,100",
        seconds(lambda: gi(uneven, weights)),
    )
    permuted = seconds(lambda: gi_star(counts, window, p="permutation", permutations=few), 1)
    yield "total null", "9,999 permutations (scaled from 99)", permuted * 9_999 / 99


def esda_seconds(counts, weights, number):
    """esda's conditional permutation, all of it or scaled from fewer, without its simulations."""
    from esda import G_Local
    from libpysal.weights import WSP, WSP2W

    neighbours = WSP2W(WSP(weights), silence_warnings=True)

    def run(permutations):
        options = {"transform": "B", "star": True, "keep_simulations": False, "seed": 1}
        G_Local(counts, neighbours, permutations=permutations, n_jobs=1, **options)

    run(9)
    start = time.perf_counter()
    run(number)
    scaled = (time.perf_counter() - start) * ESDA_PERMUTATIONS / number
    real = number == ESDA_PERMUTATIONS
    return "9,999 permutations" + ("" if real else f" (scaled from {number:,})"), scaled


def pygeoda_seconds(counts, rows, columns):
    import geopandas
    import pygeoda
    import shapely

    y, x = np.divmod(np.arange(len(counts)), columns)
    squares = shapely.box(x, y, x + 1, y + 1)
    neighbours = pygeoda.queen_weights(pygeoda.open(geopandas.GeoDataFrame(geometry=squares)))
    values, lookup = counts.tolist(), {"permutations": 999, "permutation_method": "lookup-table"}
    return "lookup table, 999", seconds(
        lambda: pygeoda.local_gstar(neighbours, values, cpu_threads=2, **lookup), 3
    )


def main(n, permutations=ESDA_PERMUTATIONS):
    rows, columns = sides(n)
    weights = queen_grid(rows, columns)
    rng = np.random.default_rng(2022)
    counts, large = rng.poisson(0.8, n).astype(float), rng.poisson(100, n).astype(float)
    uneven = rng.poisson(100 * rng.gamma(2, 0.5, n)).astype(float)
    print(f"{n:,} areas, {weights.nnz / n:.2f} neighbours; sparse counts of mean 0.8")
    times = [("riskindex", *row) for row in ours(counts, large, uneven, weights)]
    total, conditional = times[0][-1], times[1][-1]
    if find_spec("esda") and find_spec("numba"):
        times.append(("esda", "conditional null", *esda_seconds(counts, weights, permutations)))
    if find_spec("pygeoda"):
        times.append(("pygeoda", "conditional null", *pygeoda_seconds(counts, rows, columns)))
    print(f"{'':10} {'':17} {'':36} {'seconds':>9} {'x total':>8} {'x cond.':>8}")
    for tool, null, how, second in times:
        ratios = f"{second / total:8.1f} {second / conditional:8.1f}"
        print(f"{tool:10} {null:17} {how:36} {second:9.4f} {ratios}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*map(int, sys.argv[1:3] or ["35672"]))
