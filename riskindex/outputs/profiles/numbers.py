"""What the pages of area profiles share: places and their numbers, worked out once."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.groups import COUNTED, WHOLE, profile_kind
from riskindex.disclosure import MARKS, NOT_RECORDED, WITHHELD
from riskindex.events.periods import Period, missing_months, month_label, parse_period
from riskindex.factors import reads_all_periods
from riskindex.outputs.pages import slug
from riskindex.outputs.small_maps import AreaPaths, outline
from riskindex.publication.released import Released
from riskindex.statistics.intervals import round_half_away

Record = dict[str, Any]


class Place(NamedTuple):
    """A district or a named place: what one page is about."""

    name: str
    kind: str
    """`district` or `place`."""
    codes: list[str]
    """Its areas, by rank; by code where ranks are not released."""
    file: str
    number: int = 0
    """Of a named place, 1 the greatest need; 0 of a district."""

    @property
    def is_district(self) -> bool:
        """Whether it is one of the groups that share out the whole study area."""
        return self.kind == "district"


class Hot(NamedTuple):
    """What a factor's test found in its last period."""

    label: str
    codes: frozenset[str]
    """Areas that are hot."""
    classes: dict[str, str]
    """Style class of every area."""
    kinds: dict[str, str]
    """Through what each hot area is hot."""
    share: float
    """Share of all areas that are hot."""
    several: frozenset[str] | None
    """Areas hot in two periods or more; None where there is one period."""


