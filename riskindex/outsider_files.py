"""Workbooks, GIS files and pictures as an outsider reads them: with what they do not show."""

import io
import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from xml.etree import ElementTree

from riskindex.outsider import Seen, Series, Table, Text, Value, keep_table, words_of

LARGEST_PART = 1 << 29
"""Bytes of one part of a workbook that are unpacked; more is no workbook of a release."""

# ---- Workbooks

_PARTS = (
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml"
    r"|xl/(workbook|sharedStrings|styles)\.xml|xl/theme/theme1\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/worksheets/sheet\d+\.xml|xl/worksheets/_rels/sheet\d+\.xml\.rels|xl/tables/table\d+\.xml"
)
_SHEET_PARTS: Mapping[str, frozenset[str]] = {
    tag: words_of(attributes)
    for tag, attributes in {
        "worksheet": "", "dimension": "ref", "sheetViews": "",
        "sheetView": "showGridLines tabSelected workbookViewId", "sheetFormatPr":
        "defaultRowHeight", "cols": "", "col": "customWidth max min width", "sheetData": "",
        "row": "r spans", "c": "r s t", "v": "", "pageMargins": "bottom footer header left right "
        "top", "headerFooter": "", "oddFooter": "", "tableParts": "count", "tablePart": "id",
        "hyperlinks": "", "hyperlink": "display location ref", "sheetPr": "", "pageSetup":
        "orientation", "is": "", "t": "space",
    }.items()
}  # fmt: skip
"""What a sheet of a release is made of; rows and columns are neither hidden nor sized by hand."""
_BOOK_PARTS = words_of("workbook fileVersion workbookPr bookViews workbookView sheets sheet calcPr")
_CORE_PARTS = words_of("coreProperties title creator description lastModifiedBy created modified")
_FORMAT = re.compile(r"General|#,##0|0(\.0+)?")


def read_workbook(name: str, content: bytes, seen: Seen) -> None:
    """Every sheet of a workbook with its stored values, and every part that is no sheet.

    Notes
    -----
    The parts are read as XML without declarations, so that none can grow or reach elsewhere.
    """
    archive = zipfile.ZipFile(io.BytesIO(content))
    _look_at_archive(name, content, archive, seen)
    parts = {info.filename: _part(name, archive, info, seen) for info in archive.infolist()}
    for part, inside in parts.items():
        if not re.fullmatch(_PARTS, part):
            seen.odd(name, part, "a part that no sheet needs")
            seen.texts.append(Text(name, part, _bare(inside)))
    if "xl/workbook.xml" not in parts:
        seen.odd(name, "the file", "an archive that is no workbook")
        return
    strings, formats = _shared_strings(name, parts, seen), _formats(name, parts, seen)
    _look_at_book(name, parts, seen)
    used: set[int] = set()
    for label, part in _sheets(parts):
        _read_sheet(_Sheet(name, label, parts[part], strings, formats, used), seen)
    for number in set(range(len(strings))) - used:
        seen.odd(name, "shared strings", f"a text that no cell shows: {strings[number][:80]}")


def _look_at_archive(name: str, content: bytes, archive: zipfile.ZipFile, seen: Seen) -> None:
    end = 0
    for info in archive.infolist():
        if info.header_offset != end or info.comment or info.extra or info.date_time[0] > 2000:
            seen.odd(name, info.filename, "bytes, a comment or a date between the parts")
        start = info.header_offset
        lengths = struct.unpack("<HH", content[start + 26 : start + 30])
        described = 16 if info.flag_bits & 8 else 0
        end = start + 30 + sum(lengths) + info.compress_size + described
    if end != archive.start_dir or archive.comment or content[-22:-18] != b"PK\x05\x06":
        seen.odd(name, "the archive", "bytes or a comment after the parts")


def _part(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, seen: Seen) -> bytes:
    if info.file_size > LARGEST_PART:
        seen.odd(name, info.filename, "too large to be read")
        return b""
    return archive.read(info)


