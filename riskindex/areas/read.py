"""Boundaries and lookups, read as the config names them and checked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
import shapely

from riskindex.areas.editions import Crosswalk, Vintage, first_few, looks_like, make_crosswalk
from riskindex.areas.grids import Grid, lay_grid
from riskindex.areas.place_files import NamedPolygons
from riskindex.areas.postcodes import Postcodes
from riskindex.areas.prepare import NOT_RECORDED, prepare_areas, with_context
from riskindex.areas.shipped_lookups import (
    AREAS,
    CHANGES,
    GROUPS,
    SHIPPED_KINDS,
    ShippedKind,
    crosswalk_2011_2021,
    read_area_lookup,
    read_changes_2011_2021,
    shipped_file,
    shipped_groups,
)
from riskindex.areas.table_files import lacking, no_match, with_plain_codes
from riskindex.errors import ConfigError, InputError, Together
from riskindex.files.boundary_files import read_vector
from riskindex.files.csv_files import CsvSheet, capped, read_sheet
from riskindex.files.formats import FileRecord, find_file, record
from riskindex.files.frames import frame_vector
from riskindex.files.text import garbled_notes, known_texts

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


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
    by: str | None = None
    """Group that `code` is compared with instead of the area code, such as district_code."""
    fifths: Sequence[str] = ()
    """Kinds of groups whose columns hold tenths, 1 to 10, which become fifths: with
    deprivation_fifth = "IMD_decile" the first fifth is the most deprived of the nation."""


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
    shipped: Sequence[ShippedKind] | None = None
    """For LSOAs of 2021 of England and Wales, without a file: the kinds of groups to take from the
    lookups that come with riskindex, such as ["ward", "district"]. Codes of 2011 are converted then
    too, and only that with []. Kinds that `within` names need not be listed."""
    lookups: Sequence[GroupLookup] = ()
    """Further tables that put areas into groups."""
    elsewhere: GroupLookup | None = None
    """A table of areas beyond the study area, whose first group says where people live who live
    there, such as the police force; left out, the forces of England and Wales."""
    within: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The study area inside a larger file: district = ["Basildon"]. The areas that adjoin it are
    context: counted and in its windows, but not assessed; further ones are left out."""
    postcodes: Postcodes | None = None
    """A directory of postcodes, by which events that have one find their area."""
    polygons: Mapping[str, NamedPolygons] = field(default_factory=dict)
    """Kind of place to a file of named polygons that areas do not follow: town_centre. Figures
    count the events whose point lies in each."""
    grid: Grid | None = None
    """Hexagons of one size over the ground of the areas, in place of them; for events with
    coordinates. Groups and the study area are taken from the areas."""
    vintage: Vintage | None = None
    """How events with codes of an older census edition reach these areas."""

    @property
    def shipped_kinds(self) -> tuple[str, ...] | None:
        """Kinds of groups from the lookups that come with riskindex; None where none is used."""
        # A group from the analyst's own file always wins over the shipped one.
        own = {*self.groups, *(kind for lookup in self.lookups for kind in lookup.groups)}
        # Whoever names a district as the study area means the official one, if no file says
        # otherwise.
        implied = [kind for kind in self.within if kind in SHIPPED_KINDS and kind not in own]
        if self.shipped is None and not implied:
            return None
        # Whose records the areas around are in decides whether they are counted or not assessed.
        around = [FORCE_KIND] if self.within and FORCE_KIND not in own else []
        return tuple(dict.fromkeys([*(self.shipped or ()), *implied, *around]))


FORCE_KIND: ShippedKind = "force"
"""Kind of group that police.uk files come by."""


class ReadAreas(NamedTuple):
    """Areas as the method uses them, what was noticed, and which files they came from."""

    areas: "GeoDataFrame"
    """Index `area_code` (sorted); `name`, the groups, `geometry` in EPSG:27700."""
    notes: tuple[str, ...]
    """Sentences for the screen and the report."""
    files: tuple[FileRecord, ...]
    """Provenance."""


