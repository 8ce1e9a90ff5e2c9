"""What being hot, or not, says of the sum of a window to somebody who knows the test."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from riskindex.corrections import BANDS
from riskindex.draws import fits, p_of_sums
from riskindex.factors import Factor
from riskindex.groups import by_factor
from riskindex.poisson import TAILS
from riskindex.scores import rows
from riskindex.tails import log_binomial_tail
from riskindex.window_sum import (
    LARGEST_JUMP,
    LEAST_LIMIT,
    ONE_BY_ONE,
    LogTails,
    first_sums,
    log_window_tails,
)

if TYPE_CHECKING:
    from riskindex.config import Config

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Tail = Callable[[NDArray[np.int64]], Array]
"""From a sum per window to its p-value."""
Finder = Callable[[Array], Array]
"""From limits of p, shape `(m,)`, to the smallest sum of each window whose p is at most each."""


class Cut(NamedTuple):
    """What a test at one level says of the sums of windows."""

    band: int
    """The confidence that it stands for; 0 for being hot at the factor's own level."""
    least_if: Array
    """Fewest events in a window that passes, shape `(n,)`."""
    most_unless: Array
    """Most events in a window that does not pass."""


class KnownTests(NamedTuple):
    """The tests of one factor in one period, as an attacker could make them again."""

    windows: csr_array
    """Shape `(n, n)`, 1 where an area's events are in a window."""
    known: Flags
    """Windows that were tested."""
    alone: Flags
    """Windows of one area, of which only hot or not is told."""
    cuts: tuple[Cut, ...]

    @classmethod
    def none(cls, n: int) -> "KnownTests":
        """No test, of so many areas."""
        nothing = np.zeros(n, dtype=bool)
        return cls(csr_array((n, n)), nothing, nothing, ())

    def in_order(self, order: NDArray[np.intp]) -> "KnownTests":
        """The same tests with the areas in another order."""
        cuts = tuple(Cut(c.band, c.least_if[order], c.most_unless[order]) for c in self.cuts)
        windows = csr_array(self.windows[order][:, order])
        return KnownTests(windows, self.known[order], self.alone[order], cuts)


class Tested(Protocol):
    """A result, as far as its tests are made again from it."""

    @property
    def config(self) -> "Config":
        """What was asked."""

    @property
    def counts(self) -> pd.DataFrame:
        """Events per area; columns (factor, group, period)."""

    @property
    def hotspots(self) -> pd.DataFrame:
        """The tests, index (factor, period, area_code)."""

    @property
    def tests(self) -> pd.DataFrame:
        """What was assumed per factor and period."""

    @property
    def weights(self) -> csr_array:
        """Neighbours, shape `(n, n)`."""


def remake_tests(result: "Tested") -> dict[tuple[str, str], KnownTests]:
    """The tests of every factor of events, in every period.

    Notes
    -----
    The attacker is a strong one: the distribution of the counts over the areas, the dispersion and
    how many areas passed are taken as known, only not which area has which count. Gi without
    the area itself, conditional and permuted p-values and local backgrounds are not inverted.
    """
    counts = by_factor(result.counts) if len(result.counts.columns) else None
    found = {}
    for factor in result.config.factors:
        for period in map(str, factor.periods if factor.counts_events else ()):
            if counts is None or factor.method not in FINDERS:
                continue
            made = _tested(result, factor, period, counts[factor.name, period].to_numpy(float))
            if made is not None:
                found[factor.name, period] = made
    return found


