"""The plan in words: how many places, what the teams reach, and what would change it."""

import math
from typing import NamedTuple

import pandas as pd

from riskindex.planning.place_names import in_words
from riskindex.planning.teams import Choice, Chosen, amount

SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
"""Words for the numbers up to ten."""
MOST_NAMED = 6
"""Places that a sentence names; one more is named rather than counted."""
MEASURES = {
    "need": "people aged 10 to 24",
    "residents_10_24": "people aged 10 to 24",
    "residents": "residents",
    "areas": "areas",
    "firm": "firm areas",
}
"""What is counted for a reader, by the column that is maximised."""
COUNTED = {"need": "residents_10_24"}
"""A weighted measure is told as the people it is made of."""
AIMS = {"need": "people aged 10 to 24 weighted by the index"}
"""What is maximised where it is not what is counted."""


class PlanSentences(NamedTuple):
    """The plan in sentences, each true by itself."""

    answer: str
    """Areas, places, and what the chosen places reach."""
    aim: str
    """What the choice makes as large as it can be."""
    next_best: str
    """The next best set; empty where there is no other."""
    one_more: str
    """What one team more adds; empty where all places are reached."""


def describe_plan(places: pd.DataFrame, choice: Choice, *, areas: int) -> PlanSentences:
    """Say what the plan reaches, and what would change it.

    Parameters
    ----------
    places
        The table of `name_places`.
    choice
        The choice among them.
    areas
        Areas of the whole study area.

    Returns
    -------
    PlanSentences
        For instance "56 of 1,111 areas, in seven places and three single areas; 4 teams reach
        11,784 of 17,799 people aged 10 to 24: Southend, Basildon, Harlow and Chelmsford."
    """
    measure = reach_counted(places, choice)
    listed = listed_sentence(places, areas=areas)
    total = measure.sum()
    reach = "reaches" if _is_one(choice) else "reach"
    reached = f"{amount(choice.plan.available, choice.plan)} {reach}"
    if choice.best.places:
        reached += f" {_sum(choice.best, measure)} of {_number(total)} {reach_unit(choice, places)}"
        reached += f": {_first(places['name'].loc[list(choice.best.places)])}"
    else:
        reached += " no place"
    return PlanSentences(
        answer=f"{listed}; {reached}." if len(places) else f"{listed}.",
        aim=f"Chosen so that as {_aim(choice, places)}.",
        next_best=_next_best(places, choice, measure),
        one_more=_one_more(places, choice, measure),
    )


def listed_sentence(places: pd.DataFrame, *, areas: int) -> str:
    """Say how many areas the list has, and in how many places they lie.

    Parameters
    ----------
    places
        The table of `name_places`.
    areas
        Areas of the whole study area.

    Examples
    --------
    >>> listed_sentence(pd.DataFrame({"areas": [14, 9, 1]}), areas=1111)
    '24 of 1,111 areas, in two places and one single area'
    """
    return f"{int(places['areas'].sum()):,} of {areas:,} areas{_where(places)}"


def _first(names: "pd.Series[str]") -> str:
    """Names in a sentence, the first ones of many."""
    if len(names) <= MOST_NAMED + 1:
        return in_words(names)
    return f"{'; '.join(names.iloc[:MOST_NAMED])}; and {len(names) - MOST_NAMED} more places"


def reach_counted(places: pd.DataFrame, choice: Choice) -> "pd.Series[float]":
    """What sentences count of each place, index place; `reach_unit` says what that is."""
    column = COUNTED.get(choice.plan.maximise, choice.plan.maximise)
    # A sum without the people of some places would be told as that of all.
    complete = column in places and places[column].notna().all()
    return places[column if complete else choice.plan.maximise].astype(float)


def reach_unit(choice: Choice, places: pd.DataFrame) -> str:
    """What sentences count, such as people aged 10 to 24."""
    column = choice.plan.maximise
    if _is_without_people(choice, places):
        return f"points of {column}"
    return MEASURES.get(column, column.replace("_", " "))


