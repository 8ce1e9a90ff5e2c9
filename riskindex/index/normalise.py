"""Values on different scales brought to one, so that factors can be added up."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from riskindex.arrays import Array
from riskindex.errors import ConfigError, DataError

Normalisation = Callable[[Array], Array]


def normalise(values: Array, method: str, *, name: str = "values") -> Array:
    """Bring one factor's values to a common scale.

    Parameters
    ----------
    values
        One value per area, shape `(n,)`; larger means more risk. NaN is `not assessed` and
        stays so; the other areas are normalised among themselves.
    method
        A key of `NORMALISE`, or several joined by `+` and done in order, such as
        `"winsorise+min-max"`.
    name
        What the values are, for error messages.

    Returns
    -------
    Array
        Shape `(n,)`: 0 to 100 for min-max, percentile and exponential-rank.

    Raises
    ------
    ConfigError
        No such method.
    DataError
        The method is undefined on these values: they are constant where it divides by their
        spread, infinite, or of the wrong sign.
    """
    if faults := [f"{name}: {fault}" for fault in normalise_faults(method)]:
        raise ConfigError(faults)
    steps = [NORMALISE[word.strip()] for word in method.split("+")]
    # A rank or a mean is among the areas that were assessed; a gap that counted as lowest would
    # lift all the others.
    assessed = ~np.isnan(values)
    x = np.asarray(values, dtype=float)[assessed]
    if np.isinf(x).any():
        raise DataError(f"{name}: {int(np.isinf(x).sum())} values are infinite.")
    result = np.full(len(values), np.nan)
    if len(x) == 0:
        return result
    try:
        for step in steps:
            x = step(x)
    except DataError as fault:
        raise DataError(f"{name}: {fault} (normalise = {method!r}).") from None
    result[assessed] = x
    return result


def none(x: Array) -> Array:
    """The values as they are."""
    return x


def min_max(x: Array) -> Array:
    """0 for the lowest value, 100 for the highest: `100 (x - min) / (max - min)`."""
    low = float(x.min())
    return 100 * (x - low) / _divisor(x, float(x.max()) - low)


def z_score(x: Array) -> Array:
    """Standard deviations from the mean, with divisor n - 1."""
    centred = x - float(x.mean())
    return centred / _divisor(x, float(np.std(x, ddof=min(1, len(x) - 1))))


def rank(x: Array) -> Array:
    """1 for the lowest value to n for the highest; ties share their mean rank."""
    below, upto = _counted(x)
    return (below + 1 + upto) / 2


def rank_min(x: Array) -> Array:
    """1 for the lowest value to n for the highest; ties share their lowest rank."""
    return _counted(x)[0] + 1


def percentile(x: Array) -> Array:
    """Share of the other areas below, in percent: `100 (rank - 1) / (n - 1)`, ties average."""
    return 100 * (rank(x) - 1) / max(len(x) - 1, 1)


def percentile_min(x: Array) -> Array:
    """As percentile with ties at their lowest rank: the CDC's Social Vulnerability Index."""
    return 100 * (rank_min(x) - 1) / max(len(x) - 1, 1)


def percentile_max(x: Array) -> Array:
    """As percentile with ties at their highest rank: an income of the CDC's index, turned round."""
    return 100 * (_counted(x)[1] - 1) / max(len(x) - 1, 1)


def two_decimals(x: Array) -> Array:
    """Rounded to two decimals, as the CDC rounds its ranks (in percent) before it adds them up."""
    return np.round(x, 2)


def exponential_rank(x: Array) -> Array:
    """Ranks stretched so that high risk counts: the transformation of the Indices of Deprivation.

    `-s ln(1 - R (1 - exp(-100 / s)))` with s = 23 and `R = (n - r + 1) / n`, where r = 1 is the
    highest risk and ties share their mean rank.

    References
    ----------
    Ministry of Housing, Communities and Local Government (2025), English Indices of Deprivation:
    technical report, on combining the domains.
    """
    return _exponential(rank(x) / len(x))


def exponential_rank_min(x: Array) -> Array:
    """As exponential-rank; ties count as the highest rank among them, as in a competition."""
    return _exponential(_counted(x)[1] / len(x))


def ratio_to_mean(x: Array) -> Array:
    """100 is the average area, 200 twice the average: `100 x / mean`."""
    return 100 * x / _positive(x.mean(), "the mean")


def share_of_maximum(x: Array) -> Array:
    """100 for the highest value: `100 x / max`, which must be above zero.

    Below zero the quotient would turn the order of the areas round: of values that were negated,
    because a high one means less risk, the least risk would come out highest.
    """
    return 100 * x / _positive(float(x.max()), "the maximum")


