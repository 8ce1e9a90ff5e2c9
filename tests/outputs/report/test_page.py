"""The report says what was asked, what was lost and found, its limits, and runs nothing."""

import dataclasses
import re

import pytest

from riskindex.outputs.report.methods import references
from riskindex.outputs.report.page import summary, write_report
from riskindex.outputs.report.records import source_lines


@pytest.fixture(scope="module")
def page(county_released, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(county_released, path)
    return path.read_text(encoding="utf-8")


def section(page, name):
    return re.search(rf'<section id="{name}">(.*?)</section>', page, flags=re.DOTALL)[1]


def test_the_first_page_says_how_many_are_firm_and_nothing_twice(page, county_released):
    short = section(page, "in-short")
    firm = int((county_released.top["tier"] == "firm").sum())
    assert (
        f"{firm} of the {len(county_released.top)} areas {'is' if firm == 1 else 'are'} firm"
        in short
    )
    assert county_released.how_sure not in short
    assert county_released.how_sure in section(page, "how-sure")
    lines = re.findall(r"<li>(.*?)</li>", short)
    assert len(lines) == len(set(lines)) > 1


def test_an_area_at_the_cut_that_repeats_seldom_select_is_explained(page, county_released):
    every = county_released.all_areas
    on = every.loc[every["selected"], "p_selected"].idxmin()
    assert f"{every.at[on, 'name']} is on the list and is selected in " in section(page, "in-short")
    assert "The list goes by " in section(page, "in-short")


def test_it_names_the_works_behind_the_methods_that_were_used(page, county_released):
    works = references(county_released)
    assert any(work.startswith("Ord and Getis (1995)") for work in works)
    assert any(work.startswith("Kulldorff") for work in works)
    assert all(work in page for work in works)
    none = county_released.clusters_found.iloc[:0]
    without = references(dataclasses.replace(county_released, clusters_found=none))
    assert not any(work.startswith("Kulldorff") for work in without)


def test_it_carries_profile_period_limits_and_attribution(page, county_released):
    assert "Internal: counts of small areas" in page
    assert county_released.period_label in page
    for line in (*county_released.limits, *county_released.attribution):
        assert line in page


def test_it_says_how_the_cut_was_made_and_what_the_flags_alone_would_tie(page, county_released):
    assert county_released.cut.explanation in page
    assert "If every factor only said hot or not hot" in page


def test_every_source_and_factor_has_its_line_of_events(page, county_released):
    for source, _ in county_released.reconciliation.index:
        assert f"{source}: the whole source" in page


def test_a_factor_without_a_hot_area_is_named(page, county_released):
    quiet = county_released.factors.index[county_released.factors["hot_by_period"] == "0"]
    assert page.count("no area is hot. That is a result") == len(quiet)


def test_it_can_load_nothing(page, county_released):
    assert "default-src 'none'" in page
    places = "|".join(rf"profiles/place-{number}\.html" for number in county_released.places.index)
    beside = rf"map\.html|profiles/index\.html|workbook\.xlsx|governance\.html|{places}"
    assert re.findall(rf"""\b(?:src|href)=["'](?!data:|#|(?:{beside})["'])""", page) == []


def test_text_from_data_stays_text(county_released, tmp_path):
    payload = "<img src=x onerror=alert(1)>"
    names = [payload] * len(county_released.top)
    poisoned = dataclasses.replace(
        county_released,
        top=county_released.top.assign(name=names, reasons=payload),
        title=payload,
        notes=(payload,),
        attribution=(payload,),
    )
    write_report(poisoned, tmp_path / "r.html")
    assert "<img src=x" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_dollar_sign_in_a_name_is_no_formula_for_the_picture(county_released, tmp_path):
    names = ["a $x^2$ b $\\frac$"] * len(county_released.top)
    odd = dataclasses.replace(county_released, top=county_released.top.assign(name=names))
    write_report(odd, tmp_path / "r.html")
    assert (tmp_path / "r.html").stat().st_size > 10_000


def test_an_empty_list_is_said(county_released, tmp_path):
    none = county_released.top.iloc[:0]
    write_report(dataclasses.replace(county_released, top=none), tmp_path / "r.html")
    assert "No area has a score above 0" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_summary_is_a_few_lines_that_hold_the_numbers(county_released):
    lines = summary(county_released)
    assert len(lines) <= 8
    assert any(f"Selected: {county_released.cut.selected}" in line for line in lines)


def test_what_became_of_a_source_is_one_sentence(county_released):
    (line, *_) = source_lines(county_released.reconciliation)
    assert re.fullmatch(r"\w+: [\d,]+ events read, [\d,]+ counted;? .*\.", line)


def test_map_and_places_are_saved_for_slides_too(county_released, tmp_path):
    write_report(county_released, tmp_path / "r.html")
    for name in ("map.png", "places.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_what_the_selected_areas_have_in_common_adds_up(page, county_released):
    residents = int(county_released.top["residents"].sum())
    assert f"The selected areas hold {residents:,} residents" in page


def test_it_is_said_when_the_run_was_not_repeated(county_released, tmp_path):
    columns = ["p_selected", "rank_low", "rank_high", "tier"]
    every = county_released.all_areas.drop(columns=columns, errors="ignore")
    write_report(dataclasses.replace(county_released, all_areas=every), tmp_path / "r.html")
    assert "run was not repeated" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_how_sure_counts_firm_and_borderline_areas(county_released, tmp_path):
    every = county_released.all_areas
    tiers = every["selected"].map({True: "firm", False: "out"}).astype(object)
    tiers[every["rank"].idxmin()] = "borderline"
    every = every.assign(
        p_selected=0.5, tier=tiers, rank_low=every["rank"], rank_high=every["rank"]
    )
    write_report(dataclasses.replace(county_released, all_areas=every), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "7 of the 8 areas are firm: 95 or more of 100 repeats" in page
    assert "The others could leave it by chance." in page
    assert " 0 areas off the list" not in page
    assert "Ranks of the areas at the cut" in page


def test_events_lost_without_a_place_are_a_next_step(county_released, tmp_path):
    lost = county_released.reconciliation.assign(no_location=lambda t: t["read"] // 2)
    write_report(dataclasses.replace(county_released, reconciliation=lost), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "have no usable location" in page


def test_two_writes_give_the_same_bytes(page, county_released, tmp_path):
    write_report(county_released, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_what_a_dash_means_is_told_below_the_answer_and_not_above_it(county_released, tmp_path):
    plan = county_released.team_plan
    table = plan.places.table
    withheld = table["residents_10_24"].astype("Float64").mask(table.index == 1)
    unsure = table.assign(residents_10_24=withheld)
    plan = plan._replace(places=plan.places._replace(table=unsure))
    write_report(dataclasses.replace(county_released, team_plan=plan), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.index('class="answer"') < page.index("does not apply.</p>")
