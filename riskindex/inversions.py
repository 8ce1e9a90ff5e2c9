"""From published numbers back to counts: rates, shares, z, p, scores, orders, drawings."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]

ENOUGH = 12
"""Protected areas with a number, below which an order could be chance."""
ORDERED = 0.9
"""Rank correlation with the protected counts, from which numbers are as good as the counts."""
TOLD = 0.9
"""Share of the counts that a formula gives back, from which it is the right one."""
FEW = 24
"""Counts below which it must give all of them back: a line through a few classes may miss one."""
FEWEST_TOLD = 4
"""Counts other than the commonest one that a formula must give back."""


class Told(NamedTuple):
    """How much numbers per area say about the counts behind them."""

    how: str
    """The formula, in words."""
    exact: int
    """Counts that it gives back."""
    of: int
    """Counts that it was tried on: the protected ones, or all."""
    correlation: float
    """Rank correlation with the protected counts."""


def tells(
    numbers: Array,
    counts: Array,
    protected: NDArray[np.bool_],
    *,
    bases: Mapping[str, Array],
    weights: "csr_array | None" = None,
) -> Told | None:
    """Whether numbers per area give the protected counts back, or put them in order.

    Parameters
    ----------
    numbers
        What was found, NaN where there is none.
    counts
        The true counts, in the same order.
    protected
        Which of them nobody may find out.
    bases
        Numbers that everybody knows and that rates are of, such as residents.
    weights
        Neighbours of each area and the area itself, for statistics of windows.

    Returns
    -------
    Told or None
        None where the numbers say little; where several formulae fit, the simplest one.
    """
    known = np.isfinite(numbers) & np.isfinite(counts)
    small = known & protected
    if known.sum() < ENOUGH or _distinct(numbers[known]) < 3:
        return None
    for how, values in _undone(numbers, known, bases, weights):
        for of in (small, known):
            exact = _given_back(values, counts, known, of)
            if exact is not None:
                return Told(how, exact, int(of.sum()), 1.0)
    if small.sum() < ENOUGH or _distinct(counts[small]) < 2:
        return None
    correlation = _rank_correlation(numbers[small], counts[small])
    if abs(correlation) >= ORDERED:
        return Told("order", 0, int(small.sum()), correlation)
    return None


def _distinct(values: Array) -> int:
    return len(np.unique(values))


def _undone(
    numbers: Array, known: NDArray[np.bool_], bases: Mapping[str, Array],
    weights: "csr_array | None",
) -> Iterator[tuple[str, Array]]:  # fmt: skip
    """The numbers, and what each formula that they could come from was applied to."""
    yield "a multiple of the count", numbers
    for name, base in bases.items():
        yield f"a rate or share of {name}", numbers * base
    positive = known & (numbers > 0)
    if positive.sum() == known.sum():
        yield "a logarithm or a p-value", np.log(np.where(positive, numbers, np.nan))
        yield "one over the count", 1 / np.where(positive, numbers, np.nan)
        yield "a square root", np.square(numbers)
    if weights is not None and known.all():
        yield "a statistic of the area with its neighbours", window_undone(numbers, weights)


def window_undone(numbers: Array, weights: "csr_array") -> Array:
    """What was summed over each area with its neighbours, up to a factor and a constant.

    Parameters
    ----------
    numbers
        A statistic such as Gi* of every area, no missing values.
    weights
        Shape `(n, n)`, 1 for each neighbour and the area itself.

    Notes
    -----
    z_i is (sum_j w_ij x_j - W_i mean)/(s spread_i), spread_i = sqrt((n S1_i - W_i^2)/(n - 1)):
    multiplied by the spread it is linear in x, so that a sparse solve gives (x - mean)/s back.
    """
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import lsqr, splu

    n = len(numbers)
    sums = np.asarray(weights.sum(axis=1)).ravel()
    squares = np.asarray(weights.power(2).sum(axis=1)).ravel()
    spread = np.sqrt(np.maximum((n * squares - sums**2) / (n - 1), 0))
    try:
        found = splu(csc_array(weights)).solve(numbers * spread)
    except RuntimeError:
        found = lsqr(weights, numbers * spread, atol=1e-13, btol=1e-13, iter_lim=4000)[0]
    return np.asarray(found, dtype=float)


def _given_back(
    values: Array, counts: Array, known: NDArray[np.bool_], asked: NDArray[np.bool_]
) -> int | None:
    """How many of some counts a straight line through the values gives back, if nearly all."""
    usable = known & np.isfinite(values)
    if usable.sum() < ENOUGH or _distinct(values[usable]) < 3:
        return None
    x, y = values[usable], counts[usable]
    centred = x - x.mean()
    spread = float(centred @ centred)
    if not np.isfinite(spread) or spread == 0:
        return None
    slope = float(centred @ (y - y.mean())) / spread
    told = np.abs(y.mean() + slope * (values - x.mean()) - counts) < 0.5
    of = asked & usable
    if not of.any() or told[of].mean() < (TOLD if of.sum() >= FEW else 1.0):
        return None
    values_of, often = np.unique(counts[of], return_counts=True)
    # A guess of the commonest count is right for most areas: the others must be told, too.
    rarer = of & (counts != values_of[often.argmax()])
    clearly = rarer.sum() >= FEWEST_TOLD and told[rarer].mean() >= TOLD
    return int(told[of].sum()) if clearly else None


def _rank_correlation(x: Array, y: Array) -> float:
    a, b = _ranks(x), _ranks(y)
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def _ranks(values: Array) -> Array:
    """Ranks without their mean, ties at theirs."""
    _, of, often = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(often)
    return np.asarray((ends - (often - 1) / 2)[of.ravel()] - (len(values) + 1) / 2)


def lattice(values: Array) -> NDArray[np.int64] | None:
    """Counts of which values are a multiple plus a constant, where there is one such step.

    Parameters
    ----------
    values
        What an inversion left: counts times an unknown factor, plus an unknown constant.

    Returns
    -------
    whole numbers or None
        The least is taken to be 0, as it is wherever any area has none; None where the values
        are no multiples of one step.
    """
    low = values - values.min()
    span = float(low.max())
    if span <= 0:
        return None
    gaps = np.diff(np.unique(np.round(low / span, 7)))
    gaps = gaps[gaps > 1e-5]
    if len(gaps) < 2 or len(gaps) > len(values) / 3:
        return None
    step = span * float(gaps.min())
    for _ in range(3):
        whole = np.rint(low / step)
        step = float(whole @ low) / float(whole @ whole)
    whole = np.rint(low / step)
    fits = np.abs(low / step - whole).max() < 0.1
    return whole.astype(np.int64) if fits else None


class Row(NamedTuple):
    """True numbers of several groups or periods, in an order in which they may be drawn."""

    name: str
    counts: Array
    by_size: bool = False
    """Whether they stand from the largest to the smallest, as anything falling would."""


def worth_hiding(row: Row, *, base: int) -> bool:
    """Whether a row is long enough to be told apart, and rounded numbers would not fit as well."""
    counts, spread = row.counts, float(row.counts.std())
    telling = counts % base != 0
    if len(counts) < SHORTEST or telling.sum() < SHORTEST / 2 or spread == 0:
        return False
    # A line is chosen to fit, two numbers' worth; each of the others falls near it by chance.
    chance = (len(counts) - 2) * math.log(max(math.sqrt(12) * spread / 0.9, 1.0))
    if chance - row.by_size * math.lgamma(len(counts) + 1) < SURPRISING:
        return False
    from riskindex.disclosure import round_half_up

    rounded = _centred(round_half_up(counts, base)[None, :])
    return not _fits(rounded, _centred(counts)[None, :]).any()


def drawn_in(series: Array, rows: list[Row]) -> Iterator[Row]:
    """Rows of true numbers that are drawn in a series, finer than rounded ones could be.

    Parameters
    ----------
    series
        Lengths or places of what is drawn, in their order.
    rows
        What must not be drawn exactly, of `worth_hiding`.
    """
    for length in sorted({len(row.counts) for row in rows}):
        asked = [row for row in rows if len(row.counts) == length]
        true = _centred(np.array([row.counts for row in asked]))
        for part in _parts(series, length):
            windows = _centred(np.lib.stride_tricks.sliding_window_view(part, length))
            yield from (asked[at] for at in np.flatnonzero(_fits(windows, true)))


def _parts(series: Array, length: int) -> Iterator[Array]:
    for stride in STRIDES:
        for start in range(stride):
            part = series[start::stride]
            if len(part) >= length:
                yield part


STRIDES = (1, 2, 3, 4, 6)
"""Numbers from one bar to the next in the path of a drawing."""
SHORTEST = 6
"""Numbers in a row that could hardly fit a line by chance."""


SURPRISING = math.log(1e7)
"""How improbable a fit must be by chance: an outline has thousands of places to fit at."""


def _centred(values: Array) -> Array:
    return np.asarray(values - values.mean(axis=-1, keepdims=True))


def _fits(windows: Array, true: Array) -> NDArray[np.bool_]:
    """Which true rows any of the windows gives nearly all of back; all are centred."""
    across = windows @ true.T
    spread = np.einsum("ij,ij->i", windows, windows)[:, None]
    needed = NEARLY_ALL * spread * np.einsum("ij,ij->i", true, true)
    found = np.zeros(len(true), dtype=bool)
    for at, row in np.argwhere((across**2 >= needed) & (spread > 0)):
        away = np.abs(across[at, row] / spread[at, 0] * windows[at] - true[row])
        found[row] |= (away < 0.45).mean() >= TOLD
    return found


NEARLY_ALL = 0.9
"""Share of the spread that a line explains, below which it is not looked at more closely."""
