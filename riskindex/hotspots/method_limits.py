"""What to bear in mind about the tests of a run, one sentence for each: limits that apply here."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskindex.factors import Factor
from riskindex.hotspots.find import Hotspots
from riskindex.statistics.corrections import adjust
from riskindex.statistics.poisson import window_excess
from riskindex.tables import rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MANY_EVENTS, UNLIKE = 20.0, 0.15
"""Gi* is told with its limits from so many events an area on, and where residents vary by so much
of their mean (one standard deviation)."""
SMALL_BASE = 0.1
"""An extreme area with less than this of the median exposure has a base that cannot be its own."""


def method_notes(
    found: Hotspots,
    areas: pd.DataFrame,
    factors: Sequence[Factor],
    *,
    weights: "csr_array[Any] | None" = None,
) -> tuple[str, ...]:
    """Sentences about limits of the tests that apply to this run.

    Single areas that would have decided a dispersion for all; tails heavier than gamma; Gi*
    on areas of unlike residents, beside the window.

    Parameters
    ----------
    found
        The tests of all factors.
    areas
        Index area_code, with `name`.
    factors
        The factors that were tested.
    weights
        Neighbours, shape `(n, n)`; without them no window stands beside Gi*.
    """
    notes = [note for factor in factors for note in _extreme_notes(found, areas, factor)]
    # Shares and thresholds have no tail that could be too heavy.
    tested = [factor for factor in factors if factor.is_tested]
    notes += _heavy_notes(found, tested)
    for factor in tested:
        if factor.method == "getis-ord" and weights is not None and "residents" in areas:
            notes += _unequal_notes(found, areas, factor, weights)
    return tuple(notes)


def _heavy_notes(hotspots: Hotspots, factors: Sequence[Factor]) -> Iterator[str]:
    """One sentence for all factors, as most have such a tail where one has."""
    nulls = [(f.label, str(rows(hotspots.tests, factor=f.name)["null"].iloc[-1])) for f in factors]
    raised = [
        f"{label} ({null.rsplit('variance ', 1)[-1].removesuffix(' for a heavier tail')})"
        for label, null in nulls
        if "heavier tail" in null
    ]
    if raised:
        yield (
            "Risks have a heavier tail than the tests assume, so that the dispersion is raised: "
            f"{'; '.join(raised)}. Of maps without a hotspot 2 to 7% then show one by window, and "
            "4 to 15% by the area itself."
        )


def _unequal_notes(
    hotspots: Hotspots, areas: pd.DataFrame, factor: Factor, weights: "csr_array[Any]"
) -> Iterator[str]:
    """What Gi* takes for granted, where areas are unlike and hold many events."""
    table = rows(hotspots.table, factor=factor.name, period=str(factor.periods[-1]))
    observed = table["observed"].to_numpy(float)
    residents = areas["residents"].to_numpy(float, na_value=np.nan)
    assessed = ~np.isnan(observed) & (residents > 0)
    # Weighted sums are in steps of harm, where "20 events" means nothing.
    if len(factor.groups) > 1 or not assessed.any():
        return
    mean = observed[assessed].mean()
    unlike = residents[assessed].std() / residents[assessed].mean()
    # With few events or like areas Gi* keeps its level, and a warning would mislead.
    if mean < MANY_EVENTS or unlike < UNLIKE:
        return
    # Set beside the window test, so that a reader sees what the assumption changes.
    p = window_excess(observed, np.where(assessed, residents, np.nan), weights).p
    beside = adjust(p, factor.correction) <= factor.level
    hot = table["is_hot"].to_numpy(bool)
    yield (
        f"{factor.label}: Gi* takes areas to be alike, but their residents vary by {unlike:.0%} "
        f"and an area has {mean:,.0f} events; 10 to 16% of maps without a hotspot then show one. "
        f"Against residents, by window, {int(beside.sum()):,} areas are hot, {int(hot.sum()):,} by "
        f"Gi*, {int((beside & hot).sum()):,} by both."
    )


def _extreme_notes(hotspots: Hotspots, areas: pd.DataFrame, factor: Factor) -> Iterator[str]:
    mine = hotspots.extremes[hotspots.extremes["factor"] == factor.name]
    # Periods stay in the order of the config, which need not be alphabetical.
    for period, some in mine.groupby("period", sort=False):
        about = hotspots.tests.loc[(factor.name, period)]
        many = "one area" if len(some) == 1 else f"{len(some)} areas"
        named = "; ".join(_in_words(row, areas) for _, row in some.iterrows())
        make, them = ("makes", "it") if len(some) == 1 else ("make", "them")
        yield (
            f"{factor.label}{f' in {period}' if period else ''}: {many}, "
            f"{named}, {make} the dispersion {about['dispersion_of_all']:.3g}; without {them} "
            f"{about['dispersion']:.3g}, which the tests take."
        )


def _in_words(row: "pd.Series", areas: pd.DataFrame) -> str:
    code = row["area_code"]
    name = str(areas.at[code, "name"]) if "name" in areas else str(code)
    words = f"{name} ({code})" if name != code else str(code)
    # A tiny base explains a huge ratio: more often an error in the base than a true risk.
    small = row["exposure"] < SMALL_BASE * row["usual_exposure"]
    base = f", whose base of {row['exposure']:,g} cannot be that of this count" if small else ""
    return f"{words}: {row['observed']:,g} where {row['expected']:,.1f} were expected{base}"
