"""Police forces, partnerships and districts by the names that people give them."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from riskindex.areas.shipped_lookups import read_area_lookup
from riskindex.errors import ConfigError

STUDY_KINDS = ("force", "district", "community_safety_partnership")
"""Kinds of groups that a study area may be."""
WORD_FOR = {
    "force": "police force area",
    "district": "district",
    "community_safety_partnership": "community safety partnership",
}
"""What each of them is called in sentences."""
_NO_NAME = {"and", "of", "the", "police", "constabulary", "service", "force"}
"""Words in which names of one place differ: Essex Police, devon-and-cornwall."""


class NamedArea(NamedTuple):
    """A group of the shipped lookup that can be a study area."""

    kind: str
    """One of `STUDY_KINDS`."""
    name: str
    """Its official name."""
    codes: tuple[str, ...]
    """Codes of its LSOAs of 2021, sorted."""
    forces: tuple[str, ...]
    """Police forces that it lies in."""


def words_of_name(name: str) -> frozenset[str]:
    """What tells a name from others: its words, but for those that only some writers add.

    Examples
    --------
    >>> sorted(words_of_name("Devon & Cornwall Police")) == sorted(words_of_name("cornwall, devon"))
    True
    """
    # As a set: "Cornwall and Devon" and "Devon & Cornwall" are one force.
    return frozenset(re.findall(r"[^\W_]+", name.casefold())) - _NO_NAME


def find_area(asked: str) -> NamedArea:
    """The police force, partnership or district of a name or code.

    Parameters
    ----------
    asked
        An official name or code; capitals, the order of words, and words such as police make no
        difference. Where groups of several kinds have the name, it is that of most areas.

    Raises
    ------
    ConfigError
        There is none, with the nearest names.

    Examples
    --------
    >>> find_area("essex police")[:2], find_area("E07000073")[:2]
    (('force', 'Essex'), ('district', 'Harlow'))
    """
    table, matches = read_area_lookup(), []
    for kind in STUDY_KINDS:
        groups = table.groupby(kind).groups
        # Codes too: they are what colleagues paste from other systems.
        code_of = dict(zip(table[kind], table[f"{kind}_code"], strict=True))
        for name, codes in groups.items():
            if asked.strip().upper() == code_of[name] or _is_name(asked, str(name)):
                forces = tuple(sorted(table.loc[codes, "force"].unique()))
                matches.append(NamedArea(kind, str(name), tuple(sorted(codes)), forces))
    if not matches:
        names = {str(name) for kind in STUDY_KINDS for name in table[kind].unique()}
        raise ConfigError(
            f"{asked!r} is no police force, community safety partnership or district of England "
            f"and Wales{_nearest_names(asked, names)}."
        )
    # Where groups of several kinds share a name, the largest is what people mean by it.
    return max(matches, key=lambda area: len(area.codes))


def _is_name(asked: str, name: str) -> bool:
    return asked.strip().casefold() == name.casefold() or (
        # "police" alone has no word left that tells a place, and must not fit every name.
        bool(words_of_name(asked)) and words_of_name(asked) == words_of_name(name)
    )


def _nearest_names(asked: str, names: Iterable[str]) -> str:
    """Names with the words that were asked for, or their beginnings, then those spelt like it."""
    folded = {name.casefold(): name for name in sorted(names)}
    words = tuple(words_of_name(asked))
    shared = [
        name
        for name in folded.values()
        if any(word.startswith(words) for word in words_of_name(name)) and words
    ]
    # Slips of spelling come after names that share a word: "southend" means Southend-on-Sea.
    alike = difflib.get_close_matches(asked.strip().casefold(), list(folded), n=3)
    near = list(dict.fromkeys([*shared[:5], *(folded[name] for name in alike)]))
    return f"; the nearest are {', '.join(near)}" if near else ""


class _Texts(NamedTuple):
    """A kind of text that may stand where area codes should."""

    what: str
    advice: str


_POSTCODES = _Texts(
    "postcodes",
    "name the column as postcode in place of area, and a directory of postcodes (ONSPD or NSPL, as "
    "it is downloaded) under [areas.postcodes]",
)
_NAMES = "name the column with the code instead; a name is no safe key"
_FORMS = (
    (re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE), _POSTCODES),
    (re.compile(r".*[^\W\d].* \d{3}[A-Z]"), _Texts("names of LSOAs", _NAMES)),
    (re.compile(r".*[^\W\d].* \d{3}"), _Texts("names of MSOAs", _NAMES)),
)
_GROUPS = {
    "ward": "wards",
    "district": "districts",
    "community_safety_partnership": "community safety partnerships",
    "force": "police forces",
}


def recognise_texts(texts: Sequence[str]) -> tuple[str, str] | None:
    """What texts are that stand where area codes should, and what to do; None where they may be
    codes.

    Parameters
    ----------
    texts
        Some of them; what most of them are counts.

    Examples
    --------
    >>> recognise_texts(["SS1 2AB", "CM20 1XY"])[0], recognise_texts(["Harlow 001A"])[0]
    ('postcodes', 'names of LSOAs')
    """
    # Empty cells say nothing of what a column holds.
    given = [text.strip() for text in texts if text.strip()]
    for form, kind in _FORMS:
        # Most and not all: one slip in a column does not make it another kind.
        if _is_majority(form.fullmatch(text) is not None for text in given):
            return kind
    table = read_area_lookup()
    for column, what in _GROUPS.items():
        names = {str(name).casefold() for name in table[column].unique()}
        if _is_majority(text.casefold() in names for text in given):
            return _Texts(
                f"names of {what}",
                "each of them holds several areas: events need an area code, a postcode or "
                "coordinates, and tables a row for each area",
            )
    return None


def _is_majority(hits: Iterable[bool]) -> bool:
    every = list(hits)
    return sum(every) > len(every) / 2
