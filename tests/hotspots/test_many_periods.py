import zipfile

import numpy as np
import pandas as pd
import pytest
from small_maps import lattice

from riskindex.factors import Factor, reads_all_periods
from riskindex.hotspots.changes import change_test
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.statistics.corrections import adjust

MONTHS = tuple(f"2025-{month:02}" for month in range(1, 13))
CODES = pd.Index([f"E{k:03}" for k in range(225)], name="area_code")


def found_of(counts, periods=MONTHS, **options):
    given = {"name": "f", "label": "Crimes", "source": "s", "method": "poisson", "score": "flag"}
    factor = Factor(**given | options, periods=periods, exposure="residents")
    table = pd.DataFrame(
        {("f", "all", period): row for period, row in zip(periods, counts, strict=True)},
        index=CODES,
    ).astype("Int64")
    table.columns = table.columns.set_names(["factor", "group", "period"])
    areas = pd.DataFrame({"residents": np.full(225, 1500.0)}, index=CODES)
    found = find_hotspots(table, areas, pd.DataFrame(index=CODES), lattice(15, 15), [factor])
    return found, classify_persistence(found.table, found.pooled, [factor])


@pytest.fixture(scope="module")
def year():
    rng = np.random.default_rng(5)
    counts = rng.poisson(3, (12, 225))
    counts[:, 30] += 15
    counts[-1, [100, 101]] += 20
    return found_of(counts)


def test_the_second_column_corrects_over_all_areas_and_periods(year):
    table = year[0].table
    np.testing.assert_array_equal(
        table["p_adjusted_all"], adjust(table["p"].to_numpy(), "benjamini-hochberg")
    )
    assert (table["is_hot"] | ~table["is_hot_all"]).all()
    assert table.xs("E030", level="area_code")["is_hot_all"].sum() >= 11
    by_period = table["is_hot_all"].groupby(level="period").sum()
    assert year[0].tests["hot_all"].tolist() == by_period.tolist()
    lasting = year[1].loc["f"]
    assert lasting.loc["E030", ["periods_hot", "periods_hot_all"]].tolist() == [12, 11]


def test_an_area_has_emerged_where_it_is_new_and_rises(year):
    lasting = year[1].loc["f"]
    assert lasting.index[lasting["has_emerged"]].tolist() == ["E100", "E101"]
    assert not lasting.loc["E030", "is_new"]


def test_trends_are_corrected_for_the_areas_tested(year):
    lasting = year[1].loc["f"]
    expected = adjust(lasting["trend_p"].to_numpy(), "benjamini-hochberg")
    np.testing.assert_array_equal(lasting["trend_p_adjusted"], expected)


@pytest.mark.parametrize(
    ("counties", "most"), [(15, 2), pytest.param(60, 7, marks=pytest.mark.long)]
)
def test_twelve_months_of_nothing_seldom_have_a_hot_area_when_corrected_together(counties, most):
    rng = np.random.default_rng(6)
    each, together, emerged, trend = 0, 0, 0, 0
    for _ in range(counties):
        risk = rng.gamma(4, 0.25, (12, 225))
        found, lasting = found_of(rng.poisson(2 * risk))
        each += found.table["is_hot"].any()
        together += found.table["is_hot_all"].any()
        emerged += lasting["has_emerged"].any()
        trend += (lasting["trend_p_adjusted"] <= 0.05).any()
    assert together <= most - 1 < each
    assert emerged <= most
    assert trend <= most


@pytest.mark.parametrize(
    ("counties", "most"), [(12, 1), pytest.param(40, 2, marks=pytest.mark.long)]
)
def test_new_is_held_where_lasting_hotspots_are_hot_now_and_then(counties, most):
    rng = np.random.default_rng(7)
    lasting_risk = np.where(np.arange(225) % 20 == 0, 3.5, 1.0)
    new, emerged = 0, 0
    for _ in range(counties):
        risk = lasting_risk * rng.gamma(4, 0.25, (5, 225))
        _, lasting = found_of(rng.poisson(3 * risk), periods=MONTHS[:5])
        new += lasting["is_new"].any()
        emerged += lasting["has_emerged"].any()
    assert emerged <= most < new


@pytest.mark.parametrize(
    ("periods", "unit", "reads"),
    [
        (5, "calendar-year", False),
        (7, "calendar-year", True),
        (2, "month", True),
        (1, "month", False),
    ],
)
def test_months_and_more_than_six_periods_are_read_together(periods, unit, reads):
    assert reads_all_periods(periods, unit) == reads


def test_months_of_a_real_crime_shuffled_within_areas_seldom_show_a_change(shared):
    months = []
    with zipfile.ZipFile(shared / "data/essex/police_uk_2025.zip") as archive:
        for name in sorted(n for n in archive.namelist() if n.endswith("-street.csv")):
            table = pd.read_csv(archive.open(name), usecols=["LSOA code", "Crime type"])
            kind = table[table["Crime type"] == "Possession of weapons"]
            months.append(kind["LSOA code"].value_counts())
    counts = pd.concat(months, axis=1).fillna(0).to_numpy(float)
    rng, shown = np.random.default_rng(9), 0
    for _ in range(60):
        x = rng.permuted(counts, axis=1)
        found = change_test(x, np.tile(x.mean(axis=0), (len(x), 1)))
        p = np.minimum(1, 2 * np.fmin(found.rising, found.falling))
        adjusted = adjust(np.where(found.attainable <= 0.05, p, np.nan), "benjamini-hochberg")
        shown += (adjusted <= 0.05).any()
    assert shown <= 4
