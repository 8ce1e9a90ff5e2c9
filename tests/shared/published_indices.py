"""Published indices, reproduced from their own ingredients with the parts of this package."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from riskindex.errors import DataError
from riskindex.index.build import Index, build_index
from riskindex.index.normalise import normalise

DEPRIVATION_2025: Mapping[str, float] = MappingProxyType(
    {
        "income": 0.225,
        "employment": 0.225,
        "education": 0.135,
        "health": 0.135,
        "crime": 0.093,
        "housing_and_services": 0.093,
        "environment": 0.093,
    }
)
"""Weights of the domains; they add up to .999 and are used as they are."""

SVI_2022: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "socioeconomic": ("POV150", "UNEMP", "HBURD", "NOHSDP", "UNINSUR"),
        "household": ("AGE65", "AGE17", "DISABL", "SNGPNT", "LIMENG"),
        "minority": ("MINRTY",),
        "housing": ("MUNIT", "MOBILE", "CROWD", "NOVEH", "GROUPQ"),
    }
)
"""Themes of the Social Vulnerability Index and the variables in each."""

LOCALITY_RATES = ("burglary", "criminal_damage", "income", "employment", "education", "young")
"""Rates of the Vulnerable Localities Index: two of crime, three of deprivation, people of 15-24."""


def indices_of_deprivation(ranks: pd.DataFrame) -> pd.DataFrame:
    """Index of Multiple Deprivation 2025 from the ranks of its seven domains.

    Parameters
    ----------
    ranks
        Columns as in `DEPRIVATION_2025`; 1 is the most deprived area. None missing.

    Returns
    -------
    DataFrame
        `score` (published to 3 decimals) and `rank` (1 the most deprived), same index.

    References
    ----------
    Ministry of Housing, Communities and Local Government (2025), English Indices of Deprivation
    2025: technical report.
    """
    scores = _long({name: -ranks[name] for name in DEPRIVATION_2025}, "exponential-rank")
    weights = scores.index.get_level_values("factor").map(dict(DEPRIVATION_2025))
    index = build_index(scores.assign(weight=weights), options=Index(weights="as-given"))
    return index.loc[ranks.index, ["score", "rank"]]


def social_vulnerability(shares: pd.DataFrame) -> pd.DataFrame:
    """Social Vulnerability Index 2022 of the CDC from its sixteen shares.

    Every share is ranked, themes are sums of ranks and are ranked in turn, and so is the sum of
    the themes. All ranks are rounded to 4 decimals before they are added up, as published.

    Parameters
    ----------
    shares
        Columns as in `SVI_2022`, percent of the people or households; none missing.

    Returns
    -------
    DataFrame
        Same index. Per variable its rank from 0 to 1; per theme `<theme>_sum`, `<theme>` (its
        rank) and `<theme>_flags` (variables at .90 and above); `sum`, `overall` and `flags`.

    References
    ----------
    Centers for Disease Control and Prevention / ATSDR (2024), CDC/ATSDR SVI 2022 documentation.
    """
    table = {name: _share_below(shares[name]) for names in SVI_2022.values() for name in names}
    for theme, names in SVI_2022.items():
        table[f"{theme}_sum"] = sum(table[name] for name in names).round(4)
        table[theme] = _share_below(table[f"{theme}_sum"])
        table[f"{theme}_flags"] = sum((table[name] >= 0.9).astype(int) for name in names)
    table["sum"] = sum(table[f"{theme}_sum"] for theme in SVI_2022).round(4)
    table["overall"] = _share_below(table["sum"])
    table["flags"] = sum(table[f"{theme}_flags"] for theme in SVI_2022)
    return pd.DataFrame(table)


def vulnerable_localities(rates: pd.DataFrame) -> pd.DataFrame:
    """Vulnerable Localities Index from six rates per area.

    Each rate is a ratio to the mean of the areas (100 is the average area); the index is their
    plain mean. This is the formula as it is commonly applied; its authors publish it in words.

    Parameters
    ----------
    rates
        Columns as in `LOCALITY_RATES`, each per resident, household or whatever base it has.
        None missing.

    Returns
    -------
    DataFrame
        `score` (100 is the average area), `rank`, and `is_priority` where the score is 200 or
        more; same index.

    References
    ----------
    Chainey (2008), Identifying priority neighbourhoods using the Vulnerable Localities Index,
    Policing 2(2), 196-209.
    """
    index = build_index(_long({name: rates[name] for name in LOCALITY_RATES}, "ratio-to-mean"))
    table = index.loc[rates.index, ["score", "rank"]]
    return table.assign(is_priority=table["score"] >= 200)


def _long(columns: Mapping[str, "pd.Series[float]"], method: str) -> pd.DataFrame:
    scores = {}
    for name, values in columns.items():
        if values.isna().any():
            raise DataError(f"{name}: {int(values.isna().sum()):,} areas have no value.")
        normalised = normalise(values.to_numpy(float), method, name=name)
        scores[name] = pd.DataFrame({"score": normalised}, index=values.index)
    return pd.concat(scores, names=["factor", "area_code"])


def _share_below(values: "pd.Series[float]") -> "pd.Series[float]":
    ranks = normalise(values.to_numpy(float), "percentile-min", name=str(values.name)) / 100
    return pd.Series(np.round(ranks, 4), index=values.index)
