from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from grids import codes, lattice
from tables import assess_repeats, factor, scores

from riskindex.errors import ConfigError, DataError
from riskindex.factors import Factor
from riskindex.index.build import Index, build_index
from riskindex.index.selection import Override, Selection, select_top
from riskindex.uncertainty.repeats import Data
from riskindex.uncertainty.replay import Robustness
from riskindex.uncertainty.robustness import (
    prepare_repeats,
    repeat_list,
    robustness_faults,
    summarise,
    tier,
)

NAMES = ("x", "y", "z")
FACTORS = [factor(name, neighbourhood="score") for name in NAMES]
FIXED = Robustness(counts=False, draws=200)
TOP_TENTH = Selection(share=0.1)


@pytest.fixture
def table():
    rng = np.random.default_rng(5)
    found = scores({name: np.round(rng.uniform(0, 100, 60), 1) for name in NAMES})
    return found.assign(value=found["score"], intensity=found["score"], is_hot=False, weight=1.0)


def robust(table, options=FIXED, *, index=Index(), selection=TOP_TENTH, **more):  # noqa: B008
    chosen = select_top(build_index(table, options=index), selection=selection)
    found = assess_repeats(
        None, table, chosen, FACTORS, index=index, selection=selection, options=options, **more
    )
    return found, chosen


def test_without_any_variation_the_same_areas_are_selected_every_time(table):
    found, chosen = robust(table, Robustness(counts=False, weights="none", draws=20))
    index = chosen.table
    np.testing.assert_array_equal(found.table["p_selected"], index["selected"].astype(float))
    np.testing.assert_array_equal(found.table["rank_low"], index["rank"])
    np.testing.assert_array_equal(found.table["rank_high"], index["rank"])
    assert (found.table["tier"] == np.where(index["selected"], "firm", "out")).all()
    assert (found.overlap == 1).all()


def test_weights_move_areas_near_the_cut_and_no_others(table):
    found, chosen = robust(table)
    assert found.table.loc[chosen.index[0], "p_selected"] == 1
    assert 0 < (found.table["tier"] == "borderline").sum() < 15
    assert (found.table["rank_low"] <= found.table["rank_high"]).all()
    assert found.table["p_selected"].sum() == pytest.approx(6)


def test_the_same_seed_gives_the_same_answer_at_any_number_of_threads(table):
    one, _ = robust(table, seed=7, threads=1)
    two, _ = robust(table, seed=7, threads=2)
    other, _ = robust(table, seed=8)
    pd.testing.assert_frame_equal(one.table, two.table)
    np.testing.assert_array_equal(one.overlap, two.overlap)
    assert not one.table["p_selected"].equals(other.table["p_selected"])


def test_normalisation_and_aggregation_vary_as_configured(table):
    options = Robustness(
        counts=False,
        weights="none",
        draws=100,
        normalise=("configured", "exponential-rank"),
        aggregation=("configured", "geometric"),
    )
    found, _ = robust(table, options)
    shares = set(np.round(found.table["p_selected"].unique(), 2))
    assert len(shares) > 2
    only, _ = robust(
        table, Robustness(counts=False, weights="none", draws=9, normalise=("min-max",))
    )
    assert set(only.table["p_selected"].unique()) == {0, 1}


def test_a_repeat_that_cannot_be_computed_is_an_error_that_names_the_factor(table):
    table.loc["y", "value"] = 4.0
    with pytest.raises(DataError, match="The y: all 60 assessed areas have the value 4"):
        robust(table, Robustness(counts=False, draws=10, normalise=("min-max",)))


def test_a_repeat_that_loses_an_area_is_an_error_and_never_a_probability_of_nothing(table):
    chosen = select_top(build_index(table))
    replay = prepare_repeats(
        None,
        table,
        FACTORS,
        index=Index(),
        selection=Selection(),
        options=FIXED,
    )
    lost = replay.still[0].score.copy()
    lost[0, 7] = np.nan
    broken = replace(replay, still=[replay.still[0]._replace(score=lost), *replay.still[1:]])
    with pytest.raises(DataError, match=r"200 of 200 repeats could not score 1 areas .*a0007"):
        repeat_list(broken, chosen)


