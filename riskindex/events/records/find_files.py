"""Where the files of an event source are: named, matched by a pattern, in a folder or in a zip."""

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from riskindex.errors import InputError
from riskindex.files.formats import find_file, members, sniff

TABLES = (".csv", ".csv.gz", ".txt", ".tsv", ".parquet")
"""Endings of what is read in a folder or zip of events."""
STREET = ("-street.csv", "-street.csv.gz", ".parquet")
"""The same for a police.uk download."""
NOT_EVENTS = ("-outcomes.csv", "-stop-and-search.csv")
"""What else a police.uk download holds."""


class FoundFile(NamedTuple):
    """A file that is there."""

    path: Path
    label: str
    """Path below the folder that all files of the source share, with slashes."""
    members: tuple[str, ...]
    """What is read of a zip; empty for any other file."""


def find_events(
    patterns: Sequence[str], folder: Path, *, place: str, police: bool = False
) -> tuple[list[FoundFile], str]:
    """Files of a source in the order of their names, and what was passed over in words.

    Parameters
    ----------
    patterns
        Paths of files, zips or folders, or patterns such as suspects/*.csv. A file that is named
        or matched may be called anything; in a folder or zip the ending decides.
    folder
        Folder that relative paths start from.
    place
        Config key in error messages.
    police
        Read street files and Parquet copies only, each force and month once.

    Raises
    ------
    InputError
        No file, or the same force and month in two places.
    """
    endings = STREET if police else TABLES
    # Downloads of police.uk hold outcomes and stop-and-search beside the street files: the same
    # events again, or none.
    never = NOT_EVENTS if police else ()
    looked = ", ".join(f"*{ending}" for ending in endings)
    passed: Counter[str] = Counter()
    paths: list[Path] = []
    for path in (p for pattern in patterns for p in _matches(pattern, folder, place)):
        # Sorted, because the order in which a disk lists files differs between machines.
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        # Who names a file means it, whatever it is called.
        wanted = endings if path.is_dir() else ("",)
        paths += [p for p in inside if p.is_file() and _is_wanted(p.name, wanted, never, passed)]
    files, empty = [], []
    for path, label in _labelled(paths):
        is_zip = sniff(path) == "zip"
        # Counted by ending where passed over, so that a zip of PDFs is not silent.
        inside_zip = sorted(members(path)) if is_zip else []
        kept = tuple(m for m in inside_zip if _is_wanted(m, endings, never, passed))
        if kept or not is_zip:
            files.append(FoundFile(path, label, kept))
        else:
            empty.append(
                f"{place}: {label}: no table in it (looked for {looked}). Put the tables "
                "themselves into it."
            )
    if empty:
        raise InputError(empty)
    if not files:
        raise InputError(f"{place}: no table in {', '.join(patterns)} (looked for {looked}).")
    if police:
        _refuse_twice(files, place)
    return files, ", ".join(f"{n:,} *{ending}" for ending, n in sorted(passed.items()))


def _matches(pattern: str, folder: Path, place: str) -> list[Path]:
    # A file whose name holds brackets is a file and no pattern.
    if glob.has_magic(pattern) and not (folder / pattern).exists():
        matches = [Path(p) for p in sorted(glob.glob(str(folder / pattern), recursive=True))]
        if not matches:
            raise InputError(f"{place}: no file matches {pattern!r}.")
        return matches
    return [find_file(folder, pattern, place=place)]


def _is_wanted(
    name: str, endings: tuple[str, ...], never: tuple[str, ...], passed: "Counter[str]"
) -> bool:
    """Whether a file is read; what is not is counted by its ending, hidden files apart."""
    name = PurePosixPath(name).name.lower()
    # Before the ending: a pattern such as *.csv matches outcomes and stop-and-search, too.
    other = next((ending for ending in never if name.endswith(ending)), None)
    if other is None and name.endswith(endings) and not name.startswith("."):
        return True
    if not name.startswith("."):
        passed[other or PurePosixPath(name).suffix] += 1
    return False


def _labelled(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Each file once, in the order of names that say no more than is needed to tell them apart."""
    # Two patterns may match the same file.
    plain = sorted({Path(os.path.abspath(path)) for path in paths})
    root = Path(os.path.commonpath([path.parent for path in plain])) if plain else Path()
    for path in plain:
        yield path, path.relative_to(root).as_posix()


def _refuse_twice(found: Sequence[FoundFile], place: str) -> None:
    """Archives of police.uk overlap: two downloads may hold the same force and month."""
    where: dict[str, list[str]] = {}
    for file in found:
        for name in file.members or (file.label,):
            # Without its ending: a CSV and its Parquet copy are the same month.
            where.setdefault(_without_ending(PurePosixPath(name).name), []).append(file.label)
    faults = [
        f"{place}: {name} is in {' and in '.join(labels)}, so that its events would be counted "
        "twice. Take one away."
        for name, labels in sorted(where.items())
        if len(labels) > 1
    ]
    if faults:
        raise InputError(faults)


def _without_ending(name: str) -> str:
    """Name without endings, which copies in other formats share: 2024-01-essex-street."""
    plain = name.lower()
    return plain.removesuffix(next((e for e in TABLES if plain.endswith(e)), ""))
