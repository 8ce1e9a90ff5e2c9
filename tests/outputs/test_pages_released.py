"""Report and profiles of a partner and a public release: nothing that was not released is drawn."""

import dataclasses
import html
import re

import numpy as np
import pandas as pd
import pytest

from riskindex import release, save
from riskindex.disclosure import MARKS, WITHHELD
from riskindex.outputs.governance import write_governance
from riskindex.outputs.profiles.events import records_by_month
from riskindex.outputs.profiles.numbers import Book, class_words, index_classes
from riskindex.outputs.profiles.page import write_profiles
from riskindex.outputs.report.page import summary, write_report


@pytest.fixture(scope="module", params=["partner", "public"])
def released(request, county_release):
    return county_release(request.param)


@pytest.fixture(scope="module")
def folder(released, tmp_path_factory):
    folder = tmp_path_factory.mktemp(released.profile)
    write_report(released, folder / "report.html")
    write_governance(released, folder / "governance.html")
    write_profiles(released, folder / "profiles")
    return folder


def text_of(path):
    body = path.read_text(encoding="utf-8").split("<body>")[1]
    return html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<(desc|title)>.*?</\1>", " ", body)))


def test_every_page_carries_the_profile_on_screen_and_in_print(folder, released):
    words = {"partner": "For named partners: not for publication", "public": "For publication"}
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert f'mark-{released.profile}">{words[released.profile]}<' in page
        assert f'@bottom-left {{ content: "{words[released.profile]}"' in page


def test_the_meaning_of_every_mark_of_a_page_stands_above_its_first_table(folder):
    meanings = MARKS | {"–": "not assessed, or does not apply"}
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8").split("<body>")[1]
        for mark, words in meanings.items():
            # A dash is a mark where it is marked up as one, and else punctuation.
            sign = "–</abbr>" if mark == "–" else mark
            tables = re.finditer(r"<table.*?</table>", page, flags=re.DOTALL)
            first = next((one.start() for one in tables if sign in one[0]), None)
            if first is not None:
                assert f"<b>{mark}</b> {words}" in page[:first], (path.name, mark)


def test_the_list_is_firm_areas_first_then_by_district_and_code(folder, released):
    found = re.findall(r" · (E\d+) ", text_of(folder / "report.html"))
    assert found == list(released.top.index)
    top = released.top
    order = zip(top["tier"] != "firm", top["district"], top.index, strict=True)
    assert list(order) == sorted(
        zip(top["tier"] != "firm", top["district"], top.index, strict=True)
    )


def test_areas_of_a_district_of_which_something_is_told_stand_in_the_order_of_their_codes(
    folder, released
):
    every = released.all_areas
    has_words = every["selected"] | (every["tier"] == "borderline") | (every["reasons"] != "")
    for name, part in every[has_words].groupby("district"):
        page = (folder / "profiles" / f"district-{name.lower()}.html").read_text(encoding="utf-8")
        assert re.findall(r'<tr id="([^"]+)"', page) == sorted(part.index)


def test_no_figure_draws_a_hidden_number(folder):
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        for figure in ("Concentration:", "Ranks of the areas at the cut", "In the 5% of areas"):
            assert figure not in page


def test_no_score_rank_or_count_of_an_area_is_told(folder, county_result):
    """A number with decimals beside an area would be a score, a rate or a share of its own."""
    for path in [*folder.rglob("district-*.html")]:
        lines = re.findall(r'<tr id="E.*?</tr>', path.read_text(encoding="utf-8"))
        cells = [cell for line in lines for cell in re.findall(r"<td[^>]*>(.*?)</td>", line)]
        assert not [cell for cell in cells if re.fullmatch(r"-?[\d,]*\.\d+", cell)]
    assert not re.search(r"\d+ where [\d.]+ (was|were) expected", text_of(path))


