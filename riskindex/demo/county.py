"""An invented county, or invented events over real boundaries, with the truth known."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from riskindex.arrays import AnyArray, Array, Flags, Integers
from riskindex.demo.authority_tables import COUNTY, draw_authority_tables
from riskindex.demo.event_tables import RISKS, STUDY_YEARS, YEARS
from riskindex.demo.events import SOURCES, draw_events, expected_events
from riskindex.demo.map import draw_map, stream
from riskindex.demo.night_time import draw_night_time, violence_of_towns
from riskindex.demo.people import centroids, draw_people, smooth_field
from riskindex.errors import DataError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

CLUSTERS = {"persistent": (4, 10), "new": (2, 4), "fading": (2, 4)}
"""Kind of planted cluster to how many there are, and how many areas each has."""

USUAL_RATIO = 3.0
"""Relative risk inside a planted cluster, unless another one is asked for."""

PLANTED_IN = {
    "persistent": (
        *("suspects", "domestic_abuse", "disorder", "possession", "offences", "victims", "trauma"),
    ),
    "new": ("offences", "domestic_abuse", "trauma"),
    "fading": ("offences", "domestic_abuse", "trauma"),
}
"""Kind of planted cluster to the risks that it raises."""


class County(NamedTuple):
    """A county whose risks are known, because they were planted."""

    areas: "GeoDataFrame"
    """Index `area_code`: name, district and ward (of an invented county), residents,
    residents_10_24, residents_16_over, residents_65_over, households, geometry."""
    events: dict[str, pd.DataFrame]
    """Event tables in the form of restricted extracts, by name."""
    tables: dict[str, pd.DataFrame]
    """Census-like tables by name, such as ts007a, with the headings of Nomis."""
    truth: pd.DataFrame
    """Index `area_code`: core (in a persistent cluster), cluster (number, NA outside), kind
    (persistent, new, fading, or empty)."""
    risk: pd.DataFrame
    """True relative risk per resident: columns (risk, year); 1 is the county without clusters."""
    expected: pd.DataFrame
    """True mean counts: columns (factor, group, period), as the preset essex-2022 counts them."""
    night_time: "GeoDataFrame"
    """Night-time economy areas: name, geometry."""
    published: dict[str, pd.DataFrame]
    """Tables without areas, as authorities publish them: all crime, harm, admissions, schools."""


def synthetic_county(
    *,
    seed: int = 2022,
    n: int = 1111,
    ratio: float = USUAL_RATIO,
    boundaries: "GeoDataFrame | None" = None,
    districts: int = 14,
    sources: Collection[str] | None = None,
) -> County:
    """Draw a county with events whose clusters are known.

    Risk is smooth over the map and higher where hardship is, in every source differently. Four
    clusters of ten areas have `ratio` times that risk in all years: of suspects' homes, domestic
    abuse, disorder, possession of class A drugs, and of the offences and victims' homes that go
    with them. Two clusters of four areas are new in 2022 and two fade out from 2018 to 2022, in
    offences and domestic abuse. Clusters grow around places in towns, in the third of areas with
    most hardship; below 330 areas they shrink. Totals follow a county of 1,111 areas and 1.8
    million residents.

    Parameters
    ----------
    seed
        Same seed, same county. Everything has a random stream of its own, so that leaving a
        source out does not change the others.
    n
        Number of areas; ignored where `boundaries` are given.
    ratio
        Relative risk inside a planted cluster, above 0.
    boundaries
        Real areas, index `area_code`, in metres, whose residents are drawn unless there is a
        column `residents`. Without it the map is invented too, and lies in the open sea.
    districts
        Number of districts of an invented map.
    sources
        Names of the event tables to draw, out of `SOURCES`; all of them unless given.

    Raises
    ------
    DataError
        `n`, `districts`, `ratio` or a source is impossible.
    """
    wanted = SOURCES if sources is None else tuple(sources)
    unknown = sorted(set(wanted) - set(SOURCES))
    if unknown or ratio <= 0:
        raise DataError(
            f"synthetic county: ratio {ratio} must be above 0, and sources must be among "
            f"{', '.join(SOURCES)}" + (f", not {', '.join(unknown)}." if unknown else ".")
        )
    if boundaries is None:
        boundaries = draw_map(seed=seed, n=n, districts=districts)
    people = draw_people(boundaries, seed=seed)
    towns = _towns(people.areas["residents"], people.urban)
    areas = people.areas.assign(is_urban=towns)
    truth = _plant(areas, people.hardship, people.urban, seed=seed)
    night_time = draw_night_time(areas, truth)
    # The same random streams at both ratios, so that nothing differs but the clusters.
    risk, usual = (
        _risk(areas, people.hardship, people.urban, truth, ratio=r, seed=seed)
        for r in (ratio, USUAL_RATIO)
    )
    risk = _with_towns(risk, usual, areas, truth["kind"])
    # By residents where they are real; drawn ones would let the totals vary with the seed.
    scale = areas["residents"].sum() / 1.8e6 if "residents" in boundaries else len(areas) / 1111
    expected = expected_events(areas["residents"], risk, scale=scale)
    events = draw_events(areas, risk, wanted, night_time=night_time, scale=scale, seed=seed)
    # Real boundaries may come without districts; the tables then have the county alone.
    alone = pd.Series(COUNTY, index=areas.index)
    named = areas.get("district", areas.get("LAD24NM", alone))
    residents = areas["residents"].groupby(named).sum()
    published = draw_authority_tables(residents, events, scale=scale)
    return County(areas, events, people.tables, truth, risk, expected, night_time, published)


def _with_towns(
    risk: pd.DataFrame, usual: pd.DataFrame, areas: "GeoDataFrame", kind: "pd.Series[str]"
) -> pd.DataFrame:
    """The risks with more offences in town centres, and districts that gain and lose.

    How many times more is worked out at the usual ratio, so that clusters have theirs at any.
    """
    risk = risk.copy()
    residents = areas["residents"].to_numpy()
    for year in YEARS:
        weight = residents * usual["offences", year].to_numpy()
        times = violence_of_towns(areas, kind, weight, year=year)
        for name in ("offences", "trauma"):  # ambulances go where violence is
            risk[name, year] *= times * weight.sum() / (weight * times).sum()
    return risk


_URBAN_RESIDENTS = 0.796


def _towns(residents: "pd.Series[float]", urban: Array) -> Flags:
    """The densest areas, with the share of residents that live in towns."""
    order = np.argsort(-urban, kind="stable")
    # By residents and not by areas, as the urban share of a county is published.
    below = np.cumsum(residents.to_numpy()[order]) <= _URBAN_RESIDENTS * residents.sum()
    towns = np.zeros(len(order), dtype=bool)
    towns[order] = below
    return towns


def _plant(areas: "GeoDataFrame", hardship: Array, urban: Array, *, seed: int) -> pd.DataFrame:
    """Clusters of adjoining areas, well apart, around places in towns with some hardship."""
    rng = stream(seed, "clusters")
    points = centroids(areas)
    shapes = areas.geometry.to_numpy()
    tree = cKDTree(points)
    taken = np.zeros(len(areas), dtype=bool)
    truth = pd.DataFrame({"core": False, "cluster": pd.NA, "kind": ""}, index=areas.index)
    truth["cluster"] = truth["cluster"].astype("Int64")
    # Clusters where hardship is make the factors correlate, as they do in real data.
    likely = (urban > np.median(urban)) & (hardship > np.quantile(hardship, 2 / 3))
    eligible = rng.permutation(np.flatnonzero(likely))
    number = 0
    for kind, (many, most) in CLUSTERS.items():
        # On a small map clusters of ten areas would fill it.
        size = max(1, min(most, len(areas) // 33))
        for _ in range(many):
            number += 1
            planted = (truth["kind"] != "").to_numpy()
            members = _grown_apart(eligible, size, (taken, planted), tree, shapes)
            # Areas around a cluster are kept free of others, so that a test that finds both has
            # found each.
            near = tree.query(points[members], k=min(len(points), 4 * size + 8))[1]
            taken[np.unique(near)] = True
            place = areas.index[members]
            truth.loc[place, ["core", "cluster", "kind"]] = [kind == "persistent", number, kind]
    return truth


def _grown_apart(
    seeds: Integers,
    size: int,
    blocks: Sequence[Flags],
    tree: "cKDTree",
    shapes: AnyArray,
) -> Integers:
    """The first cluster that fits; on a crowded map it may adjoin another one, but not overlap."""
    # First apart from all others; on a crowded map it is enough not to overlap one.
    for blocked in blocks:
        for start in seeds:
            if not blocked[start]:
                members = _grown(start, size, blocked, tree, shapes)
                if len(members) == size:
                    return members
    raise DataError(f"synthetic county: no {size} adjoining areas to plant a cluster in.")


def _grown(start: int, size: int, blocked: Flags, tree: "cKDTree", shapes: AnyArray) -> Integers:
    """Up to `size` adjoining areas around a first one, the nearest next each time."""
    import shapely

    near = np.atleast_1d(tree.query(tree.data[start], k=min(len(shapes), 4 * size + 8))[1])
    near = near[~blocked[near]]
    # A centimetre, as for neighbours: real boundaries do not meet to the last digit.
    adjoining = shapely.dwithin(shapes[near][:, None], shapes[near][None, :], 0.01)
    member = np.arange(len(near)) == 0
    while member.sum() < size:
        reached = adjoining[member].any(axis=0) & ~member
        if not reached.any():
            break
        # The areas are in order of distance, so that the first one is the nearest.
        member[np.argmax(reached)] = True
    return np.asarray(near[member])


def _risk(
    areas: "GeoDataFrame",
    hardship: Array,
    urban: Array,
    truth: pd.DataFrame,
    *,
    ratio: float,
    seed: int,
) -> pd.DataFrame:
    """Relative risk of every kind and year, mean 1 over residents before clusters."""
    points, residents = centroids(areas), areas["residents"].to_numpy()
    columns = {}
    for name in RISKS:
        rng = stream(seed, f"risk {name}")
        own = smooth_field(points, rng, reach=5)
        lone = rng.normal(size=len(areas))
        # Log-normal: hardship, town, a smooth field of the source's own and noise of the area; the
        # last two are what no census table explains.
        risk = np.exp(0.2 * hardship + 0.06 * urban + 0.17 * own + 0.1 * lone)
        # Mean 1 before clusters are planted, so that `ratio` is a relative risk against the county
        # without them.
        risk /= np.average(risk, weights=residents)
        for year in YEARS:
            power = np.zeros(len(areas))
            for kind in (kind for kind, raised in PLANTED_IN.items() if name in raised):
                power += _strength(kind, year) * (truth["kind"] == kind).to_numpy()
            # On a log scale: a cluster that is half faded has the square root of the ratio.
            columns[name, year] = risk * ratio**power
    return pd.DataFrame(columns, index=areas.index).rename_axis(columns=["risk", "year"])


def _strength(kind: str, year: int) -> float:
    """How much of a cluster's ratio is there in a year, on a log scale."""
    first, last = STUDY_YEARS[0], STUDY_YEARS[-1]
    # Linear on the log scale, from the whole ratio in the first year to none in the last.
    if kind == "fading":
        return min(max((last - year) / (last - first), 0.0), 1.0)
    return float(kind == "persistent" or year >= last)
