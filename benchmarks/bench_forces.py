"""Does the list predict: every police force of England and Wales, half a year against the next.

    python benchmarks/bench_forces.py DATA [--preset open-data] [--no-essex]

DATA is a folder with england_wales/ (lsoa21_boundaries.parquet, police_uk_2025.parquet and its
inventory), census/ (the Nomis bulk files TS007A, TS011, TS065), lookups/ (LSOA to ward and
district, district to police force) and essex/ (the download of March 2021 to March 2022). Every
force of 100 areas or more whose twelve months are there gets a list of its own top share by the
preset's factors, scores, index and selection, from the events of January to June 2025; what the
list catches of July to December is set beside other configurations and plainer lists of as many
areas. Means over the forces, with the middle 95% of means over forces drawn with replacement; then
violence in each force, with the middle 95% of areas drawn with replacement. Essex is then built on
the financial year 2021-22 by the whole pipeline, and held against 2025.
"""

import argparse
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from riskindex.areas.neighbours import neighbour_matrix
from riskindex.areas.prepare import with_bases
from riskindex.areas.table_files import read_tables
from riskindex.config import Config, parse_config
from riskindex.factors import Factor
from riskindex.hotspots.find import find_hotspots
from riskindex.hotspots.persistence import classify_persistence
from riskindex.index.build import build_index, score_factors
from riskindex.index.selection import code_order, select_top
from riskindex.pipeline import run
from riskindex.statistics.prediction import area_repeats, hit_rate, interval, pai

CENSUS = {"residence": "ts001", "age": "ts007a", "households": "ts011", "work": "ts065"}
LEAST_AREAS = 100
"""A force of fewer areas, which the City of London with its six alone is, has no top share."""
DRAWS = 10_000
"""Means over forces drawn with replacement."""
BUILT, TESTED = "2025-01 to 2025-06", "2025-07 to 2025-12"
BY_WINDOW = {"score": "confidence"}
BY_GI = {
    "method": "getis-ord",
    "exposure": None,
    "score": "confidence",
    "neighbourhood": "score",
}
CONFIGURATIONS = {
    "preset": {},
    "rank": {"score": "risk", "estimate": "rank"},
    "sure": {"score": "risk", "estimate": "exceedance"},
    "spatial": {"score": "risk", "prior": "spatial"},
    "window": BY_WINDOW,
    "gi": BY_GI,
}
"""Lists by the method, and what they change in the factors that count events."""
LISTS = {
    "preset": "the preset: own risk",
    "rank": "own risk, mean rank",
    "sure": "own risk, P(above twice)",
    "spatial": "own risk, spatial prior",
    "window": "hotspots: bands of windows",
    "gi": "hotspots: bands of Gi*",
    "last": "last period's counts of the kind",
    "together": "counts of all kinds",
    "deprived": "household deprivation alone",
    "best": "the best possible",
}
AREA_DRAWS = 1_000
"""Areas drawn with replacement, for the interval of one force."""
MEASURES = {
    "caught": "share caught, %",
    "residents": "PAI by residents",
    "land": "PAI by land",
    "land_share": "share of land, %",
}


class Country(NamedTuple):
    """What the forces are made of."""

    config: Config
    areas: gpd.GeoDataFrame
    """Index area_code; `force`, bases and geometry."""
    tables: pd.DataFrame
    built: pd.DataFrame
    """Events of the half year that the lists are built on; columns are the factors' names."""
    tested: pd.DataFrame


def preset_values(name: str, data: Path) -> dict:
    """A preset with the national files in place of its own."""
    text = resources.files("riskindex.presets").joinpath(f"{name}.toml").read_text("utf-8")
    values = tomllib.loads(text)
    values["areas"] = {
        "boundaries": str(data / "england_wales/lsoa21_boundaries.parquet"),
        "code": "LSOA21CD",
        "name": "LSOA21NM",
    }
    values["sources"]["police"]["path"] = str(data / "england_wales/police_uk_2025.parquet")
    for source, table in CENSUS.items():
        values["sources"][source]["path"] = str(data / f"census/census2021-{table}.zip")
    return values


