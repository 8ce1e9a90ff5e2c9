"""Ways to spoil tables by area and lookups, and the zips and workbooks that they come in."""

import gzip
import io
import struct
import zipfile

from fault_corpus import AREAS, FIRST, Project, archive, case, cell, change_bytes, config

# ---- Cells --------------------------------------------------------------------------------------

PLACE = ("people.csv: row 2, column 'residents', value",)

cell(
    "a thousands separator",
    '"1,500"',
    3,
    *PLACE,
    "'1,500'",
    "a thousands separator",
    "Save the column without it",
)
cell(
    "a thousands separator without quotes",
    "1,500",
    3,
    "people.csv: row 2 has 4 fields, the header 3",
    "put quotes",
)
for _text in (
    "-",
    "NULL",
    "NaN",
    "n/a",
    "12 people",
    "12%",
    "£100",
    "1 500",
    "1\u00a0500",
    "1e",
    "0x5",
    "１５００",
    "~1500",
    "c",
    "[c]",
    "<5",
    "1.5.0",
    "TRUE",
    "=1500",
    "inf",
    "-inf",
):
    cell(f"{_text!r} for a number", _text, 3, *PLACE, "not a number", "Leave the cell empty")
cell("a negative count", "-1", 3, *PLACE, "'-1'", "negative, which no count of people")
cell("a number beyond all numbers", "1e400", 3, *PLACE, "'1e400'", "too large for a count")
cell("a huge count", "99999999999", 3, *PLACE, "'99999999999'", "too large for a count")
cell(
    "an empty cell",
    "",
    0,
    "people.csv: column 'residents' is empty for 1 areas",
    FIRST,
    "not assessed there",
)
cell(
    "a fraction", "1500.5", 0, "people.csv: column 'residents'", "E01020001: 1,500.5", "check them"
)
cell("a number with an exponent", "1.5e3", 0)
cell("blanks around a number", " 1500 ", 0)
case("nobody lives there", lambda p: p.change("people.csv", ",1500,200", ",0,0"), 0)
case(
    "a decimal comma",
    lambda p: p.write(
        "people.csv", p.text("people.csv").replace(",", ";").replace(";1500;", ";1500,5;")
    ),
    3,
    *PLACE,
    "'1500,5'",
    "not a number",
)
case(
    "more out of work than residents",
    lambda p: p.change("people.csv", ",1500,200", ",1500,2000"),
    3,
    "Out of work: out_of_work of people is larger than residents in 1 areas",
    FIRST,
    "2,000 of 1,500",
    "Check the columns",
)

# ---- Codes and rows -----------------------------------------------------------------------------


def _code(name: str, new: str, code: int, *says: str) -> None:
    case(name, lambda p: p.change("people.csv", f"{FIRST},", f"{new},"), code, *says)


KEY = ("people.csv: row 2, column 'code', value",)

_code(
    "a code of a table in small letters",
    FIRST.lower(),
    0,
    "1 codes",
    "small letters",
    "'e01020001'",
)
_code("blanks around a code of a table", f" {FIRST} ", 0, "1 codes", "white space")
for _word in ("", "NA", "NaN", "null", "N/A", "None"):
    _code(f"{_word!r} for a code", _word, 3, *KEY, "no area code", "Fill it in")
