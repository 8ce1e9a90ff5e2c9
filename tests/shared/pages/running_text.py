"""What of a page is read: words outside tables, and sentences inside them."""

import re
from html.parser import HTMLParser

APART = {"script", "style", "head", "svg", "nav"}
VOID = {"meta", "link", "img", "br", "hr", "input", "col"}
SENTENCE = 12
"""Words from which on a cell of a table is running text, too."""


class RunningText(HTMLParser):
    """The text of a page without pictures, contents and short cells of tables."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.blocks: list[str] = []
        self.cell: list[str] | None = None

    def handle_starttag(self, tag, attrs):
        if tag in VOID:
            return
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cell = []

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass
        if tag in ("td", "th") and self.cell is not None:
            text = " ".join(self.cell)
            self.blocks += [text] if len(text.split()) >= SENTENCE else []
            self.cell = None

    def handle_data(self, data):
        if APART & set(self.open):
            return
        (self.blocks if self.cell is None else self.cell).append(data)


def running_words(page: str) -> int:
    """Words of running text on a page."""
    parser = RunningText()
    parser.feed(page)
    return len(re.findall(r"\S+", " ".join(parser.blocks)))
