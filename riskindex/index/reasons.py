"""Why an area scores: sentences built from the numbers, strongest factor first."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskindex.factors import Factor, base_in_words, inside, reads_all_periods
from riskindex.statistics.corrections import confidence_of
from riskindex.statistics.intervals import round_half_away
from riskindex.tables import in_level, rows

PERIOD_WORDS = {
    "calendar-year": ("in {}", "years"),
    "financial-year": ("in {}", "years"),
    "academic-year": ("in {}", "years"),
    "year-ending": ("in the year ending {}", "years"),
    "quarter": ("in {}", "quarters"),
    "month": ("in {}", "months"),
}
"""Unit of the periods to the words for one of them and for several."""


NOT_ASSESSED_WORDS = MappingProxyType(
    {
        "not covered": "not covered by the source",
        "not covered in every period": "not covered by the source in every period",
        "exposure missing": "its base is not known",
        "no exposure": "its base is zero",
        "no neighbour": "no neighbour",
        "window is the whole map": "window is the whole map",
        "context": "around the study area",
        "missing": "no value",
    }
)
"""Why an area is not assessed, in words that disclose nothing of its counts."""


NOTHING: Mapping[str, float] = MappingProxyType({})
"""No averages are given."""


def explain(
    hotspots: pd.DataFrame,
    persistence: pd.DataFrame,
    scores: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    unit: str = "calendar-year",
    whole: str = "county",
    averages: Mapping[str, float] = NOTHING,
    clusters: pd.DataFrame | None = None,
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
    averages
        Mean number of an assessed area in the last period, by factor, which stands beside the
        area's own where nothing else says what to expect of it.
    clusters
        Of `scan_for_clusters`: a reason says of what cluster its area is a part.

    Returns
    -------
    Series
        Index area_code: the sentences of `reasons`, the largest contribution first, then the
        factors that the area is not assessed for; empty where no factor scores and none is missing.
    """
    sentences = reasons(
        hotspots,
        persistence,
        scores,
        factors,
        unit=unit,
        whole=whole,
        averages=averages,
        clusters=clusters,
    )
    # The largest contribution first: a reader who stops after one sentence has the main reason.
    order = np.argsort(-scores.loc[sentences.index, "contribution"].to_numpy(float), kind="stable")
    joined = sentences.iloc[order].groupby(level="area_code", sort=False).agg(" ".join)
    areas = scores.index.get_level_values("area_code").unique()
    # A single factor says so in its own sentence; this is for areas where several rest on one area.
    lone = through_one_area(hotspots, factors).reindex(areas).fillna("").str.match("all of (?!1$)")
    joined = joined.reindex(areas).fillna("")
    joined = joined.where(~lone, joined + _LONE)
    lacking = not_assessed(scores, factors).reindex(areas).fillna("")
    return (joined + " " + lacking).str.strip().rename("reasons")


_LONE = " Without the one area of each window that stands out most, nothing tested is hot here."


def not_assessed(scores: pd.DataFrame, factors: Sequence[Factor]) -> "pd.Series[str]":
    """One sentence for each area that lacks factors, by their labels: missing is never zero.

    Parameters
    ----------
    scores, factors
        As for `explain`.
    """
    labels = {factor.name: factor.label for factor in factors}
    lacking = scores.index[scores["score"].isna().to_numpy()].to_frame(index=False)
    named = lacking["factor"].map(labels).groupby(lacking["area_code"]).agg("; ".join)
    return "Not assessed: " + named.astype(object) + "."


def through_one_area(hotspots: pd.DataFrame, factors: Sequence[Factor]) -> "pd.Series[str]":
    """How many of the factors that are hot in an area need the largest area of their window.

    Parameters
    ----------
    hotspots, factors
        As for `explain`; the last period of every scored factor that tests events.

    Returns
    -------
    Series
        Index area_code, only areas in which such a factor is hot: "all of 4", "2 of 5" or "". The
        largest area may be the area itself.
    """
    tables = [
        rows(hotspots, factor=factor.name, period=str(factor.periods[-1]))
        for factor in factors
        if factor.scored and factor.is_tested
    ]
    # Missing where the area is not hot, so that only hot factors are counted.
    asked = [t["hot_without_largest"].dropna() for t in tables if "hot_without_largest" in t]
    if not asked:
        return pd.Series(dtype=object)
    stays = pd.concat(asked).astype(bool).groupby(level="area_code")
    hot = stays.size()
    needs = hot - stays.sum().astype(int)
    words = needs.astype(str).where(needs < hot, "all") + " of " + hot.astype(str)
    return words.where(needs > 0, "")


