"""Figures that a config asks for by name, each made of what a reader may see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import special

from riskindex.areas.groups import WHOLE
from riskindex.arrays import Array, Flags
from riskindex.assessment.changes import change_rows
from riskindex.assessment.detected import detected_rows
from riskindex.assessment.figure_rows import (
    CLOPPER_PEARSON,
    CONDITIONAL,
    GARWOOD,
    GIVEN,
    NOWHERE,
    Shown,
    figure_lines,
    limit_columns,
    no_figures,
    percent,
    ratio_columns,
    status_of,
    with_every_column,
    without_small_bases,
)
from riskindex.assessment.figures import UNSAID, count_rows, mix_rows, rate_rows
from riskindex.assessment.harm import harm_rows
from riskindex.assessment.options import Figure, band_label, change_periods
from riskindex.assessment.people_rows import people_rows
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.disclosure import NOT_APPLICABLE, NOT_RECORDED, WITHHELD
from riskindex.statistics.inequality import (
    by_chance,
    most_deprived_against_all,
    relative_index,
    slope_index,
    top_shares,
)
from riskindex.statistics.intervals import (
    Estimate,
    clopper_pearson,
    count_interval,
    count_ratio,
    percent_change,
    round_half_away,
)

CHANCE = "chance, by residents"
EVEN = "chance, all places alike"
DRAWS = 999
"""Random draws of a figure that is held against chance."""


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
    table = _with_benchmark(table, figure)
    label = {"measure": figure.label} if figure.label else {}
    return _noted(table, figure.note).assign(figure=figure.name, kind=figure.kind, **label)


def _with_benchmark(table: pd.DataFrame, figure: Figure) -> pd.DataFrame:
    """The rows with what they are beside a benchmark, by their limits."""
    if figure.benchmark is None or "low" not in table:
        return table
    # As public-health profiles compare: by whether the interval holds the benchmark, and never by
    # the value alone.
    against = np.select(
        [
            table["low"] > figure.benchmark,
            table["high"] < figure.benchmark,
            table["low"].notna() & table["high"].notna(),
        ],
        ["higher", "lower", "similar"],
        default="not compared",
    )
    told = f"{figure.benchmark_name} {figure.benchmark:g}: " + pd.Series(against, table.index)
    notes = table.get("note", pd.Series("", index=table.index)).fillna("").astype(str)
    return table.assign(note=told.where(notes == "", notes + "; " + told))


BY_PLACE = ("count", "rate", "share", "change", "mix")
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


def _lines_of(figure: Figure, shown: Shown, factor: str) -> pd.DataFrame:
    """Counts of a factor in the places and periods that a figure names."""
    table = shown.places.reset_index()
    table = table[
        (table["factor"] == factor) & table["place_kind"].isin([*figure.places, WHOLE_KIND])
    ]
    return table if figure.period is None else table[table["period"] == figure.period]


def _in_places(rows: pd.DataFrame, figure: Figure) -> pd.DataFrame:
    return rows[rows["place_kind"].isin(list(figure.places))]


def _count(figure: Figure, shown: Shown) -> pd.DataFrame:
    return _in_places(count_rows(_lines_of(figure, shown, figure.of), shown), figure)


def _rate(figure: Figure, shown: Shown) -> pd.DataFrame:
    return _in_places(rate_rows(_lines_of(figure, shown, figure.of), shown), figure)


def _share(figure: Figure, shown: Shown) -> pd.DataFrame:
    """One measure as a share of another, of the same place and period."""
    lines = _in_places(_lines_of(figure, shown, figure.of), figure)
    whole = _wholes(figure, shown)
    of = ["period", "place_kind", "place"]
    base = whole.set_index(of)[["count", "mark"]].reindex(pd.MultiIndex.from_frame(lines[of]))
    total = base["count"].to_numpy(dtype=float)
    # A part above its whole means that the two are counted by different rules, and a share of 130%
    # would be printed.
    above = lines["count"].to_numpy(dtype=float) > total
    marks = lines["mark"].where(lines["mark"] != "", base["mark"].fillna("").to_numpy())
    known = lines["count"].where(~np.isnan(total) & ~above)
    marks = marks.mask(above & (marks == ""), NOT_APPLICABLE)
    rows = figure_lines(
        lines,
        "share",
        shown,
        base=total,
        base_name=_name_of(str(figure.against), shown),
        status=status_of(known, marks),
        note=np.where(above, "more than its base: it is no part of it", ""),
        **percent(known, total),
    )
    # Made of what leaves, and withheld on a small base all the same: of 20 records each is 5%.
    return without_small_bases(rows, lines["factor"], shown)


def _wholes(figure: Figure, shown: Shown) -> pd.DataFrame:
    """What a share is of, by period and place: a measure, or a series of the same places."""
    name = str(figure.against)
    if shown.series.empty or name not in set(shown.series["series"]):
        return _lines_of(figure, shown, name)
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
    found = count_ratio(new, old)
    ends = limit_columns(Estimate(*(limit - 1 for limit in found)), 100.0, 0)
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
    return pd.DataFrame({**rows, **ends, **ratio_columns(found, old > 0)})


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
    told = rows["note"].where(rows["note"] == "", rows["note"] + "; ") + words
    return rows.assign(note=told.where(rows["status"] == GIVEN, rows["note"]))


def _changed(figure: Figure, shown: Shown) -> pd.DataFrame:
    if figure.of not in shown.periods:
        return _series_change(figure, shown)
    table = shown.places.reset_index()
    table = table[table["place_kind"].isin(list(figure.places))]
    last, earlier = change_periods(figure, shown.periods[figure.of], shown.units[figure.of])
    return change_rows(table, shown, figure.of, last, earlier)


def _mix(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Records by one aspect; ages in bands where these are named."""
    rows = _mix_of(figure, shown)
    if not figure.bands:
        return rows
    # Bands of restricted records are cells of their own; sums of single years would be of cells
    # with noise each.
    if figure.of in shown.restricted:
        found = _mix_of(figure, replace(shown, rhythm=shown.bands))
    else:
        found = _summed_bands(rows, figure)
    if found.empty:
        return no_figures()
    parts = [
        found[found["category"] == band_label(band)].assign(category=name)
        for name, band in figure.bands.items()
    ]
    # Not recorded stays a row: shares are of all records, and would not add up without it.
    banded = pd.concat([*parts, rows[rows["category"] == UNSAID]], ignore_index=True)
    return _noted(banded, _without_years(rows))


