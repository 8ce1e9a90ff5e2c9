"""Files of place names and of services: points with a name, read for the plan."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pandas as pd

from riskindex.errors import InputError
from riskindex.files.boundary_files import read_vector
from riskindex.files.csv_files import CsvSheet, capped, read_sheet
from riskindex.files.formats import FileRecord, find_file, record, sniff

NATIONAL_GRID = 27700
VECTORS = ("geopackage", "json", "flatgeobuf", "shapefile", "parquet")
"""Kinds of files that hold points or polygons; others are read as tables."""


class PlaceFile(NamedTuple):
    """A table of named places, and what was read."""

    table: pd.DataFrame
    files: tuple[FileRecord, ...]


def read_gazetteer(name: str, folder: Path) -> PlaceFile:
    """Read a file of place names.

    Parameters
    ----------
    name
        A CSV with `name`, `x`, `y` (EPSG:27700) and, if it has it, `population`; or a vector file
        of points or polygons with a column `name`.
    folder
        Folder that a relative path starts from.

    Returns
    -------
    PlaceFile
        `name` and `x`, `y`, `population`; or `name` and `geometry`, in EPSG:27700.

    Raises
    ------
    InputError
        The file cannot be read, or a row has no name or no location.
    """
    path = find_file(folder, name, place="places.gazetteer")
    with TemporaryDirectory(prefix="riskindex-") as private:
        if _is_vector(path):
            read = read_vector(path, ["name"], Path(private), role="place names")
            shapes = read.table.to_crs(NATIONAL_GRID)[["name", "geometry"]]
            return PlaceFile(pd.DataFrame(shapes), (read.file,))
        sheet = _with_population(path, Path(private))
    table = _points(sheet, ("name",))
    if "population" in sheet.columns:
        people = pd.to_numeric(pd.Series(sheet.columns["population"]), errors="coerce")
        # It only ranks names; a place of unknown size comes last and is not lost.
        table["population"] = people.fillna(0.0)
    return PlaceFile(table, (record(path, "place names", rows=len(table)),))


def read_services(names: Sequence[str], folder: Path) -> PlaceFile:
    """Read files of services: CSVs with kind, name, x and y in EPSG:27700.

    Raises
    ------
    InputError
        A file cannot be read, or a row has no kind or no location.
    """
    tables, files = [], []
    for name in names:
        path = find_file(folder, name, place="plan.services")
        with TemporaryDirectory(prefix="riskindex-") as private:
            sheet = read_sheet(path, ["kind", "name", "x", "y"], Path(private))
        tables.append(_points(sheet, ("kind",)).assign(name=sheet.columns["name"]))
        files.append(record(path, "services", rows=len(tables[-1])))
    return PlaceFile(pd.concat(tables, ignore_index=True), tuple(files))


def _is_vector(path: Path) -> bool:
    return path.is_dir() or sniff(path) in VECTORS


def _with_population(path: Path, scratch: Path) -> CsvSheet:
    try:
        return read_sheet(path, ["name", "x", "y", "population"], scratch)
    # Without residents, or with another fault, which the second reading tells.
    except InputError:
        return read_sheet(path, ["name", "x", "y"], scratch)


def _points(sheet: CsvSheet, named: Sequence[str]) -> pd.DataFrame:
    """Rows with a name and a location in metres; every row without one is a fault."""
    text = {column: pd.Series(sheet.columns[column]).str.strip() for column in named}
    table = pd.DataFrame(text)
    for axis in ("x", "y"):
        # What is no number becomes missing here, and is told as a fault below.
        table[axis] = pd.to_numeric(pd.Series(sheet.columns[axis]), errors="coerce")
    # Every row that lacks something at once, with its number in the file.
    lost = table[["x", "y"]].isna().any(axis=1) | (table[list(named)] == "").any(axis=1)
    faults = [
        f"{sheet.label}: row {row} lacks {' or '.join(named)}, or x and y in metres. Correct it "
        "or take it out."
        for row, wrong in zip(sheet.rows, lost, strict=True)
        if wrong
    ]
    if faults:
        raise InputError(capped(faults))
    return table
