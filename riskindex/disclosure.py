"""Disclosure control: marks, rounding and bands, as rules that a reader can check."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Objects = NDArray[np.object_]

WITHHELD = "[c]"
NOT_RECORDED = "[x]"
NOT_APPLICABLE = "[z]"
MARKS: Mapping[str, str] = MappingProxyType({
    WITHHELD: "withheld: a small number, or one that would give a small one away",
    NOT_RECORDED: "not assessed or not recorded",
    NOT_APPLICABLE: "does not apply",
})  # fmt: skip
"""What stands where there is no number, and what it means."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What one profile does to counts, in numbers."""

    threshold: int = 8
    """Counts from 1 to below this are withheld."""
    rounding: int = 5
    """Other counts are rounded to the nearest multiple of this, half up."""
    width: int = 6
    """A count that is withheld could still be any of at least so many numbers."""
    smallest_denominator: int = 1000
    """Numbers of people below this are withheld."""
    smallest_group: int = 5
    """Totals of a sensitive source are withheld for fewer areas than this."""
    suppression: Literal["rounding", "complementary"] = "rounding"
    """What keeps totals from giving a withheld count away: rounding them, or withholding more."""

    @property
    def sentences(self) -> Iterator[str]:
        """The rules in words, for the reader of a release."""
        yield (
            f"Counts of 1 to {self.threshold - 1} are withheld ({WITHHELD}); others are rounded to "
            f"the nearest {self.rounding}, totals from the raw total, so that they need not add up."
        )
        yield "No count of a sensitive source is given for an area; its bands are."
        yield f"Numbers of people below {self.smallest_denominator:,} are withheld."


