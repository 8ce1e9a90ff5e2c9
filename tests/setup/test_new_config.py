"""A config that runs, from a name and a folder of downloads."""

import os
import tomllib

import pandas as pd
import pytest
from official_files import FORCES, write_census, write_essex, write_force
from typer.testing import CliRunner

from riskindex.areas.area_names import find_area
from riskindex.cli import app
from riskindex.setup.new_config import new_config, presets, whole_periods

JANUARY_2023 = 2023 * 12


def command(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


def listed(folder):
    table = pd.read_csv(folder / "top_areas.csv")
    return table, int(pd.read_csv(folder / "all_areas.csv")["rank"].notna().sum())


def in_folder(monkeypatch, folder):
    """Commands as they are typed in a folder."""
    monkeypatch.chdir(folder)
    return folder


def test_from_a_folder_of_downloads_to_the_list_of_a_district(shared, tmp_path, monkeypatch):
    write_essex(shared / "data", in_folder(monkeypatch, tmp_path))
    done = command("new", "open-data", "--area", "Harlow", "--data", ".")
    assert "Next: riskindex run riskindex.toml" in done.output
    assert "5a1d2c.zip: 12 months (2025-01 to 2025-12) of Essex" in done.output
    config = tmp_path / "riskindex.toml"
    few = config.read_text("utf-8").replace("draws = 200", "draws = 5")
    config.write_text(few, "utf-8")  # for the sake of time; the long tests change nothing
    command("run", "riskindex.toml", "--out", "result", "--profile", "internal")
    table, assessed = listed(tmp_path / "result")
    assert (len(table), assessed) == (3, 58)


@pytest.mark.long
@pytest.mark.parametrize(
    ("force", "selected", "areas"), [("hertfordshire", 36, 713), ("gwent", 19, 374)]
)
def test_from_national_files_to_the_list_of_a_force_without_an_edit(
    force, selected, areas, shared, tmp_path, monkeypatch
):
    write_force(force, shared / "data", in_folder(monkeypatch, tmp_path))
    done = command("new", "open-data", "--area", FORCES[force], "--data", ".")
    assert "Missing" not in done.output
    done = command("run", "riskindex.toml", "--out", "result", "--profile", "internal")
    table, assessed = listed(tmp_path / "result")
    assert (len(table), assessed) == (selected, areas)
    assert "are not assessed: no file of" in done.output


@pytest.mark.long
def test_the_list_of_essex_without_an_edit(shared, tmp_path, monkeypatch):
    write_essex(shared / "data", in_folder(monkeypatch, tmp_path))
    command("new", "open-data", "--area", "Essex", "--data", ".")
    command("run", "riskindex.toml", "--out", "result", "--profile", "public")
    assert len(pd.read_csv(tmp_path / "result" / "top_areas.csv")) == 56


def test_what_is_missing_is_named_with_its_address_and_the_name_to_save_it_under(
    shared, tmp_path, monkeypatch
):
    write_census(shared / "data", in_folder(monkeypatch, tmp_path))
    os.remove(tmp_path / "census2021-ts011.zip")
    said = " ".join(command("new", "open-data", "--area", "Gwent", "--data", ".").output.split())
    assert "Missing: Boundaries: Lower layer Super Output Areas (December 2021)" in said
    assert "from https://geoportal.statistics.gov.uk/datasets/ons::lower-layer" in said
    assert "Save it as lsoa21_boundaries.gpkg." in said
    assert "from https://data.police.uk/data/ (choose Gwent and the months)" in said
    assert "census2021-ts011.zip. Save it as census2021-ts011.zip." in said
    assert "age: census2021-ts007a.zip: 374 of the 374 areas." in said
    asked = tomllib.loads((tmp_path / "riskindex.toml").read_text("utf-8"))
    assert asked["areas"]["boundaries"] == "lsoa21_boundaries.gpkg"
    assert asked["areas"]["within"] == {"force": ["Gwent"]}


def test_files_of_another_force_are_not_those_of_the_area(tmp_path):
    month = tmp_path / "2025-01"
    month.mkdir()
    (month / "2025-01-kent-street.csv").write_text("Month\n2025-01\n")
    made = new_config("open-data", area=find_area("Essex"), data=tmp_path, home=tmp_path)
    (about,) = [line for line in made.missing if line.startswith("police:")]
    assert "choose Essex and the months" in about
    assert "The files there are of kent." in about


@pytest.mark.parametrize("preset", presets())
def test_a_preset_for_another_area_keeps_its_comments(preset):
    plain = new_config(preset)
    made = new_config(preset, area=find_area("Harlow"))
    asked = tomllib.loads(made.text)
    assert asked["areas"]["within"] == {"district": ["Harlow"]}
    assert asked["place"] == "Harlow"
    assert made.text.count("#") == plain.text.count("#")


@pytest.mark.parametrize(
    ("months", "unit", "labels"),
    [
        (range(12), "calendar-year", ["2023"]),
        (range(36), "calendar-year", ["2023", "2024", "2025"]),
        (range(3, 15), "financial-year", ["2023-24"]),
        (range(1, 37), "year-ending", ["2024-01", "2025-01", "2026-01"]),
        (range(84), "calendar-year", ["2025", "2026", "2027", "2028", "2029"]),
        (range(7), "calendar-year", ["2023"]),
        ([*range(12), 15], "calendar-year", ["2023"]),
    ],
)
def test_periods_are_the_whole_years_that_there_are(months, unit, labels):
    assert whole_periods([JANUARY_2023 + month for month in months]) == (unit, labels)


def test_a_config_is_never_overwritten(tmp_path):
    (tmp_path / "c.toml").write_text("mine")
    done = CliRunner().invoke(app, ["new", "open-data", str(tmp_path / "c.toml")])
    assert done.exit_code != 0
    assert (tmp_path / "c.toml").read_text() == "mine"