_code(
    "a code that is there twice",
    AREAS[1],
    3,
    "people.csv: row 3, column 'code', value 'E01020002'",
    "the code is in row 2 already",
    "Keep one row",
)
_code(
    "an area that the table lacks",
    "E01033768",
    0,
    "people.csv: 1 of 12 areas are not in it (E01020001)",
    "not assessed there",
)
case(
    "a total below the areas",
    lambda p: p.write("people.csv", p.text("people.csv") + "Total,18660,2466\n"),
    0,
)
case(
    "a table of middle layer areas",
    lambda p: p.write("people.csv", p.text("people.csv").replace("E0102", "E0202")),
    3,
    "people.csv: none of the 12 areas is in column 'code', which holds MSOAs",
    "Use a table of the boundaries' edition",
)
case(
    "a table of the edition before",
    lambda p: (
        [
            p.write(name, p.text(name).replace("E01020012", "E01035012"))
            for name in ("areas.geojson", "lookup.csv", "crimes.csv")
        ]
    ),
    0,
    "people.csv: 1 of 12 areas are not in it (E01035012)",
    "an edition before 2021",
)
case(
    "a header and no areas",
    lambda p: p.write("people.csv", "code,residents,out_of_work\n"),
    3,
    "people.csv: the table has a header and no rows",
)
case(
    "two rows of header",
    lambda p: p.write("people.csv", "Census,,\n" + p.text("people.csv")),
    3,
    "people.csv: no column 'code'",
)
case(
    "a renamed column of a table",
    lambda p: p.change("people.csv", ",residents,", ",Residents,"),
    3,
    "people.csv: no column 'residents'",
    "the nearest is 'Residents'",
)
case(
    "a column of a table that is there twice",
    lambda p: p.change("people.csv", "out_of_work", "residents"),
    3,
    "people.csv: no column 'out_of_work'",
)
case(
    "two columns of one name",
    lambda p: p.write(
        "people.csv",
        p.text("people.csv")
        .replace("\n", ",1\n")
        .replace("out_of_work,1", "out_of_work,residents"),
    ),
    3,
    "people.csv: the column 'residents' is there 2 times",
    "rename all but one",
)
case(
    "notes below a table",
    lambda p: p.write("people.csv", p.text("people.csv") + "Source: ONS\n"),
    3,
    "people.csv: row 14 has 1 fields, the header 3",
    "Take out notes below",
)
case(
    "a table with a quote left open",
    lambda p: p.change("people.csv", ",1500,", ',"1500,'),
    3,
    "people.csv: row 2 cannot be read as CSV",
)
case(
    "a table in windows-1252",
    lambda p: change_bytes(p, "people.csv", "\nE01020002", b"\nSt Ren\xe9,1,1\nE01020002"),
    0,
    "people.csv is not UTF-8 (line 3)",
    "Windows-1252",
)
case(
    "a note to Excel above a table",
    lambda p: p.write("people.csv", "sep=,\n" + p.text("people.csv")),
    3,
    "people.csv: line 1 is 'sep=,', a note to Excel",
    "Take it out",
)
case("an empty table", lambda p: p.write("people.csv", ""), 3, "people.csv: the file is empty")
case(
    "a table that is a folder",
    lambda p: ((p.folder / "people.csv").unlink(), (p.folder / "people.csv").mkdir()),
    3,
    "people.csv",
    "a folder",
    "name the file in it",
)
config(
    "a table that is not there",
    '"people.csv"',
    '"peoples.csv"',
    3,
    "sources.people.path: no file 'peoples.csv'",
    "the nearest is 'people.csv'",
)
config(
    "a table in a folder that is not there",
    '"people.csv"',
    '"data/people.csv"',
    3,
    "sources.people.path: no file 'data/people.csv'",
    "there is no folder",
)

# ---- What is no table ---------------------------------------------------------------------------

XML_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "'
    + "&lol;" * 50
    + '"><!ENTITY lol3 "'
    + "&lol2;" * 50
    + '">]><worksheet>&lol3;</worksheet>'
).encode()
WORKBOOK = archive(("[Content_Types].xml", b"<Types/>"), ("xl/worksheets/sheet1.xml", XML_BOMB))

