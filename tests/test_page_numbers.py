"""Numbers in pages: those that a release's own tables explain."""

from types import SimpleNamespace

import pandas as pd
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


def test_a_district_and_a_force_of_one_name_have_numbers_of_their_own():
    codes = [f"E{i:08d}" for i in range(30)]
    district = {code: "Here" if at < 10 else "There" for at, code in enumerate(codes)}
    force = {code: "Here" if at < 20 else "Elsewhere" for at, code in enumerate(codes)}
    areas = SimpleNamespace(file="all_areas.csv", columns=["area_code", "residents"],
                            rows=[(code, "1500") for code in codes])  # fmt: skip
    known = SimpleNamespace(codes=codes, groups={"district": district, "force": force})
    found = Pages(SimpleNamespace(tables=[areas], documents=[]), known).of_place
    assert {10.0, 20.0, 15_000.0, 30_000.0} <= found["Here"]
    assert found["Elsewhere"] == {0.0, 10.0, 15_000.0}


def test_areas_that_two_factors_share_are_explained():
    codes = [f"E{i:08d}" for i in range(40)]
    rows = [(code, at < 9, at < 20, 10 <= at < 33) for at, code in enumerate(codes)]
    columns = ["area_code", "selected", "arson_is_hot", "drugs_is_hot"]
    flags = SimpleNamespace(file="areas.gpkg", rows=rows, columns=columns)
    known = SimpleNamespace(codes=codes, groups={})
    found = Pages(SimpleNamespace(tables=[flags], documents=[]), known).of_place
    assert {9.0, 20.0, 23.0, 10.0, 33.0} <= found[WHOLE]  # hot for both: 10; for any: 33


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
        ("163 (154 to 172) per 1,000 residents (county 34.0)", []),
        ("1,163 (99.1 to 172) per 1,000 residents", ["1,163", "172"]),
        ("163 (154 to 172) burglaries", ["163", "154", "172"]),
    ],
)
def test_a_rank_among_hundreds_of_districts_and_a_rate_are_no_counts(text, written):
    assert [fault.written for fault in pages(text, districts=230).faults()] == written


def test_an_exact_total_in_the_form_of_a_rate_is_one():
    found = pages("412 (380 to 440) per 1,000 residents", districts=230)
    counts = pd.DataFrame({"arson": [2] * 182 + [1] * 48}, index=list(found.known.codes))
    truth = SimpleNamespace(counts=counts, residents=None, totals={})
    assert [fault.written for fault in found.faults()] == []
    assert [fault.written for fault in found.exact(truth)] == ["412"]
