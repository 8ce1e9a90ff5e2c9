"""Changes: the last period of every area against its earlier ones, given the total of all."""

from typing import NamedTuple

import numpy as np
from scipy import special

from riskindex.arrays import Array, Flags

PASSES = 5
"""How often the weights of the areas are renewed with the variation found."""
MOST_EVIDENCE = 20.0
"""Areas are never taken to be so alike that all together say more of an area than so many of its
own periods: bursts are rare, and most maps show none before the last period."""
LEAST_EVENTS = 5
"""Areas of fewer events say nothing of how they vary: an area's own variation is that before the
last period where it had so many events by then (as far as areas are alike in it), so that a rise
does not hide itself, and that of all periods where it had not: all events in one burst are no
rise."""


class Change(NamedTuple):
    """The last period against the earlier ones, given the total of all of them."""

    rising: Array
    """P(last period at least as high), NaN where not assessed."""
    falling: Array
    """P(last period at most as high), NaN where not assessed."""
    attainable: Array
    """Smallest two-sided p that this total allows; it depends on the total alone."""


class Variation(NamedTuple):
    """How much areas vary between periods beyond chance.

    Any two events of an area with n events fall in one period more often than by chance by as
    much as if they were one event with probability `quadratic + linear / n`.
    """

    quadratic: float
    """Risk that swings from period to period, in all areas alike: excess variance grows with the
    square of the mean."""
    linear: float
    """Events that come in bursts: excess variance in proportion to the mean (quasi-Poisson)."""
    periods_of_others: float
    """How many periods' worth of evidence on an area's variation all areas together are; infinite
    where a dispersion was given."""


def change_test(observed: Array, expected: Array, *, dispersion: float | None = None) -> Change:
    """Test of the last period against the earlier ones, given their total.

    Parameters
    ----------
    observed, expected
        Counts and expectations, shape `(n, periods)`, oldest first; each period's expectations
        carry that period's own total. NaN where a period is not assessed.
    dispersion
        Variance of relative risk between periods, the same for all areas; 0 is the exact
        binomial. Left out, each area's variation is estimated (see `period_variation`).

    Returns
    -------
    Change
        Binomial tails where areas do not vary between periods beyond chance, beta-binomial where
        they do. NaN where the last period, all the earlier ones or any event is missing.

    References
    ----------
    Przyborowski and Wilenski (1940), Biometrika 31, 313-323 (the binomial conditional); Smyth
    (2004), Statistical Applications in Genetics 3, 3 (variances moderated by those of all).
    """
    covered, x, e = _covered(observed, expected)
    total, periods = x.sum(axis=1), covered.sum(axis=1)
    usable = covered[:, -1] & (periods >= 2) & (total > 0)
    # Given an area's total over all periods, events of the last one are binomial: the area's own
    # level cancels.
    share = np.divide(e[:, -1], e.sum(axis=1), out=np.full(len(x), np.nan), where=usable)
    # Real counts swing from year to year by more than chance; a binomial law would call that a
    # change.
    if dispersion is None:
        variation = period_variation(observed, expected)
        pooled = _pooled(variation, total)
        own, more = _moderated(variation, pooled, covered, x, e)
    else:
        variation = Variation(dispersion / max(float(periods.mean()), 1.0), 0.0, np.inf)
        pooled = own = 1 / (1 + periods / dispersion) if dispersion > 0 else np.zeros(len(x))
        more = periods - 1.0
    tails_given_total = _conditional_tails(
        x[usable, -1], total[usable], share[usable], _size(own[usable])
    )
    # Areas of few events can never show a change: they are left out of the correction, which they
    # would only make stricter (Tarone).
    least = _attainable(total[usable], share[usable], _size(pooled[usable]))
    evidence = variation.periods_of_others + more[usable]
    # A variance known from few periods makes heavier tails, as Student's t does for a mean.
    tails = [_with_evidence(tail, evidence) for tail in tails_given_total]
    rising, falling, attainable = (np.full(len(x), np.nan) for _ in range(3))
    for column, values in zip((rising, falling, attainable), (*tails, least), strict=True):
        column[usable] = values
    return Change(rising, falling, attainable)


