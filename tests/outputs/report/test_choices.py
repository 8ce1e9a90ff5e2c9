"""What the report and the workbook say of other choices and of who lives in the areas."""

import dataclasses

import pandas as pd
import pytest

from riskindex import save
from riskindex.index.diagnostics import strong_pairs
from riskindex.outputs.pages import escape
from riskindex.outputs.report.choices import (
    MOST_CHOICES,
    MOST_PAIRS,
    TABLES,
    choice_sentence,
    choice_table,
    choices_part,
    composition_part,
    composition_table,
    double_counting_part,
    effective_table,
    matters_table,
    questions_part,
)
from riskindex.tables import Sensitivity


@pytest.fixture(scope="module")
def public(county_release):
    return county_release("public")


def test_every_choice_stands_in_a_table_and_the_most_telling_of_each_kind_in_the_report(
    county_released,
):
    html = choices_part(county_released)
    table = choice_table(county_released)
    assert len(table) == len(county_released.sensitivity.choices)
    assert table["Kind"].notna().all()
    assert html.count("<tr") == 1 + MOST_CHOICES
    worst = table.loc[table["Left"].where(table["Areas selected"] > 0).astype(float).idxmax()]
    assert html.index(escape(worst["Choice"])) < html.index("</tr><tr ", html.index("<tbody>"))
    assert "E01" not in html


def test_the_line_at_the_end_of_a_run_says_what_matters_most(county_released):
    line = choice_sentence(county_released)
    table = county_released.sensitivity.choices
    assert f"{(table['note'] == '').sum()} other choices were tried" in line
    some = table[table["selected"] > 0]
    assert f"the most {int(some['left'].max())} (" in line
    assert "matters most" in line


def test_choices_without_a_list_are_counted_and_the_workbook_says_why(county_released, public):
    table = county_released.sensitivity.choices
    failed = table[table["note"] != ""]
    assert len(failed) > 0
    assert f"{len(failed)} could not be tried and 2 gave an empty list" in (
        choices_part(county_released)
    )
    assert (choice_table(county_released)["Note"] != "").sum() == len(failed)
    notes = set(choice_table(public)["Note"]) - {""}
    assert notes == {"It cannot be computed from these data."}


def test_areas_are_named_inside_and_nowhere_else(county_released, public):
    assert choice_table(county_released)["Left, highest risk first"].str.contains("E0").any()
    assert not any("highest risk" in column for column in choice_table(public))


def test_without_repeats_nothing_is_said_of_what_matters(county_released):
    bare = dataclasses.replace(
        county_released,
        sensitivity=dataclasses.replace(county_released.sensitivity, matters=pd.DataFrame()),
    )
    assert matters_table(bare).empty
    assert "has the largest part" not in choices_part(bare)
    assert "has the largest part" in choices_part(county_released)
    assert "Chance in the counts" in matters_table(county_released)["Choice"].tolist()


def test_weights_have_a_decimal_so_that_an_eighth_is_no_12_percent(county_released):
    weights = effective_table(county_released)["Weight"].str.rstrip("%").astype(float)
    assert weights.sum() == pytest.approx(100, abs=0.05 * len(weights))
    eighths = pd.DataFrame({"weight": 0.125, "share": 0.5}, county_released.factors.index[:1])
    eighth = dataclasses.replace(county_released.sensitivity, effective=eighths)
    released = dataclasses.replace(county_released, sensitivity=eighth)
    assert effective_table(released)["Weight"].tolist() == ["12.5%"]


def test_a_factor_that_runs_against_the_index_is_released_without_a_minus_nought(public, tmp_path):
    effective = public.sensitivity.effective
    shares = [-0.001, -0.06, *effective["share"].iloc[2:]]
    against = dataclasses.replace(public.sensitivity, effective=effective.assign(share=shares))
    changed = dataclasses.replace(public, sensitivity=against)
    assert effective_table(changed)["Share of the variance"].tolist()[:2] == ["0%", "-6%"]
    save(changed, tmp_path / "result")


def test_who_lives_there_is_said_with_a_decimal_inside_and_whole_outside(county_released, public):
    inside, outside = composition_table(county_released), composition_table(public)
    assert inside["Share"].tolist() == outside["Share"].tolist()
    assert "Residents aged 65 and over" in inside["Share"].tolist()
    assert "Households deprived in two or more dimensions (scored)" in inside["Share"].tolist()
    assert inside["In the selected areas"].str.contains(r"^\d+\.\d%$").all()
    assert outside["In the selected areas"].str.contains(r"^\d+%$").all()
    assert "Who lives in the selected areas" in composition_part(county_released)


def test_pairs_that_count_twice_say_what_to_do(county_released, public):
    html = double_counting_part(county_released)
    assert "Put both into one group" in html
    assert "Rank correlation" in html
    assert "Rank correlation" not in double_counting_part(public)


def test_correlations_are_told_once_and_the_strongest_pairs_by_name(county_released):
    html = questions_part(county_released)
    pairs = strong_pairs(county_released.correlations)
    assert f"{len(pairs)} pair" in html
    named = [f"({rho:+.2f})" for rho in list(pairs.values())[:MOST_PAIRS]]
    assert all(rho in html for rho in named)


def test_nothing_to_say_is_no_part(county_released):
    empty = dataclasses.replace(
        county_released,
        sensitivity=Sensitivity(),
        composition=pd.DataFrame(),
        double_counting=pd.DataFrame(),
    )
    assert choice_sentence(empty) == ""
    assert choices_part(empty) == composition_part(empty) == ""
    assert double_counting_part(empty) == ""
    assert all(one.table(empty).empty for one in TABLES)


def test_report_and_workbook_hold_them(county_released, tmp_path):
    from openpyxl import load_workbook

    from riskindex.outputs.report.page import write_report
    from riskindex.outputs.workbook import write_workbook

    write_workbook(county_released, tmp_path / "w.xlsx")
    sheets = load_workbook(tmp_path / "w.xlsx", read_only=True).sheetnames
    assert {one.label for one in TABLES} - {"Points given"} <= set(sheets)
    write_report(county_released, tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    for title in ("What if we had chosen differently", "Who lives in the selected areas"):
        assert f"<h2>{title}</h2>" in html
