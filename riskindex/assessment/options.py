"""What a config asks for beside the automatic figures: measures without a map, and figures."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from riskindex.assessment.place_counts import RESIDENTS, WHOLE_KIND
from riskindex.definitions import Definition
from riskindex.errors import ConfigError
from riskindex.events.periods import Unit, parse_period
from riskindex.events.rhythm import ASPECTS
from riskindex.events.sources import BOTH
from riskindex.factors import Factor
from riskindex.rules import Where

Kind = Literal[
    "count",
    "rate",
    "share",
    "change",
    "difference",
    "mix",
    "curve",
    "concentration",
    "gap",
    "overlap",
    "together",
    "series",
    "detected",
    "harm",
    "repeats",
    "history",
    "living-in",
]
PEOPLE_KINDS = ("repeats", "history", "living-in")
"""Kinds of figures about people, who are found by their key."""


@dataclass(frozen=True, kw_only=True)
class OtherRecords:
    """Records in which the people of a figure may be named, too."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    label: str
    """Name of the records in words, such as "named on a domestic abuse record"."""
    source: str
    """Name of a source under [sources] with the column person."""
    where: Where = field(default_factory=dict)
    """Which of its records."""
    by: str | None = None
    """Column of the source: a row for each of its values, beside that of all the records."""
    when: Literal["before", "period", "ever"] = "before"
    """before: in the years before the person's latest record of the period; period: in the same
    period; ever: at any time."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Events that figures count, and that are neither mapped, tested nor scored."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid", "coerce_numbers_to_str": True}

    label: str
    """Name in words."""
    source: str
    """Name of an event source under [sources]."""
    where: Where = field(default_factory=dict)
    """Which events of the source are counted."""
    definition: Definition | str | None = None
    """The name of a definition, under [definitions] or of the package, in place of where."""
    periods: Sequence[str]
    """Labels of the periods counted, from the first to the last."""
    unit: Unit | None = None
    """What its periods are; left out, those of [periods]."""
    everywhere: bool = False
    """Whether the whole counts events that are in no area, too, as a target or a volume does. In
    internal results; protected cells are of events in areas."""

    def as_factor(self, name: str) -> Factor:
        """The measure as what `count_events` counts."""
        return Factor(
            name=name,
            label=self.label,
            source=self.source,
            where=self.where,
            definition=self.definition,
            method="value",
            periods=self.periods,
            # A measure is counted as factors are, and never tested or scored.
            score="value",
            scored=False,
        )


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A row of a table without areas that a figure is held against, such as that of England."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid", "coerce_numbers_to_str": True}

    series: str
    """Name of a source of the kind series, whose unit is that of the figure."""
    place: str
    """Whose row it is: England, a force, an authority."""
    period: str | None = None
    """Of which period; left out, that of each row of the figure."""
    group: str = ""
    """Of which group, where the source has a column for it."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number of the document, or one small table of numbers."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid", "coerce_numbers_to_str": True}

    name: str
    """Short name, which stands in the column `figure`: letters, digits and underscores."""
    kind: Kind
    """count; rate per 1,000 residents; share (of what `against` names); change; difference (of a
    share, of the whole, of `against` or of a mix, between two periods); mix; curve (where the
    single years of age rise, stand out and are level); concentration (in the fullest places); gap
    (between groups in order, such as deprivation fifths); overlap (of the hot areas of two
    factors); together (two monthly series); series (a table without areas); detected (cases by
    their outcome); harm (offences weighted by days); of people: repeats (people, records per
    person, earlier records), history (named in other records), living-in (homes in the areas of
    another factor, or outside the study area)."""
    of: str
    """Factor, measure or series that the figure is of."""
    against: str | None = None
    """What it is held against: the whole of a share (a series, too, by the name of its period and
    of the study area), the other factor of an overlap or series, offences of other harm."""
    label: str = ""
    """Name in words, in the column `measure`; left out, that of what it is of."""
    places: Sequence[str] = (WHOLE_KIND,)
    """Kinds of places: whole, district, ward and whatever groups the areas are in."""
    period: str | None = None
    """The period; left out, all periods (of a change, difference and concentration the last)."""
    baseline: str | None = None
    """For a change or a difference: the period it is from; left out, the first that is usable."""
    usable_from: str | None = None
    """For a change or a difference: the first period whose records can be used, as of a flag that
    came late."""
    target: float | None = None
    """For a change: the change in percent that is aimed at, such as -10."""
    by: str | None = None
    """For a mix, and a difference of its shares: month, weekday, hour, age, sex, ethnicity, type,
    code, outcome, or two that the source counts as a pair. For repeats: age or sex. For a gap: the
    kind of group."""
    bands: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """For a mix, difference or repeats by age in years: name to the first and last age; bands may
    overlap."""
    look_back: Sequence[int] = ()
    """For repeats and history: how many years before are looked at, one row each; left out, 1 and 5
    for repeats and 5 for history."""
    records: Sequence[OtherRecords] = ()
    """For a history: the records in which people may be named."""
    areas: Literal["hot", "persistent"] = "hot"
    """For living-in: areas hot in the last period of the factor that `against` names, or in every
    one that was assessed, of two at least."""
    top: Sequence[int] = ()
    """For a concentration: how many of the fullest places, one row each."""
    outcomes: Sequence[str] = ()
    """For detected: the outcomes that count as detected."""
    still_open: Sequence[str] = ()
    """For detected: outcomes of cases that may be detected yet."""
    extracted: str | None = None
    """For detected: the month of the extract, such as 2024-01, which ages of cases go up to; the
    source needs the pair "month and outcome"."""
    months: Sequence[int] = ()
    """For detected: ages of cases in months at which they are parted, such as [3, 6, 12]."""
    weights: str | None = None
    """For harm: the series with the days of an offence (value) by its code (group)."""
    people: Sequence[str] = ()
    """For harm: factors or measures whose people are weighted by the same ratio; a figure of
    repeats or history must count them."""
    benchmark: float | Benchmark | None = None
    """A value in the figure's unit that is printed beside it, such as that of England, or where it
    stands: { series = "knife", place = "England" }. Each row says whether its limits lie above it,
    below it, or hold it."""
    benchmark_name: str = ""
    """Whose value the benchmark is, with its source and date; of a series left out, as the series
    says it."""
    good: Literal["low", "high", "neither"] = "neither"
    """Which values beside the benchmark are good: low of violence, high of cases detected; a row is
    then better, similar or worse, in colour on the page, and else lower or higher."""
    note: str = ""
    """What a reader must know, such as the source of a quoted value."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """The written needs assessment: what it is about."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    main: str
    """The factor or measure that it is about, such as serious violence."""
    people: Sequence[str] = ()
    """Factors or measures of people, such as suspects, whose ages and sexes it tells."""
    hot: str | None = None
    """The factor whose hot areas are told of; left out, the main one."""
    partnerships: str | None = None
    """Kind of group of which each gets a document of its own; left out, that of the profiles."""
    indicators: Sequence[str] = ()
    """Figures of changes that stand in the table of targets, by their names."""


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """Area profiles: for which groups there is a page each."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    groups: Sequence[str] = ()
    """Kinds of group, such as district and ward; left out, the partnerships or districts."""


def document_faults(
    document: Document,
    *,
    counted: Collection[str],
    tested: Collection[str],
    figures: Collection[str],
) -> Iterator[str]:
    """Say which names of a document mean nothing.

    Parameters
    ----------
    document
        As the config has it.
    counted
        Factors of events and measures.
    tested
        Factors with hot areas.
    figures
        Figures that the config names.
    """
    asked = {
        "main": ([document.main], counted),
        "people": (document.people, counted),
        "hot": ([document.hot] if document.hot else [], tested),
        "indicators": (document.indicators, figures),
    }
    for option, (names, allowed) in asked.items():
        for name in names:
            if name not in allowed:
                listed = ", ".join(sorted(allowed)) or "none"
                yield f"document.{option}: there is no {name!r}; there is {listed}."


def band_label(band: tuple[int, int]) -> str:
    """What a band of ages is called where it is a cell of its own: 10-17."""
    return f"{band[0]}-{band[1]}"


OF_ASPECTS = ("mix", "difference")
"""Kinds of figures that part records by an aspect."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "share": ("against",),
    "mix": ("by",),
    "concentration": ("top",),
    "gap": ("by",),
    "overlap": ("against",),
    "together": ("against",),
    "detected": ("outcomes",),
    "harm": ("weights",),
    "history": ("records",),
}
"""Kind to the options that it cannot do without."""
WITH_BENCHMARK = (
    *("count", "rate", "share", "change", "difference", "mix", "series", "detected"),
    *("repeats", "history", "living-in", "overlap", "gap"),
)
"""Kinds of figures with limits, that a benchmark can be held against."""
ONLY: Mapping[str, tuple[str, ...]] = {
    "against": ("share", "difference", "overlap", "together", "harm", "living-in"),
    "outcomes": ("detected",),
    "still_open": ("detected",),
    "extracted": ("detected",),
    "months": ("detected",),
    "weights": ("harm",),
    "people": ("harm",),
    "baseline": ("change", "difference"),
    "usable_from": ("change", "difference"),
    "target": ("change",),
    "by": ("mix", "difference", "gap", "repeats"),
    "bands": ("mix", "difference", "repeats"),
    "look_back": ("repeats", "history"),
    "records": ("history",),
    "benchmark": WITH_BENCHMARK,
    "top": ("concentration",),
}
"""Option to the kinds that it is for."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a config names, that figures may refer to."""

    measures: Mapping[str, Sequence[str]]
    """Factor of events or measure to its periods."""
    tested: Collection[str]
    """Factors with hot areas."""
    tables: Collection[str]
    """Factors that are a share of a table."""
    series: Collection[str]
    """Series sources."""
    kinds: Collection[str]
    """Kinds of groups that are known before files are read; more may be in the boundaries."""
    units: Mapping[str, Unit]
    """Factor of events or measure to what the labels of its periods mean."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Factor of events or measure whose people cannot be found, and why."""
    strangers: Mapping[str, str] = field(default_factory=dict)
    """Source whose records do not name people, and why."""
    polygons: Collection[str] = ()
    """Kinds of named polygons."""
    without_points: Mapping[str, str] = field(default_factory=dict)
    """Factor of events or measure whose events have no points, and why."""


