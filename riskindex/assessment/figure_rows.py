"""What every row of the table of figures has: columns, words, limits and how they are rounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskindex.arrays import Array, Flags
from riskindex.assessment.options import Figure
from riskindex.assessment.place_counts import RESIDENTS, WHOLE_KIND
from riskindex.disclosure import LEAST_BASE, NOT_RECORDED, WITHHELD
from riskindex.events.periods import Unit
from riskindex.statistics.intervals import Estimate, clopper_pearson, percent_share, round_half_away

if TYPE_CHECKING:
    from scipy.sparse import csr_array

COLUMNS = (
    "row",
    "figure",
    "kind",
    "measure",
    "definition",
    "counted",
    "place_kind",
    "place",
    "period",
    "by",
    "category",
    "count",
    "base",
    "base_name",
    "value",
    "unit",
    "low",
    "high",
    "rank",
    "rank_by_count",
    "compared_with",
    "ratio",
    "ratio_low",
    "ratio_high",
    "status",
    "method",
    "note",
)
"""Columns of the table, in this order."""
TEXTS = (
    "row",
    "figure",
    "kind",
    "measure",
    "definition",
    "counted",
    "place_kind",
    "place",
    "period",
    "by",
    "category",
    "base_name",
    "unit",
    "compared_with",
    "status",
    "method",
    "note",
)
"""Those that hold text, empty where there is nothing to say; the others hold numbers."""
WHOLE_NUMBERS = ("count", "base", "rank", "rank_by_count")
"""Those that hold whole numbers."""
KEY = ("figure", "place_kind", "place", "period", "by", "category", "compared_with")
"""Columns that identify a row."""
GIVEN = "given"
"""Status of a row whose numbers stand there."""
NOWHERE = "not recorded"
"""Place of areas that are in no group of a kind, and of events of no known point."""
RESIDENTS_LABEL = "Residents"
GARWOOD = "Poisson, exact (Garwood)"
CLOPPER_PEARSON = "binomial, exact (Clopper-Pearson)"
CONDITIONAL = "ratio of two counts, exact given their sum"
NONE = "a census or register, without sampling"
"""How limits were made; all are 95%."""


@dataclass(frozen=True, kw_only=True)
class ByArea:
    """What a reader may see of each area: whether it is hot, and on the list."""

    hotspots: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Index (factor, period, area_code); columns `is_hot` and `reason`."""
    listed: "pd.Series[bool] | None" = None
    """Whether each assessed area is on the list, index area_code; None without a list."""
    period: str = ""
    """Label of what the list is made of."""
    places: "Mapping[str, pd.Series[str]]" = field(default_factory=dict)
    """Kind of place, the whole and those of the pages, to the name of each area's place."""
    people: "Mapping[str, pd.Series[Any]]" = field(default_factory=dict)
    """`residents` and `residents_10_24` of each area, or marks in their place."""
    tiers: "pd.Series[str] | None" = None
    """How sure each area is; None without repeats."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Counts that a reader may see, and the words for them: all that figures are made of."""

    places: pd.DataFrame
    """Index (factor, period, place_kind, place), of `count_places`, `sum_tables` and
    `sum_residents`, or what leaves of them."""
    rhythm: pd.DataFrame
    """Records by factor, group, period, place, aspect and value, of `count_by_group`; with a column
    `base` where sums of the values are not what may be shown."""
    rhythm_kind: str | None
    """Kind of the places of `rhythm`; None where they are the study area alone."""
    labels: Mapping[str, str]
    """Factor to its name in words, in the order of the report."""
    counted: Mapping[str, str]
    """Factor to what is counted: records or people."""
    periods: Mapping[str, Sequence[str]]
    """Factor to its periods, from the first to the last."""
    restricted: frozenset[str]
    """Factors that are shown by protected cells."""
    whole: str
    """Name of the study area."""
    units: Mapping[str, Unit]
    """Factor to what the labels of its periods mean."""
    part_periods: frozenset[tuple[str, str]] = frozenset()
    """Factor and label of each period of which its sources cover a part."""
    hot: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Whether each area is hot in the last period of a factor, index area_code, columns factor, of
    the factors whose flags the reader may see."""
    finer: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Records as `rhythm`, of further kinds of places that figures ask for; index place_kind, then
    as there."""
    is_finer: bool = False
    """Whether `rhythm` is of such a kind."""
    over_periods: pd.DataFrame = field(default_factory=pd.DataFrame)
    """As `rhythm`, of all periods of a factor together: without the level `period`."""
    bands: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Records of restricted factors in the bands of ages that figures ask for, as `rhythm`; of the
    others they are summed from it."""
    weights: "csr_array | None" = None
    """Neighbours of the areas of `hot`; None where they are not compared."""
    series: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Tables without areas, of `read_series`: series, place, period, category, count, base, value,
    unit and citation."""
    definitions: Mapping[str, str] = field(default_factory=dict)
    """Factor to the name of the definition that it counts by, or its own."""
    funnels: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What is left after each clause of the definitions, of `tell_funnels`."""
    people: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Numbers of people and of their records, of `with_homes`, with a column `mark`, or what leaves
    of them."""
    by_area: ByArea = field(default_factory=ByArea)
    """What may be seen of each area."""
    run: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Rows about the run itself, of `run_rows`."""
    seed: int = 2022
    """Of every random draw."""


def row_names(table: pd.DataFrame) -> "pd.Series[str]":
    """A short name of each row, the same whenever the row says the same of the same.

    Parameters
    ----------
    table
        With the columns `KEY`, which tell its rows apart.
    """
    # Of what the row is about and not of its numbers: a text that cites a row still finds it when
    # data are corrected.
    keys = pd.util.hash_pandas_object(table[list(KEY)].astype(str), index=False)
    # 48 bits: two of a million rows get one name about once in 500 tables.
    return pd.Series([f"{number:016x}"[:12] for number in keys], index=table.index, dtype=object)


def no_figures() -> pd.DataFrame:
    """The table without a row."""
    empty = pd.DataFrame(columns=list(COLUMNS), dtype=float)
    return empty.astype(dict.fromkeys(TEXTS, object))


def in_one_table(parts: Sequence[pd.DataFrame], shown: Shown) -> pd.DataFrame:
    """Rows of several kinds with every column, by measure and kind of place."""
    table = with_every_column(parts)
    # Residents first: they are what the numbers after them are held against.
    order = {name: i for i, name in enumerate((RESIDENTS, *shown.labels))}
    factor = table["figure"].str.rpartition(".")[0].map(order)
    kinds = {kind: i for i, kind in enumerate(dict.fromkeys(table["place_kind"]))}
    kind = table["place_kind"].map(kinds)
    # The last key keeps the order of rows that agree in the others, whatever the sort does.
    key = pd.DataFrame({"factor": factor, "place_kind": kind, "at": np.arange(len(table))})
    return table.loc[key.sort_values(["factor", "place_kind", "at"]).index].reset_index(drop=True)


def with_every_column(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several kinds as one table, each column of its type, in the order given."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return no_figures()
    # One type per column, whatever rows there are: a column that is empty in one run and text in
    # another cannot be read by the same script.
    table = pd.concat(parts, ignore_index=True).reindex(columns=list(COLUMNS))
    # Empty and not missing: a CSV cannot tell the two apart, Parquet can.
    texts = table[list(TEXTS)].astype(object)
    table[list(TEXTS)] = texts.where(texts.notna(), "")
    for column in WHOLE_NUMBERS:
        # Nullable: a withheld count is missing, and 12 is not printed as 12.0.
        table[column] = table[column].astype(float).round().astype("Int64")
    numbers = [c for c in COLUMNS if c not in TEXTS and c not in WHOLE_NUMBERS]
    table[numbers] = table[numbers].astype(float)
    return table


def figure_lines(table: pd.DataFrame, kind: str, shown: Shown, **columns: object) -> pd.DataFrame:
    """Rows of one kind: who, where and when from the table, the rest as given."""
    factor = table["factor"]
    # Inside, the whole has a name that no place can have; readers get its own.
    place = table["place"].mask(table["place_kind"] == WHOLE_KIND, shown.whole)
    fixed = {
        "figure": factor + f".{kind}",
        "kind": kind,
        "measure": factor.map({RESIDENTS: RESIDENTS_LABEL, **shown.labels}),
        "definition": factor.where(factor != RESIDENTS, ""),
        "counted": factor.map({RESIDENTS: "people", **shown.counted}),
        "place_kind": table["place_kind"],
        "place": place,
        "period": table["period"],
        "count": table["count"],
        "status": status_of(table["count"], table["mark"]),
    }
    return pd.DataFrame({**fixed, **columns}, index=table.index)


def span(periods: Sequence[str]) -> str:
    """What several periods are called together, such as 2018 to 2022."""
    return f"{periods[0]} to {periods[-1]}"


A_PART = "a part of a period"
"""What is noted of a number that is no period's number."""


