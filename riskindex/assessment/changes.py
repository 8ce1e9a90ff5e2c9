"""Changes between periods: exact limits, and only the same months of the year are compared."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE
from riskindex.assessment.figure_rows import (
    A_PART,
    CONDITIONAL,
    GIVEN,
    Shown,
    figure_lines,
    limit_columns,
    ratio_columns,
    status_of,
)
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.disclosure import NOT_APPLICABLE, WITHHELD
from riskindex.events.periods import Period, Unit, missing_months, month_label, parse_period
from riskindex.statistics.intervals import Estimate, count_ratio, percent_change

PLAINLY_MANY = 30
"""Records a month from which on withheld months of a restricted factor count as not covered."""


def pairs_of_periods(shown: Shown) -> Iterator[tuple[str, str, str]]:
    """Factor, last period, and the period that it is compared with: the one before, the first."""
    for factor, labels in shown.periods.items():
        for earlier in _earlier(labels, shown.units[factor]):
            yield factor, labels[-1], earlier


def _earlier(labels: Sequence[str], unit: Unit) -> list[str]:
    """Earlier periods of the same months of the year as the last."""
    if len(labels) < 2:
        return []
    spans = [parse_period(label, unit=unit) for label in labels]
    # A half year is not held against a whole one, nor summer against winter.
    alike = [span.label for span in spans[:-1] if _of_year(span) == _of_year(spans[-1])]
    # With two periods the one before is the first, and one change is enough.
    return list(dict.fromkeys([*alike[-1:], *alike[:1]]))


def _of_year(span: Period) -> list[int]:
    return sorted(month % 12 for month in span.months)


def change_rows(
    table: pd.DataFrame, shown: Shown, factor: str, last: str, earlier: str
) -> pd.DataFrame:
    """Relative change of one factor from an earlier period to a later one, of every place.

    Where a source lacks months of either period, the same months of the year are compared, of the
    places whose months are known; of the others no change is given, and of none where it covers a
    part of a period and which months is not known.

    Parameters
    ----------
    table
        Lines of `shown.places`, with their index as columns.
    shown
        Whose rhythm says which months are covered.
    factor, last, earlier
        What is compared.
    """
    of = ["place_kind", "place"]
    lines = table[table["factor"] == factor]
    now = lines[lines["period"] == last]
    old = lines[lines["period"] == earlier].set_index(of)[["count", "mark"]]
    # Line by line with the later period; a place that was not there before is missing, and not 0.
    old = old.reindex(pd.MultiIndex.from_frame(now[of])).set_axis(now.index)
    shared = _shared_months(shown, factor, last, earlier)
    note = pd.Series("", index=now.index)
    if shared is not None:
        now, old, note = _of_months(now, shown, factor, shared)
    # Known to be a part, and not which: a change would be mostly of coverage.
    elif shown.part_periods & {(factor, last), (factor, earlier)}:
        marks = now["mark"].where(now["mark"] != "", NOT_APPLICABLE)
        now, old = (part.assign(count=np.nan, mark=marks) for part in (now, old))
        note = pd.Series(A_PART, index=now.index)
    return _with_limits(now, old, note=note, shown=shown, factor=factor, earlier=earlier)


def _with_limits(
    now: pd.DataFrame,
    old: pd.DataFrame,
    *,
    note: "pd.Series[str]",
    shown: Shown,
    factor: str,
    earlier: str,
) -> pd.DataFrame:
    count, before = now["count"].to_numpy(float), old["count"].to_numpy(float)
    ratio = count_ratio(count, before)
    # Why a change is missing is why either of its two numbers is.
    marks = now["mark"].where(now["mark"] != "", old["mark"].fillna(""))
    compared = pd.Series(np.where(np.isnan(before), np.nan, count), index=now.index)
    status = status_of(compared, marks)
    # From none to some is no percentage.
    from_none = (before == 0) & (status == GIVEN).to_numpy()
    said = np.where(from_none, f"nothing was counted in {earlier}", note)
    return figure_lines(
        now,
        "change",
        shown,
        base=before,
        base_name=f"{shown.labels[factor]}, {earlier}",
        value=percent_change(count, before),
        unit="%",
        compared_with=earlier,
        status=status.mask(from_none, NOT_APPLICABLE),
        method=CONDITIONAL,
        note=said,
        # A ratio less 1 is the relative change.
        **limit_columns(Estimate(*(limit - 1 for limit in ratio)), 100.0, 0),
        **ratio_columns(ratio, np.ones(len(now), dtype=bool)),
    )


def _shared_months(
    shown: Shown, factor: str, last: str, earlier: str
) -> tuple[list[int], list[int]] | None:
    """Months of both periods that are covered in both years; None where all are, or unknown."""
    months = _months(shown, factor)
    if months.empty:
        return None
    # Of the whole where it has cells of its own: sums of protected cells add up their noise, too.
    records = months[months["place"] == WHOLE].groupby("month")["count"].sum()
    if not len(records):
        records = months.groupby("month")["count"].sum()
    spans = [parse_period(label, unit=shown.units[factor]) for label in (last, earlier)]
    lacking = [set(_lacking(span, records, factor in shown.restricted)) for span in spans]
    if not any(lacking):
        return None
    covered = [
        [m for m in span.months if m not in gap] for span, gap in zip(spans, lacking, strict=True)
    ]
    # The same months of the year on both sides, or the season would pass for a change.
    both = {m % 12 for m in covered[0]} & {m % 12 for m in covered[1]}
    now, old = ([m for m in part if m % 12 in both] for part in covered)
    return now, old


def _lacking(span: Period, records: "pd.Series[float]", restricted: bool) -> tuple[int, ...]:
    events = {int(str(month)): int(n) for month, n in records.items() if n > 0}
    # Small months of a restricted factor are withheld: where records are few, a missing month is no
    # sign that nothing was covered.
    if restricted and records.fillna(0).sum() < PLAINLY_MANY * max(len(records), 1):
        return ()
    return missing_months(span, events)


def _months(shown: Shown, factor: str) -> pd.DataFrame:
    """Records of a factor by place and month; missing where a part of them is withheld."""
    if shown.rhythm.empty:
        return pd.DataFrame(columns=["place", "month", "count"])
    table = shown.rhythm.reset_index()
    table = table[(table["factor"] == factor) & (table["aspect"] == "month")]
    # Months counted from the year 0, as periods count them.
    number = table["value"].str[:4].astype(int) * 12 + table["value"].str[5:].astype(int) - 1
    keyed = table.assign(month=number, count=table["records"].astype(float))
    sums = keyed.groupby(["place", "month"], sort=True)["count"].agg(_all_or_none)
    return sums.reset_index()


def _all_or_none(values: "pd.Series[float]") -> float:
    return float(values.sum(skipna=False))


def _of_months(
    now: pd.DataFrame, shown: Shown, factor: str, shared: tuple[list[int], list[int]]
) -> tuple[pd.DataFrame, pd.DataFrame, "pd.Series[str]"]:
    """Both periods counted over the same months, of places whose months are known."""
    months = _months(shown, factor)
    # Of open sources no cell of the whole is made; the sum of its parts is exact.
    if not (months["place"] == WHOLE).any():
        whole = months.groupby("month", as_index=False)["count"].agg(_all_or_none)
        months = pd.concat([whole.assign(place=WHOLE), months], ignore_index=True)
    parts = [
        months[months["month"].isin(part)].groupby("place")["count"].agg(_all_or_none)
        for part in shared
    ]
    has_months = now["place_kind"].isin([WHOLE_KIND, shown.rhythm_kind]) & bool(shared[0])
    # A place without a line has no record; one whose line is withheld has a number, and not 0.
    counts = [
        now["place"]
        .map(part)
        .where(has_months)
        .mask(has_months & ~now["place"].isin(part.index), 0.0)
        for part in parts
    ]
    withheld = has_months & (counts[0].isna() | counts[1].isna())
    words = ", ".join(month_label(m) for m in shared[0])
    said = f"the same months of both: {words}" if shared[0] else "no month of the year is in both"
    # Of kinds of places without a rhythm, such as wards, the months are not known.
    note = pd.Series(said, index=now.index).where(has_months | (not shared[0]), A_PART)
    marks = now["mark"].where(now["mark"] != "", NOT_APPLICABLE).where(~has_months, now["mark"])
    marks = marks.mask(withheld & (marks == ""), WITHHELD)
    later = now.assign(count=counts[0].where(has_months), mark=marks)
    return later, pd.DataFrame({"count": counts[1], "mark": marks}, index=now.index), note
