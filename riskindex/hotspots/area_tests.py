"""Evidence: what the tests of one factor in one period say about each area of its sample."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_array, diags_array

from riskindex.arrays import Array, Flags, Integers, Texts
from riskindex.factors import Factor
from riskindex.hotspots.samples import Sample
from riskindex.statistics.exact_sums.exact_draws import fits, p_of_sums
from riskindex.statistics.expectation import Dispersion, compare
from riskindex.statistics.getis_ord import local_g
from riskindex.statistics.poisson import WindowExcess, compound_excess
from riskindex.statistics.smoothing import shrunken_ratio

Of = Literal["window", "own", "window without largest"]


class AreaTest(NamedTuple):
    """Upper tail of every area by the factor's own method; NaN where it is undefined."""

    p: Array
    log_p: Array
    """Its natural logarithm, finite where p is too small for a floating-point number."""
    z: Array
    """Gi* for getis-ord, NaN for the other methods."""
    value: Array
    """The intensity: z for getis-ord, the shrunken ratio of what was tested for the others."""
    dispersion: float
    """Variance of the areas' relative risk that the test allows for; NaN where it takes none."""
    estimator: str
    """How the dispersion was found."""
    null: str
    """What is assumed if there is no hotspot, in words."""
    dispersion_of_all: float = np.nan
    """The dispersion with the extreme areas that it leaves out."""
    left_out: Flags | None = None
    """Those areas; None where there is no dispersion."""


SecondTest = Callable[[Sample, Factor, AreaTest, Flags], Array]


class Second(NamedTuple):
    """Further tests that explain a hot area; each takes the dispersion of the first."""

    own_p: Array
    """The area by itself."""
    own_dispersion: float
    """What its test allows for; for the other methods than getis-ord that of the first."""
    window_p: Array
    """The area with its neighbours."""
    plain_p: Array
    """The same test without dispersion; NaN where the method has none."""
    without_largest_p: Array
    """The window without its most excessive area; NaN where that is not tested."""
    without_group_p: Array
    """Without the event group that adds most to what was tested; NaN where there is only one."""
    largest_group: Integers
    """Which event group that is, -1 where there is only one."""


def first_test(sample: Sample, factor: Factor) -> AreaTest:
    """Test every area of a sample by the factor's method.

    Parameters
    ----------
    sample
        Counts of the areas that can be assessed.
    factor
        Names the method, a word of TESTS, with its dispersion, tail and background.
    """
    result = TESTS[factor.method](sample, factor)
    # A window that is the whole map has nothing outside to be compared with; context is not asked
    # about.
    undefined = (_sizes(sample, factor) == len(result.p)) | ~sample.asked
    columns = (result.p, result.log_p, result.value)
    p, log_p, value = (np.where(undefined, np.nan, column) for column in columns)
    return result._replace(p=p, log_p=log_p, value=value)


def why_undefined(sample: Sample, factor: Factor, p: Array) -> Texts:
    """Why areas of a sample have no p-value, "" where they have one."""
    sizes = _sizes(sample, factor)
    constant = np.full(len(p), np.ptp(sample.observed) == 0)
    # The first reason that applies is told.
    reasons = {
        "": ~np.isnan(p),
        "context": ~sample.asked,
        "window is the whole map": sizes == len(p),
        "constant": constant,
        "no neighbour": sizes == 1,
    }
    return np.select(list(reasons.values()), list(reasons), default="undefined").astype(object)


def expected_counts(sample: Sample, factor: Factor) -> Array:
    """Weighted events expected in each area, by the background that the factor names."""
    if sample.centroids is None:
        return sample.expected(float(sample.observed.sum()))
    return _excess(sample, factor, "own", dispersion=0.0).expected


def second_tests(sample: Sample, factor: Factor, first: AreaTest, hot: Flags) -> Second:
    """What else is asked about a sample once its hot areas are known.

    Parameters
    ----------
    sample, factor
        As for `first_test`.
    first
        Its result.
    hot
        The areas that it found hot: only they are asked what they owe to one area or group.
    """
    n, by_counts = len(first.p), factor.method == "getis-ord"
    w = None if by_counts else _dispersion_of_first(first, factor)
    own_p, dispersion = first.p, first.dispersion
    if factor.method != "poisson":
        # The area by itself, with the dispersion that was found: is it hot through its own events?
        own = _excess(sample, factor, "own", dispersion=w)
        own_p, dispersion = own.p, own.dispersion
    # For the other methods the first test is the one of the window.
    window_p = (
        _excess(sample, factor, "window", dispersion=w).p if factor.method == "poisson" else first.p
    )
    nothing = np.full(n, np.nan)
    without_largest, without_group = nothing.copy(), nothing.copy()
    group = np.full(n, -1)
    # The dear tests are asked only about hot areas.
    if hot.any():
        without_largest = WITHOUT_LARGEST[factor.method](sample, factor, first, hot)
        if sample.counts.shape[1] > 1:
            group = _largest_group(sample, factor)
            without_group = _without_group(sample, factor, first, group, hot)
    # Gi* conditions on the counts themselves, so that it has no dispersion to leave out.
    plain_p = nothing if by_counts else _plain(sample, factor, first)
    own_p, window_p, plain_p = (
        np.where(sample.asked, one, np.nan) for one in (own_p, window_p, plain_p)
    )
    return Second(own_p, dispersion, window_p, plain_p, without_largest, without_group, group)


