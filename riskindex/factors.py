"""A factor is one ingredient of the index: what is counted, how it is tested, how it scores."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from riskindex.definitions import Definition
from riskindex.errors import ConfigError
from riskindex.rules import AllOf, Rule, Where, rule_of, tests_of
from riskindex.statistics.getis_ord import GetisOrd


def apart(one: Where, other: Where) -> bool:
    """Whether no event can meet both rules.

    Examples
    --------
    >>> apart({"kind": ["arson"]}, {"kind": ["theft"], "month": [3]})
    True
    >>> apart({"kind": ["arson"]}, {"injury": [True]})
    False
    """
    return any(
        not set(map(_plain, values)) & set(map(_plain, other[column]))
        for column, values in one.items()
        if column in other
    )


def _plain(value: str | int | bool) -> str:
    """A value as the text that it is compared as; true and false are words or 1 and 0."""
    # CSV files write a truth value as a word or a digit; either must find the other.
    text = str(value)
    return {"True": "1", "true": "1", "False": "0", "false": "0"}.get(text, text)


def inside(label: str) -> str:
    """A label inside a sentence: "Class A" becomes "class A", "ASB" stays."""
    # A second letter that is no small one marks an abbreviation, such as ASB.
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def base_in_words(base: str) -> str:
    """A base of the config as people say it.

    Examples
    --------
    >>> base_in_words("residents_10_24"), base_in_words("workday_population")
    ('residents aged 10 to 24', 'workday population')
    """
    return re.sub(r"_(\d+)_(\d+)", r" aged \1 to \2", base).replace("_", " ")


Method = Literal["window", "getis-ord", "poisson", "threshold", "value"]
Score = Literal["flag", "confidence", "persistence", "intensity", "value", "threshold", "risk"]


@dataclass(frozen=True, kw_only=True)
class EventGroup:
    """Events of one kind inside a factor, with the weight of each event."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    label: str
    """Name of the group in tables and sentences."""
    source: str
    """Name of an event source under [sources]."""
    where: Where = field(default_factory=dict)
    """Which events of the source belong to the group."""
    definition: Definition | str | None = None
    """The name of a definition, in place of where."""
    weight: float = 1
    """How much one event counts, such as days of imprisonment: above 0, two decimals at most."""
    exposure: str | None = None
    """Base that events of this group are expected from, such as residents of the same age band:
    indirect standardisation. All groups of a factor name one, or none does."""

    @property
    def defined(self) -> Definition | None:
        """The definition, where the group has one.

        Raises
        ------
        ConfigError
            It is only a name, which a config gives its meaning.
        """
        # A name without its meaning would count every record.
        if isinstance(self.definition, str):
            raise ConfigError(f"The definition {self.definition!r} is no more than a name here.")
        return self.definition

    @property
    def rule(self) -> Rule:
        """Which records of the source belong to the group."""
        given = rule_of(self.where)
        return AllOf((given, self.defined.meaning.certain)) if self.defined else given

    @property
    def asked(self) -> tuple[Rule, ...]:
        """Rules that a warehouse must tell apart for the group: the whole of a where, or every
        test of a definition, of which its funnel is made, too.
        """
        given = rule_of(self.where)
        return (*tests_of(given), *self.defined.tests) if self.defined else (given,)


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One ingredient of the index, or a source that is only mapped and tested.

    Its options are read as four things: what is counted, how it is tested, how it scores, and how
    it persists over the periods.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid", "coerce_numbers_to_str": True}

    # What is counted.
    name: str
    """Short name, used in file columns: letters, digits and underscores."""
    label: str
    """Name in words, used on pages."""
    source: str | None = None
    """Name of the source that is counted or read; not needed with event_groups."""
    where: Where = field(default_factory=dict)
    """Which events of the source are counted."""
    definition: Definition | str | None = None
    """The name of a definition, under [definitions] or of the package, in place of where."""
    event_groups: Sequence[EventGroup] = ()
    """Several weighted kinds of events instead of one source."""
    numerator: str | None = None
    """Column of the source, or of another as source.column: those with the characteristic."""
    denominator: str | None = None
    """All people or households that could have it: a column, or source.column of another table;
    left out under the method value, the numerator is a measure as it is."""
    periods: Sequence[str] = ()
    """Labels of the periods tested; empty for a table, which has none."""
    recorded: Literal["reported", "police-generated"] = "reported"
    """Whether the events are reported to the police or found by police activity."""

    # How it is tested.
    method: Method
    """How areas are tested: window, getis-ord, poisson (the area itself), threshold; or value, a
    share, rate or measure as it is, without a test."""
    exposure: str | None = None
    """Base that events are expected from, a name under [bases]; getis-ord takes none, and
    event_groups may name one each instead."""
    dispersion: Literal["pair-ratio", "moments", "none", "given-total"] | float = "pair-ratio"
    """Estimator of the counts' spread beyond Poisson, for window and poisson; none, given-total
    (none, and binomial given the total of one kind of event), or the variance itself, a number."""
    tail: Literal["mid", "strict"] = "mid"
    """Upper tail of window and poisson: mid-p, or all of P(X >= observed)."""
    background: Literal["county", "local"] = "county"
    """What an area is compared with: the whole study area, or its 200 nearest areas."""
    correction: Literal["benjamini-hochberg", "benjamini-yekutieli", "bonferroni", "none"] = (
        "benjamini-hochberg"
    )
    """Correction for testing many areas at once, per period."""
    level: float = 0.05
    """An area is hot where its adjusted p is at most this."""
    getis_ord: GetisOrd = field(default_factory=GetisOrd)
    """For the method getis-ord: which statistic, null and p-value."""
    scan: bool | None = None
    """Also scan the last period for clusters: which group of areas, how likely by chance. Left out,
    counts by window or poisson in at most 2,000 areas are scanned with fewer simulated maps, for
    the reasons; true scans whatever is tested and tells it in the report, false scans nothing."""

    # How it scores.
    score: Score
    """How the test becomes a score of 0 to 100."""
    scored: bool = True
    """False for a source that is mapped and tested but is no part of the index."""
    weight: float = 1.0
    """Share of the factor in the index, relative to the other factors."""
    group: str | None = None
    """Group of factors that it is combined in first; its weight stands under [index.groups]."""
    direction: Literal[1, -1] = 1
    """For the scores risk, intensity and value: -1 where a high value means less risk."""
    threshold: float | None = None
    """For the method threshold: the share above which an area scores 100."""
    normalise: str | None = None
    """For the scores risk, intensity and value: how values become 0 to 100; left out,
    winsorise+min-max for the mean of a risk and min-max for the others."""
    ageing: Literal["linear", "equal"] | float = "linear"
    """For the score risk: how periods weigh by age, the newest most. linear: 1 to n of n, the
    oldest first; equal; or a number, the age in periods at which a period weighs a half."""
    estimate: Literal["mean", "exceedance", "rank"] = "mean"
    """For the score risk: what is told of a risk, which is known by its posterior alone. mean: how
    many times what was expected; exceedance: the probability that it is more than above times
    that; rank: of how many of a hundred other areas it is the higher, on average."""
    above: float = 2.0
    """For the estimate exceedance: how many times what was expected."""
    prior: Literal["gamma", "spatial"] = "gamma"
    """For the score risk: what risks are taken to be like before counting. gamma: independent of
    each other; spatial: alike among neighbours, as in repeats."""
    neighbourhood: Literal["score", "half", "none"] = "none"
    """What an area next door to a hotspot scores: one whose window is hot, but not through events
    of its own. none: it is not hot; half: nor hot, and scores half of what it would; score: it is
    hot as any other, as published lists of hotspots have it. Its kind says next door in any case.
    """

    # How it persists.
    persistence: Literal["pooled", "counted"] = "pooled"
    """Persistence score: only where the pooled test is significant, or the plain count."""

    @property
    def groups(self) -> tuple[EventGroup, ...]:
        """The weighted event groups; a single source is one group of weight 1."""
        if self.event_groups:
            return tuple(self.event_groups)
        # A numerator makes it a factor of a table, which counts no events.
        if self.source is None or self.numerator is not None:
            return ()
        # As one group of weight 1, every later stage knows groups only.
        alone = EventGroup(
            label="all", source=self.source, where=self.where, definition=self.definition
        )
        return (alone,)

    @property
    def is_weighted(self) -> bool:
        """Whether some of its events count more than others, so that its counts are sums."""
        return any(group.weight != 1 for group in self.groups)

    @property
    def standardised(self) -> bool:
        """Whether each group of events is expected from its own base."""
        return any(group.exposure for group in self.groups)

    def column(self, reference: str) -> tuple[str, str]:
        """Source and column that a numerator or denominator names."""
        # Numerator and denominator may be of different tables, such as crimes over residents.
        source, dot, column = reference.partition(".")
        return (source, column) if dot else (self.source or "", reference)

    @property
    def normalisation(self) -> str:
        """How values become 0 to 100: as configured, or as is usual for the score."""
        # Ratios have a long upper tail: one extreme area would press all others towards 0.
        is_ratio = self.score == "risk" and self.estimate == "mean"
        return self.normalise or ("winsorise+min-max" if is_ratio else "min-max")

    @property
    def measured_as(self) -> str:
        """What its value is: a rate of events, a share of people, or a measure as it is."""
        return "rate" if self.counts_events else "share" if self.denominator else "measure"

    @property
    def is_tested(self) -> bool:
        """Whether events are tested against chance, and not only counted into a rate."""
        return self.counts_events and self.method != "value"

    @property
    def counts_events(self) -> bool:
        """Whether the factor counts events, and not a table's people or households."""
        return bool(self.groups)


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of people that is reported beside the factors and never scored, such as age."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    numerator: str
    """Source and column, such as "age.aged_65_and_over"."""
    denominator: str
    """Source and column, such as "age.residents"."""


