"""The plan of a run: its named places, what every number of teams reaches, what is there."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from scipy.sparse import csr_array

from riskindex.areas.groups import group_kinds, profile_kind
from riskindex.areas.map_context import DrawnLayer
from riskindex.arrays import Flags
from riskindex.errors import ConfigError
from riskindex.planning.named_places import NamedPlaces, PlaceRules, name_places
from riskindex.planning.sentences import (
    MEASURES,
    PlanSentences,
    describe_plan,
    less_reached,
    listed_sentence,
    reach_counted,
    reach_unit,
)
from riskindex.planning.services import count_services
from riskindex.planning.stability import repeat_choice
from riskindex.planning.teams import Choice, Chosen, Plan, amount, choose_places

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

USUAL_TEAMS = 4
"""Teams of a plan where the config names none, or one for each place if there are fewer."""
MOST_REPEATED = 5_000
"""Areas up to which the choice of places is repeated; more would take minutes."""


class Surroundings(NamedTuple):
    """What a plan knows of the county beside its areas."""

    settlements: pd.DataFrame | None = None
    """Names of towns and villages, as `arrange_gazetteer` takes them."""
    services: pd.DataFrame | None = None
    """Youth clubs, schools, stations, as `count_services` takes them."""
    drawn: tuple[DrawnLayer, ...] = ()
    """Roads, waters and the like that the map draws and nothing counts."""
    postcodes: "pd.Series[str] | None" = None
    """Area code of every postcode that the map finds, index postcode; None without a directory."""


class PlanStep(NamedTuple):
    """What one number of teams, hours or pounds reaches."""

    amount: str
    """In words: "4 teams"."""
    places: tuple[int, ...]
    """Numbers of the places; none where nothing meets the minimums."""
    reached: float | None
    """What is maximised over them; None where nothing meets the minimums."""
    reach: str
    """The second half of the answer: "4 teams reach 11,784 of 17,799 people aged 10 to 24: ..."."""
    one_more: str
    """What the next step adds, as a sentence; empty at the last one."""


class TeamPlan(NamedTuple):
    """Named places of a list, and teams sent to them."""

    places: NamedPlaces
    choice: Choice | None
    """None where the list is empty."""
    sentences: PlanSentences
    listed: str
    """The first half of the answer: "56 of 1,111 areas, in seven places and three single areas"."""
    steps: tuple[PlanStep, ...]
    """What is reached with less and more, the first with nothing."""
    spread: tuple[PlanStep, ...]
    """The same with at least one place in every district that has any; empty where the plan's own
    maximum forbids it."""
    now: int
    """Which step the plan has."""
    services: pd.DataFrame
    """Of `count_services`: index place and kind; empty without services."""

    @property
    def services_nearby(self) -> pd.DataFrame:
        """How many services of each kind there are nearby: index place, a column per kind."""
        if self.services.empty:
            return pd.DataFrame(index=self.places.table.index)
        return self.services["within"].unstack("kind")


def place_names(plan: TeamPlan | None) -> "pd.Series[Any]":
    """Name of the place of every selected area, index area_code."""
    if plan is None:
        return pd.Series(dtype=object)
    return plan.places.place_of.map(plan.places.table["name"]).astype(object)


def make_plan(
    index: pd.DataFrame,
    areas: "GeoDataFrame",
    weights: "csr_array[Any]",
    *,
    rules: PlaceRules = PlaceRules(),  # noqa: B008 (frozen)
    plan: Plan | None = None,
    around: Surroundings = Surroundings(),  # noqa: B008 (a tuple)
    hot: pd.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
    repeats: Flags | None = None,
) -> TeamPlan:
    """Name the places of a list, and choose those that the teams reach most in.

    Parameters
    ----------
    index, areas, weights, rules, hot, labels
        As for `name_places`. Where the rules name wards or districts that the areas lack, the
        smallest groups and those with profiles of their own stand in.
    plan
        What there is to spend; None: four teams, or one for each place if there are fewer.
    around
        Settlements and services; None: places are called by their wards.
    repeats
        Which areas each repeat of the list selects, shape `(draws, n)`, in the order of the
        areas: the table of places then says in `again` what share of them chooses a place again.

    Raises
    ------
    ConfigError
        Rules or plan are impossible, each fault with what to do.
    """
    # Boundaries from elsewhere may name their groups otherwise than ward and district.
    rules = _rules_for(areas, rules)
    named = name_places(
        index, areas, weights, around.settlements, rules=rules, hot=hot, labels=labels
    )
    n = _assessed(index)
    plan = plan or _usual_plan(named.table)
    if named.table.empty:
        return _empty(named, n)
    choice = choose_places(named.table, plan)
    # The share of repeats that choose a place again is how stable the recommendation is.
    if repeats is not None and len(areas) <= MOST_REPEATED:
        again = repeat_choice(
            repeats, index, areas, weights, places=named, choice=choice, rules=rules
        )
        named = named._replace(table=named.table.assign(again=again["again"]))
    steps, now = _steps(named.table, choice, n)
    return TeamPlan(
        places=named,
        choice=choice,
        sentences=describe_plan(named.table, choice, areas=n),
        listed=listed_sentence(named.table, areas=n),
        steps=steps,
        spread=_spread(named.table, choice, n),
        now=now,
        services=_services(areas, named, plan, around.services),
    )


def _empty(named: NamedPlaces, areas: int) -> TeamPlan:
    listed = listed_sentence(named.table, areas=areas)
    nothing = PlanSentences(answer=f"{listed}.", aim="", next_best="", one_more="")
    return TeamPlan(named, None, nothing, listed, (), (), 0, pd.DataFrame())


def _assessed(index: pd.DataFrame) -> int:
    """Areas that the list was taken from."""
    return int(index["rank"].notna().sum()) if "rank" in index else len(index)


def _rules_for(areas: "GeoDataFrame", rules: PlaceRules) -> PlaceRules:
    kinds = group_kinds(areas)
    if not kinds:
        return rules
    ward = rules.ward if rules.ward in areas else kinds[0]
    district = rules.district if rules.district in areas else str(profile_kind(kinds))
    return replace(rules, ward=ward, district=district)


def _usual_plan(places: pd.DataFrame) -> Plan:
    # Without the people of every place, areas are what can be counted.
    has_need = places["need"].notna().all()
    teams = min(USUAL_TEAMS, max(len(places), 1))
    return Plan(teams=teams, maximise="need" if has_need else "areas")


Reached = tuple[tuple[int, ...], float]
"""Numbers of places, and the sum of what is maximised over them."""


def _steps(places: pd.DataFrame, choice: Choice, areas: int) -> tuple[tuple[PlanStep, ...], int]:
    """A step per row of the curve, and the plan's own where it falls between two."""
    rows = _rows(choice.curve)
    # More than all places take reaches no more.
    here = min(choice.plan.available, max(rows))
    # The plan's own amount may fall between two steps of the curve.
    rows.setdefault(here, (choice.best.places, choice.best.reached))
    return _steps_in_words(places, choice, areas, rows), sorted(rows).index(here)


