"""What the pages of area profiles share: places and their numbers, worked out once."""

import math
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.assessment.figure_rows import GIVEN
from riskindex.assessment.place_counts import NAMED_KIND, WHOLE_KIND
from riskindex.outputs.needs.rows import Row
from riskindex.outputs.pages import slug
from riskindex.outputs.report.cells import reason_cells
from riskindex.outputs.report.matrix import AreaFacts
from riskindex.outputs.small_maps import AreaPaths, outline
from riskindex.publication.released import Released
from riskindex.statistics.intervals import round_half_away

Record = dict[str, Any]


class Place(NamedTuple):
    """The whole, a group or a named place: what one page is about."""

    name: str
    kind: str
    """`WHOLE_KIND`, a kind of group such as district, or `NAMED_KIND`."""
    codes: list[str]
    """Its areas, by rank; by code where ranks are not released."""
    file: str
    number: int = 0
    """Of a named place, 1 the greatest need; 0 of the others."""

    @property
    def is_named(self) -> bool:
        """Whether it is a cluster of selected areas."""
        return self.kind == NAMED_KIND

    @property
    def is_whole(self) -> bool:
        """Whether it is the study area itself."""
        return self.kind == WHOLE_KIND


class PlaceRows:
    """Rows of the table of figures that are about one place."""

    def __init__(self, figures: pd.DataFrame) -> None:
        """Take the rows, in the order of the table."""
        # Lists and not frames: a page asks hundreds of times, and pages are many.
        self._by_figure: dict[str, list[Row]] = defaultdict(list)
        for row in figures.itertuples(index=False):
            self._by_figure[str(row.figure)].append(row)

    def all(self, figure: str, **asked: object) -> list[Row]:
        """Rows of a figure whose columns have the values asked for."""
        rows = self._by_figure.get(figure, [])
        return [row for row in rows if all(getattr(row, k) == v for k, v in asked.items())]

    def last(self, figure: str, **asked: object) -> Row | None:
        """The last such row, which is of the last period, given or not; None without one."""
        # Given or not: a withheld number of the last period must not be replaced by that of an
        # earlier one.
        return next(reversed(self.all(figure, **asked)), None)

    def mixes(self, stem: str, **asked: object) -> dict[str, list[Row]]:
        """Rows of a mix by the group of events that they are of."""
        # A factor of several groups of events has one mix per group, named after it.
        names = [name for name in self._by_figure if name == stem or name.startswith(f"{stem}:")]
        by_group = {name: self.all(name, **asked) for name in names}
        return {name: rows for name, rows in by_group.items() if rows}


class Hot(NamedTuple):
    """What a factor's test found in its last period."""

    label: str
    codes: frozenset[str]
    """Areas that are hot."""
    classes: dict[str, str]
    """Style class of every area."""


