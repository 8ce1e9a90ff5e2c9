"""Which places teams are sent to: the set that reaches most, the next best, one team more."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from riskindex.arrays import AnyArray, Array, Flags, Integers, Positions
from riskindex.errors import ConfigError, DataError
from riskindex.planning.place_names import in_words

Limit = tuple[AnyArray, Any, Any]
"""What each place counts, and the least and most that a set may come to."""
DIGITS = 6
"""What is reached is compared to so many digits of the place that has most: less is a tie."""
BLOCK = 20
"""Places of which one is weighed against all that follow at once, to break ties by order."""
MOST_STEPS = 60
"""Rows of the curve after the first; where there are more steps, each row is several of them."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What there is to spend on places, and what the choice among them must heed."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    teams: float | None = None
    """Teams that there are. One of teams, hours and budget is given."""
    hours: float | None = None
    """Hours a week that there are."""
    budget: float | None = None
    """Money that there is, in pounds."""
    each: float | None = None
    """What a place takes of the teams, hours or budget, unless `costs` says otherwise; one team
    where it is left out."""
    costs: Mapping[str, float] = field(default_factory=dict)
    """Name of a place to what it takes."""
    maximise: str = "need"
    """Column of the places that the choice makes as large as it can be."""
    minimum: int | Mapping[str, int] = 0
    """Places of each district that must be chosen: a number for all districts, as far as they have
    places, or district to number."""
    maximum: int | Mapping[str, int] | None = None
    """Places of each district that may be chosen, in the same way."""
    services: tuple[str, ...] = ()
    """Files of what is there already: CSVs with kind, name, x and y in EPSG:27700."""
    within_km: float = 1.0
    """How near to a place a service counts, in kilometres."""

    @property
    def resource(self) -> str:
        """What is spent: teams, hours or budget."""
        return next((name for name in RESOURCES if getattr(self, name) is not None), "teams")

    @property
    def available(self) -> float:
        """How much of it there is."""
        return float(getattr(self, self.resource) or 0.0)

    def having(self, available: float) -> "Plan":
        """The same plan with more or less of what it spends."""
        changed: dict[str, Any] = {self.resource: available}
        return replace(self, **changed)


RESOURCES = ("teams", "hours", "budget")
"""Options of a plan of which one is given."""


class Chosen(NamedTuple):
    """A set of places."""

    places: tuple[int, ...]
    """Numbers of the places, in the order of their table."""
    reached: float
    """Sum of what is maximised over them."""
    spent: float
    """Teams, hours or pounds that they take."""


class Choice(NamedTuple):
    """The places that are chosen, and what the choice depends on."""

    plan: Plan
    best: Chosen
    """The set that reaches most; of equally good sets the one with the first places."""
    next_best: Chosen | None
    """The set that reaches most of all the others; None where there is no other."""
    step: float
    """What one place more takes: `each`, or the cheapest place where `costs` names all."""
    one_more: Chosen
    """The set that reaches most with one step more."""
    curve: pd.DataFrame
    """What is reached with less and more: one row per step, up to 60; columns `available`,
    `reached`, `gain` (over the row before) and `places` (numbers). What cannot meet the minimums
    has no value, and no places."""


def plan_faults(plan: Plan) -> Iterator[str]:
    """Say what is wrong with a plan, whatever the places."""
    given = [name for name in RESOURCES if getattr(plan, name) is not None]
    if len(given) != 1:
        said = f"{in_words(given)} are given" if given else "none is given"
        yield f"plan: one of teams, hours and budget is needed, and {said}."
    for name in given:
        if not 0 <= getattr(plan, name) < np.inf:
            yield f"plan.{name}: {getattr(plan, name)} must be 0 or more."
    if plan.each is not None and not 0 < plan.each < np.inf:
        yield f"plan.each: {plan.each} must be above 0."
    if not 0 < plan.within_km < np.inf:
        yield f"plan.within_km: {plan.within_km} must be kilometres above 0."
    for place, cost in plan.costs.items():
        if not 0 <= cost < np.inf:
            yield f"plan.costs: {cost} for {place} must be 0 or more."


