"""What lies in a folder is known by its columns, whatever it is called."""

import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from riskindex.errors import InputError
from riskindex.setup.recognise import (
    PoliceFiles,
    files_in,
    find_boundaries,
    find_police,
    find_tables,
    without_overlaps,
)

NAMES = ("LSOA21NM",)
HEADER = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,LSOA code,Crime type\n"


def squares(codes, column="LSOA21CD"):
    shapes = [box(k, 0, k + 1, 1) for k in range(len(codes))]
    return gpd.GeoDataFrame({column: codes, "LSOA21NM": codes}, geometry=shapes, crs=27700)


def crimes(month, force="Essex Police"):
    return f"{HEADER},{month},{force},{force},0.5,51.7,E01021200,Drugs\n"


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.fgb"])
def test_boundaries_of_each_kind_are_known_by_their_column_of_codes(name, tmp_path):
    squares(["E01000001", "E01000002"]).to_file(tmp_path / name)
    (found,) = find_boundaries(files_in(tmp_path), "LSOA21CD", NAMES, ["E01000002"])
    assert (found.path.name, found.code, found.name) == (name, "LSOA21CD", "LSOA21NM")
    assert (found.areas, found.covered) == (2, 1)


def test_small_letters_in_a_heading_are_kept_as_they_are(tmp_path):
    squares(["E01000001"], column="lsoa21cd").to_file(tmp_path / "a.gpkg")
    (found,) = find_boundaries(files_in(tmp_path), "LSOA21CD", NAMES, ())
    assert found.code == "lsoa21cd"


def test_points_and_other_areas_are_no_boundaries(tmp_path):
    centres = squares(["E01000001"])
    centres.assign(geometry=centres.centroid).to_file(tmp_path / "centroids.gpkg")
    squares(["E02000001"], column="MSOA21CD").to_file(tmp_path / "msoa.gpkg")
    (tmp_path / "note.txt").write_text("LSOA21CD of nothing")
    assert find_boundaries(files_in(tmp_path), "LSOA21CD", NAMES, ()) == []


def test_the_boundaries_that_hold_most_of_the_area_come_first(tmp_path):
    squares(["E01000001"]).to_file(tmp_path / "a.gpkg")
    squares(["E01000001", "E01000002", "E01000003"]).to_file(tmp_path / "b.gpkg")
    squares(["E01000001", "E01000002"]).to_file(tmp_path / "c.gpkg")
    found = find_boundaries(files_in(tmp_path), "LSOA21CD", NAMES, ["E01000001", "E01000002"])
    assert [file.path.name for file in found] == ["c.gpkg", "b.gpkg", "a.gpkg"]


def test_tables_are_known_in_a_zip_a_workbook_and_under_rows_of_a_title(tmp_path):
    table = pd.DataFrame({"geography code": ["E01000001"], "Age: Total": [7]})
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as bulk:
        bulk.writestr("t-msoa.csv", "geography code,Age: Total\nE02000001,9\n")
        bulk.writestr("t-lsoa.csv", table.to_csv(index=False))
    table.to_excel(tmp_path / "y.xlsx", index=False)
    (tmp_path / "z.csv").write_text("TS007A\n\n" + table.to_csv(index=False))
    (tmp_path / "other.csv").write_text("geography code,Sex\nE01000001,1\n")
    found = find_tables(
        files_in(tmp_path), ["geography code", "Age: Total"], "geography code", ["E01000001"]
    )
    assert [(path.name, covered) for path, covered in found] == [
        ("x.zip", 1),
        ("y.xlsx", 1),
        ("z.csv", 1),
    ]


def test_a_download_of_police_uk_tells_its_forces_and_months(tmp_path):
    with zipfile.ZipFile(tmp_path / "7c9e.zip", "w") as archive:
        for month in ("2025-01", "2025-02"):
            archive.writestr(f"{month}/{month}-essex-street.csv", crimes(month))
            archive.writestr(f"{month}/{month}-essex-outcomes.csv", "Crime ID\n")
    (found,) = find_police(files_in(tmp_path), tmp_path)
    assert found == PoliceFiles("7c9e.zip", {"essex": frozenset({2025 * 12, 2025 * 12 + 1})})


@pytest.mark.parametrize(
    ("places", "pattern"),
    [
        (("2025-01", "2025-02"), "**/*-street.csv*"),
        (("crime/2025-01", "crime/2025-02"), "crime/**/*-street.csv*"),
    ],
)
def test_loose_street_files_are_one_pattern(places, pattern, tmp_path):
    for place in places:
        month = place[-7:]
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / f"{month}-essex-street.csv").write_text(crimes(month))
    (found,) = find_police(files_in(tmp_path), tmp_path)
    assert found.pattern == pattern
    assert len(list(tmp_path.glob(pattern))) == len(found.months["essex"]) == 2


@pytest.mark.parametrize("heading", [str, str.lower, lambda text: text.replace(" ", "_")])
def test_a_copy_under_another_name_tells_its_months_by_its_records(heading, tmp_path):
    text = heading(HEADER) + crimes("2025-03").removeprefix(HEADER)
    (tmp_path / "all_crimes.csv").write_text(text)
    (found,) = find_police(files_in(tmp_path), tmp_path)
    assert found == PoliceFiles("all_crimes.csv", {"Essex Police": frozenset({2025 * 12 + 2})})


def test_a_month_of_a_force_is_taken_once(tmp_path):
    first, second = frozenset(range(12)), frozenset(range(6, 24))
    files = [
        PoliceFiles("short.zip", {"essex": first}),
        PoliceFiles("long.zip", {"essex": second}),
        PoliceFiles("kent.zip", {"kent": first}),
    ]
    taken, passed = without_overlaps(files, ["essex"])
    assert [one.pattern for one in taken] == ["long.zip", "kent.zip"]
    assert [one.pattern for one in passed] == ["short.zip"]


def test_hidden_files_and_results_are_not_looked_at(tmp_path):
    (tmp_path / ".cache").mkdir()
    (tmp_path / "result").mkdir()
    for name in (".cache/a.csv", "result/datapackage.json", "result/top_areas.csv", "b.csv"):
        (tmp_path / name).write_text("a,b\n1,2\n")
    assert [path.name for path in files_in(tmp_path)] == ["b.csv"]


def test_a_folder_that_is_none_is_said(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        files_in(tmp_path / "nowhere")
