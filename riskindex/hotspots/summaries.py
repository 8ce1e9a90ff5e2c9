"""Summaries of tests: one line per factor and period, with what was assumed and what was found."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import Array, Columns, Flags
from riskindex.factors import Factor
from riskindex.hotspots.area_tests import AreaTest, Second, expected_counts
from riskindex.hotspots.samples import Observation, Sample
from riskindex.statistics.corrections import adjust
from riskindex.statistics.dispersion import neighbour_covariance
from riskindex.statistics.getis_ord import general_g, moran


def summarise_untested(
    seen: Observation, factor: Factor, *, context: Flags | None = None
) -> dict[str, Any]:
    """What can be said of every method.

    Parameters
    ----------
    seen, factor
        As for `summarise`.
    context
        Areas around the study area, shape (n,), which lie in windows and in no sum; None: none.
    """
    study = np.ones(len(seen.reason), dtype=bool) if context is None else ~context
    counted = seen.assessed & study
    assessed = int(counted.sum())
    total = float((seen.counts[counted] @ seen.event_weights).sum()) * seen.unit
    # Missing by default: a statistic that was not computed is not 0.
    blank = dict.fromkeys(_SUMMARY, np.nan) | {"null": "nothing was observed", "estimator": ""}
    return blank | {
        "method": factor.method,
        "correction": factor.correction,
        "level": factor.level,
        "assessed": assessed,
        "not_assessed": int(study.sum()) - assessed,
        "total": total,
        "average": total / assessed if assessed else np.nan,
        "hot": 0,
        "next_door": 0,
        "left_out": 0,
        "hot_all": 0,
    }


class Evidence(NamedTuple):
    """A sample with what was tested on it."""

    sample: Sample
    first: AreaTest
    second: Second


def summarise(
    seen: Observation,
    factor: Factor,
    columns: Columns,
    evidence: Evidence,
    *,
    context: Flags | None = None,
) -> dict[str, Any]:
    """What the test of a factor in a period assumed, and how many areas it found hot.

    Parameters
    ----------
    seen
        The counts of the period, with why areas are not assessed.
    factor
        Whose test it is.
    columns
        Its table over all areas.
    evidence
        What was tested on the assessed areas.
    context
        As for `summarise_untested`.
    """
    sample, first, second = evidence
    assessed = int((~np.isnan(columns["p"])).sum())
    # How many more areas a test without dispersion calls hot shows what overdispersion costs.
    plain = adjust(second.plain_p, factor.correction) <= factor.level
    # Areas hot through neighbours alone are next door, so they must not count here either.
    if factor.method != "poisson" and factor.neighbourhood != "score":
        plain &= sample.observed > expected_counts(sample, factor)
    # Moran's I of counts would mostly show where people live; ratios show where risk is.
    ratios = sample.observed / sample.expected(float(sample.observed.sum()))
    about = summarise_untested(seen, factor, context=context)
    return about | {
        "null": first.null,
        "assessed": assessed,
        # An area may be counted and still not be tested: its window may be the whole map.
        "not_assessed": about["not_assessed"] + about["assessed"] - assessed,
        "dispersion": first.dispersion,
        "estimator": first.estimator,
        "dispersion_of_all": first.dispersion_of_all,
        "left_out": 0 if first.left_out is None else int(first.left_out.sum()),
        "hot_all": int(columns["is_hot"].sum()),
        "hot": int(columns["is_hot"].sum()),
        "next_door": int((columns["kind"] == "next door").sum()),
        "hot_without_dispersion": np.nan if np.isnan(first.dispersion) else int(plain.sum()),
        **{f"hot_{band}": int((columns["confidence"] >= band).sum()) for band in (90, 95, 99)},
        **global_statistics(ratios, sample),
        **_alike(sample, second.own_dispersion),
    }


_SUMMARY = (
    "method",
    "null",
    "correction",
    "level",
    "assessed",
    "not_assessed",
    "total",
    "average",
    "dispersion",
    "estimator",
    "hot",
    "hot_without_dispersion",
    "hot_90",
    "hot_95",
    "hot_99",
    "moran_i",
    "moran_p",
    "general_g",
    "general_g_p",
    "neighbour_covariance",
    "neighbour_z",
    "next_door",
    "dispersion_of_all",
    "left_out",
    "hot_all",
    "hot_local",
    "hot_both",
)


_COUNTED = (
    "assessed",
    "not_assessed",
    "hot",
    "hot_without_dispersion",
    "hot_90",
    "hot_95",
    "hot_99",
    "next_door",
    "left_out",
    "hot_all",
    "hot_local",
    "hot_both",
)


def global_statistics(values: Array, sample: Sample) -> dict[str, float]:
    """Global statistics of counts over expected (under getis-ord, over their mean) or shares."""
    i, g = moran(values, sample.neighbours), general_g(values, sample.neighbours)
    return {"moran_i": i.statistic, "moran_p": i.p, "general_g": g.statistic, "general_g_p": g.p}


def _alike(sample: Sample, dispersion: float) -> dict[str, float]:
    covariance = neighbour_covariance(
        sample.observed,
        sample.exposure,
        sample.neighbours,
        dispersion=dispersion,
    )
    return {"neighbour_covariance": covariance.covariance, "neighbour_z": covariance.z}


def table_of_summaries(
    keys: Sequence[tuple[str, str]], summaries: list[dict[str, Any]]
) -> pd.DataFrame:
    """Summaries by factor and period; numbers of areas are whole numbers."""
    index = pd.MultiIndex.from_tuples(keys, names=["factor", "period"])
    table = pd.DataFrame(summaries, index=index)[list(_SUMMARY)]
    # Int64 keeps NA beside whole numbers, where NumPy would print 12.0 areas.
    return table.astype(dict.fromkeys(_COUNTED, "Int64"))
