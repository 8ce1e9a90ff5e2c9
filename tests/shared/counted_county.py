"""A lattice of areas with one cluster, counted at random: for tests of repeats and what matters."""

import numpy as np
import pandas as pd
from grids import codes, lattice

from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import score_factors
from riskindex.uncertainty.repeats import Data

AREAS = codes()
NEAR = lattice()
_FIELD = NEAR @ np.random.default_rng(9).normal(size=len(AREAS))
BACKGROUND = np.exp(0.5 * _FIELD / _FIELD.std())
CLUSTER = (NEAR.toarray()[210] > 0) | (np.arange(len(AREAS)) == 210)
RISK = BACKGROUND * (1 + 3.0 * CLUSTER)


def county(factors, *, mean=0.4, seed=2):
    rng = np.random.default_rng(seed)
    columns = {
        (f.name, group.label, period): rng.poisson(mean * RISK)
        for f in factors
        for group in f.groups
        for period in f.periods
    }
    counts = pd.DataFrame(columns, index=AREAS).astype("Int64")
    counts.columns.names = ["factor", "group", "period"]
    areas = pd.DataFrame({"residents": np.full(len(AREAS), 1500.0)}, index=AREAS)
    return Data(counts, areas, NEAR)


def scored(data, factors):
    found = find_hotspots(data.counts, data.areas, pd.DataFrame(), NEAR, factors)
    persistence = classify_persistence(found.table, found.pooled, factors)
    return score_factors(found.table, persistence, factors, neighbours=NEAR)
