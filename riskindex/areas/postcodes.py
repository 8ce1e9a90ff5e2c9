"""Postcodes to area codes, by the directories of the ONS as they come."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from riskindex.errors import InputError
from riskindex.files.csv_files import read_header
from riskindex.files.formats import (
    FileRecord,
    as_utf8,
    find_file,
    largest_member,
    nearest,
    open_member,
    record,
    sniff,
    unpack,
)

POSTCODE_COLUMNS = ("pcds", "pcd", "pcd8", "pcd7", "pcd2", "postcode")
"""What the directories call the postcode, in the order in which they are looked for."""
_AREA_COLUMN = re.compile(r"(oa|lsoa|msoa|dz)\d\d(cd)?", re.IGNORECASE)
ROWS_AT_ONCE = 500_000
"""Rows of a directory that are in memory at once; it has 2.7 million."""


@dataclass(frozen=True, kw_only=True)
class Postcodes:
    """A directory that says in which area each postcode is: ONSPD or NSPL, as it is downloaded."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    path: str
    """The zip as it comes, or a CSV."""
    code: str | None = None
    """Column with the postcode; left out, pcds, pcd or postcode."""
    area: str | None = None
    """Column with the area code; left out, the one of lsoa21, lsoa11, msoa21 and the like that
    holds the codes of the boundaries."""


class PostcodeAreas(NamedTuple):
    """The areas of some postcodes."""

    areas: "pd.Series[str]"
    """Index postcode, in capitals and without blanks; those that the directory lacks are not
    there."""
    file: FileRecord


def read_postcodes(
    source: Postcodes, wanted: Collection[str], areas: Collection[str], folder: Path
) -> PostcodeAreas:
    """Look postcodes up.

    Parameters
    ----------
    source
        The directory.
    wanted
        Postcodes in capitals, without anything between their letters and digits.
    areas
        Codes of the boundaries, which decide what column of areas is meant.
    folder
        Folder that relative paths start from.

    Raises
    ------
    InputError
        No directory, or no column that holds the areas.
    """
    names = set(wanted)
    return _read(source, areas, folder, lambda postcodes, _: postcodes.isin(names))


def read_postcodes_inside(source: Postcodes, areas: Collection[str], folder: Path) -> PostcodeAreas:
    """Every postcode of some areas, for a map to find them by.

    Parameters
    ----------
    source
        The directory.
    areas
        Codes of the boundaries.
    folder
        Folder that relative paths start from.

    Raises
    ------
    InputError
        No directory, or no column that holds the areas.
    """
    codes = list(areas)
    return _read(source, areas, folder, lambda _, held: held.isin(codes).any(axis=1))


_Keep = Callable[[pd.Index, pd.DataFrame], Any]
"""Which rows of a directory are wanted: by their postcodes, and by their areas."""


def _read(source: Postcodes, areas: Collection[str], folder: Path, keep: _Keep) -> PostcodeAreas:
    path = find_file(folder, source.path, place="areas.postcodes.path")
    with TemporaryDirectory(prefix="riskindex-") as private:
        # Unpacked privately and read in parts: the whole directory as text takes gigabytes.
        table, label = _unpacked(path, Path(private))
        # The header alone first: two columns are read of the fifty that there are.
        header = read_header(table, (), Path(private))
        code = source.code or _first(header, POSTCODE_COLUMNS)
        # All of them, until the codes of the boundaries tell which is meant.
        columns = [source.area] if source.area else [c for c in header if _AREA_COLUMN.fullmatch(c)]
        lacking = [c for c in (code, *columns) if c not in header]
        if code is None or lacking or not columns:
            what = repr(lacking[0]) if lacking and lacking[0] else "with a postcode and an area"
            raise InputError(f"{label}: no column {what}{nearest(str(source.code or ''), header)}.")
        lookup = _looked_up(table, code, columns, keep, private)
    # A directory has the areas of several censuses side by side; the boundaries say which is meant.
    column = max(columns, key=lambda name: int(lookup[name].isin(list(areas)).sum()))
    if len(lookup) and not lookup[column].isin(list(areas)).any():
        raise InputError(
            f"{label}: none of {', '.join(columns)} holds the codes of the boundaries for these "
            "postcodes. Name the column under areas.postcodes.area."
        )
    # Postcodes of the Channel Islands or without an area have an empty cell.
    codes = lookup[column].str.strip()
    return PostcodeAreas(codes[codes != ""], record(path, "postcodes", rows=None))


def _unpacked(path: Path, scratch: Path) -> tuple[Path, str]:
    """The table of a directory: the largest one of its zip, beside which lie parts and lists."""
    kind = sniff(path)
    if kind == "zip":
        name = largest_member(path, ".csv")
        return open_member(path, name, scratch), f"{path.name}/{name}"
    inner = unpack(path, scratch) if kind == "gzip" else path
    if sniff(inner) not in ("text", "utf-16"):
        raise InputError(f"{path.name}: no directory of postcodes. Name its zip or CSV.")
    return inner, path.name


def _first(header: Sequence[str], wanted: Sequence[str]) -> str | None:
    # Reversed, so that of two headings that differ in capitals the first one stays.
    folded = {name.casefold(): name for name in reversed(header)}
    return next((folded[name] for name in wanted if name in folded), None)


def _looked_up(
    table: Path,
    code: str,
    columns: Sequence[str],
    keep: _Keep,
    scratch: str,
) -> pd.DataFrame:
    """Areas of the postcodes that are wanted, one column for each kind of area."""
    text = as_utf8(table, Path(scratch))
    parts = []
    with pd.read_csv(
        text.path,
        usecols=[code, *columns],
        dtype=str,
        # "NA" begins no postcode, and pandas would still take it for missing.
        keep_default_na=False,
        encoding="utf-8-sig",
        chunksize=ROWS_AT_ONCE,
    ) as reader:
        for part in reader:
            # Directories write SS1 2AB in three ways, by column; plain forms compare alike.
            plain = part[code].str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
            held = part.set_axis(pd.Index(plain))[list(columns)]
            parts.append(held[np.asarray(keep(held.index, held), dtype=bool)])
    lookup = pd.concat(parts) if parts else pd.DataFrame(columns=list(columns))
    # A postcode that stands twice would place its events twice.
    return lookup[~lookup.index.duplicated()]


CREDITS = (
    "Contains Royal Mail data © Royal Mail copyright and database right.",
    "Contains OS data © Crown copyright and database right.",
)
"""Whom to credit where a page holds postcodes; the directories ask for it."""
