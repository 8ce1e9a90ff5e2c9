"""Every police force of England and Wales: what is asked of the list of `open-data`."""

import importlib.util
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "bench_forces.py"


@pytest.fixture(scope="module")
def forces(shared):
    """The benchmark, and one row per force, crime type and list."""
    spec = importlib.util.spec_from_file_location("bench_forces", BENCHMARK)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    country = bench.read_country("open-data", shared / "data")
    return bench.by_force(country)[0]


@pytest.mark.long
def test_no_selected_area_of_any_force_is_below_its_rate_on_four_or_more_of_six_crimes(forces):
    assert forces["force"].nunique() == 33
    assert forces["low"].max() == 0


@pytest.mark.long
def test_nothing_is_hot_in_any_force_below_its_expectation_unless_it_is_called_next_door(forces):
    assert forces["hot_below"].max() == 0


@pytest.mark.long
def test_the_list_predicts_what_is_asked_of_it(forces):
    means = forces.groupby(["list", "kind"])[["caught", "residents"]].mean()
    ours, last = means.loc["preset"], means.loc["last"]
    assert ours.loc["violence", "caught"] >= 18.5
    assert (ours["caught"] - last["caught"]).min() >= -2
    assert (ours["residents"] > last["residents"]).sum() >= 5
