"""Groups of areas: events and rates of every district and cluster, with interval and rank."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

WHOLE = ""
"""Name of the study area itself among the places."""
BY_NAME = ("community_safety_partnership", "csp", "district", "local_authority")
"""Kinds of groups that have a profile each, the first that the areas have."""


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
