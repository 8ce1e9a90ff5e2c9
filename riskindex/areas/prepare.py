"""Areas: their names, groups and geometry, what lies around them, and what rates are of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from riskindex.areas.boundary_faults import code_faults, shape_faults, sliver_notes
from riskindex.areas.coordinates import NATIONAL_GRID, to_national_grid
from riskindex.areas.editions import first_few
from riskindex.areas.neighbours import Neighbours, adjoining
from riskindex.areas.overlaps import refuse_overlaps
from riskindex.areas.repair import polygons_of_collections, repair, repair_notes
from riskindex.arrays import Shapes
from riskindex.errors import ConfigError, InputError
from riskindex.files.text import garbled_notes, known_texts

if TYPE_CHECKING:
    from geopandas import GeoDataFrame, GeoSeries


NOT_RECORDED = "not recorded"
"""What a group column says where the file says nothing."""
RESERVED = ("area_code", "name", "geometry")
"""Column names that no group and no base may take."""


class PreparedAreas(NamedTuple):
    """Areas that the method can work on, and what had to be done to them."""

    areas: "GeoDataFrame"
    """Index `area_code` (sorted); `name`, the groups, `geometry` in EPSG:27700."""
    repaired: pd.DataFrame
    """Index `area_code`; name, fault, area_before, area_after (square metres), change (share)."""
    notes: tuple[str, ...]
    """Sentences for the screen and the report."""


def prepare_areas(
    raw: "GeoDataFrame",
    *,
    code: str,
    name: str | None = None,
    groups: Mapping[str, str] | None = None,
    crs: str | None = None,
    label: str = "boundaries",
) -> PreparedAreas:
    """Check boundaries once, so that nothing after this has to.

    Parameters
    ----------
    raw
        One row per area, any order, any coordinate system.
    code, name
        Columns with the area code and its name; the code stands in for a missing name.
    groups
        Name of a group kind to its column; missing values become `not recorded`.
    crs
        Coordinate system of boundaries that do not state one, or state an impossible one.
    label
        What error messages call the boundaries, such as the file's name.

    Raises
    ------
    InputError
        A column that is not there; missing, spaced or repeated codes; missing, empty, repeated
        or unrepairable shapes; a coordinate system that is not stated or does not fit the
        coordinates; areas that overlap. All codes and shapes at fault are reported together.
    """
    groups = dict(groups or {})
    _check_reserved(groups, "group")
    missing = [c for c in (code, name, *groups.values()) if c is not None and c not in raw]
    if missing:
        raise InputError([f"{label}: no column {column!r}." for column in missing])
    # Before duplicates are looked for: "E01 " and "E01" are one area.
    codes, trimmed = plain_codes(_as_codes(raw[code]), label)
    # Before faults are looked for: a collection that holds a polygon is an area all the same.
    shapes, collected = polygons_of_collections(shapely.force_2d(raw.geometry.to_numpy()))
    faults = [*code_faults(codes), *shape_faults(shapes, codes)]
    # An empty layer is a download that failed.
    if not len(codes):
        faults = ["no areas in it. Download it again, or name another file or layer."]
    if faults:
        raise InputError([f"{label}: {fault}" for fault in faults])
    whole = raw.geometry if not len(collected) else _with_shapes(raw.geometry, shapes)
    # Distances and areas are in metres from here on, whatever the file has.
    projected, notes = to_national_grid(whole, crs=crs, label=label)
    notes = (*trimmed, *_collection_notes(codes[collected], label), *notes)
    table = _described(raw, codes, name, groups)
    for column in dict.fromkeys(c for c in (name, *groups.values()) if c is not None):
        texts = _as_codes(raw[column])
        notes = (*notes, *garbled_notes(label, column, list(texts), range(1, len(texts) + 1)))
    # In two dimensions and metres: heights and degrees have no area.
    shapes, repaired = repair(shapely.force_2d(projected.to_numpy()), table["name"], label)
    # After repair: an invalid shape has no defined overlap.
    overlaps = refuse_overlaps(shapes, list(table.index), label)
    areas = _assembled(table, shapes)
    odd = (*repair_notes(repaired, label), *overlaps, *sliver_notes(shapes, table.index, label))
    return PreparedAreas(areas, repaired, (*notes, *odd))


def with_context(
    areas: "GeoDataFrame", within: Mapping[str, Sequence[str]], *, snap: float = Neighbours.snap
) -> PreparedAreas:
    """Keep the study area and, as context, the areas that adjoin it.

    Parameters
    ----------
    areas
        Index `area_code`; the groups that `within` names; `geometry` in metres.
    within
        Kind of group to the groups that are the study area; several kinds must all match.
    snap
        Areas closer than this many metres adjoin.

    Returns
    -------
    PreparedAreas
        The areas with `is_context`: True where an area is counted and used in its neighbours'
        windows, but not assessed, scored or selected. Areas further away are left out and noted.

    Raises
    ------
    ConfigError
        A kind of group that the areas do not have, or groups that none of them is in.
    """
    inside = np.ones(len(areas), dtype=bool)
    for kind, groups in within.items():
        groups_there = set(areas[kind]) if kind in areas and kind not in RESERVED else set()
        # A misspelt district would otherwise just be missing from the study area.
        absent = [group for group in groups if group not in groups_there]
        if absent or not groups:
            raise ConfigError(
                f"areas.within.{kind}: no area is in {first_few(absent) or 'no group'}"
                f"; there is {first_few(sorted(map(str, groups_there))) or 'none'}."
            )
        inside &= areas[kind].isin(list(groups)).to_numpy()
    if not inside.any():
        raise ConfigError("areas.within: no area is in all the groups named.")
    first, second = adjoining(areas.geometry.to_numpy(), snap)
    near = np.zeros(len(areas), dtype=bool)
    # Windows at the edge need these neighbours, or hotspots across the border would be halved.
    near[second[inside[first]]] = True
    kept, ring = areas[inside | near], int((near & ~inside).sum())
    order = [*areas.columns.drop("geometry"), "is_context", "geometry"]
    note = (
        f"{int(inside.sum()):,} areas are the study area and {ring:,} around it are context: "
        f"counted and in its windows, but not assessed; {len(areas) - len(kept):,} further away "
        "are left out."
    )
    flagged = kept.assign(is_context=~inside[inside | near])[order]
    return PreparedAreas(flagged, pd.DataFrame(), () if inside.all() else (note,))


def with_bases(
    areas: "GeoDataFrame", tables: pd.DataFrame, bases: Mapping[str, str | Mapping[str, float]]
) -> "GeoDataFrame":
    """Areas with what rates and expectations are of.

    Parameters
    ----------
    areas
        Index `area_code`.
    tables
        Index `area_code`, columns (source, column).
    bases
        Name of the base to its source and column: `residents = "age.total"`; or to a rate for each
        of several columns, such as age bands, which adds up to the events expected at those rates
        (indirect standardisation by rates from elsewhere).

    Returns
    -------
    GeoDataFrame
        The areas with one float column per base before `geometry`; NaN where the table is silent.

    Raises
    ------
    ConfigError
        A base takes a name that is in use, or its table has no such column.
    """
    _check_reserved(bases, "base")
    values = {}
    for base, asked in bases.items():
        if base in areas.columns:
            raise ConfigError(f"bases.{base}: the areas already have a column {base!r}.")
        # Missing in one column is missing in the sum: part of a population is no base.
        values[base] = sum(
            rate * _column(tables, reference, base).reindex(areas.index).astype(float)
            for reference, rate in columns_of(asked).items()
        )
    # Geometry last: a table on the screen shows what can be read first.
    order = [*areas.columns.drop("geometry"), *values, "geometry"]
    return areas.assign(**values)[order]


def columns_of(base: str | Mapping[str, float]) -> Mapping[str, float]:
    """The columns that a base is made of, with the rate of each; a single column has the rate 1."""
    return {base: 1.0} if isinstance(base, str) else base


def _column(tables: pd.DataFrame, reference: str, base: str) -> "pd.Series[Any]":
    source, _, column = reference.partition(".")
    if (source, column) not in tables.columns:
        raise ConfigError(f"bases.{base}: no column {reference!r} in the tables.")
    return tables[(source, column)]


def _check_reserved(names: Iterable[str], what: str) -> None:
    taken = [name for name in names if name in RESERVED]
    if taken:
        raise ConfigError(f"{what} {taken[0]!r}: the name is in use; choose another.")


def _as_codes(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Codes as text, missing ones as the empty text; whole numbers are codes too."""
    text = column.astype(object).where(column.notna(), "").map(str)
    return text.reset_index(drop=True)


