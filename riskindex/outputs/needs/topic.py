"""Topic of a text: one place, its rows, and the words that the sections share."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from riskindex.assessment.area_rows import LIST
from riskindex.assessment.figure_rows import GIVEN
from riskindex.assessment.options import Document, Figure
from riskindex.assessment.place_counts import NAMED_KIND, WHOLE_KIND
from riskindex.outputs.needs.blocks import Free, Sentence
from riskindex.outputs.needs.rows import DocumentPlace, Row, Rows, in_order, words
from riskindex.publication.released import Released

WEEKDAYS = dict(
    zip(
        "1234567",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
SEXES = MappingProxyType({"M": "male", "F": "female"})
"""Usual letters in words."""
STANDS_OUT = "stands out"
"""How the note of a row begins whose month, weekday or hour is more than chance."""
MOST_ROWS = 15
"""Rows of a table that a reader still looks at; the others are in figures.csv."""
PEOPLE_KINDS = ("repeats", "history", "living-in")
"""Kinds of figures about people, which have a table of their own."""


@dataclass(frozen=True)
class Topic:
    """What the text of one place is made of."""

    released: Released
    document: Document
    rows: Rows
    place: DocumentPlace

    def label(self, name: str) -> str:
        """The name in words of a factor or measure."""
        # A measure is counted for figures alone and is no factor of the index.
        for table in (self.released.factors, self.released.measures):
            if name in table.index:
                return str(table.loc[name, "label"])
        return name

    @property
    def main(self) -> str:
        """The factor or measure that the text is about."""
        return self.document.main

    @property
    def asked(self) -> Mapping[str, Figure]:
        """Figures that the config names."""
        return {figure.name: figure for figure in self.released.requested}

    def requested(self, *kinds: str) -> list[str]:
        """Names of the figures of some kinds that the config asks for."""
        return [name for name, figure in self.asked.items() if figure.kind in kinds]

    def mixes(self, measure: str, by: str) -> list[Row]:
        """Rows of a mix in the last period: bands where the config names some."""
        named = [
            name
            for name, figure in self.asked.items()
            if figure.kind == "mix" and (figure.of, figure.by) == (measure, by) and figure.bands
        ]
        # Bands that the config names come first: they are those that the partnership works with.
        for name in (*named, f"{measure}.mix"):
            mix = self.rows.at(name, self.place, by=by)
            if mix:
                # Labels of one unit sort in order of time.
                last = max(row.period for row in mix)
                kept = [row for row in mix if row.period == last]
                return kept if name in self.asked else in_order(kept)  # bands as they are named
        return []


def sex_words(row: Row) -> Sentence:
    """The sex of a row in words, or as the source writes it."""
    # Sources code sex in their own ways; what is not one of the usual letters is shown as it is.
    return words(SEXES.get(str(row.category).upper(), row.category))


def by_rate(topic: Topic) -> list[Row]:
    """Rates of the last period by place, highest first."""
    figure = f"{topic.main}.rate"
    # Only the kind that has pages: rates of wards would be mostly chance.
    kinds = [kind for kind in kinds_of_pages(topic) if kind != WHOLE_KIND]
    rates = [row for row in topic.rows.all(figure, place_kind=kinds) if row.status == GIVEN]
    if not rates:
        return []
    last = rates[-1].period
    return sorted((row for row in rates if row.period == last), key=lambda row: row.rank)


def kinds_of_pages(topic: Topic) -> list[str]:
    """Kinds of places that have a page each, the whole among them."""
    # In the order of the rows, the whole first, which a set would lose.
    kinds = dict.fromkeys(row.place_kind for row in topic.rows.all(f"{LIST}.selected"))
    # Named places are made of the list, and would be ranked beside districts that they lie in.
    return [kind for kind in kinds if kind != NAMED_KIND]


def hour_of_day(row: Row) -> Sentence:
    """The hour of a row as from and to: 23 to 00."""
    return (Free(f"{row.category} to {(int(row.category) + 1) % 24:02d}"),)
