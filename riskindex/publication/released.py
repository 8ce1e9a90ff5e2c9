"""What a run found, what a profile may see of it, and the profile that sees everything."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskindex.areas.groups import group_kinds, profile_kind
from riskindex.areas.map_context import DrawnLayer
from riskindex.areas.neighbours import NeighbourSummary
from riskindex.areas.screen_maps import OnScreen
from riskindex.assessment.area_rows import LIST
from riskindex.assessment.figure_rows import ByArea
from riskindex.assessment.options import Document, Figure
from riskindex.assessment.place_counts import (
    BASES,
    WHOLE_KIND,
    inside_study,
    no_measures,
    no_places,
    places_of_pages,
)
from riskindex.assessment.run_rows import OfRun, run_rows
from riskindex.assessment.shown_counts import ABOUT, every_figure, hot_by_factor, show
from riskindex.cut import Cut
from riskindex.disclosure import CellRules
from riskindex.factors import BOUNDED, period_label, scale_of_index
from riskindex.named_definitions import DefinitionWords, definition_words
from riskindex.planning.inside_places import nothing_told
from riskindex.planning.team_plan import TeamPlan, place_names, reach_table, sizes_of_places
from riskindex.publication.readable_tables import (
    KIND_COLUMNS,
    factor_table,
    new_hotspots,
    table_of_all_areas,
    table_of_list,
    told_inside,
)
from riskindex.result import Result
from riskindex.tables import Sensitivity

if TYPE_CHECKING:
    import geopandas as gpd
    from scipy.sparse import csr_array

    from riskindex.config import Config

LIMITS = (
    "Recorded events are not all events: many are never reported, and recording differs "
    "between places.",
    "An area is not its people: nothing here says anything about any person who lives there.",
    "Not for decisions about individuals.",
)

HOTSPOT_COLUMNS = (
    "observed",
    "expected",
    "ratio",
    "ratio_low",
    "ratio_high",
    "window_observed",
    "window_expected",
    "window_ratio",
    "z",
    "p",
    "log_p",
    "p_adjusted",
    "own_p_adjusted",
    "confidence",
    "is_hot",
    "kind",
    "hot_without_largest",
    "largest_group",
    "hot_without_group",
    "value",
    "reason",
    "flag",
    "p_adjusted_all",
    "is_hot_all",
    "local_expected",
    "local_ratio",
    "local_p_adjusted",
    "is_hot_local",
)

TEST_COLUMNS = (
    "method",
    "null",
    "correction",
    "level",
    "assessed",
    "not_assessed",
    "total",
    "average",
    "dispersion",
    "estimator",
    "hot",
    "hot_without_dispersion",
    "hot_90",
    "hot_95",
    "hot_99",
    "moran_i",
    "moran_p",
    "general_g",
    "general_g_p",
    "neighbour_covariance",
    "neighbour_z",
    "dispersion_of_all",
    "left_out",
    "hot_all",
    "hot_local",
    "hot_both",
)
LASTING_COLUMNS = (
    "periods_hot",
    "periods_assessed",
    "first_hot",
    "last_hot",
    "pooled_p_adjusted",
    "change_p_adjusted",
    "change",
    "is_new",
    "trend_s",
    "trend_p",
    "category",
    "periods_hot_all",
    "has_emerged",
    "trend_p_adjusted",
)
"""Columns of the tables of a run that a reader may be shown; one that is not named stays inside."""

TOGETHER = "restricted_factors"
"""Name under which the public's scores hold all restricted factors as one."""
TOGETHER_LABEL = "Restricted factors together, with noise"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Released(OnScreen):
    """What one profile may see; every writer accepts this and nothing else."""

    profile: str
    """Who the outputs are for."""
    title: str
    """Title of the map and the report."""
    place: str
    """Name of the study area in sentences."""
    about: str
    """What is asked and what it must not be used for."""
    period_label: str
    """The periods that the events cover, in words."""
    attribution: tuple[str, ...]
    """Whose data it is."""
    limits: tuple[str, ...]
    """What the list does not say; shown on every page."""
    cut: Cut
    """The arithmetic of the selection."""
    flags_tie: int
    """How many areas would tie at the cut if only the flags counted."""
    how_sure: str
    """What to expect of a repeat, in words; empty where none was made."""
    group_kinds: tuple[str, ...]
    """Columns that put areas into groups, the largest groups last: ward, district."""
    areas: "gpd.GeoDataFrame"
    """Name, groups and geometry, index area_code."""
    neighbours: NeighbourSummary
    """Mean number of neighbours, islands and components."""
    top: pd.DataFrame
    """The list: selected areas in rank order."""
    all_areas: pd.DataFrame
    """Every area in the order of its code."""
    factors: pd.DataFrame
    """What each factor is and how many areas it found hot."""
    scores: pd.DataFrame
    """Scores and contributions, index (factor, area_code)."""
    hotspots: pd.DataFrame
    """The tests, index (factor, period, area_code)."""
    tests: pd.DataFrame
    """What was assumed and found per factor and period."""
    persistence: pd.DataFrame
    """Periods hot and what changed, index (factor, area_code)."""
    new_hotspots: pd.DataFrame
    """Areas hot in the last period and in none of the earlier ones."""
    reconciliation: pd.DataFrame
    """Events read and what became of them."""
    uncounted: pd.DataFrame
    """Events that were not counted; empty outside the internal profile."""
    correlations: pd.DataFrame
    """Rank correlation of each factor with the shares and with the other factors."""
    notes: tuple[str, ...]
    """What a reader should know about the data."""
    files: pd.DataFrame
    """Input files: role, name, bytes, sha256, rows."""
    config: dict[str, Any]
    """The config as it was read."""
    scale: str = BOUNDED
    """What the numbers of the index mean, such as 0 to 100; empty where its factors differ."""
    figure_counts: pd.DataFrame = field(default_factory=no_places)
    """Counts of the whole and of every kind of group, of `count_everything`."""
    measures: pd.DataFrame = field(default_factory=no_measures)
    """What figures count beside the factors: label, counted, periods, unit; index measure."""
    period_rhythm: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Records of factors and measures of each period, by place and month, weekday, hour, age and
    sex; of restricted ones cells of their own."""
    finer_rhythm: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Records as `period_rhythm`, of kinds of places below those of pages that figures ask for; of
    open sources alone outside."""
    age_bands: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Records of restricted factors and measures in the bands of ages that figures ask for."""
    page_kinds: tuple[str, ...] = ()
    """Kinds of group that the config names for profiles; empty for the usual one."""
    document: Document | None = None
    """What the written assessment is about; None where none is asked for."""
    definition: DefinitionWords | None = None
    """By what definition its main measure is counted, in words."""
    requested: tuple[Figure, ...] = ()
    """Figures that the config names."""
    series: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Tables without areas, those that the profile may see."""
    funnels: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What is left after each clause of the definitions; empty where a profile has none."""
    people: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Numbers of people behind the records, of `Result.people`, without fingerprints."""
    weights: "csr_array | None" = None
    """Neighbours, in the order of `areas`, for figures that compare maps."""
    rhythm: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Records by district and month, weekday, hour, age and sex; empty where there are none."""
    clusters_found: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Clusters of the factors that are scanned, of `scan_for_clusters`."""
    rules: CellRules | None = None
    """How counts of restricted sources became protected cells; None where none did."""
    apart: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Restricted events in sensitive places, which decide nothing; under internal alone."""
    sensitivity: Sensitivity = field(default_factory=Sensitivity)
    """What other choices would have changed, of `ask_what_if`."""
    composition: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Who lives in the selected areas, beside the rest, of `compose`."""
    double_counting: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Pairs of factors that may count one thing twice, of `find_double_counting`."""
    disagreements: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Events whose codes and coordinates lie in different areas; under internal alone."""
    part_periods: frozenset[tuple[str, str]] = frozenset()
    """Factor and label of each period that its sources cover in part; its changes are not shown."""

    team_plan: TeamPlan | None = None
    """Named places of the list, and teams sent to them."""
    inside: pd.DataFrame = field(default_factory=nothing_told)
    """Streets and parts of the week of each place, of `inside_places`; empty in public."""
    context: frozenset[str] = frozenset()
    """Codes of the areas around the study area, which are in windows and not assessed."""
    drawn: tuple[DrawnLayer, ...] = ()
    """Roads, waters and the like that the map draws: open data, the same in all profiles."""
    postcodes: "pd.Series[str] | None" = None
    """Area code of every postcode that the map finds; open data, the same in all profiles."""
    settlements: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Names for the map: `name`, `x`, `y` in the areas' coordinates, `population`."""
    signing_key: bytes = field(default=b"", repr=False)
    """Made of the release key, for the code of the manifest; empty where there was no key."""

    @property
    def headline(self) -> str:
        """Who it is for, its place and how many areas it selects, in a line."""
        # Assessed and not all areas: those without a score could never have been selected.
        chosen, assessed = len(self.top), self.cut.assessed
        return f"{self.title}, {self.profile}: {chosen:,} of {assessed:,} areas selected"

    def to_geodataframe(self) -> "gpd.GeoDataFrame":
        """Every area with what the profile may see of it, and its shape."""
        return self.areas[["geometry"]].join(self.all_areas)[[*self.all_areas, "geometry"]]

    @property
    def lead(self) -> str:
        """What is asked and of which periods, under the title of a page."""
        return f"{self.about} Data period: {self.period_label}.".strip()

    @property
    def places(self) -> pd.DataFrame:
        """The named places of the list, index place; empty without a list."""
        return pd.DataFrame() if self.team_plan is None else self.team_plan.places.table

    @cached_property
    def page_places(self) -> "dict[str, pd.Series[str]]":
        """Name of the place of each area, of every kind of place that has pages."""
        # Areas around the study area are in no place.
        study = ~self.areas.index.isin(list(self.context))
        areas = self.areas.loc[study, [*self.group_kinds, "name", "geometry"]]
        return places_of_pages(areas, self.page_kinds, place_names(self.team_plan))

    @cached_property
    def figures(self) -> pd.DataFrame:
        """Every number of a needs assessment, made of the tables of this release alone."""
        # Computed from released tables alone, so that no figure can hold more than the release
        # does.
        tables = (self.factors, self.measures)
        shown = show(
            pd.concat([table.reindex(columns=list(ABOUT)).astype(object) for table in tables]),
            counts=self.figure_counts,
            rhythm=self.period_rhythm,
            finer=self.finer_rhythm,
            over_periods=self.rhythm,
            bands=self.age_bands,
            rhythm_kind=profile_kind(self.group_kinds),
            whole=self.place,
            hot=hot_by_factor(self.hotspots, self.areas.index, asked=self.requested),
            weights=self.weights,
            series=self.series,
            funnels=self.funnels,
            people=self.people,
            part_periods=self.part_periods,
            by_area=ByArea(
                hotspots=self.hotspots,
                listed=pd.Series(self.all_areas.index.isin(self.top.index), self.all_areas.index),
                period=self.period_label,
                places=self.page_places,
                people={name: self.all_areas[name] for name in BASES if name in self.all_areas},
                tiers=self.all_areas.get("tier"),
            ),
            run=self._about_run(),
        )
        return every_figure(self.requested, shown)

    def row_of(
        self, figure: str, *, category: str = "", by: str = "", period: str = "", place: str = ""
    ) -> str:
        """Name of a row of the figures about the whole, or a place; empty where there is none.

        Parameters
        ----------
        figure, category, by
            As in the table of figures.
        period
            Left out, the last one.
        place
            Of the figures of hot areas and of the list; left out, the whole.
        """
        return self._row_names.get((figure, category, by, period, place), "")

    @cached_property
    def _row_names(self) -> dict[tuple[str, ...], str]:
        table = self.figures
        whole_or_hot = table[
            (table["place_kind"] == WHOLE_KIND) | table["kind"].isin(["hot", LIST])
        ]
        names: dict[tuple[str, ...], str] = {}
        for row in whole_or_hot.itertuples(index=False):
            place = "" if row.place_kind == WHOLE_KIND else row.place
            # In order of time, so that the last one written is the last period.
            for period in ("", row.period):
                names[row.figure, row.category, row.by, period, place] = row.row
        return names

    def _about_run(self) -> pd.DataFrame:
        """Figures of the run itself: other choices, who lives in the list, histories, teams."""
        return run_rows(
            OfRun(
                areas=self.all_areas,
                leaning=self.top.get("through_one_area", pd.Series(dtype=str)),
                hotspots=self.hotspots,
                persistence=self.persistence,
                clusters=self.clusters_found,
                sensitivity=self.sensitivity,
                composition=self.composition,
                decimals=self.decimals_of_people,
                correlations=self.correlations,
                teams=reach_table(self.team_plan),
                numbered=frozenset(self.numbered),
                # With protected cells the concentration would be that of the noise.
                is_counted=not self.rules,
                numbers={
                    "areas": len(self.all_areas) - len(self.context),
                    "context": len(self.context),
                    "neighbours": self.neighbours.mean,
                    "islands": len(self.neighbours.islands),
                    "twice": len(self.double_counting),
                    "new": self.new_hotspots.get("area_code", pd.Series()).nunique(),
                    **sizes_of_places(self.team_plan),
                },
            ),
            labels=self.factors["label"].to_dict(),
            whole=self.place,
            period=self.period_label,
        )

    @property
    def decimals_of_people(self) -> int:
        """Decimals of shares of people in the list and off it."""
        # A decimal more would let a reader work out small counts from shares of a known number of
        # people.
        return 1 if self.profile == "internal" else 0

    def is_weighted(self, factor: str) -> bool:
        """Whether the counts of a factor are sums of events of which some count more."""
        return "weighted" in self.factors and bool(self.factors.at[factor, "weighted"])

    def label(self, factor: str) -> str:
        """Name of a factor above its counts, which says where they are weighted."""
        # A weighted sum printed as "events" would be read as a number of events.
        mark = ", weighted" if self.is_weighted(factor) else ""
        return f"{self.factors.at[factor, 'label']}{mark}"

    @property
    def numbered(self) -> list[str]:
        """Factors whose numbers the profile sees for every area."""
        # Internal and fully open releases have no such column: there every factor is as counted.
        if "restricted" not in self.factors:
            return list(map(str, self.factors.index))
        return list(map(str, self.factors.index[~self.factors["restricted"].astype(bool)]))


