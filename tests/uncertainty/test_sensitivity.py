import counted_county
import numpy as np
import pandas as pd
import pytest
from tables import factor, scores

from riskindex.errors import DataError
from riskindex.index.build import Index, build_index
from riskindex.index.selection import Selection, select_top
from riskindex.uncertainty.replay import Robustness, draw_weights
from riskindex.uncertainty.robustness import prepare_repeats
from riskindex.uncertainty.sensitivity import (
    MOVED,
    effective_shares,
    sobol_design,
    sobol_indices,
    what_matters,
)


def test_leaving_out_a_pillar_scores_the_rest_as_coinr_does(oracles):
    folder = oracles / "index" / "asem"
    data = pd.read_csv(folder / "coin_Aggregated.csv").set_index("uCode")
    expected = pd.read_csv(folder / "loo_level2_scores.csv").set_index("uCode")
    parents = pd.read_csv(folder / "asem_iMeta.csv").set_index("iCode")["Parent"]
    pillars = parents[parents.isin(["Conn", "Sust"])].index
    table = pd.concat(
        {name: pd.DataFrame({"score": data[name], "group": parents[name]}) for name in pillars},
        names=["factor", "area_code"],
    )
    for left in ["Nominal", *pillars]:
        rest = table.drop(index=left, level="factor", errors="ignore")
        found = build_index(rest)["score"].reindex(expected.index)
        np.testing.assert_allclose(found, expected[left], rtol=0, atol=1e-8)


def test_shares_of_the_variance_add_up_to_one():
    rng = np.random.default_rng(1)
    table = scores({"x": rng.normal(size=50), "y": 3 * rng.normal(size=50), "z": np.ones(50)})
    found = effective_shares(table)
    assert found["share"].sum() == pytest.approx(1)
    assert found["weight"].tolist() == pytest.approx([1 / 3] * 3)
    assert found["share"]["y"] > 0.8
    assert found["share"]["z"] == pytest.approx(0, abs=1e-12)
    assert found["ratio"]["y"] == pytest.approx(3 * found["share"]["y"])


def test_two_factors_that_say_the_same_share_the_variance_as_their_weights():
    table = scores({"x": [1, 2, 3, 5], "y": [1, 2, 3, 5]}, weight={"x": 3, "y": 1})
    assert effective_shares(table)["share"].tolist() == pytest.approx([0.75, 0.25])


def test_an_index_that_is_the_same_everywhere_has_no_shares():
    assert effective_shares(scores({"x": [5, 5], "y": [1, 1]}))["share"].isna().all()


# Sobol indices

A = np.array([0.0, 1.0, 4.5, 9.0])


def g_function(x):
    """Sobol's function of known answer."""
    return np.prod((np.abs(4 * x - 2) + A) / (1 + A), axis=1)


def exact_indices():
    alone = 1 / (3 * (1 + A) ** 2)
    variance = np.prod(1 + alone) - 1
    total = alone * np.prod(1 + alone) / (1 + alone) / variance
    return alone / variance, total


def test_the_indices_of_a_function_of_known_answer_are_found():
    first, total = exact_indices()
    errors = []
    for seed in range(5):
        found = sobol_indices(g_function(sobol_design(500, 4, seed=seed)), 4, seed=seed)
        errors.append(found.first - first)
        np.testing.assert_allclose(found.total, total, atol=0.08)
    assert np.sqrt(np.mean(np.square(errors))) <= 0.05


def test_intervals_hold_the_answer():
    first, total = exact_indices()
    found = sobol_indices(g_function(sobol_design(512, 4, seed=3)), 4)
    assert ((found.first_low <= first + 0.05) & (first - 0.05 <= found.first_high)).all()
    assert ((found.total_low <= total + 0.05) & (total - 0.05 <= found.total_high)).all()
    assert (found.total_low <= found.total).all()
    assert (found.total <= found.total_high).all()


def test_a_large_mean_does_not_disturb_the_first_order():
    design = sobol_design(500, 4, seed=1)
    near, far = (sobol_indices(g_function(design) + shift, 4).first for shift in (0, 1e6))
    np.testing.assert_allclose(near, far, atol=1e-6)


def test_an_input_that_does_nothing_has_no_share():
    design = sobol_design(256, 2)
    found = sobol_indices(design[:, 0], 2)
    assert found.first == pytest.approx([1, 0], abs=0.02)
    assert found.total == pytest.approx([1, 0], abs=0.02)


def test_total_orders_equal_coinr_on_the_same_design(oracles):
    folder = oracles / "index" / "asem"
    outputs = pd.read_csv(folder / "sa_design_500_3.csv")["y"].to_numpy()
    expected = pd.read_csv(folder / "sa_estimates_500_3.csv")["STi"]
    np.testing.assert_allclose(sobol_indices(outputs, 3).total, expected, rtol=0, atol=1e-12)


