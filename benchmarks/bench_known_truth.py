"""Is the list true: recall and both probabilities, on data that no generator of the package made.

    python benchmarks/bench_known_truth.py DATA --worlds 12 --forces 33

DATA is as for bench_forces.py. Worlds: risks on the real areas of Essex with their residents,
gamma ones, and the smooth ones of Leroux's autoregression, both partly shared by the six crime
types, and gamma ones of each type by itself, with as many events as half of 2025 had; each world
is observed twice. Recall of the truly highest 5% is told by each estimate of one crime type (means
of 1 to 57) and by the whole list of `open-data`. `p_top` is held against the truth, `p_selected`
against the list of the second data set. Real halves: every event of 2025 is put into one of two
halves by a coin, which makes two data sets of the same unknown risks of each police force.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from bench_forces import BUILT, Country, read_country
from scipy import sparse

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.factors import Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import build_index, score_factors
from riskindex.index.selection import Selected, select_top
from riskindex.statistics.own_risk import own_risk, risk_exceeds
from riskindex.statistics.posterior_risks import posterior_risks
from riskindex.uncertainty.repeats import Data
from riskindex.uncertainty.replay import Robustness
from riskindex.uncertainty.robustness import prepare_repeats, repeat_list

BANDS = [0, 0.2, 0.4, 0.6, 0.8, 1]
MEANS = (1.0, 5.0, 20.0, 57.0)
ESTIMATES = {"mean": {}, "rank": {"estimate": "rank"}, "exceedance": {"estimate": "exceedance"}}
DRAWS = 200


class Place(NamedTuple):
    """The areas of one force, with what its lists are made of."""

    country: Country
    areas: gpd.GeoDataFrame
    tables: pd.DataFrame
    neighbours: sparse.csr_array

    @property
    def factors(self) -> list[Factor]:
        """Those of the preset, with one period for events."""
        made = self.country.config.factors
        return [replace(f, periods=(BUILT,)) if f.counts_events else f for f in made]


class Listed(NamedTuple):
    """One data set of a place, scored and selected."""

    counts: pd.DataFrame
    scores: pd.DataFrame
    chosen: Selected


def place_of(country: Country, force: str) -> Place:
    areas = country.areas[country.areas["force"] == force]
    weights = neighbour_matrix(areas, options=country.config.neighbours)
    return Place(country, areas, country.tables.loc[areas.index], weights)


def gamma_world(place: Place, names: list[str], rng: np.random.Generator) -> np.ndarray:
    """Independent risks, partly shared by the crime types; shape (types, n)."""
    n = len(place.areas)
    common = rng.gamma(3, 1 / 3, n)
    return np.array([common * rng.gamma(6, 1 / 6, n) for _ in names])


def separate_world(place: Place, names: list[str], rng: np.random.Generator) -> np.ndarray:
    """Independent risks of every crime type, variance .5."""
    return np.array([rng.gamma(2, 1 / 2, len(place.areas)) for _ in names])


def leroux_world(place: Place, names: list[str], rng: np.random.Generator) -> np.ndarray:
    """Logarithms from the conditional autoregression of Leroux, half of it spatial."""
    n, links = len(place.areas), place.neighbours.toarray()
    precision = 0.5 * (np.diag(links.sum(axis=1)) - links) + 0.5 * np.eye(n)
    root = np.linalg.cholesky(precision).T
    common, *own = (np.linalg.solve(root, rng.normal(size=n)) for _ in range(len(names) + 1))
    parts = [common + 0.5 * part for part in own]
    return np.exp([0.7 * part / part.std() for part in parts])


WORLDS: dict[str, Callable[[Place, list[str], np.random.Generator], np.ndarray]] = {
    "gamma": gamma_world,
    "separate": separate_world,
    "Leroux": leroux_world,
}


def listed(place: Place, events: pd.DataFrame, **changes: str) -> Listed:
    """Test, score and select events by area and crime type."""
    config, counts = place.country.config, events.astype("Int64")
    counts.columns = pd.MultiIndex.from_tuples(
        [(name, "all", BUILT) for name in counts], names=["factor", "group", "period"]
    )
    factors = [replace(f, **changes) if f.counts_events else f for f in place.factors]
    found = find_hotspots(counts, place.areas, place.tables, place.neighbours, factors)
    lasting = classify_persistence(found.table, found.pooled, factors)
    scores = score_factors(
        found.table, lasting, factors, options=config.index, neighbours=place.neighbours
    )
    chosen = select_top(build_index(scores, options=config.index), selection=config.selection)
    return Listed(counts, scores, chosen)


def probabilities(place: Place, first: Listed, seed: int) -> pd.DataFrame:
    """`p_selected` and `p_top` of every area, with the weights fixed."""
    replay = prepare_repeats(
        Data(first.counts, place.areas, place.neighbours),
        first.scores,
        place.factors,
        index=place.country.config.index,
        selection=place.country.config.selection,
        options=Robustness(draws=DRAWS, weights="none"),
    )
    return repeat_list(replay, first.chosen, seed=seed).table[["p_selected", "p_top"]]


def true_top(place: Place, first: Listed, ratios: pd.DataFrame) -> np.ndarray:
    """Whether each area is at the top by the true risks, on the scale of the estimates."""
    scores, base = first.scores.copy(), place.areas["residents"].to_numpy(float)
    for name in ratios:
        mine = scores.loc[name]
        order = np.argsort(mine["value"].to_numpy(float))
        true = ratios[name].to_numpy() / np.average(ratios[name], weights=base)
        columns = (mine[column].to_numpy(float)[order] for column in ("value", "score"))
        scores.loc[name, "score"] = np.interp(true, *columns)
    index = build_index(scores, options=place.country.config.index)
    number = first.chosen.cut.selected
    return (index["score"].rank(ascending=False, method="first") <= number).to_numpy()


def one_world(place: Place, world: str, seed: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Both probabilities with what they are held against, and recall of the whole list."""
    rng, names = np.random.default_rng([seed, len(world)]), list(place.country.built)
    base = place.areas["residents"].to_numpy(float) / place.areas["residents"].sum()
    ratios = pd.DataFrame(WORLDS[world](place, names, rng).T, place.areas.index, names)
    totals = place.country.built.loc[place.areas.index].sum()
    expected = ratios * np.outer(base, totals)
    first, second = (
        listed(place, pd.DataFrame(rng.poisson(expected), expected.index, names)) for _ in range(2)
    )
    true = true_top(place, first, ratios)
    found = probabilities(place, first, seed)
    found["truly"], found["again"] = true, second.chosen.table["selected"].astype(bool)
    recalled = {}
    events = first.counts.droplevel(["group", "period"], axis=1)
    for name, changes in ESTIMATES.items():
        mine = first if name == "mean" else listed(place, events, **changes)
        recalled[name] = float(mine.chosen.table["selected"].to_numpy(bool)[true].mean())
    return found, recalled


