"""Counting events per area beside pandas and plain SQL, on the same files in one process.

    python benchmarks/bench_counts.py police_uk.zip lsoa21.gpkg --code LSOA21CD --period 2025

Events come as a police.uk download (zip of month folders) or a Parquet copy. riskindex counts
five categories, accounts for every record, and lists those that were not counted; pandas and SQL
only count. Runs alternate; wall and CPU seconds are medians. Counts are equal, unless events
carry codes of an older edition: a plain join loses those, and how many is printed.
"""

import argparse
import time
import zipfile
from pathlib import Path
from statistics import median

import geopandas as gpd
import pandas as pd

from riskindex.counts import count_events
from riskindex.event_table import connect
from riskindex.events import PoliceSource, open_events
from riskindex.factors import Factor

CATEGORIES = (
    "Violence and sexual offences", "Anti-social behaviour", "Criminal damage and arson",
    "Drugs", "Robbery",
)  # fmt: skip
COLUMNS = ["Month", "LSOA code", "Crime type"]


def by_riskindex(path, areas, period):
    factors = [
        Factor(name=f"f{i}", label=category, source="crime", method="window", score="flag",
               where={"Crime type": [category]}, periods=(period,))
        for i, category in enumerate(CATEGORIES)
    ]  # fmt: skip
    sources = {"crime": PoliceSource(kind="police.uk", path=str(path.resolve()))}
    with open_events(sources, factors=factors) as opened:
        counted = count_events(opened.events, areas, factors)
    lines = counted.reconciliation
    assert (lines["read"] == lines.drop(columns="read").sum(axis=1)).all()
    print(f"    read {lines['read'].iloc[0]:,}, counted {lines['counted'].iloc[0]:,}, "
          f"uncounted list {len(counted.uncounted):,}")  # fmt: skip
    return counted.counts.astype("int64").set_axis(list(CATEGORIES), axis=1)


def by_pandas(path, areas, period):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith("-street.csv")]
            parts = [pd.read_csv(archive.open(name), usecols=COLUMNS) for name in names]
        table = pd.concat(parts)
    else:
        table = pd.read_parquet(path, columns=COLUMNS)
    table = table[table["Month"].str.startswith(period) & table["LSOA code"].isin(areas.index)]
    table = table[table["Crime type"].isin(CATEGORIES)]
    counts = table.groupby(["LSOA code", "Crime type"]).size().unstack(fill_value=0)
    return counts.reindex(areas.index, columns=list(CATEGORIES), fill_value=0)


def by_sql(path, areas, period):
    if zipfile.is_zipfile(path):
        return None
    table = connect().execute(
        'SELECT "LSOA code" AS code, "Crime type" AS kind, count(*) AS n '
        f"FROM read_parquet('{path}') WHERE starts_with(\"Month\", '{period}') GROUP BY ALL"
    ).df()  # fmt: skip
    counts = table.pivot(index="code", columns="kind", values="n").fillna(0).astype("int64")
    return counts.reindex(areas.index, columns=list(CATEGORIES), fill_value=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path)
    parser.add_argument("boundaries", type=Path)
    parser.add_argument("--code", default="LSOA21CD")
    parser.add_argument("--period", default="2025")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    read = gpd.read_parquet if given.boundaries.suffix == ".parquet" else gpd.read_file
    areas = read(given.boundaries).set_index(given.code).rename_axis("area_code").sort_index()
    ways = {"riskindex": by_riskindex, "pandas": by_pandas, "plain SQL": by_sql}
    times, lost = {way: [] for way in ways}, {}
    for _ in range(given.runs):
        found = {}
        for way, count in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            found[way] = count(given.events, areas, given.period)
            times[way].append((time.perf_counter() - wall, time.process_time() - cpu))
        for way, table in found.items():
            if table is not None:
                more = found["riskindex"] - table
                assert (more >= 0).all(axis=None), way
                lost[way] = int(more.to_numpy().sum())
    for way, pairs in times.items():
        wall, cpu = (median(pair[i] for pair in pairs) for i in (0, 1))
        if way in lost:
            print(f"{way:12} {wall:8.2f} s wall {cpu:8.2f} s CPU   {lost[way]:,} events lost")


if __name__ == "__main__":
    main()