def winsorise(x: Array) -> Array:
    """Pull in extreme values, one at a time and at most five, until the skew is tame.

    While |skewness| is above 2 and the excess kurtosis above 3.5, the most extreme values are
    set to the next one: at the top where the skew is positive, at the bottom where it is negative.

    References
    ----------
    Becker, Caperna, Del Sorbo and others (2022), Journal of Open Source Software 7(78), 4567
    (COINr, `winsorise`); the limits are those of the Joint Research Centre.
    """
    result, shape = x, _shape(x)
    at_the_top = shape.skewness > 0
    ordered = np.sort(x) if shape.is_skewed else x
    for pulled in range(1, 6):
        if not shape.is_skewed:
            break
        # Always the values as they were and never those that are pulled in already: five steps are
        # five values at one end.
        if at_the_top:
            result = np.minimum(x, ordered[max(-pulled - 1, -len(x))])
        else:
            result = np.maximum(x, ordered[min(pulled, len(x) - 1)])
        shape = _shape(result)
    return result


def log(x: Array) -> Array:
    """Logarithm above the minimum: `ln(x - min + (max - min) / 100)`, so that zero is allowed."""
    return np.asarray(np.log(x - x.min() + 0.01 * _divisor(x, float(np.ptp(x)))))


NORMALISE: dict[str, Normalisation] = {
    "none": none,
    "min-max": min_max,
    "z": z_score,
    "rank": rank,
    "rank-min": rank_min,
    "percentile": percentile,
    "percentile-min": percentile_min,
    "percentile-max": percentile_max,
    "two-decimals": two_decimals,
    "exponential-rank": exponential_rank,
    "exponential-rank-min": exponential_rank_min,
    "ratio-to-mean": ratio_to_mean,
    "share-of-maximum": share_of_maximum,
    "winsorise": winsorise,
    "log": log,
}
"""Config word to function; a further normalisation is one more entry."""


def normalise_faults(method: str) -> Iterator[str]:
    """Say which words of a method are none."""
    for word in map(str.strip, method.split("+")):
        if word not in NORMALISE:
            yield f"normalise: no {word!r}; known: {', '.join(NORMALISE)}."


def direction_faults(method: str, direction: int) -> Iterator[str]:
    """Say which method has no meaning where a high value means less risk.

    Values are negated then, and a share of their mean or maximum is no share of anything, unless
    a step before has brought them to a scale that starts at zero.
    """
    # Neither "none" nor "winsorise" changes where zero lies; the first step that does decides.
    words = [word.strip() for word in method.split("+")]
    first = next((word for word in words if word not in ("none", "winsorise")), "none")
    if direction == -1 and first in ("ratio-to-mean", "share-of-maximum"):
        yield (
            f'normalise: "{first}" of values that are turned round (direction = -1) is no share of '
            'anything; use "min-max", "percentile" or "z", or put "min-max+" before it.'
        )


def _divisor(x: Array, spread: float) -> float:
    # Constant values tell no area from another. Any score that was made up for them, 0 or 50, would
    # be a finding out of nothing.
    if np.ptp(x) == 0:
        raise DataError(f"all {len(x)} assessed areas have the value {x[0]:.10g}, so no spread")
    return spread


def _positive(value: float, what: str) -> float:
    if not value > 0:
        raise DataError(f"{what} is {value:.10g}, and must be above zero")
    return value


def _counted(x: Array) -> tuple[Array, Array]:
    """How many values lie below each, and how many at or below it."""
    # Ties by runs of equal values in sorted order: one sort, where comparing all pairs takes n
    # squared.
    order = np.argsort(x)
    ordered, below, upto = x[order], np.empty(len(x)), np.empty(len(x))
    ends = np.append(np.flatnonzero(np.diff(ordered)) + 1, len(x))
    alike = np.diff(ends, prepend=0)
    below[order], upto[order] = np.repeat(ends - alike, alike), np.repeat(ends, alike)
    return below, upto


def _exponential(share: Array, *, s: float = 23.0) -> Array:
    # expm1 and log1p keep the digits of shares near 0, where 1 minus nearly 1 would lose them.
    return np.asarray(-s * np.log1p(share * np.expm1(-100 / s)))


class _Shape(NamedTuple):
    """How far values are from a normal law; NaN where it is undefined."""

    skewness: float
    """Of a sample, G1."""
    kurtosis: float
    """Excess of a sample, G2."""

    @property
    def is_skewed(self) -> bool:
        """Whether both are past the limits of COINr."""
        return abs(self.skewness) > 2 and self.kurtosis > 3.5


def _shape(x: Array) -> _Shape:
    n, centred = len(x), x - x.mean()
    # Products and not powers, which take twenty times as long; repeats ask thousands of times.
    squares = centred * centred
    variance = float(squares.mean())
    if n < 3 or variance == 0:
        return _Shape(np.nan, np.nan)
    third, fourth = float((squares * centred).mean()), float((squares * squares).mean())
    # Bias-corrected, as spreadsheets and COINr have it, whose limits of 2 and 3.5 are meant for it.
    skewness = third / variance**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
    if n < 4:
        return _Shape(float(skewness), np.nan)
    excess = fourth / variance**2 - 3
    return _Shape(float(skewness), (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6))
