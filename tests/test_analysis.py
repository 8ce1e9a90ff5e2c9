"""The run on counts with noise: from noised counts and published totals to a list."""

import tomllib
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from grids import codes, lattice
from hypothesis import given
from hypothesis import strategies as st
from list_refusals import ask_no_other_choices
from machine import examples
from scipy.sparse import csr_array

from riskindex.analysis import analyse, protected_run
from riskindex.config import parse_config
from riskindex.errors import DataError
from riskindex.factors import Factor
from riskindex.files.frames import Frames
from riskindex.hotspots.find import find_hotspots
from riskindex.inputs import read_inputs
from riskindex.statistics.smoothing import counts_behind

METHODS = {"suspects": "window", "possession": "poisson"}
"""Factors of the county that are tested in another way, so that every method is run."""


def laplace(rng, shape, epsilon=1.0):
    stop = 1 - np.exp(-epsilon)
    return rng.geometric(stop, shape) - rng.geometric(stop, shape)


def with_noise(counts: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    return counts + laplace(np.random.default_rng(seed), counts.shape)


def read(path, **areas):
    """Config and data of the small county by all methods, with a scan and few repeats."""
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    values["robustness"]["draws"] = 5
    values["areas"] |= areas
    for factor in values["factors"]:
        if factor["name"] in METHODS:
            factor |= {"method": METHODS[factor["name"]], "exposure": "residents"}
        factor["scan"] = factor["name"] == "suspects"
    config = parse_config(values, folder=path.parent)
    return config, read_inputs(config, Frames())


@pytest.fixture(scope="module")
def county(county_config):
    return read(county_config)


@pytest.fixture(scope="module")
def part_of_it(county_config, county):
    """One district, with the areas around it as context."""
    district = county[1].areas["district"].value_counts().index[0]
    return read(county_config, within={"district": [district]})


def protected(config, data, noised, totals=None, epsilon=1.0, *, choices=False):
    """The run on noised counts, with the true totals unless others are given.

    What other choices would change is asked where `choices` says so: it takes most of the time.
    """
    context = data.areas.get("is_context")
    inside = data.areas.index if context is None else data.areas.index[~context]
    totals = data.counts.loc[inside].sum() if totals is None else totals
    with pytest.MonkeyPatch.context() as patch:
        if not choices:
            ask_no_other_choices(patch)
        return protected_run(config, data, noised, totals=totals, epsilon=epsilon)


def assert_same(one, other):
    """Every field of two results, to the last digit."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, pd.DataFrame):
            pd.testing.assert_frame_equal(a, b, check_exact=True)
        elif isinstance(a, csr_array):
            assert (a != b).nnz == 0
        elif field.name == "sensitivity":
            for part in fields(a):
                left, right = getattr(a, part.name), getattr(b, part.name)
                pd.testing.assert_frame_equal(left, right, check_exact=True)
        else:
            assert a is b or repr(a) == repr(b), field.name


# The counts behind the noise


def test_a_hand_sized_county():
    # Two areas with about nothing and one with five: five are known, and the total is four.
    assert counts_behind([-3, 5, 0], 4).tolist() == [0, 4, 0]
    # Areas that look alike are alike.
    assert counts_behind([2, 2, 2, 2], 4).tolist() == [1, 1, 1, 1]
    # Nothing is seen, and six are known to be somewhere.
    assert counts_behind([-1, 0, -2], 6).tolist() == [2, 2, 2]
    assert counts_behind([3, -1], 0).tolist() == [0, 0]
    assert counts_behind([], 0).tolist() == []


def test_they_are_the_posterior_means_of_a_prior_without_shape():
    """The same by matrices over all pairs of a count and a count with noise."""
    rng = np.random.default_rng(5)
    noised = rng.poisson(rng.choice([1, 40], 400)) + laplace(rng, 400)
    count = np.arange(noised.max() + 1)
    likelihood = np.exp(-np.abs(noised[:, None] - count))
    prior = np.full(len(count), 1 / len(count))
    for _ in range(100):
        posterior = likelihood * prior
        posterior /= posterior.sum(axis=1, keepdims=True)
        prior = posterior.mean(axis=0)
    posterior = likelihood * prior
    means = (posterior @ count) / posterior.sum(axis=1)
    total = round(means.sum())
    found = counts_behind(noised, total)
    # Fractions are carried along: no sum of areas in a row is more than one event off.
    sums = np.cumsum(means * total / means.sum())
    np.testing.assert_allclose(np.cumsum(found), sums, atol=0.5 + 1e-9)


@given(
    st.lists(st.integers(-15, 60), min_size=1, max_size=60),
    st.integers(0, 500),
    st.sampled_from([0.1, 1.0, 3.0]),
)
def test_they_are_counts_that_add_up_to_the_total(noised, total, epsilon):
    found = counts_behind(noised, total, epsilon=epsilon)
    assert found.dtype == np.int64
    assert found.min() >= 0
    assert found.sum() == total
    # Below zero noise says no more than zero does.
    if total != sum(noised):
        clipped = np.maximum(noised, 0)
        if clipped.sum() != total:
            assert (counts_behind(clipped, total, epsilon=epsilon) == found).all()


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_counts_without_noise_stay(counts):
    assert counts_behind(counts, sum(counts)).tolist() == counts


def test_they_are_nearer_to_the_truth_than_what_is_cut_at_zero():
    rng = np.random.default_rng(3)
    for mean, most in ((0.3, 0.6), (2, 1.0), (30, 1.1)):
        true = rng.poisson(mean * rng.gamma(2, 0.5, 1000))
        noised = true + laplace(rng, 1000)
        found = counts_behind(noised, true.sum())
        cut = np.maximum(noised, 0)
        assert ((found - true) ** 2).sum() < most * ((cut - true) ** 2).sum()


# The run


def test_without_noise_it_is_the_run(county):
    config, data = county
    found = protected(config, data, data.counts, choices=True)
    assert_same(found, analyse(config, data, places=False))


def test_without_noise_it_is_the_run_of_a_part_with_context(part_of_it):
    config, data = part_of_it
    assert data.areas["is_context"].any()
    found = protected(config, data, data.counts, choices=True)
    assert_same(found, analyse(config, data, places=False))


def test_open_counts_stay_and_totals_are_the_published_ones(county):
    config, data = county
    noised, kept = with_noise(data.counts), [c for c in data.counts if c[0] == "disorder"]
    noised[kept] = data.counts[kept]
    assert (noised < 0).any(axis=None)
    found = protected(config, data, noised)
    assert (found.counts[kept] == data.counts[kept]).all(axis=None)
    assert (found.counts >= 0).all(axis=None)
    assert (found.counts.sum() == data.counts.sum()).all()
    assert (found.counts.dtypes == data.counts.dtypes).all()
    expected = found.hotspots["expected"].groupby(level=["factor", "period"]).sum()
    assert expected["suspects", "2022"] == pytest.approx(data.counts["suspects"].to_numpy().sum())


def test_other_totals_may_be_published_or_none(county):
    config, data = county
    more, none = ("suspects", "all", "2022"), ("supply", "all", "2022")
    totals, noised = data.counts.sum().astype("Float64"), with_noise(data.counts)
    totals[more] += 15
    totals[none] = pd.NA
    found = protected(config, data, noised, totals=totals).counts.sum()
    assert found[more] == data.counts[more].sum() + 15
    assert found[none] == noised[none].sum() != data.counts[none].sum()


def test_context_adds_up_apart_from_the_study_area(part_of_it):
    config, data = part_of_it
    noised, inside = with_noise(data.counts), ~data.areas["is_context"]
    found = protected(config, data, noised).counts
    assert (found[inside].sum() == data.counts[inside].sum()).all()
    assert (found[~inside].sum() == noised[~inside].sum().clip(lower=0)).all()


def test_areas_without_cover_stay_without(county):
    config, data = county
    gaps = data.counts.copy()
    gaps.loc[gaps.index[:9], ["supply", "suspects"]] = pd.NA
    gaps.loc[gaps.index[4:7], [("domestic_abuse", "all", "2020")]] = pd.NA
    noised = with_noise(gaps)
    found = protected(config, data._replace(counts=gaps), noised)
    assert found.counts.isna().equals(gaps.isna())
    assert (found.counts.sum() == gaps.sum()).all()
    with pytest.raises(DataError, match="same areas, columns and coverage"):
        protected(config, data, noised)


def test_it_knows_the_counts_by_noise_and_totals_alone(county):
    """Worlds that differ in true counts, and not in what is known of them, give one result."""
    config, data = county
    noised = with_noise(data.counts)
    rng = np.random.default_rng(1)
    other = data.counts.apply(lambda column: rng.permutation(column.to_numpy(int)))
    other = other.astype("Int64")
    assert not other.equals(data.counts)
    found = protected(config, data._replace(counts=other), noised)
    assert_same(found, protected(config, data, noised))


@examples(2)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.05, 1.0]), st.sampled_from([0.3, 1.0]))
def test_no_noise_is_too_much(county, seed, share, epsilon):
    config, data = county
    rng = np.random.default_rng(seed)
    thin = data.counts.apply(lambda c: rng.binomial(c.to_numpy(int), share)).astype("Int64")
    noised = thin + laplace(rng, thin.shape, epsilon)
    found = protected(config, data._replace(counts=thin), noised, epsilon=epsilon)
    assert found.index["score"].notna().all()
    assert (found.counts.sum() == thin.sum()).all()


# Noise alone is no hotspot


@pytest.mark.parametrize("method", ["window", "getis-ord", "poisson"])
@pytest.mark.parametrize("mean", [0.0, 0.02, 0.4, 2.0])
@pytest.mark.parametrize("counties", [12, pytest.param(50, marks=pytest.mark.long)])
def test_noise_makes_no_hotspots(method, mean, counties):
    """Counties of equal risk: about as many hot areas as the level allows."""
    side, factor = (
        12,
        Factor(
            name="events",
            label="Events",
            source="events",
            method=method,
            score="confidence",
            exposure=None if method == "getis-ord" else "residents",
            periods=["2022"],
        ),
    )
    areas = pd.DataFrame({"residents": 1500}, index=codes(side))
    hot = []
    for seed in range(counties):
        rng = np.random.default_rng(seed)
        true = rng.poisson(mean, side**2)
        noised = true + laplace(rng, side**2)
        column = pd.MultiIndex.from_tuples([("events", "all", "2022")])
        total = max(noised.sum(), 0) if mean == 0 else true.sum()
        counts = pd.DataFrame(counts_behind(noised, total), areas.index, column)
        found = find_hotspots(counts, areas, pd.DataFrame(), lattice(side), [factor])
        hot.append(found.table["is_hot"].mean())
    assert np.mean(hot) < 0.02