MANY_PERIODS = 6
"""Above so many periods, and wherever they are months, pages read what is corrected over all."""


def reads_all_periods(periods: int, unit: str) -> bool:
    """Whether a factor has so many periods that by chance alone some have a hot area."""
    return periods > MANY_PERIODS or (unit == "month" and periods > 1)


def reported_shares(shares: Mapping[str, Share], factors: Sequence[Factor]) -> dict[str, Share]:
    """The shares of the config, and those that factors are made of, such as deprivation."""
    made = {f.label: share for f in factors if (share := _share_of(f))}
    # By what it is made of, and not by name: one share must not be told twice.
    asked = {(share.numerator, share.denominator) for share in shares.values()}
    more = {n: s for n, s in made.items() if (s.numerator, s.denominator) not in asked}
    return {**shares, **more}


def scored_shares(shares: Mapping[str, Share], factors: Sequence[Factor]) -> frozenset[str]:
    """Names among some shares of those that a scored factor is made of, whatever it is called."""
    scored = [_share_of(factor) for factor in factors if factor.scored]
    return frozenset(name for name, share in shares.items() if share in scored)


def _share_of(factor: Factor) -> Share | None:
    if not factor.numerator or not factor.denominator or factor.counts_events:
        return None
    # In full, so that two ways of naming one column are seen to be the same share.
    numerator, denominator = map(factor.column, (factor.numerator, factor.denominator))
    return Share(numerator=".".join(numerator), denominator=".".join(denominator))


