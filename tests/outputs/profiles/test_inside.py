"""A place's page says where and when most of its events are, and for whom that is told."""

import dataclasses
import html
import re

import numpy as np
import pandas as pd
import pytest

from riskindex.events.rhythm import HOURS, STREET
from riskindex.outputs.profiles.inside import inside_part
from riskindex.outputs.profiles.numbers import Book
from riskindex.planning.inside_places import COLUMNS


def lines(code, aspect, values, *, stands_out=True, mark=""):
    """Lines of place 1 with the records of each street or part of the week."""
    total = sum(n for n in values.values() if n)
    rows = [
        (1, "disorder", aspect, value, code, n, "" if n else mark, total, 2.5, 0.001, stands_out)
        for value, n in values.items()
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"records": "Int64", "stands_out": "boolean"})


def said(county_released, *parts):
    book = Book(dataclasses.replace(county_released, inside=pd.concat(parts)))
    place = next(place for place in book.named_places if place.number == 1)
    return html.unescape(re.sub(r"<[^>]+>", " ", inside_part(book, place)))


def test_what_stands_out_is_named_with_its_area_and_numbers(county_released):
    code = county_released.top.index[0]
    streets = {
        f"On or near {letter} Street": n for letter, n in zip("ABCD", (40, 30, 20, 15), strict=True)
    }
    words = said(county_released, lines(code, STREET, streets))
    name = county_released.areas.at[code, "name"]
    assert f"A Street, {name} (40 of 105, 2.5 times); B Street" in words
    # Three are named, the file has more.
    assert "C Street" in words
    assert "D Street" not in words
    assert "no address" in words
    assert "week" not in words


def test_what_does_not_stand_out_is_not_named(county_released):
    words = said(county_released, lines("", HOURS, {"Fri 18 to 24": 40}, stands_out=False))
    assert "none stands out from chance" in words
    assert "Fri" not in words


def test_protected_cells_are_named_and_not_tested(county_released):
    cells = {"Fri 18 to 24": 25, "Sat 01 to 06": None, "Sat 18 to 24": 30}
    words = said(county_released, lines("", HOURS, cells, stands_out=pd.NA, mark="[c]"))
    assert "Sat 18 to 24 (30 of 55); Fri 18 to 24 (25 of 55); not tested" in words
    assert "exact test" not in words
    none = said(
        county_released, lines("", HOURS, {"Fri 18 to 24": None}, stands_out=pd.NA, mark="[c]")
    )
    assert "[c] in each" in none


def test_a_place_of_which_nothing_is_told_has_no_section(county_released):
    assert said(county_released, lines("", HOURS, {"Fri 18 to 24": 40}).assign(place=99)) == ""


@pytest.fixture(scope="module")
def partner(county_release):
    return county_release("partner")


def test_partners_see_hours_of_restricted_sources_as_protected_cells_alone(partner, county_result):
    table, rules = partner.inside, county_result.config.release.rules
    closed = partner.factors.index[partner.factors["restricted"].astype(bool)]
    assert len(table)
    mine = table[table["factor"].isin(closed)]
    assert set(mine["aspect"]) == {HOURS}
    given = mine["records"].dropna().astype(int)
    assert (given % rules.rounding == 0).all()
    assert (given >= rules.rounding).all()
    assert mine.loc[mine["records"].isna(), "mark"].eq("[c]").all()
    assert mine["stands_out"].isna().all()
    # Every part of every place: a line that was missing would tell of an empty cell.
    assert (mine.groupby(["place", "factor"]).size() == 28).all()
    assert set(mine["place"]) == set(partner.places.index)


def test_the_public_sees_nothing_of_it(county_release):
    assert county_release("public").inside.empty


def test_the_file_has_the_tests_of_the_internal_profile(county_released):
    table = county_released.inside
    assert set(table["aspect"]) == {STREET, HOURS}
    tested = table["p_adjusted"].to_numpy(float)
    assert (table["stands_out"].to_numpy(bool) == (tested <= 0.05)).all()
    assert not np.isnan(tested).any()
    # Homes are no streets: sources that count persons are left out.
    config = county_released.config
    people = {name for name, s in config["sources"].items() if s.get("distinct")}
    homes = {f["name"] for f in config["factors"] if f.get("source") in people}
    assert homes
    assert not homes & set(table["factor"])
