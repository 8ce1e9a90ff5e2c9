import numpy as np
import pytest

from riskindex.areas.long_tables import added_up, is_repeated, kept_rows, refuse_long
from riskindex.errors import InputError
from riskindex.files.csv_files import read_sheet

TEXT = "code,age,n\nE1,young,1\nE1,old,2\nE2,young,3\nE2,old,4\n"


@pytest.fixture
def sheet(tmp_path):
    def read(text=TEXT, columns=("code", "age", "n")):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        return read_sheet(tmp_path / "t.csv", list(columns), tmp_path)

    return read


def sums(table, rows, *, apart=("age",), category=None):
    codes = [table.columns["code"][i] for i in rows]
    numbers = {"n": np.array([float(table.columns["n"][i] or "nan") for i in rows])}
    return added_up(table, codes, numbers, rows, apart=apart, category=category)


def test_a_rule_keeps_rows_and_knows_its_values(sheet):
    assert kept_rows(sheet(), {"age": ["young"]}).tolist() == [0, 2]
    with pytest.raises(InputError, match=r"no row has 'yuong' in the column 'age'.*'young'"):
        kept_rows(sheet(), {"age": ["yuong"]})


def test_rows_of_an_area_are_added_up(sheet):
    found = sums(sheet(), [0, 1, 2, 3])
    assert found["n"].to_dict() == {"E1": 3, "E2": 7}


def test_a_sum_with_an_unknown_part_is_not_known(sheet):
    found = sums(sheet(TEXT.replace("E1,old,2", "E1,old,")), [0, 1, 2, 3])
    assert np.isnan(found.loc["E1", "n"])
    assert found.loc["E2", "n"] == 7


def test_categories_become_columns(sheet):
    found = sums(sheet(), [0, 1, 2, 3], apart=(), category="age")
    assert found.loc["E1"].to_dict() == {"young": 1, "old": 2}


def test_rows_that_nothing_tells_apart_would_count_twice(sheet):
    with pytest.raises(InputError, match="row 3, value 'E1': a row of the same code stands above"):
        sums(sheet(), [0, 1], apart=())


def test_a_table_is_long_where_areas_repeat_alike(sheet):
    assert is_repeated(sheet(), "code")
    assert not is_repeated(sheet("code,age,n\nE1,a,1\nE2,a,1\nE2,b,1\n"), "code")


def test_the_advice_names_the_column_that_tells_rows_apart(sheet):
    table = sheet()
    with pytest.raises(InputError, match=r"2 areas have 2 rows each, told apart by 'age'"):
        refuse_long(table, lambda _: table, ["code", "age", "n"], code="code", wanted=["n"])
