import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskindex.errors import ConfigError, DataError
from riskindex.index.normalise import NORMALISE, direction_faults, normalise

numbers = st.lists(st.integers(-50, 50), min_size=3, max_size=30).filter(lambda x: len(set(x)) > 1)


def array(*values):
    return np.array(values, dtype=float)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("none", [1, 2, 2, 5]),
        ("min-max", [0, 25, 25, 100]),
        ("rank", [1, 2.5, 2.5, 4]),
        ("rank-min", [1, 2, 2, 4]),
        ("percentile", [0, 50, 50, 100]),
        ("percentile-min", [0, 100 / 3, 100 / 3, 100]),
        ("percentile-max", [0, 200 / 3, 200 / 3, 100]),
        ("ratio-to-mean", [40, 80, 80, 200]),
        ("percentile-min+two-decimals", [0, 33.33, 33.33, 100]),
        ("share-of-maximum", [20, 40, 40, 100]),
        ("z", array(-1.5, -0.5, -0.5, 2.5) / np.sqrt(3)),
        ("log", np.log([0.04, 1.04, 1.04, 4.04])),
    ],
)
def test_a_worked_example_of_every_normalisation(method, expected):
    np.testing.assert_allclose(normalise(array(1, 2, 2, 5), method), expected, rtol=1e-14)


def test_the_exponential_rank_gives_100_to_the_highest_and_half_of_it_to_the_top_tenth():
    scores = normalise(np.arange(1000.0), "exponential-rank")
    assert scores[-1] == pytest.approx(100)
    assert scores[900] == pytest.approx(50, abs=1)
    assert scores.min() > 0


def test_exponential_ranks_of_ties_are_averaged_or_taken_as_the_best():
    mean, best = (normalise(array(1, 2, 2), f"exponential-rank{end}") for end in ("", "-min"))
    assert best[1] == pytest.approx(100)
    assert mean[1] < best[1]


@given(numbers)
def test_ties_at_the_highest_place_are_those_at_the_lowest_of_the_values_turned_round(values):
    x = np.array(values, float)
    np.testing.assert_allclose(
        normalise(x, "percentile-max"), 100 - normalise(-x, "percentile-min"), atol=1e-12
    )
    ranks = stats.rankdata(x, method="max")
    np.testing.assert_allclose(normalise(x, "percentile-max"), 100 * (ranks - 1) / (len(x) - 1))


def test_winsorising_pulls_in_the_one_extreme_value_and_no_other():
    values = np.append(np.arange(20.0), 500.0)
    assert normalise(values, "winsorise").tolist() == [*range(20), 19]
    assert normalise(-values, "winsorise").tolist() == [*range(0, -20, -1), -19]


def test_winsorising_leaves_tame_values_alone():
    values = np.arange(20.0)
    np.testing.assert_array_equal(normalise(values, "winsorise"), values)


def test_steps_are_done_in_order():
    values = np.append(np.arange(20.0), 500.0)
    expected = normalise(normalise(values, "winsorise"), "min-max")
    np.testing.assert_array_equal(normalise(values, "winsorise + min-max"), expected)


@pytest.mark.parametrize("method", NORMALISE)
def test_a_missing_value_stays_missing_and_changes_nothing_else(method):
    complete = normalise(array(1, 2, 2, 5), method)
    with_gap = normalise(array(1, np.nan, 2, 2, 5), method)
    assert np.isnan(with_gap[1])
    np.testing.assert_array_equal(np.delete(with_gap, 1), complete)


@pytest.mark.parametrize("method", NORMALISE)
def test_no_value_at_all_stays_no_value(method):
    assert np.isnan(normalise(array(np.nan, np.nan), method)).all()


@pytest.mark.parametrize("method", ["min-max", "z", "log", "winsorise+min-max"])
@pytest.mark.parametrize("constant", [0.0, 0.1, 7.0])
def test_a_constant_measure_is_refused_by_name_where_the_spread_divides(method, constant):
    with pytest.raises(
        DataError, match=f"Drug suspects: all 3 assessed areas have the value {constant:g},"
    ):
        normalise(np.full(3, constant), method, name="Drug suspects")


@pytest.mark.parametrize(
    "method", ["rank", "percentile", "percentile-min", "exponential-rank", "none"]
)
def test_a_constant_measure_has_ranks(method):
    assert len(set(normalise(np.full(3, 7.0), method))) == 1


def test_a_mean_or_maximum_of_nothing_is_refused():
    with pytest.raises(DataError, match="the mean is 0"):
        normalise(array(-1, 1), "ratio-to-mean", name="x")
    with pytest.raises(DataError, match="the maximum is 0, and must be above zero"):
        normalise(array(-1, 0), "share-of-maximum", name="x")


