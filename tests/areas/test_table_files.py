import pandas as pd
import pytest

from riskindex.areas.table_files import TableSource, lacking, no_match, read_tables
from riskindex.errors import InputError
from riskindex.files.csv_files import read_sheet

CODES = pd.Index(["E01000001", "E01000002", "E01000003"], name="area_code")
TEXT = "code,n,m\nE01000001,10,1\nE01000002,,2\nE01000009,99,9\n"


def source(**options):
    given = {"kind": "table", "path": "t.csv", "code": "code", "columns": {"count": "n"}}
    return TableSource(**given | options)


def read(folder, text=TEXT, **options):
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return read_tables({"t": source(**options)}, folder, CODES)


def test_areas_come_in_order_and_a_missing_row_or_cell_is_not_0(tmp_path):
    found = read(tmp_path)
    assert found.tables.index.equals(CODES)
    assert found.tables["t", "count"].fillna(-1).tolist() == [10, -1, -1]
    assert any("1 of 3 areas are not in it (E01000003)" in note for note in found.notes)


def test_several_columns_are_added_up_and_a_hole_stays_one(tmp_path):
    found = read(tmp_path, columns={"both": ["n", "m"]})
    assert found.tables["t", "both"].fillna(-1).tolist() == [11, -1, -1]


def test_every_fault_is_told_with_its_row(tmp_path):
    bad = "code,n\nE01000001,ten\nE01000002,-4\nE01000003,1\nE01000003,2\n"
    with pytest.raises(InputError) as refused:
        read(tmp_path, bad)
    faults = " ".join(refused.value.faults)
    assert "row 2, column 'n', value 'ten'" in faults
    assert "E01000003" in faults


def test_a_table_of_another_edition_is_refused_with_what_it_holds(tmp_path):
    with pytest.raises(InputError, match="none of the 3 areas is in column 'code'"):
        read(tmp_path, "code,n\nE02000001,1\nE02000002,2\n")
    (tmp_path / "t.csv").write_text("code\nE02000001\n", encoding="utf-8")
    sheet = read_sheet(tmp_path / "t.csv", ["code"], tmp_path)
    assert "Use a table of the boundaries' edition" in no_match(
        sheet, "code", ["E02000001"], list(CODES)
    )


def test_a_rule_keeps_the_rows_of_a_long_table(tmp_path):
    long = "code,age,n\nE01000001,young,3\nE01000001,old,4\nE01000002,young,5\nE01000002,old,6\n"
    found = read(tmp_path, long, where={"age": ["young"]})
    assert found.tables["t", "count"].fillna(-1).tolist() == [3, 5, -1]
    with pytest.raises(InputError, match="2 areas have 2 rows each, told apart by 'age'"):
        read(tmp_path, long)


def test_sources_of_other_kinds_are_left_alone(tmp_path):
    nothing = read_tables({"events": object()}, tmp_path, CODES)
    assert nothing.tables.shape == (3, 0)
    assert nothing.files == ()


def test_provenance_is_kept(tmp_path):
    (file,) = read(tmp_path).files
    assert (file.role, file.name, file.rows) == ("t", "t.csv", 3)


def test_what_is_lacking_is_said_where_anything_is():
    assert list(lacking("x", CODES[:0], 3, "they wait")) == []
    (note,) = lacking("x", CODES[:1], 3, "they wait")
    assert note == "x: 1 of 3 areas are not in it (E01000001); they wait."