def _mix_of(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Rows of one aspect of one measure, in the places and the period that a figure names."""
    parts = list(mix_rows(shown, aspects=[str(figure.by)], factor=figure.of))
    if not parts:
        return no_figures()
    rows = _in_places(pd.concat(parts), figure)
    return rows if figure.period is None else rows[rows["period"] == figure.period]


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
        told = {
            "count": count,
            "category": band_label((first, last)),
            "status": status_of(count, pd.Series(NOT_APPLICABLE, count.index)),
            **percent(count, every["base"]),
        }
        parts.append(every.assign(**told).reset_index())
    return pd.concat(parts, ignore_index=True)


def _years(rows: pd.DataFrame) -> "pd.Series[float]":
    return pd.to_numeric(rows["category"], errors="coerce")


def _without_years(rows: pd.DataFrame) -> str:
    """Which ages are in no band, because they are no number of years."""
    others = sorted(set(rows.loc[_years(rows).isna(), "category"]) - {UNSAID})
    return f"in no band, as no number of years: {', '.join(others)}" if others else ""


def _noted(table: pd.DataFrame, words: str) -> pd.DataFrame:
    """The rows with something more in their notes."""
    if not words:
        return table
    notes = table.get("note", pd.Series("", index=table.index)).fillna("").astype(str)
    return table.assign(note=(notes + "; " + words).where(notes != "", words))


def _concentration(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Share of the events in the fullest places, against what chance gives by residents."""
    lines = _lines_of(figure, shown, figure.of)
    # Of the whole alone nothing can be concentrated in a part.
    kind = next((kind for kind in figure.places if kind != WHOLE_KIND), None)
    if lines.empty or kind is None:
        return no_figures()
    period = figure.period or shown.periods[figure.of][-1]
    lines = lines[lines["period"] == period]
    whole, parts = lines[lines["place_kind"] == WHOLE_KIND], lines[lines["place_kind"] == kind]
    parts = parts[parts["place"] != NOWHERE]
    rows = [_fullest(top, parts, whole, figure, shown) for top in figure.top]
    return pd.concat(rows, ignore_index=True)


def _fullest(
    top: int, parts: pd.DataFrame, whole: pd.DataFrame, figure: Figure, shown: Shown
) -> pd.DataFrame:
    # Of withheld places nobody can say whether they are among the fullest.
    known = parts[parts["count"].notna()]
    if len(known) < len(parts) or top > len(parts):
        why = f"{len(parts) - len(known)} places are withheld or not assessed"
        said = why if top <= len(parts) else f"there are {len(parts)} places"
        return figure_lines(
            whole,
            "concentration",
            shown,
            category=f"top {top}",
            count=np.nan,
            status=NOT_APPLICABLE,
            note=said,
        )
    counts = known["count"].to_numpy(np.int64)
    people = known["residents"].to_numpy(float)
    # By chance events fall where people are; without residents everywhere, alike on all places.
    exposed = bool((people > 0).all())
    chance = by_chance(
        lambda n: top_shares(n, top),
        counts,
        np.random.default_rng(shown.seed),
        exposure=people if exposed else None,
        draws=DRAWS,
    )
    # Named, because a reader asks which; of equal places the first.
    names = known.sort_values("count", ascending=False, kind="stable")["place"].head(top)
    told = ", ".join(names) + f"; by chance {100 * chance.mean:.1f}%, {_p(float(chance.p))}"
    share = top_shares(counts, top)
    return figure_lines(
        whole,
        "concentration",
        shown,
        by=str(known["place_kind"].iloc[0]),
        category=f"top {top}",
        count=np.sort(counts)[::-1][:top].sum(),
        base=counts.sum(),
        base_name="all events of the places",
        value=round_half_away(100 * share, decimals=1),
        unit="%",
        compared_with=CHANCE if exposed else EVEN,
        ratio=round_half_away(share / chance.mean, decimals=4),
        method=f"{DRAWS} draws of the multinomial law",
        note=told,
    )


def _gap(figure: Figure, shown: Shown) -> pd.DataFrame:
    """The first group of an order against all, with slope and relative index of inequality."""
    asked = Figure(
        name=figure.name, kind="count", of=figure.of, places=(str(figure.by),), period=figure.period
    )
    lines = _in_places(_lines_of(asked, shown, figure.of), asked)
    # Areas in no group have no place in an order of groups.
    lines = lines[lines["place"] != NOWHERE]
    parts = [_gap_of(part, figure, shown) for _, part in lines.groupby("period", sort=False)]
    return pd.concat(parts, ignore_index=True) if parts else no_figures()


def _gap_of(part: pd.DataFrame, figure: Figure, shown: Shown) -> pd.DataFrame:
    # The order of inequality is from the least deprived to the most; fifths are named from 1.
    part = part.sort_values("place", ascending=False)
    counts, people = part["count"].to_numpy(float), part["residents"].to_numpy(float)
    # The line of the whole is made of any line; its numbers are given below.
    fixed = part.iloc[[-1]].assign(place=WHOLE, place_kind=WHOLE_KIND)
    # A slope through some of the groups would be one of others.
    if np.isnan(counts).any() or len(part) < 2 or not (people > 0).all():
        marks = part["mark"][part["mark"] != ""]
        status = marks.iloc[0] if len(marks) else NOT_APPLICABLE
        return figure_lines(
            fixed,
            "gap",
            shown,
            by=figure.by,
            count=np.nan,
            status=status,
            note="a group is withheld, or without residents",
        )
    found = {
        f"{part['place'].iloc[-1]} against all": (most_deprived_against_all, "times", 2, 1.0),
        "slope index": (slope_index, "per 1,000", 1, 1000.0),
        "relative index": (relative_index, "times", 2, 1.0),
    }
    rows = [
        figure_lines(
            fixed,
            "gap",
            shown,
            by=figure.by,
            category=category,
            base=people.sum(),
            base_name="residents",
            unit=unit,
            compared_with=f"rate of {shown.whole}",
            method="exact given the total" if make is most_deprived_against_all else "MOVER",
            **_estimated(make(counts, people), scale, decimals),
        )
        for category, (make, unit, decimals, scale) in found.items()
    ]
    return pd.concat(rows, ignore_index=True)


def _estimated(found: Estimate, scale: float, decimals: int) -> dict[str, Array]:
    """A value and its limits as they are printed; none where they are infinite."""
    value, low, high = (np.atleast_1d(np.asarray(part, dtype=float)) for part in found)
    finite = np.where(np.isfinite(value), scale * value, np.nan)
    ends = limit_columns(Estimate(value, low, high), scale, decimals)
    return {"value": round_half_away(finite, decimals=decimals), **ends}


def _overlap(figure: Figure, shown: Shown) -> pd.DataFrame:
    """How many hot areas of one factor are hot for another, against chance."""
    pair = [figure.of, str(figure.against)]
    if shown.hot.empty or not {*pair} <= set(shown.hot.columns):
        return no_figures()
    # Areas that were assessed for both.
    both = shown.hot[pair].dropna().astype(bool)
    first, second = both[pair[0]].to_numpy(), both[pair[1]].to_numpy()
    shared, hot, n = int((first & second).sum()), int(first.sum()), len(both)
    lift, p = _against_chance(first, second)
    spatial = _spatial(both, shown)
    told = f"by chance {100 * second.sum() / n:.1f}%, {_p(p)}"
    told += f"; {_p(spatial)} against maps that are as clumped" if spatial is not None else ""
    return pd.DataFrame(
        [
            {
                "measure": shown.labels[pair[0]],
                "definition": pair[0],
                "counted": "areas",
                "place_kind": WHOLE_KIND,
                "place": shown.whole,
                "period": shown.periods[pair[0]][-1],
                "by": "",
                "category": f"hot for {shown.labels[pair[1]]} too",
                "count": shared,
                "base": hot,
                "base_name": f"areas hot for {shown.labels[pair[0]]}",
                "compared_with": EVEN,
                "ratio": lift,
                "status": GIVEN if hot else NOT_APPLICABLE,
                "note": told,
                **{
                    k: v if isinstance(v, str) else float(np.asarray(v))
                    for k, v in percent(shared, hot).items()
                },
                "method": CLOPPER_PEARSON + "; hypergeometric p",
            }
        ]
    )


def _p(p: float) -> str:
    """A probability in a note."""
    return "p below 0.001" if p < 0.001 else f"p {p:.3f}"


def _against_chance(first: Flags, second: Flags) -> tuple[float, float]:
    from scipy import stats

    n, k, m = len(first), int(first.sum()), int(second.sum())
    shared, expected = int((first & second).sum()), k * m / max(n, 1)
    # sf(x) is P(X > x): less 1, so that what was observed counts as well.
    p = float(stats.hypergeom.sf(shared - 1, n, k, m))
    return (round(shared / expected, 4) if expected else np.nan), p


def _spatial(both: pd.DataFrame, shown: Shown) -> float | None:
    """p against random sets that are as clumped; None where neighbours are not given."""
    from riskindex.statistics.co_location import LARGEST, co_location, moran_basis

    # Eigenvectors of a large map take minutes; chance alone is told then.
    if shown.weights is None or len(both) > LARGEST or not both.any().all():
        return None
    # Areas that are not assessed for both are left out of the map of neighbours, too.
    at = shown.hot.index.get_indexer(both.index)
    basis = moran_basis(shown.weights[at][:, at])
    rng = np.random.default_rng(shown.seed)
    found = co_location(both.iloc[:, 0], both.iloc[:, 1], basis, rng, draws=DRAWS)
    return found.p_spatial


def _together(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Whether two monthly series rise and fall together, the months of the year taken out."""
    parts = [_monthly(shown, name) for name in (figure.of, str(figure.against))]
    # Only months that both have: a missing one is no month without events.
    joined = pd.concat(parts, axis=1).dropna()
    if len(joined) < LEAST_MONTHS:
        return no_figures()
    # Two series that both peak in July are alike for that alone: the season is taken out where two
    # years show it.
    whole_years = len(joined) >= 24
    columns = [joined.iloc[:, i] for i in (0, 1)]
    left, right = (_deseasoned(column) if whole_years else column for column in columns)
    r = float(np.corrcoef(left, right)[0, 1])
    degrees = len(joined) - (13 if whole_years else 2)
    # Fisher's z; the twelve means of the months cost degrees of freedom.
    half = special.ndtri(0.975) / np.sqrt(max(degrees - 1, 1))
    # The inverse tangent of 1 is infinite.
    z = np.arctanh(np.clip(r, -0.999999, 0.999999))
    ends = [r, float(np.tanh(z - half)), float(np.tanh(z + half))]
    value, low, high = round_half_away(ends, decimals=2).tolist()
    return pd.DataFrame(
        [
            {
                "measure": shown.labels[figure.of],
                "definition": figure.of,
                "counted": "months",
                "place_kind": WHOLE_KIND,
                "place": shown.whole,
                "period": f"{joined.index[0]} to {joined.index[-1]}",
                "by": "month",
                "count": len(joined),
                "value": value,
                "unit": "correlation",
                "low": low,
                "high": high,
                "compared_with": shown.labels[str(figure.against)],
                "status": GIVEN,
                "method": "Pearson, limits by Fisher's z",
                "note": "month of the year taken out" if whole_years else "of less than two years",
            }
        ]
    )


LEAST_MONTHS = 12
"""Fewer months tell nothing of whether two series go together."""


def _monthly(shown: Shown, factor: str) -> "pd.Series[float]":
    """Records of the whole by month; missing where one of a factor's groups is withheld."""
    if shown.rhythm.empty:
        return pd.Series(dtype=float)
    table = shown.rhythm.reset_index()
    table = table[(table["factor"] == factor) & (table["aspect"] == "month")]
    if (table["place"] == WHOLE).any():
        table = table[table["place"] == WHOLE]
    return table.groupby("value")["records"].agg(lambda n: n.astype(float).sum(skipna=False))


def _deseasoned(series: "pd.Series[float]") -> "pd.Series[float]":
    """Logarithms less the mean of the same month of the year."""
    # Months multiply a level, and half an event keeps 0 finite.
    logs = np.log(series + 0.5)
    return logs - logs.groupby(series.index.str[5:]).transform("mean")


def _series(figure: Figure, shown: Shown) -> pd.DataFrame:
    """The rows of a table without areas, with limits where it has counts."""
    if shown.series.empty:
        return no_figures()
    table = shown.series[shown.series["series"] == figure.of]
    if figure.period is not None:
        table = table[table["period"] == figure.period]
    rows = series_rows(table)
    return rows.assign(place_kind=rows["place_kind"].mask(rows["place"] == shown.whole, WHOLE_KIND))


def series_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of series: values as published, or made of count and base with exact limits.

    Parameters
    ----------
    table
        Columns of `Shown.series`; unit %, per 1,000, per 10,000, per 100,000 or of a count.
    """
    parts = [_of_unit(part, str(unit)) for unit, part in table.groupby("unit", sort=False)]
    # In the order of the file again, which grouping by unit has changed.
    return pd.concat(parts).loc[table.index] if parts else no_figures()


def _of_unit(part: pd.DataFrame, unit: str) -> pd.DataFrame:
    count, base = part["count"].to_numpy(float), part["base"].to_numpy(float)
    per, is_share = PER.get(unit), unit == "%"
    scale, decimals = (100.0 if is_share else 1.0), (1 if is_share or per else 0)
    exposure = base / per if per else 1.0
    made = clopper_pearson(count, base) if is_share else count_interval(count, exposure)
    worked = round_half_away(scale * np.asarray(made.value), decimals=decimals)
    # A value that the source quotes goes before our own of its count: rounding there may differ.
    value = part["value"].where(part["value"].notna(), worked)
    exact = CLOPPER_PEARSON if is_share else GARWOOD
    fixed = {
        "measure": part["label"],
        "definition": part["series"],
        "place_kind": "named",
        "place": part["place"],
        "period": part["period"],
        "by": np.where(part["category"] != "", "group", ""),
        "category": part["category"],
        "count": count,
        "base": base,
        "value": value,
        "unit": unit,
        "status": np.where(value.isna(), NOT_RECORDED, GIVEN),
        "method": np.where(np.isnan(made.value), "as published", exact),
        "note": part["citation"],
    }
    return pd.DataFrame({**fixed, **limit_columns(made, scale, decimals)}, index=part.index)


PER: Mapping[str, float] = MappingProxyType(
    {"per 1,000": 1e3, "per 10,000": 1e4, "per 100,000": 1e5}
)
"""Unit of a rate to how many it is per."""

REQUESTS: Mapping[str, Callable[[Figure, Shown], pd.DataFrame]] = MappingProxyType(
    {
        "count": _count,
        "rate": _rate,
        "share": _share,
        "change": _change,
        "mix": _mix,
        "concentration": _concentration,
        "gap": _gap,
        "overlap": _overlap,
        "together": _together,
        "series": _series,
        "detected": detected_rows,
        "harm": harm_rows,
        "repeats": people_rows,
        "history": people_rows,
        "living-in": people_rows,
    }
)
"""Kind of figure to what makes its rows."""