def reasons(
    hotspots: pd.DataFrame,
    persistence: pd.DataFrame,
    scores: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    unit: str = "calendar-year",
    whole: str = "county",
    averages: Mapping[str, float] = NOTHING,
    clusters: pd.DataFrame | None = None,
) -> "pd.Series[str]":
    """One sentence for every factor and area where the factor scores.

    Parameters
    ----------
    hotspots, persistence, scores, factors, unit, whole, averages, clusters
        As for `explain`.

    Returns
    -------
    Series
        Index (factor, area_code), only where there is something to say: the score is above 0 and
        the area is hot, or stands above what was expected or the share of the whole.
    """
    texts = {}
    for factor in (factor for factor in factors if factor.scored):
        table = _facts(hotspots, persistence, scores, factor)
        if clusters is not None:
            table[["cluster", "cluster_p"]] = _clusters(clusters, factor).reindex(table.index)
        usual = averages.get(factor.name, np.nan)
        speech = Speech(factor, unit, whole, _average(factor, table), usual)
        texts[factor.name] = pd.Series(dict(_sentences(speech, table)), dtype=object)
    return pd.concat(texts, names=["factor", "area_code"]).rename("reason")


def averages_last(tests: pd.DataFrame) -> dict[str, float]:
    """Mean number of an assessed area in the last period of each factor.

    Parameters
    ----------
    tests
        Of `find_hotspots`, index (factor, period).
    """
    # Periods stand in the order of time, so that a factor's last row is its last period.
    last = tests["average"].groupby(level="factor", sort=False).tail(1).droplevel("period")
    return {str(factor): float(mean) for factor, mean in last.items()}


class Fact(NamedTuple):
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
    through_one: bool
    """Whether the area would not be hot without the most excessive area of its window."""
    periods_hot: float
    periods_assessed: float
    periods_hot_all: float
    """Periods in which it stays hot when all of them are corrected together."""
    local: float
    """1 where it is hotter than its surroundings too, 0 where it is not; NaN where not asked."""
    all_observed: float
    """Events of the area itself in all periods that assess it."""
    all_expected: float
    cluster: float
    """How many areas the cluster has that it is a part of; NaN where it is in none."""
    cluster_p: float
    """How likely a map without a cluster shows one like it."""


class Speech(NamedTuple):
    """What the sentences about one factor have in common."""

    factor: Factor
    unit: str
    whole: str
    average: float
    """The share of the whole study area; NaN where the factor is no share."""
    usual: float
    """Mean number of an assessed area in the last period; NaN where it is not given."""


def _facts(
    hotspots: pd.DataFrame, persistence: pd.DataFrame, scores: pd.DataFrame, factor: Factor
) -> pd.DataFrame:
    mine = rows(scores, factor=factor.name)
    last = rows(hotspots, factor=factor.name, period=factor.periods[-1] if factor.periods else "")
    table = mine[["score", "value", "is_hot", "kind"]].join(last[list(Fact._fields[5:10])])
    # What is not assessed in the last period is NA, which no comparison survives; NaN is.
    table["confidence"] = table["confidence"].to_numpy(float, na_value=np.nan)
    largest = last.reindex(columns=["hot_without_largest"])["hot_without_largest"]
    table["through_one"] = largest.eq(False).fillna(False).astype(bool)
    if "is_hot_local" in last:
        # Not tested is NaN and not 0, which would say that the surroundings are as hot.
        asked = last["local_p_adjusted"].notna()
        table["local"] = last["is_hot_local"].astype(float).where(asked)
    if factor.score == "risk":
        # A risk is estimated over all periods, and its sentence gives the sums over all of them.
        every = rows(hotspots, factor=factor.name)[["observed", "expected"]]
        # Events of a period that does not assess the area have no expectation beside them.
        sums = every[every["expected"].notna()].groupby(level="area_code").sum()
        table = table.join(sums.add_prefix("all_"))
    if in_level(persistence.index, "factor", [factor.name]).any():
        lasting = rows(persistence, factor=factor.name)
        times = ["periods_hot", "periods_assessed", "periods_hot_all"]
        table = table.join(lasting.reindex(columns=times).astype(float))
    # What a factor does not have is NaN, which leaves out each clause about it.
    return table.reindex(columns=list(Fact._fields[1:]))


