"""Named places: clusters of adjoining selected areas that one team can work in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from riskindex.arrays import Array, Flags, Positions, Shapes
from riskindex.errors import ConfigError, DataError
from riskindex.planning.compact_parts import Ground, across, survey_ground
from riskindex.planning.place_names import (
    arrange_gazetteer,
    in_words,
    settlement_name,
    tell_apart,
    within_reach,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geopandas import GeoDataFrame


FIRM = 0.95
"""Share of repeats from which on a selected area is firm, where the index table has no tiers."""


@dataclass(frozen=True, kw_only=True)
class PlaceRules:
    """How selected areas become places, and what places are called."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    largest_areas: int = 15
    """Areas of a place, at most; a larger cluster is divided into compact connected parts."""
    largest_km: float | None = 6.0
    """Kilometres across a place of several areas, at most; none: no such limit."""
    within: str | None = None
    """Groups whose borders no place crosses, such as district; none: places cross borders."""
    people: str = "residents_10_24"
    """The base that the need of a place is made of; residents where the areas have no such base."""
    ward: str = "ward"
    """The groups that places are described by."""
    district: str = "district"
    """The groups that plans set minimums for."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Area code to the name of the place that it is in: it wins over any settlement."""
    gazetteer: str | None = None
    """File of place names, a CSV with name, x and y in EPSG:27700 and residents as population, or
    points or polygons with a name; none: the towns and villages that come with the package."""


class NamedPlaces(NamedTuple):
    """Places, and the place of every selected area."""

    table: pd.DataFrame
    """Index place (1 has the greatest need). Columns: `name`; `wards` and `district`, those with
    most residents first, or alone; `areas`; `firm`, areas selected in 95 of 100 repeats or more;
    `residents`, `residents_10_24`; `need`; `score_max`; `factors`, what is hot in how many of its
    areas; `next_door`, areas hot only with their neighbours, or not hot and next door to a
    hotspot; `x`, `y`, metres; `km_across`."""
    place_of: "pd.Series[int]"
    """Number of the place, index area_code: the selected areas alone, in the order they came."""


def place_rule_faults(rules: PlaceRules) -> "Iterator[str]":
    """Say what is wrong with the numbers of the rules, whatever the areas."""
    if rules.largest_areas < 1:
        yield f"places.largest_areas: {rules.largest_areas} must be 1 or more."
    if rules.largest_km is not None and not rules.largest_km > 0:
        yield f"places.largest_km: {rules.largest_km} must be kilometres above 0."


