import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskindex.areas.editions import (
    Vintage,
    carries_2011_codes,
    is_well_formed,
    make_crosswalk,
    new_in_2021,
    quotas,
    share_out,
    there_in_2011,
)
from riskindex.errors import ConfigError, InputError

VINTAGE = Vintage(path="-", old="old", new="new")
SHARES = st.lists(st.integers(1, 3000), min_size=1, max_size=5).map(lambda s: np.array(s, float))


def test_a_crosswalk_knows_unchanged_merged_and_split_codes():
    pairs = [("A", "A"), ("B", "BC"), ("C", "BC"), ("D", "D2"), ("D", "D1"), ("E", ""), ("", "F")]
    crosswalk = make_crosswalk(pd.DataFrame(pairs, columns=["old", "new"]), VINTAGE)
    assert crosswalk.children == {"A": ("A",), "B": ("BC",), "C": ("BC",), "D": ("D1", "D2")}
    assert crosswalk.newer == {"A", "BC", "D1", "D2"}


def test_a_crosswalk_without_its_column_is_refused():
    with pytest.raises(ConfigError, match=r"areas.vintage.new: no column 'new'; there is old"):
        make_crosswalk(pd.DataFrame({"old": ["A"]}), VINTAGE)


SHARED = Vintage(path="-", old="old", new="new", share="people")


def test_a_column_of_the_lookup_says_how_many_live_in_each_part():
    rows = [("A", "A", ""), ("D", "D2", "250"), ("D", "D1", "700"), ("D", "D1", "50.5")]
    crosswalk = make_crosswalk(pd.DataFrame(rows, columns=["old", "new", "people"]), SHARED)
    assert crosswalk.children["D"] == ("D1", "D2")
    assert crosswalk.shares == {"D": (750.5, 250.0)}  # rows of one pair are added up


def test_shares_that_are_none_are_all_told():
    rows = [("D", "D1", "many"), ("D", "D2", "-1"), ("E", "E1", "0"), ("E", "E2", "0")]
    with pytest.raises(InputError) as refused:
        make_crosswalk(pd.DataFrame(rows, columns=["old", "new", "people"]), SHARED)
    assert refused.value.faults == (
        "areas.vintage: column 'people', value 'many', of D and D1: no number of 0 or more. "
        "Correct the lookup.",
        "areas.vintage: column 'people', value '-1', of D and D2: no number of 0 or more. "
        "Correct the lookup.",
        "areas.vintage: column 'people': the shares of E are all 0.",
    )
    with pytest.raises(ConfigError, match=r"areas.vintage.share: no column 'people'"):
        make_crosswalk(pd.DataFrame({"old": ["D"], "new": ["D1"]}), SHARED)


@pytest.mark.parametrize("code", ["E01033769", "W01000001", "S01013481", "N20000001", "95GG01S1"])
def test_british_codes_are_well_formed(code):
    assert is_well_formed(code)


@pytest.mark.parametrize(
    "code", ["", "E0103376", "E010337690", "X01033769", "Basildon", "e01033769"]
)
def test_other_words_are_not(code):
    assert not is_well_formed(code)


def test_codes_above_the_last_of_2011_are_new():
    codes = ["E01033768", "E01033769", "W01001958", "W01001959", "E02006999", "Basildon"]
    assert new_in_2021(codes) == {"E01033769", "W01001959"}
    assert there_in_2011(codes) == {"E01033768", "W01001958"}


def test_the_lookup_brings_exactly_the_codes_that_are_new(shared):
    table = pd.read_csv(shared / "data/lookups/lsoa11_lsoa21_lad22.csv.gz", dtype=str)
    old, new = set(table["lsoa11_code"]), set(table["lsoa21_code"])
    assert new_in_2021(new) == new - old
    assert not new_in_2021(old)


AREAS = [f"E0100000{i}" for i in range(8)] + ["E01034000", "E01034001"]


def test_a_source_that_names_all_but_the_new_areas_carries_2011_codes():
    assert carries_2011_codes(AREAS[:8], AREAS)
    assert not carries_2011_codes([*AREAS[:8], "E01034001"], AREAS)


def test_a_source_that_names_few_areas_does_not_show_its_edition():
    assert not carries_2011_codes(AREAS[:5], AREAS)
    assert not carries_2011_codes([], AREAS)
    assert not carries_2011_codes(AREAS[:8], AREAS[:8])


def test_quotas_go_by_the_largest_remainder():
    assert list(quotas(10, np.array([1.0, 1.0, 1.0]))) == [4, 3, 3]
    assert list(quotas(7, np.array([1500.0, 1000.0]))) == [4, 3]
    assert list(quotas(1, np.array([1.0, 2.0]))) == [0, 1]


@given(st.integers(0, 500), SHARES)
def test_quotas_add_up_and_stay_within_one_of_their_share(total, shares):
    numbers = quotas(total, shares)
    assert numbers.sum() == total
    assert (np.abs(numbers - total * shares / shares.sum()) < 1).all()


@given(st.integers(0, 200), SHARES)
def test_sharing_out_keeps_the_quotas_and_serves_every_stretch_alike(total, shares):
    parts = share_out(total, shares)
    numbers = quotas(total, shares)
    assert list(np.bincount(parts, minlength=len(shares))) == list(numbers)
    for part, number in enumerate(numbers):
        so_far = np.cumsum(parts == part)
        fair = number * np.arange(1, total + 1) / max(total, 1)
        assert (np.abs(so_far - fair) <= (len(shares) + 1) / 2).all()


def test_equal_shares_alternate():
    assert list(share_out(5, np.array([1.0, 1.0]))) == [0, 1, 0, 1, 0]
