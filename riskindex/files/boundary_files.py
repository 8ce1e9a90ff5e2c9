"""Boundary files of five kinds, known by their first bytes and opened with the driver named."""

import json
import re
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from riskindex.errors import InputError
from riskindex.files.formats import (
    FileRecord,
    members,
    nearest,
    open_members,
    record,
    sniff,
    unpack,
)
from riskindex.files.json_kinds import refusal

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

ENDINGS: Mapping[str, str] = {
    ".gpkg": "geopackage",
    ".geojson": "json",
    ".json": "json",
    ".shp": "shapefile",
    ".fgb": "flatgeobuf",
    ".parquet": "parquet",
}
"""Ending of a boundary file inside a zip or a folder to the kind that its bytes must show."""

_READABLE = "GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet"
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf")


class VectorRows(NamedTuple):
    """Rows of a boundary file with the columns that were asked for, and notes."""

    table: "GeoDataFrame"
    file: FileRecord
    """Provenance of the file that was named, or found in a folder."""
    notes: tuple[str, ...]


def read_vector(
    path: Path,
    columns: Sequence[str],
    scratch: Path,
    *,
    layer: str | None = None,
    role: str = "boundaries",
) -> VectorRows:
    """Read named columns and the geometry of a boundary file.

    Parameters
    ----------
    path
        A file, a zip of one, or a folder with one; its name does not decide what it is.
    columns
        Columns to read; no others are.
    scratch
        Private folder for what has to be unpacked.
    layer
        Layer of a file, or file of a zip or folder, that holds several.
    role
        What it is read as.

    Raises
    ------
    InputError
        Not one of the five kinds, damaged, several layers and none named, or a column that is
        not there (with the nearest that is).
    """
    if path.is_dir():
        path, layer = _in_folder(path, layer)
    label = path.name
    inner, kind, layer = _unpacked(path, layer, scratch)
    with warnings.catch_warnings(record=True) as caught:
        # GDAL tells in warnings what it passed over or changed, which the analyst should know.
        warnings.simplefilter("always", RuntimeWarning)
        table = _READERS[kind](inner, columns, layer, label)
    notes = [f"{label}: {_without_paths(str(warning.message))}" for warning in caught]
    file = record(path, role, rows=len(table))
    return VectorRows(table, file, tuple(dict.fromkeys(notes)))


class PolygonLayer(NamedTuple):
    """A layer of a boundary file that holds polygons."""

    layer: str | None
    """Its name, where the file holds several."""
    columns: tuple[str, ...]
    """Names of its columns, in their order."""


def polygon_layers(path: Path, scratch: Path) -> list[PolygonLayer]:
    """The layers of a boundary file that hold polygons, and their columns; no row is read.

    Parameters
    ----------
    path
        A file, or a zip of one; its name does not decide what it is.
    scratch
        Private folder for what has to be unpacked.

    Raises
    ------
    InputError
        Not one of the five kinds, or damaged.
    """
    label = path.name
    inner, kind, _ = _unpacked(path, None, scratch)
    if kind == "parquet":
        # GDAL reads Parquet only in some builds; pyarrow reads the names.
        return [PolygonLayer(None, tuple(_geoparquet_columns(inner, label)[1]))]
    return _gdal_layers(f"{'GeoJSON:' if kind == 'json' else ''}{inner}", label)


def _unpacked(path: Path, layer: str | None, scratch: Path) -> tuple[Path, str, str | None]:
    """A boundary file out of its zip, what kind it is, and its layer; refused if it is none."""
    label, inner, kind = path.name, path, sniff(path)
    if kind in _PACKED:
        inner, layer = _PACKED[kind](path, layer, scratch)
        kind = sniff(inner)
    if kind == "json" and (why := refusal(inner)):
        raise InputError(f"{label}: {why}")
    if kind == "geopackage":
        refuse_computed(inner, label)
    if kind not in _READERS:
        raise InputError(f"{label}: {_hint(kind)} Use {_READABLE}.")
    return _plain(inner, kind, scratch), kind, layer


