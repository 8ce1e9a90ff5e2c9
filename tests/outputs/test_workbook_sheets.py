"""Sheets of the workbook: what each holds, and that none is made of nothing."""

import dataclasses

import pandas as pd
import pytest

from riskindex.outputs import workbook_sheets
from riskindex.outputs.workbook_sheets import hotspot_table, list_table, place_table, sheets_of


@pytest.fixture(scope="module")
def sheets(county_released):
    return {sheet.label: sheet for sheet in sheets_of(county_released)}


def test_labels_fit_on_the_tab_of_a_sheet_and_differ(county_released, sheets):
    assert len(sheets) == len(sheets_of(county_released))
    assert all(len(label) <= 31 for label in sheets)


def test_every_sheet_has_a_title_and_decimals_for_columns_that_it_has(sheets):
    for sheet in sheets.values():
        assert sheet.title
        assert len(sheet.table.columns)
        assert not any(isinstance(column, tuple) for column in sheet.table)


def test_the_list_reads_rank_first_then_the_code(county_released):
    table = list_table(county_released)
    assert list(table.columns[:2]) == ["rank", "area_code"]
    assert len(table) == len(county_released.top)


def test_above_so_many_areas_only_the_selected_ones_are_held(county_released, monkeypatch):
    monkeypatch.setattr(workbook_sheets, "ALL_AREAS_UP_TO", len(county_released.all_areas) - 1)
    assert "All areas" not in {sheet.label for sheet in sheets_of(county_released)}


def test_without_places_there_is_no_sheet_of_them_and_an_empty_table(county_released):
    nowhere = dataclasses.replace(county_released, team_plan=None)
    assert "Places" not in {sheet.label for sheet in sheets_of(nowhere)}
    assert place_table(nowhere).empty


def test_tests_stand_one_to_a_line_by_factor_period_and_area(county_released):
    table = hotspot_table(county_released)
    assert list(table.columns[:4]) == ["factor", "period", "area_code", "name"]
    assert not table.duplicated(["factor", "period", "area_code"]).any()
    assert isinstance(table, pd.DataFrame)


def test_every_row_of_the_figures_stands_in_one_of_three_sheets(county_released, monkeypatch):
    monkeypatch.setattr(workbook_sheets, "FIGURES_UP_TO", 10**6)
    held = {sheet.label: sheet.table for sheet in sheets_of(county_released)}
    parts = [held[label] for label in ("Figures", "Who and when", "Areas and list")]
    names = [name for part in parts for name in part["Row"]]
    assert sorted(names) == sorted(county_released.figures["row"])
    assert set(parts[1]["Kind"]) == {"mix"}
    assert {"list", "choices", "composition"} <= set(parts[2]["Kind"])


@pytest.mark.parametrize("most", [1, 40, 5_000])
def test_a_sheet_of_figures_never_holds_more_than_it_may(county_released, monkeypatch, most):
    monkeypatch.setattr(workbook_sheets, "FIGURES_UP_TO", most)
    for sheet in sheets_of(county_released):
        if sheet.label in workbook_sheets.FIGURES:
            assert 0 < len(sheet.table) <= most
            assert len(sheet.table) <= 1_048_576 - 20
