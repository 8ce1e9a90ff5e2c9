"""Figures about people: repeats, what they were named in before, and where they live."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE
from riskindex.arrays import Array
from riskindex.assessment.figure_rows import (
    GIVEN,
    Shown,
    no_figures,
    percent,
    status_of,
    without_small_bases,
)
from riskindex.assessment.options import Figure
from riskindex.assessment.people_counts import (
    ANYWHERE,
    AREA,
    EARLIER,
    HOME,
    INSIDE,
    NAMED,
    NUMBER,
    PEOPLE,
    RECORDS,
    SEPARATOR,
    SEVERAL,
    UNNAMED,
)
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.disclosure import WITHHELD
from riskindex.statistics.intervals import round_half_away
from riskindex.statistics.multinomial import draw_multinomial

BOOTSTRAP = "bootstrap over people"
RESAMPLES = 999
IN_AREAS, RESIDENTS_ITEM, AREAS_ITEM = "in areas", "residents", "areas"
"""Beginning of items that count who lives in some areas; residents and areas beside people."""


def with_homes(
    people: pd.DataFrame,
    figures: Sequence[Figure],
    flags: "Mapping[str, pd.Series[bool]]",
    residents: "pd.Series[float] | None",
) -> pd.DataFrame:
    """The counts of people with those who live in some areas in place of those of single areas.

    Parameters
    ----------
    people
        Of `count_people`.
    figures
        Of the config.
    flags
        Name of the figure to whether each area is one of its areas, index area_code; missing where
        it was not assessed. Figures whose areas the reader may not see are not among them.
    residents
        Of each area; None where they are not known.

    Returns
    -------
    DataFrame
        The lines of areas are gone.
    """
    parts = [people[people["place_kind"] != AREA]]
    for figure in figures:
        if figure.name not in flags or figure.kind != "living-in":
            continue
        lines = people[(people["figure"] == figure.name) & (people["place_kind"] == AREA)]
        in_figure = flags[figure.name].dropna().astype(bool)
        # Homes in areas that were not assessed are in neither number, or the share would be too
        # low.
        lines = lines[lines["place"].isin(in_figure.index)]
        inside = lines["place"].isin(in_figure.index[in_figure])
        # Everybody with a home in an assessed area is the base of those in the figure's areas.
        for among, prefix in ((lines, ""), (lines[inside], IN_AREAS + SEPARATOR)):
            parts.append(_of_areas(among, lines, prefix, figure))
            codes = in_figure.index if prefix == "" else in_figure.index[in_figure]
            parts.append(_size(lines, prefix + AREAS_ITEM, float(len(codes)), figure))
            if residents is not None:
                total = float(residents.reindex(codes).sum())
                parts.append(_size(lines, prefix + RESIDENTS_ITEM, total, figure))
    return pd.concat(parts, ignore_index=True)


def _of_areas(
    among: pd.DataFrame, lines: pd.DataFrame, prefix: str, figure: Figure
) -> pd.DataFrame:
    """Sums over areas by period and item, 0 where nobody lives in any of them."""
    keys = ["factor", "period", "item"]
    every = pd.MultiIndex.from_frame(lines[keys].drop_duplicates())
    # Fingerprints wrap around as unsigned whole numbers do, and are meant to.
    sums = among.groupby(keys, sort=False)[["count", "fingerprint"]].sum()
    table = sums.reindex(every, fill_value=0).astype({"fingerprint": "uint64"}).reset_index()
    return _placed(table.assign(item=prefix + table["item"]), figure)


def _size(lines: pd.DataFrame, item: str, number: float, figure: Figure) -> pd.DataFrame:
    """Number of the areas, or of their residents."""
    table = lines[["factor", "period"]].drop_duplicates()
    return _placed(table.assign(item=item, count=number, fingerprint=np.uint64(0)), figure)


def _placed(table: pd.DataFrame, figure: Figure) -> pd.DataFrame:
    fixed = {"figure": figure.name, "place_kind": WHOLE_KIND, "place": WHOLE, "by": "areas"}
    return table.assign(**fixed, category="", note="")


def people_rows(figure: Figure, shown: Shown) -> pd.DataFrame:
    """Rows of a figure about people, of what the reader may see."""
    if shown.people.empty:
        return no_figures()
    lines = shown.people[shown.people["figure"] == figure.name]
    if figure.period is not None:
        lines = lines[lines["period"] == figure.period]
    if lines.empty:
        return no_figures()
    make = {"repeats": _repeats, "history": _history, "living-in": _living_in}[figure.kind]
    parts = list(make(_Wide(lines, figure, shown)))
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    shares = table["base_name"].fillna("") != ""
    # Only shares: a count on its own has no base that could be too small.
    checked = without_small_bases(table[shares], pd.Series(figure.of, table.index[shares]), shown)
    return pd.concat([table[~shares], checked]).sort_index()


class _Wide:
    """Lines of one figure with a column for each item, by period, place and category."""

    def __init__(self, lines: pd.DataFrame, figure: Figure, shown: Shown) -> None:
        keys = ["period", "place_kind", "place", "by", "category"]
        self.figure, self.shown = figure, shown
        self.count = lines.pivot(index=keys, columns="item", values="count")
        self.mark = lines.pivot(index=keys, columns="item", values="mark")
        self.note = lines.pivot(index=keys, columns="item", values="note")
        # Pivoting sorts; the order of the figure, such as bands from young to old, is that of its
        # lines.
        order = pd.MultiIndex.from_frame(lines[keys].drop_duplicates())
        self.count, self.mark, self.note = (
            table.reindex(order) for table in (self.count, self.mark, self.note)
        )

    def items(self, beginning: str) -> list[str]:
        """Items that begin so, in the order of their names."""
        return [item for item in self.count if str(item).partition(SEPARATOR)[0] == beginning]

    def of(self, item: str) -> Array:
        """Numbers of an item; missing where it is withheld."""
        # An item that is withheld in every line has no column.
        if item not in self.count:
            return np.full(len(self.count), np.nan)
        return np.asarray(self.count[item], dtype=float)

    def notes_of(self, item: str) -> "pd.Series[str]":
        """What must be said beside an item."""
        return self.note[item].fillna("").reset_index(drop=True)

    def rows(
        self, words: str, item: str, *, counted: str = "people", **columns: object
    ) -> pd.DataFrame:
        """Rows of one item, whose category is what it counts, of the group it is of."""
        where = self.count.index.to_frame(index=False)
        place = where["place"].mask(where["place_kind"] == WHOLE_KIND, self.shown.whole)
        category = (
            where["category"].where(where["category"] == "", where["category"] + ": ") + words
        )
        mark = self.mark[item] if item in self.mark else pd.Series("", index=self.count.index)
        count = pd.Series(self.of(item))
        fixed = {
            "measure": self.shown.labels[self.figure.of],
            "definition": self.figure.of,
            "counted": counted,
            "place_kind": where["place_kind"],
            "place": place,
            "period": where["period"],
            "by": where["by"],
            "category": category,
            "count": count,
            "unit": counted,
            "status": status_of(count, mark.fillna("").reset_index(drop=True)),
            "note": "",
        }
        return pd.DataFrame({**fixed, **columns})


def _repeats(wide: _Wide) -> Iterator[pd.DataFrame]:
    """Records and people, two figures of repeats, and earlier records."""
    records, people, unnamed = wide.of(RECORDS), wide.of(PEOPLE), wide.of(UNNAMED)
    all_records = "records of the period, wherever people live"
    yield wide.rows("records that name a person", RECORDS, counted="records", value=records)
    # Where many records name nobody, the repeats below are a lower bound.
    without = percent(unnamed, records + unnamed)
    yield wide.rows(
        "records that name nobody",
        UNNAMED,
        counted="records",
        base=records + unnamed,
        base_name=all_records,
        **without,
    )
    yield wide.rows("people", PEOPLE, value=people)
    mean, further = _means(wide)
    yield wide.rows("records per person", RECORDS, counted="records", base=people, **mean)
    more = wide.rows("further records of people who had one", RECORDS, counted="records", **further)
    yield _withheld_without_number(more)
    several = percent(wide.of(SEVERAL), people)
    yield wide.rows("people with two records or more", SEVERAL, base=people, **_PEOPLE, **several)
    yield from _earlier(wide)


_PEOPLE = {"base_name": "people"}


def _means(wide: _Wide) -> tuple[dict[str, object], dict[str, object]]:
    """Records per person, and further records as a share of all, with limits by people.

    The distribution of records over people is resampled, which does not hang on the order of
    people; who sees protected cells does not see it, and gets no limits.
    """
    records, people, unnamed = wide.of(RECORDS), wide.of(PEOPLE), wide.of(UNNAMED)
    more = _difference(records, people, wide)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(people > 0, records / people, np.nan)
        share = np.where(records > 0, 100 * more / records, np.nan)
        # Bounds: none of the unnamed records repeats anybody, or all of them do.
        least, most = (100 * (more + n) / (records + unnamed) for n in (0, unnamed))
    ends = np.array([_limits(wide, row) for row in range(len(records))])
    method = np.where(np.isnan(ends[:, 0]), "", BOOTSTRAP)
    bounds = [
        f"between {a:.1f}% and {b:.1f}% whoever is in the {u:,.0f} records that name nobody"
        if u > 0 and np.isfinite(a + b)
        else ""
        for a, b, u in zip(least, most, unnamed, strict=True)
    ]
    of_mean = {
        "value": round_half_away(mean, decimals=2),
        "low": round_half_away(ends[:, 0], decimals=2),
        "high": round_half_away(ends[:, 1], decimals=2),
        "unit": "records per person",
        **_PEOPLE,
    }
    of_share = {
        "count": more,
        "base": records,
        "base_name": "records that name a person",
        "value": round_half_away(share, decimals=1),
        # Of m records per person 1 - 1/m are further ones, so that limits of the one are limits of
        # the other.
        "low": round_half_away(100 * (1 - 1 / ends[:, 0]), decimals=1),
        "high": round_half_away(100 * (1 - 1 / ends[:, 1]), decimals=1),
        "unit": "%",
        "note": bounds,
    }
    return {**of_mean, "method": method}, {**of_share, "method": method}


def _limits(wide: _Wide, row: int) -> tuple[float, float]:
    """Limits of the mean number of records per person, of people drawn again."""
    items = wide.items(NUMBER)
    numbers = np.array([int(item.partition(SEPARATOR)[2]) for item in items])
    people = np.nan_to_num(np.array([wide.of(item)[row] for item in items]))
    # Under protection the distribution is not released, and nothing can be drawn.
    if not people.sum():
        return np.nan, np.nan
    total = int(people.sum())
    # Anew for every row: its limits do not hang on which rows stand before it.
    rng = np.random.default_rng(wide.shown.seed)
    drawn = draw_multinomial(rng, total, people, draws=RESAMPLES)
    # Percentile bootstrap, 95%.
    low, high = np.quantile(drawn @ numbers / total, [0.025, 0.975])
    return float(low), float(high)


def _earlier(wide: _Wide) -> Iterator[pd.DataFrame]:
    """People with an earlier record within some years, and those without."""
    people = wide.of(PEOPLE)
    # By number: as text 10 years would stand before 5.
    items = sorted(wide.items(EARLIER), key=lambda item: int(item.partition(SEPARATOR)[2]))
    for item in items:
        years = item.partition(SEPARATOR)[2]
        yield wide.rows(
            "people with an earlier record",
            item,
            base=people,
            compared_with=_so_long(years) + " before their first of the period",
            **_PEOPLE,
            **percent(wide.of(item), people),
        ).assign(note=wide.notes_of(item))
    if items:
        # By the longest look back: the further it reaches, the fewer are there for the first time.
        first = _difference(people, wide.of(items[-1]), wide)
        years = items[-1].partition(SEPARATOR)[2]
        rows = wide.rows(
            "people for the first time",
            items[-1],
            base=people,
            compared_with=_so_long(years) + " before",
            **_PEOPLE,
            **percent(first, people),
        ).assign(count=first, note=wide.notes_of(items[-1]).str.replace("the least", "the most"))
        yield _withheld_without_number(rows)


def _difference(more: Array, less: Array, wide: _Wide) -> Array:
    """How many more there are; missing where protected cells leave it open."""
    # Two protected cells may cross, and a negative number would be printed; that they are rounded
    # alike does not say that there is none.
    least = 1 if wide.figure.of in wide.shown.restricted else 0
    return np.where(more - less >= least, more - less, np.nan)


def _withheld_without_number(rows: pd.DataFrame) -> pd.DataFrame:
    without = rows["count"].isna() & (rows["status"] == GIVEN)
    return rows.assign(status=rows["status"].mask(without, WITHHELD))


def _so_long(years: str) -> str:
    return f"{years} year" if years == "1" else f"{years} years"


def _history(wide: _Wide) -> Iterator[pd.DataFrame]:
    """People who are named in other records, in the order of the config."""
    people = wide.of(PEOPLE)
    yield wide.rows("people", PEOPLE, value=people)
    order = {other.label: i for i, other in enumerate(wide.figure.records)}
    when = {other.label: other.when for other in wide.figure.records}
    for item in sorted(wide.items(NAMED), key=lambda item: order[item.split(SEPARATOR)[1]]):
        _, label, value, years = item.split(SEPARATOR)
        then = {"period": "the same period", "ever": "any time"}.get(when[label], "")
        yield wide.rows(
            f"{label}: {value}" if value else label,
            item,
            base=people,
            compared_with=then or f"{_so_long(years)} before their latest record",
            **_PEOPLE,
            **percent(wide.of(item), people),
        ).assign(note=wide.notes_of(item))


def _living_in(wide: _Wide) -> Iterator[pd.DataFrame]:
    """Where people live, and how many of them in the areas of another factor."""
    by = wide.count.index.get_level_values("by")
    homes, areas = wide.count[by == HOME], wide.count[by == "areas"]
    if len(homes):
        yield from _homes(wide)
    if len(areas):
        yield from _in_areas(wide)


def _homes(wide: _Wide) -> Iterator[pd.DataFrame]:
    for item, counted in ((PEOPLE, "people"), (RECORDS, "records")):
        rows = wide.rows(counted, item, counted=counted)
        rows = rows[rows["by"] == HOME]
        everybody = rows["category"].str.startswith(ANYWHERE)
        # The cell of everybody is the base: a sum over forces lacks those that are withheld.
        base = rows["period"].map(rows[everybody].set_index("period")["count"])
        shares = percent(rows["count"], base)
        with_shares = rows.assign(
            base=base.to_numpy(), base_name=f"{counted} of the period", **shares
        )
        # Of 43 police forces most are the home of nobody.
        kept = (with_shares["count"] > 0) | with_shares["category"].str.startswith(INSIDE)
        yield with_shares[kept & ~everybody]


def _in_areas(wide: _Wide) -> Iterator[pd.DataFrame]:
    figure, shown = wide.figure, wide.shown
    against = shown.labels[str(figure.against)]
    words = "hot for" if figure.areas == "hot" else "hot in every period for"
    # Residents of the same areas: the share of people who live there says little without theirs.
    within, everyone = (
        wide.of(beginning + RESIDENTS_ITEM) for beginning in (IN_AREAS + SEPARATOR, "")
    )
    for item, counted in ((PEOPLE, "people"), (RECORDS, "records")):
        count, base = wide.of(IN_AREAS + SEPARATOR + item), wide.of(item)
        shares = percent(count, base)
        with np.errstate(divide="ignore", invalid="ignore"):
            # Residents are taken as fixed, so that the limits of the ratio are those of the share.
            expected = np.where(within > 0, within / everyone, np.nan)
            ratios = {
                ratio: round_half_away(np.asarray(shares[end], float) / 100 / expected, decimals=4)
                for ratio, end in _RATIOS.items()
            }
        rows = wide.rows(
            f"{counted} living in areas {words} {against}",
            IN_AREAS + SEPARATOR + item,
            counted=counted,
            base=base,
            base_name=f"{counted} with a home in areas that were assessed",
            compared_with="share of residents",
            **shares,
            **ratios,
        )
        note = [f"residents {100 * e:.1f}%" if np.isfinite(e) else "" for e in expected]
        yield rows.assign(note=note)[rows["by"] == "areas"]


_RATIOS = {"ratio": "value", "ratio_low": "low", "ratio_high": "high"}
