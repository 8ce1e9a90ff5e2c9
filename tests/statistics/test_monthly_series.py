import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from riskindex.errors import DataError
from riskindex.statistics.monthly_series import fit_poisson, level_change, seasonality

DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def drawn(rng, years, mean, *, dispersion=1.0, height=0.0, step=1.0, peak=7):
    """A series with a season of that height, a level that changes after half, and its days."""
    months = np.arange(12 * years)
    days = np.tile(DAYS, years)
    rate = np.exp(height * np.cos(2 * np.pi * (months + 1 - peak) / 12))
    mu = mean * days / 30 * rate * np.where(months >= 6 * years, step, 1)
    if dispersion > 1:
        mu = rng.gamma(mu / (dispersion - 1), dispersion - 1)
    return rng.poisson(mu), days


def test_two_levels_by_hand():
    # A rate of 2 a day and then of 3: the ratio is 3/2 and nothing is left over.
    columns = np.c_[np.ones(4), [0, 0, 1, 1]]
    fit = fit_poisson([20, 20, 60, 30], columns, [10, 10, 20, 10])
    np.testing.assert_allclose(np.exp(fit.coefficients), [2, 1.5])
    np.testing.assert_allclose(fit.mean, [20, 20, 60, 30])
    assert fit.deviance == pytest.approx(0, abs=1e-9)
    assert fit.freedom == 2


def test_dispersion_by_hand():
    fit = fit_poisson([6, 14, 10], np.ones((3, 1)), [1, 1, 1])
    assert fit.dispersion == pytest.approx((16 + 16 + 0) / 10 / 2)
    assert fit.deviance == pytest.approx(2 * (6 * np.log(0.6) + 14 * np.log(1.4)))


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_coefficients_are_those_of_the_largest_likelihood(seed):
    rng = np.random.default_rng(seed)
    columns = np.c_[np.ones(30), rng.normal(size=(30, 2))]
    exposure = rng.uniform(1, 5, 30)
    y = rng.poisson(exposure * np.exp(columns @ [0.5, 0.3, -0.4]))

    def loss(beta):
        return -stats.poisson(exposure * np.exp(columns @ beta)).logpmf(y).sum()

    oracle = optimize.minimize(
        loss,
        np.zeros(3),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4_000},
    )
    np.testing.assert_allclose(fit_poisson(y, columns, exposure).coefficients, oracle.x, atol=1e-5)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 50))
def test_the_unit_of_exposure_does_not_matter(seed, unit):
    y, days = drawn(np.random.default_rng(seed), 4, 20, height=0.1)
    np.testing.assert_allclose(seasonality(y, days), seasonality(y, days * unit), rtol=1e-6)
    one, other = (
        level_change(y, e, np.random.default_rng(1), draws=19) for e in (days, days * unit)
    )
    np.testing.assert_allclose(one, other, rtol=1e-6)


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_backwards_the_level_changes_the_other_way(seed):
    y, days = drawn(np.random.default_rng(seed), 4, 30, step=1.5)
    there, back = (
        level_change(x, d, np.random.default_rng(1), draws=19)
        for x, d in ((y, days), (y[::-1], days[::-1]))
    )
    assert there.month + back.month == 48
    assert there.ratio == pytest.approx(1 / back.ratio, rel=1e-6)


@pytest.mark.parametrize("first", [1, 4, 12])
def test_a_summer_peak_is_found_wherever_the_year_begins(first):
    y, days = drawn(np.random.default_rng(2), 6, 60, height=0.3)
    found = seasonality(y[first - 1 : first + 59], days[first - 1 : first + 59], first_month=first)
    assert found.p < 1e-6
    assert found.peak in (6, 7, 8)
    assert found.ratio == pytest.approx(np.exp(0.6), rel=0.2)


def test_longer_months_are_no_season():
    days = np.tile(DAYS, 5)
    found = seasonality(1_000 * days, days)
    assert found.p > 0.99
    assert found.ratio == pytest.approx(1)


def test_two_high_seasons_need_two_waves():
    months = np.arange(60)
    y = np.round(200 * np.exp(0.3 * np.cos(4 * np.pi * months / 12)))
    assert seasonality(y, np.ones(60)).p > 0.5
    assert seasonality(y, np.ones(60), waves=2).p < 1e-6


def test_a_drop_by_half_is_found_in_its_month():
    y, days = drawn(np.random.default_rng(3), 6, 60, step=1 / 2, dispersion=1.5, height=0.2)
    found = level_change(y, days, np.random.default_rng(4))
    assert found.p == 1 / 1_000
    assert abs(found.month - 36) <= 2
    assert found.ratio == pytest.approx(1 / 2, rel=0.15)


def test_a_season_is_no_change_of_level():
    y, days = drawn(np.random.default_rng(5), 5, 60, height=0.5)
    assert level_change(y, days, np.random.default_rng(6), draws=199).p > 0.05


@settings(max_examples=50)
@given(st.lists(st.sampled_from([0, 0, 0, 0, 1, 2, 900]), min_size=24, max_size=40).filter(any))
def test_odd_series_give_a_probability(counts):
    days = np.resize(DAYS, len(counts))
    assert 0 <= seasonality(counts, days).p <= 1
    assert 0 < level_change(counts, days, np.random.default_rng(1), draws=19).p <= 1


def test_without_events_nothing_is_said():
    none = np.zeros(36), np.ones(36)
    assert np.isnan(seasonality(*none).p)
    assert np.isnan(level_change(*none, np.random.default_rng(1)).p)


def test_a_year_and_a_half_is_too_short():
    for test in (seasonality, lambda y, e: level_change(y, e, np.random.default_rng(1))):
        with pytest.raises(DataError, match="18 months is too short"):
            test(np.ones(18), np.ones(18))


def false_alarms(rng, series, draws, **case):
    """How often a season, and a change of level, is found where there is none."""
    found = []
    for _ in range(series):
        y, days = drawn(rng, **case)
        found.append([seasonality(y, days).p, level_change(y, days, rng, draws=draws).p])
    return (np.array(found) <= 0.05).mean(axis=0)


@pytest.mark.parametrize("dispersion", [1.0, 3.0])
def test_even_series_have_neither_season_nor_change(dispersion):
    found = false_alarms(np.random.default_rng(7), 150, 99, years=5, mean=20, dispersion=dispersion)
    # At 65 in 1,000, which are allowed, 17 in 150 would be a chance of 1 in 50.
    assert found.max() < 17 / 150


@pytest.mark.long
@pytest.mark.parametrize("years", [3, 7])
@pytest.mark.parametrize(("mean", "dispersion"), [(2, 1.0), (20, 1.0), (20, 3.0), (500, 10.0)])
def test_neither_is_found_in_more_than_65_of_a_thousand(years, mean, dispersion):
    rng = np.random.default_rng(8)
    found = false_alarms(rng, 2_000, 199, years=years, mean=mean, dispersion=dispersion)
    print(years, mean, dispersion, found)
    assert found.max() <= 0.065
