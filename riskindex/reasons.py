"""Why an area scores: sentences built from the numbers, strongest factor first."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.factors import Factor
from riskindex.scores import rows

PERIOD_WORDS = {
    "calendar-year": ("in {}", "years"),
    "financial-year": ("in {}", "years"),
    "academic-year": ("in {}", "years"),
    "year-ending": ("in the year ending {}", "years"),
    "quarter": ("in {}", "quarters"),
    "month": ("in {}", "months"),
}
"""Unit of the periods to the words for one of them and for several."""


def explain(
    hotspots: pd.DataFrame,
    persistence: pd.DataFrame,
    scores: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    unit: str = "calendar-year",
    whole: str = "county",
) -> "pd.Series[str]":
    """Say for every area why it scores.

    Parameters
    ----------
    hotspots, persistence, scores
        Tables of `find_hotspots`, `classify_persistence` and `score_factors`.
    factors
        The factors, in the order of the report.
    unit
        Unit of the periods, a key of `PERIOD_WORDS`.
    whole
        Word for the study area that a share is compared with.

    Returns
    -------
    Series
        Index area_code: the sentences of `reasons`, the largest contribution first; empty where
        no factor scores.
    """
    given = reasons(hotspots, persistence, scores, factors, unit=unit, whole=whole)
    order = np.argsort(-scores.loc[given.index, "contribution"].to_numpy(float), kind="stable")
    joined = given.iloc[order].groupby(level="area_code", sort=False).agg(" ".join)
    areas = scores.index.get_level_values("area_code").unique()
    return joined.reindex(areas).fillna("").rename("reasons")


def reasons(
    hotspots: pd.DataFrame,
    persistence: pd.DataFrame,
    scores: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    unit: str = "calendar-year",
    whole: str = "county",
) -> "pd.Series[str]":
    """One sentence for every factor and area where the factor scores.

    Parameters
    ----------
    hotspots, persistence, scores, factors, unit, whole
        As for `explain`.

    Returns
    -------
    Series
        Index (factor, area_code), only where there is something to say: the score is above 0 and,
        where every area has one (intensity, value), the area stands above the whole.
    """
    scored = [factor for factor in factors if factor.scored]
    texts = {
        factor.name: pd.Series(
            dict(_sentences(factor, _facts(hotspots, persistence, scores, factor), unit, whole)),
            dtype=object,
        )
        for factor in scored
    }
    return pd.concat(texts, names=["factor", "area_code"]).rename("reason")


class _Fact(NamedTuple):
    """What is known about one factor in one area."""

    area_code: str
    score: float
    value: float
    is_hot: bool
    kind: str
    observed: float
    expected: float
    window_observed: float
    window_expected: float
    confidence: float
    periods_hot: float
    periods_assessed: float


def _facts(
    hotspots: pd.DataFrame, persistence: pd.DataFrame, scores: pd.DataFrame, factor: Factor
) -> pd.DataFrame:
    mine = rows(scores, factor=factor.name)
    last = rows(hotspots, factor=factor.name, period=factor.periods[-1] if factor.periods else "")
    table = mine[["score", "value", "is_hot", "kind"]].join(last[list(_Fact._fields[5:10])])
    if factor.name in persistence.index.get_level_values("factor"):
        lasting = rows(persistence, factor=factor.name)
        table = table.join(lasting[["periods_hot", "periods_assessed"]])
    return table.reindex(columns=_Fact._fields[1:])


def _sentences(
    factor: Factor, table: pd.DataFrame, unit: str, whole: str
) -> Iterator[tuple[str, str]]:
    average = _share_of_the_whole(table) if factor.numerator and not _is_hot_test(factor) else 0.0
    some = table[(table["score"] > 0).to_numpy()]
    for values in some.itertuples(name=None):
        fact = _Fact(*values)
        say = SENTENCES.get(factor.score, _tested) if not average else _shared
        text = say(factor, fact, unit, f"{whole} {_percent(average)}", average)
        if text:
            yield fact.area_code, text


def _is_hot_test(factor: Factor) -> bool:
    return factor.method in ("window", "poisson", "getis-ord")


def _share_of_the_whole(table: pd.DataFrame) -> float:
    # The base is not in the table; areas where nobody has the characteristic drop out of it.
    known = table[(table["value"] > 0).to_numpy()]
    base = (known["observed"].astype(float) / known["value"]).sum()
    return float(known["observed"].astype(float).sum() / base) if base > 0 else 0.0


def _persisted(factor: Factor, fact: _Fact, unit: str, whole: str, average: float) -> str:
    periods = PERIOD_WORDS[unit][1]
    return (
        f"Hot for {_inside(factor.label)} in {fact.periods_hot:.0f} of "
        f"{fact.periods_assessed:.0f} {periods}."
    )


def _shared(factor: Factor, fact: _Fact, unit: str, whole: str, average: float) -> str:
    if fact.value <= average:
        return ""
    return f"{_percent(fact.value)} of {_inside(factor.label)} ({whole})."


def _tested(factor: Factor, fact: _Fact, unit: str, whole: str, average: float) -> str:
    near = fact.kind == "neighbourhood"
    observed = fact.window_observed if near else fact.observed
    expected = fact.window_expected if near else fact.expected
    if not fact.is_hot and not observed > expected:
        return ""
    start = "Hot" if fact.is_hot else "Possibly hot" if fact.confidence > 0 else "Above expectation"
    period = " " + PERIOD_WORDS[unit][0].format(factor.periods[-1]) if factor.periods else ""
    numbers = _numbers(observed, expected, fact.confidence, _weighted(factor))
    return f"{start} for {_inside(factor.label)}{period}: {numbers}{_KINDS[fact.kind]}."


SENTENCES: dict[str, Callable[[Factor, _Fact, str, str, float], str]] = {
    "persistence": _persisted,
    "threshold": _shared,
    "value": _shared,
}
"""Kind of score to the sentence that explains it; the others say what was tested."""

_KINDS = {
    "": "",
    "own": ", by itself",
    "neighbourhood": ", together with its neighbours, not by itself",
    "both": ", by itself and with its neighbours",
}


def _numbers(observed: float, expected: float, confidence: float, weighted: bool) -> str:
    what = f"{observed:,.0f}{' weighted' if weighted else ''}"
    sure = f"{confidence:.0f}% sure" if confidence > 0 else ""
    if not expected > 0:
        return f"{what}{f' ({sure})' if sure else ''}"
    times = f"{observed / expected:,.1f} times"
    return (
        f"{what} where {_decimal(expected)} were expected ({'; '.join(filter(None, [times, sure]))})"
    )


def _weighted(factor: Factor) -> bool:
    return any(group.weight != 1 for group in factor.groups)


def _decimal(number: float) -> str:
    return f"{number:,.1f}" if number < 100 else f"{number:,.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _inside(label: str) -> str:
    """A label inside a sentence: "Class A" becomes "class A", "ASB" stays."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


__all__ = ["PERIOD_WORDS", "SENTENCES", "explain", "reasons"]

_Any = Any
