"""Repeats: what would have been counted, and scored, had the same risks been observed again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.neighbours import centroids
from riskindex.arrays import Array, Flags, Positions
from riskindex.factors import Factor
from riskindex.hotspots.area_tests import expected_counts
from riskindex.hotspots.samples import Land, Observation, Sample, context_of, observe, together
from riskindex.index.scores import (
    SCORES,
    FactorMeasures,
    Risks,
    intensity,
    mean_of_known,
    measured_risk,
    prior_of,
    tell_risks,
)
from riskindex.statistics.posterior_risks import (
    Posterior,
    Prior,
    SpatialPrior,
    posterior_risks,
)
from riskindex.tables import rows
from riskindex.uncertainty.fast_tests import Repeated, expected_again, repeat_tests

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Drawn(NamedTuple):
    """Repeats of one factor or of several, shape `(draws, n)` or `(draws, n, factors)`."""

    score: Array
    """0 to 100; NaN where not assessed."""
    value: Array
    """What was measured, so that it can be normalised in another way."""
    intensity: Array
    """0 to 100, the percentile of the value."""
    is_hot: Flags

    def at(self, draws: Positions) -> "Drawn":
        """Some of the repeats; one row stands for all of them."""
        if len(self.score) == 1:
            return self
        return Drawn(
            self.score[draws], self.value[draws], self.intensity[draws], self.is_hot[draws]
        )


class Data(NamedTuple):
    """The tables that the counts of a run came from."""

    counts: pd.DataFrame
    """Index area_code, columns (factor, group, period)."""
    areas: pd.DataFrame
    """Index area_code; bases, and `geometry` where a factor's background is local."""
    weights: "csr_array[Any]"
    """Neighbours, shape `(n, n)`."""


@dataclass(frozen=True, kw_only=True)
class _Period:
    """One period of a factor: its assessed areas and what is expected in each."""

    keep: Flags
    sample: Sample
    expected: Array
    """Events per area and group if risks were equal, shape `(n of the sample, groups)`."""


