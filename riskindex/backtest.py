"""Does the list predict: built on earlier periods, held against the next, beside plainer lists."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex import pipeline
from riskindex.config import Config
from riskindex.errors import DataError
from riskindex.holdout import Split, split_config
from riskindex.prediction import MEASURES, Held, area_repeats, interval, random_lists
from riskindex.released import Released, Result, check_profile, release
from riskindex.scores import rows
from riskindex.selection import code_order

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

DRAWS = 1_000
"""Repeats of the bootstrap, and lists picked at random."""


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """A run on earlier periods, the run on all of them, and how well the one foretold the other."""

    split: Split
    """What was held out."""
    earlier: Result
    """The run on the periods before; its list is the one that is tested."""
    later: Result
    """The run on all periods, which counts what was held out."""
    lists: pd.DataFrame
    """Index (target, area_code); `earlier` (events of the last period before), `later` (events
    held out), and a column per method of `labels` but chance: whether it lists the area."""
    table: pd.DataFrame
    """One row per target, method and measure; see `compare_lists`."""
    labels: Mapping[str, str]
    """Method to its words."""


def backtest(
    config: Config,
    *,
    targets: Sequence[str] = (),
    hold_out: int = 1,
    draws: int = DRAWS,
    say: pipeline.Say = lambda _stage: None,
) -> Backtest:
    """Build on earlier periods, and count what the list catches in the periods held out.

    Parameters
    ----------
    config
        What is asked; two runs are made of it.
    targets, hold_out
        As for `split_config`.
    draws
        Repeats of the bootstrap, and lists picked at random.
    say
        Told the name of each stage as it begins.

    Raises
    ------
    ConfigError
        As `split_config` says, and as a run does.
    DataError
        The periods held out are not covered, or nothing is selected.
    """
    split = split_config(config, targets=targets, hold_out=hold_out)
    earlier = pipeline.run(split.earlier, say=lambda stage: say(f"{stage} (before)"))
    later = pipeline.run(config, say=say)
    say("Holding the list against what came next")
    rng = np.random.default_rng(config.seed)
    repeats = area_repeats(len(earlier.areas), draws, rng)
    lists, tables = {}, {}
    for target in split.targets:
        lists[target] = _lists(earlier, later, target, split.held_out)
        held = _held(earlier, lists[target])
        flags = lists[target].drop(columns=list(_EVENTS))
        chance = random_lists(len(flags), int(flags["index"].sum()), draws, rng)
        tables[target] = compare_lists(flags, held, repeats, chance)
    return Backtest(
        split=split,
        earlier=earlier,
        later=later,
        lists=pd.concat(lists, names=["target"]),
        table=pd.concat(tables, names=["target"]).reset_index("target").reset_index(drop=True),
        labels=_labels(earlier),
    )


def compare_lists(flags: pd.DataFrame, held: Held, repeats: Array, chance: Flags) -> pd.DataFrame:
    """Measure several lists of areas on the same later events.

    Parameters
    ----------
    flags
        Index area_code; one column per method, whether it lists the area; the first is the list
        that the others are compared with.
    held
        The events, land and residents that the lists are held against.
    repeats
        Draws of areas with replacement, shape `(draws, n)`.
    chance
        Lists picked at random, shape `(lists, n)`.

    Returns
    -------
    DataFrame
        Columns `method`, `measure`, `areas`, `caught` and `events` (numbers of areas and events),
        `value` with the 95% interval `low` to `high` of the bootstrap by area, and `difference`
        (the first list's value less this one's) with its interval in the same repeats. The
        method `chance` has the mean and the middle 95% of the lists picked at random.
    """
    lines = []
    for measure, function in MEASURES.items():
        first = flags.iloc[:, 0].to_numpy(bool)
        own, own_repeats = float(function(held, first, None)), function(held, first, repeats)
        for method in flags:
            selected = flags[method].to_numpy(bool)
            value = float(function(held, selected, None))
            drawn = function(held, selected, repeats)
            between = interval(own_repeats - drawn) if method != flags.columns[0] else _NONE
            caught = float(held.later[selected].sum())
            lines.append(
                (method, measure, selected.sum(), caught, value, *interval(drawn), own - value)
                + between
            )
        random = function(held, chance, None)
        mean = float(random[~np.isnan(random)].mean()) if not np.isnan(random).all() else np.nan
        caught = float((chance @ held.later).mean())
        lines.append(
            ("chance", measure, first.sum(), caught, mean, *interval(random), own - mean) + _NONE
        )
    table = pd.DataFrame(lines, columns=list(_COLUMNS))
    table.insert(4, "events", float(held.later.sum()))
    order = [*flags.columns, "chance"]
    return table.sort_values("method", key=lambda m: m.map(order.index), kind="stable")


_COLUMNS = (
    "method", "measure", "areas", "caught", "value", "low", "high",
    "difference", "difference_low", "difference_high",
)  # fmt: skip
_NONE = (float("nan"), float("nan"))
_EVENTS = ("earlier", "later")


@dataclass(frozen=True, kw_only=True)
class ReleasedBacktest:
    """What one profile may see of a backtest; its writers accept this and nothing else."""

    released: Released
    """The run on the periods before."""
    held_out: tuple[str, ...]
    """Labels of the periods held out."""
    before: Mapping[str, str]
    """Factor to the periods that it was built on, in words."""
    targets: Mapping[str, str]
    """Target to its words."""
    labels: Mapping[str, str]
    """Method to its words."""
    table: pd.DataFrame
    """See `Backtest`."""
    lists: pd.DataFrame
    """See `Backtest`."""
    stays: int
    """Areas of the list before that are on the list of all periods, too."""
    notes: tuple[str, ...]
    """What had to be changed, and what an analyst should know about the data."""


def release_backtest(result: Backtest, profile: str | None = None) -> ReleasedBacktest:
    """Reduce a backtest to what one profile may see.

    Parameters
    ----------
    result
        From `backtest`.
    profile
        As for `release`.

    Raises
    ------
    DisclosureError
        No profile was named, or there are no rules for the one that was.
    """
    config = result.later.config
    released = release(result.earlier, check_profile(profile or config.profile))
    words = {factor.name: factor.label for factor in config.factors}
    both = result.earlier.index["selected"] & result.later.index["selected"]
    said = [*result.split.notes, *(n for n in result.later.notes if n not in released.notes)]
    return ReleasedBacktest(
        released=released,
        held_out=result.split.held_out,
        before={
            factor.name: ", ".join(factor.periods) or "no period"
            for factor in result.split.earlier.factors
        },
        targets={target: words[target] for target in result.split.targets},
        labels=result.labels,
        table=result.table,
        lists=result.lists,
        stays=int(both.sum()),
        notes=tuple(said),
    )


# The lists


class _Asked(NamedTuple):
    """What a plainer list may look at: nothing later than the periods before."""

    result: Result
    target: str

    def counts(self, *, last: bool) -> Array:
        """Events of the target in the last period before, or in all."""
        periods = [f.periods for f in self.result.config.factors if f.name == self.target]
        labels = periods[0][-1:] if periods and last else periods[0] if periods else ()
        return _events(self.result, self.target, labels, skip=not last)


Keys = Callable[[_Asked], tuple[Array, ...]]
"""What areas are put in order by, the first key first, high values first."""

PLAINER: Mapping[str, tuple[str, Keys]] = MappingProxyType(
    {
        "last_counts": (
            "Most events in the last period before",
            lambda asked: (asked.counts(last=True), asked.counts(last=False)),
        ),
        "all_counts": (
            "Most events in all periods before",
            lambda asked: (asked.counts(last=False), asked.counts(last=True)),
        ),
        "residents": ("Most residents", lambda asked: (_residents(asked.result),)),
    }
)
"""Plainer lists: word to label and keys. Deprivation alone follows from the config's factors."""


