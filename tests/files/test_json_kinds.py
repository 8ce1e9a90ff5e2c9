import json

import pytest

from riskindex.files.json_kinds import refusal

FEATURE = {"type": "Feature", "properties": {"code": "E1"}, "geometry": None}
GEOJSON = {"type": "FeatureCollection", "features": [FEATURE, FEATURE]}


@pytest.fixture
def kind_of(tmp_path):
    def write(text):
        path = tmp_path / "x.json"
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return refusal(path)

    return write


def test_geojson_is_not_refused(kind_of):
    assert kind_of(GEOJSON) == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"error": {"message": "Invalid query."}}, "is an error: Invalid query. Ask it again"),
        ({"error": {}}, "it does not say which"),
        (GEOJSON | {"exceededTransferLimit": True}, "stopped at its limit"),
        (GEOJSON | {"properties": {"exceededTransferLimit": True}}, "stopped at its limit"),
        ({"type": "Topology", "objects": {}}, "TopoJSON"),
        ({"spatialReference": {}, "features": []}, "Esri's JSON"),
        ("\n".join([json.dumps(FEATURE)] * 3), "one feature a line"),
    ],
)
def test_other_kinds_are_named_with_what_to_do(kind_of, given, words):
    assert words in kind_of(given)


def test_a_limit_that_is_only_a_text_of_an_area_is_none(kind_of):
    named = FEATURE | {"properties": {"name": '"exceededTransferLimit": true'}}
    assert kind_of({"type": "FeatureCollection", "features": [named, FEATURE]}) == ""


def test_a_limit_behind_a_long_list_of_features_is_seen(kind_of):
    long = FEATURE | {"properties": {"code": "E" * 2000}}
    text = json.dumps({"type": "FeatureCollection", "features": [long] * 200})
    assert kind_of(text) == ""
    assert "stopped at its limit" in kind_of(text[:-1] + ', "exceededTransferLimit": true}')
