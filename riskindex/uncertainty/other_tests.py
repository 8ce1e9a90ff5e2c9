"""A factor tested and scored in another way: other corrections, dispersions and methods."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.neighbours import centroids
from riskindex.arrays import Array, Flags
from riskindex.factors import Factor
from riskindex.hotspots.area_tests import expected_counts, first_test
from riskindex.hotspots.samples import Land, Observation, context_of, observe, together
from riskindex.index.scores import (
    SCORES,
    FactorMeasures,
    Risks,
    intensity,
    mean_of_known,
    measured_risk,
    prior_of,
    risk_of,
    tell_risks,
)
from riskindex.statistics.corrections import adjust, confidence_of
from riskindex.tables import rows
from riskindex.uncertainty.repeats import Data


class Tests(NamedTuple):
    """The tables of the tests that a list was made with."""

    data: Data
    hotspots: pd.DataFrame
    """As `find_hotspots` returns it, as is `pooled`."""
    pooled: pd.DataFrame


class _UpperTails(NamedTuple):
    """One test of every area, shape `(n,)`; NaN where it is undefined."""

    p: Array
    value: Array


def score_by_other_test(
    tests: Tests, factor: Factor, changed: Factor, *, again: bool = False
) -> pd.DataFrame:
    """Score of every area for a factor that is tested in another way.

    Parameters
    ----------
    tests
        How the factor was tested.
    factor, changed
        The factor as configured, and the same with another correction, level, dispersion, method
        or exposure.
    again
        Test again though the factor is the same: the neighbours in `tests` are others.

    Returns
    -------
    DataFrame
        Index area_code; `value`, `score`, `intensity` and `is_hot`, as of `score_factors`.
    """
    if factor.score == "risk":
        return _risk_by_other_test(tests, factor, changed)
    persistent = factor.score == "persistence"
    periods = [str(label) for label in (factor.periods if persistent else factor.periods[-1:])]
    as_tested = not again and _same_test(factor, changed)
    # Another correction needs no new test: p-values stand in the tables.
    outcomes = (
        _tails_as_tested(tests, factor, periods) if as_tested else _tested(tests, changed, periods)
    )
    # The pooled test, which only persistence has, comes last.
    each, pooled = outcomes[: len(periods)], outcomes[len(periods) :]
    adjusted = np.array([adjust(outcome.p, changed.correction) for outcome in each])
    hot, assessed = adjusted <= changed.level, ~np.isnan(adjusted)
    confidence = confidence_of(adjusted).astype(float)
    # What is hot only next door scores nothing here either, if the config says so.
    near = _next_door(tests, factor, changed, periods) & (hot | (confidence > 0))
    # The measure stays that of the test, since normalisations and ties look at it.
    values = np.array([outcome.value for outcome in each])
    nothing = np.full(hot.shape[1], np.nan)
    risks = _own_risk(tests, factor, changed, periods)
    measured = FactorMeasures(
        value=mean_of_known(values) if persistent else values[-1],
        is_hot=(hot & ~near)[-1],
        confidence=np.where(near, 0.0, confidence)[-1],
        assessed=assessed[-1],
        periods_hot=np.where(assessed.any(axis=0), (hot & ~near).sum(axis=0), np.nan),
        periods_assessed=assessed.sum(axis=0).astype(float),
        pooled_p_adjusted=adjust(pooled[0].p, changed.correction) if pooled else nothing,
        own=risks.mean,
        near=(hot & near)[-1].astype(float),
        near_confidence=np.where(near, confidence, 0.0)[-1],
        periods_near=(hot & near).sum(axis=0).astype(float),
    )
    score = SCORES[changed.score](measured, changed)
    columns = {
        "value": measured.value,
        "score": score,
        "intensity": intensity(measured, changed),
        "is_hot": score > 0 if persistent else measured.is_hot,
    }
    return pd.DataFrame(columns, index=tests.data.areas.index)


def _risk_by_other_test(tests: Tests, factor: Factor, changed: Factor) -> pd.DataFrame:
    """The same of a risk, which no test decides; what is hot stays as it was tested."""
    periods = [str(label) for label in factor.periods]
    measured = measured_risk(_own_risk(tests, factor, changed, periods))
    last = rows(tests.hotspots, factor=factor.name, period=periods[-1])
    columns = {
        "value": measured.value,
        "score": SCORES["risk"](measured, changed),
        "intensity": intensity(measured, changed),
        "is_hot": last["is_hot"].to_numpy(dtype=bool, na_value=False),
    }
    return pd.DataFrame(columns, index=tests.data.areas.index)


def _next_door(tests: Tests, factor: Factor, changed: Factor, periods: Sequence[str]) -> Flags:
    """Areas with no more events of their own than expected, `(periods, n)`; none as published."""
    by_itself, by_window = changed.method == "poisson", changed.method in ("window", "getis-ord")
    # As published, neighbours count as the area's own.
    if not by_itself and (changed.neighbourhood == "score" or not by_window):
        return np.zeros((len(periods), len(tests.data.areas)), dtype=bool)
    tables = [rows(tests.hotspots, factor=changed.name, period=label) for label in periods]
    observed, expected = (
        np.array([table[name].to_numpy(float) for table in tables])
        for name in ("observed", "expected")
    )
    if factor.exposure != changed.exposure and changed.method != "getis-ord":
        observed, expected, _ = _own_counts(tests, changed, periods)
    # By itself an area is hot through its own events or not at all.
    near: Flags = observed <= expected
    if by_itself:
        return near
    next_door: Flags = np.array([table["kind"] == "next door" for table in tables], dtype=bool)
    return near | next_door


def _same_test(factor: Factor, changed: Factor) -> bool:
    """Whether the change is of correction or level alone, which leaves p-values as they are."""
    # Correction and level are made of p-values; anything else changes these.
    return replace(changed, correction=factor.correction, level=factor.level) == factor


def _tails_as_tested(tests: Tests, factor: Factor, periods: Sequence[str]) -> list[_UpperTails]:
    """What the tables say of each period, and of all periods together for persistence."""
    tables = [rows(tests.hotspots, factor=factor.name, period=label) for label in periods]
    if factor.score == "persistence":
        # Persistence asks all periods together, too.
        tables.append(rows(tests.pooled, factor=factor.name).assign(value=np.nan))
    return [
        _UpperTails(*(t[c].to_numpy(float, na_value=np.nan) for c in ("p", "value")))
        for t in tables
    ]


def _own_risk(tests: Tests, factor: Factor, changed: Factor, periods: Sequence[str]) -> Risks:
    """The areas' own risk, against the base that the changed factor names."""
    # Against the same base the tables hold what was expected.
    if factor.exposure == changed.exposure and "getis-ord" not in (factor.method, changed.method):
        tables = [rows(tests.hotspots, factor=factor.name, period=label) for label in periods]
        return risk_of(tables, changed, neighbours=tests.data.weights)
    observed, expected, steps = _own_counts(tests, changed, periods)
    # The prior is estimated anew: against another base areas differ by another amount.
    prior = prior_of(observed, expected, steps, changed, tests.data.weights)
    risks = tell_risks(observed, expected, steps, changed, prior=prior)
    context = context_of(tests.data.areas)
    if context is None:
        return risks
    # Areas around the study area lend their events to its edge and are not judged.
    return Risks(*(np.where(context, np.nan, part) for part in risks))


