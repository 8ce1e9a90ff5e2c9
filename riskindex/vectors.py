"""Numbers per area, wherever they stand: columns, lists, signs, classes, orders, drawings."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskindex import inversions
from riskindex.allowed import as_text
from riskindex.forms import Known
from riskindex.outsider import Seen, Table, Value, as_number, is_number
from riskindex.truth import Truth
from riskindex.words import bare

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]


class Vector(NamedTuple):
    """A number per area, in the order of the codes; NaN where there is none."""

    file: str
    place: str
    numbers: Array


class Told(NamedTuple):
    """What a vector says about the counts."""

    file: str
    place: str
    what: str
    cell: str


@dataclass(frozen=True)
class Order:
    """Areas in the order in which they stand somewhere."""

    file: str
    place: str
    codes: tuple[str, ...]

    @property
    def is_plain(self) -> bool:
        """Whether they stand in the order of their codes."""
        return all(a <= b for a, b in zip(self.codes, self.codes[1:], strict=False))


def codes_of(table: Table, known: Known) -> list[str | None] | None:
    """The area of each line of a table, by a column that holds codes or names; None without one."""
    for at in range(len(table.columns)):
        found = [_code(row[at], known.every_code, known.code_of) for row in table.rows]
        if found and sum(code is not None for code in found) > len(found) / 2:
            return found
    return None


def _code(value: Value, codes: frozenset[str], names: Mapping[str, str]) -> str | None:
    text = bare(as_text(value))
    if text in codes:
        return text
    if text in names:
        return names[text]
    inside = re.search(r"\b[A-Z]\d{8}\b", text)
    return inside[0] if inside and inside[0] in codes else None


def orders(seen: Seen, known: Known) -> Iterator[Order]:
    """Every list of areas: the lines of tables, by factor where they name one, and lists."""
    for table in seen.tables:
        codes = codes_of(table, known)
        if codes is None:
            continue
        parts: dict[str, list[str]] = {}
        for code, row in zip(codes, table.rows, strict=True):
            factor = next((as_text(v) for v in row if as_text(v) in known.factors.values()), "")
            if code is not None:
                parts.setdefault(factor, []).append(code)
        for part in parts.values():
            yield Order(table.file, table.place, tuple(part))
    for words in seen.orders:
        found = [_code(line, known.every_code, {}) for line in words.text.split("\n")]
        if sum(code is not None for code in found) > 2:
            yield Order(words.file, words.place, tuple(c for c in found if c is not None))


def vectors(seen: Seen, known: Known) -> Iterator[Vector]:
    """Every number per area that the files hold, whether they mean to or not."""
    place_of = {code: at for at, code in enumerate(sorted(known.codes))}
    for table in seen.tables:
        yield from _of_table(table, known, place_of)
    for document in seen.documents:
        for path, numbers in _lists(document.value, len(known.codes)):
            yield Vector(document.file, f"{document.place} {path}".strip(), numbers)
    for marked in seen.marked:
        numbers = np.full(len(known.codes), math.nan)
        words = sorted(set(marked.classes.values()))
        for at, word in marked.classes.items():
            if at < len(numbers):
                numbers[at] = words.index(word)
        yield Vector(marked.file, f"{marked.place}, classes of areas", numbers)
    for series in seen.series:
        if len(series.values) == len(known.codes):
            yield Vector(series.file, series.place, np.array(series.values))


def _of_table(table: Table, known: Known, place_of: dict[str, int]) -> Iterator[Vector]:
    codes = codes_of(table, known)
    if codes is None:
        return
    at = np.array([place_of.get(code or "", -1) for code in codes])
    groups = _parts(table, known)
    for name, lines in groups.items():
        where, kept = at[lines], lines[at[lines] >= 0]
        place = f"{table.place}{name}"
        if len(set(where)) < len(where):
            continue
        order = _placed(len(place_of), at[kept], np.arange(len(kept)))
        yield Vector(table.file, f"{place}, order of lines", order)
        for number, head in enumerate(table.columns):
            values = np.array([_number(table.rows[line][number]) for line in kept])
            if np.isfinite(values).sum() >= inversions.ENOUGH:
                placed = _placed(len(place_of), at[kept], values)
                yield Vector(table.file, f"{place}, column {head}", placed)


def _parts(table: Table, known: Known) -> dict[str, NDArray[np.intp]]:
    """Lines of a table by the factor and period that they name, so that areas are there once."""
    labels = {*known.factors.values(), *known.factors, *known.periods}
    keys = [" ".join(as_text(v) for v in row[:3] if as_text(v) in labels) for row in table.rows]
    return {
        f" {key}".rstrip(): np.array([n for n, k in enumerate(keys) if k == key], dtype=np.intp)
        for key in dict.fromkeys(keys)
    }


def _placed(n: int, at: NDArray[np.intp], values: NDArray[Any]) -> Array:
    numbers = np.full(n, math.nan)
    numbers[at] = values
    return numbers


def _number(value: Value) -> float:
    """A cell as a number: truth values too, and the length of a text that is none."""
    text = as_text(value)
    if text in ("True", "yes"):
        return 1.0
    if text in ("False", "no"):
        return 0.0
    return as_number(value)


def _lists(value: Any, n: int, path: str = "") -> Iterator[tuple[str, Array]]:  # noqa: ANN401
    """Lists, and texts of signs, with one part for each area."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _lists(part, n, f"{path}/{key}")
    elif isinstance(value, list) and len(value) == n and not isinstance(value[0], dict | list):
        numbers = [float(v) if is_number(v) else math.nan for v in value]
        if np.isfinite(numbers).any():
            yield path, np.array(numbers)
    elif isinstance(value, str) and len(value) == n and n > 1:
        yield path, np.array([float(ord(sign)) for sign in value])
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _lists(part, n, f"{path}/{number}")


