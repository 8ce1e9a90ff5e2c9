import time

import duckdb
import numpy as np
import pandas as pd
import pytest
from event_tables import TABLE, faults, read, write
from small_events import factor

from riskindex.events.records.table import connect, is_date_format


def test_a_table_becomes_events(tmp_path):
    write(tmp_path, TABLE)
    rows, opened = read(tmp_path, factors=[factor(where={"kind": ["a"]})])
    assert list(rows.columns) == [
        "file",
        "row",
        "date",
        "area_code",
        "x",
        "y",
        "person",
        "key",
        "hour",
        "minute",
        "category kind",
    ]
    assert rows["row"].tolist() == [2, 3]
    assert rows["date"].dt.strftime("%Y-%m-%d").tolist() == ["2022-05-01", "2022-06-02"]
    assert rows["area_code"].tolist() == ["E01000001", "E01000002"]
    assert rows["category kind"].tolist() == ["a", "b"]
    (file,) = opened.files
    assert (file.role, file.name, file.rows, file.bytes) == ("s", "events.csv", 2, len(TABLE))


def test_only_named_columns_are_read(tmp_path):
    write(tmp_path, TABLE)
    rows, _ = read(tmp_path)
    assert "a" not in rows.to_string().split()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_told_by_the_columns(tmp_path, delimiter):
    write(tmp_path, TABLE.replace(",", delimiter))
    assert len(read(tmp_path)[0]) == 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(tmp_path, line_end):
    write(tmp_path, TABLE.replace("\n", line_end))
    assert read(tmp_path)[0]["row"].tolist() == [2, 3]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    write(tmp_path, TABLE, encoding="utf-8-sig")
    assert len(read(tmp_path)[0]) == 2


def test_windows_text_is_read_and_noted(tmp_path):
    write(tmp_path, TABLE.replace(",a\n", ",Caf\u00e9\n"), encoding="cp1252")
    rows, opened = read(tmp_path, factors=[factor(where={"kind": ["Caf\u00e9"]})])
    assert rows["category kind"].tolist() == ["Caf\u00e9", "b"]
    assert "read as Windows-1252" in opened.notes[0]


def test_utf_16_is_refused_with_what_to_do(tmp_path):
    write(tmp_path, TABLE, encoding="utf-16")
    (fault,) = faults(tmp_path)
    assert fault.startswith("events.csv: written in UTF-16")


def test_quotes_commas_and_line_breaks_inside_a_value(tmp_path):
    write(tmp_path, 'date,area,note\n2022-05,"E1","a, ""b""\nc"\n2022-06,E2,d\n')
    rows, _ = read(tmp_path)
    assert rows["area_code"].tolist() == ["E1", "E2"]
    assert rows["row"].tolist() == [2, 3]


@pytest.mark.parametrize("nothing", ["", "  ", "NULL", "null", "NA", "n/a", "NaN", "#N/A", '""'])
def test_what_spreadsheets_write_for_nothing_is_missing(tmp_path, nothing):
    write(tmp_path, f"date,area,p\n2022-05, E1 ,{nothing}\n2022-05,{nothing},q\n")
    rows, _ = read(tmp_path, distinct="p")
    assert rows["area_code"].isna().tolist() == [False, True]
    assert rows["area_code"][0] == "E1"
    assert rows["person"].isna().tolist() == [True, False]


def test_rows_of_nothing_but_commas_are_no_events(tmp_path):
    write(tmp_path, TABLE + ",,\n\n , ,\n")
    rows, opened = read(tmp_path)
    assert len(rows) == opened.files[0].rows == 2


def test_coordinates_that_are_incomplete_or_both_zero_are_missing(tmp_path):
    write(tmp_path, "date,x,y\n2022-05,1,2\n2022-05,1,\n2022-05,0,0\n2022-05,0,5\n2022-05,nan,1\n")
    rows, _ = read(tmp_path, area=None, x="x", y="y")
    assert rows["x"].tolist()[0::3] == [1.0, 0.0]
    assert (
        rows["x"].isna().tolist() == rows["y"].isna().tolist() == [False, True, True, False, True]
    )


