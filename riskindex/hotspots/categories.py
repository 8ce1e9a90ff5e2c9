"""Categories of histories over time, as ordered tables of rules: the first match names an area."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import factorial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from riskindex.arrays import Array, Flags, Integers, Texts
from riskindex.errors import DataError


@dataclass(frozen=True)
class History:
    """What happened to each area, oldest period first; rows are areas, columns periods."""

    hot: Flags
    """Hot in the period, shape (n, periods)."""
    cold: Flags
    """Cold in the period; all False where, as here by default, only upper tails are tested."""
    assessed: Flags
    """Assessed in the period; a period that was not is neither hot nor cold."""
    trend: Integers
    """Direction of a significant trend: -1, 0 or 1, shape (n,)."""
    pooled: Flags
    """Significant over all periods together, shape (n,)."""

    @property
    def last(self) -> Flags:
        """Hot in the last period."""
        return self.hot[:, -1]

    @property
    def earlier(self) -> Flags:
        """Hot in any period before the last."""
        return _ever(self.hot[:, :-1])

    @property
    def new(self) -> Flags:
        """Hot in the last period, in none of the earlier ones, one of which was assessed."""
        return self.last & ~self.earlier & _ever(self.assessed[:, :-1])

    @property
    def share(self) -> Array:
        """Periods hot as a share of the periods assessed."""
        return _share(self.hot, self.assessed)

    @property
    def run(self) -> Integers:
        """Number of hot periods without a break up to the last."""
        # From the last period backwards, until the first that was not hot.
        unbroken = np.cumprod(self.hot[:, ::-1], axis=1, dtype=np.int64)
        return np.asarray(unbroken.sum(axis=1))

    @property
    def mirrored(self) -> "History":
        """The same history with hot and cold exchanged."""
        return History(self.cold, self.hot, self.assessed, -self.trend, self.pooled)


class CategoryRule(NamedTuple):
    """One line of a category table: the first rule that matches an area names it."""

    category: str
    words: str
    matches: Callable[[History], Flags]


def categorise(history: History, *, table: str = "riskindex") -> Texts:
    """Name of each area's history, by the first rule of a table that matches it.

    Parameters
    ----------
    history
        The areas' periods, oldest first.
    table
        A word of CATEGORY_TABLES.

    Raises
    ------
    DataError
        Fewer than two periods: there is nothing to compare.
    """
    if history.hot.shape[1] < 2:
        raise DataError("Categories over time need two periods or more; name more periods.")
    category = np.full(len(history.hot), "", dtype=object)
    open_ = np.ones(len(category), dtype=bool)
    for rule in CATEGORY_TABLES[table]:
        # First match wins, as the published tables are read.
        matching = open_ & rule.matches(history)
        category[matching] = rule.category
        open_ &= ~matching
    return category


def unreachable_categories(
    periods: int, *, table: str = "riskindex", cold: bool = False, level: float = 0.05
) -> tuple[str, ...]:
    """Categories of a table that no area can get with so few periods.

    Parameters
    ----------
    periods
        Number of periods, two or more.
    table
        A word of CATEGORY_TABLES.
    cold
        Whether cold areas are tested too; riskindex tests upper tails, so by default not.
    level
        Level of the trend test: with few periods even a perfect trend has a larger p.
    """
    # Every rule asks for at most nine tenths of the periods, so ten show all that more could.
    length = min(periods, 10)
    # Every history there can be is classified: what no history reaches, no area can get.
    states = np.array(list(product((0, 1, -1) if cold else (0, 1), repeat=length)))
    # With few periods no order of them is rare enough to be a trend.
    trends = (-1, 0, 1) if 2 / factorial(periods) <= level else (0,)
    reached = {
        str(category)
        for trend, pooled in product(trends, (False, True))
        for history in _possible(states, trend, pooled)
        for category in np.unique(categorise(history, table=table))
    }
    return tuple(r.category for r in CATEGORY_TABLES[table] if r.category not in reached)


def _ever(periods: Flags) -> Flags:
    return np.asarray(periods.any(axis=1))


def _share(hot: Flags, assessed: Flags) -> Array:
    # Periods that were not assessed leave the denominator: missing is not the same as not hot.
    return np.asarray(hot.sum(axis=1) / np.maximum(assessed.sum(axis=1), 1))


def _possible(states: Integers, trend: int, pooled: bool) -> list[History]:
    """Every sequence assessed throughout, without its last period, in its last alone, never."""
    n = len(states)
    # Coverage decides some categories, so each history is tried under each kind of it.
    covers = [np.ones(states.shape, dtype=bool) for _ in range(4)]
    covers[1][:, -1] = False
    covers[2][:, :-1] = False
    covers[3][:] = False
    return [
        History(
            (states > 0) & cover,
            (states < 0) & cover,
            cover,
            np.full(n, trend),
            np.full(n, pooled),
        )
        for cover in covers
    ]


_NINE_TENTHS, _FOUR_FIFTHS, _ONE_TENTH, _ONE_FIFTH = 0.9, 0.8, 0.1, 0.2

_UNKNOWN = (
    CategoryRule("not assessed", "No period could be assessed.", lambda h: ~_ever(h.assessed)),
    CategoryRule(
        "last period not assessed",
        "The last period could not be assessed.",
        lambda h: ~h.assessed[:, -1],
    ),
    CategoryRule(
        "no earlier period assessed",
        "Only the last period could be assessed.",
        lambda h: ~_ever(h.assessed[:, :-1]),
    ),
)

_OURS = (
    *_UNKNOWN,
    CategoryRule("new", "Hot in the last period, in none of the earlier ones.", lambda h: h.new),
    CategoryRule(
        "persistent",
        "Hot in at least four fifths of the periods, and over all periods together.",
        lambda h: h.pooled & (h.share >= _FOUR_FIFTHS),
    ),
    CategoryRule("recurring", "Hot in the last period and in an earlier one.", lambda h: h.last),
    CategoryRule("former", "Hot in an earlier period, not in the last.", lambda h: h.earlier),
    CategoryRule(
        "raised throughout",
        "Hot in no single period, but hot over all periods together.",
        lambda h: h.pooled,
    ),
    CategoryRule("not hot", "Hot in no period.", lambda h: ~h.last),
)


def _both_sides(rules: Sequence[CategoryRule]) -> tuple[CategoryRule, ...]:
    """Each rule for hot areas, followed by the same rule for cold ones."""
    return tuple(
        line
        for rule in rules
        for line in (
            rule,
            CategoryRule(_cold(rule.category), _cold(rule.words), _mirrored(rule.matches)),
        )
    )


def _cold(words: str) -> str:
    return words.replace("hot", "cold").replace("Hot", "Cold")


def _mirrored(matches: Callable[[History], Flags]) -> Callable[[History], Flags]:
    return lambda history: matches(history.mirrored)


_NO_PATTERN = CategoryRule(
    "no pattern", "None of the above.", lambda h: np.ones(len(h.hot), dtype=bool)
)


def _arcgis(sporadic: CategoryRule) -> tuple[CategoryRule, ...]:
    """ArcGIS's emerging hot spot categories, in the order in which they are published.

    Historical comes before those that also ask for nine tenths of the periods, because it says
    what they leave open: the last period is not hot.
    """

    def often(h: History) -> Flags:
        # Of the periods assessed: gaps in coverage would otherwise rule these categories out.
        return h.share >= _NINE_TENTHS

    rules = (
        CategoryRule("new hot", "First hot in the last period.", lambda h: h.last & ~h.earlier),
        CategoryRule(
            "consecutive hot",
            "One unbroken run of two or more hot periods up to the last, not hot before it.",
            lambda h: (h.run >= 2) & (h.run == h.hot.sum(axis=1)) & ~often(h),
        ),
        CategoryRule(
            "historical hot",
            "Hot in nine tenths of the periods, not in the last.",
            lambda h: often(h) & ~h.last,
        ),
        CategoryRule(
            "intensifying hot",
            "Hot in nine tenths of the periods and the last, more and more strongly.",
            lambda h: often(h) & (h.trend > 0),
        ),
        CategoryRule(
            "persistent hot",
            "Hot in nine tenths of the periods without a trend.",
            lambda h: often(h) & (h.trend == 0),
        ),
        CategoryRule(
            "diminishing hot",
            "Hot in nine tenths of the periods and the last, less and less strongly.",
            lambda h: often(h) & (h.trend < 0),
        ),
        sporadic,
        CategoryRule(
            "oscillating hot",
            "Hot in the last period, significantly the opposite in an earlier one.",
            lambda h: h.last & h.mirrored.earlier,
        ),
    )
    return (*_UNKNOWN, *_both_sides(rules), _NO_PATTERN)


_SPORADIC_PRO = CategoryRule(
    "sporadic hot",
    "Hot in the last period, on and off before it, never significantly the opposite.",
    lambda h: h.last & ~_ever(h.cold),
)
_SPORADIC_2018 = CategoryRule(
    "sporadic hot",
    "Hot on and off, never significantly the opposite.",
    lambda h: _ever(h.hot) & ~_ever(h.cold),
)


class _Recent(NamedTuple):
    """sfhotspot's shares: of the older periods and of the recent fifth (at least one)."""

    older: Array
    recent: Array


