from riskindex.config import parse_config
from riskindex.setup.official_files import absent_files, wanted_files


def config(folder, **sources):
    given = {
        "title": "T",
        "place": "Essex",
        "areas": {"boundaries": "lsoa.geojson", "code": "LSOA21CD"},
        "sources": {"police": {"kind": "police.uk", "path": "latest.zip"}, **sources},
        "factors": [
            {
                "name": "crime",
                "label": "Crime",
                "source": "police",
                "method": "getis-ord",
                "periods": ["2022"],
                "score": "confidence",
            }
        ],
    }
    return parse_config(given, folder=folder)


OURS = {"kind": "table", "path": "own.csv", "code": "c", "columns": {"n": "n"}}


def test_files_are_known_by_their_columns(tmp_path):
    found = {wanted.what: wanted for wanted in wanted_files(config(tmp_path, own=OURS))}
    assert set(found) == {"boundaries", "police"}
    assert found["boundaries"].entry.kind == "boundary"
    assert found["police"].path == tmp_path / "latest.zip"


def test_what_is_not_there_is_named_with_where_it_comes_from(tmp_path):
    (tmp_path / "lsoa.geojson").write_text("{}", encoding="utf-8")
    (sentence,) = absent_files(config(tmp_path))
    assert sentence.startswith("police: latest.zip is ")
    assert "https://" in sentence
    (tmp_path / "latest.zip").write_text("", encoding="utf-8")
    assert list(absent_files(config(tmp_path))) == []
