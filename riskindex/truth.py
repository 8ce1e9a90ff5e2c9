"""What an attack is measured against: the true counts, and everything that must not be found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskindex.atoms import Rule
from riskindex.disclosure import Rules
from riskindex.periods import Unit

if TYPE_CHECKING:
    from riskindex.flags import KnownTests
    from riskindex.released import Result

_SECRET = (
    "expected", "ratio", "ratio_low", "ratio_high", "window_observed", "window_expected",
    "window_ratio", "z", "p", "log_p", "p_adjusted", "own_p_adjusted", "value",
)  # fmt: skip
"""Columns of the tests that would give counts away."""
SECRET_INDEX = ("score", "companion", "rank", "rank_low", "rank_high", "p_selected")
"""Columns of the index that would."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The counts behind a release."""

    counts: pd.DataFrame
    """Index area_code in ascending order, columns (factor, period): events, NaN where none."""
    sensitive: frozenset[str]
    """Factors whose counts of 0 are protected, too."""
    secrets: Mapping[str, "pd.Series[Any]"] = field(default_factory=dict)
    """Other numbers per area that give counts away, by name: scores, tests."""
    groups: Mapping[str, "pd.Series[Any]"] = field(default_factory=dict)
    """Kind of group to the group of each area."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Area code to name."""
    around: frozenset[str] = frozenset()
    """Areas around the study area: in their neighbours' windows, in no total and on no list."""
    residents: "pd.Series[Any] | None" = None
    """Residents of each area, where they are known."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Factor to label."""
    totals: Mapping[str, float] = field(default_factory=dict)
    """Exact totals that a release rounds or leaves out, by name."""
    texts: frozenset[str] = frozenset()
    """Sentences that a release may repeat as they are."""
    told: pd.DataFrame | None = None
    """The counts that a release is made of: without those in sensitive places; None for all."""
    tests: Mapping[tuple[str, str], "KnownTests"] = field(default_factory=dict)
    """(factor, period) to what an attacker can make of being hot or not."""
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    """Factor to what it counts; one that is not here shares events with none."""
    unit: Unit | None = None
    """What the labels of periods mean; told from the labels where it is None."""
    missing: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(factor, period) that was counted, and whose counts are not known here, to the reason."""
    is_released: bool = True
    """Whether the counts are those that a release is made of, so that what it prints is so."""
    canaries: Mapping[str, str] = field(default_factory=dict)
    """Texts that no release holds, such as the hash of a private file, and what they are."""

    def protected(self, rules: Rules) -> pd.DataFrame:
        """Whether each count is one that nobody may find out."""
        return self.protected_of(self.counts, rules)

    def protected_of(self, counts: pd.DataFrame, rules: Rules) -> pd.DataFrame:
        """The same of counts in columns (factor, period)."""
        small = counts.lt(rules.threshold) & counts.notna()
        factors = counts.columns.get_level_values(0)
        some = np.where(factors.isin(list(self.sensitive)), 0, 1)
        return small & counts.ge(some)


def truth_of(result: "Result") -> Truth:
    """The counts behind a result, and what goes with them."""
    from riskindex.analysis import without_places
    from riskindex.flags import remake_tests
    from riskindex.groups import group_kinds
    from riskindex.released import LIMITS
    from riskindex.released_counts import is_sensitive

    config, told = result.config, without_places(result)
    sensitive = {factor.name for factor in config.factors if is_sensitive(factor, result)}
    areas, order = result.areas.sort_index(), np.argsort(result.areas.index, kind="stable")
    return Truth(
        counts=_events(result),
        told=_events(told),
        tests={key: made.in_order(order) for key, made in remake_tests(told).items()},
        rules={f.name: tuple((g.source, g.where) for g in f.groups) for f in config.factors},
        unit=config.periods.unit,
        sensitive=frozenset(sensitive),
        secrets=dict(_secrets(result)),
        groups={kind: areas[kind] for kind in group_kinds(areas)},
        names=areas["name"].astype(str).to_dict(),
        around=frozenset(areas.index[areas["is_context"]])
        if "is_context" in areas
        else frozenset(),
        residents=areas["residents"].astype(float) if "residents" in areas else None,
        labels={factor.name: factor.label for factor in config.factors},
        totals=_totals(result.reconciliation),
        texts=frozenset([config.title, config.place, config.about, *LIMITS, *result.attribution]),
        canaries=canaries_of(result.files),
    )


def _events(result: "Result") -> pd.DataFrame:
    """Events by factor and period, areas in the order of their codes."""
    counts = result.counts.astype(float)  # a transposed table of Int64 would be one of objects
    return counts.T.groupby(level=[0, 2]).sum(min_count=1).T.sort_index()


def _secrets(result: "Result") -> Iterator[tuple[str, "pd.Series[Any]"]]:
    for factor, period in dict.fromkeys(
        (str(f), str(p)) for f, p, _ in result.hotspots.index
    ):  # fmt: skip
        table = result.hotspots.loc[(factor, period)].sort_index()
        for name in _SECRET:
            if name in table and table[name].notna().any():
                yield f"{name} of {factor} {period}".strip(), table[name].astype(float)
    for name in SECRET_INDEX:
        if name in result.index:
            yield name, result.index[name].astype(float).sort_index()


def _totals(reconciliation: pd.DataFrame) -> dict[str, float]:
    if reconciliation.empty:
        return {}
    return {
        f"{column} of {' '.join(part for part in key if part)}": float(row[column])
        for key, row in reconciliation.iterrows()
        for column in reconciliation
        if isinstance(key, tuple)
    }


def canaries_of(files: pd.DataFrame) -> dict[str, str]:
    """Hashes of the files that were read, whole and as pages shorten them."""
    found = {}
    for row in files.to_dict("records"):
        what = f"the hash of {row['name']}"
        for start in (64, 16):
            found[str(row["sha256"])[:start]] = what
    return found
