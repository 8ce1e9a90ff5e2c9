"""Recall and both probabilities where the truth is known, on the real areas of Essex."""

import sys
from pathlib import Path

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SEEDS = range(1, 13)


@pytest.fixture(scope="module")
def bench():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import bench_known_truth
    finally:
        sys.path.remove(str(BENCHMARKS))
    return bench_known_truth


@pytest.fixture(scope="module")
def essex(bench, shared):
    return bench.place_of(bench.read_country("open-data", shared / "data"), "Essex")


@pytest.mark.long
@pytest.mark.parametrize("world", ["gamma", "Leroux"])
@pytest.mark.parametrize("mean", [1.0, 5.0, 20.0, 57.0])
def test_own_risk_finds_the_true_top_nearly_as_the_best_estimate_does(bench, essex, world, mean):
    found = pd.DataFrame([bench.one_type(essex, world, mean, seed) for seed in SEEDS]).mean()
    assert found["own risk"] >= 0.95 * found.max()


@pytest.mark.long
@pytest.mark.parametrize("world", ["gamma", "Leroux"])
def test_both_probabilities_are_right_in_every_band(bench, essex, world):
    areas = pd.concat([bench.one_world(essex, world, seed)[0] for seed in SEEDS])
    for probability, seen in (("p_top", "truly"), ("p_selected", "again")):
        table = bench.reliability(areas, probability, seen)
        assert (table["areas"] >= 80).all()
        # Two standard errors of the share are its own and not the probability's.
        off = (table[probability] - table[seen]).abs() - 2 * table["error"]
        assert off.max() <= 0.07, table
