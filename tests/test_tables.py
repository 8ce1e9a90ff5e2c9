import copy

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from riskindex.tables import Sensitivity, is_same, long_index, rows

AREAS = pd.Index(["E01", "E02"], name="area_code")


def test_rows_of_one_factor_and_period_are_by_area():
    index = long_index([("arson", "2021"), ("arson", "2022"), ("theft", "2022")], AREAS)
    table = pd.DataFrame({"observed": range(6)}, index=index)
    assert rows(table, factor="arson", period="2022")["observed"].to_dict() == {"E01": 2, "E02": 3}
    with pytest.raises(KeyError):
        rows(table, factor="arson", period="2020")


@given(st.lists(st.tuples(st.sampled_from("cab"), st.sampled_from("321")), min_size=1, unique=True))
def test_the_index_is_that_of_every_key_with_every_area(keys):
    expected = [(*key, area) for key in keys for area in AREAS]
    assert list(long_index(keys, AREAS)) == expected
    assert long_index(keys, AREAS).names == ["factor", "period", "area_code"]


def test_in_short_no_area_and_no_person_is_named():
    choices = pd.DataFrame(
        {
            "kind": ["aggregation", "people"],
            "note": ["infinite for E01", ""],
            "entered_codes": [("E01",), ()],
            "left_codes": [(), ()],
        }
    )
    short = Sensitivity(choices=choices, elicited=pd.DataFrame({"points": [1]})).in_short()
    assert list(short.choices["kind"]) == ["aggregation"]
    assert list(short.choices["note"]) == ["It cannot be computed from these data."]
    assert list(short.choices) == ["kind", "note"]
    assert short.elicited.empty


PAIRS = [
    (pd.DataFrame({"a": [1.0, np.nan]}), pd.DataFrame({"a": [1.0, 2.0]})),
    (np.array([1.0, np.nan]), np.array([1.0, np.nan, 3.0])),
    (csr_array(np.eye(2)), csr_array(np.ones((2, 2)))),
    ({"a": (1.0, np.nan)}, {"a": (1.0, 2.0)}),
    (Sensitivity(choices=pd.DataFrame({"a": [1]})), Sensitivity()),
    ("text", "texts"),
    (1, 1.0),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_holds_the_same_is_the_same_and_nothing_else_is(one, other):
    assert is_same(one, copy.deepcopy(one))
    assert not is_same(one, other)
