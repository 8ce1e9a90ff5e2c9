"""The schema by which editors complete a config."""

from riskindex.config_schema import schema


def test_the_schema_explains_every_key():
    document = schema()
    unexplained = [
        (name, key)
        for name, part in document["$defs"].items()
        for key, about in part["properties"].items()
        if not about.get("description")
    ]
    assert unexplained == []
    assert document["properties"]["title"]["description"]


def test_a_period_may_be_written_as_a_number():
    items = schema()["$defs"]["Factor"]["properties"]["periods"]["items"]
    assert items["type"] == ["string", "integer"]
