"""The one command that uses a network, against a server on this machine."""

import io
import json
import zipfile
from dataclasses import replace

import pytest
from typer.testing import CliRunner
from web import Layer

from riskindex.areas.area_names import find_area
from riskindex.areas.official_data import official_sources
from riskindex.cli import app
from riskindex.config import read_config
from riskindex.errors import InputError
from riskindex.setup.fetch import fetch
from riskindex.setup.new_config import new_config
from riskindex.setup.official_files import wanted_files

LAYER = "/arcgis/rest/services/lsoa/FeatureServer/0"
HARLOW = find_area("Harlow").codes


def silent(*_):
    pass


def packed(name, text):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, text)
    return made.getvalue()


@pytest.fixture
def services(web, monkeypatch):
    """The services that sources.toml names, on this machine: Harlow in a row of squares."""
    entries = dict(official_sources())
    features = [
        ({"LSOA21CD": code, "LSOA21NM": code}, (540_000 + 1_000 * k, 200_000))
        for k, code in enumerate(HARLOW)
    ]
    web.layers[LAYER] = Layer(features, most=20)
    entries["lsoa21_boundaries"] = replace(entries["lsoa21_boundaries"], download=web.root + LAYER)
    for name in [name for name in entries if name.startswith("census21")]:
        columns = entries[name].columns[2:]
        rows = "".join(f"{code},{code},100{',5' * (len(columns) - 1)}\n" for code in HARLOW)
        header = ",".join(["geography code", "geography", *(f'"{c}"' for c in columns)])
        web.files[f"/{name}.zip"] = packed(f"{name}-lsoa.csv", f"{header}\n{rows}")
        entries[name] = replace(entries[name], download=f"{web.root}/{name}.zip")
    columns = ",".join(entries["police_uk"].columns)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for month in range(1, 13):
            label = f"2025-{month:02d}"
            rows = "".join(
                f",{label},Essex Police,Essex Police,,,,{code},,{kind},,\n"
                for code in HARLOW
                for kind in ("Robbery", "Drugs")
            )
            archive.writestr(f"{label}/{label}-essex-street.csv", f"{columns}\n{rows}")
    web.files["/2025-12.zip"] = made.getvalue()
    entries["police_uk"] = replace(entries["police_uk"], download=web.root + "/{month}.zip")
    monkeypatch.setattr("riskindex.setup.official_files.official_sources", lambda: entries)
    monkeypatch.setattr("riskindex.areas.official_data.official_sources", lambda: entries)
    return web


@pytest.fixture
def config(tmp_path):
    made = new_config("open-data", area=find_area("Harlow"), data=tmp_path, home=tmp_path)
    assert len(made.missing) == 6
    path = tmp_path / "harlow.toml"
    path.write_text(made.text, "utf-8")
    return path


def test_everything_that_a_config_names_is_fetched_and_then_there_is_no_fault(services, config):
    done = CliRunner().invoke(app, ["fetch", str(config)], catch_exceptions=False)
    assert f"Next: riskindex check {config.name}" in done.output.replace(
        str(config.parent) + "/", ""
    )
    checked = CliRunner().invoke(app, ["check", str(config)], catch_exceptions=False)
    assert "No fault found." in checked.output
    assert f"{12 * 2 * len(HARLOW):,} events read" in checked.output


def test_where_each_file_came_from_is_noted_down_and_it_is_not_fetched_again(services, config):
    fetch(read_config(config), say=silent, tell=silent)
    noted = json.loads((config.parent / "downloads.json").read_text("utf-8"))
    assert set(noted) == {
        "census2021-ts001.zip",
        "census2021-ts007a.zip",
        "census2021-ts011.zip",
        "census2021-ts065.zip",
        "lsoa21_boundaries.gpkg",
        "police_uk_2025.zip",
    }
    one = noted["census2021-ts011.zip"]
    assert one["address"].endswith("/census21_ts011.zip")
    assert len(one["sha256"]) == 64
    services.asked.clear()
    said = []
    fetch(read_config(config), say=silent, tell=said.append)
    assert services.asked == []
    assert all(f"is there, fetched on {one['date']}." in line for line in said)


def test_a_file_that_was_changed_since_is_told(services, config):
    fetch(read_config(config), say=silent, tell=silent)
    (config.parent / "census2021-ts011.zip").write_bytes(packed("a-lsoa.csv", "mine"))
    said = []
    fetch(read_config(config), say=silent, tell=said.append)
    assert any("ts011.zip" in line and "was changed since" in line for line in said)


def test_all_that_cannot_be_fetched_is_told_at_once_and_the_rest_is_kept(services, config):
    services.files["/census21_ts011.zip"] = b"<html>sign in</html>"
    del services.files["/census21_ts065.zip"]
    with pytest.raises(InputError) as refused:
        fetch(read_config(config), say=silent, tell=silent)
    first, second = refused.value.faults
    assert "households: " in first
    assert "no whole zip came" in first
    assert "Save it from https://www.nomisweb.co.uk/" in first
    assert "work: " in second
    assert "there is no such file" in second
    assert (config.parent / "census2021-ts007a.zip").is_file()
    assert not (config.parent / "census2021-ts011.zip").exists()


@pytest.mark.parametrize("how", ["option", "environment"])
def test_offline_says_what_is_missing_and_asks_nobody(services, config, how, monkeypatch):
    arguments = ["fetch", str(config)]
    if how == "option":
        arguments.append("--offline")
    else:
        monkeypatch.setenv("RISKINDEX_OFFLINE", "1")
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.output.count("is not there; it comes from") == 6
    assert services.asked == []


def test_a_file_that_a_person_has_to_choose_is_named_with_its_page(services, config):
    made = new_config(
        "vulnerable-localities", area=find_area("Harlow"), data=config.parent, home=config.parent
    )
    config.write_text(made.text, "utf-8")
    with pytest.raises(InputError) as refused:
        fetch(read_config(config), say=silent, tell=silent)
    assert any(
        "domains: " in f and "is on a page, not in a file" in f for f in refused.value.faults
    )
    assert all("https://www.gov.uk/" in fault for fault in refused.value.faults)


def test_check_names_what_is_not_there_yet_with_its_address(config):
    done = CliRunner().invoke(app, ["check", str(config)])
    said = " ".join(done.output.split())
    assert "Not there yet (riskindex fetch gets it):" in said
    assert "police: police_uk_2025.zip is Street-level crime of police.uk, from https://" in said


def test_what_comes_of_a_service_is_called_by_what_it_is(services, config):
    text = config.read_text("utf-8").replace("lsoa21_boundaries.gpkg", "lsoa21.geojson")
    config.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"what is fetched is a \.gpkg"):
        fetch(read_config(config), say=silent, tell=silent)


def test_only_official_files_are_wanted(county_config):
    wanted = {one.what for one in wanted_files(read_config(county_config))}
    assert wanted <= {"boundaries", "age", "households", "work", "residents"}


def test_every_download_of_the_list_is_an_encrypted_address():
    addresses = [one.download for one in official_sources().values() if one.download]
    assert len(addresses) >= 6
    assert all(address.startswith("https://") for address in addresses)
