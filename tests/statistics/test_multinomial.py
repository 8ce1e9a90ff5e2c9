"""Draws of the multinomial law: exact, whatever the total, and alike with every NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskindex.statistics.multinomial import draw_multinomial


def test_draws_are_these_whatever_the_version_of_numpy():
    drawn = draw_multinomial(np.random.default_rng(2022), 5000, [5, 3, 1.5, 0.5], draws=2)
    assert drawn.tolist() == DRAWN


DRAWN = [[2477, 1529, 767, 227], [2486, 1500, 732, 282]]


@given(st.integers(0, 400), st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any))
def test_every_event_falls_on_a_class_that_has_a_chance(total, chances):
    drawn = draw_multinomial(np.random.default_rng(total), total, chances, draws=3)
    assert (drawn.sum(axis=1) == total).all()
    assert (drawn[:, np.equal(chances, 0)] == 0).all()


def test_two_events_on_three_classes_by_hand():
    # Both on the first: 1/4; one each on the first and the second: 2 * 1/2 * 1/3.
    drawn = draw_multinomial(np.random.default_rng(1), 2, [3, 2, 1], draws=40_000)
    assert (drawn[:, 0] == 2).mean() == pytest.approx(1 / 4, abs=0.01)
    assert (drawn[:, :2] == 1).all(axis=1).mean() == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("total", [12, 17, 60, 900, 50_000])
def test_classes_are_binomial_and_go_together_as_the_law_says(total):
    chances = np.array([0.5, 0.3, 0.19, 0.01])
    drawn = draw_multinomial(np.random.default_rng(total), total, chances, draws=8000)
    for k, p in enumerate(chances):
        cuts = np.unique(stats.binom.ppf(np.linspace(0, 1, 16)[1:-1], total, p))
        found = np.bincount(np.searchsorted(cuts, drawn[:, k]), minlength=len(cuts) + 1)
        chance = np.diff(stats.binom.cdf([-1, *cuts, total], total, p))
        some = chance > 0
        assert stats.chisquare(found[some], chance[some] * 8000).pvalue > 1e-4
    expected = np.diag(chances) - np.outer(chances, chances)
    np.testing.assert_allclose(np.cov(drawn.T) / total, expected, atol=0.015)
