"""Is the probability of selection right? Generated counties, each observed twice."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.areas.table_files import TableSource
from riskindex.config import Config, parse_config
from riskindex.demo.county import County, synthetic_county
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import build_index, score_factors
from riskindex.index.selection import Selected, select_top
from riskindex.uncertainty.repeats import Data
from riskindex.uncertainty.replay import Robustness
from riskindex.uncertainty.robustness import prepare_repeats, repeat_list

BANDS = [0, 0.2, 0.4, 0.6, 0.8, 1]


class Observed(NamedTuple):
    """One data set of a county, scored and selected."""

    counts: pd.DataFrame
    scores: pd.DataFrame
    chosen: Selected


def preset() -> Config:
    """The published factors."""
    text = resources.files("riskindex.presets").joinpath("essex-2022.toml")
    return parse_config(tomllib.loads(text.read_text(encoding="utf-8")))


def by_risk(config: Config) -> Config:
    """The same factors scored by the area's own risk, as `open-data` scores its own."""
    own: dict[str, Any] = {"method": "window", "exposure": "residents", "score": "risk"}
    shares: dict[str, Any] = {"method": "value", "score": "value"}
    factors = [
        replace(factor, **own, neighbourhood="none", normalise=None)
        if factor.counts_events
        else replace(factor, **shares, normalise="winsorise+min-max")
        for factor in config.factors
    ]
    return config.model_copy(update={"factors": factors})


def planted_found(seed: int, configs: Sequence[Config], *, ratio: float = 3) -> list[float]:
    """Share of a county's planted areas that each config lists, from the same counts."""
    county = synthetic_county(seed=seed, ratio=ratio, sources=())
    expected, rng = county.expected, np.random.default_rng(seed)
    drawn = rng.poisson(expected)
    counts = pd.DataFrame(drawn, expected.index, expected.columns).astype("Int64")
    core = county.truth.index[county.truth["core"].astype(bool)]
    lists = [observe(counts, county, census(county, c), c).chosen.index for c in configs]
    return [len(listed.intersection(core)) / len(core) for listed in lists]


def census(county: County, config: Config) -> pd.DataFrame:
    """The tables that the config names, columns (source, column)."""
    columns = {}
    for name, source in config.sources.items():
        if not isinstance(source, TableSource):
            continue
        table = county.tables[source.path.removesuffix(".zip").rpartition("-")[2]]
        table = table.set_index("geography code").reindex(county.areas.index)
        for column, headings in source.columns.items():
            wanted = [headings] if isinstance(headings, str) else list(headings)
            columns[name, column] = table[wanted].sum(axis=1).astype(float)
    return pd.DataFrame(columns)


def observe(counts: pd.DataFrame, county: County, tables: pd.DataFrame, config: Config) -> Observed:
    """Test, score and select what was counted."""
    weights = neighbour_matrix(county.areas)
    factors = [factor for factor in config.factors if factor.scored]
    found = find_hotspots(counts, county.areas, tables, weights, factors)
    persistence = classify_persistence(found.table, found.pooled, factors)
    scores = score_factors(found.table, persistence, factors, options=config.index)
    index = build_index(scores, options=config.index)
    return Observed(counts, scores, select_top(index, selection=config.selection))


def one_county(
    seed: int, *, draws: int = 200, n: int = 1111, config: Config | None = None
) -> pd.DataFrame:
    """Probability of selection from one data set, and selection from another of the same risks.

    Columns `p`, `selected` (on the first list), `again` (on the second) and `truly` (on the list
    that the true rates give); one row per area.
    """
    county, config = synthetic_county(seed=seed, n=n, sources=()), config or preset()
    tables, rng = census(county, config), np.random.default_rng(seed)
    expected = county.expected
    first, second = (
        observe(
            pd.DataFrame(rng.poisson(expected), expected.index, expected.columns).astype("Int64"),
            county,
            tables,
            config,
        )
        for _ in range(2)
    )
    observed = observe((4 * expected).round().astype("Int64"), county, tables, config)
    data = Data(first.counts, county.areas, neighbour_matrix(county.areas))
    replay = prepare_repeats(
        data,
        first.scores,
        config.factors,
        index=config.index,
        selection=config.selection,
        options=Robustness(draws=draws, weights="none"),
    )
    sure = repeat_list(replay, first.chosen, seed=seed)
    return pd.DataFrame(
        {
            "p": sure.table["p_selected"],
            "selected": first.chosen.table["selected"],
            "again": second.chosen.table["selected"],
            "truly": observed.chosen.table["selected"],
        }
    )


def reliability(areas: pd.DataFrame) -> pd.DataFrame:
    """Mean probability and observed shares per band of probability."""
    band = pd.cut(areas["p"], BANDS, include_lowest=True)
    table = areas.astype(float).groupby(band, observed=True).mean()
    return table.assign(areas=areas.groupby(band, observed=True).size())
