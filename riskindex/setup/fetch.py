"""The official files that a config names and that are not there yet, from where they are published.

The only part of the package that uses a network; no other command calls it.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from riskindex.areas import read as inputs
from riskindex.areas.shipped_lookups import read_area_lookup
from riskindex.config import Config
from riskindex.errors import InputError, Together
from riskindex.events.periods import parse_period
from riskindex.files.formats import record
from riskindex.result import Say
from riskindex.setup.download import Progress, download
from riskindex.setup.feature_service import fetch_layer
from riskindex.setup.official_files import Wanted, wanted_files
from riskindex.setup.police_archive import fetch_months

RECORD = "downloads.json"
"""Where and when each file of a folder was fetched, with its hash."""


def fetch(config: Config, *, say: Progress, tell: Say) -> None:
    """Fetch what a config names and what is not there.

    Parameters
    ----------
    config
        What is asked.
    say
        Told how far each file is.
    tell
        Told a sentence about each file.

    Raises
    ------
    InputError
        Of all files that could not be fetched, each with the address to save it from by hand.
    """
    together = Together()
    for wanted in wanted_files(config):
        # A file that is there is never fetched again: it may be the edition that a result was made
        # with.
        if wanted.path.exists():
            tell(_about_kept(wanted))
            continue
        # One address that is gone must not keep the other files away.
        with together.trying():
            for note in _fetched(wanted, config, say):
                tell(note)
    together.raise_any()


def about_missing(config: Config) -> Iterator[str]:
    """What of a config's files is there and what would be fetched, without asking anybody."""
    for wanted in wanted_files(config):
        if wanted.path.exists():
            yield _about_kept(wanted)
        else:
            address = wanted.entry.download or wanted.entry.address
            yield f"{wanted.what}: {wanted.path.name} is not there; it comes from {address}."


def _fetched(wanted: Wanted, config: Config, say: Progress) -> Iterator[str]:
    """Fetch one file; sentences about it."""
    entry, path = wanted.entry, wanted.path
    ending, fetch_it = next((ending, how) for is_so, ending, how in _WAYS if is_so(entry.download))
    # Offices and secure networks often block downloads, so every fault offers the way by hand.
    by_hand = f"Save it from {entry.address} as {path}."
    if not entry.download:
        raise InputError(f"{wanted.what}: {entry.title} is on a page, not in a file. {by_hand}")
    # A GeoPackage called .zip would be taken for a damaged zip by whoever opens it.
    if path.suffix.lower() != ending:
        raise InputError(f"{wanted.what}: what is fetched is a {ending}; call {path.name} so.")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield from fetch_it(wanted, config, say)
    except InputError as error:
        raise InputError(
            f"{wanted.what}: {fault} Or: {by_hand}" for fault in error.faults
        ) from None
    _note_down(wanted)
    yield f"{wanted.what}: fetched {path.name}, {path.stat().st_size:,} bytes."


def _layer(wanted: Wanted, _config: Config, say: Progress) -> Iterator[str]:
    fetch_layer(wanted.entry.download, wanted.entry.columns, wanted.path, say=say)
    yield from ()


def _months(wanted: Wanted, config: Config, say: Progress) -> Iterator[str]:
    """Months that factors and measures ask of a source, of all forces in and around the area."""
    # Only months that a factor counts: the archive holds three years of the country.
    months = {
        month
        for factor in (*config.factors, *config.measured)
        if wanted.what in {group.source for group in factor.groups}
        for label in factor.periods
        for month in parse_period(str(label), unit=config.unit_of(factor.name)).months
    }
    # Areas around the study area, too: without their force's file, windows at the border are blind.
    codes = inputs.read_areas(config.areas, config.folder).areas.index
    forces = sorted(read_area_lookup()["force"].reindex(codes).dropna().unique())
    if not months or not forces:
        what = "no factor names a period of it" if not months else "its forces are not known"
        raise InputError(f"which months of which forces? {what}.")
    yield from fetch_months(wanted.entry.download, months, forces, wanted.path, say=say)


def _file(wanted: Wanted, _config: Config, say: Progress) -> Iterator[str]:
    download(wanted.entry.download, wanted.path, say=say)
    try:
        with zipfile.ZipFile(wanted.path) as archive:
            # A page that says "not found" is saved as a zip as readily as a zip is.
            broken = archive.testzip()
    except zipfile.BadZipFile:
        broken = wanted.path.name
    if broken is not None:
        wanted.path.unlink()
        raise InputError(f"{wanted.entry.download}: no whole zip came, but something else.")
    yield from ()


_Way = Callable[[Wanted, Config, Progress], Iterator[str]]
_WAYS: tuple[tuple[Callable[[str], bool], str, _Way], ...] = (
    (lambda address: "/FeatureServer/" in address, ".gpkg", _layer),
    (lambda address: "{month}" in address, ".zip", _months),
    (lambda _address: True, ".zip", _file),
)
"""What an address is, the ending of what comes of it, and how it is fetched; first match wins."""


def _about_kept(wanted: Wanted) -> str:
    """That a file is there, since when, and whether it is still what was fetched."""
    kept = _records(wanted.path.parent).get(wanted.path.name)
    if kept is None or not wanted.path.is_file():
        return f"{wanted.what}: {wanted.path.name} is there."
    unchanged = record(wanted.path, "").sha256 == kept.get("sha256")
    changed = "" if unchanged else ", and was changed since; take it away to fetch it again"
    return f"{wanted.what}: {wanted.path.name} is there, fetched on {kept.get('date')}{changed}."


def _note_down(wanted: Wanted) -> None:
    """Write down where a file came from, when, and its hash."""
    home, file = wanted.path.parent, record(wanted.path, "")
    about = {
        "title": wanted.entry.title,
        "address": wanted.entry.download,
        "date": datetime.now(UTC).date().isoformat(),
        "bytes": file.bytes,
        "sha256": file.sha256,
        "licence": wanted.entry.licence,
    }
    # Address, date and hash, so that a result can be traced to what was published then.
    # Earlier records stay, as other files of the folder were fetched before.
    text = json.dumps({**_records(home), file.name: about}, indent=2, sort_keys=True)
    (home / RECORD).write_text(text + "\n", "utf-8")


def _records(folder: Path) -> dict[str, dict[str, object]]:
    try:
        records = json.loads((folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return records if isinstance(records, dict) else {}
