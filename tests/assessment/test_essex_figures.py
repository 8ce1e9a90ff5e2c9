"""The published numbers of Essex from police.uk and the census, each in one run."""

import pytest

from riskindex import run
from riskindex.config import parse_config
from riskindex.errors import ConfigError, InputError

VIOLENCE = "Violence and sexual offences"


def essex(data, police, unit, period, **lookup):
    """Violence by district, ward, partnership, urban or rural, and national deprivation fifth."""
    fifths = {
        "path": str(data / "deprivation/imd2025_england_lsoa21.csv.gz"),
        "code": "lsoa21_code",
        "groups": {"deprivation_fifth": "IMD_decile"},
        "fifths": ["deprivation_fifth"],
        **lookup,
    }
    urban = {
        "path": str(data / "lookups/ruc21_lsoa21.csv.gz"),
        "code": "lsoa21_code",
        "groups": {"urban_rural": "ruc"},
    }
    return {
        "title": "Essex",
        "place": "Essex",
        "areas": {
            "boundaries": str(data / "essex/lsoa21_boundaries.gpkg"),
            "code": "LSOA21CD",
            "groups": {"district": "LAD24NM"},
            "shipped": ["ward", "community_safety_partnership"],
            "lookups": [urban, fifths],
        },
        "periods": {"unit": unit},
        "bases": {"residents": "age.residents"},
        "sources": {
            "police": {"kind": "police.uk", "path": str(data / "essex" / police)},
            "age": {
                "kind": "table",
                "path": str(data / "census/census2021-ts007a.zip"),
                "columns": {"residents": "Age: Total"},
            },
        },
        "factors": [
            {
                "name": "violence",
                "label": VIOLENCE,
                "source": "police",
                "where": {"Crime type": [VIOLENCE]},
                "method": "poisson",
                "exposure": "residents",
                "periods": [period],
                "score": "flag",
            }
        ],
    }


@pytest.fixture(scope="module")
def data(shared):
    return shared / "data"


@pytest.fixture(scope="module")
def figures(data):
    return run(parse_config(essex(data, "police_uk_2025.zip", "calendar-year", "2025"))).figures


def row(figures, figure, place):
    return figures[(figures["figure"] == figure) & (figures["place"] == place)].iloc[0]


def test_violence_of_essex_in_2025(figures):
    assert row(figures, "violence.rate", "Essex")["value"] == 34.4
    assert row(figures, "violence.rate", "1 (most deprived)")["value"] == 73.8
    assert row(figures, "violence.share", "Urban")["value"] == 86.6
    assert row(figures, "residents.share", "Urban")["value"] == 79.6


def test_harlow_is_third_of_fourteen_by_rate(figures):
    harlow = row(figures, "violence.rate", "Harlow")
    assert (harlow["value"], harlow["low"], harlow["high"], harlow["rank"]) == (42.5, 41.2, 43.8, 3)
    of_kind = (figures["figure"] == "violence.rate") & (figures["place_kind"] == "district")
    assert of_kind.sum() == 14


def test_every_kind_of_group_adds_up_in_the_financial_year(data):
    config = essex(data, "police_uk_2021-03_2022-03.zip", "financial-year", "2021-22")
    table = run(parse_config(config)).figures
    counts = table[table["figure"] == "violence.count"].groupby("place_kind")["count"].sum()
    counts = counts.drop("place")  # the named places hold the selected areas alone
    assert set(counts.index) == {
        "whole",
        "district",
        "ward",
        "community_safety_partnership",
        "urban_rural",
        "deprivation_fifth",
    }
    assert set(counts) == {79_522}


def test_fifths_are_of_tenths_and_of_a_group(data):
    def asked(**lookup):
        config = essex(data, "police_uk_2025.zip", "calendar-year", "2025", **lookup)
        return parse_config(config)

    with pytest.raises(ConfigError, match="'fifth' is none of its groups"):
        asked(fifths=["fifth"])
    with pytest.raises(InputError, match="is no tenth"):
        run(asked(groups={"deprivation_fifth": "IMD_rank"}))