def parts_of_every_profile(result: Result) -> dict[str, Any]:
    """What leaves as it is in every profile: what was asked, and the map around it."""
    config = result.config
    return {
        "title": config.title,
        "place": config.place,
        "about": config.about,
        "period_label": period_label(config.factors),
        "attribution": result.attribution,
        "limits": LIMITS,
        "scale": scale_of_index(config.factors),
        "requested": tuple(config.figures),
        "page_kinds": tuple(config.profiles.groups),
        "document": config.document,
        "definition": document_definition(config),
        "neighbours": result.neighbours,
        "weights": result.weights,
        "context": context_codes(result),
        "settlements": settlements_inside(result),
        "drawn": result.around.drawn,
        "postcodes": result.around.postcodes,
        "part_periods": result.part_periods,
    }


def release_whole(result: Result) -> Released:
    """Everything that a reader inside the organisation may see: the internal profile."""
    config, groups = result.config, group_kinds(result.areas)
    every = table_of_all_areas(result, groups)
    return Released(
        **parts_of_every_profile(result),
        profile="internal",
        cut=result.cut,
        flags_tie=result.flags_tie,
        how_sure=result.how_sure,
        group_kinds=groups,
        areas=result.areas[["name", *groups, "geometry"]],
        top=table_of_list(every),
        # The list has the kinds of hotspot; in the table of all areas they would repeat
        # hotspots.csv.
        all_areas=every.drop(columns=KIND_COLUMNS),
        factors=factor_table(result),
        scores=result.scores,
        # Columns by name, as in every profile: a new column of the tests is published by decision
        # only.
        hotspots=result.hotspots[[c for c in HOTSPOT_COLUMNS if c in result.hotspots]],
        tests=result.tests,
        persistence=result.persistence,
        new_hotspots=new_hotspots(result, groups),
        reconciliation=result.reconciliation,
        uncounted=result.uncounted,
        correlations=result.correlations,
        notes=result.notes,
        files=result.files,
        config=_config_words(config),
        clusters_found=result.clusters_found,
        sensitivity=result.sensitivity,
        composition=result.composition,
        double_counting=result.double_counting,
        disagreements=result.disagreements,
        apart=_set_apart(result),
        rhythm=inside_study(result.rhythm),
        figure_counts=result.figure_counts,
        measures=result.about_measures,
        period_rhythm=inside_study(result.measured.rhythm),
        finer_rhythm=inside_study(result.measured.finer),
        series=result.measured.series,
        funnels=result.funnels,
        people=_people(result),
        team_plan=result.team_plan,
        inside=told_inside(result, result.team_plan, [f.name for f in config.factors]),
    )


