"""One TOML file names the study area, sources, factors, index and selection; nothing else may."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from riskindex.areas.map_context import MapOptions
from riskindex.areas.neighbours import Neighbours, neighbour_faults
from riskindex.areas.official_data import is_official
from riskindex.areas.prepare import RESERVED, columns_of
from riskindex.areas.read import AreaSource
from riskindex.areas.table_files import TableSource
from riskindex.assessment.options import (
    Document,
    Figure,
    Measure,
    Names,
    Profiles,
    document_faults,
    figure_faults,
)
from riskindex.assessment.people_counts import AskedPeople, asked_of_people
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.assessment.series import SeriesSource
from riskindex.config_faults import (
    chosen_twice,
    column_faults,
    factor_faults,
    listed,
    rate_faults,
    tell_fault,
    why_no_people,
    why_nobody_is_named,
    why_without_points,
)
from riskindex.definitions import Definition
from riskindex.disclosure import Release, release_faults
from riskindex.errors import ConfigError, with_article
from riskindex.events.count_tables.options import CountsSource, counts_faults
from riskindex.events.coverage import coverage_faults
from riskindex.events.periods import Periods, Unit, period_faults
from riskindex.events.sources import EventSource, PoliceSource, source_faults
from riskindex.events.warehouses.query import SourceOfEvents, WarehouseSource, warehouse_faults
from riskindex.factors import EventGroup, Factor, Share
from riskindex.files.frames import BOUNDARIES, Frames, check_frames, refuse_unknown
from riskindex.files.memory import memory_faults
from riskindex.files.toml_files import read_toml
from riskindex.index.build import Index, index_faults
from riskindex.index.selection import Selection, selection_faults
from riskindex.index.weights import points_faults
from riskindex.named_definitions import (
    column_faults_of_definitions,
    faults_of_definitions,
    known_definitions,
    name_faults,
    unused_words,
    with_meaning,
)
from riskindex.planning.named_places import PlaceRules, place_rule_faults
from riskindex.planning.teams import Plan, plan_faults
from riskindex.uncertainty.replay import Robustness
from riskindex.uncertainty.robustness import robustness_faults

Source = Annotated[
    CountsSource | EventSource | PoliceSource | SeriesSource | TableSource | WarehouseSource,
    Field(discriminator="kind"),
]
Profile = Literal["internal", "partner", "public"]


class Config(BaseModel):
    """What is asked: the whole of a run, as one TOML file says it."""

    # forbid: a misspelt key that is passed over would leave its default in force without a word.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    title: str
    """Title of the map and the report."""
    place: str
    """Name of the study area in sentences, such as Essex."""
    whole: str = "county"
    """Word for the study area that an area is compared with: county, force area, city."""
    whole_in_plots: bool = True
    """Whether the plots of area profiles draw the study area beside the place; sentences and tables
    compare with it either way."""
    about: str = ""
    """A sentence or two about what is asked and what it must not be used for."""
    seed: int = Field(default=2022, ge=0)
    """Seed of every random draw."""
    memory: str | None = None
    """Most memory that a run may take, with its release and saving, such as 3GB; left out, there
    is no cap."""
    profile: Profile | None = None
    """Who the outputs are for; may be given on the command line instead."""
    attribution: list[str] = Field(default_factory=list)
    """Whose data it is; left out, the known official files among the inputs are credited."""
    areas: AreaSource
    """The boundaries and what their columns mean."""
    neighbours: Neighbours = Neighbours()
    """Which areas count as neighbours."""
    periods: Periods = Periods()
    """What a period is."""
    bases: dict[str, str | dict[str, float]] = Field(default_factory=dict)
    """What rates and expectations are of: residents = "age.total"; residents_10_24 is listed, and
    communal_residents names areas whose residents are a poor base. Or a rate for each of several
    columns, such as age bands: { "age.young" = 12.5, "age.old" = 3 }."""
    sources: dict[str, Source]
    """The input data sets, by name."""
    definitions: dict[str, Definition] = Field(default_factory=dict)
    """What words such as serious violence mean, by name: factors and measures name them in place
    of where. Those of the package need no entry."""
    factors: list[Factor] = Field(min_length=1)
    """The ingredients of the index, in the order of the report."""
    shares: dict[str, Share] = Field(default_factory=dict)
    """Shares reported beside the factors and never scored, such as residents aged 65 and over."""
    measures: dict[str, Measure] = Field(default_factory=dict)
    """Events that figures count beside the factors: without a map, a test or a score."""
    figures: list[Figure] = Field(default_factory=list)
    """Numbers of the document beside those that every run makes of its factors and measures."""
    profiles: Profiles = Profiles()
    """For which groups there is a page each."""
    document: Document | None = None
    """The written needs assessment, needs.html; left out, none is written."""
    index: Index = Index()
    """How scores become one number."""
    selection: Selection = Selection()
    """How many areas are chosen, and what happens to ties."""
    robustness: Robustness | None = None
    """How sure the list is: repeats of the run; left out, none are made."""
    places: PlaceRules = PlaceRules()
    """How selected areas become named places."""
    map: MapOptions = MapOptions()
    """What the map draws beside the areas."""
    plan: Plan | None = None
    """What there is to spend on places; left out, four teams."""
    release: Release = Release()
    """What leaves in the profiles partner and public."""

    _folder: Path = Path()

    @property
    def folder(self) -> Path:
        """Folder that the config's relative paths start from."""
        return self._folder

    @property
    def measured(self) -> list[Factor]:
        """The measures as what is counted."""
        return [measure.as_factor(name) for name, measure in self.measures.items()]

    @property
    def asked_people(self) -> list[AskedPeople]:
        """Figures about people, and whose people they are about."""
        counted = {factor.name: factor for factor in (*self.factors, *self.measured)}
        units = {name: self.unit_of(name) for name in counted}
        return asked_of_people(self.figures, counted, units)

    @property
    def with_points(self) -> list[str]:
        """Factors of events and measures all of whose sources say where their events were."""
        # Factors and measures are asked alike: figures may be of either.
        counting = [f for f in (*self.factors, *self.measured) if f.counts_events]
        return [f.name for f in counting if not why_without_points(f, self.sources)]

    def counted(self, name: str) -> Factor:
        """The factor or measure of a name."""
        return next(f for f in (*self.factors, *self.measured) if f.name == name)

    def unit_of(self, name: str) -> Unit:
        """What the labels of the periods of a factor or measure mean."""
        measure = self.measures.get(name)
        # A measure may have a unit of its own; a factor follows the periods of the run.
        return (measure.unit if measure else None) or self.periods.unit

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        faults = [*faults_of_definitions(self.definitions), *_name_definitions(self)]
        # Names that fit to nothing and names used twice, which types alone do not show.
        faults += _cross_faults(self)
        if faults:
            # pydantic takes one error of a validator, so that faults travel as its lines.
            raise ValueError("\n".join(faults))
        return self


