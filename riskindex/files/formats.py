"""Files as they come: what they are by their first bytes, safe archives, encodings, provenance."""

import codecs
import difflib
import errno
import gzip
import hashlib
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from tempfile import gettempdir
from typing import IO, NamedTuple, Protocol

from riskindex.errors import InputError, is_interruption

CHUNK = 1 << 20
"""Bytes read at once."""
SMALL = 1 << 24
"""Bytes that may always be unpacked; above it the ratio to the packed size counts."""
LARGEST_RATIO = 200
"""Unpacked to packed size of a member above `SMALL`; crime and census CSVs reach 5 to 20."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"PAR1", "parquet"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"fgb\x03fgb", "flatgeobuf"),
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xd0\xcf\x11\xe0", "legacy Excel or Word"),
    (b"%PDF", "pdf"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"ARROW1", "arrow"),
)
_IN_ZIP = (
    (b"[Content_Types].xml", "xlsx"),
    (b"xl/work", "xlsx"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "ods"),
)
"""What the first bytes of a zip hold that is a workbook."""
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")


class FileRecord(NamedTuple):
    """Which file was read: enough to recognise it again, nothing about where it lay."""

    role: str
    """What it was read as: boundaries, lookup, or the name of a source."""
    name: str
    """File name without its folder."""
    bytes: int
    """Size."""
    sha256: str
    """Hash of the bytes, in hexadecimal."""
    rows: int | None
    """Rows read; None where rows mean nothing."""


class Text(NamedTuple):
    """A text file in UTF-8, and a note where it had to be converted."""

    path: Path
    note: str


def record(path: Path, role: str, *, rows: int | None = None) -> FileRecord:
    """Provenance of one file.

    Parameters
    ----------
    path
        A file that exists.
    role
        What it was read as.
    rows
        Rows read from it, where that is known.
    """
    with path.open("rb") as file:
        # Read in parts: an extract may be larger than the memory.
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRecord(role, path.name, path.stat().st_size, digest, rows)


def find_file(folder: Path, name: str, *, place: str) -> Path:
    """Resolve a path of the config to a local file or folder that exists.

    Parameters
    ----------
    folder
        Folder that relative paths start from.
    name
        Path as the config gives it.
    place
        Config key in error messages, such as `areas.boundaries`.

    Raises
    ------
    InputError
        There is no such file, with the nearest name beside it; or it is a web address.
    """
    # Two letters at least before the colon: C:\ is a drive.
    if re.match(r"[A-Za-z][\w+.-]+:", name):
        raise InputError(f"{place}: {name!r} is not a local file. Save it first, then name it.")
    path = folder / name
    try:
        if path.exists():
            return path
    except OSError as error:
        raise InputError(f"{place}: no file {name[:80]!r} ({error.strerror}).") from None
    if not path.parent.is_dir():
        raise InputError(f"{place}: no file {name!r}; there is no folder {str(path.parent)!r}.")
    beside = [p.name for p in path.parent.iterdir()]
    raise InputError(f"{place}: no file {name!r}{nearest(path.name, beside)}.")


def nearest(word: str, names: Sequence[str]) -> str:
    """The tail of an error sentence: the nearest known name, or the first few that there are."""
    folded = {name.casefold(): name for name in names}
    # Whatever the capitals: LSOA21CD and lsoa21cd are the most frequent slip.
    # A name like the one asked for beats a list of all names.
    close = difflib.get_close_matches(word.casefold(), list(folded), n=1)
    if close:
        return f"; the nearest is {folded[close[0]]!r}"
    shown = ", ".join(repr(name) for name in names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"; there is {shown}{more}" if names else "; there is nothing there"


def sniff(path: Path) -> str:
    """What a file is by its first bytes, whatever it is called.

    Returns
    -------
    str
        `zip`, `xlsx`, `ods`, `gzip`, `parquet`, `geopackage`, `sqlite`, `flatgeobuf`, `shapefile`,
        `json`, `xml` (a VRT too), `utf-16`, `empty`, `text`, the name of a format that is not
        read (`pdf`, `7z`, ...), or `binary`.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    # By content, because a .zip may be a workbook and a .csv a web page.
    head = _head(path)
    # Bytes and not the ending: renamed downloads are the rule in shared folders.
    kind = next((kind for start, kind in _SIGNATURES if head.startswith(start)), "")
    if kind == "sqlite":
        # The application id stands at byte 68 of an SQLite file.
        return "geopackage" if head[68:72] in _GEOPACKAGE_IDS else "sqlite"
    if kind == "zip":
        return next((kind for mark, kind in _IN_ZIP if mark in head), "zip")
    return kind or _kind_of_text(head)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except IsADirectoryError:
        raise InputError(f"{path.name}: a folder; name the file in it.") from None
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror}).") from None


