"""Files in: which area codes exist, and what became of the codes of an older edition."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pandas as pd

from riskindex.files import FileRecord, find_file, record
from riskindex.inputs import AreaSource
from riskindex.sheets import read_sheet
from riskindex.vintages import Crosswalk, make_crosswalk


class ReadCodes(NamedTuple):
    """What the lookups say about area codes."""

    crosswalk: Crosswalk | None
    """From the codes of an older edition; None where the config names no such lookup."""
    known: frozenset[str]
    """Codes that the lookups of groups list, inside and outside the study area."""
    notes: tuple[str, ...]
    """Sentences for the screen and the report."""
    files: tuple[FileRecord, ...]
    """Provenance of the lookup between editions; the others are recorded with the areas."""


def read_codes(source: AreaSource, folder: Path, *, scratch: Path | None = None) -> ReadCodes:
    """Read what the lookups say about area codes, for `count_events`.

    Parameters
    ----------
    source
        The config's areas.
    folder
        Folder that relative paths start from.
    scratch
        Folder for private temporary files, which are removed; the system's by default.

    Raises
    ------
    InputError
        A lookup cannot be read, or lacks a column.
    """
    known: set[str] = set()
    with TemporaryDirectory(prefix="riskindex-", dir=scratch) as private:
        for lookup in source.lookups:
            if lookup.by is None:
                path = find_file(folder, lookup.path, place="areas.lookups")
                known.update(read_sheet(path, [lookup.code], Path(private)).columns[lookup.code])
        codes = frozenset(code.strip() for code in known) - {""}
        if source.vintage is None:
            return ReadCodes(None, codes, (), ())
        path = find_file(folder, source.vintage.path, place="areas.vintage.path")
        sheet = read_sheet(path, [source.vintage.old, source.vintage.new], Path(private))
    crosswalk = make_crosswalk(pd.DataFrame(sheet.columns), source.vintage)
    files = (record(path, "lookup of older codes", len(sheet.rows)),)
    return ReadCodes(crosswalk, codes, sheet.notes, files)
