"""Figures that a config asks for by name, each made of what a reader may see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE
from riskindex.assessment.age_curves import curve_rows
from riskindex.assessment.benchmarks import with_benchmark
from riskindex.assessment.changes import change_rows
from riskindex.assessment.comparisons import (
    concentration_rows,
    difference_rows,
    gap_rows,
    overlap_rows,
    together_rows,
)
from riskindex.assessment.detected import detected_rows
from riskindex.assessment.figure_rows import (
    CONDITIONAL,
    GIVEN,
    Shown,
    figure_lines,
    in_places,
    limit_columns,
    lines_of,
    no_figures,
    part_of,
    percent,
    ratio_columns,
    status_of,
    with_every_column,
    without_small_bases,
)
from riskindex.assessment.figures import UNSAID, count_rows, mix_rows, rate_rows, share_rows
from riskindex.assessment.harm import harm_rows
from riskindex.assessment.options import Figure, band_label, change_periods
from riskindex.assessment.people_rows import people_rows
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.assessment.series_rows import series_rows
from riskindex.disclosure import NOT_APPLICABLE, NOT_RECORDED, WITHHELD
from riskindex.statistics.intervals import (
    Estimate,
    count_ratio,
    percent_change,
    percent_share,
)


def request_figures(figures: Sequence[Figure], shown: Shown) -> pd.DataFrame:
    """Rows of the figures that a config names, in its order.

    Parameters
    ----------
    figures
        Checked by `figure_faults`.
    shown
        What the reader may see. A figure of something that is not in it is one row, which says
        that it is withheld.
    """
    return with_every_column([_rows(figure, shown) for figure in figures])


def _rows(figure: Figure, shown: Shown) -> pd.DataFrame:
    table = REQUESTS[figure.kind](figure, shown)
    # A figure that was asked for is never silently absent: its row says why it has no number.
    if table.empty:
        table = _withheld(figure, shown)
    elif figure.kind in BY_PLACE:
        lacking = [kind for kind in figure.places if kind not in set(table["place_kind"])]
        table = pd.concat([table, *(_withheld(figure, shown, kind=kind) for kind in lacking)])
    table = with_benchmark(table, figure, shown.series)
    label = {"measure": figure.label} if figure.label else {}
    return _noted(table, figure.note).assign(figure=figure.name, kind=figure.kind, **label)


BY_PLACE = ("count", "rate", "share", "change", "difference", "mix", "curve")
"""Kinds of figures with rows of every kind of place that they name."""


def _withheld(figure: Figure, shown: Shown, *, kind: str = WHOLE_KIND) -> pd.DataFrame:
    # Where nothing is restricted nothing is withheld: then there was nothing to count.
    status = WITHHELD if shown.restricted else NOT_RECORDED
    return pd.DataFrame(
        [
            {
                "measure": shown.labels.get(figure.of, figure.of),
                "definition": figure.of,
                "place_kind": kind,
                "place": shown.whole if kind == WHOLE_KIND else "",
                "status": status,
                "note": "not shown under this profile"
                if shown.restricted
                else "nothing was counted",
            }
        ]
    )


def _count(figure: Figure, shown: Shown) -> pd.DataFrame:
    return in_places(count_rows(lines_of(figure, shown, figure.of), shown), figure)


def _rate(figure: Figure, shown: Shown) -> pd.DataFrame:
    return in_places(rate_rows(lines_of(figure, shown, figure.of), shown), figure)


def _share(figure: Figure, shown: Shown) -> pd.DataFrame:
    """One measure as a share of another, of the same place and period."""
    lines = in_places(lines_of(figure, shown, figure.of), figure)
    whole = _wholes(figure, shown)
    if whole.empty and shown.restricted:
        return no_figures()  # what it is a share of is not shown
    of = ["period", "place_kind", "place"]
    # Matched by period and place, never by position: the two may have other lines.
    base = whole.set_index(of)[["count", "mark"]].reindex(pd.MultiIndex.from_frame(lines[of]))
    total = base["count"].to_numpy(dtype=float)
    # A part above its whole means that the two are counted by different rules, and a share of 130%
    # would be printed.
    above = lines["count"].to_numpy(dtype=float) > total
    # A share is missing for the reason that one of its two numbers is.
    marks = lines["mark"].where(lines["mark"] != "", base["mark"].fillna("").to_numpy())
    count = lines["count"].where(~np.isnan(total) & ~above)
    marks = marks.mask(above & (marks == ""), NOT_APPLICABLE)
    # Of nothing there is no share: it is no number that is given.
    is_of_none = total == 0
    rows = figure_lines(
        lines,
        "share",
        shown,
        base=total,
        base_name=_name_of(str(figure.against), shown),
        status=status_of(count, marks).mask(is_of_none, NOT_APPLICABLE),
        note=np.where(above, "more than its base: it is no part of it", ""),
        **percent(count, total),
    )
    # Made of what leaves, and withheld on a small base all the same: of 20 records each is 5%.
    return without_small_bases(rows, lines["factor"], shown)


def _wholes(figure: Figure, shown: Shown) -> pd.DataFrame:
    """What a share is of, by period and place: a measure, or a series of the same places."""
    name = str(figure.against)
    if shown.series.empty or name not in set(shown.series["series"]):
        return lines_of(figure, shown, name)
    table = shown.series[shown.series["series"] == name]
    parts = []
    for kind in dict.fromkeys([WHOLE_KIND, *figure.places]):
        # Series name the study area as it is printed, counts by the word for the whole.
        places = table["place"].where(table["place"] != shown.whole, WHOLE)
        inside = table.assign(place=places, place_kind=kind, mark="")
        parts.append(inside[(inside["place"] == WHOLE) == (kind == WHOLE_KIND)])
    return pd.concat(parts, ignore_index=True)


def _name_of(name: str, shown: Shown) -> str:
    """Label of a factor, measure or series."""
    labels = dict(shown.labels)
    if len(shown.series):
        labels |= dict(zip(shown.series["series"], shown.series["label"], strict=True))
    return labels.get(name, name)


def _series_change(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Change of the counts of a series, of each place and category, from one period to another."""
    if shown.series.empty:
        return no_figures()
    table = shown.series[shown.series["series"] == figure.of]
    table = table[table["count"].notna()]
    periods = list(dict.fromkeys(table["period"]))
    # In the order of the file: labels of series, such as 2021/22, may be of any kind.
    last, earlier = figure.period or periods[-1], figure.baseline or periods[0]
    by = ["place", "category"]
    now = table[table["period"] == last].set_index(by)
    before = table[table["period"] == earlier].set_index(by)["count"].reindex(now.index)
    # Only places and groups that both periods have: a new group did not rise from nothing.
    now = now[before.notna().to_numpy()].reset_index()
    old, new = before.dropna().to_numpy(float), now["count"].to_numpy(float)
    ratio = count_ratio(new, old)
    ends = limit_columns(Estimate(*(limit - 1 for limit in ratio)), 100.0, 0)
    rows = {
        "measure": now["label"],
        "definition": figure.of,
        "place_kind": np.where(now["place"] == shown.whole, WHOLE_KIND, "named"),
        "place": now["place"],
        "period": last,
        "by": np.where(now["category"] != "", "group", ""),
        "category": now["category"],
        "count": new,
        "base": old,
        "base_name": now["label"] + f", {earlier}",
        "value": percent_change(new, old),
        "unit": "%",
        "compared_with": earlier,
        "status": np.where(old > 0, GIVEN, NOT_APPLICABLE),
        "method": CONDITIONAL,
        "note": now["citation"],
    }
    return pd.DataFrame({**rows, **ends, **ratio_columns(ratio, old > 0)})


