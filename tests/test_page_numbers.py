"""Numbers in pages: those that a release's own tables explain."""

from types import SimpleNamespace

from riskindex.page_numbers import WHOLE, Pages


def test_areas_of_each_history_explain_the_table_of_histories():
    codes = [f"E{i:08d}" for i in range(200)]
    coded = {"labels": ["Not hot", "Persistent"], "of": [0] * 131 + [1] * 69}
    factor = {"periods": [], "years": {"category": coded, "new": "0" * 200}}
    document = SimpleNamespace(place="map-data", value={"codes": codes, "factors": [factor]})
    district = {code: "Here" if at < 150 else "There" for at, code in enumerate(codes)}
    known = SimpleNamespace(codes=codes, groups={"district": district})
    pages = Pages(SimpleNamespace(tables=[], documents=[document]), known)
    assert {131.0, 69.0} <= pages.of_place[WHOLE]
    assert {131.0, 19.0} <= pages.of_place["Here"]
    assert {0.0, 50.0} == pages.of_place["There"]