def is_largest(sample: Sample, expected: Array) -> Flags:
    """Whether each area has the largest excess of events over expectation in its own window."""
    excess, windows = sample.observed - expected, sample.windows
    # Of equals each is the largest: none is next door to another.
    most = np.maximum.reduceat(excess[windows.indices], windows.indptr[:-1])
    return np.asarray(excess >= most)


class Local(NamedTuple):
    """A test against the surroundings; of areas whose count is not above them p is 1."""

    p: Array
    expected: Array
    ratio: Array
    more_itself: Flags
    """Whether the area has more events of its own than its surroundings lead one to expect."""


def local_test(sample: Sample, factor: Factor, dispersion: float) -> Local:
    """Every area, or its window, against the 200 areas nearest to it.

    Parameters
    ----------
    sample
        With centroids.
    factor
        Its method says whether areas or windows are tested.
    dispersion
        Variance of relative risks.
    """
    if factor.method == "poisson":
        own = _excess(sample, factor, "own", dispersion=dispersion)
        return Local(own.p, own.expected, own.ratio, sample.observed > own.expected)
    # Moments come first: they are cheap, and say which windows need exact sums at all.
    study = compare(
        sample.counts,
        sample.exposure,
        sample.neighbours,
        jumps=sample.event_weights,
        dispersion=dispersion,
        background="local",
        centroids=sample.centroids,
    )
    each = study.means @ sample.event_weights
    more = sample.observed > each
    expected, observed = sample.windows @ each, sample.windows @ sample.observed
    spread = sample.windows @ (sample.step * each + dispersion * each**2)
    # Windows within a standard deviation are not significant, and exact sums of them take long.
    asked = observed > expected + np.sqrt(spread)
    # Exact sums only where a window is above its expectation by enough.
    windows = _excess(_only(sample, asked), factor, "window", dispersion=dispersion)
    p = np.where(asked, windows.p, 1.0)
    return Local(p, expected, observed / expected, more)


def _sizes(sample: Sample, factor: Factor) -> Integers:
    """How many areas each test adds up."""
    if factor.method == "poisson":
        return np.ones(len(sample.exposure), dtype=np.int64)
    return np.diff(sample.windows.indptr).astype(np.int64)


def _getis_ord(sample: Sample, factor: Factor) -> AreaTest:
    result = local_g(sample.observed, sample.neighbours, options=factor.getis_ord)
    null = STATISTIC_WORDS[factor.getis_ord.statistic] + result.null
    return AreaTest(result.p, result.log_p, result.z, result.z, np.nan, "", null)


STATISTIC_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "gi-star": "",
        "gi": "Gi, the neighbours without the area itself: ",
    }
)
"""What stands before the null of a statistic; Gi* needs no words."""


def _window(sample: Sample, factor: Factor) -> AreaTest:
    return _against_expectation(sample, _excess(sample, factor, "window"))


def _own(sample: Sample, factor: Factor) -> AreaTest:
    return _against_expectation(sample, _excess(sample, factor, "own"))


TESTS: Mapping[str, Callable[[Sample, Factor], AreaTest]] = MappingProxyType(
    {
        "window": _window,
        "getis-ord": _getis_ord,
        "poisson": _own,
    }
)
"""Methods that test areas, by their config word."""


def _against_expectation(sample: Sample, excess: WindowExcess) -> AreaTest:
    # A weighted sum over its step varies about as a count does.
    # Intensity is shrunken, so that 2 events where .2 were expected do not outrank 200 where 100
    # were.
    ratio = shrunken_ratio(excess.observed / sample.step, excess.expected / sample.step)
    nothing = np.full(len(ratio), np.nan)
    spread = excess.dispersion, excess.estimator
    robust = excess.dispersion_of_all, excess.left_out
    return AreaTest(excess.p, excess.log_p, nothing, ratio, *spread, excess.null, *robust)


def _excess(
    sample: Sample, factor: Factor, of: Of, *, dispersion: Dispersion | None = None
) -> WindowExcess:
    return compound_excess(
        sample.counts,
        sample.event_weights,
        sample.exposure,
        sample.neighbours,
        of=of,
        dispersion=factor.dispersion if dispersion is None else dispersion,
        tail=factor.tail,
        background="county" if sample.centroids is None else "local",
        centroids=sample.centroids,
    )


