"""A release made by hand, small or on real boundaries, for tests of the files written from it."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.stats import poisson
from shapely.geometry import box

from riskindex.areas.neighbours import NeighbourSummary
from riskindex.factors import Factor
from riskindex.index.build import Index, build_index, score_factors
from riskindex.index.reasons import explain
from riskindex.index.selection import Selection, select_top
from riskindex.publication.released import LIMITS, Released

YEARS = ("2018", "2019", "2020", "2021", "2022")
FACTORS = (
    Factor(
        name="suspects",
        label="Serious violence suspects' homes",
        source="suspects",
        method="window",
        exposure="residents",
        periods=("2022",),
        score="confidence",
    ),
    Factor(
        name="deprivation",
        label="Households deprived in two or more ways",
        source="census",
        numerator="two",
        denominator="all",
        method="threshold",
        threshold=0.25,
        score="threshold",
    ),
    Factor(
        name="domestic_abuse",
        label="Domestic abuse victims' homes",
        source="abuse",
        method="window",
        exposure="residents",
        periods=YEARS,
        score="persistence",
    ),
    Factor(
        name="drugs",
        label="Class A drug suspects' homes",
        source="drugs",
        method="getis-ord",
        periods=("2022",),
        score="confidence",
        recorded="police-generated",
    ),
    Factor(
        name="violence",
        label="Serious violence offences",
        source="violence",
        method="window",
        exposure="residents",
        periods=YEARS,
        score="flag",
        scored=False,
    ),
)


def grid_areas(columns: int = 10, rows: int = 8) -> gpd.GeoDataFrame:
    """Squares of 500 m in two districts, west and east."""
    cells = [(c, r) for r in range(rows) for c in range(columns)]
    return gpd.GeoDataFrame(
        {
            "name": [f"Place {r + 1:02d}{chr(65 + c)}" for c, r in cells],
            "ward": [f"Ward {c // 3}" for c, _ in cells],
            "district": ["West" if c < columns // 2 else "East" for c, _ in cells],
        },
        geometry=[
            box(580000 + 500 * c, 200000 + 500 * r, 580500 + 500 * c, 200500 + 500 * r)
            for c, r in cells
        ],
        index=pd.Index([f"E{k + 1:08d}" for k in range(len(cells))], name="area_code"),
        crs=27700,
    )


def example_release(areas: gpd.GeoDataFrame | None = None, **changes: Any) -> Released:
    """Factors of every kind with known random counts; `changes` replace fields of the release."""
    areas = grid_areas() if areas is None else areas
    rng = np.random.default_rng(7)
    hotspots = pd.concat(
        {key: table for factor in FACTORS for key, table in _tests(factor, areas, rng)},
        names=["factor", "period"],
    ).sort_index()
    options, selection = Index(), changes.pop("selection", Selection())
    persistence = _persistence(hotspots)
    scores = score_factors(hotspots, persistence, FACTORS, options=options)
    index = build_index(scores, options=options)
    chosen = select_top(index, selection=selection)
    every = pd.DataFrame(areas.drop(columns="geometry")).join(chosen.table)
    every["reasons"] = explain(hotspots, persistence, scores, FACTORS)
    every["residents"] = rng.integers(1000, 2600, len(areas)).astype(float)
    every["residents_10_24"] = rng.integers(150, 500, len(areas)).astype(float)
    fields: dict[str, Any] = {
        "profile": "internal",
        "title": "Essex violence risk index 2022",
        "place": "Essex",
        "about": "Neighbourhoods where residents are most at risk of serious violence, "
        "from events recorded in 2018 to 2022. For choosing where to offer youth work; "
        "not for decisions about individuals.",
        "period_label": "2018 to 2022",
        "attribution": ("Contains OS data © Crown copyright and database right.",),
        "limits": LIMITS,
        "cut": chosen.cut,
        "flags_tie": 12,
        "how_sure": "",
        "group_kinds": tuple(k for k in ("ward", "district") if k in areas),
        "areas": areas,
        "neighbours": NeighbourSummary(5.6, 12, pd.Series(dtype=str), 1),
        "top": every.loc[chosen.index],
        "all_areas": every,
        "factors": _factor_table(hotspots),
        "scores": scores,
        "hotspots": hotspots,
        "tests": pd.DataFrame(),
        "persistence": persistence,
        "new_hotspots": persistence[persistence["is_new"]].reset_index(),
        "reconciliation": pd.DataFrame(),
        "uncounted": pd.DataFrame(),
        "correlations": pd.DataFrame(),
        "notes": ("12 of 1,140 events had no location.",),
        "files": pd.DataFrame(),
        "config": {
            "index": {"aggregation": "arithmetic", "weights": "normalised"},
            "selection": _selection_words(selection),
            "periods": {"unit": "calendar-year"},
        },
    }
    return Released(**(fields | changes))


def _selection_words(selection: Selection) -> dict[str, Any]:
    words = {
        "share": selection.share,
        "rounding": selection.rounding,
        "ties": selection.ties,
        "overrides": [vars(override) for override in selection.overrides],
    }
    return words | ({"number": selection.number} if selection.number else {})


def _tests(factor: Factor, areas: gpd.GeoDataFrame, rng: np.random.Generator) -> Any:
    risk = _smooth_risk(areas, rng)
    for period in factor.periods or ("",):
        yield (factor.name, period), _table(factor, areas, risk, rng)


def _smooth_risk(areas: gpd.GeoDataFrame, rng: np.random.Generator) -> Any:
    points = areas.geometry.representative_point()
    at = np.column_stack([points.x, points.y])
    reach = 0.05 * (at.max(axis=0) - at.min(axis=0)).max()
    centres = at[rng.choice(len(at), size=6, replace=False)]
    distance = np.linalg.norm(at[:, None] - centres[None], axis=2) / reach
    return 1 + 3 * np.exp(-(distance**2)).sum(axis=1)


def _table(factor: Factor, areas: gpd.GeoDataFrame, risk: Any, rng: np.random.Generator) -> Any:
    if factor.method == "threshold":
        return _shares(areas, risk, rng)
    observed = rng.poisson(2 * risk).astype(float)
    expected = np.full(len(areas), observed.mean())
    window, around = (6 * v for v in (rng.poisson(2 * risk) / 1.0, expected))
    p = poisson.sf(window / 6 - 1, expected)
    confidence = np.select([p <= 0.005, p <= 0.02, p <= 0.05], [99, 95, 90], 0)
    kind = np.where(observed > 2 * expected, "both", "neighbourhood")
    table = pd.DataFrame(
        {
            "observed": observed,
            "expected": expected,
            "ratio": observed / expected,
            "window_observed": window,
            "window_expected": around,
            "p_adjusted": p,
            "confidence": confidence,
            "is_hot": confidence >= 95,
            "kind": np.where(confidence >= 95, kind, ""),
            "value": observed / expected,
            "reason": "",
        },
        index=areas.index,
    )
    return _with_a_gap(table.astype({"confidence": "Int8"})) if not factor.scored else table


def _with_a_gap(table: pd.DataFrame) -> pd.DataFrame:
    """The first area of an unscored factor is not covered by its source."""
    first = table.index[0]
    table.loc[first, ["observed", "expected", "ratio", "p_adjusted", "value"]] = np.nan
    table.loc[first, "confidence"] = pd.NA
    table.loc[first, "is_hot"] = False
    table.loc[first, "kind"] = ""
    table.loc[first, "reason"] = "not covered"
    return table


def _shares(areas: gpd.GeoDataFrame, risk: Any, rng: np.random.Generator) -> pd.DataFrame:
    share = np.clip(0.11 + 0.05 * risk + rng.normal(0, 0.03, len(areas)), 0.02, 0.9).round(4)
    nothing = dict.fromkeys(
        ("expected", "ratio", "window_observed", "window_expected", "p_adjusted"), np.nan
    )
    columns = {"observed": share * 600, **nothing, "confidence": pd.NA, "is_hot": share > 0.25}
    table = pd.DataFrame({**columns, "kind": "", "value": share, "reason": ""}, index=areas.index)
    return table.assign(kind=np.where(table["is_hot"], "own", "")).astype({"confidence": "Int8"})


def _persistence(hotspots: pd.DataFrame) -> pd.DataFrame:
    parts = {}
    for factor in (f for f in FACTORS if len(f.periods) > 1):
        hot = hotspots.loc[factor.name, "is_hot"].astype(bool).unstack("period")
        codes = hotspots.loc[factor.name].loc[factor.periods[0]].index
        hot = hot.reindex(codes)[list(factor.periods)]
        times = hot.sum(axis=1)
        parts[factor.name] = pd.DataFrame(
            {
                "periods_hot": times.astype("Int64"),
                "periods_assessed": pd.Series(len(factor.periods), index=codes, dtype="Int64"),
                "pooled_p_adjusted": np.where(times >= 2, 0.01, 0.5),
                "is_new": hot.iloc[:, -1] & (times == 1),
                "category": np.where(times > 0, "some", "none"),
            }
        )
    return pd.concat(parts, names=["factor", "area_code"])


def _factor_table(hotspots: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "factor": f.name,
            "label": f.label,
            "method": f.method,
            "score": f.score,
            "estimate": "",
            "weight": f.weight if f.scored else 0.0,
            "scored": f.scored,
            "recorded": f.recorded,
            "threshold": f.threshold,
            "periods": ", ".join(f.periods),
            "hot_last": int(hotspots.loc[f.name, "is_hot"].sum()),
        }
        for f in FACTORS
    ]
    return pd.DataFrame(rows).set_index("factor")
