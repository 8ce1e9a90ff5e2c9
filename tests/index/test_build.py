import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import factor, hotspots, persistence, scores

from riskindex.errors import ConfigError, DataError
from riskindex.index.build import (
    Index,
    build_index,
    contributions,
    factor_weights,
    index_faults,
    score_factors,
)
from riskindex.index.normalise import normalise
from riskindex.index.selection import select_top


def test_the_index_is_the_weighted_mean_of_the_scores():
    table = scores({"x": [100, 0, 50], "y": [0, 0, 100]}, weight={"x": 3, "y": 1})
    assert build_index(table)["score"].tolist() == [75, 0, 62.5]


def test_ranks_are_those_of_a_competition():
    ranks = build_index(scores({"x": [7, 9, 7, 1]}))["rank"]
    assert ranks.tolist() == [2, 1, 2, 4]


def test_sums_that_differ_in_the_last_bit_share_a_rank():
    table = scores({"x": [0.1, 0.3], "y": [0.2, 0.2], "z": [0.3, 0.1]})
    assert build_index(table)["rank"].tolist() == [1, 1]


def test_weights_are_divided_by_their_sum_or_used_as_given_or_ignored():
    table = scores({"x": [100, 50], "y": [0, 50]}, weight={"x": 0.2, "y": 0.6})
    assert build_index(table)["score"].tolist() == [25, 50]
    assert build_index(table, options=Index(weights="as-given"))["score"].tolist() == [20, 40]
    assert build_index(table, options=Index(weights="equal"))["score"].tolist() == [50, 50]


def test_a_factor_of_weight_zero_stays_out_even_of_equal_weights():
    table = scores({"x": [100, 50], "y": [0, np.nan]}, weight={"x": 1, "y": 0})
    for weights in ("normalised", "as-given", "equal"):
        assert build_index(table, options=Index(weights=weights))["score"].tolist() == [100, 50]


def test_groups_are_combined_first():
    table = scores(
        {"x": [100, 0], "y": [0, 0], "z": [0, 100]},
        weight={"x": 3, "y": 1, "z": 1},
        group={"x": "crime", "y": "crime", "z": ""},
    )
    assert build_index(table)["score"].tolist() == [37.5, 50]
    assert build_index(table, options=Index(groups={"crime": 3}))["score"].tolist() == [56.25, 25]
    assert build_index(table, options=Index(weights="equal"))["score"].tolist() == [25, 50]


def test_weights_over_both_levels():
    table = scores(
        {"x": [1, 0], "y": [0, 0], "z": [0, 1]},
        weight={"x": 3, "y": 1, "z": 2},
        group={"x": "crime", "y": "crime", "z": ""},
    )
    assert factor_weights(table, options=Index(groups={"crime": 2})).tolist() == [0.375, 0.125, 0.5]
    geometric = factor_weights(table, options=Index(groups={"crime": 2}, aggregation="geometric"))
    assert geometric.tolist() == [0.375, 0.125, 0.5]


def test_an_area_that_lacks_a_factor_has_no_index_and_says_why():
    table = scores({"x": [10, np.nan], "y": [20, 20]})
    table["reason"] = ["", "zero exposure", "", ""]
    index = build_index(table)
    assert index["score"].isna().tolist() == [False, True]
    assert index["rank"].isna().tolist() == [False, True]
    assert index["reason"].tolist() == ["", "not assessed for x: zero exposure"]


def test_an_area_that_lacks_a_factor_is_scored_on_the_rest_if_the_config_says_so():
    table = scores({"x": [10, np.nan, np.nan], "y": [30, 30, np.nan]}, weight={"x": 1, "y": 3})
    index = build_index(table, options=Index(missing="rest"))
    np.testing.assert_array_equal(index["score"], [25, 30, np.nan])
    as_given = build_index(table, options=Index(missing="rest", weights="as-given"))
    np.testing.assert_array_equal(as_given["score"], [100, 120, np.nan])
    assert index["reason"].tolist() == ["", "", "not assessed for x; y"]


