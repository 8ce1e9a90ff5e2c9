"""Long tables: several rows of one area, told apart by a category, kept by a rule or pivoted."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from riskindex.areas.editions import first_few
from riskindex.arrays import Array, Positions
from riskindex.errors import InputError
from riskindex.files.csv_files import CsvSheet, capped
from riskindex.files.formats import nearest
from riskindex.rules import Where

ENOUGH_AREAS = 2
"""Areas with several rows from which on a table is long; one may be a slip."""


def kept_rows(sheet: CsvSheet, where: Where) -> Positions:
    """Positions of the rows that a rule keeps.

    Raises
    ------
    InputError
        A value of the rule that no row has, with the nearest that one has.
    """
    kept = np.ones(len(sheet.rows), dtype=bool)
    faults = []
    for column, values in where.items():
        cells = np.array([cell.strip() for cell in sheet.columns[column]], dtype=object)
        words = sorted(set(cells))
        faults += [
            f"{sheet.label}: where: no row has {value!r} in the column {column!r}"
            f"{nearest(value, words)}."
            for value in map(str, values)
            if value not in words
        ]
        # Compared as text: TOML has 1 and the file "1".
        kept &= np.isin(cells, [str(value) for value in values])
    if faults:
        raise InputError(capped(faults))
    return np.flatnonzero(kept)


def added_up(
    sheet: CsvSheet,
    codes: Sequence[str],
    values: Mapping[str, Array],
    rows: Sequence[int],
    *,
    apart: Sequence[str],
    category: str | None,
) -> pd.DataFrame:
    """Rows of a long table as one line per area: added up, and a column for each category.

    Parameters
    ----------
    sheet
        The table.
    codes
        Area code of each of the `rows`.
    values
        Column to the number of each of the rows; NaN is not known, and so is a sum with it.
    rows
        Positions in the sheet.
    apart
        Columns of the rule, which tell the rows of an area apart.
    category
        Column whose values become columns; the only column of `values` is what they hold.

    Raises
    ------
    InputError
        Rows that nothing tells apart, which would be counted twice.
    """
    keys = {"code": list(codes)}
    keys |= {
        column: [sheet.columns[column][i].strip() for i in rows]
        for column in dict.fromkeys([*apart, *([] if category is None else [category])])
    }
    table = pd.DataFrame(keys | {f"value {name}": numbers for name, numbers in values.items()})
    # Two rows that nothing tells apart are a copy or two categories; only the analyst knows.
    again = table.duplicated(list(keys), keep="first").to_numpy()
    if again.any():
        raise InputError(
            capped(
                [
                    f"{sheet.label}: row {sheet.rows[rows[k]]}, value {codes[k]!r}: a row of the "
                    f"same {first_few([*keys][1:]) or 'code'} stands above. Name the column that "
                    "tells them apart under where, with the values that are to be added up."
                    for k in np.flatnonzero(again).tolist()
                ]
            )
        )
    by = ["code"] if category is None else ["code", category]
    sums = table.groupby(by, sort=False)[[f"value {name}" for name in values]].agg(
        # A sum with an unknown part is not known: it would be too small.
        lambda numbers: numbers.sum(skipna=False)
    )
    sums.columns = pd.Index(list(values))
    if category is None:
        return sums
    # A category that an area has no row of is missing there, and not 0.
    return sums.iloc[:, 0].unstack(category)


def is_repeated(sheet: CsvSheet, code: str) -> bool:
    """Whether most areas have the same number of rows, two or more."""
    times = pd.Series(sheet.columns[code]).str.strip().value_counts()
    usual = int(times.mode().iloc[0])
    # Most areas alike: single repeats are slips, and told as such.
    return usual > 1 and int((times == usual).sum()) >= max(ENOUGH_AREAS, len(times) / 2)


def refuse_long(
    sheet: CsvSheet,
    read: Callable[[Sequence[str]], CsvSheet],
    names: Sequence[str],
    *,
    code: str,
    wanted: Collection[str],
) -> None:
    """Say in one sentence that a table is long, what tells its rows apart, and how it is read.

    Parameters
    ----------
    sheet
        The columns that were asked for; `code` among them, which `is_repeated`.
    read
        Reads other columns of the same table.
    names
        Names of all its columns.
    code
        Column with the area code.
    wanted
        Columns with numbers.

    Raises
    ------
    InputError
        Always.
    """
    times = pd.Series(sheet.columns[code]).str.strip().value_counts()
    usual = int(times.mode().iloc[0])
    areas = f"{int((times == usual).sum()):,} areas have {usual:,} rows each"
    # A heading that is there twice cannot be named in a config.
    others = [n for n in names if n and n not in {code, *wanted} and names.count(n) == 1]
    keys = (
        _telling(read([code, *others[:MOST_COLUMNS]]), code, others[:MOST_COLUMNS])
        if others
        else ()
    )
    if not keys:
        raise InputError(
            f"{sheet.label}: {areas}, which no column tells apart. Keep one row per area."
        )
    raise InputError(
        f"{sheet.label}: {areas}, told apart by {' and '.join(map(repr, keys))}: a long table. Say "
        f'which rows are added up (where = {{ "{keys[0]}" = [...] }}), or make columns of them '
        f'(category = "{keys[0]}", value = the column with the number, and columns by the names of '
        "the categories)."
    )


def _telling(sheet: CsvSheet, code: str, others: Sequence[str]) -> tuple[str, ...]:
    """The fewest columns that tell the rows of an area apart, those that hold words first."""
    table = pd.DataFrame({name: sheet.columns[name] for name in (code, *others)})
    # A constant column, such as the date of a census, cannot tell rows apart.
    varied = [c for c in others if table[c].nunique() > 1]
    # Words before codes: "Age" is a better advice than "Age code".
    varied.sort(key=lambda c: (c.lower().endswith("code"), table[c].str.isdecimal().all()))
    # Columns that all but tell rows apart are of no use; three are the most that anybody would
    # name.
    for size in (1, 2, 3):
        for chosen in combinations(varied[:12], size):
            if not table.duplicated([code, *chosen]).any():
                return chosen
    return ()


MOST_COLUMNS = 200
"""Columns among which those are looked for that tell rows apart."""
