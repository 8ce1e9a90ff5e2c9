import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from small_maps import lattice

from riskindex.factors import Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.index.reasons import Fact, _local
from riskindex.statistics.corrections import adjust
from riskindex.statistics.poisson import own_excess, window_excess

ROWS, COLUMNS = 20, 30
N = ROWS * COLUMNS
CODES = pd.Index([f"E{k:03}" for k in range(N)], name="area_code")
ROW, COLUMN = np.divmod(np.arange(N), COLUMNS)
CENTRES = np.column_stack([1000.0 * COLUMN, 1000.0 * ROW])
SPOT = (abs(ROW - 10) <= 1) & (abs(COLUMN - 24) <= 1)
SLOPE = np.exp((COLUMN - 15) / 10)


def found_of(counts, method="window", *, periods=("2024",), **options):
    squares = shapely.box(*(CENTRES - 500).T, *(CENTRES + 500).T)
    areas = gpd.GeoDataFrame(
        {"residents": np.full(N, 1500.0)}, geometry=squares, index=CODES, crs="EPSG:27700"
    )
    table = pd.DataFrame({("f", "all", p): counts for p in periods}, index=CODES).astype("Int64")
    table.columns = table.columns.set_names(["factor", "group", "period"])
    factor = Factor(
        name="f",
        label="Crimes",
        source="s",
        method=method,
        score="flag",
        periods=periods,
        exposure="residents",
        **options,
    )
    weights = lattice(ROWS, COLUMNS)
    return find_hotspots(table, areas, pd.DataFrame(index=CODES), weights, [factor])


@pytest.fixture(scope="module")
def sloping():
    rng = np.random.default_rng(3)
    return rng.poisson(8 * SLOPE * np.where(SPOT, 2.5, 1.0) * rng.gamma(10, 0.1, N))


def test_a_spot_on_a_slope_is_told_from_the_slope(sloping):
    found = found_of(sloping)
    table = found.table.droplevel([0, 1])
    hot, local = table["is_hot"].to_numpy(), table["is_hot_local"].to_numpy()
    assert hot[~SPOT].sum() > 40
    assert local[SPOT].sum() >= 8
    assert local[~SPOT].sum() <= 15
    about = found.tests.loc[("f", "2024")]
    assert about[["hot_local", "hot_both"]].tolist() == [local.sum(), (local & hot).sum()]


@pytest.mark.parametrize(("method", "test"), [("window", window_excess), ("poisson", own_excess)])
def test_it_is_the_test_against_a_local_background(sloping, method, test):
    found = found_of(sloping, method)
    table, w = found.table.droplevel([0, 1]), found.tests["dispersion"].iloc[0]
    expected = test(
        sloping,
        np.ones(N),
        lattice(ROWS, COLUMNS),
        dispersion=w,
        background="local",
        centroids=CENTRES,
    )
    np.testing.assert_allclose(table["local_expected"], expected.expected)
    np.testing.assert_allclose(table["local_ratio"], expected.ratio)
    adjusted = adjust(expected.p, "benjamini-hochberg")
    clear = adjusted <= 0.05
    np.testing.assert_allclose(table["local_p_adjusted"][clear], adjusted[clear], rtol=1e-6)
    assert (table["local_p_adjusted"][~clear] > 0.05).all()


def test_only_the_last_period_of_counts_against_the_whole_is_asked(sloping):
    two = found_of(sloping, periods=("2023", "2024")).table
    assert two.loc[("f", "2023"), "local_p_adjusted"].isna().all()
    assert two.loc[("f", "2024"), "local_p_adjusted"].notna().all()
    for options in ({"method": "getis-ord"}, {"background": "local"}):
        assert found_of(sloping, **options).table["local_p_adjusted"].isna().all()


def test_reasons_say_whether_a_hot_area_stands_out_from_its_surroundings():
    fact = Fact(*[0.0] * len(Fact._fields))._replace(is_hot=True, local=1.0)
    assert _local(fact) == "; hotter than its surroundings too"
    assert _local(fact._replace(local=0.0)) == "; its surroundings are so too"
    assert _local(fact._replace(local=np.nan)) == _local(fact._replace(is_hot=False)) == ""
