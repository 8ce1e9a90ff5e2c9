"""Figures of a run beside its counts: each of the tables that it is made of, rounded as printed."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from riskindex.assessment.run_rows import OfRun, concentrate, run_rows
from riskindex.tables import Sensitivity

CODES = [f"a{i}" for i in range(20)]
LABELS = {"f": "Fires", "g": "Gales"}


def about(**tables):
    made = run_rows(OfRun(**tables), labels=LABELS, whole="Here", period="2022")
    return made.set_index(["figure", "by", "category"]).sort_index()


def listed(*chosen):
    return pd.DataFrame({"selected": pd.Index(CODES).isin(chosen)}, index=CODES)


def test_a_run_that_told_nothing_has_no_rows():
    assert run_rows(OfRun(), labels=LABELS, whole="Here", period="2022").empty


def test_firm_areas_are_those_of_the_list_and_borderline_ones_those_off_it():
    tiers = ["firm", "borderline", "firm", *["borderline"] * 3, *["out"] * 14]
    areas = listed("a0", "a1").assign(tier=tiers, p_top=[0.9, 0.65, *[0.1] * 18])
    table = about(areas=areas, leaning=pd.Series(["all 2", "some"], index=CODES[:2]))
    assert table.loc["list.firm", ["count", "base"]].to_numpy().tolist() == [[1, 2]]
    assert table.loc["list.borderline_off", "count"].tolist() == [3]
    assert table.loc["list.truly", "value"].tolist() == [1.6]
    assert table.loc["list.leaning", "count"].tolist() == [1]


def test_other_choices_are_counted_and_those_that_failed_are_not_among_the_tried():
    choices = pd.DataFrame(
        {
            "kind": ["factors", "weights", "tests"],
            "choice": ["Without: Fires", "equal", "none"],
            "selected": [2, 2, np.nan],
            "entered": [1, 0, np.nan],
            "left": [1, 0, np.nan],
            "kept": [0.5, 1.0, np.nan],
            "note": ["", "", "It cannot be computed."],
        }
    )
    matters = pd.DataFrame(
        {"total": [0.2849999999, 1.2], "total_low": [-0.1, 0.7], "total_high": [0.6, 1.4]},
        index=["counts", "ties"],
    )
    table = about(
        areas=listed("a0", "a1"), sensitivity=Sensitivity(choices=choices, matters=matters)
    )
    assert table.loc["choices.number", "count"].droplevel("by").to_dict() == {
        "tried": 2,
        "could not be tried": 1,
        "gave an empty list": 0,
    }
    left = table.loc[("choices.left", "factors", "Without: Fires")]
    assert (left["count"], left["base"]) == (1, 2)
    assert table.loc[("choices.left", "", "half of the choices, at most"), "value"] == 0.5
    assert table.loc[("choices.kept", "factors", "Without: Fires"), "value"] == 50
    failed = table.loc[("choices.left", "tests", "none")]
    assert (failed["status"], failed["note"]) == ("[z]", "It cannot be computed.")
    parts = table.loc["choices.part", ["value", "low", "high"]].to_numpy().tolist()
    assert parts == [[28.5, 0.0, 60.0], [100.0, 70.0, 100.0]]


@pytest.mark.parametrize(("decimals", "value", "apart"), [(1, 17.4, -3.2), (0, 17.0, -3.0)])
def test_shares_of_people_have_as_many_decimals_as_may_leave(decimals, value, apart):
    composed = pd.DataFrame({"selected": [0.1744], "rest": [0.2065]}, index=["Old"])
    table = about(composition=composed, decimals=decimals)
    assert table.loc[("composition.selected", "", "Old"), "value"] == value
    assert table.loc[("composition.apart", "", "Old"), "value"] == apart
    assert "composition.whole" not in table.index


def test_a_correlation_has_a_row_with_every_other_and_none_with_itself():
    columns = pd.MultiIndex.from_tuples([("share", "Old"), ("factor", "f"), ("factor", "g")])
    columns.names = ["kind", "name"]
    rho = pd.DataFrame([[0.125, 1, -0.6], [np.nan, -0.6, 1]], index=["f", "g"], columns=columns)
    table = about(correlations=rho)
    assert table.loc["f.correlation", "value"].droplevel("by").to_dict() == {"Old": 0.13, "g": -0.6}
    assert table.loc["g.correlation", "value"].droplevel("by").to_dict() == {"f": -0.6}
    assert table.loc["run.pairs", "count"].tolist() == [1]


def hot_tests(observed, *, period="2022"):
    index = pd.MultiIndex.from_product([["f"], [period], CODES])
    index.names = ["factor", "period", "area_code"]
    return pd.DataFrame({"observed": observed, "is_hot": False}, index=index)


def test_the_fullest_twentieth_of_twenty_areas_is_one():
    table = about(
        areas=listed("a0", "a2"),
        hotspots=hot_tests([10.0, 20.0, *[np.nan], *[1.0] * 10, *[0.0] * 7]),
        numbered=frozenset({"f"}),
    )
    shares = table.loc["f.in_areas", "value"].droplevel("by")
    assert shares["in the 5% of areas with most"] == 50
    assert shares["in the selected areas"] == 25
    assert (table.loc["f.in_areas", "base"] == 40).all()


@pytest.mark.parametrize("hides", [{"numbered": frozenset()}, {"is_counted": False}])
def test_where_counts_are_not_shown_nothing_is_said_of_how_they_lie(hides):
    numbered = {"numbered": frozenset({"f"})} | hides
    assert run_rows(
        OfRun(areas=listed("a0"), hotspots=hot_tests([1.0] * 20), **numbered),
        labels=LABELS,
        whole="Here",
        period="2022",
    ).set_index("figure").index.tolist() == ["list.leaning"]


def test_a_table_without_periods_has_no_events_that_could_lie_in_few_areas():
    of = {"hotspots": hot_tests([1.0] * 20, period=""), "numbered": frozenset({"f"})}
    assert "f.in_areas" not in about(areas=listed("a0"), **of).index


def test_chance_alone_concentrates_rare_events():
    drawn = poisson.rvs(0.5, size=200_000, random_state=1)
    found = concentrate(pd.Series(drawn), pd.Series(data=False, index=range(200_000)))
    assert found.by_chance == pytest.approx(found.top, abs=0.005)
    many = concentrate(pd.Series([1e6] * 20), pd.Series(data=False, index=range(20)))
    assert many.by_chance == pytest.approx(0.05, abs=0.001)
    assert concentrate(pd.Series([0.0]), pd.Series([True])) is None


def test_histories_changes_and_clusters_are_told_by_factor():
    index = pd.MultiIndex.from_product([["f"], CODES], names=["factor", "area_code"])
    persistence = pd.DataFrame(
        {
            "category": ["new"] * 3 + ["not hot"] * 17,
            "change": ["rising"] * 2 + [""] * 18,
            "has_emerged": [True] + [False] * 19,
        },
        index=index,
    )
    found = {"factor": "f", "period": "2022", "cluster": 1, "areas": 4, "p": 0.00123456}
    clusters = pd.DataFrame([found | {"observed": 12.0, "expected": 3.456, "ratio": 3.472}])
    table = about(persistence=persistence, clusters=clusters, numbered=frozenset({"f"}))
    assert table.loc[("f.history", "history", "new"), ["count", "base"]].tolist() == [3, 20]
    assert table.loc["f.changing", "count"].droplevel("by").to_dict() == {"rising": 2, "falling": 0}
    assert table.loc["f.emerged", "count"].tolist() == [1]
    assert table.loc["f.cluster", ["count", "value"]].to_numpy().tolist() == [[4, 0.0012]]
    assert table.loc["f.cluster_expected", "value"].tolist() == [3.46]


def test_what_teams_reach_is_told_by_what_is_counted():
    teams = pd.DataFrame(
        [("1 team", "areas", 3, 8, np.nan), ("the next best set", "areas", 2, 8, 0.017)],
        columns=["step", "unit", "reached", "of", "less"],
    )
    table = about(teams=teams)
    reached = table.loc[("teams.reached", "areas", "1 team"), ["count", "base", "value"]]
    assert reached.tolist() == [3, 8, 37.5]
    assert table.loc["teams.less", "value"].tolist() == [1.7]
