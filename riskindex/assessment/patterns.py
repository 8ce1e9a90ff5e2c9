"""Does a month, weekday or hour stand out? Only what a test finds is called so."""

from typing import Any

import numpy as np
import pandas as pd

from riskindex.arrays import Array
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
    ratio = pd.Series(np.nan, index=table.index)
    p = ratio.copy()
    asked = table["aspect"].isin([*PATTERNS, OF_A_WEEK]) & (table["category"] != "")
    # Of a pair whose second part is not recorded, nobody knows the hour.
    asked &= ~table["category"].str.endswith(BOTH)
    # A default time is no hour, and holds more than any.
    asked &= ~table["category"].str.endswith(NO_HOUR)
    asked &= ~table["factor"].isin(list(shown.restricted))
    by = ["factor", "aspect", "group", "period"]
    for (factor, aspect, _, period), part in table[asked].groupby(by):
        # A category without a line has no record; restricted factors, of which it may be withheld,
        # are out.
        wide = part.pivot(index="place", columns="category", values="count").fillna(0.0)
        labels = shown.periods[str(factor)]
        # All periods together have the days of each.
        labels = [str(period)] if period in labels else labels
        unit = shown.units[str(factor)]
        days = np.sum([_exposure(str(aspect), wide.columns, one, unit) for one in labels], axis=0)
        # A month outside the period had no day on which an event could fall.
        wide, days = wide.loc[:, days > 0], days[days > 0]
        if wide.shape[1] < 2:
            continue
        # Of hundreds of wards some hour would look remarkable in dozens: there p is adjusted over
        # the wards, too.
        looked_at = len(PATTERNS) * (len(wide) if shown.is_finer else 1)
        # Hours that share events have fractions; the multinomial law is of whole events.
        tested = stand_out(np.rint(wide.to_numpy()), days, patterns=looked_at)
        at = pd.MultiIndex.from_frame(part[["place", "category"]])
        for values, column in ((tested.ratio, ratio), (tested.p, p)):
            long = pd.DataFrame(values, index=wide.index, columns=wide.columns).stack()
            column.loc[part.index] = long.reindex(at).to_numpy()
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


def _exposure(aspect: str, categories: "pd.Index[str]", period: str, unit: Unit) -> Array:
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