def _own_counts(tests: Tests, factor: Factor, periods: Sequence[str]) -> tuple[Array, Array, Array]:
    """Weighted events and those expected of every area, `(periods, n)`; steps of the periods."""
    data, land = tests.data, _land(tests.data)
    observed, expected = np.full((2, len(periods), len(data.areas)), np.nan)
    steps = np.ones(len(periods))
    for k, label in enumerate(periods):
        one = observe(factor, label, data.counts, data.areas, pd.DataFrame())
        sample = land.sample(one, factor)
        observed[k, one.assessed] = sample.observed
        expected[k, one.assessed] = expected_counts(sample, factor)
        steps[k] = sample.step
    return observed, expected, steps


def _tested(tests: Tests, factor: Factor, periods: Sequence[str]) -> list[_UpperTails]:
    """Upper tails of each period and of all together, tested in the other way."""
    data, land = tests.data, _land(tests.data)
    seen = [observe(factor, label, data.counts, data.areas, pd.DataFrame()) for label in periods]
    if factor.score == "persistence":
        seen.append(together(seen, factor))
    return [_outcome(one, land, factor) for one in seen]


def _land(data: Data) -> Land:
    return Land(
        neighbours=data.weights,
        centroids=cache(lambda: centroids(data.areas["geometry"].to_numpy())),
        context=context_of(data.areas),
    )


def _outcome(seen: Observation, land: Land, factor: Factor) -> _UpperTails:
    sample, spread = land.sample(seen, factor), np.full((2, len(seen.reason)), np.nan)
    # Without an event nothing can be tested, and every p stays missing.
    if sample.events.any():
        result = first_test(sample, factor)
        spread[:, seen.assessed] = result.p, result.value
    return _UpperTails(*spread)


# Which other tests there are


class OtherTest(NamedTuple):
    """Another way to test, and what it makes of a factor; None where it changes nothing."""

    words: str
    of: Callable[[Factor, pd.DataFrame], Factor | None]


def other_tests(*, quick: bool = False) -> Iterator[OtherTest]:
    """The other ways to test; `quick`: those that the p-values of the tables are enough for."""
    for word, words in _CORRECTION_WORDS.items():
        yield OtherTest(words, _changing(correction=word))
    if quick:
        return
    yield OtherTest("Tests that allow for no dispersion", _without_dispersion)
    for method, words in _METHOD_WORDS.items():
        yield OtherTest(words, _by_method(method))


_CORRECTION_WORDS = {
    "benjamini-hochberg": "Correction for many areas by Benjamini and Hochberg",
    "benjamini-yekutieli": "Correction for many areas by Benjamini and Yekutieli",
    "bonferroni": "Correction for many areas by Bonferroni",
    "none": "No correction for many areas",
}
_METHOD_WORDS = {
    "window": "Events tested by window, against residents",
    "getis-ord": "Events tested by Getis-Ord Gi*, against the same counts shuffled",
    "poisson": "Events tested area by area, against residents",
}


def _changing(**changes: object) -> Callable[[Factor, pd.DataFrame], Factor | None]:
    options: Any = changes

    def change(factor: Factor, _areas: pd.DataFrame) -> Factor | None:
        changed = replace(factor, **options)
        return None if changed == factor else changed

    return change


def _without_dispersion(factor: Factor, areas: pd.DataFrame) -> Factor | None:
    # Permutation needs no dispersion: it takes the counts as they are.
    if factor.method == "getis-ord":
        return None
    return _changing(dispersion="none")(factor, areas)


def _by_method(method: str) -> Callable[[Factor, pd.DataFrame], Factor | None]:
    def change(factor: Factor, areas: pd.DataFrame) -> Factor | None:
        # Shuffling needs no base; the other methods take residents where nothing is named.
        exposure = factor.exposure or ("residents" if "residents" in areas else None)
        if factor.method == method or (method != "getis-ord" and exposure is None):
            return None
        return _changing(method=method, exposure=exposure)(factor, areas)

    return change