CONFIDENCE_SCORES: Mapping[int, float] = {0: 0.0, 90: 100 / 3, 95: 200 / 3, 99: 100.0}
"""Score of each confidence band."""


def period_label(factors: Sequence[Factor]) -> str:
    """The periods that the events cover, in words."""
    # Labels of one unit sort in order of time.
    labels = sorted({str(period) for factor in factors for period in factor.periods})
    if not labels:
        return "no events"
    return labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"


BOUNDED = "0 to 100"
"""Scale of an index whose scores all lie between 0 and 100."""
_SCALES: dict[str, str] = {
    **dict.fromkeys(("min-max", "percentile", "percentile-min", "percentile-max"), BOUNDED),
    **dict.fromkeys(("exponential-rank", "exponential-rank-min", "share-of-maximum"), BOUNDED),
    "ratio-to-mean": "100 is the mean of the areas",
    "z": "standard deviations from the mean",
    "rank": "ranks, 1 the lowest",
    "rank-min": "ranks, 1 the lowest",
}


def scale_of(method: str) -> str:
    """What the numbers of a normalisation mean; the words for values as they are where it has none.

    Examples
    --------
    >>> scale_of("winsorise+min-max"), scale_of("ratio-to-mean")
    ('0 to 100', '100 is the mean of the areas')
    """
    # The last step decides the scale; steps such as winsorise leave it as it is.
    scales = [_SCALES[word] for word in method.split("+") if word in _SCALES]
    return scales[-1] if scales else "values as they are"


def scale_of_factor(factor: Factor) -> str:
    """What the numbers of a factor's score mean, such as 0 to 100."""
    # Flags, bands and persistence are 0 to 100 by their own rules.
    by_value = factor.score in ("value", "intensity", "risk")
    return scale_of(factor.normalisation) if by_value else BOUNDED


def scale_of_index(factors: Sequence[Factor]) -> str:
    """What the numbers of an index mean, where its factors agree; "" where they do not."""
    # A factor of weight 0 adds nothing, whatever its scale.
    scales = {scale_of_factor(factor) for factor in factors if factor.scored and factor.weight}
    return scales.pop() if len(scales) == 1 else ""


def scale_notes(factors: Sequence[Factor]) -> list[str]:
    """A note where scores on different scales are averaged: the widest scale decides the index."""
    scored = [factor for factor in factors if factor.scored and factor.weight]
    named: dict[str, list[str]] = {}
    for factor in scored:
        named.setdefault(scale_of_factor(factor), []).append(factor.label)
    if len(named) < 2:
        return []
    words = "; ".join(f"{scale}: {', '.join(labels)}" for scale, labels in named.items())
    return [
        f"Index: scores on different scales are averaged ({words}). Those of the widest decide it; "
        "give all factors one normalise."
    ]
