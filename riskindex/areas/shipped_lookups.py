"""The groups of every LSOA of England and Wales, its older codes, and places, without a file.

They come with the package, made by boundaries/make_lookups.py from the official files that
boundaries/sources.toml names.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from riskindex.areas.editions import Crosswalk

if TYPE_CHECKING:
    import pandas as pd

ShippedKind = Literal[
    "ward",
    "ward_code",
    "district",
    "district_code",
    "community_safety_partnership",
    "community_safety_partnership_code",
    "force",
    "force_code",
    "urban_rural",
    "urban_rural_code",
]
"""Kinds of groups that every LSOA of 2021 is in, by name or by code."""
SHIPPED_KINDS: tuple[str, ...] = get_args(ShippedKind)


AREAS, GROUPS = "lsoa21_areas.csv.gz", "lsoa21_groups.csv.gz"
CHANGES, PLACES = "lsoa11_lsoa21_changes.csv.gz", "places_geonames.csv.gz"


def shipped_file(name: str) -> Path:
    """A file of `boundaries/`: inside the installed package, or at the root of a checkout."""
    package = Path(str(files("riskindex")))
    inside = package / "boundaries" / name
    # A checkout has the lookups beside the package, a wheel inside it.
    return inside if inside.is_file() else package.parent / "boundaries" / name


def read_area_lookup() -> "pd.DataFrame":
    """The groups of every LSOA of 2021 of England and Wales.

    Returns
    -------
    DataFrame
        35,672 rows, index `area_code`, sorted; text columns `name` and `SHIPPED_KINDS`: ward and
        district of May 2024, partnership and police force of December 2024, rural-urban class of
        2021. No cell is missing. Names are the official ones; those of wards repeat: Trinity is a
        ward of several districts, so count by `ward_code`, or by `shipped_groups`.
    """
    # A copy: whoever changes the table must not change it for the rest of the program.
    return _area_lookup().copy()


def read_changes_2011_2021() -> "pd.DataFrame":
    """What became of the LSOAs of 2011 that are no LSOAs of 2021.

    Returns
    -------
    DataFrame
        One row per pair that shares ground, sorted; text columns `old_code`, `new_code` and
        `change`: S split, M merged, X irregular. An LSOA that is in no row is unchanged (U): it has
        the same code in both.
    """
    return _changes().copy()


def read_places() -> "pd.DataFrame":
    """Towns, villages and quarters of the United Kingdom of 500 people or more.

    Returns
    -------
    DataFrame
        5,913 rows, the largest population first; `name`, which may repeat; `x` and `y`, a point
        in metres of the British National Grid, good to some 5 m and no more than a point;
        `population`, of different years, 0 where it is not known; `nation`: ENG, SCT, WLS or NIR,
        empty for two bases on Cyprus.
    """
    return _places().copy()


@cache
def crosswalk_2011_2021() -> Crosswalk:
    """Which LSOAs of 2021 each LSOA of 2011 became; unchanged ones became themselves."""
    changed: dict[str, list[str]] = {}
    table = _changes()
    for old, new in zip(table["old_code"], table["new_code"], strict=True):
        changed.setdefault(old, []).append(new)
    brought = set(table["new_code"])
    # What is in no row of the changes kept its code.
    kept = {str(code): (str(code),) for code in _area_lookup().index if code not in brought}
    return Crosswalk(MappingProxyType({**kept, **{o: tuple(n) for o, n in changed.items()}}))


def shipped_groups(codes: "pd.Index", kinds: Sequence[str]) -> "pd.DataFrame":
    """Groups of areas, told apart where official names repeat among them.

    Parameters
    ----------
    codes
        Area codes, such as those of the study area.
    kinds
        Of `SHIPPED_KINDS`.

    Returns
    -------
    DataFrame
        Index `codes`, a text column per kind: two areas have the same text if and only if they
        are in the same group. A name that several wards among the areas have is followed by the
        district: Trinity (Burnley). Missing where the code is no LSOA of 2021.
    """
    groups = _area_lookup().reindex(codes)
    table = groups[list(dict.fromkeys(kinds))].copy()
    for kind in table.columns:
        pairs = groups[[kind, _code_column(kind)]].drop_duplicates().dropna()
        # Only among the areas asked about: a unique name stays short.
        repeated = set(pairs.loc[pairs[kind].duplicated(), kind])
        if repeated:
            which = groups[kind].isin(list(repeated))
            table.loc[which, kind] = groups[kind] + " (" + groups["district"] + ")"
    return table


def _code_column(kind: str) -> str:
    return kind if kind.endswith("_code") else f"{kind}_code"


@cache
def _area_lookup() -> "pd.DataFrame":
    import pandas as pd

    areas, groups = _csv(AREAS), _csv(GROUPS)
    of_kind = {str(kind): table for kind, table in groups.groupby("kind")}
    numbers = {
        kind: areas[kind].to_numpy()
        for kind in ("ward", "community_safety_partnership", "urban_rural")
    }
    for inner, outer in (("ward", "district"), ("district", "force")):
        # Each ward lies in one district and each district in one force, so that the file need not
        # say it of every area.
        inside = of_kind[inner]["inside"].to_numpy(dtype=np.intp)
        numbers[outer] = inside[numbers[inner]]
    columns: dict[str, Any] = {"name": areas["name"].array}
    for column in SHIPPED_KINDS:
        kind = column.removesuffix("_code")
        # Each name is stored once and taken by number, which keeps the lookup small on disk.
        texts = of_kind[kind]["name" if kind == column else "code"].array
        columns[column] = texts.take(numbers[kind])
    return pd.DataFrame(columns, index=pd.Index(areas["code"], name="area_code"))


@cache
def _changes() -> "pd.DataFrame":
    return _csv(CHANGES)


@cache
def _places() -> "pd.DataFrame":
    return _csv(PLACES)


def _csv(name: str) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_csv(
        shipped_file(name), encoding="utf-8", compression="gzip", keep_default_na=False
    )
