"""Rows of figures of a table without areas: values as published, or made of a count and a base."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from riskindex.assessment.figure_rows import (
    CLOPPER_PEARSON,
    GARWOOD,
    GIVEN,
    limit_columns,
    no_figures,
)
from riskindex.disclosure import NOT_RECORDED
from riskindex.statistics.intervals import clopper_pearson, count_interval, round_half_away


def series_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of series: values as published, or made of count and base with exact limits.

    Parameters
    ----------
    table
        Columns of `Shown.series`; unit %, per 1,000, per 10,000, per 100,000 or of a count.
    """
    parts = [_of_unit(part, str(unit)) for unit, part in table.groupby("unit", sort=False)]
    # In the order of the file again, which grouping by unit has changed.
    return pd.concat(parts).loc[table.index] if parts else no_figures()


def _of_unit(part: pd.DataFrame, unit: str) -> pd.DataFrame:
    count, base = part["count"].to_numpy(float), part["base"].to_numpy(float)
    per, is_share = PER.get(unit), unit == "%"
    scale, decimals = (100.0 if is_share else 1.0), (1 if is_share or per else 0)
    exposure = base / per if per else 1.0
    # A share is binomial, a count or rate is Poisson.
    made = clopper_pearson(count, base) if is_share else count_interval(count, exposure)
    worked = round_half_away(scale * np.asarray(made.value), decimals=decimals)
    # A value that the source quotes goes before our own of its count: rounding there may differ.
    value = part["value"].where(part["value"].notna(), worked)
    exact = CLOPPER_PEARSON if is_share else GARWOOD
    fixed = {
        "measure": part["label"],
        "definition": part["series"],
        "place_kind": "named",
        "place": part["place"],
        "period": part["period"],
        "by": np.where(part["category"] != "", "group", ""),
        "category": part["category"],
        "count": count,
        "base": base,
        "value": value,
        "unit": unit,
        "status": np.where(value.isna(), NOT_RECORDED, GIVEN),
        "method": np.where(np.isnan(made.value), "as published", exact),
        "note": part["citation"],
    }
    return pd.DataFrame({**fixed, **limit_columns(made, scale, decimals)}, index=part.index)


PER: Mapping[str, float] = MappingProxyType(
    {"per 1,000": 1e3, "per 10,000": 1e4, "per 100,000": 1e5}
)
"""Unit of a rate to how many it is per."""