def telling(
    seen: Seen, known: Known, truth: Truth, weights: "csr_array | None" = None
) -> Iterator[Told]:
    """Vectors that give protected counts back, or put them in order."""
    counts = truth.counts.reindex(sorted(known.codes))
    protected = truth.protected(known.rules).reindex(counts.index, fill_value=False)
    bases = {}
    if truth.residents is not None:
        bases["residents"] = truth.residents.reindex(counts.index).to_numpy(dtype=float)
    cells = [
        (" ".join(map(str, cell)), one.to_numpy(dtype=float), of.to_numpy(dtype=bool))
        for (cell, one), (_, of) in zip(counts.items(), protected.items(), strict=True)
    ]
    told: dict[bytes, tuple[str, str] | None] = {}
    for vector in vectors(seen, known):
        key = vector.numbers.tobytes()
        if key not in told:
            told[key] = _first_told(vector.numbers, cells, bases, weights)
        if found := told[key]:
            yield Told(vector.file, vector.place, *found)


def _first_told(
    numbers: Array,
    cells: list[tuple[str, Array, NDArray[np.bool_]]],
    bases: dict[str, Array],
    weights: "csr_array | None",
) -> tuple[str, str] | None:
    for cell, counts, protected in cells:
        found = inversions.tells(numbers, counts, protected, bases=bases, weights=weights)
        if found is not None:
            return _said(found), cell
    return None


def _said(found: inversions.Told) -> str:
    if found.how == "order":
        return f"in the order of {found.of:,} protected counts (rank {found.correlation:+.2f})"
    return f"{found.how}: gives {found.exact:,} of {found.of:,} counts back"


def drawn(seen: Seen, known: Known, truth: Truth) -> Iterator[Told]:
    """Series of numbers that a drawing is made of and that show exact numbers of groups."""
    base = known.rules.rounding
    rows = [row for row in _rows(truth) if inversions.worth_hiding(row, base=base)]
    for series in seen.series:
        values = np.array(series.values, dtype=float)
        if len(values) < inversions.SHORTEST or not np.isfinite(values).all():
            continue
        row = next(inversions.drawn_in(values, rows), None)
        if row is not None:
            yield Told(series.file, series.place, f"drawn to the exact numbers of {row.name}", "")


def _rows(truth: Truth) -> Iterator[inversions.Row]:
    """True numbers by group and period."""
    for cell in truth.counts.columns:
        for kind, of in truth.groups.items():
            total = truth.counts[cell].groupby(of.astype(str)).sum()
            if inversions.SHORTEST <= len(total) <= 60:
                numbers = total.to_numpy(dtype=float)
                yield inversions.Row(f"{' '.join(cell)} by {kind}", numbers)
                yield inversions.Row(f"{' '.join(cell)} by {kind}", np.sort(numbers)[::-1], True)
