"""Counts of the whole study area and of every kind of group in it: what figures are made of."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.groups import (
    WHOLE,
    all_or_none,
    by_factor,
    group_kinds,
    profile_kind,
    residents_of,
)
from riskindex.areas.prepare import NOT_RECORDED
from riskindex.events.rhythm import IN_NO_AREA
from riskindex.factors import Factor

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

WHOLE_KIND = "whole"
"""Kind of the study area itself."""
NAMED_KIND = "place"
"""Kind of the named places of the list, clusters of selected areas."""
RESIDENTS = "residents"
"""Measure of the lines that count residents."""
BASES = ["residents", "residents_10_24"]
"""Columns of the areas that say how many people live there."""
LEVELS = ("factor", "period", "place_kind", "place")
"""What a line of the table is of; the study area is the place `WHOLE`."""
COLUMNS = ("count", "base", "residents", "mark")
"""What a line says: the number counted; of a table the people or households it is a share of;
residents of where it was counted; and why a number is missing, if it is."""


class Measured(NamedTuple):
    """What figures count beside the factors, of `count_events`."""

    counts: pd.DataFrame
    """Events per area; columns (measure, group, period)."""
    fingerprints: pd.DataFrame
    """Of the records of each cell of `counts`."""
    rhythm: pd.DataFrame
    """Records of factors and measures by group, period, place, aspect and value."""
    series: pd.DataFrame
    """Tables without areas, of `read_series`."""
    in_no_area: pd.DataFrame
    """Events of measures that are in no area of the map: index (factor, period), column count."""
    people: pd.DataFrame
    """Numbers of people behind the records, of `count_people`."""
    in_polygons: pd.DataFrame
    """Events of factors and measures by named polygon, of `count_polygons`."""
    finer: pd.DataFrame
    """Records as `rhythm`, of kinds of places below those of pages; index place_kind, then as
    there."""


NOTHING_MEASURED = Measured(*(pd.DataFrame() for _ in Measured._fields))
"""Where a config names no measures."""
INSIDE: Mapping[str, Sequence[str]] = MappingProxyType(
    {"ward": ("district", "local_authority"), "parish": ("district", "local_authority")}
)
"""Kinds whose names repeat, and the kinds of which each lies in one."""


def places_by_kind(areas: "GeoDataFrame | pd.DataFrame") -> "dict[str, pd.Series[str]]":
    """Name of the place of each area of the study area, for every kind of place, largest first.

    Parameters
    ----------
    areas
        Index area_code; group columns, and `is_context` where areas around the study area are
        among them.

    Returns
    -------
    dict
        The first kind is `WHOLE_KIND`. Groups that share a name are told apart by their code
        where a column `..._code` says it, else wards by their district: Trinity is a ward of two.
        A column of codes is no kind of its own where the names are there too.
    """
    # Areas around the study area are neighbours only, and no part of any total.
    study = areas[~areas["is_context"]] if "is_context" in areas else areas
    kinds = group_kinds(study)
    # Codes and names of the same districts are one kind of place, told by names.
    names = [kind for kind in kinds if kind.removesuffix("_code") not in {*kinds} - {kind}]
    places = {kind: _names_with_outer(study, kind) for kind in names}
    # The fewest places first: that is the kind of the largest.
    places = dict(sorted(places.items(), key=lambda item: (item[1].nunique(), item[0])))
    return {WHOLE_KIND: pd.Series(WHOLE, index=study.index), **places}


def places_of_pages(
    areas: "GeoDataFrame | pd.DataFrame", asked: Sequence[str], named: "pd.Series[Any]"
) -> "dict[str, pd.Series[str]]":
    """Of `places_by_kind`, the whole and the kinds that pages are written for, and named places.

    Parameters
    ----------
    areas
        As for `places_by_kind`.
    asked
        Kinds that the config names; where it names none, that of `profile_kind`.
    named
        Name of the place of each selected area, index area_code.
    """
    every = places_by_kind(areas)
    usual = profile_kind(group_kinds(areas))
    kinds = asked or ([usual] if usual else [])
    places = {kind: every[kind] for kind in (WHOLE_KIND, *kinds) if kind in every}
    return (
        places if named.empty else {**places, NAMED_KIND: named.reindex(places[WHOLE_KIND].index)}
    )


def _names_with_outer(areas: pd.DataFrame, kind: str) -> "pd.Series[str]":
    names = areas[kind].astype("object")
    code = f"{kind}_code"
    outer = next((outer for outer in INSIDE.get(kind, ()) if outer in areas), None)
    by = code if code in areas else outer
    if by is None:
        return names
    # Only names that do repeat get an addition; all others stay as people know them.
    pairs = areas[[kind, by]].drop_duplicates()
    repeated = names.isin(set(pairs.loc[pairs[kind].duplicated(), kind]))
    return names.where(~repeated, names + " (" + areas[by].astype("object") + ")")


def count_places(
    counts: pd.DataFrame,
    places: "Mapping[str, pd.Series[str]]",
    residents: "pd.Series[float] | None",
) -> pd.DataFrame:
    """Events of every place, per factor and period.

    Parameters
    ----------
    counts
        Index area_code; columns (factor, group, period); missing where a source has no data.
    places
        Of `places_by_kind`.
    residents
        Residents of each area; None where they are not known.

    Returns
    -------
    DataFrame
        Index `LEVELS`, columns `COLUMNS`. An event counts once, whatever its weight. A place
        counts where the source has data in any of its areas, and has the residents of those.
    """
    if counts.columns.empty:
        return no_places()
    # Unweighted: figures count events, and weights belong to the index.
    totals = by_factor(counts)
    parts = {
        # min_count: a place that no source covers is missing, and no place of 0 events.
        kind: events_of(totals, of_kind, residents, totals.groupby(of_kind).sum(min_count=1))
        for kind, of_kind in places.items()
    }
    return in_one(parts)


def events_of(
    totals: pd.DataFrame,
    places: "pd.Series[str]",
    residents: "pd.Series[float] | None",
    events: pd.DataFrame,
) -> pd.DataFrame:
    """Lines of one kind of place: index (factor, period, place), columns `COLUMNS`.

    Parameters
    ----------
    totals
        Of `by_factor`, which says where a source has data.
    places, residents
        As for `count_places`, of one kind.
    events
        Index place; columns (factor, period): as counted, or as they may leave.
    """
    # future_stack keeps the missing, so that a place without data has a line that says so.
    long = events.rename_axis("place").T.stack(future_stack=True)
    table = long.astype(float).to_frame("count").assign(base=float("nan"))
    people = residents_of(residents, places, totals)
    if people.empty:
        # Without residents there are no rates, and the counts stand all the same.
        return table.assign(residents=float("nan"), mark="")
    # Residents follow the coverage of each factor and period where that differs.
    asked = table.index if people.index.nlevels > 1 else table.index.get_level_values("place")
    return table.assign(residents=people.reindex(asked).to_numpy(), mark="")


def in_one(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Lines of several kinds of places as one table with index `LEVELS`."""
    table = pd.concat(parts, names=["place_kind"])
    return table.reorder_levels(list(LEVELS))[list(COLUMNS)]


