"""Words that stand in a cell where there is nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MISSING_WORDS = ("null", "na", "n/a", "#n/a", "nan", "nat", "none")
"""What databases and spreadsheets write where there is nothing, in small letters."""


def known_texts(column: "pd.Series[str]") -> "pd.Series[str]":
    """Texts without blanks around them; empty for the words that mean there is nothing."""
    plain = column.str.strip()
    return plain.where(~plain.str.lower().isin(MISSING_WORDS), "")
