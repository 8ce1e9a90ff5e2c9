import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskindex.statistics.corrections import CORRECTIONS, adjust, confidence_of

P_VALUES = arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1))


def test_benjamini_hochberg_steps_up_from_the_largest():
    adjusted = adjust(np.array([0.01, 0.04, 0.03, 0.5]), "benjamini-hochberg")
    np.testing.assert_allclose(adjusted, [0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_bonferroni_multiplies_and_stops_at_one():
    np.testing.assert_allclose(adjust(np.array([0.01, 0.4]), "bonferroni"), [0.02, 0.8])
    assert adjust(np.array([0.6, 0.7]), "bonferroni").max() == 1


def test_benjamini_yekutieli_adds_the_harmonic_sum():
    p = np.array([0.001, 0.002, 0.3])
    expected = np.minimum(1, adjust(p, "benjamini-hochberg") * (1 + 1 / 2 + 1 / 3))
    np.testing.assert_allclose(adjust(p, "benjamini-yekutieli"), expected)


def test_areas_that_are_not_assessed_count_for_nothing():
    with_gap = adjust(np.array([0.01, np.nan, 0.03]), "benjamini-hochberg")
    without = adjust(np.array([0.01, 0.03]), "benjamini-hochberg")
    assert np.isnan(with_gap[1])
    np.testing.assert_array_equal(with_gap[[0, 2]], without)


def test_nothing_assessed_stays_nothing():
    assert np.isnan(adjust(np.full(3, np.nan), "benjamini-hochberg")).all()


@pytest.mark.parametrize("method", CORRECTIONS)
@settings(deadline=None)
@given(p=P_VALUES, seed=st.integers(0, 2**16))
def test_the_order_of_the_areas_does_not_matter(method, p, seed):
    order = np.random.default_rng(seed).permutation(len(p))
    np.testing.assert_allclose(adjust(p[order], method), adjust(p, method)[order], rtol=1e-14)


@pytest.mark.parametrize("method", CORRECTIONS)
@settings(deadline=None)
@given(p=P_VALUES)
def test_a_smaller_p_is_never_adjusted_to_a_larger_one(method, p):
    adjusted = adjust(p, method)
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
    assert ((adjusted >= p) & (adjusted <= 1)).all()


def test_confidence_is_the_strictest_band_that_holds():
    p = np.array([0.2, 0.10, 0.05, 0.011, 0.01, np.nan])
    assert confidence_of(p).tolist() == [0, 90, 95, 95, 99, 0]


@pytest.mark.parametrize("data", ["columbus_CRIME", "nc_sids_SID74", "lattice_y2025"])
@pytest.mark.parametrize(
    ("method", "column"),
    [
        ("bonferroni", "Gstar_B_p2_bonferroni"),
        ("benjamini-hochberg", "Gstar_B_p2_BH"),
        ("benjamini-yekutieli", "Gstar_B_p2_BY"),
    ],
)
def test_corrections_equal_those_of_r(oracles, data, method, column):
    table = pd.read_csv(oracles / "hotspots" / f"spdep_{data}_localG.csv")
    adjusted = adjust(table["Gstar_B_p2"].to_numpy(), method)
    np.testing.assert_allclose(adjusted, table[column], rtol=1e-12)