def read_areas(
    source: AreaSource,
    folder: Path,
    *,
    scratch: Path | None = None,
    boundaries: "GeoDataFrame | None" = None,
) -> ReadAreas:
    """Read the boundaries and put the areas into groups.

    Parameters
    ----------
    source
        The boundary file and what its columns mean; only those columns are read.
    folder
        Folder that relative paths start from.
    scratch
        Folder for private temporary files, which are removed; the system's by default.
    boundaries
        What the boundary file would hold, in place of it.

    Raises
    ------
    InputError
        The file is not one of the five kinds, is damaged, or its content cannot be trusted: see
        `areas.prepare_areas`. Areas that a lookup lacks are `not recorded` and noted.
    ConfigError
        Two sources of one group, or a lookup by a group that is not there.
    """
    # Files that are not there are told together, before the minutes that reading takes.
    _all_there(source, folder, with_boundaries=boundaries is None)
    areas, notes, files = _bounded(source, folder, scratch, boundaries)
    if source.shipped_kinds is not None:
        areas, noted = _with_shipped(areas, source)
        notes.extend(noted)
        files.extend(record(shipped_file(name), "lookup") for name in (AREAS, GROUPS))
    together = Together()
    for lookup in source.lookups:
        if together.errors and lookup.by is not None and lookup.by not in areas:
            continue  # the lookup that would have brought the group has told its fault
        with together.trying():
            areas, noted, file = _with_groups(areas, lookup, folder, scratch)
            notes.extend(noted)
            files.append(file)
    together.raise_any()
    # Groups first: the study area is named by them.
    if source.within:
        study = with_context(areas, source.within)
        # Again: names that repeat in the country need not repeat in the study area.
        areas = _with_shipped_groups(study.areas, source.shipped_kinds or ())
        notes.extend(study.notes)
    if source.grid is not None:
        # Of the study area alone: what lies around it has no cells, and is outside.
        study_area = areas[~areas["is_context"]] if "is_context" in areas else areas
        areas, noted_grid = lay_grid(study_area, source.grid)
        notes.append(noted_grid)
    return ReadAreas(areas, tuple(notes), tuple(files))


class ReadCodes(NamedTuple):
    """Which area codes there are beyond the study area, and how older ones reach it."""

    crosswalk: Crosswalk | None
    """From the codes of an older edition; None where the config names no lookup."""
    existing: frozenset[str]
    """Codes of the boundaries' edition, inside the study area and outside."""
    notes: tuple[str, ...]
    """Sentences for the screen and the report."""
    files: tuple[FileRecord, ...]
    """Provenance of the crosswalk, and of the table of areas elsewhere."""
    elsewhere: "pd.Series[str]"
    """Name of the force, or other group, of codes beyond the study area, index the code."""


