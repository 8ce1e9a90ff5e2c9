"""The top of the index: a target, a tie rule, and a cut that explains itself."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, kw_only=True)
class Override:
    """One area put in or taken out by hand, with the reason that will be printed."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    area_code: str
    """Code of the area."""
    action: Literal["in", "out"]
    """Put the area in, or take it out."""
    reason: str
    """Why, in a sentence; it is printed beside the computed list."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """How many areas are chosen, and what happens to ties at the cut."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    share: float = 0.05
    """Share of the assessed areas; .05 is read as exactly 5/100."""
    number: int | None = None
    """A fixed number of areas, instead of a share."""
    rounding: Literal["ceil", "floor", "round"] = "ceil"
    """How the share becomes a whole number; round is half up."""
    ties: Literal["order", "include", "exclude"] = "order"
    """Ties at the cut: put in order by intensity, all in, or all out."""
    overrides: tuple[Override, ...] = ()
    """Areas put in or taken out by hand, applied last."""
