"""Numbers in words: which of them a text may hold, and which are told."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from riskindex.outsider import words_of

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SPELLED = {
    **{word: number for number, word in enumerate(_ONES)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
}
"""Words for numbers; twenty-one is two of them."""
_TOKEN = re.compile(
    r"\d(?:[\d,]*\d)?(?:\.\d+)?(?:e[-+]?\d{1,3}\b)?|\.\d+|[^\W\d_]+|%", re.IGNORECASE
)


class Number(NamedTuple):
    """A number in a text, with the words around it."""

    value: float
    written: str
    before: str
    after: str


def numbers_of(text: str) -> Iterator[Number]:
    """Every number of a text, in digits or spelled."""
    tokens = _TOKEN.findall(text)
    lower = [token.lower() for token in tokens]
    for at, token in enumerate(lower):
        value = _value(token)
        if value is None:
            continue
        tens = SPELLED.get(lower[at - 1], 0) if at else 0
        if token in SPELLED and tens >= 20 > value:
            value += tens
        before = lower[at - 1] if at else ""
        after = lower[at + 1] if at + 1 < len(lower) else ""
        yield Number(value, tokens[at], before, after)


def _value(token: str) -> float | None:
    if token in SPELLED:
        return float(SPELLED[token])
    if not token[0].isdigit() and token[0] != ".":
        return None
    return float(token.replace(",", ""))


@cache
def own_pairs() -> frozenset[tuple[str, str]]:
    """Pairs of a number and the word beside it that the package's own sentences have."""
    pairs: set[tuple[str, str]] = set()
    for text in _own_sources():
        for number in numbers_of(text):
            key = number.written.lower()
            pairs |= {(number.before, key)} if number.before.isalpha() else set()
            pairs |= {(key, number.after)} if number.after.isalpha() else set()
    return frozenset(pairs)


def _own_sources() -> Iterator[str]:
    root = files("riskindex")
    for folder in (root, root / "assets"):
        for entry in folder.iterdir():
            if entry.name.endswith((".py", ".js", ".html")):
                for found in _QUOTED.findall(entry.read_text(encoding="utf-8")):
                    yield re.sub(r"\{[^{}]*\}", " ", found)


_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


class Phrases:
    """Many phrases, looked for in a text together: the time does not grow with their number.

    Examples
    --------
    >>> found = Phrases(["West", "West 01", "01"])
    >>> found.all_in("West 01, East"), found.replaced("West 01, East", "-")
    (['West', 'West 01', '01'], '-, East')
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._whole = frozenset(phrases) - {""}
        lengths: dict[str, set[int]] = defaultdict(set)
        for phrase in self._whole:
            lengths[phrase[:START]].add(len(phrase))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}
        self._starts = sorted({len(start) for start in lengths}, reverse=True)

    def _places(self, text: str) -> list[int]:
        """Where a phrase may begin."""
        found = [place for size in self._starts for place in range(len(text))
                 if text[place : place + size] in self._lengths]  # fmt: skip
        return sorted(found) if len(self._starts) > 1 else found

    def _at(self, text: str, place: int) -> Iterator[str]:
        """Phrases that begin at a place, the longest first."""
        for size in self._starts:
            for length in self._lengths.get(text[place : place + size], ()):
                if (phrase := text[place : place + length]) in self._whole:
                    yield phrase

    def in_turn(self, text: str) -> Iterator[tuple[int, str]]:
        """Where phrases begin, from left to right: the longest at each place, none in another."""
        end = 0
        for place in self._places(text):
            if place >= end and (phrase := next(self._at(text, place), "")):
                end = place + len(phrase)
                yield place, phrase

    def all_in(self, text: str) -> list[str]:
        """Every phrase that is in a text, also within another one."""
        found = (sorted(self._at(text, place), key=len) for place in self._places(text))
        return list(dict.fromkeys(phrase for phrases in found for phrase in phrases))

    def replaced(self, text: str, by: str) -> str:
        """The text with something else in the place of each phrase."""
        kept, end = [], 0
        for place, phrase in self.in_turn(text):
            kept += [text[end:place], by]
            end = place + len(phrase)
        return "".join([*kept, text[end:]])


START = 4
"""Letters by which phrases are looked up."""


def without(text: str, phrases: Phrases) -> str:
    """A text without what is known: names, codes, labels, the longest ones first."""
    return phrases.replaced(text, " ; ") if has_number(text) else text


def has_number(text: str) -> bool:
    """Whether there is a number in a text, in digits or spelled."""
    return _HAS_NUMBER.search(text) is not None


_HAS_NUMBER = re.compile(rf"\d|\b({'|'.join(SPELLED)})\b", re.IGNORECASE)


COUNTED = words_of(
    "area areas district districts ward wards group groups cluster clusters factor factors period "
    "periods year years month months repeat repeats file files page pages neighbours"
)
"""What may be counted aloud: none of it is a person or an event."""


ROUND_PERCENT = 5
"""Percentages that may stand in a sentence: multiples of this."""


def told(text: str, explained: frozenset[float]) -> list[Number]:
    """Numbers of a text that nothing explains.

    Parameters
    ----------
    text
        Without names, codes and labels.
    explained
        Numbers that the release itself gives: how many areas there are, levels, the rules.
    """
    return [number for number in numbers_of(text) if not is_explained(number, explained)]


def is_explained(number: Number, explained: frozenset[float]) -> bool:
    """Whether the release gives a number, or its own sentences have it."""
    key = number.written.lower()
    pairs = own_pairs()
    return (
        number.value in explained
        or number.after in COUNTED
        or (number.before, key) in pairs
        or (key, number.after) in pairs
        or (1900 <= number.value <= 2100 and number.written.isdigit())
        or (number.after == "%" and number.value % ROUND_PERCENT == 0)
    )
