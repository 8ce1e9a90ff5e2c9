import gzip

import pandas as pd
import pytest
from event_tables import HEADER, TABLE, faults, read, write, zipped
from small_events import factor, squares

from riskindex.errors import InputError
from riskindex.events.count import count_events
from riskindex.events.read import open_events
from riskindex.events.sources import PoliceSource


def test_a_gzip_file_is_read(tmp_path):
    (tmp_path / "events.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    rows, _ = read(tmp_path, "events.csv.gz")
    assert rows["file"].unique().tolist() == ["events.csv.gz"]


def test_a_zip_is_read_member_by_member(tmp_path):
    zipped(
        tmp_path / "e.zip",
        **{"b.csv": TABLE, "a__a.csv": TABLE + TABLE.split("\n")[1] + "\n", "readme.md": "x"},
    )
    rows, opened = read(tmp_path, "e.zip")
    assert rows.groupby("file").size().to_dict() == {"e.zip/a/a.csv": 3, "e.zip/b.csv": 2}
    assert [(file.name, file.rows) for file in opened.files] == [("e.zip", 5)]
    assert opened.notes == ("s: passed over 1 *.md.",)


def test_folders_and_patterns_find_files_in_the_order_of_their_names(tmp_path):
    for i, name in enumerate(("b/2.csv", "a/1.csv", "c/.hidden.csv", "c/notes.docx")):
        write(tmp_path, TABLE + f"2022-07,E{i},a\n", f"data/{name}")
    for path in ("data", "data/*/[12].csv", ["data/b", "data/a/1.csv", "data/a"]):
        rows, _ = read(tmp_path, path)
        assert rows["file"].unique().tolist() == ["a/1.csv", "b/2.csv"]


def test_characters_of_patterns_in_a_name_are_only_characters(tmp_path):
    write(tmp_path, TABLE, "crimes [1] 'a'*.csv")
    pd.DataFrame({"date": ["2022-05"], "area": ["E1"]}).to_parquet(tmp_path / "p[1]*?.parquet")
    assert len(read(tmp_path, "crimes [1] 'a'*.csv")[0]) == 2
    assert len(read(tmp_path, "p[1]*?.parquet")[0]) == 1


def test_nothing_found_is_refused(tmp_path):
    write(tmp_path, "x", "data/notes.docx")
    write(tmp_path, TABLE)
    assert faults(tmp_path, "event.csv")[0].endswith("the nearest is 'events.csv'.")
    assert faults(tmp_path, "x/*.csv") == ("sources.s.path: no file matches 'x/*.csv'.",)
    assert "no table in data (looked for *.csv" in faults(tmp_path, "data")[0]


def test_the_same_file_under_two_names_is_refused(tmp_path):
    write(tmp_path, TABLE, "data/a.csv")
    write(tmp_path, TABLE, "data/copy of a.csv")
    (fault,) = faults(tmp_path, "data")
    assert "a.csv and copy of a.csv are the same file" in fault


def test_web_addresses_are_no_files(tmp_path):
    (fault,) = faults(tmp_path, "https://example.org/events.csv")
    assert "is not a local file" in fault


# ---- police.uk


def street(month, n=2, code="E01000001"):
    return HEADER + f",{month},0.5,51.5,{code},Drugs,,\n" * n


def police(folder, path, **options):
    sources = {"crime": PoliceSource(kind="police.uk", path=path, **options)}
    crimes = factor(source="crime", where={"Crime type": ["Drugs"]})
    with open_events(sources, folder=folder, factors=[crimes]) as opened:
        return count_events(opened.events, squares("E01000001", "E01000002"), [crimes]), opened


def test_a_download_is_read_as_it_comes(tmp_path):
    months = {
        f"2022-{m:02d}__2022-{m:02d}-essex-street.csv": street(f"2022-{m:02d}", m)
        for m in (1, 2, 3)
    }
    others = {
        "2022-01__2022-01-essex-outcomes.csv": "x",
        "2022-01__2022-01-essex-stop-and-search.csv": "y",
    }
    zipped(tmp_path / "download.zip", **months, **others)
    for name, text in (months | others).items():
        write(tmp_path, text, "folder/" + name.replace("__", "/"))
    of_zip, opened = police(tmp_path, "download.zip")
    assert dict(of_zip.reconciliation.loc[("crime", "f")])["counted"] == 6
    assert opened.notes == ("crime: passed over 1 *-outcomes.csv, 1 *-stop-and-search.csv.",)
    for path in ("folder", "folder/*/*.csv"):
        of_folder, opened = police(tmp_path, path)
        pd.testing.assert_frame_equal(of_zip.counts, of_folder.counts)
        assert [file.name for file in opened.files] == [
            f"2022-{m:02d}/2022-{m:02d}-essex-street.csv" for m in (1, 2, 3)
        ]
        assert opened.notes == ("crime: passed over 1 *-outcomes.csv, 1 *-stop-and-search.csv.",)


def test_a_parquet_copy_may_lack_columns(tmp_path):
    table = pd.DataFrame({"Month": ["2022-05"], "LSOA code": ["E01000001"], "Crime type": "Drugs"})
    table.to_parquet(tmp_path / "copy.parquet")
    counted, _ = police(tmp_path, "copy.parquet")
    assert counted.counts.to_numpy().sum() == 1
    table.drop(columns="LSOA code").to_parquet(tmp_path / "copy.parquet")
    with pytest.raises(InputError, match="neither 'LSOA code' nor coordinates"):
        police(tmp_path, "copy.parquet")


def test_a_month_that_two_downloads_hold_is_refused(tmp_path):
    zipped(tmp_path / "a.zip", **{"2022-01__2022-01-essex-street.csv": street("2022-01")})
    zipped(tmp_path / "b.zip", **{"2022-01__2022-01-essex-street.csv": street("2022-01", 3)})
    with pytest.raises(InputError, match=r"2022-01-essex-street is in a.zip and in b.zip"):
        police(tmp_path, "*.zip")


def test_a_download_without_street_files_is_refused(tmp_path):
    zipped(tmp_path / "a.zip", **{"2022-01__2022-01-essex-outcomes.csv": "x"})
    with pytest.raises(InputError, match=r"a.zip: no table in it \(looked for \*-street.csv"):
        police(tmp_path, "a.zip")


SNAKE = "crime_id,month,longitude,latitude,lsoa code,CRIME_TYPE\n"


def test_names_of_columns_in_any_case_or_in_snake_case_are_police_uk_too(tmp_path):
    (tmp_path / "copy.csv").write_text(f"{SNAKE},2022-05,,,E01000001,Drugs\n", encoding="utf-8")
    counted, _ = police(tmp_path, "copy.csv")
    assert counted.counts.to_numpy().sum() == 1
    table = pd.DataFrame({"month": ["2022-05"], "lsoa_code": ["E01000001"], "crime_type": "Drugs"})
    table.to_parquet(tmp_path / "copy.parquet")
    counted, _ = police(tmp_path, "copy.parquet")
    assert counted.counts.to_numpy().sum() == 1


def test_columns_of_a_copy_may_be_renamed(tmp_path):
    text = "when,lsoa21cd,Crime type\n2022-05,E01000001,Drugs\n"
    (tmp_path / "copy.csv").write_text(text, encoding="utf-8")
    names = {"Month": "when", "LSOA code": "lsoa21cd"}
    counted, _ = police(tmp_path, "copy.csv", rename=names)
    assert counted.counts.to_numpy().sum() == 1
    with pytest.raises(InputError, match="no column 'Month'"):
        police(tmp_path, "copy.csv")


def many(n, months=("05",)):
    return "date,area\n" + "".join(
        f"2022-{month}-{i % 28 + 1:02d},E0100000{i % 7}\n" for month in months for i in range(n)
    )


@pytest.mark.parametrize("name", ["year.parquet", "copy.csv.gz", "other.csv"])
def test_a_month_whose_records_another_file_holds_is_refused(tmp_path, name):
    folder = tmp_path / "s"
    write(folder, many(25))
    if name.endswith("parquet"):
        text = many(25, ("04", "05")).splitlines()[1:]
        pd.DataFrame([line.split(",") for line in text], columns=["date", "area"]).to_parquet(
            folder / name
        )
    elif name.endswith("gz"):
        (folder / name).write_bytes(gzip.compress(many(25, ("04", "05")).encode()))
    else:
        write(folder, many(25, ("05", "06")), name)
    (fault,) = faults(tmp_path, "s")
    assert "hold the same 25 records of 2022-05, which would be counted twice" in fault
    assert name in fault


def test_months_with_few_or_other_records_are_no_copies(tmp_path):
    write(tmp_path / "s", many(19))
    write(tmp_path / "s", many(19) + "\n", "b.csv")
    assert len(read(tmp_path, "s")[0]) == 38
    write(tmp_path / "s", many(25), "c.csv")
    write(tmp_path / "s", many(25).replace("E01000006", "E01000009"), "d.csv")
    assert len(read(tmp_path, "s")[0]) == 88


def test_files_of_headings_alone_are_no_copies_and_their_months_are_zero(tmp_path):
    write(tmp_path / "s", many(60, ("01", "02", "04", "05")), "all.csv")
    write(tmp_path / "s", "date,area\n", "log_2022-03.csv")
    write(tmp_path / "s", "date,area\n", "log_2022_06.csv")
    _, opened = read(tmp_path, "s")
    assert (
        "s: log_2022-03.csv, log_2022_06.csv hold no records: nothing happened, says the "
        "count." in opened.notes
    )
    assert opened.events["s"].empty_months == {2022 * 12 + 2, 2022 * 12 + 5}


def test_a_row_that_stands_several_times_with_its_number_is_said(tmp_path):
    header = "Crime ID,Month,Longitude,Latitude,LSOA code,Crime type\n"
    alike, bare = "abc,2022-05,,,E01000001,Drugs\n", ",2022-05,,,E01000001,Drugs\n"
    other = "abc,2022-05,,,E01000002,Drugs\n"
    write(tmp_path, header + 3 * alike + 5 * bare + other, "a-street.csv")
    _, opened = police(tmp_path, "a-street.csv")
    (note,) = [n for n in opened.notes if "alike in every column" in n]
    assert note.startswith("crime: 3 rows of a-street.csv (area code E01000001) are alike")
