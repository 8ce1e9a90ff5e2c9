import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.errors import DataError
from riskindex.index.aggregation import AGGREGATE, copeland, power_mean, quantise

MEANS = ["arithmetic", "geometric", "harmonic", "general"]
scores = st.lists(st.floats(1, 100), min_size=3, max_size=3)
weights = st.lists(st.floats(0.1, 1), min_size=3, max_size=3)


def of(method, values, weighting, power=0.5):
    w = np.asarray(weighting, float)
    return AGGREGATE[method](np.array([values], float), np.array([w / w.sum()]), power)


@pytest.mark.parametrize(
    ("method", "expected"),
    [("arithmetic", 5), ("geometric", 4), ("harmonic", 3.2), ("general", 4.5)],
)
def test_means_of_two_and_eight(method, expected):
    assert of(method, [2, 8], [1, 1]).score[0] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("method", ["geometric", "harmonic"])
def test_one_zero_makes_the_stricter_means_zero_without_a_warning(method):
    mean, slope = of(method, [0, 8], [1, 1])
    assert mean[0] == 0
    assert (slope == 0).all()


def test_a_factor_of_no_weight_changes_nothing():
    for method in MEANS:
        assert of(method, [0, 8, 2], [0, 1, 1]).score[0] == of(method, [8, 2], [1, 1]).score[0]


def test_a_score_below_zero_has_only_an_arithmetic_mean():
    assert of("arithmetic", [-2, 8], [1, 1]).score[0] == 3
    with pytest.raises(DataError, match="below zero"):
        of("geometric", [-2, 8], [1, 1])


@given(scores, weights)
def test_means_are_ordered_by_their_power(values, weighting):
    found = [
        of(m, values, weighting).score[0]
        for m in ("harmonic", "geometric", "general", "arithmetic")
    ]
    assert (np.diff(found) >= -1e-9).all()
    assert min(values) - 1e-9 <= found[0]
    assert found[-1] <= max(values) + 1e-9


@given(scores, weights, st.sampled_from(MEANS))
def test_slope_times_score_adds_up_to_the_mean(values, weighting, method):
    mean, slope = of(method, values, weighting)
    assert slope @ np.array(values) == pytest.approx(mean, rel=1e-12)


@given(scores, weights, st.sampled_from(MEANS))
def test_the_slope_is_the_slope(values, weighting, method):
    step = 1e-5
    moved = [values[0] + step, *values[1:]]
    rise = (of(method, moved, weighting).score - of(method, values, weighting).score) / step
    assert of(method, values, weighting).slope[0, 0] == pytest.approx(rise[0], abs=1e-4)


def test_sums_in_another_order_tie_after_quantising():
    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
    forth, back = quantise(np.array([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1]))
    assert forth == back == 0.6


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, 0.0),
        (-1 / 3, -0.3333333333),
        (1e-12 / 3, 3.333333333e-13),
        (123456789012.0, 123456789000.0),
        (9.99999999999, 10.0),
        (100 / 3, 33.33333333),
    ],
)
def test_ten_significant_digits_are_kept(value, expected):
    assert quantise(np.array([value]))[0] == expected


def test_a_missing_value_stays_missing():
    assert np.isnan(quantise(np.array([np.nan]))[0])


@given(st.floats(1e-6, 1e15, allow_nan=False))
def test_quantising_is_what_python_prints_with_ten_digits(value):
    assert quantise(np.array([value]))[0] == pytest.approx(float(f"{value:.9e}"), rel=2e-10)


@given(st.floats(1e-6, 1e15, allow_nan=False))
def test_quantising_twice_is_quantising_once(value):
    once = quantise(np.array([value]))
    assert quantise(once)[0] == once[0]


COINR = {"agg_a_amean": 1.0, "agg_a_gmean": 0.0, "agg_a_hmean": -1.0}


