"""Predictive accuracy of a list: hit rate, PAI, PEI and RRI against later events."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from riskindex.arrays import Array, Flags
from riskindex.statistics.multinomial import draw_multinomial

LEVEL = 0.95
"""Of every interval and range."""


def hit_rate(events: Array, selected: Flags, *, repeats: Array | None = None) -> Array:
    """Share of the later events that fall in the selected areas.

    Parameters
    ----------
    events
        Later events per area, shape `(n,)`, none missing.
    selected
        Whether each area is on the list, shape `(n,)`; or `(lists, n)` for several lists.
    repeats
        How often each area is drawn in each repeat of a bootstrap, shape `(draws, n)`. A repeat
        that draws more areas of the list than the list has is brought back to its length.

    Returns
    -------
    Array
        Shape `()`, `(lists,)` or `(draws,)`; 0 to 1, NaN where there is no event.

    References
    ----------
    Chainey, Tompson and Uhlig (2008), Security Journal 21, 4-28.
    """
    share = _share(events, selected, repeats)
    if repeats is None:
        return share
    # Drawn areas repeat, so that the list's share of areas moves: the hit rate is brought back to
    # the share that the list has.
    every = np.ones(len(events))
    return _divide(share * selected.mean(), _share(every, selected, repeats))


def pai(events: Array, selected: Flags, size: Array, *, repeats: Array | None = None) -> Array:
    """Predictive accuracy index: the share of the events over the share of the size.

    Parameters
    ----------
    events, selected, repeats
        As for `hit_rate`.
    size
        Land, residents, or 1 per area, shape `(n,)`. An area whose size is missing or 0 is left
        out, with its events.

    Returns
    -------
    Array
        1 is what areas picked at random have; shape as for `hit_rate`.

    References
    ----------
    Chainey, Tompson and Uhlig (2008), Security Journal 21, 4-28.
    """
    # Areas without land or residents have no density.
    sized = size > 0
    inside = selected[..., sized]
    drawn = repeats if repeats is None or sized.all() else repeats[:, sized]
    return _divide(_share(events[sized], inside, drawn), _share(size[sized], inside, drawn))


def best_pai(events: Array, size: Array, number: int) -> float:
    """The highest PAI that any list of so many areas reaches, known only afterwards.

    Parameters
    ----------
    events, size
        As for `pai`.
    number
        Areas on the list.

    Returns
    -------
    float
        Exact: the largest ratio of two sums over a list, by Dinkelbach's steps. NaN without
        events, or where fewer areas have a size.

    References
    ----------
    Hunt (2016), Do crime hot spots move?, American University; Dinkelbach (1967), Management
    Science 13, 492-498.
    """
    events, size = events[size > 0], size[size > 0]
    if not 0 < number <= len(events) or not events.sum() > 0:
        return float("nan")
    # From 0 the guess only rises, so that the loop ends at the largest ratio.
    density = 0.0
    while True:
        # Dinkelbach's method: the best ratio of sums is found by improving a guess, exactly and in
        # a few steps.
        taken = np.argpartition(density * size - events, number - 1)[:number]
        better = float(events[taken].sum() / size[taken].sum())
        if better <= density * (1 + 1e-12):
            return density * float(size.sum() / events.sum())
        density = better


def pei(events: Array, selected: Flags, size: Array, *, repeats: Array | None = None) -> Array:
    """Predictive efficiency index: PAI over the best PAI of a list of as many areas.

    Parameters
    ----------
    events, selected, size, repeats
        As for `pai`. The best is that of the events as they are, in every repeat.

    Returns
    -------
    Array
        0 to 1; with 1 per area as the size, the events caught over the most that as many areas
        hold.

    References
    ----------
    Hunt (2016), Do crime hot spots move?, American University.
    """
    # Every list that is compared has the same number of areas.
    number = int(selected.reshape(-1, len(events))[0].sum())
    return pai(events, selected, size, repeats=repeats) / best_pai(events, size, number)


def rri(earlier: Array, later: Array, selected: Flags, *, repeats: Array | None = None) -> Array:
    """Recapture rate index: the share of later events caught over that of earlier events.

    Parameters
    ----------
    earlier, later
        Events per area of two periods, shape `(n,)`, none missing.
    selected, repeats
        As for `hit_rate`.

    Returns
    -------
    Array
        1: the areas hold their share. Below 1 part of what was seen there was chance or moved
        on. NaN where the list held no earlier event.

    References
    ----------
    Levine (2008), Security Journal 21, 295-302.
    """
    return _divide(_share(later, selected, repeats), _share(earlier, selected, repeats))


class HeldOut(NamedTuple):
    """What a list is held against; each of shape `(n,)`."""

    later: Array
    """Events of the period that was held out."""
    earlier: Array
    """The same kind of events, of the period before; NaN where there is none."""
    land: Array
    """Land area, in any unit."""
    residents: Array
    """NaN where not known."""


Measure = Callable[[HeldOut, Flags, Array | None], Array]


def _ones(held: HeldOut) -> Array:
    return np.ones(len(held.later))


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "hit_rate": lambda held, s, r: hit_rate(held.later, s, repeats=r),
        "pai_land": lambda held, s, r: pai(held.later, s, held.land, repeats=r),
        "pai_residents": lambda held, s, r: pai(held.later, s, held.residents, repeats=r),
        "pei_areas": lambda held, s, r: pei(held.later, s, _ones(held), repeats=r),
        "pei_land": lambda held, s, r: pei(held.later, s, held.land, repeats=r),
        "pei_residents": lambda held, s, r: pei(held.later, s, held.residents, repeats=r),
        "rri": lambda held, s, r: rri(held.earlier, held.later, s, repeats=r),
    }
)
"""Name of a measure to its function of what is held against a list, the list and repeats."""


def area_repeats(n: int, draws: int, rng: np.random.Generator) -> Array:
    """How often each of n areas is drawn when n are drawn with replacement; `(draws, n)`."""
    return draw_multinomial(rng, n, np.ones(n), draws=draws).astype(float)


def random_lists(n: int, number: int, draws: int, rng: np.random.Generator) -> Flags:
    """Lists of so many of n areas picked at random; `(draws, n)`."""
    # Fixed length: a random list must be as long as the one it is compared with.
    lists = np.zeros((draws, n), dtype=bool)
    lists[:, :number] = True
    return rng.permuted(lists, axis=1)


def interval(values: Array) -> tuple[float, float]:
    """Middle 95% of repeats; repeats in which the measure is undefined are passed over."""
    # A repeat without an event has no share.
    defined = values[~np.isnan(values)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _share(values: Array, selected: Flags, repeats: Array | None) -> Array:
    """The selected areas' share of the sum."""
    if repeats is None:
        return _divide(selected @ values, values.sum())
    return _divide(repeats @ (selected * values), repeats @ values)


def _divide(above: Array, below: Array) -> Array:
    # Nothing to divide by leaves a measure undefined, never 0 or infinite.
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.asarray(np.true_divide(above, below), dtype=float)
    return np.where(np.isfinite(share), share, np.nan)
