"""How long it takes to say how sure the list is.

    python benchmarks/bench_robustness.py

Timed are 5,000 repeats with weights and normalisation varied (1,111 areas, 7 factors), beside the
same written plainly with pandas; 1,000 repeats with counts drawn and tested again over five years;
and 1,000 repeats with weights varied at 35,672 areas, with the peak of memory. For comparison, the
authors of COINr report 2.4 CPU seconds for 100 replications of their example (51 units).
"""

import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse

from riskindex.demo.county import synthetic_county
from riskindex.factors import EventGroup, Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import Index, build_index, score_factors
from riskindex.index.selection import Selection, select_top
from riskindex.uncertainty.repeats import Data
from riskindex.uncertainty.replay import Robustness
from riskindex.uncertainty.robustness import prepare_repeats, repeat_list

NAMES = tuple(f"factor {k}" for k in range(7))
YEARS = ("2018", "2019", "2020", "2021", "2022")
DISORDER = {
    "anti-social behaviour": 1,
    "deliberate fire": 2,
    "arson not endangering life": 3,
    "arson endangering life": 5,
}


def clock(label: str, work: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{label}: {wall:.1f} s, {cpu:.1f} s of CPU, peak {peak:.2f} GB")


def factor(name: str, **options: object) -> Factor:
    given = {"method": "getis-ord", "periods": ("2022",), "score": "confidence", "source": name}
    return Factor(**{"name": name, "label": name, **given, **options})


def random_scores(n: int) -> pd.DataFrame:
    """Flags in three strengths for a tenth of the areas, and what was measured."""
    rng = np.random.default_rng(1)
    codes = [f"E{k:08d}" for k in range(n)]
    index = pd.MultiIndex.from_product([NAMES, codes], names=["factor", "area_code"])
    value = rng.gamma(1, 1, len(index))
    hot = value > 2.3
    score = np.where(hot, rng.choice([100 / 3, 200 / 3, 100], len(index)), 0.0)
    percentile = pd.Series(value, index).groupby(level="factor").rank(pct=True) * 100
    return pd.DataFrame(
        {
            "score": score,
            "value": value,
            "intensity": percentile,
            "is_hot": hot,
            "weight": 1.0,
            "group": "",
        },
        index,
    )


def repeats(data, scores, chosen, factors, options) -> object:
    replay = prepare_repeats(
        data, scores, factors, index=Index(), selection=Selection(), options=options
    )
    return repeat_list(replay, chosen, seed=1)


def weights_alone(n: int, draws: int, normalise: tuple[str, ...]) -> Callable[[], object]:
    scores, factors = random_scores(n), [factor(name) for name in NAMES]
    chosen = select_top(build_index(scores))
    options = Robustness(counts=False, draws=draws, normalise=normalise)
    return lambda: repeats(None, scores, chosen, factors, options)


def plainly(n: int, draws: int) -> None:
    """The same with pandas, as one would write it in a notebook; ties are left to the sort."""
    rng = np.random.default_rng(1)
    scores = random_scores(n)
    configured, value = (scores[c].unstack("factor") for c in ("score", "value"))
    selected = pd.Series(0.0, configured.index)
    ranks = []
    for _ in range(draws):
        method = rng.integers(3)
        if method == 1:
            used = 100 * (value - value.min()) / (value.max() - value.min())
        else:
            used = configured if method == 0 else 100 * value.rank(pct=True)
        weight = rng.uniform(0.75, 1.25, len(NAMES))
        index = (used * weight).sum(axis=1) / weight.sum()
        selected[index.nlargest(56).index] += 1
        ranks.append(index.rank(ascending=False, method="min"))
    pd.concat(ranks, axis=1).quantile([0.05, 0.95], axis=1)


def with_counts(draws: int) -> Callable[[], object]:
    """Repeats of the published event factors on an invented county of 1,111 areas."""
    county = synthetic_county(seed=2022, sources=())
    factors = [
        factor("suspects"),
        factor("possession"),
        factor("supply"),
        factor("domestic_abuse", periods=YEARS, score="persistence"),
        factor(
            "disorder",
            source=None,
            event_groups=tuple(
                EventGroup(label=label, source=label, weight=w) for label, w in DISORDER.items()
            ),
        ),
    ]
    rng = np.random.default_rng(2)
    counts = pd.DataFrame(
        rng.poisson(county.expected), county.expected.index, county.expected.columns
    ).astype("Int64")
    shapes = county.areas.geometry
    i, j = shapes.sindex.query(shapes, predicate="dwithin", distance=0.01)
    near = sparse.csr_array(
        (np.ones((i != j).sum()), (i[i != j], j[i != j])), shape=(len(shapes),) * 2
    )
    found = find_hotspots(counts, county.areas, pd.DataFrame(), near, factors)
    persistence = classify_persistence(found.table, found.pooled, factors)
    scores = score_factors(found.table, persistence, factors)
    chosen = select_top(build_index(scores))
    data = Data(counts, county.areas, near)
    return lambda: repeats(data, scores, chosen, factors, Robustness(draws=draws))


if __name__ == "__main__":
    both = ("configured", "min-max", "percentile")
    clock(
        "5,000 repeats of weights and normalisation, 1,111 areas", weights_alone(1_111, 5_000, both)
    )
    clock("the same plainly with pandas", lambda: plainly(1_111, 5_000))
    clock("1,000 repeats of counts over five years", with_counts(1_000))
    clock("1,000 repeats of weights, 35,672 areas", weights_alone(35_672, 1_000, ("configured",)))
