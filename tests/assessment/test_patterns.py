"""Weekdays, hours and months stand out only by a test that allows for the days there were."""

import numpy as np
import pandas as pd
import pytest
from figure_tables import records, row, shown

from riskindex.assessment.figures import make_figures
from riskindex.assessment.patterns import stand_out_rows


def mixed(aspect, counts, years=None, **options):
    rhythm = records({("N", aspect, category): n for category, n in counts.items()}, "2023")
    return make_figures(shown(years or {"2023": (126, 0, 0)}, rhythm=rhythm, **options))


def days(*counts):
    return {str(day): n for day, n in enumerate(counts, start=1)}


def test_a_thursday_of_evenly_drawn_dates_is_no_pattern():
    table = mixed("weekday", days(16, 17, 17, 26, 16, 17, 17))
    thursday = row(table, kind="mix", place="N", category="4")
    assert thursday["value"] == 20.6
    assert thursday["note"] == ""
    assert thursday["ratio"] == pytest.approx(26 / (126 * 52 / 365), abs=1e-4)
    named = row(
        mixed("weekday", days(13, 13, 14, 46, 13, 14, 13)), kind="mix", place="N", category="4"
    )
    assert named["note"].startswith("stands out, adjusted p ")


def test_months_are_as_long_as_they_are():
    rates = {
        f"2023-{m:02d}": 10 * n
        for m, n in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1)
    }
    table = mixed("month", rates)
    months = table[(table["by"] == "month") & (table["place"] == "N")]
    assert len(months) == 12
    assert (months["ratio"] == 1).all()


def test_those_not_recorded_and_protected_cells_are_not_tested():
    hours = {f"{h:02d}": 10 for h in range(23)} | {"23": 90, "": 500, "default time": 900}
    table = mixed("hour", hours)
    assert row(table, kind="mix", place="N", category="23")["note"].startswith("stands out")
    assert np.isnan(row(table, kind="mix", place="N", category="not recorded")["ratio"])
    default = row(table, kind="mix", place="N", category="default time")
    assert np.isnan(default["ratio"])
    assert (default["count"], default["note"]) == (900, "")
    protected = mixed("hour", hours, restricted=["f"])
    of_hours = protected[(protected["by"] == "hour") & (protected["category"] != "not recorded")]
    assert len(of_hours) >= 24
    assert of_hours["ratio"].isna().all()
    assert not of_hours["note"].str.contains("stands out").any()


def test_of_a_thousand_even_series_few_have_a_day_that_stands_out():
    rng = np.random.default_rng(1)
    chances = np.array([53, 52, 52, 52, 52, 52, 52]) / 365
    lines = [
        ("f", "all", "2023", str(i), "weekday", str(day), n)
        for i in range(1_000)
        for day, n in enumerate(rng.multinomial(300, chances), start=1)
    ]
    columns = ["factor", "group", "period", "place", "aspect", "category", "count"]
    table = pd.DataFrame(lines, columns=columns)
    found = stand_out_rows(table, shown({"2023": (1, 0, 0)}))
    named = (found["note"] != "").groupby(table["place"]).any()
    assert named.sum() <= 65
    assert len(named) == 1_000
