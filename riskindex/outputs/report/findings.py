"""Findings in words and short tables: what changed, what is new and where, what a scan found."""

from collections.abc import Iterator, Sequence

import pandas as pd

from riskindex.areas.groups import profile_kind
from riskindex.assessment.area_rows import NEW
from riskindex.assessment.run_rows import CLUSTER_FIGURES, HISTORY
from riskindex.factors import reads_all_periods
from riskindex.hotspots.categories import unreachable_categories
from riskindex.outputs import pictures
from riskindex.outputs.pages import Html, drawing, html_table, in_words, of_rows, paragraphs
from riskindex.publication.released import Released
from riskindex.tables import rows

MOST_NAMES = 12
"""Up to so many areas are named in a sentence; the workbook lists all."""


def new_by_district(released: Released) -> pd.DataFrame:
    """How many areas are new hotspots, by district and factor, the most first.

    Returns
    -------
    DataFrame
        Index the districts that have any, columns the labels of the factors; empty where nothing
        is new, or the areas are in no districts.
    """
    kind, new = profile_kind(released.group_kinds), released.new_hotspots
    if kind is None or new.empty:
        return pd.DataFrame()
    # An area new for two factors counts in both columns.
    places = released.all_areas[kind].reindex(new["area_code"]).to_numpy()
    table = pd.crosstab(places, new["factor"].to_numpy())
    table = table[[factor for factor in released.factors.index if factor in table]]
    # By name where numbers are the same: the table is the same in every run.
    order = sorted(table.index, key=lambda place: (-table.loc[place].sum(), place))
    table = table.loc[order].rename(columns=released.factors["label"])
    return table.rename_axis(index=kind.replace("_", " ").capitalize(), columns=None)


def new_sentences(released: Released) -> dict[str, str]:
    """By factor how many areas are new hotspots, and where most of them lie."""
    labels, districts = released.factors["label"], new_by_district(released)
    # In the order of the report, and not by size.
    counts = released.new_hotspots["factor"].value_counts(sort=False)
    sentences = {}
    for factor, number in counts.items():
        line = f"{labels[factor]}: {_areas(number)} hot in the last period and in none before"
        if not districts.empty:
            most = int(districts[labels[factor]].max())
            # One district is named only if it alone has most.
            where = districts.index[districts[labels[factor]] == most].astype(str).tolist()
            line += f"; {_areas(most)} in {in_words(where)}" if len(where) == 1 else ""
        emerged = _emerged(released, str(factor), int(number))
        sentences[str(factor)] = f"{line}{emerged}."
    return sentences


def _new_part(released: Released) -> Iterator[Html]:
    """`new_sentences` with the rows that their numbers are from."""
    places = ["", *map(str, new_by_district(released).index)]
    for factor, sentence in new_sentences(released).items():
        hot = (released.row_of(f"{factor}.hot", category=NEW, place=place) for place in places)
        yield of_rows(sentence, *hot, released.row_of(f"{factor}.emerged"))


def _emerged(released: Released, factor: str, number: int) -> str:
    """How many of the new ones rise by more than chance: a list of chance alone has new ones."""
    if "has_emerged" not in released.persistence:
        return ""
    seen = rows(released.persistence, factor=factor)["has_emerged"].dropna().astype(bool)
    return f"; {int(seen.sum()):,} of the {number:,} rise by more than chance" if len(seen) else ""


def change_sentences(released: Released) -> list[str]:
    """For every factor of several periods which areas rise and which fall."""
    if "change" not in released.persistence:
        return []
    return [
        of_rows(
            f"{released.factors.at[factor, 'label']}: "
            + "; ".join(_changes(released, str(factor)))
            + ".",
            *(released.row_of(f"{factor}.changing", category=way) for way in _WAYS),
        )
        for factor in _followed(released)
        # What rises follows from counts, which are not released of the others.
        if factor in released.numbered
    ]


_WAYS = ("rising", "falling")


def _changes(released: Released, factor: str) -> Iterator[str]:
    change = rows(released.persistence, factor=factor)["change"]
    # Both, even where one is empty: "0 areas falling" is a finding.
    for way in _WAYS:
        codes = change.index[change == way]
        names = [f"{released.areas['name'][code]} ({code})" for code in codes]
        named = f" ({in_words(names)})" if 0 < len(names) <= MOST_NAMES else ""
        yield f"{_areas(len(names))} {way}{named}"


