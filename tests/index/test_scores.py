import numpy as np
import pytest
from scipy.sparse import csr_array
from tables import factor, hotspots, persistence

from riskindex.errors import ConfigError, DataError
from riskindex.index.scores import SCORES, score_factor

AREAS = ["a", "b", "c", "d"]


def score(options, columns, lasting=None, **neighbours):
    wanted = factor(**options)
    periods = wanted.periods or ("",)
    given = columns if isinstance(columns, dict) else dict(zip(periods, columns, strict=True))
    tables = given if isinstance(columns, list) else {periods[-1]: columns}
    table = hotspots(AREAS, {(wanted.name, period): values for period, values in tables.items()})
    kept = persistence(AREAS, {wanted.name: lasting} if lasting else None)
    return score_factor(table, kept, wanted, **neighbours)


def test_confidence_becomes_thirds():
    found = score({}, {"confidence": [0, 90, 95, 99]})
    np.testing.assert_allclose(found["score"], [0, 100 / 3, 200 / 3, 100])


def test_a_flag_is_all_or_nothing():
    found = score({"score": "flag"}, {"is_hot": [True, False, False, True]})
    assert found["score"].tolist() == [100, 0, 0, 100]


@pytest.mark.parametrize(("word", "share"), [("none", 0.0), ("half", 0.5)])
def test_next_door_to_a_hotspot_scores_nothing_or_half(word, share):
    near = {"kind": ["next door", "both", "", ""], "near_confidence": [99.0, 0, 90, 0]}
    options = {"neighbourhood": word}
    flags = score(options | {"score": "flag"}, near | {"is_hot": [False, True, False, False]})
    np.testing.assert_allclose(flags["score"], [100 * share, 100, 0, 0])
    bands = score(options, near | {"confidence": [0, 95, 0, 0]})
    np.testing.assert_allclose(bands["score"], [100 * share, 200 / 3, share * 100 / 3, 0])
    lasting = {"periods_hot": [1, 2, 0, 0], "periods_assessed": 2, "pooled_p_adjusted": 0.01}
    years = options | {"score": "persistence", "periods": ("2021", "2022")}
    often = score(years, [{}, near], lasting)
    np.testing.assert_allclose(often["score"], [50 + 50 * share, 100, 0, 0])


def test_the_last_period_is_scored():
    options = {"score": "flag", "periods": ("2021", "2022")}
    found = score(options, [{"is_hot": [True] * 4}, {"is_hot": [False, True, False, False]}])
    assert found["score"].tolist() == [0, 100, 0, 0]


def test_persistence_is_the_share_of_years_hot_where_the_pooled_test_agrees():
    options = {"score": "persistence", "periods": ("2021", "2022")}
    lasting = {
        "periods_hot": [0, 2, 1, 2],
        "periods_assessed": [2, 2, 2, 2],
        "pooled_p_adjusted": [0.01, 0.01, 0.05, 0.06],
    }
    assert score(options, [{}, {}], lasting)["score"].tolist() == [0, 100, 50, 0]
    counted = score(options | {"persistence": "counted"}, [{}, {}], lasting)
    assert counted["score"].tolist() == [0, 100, 50, 100]


def test_persistence_of_an_area_never_assessed_is_not_assessed():
    options = {"score": "persistence", "periods": ("2021", "2022"), "persistence": "counted"}
    lasting = {"periods_hot": [0, 1, 1, 1], "periods_assessed": [0, 1, 2, 2]}
    np.testing.assert_array_equal(score(options, [{}, {}], lasting)["score"], [np.nan, 100, 50, 50])


def test_the_intensity_of_persistence_is_the_mean_over_the_periods_known():
    options = {"score": "persistence", "periods": ("2021", "2022")}
    values = [{"value": [1, 2, np.nan, np.nan]}, {"value": [3, 2, 4, np.nan]}]
    found = score(options, values, {"periods_hot": 1})
    np.testing.assert_array_equal(found["value"], [2, 2, 4, np.nan])


