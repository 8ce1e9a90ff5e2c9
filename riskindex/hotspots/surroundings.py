"""Hotter than its surroundings: a second test beside that against the whole study area."""

from dataclasses import replace

import numpy as np

from riskindex.arrays import AnyArray
from riskindex.factors import Factor
from riskindex.hotspots.area_tests import local_test
from riskindex.hotspots.samples import Land, Observation
from riskindex.statistics.corrections import adjust
from riskindex.statistics.expectation import NEAREST


def against_surroundings(
    seen: Observation, land: Land, factor: Factor, dispersion: float
) -> dict[str, AnyArray]:
    """Test every area against the rate of the 200 areas nearest to it.

    Where risk changes smoothly over the study area, whole quarters are hotter than the study area
    as a whole, and rightly so, without a spot among them: this test tells the two apart.

    Parameters
    ----------
    seen
        What was counted in the period.
    land
        The areas; with centroids.
    factor
        Tested by window or by area, against the whole study area.
    dispersion
        Variance of relative risks that the first test found.

    Returns
    -------
    dict
        Columns over all areas: `local_expected` and `local_ratio` of what is tested (the window,
        or the area), `local_p_adjusted`, and `is_hot_local`: significant, on more events of its
        own than its surroundings lead one to expect. NaN, and False, where it is not asked.
    """
    columns: dict[str, AnyArray] = {
        name: np.full(len(seen.reason), np.nan)
        for name in ("local_expected", "local_ratio", "local_p_adjusted")
    }
    columns["is_hot_local"] = np.zeros(len(seen.reason), dtype=bool)
    # In a small county the surroundings are the county; given the total there is no local one.
    if seen.assessed.sum() <= NEAREST or factor.dispersion == "given-total":
        return columns
    sample = land.sample(seen, replace(factor, background="local"))
    if not sample.events.any():
        return columns
    # The dispersion of the first test: estimated against a local rate, a hotspot would hide in its
    # own surroundings.
    result = local_test(sample, factor, dispersion)
    adjusted = adjust(np.where(sample.asked, result.p, np.nan), factor.correction)
    columns["local_expected"][seen.assessed] = result.expected
    columns["local_ratio"][seen.assessed] = result.ratio
    columns["local_p_adjusted"][seen.assessed] = adjusted
    columns["is_hot_local"][seen.assessed] = (adjusted <= factor.level) & result.more_itself
    return columns
