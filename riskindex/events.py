"""Files in: events, from the police.uk download or any table with a date and a place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from riskindex.factors import Where


@dataclass(frozen=True, kw_only=True)
class EventSource:
    """A table of events: one row each, with a date and an area code or coordinates."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["events"]
    path: str | Sequence[str]
    """CSV (may be compressed) or Parquet files, a folder, a zip, or patterns like suspects/*.csv."""
    date: str
    """Column with the date; a month such as 2022-03 is enough."""
    date_format: str | None = None
    """Such as %d/%m/%Y; ISO dates need none."""
    area: str | None = None
    """Column with the area code."""
    x: str | None = None
    """Column with the easting or longitude."""
    y: str | None = None
    """Column with the northing or latitude."""
    crs: str = "EPSG:27700"
    """Coordinate system of x and y."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all; the rest is excluded by a rule."""
    key: str | None = None
    """Column that identifies an event; later rows with the same key are duplicates."""
    distinct: str | None = None
    """Column with a pseudonymous person key: persons are counted, once per area and period."""
    sensitive: bool = False
    """True for domestic abuse, sexual offences, suspects' and victims' homes."""


@dataclass(frozen=True, kw_only=True)
class PoliceSource:
    """The police.uk download as it comes: a zip of month folders, a folder, or CSVs."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["police.uk"]
    path: str | Sequence[str]
    """The zip, the folder, or files; only *-street.csv members are read, and Parquet copies."""
    where: Where = field(default_factory=dict)
    """Events of the source that are used at all; the rest is excluded by a rule."""
    sensitive: bool = False
    """True where the published categories are treated as sensitive."""
