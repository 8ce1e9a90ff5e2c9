"""Published tables of the invented county hold what a needs assessment divides by."""

from decimal import Decimal

import pytest

from riskindex.demo.authority_tables import COUNTY
from riskindex.demo.offences import KNIFE_TYPES


def recorded(county, offences, year="2023", place=COUNTY):
    table = county.published["recorded_crime"]
    row = table[
        (table["offences"] == offences) & (table["year"] == year) & (table["place"] == place)
    ]
    return int(row["recorded"].iloc[0])


def days_of(county):
    weights = county.published["harm_weights"]
    return dict(zip(weights["offence_code"], map(Decimal, weights["days"]), strict=True))


def test_157000_offences_of_which_64115_are_violence(county):

    assert recorded(county, "all crime") == 157_000
    assert recorded(county, "violence") == 64_115


@pytest.mark.parametrize(
    ("part", "share"),
    [
        ("domestic abuse", 0.16),
        ("sexual offences", 0.034),
        ("violence against women and girls", 0.234),
    ],
)
def test_parts_of_all_crime(county, part, share):
    assert recorded(county, part) / 157_000 == pytest.approx(share, abs=0.0005)


def test_districts_add_up_to_the_county(county):
    table = county.published["recorded_crime"]
    table = table[table["offences"] != "serious offences"]
    whole = table[table["place"] == COUNTY].set_index(["year", "offences"])["recorded"]
    parts = table[table["place"] != COUNTY].groupby(["year", "offences"])["recorded"].sum()
    assert parts.reindex(whole.index).equals(whole)


def test_mean_harm_is_73_days_of_all_crime_and_950_of_serious_violence(county):
    days = days_of(county)
    crime = county.published["crime_by_code"]
    of_2023 = crime[crime["year"] == 2023]
    total = sum(
        days[code] * n for code, n in zip(of_2023["offence_code"], of_2023["recorded"], strict=True)
    )
    assert total / 157_000 == 73
    offences = county.events["violence_offences"].drop_duplicates("offence_id")
    serious = offences["offence_group"] == "serious violence"
    codes = offences.loc[serious & (offences["offence_date"].dt.year == 2023), "offence_code"]
    assert sum(days[code] for code in codes) / len(codes) == 950


def test_six_percent_of_serious_offences_have_a_knife(county):
    offences = county.events["violence_offences"].drop_duplicates("offence_id")
    then = offences["offence_date"].between("2022-07-01", "2023-06-30 23:59")
    of_type = offences["offence_type"].isin(KNIFE_TYPES)
    knives = (then & of_type & (offences["weapon"] == "knife")).sum()
    assert knives / recorded(county, "serious offences", "2023-06") == pytest.approx(0.06, abs=1e-4)


def test_national_knife_offences_rise_by_46_percent(county):
    numbers = county.published["knife_offences_national"]["recorded"]
    assert numbers.iloc[4] / numbers.iloc[0] == pytest.approx(1.46)


def test_fewer_pupils_were_excluded_while_schools_were_shut(county):
    table = county.published["exclusions"].pivot(
        index="authority", columns="year", values="excluded"
    )
    assert (table["2019/20"] < table["2018/19"]).all()
    assert (table["2021/22"] > table["2020/21"]).all()
