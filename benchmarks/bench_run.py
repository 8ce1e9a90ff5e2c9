"""CPU seconds of a whole run, stage by stage: imports, reading, counting, tests, every output.

    python benchmarks/bench_run.py                                      the embedded county
    python benchmarks/bench_run.py my-county.toml                       a config of one's own
    python benchmarks/bench_run.py --boundaries lsoa21.gpkg --code LSOA21CD

The last lays generated events and census tables over real areas and runs the preset essex-2022.
The county is made in another process, so that the run's own imports and time stand alone.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time


def make_county(folder: Path, boundaries: Path | None, code: str) -> Path:
    """Write the embedded county, or one on real boundaries; returns its config."""
    make = (
        "import sys; from pathlib import Path; from riskindex.demo import write_county; "
        "from riskindex.synthetic import synthetic_county; folder, boundaries, code = sys.argv[1:]; "
        "import geopandas; areas = geopandas.read_file(boundaries).set_index(code)"
        ".rename_axis('area_code').to_crs(27700).sort_index() if boundaries else None; "
        "write_county(synthetic_county(boundaries=areas), folder)"
    )
    given = [str(folder), str(boundaries or ""), code]
    subprocess.run([sys.executable, "-c", make, *given], check=True)
    return folder / "config.toml"


def seconds_of(config: Path, out: Path) -> dict[str, float]:
    """CPU seconds of each stage of a run and its saving, imports first."""
    from riskindex import read_config, release, run, save

    begun = {"Starting Python, reading the config, imports": 0.0}

    def say(stage: str) -> None:
        begun[stage] = process_time()

    result = run(read_config(config), say=say)
    say("Releasing")
    released = release(result, "internal")
    save(released, out, say=say)
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
        home = Path(folder)
        config = given.config or make_county(home / "county", given.boundaries, given.code)
        taken = seconds_of(config, home / "result")
    for stage, seconds in taken.items():
        print(f"{seconds:7.2f}  {stage}")
    print(f"{sum(taken.values()):7.2f}  in all, CPU seconds")


if __name__ == "__main__":
    main()
