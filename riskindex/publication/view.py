"""View: what one profile sees of a result, table by table."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.groups import group_kinds, profile_kind
from riskindex.assessment.shown_counts import hot_by_factor
from riskindex.cut import Cut, areas, without_score
from riskindex.disclosure import CellRules, decile
from riskindex.factors import (
    CONFIDENCE_SCORES,
    Factor,
)
from riskindex.planning.inside_places import nothing_told
from riskindex.planning.named_places import hot_in_places, hot_last
from riskindex.planning.team_plan import TeamPlan, place_names
from riskindex.publication.counts import is_exact, released_places
from riskindex.publication.protection import (
    restricted_factors,
    restricted_measures,
    restricted_sources,
)
from riskindex.publication.readable_tables import (
    factor_table,
    told_inside,
    with_kinds,
    with_places,
)
from riskindex.publication.released import (
    HOTSPOT_COLUMNS,
    LASTING_COLUMNS,
    TEST_COLUMNS,
    TOGETHER,
)
from riskindex.publication.rhythm import (
    released_hours,
)
from riskindex.result import Result
from riskindex.tables import rows

BANDED = ("flag", "confidence", "persistence", "threshold")
"""Scores of few values, which survive the noise; the strength of counts does not."""


class OpenFactors(NamedTuple):
    """What the method says of the open factors alone, for those who may not see the others."""

    reasons: "pd.Series[str]"
    """Sentences of `explain`, index area_code; empty where no open factor scores."""
    through_one_area: "pd.Series[str]"
    """Of `through_one_area`, index area_code."""


class View:
    """What one profile sees: open factors as counted, restricted ones of the protected run."""

    def __init__(
        self, result: Result, protected: Result, profile: str, opened: OpenFactors
    ) -> None:
        self.result, self.protected, self.profile = result, protected, profile
        self.opened = opened
        self.closed = restricted_factors(result.config)
        self.open = tuple(f.name for f in result.config.factors if f.name not in self.closed)
        self.groups = group_kinds(result.areas)
        # Areas around the study area lend neighbours to windows, and no count of theirs is
        # released.
        around = result.areas.get("is_context")
        self.study = result.areas.index if around is None else result.areas.index[~around]
        self.every = self._every()

    @property
    def partner(self) -> bool:
        """Whether flags of restricted factors leave."""
        return self.profile == "partner"

    @property
    def banded(self) -> bool:
        """Whether every restricted factor scores in few values (bands)."""
        closed = [f for f in self.result.config.factors if f.name in self.closed and f.scored]
        return all(factor.score in BANDED for factor in closed)

    @property
    def rules(self) -> CellRules:
        """What protected cells of this release follow."""
        return self.result.config.release.rules

    def figure_counts(self, key: bytes) -> pd.DataFrame:
        """Counts that figures are made of, and those of the named places of the list."""
        named = place_names(self.protected.team_plan)
        return released_places(self.result, key, self.rules, named=named)

    def _every(self) -> pd.DataFrame:
        """The table of all areas."""
        result, index = self.result, self.protected.index
        bases = [c for c in ("residents", "residents_10_24") if c in result.areas]
        # A table is built up from columns that may be shown, never cut down from one that holds
        # everything: a new column of the method is not published by being forgotten.
        table = pd.DataFrame(result.areas[["name", *self.groups]])
        if self.banded:
            # Tenths survive noise where scores take few values (96 to 97% stay); scores by strength
            # do not, and a tenth of pure noise is not shown.
            table["decile"] = decile(index["rank"]).reindex(table.index)
        shown = [f for f in result.config.factors if f.scored and f.name in self._flagged]
        hot = [rows(result.scores, factor=f.name)["is_hot"].astype(bool) for f in shown]
        if hot:
            number = pd.concat(hot, axis=1).sum(axis=1).astype("Int64").reindex(table.index)
            table["factors_hot"] = number.mask(result.index["score"].isna())
            # Computed of open factors alone: the same column of all factors would count the
            # restricted ones in.
            lone = self.opened.through_one_area
            table = with_kinds(table, result, [f.name for f in shown], lone=lone)
        table["selected"] = result.index["selected"].astype(bool)
        if "tier" in index:
            table["tier"] = index["tier"]
        table["reasons"] = self._reasons().reindex(table.index).fillna("")
        people = result.areas[bases].round().astype("Int64")
        return with_places(table.join(pd.DataFrame(people)), self.protected.team_plan)

    @property
    def _flagged(self) -> tuple[str, ...]:
        """Factors whose hot areas are shown as counted."""
        return (*self.open, *self.closed) if self.partner else self.open

    def _reasons(self) -> "pd.Series[str]":
        """Sentences of open factors with their numbers; to partners, of the others without."""
        result, config = self.result, self.result.config
        said = self.opened.reasons.reindex(result.areas.index).fillna("")
        for factor in config.factors if self.partner else ():
            if factor.name in self.closed and factor.scored:
                said = (said + " " + self._flag_sentences(factor)).str.strip()
        chosen = result.index["selected"].astype(bool).reindex(said.index)
        # An empty cell beside a selected area would read as a fault.
        return said.mask(chosen & (said == ""), _BY_OTHERS)

    def _flag_sentences(self, factor: Factor) -> "pd.Series[str]":
        """What partners read of a restricted factor: hot or not, its confidence, and years hot."""
        scores = rows(self.result.scores, factor=factor.name)
        hot = scores["is_hot"].astype(bool)
        sure = pd.Series("", index=scores.index)
        if factor.score == "confidence":  # other scores of 100 are no confidence
            # A flag means several events; how sure it is leaves to partners under an agreement that
            # forbids inverting it.
            bands = {round(s, 6): f" ({c}% sure)" for c, s in CONFIDENCE_SCORES.items() if s}
            sure = scores["score"].round(6).map(bands).fillna("").astype(str)
        words = ("Hot: " + factor.label + sure + ".").where(hot, "")
        if factor.score == "persistence" and factor.name in self._lasting:
            times = rows(self.result.persistence, factor=factor.name).reindex(scores.index)
            often = (
                f"Hot: {factor.label}, in "
                + times["periods_hot"].astype(str)
                + " of "
                + times["periods_assessed"].astype(str)
                + " periods."
            )
            words = often.where((times["periods_hot"] > 0).fillna(False), "")
        return words.reindex(self.result.areas.index).fillna("").astype(str)

    @property
    def _lasting(self) -> set[str]:
        return set(map(str, self.result.persistence.index.get_level_values("factor")))

    def top(self) -> pd.DataFrame:
        """The list: firm areas first, then by district; its own order would disclose counts."""
        chosen = self.every[self.every["selected"]].drop(columns="selected")
        kind = profile_kind(self.groups)
        # Rank order is decided by counts: firm first, then by district and code, tells nothing
        # beyond the tier.
        order = pd.DataFrame(
            {
                "tier": chosen["tier"] != "firm" if "tier" in chosen else False,
                "place": chosen[kind] if kind else "",
                "code": chosen.index,
            },
            index=chosen.index,
        )
        return chosen.loc[order.sort_values(["tier", "place", "code"]).index]

    def team_plan(self) -> TeamPlan | None:
        """Places and teams of the protected run, with what is hot as far as it is shown."""
        plan = self.protected.team_plan
        if plan is None or plan.places.table.empty:
            return plan
        table, labels = plan.places.table, {f.name: f.label for f in self.result.config.factors}
        shown = self.hotspots()
        # Where no flag is shown, none next door is not known rather than 0.
        hot = hot_last(shown) if len(shown) else None
        factors, next_door = hot_in_places(plan.places.place_of, table.index, hot, labels=labels)
        # Of a single area these would be its score in the protected run, which is not shown.
        shown_places = table.drop(columns=["score_max", "need"]).assign(
            factors=factors, next_door=next_door
        )
        return plan._replace(places=plan.places._replace(table=shown_places))

    def inside(self, key: bytes, rules: CellRules) -> pd.DataFrame:
        """For partners streets and hours of open factors, and protected hours of the others."""
        plan = self.protected.team_plan
        # A street named in public is a label for who lives there; a team needs it, a reader not.
        if not self.partner or plan is None:
            return nothing_told()
        parts = [
            told_inside(self.result, plan, self.open),
            released_hours(self.result, plan.places.place_of, key, rules),
        ]
        parts = [part for part in parts if len(part)]
        return pd.concat(parts, ignore_index=True) if parts else nothing_told()

    def cut(self) -> Cut:
        """The arithmetic of the selection, of the protected run but for the number selected."""
        selected = int(self.result.index["selected"].sum())
        rule = self.result.cut.rule
        words = f"{rule[0].upper()}{rule[1:]}. That makes {areas(selected)}."
        # The score at the cut is an equation in the counts of the areas there.
        hidden = without_score(self.protected.cut)
        return hidden._replace(
            selected=selected, overridden_in=0, overridden_out=0, explanation=words
        )

    def factors(self) -> pd.DataFrame:
        """What each factor is, and how many areas are hot where that is shown."""
        table, noised = factor_table(self.result), factor_table(self.protected)
        closed = table.index.isin(list(self.closed))
        # What is assumed holds the spread of the counts, and weights may be found from the scores.
        table["null"] = table["null"].mask(closed, noised["null"])
        table["weight"] = noised["weight"]
        shown = table.drop(columns=["hot_without_dispersion_last"]).assign(restricted=closed)
        # Flags of restricted factors are not shown to the public, and their number would be a count
        # of them; partners see the flags and can count them.
        hidden = ["total_last", *([] if self.partner else ["hot_last", "hot_by_period"])]
        for column in hidden:
            shown[column] = shown[column].astype(object).mask(closed, None)
        shown["null"] = shown["null"].mask(closed & (shown["null"] == _NOTHING), "not assessed")
        return shown.drop(columns="sources")

    def scores(self) -> pd.DataFrame:
        """Scores that sliders move: of open factors, and the others of the protected run."""
        protected = self.protected.scores
        weights = self.protected.weights_taken.copy()
        opened = of_factors(protected, self.open)
        closed = of_factors(protected, self.closed)
        if self.partner:
            table = _in_factor_order(pd.concat([opened, closed]), self.result)
        else:
            together = _together(closed, weights)
            table = pd.concat([opened, together]) if together is not None else opened
            # The public moves all restricted factors with one slider: single sliders would show
            # each factor's scores by the areas that they move.
            weights[TOGETHER] = weights[weights.index.isin(list(self.closed))].sum()
        table = table[[c for c in ("score", "intensity", "group", "is_hot") if c in table]].copy()
        is_closed = table.index.get_level_values("factor").isin([*self.closed, TOGETHER])
        # Intensity is the strength of counts, and would tell more than the score that sliders need.
        table.loc[is_closed, "intensity"] = table.loc[is_closed, "score"]
        table.loc[is_closed, "is_hot"] = False
        table["weight"] = table.index.get_level_values("factor").map(weights).astype(float)
        return table

    def hotspots(self) -> pd.DataFrame:
        """The tests of open factors; of the others flags to partners, to the public nothing."""
        shown = [c for c in HOTSPOT_COLUMNS if c in self.result.hotspots]
        # Hot areas of the protected run are those of noised counts, and said to be so; shown only
        # where the config asks.
        asked = not self.partner and self.result.config.release.hotspots == "protected"
        seen = self.protected.hotspots if asked else self.result.hotspots
        closed = of_factors(seen, self.closed)
        flags = closed[["confidence", "is_hot", "kind"]].copy()
        flags["reason"] = (
            closed["reason"]
            .fillna("")
            .astype(object)
            # "all zero" is a count of 0 for every area of a factor.
            .mask(closed["reason"].isin(_TELLING), "not assessed")
        )
        opened = of_factors(self.result.hotspots, self.open)[shown]
        if closed.empty or not (self.partner or asked):
            return opened
        return _in_factor_order(pd.concat([opened, flags.reindex(columns=shown)]), self.result)

    def tests(self) -> pd.DataFrame:
        """What the tests assumed; of restricted factors as the protected run has it."""
        columns = [
            "method",
            "null",
            "correction",
            "level",
            "assessed",
            "not_assessed",
            "dispersion",
            "estimator",
        ]
        closed = of_factors(self.protected.tests, self.closed)[columns]
        closed = closed.assign(null=closed["null"].mask(closed["null"] == _NOTHING, "not assessed"))
        # Partners see the flags and can count them; to the public their number is missing, not 0.
        hot = of_factors(self.result.tests, self.closed)["hot"]
        closed["hot"] = hot if self.partner else pd.array([pd.NA] * len(closed), dtype="Int64")
        opened = of_factors(self.result.tests, self.open)[list(TEST_COLUMNS)]
        return _in_factor_order(
            pd.concat([opened, closed.reindex(columns=opened.columns)]), self.result
        )

    def persistence(self) -> pd.DataFrame:
        """Years hot; of restricted factors to partners alone, without any count."""
        shown = [c for c in LASTING_COLUMNS if c in self.result.persistence]
        opened = of_factors(self.result.persistence, self.open)[shown]
        if not self.partner:
            return opened
        # Years hot are counts of flags; p-values, sums and trends of a restricted factor are
        # functions of its counts.
        columns = ("periods_hot", "periods_assessed", "category", "is_new")
        closed = of_factors(self.result.persistence, self.closed)
        closed = closed[[c for c in columns if c in closed]]
        both = pd.concat([opened, closed.reindex(columns=opened.columns)])
        if "change" in both:
            both["change"] = both["change"].fillna("")
        return _in_factor_order(both, self.result)

    def new_hotspots(self) -> pd.DataFrame:
        """Areas hot in the last period and in none of the earlier ones, where flags are shown."""
        lasting = self.persistence()
        new = lasting[lasting["is_new"].astype(bool)].reset_index()
        named = pd.DataFrame(self.result.areas[["name", *self.groups]])
        joined = new[["factor", "area_code"]].join(named, on="area_code")
        return joined.reset_index(drop=True)

    def reconciliation(self) -> pd.DataFrame:
        """What became of the events of open sources."""
        table = self.result.reconciliation
        names = set(restricted_sources(self.result.config))
        source = table.index.get_level_values("source")
        factor = table.index.get_level_values("factor")
        # A line of a restricted source gives its number of records to the last one.
        keep = ~source.isin(list(names)) & ~factor.isin(list(self.closed))
        return table[keep]

    def notes(self) -> list[str]:
        """The rules of protected cells, and notes about areas and open sources."""
        config = self.result.config
        names = [f"{name}:" for name in restricted_sources(config)]
        labels = [f.label for f in config.factors if f.name in self.closed]
        about = [
            note
            for note in self.result.notes
            if not any(note.startswith(name) for name in names)
            # Notes are sentences with numbers. One that names a restricted source or factor stays
            # inside, and of the rest only those about areas are let through.
            and not any(label.lower() in note.lower() for label in labels)
        ]
        closed = {*self.closed, *restricted_measures(config)}
        every = [f for f in (*config.factors, *config.measured) if f.name in closed]
        counted = any(is_exact(self.result, f.name, str(p)) for f in every for p in f.periods)
        exact = [_AS_COUNTED] if counted else []
        return [*config.release.rules.sentences, *exact, *_safe(about)]

    def people(self) -> pd.DataFrame:
        """Numbers of people, with those who live in the areas that are shown as hot."""
        asked = self.result.config.figures
        hot = hot_by_factor(self.hotspots(), self.result.areas.index, asked=asked)
        return self.result.people(hot, self.persistence())

    def funnels(self) -> pd.DataFrame:
        """What is left after each clause of a definition, of open sources."""
        table = self.result.funnels
        closed = {*self.closed, *restricted_measures(self.result.config)}
        return table[~table["factor"].isin(list(closed))] if len(table) else table

    def measures(self) -> pd.DataFrame:
        """What figures count beside the factors, and which of it is restricted."""
        table = self.result.about_measures
        closed = table.index.isin(list(restricted_measures(self.result.config)))
        return table.assign(restricted=closed)


_AS_COUNTED = (
    "Yearly counts of the whole that read nothing of a person are as counted, like official "
    "statistics."
)


_BY_OTHERS = "By restricted factors, which are not shown for areas."


_NOTHING = "nothing was observed"


_TELLING = ("all zero", "constant")
"""Reasons why an area is not assessed that say what was counted."""


def _safe(notes: list[str]) -> list[str]:
    """Notes about areas alone: notes about events may hold counts of restricted sources."""
    return [note for note in notes if note.startswith(_ABOUT_AREAS) or " lie at the edge" in note]


_ABOUT_AREAS = ("Areas",)


def of_factors(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Lines of some factors, which stand in the index or in a column."""
    if "factor" in table.columns:
        return table[table["factor"].isin(list(names))]
    if "factor" not in table.index.names:
        return table.iloc[:0]
    return table[table.index.get_level_values("factor").isin(list(names))]


def _in_factor_order(table: pd.DataFrame, result: Result) -> pd.DataFrame:
    order = {factor.name: at for at, factor in enumerate(result.config.factors)}
    at = table.index.get_level_values("factor").map(order).to_numpy()
    return table.iloc[np.argsort(at, kind="stable")]


def _together(closed: pd.DataFrame, weights: "pd.Series[float]") -> pd.DataFrame | None:
    """All restricted factors as one, their weighted mean in the protected run."""
    wide = closed["score"].unstack("factor")
    if wide.empty:
        return None
    share = weights.reindex(wide.columns)
    # An area that lacks a factor has the mean of the others, as the index does.
    total = (wide * share).sum(axis=1) / (wide.notna() * share).sum(axis=1).replace(0, np.nan)
    codes = closed.index.get_level_values("area_code").unique()
    index = pd.MultiIndex.from_product([[TOGETHER], codes], names=["factor", "area_code"])
    score = total.reindex(codes).to_numpy()
    return pd.DataFrame({"score": score, "intensity": score, "group": "", "is_hot": False}, index)