def _gdal_layers(source: str, label: str) -> list[PolygonLayer]:
    import pyogrio
    from pyogrio.errors import DataSourceError

    try:
        names = [str(name) for name, kind in pyogrio.list_layers(source) if "Polygon" in str(kind)]
        alone = len(names) == 1
        return [
            PolygonLayer(
                None if alone else name,
                tuple(map(str, pyogrio.read_info(source, layer=name)["fields"])),
            )
            for name in names
        ]
    except (DataSourceError, ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{label}: damaged ({_without_paths(str(error))}).") from None


def refuse_computed(path: Path, label: str) -> None:
    """Refuse a GeoPackage whose layers are computed: a view may never end, or fill the memory.

    Only names and types are looked at; no query of the file's own is run.

    Raises
    ------
    InputError
        A layer, or a table that lists layers, is a view, a virtual table or has computed columns.
    """
    try:
        # immutable: SQLite writes no journal beside a file that somebody else may own.
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)) as file:
            # Names of SQLite ignore case, so that both sides are folded.
            computed = {
                str(name).casefold()
                for name, kind, sql in file.execute("SELECT name, type, sql FROM sqlite_master")
                if kind == "view" or _VIRTUAL.match(str(sql))
            }
            lists = [name for name in _LISTS if name in computed]
            layers = [] if lists else _layers_listed(file)
            # The lists first: if one of them is computed, which layers there are cannot be trusted
            # either.
            faults = lists or [n for n in layers if n.casefold() in computed or _computes(file, n)]
    except sqlite3.Error:
        return  # damaged, which GDAL says
    if faults:
        raise InputError(
            f"{label}: {faults[0]!r} is computed by a view or formula each time it is read. Save "
            "it as a plain table, in a new GeoPackage."
        )


_LISTS = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys", "gpkg_ogr_contents")
_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE", re.IGNORECASE)
_COMPUTED = (2, 3)
"""What SQLite says of generated columns, virtual and stored."""


def _layers_listed(file: sqlite3.Connection) -> list[str]:
    return [str(name) for (name,) in file.execute("SELECT table_name FROM gpkg_contents")]


def _computes(file: sqlite3.Connection, layer: str) -> bool:
    quoted = layer.replace('"', '""')
    return any(row[6] in _COMPUTED for row in file.execute(f'PRAGMA table_xinfo("{quoted}")'))


def _hint(kind: str) -> str:
    hints = {
        "empty": "the file is empty.",
        "xml": "an XML file (a VRT, KML or GML?), which may point to other files.",
        "text": "a text file and no boundary file.",
        "sqlite": "an SQLite database that is no GeoPackage.",
    }
    return hints.get(kind, f"a {kind} file and no boundary file.")


def _without_paths(message: str) -> str:
    """GDAL names files with their folders, which no output may show."""
    return re.sub(r"(?:[A-Za-z]:)?[\\/](?:[^\s'\"]*[\\/])+", "", message)


def _in_folder(folder: Path, layer: str | None) -> tuple[Path, str | None]:
    # Sorted, because systems list a folder in different orders.
    names = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in ENDINGS)
    name, layer = _one_of(names, layer, folder.name)
    return folder / name, layer


def _one_of(names: Sequence[str], layer: str | None, label: str) -> tuple[str, str | None]:
    """The one boundary file among names, and the layer that is still to be found in it."""
    if len(names) == 1:
        return names[0], layer
    if not names:
        raise InputError(f"{label}: no {_READABLE} in it. Put one into it, or name another.")
    # By full path, by name or by stem: analysts copy any of these from the zip.
    chosen = [n for n in names if layer in (n, PurePosixPath(n).name, PurePosixPath(n).stem)]
    if len(chosen) != 1:
        raise InputError(
            f"{label}: holds several boundary files. Name one under [areas], layer = '...'"
            f"{nearest(layer or '', names)}."
        )
    return chosen[0], None


def _from_zip(path: Path, layer: str | None, scratch: Path) -> tuple[Path, str | None]:
    names = members(path)
    suitable = [n for n in names if PurePosixPath(n).suffix.lower() in ENDINGS]
    name, layer = _one_of(suitable, layer, path.name)
    stem = str(PurePosixPath(name).with_suffix("")).casefold()
    parts = [n for n in names if str(PurePosixPath(n).with_suffix("")).casefold() == stem]
    # A Shapefile is several files of one name; alone the .shp has no codes.
    wanted = parts if name.lower().endswith(".shp") else [name]
    unpacked = dict(zip(wanted, open_members(path, wanted, scratch), strict=True))
    return unpacked[name], layer


def _from_gzip(path: Path, layer: str | None, scratch: Path) -> tuple[Path, str | None]:
    return unpack(path, scratch), layer


_PACKED: Mapping[str, Callable[[Path, str | None, Path], tuple[Path, str | None]]] = {
    "zip": _from_zip,
    "gzip": _from_gzip,
}


def _plain(path: Path, kind: str, scratch: Path) -> Path:
    """The file, or a private copy where its name would mislead the library that opens it."""
    if kind == "shapefile":
        _check_shapefile(path)
    # The ending decides which driver opens some kinds, and what follows "!" is taken for a file
    # inside an archive.
    if ENDINGS.get(path.suffix.lower()) == kind and "!" not in str(path):
        return path
    ending = next(ending for ending, of in ENDINGS.items() if of == kind)
    if kind == "shapefile":
        parts = [part for part in path.parent.iterdir() if part.stem == path.stem]
        # All parts under one new name, as a Shapefile is found by its name.
        copies = {part: f"copy{part.suffix.lower()}" for part in parts}
    else:
        copies = {path: f"copy{ending}"}
    for part, name in copies.items():
        shutil.copyfile(part, scratch / name)
        # Boundaries may be unpublished, and temporary folders are shared on some machines.
        (scratch / name).chmod(0o600)
    return scratch / f"copy{ending}"


