"""Shape of a curve of ages: where it rises most steeply, stands out and is level."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from riskindex.arrays import Array
from riskindex.assessment.figure_rows import CONDITIONAL, GIVEN, ratio_columns
from riskindex.disclosure import NOT_APPLICABLE
from riskindex.statistics.corrections import adjust
from riskindex.statistics.intervals import Estimate, count_ratio, round_half_away
from riskindex.statistics.tails import log_binomial_tail

RISE = "steepest rise"
LEVEL = "level from"
YEARS_OF_AGE = "years of age"
LEAST = 50
"""Records of a known age below which a curve is no shape."""
WIDE, LONG = 2, 8
"""Years of age on both sides of a step, and years that a level stretch has at least."""
ALPHA = 0.05
_DRAWS = 999


class Against(NamedTuple):
    """Each age against years beside it."""

    records: Array
    others: Array
    ratio: Estimate
    log_p: Array
    """Upper tail of the count given the sum, its logarithm; NaN where there is no record."""
    p: Array
    """The same, adjusted over all ages."""


def steps(counts: Array, *, wide: int = WIDE) -> Against:
    """The years from each age on against as many years before it.

    Given the sum of both, the later count is binomial with 1/2 where nothing changes. p is the
    upper tail, adjusted over all that is given (Bonferroni, as one of the ages is named).

    Parameters
    ----------
    counts
        Records by single year of age from 0 on, shape `(..., ages)`.
    wide
        Years on both sides.

    Returns
    -------
    Against
        NaN for ages with fewer years on one side, and where both sides have no record.
    """
    n = counts.shape[-1]
    sums = np.concatenate([np.zeros((*counts.shape[:-1], 1)), np.cumsum(counts, axis=-1)], axis=-1)
    later, earlier = (np.full(counts.shape, np.nan) for _ in range(2))
    # Ages near an end lack years on one side; part of a window would tell a smaller change.
    at = np.arange(wide, n - wide + 1)
    later[..., at] = sums[..., at + wide] - sums[..., at]
    earlier[..., at] = sums[..., at] - sums[..., at - wide]
    return _against(later, earlier, 1.0, "bonferroni")


def beside(counts: Array) -> Against:
    """Each age against the two years beside it, whose mean it has on a straight curve.

    Given the sum of the three, the count is binomial with 1/3. p is the upper tail, adjusted over
    all ages (Benjamini and Hochberg 1995).
    """
    around = np.full(counts.shape, np.nan)
    around[..., 1:-1] = counts[..., :-2] + counts[..., 2:]
    return _against(np.where(np.isnan(around), np.nan, counts), around, 2.0, "benjamini-hochberg")


def _against(count: Array, base: Array, exposure: float, correction: str) -> Against:
    total = count + base
    # Two empty sides are no evidence either way, and no binomial.
    asked = total > 0
    tail = log_binomial_tail(
        np.where(asked, count, 0), np.where(asked, total, 1), 1 / (1 + exposure)
    )
    log_p = np.where(asked, tail, np.nan)
    ratio = count_ratio(count, base, 1.0, exposure)
    return Against(count, base, ratio, log_p, adjust(np.exp(log_p), correction))


def change_point(counts: Array) -> Array:
    """Age of the rise that chance would make least often, of each curve.

    Parameters
    ----------
    counts
        Shape `(curves, ages)`.
    """
    log_p = steps(counts).log_p
    return np.asarray(np.argmin(np.where(np.isnan(log_p), 0.0, log_p), axis=-1), dtype=float)


def level_from(counts: Array, start: int, *, long: int = LONG) -> tuple[float, float]:
    """First age, from `start` on, whose stretch of years has no trend, and the p of the trend.

    Given their total, records fall evenly on the years of a level stretch, and the mean of their
    ages is normal (Cochran and Armitage's trend). NaN where no stretch is level, or a year of one
    has fewer than five records on average.
    """
    years = np.arange(long) - (long - 1) / 2
    for age in range(start, len(counts) - long + 1):
        stretch = counts[age : age + long]
        # Fewer records are too few for the normal law of the trend.
        if stretch.mean() < 5:
            break
        z = stretch @ years / np.sqrt(stretch.sum() * (long**2 - 1) / 12)
        p = float(2 * special.ndtr(-abs(z)))
        if p > ALPHA:
            return float(age), p
    return np.nan, np.nan


def curve_rows(ages: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Rows of the shape of each curve of ages.

    Parameters
    ----------
    ages
        Rows of a mix by single years of age, of records that may be told apart by chance alone.
    seed
        Of the records that are drawn again, for how sure the age of a rise is.

    Returns
    -------
    DataFrame
        For each place and period the steepest rise, each age against the years beside it, and the
        age from which the curve is level; fewer than 50 records of a known age are `[x]`.
    """
    by = ["definition", "place_kind", "place", "period"]
    parts = [_of_curve(part, seed) for _, part in ages.groupby(by, sort=False)]
    return pd.concat(parts, ignore_index=True) if parts else ages.iloc[:0]


def _of_curve(part: pd.DataFrame, seed: int) -> pd.DataFrame:
    fixed = part.iloc[0][["measure", "definition", "counted", "place_kind", "place", "period"]]
    years = pd.to_numeric(part["category"], errors="coerce")
    recorded = years.notna() & part["count"].notna()
    # By the age itself, as years without a record have no row; one more year ends the curve at 0.
    counts = np.zeros(max(int(years[recorded].max()) + 2, 3) if recorded.any() else 3)
    counts[years[recorded].astype(int)] = part.loc[recorded, "count"].astype(float)
    few = {
        "category": RISE,
        "status": NOT_APPLICABLE,
        "note": f"under {LEAST} records of known age",
    }
    rows = (
        pd.DataFrame([few])
        if counts.sum() < LEAST
        else pd.concat(
            [_rise_row(counts, seed), _beside_rows(counts), _level_row(counts)], ignore_index=True
        )
    )
    return rows.assign(**fixed.to_dict(), by="age")


def _rise_row(counts: Array, seed: int) -> pd.DataFrame:
    """The steepest rise: its age, with where it lies when the records are drawn again."""
    found = steps(counts)
    age = int(change_point(counts[None, :])[0])
    rng = np.random.default_rng(seed)
    # The age is where a p is least, which has no interval of its own; so records are drawn again.
    drawn = rng.multinomial(round(counts.sum()), counts / counts.sum(), size=_DRAWS).astype(float)
    low, high = np.quantile(change_point(drawn), (0.025, 0.975), method="inverted_cdf")
    sure = found.p[age] <= ALPHA
    words = "a rise, adjusted p" if sure else "no rise that chance would not make, adjusted p"
    row = {
        "category": RISE,
        "count": found.records[age],
        "base": found.others[age],
        "base_name": f"records of ages {age - WIDE} and {age - 1}",
        "value": float(age) if sure else np.nan,
        "low": low if sure else np.nan,
        "high": high if sure else np.nan,
        "unit": YEARS_OF_AGE,
        "compared_with": "two years of age before",
        "status": GIVEN if sure else NOT_APPLICABLE,
        "method": f"{CONDITIONAL}; limits of the age by {_DRAWS} draws of the records",
        "note": f"ages {age} and {age + 1}: {words} {found.p[age]:.2g}",
    }
    one = Estimate(*(np.atleast_1d(limit[age]) for limit in found.ratio))
    return pd.DataFrame([row]).assign(**ratio_columns(one, np.array([True])))


def _beside_rows(counts: Array) -> pd.DataFrame:
    found = beside(counts)
    ages = np.flatnonzero(~np.isnan(found.p))
    near = [f"{age} against {age - 1} and {age + 1}" for age in ages]
    note = [f"stands out, adjusted p {p:.2g}" if p <= ALPHA else "" for p in found.p[ages]]
    ratio = Estimate(*(limit[ages] for limit in found.ratio))
    columns = ratio_columns(ratio, found.others[ages] > 0)
    table = {
        "category": near,
        "count": found.records[ages],
        "base": found.others[ages],
        "base_name": "records of the two years of age beside it",
        "value": round_half_away(columns["ratio"], decimals=2),
        "low": round_half_away(columns["ratio_low"], decimals=2),
        "high": round_half_away(columns["ratio_high"], decimals=2),
        "unit": "times",
        "compared_with": "mean of the years beside it",
        "status": np.where(found.others[ages] > 0, GIVEN, NOT_APPLICABLE),
        "method": CONDITIONAL,
        "note": note,
    }
    return pd.DataFrame({**table, **columns})


def _level_row(counts: Array) -> pd.DataFrame:
    """Where the curve has fallen, and the years after it are alike."""
    # After the highest age: before it the curve rises, and short flat stretches are part of that.
    age, p = level_from(counts, int(np.argmax(counts)) + 1)
    found = not np.isnan(age)
    row = {
        "category": LEVEL,
        "value": age,
        "unit": YEARS_OF_AGE,
        "status": GIVEN if found else NOT_APPLICABLE,
        "method": "trend of the counts (Cochran and Armitage)",
        "note": f"ages {age:.0f} to {age + LONG - 1:.0f}: no trend beyond chance, p {p:.2g}"
        if found
        else f"no {LONG} years of age with five records or more each are level",
    }
    return pd.DataFrame([row])