def part_notes(table: pd.DataFrame, shown: Shown) -> "pd.Series[str]":
    """Which lines are of a period that the source covers in part."""
    keys = pd.MultiIndex.from_frame(table[["factor", "period"]])
    is_part = keys.isin(list(shown.part_periods)) if shown.part_periods else False
    return pd.Series(np.where(is_part, A_PART, ""), index=table.index, dtype=object)


def status_of(count: "pd.Series[float]", mark: "pd.Series[str]") -> "pd.Series[str]":
    """Why a number is missing, or `GIVEN`."""
    # A number is missing for one reason at least; without a mark the source did not say it.
    missing = mark.where(mark != "", NOT_RECORDED)
    return missing.where(count.isna(), GIVEN).astype(object)


def ranked(table: pd.DataFrame, values: ArrayLike) -> "pd.Series[float]":
    """Rank among the places of a kind, factor and period, 1 the highest; none for the whole."""
    keys = [table["factor"], table["period"], table["place_kind"]]
    series = pd.Series(np.asarray(values, dtype=float), index=table.index)
    # The whole is no place among its parts, and neither are those whose place is not known.
    is_place = (table["place_kind"] != WHOLE_KIND) & (table["place"] != NOWHERE)
    # Competition ranks.
    return series.where(is_place).groupby(keys).rank(method="min", ascending=False)