def name_places(
    index: pd.DataFrame,
    areas: "GeoDataFrame",
    weights: "csr_array[Any]",
    gazetteer: pd.DataFrame | None = None,
    *,
    rules: PlaceRules = PlaceRules(),
    hot: pd.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
) -> NamedPlaces:
    """Put adjoining selected areas together into places, and name them.

    A place is called what the analyst calls one of its areas; else after the settlement of
    `settlement_name`; else by its wards, its district or its first area. Places of one
    settlement are told apart by their wards.

    Parameters
    ----------
    index
        Index area_code; `selected`, `score`; `tier` or `p_selected` where repeats were made.
    areas
        The same areas in the same order: `geometry` in metres, groups such as `ward` and
        `district`, bases such as `residents` and `residents_10_24`, `name`.
    weights
        Neighbours, shape `(n, n)`, in the order of the areas.
    gazetteer
        Settlements, as `arrange_gazetteer` takes them.
    rules
        How large a place may be, and the analyst's names.
    hot
        Index area_code and factor; `is_hot`, and `kind`: own, neighbourhood or both.
    labels
        Words for the factors.

    Returns
    -------
    NamedPlaces
        `need` is the sum over the place's areas of people times score / 100: people aged 10 to 24
        weighted by the index. A selected area without a score, put in by hand, has the mean score
        of the others. Without any base every area counts as one person. A base that one of its
        areas lacks is missing for the place.

    Raises
    ------
    ConfigError
        A rule is impossible, or a name is given to an area that is not there.
    DataError
        The tables are not about the same areas, or places cannot be told from the gazetteer.
    """
    _check(index, areas, rules)
    groups = areas[rules.within] if rules.within else None
    ground = survey_ground(areas, weights, groups=groups)
    # Selected areas alone: an area between two that is not selected parts them.
    part = divide(index["selected"].to_numpy(bool), ground, rules)
    facts = _facts(index, areas, part, rules)
    # In the order of the codes, so that sums do not differ in their last digit.
    sorted_facts = facts.sort_index()
    places = _figures(sorted_facts)
    members = [sorted_facts[sorted_facts["part"] == k] for k in places.index]
    shapes = [areas.geometry.loc[member.index].to_numpy() for member in members]
    people = [member["weight"].to_numpy() for member in members]
    lie = [_position(*place) for place in zip(shapes, people, strict=True)]
    places[["x", "y", "km_across"]] = np.array(lie).reshape(-1, 3)
    settlements = within_reach(arrange_gazetteer(gazetteer), areas.geometry.to_numpy())
    # A name that people use, before that of a ward; the analyst's own goes first of all.
    places["settlement"] = [
        settlement_name(shape, weight, settlements, ward=next(iter(wards), "")) or ""
        for shape, weight, wards in zip(shapes, people, places["ward_list"], strict=True)
    ]
    places["first_area"] = [_first_name(member.index, areas) for member in members]
    places["name"] = _names(places)
    # Numbered by need, so that place 1 is the first that a team would go to.
    numbers = pd.Series(np.arange(1, len(places) + 1), index=places.index)
    facts["place"] = facts["part"].map(numbers).astype(int)
    places = places.set_axis(pd.RangeIndex(1, len(places) + 1, name="place"))
    places["factors"], places["next_door"] = hot_in_places(
        facts["place"], places.index, hot, labels=labels
    )
    return NamedPlaces(places[list(COLUMNS)], facts["place"])


COLUMNS = (
    "name",
    "wards",
    "district",
    "areas",
    "firm",
    "residents",
    "residents_10_24",
    "need",
    "score_max",
    "factors",
    "next_door",
    "x",
    "y",
    "km_across",
)
"""Columns of the table of places."""


def divide(selected: Flags, ground: Ground, rules: PlaceRules) -> Positions:
    """Number of the part that each selected area is in, from 0; -1 for the others."""

    def fits(part: Positions) -> bool:
        # Counting is cheap; widths need geometry and are measured only where the count fits.
        if len(part) > rules.largest_areas:
            return False
        return rules.largest_km is None or ground.km_across(part) <= rules.largest_km

    return ground.parts(selected, fits)


def weighted_people(
    index: pd.DataFrame, areas: pd.DataFrame, rules: PlaceRules
) -> "pd.Series[Any]":
    """Need of every area: people times score / 100, as `name_places` describes it."""
    base = next((base for base in (rules.people, "residents") if base in areas), None)
    people = areas[base].astype(float) if base else pd.Series(1.0, index=areas.index)
    score = index["score"].astype(float)
    # An area put in by hand may have no score; it counts like the others of the list.
    usual = score[index["selected"].astype(bool)].mean()
    return people * score.fillna(usual) / 100


def firm_areas(index: pd.DataFrame) -> "pd.Series[float]":
    """1 for areas selected in 95 of 100 repeats or more, 0 for others, NaN without repeats."""
    # Tiers first: they are what the pages call firm.
    if "tier" in index:
        return (index["tier"].astype("string") == "firm").astype(float)
    if "p_selected" in index:
        return (index["p_selected"].astype(float) >= FIRM).astype(float)
    return pd.Series(np.nan, index=index.index)


