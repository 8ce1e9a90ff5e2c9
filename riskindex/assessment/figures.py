"""Every number of a needs assessment as one row of one tidy table, with its base and interval."""

from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE
from riskindex.arrays import Array
from riskindex.assessment.changes import change_rows, pairs_of_periods
from riskindex.assessment.figure_rows import (
    GARWOOD,
    GIVEN,
    NONE,
    Shown,
    figure_lines,
    in_one_table,
    limit_columns,
    of_whole,
    part_notes,
    part_of,
    percent,
    ranked,
    rate_rounded,
    ratio_columns,
    span,
    status_of,
    without_small_bases,
)
from riskindex.assessment.patterns import stand_out_rows
from riskindex.assessment.place_counts import RESIDENTS, WHOLE_KIND
from riskindex.disclosure import NOT_APPLICABLE
from riskindex.events.rhythm import ASPECTS, IN_NO_AREA, MAY_LACK
from riskindex.statistics.intervals import Estimate, count_interval, round_half_away, share_of_rate


def make_figures(shown: Shown) -> pd.DataFrame:
    """Counts, rates, shares, changes and mixes of everything that a run counts.

    Parameters
    ----------
    shown
        What the reader may see; nothing else is looked at.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row per figure, place, period and category; `KEY` tells them apart.
        Values and limits are rounded as they are printed, half away from zero: percentages and
        rates to one decimal (rates below 1 to three), changes to whole percent. Limits are 95%,
        exact, as if events were independent. Rank 1 has the highest rate, or count.
    """
    table = shown.places.reset_index()
    # A line with a base is of a census table: its share needs no limits, since nobody was sampled.
    events = table[table["factor"].isin(list(shown.periods)) & table["base"].isna()]
    parts = [
        *_of_residents(table[table["factor"] == RESIDENTS], shown),
        *(make(events, shown) for make in (count_rows, rate_rows, share_rows) if len(events)),
        *(change_rows(events, shown, *pair) for pair in pairs_of_periods(shown)),
        *_table_shares(table[table["base"].notna()], shown),
        *mix_rows(shown, aspects=ASPECTS),
        *_mixes_over_periods(shown),
    ]
    return in_one_table([part for part in parts if len(part)], shown)


def count_rows(table: pd.DataFrame, shown: Shown) -> pd.DataFrame:
    """Events of each place, ranked among its kind."""
    estimate = count_interval(table["count"])
    return figure_lines(
        table,
        "count",
        shown,
        value=table["count"],
        unit=table["factor"].map(shown.counted),
        rank_by_count=ranked(table, table["count"]),
        method=GARWOOD,
        note=part_notes(table, shown),
        **limit_columns(estimate, 1.0, 1),
    )


def rate_rows(table: pd.DataFrame, shown: Shown) -> pd.DataFrame:
    """Events per 1,000 residents, and how many times that of the whole it is."""
    people = table["residents"]
    # A place where nobody lives has no rate, and polygons have no residents; another place whose
    # residents are not known has a row that says so.
    inhabited = shown.places.index[shown.places.index.isin([RESIDENTS], level="factor")]
    lived_in = table["place_kind"].isin(inhabited.get_level_values("place_kind"))
    table = table[(people > 0) | (people.isna() & people.notna().any() & lived_in)]
    # Residents are taken as known: only the events vary by chance.
    estimate = count_interval(table["count"], table["residents"] / 1000)
    # The whole is not compared with itself.
    inside = (table["place_kind"] != WHOLE_KIND).to_numpy()
    status, unknown = status_of(table["count"], table["mark"]), table["residents"].isna()
    notes = part_notes(table, shown)
    return figure_lines(
        table,
        "rate",
        shown,
        status=status.mask(unknown & (status == GIVEN), NOT_APPLICABLE),
        base=table["residents"],
        base_name="residents",
        value=rate_rounded(estimate.value),
        unit="per 1,000",
        low=rate_rounded(estimate.low),
        high=rate_rounded(estimate.high),
        rank=ranked(table, estimate.value),
        rank_by_count=ranked(table, table["count"]),
        compared_with=np.where(inside, f"rate of {shown.whole}", ""),
        method=GARWOOD,
        note=notes.mask(unknown, "the residents of an area of it are not known"),
        **ratio_columns(_against_whole(table), inside),
    )


def _against_whole(table: pd.DataFrame) -> Estimate:
    """Rate of each place over that of the whole, exact given the whole's count."""
    count, total = part_of(table["count"], of_whole(table, "count"))
    return share_of_rate(count, total, table["residents"], of_whole(table, "residents"))