def test_an_area_with_too_few_factors_has_no_index():
    table = scores({"x": [10, np.nan, np.nan], "y": [30, 30, np.nan], "z": [20, 20, 20]})
    for least, expected in ((1, [20, 25, 20]), (2, [20, 25, np.nan]), (3, [20, np.nan, np.nan])):
        index = build_index(table, options=Index(missing="rest", minimum_factors=least))
        np.testing.assert_array_equal(index["score"], expected)


def test_a_single_factor_is_weighted_as_given():
    table = scores({"x": [10, 20]}, weight={"x": 0.5})
    assert build_index(table, options=Index(weights="as-given"))["score"].tolist() == [5, 10]


def test_copeland_has_no_contributions():
    table = scores({"x": [10, 20, 30], "y": [1, 3, 2]})
    options = Index(aggregation="copeland")
    assert build_index(table, options=options)["score"].tolist() == [0, 75, 75]
    assert contributions(table, options=options).isna().all()


def test_a_group_without_data_is_left_out_with_its_weight():
    table = scores(
        {"x": [np.nan, 50], "y": [np.nan, 50], "z": [20, 20]},
        group={"x": "crime", "y": "crime", "z": ""},
    )
    assert build_index(table, options=Index(missing="rest"))["score"].tolist() == [20, 35]


def test_no_area_with_an_index_is_an_error_that_names_the_factor_most_often_missing():
    table = scores({"x": [np.nan, np.nan], "y": [np.nan, 1]})
    with pytest.raises(DataError, match="most often x, in 2 areas"):
        build_index(table)


def test_weights_that_add_up_to_nothing_are_refused():
    with pytest.raises(DataError, match="add up to zero"):
        build_index(scores({"x": [1], "y": [1]}, weight={"x": 0, "y": 0}))
    with pytest.raises(DataError, match="weight of y is -1"):
        build_index(scores({"x": [1], "y": [1]}, weight={"x": 1, "y": -1}))


def test_a_group_without_factors_or_with_a_negative_weight_is_refused():
    table = scores({"x": [1]}, group={"x": "crime"})
    with pytest.raises(ConfigError, match="no factor is in the group 'crmie'"):
        build_index(table, options=Index(groups={"crmie": 1}))
    with pytest.raises(ConfigError, match="weight of 'crime' is -1; give a number of 0 or more"):
        build_index(table, options=Index(groups={"crime": -1}))


def test_groups_may_be_multiplied_whose_factors_are_added_up():
    table = scores(
        {"x": [10, 40], "y": [30, 40], "z": [80, 10]}, group={"x": "burden", "y": "burden"}
    )
    mixed = Index(aggregation="geometric", within_groups="arithmetic")
    found = build_index(table, options=mixed)["score"]
    np.testing.assert_allclose(found, [np.sqrt(20 * 80), np.sqrt(40 * 10)])
    both = build_index(table, options=Index(aggregation="geometric", within_groups="geometric"))
    plain = build_index(table, options=Index(aggregation="geometric"))
    pd.testing.assert_frame_equal(both, plain)
    points = contributions(table, options=mixed).groupby(level="area_code").sum()
    np.testing.assert_allclose(points, found)


def test_calenviroscreen_is_the_order_of_the_product_of_two_scaled_means():
    rng = np.random.default_rng(4)
    kinds = {"exposure": (8, 1.0), "effects": (5, 0.5), "sensitive": (3, 1.0), "social": (5, 1.0)}
    pollution = ("exposure", "effects")
    parts = {kind: rng.uniform(0, 100, (60, n)) for kind, (n, _) in kinds.items()}
    # Half weight for environmental effects, then each mean over its highest, then the product.
    burden = (parts["exposure"].mean(axis=1) + 0.5 * parts["effects"].mean(axis=1)) / 1.5
    people = (parts["sensitive"].mean(axis=1) + parts["social"].mean(axis=1)) / 2
    published = 10 * burden / burden.max() * 10 * people / people.max()
    columns, weight, group = {}, {}, {}
    for kind, (n, share) in kinds.items():
        for k in range(n):
            name = f"{kind}{k}"
            columns[name], weight[name] = parts[kind][:, k], share / n
            group[name] = "pollution" if kind in pollution else "people"
    found = build_index(
        scores(columns, weight=weight, group=group),
        options=Index(aggregation="geometric", within_groups="arithmetic", digits=16),
    )["score"].to_numpy()
    np.testing.assert_allclose(found**2 / (found**2).max(), published / published.max())


