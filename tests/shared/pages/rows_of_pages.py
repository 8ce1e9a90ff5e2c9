"""Numbers of pages beside the rows whose names they carry, and what else may hold a digit."""

import csv
import html
import json
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?")
POINTER = "manifest:"
"""Begins the name of a place in manifest.json, a JSON pointer."""
SILENT = {"style", "script", "svg", "title", "header", "footer"}
"""Elements whose digits are no figures: the look of a page, pictures, its own title, licences."""
EMPTY = {"meta", "img", "br", "link", "input", "wbr", "hr"}


class Page(HTMLParser):
    """Texts of a page with the rows that they are of, and those of none."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open, self.of_rows, self.others = [], [], []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        if tag not in EMPTY:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        classes = {c for _, a in self.open for c in (a.get("class") or "").split()}
        if not re.search(r"\d", text) or "free" in classes or SILENT & {t for t, _ in self.open}:
            return
        rows = [a["data-row"] for _, a in self.open if "data-row" in a]
        (self.of_rows if rows else self.others).append((rows[-1] if rows else "", text))


class Tables:
    """Rows of the CSVs of a result, by the names that pages give them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = defaultdict(list)
        for row in self._read("figures.csv"):
            self.rows[row["row"]].append(row)
        for row in self._read("all_areas.csv"):
            self.rows[row["area_code"]].append(row)
        for row in self._read("star/fact_hotspot.csv"):
            self.rows[f"{row['factor']}:{row['area_code']}"].append(row)
        for row in self._read("star/fact_score.csv"):
            self.rows[f"{row['factor']}:{row['area_code']}"].append(row)
        for row in self._read("places.csv"):
            self.rows[f"place-{row['place']}"].append(row)
        for row in self._read("inside_places.csv"):
            self.rows[f"inside:{row['place']}:{row['factor']}"].append(row)
        for row in self._read("star/dim_factor.csv"):
            self.rows[row["factor"]].append(row)
        for row in self._read("compare.csv"):
            self.rows[row["area_code"]].append(row)
        for row in self._read("compare_factors.csv"):
            self.rows[f"{row['factor']}:{row['area_code']}"].append(row)
        self.manifest = json.loads((folder / "manifest.json").read_text("utf-8"))

    def _read(self, name):
        path = self.folder / name
        if not path.exists():
            return []
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def numbers(self, names: str) -> list[float]:
        """Every number that the rows of a name hold, and the ways in which pages print them."""
        rows = self.of(names)
        assert all(rows), f"no row is called one of {names}"
        found = [number for row in rows for value in row.values() for number in _numbers(value)]
        tests = [row for row in rows if "observed" in row]
        found += _of_hotspots(tests) if tests else []
        found += _of_several(rows)
        found += [_unlocated(row) for row in rows if "no_location" in row]
        # As the report's heading says, in thousandths.
        found += [1000 * float(row["general_g"]) for row in rows if row.get("general_g")]
        # A share as a probability is printed per hundred.
        return found + [100 * number for number in found if 0 <= number <= 1]

    def of(self, names: str) -> list[dict[str, str]]:
        """The rows of some names; of the manifest one of all that stands at the pointer."""
        return [
            row
            for name in names.split()
            for row in (self._at(name) if name.startswith(POINTER) else self.rows[name] or [{}])
        ]

    def _at(self, name):
        value = self.manifest
        for step in name.removeprefix(f"{POINTER}/").split("/"):
            value = value[int(step) if isinstance(value, list) else step]
        return [{key: text if text is not None else "" for key, text in _leaves(value, "")}]

    def texts(self, names: str) -> list[str]:
        """What the rows call themselves, whose digits are no figures; the longest first."""
        rows = [row for name in names.split() for row in self.rows[name]]
        values = {value for row in rows for value in row.values()}
        # Those without a digit may stand inside fixed words, and need not go.
        words = {v for v in values if re.search("[^0-9.,eE-]", v) and re.search(r"\d", v)}
        return sorted(words, key=len, reverse=True)


def _leaves(value, key):
    """Every value inside a value, as text under its key; texts of a list under their place."""
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else None
    )
    if parts is None:
        yield key, "" if value is None else value if isinstance(value, str) else repr(value)
        # Sentences hold numbers, too.
        for place, number in enumerate(NUMBER.findall(value) if isinstance(value, str) else ()):
            yield f"{key}#{place}", number.replace(",", "")
    else:
        for name, part in parts:
            yield from _leaves(part, f"{key}/{name}" if key else str(name))


def _of_several(rows):
    """Sums over rows, how many there are, and how many of them say yes."""
    if len(rows) < 2:
        return
    yield len(rows)
    columns = {column for row in rows for column in row}
    for column in columns - {"value", "low", "high", "rank", "score", "ratio"}:
        values = [value for row in rows for value in [row.get(column)] if value]
        yield sum(value == "yes" for value in values)
        # Groups of events of one factor, places of one line, sources of one sentence.
        if all(re.fullmatch(r"-?\d+(\.\d+)?", str(value)) for value in values):
            yield sum(map(float, values))


def _unlocated(row):
    asked = float(row["read"]) - float(row["outside_periods"])
    return (float(row["no_location"]) + float(row["unknown_area"])) / max(asked, 1)


def _numbers(value: str) -> list[float]:
    try:
        return [abs(float(value))]
    except ValueError:
        return [float(n.replace(",", "")) for n in NUMBER.findall(value)] if "(" in value else []


def _of_hotspots(rows):
    """Ratios of one area, and in how many periods it was hot, which stand in several rows."""
    for row in rows:
        for of in ("", "window_"):
            if float(row.get(f"{of}expected") or 0) > 0:
                yield float(row[f"{of}observed"]) / float(row[f"{of}expected"])
        if row.get("value"):
            yield 1000 * float(row["value"])
    yield sum(row.get("is_hot") == "True" for row in rows)
    yield len(rows)


def wrong_numbers(page: Page, tables: Tables, allowed: re.Pattern[str]) -> list[tuple[str, str]]:
    """Name of the row and text of every number that its row does not hold."""
    wrong = []
    for names, text in page.of_rows:
        wrong += [(names, text)] * len(numbers_of_none(text, names, tables, allowed))
    return wrong


def numbers_of_none(text: str, names: str, tables: Tables, allowed: re.Pattern[str]) -> list[str]:
    """The numbers of a text that the rows of some names do not hold."""
    plain = html.unescape(text)
    for own in tables.texts(names):
        plain = plain.replace(own, " ")
    numbers = tables.numbers(names)
    found = []
    for printed in NUMBER.findall(allowed.sub(" ", plain)):
        places = len(printed.partition(".")[2])
        number = float(printed.replace(",", ""))
        if not any(abs(number - one) <= 0.5 * 10**-places + 1e-9 for one in numbers):
            found.append(printed)
    return found


def loose_digits(page: Page, allowed: re.Pattern[str]) -> list[str]:
    """Texts without a row that hold a digit which is not on the list of what is allowed."""
    return [text for _, text in page.others if re.search(r"\d", allowed.sub(" ", text))]