def period_variation(observed: Array, expected: Array) -> Variation:
    """How much areas vary between periods beyond chance, by Pearson's statistic of each area.

    Given an area's n events, the statistic over its degrees of freedom is on average 1 + (n - 1)
    (quadratic + linear / n), whatever lasting risk the area has; both are fitted by weighted
    least squares, and are not below 0. How unlike the areas are beyond that, before the last
    period, says how far an area's own variation is to be believed. Shapes as in `change_test`.
    """
    covered, x, e = _covered(observed, expected)
    n, periods = x.sum(axis=1), covered.sum(axis=1)
    some = (periods >= 2) & (n >= 2)
    if not some.any():
        return Variation(0.0, 0.0, MOST_EVIDENCE)
    pearson, n, periods = _pearson(covered, x, e)[some], n[some], periods[some]
    quadratic, linear = 0.0, 0.0
    for _ in range(PASSES):
        # Iteratively reweighted: the variance of Pearson's statistic rises with its mean.
        usual = 1 + (n - 1) * (quadratic + linear / n)
        weight = (periods - 1) / usual**2
        quadratic, linear = _fit(pearson - 1, n - 1, (n - 1) / n, weight)
    alike = Variation(quadratic, linear, np.inf)
    return alike._replace(periods_of_others=_periods_of_others(alike, covered, x, e))


def _periods_of_others(variation: Variation, covered: Flags, x: Array, e: Array) -> float:
    """How far the areas' own variation is alike, from all periods but the last.

    Areas that change in the last period vary more by that, and must not make all areas unlike.
    """
    covered, x, e = covered[:, :-1], x[:, :-1], e[:, :-1]
    n, periods = x.sum(axis=1), covered.sum(axis=1)
    many = (periods >= 2) & (n >= LEAST_EVENTS)
    if many.sum() < 2:
        return MOST_EVIDENCE
    usual = (1 + (n - 1) * _pooled(variation, n))[many]
    # A chi-square over its degrees of freedom has the variance 2 / df even if areas are alike.
    by_chance = float((2 / (periods[many] - 1)).mean())
    spread = float(np.var(_pearson(covered, x, e)[many] / usual))
    unlike = (spread - by_chance) / (1 + by_chance)
    # Moments of a scaled inverse chi-square prior (Smyth 2004), solved for its degrees of freedom.
    return min(4 + 2 / unlike, MOST_EVIDENCE) if unlike > 0 else MOST_EVIDENCE


def _covered(observed: Array, expected: Array) -> tuple[Flags, Array, Array]:
    covered = np.isfinite(observed) & np.isfinite(expected) & (expected > 0)
    return covered, np.where(covered, observed, 0.0), np.where(covered, expected, 0.0)


def _pearson(covered: Flags, x: Array, e: Array) -> Array:
    """Pearson's statistic of every area's periods given its total, over its degrees of freedom."""
    n, base = x.sum(axis=1, keepdims=True), e.sum(axis=1, keepdims=True)
    fitted = np.where(covered & (n > 0), n * e / np.where(base > 0, base, 1.0), 1.0)
    apart = np.where(covered & (n > 0), (x - fitted) ** 2 / fitted, 0.0).sum(axis=1)
    return np.asarray(apart / np.maximum(covered.sum(axis=1) - 1, 1))


def _fit(y: Array, one: Array, other: Array, weight: Array) -> tuple[float, float]:
    """Weighted least squares of y on two columns, neither coefficient below 0."""
    a, b, c = ((weight * u * v).sum() for u, v in ((one, one), (one, other), (other, other)))
    p, q = (weight * one * y).sum(), (weight * other * y).sum()
    inside = a * c - b * b
    first, second = (c * p - b * q, a * q - b * p) if inside > 1e-12 * a * c else (-1.0, -1.0)
    if first >= 0 and second >= 0:
        return float(first / inside), float(second / inside)
    # One of the two is 0: the better of the two fits.
    alone = max(p / a, 0.0), max(q / c, 0.0)
    return (float(alone[0]), 0.0) if alone[0] * p >= alone[1] * q else (0.0, float(alone[1]))


def _pooled(variation: Variation, n: Array) -> Array:
    """The probability that two events are as one, by how many events an area has."""
    alike = variation.quadratic + variation.linear / np.maximum(n, 1)
    return np.asarray(np.minimum(alike, MOST_ALIKE))


def _moderated(
    variation: Variation, pooled: Array, covered: Flags, x: Array, e: Array
) -> tuple[Array, Array]:
    """The same with the area's own variation, where it varies more than others do.

    Also on how many periods of its own each area's variation rests.
    """
    own, more = _own_variation(variation, pooled, covered, x, e)
    before = _own_variation(variation, pooled, covered[:, :-1], x[:, :-1], e[:, :-1])
    # A last period in its own yardstick masks itself, the more so the higher it is. Where areas
    # are unlike in how they vary, though, a burst may be what this area is like.
    enough = x[:, :-1].sum(axis=1) >= LEAST_EVENTS
    alike = np.where(enough, variation.periods_of_others / MOST_EVIDENCE, 0.0)
    own, more = (alike * b + (1 - alike) * a for a, b in zip((own, more), before, strict=True))
    return np.maximum(own, pooled), more


