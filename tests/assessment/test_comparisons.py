"""Comparisons against chance, all places and another series: small places by hand."""

import numpy as np
import pandas as pd
import pytest
from figure_tables import monthly, records, shown
from scipy.sparse import csr_array

from riskindex.assessment.options import Figure
from riskindex.assessment.requested import request_figures

YEARS = {"2020": (30, 40, 50), "2021": (40, 40, 40), "2022": (27, 40, 53)}


def figure(kind, **options):
    return Figure(**{"name": "x", "of": "f", "kind": kind, **options})


def asked(what, table=None):
    return request_figures([what], table or shown(YEARS))


def test_concentration_is_held_against_chance():
    even = asked(
        figure("concentration", places=["district"], top=[1, 3]), shown({"2022": (100, 300, 600)})
    ).set_index("category")
    assert even.loc["top 1", "value"] == 60.0
    assert even.loc["top 3", "value"] == 100.0
    assert even.loc["top 1", "ratio"] == pytest.approx(1, abs=0.02)
    assert "S; by chance 60" in even.loc["top 1", "note"]
    lone = asked(
        figure("concentration", places=["district"], top=[1]), shown({"2022": (500, 0, 0)})
    )
    # 60% by the residents; what chance gives is simulated, and the noise of these draws is .1.
    assert lone["note"].item() == "N; by chance 59.9%, p 0.001"
    assert lone["ratio"].item() > 1.6


def test_the_gap_is_between_the_first_group_and_all():
    # Of 60 events in 10,000 residents, 12 of 1,000 are in the first group by name, E.
    table = shown({"2022": (12, 12, 36)}, residents=(3000, 1000, 6000))
    found = asked(figure("gap", by="district"), table).set_index("category")
    assert found.loc["E against all", "value"] == 2.0
    assert set(found["unit"]) == {"times", "per 1,000"}
    assert found.loc["E against all", "low"] < 2 < found.loc["E against all", "high"]


def test_two_sets_of_hot_areas_that_are_one_overlap_wholly():
    codes = pd.Index([f"a{i}" for i in range(40)], name="area_code")
    flags = pd.DataFrame({"f": np.arange(40) < 10, "g": np.arange(40) < 10}, index=codes)
    flags = flags.astype(object)
    ring = csr_array(np.roll(np.eye(40), 1, axis=0) + np.roll(np.eye(40), -1, axis=0))
    base = shown(YEARS)
    table = base.__class__(
        **{**vars(base), "labels": {"f": "F", "g": "G"}, "hot": flags, "weights": ring}
    )
    found = asked(figure("overlap", against="g"), table).iloc[0]
    assert (found["count"], found["base"], found["value"], found["ratio"]) == (10, 10, 100.0, 4.0)
    assert "as clumped" in found["note"]
    nothing = asked(figure("overlap", against="g"), base)
    assert nothing["status"].item() == "[x]"


def test_series_that_are_one_go_together():
    months = {
        f"{y}-{m:02d}": 10 * m + y % 7 * (m % 3) for y in (2020, 2021, 2022) for m in range(1, 13)
    }
    rhythm = records({("N", "month", month): n for month, n in months.items()})
    both = pd.concat([rhythm, rhythm.rename({"f": "g"}, level="factor")])
    base = shown(YEARS, rhythm=both)
    table = base.__class__(**{**vars(base), "labels": {"f": "F", "g": "G"}})
    found = asked(figure("together", against="g"), table).iloc[0]
    assert (found["value"], found["count"]) == (1.0, 36)
    assert found["note"] == "month of the year taken out"
    short = shown(YEARS, rhythm=records(monthly("2022-01", "2022-02")))
    assert asked(figure("together", against="f"), short)["status"].item() == "[x]"
