"""What a run finds beside its counts: other choices, who lives in the list, histories, teams."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from riskindex.arrays import Array
from riskindex.assessment.area_rows import LIST
from riskindex.assessment.figure_rows import GIVEN
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.disclosure import NOT_APPLICABLE
from riskindex.index.diagnostics import WARN_ABOVE, strong_pairs
from riskindex.statistics.intervals import percent_share, round_half_away
from riskindex.tables import Sensitivity, rows

CHOICES, TEAMS, PEOPLE, RUN = "choices", "teams", "composition", "run"
"""Stems of the figures, beside those of the list and of each factor."""
FULLEST = 0.05
"""Share of the areas, those with most events, of which it is told what share of all they hold."""

NUMBERS = {
    "areas": "Areas of the study area",
    "context": "Areas around it, which are in windows and not assessed",
    "neighbours": "Neighbours of an area, on average",
    "islands": "Areas without a neighbour",
    "places": "Places of several areas on the list",
    "single_areas": "Single areas on the list",
    "twice": "Pairs of factors that may count one thing twice",
    "new": "Areas hot for any factor in the last period and in none before",
}
"""Numbers of the run, each a figure of its own, in words."""

Line = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class OfRun:
    """What a reader may see of a run beside its counts; what is empty has no rows."""

    areas: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Assessed areas: `selected`, and `tier` and `p_top` where the run was repeated."""
    leaning: "pd.Series[str]" = field(default_factory=lambda: pd.Series(dtype=str))
    """How many of the hot factors of each selected area need one area of their window."""
    hotspots: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The tests, index (factor, period, area_code)."""
    persistence: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Periods hot and what changed, index (factor, area_code)."""
    clusters: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Clusters found by scan."""
    sensitivity: Sensitivity = field(default_factory=Sensitivity)
    """What other choices would have changed."""
    composition: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Who lives in the selected areas, and in the others."""
    decimals: int = 1
    """Of shares of people: none where a decimal would let small counts be worked out."""
    correlations: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Rank correlations, columns (kind, name), index factor."""
    teams: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What each number of teams reaches, of `reach_table`."""
    numbered: frozenset[str] = frozenset()
    """Factors whose numbers the reader sees for every area."""
    is_counted: bool = True
    """Whether the numbers of areas are counts, and no protected cells."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Numbers of the map and of the list that are counted elsewhere, a key of `NUMBERS` each."""


def run_rows(of: OfRun, *, labels: Mapping[str, str], whole: str, period: str) -> pd.DataFrame:
    """Rows of the figures about the run itself, all of the whole.

    Parameters
    ----------
    of
        As far as a reader may see it.
    labels
        Factor to its name in words, in the order of the report.
    whole
        Name of the study area.
    period
        Label of what the list is made of.
    """
    makers = (_list, _choices, _people, _correlations, _of_factors, _clusters, _teams)
    lines = [line for make in makers for line in make(of, labels)]
    fixed = {"place_kind": WHOLE_KIND, "place": whole, "status": GIVEN}
    table = pd.DataFrame([{"period": period, **fixed, **line} for line in lines])
    # Two choices may be called alike; a name stands for one row.
    return table.drop_duplicates(["figure", "period", "by", "category"]) if len(table) else table


def _line(figure: str, measure: str, **columns: object) -> Line:
    return {"figure": figure, "measure": measure, "by": "", "category": ""} | columns


def _percent(share: float, decimals: int = 1) -> float:
    # Nine digits first, as pages do: 100 times .285 is a hair below 28.5.
    return float(round_half_away(round(100 * float(share), 9), decimals=decimals))


def _rounded(value: float, decimals: int) -> float:
    return float(round_half_away(value, decimals=decimals))


