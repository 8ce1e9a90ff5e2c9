"""The people of an invented county: residents by age, hardship, and census tables of them."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import Array
from riskindex.demo.draws import binomial, multinomial
from riskindex.demo.map import stream

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_RESIDENTS, _RESIDENTS_PER_HOUSEHOLD = 1620, 2.42

_AGES = {
    "Age: Aged 4 years and under": 95, "Age: Aged 5 to 9 years": 101,
    "Age: Aged 10 to 14 years": 102, "Age: Aged 15 to 19 years": 89,
    "Age: Aged 20 to 24 years": 87, "Age: Aged 25 to 29 years": 100,
    "Age: Aged 30 to 34 years": 111, "Age: Aged 35 to 39 years": 109,
    "Age: Aged 40 to 44 years": 106, "Age: Aged 45 to 49 years": 108,
    "Age: Aged 50 to 54 years": 119, "Age: Aged 55 to 59 years": 115,
    "Age: Aged 60 to 64 years": 98, "Age: Aged 65 to 69 years": 84,
    "Age: Aged 70 to 74 years": 91, "Age: Aged 75 to 79 years": 66,
    "Age: Aged 80 to 84 years": 45, "Age: Aged 85 years and over": 45,
}  # fmt: skip
"""Headings of Nomis TS007A, and residents per area of a county of the south-east."""

_DEPRIVATION = "Household deprivation: "
_DEPRIVED = {
    "Household is not deprived in any dimension": (0.0, 0.0),
    "Household is deprived in one dimension": (0.07, 0.34),
    "Household is deprived in two dimensions": (-1.62, 0.46),
    "Household is deprived in three dimensions": (-3.5, 0.68),
    "Household is deprived in four dimensions": (-6.4, 0.85),
}
"""Log-odds of being deprived in as many dimensions or more: their level, and hardship's share."""

_TOTAL_16 = (
    "Total: All usual residents aged 16 years and over not in employment the week before the census"
)
_ETHNIC = {
    "Asian, Asian British or Asian Welsh": (0.045, 0.5),
    "Black, Black British, Black Welsh, Caribbean or African": (0.025, 0.6),
    "Mixed or Multiple ethnic groups": (0.024, 0.3),
    "White": (0.895, 0.0),
    "Other ethnic group": (0.011, 0.4),
}
"""Share of residents in each ethnic group, and how much more of them live in towns."""
_FEMALE = 0.511
_HISTORY = ("Worked in the last 12 months", "Not worked in the last 12 months", "Never worked")
_HISTORY_SHARES = np.array([[0.15, 0.05, 0.80], [0.25, 0.45, 0.30], [0.03, 0.90, 0.07]])
"""Of people not in employment aged 16-19, 20-64, 65 and over: which history they have."""


class Population(NamedTuple):
    """Areas with their residents, census tables, and what shaped them (standardised)."""

    areas: "GeoDataFrame"
    tables: dict[str, pd.DataFrame]
    urban: Array
    hardship: Array


