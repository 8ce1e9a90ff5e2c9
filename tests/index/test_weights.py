import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import scores

from riskindex.errors import ConfigError, DataError
from riskindex.index.build import Index, build_index, factor_weights, given_weights
from riskindex.index.weights import elicited_shares, elicited_spread, first_component


def test_points_become_the_mean_of_each_persons_shares():
    points = {"police": {"x": 80, "y": 20}, "council": {"x": 1, "y": 3}}
    table = scores({"x": [100, 0], "y": [0, 100]})
    index = build_index(table, options=Index(weights="elicited", points=points))
    np.testing.assert_allclose(index["score"], [52.5, 47.5])


def test_a_factor_that_a_person_does_not_name_got_no_points():
    shares = elicited_shares({"police": {"x": 5}, "council": {"y": 5}}, ("x", "y"))
    assert shares.to_numpy().tolist() == [[1, 0], [0, 1]]


def test_all_faults_of_the_points_are_told_together():
    points = {"a": {"x": 1, "drugs": 2}, "b": {"x": -1, "y": 3}, "c": {"x": 0}}
    with pytest.raises(ConfigError) as refused:
        elicited_shares(points, ("x", "y"))
    assert refused.value.faults == (
        "index.points.a: no scored factor 'drugs'.",
        "index.points.b: x has -1 points, and must have a number of 0 or more.",
        "index.points.c: gave no points at all.",
    )
    with pytest.raises(ConfigError, match="needs points"):
        elicited_shares({}, ("x",))
    with pytest.raises(ConfigError, match="x has nan points"):
        elicited_shares({"a": {"x": float("nan")}}, ("x",))


def test_the_spread_of_points_is_out_of_100_whatever_each_person_shared_out():
    points = {"police": {"x": 80, "y": 20}, "council": {"x": 1, "y": 3}, "health": {"y": 7}}
    spread = elicited_spread(points, ("x", "y"))
    assert spread["mean"].tolist() == pytest.approx([35, 65])
    assert spread["sd"]["x"] == pytest.approx(np.std([80, 25, 0], ddof=1))
    assert spread[["low", "high"]].to_numpy().tolist() == [[0, 80], [20, 100]]
    assert spread["people"].tolist() == [3, 3]
    alone = elicited_spread({"police": {"x": 1}}, ("x",))
    assert alone["sd"].isna().all()


def test_a_group_weighs_the_points_of_its_factors_unless_the_config_says_otherwise():
    table = scores(
        {"x": [100, 0], "y": [100, 0], "z": [0, 100]}, group={"x": "g", "y": "g", "z": ""}
    )
    given = Index(weights="elicited", points={"a": {"x": 50, "y": 30, "z": 20}})
    assert factor_weights(table, options=given).tolist() == pytest.approx([0.5, 0.3, 0.2])
    named = Index(weights="elicited", points=given.points, groups={"g": 0.2})
    assert build_index(table, options=named)["score"].tolist() == pytest.approx([50, 50])
    for options in (given, named):
        weights, plain = given_weights(table, options=options)
        simply = table.assign(weight=table.index.get_level_values("factor").map(weights))
        assert not plain.points
        np.testing.assert_allclose(
            build_index(simply, options=plain)["score"],
            build_index(table, options=options)["score"],
        )


def test_two_factors_have_the_same_loading_and_the_sign_is_fixed():
    for sign in (1, -1):
        found = first_component(sign * np.array([[1.0, 2], [2, 3], [3, 5]]))
        np.testing.assert_allclose(found, [0.5**0.5] * 2)


def test_the_first_component_is_that_of_the_singular_value_decomposition():
    x = np.random.default_rng(3).normal(size=(50, 4)) + np.linspace(0, 4, 50)[:, None]
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    expected = np.linalg.svd(standard)[2][0]
    np.testing.assert_allclose(first_component(x), expected * np.sign(expected.sum()))


def test_a_factor_that_is_the_same_everywhere_has_no_weight():
    table = scores({"x": [1, 2, 3], "y": [1, 2, 4], "z": [0, 0, 0]})
    weights = factor_weights(table, options=Index(weights="pca"))
    assert weights["z"] == 0
    assert weights.sum() == pytest.approx(1)


def test_factors_that_never_vary_weigh_the_same():
    np.testing.assert_allclose(first_component(np.ones((4, 2))), [0.5**0.5] * 2)
    np.testing.assert_allclose(first_component(np.ones((1, 2))), [0.5**0.5] * 2)


def test_a_factor_that_runs_against_the_others_is_refused_by_name():
    table = scores({"x": [1, 2, 3], "y": [1, 2, 4], "z": [3, 2, 1]})
    with pytest.raises(DataError, match="z runs against the other factors"):
        build_index(table, options=Index(weights="pca"))


def test_components_are_taken_inside_each_group():
    table = scores(
        {"x": [1, 2, 3], "y": [1, 2, 4], "z": [3, 2, 1]}, group={"x": "g", "y": "g", "z": ""}
    )
    np.testing.assert_allclose(
        factor_weights(table, options=Index(weights="pca")), [0.25, 0.25, 0.5]
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=12))
def test_the_component_ignores_the_order_of_areas_and_has_length_one(rows):
    x = np.array(rows, float)
    found = first_component(x)
    assert np.linalg.norm(found) == pytest.approx(1)
    assert found.sum() >= -1e-9


def test_effective_weights_over_the_levels_equal_coinr(oracles):
    """COINr has three levels; ours are the lower two, times the weight of each half."""
    import pandas as pd

    folder = oracles / "index" / "asem"
    meta = pd.read_csv(folder / "asem_iMeta.csv").set_index("iCode")
    given = pd.read_csv(folder / "weights_original.csv").set_index("iCode")["Weight"]
    expected = pd.read_csv(folder / "eff_weights.csv").set_index("iCode")["EffWeight"]
    for half in ("Conn", "Sust"):
        groups = meta[meta["Parent"] == half].index
        factors = meta[meta["Parent"].isin(groups)].index
        table = scores(
            {name: [1.0] for name in factors},
            weight=given[factors].to_dict(),
            group=meta["Parent"][factors].to_dict(),
        )
        found = (
            factor_weights(table, options=Index(groups=given[groups].to_dict())) * expected[half]
        )
        np.testing.assert_allclose(found, expected[found.index], rtol=0, atol=1e-10)
