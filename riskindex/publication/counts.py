"""Counts of areas and of groups: as counted for open sources, else as protected cells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskindex.areas.groups import (
    by_factor,
)
from riskindex.arrays import Array, Fingerprints, Flags, Positions
from riskindex.assessment.place_counts import (
    NAMED_KIND,
    WHOLE_KIND,
    count_places,
    events_of,
    in_one,
    places_by_kind,
    sum_residents,
    sum_tables,
)
from riskindex.disclosure import CellRules
from riskindex.events.periods import Period, parse_periods
from riskindex.events.sources import PoliceSource
from riskindex.factors import EventGroup, Factor
from riskindex.publication.cells import noise, of_place, protect
from riskindex.publication.protection import (
    restricted_columns,
    restricted_factors,
    restricted_measures,
    restricted_sources,
)
from riskindex.rules import canonical, tests_of

if TYPE_CHECKING:
    from riskindex.config import Config
    from riskindex.result import Result

# Small groups are a disclosure by themselves: with one or two areas the cell of a group is that of
# an area.
LEAST_AREAS, LEAST_RESIDENTS = 3, 5_000
"""Groups of fewer areas or residents are withheld."""
LARGE = 250_000
"""A whole of so many residents has its yearly counts exact."""


def noised_areas(result: "Result", key: bytes) -> pd.DataFrame:
    """Counts of areas with noise, which the protected run is made of; they never leave.

    Parameters
    ----------
    result
        Its `counts`, and the fingerprints of their records.
    key
        The release key.

    Returns
    -------
    DataFrame
        The restricted columns of `result.counts` with noise, so that a count may be below 0. What
        is not covered stays so.
    """
    config = result.config
    noised = result.counts[restricted_columns(result.counts, config)].copy()
    # An empty cell has no record to draw noise from: its area, measure and period stand in.
    places = [of_place(str(code)) for code in result.areas.index]
    for column in noised:
        prints = _filled(
            result.fingerprints[column].to_numpy(np.uint64),
            empty_prints(
                places, rule_of(config, str(column[0]), group=str(column[1])), str(column[2])
            ),
        )
        drawn = noise(prints, key, config.release.epsilon)
        noised[column] = result.counts[column] + pd.array(drawn, dtype="Int64")
    return noised


def published_totals(result: "Result") -> "pd.Series[Any]":
    """The whole's exact count of each restricted column, NA where it does not leave exactly.

    Of a factor of several groups of events their sum leaves, and the count of no single one.
    """
    config, columns = result.config, restricted_columns(result.counts, result.config)
    around = result.areas.get("is_context")
    study = result.areas.index if around is None else result.areas.index[~around]
    totals = result.group_counts.loc[study, columns].sum()
    # With several groups of events, exact totals of the factor and of all groups but one would give
    # the last one away by subtraction.
    alone = {factor.name for factor in config.factors if len(factor.groups) == 1}
    exact = [f in alone and is_exact(result, str(f), str(p)) for f, _, p in columns]
    return totals.astype("Int64").where(exact)


def noised_tables(result: "Result", key: bytes) -> pd.DataFrame:
    """Tables of areas with noise, which the protected run is made of; they never leave.

    A number of a restricted table has no records: its area and itself stand in for them, so that
    a table under another name has the same noise.

    Returns
    -------
    DataFrame
        As `result.tables`; open columns unchanged, the others whole numbers with noise, none below
        0 and no numerator of a share above its denominator.
    """
    config, noised = result.config, result.tables.copy()
    closed = set(restricted_sources(config))
    for column in [c for c in noised.columns if c[0] in closed]:
        numbers = noised[column].round().astype(float)
        assessed = numbers.dropna()
        # The number is part of its own key: who reads two editions of a table in which an area did
        # not change sees one noise, not two to average.
        cells = [of_place(str(code), f"{number:.0f}") for code, number in assessed.items()]
        drawn = noise(np.array(cells, dtype=np.uint64), key, config.release.epsilon)
        # A table holds people or households, and the protected run computes rates of them: none may
        # be below 0.
        noised[column] = (assessed + drawn).clip(lower=0).reindex(numbers.index)
    for factor in config.factors:
        if not factor.counts_events and factor.numerator and factor.denominator:
            part, whole = factor.column(factor.numerator), factor.column(factor.denominator)
            if part[0] in closed:
                # Noise on both sides of a share can push it above 1, which the tests of shares
                # would refuse.
                noised[part] = noised[part].clip(upper=noised[whole])
    return noised


def _filled(prints: Fingerprints, empty: Fingerprints) -> Fingerprints:
    return np.where(prints == 0, empty, prints)


def empty_prints(places: Sequence[int], measure: str, period: str) -> Fingerprints:
    """Fingerprints of cells without records."""
    own = np.array([of_place(measure, period)], dtype=np.uint64)
    # Multiplied by an odd number, so that place and measure cannot cancel each other.
    return np.asarray(np.array(places, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + own)


def rule_of(config: "Config", factor: str, *, group: str | None = None) -> str:
    """What a cell counts, by the rules that its records meet and not by the name it is given."""
    asked = config.counted(factor)
    rules = [g for g in asked.groups if group is None or g.label == group]
    # The canonical rule and not the name: a factor renamed, or one clause written in another order,
    # has the noise that it had.
    return repr(sorted((group.source, canonical(group.rule)) for group in rules))


def released_places(
    result: "Result", key: bytes, rules: CellRules, *, named: "pd.Series[Any]"
) -> pd.DataFrame:
    """The table of `figure_counts` as partners and the public see it.

    Parameters
    ----------
    result
        What a run found out; its counts of groups keep the events in sensitive places.
    key, rules
        Of the release.
    named
        Name of the place of each selected area, of the run that the profile may see.

    Returns
    -------
    DataFrame
        Open factors and residents as they are; restricted events as protected cells, the whole's
        yearly counts as counted; restricted tables are left out, and so are restricted events of
        named places and in named polygons.
    """
    config, groups = result.config, places_by_kind(result.areas)
    study = groups[WHOLE_KIND].index
    # Of open factors alone: a named place is a handful of selected areas, and its restricted cells
    # would come near the counts that selected them.
    places = {**groups, NAMED_KIND: named.reindex(study)} if len(named) else groups
    residents = result.areas["residents"].loc[study] if "residents" in result.areas else None
    closed = restricted_factors(config)
    opened = [factor for factor in config.factors if factor.name not in closed]
    inside = result.measured.in_polygons
    every_closed = [*closed, *restricted_measures(config)]
    if len(inside):
        # Polygons cut through areas and districts: a cell of theirs could be set against the cells
        # of these, so that of restricted events none leaves.
        inside = inside[~inside.index.isin(every_closed, level="factor")]
    parts = [
        sum_residents(places, residents),
        sum_tables(result.tables.loc[study], opened, places, residents),
        inside,
    ]
    for every, fingerprints in (
        (result.group_counts, result.group_fingerprints),
        (result.measured.counts, result.measured.fingerprints),
    ):
        if every.columns.empty:
            continue
        counts = every.loc[study]
        named = counts.columns.get_level_values("factor")
        is_closed = named.isin(every_closed)
        parts.append(count_places(counts.loc[:, ~is_closed], places, residents))
        if not is_closed.any():
            continue
        totals = by_factor(counts.loc[:, is_closed])
        prints = fingerprints_by_factor(fingerprints.loc[study])
        cells = _Cells(result, totals, prints, residents, key=key, rules=rules)
        protected = {
            kind: cells.with_residents(of_kind, is_whole=kind == WHOLE_KIND)
            for kind, of_kind in groups.items()
        }
        parts.append(in_one(protected))
    return pd.concat([part for part in parts if len(part)] or parts)


@dataclass(frozen=True)
class _Cells:
    """Protected cells of the restricted factors of a release."""

    result: "Result"
    totals: pd.DataFrame
    """Counts of the factors, shape (areas, factors x periods)."""
    prints: pd.DataFrame
    """Fingerprints of the records counted, alike."""
    residents: "pd.Series[float] | None"
    key: bytes = field(kw_only=True)
    rules: CellRules = field(kw_only=True)

    def of(self, places: "pd.Series[str]", *, is_whole: bool = False) -> pd.DataFrame:
        """Columns `events` and `mark`, index (factor, period, place), of one kind of place."""
        cells = [
            (str(factor), str(period), *cell)
            for factor, period in self.totals.columns
            for cell in _cells(
                self.totals[factor, period],
                self.prints[factor, period],
                places,
                self.residents,
                measure=rule_of(self.result.config, str(factor)),
                period=str(period),
                key=self.key,
                rules=self.rules,
                exact=is_whole and is_exact(self.result, str(factor), str(period)),
            )
        ]
        names = ["factor", "period", "place"]
        return pd.DataFrame(cells, columns=[*names, "events", "mark"]).set_index(names)

    def with_residents(self, places: "pd.Series[str]", *, is_whole: bool) -> pd.DataFrame:
        """The same with the residents of each place, for rates that are computed later."""
        table = self.of(places, is_whole=is_whole)
        # Rates and intervals are computed of what leaves, never of the count behind it, so that
        # they cannot undo the noise.
        events = table["events"].unstack(["factor", "period"])
        lines = events_of(self.totals, places, self.residents, events)
        return lines.assign(mark=table["mark"].reindex(lines.index).fillna(""))


def fingerprints_by_factor(prints: pd.DataFrame) -> pd.DataFrame:
    """Fingerprints of each factor and period, those of its groups of events added up."""
    # As unsigned numbers: fingerprints add up modulo 2**64, which signed sums would not.
    table = prints.astype(np.uint64).T.groupby(level=["factor", "period"], sort=False).sum().T
    return table.astype(np.uint64)


def _cells(
    counts: "pd.Series[float]",
    prints: "pd.Series[int]",
    places: "pd.Series[str]",
    residents: "pd.Series[float] | None",
    *,
    measure: str,
    period: str,
    key: bytes,
    rules: CellRules,
    exact: bool,
) -> Iterator[tuple[str, float, str]]:
    """Place, count and mark of each group of areas."""
    # Areas that no source covers are missing and not 0: they add neither events nor residents.
    covered = (places.notna() & counts.notna()).to_numpy()
    codes, names = pd.factorize(places[covered], sort=True)
    if not len(names):
        return
    sums = _summed(codes, counts[covered], len(names))
    people = np.inf if residents is None else _summed(codes, residents[covered], len(names))
    of_cells = np.zeros(len(names), dtype=np.uint64)
    np.add.at(of_cells, codes, prints[covered].to_numpy(np.uint64))  # unsigned sums wrap
    protected = protect(
        sums,
        of_cells,
        key,
        rules,
        empty=_empty_places(places.index[covered], codes, of_cells == 0, measure, period),
        small=(np.bincount(codes) < LEAST_AREAS) | (people < LEAST_RESIDENTS),
    )
    values = sums if exact else protected.values
    marks = np.full(len(sums), "", dtype=object) if exact else protected.marks
    yield from zip(map(str, names), values.tolist(), marks.tolist(), strict=True)


def _summed(codes: Positions, values: "pd.Series[float]", n: int) -> Array:
    # Missing residents of a covered area add nothing: the group may only look smaller, never
    # larger.
    weights = values.fillna(0.0).to_numpy(float)
    return np.asarray(np.bincount(codes, weights=weights, minlength=n), dtype=float)


def _empty_places(
    areas: "pd.Index[str]",
    codes: Positions,
    asked: Flags,
    measure: str,
    period: str,
) -> Fingerprints:
    """Fingerprints of groups of areas without a record; 0 for those that have one."""
    places = np.zeros(len(asked), dtype=np.uint64)
    for group in np.flatnonzero(asked):
        # The areas and not the name stand for the place: a district under two kinds of group is one
        # cell with one noise.
        places[group] = of_place(*sorted(areas[codes == group]))
    return np.where(asked, empty_prints(places.tolist(), measure, period), np.uint64(0))


def is_exact(result: "Result", factor: str, period: str) -> bool:
    """Whether the whole's count of a restricted factor leaves as counted, like official statistics.

    It does for a large study area, a year that is covered wholly, and a measure that reads no
    attribute of a person; and where no other count of the same records overlaps its years by some
    months, which could be told from the two.
    """
    config, areas = result.config, result.areas
    asked, people = config.counted(factor), areas.get("residents", pd.Series([0.0]))
    if "is_context" in areas:
        people = people[~areas["is_context"]]
    # A period covered in part is no official yearly count, and its exact sum would date the
    # coverage.
    if people.sum() < LARGE or (factor, period) in result.part_periods:
        return False
    if not all(_reads_offences(group, config) for group in asked.groups):
        return False
    years = parse_periods(asked.periods, config.unit_of(factor), place=f"factors.{factor}")
    months = [month for year in years for month in year.months]
    # Rolling years overlap: exact counts of two of them differ by single months, which would then
    # be exact too.
    if len(set(months)) < len(months) or any(len(year.months) != 12 for year in years):
        return False
    return not any(_overlaps(years, other) for other in _years_of_same_records(asked, config))


def _overlaps(years: Sequence[Period], others: Sequence[Period]) -> bool:
    """Whether one exact count less another is that of a part of a year (differencing)."""
    return any(
        set(one.months) != set(other.months) and set(one.months) & set(other.months)
        for one in years
        for other in others
    )


def _years_of_same_records(asked: Factor, config: "Config") -> Iterator[tuple[Period, ...]]:
    """Periods of other factors and measures that count records of the same files.

    Whatever their rules are: two rules of different words may be met by the same records.
    """
    origins = {_origin(group, config) for group in asked.groups}
    for other in (*config.factors, *config.measured):
        if other.name != asked.name and origins & {_origin(g, config) for g in other.groups}:
            yield parse_periods(other.periods, config.unit_of(other.name), place=other.name)


def _origin(group: EventGroup, config: "Config") -> str:
    """Where the records of a group are from, by whatever name the source is called."""
    source = config.sources[group.source]
    named = getattr(source, "path", None) or getattr(source, "table", None)
    return repr(sorted([named] if isinstance(named, str) else named or [group.source]))


def _reads_offences(group: EventGroup, config: "Config") -> bool:
    """Whether the rules of a group read columns of the offence alone, as far as the config says."""
    source = config.sources[group.source]
    if isinstance(source, PoliceSource):
        return True  # its columns are published, and none is of a person
    # A rule or the source's own filter may read a column of persons, which makes the count one of a
    # group of people; a column that is not declared may be one.
    read = {test.column for rule in group.asked for test in tests_of(rule)}
    return {*read, *getattr(source, "where", {})} <= {*getattr(source, "offence_columns", ())}
