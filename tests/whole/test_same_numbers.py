"""The map's panels, the report and the workbook say the same number of the same thing."""

from typing import Any

import pytest
from one_number import compare_panels, list_lines, report_rows

pytestmark = pytest.mark.browser

MOST = 4
"""Areas of the list whose panels are read."""


def test_an_area_has_the_same_numbers_on_map_report_and_workbook(
    opened: Any, county_saved, county_released
):
    folder = county_saved("internal")
    page = opened(folder / "map.html", "#view=areas")
    table = report_rows((folder / "report.html").read_text(encoding="utf-8"))
    lines = list_lines(folder / "workbook.xlsx")
    assert compare_panels(page, county_released, lines, table, most=MOST) >= 2 * MOST
