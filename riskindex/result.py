"""What a run reads and what it finds out, at full detail."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from riskindex.areas.groups import group_kinds, profile_kind
from riskindex.areas.neighbours import NeighbourSummary
from riskindex.areas.screen_maps import OnScreen
from riskindex.assessment.figure_rows import ByArea
from riskindex.assessment.people_rows import with_homes
from riskindex.assessment.place_counts import (
    BASES,
    NOTHING_MEASURED,
    Measured,
    count_everything,
    inside_study,
    places_of_pages,
    with_events_elsewhere,
)
from riskindex.assessment.run_rows import OfRun, run_rows
from riskindex.assessment.shown_counts import (
    ABOUT,
    about_factors,
    areas_of_homes,
    every_figure,
    hot_by_factor,
    show,
)
from riskindex.cut import Cut
from riskindex.factors import Factor, period_label
from riskindex.index.build import Index
from riskindex.planning.team_plan import (
    Surroundings,
    TeamPlan,
    place_names,
    reach_table,
    sizes_of_places,
)
from riskindex.tables import Sensitivity

if TYPE_CHECKING:
    import geopandas as gpd
    from scipy.sparse import csr_array

    from riskindex.config import Config


Say = Callable[[str], None]
"""Told the name of each stage as it begins."""


def silent(_stage: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class SensitivePlaces:
    """The areas that a list of sensitive places lies in."""

    codes: frozenset[str]
    """Area codes."""


NO_PLACES = SensitivePlaces(codes=frozenset())


class Given(NamedTuple):
    """Everything that a run reads."""

    areas: "gpd.GeoDataFrame"
    """Names, groups, bases and geometry, index area_code."""
    tables: pd.DataFrame
    """Tables by area; columns (source, column)."""
    counts: pd.DataFrame
    """Events per area; columns (factor, group, period). Restricted events in sensitive places are
    not among them."""
    reconciliation: pd.DataFrame
    """Events read and what became of them."""
    uncounted: pd.DataFrame
    """One line per event that was not counted."""
    rhythm: pd.DataFrame
    """Records by place and month, weekday, hour, age and sex."""
    notes: tuple[str, ...]
    """What was noticed."""
    files: pd.DataFrame
    """Input files: role, name, bytes, sha256, rows."""
    places: SensitivePlaces = NO_PLACES
    """Areas with a refuge or the like."""
    group_counts: pd.DataFrame | None = None
    """Events per area for counts of groups, those in sensitive places too; None: `counts`."""
    fingerprints: pd.DataFrame = pd.DataFrame()
    """Sums of the fingerprints of the records counted, as `counts`."""
    group_fingerprints: pd.DataFrame | None = None
    """Fingerprints of `group_counts`; None: `fingerprints`."""
    disagreements: pd.DataFrame = pd.DataFrame()
    """Events whose codes and coordinates lie in different areas."""
    part_periods: frozenset[tuple[str, str]] = frozenset()
    """Factor and label of each period of which its sources cover a part."""
    around: Surroundings = Surroundings()
    """Names of settlements, and services."""
    measured: Measured = NOTHING_MEASURED
    """What figures count beside the factors."""
    funnels: pd.DataFrame = pd.DataFrame()
    """What is left after each clause of the definitions."""
    inside: pd.DataFrame = pd.DataFrame()
    """Records of each area by street and by part of the week."""

    def handed_on(self) -> dict[str, Any]:
        """What a result keeps as it was read, by the names that it has there."""
        kept = self._asdict()
        # Notes are added to; counts of groups stand in for themselves where no place is sensitive.
        del kept["notes"], kept["group_counts"], kept["group_fingerprints"]
        groups = {"group_counts": self.all_counts, "group_fingerprints": self.all_fingerprints}
        return {**kept, **groups}

    @property
    def all_counts(self) -> pd.DataFrame:
        """Events per area, those in sensitive places too."""
        return self.counts if self.group_counts is None else self.group_counts

    @property
    def all_fingerprints(self) -> pd.DataFrame:
        """Fingerprints of these events."""
        # None saves a second copy where no place is sensitive and both are the same.
        prints = self.group_fingerprints
        return self.fingerprints if prints is None else prints


LOG = logging.getLogger("riskindex")
"""Stages, notes and errors, for runs that nobody watches."""


def logged(say: Say) -> Say:
    """Tell the log of each stage too, and of each file at its finest level."""

    def tell(stage: str) -> None:
        # A file, told after its stage and a colon, is too much for a log of stages.
        LOG.log(logging.DEBUG if ":" in stage else logging.INFO, "%s", stage)
        say(stage)

    return tell


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result(OnScreen):
    """Everything that a run found out, at full detail; it is never written as it is."""

    config: "Config"
    """What was asked."""
    areas: "gpd.GeoDataFrame"
    """Areas with names, groups, bases and geometry, index area_code."""
    tables: pd.DataFrame
    """Tables by area, columns (source, column)."""
    weights: "csr_array"
    """Neighbours, shape (n, n), in the order of the areas."""
    neighbours: NeighbourSummary
    """Mean number of neighbours, areas without any, and components."""
    counts: pd.DataFrame
    """Events per area that the method used; columns (factor, group, period). Restricted events in
    sensitive places are not among them."""
    fingerprints: pd.DataFrame
    """Sums of the fingerprints of the records counted, as `counts`."""
    group_counts: pd.DataFrame
    """Events per area for counts of groups, which keep the events in sensitive places."""
    group_fingerprints: pd.DataFrame
    """Fingerprints of those records."""
    reconciliation: pd.DataFrame
    """Events read and what became of them, index (source, factor)."""
    uncounted: pd.DataFrame
    """One line per event that was not counted, with the reason."""
    hotspots: pd.DataFrame
    """The tests, index (factor, period, area_code)."""
    pooled: pd.DataFrame
    """The tests over all periods together, index (factor, area_code)."""
    tests: pd.DataFrame
    """What was assumed and found per factor and period."""
    persistence: pd.DataFrame
    """Periods hot and what changed, index (factor, area_code)."""
    scores: pd.DataFrame
    """Scores and contributions, index (factor, area_code)."""
    index: pd.DataFrame
    """Score, rank and selection, index area_code."""
    cut: Cut
    """The arithmetic of the selection."""
    flags_tie: int
    """How many areas would tie at the cut if only the flags counted."""
    how_sure: str
    """What to expect of a repeat, in words; empty where none was made."""
    weights_taken: "pd.Series[float]"
    """Weight of every scored factor as the index took it: given, all alike, found or elicited."""
    index_taken: Index
    """Options of the index with these weights simply given, see `given_weights`."""
    through_one_area: "pd.Series[str]"
    """How many of the hot factors of an area need one area of their window, index area_code."""
    correlations: pd.DataFrame
    """Rank correlation of each factor with the shares and with the other factors."""
    notes: tuple[str, ...]
    """What an analyst should know about the data, in sentences."""
    files: pd.DataFrame
    """Input files: role, name, bytes, sha256, rows."""
    attribution: tuple[str, ...]
    """Whose data it is, in the words that its licence asks for."""
    rhythm: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Records by place and month, weekday, hour, age and sex, of all periods of a factor."""
    clusters_found: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Clusters of the factors that are scanned, of `scan_for_clusters`."""
    sensitivity: Sensitivity = field(default_factory=Sensitivity)
    """What other choices would have changed, of `ask_what_if`."""
    composition: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Who lives in the selected areas, beside the rest, of `compose`."""
    double_counting: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Pairs of factors that may count one thing twice, of `find_double_counting`."""
    places: SensitivePlaces = NO_PLACES
    """Areas with a refuge or the like, which partners and the public must not be led to."""
    disagreements: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Events whose codes and coordinates lie in different areas; under internal alone."""
    part_periods: frozenset[tuple[str, str]] = frozenset()
    """Factor and label of each period of which its sources cover a part; no change is told."""
    around: Surroundings = field(default_factory=Surroundings)
    """Names of settlements, and services."""
    team_plan: TeamPlan | None = None
    """Named places of the list, and teams sent to them."""
    measured: Measured = NOTHING_MEASURED
    """What figures count beside the factors, rhythms of each period, and tables without areas."""
    funnels: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What is left after each clause of the definitions, of `tell_funnels`."""
    inside: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Records of each area by street and by part of the week, of `count_inside`; events in
    sensitive places are among them."""

    @property
    def headline(self) -> str:
        """Its place and how many areas it selects, in a line."""
        # Of the assessed areas: those without an index could never have been selected.
        chosen, assessed = int(self.index["selected"].sum()), self.cut.assessed
        return (
            f"{self.config.title} ({self.config.place}), at full detail: {chosen:,} of "
            f"{assessed:,} areas selected"
        )

    def to_geodataframe(self) -> "gpd.GeoDataFrame":
        """Every area with its name, groups, bases, score, rank, selection and shape."""
        # Geometry last: a table on the screen shows what can be read first.
        order = [*self.areas.columns.drop("geometry"), *self.index.columns, "geometry"]
        return self.areas.join(self.index)[order]

    @cached_property
    def figure_counts(self) -> pd.DataFrame:
        """Counts of the whole and of every kind of group, of `count_everything`."""
        # Groups keep the events in sensitive places: their cells are of 5,000 residents or more.
        counts = [self.group_counts, self.measured.counts]
        named = place_names(self.team_plan)
        table = count_everything(self.areas, counts, self.tables, self.config.factors, named=named)
        # Events that lie in no area belong to the whole, though no area's row can hold them.
        table = with_events_elsewhere(table, self.measured.in_no_area)
        inside = self.measured.in_polygons
        return pd.concat([table, inside]) if len(inside) else table

    @property
    def about_factors(self) -> pd.DataFrame:
        """What each factor counts, in which periods, index factor."""
        return self._about(self.config.factors)

    @property
    def about_measures(self) -> pd.DataFrame:
        """What figures count beside the factors, index measure."""
        return self._about(self.config.measured)

    def _about(self, factors: Sequence[Factor]) -> pd.DataFrame:
        # A measure may be of months where the factors are of years.
        units = {factor.name: self.config.unit_of(factor.name) for factor in factors}
        return about_factors(factors, self.config.sources, units)

    @cached_property
    def figures(self) -> pd.DataFrame:
        """Every number of a needs assessment, as the internal profile sees it."""
        # Factors first: figures stand in the order of the report.
        about = pd.concat([self.about_factors, self.about_measures])
        asked = self.config.figures
        hot = hot_by_factor(self.hotspots, self.areas.index, asked=asked)
        shown = show(
            about.reindex(columns=list(ABOUT)),
            counts=self.figure_counts,
            rhythm=inside_study(self.measured.rhythm),
            finer=inside_study(self.measured.finer),
            over_periods=inside_study(self.rhythm),
            bands=pd.DataFrame(),
            rhythm_kind=profile_kind(group_kinds(self.areas)),
            whole=self.config.place,
            hot=hot,
            weights=self.weights,
            series=self.measured.series,
            funnels=self.funnels,
            # Nothing is withheld from who holds the records.
            people=self.people(hot, self.persistence).assign(mark=""),
            part_periods=self.part_periods,
            by_area=ByArea(
                hotspots=self.hotspots,
                listed=self.index["selected"].astype(bool),
                period=period_label(self.config.factors),
                places=places_of_pages(
                    self.areas, self.config.profiles.groups, place_names(self.team_plan)
                ),
                people={name: self.areas[name].round() for name in BASES if name in self.areas},
                tiers=self.index.get("tier"),
            ),
            run=self._about_run(),
        )
        return every_figure(asked, shown)

    def _about_run(self) -> pd.DataFrame:
        """Figures of the run itself: other choices, who lives in the list, histories, teams."""
        around = int(self.areas.get("is_context", pd.Series(dtype=bool)).sum())
        new = self.persistence["is_new"].astype(bool)
        of = OfRun(
            areas=self.index,
            leaning=self.through_one_area[self.index["selected"].astype(bool)],
            hotspots=self.hotspots,
            persistence=self.persistence,
            clusters=self.clusters_found,
            sensitivity=self.sensitivity,
            composition=self.composition,
            correlations=self.correlations,
            teams=reach_table(self.team_plan),
            numbered=frozenset(factor.name for factor in self.config.factors),
            numbers={
                "areas": len(self.areas) - around,
                "context": around,
                "neighbours": self.neighbours.mean,
                "islands": len(self.neighbours.islands),
                "twice": len(self.double_counting),
                "new": new[new].index.get_level_values("area_code").nunique(),
                **sizes_of_places(self.team_plan),
            },
        )
        return run_rows(
            of,
            labels={factor.name: factor.label for factor in self.config.factors},
            whole=self.config.place,
            period=period_label(self.config.factors),
        )

    def people(self, hot: pd.DataFrame, persistence: pd.DataFrame) -> pd.DataFrame:
        """Numbers of people, with those who live in the areas that a reader sees as hot.

        Parameters
        ----------
        hot
            Of `hot_by_factor`.
        persistence
            Index (factor, area_code), as the reader sees it.
        """
        if self.measured.people.empty:
            return pd.DataFrame()
        # Homes are those in areas that this reader sees as hot; others would give hidden ones away.
        flags = areas_of_homes(self.config.figures, hot, persistence)
        residents = self.areas.get("residents")
        return with_homes(self.measured.people, self.config.figures, flags, residents)
