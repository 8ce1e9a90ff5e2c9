"""Counts that share events: what they tell, together, of each other and of counts in between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from riskindex.atoms import Counting, Derived, closed, derived, in_groups, patterns
from riskindex.disclosure import Rules
from riskindex.equations import System
from riskindex.joint import Ways, split_up, together, told_sums
from riskindex.suppression import Bounds

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Key = tuple[str, str]
"""Factor and period."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """One count of every area, and all that is printed of it."""

    key: Key
    counting: Counting | None
    """What it counts; None where its period cannot be told."""
    system: System
    x: Array | None = None
    """The true counts, where they are known; NaN where not recorded."""
    protected: Flags | None = None
    """Areas whose count nobody may find out; None where the counts are not known."""
    least: int = 1
    """Least count that is protected."""

    @property
    def events(self) -> Array:
        """The true counts, 0 where nothing is recorded or known."""
        return np.zeros(len(self.system.low)) if self.x is None else np.nan_to_num(self.x)


@dataclass(frozen=True)
class Group:
    """Counts that share events, and the events that they are made of."""

    counts: Sequence[Count]
    ways: Ways
    freed: int = 0
    """Counts of areas that were left out, because they do not go with the others."""


def groups_of(counts: Sequence[Count]) -> Iterator[Count | Group]:
    """Counts that share events with none, and groups of others.

    Where there are too many ways to be in several of them, as for persons over many periods, they
    come in pairs, and each by itself, too.
    """
    known = [count for count in counts if count.counting is not None]
    yield from (count for count in counts if count.counting is None)
    for positions in in_groups([count.counting for count in known if count.counting]):
        group = [known[k] for k in positions]
        if len(group) == 1:
            yield group[0]
        elif (whole := _group(group)) is not None:
            yield whole
        else:
            yield from group
            pairs = (_group(pair) for pair in combinations(group, 2) if _share(*pair))
            yield from (pair for pair in pairs if pair is not None)


def _share(one: Count, other: Count) -> bool:
    return bool(one.counting and other.counting and one.counting.shares(other.counting))


def _group(counts: Sequence[Count]) -> Group | None:
    """How counts are made up of events, or of persons; None where they are not.

    What earlier releases print is left out in areas where it does not go with the other counts.
    """
    table = patterns([count.counting for count in counts if count.counting])
    tables = [one for one in (table, closed(table)) if one is not None]
    low, high = (np.array([_end(count, side) for count in counts]) for side in ("low", "high"))
    for one in tables:
        ways = split_up(one, low, high, all_or_none=True)
        if ways.fits.all():
            return Group(counts, ways)
    old = np.array([count.x is None for count in counts])
    for one in tables if old.any() else ():
        ways = split_up(one, low, high)
        free = old[:, None] & ~ways.fits
        again = split_up(ways.table, np.where(free, 0.0, low), np.where(free, np.inf, high))
        if again.fits.all():
            freed = [_free(c, f) for c, f in zip(counts, free, strict=True)]
            return Group(freed, again, int(free.sum()))
    return None


def _end(count: Count, side: str) -> Array:
    if count.x is not None:
        return count.events
    end: Array = getattr(count.system, side)
    return end


def _free(count: Count, where: Flags) -> Count:
    low, high = (np.where(where, end, told) for end, told in
                 ((0.0, count.system.low), (np.inf, count.system.high)))  # fmt: skip
    return replace(count, system=count.system._replace(low=low, high=high))


class Asked(NamedTuple):
    """Numbers of areas that are looked at, one a row."""

    sums: csr_array
    """Which unknowns each number is the sum of."""
    of: list[tuple[Key, tuple[int, ...], bool]]
    """By position: its factor and period, the counts that it is made of, and whether they name
    it."""
    number: NDArray[np.intp]
    """Position in `of`, of every row."""
    area: NDArray[np.intp]
    small: Flags
    """Whether it is known to be small; it may be else."""

    def some(self, rows: NDArray[np.intp]) -> "Asked":
        """Some rows."""
        return Asked(csr_array(self.sums[rows]), self.of, self.number[rows], self.area[rows],
                     self.small[rows])  # fmt: skip

    def close(self, told: Bounds, rules: Rules) -> Flags:
        """Which of the numbers could be too few others."""
        may_be = (told.high >= 1) & (told.low < rules.threshold)
        return np.asarray((told.values < rules.width) & (self.small | may_be))


def ask(group: Group, rules: Rules) -> Asked:
    """All that is looked at in a group: protected counts, and what counts tell of in between."""
    counts, ways = group.counts, group.ways
    parts: list[tuple[Key, tuple[int, ...], bool, Flags, Flags, bool]] = [
        (count.key, (k,), True, row, count.protected, True)
        for k, (count, row) in enumerate(zip(counts, ways.table, strict=True))
        if count.protected is not None
    ]
    parts += [
        (_name(one, counts), (one.whole, *one.others), False, one.ways, *_small(one, counts, rules))
        for one in derived(ways.table)
    ]
    areas = [np.flatnonzero(asked) for *_, asked, _ in parts]
    sums = [ways.sums(part[3])[at] for part, at in zip(parts, areas, strict=True)]
    sizes = [len(at) for at in areas]
    return Asked(
        csr_array(vstack([csr_array((0, ways.events.size)), *sums], format="csr")),
        [part[:3] for part in parts], np.repeat(np.arange(len(parts)), sizes),
        np.concatenate([np.zeros(0, dtype=np.intp), *areas]),
        np.repeat(np.array([part[-1] for part in parts], dtype=bool), sizes),
    )  # fmt: skip


def tell(group: Group, asked: Asked, *, width: int) -> Bounds:
    """How closely the numbers can be told."""
    system = together(group.ways, [count.system for count in group.counts])
    return told_sums(system, group.ways.events.ravel(), asked.sums, width=width)


def _small(one: Derived, counts: Sequence[Count], rules: Rules) -> tuple[Flags, bool]:
    """Areas in which what counts tell of together is looked at; whether it is known to be small."""
    whole, others = counts[one.whole], [counts[k] for k in one.others]
    parts = [of.x for of in others if of.x is not None]
    if one.less and whole.x is not None and len(parts) == len(others):
        left = whole.x - np.sum(parts, axis=0)
        return (left >= whole.least) & (left < rules.threshold), True
    # What cannot be known to be small is looked at where counts of the area are printed.
    shown = np.all([np.isfinite(of.system.high) for of in (whole, *others)], axis=0)
    return shown, False


def _name(one: Derived, counts: Sequence[Count]) -> Key:
    """Factor and period of what counts tell of together, in words."""
    (factor, period), others = counts[one.whole].key, [counts[k].key for k in one.others]
    word = "less" if one.less else "and"
    if all(of == factor for of, _ in others):
        return factor, f"{period} {word} {', '.join(of for _, of in others)}"
    if all(of == period for _, of in others):
        return f"{factor} {word} {', '.join(of for of, _ in others)}", period
    return f"{factor} {period} {word} {', '.join(map(' '.join, others))}", ""


def rest_of_totals(whole: Bounds, part: Bounds, true: Array, *, least: int, rules: Rules) -> Bounds:
    """What totals of a count and of a part of it tell of the rest, where that is too close.

    Parameters
    ----------
    whole, part
        What each total can be, by place.
    true
        The rest.
    least
        Least number that is protected.
    rules
        Of the profile.

    Returns
    -------
    Bounds
        Least and most of the rest of each place; NaN where it is large, or told well enough.
    """
    low, high = np.maximum(whole.low - part.high, 0), whole.high - part.low
    close = (true >= least) & (true < rules.threshold) & (high - low + 1 < rules.width)
    return Bounds(np.where(close, low, np.nan), np.where(close, high, np.nan))
