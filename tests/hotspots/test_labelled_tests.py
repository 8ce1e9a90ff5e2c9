import numpy as np
import pandas as pd
import pytest
from shapely import box
from squares import prepared, raw

import riskindex
from riskindex import (
    ConfigError,
    DataError,
    build_weights,
    gi,
    gi_star,
    local_moran,
    poisson_excess,
    window_excess,
    with_self,
)
from riskindex.statistics import getis_ord, poisson
from riskindex.statistics.corrections import adjust

SIDE = 8
CORNERS = [(560_000 + 1000 * (k % SIDE), 200_000 + 1000 * (k // SIDE)) for k in range(SIDE**2)]
AREAS = prepared(raw([box(x, y, x + 1000, y + 1000) for x, y in CORNERS]))
WEIGHTS = build_weights(AREAS)
CLUSTER = np.isin(np.arange(SIDE**2), [9, 10, 17, 18])
COUNTS = pd.Series(np.random.default_rng(1).poisson(2 + 8 * CLUSTER), index=AREAS.index)
PEOPLE = pd.Series(1500.0, index=AREAS.index)


def shuffled(series):
    return series.sample(frac=1, random_state=2)


def test_a_series_gives_a_table_with_its_labels():
    table = gi_star(COUNTS, with_self(WEIGHTS))
    plain = getis_ord.gi_star(COUNTS.to_numpy(), getis_ord.with_self(WEIGHTS.matrix))
    assert list(table) == ["z", "p", "p_adjusted", "is_hot"]
    assert table.index.equals(COUNTS.index)
    np.testing.assert_array_equal(table["z"], plain.z)
    np.testing.assert_array_equal(table["p_adjusted"], adjust(plain.p, "benjamini-hochberg"))
    assert set(np.flatnonzero(table["is_hot"])) >= set(np.flatnonzero(CLUSTER))
    assert table.attrs["null"] == "counts exchangeable between areas (exact)"


def test_an_array_gives_arrays():
    found = gi_star(COUNTS.to_numpy(), with_self(WEIGHTS))
    assert isinstance(found, getis_ord.Gi)
    again = gi_star(COUNTS.to_numpy(), with_self(WEIGHTS).matrix)
    np.testing.assert_array_equal(found.p, again.p)


def test_graph_and_w_of_libpysal_give_the_same():
    expected = gi(COUNTS, WEIGHTS)
    for given in (WEIGHTS.to_graph(), WEIGHTS.to_w()):
        pd.testing.assert_frame_equal(gi(COUNTS, given), expected)


TESTS = {
    "gi_star": lambda counts, people: gi_star(counts, with_self(WEIGHTS)),
    "gi": lambda counts, people: gi(counts, WEIGHTS),
    "local_moran": lambda counts, people: local_moran(counts, WEIGHTS),
    "window_excess": lambda counts, people: window_excess(counts, people, WEIGHTS),
}


@pytest.mark.parametrize("name", TESTS)
def test_a_shuffled_series_is_refused(name):
    with pytest.raises(DataError, match="in another order"):
        TESTS[name](shuffled(COUNTS), shuffled(PEOPLE))


@pytest.mark.parametrize("name", [*TESTS, "poisson_excess"])
def test_every_test_gives_labels_and_a_verdict(name):
    test = TESTS.get(name, lambda counts, people: poisson_excess(counts, people / 500))
    table = test(COUNTS, PEOPLE)
    assert table.index.equals(COUNTS.index)
    assert {"p", "p_adjusted", "is_hot"} <= set(table)
    assert table["is_hot"].dtype == bool
    assert table["is_hot"][CLUSTER].any()
    assert not table["is_hot"].iloc[40:].any()


def test_two_series_have_the_same_labels():
    with pytest.raises(DataError, match="exposure: its labels are not those of observed"):
        window_excess(COUNTS, shuffled(PEOPLE), WEIGHTS)
    with pytest.raises(DataError, match="expected: its labels are not those of observed"):
        poisson_excess(COUNTS, shuffled(PEOPLE))
    assert poisson_excess(COUNTS, 2.5)["is_hot"].dtype == bool
    assert poisson_excess([9], [3.0]).p.round(6).tolist() == [0.003803]


def test_the_window_test_says_what_it_assumed():
    table = window_excess(COUNTS, PEOPLE, WEIGHTS)
    plain = poisson.window_excess(COUNTS, PEOPLE, WEIGHTS.matrix)
    np.testing.assert_array_equal(table["p"], plain.p)
    assert table.attrs["dispersion"] == plain.dispersion
    assert window_excess(COUNTS.to_numpy(), PEOPLE.to_numpy(), WEIGHTS).null == plain.null


def test_cold_spots_have_a_name():
    dip = pd.Series(np.where(CLUSTER, 0, 6), index=AREAS.index)
    cold = gi_star(dip, with_self(WEIGHTS), tail="lower")
    both = gi_star(dip, with_self(WEIGHTS), tail="two-sided")
    assert list(cold) == ["z", "p", "p_adjusted", "is_cold"]
    assert cold["is_cold"][CLUSTER].all()
    assert both["is_cold"][CLUSTER].all()
    assert not both["is_hot"].any()


def test_local_moran_tells_clusters_from_outliers():
    table = local_moran(COUNTS, WEIGHTS)
    assert list(table) == [
        "statistic",
        "quadrant",
        "p",
        "p_adjusted",
        "is_hot",
        "is_cold",
        "is_outlier",
    ]
    assert (table["quadrant"][table["is_hot"]] == "high-high").all()
    assert not (table["is_hot"] & table["is_outlier"]).any()


def test_missing_values_are_named_by_their_area():
    with pytest.raises(DataError, match=r"1 of 64 areas have none .*'A05'"):
        gi(COUNTS.astype("Int64").where(COUNTS.index != "A05"), WEIGHTS)
    some = COUNTS.astype(float).where(COUNTS.index != "A05")
    assert np.isnan(window_excess(some, PEOPLE, WEIGHTS).loc["A05", "p"])


def test_wrong_arguments_get_a_sentence():
    with pytest.raises(ConfigError) as refused:
        gi(COUNTS, WEIGHTS, p="exakt", tail="up", level=5)
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["tail", "p", "level"]
    with pytest.raises(DataError, match="not a str"):
        gi(COUNTS, "queen")
    with pytest.raises(DataError, match="they must be numbers"):
        gi(COUNTS.astype(str) + "x", WEIGHTS)


def test_a_factor_that_is_in_no_group_stands_by_itself():
    index = pd.MultiIndex.from_product([["one", "two"], ["a", "b"]], names=["factor", "area_code"])
    scores = pd.DataFrame({"score": [100.0, 0.0, 0.0, 50.0]}, index=index)
    named = scores.assign(group=["g", "g", "", ""])
    missing = scores.assign(group=["g", "g", None, None])
    expected = riskindex.build_index(named)["score"]
    assert expected.tolist() == [50.0, 25.0]
    assert riskindex.build_index(missing)["score"].tolist() == expected.tolist()