class Book:
    """What all the pages of a release share. Plain dictionaries: a page asks thousands of times.

    Parameters
    ----------
    released
        What the profile may see.
    """

    def __init__(self, released: Released) -> None:
        self.released = released
        self.whole_word = str(released.config.get("whole", "county"))
        self.draws_whole = bool(released.config.get("whole_in_plots", True))
        every = released.all_areas
        self.has_ranks = "rank" in every
        # Where ranks are not released, an order by score would give them away.
        by = ["rank", "_code"] if self.has_ranks else ["_code"]
        # By code within a rank: areas that tie must not change places from run to run.
        order = every.assign(_code=every.index).sort_values(by).drop(columns="_code")
        self.records: dict[str, Record] = order.to_dict("index")
        self.has_tiers = "tier" in every
        self._rows: dict[tuple[str, str], PlaceRows] = {}

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
    def class_words(self) -> dict[int, str]:
        """What each class holds, in words."""
        return class_words(self.released)

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
        # A value as it is makes no area hot; "no area is hot for it" would say it was looked for.
        labels = self.released.factors.loc[self.can_be_hot, "label"]
        return {
            str(name): _hot(str(label), last[str(name)])
            for name, label in labels.items()
            if str(name) in last
        }

    @cached_property
    def new(self) -> set[tuple[str, str]]:
        """Factor and area of each new hotspot."""
        table = self.released.new_hotspots
        return set(zip(table["factor"], table["area_code"], strict=True)) if len(table) else set()

    @cached_property
    def whole(self) -> Place:
        """The study area itself."""
        inside = self.released.page_places[WHOLE_KIND]
        codes = [code for code in self.records if code in inside.index]
        return Place(self.released.place, WHOLE_KIND, codes, "whole.html")

    @cached_property
    def groups(self) -> dict[str, list[Place]]:
        """Kind of group to its groups, in the order of their names."""
        by_kind = {}
        for kind, names in self.released.page_places.items():
            if kind in (WHOLE_KIND, NAMED_KIND):
                continue
            ordered = names.reindex([code for code in self.whole.codes if code in names.index])
            # An area that the lookup does not know has an empty group, which is none.
            ordered = ordered[ordered.notna() & (ordered != "")]
            parts = {str(name): part.index.tolist() for name, part in ordered.groupby(ordered)}
            files = _files(kind, sorted(parts))
            by_kind[kind] = [Place(name, kind, parts[name], files[name]) for name in sorted(parts)]
        return by_kind

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
            Place(str(names[n]), NAMED_KIND, part.index.tolist(), f"place-{n}.html", int(n))
            for n, part in ordered.groupby(ordered)
        ]

    @cached_property
    def _positions(self) -> dict[Any, Any]:
        """Kind and name of each place to where its rows stand in the table of figures."""
        figures = self.released.figures
        return dict(figures.groupby(["place_kind", "place"], sort=False).indices)

    def rows(self, place: Place) -> PlaceRows:
        """The rows of figures about a place."""
        key = place.kind, place.name
        if key not in self._rows:
            # The whole stands beside every place; of the others one page asks, and then no more.
            kept = {(WHOLE_KIND, self.whole.name)}
            self._rows = {k: rows for k, rows in self._rows.items() if k in kept}
            # By position: to filter the whole table again for each of hundreds of pages would be
            # slow.
            at = self._positions.get(key, [])
            self._rows[key] = PlaceRows(self.released.figures.iloc[at])
        return self._rows[key]

    @cached_property
    def rates(self) -> dict[tuple[str, str, str], list[Row]]:
        """Figure, kind of place and period to the rate of every place of the kind."""
        figures = self.released.figures
        by_figure: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        # The rates that every run makes; those that a config names may be of anything.
        names = {f"{factor}.rate" for factor in self.released.factors.index}
        for row in figures[figures["figure"].isin(names)].itertuples(index=False):
            by_figure[str(row.figure), str(row.place_kind), str(row.period)].append(row)
        return by_figure

    @property
    def counted(self) -> list[str]:
        """Factors that count events, in the order of the report."""
        rows = self.rows(self.whole)
        return [str(name) for name in self.released.factors.index if rows.all(f"{name}.count")]

    def selected(self, place: Place) -> list[str]:
        """Areas of a place that are selected, by rank."""
        return [code for code in place.codes if self.records[code]["selected"]]

    def listed(self, place: Place) -> list[str]:
        """Areas with a line on the page: of groups those that score, of the whole the list.

        Where scores are not released, those that are selected, borderline or have a reason.
        """
        if place.is_whole:
            return self.selected(place)
        return [code for code in place.codes if place.is_named or self._has_line(code)]

    @cached_property
    def shared(self) -> AreaFacts:
        """What the matrices say of every area that may have a line on a page."""
        # Once for all pages: to look up each page's areas by themselves takes most of the writing.
        named = {code for place in self.named_places for code in place.codes}
        codes = [code for code in self.records if code in named or self._has_line(code)]
        return AreaFacts(self.records, reason_cells(self.released, codes))

    def _has_line(self, code: str) -> bool:
        area = self.records[code]
        if "score" in area:
            # A hand may select an area without any score, and its line says so.
            return bool(area["score"] > 0) or bool(area["selected"])
        return bool(area["selected"] or self.is_borderline(code) or area["reasons"])

    def is_borderline(self, code: str) -> bool:
        """Whether repeats of the run would often say otherwise about an area."""
        return self.records[code].get("tier") == "borderline"

    def hot_codes(self, place: Place, factor: str) -> list[str]:
        """Areas of a place that are hot for a factor, by rank."""
        return [code for code in place.codes if code in self.hot[factor].codes]


def given(row: Row | None) -> bool:
    """Whether there is a row, and a number in it."""
    return row is not None and row.status == GIVEN


def as_float(number: Any) -> float:  # noqa: ANN401 (a cell of a table)
    """A number of a row; NaN where it is missing."""
    # pandas' own mark of a missing whole number is no float.
    return math.nan if pd.isna(number) else float(number)


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
        # Tenths are released without scores, so that no class can be named by what it holds.
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
    # Tenths at the top, where areas are chosen, and wider classes where nothing is decided.
    classes = 4 - np.searchsorted([0.1, 0.2, 0.3, 0.5], share)
    return pd.Series(np.where(np.isnan(share), -1, classes), index=score.index)


def _hot(label: str, tests: pd.DataFrame) -> Hot:
    # By the period's own correction, as in the figures and on the map, also where periods are many:
    # how many flags stay when all are corrected together is told with the tests.
    is_hot = tests["is_hot"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    # Tests without confidence, such as a threshold, are hot or not and nothing between.
    level = tests["confidence"].astype("Float64").fillna(0).to_numpy(dtype=int)
    classes = np.select(
        [is_hot & (level == 99), is_hot, level > 0], ["h99", "h95", "h90"], default="h0"
    )
    reason = tests["reason"].fillna("").to_numpy() if "reason" in tests else ""
    # After the tests: an area with a reason has no confidence, and would count as not hot.
    classes = np.where(reason != "", "unknown", classes)
    hot = tests.index[is_hot]
    return Hot(label, frozenset(hot), dict(zip(tests.index, classes.tolist(), strict=True)))


def _files(kind: str, names: Sequence[str]) -> dict[str, str]:
    """A file for each name; names that would share one are told apart by a number."""
    files: dict[str, str] = {}
    for name in names:
        stem = f"{slug(kind)}-{slug(name)}"
        # Two districts such as "St. Ives" and "St Ives" have one slug, and the second page would
        # replace the first.
        taken = f"{stem}.html" in files.values()
        files[name] = f"{stem}-{len(files)}.html" if taken else f"{stem}.html"
    return files