def _plainer(result: Result) -> Iterator[tuple[str, str, Keys]]:
    for method, (label, keys) in PLAINER.items():
        yield method, label, keys
    for factor in result.config.factors:
        if factor.method in ("threshold", "value"):
            values = rows(result.hotspots, factor=factor.name)["value"].to_numpy(float)
            key = (values if factor.direction == 1 else -values,)
            yield f"{factor.name}_alone", f"{factor.label}, alone", lambda _, key=key: key


def _labels(result: Result) -> dict[str, str]:
    plainer = {method: label for method, label, _ in _plainer(result)}
    return {"index": "The index", **plainer, "chance": "Areas picked at random"}


def _lists(earlier: Result, later: Result, target: str, held_out: Sequence[str]) -> pd.DataFrame:
    index = earlier.index["selected"].to_numpy(bool)
    number = int(index.sum())
    if not number:
        raise DataError("No area was selected on the periods before, so there is no list to test.")
    asked = _Asked(earlier, target)
    table = pd.DataFrame(
        {"earlier": asked.counts(last=True), "later": _events(later, target, held_out)},
        index=earlier.areas.index,
    )
    if table["later"].isna().any():
        raise DataError(f"{target}: its sources do not cover all of {', '.join(held_out)}.")
    table["index"] = index
    codes = code_order(table.index)
    for method, _, keys in _plainer(earlier):
        columns = [np.where(np.isnan(key), -np.inf, key) for key in keys(asked)]
        if np.isfinite(columns[0]).any():
            order = np.lexsort((codes, *(-column for column in reversed(columns))))
            table[method] = np.isin(np.arange(len(table)), order[:number])
    return table


def _events(result: Result, target: str, periods: Sequence[str], *, skip: bool = False) -> Array:
    """Unweighted events of a factor in some periods; NaN where a period is not covered."""
    nothing = np.full(len(result.areas), np.nan)
    if not periods:
        return nothing
    part = result.counts[target]
    part = part.loc[:, part.columns.get_level_values("period").isin(list(periods))]
    if skip:
        part = part.dropna(axis="columns", how="all")
    values = part.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(values.sum(axis=1)) if part.shape[1] else nothing


def _residents(result: Result) -> Array:
    if "residents" not in result.areas:
        return np.full(len(result.areas), np.nan)
    return result.areas["residents"].to_numpy(float)


def _held(result: Result, lists: pd.DataFrame) -> Held:
    return Held(
        later=lists["later"].to_numpy(float),
        earlier=lists["earlier"].to_numpy(float),
        land=result.areas.geometry.area.to_numpy(float),
        residents=_residents(result),
    )
