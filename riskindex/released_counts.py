"""Counts as partners and the public see them: of areas, of districts, and over the months."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.atoms import Counting
from riskindex.disclosure import WITHHELD, Rules, shown_counts
from riskindex.factors import Factor
from riskindex.flags import KnownTests, remake_tests
from riskindex.groups import WHOLE, by_factor, group_kinds, profile_kind, residents_of, with_rates
from riskindex.periods import parse_period
from riskindex.protection import Guarded
from riskindex.released import Result
from riskindex.scores import rows
from riskindex.shared_protection import guard_together
from riskindex.suppression import Shown, bounds_of, show_counts, tighten

Objects = NDArray[np.object_]
Key = tuple[str, str]


class ReleasedCounts(NamedTuple):
    """Counts of every factor and period, with marks where there is none to show."""

    shown: Mapping[Key, Shown]
    """(factor, period) to its counts; the areas in their order, the groups in that of `places`."""
    places: tuple[str, ...]
    """Names of the groups."""
    hidden: Mapping[Key, NDArray[np.bool_]] = MappingProxyType({})
    """(factor, period) to the areas whose flags are withheld, because they would tell of a
    window with few events how few; periods without any are left out."""


def is_sensitive(factor: Factor, result: Result) -> bool:
    """Whether any source of a factor is sensitive; of events, where sensitive places are listed.

    Where most areas show a number, the marks of the listed ones would be the list.
    """
    return bool(factor.counts_events and result.places.codes) or _of_sensitive(factor, result)


def _of_sensitive(factor: Factor, result: Result) -> bool:
    names = {group.source for group in factor.groups} or {factor.source or ""}
    names |= {factor.column(c)[0] for c in (factor.numerator, factor.denominator) if c}
    return any(getattr(result.config.sources.get(name), "sensitive", True) for name in names)


def periods_shown(factor: Factor, profile: str) -> list[str]:
    """The periods whose areas are shown: all to partners, the last to the public; "" if none."""
    periods = [str(period) for period in factor.periods] or [""]
    return periods if profile == "partner" else periods[-1:]


def released_counts(result: Result, profile: str, rules: Rules) -> ReleasedCounts:
    """Counts of areas and totals of districts that give no small count away.

    Parameters
    ----------
    result
        What a run found out; events in sensitive places are out of it already.
    profile
        partner or public.
    rules
        Of the profile.
    """
    places = _places(result)
    group, names = pd.factorize(places, sort=True)  # -1 where an area is in none
    counts = by_factor(result.counts)[_in_study(result)] if len(result.counts.columns) else None
    found = {}
    for factor in result.config.factors:
        for period in [str(period) for period in factor.periods] or [""]:
            if factor.counts_events and counts is not None:
                values = counts[factor.name, period].reindex(result.areas.index)
            else:
                observed = rows(result.hotspots, factor=factor.name, period=period)["observed"]
                values = observed.reindex(result.areas.index)
            found[factor.name, period] = show_counts(
                values.to_numpy(dtype=float, na_value=np.nan), group, rules,
                sensitive=is_sensitive(factor, result),
                cells=period in periods_shown(factor, profile),
                private=_private(result, factor),
            )  # fmt: skip
    hidden: dict[Key, NDArray[np.bool_]] = {}
    for key, guarded in _protected(result, profile, rules, found).items():
        found[key] = guarded.shown
        hidden |= {key: guarded.hidden} if guarded.hidden.any() else {}
    return ReleasedCounts(found, tuple(map(str, names)), hidden)


def _protected(
    result: Result, profile: str, rules: Rules, shown: Mapping[Key, Shown]
) -> dict[Key, Guarded]:
    """Factors of events in every period, each guarded by itself, then with those it overlaps."""
    tests, unit = remake_tests(result), result.config.periods.unit
    events = {f.name: f for f in result.config.factors if f.counts_events}
    keys = [(name, str(period)) for name, factor in events.items() for period in factor.periods]
    untested = KnownTests.none(len(result.areas))
    guarded = {
        key: _guarded(result, profile, key, tests.get(key, untested), shown[key]) for key in keys
    }
    for key in tests:
        guarded[key].guard(rules)
    counting = {
        (name, period): Counting(
            tuple((group.source, group.where) for group in events[name].groups),
            parse_period(period, unit).months,
        )
        for name, period in keys
    }
    sensitive = frozenset(name for name, f in events.items() if is_sensitive(f, result))
    guard_together(guarded, counting, rules, sensitive=sensitive)
    return guarded


def _guarded(result: Result, profile: str, key: Key, made: KnownTests, shown: Shown) -> Guarded:
    """What is shown of one factor in one period, with its flags."""
    factor = next(f for f in result.config.factors if f.name == key[0])
    counts = by_factor(result.counts)[key].reindex(result.areas.index).to_numpy(dtype=float)
    study, sensitive = _in_study(result).to_numpy(dtype=bool), is_sensitive(factor, result)
    table = rows(result.hotspots, factor=key[0], period=key[1])
    band = table["confidence"].to_numpy(dtype=float, na_value=np.nan)
    hot = table["is_hot"].to_numpy(dtype=float, na_value=0.0)
    each = key[1] in periods_shown(factor, profile)
    if not each:
        band, hot = np.full(len(band), np.nan), _of_every_period(result, factor)
    rules = result.config.release.rules(profile)
    small = (counts < rules.threshold) & (counts >= (0 if sensitive else 1))
    return Guarded(
        counts=counts, group=pd.factorize(_places(result), sort=True)[0], shown=shown, made=made,
        each=each and not sensitive, band=band, hot=hot, protected=small, counted=study,
    )  # fmt: skip


def _of_every_period(result: Result, factor: Factor) -> NDArray[np.float64]:
    """1 where an area is hot in every period, 0 where in none, NaN where in some."""
    table = rows(result.persistence, factor=factor.name)
    times, of = (table[c].to_numpy(dtype=float, na_value=np.nan)
                 for c in ("periods_hot", "periods_assessed"))  # fmt: skip
    return np.where(times == 0, 0.0, np.where(times == of, 1.0, np.nan))


def _in_study(result: Result) -> "pd.Series[bool]":
    around = result.areas.get("is_context")
    return pd.Series(True, index=result.areas.index) if around is None else ~around.astype(bool)


def _places(result: Result) -> "pd.Series[str]":
    kind = profile_kind(group_kinds(result.areas))
    whole = pd.Series(result.config.place, index=result.areas.index)
    return (result.areas[kind] if kind else whole).where(_in_study(result))


def _private(result: Result, factor: Factor) -> NDArray[np.bool_] | None:
    if not factor.counts_events:
        return None
    return np.asarray(result.areas.index.isin(list(result.places.codes)))


def released_districts(counts: ReleasedCounts, result: Result, rules: Rules) -> pd.DataFrame:
    """The table of `count_groups` from rounded totals; a column `mark` says why one is missing."""
    events = {
        (factor.name, str(period), place): total
        for factor in result.config.factors
        for period in (factor.periods if factor.counts_events else ())
        for place, total in _totals(counts, (factor.name, str(period)))
    }
    if not events:
        return pd.DataFrame()
    names = ["factor", "period", "place"]
    index = pd.MultiIndex.from_tuples(list(events), names=names)
    total = pd.Series(list(events.values()), index=index, dtype=object).sort_index()
    marked = total.map(lambda value: isinstance(value, str))
    study = _in_study(result)
    people = residents_of(
        result.areas["residents"][study] if "residents" in result.areas else None,
        _places(result)[study],
        by_factor(result.counts)[study],
    )
    people = people.where(people >= rules.smallest_denominator)
    table = with_rates(total.mask(marked).astype(float), people)
    return table.assign(mark=total.where(marked, "").reindex(table.index))


def _totals(counts: ReleasedCounts, key: Key) -> Iterator[tuple[str, object]]:
    found = counts.shown[key]
    yield WHOLE, found.whole
    yield from zip(counts.places, found.totals, strict=True)


def released_rhythm(result: Result, rules: Rules) -> pd.DataFrame:
    """Records by district and month, weekday, hour, age and sex, of sources that harm nobody.

    Small numbers are missing, with their mark. What is asked is left out for a factor altogether
    where a small number could be told from the others.
    """
    if result.rhythm.empty:
        return pd.DataFrame()
    open_to_all = [f.name for f in result.config.factors if not _of_sensitive(f, result)]
    table = result.rhythm[result.rhythm.index.get_level_values("factor").isin(open_to_all)]
    parts = [
        shown
        for _, part in table.groupby(level=["factor", "group", "aspect"], sort=False)
        if (shown := _records(part, rules)) is not None
    ]
    return pd.concat(parts).sort_index() if parts else pd.DataFrame()


def _records(part: pd.DataFrame, rules: Rules) -> pd.DataFrame | None:
    """Records of one aspect as shown, or None where one of them could be told too closely."""
    records = part["records"].to_numpy(dtype=float)
    shown = shown_counts(records, rules)
    group, names = pd.factorize(part.index.get_level_values("place"))
    sums = np.bincount(group, weights=records, minlength=len(names))
    # The total of a district may be known from the other aspects, each rounded by itself.
    cells, _ = tighten(
        bounds_of(shown, rules), group.astype(np.intp), bounds_of(shown_counts(sums, rules), rules)
    )
    small = (records > 0) & (records < rules.threshold)
    if (small & (cells.values < rules.width)).any():
        return None
    marked = np.array([isinstance(value, str) for value in shown])
    numbers = np.where(marked, np.nan, np.where(marked, 0, shown)).astype(float)
    return pd.DataFrame({"records": numbers, "mark": np.where(marked, WITHHELD, "")}, part.index)
