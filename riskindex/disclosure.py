"""Marks that stand where a release gives no number, and what is rounded."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

WITHHELD = "[c]"
NOT_RECORDED = "[x]"
NOT_APPLICABLE = "[z]"
MARKS: Mapping[str, str] = MappingProxyType({
    WITHHELD: "withheld: a small number of a restricted source, or a small group of areas",
    NOT_RECORDED: "not assessed or not recorded",
    NOT_APPLICABLE: "does not apply",
})  # fmt: skip
"""What stands where there is no number, and what it means."""


def round_half_up(values: "Array | pd.Series[Any]", step: int) -> Array:
    """Round to the nearest multiple of a step, half up; NaN stays.

    Examples
    --------
    >>> round_half_up(np.array([8, 12, 12.5, np.nan]), 5).tolist()
    [10.0, 10.0, 15.0, nan]
    """
    return np.asarray(np.floor(np.asarray(values, dtype=float) / step + 0.5) * step)


def decile(rank: "pd.Series[Any]") -> "pd.Series[Any]":
    """Tenth of the ranked areas that each belongs to, 1 the highest risk.

    Areas that tie share the tenth of their middle: many areas of score 0 are not the third tenth.

    Examples
    --------
    >>> decile(pd.Series([1, 2, 2, 4])).tolist()
    [3, 7, 7, 10]
    """
    ranks = rank.astype("Float64")
    middle = ranks + (ranks.groupby(ranks).transform("size") - 1) / 2
    return (middle * 10 / int(ranks.count())).apply(np.ceil).clip(upper=10).astype("Int64")
