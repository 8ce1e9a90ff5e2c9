"""Risks of several kinds that go together, on worlds whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskindex.statistics.joint_risks import JointRisks, _posterior

N, DRAWS = 3_000, 200


def world(seed, *, correlation, noise, n=N):
    """True log risks and draws of each kind's own posterior, whose laws are known: normal."""
    rng = np.random.default_rng(seed)
    spread, noise = np.array([0.6, 0.5, 0.4]), np.asarray(noise)
    together = np.where(np.eye(3), 1, correlation) * np.outer(spread, spread)
    true = rng.multivariate_normal(np.zeros(3), together, n, method="cholesky")
    seen = true + noise * rng.standard_normal((n, 3))
    precision = 1 / spread**2 + 1 / noise**2
    own = seen / noise**2 / precision
    drawn = own + rng.standard_normal((DRAWS, n, 3)) / np.sqrt(precision)
    return true, together, seen, np.exp(drawn)


def test_two_kinds_by_hand():
    # One area, prior N(0, 1) of both, correlation .5; kind 1 seen as 1 with variance 1, kind 2
    # not seen at all. By itself kind 1 is N(.5, .5), and kind 2 its prior. Given both, kind 2
    # has mean .5 x .5 = .25 and variance 1 - .5**2 x (1 - .5) = .875.
    means, variances = np.array([[0.5, 0.0]]), np.array([[0.5, 0.9523]])
    prior = np.zeros(2), np.array([1.0, 1.0])
    mean, covariance = _posterior(means, variances, prior, np.array([[1, 0.5], [0.5, 1]]))
    # The variance of what was not seen is a little below its prior's, by the rule for areas that
    # are less sure than the prior: the answers are near, and not the same.
    assert mean[0] == pytest.approx([0.5, 0.25], abs=0.015)
    assert np.diag(covariance[0]) == pytest.approx([0.5, 0.875], abs=0.05)


def test_normal_risks_have_their_exact_joint_posterior():
    true, together, seen, drawn = world(1, correlation=0.7, noise=[0.2, 0.6, 0.9])
    joint = JointRisks.fit(drawn)
    variances = np.diag([0.2, 0.6, 0.9]) ** 2
    exact = seen @ np.linalg.solve(together + variances, together)
    # 200 draws give their mean to .03, and 3,000 areas the correlations to .06.
    assert np.sqrt(np.mean((joint.joint_means - exact) ** 2, axis=0)).max() < 0.05
    error = np.sqrt(np.mean((joint.joint_means - true) ** 2, axis=0))
    alone = np.sqrt(np.mean((joint.means - true) ** 2, axis=0))
    # What is counted most gains little; what is counted least gains a fifth.
    assert error[0] <= alone[0] * 1.01
    assert error[2] < 0.85 * alone[2]


@pytest.mark.parametrize("correlation", [0.0, 0.4, 0.8])
def test_correlations_are_those_of_the_true_risks(correlation):
    _, _, _, drawn = world(2, correlation=correlation, noise=[0.2, 0.4, 0.6])
    found = JointRisks.fit(drawn).correlations
    assert np.diag(found) == pytest.approx(np.ones(3))
    assert found[np.triu_indices(3, 1)] == pytest.approx(np.full(3, correlation), abs=0.15)


def test_draws_hold_the_truth_as_often_as_they_say():
    true, _, _, drawn = world(3, correlation=0.7, noise=[0.3, 0.6, 0.9])
    joint = JointRisks.fit(drawn)
    adjusted = np.log(joint.adjust(drawn))
    low, high = np.quantile(adjusted, [0.1, 0.9], axis=0)
    inside = ((low <= true) & (true <= high)).mean(axis=0)
    assert inside == pytest.approx(np.full(3, 0.8), abs=0.05)


@given(st.integers(0, 2**32 - 1), st.integers(20, 80))
@settings(max_examples=20, deadline=None)
def test_kinds_that_do_not_go_together_stay_as_they_are(seed, n):
    _, _, _, drawn = world(seed, correlation=0.0, noise=[0.3, 0.5, 0.7], n=n)
    joint = JointRisks.fit(drawn)
    # Correlations that chance would make are none in nearly all, and then draws are the same.
    apart = np.allclose(joint.correlations, np.eye(3))
    assert apart == np.allclose(joint.adjust(drawn), drawn)


def test_one_kind_is_left_alone():
    _, _, _, drawn = world(4, correlation=0.5, noise=[0.3, 0.5, 0.7])
    one = drawn[:, :, :1]
    assert JointRisks.fit(one).adjust(one) == pytest.approx(one)


def test_a_kind_without_events_and_areas_without_a_risk_are_left_alone():
    _, _, _, drawn = world(5, correlation=0.8, noise=[0.3, 0.5, 0.7])
    drawn[:, :, 1] = 0
    drawn[:, 7, 2] = np.nan
    adjusted = JointRisks.fit(drawn).adjust(drawn)
    assert (adjusted[:, :, 1] == 0).all()
    assert adjusted[:, 7] == pytest.approx(drawn[:, 7], nan_ok=True)
    assert not np.allclose(adjusted[:, 8, 2], drawn[:, 8, 2])


def test_nothing_counted_anywhere_is_left_alone():
    nothing = np.zeros((50, 10, 2))
    assert (JointRisks.fit(nothing).adjust(nothing) == 0).all()