def test_an_area_that_is_not_assessed_has_no_rank_probability_or_tier(table):
    table.loc[("y", "a0003"), ["score", "value", "intensity"]] = np.nan
    found, chosen = robust(table)
    assert found.table.loc["a0003", ["rank_low", "rank_high", "p_selected"]].isna().all()
    assert found.table.loc["a0003", "tier"] == ""
    assert pd.isna(chosen.table.loc["a0003", "factors_hot"])
    others = found.table.drop("a0003")
    assert others["p_selected"].notna().all()
    assert set(others["tier"]) == {"firm", "borderline", "out"}
    assert "nan" not in found.sentence


def test_an_area_put_in_by_hand_is_borderline_because_no_repeat_would_select_it(table):
    low = build_index(table)["score"].idxmin()
    by_hand = Override(area_code=low, action="in", reason="Youth workers asked for it.")
    found, chosen = robust(table, selection=Selection(share=0.1, overrides=(by_hand,)))
    assert low in chosen.index
    assert found.table.loc[low, "tier"] == "borderline"


def test_a_minimum_per_district_holds_in_every_repeat(table):
    index = build_index(table)
    groups = pd.Series("north", index=index.index)
    groups[index["score"].nsmallest(5).index] = "south"
    selection = Selection(share=0.1, minimum_per_group=1)
    chosen = select_top(index, selection=selection, groups=groups)
    found = assess_repeats(
        None, table, chosen, FACTORS, selection=selection, options=FIXED, groups=groups
    )
    assert found.table.loc[groups == "south", "p_selected"].sum() == pytest.approx(1)


def test_tiers_follow_the_rules_in_their_order():
    p = np.array([1, 0.95, 0.949, 0.05, 0.049, 0, 1, 0.95, 0.05, 0.049, 0])
    selected = np.array([True] * 6 + [False] * 5)
    assert tier(np.array([np.nan, np.nan]), np.array([True, False])).tolist() == ["borderline", ""]
    assert tier(p, selected).tolist() == [
        "firm",
        "firm",
        "borderline",
        "borderline",
        "borderline",
        "borderline",
        "borderline",
        "borderline",
        "borderline",
        "out",
        "out",
    ]


def test_rank_intervals_are_percentiles_that_some_repeat_had():
    ranks = np.zeros((100, 2), dtype=np.int32)
    ranks[:, 0] = np.arange(1, 101)
    ranks[40:, 1] = 7
    chosen = select_top(pd.Series([2.0, 1.0], index=["a", "b"]), number=1)
    found = summarise(ranks == 1, ranks, chosen).table
    assert found["rank_low"].tolist() == [5, 7]
    assert found["rank_high"].tolist() == [95, 7]


def test_the_sentence_says_what_a_repeat_would_keep(table):
    found, _ = robust(table, Robustness(counts=False, weights="none", draws=20))
    assert found.sentence == (
        "In 20 repeats, 6 areas of the 6 on the list are firm (selected in 95 of 100 or more) and "
        "0 areas borderline; 0 areas off the list are borderline too. A repeat selects 100% of the "
        "list again."
    )


def test_the_sentence_tells_the_borderline_areas_of_the_list_from_those_off_it():
    often = np.array([1.0, 0.6, 0.5, 0.3, 0.0])
    selected = np.arange(100)[:, None] < 100 * often
    ranks = np.where(selected, 1, 3).astype(np.int32)
    chosen = select_top(pd.Series([5.0, 4, 3, 2, 1], index=list("abcde")), number=2)
    assert summarise(selected, ranks, chosen).sentence == (
        "In 100 repeats, 1 area of the 2 on the list is firm (selected in 95 of 100 or more) and "
        "1 area borderline; 2 areas off the list are borderline too. A repeat selects 80% of the "
        "list again."
    )
    nobody = select_top(pd.Series(0.0, index=list("abcde")), number=2)
    assert summarise(selected, ranks, nobody).sentence == (
        "The list is empty. In 100 repeats, 4 areas off the list are borderline."
    )


