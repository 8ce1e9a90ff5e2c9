from riskindex.files.official_headings import TWINS


def test_official_headings_and_tidy_copies_lead_to_each_other():
    assert TWINS["LSOA21CD"] == "lsoa21_code"
    assert TWINS["lsoa21_code"] == "LSOA21CD"
    assert all(TWINS[TWINS[name]] == name for name in TWINS)


def test_no_two_official_headings_share_a_copy():
    official = [name for name in TWINS if name.isupper()]
    assert len({TWINS[name] for name in official}) == len(official)