# ---- Dates


@pytest.mark.parametrize(
    ("text", "date_format", "day"),
    [
        ("2022-05-03", None, "2022-05-03"),
        ("2022-05", None, "2022-05-01"),
        (" 2022-05-03 23:59:59 ", None, "2022-05-03"),
        ("2022-05-03T23:59:59.123Z", None, "2022-05-04"),
        ("03/05/2022", "%d/%m/%Y", "2022-05-03"),
        ("05/03/2022", "%m/%d/%Y", "2022-05-03"),
        ("3/5/2022 09:15", "%d/%m/%Y %H:%M", "2022-05-03"),
        ("May-22", "%b-%y", "2022-05-01"),
        ("202205", "%Y%m", "2022-05-01"),
    ],
)
def test_dates_are_read_as_they_are_said_to_be(tmp_path, text, date_format, day):
    write(tmp_path, f"date,area\n{text},E1\n")
    rows, _ = read(tmp_path, date_format=date_format)
    assert rows["date"].dt.strftime("%Y-%m-%d").tolist() == [day]


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("2022-06-30T23:30:00Z", "2022-07-01", 0),
        ("2022-06-30 23:30:00.5+00:00", "2022-07-01", 0),
        ("2022-06-30 23:30:00+01", "2022-06-30", 23),
        ("2022-06-30T23:30:00", "2022-06-30", 23),
        ("2022-12-31T23:30Z", "2022-12-31", 23),
        ("2022-07-01T00:30:00+0200", "2022-06-30", 23),
    ],
)
def test_a_time_with_its_zone_is_read_on_a_clock_in_london_as_parquet_has_it(
    tmp_path, text, day, hour
):
    write(tmp_path, f"date,area\n{text},E1\n")
    rows, _ = read(tmp_path)
    assert rows["date"].dt.strftime("%Y-%m-%d").tolist() == [day]
    assert rows["hour"].tolist() == [hour]
    moment = pd.Timestamp(text)
    if moment.tz is not None:
        pd.DataFrame({"date": [moment], "area": "E1"}).to_parquet(tmp_path / "events.csv")
        pd.testing.assert_frame_equal(read(tmp_path)[0][["date", "hour"]], rows[["date", "hour"]])


def test_an_ambiguous_date_is_refused_with_both_readings(tmp_path):
    write(tmp_path, TABLE + "03/04/2024,E1,a\n05/04/2024,E1,a\n")
    (fault,) = faults(tmp_path)
    assert fault == (
        "events.csv: row 4, column 'date', value '03/04/2024' (and 1 more): not an ISO date; "
        "'03/04/2024' could be 03 April 2024 or 04 March 2024. Say which it is: "
        'date_format = "%d/%m/%Y" or date_format = "%m/%d/%Y".'
    )


def test_the_other_values_of_a_column_may_settle_what_is_meant(tmp_path):
    write(tmp_path, "date,area\n03/04/2024,E1\n31/12/2024,E1\n")
    (fault,) = faults(tmp_path)
    assert fault.endswith('written day, month and year like that, set date_format = "%d/%m/%Y".')


@pytest.mark.parametrize("value", ["soon", "2022-02-30", "2022-13", "44562", "2022", "2022/05"])
def test_what_is_no_date_is_refused_with_its_place(tmp_path, value):
    write(tmp_path, TABLE + f"{value},E1,a\n")
    (fault,) = faults(tmp_path)
    assert fault.startswith(f"events.csv: row 4, column 'date', value '{value}': not an ISO date")


def test_a_date_that_does_not_fit_the_format_is_refused(tmp_path):
    write(tmp_path, "date,area\n03/04/2024,E1\n2024-04-03,E1\n")
    (fault,) = faults(tmp_path, date_format="%d/%m/%Y")
    assert "row 3, column 'date', value '2024-04-03': not a date as %d/%m/%Y" in fault


