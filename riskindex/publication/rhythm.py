"""Records over the months, hours, ages and sexes: protected cells where a source is restricted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskindex.areas.groups import WHOLE, group_kinds, profile_kind
from riskindex.disclosure import CellRules
from riskindex.events.periods import month_label, parse_periods
from riskindex.publication.cells import of_place, protect
from riskindex.publication.counts import LEAST_AREAS, LEAST_RESIDENTS, empty_prints, rule_of
from riskindex.publication.protection import restricted_factors, restricted_measures

if TYPE_CHECKING:
    from riskindex.config import Config
    from riskindex.result import Result


def released_rhythm(
    rhythm: pd.DataFrame, result: "Result", key: bytes, rules: CellRules
) -> pd.DataFrame:
    """Records by district and month, weekday, hour, age and sex.

    Parameters
    ----------
    rhythm
        Of all periods of a factor together, or with the level `period`.
    result
        Which places are small, and what the config says of each factor.
    key, rules
        Of the release.

    Returns
    -------
    DataFrame
        Index as `result.rhythm`; columns `records`, `mark` and `base`: all records of the place,
        a cell of its own, of restricted factors. Restricted factors from protected
        cells, with a line for the whole and for every value that there can be, so that a missing
        line does not tell of an empty cell; ages and sexes whose whole is withheld are left out.
    """
    if rhythm.empty:
        return pd.DataFrame()
    # Areas around the study area are in no place, whose name is that of the whole.
    rhythm = rhythm[rhythm.index.get_level_values("place") != WHOLE]
    factor, config = rhythm.index.get_level_values("factor"), result.config
    closed = factor.isin([*restricted_factors(config), *restricted_measures(config)])
    opened = rhythm.loc[~closed, ["records"]].astype(float).assign(mark="", base=np.nan)
    places = _places(result)
    parts = [
        _protected_rhythm(part, config, key, rules, places)
        for _, part in rhythm[closed].groupby(level=_one_table(rhythm))
    ]
    return pd.concat([opened, *parts]).sort_index()


def _one_table(rhythm: pd.DataFrame) -> list[str]:
    """Levels whose values are the same in one table of cells."""
    return [level for level in rhythm.index.names if level not in ("place", "value")]


def _protected_rhythm(
    part: pd.DataFrame, config: "Config", key: bytes, rules: CellRules, places: "pd.Series[bool]"
) -> pd.DataFrame:
    """One aspect of one group of events, every place and value, and the whole."""
    same = {level: str(part.index.unique(level)[0]) for level in _one_table(part)}
    factor, group, aspect, period = (
        same.get(level, "") for level in ("factor", "group", "aspect", "period")
    )
    table = part.reset_index()
    table["place"], table["value"] = table["place"].astype(str), table["value"].astype(str)
    table = table[table["place"].isin(places.index)]  # areas around the study area have no place
    whole = table.groupby("value", as_index=False)[["records", "fingerprint"]].sum()
    values = _values(aspect, whole["value"], config, factor, period=period)
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
        empty=empty_prints(
            cells, rule_of(config, factor, group=group), f"{aspect} {period}".strip()
        ),
        small=asked.get_level_values("place").isin(list(places.index[places])),
    )
    shown = pd.DataFrame({"records": found.values, "mark": found.marks}, index=asked)
    bases = _all_records(
        every, places, rule_of(config, factor, group=group), period=period, key=key, rules=rules
    )
    shown["base"] = bases.reindex(asked.get_level_values("place")).to_numpy()
    if aspect in ("hour", "age", "sex"):  # not recorded is no hour that there must be a line for
        named = shown.xs(WHOLE, level="place")["records"].notna()
        shown = shown[shown.index.get_level_values("value").isin(list(named.index[named]))]
    shown = shown.reset_index().assign(**same)
    return shown.set_index(list(part.index.names))


_SUMMED = ("records", "fingerprint")


def _all_records(
    every: pd.DataFrame,
    places: "pd.Series[bool]",
    measure: str,
    *,
    period: str,
    key: bytes,
    rules: CellRules,
) -> "pd.Series[float]":
    """All records of each place as cells of their own, which shares are given of."""
    summed = every.groupby(level="place", sort=False).sum()
    found = protect(
        summed["records"].to_numpy(float),
        summed["fingerprint"].to_numpy(np.uint64),
        key,
        rules,
        empty=empty_prints(
            [of_place(str(name)) for name in summed.index], measure, f"all {period}"
        ),
        small=summed.index.isin(list(places.index[places])),
    )
    return pd.Series(found.values, index=summed.index)


def _values(
    aspect: str, found: "pd.Series[str]", config: "Config", factor: str, *, period: str = ""
) -> Sequence[str]:
    """Every value that an aspect can have, whether or not a record has it."""
    if aspect == "weekday":
        return [str(day) for day in range(1, 8)]
    if aspect == "hour":
        return [*sorted(set(found) - set(_HOURS)), *_HOURS]
    if aspect != "month":
        return sorted(set(found))
    asked = config.counted(factor)
    periods = parse_periods(asked.periods, config.unit_of(factor), place=f"factors.{factor}")
    asked_for = [one for one in periods if period in ("", one.label)]
    return [month_label(m) for m in sorted({m for one in asked_for for m in one.months})]


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
