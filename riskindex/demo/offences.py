"""What the offences of an invented county were: type, weapon, place, domestic, outcome, and when.

Counts that a needs assessment asks for are planted to the record in a county of 1.8 million
residents: 1,100 offences of serious violence in 2023 by the definition of the partnership, knives
and homicides in every period that is compared, and peaks of hours, weekdays and months.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskindex.arrays import Array, Dates, Flags, Integers, Texts, Words
from riskindex.demo.deals import choose, deal_words
from riskindex.demo.event_tables import YEARS, Records

SERIOUS, OTHER, UNARMED, BESIDE = range(4)
"""Numbers of the kinds of offence in their table."""

INJURY = "violence with injury"
_CODES = {
    "homicide": ("1",),
    "domestic manslaughter": ("4.1",),
    "attempted murder": ("2",),
    INJURY: ("5D", "8N", "8P", "8S"),
    "robbery": ("34B",),
    "rape": ("19",),
    "other sexual offences": ("20",),
    "threats to kill": ("3B",),
    "violence without injury": ("105A",),
    "possession of weapons": ("10D",),
    "public order": ("66",),
    "criminal damage and arson": ("58",),
    "drug offences": ("92D",),
    "theft": ("49",),
    "miscellaneous against society": ("99",),
}
TYPE_OF = {code: name for name, codes in _CODES.items() for code in codes}
"""Code of an offence to its type; codes are in the manner of the counting rules."""

_MIX: Mapping[int, Mapping[str, float]] = {
    SERIOUS: {"5D": 400, "8N": 240, "34B": 420, "20": 32},
    OTHER: {"8N": 38, "8P": 2, "8S": 4, "34B": 8, "19": 8, "20": 12, "3B": 6, "105A": 22},
    UNARMED: {"8N": 62, "5D": 3, "34B": 29, "20": 6},
    BESIDE: {"10D": 72, "66": 9, "58": 6, "92D": 5, "49": 5, "99": 3},
}
"""Offences of each kind by their code."""

OUTSIDE = ("street", "park or open space", "licensed premises", "shop", "school", "transport")
HOME = "dwelling"
_WHERE = dict(zip(OUTSIDE, (54, 12, 14, 9, 4, 7), strict=True))
_PLACES: Mapping[int, Mapping[str, float]] = {
    SERIOUS: _WHERE,
    OTHER: {HOME: 50.0, "": 10, **{k: 0.4 * n for k, n in _WHERE.items()}},
    UNARMED: _WHERE,
    BESIDE: {HOME: 12.0, "": 8, **{k: 0.8 * n for k, n in _WHERE.items()}},
}
_DOMESTIC: Mapping[str, Mapping[str, float]] = {
    f"{SERIOUS}": {"no": 1},
    f"{UNARMED}": {"no": 97, "": 3},
    f"{BESIDE}": {"no": 94, "yes": 3, "": 3},
    f"{OTHER} {HOME}": {"yes": 55, "no": 37, "": 8},
    f"{OTHER} ": {"yes": 35, "no": 57, "": 8},
    f"{OTHER}": {"yes": 12, "no": 80, "": 8},
}
_NO_WEAPON_SAID = {OTHER: 0.14, UNARMED: 0.1, BESIDE: 0.07}
"""Share of offences whose weapon is not recorded."""

_HOMICIDES = (
    ("2017-01", "2018-03", (6, 6, 2), (4, 8)),
    ("2018-04", "2019-03", (10, 4, 1), (3, 6)),
    ("2019-04", "2019-12", (4, 4, 1), (2, 5)),
    ("2020-01", "2021-07", (8, 8, 2), (5, 10)),
    ("2021-08", "2021-12", (3, 2, 1), (1, 3)),
    ("2022-01", "2022-06", (4, 3, 1), (2, 3)),
    ("2022-07", "2022-07", (0, 1, 0), (0, 1)),
    ("2022-08", "2022-12", (2, 3, 0), (2, 2)),
    ("2023-01", "2023-06", (2, 2, 1), (2, 3)),
    ("2023-08", "2023-12", (1, 3, 0), (1, 4)),
)
"""First and last month; homicides that are not domestic with a knife, another weapon, none;
domestic ones with a knife, without."""

_KNIVES = (
    ("2017-01", "2019-03", None),
    ("2019-04", "2019-12", 880),
    ("2020-01", "2020-12", 1184),
    ("2021-01", "2021-07", 665),
    ("2021-08", "2021-12", 490),
    ("2022-01", "2022-07", 686),
    ("2022-08", "2022-12", 446),
    ("2023-01", "2023-07", 620),
    ("2023-08", "2023-12", 423),
)
"""First and last month, and serious offences with a knife that are not domestic. Before April 2019
the flag was not set in most offences, so that no count of them can be used."""
KNIFE_TYPES = (
    "homicide",
    "attempted murder",
    "threats to kill",
    INJURY,
    "robbery",
    "rape",
    "other sexual offences",
)
"""Types of serious offences that are counted where a knife is recorded."""
_ALL_KNIVES = {2019: 3150, 2020: 3060, 2021: 3190, 2022: 3290, 2023: 3200}
"""Offences of all types with a knife, domestic or not, in the years whose flag can be used."""

_SEXUAL_MONTHS = np.array([1.45, 0.9, 0.9, 0.9, 0.95, 1.4, 0.95, 0.9, 1.4, 0.9, 0.9, 0.85])
_MONTHS = np.array([0.95, 0.92, 0.97, 1.0, 1.04, 1.06, 1.1, 1.06, 1.0, 1.0, 0.95, 0.95])
_WEEKDAYS = np.array([0.95, 0.94, 0.95, 0.97, 1.05, 1.12, 1.02])
EVENING = np.array(
    [
        0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.25, 0.4, 0.6, 0.7, 0.75, 0.8,
        0.9, 0.9, 0.95, 2.1, 0.95, 0.95, 1.8, 1.8, 0.95, 0.9, 0.9, 2.1,
    ]
)  # fmt: skip
"""How likely each hour is: peaks after school, in the early evening, and before midnight."""
_SMALL_HOURS = np.where(np.arange(24) < 5, 6.0, EVENING)
_UNKNOWN_TIME, _RANGED = 0.06, 0.12
EXTRACTED = np.datetime64("2024-01-31")
"""Day of the extracts: an offence of the months before may still be under investigation."""


def describe_offences(records: Records, rng: np.random.Generator, *, scale: float) -> pd.DataFrame:
    """Type, code, weapon, place, domestic, injury, outcome, day and times of each offence.

    Parameters
    ----------
    records
        With kind and year; their days are drawn anew, within the year.
    rng
        Source of everything that is dealt.
    scale
        Size of the county, 1 for 1.8 million residents.
    """
    about = pd.DataFrame({"kind": records.kind, "year": records.year})
    about["code"], about["month"], about["weapon"], about["domestic"] = "", -1, "?", "?"
    _plan_homicides(about, rng, scale)
    _plan_attempts(about, rng, scale)
    # Planned ones first, to the record; what is left takes the mix of its kind.
    free = about.index[about["code"] == ""]
    for (number, _), rows in about.loc[free].groupby(["kind", "year"]).indices.items():
        at = free[rows]
        about.loc[at, "code"] = deal_words(rng, [""] * len(at), {"": _MIX[int(number)]})
    about["type"] = about["code"].map(TYPE_OF)
    sexual = about["type"].isin(["rape", "other sexual offences"]).to_numpy()
    day = _days(about, sexual, rng)
    # Months of NumPy are counted from January 1970.
    about["day"], about["month"] = day, day.astype("datetime64[M]").astype(np.int64)
    about["place"] = deal_words(
        rng, about["kind"].astype(str), {str(k): v for k, v in _PLACES.items()}
    )
    _tell_domestic(about, rng)
    _give_weapons(about, rng, scale)
    hurt = about["type"].isin([INJURY, "homicide", "domestic manslaughter"])
    about["injury"] = np.where(
        hurt | ((about["type"] == "robbery") & (about["weapon"] != "none")), "yes", "no"
    )
    about["outcome"] = outcomes(day, np.where(sexual, "sexual", "violence"), rng)
    return about.assign(**times_of_day(day, sexual, rng))


def _month(label: str) -> int:
    return int(np.datetime64(label, "M").astype(np.int64))


def _plan_homicides(about: pd.DataFrame, rng: np.random.Generator, scale: float) -> None:
    """Give homicides to offences of their year; those of the partnership's kind have a weapon."""
    # Homicides before all else: they are few, and every one of them is counted somewhere.
    plan = _homicides(rng, scale)
    for (kind, year), part in plan.groupby(["kind", "year"], sort=True):
        free = (about["kind"] == kind) & (about["year"] == year) & (about["code"] == "")
        # A small county may have fewer offences of a kind than are planned.
        rows = choose(rng, np.flatnonzero(free), len(part))
        planned = part.iloc[: len(rows)]
        for column in ("code", "month", "weapon", "domestic"):
            about.loc[rows, column] = planned[column].to_numpy()