def figure_faults(figure: Figure, names: Names) -> Iterator[str]:
    """Say what does not fit together in a figure, whatever the files hold."""
    if not figure.name.isidentifier():
        yield f"the name {figure.name!r} must be letters, digits and underscores."
    yield from _option_faults(figure)
    yield from _name_faults(figure, names)
    # A change checks its period together with the baseline that it is held against.
    if figure.kind in ("change", "difference") and figure.of in names.measures:
        yield from _change_faults(figure, names)
    elif figure.period is not None:
        yield from _periods_not_counted(figure, "period", [figure.period], names)


def _option_faults(figure: Figure) -> Iterator[str]:
    for option in NEEDS.get(figure.kind, ()):
        if not getattr(figure, option):
            yield f"the kind {figure.kind} needs {option}."
    for option, kinds in ONLY.items():
        given = getattr(figure, option)
        # An option that does nothing would let its author believe that it does.
        if given not in (None, (), {}) and figure.kind not in kinds:
            yield f"{option} is for the kinds {', '.join(kinds)}, and not for {figure.kind}."
    yield from _benchmark_faults(figure)
    yield from _option_faults_of_people(figure)
    if figure.kind in OF_ASPECTS and figure.by and not {*figure.by.split(BOTH)} <= {*ASPECTS}:
        yield f"by: there is no {figure.by!r}; known: {', '.join(ASPECTS)}, and pairs of them."
    if figure.kind == "difference" and figure.by and "month" in figure.by.split(BOTH):
        yield "by: the months of one period are none of another; name another aspect."
    if figure.kind == "difference" and figure.by and figure.against:
        yield "by and against are two shares; name one of them, or none for that of the whole."
    if figure.bands and figure.by != "age":
        yield "bands are of ages: they need by = age."
    for name, (first, last) in figure.bands.items():
        if not 0 <= first <= last:
            yield f"bands: {name!r} must go from an age to the same or a later one."
    yield from _age_faults(figure)
    if any(number < 1 for number in figure.top):
        yield "top: each number must be 1 or more."


