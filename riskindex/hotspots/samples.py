"""Samples: what one factor counted in one period, on the areas that can be assessed."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from riskindex.arrays import Array, Flags, IdentityKey, Integers, Texts
from riskindex.errors import DataError
from riskindex.factors import Factor
from riskindex.statistics.expectation import expected_by_strata, windows_of
from riskindex.statistics.weight_steps import weight_steps

ALL_ZERO = "all zero"
"""Reason where nothing was counted in any area: nothing can be tested, and nothing is hot."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Counts and exposure of n areas, all of which can be assessed."""

    counts: Array
    """Events per area and event group, shape (n, groups), whole numbers."""
    event_weights: Integers
    """What an event of each group counts, shape (groups,), in steps of `unit`."""
    exposure: Array
    """What events are expected from, positive, shape (n,)."""
    neighbours: "csr_array[Any]"
    """Shape (n, n), binary, zero diagonal."""
    unit: float = 1.0
    """What a step of the weights is worth: no test depends on it, and sums that are told do."""
    centroids: Array | None = None
    """Shape (n, 2), metres; only where the background is local."""
    context: Flags | None = None
    """Areas around the study area, which are in windows but are not asked about."""

    @cached_property
    def asked(self) -> Flags:
        """Areas that are tested themselves."""
        n = len(self.exposure)
        return np.ones(n, dtype=bool) if self.context is None else ~self.context

    @cached_property
    def windows(self) -> "csr_array[Any]":
        """Shape (n, n): every area with its neighbours."""
        return windows_of(IdentityKey(self.neighbours))

    @cached_property
    def observed(self) -> Array:
        """Weighted sum of events per area, in steps of `unit`."""
        return np.asarray(self.counts @ self.event_weights.astype(float))

    @cached_property
    def events(self) -> Array:
        """Number of events per area, unweighted."""
        return np.asarray(self.counts.sum(axis=1))

    @cached_property
    def step(self) -> float:
        """Variance of the weighted sum over its mean, if events are Poisson: 1 without weights."""
        totals, weights = self.counts.sum(axis=0), self.event_weights
        mean = float(totals @ weights)
        # A sum of weighted Poisson counts varies by the sum of squared weights: with harm scores
        # far more than its mean.
        return float(totals @ weights**2) / mean if mean else 1.0

    def expected(self, total: float) -> Array:
        """A total shared out over the areas by exposure."""
        return np.asarray(total * self.exposure / self.exposure.sum())


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What one factor counted in one period, for every area, with why some are not assessed."""

    counts: Array
    """Shape (n, groups); NaN where the source does not cover the area."""
    event_weights: Integers
    """What an event of each group counts, in steps of `unit`."""
    exposure: Array
    """Shape (n,); NaN where missing. All 1 for getis-ord, which takes none."""
    reason: Texts
    """Why an area cannot be assessed, "" where it can."""
    unit: float = 1.0
    """What a step of the weights is worth."""

    @cached_property
    def assessed(self) -> Flags:
        """Areas that can be assessed."""
        return np.asarray(self.reason == "")


@dataclass(frozen=True, kw_only=True)
class Land:
    """The areas that every factor shares."""

    neighbours: "csr_array[Any]"
    """Shape (n, n), binary, zero diagonal."""
    centroids: Callable[[], Array]
    """Gives the centroids where a factor asks for its surroundings."""
    context: Flags | None = None
    """Shape (n,): areas around the study area; None where there are none."""

    def sample(self, seen: Observation, factor: Factor) -> Sample:
        """The assessed areas of an observation; the others leave their neighbours' windows."""
        keep = seen.assessed
        whole, local = bool(keep.all()), factor.background == "local"
        # Centres are worked out at most once, and only where somebody asks for surroundings.
        points = self.centroids() if local and factor.method != "getis-ord" else None
        return Sample(
            counts=seen.counts[keep],
            event_weights=seen.event_weights,
            unit=seen.unit,
            exposure=seen.exposure[keep],
            # An area that is not covered leaves windows altogether; as a zero it would make its
            # neighbours' windows look quiet.
            neighbours=self.neighbours if whole else self.neighbours[keep][:, keep],
            centroids=points if whole or points is None else points[keep],
            context=None if self.context is None else self.context[keep],
        )


def context_of(areas: pd.DataFrame) -> Flags | None:
    """Which areas are context, from the column that `areas.with_context` adds, if it did."""
    return areas["is_context"].to_numpy(dtype=bool) if "is_context" in areas else None


def observe(
    factor: Factor,
    period: str,
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    tables: pd.DataFrame,
) -> Observation:
    """What a factor counted in one period, or what its table says.

    Parameters
    ----------
    factor
        Names the counts, the base or the table's columns.
    period
        Label of the period; "" for a table.
    counts, areas, tables
        As `find_hotspots` takes them.

    Raises
    ------
    DataError
        The counts, the base or the table's columns are not there.
    """
    unit = 1.0
    if factor.counts_events and factor.standardised:
        observed, exposure = _standardised(factor, period, counts, areas)
        weights, missing = np.ones(1, dtype=np.int64), "not covered"
    elif factor.counts_events:
        observed = _events(factor, period, counts)
        # Decimal weights of harm become whole steps, which exact laws need.
        weights, unit = weight_steps([group.weight for group in factor.groups])
        # Gi* shuffles counts as they are; a base would be another method.
        base = None if factor.method == "getis-ord" else factor.exposure
        # Equal exposures say that every area is taken to be alike.
        exposure = np.ones(len(observed)) if base is None else _column(areas, base, factor)
        missing = "not covered"
    else:
        observed = _column(tables, factor.column(factor.numerator or ""), factor)[:, None]
        weights, missing = np.ones(1, dtype=np.int64), "missing"
        exposure = np.ones(len(observed))
        if factor.denominator is not None:
            exposure = _column(tables, factor.column(factor.denominator), factor)
            if factor.method in ("threshold", "value"):
                _refuse_shares_above_one(observed[:, 0], exposure, tables.index, factor)
        if factor.method == "getis-ord":
            # Of a share under Gi* the base only says where there is a share.
            exposure = np.where(exposure > 0, 1.0, exposure)
    return Observation(
        counts=observed,
        event_weights=weights,
        exposure=exposure,
        reason=_reasons(np.asarray(np.isnan(observed).any(axis=1)), missing, exposure),
        unit=unit,
    )