def _kind_of_text(head: bytes) -> str:
    if not head:
        return "empty"
    if b"\x00" in head:
        # Plain letters in UTF-16 have every other byte 0, with or without a mark at the beginning.
        return "utf-16" if head[1:8:2] == b"\0\0\0\0" or head[:8:2] == b"\0\0\0\0" else "binary"
    first = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    return {b"{": "json", b"[": "json", b"<": "xml"}.get(first, "text")


def members(path: Path) -> list[str]:
    """Names of the files in a zip, in the order of the zip, once all of it is known to be safe.

    Raises
    ------
    InputError
        Not a whole zip; or it holds paths that lead outside, links, encrypted members, or
        members that unpack to a size that no data has. Every fault is listed.
    """
    infos = refuse_unsafe(path)
    names = [info.filename for info in infos]
    if "[Content_Types].xml" in names:
        raise InputError(f"{path.name}: an Excel workbook. Save the sheet as CSV UTF-8.")
    return names


def largest_member(path: Path, ending: str) -> str:
    """Name of the largest file in a zip with an ending, such as .csv.

    Raises
    ------
    InputError
        No such file, or an unsafe zip.
    """
    infos = [i for i in refuse_unsafe(path) if i.filename.lower().endswith(ending)]
    if not infos:
        raise InputError(f"{path.name}: no *{ending} in it.")
    return max(infos, key=lambda info: info.file_size).filename


def refuse_unsafe(path: Path) -> list[zipfile.ZipInfo]:
    """The files of a zip, once all of it is known to be safe; see `members`."""
    with _opened(path) as archive:
        infos = _files(archive)
        # By the directory of the zip, before a byte is unpacked.
        faults = list(_archive_faults(path, infos))
    if faults:
        raise InputError(faults)
    return infos


def open_member(path: Path, name: str, into: Path) -> Path:
    """Stream one member of a zip to a private file (mode 0600) that keeps its name's ending.

    Parameters
    ----------
    path
        The zip.
    name
        Name of the member, as `members` gives it.
    into
        An existing folder for the file; the caller removes it.

    Raises
    ------
    InputError
        No such member, an unsafe zip, a damaged member, or too little room on the disk.
    """
    return next(open_members(path, [name], into))


def open_members(path: Path, names: Sequence[str], into: Path) -> Iterator[Path]:
    """Stream several members of a zip, one after the other, as `open_member` does."""
    safe = members(path)
    with _opened(path) as archive:
        for name in names:
            if name not in safe:
                raise InputError(f"{path.name}: no member {name!r}{nearest(name, safe)}.")
            info = archive.getinfo(name)
            # Before it is unpacked: a disk that fills up takes other programs with it.
            _need_room(path, into, info.file_size)
            with archive.open(info) as member:
                yield _stream(member, _fresh(into, name), f"{path.name}: member {name!r}")


def unpack(path: Path, into: Path) -> Path:
    """Stream a gzip file to a private file (mode 0600) without the ending .gz.

    Raises
    ------
    InputError
        Damaged, or unpacking to a size that no data has.
    """
    # gzip does not say reliably how large its content is, so that it is counted while it comes.
    limit = max(SMALL, LARGEST_RATIO * path.stat().st_size)
    target = _fresh(into, path.name.removesuffix(".gz"))
    with gzip.open(path, "rb") as member:
        return _stream(member, target, path.name, limit=limit)


def as_utf8(path: Path, into: Path, *, label: str | None = None) -> Text:
    """A text file as UTF-8: itself, or a converted private copy with a note that says so.

    Parameters
    ----------
    path
        A text file that is not compressed; a byte-order mark is allowed and stays.
    into
        An existing folder for the copy.
    label
        What messages call the file, where it was unpacked under another name.

    Raises
    ------
    InputError
        The file is UTF-16, binary, or neither UTF-8 nor Windows-1252.
    """
    label = label or path.name
    kind = sniff(path)
    if kind == "utf-16":
        raise InputError(
            f"{label}: written in UTF-16 (Excel calls it Unicode Text). "
            "Save it as 'CSV UTF-8 (comma delimited)'."
        )
    if kind not in ("text", "json", "xml", "empty"):
        raise InputError(f"{label}: not a text file but {kind}.")
    # UTF-8 first: text in another encoding is hardly ever valid UTF-8 by chance.
    fault = _first_undecodable(path, "utf-8")
    if fault is None:
        return Text(path, "")
    # Windows-1252 leaves five bytes undefined; what has one is of a third encoding.
    if _first_undecodable(path, "cp1252") is not None:
        raise InputError(
            f"{label}: line {fault} is neither UTF-8 nor Windows-1252 text. Save it as UTF-8."
        )
    note = (
        f"{label} is not UTF-8 (line {fault}); it was read as Windows-1252. "
        "Check names with accents, or save the file as UTF-8."
    )
    return Text(_converted(path, _fresh(into, path.name)), note)


