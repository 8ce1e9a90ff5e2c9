import pandas as pd
import pytest
from tables import factor, hotspots, persistence

from riskindex.factors import EventGroup
from riskindex.index.build import score_factors
from riskindex.index.reasons import averages_last, explain, reasons, through_one_area

HOT = {"confidence": 95, "is_hot": True, "observed": 7, "expected": 1.9, "value": 3.0}
RISK = {"label": "Robbery", "method": "window", "score": "risk", "exposure": "residents"}
MANY = {"observed": 62, "expected": 31.0, "step": 1.0}


def sentence(options, columns, lasting=None, **words):
    """The sentence about area b; area a is like any other."""
    wanted = factor(**options)
    period = (wanted.periods or ("",))[-1]
    columns = {name: [0 if name != "kind" else "", value] for name, value in columns.items()}
    tables = {(wanted.name, label): {} for label in wanted.periods}
    table = hotspots(["a", "b"], tables | {(wanted.name, period): columns})
    kept = persistence(["a", "b"], {wanted.name: lasting} if lasting else None)
    scores = score_factors(table, kept, [wanted])
    return explain(table, kept, scores, [wanted], **words)["b"]


SUSPECTS = {"label": "Suspects' homes"}


def test_an_area_that_is_hot_by_itself_and_with_its_neighbours():
    assert sentence(SUSPECTS, HOT | {"kind": "both"}) == (
        "Hot for suspects' homes in 2022: 7 where 1.9 were expected (3.7 times; 95% sure), "
        "by itself and with its neighbours."
    )


def test_an_area_that_is_hot_by_itself():
    assert sentence(SUSPECTS, HOT | {"kind": "own"}).endswith("95% sure), by itself.")


def test_an_area_that_is_hot_through_its_neighbours_is_said_to_be_and_its_own_number_comes_first():
    near = {"kind": "neighbourhood", "window_observed": 1234, "window_expected": 617}
    assert sentence(SUSPECTS, HOT | near) == (
        "Hot with its neighbours for suspects' homes in 2022: 7 where 1.9 were expected; with its "
        "neighbours 1,234 where 617 were expected (2.0 times; 95% sure)."
    )


def test_a_neighbourhood_that_owes_all_to_one_area_is_said_to():
    near = {"kind": "neighbourhood", "window_observed": 1234, "window_expected": 617}
    one = near | {"hot_without_largest": False}
    assert sentence(SUSPECTS, HOT | one).endswith("95% sure), through one area alone.")
    more = near | {"hot_without_largest": True}
    assert sentence(SUSPECTS, HOT | more).endswith("95% sure).")


def test_an_area_at_90_percent_is_possibly_hot():
    text = sentence(SUSPECTS | {"method": "poisson"}, HOT | {"confidence": 90, "is_hot": False})
    assert text.startswith("Possibly hot for suspects' homes in 2022: 7 where 1.9")


def test_what_was_tested_at_90_percent_is_what_is_told():
    window = {"window_observed": 20, "window_expected": 5}
    text = sentence(SUSPECTS, HOT | window | {"confidence": 90, "is_hot": False})
    assert text == (
        "Possibly hot for suspects' homes in 2022: 7 where 1.9 were expected; with its neighbours "
        "20 where 5.0 were expected (4.0 times; 90% sure)."
    )


def test_an_area_next_door_to_a_hotspot_is_called_so_and_its_own_events_come_first():
    near = {"kind": "next door", "window_observed": 50, "window_expected": 5.4, "observed": 0}
    published = SUSPECTS | {"neighbourhood": "score"}
    assert sentence(published, HOT | near) == (
        "Next door to a hotspot for suspects' homes in 2022: 0 where 1.9 were expected; with its "
        "neighbours 50 where 5.4 were expected (9.3 times; 95% sure)."
    )
    near |= {"is_hot": False, "confidence": 0, "near_confidence": 95.0}
    assert sentence(SUSPECTS, HOT | near) == ""
    half = sentence(SUSPECTS | {"neighbourhood": "half"}, HOT | near)
    assert half.startswith("Next door to a hotspot for suspects' homes in 2022: 0 where 1.9")
    assert risk_sentence({}, {}, near | MANY).endswith(
        "Next door to a hotspot: with its neighbours 50 where 5.4 were expected (9.3 times)."
    )


def test_what_is_told_of_a_risk_is_said_as_what_it_is():
    last = MANY | {"is_hot": False}
    assert "(2.0 times; estimated 1.8)" in risk_sentence({}, {}, last)
    sure = risk_sentence({"estimate": "exceedance", "above": 1.5}, {}, last, value=0.93)
    assert "(2.0 times; 93% sure of more than 1.5 times)" in sure
    rank = risk_sentence({"estimate": "rank"}, {}, last, value=96.6)
    assert "(2.0 times; above 97% of areas on average)" in rank


