"""People behind the records, against plain pandas on the same files."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from people_of_force import CODES, PEOPLE, history, suspects, victims, write_people

from riskindex import read_config, run
from riskindex.areas.read import AreaSource, GroupLookup, read_codes
from riskindex.assessment.figure_rows import KEY
from riskindex.assessment.people_counts import _where
from riskindex.errors import ConfigError

PERIODS = ("2021", "2022")


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    return run(read_config(write_people(tmp_path_factory.mktemp("people")))).figures


def of(figures, name, period="2022", place="the force"):
    """Count of each category of a figure; those that are compared with something name it."""
    table = figures[(figures["figure"] == name) & (figures["period"] == period)]
    table = table[table["place"] == place]
    named = table["category"] + (" | " + table["compared_with"]).where(
        table["compared_with"] != "", ""
    )
    return dict(zip(named, table["count"], strict=True))


def violence():
    table = suspects()
    table = table[table["kind"] == "violence"].reset_index(drop=True)
    return table.assign(date=pd.to_datetime(table["date"]), file_row=range(len(table)))


def in_period(table, period):
    return table[table["date"].dt.year == int(period)]


def persons(period):
    """One row for each person of a period: number, first and last day, home and age of the last."""
    table = in_period(violence(), period).dropna(subset=["person"])
    table = table.sort_values(["date", "file_row"])
    by = table.groupby("person")
    return pd.DataFrame(
        {
            "n": by.size(),
            "first": by["date"].min(),
            "last": by["date"].max(),
            "home": by["home"].agg(lambda homes: homes.iloc[-1]),
            "age": by["age"].last(),
        }
    )


def earlier(people, years):
    table = violence()
    found = 0
    for person, row in people.iterrows():
        mine = table[(table["person"] == person) & (table["date"] < row["first"])]
        found += bool((mine["date"] >= row["first"] - pd.DateOffset(years=years)).any())
    return found


@pytest.mark.parametrize("period", PERIODS)
def test_people_and_repeats_are_those_of_a_plain_count(figures, period):
    again, people = of(figures, "again", period), persons(period)
    unnamed = in_period(violence(), period)["person"].isna().sum()
    assert again["people"] == len(people)
    assert again["records that name a person"] == people["n"].sum()
    assert again["records that name nobody"] == unnamed > 0
    assert again["further records of people who had one"] == people["n"].sum() - len(people)
    assert again["people with two records or more"] == (people["n"] > 1).sum()
    for years, words in ((1, "1 year"), (5, "5 years")):
        key = f"people with an earlier record | {words} before their first of the period"
        assert again[key] == earlier(people, years) > 0
    assert again["people for the first time | 5 years before"] == len(people) - earlier(people, 5)


def test_a_person_is_in_the_district_of_the_latest_home(figures):
    homes = persons("2022")["home"]
    districts = {code: ["North", "South", "East"][i // 3] for i, code in enumerate(CODES)}
    expected = homes.map(districts).value_counts()
    counted = {place: of(figures, "again", place=place)["people"] for place in expected.index}
    assert counted == expected.to_dict()
    assert sum(counted.values()) < len(homes)


def test_further_records_and_people_with_two_or_more_are_two_figures(figures):
    table = figures[(figures["figure"] == "again") & (figures["period"] == "2022")]
    table = table[table["place"] == "the force"].set_index("category")
    people = persons("2022")
    further, several = (
        table.loc[name]
        for name in ("further records of people who had one", "people with two records or more")
    )
    assert further["value"] == pytest.approx(100 * (1 - len(people) / people["n"].sum()), abs=0.05)
    assert several["value"] == pytest.approx(100 * (people["n"] > 1).mean(), abs=0.05)
    assert (further["base_name"], several["base_name"]) == ("records that name a person", "people")
    assert further["low"] < further["value"] < further["high"]
    assert "whoever is in the" in further["note"]


def test_the_limits_of_a_mean_are_those_of_people_drawn_again(figures):
    row = figures[(figures["figure"] == "again") & (figures["category"] == "records per person")]
    row = row[(row["period"] == "2022") & (row["place"] == "the force")].iloc[0]
    n = persons("2022")["n"].to_numpy()
    rng = np.random.default_rng(1)
    means = rng.choice(n, (4000, len(n))).mean(axis=1)
    assert row["value"] == round(n.mean(), 2)
    assert [row["low"], row["high"]] == pytest.approx(
        np.quantile(means, [0.025, 0.975]).tolist(), abs=0.03
    )


def test_repeats_by_age_have_a_row_for_ages_that_are_not_recorded(figures):
    ages, people = of(figures, "ages"), persons("2022")
    years = pd.to_numeric(people["age"])
    assert ages["under 18: people"] == (years < 18).sum()
    assert ages["18 and over: people"] == (years >= 18).sum()
    assert ages["not recorded: people"] == years.isna().sum() > 0


def test_history_is_what_was_recorded_before_the_latest_record(figures):
    counted, people = of(figures, "known"), persons("2022")
    other = history().dropna(subset=["person"])
    other = other.assign(date=pd.to_datetime(other["date"]))

    def named(years, **kept):
        number = 0
        for person, row in people.iterrows():
            mine = other[other["person"] == person]
            for column, value in kept.items():
                mine = mine[mine[column] == value]
            since = row["last"] - pd.DateOffset(years=years)
            number += bool(((mine["date"] < row["last"]) & (mine["date"] >= since)).any())
        return number

    for years, words in ((1, "1 year"), (5, "5 years")):
        then = f" | {words} before their latest record"
        assert counted["domestic abuse" + then] == named(years, marker="domestic")
        as_victim = named(years, marker="domestic", role="victim")
        assert counted["domestic abuse: victim" + then] == as_victim
        assert counted["any marker" + then] == named(years) > 0
        assert counted["any marker: self-harm" + then] == named(years, marker="self-harm")


def test_victims_who_are_suspects_too_are_found_in_the_same_period(figures):
    people = persons("2022")
    harmed = victims().assign(date=lambda t: pd.to_datetime(t["date"]))
    harmed = in_period(harmed, "2022")["person"].dropna()
    assert of(figures, "known")["victims too | the same period"] == people.index.isin(harmed).sum()


def test_homes_outside_the_study_area_are_told_by_police_force(figures):
    counted, homes = of(figures, "homes"), persons("2022")["home"]
    assert counted["in the study area: people"] == homes.isin(CODES).sum()
    assert counted["outside the study area: Kent: people"] == (homes == "E01024001").sum() > 0
    scotland = "outside the study area: no force that is known: people"
    assert counted[scotland] == (homes == "S01000001").sum() > 0
    assert counted["not recorded: people"] == homes.isna().sum() > 0


def test_a_lookup_of_the_config_says_whose_force_a_home_elsewhere_is_in(tmp_path):
    (tmp_path / "there.csv").write_text("code,force\nS01000001,Borders\nE01024001,Garden\n")
    named = GroupLookup(path="there.csv", code="code", groups={"force": "force"})
    codes = read_codes(AreaSource(boundaries="x", code="c", elsewhere=named), tmp_path)
    assert {"S01000001", "E01024001"} <= codes.existing
    lines = pd.DataFrame({"code": ["S01000001", "E01024001", "E01021322", "N1"], "home": -1})
    sentences = list(_where(SimpleNamespace(lines=lines), codes.elsewhere))
    forces = ("Borders", "Garden", "Essex", "no force that is known")
    assert sentences == [f"outside the study area: {force}" for force in forces]


def test_rows_are_told_apart_and_hold_no_key(figures):
    assert not figures.duplicated(list(KEY)).any()
    assert not figures.astype(str).apply(lambda c: c.str.contains("Qx", regex=False)).any().any()


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ('person = "person"\neveryone_is = "suspect"', 'everyone_is = "suspect"', "column person"),
        ('source = "history", by', 'source = "age", by', "no source of events"),
        ('against = "serious"', 'against = "wider"', "cannot be of 'wider'; there is serious"),
        ("look_back = [1, 5]", "look_back = [0]", "from 1 to 50"),
        ('bands = { "under 18" = [10, 17], "18 and over" = [18, 99] }', "", "needs bands"),
        ('role = "role"', 'role = "role"\neveryone_is = "child"', "both say the role"),
        ('person = "person"\nrole', 'distinct = "role"\nperson = "person"\nrole', "one column"),
    ],
)
def test_what_cannot_be_told_of_people_is_refused(before, after, what, tmp_path):
    assert before in PEOPLE
    with pytest.raises(ConfigError, match=what):
        read_config(write_people(tmp_path, PEOPLE.replace(before, after, 1)))


def test_people_of_a_warehouse_are_refused_by_name_with_the_reason(tmp_path):
    old = 'kind = "events"\npath = "suspects.csv"'
    new = 'kind = "warehouse"\nengine = "postgresql"\ntable = "suspects"'
    config = PEOPLE.replace(old, new, 1)
    for line in (
        'person = "person"\neveryone_is = "suspect"\noffence = "offence"\nage = "age"\n',
        'sex = "sex"\n',
    ):
        config = config.replace(line, "", 1)
    with pytest.raises(ConfigError, match="suspects is a warehouse, which gives back counts by"):
        read_config(write_people(tmp_path, config))
