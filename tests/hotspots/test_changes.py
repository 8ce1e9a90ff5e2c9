"""Rising and falling where nothing changes, in real months in an order of their own, and where
something does."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.hotspots.changes import change_test
from riskindex.statistics.corrections import adjust
from riskindex.statistics.getis_ord import with_self

CRIMES = (
    "Anti-social behaviour",
    "Violence and sexual offences",
    "Criminal damage and arson",
    "Drugs",
    "Possession of weapons",
    "Robbery",
)


def flags(counts):
    """Areas that rise or fall, corrected over those whose total could change."""
    expected = np.tile(counts.sum(axis=0) / len(counts), (len(counts), 1))
    found = change_test(counts, expected)
    p = np.minimum(1, 2 * np.fmin(found.rising, found.falling))
    tested = np.where(found.attainable <= 0.05, p, np.nan)
    return adjust(tested, "benjamini-hochberg") <= 0.05


@pytest.fixture(scope="module")
def essex_months(shared):
    """Counts of each crime type by area and month of 2025, and windows of the areas."""
    data = shared / "data" / "essex"
    areas = gpd.read_file(data / "lsoa21_boundaries.gpkg").set_index("LSOA21CD").sort_index()
    records = pd.read_parquet(
        shared / "data/england_wales/police_uk_2025.parquet",
        columns=["Month", "LSOA code", "Crime type"],
        filters=[("LSOA code", "in", list(areas.index)), ("Crime type", "in", list(CRIMES))],
    )
    counts = {
        crime: pd.crosstab(mine["LSOA code"], mine["Month"].astype(str))
        .reindex(areas.index, fill_value=0)
        .to_numpy(float)
        for crime, mine in records.groupby(records["Crime type"].astype(str))
    }
    return counts, with_self(neighbour_matrix(areas))


def shown(counts, maps, rng):
    """Share of maps with a change where every area keeps its months in an order of their own."""
    return np.mean([flags(rng.permuted(counts, axis=1)).any() for _ in range(maps)])


def test_months_of_robbery_and_violence_show_no_change_in_another_order(essex_months):
    # One area has all of its 25 robberies in one month.
    counts, _ = essex_months
    rng = np.random.default_rng(1)
    assert (counts["Robbery"].max(axis=1) == 25).any()
    assert shown(counts["Robbery"], 25, rng) <= 0.06
    assert shown(counts["Violence and sexual offences"], 10, rng) <= 0.06


@pytest.mark.long
@pytest.mark.parametrize("crime", CRIMES)
def test_months_of_every_crime_type_show_no_change_in_another_order(essex_months, crime):
    counts, windows = essex_months
    rng = np.random.default_rng(2)
    orders = [rng.permuted(counts[crime], axis=1) for _ in range(200)]
    quarters = [x.reshape(len(x), 4, 3).sum(axis=2) for x in orders]
    for maps in (orders, quarters):
        assert np.mean([flags(x).any() for x in maps]) <= 0.06
        assert np.mean([flags(windows @ x).any() for x in maps[:100]]) <= 0.06


def test_all_events_of_an_area_in_one_period_are_a_burst_and_no_rise():
    rng = np.random.default_rng(3)
    counts = rng.poisson(0.4, (400, 12)).astype(float)
    counts[0] = [0] * 11 + [20]
    assert not flags(counts)[0]
    # The same twenty in an area whose events came one by one before.
    counts[0] = [2] * 11 + [30]
    assert flags(counts)[0]


def test_a_rise_does_not_hide_itself():
    rng = np.random.default_rng(4)
    found = []
    for _ in range(4):
        base = np.maximum(rng.gamma(2, 10, 600), 0.05)
        base[:10] = 20
        counts = rng.poisson(base[:, None] * rng.gamma(20, 1 / 20, (600, 5))).astype(float)
        counts[:10, -1] = rng.poisson(80, 10)
        found.append(flags(counts)[:10].mean())
    assert np.mean(found) >= 0.4


def test_violence_that_rises_sixfold_is_found_among_real_months(essex_months):
    months = essex_months[0]["Violence and sexual offences"]
    rng = np.random.default_rng(5)
    counts = rng.permuted(months, axis=1)
    before = counts[:, :-1].mean(axis=1)
    risen = rng.choice(np.flatnonzero(before >= 3), 20, replace=False)
    counts[risen, -1] = rng.poisson(6 * before[risen])
    found = flags(counts)
    assert found[risen].mean() >= 0.4
    assert not np.delete(found, risen).any()