def read_codes(source: AreaSource, folder: Path, *, scratch: Path | None = None) -> ReadCodes:
    """Read the codes that the lookups and the crosswalk of the areas name.

    Parameters
    ----------
    source
        The lookups and the vintage of the config.
    folder
        Folder that relative paths start from.
    scratch
        Folder for private temporary files, which are removed; the system's by default.

    Raises
    ------
    InputError
        A file cannot be read, or lacks a column.
    """

    def columns(name: str, place: str, *wanted: str) -> tuple[Path, CsvSheet]:
        path = find_file(folder, name, place=place)
        with TemporaryDirectory(prefix="riskindex-", dir=scratch) as private:
            return path, read_sheet(path, wanted, Path(private))

    codes_there: set[str] = set()
    if source.shipped_kinds is not None:
        codes_there.update(read_area_lookup().index)
    for lookup in (lookup for lookup in source.lookups if lookup.by is None):
        _, sheet = columns(lookup.path, "areas.lookups", lookup.code)
        # Codes of a national lookup that are not here are elsewhere, and no fault.
        codes_there.update(code.strip() for code in sheet.columns[lookup.code])
    elsewhere, files = read_area_lookup()["force"], []
    if source.elsewhere is not None:
        other = source.elsewhere
        path, sheet = columns(
            other.path, "areas.elsewhere", other.code, *list(other.groups.values())[:1]
        )
        # The config's own words win over the shipped ones: a force may name its neighbours by area.
        named = _groups_of(sheet, other, set(sheet.columns[other.code])).iloc[:, 0]
        elsewhere = named.combine_first(elsewhere)
        codes_there.update(named.index)
        files.append(record(path, "lookup", rows=len(sheet.rows)))
    codes = frozenset(codes_there - {""})
    # The crosswalk of the package is for LSOAs of 2021, which the groups of the package are of.
    if source.vintage is None and source.shipped_kinds is not None:
        files.append(record(shipped_file(CHANGES), "crosswalk", rows=len(read_changes_2011_2021())))
        return ReadCodes(crosswalk_2011_2021(), codes, (), tuple(files), elsewhere)
    if source.vintage is None:
        return ReadCodes(None, codes, (), tuple(files), elsewhere)
    # Only the named columns: official lookups hold a dozen more.
    wanted = [source.vintage.old, source.vintage.new]
    wanted += [source.vintage.share] if source.vintage.share is not None else []
    path, sheet = columns(source.vintage.path, "areas.vintage.path", *wanted)
    crosswalk = make_crosswalk(pd.DataFrame(sheet.columns), source.vintage)
    files.append(record(path, "crosswalk", rows=len(sheet.rows)))
    return ReadCodes(crosswalk, codes, sheet.notes, tuple(files), elsewhere)


def _all_there(source: AreaSource, folder: Path, *, with_boundaries: bool) -> None:
    wanted = [("areas.boundaries", source.boundaries)] if with_boundaries else []
    wanted += [("areas.lookups", lookup.path) for lookup in source.lookups]
    wanted += [("areas.elsewhere", source.elsewhere.path)] if source.elsewhere else []
    wanted += [("areas.vintage.path", source.vintage.path)] if source.vintage else []
    together = Together()
    for place, name in wanted:
        with together.trying():
            find_file(folder, name, place=place)
    together.raise_any()


def _bounded(
    source: AreaSource, folder: Path, scratch: Path | None, given: "GeoDataFrame | None"
) -> tuple["GeoDataFrame", list[str], list[FileRecord]]:
    """The areas with the groups of the boundary file alone."""
    named = [source.code, *([source.name] if source.name is not None else [])]
    # Only what is named: other columns may hold what nobody wants in memory or on a page.
    columns = list(dict.fromkeys([*named, *source.groups.values()]))
    if given is not None:
        read = frame_vector(given, columns, "boundaries")
    else:
        path = find_file(folder, source.boundaries, place="areas.boundaries")
        with TemporaryDirectory(prefix="riskindex-", dir=scratch) as private:
            read = read_vector(path, columns, Path(private), layer=source.layer)
    # A national file has 35,672 shapes, of which a county needs a thousand: repair and overlap
    # checks are for those.
    table = _near_study(read.table, source)
    prepared = prepare_areas(
        table,
        code=source.code,
        name=source.name,
        groups=source.groups,
        crs=source.crs,
        label=read.file.name,
    )
    passed = len(read.table) - len(table)
    far = (
        f"{read.file.name}: {passed:,} of {len(read.table):,} areas lie away from the study area; "
        "nothing was read of them but their codes and extents."
    )
    return prepared.areas, [*read.notes, *([far] if passed else []), *prepared.notes], [read.file]


