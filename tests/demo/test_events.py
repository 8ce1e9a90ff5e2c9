import numpy as np
import pandas as pd
import pytest

from riskindex.demo.county import synthetic_county
from riskindex.demo.event_tables import EVENT_TABLES, RISKS, YEARS
from riskindex.demo.events import SOURCES, expected_events

CODES = pd.Index(["a", "b", "c"], name="area_code")
RESIDENTS = pd.Series([1000.0, 1000.0, 2000.0], index=CODES)


def risk(of_first=1.0):
    columns = pd.MultiIndex.from_product([list(RISKS), list(YEARS)])
    table = pd.DataFrame(1.0, index=CODES, columns=columns)
    table.iloc[0] = of_first
    return table


def test_without_a_cluster_events_go_by_residents():
    found = expected_events(RESIDENTS, risk(), scale=1.0)
    np.testing.assert_allclose(found.loc["c"], 2 * found.loc["a"])
    np.testing.assert_allclose(found.loc["a"], found.loc["b"])


def test_a_cluster_takes_its_events_from_the_others():
    plain, planted = (expected_events(RESIDENTS, risk(r), scale=1.0) for r in (1.0, 3.0))
    np.testing.assert_allclose(planted.sum(), plain.sum())
    np.testing.assert_allclose(planted.loc["a"], 3 * planted.loc["b"])


def test_half_a_county_has_half_the_events():
    whole, half = (expected_events(RESIDENTS, risk(), scale=s) for s in (1.0, 0.5))
    np.testing.assert_allclose(2 * half, whole)


def test_factors_groups_and_years_are_those_of_the_tables():
    found = expected_events(RESIDENTS, risk(), scale=1.0)
    assert list(found.columns.names) == ["factor", "group", "period"]
    kinds = {(k.factor, k.group) for t in EVENT_TABLES.values() for k in t.kinds if k.factor}
    assert set(found.columns.droplevel("period")) == kinds
    assert set(EVENT_TABLES) < set(SOURCES)


@pytest.fixture(scope="module")
def arson():
    return synthetic_county(seed=5, n=60, districts=4, sources=["arson"]).events["arson"]


def test_a_table_drawn_alone_has_its_own_records(arson):
    again = synthetic_county(seed=5, n=60, districts=4, sources=["arson", "fires"]).events["arson"]
    pd.testing.assert_frame_equal(arson, again)
    assert len(arson) > 0