def document_definition(config: "Config") -> DefinitionWords | None:
    """By what definition the main measure of the document is counted; None where by none."""
    if config.document is None:
        return None
    # The main measure may be a factor or a measure counted beside the index.
    main = config.document.main
    named = [f for f in (*config.factors, *config.measured) if f.name == main]
    names = [g.defined.name for factor in named for g in factor.groups if g.defined]
    return definition_words(names[0], config.definitions) if names else None


def _people(result: Result) -> pd.DataFrame:
    """Numbers of people as they are."""
    hot = hot_by_factor(result.hotspots, result.areas.index, asked=result.config.figures)
    people = result.people(hot, result.persistence)
    return people.drop(columns="fingerprint", errors="ignore").assign(mark="")


def settlements_inside(result: Result) -> pd.DataFrame:
    """Towns and villages of the study area by name, those with most residents first."""
    import shapely

    named = result.around.settlements
    if named is None or named.empty:
        return pd.DataFrame()
    at = named["geometry"].to_numpy() if "geometry" in named else shapely.points(named[["x", "y"]])
    # On the surface and not the centroid, which lies outside a crescent-shaped town.
    at = shapely.point_on_surface(at)
    inside = shapely.STRtree(result.areas.geometry.to_numpy()).query(at, predicate="intersects")[0]
    people = named.get("population", 0)
    # Points in the areas' own coordinates, as each output projects them in its own way.
    xy = {"x": shapely.get_x(at), "y": shapely.get_y(at)}
    table = pd.DataFrame({"name": named["name"].to_numpy(), **xy}).assign(population=people)
    # A point on a border meets two areas and must be named once.
    table = table.iloc[np.unique(inside)]
    # The name settles equal populations, so that labels are the same in every run.
    return table.sort_values(["population", "name"], ascending=[False, True]).reset_index(drop=True)


