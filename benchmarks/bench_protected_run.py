"""The protected run beside the true one: list, tenths, tiers, and CPU seconds.

    python benchmarks/bench_protected_run.py [DATA] [--seeds 5] [--epsilon 1]

Noise is put on the counts of the invented county, first of all of its sources of events, then of
those about people's homes alone; with DATA, a folder that holds essex/, census/ and lookups/, on
the preset open-data for Essex in 2025 too, as if police.uk were restricted. Beside it stand plain
redraws: the same counts as Poisson means. A redraw says what chance alone does to a list.
"""

import argparse
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import pandas as pd

from riskindex import read_config
from riskindex.analysis import analyse, protected_run
from riskindex.config import Config
from riskindex.demo.county import synthetic_county
from riskindex.demo.write_files import write_county
from riskindex.disclosure import decile
from riskindex.files.frames import Frames
from riskindex.inputs import read_inputs

REAL = {
    "lsoa21_boundaries.gpkg": "essex/lsoa21_boundaries.gpkg",
    "police_uk_2025.zip": "essex/police_uk_2025.zip",
    "census2021-ts001.zip": "census/census2021-ts001.zip",
    "census2021-ts007a.zip": "census/census2021-ts007a.zip",
    "census2021-ts011.zip": "census/census2021-ts011.zip",
    "census2021-ts065.zip": "census/census2021-ts065.zip",
}
"""Paths of the preset, below data/, to the real files."""
REDRAWS = 2


def real_config(data: Path, home: Path) -> Path:
    """The preset open-data with the files of Essex."""
    preset = resources.files("riskindex.presets").joinpath("open-data.toml")
    text = preset.read_text(encoding="utf-8")
    for name, real in REAL.items():
        text = text.replace(f'"data/{name}"', f'"{(data / real).as_posix()}"')
    (home / "config.toml").write_text(text, encoding="utf-8")
    return home / "config.toml"


def with_noise(counts: pd.DataFrame, columns: list, seed: int, epsilon: float) -> pd.DataFrame:
    """Counts with discrete Laplace noise, the difference of two geometric numbers."""
    rng, stop = np.random.default_rng(seed), 1 - np.exp(-epsilon)
    noised = counts.copy()
    for column in columns:
        noise = rng.geometric(stop, len(counts)) - rng.geometric(stop, len(counts))
        noised[column] = counts[column] + noise
    return noised


def redrawn(counts: pd.DataFrame, columns: list, seed: int) -> pd.DataFrame:
    """Counts drawn again, as Poisson numbers around them."""
    rng, again = np.random.default_rng(seed), counts.copy()
    for column in columns:
        again[column] = counts[column] * 0 + rng.poisson(counts[column].fillna(0).astype(float))
    return again


def restricted(config: Config, counts: pd.DataFrame, *, homes: bool) -> list:
    """Columns of counts from all sources of events, or from the sensitive ones alone."""
    sources = {(f.name, g.label): g.source for f in config.factors for g in f.groups}
    return [c for c in counts if not homes or config.sources[sources[c[:2]]].sensitive]


def beside(true, other) -> dict[str, float]:
    """How much of a result stays."""
    a, b = true.index, other.index
    return {
        "list": float((a["selected"] & b["selected"]).sum() / a["selected"].sum()),
        "tenths": float((decile(a["rank"]) == decile(b["rank"])).mean()),
        "at 0": float((b["score"] == 0).mean()),
        "tiers": float((a["tier"] == b["tier"]).mean()),
    }


def flips(true, other) -> "pd.Series[float]":
    """Share of areas whose score changes, per factor."""
    changed = (true.scores["score"] - other.scores["score"]).abs() > 1e-9
    return changed.groupby(level="factor", sort=False).mean()


def timed(run, *arguments, **options):
    """A result and its CPU seconds."""
    begun = process_time()
    return run(*arguments, **options), process_time() - begun


def measure(title: str, config: Config, given, columns: list, asked) -> None:
    """Print one table: every seed, their mean, and redraws."""
    true, seconds = timed(analyse, config, given)
    at_zero, listed = (true.index["score"] == 0).mean(), int(true.index["selected"].sum())
    print(
        f"\n{title}: {len(columns)} columns of counts with noise, {len(true.index):,} areas, "
        f"{listed} on the list, {at_zero:.1%} at 0; true run {seconds:.1f} CPU s"
    )
    rows, changed = {}, []
    for seed in range(asked.seeds):
        noised = with_noise(given.counts, columns, seed, asked.epsilon)
        found, cpu = timed(protected_run, config, given, noised, epsilon=asked.epsilon)
        rows[f"protected {seed}"] = beside(true, found) | {"CPU s": cpu}
        changed.append(flips(true, found))
    rows["protected, mean"] = pd.DataFrame(rows).T.mean().to_dict()
    for seed in range(REDRAWS):
        counts = redrawn(given.counts, columns, seed)
        found, cpu = timed(analyse, config, given._replace(counts=counts))
        rows[f"redrawn {seed}"] = beside(true, found) | {"CPU s": cpu}
    print(pd.DataFrame(rows).T.round(3).to_string())
    mean = pd.concat(changed, axis=1).mean(axis=1)
    print(
        "areas whose score changes:",
        ", ".join(f"{name} {share:.1%}" for name, share in mean.items() if share),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epsilon", type=float, default=1.0)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        home = Path(folder)
        config = read_config(write_county(synthetic_county(), home))
        given = read_inputs(config, Frames())
        for title, homes in (("Invented county, all events", False), ("its homes alone", True)):
            columns = restricted(config, given.counts, homes=homes)
            measure(title, config, given, columns, asked)
        if asked.data:
            config = read_config(real_config(asked.data.resolve(), home))
            given = read_inputs(config, Frames())
            columns = restricted(config, given.counts, homes=False)
            measure("Essex 2025, open-data", config, given, columns, asked)


if __name__ == "__main__":
    main()
