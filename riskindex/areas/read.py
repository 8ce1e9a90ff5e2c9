"""Files in: boundaries, lookups and tables by area, read as the config names them and checked."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from riskindex.areas.boundary_faults import some
from riskindex.areas.editions import Crosswalk, Vintage, looks_like, make_crosswalk, new_in_2021
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
from riskindex.errors import ConfigError, InputError, Together
from riskindex.files.boundary_files import read_vector
from riskindex.files.csv_files import CsvSheet, capped, read_sheet
from riskindex.files.formats import FileRecord, find_file, record
from riskindex.files.text import MISSING_WORDS, garbled_notes, known_texts

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
    within: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The study area inside a larger file: district = ["Basildon"]. The areas that adjoin it are
    context: counted and in its windows, but not assessed; further ones are left out."""
    vintage: Vintage | None = None
    """How events with codes of an older census edition reach these areas."""

    @property
    def shipped_kinds(self) -> tuple[str, ...] | None:
        """Kinds of groups from the lookups that come with riskindex; None where none is used."""
        own = {*self.groups, *(kind for lookup in self.lookups for kind in lookup.groups)}
        implied = [kind for kind in self.within if kind in SHIPPED_KINDS and kind not in own]
        if self.shipped is None and not implied:
            return None
        return tuple(dict.fromkeys([*(self.shipped or ()), *implied]))


@dataclass(frozen=True, kw_only=True)
class TableSource:
    """A table by area code, such as a Nomis census bulk file."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    kind: Literal["table"]
    """A table with one row per area."""
    path: str
    """A CSV (may be compressed), or a zip with one."""
    member: str | None = None
    """File inside a zip that holds several; the *-lsoa.csv one is found by itself."""
    code: str = "geography code"
    """Column with the area code."""
    columns: Mapping[str, str | Sequence[str]]
    """Short name to a column, or to several columns that are added up."""
    protection: Literal["open", "restricted"] | None = None
    """Whether anybody can look the table up; left out, open where boundaries/sources.toml knows its
    columns, else restricted. Another open table needs an address and a licence."""
    address: str | None = None
    """Where anybody can look an open table up; printed for sign-off."""
    licence: str | None = None
    """Licence of an open table; printed for sign-off."""


class ReadAreas(NamedTuple):
    """Areas as the method uses them, what was noticed, and which files they came from."""

    areas: "GeoDataFrame"
    """Index `area_code` (sorted); `name`, the groups, `geometry` in EPSG:27700."""
    notes: tuple[str, ...]
    """Sentences for the screen and the report."""
    files: tuple[FileRecord, ...]
    """Provenance."""


class ReadTables(NamedTuple):
    """Tables by area, what was noticed, and which files they came from."""

    tables: pd.DataFrame
    """Index `area_code` as given; columns (source, column), float; NaN is not assessed."""
    notes: tuple[str, ...]
    """Sentences for the screen and the report."""
    files: tuple[FileRecord, ...]
    """Provenance."""


def read_areas(source: AreaSource, folder: Path, *, scratch: Path | None = None) -> ReadAreas:
    """Read the boundaries and put the areas into groups.

    Parameters
    ----------
    source
        The boundary file and what its columns mean; only those columns are read.
    folder
        Folder that relative paths start from.
    scratch
        Folder for private temporary files, which are removed; the system's by default.

    Raises
    ------
    InputError
        The file is not one of the five kinds, is damaged, or its content cannot be trusted: see
        `areas.prepare_areas`. Areas that a lookup lacks are `not recorded` and noted.
    ConfigError
        Two sources of one group, or a lookup by a group that is not there.
    """
    _all_there(source, folder)
    areas, notes, files = _bounded(source, folder, scratch)
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
    if source.within:
        study = with_context(areas, source.within)
        areas = _told_apart(study.areas, source.shipped_kinds or ())
        notes.extend(study.notes)
    return ReadAreas(areas, tuple(notes), tuple(files))


def read_tables(
    sources: Mapping[str, Any], folder: Path, area_codes: pd.Index, *, scratch: Path | None = None
) -> ReadTables:
    """Read every table by area code.

    Parameters
    ----------
    sources
        The config's sources by name; those that are no `TableSource` are left alone.
    folder
        Folder that relative paths start from.
    area_codes
        Codes of the study area; rows of other areas are not used. Where there is none, every
        row is checked and the result is empty.
    scratch
        Folder for private temporary files, which are removed; the system's by default.

    Raises
    ------
    InputError
        Cells that are no count, codes that are missing, repeated or misspelt, and tables that
        hold none of the areas: of all tables together, each with its file, row, column and value.
        An empty cell is no fault: the area is not assessed there.
    """
    read: dict[tuple[str, str], pd.Series[float]] = {}
    notes: list[str] = []
    files: list[FileRecord] = []
    together = Together()
    for name, source in sources.items():
        if not isinstance(source, TableSource):
            continue
        with together.trying():
            columns, noted, file = _read_table(name, source, folder, area_codes, scratch)
            read.update(columns)
            notes.extend(noted)
            files.append(file)
    together.raise_any()
    tables = pd.DataFrame(read, index=area_codes, dtype=float)
    tables.columns = pd.MultiIndex.from_tuples(list(read), names=["source", "column"])
    return ReadTables(tables, tuple(notes), tuple(files))


class ReadCodes(NamedTuple):
    """Which area codes there are beyond the study area, and how older ones reach it."""

    crosswalk: Crosswalk | None
    """From the codes of an older edition; None where the config names no lookup."""
    known: frozenset[str]
    """Codes of the boundaries' edition, inside the study area and outside."""
    notes: tuple[str, ...]
    """Sentences for the screen and the report."""
    files: tuple[FileRecord, ...]
    """Provenance of the crosswalk."""


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

    known: set[str] = set()
    if source.shipped_kinds is not None:
        known.update(read_area_lookup().index)
    for lookup in (lookup for lookup in source.lookups if lookup.by is None):
        _, sheet = columns(lookup.path, "areas.lookups", lookup.code)
        known.update(code.strip() for code in sheet.columns[lookup.code])
    if source.vintage is None and source.shipped_kinds is not None:
        file = record(shipped_file(CHANGES), "crosswalk", rows=len(read_changes_2011_2021()))
        return ReadCodes(crosswalk_2011_2021(), frozenset(known - {""}), (), (file,))
    if source.vintage is None:
        return ReadCodes(None, frozenset(known - {""}), (), ())
    wanted = [source.vintage.old, source.vintage.new]
    wanted += [source.vintage.share] if source.vintage.share is not None else []
    path, sheet = columns(source.vintage.path, "areas.vintage.path", *wanted)
    crosswalk = make_crosswalk(pd.DataFrame(sheet.columns), source.vintage)
    file = record(path, "crosswalk", rows=len(sheet.rows))
    return ReadCodes(crosswalk, frozenset(known - {""}), sheet.notes, (file,))