def _clusters(clusters: pd.DataFrame, factor: Factor) -> pd.DataFrame:
    """Size and p of the cluster that each area is in; clusters of one factor share no area."""
    # A cluster of one area is the hot area itself, and no group to name.
    mine = clusters[(clusters["factor"] == factor.name) & (clusters["areas"] > 1)]
    each = mine.assign(area_code=mine["area_codes"].str.split("; ")).explode("area_code")
    return each.set_index("area_code")[["areas", "p"]].set_axis(["cluster", "cluster_p"], axis=1)


def _sentences(speech: Speech, table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    is_share = not np.isnan(speech.average)
    say = _shared if is_share else SENTENCES.get(speech.factor.score, _tested)
    # A score of 0 needs no reason, and a missing one is told by `not_assessed`.
    for values in table[(table["score"] > 0).to_numpy()].itertuples(name=None):
        fact = Fact(*values)
        if text := say(speech, fact):
            yield fact.area_code, text


def _average(factor: Factor, table: pd.DataFrame) -> float:
    if factor.method not in ("threshold", "value"):
        return float("nan")
    # The base is not in the table; areas where nobody has the characteristic drop out of it.
    above_zero = table[(table["value"] > 0).to_numpy()]
    observed = above_zero["observed"].astype(float)
    base = float((observed / above_zero["value"]).sum())
    return float(observed.sum()) / base if base > 0 else 0.0


def _persisted(speech: Speech, fact: Fact) -> str:
    periods = PERIOD_WORDS[speech.unit][1]
    return (
        f"Hot for {inside(speech.factor.label)} in {fact.periods_hot:.0f} of "
        f"{fact.periods_assessed:.0f} {periods}{_of_many(speech, fact)}{_own_words(speech, fact)}"
        f"{_in_cluster(speech, fact)}."
    )


def _own_words(speech: Speech, fact: Fact) -> str:
    """The area's own number in the last period beside that of an average area."""
    if np.isnan(fact.observed) or np.isnan(speech.usual):
        return ""
    weighted = ", weighted" if speech.factor.is_weighted else ""
    when = _in_period(speech.unit, speech.factor.periods[-1])
    own, usual = _plain_count(fact.observed), _decimal(speech.usual)
    return f"; {when} own {own}, average area {usual}{weighted}"


def _of_many(speech: Speech, fact: Fact) -> str:
    """In how many of many periods it is still hot when they are corrected together."""
    # Of many periods some are hot by luck: the corrected number stands beside the raw one.
    if not reads_all_periods(len(speech.factor.periods), speech.unit):
        return ""
    return f" ({fact.periods_hot_all:.0f} when all are corrected together)"


def _shared(speech: Speech, fact: Fact) -> str:
    if not _is_worse(speech.factor, fact.value, speech.average):
        return ""
    return _SHARES[speech.factor.measured_as](speech, fact)


def _is_worse(factor: Factor, number: float, than: float) -> bool:
    """Whether a number means more risk than another, by the direction of the factor."""
    return factor.direction * (number - than) > 0


def _share_words(speech: Speech, fact: Fact) -> str:
    of_whom = inside(speech.factor.label)
    return f"{_percent(fact.value)} of {of_whom} ({speech.whole} {_percent(speech.average)})."


def _rate_words(speech: Speech, fact: Fact) -> str:
    base = base_in_words(speech.factor.exposure or "")
    here, average = (one_decimal(1000 * rate) for rate in (fact.value, speech.average))
    return f"{speech.factor.label}: {here} per 1,000 {base} ({speech.whole} {average})."


def _measure_words(speech: Speech, fact: Fact) -> str:
    value, average = map(_measure, (fact.value, speech.average))
    return f"{speech.factor.label}: {value} ({speech.whole} {average})."


def _measure(value: float) -> str:
    """A measure with four digits, or with all of them before its point: ranks have five."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


_SHARES: Mapping[str, Callable[[Speech, Fact], str]] = MappingProxyType(
    {"share": _share_words, "rate": _rate_words, "measure": _measure_words}
)


def _tested(speech: Speech, fact: Fact) -> str:
    factor, kind = speech.factor, _kind(speech.factor, fact)
    # Where an area is hot through its window, the numbers of the window are the evidence.
    near = kind not in ("", "own", "both")
    observed = fact.window_observed if near else fact.observed
    expected = fact.window_expected if near else fact.expected
    if factor.direction == -1:
        return _fewer(speech, fact)
    # An area below what was expected may score by its rank; that is no reason to name.
    if not (fact.is_hot or fact.confidence > 0 or near or observed > expected):
        return ""
    # Three grades of evidence: significant after correction, possibly so, and merely more.
    start = "Hot" if fact.is_hot else "Possibly hot" if fact.confidence > 0 else "More"
    start = NEAR_WORDS.get(kind, start)
    period = _in_period(speech.unit, factor.periods[-1]) if factor.periods else ""
    about = " ".join(filter(None, [start, "for", inside(factor.label), period]))
    weighted = " weighted" if factor.is_weighted else ""
    numbers = _numbers(observed, expected, fact.confidence, weighted)
    if near:
        # Its own number first, or a reader takes that of the window for the area's.
        own = _against(fact.observed, fact.expected, weighted)
        numbers = f"{own}; with its neighbours {numbers}"
    return f"{about}: {numbers}{KIND_WORDS[kind]}{_local(fact)}{_in_cluster(speech, fact)}."


def _fewer(speech: Speech, fact: Fact) -> str:
    """What there is too little of, where a high number means less risk: its own number alone."""
    if not fact.observed < fact.expected:
        return ""
    label, period = inside(speech.factor.label), speech.factor.periods[-1:]
    about = " ".join([f"Fewer for {label}", *(_in_period(speech.unit, p) for p in period)])
    return f"{about}: {_counted(speech.factor, fact.observed, fact.expected, '')}."


def _own_risk(speech: Speech, fact: Fact) -> str:
    """The area's own numbers first, then those of its window, which are named as such."""
    factor = speech.factor
    hot = fact.is_hot and factor.direction == 1
    # Shrinkage gives every area a risk; only an excess or a hotspot is a reason.
    if not _is_worse(factor, fact.all_observed, fact.all_expected) and not hot:
        return ""
    # Of a single period one label, and not 2022 to 2022.
    span = " to ".join(dict.fromkeys([*factor.periods[:1], *factor.periods[-1:]]))
    about = " ".join(filter(None, [factor.label, _in_period(speech.unit, span)]))
    estimate = _ESTIMATES[factor.estimate](factor, fact.value)
    numbers = _counted(factor, fact.all_observed, fact.all_expected, estimate)
    if factor.direction == -1:
        # A hotspot of what protects is no reason.
        return f"{about}: {numbers}."
    sentences = [f"{about}: {numbers}{_in_cluster(speech, fact)}."]
    if fact.is_hot or fact.kind == "next door":
        # With one period the sentence before has named it.
        last = factor.periods[-1] if len(factor.periods) > 1 else ""
        start = " ".join(filter(None, [_RISK_WORDS[fact.kind], _in_period(speech.unit, last)]))
        sentences.append(f"{start}{_of_window(factor, fact)}{_local(fact)}.")
    return " ".join(sentences)


_ESTIMATES: Mapping[str, Callable[[Factor, float], str]] = MappingProxyType(
    {
        "mean": lambda factor, value: f"estimated {one_decimal(value)}",
        "exceedance": lambda factor, value: (
            f"{_percent(value)} sure of more than {factor.above:g} times"
        ),
        "rank": lambda factor, value: f"above {value:.0f}% of areas on average",
    }
)
"""The estimate of a risk in words, by the config word."""


def _of_window(factor: Factor, fact: Fact) -> str:
    """The numbers of the window, or how surely the area is hot by itself alone."""
    sure = f"{fact.confidence:.0f}% sure" if fact.confidence > 0 else ""
    # An area that is hot by itself alone owes nothing to its window.
    if fact.kind == "own":
        return f" ({sure})" if sure else ""
    window = _counted(factor, fact.window_observed, fact.window_expected, sure)
    return f": with its neighbours {window}" if fact.kind == "next door" else f": {window}"


def _local(fact: Fact) -> str:
    """Whether a hot area stands out from its surroundings, or the whole quarter is hot."""
    if not fact.is_hot or np.isnan(fact.local):
        return ""
    return "; hotter than its surroundings too" if fact.local else "; its surroundings are so too"


def _in_cluster(speech: Speech, fact: Fact) -> str:
    """The group of areas that a scan of the last period found it in, and how surely that is one."""
    if np.isnan(fact.cluster):
        return ""
    sure = int(confidence_of(np.array([fact.cluster_p]))[0])
    periods = speech.factor.periods
    # The scan is of the last period, which is named only among several.
    when = _in_period(speech.unit, periods[-1]) if len(periods) > 1 else ""
    notes = f"({sure}% sure)" if sure else ""
    return "; " + " ".join(filter(None, [f"in a cluster of {fact.cluster:.0f} areas", when, notes]))


def _in_period(unit: str, label: str) -> str:
    return PERIOD_WORDS[unit][0].format(label) if label else ""


def _counted(factor: Factor, observed: float, expected: float, note: str) -> str:
    """62 where 31.0 were expected (2.0 times; estimated 1.8)."""
    weighted = " weighted" if factor.is_weighted else ""
    times = f"{one_decimal(observed / expected)} times" if expected > 0 else ""
    notes = "; ".join(filter(None, [times, note]))
    return _against(observed, expected, weighted) + (f" ({notes})" if notes else "")


def _kind(factor: Factor, fact: Fact) -> str:
    if fact.kind == "next door":
        return fact.kind
    if fact.is_hot:
        one = fact.kind == "neighbourhood" and fact.through_one
        return "one" if one else fact.kind
    # Not hot and still 90% sure: methods with a window take their evidence from it.
    return "window" if fact.confidence > 0 and factor.method in ("window", "getis-ord") else ""


SENTENCES: dict[str, Callable[[Speech, Fact], str]] = {
    "persistence": _persisted,
    "risk": _own_risk,
}
"""Kind of score to the sentence that explains it; the others say what was tested."""

KIND_WORDS = {
    "": "",
    "own": ", by itself",
    "neighbourhood": "",
    "one": ", through one area alone",
    "window": "",
    "next door": "",
    "both": ", by itself and with its neighbours",
}
"""Through what an area is hot, at the end of a sentence."""

NEAR_WORDS = {
    "neighbourhood": "Hot with its neighbours",
    "one": "Hot with its neighbours",
    "next door": "Next door to a hotspot",
}
"""The beginning of a sentence about an area that is not hot by itself."""

_RISK_WORDS = {
    "own": "Hot by itself",
    "neighbourhood": "Hot with its neighbours",
    "both": "Hot by itself, and with its neighbours",
    "next door": "Next door to a hotspot",
}


def _numbers(observed: float, expected: float, confidence: float, unit: str) -> str:
    notes = [f"{one_decimal(observed / expected)} times"] if expected > 0 else []
    notes += [f"{confidence:.0f}% sure"] if confidence > 0 else []
    return _against(observed, expected, unit) + (f" ({'; '.join(notes)})" if notes else "")


def _against(observed: float, expected: float, unit: str) -> str:
    """7 where 1.9 were expected."""
    against = f" where {_decimal(expected)} were expected" if expected > 0 else ""
    return f"{_plain_count(observed)}{unit}{against}"


def _plain_count(observed: float) -> str:
    """A count, whole where it is."""
    return f"{observed:,.0f}" if observed == round(observed) else _decimal(observed)


def _decimal(number: float) -> str:
    return one_decimal(number) if number < 100 else f"{number:,.0f}"


def one_decimal(number: float) -> str:
    """A number with one decimal, half away from zero, as the script of the map rounds it too.

    Examples
    --------
    >>> one_decimal(1.25), one_decimal(4.7491)
    ('1.3', '4.7')
    """
    if not math.isfinite(number):
        return f"{number:,.1f}"
    # Eight digits mend what a division has lost; plain floats, as sentences are many.
    tenths = math.floor(abs(round(10 * number, 8)) + 0.5)
    return f"{math.copysign(tenths / 10, number):,.1f}"


def _percent(share: float) -> str:
    # Half away from zero, as on all pages; nine digits mend what 100 times .285 has lost.
    return f"{float(round_half_away(round(100 * share, 9))):.0f}%"
