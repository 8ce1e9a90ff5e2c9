"""The first page of the report: places, teams, how sure the list is, and what to ask first."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from riskindex.outputs.pages import (
    Html,
    bullets,
    escape,
    in_words,
    link,
    paragraphs,
    record_table,
)
from riskindex.planning.team_plan import TeamPlan
from riskindex.publication.released import Released

MOST_STEPS = 6
"""Numbers of teams that the first page sets side by side."""


def first_page(released: Released, picture: str = "") -> str:
    """The answer, the places beside a map, the teams, how sure, what to ask; empty without places.

    Parameters
    ----------
    released
        What the profile may see.
    picture
        HTML of the map.
    """
    plan = released.team_plan
    if plan is None or plan.choice is None:
        return ""
    said = plan.sentences
    return (
        f'<p class="answer">{escape(said.answer)}</p>'
        f'<div class="first-page"><div class="first-map">{picture}</div>'
        f'<div class="first-places">{_places(plan)}<h3>More teams, or fewer</h3>'
        f"{_steps(plan)}{paragraphs([said.aim, said.next_best])}</div>"
        f"<div><h3>How sure</h3>{paragraphs([released.how_sure or _NOT_REPEATED])}"
        f"<h3>Ask first</h3>{bullets(_questions(released, plan))}</div></div>"
    )


_NOT_REPEATED = (
    "The run was not repeated, so how sure the list is was not measured: set [robustness]."
)


def _places(plan: TeamPlan) -> str:
    """A line per place of several areas, and one for all single areas."""
    table = plan.places.table
    several, single = table[table["areas"] > 1], table[table["areas"] == 1]
    chosen = set(plan.choice.best.places) if plan.choice else set()
    lines = [_record(number, place, chosen) for number, place in _rows(several)]
    if len(single) > 1 and len(several):
        lines.append(_singles(single, chosen, lines[0]))
    else:
        lines += [_record(number, place, chosen) for number, place in _rows(single)]
    # A column that holds nothing but zeros or nothing at all tells nothing.
    empty = {
        words for words in lines[0] if words and not any(_tells(line[words]) for line in lines)
    }
    return record_table([{k: v for k, v in line.items() if k not in empty} for line in lines])


def _tells(value: object) -> bool:
    return bool(value) if isinstance(value, str) else not pd.isna(value) and value != 0


def _rows(table: pd.DataFrame) -> Iterator[tuple[int, dict[Any, Any]]]:
    for number, place in table.to_dict("index").items():
        yield int(str(number)), place


def _record(number: int, place: dict[Any, Any], chosen: set[int]) -> dict[str, object]:
    name = link(f"profiles/place-{number}.html", str(place["name"]))
    wards = [ward for ward in str(place["wards"]).split(", ") if ward not in str(place["name"])]
    beneath = f'<br><span class="quiet">{escape(", ".join(wards))}</span>' if wards else ""
    record: dict[str, object] = {
        "": str(number),
        "Place": Html(f"<b>{name}</b>{beneath}"),
        "Team": "yes" if number in chosen else "",
        "Areas": place["areas"],
    }
    return record | _people(place)


def _people(place: dict[Any, Any]) -> dict[str, object]:
    columns = {
        "firm": "Firm",
        "residents_10_24": "Aged 10 to 24",
        "next_door": "Hot only with neighbours",
    }
    return {
        words: pd.NA if pd.isna(place[name]) else int(place[name])
        for name, words in columns.items()
        if name in place
    }


def _singles(table: pd.DataFrame, chosen: set[int], like: dict[str, object]) -> dict[str, object]:
    """All single areas as one line: their names, and sums."""
    names = in_words([str(name) for name in table["name"]])
    sums = {c: table[c].sum(skipna=False) for c in ("firm", "residents_10_24", "next_door")}
    record = {
        "": f"{table.index.min()}–{table.index.max()}",
        "Place": Html(f'<b>Single areas</b><br><span class="quiet">{escape(names)}</span>'),
        "Team": f"{reached} of {len(table)}" if (reached := len(chosen & set(table.index))) else "",
        "Areas": len(table),
        **_people(sums),
    }
    return {name: record[name] for name in like}


def _steps(plan: TeamPlan) -> str:
    """What a few more and a few less reach, and what each adds to the one before."""
    table = plan.places.table
    young = table["residents_10_24"]
    column, words = (
        (young, "People aged 10 to 24") if young.notna().all() else (table["areas"], "Areas")
    )
    first = max(1, min(plan.now - MOST_STEPS // 2, len(plan.steps) - MOST_STEPS))
    records = []
    for k in range(first, min(first + MOST_STEPS, len(plan.steps))):
        here, before = plan.steps[k], plan.steps[k - 1]
        new = [str(table.at[at, "name"]) for at in here.places if at not in before.places]
        amount = Html(f"<b>{escape(here.amount)}</b>") if k == plan.now else here.amount
        records.append(
            {
                "With": amount,
                words: int(column.loc[list(here.places)].sum()),
                "of all": f"{column.loc[list(here.places)].sum() / max(column.sum(), 1):.0%}",
                "Adds": in_words(new),
            }
        )
    return record_table(records)


def _questions(released: Released, plan: TeamPlan) -> Iterator[str]:
    """What a commissioner should ask before sending anybody."""
    yield from _at_the_cut(released)
    again = plan.places.table.get("again")
    if again is not None and plan.choice is not None:
        loose = again[again.index.isin(plan.choice.best.places) & (again < FIRM_CHOICE)]
        if len(loose):
            names = in_words([str(plan.places.table.at[k, "name"]) for k in loose.index])
            often = in_words([f"{_repeats(value)}" for value in loose])
            yield f"The choice of {names} is not firm: chosen again in {often} of 100 repeats."
    next_door = plan.places.table["next_door"]
    if next_door.notna().all() and next_door.sum():
        yield (
            f"{int(next_door.sum()):,} of the areas are hot only together with their neighbours: "
            "ask what lies next door before a team is sent there."
        )
    yield "Who works there already, and what do the people who live there say?"


FIRM_CHOICE = 0.95


def _repeats(share: float) -> str:
    """Of 100 repeats, never rounded up to all of them."""
    return "under 1" if 0 < share < 0.01 else f"{int(100 * share + 1e-9)}"


def _at_the_cut(released: Released) -> Iterator[str]:
    """The least sure area on the list beside the surest one off it."""
    every = released.all_areas
    if "p_selected" not in every:
        return
    p, chosen = every["p_selected"].astype(float), every["selected"].astype(bool)
    on, off = p[chosen], p[~chosen]
    if on.empty or off.empty or on.min() >= FIRM_CHOICE:
        return
    low, high = on.idxmin(), off.idxmax()
    yield (
        f"{every.at[low, 'name']} is on the list and is selected in {_repeats(on[low])} of 100 "
        f"repeats; {every.at[high, 'name']} is off it and is selected in {_repeats(off[high])}. "
        "The list is by score; what is known on the ground may decide between them."
    )


def place_line(released: Released, number: int) -> str:
    """One place in a sentence: how many areas, whom they hold, and whether teams reach it.

    Parameters
    ----------
    released
        What the profile may see.
    number
        Of the place.
    """
    plan = released.team_plan
    if plan is None or plan.choice is None:
        return ""
    place = plan.places.table.loc[number]
    parts = ["one area" if place["areas"] == 1 else f"{place['areas']:,} adjoining areas"]
    if pd.notna(place["firm"]):
        parts[0] += f", {int(place['firm']):,} firm"
    if pd.notna(place["residents_10_24"]):
        parts.append(f"{int(place['residents_10_24']):,} people aged 10 to 24")
    if pd.notna(place["next_door"]) and place["next_door"]:
        parts.append(f"{int(place['next_door']):,} hot only together with neighbours")
    amount = plan.steps[plan.now].amount
    reached = number in plan.choice.best.places
    sent = f"{'Reached' if reached else 'Not reached'} with {amount}."
    return f"Place {number} of {len(plan.places.table)}: {'; '.join(parts)}. {sent}"