for _name, _content, _what in (
    ("a workbook with an XML bomb", WORKBOOK, "cannot be read as a workbook"),
    ("a workbook of old", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a legacy Excel"),
    (
        "a web page",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        "a web page saved by mistake",
    ),
    ("a PDF", b"%PDF-1.7 ...", "a pdf file"),
    ("a 7z archive", b"7z\xbc\xaf\x27\x1c0000", "a 7z file"),
    ("a rar archive", b"Rar!\x1a\x07\x00", "a rar file"),
):
    for _file in ("people.csv", "crimes.csv"):
        case(
            f"{_name} called {_file}",
            lambda p, file=_file, content=_content: p.write(file, content),
            3,
            f"{_file}: ",
            _what,
            "CSV UTF-8",
        )

# ---- Zips ---------------------------------------------------------------------------------------


def _zip(project: Project, name: str, content: bytes) -> None:
    """Have the config read a zip in the place of a CSV."""
    project.write(f"{name}.zip", content)
    project.change("config.toml", f'"{name}.csv"', f'"{name}.zip"')


def _of(project: Project, name: str) -> bytes:
    return project.text(f"{name}.csv").encode()


def bomb() -> bytes:
    """A member that unpacks to thirty million bytes of nothing."""
    return archive(("people.csv", bytes(30_000_000)))


def overlapping() -> bytes:
    """A zip whose members share their bytes, in the manner of Fifield's bombs."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        file.writestr("a.csv", "x" * 1000)
    data = packed.getvalue()
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    again = data[at:end].replace(b"a.csv", b"b.csv")
    entries = data[at:end] + again
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(entries), at, 0)
    return data[:at] + entries + tail


LINK = archive(("people.csv", b"/etc/passwd"), mode=0o120777)

for _file in ("people", "crimes"):
    for _name, _content, *_says in (
        (
            "a zip with a path that leads outside",
            archive(("../../people.csv", b"x")),
            "member '../../people.csv' leads outside the zip",
        ),
        (
            "a zip with an absolute path",
            archive(("/tmp/people.csv", b"x")),
            "leads outside the zip",
        ),
        ("a zip with a drive", archive(("C:\\people.csv", b"x")), "leads outside the zip"),
        ("a zip with a link", LINK, "member 'people.csv' is a link"),
        (
            "a zip with a password",
            archive(("people.csv", b"x"), flags=1),
            "is encrypted",
            "save the zip without a password",
        ),
        ("a zip bomb", bomb(), "would unpack to 30,000,000 bytes"),
        ("a zip whose members overlap", overlapping(), "its members overlap"),
        (
            "half a zip",
            archive(("people.csv", b"x" * 5000))[:60],
            "not a whole zip",
            "Download it again",
        ),
        ("a zip without a table", archive(("readme.md", b"x")), "no table in it", "*.csv"),
        ("an empty zip", archive(), "no table in it"),
        ("a zip of zips", archive(("inner.zip", archive(("people.csv", b"x")))), "no table in it"),
    ):
        case(
            f"{_name} for {_file}",
            lambda p, file=_file, content=_content: _zip(p, file, content),
            3,
            f"{_file}.zip",
            *_says,
        )

case("a zip of a table", lambda p: _zip(p, "people", archive(("a/b.csv", _of(p, "people")))), 0)
case(
    "a zip of events",
    lambda p: _zip(p, "crimes", archive(("a/b.csv", _of(p, "crimes")))),
    0,
    counted=240,
)
case(
    "a zip of several tables",
    lambda p: _zip(p, "people", archive(("a.csv", _of(p, "people")), ("b.csv", b"x"))),
    3,
    "people.zip: which member?",
    "'a.csv', 'b.csv'",
)
case(
    "a member that is not there",
    lambda p: (
        _zip(p, "people", archive(("a.csv", _of(p, "people")))),
        p.change("config.toml", 'kind = "table"', 'kind = "table"\nmember = "c.csv"'),
    ),
    3,
    "people.zip: no one member 'c.csv'",
    "'a.csv'",
)
case("a gzip of a table", lambda p: p.write("people.csv", gzip.compress(_of(p, "people"))), 0)
case(
    "half a gzip",
    lambda p: p.write("people.csv", gzip.compress(_of(p, "people"))[:-20]),
    3,
    "people.csv: damaged",
    "Download it again",
)
case(
    "a gzip bomb",
    lambda p: p.write("people.csv", gzip.compress(bytes(30_000_000))),
    3,
    "people.csv: unpacks to over 16,777,216 bytes",
)

# ---- Lookups ------------------------------------------------------------------------------------


def _lookup(name: str, old: str, new: str, code: int, *says: str) -> None:
    case(name, lambda p: p.change("lookup.csv", old, new), code, *says)


_lookup(
    "an area in two districts",
    "E01020002,",
    f"{FIRST},",
    3,
    "lookup.csv: row 2, column 'code', value 'E01020001'",
    "different groups",
    "Keep one row",
)
_lookup(
    "an area that the lookup lacks",
    f"{FIRST},North\n",
    "",
    0,
    "lookup.csv: 1 of 12 areas are not in it (E01020001)",
    "not recorded",
)
_lookup(
    "a renamed column of a lookup",
    "code,district",
    "code,lad24nm",
    3,
    "lookup.csv: no column 'district'",
)
_lookup(
    "a row of a lookup that is short",
    f"{FIRST},North",
    FIRST,
    3,
    "lookup.csv: row 2 has 1 fields, the header 2",
)
for _word in ("NULL", "N/A", "NaN", ""):
    _lookup(
        f"{_word!r} for a district",
        f"{FIRST},North",
        f"{FIRST},{_word}",
        0,
        "groups by district: 3",
    )
case(
    "a lookup of other areas",
    lambda p: p.write("lookup.csv", p.text("lookup.csv").replace("E0102", "E0502")),
    3,
    "lookup.csv: none of the 12 areas is in column 'code', which holds wards",
)
case(
    "a lookup with a header alone",
    lambda p: p.write("lookup.csv", "code,district\n"),
    3,
    "lookup.csv: the table has a header and no rows",
)