def test_an_expectation_that_is_not_known_is_not_spoken_of():
    assert sentence(SUSPECTS, HOT | {"expected": float("nan")}) == (
        "Hot for suspects' homes in 2022: 7 (95% sure)."
    )


def test_weighted_events_are_called_weighted():
    groups = (
        EventGroup(label="asb", source="asb"),
        EventGroup(label="fire", source="fire", weight=2),
    )
    text = sentence({"label": "Disorder", "source": None, "event_groups": groups}, HOT)
    assert text.startswith("Hot for disorder in 2022: 7 weighted where 1.9 were expected")


def test_years_hot():
    options = {"label": "Domestic abuse", "score": "persistence", "periods": ("2021", "2022")}
    lasting = {"periods_hot": [0, 5], "periods_assessed": 5, "pooled_p_adjusted": 0.01}
    assert sentence(options, {}, lasting) == "Hot for domestic abuse in 5 of 5 years."
    months = sentence(options, {}, lasting | {"periods_hot_all": 3}, unit="month")
    assert months == (
        "Hot for domestic abuse in 5 of 5 months (3 when all are corrected together)."
    )


def test_years_hot_end_with_the_areas_own_number_beside_the_average():
    options = {"label": "Domestic abuse", "score": "persistence", "periods": ("2021", "2022")}
    lasting = {"periods_hot": [0, 5], "periods_assessed": 5, "pooled_p_adjusted": 0.01}
    text = sentence(options, {"observed": 12}, lasting, averages={"suspects": 4.06})
    assert text == "Hot for domestic abuse in 5 of 5 years; in 2022 own 12, average area 4.1."


def test_averages_are_those_of_the_last_period():
    index = pd.MultiIndex.from_product([["x"], ["2021", "2022"]], names=["factor", "period"])
    assert averages_last(pd.DataFrame({"average": [2.0, 4.0]}, index)) == {"x": 4.0}


DEPRIVED = {
    "label": "Households deprived in two or more ways",
    "numerator": "n",
    "denominator": "d",
}


def test_a_share_stands_beside_the_share_of_the_county():
    options = DEPRIVED | {"method": "threshold", "score": "threshold", "threshold": 0.25}
    table = hotspots(["a", "b"], {("suspects", ""): {"observed": [40, 340], "value": [0.04, 0.34]}})
    wanted = factor(**options)
    scores = score_factors(table, persistence([]), [wanted])
    found = explain(table, persistence([]), scores, [wanted])
    assert found["b"] == "34% of households deprived in two or more ways (county 19%)."
    assert found["a"] == ""
    text = explain(table, persistence([]), scores, [wanted], whole="London")["b"]
    assert text.endswith("(London 19%).")


def test_a_half_is_rounded_away_from_zero():
    options = DEPRIVED | {"method": "threshold", "score": "threshold", "threshold": 0.1}
    values = {"observed": [50, 125], "value": [0.05, 0.125]}
    table = hotspots(["a", "b"], {("suspects", ""): values})
    wanted = factor(**options)
    scores = score_factors(table, persistence([]), [wanted])
    assert explain(table, persistence([]), scores, [wanted]).str.contains("13% of").any()


def test_a_low_share_is_a_reason_where_a_high_one_means_less_risk():
    options = {"label": "Owner-occupied homes", "method": "value", "score": "value"}
    wanted = factor(**options, direction=-1, numerator="n", denominator="d")
    table = hotspots(["a", "b"], {("suspects", ""): {"observed": [80, 20], "value": [0.8, 0.2]}})
    scores = score_factors(table, persistence([]), [wanted])
    found = explain(table, persistence([]), scores, [wanted])
    assert found.tolist() == ["", "20% of owner-occupied homes (county 50%)."]


def test_a_high_share_is_no_reason_where_it_means_less_risk():
    options = {"label": "Owner-occupied homes", "method": "value", "score": "value"}
    wanted = factor(**options, direction=-1, numerator="n", denominator="d")
    shares = {"observed": [80, 60, 10], "value": [0.8, 0.6, 0.1]}
    table = hotspots(["a", "b", "c"], {("suspects", ""): shares})
    scores = score_factors(table, persistence([]), [wanted])
    assert scores.loc[("suspects", "b"), "score"] > 0
    assert explain(table, persistence([]), scores, [wanted])[["a", "b"]].tolist() == ["", ""]