def share_rows(table: pd.DataFrame, shown: Shown) -> pd.DataFrame:
    """Share of the whole's events, beside the share that residents alone would give."""
    table = table.assign(total=of_whole(table, "count"))
    table = table[(table["place_kind"] != WHOLE_KIND).to_numpy()]
    named = table["factor"].map(shown.labels)
    # Where nobody lives, or it is not known who, no share of residents is there to compare with.
    has_residents = (table["residents"] > 0).to_numpy()
    lines = figure_lines(
        table,
        "share",
        shown,
        base=table["total"],
        base_name=named + f", {shown.whole}",
        rank=ranked(table, table["count"]),
        rank_by_count=ranked(table, table["count"]),
        compared_with=np.where(has_residents, "share of residents", ""),
        **percent(table["count"], table["total"]),
    )
    people = _residents_of_whole(table, shown)
    count, total = part_of(table["count"], table["total"])
    # Share of events over share of residents is the ratio of the place's rate to the whole's.
    ratio = share_of_rate(count, total, table["residents"], people)
    return without_small_bases(
        lines.assign(**ratio_columns(ratio, has_residents)), table["factor"], shown
    )


def _residents_of_whole(table: pd.DataFrame, shown: Shown) -> Array:
    """Residents of the study area where each factor and period was counted."""
    whole = shown.places.xs((WHOLE_KIND, WHOLE), level=("place_kind", "place"))["residents"]
    keys = pd.MultiIndex.from_frame(table[["factor", "period"]])
    return np.asarray(whole.reindex(keys), dtype=float)


def _of_residents(table: pd.DataFrame, shown: Shown) -> Iterator[pd.DataFrame]:
    """Residents and their share of the whole, which shares of events are compared with."""
    if table.empty:
        return
    table = table.assign(total=of_whole(table, "count"))
    ranks = {"rank_by_count": ranked(table, table["count"])}
    yield figure_lines(
        table, "count", shown, value=table["count"].round(), unit="people", method=NONE, **ranks
    )
    part = table[table["place_kind"] != WHOLE_KIND]
    # No share of nobody, and no division by 0.
    share = 100 * part["count"] / part["total"].where(part["total"] > 0)
    yield figure_lines(
        part,
        "share",
        shown,
        base=part["total"],
        base_name=f"residents, {shown.whole}",
        value=round_half_away(share, decimals=1),
        unit="%",
        method=NONE,
    )


def _table_shares(table: pd.DataFrame, shown: Shown) -> Iterator[pd.DataFrame]:
    """Shares of people or households with a characteristic, of a table."""
    table = table[table["factor"].isin(list(shown.labels))]
    if table.empty:
        return
    share = 100 * table["count"] / table["base"].where(table["base"] > 0)
    inside = (table["place_kind"] != WHOLE_KIND).to_numpy()
    whole = of_whole(table, "count") / of_whole(table, "base")
    # Where the whole has none, the ratio is undefined, which is no fault to warn of.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(inside, share / 100 / whole, np.nan)
    yield figure_lines(
        table,
        "share",
        shown,
        base=table["base"],
        base_name="all of the place",
        value=round_half_away(share, decimals=1),
        unit="%",
        rank=ranked(table, share),
        rank_by_count=ranked(table, table["count"]),
        compared_with=np.where(inside, f"share in {shown.whole}", ""),
        ratio=round_half_away(ratio, decimals=4),
        method=NONE,
    )


def _mixes_over_periods(shown: Shown) -> Iterator[pd.DataFrame]:
    """Mixes of all periods of a factor together, which one period may be too short for."""
    # Of one period alone these rows would be the same again.
    spans = {factor: span(labels) for factor, labels in shown.periods.items() if len(labels) > 1}
    table = shown.over_periods
    if table.empty:
        return
    asked = table.index.isin(list(spans), level="factor")
    # A month is of one period, and has its row there.
    asked &= table.index.isin(["weekday", "hour", "age", "sex"], level="aspect")
    table = table[asked].reset_index()
    table["period"] = table["factor"].map(spans)
    levels = ["factor", "group", "period", "place", "aspect", "value"]
    together = replace(shown, rhythm=table.set_index(levels))
    # Under a name of their own: the last row of a mix is that of its last period.
    for rows in mix_rows(together, aspects=ASPECTS):
        yield rows.assign(figure=rows["figure"].str.replace(".mix", f".{MIX_OF_ALL}", regex=False))


MIX_OF_ALL = "mix_of_all_periods"