def _list(of: OfRun, _labels: Mapping[str, str]) -> Iterator[Line]:
    """How sure the list is, and what it leans on."""
    for name, number in of.numbers.items():
        about = {"kind": RUN, "value": _rounded(number, 1), "unit": "areas"}
        yield _line(f"{RUN}.{name}", NUMBERS[name], **about)
    if of.areas.empty:
        return
    chosen = of.areas["selected"].astype(bool)
    about = {"kind": LIST, "counted": "areas"}
    listed = {**about, "base": int(chosen.sum()), "base_name": "areas on the list"}
    if "tier" in of.areas and of.areas["tier"].notna().any():
        tiers = of.areas["tier"].astype(str)
        firm, near = chosen & (tiers == "firm"), ~chosen & (tiers == "borderline")
        yield _line(f"{LIST}.firm", "Firm areas on the list", count=firm.sum(), **listed)
        words = "Borderline areas off the list"
        yield _line(f"{LIST}.borderline_off", words, count=near.sum(), **about)
    if "p_top" in of.areas:
        # The sum of probabilities is the number expected, whether or not areas depend on each
        # other.
        right = float(of.areas.loc[chosen, "p_top"].astype(float).sum())
        words = "Areas on the list expected to be truly among those of highest risk"
        value = {"value": _rounded(right, 1), "unit": "areas"}
        yield _line(f"{LIST}.truly", words, **value, **listed)
    # "all" of an area's hot factors: with "some" it would be hot without the one area as well.
    lone = int(of.leaning.str.startswith("all ").sum())
    words = "Areas on the list that are hot only by one area of their window"
    yield _line(f"{LIST}.leaning", words, count=lone, **listed)


def _choices(of: OfRun, _labels: Mapping[str, str]) -> Iterator[Line]:
    """The list under other choices, and the part of each in how far the list changes."""
    table = of.sensitivity.choices
    if len(table):
        size = int(of.areas["selected"].sum()) if "selected" in of.areas else None
        yield from _other_lists(table, {"base": size, "base_name": "areas on the list"})
    about = {"kind": CHOICES, "unit": "%", "method": "Sobol's total index, from few runs"}
    for name, part in of.sensitivity.matters.iterrows():
        # Estimates from few runs can fall below 0 or rise above 1, where no part can be.
        ends = (min(max(part[c], 0.0), 1.0) for c in ("total", "total_low", "total_high"))
        value = dict(zip(("value", "low", "high"), map(_percent, ends), strict=True))
        words = "Part in how far the list changes"
        yield _line(f"{CHOICES}.part", words, **about, **value) | {"category": str(name)}
    elicited = of.sensitivity.elicited
    if len(elicited):
        number = {"kind": CHOICES, "counted": "people", "count": int(elicited["people"].iloc[0])}
        yield _line(f"{CHOICES}.people", "People who shared out points over the factors", **number)


def _other_lists(table: pd.DataFrame, listed: Line) -> Iterator[Line]:
    tried = table[table["note"] == ""]
    numbers = (len(tried), len(table) - len(tried), int((table["selected"] == 0).sum()))
    for words, number in zip(NUMBERED, numbers, strict=True):
        about = {"kind": CHOICES, "counted": "choices", "category": words, "count": number}
        yield _line(f"{CHOICES}.number", "Other choices") | about
    about = {"kind": CHOICES, "counted": "areas", **listed}
    if len(tried):
        half = {"category": HALF, "value": float(tried["left"].median()), "unit": "areas"}
        yield _line(f"{CHOICES}.left", _CHANGED["left"], **about) | half
    for choice in tried.to_dict("records"):
        named = about | {"by": choice["kind"], "category": choice["choice"]}
        for column, words in _CHANGED.items():
            yield _line(f"{CHOICES}.{column}", words) | named | {"count": choice[column]}
        stays = {"value": _percent(choice["kept"]), "unit": "%"}
        yield _line(f"{CHOICES}.kept", "Part of the list that stays") | named | stays
    for choice in table[table["note"] != ""].to_dict("records"):
        named = about | {"by": choice["kind"], "category": choice["choice"]}
        why = {"status": NOT_APPLICABLE, "note": choice["note"]}
        yield _line(f"{CHOICES}.left", _CHANGED["left"]) | named | why


NUMBERED = ("tried", "could not be tried", "gave an empty list")
"""Categories of the number of other choices."""
HALF = "half of the choices, at most"
_CHANGED = {
    "selected": "Areas selected",
    "entered": "Areas that enter the list",
    "left": "Areas that leave the list",
}