def test_few_of_what_protects_are_the_reason_and_many_are_none():
    few = {"value": 0.5, "observed": 1, "expected": 1.9}
    options = {"label": "Youth clubs", "score": "intensity", "direction": -1, "normalise": "rank"}
    assert sentence(options, few) == (
        "Fewer for youth clubs in 2022: 1 where 1.9 were expected (0.5 times)."
    )
    assert sentence(options, HOT | {"kind": "own"}) == ""
    clubs = factor(**RISK | {"label": "Youth clubs", "direction": -1})
    seen = {"observed": [62, 3], "expected": [31.0, 31.0], "step": 1.0, "is_hot": [True, False]}
    table = hotspots(["a", "b"], {(clubs.name, "2022"): seen | {"kind": ["own", ""]}})
    scores = score_factors(table, persistence(["a", "b"]), [clubs]).assign(value=0.2, score=50.0)
    assert explain(table, persistence(["a", "b"]), scores, [clubs]).tolist() == [
        "",
        "Youth clubs in 2022: 3 where 31.0 were expected (0.1 times; estimated 0.2).",
    ]


def test_a_table_tested_for_hotspots_has_no_period():
    options = {"label": "People not in work", "method": "poisson", "numerator": "n", "periods": ()}
    text = sentence(options | {"source": "ts065", "denominator": "d"}, HOT)
    assert text.startswith("Hot for people not in work: 7 where 1.9 were expected")


def test_an_intensity_below_expectation_is_no_reason():
    options = {"label": "Drugs", "score": "intensity"}
    assert sentence(options, {"value": 2.0, "observed": 7, "expected": 1.9}).startswith(
        "More for drugs in 2022: 7 where 1.9 were expected (3.7 times)"
    )
    assert sentence(options, {"value": 2.0, "observed": 1, "expected": 1.9}) == ""


@pytest.fixture
def two():
    factors = [factor("x", weight=1), factor("y", weight=2), factor("z", scored=False)]
    table = hotspots(["a", "b"], {(f.name, "2022"): HOT for f in factors})
    return table, persistence([]), score_factors(table, persistence([]), factors), factors


def test_the_largest_contribution_is_named_first(two):
    assert explain(*two)["a"].index("the y") < explain(*two)["a"].index("the x")


def test_every_reason_stands_by_factor_and_area(two):
    assert list(reasons(*two).index) == [("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")]


def test_no_area_has_a_reason_where_nothing_is_hot():
    table = hotspots(["a", "b"], {("suspects", "2022"): {}})
    scores = score_factors(table, persistence([]), [factor()])
    found = explain(table, persistence([]), scores, [factor()])
    pd.testing.assert_index_equal(found.index, pd.Index(["a", "b"], name="area_code"))
    assert found.tolist() == ["", ""]


def test_an_abbreviation_keeps_its_capitals():
    assert sentence({"label": "ASB"}, HOT).startswith("Hot for ASB in 2022")


def test_a_persistence_factor_whose_last_period_is_not_assessed_still_speaks():
    years = ("2021", "2022")
    wanted = factor(label="Abuse", periods=years, score="persistence")
    gone = {
        "confidence": pd.array([0, pd.NA], dtype="Int8"),
        "observed": [0, float("nan")],
        "value": [0, float("nan")],
        "reason": ["", "not covered"],
    }
    table = hotspots(
        ["a", "b"],
        {
            (wanted.name, "2021"): {"confidence": [0, 95], "is_hot": [False, True]},
            (wanted.name, "2022"): gone,
        },
    )
    lasting = {"periods_hot": [0, 1], "periods_assessed": [2, 1], "pooled_p_adjusted": 0.01}
    kept = persistence(["a", "b"], {wanted.name: lasting})
    scores = score_factors(table, kept, [wanted])
    assert explain(table, kept, scores, [wanted])["b"] == "Hot for abuse in 1 of 1 years."


def test_areas_that_owe_all_to_one_area_say_so():
    areas = list("abcd")
    two = [factor("x"), factor("y")]
    hot = {"confidence": 99, "is_hot": True, "observed": 9.0}
    table = hotspots(
        areas,
        {
            ("x", "2022"): hot | {"hot_without_largest": [False, True, False, None]},
            ("y", "2022"): hot | {"hot_without_largest": [False, False, None, None]},
        },
    )
    found = through_one_area(table, two)
    assert found.to_dict() == {"a": "all of 2", "b": "1 of 2", "c": "all of 1"}
    scored = score_factors(table, persistence(areas), two)
    reasons = explain(table, persistence(areas), scored, two)
    assert "nothing tested is hot here" in reasons["a"]
    assert "nothing tested is hot here" not in reasons["b"] + reasons["d"]
    assert through_one_area(table, []).empty