def one_type(place: Place, world: str, mean: float, seed: int) -> dict[str, float]:
    """Share of the truly highest 5% that each estimate of one crime type puts there."""
    rng, number = np.random.default_rng([seed, int(mean), len(world)]), len(place.areas) // 20
    ratios = WORLDS[world](place, ["one"], rng)[0]
    base = place.areas["residents"].to_numpy(float) / place.areas["residents"].mean()
    observed = rng.poisson(mean * base * ratios).astype(float)
    expected = observed.sum() * base / base.sum()
    spatial = posterior_risks(observed, expected, place.neighbours, prior="spatial")
    estimates = {
        "own risk": own_risk(observed[None], expected[None]),
        "exceedance": risk_exceeds(observed[None], expected[None], above=2.0),
        "spatial": spatial.draw(np.random.default_rng(seed), DRAWS).mean(axis=0),
        "counts": observed,
    }
    truly = np.argsort(-ratios)[:number]
    return {
        name: float(np.isin(np.argsort(-values, kind="stable")[:number], truly).mean())
        for name, values in estimates.items()
    }


def halves(place: Place, seed: int) -> pd.DataFrame:
    """`p_selected` from one half of the real events, and selection from the other."""
    rng = np.random.default_rng(seed)
    every = (place.country.built + place.country.tested).loc[place.areas.index]
    first = pd.DataFrame(rng.binomial(every, 0.5), every.index, every.columns)
    mine, other = listed(place, first), listed(place, every - first)
    found = probabilities(place, mine, seed)
    return found.assign(again=other.chosen.table["selected"].astype(bool))


def reliability(areas: pd.DataFrame, probability: str, seen: str) -> pd.DataFrame:
    """Mean probability and observed share in each band, with the error of the share."""
    complete = areas[[probability, seen]].dropna().astype(float)
    band = pd.cut(complete[probability], BANDS, include_lowest=True)
    table = complete.groupby(band, observed=True).mean()
    n = complete.groupby(band, observed=True).size()
    table["error"] = np.sqrt(table[seen] * (1 - table[seen]) / n)
    return table.assign(areas=n)


def tables(country: Country, asked: argparse.Namespace) -> Iterator[tuple[str, pd.DataFrame]]:
    essex = place_of(country, "Essex")
    seeds = range(asked.seed, asked.seed + asked.worlds)
    for world in WORLDS:
        one = {
            mean: pd.DataFrame([one_type(essex, world, mean, seed) for seed in seeds]).mean()
            for mean in MEANS
        }
        table = pd.DataFrame(one).T
        table["own risk of the best"] = table["own risk"] / table.max(axis=1)
        yield f"{world}: recall of the truly highest 5% by events an area", table
        both = [one_world(essex, world, seed) for seed in seeds]
        whole = pd.DataFrame([recalled for _, recalled in both])
        yield f"{world}: recall by the whole list", whole.agg(["mean", "sem"])
        areas = pd.concat([found for found, _ in both])
        yield f"{world}: p_top", reliability(areas, "p_top", "truly")
        yield f"{world}: p_selected", reliability(areas, "p_selected", "again")
    forces = sorted(country.areas["force"].unique())[: asked.forces]
    real = pd.concat([halves(place_of(country, force), asked.seed) for force in forces])
    yield f"{len(forces)} forces, real halves: p_selected", reliability(real, "p_selected", "again")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--worlds", type=int, default=12)
    options.add_argument("--forces", type=int, default=33)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    country = read_country("open-data", asked.data.resolve())
    for title, table in tables(country, asked):
        print(title, table.round(3).to_string(), sep="\n", end="\n\n", flush=True)


if __name__ == "__main__":
    main()
