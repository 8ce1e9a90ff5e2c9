from fractions import Fraction
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.errors import DataError
from riskindex.statistics.weight_steps import LARGEST, weight_steps

HUNDREDTHS = st.lists(st.integers(1, 99_999), min_size=1, max_size=6)


def test_days_of_imprisonment_are_steps_of_three_quarters_of_a_day():
    steps, unit = weight_steps([182.25, 7.5, 273.75])
    assert (steps.tolist(), unit) == ([243, 10, 365], 0.75)
    assert (steps * unit).tolist() == [182.25, 7.5, 273.75]


@pytest.mark.parametrize("weights", [[1], [2, 4], [1, 5, 1100], [2.0, 4.0]])
def test_whole_weights_stay_as_they_are(weights):
    steps, unit = weight_steps(weights)
    assert (steps.tolist(), unit) == (weights, 1.0)


def test_a_tenth_is_read_as_it_is_written():
    steps, unit = weight_steps([0.1, 0.3])
    assert (steps.tolist(), unit) == ([1, 3], 0.1)


@given(HUNDREDTHS)
def test_steps_are_the_weights_exactly_and_as_few_as_can_be(hundredths):
    weights = [n / 100 for n in hundredths]
    steps, unit = weight_steps(weights)
    exact = Fraction(str(unit)) if unit != 0.01 * 100 else Fraction(1)
    assert [int(step) * exact for step in steps] == [Fraction(n, 100) for n in hundredths]
    assert all(n % 100 == 0 for n in hundredths) or gcd(*steps.tolist()) == 1


@pytest.mark.parametrize("weight", [0, -1, 0.0, float("nan"), float("inf")])
def test_weights_are_above_none(weight):
    with pytest.raises(DataError, match="must be above 0"):
        weight_steps([1, weight])


@pytest.mark.parametrize("weight", [1 / 3, 0.125, 1e-5])
def test_what_hundredths_cannot_hold_is_refused(weight):
    with pytest.raises(DataError, match="more than two decimals"):
        weight_steps([weight])


def test_too_many_steps_are_refused():
    assert weight_steps([LARGEST / 100, 0.01]).steps.tolist() == [LARGEST, 1]
    with pytest.raises(DataError, match="at most 1,000,000 steps"):
        weight_steps([LARGEST / 100 + 1, 0.01])
