"""Whether the map's panels, the report and the workbook say one number of one thing."""

import re

import openpyxl

from riskindex.cut import of_100
from riskindex.outputs.pages import percent
from riskindex.outputs.report.cells import reason_cells
from riskindex.tables import rows


def list_lines(workbook):
    """The sheet List: area code to heading to value."""
    sheet = openpyxl.load_workbook(workbook)["List"]
    (table,) = sheet.tables.values()
    head, *lines = sheet[table.ref]
    names = [str(cell.value) for cell in head]
    records = [dict(zip(names, (cell.value for cell in line), strict=True)) for line in lines]
    return {line["Area code"]: line for line in records}


def report_rows(page):
    """The rows of areas of a report, by code."""
    found = re.findall(r"<tr[^>]*><td.*?</tr>", page)
    return {code[0]: row for row in found if (code := re.search(r"E\d{8}", row))}


def compare_panels(page, released, lines, table, *, most):
    """Read the panel of the first areas of a list, and hold every number against the others.

    `page` is the map, opened with its list of areas; `lines` and `table` are of `list_lines` and
    `report_rows`. Gives how many numbers of factors were compared.
    """
    codes = [str(code) for code in released.top.index[:most]]
    cells = reason_cells(released, codes)
    compared = 0
    for code in codes:
        area, line = released.top.loc[code], lines[code]
        page.locator("#list-rows th button", has_text=str(area["name"])).first.click()
        panel = page.locator("#panel-area").inner_text()
        repeats = of_100(area["p_selected"])
        assert f"Selected in {repeats} of 100 repeats" in panel
        assert f'<td class="number">{repeats}</td>' in table[code]
        assert str(line["Selected in so many of 100 repeats"]) == repeats
        assert f"{area['score']:.1f} of 100" in panel
        assert f'<td class="number">{area["score"]:.1f}</td>' in table[code]
        for factor, of in cells.items():
            if code not in of:
                continue
            label = released.factors.at[factor, "label"]
            (heading,) = [name for name in line if name.startswith(f"{label}, ")]
            here = of[code].here
            assert here in table[code].replace("&#x27;", "'")
            if counted := re.search(r"([\d,]+) here(?:, ([\d.,]+)×)?", here):
                assert int(counted[1].replace(",", "")) == line[heading]
                # Of no event there is no ratio.
                times = rf".*\({counted[2]} times\)" if counted[2] else ""
                assert re.search(rf"\b{counted[1]}( weighted)? where {times}", panel)
                compared += 1
            elif here.endswith("%"):
                tests = rows(released.hotspots, factor=factor)
                last = tests.xs(tests.index.get_level_values("period")[-1], level="period")
                # 12.5% is 13%: half away from zero, on every page and in the sheet.
                assert here == percent(last.loc[code, "value"]) == f"{line[heading]:.0f}%"
                assert f"{here} (" in panel  # the card's own words, before its limit
                compared += 1
    return compared
