"""Cases detected: the share with one of some outcomes, and how much of that is still open."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from riskindex.assessment.figure_rows import Shown, no_figures, percent, without_small_bases
from riskindex.assessment.figures import UNSAID, mix_rows
from riskindex.assessment.options import Figure
from riskindex.disclosure import WITHHELD
from riskindex.events.sources import BOTH

OUTCOME, BY_MONTH = "outcome", f"month{BOTH}outcome"
"""Aspects: outcomes, and outcomes by the month of the offence."""
DETECTED, STILL_OPEN = "detected", "still open"


def detected_rows(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Share of the cases that are detected and still open, in all and by the age of the case.

    Parameters
    ----------
    figure
        `outcomes` that count as detected, `still_open` those of cases that may be yet; `extracted`
        and `months` part the cases by their age at the extract.
    shown
        What the reader may see. Of restricted cases shares leave where their outcomes do.

    Returns
    -------
    DataFrame
        Rows of each period and place; those by age are of all periods together. A low share of
        young cases that are mostly open tells nothing yet.
    """
    parts = list(mix_rows(shown, aspects=[OUTCOME], factor=figure.of))
    rows = [_shares(pd.concat(parts), figure, shown)] if parts else []
    if figure.extracted is not None:
        rows += list(_by_age(figure, shown))
    return pd.concat(rows, ignore_index=True) if rows else no_figures()


def _shares(rows: pd.DataFrame, figure: Figure, shown: Shown) -> pd.DataFrame:
    rows = rows[rows["place_kind"].isin(list(figure.places))]
    if figure.period is not None:
        rows = rows[rows["period"] == figure.period]
    parts = [
        _summed(rows, named, category, figure, shown)
        for category, named in (
            (DETECTED, figure.outcomes),
            (STILL_OPEN, figure.still_open),
            (UNSAID, (UNSAID,)),
        )
        if named
    ]
    return pd.concat(parts, ignore_index=True)


_BY = ["definition", "period", "place_kind", "place"]


def _summed(
    rows: pd.DataFrame, named: Sequence[str], category: str, figure: Figure, shown: Shown
) -> pd.DataFrame:
    """One line per period and place; none is given where an outcome in it is withheld."""
    every = rows.drop_duplicates(_BY).set_index(_BY)
    chosen = rows["category"].isin(list(named))
    # One withheld outcome withholds the sum: with it, the outcome would follow by subtraction.
    sums = rows[chosen].groupby(_BY)["count"].agg(lambda n: n.astype(float).sum(skipna=False))
    count = sums.reindex(every.index)
    # A place without any case of these outcomes has 0; one with a withheld outcome has no number.
    count = count.where(count.notna() | every.index.isin(sums.index), 0.0)
    if figure.of in shown.restricted:
        # Protected cells have no line of an outcome that is too rare in the whole: as a 0 it would
        # be wrong, and taken for exact.
        seen = rows[chosen].groupby(_BY)["category"].nunique().reindex(every.index, fill_value=0)
        count = count.where(seen == len(set(named)))
    marks = rows[chosen & rows["count"].isna()].groupby(_BY)["status"].first()
    # The status is that of the sum: the first line of a place may be withheld where this outcome is
    # not.
    status = every["status"].mask(count.notna(), "given")
    status = status.where(count.notna(), marks.reindex(every.index, fill_value=WITHHELD))
    lines = every.assign(
        by=OUTCOME, category=category, count=count, status=status, **percent(count, every["base"])
    )
    lines = lines.reset_index()
    lines["base_name"] = "cases, those still open and not recorded among them"
    # What was said of single outcomes is not true of their sum.
    lines[["compared_with", "note"]] = ""
    lines["ratio"] = np.nan
    return without_small_bases(lines, pd.Series(figure.of, index=lines.index), shown)


def _by_age(figure: Figure, shown: Shown) -> Iterator[pd.DataFrame]:
    """Cases of all periods by the months from the offence to the extract."""
    # Outcome by month makes many small cells, which restricted cases have not among what leaves.
    if figure.of in shown.restricted:
        return
    parts = list(mix_rows(shown, aspects=[BY_MONTH], factor=figure.of))
    if not parts:
        return
    rows = pd.concat(parts)
    rows = rows[rows["place_kind"].isin(list(figure.places))]
    # A pair is written month first: 2024-01 takes seven letters.
    month, outcome = rows["category"].str[:7], rows["category"].str[7 + len(BOTH) :]
    # By age at the extract and not by period: young cases are open because nothing could be decided
    # yet.
    ages = _number(str(figure.extracted)) - month.map(_number)
    periods = list(dict.fromkeys(rows["period"]))
    span = periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
    # No case is a million months old: the last band is open.
    bounds = [0, *figure.months, 10**6]
    for first, after in pairwise(bounds):
        inside = rows[(ages >= first) & (ages < after)].assign(period=span)
        if inside.empty:
            continue
        inside["category"] = outcome[inside.index].replace("", UNSAID)
        # Shares are of the cases of that age, whatever became of them.
        inside["base"] = inside.groupby(_BY)["count"].transform("sum")
        # The period is the span of all now, by which nothing may be filtered again.
        shares = _shares(inside, replace(figure, period=None), shown)
        name = f"{first} to {after - 1} months" if after < 10**6 else f"{first} months or more"
        shares["category"] = shares["category"] + ", " + name + " after the offence"
        yield shares.assign(by="outcome and age of the case")


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])
