"""Events counted per area and period, every one of them accounted for."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, kw_only=True)
class Periods:
    """What a period is; factors name their periods by label."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    unit: Literal[
        "calendar-year", "financial-year", "academic-year", "year-ending", "quarter", "month"
    ] = "calendar-year"
    """Labels: 2022, 2022-23 (April), 2022/23 (September), 2022-03 (its last month), 2022-Q1, 2022-01."""
