"""Parts that every page is made of: head, paragraphs, tables, pictures, and text made safe."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape as _escape
from importlib.resources import files
from typing import Any

import pandas as pd

from riskindex.disclosure import MARKS
from riskindex.files.text import seen
from riskindex.statistics.intervals import round_half_away

PROFILE_MARKS = {
    "internal": "Internal: counts of small areas, not for sharing",
    "partner": "For named partners: not for publication",
    "public": "For publication",
}
"""What the mark in a page's head says, per release profile."""


def asset(name: str) -> str:
    """Text of a file of `riskindex/outputs/assets`."""
    return (files("riskindex.outputs") / "assets" / name).read_text(encoding="utf-8")


def escape(text: object) -> str:
    """Text that means the same as HTML, between tags and inside quoted attributes.

    Signs that would turn the text after them around, or that no page can hold, show as �.
    """
    return _escape(seen(str(text)), quote=True)


def page_head(title: str, *, profile: str, lead: str = "", aside: str = "") -> str:
    """The head of a page: title, one sentence, and the mark that says who it is for.

    Parameters
    ----------
    title, lead
        Plain text.
    profile
        The release profile.
    aside
        HTML beside the mark, such as a button; the caller has escaped what is in it.
    """
    # An unknown profile shows its own name: a page without any mark could be taken for public.
    mark = PROFILE_MARKS.get(profile, profile)
    sentence = f'<p class="lead">{escape(lead)}</p>' if lead else ""
    return (
        f'<header class="page-head"><div><h1>{escape(title)}</h1>{sentence}</div>'
        f'<div class="page-aside"><p class="mark mark-{escape(profile)}">{escape(mark)}</p>'
        f"{aside}</div></header>"
    )


def data_block(element_id: str, value: object) -> str:
    """A block of JSON that a script may read and a browser never runs.

    Parameters
    ----------
    element_id
        The block's id.
    value
        Lists, dictionaries, text and finite numbers; text may hold anything, tags too.
    """
    # JSON has no NaN; a browser would refuse the whole block for one. allow_nan=False fails here
    # and not on the reader's screen.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # "</script>" inside a text would end the block, and the two separators end lines in scripts of
    # older browsers. Escaped, JSON reads them as the same text.
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json" id="{escape(element_id)}">{text}</script>'


def packed_block(element_id: str, content: bytes) -> str:
    """A block of bytes, gzipped and in base64, for a script to unpack.

    Parameters
    ----------
    element_id
        The block's id.
    content
        Any bytes; the same bytes always give the same block.
    """
    # mtime=0: a clock in the header would make two runs differ.
    gzipped = bytearray(gzip.compress(content, compresslevel=6, mtime=0))
    # 255, "unknown" in RFC 1952: the same page whatever system and version wrote it.
    gzipped[_SYSTEM_BYTE] = _UNKNOWN_SYSTEM
    packed = base64.b64encode(gzipped).decode("ascii")
    return f'<script type="application/gzip" id="{escape(element_id)}">{packed}</script>'


_SYSTEM_BYTE, _UNKNOWN_SYSTEM = 9, 255
"""The byte of gzip's header that names the system, which versions of Python fill differently."""


def document(
    *, title: str, head: str = "", body: str, script: str = "", policy: bool = True
) -> str:
    """A whole page with a policy under which it can load nothing and run only its own scripts.

    Parameters
    ----------
    title
        Plain text.
    head
        HTML of the head: styles, and scripts that must come first. Trusted: what it holds may run.
    body
        HTML of the body. Whatever runs in it is refused by the policy; data blocks are not scripts.
    script
        The script at the end of the page. Trusted.
    policy
        False leaves the policy out, for a page shown inside a notebook.
    """
    # The hashes are of what we wrote: a script that came in with somebody's data has none and is
    # refused.
    trusted = f"{head}<script>{script}</script>" if script else head
    # In the page itself, as a file that is opened from a disk has no server to send it.
    meta = f'<meta http-equiv="Content-Security-Policy" content="{_policy(trusted)}">\n'
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f"{meta if policy else ''}"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n{head}\n</head>\n<body>\n{body}\n"
        f"{f'<script>{script}</script>' if script else ''}\n</body>\n</html>\n"
    )


def style_block(*sheets: str) -> str:
    """One style element with the text of the style sheets."""
    return f"<style>{''.join(sheets)}</style>"


def print_mark(profile: str) -> str:
    """Style that repeats the profile's mark, and page numbers, on every printed page."""
    mark = PROFILE_MARKS.get(profile, "")
    return (
        f'@page {{ margin: 15mm 14mm; @bottom-left {{ content: "{mark}"; font: 9pt sans-serif; }} '
        '@bottom-right { content: counter(page) " / " counter(pages); font: 9pt sans-serif; } }'
    )