@dataclass(frozen=True, kw_only=True)
class Repeater:
    """Draws repeats of one factor that counts events."""

    factor: Factor
    covered: Flags
    """Areas that any period covers; the risks are of these."""
    periods: Sequence[_Period]
    pooled: _Period | None
    """All periods together, where there are several."""
    risks: Sequence[Posterior]
    """One per event group: one effect per area over all periods."""
    expected: Array
    """Events that the groups expect over all periods, shape `(n, groups)`."""
    prior: SpatialPrior | None = None
    """Found from the counts, and held in repeats, where the factor's risks have a spatial one."""

    @classmethod
    def of(cls, factor: Factor, data: Data, prior: Prior) -> "Repeater":
        """Fit the risks of one factor."""
        land = Land(
            neighbours=data.weights,
            centroids=cache(lambda: centroids(data.areas["geometry"].to_numpy())),
            context=context_of(data.areas),
        )
        seen = [
            observe(factor, str(label), data.counts, data.areas, pd.DataFrame())
            for label in factor.periods
        ]
        # Samples, windows and exposure stay as they are; only counts are drawn again.
        periods = [_period(observation, land, factor) for observation in seen]
        pooled = _period(together(seen, factor), land, factor) if len(seen) > 1 else None
        # An area that any period covers has a risk; counts are drawn where the period covers it.
        covered = np.any([period.keep for period in periods], axis=0)
        observed, expected = _totals(periods, len(covered))
        # Neighbours that no file covers tell nothing about an area's risk.
        near = data.weights[covered][:, covered]
        # One effect for each area and group over all periods: drawing each period apart would make
        # last year's hotspot forget this year's.
        risks = [
            posterior_risks(observed[covered, g], expected[covered, g], near, prior=prior)
            for g in range(observed.shape[1])
        ]
        return cls(
            factor=factor,
            covered=covered,
            periods=periods,
            pooled=pooled,
            risks=risks,
            expected=expected,
            prior=_held_prior(periods, factor, data.weights),
        )

    def draw(self, rng: np.random.Generator, draws: int) -> Drawn:
        """Count, test and score again."""
        # Parametric: risks from the posterior, then counts from the risks. Counts drawn around the
        # observed ones would have the noise twice.
        risk = self._by_group(rng, draws)
        counts = np.zeros((len(self.periods), *risk.shape))
        for period, repeated in zip(self.periods, counts, strict=True):
            # The same risk in every period: years differ in repeats by chance alone.
            mean = risk[:, period.keep] * period.expected
            # Poisson given the risk; the variance beyond it is in the draw of the risk.
            repeated[:, period.keep] = rng.poisson(mean)
        return self._scored(counts)

    def draw_risks(self, rng: np.random.Generator, draws: int) -> Array:
        """The areas' risks over all groups of events, from their posterior.

        Returns
        -------
        Array
            Weighted events over those expected, shape `(draws, n)`; NaN where nothing covers the
            area.
        """
        # Expected and not counted shares: counts of a small area would be mostly noise.
        share = self.expected * self.periods[0].sample.event_weights
        # Groups of events count by their weights, in proportion to what is expected of each.
        total = share.sum(axis=1)
        weighted = np.einsum("dng,ng->dn", self._by_group(rng, draws), share)
        nothing = np.full(weighted.shape, np.nan)
        covered = self.covered & (total > 0)
        return np.asarray(np.divide(weighted, total, out=nothing, where=covered))

    def _by_group(self, rng: np.random.Generator, draws: int) -> Array:
        """Risks of every area and group of events; shape `(draws, n, groups)`."""
        risk = np.zeros((draws, len(self.covered), len(self.risks)))
        for g, risks in enumerate(self.risks):
            risk[:, self.covered, g] = risks.draw(rng, draws)
        return risk

    def _scored(self, counts: Array) -> Drawn:
        # No test decides a risk, which saves most of the time of a repeat.
        if self.factor.score == "risk":
            return self._by_risk(counts)
        tests = [
            _over_all(period, repeat_tests(period.sample, repeated[:, period.keep], self.factor))
            for period, repeated in zip(self.periods, counts, strict=True)
        ]
        # The map and most scores are of the last period.
        last = tests[-1]
        assessed = ~np.isnan([test.p_adjusted for test in tests])
        persistent = self.factor.score == "persistence"
        # Only persistence looks at earlier periods.
        which = range(len(tests)) if persistent else [len(tests) - 1]
        measured = FactorMeasures(
            value=mean_of_known(np.array([t.value for t in tests])) if persistent else last.value,
            is_hot=last.is_hot,
            confidence=last.confidence,
            assessed=assessed[-1],
            periods_hot=np.sum([test.is_hot for test in tests], axis=0).astype(float),
            periods_assessed=assessed.sum(axis=0).astype(float),
            pooled_p_adjusted=self._pooled(counts),
            own=self._own_risk(counts, which).mean if self.factor.is_tested else None,
            near=last.near.astype(float),
            near_confidence=last.near_confidence,
            periods_near=np.sum([test.near for test in tests], axis=0).astype(float),
        )
        # The same functions as in the run: a repeat is the method, not a model of it.
        score = SCORES[self.factor.score](measured, self.factor)
        hot = score > 0 if persistent else last.is_hot
        return Drawn(score, measured.value, intensity(measured, self.factor), hot)

    def by_means(self) -> Drawn:
        """Posterior means of the risks as they were counted, and their usual score; one row."""
        counts = np.zeros((len(self.periods), 1, len(self.covered), len(self.risks)))
        for period, counted in zip(self.periods, counts, strict=True):
            counted[:, period.keep] = period.sample.counts
        # Ties are put in order by means of risks whatever the score tells of them.
        means = replace(self.factor, estimate="mean", normalise=None)
        return replace(self, factor=means)._by_risk(counts)

    def _by_risk(self, counts: Array) -> Drawn:
        """Scores of the areas' own risk: what is hot does not matter to them."""
        measured = measured_risk(self._own_risk(counts, range(len(self.periods))))
        score = SCORES["risk"](measured, self.factor)
        return Drawn(score, measured.value, intensity(measured, self.factor), measured.is_hot)

    def _own_risk(self, counts: Array, which: Sequence[int]) -> Risks:
        """The areas' own risk of every repeat, over some periods; shape `(draws, n)`."""
        counts, periods = counts[list(which)], [self.periods[k] for k in which]
        # Missing where a period does not cover an area, which then weighs the others.
        observed, expected = np.full(counts.shape[:3], np.nan), np.full(counts.shape[:3], np.nan)
        asked = np.ones(len(self.covered), dtype=bool)
        for k, period in enumerate(periods):
            mine, weights = counts[k][:, period.keep], period.sample.event_weights.astype(float)
            observed[k][:, period.keep] = mine @ weights
            expected[k][:, period.keep] = expected_again(period.sample, mine, self.factor)
            asked[period.keep] = period.sample.asked
        steps = np.array([period.sample.step for period in periods])
        risks = tell_risks(observed, expected, steps, self.factor, prior=self.prior)
        return Risks(*(np.where(asked, part, np.nan) for part in risks))

    def _pooled(self, counts: Array) -> Array:
        if self.pooled is None or self.factor.score != "persistence":
            return np.full(counts.shape[1:3], np.nan)
        total = counts.sum(axis=0)[:, self.pooled.keep]
        return _over_all(
            self.pooled, repeat_tests(self.pooled.sample, total, self.factor)
        ).p_adjusted


