import gzip
import hashlib
import stat
import sys
import zipfile

import pytest

from riskindex.errors import InputError
from riskindex.files.formats import (
    as_utf8,
    find_file,
    members,
    nearest,
    open_member,
    open_members,
    record,
    sniff,
    unpack,
)


def made(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def zipped(folder, entries, name="data.zip"):
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    return path


# What a file is


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"a,b\n1,2\n", "text"),
        (b"\xef\xbb\xbfa,b\n", "text"),
        (b"", "empty"),
        (b' {"type": "FeatureCollection"}', "json"),
        (b"<OGRVRTDataSource>", "xml"),
        (b"PAR1\0\0", "parquet"),
        (b"SQLite format 3\0" + bytes(52) + b"GPKG", "geopackage"),
        (b"SQLite format 3\0" + bytes(80), "sqlite"),
        (b"fgb\x03fgb\0", "flatgeobuf"),
        (b"\0\0\x27\x0a" + bytes(96), "shapefile"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "zip"),
        ("a,b\n".encode("utf-16"), "utf-16"),
        ("area,b\n".encode("utf-16-le"), "utf-16"),
        (b"%PDF-1.7", "pdf"),
        (b"a\0b\x01\x02\x03\x04\x05\x06", "binary"),
    ],
)
def test_first_bytes_say_what_a_file_is_and_its_name_does_not(tmp_path, content, kind):
    assert sniff(made(tmp_path, "data.geojson", content)) == kind


def test_what_cannot_be_read_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv: cannot be read"):
        sniff(tmp_path / "gone.csv")


def test_a_record_recognises_a_file_and_forgets_its_folder(tmp_path):
    path = made(tmp_path, "areas.csv", b"code\nA\n")
    kept = record(path, "boundaries", rows=1)
    assert kept == ("boundaries", "areas.csv", 7, hashlib.sha256(b"code\nA\n").hexdigest(), 1)


# Finding files


def test_a_path_of_the_config_starts_from_its_folder(tmp_path):
    made(tmp_path, "areas.gpkg", b"x")
    assert find_file(tmp_path, "areas.gpkg", place="areas.boundaries") == tmp_path / "areas.gpkg"
    assert find_file(tmp_path, str(tmp_path / "areas.gpkg"), place="areas.boundaries").is_file()


def test_a_misspelt_path_names_the_nearest_file(tmp_path):
    made(tmp_path, "lsoa21.gpkg", b"x")
    with pytest.raises(InputError, match=r"areas\.boundaries: .*the nearest is 'lsoa21\.gpkg'"):
        find_file(tmp_path, "LSOA2021.gpkg", place="areas.boundaries")


@pytest.mark.parametrize("address", ["https://example.org/a.zip", "PG:dbname=x", "/vsicurl/x"])
def test_only_local_files_are_read(tmp_path, address):
    with pytest.raises(InputError):
        find_file(tmp_path, address, place="areas.boundaries")


def test_names_that_are_far_from_all_are_listed():
    assert nearest("zzz", ["code", "name"]) == "; there is 'code', 'name'"
    assert nearest("zzz", []) == "; there is nothing there"
    assert nearest("zzz", [f"c{i}" for i in range(14)]).endswith("'c11' and 2 more")


# Archives


def test_a_member_is_streamed_to_a_private_file(tmp_path):
    path = zipped(tmp_path, {"2025-01/2025-01-essex-street.csv": "a,b\n"})
    file = open_member(path, "2025-01/2025-01-essex-street.csv", tmp_path)
    assert file.read_text() == "a,b\n"
    assert file.parent == tmp_path
    assert file.suffix == ".csv"
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_members_of_one_name_in_two_folders_do_not_overwrite_each_other(tmp_path):
    path = zipped(tmp_path, {"a/x.csv": "1", "b/x.csv": "2"})
    files = list(open_members(path, members(path), tmp_path))
    assert [file.read_text() for file in files] == ["1", "2"]


def test_folders_and_the_resource_forks_of_macos_are_no_members(tmp_path):
    path = zipped(tmp_path, {"a/": "", "a/x.csv": "1", "__MACOSX/a/._x.csv": "?"})
    assert members(path) == ["a/x.csv"]


def test_a_missing_member_names_the_nearest(tmp_path):
    path = zipped(tmp_path, {"ts011-lsoa.csv": "1"})
    with pytest.raises(InputError, match=r"no member 'ts011-lso\.csv'; the nearest is"):
        open_member(path, "ts011-lso.csv", tmp_path)


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "..\\x.csv", "C:x.csv"]
)
def test_a_path_that_leads_outside_is_refused(tmp_path, name):
    path = zipped(tmp_path, {name: "1", "good.csv": "2"})
    with pytest.raises(InputError, match="leads outside the zip"):
        open_member(path, "good.csv", tmp_path)