def _benchmark_faults(figure: Figure) -> Iterator[str]:
    # A benchmark without its owner and date cannot be checked by a reader.
    named = figure.benchmark is not None and not isinstance(figure.benchmark, Benchmark)
    if named != (figure.benchmark_name != ""):
        yield (
            "benchmark and benchmark_name belong together: say whose value it is; that of a "
            "series has its place, period and citation."
        )
    if figure.good != "neither" and figure.benchmark is None:
        yield "good says which values beside a benchmark are good: name the benchmark."


def _age_faults(figure: Figure) -> Iterator[str]:
    months = figure.months
    if (figure.extracted is None) != (not months):
        yield "extracted and months belong together: the month of the extract, and ages in months."
    if list(months) != sorted(set(months)) or any(month < 1 for month in months):
        yield "months: ages from 1 on, each later than the one before, such as [3, 6, 12]."
    if figure.extracted is not None and not re.fullmatch(
        r"\d{4}-(0[1-9]|1[0-2])", figure.extracted
    ):
        yield f"extracted: {figure.extracted!r} is no month; write it like 2024-01."


def _option_faults_of_people(figure: Figure) -> Iterator[str]:
    if figure.kind == "repeats" and figure.by not in (None, "age", "sex"):
        yield f"by: people can be told apart by age and sex, and not by {figure.by!r}."
    if figure.areas != "hot" and (figure.kind != "living-in" or figure.against is None):
        yield "areas is for the kind living-in, with the factor that against names."
    if any(not 1 <= years <= LONGEST_LOOK_BACK for years in figure.look_back):
        yield f"look_back: years must be from 1 to {LONGEST_LOOK_BACK}."
    # Labels are keys of the counts, and two alike would be one.
    labels = [one.label for one in figure.records]
    if len(set(labels)) < len(labels):
        yield f"records: the labels must differ, and are {', '.join(labels)}."
    if figure.kind == "repeats" and figure.by == "age" and not figure.bands:
        yield "by age needs bands: people of a single year of age are few."


