"""Which event tables an invented county has: their columns, kinds of events, totals and years."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from riskindex.arrays import AnyArray, Integers

STUDY_YEARS = (2018, 2019, 2020, 2021, 2022)
"""Years that the index is made of; those around them leave their events as they are."""
YEARS = (2017, *STUDY_YEARS, 2023)
TREND = {2017: 0.9, 2018: 0.92, 2019: 0.97, 2020: 0.94, 2021: 0.98, 2022: 1.0, 2023: 1.0}


class Kind(NamedTuple):
    """One kind of event in a table: its risk, its total in 2022, and the factor it counts in."""

    label: str
    risk: str
    total: int
    factor: str = ""
    group: str = "all"
    last: int | None = None
    """Total in 2023; None: as in 2022."""
    beside: bool = False
    """Whether it was put beside the others: drawn from a stream of its own."""

    def in_year(self, year: int) -> float:
        """How many there are in a year, in a county of 1.8 million residents."""
        # Totals that are planted for the last year stand; the trend would move them.
        if year == YEARS[-1] and self.last is not None:
            return self.last
        return self.total * TREND[year]


class Table(NamedTuple):
    """An event table: what its columns are called, and what happens in it."""

    id: str
    date: str
    kind: str
    place: Literal["home", "point"]
    kinds: tuple[Kind, ...]
    years: Sequence[int] = YEARS
    outside: float = 0.002
    nowhere: float = 0.01
    again: float = 0.0
    """Share of records whose person has another record of that kind and year; 0: no persons."""
    further: Fraction = Fraction(0)
    """The same to the record, in the years around the study's."""
    duplicates: float = 0.0
    """Share of records that stand in the extract twice."""
    timed: bool = False
    """Whether dates have a time of day."""


class Records(NamedTuple):
    """Events as numbers: area (n: outside, n + 1: nowhere), kind, year, day, person."""

    area: Integers
    kind: Integers
    year: Integers
    day: AnyArray
    person: Integers


EVENT_TABLES = {
    "violence_offences": Table(
        "offence_id",
        "offence_date",
        "offence_group",
        "point",
        (
            Kind("serious violence", "offences", 1140, "offences", last=1100),
            Kind("other violence", "background", 2400),
            Kind("violence without a weapon", "background", 2000, beside=True),
            Kind("other offences", "background", 2200, beside=True),
        ),
        # Extracts of real systems repeat records, which deduplication by key must find.
        duplicates=0.003,
        timed=True,
    ),
    "violence_suspects": Table(
        "record_id",
        "offence_date",
        "offence_group",
        "home",
        (
            Kind("serious violence", "suspects", 715, "suspects"),
            Kind("other violence", "background", 1500),
        ),
        outside=0.2,
        nowhere=0.02,
        again=0.12,
        # A fraction and no decimal: the planted number of repeats is exact to the record.
        further=Fraction(89, 715),
    ),
    "violence_victims": Table(
        "record_id",
        "offence_date",
        "offence_group",
        "home",
        (Kind("serious violence", "victims", 1013), Kind("other violence", "background", 2200)),
        outside=0.1,
        nowhere=0.02,
        again=0.05,
        further=Fraction(66, 1013),
    ),
    "drug_suspects": Table(
        "record_id",
        "offence_date",
        "offence_group",
        "home",
        (
            Kind("possession class A", "possession", 900, "possession"),
            Kind("possession with intent to supply", "supply", 700, "supply"),
            Kind("possession class B", "background", 2400),
        ),
        outside=0.2,
        nowhere=0.02,
        again=0.1,
        further=Fraction(1, 10),
    ),
    # Repeat victims are many here, so that counts of people and of records differ plainly.
    "domestic_abuse_victims": Table(
        "record_id",
        "incident_date",
        "incident_type",
        "home",
        (
            Kind("crime", "domestic_abuse", 14_500, "domestic_abuse"),
            Kind("incident", "domestic_abuse", 5_500, "domestic_abuse"),
        ),
        outside=0.04,
        nowhere=0.01,
        again=0.25,
        further=Fraction(1, 4),
        timed=True,
    ),
    "anti_social_behaviour": Table(
        "incident_id",
        "incident_date",
        "incident_type",
        "point",
        (
            Kind("nuisance", "disorder", 24_500, "disorder", "anti-social behaviour"),
            Kind("personal", "disorder", 7_700, "disorder", "anti-social behaviour"),
            Kind("environmental", "disorder", 2_800, "disorder", "anti-social behaviour"),
        ),
        years=(2022,),
        duplicates=0.001,
    ),
    "fires": Table(
        "incident_id",
        "incident_date",
        "fire_type",
        "point",
        (
            Kind("deliberate", "disorder", 640, "disorder", "deliberate fire"),
            Kind("accidental", "background", 900),
        ),
        years=(2022,),
    ),
    "arson": Table(
        "offence_id",
        "offence_date",
        "offence",
        "point",
        (
            Kind(
                "arson not endangering life",
                "disorder",
                470,
                "disorder",
                "arson not endangering life",
            ),
            Kind("arson endangering life", "disorder", 110, "disorder", "arson endangering life"),
        ),
        years=(2022,),
    ),
    "ambulance_trauma": Table(
        "call_id",
        "call_date",
        "complaint",
        "point",
        (
            Kind("assault", "trauma", 1900),
            Kind("stab or gunshot wound", "trauma", 160),
            Kind("other trauma", "background", 2600),
        ),
        years=(2022,),
        timed=True,
    ),
}
"""Event tables by name. Totals are those of a county of 1.8 million residents in 2022."""

NEEDS = {
    "violence_suspects": ("violence_offences",),
    "violence_victims": ("violence_offences", "violence_suspects"),
    "ambulance_trauma": ("violence_offences",),
}
"""Tables whose records speak of those of others, by offence or person or month."""

RISKS = tuple(dict.fromkeys(k.risk for t in EVENT_TABLES.values() for k in t.kinds))
"""Names of the risks that the events follow; `background` is never planted."""