def of_whole(table: pd.DataFrame, column: str) -> Array:
    """The same column of the study area, for each line."""
    whole = table[table["place_kind"] == WHOLE_KIND].set_index(["factor", "period"])[column]
    keys = pd.MultiIndex.from_frame(table[["factor", "period"]])
    return np.asarray(whole.reindex(keys), dtype=float)


def part_of(count: ArrayLike, total: ArrayLike) -> tuple[Array, Array]:
    """A part and its whole; a protected cell may exceed the whole, and is then all of it."""
    k, n = np.asarray(count, dtype=float), np.asarray(total, dtype=float)
    return np.minimum(k, n), n


def percent(count: ArrayLike, base: ArrayLike) -> dict[str, Any]:
    """A share in percent with its exact limits."""
    k, n = part_of(count, base)
    ends = limit_columns(clopper_pearson(k, n), 100.0, 1)
    # Hours that share events between two times have fractions; whole numbers are divided exactly.
    whole = np.where(k == np.rint(k), k, np.nan)
    parts = round_half_away(100 * k / np.where(n > 0, n, np.nan), decimals=1)
    value = np.where(np.isnan(whole), parts, percent_share(whole, n, decimals=1))
    return {"value": value, "unit": "%", **ends, "method": CLOPPER_PEARSON}


def without_small_bases(
    lines: pd.DataFrame, factor: "pd.Series[str]", shown: Shown
) -> pd.DataFrame:
    """The rows without shares of a restricted measure on a base that is small or withheld."""
    # "Not at least" and not "below": a base that is withheld, NaN, is closed as well.
    closed = factor.isin(list(shown.restricted)) & ~(lines["base"] >= LEAST_BASE)
    # What is made of the small base goes; the count is a protected cell of its own.
    numbers = [c for c in _NUMBERS if c in lines]
    lines = lines.assign(**{c: lines[c].astype(float).mask(closed) for c in numbers})
    given = closed & (lines["status"] == GIVEN)
    note = lines.get("note", "")
    small = f"no share is given of fewer than {LEAST_BASE}"
    return lines.assign(
        status=lines["status"].mask(given, WITHHELD),
        note=pd.Series(note, index=lines.index).mask(given, small),
    )


_NUMBERS = ("value", "low", "high", "rank", "ratio", "ratio_low", "ratio_high")


def limit_columns(estimate: Estimate, scale: float, decimals: int) -> dict[str, Array]:
    """Limits of a value, rounded as it is printed."""
    low, high = (_finite(scale * np.asarray(limit)) for limit in estimate[1:])
    return {
        "low": round_half_away(low, decimals=decimals),
        "high": round_half_away(high, decimals=decimals),
    }


def ratio_columns(estimate: Estimate, has_ratio: Flags) -> dict[str, Array]:
    """A ratio and its limits, where it is known."""
    ratio, low, high = (np.where(has_ratio, _finite(limit), np.nan) for limit in estimate)
    return {
        "ratio": round_half_away(ratio, decimals=4),
        "ratio_low": round_half_away(low, decimals=4),
        "ratio_high": round_half_away(high, decimals=4),
    }


def _finite(values: ArrayLike) -> Array:
    """Numbers as they are, and none where there is no limit: after a count of 0."""
    array = np.asarray(values, dtype=float)
    # A CSV has no infinity that every program reads as a number.
    return np.where(np.isfinite(array), array, np.nan)


def rate_rounded(rates: ArrayLike) -> Array:
    """One decimal, below 1 three."""
    values = np.asarray(rates, dtype=float)
    # A rate of .04 per 1,000 would be 0.0 with one decimal, and so would be one ten times lower.
    one, three = (round_half_away(values, decimals=d) for d in (1, 3))
    return np.where(np.abs(values) >= 1, one, three)


def lines_of(figure: Figure, shown: Shown, factor: str) -> pd.DataFrame:
    """Counts of a factor in the places and periods that a figure names."""
    # The whole comes along, because rates and shares of places are held against it.
    table = shown.places.reset_index()
    table = table[
        (table["factor"] == factor) & table["place_kind"].isin([*figure.places, WHOLE_KIND])
    ]
    return table if figure.period is None else table[table["period"] == figure.period]


def in_places(rows: pd.DataFrame, figure: Figure) -> pd.DataFrame:
    """Rows of the kinds of places that a figure names."""
    return rows[rows["place_kind"].isin(list(figure.places))]
