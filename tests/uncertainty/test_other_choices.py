"""What if we had chosen differently: small lists worked by hand, and a county's whole table."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from tables import factor, hotspots, persistence, scores

from riskindex.index.build import Index, build_index, score_factors
from riskindex.index.selection import Override, Selection, select_top
from riskindex.tables import NOT_COMPUTED
from riskindex.uncertainty.other_choices import KINDS, ListMade, ask_what_if
from riskindex.uncertainty.repeats import Data

TABLE = scores({"x": [100, 0, 0, 60], "y": [0, 100, 0, 60], "z": [0, 0, 90, 0]})
TWO = Selection(number=2)
AREAS = pd.DataFrame(index=pd.Index(list("abcd"), name="area_code"))


def factors(**police):
    return [
        factor(
            name,
            recorded="police-generated" if police.get(name) else "reported",
            method="value",
            score="value",
            numerator="n",
            denominator="d",
            source="s",
        )
        for name in ("x", "y", "z")
    ]


def made(table=TABLE, selection=TWO, index=Index(), areas=AREAS, **police):  # noqa: B008
    table = table.assign(value=table["score"], **({} if "weight" in table else {"weight": 1.0}))
    groups = areas.get(selection.group)
    return ListMade(
        data=Data(pd.DataFrame(), areas, None),
        hotspots=pd.DataFrame(),
        pooled=pd.DataFrame(),
        persistence=pd.DataFrame(),
        scores=table,
        chosen=select_top(build_index(table, options=index), selection=selection, groups=groups),
        factors=factors(**police),
        index=index,
        selection=selection,
    )


def asked(kind, *args, **options):
    """The rows of one kind, by their words."""
    table = ask_what_if(made(*args, **options)).choices
    return table[table["kind"] == kind].set_index("choice")


def test_each_factor_is_left_out_and_the_movers_are_named():
    found = asked("factors")
    assert found.index.tolist() == ["Without: The x", "Without: The y", "Without: The z"]
    first = found.loc["Without: The x"]
    assert first[["entered_codes", "left_codes"]].tolist() == [("b", "c"), ("d", "a")]
    assert first[["selected", "entered", "left"]].tolist() == [2, 2, 2]
    assert found["kept"].tolist() == [0, 0.5, 1]


def test_police_generated_factors_are_left_out_together():
    every = "Without all that police activity finds"
    assert every not in asked("factors", x=True).index
    assert asked("factors", x=True, y=True).loc[every, "entered_codes"] == ("c",)
    assert every not in asked("factors", x=True, y=True, z=True).index


def test_overrides_stay():
    by_hand = Override(area_code="c", action="in", reason="Known on the ground.")
    found = asked("factors", selection=Selection(number=1, overrides=(by_hand,)))
    assert not found["left_codes"].map(lambda areas: "c" in areas).any()


def test_a_minimum_per_district_holds_without_the_factor_too():
    least = Selection(number=2, minimum_per_group=1)
    found = asked("factors", selection=least, areas=AREAS.assign(district=["n", "n", "s", "n"]))
    assert not found["left_codes"].map(lambda areas: "c" in areas).iloc[:2].any()


def test_groups_and_points_of_what_is_left_out_go_with_it():
    grouped = TABLE.assign(group=np.repeat(["g", "h", ""], 4))
    assert (asked("factors", grouped, index=Index(groups={"g": 2, "h": 1}))["note"] == "").all()
    points = {"police": {"x": 10}, "council": {"y": 5, "z": 5}}
    assert (asked("factors", index=Index(weights="elicited", points=points))["note"] == "").all()


def test_twice_a_weight_lets_its_factor_decide():
    found = asked("weights")
    assert found.loc["Twice the weight: The z", "entered_codes"] == ("c",)
    assert "All factors weigh the same" not in found.index


def test_each_persons_points_alone_are_tried_without_a_name():
    points = {"police": {"x": 10}, "council": {"y": 5, "z": 5}}
    one = Selection(number=1)
    found = asked("people", selection=one, index=Index(weights="elicited", points=points))
    assert len(found) == 2
    assert found.loc["The points of person 1 alone", "entered_codes"] == ()
    assert found.loc["The points of person 2 alone", "entered_codes"] == ("b",)
    assert not found.index.str.contains("police|council").any()


def test_a_choice_that_cannot_be_computed_says_why():
    flat = scores({"x": [1, 2, 3, 4], "y": [5, 5, 5, 5], "z": [1, 2, 3, 9]})
    found = asked("normalisation", flat)
    row = found.loc["Every factor by its strength, min-max"]
    assert "The y" in row["note"]
    assert pd.isna(row["entered"])
    assert row["entered_codes"] == ()


def test_a_geometric_mean_makes_the_list_short():
    assert asked("aggregation").loc["Geometric mean", "selected"] == 0


def test_ties_and_rounding_are_choices():
    tied = scores({"x": [3, 2, 2, 1], "y": [0, 0, 0, 0], "z": [0, 0, 0, 0]})
    table = tied.assign(intensity=tied["score"], is_hot=False)
    found = asked("ties", table, selection=Selection(share=0.5))
    assert found["selected"].tolist() == [3, 1]
    assert "number" not in ask_what_if(made()).choices["kind"].tolist()
    odd = asked("number", selection=Selection(share=0.4))
    assert odd.loc["The number of areas rounded down", "selected"] == 1


def test_an_area_that_lacks_a_factor_may_be_scored_on_the_rest():
    gap = TABLE.copy()
    gap.iloc[0, 0] = np.nan
    found = asked("missing", gap.assign(reason="not covered"))
    assert found.index.tolist() == ["Areas that lack a factor are scored on the others"]


# Tests and their scores


@pytest.fixture(scope="module")
def county_choices(county_result):
    return county_result.sensitivity


def test_a_run_tries_every_kind_that_applies(county_choices):
    kinds = set(county_choices.choices["kind"])
    assert {"factors", "weights", "scores", "normalisation", "aggregation", "tests"} <= kinds
    assert kinds <= set(KINDS)


def test_entered_and_left_add_up(county_choices, county_result):
    table = county_choices.choices[county_choices.choices["note"] == ""]
    chosen = set(county_result.index.index[county_result.index["selected"]])
    assert (table["selected"] == len(chosen) + table["entered"] - table["left"]).all()
    for row in table.itertuples():
        assert len(row.entered_codes) == row.entered
        assert set(row.left_codes) <= chosen
        assert not chosen & set(row.entered_codes)


def test_the_share_of_each_choice_is_estimated_with_an_interval(county_choices):
    found = county_choices.matters
    assert "counts" in found.index
    assert (found["total_low"] <= found["total"]).all()
    assert (found["total"] <= found["total_high"]).all()


def test_another_correction_is_what_a_run_with_it_selects(
    county_config, county_result, county_choices
):
    from riskindex import read_config, run

    config = read_config(county_config).model_copy(update={"robustness": None})
    factors = [
        f.__class__(**{**vars(f), "correction": "bonferroni"}) if f.counts_events else f
        for f in config.factors
    ]
    other = run(config.model_copy(update={"factors": factors})).index
    before = county_result.index
    row = county_choices.choices.set_index("choice").loc["Correction for many areas by Bonferroni"]
    entered = other.index[other["selected"] & ~before["selected"]]
    assert set(row["entered_codes"]) == set(entered)


def test_another_method_is_what_a_run_with_it_selects(county_config, county_result, county_choices):
    from riskindex import read_config, run

    config = read_config(county_config).model_copy(update={"robustness": None})
    factors = [
        f.__class__(**{**vars(f), "method": "window", "exposure": "residents"})
        if f.counts_events and f.scored
        else f
        for f in config.factors
    ]
    other = run(config.model_copy(update={"factors": factors})).index
    before = county_result.index
    row = county_choices.choices.set_index("choice").loc[
        "Events tested by window, against residents"
    ]
    assert set(row["entered_codes"]) == set(other.index[other["selected"] & ~before["selected"]])
    assert set(row["left_codes"]) == set(other.index[before["selected"] & ~other["selected"]])


def test_scores_by_flag_are_what_they_say():
    areas = list("abcd")
    tests = hotspots(
        areas,
        {
            ("x", "2022"): {
                "confidence": [99, 90, 95, 0],
                "is_hot": [True, False, True, False],
                "value": [9.0, 2.0, 3.0, 0.0],
            }
        },
    )
    only = factor("x")
    table = score_factors(tests, persistence(areas), [only])
    chosen = select_top(build_index(table), selection=Selection(number=3))
    given = ListMade(
        data=Data(pd.DataFrame(), AREAS, None),
        hotspots=tests,
        pooled=pd.DataFrame(),
        persistence=persistence(areas),
        scores=table,
        chosen=chosen,
        factors=[only],
        index=Index(),
        selection=Selection(number=3),
    )
    (flags,) = [o for o in KINDS["scores"](given) if o.words.startswith("Tests score 100")]
    assert list(flags.select().index) == ["a", "c"]


def risk_made():
    """Four areas of one risk, the last one small: likely high, and not surely."""
    areas = list("abcd")
    only = factor("x", method="window", exposure="residents", score="risk")
    columns = {"observed": [30, 44, 62, 4], "expected": [40.0, 40.0, 40.0, 1.0], "step": 1.0}
    tests = hotspots(areas, {("x", "2022"): columns})
    near = csr_array(np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1))
    table = score_factors(tests, persistence(areas), [only])
    one = Selection(number=1)
    chosen = select_top(build_index(table), selection=one)
    return ListMade(
        data=Data(pd.DataFrame(), AREAS, near),
        hotspots=tests,
        pooled=pd.DataFrame(),
        persistence=persistence(areas),
        scores=table,
        chosen=chosen,
        factors=[only],
        index=Index(),
        selection=one,
    )


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (
            "Risks score by the probability that they are above 2 times expected",
            {"estimate": "exceedance"},
        ),
        (
            "Risks score by how many other areas they are above, on average",
            {"estimate": "rank"},
        ),
        (
            "Risks are taken to be alike among neighbours before counting",
            {"prior": "spatial"},
        ),
    ],
)
def test_what_else_could_be_told_of_risks_is_what_a_run_with_it_lists(words, options):
    given = risk_made()
    found = {other.words: other for other in KINDS["scores"](given)}
    again = score_factors(
        given.hotspots,
        given.persistence,
        [replace(given.factors[0], **options)],
        neighbours=given.data.weights,
    )
    expected = select_top(build_index(again), selection=given.selection)
    assert found[words].select().index.tolist() == expected.index.tolist()
    assert not any("how many times what was expected they are" in other for other in found)


def test_what_others_see_names_no_area(county_choices):
    short = county_choices.in_short()
    assert not {"entered_codes", "left_codes"} & set(short.choices)
    assert set(short.choices["note"]) <= {"", NOT_COMPUTED}
    assert short.effective.round(2).equals(short.effective)
    assert {"entered_codes", "left_codes"} <= set(county_choices.choices)
