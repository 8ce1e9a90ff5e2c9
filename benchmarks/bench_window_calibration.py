"""How often hotspot tests find something in maps without any, and how much of what is planted.

    python benchmarks/bench_window_calibration.py --maps 2000 --boundaries lsoa21.gpkg

Counts are drawn on a real map (a boundary file in metres) or on a lattice of 25 x 40 areas. The
areas' relative risks vary independently, gamma distributed unless said. A map without a hotspot
is a false alarm if any area is hot at a false discovery rate of 5% (Benjamini-Hochberg). Power is
the mean share of planted areas that are hot: two clusters of 7 to 20 areas at three times the
rate.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import ndtr

from riskindex.statistics.corrections import adjust
from riskindex.statistics.exact_sums.window_sum import log_window_tails
from riskindex.statistics.getis_ord import gi_star, with_self
from riskindex.statistics.poisson import own_excess, window_excess

MEANS, DISPERSIONS, EXPOSURES = (0.3, 1.0, 5.0), (0.0, 0.2, 0.5, 1.0, 2.5), ("even", "uneven")
RATIO, SIZES = 3.0, (7, 20)
MOST_FALSE_ALARMS = 0.06
LEAST_OF_BINOMIAL, LEAST_OF_ORACLE = 0.95, 0.75


class Case(NamedTuple):
    """What maps are drawn from."""

    mean: float
    dispersion: float
    exposure: str = "even"
    variation: str = "gamma"


class Asked(NamedTuple):
    """What a table is made of: a new seed draws other maps of the same worlds."""

    maps: int
    seed: int
    peers: Sequence[str]
    dispersions: Sequence[float]
    """Only cases of these; all of them if there is none."""


class Drawn(NamedTuple):
    """One map: its counts, and what only an oracle knows."""

    counts: np.ndarray
    exposure: np.ndarray
    expected: np.ndarray
    dispersion: float
    planted: np.ndarray


def lattice(rows: int = 25, columns: int = 40) -> sparse.csr_array:
    """Queen neighbours of a lattice."""
    line = [
        sparse.eye_array(n, k=-1) + sparse.eye_array(n) + sparse.eye_array(n, k=1)
        for n in (rows, columns)
    ]
    return sparse.csr_array(sparse.kron(*line) - sparse.eye_array(rows * columns))


def neighbours_of(boundaries: Path) -> sparse.csr_array:
    """Areas of a boundary file that touch, within a hundredth of a metre."""
    import geopandas as gpd

    shapes = gpd.read_file(boundaries).geometry
    i, j = shapes.sindex.query(shapes, predicate="dwithin", distance=0.01)
    other = i != j
    ones = np.ones(int(other.sum()))
    return sparse.csr_array((ones, (i[other], j[other])), shape=(len(shapes),) * 2)


def clusters(neighbours: sparse.csr_array, rng: np.random.Generator) -> np.ndarray:
    """Two groups of areas, each grown ring by ring from a random one; the last ring in part."""
    planted = np.zeros(neighbours.shape[0], bool)
    for _ in range(2):
        size = rng.integers(SIZES[0], SIZES[1], endpoint=True)
        ring = rng.choice(np.flatnonzero(~planted), 1)
        while size > 0 and len(ring):
            planted[ring] = True
            size -= len(ring)
            further = np.unique(neighbours[ring].indices)
            ring = rng.permutation(further[~planted[further]])[:size]
    return planted


def _gamma(w: float, n: int, rng: np.random.Generator, _: sparse.csr_array) -> np.ndarray:
    return rng.gamma(1 / w, w, n)


def _lognormal(w: float, n: int, rng: np.random.Generator, _: sparse.csr_array) -> np.ndarray:
    spread = np.log1p(w)
    return rng.lognormal(-spread / 2, np.sqrt(spread), n)


def _smooth(w: float, n: int, rng: np.random.Generator, nb: sparse.csr_array) -> np.ndarray:
    """Half of the variance in a background that changes over several areas, half independent."""
    field, window = rng.normal(size=n), with_self(nb)
    size = window.sum(axis=1)
    for _ in range(10):
        field = window @ field / size
    spread = np.log1p(w / 2)
    field = (field - field.mean()) / field.std() * np.sqrt(spread) - spread / 2
    return np.exp(field) * rng.gamma(2 / w, w / 2, n)


VARIATIONS = {"gamma": _gamma, "lognormal": _lognormal, "smooth": _smooth}


def draw(
    case: Case, neighbours: sparse.csr_array, rng: np.random.Generator, planted: np.ndarray
) -> Drawn:
    n = neighbours.shape[0]
    exposure = np.ones(n) if case.exposure == "even" else rng.lognormal(0, 0.6, n)
    expected = case.mean * exposure / exposure.mean()
    risk = np.where(planted, RATIO, 1.0)
    if case.dispersion > 0:
        risk = risk * VARIATIONS[case.variation](case.dispersion, n, rng, neighbours)
    counts = rng.poisson(expected * risk).astype(float)
    return Drawn(counts, exposure, expected, case.dispersion, planted)


def _oracle(m: Drawn, neighbours: sparse.csr_array) -> np.ndarray:
    """The window test, told the true rate and dispersion."""
    windows = with_self(neighbours)
    one = np.ones(1, dtype=np.int64)
    tails = log_window_tails(
        windows @ m.counts, m.expected[:, None], windows, dispersion=m.dispersion, jumps=one
    )
    return (np.exp(tails.strict) + np.exp(tails.above)) / 2


def _window(dispersion: str, tail: str = "mid") -> Callable[[Drawn, sparse.csr_array], np.ndarray]:
    return lambda m, nb: window_excess(m.counts, m.exposure, nb, dispersion=dispersion, tail=tail).p


TESTS: dict[str, Callable[[Drawn, sparse.csr_array], np.ndarray]] = {
    "window": _window("pair-ratio"),
    "own": lambda m, nb: own_excess(m.counts, m.exposure, nb).p,
    "Poisson window": _window("none"),
    "binomial window": _window("given-total", "strict"),
    "binomial mid-p": _window("given-total"),
    "Gi* exact": lambda m, nb: gi_star(m.counts, with_self(nb)).p,
    "Gi* normal": lambda m, nb: ndtr(-gi_star(m.counts, with_self(nb)).z),
    "oracle": _oracle,
}


def hot_share(
    case: Case,
    neighbours: sparse.csr_array,
    tests: Sequence[str],
    *,
    maps: int,
    plant: bool,
    seed: int = 1,
) -> dict[str, float]:
    """Share of maps with any hot area, or where clusters are planted of their areas hot."""
    rng = np.random.default_rng([seed, plant, *np.frombuffer(repr(case).encode(), np.uint8)])
    none = np.zeros(neighbours.shape[0], bool)
    found = dict.fromkeys(tests, 0.0)
    for _ in range(maps):
        drawn = draw(case, neighbours, rng, clusters(neighbours, rng) if plant else none)
        for test in tests:
            p = TESTS[test](drawn, neighbours)
            hot = adjust(p, "benjamini-hochberg") <= 0.05
            found[test] += (hot[drawn.planted].mean() if plant else hot.any()) / maps
    return found


def table(
    cases: Sequence[Case],
    neighbours: sparse.csr_array,
    tests: Sequence[str],
    asked: Asked,
    plant: bool,
) -> pd.DataFrame:
    cases = [c for c in cases if not asked.dispersions or c.dispersion in asked.dispersions]
    rows = [
        hot_share(case, neighbours, tests, maps=asked.maps, plant=plant, seed=asked.seed)
        for case in cases
    ]
    return pd.DataFrame(rows, index=pd.MultiIndex.from_tuples(cases, names=Case._fields))


PEERS = ["own", "Poisson window", "binomial window", "Gi* exact", "Gi* normal"]
NULLS = [Case(*c) for c in product(MEANS, DISPERSIONS, EXPOSURES)]
PLANTED = [Case(*c) for c in product(MEANS, (0.0, 0.2, 0.5), EXPOSURES)]
TAILS = [
    Case(m, w, exposure, "lognormal")
    for exposure in EXPOSURES
    for w in (0.2, 0.5, 1.0)
    for m in (1.0, 5.0, 20.0, 57.0)
]
BEYOND = [Case(m, w, "even", v) for v in ("lognormal", "smooth") for m in MEANS for w in (0.2, 0.5)]


def print_null(neighbours: sparse.csr_array, asked: Asked) -> None:
    tests = dict.fromkeys(["window", "own", *asked.peers])
    found = table(NULLS, neighbours, list(tests), asked, plant=False)
    print(
        f"Maps with any hot area, of {asked.maps} without a hotspot ({neighbours.shape[0]} areas)"
    )
    print(found.to_string(), f"\nworst: {found['window'].max():.3f}, bar {MOST_FALSE_ALARMS}\n")


def print_power(neighbours: sparse.csr_array, asked: Asked) -> None:
    tests = dict.fromkeys(["window", "binomial window", "binomial mid-p", "oracle", *asked.peers])
    found = table(PLANTED, neighbours, list(tests), asked, plant=True)
    found["of binomial"] = found["window"] / found["binomial window"]
    found["of oracle"] = found["window"] / found["oracle"]
    print(f"Share of planted areas found hot, {asked.maps} maps")
    print(
        found.to_string(), f"\nbars at means 1 and 5: {LEAST_OF_BINOMIAL} of the binomial", end=" "
    )
    print(f"at dispersion 0, {LEAST_OF_ORACLE} of the oracle above\n")


def print_beyond(neighbours: sparse.csr_array, asked: Asked) -> None:
    found = table(BEYOND, neighbours, ["window", *asked.peers], asked, plant=False)
    print(f"Maps with any hot area, of {asked.maps}, where risks vary otherwise")
    print(found.to_string(), "\n")


def print_tails(neighbours: sparse.csr_array, asked: Asked) -> None:
    found = table(TAILS, neighbours, ["window", "own"], asked, plant=False)
    print(
        f"Maps with any hot area, of {asked.maps}, where risks are lognormal\n{found.to_string()}\n"
    )


TABLES = {"null": print_null, "power": print_power, "beyond": print_beyond, "tails": print_tails}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--maps", type=int, default=200)
    options.add_argument("--boundaries", type=Path, help="a boundary file; otherwise a lattice")
    options.add_argument("--rows", type=int, default=25, help="of the lattice")
    options.add_argument("--columns", type=int, default=40)
    options.add_argument("--tables", nargs="+", choices=TABLES, default=["null", "power", "beyond"])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--dispersions", type=float, nargs="+", default=[])
    options.add_argument("--peers", action="store_true", help="also the tests to compare with")
    asked = options.parse_args()
    neighbours = (
        neighbours_of(asked.boundaries) if asked.boundaries else lattice(asked.rows, asked.columns)
    )
    pd.options.display.float_format = "{:.3f}".format
    started = time.process_time()
    for name in asked.tables:
        peers = PEERS if asked.peers else []
        TABLES[name](neighbours, Asked(asked.maps, asked.seed, peers, asked.dispersions))
    print(f"{time.process_time() - started:.0f} s of CPU")


if __name__ == "__main__":
    main()