def count_polygons(
    numbers: "pd.Series[int]",
    counts: pd.DataFrame,
    polygons: "Mapping[str, pd.Series[Any]]",
    areas: "GeoDataFrame",
    *,
    with_points: Collection[str],
    everywhere: Collection[str] = (),
) -> pd.DataFrame:
    """Events in named polygons, as lines of kinds of places of their own.

    Parameters
    ----------
    numbers
        Of `Counted.in_polygons`.
    counts
        Events per area of the same factors; missing where a source has no data.
    polygons
        Kind to the shapes of its places.
    areas
        The study area.
    with_points
        Factors all of whose sources have points; the others are left out.
    everywhere
        Measures whose whole counts events in no area, too: those without a place are then among
        the not recorded.

    Returns
    -------
    DataFrame
        Index `LEVELS`, columns `COLUMNS`; missing where a source has no data of a part of the
        polygon. Nobody is known to live in a polygon.
    """
    # A source without points would leave every polygon at 0, which looks safe.
    numbers = numbers[numbers.index.isin(list(with_points), level="factor")]
    if numbers.empty:
        return no_places()
    names = numbers.index.to_frame(index=False)
    nowhere = (names["place"] == IN_NO_AREA).to_numpy()
    counts_all = names["factor"].isin(list(everywhere)).to_numpy()
    names["place"] = names["place"].mask(nowhere, NOT_RECORDED)
    numbers = numbers.set_axis(pd.MultiIndex.from_frame(names))[~nowhere | counts_all]
    table = numbers.groupby(level=list(LEVELS)).sum().astype(float).to_frame("count")
    # Where a part of the polygon has no data its number is missing, and not merely lower.
    lacking = by_factor(counts).isna()
    for kind, shapes in polygons.items() if lacking.any(axis=None) else ():
        for place, shape in shapes.items():
            # Of areas that only touch the polygon no event is in it.
            part = areas.geometry.intersection(shape).area.to_numpy() > 0
            gone = [(*key, kind, str(place)) for key in lacking.columns[lacking[part].any()]]
            table["count"] = table["count"].mask(table.index.isin(gone))
    table = table.assign(base=np.nan, residents=np.nan, mark="")
    return table.loc[:, list(COLUMNS)]


def no_places() -> pd.DataFrame:
    """The table without a line in it."""
    index = pd.MultiIndex.from_arrays([[]] * len(LEVELS), names=list(LEVELS))
    table = pd.DataFrame(columns=list(COLUMNS), index=index, dtype=float)
    return table.astype({"mark": object})


