"""A folder as an outsider reads it: every file by its content, everything that it holds."""

import csv
import io
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

Value = str | float | int | None
"""What a cell holds: text as written, a number as stored, or nothing."""


class Table(NamedTuple):
    """Rows and columns, wherever they stand."""

    file: str
    place: str
    """Sheet, layer, or the table's number in a page."""
    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]


class Text(NamedTuple):
    """Words that somebody may read, or find."""

    file: str
    place: str
    text: str


class Series(NamedTuple):
    """Numbers in a row that a drawing, a style or a list is made of."""

    file: str
    place: str
    values: tuple[float, ...]


class Marked(NamedTuple):
    """Which class or colour stands for each of the areas, by their place in the order of codes."""

    file: str
    place: str
    classes: dict[int, str]


class Document(NamedTuple):
    """JSON, whole."""

    file: str
    place: str
    value: Any


class Oddity(NamedTuple):
    """What no writer of a release makes."""

    file: str
    place: str
    what: str


@dataclass(frozen=True)
class Seen:
    """Everything that was read."""

    tables: list[Table] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    marked: list[Marked] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    oddities: list[Oddity] = field(default_factory=list)
    orders: list[Text] = field(default_factory=list)
    """Words in the order in which they stand, such as the codes of a list, split by line ends."""

    def odd(self, file: str, place: str, what: str) -> None:
        """Note what does not belong."""
        self.oddities.append(Oddity(file, place, what))


Reader = Callable[[str, bytes, Seen], None]


def read_folder(folder: Path) -> Seen:
    """Read every file below a folder, by its content and not by its name.

    Parameters
    ----------
    folder
        Anything; links, empty folders and files of no known kind are noted as oddities.
    """
    seen = Seen()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        seen.texts.append(Text(name, "file name", path.name))
        if path.is_symlink():
            seen.odd(name, "the folder", "a link")
        elif path.is_dir():
            _look_at_folder(path, name, seen)
        else:
            _extra_attributes(path, name, seen)
            read_bytes(name, path.read_bytes(), seen)
    return seen


def read_bytes(name: str, content: bytes, seen: Seen) -> None:
    """Read one file, by its first bytes."""
    try:
        _kind(content)(name, content, seen)
    except (ValueError, KeyError, IndexError, OSError, RecursionError) as error:
        seen.odd(name, "the file", f"cannot be read: {type(error).__name__}: {error}"[:200])


def _look_at_folder(path: Path, name: str, seen: Seen) -> None:
    if not any(path.iterdir()):
        seen.odd(name, "the folder", "an empty folder")


def _extra_attributes(path: Path, name: str, seen: Seen) -> None:
    list_attributes = getattr(os, "listxattr", None)
    for attribute in list_attributes(path) if list_attributes else ():
        if str(attribute).startswith("user."):
            seen.odd(name, "attributes of the file", str(attribute))


def _kind(content: bytes) -> Reader:
    from riskindex import outsider_files, outsider_pages

    starts: tuple[tuple[bytes, Reader], ...] = (
        (b"PK", outsider_files.read_workbook),
        (b"SQLite format 3\0", outsider_files.read_geopackage),
        (b"\x89PNG\r\n\x1a\n", outsider_files.read_picture),
    )
    for start, reader in starts:
        if content.startswith(start):
            return reader
    head = content[:400].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] == b"<" or b"<html" in head.lower():
        return outsider_pages.read_page
    return _read_json if head[:1] in (b"{", b"[") else _read_csv


def _text(content: bytes) -> str:
    text = content.decode("utf-8-sig")
    if any(ord(sign) < 32 and sign not in "\r\n\t" for sign in text):
        raise ValueError("a file of no known kind")
    return text


def _read_csv(name: str, content: bytes, seen: Seen) -> None:
    text = _text(content)
    header, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    again = io.StringIO()
    csv.writer(again, lineterminator="\r\n").writerows([header, *lines])
    if content != b"\xef\xbb\xbf" + again.getvalue().encode("utf-8"):
        seen.odd(name, "the file", "not the bytes that a CSV of these values has")
    if any(len(line) != len(header) for line in lines):
        seen.odd(name, "the file", "lines of different lengths")
    keep_table(Table(name, "table", tuple(header), [tuple(line) for line in lines]), seen)


def _read_json(name: str, content: bytes, seen: Seen) -> None:
    value = load_json(name, "the file", _text(content), seen)
    written = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    if content.decode("utf-8") != written:
        seen.odd(name, "the file", "not the bytes that JSON of these values has")
    keep_document(Document(name, "", value), seen)


def load_json(name: str, place: str, text: str, seen: Seen) -> Any:  # noqa: ANN401 (JSON)
    """The value of a JSON text; a key that is there twice is noted."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in items}) < len(items):
            seen.odd(name, place, "a key that is there twice")
        return dict(items)

    return json.loads(text, object_pairs_hook=pairs)


def keep_table(table: Table, seen: Seen) -> None:
    """Keep a table, its header and its lines as texts, and the order of its lines."""
    seen.tables.append(table)
    seen.texts.append(Text(table.file, f"{table.place}, heading", " | ".join(table.columns)))


def keep_document(document: Document, seen: Seen) -> None:
    """Keep JSON, and every text and row of numbers in it."""
    seen.documents.append(document)
    place = f"{document.place} " if document.place else ""
    for path, leaf in leaves(document.value):
        if isinstance(leaf, str):
            seen.texts.append(Text(document.file, f"{place}{path}", leaf))
    for path, row in rows_of_numbers(document.value):
        seen.series.append(Series(document.file, f"{place}{path}", row))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 (JSON)
    """Every plain value in JSON, with its path; keys are part of the path."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, f"{path}/{number}")
    else:
        yield path, value


def rows_of_numbers(value: Any, path: str = "") -> Iterator[tuple[str, tuple[float, ...]]]:  # noqa: ANN401
    """Every list in JSON that holds two numbers or more, NaN for what is none."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from rows_of_numbers(part, f"{path}/{key}")
    elif isinstance(value, list):
        if sum(is_number(part) for part in value) > 1:
            yield path, tuple(float(p) if is_number(p) else math.nan for p in value)
        for number, part in enumerate(value):
            yield from rows_of_numbers(part, f"{path}/{number}")


def words_of(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def is_number(value: object) -> bool:
    """Whether a value is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


_NUMBER = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")


def numbers_in(text: str) -> list[float]:
    """Every number in a text such as the path of a drawing."""
    return [float(found) for found in _NUMBER.findall(text)]


def as_number(value: Value) -> float:
    """A cell as a number, NaN where it is none."""
    if is_number(value):
        return float(value)  # type: ignore[arg-type]  # is_number has looked
    try:
        return float(str(value).replace(",", "")) if value not in (None, "") else math.nan
    except ValueError:
        return math.nan


def column(table: Table, name: str) -> Sequence[Value]:
    """The values of one column of a table."""
    at = table.columns.index(name)
    return [row[at] for row in table.rows]