def _people(of: OfRun, _labels: Mapping[str, str]) -> Iterator[Line]:
    """Who lives in the selected areas, and in the others."""
    for name, shares in of.composition.iterrows():
        about = {"kind": PEOPLE, "category": str(name)}
        for column in COMPOSED:
            if column in shares and pd.notna(shares[column]):
                value = {"value": _percent(shares[column], of.decimals), "unit": "%"}
                yield _line(f"{PEOPLE}.{column}", str(name)) | about | value
        apart = shares["selected"] - shares["rest"]
        if pd.notna(apart):
            value = {"value": _percent(apart, of.decimals), "unit": "percentage points"}
            yield _line(f"{PEOPLE}.apart", str(name)) | about | value


COMPOSED = ("selected", "rest", "whole", "selected_mean", "rest_mean")
"""Columns of the composition, each a figure of its own."""


def _correlations(of: OfRun, labels: Mapping[str, str]) -> Iterator[Line]:
    """Rank correlation of each factor with shares of people and with the other factors."""
    if of.correlations.empty:
        return
    for factor, row in of.correlations.iterrows():
        for (kind, name), rho in row.items():
            if pd.notna(rho) and name != factor:
                about = {"kind": CORRELATION, "by": str(kind), "category": str(name)}
                value = {"value": _rounded(rho, 2), "unit": "correlation"}
                yield _line(f"{factor}.{CORRELATION}", labels[str(factor)]) | about | value
    words = f"Pairs of factors with a rank correlation beyond {WARN_ABOVE:g}"
    yield _line(f"{RUN}.pairs", words, kind=RUN, count=len(strong_pairs(of.correlations)))


CORRELATION = "correlation"


def _of_factors(of: OfRun, labels: Mapping[str, str]) -> Iterator[Line]:
    """What each factor's tests and history say beside how many areas are hot."""
    tested = set(of.hotspots.index.unique("factor")) if len(of.hotspots) else set()
    followed = set(of.persistence.index.unique("factor")) if len(of.persistence) else set()
    for factor, label in labels.items():
        if factor in tested:
            yield from _last_test(of, factor, label)
        if factor in followed:
            about: Line = {"measure": label, "kind": LASTING, "counted": "areas"}
            yield from _history(of, factor, about)


HISTORY, LASTING = "history", "persistence"


def _last_test(of: OfRun, factor: str, label: str) -> Iterator[Line]:
    every = rows(of.hotspots, factor=factor)
    # Periods are in order of time.
    last = str(every.index.get_level_values("period")[-1])
    part = every.xs(last, level="period")
    if "hot_without_largest" in part:
        # Only hot areas are asked; of the others it is missing.
        asked = part["hot_without_largest"].dropna().astype(bool)
        if len(asked):
            hot = {"base": int(part["is_hot"].astype(bool).sum()), "base_name": "hot areas"}
            about = {"kind": TEST, "counted": "areas", "period": last, **hot}
            yield _line(f"{factor}.{STAYS_HOT}", label, count=int(asked.sum()), **about)
    # A census table has no periods and no events.
    if last and of.is_counted and factor in of.numbered and "observed" in part:
        found = concentrate(part["observed"].dropna(), of.areas["selected"].astype(bool))
        if found is not None:
            total = {"base": round(found.total), "base_name": "events in the areas"}
            about = {"kind": TEST, "period": last, "unit": "%", **total}
            for category, column in IN_AREAS.items():
                value = {"category": category, "value": _percent(getattr(found, column))}
                yield _line(f"{factor}.in_areas", label, **about) | value


TEST, CLUSTER, STAYS_HOT = "test", "cluster", "hot_without_largest"
IN_AREAS = {
    "in the 5% of areas with most": "top",
    "the same, if all areas were alike": "by_chance",
    "in the selected areas": "selected",
}
"""Categories of the rows of concentration, to what they hold of `Concentrated`."""


class Concentrated(NamedTuple):
    """How far the events of a factor lie in few areas."""

    total: float
    top: float
    """Share of the events in the twentieth of the areas that have most."""
    by_chance: float
    """The same if all areas had the same risk."""
    selected: float
    """Share of the events in the selected areas."""
    curve: Array
    """Share of events in the areas that have most, from none to all of the areas."""


