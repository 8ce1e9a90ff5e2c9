"""Three invented districts with counts and records, shown to a reader; and how a row is found."""

import numpy as np
import pandas as pd

from riskindex.assessment.figure_rows import Shown
from riskindex.assessment.place_counts import count_places, places_by_kind, sum_residents

CODES = pd.Index(["a", "b", "c"], name="area_code")


RHYTHM = ["factor", "group", "period", "place", "aspect", "value"]


def shown(
    counts,
    *,
    residents=(1000, 3000, 6000),
    rhythm=None,
    restricted=(),
    marks=None,
    unit="calendar-year",
    part_periods=(),
):
    """Three districts of one area each; `counts` maps a period to their counts."""
    areas = pd.DataFrame(
        {"name": CODES, "district": ["N", "E", "S"], "residents": residents}, index=CODES
    )
    wide = pd.DataFrame({("f", "all", p): list(n) for p, n in counts.items()}, index=CODES)
    wide.columns = wide.columns.set_names(["factor", "group", "period"])
    places = places_by_kind(areas)
    table = pd.concat(
        [
            sum_residents(places, areas["residents"]),
            count_places(wide.astype("Int64"), places, areas["residents"]),
        ]
    )
    if marks:
        table = table.assign(mark=table.index.get_level_values("place").map(marks).fillna(""))
        table["count"] = table["count"].mask(table["mark"] != "")
    return Shown(
        places=table,
        rhythm=pd.DataFrame() if rhythm is None else rhythm,
        rhythm_kind="district",
        labels={"f": "Violence"},
        counted={"f": "records"},
        periods={"f": tuple(counts)},
        restricted=frozenset(restricted),
        whole="the county",
        units={"f": unit},
        part_periods=frozenset(("f", label) for label in part_periods),
    )


def row(figures, **named):
    found = figures[np.logical_and.reduce([figures[c] == v for c, v in named.items()])]
    assert len(found) == 1, found
    return found.iloc[0]


def records(of, period="2022"):
    """Records by place, aspect and value; months are of their own year, the rest of one."""
    lines = {
        ("f", "all", key[2][:4] if key[1] == "month" else period, *key): n for key, n in of.items()
    }
    index = pd.MultiIndex.from_tuples(list(lines), names=RHYTHM)
    return pd.DataFrame({"records": list(lines.values())}, index=index)


def monthly(*months, n=9):
    return {("N", "month", month): n for month in months}
