"""What a map draws so that people find their way: roads, water, stations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely

from riskindex.arrays import Shapes
from riskindex.errors import InputError
from riskindex.files.boundary_files import read_vector
from riskindex.files.formats import FileRecord, find_file

if TYPE_CHECKING:
    import geopandas as gpd

MOST_POINTS = 60_000
"""Points of one layer on the map; a finer file is simplified until it has no more."""
FINEST, COARSEST = 5.0, 320.0
"""Metres by which a layer is simplified: at first, and at most."""
_AROUND = 2_000.0
"""Metres beyond the study area to which a layer is drawn."""


@dataclass(frozen=True, kw_only=True)
class ContextLayer:
    """A file of open data that the map draws to find one's way by; nothing is counted in it."""

    path: str
    """GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet of lines, polygons or points. It is
    drawn in every profile: name no file whose points must not be known."""
    label: str
    """What it is, in the legend: Main roads."""
    layer: str | None = None
    """Layer of a file that holds several."""
    name: str | None = None
    """Column of names, for points: stations are named near by."""


@dataclass(frozen=True, kw_only=True)
class MapOptions:
    """What the map draws beside the areas."""

    context: tuple[ContextLayer, ...] = ()
    """Layers to find one's way by, the first drawn first: water, main roads, stations."""


class DrawnLayer(NamedTuple):
    """A layer as the map draws it, in the coordinates of the areas."""

    label: str
    kind: Literal["line", "polygon", "point"]
    shapes: Shapes
    """Its lines, polygons or points, each by itself."""
    names: tuple[str, ...]
    """A name for each point; empty where no column was named."""


class ReadContext(NamedTuple):
    """Layers to draw, and what was read."""

    layers: tuple[DrawnLayer, ...]
    files: tuple[FileRecord, ...]


def read_context(
    layers: Sequence[ContextLayer], folder: Path, areas: "gpd.GeoDataFrame"
) -> ReadContext:
    """Read the layers of a map, cut to the study area and simplified to what a page can hold.

    Parameters
    ----------
    layers
        In the order in which they are drawn.
    folder
        Folder that relative paths start from.
    areas
        The study area, in metres.

    Raises
    ------
    InputError
        A file cannot be read, mixes lines with polygons or points, holds nothing there, or is too
        fine for a page however much it is simplified.
    """
    # A margin, so that roads and rivers do not end at the border of the study area.
    window = shapely.box(*(np.array(areas.total_bounds) + np.array([-1, -1, 1, 1]) * _AROUND))
    drawn, files = [], []
    for layer in layers:
        path = find_file(folder, layer.path, place="map.context")
        columns = [layer.name] if layer.name else []
        # Unpacked copies go at once: roads of a whole country take gigabytes.
        with TemporaryDirectory(prefix="riskindex-") as private:
            read = read_vector(path, columns, Path(private), layer=layer.layer, role="map context")
        drawn.append(_drawn(layer, read.table.to_crs(areas.crs), window))
        files.append(read.file)
    return ReadContext(tuple(drawn), tuple(files))


def _drawn(layer: ContextLayer, table: "gpd.GeoDataFrame", window: shapely.Polygon) -> DrawnLayer:
    parts, row = shapely.get_parts(table.geometry.to_numpy().copy(), return_index=True)
    kinds = {_KINDS.get(int(kind)) for kind in np.unique(shapely.get_type_id(parts))}
    # Points are labelled and lines are not, so that a layer has one kind.
    if len(kinds) != 1 or None in kinds:
        raise InputError(
            f"{layer.path}: a layer of the map holds lines, polygons or points, of one kind. Name "
            "one layer for each."
        )
    kind = kinds.pop()
    # Cut early, as a national file has a thousand times the lines of a county.
    near = shapely.intersects(parts, window)
    if not near.any():
        raise InputError(f"{layer.path}: holds nothing in or near the study area. Check its CRS.")
    assert kind is not None
    shapes = parts[near]
    names: tuple[str, ...] = ()
    if kind == "point":
        # Points cannot be simplified, as lines can.
        if len(shapes) > MOST_POINTS:
            raise InputError(f"{layer.path}: over {MOST_POINTS:,} points: too many for a map.")
        if layer.name:
            texts = table[layer.name].astype("object").where(table[layer.name].notna(), "")
            names = tuple(map(str, texts.to_numpy()[row[near]]))
    else:
        shapes = _simplified(shapely.intersection(shapes, window), layer.path)
    return DrawnLayer(layer.label, kind, shapes, names)


_KINDS: Mapping[int, Literal["line", "polygon", "point"]] = MappingProxyType(
    {0: "point", 1: "line", 2: "line", 3: "polygon"}
)
"""Kind of a GEOS type id; other types are collections, which have parts of their own."""


def _simplified(shapes: Shapes, path: str) -> Shapes:
    """The parts of shapes as fine as a page can hold."""
    # After cutting, as simplifying first could move lines across the window.
    parts = np.array(list(_plain_parts(shapes)))
    tolerance = FINEST
    while True:
        simple = shapely.simplify(parts, tolerance)
        simple = simple[~shapely.is_empty(simple)]
        if shapely.get_num_coordinates(simple).sum() <= MOST_POINTS:
            return np.asarray(simple, dtype=object)
        # Coarser lines would lie hundreds of metres beside the roads that they stand for.
        if tolerance >= COARSEST:
            raise InputError(
                f"{path}: too fine for a map even when simplified to {COARSEST:.0f} m. Take a file "
                "of main roads, or of larger waters."
            )
        # Doubled each time: a finer step would simplify a national file a dozen times over.
        tolerance *= 2


def _plain_parts(shapes: Shapes) -> Iterator[shapely.Geometry]:
    """Lines and polygons, out of what cutting made of them; points on the edge are dropped."""
    for part in shapely.get_parts(shapely.get_parts(shapes)):
        if not shapely.is_empty(part) and shapely.get_dimensions(part) > 0:
            yield part