def read_country(name: str, data: Path) -> Country:
    """Areas, tables and events of every force whose twelve months are there."""
    config = parse_config(preset_values(name, data), folder=data)
    areas = gpd.read_parquet(data / "england_wales/lsoa21_boundaries.parquet")
    areas = areas.set_index("LSOA21CD").rename_axis("area_code").sort_index()
    areas = areas.join(force_of_areas(data))
    areas = areas[areas["force"].isin(complete_forces(data))]
    tables = read_tables(config.sources, data, areas.index).tables
    areas = with_bases(areas, tables, config.bases)
    crimes = {f.where["Crime type"][0]: f.name for f in config.factors if f.counts_events}
    records = pd.read_parquet(
        data / "england_wales/police_uk_2025.parquet",
        columns=["Month", "LSOA code", "Crime type"],
        filters=[("Crime type", "in", list(crimes))],
    )
    late = records["Month"].astype(str) >= "2025-07"
    names = records["Crime type"].astype(str).map(crimes)
    built, tested = (
        pd.crosstab(records.loc[half, "LSOA code"], names[half]).reindex(areas.index, fill_value=0)[
            list(crimes.values())
        ]
        for half in (~late, late)
    )
    return Country(config, areas, tables, built, tested)


def force_of_areas(data: Path) -> pd.Series:
    """Name of the police force of every area, by its district."""
    wards = pd.read_csv(data / "lookups/lsoa21_ward24_lad24.csv.gz")
    forces = pd.read_csv(data / "lookups/lad24_csp24_pfa24.csv.gz")
    of_district = forces.drop_duplicates("ltla24_code").set_index("ltla24_code")["pfa24_name"]
    return wards.set_index("lsoa21_code")["ltla24_code"].map(of_district).rename("force")


def complete_forces(data: Path) -> set[str]:
    """Forces of enough areas with street records of each month of 2025."""
    listed = pd.read_csv(data / "england_wales/police_uk_2025_inventory.csv")
    months = (
        listed[pd.to_numeric(listed["rows"], errors="coerce") > 0]
        .groupby("force")["month"]
        .nunique()
    )
    slugs = set(months[months == 12].index)
    sizes = force_of_areas(data).value_counts()
    return {name for name in sizes.index[sizes >= LEAST_AREAS] if _slug(name) in slugs}


def _slug(name: str) -> str:
    """The name of a force as police.uk writes it in file names."""
    return name.lower().replace("&", "and").replace(" ", "-")


class Listed(NamedTuple):
    """What the method makes of the areas of one force."""

    flags: pd.DataFrame
    """Index area_code, a column for each list that needs no crime type."""
    hot_below: int
    """Hot areas, by window or by Gi*, of fewer events than expected that are not called next door;
    over all crime types."""


def listed_areas(country: Country, force: str) -> Listed:
    """The lists of one force that need no crime type."""
    areas = country.areas[country.areas["force"] == force]
    counts = country.built.loc[areas.index].astype("Int64")
    counts.columns = pd.MultiIndex.from_tuples(
        [(name, "all", BUILT) for name in counts], names=["factor", "group", "period"]
    )
    return every_list(country.config, areas, country.tables.loc[areas.index], counts, BUILT)