def _policy(trusted: str) -> str:
    rules = (
        # A page of counts of small areas must ask no other host for anything: a request for a tile
        # would tell where somebody looked.
        "default-src 'none'",
        f"script-src {_hashes('script', trusted)}",
        f"style-src {_hashes('style', trusted)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _hashes(tag: str, html: str) -> str:
    blocks = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(_unique(f"'sha256-{digest(text)}'" for text in blocks)) or "'none'"


def digest(text: str) -> str:
    """SHA-256 of a script or style in base64, as a policy names it."""
    # A browser hashes a script after it has made every line end a plain one.
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return base64.b64encode(hashlib.sha256(plain.encode("utf-8")).digest()).decode("ascii")


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))


class Html(str):
    """Markup of our own making, which a cell or a line shows as it is; all else is escaped."""

    __slots__ = ()


def link(url: str, text: str) -> Html:
    """A link to another page of the result, or to a place on this one."""
    return Html(f'<a href="{escape(url)}">{escape(text)}</a>')


def of_rows(text: object, *names: str) -> Html:
    """Text, or markup of our own, with the names of the rows that its numbers are from.

    Parameters
    ----------
    text
        A number, a sentence, a cell.
    names
        A row of figures.csv by its `row`; of all_areas.csv by its code; `factor:code` of
        star/fact_hotspot.csv, a factor of star/dim_factor.csv; `place-N` of places.csv; or
        `manifest:` and a JSON pointer (RFC 6901) into manifest.json. Empty ones are left out.
    """
    row_names = escape(" ".join(dict.fromkeys(filter(None, names))))
    marked = _markup(str(text)) if not isinstance(text, Html) else text
    return Html(f'<span data-row="{row_names}">{marked}</span>') if row_names else Html(marked)


def free(text: object) -> Html:
    """Text whose digits are no figures of the run: a citation, a version, a rule."""
    return Html(f'<span class="free">{escape(text)}</span>')


def html_table(table: pd.DataFrame, *, decimals: int = 1, named: Sequence[str] = ()) -> str:
    """A table as HTML, numbers to the right, that can be scrolled by keyboard on a small screen.

    Parameters
    ----------
    table
        A line of the page for each of its rows.
    decimals
        Of numbers that are not whole.
    named
        For each line the names of the rows that its numbers are from, as in `of_rows`.
    """
    # A count beside marks such as [c] is still a column of numbers and stands to the right.
    numeric = [
        pd.api.types.is_numeric_dtype(table[c]) or _are_counts(table[c].tolist()) for c in table
    ]
    rows = table.itertuples(index=False, name=None)
    headings = [str(name) for name in table.columns]
    return _table(headings, numeric, rows, decimals=decimals, named=named)


def record_table(
    records: Sequence[Mapping[str, object]],
    *,
    decimals: int = 1,
    ids: Sequence[str] = (),
    named: Sequence[str] = (),
) -> str:
    """A table of one line per record, such as a page of many small tables is made of.

    Parameters
    ----------
    records
        Heading to value; a heading that a record lacks is an empty cell.
    decimals
        Of numbers that are not whole.
    ids
        A name for each line, by which a link finds it.
    named
        For each line the names of the rows that its numbers are from, as in `of_rows`.
    """
    # In the order in which they first come: the first record need not have every heading.
    headings = list(dict.fromkeys(name for record in records for name in record))
    rows = [[record.get(name, "") for name in headings] for record in records]
    columns = list(zip(*rows, strict=True))
    numeric = [
        # The first column names the line; names such as 2024 stay on the left.
        all(map(_is_number, column)) and not (i == 0 and isinstance(column[0], str))
        for i, column in enumerate(columns)
    ]
    return _table(headings, numeric, rows, decimals=decimals, ids=ids, named=named)


def _are_counts(values: Sequence[object]) -> bool:
    """Whether some are numbers and the others marks that stand for one."""
    numbers = sum(not isinstance(v, str | bool) and not pd.isna(v) for v in values)
    return numbers > 0 and all(_is_number(value) for value in values)


_NUMBER = re.compile(r"(under )?[+−±<]?\d[\d,.]*(%|\b.*\))?")


_TAG = re.compile(r"<[^>]+>")


def _is_number(value: object) -> bool:
    """Whether a value stands to the right: numbers, and texts such as 12% or 3 (1 to 5)."""
    if isinstance(value, str):
        # Of markup the text decides: a number may stand in an element that names its row.
        text = _TAG.sub("", value) if isinstance(value, Html) else value
        # An empty cell does not turn a column of numbers into one of text.
        return not text or text in MARKS or bool(_NUMBER.fullmatch(text))
    # Truth values are shown as yes and no.
    return not isinstance(value, bool)