def choose_places(places: pd.DataFrame, plan: Plan) -> Choice:
    """Choose the places that reach most with the teams, hours or money that there are.

    A 0-1 knapsack with least and most places per district, solved exactly by branch and bound
    (HiGHS). The next best set is the solution once the best is excluded by a no-good cut.

    Parameters
    ----------
    places
        The table of `name_places`: index place; `name`, `district` and the column to maximise.
        The order decides between equally good sets: the one that has the first place, then the
        second place, and so on.
    plan
        What there is to spend, and the minimums.

    Returns
    -------
    Choice
        Values are compared to six digits of the largest, costs to hundredths.

    Raises
    ------
    ConfigError
        The plan is impossible: every minimum that cannot be met is named, with the reason.
    DataError
        What is maximised is missing or negative for a place.

    Examples
    --------
    >>> places = pd.DataFrame({"name": ["Pier", "Hythe", "Lea"], "district": ["A", "A", "B"]})
    >>> choice = choose_places(places.assign(need=[9.0, 8.0, 3.0]), Plan(teams=2, minimum=1))
    >>> choice.best.places, choice.next_best.places, choice.curve["reached"].tolist()
    ((0, 2), (1, 2), [nan, nan, 12.0, 20.0])
    """
    problem = arrange_problem(places, plan)
    # Pounds and hours as whole pence and hundredths: sums of floats would overspend by a fraction
    # of one.
    available, step = hundredths(plan.available), _step(problem, plan)
    best, more = problem.best(available), problem.best(available + step)
    if best is None or more is None:  # Every reason for it is looked for beforehand.
        raise ConfigError("plan: no set of places meets all minimums and maximums.")
    # The runner-up says how much hangs on the choice.
    following = problem.best(available, excluded=best)
    return Choice(
        plan=plan,
        best=problem.described(best),
        next_best=None if following is None else problem.described(following),
        step=step / 100,
        one_more=problem.described(more),
        curve=_curve(problem, step),
    )


def _step(problem: "Problem", plan: Plan) -> int:
    if plan.each is None and plan.resource != "teams":
        # Places that take nothing are no step: the curve would never end.
        return int(problem.costs[problem.costs > 0].min(initial=hundredths(plan.available) + 1))
    return max(hundredths(1.0 if plan.each is None else plan.each), 1)


def hundredths(value: float) -> int:
    """Teams, hours or pounds as whole numbers, in which sums of costs are exact: in hundredths."""
    return round(value * 100)


