"""What a release prints of the counts of each factor and period, from its files or its tables."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskindex.disclosure import WITHHELD
from riskindex.forms import Known
from riskindex.groups import WHOLE, profile_kind
from riskindex.outsider import Seen, as_number
from riskindex.page_numbers import Pages

Key = tuple[str, str]
Value = str | float
Array = NDArray[np.float64]
AREAS = "areas"
"""Counts and flags of areas, beside the places of totals."""


@dataclass(frozen=True)
class Printed:
    """Of one factor and period; areas and places that nothing is printed of are left out."""

    cells: dict[str, Value] = field(default_factory=dict)
    """Area code to its count: a number or a mark."""
    totals: dict[str, Value] = field(default_factory=dict)
    """Place to its total; `WHOLE` for all."""
    bands: dict[str, float] = field(default_factory=dict)
    """Area code to its confidence, NaN where it is withheld."""
    hot: dict[str, float] = field(default_factory=dict)
    """Area code to 1 where it is hot, 0 where it is not."""
    files: dict[str, str] = field(default_factory=dict)
    """Place of a total, or `AREAS`, to the file that prints it."""


Release = Mapping[Key, Printed]


def printed_in(seen: Seen, known: Known) -> Release:
    """What the files of a release print: the data of the map, the GIS file, pages and manifest."""
    found: dict[Key, Printed] = defaultdict(Printed)
    names = {label: factor for factor, label in known.factors.items()}
    for document in seen.documents:
        if document.place == "map-data":
            _of_map(document.value, document.file, found)
        if document.file == "manifest.json":
            for test in document.value.get("tests", []):
                factor = str(test.get("factor"))
                key = (names.get(factor, factor), str(test.get("period") or ""))
                if test.get("total") is not None:
                    found[key].totals[WHOLE] = _value(test["total"])
                    found[key].files[WHOLE] = document.file
    for key, place, value, file in _district_totals(seen, known, names):
        found[key].totals[place] = value
        found[key].files[place] = file
    return found


_SIGNS = {"0": 0.0, "1": 90.0, "2": 95.0, "3": 99.0}


def _of_map(data: Mapping[str, Any], file: str, found: dict[Key, Printed]) -> None:
    codes = [str(code) for code in data.get("codes", [])]
    for factor in data.get("factors", []):
        for part in factor.get("periods", []):
            one = found[str(factor.get("name")), str(part.get("period"))]
            one.files[AREAS] = file
            for code, sign in zip(codes, part.get("hot", ""), strict=False):
                one.bands[code] = _SIGNS.get(sign, float("nan"))
            for code, sign in zip(codes, part.get("is_hot", ""), strict=False):
                told = not np.isnan(one.bands.get(code, float("nan")))
                one.hot[code] = float(sign == "1") if told else float("nan")
            for code, value in zip(codes, part.get("observed", []), strict=False):
                one.cells[code] = _value(value)
        _of_years(factor, codes, file, found)


def _of_years(
    factor: Mapping[str, Any], codes: list[str], file: str, found: dict[Key, Printed]
) -> None:
    """Never or always hot tells of every period, also where its areas are not shown."""
    spans = [str(span) for span in factor.get("spans", [])]
    bands = factor.get("years", {}).get("band", "")
    for code, sign in zip(codes, bands, strict=False):
        if sign in _OF_EVERY:
            for span in spans:
                one = found[str(factor.get("name")), span]
                one.hot.setdefault(code, _OF_EVERY[sign])
                one.files.setdefault(AREAS, file)


_OF_EVERY = {"0": 0.0, "3": 1.0}


def _district_totals(
    seen: Seen, known: Known, names: Mapping[str, str]
) -> Iterator[tuple[Key, str, Value, str]]:
    """Totals in the pages of districts, in tables and sentences under the label of a factor."""
    pages = Pages(seen, known)
    columns = {(table.file, table.place): table.columns for table in seen.tables}
    last: dict[str, str] = {}
    for text in seen.texts:
        places = pages.own_place(text.file)
        if text.text in names:
            last[text.file] = names[text.text]
        elif places and text.file in last:
            heads = columns.get((text.file, text.place.removesuffix(", a line")), ())
            for period, value in _in_line(text.text, heads):
                yield (last[text.file], period), places[0], _value(value), text.file


def _in_line(text: str, heads: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Periods and their totals in a line of a table, or at the start of a sentence."""
    if {"Period", "Events"} <= set(heads):
        cells = text.split(" | ")
        yield cells[heads.index("Period")], cells[heads.index("Events")].strip()
    elif found := re.match(r"([\d,]+|\[c\]) in ([^;:,]+);", text):
        yield found[2], found[1]


def _value(value: Any) -> Value:  # noqa: ANN401 (a cell holds what it holds)
    number = as_number(value)
    return str(value) if np.isnan(number) else number


def printed_before(tables: Mapping[str, pd.DataFrame]) -> Release:
    """What an earlier release printed, from its tables in the ledger."""
    found: dict[Key, Printed] = defaultdict(Printed)
    sensitive = tables["factors"]["sensitive"] if "factors" in tables else pd.Series(dtype=bool)
    if "hotspots" in tables:
        table = tables["hotspots"]
        band = pd.to_numeric(table["confidence"], errors="coerce").to_numpy(dtype=float)
        hot = np.where(np.isnan(band), np.nan, table["is_hot"].astype(float))
        columns = zip(table.index, table["observed"], band, hot, strict=True)
        for (factor, period, code), observed, confidence, is_hot in columns:
            one = found[str(factor), str(period)]
            one.bands[str(code)], one.hot[str(code)] = float(confidence), float(is_hot)
            if not bool(sensitive.get(factor, True)):
                one.cells[str(code)] = _value(observed)
    if "district_counts" in tables:
        for (factor, period, place), row in tables["district_counts"].iterrows():
            marked = row["mark"] if row["mark"] else WITHHELD
            value = _value(row["events"])
            missing = value in ("None", "nan", "")
            found[str(factor), str(period)].totals[str(place)] = marked if missing else value
    return found


def places_of(known: Known) -> Mapping[str, str]:
    """Area code to the place that pages are about; nothing where there are none."""
    kind = profile_kind(known.kinds)
    return known.groups.get(kind or "", {})
