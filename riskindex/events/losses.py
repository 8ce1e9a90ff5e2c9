"""Losses: events in the periods that are not counted, and the share above which a run stops."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

WARN_FROM, REFUSE_FROM = 0.01, 0.10
"""Share of a source's events in the periods from which its losses are a warning, and a fault."""
ENOUGH_LOST = 20
"""Fewer events may be lost by chance whatever their share."""


def losses(
    reconciliation: pd.DataFrame,
    elsewhere: Mapping[str, int],
    sources: Mapping[str, Any],
    *,
    within: bool = False,
) -> tuple[list[str], list[str]]:
    """Sentences about the losses of each source: warnings, and faults.

    What is left out as asked is no loss: events outside the periods, excluded by a rule, repeats,
    and those of areas that are known to be elsewhere, by a lookup of their codes or by `within`.

    Parameters
    ----------
    reconciliation
        Of `Counted`.
    elsewhere
        Source to the number of its events in the periods with codes known to be elsewhere.
    sources
        Name to the source, with `accept_losses`.
    within
        Whether the study area is a part of larger boundaries.
    """
    warnings, faults = [], []
    for name, line in _own_lines(reconciliation):
        asked = int(line["read"] - line["outside_periods"] - line["excluded_by_rule"])
        lost = {column: int(line[column]) for column in _LOSSES}
        # Beyond the boundaries on purpose, or by codes that are known, is no loss; unexplained
        # outside is how a wrong projection shows.
        lost["outside_study_area"] -= (
            lost["outside_study_area"] if within else elsewhere.get(name, 0)
        )
        lost = {column: n for column, n in lost.items() if n > 0}
        number = sum(lost.values())
        asked -= 0 if within else elsewhere.get(name, 0)
        # Both: 3 of 20 is chance, and 30 of a million is no matter.
        if number < ENOUGH_LOST or number <= WARN_FROM * asked:
            continue
        sentence = _sentence(name, lost, number / asked, asked)
        # A tenth lost changes which areas are on the list; somebody has to say that it is meant.
        if number > REFUSE_FROM * asked and not getattr(sources.get(name), "accept_losses", True):
            faults.append(
                f"{sentence} If they are to be lost, set accept_losses = true under "
                f"[sources.{name}]."
            )
        else:
            warnings.append(sentence)
    return warnings, faults


def _own_lines(reconciliation: pd.DataFrame) -> Iterator[tuple[str, "pd.Series[int]"]]:
    for name, factor in reconciliation.index:
        # This line accounts for every record of the source; those of factors overlap.
        if factor == "":
            yield str(name), reconciliation.loc[(name, factor)]


def _sentence(name: str, lost: Mapping[str, int], share: float, asked: int) -> str:
    parts = "; ".join(f"{n:,} {_LOSSES[column][0]}" for column, n in lost.items())
    # One advice, for the largest loss: several would not be read.
    most = max(lost, key=lambda column: lost[column])
    return (
        f"{name}: {sum(lost.values()):,} of {asked:,} events in the periods ({share:.1%}) are not "
        f"counted: {parts}. {_LOSSES[most][1]}"
    )


_LOSSES = {
    "no_location": (
        "without a location",
        "Name the columns that say where they happened, or ask for their places.",
    ),
    "unknown_area": (
        "with codes that no area is known to have",
        "Correct the codes, or name the lookup that knows them under [areas].",
    ),
    "outside_study_area": (
        "outside the study area",
        "Use boundaries of all that the source covers and within, or name a lookup of the codes "
        "elsewhere under [areas] (shipped = [] for LSOAs of England and Wales).",
    ),
}
"""Column of the reconciliation to what was lost, and what to do."""
