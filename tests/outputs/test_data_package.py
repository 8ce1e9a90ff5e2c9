"""Every column of every CSV is described, and the figures are written as they are."""

import json

import pandas as pd
import pytest

from riskindex.outputs.manifest import DATA_PACKAGE

TYPES = {"integer": "Int64", "number": "Float64"}


@pytest.fixture(scope="module", params=["internal", "public"])
def folder(request, county_saved):
    return county_saved(request.param)


def test_every_csv_and_every_column_is_described(folder):
    package = json.loads((folder / DATA_PACKAGE).read_text("utf-8"))
    resources = {resource["path"]: resource for resource in package["resources"]}
    assert set(resources) == {path.name for path in folder.glob("*.csv")}
    for name, resource in resources.items():
        fields = resource["schema"]["fields"]
        table = pd.read_csv(folder / name, encoding="utf-8-sig", dtype=str)
        assert [field["name"] for field in fields] == list(table)
        assert all(field["description"].endswith(".") for field in fields)
        for field in fields:
            if field["type"] in TYPES:
                pd.to_numeric(table[field["name"]]).astype(TYPES[field["type"]])
        key = resource["schema"].get("primaryKey")
        assert key is None or not table.duplicated(key).any(), name


def test_whole_numbers_of_figures_are_written_without_a_point(folder):
    read = pd.read_csv(folder / "figures.csv", encoding="utf-8-sig", dtype=str)
    for column in ("count", "base", "rank"):
        assert read[column].notna().any()
        assert not read[column].str.contains(".", regex=False, na=False).any()


def test_hotspots_are_for_inside_alone(folder):
    assert (folder / "hotspots.csv").is_file() == (folder.name == "saved_internal")


def test_the_parquet_holds_what_the_csv_holds(folder):
    pytest.importorskip("pyarrow")
    written = pd.read_parquet(folder / "figures.parquet")
    read = pd.read_csv(folder / "figures.csv", encoding="utf-8-sig", keep_default_na=False)
    assert list(written) == list(read)
    assert len(written) == len(read)
    assert (
        written["value"].dropna().to_numpy()
        == read["value"].replace("", None).dropna().astype(float).to_numpy()
    ).all()


def test_the_figures_of_a_result_are_those_of_the_internal_profile(county_result, county_released):
    inside = county_released.figures
    pd.testing.assert_frame_equal(county_result.figures, inside)
