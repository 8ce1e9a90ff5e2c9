"""Areas tested by themselves: whose bands would tell their count, and are withheld or refused."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.disclosure import WITHHELD, Rules
from riskindex.errors import DisclosureError
from riskindex.factors import Factor
from riskindex.poisson import poisson_excess
from riskindex.released import Result
from riskindex.released_counts import ReleasedCounts, is_sensitive, periods_shown
from riskindex.scores import rows


def tests_one_area(factor: Factor, result: Result) -> "pd.Series[bool]":
    """Areas whose events are tested by themselves, in which each band is a range of one count.

    Parameters
    ----------
    factor
        One that is `poisson`, a rate of events, or has areas without a neighbour.
    result
        What a run found out.

    Returns
    -------
    Series
        Index area_code.
    """
    alone = np.diff(result.weights.indptr) == 0
    by_itself = factor.method == "poisson" or (factor.counts_events and not factor.is_tested)
    own = by_itself and (factor.counts_events or is_sensitive(factor, result))
    return pd.Series(alone & factor.counts_events | own, index=result.areas.index)


def measures_counts(factor: Factor) -> bool:
    """Whether the score is the measured strength of counts, whose bands and order would tell them.

    Between windows that differ by few events even coarse bands do; in the order of rates, ranks.
    """
    return factor.counts_events and factor.score in {"value", "intensity"}


def flags_withheld(
    result: Result, factor: Factor, counts: ReleasedCounts, period: str | None = None
) -> NDArray[np.bool_]:
    """Areas whose flags would narrow a withheld count, in one period or the last.

    They are tested by themselves, or their window would tell too well of an area in it.

    Parameters
    ----------
    result, factor
        What a run found out, and of which factor.
    counts
        Of the release.
    period
        One of the factor's; the last where it is left out.
    """
    last = periods_shown(factor, "public")[-1]
    one = tests_one_area(factor, result).to_numpy(dtype=bool)
    cells = counts.shown[factor.name, last].cells
    own = one & (cells == WITHHELD) & (not is_sensitive(factor, result))
    return np.asarray(own | counts.hidden.get((factor.name, period or last), False))


def refuse_telling_tests(result: Result, rules: Rules) -> None:
    """Refuse bands of single areas of a sensitive source that few events would make hot.

    An index of nothing but the strength of counts is refused, too: its list bounds them.

    Raises
    ------
    DisclosureError
        One sentence per factor, with what to do.
    """
    faults = [
        f"factors.{factor.name}: its bands say of single areas of a sensitive source whether they "
        f"have fewer than {rules.threshold} events. Use the method window or getis-ord, or keep "
        "the result internal."
        for factor in result.config.factors
        if factor.counts_events and is_sensitive(factor, result)
        if _tells_small_counts(result, factor, rules)
    ]
    scored = [factor for factor in result.config.factors if factor.scored]
    if scored and all(measures_counts(factor) for factor in scored):
        faults.append(
            "index: it is nothing but the strength of counts, so that the list says of every area "
            'whether it has more or fewer. Score its factors by "confidence", or keep the result '
            "internal."
        )
    if faults:
        raise DisclosureError(faults)


def _tells_small_counts(result: Result, factor: Factor, rules: Rules) -> bool:
    if not factor.is_tested:
        return True
    if factor.method != "poisson":
        return False
    heaviest = max(group.weight for group in factor.groups)
    return any(
        _hot_by_few(rows(result.hotspots, factor=factor.name, period=period), factor, w, most)
        for period in map(str, factor.periods)
        for w in [float(result.tests.loc[(factor.name, period), "dispersion"])]
        for most in [heaviest * (rules.threshold - 1)]
    )


def _hot_by_few(found: pd.DataFrame, factor: Factor, dispersion: float, most: int) -> bool:
    """Whether so few events would make an assessed area hot, as hot as those that are."""
    p, hot = found["p"].to_numpy(dtype=float), found["is_hot"].to_numpy(dtype=bool)
    expected = found["expected"].to_numpy(dtype=float)
    assessed = int(np.isfinite(p).sum())
    cut = p[hot].max() if hot.any() else factor.level / max(assessed, 1)
    if not assessed:
        return False
    spread = dispersion if np.isfinite(dispersion) else 0.0
    return bool((poisson_excess(most, expected, dispersion=spread, tail="mid").p <= cut).any())


def band_of_level(level: float) -> int:
    """The confidence that being hot stands for: 99, 95 or 90, or 0 where the level is lower."""
    return next((band for band in (99, 95, 90) if round(1 - level, 12) >= band / 100), 0)


def shown_confidence(table: pd.DataFrame, one: "pd.Series[bool]", level: float) -> "pd.Series[Any]":
    """Confidence of the areas, no finer than hot or not where an area is tested by itself.

    Parameters
    ----------
    table
        `is_hot` and `confidence` of each area.
    one
        Of `tests_one_area`.
    level
        At which the factor calls an area hot.
    """
    flagged = table["is_hot"].astype(bool).astype("Int8") * band_of_level(level)
    flagged = flagged.where(table["confidence"].notna())
    return table["confidence"].astype("Int8").where(~one, flagged.astype("Int8"))
