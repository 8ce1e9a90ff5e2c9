"""What the text of a needs assessment is made of, before it becomes a page or a document."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
# Apart from words, so that every number on the page can be traced to a row of the figures.
class Number:
    """A number as it is printed, and the row of the figures that it is from."""

    text: str
    row: str


@dataclass(frozen=True)
class Free:
    """Words with digits that are no figure: a date, a period, a name, a code."""

    text: str
    is_whole: bool = False
    """Whether it stays on one line."""
    is_verdict: bool = False
    """Whether it says how a figure is beside its benchmark: better, similar, worse."""


Part = str | Number | Free
"""A piece of a sentence. Plain words hold no digit."""
Sentence = tuple[Part, ...]


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences."""

    parts: Sentence
    is_lead: bool = False
    """Whether it is set larger, as an answer."""


@dataclass(frozen=True)
class Bullets:
    """Sentences one under the other."""

    items: Sequence[Sentence]


@dataclass(frozen=True)
class DocumentTable:
    """Cells under headings, each cell a sentence."""

    headings: Sequence[Part]
    rows: Sequence[Sequence[Sentence]]
    caption: str = ""


@dataclass(frozen=True)
class Drawing:
    """A picture of our own as SVG, which a document leaves out, or as PNG, which both have."""

    caption: Sentence
    svg: str = ""
    png: bytes = b""
    alt: str = ""


@dataclass(frozen=True)
class ToComplete:
    """Where a person must write, and what."""

    hint: str


# A closed union: the page and the document branch over these kinds and no other.
Block = Paragraph | Bullets | DocumentTable | Drawing | ToComplete


@dataclass(frozen=True)
class Section:
    """A part of the text under a heading."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class DocumentText:
    """The whole text of one place."""

    title: str
    lead: str
    place: str
    sections: Sequence[Section] = field(default_factory=tuple)


def joined(items: Sequence[Sentence], *, last: str = " and ") -> Sentence:
    """Pieces as in a list: a, b and c."""
    # Parts and not a text: each number keeps the name of its row through every list.
    parts: list[Part] = []
    for i, item in enumerate(items):
        if i:
            parts.append(last if i == len(items) - 1 else ", ")
        parts.extend(item)
    return tuple(parts)