def _is_without_people(choice: Choice, places: pd.DataFrame) -> bool:
    """Whether the people that a weighted measure is told by are not known of every place."""
    column = choice.plan.maximise
    return column in COUNTED and bool(places[COUNTED[column]].isna().any())


def _aim(choice: Choice, places: pd.DataFrame) -> str:
    column = choice.plan.maximise
    if _is_without_people(choice, places):
        # What need is a sum of then, in the order in which the weights look for a base.
        of = "residents" if "residents" in places and places["residents"].notna().all() else "areas"
        return f"much need as possible is reached: {of} weighted by the index"
    words = AIMS.get(column, MEASURES.get(column, column.replace("_", " ")))
    return f"many {words} as possible are reached"


def _where(places: pd.DataFrame) -> str:
    """In how many places of several areas, and how many single areas."""
    # A reader takes a place for several areas, so that single ones are counted apart.
    several, single = int((places["areas"] > 1).sum()), int((places["areas"] == 1).sum())
    parts = [f"{_small(several)} place{'s' if several != 1 else ''}"] if several else []
    if single:
        parts.append(f"{_small(single)} single area{'s' if single != 1 else ''}")
    return f", in {in_words(parts)}" if parts else ""


def _small(number: int) -> str:
    return SMALL[number] if number < len(SMALL) else f"{number:,}"


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _sum(chosen: Chosen, measure: "pd.Series[float]") -> str:
    # Of the measure that is told, which need not be the one that was maximised.
    return _number(measure.loc[list(chosen.places)].sum())


def _is_one(choice: Choice) -> bool:
    return choice.plan.resource == "budget" or choice.plan.available == 1


def _next_best(places: pd.DataFrame, choice: Choice, measure: "pd.Series[float]") -> str:
    if choice.next_best is None:
        return ""
    # Sets, since the order of places within a choice means nothing.
    best, other = set(choice.best.places), set(choice.next_best.places)
    # As a difference: two sets of places share most names, and listing both hides the change.
    gained = places["name"].loc[[place for place in choice.next_best.places if place not in best]]
    lost = places["name"].loc[[place for place in choice.best.places if place not in other]]
    if len(gained) and len(lost):
        change = f"has {in_words(gained)} instead of {in_words(lost)}"
    elif len(lost):
        change = f"leaves out {in_words(lost)}"
    else:
        change = f"has {in_words(gained)} too"
    unit = reach_unit(choice, places)
    reached = f"reaches {_sum(choice.next_best, measure)} {unit}"
    return f"The next best set {change} and {reached}{_weighted(choice, choice.next_best)}."


def _weighted(choice: Choice, other: Chosen) -> str:
    """How much less another set has of a weighted measure: it may well have more people."""
    less = less_reached(choice, other)
    if math.isnan(less):
        return ""
    # "0.0% less" would read as no difference.
    words = "under 0.1%" if 0 < less < 0.001 else f"{less:.1%}"
    return f", {words if less > 0 else 'no'} less when weighted by the index"


def less_reached(choice: Choice, other: Chosen) -> float:
    """Share by which another set reaches less of a weighted measure; NaN where none is."""
    if choice.plan.maximise not in COUNTED or choice.best.reached == 0:
        return math.nan
    return 1 - other.reached / choice.best.reached


def _one_more(places: pd.DataFrame, choice: Choice, measure: "pd.Series[float]") -> str:
    now, more = list(choice.best.places), list(choice.one_more.places)
    added = places["name"].loc[[place for place in more if place not in now]]
    without = places["name"].loc[[place for place in now if place not in more]]
    # With every place reached, another team adds nothing to say.
    if not len(added):
        return ""
    # Both optimal sets are compared: with more teams places may be exchanged, not only added.
    difference = f"{_number(measure.loc[more].sum() - measure.loc[now].sum())} more"
    instead = f" instead of {in_words(without)}" if len(without) else ""
    return (
        f"With {amount(choice.step, choice.plan)} more, {in_words(added)}{instead} would be "
        f"reached: {difference} {reach_unit(choice, places)}."
    )