def _all_there(source: AreaSource, folder: Path) -> None:
    wanted = [("areas.boundaries", source.boundaries)]
    wanted += [("areas.lookups", lookup.path) for lookup in source.lookups]
    wanted += [("areas.vintage.path", source.vintage.path)] if source.vintage else []
    together = Together()
    for place, name in wanted:
        with together.trying():
            find_file(folder, name, place=place)
    together.raise_any()


def _bounded(
    source: AreaSource, folder: Path, scratch: Path | None
) -> tuple["GeoDataFrame", list[str], list[FileRecord]]:
    """The areas with the groups of the boundary file alone."""
    path = find_file(folder, source.boundaries, place="areas.boundaries")
    named = [source.code, *([source.name] if source.name is not None else [])]
    columns = list(dict.fromkeys([*named, *source.groups.values()]))
    with TemporaryDirectory(prefix="riskindex-", dir=scratch) as private:
        read = read_vector(path, columns, Path(private), layer=source.layer)
    table = _near_study(read.table, source)
    prepared = prepare_areas(
        table,
        code=source.code,
        name=source.name,
        groups=source.groups,
        crs=source.crs,
        label=read.path.name,
    )
    file = record(read.path, "boundaries", rows=len(read.table))
    passed = len(read.table) - len(table)
    far = (
        f"{read.path.name}: {passed:,} of {len(read.table):,} areas lie away from the study area; "
        "nothing was read of them but their codes and extents."
    )
    return prepared.areas, [*read.notes, *([far] if passed else []), *prepared.notes], [file]