_NO_ROOM = ("No space left on device", "not enough space on the disk")


def refuse_full(error: Exception) -> None:
    """Say that the disk or the memory is full, if that is what an error of DuckDB means.

    Raises
    ------
    InputError
        It is.
    """
    # DuckDB turns an interruption into an error of its own, which would read as a fault.
    if is_interruption(error):
        raise KeyboardInterrupt from None
    if "Out of Memory Error" in str(error):
        raise InputError(
            "The events need more memory to be counted than the database may take. Set memory "
            "higher in the config, or read fewer files at once."
        ) from None
    if any(words in str(error) for words in _NO_ROOM):
        raise InputError(
            f"The disk of the temporary folder {gettempdir()} is full. Make room, or take another: "
            "a run keeps such files beside its result, all else where TMPDIR (Windows: TEMP) says."
        ) from None


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"{path.name}: not a whole zip ({error}). Download it again.") from None


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [
        info
        for info in archive.infolist()
        # Macs add a shadow of every file there, with the same ending.
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]


def _archive_faults(path: Path, infos: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    for info in infos:
        fault = _member_fault(info)
        if fault:
            yield f"{path.name}: member {info.filename!r} {fault}."
    # Programs differ in which of two members of one name they read.
    for name, times in Counter(info.filename for info in infos).items():
        if times > 1:
            yield f"{path.name}: member {name!r} is there {times} times. Keep one."
    # Members that share the same packed bytes unpack to more than the file can hold.
    if sum(info.compress_size for info in infos) > path.stat().st_size:
        yield f"{path.name}: its members overlap, which no ordinary zip does. Download it again."


def _member_fault(info: zipfile.ZipInfo) -> str:
    """What makes a member unsafe; an ordered table, first match wins."""
    # Some programs of Windows write backslashes, which would hide ".." from a check by slashes.
    inside = PurePosixPath(info.filename.replace("\\", "/"))
    drive = re.match("[A-Za-z]:", info.filename) is not None
    outside = inside.is_absolute() or ".." in inside.parts or drive
    # By the sizes that the zip itself states; reading stops at them in any case.
    bomb = info.file_size > max(SMALL, LARGEST_RATIO * info.compress_size)
    rules = (
        (outside, "leads outside the zip. Make the zip again from the files alone"),
        (stat.S_ISLNK(info.external_attr >> 16), "is a link. Put the file itself into the zip"),
        (bool(info.flag_bits & 1), "is encrypted; save the zip without a password"),
        (
            bomb,
            f"would unpack to {info.file_size:,} bytes, {LARGEST_RATIO} times its size or more. "
            "If it is meant to be so large, unpack it yourself",
        ),
    )
    return next((fault for applies, fault in rules if applies), "")


def _need_room(path: Path, into: Path, size: int) -> None:
    # Of the disk of the temporary folder, which need not be that of the data.
    free = shutil.disk_usage(into).free
    if size > free:
        raise InputError(f"{path.name}: needs {size:,} bytes to unpack; the disk has {free:,}.")


def _fresh(into: Path, name: str) -> Path:
    """A path that does not exist yet, with a name that every system accepts."""
    # The end of a long name is kept, as it has the ending by which libraries open it.
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", PurePosixPath(name.replace("\\", "/")).name)[-100:]
    tries = (into / f"member{k or ''}-{plain}" for k in range(1_000_000))
    return next(path for path in tries if not path.exists())


def _private(path: Path) -> IO[bytes]:
    # O_EXCL refuses a file or link that somebody else put there first.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb")


_BINARY: int = getattr(os, "O_BINARY", 0)  # Windows would change line ends without it


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _stream(source: _Readable, target: Path, place: str, *, limit: int | None = None) -> Path:
    try:
        with _private(target) as out:
            while chunk := source.read(CHUNK):
                out.write(chunk)
                if limit is not None and out.tell() > limit:
                    raise InputError(
                        f"{place}: unpacks to over {limit:,} bytes, which no "
                        "table does. Unpack it yourself if it is meant to."
                    )
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise InputError(
                f"{place}: the disk is full where it is unpacked. Make room."
            ) from None
        raise InputError(f"{place}: damaged ({error}). Download it again.") from None
    return target


def _first_undecodable(path: Path, encoding: str) -> int | None:
    """Line of the first byte that the encoding does not know; None where it knows them all."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            line += chunk.count(b"\n")
        try:
            # A file may be cut in the middle of a letter.
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return line
    return None


def _converted(path: Path, target: Path) -> Path:
    decoder = codecs.getincrementaldecoder("cp1252")()
    with path.open("rb") as source, _private(target) as out:
        while chunk := source.read(CHUNK):
            out.write(decoder.decode(chunk).encode("utf-8"))
    return target