def fixed(scores: pd.DataFrame, factor: Factor) -> Drawn:
    """A factor that is not drawn again, because it comes from a table: one row for all repeats."""
    mine = rows(scores, factor=factor.name)
    score, value, percentile = (
        mine[name].to_numpy(float)[None, :] for name in ("score", "value", "intensity")
    )
    return Drawn(score, value, percentile, mine["is_hot"].to_numpy(bool)[None, :])


def stacked(parts: Sequence[Drawn], draws: int) -> Drawn:
    """Several factors as one array, shape `(draws, n, factors)`."""
    n = parts[0].score.shape[1]
    columns = zip(*parts, strict=True)
    return Drawn(
        *(np.stack([np.broadcast_to(c, (draws, n)) for c in cs], axis=2) for cs in columns)
    )


def _period(seen: Observation, land: Land, factor: Factor) -> _Period:
    sample = land.sample(seen, factor)
    # Each group of events is expected from its own total.
    share = sample.exposure / sample.exposure.sum()
    return _Period(
        keep=seen.assessed,
        sample=sample,
        expected=np.outer(share, sample.counts.sum(axis=0)),
    )


def _held_prior(
    periods: Sequence[_Period], factor: Factor, neighbours: "csr_array[Any]"
) -> SpatialPrior | None:
    # The prior is found from the counts as they are, and held in repeats.
    observed, expected = np.full((2, len(periods), len(periods[0].keep)), np.nan)
    for k, period in enumerate(periods):
        observed[k, period.keep] = period.sample.observed
        expected[k, period.keep] = expected_counts(period.sample, factor)
    steps = np.array([period.sample.step for period in periods])
    return prior_of(observed, expected, steps, factor, neighbours)


def _totals(periods: Sequence[_Period], n: int) -> tuple[Array, Array]:
    """Events counted and expected over the periods that cover an area, shape `(n, groups)`."""
    groups = periods[0].expected.shape[1]
    observed, expected = np.zeros((n, groups)), np.zeros((n, groups))
    for period in periods:
        observed[period.keep] += period.sample.counts
        expected[period.keep] += period.expected
    return observed, expected


def _over_all(period: _Period, repeated: Repeated) -> Repeated:
    """Columns of the assessed areas as columns of all areas."""
    shape = (len(repeated.value), len(period.keep))
    empty: Mapping[str, Any] = {
        "value": np.nan,
        "p_adjusted": np.nan,
        "confidence": 0.0,
        "is_hot": False,
        "near": False,
        "near_confidence": 0.0,
    }
    spread = {}
    for name, filler in empty.items():
        # Areas that a period does not cover are neither hot nor cold in it.
        column = np.full(shape, filler)
        column[:, period.keep] = getattr(repeated, name)
        spread[name] = column
    return Repeated(**spread)
