"""Areas whose base is most in doubt: the people it counts are not the people who are there."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from riskindex.factors import Factor, base_in_words
from riskindex.tables import rows

COMMUNAL = "communal_residents"
"""Base of residents in communal establishments; it names areas, and nothing is expected from it."""
FEW_FOR_EVENTS, MOSTLY_COMMUNAL = 5.0, 0.2
"""In doubt is a base of which events are so many times what it lets expect (a town centre has
visitors, not residents), and residents of whom so many live in communal establishments."""
NAMED = 10


def exposure_notes(
    table: pd.DataFrame, areas: pd.DataFrame, factors: Sequence[Factor]
) -> Iterator[str]:
    """One sentence for each base that events are expected from, where areas of it are in doubt.

    Parameters
    ----------
    table
        Index (factor, period, area_code): `observed`, `expected` and `reason`.
    areas
        Index area_code, with `name` and the bases.
    factors
        All that were tested; the last period of those with an exposure counts, all together.
    """
    exposures = [factor.exposure for factor in factors if factor.is_tested and factor.exposure]
    # Factors that share a base share its faults, so the note stands once for each base.
    for base in dict.fromkeys(exposures):
        mine = [factor for factor in factors if factor.is_tested and factor.exposure == base]
        busy = _times_expected(table, mine)
        parts = [
            _named(
                busy[busy >= FEW_FOR_EVENTS],
                areas,
                "{:.1f} times",
                f"have {FEW_FOR_EVENTS:g} times the events or more that these let expect, as town "
                "centres, stations and airports do",
            )
        ]
        if base.startswith("residents") and COMMUNAL in areas and "residents" in areas:
            # Counts of both bases may be of different dates, so a share can come out above 1.
            share = (areas[COMMUNAL] / areas["residents"]).reindex(busy.index).clip(upper=1.0)
            words = (
                f"have {MOSTLY_COMMUNAL:.0%} of residents or more in communal establishments, "
                "such as prisons, halls of residence and hospitals"
            )
            parts.append(_named(share[share >= MOSTLY_COMMUNAL], areas, "{:.0%}", words))
        if any(parts):
            where = "; and in areas that ".join(filter(None, parts))
            yield (
                f"Exposure: {base_in_words(base)}, which events are expected from, say least of "
                f"who is there in areas that {where}. What if shows the list by every other base "
                "under [bases]."
            )


def _times_expected(table: pd.DataFrame, factors: Sequence[Factor]) -> "pd.Series[float]":
    """Events of some factors in their last period over those expected; areas that all assess."""
    # The last period is the one that is mapped and acted on.
    last = [rows(table, factor=f.name, period=str(f.periods[-1])) for f in factors]
    sums = sum(part[["observed", "expected"]].astype(float) for part in last)
    assessed = np.all([(part["reason"].fillna("") == "").to_numpy() for part in last], axis=0)
    kept = pd.DataFrame(sums)[assessed]
    # Nothing expected gives no ratio; infinity would head the list of areas in doubt.
    return (kept["observed"] / kept["expected"]).where(kept["expected"] > 0)


def _named(some: "pd.Series[float]", areas: pd.DataFrame, form: str, words: str) -> str:
    if some.empty:
        return ""
    first = some.sort_values(ascending=False, kind="stable")
    named = [f"{areas.at[c, 'name']} ({c}, {form.format(x)})" for c, x in first[:NAMED].items()]
    more = len(first) - NAMED
    return f"{words}: {', '.join(named)}" + (f" and {more:,} more" if more > 0 else "")