def _check(index: pd.DataFrame, areas: "GeoDataFrame", rules: PlaceRules) -> None:
    if not index.index.equals(areas.index):
        raise DataError("The index and the areas must be about the same areas, in one order.")
    faults = list(place_rule_faults(rules))
    if rules.within is not None and rules.within not in areas:
        faults.append(f"places.within: the areas have no groups called {rules.within}.")
    # A name for a code of another edition would be lost without a word.
    unknown = [code for code in rules.names if code not in areas.index]
    if unknown:
        faults.append(f"places.names: there is no area {in_words(unknown)}.")
    if faults:
        raise ConfigError(faults)


def _facts(
    index: pd.DataFrame, areas: "GeoDataFrame", part: Positions, rules: PlaceRules
) -> pd.DataFrame:
    """What is known of each selected area; `weight` is its residents, or 1 without any."""
    table = pd.DataFrame({"part": part, "score": index["score"].astype(float)}, index=areas.index)
    for name, group in (("ward", rules.ward), ("district", rules.district)):
        table[name] = areas[group].fillna("").astype(str) if group in areas else ""
    for base in ("residents", "residents_10_24"):
        table[base] = areas[base].astype(float) if base in areas else np.nan
    table["need"] = weighted_people(index, areas, rules)
    table["firm"] = firm_areas(index)
    # Wards and middles are weighed by people, who are what a team goes to.
    table["weight"] = table["residents"].where(table["residents"] > 0, 1.0)
    table["called"] = pd.Series(rules.names, dtype=object).reindex(areas.index)
    return table[table["part"] >= 0]


def _figures(facts: pd.DataFrame) -> pd.DataFrame:
    """Sums of each part, the greatest need first; then most areas, then the first code."""
    by_part = facts.groupby("part", sort=True)
    sums = ["firm", "residents", "residents_10_24", "need"]
    # A sum of what is known would understate a place of which something is not known.
    places = by_part[sums].agg(lambda values: values.sum(skipna=False))
    people = ["firm", "residents", "residents_10_24"]
    places[people] = places[people].round().astype("Int64")
    places["areas"] = by_part.size()
    places["score_max"] = by_part["score"].max()
    places["ward_list"] = pd.Series(_by_weight(facts, "ward"), dtype=object)
    places["wards"] = places["ward_list"].map(", ".join)
    districts = _by_weight(facts, "district").items()
    places["district"] = pd.Series(
        {part: next(iter(names), "") for part, names in districts}, dtype=object
    )
    called = {part: in_words(dict.fromkeys(table["called"].dropna())) for part, table in by_part}
    places["called"] = pd.Series(called, dtype=object)
    # Stable: parts are in the order of their first codes, which is the last word.
    return places.sort_values(["need", "areas"], ascending=False, kind="stable")


def _by_weight(facts: pd.DataFrame, group: str) -> dict[int, list[str]]:
    """Names of each part's groups, the one with most residents first, then by the alphabet."""
    sums = facts[facts[group] != ""].groupby(["part", group], sort=True)["weight"].sum()
    names: dict[int, list[str]] = {int(part): [] for part in facts["part"].unique()}
    for part, name in sums.sort_values(ascending=False, kind="stable").index:
        names[part].append(str(name))
    return names


def _position(shapes: Shapes, people: Array) -> tuple[float, float, float]:
    """Where a place lies, its residents' mean centre or the nearest point in it, and its width."""
    # The middle of the people and not of the land: in a large rural area they live in one corner.
    centre = shapely.points(
        people @ shapely.get_coordinates(shapely.centroid(shapes)) / people.sum()
    )
    # The area nearest to the centre stands for a place whose centre lies in none.
    nearest = shapes[int(np.argmin(shapely.distance(shapes, centre)))]
    if not shapely.intersects(nearest, centre):
        # A horseshoe of areas has its middle outside; the dot must lie in the place.
        centre = shapely.point_on_surface(nearest)
    return float(shapely.get_x(centre)), float(shapely.get_y(centre)), across(shapes) / 1000


def _first_name(codes: pd.Index, areas: "GeoDataFrame") -> str:
    return str(areas.at[codes[0], "name"] if "name" in areas else codes[0])