@pytest.mark.parametrize("word", COINR)
def test_three_means_over_three_levels_equal_coinr(word, oracles):
    folder = oracles / "index" / "asem"
    data = pd.read_csv(folder / "normalised_1_100.csv").set_index("uCode")
    expected = pd.read_csv(folder / f"{word}.csv").set_index("uCode")
    parents = pd.read_csv(folder / "asem_iMeta.csv").set_index("iCode")["Parent"].dropna()
    given = pd.read_csv(folder / "weights_original.csv").set_index("iCode")["Weight"]
    for group in [
        *[c for c in expected if c not in ("Conn", "Sust", "Index")],
        "Conn",
        "Sust",
        "Index",
    ]:
        members = [code for code in parents[parents == group].index if code in data]
        w = given[members] / given[members].sum()
        per_area = np.broadcast_to(w.to_numpy(), (len(data), len(members)))
        data[group] = power_mean(data[members].to_numpy(), per_area, power=COINR[word]).score
        np.testing.assert_allclose(data[group], expected[group], rtol=0, atol=1e-10)


def test_an_area_wins_the_duels_in_which_its_factors_weigh_more():
    scores = np.array([[3, 0, 0], [0, 2, 2], [1, 1, 1]], float)
    assert copeland(scores, np.tile([0.5, 0.3, 0.2], (3, 1))).tolist() == [0, 0, 0]
    assert copeland(scores, np.tile([0.6, 0.2, 0.2], (3, 1))).tolist() == [2, -2, 0]


def test_weights_that_balance_on_paper_draw():
    scores = np.array([[1, 1, 0], [0, 0, 1]], float)
    assert copeland(scores, np.tile([0.1, 0.2, 0.3], (2, 1))).tolist() == [0, 0]


def test_copeland_is_refused_for_a_whole_country():
    with pytest.raises(DataError, match="at most 5,000 of them, not 5,001"):
        copeland(np.zeros((5001, 1)), np.ones((5001, 1)))


def test_an_area_without_any_score_has_none_by_copeland():
    index = AGGREGATE["copeland"](np.array([[0, 0], [0, 5.0], [5, 0]]), np.full((3, 2), 0.5), 0)
    assert index.score.tolist() == [0, 75, 75]
    assert np.isnan(index.slope).all()


@given(st.lists(scores, min_size=2, max_size=8), weights)
def test_duels_won_and_lost_balance_over_the_areas(values, weighting):
    won = copeland(np.array(values), np.tile(weighting, (len(values), 1)))
    assert won.sum() == 0


def test_copeland_equals_coinr(oracles):
    folder = oracles / "index" / "asem"
    data = pd.read_csv(folder / "coin_Normalised.csv").set_index("uCode")
    expected = pd.read_csv(folder / "copeland_physical.csv").set_index("uCode")["copeland"]
    parents = pd.read_csv(folder / "asem_iMeta.csv").set_index("iCode")["Parent"]
    physical = data[parents[parents == "Physical"].index].to_numpy()
    found = copeland(physical, np.full(physical.shape, 1 / physical.shape[1]))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("power", "expected"), [(500, 90.0), (-500, 30.0), (5e4, 90.0)])
def test_a_mean_of_very_high_power_is_the_largest_or_the_smallest_score(power, expected):
    scores, weights = np.array([[30.0, 90.0, 60.0]]), np.full((1, 3), 1 / 3)
    found = power_mean(scores, weights, power=power)
    assert found.score[0] == pytest.approx(expected, rel=0.005)
    assert np.isfinite(found.slope).all()
    assert (found.slope * scores).sum() == pytest.approx(found.score[0])


@pytest.mark.parametrize("power", [-500, -1, 0.5, 3, 500])
def test_no_score_at_all_has_a_mean_of_zero_at_any_power(power):
    assert power_mean(np.zeros((1, 2)), np.full((1, 2), 0.5), power=power).score[0] == 0
    lone = power_mean(np.array([[0.0, 40.0]]), np.array([[0.0, 1.0]]), power=power)
    assert lone.score[0] == pytest.approx(40)


def test_every_digit_may_be_kept():
    x = np.array([100 / 3, 1e-300, np.nan, -2 / 7])
    np.testing.assert_array_equal(quantise(x, digits=16), x)
