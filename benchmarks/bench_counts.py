"""Counting events per area and month, beside pandas and plain SQL, on the same file.

    python benchmarks/bench_counts.py police_uk.parquet lsoa21.parquet --years 2020 2025
    python benchmarks/bench_counts.py police_uk.parquet lsoa21.parquet --rows 20000000

riskindex accounts for every record and lists those that were not counted; pandas and SQL only
count. With --coded records without a code are left out of the file first: riskindex places them
by their coordinates or lists them, which no plain query does. With --rows the file is first
repeated, its months moved back a year each time, until it has so many. Ways alternate, each in a
process of its own, imports apart; medians are printed, and the most memory. All tables must be
equal.
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd

from riskindex.events.count import count_events
from riskindex.events.periods import Periods
from riskindex.events.read import open_events
from riskindex.events.sources import PoliceSource
from riskindex.factors import Factor


def by_riskindex(path, areas, months, memory):
    factor = Factor(
        name="all",
        label="all",
        source="crime",
        method="getis-ord",
        score="flag",
        periods=tuple(months),
    )
    sources = {"crime": PoliceSource(kind="police.uk", path=str(path))}
    with open_events(sources, factors=[factor], memory=memory) as opened:
        counted = count_events(opened.events, areas, [factor], periods=Periods(unit="month"))
    lines = counted.reconciliation
    assert (lines["read"] == lines.drop(columns="read").sum(axis=1)).all()
    assert len(counted.uncounted) == lines["read"].iloc[0] - lines["counted"].iloc[0]
    columns = [column.to_numpy("int64", na_value=0) for _, column in counted.counts.items()]
    return np.column_stack(columns)


def by_pandas(path, areas, months, memory):
    table = pd.read_parquet(path, columns=["Month", "LSOA code"])
    table = table[table["Month"].isin(months) & table["LSOA code"].isin(areas.index)]
    counts = table.groupby(["LSOA code", "Month"]).size().unstack(fill_value=0)
    return counts.reindex(areas.index, columns=months, fill_value=0).to_numpy(dtype="int64")


def long_by_sql(path, areas, months, memory):
    connection = duckdb.connect(config={"memory_limit": memory})
    connection.execute("SET enable_progress_bar = false")
    return connection.execute(
        'SELECT "LSOA code" AS code, "Month" AS month, count(*) AS n '
        f"FROM read_parquet('{path}') GROUP BY ALL"
    ).df()


def by_sql(path, areas, months, memory):
    counts = long_by_sql(path, areas, months, memory).dropna().set_index(["code", "month"])["n"]
    table = counts.unstack(fill_value=0)
    return table.reindex(areas.index, columns=months, fill_value=0).to_numpy(dtype="int64")


WAYS = {
    "riskindex": by_riskindex,
    "pandas": by_pandas,
    "plain SQL, areas by months": by_sql,
    "plain SQL, the query alone": long_by_sql,
}


def measured(way, path, boundaries, code, months, memory):
    """Seconds, megabytes and a fingerprint of the table, from a process of its own."""
    areas = gpd.read_parquet(boundaries).set_index(code).rename_axis("area_code").sort_index()
    areas = areas[["geometry"]]  # by groups, what no file covers would be no count
    wall, cpu = time.perf_counter(), time.process_time()
    table = WAYS[way](path, areas, months, memory)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    digest = "" if isinstance(table, pd.DataFrame) else pd.util.hash_array(table.ravel()).sum()
    return wall, cpu, most_memory(), digest


def most_memory():
    """Megabytes; Linux says what a process used before it became this one, too, but not here."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def repeated(path, rows, folder, coded):
    """A file of so many rows, and its first year and last."""
    only = 'WHERE "LSOA code" IS NOT NULL' if coded else ""
    connection = duckdb.connect(config={"memory_limit": "3GB", "temp_directory": folder})
    ((n, last),) = connection.execute(
        f"SELECT count(*), max(left(\"Month\", 4))::INTEGER FROM '{path}' {only}"
    ).fetchall()
    times = -(-rows // n)
    parts = " UNION ALL ".join(
        f'SELECT (left("Month", 4)::INTEGER - {i}) || right("Month", 3) AS "Month", '
        f"* EXCLUDE (\"Month\") FROM '{path}' {only}"
        for i in range(times)
    )
    made = Path(folder) / "events.parquet"
    connection.execute(f"COPY (SELECT * FROM ({parts}) LIMIT {rows}) TO '{made}' (FORMAT parquet)")
    return made, last - times + 1, last


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path)
    parser.add_argument("boundaries", type=Path)
    parser.add_argument("--code", default="LSOA21CD")
    parser.add_argument("--years", type=int, nargs=2, default=(2025, 2025))
    parser.add_argument("--rows", type=int)
    parser.add_argument("--coded", action="store_true", help="with --rows: codes in all records")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="1GB", help="what DuckDB may use before it spills")
    parser.add_argument("--only", choices=WAYS, action="append")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        path, (first, last) = given.events.resolve(), given.years
        if given.rows:
            path, first, last = repeated(path, given.rows, folder, given.coded)
        months = [
            f"{year}-{month:02d}" for year in range(first, last + 1) for month in range(1, 13)
        ]
        found = {way: [] for way in given.only or WAYS}
        for _ in range(given.runs):
            for way, runs in found.items():
                with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                    task = (way, path, given.boundaries.resolve(), given.code, months, given.memory)
                    runs.append(alone.submit(measured, *task).result())
    for way, runs in found.items():
        wall, cpu, peak, _ = zip(*runs, strict=True)
        print(f"{way:28} {median(wall):7.2f} s wall {median(cpu):7.2f} s CPU {max(peak):7,.0f} MB")
    tables = {digest for runs in found.values() for *_, digest in runs if digest != ""}
    assert len(tables) == 1, "the tables differ"


if __name__ == "__main__":
    main()
