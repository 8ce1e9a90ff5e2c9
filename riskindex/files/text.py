"""Words in cells: those that mean there is nothing, and those that a wrong encoding garbled."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MISSING_WORDS = ("null", "na", "n/a", "#n/a", "nan", "nat", "none")
"""What databases and spreadsheets write where there is nothing, in small letters."""


# Unicode's bidirectional controls (UAX 9): with them a text can read as another than it is.
_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
# Control characters but for tab and line ends, and halves of surrogate pairs.
_NO_TEXT = (*range(9), 11, 12, *range(14, 32), *range(0x7F, 0xA0), *range(0xD800, 0xE000))
_UNSEEN = dict.fromkeys((*_TURNING, *_NO_TEXT), "\ufffd")
_ODD = re.compile(f"[{re.escape(''.join(map(chr, _UNSEEN)))}]")


def seen(text: str) -> str:
    """A text as outputs show it: signs that turn what follows around, steer a terminal, or that no
    page can hold are �.
    """
    return text.translate(_UNSEEN) if _ODD.search(text) else text


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula."""


def inert(text: str) -> str:
    """A text for a cell of a CSV, with an apostrophe before it where it would be a formula."""
    text = seen(text)
    # The apostrophe shows in a spreadsheet, where a formula would run (CSV injection).
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def retold(column: "pd.Series[Any]", tell: Callable[[str], str]) -> "pd.Series[Any]":
    """A column with its texts told another way, and what is no text as it is.

    Each different text is looked at once; plain numbers and dates hold none.

    Parameters
    ----------
    column
        Of whatever type.
    tell
        From a text to what it becomes.
    """
    from pandas.api.types import infer_dtype

    if column.dtype.kind in "biufM":
        return column
    # Mixed columns cell by cell: as keys of a dictionary 1, 1.0 and True would be one.
    if infer_dtype(column, skipna=True) != "string":
        return column.map(lambda value: tell(value) if isinstance(value, str) else value)
    new_texts = {text: tell(text) for text in column.dropna().unique()}
    return column.map(new_texts) if any(text != new for text, new in new_texts.items()) else column


def known_texts(column: "pd.Series[str]") -> "pd.Series[str]":
    """Texts without blanks around them; empty for the words that mean there is nothing."""
    # Exports pad cells with blanks, and " NA" is no name.
    plain = column.str.strip()
    return plain.where(~plain.str.lower().isin(MISSING_WORDS), "")


def garbled_notes(
    label: str, column: str, texts: Sequence[str], rows: Sequence[int]
) -> Iterator[str]:
    """A note where texts look like UTF-8 that was once read as Windows-1252, or hold hidden signs.

    Parameters
    ----------
    label
        What the file is called.
    column
        Name of the column.
    texts
        Its texts; they are used as they are.
    rows
        Row of each text in the file.
    """
    # Told before garbled texts: hidden signs may be an attack, garbling is an accident.
    unseen = [(row, text) for row, text in zip(rows, texts, strict=True) if seen(text) != text]
    if unseen:
        row, text = unseen[0]
        more = f" (and {len(unseen) - 1:,} more)" if len(unseen) > 1 else ""
        yield (
            f"{label}: row {row}, column {column!r}, value {text!r}{more}: holds signs that no "
            "page can show; outputs have � in their place. Take them out."
        )
    garbled = [(row, text) for row, text in zip(rows, texts, strict=True) if _ungarbled(text)]
    if garbled:
        row, text = garbled[0]
        more = f" (and {len(garbled) - 1:,} more)" if len(garbled) > 1 else ""
        yield (
            f"{label}: row {row}, column {column!r}, value {text!r}{more}: looks garbled, and was "
            f"perhaps {_ungarbled(text)!r}. Save it again from its source as UTF-8."
        )


def _ungarbled(text: str) -> str:
    """What a text was before its UTF-8 was read as Windows-1252; empty where it was not."""
    if not text.isascii():
        with suppress(UnicodeError):
            # A text that was read rightly hardly ever happens to be valid UTF-8 as well.
            return text.encode("cp1252").decode("utf-8")
    return ""