def category_table(released: Released) -> pd.DataFrame:
    """How many areas have each history over the periods, one line per factor."""
    counts = released.persistence["category"].groupby(level="factor", sort=False).value_counts()
    # A category that a factor lacks is 0 areas, not an unknown number.
    table = counts.unstack("category", fill_value=0)
    # Over all factors, so that their lines have the same columns in the same order.
    order = table.sum().sort_values(ascending=False, kind="stable").index
    table = table.reindex(_followed(released))[order]
    table.insert(0, "Factor", released.factors["label"].reindex(table.index))
    return table.rename(columns=str.capitalize).rename_axis(columns=None).reset_index(drop=True)


def unreachable_sentences(released: Released) -> list[str]:
    """Categories that the number of periods rules out: those of the config, or of ArcGIS."""
    followed = released.factors.loc[_followed(released), "periods"].astype(str)
    # Each table of categories needs its own least number of periods, so the one in use decides.
    table = str(released.config.get("periods", {}).get("categories", "riskindex"))
    if table != "riskindex":
        return [
            f"With {number} periods and upper tails alone no area can be {in_words(missing)}."
            for number in sorted({len(periods.split(", ")) for periods in followed})
            if (missing := _without_cold(unreachable_categories(number, table=table)))
        ]
    return [
        f"With {number} periods no area can be {in_words(ours)}."
        if (ours := unreachable_categories(number))
        else f"With {number} periods the following of ArcGIS's emerging categories could not be "
        f"reached: {in_words(theirs)}."
        for number in sorted({len(periods.split(", ")) for periods in followed})
        if (theirs := _of_arcgis(number))
    ]


def _of_arcgis(periods: int) -> list[str]:
    return _without_cold(unreachable_categories(periods, table="arcgis-pro"))


def _without_cold(categories: Sequence[str]) -> list[str]:
    """Nobody would look for cold areas where only upper tails are tested."""
    return [name for name in categories if "cold" not in name]


def stays_hot(released: Released, factor: str) -> str:
    """How many of a factor's hot areas stay hot without the most excessive area of their window.

    Returns
    -------
    str
        "20 of 23"; empty where it was not asked, or is not released.
    """
    if factor not in released.hotspots.index.get_level_values("factor"):
        return ""
    last = str(released.tests.xs(factor, level="factor").index[-1])
    tests = rows(released.hotspots, factor=factor, period=last)
    if "hot_without_largest" not in tests:
        return ""
    # Only hot areas are asked; of the others it is missing.
    asked = tests["hot_without_largest"].dropna().astype(bool)
    hot = int(tests["is_hot"].astype(bool).sum())
    return f"{int(asked.sum()):,} of {hot:,}" if len(asked) else ""


def over_time(released: Released) -> str:
    """What is new, rising and falling, the strip of periods and the histories, as HTML.

    Empty where every factor covers one period at most: there is nothing to follow.
    """
    if not released.factors["periods"].str.contains(", ").any():
        return ""
    # There are several periods, but only of sources whose areas are not told.
    if not _followed(released):
        return paragraphs([_NOT_TOLD])
    # First of all: a part year makes every area look as if it had improved.
    parts = [
        of_rows(note, "manifest:/notes") for note in released.notes if "is a part period" in note
    ]
    none = [_NOTHING_NEW] if released.new_hotspots.empty else []
    new, changes = new_by_district(released), change_sentences(released)
    sentences = [*parts, *many_period_sentences(released), *_new_part(released), *none]
    html = [paragraphs(sentences), _strip_part(released)]
    if not new.empty:
        factors = released.new_hotspots["factor"].unique()
        named = [
            " ".join(released.row_of(f"{f}.hot", category=NEW, place=str(p)) for f in factors)
            for p in new.index
        ]
        html.append(
            "<h3>New hotspots by district</h3>" + html_table(new.reset_index(), named=named)
        )
    if changes:
        html += ["<h3>Rising and falling areas</h3>", paragraphs([_HOW_CHANGES, *changes])]
    if "category" in released.persistence:
        categories = released.persistence["category"].unique()
        named = [
            " ".join(
                released.row_of(f"{f}.{HISTORY}", category=str(c), by=HISTORY) for c in categories
            )
            for f in _followed(released)
        ]
        html.append("<h3>Histories</h3>" + html_table(category_table(released), named=named))
        html.append(paragraphs(unreachable_sentences(released)))
    return "".join(html)