def _near_study(table: "GeoDataFrame", source: AreaSource) -> "GeoDataFrame":
    """The areas whose extents meet those of the study area, where their codes say which it is.

    That is every area that adjoins it, and spares the whole of England and Wales the checks of
    shapes. All areas where `within` names groups that only a file knows, or none that there is.
    """
    kinds = source.shipped_kinds or ()
    # Only where codes alone say which areas lie inside; groups of a file are known after reading.
    if not source.within or not set(source.within) <= set(kinds) or source.code not in table:
        return table
    codes = table[source.code].astype(str)
    groups = shipped_groups(pd.Index(codes.unique()), list(source.within))
    asked = [groups[kind].isin(list(names)) for kind, names in source.within.items()]
    inside = codes.isin(groups.index[np.all(asked, axis=0)]).to_numpy()
    # Areas whose boxes meet may adjoin; who does is decided on the shapes.
    extents = table.geometry.bounds.to_numpy()
    placed = np.isfinite(extents).all(axis=1)  # a missing shape has none
    if not (inside & placed).any():
        return table
    # Published coordinates are rounded, so that neighbours may miss each other slightly.
    margin = _MARGIN * np.ptp(extents[placed].reshape(-1, 2), axis=0).max()
    wider = extents[inside & placed] + margin * np.array([-1, -1, 1, 1])
    boxes = shapely.box(*extents[placed].T)
    near = inside.copy()
    near[np.flatnonzero(placed)[shapely.STRtree(boxes).query(shapely.box(*wider.T))[1]]] = True
    return table[near]


_MARGIN = 1e-6
"""Share of the extent of a file by which extents may miss each other: a metre of a million."""


def _with_shipped(areas: "GeoDataFrame", source: AreaSource) -> tuple["GeoDataFrame", list[str]]:
    """The areas with the groups that come with riskindex, and with names where they have none."""
    kinds, codes = source.shipped_kinds or (), areas.index
    lookup = read_area_lookup()
    in_lookup = codes.isin(lookup.index)
    if not in_lookup.any():
        raise InputError(
            f"areas.shipped: none of the {len(areas):,} areas is an LSOA of 2021 of England and "
            f"Wales; column {source.code!r} holds {looks_like(list(codes))} (first: {codes[0]!r}). "
            "Name a lookup of their edition under [[areas.lookups]]."
        )
    # Boundaries of 2011 with lookups of 2021 would leave exactly the redrawn areas without a group.
    older = codes[~in_lookup & codes.isin(read_changes_2011_2021()["old_code"])]
    if len(older):
        raise InputError(
            f"areas.shipped: {len(older):,} of {len(areas):,} areas are LSOAs of 2011 that are "
            f"none of 2021 ({first_few(list(older))}). Use boundaries of 2021, or name a lookup of "
            "2011 under [[areas.lookups]]."
        )
    if source.name is None:
        areas = areas.assign(name=lookup["name"].reindex(codes).fillna(areas["name"]))
    order = [*areas.columns.drop("geometry"), *kinds, "geometry"]
    grouped = _with_shipped_groups(areas, kinds)[order]
    then = (
        f"their {first_few(list(kinds))} is {NOT_RECORDED}"
        if kinds
        else "no older code becomes them"
    )
    return grouped, [*lacking("areas.shipped", codes[~in_lookup], len(areas), then)]


def _with_shipped_groups(areas: "GeoDataFrame", kinds: Sequence[str]) -> "GeoDataFrame":
    """Names of groups that repeat among the areas at hand, and no others, with their district."""
    groups = shipped_groups(areas.index, kinds).fillna(NOT_RECORDED)
    return areas.assign(**{str(kind): groups[kind] for kind in groups})