def _homicides(rng: np.random.Generator, scale: float) -> pd.DataFrame:
    """Kind, year, month, code, weapon and domestic of each planned homicide."""
    parts = []
    for first, last, alone, domestic in _HOMICIDES:
        months = np.arange(_month(first), _month(last) + 1)
        for (is_domestic, weapon), many in zip(_HOMICIDE_SORTS, (*alone, *domestic), strict=True):
            month = rng.choice(months, round(many * scale))
            code = "4.1" if (is_domestic, weapon) == ("yes", "none") else "1"
            of = {"month": month, "domestic": is_domestic, "weapon": weapon, "code": code}
            parts.append(pd.DataFrame(of))
    plan = pd.concat(parts, ignore_index=True)
    plan["year"] = 1970 + plan["month"] // 12
    # In 2022 one without a weapon was put among the serious ones all the same.
    armed = (plan["weapon"] != "none") | (plan["year"] == 2022)
    return plan.assign(kind=np.where(armed & (plan["domestic"] == "no"), SERIOUS, OTHER))


_HOMICIDE_SORTS = (
    ("no", "knife"),
    ("no", "other weapon"),
    ("no", "none"),
    ("yes", "knife"),
    ("yes", "none"),
)
"""Domestic or not, and weapon, in the order of the plan."""


