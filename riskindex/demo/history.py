"""What was known of people before: dated records of harm, by kind and role."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from riskindex.demo.deals import choose, deal
from riskindex.demo.event_tables import YEARS
from riskindex.demo.persons import FIRST_NUMBER, LOOK_BACK, person_keys

DOMESTIC = "domestic abuse"
_DOMESTIC_ROLES = {
    (): 57, ("victim",): 10, ("suspect",): 15, ("victim", "suspect"): 15, ("involved",): 3,
}  # fmt: skip
"""Roles of suspects in records of domestic abuse: 25% victims, 30% suspects, 43% any role."""
_VICTIMS_ROLES = {
    (): 68,
    ("victim",): 15,
    ("suspect",): 8,
    ("victim", "suspect"): 7,
    ("involved",): 2,
}
MARKERS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "suspect": {
            "child protection": 0.30, "suicidal": 0.06, "knife or blade": 0.11, "firearm": 0.01,
            "self-harm": 0.12, "class A drugs": 0.09, "class A supply": 0.05,
        },
        "victim": {
            "child protection": 0.18, "suicidal": 0.08, "knife or blade": 0.05, "firearm": 0.0,
            "self-harm": 0.10, "class A drugs": 0.11, "class A supply": 0.02,
        },
    }
)  # fmt: skip
"""Role in serious violence to the share of people with each marker in the five years before."""
_PLANTED_FIRST = 2022
_OTHERS = 2500


def draw_history(
    suspects: pd.DataFrame, victims: pd.DataFrame, rng: np.random.Generator, *, scale: float
) -> pd.DataFrame:
    """Dated records of people, so that a planted share has each before the latest offence.

    Parameters
    ----------
    suspects, victims
        Of serious violence: columns number, year and day.
    rng
        Source of everything that is dealt.
    scale
        Size of the county, 1 for 1.8 million residents.

    Returns
    -------
    DataFrame
        Columns person, event_date, marker and role, by date. Beside what was planted there are
        records from before the five years, from after the offence, and of other people.
    """
    parts = [no_markers()]
    done = np.array([], dtype=np.int64)
    # The year of the study first: its shares are then planted to the record, before others add to
    # them.
    for year in (_PLANTED_FIRST, *(y for y in YEARS if y != _PLANTED_FIRST)):
        for role, table in (("suspect", suspects), ("victim", victims)):
            # Before the latest offence of the year, as the documents define the look-back.
            latest = table[table["year"] == year].groupby("number")["day"].max()
            # Records for another year may lie in the look-back of this one: nobody is dealt twice.
            new = latest[~np.isin(latest.index, done)]
            before = pd.concat(parts)
            has = before[np.isin(before["number"], latest.index)]
            # People of this year who were dealt the marker for another year count towards its
            # share.
            held = has.drop_duplicates(["number", "marker"])["marker"].value_counts()
            wanted = {m: round(n * len(latest)) for m, n in MARKERS[role].items()}
            more = {m: n - int(held.get(m, 0)) for m, n in wanted.items()}
            parts.append(_of_people(new, role, more, rng))
            done = np.concatenate([done, latest.index.to_numpy()])
    everyone = pd.concat(parts, ignore_index=True)
    parts = [everyone, _long_before(everyone, rng), _of_others(rng, scale)]
    table = pd.concat(parts, ignore_index=True)
    # By all columns, so that days with many records have one order.
    table = table.sort_values(["event_date", "number", "marker", "role"], ignore_index=True)
    table.insert(0, "person", person_keys(table["number"].to_numpy()))
    return table.drop(columns="number")


def no_markers() -> pd.DataFrame:
    """The table of markers without a line in it."""
    empty = pd.DataFrame({"number": [], "event_date": [], "marker": [], "role": []})
    return empty.astype({"number": "int64", "event_date": "datetime64[s]"})


def _of_people(
    latest: "pd.Series[pd.Timestamp]", role: str, more: Mapping[str, int], rng: np.random.Generator
) -> pd.DataFrame:
    """Markers of new people of one role and year, on days of the five years before."""
    roles = _DOMESTIC_ROLES if role == "suspect" else _VICTIMS_ROLES
    dealt = deal(rng, len(latest), np.array(list(roles.values()), dtype=float))
    rows, markers = [], []
    for number, named in enumerate(roles):
        for as_role in named:
            rows.append(np.flatnonzero(dealt == number))
            markers.append((DOMESTIC, as_role))
    for marker, many in more.items():
        rows.append(choose(rng, np.arange(len(latest)), many))
        markers.append((marker, "subject"))
    lengths = [len(part) for part in rows]
    at = np.concatenate(rows).astype(np.int64)
    # From one day before: a record of the day itself is none from before.
    days = rng.integers(1, 365 * LOOK_BACK, len(at)).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "number": latest.index.to_numpy()[at],
            "event_date": (latest.to_numpy()[at] - days).astype("datetime64[s]"),
            "marker": np.repeat(np.array([m for m, _ in markers], dtype=object), lengths),
            "role": np.repeat(np.array([r for _, r in markers], dtype=object), lengths),
        }
    )


def _long_before(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Records of long before, which no look-back of five years has."""
    # Copies of records of the same people, which a wrong look-back would count.
    long_ago = table.iloc[choose(rng, np.arange(len(table)), len(table) // 8)]
    # Beyond the look-back, whichever day of it the record was of: reading has to leave these out.
    shift = pd.to_timedelta(rng.integers(365 * 6, 365 * 9, len(long_ago)), unit="D")
    return long_ago.assign(event_date=long_ago["event_date"] - shift)


def _of_others(rng: np.random.Generator, scale: float) -> pd.DataFrame:
    """Records of people who are in no offence of violence."""
    # Records of strangers: who looks people up must not find everybody in the table.
    count = round(_OTHERS * scale)
    span = (np.datetime64("2012-01-01"), np.datetime64("2024-01-01"))
    days = span[0] + rng.integers(0, (span[1] - span[0]).astype(int), count)
    kinds = [
        *((marker, "subject") for marker in MARKERS["suspect"]),
        *((DOMESTIC, r) for r in ("victim", "suspect", "involved")),
    ]
    picked = rng.integers(0, len(kinds), count)
    return pd.DataFrame(
        {
            "number": FIRST_NUMBER["person_history"] + rng.integers(0, count, count),
            "event_date": days.astype("datetime64[s]"),
            "marker": np.array([marker for marker, _ in kinds], dtype=object)[picked],
            "role": np.array([role for _, role in kinds], dtype=object)[picked],
        }
    )