def every_list(
    config: Config, areas: gpd.GeoDataFrame, tables: pd.DataFrame, counts: pd.DataFrame, period: str
) -> Listed:
    """Areas by each configuration, and by household deprivation alone."""
    factors = [replace(f, periods=(period,)) if f.counts_events else f for f in config.factors]
    weights = neighbour_matrix(areas, options=config.neighbours)
    lists, found = {}, {}
    for name, changes in CONFIGURATIONS.items():
        asked = [replace(f, **changes) if f.counts_events else f for f in factors]
        tested = changes.get("method", "window")
        if tested not in found:
            found[tested] = find_hotspots(counts, areas, tables, weights, asked)
        hot = found[tested]
        lasting = classify_persistence(hot.table, hot.pooled, asked)
        scores = score_factors(hot.table, lasting, asked, options=config.index, neighbours=weights)
        chosen = select_top(build_index(scores, options=config.index), selection=config.selection)
        lists[name] = chosen.table["selected"].astype(bool)
    (deprived,) = [f for f in factors if f.name == "deprivation"]
    having, every = (tables[deprived.column(c)] for c in (deprived.numerator, deprived.denominator))
    lists["deprived"] = highest(having / every, int(lists["preset"].sum()))
    below = sum(hot_below_expectation(hot.table, factors) for hot in found.values())
    return Listed(pd.DataFrame(lists), below)


def hot_below_expectation(table: pd.DataFrame, factors: list[Factor]) -> int:
    """How many areas are hot on no more events than expected, and not called next door."""
    tested = table.loc[[f.name for f in factors if f.counts_events]]
    few = tested["observed"].to_numpy(float) <= tested["expected"].to_numpy(float)
    hot, kind = tested["is_hot"].to_numpy(bool), tested["kind"].to_numpy(str)
    return int((hot & few & (kind != "next door")).sum())


def highest(values: pd.Series, number: int) -> pd.Series:
    """Flags of so many areas with the highest values, ties by area code."""
    order = np.lexsort((code_order(values.index), -values.to_numpy(float)))
    flags = np.zeros(len(values), dtype=bool)
    flags[order[:number]] = True
    return pd.Series(flags, index=values.index)


def measured(lists: pd.DataFrame, events: pd.Series, areas: gpd.GeoDataFrame) -> Iterator[dict]:
    """Every measure of every list on the later events of one crime type."""
    land, residents = areas.geometry.area.to_numpy(), areas["residents"].to_numpy(float)
    later = events.to_numpy(float)
    for name, flags in lists.items():
        selected = flags.to_numpy(bool)
        yield {
            "list": name,
            "caught": 100 * float(hit_rate(later, selected)),
            "residents": float(pai(later, selected, residents)),
            "land": float(pai(later, selected, land)),
            "land_share": 100 * float(land[selected].sum() / land.sum()),
        }


def with_intervals(
    selected: np.ndarray, events: pd.Series, areas: gpd.GeoDataFrame, again: np.ndarray
) -> dict[str, str]:
    """Share caught and PAI by residents of one list, with intervals by drawing areas again."""
    later, residents = events.to_numpy(float), areas["residents"].to_numpy(float)
    caught = interval(100 * hit_rate(later, selected, repeats=again))
    ahead = interval(pai(later, selected, residents, repeats=again))
    return {
        "caught, %": _with(100 * float(hit_rate(later, selected)), caught, 1),
        "PAI": _with(float(pai(later, selected, residents)), ahead, 2),
    }


def of_one_force(
    lists: pd.DataFrame, events: pd.Series, areas: gpd.GeoDataFrame, rng: np.random.Generator
) -> dict[str, str]:
    """The same of two lists, side by side."""
    again = area_repeats(len(events), AREA_DRAWS, rng)
    shares = {
        name: with_intervals(lists[name].to_numpy(bool), events, areas, again)
        for name in ("preset", "last")
    }
    return {f"{name}: {key}": text for name, part in shares.items() for key, text in part.items()}


def _with(value: float, limits: tuple[float, float], digits: int) -> str:
    low, high = limits
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def plainer(lists: pd.DataFrame, built: pd.DataFrame, tested: pd.Series) -> pd.DataFrame:
    """The preset's list beside lists of as many areas for one crime type."""
    number, kind = int(lists["preset"].sum()), str(tested.name)
    return lists.assign(
        last=highest(built[kind], number),
        together=highest(built.sum(axis=1), number),
        best=highest(tested, number),
    )