def _names(places: pd.DataFrame) -> list[str]:
    """Names of the places, each once: of the sources in order the first that has one."""
    sources = pd.DataFrame(
        {
            "analyst": places["called"],
            "settlement": places["settlement"],
            "wards": places["ward_list"].map(lambda wards: in_words(wards[:2])),
            "district": places["district"],
            "first area": places["first_area"],
        },
        dtype=object,
    )
    # The first area always has a name or a code, so that no place is without one.
    names = [next(name for name in row if name) for row in sources.itertuples(index=False)]
    return tell_apart(names, places["ward_list"].tolist())


def hot_in_places(
    place_of: "pd.Series[int]",
    places: pd.Index,
    hot: pd.DataFrame | None,
    *,
    labels: Mapping[str, str] | None = None,
) -> tuple["pd.Series[str]", "pd.Series[Any]"]:
    """What is hot in each place, in how many areas, and how many only through others.

    Where no area of a place is hot for a factor by itself, its words say so: "drugs (2, with
    neighbours)", or "drugs (next door)" where not one is hot at all.

    Parameters
    ----------
    place_of
        Number of the place, index area_code.
    places
        Numbers of all places.
    hot, labels
        As for `name_places`.
    """
    if hot is None:
        return pd.Series("", index=places), pd.Series(pd.NA, index=places, dtype="Int64")
    hot_areas = hot[["is_hot", "kind"]].reset_index()
    hot_areas["place"] = hot_areas["area_code"].map(place_of)
    hot_areas["is_hot"] = hot_areas["is_hot"].astype(bool)
    # Hot through neighbours alone is told apart: a team should not be sent to the street next door.
    hot_areas["own"] = hot_areas["is_hot"] & ~hot_areas["kind"].isin(THROUGH_OTHERS)
    hot_areas = hot_areas[
        hot_areas["place"].notna() & (hot_areas["is_hot"] | (hot_areas["kind"] == "next door"))
    ]
    hot_areas = hot_areas.astype({"place": int})
    order = {factor: k for k, factor in enumerate(hot.index.unique("factor"))}
    count = hot_areas.groupby(["place", "factor"])[["is_hot", "own"]].sum().reset_index()
    count["order"] = count["factor"].map(order)
    count = count.sort_values(["place", "is_hot", "order"], ascending=[True, False, True])
    words = [
        f"{(labels or {}).get(factor, factor)} ({_hot_words(int(hot), int(own))})"
        for factor, hot, own in zip(count["factor"], count["is_hot"], count["own"], strict=True)
    ]
    words_of_place = pd.Series(words, index=count.index, dtype=object).groupby(count["place"])
    # Of all factors: an area that is hot by itself for one is worth the visit.
    near = ~hot_areas.groupby("area_code")["own"].any()
    next_door = near.groupby(place_of.reindex(near.index)).sum()
    return (
        words_of_place.agg("; ".join).reindex(places, fill_value=""),
        next_door.reindex(places, fill_value=0).astype("Int64"),
    )


THROUGH_OTHERS = ("neighbourhood", "next door")
"""Kinds of hotspots that an area is not by itself."""


def _hot_words(areas: int, own: int) -> str:
    """How many areas are hot, and whether it takes their neighbours."""
    if own:
        return f"{areas:,}"
    return f"{areas:,}, with neighbours" if areas else "next door"


def hot_last(hotspots: pd.DataFrame) -> pd.DataFrame:
    """What is hot in the last period of each factor, index (area_code, factor)."""
    table = hotspots[["is_hot", "kind"]].reset_index()
    # Factors may end with different periods; each is told by its own last one.
    last = table.groupby("factor", sort=False)["period"].transform("last")
    # Not assessed is not hot here: a team goes by what was found.
    table = table[table["period"] == last].assign(is_hot=lambda t: t["is_hot"].fillna(False))
    return table.set_index(["area_code", "factor"])[["is_hot", "kind"]]