_NOT_TOLD = "Which areas restricted sources find hot, and when, is not part of this release."
_NOTHING_NEW = "No area is hot in the last period and in none of the earlier ones."


def _strip_part(released: Released) -> str:
    """The periods in which each selected area is hot, as a picture."""
    strip = pictures.persistence_strip(released)
    words = (
        "Periods in which each selected area is hot (dark), in the order of the list; a dashed "
        "square was not assessed."
    )
    return f'<div class="scroll strip" tabindex="0">{drawing(strip, words)}</div>' if strip else ""


def many_period_sentences(released: Released) -> list[str]:
    """What to read where a factor has many periods, each of which may have a hot area by chance."""
    unit = str(released.config.get("periods", {}).get("unit", ""))
    lines: list[str] = []
    for factor in _followed(released):
        tests = released.tests[released.tests.index.get_level_values(0) == factor]
        if not reads_all_periods(len(tests), unit) or "hot_all" not in tests:
            continue
        # min_count: the sum of nothing but missing numbers is missing, and not 0.
        own, all_ = (tests[c].sum(min_count=1) for c in ("hot", "hot_all"))
        if pd.notna(own) and pd.notna(all_):
            line = (
                f"{released.factors.at[factor, 'label']}: of {int(own):,} flags in {len(tests)} "
                f"periods {int(all_):,} stay when all areas and periods are corrected together; "
                "with so many periods read those."
            )
            at = [k for k, key in enumerate(released.tests.index) if key[0] == factor]
            lines.append(of_rows(line, *(f"manifest:/tests/{k}" for k in at)))
    return lines


_HOW_CHANGES = (
    "The last period against the earlier ones, given each area's total and how much areas vary "
    "from period to period; corrected for the areas that could change."
)


def scan_part(released: Released) -> str:
    """What the scan for clusters found, as HTML; empty where no factor asked for it."""
    # From the config: a scan that found nothing leaves no row to tell that it was made.
    asked = [f for f in released.config.get("factors", []) if f.get("scan")]
    if not asked:
        return ""
    # That a scan found nothing is a finding, and has to be told from no scan.
    silent = [f["label"] for f in asked if f["name"] not in set(released.clusters_found["factor"])]
    lines = [_HOW_SCANNED, f"None was found for {in_words(silent)}." if silent else ""]
    return "<h3>Clusters by scan</h3>" + paragraphs(lines) + _scanned(released)


_HOW_SCANNED = (
    "Zones grow around every area by its nearest areas; p is the chance that any zone of a map "
    "without a cluster, with the same dispersion, stands out as much. A cluster does not make each "
    "of its areas hot."
)


def scan_table(released: Released) -> pd.DataFrame:
    """The clusters that the scan found, as one reads them."""
    columns = {
        "factor": "Factor",
        "period": "Period",
        "cluster": "Cluster",
        "areas": "Areas",
        "observed": "Observed",
        "expected": "Expected",
        "ratio": "Ratio",
        "p": "p",
        "area_codes": "Area codes, the centre first",
    }
    table = released.clusters_found[list(columns)]
    table = table.assign(factor=table["factor"].map(released.factors["label"]))
    # Two digits are as much as a p-value says.
    return table.assign(p=[f"{p:.2g}" for p in table["p"]]).rename(columns=columns)


def _scanned(released: Released) -> str:
    if released.clusters_found.empty:
        return ""
    found = released.clusters_found[["factor", "period", "cluster"]].itertuples(index=False)
    named = [
        " ".join(
            released.row_of(
                f"{one.factor}.{of}", category=f"cluster {one.cluster}", period=one.period
            )
            for of in CLUSTER_FIGURES
        )
        for one in found
    ]
    return html_table(scan_table(released), named=named)


def _followed(released: Released) -> list[str]:
    """Factors with a history, in the order of the report."""
    with_history = set(released.persistence.index.get_level_values("factor"))
    return [factor for factor in released.factors.index if factor in with_history]


def _areas(number: int, *, kind: str = "") -> str:
    return f"{number:,} {kind}area{'s' * (number != 1)}"
