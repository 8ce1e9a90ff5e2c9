"""People are the same in all their records and files, and come again as often as planted."""

import numpy as np
import pandas as pd
import pytest

from riskindex.demo.persons import person_keys

PEOPLE = ("violence_suspects", "violence_victims", "drug_suspects", "domestic_abuse_victims")


def of_year(table, year, group="serious violence"):
    return table[(table["offence_group"] == group) & (table["offence_date"].dt.year == year)]


def test_no_two_people_have_one_key():
    keys = person_keys(np.arange(0, 6_000_000, 7))
    assert len(np.unique(keys)) == len(keys)
    assert ((keys >= 10_000_000) & (keys < 20_000_000)).all()


@pytest.mark.parametrize(
    ("table", "records", "people"),
    [("violence_suspects", 715, 626), ("violence_victims", 1013, 947)],
)
def test_records_and_people_of_2023_are_those_planted(county, table, records, people):
    found = of_year(county.events[table], 2023)
    assert (len(found), found["person"].nunique()) == (records, people)


def test_a_fifth_of_suspects_were_suspects_in_the_five_years_before(county):
    suspects = county.events["violence_suspects"]
    people = of_year(suspects, 2023)["person"].unique()
    before = pd.concat([of_year(suspects, year) for year in range(2018, 2023)])["person"]
    assert np.isin(people, before).sum() == round(0.2 * 626)


@pytest.mark.parametrize("table", PEOPLE)
def test_sex_and_ethnicity_stay_and_age_follows_the_years(county, table):
    records = county.events[table]
    date = records.filter(like="_date").iloc[:, 0]
    people = records.assign(born=date.dt.year - records["age"].astype(float)).groupby("person")
    for column in ("sex", "ethnicity", "born"):
        assert (people[column].nunique() <= 1).all()


def test_records_are_of_offences_of_their_day_and_type(county):
    offences = county.events["violence_offences"].drop_duplicates("offence_id")
    for table in ("violence_suspects", "violence_victims"):
        records = county.events[table]
        joined = records.merge(offences, on="offence_id", suffixes=("", "_of"))
        assert len(joined) == len(records)
        assert (joined["offence_date"] == joined["offence_date_of"].dt.normalize()).all()
        assert (joined["offence_type"].astype(str) == joined["offence_type_of"].astype(str)).all()
        assert not records.duplicated(["person", "offence_id"]).any()


def test_suspects_peak_at_15_and_17_and_rise_steeply_from_11(county):
    ages = of_year(county.events["violence_suspects"], 2022)["age"].value_counts()
    assert ages[13] > 2 * ages[11]
    assert ages[15] > 1.2 * (ages[14] + ages[16]) / 2
    assert ages[17] > 1.3 * (ages[16] + ages[18]) / 2


def test_ages_and_ethnicity_are_not_recorded_as_often_as_planted(county):
    suspects, victims = (of_year(county.events[t], 2022) for t in PEOPLE[:2])
    assert suspects["age"].isna().mean() == pytest.approx(0.12, abs=0.01)
    assert victims["age"].isna().mean() == pytest.approx(0.02, abs=0.01)
    assert victims["ethnicity"].isna().mean() == pytest.approx(0.26, abs=0.04)


def test_a_twelfth_of_the_victims_are_suspects_too(county):
    suspects, victims = (of_year(county.events[t], 2022)["person"].unique() for t in PEOPLE[:2])
    assert np.isin(victims, suspects).mean() == pytest.approx(0.08, abs=0.002)
