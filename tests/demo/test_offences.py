"""What a needs assessment counts of offences was planted to the record."""

import numpy as np
import pandas as pd
import pytest

from riskindex.demo.county import synthetic_county
from riskindex.demo.offences import TYPE_OF

ARMED = ["knife", "bladed article", "firearm", "other weapon"]
OF_ESSEX = [
    "homicide",
    "domestic manslaughter",
    "violence with injury",
    "robbery",
    "other sexual offences",
]
SERIOUS_KNIFE = [
    "homicide",
    "attempted murder",
    "threats to kill",
    "violence with injury",
    "robbery",
    "rape",
    "other sexual offences",
]


@pytest.fixture(scope="module")
def offences(county):
    return county.events["violence_offences"].drop_duplicates("offence_id")


def between(offences, first, last):
    month = offences["offence_date"].dt.strftime("%Y-%m")
    return (month >= first) & (month <= last)


def homicides(offences):
    return offences["offence_type"].isin(["homicide", "domestic manslaughter"])


def outside(offences):
    return offences["place"].notna() & (offences["place"] != "dwelling")


def essex_2024(offences):
    armed, alone = offences["weapon"].isin(ARMED), offences["domestic"] == "no"
    return offences["offence_type"].isin(OF_ESSEX) & armed & outside(offences) & alone


def test_1100_offences_meet_the_definition_in_2023_and_1139_in_2022(offences):
    years = offences.loc[essex_2024(offences), "offence_date"].dt.year.value_counts()
    assert (years[2022], years[2023]) == (1139, 1100)


def test_the_other_reading_takes_in_more_than_three_times_as_many(offences):
    either = offences["weapon"].isin(ARMED) | outside(offences)
    wide = offences["offence_type"].isin(OF_ESSEX) & either & (offences["domestic"] == "no")
    assert 3500 < (wide & (offences["offence_date"].dt.year == 2023)).sum() < 4500


def test_3200_offences_of_2023_have_a_knife(offences):
    assert ((offences["weapon"] == "knife") & between(offences, "2023-01", "2023-12")).sum() == 3200


@pytest.mark.parametrize(
    ("first", "last", "planted"),
    [
        ("2021-08", "2022-07", 1176),
        ("2022-08", "2023-07", 1066),
        ("2020-01", "2020-12", 1184),
        ("2023-01", "2023-12", 1043),
    ],
)
def test_serious_offences_with_a_knife_are_those_planted(offences, first, last, planted):
    knife = (offences["weapon"] == "knife") & (offences["domestic"] == "no")
    serious = offences["offence_type"].isin(SERIOUS_KNIFE)
    assert (knife & serious & between(offences, first, last)).sum() == planted


@pytest.mark.parametrize(
    ("first", "last", "planted"),
    [
        ("2021-08", "2022-07", 15),
        ("2022-08", "2023-07", 10),
        ("2018-04", "2019-03", 15),
        ("2023-01", "2023-12", 9),
    ],
)
def test_homicides_that_are_not_domestic_are_those_planted(offences, first, last, planted):
    alone = homicides(offences) & (offences["domestic"] == "no")
    assert (alone & between(offences, first, last)).sum() == planted


def test_knives_in_homicides_and_attempts_of_the_year_to_june_2023(offences):
    knife, then = offences["weapon"] == "knife", between(offences, "2022-07", "2023-06")
    tried = offences["offence_type"] == "attempted murder"
    assert ((homicides(offences) & then & knife).sum(), (homicides(offences) & then).sum()) == (
        8,
        21,
    )
    assert ((tried & then & knife).sum(), (tried & then).sum()) == (8, 20)


def test_some_do_not_say_weapon_place_or_whether_it_was_domestic(offences):
    unsaid = offences[["weapon", "place", "domestic"]].isna().mean()
    assert unsaid.tolist() == pytest.approx([0.09, 0.05, 0.04], abs=0.01)


def test_hours_peak_after_school_in_the_evening_and_before_midnight(offences):
    serious = offences[offences["offence_group"] == "serious violence"]
    of_hour = serious["offence_date"].dt.hour.value_counts().reindex(range(24))
    assert set(of_hour[1:].nlargest(4).index) == {15, 18, 19, 23}


def test_midnight_itself_stands_where_nobody_knew_the_time(offences):
    moment = offences["offence_date"]
    assert (moment == moment.dt.normalize()).mean() == pytest.approx(0.06, abs=0.005)


def test_some_happened_between_two_times(offences):
    until = offences["offence_until"]
    assert until.notna().mean() == pytest.approx(0.12, abs=0.01)
    ranged = offences[until.notna()]
    length = ranged["offence_until"] - ranged["offence_date"]
    assert length.between(pd.Timedelta(minutes=30), pd.Timedelta(hours=12)).all()


def test_sexual_offences_stand_out_in_january_june_and_september(offences):
    sexual = offences["offence_type"].isin(["rape", "other sexual offences"])
    months = offences.loc[sexual, "offence_date"].dt.month.value_counts()
    assert set(months.nlargest(3).index) == {1, 6, 9}


def test_cases_of_the_last_months_are_often_still_open(offences):
    is_open = offences["outcome"] == "under investigation"
    assert is_open[between(offences, "2023-11", "2023-12")].mean() > 0.4
    assert is_open[between(offences, "2017-01", "2021-12")].mean() < 0.03


def test_fewer_sexual_offences_are_detected_from_year_to_year(offences):
    sexual = offences[offences["offence_type"].isin(["rape", "other sexual offences"])]
    found = sexual["outcome"].isin(["charged or summonsed", "out of court resolution"])
    of_year = found.groupby(sexual["offence_date"].dt.year).mean()
    assert of_year[2017] > 1.5 * of_year[2022]


def test_codes_belong_to_types(offences):
    assert offences["offence_code"].astype(str).map(TYPE_OF).eq(offences["offence_type"]).all()


def test_a_small_county_has_its_part():
    small = synthetic_county(n=160, districts=4, seed=7, sources=["violence_offences"])
    offences = small.events["violence_offences"].drop_duplicates("offence_id")
    residents = small.areas["residents"].sum() / 1.8e6
    count = (essex_2024(offences) & between(offences, "2023-01", "2023-12")).sum()
    assert count == pytest.approx(1100 * 160 / 1111, abs=2)
    assert np.isclose(residents, 160 / 1111, rtol=0.1)
