"""Areas that are squares, and events on a few lines, for tests of counting."""

from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from riskindex.events.count import Counted, count_events
from riskindex.events.periods import Periods
from riskindex.events.read import frame_events
from riskindex.events.source_events import Events
from riskindex.events.sources import EventSource
from riskindex.factors import EventGroup, Factor

KM = 1000.0


def squares(*codes: str, **columns: list[Any]) -> gpd.GeoDataFrame:
    """A row of squares of 1 km; the first lies at easting 0, the next to the east of it."""
    shapes = [box(i * KM, 0, (i + 1) * KM, KM) for i in range(len(codes))]
    areas = gpd.GeoDataFrame(
        {"name": list(codes), **columns, "geometry": shapes},
        index=pd.Index(codes, name="area_code"),
        crs="EPSG:27700",
    )
    return areas.sort_index()


def source(**options: Any) -> EventSource:
    """A source of the columns date and area, and more where the test says so."""
    return EventSource(**{"kind": "events", "path": "-", "date": "date", "area": "area", **options})


def factor(name: str = "f", periods: tuple[str, ...] = ("2022",), **options: Any) -> Factor:
    """A factor on the source `s`."""
    given = {} if "event_groups" in options else {"source": "s"}
    fixed = {"label": name, "method": "getis-ord", "score": "flag"}
    return Factor(**{"name": name, "periods": periods, **given, **fixed, **options})


def group(label: str, **where: list[Any]) -> EventGroup:
    """A group of events of the source `s`."""
    return EventGroup(label=label, source="s", where=where)


def events(rows: list[dict[str, Any]], *factors: Factor, **options: Any) -> Events:
    """Events of one source from one dictionary per record."""
    return frame_events(pd.DataFrame(rows), source(**options), name="s", factors=factors)


def count(
    rows: list[dict[str, Any]],
    areas: gpd.GeoDataFrame,
    *factors: Factor,
    unit: str = "calendar-year",
    crosswalk: Any = None,
    known_codes: Any = (),
    **options: Any,
) -> Counted:
    """Count the records of one source; `f` in 2022 where no factor is given."""
    factors = factors or (factor(),)
    opened = {"s": events(rows, *factors, **options)}
    return count_events(
        opened,
        areas,
        factors,
        periods=Periods(unit=unit),  # type: ignore[arg-type]
        crosswalk=crosswalk,
        known_codes=known_codes,
    )


def line(counted: Counted, factor_name: str = "") -> dict[str, int]:
    """A line of the reconciliation without its zeros."""
    numbers = counted.reconciliation.loc[("s", factor_name)]
    return {str(key): int(n) for key, n in numbers.items() if n}