class Book:
    """What all the pages of a release share. Plain dictionaries: a page asks thousands of times.

    Parameters
    ----------
    released
        What the profile may see.
    """

    def __init__(self, released: Released) -> None:
        self.released = released
        self.whole = str(released.config.get("whole", "county"))
        self.draws_whole = bool(released.config.get("whole_in_plots", True))
        every = released.all_areas
        self.has_ranks = "rank" in every
        # Where ranks are not released, an order by score would give them away.
        by = ["rank", "_code"] if self.has_ranks else ["_code"]
        # By code within a rank: areas that tie must not change places from run to run.
        order = every.assign(_code=every.index).sort_values(by).drop(columns="_code")
        self.areas = order
        self.records: dict[str, Record] = order.to_dict("index")
        self.has_tiers = "tier" in every
        self.by_value: dict[tuple[str, str], pd.DataFrame | None] = {}
        self.counts = {
            "district": _in_order(_by_factor(released.district_counts), released),
            "place": _in_order(_by_factor(released.place_counts), released),
        }

    @cached_property
    def outlines(self) -> AreaPaths:
        """The areas as paths."""
        return outline(self.released.areas)

    @cached_property
    def classes(self) -> dict[str, str]:
        """Style class of each area by its index."""
        classes = index_classes(self.released)
        return {str(code): f"c{c}" if c >= 0 else "unknown" for code, c in classes.items()}

    @cached_property
    def can_be_hot(self) -> "pd.Series[bool]":
        """By factor, whether a test or a threshold decides on its areas."""
        return self.released.factors["method"] != "value"

    @property
    def hides_hot(self) -> bool:
        """Whether the release keeps back where a factor is hot."""
        return len(self.hot) < int(self.can_be_hot.sum())

    @cached_property
    def hot(self) -> dict[str, Hot]:
        """What each factor's test found in its last period."""
        last = {}
        for key, part in self.released.hotspots.groupby(level=["factor", "period"], sort=False):
            # In order of time, so that the last one written is the last period.
            last[str(key[0])] = part.droplevel(["factor", "period"])
        several = _hot_in_several(self.released.persistence)
        # A value as it is makes no area hot; "no area is hot for it" would say it was looked for.
        labels = self.released.factors.loc[self.can_be_hot, "label"]
        return {
            str(name): _hot(
                str(label), last[str(name)], several.get(str(name)), self._flag(str(name))
            )
            for name, label in labels.items()
            if str(name) in last
        }

    def _flag(self, factor: str) -> str:
        """Where periods are many, hot means hot when they are corrected together."""
        periods = str(self.released.factors.at[factor, "periods"]).split(", ")
        unit = str(self.released.config.get("periods", {}).get("unit", ""))
        # Sixty months are sixty chances to be hot by luck; read side by side, they need one
        # correction.
        return "is_hot_all" if reads_all_periods(len(periods), unit) else "is_hot"

    @cached_property
    def new(self) -> set[tuple[str, str]]:
        """Factor and area of each new hotspot."""
        table = self.released.new_hotspots
        return set(zip(table["factor"], table["area_code"], strict=True)) if len(table) else set()

    @cached_property
    def districts(self) -> list[Place]:
        """The districts, in the order of their names; the study area where there are none."""
        kind = profile_kind(self.released.group_kinds)
        if kind is None:
            codes = self.areas.index.tolist()
            return [Place(self.released.place, "district", codes, "district-all.html")]
        groups = {str(name): part.index.tolist() for name, part in self.areas.groupby(kind)}
        # An area that the lookup does not know has an empty group, which is no district.
        # A district of which only areas around the study area were read has nothing to tell.
        around = self.released.context
        names = sorted(name for name, codes in groups.items() if name and not around >= set(codes))
        files = _files(names)
        return [Place(name, "district", groups[name], files[name]) for name in names]

    @cached_property
    def named_places(self) -> list[Place]:
        """The named places of the list, the greatest need first."""
        plan = self.released.team_plan
        if plan is None:
            return []
        place_of, names = plan.places.place_of, plan.places.table["name"]
        # The records are in the order of ranks, where those are released.
        ordered = place_of.reindex([code for code in self.records if code in place_of.index])
        return [
            Place(str(names[n]), "place", part.index.tolist(), f"place-{n}.html", int(n))
            for n, part in ordered.groupby(ordered)
        ]

    def selected(self, place: Place) -> list[str]:
        """Areas of a place that are selected, by rank."""
        return [code for code in place.codes if self.records[code]["selected"]]

    def listed(self, place: Place) -> list[str]:
        """Areas with a line on the page: of a named place all, of a district those that score.

        Where scores are not released, those that are selected, borderline or have a reason.
        """
        return [code for code in place.codes if not place.is_district or self._has_line(code)]

    def _has_line(self, code: str) -> bool:
        area = self.records[code]
        if "score" in area:
            return bool(area["score"] > 0) or bool(area["selected"])
        return bool(area["selected"] or self.is_borderline(code) or area["reasons"])

    def people(self, codes: Iterable[str], column: str) -> int:
        """People of some areas; areas whose number is not known count as none."""
        known = self._known_people.get(column, {})
        return sum(known.get(code, 0) for code in codes)

    @cached_property
    def _known_people(self) -> dict[str, dict[str, int]]:
        columns = [c for c in ("residents", "residents_10_24") if c in self.areas]
        numbers = {c: pd.to_numeric(self.areas[c], errors="coerce").fillna(0) for c in columns}
        return {c: numbers[c].astype(int).to_dict() for c in columns}

    def withholds(self, codes: Iterable[str], column: str) -> bool:
        """Whether the number of any of some areas is withheld, so that a sum would be wrong."""
        return not self._withheld.get(column, frozenset()).isdisjoint(codes)

    @cached_property
    def _withheld(self) -> dict[str, frozenset[str]]:
        """Areas with a mark in the place of a number of people."""
        return {
            column: frozenset(code for code, n in self.areas[column].items() if isinstance(n, str))
            for column in ("residents", "residents_10_24")
            if column in self.areas
        }

    @cached_property
    def share_in_selected(self) -> float:
        """Share of all residents who live in selected areas."""
        chosen = self.areas.index[self.areas["selected"].astype(bool)]
        return self.people(chosen, "residents") / self.people(self.areas.index, "residents")

    @cached_property
    def hot_for_any(self) -> frozenset[str]:
        """Areas that are hot for one factor or more."""
        return frozenset().union(*(factor.codes for factor in self.hot.values()))

    def is_borderline(self, code: str) -> bool:
        """Whether repeats of the run would often say otherwise about an area."""
        return self.records[code].get("tier") == "borderline"

    def hot_codes(self, place: Place, factor: str) -> list[str]:
        """Areas of a place that are hot for a factor, by rank."""
        return [code for code in place.codes if code in self.hot[factor].codes]

    @cached_property
    def _rhythms(self) -> dict[tuple[str, str], pd.DataFrame]:
        table = self.released.rhythm
        if table.empty:
            return {}
        found = {}
        for key, part in table["records"].groupby(level=["factor", "aspect"], sort=False):
            sums = summed(
                part.astype(float),
                [part.index.get_level_values("value"), part.index.get_level_values("place")],
            )
            # A place without a line for an hour had no record in it; withheld ones have a line,
            # which is missing.
            by_place = sums.unstack("place", fill_value=0.0)
            # A protected cell of the whole is a cell of its own, which no sum of parts gives.
            if WHOLE not in by_place:
                by_place = by_place.assign(**{WHOLE: by_place.sum(axis=1, skipna=False)})
            found[str(key[0]), str(key[1])] = by_place
        return found

    def rhythm(self, factor: str, aspect: str) -> pd.DataFrame | None:
        """Records by value (lines) and place (columns); None where they are not known."""
        return self._rhythms.get((factor, aspect))

    def lacking(self, factor: str) -> dict[Period, tuple[int, ...]]:
        """Each period of a factor, and the numbers of its months that its records do not cover.

        A stretch of months without a record is one that is not covered where so many records would
        be expected in it that it is no chance; none is where records are not known by month.
        """
        unit = self.released.config.get("periods", {}).get("unit", "calendar-year")
        # Districts and places have the same periods, but a release may have only one of the two.
        labels = next(c[factor] for c in self.counts.values() if factor in c)
        periods = [parse_period(label, unit=unit) for label in labels]
        found = self.rhythm(factor, "month")
        if found is None:
            return dict.fromkeys(periods, ())
        # A number that is withheld is one of records all the same.
        whole = found[WHOLE].fillna(1)
        events = {int(m[:4]) * 12 + int(m[5:]) - 1: int(n) for m, n in whole.items()}
        return {period: missing_months(period, events) for period in periods}

    @cached_property
    def monthly(self) -> dict[str, dict[str, list[float]]]:
        """Factor to the records per month of each place; NaN for months of no period."""
        return {
            factor: found.reindex(months_of(found)).astype(float).to_dict("list")
            for (factor, aspect), found in self._rhythms.items()
            if aspect == "month"
        }