def test_persistence_takes_its_kind_from_the_last_hot_period():
    options = {"score": "persistence", "periods": ("2021", "2022")}
    kinds = [{"kind": ["own", "own", "", ""]}, {"kind": ["both", "", "", ""]}]
    assert score(options, kinds, {"periods_hot": 1})["kind"].tolist() == ["both", "own", "", ""]


def test_a_value_is_normalised():
    options = {"method": "value", "score": "value", "numerator": "n", "denominator": "d"}
    found = score(options, {"value": [0.1, 0.2, 0.3, 0.5]})
    np.testing.assert_allclose(found["score"], [0, 25, 50, 100])


def test_a_high_value_may_mean_less_risk():
    options = {"method": "value", "score": "value", "direction": -1}
    found = score(options, {"value": [0.1, 0.2, 0.3, 0.5]})
    np.testing.assert_allclose(found["score"], [100, 75, 50, 0])
    assert found["intensity"].tolist() == sorted(found["intensity"], reverse=True)


def test_a_share_equal_to_the_threshold_is_not_above_it():
    options = {"method": "threshold", "score": "threshold", "threshold": 0.25}
    found = score(options, {"value": [0.24, 0.25, 0.26, np.nan]})
    np.testing.assert_array_equal(found["score"], [0, 0, 100, np.nan])


def test_a_threshold_score_needs_a_threshold():
    with pytest.raises(ConfigError, match="needs a threshold"):
        score({"method": "threshold", "score": "threshold"}, {"value": 0.1})


@pytest.mark.parametrize("word", SCORES)
def test_an_area_that_was_not_assessed_has_no_score_and_the_reason(word):
    options = {"score": word, "threshold": 0.25}
    columns = {
        "value": [np.nan, 0.1, 0.2, 0.3],
        "reason": ["zero exposure", "", "", ""],
        "expected": [np.nan, 1, 1, 1],
    }
    lasting = {"periods_hot": 1, "periods_assessed": [0, 1, 1, 1]}
    found = score(options, columns, lasting)
    assert found["score"].isna().tolist() == [True, False, False, False]
    assert found["reason"].tolist() == ["zero exposure", "", "", ""]
    assert not found["is_hot"].iloc[0]


def test_a_factor_without_a_hot_area_scores_zero_everywhere():
    assert score({}, {"confidence": 0})["score"].tolist() == [0, 0, 0, 0]


def test_a_factor_that_no_area_could_be_assessed_for_is_refused_by_name():
    columns = {"value": np.nan, "reason": "all values equal"}
    with pytest.raises(DataError, match=r"The suspects: no area could be assessed \(all values"):
        score({}, columns)


def test_intensities_are_percentiles_of_what_was_measured():
    wanted = {"method": "value", "score": "value"}
    found = score(wanted, {"value": [-1.0, 0.0, 0.0, 9.0], "expected": np.nan})
    np.testing.assert_allclose(found["intensity"], [0, 50, 50, 100])


def test_ties_are_put_in_order_by_the_risk_of_the_area_itself_and_not_of_its_window():
    columns = {"confidence": 99, "value": [9.0, 8.0, 7.0, 6.0], "observed": [0, 8, 8, 30]}
    found = score({}, columns | {"expected": 11.5})
    assert found["score"].tolist() == [100] * 4
    np.testing.assert_allclose(found["intensity"], [0, 50, 50, 100])


def test_ties_of_persistence_are_put_in_order_by_all_periods():
    options = {"score": "persistence", "periods": ("2021", "2022")}
    early, late = {"observed": [60, 1, 1, 2]}, {"observed": [5, 6, 5, 4]}
    found = score(options, [t | {"expected": 10.0} for t in (early, late)], {"periods_hot": 1})
    assert found["intensity"].idxmax() == "a"


RISK = {"method": "poisson", "score": "risk", "exposure": "residents"}


