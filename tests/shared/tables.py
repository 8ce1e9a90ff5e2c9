"""Small tables as the stages hand them on, for tests of the stages that follow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskindex.factors import Factor
from riskindex.index.build import Index
from riskindex.index.selection import Selected, Selection
from riskindex.uncertainty.repeats import Data
from riskindex.uncertainty.replay import Robustness
from riskindex.uncertainty.robustness import Robust, prepare_repeats, repeat_list

HOTSPOT_DEFAULTS: dict[str, Any] = {
    "observed": 0.0,
    "expected": 1.0,
    "ratio": 0.0,
    "ratio_low": 0.0,
    "ratio_high": 0.0,
    "window_observed": 0.0,
    "window_expected": 5.0,
    "window_ratio": 0.0,
    "z": 0.0,
    "p": 1.0,
    "log_p": 0.0,
    "p_adjusted": 1.0,
    "own_p": 1.0,
    "own_p_adjusted": 1.0,
    "confidence": 0,
    "is_hot": False,
    "kind": "",
    "reason": "",
    "value": 0.0,
}


def factor(name: str = "suspects", **options: Any) -> Factor:
    """A factor that scores by confidence in 2022 unless told otherwise."""
    given = {"label": f"The {name}", "method": "getis-ord", "score": "confidence"}
    if options.get("method") not in ("threshold", "value"):
        given |= {"source": name, "periods": ("2022",)}
    return Factor(**{"name": name, **given, **options})


def hotspots(areas: Sequence[str], tables: dict[tuple[str, str], dict[str, Any]]) -> pd.DataFrame:
    """Hotspots from (factor, period) to the columns that matter to the test."""
    parts = {
        key: pd.DataFrame({**HOTSPOT_DEFAULTS, **columns}, index=pd.Index(areas, name="area_code"))
        for key, columns in tables.items()
    }
    return pd.concat(parts, names=["factor", "period"]).astype({"confidence": "Int8"})


def persistence(
    areas: Sequence[str], tables: dict[str, dict[str, Any]] | None = None
) -> pd.DataFrame:
    """Persistence from factor to the columns that matter to the test."""
    defaults = {"periods_hot": 0, "periods_assessed": 5, "pooled_p_adjusted": 1.0}
    parts = {
        name: pd.DataFrame({**defaults, **columns}, index=pd.Index(areas, name="area_code"))
        for name, columns in (tables or {}).items()
    }
    if not parts:
        empty = pd.MultiIndex.from_arrays([[], []], names=["factor", "area_code"])
        return pd.DataFrame({name: [] for name in defaults}, index=empty)
    return pd.concat(parts, names=["factor", "area_code"])


def scores(table: dict[str, Sequence[float]], **columns: dict[str, Any]) -> pd.DataFrame:
    """Scores from factor to a score per area (a, b, c, ...); further columns by factor."""
    length = len(next(iter(table.values())))
    codes = (
        [f"a{number:04d}" for number in range(length)]
        if length > 26
        else list("abcdefghijklmnopqrstuvwxyz"[:length])
    )
    index = pd.MultiIndex.from_product([list(table), codes], names=["factor", "area_code"])
    long = pd.DataFrame(
        {"score": np.concatenate([np.asarray(v, float) for v in table.values()])}, index=index
    )
    for name, by_factor in columns.items():
        long[name] = index.get_level_values("factor").map(by_factor)
    return long


def assess_repeats(
    data: Data | None,
    scores: pd.DataFrame,
    chosen: Selected,
    factors: Sequence[Factor],
    *,
    options: Robustness,
    index: Index = Index(),  # noqa: B008 (frozen)
    selection: Selection = Selection(),  # noqa: B008 (frozen)
    groups: "pd.Series[Any] | None" = None,
    seed: int = 0,
    threads: int | None = None,
) -> Robust:
    """Repeats of a list, prepared and made."""
    replay = prepare_repeats(
        data, scores, factors, index=index, selection=selection, options=options, groups=groups
    )
    return repeat_list(replay, chosen, seed=seed, threads=threads)
