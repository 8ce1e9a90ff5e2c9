"""Files of place names, services and named polygons, such as town centres."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
import shapely

from riskindex.errors import InputError
from riskindex.files.boundary_files import read_vector
from riskindex.files.csv_files import CsvSheet, capped, read_sheet
from riskindex.files.formats import FileRecord, find_file, record, sniff

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

NATIONAL_GRID = 27700
SHAPE_FILES = ("geopackage", "json", "flatgeobuf", "shapefile", "parquet")
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


@dataclass(frozen=True, kw_only=True)
class NamedPolygons:
    """A file of polygons that people call by name, and that areas do not follow: town centres."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    path: str
    """GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet of polygons."""
    name: str | None = None
    """Column with the name of each; polygons of one name are one place. Left out, all of them
    together are one place, called like their kind."""
    layer: str | None = None
    """Layer of a file that holds several."""


class ReadPolygons(NamedTuple):
    """Named polygons by kind, and what was read."""

    shapes: "dict[str, pd.Series[Any]]"
    """Kind to the shape of each place, index its name, in the coordinate system of the areas."""
    files: tuple[FileRecord, ...]


def read_polygons(
    asked: Mapping[str, NamedPolygons], folder: Path, areas: "GeoDataFrame"
) -> ReadPolygons:
    """Read files of named polygons.

    Parameters
    ----------
    asked
        Kind of place, such as town_centre, to its file.
    folder
        Folder that relative paths start from.
    areas
        The study area, whose coordinate system the shapes get.

    Raises
    ------
    InputError
        A file cannot be read, does not say its coordinate system, or lies elsewhere; a row has no
        name, or is no polygon.
    """
    shapes, files = {}, []
    for kind, polygons in asked.items():
        path = find_file(folder, polygons.path, place=f"areas.polygons.{kind}")
        columns = [polygons.name] if polygons.name else []
        with TemporaryDirectory(prefix="riskindex-") as private:
            read = read_vector(
                path, columns, Path(private), layer=polygons.layer, role="named polygons"
            )
        faults = list(_polygon_faults(path.name, read.table, polygons.name))
        if faults:
            raise InputError(capped(faults))
        # After the faults: a file without a coordinate system cannot be transformed.
        table = read.table.to_crs(areas.crs)
        # A ring that crosses itself has no inside that programs agree on.
        whole = pd.Series(shapely.make_valid(table.geometry.to_numpy()))
        names = table[polygons.name].astype(str).str.strip() if polygons.name else kind
        # Parts of one town centre may be rows of their own, and an event counts once in it.
        grouped = whole.groupby(np.broadcast_to(names, len(whole)), sort=True)
        shapes[kind] = grouped.agg(lambda parts: shapely.union_all(parts.to_numpy()))
        window = shapely.box(*areas.total_bounds)
        if not shapely.intersects(shapes[kind].to_numpy(), window).any():
            raise InputError(
                f"{path.name}: none of its polygons lies in the study area. Check its coordinate "
                "system, or name another file."
            )
        files.append(read.file)
    return ReadPolygons(shapes, tuple(files))


def _polygon_faults(label: str, table: "GeoDataFrame", name: str | None) -> Iterator[str]:
    """Say what is wrong with the rows of a file of named polygons."""
    if table.crs is None:
        yield f"{label}: does not say its coordinate system. Save it with one, such as EPSG:27700."
    # 3 and 6: polygons and those of several parts, of which alone a point can be inside.
    flat = np.isin(shapely.get_type_id(table.geometry.to_numpy()), [3, 6])
    # A blank name would gather all nameless polygons into one place.
    bare = table[name].isna() | (table[name].astype(str).str.strip() == "") if name else ~flat
    for row, (is_flat, no_name) in enumerate(zip(flat, bare, strict=True), 1):
        if not is_flat:
            yield f"{label}: row {row} is no polygon. Correct it or take it out."
        elif no_name:
            yield f"{label}: row {row}, column {name!r}: no name. Give it one or take it out."


def _is_vector(path: Path) -> bool:
    return path.is_dir() or sniff(path) in SHAPE_FILES


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
