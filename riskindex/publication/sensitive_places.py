"""Refuges, children's homes and the like: the list is decided without restricted events there."""

from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from riskindex.errors import InputError
from riskindex.files.csv_files import CsvSheet, capped, read_sheet
from riskindex.files.formats import find_file
from riskindex.result import NO_PLACES, SensitivePlaces

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


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
    # Unpacked into a folder that only this user can read: the list is more dangerous than the
    # events.
    with TemporaryDirectory(prefix="riskindex-") as private:
        codes, sheet = _codes(path, Path(private), areas)
    metres = " (x and y are metres of EPSG:27700)" if "x" in sheet.columns else ""
    faults = [
        f"{sheet.label}: row {row} is in no area of the boundaries{metres}. Correct it or take it "
        "out."
        # Rows are named by number alone: messages end up in logs and tickets, and must not carry an
        # address.
        for row, code in zip(sheet.rows, codes, strict=True)
        if code not in areas.index
    ]
    if faults:
        raise InputError(capped(faults))
    return SensitivePlaces(codes=frozenset(codes))


def _codes(path: Path, scratch: Path, areas: "GeoDataFrame") -> tuple[list[str], CsvSheet]:
    for columns in (["area_code"], ["x", "y"]):
        try:
            sheet = read_sheet(path, columns, scratch)
        except InputError:
            continue
        if columns == ["area_code"]:
            # Spreadsheets leave blanks after codes; an unmatched code would leave a refuge
            # unprotected.
            return [code.strip() for code in sheet.columns["area_code"]], sheet
        return list(_areas_of(sheet, areas)), sheet
    raise InputError(
        f"{path.name}: must be a CSV with a column area_code, or with x and y in EPSG:27700."
    )


def _areas_of(sheet: CsvSheet, areas: "GeoDataFrame") -> Iterator[str]:
    """Code of the area that each point lies in, "" where there is none."""
    from shapely import STRtree, points

    x, y = (pd.to_numeric(pd.Series(sheet.columns[c]), errors="coerce") for c in ("x", "y"))
    tree = STRtree(areas.geometry.to_numpy())
    for point in points(x.to_numpy(dtype=float), y.to_numpy(dtype=float)):
        # A point on a border lies in two areas; the first code decides, as it does for events.
        matches = tree.query(point, predicate="intersects")
        yield str(areas.index[matches.min()]) if len(matches) else ""


def without_events(
    table: pd.DataFrame, codes: Collection[str], columns: "pd.Index[Any]"
) -> pd.DataFrame:
    """Counts or fingerprints with no event in some areas; what was not covered stays so.

    Parameters
    ----------
    table
        Index area_code.
    codes
        The areas.
    columns
        Columns of restricted sources. Open ones stay as they are: anybody could subtract what was
        left out of them, and so find the places.
    """
    if not codes or not len(columns):
        return table
    inside = table.index.isin(list(codes))
    made = table.copy()
    # Not covered stays missing: a 0 there would claim that the source looked and found none.
    made[columns] = table[columns].where(~inside[:, None] | table[columns].isna(), 0)
    return made
