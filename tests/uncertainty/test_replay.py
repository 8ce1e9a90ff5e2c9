import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import scores

from riskindex.index.aggregation import quantise
from riskindex.index.build import Index, Ingredients, Weighting, build_index
from riskindex.index.selection import Selection, Standing, code_order, select_top
from riskindex.uncertainty.replay import Robustness, choose_repeats, combine_repeats, draw_weights

AREAS = pd.Index([f"{k:02d}" for k in (3, 1, 2, 0, 4, 6, 5, 7)], name="area_code")
a_row = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(-1, 5)), st.integers(0, 3), st.integers(0, 2)),
    min_size=len(AREAS),
    max_size=len(AREAS),
)
rules = st.builds(
    Selection,
    share=st.sampled_from([0.2, 0.5]),
    ties=st.sampled_from(["order", "include", "exclude"]),
    minimum_per_group=st.sampled_from([0, 0, 1]),
)


@settings(deadline=None)
@given(st.lists(a_row, min_size=1, max_size=4), rules)
def test_every_repeat_is_selected_and_ranked_as_select_top_would(rows, selection):
    score, companion, hot = np.moveaxis(np.array(rows, dtype=float), 2, 0)
    groups = pd.Series(list("xxxxyyyz"), index=AREAS)
    standing = Standing(score, companion, hot, code_order(AREAS))
    chosen, ranks = choose_repeats(standing, selection, groups=groups.to_numpy(object))
    for k in range(len(rows)):
        columns = {"score": score[k], "companion": companion[k], "factors_hot": hot[k]}
        table = pd.DataFrame(columns, index=AREAS)
        expected = select_top(table, selection=selection, groups=groups)
        assert chosen[k].tolist() == expected.table["selected"].tolist()
        rank = table["score"].rank(ascending=False, method="min").fillna(0)
        assert ranks[k].tolist() == rank.tolist()


@pytest.mark.parametrize("missing", ["not-assessed", "rest"])
@pytest.mark.parametrize("aggregation", ["arithmetic", "geometric", "copeland"])
@pytest.mark.parametrize("groups", [("", "", ""), ("g", "g", ""), ("g", "h", "g")])
def test_every_repeat_is_combined_as_build_index_would(missing, aggregation, groups):
    rng = np.random.default_rng(1)
    values = rng.uniform(0, 100, (9, 3))
    values[2, 1] = np.nan
    names = ["x", "y", "z"]
    table = scores(
        dict(zip(names, values.T, strict=True)), group=dict(zip(names, groups, strict=True))
    )
    options = Index(missing=missing, aggregation=aggregation)
    frame = Ingredients.of(table.assign(weight=1.0), options)
    weights = rng.uniform(0.5, 2, (4, 3))
    among = np.array(
        [
            [w[part.members].sum() if not part.is_group else 1.0 for part in frame.parts]
            for w in weights
        ]
    )
    found = combine_repeats(frame, values[None], Weighting(weights, among))
    again = combine_repeats(frame, np.repeat(values[None], 4, axis=0), Weighting(weights, among))
    np.testing.assert_allclose(found, again)
    for k, w in enumerate(weights):
        expected = build_index(table.assign(weight=np.repeat(w, 9)), options=options)["score"]
        np.testing.assert_array_equal(quantise(found[k]), expected)


def weights_of(options, index=Index(), draws=4000, **columns):  # noqa: B008
    table = scores({"x": [1, 2], "y": [3, 4], "z": [5, 6]}, **columns)
    frame = Ingredients.of(table, index)
    return draw_weights(frame, options, np.random.default_rng(2), draws)


def test_uniform_weights_stay_within_a_quarter_of_the_given_ones():
    drawn = weights_of(Robustness(), weight={"x": 1, "y": 2, "z": 0}).factors
    assert (drawn[:, 0].min(), drawn[:, 0].max()) == pytest.approx((0.75, 1.25), abs=0.01)
    assert (drawn[:, 1].min(), drawn[:, 1].max()) == pytest.approx((1.5, 2.5), abs=0.01)
    assert not drawn[:, 2].any()


def test_dirichlet_weights_have_the_given_ones_as_their_mean():
    options = Robustness(weights="dirichlet", concentration=20)
    drawn = weights_of(options, weight={"x": 1, "y": 3, "z": 0}).factors
    np.testing.assert_allclose(drawn.mean(axis=0), [1, 3, 0], rtol=0.03)
    np.testing.assert_allclose(drawn.sum(axis=1), 4)


def test_elicited_weights_are_mixtures_of_the_people():
    points = {"police": {"x": 100}, "council": {"y": 60, "z": 40}}
    index = Index(weights="elicited", points=points)
    drawn = weights_of(Robustness(weights="elicited"), index).factors
    np.testing.assert_allclose(drawn.mean(axis=0), [0.5, 0.3, 0.2], atol=0.02)
    np.testing.assert_allclose(drawn[:, 2] / drawn[:, 1], 2 / 3)
    assert drawn[:, 0].min() < 0.02


def test_elicited_weights_of_groups_are_the_points_of_their_factors():
    points = {"police": {"x": 100}, "council": {"y": 60, "z": 40}}
    group = {"x": "", "y": "g", "z": "g"}
    index = Index(weights="elicited", points=points)
    drawn = weights_of(Robustness(weights="elicited"), index, group=group)
    np.testing.assert_allclose(drawn.parts[:, 0], drawn.factors[:, 0])
    np.testing.assert_allclose(drawn.parts[:, 1], drawn.factors[:, 1:].sum(axis=1))
    fixed = Index(weights="elicited", points=points, groups={"g": 3})
    assert (weights_of(Robustness(weights="elicited"), fixed, group=group).parts[:, 1] == 3).all()


def test_no_variation_keeps_the_weights():
    drawn = weights_of(Robustness(weights="none"), weight={"x": 1, "y": 2, "z": 3})
    assert (drawn.factors == [1, 2, 3]).all()
    assert (drawn.parts == [1, 2, 3]).all()


def test_weights_of_groups_vary_too():
    drawn = weights_of(Robustness(), group={"x": "g", "y": "g", "z": ""})
    assert drawn.parts.shape == (4000, 2)
    assert drawn.parts[:, 0].std() == pytest.approx(0.5 / 12**0.5, rel=0.05)
    np.testing.assert_array_equal(drawn.parts[:, 1], drawn.factors[:, 2])


def test_weights_over_two_levels_multiply():
    """A draw of weights for a frame with groups equals an index built with those weights."""
    table = scores(
        {"x": [100, 0], "y": [0, 100], "z": [50, 50]}, group={"x": "g", "y": "g", "z": ""}
    )
    frame = Ingredients.of(table.assign(weight=1.0), Index())
    drawn = draw_weights(frame, Robustness(), np.random.default_rng(2), 3)
    found = combine_repeats(frame, frame.scores[None], drawn)
    for k in range(3):
        w = dict(zip("xyz", drawn.factors[k], strict=True))
        named = table.assign(weight=table.index.get_level_values("factor").map(w))
        expected = build_index(named, options=Index(groups={"g": drawn.parts[k, 0]}))["score"]
        np.testing.assert_allclose(found[k], expected, rtol=1e-9)
