"""The list of events that are not counted: file, row and the reason of each."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from riskindex.events.places import Reason
from riskindex.events.records.person_keys import is_shown
from riskindex.events.tally import Tally

MOST_LISTED = 2_000_000
"""Events not counted that are listed; above this their totals stand in the reconciliation."""


UNCOUNTED = ["source", "file", "row", "date", "area_code", "reason"]
"""Columns of the list of what was not counted."""


def list_uncounted(tally: Tally) -> pd.DataFrame:
    """One line per event that the source does not count, in the order of file and row, up to
    `MOST_LISTED`; the reconciliation has the totals of all.

    Texts are categories: a line of millions takes some 25 bytes. None of a warehouse, whose
    rows stay where they are.
    """
    if tally.events.is_counted:
        return pd.DataFrame(columns=UNCOUNTED)
    for name, column in (("file_name", "file"), ("code_name", "area_code")):
        tally.events.connection.execute(
            # ENUMs go over into categories without a copy of each text; file names and codes
            # repeat in every line.
            f"DROP TYPE IF EXISTS {name}; CREATE TYPE {name} AS ENUM (SELECT DISTINCT "
            f"{column} FROM placed WHERE {column} IS NOT NULL ORDER BY 1)"
        )
    lost = tally.frame(
        "SELECT file::file_name AS file, row, date, area_code::code_name AS area_code, why "
        f"FROM ({_why(tally)}) WHERE why <> {Reason.COUNTED} ORDER BY file, row "
        f"LIMIT {MOST_LISTED}"
    )
    reasons = [reason.name.lower() for reason in Reason]
    return pd.DataFrame(
        {
            "source": _repeated(tally.name, len(lost)),
            "file": _named(lost["file"].array),
            "row": lost["row"],
            "date": lost["date"],
            "area_code": _named(_shown(lost["area_code"], tally).array),
            "reason": _named(pd.Categorical.from_codes(lost["why"], reasons)),
        },
        copy=False,
    )


def _shown(codes: "pd.Series[Any]", tally: Tally) -> "pd.Series[Any]":
    """The codes, without texts that may be the key of a person in a row that has slipped."""
    hidden = [
        code
        for code in codes.cat.categories
        if code not in tally.study.position
        and not is_shown(str(code), names_people=tally.events.names_people)
    ]
    return codes.cat.remove_categories(hidden)


def _why(tally: Tally) -> str:
    """Query for the reason of every event under the source's own rule."""
    if tally.may_repeat:
        return (
            "SELECT p.*, coalesce(s.reason, p.reason) AS why FROM placed p LEFT JOIN "
            f"({tally.settled(tally.whole_source)}) s ON s.file = p.file AND s.row = p.row"
        )
    return (
        # Sort 0 is what the source's own rule leaves out.
        f"SELECT *, CASE WHEN reason = {Reason.COUNTED} AND sort = 0 "
        f"THEN {Reason.EXCLUDED_BY_RULE} ELSE reason END AS why FROM placed"
    )


def in_one_list(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The lists of all sources, one after the other, their texts still categories."""
    if len(tables) < 2:
        return tables[0] if tables else pd.DataFrame(columns=UNCOUNTED)
    texts = {
        # Concatenating plain would turn categories of millions of lines back into texts.
        name: union_categoricals([table[name] for table in tables], sort_categories=True)
        for name in tables[0].select_dtypes("category")
    }
    return pd.concat(tables, ignore_index=True).assign(**texts)


def beyond_the_list(tally: Tally, line: Sequence[int]) -> Iterator[str]:
    """A note where more events are lost than are listed; `line` has those read, then counted."""
    lost = line[0] - line[1]
    if lost > MOST_LISTED and not tally.events.is_counted:
        yield (
            f"{tally.name}: {lost:,} events are not counted; the first {MOST_LISTED:,} are listed, "
            "by file and row, and the reconciliation has the totals of all."
        )


def _repeated(name: str, times: int) -> pd.Categorical:
    return pd.Categorical.from_codes(np.zeros(times, dtype=np.int8), [name])


def _named(values: Any) -> pd.Categorical:  # noqa: ANN401
    """Categories that occur, in no order."""
    occurring = values.as_unordered().remove_unused_categories()
    named: pd.Categorical = occurring.rename_categories(occurring.categories.astype(str))
    return named
