import tomllib

import pytest

from riskindex.check import look
from riskindex.config import parse_config


@pytest.fixture(scope="module")
def given(county_config):
    return tomllib.loads(county_config.read_text(encoding="utf-8"))


def checked(given, folder, **changes):
    return look(parse_config(given | changes, folder=folder))


def test_a_sound_county_has_lines_and_no_fault(given, county_config):
    found = checked(given, county_config.parent)
    assert found.faults == []
    assert found.lines[0].startswith("Areas: 160; ")
    assert any("neighbours per area" in line for line in found.lines)
    assert any(line.startswith("fires: 222 events read, 222 counted") for line in found.lines)


def test_stages_are_told_as_they_begin(given, county_config):
    said = []
    look(parse_config(given, folder=county_config.parent), say=said.append)
    assert said[:2] == ["Reading areas", "Reading tables"]
    assert any(stage.startswith("Reading events: ") for stage in said)


def test_faults_of_areas_tables_and_events_are_told_together(given, county_config, tmp_path):
    sources = {
        name: source | {"path": str(county_config.parent / source["path"])}
        for name, source in given["sources"].items()
    }
    sources["arson"] = sources["arson"] | {"path": "nowhere.csv"}
    areas = given["areas"] | {
        "boundaries": str(county_config.parent / given["areas"]["boundaries"]),
        "lookups": [],
    }
    chosen = given["selection"] | {
        "overrides": [{"area_code": "E01999999", "action": "in", "reason": "r"}]
    }
    elsewhere = areas["elsewhere"]
    areas["elsewhere"] = elsewhere | {"path": str(county_config.parent / elsewhere["path"])}
    areas["polygons"] = {"town_centre": {"path": "no_centres.gpkg"}}
    found = checked(given, tmp_path, areas=areas, sources=sources, selection=chosen)
    words = " ".join(found.faults)
    assert "E01999999" in words
    assert "no_centres.gpkg" in words
    assert "nowhere.csv" in words
