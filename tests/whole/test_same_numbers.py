"""The map's panels, the report and the workbook say the same number of the same thing."""

import re
from typing import Any

import openpyxl
import pytest

from riskindex.cut import of_100
from riskindex.outputs.report.cells import reason_cells

pytestmark = pytest.mark.browser

MOST = 4
"""Areas of the list whose panels are read."""


@pytest.fixture(scope="module")
def folder(county_saved):
    return county_saved("internal")


@pytest.fixture(scope="module")
def workbook_lines(folder):
    """The sheet List: area code to heading to value."""
    sheet = openpyxl.load_workbook(folder / "workbook.xlsx")["List"]
    (table,) = sheet.tables.values()
    head, *lines = sheet[table.ref]
    names = [str(cell.value) for cell in head]
    told = [dict(zip(names, (cell.value for cell in line), strict=True)) for line in lines]
    return {line["Area code"]: line for line in told}


def report_rows(page: str) -> dict[str, str]:
    rows = re.findall(r"<tr data-row=.*?</tr>", page)
    return {re.search(r"E\d{8}", row)[0]: row for row in rows if re.search(r"E\d{8}", row)}


def test_an_area_has_the_same_numbers_on_map_report_and_workbook(
    opened: Any, folder, county_released, workbook_lines
):
    rows = report_rows((folder / "report.html").read_text(encoding="utf-8"))
    codes = [str(code) for code in county_released.top.index[:MOST]]
    cells = reason_cells(county_released, codes)
    page = opened(folder / "map.html", "#view=areas")
    compared = 0
    for code in codes:
        area, line = county_released.top.loc[code], workbook_lines[code]
        page.locator("#list-rows th button", has_text=str(area["name"])).first.click()
        panel = page.locator("#panel-area").inner_text()
        repeats = of_100(area["p_selected"])
        assert f"Selected in {repeats} of 100 repeats" in panel
        assert f'<td class="number">{repeats}</td>' in rows[code]
        assert str(line["Selected in so many of 100 repeats"]) == repeats
        assert f"{area['score']:.1f} of 100" in panel
        assert f'<td class="number">{area["score"]:.1f}</td>' in rows[code]
        for factor, of in cells.items():
            if code not in of:
                continue
            label = county_released.factors.at[factor, "label"]
            (heading,) = [name for name in line if name.startswith(f"{label}, ")]
            here = of[code].here
            assert here in rows[code].replace("&#x27;", "'")
            if counted := re.search(r"([\d,]+) here(?:, ([\d.,]+)×)?", here):
                assert int(counted[1].replace(",", "")) == line[heading]
                assert re.search(
                    rf"\b{counted[1]}( weighted)? where .*\({counted[2]} times\)", panel
                )
                compared += 1
            elif here.endswith("%"):
                assert f"{line[heading]:.0f}%" == here
                assert f"{here} (" in panel  # the card's own words, before its limit
                compared += 1
    assert compared >= 2 * MOST
