"""Areas, their geometry and who adjoins whom."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Which areas count as neighbours."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    method: Literal["queen", "rook", "nearest", "distance"] = "queen"
    """Shared border or corner, shared border, k nearest centroids, or a distance band."""
    snap: float = 0.01
    """Vertices closer than this many metres are the same vertex."""
    k: int = 8
    """Number of neighbours, for the method nearest."""
    distance: float | None = None
    """Metres between centroids, for the method distance."""
