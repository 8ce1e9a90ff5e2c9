"""A force of a few square areas: offences, their people and domestic abuse, written as files."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

KM = 1000.0
CODES = [f"E0100000{i}" for i in range(1, 10)]
DEFINITION = """
[definitions.serious]
label = "Serious violence"
document = "made up"
all = [
    { label = "kinds", any = [
        { label = "robbery", column = "kind", values = ["robbery"], not_recorded = "out" },
        { label = "violence", column = "kind", values = ["violence"], not_recorded = "out" },
    ] },
    { label = "a weapon", column = "weapon", values = ["knife", "gun"], not_recorded = "out" },
    { label = "outside", column = "place", values = ["street"], not_recorded = "apart" },
]
none = [{ label = "domestic", column = "domestic", values = [true], not_recorded = "apart" }]

[definitions.wider]
label = "Serious violence, at home too"
all = [
    { label = "a weapon", column = "weapon", values = ["knife", "gun"], not_recorded = "out" },
]
"""
CONFIG = (
    """
title = "A small force"
place = "the force"
[areas]
boundaries = "areas.geojson"
code = "code"
groups = { district = "district" }
[bases]
residents = "age.residents"
[sources.age]
kind = "table"
path = "age.csv"
code = "code"
columns = { residents = "residents" }
protection = "open"
address = "https://example.org/residents"
licence = "made up"
[sources.offences]
kind = "events"
path = "offences.csv"
date = "date"
area = "area"
"""
    + DEFINITION
    + """
[[factors]]
name = "serious"
label = "Serious violence"
source = "offences"
definition = "serious"
method = "poisson"
exposure = "residents"
periods = [2021, 2022]
score = "flag"
[measures.wider]
label = "Violence with a weapon"
source = "offences"
definition = "wider"
periods = [2022]
"""
)


def offences(number=600, seed=1):
    """Offences of two years, some of whose columns are not recorded."""
    rng = np.random.default_rng(seed)

    def of(values, unsaid):
        drawn = rng.choice(np.array(values, dtype=object), number)
        return np.where(rng.random(number) < unsaid, None, drawn)

    months = rng.integers(0, 24, number)
    return pd.DataFrame(
        {
            "offence": [f"o{i}" for i in range(number)],
            "date": [f"{2021 + m // 12}-{m % 12 + 1:02d}-15" for m in months],
            "area": of([*CODES, CODES[0], CODES[0]], 0.03),
            "kind": of(["robbery", "violence", "theft", "damage"], 0.02),
            "weapon": of(["none", "none", "knife", "gun"], 0.1),
            "place": of(["street", "home"], 0.05),
            "domestic": of(["true", "false", "false"], 0.04),
        }
    )


def write_force(folder, config=CONFIG, **tables):
    """Write the areas, their residents, the offences and further tables; the path of the config."""
    folder = Path(folder)
    shapes = [box(i % 3 * KM, i // 3 * KM, (i % 3 + 1) * KM, (i // 3 + 1) * KM) for i in range(9)]
    districts = ["North", "North", "North", "South", "South", "South", "East", "East", "East"]
    areas = {"code": CODES, "district": districts}
    gpd.GeoDataFrame(areas, geometry=shapes, crs="EPSG:27700").to_file(folder / "areas.geojson")
    pd.DataFrame({"code": CODES, "residents": 2000}).to_csv(folder / "age.csv", index=False)
    for name, table in {"offences": offences(), **tables}.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    path = folder / "config.toml"
    path.write_text(config, encoding="utf-8")
    return path