def _dispersion_of_first(first: AreaTest, factor: Factor) -> Dispersion:
    """The dispersion that the first test took, for further tests."""
    return "given-total" if factor.dispersion == "given-total" else first.dispersion


def _plain(sample: Sample, factor: Factor, first: AreaTest) -> Array:
    """The same test without dispersion; 1 where that cannot be small, to save the sums."""
    if first.dispersion == 0:
        return first.p
    if factor.method == "poisson":
        return _excess(sample, factor, "own", dispersion=0.0).p
    # Without dispersion p is smaller, but never from above a half to below a level.
    asked = first.p < 0.5
    plain_p = _excess(_only(sample, asked), factor, "window", dispersion=0.0).p
    return np.where(asked, plain_p, np.where(np.isnan(first.p), np.nan, 1.0))


def _window_without_largest(sample: Sample, factor: Factor, first: AreaTest, hot: Flags) -> Array:
    again = _excess(
        _only(sample, hot),
        factor,
        "window without largest",
        dispersion=_dispersion_of_first(first, factor),
    )
    return np.where(hot, again.p, np.nan)


def _only(sample: Sample, asked: Flags) -> Sample:
    """The same sample with windows for some areas alone, the others' being themselves."""
    rows = diags_array(asked.astype(float), format="csr")
    return replace(sample, neighbours=csr_array(rows @ sample.neighbours))


def _draws_without_largest(sample: Sample, factor: Factor, first: AreaTest, hot: Flags) -> Array:
    """Exact tail of the window's other areas, drawn from the areas that the factor's null draws."""
    options, values = factor.getis_ord, sample.observed.astype(np.int64)
    windows = (sample.windows if options.drawn_with_itself else sample.neighbours)[hot]
    # The largest count stands for the largest excess, as counts are alike under the null.
    most = np.maximum.reduceat(values[windows.indices], windows.indptr[:-1])
    sums = (windows @ sample.observed).astype(np.int64) - most
    sizes = np.diff(windows.indptr).astype(np.int64) - 1
    p = np.full(len(values), np.nan)
    # Where the exact law is too large to write out, the answer stays missing.
    if fits(values, sizes, sums):
        p[hot] = p_of_sums(values, sizes, sums, held=values[hot] if options.held else None)
    return p


def _not_asked(sample: Sample, factor: Factor, first: AreaTest, hot: Flags) -> Array:
    return np.full(len(hot), np.nan)


WITHOUT_LARGEST: Mapping[str, SecondTest] = MappingProxyType(
    {
        "window": _window_without_largest,
        "getis-ord": _draws_without_largest,
        "poisson": _not_asked,
    }
)
"""How a method tests a window without its most excessive area, by its config word."""


def _largest_group(sample: Sample, factor: Factor) -> Integers:
    """The event group with the largest weighted excess in what is tested."""
    x, e = sample.counts, sample.exposure
    # Excess and not count: the commonest kind of event is not what makes an area hot.
    excess = (x - np.outer(e, x.sum(axis=0) / e.sum())) * sample.event_weights
    tested = excess if factor.method == "poisson" else sample.windows @ excess
    return np.asarray(tested.argmax(axis=1))


def _without_group(
    sample: Sample,
    factor: Factor,
    first: AreaTest,
    group: Integers,
    hot: Flags,
) -> Array:
    p = np.full(len(group), np.nan)
    for g in np.unique(group[hot]):
        # Without its group the area is tested like the others without theirs: the whole map is
        # counted anew.
        others, mine = np.arange(sample.counts.shape[1]) != g, hot & (group == g)
        rest = replace(
            sample,
            counts=sample.counts[:, others],
            event_weights=sample.event_weights[others],
        )
        p[mine] = AGAIN[factor.method](rest, factor, first, mine)[mine] if rest.counts.any() else 1
    return p


def _windows_again(sample: Sample, factor: Factor, first: AreaTest, asked: Flags) -> Array:
    return _excess(_only(sample, asked), factor, "window", dispersion=first.dispersion).p


def _draws_again(sample: Sample, factor: Factor, first: AreaTest, asked: Flags) -> Array:
    return local_g(sample.observed, sample.neighbours, options=factor.getis_ord).p


def _own_again(sample: Sample, factor: Factor, first: AreaTest, asked: Flags) -> Array:
    return _excess(sample, factor, "own", dispersion=first.dispersion).p


AGAIN: Mapping[str, SecondTest] = MappingProxyType(
    {
        "window": _windows_again,
        "getis-ord": _draws_again,
        "poisson": _own_again,
    }
)
"""How a method tests some areas of a sample again, with the dispersion that it found."""
