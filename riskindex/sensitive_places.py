"""Refuges, children's homes and the like: a private list of places that no release may lead to."""

import hashlib
import hmac
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from riskindex.errors import InputError
from riskindex.files import find_file
from riskindex.rhythm import LEVELS
from riskindex.sheets import Sheet, capped, read_sheet

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

KEY = "RISKINDEX_PLACES_KEY"
"""Environment variable with the key of the seal; without it nothing is said of the list at all."""
_APART = "\x1f"


@dataclass(frozen=True, kw_only=True)
class SensitivePlaces:
    """The areas that a list of sensitive places lies in."""

    codes: frozenset[str]
    """Area codes."""
    seal: str = ""
    """HMAC-SHA-256 of the file, hexadecimal, where there is a key: who holds the file and the key
    can tell which list was used, and nobody else can tell anything."""


NO_PLACES = SensitivePlaces(codes=frozenset())


def read_sensitive_places(name: str | None, folder: Path, areas: "GeoDataFrame") -> SensitivePlaces:
    """Read the private list.

    Parameters
    ----------
    name
        A CSV with a column area_code, or with x and y in EPSG:27700; None for no list.
    folder
        Folder that a relative path starts from.
    areas
        The study area, index area_code.

    Raises
    ------
    InputError
        The file cannot be read, or a row is in no area: a place that is left out in silence
        would not be protected. Rows are named, their content is not.
    """
    if name is None:
        return NO_PLACES
    path = find_file(folder, name, place="release.sensitive_places")
    with TemporaryDirectory(prefix="riskindex-") as private:
        codes, sheet = _codes(path, Path(private), areas)
    metres = " (x and y are metres of EPSG:27700)" if "x" in sheet.columns else ""
    faults = [
        f"{sheet.label}: row {row} is in no area of the boundaries{metres}. Correct it or take it "
        "out."
        for row, code in zip(sheet.rows, codes, strict=True)
        if code not in areas.index
    ]
    if faults:
        raise InputError(capped(faults))
    return SensitivePlaces(codes=frozenset(codes), seal=_seal(path.read_bytes()))


def _codes(path: Path, scratch: Path, areas: "GeoDataFrame") -> tuple[list[str], Sheet]:
    for columns in (["area_code"], ["x", "y"]):
        try:
            sheet = read_sheet(path, columns, scratch)
        except InputError:
            continue
        if columns == ["area_code"]:
            return [code.strip() for code in sheet.columns["area_code"]], sheet
        return list(_areas_of(sheet, areas)), sheet
    raise InputError(
        f"{path.name}: must be a CSV with a column area_code, or with x and y in EPSG:27700."
    )


def _areas_of(sheet: Sheet, areas: "GeoDataFrame") -> Iterator[str]:
    """Code of the area that each point lies in, "" where there is none."""
    from shapely import STRtree, points

    x, y = (pd.to_numeric(pd.Series(sheet.columns[c]), errors="coerce") for c in ("x", "y"))
    tree = STRtree(areas.geometry.to_numpy())
    for point in points(x.to_numpy(dtype=float), y.to_numpy(dtype=float)):
        found = tree.query(point, predicate="intersects")
        yield str(areas.index[found.min()]) if len(found) else ""


def _seal(content: bytes) -> str:
    key = os.environ.get(KEY, "")
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest() if key else ""


def without_events(counts: pd.DataFrame, codes: Collection[str]) -> pd.DataFrame:
    """Counts with no event in some areas; what was not covered stays so.

    Parameters
    ----------
    counts
        Index area_code.
    codes
        The areas.
    """
    inside = counts.index.isin(list(codes))
    return counts.where(~inside[:, None] | counts.isna(), 0)


def set_apart(places: "pd.Series[str]", codes: Collection[str]) -> "pd.Series[str]":
    """Names of places, another for the areas of a list, so that their records can be left out."""
    inside = places.index.isin(list(codes)) & (places != "")
    return places.where(~inside, places + _APART)


def whole_rhythm(rhythm: pd.DataFrame) -> pd.DataFrame:
    """Records by place with what was set apart added to its place again."""
    apart = _apart(rhythm)
    if not apart.any():
        return rhythm
    table = rhythm.reset_index()
    table["place"] = table["place"].str.removesuffix(_APART)
    return table.groupby(LEVELS, sort=True)[["records"]].sum()


def plain_rhythm(rhythm: pd.DataFrame) -> pd.DataFrame:
    """Records by place without what was set apart."""
    return rhythm[~_apart(rhythm)]


def _apart(rhythm: pd.DataFrame) -> "pd.Series[bool]":
    if "place" not in rhythm.index.names:
        return pd.Series(False, index=rhythm.index)
    names = rhythm.index.get_level_values("place").astype(str)
    return pd.Series(names.str.endswith(_APART), index=rhythm.index)