def _change(figure: Figure, shown: Shown) -> pd.DataFrame:
    """The last period against the baseline, and the target beside it."""
    rows = _changed(figure, shown)
    if figure.target is None or rows.empty:
        return rows
    met = pd.Series("target within the limits", index=rows.index)
    # A target is reached when the whole interval lies beyond it, and open while it lies inside.
    met = met.mask(rows["high"] <= figure.target, "target reached")
    met = met.mask(rows["low"] > figure.target, "target not reached")
    words = f"target {figure.target:+g}%: " + met.str.removeprefix("target ")
    note = rows["note"].where(rows["note"] == "", rows["note"] + "; ") + words
    return rows.assign(note=note.where(rows["status"] == GIVEN, rows["note"]))


def _changed(figure: Figure, shown: Shown) -> pd.DataFrame:
    if figure.of not in shown.periods:
        return _series_change(figure, shown)
    table = shown.places.reset_index()
    table = table[table["place_kind"].isin(list(figure.places))]
    last, earlier = change_periods(figure, shown.periods[figure.of], shown.units[figure.of])
    return change_rows(table, shown, figure.of, last, earlier)


def _difference(figure: Figure, shown: Shown) -> pd.DataFrame:
    """A share of one period less that of another, in points."""
    last, earlier = change_periods(figure, shown.periods[figure.of], shown.units[figure.of])
    # Shares of all periods: the figure names the later of the two alone.
    shares = _shares(replace(figure, period=None), shown)
    return difference_rows(shares, shown, figure.of, last, earlier)