def _recent(history: History, extra: int) -> _Recent:
    periods = history.hot.shape[1]
    # sfhotspot calls the last fifth of the periods recent, and its code takes one more than its
    # help says.
    recent = max(periods // 5, 1)
    seen = history.hot[:, max(periods - recent - extra, 0) :].sum(axis=1)
    older = history.hot[:, : periods - recent].sum(axis=1)
    return _Recent(older / (periods - recent), seen / recent)


def _sfhotspot(extra: int) -> tuple[CategoryRule, ...]:
    """Sfhotspot's categories; as coded, its recent periods are one more than documented."""

    def emerging(h: History) -> Flags:
        s = _recent(h, extra)
        return (s.older < _ONE_TENTH) & (s.recent >= _ONE_FIFTH)

    def former(h: History) -> Flags:
        s = _recent(h, extra)
        return (s.older >= _ONE_TENTH) & (s.recent < _ONE_TENTH)

    # Mixed areas qualify on both sides, so they are named before either side claims them.
    def some(h: History) -> Flags:
        return emerging(h) | former(h) | (h.share >= _ONE_TENTH)

    sides = _both_sides(
        (
            CategoryRule(
                "persistent hotspot",
                "Hot in four fifths of the periods.",
                lambda h: h.share >= _FOUR_FIFTHS,
            ),
            CategoryRule("emerging hotspot", "Hot in the recent periods, not before.", emerging),
            CategoryRule("former hotspot", "Hot before the recent periods, not in them.", former),
            CategoryRule(
                "intermittent hotspot",
                "Hot in a tenth of the periods or more.",
                lambda h: h.share >= _ONE_TENTH,
            ),
        )
    )
    mixed = CategoryRule(
        "mixed hot/coldspot", "Hot and cold by turns.", lambda h: some(h) & some(h.mirrored)
    )
    return (*_UNKNOWN, mixed, *sides, _NO_PATTERN)


CATEGORY_TABLES: Mapping[str, tuple[CategoryRule, ...]] = MappingProxyType(
    {
        "riskindex": _OURS,
        "sfhotspot": _sfhotspot(0),
        "sfhotspot-as-coded": _sfhotspot(1),
        "arcgis-pro": _arcgis(_SPORADIC_PRO),
        "arcgis-2018": _arcgis(_SPORADIC_2018),
    }
)
"""Ordered tables of rules, by the name of whose categories they are; first match wins.

`arcgis-pro` reads "sporadic" as the help of ArcGIS Pro 3 does (hot in the last period), and
`arcgis-2018` as the help did until then.
"""