def test_a_risk_is_winsorised_and_brought_to_0_to_100():
    found = score(RISK, {"observed": [1, 4, 7, 20], "expected": [8.0, 8, 8, 8], "step": 1.0})
    assert found["score"].iloc[[0, -1]].tolist() == [0, 100]
    assert found["value"].is_monotonic_increasing
    assert found["value"].iloc[2] <= 1 < found["value"].iloc[3]
    as_named = score(
        RISK | {"normalise": "winsorise+min-max"},
        {
            "observed": [1, 4, 7, 20],
            "expected": [8.0, 8, 8, 8],
            "step": 1.0,
        },
    )
    assert as_named["score"].tolist() == found["score"].tolist()


def test_a_risk_owes_nothing_to_what_is_hot():
    columns = {"observed": [1, 4, 7, 20], "expected": 8.0, "step": 1.0}
    plain = score(RISK, columns)
    hot = score(RISK, columns | {"is_hot": [True, True, False, False], "confidence": 99})
    assert hot["score"].tolist() == plain["score"].tolist()
    assert hot["is_hot"].tolist() == [True, True, False, False]


def test_a_risk_pools_its_periods():
    options = RISK | {"periods": ("2021", "2022")}
    early = {"observed": [20, 4, 4, 4], "expected": 8.0, "step": 1.0}
    late = {"observed": [4, 20, 4, 4], "expected": 8.0, "step": 1.0}
    found = score(options, [early, late])["score"]
    assert found["b"] > found["a"] > found["c"] == 0
    alike = score(options | {"ageing": "equal"}, [early, late])["score"]
    assert alike["a"] == alike["b"] == 100


def test_an_area_that_only_an_earlier_period_covers_has_a_risk():
    options = RISK | {"periods": ("2021", "2022")}
    early = {"observed": [20, 4, 4, 4], "expected": 8.0, "step": 1.0}
    late = {
        "observed": [np.nan, 20, 4, 4],
        "expected": [np.nan, 9.3, 9.3, 9.3],
        "step": 1.0,
        "reason": ["not covered", "", "", ""],
    }
    found = score(options, [early, late])
    assert found["score"].notna().all()
    assert found["reason"].tolist() == [""] * 4


def test_what_is_told_of_a_risk_is_scored():
    columns = {"observed": [1, 4, 7, 20], "expected": 8.0, "step": 1.0}
    sure = score(RISK | {"estimate": "exceedance", "above": 1.5}, columns)
    assert sure["value"].between(0, 1).all()
    assert sure["value"].iloc[3] > 0.9
    assert sure["score"].iloc[3] == 100
    rank = score(RISK | {"estimate": "rank"}, columns)
    assert rank["value"].mean() == pytest.approx(50)
    assert rank["score"].is_monotonic_increasing
    # Ties stay in the order of the posterior means.
    mean = score(RISK, columns)
    assert sure["intensity"].tolist() == rank["intensity"].tolist() == mean["intensity"].tolist()


def test_a_spatial_prior_needs_neighbours():
    columns = {"observed": [1, 4, 7, 20], "expected": 8.0, "step": 1.0}
    options = RISK | {"prior": "spatial"}
    with pytest.raises(ConfigError, match="needs the neighbours"):
        score(options, columns)
    beside = csr_array(np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1))
    with_them = score(options, columns, neighbours=beside)["value"]
    # The area beside the highest gains, and the one at the other end does not.
    assert with_them["c"] / score(RISK, columns)["value"]["c"] > 1
    assert with_them["d"] > with_them["c"] > with_them["a"]


def test_counts_that_vary_by_chance_alone_score_nothing_anywhere():
    found = score(RISK, {"observed": [7, 8, 8, 9], "expected": 8.0, "step": 1.0})
    assert found["score"].tolist() == [0] * 4
    assert found["value"].tolist() == [1] * 4


def test_an_area_around_the_study_area_has_no_risk():
    columns = {"observed": [1, 4, 7, 20], "expected": 8.0, "step": 1.0}
    found = score(RISK, columns | {"reason": ["", "", "", "context"]})
    assert found["score"].isna().tolist() == [False, False, False, True]
