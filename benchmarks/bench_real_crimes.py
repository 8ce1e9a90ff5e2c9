"""How many areas each method finds hot for six crime types of a police force area and year.

    python benchmarks/bench_real_crimes.py lsoa21.gpkg police_uk_2025.zip census2021-ts001.zip

Arguments: a boundary file in metres, a download of police.uk (a zip of month folders), and the
Nomis bulk file of usual residents. Every method corrects by Benjamini-Hochberg at 5%.
"""

import argparse
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import ndtr

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.hotspots.scan import scan
from riskindex.statistics.corrections import adjust
from riskindex.statistics.dispersion import (
    moment_dispersion,
    neighbour_covariance,
    pair_ratio_dispersion,
)
from riskindex.statistics.getis_ord import gi_star, with_self
from riskindex.statistics.poisson import own_excess, poisson_excess, window_excess

CRIMES = (
    "Anti-social behaviour",
    "Violence and sexual offences",
    "Criminal damage and arson",
    "Drugs",
    "Possession of weapons",
    "Robbery",
)


class Map(NamedTuple):
    """One crime type on one map."""

    counts: np.ndarray
    residents: np.ndarray
    neighbours: csr_array
    centroids: np.ndarray


def _window(dispersion: str, background: str = "county") -> Callable[[Map], np.ndarray]:
    return lambda m: (
        window_excess(
            m.counts,
            m.residents,
            m.neighbours,
            dispersion=dispersion,
            background=background,
            centroids=m.centroids,
        ).p
    )


METHODS: dict[str, Callable[[Map], np.ndarray]] = {
    "Gi* normal": lambda m: ndtr(-gi_star(m.counts, with_self(m.neighbours)).z),
    "Gi* exact": lambda m: gi_star(m.counts, with_self(m.neighbours)).p,
    "Poisson, area": lambda m: (
        poisson_excess(m.counts, m.residents * m.counts.sum() / m.residents.sum(), tail="mid").p
    ),
    "Poisson, window": _window("none"),
    "given total, window": _window("given-total"),
    "moments, window": _window("moments"),
    "window (default)": _window("pair-ratio"),
    "window, local": _window("pair-ratio", "local"),
    "own (default)": lambda m: own_excess(m.counts, m.residents, m.neighbours).p,
}


def members(path: Path, ending: str) -> list[pd.DataFrame]:
    """Tables inside a zip whose names end so."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(ending))
        return [pd.read_csv(io.BytesIO(archive.read(name))) for name in names]


def row(m: Map) -> dict[str, float]:
    """Figures of one crime type."""
    w = pair_ratio_dispersion(m.counts, m.residents, m.neighbours)
    alike = neighbour_covariance(m.counts, m.residents, m.neighbours, dispersion=w)
    means = m.residents * m.counts.sum() / m.residents.sum()
    clusters = scan(m.counts, means, m.centroids, dispersion=w, replicates=199)
    return {
        "events": m.counts.sum(),
        "zero areas": (m.counts == 0).sum(),
        "w pair-ratio": round(w, 2),
        "w moments": round(moment_dispersion(m.counts, m.residents), 2),
        "neighbour z": round(alike.z, 1),
        **{
            name: int((adjust(test(m), "benjamini-hochberg") <= 0.05).sum())
            for name, test in METHODS.items()
        },
        "scan clusters": len(clusters),
        "areas in them": sum(len(cluster.areas) for cluster in clusters),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("boundaries", "crimes", "residents"):
        options.add_argument(name, type=Path)
    options.add_argument("--code", default="LSOA21CD", help="column of the area code")
    asked = options.parse_args()
    areas = gpd.read_file(asked.boundaries).set_index(asked.code).sort_index()
    neighbours = neighbour_matrix(areas)
    points = areas.geometry.centroid
    centroids = np.column_stack([points.x, points.y])
    census = pd.concat(members(asked.residents, "-lsoa.csv")).set_index("geography code")
    residents = census.filter(like="Total").iloc[:, 0].reindex(areas.index)
    events = pd.concat(members(asked.crimes, "-street.csv"))
    table = {}
    for crime in CRIMES:
        counts = events.loc[events["Crime type"] == crime, "LSOA code"].value_counts()
        x = counts.reindex(areas.index, fill_value=0).to_numpy(float)
        table[crime] = row(Map(x, residents.to_numpy(float), neighbours, centroids))
    print(f"Areas hot of {len(areas):,} by crime type and method")
    print(pd.DataFrame(table).to_string(float_format="{:g}".format))


if __name__ == "__main__":
    main()
