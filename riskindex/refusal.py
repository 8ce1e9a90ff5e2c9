"""A release is published only where an attack on its files finds nothing that it withholds."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from riskindex.disclosure import Rules
from riskindex.errors import DisclosureError
from riskindex.groups import group_kinds, profile_kind

if TYPE_CHECKING:
    from riskindex.attack import Findings
    from riskindex.ledger import Entry
    from riskindex.released import Result

MOST_CELLS = 20
"""Counts of each kind that a refusal names."""


def refuse_leaks(
    folder: Path, rules: Rules, *, truth: "Result | None" = None, earlier: "Sequence[Entry]" = ()
) -> None:
    """Attack the files of a release and refuse it where they tell what it withholds.

    Parameters
    ----------
    folder
        The files, not yet published.
    rules
        Of the profile.
    truth
        The result that was released.
    earlier
        Earlier releases, which are handed to the attack.

    Raises
    ------
    DisclosureError
        For counts that could be told, which they are, what they could be, the total that bounds
        each, and what to change; else one line for every kind of finding: where it was found and
        what to do.
    """
    from riskindex.attack import attack_folder

    found = attack_folder(folder, truth=truth, ledger=earlier or None, rules=rules)
    if not found.clean:
        lines = _lines(found, rules, truth, earlier)
        raise DisclosureError([f"not published: {line}" for line in lines])


def _lines(
    found: "Findings", rules: Rules, truth: "Result | None", earlier: "Sequence[Entry]"
) -> Iterator[str]:
    of_cells = found.table["kind"].isin(list(_TOLD)) & (found.table["cell"] != "")
    if truth is None or not of_cells.any():
        yield from found.lines
        return
    for kind, part in found.table[of_cells].groupby("kind", sort=False):
        named = [_named(row, truth) for _, row in part.head(MOST_CELLS).iterrows()]
        more = f"; and {len(part) - len(named):,} more" if len(part) > len(named) else ""
        yield (
            f"{len(part):,} withheld {'count' if len(part) == 1 else 'counts'} {_TOLD[str(kind)]}: "
            f"{'; '.join(named)}{more}. {_advice(str(kind), rules, earlier)}"
        )
    for line, kind in zip(found.lines, found.table["kind"].unique(), strict=True):
        if kind not in _TOLD:
            yield line


_TOLD: Mapping[str, str] = {
    "recovered": "can be told exactly from what is printed together",
    "narrow": "can be told too closely from what is printed together",
    "difference": "can be told too closely beside earlier releases of the ledger",
}
"""Kind of finding about counts to what it means."""


def _named(finding: "pd.Series[Any]", truth: "Result") -> str:
    """A count in words: factor, period and area, what it could be, and the total that it is in."""
    cell, areas = str(finding["cell"]), truth.areas
    code = cell.rpartition(" ")[2]
    factor = next((f for f in truth.config.factors if cell.startswith(f"{f.name} ")), None)
    low, high = (f"{finding[bound]:.0f}" for bound in ("low", "high"))
    could = low if low == high else f"{low} to {high}"
    if factor is None or code not in areas.index:
        return f"{cell} ({could})"
    period = cell.removeprefix(f"{factor.name} ").removesuffix(f" {code}")
    kind = profile_kind(group_kinds(areas))
    total = f", in the total of {areas.at[code, kind]}" if kind else ""
    return f"{factor.label}, {period}, {areas.at[code, 'name']} ({code}{total}): {could}"


def _advice(kind: str, rules: Rules, earlier: "Sequence[Entry]") -> str:
    away = (
        "Or set sensitive = true for the source, so that no count of an area leaves, or leave the "
        "factor out."
    )
    others = {(e.rules.threshold, e.rules.rounding): e.number for e in reversed(earlier)}
    others.pop((rules.threshold, rules.rounding), None)
    if kind == "difference" and others:
        told = ", ".join(
            f"release {number:,} of the ledger (threshold {threshold:,}, rounding {rounding:,})"
            for (threshold, rounding), number in others.items()
        )
        return (
            f"Under [release], give this profile the threshold and the rounding of {told}: two "
            f"roundings of one count narrow it. {away}"
        )
    return (
        f"Band these counts or drop the totals that they are in: raise threshold or "
        f"rounding under [release], for partners partner_threshold or partner_rounding (now "
        f"{rules.threshold:,} and {rules.rounding:,}). {away}"
    )