def _near_study(table: "GeoDataFrame", source: AreaSource) -> "GeoDataFrame":
    """The areas whose extents meet those of the study area, where their codes say which it is.

    That is every area that adjoins it, and spares the whole of England and Wales the checks of
    shapes. All areas where `within` names groups that only a file knows, or none that there is.
    """
    kinds = source.shipped_kinds or ()
    if not source.within or not set(source.within) <= set(kinds) or source.code not in table:
        return table
    codes = table[source.code].astype(str)
    groups = shipped_groups(pd.Index(codes.unique()), list(source.within))
    asked = [groups[kind].isin(list(names)) for kind, names in source.within.items()]
    inside = codes.isin(groups.index[np.all(asked, axis=0)]).to_numpy()
    extents = table.geometry.bounds.to_numpy()
    placed = np.isfinite(extents).all(axis=1)  # a missing shape has none
    if not (inside & placed).any():
        return table
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
    known = codes.isin(lookup.index)
    if not known.any():
        raise InputError(
            f"areas.shipped: none of the {len(areas):,} areas is an LSOA of 2021 of England and "
            f"Wales; column {source.code!r} holds {looks_like(list(codes))} (first: {codes[0]!r}). "
            "Name a lookup of their edition under [[areas.lookups]]."
        )
    older = codes[~known & codes.isin(read_changes_2011_2021()["old_code"])]
    if len(older):
        raise InputError(
            f"areas.shipped: {len(older):,} of {len(areas):,} areas are LSOAs of 2011 that are "
            f"none of 2021 ({some(list(older))}). Use boundaries of 2021, or name a lookup of "
            "2011 under [[areas.lookups]]."
        )
    if source.name is None:
        areas = areas.assign(name=lookup["name"].reindex(codes).fillna(areas["name"]))
    order = [*areas.columns.drop("geometry"), *kinds, "geometry"]
    grouped = _told_apart(areas, kinds)[order]
    then = f"their {some(list(kinds))} is {NOT_RECORDED}" if kinds else "no older code becomes them"
    return grouped, [*_lacking("areas.shipped", codes[~known], len(areas), then)]


def _told_apart(areas: "GeoDataFrame", kinds: Sequence[str]) -> "GeoDataFrame":
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
    found = _groups_of(sheet, lookup, set(keys))
    known = keys.isin(found.index)
    if not known.any():
        raise InputError(_no_match(sheet, lookup.code, sheet.columns[lookup.code], list(keys)))
    added = found.reindex(keys).set_axis(areas.index).fillna(NOT_RECORDED)
    order = [*areas.columns.drop("geometry"), *lookup.groups, "geometry"]
    what = some(list(lookup.groups))
    notes = [*sheet.notes, *_lacking(sheet.label, keys.index[~known], len(areas),
                                     f"their {what} is {NOT_RECORDED}")]  # fmt: skip
    for column in dict.fromkeys(lookup.groups.values()):
        notes.extend(garbled_notes(sheet.label, column, sheet.columns[column], sheet.rows))
    joined = areas.assign(**{str(kind): added[kind] for kind in added})[order]
    return joined, notes, record(path, "lookup", rows=len(sheet.rows))


def _groups_of(sheet: CsvSheet, lookup: GroupLookup, wanted: Collection[str]) -> pd.DataFrame:
    """Group values by code, for the codes that are wanted; two different values are a fault."""
    table = pd.DataFrame({kind: sheet.columns[column] for kind, column in lookup.groups.items()})
    table = table.apply(known_texts).replace("", NOT_RECORDED)
    table = table.assign(code=sheet.columns[lookup.code], row=sheet.rows)
    table = table[table["code"].isin(list(wanted))].drop_duplicates(["code", *lookup.groups])
    again = table[table["code"].duplicated(keep=False)].sort_values(["code", "row"])
    faults = [
        f"{sheet.label}: row {row}, column {lookup.code!r}, value {code!r}: the code is in several "
        "rows that put it into different groups. Keep one row."
        for code, row in zip(again["code"], again["row"], strict=True)
    ]
    if faults:
        raise InputError(capped(faults))
    return table.set_index("code")[list(lookup.groups)]


def _no_match(sheet: CsvSheet, column: str, found: Sequence[str], areas: Sequence[str]) -> str:
    return (
        f"{sheet.label}: none of the {len(areas):,} areas is in column {column!r}, which holds "
        f"{looks_like(found)} (first: {found[0] if found else ''!r}); the boundaries have "
        f"{looks_like(areas)} (first: {areas[0]!r}). Use a table of the boundaries' edition."
    )


def _lacking(label: str, missing: pd.Index, n: int, then: str) -> Iterator[str]:
    if len(missing):
        which = some(list(missing))
        yield f"{label}: {len(missing):,} of {n:,} areas are not in it ({which}); {then}."


def _read_table(
    name: str, source: TableSource, folder: Path, areas: pd.Index, scratch: Path | None
) -> tuple[dict[tuple[str, str], "pd.Series[float]"], list[str], FileRecord]:
    path = find_file(folder, source.path, place=f"sources.{name}.path")
    parts = {short: [c] if isinstance(c, str) else list(c) for short, c in source.columns.items()}
    wanted = list(dict.fromkeys(column for columns in parts.values() for column in columns))
    with TemporaryDirectory(prefix="riskindex-", dir=scratch) as private:
        sheet = read_sheet(path, [source.code, *wanted], Path(private), member=source.member)
    codes = sheet.columns[source.code]
    if len(areas) and not set(codes) & set(areas):
        raise InputError(_no_match(sheet, source.code, codes, list(areas)))
    used = _rows_of(codes, areas)
    faults = [*_code_faults(sheet, source.code, areas)]
    values = {column: _numbers(sheet, column, used, faults) for column in wanted}
    if faults:
        raise InputError(capped(faults))
    index = [codes[i] for i in used]
    table = pd.DataFrame(values, index=index, dtype=float).reindex(areas)
    sums = {(name, short): table[columns].sum(axis=1, skipna=False)
            for short, columns in parts.items()}  # fmt: skip
    notes = [*sheet.notes, *_gaps(sheet, table, areas, set(index))]
    return sums, notes, record(path, name, rows=len(sheet.rows))


