"""Scores of 0 to 100 per factor, weighted into one index, with each factor's contribution."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, kw_only=True)
class Index:
    """How the factors' scores become one number."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    aggregation: Literal["arithmetic", "geometric", "harmonic"] = "arithmetic"
    """Weighted mean of the scores."""
    weights: Literal["normalised", "as-given"] = "normalised"
    """Weights divided by their sum, or used as they are where a published index does so."""