def _name_faults(figure: Figure, names: Names) -> Iterator[str]:
    countable = {
        "overlap": names.tested,
        "series": names.series,
        "share": {*names.measures, *names.tables},
        "change": {*names.measures, *names.series},
        "harm": {*names.measures, *names.series},
    }.get(figure.kind, {*names.measures})
    if figure.kind in ("count", "share"):
        # Residents are no factor, and are counted wherever they are known.
        countable = {*countable, RESIDENTS}
    # A published total, such as all offences of a force, may be the whole of a share.
    parts = ("share", "difference")
    of_series = {*countable, *names.series} if figure.kind in parts else countable
    # People are counted by their homes in hot areas, so that the other factor must be tested.
    against = names.tested if figure.kind == "living-in" else of_series
    options = {"of": countable, "against": against, "weights": names.series}
    if isinstance(figure.benchmark, Benchmark) and figure.benchmark.series not in names.series:
        listed = ", ".join(sorted(names.series)) or "none"
        yield f"benchmark: there is no series {figure.benchmark.series!r}; there is {listed}."
    for option, among in options.items():
        value = getattr(figure, option)
        if value is not None and value not in among:
            listed = ", ".join(sorted(among)) or "none"
            yield f"{option}: a {figure.kind} cannot be of {value!r}; there is {listed}."
    for name in figure.people:
        if name not in names.measures:
            yield f"people: there is no measure {name!r}; there is {', '.join(names.measures)}."
    if figure.kind in PEOPLE_KINDS:
        yield from _people_faults(figure, names)
    # The groups of a gap are a kind of place as well, such as fifths of deprivation.
    asked = [*figure.places, *([figure.by] if figure.kind == "gap" and figure.by else [])]
    for kind in [kind for kind in asked if kind in names.polygons]:
        yield from _polygon_faults(kind, figure, names)
    for kind in (kind for kind in asked if kind not in names.polygons):
        if kind != WHOLE_KIND and kind not in names.kinds:
            listed = ", ".join((WHOLE_KIND, *sorted(names.kinds)))
            yield f"places: the areas are in no group {kind!r}; there is {listed}."


