"""Who the people in an invented county's records are, the same in every record and every file."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from riskindex.arrays import Array, Integers, Texts
from riskindex.demo.deals import choose, deal, deal_words
from riskindex.demo.event_tables import YEARS, Records

UNKNOWN_AGE = -1
LOOK_BACK = 5
"""Years in which somebody who is known may have had an earlier record."""
FIRST_NUMBER = {
    "violence_suspects": 0,
    "violence_victims": 1_000_000,
    "drug_suspects": 2_000_000,
    "domestic_abuse_victims": 3_000_000,
    "person_history": 5_000_000,
}
"""Table to the number of its first person, so that no two people have the same."""
_KEYS, _STEP = 9_999_991, 7_368_787


def person_keys(numbers: Integers) -> Integers:
    """Pseudonymous keys of eight digits, each number's own, in no order that tells anything."""
    # A prime, and a step that is no multiple of it: no two numbers below it get one key.
    return np.asarray(10_000_000 + numbers * _STEP % _KEYS)


def _curve(points: Mapping[int, float]) -> Array:
    """Weights of the ages 0 to 99, straight between the ages that are given."""
    ages = np.array(sorted(points))
    weights = np.interp(np.arange(100), ages, [points[a] for a in ages], left=0, right=0)
    return np.asarray(weights / weights.sum())


_SUSPECT_AGES = _curve(
    {9: 0, 10: 0.5, 11: 1, 12: 2, 13: 4, 14: 5, 15: 7.2, 16: 5.2, 17: 8.7, 18: 6.2, 19: 5, 20: 4,
     21: 3.286, 22: 2.9, 23: 2.6, 30: 2.6, 31: 1.6, 40: 0.85, 50: 0.42, 60: 0.12, 75: 0}
)  # fmt: skip
"""Steep from 12 on, peaks at 15 and 17, 21 at .53 of 18, and level from 23 to 30."""
_VICTIM_AGES = _curve(
    {
        0: 0.3,
        9: 0.5,
        10: 1,
        13: 4,
        15: 5.5,
        18: 5,
        21: 3.6,
        24: 2.6,
        30: 2,
        40: 1.3,
        60: 0.45,
        90: 0,
    }
)
_SEXUAL_AGES = _curve({2: 0.3, 9: 1, 12: 4, 14: 6, 17: 5, 20: 4.2, 25: 3, 33: 1.4, 50: 0.5, 80: 0})
_ADULT_AGES = _curve({15: 0, 16: 1, 20: 3, 28: 3.6, 40: 2.6, 60: 1, 90: 0.1, 95: 0})


class Profile:
    """Ages, sexes and what is not recorded of the people of one table."""

    def __init__(
        self,
        ages: Mapping[str, Array],
        male: Mapping[str, float],
        *,
        no_age: float,
        no_ethnicity: float,
        no_sex: float = 0.01,
        known_before: float = 0.2,
    ) -> None:
        """Take shares by sort of offence, "" for any other; `known_before` is of the people."""
        self.ages, self.male = ages, male
        self.no_age, self.no_ethnicity, self.no_sex = no_age, no_ethnicity, no_sex
        self.known_before = known_before


PROFILES = {
    "violence_suspects": Profile(
        {"": _SUSPECT_AGES}, {"sexual": 0.9, "": 0.74}, no_age=0.12, no_ethnicity=0.1
    ),
    "violence_victims": Profile(
        {"sexual": _SEXUAL_AGES, "": _VICTIM_AGES},
        {"sexual": 0.18, "": 0.64},
        no_age=0.02,
        no_ethnicity=0.26,
        known_before=0.1,
    ),
    "drug_suspects": Profile({"": _SUSPECT_AGES}, {"": 0.87}, no_age=0.05, no_ethnicity=0.08),
    "domestic_abuse_victims": Profile(
        {"": _ADULT_AGES}, {"": 0.28}, no_age=0.03, no_ethnicity=0.26
    ),
}
"""Table to its people."""
_ETHNIC = {"White": 82.0, "Asian": 6.0, "Black": 6.5, "Mixed": 3.5, "Other": 2.0}


