"""Marks that stand where a release gives no number, and what is rounded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from riskindex.arrays import Array

WITHHELD = "[c]"
NOT_RECORDED = "[x]"
NOT_APPLICABLE = "[z]"
MARKS: Mapping[str, str] = MappingProxyType(
    {
        WITHHELD: "withheld: a small number of a restricted source, or a small group of areas",
        NOT_RECORDED: "not assessed or not recorded",
        NOT_APPLICABLE: "does not apply",
    }
)
"""What stands where there is no number, and what it means."""
LEAST_BASE = 50
"""No share of a restricted measure is given of fewer: one event more or less would show in it."""


def round_half_up(values: "Array | pd.Series[Any]", step: int) -> Array:
    """Round to the nearest multiple of a step, half up; NaN stays.

    Examples
    --------
    >>> round_half_up(np.array([8, 12, 12.5, np.nan]), 5).tolist()
    [10.0, 10.0, 15.0, nan]
    """
    # Not np.round, which takes halves to the even multiple: of 12.5 and 17.5 it makes 10 and 20.
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
    # Every tie has the rank of its first; the middle of the tie is half its length further on.
    middle = ranks + (ranks.groupby(ranks).transform("size") - 1) / 2
    return (middle * 10 / int(ranks.count())).apply(np.ceil).clip(upper=10).astype("Int64")


@dataclass(frozen=True, kw_only=True)
class CellRules:
    """How a count of a restricted source becomes a protected cell."""

    epsilon: float = 1.0
    """Scale of the noise: P(noise = k) is proportional to exp(-epsilon |k|)."""
    threshold: int = 8
    """Cells whose noised count is below this are withheld."""
    rounding: int = 5
    """Other cells are rounded to the nearest multiple of this."""

    @property
    def sentences(self) -> Iterator[str]:
        """The rules in words, under every table."""
        yield (
            "Counts from restricted sources are protected cells: noise is added that depends on "
            f"the records counted, those below {self.threshold} are withheld ({WITHHELD}), and "
            f"the others are rounded to the nearest {self.rounding}. Each cell is made by itself, "
            "so that totals need not add up."
        )


@dataclass(frozen=True, kw_only=True)
class Release:
    """What leaves in the profiles partner and public, and what is kept beside it."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    key: str | None = None
    """A private file with the release key, made by the first release that names it; left out, the
    one that the environment variable RISKINDEX_RELEASE_KEY names."""
    epsilon: float = 1.0
    """Scale of the noise in cells of restricted sources: smaller is more noise."""
    threshold: int = 8
    """Cells of restricted sources below this are withheld."""
    rounding: int = 5
    """Other cells of restricted sources are rounded to the nearest multiple of this."""
    membership: Literal["true", "protected"] = "true"
    """Whose list every profile shows: that of the counts, or that of the noised counts, where the
    list itself would tell of the counts of one or two restricted factors."""
    hotspots: Literal["none", "protected"] = "none"
    """Whether the public sees hot areas of restricted factors, as the noised counts have them."""
    sensitive_places: str | None = None
    """A private CSV of refuges and the like: a column area_code, or x and y in EPSG:27700. The
    list is decided without the restricted events there."""

    @property
    def rules(self) -> CellRules:
        """How counts of restricted sources become protected cells."""
        return CellRules(epsilon=self.epsilon, threshold=self.threshold, rounding=self.rounding)


def release_faults(options: Release) -> Iterator[str]:
    """Say what is wrong with the options of a release."""
    # Below, mostly noise would leave; above, the noise of most cells would be 0.
    if not 0.1 <= options.epsilon <= 2:
        yield f"release.epsilon: {options.epsilon:g} must be from .1 (much noise) to 2 (little)."
    # A threshold of 1 or 2 would show counts that single out one or two people.
    if options.threshold < 3:
        yield f"release.threshold: {options.threshold} must be 3 or more."
    if not 1 <= options.rounding <= 2 * options.threshold:
        yield (
            f"release.rounding: {options.rounding} must be from 1 to {2 * options.threshold}, "
            "twice the threshold: else counts that are shown would be rounded to 0."
        )