def _plan_attempts(about: pd.DataFrame, rng: np.random.Generator, scale: float) -> None:
    """Attempted murders: ten in each half of a year, four of them with a knife."""
    for year in YEARS:
        for half in (0, 6):
            number = round(10 * scale)
            free = np.flatnonzero(
                (about["kind"] == OTHER) & (about["year"] == year) & (about["code"] == "")
            )
            # Attempts by half-year: the periods that documents compare begin in January and July.
            rows = choose(rng, free, number)
            about.loc[rows, "code"] = "2"
            about.loc[rows, "month"] = 12 * (year - 1970) + half + rng.integers(0, 6, len(rows))
            about.loc[rows, "domestic"] = "no"
            about.loc[rows, "weapon"] = np.where(
                np.arange(len(rows)) < round(4 * scale), "knife", "none"
            )


def _days(about: pd.DataFrame, sexual: Flags, rng: np.random.Generator) -> Dates:
    """A day of each offence's year, and of its month where that is planned."""
    days = np.empty(len(about), dtype="datetime64[D]")
    planned = about["month"].to_numpy()
    for year in YEARS:
        dates = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
        for is_sexual in (False, True):
            rows = np.flatnonzero((about["year"] == year) & (sexual == is_sexual) & (planned < 0))
            # Seasons differ by type, so that a seasonal finding of one is not that of all.
            months = _SEXUAL_MONTHS if is_sexual else _MONTHS
            days[rows] = rng.choice(dates, len(rows), p=_likely(dates, months))
    rows = np.flatnonzero(planned >= 0)
    first = planned[rows].astype("datetime64[M]").astype("datetime64[D]")
    # Every month has 28 days.
    days[rows] = first + rng.integers(0, 28, len(rows))
    return days