def draw_people(boundaries: "GeoDataFrame", *, seed: int) -> Population:
    """Draw residents and census tables for areas.

    Parameters
    ----------
    boundaries
        Index `area_code`, geometry in metres; residents are drawn unless there is a column.
    seed
        Same seed and areas, same people.

    Returns
    -------
    Population
        The areas with residents, residents_10_24, residents_16_over, residents_65_over and
        households added; tables ts001, ts007a, ts008, ts011, ts021 and ts065 under their Nomis
        headings.
    """
    points = centroids(boundaries)
    # LSOAs have about as many residents everywhere, so that small ones are towns.
    urban = standardised(-np.log(boundaries.area.to_numpy()))
    near, far = (smooth_field(points, stream(seed, f"hardship {k}"), reach=k) for k in (4, 16))
    lone = stream(seed, "hardship").normal(size=len(points))
    # Of quarters, of regions, of towns and of the area itself: what a map of deprivation looks
    # like.
    hardship = standardised(0.6 * near + 0.45 * far + 0.35 * urban + 0.3 * lone)
    ages = _ages(boundaries, points, urban, seed)
    households = _households(ages, seed)
    tables = {
        "ts001": _residence(boundaries, ages),
        "ts007a": _headed(boundaries, ages),
        "ts008": _headed(boundaries, _sexes(ages["Age: Total"], seed)),
        "ts011": _headed(boundaries, _deprivation(households, hardship, seed)),
        "ts021": _headed(boundaries, _ethnic_groups(ages["Age: Total"], urban, seed)),
        "ts065": _headed(boundaries, _history(ages, hardship, seed)),
    }
    bases = {
        "residents": ages["Age: Total"],
        "residents_10_24": ages.iloc[:, 3:6].sum(axis=1),
        # The band 15 to 19 without a fifth of it, those aged 15.
        "residents_16_over": ages.iloc[:, 4:].sum(axis=1) - ages.iloc[:, 4] // 5,
        "residents_65_over": ages.iloc[:, 14:].sum(axis=1),
        "households": households,
    }
    areas = boundaries.assign(**{k: v.astype(float) for k, v in bases.items()})
    columns = [c for c in areas if c != "geometry"]
    return Population(areas[[*columns, "geometry"]], tables, urban, hardship)


def centroids(areas: "GeoDataFrame") -> Array:
    """Centroids of the areas, shape `(n, 2)`, in metres."""
    points = areas.geometry.centroid
    return np.column_stack([points.x, points.y])


def smooth_field(points: Array, rng: np.random.Generator, *, reach: float) -> Array:
    """Gaussian random field, standardised: a sum of 64 waves (Rahimi and Recht 2007).

    Parameters
    ----------
    points
        Where it is wanted, shape `(n, 2)`, in metres.
    rng
        Source of the waves.
    reach
        How far values stay alike, in widths of a middling area (half the spacing of points).
    """
    # In spacings and not in metres: a field is as smooth on a small map as on a large one.
    spacing = np.sqrt(np.prod(np.ptp(points, axis=0)) / len(points)) / 2
    # Normal frequencies give a Gaussian covariance, the smoothest of the usual ones.
    waves = rng.normal(size=(64, 2)) / (reach * spacing)
    turns = rng.uniform(0, 2 * np.pi, 64)
    total = np.zeros(len(points))
    for wave, turn in zip(waves, turns, strict=True):
        total += np.cos(points @ wave + turn)
    return standardised(total)


def standardised(values: Array) -> Array:
    """Values with mean 0 and standard deviation 1."""
    return np.asarray((values - values.mean()) / values.std())


def _ages(boundaries: "GeoDataFrame", points: Array, urban: Array, seed: int) -> pd.DataFrame:
    """Residents by five-year band; older by the sea and in the country, younger in towns."""
    rng = stream(seed, "ages")
    n = len(points)
    if "residents" in boundaries:
        total = np.rint(boundaries["residents"].to_numpy(dtype=float)).astype(np.int64)
    else:
        # The mean of a log-normal lies above its median by half the variance, .018.
        spread = _RESIDENTS * np.exp(rng.normal(-0.018, 0.19, n))
        total = np.rint(np.clip(spread, 1000, 3200)).astype(np.int64)
    old = smooth_field(points, rng, reach=10) - 0.6 * urban + 0.5 * rng.normal(size=n)
    slope = np.linspace(-1, 1, len(_AGES))
    share = np.array(list(_AGES.values())) * np.exp(0.45 * standardised(old)[:, None] * slope)
    # Drawn and not shared out: census counts of small areas scatter, and add up to the total.
    bands = multinomial(rng, total, share / share.sum(axis=1, keepdims=True))
    table = pd.DataFrame(bands, columns=list(_AGES), index=boundaries.index)
    table.insert(0, "Age: Total", total)
    return table


def _households(ages: pd.DataFrame, seed: int) -> pd.Series:
    # Log-normal: no area has a negative household size, and few are far from the mean.
    per = _RESIDENTS_PER_HOUSEHOLD * np.exp(stream(seed, "households").normal(0, 0.06, len(ages)))
    return (ages["Age: Total"] / per).round().astype(np.int64)