def test_the_design_is_laid_out_as_coinr_lays_it_out(oracles):
    """A, B, then A with one column of B each: so that either can be read with the other's."""
    given = pd.read_csv(oracles / "index" / "asem" / "sa_design_500_3.csv")[["x1", "x2", "x3"]]
    for design in (given.to_numpy(), sobol_design(500, 3)):
        a, b, *mixed = np.split(design, 5)
        for k, part in enumerate(mixed):
            expected = a.copy()
            expected[:, k] = b[:, k]
            np.testing.assert_array_equal(part, expected)


def test_outputs_that_do_not_fit_or_do_not_vary_are_refused():
    with pytest.raises(DataError, match="some are missing"):
        sobol_indices(np.ones(7), 3)
    with pytest.raises(DataError, match="some are missing"):
        sobol_indices(np.array([1, 2, 3, np.nan]), 2)
    with pytest.raises(DataError, match="do not vary"):
        sobol_indices(np.ones(8), 2)


# Which choice matters


@pytest.fixture
def county():
    rng = np.random.default_rng(5)
    table = scores({name: rng.uniform(0, 100, 60) for name in ("x", "y", "z")})
    table = table.assign(value=table["score"], intensity=table["score"], is_hot=False, weight=1.0)
    return table, select_top(build_index(table), selection=Selection(share=0.2))


def matters(county, **options):
    table, chosen = county
    replay = prepare_repeats(
        None,
        table,
        [factor(name) for name in ("x", "y", "z")],
        index=Index(),
        selection=Selection(share=0.2),
        options=Robustness(counts=False, **options),
    )
    return what_matters(replay, chosen, runs=64, seed=2)


def test_choices_are_put_in_order_of_what_they_change(county):
    found = matters(county, normalise=("configured", "exponential-rank"), spread=0.1)
    assert found.index[0] == "normalisation"
    assert set(found.index[1:]) == {"weight of The x", "weight of The y", "weight of The z"}
    assert (found["total"].diff().dropna() <= 0).all()
    pd.testing.assert_frame_equal(
        found, matters(county, normalise=("configured", "exponential-rank"), spread=0.1)
    )


def test_choices_that_change_nothing_have_no_share(county):
    found = matters(county, spread=0.0)
    assert (found == 0).all(axis=None)


def test_nothing_that_varies_is_no_choice(county):
    assert matters(county, weights="none").empty
    found = matters(county, weights="none", normalise=("configured", "exponential-rank"))
    assert found.index.tolist() == ["normalisation"]


def test_weights_vary_by_the_law_that_the_repeats_draw_from(county):
    """Quantiles of each weight on its own lie where the repeats' draws have them."""
    table, _ = county
    points = {"police": {"x": 50, "y": 50}, "health": {"x": 30, "y": 70}, "fire": {"z": 9, "x": 1}}
    for word in ("uniform", "dirichlet", "elicited"):
        index = Index(weights="elicited", points=points) if word == "elicited" else Index()
        options = Robustness(counts=False, weights=word, concentration=30)
        replay = prepare_repeats(
            None,
            table,
            [factor(name) for name in ("x", "y", "z")],
            index=index,
            selection=Selection(share=0.2),
            options=options,
        )
        drawn = draw_weights(replay.frame, options, np.random.default_rng(1), 4000).factors
        ends = np.array([[0.0], [0.5], [1.0]]).repeat(3, axis=1)
        low, half, high = MOVED[word](replay, replay.frame.weighting.factors, ends)
        assert (low <= drawn.min(axis=0) + 1e-9).all()
        assert (high >= drawn.max(axis=0) - 1e-9).all()
        if word != "elicited":
            np.testing.assert_allclose(half, np.median(drawn, axis=0), rtol=0.03)
        else:
            np.testing.assert_allclose(half, [0.3, 0.5, 0.0])


def test_weights_of_groups_are_choices_too(county):
    table, _ = county
    grouped = table.assign(group=np.repeat(["g", "g", ""], 60))
    chosen = select_top(build_index(grouped), selection=Selection(share=0.2))
    replay = prepare_repeats(
        None,
        grouped,
        [factor(name) for name in ("x", "y", "z")],
        index=Index(),
        selection=Selection(share=0.2),
        options=Robustness(counts=False, weights="dirichlet"),
    )
    found = what_matters(replay, chosen, runs=32)
    assert "weight of the group g" in found.index
    assert found["total"]["weight of the group g"] > 0.05


def test_the_chance_in_the_counts_is_a_choice_among_others():
    some = [factor(name) for name in ("x", "y", "z")]
    data = counted_county.county(some, mean=2.0)
    table = counted_county.scored(data, some)
    chosen = select_top(build_index(table))
    replay = prepare_repeats(
        data, table, some, index=Index(), selection=Selection(), options=Robustness()
    )
    found = what_matters(replay, chosen, runs=16, pool=100, seed=1)
    assert found.index[0] == "counts"
    assert found["total"].iloc[0] > 0.5
