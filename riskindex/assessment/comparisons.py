"""Figures that compare: places with chance, groups with all, sets of areas, two series by month."""

import numpy as np
import pandas as pd
from scipy import special

from riskindex.areas.groups import WHOLE
from riskindex.arrays import Array, Flags
from riskindex.assessment.figure_rows import (
    A_PART,
    CLOPPER_PEARSON,
    GIVEN,
    NOWHERE,
    Shown,
    figure_lines,
    in_places,
    limit_columns,
    lines_of,
    no_figures,
    percent,
)
from riskindex.assessment.options import Figure
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.disclosure import NOT_APPLICABLE, NOT_RECORDED
from riskindex.statistics.inequality import (
    by_chance,
    most_deprived_against_all,
    relative_index,
    slope_index,
    top_shares,
)
from riskindex.statistics.intervals import (
    Estimate,
    round_half_away,
    share_difference,
    share_difference_p,
)

CHANCE = "chance, by residents"


EVEN = "chance, all places alike"


DRAWS = 999
"""Random draws from the null hypothesis of a figure."""


def concentration_rows(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Share of the events in the fullest places, against what chance gives by residents."""
    lines = lines_of(figure, shown, figure.of)
    # Of the whole alone nothing can be concentrated in a part.
    kind = next((kind for kind in figure.places if kind != WHOLE_KIND), None)
    if lines.empty or kind is None:
        return no_figures()
    period = figure.period or shown.periods[figure.of][-1]
    lines = lines[lines["period"] == period]
    whole, parts = lines[lines["place_kind"] == WHOLE_KIND], lines[lines["place_kind"] == kind]
    # Events whose place is not known are not one place.
    parts = parts[parts["place"] != NOWHERE]
    rows = [_fullest(top, parts, whole, figure, shown) for top in figure.top]
    return pd.concat(rows, ignore_index=True)


def _fullest(
    top: int, parts: pd.DataFrame, whole: pd.DataFrame, figure: Figure, shown: Shown
) -> pd.DataFrame:
    # Of withheld places nobody can say whether they are among the fullest.
    counted = parts[parts["count"].notna()]
    if len(counted) < len(parts) or top > len(parts):
        why = f"{len(parts) - len(counted)} places are withheld or not assessed"
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
    counts = counted["count"].to_numpy(np.int64)
    people = counted["residents"].to_numpy(float)
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
    names = counted.sort_values("count", ascending=False, kind="stable")["place"].head(top)
    note = ", ".join(names) + f"; by chance {100 * chance.mean:.1f}%, {_p(float(chance.p))}"
    share = top_shares(counts, top)
    return figure_lines(
        whole,
        "concentration",
        shown,
        by=str(counted["place_kind"].iloc[0]),
        category=f"top {top}",
        count=np.sort(counts)[::-1][:top].sum(),
        base=counts.sum(),
        base_name="all events of the places",
        value=round_half_away(100 * share, decimals=1),
        unit="%",
        compared_with=CHANCE if exposed else EVEN,
        ratio=round_half_away(share / chance.mean, decimals=4),
        method=f"{DRAWS} draws of the multinomial law",
        note=note,
    )


def gap_rows(figure: Figure, shown: Shown) -> pd.DataFrame:
    """The first group of an order against all, with slope and relative index of inequality."""
    asked = Figure(
        name=figure.name, kind="count", of=figure.of, places=(str(figure.by),), period=figure.period
    )
    lines = in_places(lines_of(asked, shown, figure.of), asked)
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
    measures = {
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
        for category, (make, unit, decimals, scale) in measures.items()
    ]
    return pd.concat(rows, ignore_index=True)


def _estimated(estimate: Estimate, scale: float, decimals: int) -> dict[str, Array]:
    """A value and its limits as they are printed; none where they are infinite."""
    value, low, high = (np.atleast_1d(np.asarray(part, dtype=float)) for part in estimate)
    finite = np.where(np.isfinite(value), scale * value, np.nan)
    ends = limit_columns(Estimate(value, low, high), scale, decimals)
    return {"value": round_half_away(finite, decimals=decimals), **ends}


def overlap_rows(figure: Figure, shown: Shown) -> pd.DataFrame:
    """How many hot areas of one factor are hot for another, against chance."""
    pair = [figure.of, str(figure.against)]
    if shown.hot.empty or not {*pair} <= set(shown.hot.columns):
        return no_figures()
    # Areas that were assessed for both.
    both = shown.hot[pair].dropna().astype(bool)
    first, second = both[pair[0]].to_numpy(), both[pair[1]].to_numpy()
    shared, hot, n = int((first & second).sum()), int(first.sum()), len(both)
    lift, p = _against_chance(first, second)
    # Hot areas lie in clumps, which overlap by chance more often than scattered areas do.
    spatial = _spatial(both, shown)
    note = f"by chance {100 * second.sum() / n:.1f}%, {_p(p)}"
    note += f"; {_p(spatial)} against maps that are as clumped" if spatial is not None else ""
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
                "note": note,
                **{
                    k: v if isinstance(v, str) else float(np.asarray(v))
                    for k, v in percent(shared, hot).items()
                },
                "method": CLOPPER_PEARSON + "; hypergeometric p",
            }
        ]
    )


def difference_rows(
    shares: pd.DataFrame, shown: Shown, factor: str, last: str, earlier: str
) -> pd.DataFrame:
    """Each share of one period less that of another, in points, with its interval and p.

    Parameters
    ----------
    shares
        Rows of shares of all periods, with count, base and status.
    shown
        What the reader may see.
    factor, last, earlier
        Of which factor, and what is compared.
    """
    if shares.empty:
        return no_figures()
    key = ["definition", "place_kind", "place", "by", "category"]
    rows = shares.assign(**{c: shares.get(c, "") for c in key})
    now, old = (rows[rows["period"] == label].set_index(key) for label in (last, earlier))
    # A part that only one of the periods has changed the most, and must not drop out.
    both = now.index.union(old.index, sort=False)
    # A missing line of protected cells does not say that there was none.
    complete = factor not in shown.restricted
    now, old = (_with_every_part(part, both, complete=complete) for part in (now, old))
    # A part of a year and a whole one differ by their seasons.
    in_part = bool(shown.part_periods & {(factor, last), (factor, earlier)})
    status = now["status"].where(now["status"] != GIVEN, old["status"])
    status = status.mask((status == GIVEN) & in_part, NOT_APPLICABLE)
    given = status == GIVEN
    shares_of = [part[column] for part in (now, old) for column in ("count", "base")]
    # What is withheld in one period must not show through the interval of the difference.
    numbers = [numbers.astype(float).where(given).to_numpy() for numbers in shares_of]
    difference = share_difference(*numbers)
    then = old["value"].map("{:g}%".format) + f" in {earlier}"
    # The noise of protected cells is no chance of events, and a p would take it for one.
    if complete:
        then += "; " + pd.Series(share_difference_p(*numbers), now.index).map(_p)
    columns = {
        "period": last,
        "value": round_half_away(100 * difference.value, decimals=1),
        "unit": "points",
        **limit_columns(difference, 100.0, 1),
        "compared_with": earlier,
        **dict.fromkeys(("rank", "rank_by_count", "ratio", "ratio_low", "ratio_high"), np.nan),
        "status": status,
        "method": NEWCOMBE,
        "note": then.where(given, A_PART if in_part else ""),
    }
    return now.assign(**columns).reset_index()


NEWCOMBE = "difference of two shares, limits by Newcombe, p by Fisher's exact test"


def _with_every_part(rows: pd.DataFrame, every: pd.MultiIndex, *, complete: bool) -> pd.DataFrame:
    """Shares of one period with a line for each part of the other: of none of its base, or missing.

    Parameters
    ----------
    rows
        Index definition, place_kind, place, by and category.
    every
        Lines of both periods.
    complete
        Whether a line that is missing is one of no record.
    """
    levels = ["definition", "place_kind", "place", "by"]
    every_part = rows.reindex(every)
    missing = every_part["status"].isna()
    # A part without a line is 0 of the same base as the parts beside it.
    bases = rows["base"].groupby(level=levels).first().reindex(every.droplevel("category"))
    none = missing & complete & bases.notna().to_numpy()
    words = rows[["measure", "counted", "base_name"]].iloc[:1]
    fill = {column: words[column].iloc[0] for column in words if len(words)}
    fill |= {"count": 0.0, "base": bases.set_axis(every), "value": 0.0, "status": GIVEN}
    for column, value in fill.items():
        every_part[column] = every_part[column].mask(none, value)
    return every_part.assign(status=every_part["status"].fillna(NOT_RECORDED))


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

    # Eigenvectors of a large map take minutes; the p without space is given alone then.
    if shown.weights is None or len(both) > LARGEST or not both.any().all():
        return None
    # Areas that are not assessed for both are left out of the map of neighbours, too.
    at = shown.hot.index.get_indexer(both.index)
    basis = moran_basis(shown.weights[at][:, at])
    rng = np.random.default_rng(shown.seed)
    test = co_location(both.iloc[:, 0], both.iloc[:, 1], basis, rng, draws=DRAWS)
    return test.p_spatial


def together_rows(figure: Figure, shown: Shown) -> pd.DataFrame:
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
"""With fewer months in common two series are not compared."""


def _monthly(shown: Shown, factor: str) -> "pd.Series[float]":
    """Records of the whole by month; missing where one of a factor's groups is withheld."""
    if shown.rhythm.empty:
        return pd.Series(dtype=float)
    table = shown.rhythm.reset_index()
    table = table[(table["factor"] == factor) & (table["aspect"] == "month")]
    # A protected whole is a cell of its own, with less noise than a sum of its parts.
    if (table["place"] == WHOLE).any():
        table = table[table["place"] == WHOLE]
    return table.groupby("value")["records"].agg(lambda n: n.astype(float).sum(skipna=False))


def _deseasoned(series: "pd.Series[float]") -> "pd.Series[float]":
    """Logarithms less the mean of the same month of the year."""
    # Months multiply a level, and half an event keeps 0 finite.
    logs = np.log(series + 0.5)
    return logs - logs.groupby(series.index.str[5:]).transform("mean")
