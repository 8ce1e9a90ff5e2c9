"""How many of the planted core areas the top 5% finds, by the ratio that was planted.

    python benchmarks/bench_recall.py --seeds 20

Beside it: what the same index finds when it is fed the true rates instead of counts.
"""

import argparse

import numpy as np
import pandas as pd

from riskindex import build_index, classify_persistence, read_config, select_top
from riskindex.areas.neighbours import neighbour_matrix
from riskindex.areas.table_files import read_tables
from riskindex.demo.county import synthetic_county
from riskindex.demo.write_files import write_county
from riskindex.hotspots.find import find_hotspots
from riskindex.index.build import score_factors
from riskindex.pipeline import run

TRUE_RATE_SCALE = 25
"""True mean counts are fractions; the exact test wants whole numbers, so they are scaled."""


def recall_of(chosen: pd.Index, truth: pd.DataFrame) -> float:
    core = truth.index[truth["core"].astype(bool)]
    return len(chosen.intersection(core)) / len(core)


def recall_from_rates(county, config, result) -> float:
    """The same index, its counts replaced by the true means."""
    counts = (county.expected * TRUE_RATE_SCALE).round().astype("Int64")
    counts = counts[result.counts.columns].loc[result.areas.index]
    tables = read_tables(config.sources, config.folder, result.areas.index).tables
    found = find_hotspots(
        counts, result.areas, tables, neighbour_matrix(result.areas), config.factors
    )
    lasting = classify_persistence(found.table, found.pooled, config.factors)
    scores = score_factors(found.table, lasting, config.factors)
    index = build_index(scores, options=config.index)
    return recall_of(select_top(index, selection=config.selection).index, county.truth)


def one_county(seed: int, ratio: float, folder: str) -> tuple[float, float]:
    county = synthetic_county(seed=seed, ratio=ratio)
    config = read_config(write_county(county, folder))
    result = run(config)
    chosen = result.index.index[result.index["selected"]]
    return recall_of(chosen, county.truth), recall_from_rates(county, config, result)


def main() -> None:
    from tempfile import TemporaryDirectory

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--ratios", type=float, nargs="+", default=[2, 3, 5])
    options = parser.parse_args()
    print(f"{'ratio':>6} {'recall':>8} {'sd':>6} {'true rates':>11} {'share':>6}")
    for ratio in options.ratios:
        with TemporaryDirectory() as folder:
            both = np.array([one_county(s, ratio, f"{folder}/{s}") for s in range(options.seeds)])
        found, truth = both.mean(axis=0)
        print(f"{ratio:6g} {found:8.3f} {both[:, 0].std():6.3f} {truth:11.3f} {found / truth:6.2f}")


if __name__ == "__main__":
    main()