def read_config(path: str | Path) -> Config:
    """Read and check a config file.

    Parameters
    ----------
    path
        A TOML file; relative paths inside it start from its folder.

    Raises
    ------
    InputError
        The file is not there or is not TOML.
    ConfigError
        Every unknown key (with the nearest known one), wrong type and name that does not fit.
    """
    if not isinstance(path, str | Path):
        raise ConfigError(f"The path of a config file is needed, not {with_article(path)}.")
    return parse_config(read_toml(Path(path)), folder=Path(path).parent, name=Path(path).name)


def as_config(asked: "Config | Mapping[str, Any] | str | Path", frames: Frames) -> Config:
    """A config from whatever says it, with tables in memory in place of some of its files.

    Parameters
    ----------
    asked
        The path of a TOML file, a dictionary with the same keys, or a config. Where a path or a
        dictionary says it, sources whose tables are given need no path, and the areas no
        boundaries.
    frames
        What is given in memory.

    Raises
    ------
    InputError, ConfigError
        As `read_config` and `parse_config` say; none of the three; or a table that is none, or
        that no source of the config asks for.
    """
    check_frames(frames)
    if isinstance(asked, Config):
        config = asked
    elif isinstance(asked, Mapping):
        config = parse_config(_with_frames(asked, frames))
    elif isinstance(asked, str | Path):
        path = Path(asked)
        values = _with_frames(read_toml(path), frames)
        config = parse_config(values, folder=path.parent, name=path.name)
    else:
        raise ConfigError(
            "config: the path of a TOML file, a dictionary or a Config is needed, not "
            f"{with_article(asked)}."
        )
    # A table given under a name that no source has would be left out without a word.
    for argument, given, kinds in (
        ("events", frames.events, EventSource | PoliceSource),
        ("tables", frames.tables, TableSource | SeriesSource),
    ):
        names = [name for name, source in config.sources.items() if isinstance(source, kinds)]
        refuse_unknown(given, names, argument)
    return config


