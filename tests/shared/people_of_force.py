"""People of the small force: suspects, victims, and what was known of them, by one key."""

import numpy as np
import pandas as pd
from small_force import CODES, CONFIG, offences, write_force

ELSEWHERE = ["E01024001", "S01000001"]
"""Homes in Kent and in Scotland."""
PEOPLE = (
    CONFIG
    + """
[sources.suspects]
kind = "events"
path = "suspects.csv"
date = "date"
area = "home"
person = "person"
everyone_is = "suspect"
offence = "offence"
age = "age"
sex = "sex"
accept_losses = true
[sources.victims]
kind = "events"
path = "victims.csv"
date = "date"
area = "home"
person = "person"
everyone_is = "victim"
offence = "offence"
accept_losses = true
[sources.history]
kind = "events"
path = "history.csv"
date = "date"
person = "person"
role = "role"
[measures.suspects]
label = "Suspects of violence"
source = "suspects"
where = { kind = ["violence"] }
periods = [2021, 2022]
[[figures]]
name = "again"
kind = "repeats"
of = "suspects"
places = ["whole", "district"]
[[figures]]
name = "ages"
kind = "repeats"
of = "suspects"
by = "age"
bands = { "under 18" = [10, 17], "18 and over" = [18, 99] }
[[figures]]
name = "known"
kind = "history"
of = "suspects"
look_back = [1, 5]
records = [
    { label = "domestic abuse", source = "history", by = "role", where.marker = ["domestic"] },
    { label = "any marker", source = "history", by = "marker" },
    { label = "victims too", source = "victims", when = "period" },
]
[[figures]]
name = "homes"
kind = "living-in"
of = "suspects"
against = "serious"
"""
)


def keys(number, rng, people):
    """Keys of people, some of whom are drawn more than once, and some of whom are not known."""
    drawn = np.array([f"Qx{n:05d}k" for n in rng.integers(0, people, number)], dtype=object)
    return np.where(rng.random(number) < 0.06, None, drawn)


def dates(number, rng, first="2019-01-01", days=1460):
    start = np.datetime64(first)
    return (start + rng.integers(0, days, number)).astype(str)


def suspects(number=900, seed=2):
    rng = np.random.default_rng(seed)
    homes = rng.choice(np.array([*CODES * 3, *ELSEWHERE * 4], dtype=object), number)
    ages = rng.integers(12, 60, number).astype(str).astype(object)
    return pd.DataFrame(
        {
            "person": keys(number, rng, 420),
            "offence": [f"o{i}" for i in rng.integers(0, 600, number)],
            "date": dates(number, rng),
            "kind": rng.choice(["violence", "theft"], number, p=[0.7, 0.3]),
            "home": np.where(rng.random(number) < 0.05, None, homes),
            "age": np.where(rng.random(number) < 0.1, None, ages),
            "sex": rng.choice(np.array(["F", "M", None], dtype=object), number),
            "born": [f"{1950 + i % 50}~{i % 12 + 1:02d}~{i % 28 + 1:02d}" for i in range(number)],
        }
    )


def victims(number=500, seed=3):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "person": keys(number, rng, 900),
            "offence": [f"o{i}" for i in rng.integers(0, 600, number)],
            "date": dates(number, rng),
            "home": rng.choice(np.array(CODES, dtype=object), number),
        }
    )


def history(number=700, seed=4):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "person": keys(number, rng, 1200),
            "date": dates(number, rng, "2012-01-01", 3900),
            "marker": rng.choice(["domestic", "self-harm"], number),
            "role": rng.choice(np.array(["victim", "suspect", None], dtype=object), number),
        }
    )


def write_people(folder, config=PEOPLE, **tables):
    given = {"suspects": suspects(), "victims": victims(), "history": history()}
    return write_force(folder, config, **{**given, **tables})


__all__ = ["CODES", "PEOPLE", "history", "offences", "suspects", "victims", "write_people"]