def test_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = zipped(tmp_path, {link: "/etc/passwd"})
    with pytest.raises(InputError, match=r"'link\.csv' is a link"):
        members(path)


def test_an_encrypted_member_is_refused(tmp_path):
    path = zipped(tmp_path, {"x.csv": "1"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="is encrypted"):
        members(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = zipped(tmp_path, {"zeros.csv": bytes(20_000_000)})
    with pytest.raises(InputError, match="would unpack to 20,000,000 bytes"):
        open_member(path, "zeros.csv", tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["data.zip"]


def test_members_that_overlap_are_refused(tmp_path):
    path = zipped(tmp_path, {"a.csv": "a,b\n" * 100, "b.csv": "1"})
    with zipfile.ZipFile(path) as archive:
        packed = archive.getinfo("a.csv").compress_size
    content = path.read_bytes()
    size = packed.to_bytes(4, "little")
    path.write_bytes(content.replace(size, (packed + 10_000).to_bytes(4, "little")))
    with pytest.raises(InputError, match="overlap"):
        members(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path):
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.csv", "1")
        archive.writestr("x.csv", "2")
    with pytest.raises(InputError, match=r"'x\.csv' is there 2 times"):
        members(path)


def test_half_a_zip_and_a_damaged_member_are_refused(tmp_path):
    path = zipped(tmp_path, {"x.csv": "a,b\n" * 1000})
    content = bytearray(path.read_bytes())
    made(tmp_path, "half.zip", content[: len(content) // 2])
    with pytest.raises(InputError, match=r"half\.zip: not a whole zip"):
        members(tmp_path / "half.zip")
    content[40] ^= 0xFF
    with pytest.raises(InputError, match=r"bent\.zip: member 'x\.csv': damaged"):
        open_member(made(tmp_path, "bent.zip", content), "x.csv", tmp_path)


def test_a_workbook_is_no_archive_of_tables(tmp_path):
    path = zipped(tmp_path, {"xl/workbook.xml": "", "[Content_Types].xml": ""}, "table.csv")
    with pytest.raises(InputError, match="an Excel workbook"):
        members(path)


def test_gzip_is_unpacked_to_a_private_file(tmp_path):
    path = made(tmp_path, "t.csv.gz", gzip.compress(b"a,b\n"))
    file = unpack(path, tmp_path)
    assert file.read_bytes() == b"a,b\n"
    assert file.suffix == ".csv"


def test_a_gzip_bomb_and_half_a_gzip_are_refused(tmp_path):
    with pytest.raises(InputError, match="unpacks to over"):
        unpack(made(tmp_path, "bomb.csv.gz", gzip.compress(bytes(20_000_000))), tmp_path)
    with pytest.raises(InputError, match="damaged"):
        unpack(made(tmp_path, "half.csv.gz", gzip.compress(b"a,b\n" * 99)[:20]), tmp_path)


# Encodings


def test_utf8_is_left_where_it_is_with_or_without_a_mark(tmp_path):
    for name, mark in (("plain.csv", b""), ("marked.csv", b"\xef\xbb\xbf")):
        path = made(tmp_path, name, mark + "Ynys Môn\n".encode())
        assert as_utf8(path, tmp_path) == (path, "")


def test_windows_1252_is_converted_and_noted_with_the_line(tmp_path):
    path = made(tmp_path, "t.csv", "code,name\nW06000001,Ynys Môn\n".encode("cp1252"))
    text = as_utf8(path, tmp_path)
    assert text.path.read_text(encoding="utf-8").endswith("Ynys Môn\n")
    assert "t.csv is not UTF-8 (line 2)" in text.note


def test_utf16_and_what_is_no_text_are_refused(tmp_path):
    with pytest.raises(InputError, match="UTF-16"):
        as_utf8(made(tmp_path, "wide.csv", "a,b\n".encode("utf-16")), tmp_path)
    with pytest.raises(InputError, match="line 2 is neither UTF-8 nor Windows-1252"):
        as_utf8(made(tmp_path, "odd.csv", b"a\n\x81\x8d\n"), tmp_path)
    with pytest.raises(InputError, match="not a text file but pdf"):
        as_utf8(made(tmp_path, "p.csv", b"%PDF-1.4"), tmp_path)


def test_a_letter_cut_at_the_end_is_not_utf8(tmp_path):
    note = as_utf8(made(tmp_path, "t.csv", b"a\nb\xc3"), tmp_path).note
    assert "line 2" in note
