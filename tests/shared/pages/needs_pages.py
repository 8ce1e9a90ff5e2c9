"""What stands on a page of a needs assessment: numbers with their rows, and other text."""

from html.parser import HTMLParser

import pandas as pd

NUMBERS = ("count", "base", "value", "low", "high", "rank", "ratio")
FREE = ("style", "script", "svg", "title", "header")
"""Elements whose digits are no figures: the look of the page, plots, its own title."""


class Texts(HTMLParser):
    """Texts of a page: those with the row that they are from, and those of no row."""

    def __init__(self):
        super().__init__()
        self.open, self.of_rows, self.others = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "br", "link"):
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        row = next((a["data-row"] for _, a in self.open if "data-row" in a), None)
        classes = {c for _, a in self.open for c in (a.get("class") or "").split()}
        if row is not None:
            self.of_rows.append((row, text))
        elif "free" not in classes and not {tag for tag, _ in self.open} & {*FREE}:
            self.others.append(text)


def read(page):
    texts = Texts()
    texts.feed(page if isinstance(page, str) else page.read_text("utf-8"))
    return texts


def is_of_row(text, row):
    """Whether a printed number is one of a row, rounded as it is printed."""
    plain = text.replace(",", "").strip("%+−")
    places = len(plain.partition(".")[2])
    numbers = [abs(float(row[c])) for c in NUMBERS if not pd.isna(row[c])]
    return any(abs(n - float(plain)) <= 0.5 * 10**-places + 1e-9 for n in numbers)
