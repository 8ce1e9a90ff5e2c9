"""CPU seconds of a whole run, stage by stage: imports, reading, counting, tests, every output.

    python benchmarks/bench_run.py                                      the embedded county
    python benchmarks/bench_run.py my-county.toml                       a config of one's own
    python benchmarks/bench_run.py --boundaries lsoa21.gpkg --code LSOA21CD

The last lays generated events and census tables over real areas and runs the preset essex-2022.
The county is made in another process, so that the run's own imports and time stand alone.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time


def make_county(folder: Path, boundaries: Path | None, code: str) -> Path:
    """Write the embedded county, or one on real boundaries; returns its config."""
    from riskindex.demo.county import synthetic_county
    from riskindex.demo.write_files import write_county

    areas = None
    if boundaries is not None:
        import geopandas as gpd

        areas = gpd.read_file(boundaries).to_crs(27700).set_index(code).sort_index()
        areas = areas.rename_axis("area_code")
    return write_county(synthetic_county(boundaries=areas), folder)


def seconds_of(config: Path, out: Path) -> dict[str, float]:
    """CPU seconds of each stage of a run and its saving, imports first."""
    from riskindex import read_config, release, run, save

    begun = {"Starting Python, imports, reading the config": 0.0}

    def say(stage: str) -> None:
        begun[stage] = process_time()

    result = run(read_config(config), say=say)
    say("Releasing")
    save(release(result, profile="internal"), out, say=say)
    times = [*begun.values(), process_time()]
    return {stage: times[k + 1] - times[k] for k, stage in enumerate(begun)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, nargs="?")
    parser.add_argument("--boundaries", type=Path)
    parser.add_argument("--code", default="LSOA21CD", help="column of the boundaries with the code")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        home, config = Path(folder), given.config
        if config is None:
            with ProcessPoolExecutor(1, get_context("spawn")) as another:
                county = (home / "county", given.boundaries, given.code)
                config = another.submit(make_county, *county).result()
        taken = seconds_of(config, home / "result")
    for stage, seconds in taken.items():
        print(f"{seconds:7.2f}  {stage}")
    print(f"{sum(taken.values()):7.2f}  in all, CPU seconds")


if __name__ == "__main__":
    main()
