"""Rows of the table of figures, and their numbers as they are printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskindex.assessment.figure_rows import GIVEN
from riskindex.assessment.figures import UNSAID
from riskindex.assessment.place_counts import WHOLE_KIND
from riskindex.outputs.needs.blocks import Free, Number, Part, Sentence
from riskindex.statistics.intervals import VERDICTS

Row = Any
"""A row of the table of figures, as `itertuples` gives it."""


@dataclass(frozen=True)
class DocumentPlace:
    """What the text is about: the study area, or a group in it."""

    kind: str
    name: str

    @property
    def is_whole(self) -> bool:
        """Whether it is the study area itself."""
        return self.kind == WHOLE_KIND


class Rows:
    """The table of figures, asked by its columns."""

    def __init__(self, figures: pd.DataFrame) -> None:
        """Take `Released.figures`."""
        # Once: a text asks hundreds of times, and the table can have hundreds of thousands of rows.
        self._by_figure = {str(name): part for name, part in figures.groupby("figure", sort=False)}
        self.names = list(self._by_figure)
        self.kinds = dict(zip(figures["figure"], figures["kind"], strict=True))

    def all(self, figure: str, **asked: object) -> list[Row]:
        """Rows of a figure whose columns have the values asked for, in the order of the table."""
        part = self._by_figure.get(figure)
        if part is None:
            return []
        for column, value in asked.items():
            # One value or several: a table of partnerships asks for more kinds of places than one.
            wanted = value if isinstance(value, list | tuple) else [value]
            part = part[part[column].isin(wanted)]
        return list(part.itertuples(index=False))

    def at(self, figure: str, place: DocumentPlace, **asked: object) -> list[Row]:
        """The same of one place."""
        return self.all(figure, place_kind=place.kind, place=place.name, **asked)

    def one(self, figure: str, place: DocumentPlace, **asked: object) -> Row | None:
        """The last such row that is given; None where there is none."""
        # Rows are in order of time; one that is withheld must not stand for the last period in a
        # sentence.
        matches = [row for row in self.at(figure, place, **asked) if row.status == GIVEN]
        return matches[-1] if matches else None

    def of_kind(self, kind: str) -> list[str]:
        """Names of the figures of a kind."""
        return [name for name, of in self.kinds.items() if of == kind]


def is_missing(value: object) -> bool:
    """Whether there is no number."""
    return bool(pd.isna(value))


def count(row: Row, column: str = "count") -> Part:
    """A whole number of a row, or why it is missing."""
    value = getattr(row, column)
    return str(row.status) if is_missing(value) else Number(f"{int(value):,}", row.row)


def value(row: Row) -> Part:
    """The value of a row with its unit."""
    if is_missing(row.value):
        return str(row.status)
    return Number(_written(float(row.value), row.unit, row.kind), row.row)


def plain_value(row: Row) -> Part:
    """The value without its unit, and without a sign."""
    if is_missing(row.value):
        return str(row.status)
    return Number(_digits(abs(float(row.value)), row.unit), row.row)


def limits(row: Row) -> Sentence:
    """The limits of a value in brackets; nothing where it has none."""
    # An open limit, as after a count of 0, is shown as none rather than as half a bracket.
    if is_missing(row.low) or is_missing(row.high):
        return ()
    ends = [_written(float(end), row.unit, row.kind) for end in (row.low, row.high)]
    return (" (", Number(ends[0], row.row), " to ", Number(ends[1], row.row), ")")


def ratio(row: Row) -> Part:
    """How many times what it is compared with."""
    return str(row.status) if is_missing(row.ratio) else Number(f"{float(row.ratio):.1f}", row.row)


def rank(row: Row) -> Part:
    """Its rank among the places of its kind; nothing where it has none."""
    return "" if is_missing(row.rank) else Number(f"{int(row.rank)}", row.row)


def _digits(number: float, unit: str) -> str:
    if unit in ("records", "people"):  # limits of whole numbers, as near as a reader needs them
        return f"{number:,.0f}"
    # As rounded in the table of figures: text and table must show the same digits.
    if unit in ("%", "per 1,000", "per 10,000", "per 100,000", "times", "correlation"):
        return f"{number:g}"
    return f"{number:,.0f}" if number == round(number) else f"{number:,g}"


def _written(number: float, unit: str, kind: str) -> str:
    # A minus sign and not a hyphen, at which a line could break.
    sign = "−" if number < 0 else "+" if kind == "change" and number > 0 else ""
    # Other units are words of the sentence or heads of a column.
    ending = "%" if unit == "%" else ""
    return f"{sign}{_digits(abs(number), unit)}{ending}"


def period(row: Row) -> Part:
    """The period of a row."""
    # On one line: 2022-23 broken after the hyphen reads as two numbers.
    return Free(str(row.period), is_whole=True)


def changed(row: Row) -> Sentence:
    """What a change says, by its limits: it fell, rose, or may be chance."""
    if is_missing(row.value):
        # The note says why in words; a mark alone is the next best.
        return ("not given: ", row.note or row.status)
    # By the limits and not by the value: a fall that chance can make is none to speak of.
    if not is_missing(row.high) and row.high < 0:
        return ("fell by ", plain_value(row), "%", *limits(row))
    if not is_missing(row.low) and row.low > 0:
        return ("rose by ", plain_value(row), "%", *limits(row))
    return ("changed by ", value(row), *limits(row), ", no more than chance may make it")


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Rows of a mix by category, those that are not recorded last."""
    return sorted(rows, key=lambda row: (row.category == UNSAID, str(row.category)))


def words(text: object) -> Sentence:
    """Text from the data or the config, whose digits are no figures."""
    return (Free(str(text)),)


def noted(row: Row) -> Sentence:
    """The note of a row; how it is beside a benchmark stands apart, to be coloured."""
    head, colon, verdict = str(row.note).rpartition(": ")
    if verdict not in VERDICT_WORDS:
        return words(row.note)
    return (Free(head + colon), Free(verdict, is_verdict=True))


VERDICT_WORDS = ("similar", *(word for pair in VERDICTS.values() for word in pair))


def cells(*parts: Part | Sentence) -> list[Sentence]:
    """Cells of a line of a table."""
    return [part if isinstance(part, tuple) else (part,) for part in parts]


def bands(rows: Sequence[Row]) -> list[Row]:
    """Rows of an age mix that are bands, apart from those of single years and not recorded."""
    # Both stand in the table of figures; together they would count everybody twice.
    return [row for row in rows if not str(row.category).isdigit()]
