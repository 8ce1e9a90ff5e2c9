"""Pieces of HTML that the report and the profiles share; text from data is only ever text."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from riskindex.pages import escape


class Html(str):
    """Markup of our own making, which a cell shows as it is; all other text is escaped."""

    __slots__ = ()


def table(frame: pd.DataFrame, *, decimals: int = 1, caption: str = "") -> str:
    """A table of the columns of a data frame; its index is left out.

    Parameters
    ----------
    frame
        Column names are the headings. Missing numbers are shown as a dash.
    decimals
        Of numbers that are not whole.
    caption
        Plain text above the table.
    """
    numeric = [pd.api.types.is_numeric_dtype(frame[c]) for c in frame]
    head = "".join(
        f'<th scope="col"{_class(number)}>{escape(name)}</th>'
        for name, number in zip(frame.columns, numeric, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{_class(number, value)}>{cell(value, decimals)}</td>"
            for value, number in zip(row, numeric, strict=True)
        )
        + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="scroll" tabindex="0"><table>{told}<thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _class(number: bool, value: object = "") -> str:
    if number:
        return ' class="number"'
    if isinstance(value, Html) or not isinstance(value, str):
        return ""
    return ' class="long"' if len(value) > 60 else ""


def cell(value: Any, decimals: int = 1) -> str:  # noqa: ANN401  (a cell holds what it holds)
    """What a cell says: a dash for missing, yes and no, numbers with thousands, text as text."""
    if isinstance(value, Html):
        return value
    if not isinstance(value, str) and pd.isna(value):
        return '<abbr title="not assessed, or does not apply">–</abbr>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value == round(value) else f"{value:,.{decimals}f}"
    return escape(value if isinstance(value, str) else f"{value:,}")


def paragraphs(lines: Iterable[str]) -> str:
    """A paragraph for each line that says something."""
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line)


def bullets(lines: Iterable[str]) -> str:
    """A list; a line may be markup of our own."""
    items = (line if isinstance(line, Html) else escape(line) for line in lines)
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def enumerate_words(parts: Sequence[str]) -> str:
    """Words joined as in a sentence: a, b and c."""
    return "".join(parts) if len(parts) < 2 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def slug(title: str) -> str:
    """A name for a fragment or a file: small letters, digits and hyphens."""
    signs = "".join(c if c.isascii() and c.isalnum() else " " for c in title.lower())
    return "-".join(signs.split()) or "part"


def figure(picture: str, caption: str, *, wide: bool = False) -> str:
    """A picture with what it shows in words under it.

    Parameters
    ----------
    picture
        Markup of our own: an SVG or an image.
    caption
        Plain text.
    wide
        The full width of the page.
    """
    kind = ' class="wide"' if wide else ""
    return f"<figure{kind}>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def link(url: str, text: str) -> Html:
    """A link to another page of the result or a place on this one."""
    return Html(f'<a href="{escape(url)}">{escape(text)}</a>')