def test_a_coordinate_that_is_no_number_is_refused(tmp_path):
    write(tmp_path, 'date,x,y\n2022-05,"1,5",2\n2022-05,1,inf\n')
    found = faults(tmp_path, area=None, x="x", y="y")
    assert "events.csv: row 2, column 'x', value '1,5': not a coordinate" in found[0]
    assert "events.csv: row 3, column 'y', value 'inf': not a coordinate" in found[1]


# ---- Headers and rows


def test_a_missing_column_is_named_with_the_nearest(tmp_path):
    write(tmp_path, TABLE.replace("date", "Date"))
    assert faults(tmp_path) == ("events.csv: no column 'date'; the nearest is 'Date'.",)


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    write(tmp_path, "date,area,date\n2022,E1,2021\n")
    assert faults(tmp_path) == (
        "events.csv: the column 'date' is there 2 times; rename all but one.",
    )


def test_ragged_rows_are_all_reported_with_their_lines(tmp_path):
    write(tmp_path, TABLE + "2022-05,E1\n2022-05,E1,a\n2022-05,E1,a,b\n")
    found = faults(tmp_path)
    assert [fault.split(".")[1].strip() for fault in found] == [
        "csv: line 4: 2 values where the header has 3",
        "csv: line 6: 4 values where the header has 3",
    ]


def test_a_quote_that_is_left_open_is_reported(tmp_path):
    write(tmp_path, TABLE + '2022-05,"E1,a\n2022-06,E2,b\n')
    (fault,) = faults(tmp_path)
    assert fault.startswith("events.csv: line 4: a quote that is not closed")


def test_what_stands_in_a_faulty_row_is_not_repeated(tmp_path):
    write(tmp_path, TABLE + "2022-05,E1,Jane Doe of 5 High Street,x,y\n")
    assert "Jane" not in "".join(faults(tmp_path))


def test_mixed_line_ends_are_refused(tmp_path):
    write(tmp_path, "date,area\r\n2022-05,E1\n2022-06,E2\r\n2022-06,E2\n")
    (fault,) = faults(tmp_path)
    assert "Are line ends mixed" in fault


def test_an_empty_file_and_one_with_only_a_header_are_refused(tmp_path):
    write(tmp_path, "")
    assert faults(tmp_path)[0].startswith("events.csv: the file is empty")
    write(tmp_path, "date,area\n")
    assert faults(tmp_path) == ("sources.s: no records in events.csv. Save them again, whole.",)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"<html><body>", "a web page"), (b"%PDF-1.7", "a pdf file"), (b"\x00\x01\x02", "binary")],
)
def test_a_file_is_what_its_first_bytes_say(tmp_path, content, what):
    (tmp_path / "events.csv").write_bytes(content)
    (fault,) = faults(tmp_path)
    assert what in fault
    assert "Save the table as CSV UTF-8 or Parquet." in fault


def test_parquet_is_read_where_it_is(tmp_path):
    table = pd.DataFrame(
        {
            "when": pd.to_datetime(["2022-05-01 23:30", None]),
            "utc": pd.to_datetime(["2022-05-31 23:30", "2022-12-31 23:30"]).tz_localize("UTC"),
            "month": ["2022-05", " 2022-06 "],
            "area": pd.Categorical([" E1", ""]),
            "x": [1.5, np.nan],
            "y": [2, 3],
            "kind": [1, 2],
        }
    )
    table.to_parquet(tmp_path / "e.parquet")
    for column, days in (
        ("when", ["2022-05-01", ""]),
        ("utc", ["2022-06-01", "2022-12-31"]),
        ("month", ["2022-05-01", "2022-06-01"]),
    ):
        rows, opened = read(
            tmp_path, "e.parquet", date=column, x="x", y="y", factors=[factor(where={"kind": [1]})]
        )
        assert rows["date"].dt.strftime("%Y-%m-%d").fillna("").tolist() == days
        assert rows["row"].tolist() == [1, 2]
        assert rows["area_code"].tolist()[:1] == ["E1"]
        assert rows["area_code"].isna().tolist() == rows["x"].isna().tolist() == [False, True]
        assert rows["category kind"].tolist() == ["1", "2"]
        assert opened.files[0].rows == 2


