"""Tables written as CSV: every different value of a column is put into text once."""

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

ROWS_AT_ONCE = 50_000
"""Lines that are joined in memory before they are written."""


def write_table(
    table: pd.DataFrame, path: Path, *, line_end: str = "\n", encoding: str = "utf-8"
) -> None:
    """Write a table as CSV without its index, byte for byte as pandas writes it.

    A county's tables repeat some thousand values in hundreds of thousands of cells; pandas puts
    each cell into text by itself, which takes three times as long.

    Parameters
    ----------
    table
        Of any types; missing values become empty cells.
    path
        The file, which is replaced.
    line_end, encoding
        Of the file.
    """
    # An empty cell alone in its line is quoted, which no column knows by itself.
    columns_know = len(table.columns) > 1 and len(table) > 0
    if not columns_know or not all(_is_plain(column) for _, column in table.items()):
        table.to_csv(path, index=False, lineterminator=line_end, encoding=encoding)
        return
    columns = [_texts(column, line_end) for _, column in table.items()]
    head = ",".join(_quoted(list(table.columns), line_end))
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(f"{head}{line_end}")
        for start in range(0, len(table), ROWS_AT_ONCE):
            rows = zip(*(column[start : start + ROWS_AT_ONCE] for column in columns), strict=True)
            file.write(line_end.join(map(",".join, rows)) + line_end)


def _is_plain(column: "pd.Series[Any]") -> bool:
    """Whether each value of a column has one text, whatever stands in the other cells."""
    kind: Any = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        of = kind.categories.dtype
        return bool(of in (object, "str") or of.kind in "iu")
    # One time of day in a column, and pandas writes the midnights of the others beside it.
    if kind.kind == "M":
        return bool(column.dt.normalize().equals(column))
    return bool(kind in (bool, object, "str", "boolean", *_DECIMALS) or kind.kind in "iu")


_DECIMALS = ("float64", "Float64")


def _texts(column: "pd.Series[Any]", line_end: str) -> list[str]:
    """The cells of a column as they stand in the file."""
    if column.dtype in _DECIMALS:
        # By their bits: 0 and -0 are equal, and are not written alike.
        plain = column.to_numpy(np.float64, copy=True, na_value=np.nan)
        codes, bits = pd.factorize(plain.view(np.int64))
        numbers = bits.view(np.float64)
        texts = np.where(np.isnan(numbers), "", numbers.astype(str)).tolist()
    elif column.dtype == object and infer_dtype(column, skipna=True) != "string":
        # Cell by cell: equal values of several types, such as 1 and True, are not written alike.
        return _quoted(column.where(column.notna(), "").tolist(), line_end)
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        numerals: list[str] = column.to_numpy().astype(str).tolist()
        return numerals
    elif column.dtype.kind == "M":
        codes, days = pd.factorize(column)
        texts = [day.date().isoformat() for day in days]
    else:
        codes, different = pd.factorize(column)
        texts = _quoted(different.tolist(), line_end)
    # A missing value has the code -1, which is the last text.
    cells: list[str] = np.array([*texts, ""], dtype=object)[codes].tolist()
    return cells


def _quoted(values: list[Any], line_end: str) -> list[str]:
    """Texts of some values, in quotation marks where the format asks for them."""
    texts = ["" if type(value) is not str else value for value in values]
    # Nearly every cell is a text that needs no mark; the writer of CSV is asked about the others.
    others = [
        at for at, value in enumerate(values) if type(value) is not str or _SPECIAL.search(value)
    ]
    lines = _Lines()
    # Beside an empty cell, because a cell that is alone in its line is quoted when it is empty.
    csv.writer(lines, lineterminator=line_end).writerows((values[at], "") for at in others)
    for at, line in zip(others, lines, strict=True):
        texts[at] = line[: -1 - len(line_end)]
    return texts


_SPECIAL = re.compile('[",\r\n]')


class _Lines(list[str]):
    """The lines that a writer of CSV writes, each by itself."""

    def write(self, line: str) -> None:
        """Take one line."""
        self.append(line)
