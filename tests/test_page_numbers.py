"""Numbers in pages: those that a release's own tables explain."""

from types import SimpleNamespace

import pytest

from riskindex.forms import Known
from riskindex.outsider import Seen, Text
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


def pages(*texts, districts):
    codes = tuple(f"E{number:08d}" for number in range(districts))
    known = Known(
        profile="public", codes=codes, names=dict.fromkeys(codes, ""), kinds=("district",),
        groups={"district": {code: f"Place {code}" for code in codes}}, factors={}, periods=(),
        texts=frozenset(),
    )  # fmt: skip
    return Pages(Seen(texts=[Text("profiles/x.html", "<p>", text) for text in texts]), known)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("rank 192 of 221 (the intervals allow 174 to 206), so", []),
        ("rank 192 of 221 (the intervals allow no other), so", []),
        ("rank 192 of 1,221, so", ["192", "1,221"]),
        ("rank 222 of 221, so", ["222", "221"]),
        ("192 of 221 burglaries", ["192", "221"]),
    ],
)
def test_a_rank_among_hundreds_of_districts_is_no_count(text, written):
    assert [fault.written for fault in pages(text, districts=230).faults()] == written
