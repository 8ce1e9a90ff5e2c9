"""Boundaries of a feature service, page by page, as one GeoPackage."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from riskindex.errors import InputError
from riskindex.setup.download import Progress, get_json

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

MOST_AT_ONCE = 2_000
"""Areas asked for at once, where the service allows it."""
_MOMENT = "2021-01-01T00:00:00.000Z"
"""Date that the GeoPackage bears: the same areas make the same bytes."""


class _Layer(NamedTuple):
    """What a service says of a layer before any area is asked for."""

    address: str
    number: str
    """Column with the layer's own number of each area, by which pages are put in order."""
    columns: list[str]
    areas: int
    at_once: int


def fetch_layer(address: str, columns: Sequence[str], target: Path, *, say: Progress) -> None:
    """Fetch a layer of polygons.

    Pages are asked for in the order of the layer's own numbers, and each is kept until all are
    there: a fetch that was stopped goes on with the next page, unless the layer has changed.

    Parameters
    ----------
    address
        Of the layer: .../FeatureServer/0.
    columns
        Columns that are asked for; those that the layer lacks are left out.
    target
        The GeoPackage that is written when all areas are there.
    say
        Told how many areas there are so far, and how many there will be.

    Raises
    ------
    InputError
        The service is out of reach, answers with an error, or sends other areas than it counts.
    """
    layer = _describe(address, columns)
    pages = target.with_name(f".{target.name}.pages")
    _clear_of_another(pages, layer)
    table = _together(list(_read_pages(layer, pages, target.name, say)), layer)
    _write(table, target)
    shutil.rmtree(pages)


def _describe(address: str, columns: Sequence[str]) -> _Layer:
    about = _answer(address, {"f": "json"})
    # Counted by the service first, so that missing pages are noticed at the end.
    counted = _answer(
        f"{address}/query", {"where": "1=1", "returnCountOnly": "true", "f": "json"}
    ).get("count")
    # Services spell one column in small letters in one year and in capitals in the next.
    fields = {str(one.get("name")).casefold(): str(one["name"]) for one in about.get("fields", [])}
    if not isinstance(counted, int) or counted < 1 or not fields:
        raise InputError(f"{address}: no layer of areas; the service does not say what it holds.")
    return _Layer(
        address=address,
        number=str(about.get("objectIdField") or fields.get("objectid", "OBJECTID")),
        columns=[fields[name.casefold()] for name in columns if name.casefold() in fields],
        areas=counted,
        # A service that is asked for more than it gives at once sends fewer.
        at_once=min(int(about.get("maxRecordCount") or MOST_AT_ONCE), MOST_AT_ONCE),
    )


def _answer(address: str, parameters: dict[str, str]) -> dict[str, Any]:
    """An answer that is no error: such a service sends errors with the status of a success."""
    answer = get_json(address, parameters)
    if "error" in answer:
        error = answer["error"] if isinstance(answer["error"], dict) else {}
        details = " ".join(map(str, error.get("details") or []))
        raise InputError(
            f"{address}: the service answers with an error: {error.get('message', '')} {details}"
            f"(code {error.get('code', 'unknown')})."
        )
    return answer


def _clear_of_another(pages: Path, layer: _Layer) -> None:
    """Take away the pages that an earlier fetch left of another layer, or of this one as it was."""
    about = pages / "layer.json"
    described = json.dumps(layer)
    kept = ""
    with suppress(OSError):
        kept = about.read_text("utf-8")
    # Pages of two editions together would be a map with gaps and overlaps.
    if kept != described:
        shutil.rmtree(pages, ignore_errors=True)
        pages.mkdir()
        about.write_text(described, "utf-8")


def _read_pages(layer: _Layer, pages: Path, name: str, say: Progress) -> Iterator["GeoDataFrame"]:
    """Pages from the first area to the last; a page may hold fewer than were asked for."""
    there = 0
    while there < layer.areas:
        kept = pages / f"{there}.json"
        if not kept.is_file():
            answer = _answer(f"{layer.address}/query", _query_of_page(layer, there))
            if not answer.get("features"):
                raise InputError(
                    f"{layer.address}: {there:,} of {layer.areas:,} areas came, and then none. "
                    "Try again later."
                )
            # Written aside and renamed: a stopped fetch must not leave half a page under its name.
            whole = kept.with_suffix(".part")
            whole.write_text(json.dumps(answer), "utf-8")
            whole.replace(kept)
        # Read back from disk, so that fetched and kept pages take the same way.
        page = _as_frame(json.loads(kept.read_text("utf-8")), layer)
        there += len(page)
        say(name, there, layer.areas)
        yield page


def _query_of_page(layer: _Layer, offset: int) -> dict[str, str]:
    return {
        "where": "1=1",
        "outFields": ",".join([layer.number, *layer.columns]),
        # Without an order a service may send an area on two pages and another on none.
        "orderByFields": layer.number,
        "resultOffset": str(offset),
        "resultRecordCount": str(layer.at_once),
        "outSR": "27700",
        "f": "geojson",
    }


def _as_frame(page: dict[str, Any], layer: _Layer) -> "GeoDataFrame":
    import geopandas as gpd

    table = gpd.GeoDataFrame.from_features(page["features"])
    # A column that a service dropped would otherwise turn into empty names.
    missing = [name for name in (layer.number, *layer.columns) if name not in table]
    if missing:
        raise InputError(f"{layer.address}: the areas come without {', '.join(missing)}.")
    named = ((page.get("crs") or {}).get("properties") or {}).get("name")
    west, south, east, north = table.total_bounds
    in_degrees = max(abs(west), abs(south), abs(east), abs(north)) <= 180
    # GeoJSON that states no system holds degrees, but a service may send the metres asked for.
    return table.set_crs(named or ("EPSG:4326" if in_degrees else "EPSG:27700")).to_crs(
        "EPSG:27700"
    )


def _together(pages: Sequence["GeoDataFrame"], layer: _Layer) -> "GeoDataFrame":
    import pandas as pd

    table = pd.concat(pages, ignore_index=True)
    # Counted at the end: a layer that changes between pages shows as areas twice or missing.
    repeated = int(table[layer.number].duplicated().sum())
    if repeated or len(table) != layer.areas:
        raise InputError(
            f"{layer.address}: {len(table):,} areas came, {repeated:,} of them twice, where the "
            f"service counts {layer.areas:,}. It has changed meanwhile: try again."
        )
    return table[[*layer.columns, "geometry"]]


def _write(table: "GeoDataFrame", target: Path) -> None:
    import pyogrio

    # The driver goes by the ending, so that the mark of what is unfinished stands in front.
    part = target.with_name(f".part-{target.stem}.gpkg")
    part.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _MOMENT})
    try:
        table.to_file(part, driver="GPKG", engine="pyogrio", layer="areas")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    part.replace(target)
