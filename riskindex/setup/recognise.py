"""What lies in a folder of downloads: boundaries, police.uk and tables, known by their columns."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import NamedTuple

from riskindex.errors import InputError
from riskindex.events.coverage import Coverage
from riskindex.events.read import open_events
from riskindex.events.records.find_files import STREET, TABLES
from riskindex.events.sources import FORCE, PoliceSource
from riskindex.events.sql import category, events_table, identifier
from riskindex.files.boundary_files import ENDINGS, polygon_layers, read_vector
from riskindex.files.csv_files import read_header, read_sheet
from riskindex.files.formats import members, sniff
from riskindex.files.official_headings import TWINS

MOST_FILES = 5_000
"""Files of a folder that are looked at; a folder of downloads has some dozens."""
_BOUNDARY_FILES = ("geopackage", "json", "shapefile", "flatgeobuf", "parquet")
_SHEETS = ("text", "gzip", "xlsx", "ods", "legacy Excel or Word")


class Boundaries(NamedTuple):
    """A file of areas."""

    path: Path
    layer: str | None
    """Layer, where the file holds several."""
    code: str
    """Its column with the area code, as it spells it."""
    name: str | None
    """Its column with the area's name."""
    areas: int
    """How many areas it holds."""
    covered: int
    """How many of those asked for."""


class PoliceFiles(NamedTuple):
    """Street files of police.uk that a config can name together."""

    pattern: str
    """Path, or pattern, from the folder that was looked through."""
    months: Mapping[str, frozenset[int]]
    """Force, as the files write it, to the numbers of its months."""


def files_in(folder: Path) -> list[Path]:
    """The files of a folder of downloads and those below it, in the order of their names.

    Raises
    ------
    InputError
        It is no folder, or one of far more files than downloads.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Name the one that holds the downloads.")
    files = []
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        # Hidden files and the lock files of Office, which have the ending of a workbook.
        if path.is_file() and not any(part.startswith((".", "~$")) for part in inside):
            files.append(path)
        if len(files) > MOST_FILES:
            raise InputError(
                f"{folder}: over {MOST_FILES:,} files. Put the downloads into one of their own."
            )
    # Results of earlier runs have tables of areas too, which are no input.
    results = {path.parent for path in files if path.name == "datapackage.json"}
    return sorted(path for path in files if results.isdisjoint(path.parents))


def find_boundaries(
    paths: Sequence[Path], heading: str, names: Sequence[str], codes: Collection[str]
) -> list[Boundaries]:
    """Files of areas with a column of codes, those that hold most of some areas first.

    Parameters
    ----------
    paths
        Files to look at.
    heading
        Official name of the column with the code, such as LSOA21CD; capitals make no difference.
    names
        Official names of the column with the area's name.
    codes
        Codes that are wanted; where there are none, the files of most areas come first.
    """
    candidates = []
    for path in (path for path in paths if _may_be(path, _BOUNDARY_FILES, tuple(ENDINGS))):
        with TemporaryDirectory(prefix="riskindex-") as scratch:
            try:
                layers = polygon_layers(path, Path(scratch))
            except InputError:
                continue  # a table in Parquet, or JSON of another kind
            # A GeoPackage may hold several editions, each a layer.
            for layer, columns, *_ in layers:
                code = _spelt(columns, [heading])
                if code is not None:
                    # Codes decide and not names of files, which everybody changes.
                    held = _codes_of(path, layer, code)
                    covered = len(set(held) & set(codes)) if codes else len(held)
                    name = _spelt(columns, names)
                    candidates.append(Boundaries(path, layer, code, name, len(held), covered))
    # Of files that cover as many, the one with fewer areas, which is nearer to the study area
    # itself.
    return sorted(candidates, key=lambda file: (-file.covered, file.areas, file.path))


def find_tables(
    paths: Sequence[Path], columns: Sequence[str], code: str, codes: Collection[str]
) -> list[tuple[Path, int]]:
    """Tables with some columns, and how many of the wanted areas each has, most first.

    Parameters
    ----------
    paths
        Files to look at.
    columns
        Columns that a table must have.
    code
        One of them: the column with the area code.
    codes
        Codes that are wanted; all where there are none.
    """
    candidates = []
    for path in (path for path in paths if _may_be(path, _SHEETS, (".csv",))):
        with TemporaryDirectory(prefix="riskindex-") as scratch:
            try:
                header = read_header(path, columns, Path(scratch))
                headings = {*header, *(TWINS[name] for name in header if name in TWINS)}
                if not set(columns) <= headings:
                    continue
                held = {
                    text.strip() for text in read_sheet(path, [code], Path(scratch)).columns[code]
                }
            except InputError:
                continue
            candidates.append((path, len(held & set(codes)) if codes else len(held)))
    return sorted(candidates, key=lambda file: (-file[1], file[0]))


def find_police(paths: Sequence[Path], folder: Path) -> list[PoliceFiles]:
    """Street files of police.uk: every zip of them, loose ones together, and copies of tables.

    Parameters
    ----------
    paths
        Files to look at.
    folder
        That they were found in.
    """
    police_files, loose = [], list[Path]()
    for path in paths:
        if path.name.lower().endswith(STREET[:2]) and _months_of_names([path.name]):
            loose.append(path)
        elif sniff(path) == "zip":
            months = _months_of_names(_members_of(path))
            if months:
                police_files.append(PoliceFiles(path.relative_to(folder).as_posix(), months))
        elif _is_street_table(path):
            name = path.relative_to(folder).as_posix()
            police_files.append(PoliceFiles(name, _months_of_records(name, folder)))
    if loose:
        # Loose files of one download belong together, so one pattern names them all.
        months = _months_of_names([path.name for path in loose])
        police_files.insert(0, PoliceFiles(_pattern_of(loose, folder), months))
    return police_files


def without_overlaps(
    found: Sequence[PoliceFiles], forces: Collection[str]
) -> tuple[list[PoliceFiles], list[PoliceFiles]]:
    """Files of police.uk that hold no force and month twice, and those that would.

    Parameters
    ----------
    found
        Of `find_police`.
    forces
        The forces, as the files write them, whose months decide which file is taken first.
    """
    taken: list[PoliceFiles] = []
    passed: list[PoliceFiles] = []
    held: set[tuple[str, int]] = set()
    # The largest first: of a download of three years and one of its months, the three years.
    for files in sorted(found, key=lambda one: -sum(len(one.months.get(f, ())) for f in forces)):
        has = {(force, month) for force, months in files.months.items() for month in months}
        # A force and month that is in two files would be counted twice.
        if has and not has & held:
            taken.append(files)
            held |= has
        else:
            passed.append(files)
    return taken, passed


def _may_be(path: Path, kinds: Collection[str], endings: tuple[str, ...]) -> bool:
    """Whether a file is of some kinds by its bytes, or a zip of files with some endings."""
    kind = sniff(path)
    if kind == "shapefile":  # its index begins with the same bytes
        return kind in kinds and path.suffix.lower() == ".shp"
    if kind == "zip":
        # A zip of street files holds CSVs too, and is no table of areas.
        names = [name.lower() for name in _members_of(path)]
        return any(name.endswith(endings) for name in names) and not _months_of_names(names)
    return kind in kinds or (kind == "gzip" and path.name.lower().endswith(tuple(_packed(endings))))


def _packed(endings: Sequence[str]) -> Iterator[str]:
    yield from (f"{ending}.gz" for ending in endings)


def _members_of(path: Path) -> list[str]:
    try:
        return members(path)
    except InputError:
        return []


def _spelt(columns: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The first column that is one of those wanted, whatever its capitals."""
    folded = {name.casefold() for name in wanted}
    return next((column for column in columns if column.casefold() in folded), None)