def _spread(places: pd.DataFrame, choice: Choice, areas: int) -> tuple[PlanStep, ...]:
    """The same steps with one place in every district that has any."""
    plan = replace(choice.plan, minimum=1)
    # With everything that all places take the minimums are met, so the curve can be drawn.
    all_places = float(choice.curve["available"].max())
    try:
        rows = _rows(choose_places(places, plan.having(all_places)).curve)
    except ConfigError:  # The plan's maximum forbids what is asked here.
        return ()
    here = min(choice.plan.available, max(rows))
    if here not in rows:
        rows[here] = _best_or_none(places, plan.having(here))
    return _steps_in_words(places, choice, areas, rows)


def _rows(curve: pd.DataFrame) -> dict[float, Reached | None]:
    """Each amount to spend, to the places it reaches; None where none meet the minimums."""
    return {
        float(row["available"]): (
            None if pd.isna(row["reached"]) else (tuple(row["places"]), float(row["reached"]))
        )
        for row in curve.to_dict("records")
    }


def _best_or_none(places: pd.DataFrame, plan: Plan) -> Reached | None:
    try:
        best = choose_places(places, plan).best
    except ConfigError:
        return None
    return best.places, best.reached


def _steps_in_words(
    places: pd.DataFrame, choice: Choice, areas: int, rows: Mapping[float, Reached | None]
) -> tuple[PlanStep, ...]:
    """Steps in words, from nothing upwards."""
    steps, following = [], dict(itertools.pairwise(sorted(rows)))
    for at in sorted(rows):
        plan, reached = choice.plan.having(at), rows[at]
        if reached is None:
            # Infeasible steps come first on the curve; the least feasible one says what is needed.
            least = min(other for other in rows if rows[other] is not None)
            reach = (
                f"one place in each of {places['district'].nunique()} districts takes "
                f"{amount(least, plan)} at least"
            )
            steps.append(PlanStep(amount(at, plan), (), None, reach, ""))
            continue
        best, after = Chosen(*reached, at), following.get(at, at)
        more = Chosen(*(rows[after] or reached), after)
        here = choice._replace(plan=plan, best=best, next_best=None, step=after - at, one_more=more)
        said = describe_plan(places, here, areas=areas)
        # The first half, how many areas and places there are, is the same at every step.
        reach = said.answer.partition("; ")[2].removesuffix(".")
        steps.append(PlanStep(amount(at, plan), best.places, best.reached, reach, said.one_more))
    return tuple(steps)


