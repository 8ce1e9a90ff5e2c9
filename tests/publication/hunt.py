"""A hunt for restricted numbers in every byte of a released folder, by what they go with.

A number alone says nothing: what is looked for are columns, arrays and mappings by area whose
values are, or go up and down with, a series that may not leave.
"""

import base64
import binascii
import csv
import gzip
import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl
import pandas as pd
from scipy.stats import rankdata

from riskindex.arrays import Array
from riskindex.publication.protection import restricted_factors
from riskindex.result import Result

FEWEST = 12
"""A series of so many areas or more is compared by its order; a shorter one by its digits."""
DISTINCT = 4
"""A true series of fewer different values says nothing."""
ALIKE = 0.975
"""Rank correlation from which a series is told by another."""
POSITIONS = 40
"""Numbers that are looked at on either side of an area's code."""


class Finding(NamedTuple):
    """Where a restricted series was found."""

    where: str
    how: str
    series: str


class Truth(NamedTuple):
    """The series that may not leave, one row each, in the order of the codes."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    values: Array
    totals: dict[str, float]
    """Numbers about all areas: totals and spreads."""


def truth_of(result: Result) -> Truth:
    """Every restricted series of a result: counts, tests, rates, shares, intensities.

    The index is none of them: its banded scores leave, from noised counts that mostly keep them.
    """
    codes = tuple(map(str, sorted(result.areas.index)))
    closed, found, totals = set(restricted_factors(result.config)), {}, {}
    for (factor, group, period), column in result.counts.items():
        if factor in closed:
            found[f"{factor} {group} {period}: count"] = column
    for (factor, period), part in result.hotspots.groupby(level=["factor", "period"]):
        if factor not in closed:
            continue
        table = part.droplevel(["factor", "period"])
        for column in (
            "observed",
            "ratio",
            "window_observed",
            "window_ratio",
            "z",
            "p",
            "log_p",
            "p_adjusted",
            "value",
        ):
            found[f"{factor} {period}: {column}"] = table[column]
        found[f"{factor} {period}: rate"] = 1000 * table["observed"] / result.areas["residents"]
        found[f"{factor} {period}: last digit"] = table["observed"].clip(upper=9)
        tests = result.tests.loc[(factor, period)]
        totals[f"{factor} {period}: total"] = float(tests["total"])
        totals[f"{factor} {period}: dispersion"] = float(tests["dispersion"])
    for factor in closed & set(result.scores.index.get_level_values("factor")):
        found[f"{factor}: intensity"] = result.scores.loc[factor, "intensity"]
    named = {
        name: np.asarray(column.reindex(codes).astype("Float64").to_numpy(float, na_value=np.nan))
        for name, column in found.items()
    }
    kept = {k: v for k, v in named.items() if len(np.unique(v[~np.isnan(v)])) >= DISTINCT}
    return Truth(codes, tuple(kept), np.array(list(kept.values())), totals)


def hunt(folder: Path, truth: Truth, *, unlike: Path | None = None) -> list[Finding]:
    """Everything in a folder that tells a restricted series.

    With `unlike`, only files that are not as in that folder: the others are known to be clean.
    """
    found: list[Finding] = []
    for where, text in pieces(folder, unlike):
        found += [f._replace(where=where) for f in _by_column(text, truth)]
        found += [f._replace(where=where) for f in _by_code(text, truth)]
        found += [f._replace(where=where) for f in _by_position(text, truth)]
        found += [f._replace(where=where) for f in _about_all(text, truth)]
    return found


# What is in the bytes


def pieces(folder: Path, unlike: Path | None = None) -> Iterator[tuple[str, str]]:
    """Every file as text, under its name: archives opened, tables read, blocks decoded."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        base = unlike / name if unlike else None
        if base and base.is_file() and base.read_bytes() == path.read_bytes():
            continue
        yield f"{name}: its name", name
        yield from _read(name, path.read_bytes(), path)