class Problem(NamedTuple):
    """The integer programme: whole numbers, so that equal sets are seen to be equal."""

    places: pd.Index
    worth: Array
    """What is maximised, as it is."""
    values: Integers
    """The same as whole numbers of six digits."""
    costs: Integers
    """In hundredths."""
    districts: Positions
    """Number of each place's district."""
    least: Integers
    """Places per district."""
    most: Integers

    def best(self, available: int, *, excluded: Flags | None = None) -> Flags | None:
        """The best set of places; of equally good ones the first in order.

        Parameters
        ----------
        available
            What there is to spend, in hundredths.
        excluded
            A set that is not to be chosen.

        Returns
        -------
        array of bool or None
            Which places are chosen; None where no set is possible.
        """
        n = len(self.values)
        # The empty set is the only one: it is the best, and there is no next best.
        if not n:
            return None if excluded is not None else np.zeros(0, dtype=bool)
        # The usual plan, one team for each place, needs no solver.
        if excluded is None and self.costs[0] > 0 and (self.costs == self.costs[0]).all():
            return self._best_of_equal_costs(available // int(self.costs[0]))
        # Bounds narrow as places are decided, which spares the solver later.
        low, high = np.zeros(n), np.ones(n)
        # A place that is too dear by itself is out at once.
        high[self.costs > available] = 0.0
        limits = self._limits(available, excluded)
        chosen = self._solved(self.values, low, high, limits)
        if chosen is None:
            return None
        # The best sum first; then, among the sets that reach it, the one with the first places, so
        # that the answer is one.
        goal = int(self.values @ chosen)
        limits = [*limits, (self.values.astype(float), goal, np.inf)]
        for start in range(0, n, BLOCK):
            block = np.arange(start, min(start + BLOCK, n))
            for k in block[~chosen[block]]:
                # Places that no best set can hold need not be weighed by the solver.
                if high[k] and not self._may_reach(goal, k, available, low, high):
                    high[k] = 0.0
            # Powers of two: one place weighs more than all that come after it.
            weight = np.zeros(n, dtype=np.int64)
            weight[block] = 2 ** np.arange(len(block))[::-1]
            if (high[block] > chosen[block]).any():
                other = self._solved(weight, low, high, limits)
                # The solver keeps limits to a millionth; a set that breaks one by that much is no
                # set.
                better = other is not None and self._allows(other, goal, available)
                chosen = other if other is not None and better else chosen
            low[block] = high[block] = chosen[block]
        return chosen

    def _best_of_equal_costs(self, most: int) -> Flags | None:
        """The best set of so many places: where all cost the same, the greedy one.

        Sets of one size with least and most places per district are the bases of a matroid
        (Edmonds 1971, Mathematical Programming 1, 127-136), so the best place that may still be
        taken always belongs to the best set; among equals it is the first.
        """
        size = np.bincount(self.districts, minlength=len(self.least))
        room = np.minimum(self.most, size)
        left, owed = min(most, int(room.sum())), self.least.copy()
        if int(owed.sum()) > left or (owed > room).any():
            return None
        chosen = np.zeros(len(self.values), dtype=bool)
        # Greedy is exact where all cost the same and districts part the places (a matroid).
        for k in np.argsort(-self.values, kind="stable"):
            d = self.districts[k]
            # A place is taken only if enough teams are left for what the minimums still ask.
            if room[d] and left - 1 >= owed.sum() - min(int(owed[d]), 1):
                chosen[k], left = True, left - 1
                room[d], owed[d] = room[d] - 1, max(int(owed[d]) - 1, 0)
        return chosen

    def _allows(self, chosen: Flags, goal: int, available: int) -> bool:
        """Whether whole numbers hold to the letter what the solver holds to a millionth."""
        return int(self.values @ chosen) >= goal and int(self.costs @ chosen) <= available

    def _limits(self, available: int, excluded: Flags | None) -> list[Limit]:
        limits: list[Limit] = [(self.costs.astype(float), -np.inf, available)]
        size = np.bincount(self.districts, minlength=len(self.least))
        # Limits that cannot bind only slow the solver.
        bound = np.flatnonzero((self.least > 0) | (self.most < size))
        if len(bound):
            member = (self.districts == bound[:, None]).astype(float)
            limits.append((member, self.least[bound], self.most[bound]))
        if excluded is not None:
            # At least one place differs from the set that is excluded.
            sign = np.where(excluded, 1.0, -1.0)
            limits.append((sign, -np.inf, excluded.sum() - 1))
        return limits

    def _may_reach(self, goal: int, k: int, available: int, low: AnyArray, high: AnyArray) -> bool:
        """Whether the bound of the fractional knapsack with place k leaves the goal in reach."""
        inside = low > 0
        inside[k] = True
        left = available - int(self.costs[inside].sum())
        if left < 0:
            return False
        free = np.flatnonzero((high > 0) & ~inside)
        # The fractional knapsack is a bound: parts of places cannot be had.
        density = self.values[free] / np.maximum(self.costs[free], 1e-9)
        free = free[np.argsort(-density, kind="stable")]
        before = np.cumsum(self.costs[free]) - self.costs[free]
        part = np.clip((left - before) / np.maximum(self.costs[free], 1e-9), 0.0, 1.0)
        part[self.costs[free] == 0] = 1.0
        bound = float(self.values[inside].sum()) + float(self.values[free] @ part)
        # Values are whole numbers, so that half of one is safe from rounding.
        return bound >= goal - 0.5

    def _solved(
        self,
        weight: Integers,
        low: Array,
        high: Array,
        limits: list[Limit],
    ) -> Flags | None:
        """A set between bounds with the largest weight; None where none is possible."""
        from scipy.optimize import Bounds, milp

        solved = milp(
            -weight.astype(float),
            integrality=np.ones(len(weight), dtype=np.int64),
            bounds=Bounds(low, high),
            constraints=limits,
            # HiGHS stops at a gap of .01% unless told: then the best set may not be found.
            options={"mip_rel_gap": 0.0},
        )
        if solved.status == 2:  # Infeasible.
            return None
        if solved.x is None:
            raise DataError(f"plan: the choice of places was not found. {solved.message}")
        return np.asarray(np.rint(solved.x).astype(bool))

    def described(self, chosen: Flags) -> Chosen:
        """A set of places with what it reaches and takes."""
        spent = int(self.costs[chosen].sum()) / 100
        places = tuple(int(place) for place in self.places[chosen])
        return Chosen(places, float(self.worth[chosen].sum()), spent)


def arrange_problem(places: pd.DataFrame, plan: Plan) -> Problem:
    """Put places and plan into numbers, checked as `choose_places` says."""
    faults = list(plan_faults(plan))
    missing = [c for c in ("name", "district", plan.maximise) if c not in places]
    if missing:
        faults.append(f"plan: the places have no column {in_words(missing)}.")
    if faults:
        raise ConfigError(faults)
    worth = places[plan.maximise].astype(float).to_numpy()
    bad = places["name"][~(np.isfinite(worth) & (worth >= 0))]
    if len(bad):
        raise DataError(
            f"plan.maximise: {plan.maximise} is missing or negative for {in_words(bad)}."
        )
    costs = _costs(places, plan)
    # Places without a district count as one of their own.
    district, names = pd.factorize(places["district"].astype(str))
    size = np.bincount(district, minlength=len(names))
    faults += _minimums_of_unknown_districts(plan, names)
    least = _limits(plan.minimum, names, np.zeros(len(names)), size)
    most = _limits(plan.maximum, names, size, size)
    faults += _unmet(least, most, size, names)
    # Prices of minimums mean something only where the minimums do.
    faults += [] if faults else _unaffordable(costs, district, least, plan)
    if faults:
        raise ConfigError(faults)
    # Whole numbers of six digits: the solver compares them exactly, and differences below are ties.
    scale = 10.0 ** (DIGITS - np.ceil(np.log10(worth.max(initial=0.0) or 1.0)))
    values = np.rint(worth * scale).astype(np.int64)
    return Problem(places.index, worth, values, costs, district, least, most)


def _costs(places: pd.DataFrame, plan: Plan) -> Integers:
    unknown = [name for name in plan.costs if name not in set(places["name"])]
    if unknown:
        raise ConfigError(
            [f"plan.costs: {_there_is_no(name, places['name'], 'place')}" for name in unknown]
        )
    each = 1.0 if plan.each is None and plan.resource == "teams" else plan.each
    costs = places["name"].map(plan.costs).astype(float).fillna(np.nan if each is None else each)
    if costs.isna().any():
        raise ConfigError(
            f"plan.each: say what {in_words(places['name'][costs.isna()])} takes of the "
            f"{plan.resource}, under plan.costs or as plan.each for all."
        )
    return np.array([hundredths(cost) for cost in costs], dtype=np.int64)


def _limits(
    asked: int | Mapping[str, int] | None,
    names: pd.Index,
    default: AnyArray,
    size: AnyArray,
) -> Integers:
    """Places per district: a number for all is taken as far as a district has places."""
    if isinstance(asked, Mapping):
        # A district that the mapping does not name has no limit of its own.
        return np.array([asked.get(str(n), d) for n, d in zip(names, default, strict=True)], int)
    return np.asarray(default if asked is None else np.minimum(asked, size)).astype(np.int64)


def _minimums_of_unknown_districts(plan: Plan, names: pd.Index) -> list[str]:
    """Districts without a place that the plan asks places of."""
    asked = plan.minimum if isinstance(plan.minimum, Mapping) else {}
    return [
        f"plan.minimum: {number} asked of {name}, and {_there_is_no(name, names, 'place in')}"
        for name, number in asked.items()
        if name not in names and number > 0
    ]


def _there_is_no(name: str, names: Any, what: str) -> str:  # noqa: ANN401 (any list of names)
    close = difflib.get_close_matches(name, [str(other) for other in names], n=1)
    return f"there is no {what} {name}{f'; the nearest name is {close[0]}' if close else ''}."


def _unmet(least: Integers, most: Integers, size: AnyArray, names: pd.Index) -> list[str]:
    faults = []
    for name, low, high, there in zip(names, least, most, size, strict=True):
        if low < 0 or high < 0:
            faults.append(f"plan: the numbers of places of {name} must be 0 or more.")
        elif low > there:
            faults.append(
                f"plan.minimum: {low} places asked of {name}, which has {there}. "
                f"Ask for {there} or fewer."
            )
        elif low > high:
            faults.append(
                f"plan.minimum: {low} places asked of {name}, and plan.maximum allows {high}."
            )
    return faults


def _unaffordable(costs: Integers, districts: Positions, least: Integers, plan: Plan) -> list[str]:
    """Whether even the cheapest places that meet the minimums take more than there is."""
    # If the cheapest ones are too dear, so are all others; the least that is needed can be told.
    cheapest = sum(int(np.sort(costs[districts == k])[: least[k]].sum()) for k in range(len(least)))
    if cheapest <= hundredths(plan.available):
        return []
    asked = int((least > 0).sum())
    return [
        f"plan.minimum: {int(least.sum())} places in {asked} districts take "
        f"{amount(cheapest / 100, plan)} at least, and there "
        f"{'is' if plan.resource == 'budget' or plan.available == 1 else 'are'} "
        f"{amount(plan.available, plan)}."
    ]


def amount(value: float, plan: Plan) -> str:
    """Teams, hours or money in words: "4 teams", "1 team", "12.5 hours", "£40,000"."""
    number = f"{value:,.2f}".rstrip("0").rstrip(".")
    if plan.resource == "budget":
        return f"£{number}"
    return f"{number} {plan.resource[:-1] if value == 1 else plan.resource}"


def _curve(problem: Problem, step: int) -> pd.DataFrame:
    """What each step reaches, from nothing to all places."""
    steps = -(-int(problem.costs.sum()) // step)
    # A curve of a thousand rows is not read.
    step *= max(1, -(-steps // MOST_STEPS))
    steps = -(-int(problem.costs.sum()) // step)
    rows = []
    for k in range(steps + 1):
        chosen = problem.best(k * step)
        reach = None if chosen is None else problem.described(chosen)
        rows.append((reach.reached, reach.places) if reach else (np.nan, ()))
    table = pd.DataFrame(rows, columns=["reached", "places"])
    table.insert(0, "available", np.arange(steps + 1) * step / 100)
    # What one team more adds is what a decision about its money looks at.
    table.insert(2, "gain", table["reached"].diff())
    return table