def by_force(country: Country) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per force, crime type and list; and violence in each force, with intervals."""
    lines, told_of_one = [], {}
    rng = np.random.default_rng(1)
    for force in sorted(country.areas["force"].unique()):
        areas = country.areas[country.areas["force"] == force]
        lists, hot_below = listed_areas(country, force)
        low = kinds_below(country, areas)[lists["preset"].to_numpy(bool)]
        for kind in country.tested:
            tested = country.tested.loc[areas.index, kind]
            all_lists = plainer(lists, country.built.loc[areas.index], tested)
            found = measured(all_lists, tested, areas)
            every = {"force": force, "kind": kind, "low": int((low >= 4).sum())}
            every["hot_below"] = hot_below
            lines += [every | line for line in found]
            if kind == "violence":
                told_of_one[force] = of_one_force(all_lists, tested, areas, rng)
    return pd.DataFrame(lines), pd.DataFrame(told_of_one).T


def kinds_below(country: Country, areas: gpd.GeoDataFrame) -> np.ndarray:
    """Of how many crime types each area had fewer events than its force's rate lets expect."""
    built = country.built.loc[areas.index].to_numpy(float)
    share = areas["residents"].to_numpy(float) / areas["residents"].sum()
    return (built < np.outer(share, built.sum(axis=0))).sum(axis=1)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over forces with the middle 95% of means over forces drawn with replacement."""
    rng = np.random.default_rng(0)
    n = table["force"].nunique()
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS) / n
    lines = []
    for kind, name in table[["kind", "list"]].drop_duplicates().itertuples(index=False):
        mine = table[(table["kind"] == kind) & (table["list"] == name)]
        rival = table[(table["kind"] == kind) & (table["list"] == "last")]
        line = {"kind": kind, "list": LISTS[name]}
        for measure, words in MEASURES.items():
            values = mine.set_index("force")[measure].fillna(0.0)
            ahead = values - rival.set_index("force")[measure].fillna(0.0)
            low, high = interval(drawn @ values.to_numpy())
            line[words] = f"{values.mean():.2f} ({low:.2f} to {high:.2f})"
            if name in CONFIGURATIONS and measure != "land_share":
                low, high = interval(drawn @ ahead.to_numpy())
                line[f"{measure} less last's"] = f"{ahead.mean():+.2f} ({low:+.2f} to {high:+.2f})"
        lines.append(line)
    return pd.DataFrame(lines).fillna("").set_index(["kind", "list"])


def beside_preset(table: pd.DataFrame) -> pd.DataFrame:
    """Other estimates less the preset's, force by force: mean, interval, and how often ahead."""
    rng = np.random.default_rng(0)
    n = table["force"].nunique()
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS) / n
    each = table.pivot(index=["kind", "force"], columns="list", values=["caught", "residents"])
    lines = []
    for kind, name in product(table["kind"].unique(), ("rank", "sure", "spatial")):
        line = {"kind": kind, "list": LISTS[name]}
        for measure, digits in (("caught", 2), ("residents", 3)):
            mine = each.loc[kind, measure]
            ahead = (mine[name] - mine["preset"]).to_numpy()
            line[MEASURES[measure]] = _with(ahead.mean(), interval(drawn @ ahead), digits)
            line[f"forces ahead, {measure}"] = int((ahead > 0).sum())
            line[f"forces level, {measure}"] = int((ahead == 0).sum())
        lines.append(line)
    return pd.DataFrame(lines).set_index(["kind", "list"])