def test_all_faults_of_the_options_are_told_together():
    wrong = Robustness(
        draws=0,
        spread=1,
        concentration=0,
        weights="elicited",
        normalise=("minmax",),
        aggregation=("mean",),
    )
    faults = robustness_faults(wrong, Index())
    assert [fault.split(":")[0] for fault in faults] == [
        "robustness.draws",
        "robustness.spread",
        "robustness.concentration",
        "robustness.weights",
        "robustness.normalise",
        "robustness.aggregation",
    ]
    assert not robustness_faults(Robustness(), Index())
    assert robustness_faults(Robustness(normalise=()), Index())


def test_wrong_options_are_refused(table):
    with pytest.raises(ConfigError, match="draws"):
        robust(table, Robustness(draws=0, counts=False))
    with pytest.raises(DataError, match="need the counts"):
        robust(table, Robustness())


@pytest.fixture(scope="module")
def counted():
    """Two factors over two clusters, one strong and one weak."""
    near, areas = lattice(), codes()
    rng = np.random.default_rng(3)
    strong, weak = near.toarray()[105] > 0, near.toarray()[290] > 0
    field = near @ rng.normal(size=len(areas))
    risk = 4.0 * np.exp(0.4 * field / field.std()) * (1 + 4 * strong + 0.8 * weak)
    counts = pd.DataFrame(
        {(name, "all", "2022"): rng.poisson(risk) for name in NAMES}, index=areas
    ).astype("Int64")
    return Data(counts, pd.DataFrame(index=areas), near), strong, weak


def test_a_strong_cluster_is_selected_again_more_surely_than_a_weak_one(counted):
    from riskindex.hotspots.find import find_hotspots
    from riskindex.hotspots.persistence import classify_persistence
    from riskindex.index.build import score_factors

    data, strong, weak = counted
    factors: list[Factor] = FACTORS
    found = find_hotspots(data.counts, data.areas, pd.DataFrame(), data.weights, factors)
    persistence = classify_persistence(found.table, found.pooled, factors)
    table = score_factors(found.table, persistence, factors)
    chosen = select_top(build_index(table), share=0.05)
    options = Robustness(draws=60)
    sure = assess_repeats(
        data, table, chosen, factors, selection=Selection(), options=options, seed=1, threads=1
    )
    again = assess_repeats(
        data, table, chosen, factors, selection=Selection(), options=options, seed=1, threads=2
    )
    pd.testing.assert_frame_equal(sure.table, again.table)
    p = sure.table["p_selected"].to_numpy()
    assert p[strong].mean() > 0.8
    assert p[weak].mean() < p[strong].mean()
    assert p[~strong & ~weak].mean() < 0.1


# A whole run in which several people gave points

POINTS = {
    "Police lead": {"suspects": 40, "domestic_abuse": 20, "supply": 20, "possession": 20},
    "Public health": {"deprivation": 30, "domestic_abuse": 40, "not_worked": 20, "suspects": 10},
    "Housing": {"disorder": 3, "deprivation": 2},
}


@pytest.fixture(scope="module")
def elicited(county_config):
    """A run of the small county with a budget shared out by three people."""
    from riskindex import read_config, run

    given = "\n".join(
        f'"{person}" = {{ {", ".join(f"{k} = {x}" for k, x in points.items())} }}'
        for person, points in POINTS.items()
    )
    text = county_config.read_text(encoding="utf-8")
    for old, new in (
        ("[index]\n", '[index]\nweights = "elicited"\n'),
        ("[selection]\n", f"[index.points]\n{given}\n\n[selection]\n"),
        ("draws = 200", "draws = 400\ncounts = false"),
        ('weights = "uniform"', 'weights = "elicited"'),
        ('membership = "protected"', 'membership = "true"'),
    ):
        assert old in text, old
        text = text.replace(old, new)
    path = county_config.with_name("elicited.toml")
    path.write_text(text, encoding="utf-8")
    return run(read_config(path))


