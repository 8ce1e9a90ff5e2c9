"""What partners and the public read of a needs assessment: protected cells, and nobody's key."""

import re
from functools import cache

import duckdb
import pytest
from list_refusals import ask_no_other_choices, lists_may_leave
from needs_pages import is_of_row, read
from person_hunt import every_byte, hashes_of

from riskindex import release
from riskindex.outputs.needs.page import needs_page, write_needs
from riskindex.outputs.needs.rows import DocumentPlace, Rows
from riskindex.outputs.needs.sections import write_text
from riskindex.outputs.needs.topic import Topic
from riskindex.outputs.workbook import write_csv
from riskindex.publication.protection import restricted_factors, restricted_measures

PROFILES = ("partner", pytest.param("public", marks=pytest.mark.long))
"""Partners see more; what the public sees takes as long again."""
SHARES = ("mix", "history", "repeats", "living-in", "detected", "share")
"""Kinds of figure whose percentages are a count of their base."""


@pytest.fixture(scope="module")
def left(needs_result, tmp_path_factory):
    """Give what a profile sees, and a folder with its pages and figures, made once."""

    @cache
    def made(profile):
        with pytest.MonkeyPatch.context() as patch:
            lists_may_leave(patch)
            ask_no_other_choices(patch)
            released = release(needs_result, profile)
        folder = tmp_path_factory.mktemp(profile)
        write_needs(released, folder)
        write_csv(released.figures, folder / "figures.csv")
        return released, folder

    return made


def pages(folder):
    return [folder / "needs.html", *sorted((folder / "needs").glob("*.html"))]


def of_restricted(figures, config):
    """Rows that count records or people of restricted sources."""
    closed = {*restricted_factors(config), *restricted_measures(config)}
    asked = {f.name for f in config.figures if {f.of, f.against} & closed}
    named = figures["figure"].str.partition(".")[0]
    # Numbers of areas, hot or of the list, are told to those who see the flags.
    areas = figures["kind"].isin(["hot", "overlap", "together"]) | figures["counted"].eq("areas")
    return figures[(named.isin(closed) | figures["figure"].isin(asked)) & ~areas]


@pytest.mark.parametrize("profile", PROFILES)
def test_no_key_of_a_person_nor_a_hash_of_one_is_in_any_byte(profile, left, needs_county):
    tables = ("violence_suspects", "violence_victims", "person_history")
    names = {
        str(key)
        for table in tables
        for (key,) in duckdb.connect()
        .execute(f"SELECT DISTINCT person FROM '{needs_county}/data/{table}.csv'")
        .fetchall()
    }
    assert len(names) > 1000
    names -= {"10000000"}  # a round number, which a table of fonts has, too
    number = re.compile(rb"(?<![\d.])\d{8}(?!\d)")
    hashes = list(hashes_of(sorted(names)[:60]))
    for name, content in every_byte(left(profile)[1]):
        found = {n.decode() for n in number.findall(content)}
        assert not found & names, name
        assert not any(one in content for one in hashes), name


@pytest.mark.parametrize("profile", PROFILES)
def test_every_number_of_a_page_is_one_of_a_released_row(profile, left):
    released, folder = left(profile)
    rows = released.figures.set_index("row")
    for page in pages(folder):
        texts = read(page)
        wrong = [(row, text) for row, text in texts.of_rows if not is_of_row(text, rows.loc[row])]
        assert wrong == []
        assert [text for text in texts.others if re.search(r"\d", text)] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_counts_of_restricted_records_and_people_are_protected_cells(profile, left, needs_result):
    table = of_restricted(left(profile)[0].figures, needs_result.config)
    # The whole's yearly counts of factors that read nothing of a person leave as counted.
    official = (table["place_kind"] == "whole") & table["kind"].isin(["count", "rate", "change"])
    cells = table[~(official & table["figure"].str.contains(".", regex=False))]
    given = cells.loc[cells["status"] == "given", "count"].dropna()
    assert len(given) > 300
    assert (given % 5 == 0).all()
    assert (given > 0).all()
    kinds = set(cells["kind"])
    assert {"repeats", "history", "living-in", "mix"} <= kinds
    assert not kinds & {"funnel", "harm"} - set(cells.loc[cells["status"] == "[c]", "kind"])


@pytest.mark.long
def test_the_public_sees_no_number_of_areas_of_a_restricted_factor(left, needs_result):
    figures, config = left("public")[0].figures, needs_result.config
    closed = {*restricted_factors(config), *restricted_measures(config)}
    of_closed = figures["figure"].str.partition(".")[0].isin(closed)
    assert of_closed.sum() > 300
    assert not (of_closed & figures["counted"].eq("areas")).any()


@pytest.mark.parametrize("profile", PROFILES)
def test_shares_are_computed_of_what_leaves(profile, left, needs_result):
    table = of_restricted(left(profile)[0].figures, needs_result.config)
    shares = table[table["kind"].isin(SHARES) & (table["unit"] == "%") & table["value"].notna()]
    assert len(shares) > 100
    assert (shares["base"] >= 50).all()
    part = shares["count"].clip(upper=shares["base"]).astype(float)
    found = 100 * part / shares["base"].astype(float)
    assert (abs(found - shares["value"]) <= 0.0501).all()


def long_numbers(result, released):
    """Exact counts of four digits of restricted records that no released row has."""
    exact = of_restricted(result.figures, result.config)["count"].dropna().astype(int)
    printed = {
        int(n)
        for column in ("count", "base")
        for n in released.figures[column].dropna().astype(int)
    }
    return {f"{n:,}" for n in exact if n >= 1000 and n % 5} - {f"{n:,}" for n in printed}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_exact_count_stands_on_a_page(profile, left, needs_result, needs_released):
    released, folder = left(profile)
    looked_for = long_numbers(needs_result, released)
    assert len(looked_for) > 5
    inside = {text for _, text in _numbers(needs_released)}
    assert inside & looked_for  # the page inside has some
    for page in pages(folder):
        found = set(re.findall(r"(?<![\d,.])\d[\d,]*", page.read_text("utf-8")))
        assert not found & looked_for


def _numbers(released):
    whole = DocumentPlace("whole", released.place)
    page = needs_page(
        write_text(Topic(released, released.document, Rows(released.figures), whole)), released
    )
    return read(page).of_rows


@pytest.mark.parametrize("profile", PROFILES)
def test_the_definition_is_told_in_words_and_no_clause_has_a_number(profile, left):
    released, folder = left(profile)
    assert released.funnels.empty
    text = (folder / "needs.html").read_text("utf-8")
    part = text[text.index("<h2>Definition") : text.index("<h2>What has happened")]
    assert "a weapon is recorded as used" in part
    assert "not: in the home" in part
    assert "told inside the organisation alone" in part
    assert "data-row" not in part