def _tested(result: "Tested", factor: Factor, period: str, events: Array) -> KnownTests | None:
    table = rows(result.hotspots, factor=factor.name, period=period)
    p = table["p"].to_numpy(dtype=float)
    if not np.isfinite(p).any():
        return None
    counted, known = ~np.isnan(events) & table["observed"].notna().to_numpy(), np.isfinite(p)
    itself = eye_array(len(p), format="csr")
    windows = itself if factor.method == "poisson" else csr_array(result.weights) + itself
    windows = csr_array(windows * counted.astype(float))
    windows.eliminate_zeros()
    find = FINDERS[factor.method](result, factor, period, csr_array(windows[np.flatnonzero(known)]))
    if find is None:
        return None
    band, is_hot = (table[c].to_numpy(dtype=float, na_value=0.0) for c in ("confidence", "is_hot"))
    asked = [(b, level, band >= b) for level, b in BANDS] + [(0, factor.level, is_hot > 0)]
    limits = [_limits(factor.correction, level, int(known.sum()), int(passed.sum()))
              for _, level, passed in asked]  # fmt: skip
    sums = np.zeros((2 * len(asked), len(p)))
    sums[:, known] = find(np.ravel(limits))
    heavy = [group.weight for group in factor.groups] or [1]
    least, most = np.ceil(sums[::2] / max(heavy)), np.floor((sums[1::2] - 1) / min(heavy))
    cuts = tuple(Cut(of[0], *ends) for of, *ends in zip(asked, least, most, strict=True))
    return KnownTests(windows, known, np.diff(windows.indptr) == 1, cuts)


def _limits(correction: str, level: float, n: int, passed: int) -> tuple[float, float]:
    """Largest p that passes, and the p that all that do not pass are above."""
    harmonic = float((1 / np.arange(1, n + 1)).sum())
    step = {"benjamini-hochberg": level / n, "benjamini-yekutieli": level / n / harmonic}
    fixed = {"bonferroni": level / n, "none": level}
    if correction in fixed:
        return fixed[correction], fixed[correction]
    # Of a step-up rule: one more would have passed, had its p been this small.
    return step[correction] * max(passed, 1), step[correction] * (passed + 1)