def _rows_of(codes: Sequence[str], areas: pd.Index) -> list[int]:
    known = set(areas)
    return [i for i, code in enumerate(codes) if not known or code in known]


def _code_faults(sheet: CsvSheet, column: str, areas: pd.Index) -> Iterator[str]:
    """Codes that are missing, repeated, or an area's code but for white space and case."""
    known, first = set(areas), dict[str, int]()
    for row, code in zip(sheet.rows, sheet.columns[column], strict=True):
        place = f"{sheet.label}: row {row}, column {column!r}, value {code!r}"
        plain = code.strip().upper()
        if not plain or plain.lower() in MISSING_WORDS:
            yield f"{place}: no area code. Fill it in or take the row out."
        elif code not in known and (plain in known if known else code != code.strip()):
            yield f"{place}: white space or small letters in {plain!r}. Write it plainly."
        elif code in first and (code in known or not known):
            yield f"{place}: the code is in row {first[code]} already. Keep one row per area."
        first.setdefault(code, row)


def _numbers(
    sheet: CsvSheet, column: str, used: Sequence[int], faults: list[str]
) -> NDArray[np.float64]:
    """Cells as numbers, NaN where empty; what is no count is added to the faults."""
    cells = sheet.columns[column]
    texts = [cells[i].strip() for i in used]
    together, lengths = "".join(texts), set(map(len, texts))
    if together.isascii() and together.isdecimal() and 0 < min(lengths) <= max(lengths) < _LONG:
        return np.array(texts, dtype=object).astype(np.float64)
    values = np.full(len(used), np.nan)
    for k, (i, text) in enumerate(zip(used, texts, strict=True)):
        if not text:
            continue
        advice = next((advice for is_so, advice in _CELL_RULES if is_so(text)), "")
        if advice:
            place = f"{sheet.label}: row {sheet.rows[i]}, column {column!r}, value {text!r}"
            faults.append(f"{place}: {advice}")
        else:
            values[k] = float(text)
    return values


_LONG = 10
"""Digits from which a whole number may be above `LARGEST_COUNT`."""
LARGEST_COUNT = 1e9
"""No country has as many people."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SEPARATED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_CELL_RULES: tuple[tuple[Callable[[str], Any], str], ...] = (
    (_SEPARATED.fullmatch, "a thousands separator. Save the column without it."),
    (
        lambda text: not _NUMBER.fullmatch(text),
        "not a number. Leave the cell empty where it is not known: missing is never zero.",
    ),
    (
        lambda text: not abs(float(text)) <= LARGEST_COUNT,
        "too large for a count of people or households in one area. Correct it, or leave it empty.",
    ),
    (
        lambda text: float(text) < 0,
        "negative, which no count of people or households is. Correct it, or leave it empty.",
    ),
)
"""What is wrong with a cell, and what to do; first match wins."""


def _fractions(sheet: CsvSheet, column: str, values: "pd.Series[float]") -> Iterator[str]:
    """A note where a column of whole numbers has a few that are not."""
    known = values[values.notna()]
    odd = known[known % 1 != 0]
    if 0 < len(odd) <= len(known) / 10:
        yield (
            f"{sheet.label}: column {column!r} holds whole numbers, but not for {len(odd):,} areas "
            f"({odd.index[0]}: {odd.iloc[0]:,g}). They are used as they are; check them."
        )


def _gaps(
    sheet: CsvSheet, table: pd.DataFrame, areas: pd.Index, present: Collection[str]
) -> Iterator[str]:
    here = np.array([code in present for code in areas], dtype=bool)
    missing = areas[~here]
    new = new_in_2021(list(areas))
    older = " Its codes look like an edition before 2021." if new and new <= set(missing) else ""
    for note in _lacking(sheet.label, missing, len(areas), "they are not assessed there"):
        yield note + older
    for column in table:
        yield from _fractions(sheet, column, table[column])
        empty = table.index[table[column].isna().to_numpy() & here]
        if len(empty):
            yield (
                f"{sheet.label}: column {column!r} is empty for {len(empty):,} areas "
                f"({some(list(empty))}); they are not assessed there."
            )
