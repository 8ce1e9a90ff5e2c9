"""Pieces of a page: tables, pictures, paragraphs and lists; all text is set as text."""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from riskindex.pages import escape


def html_table(table: pd.DataFrame, *, decimals: int = 1) -> str:
    """A table as HTML, numbers to the right, that can be scrolled by keyboard on a small screen."""
    numeric = [pd.api.types.is_numeric_dtype(table[c]) for c in table]
    head = "".join(
        f'<th scope="col"{_class(number)}>{escape(name)}</th>'
        for name, number in zip(table.columns, numeric, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{_class(number, value)}>{_cell(value, decimals)}</td>"
            for value, number in zip(row, numeric, strict=True)
        )
        + "</tr>"
        for row in table.itertuples(index=False, name=None)
    )
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _class(number: bool, value: object = "") -> str:
    if number:
        return ' class="number"'
    return ' class="long"' if isinstance(value, str) and len(value) > 60 else ""


def _cell(value: Any, decimals: int) -> str:  # noqa: ANN401  (a cell holds what it holds)
    if not isinstance(value, str) and pd.isna(value):
        return '<abbr title="not assessed, or does not apply">–</abbr>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value == round(value) else f"{value:,.{decimals}f}"
    return escape(value if isinstance(value, str) else f"{value:,}")


def picture(png: bytes, alt: str, caption: str) -> str:
    """A PNG with its text for those who do not see it, and a caption."""
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def paragraphs(lines: Iterable[str]) -> str:
    """Lines of text as paragraphs; empty ones are left out."""
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line)


def bullets(lines: Iterable[str]) -> str:
    """Lines of text as a list."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def in_words(parts: Sequence[str]) -> str:
    """Parts joined as in a sentence: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
