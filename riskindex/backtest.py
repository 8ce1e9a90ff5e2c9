"""Does the list predict: built on earlier periods, held against the next, beside plainer lists."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex import pipeline
from riskindex.arrays import Array, Flags
from riskindex.config import Config
from riskindex.errors import DataError
from riskindex.factors import Factor
from riskindex.holdout import Split, split_config
from riskindex.index.selection import code_order
from riskindex.outputs.backtest_page import ReleasedBacktest, span_of
from riskindex.publication.profiles import only_internal
from riskindex.publication.released import release_whole
from riskindex.result import Result, Say
from riskindex.statistics.prediction import MEASURES, HeldOut, area_repeats, interval, random_lists
from riskindex.tables import rows

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
    held out), and a column per method of `labels` but chance: whether it lists the area; False
    throughout where there is no such list, because nothing was counted before."""
    table: pd.DataFrame
    """One row per target, method and measure; see `compare_lists`."""
    labels: Mapping[str, str]
    """Method to its words."""
    draws: int
    """Repeats of the bootstrap."""


def backtest(
    config: Config,
    *,
    targets: Sequence[str] = (),
    hold_out: int = 1,
    draws: int = DRAWS,
    say: Say = lambda _stage: None,
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
    config = config.model_copy(update={"robustness": None})  # repeats answer another question
    split = split_config(config, targets=targets, hold_out=hold_out)
    earlier = pipeline.run(split.earlier, say=lambda stage: say(f"{stage} (before)"))
    # Events held out are counted by the same rules, through a run of their own.
    later = pipeline.run(config, say=say)
    say("Holding the list against what came next")
    # One set of repeats for all targets and methods: differences between lists are then paired, and
    # their intervals narrower than those of two separate bootstraps.
    rng = np.random.default_rng(config.seed)
    repeats = area_repeats(len(earlier.areas), draws, rng)
    lists, tables = {}, {}
    for target in split.targets:
        lists[target] = _lists(earlier, later, target, split)
        held = _held(earlier, lists[target])
        flags = lists[target].drop(columns=list(_EVENTS))
        # As many areas as the index lists: a longer list catches more by its length.
        chance = random_lists(len(flags), int(flags["index"].sum()), draws, rng)
        tables[target] = compare_lists(flags, held, repeats, chance)
    return Backtest(
        split=split,
        earlier=earlier,
        later=later,
        lists=_together(lists),
        table=pd.concat(tables, names=["target"]).reset_index("target").reset_index(drop=True),
        labels=_labels(earlier, split.targets),
        draws=draws,
    )


def compare_lists(
    flags: pd.DataFrame, held: HeldOut, repeats: Array, chance: Flags
) -> pd.DataFrame:
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
    number = int(flags.iloc[:, 0].sum())
    lines: list[tuple[object, ...]] = []
    for measure, function in MEASURES.items():
        # None: the areas as they are; with repeats, as each of them draws the areas.
        own = function(held, flags.iloc[:, 0].to_numpy(bool), None)
        own_drawn = function(held, flags.iloc[:, 0].to_numpy(bool), repeats)
        for method in flags:
            selected = flags[method].to_numpy(bool)
            # Bootstrap by area: chance lies in which areas had the events, too.
            value, drawn = function(held, selected, None), function(held, selected, repeats)
            caught = (int(selected.sum()), held.later[selected].sum())
            # The interval of the difference in the same repeats; whether two intervals overlap says
            # little about it.
            ahead = (own - value, *interval(own_drawn - drawn))
            between = ahead if method != flags.columns[0] else (np.nan,) * 3
            lines.append((method, measure, *caught, value, *interval(drawn), *between))
        # Chance has no interval of its own by resampling: the spread is that of the lists.
        random = function(held, chance, None)
        # A list picked at random may measure nothing, such as a rate where nobody lives.
        mean = random[~np.isnan(random)].mean() if (~np.isnan(random)).any() else np.nan
        # On average over the lists picked at random, which each catch another number.
        caught = (number, (chance @ held.later).mean())
        ahead = (own - mean, np.nan, np.nan)
        lines.append(("chance", measure, *caught, mean, *interval(random), *ahead))
    table = pd.DataFrame(lines, columns=list(_COLUMNS)).astype(dict.fromkeys(_COLUMNS[3:], float))
    table.insert(4, "events", float(held.later.sum()))
    order = [*flags.columns, "chance"]
    # Stable: measures keep their order within a method.
    return table.sort_values("method", key=lambda m: m.map(order.index), kind="stable")


_COLUMNS = (
    "method",
    "measure",
    "areas",
    "caught",
    "value",
    "low",
    "high",
    "difference",
    "difference_low",
    "difference_high",
)
_EVENTS = ("earlier", "later")


def release_backtest(result: Backtest, *, profile: str | None = None) -> ReleasedBacktest:
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
    # How well true counts were foretold is a function of true counts; there is no protected version
    # of it.
    only_internal(profile or config.profile, "A backtest")
    released = release_whole(result.earlier)
    words = {factor.name: factor.label for factor in config.factors}
    # How many areas stay on the list says how long it can be relied on.
    both = result.earlier.index["selected"] & result.later.index["selected"]
    # Of both runs, each note once: what was held out may lack months as well.
    said = [*result.split.notes, *(n for n in result.later.notes if n not in released.notes)]
    return ReleasedBacktest(
        released=released,
        held_out=result.split.held_out,
        before={
            factor.name: span_of(factor.periods) or "no period"
            for factor in result.split.earlier.factors
        },
        targets={target: words[target] for target in result.split.targets},
        labels=result.labels,
        table=result.table,
        lists=result.lists,
        draws=result.draws,
        stays=int(both.sum()),
        notes=tuple(said),
    )


# The lists


class _BaselineInputs(NamedTuple):
    """What a plainer list may look at: nothing later than the periods before."""

    result: Result
    target: str
    targets: tuple[str, ...]

    def last(self) -> Array:
        """Events of the target in its last period before."""
        return _events(self.result, self.target, _periods(self.result, self.target)[-1:])

    def all(self) -> Array:
        """Events of the target in all periods before that its sources cover."""
        periods = _periods(self.result, self.target)
        covered = [_events(self.result, self.target, [period]) for period in periods]
        # A period that its source does not cover would make areas of that force look quiet.
        complete = [events for events in covered if not np.isnan(events).any()]
        return np.asarray(np.sum(complete, axis=0)) if complete else self.nothing()

    def together(self) -> Array:
        """Events of all the targets in their last periods before."""
        lasts = [self._replace(target=target).last() for target in self.targets]
        complete = [last for last in lasts if not np.isnan(last).any()]
        return np.asarray(np.sum(complete, axis=0)) if complete else self.nothing()

    def nothing(self) -> Array:
        """No value for any area."""
        return np.full(len(self.result.areas), np.nan)


Keys = Callable[[_BaselineInputs], tuple[Array, ...]]
"""What areas are put in order by, the first key first, high values first."""

PLAINER: Mapping[str, tuple[str, Keys]] = MappingProxyType(
    {
        "last_counts": (
            "Last period's events",
            lambda asked: (asked.last(), asked.all()),
        ),
        "all_counts": (
            "All earlier events",
            lambda asked: (asked.all(), asked.last()),
        ),
        "together": (
            "Events of every kind",
            lambda asked: (asked.together(),),
        ),
        "residents": ("Residents", lambda asked: (_residents(asked.result),)),
    }
)
"""Plainer lists: word to label and keys. Deprivation alone follows from the config's factors."""


def _plainer(result: Result, targets: Sequence[str]) -> Iterator[tuple[str, str, Keys]]:
    several = any(len(_periods(result, target)) > 1 for target in targets)
    # With one period, or one kind of event, this list is the same as another.
    idle = {"all_counts": not several, "together": len(targets) == 1}
    for method, (label, keys) in PLAINER.items():
        if not idle.get(method):
            yield method, label, keys
    for factor in result.config.factors:
        if factor.method in ("threshold", "value"):
            yield f"{factor.name}_alone", f"{factor.label}, alone", partial(_alone, factor)


def _alone(factor: Factor, asked: _BaselineInputs) -> tuple[Array]:
    values = rows(asked.result.hotspots, factor=factor.name)["value"].to_numpy(float)
    # Where a low value means more risk, the lowest come first.
    return (values * factor.direction,)


def _periods(result: Result, target: str) -> Sequence[str]:
    return next((f.periods for f in result.config.factors if f.name == target), ())


def _labels(result: Result, targets: Sequence[str]) -> dict[str, str]:
    plainer = {method: label for method, label, _ in _plainer(result, targets)}
    return {"index": "The index", **plainer, "chance": "At random"}


def _lists(earlier: Result, later: Result, target: str, split: Split) -> pd.DataFrame:
    index = earlier.index["selected"].to_numpy(bool)
    # Every plainer list is as long as the index's: a longer one would catch more by its length
    # alone.
    number = int(index.sum())
    if not number:
        raise DataError("No area was selected on the periods before, so there is no list to test.")
    asked = _BaselineInputs(earlier, target, split.targets)
    events = {"earlier": asked.last(), "later": _events(later, target, split.held_out)}
    table = pd.DataFrame(events, index=earlier.areas.index)
    # Areas whose later events are not known would count as ones where nothing happened.
    if table["later"].isna().any():
        raise DataError(f"{target}: its sources do not cover all of {', '.join(split.held_out)}.")
    table["index"] = index
    # As in the selection: the same lists from the same counts, whatever the order of the lines.
    codes = code_order(table.index)
    for method, _, keys in _plainer(earlier, split.targets):
        # Not known comes last, and never first as a NaN might sort.
        columns = [np.where(np.isnan(key), -np.inf, key) for key in keys(asked)]
        # No list by counts where none were counted before; a list in order of codes would pass for
        # one.
        if np.isfinite(columns[0]).any():
            order = np.lexsort((codes, *(-column for column in reversed(columns))))
            table[method] = np.isin(np.arange(len(table)), order[:number])
    return table


def _together(lists: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(lists, names=["target"])
    flags = [column for column in table if column not in _EVENTS]
    # A method that one target lacks is missing after the concatenation: it lists nothing there.
    return table.assign(**{column: table[column].eq(True) for column in flags})


def _events(result: Result, target: str, periods: Sequence[str]) -> Array:
    """Unweighted events of a factor in some periods; NaN where one is not covered."""
    if not periods:
        return np.full(len(result.areas), np.nan)
    part = result.counts[target]
    part = part.loc[:, part.columns.get_level_values("period").isin(list(periods))]
    values = part.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(values.sum(axis=1))


def _residents(result: Result) -> Array:
    if "residents" not in result.areas:
        return np.full(len(result.areas), np.nan)
    return np.asarray(result.areas["residents"], dtype=float)


def _held(result: Result, lists: pd.DataFrame) -> HeldOut:
    return HeldOut(
        later=lists["later"].to_numpy(float),
        earlier=lists["earlier"].to_numpy(float),
        # In square metres of the projection that distances are measured in, too.
        land=result.areas.geometry.area.to_numpy(float),
        residents=_residents(result),
    )
