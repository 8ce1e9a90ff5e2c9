"""The shell that pages share: head, profile mark, data blocks, and a policy without requests."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterable
from html import escape as _escape
from importlib.resources import files

from riskindex.files.text import seen

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
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
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
    packed = base64.b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode("ascii")
    return f'<script type="application/gzip" id="{escape(element_id)}">{packed}</script>'


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
    trusted = f"{head}<script>{script}</script>" if script else head
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
        "default-src 'none'",
        f"script-src {_hashes('script', trusted)}",
        f"style-src {_hashes('style', trusted)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _hashes(tag: str, html: str) -> str:
    found = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(_unique(f"'sha256-{digest(text)}'" for text in found)) or "'none'"


def digest(text: str) -> str:
    """SHA-256 of a script or style in base64, as a policy names it."""
    # A browser hashes a script after it has made every line end a plain one.
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return base64.b64encode(hashlib.sha256(plain.encode("utf-8")).digest()).decode("ascii")


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
