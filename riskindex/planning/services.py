"""What is there already: services within a distance of each place."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from riskindex.errors import DataError
from riskindex.planning.place_names import in_words

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


def count_services(
    areas: "GeoDataFrame",
    place_of: "pd.Series[int]",
    services: pd.DataFrame,
    *,
    within_km: float = 1.0,
) -> pd.DataFrame:
    """Count youth clubs, schools, stations and other points near each place.

    The distance is a straight line to the nearest of the place's areas, 0 inside them: a river
    without a bridge is not known. A point can be near several places and counts for each.

    Parameters
    ----------
    areas
        Index area_code; `geometry` in metres.
    place_of
        Number of the place, index area_code, as `name_places` gives it.
    services
        `kind`, `name`, `x` and `y` in metres; rows in any order. Rows that are alike in all of
        them are one service.
    within_km
        How near counts, in kilometres; a point at exactly that distance counts.

    Returns
    -------
    DataFrame
        Index place and kind, every place with every kind; `within`, how many; `nearest_km`, to
        the nearest one, however far; `nearest`, its name, the first in the alphabet of equals.

    Raises
    ------
    DataError
        A column is missing, or a service has no kind or no location; the distance is not above 0.
    """
    _check(services, within_km)
    # Lists of services overlap; a club in two of them is one club.
    services = services[["kind", "name", "x", "y"]].drop_duplicates()
    services = services.fillna({"name": ""}).astype({"kind": str, "name": str})
    # So that the nearest of equals is the first in the alphabet, whatever the order of the files.
    services = services.sort_values(["kind", "name", "x", "y"])
    places = sorted(set(place_of))
    # Union of the areas: a service inside the place, though outside each centroid, is at 0 km.
    shapes = [
        shapely.union_all(areas.geometry.loc[place_of.index[place_of == place]].to_numpy())
        for place in places
    ]
    rows = []
    for kind, of_kind in services.groupby("kind", sort=True):
        points = shapely.points(of_kind[["x", "y"]].to_numpy(float))
        for place, shape in zip(places, shapes, strict=True):
            # Millimetres: rounding does not put a point on the limit beyond it.
            far = np.round(shapely.distance(points, shape), 3)
            at = int(np.argmin(far))
            within = int((far <= within_km * 1000).sum())
            rows.append((place, kind, within, far[at] / 1000, of_kind["name"].iloc[at]))
    table = pd.DataFrame(rows, columns=["place", "kind", "within", "nearest_km", "nearest"])
    return table.set_index(["place", "kind"]).sort_index()


def _check(services: pd.DataFrame, within_km: float) -> None:
    missing = [column for column in ("kind", "name", "x", "y") if column not in services]
    if missing:
        raise DataError(f"Services: no column {in_words(missing)}.")
    if not within_km > 0:
        raise DataError(f"Services: {within_km} must be kilometres above 0.")
    # A location that is missing would be nearest to nothing and silently uncounted.
    lost = services["kind"].isna() | ~np.isfinite(services[["x", "y"]].astype(float)).all(axis=1)
    if lost.any():
        row = int(np.flatnonzero(lost)[0]) + 1
        raise DataError(
            f"Services: {lost.sum():,} without a kind or a location (first: row {row})."
        )
