"""Does a month, weekday or hour stand out? Only what a test finds is called so."""

from typing import Any

import numpy as np
import pandas as pd

from riskindex.arrays import Array, Texts
from riskindex.assessment.figure_rows import Shown
from riskindex.events.periods import Unit, parse_period
from riskindex.events.rhythm import NO_HOUR
from riskindex.events.sources import BOTH
from riskindex.statistics.intervals import round_half_away
from riskindex.statistics.time_patterns import days_by_month, days_by_weekday, stand_out

PATTERNS = ("month", "weekday", "hour")
"""Aspects that are looked at for a pattern, over which its p is adjusted."""
OF_A_WEEK = "weekday and hour"
"""Both together, looked at where a source counts them."""
LEVEL = 0.05
"""A category whose adjusted p is at most this stands out."""


def stand_out_rows(table: pd.DataFrame, shown: Shown) -> "dict[str, pd.Series[Any]]":
    """For each line the ratio of its count to what its number of days lets expect, and a note.

    Parameters
    ----------
    table
        Columns factor, group, period, place, aspect, category and count; the lines of each place.
    shown
        Whose periods say how many days of each kind there were.

    Returns
    -------
    dict
        Columns compared_with, ratio and note, index of the table; empty for ages and sexes, for
        those not recorded or at a default time, and for protected cells, whose noise is no chance
        of events.
    """
    asked = table["aspect"].isin([*PATTERNS, OF_A_WEEK]) & (table["category"] != "")
    # Of a pair whose second part is not recorded, nobody knows the hour.
    asked &= ~table["category"].str.endswith(BOTH)
    # A default time is no hour, and holds more than any.
    asked &= ~table["category"].str.endswith(NO_HOUR)
    asked &= ~table["factor"].isin(list(shown.restricted))
    values = np.full((2, len(table)), np.nan)
    values[:, asked.to_numpy(bool)] = _tested(table[asked], shown)
    ratio, p = (pd.Series(one, index=table.index) for one in values)
    note = pd.Series("", index=table.index, dtype=object)
    # NaN, of what was not tested, is not at most anything.
    surely = p <= LEVEL
    note[surely] = [f"stands out, adjusted p {value:.2g}" for value in p[surely]]
    compared = pd.Series("", index=table.index, dtype=object).mask(ratio.notna(), "even over time")
    return {
        "compared_with": compared,
        "ratio": pd.Series(round_half_away(ratio, decimals=4), index=table.index),
        "note": note,
    }


def _tested(table: pd.DataFrame, shown: Shown) -> Array:
    """Ratio and adjusted p of each line, shape (2, lines); NaN where nothing is tested."""
    tested = np.full((2, len(table)), np.nan)
    # Arrays and positions: a table for each of some hundred groups takes longer than the tests.
    count = table["count"].to_numpy(dtype=float, na_value=0.0)
    place_of, category_of = (table[name].to_numpy(dtype=object) for name in ("place", "category"))
    groups = table.groupby(["factor", "aspect", "group", "period"]).indices
    for (factor, aspect, _, period), at in groups.items():
        row, places = pd.factorize(place_of[at], sort=True)
        column, categories = pd.factorize(category_of[at], sort=True)
        # A category without a line has no record; restricted factors, of which it may be withheld,
        # are out.
        wide = np.zeros((len(places), len(categories)))
        wide[row, column] = count[at]
        labels = shown.periods[str(factor)]
        # All periods together have the days of each.
        labels = [str(period)] if period in labels else labels
        unit = shown.units[str(factor)]
        days = np.sum([_exposure(str(aspect), categories, one, unit) for one in labels], axis=0)
        # A month outside the period had no day on which an event could fall.
        if (days > 0).sum() < 2:
            continue
        # Of hundreds of wards some hour would look remarkable in dozens: there p is adjusted over
        # the wards, too.
        looked_at = len(PATTERNS) * (len(wide) if shown.is_finer else 1)
        # Hours that share events have fractions; the multinomial law is of whole events.
        test = stand_out(np.rint(wide[:, days > 0]), days[days > 0], patterns=looked_at)
        both = np.full((2, *wide.shape), np.nan)
        both[:, :, days > 0] = test.ratio, test.p
        tested[:, at] = both[:, row, column]
    return tested


def _exposure(aspect: str, categories: Texts, period: str, unit: Unit) -> Array:
    """Days of each category in a period; of hours, which have as many each, 1."""
    span = parse_period(period, unit=unit)
    if aspect == "hour":
        return np.ones(len(categories))
    if aspect in ("weekday", OF_A_WEEK):
        days = days_by_weekday(span.start, span.end)
        return np.array([float(days[int(label[0]) - 1]) for label in categories])
    lengths = []
    for label in categories:
        year, month = int(label[:4]), int(label[5:])
        after = f"{year + month // 12:04d}-{month % 12 + 1:02d}-01"
        days = days_by_month(f"{label}-01", after).sum()
        # 0 days for a month outside the period, which is dropped before the test.
        lengths.append(float(days) if year * 12 + month - 1 in span.months else 0.0)
    return np.array(lengths)