def bars(table: pd.DataFrame) -> list[str]:
    """Whether the means reach what is asked of them."""
    means = table.groupby(["list", "kind"])[["caught", "residents"]].mean()
    caught = (means.loc["preset"] - means.loc["last"])["caught"]
    ahead = (means.loc["preset"] > means.loc["last"])["residents"]
    return [
        f"share caught of violence {means.loc[('preset', 'violence'), 'caught']:.2f}%, bar 18.5",
        f"least share caught less last period's {caught.min():+.2f} ({caught.idxmin()}), bar -2",
        f"PAI by residents above last period's in {int(ahead.sum())} of {len(ahead)}, bar 5",
        "selected areas below their force's rate on four or more crime types: "
        f"{table.groupby('force')['low'].first().sum()}, bar 0",
        "hot areas of no more events than expected that are not called next door: "
        f"{table.groupby('force')['hot_below'].first().sum()}, bar 0",
    ]


def essex(name: str, data: Path, home: Path) -> pd.DataFrame:
    """Essex built on 2021-22, held against 2025; by the whole pipeline, codes converted."""
    values = preset_values(name, data)
    values["areas"] = {
        "boundaries": str(data / "essex/lsoa21_boundaries.gpkg"),
        "code": "LSOA21CD",
        "name": "LSOA21NM",
        "vintage": {
            "path": str(data / "lookups/lsoa11_lsoa21_lad22.csv.gz"),
            "old": "lsoa11_code",
            "new": "lsoa21_code",
        },
    }
    values["sources"]["police"]["path"] = str(data / "essex/police_uk_2021-03_2022-03.zip")
    values["periods"] = {"unit": "financial-year"}
    values.pop("robustness", None)
    for factor in values["factors"]:
        if "periods" in factor:
            factor["periods"] = ["2021-22"]
    result = run(parse_config(values, folder=home))
    kinds = [f for f in result.config.factors if f.counts_events]
    built = pd.DataFrame({f.name: result.counts[f.name].sum(axis=1) for f in kinds}).astype(float)
    crimes = {f.where["Crime type"][0]: f.name for f in kinds}
    records = pd.read_parquet(
        data / "england_wales/police_uk_2025.parquet",
        columns=["LSOA code", "Crime type"],
        filters=[("LSOA code", "in", list(result.areas.index))],
    )
    tested = pd.crosstab(records["LSOA code"], records["Crime type"].astype(str).map(crimes))
    tested = tested.reindex(result.areas.index, fill_value=0)
    lists, _ = every_list(result.config, result.areas, result.tables, result.counts, "2021-22")
    # The other configurations must start from what the whole pipeline selects.
    assert lists["preset"].equals(result.index["selected"].astype(bool))
    again = area_repeats(len(tested), AREA_DRAWS, np.random.default_rng(2))
    land = result.areas.geometry.area.to_numpy()
    lines = []
    for kind in built:
        every = plainer(lists, built, tested[kind])
        for name in every:
            flags = every[name].to_numpy(bool)
            rates = with_intervals(flags, tested[kind], result.areas, again)
            share = f"{100 * land[flags].sum() / land.sum():.1f}"
            lines.append({"kind": kind, "list": LISTS[name], **rates, "land, %": share})
    return pd.DataFrame(lines).set_index(["kind", "list"])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--preset", default="open-data")
    options.add_argument("--no-essex", action="store_true", help="leave Essex over four years out")
    asked = options.parse_args()
    # Paths of a config count from its own folder, so that a relative one would be read twice.
    data = asked.data.resolve()
    country = read_country(asked.preset, data)
    table, single = by_force(country)
    print(f"{table['force'].nunique()} forces, built on {BUILT}, tested on {TESTED}")
    print(summary(table).to_string())
    print("\n".join(bars(table)))
    print("Other estimates less the preset's, force by force")
    print(beside_preset(table).to_string())
    print("Violence in each force; in brackets the middle 95% of areas drawn again")
    print(single.to_string())
    if not asked.no_essex:
        with TemporaryDirectory() as home:
            print("Essex, built on 2021-22, tested on 2025")
            print(essex(asked.preset, data, Path(home)).to_string())


if __name__ == "__main__":
    main()