def _with_groups(
    areas: "GeoDataFrame", lookup: GroupLookup, folder: Path, scratch: Path | None
) -> tuple["GeoDataFrame", list[str], FileRecord]:
    path = find_file(folder, lookup.path, place="areas.lookups")
    taken = [kind for kind in lookup.groups if kind in areas.columns]
    if taken or (lookup.by is not None and lookup.by not in areas.columns):
        fault = f"the group {taken[0]!r} is there already" if taken else f"no group {lookup.by!r}"
        raise ConfigError(f"areas.lookups: {path.name}: {fault}.")
    columns = list(dict.fromkeys([lookup.code, *lookup.groups.values()]))
    with TemporaryDirectory(prefix="riskindex-", dir=scratch) as private:
        sheet = read_sheet(path, columns, Path(private))
    keys = areas.index.to_series() if lookup.by is None else areas[lookup.by]
    given = sheet.columns[lookup.code]
    # Codes of spreadsheets come in small letters and with blanks.
    sheet, plain = with_plain_codes(sheet, lookup.code, pd.Index(keys.unique()))
    groups_of_codes = _groups_of(sheet, lookup, set(keys))
    in_lookup = keys.isin(groups_of_codes.index)
    if not in_lookup.any():
        raise InputError(no_match(sheet, lookup.code, given, list(keys)))
    # An area that the lookup lacks stays on the map, in no group.
    added = groups_of_codes.reindex(keys).set_axis(areas.index).fillna(NOT_RECORDED)
    order = [*areas.columns.drop("geometry"), *lookup.groups, "geometry"]
    what = first_few(list(lookup.groups))
    notes = [
        *sheet.notes,
        *plain,
        *lacking(
            sheet.label, keys.index[~in_lookup], len(areas), f"their {what} is {NOT_RECORDED}"
        ),
    ]
    for column in dict.fromkeys(lookup.groups.values()):
        notes.extend(garbled_notes(sheet.label, column, sheet.columns[column], sheet.rows))
    joined = areas.assign(**{str(kind): added[kind] for kind in added})[order]
    return joined, notes, record(path, "lookup", rows=len(sheet.rows))


def _groups_of(sheet: CsvSheet, lookup: GroupLookup, wanted: Collection[str]) -> pd.DataFrame:
    """Group values by code, for the codes that are wanted; two different values are a fault."""
    table = pd.DataFrame({kind: sheet.columns[column] for kind, column in lookup.groups.items()})
    table = table.apply(known_texts).replace("", NOT_RECORDED)
    for kind in lookup.fifths:
        table[kind] = _fifths(table[kind], f"{sheet.label}: column {lookup.groups[kind]!r}")
    table = table.assign(code=sheet.columns[lookup.code], row=sheet.rows)
    # A lookup of output areas has an LSOA many times, always in the same ward.
    table = table[table["code"].isin(list(wanted))].drop_duplicates(["code", *lookup.groups])
    # What is left twice has two different groups, and no rule can choose between them.
    again = table[table["code"].duplicated(keep=False)].sort_values(["code", "row"])
    faults = [
        f"{sheet.label}: row {row}, column {lookup.code!r}, value {code!r}: the code is in several "
        "rows that put it into different groups. Keep one row."
        for code, row in zip(again["code"], again["row"], strict=True)
    ]
    if faults:
        raise InputError(capped(faults))
    return table.set_index("code")[list(lookup.groups)]


def _fifths(tenths: "pd.Series[str]", place: str) -> "pd.Series[str]":
    # A rank or a score in place of tenths would make fifths of noise.
    strange = sorted(set(tenths) - {*FIFTHS, NOT_RECORDED})
    if strange:
        raise InputError(f"{place}: {first_few(strange)} is no tenth; tenths are 1 to 10.")
    return tenths.replace(dict(FIFTHS))


FIFTHS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("1", "2"), "1 (most deprived)"),
        **dict.fromkeys(("3", "4"), "2"),
        **dict.fromkeys(("5", "6"), "3"),
        **dict.fromkeys(("7", "8"), "4"),
        **dict.fromkeys(("9", "10"), "5 (least deprived)"),
    }
)
"""Tenth of the nation by deprivation to the fifth that it is in."""
