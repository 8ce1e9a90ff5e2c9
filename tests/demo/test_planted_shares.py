"""Shares planted in the invented county lie inside their intervals as often as these promise."""

import numpy as np
import pandas as pd
import pytest

from riskindex.assessment.figure_rows import percent
from riskindex.demo.county import synthetic_county

SEEDS = 100
TABLES = ("violence_offences", "violence_suspects", "violence_victims", "person_history")
SERIOUS = "serious violence"


def of_2022(table, key="record_id", group=SERIOUS):
    """Records of the year, each once."""
    first = table.drop_duplicates(key)
    inside = (first["offence_group"] == group) & (first["offence_date"].dt.year == 2022)
    return first[inside]


def deprived(county, above):
    """Areas in which more than a share of households is deprived in two dimensions or more."""
    table = county.tables["ts011"].set_index("geography code")
    two = table.loc[:, table.columns.str.contains("two dim|three dim|four dim")].sum(axis=1)
    share = two / table.loc[:, table.columns.str.contains("Total")].iloc[:, 0]
    return share.reindex(county.areas.index) > above


def chance(county, risk, inside):
    """The planted share of records of 2022 in some areas, by the risks that they were drawn by."""
    weight = county.areas["residents"] * county.risk[risk, 2022]
    return weight[inside].sum() / weight.sum()


def at_home(records, inside):
    """How many records are in some areas, and in any."""
    home = records["home_lsoa21"].map(inside).dropna()
    return home.sum(), len(home)


def named(people, history, marker):
    """How many people have a record of a kind in the five years before their latest offence."""
    latest = people.groupby("person")["offence_date"].max().dt.normalize()
    found = history[history["marker"] == marker].merge(latest.rename("latest"), on="person")
    since = found["latest"] - pd.DateOffset(years=5)
    near = (found["event_date"] < found["latest"]) & (found["event_date"] >= since)
    return found.loc[near, "person"].nunique(), len(latest)


def shares(county):
    """Name of a share to its count, its base and what was planted."""
    suspects, victims = (
        of_2022(county.events[f"violence_{who}s"]) for who in ("suspect", "victim")
    )
    history = county.events["person_history"]
    lasting = (county.truth["kind"] == "persistent").reindex(county.areas.index)
    for limit in (0.20, 0.25):
        areas = deprived(county, limit)
        counted = at_home(suspects, areas)
        yield f"E65 suspects, areas above {limit:.0%}", *counted, chance(county, "suspects", areas)
    yield "E68 suspects, clusters", *at_home(suspects, lasting), chance(county, "suspects", lasting)
    yield "E69 victims, clusters", *at_home(victims, lasting), chance(county, "victims", lasting)
    elsewhere = suspects["home_lsoa21"].str.startswith("S01", na=False).sum()
    yield "E49 suspects, homes outside", elsewhere, len(suspects), 0.20
    urban = county.areas["is_urban"]
    weight = county.areas["residents"] * county.risk["offences", 2022]
    offences = of_2022(county.events["violence_offences"], "offence_id").dropna(
        subset=["easting", "northing"]
    )
    yield "E52 offences, urban", *in_towns(offences, county), weight[urban].sum() / weight.sum()
    yield "E01 suspects, domestic abuse", *named(suspects, history, "domestic abuse"), 0.43
    yield "E48 suspects, child protection", *named(suspects, history, "child protection"), 0.30
    yield "E51 victims, child protection", *named(victims, history, "child protection"), 0.18
    both = victims["person"].drop_duplicates().isin(suspects["person"])
    yield "E50 victims, suspects too", both.sum(), len(both), 0.08
    yield "E45 suspects, under 25", (suspects["age"] < 25).sum(), len(suspects), 0.55
    yield "E45 victims, under 25", (victims["age"] < 25).sum(), len(victims), 0.52


def in_towns(offences, county):
    import geopandas as gpd

    points = gpd.points_from_xy(offences["easting"], offences["northing"], crs=county.areas.crs)
    placed = gpd.sjoin(gpd.GeoDataFrame(geometry=points), county.areas[["is_urban", "geometry"]])
    return placed["is_urban"].sum(), len(placed)


@pytest.fixture(scope="module")
def covered():
    """Seed and share to whether the interval holds what was planted."""
    found = []
    for seed in range(SEEDS):
        county = synthetic_county(seed=seed, n=160, districts=4, sources=TABLES)
        for name, count, base, planted in shares(county):
            share = percent([count], [base])
            low, high = share["low"][0], share["high"][0]
            found.append((seed, name, low <= 100 * planted <= high, 100 * count / base, planted))
    columns = ["seed", "share", "inside", "value", "planted"]
    return pd.DataFrame(found, columns=columns)


@pytest.mark.long
def test_planted_shares_lie_inside_their_intervals_at_the_stated_rate(covered):
    rates = covered.groupby("share", sort=False)["inside"].mean()
    # Of 100 seeds at 95% fewer than 88 have a chance of 1 in 1,000; 100 where shares are dealt.
    assert (rates >= 0.88).all(), rates.to_string()


@pytest.mark.long
def test_planted_shares_are_not_missed_on_one_side(covered):
    means = covered.groupby("share")[["value", "planted"]].mean()
    # Shares under 25 lie 1.3 (suspects) and 2.3 points (victims) above the aim: ages are dealt from
    # curves, and not as shares. No other share is off by a point.
    allowed = np.where(means.index.str.endswith("under 25"), 2.5, 1.0)
    assert (abs(means["value"] - 100 * means["planted"]) <= allowed).all(), means.to_string()
