"""Inside a place: the streets and the hours of the week that hold most of its events."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import Array
from riskindex.events.periods import Unit, parse_periods
from riskindex.events.rhythm import HOURS, PARTS, PARTS_OF_DAY, STREET, part_in_words
from riskindex.factors import Factor
from riskindex.statistics.intervals import round_half_away
from riskindex.statistics.time_patterns import days_by_weekday, stand_out

COLUMNS = (
    "place",
    "factor",
    "aspect",
    "value",
    "area_code",
    "records",
    "mark",
    "total",
    "ratio",
    "p_adjusted",
    "stands_out",
)
"""Columns of the table of `inside_places`."""
FEWEST = 30
"""Records of a factor in a place below which nothing is told: most of it would be chance."""
MOST_STREETS = 5
"""Streets of a factor that are listed, those with most records."""
LEVEL = 0.05
"""A street or part of the week whose adjusted p is at most this stands out."""


def inside_places(
    inside: pd.DataFrame,
    place_of: "pd.Series[int]",
    factors: Sequence[Factor],
    *,
    units: Mapping[str, Unit],
) -> pd.DataFrame:
    """Find the streets and the parts of the week that hold more of a place's events than chance.

    Streets are held against an even spread over all streets of the place on which any event of
    the same sources was recorded; streets without one are not known, so that the test is on the
    safe side. Parts of the week are held against an even spread over their hours. Either is an
    exact binomial tail, given the total, times the number of categories and of the tests of the
    place (`stand_out`): the chance that any is named without cause is at most 5 in 100, as if
    records were independent of each other.

    Parameters
    ----------
    inside
        Records of each area, of `count_inside`.
    place_of
        Number of the place, index area_code.
    factors
        Whose records are looked at.
    units
        Factor to what its periods are labels of.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, a line for each of the `MOST_STREETS` streets with most records and for
        every part of the week, of each place and factor with `FEWEST` records or more that say
        it. A street is cut where an area ends, and named with the area; `total` are the records
        that say their street or hour; `ratio` is records over those expected; `mark` is empty.
    """
    tables = list(_tables(inside, place_of, factors, units))
    # Counted before testing: the correction pays for every pattern looked at in a place.
    looked_at = pd.Series([table.place for table in tables], dtype=object).value_counts()
    parts = [_lines(table, patterns=int(looked_at[table.place])) for table in tables]
    return pd.concat(parts, ignore_index=True) if parts else nothing_told()


def nothing_told() -> pd.DataFrame:
    """The table without a line in it."""
    return pd.DataFrame(columns=list(COLUMNS))


class _PatternTable(NamedTuple):
    """Records of one factor in one place by street, or by part of the week."""

    place: int
    factor: str
    aspect: str
    records: "pd.Series[int]"
    """Index area_code and value; every category, also those without a record."""
    exposure: Array


def _tables(
    inside: pd.DataFrame,
    place_of: "pd.Series[int]",
    factors: Sequence[Factor],
    units: Mapping[str, Unit],
) -> Iterator[_PatternTable]:
    if inside.empty or place_of.empty:
        return
    counted = inside["records"].reset_index()
    # What is not recorded is no street and no hour.
    counted = counted[counted["area_code"].isin(place_of.index) & (counted["value"] != "")]
    # Only areas on the list belong to a place; streets elsewhere are not looked at.
    counted["place"] = counted["area_code"].map(place_of).astype(int)
    for place, here in counted.groupby("place"):
        by_street, by_hour = (here[here["aspect"] == aspect] for aspect in (STREET, HOURS))
        hours_of = dict(iter(by_hour.groupby("factor")))
        for factor, streets in _by_street(by_street, factors):
            # One street alone has nothing to be compared with.
            if streets.sum() >= FEWEST and len(streets) > 1:
                yield _PatternTable(int(place), factor.name, STREET, streets, np.ones(len(streets)))
            if factor.name not in hours_of:
                continue
            hours = hours_of[factor.name].groupby("value")["records"].sum()
            if hours.sum() >= FEWEST:
                # Parts without a record are zeros, and belong to the even spread that is tested.
                hours = hours.reindex(list(PARTS), fill_value=0)
                hours.index = pd.MultiIndex.from_product([[""], hours.index])
                exposure = hours_of_parts(factor, units[factor.name])
                yield _PatternTable(int(place), factor.name, HOURS, hours, exposure)


def _by_street(
    streets: pd.DataFrame, factors: Sequence[Factor]
) -> Iterator[tuple[Factor, "pd.Series[int]"]]:
    """Records of each factor on every street that its sources know of in a place."""
    keys = pd.MultiIndex.from_frame(streets[["area_code", "value"]])
    of_factor = streets["factor"].to_numpy(dtype=object)
    records = streets["records"].set_axis(keys)
    by_codes: dict[tuple[str, ...], pd.MultiIndex] = {}
    for factor in factors:
        # Streets on which another kind of event was recorded are there as well.
        sources = {group.source for group in factor.groups}
        alike = tuple(f.name for f in factors if sources & {group.source for group in f.groups})
        # Factors of one source share their streets.
        if alike not in by_codes:
            by_codes[alike] = keys[np.isin(of_factor, alike)].unique().sort_values()
        counted = records[of_factor == factor.name].groupby(level=[0, 1]).sum()
        yield factor, counted.reindex(by_codes[alike], fill_value=0)


def hours_of_parts(factor: Factor, unit: Unit) -> Array:
    """Hours of each of `PARTS` in the periods of a factor."""
    spans = parse_periods(factor.periods, unit, place=f"factors.{factor.name}")
    # A month has four or five Mondays, so hours of exposure are counted by the calendar.
    days = np.sum([days_by_weekday(span.start, span.end) for span in spans], axis=0)
    return np.outer(days, list(PARTS_OF_DAY.values())).ravel().astype(float)


def _lines(table: _PatternTable, *, patterns: int) -> pd.DataFrame:
    """The streets with most records, or every part of the week, each with its test."""
    test = stand_out(table.records.to_numpy(), table.exposure, patterns=patterns)
    lines = pd.DataFrame(
        {
            "place": table.place,
            "factor": table.factor,
            "aspect": table.aspect,
            "value": table.records.index.get_level_values(1),
            "area_code": table.records.index.get_level_values(0),
            # Nullable, because a release may withhold a number here.
            "records": pd.array(table.records.to_numpy(), dtype="Int64"),
            "mark": "",
            "total": pd.array(np.full(len(table.records), table.records.sum()), dtype="Int64"),
            "ratio": test.ratio,
            "p_adjusted": test.p,
            "stands_out": pd.array(test.p <= LEVEL, dtype="boolean"),
        }
    )
    if table.aspect == HOURS:
        lines = lines.assign(value=list(map(part_in_words, lines["value"])))
    else:
        # Stable: equals stay in the order of their areas and names.
        lines = lines.sort_values("records", ascending=False, kind="stable").head(MOST_STREETS)
    return lines.assign(ratio=round_half_away(lines["ratio"], decimals=2))