def _likely(dates: Dates, months: Array) -> Array:
    month = dates.astype("datetime64[M]").astype(int) % 12
    # Day 0 of NumPy, 1 January 1970, was a Thursday: three more makes Monday 0.
    weight = months[month] * _WEEKDAYS[(dates.astype(int) + 3) % 7]
    return np.asarray(weight / weight.sum())


def _tell_domestic(about: pd.DataFrame, rng: np.random.Generator) -> None:
    kind = about["kind"].astype(str)
    at_home = about["place"].where(about["place"].isin([HOME, ""]), None)
    group = kind.where((about["kind"] != OTHER) | at_home.isna(), kind + " " + at_home.fillna(""))
    dealt = deal_words(rng, group.tolist(), _DOMESTIC)
    planned = about["domestic"] != "?"
    about["domestic"] = np.where(planned, about["domestic"], dealt)
    # A homicide at home would not be of the kind whose place is outside it.
    about.loc[planned & (about["kind"] == OTHER), "place"] = HOME


def _give_weapons(about: pd.DataFrame, rng: np.random.Generator, scale: float) -> None:
    """Weapons, with a knife in as many offences of each period as are planted."""
    open_ = about["weapon"] == "?"
    serious = about["kind"] == SERIOUS
    about.loc[open_ & serious, "weapon"] = deal_words(
        rng,
        [""] * int((open_ & serious).sum()),
        {"": {"knife": 66, "bladed article": 6, "firearm": 5, "other weapon": 23}},
    )
    about.loc[about["weapon"] == "?", "weapon"] = "none"
    _knives_at_home(about, rng, scale)
    _other_knives(about, rng, scale)
    home = np.flatnonzero(
        (about["kind"] == OTHER) & (about["place"] == HOME) & (about["weapon"] == "none") & open_
    )
    about.loc[choose(rng, home, round(0.1 * len(home))), "weapon"] = "other weapon"
    for kind, share in _NO_WEAPON_SAID.items():
        rows = np.flatnonzero((about["kind"] == kind) & (about["weapon"] == "none") & open_)
        # A share of all of the kind, taken out of those without a weapon: a weapon is always
        # written down.
        number = round(share * int((about["kind"] == kind).sum()))
        about.loc[choose(rng, rows, number), "weapon"] = ""


def is_serious_knife(about: pd.DataFrame) -> "pd.Series[bool]":
    """Serious offences with a knife that are not domestic, wherever they happened."""
    of_type = about["type"].isin(KNIFE_TYPES)
    return of_type & (about["weapon"] == "knife") & (about["domestic"] == "no")


def _knives_at_home(about: pd.DataFrame, rng: np.random.Generator, scale: float) -> None:
    """Knives in the rest of the planted number: at home, or of types that outside do not count."""
    inside = about["place"].isin([HOME, ""]) | about["type"].isin(["rape", "threats to kill"])
    could = (about["kind"] == OTHER) & inside & (about["domestic"] == "no")
    could &= about["type"].isin(KNIFE_TYPES) & (about["code"] != "2") & (about["weapon"] == "none")
    # Homicides have their weapons from the plan.
    could &= about["code"] != "1"
    for first, last, planted in _KNIVES:
        if planted is not None:
            then = about["month"].between(_month(first), _month(last))
            # What serious ones outside gave by chance is taken off, so that the total is the
            # planted one.
            more = round(planted * scale) - int((is_serious_knife(about) & then).sum())
            about.loc[choose(rng, np.flatnonzero(could & then), more), "weapon"] = "knife"


def _other_knives(about: pd.DataFrame, rng: np.random.Generator, scale: float) -> None:
    """Knives at home between relatives, and in offences beside violence."""
    domestic = (about["kind"] == OTHER) & (about["domestic"] == "yes") & (about["weapon"] == "none")
    for year in YEARS:
        then = about["year"] == year
        rows = np.flatnonzero(domestic & then & about["code"].isin(["8N", "3B", "105A"]))
        about.loc[choose(rng, rows, round(0.4 * len(rows))), "weapon"] = "knife"
        beside = np.flatnonzero((about["kind"] == BESIDE) & then)
        wanted = round(_ALL_KNIVES.get(year, 2000) * scale)
        # The total of all knives is planted, so offences beside violence make up the rest.
        more = wanted - int((then & (about["weapon"] == "knife")).sum())
        about.loc[choose(rng, beside, more), "weapon"] = "knife"


