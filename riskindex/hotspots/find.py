"""Hotspots: every factor tested in every period, with what was assumed and why each area is hot."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.neighbours import centroids
from riskindex.arrays import Array, Columns, Flags, Texts
from riskindex.factors import Factor
from riskindex.hotspots.area_tests import (
    AreaTest,
    Second,
    expected_counts,
    first_test,
    is_largest,
    second_tests,
    why_undefined,
)
from riskindex.hotspots.samples import (
    ALL_ZERO,
    Land,
    Observation,
    Sample,
    context_of,
    observe,
    together,
)
from riskindex.hotspots.summaries import (
    Evidence,
    global_statistics,
    summarise,
    summarise_untested,
    table_of_summaries,
)
from riskindex.hotspots.surroundings import against_surroundings
from riskindex.statistics.corrections import adjust, confidence_of
from riskindex.statistics.smoothing import byar
from riskindex.tables import long_index

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Hotspots(NamedTuple):
    """Which areas are hot, over how long, and what the tests assumed."""

    table: pd.DataFrame
    """Index (factor, period, area_code), areas in order; period "" for a table.

    Per area: observed, expected, ratio, ratio_low, ratio_high (Byar's 95% interval), the same of
    its window (window_observed, window_expected, window_ratio), z (getis-ord), p, log_p (its
    natural logarithm, finite where p itself underflows) and p_adjusted of the factor's method,
    own_p and own_p_adjusted of the area by itself, confidence (0, 90, 95, 99; NA where not
    tested), is_hot, kind ("own", "neighbourhood", "both": which of the two tests is significant;
    "next door": the window is, through events of others), near_confidence (of the window of an
    area that is next door, else 0), hot_without_largest and hot_without_group (whether a hot area
    stays hot without its window's most excessive area, and without its largest event group; NA
    where that is not asked), largest_group (its label), value (z, shrunken ratio or share),
    p_adjusted_all and is_hot_all (the same corrected over all areas and periods of the factor, for
    readers of many periods: of the areas that are hot in theirs, those that stay so),
    events and events_expected (events of what was tested, unweighted), local_expected, local_ratio,
    local_p_adjusted and is_hot_local (the last period of windows and areas against their
    surroundings, see `against_surroundings`), step (variance over mean
    of weighted events that are Poisson; 1 without weights), reason (why not assessed, or "") and
    flag ("no neighbour", "edge of the study area", or ""). Missing is NaN, never 0."""
    pooled: pd.DataFrame
    """Index (factor, area_code), factors of two periods or more: the same test on all the periods
    added up; observed, expected, window_observed, window_expected, p, log_p, p_adjusted,
    confidence, is_hot, reason."""
    tests: pd.DataFrame
    """Index (factor, period): method, null, correction, level, assessed, not_assessed, total (of
    the assessed areas), average (the same per area), dispersion, estimator, hot,
    hot_without_dispersion, hot_90, hot_95, hot_99
    (areas of at least that confidence), moran_i, moran_p, general_g, general_g_p,
    neighbour_covariance and neighbour_z (how alike neighbours' ratios are), next_door (areas next
    door to a hotspot; counted as hot only where the factor says so), dispersion_of_all (with the
    extreme areas that the dispersion leaves out) and left_out (how many those are),
    hot_local (areas hotter than their surroundings, in the last period) and hot_both (those that
    are hot as well), hot_all (hot areas when all periods are corrected together)."""
    extremes: pd.DataFrame = pd.DataFrame()
    """Areas that a dispersion leaves out: factor, period, area_code, observed, expected, exposure,
    usual_exposure (the median area's)."""


def find_hotspots(
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    tables: pd.DataFrame,
    weights: "csr_array[Any]",
    factors: Sequence[Factor],
) -> Hotspots:
    """Test every factor in every period.

    Parameters
    ----------
    counts
        Events per area; index area_code, columns (factor, group, period); NA is not covered.
    areas
        Index area_code; the bases that factors name as exposure, and `geometry` where a factor's
        background is local. A column `on_boundary` flags areas at the edge; `is_context` areas
        around the study area, which are in windows but not assessed (reason "context").
    tables
        Index area_code, columns (source, column): numerators and denominators.
    weights
        Neighbours, shape (n, n), binary, zero diagonal, in the order of the areas.
    factors
        What is tested, and how.

    Raises
    ------
    DataError
        Counts or columns that a factor needs are not there.
    """
    has_points = "geometry" in areas
    land = Land(
        neighbours=weights,
        centroids=cache(lambda: centroids(areas["geometry"].to_numpy())),
        context=context_of(areas),
    )
    keys = [(f, label) for f in factors for label in (map(str, f.periods) if f.periods else [""])]
    seen = [(f, observe(f, label, counts, areas, tables)) for f, label in keys]
    # Against its surroundings only the last period is asked, the one that is mapped.
    is_last = [not f.periods or label == str(f.periods[-1]) for f, label in keys]
    # Persistence asks all periods together as well: many years just below the line are a finding.
    several = [(f, [one for of, one in seen if of is f]) for f in factors if len(f.periods) > 1]
    # The tests do not depend on each other and are mostly inside NumPy, which lets threads run.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: METHODS[job[0].method](job[1], land, job[0]), seen))
        pooled = list(
            pool.map(lambda job: _pooled(together(job[1], job[0]), land, job[0]), several)
        )
    # One after the other: they share who is near whom, which is worked out once.
    beside = [
        _beside(job, one, land, has_points and last)
        for job, one, last in zip(seen, results, is_last, strict=True)
    ]
    for factor, _ in several:
        _over_all_periods([one for (f, _), one in zip(keys, results, strict=True) if f is factor])
    names, flags = [(f.name, label) for f, label in keys], {"flag": _flags(areas, weights)}
    return Hotspots(
        _stack(
            names,
            [one.columns | more | flags for one, more in zip(results, beside, strict=True)],
            areas.index,
        ),
        _stack([(f.name,) for f, _ in several], pooled, areas.index, columns=_POOLED),
        table_of_summaries(names, [one.summary for one in results]),
        _extremes_of(names, [one.extremes for one in results], areas.index),
    )


class PeriodHotspots(NamedTuple):
    """What was found for one factor in one period."""

    columns: Columns
    summary: dict[str, Any]
    extremes: Columns | None = None
    """Areas that the dispersion leaves out, as columns."""


def _tested(seen: Observation, land: Land, factor: Factor) -> PeriodHotspots:
    sample = land.sample(seen, factor)
    # Nothing counted anywhere is a result, and not an error.
    if not sample.events.any():
        about = summarise_untested(seen, factor, context=land.context)
        return PeriodHotspots(_all_zero(seen, sample), about)
    first = first_test(sample, factor)
    columns = _described(sample, factor) | _decided(first, factor)
    second = second_tests(sample, factor, first, columns["is_hot"])
    columns |= _explained(first, second, columns, factor)
    columns |= _next_door(sample, columns, factor)
    spread = _spread(columns, seen, why_undefined(sample, factor, first.p))
    evidence = Evidence(sample, first, second)
    summary = summarise(seen, factor, spread, evidence, context=land.context)
    return PeriodHotspots(spread, summary, _extremes(seen, first, spread))


def _extremes(seen: Observation, first: AreaTest, spread: Columns) -> Columns | None:
    """Areas that the dispersion of a test leaves out, with their position."""
    if first.left_out is None or not first.left_out.any():
        return None
    # Named with the exposure of the median area, because an extreme is often a base that is too
    # small.
    position = np.flatnonzero(seen.assessed)[first.left_out]
    return {
        "area": position,
        "observed": spread["observed"][position],
        "expected": spread["expected"][position],
        "exposure": seen.exposure[position],
        "usual_exposure": np.full(len(position), np.median(seen.exposure[seen.assessed])),
    }


def _beside(
    job: tuple[Factor, Observation], result: PeriodHotspots, land: Land, has_points: bool
) -> Columns:
    """The last period of a factor against the surroundings of each area, where that is asked."""
    factor, seen = job
    # NaN, where nothing was tested, fails the comparison below like any missing value.
    w = result.summary["dispersion"]
    if has_points and factor.is_tested and factor.background == "county" and w >= 0:
        found_local = against_surroundings(seen, land, factor, w)
        result.summary["hot_local"] = int(found_local["is_hot_local"].sum())
        result.summary["hot_both"] = int(
            (found_local["is_hot_local"] & result.columns["is_hot"]).sum()
        )
        return found_local
    return {name: np.full(len(seen.reason), fill) for name, fill in _LOCAL.items()}


_LOCAL: Mapping[str, Any] = {
    "local_expected": np.nan,
    "local_ratio": np.nan,
    "local_p_adjusted": np.nan,
    "is_hot_local": False,
}


def _over_all_periods(results: Sequence[PeriodHotspots]) -> None:
    """Correct over all areas and periods of a factor, beside each period's own correction."""
    correction = str(results[0].summary["correction"])
    # Five years are five chances to be hot by luck; readers of all of them need one correction over
    # all.
    p = adjust(np.array([one.columns["p"] for one in results]), correction)
    for one, adjusted in zip(results, p, strict=True):
        still = one.columns["is_hot"].astype(bool) & (adjusted <= one.summary["level"])
        one.columns["p_adjusted_all"], one.columns["is_hot_all"] = adjusted, still
        one.summary["hot_all"] = int(still.sum())


def _pooled(seen: Observation, land: Land, factor: Factor) -> Columns:
    sample = land.sample(seen, factor)
    if not sample.events.any():
        spread = _all_zero(seen, sample)
    else:
        first = first_test(sample, factor)
        columns = _described(sample, factor) | _decided(first, factor)
        columns |= _next_door(sample, columns, factor)
        spread = _spread(columns, seen, why_undefined(sample, factor, first.p))
    return {name: spread[name] for name in _POOLED}


def _shares(seen: Observation, land: Land, factor: Factor) -> PeriodHotspots:
    """A share, rate or measure, compared with a threshold or taken as it is."""
    keep, sample = seen.assessed, land.sample(seen, factor)
    observed = sample.observed * sample.unit
    share = observed / seen.exposure[keep]
    # A census share is no sample: there is nothing to test, and a threshold is a choice.
    limit = factor.threshold if factor.method == "threshold" else None
    is_hot = sample.asked & (False if limit is None else share > limit)
    value = np.where(sample.asked, share, np.nan)
    columns: Columns = {"observed": observed, "value": value, "is_hot": is_hot}
    spread = _spread(columns, seen, np.where(sample.asked, "", "context").astype(object))
    # In words, so that nobody reads a threshold as a significance test.
    null = "nothing is tested" if limit is None else f"no test: hot is a share above {limit:g}"
    about = summarise_untested(seen, factor, context=land.context) | {
        "null": null,
        "correction": "",
        "hot": int(is_hot.sum()),
    }
    if len(share):
        about |= global_statistics(share, sample)
    return PeriodHotspots(spread, about)


METHODS: Mapping[str, Callable[[Observation, Land, Factor], PeriodHotspots]] = MappingProxyType(
    {
        "window": _tested,
        "getis-ord": _tested,
        "poisson": _tested,
        "threshold": _shares,
        "value": _shares,
    }
)
"""What is done with a factor's counts or shares, by the config word of its method."""

_FILL: Mapping[str, Any] = MappingProxyType(
    {
        "observed": np.nan,
        "expected": np.nan,
        "ratio": np.nan,
        "ratio_low": np.nan,
        "ratio_high": np.nan,
        "window_observed": np.nan,
        "window_expected": np.nan,
        "window_ratio": np.nan,
        "z": np.nan,
        "p": np.nan,
        "log_p": np.nan,
        "p_adjusted": np.nan,
        "own_p": np.nan,
        "own_p_adjusted": np.nan,
        "confidence": np.nan,
        "is_hot": False,
        "kind": "",
        "near_confidence": 0.0,
        "hot_without_largest": np.nan,
        "hot_without_group": np.nan,
        "largest_group": "",
        "value": np.nan,
        "events": np.nan,
        "events_expected": np.nan,
        "step": np.nan,
        "reason": "",
        "p_adjusted_all": np.nan,
        "is_hot_all": False,
    }
)
"""Columns of the table, in their order, with what stands where there is nothing to say."""

_POOLED = (
    "observed",
    "expected",
    "window_observed",
    "window_expected",
    "p",
    "log_p",
    "p_adjusted",
    "confidence",
    "is_hot",
    "reason",
)
_DTYPES: Mapping[str, str] = {
    "confidence": "Int8",
    "hot_without_largest": "boolean",
    "hot_without_group": "boolean",
}


def _described(sample: Sample, factor: Factor) -> Columns:
    """Counts and what was expected, of the area and of its window."""
    observed, expected = sample.observed, expected_counts(sample, factor)
    # Weighted events over their step vary as counts do.
    interval = byar(observed / sample.step, expected / sample.step)
    windows = (sample.windows @ observed, sample.windows @ expected)
    events, events_expected = sample.events, sample.expected(float(sample.counts.sum()))
    # What was tested is the window.
    if factor.method != "poisson":
        events, events_expected = sample.windows @ events, sample.windows @ events_expected
    return {
        "observed": observed * sample.unit,
        "expected": expected * sample.unit,
        "ratio": observed / expected,
        "ratio_low": interval.low,
        "ratio_high": interval.high,
        "window_observed": windows[0] * sample.unit,
        "window_expected": windows[1] * sample.unit,
        "window_ratio": windows[0] / windows[1],
        "events": events,
        "events_expected": events_expected,
        "step": np.full(len(observed), sample.step),
    }


def _decided(first: AreaTest, factor: Factor) -> Columns:
    """Which areas are hot, and how surely."""
    # Missing p-values are not counted among the tests that the correction pays for.
    p_adjusted = adjust(first.p, factor.correction)
    return {
        "z": first.z,
        "p": first.p,
        "log_p": first.log_p,
        "p_adjusted": p_adjusted,
        # Not tested is missing; 0 is tested and not hot.
        "confidence": np.where(np.isnan(first.p), np.nan, confidence_of(p_adjusted)),
        "is_hot": p_adjusted <= factor.level,
        "value": first.value,
    }


def _explained(first: AreaTest, second: Second, columns: Columns, factor: Factor) -> Columns:
    """Through what an area is hot, and what it owes to one area or one group of events."""
    # Corrected like the first test: an uncorrected second look would find something in any hot
    # window.
    own_adjusted = adjust(second.own_p, factor.correction)
    by_window = adjust(second.window_p, factor.correction) <= factor.level
    hot = columns["is_hot"]
    # With one event group there is no largest one to be named or taken away.
    largest = hot & (second.largest_group >= 0)
    names = np.array([*(group.label for group in factor.groups), ""], dtype=object)
    # The p that the correction let through; what is left of a window must be as small.
    cut = first.p[hot].max(initial=0.0)
    return {
        "own_p": second.own_p,
        "own_p_adjusted": own_adjusted,
        "kind": _KINDS[(own_adjusted <= factor.level) + 2 * by_window],
        "hot_without_largest": _still(second.without_largest_p, cut, hot),
        "hot_without_group": _still(second.without_group_p, cut, largest),
        "largest_group": names[np.where(largest, second.largest_group, -1)],
    }


def _next_door(sample: Sample, columns: Columns, factor: Factor) -> Columns:
    """What is hot through events of others alone: next door to a hotspot, and not one itself.

    It has no more events of its own than expected, or its window would not be hot without one
    area, which is another: that area has the confidence of the window.
    """
    # Missing counts as no confidence in comparisons here, and stays missing in the column.
    hot, confidence = columns["is_hot"], np.nan_to_num(columns["confidence"])
    observed, expected = columns["observed"], columns["expected"]
    if factor.method == "poisson":
        # In the tail of a law that is skew enough lie counts below its mean; hot means more.
        more = observed > expected
        less = ~more & ~np.isnan(columns["confidence"])  # what was not tested stays unknown
        return {"is_hot": hot & more, "confidence": np.where(less, 0.0, columns["confidence"])}
    largest = is_largest(sample, expected)
    # Hot only by the one area in its window that has most: that area is the hotspot, and this one
    # stands next to it.
    through_another = (columns.get("hot_without_largest", hot) == 0) & ~largest & hot
    near = (hot | (confidence > 0)) & ((observed <= expected) | through_another)
    changes: Columns = {}
    if "kind" in columns:
        changes["kind"] = np.where(near & hot, "next door", columns["kind"]).astype(object)
    # The published Essex method counts it as hot; asked for by name.
    if factor.neighbourhood == "score":
        return changes
    changes["near_confidence"] = np.where(near, confidence, 0.0)
    changes["is_hot"] = hot & ~near
    changes["confidence"] = np.where(near, 0.0, columns["confidence"])
    for name in ("hot_without_largest", "hot_without_group"):
        if name in columns:
            changes[name] = np.where(near, np.nan, columns[name])
    return changes


_KINDS = np.array(["", "own", "neighbourhood", "both"], dtype=object)


def _still(p: Array, cut: float, asked: Flags) -> Array:
    """1 where p is as small as that of a hot area, 0 where it is not, NaN where not asked."""
    return np.where(asked & ~np.isnan(p), p <= cut, np.nan)


def _spread(columns: Columns, seen: Observation, undefined: Texts) -> Columns:
    """Columns of a sample laid over all areas."""
    spread = {name: np.full(len(seen.reason), fill) for name, fill in _NUMBERS.items()}
    spread |= {name: np.full(len(seen.reason), "", dtype=object) for name in _TEXTS}
    for name, column in columns.items():
        spread[name][seen.assessed] = column
    spread["reason"] = seen.reason.copy()
    spread["reason"][seen.assessed] = undefined
    # Until several periods are corrected together, a period's own correction is all there is.
    spread["p_adjusted_all"], spread["is_hot_all"] = spread["p_adjusted"], spread["is_hot"]
    return {name: spread[name] for name in _FILL}


_TEXTS = tuple(name for name, fill in _FILL.items() if isinstance(fill, str))
_NUMBERS = {name: fill for name, fill in _FILL.items() if name not in _TEXTS}


def _all_zero(seen: Observation, sample: Sample) -> Columns:
    """Nothing happened anywhere: zeros were observed, and nothing can be tested."""
    zero = np.zeros(len(sample.asked))
    columns: Columns = {"observed": zero, "window_observed": zero, "events": zero}
    return _spread(columns, seen, np.where(sample.asked, ALL_ZERO, "context").astype(object))


def _stack(
    keys: Sequence[tuple[str, ...]],
    parts: Sequence[Columns],
    areas: "pd.Index[Any]",
    *,
    columns: Sequence[str] = (*_FILL, *_LOCAL, "flag"),
) -> pd.DataFrame:
    """One long table of the columns of all parts; its index is their keys, then the areas."""
    data = {
        name: np.concatenate([part[name] for part in parts] or [np.empty(0)]) for name in columns
    }
    # Built column by column: joining a table per factor and period would copy each of them.
    frame = pd.DataFrame(data, index=long_index(keys, areas), copy=False)
    return frame.astype({name: kind for name, kind in _DTYPES.items() if name in frame})


def _extremes_of(
    keys: Sequence[tuple[str, str]], parts: Sequence[Columns | None], areas: "pd.Index[Any]"
) -> pd.DataFrame:
    tables = [
        pd.DataFrame(part | {"factor": factor, "period": period})
        for (factor, period), part in zip(keys, parts, strict=True)
        if part
    ]
    if not tables:
        return pd.DataFrame(columns=list(_EXTREMES))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(area_code=areas[table["area"].to_numpy()])[list(_EXTREMES)]


_EXTREMES = (
    "factor",
    "period",
    "area_code",
    "observed",
    "expected",
    "exposure",
    "usual_exposure",
)


def _flags(areas: pd.DataFrame, weights: "csr_array[Any]") -> Texts:
    """What to bear in mind about an area's window."""
    # At the edge a window lacks the neighbours beyond it, and may miss a hotspot there or see half
    # of one.
    edge = areas["on_boundary"].to_numpy(bool) if "on_boundary" in areas else False
    alone = np.diff(weights.indptr) == 0
    words = np.where(edge, "edge of the study area", "").astype(object)
    return np.where(alone, "no neighbour", words).astype(object)
