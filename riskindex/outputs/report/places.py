"""The first page of the report: places, teams, how sure the list is, and what to ask first."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from riskindex.assessment.area_rows import LIST
from riskindex.assessment.run_rows import RUN, TEAMS
from riskindex.cut import areas, is_by_noised_counts, of_100
from riskindex.factors import inside
from riskindex.index.reasons import one_decimal
from riskindex.outputs.pages import (
    Html,
    bullets,
    escape,
    link,
    of_rows,
    paragraphs,
    percent,
    picture,
    record_table,
)
from riskindex.outputs.report.cells import reason_cells
from riskindex.outputs.report.methods import UNSURE
from riskindex.planning.place_names import in_words
from riskindex.planning.team_plan import NEXT_BEST, TeamPlan, reach_table
from riskindex.publication.released import Released

MOST_STEPS = 6
"""Numbers of teams that the first page sets side by side."""


def first_page(released: Released, *, overview: bytes = b"") -> str:
    """The answer, the places beside a map, the teams, how sure, what to ask; empty without places.

    Parameters
    ----------
    released
        What the profile may see.
    overview
        The map as PNG; without one there is no map.
    """
    plan = released.team_plan
    if plan is None or plan.choice is None:
        return ""
    said = plan.sentences
    shown = picture(
        overview,
        f"Map of {released.place}: the areas by class of the index, the places as numbered dots",
        "Numbered dots are the places of the table, filled where the plan reaches them (map.png, "
        "for slides).",
    )
    return (
        f'<p class="answer">{of_rows(said.answer, *_answer_rows(released, plan))}</p>'
        f'<div class="first-page"><div class="first-map">{shown if overview else ""}</div>'
        f'<div class="first-places">{_places(plan)}<h3>{_MORE[plan.choice.plan.resource]}</h3>'
        f"{_steps(released, plan)}{paragraphs([said.aim, _next_best(released, plan)])}</div>"
        f"<div><h3>How sure</h3>{paragraphs(_sure_sentences(released))}"
        f"<h3>Ask first</h3>{bullets(_questions(released, plan))}</div></div>"
    )


def _answer_rows(released: Released, plan: TeamPlan) -> Iterator[str]:
    """Rows that the answer is made of: the list, its places, and what the plan reaches."""
    yield released.row_of(f"{LIST}.selected", category="selected")
    yield from (released.row_of(f"{RUN}.{name}") for name in ("places", "single_areas"))
    yield from _reached(released, plan, plan.steps[plan.now].amount)


def _reached(released: Released, plan: TeamPlan, step: str) -> Iterator[str]:
    """Rows of what a step reaches, by each unit in which it is told."""
    for unit in reach_table(plan)["unit"].unique():
        yield released.row_of(f"{TEAMS}.reached", category=step, by=unit)


def _next_best(released: Released, plan: TeamPlan) -> Html:
    units = reach_table(plan)["unit"].unique()
    less = (released.row_of(f"{TEAMS}.less", category=NEXT_BEST, by=unit) for unit in units)
    return of_rows(plan.sentences.next_best, *_reached(released, plan, NEXT_BEST), *less)


def _sure_sentences(released: Released) -> Iterator[str]:
    """How many areas of the list are firm, and how many others repeats could put on it."""
    every = released.all_areas
    if "tier" not in every or every["tier"].isna().all():
        yield UNSURE
        return
    # Both sides of the cut: a borderline area off the list is as doubtful as one on it.
    tiers, chosen = every["tier"].astype(str), every["selected"].astype(bool)
    firm = int((chosen & (tiers == "firm")).sum())
    near = int((~chosen & (tiers == "borderline")).sum())
    sure = (
        f"{firm:,} of the {int(chosen.sum()):,} areas {'is' if firm == 1 else 'are'} firm: 95 or "
        f"more of 100 repeats with counts drawn again select them."
        f"{_others_sentence(int(chosen.sum()) - firm, near)}"
    )
    names = (f"{LIST}.firm", f"{LIST}.borderline_off")
    yield of_rows(sure, *map(released.row_of, names))
    if "p_top" in every:
        # The sum of probabilities is the number expected, whether or not areas depend on each
        # other.
        right = float(every.loc[chosen, "p_top"].astype(float).sum())
        truly = (
            f"About {right:.0f} of the {int(chosen.sum()):,} are expected to be truly among those "
            "of highest risk."
        )
        yield of_rows(truly, released.row_of(f"{LIST}.truly"))


def _others_sentence(on: int, off: int) -> str:
    """What chance could do with the areas that are not firm, on the list and off it."""
    if on and off:
        return f" The others, and {areas(off)} off the list, could change places by chance."
    if on:
        return " The others could leave it by chance."
    return f" By chance {areas(off)} off the list could enter it." if off else ""


_MORE = {
    "teams": "More teams, or fewer",
    "hours": "More hours, or fewer",
    "budget": "More money, or less",
}
"""What a plan spends, to the heading of its steps."""


def _places(plan: TeamPlan) -> str:
    """A line per place of several areas, and one for all single areas."""
    table = plan.places.table
    several, single = table[table["areas"] > 1], table[table["areas"] == 1]
    chosen = set(plan.choice.best.places) if plan.choice else set()
    lines = [_record(plan, number, place) for number, place in _rows(several)]
    named = [f"place-{number}" for number in several.index]
    # Twenty single areas would push the places with several off the page.
    if len(single) > 1 and len(several):
        lines.append(_singles(single, chosen, lines[0]))
        named.append(" ".join(f"place-{number}" for number in single.index))
    else:
        lines += [_record(plan, number, place) for number, place in _rows(single)]
        named += [f"place-{number}" for number in single.index]
    # A column that holds nothing but zeros or nothing at all tells nothing.
    empty = {
        words
        for words in lines[0]
        if words and not any(_has_content(line[words]) for line in lines)
    }
    shown = [{k: v for k, v in line.items() if k not in empty} for line in lines]
    return record_table(shown, named=named)


def _has_content(value: object) -> bool:
    return bool(value) if isinstance(value, str) else not pd.isna(value) and value != 0


def _rows(table: pd.DataFrame) -> Iterator[tuple[int, dict[Any, Any]]]:
    for number, place in table.to_dict("index").items():
        yield int(str(number)), place


def _record(plan: TeamPlan, number: int, place: dict[Any, Any]) -> dict[str, object]:
    # Numbers are those of the map, of places.csv and of the file names of the profiles.
    name = link(f"profiles/place-{number}.html", str(place["name"]))
    # Places are often called after a ward, which need not be said again.
    wards = [ward for ward in str(place["wards"]).split(", ") if ward not in str(place["name"])]
    about = ". ".join(filter(None, [", ".join(wards), _nearby(plan, number)]))
    beneath = f'<br><span class="quiet">{escape(about)}</span>' if about else ""
    is_reached = plan.choice is not None and number in plan.choice.best.places
    record: dict[str, object] = {
        "": str(number),
        "Place": Html(f"<b>{name}</b>{beneath}"),
        "Reached": "yes" if is_reached else "",
        "Areas": place["areas"],
    }
    return record | _people(place)


def _nearby(plan: TeamPlan, number: int) -> str:
    """What is there already near a place: "Within 1 km: station 1, youth club 0"."""
    if plan.choice is None or plan.services.empty:
        return ""
    counts = plan.services_nearby.loc[number].fillna(0)
    kinds = ", ".join(f"{kind} {int(count):,}" for kind, count in counts.items())
    return f"Within {plan.choice.plan.within_km:g} km: {kinds}"


def _people(place: dict[Any, Any]) -> dict[str, object]:
    columns = {
        "firm": "Firm",
        "residents_10_24": "Aged 10 to 24",
        "next_door": "Hot only with neighbours, or next door",
    }
    return {
        words: pd.NA if pd.isna(place[name]) else int(place[name])
        for name, words in columns.items()
        if name in place
    }


def _singles(table: pd.DataFrame, chosen: set[int], like: dict[str, object]) -> dict[str, object]:
    """All single areas as one line: their names, and sums."""
    names = in_words([str(name) for name in table["name"]])
    # skipna=False: a sum without a withheld part would be told as the whole.
    sums = {c: table[c].sum(skipna=False) for c in ("firm", "residents_10_24", "next_door")}
    record = {
        "": f"{table.index.min()}–{table.index.max()}",
        "Place": Html(f'<b>Single areas</b><br><span class="quiet">{escape(names)}</span>'),
        "Reached": f"{reached} of {len(table)}"
        if (reached := len(chosen & set(table.index)))
        else "",
        "Areas": len(table),
        **_people(sums),
    }
    # The same columns as the other lines, in their order.
    return {name: record[name] for name in like}


def _steps(released: Released, plan: TeamPlan) -> str:
    """What a few more and a few less reach, and what each adds to the one before."""
    table = plan.places.table
    young = table["residents_10_24"]
    # Where any number of young people is withheld, the sum would be short; areas are always known.
    column, words = (
        (young, "People aged 10 to 24") if young.notna().all() else (table["areas"], "Areas")
    )
    # The plan's own number in the middle; from 1, as step 0 sends nobody.
    first = max(1, min(plan.now - MOST_STEPS // 2, len(plan.steps) - MOST_STEPS))
    records, named = [], []
    for k in range(first, min(first + MOST_STEPS, len(plan.steps))):
        here, before = plan.steps[k], plan.steps[k - 1]
        # The best choice of one more need not hold that of one fewer.
        new = [str(table.at[at, "name"]) for at in here.places if at not in before.places]
        given_up = [str(table.at[at, "name"]) for at in before.places if at not in here.places]
        instead = f", instead of {in_words(given_up)}" if given_up else ""
        amount = Html(f"<b>{escape(here.amount)}</b>") if k == plan.now else here.amount
        named.append(" ".join(_reached(released, plan, here.amount)))
        records.append(
            {
                "With": amount,
                words: int(column.loc[list(here.places)].sum()),
                "of all": percent(column.loc[list(here.places)].sum() / max(column.sum(), 1)),
                "Adds": in_words(new) + instead,
            }
        )
    return record_table(records, named=named)


def _questions(released: Released, plan: TeamPlan) -> Iterator[str]:
    """What a commissioner should ask before sending anybody."""
    yield from _at_the_cut(released)
    again = plan.places.table.get("again")
    if again is not None and plan.choice is not None:
        # Only of places where teams go: the others are not acted upon.
        loose = again[again.index.isin(plan.choice.best.places) & (again < FIRM_CHOICE)]
        if len(loose):
            names = in_words([str(plan.places.table.at[k, "name"]) for k in loose.index])
            often = in_words([f"{of_100(value)}" for value in loose])
            line = f"The choice of {names} is not firm: chosen again in {often} of 100 repeats."
            yield of_rows(line, *(f"place-{number}" for number in loose.index))
    # Missing where flags are not shown, and then nothing can be said of any place.
    next_door = plan.places.table["next_door"]
    if next_door.notna().all() and next_door.sum():
        number = int(next_door.sum())
        line = (
            f"{areas(number)} of the list {'is' if number == 1 else 'are'} hot only with "
            "neighbours, or next door to a hotspot: ask what lies there before a team is sent."
        )
        yield of_rows(line, *(f"place-{number}" for number in next_door.index))
    yield "Who works there already, and what do the people who live there say?"


FIRM_CHOICE = 0.95


def _at_the_cut(released: Released) -> Iterator[str]:
    """The least sure area on the list beside the surest one off it, and why they stand so."""
    every = released.all_areas
    if "p_selected" not in every or "score" not in every:
        return
    p, chosen = every["p_selected"].astype(float), every["selected"].astype(bool)
    on, off = p[chosen], p[~chosen]
    # Where even the least sure area is firm, a pair at the cut would raise doubts that the run does
    # not have.
    if on.empty or off.empty or on.min() >= FIRM_CHOICE:
        return
    # The pair that a critic would find first.
    low, high = str(on.idxmin()), str(off.idxmax())
    line = (
        f"{every.at[low, 'name']} is on the list and is selected in {of_100(on[low])} of 100 "
        f"repeats; {every.at[high, 'name']} is off it and is selected in {of_100(off[high])}. "
        f"{_why_at_the_cut(released, low, high)}"
    )
    # Of all factors: which one puts the one before the other is found further down.
    cells = [f"{factor}:{code}" for factor in released.numbered for code in (low, high)]
    yield of_rows(line, low, high, *cells)


def _why_at_the_cut(released: Released, on: str, off: str) -> str:
    """Why an area on the list is selected less often than one off it."""
    scores = released.all_areas["score"].astype(float)
    # The order of the reasons matters: noise and a hand explain any difference of scores.
    if is_by_noised_counts(released.cut):
        return "The list goes by counts with noise, the repeats by the counts as they are."
    if released.all_areas.loc[[on, off], "override"].ne("").any():
        return "One of them was put in or taken out by hand."
    ahead = _ahead_by(released, on, off)
    owed = f"; {released.all_areas.at[on, 'name']} is ahead by {ahead}" if ahead else ""
    return (
        f"The list goes by the score of what was recorded ({one_decimal(scores[on])} against "
        f"{one_decimal(scores[off])}), the repeats by counts drawn again{owed}."
    )


def _ahead_by(released: Released, on: str, off: str) -> str:
    """The factor that puts one area before another most, with their own numbers."""
    points = released.scores["contribution"].astype(float)
    more = points.xs(on, level="area_code") - points.xs(off, level="area_code")
    # It may be ahead by nothing but the order of ties.
    if not (more > 0).any():
        return ""
    # Contributions are parts of the score, so that the largest difference explains the order best.
    factor = str(more.idxmax())
    cells = reason_cells(released, [on, off]).get(factor, {})
    here = [cells[code].here for code in (on, off) if code in cells and cells[code].here]
    numbers = f" ({'; there '.join(here)})" if here else ""
    return f"{inside(str(released.factors.at[factor, 'label']))}{numbers}"


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
        through = int(place["next_door"])
        parts.append(f"{through:,} hot only with neighbours, or next door to a hotspot")
    amount = plan.steps[plan.now].amount
    reached = number in plan.choice.best.places
    sent = f"{'Reached' if reached else 'Not reached'} with {amount}."
    nearby = f" {near}." if (near := _nearby(plan, number)) else ""
    return f"Place {number} of {len(plan.places.table)}: {'; '.join(parts)}. {sent}{nearby}"
