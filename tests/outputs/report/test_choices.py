"""What the report and the workbook say of other choices and of who lives in the areas."""

import dataclasses

import pandas as pd
import pytest

from riskindex import release, save
from riskindex.outputs.report.choices import (
    TABLES,
    choice_sentence,
    choice_table,
    choices_part,
    composition_part,
    composition_table,
    double_counting_part,
    effective_table,
    matters_table,
)
from riskindex.tables import Sensitivity


@pytest.fixture(scope="module")
def public(county_result, small_lists_leave):
    return release(county_result, profile="public")


def test_every_choice_stands_in_the_report_in_words(county_released):
    html = choices_part(county_released)
    table = choice_table(county_released)
    assert len(table) == len(county_released.sensitivity.choices)
    assert table["Kind"].notna().all()
    for words in ("Which choice matters most", "Weight and effect", "Geometric mean"):
        assert words in html
    assert "E01" not in html


def test_the_line_at_the_end_of_a_run_says_what_matters_most(county_released):
    line = choice_sentence(county_released)
    table = county_released.sensitivity.choices
    assert f"{(table['note'] == '').sum()} other choices were tried" in line
    some = table[table["selected"] > 0]
    assert f"the most {int(some['left'].max())} (" in line
    assert "matters most" in line


def test_choices_without_a_list_are_told_below_the_table(county_released):
    page = choices_part(county_released)
    table = county_released.sensitivity.choices
    failed = table[table["note"] != ""]
    assert len(failed) > 0
    assert page.count(" could not be tried. ") == len(failed)
    assert "Geometric mean and Harmonic mean: no area is selected" in page


def test_areas_are_named_inside_and_nowhere_else(county_released, public):
    assert choice_table(county_released)["Left, highest risk first"].str.contains("E0").any()
    assert not any("highest risk" in column for column in choice_table(public))


def test_without_repeats_nothing_is_said_of_what_matters(county_released):
    bare = dataclasses.replace(
        county_released,
        sensitivity=dataclasses.replace(county_released.sensitivity, matters=pd.DataFrame()),
    )
    assert matters_table(bare).empty
    assert "Which choice matters most" not in choices_part(bare)
    assert "Chance in the counts" in matters_table(county_released)["Choice"].tolist()


def test_weights_and_effects_are_whole_percents_of_one(county_released):
    weights = effective_table(county_released)["Weight"].str.rstrip("%").astype(int)
    assert abs(weights.sum() - 100) <= len(weights) / 2


def test_a_factor_that_runs_against_the_index_is_released_without_a_minus_nought(public, tmp_path):
    effective = public.sensitivity.effective
    shares = [-0.001, -0.06, *effective["share"].iloc[2:]]
    against = dataclasses.replace(public.sensitivity, effective=effective.assign(share=shares))
    told = dataclasses.replace(public, sensitivity=against)
    assert effective_table(told)["Share of the variance"].tolist()[:2] == ["0%", "-6%"]
    save(told, tmp_path / "result")


def test_who_lives_there_is_said_with_a_decimal_inside_and_whole_outside(county_released, public):
    inside, outside = composition_table(county_released), composition_table(public)
    assert inside["Share"].tolist() == outside["Share"].tolist()
    assert "Residents aged 65 and over" in inside["Share"].tolist()
    assert "Households deprived in two or more dimensions" in inside["Share"].tolist()
    assert inside["In the selected areas"].str.contains(r"^\d+\.\d%$").all()
    assert outside["In the selected areas"].str.contains(r"^\d+%$").all()
    assert "Who lives in the selected areas" in composition_part(county_released)


def test_pairs_that_count_twice_say_what_to_do(county_released, public):
    html = double_counting_part(county_released)
    assert "Put both into one group" in html
    assert "Rank correlation" in html
    assert "Rank correlation" not in double_counting_part(public)


def test_nothing_to_say_is_said(county_released):
    empty = dataclasses.replace(
        county_released,
        sensitivity=Sensitivity(),
        composition=pd.DataFrame(),
        double_counting=pd.DataFrame(),
    )
    assert choice_sentence(empty) == ""
    assert "No other choice was tried" in choices_part(empty)
    assert "No shares were given" in composition_part(empty)
    assert double_counting_part(empty) == ""
    assert all(told.table(empty).empty for told in TABLES)


def test_report_and_workbook_hold_them(county_released, tmp_path):
    from openpyxl import load_workbook

    from riskindex.outputs.report.page import write_report
    from riskindex.outputs.workbook import write_workbook

    write_workbook(county_released, tmp_path / "w.xlsx")
    sheets = load_workbook(tmp_path / "w.xlsx", read_only=True).sheetnames
    assert {told.label for told in TABLES} - {"Points given"} <= set(sheets)
    write_report(county_released, tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    for title in ("What if we had chosen differently", "Who lives in the selected areas"):
        assert f"<h2>{title}</h2>" in html
