"""Detected cases, those still open, and both by the age of the case."""

import pandas as pd
import pytest
from figure_tables import row, shown

from riskindex.assessment.options import Figure
from riskindex.assessment.requested import request_figures

OUTCOMES = {
    "2023-01 and charged": 30,
    "2023-01 and no suspect": 60,
    "2023-01 and open": 10,
    "2023-12 and charged": 4,
    "2023-12 and open": 36,
}
ASKED = Figure(
    name="found",
    kind="detected",
    of="f",
    outcomes=("charged",),
    still_open=("open",),
    extracted="2024-01",
    months=(3, 6),
)


def rhythm(outcomes):
    alone: dict[str, int] = {}
    for key, n in outcomes.items():
        alone[key.partition(" and ")[2]] = alone.get(key.partition(" and ")[2], 0) + n
    lines = {("outcome", k): n for k, n in alone.items()}
    lines |= {("month and outcome", k): n for k, n in outcomes.items()}
    index = pd.MultiIndex.from_tuples(
        [("f", "all", "2023", "N", aspect, value) for aspect, value in lines],
        names=["factor", "group", "period", "place", "aspect", "value"],
    )
    return pd.DataFrame({"records": list(lines.values())}, index=index)


@pytest.fixture(scope="module")
def figures():
    return request_figures([ASKED], shown({"2023": (140, 0, 0)}, rhythm=rhythm(OUTCOMES)))


def test_34_of_140_cases_are_detected_and_46_still_open(figures):
    found = row(figures, category="detected")
    assert (found["count"], found["base"], found["value"]) == (34, 140, 24.3)
    assert row(figures, category="still open")["count"] == 46
    assert row(figures, category="not recorded")["count"] == 0


def test_young_cases_stand_apart_from_old_ones(figures):
    young = row(figures, category="detected, 0 to 2 months after the offence")
    old = row(figures, category="detected, 6 months or more after the offence")
    assert (young["count"], young["base"]) == (4, 40)
    assert (old["count"], old["base"], old["value"]) == (30, 100, 30.0)
    still = row(figures, category="still open, 0 to 2 months after the offence")
    assert still["value"] == 90.0


def test_limits_are_exact(figures):
    found = row(figures, category="detected, 6 months or more after the offence")
    assert (found["low"], found["high"]) == (21.2, 40.0)


def test_ages_of_restricted_cases_are_not_shown_to_others():
    numbers = shown({"2023": (140, 0, 0)}, rhythm=rhythm(OUTCOMES), restricted=["f"])
    assert not request_figures([ASKED], numbers)["category"].str.contains("months").any()


def test_an_outcome_too_rare_to_leave_is_withheld_and_no_0():
    cells = rhythm({"2023-01 and charged": 30, "2023-01 and no suspect": 110}).assign(base=140.0)
    numbers = shown({"2023": (140, 0, 0)}, rhythm=cells, restricted=["f"])
    figures = request_figures([ASKED], numbers)
    assert row(figures, category="detected")["count"] == 30
    for category in ("still open", "not recorded"):
        line = row(figures, category=category)
        assert pd.isna(line["count"])
        assert pd.isna(line["value"])
        assert line["status"] == "[c]"