def _own_variation(
    variation: Variation, pooled: Array, covered: Flags, x: Array, e: Array
) -> tuple[Array, Array]:
    """The probability that two events are as one, by an area's own periods and those of others."""
    n, mine = x.sum(axis=1), np.maximum(covered.sum(axis=1) - 1.0, 0.0)
    usual = 1 + (n - 1) * _pooled(variation, n)
    others = variation.periods_of_others
    # Smyth's moderated variance: the prior and the area's own, weighted by degrees of freedom.
    both = (others * usual + mine * _pearson(covered, x, e)) / (others + mine)
    return np.clip((both - 1) / np.maximum(n - 1, 1), 0.0, MOST_ALIKE), mine


def _with_evidence(tail: Array, evidence: Array) -> Array:
    """A tail whose variance is known from so many periods: that of Student's t at its normal z."""
    # Only small tails are made heavier; above a half t and normal would cross.
    z = special.ndtri(np.minimum(tail, 0.5))
    heavier = special.stdtr(np.where(np.isinf(evidence), 1.0, evidence), z)
    return np.asarray(np.where(np.isinf(evidence) | (tail >= 0.5), tail, heavier))


MOST_ALIKE = 0.98
"""Two events of an area are as one with at most this probability."""


def _size(alike: Array) -> Array:
    """Size of the beta-binomial law in which two events are as one with so much probability."""
    endless = np.full(len(alike), np.inf)
    return np.asarray(np.divide(1 - alike, alike, out=endless, where=alike > 0))


def _conditional_tails(k: Array, n: Array, share: Array, size: Array) -> tuple[Array, Array]:
    """Upper and lower tail of k of n; size inf is the binomial."""
    if not np.isfinite(size).any():
        upper = np.where(k > 0, special.betainc(np.maximum(k, 1), n - k + 1, share), 1.0)
        lower = np.where(k < n, special.betainc(np.maximum(n - k, 1), k + 1, 1 - share), 1.0)
        return upper, lower
    # A size without end is the binomial, which so large a size is as well.
    size = np.minimum(size, 1e7)
    a, b = share * size, (1 - share) * size
    # Summed on the near side and mirrored on the other, so that small tails keep their digits.
    high = k >= n * share
    tail = _beta_binomial_tail(
        np.where(high, k, n - k), n, np.where(high, a, b), np.where(high, b, a)
    )
    other = np.minimum(1, 1 - tail + np.exp(_log_beta_binomial(k, n, a, b)))
    return np.where(high, tail, other), np.where(high, other, tail)


def _attainable(n: Array, share: Array, size: Array) -> Array:
    """Smallest two-sided p of n events: that of none, or of all of them, in the last period."""
    if not np.isfinite(size).any():
        # Tarone (1990): a discrete test with so few events cannot reach a smaller p.
        return np.asarray(np.minimum(1, 2 * np.minimum(share**n, (1 - share) ** n)))
    size = np.minimum(size, 1e7)
    a, b = share * size, (1 - share) * size
    ends = np.minimum(_log_beta_binomial(n, n, a, b), _log_beta_binomial(np.zeros_like(n), n, a, b))
    return np.asarray(np.minimum(1, 2 * np.exp(ends)))


def _log_beta_binomial(k: Array, n: Array, a: Array, b: Array) -> Array:
    choose = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(choose + special.betaln(k + a, n - k + b) - special.betaln(a, b))


def _beta_binomial_tail(k: Array, n: Array, a: Array, b: Array) -> Array:
    """P(X >= k), summed term by term away from the mean, all areas at once."""
    term = np.exp(_log_beta_binomial(k, n, a, b))
    total, k = term.copy(), k.copy()
    # With a or b below 1 the law rises again at its ends, so only the end itself stops the sum.
    stops = np.where(np.minimum(a, b) >= 1, 1e-17, -1.0)
    going = np.flatnonzero(k < n)
    while going.size:
        j, left = k[going], n[going] - k[going]
        # Ratio of successive terms of the beta-binomial law: no factorial is computed again.
        step = term[going] * left / (j + 1) * (j + a[going]) / (left - 1 + b[going])
        term[going] = step
        total[going] += step
        k[going] += 1
        going = going[(j + 1 < n[going]) & (step > stops[going] * total[going])]
    return np.minimum(1, total)
