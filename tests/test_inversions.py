"""From numbers per area back to counts: what is found, and what is chance."""

import numpy as np
import pytest

from riskindex.inversions import lattice, tells

RESIDENTS = {"residents": np.linspace(1_000, 2_900, 40)}
COUNTS = np.tile([0.0, 2, 5, 1, 0, 3, 7, 4], 5)
SMALL = (COUNTS >= 1) & (COUNTS <= 7)


def found(numbers, counts=COUNTS, small=SMALL, bases=RESIDENTS):
    told = tells(numbers, counts, small, bases=bases)
    return told and (told.how, told.exact, told.of)


def test_a_rate_to_one_decimal_gives_every_small_count_back():
    rate = (1_000 * COUNTS / RESIDENTS["residents"]).round(1)
    assert found(rate) == ("a rate or share of residents", 30, 30)


@pytest.mark.parametrize("undo", [np.log1p, lambda counts: 7 - 2 * counts, np.sqrt])
def test_what_grows_with_the_count_puts_it_in_order_at_least(undo):
    assert found(undo(COUNTS)) is not None


def test_numbers_that_know_nothing_of_the_counts_say_nothing():
    rng = np.random.default_rng(5)
    assert found(rng.normal(size=40)) is None
    assert found(rng.permutation(COUNTS)) is None


@pytest.mark.parametrize(("n", "missed", "is_told"), [(12, 0, True), (12, 1, False), (40, 1, True)])
def test_of_few_counts_all_must_be_given_back(monkeypatch, n, missed, is_told):
    counts = np.tile([1.0, 1, 2, 5], 10)[:n]
    numbers = counts + np.where(np.arange(n) < missed, 1.0, 0.0)

    def is_formula():
        told = found(numbers, counts, np.ones(n, dtype=bool), bases={})
        return told == ("a multiple of the count", n - missed, n)

    assert is_formula() is is_told
    monkeypatch.setattr("riskindex.inversions.FEW", 0)
    assert is_formula()


def test_counts_are_multiples_of_a_step_above_a_constant():
    np.testing.assert_array_equal(lattice(0.37 * COUNTS - 4.2), COUNTS)
    assert lattice(np.random.default_rng(1).normal(size=40)) is None
