"""What hot and not hot say of a window is what the tests say, no more and no less."""

from dataclasses import replace

import numpy as np
import pytest

from riskindex.analysis import Given, analyse
from riskindex.flags import bounds_of_windows
from riskindex.flags import remake_tests as again
from riskindex.getis_ord import gi_star, with_self
from riskindex.groups import by_factor


@pytest.fixture(scope="module")
def made(county_result):
    return again(county_result)


def shown(result, key):
    table = result.hotspots.loc[key]
    band = table["confidence"].to_numpy(dtype=float, na_value=np.nan)
    return band, table["is_hot"].to_numpy(dtype=float)


def told(made, band, hot):
    least, most = np.zeros(len(band)), np.full(len(band), np.inf)
    for low, high in bounds_of_windows(made, band, hot):
        least, most = np.maximum(least, low), np.minimum(most, high)
    return least, most


def test_every_factor_of_events_is_tested_again(made, county_result):
    asked = {(f.name, str(p)) for f in county_result.config.factors if f.counts_events
             for p in f.periods}  # fmt: skip
    assert set(made) == asked


def test_the_true_sums_are_within_what_is_told(made, county_result):
    counts = by_factor(county_result.counts)
    for key, one in made.items():
        least, most = told(one, *shown(county_result, key))
        sums = one.windows @ counts[key].to_numpy(dtype=float)
        assert ((least <= sums) & (sums <= most))[one.known].all(), key


def test_the_fewest_events_of_a_hot_window_pass_and_one_less_does_not(made, county_result):
    """Against the test itself, on the counts of one factor, by the size of the window."""
    key = ("domestic_abuse", "2022")
    x = by_factor(county_result.counts)[key].to_numpy(dtype=float)
    windows = with_self(county_result.weights)
    p, sums, sizes = gi_star(x, windows).p, windows @ x, np.diff(windows.indptr)
    hot, n = county_result.hotspots.loc[key, "is_hot"].sum(), np.isfinite(p).sum()
    cut = next(c for c in made[key].cuts if c.band == 95)
    for size in np.unique(sizes):
        inside = sizes == size
        passes = p[inside] <= 0.05 * max(hot, 1) / n
        assert (passes == (sums[inside] >= cut.least_if[inside])).all()
        fails = p[inside] > 0.05 * (hot + 1) / n
        assert (fails == (sums[inside] <= cut.most_unless[inside])).all()


def with_method(result, name, **changes):
    factors = [replace(f, **changes) if f.name == name else f for f in result.config.factors]
    return result.config.model_copy(update={"factors": factors, "robustness": None})


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("disorder", {"method": "poisson", "correction": "bonferroni"}),
        ("offences", {"method": "window", "dispersion": "given-total"}),
        pytest.param("disorder", {"method": "window"}, marks=pytest.mark.long),
        pytest.param("disorder", {"method": "poisson", "correction": "none"},
                     marks=pytest.mark.long),
    ],
)  # fmt: skip
def test_tests_against_an_expectation_are_made_again(county_result, name, changes):
    config = with_method(county_result, name, exposure="residents", **changes)
    config = config.model_copy(
        update={"factors": [f for f in config.factors if f.name in (name, "deprivation")]}
    )
    given = Given(
        areas=county_result.areas, tables=county_result.tables, counts=county_result.counts,
        reconciliation=county_result.reconciliation, uncounted=county_result.uncounted,
        rhythm=county_result.rhythm, notes=(), files=county_result.files,
        places=county_result.places,
    )  # fmt: skip
    result = analyse(config, given)
    key = (name, "2022")
    one = again(result)[key]
    least, most = told(one, *shown(result, key))
    sums = one.windows @ by_factor(result.counts)[key].to_numpy(dtype=float)
    assert ((least <= sums) & (sums <= most))[one.known].all()
    assert np.isfinite(most[one.known]).any()


def test_a_window_of_one_area_tells_hot_or_not_alone(made):
    one = made["suspects", "2022"]
    n = len(one.known)
    lone = one._replace(alone=np.ones(n, dtype=bool))
    least, _ = told(lone, np.full(n, 99.0), np.zeros(n))
    assert (least == 0).all()


def test_what_is_withheld_tells_nothing(made):
    one = made["suspects", "2022"]
    nothing = np.full(len(one.known), np.nan)
    least, most = told(one, nothing, nothing)
    assert (least == 0).all()
    assert np.isinf(most).all()