def summed(records: Any, by: Any) -> Any:  # noqa: ANN401 (a Series or a table)
    """Sums of groups of lines, missing where a part is missing because it is withheld."""
    missing = records.isna().groupby(by).any()
    # pandas adds up a group without its missing values: a sum without a withheld part would be told
    # as the whole.
    return records.groupby(by).sum().mask(missing)


def months_of(rhythm: pd.DataFrame) -> list[str]:
    """Every month from the first to the last of a table by month."""
    return list(_months_between(str(rhythm.index[0]), str(rhythm.index[-1])))


def index_classes(released: Released) -> "pd.Series[int]":
    """Class of each area, by its score, by its tenth where scores are not released, or by the list.

    `class_words` says what they are.
    """
    every = released.all_areas
    if "score" in every:
        return index_class(every["score"])
    if "decile" in every:
        # The tenth 1 is the highest risk, a score is high where risk is.
        return index_class(-every["decile"].astype("Float64"))
    return every["selected"].astype(bool).map({True: 4, False: 0})


def class_words(released: Released) -> dict[int, str]:
    """What each class of `index_classes` holds, the highest first: scores from to, or tenths.

    Areas with the same score stay in one class, so a class of scores is named by what it holds: a
    lower half could hold three quarters of the areas. Classes of scores without an area are left
    out.
    """
    every = released.all_areas
    if "score" in every:
        by_class = every["score"].groupby(index_class(every["score"]))
        return {
            int(str(kind)): f"score {score_range(scores)}"
            for kind, scores in sorted(by_class, key=lambda one: -int(str(one[0])))
            if int(str(kind)) >= 0
        }
    if "decile" in every:
        return dict(zip((4, 3, 2, 1, 0), _TENTHS, strict=True))
    return {4: "selected", 0: "not selected"}


_TENTHS = ("highest tenth", "second tenth", "third tenth", "fourth and fifth tenths", "all others")


def score_range(scores: "pd.Series[float]") -> str:
    """The lowest and highest of some scores, with one decimal where there is one: 25 to 87.5."""
    ends = round_half_away([scores.min(), scores.max()], decimals=1)
    return " to ".join(dict.fromkeys(f"{end:g}" for end in ends))


