"""What the page can ask: factors of a preset, a config with weights, names of dropped files."""

import tomllib

import pytest

from riskindex.config import read_config
from riskindex.errors import ConfigError, InputError
from riskindex.setup.new_config import read_preset
from riskindex.ui.desk import CONFIG, HEAD, Desk, area_names, ingredients, with_weights

ASKED = {"preset": "open-data", "area": "Harlow (district)", "data": "data"}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_gallery_has_every_factor_of_a_preset_in_words():
    shown = ingredients("open-data")
    names = [f["name"] for f in tomllib.loads(read_preset("open-data"))["factors"]]
    assert [factor.name for factor in shown] == names
    assert {factor.name for factor in shown if factor.police} == {"drugs", "weapons"}
    assert all(factor.label and factor.about for factor in shown)


def test_study_areas_are_named_with_what_they_are():
    names = area_names()
    assert {"Essex (police force area)", "Harlow (district)"} <= set(names)
    assert len(names) == len(set(names))


def test_factors_that_are_not_taken_are_left_out_and_comments_stay():
    text = with_weights(read_preset("open-data"), {"robbery": 2.5, "violence": 1})
    factors = tomllib.loads(text)["factors"]
    assert [(f["name"], f["weight"]) for f in factors] == [("violence", 1), ("robbery", 2.5)]
    assert "# ---- The areas" in text


@pytest.mark.parametrize("weight", [0, -1, "2", True, float("nan")])
def test_a_weight_is_a_number_above_0(weight):
    with pytest.raises(ConfigError, match="violence: the weight is a number above 0"):
        with_weights(read_preset("open-data"), {"violence": weight})


def test_no_factor_at_all_is_refused():
    with pytest.raises(ConfigError, match="Take at least one factor"):
        with_weights(read_preset("open-data"), {})


def test_a_config_is_written_that_the_command_line_reads(desk):
    said = desk.write({**ASKED, "weights": {"violence": 3}})
    config = read_config(desk.home / CONFIG)
    assert said["faults"] == []
    assert [(f.name, f.weight) for f in config.factors] == [("violence", 3)]
    assert config.areas.within == {"district": ["Harlow"]}


def test_the_page_writes_its_own_config_again_and_nobody_elses(desk):
    desk.write({**ASKED, "weights": {"violence": 3}})
    desk.write({**ASKED, "weights": {"violence": 4}})
    (desk.home / CONFIG).write_text('title = "mine"\n')
    with pytest.raises(InputError, match="was not written by this page"):
        desk.write({**ASKED, "weights": {"violence": 5}})
    assert (desk.home / CONFIG).read_text() == 'title = "mine"\n'
    assert HEAD.startswith("#")


def test_without_a_study_area_nothing_is_made(desk):
    with pytest.raises(ConfigError, match="Name the study area"):
        desk.look({**ASKED, "area": " "})


@pytest.mark.parametrize("name", ["", ".hidden", "../up.csv", "a/b.csv", "c:\\d.csv", "x" * 121])
def test_a_dropped_file_has_a_plain_name(desk, name):
    with pytest.raises(InputError, match="is no name for a file"):
        desk.place_for(name)


def test_a_dropped_file_overwrites_nothing(desk):
    place = desk.place_for("police.zip")
    place.write_bytes(b"x")
    with pytest.raises(InputError, match="is not overwritten"):
        desk.place_for("police.zip")


def test_the_folder_of_a_page_has_to_be_there(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Desk(tmp_path / "none")
