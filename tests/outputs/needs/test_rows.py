"""Numbers are printed as their rows have them, with their limits."""

from types import SimpleNamespace

import pandas as pd
import pytest

from riskindex.outputs.needs import rows
from riskindex.outputs.needs.blocks import Free, Number, joined


def row(**columns):
    nothing = dict.fromkeys(("count", "base", "value", "low", "high", "rank", "ratio"), None)
    fixed = {"unit": "%", "kind": "share", "status": "given", "note": "", "row": "r1"}
    return SimpleNamespace(**{**nothing, **fixed, **columns})


def text(parts):
    return "".join(part if isinstance(part, str) else part.text for part in parts)


@pytest.mark.parametrize(
    ("columns", "printed"),
    [
        ({"value": 13.5}, "13.5%"),
        ({"value": -33.0, "kind": "change"}, "−33%"),
        ({"value": 5.0, "kind": "change"}, "+5%"),
        ({"value": 0.609, "unit": "per 1,000"}, "0.609"),
        ({"value": 14315.0, "unit": "offences"}, "14,315"),
        ({"value": 949.4, "unit": "days"}, "949.4"),
    ],
)
def test_a_value_is_printed_with_its_unit(columns, printed):
    assert rows.value(row(**columns)) == Number(printed, "r1")


def test_what_is_missing_is_its_mark():
    assert rows.value(row(status="[c]")) == "[c]"
    assert rows.count(row(status="[c]", count=pd.NA)) == "[c]"
    assert rows.limits(row(low=1.0)) == ()
    assert rows.rank(row()) == ""


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-17, -1, "fell by 9% (−17% to −1%)"),
        (1, 20, "rose by 9% (+1% to +20%)"),
        (-30, 19, "changed by −9% (−30% to +19%), no more than chance may make it"),
    ],
)
def test_a_change_is_one_by_its_limits(low, high, words):
    moved = 9.0 if low > 0 else -9.0
    found = rows.changed(row(kind="change", value=moved, low=float(low), high=float(high)))
    assert text(found) == words


def test_pieces_are_joined_as_in_a_list():
    assert text(joined([("a",), (Free("b"),), ("c",)])) == "a, b and c"


def test_how_a_row_is_beside_its_benchmark_stands_apart():
    note = rows.noted(row(note="quoted; England, 2022 33: worse"))
    assert note == (Free("quoted; England, 2022 33: "), Free("worse", is_verdict=True))
    assert rows.noted(row(note="the note: of nothing")) == (Free("the note: of nothing"),)
