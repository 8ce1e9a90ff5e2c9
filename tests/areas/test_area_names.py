"""A study area by the name that people give it."""

import pytest

from riskindex.areas.area_names import find_area, recognise_texts
from riskindex.errors import ConfigError


@pytest.mark.parametrize(
    ("asked", "kind", "name"),
    [
        ("Essex", "force", "Essex"),
        ("essex police", "force", "Essex"),
        ("E23000028", "force", "Essex"),
        ("City of London", "force", "London, City of"),
        ("Devon and Cornwall", "force", "Devon & Cornwall"),
        ("Harlow", "district", "Harlow"),
        ("E07000073", "district", "Harlow"),
        ("Bournemouth", "community_safety_partnership", "Bournemouth"),
    ],
)
def test_a_name_or_a_code_is_a_force_a_district_or_a_partnership(asked, kind, name):
    assert find_area(asked)[:2] == (kind, name)


def test_a_name_of_several_kinds_is_that_of_most_areas():
    dorset = find_area("Dorset")
    assert dorset.kind == "force"
    assert len(dorset.codes) == 463


def test_an_area_knows_its_codes_and_its_force():
    harlow = find_area("Harlow")
    assert len(harlow.codes) == 58
    assert all(code.startswith("E01") for code in harlow.codes)
    assert harlow.forces == ("Essex",)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("Met", "Metropolitan Police"),
        ("Southend", "Southend-on-Sea"),
        ("Hull", "Kingston upon Hull"),
        ("Hertfordshir", "Hertfordshire"),
    ],
)
def test_an_unknown_name_is_told_the_nearest(asked, near):
    with pytest.raises(ConfigError, match=near):
        find_area(asked)


@pytest.mark.parametrize("asked", ["", "  ", "the Police", "Atlantis"])
def test_a_name_of_nothing_is_no_area(asked):
    with pytest.raises(ConfigError, match="is no police force"):
        find_area(asked)


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["SS1 2AB", "cm20 1xy", "E1 6AN"], "postcodes"),
        (["SS12AB", "CM201XY", "elsewhere"], "postcodes"),
        (["Harlow 001A", "Southend-on-Sea 015B"], "names of LSOAs"),
        (["Harlow 001", "Bath and North East Somerset 014"], "names of MSOAs"),
        (["Milton", "Kursaal"], "names of wards"),
        (["HARLOW", "Basildon"], "names of districts"),
        (["Tendring", "Uttlesford"], "names of districts"),
        (["Avon and Somerset", "Gwent"], "names of police forces"),
    ],
)
def test_texts_that_are_no_codes_are_recognised(texts, what):
    found = recognise_texts(texts)
    assert found is not None
    assert found[0] == what


@pytest.mark.parametrize("texts", [["E01021819"], ["A1", "A2"], [""], [], ["95AA01S1"], ["12"]])
def test_what_may_be_a_code_is_left_alone(texts):
    assert recognise_texts(texts) is None