IN_POLYGONS = ("count", "share", "change", "difference", "concentration")
"""Kinds of figures of named polygons."""


def _polygon_faults(kind: str, figure: Figure, names: Names) -> Iterator[str]:
    """Polygons hold points: no residents, and no event that has an area code alone."""
    if figure.kind not in IN_POLYGONS or figure.by:
        yield (
            f"places: {kind} are polygons, in which events are counted and nothing else is known; "
            f"they are for the kinds {', '.join(IN_POLYGONS)}."
        )
    # Both sides of a share by point, or its parts would not be events of its whole.
    for name in (figure.of, figure.against):
        if name is not None and name in names.without_points:
            yield f"places: {kind}: {names.without_points[name]}"


def _people_faults(figure: Figure, names: Names) -> Iterator[str]:
    """People are only found where records name them by a key, in files."""
    if figure.of in names.people:
        yield f"of: {names.people[figure.of]}"
    for one in figure.records:
        if one.source in names.strangers:
            yield f"records: {one.label!r}: {names.strangers[one.source]}"


LONGEST_LOOK_BACK = 50


def _periods_not_counted(
    figure: Figure, option: str, labels: Sequence[str], names: Names
) -> Iterator[str]:
    periods = names.measures.get(figure.of, ())
    # Of a series only its file knows the periods.
    if figure.of in names.measures:
        for label in labels:
            if label not in periods:
                yield f"{option}: {figure.of} has no period {label!r}; it has {', '.join(periods)}."


def _change_faults(figure: Figure, names: Names) -> Iterator[str]:
    asked = {
        "period": figure.period,
        "baseline": figure.baseline,
        "usable_from": figure.usable_from,
    }
    given = {option: label for option, label in asked.items() if label is not None}
    faults = [
        f
        for option, label in given.items()
        for f in _periods_not_counted(figure, option, [label], names)
    ]
    # A label that does not exist cannot be put in order with the others below.
    yield from faults
    if faults:
        return
    try:
        last, earlier = change_periods(figure, names.measures[figure.of], names.units[figure.of])
    except ConfigError as error:
        yield from error.faults
        return
    spans = [parse_period(label, unit=names.units[figure.of]) for label in (last, earlier)]
    # Seasons differ: a summer quarter held against a winter one shows the calendar, not a change.
    months = [sorted(month % 12 for month in span.months) for span in spans]
    if months[0] != months[1]:
        yield (
            f"baseline: {earlier} and {last} are of different months of the year, and cannot be "
            "compared. Name a baseline of the same months."
        )


def change_periods(figure: Figure, periods: Sequence[str], unit: Unit) -> tuple[str, str]:
    """The last period of a change, and the one that it is from.

    Raises
    ------
    ConfigError
        There is no usable period before the last, or the baseline is none.
    """
    last = figure.period or periods[-1]
    # Only earlier ones: a change runs forwards in time.
    before = list(periods)[: list(periods).index(last)]
    start = figure.usable_from
    # A first usable period that does not exist leaves none, so that the fault is told below.
    usable = before[before.index(start) :] if start in before else ([] if start else before)
    if not usable:
        when = f" from {start} on" if start else ""
        raise ConfigError(f"periods: {figure.of} has no period before {last} that is usable{when}.")
    months = _of_year(last, unit)
    # The first of the same months: a quarter is held against the same quarter.
    alike = [label for label in usable if _of_year(label, unit) == months] or usable
    earlier = figure.baseline or alike[0]
    if earlier not in usable:
        why = (
            f"before {start}, from which on the records are usable"
            if start
            else f"not before {last}"
        )
        raise ConfigError(f"baseline: {earlier} lies {why}.")
    return last, earlier


def _of_year(label: str, unit: Unit) -> list[int]:
    return sorted(month % 12 for month in parse_period(label, unit=unit).months)