def _codes_of(path: Path, layer: str | None, code: str) -> list[str]:
    with TemporaryDirectory(prefix="riskindex-") as scratch:
        try:
            table = read_vector(path, [code], Path(scratch), layer=layer).table
        except InputError:
            return []
        return [str(value) for value in table[code]]


_STREET_NAME = re.compile(r"(\d{4})-(0[1-9]|1[0-2])-(.+)-street\.csv(?:\.gz)?", re.IGNORECASE)


def _months_of_names(names: Sequence[str]) -> dict[str, frozenset[int]]:
    """Months of each force by the names of street files: 2025-01-essex-street.csv."""
    months: dict[str, set[int]] = {}
    for name in names:
        if match := _STREET_NAME.fullmatch(PurePosixPath(name).name):
            months.setdefault(match[3].lower(), set()).add(int(match[1]) * 12 + int(match[2]) - 1)
    return {force: frozenset(of) for force, of in months.items()}


def _is_street_table(path: Path) -> bool:
    """Whether a table that is called otherwise has the columns of a street file."""
    if not path.name.lower().endswith(TABLES) or path.name.lower().endswith(STREET[:2]):
        return False
    wanted = ("Month", "LSOA code", "Crime type", FORCE)
    # Databases write "LSOA code" as lsoa_code; letters alone are compared.
    plain = {_letters(name) for name in wanted}
    with TemporaryDirectory(prefix="riskindex-") as scratch:
        try:
            if sniff(path) == "parquet":
                return plain <= {_letters(name) for name in _parquet_columns(path)}
            return plain <= {_letters(name) for name in read_header(path, wanted, Path(scratch))}
        except InputError:
            return False


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _parquet_columns(path: Path) -> list[str]:
    import duckdb

    try:
        return list(duckdb.read_parquet(str(path)).columns)
    except duckdb.Error as error:
        raise InputError(f"{path.name}: cannot be read as Parquet ({error}).") from None


def _months_of_records(name: str, folder: Path) -> dict[str, frozenset[int]]:
    """Months of each force by the records of a table."""
    # Through the reader of a run, so that what counts as a month is the same.
    source = PoliceSource(kind="police.uk", path=name, coverage=Coverage(by="force"))
    query = (
        f"SELECT {category(FORCE)}, list(DISTINCT year(date) * 12 + month(date) - 1) "
        f"FROM {identifier(events_table('police'))} "
        f"WHERE {category(FORCE)} IS NOT NULL AND date IS NOT NULL GROUP BY 1"
    )
    try:
        with open_events({"police": source}, folder=folder) as opened:
            rows = opened.events["police"].connection.execute(query).fetchall()
    except InputError:
        return {}
    return {str(force): frozenset(months) for force, months in rows}


def _pattern_of(paths: Sequence[Path], folder: Path) -> str:
    """What matches all the loose street files: a folder of them, or all below this one."""
    places = {path.relative_to(folder).parts[:-1] for path in paths}
    tops = {parts[0] if len(parts) > 1 else "" for parts in places}
    # One folder is named, so that files put elsewhere later are not read by accident.
    top = tops.pop() if len(tops) == 1 else ""
    return f"{top}/**/*-street.csv*" if top else "**/*-street.csv*"