def _residence(boundaries: "GeoDataFrame", ages: pd.DataFrame) -> pd.DataFrame:
    head = "Residence type: "
    table = {
        f"{head}Total; measures: Value": ages["Age: Total"],
        f"{head}Lives in a household; measures: Value": ages["Age: Total"],
        # Nobody: prisons and halls would make bases doubtful that the demo does not explain.
        f"{head}Lives in a communal establishment; measures: Value": 0,
    }
    return _headed(boundaries, pd.DataFrame(table, index=ages.index))


def _sexes(residents: pd.Series, seed: int) -> pd.DataFrame:
    female = binomial(stream(seed, "sexes"), residents.to_numpy(), _FEMALE)
    head, tail = "Sex: ", "; measures: Value"
    numbers = {"All persons": residents, "Female": female, "Male": residents - female}
    columns = {f"{head}{k}{tail}": n for k, n in numbers.items()}
    return pd.DataFrame(columns, index=residents.index)


def _ethnic_groups(residents: pd.Series, urban: Array, seed: int) -> pd.DataFrame:
    level, push = np.array(list(_ETHNIC.values())).T
    # Multinomial logit: shares stay positive and add up to 1 after scaling.
    share = level * np.exp(push * urban[:, None])
    share /= share.sum(axis=1, keepdims=True)
    drawn = multinomial(stream(seed, "ethnic groups"), residents.to_numpy(), share)
    columns = [f"Ethnic group: {group}" for group in _ETHNIC]
    table = pd.DataFrame(drawn, columns=columns, index=residents.index)
    table.insert(0, "Ethnic group: Total: All usual residents", residents)
    return table


def _deprivation(households: pd.Series, hardship: Array, seed: int) -> pd.DataFrame:
    level, push = np.array(list(_DEPRIVED.values())).T
    at_least = 1 / (1 + np.exp(-(level + push * hardship[:, None])))
    # Every household is deprived in no dimension or more.
    at_least[:, 0] = 1
    share = at_least - np.column_stack([at_least[:, 1:], np.zeros(len(hardship))])
    drawn = multinomial(stream(seed, "deprivation"), households.to_numpy(), share)
    columns = [f"{_DEPRIVATION}{c}; measures: Value" for c in _DEPRIVED]
    table = pd.DataFrame(drawn, columns=columns, index=households.index)
    table.insert(0, f"{_DEPRIVATION}Total: All households; measures: Value", households)
    return table


def _history(ages: pd.DataFrame, hardship: Array, seed: int) -> pd.DataFrame:
    """Unemployment history of people who are not in employment, most of them retired."""
    rng = stream(seed, "unemployment history")
    bands = ages.to_numpy()[:, 1:]
    people = np.column_stack(
        [bands[:, 3] * 4 // 5, bands[:, 4:13].sum(axis=1), bands[:, 13:].sum(axis=1)]
    )
    # Multiplicative, so that hardship raises rates by a factor and never below 0.
    push = np.exp(0.28 * hardship)
    # Hardship shows in people of working age; the young study and the old are retired anywhere.
    jobless = np.column_stack([0.6 + 0 * push, np.minimum(0.19 * push, 0.7), 0.9 + 0 * push])
    without = binomial(rng, people, jobless)
    drawn = sum(multinomial(rng, without[:, k], _HISTORY_SHARES[k]) for k in range(3))
    columns = [f"Unemployment history: Not in employment: {c}" for c in _HISTORY]
    table = pd.DataFrame(drawn, columns=columns, index=ages.index)
    table.insert(0, f"Unemployment history: {_TOTAL_16}", table.sum(axis=1))
    return table


def _headed(boundaries: "GeoDataFrame", table: pd.DataFrame) -> pd.DataFrame:
    """The first columns of a Nomis bulk file, before the counts."""
    names = np.asarray(boundaries.get("name", boundaries.index))
    head = {"date": 2021, "geography": names, "geography code": boundaries.index}
    return pd.concat([pd.DataFrame(head, index=table.index), table], axis=1)
