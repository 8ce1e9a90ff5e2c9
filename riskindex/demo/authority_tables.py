"""Tables without areas that authorities publish, of an invented county: all crime, harm, schools.

Numbers that a needs assessment divides by are planted: 157,000 offences in 2023, of mean harm 73
days, where those of serious violence have 950.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from riskindex.demo.deals import whole_numbers
from riskindex.demo.event_tables import TREND, YEARS
from riskindex.demo.offences import KNIFE_TYPES

COUNTY = "the invented county"

_ALL_CRIME = {
    "1": 20, "5D": 1_100, "8N": 14_000, "105A": 48_995, "19": 1_900, "20": 3_440, "34B": 1_600,
    "58": 14_000, "28": 6_500, "49": 42_000, "66": 14_000, "92D": 4_500, "10D": 1_900, "99": 3_045,
}  # fmt: skip
"""Offences of 2023 by their code, 157,000 in all."""
_VIOLENCE = ("1", "5D", "8N", "105A")
_SEXUAL = ("19", "20")
_DOMESTIC, _WOMEN_AND_GIRLS = 25_120, 36_738
_WEIGHTS = {
    "1": "5475", "4.1": "5475", "2": "3650", "5D": "1981.05", "8N": "182.5", "8P": "182.5",
    "8S": "182.5", "105A": "10", "3B": "10", "19": "1825", "20": "365", "34B": "365",
    "58": "10", "28": "30", "49": "2.5", "66": "20.4925", "92D": "3", "10D": "10", "99": "20",
}  # fmt: skip
"""Days of harm of an offence, as text: decimals are decimals."""
_HARM_VERSION = "invented, 2023"
_SERIOUS_IN_YEAR_TO_JUNE = 0.06
"""Share of serious offences that have a knife, of which their number is worked out."""

_INDICATORS: tuple[tuple[str, str, Mapping[str, object]], ...] = (
    ("admissions of under-25s, assault by a sharp object", "count", {
        "2018/19": 40, "2019/20": 38, "2020/21": 35, "2021/22": 27}),
    ("first-time entrants to youth justice", "count", {"2016": 450, "2022": 99}),
    ("youth justice cases with communication needs", "%", {"2022/23": (27, 60)}),
    ("referred victims with a disability", "%", {"2022/23": (51, 300)}),
    ("children in households referred", "count", {"2022/23": 196}),
    ("children in safeguarding assessments", "count", {"2022/23": 191}),
    ("children looked after", "count", {"2022/23": 329}),
    ("children in need", "count", {"2022/23": 309}),
    ("children with a protection plan", "count", {"2022/23": 248}),
    ("children in poverty", "%", {"2021/22": (5_600, 40_000)}),
    ("persistent absence", "%", {"2021/22": (9_200, 50_000)}),
    ("claimants of out-of-work benefits", "%", {"2023": (54_000, 1_125_000)}),
    ("people in poverty", "%", {"2021": (413_000, 1_800_000)}),
    ("residents in good health", "count", {"2011": 1_400_000, "2021": 1_447_600}),
    ("residents with a qualification of level 4 or above", "count", {
        "2011": 330_000, "2021": 439_560}),
    ("users of food banks in a week", "count", {"2023": 41_000}),
    ("youth justice cases", "count", {"2022": 88}),
    ("youth justice cases, outcome 22", "count", {"2022": 74}),
    ("youth justice cases, conditional caution", "count", {"2022": 13}),
    ("youth justice cases, outcome 22 for violence", "count", {"2022": 59}),
    ("residents", "count", {"2011": 1_648_000, "2021": 1_800_000}),
    ("residents aged 0 to 19", "count", {"2011": 402_000, "2021": 429_300}),
    ("residents aged 20 to 24", "count", {"2011": 75_000, "2021": 94_650}),
    ("male residents", "%", {"2021": (864_000, 1_800_000)}),
    ("residents with an apprenticeship", "count", {"2011": 32_000, "2021": 81_568}),
    ("residents with a qualification of level 3", "count", {"2011": 150_000, "2021": 201_150}),
    ("households deprived in three dimensions or more", "%", {"2021": (24_900, 743_800)}),
    ("households deprived in two dimensions", "%", {"2021": (90_700, 743_800)}),
    ("households that are overcrowded", "%", {"2021": (17_900, 743_800)}),
    ("sexual infections without chlamydia, ages 15 to 24", "count", {"2022": 891}),
    ("chlamydia, ages 15 to 24", "count", {"2022": 1_886}),
)  # fmt: skip
"""Indicator, its unit, and period to a count, or to a count and its base."""


def draw_authority_tables(
    districts: "pd.Series[float]", events: Mapping[str, pd.DataFrame], *, scale: float
) -> dict[str, pd.DataFrame]:
    """Tables by name, in the form of published ones.

    Parameters
    ----------
    districts
        Residents of each district, which the county's numbers are shared out by.
    events
        Tables of events; the offences with a knife, where they are drawn, say how many serious
        offences there are.
    scale
        Size of the county, 1 for 1.8 million residents.
    """
    return {
        "recorded_crime": _recorded_crime(districts, events, scale),
        "crime_by_code": _by_code(scale),
        "harm_weights": pd.DataFrame(
            {"version": _HARM_VERSION, "offence_code": list(_WEIGHTS), "days": _WEIGHTS.values()}
        ),
        "indicators": _indicators(scale),
        "knife_offences_national": _national(),
        "robbery_and_wounding_by_force": _by_force(),
        "exclusions": _exclusions(scale),
    }


def _of_year(total: float, year: int, scale: float) -> int:
    # Rounded at the end alone, or parts would drift from the planted totals.
    return round(total * TREND[year] * scale)


def _recorded_crime(
    districts: "pd.Series[float]", events: Mapping[str, pd.DataFrame], scale: float
) -> pd.DataFrame:
    """All crime and parts of it by year, county and district; parts overlap."""
    every = sum(_ALL_CRIME.values())
    parts = {
        "all crime": every,
        "violence": sum(_ALL_CRIME[code] for code in _VIOLENCE),
        "sexual offences": sum(_ALL_CRIME[code] for code in _SEXUAL),
        "domestic abuse": _DOMESTIC,
        "violence against women and girls": _WOMEN_AND_GIRLS,
    }
    shares = districts.to_numpy(dtype=float)
    rows = []
    for year in YEARS:
        base = _of_year(every, year, scale)
        # Whole parts that add up: the districts' numbers must be the county's.
        bases = whole_numbers(base, shares)
        for part, total in parts.items():
            count = _of_year(total, year, scale)
            # Rounding must not make a part larger than its whole.
            counts = np.minimum(whole_numbers(count, shares), bases)
            rows.append((year, COUNTY, part, count, base))
            of_districts = zip(districts.index, counts, bases, strict=True)
            # A map without districts has the county alone, and its row stands already.
            rows += [
                (year, name, part, int(n), int(of))
                for name, n, of in of_districts
                if name != COUNTY
            ]
    table = pd.DataFrame(rows, columns=["year", "place", "offences", "recorded", "all_crime"])
    return pd.concat([table.astype({"year": str}), _serious(events)], ignore_index=True)


def _serious(events: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Serious offences of the year to June 2023, of which those with a knife are a share."""
    if "violence_offences" not in events:
        return pd.DataFrame()
    offences = events["violence_offences"].drop_duplicates("offence_id")
    # Dates have times, so that the last day ends at its last minute.
    then = offences["offence_date"].between("2022-07-01", "2023-06-30 23:59")
    of_type = offences["offence_type"].isin(KNIFE_TYPES)
    knives = int(((offences["weapon"] == "knife") & of_type & then).sum())
    # The whole is worked out of the part: the planted share then holds for any seed.
    total = round(knives / _SERIOUS_IN_YEAR_TO_JUNE)
    columns = {"year": ["2023-06"], "place": [COUNTY], "offences": ["serious offences"]}
    return pd.DataFrame({**columns, "recorded": [total], "all_crime": [total]})


