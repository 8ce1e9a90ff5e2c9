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
    kinds = [column.dtype for _, column in table.items()]
    # An empty cell alone in its line is quoted, which no column knows by itself.
    if len(kinds) < 2 or not len(table) or not all(map(_is_plain, kinds)):
        table.to_csv(path, index=False, lineterminator=line_end, encoding=encoding)
        return
    columns = [_texts(column, line_end) for _, column in table.items()]
    head = ",".join(_quoted(list(table.columns), line_end))
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(f"{head}{line_end}")
        for start in range(0, len(table), ROWS_AT_ONCE):
            rows = zip(*(column[start : start + ROWS_AT_ONCE] for column in columns), strict=True)
            file.write(line_end.join(map(",".join, rows)) + line_end)


def _is_plain(kind: Any) -> bool:  # noqa: ANN401 (a dtype of NumPy or of pandas)
    """Whether values of a type are written as they are: numbers, flags and texts, but no dates."""
    if isinstance(kind, pd.CategoricalDtype):
        return kind.categories.dtype in (object, "str") or kind.categories.dtype.kind in "iu"
    return kind in (np.float64, bool, object, "str") or kind.kind in "iu" or kind == "boolean"


def _texts(column: "pd.Series[Any]", line_end: str) -> list[str]:
    """The cells of a column as they stand in the file."""
    if column.dtype == np.float64:
        # By their bits: 0 and -0 are equal, and are not written alike.
        codes, bits = pd.factorize(column.to_numpy(copy=True).view(np.int64))
        numbers = bits.view(np.float64)
        texts = np.where(np.isnan(numbers), "", numbers.astype(str)).tolist()
    elif column.dtype == object and infer_dtype(column, skipna=True) != "string":
        # Cell by cell: equal values of several types, such as 1 and True, are not written alike.
        return _quoted(column.where(column.notna(), "").tolist(), line_end)
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        numerals: list[str] = column.to_numpy().astype(str).tolist()
        return numerals
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
