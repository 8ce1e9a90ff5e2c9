"""Files in: boundaries, lookups and tables by area, read as the config names them and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from riskindex.vintages import Vintage


@dataclass(frozen=True, kw_only=True)
class GroupLookup:
    """A table that puts areas into groups: ward, community safety partnership."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    path: str
    """A CSV (may be compressed) with one row per area."""
    code: str
    """Column with the area code."""
    groups: Mapping[str, str]
    """Name of the group kind to its column: ward = "ward24_name"."""


@dataclass(frozen=True, kw_only=True)
class AreaSource:
    """The boundary file and what its columns mean."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    boundaries: str
    """GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet, or a zip of one."""
    layer: str | None = None
    """Layer of a file that holds several."""
    code: str
    """Column with the area code."""
    name: str | None = None
    """Column with the area's name; the code stands in where there is none."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Name of the group kind to its column: district = "LAD24NM"."""
    crs: str | None = None
    """Coordinate system of a file that does not say it, such as EPSG:27700."""
    lookups: Sequence[GroupLookup] = ()
    """Further tables that put areas into groups."""
    vintage: Vintage | None = None
    """How events with codes of an older census edition reach these areas."""


@dataclass(frozen=True, kw_only=True)
class TableSource:
    """A table by area code, such as a Nomis census bulk file."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["table"]
    path: str
    """A CSV (may be compressed), or a zip with one."""
    member: str | None = None
    """File inside a zip that holds several; the *-lsoa.csv one is found by itself."""
    code: str = "geography code"
    """Column with the area code."""
    columns: Mapping[str, str | Sequence[str]]
    """Short name to a column, or to several columns that are added up."""
    sensitive: bool = False
    """True where the table counts people who must not be recognised."""