def _read(name: str, content: bytes, path: Path | None = None) -> Iterator[tuple[str, str]]:
    if content[:2] == b"\x1f\x8b":
        yield from _read(f"{name}: gzip", gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        yield from _archive(name, content)
    elif content[:16] == b"SQLite format 3\x00" and path is not None:
        yield from _base(name, path)
    elif content[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _picture(name, content)
    else:
        text = content.decode("utf-8-sig", errors="replace")
        yield name, _words_of(name, text)
        yield from _blocks(name, text)


def _words_of(name: str, text: str) -> str:
    """A table with tabs between its cells, so that no comma can be taken for thousands."""
    if not name.endswith(".csv"):
        return text
    return "\n".join("\t".join(row) for row in csv.reader(io.StringIO(text)))


def _blocks(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Blocks of base64 inside a text."""
    for match in re.finditer(r"[A-Za-z0-9+/]{60,}={0,2}", text):
        try:
            block = base64.b64decode(match[0], validate=True)
        except (binascii.Error, ValueError):
            continue
        if block[:2] == b"\x1f\x8b" or block[:4] in (b"\x89PNG", b"PK\x03\x04"):
            yield from _read(f"{name}: block", block)
        elif block[:1] in b"[{" or b"E0" in block:
            yield f"{name}: block", block.decode("utf-8", errors="replace")


def _archive(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.namelist()
        for member in members:
            if member.startswith("xl/worksheets/"):  # its cells are read below
                sheet = archive.read(member).decode()
                ends = sheet.partition("</sheetData>")[2]
                yield f"{name}/{member}: after its cells", ends
            else:
                yield from _read(f"{name}/{member}", archive.read(member))
        if archive.comment:
            yield f"{name}: comment", archive.comment.decode(errors="replace")
    if "xl/workbook.xml" in members:
        yield from _workbook(name, content)


def _workbook(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book.worksheets:
        lines, marks = [], []
        for row in sheet.iter_rows():
            cells = [cell for cell in row if cell.value is not None]
            if not cells:
                continue
            lines.append("\t".join("" if c.value is None else str(c.value) for c in row))
            height = sheet.row_dimensions[cells[0].row].height
            marks.append(
                "\t".join(
                    [str(cells[0].value), f"height {height}", *(_marks(cell) for cell in cells)]
                )
            )
        yield f"{name}: {sheet.title}", "\n".join(lines)
        yield f"{name}: {sheet.title}: formats", "\n".join(marks)


def _marks(cell: Any) -> str:
    """What a cell carries besides its value."""
    comment = cell.comment.text if cell.comment else ""
    shade = cell.fill.fgColor.rgb if cell.fill and isinstance(cell.fill.fgColor.rgb, str) else ""
    shades = (
        " ".join(str(int(shade[k : k + 2], 16)) for k in (0, 2, 4, 6)) if len(shade) == 8 else ""
    )
    return f"{comment} {cell.number_format} {shades}"


def _base(name: str, path: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        tables = [
            row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for table in tables:
            if table.startswith(("rtree", "sqlite")):
                continue
            lines = [
                "\t".join(str(value) for value in row if not isinstance(value, bytes))
                for row in base.execute(f'SELECT * FROM "{table}"')
            ]
            yield f"{name}: {table}", "\n".join(lines)
        made = [str(row[0]) for row in base.execute("SELECT sql FROM sqlite_master")]
        yield f"{name}: how it was made", "\n".join(made)


def _picture(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Every chunk of a picture but its pixels."""
    at = 8
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        if kind == b"zTXt":
            import zlib

            keyword, _, packed = data.partition(b"\x00")
            data = keyword + b" " + zlib.decompress(packed[1:])
        if kind not in (b"IDAT", b"IHDR", b"PLTE", b"pHYs", b"IEND"):
            yield f"{name}: {kind.decode()}", data.decode("latin-1")
        at += 12 + size


# Numbers beside the codes of areas

_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBER = re.compile(
    r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
    rf"|\b(?:{'|'.join(_WORDS)}|no|many)\b"
)
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def _number(text: str) -> float:
    if text in _WORDS:
        return float(_WORDS.index(text))
    return (
        {"no": 0.0, "many": 10.0}.get(text)
        if text in ("no", "many")
        else float(text.replace(",", ""))
    )


def _by_code(text: str, truth: Truth) -> Iterator[Finding]:
    marks = [m for m in re.finditer(r"E0\d{7}", text) if m[0] in set(truth.codes)]
    for run in _runs(marks):
        codes = [m[0] for m in run]
        line = text.find("\n", run[-1].end())
        ends = [*(m.start() for m in run[1:]), line if line >= 0 else run[-1].end() + 600]
        after = [text[m.end() : min(end, m.end() + 1500)] for m, end in zip(run, ends, strict=True)]
        before = [text[max(0, run[0].start() - 300) : run[0].start()], *after[:-1]]
        for how, parts, step in (("after", after, 1), ("up to", after, -1), ("before", before, -1)):
            yield from _beside(codes, parts, step, how, truth)
        if codes != sorted(codes) and len(codes) >= FEWEST:
            yield from _matches(np.arange(len(codes))[None, :] * 1.0, codes, "order", truth)


def _runs(marks: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Stretches in which no code comes twice; a code twice in a row is one."""
    run: list[re.Match[str]] = []
    seen: set[str] = set()
    for mark in marks:
        if run and mark[0] == run[-1][0]:
            continue
        if mark[0] in seen:
            yield run
            run, seen = [], set()
        run.append(mark)
        seen.add(mark[0])
    if run:
        yield run


def _beside(
    codes: list[str], parts: list[str], step: int, how: str, truth: Truth
) -> Iterator[Finding]:
    for pattern in (_NUMBER, _PLAIN):
        tokens = [pattern.findall(part)[::step][:POSITIONS] for part in parts]
        most = max(map(len, tokens), default=0)
        table = np.full((most, len(codes)), np.nan)
        for column, found in enumerate(tokens):
            table[: len(found), column] = [_number(token) for token in found]
        table[np.isinf(table)] = np.nan
        if len(codes) >= FEWEST:
            yield from _numbers(table, codes, f"{how} the code", truth)
        elif len(codes) >= 3:
            yield from _digits(tokens, codes, truth)
    if len(codes) >= FEWEST:
        blanks = [max((len(b) for b in re.findall(r" +", part)), default=0) for part in parts]
        yield from _matches(np.array([blanks], dtype=float), codes, f"{how}: blanks", truth)


def _numbers(table: Array, codes: Sequence[str], how: str, truth: Truth) -> Iterator[Finding]:
    """Numbers by area as they are, their last digits, and what follows the point."""
    large = np.where(table >= 100, table, np.nan)
    parts = {
        "": table,
        ": last digit": large % 10,
        ": last digits": large % 1000,
        ": decimals": np.round(table % 1, 9),
    }
    for extra, values in parts.items():
        yield from _matches(values, codes, how + extra, truth)


def _by_column(text: str, truth: Truth) -> Iterator[Finding]:
    """Cells of a table with a line for each area: the first and the last number of each."""
    all_codes = set(truth.codes)
    lines = [line.split("\t") for line in text.split("\n") if "\t" in line]
    rows = {next((c for c in line if c in all_codes), ""): line for line in reversed(lines)}
    rows.pop("", None)
    if len(rows) < FEWEST:
        return
    codes, width = list(reversed(rows)), max(map(len, rows.values()))
    for at in range(width):
        cells = [rows[code][at] if at < len(rows[code]) else "" for code in codes]
        found = [_NUMBER.findall(cell) for cell in cells if cell not in all_codes]
        if len(found) < len(codes):
            continue
        table = np.array([[_number(f[k]) if f else np.nan for f in found] for k in (0, -1)])
        table[np.isinf(table)] = np.nan
        yield from _numbers(table, codes, f"column {at + 1}", truth)


def _matches(table: Array, codes: Sequence[str], how: str, truth: Truth) -> Iterator[Finding]:
    """Rows of a table by area that go up and down with a true series."""
    at = [truth.codes.index(code) for code in codes]
    for values in table:
        recorded = ~np.isnan(values)
        if recorded.sum() < FEWEST or len(np.unique(values[recorded])) < DISTINCT:
            continue
        true = truth.values[:, at][:, recorded]
        for name in _alike(values[recorded], true, truth.names):
            yield Finding("", how, name)


def _alike(values: Array, true: Array, names: Sequence[str]) -> list[str]:
    """Names of the true series that a series of the same areas tells."""
    complete = ~np.isnan(true).any(axis=1)
    varied = np.array([len(np.unique(row)) >= DISTINCT for row in true]) & complete
    if not varied.any():
        return []
    ranks = rankdata(true[varied], axis=1)
    found = np.abs(_correlation(rankdata(values)[None, :], ranks)[0])
    return [str(n) for n, r in zip(np.array(names)[varied], found, strict=True) if r >= ALIKE]


def _correlation(one: Array, other: Array) -> Array:
    a = one - one.mean(axis=1, keepdims=True)
    b = other - other.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)[None, :]
    return np.asarray(np.divide(a @ b.T, lengths, out=np.zeros_like(lengths), where=lengths > 0))


def _digits(tokens: list[list[str]], codes: list[str], truth: Truth) -> Iterator[Finding]:
    """A few areas whose numbers of three decimals or more are a true series, digit by digit."""
    at = [truth.codes.index(code) for code in codes]
    for k in range(max(map(len, tokens), default=0)):
        found = [(t[k], a) for t, a in zip(tokens, at, strict=True) if len(t) > k]
        decimals = [(x, a) for x, a in found if re.fullmatch(r"-?\d+\.\d{3,}", x)]
        if len(decimals) < 3:
            continue
        for name, row in zip(truth.names, truth.values, strict=True):
            if all(f"{row[a]:.{len(x.partition('.')[2])}f}" == x for x, a in decimals):
                yield Finding("", "digits", name)


# Arrays in the order of the areas, and numbers about all

_LISTED = re.compile(
    r"(?:(?:-?\d+(?:\.\d+)?(?:e-?\d+)?|null|NaN)[\s,;|\]\[\"']+){20,}(?:-?\d+(?:\.\d+)?)"
)
_KEYED = re.compile(r"([A-Za-z_-][\w-]*)\"?\s*[=:]\s*\"?(-?\d+(?:\.\d+)?(?:e-?\d+)?)")


def _by_position(text: str, truth: Truth) -> Iterator[Finding]:
    streams = [
        ("list", re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?|null|NaN", m[0]))
        for m in _LISTED.finditer(text)
    ]
    keyed: dict[str, list[str]] = {}
    for key, value in _KEYED.findall(text):
        keyed.setdefault(key, []).append(value)
    for how, tokens in (*streams, *keyed.items()):
        n = len(truth.codes)
        if len(tokens) < n:
            continue
        values = np.array([np.nan if t in ("null", "NaN") else float(t) for t in tokens])
        for name in _in_windows(np.nan_to_num(values), truth):
            yield Finding("", f"{how}, in the order of the areas", name)


def _in_windows(values: Array, truth: Truth) -> list[str]:
    n = len(truth.codes)
    windows = np.lib.stride_tricks.sliding_window_view(values, n)
    varied = ((np.diff(np.sort(windows, axis=1), axis=1) > 0).sum(axis=1) + 1) >= DISTINCT
    if not varied.any():
        return []
    complete = ~np.isnan(truth.values).any(axis=1)
    true = rankdata(truth.values[complete], axis=1)
    names = np.array(truth.names)[complete]
    found: set[str] = set()
    some = windows[varied]
    for start in range(0, len(some), 2_000):
        ranks = rankdata(some[start : start + 2_000], axis=1)
        hits = (np.abs(_correlation(ranks, true)) >= ALIKE).any(axis=0)
        found |= set(names[hits])
    return sorted(found)


def _about_all(text: str, truth: Truth) -> Iterator[Finding]:
    """Totals and spreads beside the words that say what they are."""
    for name, number in truth.totals.items():
        spellings = _spellings(number)
        for spelling in spellings:
            for match in re.finditer(rf"(?<![\d.,]){re.escape(spelling)}(?![\d]|[.,]\d)", text):
                around = text[max(0, match.start() - 40) : match.end() + 40].lower()
                if name.endswith("dispersion") or re.search(r"total|in all|counted|sum\b", around):
                    yield Finding("", f"{spelling} in words", name)
                    break


def _spellings(number: float) -> set[str]:
    if np.isnan(number):
        return set()
    if number == round(number):
        return {f"{number:.0f}", f"{number:,.0f}"} if number >= 100 else set()
    spellings = {f"{number:.{d}f}" for d in (3, 4, 5, 6)} | {f"{number:.3g}", repr(number)}
    return {t for t in spellings if len(t.partition(".")[2].lstrip("0")) >= 3}


def table_of(found: Sequence[Finding]) -> pd.DataFrame:
    """Findings for a message."""
    return pd.DataFrame(found).drop_duplicates()