def mix_rows(
    shown: Shown, *, aspects: Collection[str], factor: str | None = None
) -> Iterator[pd.DataFrame]:
    """Records by month, hour, age and so on, with a row for those where it is not recorded.

    A month, weekday or hour stands out only by a test, of `stand_out_rows`.

    Parameters
    ----------
    shown
        What the reader may see.
    aspects
        What the records are told apart by.
    factor
        Of which factor or measure; left out, of all.
    """
    table = _records(shown, aspects, factor)
    if table.empty:
        return
    # The name of the group is part of a figure's name only where a factor has several.
    alone = table["group"] == ALONE
    rows = figure_lines(
        table,
        "mix",
        shown,
        definition=table["factor"] + np.where(alone, "", ": " + table["group"]),
        counted="records",
        by=table["aspect"],
        category=table["category"].where(table["category"] != "", UNSAID),
        base=table["base"],
        base_name="records of the place, those not recorded among them",
        **percent(table["count"], table["base"]),
    )
    rows["figure"] = table["factor"] + np.where(alone, ".mix", ".mix:" + table["group"])
    columns = stand_out_rows(table, shown)
    # Counts of such hours are printed in whole numbers, and need not add up.
    shared = table["count"].notna() & (table["count"] != table["count"].round())
    columns["note"] = columns["note"].where(
        ~shared, (columns["note"] + "; " + SHARED).str.removeprefix("; ")
    )
    yield without_small_bases(rows.assign(**columns), table["factor"], shown)


def _records(shown: Shown, aspects: Collection[str], factor: str | None) -> pd.DataFrame:
    """Records of each place by aspect and category, with the whole, not recorded, and bases."""
    if shown.rhythm.empty:
        return pd.DataFrame()
    asked = shown.rhythm.index.isin(list(aspects), level="aspect")
    if factor is not None:
        asked &= shown.rhythm.index.isin([factor], level="factor")
    if not asked.any():
        return pd.DataFrame()
    table = (
        shown.rhythm[asked].reset_index().rename(columns={"records": "count", "value": "category"})
    )
    table = table.assign(count=table["count"].astype(float), mark=table.get("mark", ""))
    table = _with_not_recorded(_with_whole(table), shown.restricted)
    keys = ["factor", "group", "period", "place", "aspect"]
    # Over all categories, not recorded among them, so that shares add up to 100%.
    # Hours share events between two times: their fractions add up to whole records.
    summed = table.groupby(keys, sort=False)["count"].transform("sum").round(6)
    # The sum of protected cells is no protected cell: of restricted factors the base is a cell with
    # its own noise.
    closed = table["factor"].isin(list(shown.restricted))
    given = table["base"].astype(float) if "base" in table else np.nan
    table["base"] = pd.Series(given, index=table.index).where(closed, summed)
    kind = shown.rhythm_kind or WHOLE_KIND
    table["place_kind"] = np.where(table["place"] == WHOLE, WHOLE_KIND, kind)
    # Without a kind, the places are no groups that a reader knows.
    has_records = (table["place"] == WHOLE) | (shown.rhythm_kind is not None)
    return table[has_records & (table["place"] != IN_NO_AREA)]


ALONE = "all"
"""Label of the group of events of a factor that has one alone."""
SHARED = "events between two times are shared among their hours"
"""What is noted of an hour whose number is no whole one."""
UNSAID = "not recorded"
"""Category of records whose hour, age or sex is not recorded."""


def _with_whole(table: pd.DataFrame) -> pd.DataFrame:
    """The table with lines for the study area, where they are not there as cells of their own."""
    keys = ["factor", "group", "period", "aspect"]
    # A protected whole is a cell of its own; a sum of its parts would be a second, other number.
    has = set(map(tuple, table.loc[table["place"] == WHOLE, keys].to_numpy().tolist()))
    alone = ~pd.MultiIndex.from_frame(table[keys]).isin(list(has))
    if not alone.any():
        return table
    whole = table[alone].groupby([*keys, "category"], sort=False, as_index=False)["count"].sum()
    return pd.concat([whole.assign(place=WHOLE, mark=""), table], ignore_index=True)


def _with_not_recorded(table: pd.DataFrame, restricted: frozenset[str]) -> pd.DataFrame:
    """The table with a line "not recorded" of 0 records wherever that line is missing.

    None is added among protected cells, where a missing line may be a withheld one.
    """
    asked = table["aspect"].isin(MAY_LACK) & ~table["factor"].isin(list(restricted))
    asked = table[asked]
    keys = ["factor", "group", "period", "place", "aspect"]
    said = pd.MultiIndex.from_frame(table.loc[table["category"] == "", keys])
    every = asked.drop_duplicates(keys).drop(columns="category")
    # "0 not recorded" is a finding about the records; without the line, nobody knows whether it was
    # looked at.
    missing = every[~pd.MultiIndex.from_frame(every[keys]).isin(said)]
    added = missing.assign(category="", count=0.0, mark="")
    return pd.concat([table, added], ignore_index=True) if len(added) else table