def describe_people(
    records: Records, name: str, sort: Texts, rng: np.random.Generator
) -> pd.DataFrame:
    """Person number, sex, age and ethnicity of each record, the same in all records of a person.

    Parameters
    ----------
    records
        Whose persons are those of one kind and year; some of them turn out to be people of earlier
        years, of the same sex, birth year and kind of record.
    name
        Table, a key of `PROFILES`.
    sort
        What it was about, such as "sexual".
    rng
        Source of everything that is dealt.
    """
    profile = PROFILES[name]
    first = pd.DataFrame(
        {"kind": records.kind, "year": records.year, "sort": sort, "person": records.person}
    ).drop_duplicates("person", ignore_index=True)
    first["sex"] = deal_words(rng, first["sort"].tolist(), _sexes(profile, first["sort"]))
    first["age"] = UNKNOWN_AGE
    for (of_sort, _, _), rows in first.groupby(["sort", "year", "kind"]).indices.items():
        with_age = choose(rng, rows, round(len(rows) * (1 - profile.no_age)))
        weights = profile.ages.get(str(of_sort), profile.ages[""])
        first.loc[with_age, "age"] = deal(rng, len(with_age), weights)
    # Shares of those that say, and a part more that does not: odds, on the scale of the shares.
    unsaid = profile.no_ethnicity / (1 - profile.no_ethnicity) * sum(_ETHNIC.values())
    groups = deal_words(rng, [""] * len(first), {"": {**_ETHNIC, "": unsaid}})
    first["number"] = _known_before(first, profile.known_before, rng)
    # Of a person's first line for all of them: ethnicity is the person's and not the record's.
    first["ethnicity"] = groups[first.groupby("number")["person"].transform("idxmin")]
    first["number"] += FIRST_NUMBER[name]
    people = first.set_index("person").loc[records.person, ["number", "sex", "age", "ethnicity"]]
    return people.reset_index(drop=True)


def _sexes(profile: Profile, sorts: "pd.Series[str]") -> dict[str, dict[str, float]]:
    # Those without a recorded sex are taken off both, which keeps the planted ratio.
    said = 1 - profile.no_sex
    shares = {}
    for sort in sorts.unique():
        male = profile.male.get(str(sort), profile.male[""])
        shares[str(sort)] = {"M": said * male, "F": said * (1 - male), "": profile.no_sex}
    return shares


def _known_before(first: pd.DataFrame, share: float, rng: np.random.Generator) -> Integers:
    """Number of each person; a share of a year's people are those of the five years before."""
    number = np.arange(len(first))
    born = (first["year"] - first["age"]).where(first["age"] != UNKNOWN_AGE)
    # Whose age is not known gets -1, and is nobody of an earlier year.
    key = first.assign(born=born).groupby(["kind", "born", "sex"], dropna=True).ngroup().to_numpy()
    last_seen = dict.fromkeys(first["kind"].unique(), None)
    for kind in last_seen:
        mine = (first["kind"] == kind).to_numpy()
        for year in YEARS[1:]:
            now = np.flatnonzero(mine & (first["year"] == year).to_numpy())
            years = first["year"].to_numpy()
            back = mine & (years < year) & (years >= year - LOOK_BACK)
            earlier = _latest(np.flatnonzero(back), number)
            # Of one sex, birth year and kind, or a person's records would contradict each other.
            pairs = _paired(now[key[now] >= 0], earlier[key[earlier] >= 0], key, rng)
            # The first years have fewer years behind them in which somebody could be known.
            reach = min(1.0, (year - YEARS[0]) / LOOK_BACK)
            kept = choose(rng, np.arange(len(pairs)), round(share * reach * len(now)))
            number[pairs[kept, 0]] = number[pairs[kept, 1]]
    return number


