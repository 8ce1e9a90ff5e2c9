import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from small_maps import from_edges, joined, shuffled

from riskindex.statistics.smoothing import byar, garwood, shrink, shrunken_ratio

DATA = ["nc_sids_SID74", "lattice_y2025"]


@pytest.fixture(params=DATA)
def spdep(request, oracles):
    """Counts, populations and neighbours with what R spdep makes of them."""
    folder, name = oracles / "hotspots", request.param
    rates = pd.read_csv(folder / f"spdep_{name}_rates.csv")
    edges = pd.read_csv(folder / f"{name.rsplit('_', 1)[0]}_queen.csv")
    return rates, from_edges(edges["i"], edges["j"], len(rates))


def agree(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("interval", [byar, garwood])
def test_an_interval_holds_the_ratio_and_narrows_with_the_level(interval):
    wide, narrow = (interval([0, 3, 40], [1.0, 2.0, 10.0], level=level) for level in (0.99, 0.5))
    assert (wide.low <= narrow.low).all()
    assert (wide.high > narrow.high).all()
    assert wide.low[0] == 0
    assert (wide.low[1:] < [1.5, 4]).all()
    assert (wide.high[1:] > [1.5, 4]).all()


def test_garwood_limits_leave_the_stated_chance_on_either_side():
    low, high = garwood([7], [1.0], level=0.9)
    np.testing.assert_allclose(
        [stats.poisson.sf(6, low), stats.poisson.cdf(7, high)], 0.05, atol=1e-12
    )


def test_intervals_are_those_of_spdep(spdep):
    rates, _ = spdep
    for interval, name, levels in ((byar, "byar", [95]), (garwood, "garwood", [95, 998])):
        for digits in levels:
            found = interval(rates["n"], 1.0, level=float(f"0.{digits}"))
            agree(found.low, rates[f"{name}_lo{digits}"])
            agree(found.high, rates[f"{name}_hi{digits}"])


def test_empirical_bayes_is_that_of_spdep(spdep):
    rates, neighbours = spdep
    agree(shrink(rates["n"], rates["pop"]).ratio, rates["EBest_poisson"])
    window = shrink(rates["n"], rates["pop"], neighbours=neighbours)
    agree(window.ratio, rates["EBlocal_geoda"])
    marshall = shrink(rates["n"], rates["pop"], neighbours=neighbours, centring="area")
    agree(marshall.ratio, rates["EBlocal"])
    agree(marshall.m, rates["EBlocal_m"])


def test_small_areas_are_drawn_further_towards_the_mean():
    found = shrink([0, 1, 40, 90, 10], [1.0, 0.5, 20, 60, 20])
    raw = found.observed / found.expected
    kept = (found.ratio - found.m) / (raw - found.m)
    assert kept[1] < kept[0] < kept[2] < kept[3]


def test_the_ratio_can_be_had_without_its_interval():
    observed, expected = [0, 3, 9, np.nan, 2], [1.0, 2.0, 3.0, 4.0, 0.0]
    found = shrunken_ratio(observed, expected)
    np.testing.assert_array_equal(found, shrink(observed, expected).ratio)


def test_the_posterior_is_a_gamma_distribution():
    found = shrink([0, 1, 40, 90, 10], [1.0, 0.5, 20, 60, 20], level=0.8)
    posterior = stats.gamma(
        found.k + found.observed, scale=1 / (found.k / found.m + found.expected)
    )
    np.testing.assert_allclose(found.ratio, posterior.mean())
    np.testing.assert_allclose([found.low, found.high], posterior.interval(0.8))


def test_ratios_that_vary_by_chance_alone_are_all_the_mean():
    found = shrink([2, 2, 2, 2], [2.0, 2.0, 2.0, 2.0])
    assert np.isinf(found.k).all()
    np.testing.assert_array_equal([found.ratio, found.low, found.high], np.ones((3, 4)))


def test_areas_without_count_or_expectation_are_not_assessed():
    line = joined(4, (0, 1), (1, 2), (2, 3))
    for neighbours in (None, line):
        found = shrink([5, np.nan, 3, 2], [2.0, 2.0, 0.0, 1.0], neighbours=neighbours)
        for column in (found.ratio, found.low, found.high):
            np.testing.assert_array_equal(np.isnan(column), [False, True, True, False])
    for column in (*byar([5, np.nan], [0.0, 1.0]), *garwood([5, np.nan], [0.0, 1.0])):
        assert np.isnan(column).all()


def test_no_events_anywhere_shrink_to_nothing():
    found = shrink([0, 0, 0], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(found.ratio, np.zeros(3))


@given(st.permutations(range(6)))
def test_the_order_of_areas_does_not_matter(order):
    order = np.array(order)
    observed, expected = np.array([3.0, 0, 9, 2, 30, 1]), np.array([1.0, 2, 3, 1, 8, 2])
    line = joined(6, (0, 1), (1, 2), (2, 3), (3, 4), (4, 5))
    found = shrink(observed, expected, neighbours=line)
    again = shrink(observed[order], expected[order], neighbours=shuffled(line, order))
    np.testing.assert_allclose(found.ratio[order], again.ratio)


def test_a_window_without_an_event_has_a_ratio_of_zero_and_an_interval_without_width():
    observed, neighbours = [0, 0, 0, 9, 8], from_edges([0, 1, 2, 3], [1, 2, 3, 4], 5)
    found = shrink(observed, [2.0] * 5, neighbours=neighbours, centring="area")
    assert (found.ratio[0], found.low[0], found.high[0], found.m[0]) == (0, 0, 0, 0)
    assert np.isfinite([found.ratio, found.low, found.high]).all()
    assert found.ratio[4] > 1