def test_the_welsh_index_has_every_digit():
    rng = np.random.default_rng(5)
    shares = [22, 22, 15, 14, 10, 7, 5, 5]
    domains = {f"d{k}": rng.permutation(1909) + 1.0 for k in range(8)}
    columns = {name: normalise(-ranks, "exponential-rank") for name, ranks in domains.items()}
    weight = dict(zip(domains, (share / 100 for share in shares), strict=True))
    table = scores(columns, weight=weight)
    by_hand = sum(
        share * -23 * np.log(1 - (1910 - rank) / 1909 * (1 - np.exp(-100 / 23))) / 100
        for share, rank in zip(shares, domains.values(), strict=True)
    )
    full = build_index(table, options=Index(weights="as-given", digits=16))["score"]
    cut = build_index(table, options=Index(weights="as-given"))["score"]
    np.testing.assert_allclose(full, by_hand, rtol=0, atol=5.5e-12)
    assert abs(cut - by_hand).max() > 1e-10


def test_weights_as_given_are_for_arithmetic_means():
    inside = Index(weights="as-given", within_groups="geometric")
    with pytest.raises(ConfigError, match="as-given"):
        build_index(scores({"x": [1]}), options=inside)
    with pytest.raises(ConfigError, match="as-given"):
        build_index(scores({"x": [1]}), options=Index(weights="as-given", aggregation="geometric"))


def test_factors_must_have_the_same_areas():
    ragged = scores({"x": [1, 2], "y": [3, 4]}).iloc[[0, 1, 3, 2]]
    with pytest.raises(DataError, match="same areas, in the same order"):
        build_index(ragged)


def test_the_companion_is_the_index_of_intensities_whatever_the_aggregation():
    table = scores({"x": [0, 100], "y": [100, 100]}, weight={"x": 1, "y": 3})
    table["intensity"] = [10.0, 90.0, 50.0, 70.0]
    for aggregation in ("arithmetic", "geometric"):
        index = build_index(table, options=Index(aggregation=aggregation))
        assert index["companion"].tolist() == [40, 75]


def test_hot_factors_are_counted():
    table = scores({"x": [0, 100], "y": [100, 100]})
    table["is_hot"] = [False, True, True, True]
    assert build_index(table)["factors_hot"].tolist() == [1, 2]


@pytest.fixture
def county():
    areas = ["a", "b", "c"]
    factors = [
        factor("suspects"),
        factor("abuse", score="persistence", periods=("2021", "2022"), weight=2),
        factor("offences", scored=False),
    ]
    tables = hotspots(
        areas,
        {
            ("suspects", "2022"): {
                "confidence": [99, 0, 95],
                "is_hot": [True, False, True],
                "observed": [40, 0, 20],
                "expected": 20.0,
            },
            ("abuse", "2021"): {"observed": [10, 20, 30], "expected": 20.0},
            ("abuse", "2022"): {"observed": [10, 20, 30], "expected": 20.0},
            ("offences", "2022"): {"confidence": [0, 99, 0]},
        },
    )
    lasting = {"periods_hot": [0, 2, 1], "periods_assessed": 2, "pooled_p_adjusted": 0.01}
    return tables, persistence(areas, {"abuse": lasting}), factors


def test_scored_factors_alone_make_the_index(county):
    table = score_factors(*county)
    assert table.index.get_level_values("factor").unique().tolist() == ["suspects", "abuse"]
    index = build_index(table)
    np.testing.assert_allclose(
        index["score"], [100 / 3, 200 / 3, (200 / 3 + 2 * 50) / 3], rtol=1e-9
    )
    assert index["factors_hot"].tolist() == [1, 1, 2]
    np.testing.assert_allclose(index["companion"], [100 / 3, 100 / 3, 250 / 3], rtol=1e-9)