NEXT_BEST = "the next best set"


def sizes_of_places(plan: TeamPlan | None) -> dict[str, float]:
    """How many places of several areas, and single areas, the list has; none without a plan."""
    if plan is None or plan.places.table.empty:
        return {}
    size = plan.places.table["areas"]
    return {"places": float((size > 1).sum()), "single_areas": float((size == 1).sum())}


REACH_COLUMNS = ("step", "unit", "reached", "of", "less")
"""Columns of `reach_table`."""


def reach_table(plan: TeamPlan | None) -> pd.DataFrame:
    """What each step of a plan reaches, in the unit of its sentences and in people or areas.

    Returns
    -------
    DataFrame
        Columns `REACH_COLUMNS`: the amount in words, or `NEXT_BEST`; what is counted; how much is
        reached, and of how much; by what share the next best set is less than the best, weighted.
        Empty without a plan.
    """
    columns = list(REACH_COLUMNS)
    if plan is None or plan.choice is None:
        return pd.DataFrame(columns=columns)
    table, choice = plan.places.table, plan.choice
    # Where any number of young people is withheld, the sum would be short; areas are always known.
    is_known = "residents_10_24" in table and table["residents_10_24"].notna().all()
    measure = "residents_10_24" if is_known else "areas"
    units = {MEASURES[measure]: table[measure].astype(float)}
    # Others may not see what the plan maximises: it is made of the index.
    if is_known or choice.plan.maximise in table:
        units[reach_unit(choice, table)] = reach_counted(table, choice)
    lines = []
    for unit, number in units.items():
        # A sum without the part that is withheld would be told as the whole.
        total = float(number.sum(skipna=False))
        if math.isnan(total):
            continue
        for step in plan.steps:
            reached = float(number.loc[list(step.places)].sum())
            lines.append((step.amount, unit, reached, total, math.nan))
        if choice.next_best is not None:
            reached = float(number.loc[list(choice.next_best.places)].sum())
            less = less_reached(choice, choice.next_best)
            lines.append((NEXT_BEST, unit, reached, total, less))
    return pd.DataFrame(lines, columns=columns)


def _services(
    areas: "GeoDataFrame", named: NamedPlaces, plan: Plan, services: pd.DataFrame | None
) -> pd.DataFrame:
    if services is None or services.empty:
        return pd.DataFrame()
    return count_services(areas, named.place_of, services, within_km=plan.within_km)