def _check_shapefile(path: Path) -> None:
    beside = {p.suffix.lower() for p in path.parent.iterdir() if p.stem == path.stem}
    # Without .dbf GDAL opens the shapes and gives them no codes.
    missing = [part for part in _SHAPEFILE_PARTS if part not in beside]
    if missing:
        raise InputError(
            f"{path.name}: a Shapefile is several files of one name; {', '.join(missing)} "
            "is missing beside it. Put them there, or name a zip of them all."
        )


def _read_gdal(driver: str, *, prefix: str = "") -> Callable[..., "GeoDataFrame"]:
    """A reader for one GDAL driver; no other driver may open the file."""

    def read(path: Path, columns: Sequence[str], layer: str | None, label: str) -> "GeoDataFrame":
        import pyogrio
        from pyogrio.errors import DataSourceError
        from shapely.errors import ShapelyError

        # The prefix holds GDAL to one driver: content alone must not choose which code opens it.
        source = f"{prefix}{path}"
        try:
            layer = _layer(pyogrio.list_layers(source), layer, label)
            info = pyogrio.read_info(source, layer=layer)
            _check_opened(info, driver, columns, label)
            return pyogrio.read_dataframe(source, layer=layer, columns=list(columns))
        except (DataSourceError, ShapelyError, ValueError, UnicodeDecodeError) as error:
            raise InputError(
                f"{label}: damaged ({_without_paths(str(error))}). Download it again."
            ) from None

    return read


def _layer(layers: Any, layer: str | None, label: str) -> str:  # noqa: ANN401
    """The layer named, or the only one with geometry."""
    # A GeoPackage holds plain tables as well, such as styles.
    names = [str(name) for name, geometry in layers if geometry is not None]
    if layer is not None:
        if layer not in names:
            raise InputError(f"{label}: no layer {layer!r}{nearest(layer, names)}.")
        return layer
    if len(names) != 1:
        number = f"{len(names) or 'no'} layers with geometry"
        advice = f"{nearest('', names)}. Name one as areas.layer" if names else ", or it is damaged"
        raise InputError(f"{label}: holds {number}{advice}.")
    return names[0]


def _check_opened(info: Mapping[str, Any], driver: str, columns: Sequence[str], label: str) -> None:
    # Another driver than the one that the bytes showed may follow paths or addresses in the file.
    if info["driver"] != driver:
        raise InputError(f"{label}: opened as {info['driver']}, not as {driver}; refused.")
    if info["features"] == 0:
        raise InputError(f"{label}: no areas in it. Download it again, or name another layer.")
    check_columns(columns, [str(field) for field in info["fields"]], label)


def check_columns(wanted: Sequence[str], present: Sequence[str], label: str) -> None:
    """Refuse columns that are not there, all of them at once, each with the nearest one."""
    missing = [column for column in dict.fromkeys(wanted) if column not in present]
    if missing:
        raise InputError([f"{label}: no column {c!r}{nearest(c, present)}." for c in missing])


def _read_parquet(
    path: Path, columns: Sequence[str], layer: str | None, label: str
) -> "GeoDataFrame":
    import geopandas

    if layer is not None:
        raise InputError(f"{label}: GeoParquet has no layers; leave areas.layer out.")
    geometry, others = _geoparquet_columns(path, label)
    check_columns(columns, others, label)
    return geopandas.read_parquet(path, columns=[*dict.fromkeys(columns), geometry])


def _geoparquet_columns(path: Path, label: str) -> tuple[str, list[str]]:
    """The column with the shapes, and the others."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise InputError(
            f"{label}: GeoParquet needs pyarrow, which is not installed: "
            "pip install 'riskindex[parquet]', or save the boundaries as a GeoPackage."
        ) from None
    try:
        schema = parquet.read_schema(path)
        # The metadata name the geometry column; a column called geometry need not be it.
        geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    except (ArrowException, ValueError) as error:
        raise InputError(
            f"{label}: damaged ({_without_paths(str(error))}). Download it again."
        ) from None
    geometry = geo.get("primary_column")
    if geometry is None:
        raise InputError(f"{label}: Parquet without geometry; boundaries need GeoParquet.")
    return str(geometry), [name for name in schema.names if name != geometry]


_READERS: Mapping[str, Callable[..., "GeoDataFrame"]] = {
    "geopackage": _read_gdal("GPKG"),
    # A JSON text that mentions OGRVRTDataSource would be opened as a VRT without the prefix.
    "json": _read_gdal("GeoJSON", prefix="GeoJSON:"),
    "flatgeobuf": _read_gdal("FlatGeobuf"),
    "shapefile": _read_gdal("ESRI Shapefile"),
    "parquet": _read_parquet,
}
