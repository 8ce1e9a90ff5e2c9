"""Counts of groups and over the months: as counted for open sources, else as protected cells."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.areas.groups import (
    WHOLE,
    by_factor,
    count_groups,
    group_kinds,
    profile_kind,
    residents_of,
    with_rates,
)
from riskindex.disclosure import CellRules
from riskindex.events.periods import month_label, parse_periods
from riskindex.factors import Factor
from riskindex.publication.cells import noise, of_place, protect
from riskindex.publication.protection import (
    restricted_columns,
    restricted_factors,
    restricted_sources,
)

if TYPE_CHECKING:
    from riskindex.config import Config
    from riskindex.result import Result

LEAST_AREAS, LEAST_RESIDENTS = 3, 5_000
"""Groups of fewer areas or residents are withheld."""
LARGE = 250_000
"""A whole of so many residents has its yearly counts exact."""
LEAST_BASE = 50
"""No share is given of fewer events."""


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
    places = [of_place(str(code)) for code in result.areas.index]
    for column in noised:
        prints = _filled(
            result.fingerprints[column].to_numpy(np.uint64),
            _empty(places, _measure(config, str(column[0]), group=str(column[1])), str(column[2])),
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
    residents = result.areas["residents"].loc[study] if "residents" in result.areas else None
    totals = result.group_counts.loc[study, columns].sum()
    alone = {factor.name for factor in config.factors if len(factor.groups) == 1}
    exact = [f in alone and is_exact(config, str(f), residents) for f, _, _ in columns]
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
        known = numbers.dropna()
        cells = [of_place(str(code), f"{number:.0f}") for code, number in known.items()]
        drawn = noise(np.array(cells, dtype=np.uint64), key, config.release.epsilon)
        noised[column] = (known + drawn).clip(lower=0).reindex(numbers.index)
    for factor in config.factors:
        if not factor.counts_events and factor.numerator and factor.denominator:
            part, whole = factor.column(factor.numerator), factor.column(factor.denominator)
            if part[0] in closed:
                noised[part] = noised[part].clip(upper=noised[whole])
    return noised


def _filled(prints: NDArray[np.uint64], empty: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return np.where(prints == 0, empty, prints)


def _empty(places: Sequence[int], measure: str, period: str) -> NDArray[np.uint64]:
    """Fingerprints of cells without records."""
    own = np.array([of_place(measure, period)], dtype=np.uint64)
    # Multiplied by an odd number, so that place and measure cannot cancel each other.
    return np.asarray(np.array(places, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + own)


def _measure(config: "Config", factor: str, *, group: str | None = None) -> str:
    """What a cell counts, by the rules that its records meet and not by the name it is given."""
    asked = next(f for f in config.factors if f.name == factor)
    rules = [g for g in asked.groups if group is None or g.label == group]
    canonical = [
        (group.source, sorted((column, sorted(map(str, v))) for column, v in group.where.items()))
        for group in rules
    ]
    return repr(sorted(canonical))


def released_groups(
    result: "Result", places: "pd.Series[str]", key: bytes, rules: CellRules
) -> pd.DataFrame:
    """The table of `count_groups` as partners and the public see it.

    Parameters
    ----------
    result
        What a run found out; its counts of groups keep the events in sensitive places.
    places
        Name of the group of each area of the study area; missing for areas in none.
    key, rules
        Of the release.

    Returns
    -------
    DataFrame
        Index (factor, period, place), the study area being `WHOLE`. Open factors as counted;
        restricted ones from protected cells, rates and shares computed from these; a column
        `mark` says why a number is missing.
    """
    closed = restricted_factors(result.config)
    counts = result.group_counts.loc[places.index]
    residents = result.areas["residents"].loc[places.index] if "residents" in result.areas else None
    is_closed = counts.columns.get_level_values("factor").isin(list(closed))
    parts = []
    if not is_closed.all():
        opened = count_groups(counts.loc[:, ~is_closed], places, residents=residents)
        parts.append(opened.assign(mark=""))
    if is_closed.any():
        parts.append(_protected_groups(result, places, residents, key, rules))
    return pd.concat(parts).sort_index() if parts else pd.DataFrame()


def _protected_groups(
    result: "Result",
    places: "pd.Series[str]",
    residents: "pd.Series[float] | None",
    key: bytes,
    rules: CellRules,
) -> pd.DataFrame:
    closed = restricted_factors(result.config)
    counts = result.group_counts.loc[places.index]
    totals = by_factor(counts.loc[:, counts.columns.get_level_values("factor").isin(list(closed))])
    prints = fingerprints_by_factor(result.group_fingerprints.loc[places.index])
    whole = pd.Series(WHOLE, index=places.index)
    cells = [
        (str(factor), str(period), *cell)
        for factor, period in totals.columns
        for grouping in (places, whole)
        for cell in _cells(
            totals[factor, period],
            prints[factor, period],
            grouping,
            residents,
            measure=_measure(result.config, str(factor)),
            period=str(period),
            key=key,
            rules=rules,
            exact=grouping is whole and is_exact(result.config, str(factor), residents),
        )
    ]
    table = pd.DataFrame(cells, columns=["factor", "period", "place", "events", "mark"])
    table = table.set_index(["factor", "period", "place"]).sort_index()
    counted = with_rates(table["events"], residents_of(residents, places, totals))
    known = counted["share"].where(_whole_of(table["events"]) >= LEAST_BASE)
    return counted.assign(share=known, mark=table["mark"])


def _whole_of(events: "pd.Series[float]") -> NDArray[np.float64]:
    whole = events.xs(WHOLE, level="place")
    return np.asarray(whole.reindex(events.index.droplevel("place")), dtype=float)


def fingerprints_by_factor(prints: pd.DataFrame) -> pd.DataFrame:
    """Fingerprints of each factor and period, those of its groups of events added up."""
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
    known = places.notna() & counts.notna()
    groups = places[known].groupby(places[known], sort=True).groups
    if not groups:
        return
    codes = list(groups.values())
    sums = np.array([counts.loc[some].sum() for some in codes], dtype=float)
    people = [np.inf if residents is None else residents.loc[some].sum() for some in codes]
    small = [
        len(some) < LEAST_AREAS or n < LEAST_RESIDENTS
        for some, n in zip(codes, people, strict=True)
    ]
    found = protect(
        sums,
        np.array([np.sum(prints.loc[some].to_numpy(np.uint64)) for some in codes], dtype=np.uint64),
        key,
        rules,
        empty=_empty([of_place(*sorted(some)) for some in codes], measure, period),
        small=np.array(small),
    )
    values = sums if exact else found.values
    marks = np.full(len(sums), "", dtype=object) if exact else found.marks
    yield from zip(map(str, groups), values.tolist(), marks.tolist(), strict=True)


def is_exact(config: "Config", factor: str, residents: "pd.Series[float] | None") -> bool:
    """Whether the whole's count of a restricted factor leaves as counted, like official statistics.

    It does for a large study area, periods of a year that no other of the factor overlaps, and a
    measure that reads no attribute of a person.
    """
    asked = next(f for f in config.factors if f.name == factor)
    if residents is None or residents.sum() < LARGE or _reads_people(asked, config):
        return False
    years = parse_periods(asked.periods, config.periods.unit, place=f"factors.{factor}")
    months = [month for year in years for month in year.months]
    return len(set(months)) == len(months) and all(len(year.months) == 12 for year in years)


def _reads_people(factor: Factor, config: "Config") -> bool:
    for group in factor.groups:
        source = config.sources[group.source]
        people = {getattr(source, column, None) for column in ("age", "sex")} - {None}
        if people & {*group.where, *getattr(source, "where", {})}:
            return True
    return False


def released_rhythm(result: "Result", key: bytes, rules: CellRules) -> pd.DataFrame:
    """Records by district and month, weekday, hour, age and sex.

    Returns
    -------
    DataFrame
        Index as `result.rhythm`; columns `records` and `mark`. Restricted factors from protected
        cells, with a line for the whole and for every value that there can be, so that a missing
        line does not tell of an empty cell; ages and sexes whose whole is withheld are left out.
    """
    if result.rhythm.empty:
        return pd.DataFrame()
    factor = result.rhythm.index.get_level_values("factor")
    closed = factor.isin(list(restricted_factors(result.config)))
    opened = result.rhythm.loc[~closed, ["records"]].astype(float).assign(mark="")
    places = _places(result)
    parts = [
        _protected_rhythm(part, result.config, key, rules, places)
        for _, part in result.rhythm[closed].groupby(level=["factor", "group", "aspect"])
    ]
    return pd.concat([opened, *parts]).sort_index()


def _protected_rhythm(
    part: pd.DataFrame, config: "Config", key: bytes, rules: CellRules, places: "pd.Series[bool]"
) -> pd.DataFrame:
    """One aspect of one group of events, every place and value, and the whole."""
    factor, group, _, aspect, _ = map(str, part.index[0])
    table = part.reset_index()
    table["place"], table["value"] = table["place"].astype(str), table["value"].astype(str)
    table = table[table["place"].isin(places.index)]  # areas around the study area have no place
    whole = table.groupby("value", as_index=False)[["records", "fingerprint"]].sum()
    values = _values(aspect, whole["value"], config, factor)
    asked = pd.MultiIndex.from_product([[WHOLE, *places.index], values], names=["place", "value"])
    every = pd.concat([whole.assign(place=WHOLE), table[["place", "value", *_SUMMED]]])
    every = every.astype({"fingerprint": np.uint64}).set_index(["place", "value"])[[*_SUMMED]]
    every = every.reindex(asked, fill_value=0)
    cells = [of_place(*map(str, place)) for place in asked]
    found = protect(
        every["records"].to_numpy(float),
        every["fingerprint"].to_numpy(np.uint64),
        key,
        rules,
        empty=_empty(cells, _measure(config, factor, group=group), aspect),
        small=asked.get_level_values("place").isin(list(places.index[places])),
    )
    shown = pd.DataFrame({"records": found.values, "mark": found.marks}, index=asked)
    if aspect in ("hour", "age", "sex"):  # not recorded is no hour that there must be a line for
        named = shown.xs(WHOLE, level="place")["records"].notna()
        shown = shown[shown.index.get_level_values("value").isin(list(named.index[named]))]
    shown = shown.reset_index().assign(factor=factor, group=group, aspect=aspect)
    return shown.set_index(list(part.index.names))


_SUMMED = ("records", "fingerprint")


def _values(aspect: str, found: "pd.Series[str]", config: "Config", factor: str) -> Sequence[str]:
    """Every value that an aspect can have, whether or not a record has it."""
    if aspect == "weekday":
        return [str(day) for day in range(1, 8)]
    if aspect == "hour":
        return [*sorted(set(found) - set(_HOURS)), *_HOURS]
    if aspect != "month":
        return sorted(set(found))
    asked = next(f for f in config.factors if f.name == factor)
    periods = parse_periods(asked.periods, config.periods.unit, place=f"factors.{factor}")
    return [month_label(m) for m in sorted({m for period in periods for m in period.months})]


_HOURS = [f"{hour:02d}" for hour in range(24)]


def _places(result: "Result") -> "pd.Series[bool]":
    """Every place of the rhythm, and whether it has too few areas or residents."""
    kind = profile_kind(group_kinds(result.areas))
    study = (
        result.areas[~result.areas["is_context"]] if "is_context" in result.areas else result.areas
    )
    named = study[kind] if kind else pd.Series(result.config.place, index=study.index)
    grouped = study.groupby(named.astype(str), sort=True)
    small = grouped.size() < LEAST_AREAS
    if "residents" in study:
        small = small | (grouped["residents"].sum() < LEAST_RESIDENTS)
    return small