def _by_code(scale: float) -> pd.DataFrame:
    rows = [
        (year, COUNTY, code, _of_year(total, year, scale))
        for year in YEARS
        for code, total in _ALL_CRIME.items()
    ]
    return pd.DataFrame(rows, columns=["year", "place", "offence_code", "recorded"])


def _indicators(scale: float) -> pd.DataFrame:
    rows = []
    for name, unit, periods in _INDICATORS:
        for period, given in periods.items():
            # A count has no base, and a percentage is kept as both of its numbers.
            pair = given if isinstance(given, tuple) else (given, None)
            count, base = (None if n is None else round(float(n) * scale) for n in pair)
            rows.append((name, COUNTY, period, unit, count, base))
    columns = ["indicator", "place", "period", "unit", "number", "of"]
    return pd.DataFrame(rows, columns=columns).astype({"number": "Int64", "of": "Int64"})


def _national() -> pd.DataFrame:
    """Offences with a knife, rising by 46% over the first five years."""
    numbers = (25_000, 27_400, 31_000, 34_800, 36_500, 37_900, 30_600, 34_900, 36_200)
    years = [f"{year}/{(year + 1) % 100}" for year in range(2014, 2023)]
    columns = {"year": years, "place": "the invented country", "recorded": numbers}
    return pd.DataFrame(columns)


def _by_force() -> pd.DataFrame:
    """Robbery and wounding of the county and three others, 2015 to 2019."""
    levels: Mapping[str, Sequence[int]] = {
        COUNTY: (1_610, 1_740, 1_980, 2_210, 2_290),
        "Northmoor": (2_050, 2_190, 2_420, 2_660, 2_710),
        "Westlake": (3_400, 3_520, 3_960, 4_300, 4_250),
        "Southdown": (1_220, 1_250, 1_310, 1_450, 1_520),
    }
    rows = [
        (year, force, number)
        for force, numbers in levels.items()
        for year, number in zip(range(2015, 2020), numbers, strict=True)
    ]
    return pd.DataFrame(rows, columns=["year", "force", "recorded"])


def _exclusions(scale: float) -> pd.DataFrame:
    """Exclusions and suspensions of three authorities, fewer while schools were shut."""
    level = {"2017/18": 1.0, "2018/19": 1.08, "2019/20": 0.71, "2020/21": 0.8, "2021/22": 1.2}
    pupils = {"North authority": 170_000, "Estuary authority": 28_000, "Marsh authority": 31_000}
    rates = {"North authority": 0.052, "Estuary authority": 0.061, "Marsh authority": 0.047}
    rows = [
        (name, year, round(of * scale * rates[name] * times), round(of * scale))
        for name, of in pupils.items()
        for year, times in level.items()
    ]
    return pd.DataFrame(rows, columns=["authority", "year", "excluded", "pupils"])