def index_class(score: "pd.Series[float]") -> "pd.Series[int]":
    """Class of each area, 4 the highest tenth to 0 the lower half, -1 not assessed.

    Areas with the same score stay in one class, that of the middle of them.
    """
    # Many areas share a score, 0 most of all. One in the middle of its ties is classed with all of
    # them, so that no border runs through equals.
    share = score.rank(method="average", pct=True, ascending=False)
    share = share.to_numpy(dtype=float, na_value=np.nan)
    classes = 4 - np.searchsorted([0.1, 0.2, 0.3, 0.5], share)
    return pd.Series(np.where(np.isnan(share), -1, classes), index=score.index)


def _hot(label: str, tests: pd.DataFrame, several: frozenset[str] | None, flag: str) -> Hot:
    # Partners see flags of restricted factors without what is corrected over all periods.
    told = tests[flag].where(tests[flag].notna(), tests["is_hot"]) if flag in tests else None
    is_hot = (
        (tests["is_hot"] if told is None else told)
        .astype("boolean")
        .fillna(False)
        .to_numpy(dtype=bool)
    )
    # Tests without confidence, such as a threshold, are hot or not and nothing between.
    level = tests["confidence"].astype("Float64").fillna(0).to_numpy(dtype=int)
    classes = np.select(
        [is_hot & (level == 99), is_hot, level > 0], ["h99", "h95", "h90"], default="h0"
    )
    reason = tests["reason"].fillna("").to_numpy() if "reason" in tests else ""
    # After the tests: an area with a reason has no confidence, and would count as not hot.
    classes = np.where(reason != "", "unknown", classes)
    hot = tests.index[is_hot]
    kinds = tests.loc[hot, "kind"].fillna("").astype(str).to_dict() if "kind" in tests else {}
    shades = dict(zip(tests.index, classes.tolist(), strict=True))
    return Hot(label, frozenset(hot), shades, kinds, float(is_hot.mean()), several)


def _hot_in_several(persistence: pd.DataFrame) -> dict[str, frozenset[str]]:
    if persistence.empty or "periods_hot" not in persistence:
        return {}
    followed = persistence[persistence["periods_assessed"] > 1]
    return {
        str(factor): frozenset(
            part.index[part["periods_hot"].fillna(0) > 1].get_level_values("area_code").tolist()
        )
        for factor, part in followed.groupby(level="factor", sort=False)
    }


def _by_factor(counts: pd.DataFrame) -> dict[str, dict[str, dict[str, Record]]]:
    """Factor, period and place to the numbers of the place."""
    found: dict[str, dict[str, dict[str, Record]]] = {}
    if counts.empty:
        return found
    # Every place in every period, so that a page need not ask whether a line is there.
    places = counts.index.unique("place").union([WHOLE])
    for key, part in _with_marks(counts).groupby(level=["factor", "period"], sort=False):
        factor, period = key
        table = part.droplevel(["factor", "period"]).reindex(places)
        table["mark"] = table["mark"].fillna(WITHHELD)
        found.setdefault(str(factor), {})[str(period)] = table.to_dict("index")
    return found


def _in_order(found: dict[str, Any], released: Released) -> dict[str, Any]:
    """Factors in the order of the report."""
    return {str(name): found[str(name)] for name in released.factors.index if name in found}


def _with_marks(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts of groups with every column of `COUNTED`, and `mark`: why a number is missing."""
    events = counts["events"]
    given = counts.get("mark", events)
    # A release has a mark in place of a number; in an internal result the number is just missing.
    marked = given.map(lambda value: isinstance(value, str) and value in MARKS)
    numbers = counts.reindex(columns=COUNTED).apply(pd.to_numeric, errors="coerce")
    return numbers.assign(mark=given.where(marked, NOT_RECORDED))


def _files(names: list[str]) -> dict[str, str]:
    """A file for each name; names that would share one are told apart by a number."""
    files: dict[str, str] = {}
    for name in names:
        stem = f"district-{slug(name)}"
        # Two districts such as "St. Ives" and "St Ives" have one slug, and the second page would
        # replace the first.
        taken = f"{stem}.html" in files.values()
        files[name] = f"{stem}-{len(files)}.html" if taken else f"{stem}.html"
    return files


def _months_between(first: str, last: str) -> Iterator[str]:
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return map(month_label, range(start, end + 1))