def _xml(content: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("XML with declarations")
    return ElementTree.fromstring(content)


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _bare(content: bytes) -> str:
    return re.sub(r"<[^>]*>", " ", content.decode("utf-8", errors="replace"))


def _comments(name: str, part: str, content: bytes, seen: Seen) -> None:
    if b"<!--" in content or content.count(b"<?") > 1:
        seen.odd(name, part, "a comment or an instruction in XML")


def _shared_strings(name: str, parts: Mapping[str, bytes], seen: Seen) -> list[str]:
    content = parts.get("xl/sharedStrings.xml", b"<sst/>")
    _comments(name, "shared strings", content, seen)
    root = _xml(content)
    texts = ["".join(item.itertext()) for item in root]
    if any(_tag(e) not in ("sst", "si", "t", "r", "rPr") for e in root.iter()):
        seen.odd(name, "shared strings", "more than texts")
    return texts


def _formats(name: str, parts: Mapping[str, bytes], seen: Seen) -> list[str]:
    """The number format of each style."""
    root = _xml(parts.get("xl/styles.xml", b"<styleSheet/>"))
    codes = {e.get("numFmtId", ""): e.get("formatCode", "") for e in root.iter()
             if _tag(e) == "numFmt"}  # fmt: skip
    for code in codes.values():
        if not _FORMAT.fullmatch(code):
            seen.odd(name, "number formats", f"the format {code!r}")
    styles = (xf for e in root if _tag(e) == "cellXfs" for xf in e)
    return [codes.get(xf.get("numFmtId", ""), "General") for xf in styles]


def _look_at_book(name: str, parts: Mapping[str, bytes], seen: Seen) -> None:
    for element in _xml(parts["xl/workbook.xml"]).iter():
        if _tag(element) not in _BOOK_PARTS:
            words = " ".join([*element.attrib.values(), *element.itertext()])
            seen.odd(name, "xl/workbook.xml", f"{_tag(element)}: {words.strip()[:120]}")
            seen.texts.append(Text(name, f"workbook {_tag(element)}", words))
        if _tag(element) == "sheet" and element.get("state"):
            seen.odd(name, f"sheet {element.get('name')}", f"the sheet is {element.get('state')}")
    for part in ("docProps/core.xml", "docProps/app.xml"):
        for element in _xml(parts.get(part, b"<x/>")).iter():
            text = (element.text or "").strip()
            if part.endswith("core.xml") and _tag(element) not in (*_CORE_PARTS, "x"):
                seen.odd(name, part, f"the property {_tag(element)}: {text[:80]}")
            if text:
                seen.texts.append(Text(name, f"{part} {_tag(element)}", text))
    for part, content in parts.items():
        _comments(name, part, content, seen)


def _sheets(parts: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Name and part of every sheet, and the parts that no sheet names."""
    targets = {e.get("Id", ""): e.get("Target", "")
               for e in _xml(parts.get("xl/_rels/workbook.xml.rels", b"<x/>"))}  # fmt: skip
    named = set()
    for element in _xml(parts["xl/workbook.xml"]).iter():
        if _tag(element) == "sheet":
            reference = next((v for k, v in element.attrib.items() if k.endswith("}id")), "")
            part = f"xl/{targets.get(reference, '').removeprefix('/xl/')}"
            if part in parts:
                named.add(part)
                yield element.get("name", ""), part
    for part in parts:
        if part.startswith("xl/worksheets/sheet") and part not in named:
            yield f"(no name) {part}", part


class _Sheet(NamedTuple):
    file: str
    label: str
    content: bytes
    strings: list[str]
    formats: list[str]
    used: set[int]


class _Cell(NamedTuple):
    value: Value
    style: int


def _read_sheet(sheet: _Sheet, seen: Seen) -> None:
    root, place = _xml(sheet.content), f"sheet {sheet.label}"
    for element in root.iter():
        known = _SHEET_PARTS.get(_tag(element))
        extra = {a.rpartition("}")[2] for a in element.attrib} - (known or frozenset())
        if known is None or extra:
            where = element.get("r") or element.get("ref") or element.get("min") or ""
            what = f"{_tag(element)} {' '.join(sorted(extra))} {where}"
            seen.odd(sheet.file, place, what.strip())
        if _tag(element) == "oddFooter":
            seen.texts.append(Text(sheet.file, f"{place}, footer", element.text or ""))
    lines = {int(row.get("r", "0")): _cells(row, sheet)
             for row in root.iter() if _tag(row) == "row"}  # fmt: skip
    widths = [float(e.get("width", "0")) for e in root.iter() if _tag(e) == "col"]
    seen.series.append(Series(sheet.file, f"{place}, widths", tuple(widths)))
    _keep_lines(sheet, lines, seen)


def _cells(row: ElementTree.Element, sheet: _Sheet) -> dict[str, _Cell]:
    cells = {}
    for cell in row:
        kind, text = cell.get("t", "n"), "".join(cell.itertext())
        value: Value = text
        if kind == "s" and text:
            sheet.used.add(int(text))
            value = sheet.strings[int(text)]
        elif kind == "n":
            value = float(text) if text else None
        letters = re.sub(r"\d", "", cell.get("r", ""))
        cells[letters] = _Cell(value, int(cell.get("s", "0")))
    return cells


def _keep_lines(sheet: _Sheet, lines: dict[int, dict[str, _Cell]], seen: Seen) -> None:
    """The lines above a table as texts, the table, and its styles where they change in a column."""
    place = f"sheet {sheet.label}"
    wide = max((len(cells) for cells in lines.values()), default=0)
    first = next((n for n, cells in sorted(lines.items()) if wide > 1 and len(cells) == wide), None)
    for number, cells in lines.items():
        if first is None or number < first:
            for cell in cells.values():
                seen.texts.append(Text(sheet.file, f"{place}, row {number}", str(cell.value)))
    if first is None:
        return
    letters = list(lines[first])
    body = [lines[number] for number in sorted(lines) if number > first]
    if any(set(cells) - set(letters) for cells in body):
        seen.odd(sheet.file, place, "cells outside the table")
    rows = [tuple(cells[c].value if c in cells else None for c in letters) for cells in body]
    heads = tuple(str(lines[first][c].value) for c in letters)
    keep_table(Table(sheet.file, place, heads, rows), seen)
    for letter, head in zip(letters, heads, strict=True):
        if len({cells[letter].style for cells in body if letter in cells}) > 1:
            seen.odd(sheet.file, f"{place}, column {head}", "cells of different styles")


# ---- GIS files

_OWN = (
    r"gpkg_(spatial_ref_sys|contents|ogr_contents|geometry_columns|tile_matrix(_set)?|extensions)"
    r"|sqlite_sequence|areas|rtree_areas_geom(_(rowid|node|parent))?"
)
_OWN_TRIGGERS = (
    r"(gpkg_tile_matrix_\w+|rtree_areas_geom_\w+|trigger_(insert|delete)_feature_count_areas)"
)
_CONTENTS = ("identifier", "description")


def read_geopackage(name: str, content: bytes, seen: Seen) -> None:
    """Every table of a GeoPackage, its own metadata, and what is left of deleted rows."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(content)
        _read_database(name, connection, seen)
    except sqlite3.DatabaseError as error:
        seen.odd(name, "the file", f"cannot be read: {error}")
    finally:
        connection.close()


def _read_database(name: str, connection: sqlite3.Connection, seen: Seen) -> None:
    if connection.execute("PRAGMA freelist_count").fetchone()[0]:
        seen.odd(name, "the file", "pages of deleted rows")
    for kind, table, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        allowed = _OWN_TRIGGERS if kind == "trigger" else _OWN
        if kind != "index" and not re.fullmatch(allowed, table):
            seen.odd(name, f"{kind} {table}", "a table, view or trigger that no release has")
        if kind == "index" and not str(table).startswith("sqlite_autoindex_"):
            seen.odd(name, f"index {table}", "an index that no release has")
        if re.search(r"--|/\*", sql or ""):
            seen.odd(name, f"{kind} {table}", "a comment in its definition")
        if kind in ("table", "view") and not re.fullmatch(r"rtree_.*|gpkg_spatial_ref_sys", table):
            _read_layer(name, str(table), connection, seen)


def _read_layer(name: str, table: str, connection: sqlite3.Connection, seen: Seen) -> None:
    quoted = table.replace('"', '""')
    try:
        found = connection.execute(f'SELECT * FROM "{quoted}"')
    except sqlite3.DatabaseError as error:
        seen.odd(name, f"table {table}", f"cannot be read: {error}")
        return
    columns = tuple(str(part[0]) for part in found.description)
    rows = found.fetchall()
    plain = [tuple(_plain_value(v) for v in row) for row in rows]
    if table.startswith(("gpkg_", "sqlite_")):
        for row in plain:
            words = (f"{c}: {v}" for c, v in zip(columns, row, strict=True) if isinstance(v, str))
            seen.texts.append(Text(name, f"table {table}", "; ".join(words)))
        return
    keep_table(Table(name, f"layer {table}", columns, plain), seen)
    if "geom" in columns:
        _look_at_shapes(name, [row[columns.index("geom")] for row in rows], seen)


def _plain_value(value: object) -> Value:
    return value if isinstance(value, str | int | float) else None


def _look_at_shapes(name: str, blobs: list[Any], seen: Seen) -> None:
    """A shape is two-dimensional, and its bytes hold nothing else."""
    import shapely

    headers = {0: 8, 1: 40, 2: 56, 3: 56, 4: 72}
    for number, blob in enumerate(blobs, start=1):
        if not isinstance(blob, bytes) or blob[:2] != b"GP":
            seen.odd(name, f"shape {number}", "no geometry")
            return
        body = blob[headers.get(blob[3] >> 1 & 7, 8) :]
        shape = shapely.from_wkb(body)
        if len(shapely.to_wkb(shape)) != len(body) or shapely.has_z(shape):
            seen.odd(name, f"shape {number}", "a geometry with more than two coordinates, or bytes")
            return


# ---- Pictures


def read_picture(name: str, content: bytes, seen: Seen, place: str = "the picture") -> None:
    """The parts of a PNG that are no picture, and the colours that areas are filled with."""
    at, kinds = 8, []
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        kinds.append(kind)
        if kind not in (b"IHDR", b"pHYs", b"IDAT", b"IEND", b"sBIT", b"PLTE", b"tRNS"):
            words = content[at + 8 : at + 8 + length].decode("latin-1")
            seen.odd(name, place, f"a part {kind.decode('latin-1')}: {words[:120]}")
            seen.texts.append(Text(name, place, words))
        at += 12 + length
        if kind == b"IEND":
            break
    if at != len(content):
        seen.odd(name, place, f"{len(content) - at:,} bytes after the picture")
    _filled(name, content, seen, place)


SMALLEST_FILL = 12
"""Pixels of one colour, with their neighbours of the same, that are taken for a filled area."""


def _filled(name: str, content: bytes, seen: Seen, place: str) -> None:
    """Colours that fill areas, which classes would keep few."""
    import numpy as np
    from matplotlib.image import imread

    try:
        pixels = imread(io.BytesIO(content), format="png")
    except (OSError, ValueError, SyntaxError, zlib.error) as error:
        seen.odd(name, place, f"cannot be read: {error}")
        return
    flat = np.rint(np.atleast_3d(pixels)[..., :3] * 255).astype(np.int64) @ [65536, 256, 1]
    inner = flat[1:-1, 1:-1]
    same = np.ones(inner.shape, dtype=bool)
    for around in (flat[:-2, 1:-1], flat[2:, 1:-1], flat[1:-1, :-2], flat[1:-1, 2:]):
        same &= inner == around
    colours, often = np.unique(inner[same], return_counts=True)
    found = " ".join(f"#{c:06X}" for c in colours[often >= SMALLEST_FILL])
    seen.texts.append(Text(name, f"{place}, colours", found))
