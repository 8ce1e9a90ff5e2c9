"""Months of police.uk out of its archive, of which only the files asked for are fetched."""

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from riskindex.errors import ConfigError, InputError
from riskindex.events.coverage import groups_of_units
from riskindex.events.periods import month_label
from riskindex.setup.download import BLOCK, NoPartsError, Progress, RemoteFile, download

MONTHS_HELD = 36
"""Months in an archive: it ends with the month that it is named after."""
_MOMENT = (2020, 1, 1, 0, 0, 0)
"""Date that files in a zip of ours bear: the same months make the same bytes."""
_MEMBER = re.compile(r"(?:.*/)?(\d{4}-\d\d)-([a-z0-9-]+)-street\.csv")


def fetch_months(
    address: str, months: Collection[int], forces: Sequence[str], target: Path, *, say: Progress
) -> tuple[str, ...]:
    """Fetch the street files of some forces and months.

    Files are kept as they come, so that a fetch that was stopped goes on with the next one.

    Parameters
    ----------
    address
        Of an archive, with {month} in it, such as .../archive/{month}.zip.
    months
        Numbers of months, counted from the year 0.
    forces
        Names of the police force areas.
    target
        A zip in the layout of a download.
    say
        Told how far it is.

    Returns
    -------
    tuple
        Sentences about forces and months of which the archives hold no file.

    Raises
    ------
    InputError
        An archive is out of reach or there is none, or none of them holds a file of the forces.
    """
    # Beside the target and hidden, on the same disk, so that finishing is a rename.
    kept = target.with_name(f".{target.name}.files")
    kept.mkdir(exist_ok=True)
    held: set[tuple[str, str]] = set()
    # Each archive holds three years of months, so that few of them make a long series.
    for last, wanted in archives_of(months):
        with _archive(address.format(month=month_label(last)), kept, say) as archive:
            members = _members(archive, wanted, forces)
            _extract(archive, members, kept, lambda n, of: say(target.name, n, of))
            held |= set(members.values())
    if not held:
        raise InputError(
            f"police.uk: no file of {', '.join(forces)} in those months. Some forces publish none: "
            "see the changelog of data.police.uk."
        )
    _write_zip(kept, target)
    labels = [month_label(month) for month in sorted(months)]
    return tuple(_without_files(held, labels, forces))


def archives_of(months: Collection[int]) -> Iterator[tuple[int, frozenset[int]]]:
    """Archives that hold all of some months, and the months that are taken of each.

    Examples
    --------
    >>> [(last, len(of)) for last, of in archives_of(range(40))]
    [(39, 36), (3, 4)]
    """
    left = set(months)
    while left:
        # The newest archive first, which has the earlier months as they were published last.
        last = max(left)
        taken = frozenset(month for month in left if month > last - MONTHS_HELD)
        yield last, taken
        left -= taken


@contextmanager
def _archive(address: str, kept: Path, say: Progress) -> Iterator[zipfile.ZipFile]:
    """An archive on its server, or the whole of it where the server gives no parts."""
    try:
        with zipfile.ZipFile(io.BufferedReader(RemoteFile(address), BLOCK)) as archive:
            yield archive
        return
    except NoPartsError:
        # Kept with the files, so that a fetch that was stopped need not begin again at two
        # gigabytes.
        whole = kept / address.rsplit("/", 1)[-1]
    except zipfile.BadZipFile as error:
        raise InputError(f"{address}: no whole zip ({error}). Try again later.") from None
    if not whole.is_file():
        download(address, whole, say=say)
    try:
        with zipfile.ZipFile(whole) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        # A broken download that stayed would be taken for whole at the next try.
        whole.unlink()
        raise InputError(f"{address}: no whole zip ({error}). Try again later.") from None


def _members(
    archive: zipfile.ZipFile, months: Collection[int], forces: Sequence[str]
) -> dict[zipfile.ZipInfo, tuple[str, str]]:
    """Street files of some months and forces, with the month and force area of each."""
    labels = {month_label(month) for month in months}
    matches = {info: _MEMBER.fullmatch(info.filename) for info in archive.infolist()}
    named = {info: (of[1], of[2]) for info, of in matches.items() if of and of[1] in labels}
    # Files name forces by slug; the lookup has the names of force areas.
    area_of = _areas_of({slug for _, slug in named.values()}, forces)
    return {
        info: (month, area_of[slug]) for info, (month, slug) in named.items() if slug in area_of
    }


def _extract(
    archive: zipfile.ZipFile,
    wanted: Collection[zipfile.ZipInfo],
    kept: Path,
    say: Callable[[int, int], None],
) -> None:
    """Keep some files of an archive, each under its own name when it is whole."""
    total, done = sum(info.compress_size for info in wanted), 0
    for info in wanted:
        target = kept / info.filename.rsplit("/", 1)[-1]
        # What an earlier fetch kept is not fetched again, if its size is that of the member.
        if not (target.is_file() and target.stat().st_size == info.file_size):
            part = target.with_suffix(".part")
            # Only the members of these forces are fetched: an archive has two gigabytes, and a
            # force some megabytes of it.
            with archive.open(info) as member, part.open("wb") as out:
                shutil.copyfileobj(member, out, BLOCK)
            part.replace(target)
        done += info.compress_size
        say(done, total)


def _areas_of(slugs: Collection[str], forces: Sequence[str]) -> Mapping[str, str]:
    """Force areas by the names of files: devon-and-cornwall."""
    try:
        return groups_of_units(slugs, forces, {}, place="police.uk")
    except ConfigError:
        return {}


def _write_zip(kept: Path, target: Path) -> None:
    # Renamed when complete, so that a zip of that name is always whole.
    part = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(kept.glob("*-street.csv")):
            # A fixed date: the same months make the same zip, and so the same hash in every
            # manifest.
            entry = zipfile.ZipInfo(f"{path.name[:7]}/{path.name}", _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(entry, "w") as out:
                shutil.copyfileobj(source, out, BLOCK)
    part.replace(target)
    shutil.rmtree(kept)


def _without_files(
    held: Collection[tuple[str, str]], labels: Sequence[str], forces: Sequence[str]
) -> Iterator[str]:
    for force in forces:
        missing = [label for label in labels if (label, force) not in held]
        if missing:
            span = "no month" if len(missing) == len(labels) else f"no {', '.join(missing)}"
            yield f"police.uk: {span} of {force}; its areas are not assessed then."
