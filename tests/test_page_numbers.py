"""Which numbers of a page a release explains."""

import pytest

from riskindex.forms import Known
from riskindex.outsider import Seen, Text
from riskindex.page_numbers import Pages


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