def test_a_factor_that_an_area_lacks_is_told_after_the_reasons():
    x, y, z = factor("x", label="Suspects"), factor("y", label="Arson"), factor("z", label="Work")
    lost = {"reason": ["", "not covered"], "value": [0.0, float("nan")]}
    table = hotspots(
        ["a", "b"],
        {
            ("x", "2022"): {n: [0 if n != "kind" else "", v] for n, v in HOT.items()},
            ("y", "2022"): lost,
            ("z", "2022"): lost,
        },
    )
    scores = score_factors(table, persistence(["a", "b"]), [x, y, z])
    reasons = explain(table, persistence(["a", "b"]), scores, [x, y, z])
    assert reasons["b"].startswith("Hot for suspects in 2022")
    assert reasons["b"].endswith(" Not assessed: Arson; Work.")
    assert reasons["a"] == ""


CLUSTERS = pd.DataFrame(
    {"factor": ["f", "f", "g"], "areas": [2, 1, 3], "area_codes": ["c; b", "a", "a; b; d"]}
).assign(p=[0.004, 0.001, 0.02])


def test_an_area_that_a_scan_found_in_a_cluster_is_said_to_be():
    clusters = CLUSTERS.replace({"factor": {"f": factor(**SUSPECTS).name}})
    words = sentence(SUSPECTS, HOT | {"kind": "own"}, clusters=clusters)
    assert words.endswith("95% sure), by itself; in a cluster of 2 areas (99% sure).")
    alone = clusters.assign(area_codes=["c; d", "b", "c; d; e"])
    assert "cluster" not in sentence(SUSPECTS, HOT | {"kind": "own"}, clusters=alone)


def test_the_cluster_of_a_risk_is_that_of_the_last_period():
    clusters = CLUSTERS.replace({"factor": {"f": factor(**RISK).name}})
    assert risk_sentence({}, {}, MANY, clusters=clusters) == (
        "Robbery in 2022: 62 where 31.0 were expected (2.0 times; estimated 1.8); "
        "in a cluster of 2 areas (99% sure)."
    )
    years = risk_sentence({"periods": ("2021", "2022")}, MANY, MANY, clusters=clusters)
    assert years.endswith("estimated 1.8); in a cluster of 2 areas in 2022 (99% sure).")


def risk_sentence(options, before, last, *, value=1.8, **words):
    """What is said of area b, whose risk was estimated as 1.8."""
    wanted = factor(**RISK | options)
    plain = {"observed": [0, 0], "expected": [4.0, 4.0]}
    columns = [
        plain
        | {name: [plain.get(name, [0])[0] if name != "kind" else "", v] for name, v in c.items()}
        for c in (before, last)
    ]
    periods = wanted.periods
    tables = {(wanted.name, p): c for p, c in zip(periods, columns[-len(periods) :], strict=True)}
    table = hotspots(["a", "b"], tables)
    scores = score_factors(table, persistence(["a", "b"]), [wanted]).assign(value=value)
    return explain(table, persistence(["a", "b"]), scores, [wanted], **words)["b"]


def test_a_risk_gives_the_numbers_of_the_area_first():
    assert risk_sentence({}, {}, MANY) == (
        "Robbery in 2022: 62 where 31.0 were expected (2.0 times; estimated 1.8)."
    )


def test_a_risk_of_several_periods_gives_the_numbers_of_all():
    years = {"periods": ("2021", "2022")}
    assert risk_sentence(years, MANY, MANY) == (
        "Robbery in 2021 to 2022: 124 where 62.0 were expected (2.0 times; estimated 1.8)."
    )


def test_the_numbers_of_a_window_are_named_as_such():
    window = {"window_observed": 120, "window_expected": 60.0, "confidence": 95, "is_hot": True}
    near = MANY | window | {"kind": "both"}
    assert risk_sentence({}, {}, near) == (
        "Robbery in 2022: 62 where 31.0 were expected (2.0 times; estimated 1.8). Hot by itself, "
        "and with its neighbours: 120 where 60.0 were expected (2.0 times; 95% sure)."
    )
    years = {"periods": ("2021", "2022")}
    through = risk_sentence(years, MANY, near | {"kind": "neighbourhood"})
    assert "Hot with its neighbours in 2022: 120 where 60.0" in through
    own = risk_sentence({}, {}, near | {"kind": "own"})
    assert own.endswith("estimated 1.8). Hot by itself (95% sure).")


def test_nothing_is_said_of_a_risk_below_what_was_expected():
    few = {"observed": [40, 3], "expected": [20.0, 4.0], "step": 1.0}
    wanted = factor(**RISK)
    table = hotspots(["a", "b"], {(wanted.name, "2022"): few})
    scores = score_factors(table, persistence(["a", "b"]), [wanted]).assign(score=50.0)
    assert explain(table, persistence(["a", "b"]), scores, [wanted])["b"] == ""
