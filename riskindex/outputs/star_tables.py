"""A star for Power BI and the like: facts and dimensions as CSV, with a data package."""

import json
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from riskindex.outputs.manifest import DATA_PACKAGE, described_field
from riskindex.outputs.workbook import write_csv
from riskindex.publication.data_dictionary import STAR
from riskindex.publication.released import Released

FOLDER = "star"
_TYPES = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}


class StarTable(NamedTuple):
    """One table of the star."""

    title: str
    key: tuple[str, ...]
    """Columns that name a row."""
    points_to: tuple[str, ...]
    """Columns that name a row of a dimension of the same name."""
    table: pd.DataFrame


def write_star(released: Released, folder: Path) -> None:
    """Write dimensions and facts as CSV into a folder, and `datapackage.json` with their keys.

    Parameters
    ----------
    released
        What the profile may see; what it does not have is in no table.
    folder
        Made if it is not there.

    References
    ----------
    Kimball and Ross (2013), The Data Warehouse Toolkit, chapter 1.
    Frictionless Data, Tabular Data Package and Table Schema, version 1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    star = star_tables(released)
    for name, one in star.items():
        write_csv(one.table, folder / f"{name}.csv")
    package = {
        "profile": "tabular-data-package",
        "name": "riskindex-star",
        "title": f"{released.title}: facts and dimensions",
        "description": f"Release profile: {released.profile}. " + " ".join(released.limits),
        "sources": [{"title": line} for line in released.attribution],
        "resources": [_resource(name, one) for name, one in star.items()],
    }
    text = json.dumps(package, indent=2, ensure_ascii=False)
    (folder / DATA_PACKAGE).write_text(text + "\n", encoding="utf-8", newline="\n")


def star_tables(released: Released) -> dict[str, StarTable]:
    """The tables by name: dimensions first, then the facts that point to them."""
    star = {
        "dim_area": _areas(released),
        "dim_place": _places(released),
        "dim_factor": _factors(released),
        "dim_period": _periods(released),
        "fact_index": _index(released),
        "fact_score": _scores(released),
        "fact_hotspot": _hotspots(released),
    }
    # A dimension without a row would break the relations that a dashboard builds on its own.
    return {name: one for name, one in star.items() if len(one.table)}


def _areas(released: Released) -> StarTable:
    """An area with its groups, its people and a point to put it on a map."""
    every = released.all_areas
    columns = ["name", *released.group_kinds, "residents", "residents_10_24"]
    table = every[[c for c in columns if c in every]]
    # A point inside the area: the centroid of a bent one may lie in its neighbour.
    at = released.areas.geometry.representative_point().to_crs(4326)
    table = table.assign(
        longitude=at.x.round(5).reindex(every.index), latitude=at.y.round(5).reindex(every.index)
    )
    return StarTable("Areas", ("area_code",), (), table.reset_index())


def _places(released: Released) -> StarTable:
    table = released.places
    columns = ["name", "wards", "district", "areas", "firm", "residents", "residents_10_24"]
    kept = table[[c for c in columns if c in table]]
    return StarTable("Named places of selected areas", ("place",), (), kept.reset_index())


def _factors(released: Released) -> StarTable:
    columns = ["label", "method", "score", "weight", "scored", "recorded", "restricted"]
    table = released.factors[[c for c in columns if c in released.factors]]
    return StarTable("Factors", ("factor",), (), table.rename_axis("factor").reset_index())


def _periods(released: Released) -> StarTable:
    # Labels of one unit sort in order of time.
    labels = sorted(set(released.hotspots.index.get_level_values("period")))
    # The order as a column: dashboards sort labels by the alphabet unless told.
    table = pd.DataFrame({"period": labels, "order": range(1, len(labels) + 1)})
    return StarTable("Periods; empty for a census", ("period",), (), table)


def _index(released: Released) -> StarTable:
    """What was decided of each area: its index, its place on the list and how sure that is."""
    every = released.all_areas
    columns = ["selected", "rank", "score", "decile", "p_selected", "p_top", "tier", "factors_hot"]
    table = every[[c for c in columns if c in every]]
    plan = released.team_plan
    if plan is not None:
        # Int64 holds missing: most areas are in no named place, and 0 would point to none.
        place = plan.places.place_of.reindex(every.index).astype("Int64")
        table = table.assign(place=place)
    # A foreign key without its dimension would fail the check of every reader.
    points = ("area_code", "place") if "place" in table else ("area_code",)
    return StarTable("Index and list", ("area_code",), points, table.reset_index())


def _scores(released: Released) -> StarTable:
    """The score of each factor and what it adds to the index, for factors that are dimensions."""
    columns = [c for c in ("score", "contribution") if c in released.scores]
    # Factors that are released only together have scores but no line among the factors: they would
    # point nowhere.
    table = released.scores[columns].dropna(how="all").reset_index()
    table = table[table["factor"].isin(released.factors.index)]
    keys = ("factor", "area_code")
    return StarTable("Scores", keys, keys, table[[*keys, *columns]])


def _hotspots(released: Released) -> StarTable:
    """The test of each factor, period and area, as far as it is released."""
    columns = ["observed", "expected", "window_observed", "window_expected", "value"]
    columns += ["confidence", "is_hot", "kind"]
    table = released.hotspots[[c for c in columns if c in released.hotspots]].reset_index()
    keys = ("factor", "period", "area_code")
    return StarTable(
        "Tests for hotspots", keys, keys, table[[*keys, *table.columns.drop(list(keys))]]
    )


DIMENSIONS = {
    "area_code": "dim_area",
    "place": "dim_place",
    "factor": "dim_factor",
    "period": "dim_period",
}
"""Column that points to a dimension, to the dimension."""


def _resource(name: str, one: StarTable) -> dict[str, object]:
    fields = [
        # The type is that of the values: a flag of protected cells may be missing.
        described_field(str(c), STAR[name])
        | {"type": _TYPES.get(one.table[c].dtype.kind, "string")}
        for c in one.table
    ]
    # Facts point to dimensions alone; a link between facts would count rows twice.
    foreign = [
        {"fields": c, "reference": {"resource": DIMENSIONS[c], "fields": c}} for c in one.points_to
    ]
    schema: dict[str, object] = {"fields": fields, "missingValues": [""]}
    schema |= {"primaryKey": list(one.key)} | ({"foreignKeys": foreign} if foreign else {})
    return {
        "name": name,
        "path": f"{name}.csv",
        "title": one.title,
        "profile": "tabular-data-resource",
        "format": "csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n"},
        "schema": schema,
    }
