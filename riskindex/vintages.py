"""Codes of another census edition, brought to the edition of the boundaries."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, kw_only=True)
class Vintage:
    """A lookup from the codes of an older edition to those of the boundaries."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    path: str
    """The lookup, a CSV (may be compressed)."""
    old: str
    """Column with the older code."""
    new: str
    """Column with the code of the boundaries' edition."""
    split: Literal["share", "refuse"] = "share"
    """An event without coordinates in an area that was split: shared out, or refused."""
