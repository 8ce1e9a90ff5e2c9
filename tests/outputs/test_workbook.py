"""The workbook: laid out for a screen reader, and nothing in it acts."""

import dataclasses

import openpyxl
import pandas as pd
import pytest

from riskindex.cut import of_100
from riskindex.outputs.workbook import write_csv, write_workbook

PAYLOADS = [
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "[x](javascript:alert(1))",
    "$$note$$",
    "http://evil.example",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "mailto:a@b.example",
]


@pytest.fixture(scope="module")
def workbook(county_released, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "workbook.xlsx"
    write_workbook(county_released, path)
    return openpyxl.load_workbook(path)


def test_the_sheets_stand_in_the_order_of_reading(workbook):
    first = ["Cover", "Contents", "Places", "List", "All areas", "Factors"]
    assert workbook.sheetnames[:6] == first
    assert workbook.sheetnames[-1] == "Notes"


def test_the_cover_says_who_it_is_for(workbook):
    cover = [cell.value for row in workbook["Cover"].iter_rows() for cell in row]
    assert "Release profile: internal" in cover


def test_every_sheet_has_a_title_and_one_marked_table(workbook):
    for name in workbook.sheetnames[1:]:
        sheet = workbook[name]
        assert sheet["A1"].value
        assert len(sheet.tables) == 1
        assert "internal" in sheet.oddFooter.right.text


def test_the_list_holds_the_selected_areas_and_no_empty_cell(workbook, county_released):
    sheet = workbook["List"]
    (table,) = sheet.tables.values()
    rows = list(sheet[table.ref])
    assert len(rows) == 1 + len(county_released.top)
    assert all(cell.value not in (None, "") for row in rows for cell in row)


def poisoned(released):
    """The release with payloads as names, reasons, notes, title and factor labels."""
    names = [PAYLOADS[k % len(PAYLOADS)] for k in range(len(released.all_areas))]
    every = released.all_areas.assign(name=names, reasons=names[::-1])
    top = released.top.assign(name=names[: len(released.top)])
    factors = released.factors.assign(label=names[: len(released.factors)])
    return dataclasses.replace(
        released,
        top=top,
        all_areas=every,
        factors=factors,
        notes=tuple(PAYLOADS),
        title=PAYLOADS[6],
        about=PAYLOADS[0],
        attribution=tuple(PAYLOADS),
    )


def test_text_never_becomes_a_formula_or_a_link(county_released, tmp_path):
    write_workbook(poisoned(county_released), tmp_path / "w.xlsx")
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
        outside = [c.hyperlink for row in sheet.iter_rows() for c in row if c.hyperlink]
        assert all(link.target is None for link in outside)


@pytest.mark.parametrize("payload", PAYLOADS[:6])
def test_text_in_a_csv_is_no_formula(payload, tmp_path):
    write_csv(pd.DataFrame({"name": [payload], payload: ["x"]}), tmp_path / "t.csv")
    read = pd.read_csv(tmp_path / "t.csv", encoding="utf-8-sig")
    assert read["name"].iloc[0].startswith("'")
    assert read.columns[1].startswith("'")


def test_two_writes_give_the_same_bytes(county_released, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(county_released, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_names_without_a_letter_and_an_empty_list_can_be_written(county_released, tmp_path):
    signs = ["-", "?", "\N{GREEK CAPITAL LETTER OMEGA}"]
    names = [signs[k % 3] for k in range(len(county_released.all_areas))]
    changed = dataclasses.replace(
        county_released,
        all_areas=county_released.all_areas.assign(name=names),
        top=county_released.top.iloc[:0],
    )
    write_workbook(changed, tmp_path / "workbook.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "workbook.xlsx")["All areas"]
    assert "- (as recorded)" in {cell.value for row in sheet.iter_rows() for cell in row}


def test_no_column_is_wider_than_a_screen_can_show_and_long_text_goes_on_below(workbook):
    for sheet in workbook.worksheets:
        widths = [column.width for column in sheet.column_dimensions.values()]
        assert max(widths) <= 61, sheet.title
    (table,) = workbook["List"].tables.values()
    head, first, *_ = workbook["List"][table.ref]
    names = [cell.value for cell in head]
    assert first[names.index("Reasons")].alignment.wrap_text


def test_headings_stay_in_sight_and_repeat_on_every_printed_page(workbook):
    for sheet in workbook.worksheets[2:]:
        (table,) = sheet.tables.values()
        head = int("".join(c for c in table.ref.split(":")[0] if c.isdigit()))
        assert sheet.freeze_panes is not None
        assert sheet.freeze_panes.endswith(str(head + 1)), sheet.title
        assert sheet.print_title_rows == f"${head}:${head}"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_the_list_has_the_own_numbers_of_each_factor_and_reasons_last(workbook, county_released):
    (table,) = workbook["List"].tables.values()
    head, *lines = workbook["List"][table.ref]
    names = [str(cell.value) for cell in head]
    assert names[-1] == "Reasons"
    last = county_released.hotspots["observed"].xs("2022", level="period").loc["suspects"]
    (place,) = [
        k for k, n in enumerate(names) if n.startswith("Serious violence suspects' homes, ")
    ]
    assert "(average area " in names[place]
    values = [line[place].value for line in lines]
    assert values == last.reindex(county_released.top.index).tolist()
    repeats = names.index("Selected in so many of 100 repeats")
    p = county_released.top["p_selected"]
    assert [str(line[repeats].value) for line in lines] == [of_100(share) for share in p]


def test_a_value_beside_a_benchmark_is_coloured_by_what_its_note_says(county_released, tmp_path):
    table = county_released.figures
    table = table.assign(note=["England 33: worse", *table["note"].iloc[1:]])
    beside = dataclasses.replace(county_released)
    beside.__dict__["figures"] = table
    write_workbook(beside, tmp_path / "workbook.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "workbook.xlsx")["Figures"]
    (of,) = sheet.tables.values()
    head, first, *_ = sheet[of.ref]
    value = next(cell.column_letter for cell in head if cell.value == "Value")
    note = next(cell for cell in first if cell.value == "England 33: worse")
    (area,) = sheet.conditional_formatting
    assert str(area.sqref) == f"{value}{first[0].row}:{value}{sheet.max_row}"
    rules = {rule.formula[0]: rule.dxf.fill.bgColor.rgb for rule in area.rules}
    worse = f'RIGHT(${note.column_letter}{note.row},7)=": worse"'
    assert rules[worse] == "FFF46A25"
    assert len(rules) == 5