def _with_frames(values: Mapping[str, Any], frames: Frames) -> dict[str, Any]:
    """The values of a config, with names for what is in no file."""
    # A copy: the caller's dictionary stays as it is.
    filled = dict(values)
    if frames.boundaries is not None and isinstance(filled.get("areas"), Mapping):
        # What is written goes before what is filled in, so that a path in the config stays.
        filled["areas"] = {"boundaries": BOUNDARIES, **filled["areas"]}
    if isinstance(filled.get("sources"), Mapping):
        # Names from memory stand for paths, so that one config serves files and notebooks.
        given = {*frames.events, *frames.tables}
        filled["sources"] = {
            name: {"path": name, **source}
            if name in given and isinstance(source, Mapping)
            else source
            for name, source in filled["sources"].items()
        }
    return filled


def parse_config(
    values: Mapping[str, Any], *, folder: str | Path = ".", name: str = "config"
) -> Config:
    """Check a config given as a dictionary, such as one made in a notebook.

    Parameters
    ----------
    values
        The same keys as in the TOML file.
    folder
        Folder that relative paths start from.
    name
        Name of the config in error messages.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{name}: a dictionary is needed, not {with_article(values)}.")
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        # Every fault at once: whoever writes a config by hand would otherwise run it as often as it
        # has faults.
        document = Config.model_json_schema()
        faults = [tell_fault(dict(e), values, document) for e in error.errors()]
        faults = [line for one in faults for line in one.splitlines()]
        faults += chosen_twice(values)
        raise ConfigError([f"{name}: {line}" for line in dict.fromkeys(faults)]) from None
    # Asked of what was written and not of the model, in which a default stands for what was left
    # out.
    if faults := chosen_twice(values):
        raise ConfigError([f"{name}: {line}" for line in faults])
    # No key of the config: it says what is asked, and where the file lies goes into no manifest.
    config._folder = Path(folder)
    return config


def _cross_faults(config: Config) -> Iterator[str]:
    """Names that do not fit together, which no single field can see."""
    # Names key every table, so that two factors of one name would overwrite each other.
    names = [factor.name for factor in config.factors]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"factors: the name {name!r} is used {names.count(name)} times; names must differ."
    for key, base in config.bases.items():
        for reference in columns_of(base):
            yield from column_faults(config.sources, f"bases.{key}", reference)
        if not isinstance(base, str):
            yield from rate_faults(f"bases.{key}", base)
    for key, share in config.shares.items():
        yield from column_faults(config.sources, f"shares.{key}.numerator", share.numerator)
        yield from column_faults(config.sources, f"shares.{key}.denominator", share.denominator)
    for factor in config.factors:
        faults = factor_faults(
            factor, sources=config.sources, bases=config.bases, unit=config.periods.unit
        )
        yield from (f"factors.{factor.name}: {fault}" for fault in faults)
    if not any(factor.scored for factor in config.factors):
        yield "factors: none is scored, so there is no index; set scored = true on at least one."
    # Weights are divided by their sum, which must not be 0.
    elif not any(factor.scored and factor.weight for factor in config.factors):
        yield "factors: the weights add up to zero, so there is no index; set one above 0."
    yield from _measure_faults(config)
    yield from _figure_faults(config)
    yield from neighbour_faults(config.neighbours)
    yield from _source_faults(config)
    yield from _kind_faults(config)
    yield from index_faults(config.index, {factor.group or "" for factor in config.factors})
    # Points are asked of scored factors only; on others they would have no effect.
    if config.index.weights == "elicited":
        scored = [factor.name for factor in config.factors if factor.scored]
        yield from points_faults(config.index.points, scored)
    yield from selection_faults(config.selection)
    if config.robustness is not None:
        yield from robustness_faults(config.robustness, config.index)
    yield from place_rule_faults(config.places)
    if config.plan is not None:
        yield from plan_faults(config.plan)
    yield from release_faults(config.release)
    yield from memory_faults(config.memory)


def _name_definitions(config: Config) -> list[str]:
    """Put definitions in place of their names, or say which names mean nothing."""
    try:
        definitions, sources = known_definitions(config.definitions), config.sources
    except ConfigError as error:
        return list(error.faults)
    asked: list[tuple[str, Factor | Measure | EventGroup]] = []
    for factor in config.factors:
        asked.append((f"factors.{factor.name}", factor))
        asked += [(f"factors.{factor.name}: {g.label!r}", g) for g in factor.event_groups]
    asked += [(f"measures.{name}", measure) for name, measure in config.measures.items()]
    # Names first: what a wrong name would look at cannot be told.
    faults = [fault for place, one in asked for fault in name_faults(place, one, definitions)]
    if faults:
        return faults
    faults = [
        fault
        for place, one in asked
        for fault in column_faults_of_definitions(place, one, definitions, sources)
    ]
    faults += unused_words(sources, [one for _, one in asked], definitions)
    if not faults:
        _define(config, definitions)
    return faults


def _define(config: Config, definitions: Mapping[str, Definition]) -> None:
    """Put definitions, in the words of their sources, in place of their names."""
    for at, factor in enumerate(config.factors):
        groups = tuple(with_meaning(g, definitions, config.sources) for g in factor.event_groups)
        defined = with_meaning(factor, definitions, config.sources)
        # The model is frozen, its lists are not: validation is the one moment in which they change.
        config.factors[at] = replace(defined, event_groups=groups)
    for name, measure in config.measures.items():
        config.measures[name] = with_meaning(measure, definitions, config.sources)


def _measure_faults(config: Config) -> Iterator[str]:
    events = [name for name, s in config.sources.items() if isinstance(s, SourceOfEvents)]
    # Factors and measures share the columns of one table of counts.
    taken = {factor.name for factor in config.factors}
    for name, measure in config.measures.items():
        # Names become columns of files and parts of queries.
        if not name.isidentifier():
            yield f"measures: the name {name!r} must be letters, digits and underscores."
        if name in taken:
            yield f"measures: {name!r} is the name of a factor already; choose another."
        if measure.source not in events:
            sources_listed = listed(events)
            yield f"measures.{name}: no event source {measure.source!r}; there is {sources_listed}."
        # Factors may be of a table without periods; events always have dates.
        if not measure.periods:
            yield f"measures.{name}: name its periods, such as [2022, 2023]."
        faults = period_faults(measure.periods, config.unit_of(name))
        yield from (f"measures.{name}: {fault}" for fault in faults)


def _figure_faults(config: Config) -> Iterator[str]:
    names = [figure.name for figure in config.figures]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"figures: the name {name!r} is used {names.count(name)} times; names must differ."
    counting = [f for f in (*config.factors, *config.measured) if f.counts_events]
    lookups = [kind for lookup in config.areas.lookups for kind in lookup.groups]
    config_names = Names(
        measures={f.name: tuple(map(str, f.periods)) for f in counting},
        tested={f.name for f in config.factors if f.method != "value"},
        tables={f.name for f in config.factors if f.numerator and f.denominator},
        series={name for name, s in config.sources.items() if isinstance(s, SeriesSource)},
        kinds={*config.areas.groups, *(config.areas.shipped_kinds or ()), *lookups},
        units={f.name: config.unit_of(f.name) for f in counting},
        people={f.name: why for f in counting if (why := why_no_people(f, config.sources))},
        strangers={
            name: why
            for name in config.sources
            if (why := why_nobody_is_named(name, config.sources))
        },
        polygons={*config.areas.polygons},
        without_points={
            f.name: w for f in counting if (w := why_without_points(f, config.sources))
        },
    )
    sources = {one.source for figure in config.figures for one in figure.records}
    for name in sorted(sources - set(config.sources)):
        yield f"figures: no source {name!r}; there is {listed(config.sources)}."
    for figure in config.figures:
        yield from (
            f"figures.{figure.name}: {fault}" for fault in figure_faults(figure, config_names)
        )
    for kind in config.profiles.groups:
        if kind not in config_names.kinds:
            listed_kinds = ", ".join(sorted(config_names.kinds)) or "none"
            yield f"profiles.groups: the areas are in no group {kind!r}; there is {listed_kinds}."
    if config.document is not None:
        yield from document_faults(
            config.document,
            counted=config_names.measures,
            tested=config_names.tested,
            figures=names,
        )


def _source_faults(config: Config) -> Iterator[str]:
    for name, source in config.sources.items():
        # Open data leave as they are: a word in a config must not be enough for that.
        if source.protection == "open" and not _anybody_can_look_it_up(source):
            yield (
                f'sources.{name}: protection = "open" needs an address where anybody can look the '
                "records up, and their licence: give both, or take the line out."
            )
        if isinstance(source, EventSource):
            yield from source_faults(name, source)
            if source.postcode is not None and config.areas.postcodes is None:
                yield (
                    f"sources.{name}: postcode needs a directory of postcodes: name ONSPD or NSPL, "
                    "as it is downloaded, under [areas.postcodes]."
                )
        elif isinstance(source, CountsSource):
            yield from counts_faults(name, source)
        elif isinstance(source, TableSource) and (source.category is None) != (
            source.value is None
        ):
            yield f"sources.{name}: category and value belong together; one of them is not named."
        elif isinstance(source, WarehouseSource):
            yield from warehouse_faults(name, source)
            if config.areas.grid is not None and source.area is not None:
                yield (
                    f"sources.{name}: areas of a grid need coordinates: name the columns x and y, "
                    "and no area."
                )


def _anybody_can_look_it_up(source: Source) -> bool:
    if isinstance(source, PoliceSource) or is_official(source):
        return True
    # Open without an address cannot be verified by whoever signs the release off.
    return bool(source.address and source.licence)


def _kind_faults(config: Config) -> Iterator[str]:
    """Names of columns that would stand beside each other and may not be the same."""
    # Groups, bases and fixed columns stand side by side in one table of areas.
    kinds = [*config.areas.groups, *(config.areas.shipped_kinds or ())]
    kinds += [kind for lookup in config.areas.lookups for kind in lookup.groups]
    # Polygons share the names of groups, as figures ask for both by kind.
    every = [*kinds, *config.areas.polygons]
    for place, names in (("areas: the group", every), ("bases:", list(config.bases))):
        for name in sorted({name for name in names if name in (*RESERVED, WHOLE_KIND)}):
            yield f"{place} {name!r}: the name is in use; choose another."
    for name in sorted({name for name in every if every.count(name) > 1}):
        yield f"areas: the group {name!r} is given {every.count(name)} times; names must differ."
    for lookup in config.areas.lookups:
        for name in sorted(set(lookup.fifths) - set(lookup.groups)):
            yield f"areas.lookups.fifths: {name!r} is none of its groups ({listed(lookup.groups)})."
    for name, source in config.sources.items():
        if isinstance(source, SourceOfEvents):
            yield from coverage_faults(f"sources.{name}", source.coverage, kinds)
    # Groups and bases become columns of one table, where the later would replace the earlier.
    for name in sorted(set(kinds) & set(config.bases)):
        yield f"bases: {name!r} is the name of a group already; choose another."