def _table(
    headings: Sequence[str],
    numeric: Sequence[bool],
    rows: Iterable[Sequence[object]],
    *,
    decimals: int,
    ids: Sequence[str] = (),
    named: Sequence[str] = (),
) -> str:
    head = "".join(
        f'<th scope="col"{_class(number)}>{escape(name)}</th>'
        for name, number in zip(headings, numeric, strict=True)
    )
    # Gone through twice, once for the decimals of each column.
    rows = list(rows)
    places = [_places(column, decimals) for column in zip(*rows, strict=True)]
    lines = [
        "".join(
            f"<td{_class(number, value=value)}>{_cell(value, digits)}</td>"
            for value, number, digits in zip(row, numeric, places, strict=True)
        )
        for row in rows
    ]
    names = [f' id="{escape(name)}"' for name in ids] or [""] * len(lines)
    # A line of several files, or of none, has several names, or none.
    of = [f' data-row="{escape(name)}"' if name else "" for name in named] or [""] * len(lines)
    names = [name + row for name, row in zip(names, of, strict=True)]
    body = "".join(f"<tr{name}>{line}</tr>" for name, line in zip(names, lines, strict=True))
    return (
        # tabindex: what scrolls must be reached without a mouse (WCAG 2.1.1).
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _places(column: Sequence[object], decimals: int) -> int:
    """Decimals of a column: none where all of its numbers are whole."""
    numbers = (value for value in column if isinstance(value, float) and not pd.isna(value))
    # Numbers of a column end alike, or their sizes cannot be compared at a glance.
    return 0 if all(number == round(number) for number in numbers) else decimals


def _class(number: bool, *, value: object = "") -> str:
    if number:
        return ' class="number"'
    if isinstance(value, Html) or not isinstance(value, str):
        return ""
    # Long texts get a wider column, or each would stand as a tower of single words.
    return ' class="long"' if len(value) > 120 else ""


def _cell(value: Any, places: int) -> str:  # noqa: ANN401  (a cell holds what it holds)
    # Before the test for missing: markup is text, and is never missing.
    if isinstance(value, Html):
        return value
    if not isinstance(value, str) and pd.isna(value):
        return f'<abbr title="{_MISSING}">{_DASH}'
    # Before the numbers, as Python counts True among the whole numbers.
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.{places}f}"
    return escape(value if isinstance(value, str) else f"{value:,}")


_MISSING, _DASH = "not assessed, or does not apply", "–</abbr>"


def picture(png: bytes, alt: str, caption: str) -> str:
    """A PNG with its text for those who do not see it, and a caption."""
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def marks_line(body: str) -> str:
    """What the marks on a page mean, as a paragraph; empty where it has none."""
    # Only the marks that stand on the page: a line about [c] makes readers look for what was
    # withheld.
    used = {mark: words for mark, words in MARKS.items() if mark in body}
    # The dash of a missing value alone: others are punctuation.
    used |= {"–": _MISSING} if f">{_DASH}" in body else {}
    legend = "; ".join(f"<b>{escape(mark)}</b> {escape(words)}" for mark, words in used.items())
    return f'<p class="small">{legend}.</p>' if used else ""


def paragraphs(lines: Iterable[str]) -> str:
    """Lines of text, or markup of our own, as paragraphs; empty ones are left out."""
    return "".join(f"<p>{_markup(line)}</p>" for line in lines if line)


def _markup(line: str) -> str:
    return line if isinstance(line, Html) else escape(line)


def bullets(lines: Iterable[str]) -> str:
    """Lines of text, or markup of our own, as a list."""
    return "<ul>" + "".join(f"<li>{_markup(line)}</li>" for line in lines) + "</ul>"


def drawing(svg: str, caption: str) -> str:
    """An SVG of our own with what it shows in words, or markup of our own, under it."""
    return f"<figure>{svg}<figcaption>{_markup(caption)}</figcaption></figure>"


def percent(share: float, *, decimals: int = 0) -> str:
    """A share in per cent, rounded half away from zero; empty where it is missing.

    Examples
    --------
    >>> percent(0.125), percent(0.125, decimals=1), percent(float("nan"))
    ('13%', '12.5%', '')
    """
    if pd.isna(share):
        return ""
    # Nine digits first: 100 times .285 is a hair below 28.5, and would round down.
    rounded = round_half_away(round(100 * float(share), 9), decimals=decimals)
    return f"{float(rounded):.{decimals}f}%"


def slug(title: str) -> str:
    """A name for a fragment or a file: small letters, digits and hyphens."""
    # ASCII alone: other letters in file names are mangled by some archives and shares.
    signs = "".join(c if c.isascii() and c.isalnum() else " " for c in title.lower())
    return "-".join(signs.split()) or "part"


def in_words(parts: Sequence[str]) -> str:
    """Parts joined as in a sentence: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