def _by_halving(tail: Tail, windows: int) -> Finder:
    """Smallest sums by going up to a p that is small enough, and halving."""

    def first(limit: float) -> NDArray[np.int64]:
        high = np.full(windows, 8, dtype=np.int64)
        while (above := tail(high) > limit).any() and high.max() < LARGEST_SUM:
            high = np.where(above, 2 * high, high)
        low = np.where(high > 8, high // 2, 0)
        while (low < high).any():
            middle = (low + high) // 2
            passes = tail(middle) <= limit
            low, high = np.where(passes, low, middle + 1), np.where(passes, middle, high)
            low = np.minimum(low, high)
        return high

    return lambda limits: np.array([first(limit) for limit in limits], dtype=float)


LARGEST_SUM = 1 << 22
"""Sums of windows above this are not looked for."""


# ---- p-values of sums


def _drawn(result: "Tested", factor: Factor, period: str, windows: csr_array) -> Finder | None:
    options = factor.getis_ord
    if not options.drawn_with_itself or options.p not in ("auto", "exact"):
        return None
    table = rows(result.hotspots, factor=factor.name, period=period)
    observed = table["observed"].to_numpy(dtype=float)
    values = observed[~np.isnan(observed)]
    if not len(values) or (values != np.rint(values)).any() or np.ptp(values) == 0:
        return None
    whole = np.rint(values).astype(np.int64)
    least, step = int(whole.min()), int(np.gcd.reduce(whole - whole.min())) or 1
    steps = (whole - least) // step
    each, of = np.unique(np.diff(windows.indptr), return_inverse=True)
    top = int(np.sort(steps)[-int(each.max()) :].sum())
    if len(each) * top > MOST_SUMS or not fits(steps, each.astype(np.int64), np.array([top])):
        return None
    table = _tails_of_draws(steps, each.astype(np.int64), top)

    def tail(sums: NDArray[np.int64]) -> Array:
        over = -((least * each[of] - sums) // step)  # rounded up to a whole step
        return np.asarray(table[of, np.clip(over, 0, top + 1)])

    return _by_halving(tail, len(of))


MOST_SUMS = 2_000_000
"""Sizes of windows times sums of one, above which no table of p-values is made."""


def _tails_of_draws(values: NDArray[np.int64], sizes: NDArray[np.int64], top: int) -> Array:
    """P(S >= s) of so many draws, one row per size, s from 0 to one above the greatest sum."""
    table = np.zeros((len(sizes), top + 2))
    usual = (sizes > 0) & (sizes < len(values))
    asked, sums = np.meshgrid(sizes[usual], np.arange(top + 1), indexing="ij")
    p = p_of_sums(values, asked.ravel(), sums.ravel().astype(np.int64))
    table[usual, : top + 1] = p.reshape(asked.shape)
    table[~usual, : top + 1] = 1.0
    return table


def _expected(result: "Tested", factor: Factor, period: str, windows: csr_array) -> Finder | None:
    table = rows(result.hotspots, factor=factor.name, period=period)
    share = np.nan_to_num(table["expected"].to_numpy(dtype=float))
    if factor.background == "local" or share.sum() <= 0:
        return None
    counts = result.counts[factor.name].xs(period, axis=1, level="period").astype(float)
    totals = counts.to_numpy(na_value=np.nan)[share > 0]
    means = np.outer(share / share.sum(), np.nansum(totals, axis=0))
    jumps = np.array([group.weight for group in factor.groups], dtype=np.int64)
    jumps = jumps if len(jumps) == means.shape[1] else np.ones(means.shape[1], dtype=np.int64)
    seen = means.sum(axis=0) > 0
    dispersion = float(result.tests.loc[(factor.name, period), "dispersion"])
    if not seen.any() or not np.isfinite(dispersion):
        return None
    if factor.dispersion == "given-total":
        return _given_total(factor, np.nansum(totals), windows @ (share / share.sum()))
    means, jumps = np.maximum(means[:, seen], 1e-12), jumps[seen]
    mid, few = factor.tail == "mid", (windows @ (means @ jumps)).max(initial=0) <= ONE_BY_ONE

    def tail(sums: NDArray[np.int64]) -> Array:
        logs = log_window_tails(
            sums.astype(float), means, windows, dispersion=dispersion, jumps=jumps
        )
        return (np.exp(logs.strict) + np.exp(logs.above)) / 2 if mid else np.exp(logs.strict)

    def find(limits: Array) -> Array:
        if few and jumps.max() <= LARGEST_JUMP and limits.min() >= LEAST_LIMIT:
            law = {"dispersion": dispersion, "jumps": jumps}
            return first_sums(limits, means, windows, **law, mid=mid)
        return _by_halving(tail, windows.shape[0])(limits)

    return find


def _given_total(factor: Factor, total: float, share: Array) -> Finder:
    def tail(sums: NDArray[np.int64]) -> Array:
        logs = LogTails(*(log_binomial_tail(sums + more, total, share) for more in (0, 1)))
        return np.asarray(np.exp(TAILS[factor.tail](logs)))

    return _by_halving(tail, len(share))


Make = Callable[["Tested", Factor, str, csr_array], Finder | None]
FINDERS: Mapping[str, Make] = MappingProxyType({
    "getis-ord": _drawn,
    "window": _expected,
    "poisson": _expected,
})  # fmt: skip
"""Methods whose tests an attacker can make again, and what finds the sums that pass."""


def bounds_of_windows(
    made: KnownTests, band: Array, is_hot: Array
) -> Iterator[tuple[Array, Array]]:
    """Fewest and most events of every window, from each of the flags and bands that are shown.

    Parameters
    ----------
    made
        The tests.
    band, is_hot
        As shown per area, shape `(n,)`; NaN where nothing is told.
    """
    nothing = np.full(len(band), np.inf)
    for cut in made.cuts:
        shown = is_hot if cut.band == 0 else np.where(made.alone, np.nan, band)
        told = made.known & ~np.isnan(shown)
        passed = shown >= max(cut.band, 1)
        least = np.where(told & passed, cut.least_if, 0.0)
        most = np.where(told & ~passed, cut.most_unless, nothing)
        yield least, most