def plain_codes(codes: "pd.Series[str]", label: str) -> tuple["pd.Series[str]", tuple[str, ...]]:
    """Codes without blanks around them, official ones in capitals, and a note about how many."""
    plain = codes.str.strip()
    # Only codes of the ONS: elsewhere small and capital letters may be two areas.
    plain = plain.where(~plain.str.fullmatch(r"[ewsn]\d{8}"), plain.str.upper())
    changed = codes[plain != codes]
    if changed.empty:
        return codes, ()
    note = (
        f"{label}: {len(changed):,} area codes had white space or small letters (first: "
        f"{changed.iloc[0]!r}); they were read without."
    )
    return plain, (note,)


def _with_shapes(given: "GeoSeries", shapes: Shapes) -> "GeoSeries":
    from geopandas import GeoSeries

    return GeoSeries(shapes, index=given.index, crs=given.crs)


def _collection_notes(codes: "pd.Series[str]", label: str) -> list[str]:
    if codes.empty:
        return []
    n = len(codes)
    number = "1 shape is a collection" if n == 1 else f"{n:,} shapes are collections"
    return [
        f"{label}: {number} of polygons with what else an overlay left ({first_few(list(codes))}). "
        "The polygons are kept; lines and points are not."
    ]


def _described(
    raw: "GeoDataFrame", codes: "pd.Series[str]", name: str | None, groups: Mapping[str, str]
) -> pd.DataFrame:
    # A missing name must not leave an area without anything to call it.
    names = known_texts(_as_codes(raw[name])) if name is not None else codes
    table = pd.DataFrame({"name": names.where(names != "", codes)})
    for kind, column in groups.items():
        values = known_texts(_as_codes(raw[column]))
        # A group of its own: dropping these areas would change windows and totals.
        table[kind] = values.where(values != "", NOT_RECORDED)
    return table.set_axis(pd.Index(codes, name="area_code"))


def _assembled(table: pd.DataFrame, shapes: Shapes) -> "GeoDataFrame":
    from geopandas import GeoDataFrame

    # By code: whatever the order of the file, the same areas give the same result.
    return GeoDataFrame(table, geometry=shapes, crs=NATIONAL_GRID).sort_index()
