"""Violence gathers where people go out at night, and moves between districts as planted."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from riskindex.demo.night_time import SHARE


@pytest.fixture(scope="module")
def serious(county):
    offences = county.events["violence_offences"].drop_duplicates("offence_id")
    return offences[offences["offence_group"] == "serious violence"]


@pytest.fixture(scope="module")
def placed(county, serious):
    located = serious.dropna(subset=["easting"])
    points = gpd.points_from_xy(located["easting"].astype(float), located["northing"].astype(float))
    events = gpd.GeoDataFrame(located[["offence_date"]], geometry=points, crs=county.areas.crs)
    areas = county.areas[["district", "is_urban", "geometry"]]
    found = events.sjoin(areas, predicate="within")
    return found.assign(year=found["offence_date"].dt.year)


def test_eight_areas_cut_across_others(county):
    assert len(county.night_time) == 8
    assert county.night_time["name"].is_unique
    for shape in county.night_time.geometry:
        touched = county.areas[county.areas.intersects(shape)]
        assert len(touched) > touched.within(shape).sum() >= 0


def test_13_percent_of_serious_violence_is_inside_them(county, serious):
    whole = shapely.union_all(county.night_time.geometry.to_numpy())
    x, y = (serious[c].astype(float).fillna(0) for c in ("easting", "northing"))
    inside = pd.Series(shapely.contains_xy(whole, x, y), index=serious.index)
    of_year = inside.groupby(serious["offence_date"].dt.year).mean()
    assert of_year.tolist() == pytest.approx([SHARE] * 7, abs=0.001)


def test_towns_have_more_than_their_part_of_residents(county, placed):
    areas = county.areas
    residents = areas.loc[areas["is_urban"], "residents"].sum() / areas["residents"].sum()
    assert residents == pytest.approx(0.796, abs=0.002)
    assert placed.loc[placed["year"].between(2018, 2022), "is_urban"].mean() > residents + 0.05


def test_one_district_gains_four_points_and_another_loses_three(placed):
    shares = placed.groupby("year")["district"].value_counts(normalize=True).unstack("year")
    change = 100 * (shares[2022] - shares[2021])
    assert change.max() == pytest.approx(4, abs=1)
    assert change.min() == pytest.approx(-3, abs=1)


def test_a_small_district_is_second_by_rate_and_far_down_by_count(county, placed):
    counts = placed[placed["year"] == 2022]["district"].value_counts()
    rates = counts / county.areas.groupby("district")["residents"].sum()
    second = rates.rank(ascending=False).eq(2).idxmax()
    assert counts.rank(ascending=False)[second] >= 5
