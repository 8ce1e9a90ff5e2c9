import gzip
import time
import zipfile

import pytest

from riskindex.errors import InputError
from riskindex.files.csv_files import capped, read_sheet


def written(folder, text, name="table.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def read(path, *columns, **options):
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return read_sheet(path, columns, scratch, **options)


def faults_of(path, *columns, **options):
    with pytest.raises(InputError) as error:
        read(path, *columns, **options)
    return error.value.faults


def test_only_the_named_columns_are_kept_with_the_line_of_each_row(tmp_path):
    sheet = read(written(tmp_path, "code,secret,n\nA,x,1\nB,y,2\n"), "n", "code")
    assert sheet.columns == {"n": ["1", "2"], "code": ["A", "B"]}
    assert sheet.rows == [2, 3]
    assert sheet.label == "table.csv"


def test_rows_keep_their_line_after_blank_lines_and_line_breaks_in_quotes(tmp_path):
    sheet = read(written(tmp_path, 'code,n\n\n,\n"A\nA",1\r\nB,2\r\n'), "n")
    assert sheet.rows == [4, 6]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_the_one_that_finds_the_columns(tmp_path, delimiter):
    text = f'"Households; all"{delimiter}"code"\n1{delimiter}A\n'
    assert read(written(tmp_path, text), "code", "Households; all").columns["code"] == ["A"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    assert read(written(tmp_path, "code\nA\n", encoding="utf-8-sig"), "code").rows == [2]


def test_windows_text_is_read_with_a_note_under_the_name_of_the_member(tmp_path):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("names.csv", "name\nYnys Môn\n".encode("cp1252"))
    sheet = read(path, "name")
    assert sheet.columns["name"] == ["Ynys Môn"]
    assert sheet.notes[0].startswith("t.zip/names.csv is not UTF-8 (line 2)")


def test_all_missing_columns_are_named_with_the_nearest(tmp_path):
    faults = faults_of(written(tmp_path, "LSOA21CD,total\n"), "LSOA21DC", "Total")
    assert faults == (
        "table.csv: no column 'LSOA21DC'; the nearest is 'LSOA21CD'.",
        "table.csv: no column 'Total'; the nearest is 'total'.",
    )


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    assert "'n' is there 2 times" in faults_of(written(tmp_path, "n,code,n\n1,A,2\n"), "n")[0]


def test_ragged_rows_are_all_reported(tmp_path):
    faults = faults_of(written(tmp_path, "code,n\nA\nB,1\nC,1,2\nSource: ONS\n"), "code")
    assert [fault.split(" fields")[0] for fault in faults] == [
        "table.csv: row 2 has 1",
        "table.csv: row 4 has 3",
    ]


def test_titles_above_a_table_and_notes_below_it_are_passed_over_and_said(tmp_path):
    text = "Population\nONS, 2021\n\ncode,n\nA,1\nB,2\n\nTotal\nSource: ONS\n"
    read = read_sheet(written(tmp_path, text), ["code", "n"], tmp_path)
    assert (read.rows, read.columns) == ([5, 6], {"code": ["A", "B"], "n": ["1", "2"]})
    assert read.notes == (
        "table.csv: 3 rows above the header were passed over.",
        "table.csv: 2 rows below the table were not read (row 8: 'Total', row 9: 'Source: ONS').",
    )
    named = read_sheet(written(tmp_path, "code,n\ncode,n\nA,1\n"), ["n"], tmp_path, header_row=2)
    assert named.columns == {"n": ["1"]}


def test_a_quote_that_never_ends_is_reported_where_it_begins(tmp_path):
    fault = faults_of(written(tmp_path, 'code,n\nA,1\n"B,2\nC,3\n'), "code")[0]
    assert "row 3 cannot be read as CSV" in fault


def test_gzip_is_known_by_its_bytes(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(gzip.compress(b"code\nA\n"))
    assert read(path, "code").columns["code"] == ["A"]


def census_zip(folder, *names):
    path = folder / "census.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, f"code\n{name}\n")
    return path


def test_the_lsoa_file_of_a_bulk_zip_is_found_by_itself(tmp_path):
    path = census_zip(tmp_path, "census2021-ts011-oa.csv", "census2021-ts011-lsoa.csv", "notes.txt")
    sheet = read(path, "code")
    assert sheet.columns["code"] == ["census2021-ts011-lsoa.csv"]
    assert sheet.label == "census.zip/census2021-ts011-lsoa.csv"


def test_another_member_can_be_named(tmp_path):
    path = census_zip(tmp_path, "bulk/a-oa.csv", "bulk/a-lsoa.csv")
    assert read(path, "code", member="a-oa.csv").columns["code"] == ["bulk/a-oa.csv"]
    assert "the nearest is 'bulk/a-oa.csv'" in faults_of(path, "code", member="a-ao.csv")[0]


def test_several_members_need_a_name(tmp_path):
    path = census_zip(tmp_path, "a.csv", "b.csv")
    assert "which member? Name one as member; there is 'a.csv', 'b.csv'" in faults_of(path, "c")[0]
    assert "not a zip" in faults_of(written(tmp_path, "code\n"), "code", member="a.csv")[0]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the file is empty"),
        (b"<html>", "a web page saved by mistake"),
        (b"%PDF-1.4", "a pdf file"),
        ("code\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_csv_is_refused_by_what_it_is(tmp_path, content, fault):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert fault in faults_of(path, "code")[0]


def test_a_long_list_of_faults_is_cut():
    assert capped(["a"] * 20) == ["a"] * 20
    assert capped(["a"] * 1021)[20:] == ["... and 1,001 more."]


@pytest.mark.parametrize("asked", [("LSOA21CD", "WD24NM"), ("lsoa21_code", "ward24_name")])
@pytest.mark.parametrize("header", ["LSOA21CD,WD24NM,LAD24NM", "lsoa21_code,ward24_name,LAD24NM"])
def test_official_headings_and_those_of_tidy_copies_are_one(tmp_path, asked, header):
    path = tmp_path / "lookup.csv"
    path.write_text(f"{header}\nE01000001,Aldersgate,City of London\n")
    sheet = read_sheet(path, asked, tmp_path)
    assert sheet.columns == {asked[0]: ["E01000001"], asked[1]: ["Aldersgate"]}


def test_a_heading_that_is_there_is_taken_before_its_twin(tmp_path):
    path = tmp_path / "lookup.csv"
    path.write_text("lsoa21_code;LSOA21CD\na;b\n")
    for column, text in {"lsoa21_code": "a", "LSOA21CD": "b"}.items():
        assert read_sheet(path, [column], tmp_path).columns == {column: [text]}
    path.write_text("lsoa21_code;ward24_name\na;b, c\n")
    assert read_sheet(path, ["WD24NM"], tmp_path).columns == {"WD24NM": ["b, c"]}
    path.write_text("lsoa21_code;ward\na;b\n")
    with pytest.raises(InputError, match="no column 'WD24NM'"):
        read_sheet(path, ["WD24NM"], tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        ",".join(f"c{i}" for i in range(1_000_000)) + "\n1\n",
        "code,n" + " " * 5_000_000 + "\nA,1\n",
    ],
)
def test_a_header_that_no_table_has_is_refused_at_once(tmp_path, text):
    start = time.process_time()
    (fault,) = faults_of(written(tmp_path, text), "c1")
    assert "more than any table has" in fault
    assert time.process_time() - start < 5
