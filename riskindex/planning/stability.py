"""How stable the choice of places is over the repeats of the list."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from riskindex.arrays import Array, Flags, Positions
from riskindex.errors import ConfigError, DataError
from riskindex.planning.compact_parts import survey_ground
from riskindex.planning.named_places import (
    NamedPlaces,
    PlaceRules,
    divide,
    firm_areas,
    weighted_people,
)
from riskindex.planning.teams import Choice, Plan, arrange_problem, hundredths

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


class _Area(NamedTuple):
    """What the repeats need to know of every area, shape `(n,)`."""

    worth: Array
    """What the plan maximises."""
    residents: Array
    district: Positions
    districts: tuple[str, ...]
    """Names of the districts that `district` numbers."""
    place: Positions
    """Number of its place, 0 for none."""


def repeat_choice(
    repeats: Flags,
    index: pd.DataFrame,
    areas: "GeoDataFrame",
    weights: "csr_array[Any]",
    *,
    places: NamedPlaces,
    choice: Choice,
    rules: PlaceRules = PlaceRules(),  # noqa: B008 (frozen)
) -> pd.DataFrame:
    """Make places and choose among them again in each repeat of the list.

    A place is chosen again where at least half of what it counts for (the need, say) lies in
    places that the repeat chooses, whatever their borders. A repeated place takes what the place
    takes that it shares most with. Districts without a place in a repeat are asked for none.

    Parameters
    ----------
    repeats
        Which areas each repeat selects, shape `(draws, n)`, in the order of the areas.
    index, areas, weights, rules
        As for `name_places`. Scores are those of the list: a repeat tells who is selected alone.
    places, choice
        What the list itself led to.

    Returns
    -------
    DataFrame
        Index place; `chosen`, whether the list's choice has it; `again`, the share of repeats
        that choose it, NaN without repeats.

    Raises
    ------
    ConfigError
        The plan maximises a column that is no sum over areas.
    DataError
        The repeats are about other areas.
    """
    if repeats.ndim != 2 or repeats.shape[1] != len(areas):
        raise DataError("Repeats must tell of every area whether it is selected.")
    groups = areas[rules.within] if rules.within else None
    ground = survey_ground(areas, weights, groups=groups)
    area = _areas(index, areas, places, choice.plan, rules)
    names = places.table["name"]
    whole = np.bincount(area.place, area.worth, len(names) + 1)[1:]
    again = np.zeros(len(names))
    for selected in np.asarray(repeats, dtype=bool):
        # Places are made anew: with other areas selected, other areas adjoin each other.
        part = divide(selected, ground, rules)
        chosen = _chosen_areas(part, area, names, choice.plan)
        shared = np.bincount(area.place[chosen], area.worth[chosen], len(names) + 1)[1:]
        # Half of what it counts for and not half of its areas: that is what it was chosen for.
        again += (shared >= whole / 2) & (shared > 0)
    share = again / len(repeats) if len(repeats) else np.full(len(names), np.nan)
    table = pd.DataFrame({"again": share}, index=places.table.index)
    table.insert(0, "chosen", table.index.isin(choice.best.places))
    return table


def _areas(
    index: pd.DataFrame, areas: "GeoDataFrame", places: NamedPlaces, plan: Plan, rules: PlaceRules
) -> _Area:
    sums = {
        "need": lambda: weighted_people(index, areas, rules),
        "areas": lambda: pd.Series(1.0, index=areas.index),
        "firm": lambda: firm_areas(index),
        "residents": lambda: areas["residents"],
        "residents_10_24": lambda: areas["residents_10_24"],
    }
    if plan.maximise not in sums:
        raise ConfigError(
            f"plan.maximise: {plan.maximise} is no sum over areas, so the choice cannot be "
            f"repeated. Use one of {', '.join(sums)}."
        )
    # An area without a value adds nothing to a place, which only ranks it lower.
    worth = sums[plan.maximise]().astype(float).fillna(0.0).to_numpy()
    residents = areas["residents"].astype(float) if "residents" in areas else None
    people = np.ones(len(areas)) if residents is None else residents.fillna(0).to_numpy()
    group = areas[rules.district] if rules.district in areas else pd.Series("", index=areas.index)
    place = places.place_of.reindex(areas.index).fillna(0).to_numpy().astype(np.intp)
    district, names = pd.factorize(group.fillna("").astype(str), sort=True)
    return _Area(worth, people, district, tuple(map(str, names)), place)


def _chosen_areas(part: Positions, area: _Area, names: "pd.Series[str]", plan: Plan) -> Flags:
    """Which areas lie in places that one repeat chooses."""
    inside = part >= 0
    if not inside.any():
        return inside
    n = int(part.max()) + 1
    lived_in = _by_part(part[inside], area.district[inside], area.residents[inside], n)
    # Which place of the list a repeated one mostly is, for its name and what it takes.
    like = _by_part(part[inside], area.place[inside], area.worth[inside], n)
    named = ["", *names]
    table = pd.DataFrame(
        {
            plan.maximise: np.bincount(part[inside], area.worth[inside], n),
            "district": [area.districts[k] for k in lived_in],
            "name": [named[k] for k in like],
        }
    )
    try:
        problem = arrange_problem(table, _as_far_as(plan, table))
    except ConfigError:  # What is left of the places cannot meet the minimums.
        return np.zeros_like(inside)
    best = problem.best(hundredths(plan.available))
    return inside & (False if best is None else best[part])


def _by_part(part: Positions, group: Positions, weight: Array, n: int) -> Positions:
    """The group that most of each part's weight is in."""
    # Part and group in one number, so that one bincount sums all pairs.
    size = int(group.max()) + 1
    sums = np.bincount(part * size + group, weight, n * size).reshape(n, size)
    # The first of equals, in the order of numbers.
    return np.asarray(sums.argmax(axis=1))


def _as_far_as(plan: Plan, table: pd.DataFrame) -> Plan:
    """The plan for places that a repeat happens to have."""
    # A cost that is named for a place which this repeat lacks would be refused as a misspelling.
    present = {name: cost for name, cost in plan.costs.items() if name in set(table["name"])}
    minimum = plan.minimum
    if isinstance(minimum, Mapping):
        there = table["district"].value_counts()
        # A district with fewer places in a repeat cannot make the whole choice impossible.
        minimum = {name: min(k, int(there.get(name, 0))) for name, k in minimum.items()}
    return replace(plan, costs=present, minimum=minimum)
