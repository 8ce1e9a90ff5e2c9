"""People of a million records, and five sources of their history, read and counted.

    python benchmarks/bench_people.py
    python benchmarks/bench_people.py --records 5000000

Invented CSV files: offences' suspects with a key of the person, home and age, and five files of
what was recorded of people before, half as many lines each. CPU seconds of this process from
opening the files to the table of people, those of writing them apart, and its most memory.
"""

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from riskindex.assessment.options import Figure, OtherRecords
from riskindex.assessment.people_counts import AskedPeople, columns_for_people, count_people
from riskindex.events.read import open_events
from riskindex.events.sources import EventSource
from riskindex.factors import Factor

AREAS = pd.DataFrame(index=pd.Index([f"E0100{i:04d}" for i in range(1111)], name="area_code"))
AREAS = AREAS.assign(
    name=AREAS.index, district=[f"D{i % 14}" for i in range(1111)], residents=1600.0
)
HISTORIES = 5


def write(folder, records):
    rng = np.random.default_rng(1)
    days = np.datetime64("2018-01-01") + rng.integers(0, 2190, records)
    people = records * 6 // 10
    pd.DataFrame(
        {
            "person": rng.integers(0, people, records) + 10_000_000,
            "date": days,
            "home": rng.choice(AREAS.index.to_numpy(), records),
            "age": rng.integers(10, 80, records),
        }
    ).to_csv(folder / "suspects.csv", index=False)
    for number in range(HISTORIES):
        lines = records // 2
        pd.DataFrame(
            {
                "person": rng.integers(0, people, lines) + 10_000_000,
                "date": np.datetime64("2012-01-01") + rng.integers(0, 4380, lines),
                "marker": rng.choice(["a", "b", "c"], lines),
            }
        ).to_csv(folder / f"history{number}.csv", index=False)


def count(folder):
    fixed = {"kind": "events", "date": "date", "person": "person"}
    sources = {
        "suspects": EventSource(path="suspects.csv", area="home", age="age", **fixed),
        **{f"history{i}": EventSource(path=f"history{i}.csv", **fixed) for i in range(HISTORIES)},
    }
    factor = Factor(
        name="s",
        label="s",
        source="suspects",
        method="value",
        score="value",
        periods=("2022", "2023"),
    )
    others = [OtherRecords(label=f"{i}", source=f"history{i}", by="marker") for i in range(5)]
    figures = [
        Figure(name="again", kind="repeats", of="s", places=("whole", "district")),
        Figure(name="ages", kind="repeats", of="s", by="age", bands={"young": (10, 24)}),
        Figure(name="known", kind="history", of="s", records=others),
        Figure(name="homes", kind="living-in", of="s"),
    ]
    asked = [AskedPeople(figure, factor, "calendar-year") for figure in figures]
    with open_events(
        sources, folder=folder, factors=[factor], more=columns_for_people(asked)
    ) as opened:
        return count_people(opened.events, AREAS, asked)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    asked = parser.parse_args()
    with TemporaryDirectory() as home:
        write(Path(home), asked.records)
        before, start = time.process_time(), time.perf_counter()
        table = count(Path(home))
        cpu, wall = time.process_time() - before, time.perf_counter() - start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{asked.records:,} records and {HISTORIES} histories: {cpu:.1f} CPU s, {wall:.1f} s, "
        f"{most:,.0f} MB at most; {len(table):,} numbers of people and records"
    )


if __name__ == "__main__":
    main()
