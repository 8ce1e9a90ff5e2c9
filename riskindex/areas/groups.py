"""Groups of areas: events and rates of every district and cluster, with interval and rank."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskindex.statistics.smoothing import byar

WHOLE = ""
"""Name of the study area itself among the places."""
BY_NAME = ("community_safety_partnership", "csp", "district", "local_authority")
"""Kinds of groups that have a profile each, the first that the areas have."""


COUNTED = (
    "events",
    "share",
    "residents",
    "rate_per_1000",
    "low",
    "high",
    "rank",
    "rank_low",
    "rank_high",
)
"""Columns of `count_groups`."""


def group_kinds(areas: pd.DataFrame) -> tuple[str, ...]:
    """Columns of the areas that are groups, from the smallest groups to the largest.

    A kind of which the study area is one group, such as its police force, says nothing about its
    parts and is left out, unless profiles are written by it.
    """
    # Areas around the study area belong to no group of it.
    study = areas[~areas["is_context"]] if "is_context" in areas else areas
    kinds = [c for c in areas.columns if c not in ("name", "geometry") and _is_text(areas[c])]
    number = {kind: study[kind].nunique() for kind in kinds}
    telling = [kind for kind in kinds if number[kind] > 1 or kind in BY_NAME]
    return tuple(sorted(telling or kinds, key=lambda kind: (-number[kind], kind)))


def _is_text(column: "pd.Series[Any]") -> bool:
    return not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def profile_kind(kinds: Sequence[str]) -> str | None:
    """The kind of group that profiles are written for, None where areas are in no groups.

    Parameters
    ----------
    kinds
        Columns of the areas that are groups, the largest groups last.

    Examples
    --------
    >>> profile_kind(("ward", "csp", "district"))
    'csp'
    >>> profile_kind(("ward", "town"))
    'town'
    """
    named = [name for name in BY_NAME if name in kinds]
    return (*named, *reversed(kinds))[0] if kinds else None


def count_groups(
    counts: pd.DataFrame, places: "pd.Series[str]", *, residents: "pd.Series[float] | None" = None
) -> pd.DataFrame:
    """Events and rates of places, per factor and period, beside those of the whole study area.

    Parameters
    ----------
    counts
        Index area_code; columns (factor, group, period), missing where a source has no data.
    places
        Name of the place of each area, same index; missing for areas in none.
    residents
        Residents of each area; without them there are no rates and no ranks.

    Returns
    -------
    DataFrame
        Index (factor, period, place), the place `WHOLE` being the study area; columns `events`
        (each counted once, whatever its weight), `share` of the study area's events, `residents`,
        `rate_per_1000` with `low` and `high` (95%, Byar, as if events were independent), `rank`
        (1 is the highest rate), `rank_low` and `rank_high`: the ranks that the intervals allow.
        Missing where a source has no data.
    """
    if counts.columns.empty:
        levels = pd.MultiIndex.from_arrays([[], [], []], names=["factor", "period", "place"])
        return pd.DataFrame(columns=COUNTED, index=levels, dtype=float)
    totals = by_factor(counts)
    # min_count: a place that no source covers is missing, and no place of 0 events.
    of_place = totals.groupby(places, sort=True).sum(min_count=1)
    # Summed over the areas and not over places: some areas are in none.
    of_place.loc[WHOLE] = totals.sum(min_count=1)
    events = of_place.sort_index().rename_axis("place").T.stack(future_stack=True)
    return with_rates(events, residents_of(residents, places, totals))


def with_rates(events: "pd.Series[float]", people: "pd.Series[float]") -> pd.DataFrame:
    """The table of `count_groups` made from its events, such as rounded ones.

    Parameters
    ----------
    events
        Index (factor, period, place), the place `WHOLE` among them.
    people
        Residents of each place, or of each factor, period and place; empty where they are not
        known.
    """
    table = events.astype(float).to_frame("events")
    whole = table.xs(WHOLE, level="place")["events"]
    keys = table.index.droplevel("place")
    table["share"] = table["events"] / whole.reindex(keys).where(whole > 0).to_numpy()
    by_key = people.index.nlevels > 1
    asked = table.index if by_key else table.index.get_level_values("place")
    table["residents"] = people.reindex(asked).to_numpy()
    thousands = table["residents"].where(table["residents"] > 0) / 1000
    table["rate_per_1000"] = table["events"] / thousands
    # As if events were independent; repeats by the same people make the intervals too narrow, which
    # pages say.
    table["low"], table["high"] = byar(table["events"], thousands)
    return table.join(_ranks(table.drop(index=WHOLE, level="place")))


def by_factor(counts: pd.DataFrame) -> pd.DataFrame:
    """Events of each factor and period, its groups together; missing where one of them is."""
    levels = ["factor", "period"]
    grouped = counts.astype(float).T.groupby(level=levels, sort=False)
    # A factor lacks an area if any of its sources does.
    missing = counts.isna().T.groupby(level=levels, sort=False).any()
    return grouped.sum().mask(missing).T


def residents_of(
    residents: "pd.Series[float] | None", places: "pd.Series[str]", totals: pd.DataFrame
) -> "pd.Series[float]":
    """Residents that rates of places are of: those who live where the source has data.

    Parameters
    ----------
    residents
        Residents of each area; None where they are not known.
    places
        Name of the place of each area; missing for areas in none.
    totals
        The table of `by_factor`, missing where a source has no data.

    Returns
    -------
    Series
        Index place, `WHOLE` among them, where every area has data; else (factor, period, place).
        Missing where the residents of an area with data are; empty where none are known.
    """
    if residents is None:
        return pd.Series(dtype=float)
    if not totals.isna().any(axis=None):
        people = all_or_none(residents.to_frame(), places)
        people.loc[WHOLE] = residents.sum(skipna=False)
        return people.iloc[:, 0]
    has_total = totals.notna()
    # Rates are of those who live where the source has data: others would dilute them.
    counted = has_total.mul(residents.fillna(0.0), axis=0).mask(
        has_total.mul(residents.isna(), axis=0)
    )
    of_place = all_or_none(counted, places)
    of_place.loc[WHOLE] = counted.sum(skipna=False)
    return of_place.rename_axis("place").T.stack(future_stack=True)


def all_or_none(table: pd.DataFrame, places: "pd.Series[str]") -> pd.DataFrame:
    """Sums of every place, missing where one of its areas is: a part of it is no sum.

    Parameters
    ----------
    table
        Numbers, index area_code.
    places
        Name of the place of each area, same index; missing for areas in none.
    """
    # pandas adds up a group without its missing values.
    missing = table.isna().groupby(places, sort=True).any()
    return table.groupby(places, sort=True).sum().mask(missing)


def _ranks(table: pd.DataFrame) -> pd.DataFrame:
    """Rank by rate in each factor and period, and how far the intervals would let it move."""
    parts = []
    for _, part in table.groupby(level=["factor", "period"], sort=False):
        low, high = part["low"].to_numpy(), part["high"].to_numpy()
        has_value = ~np.isnan(low)
        # A place is surely above only where the intervals do not meet: the ranks that are left are
        # those that chance allows.
        surely_above = (low[None, :] > high[:, None]).sum(axis=1)
        surely_below = (high[None, :] < low[:, None]).sum(axis=1)
        # Competition ranks: places with the same rate share the better one.
        rank = part["rate_per_1000"].rank(method="min", ascending=False).to_numpy()
        ranks = {
            "rank": rank,
            "rank_low": np.where(has_value, 1 + surely_above, np.nan),
            "rank_high": np.where(has_value, has_value.sum() - surely_below, np.nan),
        }
        parts.append(pd.DataFrame(ranks, index=part.index))
    columns = ["rank", "rank_low", "rank_high"]
    # Without a place there is nothing to rank, such as where no area is selected.
    return pd.concat(parts) if parts else pd.DataFrame(columns=columns, index=table.index)