def test_faults_in_parquet_have_their_place_too(tmp_path):
    table = pd.DataFrame({"date": ["2022-05", "03/04/2024"], "area": ["E1", "E1"], "x": ["a", "1"]})
    table.assign(y=1.0).to_parquet(tmp_path / "e.parquet")
    found = faults(tmp_path, "e.parquet", x="x", y="y")
    assert "e.parquet: row 2, column 'date', value '03/04/2024'" in found[0]
    assert "e.parquet: row 1, column 'x', value 'a'" in found[1]
    assert "e.parquet: no column 'when'" in faults(tmp_path, "e.parquet", date="when")[0]
    (tmp_path / "e.parquet").write_bytes(b"PAR1 and then nothing of use PAR1")
    assert "cannot be read as Parquet" in faults(tmp_path, "e.parquet")[0]


def test_csv_and_parquet_go_together(tmp_path):
    write(tmp_path, TABLE, "a.csv")
    pd.read_csv(tmp_path / "a.csv").to_parquet(tmp_path / "b.parquet")
    rows, _ = read(tmp_path, ["a.csv", "b.parquet"], factors=[factor(where={"kind": ["a"]})])
    assert rows["file"].tolist() == ["a.csv", "a.csv", "b.parquet", "b.parquet"]
    assert rows["row"].tolist() == [2, 3, 1, 2]
    assert rows.iloc[:2, 2:].equals(rows.iloc[2:, 2:].reset_index(drop=True))


def test_row_numbers_hold_for_large_files(tmp_path):
    n = 300_000
    table = pd.DataFrame({"date": "2022-05", "area": [f"A{i}" for i in range(n)]})
    table.to_csv(tmp_path / "events.csv", index=False)
    rows, _ = read(tmp_path)
    assert (rows["area_code"] == "A" + (rows["row"] - 2).astype(str)).all()
    assert len(rows) == n


def test_the_database_fetches_and_loads_nothing():
    settings = dict(connect().execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert settings["autoinstall_known_extensions"] == "false"
    assert settings["autoload_known_extensions"] == "false"
    assert settings["allow_community_extensions"] == "false"
    assert settings["lock_configuration"] == "true"


def test_a_date_with_something_behind_it_is_no_date(tmp_path):
    write(tmp_path, "date,area\n2022-05-01T10:00:00Z,E01000001\n2022-05-01 perhaps,E01000001\n")
    (fault,) = faults(tmp_path)
    assert "row 3" in fault


def test_a_row_that_is_short_by_several_values_is_one_fault(tmp_path):
    write(tmp_path, "date,area,kind,person\n2022-05-01,E01000001,a,1\n2022-05-01\n")
    (fault,) = faults(tmp_path, distinct="person", where={"kind": ["a"]})
    assert "1 values where the header has 4" in fault


def test_a_million_columns_are_refused_at_once(tmp_path):
    write(tmp_path, ",".join(["date", "area", *(f"c{i}" for i in range(1_000_000))]) + "\n1\n")
    start = time.process_time()
    (fault,) = faults(tmp_path)
    assert "line 1 has over 20,000 columns, more than any table has" in fault
    assert time.process_time() - start < 5


def test_a_format_of_dates_is_tried_beside_a_query_of_the_user_that_is_still_running():
    running = duckdb.execute("SELECT * FROM range(1000000)")
    try:
        assert is_date_format("%d/%m/%Y")
        assert not is_date_format("%d/%m/%Q")
        assert running.fetchone() == (0,)
    finally:
        running.fetchall()
