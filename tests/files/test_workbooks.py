"""Excel and ODS workbooks: the sheet and header that hold the columns, and what stands around."""

import datetime
import zipfile

import openpyxl
import pandas as pd
import pytest
from event_tables import faults, read
from small_events import source

from riskindex.areas.table_files import TableSource, read_tables
from riskindex.errors import InputError
from riskindex.files.workbooks import read_grid

pytest.importorskip("python_calamine")

CODES = ["E01000001", "E01000002", "E01033769"]
TABLE = [["code", "name", "n"], *([code, "x", 10 * (i + 1)] for i, code in enumerate(CODES))]
AROUND = [["Population, 2021"], [], *TABLE, ["Total", None, 60], [], ["Source: ONS, Nomis"]]


def book(folder, sheets, name="table.xlsx"):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(folder / name)
    return folder / name


def grid(path, *columns, **options):
    return read_grid(path, columns or ("code", "n"), path.name, **options)


def refused(path, *columns, **options):
    with pytest.raises(InputError) as error:
        grid(path, *columns, **options)
    return error.value.faults[0]


def test_the_header_is_found_and_what_stands_around_is_said(tmp_path):
    found = grid(book(tmp_path, {"About": [["Read me"]], "Data": AROUND}))
    assert found.header == ["code", "name", "n"]
    assert found.rows == [4, 5, 6]
    assert [row[2] for row in found.values] == ["10", "20", "30"]
    assert found.notes == (
        "table.xlsx: 1 rows above the header were passed over.",
        "table.xlsx: 2 rows below the table were not read (row 7: 'Total', row 9: "
        "'Source: ONS, Nomis').",
    )


def test_a_sheet_is_named_by_its_name_or_number(tmp_path):
    path = book(tmp_path, {"a": TABLE, "b": [["code", "n"], ["X", 1]]})
    assert grid(path, sheet="b").values == grid(path, sheet=2).values == [["X", "1"]]
    assert "which sheet? Name one as sheet; there is 'a', 'b'" in refused(path)
    assert "no sheet 'c'" in refused(path, sheet="c")
    assert "no sheet 3; it has 2, from 1" in refused(path, sheet=3)
    assert "header_row 9" in refused(path, sheet=1, header_row=9)


def test_cells_are_written_as_a_csv_would_hold_them(tmp_path):
    day = datetime.date(2024, 3, 9)
    row = ["A", day, datetime.datetime(2024, 3, 9, 14, 5), True, 1.5, 7.0, None]
    path = book(tmp_path, {"s": [list("abcdefg"), row]})
    assert grid(path, "a").values == [
        ["A", "2024-03-09", "2024-03-09 14:05:00", "true", "1.5", "7", ""]
    ]
    assert grid(path, "a", date_format="%d/%m/%Y").values[0][1] == "09/03/2024"


def test_a_table_of_areas_is_read_from_a_workbook(tmp_path):
    book(tmp_path, {"About": [["Read me"]], "Data": AROUND})
    table = TableSource(kind="table", path="table.xlsx", code="code", columns={"n": "n"})
    found = read_tables({"t": table}, tmp_path, pd.Index(CODES))
    assert list(found.tables["t", "n"]) == [10, 20, 30]
    assert any("'Total'" in note for note in found.notes)


def test_events_are_read_from_a_workbook_with_their_rows(tmp_path):
    rows = [
        ["Log"],
        ["date", "area"],
        [datetime.date(2022, 5, 1), CODES[0]],
        [],
        [datetime.date(2022, 6, 2), CODES[1]],
        ["End of report"],
    ]
    book(tmp_path, {"log": rows}, "events.xlsx")
    table, opened = read(tmp_path, "events.xlsx")
    assert list(table["row"]) == [3, 5]
    assert list(table["date"].astype(str)) == ["2022-05-01", "2022-06-02"]
    assert any("row 6: 'End of report'" in note for note in opened.notes)
    book(tmp_path, {"log": [["date", "area"], ["soon", CODES[0]]]}, "events.xlsx")
    assert "row 2, column 'date', value 'soon'" in faults(tmp_path, "events.xlsx")[0]
    assert source(sheet=2).sheet == 2


def test_an_ods_file_is_known_by_its_bytes(tmp_path):
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>'
            for v in row
        )
        + "</table:table-row>"
        for row in (["code", "n"], ["A", "5"])
    )
    names = ("office", "table", "text")
    spaces = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in names)
    content = (
        f'<?xml version="1.0"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="s">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    path = tmp_path / "t.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest="
            '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/'
            'vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
    table = TableSource(kind="table", path="t.csv", code="code", columns={"n": "n"})
    assert read_tables({"t": table}, tmp_path, pd.Index(["A"])).tables["t", "n"].tolist() == [5]


def test_a_cell_in_the_last_corner_of_a_sheet_takes_no_memory(tmp_path):
    made = openpyxl.Workbook()
    made.active["A1"], made.active["XFD1048576"] = "code", 1
    made.save(tmp_path / "t.xlsx")
    assert "a sheet reaches over 17,179,869,184 cells" in refused(tmp_path / "t.xlsx")


def test_what_is_no_whole_workbook_is_refused_in_a_sentence(tmp_path):
    path = book(tmp_path, {"s": TABLE})
    path.write_bytes(path.read_bytes()[:900])
    assert "cannot be read as a workbook" in refused(path)
    assert "every sheet is empty" in refused(book(tmp_path, {"s": []}))