def concentrate(observed: "pd.Series[Any]", chosen: "pd.Series[bool]") -> Concentrated | None:
    """How far events lie in few areas; None without an event.

    Parameters
    ----------
    observed
        Events of each assessed area, index area_code, none missing.
    chosen
        Whether each area is selected.
    """
    total = float(observed.sum())
    if total <= 0:
        return None
    # The most first: the curve then shows the fewest areas that hold a given share.
    ordered = np.sort(observed.to_numpy(dtype=float))[::-1]
    curve = np.concatenate([[0.0], np.cumsum(ordered) / total])
    within = float(observed[chosen.reindex(observed.index, fill_value=False)].sum()) / total
    # At least one area, or a small study area would have a share of nothing.
    place = max(round(FULLEST * len(ordered)), 1)
    chance = _share_by_chance(total / len(ordered))
    return Concentrated(total, float(curve[place]), chance, within, curve)


def _share_by_chance(mean: float) -> float:
    """Share of the events that the fullest areas hold if counts are Poisson."""
    # Twelve standard deviations above the mean hold all of a Poisson count that a double can tell
    # from none.
    counts = np.arange(int(mean + 12 * math.sqrt(mean) + 20))[::-1]
    chance = np.exp(special.xlogy(counts, mean) - special.gammaln(counts + 1) - mean)
    areas = np.cumsum(chance)
    # The count at which the twentieth is full is taken in part, as areas with that count tie.
    taken = np.clip(FULLEST - (areas - chance), 0, chance)
    return float((taken * counts).sum() / mean)


def _history(of: OfRun, factor: str, about: Line) -> Iterator[Line]:
    table = rows(of.persistence, factor=factor)
    base = {**about, "base": len(table), "base_name": "areas followed", "by": "", "category": ""}
    if "category" in table:
        for category, count in table["category"].value_counts().items():
            number = {"by": HISTORY, "category": str(category), "count": int(str(count))}
            yield {"figure": f"{factor}.{HISTORY}"} | base | number
    if "change" in table and factor in of.numbered:
        # Both, even where one is none: "0 areas falling" is a finding.
        for way in ("rising", "falling"):
            number = {"category": way, "count": int((table["change"] == way).sum())}
            yield {"figure": f"{factor}.changing"} | base | number
    if "has_emerged" in table:
        seen = table["has_emerged"].dropna().astype(bool)
        if len(seen):
            yield {"figure": f"{factor}.emerged"} | base | {"count": int(seen.sum())}


def _clusters(of: OfRun, labels: Mapping[str, str]) -> Iterator[Line]:
    """Clusters found by scan: their areas, events and p."""
    for found in of.clusters.to_dict("records"):
        factor = str(found["factor"])
        about = {"kind": CLUSTER, "period": str(found["period"])}
        about |= {"category": f"cluster {found['cluster']}"}
        # Two digits are as much as a p-value says.
        p = {"value": float(f"{found['p']:.2g}"), "unit": "p"}
        areas = {"counted": "areas", "count": found["areas"]}
        yield _line(f"{factor}.cluster", labels[factor]) | about | areas | p
        for name in CLUSTER_FIGURES[1:]:
            value = {"value": _rounded(found[name.removeprefix("cluster_")], 2)}
            yield _line(f"{factor}.{name}", labels[factor]) | about | value


CLUSTER_FIGURES = ("cluster", "cluster_observed", "cluster_expected", "cluster_ratio")
"""Ends of the names of the figures of a cluster."""


def _teams(of: OfRun, _labels: Mapping[str, str]) -> Iterator[Line]:
    """What more teams and fewer reach, and the next best set."""
    for step in of.teams.to_dict("records"):
        named = {"kind": TEAMS, "by": step["unit"], "category": step["step"]}
        base = {"count": step["reached"], "base": step["of"], "base_name": "in all places"}
        share = percent_share([round(step["reached"])], [round(step["of"])], decimals=1)[0]
        value = {"value": share, "unit": "%"} if step["of"] > 0 else {}
        yield _line(f"{TEAMS}.reached", "Reached by the plan") | named | base | value
        if not math.isnan(step["less"]):
            less = {"value": _percent(step["less"]), "unit": "%"}
            yield _line(f"{TEAMS}.less", "Less than the plan reaches, weighted") | named | less


KINDS = (LIST, "hot", RUN, CHOICES, TEAMS, PEOPLE, CORRELATION, LASTING, TEST, CLUSTER)
"""Kinds of figures that are about areas and the list, and count no records."""