def _shares(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Rows of the shares that a difference is of: of a mix, of another measure, or of the whole."""
    if figure.by is not None:
        return _mix(figure, shown)
    if figure.against is not None:
        return _share(figure, shown)
    return in_places(share_rows(lines_of(figure, shown, figure.of), shown), figure)


def _mix(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Records by one aspect; ages in bands where these are named."""
    rows = _mix_of(figure, shown)
    if not figure.bands:
        return rows
    # Bands of restricted records are cells of their own; sums of single years would be of cells
    # with noise each.
    if figure.of in shown.restricted:
        bands = _mix_of(figure, replace(shown, rhythm=shown.bands))
    else:
        bands = _summed_bands(rows, figure)
    if bands.empty:
        return no_figures()
    parts = [
        bands[bands["category"] == band_label(band)].assign(category=name)
        for name, band in figure.bands.items()
    ]
    # Not recorded stays a row: shares are of all records, and would not add up without it.
    banded = pd.concat([*parts, rows[rows["category"] == UNSAID]], ignore_index=True)
    return _noted(_with_bounds(banded), _without_years(rows))


def _with_bounds(banded: pd.DataFrame) -> pd.DataFrame:
    """Bands with what their shares could be, were all of no recorded age in or out of them."""
    of = ["definition", "period", "place_kind", "place"]
    unsaid = banded[banded["category"] == UNSAID].drop_duplicates(of).set_index(of)["count"]
    more = unsaid.astype(float).reindex(pd.MultiIndex.from_frame(banded[of])).to_numpy()
    most = percent_share(*part_of(banded["count"] + more, banded["base"]), decimals=1)
    # A verdict such as "more than half are under 25" holds where both ends say it.
    has_bound = (banded["category"] != UNSAID) & (more > 0) & banded["value"].notna()
    ends = zip(banded["value"].astype(float), most, strict=True)
    words = [f"{low:g}% to {high:g}% by ages that are not recorded" for low, high in ends]
    notes = banded["note"].where(banded["note"] == "", banded["note"] + "; ")
    return banded.assign(
        note=banded["note"].mask(has_bound, notes + pd.Series(words, banded.index))
    )


def _mix_of(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Rows of one aspect of one measure, in the places and the period that a figure names."""
    parts = [
        # Each further kind repeats the whole, which stands among the places of pages already.
        rows if kind is None else rows[rows["place_kind"] == kind]
        for kind, of_kind in _by_kind(figure, shown).items()
        for rows in mix_rows(of_kind, aspects=[str(figure.by)], factor=figure.of)
    ]
    if not parts:
        return no_figures()
    rows = in_places(pd.concat(parts, ignore_index=True), figure)
    return rows if figure.period is None else rows[rows["period"] == figure.period]


def _curve(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Where a curve of single years of age rises, stands out and is level."""
    # The noise of protected cells is no chance of events, so that no test of them holds.
    if figure.of in shown.restricted:
        return no_figures()
    return curve_rows(_mix_of(replace(figure, by="age"), shown), seed=shown.seed)


def _by_kind(figure: Figure, shown: Shown) -> dict[str | None, Shown]:
    """What a reader may see of the places of pages, under None, and of each further kind."""
    further = [] if shown.finer.empty else shown.finer.index.unique("place_kind")
    by_kind: dict[str | None, Shown] = {None: shown}
    by_kind |= {
        kind: replace(
            shown,
            rhythm=shown.finer.xs(kind, level="place_kind"),
            rhythm_kind=kind,
            is_finer=True,
        )
        for kind in figure.places
        if kind in further
    }
    return by_kind


def _summed_bands(rows: pd.DataFrame, figure: Figure) -> pd.DataFrame:
    """Ages in bands, which may overlap: sums of single years, of records that anybody may see."""
    by = ["definition", "period", "place_kind", "place"]
    every, years = rows.drop_duplicates(by).set_index(by), _years(rows)
    # An empty part with the right columns: there may be no band.
    parts = [rows.iloc[:0]]
    for first, last in dict.fromkeys(figure.bands.values()):
        sums = rows[(years >= first) & (years <= last)].groupby(by)["count"].sum()
        # A year without a line has no record, but where no age is a number nothing is known.
        count = sums.reindex(every.index).fillna(0.0 if years.notna().any() else np.nan)
        columns = {
            "count": count,
            "category": band_label((first, last)),
            "status": status_of(count, pd.Series(NOT_APPLICABLE, count.index)),
            **percent(count, every["base"]),
        }
        parts.append(every.assign(**columns).reset_index())
    return pd.concat(parts, ignore_index=True)


def _years(rows: pd.DataFrame) -> "pd.Series[float]":
    return pd.to_numeric(rows["category"], errors="coerce")


def _without_years(rows: pd.DataFrame) -> str:
    """Which ages are in no band, because they are no number of years."""
    # Words such as "under 10" would be lost from every band in silence.
    others = sorted(set(rows.loc[_years(rows).isna(), "category"]) - {UNSAID})
    return f"in no band, as no number of years: {', '.join(others)}" if others else ""


def _noted(table: pd.DataFrame, words: str) -> pd.DataFrame:
    """The rows with something more in their notes."""
    if not words:
        return table
    notes = table.get("note", pd.Series("", index=table.index)).fillna("").astype(str)
    return table.assign(note=(notes + "; " + words).where(notes != "", words))


def _series(figure: Figure, shown: Shown) -> pd.DataFrame:
    """The rows of a table without areas, with limits where it has counts."""
    if shown.series.empty:
        return no_figures()
    table = shown.series[shown.series["series"] == figure.of]
    if figure.period is not None:
        table = table[table["period"] == figure.period]
    rows = series_rows(table)
    # Of the places that a publication names, the study area alone is known here.
    return rows.assign(place_kind=rows["place_kind"].mask(rows["place"] == shown.whole, WHOLE_KIND))


REQUESTS: Mapping[str, Callable[[Figure, Shown], pd.DataFrame]] = MappingProxyType(
    {
        "count": _count,
        "rate": _rate,
        "share": _share,
        "change": _change,
        "difference": _difference,
        "mix": _mix,
        "curve": _curve,
        "concentration": concentration_rows,
        "gap": gap_rows,
        "overlap": overlap_rows,
        "together": together_rows,
        "series": _series,
        "detected": detected_rows,
        "harm": harm_rows,
        "repeats": people_rows,
        "history": people_rows,
        "living-in": people_rows,
    }
)
"""Kind of figure to what makes its rows."""