def _refuse_shares_above_one(
    part: Array, whole: Array, areas: "pd.Index[Any]", factor: Factor
) -> None:
    is_above = (part > whole) & (whole > 0)
    # More people out of work than people: columns of two tables were mixed up.
    above = areas[is_above]
    if len(above):
        first = f"{part[is_above][0]:,g} of {whole[is_above][0]:,g}"
        raise DataError(
            f"{factor.label}: {factor.numerator} of {factor.source} is larger than "
            f"{factor.denominator} in {len(above):,} areas (first: {above[0]}, {first}), which no "
            "share can be. Check the columns."
        )


def _standardised(
    factor: Factor, period: str, counts: pd.DataFrame, areas: pd.DataFrame
) -> tuple[Array, Array]:
    """Events of all groups, and how many there would be if each had one rate of its own base."""
    observed = _events(factor, period, counts)
    populations = np.column_stack([_column(areas, g.exposure, factor) for g in factor.groups])
    complete = ~np.isnan(observed + populations).any(axis=1)
    # An area that lacks one stratum would be expected too little.
    populations[~complete] = np.nan
    events = observed[complete].sum(axis=0)
    # Without an event no rate is known, and that nothing happened is for the test to say.
    exposure = expected_by_strata(events if events.any() else np.ones_like(events), populations)
    return observed.sum(axis=1, keepdims=True), exposure


def together(seen: Sequence[Observation], factor: Factor) -> Observation:
    """All periods of a factor added up.

    An area that some periods do not cover keeps its other periods, with an exposure that carries
    only their totals; without exposures (getis-ord) areas must be covered throughout.
    """
    covered = np.array([part.assessed for part in seen])
    every = covered.all(axis=0)
    # Years that a source does not cover add neither events nor expectation.
    parts = [np.where(part.assessed[:, None], part.counts, 0.0) for part in seen]
    reason = np.where(covered.any(axis=0), "", seen[-1].reason).astype(object)
    exposure = seen[0].exposure
    alike = all(np.array_equal(part.exposure, exposure, equal_nan=True) for part in seen)
    if factor.method == "getis-ord":
        # Shuffling takes areas to be alike; an area with fewer years is not.
        reason = np.where(every, "", "not covered in every period").astype(object)
    elif not (every.all() and alike):
        exposure = _carried(seen, parts, covered)
        reason = np.where((reason == "") & ~(exposure > 0), ALL_ZERO, reason).astype(object)
    return Observation(
        counts=np.sum(parts, axis=0),
        event_weights=seen[0].event_weights,
        exposure=exposure,
        reason=reason,
        unit=seen[0].unit,
    )


def _carried(seen: Sequence[Observation], parts: Sequence[Array], covered: Flags) -> Array:
    """What each area's covered periods expect, by each period's own rate."""
    weights = seen[0].event_weights
    exposures = [np.where(c, part.exposure, 0.0) for part, c in zip(seen, covered, strict=True)]
    totals = [float((part @ weights).sum()) for part in parts]
    # Each period at its own rate: an area that is covered in busy years only is expected more.
    rates = [
        total / max(float(e.sum()), 1e-300) for total, e in zip(totals, exposures, strict=True)
    ]
    return np.asarray(np.array(rates) @ np.array(exposures))


def _events(factor: Factor, period: str, counts: pd.DataFrame) -> Array:
    columns = [(factor.name, group.label, period) for group in factor.groups]
    # Counted with other factors than are tested: a mistake of the caller, and no zero.
    absent = [column for column in columns if column not in counts.columns]
    if absent:
        raise DataError(
            f"{factor.label}: no counts of {absent[0][1]!r} in {period}. "
            "Count the events with the same factors that are tested."
        )
    # By position: a list of names would be made into an index of its own at every call.
    at = [counts.columns.get_loc(column) for column in columns]
    # NA stays NaN: not covered is not zero events.
    return np.asarray(counts.iloc[:, at].to_numpy(dtype=np.float64, na_value=np.nan))


def _column(table: pd.DataFrame, column: Hashable, factor: Factor) -> Array:
    if column not in table.columns:
        raise DataError(f"{factor.label}: there is no column {column!r} to test against.")
    values = table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


def _reasons(missing: Flags, word: str, exposure: Array) -> Texts:
    # In this order: a missing count says more than a missing base, and the first reason stands.
    codes: Mapping[str, Flags] = {
        word: missing,
        "exposure missing": np.isnan(exposure),
        "no exposure": ~(exposure > 0),
    }
    return np.select(list(codes.values()), list(codes), default="").astype(object)