@dataclass(frozen=True, kw_only=True)
class Release:
    """What leaves in the profiles partner and public, and what is kept beside it."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    threshold: int = 8
    """Counts from 1 to below this are withheld; those of sensitive sources always are."""
    rounding: int = 5
    """Other counts are rounded to the nearest multiple of this."""
    width: int = 6
    """A count that is withheld must still have so many possible values."""
    smallest_denominator: int = 1000
    """Numbers of people below this are withheld."""
    partner_threshold: int | None = None
    """The threshold for partners; left out, the same."""
    partner_rounding: int | None = None
    """The rounding for partners; left out, the same."""
    partner_suppression: Literal["rounding", "complementary"] = "rounding"
    """For partners: totals that would give a withheld count away are left out, or further counts
    are withheld so that the totals can stay."""
    sensitive_places: str | None = None
    """A private CSV of refuges and the like: a column area_code, or x and y in EPSG:27700."""
    ledger: str | None = None
    """A private file outside the result folder that keeps what was released, to try new releases
    against; made by the first release."""

    def rules(self, profile: str) -> Rules:
        """The rules of a profile, partner or public."""
        partner = profile == "partner"
        threshold = self.partner_threshold if partner else None
        rounding = self.partner_rounding if partner else None
        return Rules(
            threshold=self.threshold if threshold is None else threshold,
            rounding=self.rounding if rounding is None else rounding,
            width=self.width,
            smallest_denominator=self.smallest_denominator,
            suppression=self.partner_suppression if partner else "rounding",
        )


def release_faults(options: Release) -> Iterator[str]:
    """Say what is wrong with the options of a release."""
    if options.width < 2:
        yield f"release.width: {options.width} must be 2 or more."
    if options.smallest_denominator < 0:
        yield f"release.smallest_denominator: {options.smallest_denominator} must be 0 or more."
    for profile in ("partner", "public"):
        rules = options.rules(profile)
        if rules.rounding < 1:
            yield f"release.rounding ({profile}): {rules.rounding} must be 1 or more."
        if rules.rounding > 2 * rules.threshold:
            yield (
                f"release.rounding ({profile}): {rules.rounding} would show a count of "
                f"{rules.threshold} as 0; set {2 * rules.threshold} or less."
            )
        if rules.threshold - 1 < rules.width:
            yield (
                f"release.threshold ({profile}): {rules.threshold} withholds counts of 1 to "
                f"{rules.threshold - 1}, fewer values than the width of {rules.width}."
            )


def round_half_up(values: "Array | pd.Series[Any]", step: int) -> Array:
    """Round to the nearest multiple of a step, half up; NaN stays.

    Examples
    --------
    >>> round_half_up(np.array([8, 12, 12.5, np.nan]), 5).tolist()
    [10.0, 10.0, 15.0, nan]
    """
    return np.asarray(np.floor(np.asarray(values, dtype=float) / step + 0.5) * step)


def withheld(counts: "Array | pd.Series[Any]", rules: Rules) -> NDArray[np.bool_]:
    """Whether each count is too small to be shown; a count of 0 and a missing one are not."""
    values = np.asarray(counts, dtype=float)
    return np.asarray((values > 0) & (values < rules.threshold))


def shown_counts(
    counts: "Array | pd.Series[Any]", rules: Rules, *, events: "Array | None" = None
) -> Objects:
    """Counts as a release shows them.

    Parameters
    ----------
    counts
        Counts, NaN where there is none.
    rules
        Threshold and rounding.
    events
        Number of events behind each count, where events carry weights: it decides what is small.

    Returns
    -------
    array of object
        Whole numbers, or a mark of `MARKS`.

    Examples
    --------
    >>> shown_counts(np.array([0, 1, 7, 8, 13, np.nan]), Rules()).tolist()
    [0, '[c]', '[c]', 10, 15, '[x]']
    """
    values = np.asarray(counts, dtype=float)
    rounded = round_half_up(values, rules.rounding)
    known = np.isfinite(rounded)
    shown = np.full(values.shape, NOT_RECORDED, dtype=object)
    shown[known] = [int(value) for value in rounded[known]]
    small = withheld(values if events is None else events, rules) | withheld(values, rules)
    shown[small & known] = WITHHELD
    return shown


def shown_people(people: "pd.Series[Any]", rules: Rules) -> Objects:
    """Numbers of people, whole or withheld because the base is small."""
    values = people.to_numpy(dtype=float, na_value=np.nan)
    shown = np.full(values.shape, NOT_RECORDED, dtype=object)
    known = np.isfinite(values)
    shown[known] = [int(value) for value in np.round(values[known])]
    shown[values < rules.smallest_denominator] = WITHHELD
    return shown


# Bands of ranks and scores


def decile(rank: "pd.Series[Any]") -> "pd.Series[Any]":
    """Tenth of the ranked areas that each belongs to, 1 the highest risk.

    Areas that tie share the tenth of their middle: many areas of score 0 are not the third tenth.

    Examples
    --------
    >>> decile(pd.Series([1, 2, 2, 4])).tolist()
    [3, 7, 7, 10]
    """
    ranks = rank.astype("Float64")
    middle = ranks + (ranks.groupby(ranks).transform("size") - 1) / 2
    return (middle * 10 / int(ranks.count())).apply(np.ceil).clip(upper=10).astype("Int64")


def rank_band(rank: "pd.Series[Any]", target: int) -> "pd.Series[str]":
    """Ranks in words: the target, then the tenths below it; no band is below half a tenth.

    Examples
    --------
    >>> list(rank_band(pd.Series(range(1, 21)), 3))[:6]
    ['1 to 3', '1 to 3', '1 to 3', '4 to 6', '4 to 6', '4 to 6']
    """
    known = rank.dropna().astype(int)
    n = len(known)
    tenths = [-(-n * k // 10) for k in range(1, 10)]
    ends = sorted({target, n, *(end for end in tenths if end - target > n / 20)} - {0})
    starts = [1, *(end + 1 for end in ends[:-1])]
    words = [f"{a:,} to {b:,}" if a < b else f"{a:,}" for a, b in zip(starts, ends, strict=True)]
    at = np.minimum(np.searchsorted(ends, known), len(ends) - 1)
    banded = pd.Series([words[k] for k in at], index=known.index, dtype=object)
    return banded.reindex(rank.index).fillna(NOT_RECORDED)


BANDS_OF_PERIODS: tuple[tuple[float, str, float], ...] = (
    (0.0, "never", 0.0),
    (0.4999, "some", 100 / 3),
    (0.9999, "most", 200 / 3),
    (1.0, "every", 100.0),
)
"""Up to which share of the periods, its band, and the score of the band; first match wins."""


def periods_band(hot: "pd.Series[Any]", assessed: "pd.Series[Any]") -> "pd.Series[str]":
    """In how many of the assessed periods an area was hot: never, some, most (from half), every.

    Examples
    --------
    >>> list(periods_band(pd.Series([0, 1, 3, 5, 0]), pd.Series([5, 5, 5, 5, 0])))
    ['never', 'some', 'most', 'every', '[x]']
    """
    known = assessed.to_numpy(dtype=float, na_value=0.0)
    times = hot.to_numpy(dtype=float, na_value=0.0)
    share = np.divide(times, known, out=np.full(len(known), np.nan), where=known > 0)
    words = np.array([word for _, word, _ in BANDS_OF_PERIODS] + [NOT_RECORDED], dtype=object)
    return pd.Series(words[_band(share)], index=hot.index, dtype=object)


def persistence_score_band(score: Array) -> Array:
    """Score of the band of periods that a persistence score falls into; NaN stays."""
    scores = np.array([score for _, _, score in BANDS_OF_PERIODS] + [np.nan])
    return np.asarray(scores[_band(np.asarray(score, dtype=float) / 100)])


def _band(share: Array) -> NDArray[np.intp]:
    """Position in BANDS_OF_PERIODS, one past the end where a share is not known."""
    at = np.searchsorted([limit for limit, _, _ in BANDS_OF_PERIODS], share - 1e-9)
    return np.where(np.isnan(share), len(BANDS_OF_PERIODS), np.minimum(at, 3))


def quarter_band(score: Array) -> Array:
    """A score of 0 to 100 as the nearest of 0, 25, 50, 75 and 100; NaN stays."""
    return np.clip(round_half_up(score, 25), 0, 100)
