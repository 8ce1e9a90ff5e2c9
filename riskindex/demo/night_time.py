"""Where an invented county goes out at night: areas of their own shape, which cut across others."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskindex.arrays import Array, Flags, Integers, Texts
from riskindex.demo.deals import choose

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

MOST = 8
SHARE = 0.13
"""Share of a year's serious violence that happens there."""


def draw_night_time(areas: "GeoDataFrame", truth: pd.DataFrame) -> "GeoDataFrame":
    """Eight night-time economy areas around planted clusters, circles that cut across areas.

    Parameters
    ----------
    areas
        Index area_code; geometry in metres, and perhaps a column ward.
    truth
        Clusters, as in `County.truth`.

    Returns
    -------
    GeoDataFrame
        Columns name and geometry.
    """
    import geopandas as gpd

    shapes, names = [], []
    for number, of_cluster in truth[truth["kind"] != ""].groupby("cluster", sort=True):
        members = areas.geometry.loc[of_cluster.index]
        middle = members.union_all().representative_point()
        # Half the land of the cluster, so that its areas lie partly inside and partly outside.
        wide = 0.7 * np.sqrt(members.area.sum() / np.pi)
        shapes.append(middle.buffer(wide, quad_segs=8))
        where = areas.loc[of_cluster.index[0]]
        names.append(f"{where.get('ward', where.get('district', number))} evening economy")
    kept = slice(0, MOST)
    table = {"name": names[kept]}
    return gpd.GeoDataFrame(table, geometry=shapes[kept], crs=areas.crs)


def lay_in_night_time(
    events: pd.DataFrame, addresses: Array, polygons: "GeoDataFrame", rng: np.random.Generator
) -> Integers:
    """Address of each event, so that a planted share of each year is inside the polygons.

    Parameters
    ----------
    events
        Columns area (from 0; those from `len(addresses)` on are none), year, and address: its
        number as drawn.
    addresses
        Shape `(areas, addresses, 2)`.
    polygons
        Of `draw_night_time`.
    rng
        Source of what is moved.
    """
    import shapely

    area, year, drawn = (events[c].to_numpy() for c in ("area", "year", "address"))
    whole = shapely.union_all(polygons.geometry.to_numpy())
    inside: Any = shapely.contains_xy(whole, addresses[..., 0], addresses[..., 1])
    located = area < len(addresses)
    of = np.where(located, area, 0)
    could = located & inside.any(axis=1)[of]
    must = located & inside.all(axis=1)[of]
    wanted = must.copy()
    for one in np.unique(year):
        now = year == one
        # What lies inside in any case is taken off, so that the share is the planted one.
        more = round(SHARE * int(now.sum())) - int((must & now).sum())
        wanted[choose(rng, np.flatnonzero(could & ~must & now), more)] = True
    moved = drawn.copy()
    rows = np.flatnonzero(located)
    # The first address from the one drawn that is on the wanted side.
    turns = (drawn[rows, None] + np.arange(addresses.shape[1])) % addresses.shape[1]
    fits = inside[of[rows, None], turns] == wanted[rows, None]
    moved[rows] = turns[np.arange(len(rows)), np.argmax(fits, axis=1)]
    return np.asarray(moved)


def violence_of_towns(
    areas: "GeoDataFrame", kind: "pd.Series[str]", weight: Array, *, year: int
) -> Array:
    """How many times the offences of each area's risk there are: centres, towns and districts.

    Parameters
    ----------
    areas
        Index area_code; is_urban, residents, geometry, and district where there are any.
    kind
        Kind of the planted cluster of each area: offences happen where people go out, wherever
        they live, and more so where they are new.
    weight
        Residents times risk of each area.
    year
        From 2022 on one district has four points more of the county's offences than before, and
        another three points less; one of the smaller ones has the second highest rate in all.
    """
    points = areas.geometry.representative_point()
    times = np.where(kind == "persistent", _CENTRAL, 1.0) * np.where(areas["is_urban"], _URBAN, 1.0)
    times = times * np.where((kind == "new") & (year >= _CHANGED), _NEW, 1.0)
    # With few districts the ones that gain and lose would be the same.
    if "district" not in areas or areas["district"].nunique() < _LEAST_DISTRICTS:
        return np.asarray(times)
    district = areas["district"].to_numpy()
    size = areas["residents"].groupby(district).sum().sort_values(ascending=False)
    # By size: the largest can lose points, and a small one can have a high rate without many
    # events.
    gaining, losing, violent = size.index[2], size.index[0], size.index[-5]
    rates = _sums(weight * times, district) / size
    # Just below the highest of the others: a small district that counts alone would not show.
    second = np.sort(rates.drop(violent))[-1] * 0.97
    times = times * np.where(district == violent, second / rates[violent], 1.0)
    if year >= _CHANGED:
        surge = _nearest(points, district == gaining, weight * times)
        for members, change in ((surge, _GAINED), (district == losing, -_LOST)):
            now = weight * times / (weight * times).sum()
            share = now[members].sum()
            # How many times more there must be for a share to grow by so much, though the whole
            # grows, too.
            grown = (share + change) * (1 - share) / (share * (1 - share - change))
            times = times * np.where(members, grown, 1.0)
    return np.asarray(times)


_CENTRAL, _URBAN, _NEW = 3.0, 1.08, 3.4
_LEAST_DISTRICTS, _CHANGED = 8, 2022
_GAINED, _LOST, _SURGE = 0.046, 0.03, 10


def _nearest(points: Any, among: Flags, weight: Array) -> Flags:  # noqa: ANN401
    """Ten areas around the one of most weight in a district, where violence rises at once."""
    rows = np.flatnonzero(among)
    start = points.iloc[rows[np.argmax(weight[rows])]]
    near = rows[np.argsort(points.iloc[rows].distance(start).to_numpy())[:_SURGE]]
    surge = np.zeros(len(among), dtype=bool)
    surge[near] = True
    return surge


def _sums(values: Array, district: Texts) -> "pd.Series[float]":
    return pd.Series(values).groupby(district).sum()