def _set_apart(result: Result) -> pd.DataFrame:
    """Restricted events in sensitive places: source, area, period and number."""
    if not result.places.codes:
        return pd.DataFrame()
    codes = sorted(result.places.codes)
    # Counts of groups keep the events of sensitive places and counts of areas do not: the
    # difference is what was set apart.
    more = result.group_counts.loc[codes].astype("Int64") - result.counts.loc[codes]
    table = more.rename_axis("area_code").stack(["factor", "group", "period"], future_stack=True)
    return table[table > 0].rename("events").reset_index()


def _config_words(config: "Config") -> dict[str, Any]:
    """The config as it was read, without full paths and without the names of private files."""
    # The path of the list of sensitive places, or of the key, would tell that there is one.
    words = config.model_dump(mode="json", exclude_none=True, exclude={"release": PRIVATE})
    return dict(without_folders(words))


PRIVATE = {"sensitive_places", "key"}
"""Options of a release that are in no output."""


def without_folders(config: Any) -> Any:  # noqa: ANN401 (a config holds what it holds)
    """A config in which full paths are file names: they name people and machines."""
    if isinstance(config, dict):
        return {key: without_folders(value) for key, value in config.items()}
    if isinstance(config, list):
        return [without_folders(value) for value in config]
    # A Windows path also reads "/home/..." as rooted, so that one rule serves both systems.
    path = PureWindowsPath(config) if isinstance(config, str) else None
    return path.name if path is not None and path.root else config


def context_codes(result: Result) -> frozenset[str]:
    """The areas around the study area."""
    around = result.areas.get("is_context")
    return frozenset() if around is None else frozenset(map(str, result.areas.index[around]))
