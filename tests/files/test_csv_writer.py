"""Tables written as CSV, byte for byte as pandas writes them."""

import numpy as np
import pandas as pd
import pytest

from riskindex.files.csv_writer import write_table

NASTY = ["plain", 'a "quoted" word', "a,comma", "two\nlines", "cr\rhere", "", "é", None]
TABLES = {
    "texts": pd.DataFrame({"name, of": NASTY, "n": range(8)}),
    "floats": pd.DataFrame(
        {
            "x": [0.0, -0.0, 1e-5, 1e16, 0.1, np.nan, np.inf, -np.inf],
            "y": [1 / 3, 1e300, 5e-324, 2.0, 2.0, 100.0, -1.5, 1e22],
        }
    ),
    "missing": pd.DataFrame(
        {
            "whole": pd.array([1, None, 3, 3], dtype="Int64"),
            "flag": pd.array([True, None, False, True], dtype="boolean"),
            "float": pd.array([0.5, None, 1e-7, 3.0], dtype="Float64"),
        }
    ),
    "mixed": pd.DataFrame({"a": [1, True, 1.0, "1", None, np.float64(0.1)], "b": [True] * 6}),
    "dates": pd.DataFrame(
        {
            "on": np.array(["2022-01-01", "NaT", "0001-01-01", "9999-12-31"], "datetime64[s]"),
            "n": 1,
        }
    ),
    "moments": pd.DataFrame(
        {
            "at": np.array(["2022-01-01", "2022-02-03T10:00"], dtype="datetime64[s]"),
            "on": pd.Timestamp("2022-01-01"),
        }
    ),
    "kinds": pd.DataFrame(
        {
            "texts": pd.Categorical(["a,b", None, "a"]),
            "numbers": pd.Categorical([3, 1, None]),
            "floats": np.arange(3, dtype="float32") / 3,
            "n": np.arange(3, dtype="int8"),
        }
    ),
    "categories": pd.DataFrame(
        {
            "texts": pd.Categorical(["a,b", None, "a"]),
            "numbers": pd.Categorical([3, 1, None]),
            "mixed": pd.Series([1, "1", True], dtype=object).astype("category"),
        }
    ),
    "one column": pd.DataFrame({"only": ["", None, "a"]}),
    "no line": pd.DataFrame({"a": [], "b": []}),
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_bytes_that_pandas_gives_it(name, encoding, line_end, tmp_path):
    path, beside = tmp_path / "ours.csv", tmp_path / "pandas.csv"
    write_table(TABLES[name], path, line_end=line_end, encoding=encoding)
    TABLES[name].to_csv(beside, index=False, lineterminator=line_end, encoding=encoding)
    assert path.read_bytes() == beside.read_bytes()


def test_a_table_longer_than_what_is_joined_at_once_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("riskindex.files.csv_writer.ROWS_AT_ONCE", 3)
    table = pd.DataFrame({"a": range(10), "b": list("abcdefghij")})
    write_table(table, tmp_path / "a.csv")
    assert pd.read_csv(tmp_path / "a.csv").equals(table)
