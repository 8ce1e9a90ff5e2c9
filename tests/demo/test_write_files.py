import tomllib

from riskindex.publication.key import INVENTED, key_in


def test_a_county_lies_in_its_folder_ready_to_run(county_config):
    names = {path.name for path in (county_config.parent / "data").iterdir()}
    assert {"lsoa21_boundaries.gpkg", "lsoa21_ward24_lad24.csv", "violence_suspects.csv"} <= names
    assert {"census2021-ts011.zip", "census2021-ts065.zip"} <= names
    assert (county_config.parent / "truth.csv").is_file()


def test_the_config_is_the_preset_under_another_title(county_config):
    config = tomllib.loads(county_config.read_text(encoding="utf-8"))
    assert "invented county" in config["title"]
    assert config["areas"]["boundaries"] == "data/lsoa21_boundaries.gpkg"
    assert len([f for f in config["factors"] if f.get("scored", True)]) == 7
    assert config["attribution"] == ["Invented data, made by riskindex."]


def test_every_path_of_the_config_is_a_file(county_config):
    sources = tomllib.loads(county_config.read_text(encoding="utf-8"))["sources"]
    for source in sources.values():
        assert list(county_config.parent.glob(source["path"])), source["path"]


def test_the_key_is_that_of_invented_data_and_private(county_config):
    assert key_in(county_config.parent / "release.key") == INVENTED
