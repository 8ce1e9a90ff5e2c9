"""England and Wales end to end: wall and CPU seconds and memory of every stage of one run.

    python benchmarks/bench_national.py DATA [--draws 200] [--out result] [--gaps zero]

DATA is a folder with england_wales/ (lsoa21_boundaries.parquet, police_uk_2025.parquet), census/
(the Nomis bulk files TS007A, TS011, TS065) and lookups/ (LSOA to ward and district, district to
police force). It is the preset open-data on all 35,672 areas: tests, persistence, index,
selection over the whole country and again in each police force, repeats, every output. Forces
without a file are not assessed; with --gaps zero all areas are tested, as if nothing had
happened there, which is false and takes longest.
"""

import argparse
import resource
import tomllib
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import pandas as pd

CENSUS = {"residence": "ts001", "age": "ts007a", "households": "ts011", "work": "ts065"}


def config_values(data: Path, home: Path, draws: int, gaps: str) -> dict:
    """The preset open-data with the files of a whole country."""
    text = resources.files("riskindex.presets").joinpath("open-data.toml").read_text()
    values = tomllib.loads(text)
    wards = pd.read_csv(data / "lookups/lsoa21_ward24_lad24.csv.gz")
    forces = pd.read_csv(data / "lookups/lad24_csp24_pfa24.csv.gz")
    forces = forces[["ltla24_code", "pfa24_name"]].drop_duplicates()
    lookup = wards.merge(forces, on="ltla24_code", how="left")
    lookup.to_csv(home / "groups.csv", index=False)
    values["place"], values["whole"] = "England and Wales", "country"
    values["areas"] = {
        "boundaries": str(data / "england_wales/lsoa21_boundaries.parquet"),
        "code": "LSOA21CD",
        "name": "LSOA21NM",
        "lookups": [
            {
                "path": str(home / "groups.csv"),
                "code": "lsoa21_code",
                "groups": {"district": "ltla24_name", "ward": "ward24_name", "force": "pfa24_name"},
            }
        ],
    }
    values["sources"]["police"]["path"] = str(data / "england_wales/police_uk_2025.parquet")
    listed = data / "england_wales/police_uk_2025_inventory.csv"
    values["sources"]["police"]["coverage"] = {
        "by": "force",
        "inventory": {"path": str(listed), "unit": "force", "month": "month", "records": "rows"},
        "missing": gaps,
    }
    for name, table in CENSUS.items():
        values["sources"][name]["path"] = str(data / f"census/census2021-{table}.zip")
    values["robustness"]["draws"] = draws
    return values


class Clock:
    """Wall and CPU seconds of stages that say when they begin."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, float, float]] = []

    def __call__(self, stage: str) -> None:
        """Note that a stage begins; its parts, which come after a colon, are no stages."""
        if ":" in stage and self.begun and stage.startswith(self.begun[-1][0]):
            return
        self.begun.append((stage, perf_counter(), process_time()))

    def lines(self) -> list[str]:
        """Wall and CPU seconds of each stage, in columns."""
        ends = [*self.begun[1:], ("", perf_counter(), process_time())]
        return [
            f"{b - a:8.2f} {d - c:8.2f}  {stage}"
            for (stage, a, c), (_, b, d) in zip(self.begun, ends, strict=True)
            if b - a >= 0.005
        ]


def by_force(result) -> int:
    """The top 5% of each police force; returns how many areas that selects."""
    from riskindex import select_top

    forces = result.areas.groupby("force").groups.values()
    tables = [select_top(result.index.loc[codes]).table for codes in forces]
    return sum(int(table["selected"].sum()) for table in tables)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--gaps", choices=["not-assessed", "zero"], default="not-assessed")
    given = parser.parse_args()
    clock = Clock()
    clock("Starting: imports, config")
    from riskindex import release, run, save
    from riskindex.config import parse_config

    with TemporaryDirectory() as folder:
        home = Path(folder)
        config = parse_config(config_values(given.data.resolve(), home, given.draws, given.gaps))
        result = run(config, say=clock)
        clock("Selecting again in each force")
        chosen = by_force(result)
        clock("Releasing")
        released = release(result, profile="internal")
        out = given.out or home / "result"
        save(released, out, say=clock)
        print("    wall      CPU")
        print("\n".join(clock.lines()))
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
        wall = perf_counter() - clock.begun[0][1]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{wall:8.2f} {process_time():8.2f}  in all; at most {peak:,.0f} MB")
        print(
            f"{len(result.areas):,} areas, {int(result.index['selected'].sum()):,} selected, "
            f"{chosen:,} over the forces; {size:,.0f} MB written"
        )


if __name__ == "__main__":
    main()