def no_measures() -> pd.DataFrame:
    """The table of measures beside the factors without a line in it."""
    return pd.DataFrame(columns=["label", "counted", "periods", "unit", "definition"], dtype=object)


def sum_tables(
    tables: pd.DataFrame,
    factors: Sequence[Factor],
    places: "Mapping[str, pd.Series[str]]",
    residents: "pd.Series[float] | None",
) -> pd.DataFrame:
    """People or households with a characteristic in every place, and all of whom they are a share.

    Parameters
    ----------
    tables
        Index area_code; columns (source, column).
    factors
        Those of tables with numerator and denominator are taken; a measure as it is has no sum.
    places, residents
        As for `count_places`.

    Returns
    -------
    DataFrame
        Index `LEVELS` with the period "", columns `COLUMNS`; only areas with both numbers count.
    """
    parts = [no_places()]
    for factor in factors:
        if factor.counts_events or factor.numerator is None or factor.denominator is None:
            continue
        pair = tables[[factor.column(factor.numerator), factor.column(factor.denominator)]]
        pair = pair.set_axis(["count", "base"], axis=1).astype(float)
        # A numerator without its denominator would raise the share of the place.
        parts.append(_sums(factor.name, pair.where(pair.notna().all(axis=1)), places, residents))
    return pd.concat([part for part in parts if len(part)] or parts)


def inside_study(rhythm: pd.DataFrame) -> pd.DataFrame:
    """Records of places in the study area: areas around it are in no place, which is `WHOLE`."""
    if rhythm.empty:
        return pd.DataFrame()
    return rhythm.loc[rhythm.index.get_level_values("place") != WHOLE, ["records"]]


def count_everything(
    areas: "GeoDataFrame | pd.DataFrame",
    counts: Sequence[pd.DataFrame],
    tables: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    named: "pd.Series[Any]",
) -> pd.DataFrame:
    """What is counted in the whole, in every kind of group and in named places; their residents.

    Parameters
    ----------
    areas
        As for `places_by_kind`, with `residents` where they are known.
    counts
        Each as for `count_places`; one without columns has no areas either.
    tables, factors
        As for `sum_tables`.
    named
        As for `places_of_pages`.

    Returns
    -------
    DataFrame
        Index `LEVELS`, columns `COLUMNS`.
    """
    places = places_by_kind(areas)
    study = places[WHOLE_KIND].index
    # Selected areas have names of their own, as places beside the groups.
    if len(named):
        places[NAMED_KIND] = named.reindex(study)
    residents = areas["residents"].loc[study] if "residents" in areas else None
    parts = [
        sum_residents(places, residents),
        *(count_places(table.reindex(study), places, residents) for table in counts),
        sum_tables(tables.loc[study], factors, places, residents),
    ]
    return pd.concat([part for part in parts if len(part)] or parts)


def with_events_elsewhere(table: pd.DataFrame, in_no_area: pd.DataFrame) -> pd.DataFrame:
    """The table whose whole also counts events that are in no area.

    Parameters
    ----------
    table
        Of `count_everything`.
    in_no_area
        Index (factor, period), column count; of the measures that count them.
    """
    if in_no_area.empty:
        return table
    is_whole = table.index.get_level_values("place_kind") == WHOLE_KIND
    lines = table.index.droplevel(["place_kind", "place"])
    more = in_no_area["count"].reindex(lines).fillna(0).to_numpy(dtype=float)
    # The whole alone: an event in no area is in no district either.
    return table.assign(count=table["count"].astype(float) + np.where(is_whole, more, 0.0))


def sum_residents(
    places: "Mapping[str, pd.Series[str]]", residents: "pd.Series[float] | None"
) -> pd.DataFrame:
    """Residents of every place, as lines of the factor `RESIDENTS` and the period "".

    Missing where those of an area are.
    """
    if residents is None:
        return no_places()
    table = residents.astype(float).to_frame("count")
    sums = {
        # All or none: a sum without an area whose residents are not known would make rates too
        # high.
        (RESIDENTS, "", kind): all_or_none(table.reindex(of_kind.index), of_kind)
        for kind, of_kind in places.items()
    }
    lines = pd.concat(sums, names=list(LEVELS))
    lines = lines.assign(base=float("nan"), residents=lines["count"], mark="")
    return lines[list(COLUMNS)]


def _sums(
    name: str,
    table: pd.DataFrame,
    places: "Mapping[str, pd.Series[str]]",
    residents: "pd.Series[Any] | None",
) -> pd.DataFrame:
    # Residents of the areas that count, so that numerator and base cover the same land.
    people = table["count"].notna().mul(residents if residents is not None else float("nan"))
    table = table.assign(residents=people)
    parts = {
        (name, "", kind): table.reindex(of_kind.index).groupby(of_kind, sort=True).sum(min_count=1)
        for kind, of_kind in places.items()
    }
    sums = pd.concat(parts, names=list(LEVELS)).assign(mark="")
    return sums[list(COLUMNS)]