def test_a_whole_run_takes_the_points_of_several_people_as_weights(elicited):
    shares = pd.DataFrame(POINTS).fillna(0)
    mean = (shares / shares.sum()).mean(axis=1)
    wide = elicited.scores["score"].unstack("factor")
    expected = (wide * mean).sum(axis=1)
    np.testing.assert_allclose(elicited.index["score"], expected.reindex(elicited.index.index))
    spread = elicited.sensitivity.elicited
    assert spread["mean"].to_dict() == pytest.approx((100 * mean).to_dict())
    assert spread.loc["suspects", ["low", "high"]].tolist() == [0, 40]


def test_repeats_of_a_whole_run_mix_what_the_people_gave(elicited):
    """Beside the same worked out plainly: every mixture of the three people, on a grid."""
    shares = pd.DataFrame(POINTS).fillna(0)
    shares = shares / shares.sum()
    factors = elicited.scores.index.get_level_values("factor")
    cuts = [(i, j, 20 - i - j) for i in range(21) for j in range(21 - i)]
    again = pd.Series(0.0, elicited.index.index)
    for mixture in cuts:
        weights = (shares * np.array(mixture) / 20).sum(axis=1)
        table = build_index(elicited.scores.assign(weight=factors.map(weights)))
        again[select_top(table, selection=elicited.config.selection).index] += 1 / len(cuts)
    moved = (elicited.index["p_selected"] - again).abs()
    assert ((again > 0.1) & (again < 0.9)).sum() >= 2
    assert moved.max() < 0.15
    assert moved.mean() < 0.01


def test_the_spread_of_the_points_is_told_inside_and_nobody_is_named_outside(
    elicited, tmp_path, small_lists_leave
):
    from openpyxl import load_workbook

    from riskindex import release, save
    from riskindex.outputs.report.page import write_report
    from riskindex.outputs.workbook import write_workbook

    internal = release(elicited, profile="internal")
    write_report(internal, tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "3 people shared out 100 points each" in html
    write_workbook(internal, tmp_path / "workbook.xlsx")
    sheet = load_workbook(tmp_path / "workbook.xlsx")["Points given"]
    lines = {row[0]: row[1:5] for row in sheet.iter_rows(values_only=True)}
    assert lines["Serious violence suspects' homes"] == ("16.7", "20.8", "0.0", "40.0")
    public = release(elicited, profile="public")
    taken = public.factors["weight"]
    assert taken["suspects"] == pytest.approx(1 / 6, abs=1e-5)
    assert taken[internal.factors["scored"]].sum() == pytest.approx(1, abs=1e-5)
    save(public, tmp_path / "public")
    for path in (tmp_path / "public").rglob("*.html"):
        assert not any(person in path.read_text(encoding="utf-8") for person in POINTS)
    book = load_workbook(tmp_path / "public" / "workbook.xlsx")
    kinds = {row[0] for row in book["Choices"].iter_rows(values_only=True)}
    assert "Weights" in kinds
    assert "Points of one person" not in kinds
    assert "Points given" not in book.sheetnames


def test_points_for_what_is_no_factor_are_a_fault_of_the_config(county_config):
    from riskindex.config import parse_config, read_config

    values = read_config(county_config).model_dump(exclude_unset=True)
    values["index"] = {"weights": "elicited", "points": {"Police lead": {"drugs": 5}}}
    with pytest.raises(ConfigError, match="no scored factor 'drugs'"):
        parse_config(values)