def test_contributions_are_in_the_table_of_scores(county):
    table = score_factors(*county)
    points = table["contribution"].groupby("area_code").sum()
    np.testing.assert_allclose(points, build_index(table)["score"], rtol=1e-9)


def test_no_scored_factor_is_an_error(county):
    tables, lasting, factors = county
    with pytest.raises(DataError, match="No factor is scored"):
        score_factors(tables, lasting, factors[2:])


aggregations = st.sampled_from(["arithmetic", "geometric", "harmonic", "general"])
missing = st.sampled_from(["not-assessed", "rest"])
a_score = st.one_of(st.just(np.nan), st.floats(0, 100).map(lambda x: round(x, 6)))
columns = st.lists(a_score, min_size=4, max_size=4)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(columns, min_size=3, max_size=3),
    st.lists(st.floats(0.1, 5), min_size=3, max_size=3),
    st.sampled_from([("", "", ""), ("g", "g", ""), ("g", "h", "g")]),
    aggregations,
    missing,
)
def test_contributions_always_add_up_to_the_score(values, weights, groups, aggregation, rule):
    names = ["x", "y", "z"]
    table = scores(
        dict(zip(names, values, strict=True)),
        weight=dict(zip(names, weights, strict=True)),
        group=dict(zip(names, groups, strict=True)),
    )
    options = Index(aggregation=aggregation, missing=rule)
    try:
        index = build_index(table, options=options)
    except DataError:
        return
    points = contributions(table, options=options).groupby(level="area_code").sum(min_count=1)
    np.testing.assert_allclose(points, index["score"], rtol=1e-8, atol=1e-8)


@settings(max_examples=30, deadline=None)
@given(st.lists(columns, min_size=3, max_size=3), st.floats(0.01, 100))
def test_the_scale_of_the_weights_does_not_matter(values, scale):
    names = ["x", "y", "z"]
    table = scores(dict(zip(names, values, strict=True)))
    options = Index(missing="rest")
    if table["score"].isna().all():
        return
    first = build_index(table.assign(weight=1.0), options=options)
    pd.testing.assert_frame_equal(first, build_index(table.assign(weight=scale), options=options))


def test_a_published_index_keeps_every_digit_where_it_is_asked_to():
    table = scores({"x": [100 / 3, 100 / 3 + 1e-9, 5.0], "y": [1 / 7, 1 / 7, 1 / 7]})
    tied, full = build_index(table), build_index(table, options=Index(digits=16))
    assert tied["rank"].tolist() == [1, 1, 3]
    assert full["rank"].tolist() == [2, 1, 3]
    wide = table["score"].unstack("factor").mean(axis=1)
    np.testing.assert_allclose(full["score"], wide, rtol=1e-15)
    assert list(select_top(full, number=1).index) == ["b"]
    assert select_top(tied, number=1).cut.tied_at_cut == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"power": float("nan")}, "index.power: nan must be a finite number"),
        ({"digits": 0}, "index.digits: 0 must be 1 to 16"),
        ({"groups": {"crime": float("inf")}}, "the weight of 'crime' is inf"),
    ],
)
def test_numbers_that_no_index_can_use_are_refused(options, words):
    assert any(words in fault for fault in index_faults(Index(**options), {"crime"}))


def test_scores_that_are_text_or_not_by_factor_and_area_are_refused():
    index = pd.MultiIndex.from_product([["f"], ["a", "b"]], names=["factor", "area_code"])
    with pytest.raises(DataError, match=r"The column score must hold numbers .*'high'"):
        build_index(pd.DataFrame({"score": ["high", "low"]}, index=index))
    with pytest.raises(DataError, match=r"an index \(factor, area_code\), not \(code\)"):
        build_index(pd.DataFrame({"score": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="code")))


def test_an_infinite_weight_is_refused():
    table = scores({"x": [1, 2], "y": [2, 1]}, weight={"x": float("inf"), "y": 1.0})
    with pytest.raises(DataError, match="The weight of x is infinite"):
        build_index(table)