_FOUND = ("charged or summonsed", "out of court resolution")
_NOT_FOUND = {"no suspect identified": 0.45, "evidential difficulties": 0.48, "other": 0.07}
_OPEN = "under investigation"


def outcomes(day: Dates, sort: Words, rng: np.random.Generator) -> Texts:
    """Outcome of each case: fewer are detected over the years, and recent ones are still open."""
    detected = np.select(
        [sort == "sexual", sort == "domestic"],
        [0.21 - 0.021 * _years_on(day), np.full(len(day), 0.13)],
        default=0.24 - 0.008 * _years_on(day),
    )
    # Months of a case at the extract, by which it may still be open.
    age = (EXTRACTED - day).astype(int) / 30.4
    # Recent cases are open more often, as real detection rates of the last months are too low.
    still = np.select([age < 3, age < 6, age < 12], [0.62, 0.36, 0.16], default=0.015)
    draw, which = rng.random((2, len(day)))
    words = np.array(list(_NOT_FOUND), dtype=object)
    outcome = words[np.searchsorted(np.cumsum(list(_NOT_FOUND.values()))[:-1], which)]
    is_open = draw < still
    # One draw for both: what is left of it, stretched to 0 to 1, is as random as a new one.
    is_found = ~is_open & ((draw - still) / (1 - still) < detected)
    outcome[is_found] = np.where(which[is_found] < 0.8, *_FOUND)
    outcome[is_open] = _OPEN
    return np.asarray(outcome)


def _years_on(day: Dates) -> Array:
    return np.asarray((day - np.datetime64(f"{YEARS[0]}-01-01")).astype(int) / 365.25)


def hours(day: Dates, late: Flags, rng: np.random.Generator) -> Integers:
    """Hour of each event; of the late ones the small hours of Saturday and Sunday are likeliest."""
    # Day 0 of NumPy was a Thursday.
    weekend = (day.astype(int) + 3) % 7 >= 5
    drawn = np.empty(len(day), dtype=np.int64)
    for small, weight in ((False, EVENING), (True, _SMALL_HOURS)):
        rows = np.flatnonzero((late & weekend) == small)
        drawn[rows] = rng.choice(24, len(rows), p=weight / weight.sum())
    return drawn


def minutes_of_day(hour: Integers, rng: np.random.Generator) -> Integers:
    """Minutes since midnight: mostly on the hour or at five minutes, and never 00:00 itself."""
    # People round the time they tell to the hour or to five minutes.
    past = np.where(rng.random(len(hour)) < 0.4, 0, 5 * rng.integers(0, 12, len(hour)))
    # 00:00 is kept for a time that nobody knew.
    return np.maximum(60 * hour + past, 1 + rng.integers(0, 4, len(hour)))


def times_of_day(day: Dates, late: Flags, rng: np.random.Generator) -> dict[str, Dates]:
    """When each began, and until when it may have been; 00:00 where nobody knew the time."""
    minute = minutes_of_day(hours(day, late, rng), rng)
    draw = rng.random(len(day))
    ranged = (draw >= _UNKNOWN_TIME) & (draw < _UNKNOWN_TIME + _RANGED)
    before, after = rng.integers(30, 300, (2, len(day)))
    # A range begins on the day of its date, at no time more often than at others: a start held at
    # 00:01 would look like a default.
    start = np.where(ranged, minute - before % minute, minute)
    start = np.where(draw < _UNKNOWN_TIME, 0, start)
    until = np.where(ranged, minute + after, -1)
    minutes, midnight = "timedelta64[m]", day.astype("datetime64[m]")
    moment = midnight + start.astype(minutes)
    end = np.where(ranged, midnight + until.astype(minutes), np.datetime64("NaT", "m"))
    return {"moment": moment, "until": end}