def test_an_infinite_value_is_refused():
    with pytest.raises(DataError, match="x: 1 values are infinite"):
        normalise(array(1, np.inf), "rank", name="x")


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="no 'minmax'; known: none, min-max"):
        normalise(array(1, 2), "minmax")


@given(numbers, st.sampled_from(list(NORMALISE)))
def test_a_higher_value_never_gets_a_lower_score(values, method):
    x = array(*values)
    if method in ("ratio-to-mean", "share-of-maximum"):
        x = x - x.min() + 1
    result = normalise(x, method)
    assert (np.diff(result[np.argsort(x, kind="stable")]) >= 0).all()


@given(numbers, st.permutations(range(30)))
def test_the_order_of_areas_does_not_matter(values, shuffle):
    order = [k for k in shuffle if k < len(values)]
    for method in ("min-max", "percentile", "exponential-rank", "winsorise"):
        x = array(*values)
        np.testing.assert_allclose(normalise(x[order], method), normalise(x, method)[order])


COINR = {
    "minmax": ("min-max", 1),
    "zscore": ("z", 1),
    "rank": ("rank-min", 1),
    "prank": ("percentile-min", 100),
    "dist2max": ("min-max", 100),
    "fracmax": ("share-of-maximum", 100),
}


@pytest.fixture(scope="module")
def asem(oracles):
    return {
        path.stem: pd.read_csv(path).set_index("uCode")
        for path in (oracles / "index" / "asem").glob("*.csv")
        if path.stem.startswith(("norm_", "coin_"))
    }


@pytest.fixture(scope="module")
def direction(oracles):
    return pd.read_csv(oracles / "index" / "asem" / "asem_iMeta.csv").set_index("iCode")[
        "Direction"
    ]


@pytest.mark.parametrize("word", COINR)
def test_every_normalisation_equals_coinr(word, asem, direction):
    method, scale = COINR[word]
    raw, expected = asem["coin_Treated"], asem[f"norm_n_{word}"].astype(float)
    compared = 0
    for indicator in raw:
        values = raw[indicator].to_numpy() * direction[indicator]
        if method == "share-of-maximum" and values.max() < 0:
            # There COINr gives the least risk the highest value.
            assert expected[indicator].to_numpy()[values.argmin()] == expected[indicator].max()
        elif np.isfinite(expected[indicator]).all():
            found = normalise(values, method) / scale
            np.testing.assert_allclose(found, expected[indicator], rtol=0, atol=1e-10)
            compared += 1
    assert compared >= (45 if method != "share-of-maximum" else 20)


def test_borda_is_the_rank_less_one(asem):
    np.testing.assert_array_equal(asem["norm_n_borda"], asem["norm_n_rank"] - 1)


def test_winsorising_equals_coinr_for_all_indicators(asem):
    screened, treated = asem["coin_Screened"], asem["coin_Treated"]
    for indicator in screened:
        found = normalise(screened[indicator].to_numpy(float), "winsorise")
        np.testing.assert_array_equal(found, treated[indicator])


# Both directions

JOINED = [*NORMALISE, "winsorise+min-max", "percentile-min+two-decimals", "min-max+ratio-to-mean"]


@given(numbers, st.sampled_from(JOINED), st.sampled_from([1, -1]))
def test_more_risk_is_never_a_lower_score_in_either_direction(values, method, direction):
    x = direction * np.array(values, dtype=float)
    base = {"ratio-to-mean": x.mean(), "share-of-maximum": x.max()}.get(method, 1.0)
    if base > 0:
        found = normalise(x, method)
        assert (np.diff(found[np.argsort(x)]) >= -1e-12).all()
    else:
        with pytest.raises(DataError, match="must be above zero"):
            normalise(x, method)


@pytest.mark.parametrize("method", ["ratio-to-mean", "share-of-maximum"])
def test_a_share_of_what_was_turned_round_is_refused(method):
    with pytest.raises(DataError, match="must be above zero"):
        normalise(-array(20_000, 30_000, 49_500), method, name="Income")
    assert not list(direction_faults(method, 1))
    assert "is no share of anything" in next(direction_faults(f"winsorise + {method}", -1))
    assert not list(direction_faults(f"min-max+{method}", -1))
    found = normalise(-array(20_000, 30_000, 49_500), f"min-max+{method}")
    assert found.argmax() == 0


@pytest.mark.parametrize("method", sorted(set(NORMALISE) - {"ratio-to-mean", "share-of-maximum"}))
def test_every_other_normalisation_has_both_directions(method):
    assert not list(direction_faults(method, -1))