def _latest(rows: Integers, number: Integers) -> Integers:
    """One row of each person, the last."""
    # np.unique keeps the first of equals, so that the last record comes first here.
    backwards = rows[::-1]
    return np.asarray(backwards[np.unique(number[backwards], return_index=True)[1]])


def _paired(now: Integers, earlier: Integers, key: Integers, rng: np.random.Generator) -> Integers:
    """Rows of now beside rows of earlier with the same key, each at most once, shape `(m, 2)`."""
    rows = [rng.permutation(of) for of in (now, earlier)]
    # The first of a key meets the first of it, the second the second.
    codes = [key[of] * len(key) + _turn(key[of]) for of in rows]
    order = np.argsort(codes[1])
    at = np.searchsorted(codes[1], codes[0], sorter=order)
    meets = np.isin(codes[0], codes[1])
    return np.column_stack([rows[0][meets], rows[1][order[at[meets]]]])


def _turn(key: Integers) -> Integers:
    """How many earlier entries have the same key."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    turn = np.empty(len(key), dtype=np.int64)
    turn[order] = np.arange(len(key)) - np.searchsorted(ordered, ordered)
    return turn


def link_to_offences(
    records: Records,
    offences: pd.DataFrame,
    kinds: Mapping[int, Sequence[int]],
    rng: np.random.Generator,
) -> Integers:
    """Position of each record's offence: of its year and kind, and never twice with one person.

    Parameters
    ----------
    records
        Suspects or victims.
    offences
        Columns kind and year.
    kinds
        Kind of record to the kinds of offence that it can be of.
    rng
        Source of who is linked to which.
    """
    linked = np.zeros(len(records.person), dtype=np.int64)
    table = pd.DataFrame(records._asdict())
    # One person twice in an offence would be a fault of the extract.
    alone = ~table["person"].duplicated(keep=False).to_numpy()
    for (kind, year), rows in table.groupby(["kind", "year"]).indices.items():
        of_kind = offences["kind"].isin(kinds[int(kind)]) & (offences["year"] == year)
        pool = rng.permutation(np.flatnonzero(of_kind))
        # Some offences have two of them; nobody with several records is the second.
        second = choose(rng, rows[alone[rows]], max(round(0.15 * len(rows)), len(rows) - len(pool)))
        lead = np.setdiff1d(rows, second)
        # Every offence gets one before any gets two.
        linked[lead] = np.resize(pool, len(lead))
        linked[second] = rng.choice(pool[: max(len(lead), 1)], len(second))
    return linked


def make_some_both(
    victims: pd.DataFrame, suspects: pd.DataFrame, share: float, rng: np.random.Generator
) -> "pd.Series[int]":
    """Person numbers of the victims, some of whom are suspects of the same year and kind.

    Parameters
    ----------
    victims, suspects
        Columns number, kind, year, sex and age, one line per record.
    share
        Of each year's victims who are suspects, too.
    rng
        Source of who they are.
    """
    by = ["kind", "year", "sex", "age"]
    # Who is a victim in several years keeps one number in all of them.
    again = victims.groupby("number")["year"].transform("nunique") > 1
    people = victims[~again & (victims["age"] != UNKNOWN_AGE)].drop_duplicates("number")
    others = suspects.drop_duplicates(["number", "year"])
    parts = []
    for table in (people, others):
        shuffled = table.iloc[rng.permutation(len(table))]
        parts.append(shuffled.assign(turn=shuffled.groupby(by).cumcount()))
    both = parts[0].merge(parts[1], on=[*by, "turn"], suffixes=("", "_suspect"))
    # One suspect must not lend a number to two victims.
    both = both.drop_duplicates("number_suspect")
    renamed: dict[int, int] = {}
    for (kind, year), part in both.groupby(["kind", "year"]):
        of = victims[(victims["kind"] == kind) & (victims["year"] == year)]
        kept = choose(rng, np.arange(len(part)), round(share * of["number"].nunique()))
        renamed |= dict(part.iloc[kept][["number", "number_suspect"]].to_numpy().tolist())
    return victims["number"].map(renamed).fillna(victims["number"]).astype(np.int64)