@pytest.mark.parametrize(
    "released", ["public", pytest.param("partner", marks=pytest.mark.long)], indirect=True
)
def test_the_page_does_not_change_with_the_hidden_order(
    released, tmp_path, county_result, small_lists_leave
):
    """Ranks within the list decide nothing that is drawn."""
    shuffled = county_result.index.copy()
    chosen = shuffled.index[shuffled["selected"].astype(bool)]
    shuffled.loc[chosen, "score"] = shuffled.loc[chosen, "score"].to_numpy()[::-1]
    shuffled.loc[chosen, "rank"] = shuffled.loc[chosen, "rank"].to_numpy()[::-1]
    other = release(dataclasses.replace(county_result, index=shuffled), profile=released.profile)
    pages = []
    for k, one in enumerate((released, other)):
        write_report(one, tmp_path / f"{k}.html")
        pages.append((tmp_path / f"{k}.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]


def test_what_is_withheld_is_said_with_its_rule(folder, released):
    page = text_of(folder / "report.html")
    for sentence in released.rules.sentences:
        assert sentence in page


def test_a_section_without_content_is_left_out(folder, released):
    titles = re.findall(r"<h2>([^<]+)</h2>", (folder / "report.html").read_text(encoding="utf-8"))
    assert "Data, and what was lost" not in titles
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert ("may count one thing twice" in page) == (not released.double_counting.empty)
    assert ("<h3>Next steps</h3>" in page) == (released.profile == "partner")


def test_the_tenths_of_a_release_are_the_classes_of_its_map(released):
    tenth = released.all_areas["decile"].astype(float)
    classes = pd.Series(Book(released).classes)
    order = classes.groupby(tenth.reindex(classes.index).to_numpy()).unique()
    assert all(len(found) == 1 for found in order)
    assert list(order.str[0]) == sorted(order.str[0], reverse=True)


def test_nothing_is_said_of_hot_areas_that_are_not_shown(folder, released):
    report = text_of(folder / "report.html")
    index = text_of(folder / "profiles" / "index.html")
    public = released.profile == "public"
    assert ("Which areas restricted sources find hot, and when, is not part" in report) == public
    assert ("No area is hot in the last period and in none" in report) <= (not public)
    assert ("Most often hot, of what is shown" in index) == public
    assert "Domestic abuse victims' homes: 0 areas rising" not in report
    words = " ".join(summary(released))
    assert ("Serious violence suspects' homes" in words) == (not public)
    assert "deprived in two or more dimensions" in words


def test_without_tenths_the_pages_say_who_is_on_the_list(released, tmp_path):
    """Scores by strength do not survive the noise, so that no tenth leaves."""
    bare = dataclasses.replace(
        released,
        all_areas=released.all_areas.drop(columns="decile"),
        top=released.top.drop(columns="decile"),
    )
    save(bare, tmp_path / "result")
    for path in (tmp_path / "result").rglob("*.html"):
        assert "highest tenth" not in text_of(path), path.name
    assert index_classes(bare).eq(4).equals(bare.all_areas["selected"].astype(bool))
    assert class_words(bare) == {4: "selected", 0: "not selected"}


# Numbers of districts, where a release has them: rounded, marked, and never put together again


def with_count(released, number, mark=""):
    """The release with another number of offences in its first district in 2022."""
    name = released.areas["district"].min()
    counts = released.figure_counts.copy()
    counts.loc[("offences", "2022", "district", name), ["count", "mark"]] = number, mark
    return dataclasses.replace(released, figure_counts=counts), f"district-{name.lower()}.html"


def test_a_withheld_number_of_a_district_is_a_mark_with_its_meaning(released, tmp_path):
    held, file = with_count(released, np.nan, WITHHELD)
    write_profiles(held, tmp_path)
    page = " ".join(text_of(tmp_path / file).split())
    assert "Serious violence offences 2022 [c]" in page
    assert "[c] withheld: a small number" in page


def test_a_number_of_a_district_is_shown_as_it_is_released(released, tmp_path):
    rounded, file = with_count(released, 1235)
    write_profiles(rounded, tmp_path)
    assert "Serious violence offences 2022 1,235" in " ".join(text_of(tmp_path / file).split())


def test_a_line_of_months_has_no_value_where_a_month_is_withheld(released, tmp_path):
    rhythm = released.period_rhythm.copy()
    place = released.areas["district"].min()
    march = ("offences", "all", "2022", place, "month", "2022-03")
    rhythm.loc[march, "records"] = np.nan
    book = Book(dataclasses.replace(released, period_rhythm=rhythm.sort_index()))
    (district,) = (one for one in book.groups["district"] if one.name == place)
    assert np.isnan(records_by_month(book.rows(district), "offences")["2022-03"])
