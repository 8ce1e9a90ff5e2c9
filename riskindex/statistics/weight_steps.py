"""Weights of events as whole steps of one unit: exact tests of weighted sums need whole numbers."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

import numpy as np

from riskindex.arrays import Integers
from riskindex.errors import DataError

DENOMINATOR = 100
"""Weights are whole numbers of hundredths: 182.25 is, a third is not."""
LARGEST = 10**6
"""Steps of the largest weight: sums of millions of events stay exact in floating point."""


class WeightSteps(NamedTuple):
    """Weights of events as whole numbers of one unit."""

    steps: Integers
    """Whole numbers of 1 or more."""
    unit: float
    """What one step is worth: weight = steps x unit."""


def weight_steps(weights: Sequence[float]) -> WeightSteps:
    """Weights as whole numbers of the largest unit that all of them are multiples of.

    Parameters
    ----------
    weights
        What an event of each group counts, such as days of imprisonment: above 0, with two
        decimals at most, which are read as they are written (0.1 is a tenth).

    Returns
    -------
    WeightSteps
        Whole weights stay as they are, with the unit 1. Whatever is tested on steps does not
        depend on the unit; sums are worth their steps times the unit.

    Raises
    ------
    DataError
        A weight is not above 0, has more than two decimals, or would be more than a million steps.

    Examples
    --------
    >>> found = weight_steps([182.25, 7.5, 273.75])
    >>> found.steps.tolist(), found.unit
    ([243, 10, 365], 0.75)
    """
    exact = [_read(weight) for weight in weights]
    # Fractions, because 182.25 / 0.75 in floating point need not be whole.
    shared = lcm(*(weight.denominator for weight in exact))
    steps = [int(weight * shared) for weight in exact]
    # Whole weights keep the unit 1, so that reported sums stay those that the config names.
    common = gcd(*steps) if shared > 1 else 1
    steps = [step // common for step in steps]
    if max(steps, default=0) > LARGEST:
        raise DataError(
            f"the event weights {', '.join(f'{w:g}' for w in weights)} have no common unit "
            f"that makes at most {LARGEST:,} steps of each. Round them to fewer digits."
        )
    return WeightSteps(np.array(steps, dtype=np.int64), float(Fraction(common, shared)))


def _read(weight: float) -> Fraction:
    """A weight as it is written."""
    if not 0 < weight < float("inf"):
        raise DataError(f"the event weight {weight:g} must be above 0.")
    # By its digits: the float 0.1 itself is no tenth, and its fraction has a vast denominator.
    exact = Fraction(str(weight))
    if DENOMINATOR % exact.denominator:
        raise DataError(
            f"the event weight {weight!r} has more than two decimals. Exact tests count in "
            "hundredths: round it."
        )
    return exact
