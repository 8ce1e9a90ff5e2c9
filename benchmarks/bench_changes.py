"""In how many maps an area rises or falls although nothing changes: months of a year, shuffled.

    python benchmarks/bench_changes.py lsoa21.gpkg police_uk_2025.zip --maps 100

Every area keeps its twelve counts of a crime type, in an order of its own, so that no month is
special; bursts, lasting risk and how areas differ in both stay what they are. Tested are the areas
and their windows; corrected by Benjamini-Hochberg at 5% over the areas whose total could change.
"""

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from bench_real_crimes import CRIMES, members

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.hotspots.changes import change_test
from riskindex.statistics.corrections import adjust
from riskindex.statistics.getis_ord import with_self


def changed(counts: np.ndarray) -> bool:
    """Whether any area of a map rises or falls by more than chance."""
    expected = np.tile(counts.sum(axis=0) / len(counts), (len(counts), 1))
    found = change_test(counts, expected)
    p = np.minimum(1, 2 * np.fmin(found.rising, found.falling))
    tested = np.where(found.attainable <= 0.05, p, np.nan)
    return bool((adjust(tested, "benjamini-hochberg") <= 0.05).any())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("boundaries", type=Path)
    options.add_argument("crimes", type=Path)
    options.add_argument("--code", default="LSOA21CD", help="column of the area code")
    options.add_argument("--maps", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    areas = gpd.read_file(asked.boundaries).set_index(asked.code).sort_index()
    windows = with_self(neighbour_matrix(areas))
    events = pd.concat(members(asked.crimes, "-street.csv"))
    rng, table = np.random.default_rng(asked.seed), {}
    for crime in CRIMES:
        mine = events[events["Crime type"] == crime]
        counts = pd.crosstab(mine["LSOA code"], mine["Month"]).reindex(areas.index, fill_value=0)
        maps = [rng.permuted(counts.to_numpy(float), axis=1) for _ in range(asked.maps)]
        table[crime] = {
            "by area": np.mean([changed(x) for x in maps]),
            "by window": np.mean([changed(windows @ x) for x in maps]),
        }
    print(f"Share of {asked.maps} maps with a change, none being there")
    print(pd.DataFrame(table).T.to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
