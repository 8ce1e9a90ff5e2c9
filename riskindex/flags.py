"""What being hot, or not, says of the sum of a window to somebody who knows the test."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from riskindex.corrections import BANDS
from riskindex.draws import fits, p_of_sums
from riskindex.factors import Factor
from riskindex.groups import by_factor
from riskindex.scores import rows
from riskindex.window_sum import log_window_tails

if TYPE_CHECKING:
    from riskindex.released import Result

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Tail = Callable[[NDArray[np.int64]], Array]
"""From a sum per window to its p-value."""


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

    def in_order(self, order: NDArray[np.intp]) -> "KnownTests":
        """The same tests with the areas in another order."""
        cuts = tuple(Cut(c.band, c.least_if[order], c.most_unless[order]) for c in self.cuts)
        windows = csr_array(self.windows[order][:, order])
        return KnownTests(windows, self.known[order], self.alone[order], cuts)


def remake_tests(result: "Result") -> dict[tuple[str, str], KnownTests]:
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
            if counts is None or factor.method not in TAILS:
                continue
            made = _tested(result, factor, period, counts[factor.name, period].to_numpy(float))
            if made is not None:
                found[factor.name, period] = made
    return found


def _tested(result: "Result", factor: Factor, period: str, events: Array) -> KnownTests | None:
    table = rows(result.hotspots, factor=factor.name, period=period)
    p = table["p"].to_numpy(dtype=float)
    if not np.isfinite(p).any():
        return None
    counted = ~np.isnan(events) & table["observed"].notna().to_numpy()
    itself = eye_array(len(p), format="csr")
    windows = itself if factor.method == "poisson" else csr_array(result.weights) + itself
    windows = csr_array(windows * counted.astype(float))
    windows.eliminate_zeros()
    tail = TAILS[factor.method](result, factor, period, windows)
    if tail is None:
        return None
    band, is_hot = (table[c].to_numpy(dtype=float, na_value=0.0) for c in ("confidence", "is_hot"))
    asked = [(b, level, band >= b) for level, b in BANDS] + [(0, factor.level, is_hot > 0)]
    n = int(np.isfinite(p).sum())
    heavy = [group.weight for group in factor.groups] or [1]
    cuts = tuple(
        Cut(b, np.ceil(least / max(heavy)), np.floor(most / min(heavy)))
        for b, level, passed in asked
        for least, most in [_sums(tail, _limits(factor.correction, level, n, int(passed.sum())))]
    )
    return KnownTests(windows, np.isfinite(p), np.diff(windows.indptr) == 1, cuts)


def _limits(correction: str, level: float, n: int, passed: int) -> tuple[float, float]:
    """Largest p that passes, and the p that all that do not pass are above."""
    harmonic = float((1 / np.arange(1, n + 1)).sum())
    step = {"benjamini-hochberg": level / n, "benjamini-yekutieli": level / n / harmonic}
    fixed = {"bonferroni": level / n, "none": level}
    if correction in fixed:
        return fixed[correction], fixed[correction]
    # Of a step-up rule: one more would have passed, had its p been this small.
    return step[correction] * max(passed, 1), step[correction] * (passed + 1)


def _sums(tail: Tail, limits: tuple[float, float]) -> tuple[Array, Array]:
    """Fewest events that pass, and most that do not, by halving."""
    passing, failing = limits
    return _first(tail, passing).astype(float), _first(tail, failing).astype(float) - 1


def _first(tail: Tail, limit: float) -> NDArray[np.int64]:
    """The smallest sum of each window whose p is at most a limit."""
    high = np.full_like(tail_size(tail), 8)
    while (above := tail(high) > limit).any() and high.max() < LARGEST_SUM:
        high = np.where(above, 2 * high, high)
    low = np.where(high > 8, high // 2, 0)
    while (low < high).any():
        middle = (low + high) // 2
        passes = tail(middle) <= limit
        low, high = np.where(passes, low, middle + 1), np.where(passes, middle, high)
        low = np.minimum(low, high)
    return high


def tail_size(tail: Tail) -> NDArray[np.int64]:
    """A sum of 0 for each window that a tail is of."""
    return np.zeros(len(tail(np.zeros(1, dtype=np.int64))), dtype=np.int64)


LARGEST_SUM = 1 << 22
"""Sums of windows above this are not looked for."""


# ---- p-values of sums


def _drawn(result: "Result", factor: Factor, period: str, windows: csr_array) -> Tail | None:
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

    return tail


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


def _expected(result: "Result", factor: Factor, period: str, windows: csr_array) -> Tail | None:
    table = rows(result.hotspots, factor=factor.name, period=period)
    share = np.nan_to_num(table["expected"].to_numpy(dtype=float))
    if factor.background == "local" or factor.dispersion == "given-total" or share.sum() <= 0:
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
    means, jumps = np.maximum(means[:, seen], 1e-12), jumps[seen]

    def tail(sums: NDArray[np.int64]) -> Array:
        asked = np.broadcast_to(sums, (windows.shape[0],)).astype(float)
        logs = log_window_tails(asked, means, windows, dispersion=dispersion, jumps=jumps)
        mid = (np.exp(logs.strict) + np.exp(logs.above)) / 2
        return mid if factor.tail == "mid" else np.exp(logs.strict)

    return tail


TAILS: Mapping[str, Callable[["Result", Factor, str, csr_array], Tail | None]] = MappingProxyType({
    "getis-ord": _drawn,
    "window": _expected,
    "poisson": _expected,
})  # fmt: skip
"""Methods whose tests an attacker can make again, and their p-values of sums."""


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
